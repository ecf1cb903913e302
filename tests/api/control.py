#!/usr/bin/env python3
"""What an inspector is given: a statement of care with what it does not know, the access log with its proof; and that no text that somebody typed about a patient is in any file of
billing.

Usage: control.py RELEVE-WITH-A-CLOCK-THAT-CAN-BE-WRONG GENERATOR.
"""
import csv
import io
import json
import pathlib
import re
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from kinds import SAVED, Kinds, Records, asker
from roles import at, day, join, person_of
from story import ask
from world import CONFLICT, DENIED, DIFFERS, INVALID, NOT_FOUND, World, check, today, until

TOOLS = pathlib.Path(__file__).parent.parent.parent / "tools"
README = pathlib.Path(__file__).parent.parent.parent / "node" / "access" / "README.md"
MONTH, LATER = "2026-03", "2026-04"
PERIOD = ("--from", "2026-03-01", "--to", "2026-04-30")
RATE = ("territory=44", "validFrom=2026-01-01", "centsPerHour=5394", "unit=visit", "ties=half-up", "amoPerMille=600")
# What a bill or a statement of care names by its nature: whose it is, by whom, whose rates. Everything else that can be typed stays out.
WHO = {"patient.lastName", "patient.firstName", "patient.birthName"}
MAY = {"bill": {"rateTable.territory"}, "named bill": {"rateTable.territory", "patient.civil", *WHO}, "care": {"prescription.prescriber", *WHO}}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def visit(world, patient, start, end, *more):
    return world.run("anna", "visit", "add", patient, f"start={start}", f"end={end}", "note=Canari plaie", *more).strip()


def team(world):
    """A month with a correction, a cancellation, a prescription, a visit of two; the next one credits."""
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    world.run("anna", "billing", "designate")
    world.run("anna", "rate", "add", *RATE)
    patient = world.run("anna", "patient", "add", "lastName==Martin", "firstName=Jeanne", "birthDate=1940-05-06", "nir=269054958815780", "allergies=Canari").strip()
    other = world.run("anna", "patient", "add", "lastName=Petit", "firstName=Luc", "birthDate=1950-05-06").strip()
    prescription = json.loads(world.run("anna", "record", "add", "prescription", patient, "prescriber=Dr House", "prescriberRpps=10102727017", "date=2026-02-27",
                                        "care=Canari pansement", "--json"))["id"]
    one = visit(world, patient, "2026-03-05T08:00:30+01:00", "2026-03-05T08:45:10+01:00", f"prescription={prescription[:12]}")
    two = visit(world, patient, "2026-03-06T08:00:00+01:00", "2026-03-06T08:15:00+01:00")
    visit(world, other, "2026-03-07T08:00:00+01:00", "2026-03-07T08:15:00+01:00")
    world.run("anna", "billing", "close", MONTH, "--territory", "44")
    world.run("anna", "visit", "amend", patient, one, "start=2026-03-05T08:00:30+01:00", "end=2026-03-05T08:55:10+01:00", "--reason", "Canari oubli")
    world.run("anna", "visit", "amend", patient, two, "cancelled=true", "--reason", "Canari hôpital")
    visit(world, patient, "2026-04-02T08:00:00+02:00", "2026-04-02T08:20:00+02:00")
    world.run("anna", "billing", "close", LATER, "--territory", "44")
    return patient, other, one, two


