#!/usr/bin/env python3
"""A meeting of four: who is level, what all signed, who is missing, what is new and open; where each record is, and how old what is shown is.

Usage: meeting.py RELEVE GENERATOR, of which RELEVE has a clock that can be set wrong (faulty.c).
"""
import datetime
import http.client
import json
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, INVALID, NOT_FOUND, OFFLINE, USAGE, World, check, today, until

PEOPLE = {"anna": "Anna", "lea": "Léa", "marc": "Marc", "zoe": "Zoé"}


def found(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    world.run("anna", "meeting", expect=OFFLINE, says="releve run")
    anna = world.start("anna")
    for who in ("lea", "marc", "zoe"):
        world.run(who, "init", "--cheap-key")
        invitation = world.run("anna", "invite", "--no-qr").strip()
        world.run(who, "join", PEOPLE[who], f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
    return anna


def peer_of(world, who, whom):
    return next(p for p in world.json(who, "status")["peers"] if p["name"]["fr"] == PEOPLE[whom])


def aged(world, who, whom):
    return next(d for d in world.json(who, "status")["age"]["devices"] if d["name"]["en"] == PEOPLE[whom])


def names(reply, record):
    return {reply["holders"][i]["name"]["fr"] for i in record["on"]}


def receipts(world, anna):
    """What Anna writes is on her device only, until somebody says that he has it."""
    patient = world.run("anna", "patient", "add", "lastName=Lefèvre", "firstName=Zoé", "birthDate=1941-02-03").strip()
    world.run("anna", "visit", "start", patient)
    world.run("anna", "visit", "stop", "note=Bien")
    shown = world.json("anna", "patient", "show", patient)
    check(shown["on"] == [] and len(shown["holders"]) == 3, f"on this device only: {shown}")
    only = world.json("anna", "status")["onlyHere"]
    check(only["entries"] == only["own"] == 2, f"two entries: {only}")
    world.run("anna", "partial", "accept", "--yes", expect=CONFLICT, says="not partial")
    listed = world.run("anna", "only-here")
    check("Lefèvre" in listed and "Visit of" in listed, f"they are named: {listed}")
    world.run("anna", "status", says="2 entries are on this device only")
    world.run("anna", "visit", "list", says="this device only")
    lea = world.start("lea", "--peer", f"127.0.0.1:{anna.port}")
    until(lambda: world.json("anna", "status")["onlyHere"]["entries"] == 0, "Léa says that she has it")
    reply = world.json("anna", "visit", "list")
    check(names(reply, reply["visits"][0]) == {"Léa"}, f"on hers: {reply}")
    check(names(shown := world.json("anna", "patient", "show", patient), shown) == {"Léa"}, "the patient too")
    world.run("anna", "patient", "show", patient, says="alsoOn: Léa")
    reply = world.json("lea", "visit", "list")
    check(names(reply, reply["visits"][0]) == {"Anna"}, f"its author has it: {reply}")
    return patient, lea


def through(world, patient, anna, lea):
    """Marc meets Léa alone; Anna hears of him through her."""
    world.end(anna)
    marc = world.start("marc", "--peer", f"127.0.0.1:{lea.port}")
    until(lambda: world.json("marc", "patient", "list")["total"], "the patient comes to Marc")
    world.run("marc", "patient", "edit", patient, "phone=0240000000")
    until(lambda: world.json("lea", "patient", "show", patient).get("phone"), "it comes to Léa")
    until(lambda: aged(world, "lea", "marc")["now"], "with Marc all is as of now")
    said = peer_of(world, "lea", "marc")["said"]
    world.end(marc)
    check(not aged(world, "lea", "marc")["now"], "he left")
    anna = world.start("anna", "--peer", f"127.0.0.1:{lea.port}")
    until(lambda: world.json("anna", "patient", "show", patient).get("phone"), "it comes to Anna")
    until(lambda: peer_of(world, "anna", "marc").get("said", "") >= said, "and his word")
    of_marc = peer_of(world, "anna", "marc")
    check(of_marc["throughName"]["fr"] == "Léa" and not of_marc["connected"], f"through Léa: {of_marc}")
    world.run("anna", "status", says="through Léa")
    check(aged(world, "anna", "marc")["upto"] >= said and not aged(world, "anna", "marc")["lacking"], "up to then all is here")
    until(lambda: aged(world, "anna", "lea")["now"], "with Léa all is as of now")
    world.run("anna", "visit", "list", says="Complete up to now for Léa, ")
    return anna


def events_until(program, holds, then=lambda: None):
    """Follow; do something; until it holds of the kinds of events that came."""
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=30)
    connection.request("GET", "/api/events", headers={"Authorization": "Bearer " + program.url.fragment})
    reply, kinds = connection.getresponse(), set()
    then()
    while not holds(kinds):
        line = reply.readline()
        check(line, "the stream goes on")
        if line.startswith(b"event: "):
            kinds.add(line[7:].strip().decode())
    reply.close()
    connection.close()
    return kinds


def signers(meeting):
    return {s["name"]["fr"] for s in meeting["checkpoint"]["signers"]}


def meets(world, patient, anna, lea):
    """Three are together, Zoé is missing; then she comes."""
    world.run("anna", "meeting", "--timeout", "x", expect=USAGE)
    peers = ("--peer", f"127.0.0.1:{anna.port}", "--peer", f"127.0.0.1:{lea.port}")
    zoe = world.start("zoe", *peers)
    until(lambda: world.json("zoe", "patient", "list")["total"], "the patient comes to Zoé")
    world.end(zoe)
    world.run("zoe", "patient", "edit", patient, "allergies=latex")
    world.run("marc", "patient", "edit", patient, "allergies=pollen")
    marc = world.start("marc", *peers)
    meeting = world.json("marc", "meeting")
    check(signers(meeting) == {"Anna", "Léa", "Marc"}, f"three signed: {meeting['checkpoint']}")
    (missing,) = meeting["checkpoint"]["missing"]
    check(missing["name"]["fr"] == "Zoé" and missing["since"], f"Zoé is missing since: {missing}")
    check(meeting["checkpoint"]["complete"] and meeting["checkpoint"]["current"], "all who are here")
    check(not any(p["clockOff"] for p in meeting["present"]), "clocks agree")
    for who in ("anna", "lea"):
        until(lambda: signers(world.json(who, "meeting")) == {"Anna", "Léa", "Marc"}, f"{who} sees the same")
    shown = world.run("anna", "meeting")
    check("Team consistent at " in shown and "Missing: Zoé since " in shown, shown)
    check("Équipe cohérente à " in world.run("lea", "meeting", LC_ALL="fr_FR.UTF-8"), "in French")
    zoe = world.start("zoe", *peers, "--peer", f"127.0.0.1:{marc.port}", RELEVE_TEST_LATER_S="300")
    kinds = events_until(anna, lambda _: signers(ask_meeting(world, "anna")) == set(PEOPLE.values()))
    check("meeting" in kinds, f"it is told as it comes: {kinds}")
    off = {p["name"]["fr"]: p["clockAheadSeconds"] for p in ask_meeting(world, "anna")["present"] if p["clockOff"]}
    check(off.keys() == {"Zoé"} and 295 < off["Zoé"] < 305, f"her clock is five minutes ahead: {off}")
    check(ask_meeting(world, "zoe")["clock"] == "doubtful" and ask_meeting(world, "anna")["clock"] == "compared", "it is hers that is")
    meeting = world.json("zoe", "meeting")
    check(signers(meeting) == set(PEOPLE.values()) and meeting["checkpoint"]["missing"] == [], f"all four: {meeting['checkpoint']}")
    (open_,) = [f for f in meeting["conflicts"]["fields"] if f["field"] == "allergies"]
    check(open_["conflict"] and {v["value"] for v in open_["values"]} == {"latex", "pollen"}, f"to be settled: {open_}")
    world.run("anna", "meeting", says="TO BE SETTLED")
    world.run("anna", "status", says="Team consistent at ")
    world.end(marc)
    world.end(zoe)


def names_of(field):
    """As releve conflicts show names its values."""
    parts = [v["op"].split(":") for v in field["values"]]
    return [f"{feed[:4]}:{seq}" + (f":{index}" if index != "0" else "") for feed, seq, index in parts]


def settles(world, patient, peers, anna):
    """What three wrote apart is settled by somebody who saw all of it, with a reason; what came meanwhile is not passed over; it can be undone."""
    for who, name in (("zoe", "Un"), ("marc", "Deux"), ("anna", "Trois")):
        world.run(who, "patient", "edit", patient, f"birthName={name}", "--reason", "identity card")
    births = lambda: [f for f in world.json("anna", "conflicts", "list")["fields"] if f["field"] == "birthName"]
    marc = world.start("marc", *peers)
    (two,) = until(births, "Marc's comes")
    item = two["item"][:8]
    names = names_of(two)
    check({v["by"]["name"] for v in two["values"]} == {"Anna", "Marc"} and all(v["at"] and v["by"]["device"] for v in two["values"]), f"{two}")
    shown = world.run("anna", "conflicts", "show", item)
    check(all(word in shown for word in ("TO BE SETTLED", "Deux", "Trois", "Marc", *names)), shown)
    work = [i for i in world.json("anna", "work")["items"] if i["id"] == two["item"]]
    check([i["urgency"] for i in work] == ["now"] and work[0]["patient"]["id"] == patient, f"it is work: {work}")
    zoe = world.start("zoe", *peers)
    until(lambda: len(births()[0]["values"]) == 3, "and Zoé's")
    resolve = lambda *words, **more: world.run("anna", "conflicts", "resolve", item, *words, **more)
    resolve(*names, "--reason", "asked her", expect=CONFLICT, says="Another value came meanwhile")
    names = names_of(births()[0])
    resolve(*names, expect=INVALID, says="reason")
    resolve(names[0], "beef:1", "--reason", "asked her", expect=CONFLICT)
    check(len(births()[0]["values"]) == 3, "nothing was changed")
    before = world.json("anna", "status")["work"]
    events_until(anna, lambda kinds: "work" in kinds, lambda: resolve(*names, "--reason", "asked her"))
    after = world.json("anna", "status")["work"]
    check(after["now"] == before["now"] - 1, f"it is counted: {before}, {after}")
    check(births() == [] and not [i for i in world.json("anna", "work")["items"] if i["id"] == two["item"]], "settled")
    until(lambda: not [f for f in world.json("zoe", "conflicts", "list")["fields"] if f["field"] == "birthName"], "at Zoé's too")
    world.run("anna", "conflicts", "show", item, expect=NOT_FOUND)
    world.run("anna", "undo", patient, "--reason", "not sure", "--yes")
    check(len(births()[0]["values"]) == 3, f"all values are back: {births()}")
    world.run("anna", "signoff", patient, expect=CONFLICT, says="have to be settled first")
    late = world.json("anna", "work", "later", item, str(today() + datetime.timedelta(days=1)))["notBefore"]
    check(late == str(today() + datetime.timedelta(days=1)), "put off until tomorrow")
    check(item not in world.run("anna", "work") and item in world.run("anna", "work", "--later"), "and hidden until then")
    world.run("anna", "work", "later", item, str(today() + datetime.timedelta(days=9)), expect=INVALID, says="tomorrow at the latest")
    world.run("anna", "work", "later", item, "now")
    check(item in world.run("anna", "work", "--patient", patient, "--type", "conflict"), "seen again")
    world.end(marc)
    world.end(zoe)
    signs(world, patient, peers)


def signs(world, patient, peers):
    """One signs the file off while somebody who is away writes what she has not seen."""
    for field in world.json("anna", "conflicts", "list")["fields"]:
        world.run("anna", "conflicts", "resolve", field["item"], *names_of(field), "--reason", "seen")
    until(lambda: world.json("lea", "conflicts", "list")["fields"] == [], "it comes to Léa")
    world.run("zoe", "patient", "edit", patient, "allergies=nickel", "--reason", "she said so")
    world.run("anna", "signoff", patient, "--note", "with her daughter")
    until(lambda: world.json("lea", "signoff", "list", patient)["signoffs"], "it comes to Léa")
    world.run("lea", "signoff", "list", patient, says="with her daughter")
    zoe = world.start("zoe", *peers)
    signed = lambda who: world.json(who, "signoff", "list", patient)["signoffs"]
    for who in ("anna", "lea", "zoe"):
        (one,) = until(lambda: [s for s in signed(who) if s["conflictsSince"] == 1], f"{who} sees that it was given before that came")
        check(one["by"]["name"] == "Anna" and one["stands"] and one["changed"], f"{one}")
    world.run("anna", "signoff", "list", patient, says="before values came")
    mine = lambda who: [i for i in world.json(who, "work", "--mine")["items"] if i["type"] == "signOffOvertaken"]
    check(len(mine("anna")) == 1 and mine("lea") == [], "who signed is asked to look again")
    world.end(zoe)


def lives(world):
    """The team's year in figures; a signature is of the text that was read."""
    anna, day = world.json("anna", "status")["person"][:12], today()
    at = f"at={day - datetime.timedelta(days=3)}T14:00:00+01:00"
    world.run("anna", "record", "add", "practiceEvent", "type=sharing", at, "minutes=90", f"attendees={anna}")
    year = world.json("anna", "practice", "--year", str((day - datetime.timedelta(days=3)).year))
    check(year["sharing"]["daysSince"] == 3 and year["sharing"]["dueOn"] == str(day + datetime.timedelta(days=11)), f"{year}")
    check(year["people"][0]["name"] == "Anna" and year["people"][0]["sharings"] == 1, f"{year['people']}")
    world.run("anna", "practice", "--year", str((day - datetime.timedelta(days=3)).year), says="3 days ago; due on")
    charter = world.run("anna", "record", "add", "teamRule", "type=charter", "title=Charte", "text=Deux soirs").strip()
    (rule,) = until(lambda: world.json("lea", "rules", "list")["rules"], "it comes to Léa")
    world.run("lea", "rules", "sign", charter, rule["digest"])
    (rule,) = world.json("lea", "rules", "list")["rules"]
    check([s["current"] for s in rule["signatures"]] == [True] and {p["name"] for p in rule["unsigned"]} == {"Anna", "Marc", "Zoé"}, f"{rule}")
    to_sign = lambda who: [i for i in world.json(who, "work")["items"] if i["type"] == "ruleToSign"]
    check(to_sign("lea") == [] and len(to_sign("anna")) == 1, "who has not signed is asked to")
    world.run("anna", "record", "edit", "teamRule", charter, "text=Trois soirs")
    world.run("anna", "rules", "sign", charter, rule["digest"], expect=CONFLICT, says="another than the one that you read")
    until(lambda: to_sign("lea"), "Léa is asked again")
    world.run("lea", "rules", "list", says="Signed an earlier version.")


def names_in_words(world, patient):
    """Minutes are opened by name, and whoever is about to erase a dossier is told where else the patient is named."""
    minutes = world.run("anna", "record", "add", "minutes", "title=Lundi", f"heldOn={today()}", "notes=Vu Mme LEFEVRE et sa fille.").strip()
    world.run("anna", "record", "add", "minutes", "title=Mardi", f"heldOn={today()}", "notes=Rien.")
    until(lambda: "LEFEVRE" in world.run("lea", "record", "list", "minutes"), "they come to Léa")
    kinds = {row["kind"] for row in world.json("lea", "access", minutes)["accesses"]}
    check(kinds == {"minutes"}, f"it is noted that she opened them: {kinds}")
    asked = world.attempt("anna", "patient", "erase", patient, "--reason", "request", stdin="non\n")
    check("Lundi" in asked.stderr and minutes in asked.stderr and "Mardi" not in asked.stderr, asked.stderr)


def ask_meeting(world, who):
    done = world.attempt(who, "meeting", "--timeout", "0", "--json")
    return json.loads(done.stdout)


def afterwards(world, patient, anna, lea):
    """What was signed stays, and it is said that something was written since."""
    world.end(lea)
    world.run("anna", "patient", "edit", patient, "town=Nantes")
    until(lambda: world.attempt("anna", "meeting", "--timeout", "0").returncode == OFFLINE, "nobody is here")
    meeting = ask_meeting(world, "anna")
    check(signers(meeting) == set(PEOPLE.values()) and not meeting["checkpoint"]["current"], f"{meeting['checkpoint']}")
    world.run("anna", "status", says="Something was written since.")
    check(not meeting["together"] and meeting["present"] == [], "nobody is here")


def main():
    world = World()
    try:
        anna = found(world)
        patient, lea = receipts(world, anna)
        anna = through(world, patient, anna, lea)
        meets(world, patient, anna, lea)
        afterwards(world, patient, anna, lea)
        lea = world.start("lea", "--peer", f"127.0.0.1:{anna.port}")
        settles(world, patient, ("--peer", f"127.0.0.1:{anna.port}", "--peer", f"127.0.0.1:{lea.port}"), anna)
        lives(world)
        names_in_words(world, patient)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
