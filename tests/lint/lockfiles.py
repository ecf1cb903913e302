#!/usr/bin/env python3
"""Lock files of the web application name packages, versions and hashes, but no registry host.

A host in them would send every later installation to the registry that their author happened to use.
"""
import pathlib
import re
import sys

LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", ".npmrc")
HOST = re.compile(r"(?:https?|git|ssh)(?:\+\w+)?://[^/\"'\s]+")


def main(root):
    root, bad, seen = pathlib.Path(root), [], 0
    for path in sorted(root.rglob("*")):
        if path.name not in LOCKS or {"node_modules", "build"} & set(path.relative_to(root).parts):
            continue
        seen += 1
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            # Where to give money or report a bug is no place to fetch from.
            fetched = re.search(r'"?(resolved|tarball|registry|version)"?\s*[:= ]', line)
            if fetched and HOST.search(line):
                bad.append(f"{path.relative_to(root).as_posix()}:{number}: {HOST.search(line).group(0)}")
    print("\n".join(bad) if bad else f"{seen} lock files, no host in them")
    return 1 if bad else 0


sys.exit(main(sys.argv[1]))
