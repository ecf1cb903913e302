#!/usr/bin/env python3
"""The end of a device: what exists only there is said first, and after the first step nothing opens any more. And what a team has of a lost one.

Usage: wipe.py RELEVE GENERATOR. Waiting is for what the program says, never for a time.
"""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, ERROR, NOT_FOUND, World, check


def add(world, who, *several):
    for name in several:
        world.run(who, "patient", "add", f"lastName={name}", "firstName=Test")


def names(world, who):
    return {row["lastName"] for row in world.json(who, "patient", "list")["patients"]}


def files(world, who):
    return sorted(path.relative_to(world.root / who).as_posix() for path in (world.root / who).rglob("*"))


def team(world):
    for who in ("anna", "bea"):
        world.run(who, "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    anna = world.start("anna")
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("bea", "join", "Béa", f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    add(world, "bea", "Un")
    while names(world, "anna") != {"Un"}:
        pass
    while any(peer["missingThere"] for peer in world.json("bea", "status")["peers"]):
        pass
    return anna, bea


def counted(world, anna, bea):
    world.run("nowhere", "wipe", expect=NOT_FOUND, says="there is no device in")
    world.run("bea", "wipe", stdin="no\n", expect=ERROR, says="Everything that this device has is on another one as well")
    world.run("bea", "wipe", stdin="", expect=ERROR, says="nothing was wiped")
    check(names(world, "bea") == {"Un"}, "nothing was wiped")
    world.end(bea)
    add(world, "bea", "Deux", "Trois")
    out = world.run("bea", "wipe", stdin="wipe\n", expect=ERROR)
    check("2 entries that this device wrote are on no other device" in out and "lost for ever" in out, f"the count: {out}")
    # who forgot the passphrase is told what to do
    wrong = world.root / "wrong"
    wrong.write_text("autre chose\n")
    world.run("bea", "wipe", secret=wrong, expect=DENIED, says="releve wipe --uncounted")
    check(names(world, "bea") == {"Un", "Deux", "Trois"}, "nothing was wiped")


def lost(world, anna, bea_id):
    """At Anna's: what is here of Béa's device, and that it had more."""
    world.run("anna", "lost", "0000", expect=NOT_FOUND)
    held = world.json("anna", "lost", bea_id[:12])
    clinical = [feed for feed in held["feeds"] if feed["compartment"] == "clinical"]
    check(held["state"] == "active" and len(clinical) == 1 and clinical[0]["entries"] == 1, f"one patient: {held}")
    check(held["heard"] and held["knownBeyond"] == 0, f"it said what it had: {held}")
    check(clinical[0]["last"].startswith("20") and clinical[0]["onOthers"] == 0, f"{clinical}")
    out = world.run("anna", "lost", bea_id[:12])
    check("clinical" in out and "existed there only; nobody can tell how much" in out, f"in words: {out}")


def wiped(world):
    # without a program
    shutil.copytree(world.root / "bea", world.root / "kept")
    (world.root / "bea" / "mine.txt").write_text("not the program's")
    key_before = (world.root / "bea" / "device.key").read_bytes()
    os.link(world.root / "bea" / "device.key", world.root / "second-name")
    out = world.run("bea", "wipe", stdin="WIPE\n")
    check("2 entries" in out and "This device is wiped" in out, f"{out}")
    check(files(world, "bea") == ["mine.txt"], f"nothing of the program's is left: {files(world, 'bea')}")
    after = (world.root / "second-name").read_bytes()
    check(after == bytes(len(key_before)), "the key file was overwritten, not only unlinked")
    world.run("bea", "wipe", stdin="WIPE\n", expect=NOT_FOUND)
    # a database that was moved to a larger disk
    shutil.rmtree(world.root / "bea")
    shutil.copytree(world.root / "kept", world.root / "bea")
    (world.root / "bea" / "db").rename(world.root / "large-disk")
    (world.root / "bea" / "db").symlink_to(world.root / "large-disk")
    world.run("bea", "wipe", stdin="WIPE\n", says="This device is wiped")
    check(files(world, "bea") == [] and files(world, "large-disk") == [], f"nothing is left, there either: {files(world, 'bea')}")
    check(not (world.root / "bea" / "db").is_symlink(), "nor the link")
    # while it runs, and while it is locked
    for locked in (False, True):
        shutil.rmtree(world.root / "bea", ignore_errors=True)
        shutil.copytree(world.root / "kept", world.root / "bea")
        bea = world.start("bea")
        if locked:
            world.run("bea", "lock")
            world.run("bea", "wipe", stdin="WIPE\n", expect=DENIED, says="--uncounted")
        world.run("bea", "wipe", *(["--uncounted"] if locked else []), stdin="WIPE\n", says="This device is wiped")
        check(bea.wait(60) == 0, "the program ends")
        bea.stdout.close()
        world.programs.remove(bea)
        check(files(world, "bea") == [], f"nothing is left: {files(world, 'bea')}")
    # a restore that was broken off holds a key, too
    shutil.copytree(world.root / "kept", world.root / "bea", dirs_exist_ok=True)
    for folder in ("restoring", "restored"):
        (world.root / "bea" / folder / "db").mkdir(parents=True)
        shutil.copy2(world.root / "kept" / "device.key", world.root / "bea" / folder / "device.key.17.new")
        shutil.copy2(world.root / "kept" / "db" / "data.mdb", world.root / "bea" / folder / "db" / "data.mdb")
    (world.root / "bea" / "device.key.99.new").write_bytes(key_before)
    world.run("bea", "wipe", "--uncounted", stdin="WIPE\n")
    check(files(world, "bea") == [], f"nothing is left: {files(world, 'bea')}")


def killed(world):
    """kill -9 at any moment: untouched, or nothing opens and the same command goes on."""
    states = []

    def start():
        shutil.rmtree(world.root / "bea", ignore_errors=True)
        shutil.copytree(world.root / "kept", world.root / "bea")
        one = subprocess.Popen([lib.RELEVE, "wipe", "--uncounted", "--data", str(world.root / "bea")], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        one.stdin.write(b"WIPE\n")
        one.stdin.close()
        return one

    for _ in lib.interrupted(start, 20):
        opens = world.attempt("bea", "status").returncode == 0
        states.append(opens)
        if opens:
            continue
        left = files(world, "bea")
        keys = [name for name in left if "device.key" in name]
        check(all((world.root / "bea" / name).read_bytes().count(0) == 121 for name in keys), f"no key is left: {left}")
        again = world.attempt("bea", "wipe", *(["--uncounted"] if keys else []), stdin="WIPE\n")
        check(again.returncode in (0, NOT_FOUND), f"it goes on: {again.stdout}{again.stderr}")
        check(files(world, "bea") == [], f"to the end: {files(world, 'bea')}")
    check(not states[0], "the first one came to its end")


def main():
    world = World()
    try:
        anna, bea = team(world)
        bea_id = world.json("bea", "status")["device"]
        counted(world, anna, bea)
        lost(world, anna, bea_id)
        wiped(world)
        killed(world)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
