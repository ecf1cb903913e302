#!/usr/bin/env python3
"""One patient with two files: whichever of them is named, everything that is asked gives the same; what stands in either is seen; who is given some files and not others; bills.

Usage: joined.py RELEVE GENERATOR MAKE_PICTURE. Two nurses' devices and a locum's.
"""
import datetime
import json
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from kinds import SAVED, Kinds, Records, asker
from patients import found, join, level, meet, part, person_of
from story import ask
from world import CONFLICT, DENIED, NOT_FOUND, World, check, today, until

MAKE = sys.argv[3]
PIECE = 64 * 1024
# What is done to one file by itself, and says so: no view of the patient.
OF_ONE_FILE = {"/api/patients/:patient/erasure"}
# Beside the path: requests that name a patient in the query.
IN_QUERY = {"/api/records/:kind": "in", "/api/work": "patient", "/api/conflicts": "patient", "/api/access": "patient", "/api/access/rows": "patient"}
VOLATILE = {"age", "holders", "number"}


def day(later):
    return (today() + datetime.timedelta(days=later)).isoformat()


def steady(value):
    """Without what moves by itself while two requests are made."""
    if isinstance(value, dict):
        return {key: steady(one) for key, one in value.items() if key not in VOLATILE}
    return [steady(one) for one in value] if isinstance(value, list) else value


class Two:
    """Two files of one person, each with a record of every kind, and joined."""

    def __init__(self, world, program):
        self.world, self.ask = world, asker(ask, program)
        kinds = Kinds(self.ask, person_of(world, "anna"))
        self.records = []
        for _ in range(2):
            records = Records(kinds, self.ask, "Deux")
            for kind in kinds.typed():
                if kinds.documents[kind["document"]]["name"] == "dossier" and kind["name"] not in records.ids:
                    status, reply = records.add(kind)
                    check(status in SAVED, f"{kind['name']}: {reply}")
            self.records.append(records)
        self.ids = [records.ids["patient"] for records in self.records]
        self.main, self.other = sorted(self.ids)
        self.kinds = kinds
        for patient in self.ids:
            self.ask("PATCH", f"/api/patients/{patient}", {"deceasedOn": None, "reason": "elle vit"})
        self.photo(self.other)

    def photo(self, patient):
        path = self.world.root / "picture.jpg"
        subprocess.run([MAKE, "jpeg", "40", "30", "7", str(path)], check=True)
        self.world.run("anna", "photo", "add", patient, str(path), "caption=vue")

    def of(self, patient):
        return self.records[self.ids.index(patient)].ids

    def get(self, path, expect=200):
        status, reply = self.ask("GET", path, None)
        check(status == expect, f"{path}: {status} {reply}")
        return reply

    def post(self, path, body, expect=SAVED):
        status, reply = self.ask("POST", path, body)
        check(status in (expect if isinstance(expect, tuple) else (expect,)), f"{path} {body}: {status} {reply}")
        return reply

    def join(self):
        self.post(f"/api/patients/{self.ids[0]}/links", {"other": self.ids[1], "decision": "same-person"})


def paths_of(two, route):
    """Each way to ask it of a patient, with {} for her id."""
    pattern, help_text = route["path"], route["help"]
    if route["method"] != "GET" or pattern in OF_ONE_FILE:
        return []
    if pattern in IN_QUERY:
        names = [kind["name"] for kind in two.kinds.all["kinds"] if two.kinds.per(kind) == "patient" or kind["name"] == "patient"] if ":kind" in pattern else [""]
        return [f"{pattern.replace(':kind', name)}?{IN_QUERY[pattern]}={{}}" for name in names]
    check("patient=ID" not in help_text and "in=ID" not in help_text, f"{pattern} names a patient in its query: add it to IN_QUERY")
    if ":patient" not in pattern:
        return []
    path = pattern.replace(":patient", "{}")
    if ":photo" in path:
        photo = two.get(f"/api/patients/{two.main}/photos")["photos"][0]["id"]
        path = path.replace(":photo", photo).replace(":piece", "0")
    dossier = lambda kind: two.kinds.documents[kind["document"]]["name"] == "dossier" and not two.kinds.is_head(kind)
    names = [kind["name"] for kind in two.kinds.all["kinds"] if dossier(kind)] if ":kind" in path else [None]
    check(path.replace(":kind", "").count(":") == 0, f"{pattern}: what stands for its other parts?")
    more = "?unencrypted=1" if path.rsplit("/", 1)[1] in ("fhir", "liaison", "synthesis") else ""
    return [path.replace(":kind", name or "") + more for name in names]


