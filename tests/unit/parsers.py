#!/usr/bin/env python3
"""The program that holds keys is linked with no library that looks into photos and PDFs; the helper is. Usage: parsers.py RELEVE HELPER."""
import pathlib
import sys

LIBRARIES = b"libqpdf.so", b"libjpeg.so", b"libpng16.so"


def linked(program):
    """Names of needed libraries stand in the file as they are."""
    content = pathlib.Path(program).read_bytes()
    return [name.decode() for name in LIBRARIES if name in content]


def main(releve, helper):
    bad = [f"{releve}: {name}" for name in linked(releve)]
    if len(linked(helper)) != len(LIBRARIES):
        bad.append(f"{helper}: only {linked(helper)}")
    print("\n".join(bad) if bad else "parsers of files are in the helper alone")
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:]))
