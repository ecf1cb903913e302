#!/usr/bin/env python3
"""Who leaves a team, with real processes: a lost phone, a visit that a colleague vouches for, a person removed by two, notice, roles, new keys.

Usage: leaving.py RELEVE GENERATOR.
"""
import sys
import time

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, USAGE, World, check

VISIT = ["place=home", "activity=care", "billable=yes"]


def until(condition, what):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.02)
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


def used_twice(world, programs):
    """One invitation, redeemed at two devices that do not know of each other: neither counts until a nurse chooses."""
    code = world.run("anna", "invite", "--role", "reader").strip()
    until(lambda: feeds_level(world, "anna", "bea"), "Béa knows the invitation")
    for who in "david", "emma":
        world.run(who, "init", "--cheap-key")
        programs[who] = world.start(who)
    world.end(programs.pop("bea"))
    world.run("david", "join", "David", f"127.0.0.1:{programs['anna'].port}", stdin=code)
    world.end(programs.pop("anna"))
    programs["bea"] = world.start("bea")
    world.run("emma", "join", "Emma", f"127.0.0.1:{programs['bea'].port}", stdin=code)
    programs["anna"] = world.start("anna")
    for who in "bea", "chloe", "david", "emma":
        world.run(who, "peer", "add", f"127.0.0.1:{programs['anna'].port}")
    until(lambda: [a["what"] for a in asks(world, "anna")] == ["choose"] * 2, "Anna is asked to choose")
    check({member(world, "anna", n)["state"] for n in ("David", "Emma")} == {"pending"}, "both wait")
    david, emma = member(world, "anna", "David")["device"], member(world, "anna", "Emma")["device"]
    world.run("anna", "choose", david[:16], expect=USAGE, says="confirm with --yes")
    world.run("anna", "choose", david[:16], "--yes", says="The choice is made")
    until(lambda: member(world, "bea", "David")["state"] == "active", "David is in")
    check(member(world, "bea", "Emma")["state"] == "void", "Emma is not")
    check(asks(world, "anna") == [], "and nothing is asked any more")
    world.run("anna", "choose", emma[:16], "--yes", expect=None)
    for who in "david", "emma":
        world.end(programs.pop(who))


def members(world, who):
    return world.json(who, "members")["members"]


def asks(world, who):
    return world.json(who, "members")["asks"]


def member(world, who, name):
    return next(m for m in members(world, who) if m["name"].get("lastName") == name)


def knows(world, who, name):
    """Has that person's device said that it has all of the team's own entries?"""
    return any(p["name"]["fr"] == name and p["missingMembership"] == 0 and p["acknowledged"] for p in world.json(who, "status")["peers"])


def visits(world, who, patient):
    return len(world.json(who, "visit", "list", "--patient", patient)["records"])


def feeds_level(world, a, b):
    def heads(who):
        return {f["feed"]: f["entries"] for f in world.json(who, "status")["feeds"] if f["entries"]}
    return heads(a) == heads(b)


def add_visit(world, who, patient, hour):
    return world.json(who, "visit", "add", patient, f"start=2026-11-20 {hour:02}:00", f"end=2026-11-20 {hour:02}:20",
                      f"note=Glycémie vers {hour} heures", *VISIT)["id"]


def searched(world, who):
    """Hours whose visits are found by words, and whether they are shown as kept apart."""
    return {(item["at"][11:13], item.get("quarantined", False)) for item in world.json(who, "search", "glycemie", "martin")["found"]}