def control(world, patient, one, two):
    """Which visits, when, how long, by whom, under which prescription, billed where, corrected how; nothing clinical; never without the order; noted."""
    path = world.root / "care.csv"
    words = ("control", patient[:8], *PERIOD, "--format", "csv", "--out", str(path))
    world.run("anna", *words, expect=CONFLICT, says="not be encrypted")
    check(not path.exists(), "not without the order")
    world.run("anna", *words, "--yes", says="noted in the access log")
    check(stat.S_IMODE(path.stat().st_mode) == 0o600, "for its owner alone")
    world.run("anna", *words, "--yes", expect=CONFLICT, says="there already")
    text = path.read_bytes().decode()
    rows = rows_of(text)
    lots = {month: json.loads(world.run("anna", "billing", "lot", month, "--format", "json", "--yes"))["lot"] for month in (MONTH, LATER)}
    visits = {row["visit"]: row for row in rows if row["row"] == "VISIT"}
    check(len(visits) == 3 and [row["start"] for row in rows[:3]] == sorted(row["start"] for row in rows[:3]), f"her visits, in order: {text}")
    first, second = visits[one], visits[two]
    check(first["minutes"] == "55" and first["state"] == "faite" and first["nurse_name"] == "Anna" and first["name"] == " =Martin Jeanne", f"as it was corrected; no formula: {first}")
    check((first["prescription_date"], first["prescriber"], first["prescriber_rpps"]) == ("2026-02-27", "Dr House", "10102727017"), f"under which prescription: {first}")
    check(first["corrections"].startswith("horaires (") and "motif donné" in first["corrections"], f"corrected how: {first}")
    check(first["billed"].count(lots[MONTH][:16]) == 1 and first["billed"].count(lots[LATER][:16]) == 2 and "avoir" in first["billed"] and "correction" in first["billed"], f"billed, taken back, billed again: {first}")
    check(second["state"] == "n'a pas eu lieu" and "avoir" in second["billed"] and second["prescription_date"] == "", f"one that did not take place: {second}")
    check(first["ins"] == "" and "269054958815780" not in text, "no number that no service qualified")
    total = next(row for row in rows if row["row"] == "PATIENT")
    check((total["words"], total["minutes"]) == ("2", "75"), f"the sum: {total}")
    check(any(row["row"] == "UNKNOWN" for row in rows) or world.json("anna", "status")["peers"] == [], "what it does not know")
    page = world.run("anna", "control", patient, *PERIOD, "--yes", "--lang", "en")
    check("Statement of care" in page and "Dr House" in page and lots[LATER][:16] in page and "identity not qualified" in page and "55 min" in page, "on paper")
    check("Canari" not in text and "Canari" not in page, "no note, no reason, no care in words")
    march = rows_of(world.run("anna", "control", patient, "--from", "2026-03-06", "--to", "2026-03-06", "--format", "csv", "--yes"))
    check([row["visit"] for row in march if row["row"] == "VISIT"] == [two], "of the period alone")
    noted = [row["kind"] for row in world.json("anna", "access", patient)["accesses"]]
    check(noted.count("control") == 4, f"each time it is noted by the patient: {noted}")
    for more, expect, says in ((("--to", "2026-01-01", "--from", "2026-03-01"), INVALID, "in that order"), (("--from", "2026-03-01"), INVALID, "from=DAY"),
                               (("--from", "hier", "--to", "2026-03-01"), INVALID, "A day is written"), ((*PERIOD, "--format", "pdf"), INVALID, "csv or html")):
        world.run("anna", "control", patient, *more, "--yes", expect=expect, says=says)
    world.run("anna", "control", patient, "f" * 32, *PERIOD, "--yes", expect=NOT_FOUND, says="is not on this device")
    world.run("anna", "control", "zz", *PERIOD, "--yes", expect=NOT_FOUND)


