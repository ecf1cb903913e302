#!/usr/bin/env python3
"""Runs a program of this folder with node, or says what is missing and is skipped (exit code 77).

Usage: run.py RELEVE PICTURES PROGRAM.mjs [ARGUMENT...]. Pictures of what was seen go into the folder PICTURES.
"""
import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
WEB = HERE.parent.parent / "node" / "web"


def missing(releve):
    if b"__asan_init" in pathlib.Path(releve).read_bytes():
        return "this is a build with sanitizers: what they find, tests of the interface alone find sooner"
    if not shutil.which("node"):
        return "node is not installed"
    if not (WEB / "node_modules" / "playwright-core").is_dir() or not (WEB / "node_modules" / "axe-core").is_dir():
        return "the modules of node/web are not there (npm reached nothing)"
    if not os.path.exists(os.environ.get("RELEVE_CHROMIUM", "/usr/bin/chromium")):
        return "Chromium is not installed (tools/deps --install web)"
    return None


def main(releve, pictures, program, *arguments):
    why = missing(releve)
    if why:
        print(f"SKIPPED: {why}", file=sys.stderr)
        return 77
    os.execvp("node", ["node", str(HERE / program), releve, pictures, *arguments])


sys.exit(main(*sys.argv[1:]))
