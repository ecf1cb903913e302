#!/usr/bin/env python3
"""Turns a file into a C function that returns its bytes: embed.py FILE OUT.c HEADER FUNCTION"""
import pathlib
import sys

source, out, header, function = sys.argv[1:]
data = pathlib.Path(source).read_bytes()
rows = ("\t" + ", ".join(str(byte) for byte in data[i:i + 24]) + ",\n" for i in range(0, len(data), 24))
pathlib.Path(out).write_text(
    f'#include "{header}"\n\nstatic const uint8_t BYTES[{len(data)}] = {{\n{"".join(rows)}}};\n\n'
    f"struct span {function}(void)\n{{\n\treturn span_of(BYTES, sizeof(BYTES));\n}}\n")
