#!/usr/bin/env python3
"""What leaves a device for other software and for partners, and comes from them: FHIR bundles there and back, between two teams.

Usage: exchange.py RELEVE GENERATOR MAKE_BUNDLE.
"""
import collections
import csv
import datetime
import hashlib
import json
import os
import stat
import subprocess
import sys
import uuid

sys.dont_write_bytecode = True
import world as lib
from kinds import SAVED, Kinds, Records, asker
from story import ask
from world import CONFLICT, INVALID, World, check, today

MAKE_BUNDLE = sys.argv[3]
FRAME = {"author", "saved", "seen", "on", "concurrent", "corrects"}
OWN = ("importMark", "patientLink", "photo")


def records_of(one, kinds, patient):
    """All that a dossier holds, without what only its own log means."""
    found = {}
    for kind in kinds.all["kinds"]:
        if kind["document"] != 1 or kind["name"] in OWN:
            continue
        status, reply = one("GET", f"/api/records/{kind['name']}?in={patient}", None)
        check(status == 200, f"{kind['name']}: {reply}")
        for record in reply["records"]:
            found[kind["name"], record["id"]] = {name: value for name, value in record.items() if name not in FRAME}
    return found


def fill(one, person):
    """A dossier with a record of every kind, an amended visit, a corrected transmission, a flag."""
    kinds = Kinds(one, person)
    records = Records(kinds, one, "Canari")
    for kind in kinds.typed():
        if kinds.documents[kind["document"]]["name"] == "dossier" and kind["name"] not in records.ids:
            status, reply = records.add(kind)
            check(status in SAVED, f"{kind['name']}: {reply}")
    patient = records.ids["patient"]
    visit, said = records.ids["visit"], records.ids["transmission"]
    status, reply = one("POST", f"/api/patients/{patient}/visits/{visit}/amend", {"start": "2026-03-05T08:00:00+01:00", "end": "2026-03-05T08:45:00+01:00", "reason": "oubli"})
    check(status in SAVED, reply)
    status, reply = one("POST", f"/api/records/transmission?in={patient}", {"data": "corrigé", "corrects": said, "reason": "erreur"})
    check(status in SAVED, reply)
    status, reply = one("POST", f"/api/records/alert?in={patient}", {"type": "fall", "what": "tapis", "state": "active"})
    check(status in SAVED, reply)
    return kinds, patient


def resources(bundle, kind):
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


# ---- There ----

def exported(world, one, patient):
    """Only by an explicit order, for this user alone, without what must not be conveyed; noted."""
    path = world.root / "dossier.json"
    world.run("lea", "fhir", "export", patient, "--out", str(path), expect=CONFLICT, says="not be encrypted")
    check(not path.exists(), "nothing was written without the order")
    status, reply = one("GET", f"/api/patients/{patient}/fhir", None)
    check(status == 400 and "unencrypted" in reply["error"]["message"] and "chiffré" in reply["error"]["fr"], reply)
    world.run("lea", "fhir", "export", patient, "--out", str(path), "--yes", says="not encrypted")
    check(stat.S_IMODE(path.stat().st_mode) == 0o600, "readable for its owner alone")
    text = path.read_text()
    world.run("lea", "fhir", "export", patient, "--out", str(path), "--yes", expect=CONFLICT)
    world.run("lea", "fhir", "export", patient, "--out", str(path), "--yes", "--replace")
    check(path.read_text() == text, "the same records give the same bytes")
    bundle = json.loads(text)
    for word in ("269054958815780", "1.2.250.1.213.1.4", "Canari doorCode", "Canari keys", "Canari keyBox"):
        check(word not in text, f"{word} stays here")
    with_codes = one("GET", f"/api/patients/{patient}/fhir?unencrypted=1&accessCodes=1", None)[1]
    check("Canari doorCode" in json.dumps(with_codes), "unless they are asked for")
    errors = [one["status"] for kind in ("Encounter", "Communication") for one in resources(bundle, kind)]
    check(errors.count("entered-in-error") == 2, f"what was amended and corrected is there: {errors}")
    now = next(one for one in resources(bundle, "Encounter") if one["status"] == "finished")
    check(now["class"]["code"] == "HH" and now["length"]["value"] == 45, f"the visit as it was amended: {now}")
    check(any(one["kind"] == "copy" for one in world.json("lea", "access", patient)["accesses"]), "it is noted")
    return path, bundle


