#!/usr/bin/env python3
"""Builds the web application and turns its files into a C table (node/web_pages.h).

Usage: build.py --out FILE.c --depfile FILE.d --work FOLDER

Needs node and npm; the modules that package-lock.json names are fetched once, into node_modules. Whatever is missing: the
table holds a page that says that the application was not built, the reason is said here, and the program is built all the same.
"""
import argparse
import base64
import fcntl
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BYTES_MAX = 200 * 1000  # compressed, all files together
SECONDS_MAX = 300
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
HASHED = re.compile(r"-[A-Za-z0-9_-]{8}\.\w+$")
NOT_BUILT = """<!doctype html>
<html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Relève</title>
<h1>Relève</h1>
<p>L'application n'a pas été construite avec ce programme : {reason_fr}. Tout le reste fonctionne, et la commande
<code>releve</code> fait tout ce que l'application ferait.</p>
<p lang="en">The application was not built with this program: {reason_en}. All the rest works, and the command
<code>releve</code> does everything that the application would.</p>
</html>
"""


class NotBuilt(Exception):
    def __init__(self, fr, en):
        super().__init__(en)
        self.fr, self.en = fr, en


def inputs():
    """Everything that the result depends on: folders too, so that a new file is noticed."""
    found = [HERE / name for name in ("build.py", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json")]
    found.append(HERE / "src")
    found += sorted((HERE / "src").rglob("*"))
    return found


def run(words, **more):
    try:
        done = subprocess.run(words, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX, **more)
    except subprocess.TimeoutExpired:
        return False, f"{words[0]} took more than {SECONDS_MAX} seconds"
    return done.returncode == 0, done.stdout


def install_modules():
    """As the lock file says, once for all build folders."""
    modules, lock = HERE / "node_modules", HERE / "package-lock.json"
    mark = modules / ".installed"
    if mark.exists() and mark.read_bytes() == lock.read_bytes():
        return
    if not shutil.which("node") or not shutil.which("npm"):
        raise NotBuilt("node et npm manquent", "node and npm are missing")
    good, said = run(["npm", "ci", "--no-audit", "--no-fund", "--fetch-retries", "1"])
    if not good:
        print(said[-2000:], file=sys.stderr)
        raise NotBuilt("npm n'a pas pu chercher les modules (pas de réseau ?)", "npm could not fetch the modules (no network?)")
    mark.write_bytes(lock.read_bytes())


def build(work):
    """Types checked, then bundled. A mistake in the sources is a failed build: it is ours."""
    tools = HERE / "node_modules"
    for words in (["node", str(tools / "typescript/bin/tsc"), "--noEmit"], ["node", str(tools / "vite/bin/vite.js"), "build", "--logLevel", "warn"]):
        good, said = run(words, env={**os.environ, "RELEVE_WEB_OUT": str(work)})
        if not good:
            print(said, file=sys.stderr)
            raise SystemExit("node/web: the application does not build")


def with_integrity(html, work):
    """Each script and style sheet by its hash: another program that had this port before cannot have left the browser one of its own."""
    def add(match):
        content = (work / match.group(2).lstrip("/")).read_bytes()
        digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
        return f'{match.group(1)}="{match.group(2)}" integrity="sha384-{digest}"'
    return re.sub(r'(src|href)="(/[^"]+\.(?:js|css))"', add, html)


def write_licences(work):
    """Of what is bundled: their terms ask that they go along."""
    with open(HERE / "package.json", encoding="utf-8") as file:
        names = sorted(json.load(file)["dependencies"])
    texts = [f"{name}\n\n{(HERE / 'node_modules' / name / 'LICENSE').read_text(encoding='utf-8')}" for name in names]
    (work / "licences.txt").write_text("\n\n".join(texts), encoding="utf-8")


def files_of(work):
    """[(path, type, content, kept)]; the page itself also at "/"."""
    out = []
    for path in sorted(work.rglob("*")):
        if not path.is_file():
            continue
        name, content = "/" + path.relative_to(work).as_posix(), path.read_bytes()
        if name == "/index.html":
            name, content = "/", with_integrity(content.decode(), work).encode()
        out.append((name, TYPES[path.suffix], content, bool(HASHED.search(name))))
    return out


def bytes_c(content):
    rows = [",".join(map(str, content[i:i + 40])) for i in range(0, len(content), 40)]
    return ",\n".join(rows)


def table_c(files, was_built):
    parts = ['/* Made by node/web/build.py. */\n#include "node/web_pages.h"\n']
    rows = []
    for i, (name, kind, content, kept) in enumerate(files):
        packed = gzip.compress(content, 9, mtime=0)
        parts.append(f"static const uint8_t plain_{i}[] = {{\n{bytes_c(content)}}};\n")
        parts.append(f"static const uint8_t packed_{i}[] = {{\n{bytes_c(packed)}}};\n")
        tag = hashlib.sha256(content).hexdigest()[:32]
        rows.append(f'\t{{.path = "{name}", .type = "{kind}", .content = {{plain_{i}, sizeof(plain_{i})}}, '
                    f'.packed = {{packed_{i}, sizeof(packed_{i})}}, .tag = "\\"{tag}\\"", .is_kept = {str(kept).lower()}}},\n')
    parts.append("const struct uv_http_page web_pages[] = {\n" + "".join(rows) + "};\n")
    parts.append(f"const uint32_t web_page_count = {len(files)};\nconst bool web_pages_built = {str(was_built).lower()};\n")
    return "\n".join(parts)


def main():
    options = argparse.ArgumentParser()
    for name in ("--out", "--depfile", "--work"):
        options.add_argument(name, type=pathlib.Path, required=True)
    given = options.parse_args()
    given.out, given.work = given.out.absolute(), given.work.absolute()
    was_built = True
    try:
        with open(HERE / "package-lock.json", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several build folders, one node_modules
            install_modules()
        build(given.work)
        write_licences(given.work)
        files = files_of(given.work)
        total = sum(len(gzip.compress(content, 9)) for _, _, content, _ in files)
        if total > BYTES_MAX:
            raise SystemExit(f"node/web: {total} bytes compressed, more than {BYTES_MAX}")
        print(f"node/web: {len(files)} files, {total} bytes compressed")
    except NotBuilt as why:
        was_built = False
        print(f"node/web: THE WEB APPLICATION IS NOT BUILT: {why.en}. The program's page will say so. To try again: touch {HERE}/package.json", file=sys.stderr)
        files = [("/", TYPES[".html"], NOT_BUILT.format(reason_fr=why.fr, reason_en=why.en).encode(), False)]
    given.out.write_text(table_c(files, was_built), encoding="utf-8")
    given.depfile.write_text(f"{given.out.name}: " + " ".join(str(path).replace(" ", "\\ ") for path in inputs()) + "\n", encoding="utf-8")


main()