def whichever_is_asked(two):
    """Every request that names a patient, of those that GET /api lists: by either id the same, and more than one file alone holds. A reader that forgets the other files fails here."""
    asked = 0
    for route in two.get("/api")["routes"]:
        for path in paths_of(two, route):
            for _ in range(3):  # a sheet says the minute in which it is made
                replies = [steady(two.get(path.format(one))) for one in (two.main, two.other)]
                if replies[0] == replies[1]:
                    break
            check(replies[0] == replies[1], f"{path} differs:\n{json.dumps(replies[0])[:1500]}\n{json.dumps(replies[1])[:1500]}")
            asked += 1
    check(asked > 40, f"many were asked: {asked}")
    for kind in ("alert", "visit", "prescription", "goal", "contact"):
        both = {one["id"] for one in two.get(f"/api/patients/{two.main}/{kind}")["records"]}
        check({records.ids[kind] for records in two.records} <= both, f"what both hold: {kind}")
        alone = [{one["id"] for one in two.get(f"/api/patients/{one}/{kind}?alone=1")["records"]} for one in two.ids]
        check(alone[0] | alone[1] == both and not alone[0] & alone[1], f"each alone: {kind}")


def claimed_apart(two):
    """Before anybody knows, each file's visit is claimed; joined it is one visit, and what is said of it from then on is said in both files."""
    of_day = lambda later: [one for one in two.get(f"/api/planning?from={day(later)}&days=1")["days"][0]["visits"] if one["patient"] in two.ids]
    later = 5
    for patient in two.ids:
        two.post(f"/api/records/intervention?in={patient}", {
            "problem": two.of(patient)["problem"][:12], "category": "treatment", "target": "soin du soir", "targetCode": "TG14",
            "recurrence": "FREQ=DAILY;BYHOUR=19", "from": day(later), "until": day(later)})
    check({one["patient"] for one in of_day(later)} == set(two.ids), f"two people's visits: {of_day(later)}")
    for patient in two.ids:
        two.post("/api/round/claim", {"patient": patient, "day": day(later)}, 200)
    two.join()
    check([(one["patient"], len(one["owners"])) for one in of_day(later)] == [(two.main, 1)], f"one: {of_day(later)}")
    two.post("/api/round/cancel", {"patient": two.other, "day": day(later), "reason": "hospitalisée"}, 200)
    states = [one["state"] for patient in two.ids for one in two.get(f"/api/patients/{patient}/plannedVisit?alone=1")["records"] if one.get("day") == day(later)]
    check(states == ["cancelled", "cancelled"] and [one["state"] for one in of_day(later)] == ["cancelled"], f"in both files: {states}")