def lost_phone(world, programs):
    patient = world.json("anna", "patient", "add", "lastName=Martin", "firstName=Jeanne", "birthDate=1940-05-06")["id"]
    until(lambda: world.json("bea", "patient", "list")["patients"], "the patient is known to Béa")
    add_visit(world, "bea", patient, 8)
    until(lambda: visits(world, "anna", patient) == 1, "the visit is at Anna's")
    until(lambda: feeds_level(world, "anna", "bea"), "level")
    codes = [world.run(who, "invite", "--role", "reader").strip() for who in ("anna", "bea")]
    until(lambda: feeds_level(world, "anna", "bea") and feeds_level(world, "chloe", "bea"), "both invitations are known")
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
    said = world.run("anna", "remove", "device", phone[:16], "--reason", "lost", "--yes", says="it is suspended")
    check("These invitations were withdrawn" in said and "by Anna, for a reader" in said and "by Béa, for a reader" in said, said)
    until(lambda: member(world, "chloe", "Béa")["state"] == "suspended", "Chloé knows")
    until(lambda: knows(world, "anna", "Chloé"), "and Anna's device has it from Chloé's that she does")
    out = member(world, "anna", "Béa")
    check(out["ended"]["by"]["fr"] == "Anna" and out["ended"]["at"] >= out["joined"]["at"] and out["joined"]["by"]["en"] == "Anna", f"who did it, and when: {out}")
    check("ended" not in member(world, "anna", "Chloé"), "of those who are in nothing is over")
    for i, code in enumerate(codes):
        world.run(f"late{i}", "init", "--cheap-key")
        programs["late"] = world.start(f"late{i}")
        for host in "anna", "chloe":
            world.run(f"late{i}", "join", "Late", f"127.0.0.1:{programs[host].port}", stdin=code, expect=None, says="withdrawn")
        world.end(programs.pop("late"))
    check(member(world, "anna", "Béa")["state"] == "suspended", "suspended")
    check([a["what"] for a in asks(world, "anna")] == ["reinstate"], "what can be done next is said")
    check(visits(world, "anna", patient) == 1, "what was known before counts")
    check("Nothing is kept apart" in world.run("anna", "quarantine"), "nothing is in quarantine yet")
    return patient, phone


def brought_back(world, programs, patient, phone):
    """The phone is found. Its last visits come to the team in a file, are shown, and count when a colleague vouches for them."""
    # also a patient whom nobody else ever heard of
    alone = world.json("bea", "patient", "add", "lastName=Le Goff", "firstName=Yann", "birthDate=1950-01-02")["id"]
    add_visit(world, "bea", alone, 11)
    check(visits(world, "bea", patient) == 3, "on the phone itself all is there")
    path = str(world.root / "phone.releve")
    world.run("bea", "bundle", "export", path, says="Nobody else can read it")
    world.run("bea", "bundle", "export", path, says="Nobody else can read it")  # its own file is replaced
    whole = (world.root / "phone.releve").read_bytes()
    check(b"Martin" not in whole and b"Goff" not in whole, "its carrier reads nothing")
    broken = world.root / "broken.releve"
    for bad, sentence in ((whole[:2000], "no such file"), (whole[:3000], "cut short"), (b"RELEVE", "no such file"),
                          (whole[:10] + bytes([whole[10] ^ 1]) + whole[11:], "damaged from byte")):
        broken.write_bytes(bad)
        world.run("anna", "bundle", "import", str(broken), expect=INVALID, says=sentence)
        check(world.json("anna", "quarantine")["waiting"] == 0, "and nothing was taken")
    world.run("stranger", "init", "--cheap-key")
    world.run("stranger", "team", "create", "Personne")
    world.run("stranger", "bundle", "import", path, expect=DENIED, says="not for this device")
    world.run("anna", "bundle", "import", path, says="releve quarantine")
    world.run("anna", "bundle", "import", path, says="all of it was here already")
    for bad, sentence in ((whole[:-1], "cut short"), (whole[:-50] + bytes([whole[-50] ^ 1]) + whole[-49:], "damaged from byte")):
        broken.write_bytes(bad)
        world.run("anna", "bundle", "import", str(broken), expect=INVALID, says=sentence)
    listed = world.json("anna", "quarantine")
    check(listed["waiting"] == len(listed["entries"]) == 4, f"two visits, a patient and his visit: {listed}")
    check(all(e["readable"] and e["canCountersign"] and not e["counts"] for e in listed["entries"]), "they can be read and vouched for")
    check({e["by"]["name"] for e in listed["entries"]} == {"Béa"}, "her name stands there")
    shown = world.run("anna", "quarantine", LC_ALL="fr_FR.UTF-8")
    check("Visite du 20/11/2026 09:00" in shown and "Martin" in shown and "retiré" in shown, f"in French: {shown}")
    check(visits(world, "anna", patient) == 1, "nothing of it counts")
    check({("09", True), ("10", True)} <= searched(world, "anna"), f"it is found, and marked: {searched(world, 'anna')}")
    check(world.json("anna", "history", patient)["gaps"], "the dossier says that something is missing")
    world.run("anna", "countersign", expect=USAGE, says="name entries")
    world.run("anna", "countersign", "abcd:1", "--yes", expect=NOT_FOUND, says="not in quarantine")
    world.run("bea", "countersign", listed["entries"][0]["entry"], "--yes", expect=NOT_FOUND)
    world.run("anna", "countersign", "--patient", patient, "--comment", "Mme Martin les confirme", "--yes", says="2 entries count")
    check(visits(world, "anna", patient) == 3, "they count at Anna's")
    until(lambda: visits(world, "chloe", patient) == 3, "they count at Chloé's")
    rest = [e["entry"] for e in world.json("anna", "quarantine")["entries"]]
    check(len(rest) == 2, "the other patient waits")
    until(lambda: world.json("chloe", "quarantine")["waiting"] == 2, "on Chloé's list too")
    until(lambda: all(e["readable"] for e in world.json("chloe", "quarantine")["entries"]), "whose key came from Anna")
    world.run("chloe", "countersign", *rest, "--yes", says="2 entries count")
    until(lambda: len(world.json("anna", "patient", "list")["patients"]) == 2, "the patient is there")
    check(visits(world, "anna", alone) == 1, "with his visit")
    check({("09", False), ("10", False)} <= searched(world, "anna"), f"found, and they count: {searched(world, 'anna')}")
    check(len(world.json("anna", "search", "glycemie", "goff")["found"]) == 1, "his visit is found, which had no dossier before")
    again = world.json("anna", "quarantine", "--all")["entries"]
    check(len(again) == 4 and all(e["counts"] for e in again), "who vouched stays readable")
    check(any(e["countersigned"]["comment"] == "Mme Martin les confirme" and e["countersigned"]["by"]["name"] == "Anna" for e in again), "with her words")
    check("countersigned by Anna: Mme Martin les confirme" in world.run("anna", "quarantine", "--all"), "and is shown")
    month = world.json("anna", "visit", "list", "--month", "2026-11")["visits"]
    check(len(month) == 4, "the month lists them")
    for who in "anna", "chloe":
        world.run(who, "fsck", says="0 bad")


