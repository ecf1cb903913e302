#!/usr/bin/env python3
"""Commands for what is looked into, limited, doubted, noted and counted, as somebody types them: medication due, vitals limit, notes, minutes, practice."""
import datetime
import json
import sys

sys.dont_write_bytecode = True
from story import ask
from world import INVALID, NOT_FOUND, USAGE, World, check, today


def reviews(world, patient):
    """What is due, and that it was looked into."""
    days_ago = lambda days: (today() - datetime.timedelta(days=days)).isoformat()
    prescription = world.run("anna", "record", "add", "prescription", patient, "prescriber=Dr Haddad", f"date={days_ago(60)}").strip()
    line = world.run("anna", "record", "add", "prescriptionLine", patient, f"prescription={prescription}", "drug=Ramipril", "dose=5 mg", "schedule=1 matin").strip()
    for at in ("08:00", "08:10"):
        world.run("anna", "medication", "give", patient, line[:12], f"at={days_ago(1)} {at}")
    due = world.run("anna", "medication", "due", patient, says="follow-up at 45 days")
    check("Ramipril" in due and "double" in due, due)
    typed = [row.split("releve ")[1].split() for row in due.splitlines() if "releve medication review" in row]
    check(len(typed) == 2, due)
    for words in typed:  # as it says itself
        world.run("anna", *words[:-1], "words=vu avec le Dr Haddad")
    world.run("anna", "medication", "due", patient, says="Nothing is due")
    check(world.run("anna", "medication", "reviews", patient).count("vu avec le Dr Haddad") == 2, "both are shown")
    world.run("anna", "medication", "review", patient, "about=doses", expect=USAGE)
    world.run("anna", "medication", "review", patient, "about=weather", "words=x", expect=INVALID)


def limits(world, patient):
    limit = world.run("anna", "vitals", "limit", patient, "by=Dr Haddad", f"setOn={today()}", "high=pulse:110").strip()
    vital = world.run("anna", "record", "add", "vital", patient, "measures=pulse:140").strip()
    world.run("anna", "vitals", patient, says="above the limit of 110")
    world.run("anna", "vitals", "limits", patient, says="Dr Haddad")
    world.run("anna", "vitals", "doubt", patient, f"vital={vital}", "measures=pulse:140", expect=USAGE)
    world.run("anna", "vitals", "doubt", patient, f"vital={vital}", "measures=pulse:140", "why=mal posé")
    world.run("anna", "vitals", "doubts", patient, says="mal posé")
    check("above the limit" not in world.run("anna", "vitals", patient, says="suspect"), "it counts no more")
    world.run("anna", "vitals", "change-limit", patient, limit, "state=ended", "--reason", "levé")
    check(world.json("anna", "vitals", "limits", patient)["records"][0]["state"] == "ended", "lifted")


def texts(world, name, *fields):
    """A text that several write: shown, edited from a file, its history; what somebody else wrote meanwhile stays."""
    path = world.root / "text.txt"
    one = world.run("anna", name, "add", *fields).strip()
    path.write_text("premier point\n")
    world.run("anna", name, "edit", one, str(path), says="Saved.")
    check(world.run("anna", name, "show", one[:8], "--text") == "premier point\n", "as it was written")
    seen = json.dumps(world.json("anna", name, "show", one)["seen"])
    path.write_text("premier point\nsecond point\n")
    world.run("anna", name, "edit", one, str(path))
    path.write_text("tout premier point\n")
    world.run("anna", name, "edit", one, str(path), "--seen", seen)
    check(world.run("anna", name, "show", one, "--text") == "tout premier point\nsecond point\n", "both are there")
    world.run("anna", name, "edit", one, str(path), "--seen", "{", expect=USAGE)
    world.run("anna", name, "edit", one, str(world.root / "none"), expect=None, says="cannot be read")
    path.write_bytes(b"\xff\xfe")
    world.run("anna", name, "edit", one, str(path), expect=INVALID, says="not a text")
    world.run("anna", name, "show", "ffffffff", expect=NOT_FOUND)
    world.run("anna", name, "list", says=fields[0].split("=")[1])
    check("second point" in world.run("anna", name, "history", one), "who wrote what")


def practice(world, patient, anna):
    world.run("anna", "practice", "event", "type=sharing", "minutes=60", "topic=plaies")
    world.run("anna", "practice", "events", says="plaies")
    world.run("anna", "practice", "event", "type=party", "minutes=60", expect=INVALID)
    second = world.run("anna", "record", "add", "person", "firstName=Béa", "lastName=Le Roux").strip()
    yesterday = today() - datetime.timedelta(days=1)
    day, year = yesterday.isoformat(), ("--year", str(yesterday.year))
    visits = [world.run("anna", "visit", "add", patient, f"start={day} 0{hour}:00", f"end={day} 0{hour}:30", f"coNurse={second[:12]}").strip() for hour in (1, 2)]
    world.run("anna", "visit", "add", patient, f"start={day} 03:00", f"end={day} 03:30")
    doubled = world.json("anna", "practice", *year)["doubled"]
    check((doubled["count"], doubled["minutes"]) == (2, 60) and {one["count"] for one in doubled["people"]} == {2}, doubled)
    world.run("anna", "visit", "amend", patient, visits[0], "cancelled=true", "--reason", "erreur")
    world.run("anna", "practice", *year, says="Doubled visits: 1, 30 minutes")


def misspelt(world, program, patient):
    """Before a dossier is erased: where the name stands, and where perhaps."""
    path = world.root / "text.txt"
    for title, words in (("A", "Mme Le Goff va mieux"), ("B", "Mme Legoff va mieux"), ("C", "rien")):
        one = world.run("anna", "minutes", "add", f"title={title}", f"heldOn={today()}").strip()
        path.write_text(words)
        world.run("anna", "minutes", "edit", one, str(path))
    would = json.loads(ask(program, "GET", f"/api/patients/{patient}/erasure")[1])
    check([one["title"] for one in would["namedIn"]] == ["A"], would)
    check([(one["title"], one["as"]) for one in would["perhapsIn"]] == [("B", "legoff")] and would["namedLeft"] == 0, would)
    world.run("anna", "patient", "erase", patient, "--reason", "request", expect=None, says="Perhaps here too")


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        program = world.start("anna")
        anna = world.json("anna", "status")["person"]
        patient = world.run("anna", "patient", "add", "lastName=Le Goff", "firstName=Anne", "birthDate=1941-02-03").strip()
        reviews(world, patient)
        limits(world, patient)
        texts(world, "notes", "title=Partage")
        texts(world, "minutes", "title=Réunion", f"heldOn={today()}")
        practice(world, patient, anna)
        misspelt(world, program, patient)
        world.end(program)
    finally:
        world.close()
    print("all was typed")


main()
