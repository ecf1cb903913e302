#!/usr/bin/env python3
"""Source files: at most 700 lines unless the first comment says why, no marks of unfinished work, clean line ends."""
import pathlib
import re
import sys

LINES_MAX = 700
SUFFIXES = {".c", ".h", ".py", ".sh", ".ts", ".tsx", ".js", ".mjs", ".css", ".build"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
SKIPPED = {"node_modules", "dist"}


def files(root):
    for top in ("crdt", "store", "net", "node", "tools", "tests"):
        for path in sorted((root / top).rglob("*")):
            if path.is_file() and not SKIPPED & set(path.parts):
                if path.suffix in SUFFIXES or path.read_bytes()[:2] == b"#!":
                    yield path


def explains_its_length(text):
    """The opening comment holds a line such as "Long because ..."."""
    opening = re.match(r"\s*(/\*.*?\*/|(?:(?://|#)[^\n]*\n)+)", text, re.S)
    return bool(opening and re.search(r"\blong because\b", opening.group(1), re.I))


def main(root):
    root, bad, seen = pathlib.Path(root), [], 0
    for path in files(root):
        name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        lines, seen = text.splitlines(), seen + 1
        if len(lines) > LINES_MAX and not explains_its_length(text):
            bad.append(f"{name}: {len(lines)} lines; split it, or say at the top what it is long because of")
        if text and not text.endswith("\n"):
            bad.append(f"{name}: no line feed at the end")
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                bad.append(f"{name}:{number}: unfinished work")
            if line != line.rstrip():
                bad.append(f"{name}:{number}: space at the end of the line")
    print("\n".join(bad) if bad else f"{seen} source files in order")
    return 1 if bad or not seen else 0


sys.exit(main(sys.argv[1]))
