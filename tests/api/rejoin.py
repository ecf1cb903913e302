#!/usr/bin/env python3
"""The same person with another device: by her own invitation at once, by a colleague's after a third one said so. And when the phone is lost.

Usage: rejoin.py RELEVE GENERATOR. Waiting is for what the programs say, never for a time.
"""
import sys

sys.dont_write_bytecode = True
import world as lib
from world import DENIED, INVALID, NOT_FOUND, World, check


def names(world, who):
    return {row["lastName"] for row in world.json(who, "patient", "list")["patients"]}


def device(world, who):
    return world.json(who, "status")["device"]


def state(world, at, of):
    """Of a device in the view of another one."""
    return next(((row["state"], row["endorsed"], row["person"]) for row in world.json(at, "members")["members"] if row["device"] == of), None)


def until(world, at, of, wanted):
    while state(world, at, of) is None or state(world, at, of)[0] != wanted:
        pass


def join(world, who, name, host, inviter, person=None, invited=None, **checks):
    """With an invitation for one person (or somebody new), as another one (or somebody new)."""
    if not (world.root / who).exists():
        world.run(who, "init", "--cheap-key")
    invitation = world.run(inviter, "invite", "--no-qr", *(["--person", invited] if invited else [])).strip()
    return world.run(who, "join", name, f"127.0.0.1:{host.port}", "--invitation", invitation,
                     *(["--person", person] if person else []), **checks)


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        anna = world.start("anna")
        peer = ("--peer", f"127.0.0.1:{anna.port}")
        join(world, "bea", "Béa", anna, "anna", says="All records are here")
        bea = world.start("bea", *peer)
        join(world, "cleo", "Cléo", anna, "anna", says="All records are here")
        cleo = world.start("cleo", *peer)
        person = world.json("bea", "status")["person"]
        world.run("anna", "patient", "add", "lastName=Un", "firstName=Test")
        while "Un" not in names(world, "bea"):
            pass
        world.run("bea", "endorse", device(world, "cleo")[:12])
        while not (state(world, "anna", device(world, "cleo")) or (0, False))[1]:
            pass

        # what is no id, nobody's, or not the one that the invitation was made for changes nothing
        join(world, "other", "Béa", bea, "bea", person="abc", expect=INVALID, says="has to be somebody's whole id")
        world.run("bea", "invite", "--person", "abc", expect=INVALID, says="has to be somebody's whole id")
        world.run("bea", "invite", "--person", "0" * 31 + "1", expect=NOT_FOUND, says="There is nobody with that id")
        world.run("bea", "invite", "--person", person, "--role", "locum", expect=NOT_FOUND, says="and that role")
        anna_person = world.json("anna", "status")["person"]
        for claimed, meant in ((person, None), (anna_person, None), (anna_person, person), (None, person)):
            join(world, "other", "Béa", bea, "bea", person=claimed, invited=meant, expect=DENIED)
        # made for her, and brought to another device than the one that made it
        join(world, "other", "Béa", anna, "bea", person=person, invited=person, expect=DENIED)
        check(not world.json("other", "status")["inTeam"], "nothing was changed")
        check(len(world.json("bea", "members")["members"]) == 3, "and nobody was let in")

        # her second device, by her own invitation, at her own first one: at once, and it manages
        join(world, "bea2", "Béa", bea, "bea", person=person, invited=person, says="All records are here: 1 patients")
        second = device(world, "bea2")
        check(world.json("bea2", "status")["person"] == person, "the same person")
        until(world, "anna", second, "active")
        check(state(world, "anna", second) == ("active", True, person), f"{state(world, 'anna', second)}")
        bea2 = world.start("bea2", *peer)
        world.run("bea2", "patient", "add", "lastName=Deux", "firstName=Test")
        while "Deux" not in names(world, "anna"):
            pass
        people = {row["person"] for row in world.json("anna", "members")["members"]}
        check(len(people) == 3, f"still three people: {people}")
        world.run("bea2", "invite", "--no-qr")

        # both lost; a colleague lets a third one in with her word: it waits, without any record, for another colleague
        world.end(bea)
        world.end(bea2)
        for lost in ("bea", "bea2"):
            world.run("anna", "lost", device(world, lost)[:12], says="existed there only")
        out = join(world, "bea3", "Béa", anna, "anna", person=person, invited=person)
        third = device(world, "bea3")
        check("This device waits" in out and f"releve endorse {third[:12]}" in out, f"it is said: {out}")
        check("All records are here" not in out, "and nothing else")
        check(state(world, "anna", third)[0] == "pending", "pending")
        check(names(world, "bea3") == set(), "no record came")
        bea3 = world.start("bea3", *peer)
        world.run("bea3", "patient", "add", "lastName=Non", "firstName=Test", expect=DENIED)
        world.run("anna", "endorse", third[:12], expect=DENIED)
        check(state(world, "anna", third)[0] == "pending", "not by the one who let it in")
        until(world, "cleo", third, "pending")
        check(any(ask["what"] == "endorse" and third.startswith(ask["id"]) for ask in world.json("cleo", "members")["asks"]), "Cléo is asked")
        world.run("cleo", "endorse", third[:12])
        until(world, "anna", third, "active")
        while names(world, "bea3") != {"Un", "Deux"}:
            pass
        check(world.json("bea3", "status")["person"] == person, "it is she")
        world.run("bea3", "patient", "add", "lastName=Trois", "firstName=Test")
        while "Trois" not in names(world, "anna"):
            pass
        check(len({row["person"] for row in world.json("anna", "members")["members"]}) == 3, "still three people")
        world.run("bea3", "fsck", says=" 0 bad")
        for program in (bea3, cleo, anna):
            world.end(program)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