def planned(two):
    """One plan, one round: what both files plan for a part of the day is one visit."""
    items = {}
    for patient in two.ids:
        items[patient] = two.post(f"/api/records/intervention?in={patient}&alone=1", {
            "problem": two.of(patient)["problem"][:12], "category": "treatment", "target": f"soin {patient[:4]}", "targetCode": "TG14",
            "recurrence": "FREQ=DAILY;BYHOUR=8", "from": day(1)})["id"]
    plan = two.get(f"/api/patients/{two.main}/plan")
    shown = {item["id"]: item["dossier"] for problem in plan["problems"] for item in problem["items"]}
    check(all(shown[item] == patient for patient, item in items.items()), f"both files' items: {shown}")
    two.post(f"/api/patients/{two.main}/plan/{items[two.other][:12]}/schedule", {"recurrence": "FREQ=DAILY;BYHOUR=9"}, 200)
    planning = lambda: [one for one in two.get(f"/api/planning?from={day(2)}&days=1")["days"][0]["visits"] if one["patient"] in two.ids and one.get("part", {}).get("name") == "morning"]
    morning = planning()
    check(len(morning) == 1 and morning[0]["patient"] == two.main, f"one row, one name: {morning}")
    two.post("/api/round/claim", {"patient": two.other, "day": day(2), "part": "morning"}, 200)
    mine = [one for one in two.get(f"/api/round?day={day(2)}")["visits"] if one["patient"] == two.main]
    check({item["id"] for item in mine[0]["items"]} >= set(items.values()), f"with what is to be done by either: {mine}")
    check(any(alert["what"] for alert in mine[0]["alerts"]), "and alerts")
    check([len(one["owners"]) for one in planning()] == [1], "claimed once, whichever file was named")
    two.post("/api/round/cancel", {"patient": two.main, "day": day(2), "part": "morning", "reason": "chez sa fille"}, 200)
    check([one["state"] for one in planning()] == ["cancelled"], "and cancelled for good")
    return items


def worked(two):
    """A visit in one file is the planned one of the other; continuity is counted over all files."""
    nurse = person_of(two.world, "anna")
    for patient, hour in ((two.main, "08"), (two.other, "09")):
        two.post(f"/api/patients/{patient}/visits?alone=1", {"start": f"{day(-1)}T{hour}:00:00+01:00", "end": f"{day(-1)}T{hour}:20:00+01:00", "nurse": nurse[:12]})
    proposed = [one for one in two.get(f"/api/round/proposals?day={day(3)}")["visits"] if one["patient"] in two.ids]
    check(proposed and all(one["patient"] == two.main for one in proposed), f"{proposed}")
    check(all(one["proposals"][0]["visits"] >= 2 for one in proposed), f"both files' visits count: {proposed[0]['proposals']}")


def searched(two):
    """By whichever name, one hit; and so is everything else said of one patient."""
    two.ask("PATCH", f"/api/patients/{two.main}?alone=1", {"lastName": "Trouvable", "reason": "nom"})
    two.ask("PATCH", f"/api/patients/{two.other}?alone=1", {"lastName": "Trouvable-Autre", "reason": "nom"})
    hits = lambda words: [one for one in two.get(f"/api/search?words={words}")["found"] if one["kind"] == "patient"]
    for words in ("trouvable", "autre"):
        check([one["patient"] for one in hits(words)] == [two.main], f"{words}: {hits(words)}")
    check("Autre" in hits("autre")[0]["text"], "by the name that was looked for")
    note = two.post(f"/api/records/note?in={two.other}&alone=1", {"body": "chrysantheme"})["id"]
    found = [one for one in two.get("/api/search?words=chrysantheme")["found"]]
    check([(one["id"], one["patient"], one["dossier"]) for one in found] == [(note, two.main, two.other)], f"{found}")
    two.post(f"/api/records/note?in={two.main}&alone=1", {"body": "pivoine"})
    for words in ("autre pivoine", "autre%20chrysantheme"):
        words = words.replace(" ", "%20")
        check([one["patient"] for one in two.get(f"/api/search?words={words}")["found"]] == [two.main], f"with the name that either file has: {words}")
    check(not [pair for pair in two.get("/api/patients/duplicates")["pairs"] if {one["id"] for one in pair["files"]} & set(two.ids)], "not proposed again")
    third = two.post("/api/patients", {"lastName": "Trouvable", "firstName": "Deux firstName", "birthDate": "2026-03-05", "anyway": True})["id"]
    pairs = lambda: [pair for pair in two.get("/api/patients/duplicates")["pairs"] if third in {one["id"] for one in pair["files"]}]
    check(len(pairs()) == 1, f"a third file is proposed once, whichever of the two it is like: {pairs()}")
    named = next(one["id"] for one in pairs()[0]["files"] if one["id"] != third)
    two.post(f"/api/patients/{third}/links", {"other": named, "decision": "different", "note": "cousine"}, 200)
    check(pairs() == [], f"and not by the other one afterwards: {pairs()}")
    typed = [one["id"] for one in two.get("/api/patients/duplicates?lastName=Trouvable")["candidates"]]
    check(two.main in typed and two.other not in typed, f"while it is typed: {typed}")


