#!/usr/bin/env python3
"""Patients: taking one in, duplicates, an identity and its rules, the file, two files of one person that are joined and set apart again.

Usage: patients.py RELEVE GENERATOR. Two nurses who work apart and meet, and a locum who is given one file of two.
"""
import datetime
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, INVALID, NOT_FOUND, USAGE, World, check, today, until

ROUX = ("lastName=Roux", "firstName=Marie-Claude", "birthDate=1941-03-09")


def found(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")


def join(world, host, who, *words):
    invitation = world.run("anna", "invite", "--no-qr", *words).strip()
    world.run(who, "init", "--cheap-key")
    world.run(who, "join", who.capitalize(), f"127.0.0.1:{host.port}", "--invitation", invitation)


def person_of(world, who):
    return world.json(who, "status")["person"]


def shown(world, who, patient):
    return world.json(who, "patient", "show", patient)


def level(world, *who):
    """They met, and neither lacks anything."""
    until(lambda: all(p["missingThere"] == 0 and p["missingHere"] == 0 for one in who for p in world.json(one, "status")["peers"]
                      if p["connected"]) and all(any(p["connected"] for p in world.json(one, "status")["peers"]) for one in who),
          f"{who} are level")


def admission(world):
    """Two names and a day are enough; who is likely here already is said, and nobody is stopped."""
    roux = world.run("anna", "patient", "add", *ROUX, "phone=04 94 01 02 03").strip()
    like = world.json("anna", "patient", "duplicates", "lastName=Rou")["candidates"]
    check([one["id"] for one in like] == [roux] and like[0]["reasons"], f"while it is typed: {like}")
    check(world.json("anna", "patient", "duplicates", "lastName=Rou", "birthDate=1941-0")["candidates"], "a day that is not whole is no error")
    check(world.json("anna", "patient", "duplicates", "phone=+33494010203")["candidates"][0]["id"] == roux, "by the phone")
    world.run("anna", "patient", "duplicates", "lastName=Morvan", says="Nobody here is like that")
    world.run("anna", "patient", "duplicates", "Roux", expect=USAGE)
    refused = world.attempt("anna", "patient", "add", "lastName=ROUX", "firstName=Marie Claude", "birthDate=1941-09-03")
    check(refused.returncode == CONFLICT and roux[:12] in refused.stderr and "day and month of birth exchanged" in refused.stderr,
          f"it is said, and why: {refused.stderr}")
    check(world.json("anna", "patient", "list")["total"] == 1, "nothing was saved")
    twin = world.run("anna", "patient", "add", "lastName=Roux", "firstName=Jeanne", "birthDate=1941-03-09").strip()
    again = world.run("anna", "patient", "add", *ROUX, "--anyway").strip()
    pairs = world.json("anna", "patient", "duplicates")["pairs"]
    check([{f["id"] for f in pair["files"]} for pair in pairs] == [{roux, again}], f"one pair, without the twin: {pairs}")
    world.run("anna", "patient", "different", roux, again, expect=INVALID, says="A reason is needed")
    world.run("anna", "patient", "different", roux, again, "--reason", "cousines")
    world.run("anna", "patient", "duplicates", says="No two files")
    world.run("anna", "patient", "join", roux, roux, expect=INVALID, says="the same file")
    world.run("anna", "patient", "join", roux, "abcdef", expect=NOT_FOUND)
    world.run("anna", "patient", "separate", twin, "--reason", "rien", expect=NOT_FOUND, says="not joined")
    return twin


def identity(world):
    """Typed is provisional; validated takes all strict traits; changing one asks why, and is provisional again."""
    who = world.run("anna", "patient", "add", "lastName=Blanc", "firstName=Ida", "birthDate=1969-05-12", "sex=M", "nir=269054958815780",
                    "insOid=INS-NIR-TEST", says="does not agree with the INS number").splitlines()[-1]
    file = shown(world, "anna", who)["file"]
    check(file["identity"]["status"] == "provisoire" and file["identity"]["ins"]["oid"] == "1.2.250.1.213.1.4.10", f"{file['identity']}")
    check([w["field"] for w in file["identity"]["warnings"]] == ["sex"], f"{file['identity']}")
    world.run("anna", "patient", "edit", who, "sex=F", expect=INVALID, says="needs a reason")
    world.run("anna", "patient", "edit", who, "sex=F", "--reason", "erreur de saisie")
    world.run("anna", "patient", "edit", who, "insStatus=validee", expect=INVALID, says="“Birth name” is missing")
    world.run("anna", "patient", "edit", who, "insStatus=qualifiee", expect=INVALID, says="only the INS service")
    world.run("anna", "patient", "edit", who, "insStatus=validee", "birthName=Noir", "birthCommune=49588", "identityProof=passport")
    identity = shown(world, "anna", who)["file"]["identity"]
    check(identity["status"] == "validee" and not identity["warnings"], f"{identity}")
    world.run("anna", "patient", "edit", who, "phone=0240")
    check(shown(world, "anna", who)["insStatus"] == "validee", "a phone is no trait")
    world.run("anna", "patient", "edit", who, "birthDate=1969-05-13", "--reason", "jour mal lu")
    check(shown(world, "anna", who)["insStatus"] == "provisoire", "a trait is, and puts it back")
    world.run("anna", "patient", "edit", who, "birthDate=1969-05-12", "insStatus=validee", "--reason", "passeport revu")
    check(shown(world, "anna", who)["insStatus"] == "validee", "unless it was validated anew")
    return who


def file(world, who):
    """What a nurse at the door has to know."""
    add = lambda kind, *fields: world.run("anna", "record", "add", kind, who, *fields).strip()
    nurse = person_of(world, "anna")[:12]
    day = today()
    world.run("anna", "patient", "edit", who, f"referent={nurse}", "referentFrom=2026-01-05", f"circle={nurse}", "ald=true", "aldUntil=2020-01-01",
              "doctor=Dr Le Bris", "doorCode=B42", "keyBox=volet gauche, 1234", "allergies=latex")
    add("alert", "type=allergy", "what=pénicilline", "severity=mild")
    add("alert", "type=allergy", "what=arachide", "severity=life-threatening", "reaction=choc")
    add("alert", "type=fall", "what=tapis", "state=ended")
    add("partner", "name=Paul Blanc", "role=carer", "hasKeys=true")
    add("consent", "scope=photo", "how=oral, à la fille")
    add("consent", "scope=photo", "how=au téléphone", "decision=withdrawn")
    add("consent", "scope=dmp", "how=écrit", f"until={day - datetime.timedelta(days=1)}")
    add("consent", "scope=record", "how=écrit", f"until={day}")
    problem = world.run("anna", "problem", "add", who, "code=PB26", "severity=actual").strip()
    world.run("anna", "rating", "add", who, f"problem={problem[:12]}", "knowledge=3", "behaviour=4", "status=2")
    add("transmission", "data=plaie propre", "code=26")
    for days in (-3, 1, 2):
        add("plannedVisit", f"start={day + datetime.timedelta(days=days)}T08:00:00+01:00")
    world.run("anna", "visit", "add", who, f"start={day}T00:00:00+01:00", f"end={day}T00:20:00+01:00", "note=bien", f"nurse={nurse}")
    got = shown(world, "anna", who)["file"]
    check([a["what"] for a in got["alerts"]] == ["arachide", "pénicilline"] and [a["what"] for a in got["pastAlerts"]] == ["tapis"], "the gravest first")
    check([a["text"] for a in got["allergies"]] == ["latex"], "and what stood there in words")
    check(got["access"] == {"doorCode": "B42", "keyBox": "volet gauche, 1234"}, f"{got['access']}")
    check([v["name"] for v in got["referent"]["values"]] == ["Anna"] and not got["referent"]["conflict"] and got["circle"][0]["name"] == "Anna", "who sees her")
    check(got["ald"] == {"ald": True, "until": "2020-01-01", "ended": True}, f"{got['ald']}")
    consents = {c["scope"]: (c["decision"], c["holds"], len(c["earlier"])) for c in got["consents"]}
    check(consents == {"photo": ("withdrawn", False, 1), "dmp": ("given", False, 0), "record": ("given", True, 0)}, f"the last of each: {consents}")
    check([p["current"] for p in got["problems"]] == [{"knowledge": 3, "behaviour": 4, "status": 2}], f"{got['problems']}")
    check([len(got[part]) for part in ("transmissions", "visits", "planned", "partners")] == [1, 1, 2, 1], "records")
    check("B42" not in world.run("anna", "patient", "list", "--json"), "no list has the code of a door")
    told = world.run("anna", "patient", "show", who)
    check(told.startswith("! arachide, life-threatening: choc") and "keyBox: volet gauche" in told, f"alerts first: {told}")


def visit(world, who, patient, hour, note, **more):
    return world.run(who, "visit", "add", patient, f"start={today()}T0{hour}:00:00+01:00", f"end={today()}T0{hour}:20:00+01:00", f"note={note}",
                     f"nurse={person_of(world, who)[:12]}", *(f"{k}={v}" for k, v in more.items())).strip()


def notes(world, who, patient):
    return [v["note"] for v in world.json(who, "visit", "list", "--patient", patient)["records"]]


def totals(world, *who):
    return [world.json(one, "patient", "list")["total"] for one in who]


def joined(world):
    """Two nurses take the same person in apart; they find it when they meet, join, dispute, settle and undo, and nothing is lost."""
    before = totals(world, "anna")[0]
    ids = {"anna": world.run("anna", "patient", "add", "lastName=Kervella", "firstName=Yann", "birthDate=1950-02-01", "doorCode=1A").strip(),
           "bea": world.run("bea", "patient", "add", "lastName=Querella", "birthName=Kervella", "firstName=Yan", "birthDate=1950-01-02",
                            "allergies=iode").strip()}
    visit(world, "anna", ids["anna"], 7, "chez Anna")
    visit(world, "bea", ids["bea"], 8, "chez Béa")
    for who, patient in ids.items():
        prescription = world.json(who, "record", "add", "prescription", patient, "prescriber=Dr Le Bris", f"date={today()}")["id"]
        world.run(who, "record", "add", "prescriptionLine", patient, f"prescription={prescription[:12]}", "drug=Kardégic", "dose=75 mg", "schedule=matin")
    problem = world.run("bea", "problem", "add", ids["bea"], "code=PB26", "severity=actual").strip()
    anna, bea = meet(world)
    pairs = [world.json(who, "patient", "duplicates")["pairs"] for who in ("anna", "bea")]
    check(pairs[0] == pairs[1] and {f["id"] for f in pairs[0][0]["files"]} == set(ids.values()), f"both find it: {pairs}")
    check(work(world, "anna", "duplicates") == work(world, "bea", "duplicates") != [], "and it is work to be done")
    part(world, anna, bea)
    # apart: Anna joins, Béa says that they are two people's
    world.run("anna", "patient", "join", ids["anna"], ids["bea"], "--note", "même personne, vu la carte", says="One patient now")
    world.run("anna", "patient", "join", ids["anna"], ids["bea"], expect=CONFLICT, says="joined already")
    world.run("bea", "patient", "different", ids["bea"], ids["anna"], "--reason", "le père et le fils")
    anna, bea = meet(world)
    for who in ("anna", "bea"):
        check(world.json(who, "patient", "duplicates")["pairs"][0]["state"] == "disputed", "it is disputed on both")
        check("decided differently" in world.run(who, "patient", "show", ids["bea"]), "and said in the file")
        check(len(work(world, who, "joined-disputed")) == 2 and not work(world, who, "duplicates"), "as work, beside both files")
        check(totals(world, who)[0] == before + 2 and notes(world, who, ids["anna"]) == ["chez Anna"], "meanwhile they are apart")
    world.run("bea", "patient", "join", ids["bea"], ids["anna"])
    level(world, "anna", "bea")
    main, other = sorted(ids.values())
    for who in ("anna", "bea"):
        check(totals(world, who)[0] == before + 1, "one patient")
        check([p["id"] for name in ("Kervella", "Querella", "Yan") for p in world.json(who, "patient", "list", name)["patients"]] == [main] * 3, "by all names")
        check([shown(world, who, one)["id"] for one in ids.values()] == [main, main], "whichever file is named")
        check(notes(world, who, other) == ["chez Béa", "chez Anna"], "what both hold, the newest first")
        day = world.json(who, "visit", "list")["visits"]
        check({v["patient"] for v in day if v["note"].startswith("chez")} == {main} and {v["dossier"] for v in day if "dossier" in v} == set(ids.values()),
              f"and in the day's list: {day}")
        got = shown(world, who, other)["file"]
        check({d["field"] for d in got["identity"]["differs"]} == {"lastName", "firstName", "birthDate"}, f"what differs, with both: {got['identity']}")
        check([a["text"] for a in got["allergies"]] == ["iode"] and got["access"]["doorCode"] == "1A", "the allergy of the one, the door of the other")
        check(world.json(who, "patient", "duplicates")["pairs"] == [], "nothing is left to look at")
    # what is new goes to one file; what refers to a record of the other, there
    reply = world.json("anna", "record", "add", "note", other, "body=nouvelle")
    check(reply["dossier"] == main, f"{reply}")
    reply = world.json("anna", "rating", "add", main, f"problem={problem[:12]}", "knowledge=2", "behaviour=2", "status=2")
    check(reply["dossier"] == ids["bea"], f"{reply}")
    world.run("anna", "problem", "edit", main, problem, "priority=high")
    until(lambda: [p.get("priority") for p in world.json("bea", "record", "list", "problem", other)["records"]] == ["high"], "changed where it stands")
    world.run("anna", "visit", "start", other)
    world.run("anna", "visit", "stop", "note=ensemble", f"done={plan(world, main, problem)[:12]}")
    until(lambda: notes(world, "bea", main)[0] == "ensemble", "a visit is one patient's")
    medication(world, main)
    level(world, "anna", "bea")
    return anna, bea, ids, main, other, before


def medication(world, main):
    """What both files prescribe is seen in one list: nothing is given twice because a file was not looked at."""
    told = world.json("anna", "medication", "show", main)
    check(len(told["prescriptions"]) == 2 and len(told["duplicates"]) == 1, f"both, and that one drug stands in both: {told}")
    check(len(world.json("anna", "patient", "show", main)["file"]["prescriptions"]) == 2, "in the file too")


def plan(world, patient, problem):
    return world.run("anna", "plan", "add", patient, f"problem={problem[:12]}", "category=treatment", "target=pansement").strip()


def locum(world, anna, bea, ids, main, other):
    """She is given one of two: hers alone, and nothing of the other one by way of it."""
    join(world, anna, "lou", "--role", "locum", "--until", (today() + datetime.timedelta(days=5)).isoformat())
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}")
    world.run("anna", "share", other, person_of(world, "lou")[:8], "--alone", says="which is not shared with her")
    until(lambda: totals(world, "lou") == [1], "the file is there")
    got = shown(world, "lou", other)
    check(got["id"] == other and got["file"]["links"][0]["state"] == "half", f"hers alone: {got['file']['links']}")
    told = world.run("lou", "patient", "show", other, "--json") + world.run("lou", "visit", "list", "--json") + world.run("lou", "patient", "duplicates", "--json")
    kept = {"1A", "chez Anna"} if ids["anna"] == main else {"iode", "chez Béa"}
    check(not any(word in told for word in kept), "nothing of what the other file holds")
    world.run("lou", "patient", "show", main, expect=NOT_FOUND)
    # her word alone joins nothing: she cannot have colleagues write a stranger's records where she reads them
    world.run("lou", "patient", "join", other, main, expect=NOT_FOUND)
    check(visit(world, "lou", other, 9, "de Lou"), "she writes")
    until(lambda: "de Lou" in notes(world, "anna", main), "and the others see it with the rest")
    world.end(lou)