def in_english(world, patient):
    french, english = (json.loads(world.run("lea", "fhir", "export", patient, "--yes", "--language", one)) for one in ("fr", "en"))
    check((french["language"], english["language"]) == ("fr", "en"), "as it was asked")
    words = [json.dumps(one, ensure_ascii=False) for one in (french, english)]
    check("Transmission ciblée" in words[0] and "Transmission ciblée" not in words[1] and "Focused transmission" in words[1], "what codes are called")
    world.run("lea", "fhir", "export", patient, "--yes", "--language", "de", expect=INVALID, says="fr or en")


def in_a_period(world, patient):
    def count(*words):
        out = json.loads(world.run("lea", "fhir", "export", patient, "--yes", *words))
        there = {entry["fullUrl"] for entry in out["entry"]}
        for word in json.dumps(out).split('"reference": "')[1:]:
            check(word.split('"')[0] in there, "references stay inside")
        return len(resources(out, "Encounter")), len(resources(out, "Condition"))
    check(count("--from", "2026-03-05", "--to", "2026-03-05")[0] == 2, "the visit and what it was")
    check(count("--to", "2026-03-04") == (0, 2), "problems stand in every period, earlier visits do not")
    world.run("lea", "fhir", "export", patient, "--yes", "--from", "hier", expect=INVALID)


def of_all(world):
    path = world.root / "all.ndjson"
    world.run("lea", "fhir", "export", "--all", "--out", str(path), "--yes")
    lines = path.read_text().splitlines()
    check(stat.S_IMODE(path.stat().st_mode) == 0o600 and not list(world.root.glob("*.new")), "one file, for its owner alone")
    world.run("lea", "fhir", "export", "--all", "--out", str(path), "--yes", expect=CONFLICT)
    check([json.loads(line)["resourceType"] for line in lines] == ["Bundle"] * len(world.json("lea", "patient", "list")["patients"]), "a line each")
    world.run("lea", "fhir", "export", "--all", "--out", str(world.root / "folder"), "--yes")
    check(len(list((world.root / "folder").iterdir())) == len(lines), "a file each")