def not_accepted(world, programs):
    """Who was removed meets a colleague: nobody answers, and its own screen says what that may mean."""
    programs["bea"] = world.start("bea")
    world.run("bea", "peer", "add", f"127.0.0.1:{programs['anna'].port}")
    until(lambda: world.json("bea", "status")["notAccepted"], "noticed")
    world.run("bea", "status", says="or was removed from the team")
    check(visits(world, "bea", world.json("bea", "patient", "list")["patients"][0]["id"]) > 0, "what was written is still there")
    world.end(programs.pop("bea"))


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
    moved = [one["fr"] for one in world.json("anna", "work")["items"] if one["type"] == "teamMoved"]
    check(any("Béa n'est plus" in one for one in moved) and any("Chloé est arrivée" in one for one in moved), f"who left, and who came: {moved}")
    world.run("chloe", "confirm", ask["id"], "--yes", expect=CONFLICT, says="done already")


def notice(world):
    world.run("chloe", "leave", "--until", "2026-13-01", "--yes", expect=INVALID, says="A day is needed")
    world.run("chloe", "leave", "--until", "2020-12-31", "--yes", expect=INVALID, says="This day is over")
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
    for _ in range(2):
        world.run("anna", "invite")
    check(world.json("anna", "withdraw", "--all")["withdrawn"] == 2, "both are withdrawn")
    world.run("anna", "withdraw", "--all", says="They are withdrawn")


def main():
    world = World()
    try:
        programs = found(world)
        used_twice(world, programs)
        patient, phone = lost_phone(world, programs)
        brought_back(world, programs, patient, phone)
        not_accepted(world, programs)
        two_signatures(world, programs)
        notice(world)
        roles(world)
        print(f"{lib.checks} checks")
    finally:
        world.close()


main()
