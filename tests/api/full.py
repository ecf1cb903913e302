#!/usr/bin/env python3
"""A full disk, a full database: every save is either acknowledged and there afterwards, or refused with a sentence.

Usage: full.py RELEVE GENERATOR. Mounts a small disk (tmpfs) in a mount namespace of its own; where that is forbidden the test fails and says so.
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import disk
import world as lib
from disk import fill
from story import ask
from world import FULL, GENERATOR, World, check


def save_until_full(world, who, name):
    """Names acknowledged; the first refused one."""
    saved = []
    for number in range(10000):
        done = world.attempt(who, "patient", "add", f"lastName={name}{number}", "firstName=Test")
        if done.returncode:
            check(done.returncode == FULL, f"exit {done.returncode}: {done.stderr}")
            check("no room left on the disk: this was not saved" in done.stderr, f"a sentence: {done.stderr}")
            check(done.stdout == "", "nothing that looks like an answer")
            return saved, f"{name}{number}"
        saved.append(f"{name}{number}")
    raise SystemExit("FAILED: the disk does not fill up")


def names(world, who):
    return {row["lastName"] for row in world.json(who, "patient", "list", "--limit", "20000")["patients"]}


def goes_on(world, who, patient):
    """What must work on a full disk: reading, changing and deciding, membership."""
    world.run(who, "patient", "show", patient)
    world.run(who, "visit", "list")
    world.run(who, "patient", "edit", patient, "phone=0240000000")
    world.run(who, "patient", "edit", patient, "phone=0240000001", "--reason", "faux numéro")
    check(len(world.run(who, "invite", "--no-qr").split()) > 5, "inviting goes on")
    world.run(who, "billing", "designate")


def until_room(world, who):
    while world.json(who, "status")["database"]["diskFull"]:
        pass  # each question is a turn of the program; it looks once a second


def typing(program, root, patient):
    """A keystroke that finds no room is answered so, with what could not be written; the draft on the disk is as it was, and typing goes on in the ballast's room."""
    fill(root, 0)

    def put(key, version, text):
        body = {"version": version, "values": {"data": text}, **({} if version else {"kind": "transmission", "in": patient})}
        status, reply, _ = ask(program, "PUT", f"/api/drafts/{key}", json.dumps(body))
        return status, json.loads(reply)

    sizes = [(f"typed{number}", version, text) for number in range(60) for version, text in enumerate(("x", "y" * 200000))]
    for key, version, text in sizes:
        status, reply = put(key, version, text)
        if status not in (200, 201):
            break
    check(status == 507 and reply["error"]["version"] == version, f"it is said: {status}")
    check(reply["error"]["draft"]["values"]["data"] == text, "and nothing is lost in the reply")
    status, kept, _ = ask(program, "GET", f"/api/drafts/{key}")
    check(status == (200 if version else 404) and (not version or json.loads(kept)["values"]["data"] == "x"), "what is on the disk is as it was")
    check(put(key, version, text)[0] in (200, 201), "then the ballast makes room")
    (root / "filler").unlink()


def saving(world, who, root):
    world.run(who, "init", "--cheap-key")
    world.run(who, "team", "create", "Anna")
    program = world.start(who)
    patient = world.run(who, "patient", "add", "lastName=Premier", "firstName=Test").strip()
    check((root / who / "ballast").stat().st_size == 16 << 20, "the ballast is held")
    fill(root, 300 * 1024)
    saved, refused = save_until_full(world, who, "Un")
    check(saved, "some were saved before")
    status = world.json(who, "status")
    check(status["database"]["diskFull"] and status["database"]["room"] == "refuse", "status says so")
    check(not (root / who / "ballast").exists(), "the ballast was given up")
    check("new records are refused" in world.run(who, "status"), "and to people")
    for _ in range(3):
        world.run(who, "patient", "add", "lastName=Encore", "firstName=Test", expect=FULL, says="no room left")
        world.run(who, "time", "add", "activity=travel", "start=2026-03-05T08:00:00+01:00",
                  "end=2026-03-05T08:45:00+01:00", expect=FULL)
    world.run(who, "visit", "start", patient)
    world.run(who, "visit", "stop", expect=FULL, says="no room left")  # and it runs on
    world.run(who, "visit", "note", "note=écrit sur un disque plein")
    goes_on(world, who, patient)
    check(names(world, who) == {"Premier", *saved}, "exactly what was acknowledged is there")

    # the power fails while the disk is full; the program starts on it
    program.send_signal(signal.SIGKILL)
    program.wait(60)
    program.stdout.close()
    world.programs.remove(program)
    program = world.start(who)
    check(names(world, who) == {"Premier", *saved}, "and after the power failed")
    check("écrit sur un disque plein" in world.run(who, "visit", "show"), "what was typed is there")
    world.run(who, "patient", "add", f"lastName={refused}", "firstName=Test", expect=FULL)
    goes_on(world, who, patient)
    world.run(who, "fsck", says=" 0 bad")

    # room is made, without a restart
    (root / "filler").unlink()
    until_room(world, who)
    world.run(who, "patient", "add", f"lastName={refused}", "firstName=Test")
    world.run(who, "visit", "stop", "note=Tout va bien")
    check((root / who / "ballast").exists(), "the ballast is held again")
    check(names(world, who) == {"Premier", *saved, refused}, "saving goes on")

    typing(program, root, patient)

    # the same in a command's own process
    world.end(program)
    fill(root, 300 * 1024)
    more, refused = save_until_full(world, who, "Deux")
    check(names(world, who) >= set(more) and refused not in names(world, who), "without a running program too")
    goes_on(world, who, patient)
    (root / "filler").unlink()
    world.run(who, "patient", "add", f"lastName={refused}", "firstName=Test")
    world.run(who, "fsck", says=" 0 bad")
    log = (root / f"{who}.log").read_text()
    check("disk.full" in log and "disk.room" in log, "the log tells")