def told(two):
    """Work and transmissions name the patient; what was written in either is to be read once."""
    items = [one for one in two.get("/api/work")["items"] if one.get("dossier") in two.ids]
    check(items and all(one["patient"]["id"] == two.main for one in items), f"the patient, whichever file: {items}")
    rows = [one for one in two.get("/api/transmissions")["transmissions"] if one.get("dossier") in two.ids]
    check({one["dossier"] for one in rows} == set(two.ids), f"of both files: {rows}")
    mine = two.get("/api/mine?unencrypted=1&names=1")["csv"]
    check(two.main in mine and two.other not in mine, "one's own table names one patient")
    nurse = person_of(two.world, "anna")[:12]
    for patient, circle in ((two.main, None), (two.other, [nurse])):
        two.ask("PATCH", f"/api/patients/{patient}?alone=1", {"circle": circle, "referent": None, "reason": "tournée"})
    near = {one["dossier"]: one["near"] for one in two.get("/api/transmissions")["transmissions"] if one.get("dossier") in two.ids}
    check(near == {one: True for one in two.ids}, f"hers, by the circle of either: {near}")
    check({(one["patient"], one["patientName"]) for one in rows} == {(two.main, rows[0]["patientName"])}, f"one patient, one name: {rows}")


def medicated(two):
    """Two administrations of one drug, by whichever file: the second is warned of, and both stay."""
    for patient in two.ids:
        whole = two.post(f"/api/records/prescription?in={patient}&alone=1", {"prescriber": "Dr X", "date": day(-2), "validUntil": day(3)})["id"]
        line = two.post(f"/api/records/prescriptionLine?in={patient}&alone=1", {
            "prescription": whole[:12], "drug": "Warfarine 2 mg", "dose": "1 cp", "schedule": "matin"})["id"]
        two.of(patient)["warfarin"] = line
        two.of(patient)["whole"] = whole
    shown = two.get(f"/api/patients/{two.other}/medication")
    check(any("Warfarine" in json.dumps(one) for one in shown["duplicates"]), f"prescribed twice: {shown.get('duplicates')}")
    doubled = [one for one in two.get("/api/work")["items"] if one["type"] == "duplicate-drug" and "arfarine" in one["en"]]
    check([one["patient"]["id"] for one in doubled] == [two.main], f"work, once: {doubled}")
    lines = {two.of(one)["warfarin"]: one for one in two.ids}
    at = f"{day(-1)}T08:00:00+01:00"
    said = [[one["number"] for one in two.post(f"/api/patients/{two.main}/dose", {"line": line[:12], "outcome": "given", "at": at})["warnings"]] for line in 2 * list(lines)]
    check(said[2:] == [[120], [120]], f"a second time, in whichever file the line stands: {said}")
    renewed = two.post(f"/api/patients/{two.main}/prescriptions", {"renews": two.of(two.other)["whole"][:12], "prescriber": "Dr X", "date": day(0), "validFrom": day(4), "validUntil": day(40)})
    check([one["kind"] for one in renewed["records"]] == ["prescription", "prescriptionLine"], f"with the lines that the other file has: {renewed}")


def consented(two):
    """The last word about photos counts, whichever file it stands in."""
    allowed = lambda: two.get(f"/api/patients/{two.main}/wounds")["photoConsent"]
    say = lambda patient, **more: two.post(f"/api/records/consent?in={patient}&alone=1", {"scope": "photo", "how": "oral", **more})
    say(two.main)
    check(allowed(), "given")
    say(two.other, decision="withdrawn")
    check(not allowed(), "withdrawn in the other file: withdrawn")
    check(next(one for one in two.get(f"/api/patients/{two.main}/file")["consents"] if one["scope"] == "photo")["decision"] == "withdrawn", "as the file says")
    status, reply = two.ask("POST", f"/api/patients/{two.main}/woundCheck", {"wound": two.of(two.main)["wound"][:12], "photo": "ab" * 6, "state": "ongoing"})
    check(status == 400 and any(one["number"] for one in reply["error"]["problems"]), f"no photo of it: {reply}")
    say(two.main)
    check(allowed(), "and given again")


