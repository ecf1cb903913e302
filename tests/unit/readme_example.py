#!/usr/bin/env python3
"""Take the C program out of a README: readme_example.py README OUT"""
import pathlib
import re
import sys

readme, out = map(pathlib.Path, sys.argv[1:])
found = re.findall(r"^```c\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.S | re.M)
if len(found) != 1:
    sys.exit(f"{readme} holds {len(found)} programs, not one")
out.write_text(found[0], encoding="utf-8")