def importing(world, who, root):
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "120", "--visits", "6000", "--nurses", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    history = str(root / "team-00.ndjson")
    line_count = len((root / "team-00.ndjson").read_text().splitlines())
    world.run(who, "init", "--cheap-key")
    world.run(who, "team", "create", "Anna")
    program = world.start(who)
    fill(root, 1536 * 1024)
    done = world.attempt(who, "import", history)
    check(done.returncode == FULL and "no room left on the disk" in done.stderr, f"refused: {done.returncode} {done.stderr}")
    check("lines are done" in done.stderr, f"and how far it came: {done.stderr}")
    kept = len(names(world, who))
    check(kept > 0, "what was taken stays")
    world.run(who, "import", history, expect=FULL)
    (root / "filler").unlink()
    until_room(world, who)
    check(len(names(world, who)) == kept, "and still does")
    out = world.json(who, "import", history)
    check(out["taken"] + out["known"] == line_count and out["known"] > 0 and out["bad"] == 0, f"it goes on: {out}")
    check(world.json(who, "import", history)["known"] == line_count, "and is complete")
    world.run(who, "fsck", says=" 0 bad")
    world.end(program)


def entries(world, who, compartment):
    return sum(feed["entries"] for feed in world.json(who, "status")["feeds"] if feed["compartment"] == compartment)


def beginning(world, who, root):
    """A device that finds no room to begin leaves nothing behind that would keep it from beginning later."""
    for leave in range(0, 128 * 1024, 4096):
        fill(root, leave)
        done = world.attempt(who, "init", "--cheap-key")
        (root / "filler").unlink()
        if done.returncode == 0:
            break
        check(done.returncode == FULL and "no room left on the disk" in done.stderr, f"{leave}: {done.returncode} {done.stderr}")
    check(leave > 4096, f"refused more than once: {leave}")
    world.run(who, "status")


