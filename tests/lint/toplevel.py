#!/usr/bin/env python3
"""The top level holds the agreed names only, and each folder with sources opens with a README.md."""
import pathlib
import subprocess
import sys

FOLDERS = {"crdt", "store", "net", "node", "tools", "tests"}
FILES = {"meson.build", "meson_options.txt", "README.md", "LICENSE"}
README_TOO = {"crdt/base"}


def names(root):
    """Names at the top level: those under version control where there is git, else all but build folders."""
    try:
        out = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=True)
        tracked = {name.split("/")[0] for name in out.stdout.decode().split("\0") if name}
        if tracked:
            return tracked
    except (OSError, subprocess.CalledProcessError):
        pass
    return {path.name for path in root.iterdir() if not path.name.startswith("build")}


def main(root):
    root, bad = pathlib.Path(root), []
    for name in sorted(names(root)):
        if not name.startswith(".") and name not in FOLDERS | FILES:
            bad.append(f"{name}: does not belong at the top level")
    if not (root / "README.md").exists():
        bad.append("README.md: missing")
    for folder in sorted(FOLDERS | README_TOO):
        sources = [
            path for path in (root / folder).glob("**/*.[ch]")
            if folder in README_TOO or "/".join(path.relative_to(root).parts[:2]) not in README_TOO
        ]
        if sources and not (root / folder / "README.md").exists():
            bad.append(f"{folder}/README.md: missing")
    print("\n".join(bad) if bad else "the top level is in order")
    return 1 if bad else 0


sys.exit(main(sys.argv[1]))