def quarantined(world, patient):
    """What a locum dates after the end of her rights is kept apart: the statement says that it does not count it."""
    anna = world.start("anna")
    join(world, "anna", anna.port, "lou", "--role", "locum", "--until", day(2))
    world.run("anna", "share", patient, person_of(world, "lou")[:8])
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}")
    until(lambda: world.json("lou", "patient", "list")["patients"], "the dossier is there")
    world.run("lou", "control", patient, *PERIOD, "--yes", expect=DENIED, says="for the team's nurses alone")
    world.run("lou", "billing", "lot", MONTH, "--yes", "--patient", patient, expect=DENIED, says="for the team's nurses alone")
    world.end(lou)
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}", **at(4 * 86400))
    until(lambda: any(p["connected"] for p in world.json("lou", "status")["peers"]), "they are connected")
    before = world.json("anna", "status")["quarantine"]["entries"]
    world.run("lou", "visit", "add", patient, "start=2026-04-20T08:00:00+02:00", "end=2026-04-20T08:20:00+02:00", "note=Canari après", f"nurse={person_of(world, 'lou')[:12]}")
    until(lambda: world.json("anna", "status")["quarantine"]["entries"] > before, "it is set apart")
    text = world.run("anna", "control", patient, *PERIOD, "--format", "csv", "--yes", "--lang", "en")
    check("1 entries of this dossier are in quarantine: they do not count here." in text and "2026-04-20" not in text and "Canari" not in text, f"said, and not counted: {text}")
    for who, role in (("rita", "reader"), ("fanny", "facilitator")):
        join(world, "anna", anna.port, who, "--role", role)
        guest = world.start(who, "--peer", f"127.0.0.1:{anna.port}")
        until(lambda: any(p["connected"] and p["level"] for p in world.json(who, "status")["peers"]), f"{who} is level")
        world.run(who, "control", patient, *PERIOD, "--yes", expect=DENIED, says="for the team's nurses alone")
        world.end(guest)
    world.end(lou)
    world.end(anna)


def erased(world, other):
    """Of an erased dossier the lots alone speak, and that is said."""
    refused = world.attempt("anna", "patient", "erase", other, "--reason", "request", stdin="")
    world.run("anna", "patient", "erase", other, "--reason", "request", "--confirm", refused.stderr.split("type: ")[1].splitlines()[0])
    text = world.run("anna", "control", other, *PERIOD, "--format", "csv", "--yes", "--lang", "en")
    rows = rows_of(text)
    check([(row["state"], row["minutes"]) for row in rows if row["row"] == "VISIT"] == [("not here any more", "15")] and "Petit" not in text, f"as the lot says it: {text}")
    said = " ".join(row["words"] for row in rows if row["row"] == "UNKNOWN")
    check("The dossier was erased" in said and "1 billed visits are not on this device any more" in said, said)
    page = world.run("anna", "control", other, *PERIOD, "--yes")
    check("Ce que ce relevé ne sait pas" in page and "a été effacé" in page, "on paper too")
    log = world.run("anna", "access", "export")
    check(any(line.split(";")[4] == "control" for line in log.splitlines() if line.count(";") == 9), "it is noted, without naming anybody")


