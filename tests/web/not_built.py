#!/usr/bin/env python3
"""Without node and npm, or without a network, the program is built all the same, and its page says that the application was not.

Usage: not_built.py FOLDER (node/web)
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCES = ["build.py", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "src"]


def check(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def build(web, root, path):
    out = root / "web_pages.c"
    done = subprocess.run([sys.executable, str(web / "build.py"), "--out", str(out), "--depfile", str(root / "d"), "--work", str(root / "dist")],
                          env={"PATH": path, "HOME": str(root)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    check(done.returncode == 0, f"the build goes on: {done.stderr}")
    check("THE WEB APPLICATION IS NOT BUILT" in done.stderr, done.stderr)
    text = out.read_text()
    check("web_pages_built = false" in text and '.path = "/"' in text and "web_page_count = 1;" in text, text[-500:])
    check(str(web / "src" / "main.tsx") in (root / "d").read_text(), "it is built again when the sources change")
    numbers = text.split("plain_0[] = {")[1].split("}")[0]
    page = bytes(int(one) for one in numbers.split(",")).decode()
    check("n'a pas été construite" in page and "was not built" in page, page)
    return done.stderr, page


def main(source):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        web = root / "web"
        web.mkdir()
        for name in SOURCES:
            here = pathlib.Path(source) / name
            (shutil.copytree if here.is_dir() else shutil.copy)(here, web / name)
        said, page = build(web, root, "")
        check("node and npm are missing" in said and "manquent" in page, said)
        # an npm that reaches nothing
        tools = root / "bin"
        tools.mkdir()
        for name in ("node", "npm"):
            (tools / name).write_text("#!/bin/sh\necho network unreachable\nexit 1\n")
            (tools / name).chmod(0o755)
        said, page = build(web, root, f"{tools}{os.pathsep}/bin{os.pathsep}/usr/bin")
        check("no network?" in said and "network unreachable" in said and "réseau" in page, said)


main(sys.argv[1])
