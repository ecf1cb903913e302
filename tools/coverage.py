#!/usr/bin/env python3
"""Adds up what gcov says of the sources of a folder: coverage.py FOLDER BUILD-DIRECTORY true|false (the lines not run too)."""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile


def gcov(build):
    """What gcov says of each object file that ran, one at a time."""
    for data in sorted(build.rglob("*.gcda")):
        with tempfile.TemporaryDirectory() as place:
            command = ["gcov", "--json-format", "--branch-probabilities", str(data.resolve())]
            subprocess.run(command, cwd=place, check=True, capture_output=True)
            for result in pathlib.Path(place).glob("*.gcov.json.gz"):
                yield json.loads(gzip.decompress(result.read_bytes()))


def is_assert(text):
    return text.strip().startswith("assert(")


def collect(root, folder, build):
    """By file: lines (number: how often) and branches ((line, number): how often)."""
    files = {}
    for result in gcov(build):
        base = pathlib.Path(result["current_working_directory"])
        for file in result["files"]:
            path = (base / file["file"]).resolve()
            if not path.is_relative_to(root / folder) or path.suffix not in (".c", ".h"):
                continue
            name = path.relative_to(root).as_posix()
            source = path.read_text(encoding="utf-8").splitlines()
            lines, branches = files.setdefault(name, ({}, {}))
            for line in file["lines"]:
                number = line["line_number"]
                lines[number] = lines.get(number, 0) + line["count"]
                if is_assert(source[number - 1]):
                    continue
                for at, branch in enumerate(line["branches"]):
                    branches[number, at] = branches.get((number, at), 0) + branch["count"]
    return files


def share(counts):
    run = sum(1 for count in counts.values() if count)
    return run, len(counts), 100 * run / len(counts) if counts else 100.0


def runs(numbers):
    """1 2 3 7 as "1-3, 7"."""
    out = []
    for number in sorted(numbers):
        if out and out[-1][1] == number - 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in out)


def main(folder, build, missing):
    root = pathlib.Path.cwd()
    files = collect(root, folder, pathlib.Path(build))
    total = ({}, {})
    print(f"{'file':32} {'lines':>13} {'':>7} {'branches':>13}")
    for name, (lines, branches) in sorted(files.items()):
        for all_counts, counts in zip(total, (lines, branches)):
            all_counts.update({(name, key): count for key, count in counts.items()})
        print_row(name, lines, branches)
        unrun = runs(number for number, count in lines.items() if not count)
        if missing and unrun:
            print(f"    not run: {unrun}")
    print_row("all", *total)
    return 0 if files else 1


def print_row(name, lines, branches):
    run, count, percent = share(lines)
    taken, branch_count, branch_percent = share(branches)
    print(f"{name:32} {run:6}/{count:<6} {percent:5.1f} % {taken:6}/{branch_count:<6} {branch_percent:5.1f} %")


sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3] == "true"))
