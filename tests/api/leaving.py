#!/usr/bin/env python3
"""Who leaves a team, with real processes: a lost phone, a visit that a colleague vouches for, a person removed by two, notice, roles, new keys.

Usage: leaving.py RELEVE GENERATOR.
"""
import json
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, USAGE, World, check

VISIT = ["place=home", "activity=care", "billable=yes"]


def until(condition, what):
    for _ in range(600):
        if condition():
            return
    raise SystemExit(f"FAILED: never {what}")


def found(world):
    """Anna, Béa and Chloé, nurses; Chloé has the second signature."""
    for who in "anna", "bea", "chloe":
        world.run(who, "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    programs = {"anna": world.start("anna")}
    for who, name in ("bea", "Béa"), ("chloe", "Chloé"):
        code = world.run("anna", "invite").strip()
        programs[who] = world.start(who)
        world.run(who, "join", name, f"127.0.0.1:{programs['anna'].port}", stdin=code)
        world.run(who, "peer", "add", f"127.0.0.1:{programs['anna'].port}")
    chloe = member(world, "anna", "Chloé")["device"]
    until(lambda: any(m["device"] == chloe for m in members(world, "bea")), "known to Béa")
    check([a["what"] for a in asks(world, "bea")] == ["endorse"], "Béa is asked for her signature")
    world.run("bea", "endorse", chloe[:16])
    until(lambda: member(world, "chloe", "Chloé")["endorsed"], "endorsed")
    check(asks(world, "bea") == [], "and no more")
    return programs


def members(world, who):
    return world.json(who, "members")["members"]


def asks(world, who):
    return world.json(who, "members")["asks"]


def member(world, who, name):
    return next(m for m in members(world, who) if m["name"].get("lastName") == name)


def visits(world, who, patient):
    return len(world.json(who, "visit", "list", "--patient", patient)["records"])


def feeds_level(world, a, b):
    def heads(who):
        return {f["feed"]: f["entries"] for f in world.json(who, "status")["feeds"] if f["entries"]}
    return heads(a) == heads(b)


def add_visit(world, who, patient, hour):
    return world.json(who, "visit", "add", patient, f"start=2026-11-20 {hour:02}:00", f"end=2026-11-20 {hour:02}:20", *VISIT)["id"]


def lost_phone(world, programs):
    patient = world.json("anna", "patient", "add", "lastName=Martin", "firstName=Jeanne", "birthDate=1940-05-06")["id"]
    until(lambda: world.json("bea", "patient", "list")["patients"], "the patient is known to Béa")
    add_visit(world, "bea", patient, 8)
    until(lambda: visits(world, "anna", patient) == 1, "the visit is at Anna's")
    until(lambda: feeds_level(world, "anna", "bea"), "level")
    # Béa goes out of reach, and works on
    world.end(programs.pop("bea"))
    add_visit(world, "bea", patient, 9)
    add_visit(world, "bea", patient, 10)
    phone = member(world, "anna", "Béa")["device"]
    world.run("anna", "remove", "device", phone[:16], "--reason", "lost", expect=USAGE, says="confirm with --yes")
    world.run("anna", "remove", "device", phone[:16], "--reason", "eaten", "--yes", expect=INVALID, says="one of lost")
    world.run("anna", "remove", "device", "0000", "--yes", expect=NOT_FOUND, says="no such device")
    own = next(m for m in members(world, "anna") if m["self"])["device"]
    world.run("anna", "remove", "device", own, "--yes", expect=DENIED, says="does not remove itself")
    check(member(world, "anna", "Béa")["state"] == "active", "nothing was changed")
    world.run("anna", "remove", "device", phone[:16], "--reason", "lost", "--yes", says="it is suspended")
    check(member(world, "anna", "Béa")["state"] == "suspended", "suspended")
    check([a["what"] for a in asks(world, "anna")] == ["reinstate"], "what can be done next is said")
    check(visits(world, "anna", patient) == 1, "what was known before counts")
    check("Nothing is kept apart" in world.run("anna", "quarantine"), "nothing is in quarantine yet")
    return patient, phone


def two_signatures(world, programs):
    """Two nurses remove the third; neither can alone."""
    bea = member(world, "anna", "Béa")["person"]
    out = world.run("anna", "remove", "person", bea[:8], "--reason", "left", "--yes", says="It is proposed")
    check("releve members" in out, "how to go on is said")
    check([a["what"] for a in asks(world, "anna")][0] == "wait", "Anna waits")
    until(lambda: any(a["what"] == "confirm" for a in asks(world, "chloe")), "Chloé is asked")
    ask = next(a for a in asks(world, "chloe") if a["what"] == "confirm")
    check("Anna" in ask["fr"] and "Béa" in ask["fr"] and "confirmez-vous" in ask["fr"], "in French")
    world.run("anna", "confirm", ask["id"], "--yes", expect=DENIED, says="another person's signature")
    world.run("chloe", "confirm", "abcdef", "--yes", expect=NOT_FOUND, says="no such proposal")
    world.run("chloe", "confirm", ask["id"], "--yes", says="Confirmed")
    until(lambda: member(world, "anna", "Béa")["state"] == "removed", "removed")
    check(asks(world, "anna") == [], "nothing is asked any more")
    world.run("chloe", "confirm", ask["id"], "--yes", expect=CONFLICT, says="done already")


def notice(world):
    world.run("chloe", "leave", "--until", "2026-13-01", "--yes", expect=INVALID, says="A day is needed")
    world.run("chloe", "leave", "--until", "2099-12-31", "--yes", says="2099-12-31")
    until(lambda: member(world, "anna", "Chloé").get("leavesOn", "").startswith("2099-12-31"), "the notice is known")
    check("leaves on 2099-12-31" in world.run("anna", "members"), "and shown")


def roles(world):
    chloe = member(world, "anna", "Chloé")["person"]
    world.run("anna", "role", chloe, "queen", "--yes", expect=INVALID, says="one of nurse")
    world.run("chloe", "role", chloe, "reader", "--yes", says="it holds from now on")
    check(member(world, "chloe", "Chloé")["role"] == "reader", "she stepped down")
    world.run("chloe", "keys", "rotate", expect=DENIED, says="Only a nurse who manages")
    world.run("anna", "keys", "rotate", says="new keys")


def main():
    world = World()
    try:
        programs = found(world)
        lost_phone(world, programs)
        two_signatures(world, programs)
        notice(world)
        roles(world)
        print(f"{lib.checks} checks")
    finally:
        world.close()


main()