def meeting(world, who, root):
    """A colleague's entries wait until there is room; what she revokes or grants comes all the same."""
    other = World()
    other.run("anna", "init", "--cheap-key")
    other.run("anna", "team", "create", "Anna")
    anna = other.start("anna")
    try:
        world.run(who, "init", "--cheap-key")
        invitation = other.run("anna", "invite", "--no-qr").strip()
        world.run(who, "join", "Béa", f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
        program = world.start(who, "--peer", f"127.0.0.1:{anna.port}")
        other.run("anna", "patient", "add", "lastName=Avant", "firstName=Test")
        while names(world, who) != {"Avant"}:
            pass
        fill(root, 300 * 1024)
        saved, _ = save_until_full(world, who, "Moi")
        other.run("anna", "patient", "add", "lastName=Pendant", "firstName=Test")
        other.run("anna", "billing", "designate")
        while entries(world, who, "membership") < entries(other, "anna", "membership"):
            pass
        check(names(world, who) == {"Avant", *saved}, "her entries wait, membership does not")
        (root / "filler").unlink()
        while names(world, who) != {"Avant", "Pendant", *saved}:
            pass
        while names(other, "anna") != names(world, who):
            pass
        world.run(who, "fsck", says=" 0 bad")
        world.end(program)
        other.end(anna)
    finally:
        other.close()


def erase(world, who, patient):
    refused = world.attempt(who, "patient", "erase", patient, "--reason", "request", stdin="")
    world.run(who, "patient", "erase", patient, "--reason", "request", "--confirm", refused.stderr.split("type: ")[1].splitlines()[0])


def erased(world, who, patient):
    return next(row for row in world.json(who, "erasures")["erasures"] if row["patient"] == patient)


def erasing(world, who, root):
    """Erasing goes on in the room that the ballast held; where that does not do either, what it waits for is told, and it goes on once there is room."""
    world.run(who, "init", "--cheap-key")
    world.run(who, "team", "create", "Anna")
    program = world.start(who)
    first, second = (world.run(who, "patient", "add", f"lastName={name}", "firstName=Test").strip() for name in ("Premier", "Second"))
    fill(root, 300 * 1024)
    save_until_full(world, who, "Un")
    erase(world, who, first)
    while not erased(world, who, first)["complete"]:
        pass
    check("erasureWaitsFor" not in world.json(who, "status"), "it waits for nothing")
    while world.json(who, "status")["database"]["diskFull"] is False:
        fill(root, 300 * 1024)
    fill(root, 900 * 1024)
    erase(world, who, second)
    while "erasureWaitsFor" not in world.json(who, "status"):
        pass
    waits = world.json(who, "status")["erasureWaitsFor"]
    check(waits["what"] == "room" and 2 <= waits["neededMb"] <= 20, f"for room: {waits}")
    check(erased(world, who, second)["devices"][0]["waitsFor"] == waits, "the ledger says the same")
    sentence = f"no room for the new file: {waits['neededMb']} MB needed. It goes on once there is room"
    for words in (("status",), ("erasures",)):
        world.run(who, *words, says=sentence)
    check(not erased(world, who, second)["complete"], "no word is given")
    (root / "filler").unlink()
    while not erased(world, who, second)["complete"]:
        pass
    check("erasureWaitsFor" not in world.json(who, "status"), "and it waits for nothing any more")
    check("waitsFor" not in erased(world, who, second)["devices"][0], "nor in the ledger")
    world.end(program)
    world.run(who, "fsck", says=" 0 bad")
    log = (root / f"{who}.log").read_text()
    check(log.count("file.waits") == 1, "the log tells once")


def full_database(world, who, root):
    """The database's own limits, with a map of a few megabytes: a warning at 60 %, no new records from 70 % on."""
    small = {"RELEVE_MAP_MB": "4"}
    world.run(who, "init", "--cheap-key", **small)
    world.run(who, "team", "create", "Anna", **small)
    program = world.start(who, **small)
    patient, warned, noise = None, 0, random.Random(1)
    for number in range(10000):
        done = world.attempt(who, "patient", "add", f"lastName=Plein{number}", "firstName=Test", "history=" + noise.randbytes(1900).hex())
        status = world.json(who, "status")["database"]
        part = status["usedBytes"] / status["mapBytes"]
        if done.returncode:
            break
        patient = patient or done.stdout.strip()
        check(("more than 60 % full" in done.stderr) == (part >= 0.6) or 0.59 < part < 0.61, f"a warning from 60 % on: {part} {done.stderr}")
        warned += "more than 60 % full" in done.stderr
    check(done.returncode == FULL and "takes no new records" in done.stderr, f"refused: {done.stderr}")
    check(0.7 <= part < 0.75 and warned > 3, f"at 70 %: {part}, {warned} warnings")
    check(status["room"] == "refuse" and not status["diskFull"], "status says so")
    check("at 70 % it takes no new records" in world.run(who, "status"), "and to people")
    goes_on(world, who, patient)
    check(len(names(world, who)) == number, "exactly what was acknowledged is there")
    world.run(who, "import", str(root / "team-00.ndjson"), expect=FULL, says="takes no new records")
    world.end(program)
    program = world.start(who, **small)
    check(len(names(world, who)) == number, "and after a restart")
    goes_on(world, who, patient)
    world.end(program)


def main():
    disk.enter_namespace()
    root = pathlib.Path(tempfile.mkdtemp(prefix="releve-full-"))
    disk.mount(root)
    world = World(root)
    try:
        saving(world, "anna", root)
        importing(world, "bea", root)
        beginning(world, "emma", root)
        meeting(world, "dora", root)
        erasing(world, "gaia", root)
        full_database(world, "cleo", root)
    finally:
        for program in world.programs:
            program.kill()
            program.wait()
        disk.unmount(root)
        root.rmdir()
    print(f"{lib.checks} checks passed")


main()