def printed(world, one, patient):
    """Sheets for the hospital or the doctor: only by an order, in both languages, complete in one file."""
    path = world.root / "sheet.html"
    world.run("lea", "print", "liaison", patient, "--out", str(path), expect=CONFLICT, says="not be encrypted")
    check(one("GET", f"/api/patients/{patient}/liaison", None)[0] == 400, "not without the order")
    for words, language, title in ((("liaison",), "fr", "Fiche de liaison"), (("synthesis", "--lang", "en"), "en", "Nursing synthesis")):
        world.run("lea", "print", words[0], patient, "--out", str(path), "--yes", "--replace", "--days", "366", *words[1:])
        page = path.read_text()
        check(page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n") and f'lang="{language}"' in page, page[:200])
        for word in (title, "Canari", "corrigé", "counter(page)"):
            check(word in page, f"{word} is missing in the {words[0]}")
        check("269054958815780" not in page and "Canari doorCode" not in page and "Canari data" not in page, "what stays here, or was corrected")
    check(stat.S_IMODE(path.stat().st_mode) == 0o600, "readable for its owner alone")
    check(sum(one["kind"] == "copy" for one in world.json("lea", "access", patient)["accesses"]) >= 4, "each is noted")


def joined(world, one):
    """A sheet and a bundle are of all files of a person: what is to be known stands in either; what differs between them is said."""
    first, second = (one("POST", "/api/patients", {"lastName": "Double", "firstName": name, "anyway": True})[1]["id"] for name in ("Anne", "Anna"))
    one("POST", f"/api/records/alert?in={second}&alone=1", {"type": "allergy", "what": "latex", "state": "active"})
    status, reply = one("POST", f"/api/patients/{first}/links", {"other": second, "decision": "same-person"})
    check(status in SAVED, reply)
    page = world.run("lea", "print", "liaison", first, "--yes")
    check("latex" in page and "Anne" in page and "Anna" in page, "the other file's allergy, and both names")
    for patient in (first, second):
        check(any(one["kind"] == "copy" for one in world.json("lea", "access", patient)["accesses"]), "noted for both")
    bundle = json.loads(world.run("lea", "fhir", "export", first, "--yes"))
    patients = [one["resource"]["id"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]
    check([one.replace("-", "") for one in patients] == [min(first, second)] and "meta" not in bundle and "latex" in json.dumps(bundle), f"one Patient, with the allergy: {patients}")


# ---- Partners ----

def contacts(world, one):
    """What goes to the doctor and comes back is tied together; an answer that does not come is work."""
    patient = one("POST", "/api/patients", {"lastName": "Contact", "firstName": "Paul"})[1]["id"]
    path, yesterday = world.root / "letter.html", str(today() - datetime.timedelta(days=1))
    world.run("lea", "contact", "send", patient, "partner=Dr Martin", f"answerBy={yesterday}", "--out", str(path), expect=CONFLICT, says="not be encrypted")
    check(not path.exists() and not one("GET", f"/api/patients/{patient}/contacts", None)[1]["contacts"], "neither file nor contact")
    sent = world.json("lea", "contact", "send", patient, "partner=Dr Martin", f"answerBy={yesterday}", "--out", str(path), "--yes")
    shown = one("GET", f"/api/patients/{patient}/contacts", None)[1]["contacts"][0]
    check(shown["id"] == sent["id"] and shown["state"] == "late" and shown["channel"] == "mssante", shown)
    check(hashlib.sha256(path.read_bytes()).hexdigest() in shown["attached"], "the very file")
    due = lambda: [item for item in world.json("lea", "work")["items"] if item["type"] == "answerDue" and item["patient"]["id"] == patient]
    check(len(due()) == 1 and "Dr Martin" in due()[0]["fr"], due())
    status, reply = one("POST", f"/api/records/contact?in={patient}", {"partner": "Dr Martin", "channel": "phone", "direction": "in", "summary": "vu", "replyTo": sent["id"][:12]})
    check(status in SAVED, reply)
    states = {one["direction"]: (one.get("state"), one["answers"]) for one in one("GET", f"/api/patients/{patient}/contacts", None)[1]["contacts"] if one.get("direction")}
    check(states.get("in") == (None, []), states)
    shown = [one for one in one("GET", f"/api/patients/{patient}/contacts", None)[1]["contacts"] if one["id"] == sent["id"]][0]
    check(shown["state"] == "answered" and shown["answers"] == [reply["id"]] and not due(), shown)


def directory(world, one):
    """From a table: each line is told of, numbers are checked, who is here stays."""
    path = world.root / "directory.csv"
    path.write_text("Nom;Prénom;Numéro RPPS;Adresse MSSanté;Commune;Couleur\r\nMartin;Jeanne;10003456789;j.martin@med.mssante.fr;Lorient;bleu\r\n"
                    "Pharmacie du Port;;;;Lorient;\r\nMartin;Jeanne;10003456789;;;\r\nRoux;Paul;123;roux@gmail.com;;\r\n")
    shown = world.json("lea", "directory", "import", str(path), "--dry-run")
    check([row["status"] for row in shown["rows"]] == ["new", "new", "double", "refused"], shown["rows"])
    check(len(shown["rows"][3]["problems"]) == 2 and "RPPS" in shown["rows"][3]["problems"][0]["fr"], shown["rows"][3])
    check([one["title"] for one in shown["columns"] if one["field"] is None] == ["Couleur"], "a column that is not taken is named")
    entries = lambda: {one["name"]: one for one in one("GET", "/api/records/directoryEntry", None)[1]["records"]}
    before = len(entries())
    world.run("lea", "directory", "import", str(path), expect=CONFLICT)
    world.run("lea", "directory", "import", str(path), "--yes", says="2 entries were written")
    check(len(entries()) == before + 2 and entries()["Martin"]["mssante"] == "j.martin@med.mssante.fr", entries())
    check(world.json("lea", "directory", "import", str(path), "--yes")["counts"]["known"] == 2, "twice changes nothing")
    path.write_text("name,rpps,phone\nMartin-Roux,10003456789,0297000000\n")
    check(world.json("lea", "directory", "import", str(path), "--yes")["written"] == 0 and "Martin" in entries(), "who is here stays")
    world.run("lea", "directory", "import", str(path), "--yes", "--update", says="1 entries were written")
    check(entries()["Martin-Roux"]["town"] == "Lorient", "unless it is asked for; what the table does not say stays")
    for content in (b"", b"couleur\nbleu\n", b"name\n\xff\n", b'name\n"a'):
        path.write_bytes(content)
        world.run("lea", "directory", "import", str(path), "--yes", expect=INVALID, says="Nothing was changed")


def mine(world, one):
    """One's own work, that a spreadsheet reads and does not compute."""
    patient = one("POST", "/api/patients", {"lastName": "Tableau", "firstName": "Anna"})[1]["id"]
    one("POST", f"/api/records/transmission?in={patient}", {"data": '=HYPERLINK("x";"y")', "actions": 'deux\nlignes; "citées"', "at": "2026-03-06T09:00:00+01:00"})
    world.run("lea", "export", "mine", expect=CONFLICT)
    path = world.root / "mine.csv"
    world.run("lea", "export", "mine", "--out", str(path), "--from", "2026-03-05", "--to", "2026-03-06", "--names", "--yes")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    by_kind = collections.Counter(row["kind"] for row in rows)
    check(by_kind == {"visit": 1, "visitAmendment": 1, "transmission": 2}, by_kind)
    visit = next(row for row in rows if row["kind"] == "visit")
    check(visit["corrected"] == "1" and visit["minutes"] == "30" and visit["name"].startswith("Canari"), visit)
    said = next(row for row in rows if row["data"].lstrip().startswith("=HYPER"))
    check(said["data"].startswith(" ") and said["actions"] == 'deux\nlignes; "citées"' and said["patient"] == patient, said)
    check(world.run("lea", "export", "mine", "--yes", "--from", "2026-03-07", "--to", "2026-03-08").count("\n") == 1, "a period")


# ---- And back ----

def taken(world, ours, theirs, kinds, path, bundle, patient):
    """Into another team, where nobody knows the patient: the same records; twice changes nothing."""
    shown = world.json("anne", "fhir", "import", str(path), "--dry-run")
    check(not shown["taken"] and shown["own"] and not shown["matches"] and not shown["altered"], shown)
    check({row["kind"] for row in shown["refused"]} == {"reading"}, f"what she has read, only she says: {shown['refused']}")
    check(not shown["notUnderstood"], f"all is understood: {shown['notUnderstood']}")
    check(theirs("GET", "/api/patients", None)[1]["total"] == 0, "showing takes nothing in")
    world.run("anne", "fhir", "import", str(path), expect=CONFLICT, says="nothing was taken in")
    done = world.json("anne", "fhir", "import", str(path), "--yes")
    check(len(done["new"]) == len(shown["new"]) > 20, "what was shown was taken")
    here, there = records_of(ours, kinds, patient), records_of(theirs, kinds, patient)
    for name in ("nir", "insOid", "doorCode", "keyBox", "keys"):
        here["patient", patient].pop(name, None)
    for key in (here.keys() | there.keys()) - {key for key in here if key[0] == "reading"}:
        check(here.get(key) == there.get(key), f"{key}: {here.get(key)} is {there.get(key)}")
    again = world.json("anne", "fhir", "import", str(path), "--yes")
    check(not again["new"] and not again["different"] and again["known"] == len(done["new"]), again)
    back = json.loads(world.run("anne", "fhir", "export", patient, "--yes"))
    provenance = lambda one: {tuple(agent["who"].get("reference") for agent in p["agent"]) for p in resources(one, "Provenance")}
    check(provenance(back) == provenance(bundle), "who wrote it is still told")


def altered(world, path, bundle):
    """What another program changed is not taken for ours, and not passed over."""
    changed = json.loads(json.dumps(bundle))
    resources(changed, "AllergyIntolerance")[-1]["code"]["text"] = "pénicilline"
    changed["entry"].append({"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": {"resourceType": "Device", "id": "d1"}})
    path = world.root / "changed.json"
    path.write_text(json.dumps(changed))
    shown = world.json("anne", "fhir", "import", str(path), "--dry-run")
    check([one["type"] for one in shown["altered"]] == ["AllergyIntolerance"], shown["altered"])
    check([one["type"] for one in shown["notUnderstood"]] == ["Device"], shown["notUnderstood"])


def struck_out(world, path, bundle):
    """Whoever had an export sends it back with a correction of what is here: of another kind it is not taken, of its own it is told."""
    inside = lambda one: next((e["extension"] for e in one.get("extension", []) if e["url"] == "urn:x-releve:record"), [])
    is_kind = lambda one, kind: {"url": "_kind", "valueString": kind} in inside(one)
    visit = next(one for one in resources(bundle, "Encounter") if is_kind(one, "visit"))
    note = next(one for one in resources(bundle, "Communication") if is_kind(one, "transmission"))
    of = lambda one: next(e["valueString"] for e in inside(one) if e["url"] == "_id")
    for kind, corrected, seen in (("another", of(visit), 0), ("its own", of(note), 1)):
        fresh = os.urandom(16).hex()
        made = json.loads(json.dumps(bundle).replace(of(note), fresh).replace(dashed(of(note)), dashed(fresh)))
        mine = next(one for one in resources(made, "Communication") if inside(one) and of(one) == fresh)
        inside(mine).extend([{"url": "_corrects", "valueString": corrected}, {"url": "_reason", "valueString": "saisie par erreur"}])
        path.write_text(json.dumps(made))
        shown = world.json("anne", "fhir", "import", str(path), "--dry-run")
        check([one["id"] for one in shown["new"]] == [fresh], f"{kind}: {shown['new']} {shown['altered']}")
        check([one["corrects"] for one in shown["corrections"]] == [corrected], f"{kind}: {shown['corrections']}")
        done = world.json("anne", "fhir", "import", str(path), "--yes")
        check(len(done["new"]) == len(done["corrections"]) == seen and [row["kind"] for row in done["refused"] if row["kind"] != "reading"] == ["transmission"] * (1 - seen), f"{kind}: {done}")


def dashed(hex_id):
    return str(uuid.UUID(hex_id))


def told(world):
    """What nobody had chosen where it comes from, and photos: taken as they were shown, or not, and told."""
    path = world.root / "made.json"
    path.write_bytes(subprocess.run([MAKE_BUNDLE], stdout=subprocess.PIPE, check=True).stdout)
    shown = world.json("anne", "fhir", "import", str(path), "--dry-run", "--new")
    check([one["conflicts"] for one in shown["unsettled"]] == [{"severity": ["actual", "potential"]}], shown["unsettled"])
    check({one["type"] for one in shown["notUnderstood"]} == {"DocumentReference"} and "photo add" in shown["notUnderstood"][0]["en"], shown["notUnderstood"])
    check(not shown["altered"], shown["altered"])


def foreign(world, theirs):
    """Another program's patient, who may be one of ours: never joined in silence."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-00000000000a", "resource": {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1941-02-03",
         "name": [{"use": "official", "family": "Le Goff", "given": ["Anne", "Marie"]}], "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "269054958815780"}]}},
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-00000000000b", "resource": {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": "Latex"},
         "patient": {"reference": "urn:uuid:00000000-0000-4000-8000-00000000000a"}}},
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-00000000000c", "resource": {"resourceType": "Observation", "id": "o", "status": "final",
         "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]}, "effectiveDateTime": "2026-03-05T08:00:00+01:00",
         "valueQuantity": {"value": 37.2, "unit": "°C", "system": "http://unitsofmeasure.org", "code": "Cel"}}},
        {"fullUrl": "urn:uuid:00000000-0000-4000-8000-00000000000d", "resource": {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
         "medicationCodeableConcept": {"text": "Paracétamol 1 g"}}}]}
    path = world.root / "foreign.json"
    path.write_text(json.dumps(bundle))
    known = theirs("POST", "/api/patients", {"lastName": "LE GOFF", "firstName": "Anne-Marie", "birthDate": "1941-02-03"})[1]["id"]
    shown = world.json("anne", "fhir", "import", str(path), "--dry-run")
    check([one["id"] for one in shown["matches"]] == [known], shown["matches"])
    check([one["what"] for one in shown["notUnderstood"]] == ["Paracétamol 1 g"], "a prescription is not taken, and named")
    world.run("anne", "fhir", "import", str(path), "--yes", expect=CONFLICT, says="same person")
    world.run("anne", "fhir", "import", str(path), "--yes", "--into", known)
    check(theirs("GET", f"/api/records/alert?in={known}", None)[1]["records"][0]["what"] == "Latex", "in the dossier that was named")
    check(theirs("GET", f"/api/records/vital?in={known}", None)[1]["records"][0]["measures"] == {"temp": "37.2"}, "with its digits")
    head = theirs("GET", f"/api/patients/{known}", None)[1]
    check(head["lastName"] == "LE GOFF" and "nir" not in head, "who the patient is stays as it was typed here")
    again = world.json("anne", "fhir", "import", str(path), "--yes", "--into", known)
    check(not again["new"] and again["known"] == 2, again)
    # the same resource says something else now, and another has more digits than are noted here
    bundle["entry"][2]["resource"]["valueQuantity"]["value"] = 38.9
    bundle["entry"].append(json.loads(json.dumps(bundle["entry"][2]).replace("00000000000c", "00000000000e").replace("38.9", "36.6489")))
    path.write_text(json.dumps(bundle))
    done = world.json("anne", "fhir", "import", str(path), "--yes", "--into", known)
    check([one["kind"] for one in done["different"]] == ["patient", "vital"] and done["known"] == 1 and len(done["new"]) == 1, f"what differs is told: {done}")
    check(["36.6489" in one["what"] for one in done["rounded"]] == [True], f"what was rounded, too: {done['rounded']}")
    vitals = theirs("GET", f"/api/records/vital?in={known}", None)[1]["records"]
    check(sorted((one["measures"]["temp"], one.get("context")) for one in vitals) == [("36.6", "original: temp 36.6489 Cel"), ("37.2", None)], vitals)


def bad_files(world, theirs):
    total = theirs("GET", "/api/patients", None)[1]["total"]
    for content in ("", "{", "[]", '{"resourceType":"Bundle"}', '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Device"}}]}', '{"a":1,"a":2}',
                    "[" * 3000, '{"resourceType":"Bundle","entry":[1,null,{"resource":7}]}'):
        path = world.root / "bad.json"
        path.write_text(content)
        world.run("anne", "fhir", "import", str(path), "--yes", expect=INVALID, says="Nothing was changed")
    check(theirs("GET", "/api/patients", None)[1]["total"] == total, "nothing came of them")


def main():
    world = World()
    try:
        programs = {}
        for who in ("lea", "anne"):
            world.run(who, "init", "--cheap-key")
            world.run(who, "team", "create", who.capitalize())
            programs[who] = world.start(who)
        ours, theirs = asker(ask, programs["lea"]), asker(ask, programs["anne"])
        kinds, patient = fill(ours, world.json("lea", "status")["person"])
        path, bundle = exported(world, ours, patient)
        in_english(world, patient)
        in_a_period(world, patient)
        of_all(world)
        printed(world, ours, patient)
        joined(world, ours)
        contacts(world, ours)
        directory(world, ours)
        mine(world, ours)
        taken(world, ours, theirs, kinds, path, bundle, patient)
        altered(world, path, bundle)
        struck_out(world, world.root / "struck.json", bundle)
        told(world)
        foreign(world, theirs)
        bad_files(world, theirs)
        for program in list(world.programs):
            world.end(program)
    finally:
        world.close()
    print(f"{lib.checks} checks")


if __name__ == "__main__":
    main()