def amended(two):
    """A draft that corrects a visit of the other file is saved where the visit stands."""
    visit = two.of(two.other)["visit"]
    key = "0123456789abcdef0123456789abcdef"
    status, reply = two.ask("PUT", f"/api/drafts/{key}", {"kind": "visitAmendment", "in": two.main, "values": {"visit": visit, "note": "corrigé", "reason": "oubli"}})
    check(status in SAVED, reply)
    two.post(f"/api/drafts/{key}/save", {})
    found = two.get(f"/api/patients/{two.other}/visitAmendment?alone=1")["records"]
    check(any(one.get("note") == "corrigé" for one in found), f"in the file in which the visit stands: {found}")


def signed(world, two, anna, bea):
    """Signed off as a whole; values to be settled in either file, and a disputed joining, keep it from being signed."""
    open_ = two.get(f"/api/conflicts?patient={two.main}&class=safety")["fields"]
    check(not open_, f"nothing is open: {open_}")
    sign = lambda expect: two.post(f"/api/patients/{two.main}/signoff", {"note": "vu"}, expect)
    done = sign(201)["id"]
    shown = two.get(f"/api/patients/{two.other}/signoffs")["signoffs"]
    check([(one["id"], one["changed"]) for one in shown[:1]] == [(done, False)] and len([one for one in shown if one["id"] == done]) == 1, f"once, of both files: {shown}")
    two.post(f"/api/records/note?in={two.other}&alone=1", {"body": "depuis"})
    check(two.get(f"/api/patients/{two.main}/signoffs")["signoffs"][0]["changed"], "what came in the other file is seen")
    part(world, anna, bea)
    choices = next(field for field in two.kinds.by_name["alert"]["fields"] if field["name"] == "severity")["choices"]
    for who, choice in (("anna", choices[1]), ("bea", choices[2])):
        world.run(who, "record", "edit", "alert", two.other, two.of(two.other)["alert"], f"severity={choice['name']}")
    anna, bea = meet(world)
    two.ask = asker(ask, anna)
    refused = two.post(f"/api/patients/{two.main}/signoff", {"note": "vu"}, 409)["error"]
    check(refused["fields"] and not refused["disputed"], f"of the other file: {refused}")
    field = refused["fields"][0]
    two.post("/api/conflicts/resolve", {"place": field["place"], "saw": [one["op"] for one in field["values"]], "choose": field["values"][0]["op"], "reason": "revu"}, 200)
    sign(201)
    return anna, bea


def disputed(world, two, anna, bea):
    """A joining that somebody disputes keeps both files from being signed."""
    part(world, anna, bea)
    world.run("anna", "patient", "separate", two.other, "--reason", "essai")
    world.run("anna", "patient", "join", two.main, two.other)
    world.run("bea", "patient", "different", two.main, two.other, "--reason", "deux personnes")
    anna, bea = meet(world)
    two.ask = asker(ask, anna)
    for one in two.ids:
        refused = two.post(f"/api/patients/{one}/signoff", {}, 409)["error"]
        check(refused["disputed"] and not refused["fields"], f"{refused}")
    world.run("anna", "patient", "join", two.main, two.other)
    level(world, "anna", "bea")
    two.post(f"/api/patients/{two.main}/signoff", {}, 201)
    return anna, bea