def undone(world, anna, bea, ids, main, other, before):
    """Set apart again, each has what it held; joined once more, all is there."""
    all_notes = notes(world, "anna", main)
    world.run("anna", "patient", "separate", other, expect=INVALID, says="A reason is needed")
    world.run("anna", "patient", "separate", other, "--reason", "erreur", says="one file now")
    level(world, "anna", "bea")
    for who in ("anna", "bea"):
        check(totals(world, who)[0] == before + 2, "two again")
        parts = [notes(world, who, one) for one in (main, other)]
        check(sorted(parts[0] + parts[1]) == sorted(all_notes) and all(parts), f"nothing is lost: {parts}")
        check(world.json(who, "patient", "duplicates")["pairs"][0]["state"] == "open", "and it may be proposed again")
    world.run("bea", "patient", "join", main, other)
    level(world, "anna", "bea")
    # one of two is erased: the other stands alone
    asked = world.attempt("anna", "patient", "erase", other, "--reason", "request", stdin="nein\n")
    check(asked.returncode == USAGE and "is joined with another file" in asked.stdout + asked.stderr, f"the other file is named: {asked}")
    for command in ("archive", "unarchive"):
        world.run("anna", "patient", command, other)
        check(totals(world, "anna")[0] == before + (command == "unarchive"), "all files go, and come back")
    confirmed = asked.stderr.split("To go on, type: ")[1].split("\n")[0]
    world.run("anna", "patient", "erase", other, "--reason", "request", "--confirm", confirmed)
    for who in ("anna", "bea"):
        until(lambda who=who: "joined" not in shown(world, who, main)["file"], "erased there: the other one stands alone")
        check(shown(world, who, main)["id"] == main and totals(world, who)[0] == before + 1, "and is there")
        check(set(notes(world, who, main)) < set(all_notes), "with what it holds")


def work(world, who, source):
    return [item["id"] for item in world.json(who, "work")["items"] if item["type"] == source]


def meet(world):
    anna = world.start("anna")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    level(world, "anna", "bea")
    return anna, bea


def part(world, anna, bea):
    world.end(bea)
    world.end(anna)


def main():
    world = World()
    try:
        found(world)
        admission(world)
        file(world, identity(world))
        anna = world.start("anna")
        join(world, anna, "bea")
        bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
        level(world, "anna", "bea")
        part(world, anna, bea)
        anna, bea, ids, first, other, before = joined(world)
        locum(world, anna, bea, ids, first, other)
        undone(world, anna, bea, ids, first, other, before)
        part(world, anna, bea)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
