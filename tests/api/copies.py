#!/usr/bin/env python3
"""A database opened twice, put back from a copy, or written on a disk that does not say whether it wrote: nothing is silently replaced.

Usage: copies.py RELEVE GENERATOR FAULTY, the last being `releve` on the disk of faulty.c. Waiting is for what another program says, never
for a time.
"""
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, World, check


def names(world, who):
    return {row["lastName"] for row in world.json(who, "patient", "list")["patients"]}


def until(world, who, wanted):
    while names(world, who) != wanted:
        pass


def incarnation(world, who):
    return (world.root / who / "incarnation").read_text()


def kill(world, program):
    program.send_signal(signal.SIGKILL)
    program.wait(60)
    program.stdout.close()
    world.programs.remove(program)


def opened_twice(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    anna = world.start("anna")
    world.run("anna", "run", expect=CONFLICT, says="is open in another program already")
    check(anna.poll() is None and (world.root / "anna" / "socket").exists(), "the second one does not disturb the first")
    world.run("anna", "patient", "add", "lastName=Un", "firstName=Test")  # a command beside it goes to the program
    # one that does not see the socket does not write beside it either
    (world.root / "anna" / "socket").rename(world.root / "anna" / "hidden")
    world.run("anna", "patient", "add", "lastName=Non", "firstName=Test", expect=CONFLICT, says="open in another program")
    world.run("anna", "fsck", expect=CONFLICT, says="open in another program")
    (world.root / "anna" / "hidden").rename(world.root / "anna" / "socket")
    check(names(world, "anna") == {"Un"}, "nothing came of it")
    # killed: its socket stays and does not stand in the way
    kill(world, anna)
    check((world.root / "anna" / "socket").exists(), "the socket of a killed program stays")
    world.run("anna", "patient", "add", "lastName=Deux", "firstName=Test")
    anna = world.start("anna")
    check(names(world, "anna") == {"Un", "Deux"}, "after a kill")
    # commands one beside the other, without a program: each waits for nobody and is refused or done
    world.end(anna)
    env = dict(lib.os.environ, RELEVE_PASSPHRASE_FILE=str(world.secret))
    several = [subprocess.Popen([lib.RELEVE, "patient", "add", f"lastName=P{i}", "firstName=Test", "--data", str(world.root / "anna")],
                                env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in range(6)]
    done = set()
    for i, one in enumerate(several):
        _, error = one.communicate(timeout=60)
        check(one.returncode in (0, CONFLICT), f"side by side: {one.returncode} {error}")
        done |= {f"P{i}"} if one.returncode == 0 else set()
    check(names(world, "anna") == {"Un", "Deux"} | done, "those that said so were saved, no others")
    world.run("anna", "fsck", says=" 0 bad")


def put_back(world, image, who, *parts):
    for part in parts:
        here = world.root / who / part
        shutil.rmtree(here) if here.is_dir() else here.unlink()
        there = world.root / image / part
        shutil.copytree(there, here) if there.is_dir() else shutil.copy2(there, here)


def restored(world):
    anna = world.start("anna")
    known = names(world, "anna")
    peer = ("--peer", f"127.0.0.1:{anna.port}")
    world.run("bea", "init", "--cheap-key")
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("bea", "join", "Béa", peer[1], "--invitation", invitation, says="All records are here")
    world.run("bea", "patient", "add", "lastName=Avant", "firstName=Test")
    bea = world.start("bea", *peer)
    until(world, "anna", known | {"Avant"})
    world.end(bea)
    shutil.copytree(world.root / "bea", world.root / "image")
    world.run("bea", "patient", "add", "lastName=Après", "firstName=Test")
    bea = world.start("bea", *peer)
    until(world, "anna", known | {"Avant", "Après"})
    world.end(bea)
    check(world.json("bea", "status")["restored"] == 0, "nothing was restored yet")

    # a complete copy, database and incarnation, that wrote nothing: noticed at the meeting, and everything is there again
    before = incarnation(world, "bea")
    put_back(world, "image", "bea", "db", "incarnation")
    check(names(world, "bea") == known | {"Avant"}, "the copy is older")
    bea = world.start("bea", *peer)
    until(world, "bea", known | {"Avant", "Après"})
    while world.json("bea", "status")["restored"] == 0:
        pass
    check(incarnation(world, "bea") != before, "a new incarnation")
    check("restored  1 time(s)" in world.run("bea", "status"), "status says so")
    world.run("bea", "patient", "add", "lastName=Ensuite", "firstName=Test")
    until(world, "anna", known | {"Avant", "Après", "Ensuite"})
    world.end(bea)
    check("reason=peers-know-more" in (world.root / "bea.log").read_text(), "the log says so")

    # the database alone, with the newer incarnation beside it: noticed when opened, before anything is written
    before = incarnation(world, "bea")
    put_back(world, "image", "bea", "db")
    check(world.json("bea", "status")["restored"] == 1, "noticed at once")
    check(incarnation(world, "bea") != before, "a new incarnation")
    world.run("bea", "patient", "add", "lastName=Seule", "firstName=Test")
    check(names(world, "bea") == known | {"Avant", "Seule"}, "writing goes on")
    bea = world.start("bea", *peer)
    everything = known | {"Avant", "Après", "Ensuite", "Seule"}
    until(world, "bea", everything)
    until(world, "anna", everything)
    world.end(bea)
    for who in ("anna", "bea"):
        feeds = world.json(who, "status")["feeds"]
        check(all(feed["forkedAt"] == 0 and feed["state"] == "open" for feed in feeds), f"no fork: {feeds}")
        world.run(who, "fsck", says=" 0 bad")

    # a complete copy that wrote before it met anybody: both histories come to everybody, and everybody is told
    put_back(world, "image", "bea", "db", "incarnation")
    world.run("bea", "patient", "add", "lastName=Autrement", "firstName=Test")
    bea = world.start("bea", *peer)
    while not any(feed["forkedAt"] for feed in world.json("anna", "status")["feeds"]):
        pass
    while world.json("bea", "status")["restored"] == 0:
        pass
    world.run("bea", "patient", "add", "lastName=Enfin", "firstName=Test")
    everything |= {"Autrement", "Enfin"}
    until(world, "anna", everything)
    until(world, "bea", everything)
    for who in ("anna", "bea"):
        check("wrote twice from entry 2 of its clinical feed" in world.run(who, "status"), f"{who}'s status says so")
    for who in ("anna", "bea"):
        (told,) = world.json(who, "news")["notices"]
        check(told["what"] == "fork" and told["compartment"] == "clinical" and told["from"] == 2, f"it is news to {who}: {told}")
        world.run(who, "news", "--seen", says="this device wrote two histories (records, from entry 2 on)")
        check(world.json(who, "news")["notices"] == [], "once")
        patient = world.json(who, "patient", "list")["patients"][0]["id"]
        world.run(who, "history", patient, says="this device wrote two histories")
    world.run("bea", "fsck", says=" 0 bad")
    world.end(bea)
    world.end(anna)
    world.run("anna", "fsck", says=" 0 bad")
    bea = world.start("bea")
    check(names(world, "bea") == everything, "also after a restart")
    check("wrote twice" in world.run("bea", "status"), "and it is said again")
    world.end(bea)


def visits_of(world, who, patient):
    return world.json(who, "visit", "list", "--patient", patient)["records"]


def two_at_once(world):
    """A whole device, copied; both copies go on, and meet colleagues one after the other. What one of them wrote is on every device, whoever comes back."""
    world.run("nora", "init", "--cheap-key")
    world.run("nora", "team", "create", "Nora")
    nora = world.start("nora")
    peer = ("--peer", f"127.0.0.1:{nora.port}")
    for who, name in (("lise", "Lise"), ("omer", "Omer")):
        world.run(who, "init", "--cheap-key")
        invitation = world.run("nora", "invite", "--no-qr").strip()
        world.run(who, "join", name, peer[1], "--invitation", invitation, says="All records are here")
    world.run("lise", "patient", "add", "lastName=Avant", "firstName=Test")
    lise = world.start("lise", *peer)
    until(world, "nora", {"Avant"})
    world.end(lise)
    shutil.copytree(world.root / "lise", world.root / "copie")
    patient = world.json("nora", "patient", "list")["patients"][0]["id"]
    for who, last in (("lise", "Original"), ("copie", "Copie")):
        world.run(who, "patient", "add", f"lastName={last}", "firstName=Test")
        hour = "08" if who == "lise" else "18"
        world.run(who, "visit", "add", patient, f"start=2026-03-02T{hour}:00:00+01:00", f"end=2026-03-02T{hour}:30:00+01:00")
    copy = world.start("copie", *peer)
    until(world, "nora", {"Avant", "Copie"})
    world.end(copy)
    omer = world.start("omer", *peer)
    until(world, "omer", {"Avant", "Copie"})
    world.end(omer)
    lise = world.start("lise", *peer)
    everything = {"Avant", "Copie", "Original"}
    until(world, "nora", everything)
    until(world, "lise", everything)
    world.end(lise)
    omer = world.start("omer", *peer)
    until(world, "omer", everything)
    while len(visits_of(world, "omer", patient)) != 2:
        pass
    copy = world.start("copie", *peer)
    until(world, "copie", everything)
    world.run("copie", "patient", "add", "lastName=Ensemble", "firstName=Test")
    everything |= {"Ensemble"}
    for who in ("nora", "omer", "copie"):
        until(world, who, everything)
        visits = visits_of(world, who, patient)
        check(len(visits) == 2, f"both visits on {who}: {visits}")
        check("wrote twice" in world.run(who, "status"), f"{who} is told")
        world.run(who, "fsck", says=" 0 bad")
    for program in (copy, omer, nora):
        world.end(program)


def in_doubt(world, faulty):
    """The disk fails on the last page of a commit: the database is opened again, the save done once, and answered truly."""
    fault = world.root / "fault"
    world.run("cleo", "init", "--cheap-key")
    world.run("cleo", "team", "create", "Cléo")
    right, lib.RELEVE = lib.RELEVE, faulty
    program = world.start("cleo", RELEVE_TEST_FAULT=str(fault))
    lib.RELEVE = right
    saved = set()
    for number in range(5):
        fault.write_text("")
        done = world.attempt("cleo", "patient", "add", f"lastName=Doute{number}", "firstName=Test")
        check(not fault.exists(), "the disk did fail")
        check(done.returncode == 0, f"and the save was done: {done.stderr}")
        saved.add(f"Doute{number}")
        check(names(world, "cleo") == saved, "once")
        world.run("cleo", "patient", "add", f"lastName=Sûr{number}", "firstName=Test")
        saved.add(f"Sûr{number}")
    kill(world, program)
    check(names(world, "cleo") == saved, "and stays after a kill")
    world.run("cleo", "fsck", says=" 0 bad")


def main():
    world = World()
    try:
        opened_twice(world)
        restored(world)
        two_at_once(world)
        in_doubt(world, sys.argv[3])
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
