#!/usr/bin/env python3
"""Bytes of the database file altered one at a time: `releve fsck` finds it, says where, ends in order, and mends what can be mended.

Usage: damage.py RELEVE GENERATOR.
"""
import json
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DIFFERS, GENERATOR, OK, World, check

ALTERED = 80


def make(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "20", "--visits", "900", "--nurses", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    program = world.start("anna")
    world.run("anna", "import", str(world.root / "team-00.ndjson"))
    # by the running program, in pieces, while it works
    out = world.json("anna", "fsck")
    check(out["bad"] == 0 and out["done"] and out["entries"] > 900, f"whole: {out}")
    world.run("anna", "fsck", "--rebuild", says=" 0 bad")  # nothing to mend
    world.end(program)
    out = world.json("anna", "fsck")
    check(out["bad"] == 0 and out["derived"] == "compared" and out["documents"] >= 20 and out["months"] > 10, f"compared: {out}")


def alter(world, at, bit):
    copy = world.root / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(world.root / "anna", copy, ignore=shutil.ignore_patterns("ballast"))
    with open(copy / "db" / "data.mdb", "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1 << bit]))
    return copy


def places(world):
    """Anywhere, and every other time in the head of a page, where LMDB keeps its tree. The two meta pages are LMDB's: it takes the good one."""
    size = (world.root / "anna" / "db" / "data.mdb").stat().st_size
    seeded = random.Random(11)
    for number in range(ALTERED):
        at = seeded.randrange(2 * 4096, size)
        yield (at // 4096 * 4096 + seeded.randrange(40) if number % 2 else at), seeded.randrange(8)


def look(world, whole, at, bit, counts):
    alter(world, at, bit)
    done = world.attempt("copy", "fsck", "--json")
    check(done.returncode in (OK, DIFFERS), f"byte {at}: exit {done.returncode} {done.stderr}")
    if done.returncode == OK:
        check(world.run("copy", "dump") == whole, f"byte {at}: called whole, and is not")
        counts["whole"] += 1
        return
    out = json.loads(done.stdout) if done.stdout else {"bad": 1, "faults": []}  # a page that cannot be read at all
    check(out["bad"] > 0 and done.stderr, f"byte {at}: says what")
    tables = {fault["table"] for fault in out["faults"]}
    if not tables or not tables <= {"doc", "index"}:
        check("put the database back from a copy" in done.stderr, f"byte {at}: {done.stderr}")
        counts["log"] += 1
        return
    check("releve fsck --rebuild" in done.stderr, f"byte {at}: {done.stderr}")
    if world.attempt("copy", "status").returncode == OK:  # what is damaged is not read at a start
        program = world.start("copy")
        world.run("copy", "fsck", "--rebuild", expect=CONFLICT, says="stop the running program first")
        world.end(program)
    done = world.attempt("copy", "fsck", "--rebuild")
    if done.returncode == DIFFERS:  # LMDB's tree under them is damaged as well
        check("put the database back from a copy" in done.stderr, f"byte {at}: {done.stderr}")
        counts["log"] += 1
        return
    check(done.returncode == OK and "were built again from the log" in done.stderr, f"byte {at}: {done.stderr}")
    world.run("copy", "fsck", says=" 0 bad")
    check(world.run("copy", "dump") == whole, f"byte {at}: mended")
    counts["mended"] += 1


def main():
    # a page that cannot be read ends a process by a signal, also where a sanitizer would make an exit code of it
    lib.os.environ["ASAN_OPTIONS"] = lib.os.environ.get("ASAN_OPTIONS", "") + ":handle_segv=0:handle_sigbus=0:handle_abort=0"
    world = World()
    counts = {"whole": 0, "log": 0, "mended": 0}
    try:
        make(world)
        whole = world.run("anna", "dump")
        for at, bit in places(world):
            look(world, whole, at, bit, counts)
    finally:
        world.close()
    check(counts["log"] > 5 and counts["mended"] > 2, f"of each kind: {counts}")
    print(f"{counts}; {lib.checks} checks passed")


main()