def exchanged(world, two):
    """A bundle is of all files, under one Patient; taken in again it changes nothing, in another team it is one dossier."""
    bundle = two.get(f"/api/patients/{two.other}/fhir?unencrypted=1")
    check(len([one for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]) == 1, "one Patient")
    text = json.dumps(bundle)
    check(all(two.of(one)["goal"] in text for one in two.ids) and "clé" not in text, "what both hold")
    check("meta" not in bundle, "nothing is left out")
    path = world.root / "both.json"
    path.write_text(json.dumps(bundle))
    again = world.json("anna", "fhir", "import", str(path), "--dry-run")
    refused = [one for one in again["refused"] if one["kind"] not in ("photo", "reading", "signOff")]
    check(not again["new"] and not again["different"] and not refused and not again["altered"], f"all of it is here: {again}")
    check(again["dossier"] == two.main and again["isHere"], f"{again['dossier']}")
    there = world.json("zoe", "fhir", "import", str(path), "--yes")
    check(len(there["new"]) > 40 and there["dossier"] == two.main, f"{len(there['new'])}")
    head = world.json("zoe", "patient", "show", two.main)
    check(head["lastName"] == "Trouvable" and [one["id"] for one in world.json("zoe", "patient", "list")["patients"]] == [two.main], "one dossier there")


def shared(world, two, anna):
    """Given, and not given any more, is a patient: all of her files. One alone is said."""
    join(world, anna, "lou", "--role", "locum", "--until", day(5))
    lou, person = world.start("lou", "--peer", f"127.0.0.1:{anna.port}"), person_of(world, "lou")
    world.run("anna", "share", two.other, person[:8])
    until(lambda: sorted(one["id"] for one in world.json("lou", "patient", "list")["patients"]) == [two.main]
          and len(world.json("lou", "patient", "show", two.main)["file"].get("joined", {}).get("files", [])) == 2, "both came, as one patient")
    shares = two.get(f"/api/patients/{two.other}/shares")
    check([(one["files"], one["all"]) for one in shares["shares"]] == [(2, True)], f"{shares}")
    # whoever is given two does not join them
    third = world.run("anna", "patient", "add", "lastName=Tierce", "firstName=Personne").strip()
    world.run("anna", "share", third, person[:8])
    until(lambda: world.attempt("lou", "patient", "show", third).returncode == 0, "a third one came")
    world.run("lou", "patient", "join", third, two.main, expect=DENIED, says="Only a nurse joins two files")
    told_ = world.run("anna", "unshare", two.main, person[:8], "--alone")
    check("goes on being shared" in told_ and two.other[:12] in told_, f"one alone: {told_}")
    check([(one["files"], one["all"]) for one in two.get(f"/api/patients/{two.main}/shares")["shares"]] == [(1, False)], "some, not all")
    partly = [one for one in two.get(f"/api/work?patient={two.other}")["items"] if one["type"] == "partly-shared"]
    check(len(partly) == 1 and "1 of this person's 2 files" in partly[0]["en"], f"and it is work to be looked at: {partly}")
    told_ = world.run("anna", "unshare", two.main, person[:8])
    check("Not shared any more" in told_ and "goes on" not in told_, told_)
    check(two.get(f"/api/patients/{two.main}/shares")["shares"] == [], "none of them")
    for patient in two.ids:
        two.post(f"/api/records/note?in={patient}&alone=1", {"body": "pas pour Lou"})
    two.post(f"/api/records/note?in={third}", {"body": "pour Lou"})
    until(lambda: world.json("lou", "record", "list", "note", third)["records"], "what she is given comes")
    check("pas pour Lou" not in world.run("lou", "dump") + world.run("lou", "search", "pas", "--json"), "nothing new of either file")
    world.end(lou)


def lines_of(world, who, month):
    statement = world.json(who, "billing", "export", month)
    return {line["visit"]: line for line in statement["lot"]["lines"]} if "lot" in statement else {line["visit"]: line for line in statement["lines"]}


def main():
    world = World()
    try:
        found(world)
        anna = world.start("anna")
        join(world, anna, "bea")
        world.run("zoe", "init", "--cheap-key")
        world.run("zoe", "team", "create", "Zoé")
        two = Two(world, anna)
        bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
        level(world, "anna", "bea")
        claimed_apart(two)
        whichever_is_asked(two)
        planned(two)
        worked(two)
        searched(two)
        told(two)
        medicated(two)
        consented(two)
        amended(two)
        exchanged(world, two)
        level(world, "anna", "bea")
        anna, bea = signed(world, two, anna, bea)
        anna, bea = disputed(world, two, anna, bea)
        whichever_is_asked(two)
        shared(world, two, anna)
        part(world, anna, bea)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
