#!/usr/bin/env python3
"""Reads every #include and holds the layers: crdt/base <- {crdt, store, net} <- node <- tools."""
import pathlib
import re
import sys

ALLOWED = {
    "crdt/base": {"crdt/base"},
    "crdt": {"crdt/base", "crdt"},
    "store": {"crdt/base", "store"},
    "net": {"crdt/base", "net"},
    "node": {"crdt/base", "crdt", "store", "net", "node"},
    "tools": {"crdt/base", "crdt", "store", "net", "node", "tools"},
}
# A foreign header, and the only files that may include it.
ONLY = {
    "uv.h": r"(net|node)/(.*/)?uv_\w+\.[ch]|node/main\.c|tools/.*",
    "lmdb.h": r"store/store_lmdb\.c|tools/floor(_\w+)?\.[ch]",
    "microhttpd.h": r"node/uv_http\.c",
    "msgpack.h": r"crdt/mpack\.c",
    "qpdf/qpdf-c.h": r"node/picture/pdf\.c",
    "jpeglib.h": r"node/picture/pixels\.c",
    "png.h": r"node/picture/pixels\.c",
    "seccomp.h": r"node/picture/sandbox\.c",
}


def folder(path):
    parts = path.split("/")
    return "crdt/base" if parts[:2] == ["crdt", "base"] else parts[0]


def main(root):
    root, bad, seen = pathlib.Path(root), [], 0
    for top in ("crdt", "store", "net", "node", "tools"):
        for file in sorted(root.glob(top + "/**/*.[ch]")):
            path = file.relative_to(root).as_posix()
            if "node_modules" in path:
                continue
            for number, line in enumerate(file.read_text().splitlines(), 1):
                match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
                if not match:
                    continue
                seen += 1
                kind, name = match.groups()
                if kind == '"' and (not (root / name).exists() or folder(name) not in ALLOWED[folder(path)]):
                    bad.append(f"{path}:{number}: must not include {name}")
                if kind == "<" and name in ONLY and not re.fullmatch(ONLY[name], path):
                    bad.append(f"{path}:{number}: <{name}> belongs to {ONLY[name]} only")
                if kind == "<" and (root / name).exists():
                    bad.append(f"{path}:{number}: our own headers are included with quotes")
    print("\n".join(bad) if bad else f"{seen} includes, all within their layers")
    return 1 if bad or not seen else 0


sys.exit(main(sys.argv[1]))