def script(path):
    return subprocess.run([sys.executable, str(TOOLS / "verify_access.py"), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def log_exported(world):
    """The access log's export: the program and a script of its own agree that it is unaltered, and on each alteration."""
    for words, name in (("--names",), "log.csv"), (("--json",), "log.json"):
        path = world.root / name
        with path.open("wb") as file:
            subprocess.run([lib.RELEVE, "access", "export", *words, "--data", str(world.root / "anna"), "--passphrase-file", str(world.secret)], stdout=file, check=True)
        done = script(path)
        check(done.returncode == 0 and "unaltered" in done.stdout, f"{name}: {done.stdout}{done.stderr}")
        world.run("anna", "access", "verify", str(path), says="unaltered")
        file = path.read_bytes()
        places = [file.index(b"control") + 1, file.index(b"Anna"), file.rindex(b"signature") + 14, file.index(b"record", 200), len(file) // 2, len(file) // 3]
        for place in places:
            bad = world.root / f"bad-{name}"
            bad.write_bytes(file[:place] + bytes([file[place] ^ 1]) + file[place + 1:])
            done = script(bad)
            check(done.returncode in (1, 2) and str(bad) in done.stdout and not done.stderr, f"{name}, byte {place}: {done}")
            world.run("anna", "access", "verify", str(bad), expect=None)
        lines = file.splitlines(keepends=True)
        if name == "log.csv":
            bad.write_bytes(b"".join(lines[:3] + lines[4:]))
            check(script(bad).returncode == 1, "a row taken out")
            bad.write_bytes(b"".join(lines[:-1]))
            check(script(bad).returncode == 2, "cut off")
    for content in b"", b"{}", b"number;moment", bytes(50), b"[1]":
        bad.write_bytes(content)
        check(script(bad).returncode == 2, f"{content}: no export")
    table = set(re.findall(r"^\| (\d+) \| `(\w+)` \|", README.read_text(), re.MULTILINE))
    known = (TOOLS / "verify_access.py").read_text()
    check(len(table) > 20 and all(f'"{name}": {number}' in known for number, name in table), "the script knows every kind of the table")


class Planted(Records):
    """Every text that can be typed, of every kind, says where it was typed."""
    def text(self, kind, field):
        rule = field.get("rule")
        return super().text(kind, field) if rule else f"Canari {kind['name']}.{field['name']}"[:field["max"]]


def canaries(world):
    """Texts planted in every field of every kind: what a bill names by its nature is there, nothing else is in any file of any form."""
    anna = world.start("anna")
    one = asker(ask, anna)
    kinds = Kinds(one, world.json("anna", "status")["person"])
    records = Planted(kinds, one, "Canari")
    planted = set()
    for kind in kinds.typed():
        if kind["name"] not in records.ids:
            records.add(kind)
    for kind in kinds.typed():
        shown = records.shown(kind) if kind["name"] in records.ids else None
        planted |= set(re.findall(r"Canari (\w+\.\w+)", json.dumps(shown or {})))
    patient, visit_id = records.ids["patient"], records.ids["visit"]
    check(len(planted) > 90 and {"visit.note", "transmission.data", "prescription.care", "patient.allergies"} <= planted, f"planted: {len(planted)} {sorted(planted)}")
    status, reply = one("POST", f"/api/patients/{patient}/visits/{visit_id}/amend", {"start": "2026-05-05T08:00:00+02:00", "end": "2026-05-05T08:45:00+02:00", "reason": "Canari visitAmendment.reason", "note": "Canari visitAmendment.note"})
    check(status in SAVED, reply)
    status, reply = one("POST", "/api/billing/2026-05/close", {"territory": "44"})
    check(status == 201, reply)
    files = {}
    for form in "csv", "json", "fhir", "html":
        for query in "", "&names=1", f"&patient={patient}", f"&patient={patient}&names=1", f"&nurse={kinds.person[:12]}":
            if form == "fhir" and "nurse" in query:
                continue
            status, reply = one("GET", f"/api/billing/2026-05/statement?unencrypted=1&format={form}{query}", None)
            check(status == 200, reply)
            files[f"{form}{query}"] = ("named bill" if "names" in query else "bill", reply["file"])
    for form in "csv", "html":
        for language in "fr", "en":
            status, reply = one("GET", f"/api/care?unencrypted=1&patients={patient}&from=2026-01-01&to=2026-12-31&format={form}&lang={language}", None)
            check(status == 200, reply)
            files[f"care {form} {language}"] = ("care", reply["file"])
            files[f"care {form} {language}, gathered"] = ("care", json.dumps(reply["care"], ensure_ascii=False))
    for path in "", "/verify", "/nurses", "/patients", "/check", "/preview":
        status, reply = one("GET", f"/api/billing/2026-05{path}", None)
        files[f"billing{path}"] = ("bill", json.dumps(reply, ensure_ascii=False))
    for name, (sort, file) in files.items():
        found = set(re.findall(r"Canari (\w+\.\w+)", file))
        check(found <= MAY[sort], f"{name} holds {found - MAY[sort]}")
        check(file.count("Canari") == sum(file.count(f"Canari {one}") for one in found), f"{name} holds a part of a text")
    check(patient in files["csv"][1] and patient[:8] in files["care csv fr"][1], "the visit is billed")
    check("Canari prescription.prescriber" in files["care html fr"][1], "the prescriber is named to the inspector")
    world.end(anna)
    return len(planted), len(files)


def main():
    world = World()
    try:
        patient, other, one, two = team(world)
        control(world, patient, one, two)
        quarantined(world, patient)
        erased(world, other)
        log_exported(world)
        planted, files = canaries(world)
        print(f"{planted} texts planted, {files} files searched; {lib.checks} checks")
    finally:
        world.close()


if __name__ == "__main__":
    main()
