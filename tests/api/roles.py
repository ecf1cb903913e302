#!/usr/bin/env python3
"""Those who are not nurses of the team, with real processes: what each is given, may do, and until when.

Usage: roles.py RELEVE-WITH-A-CLOCK-THAT-CAN-BE-WRONG GENERATOR. Nothing here waits for a time.
"""
import datetime
import json
import socket
import sys

sys.dont_write_bytecode = True
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, OK, World, check, today, until

DAY_S = 86400
TEN_YEARS_S = 3652 * DAY_S


def free_port():
    """Of the device that others look for: it stays the same when it starts again."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


PORT = free_port()


def day(later):
    return (today() + datetime.timedelta(days=later)).isoformat()


def at(later_s):
    return {"RELEVE_TEST_LATER_S": str(later_s)}


def make(world, who):
    world.run(who, "init", "--cheap-key")


def person_of(world, who):
    return world.json(who, "status")["person"]


def join(world, host, port, who, *words, **more):
    invitation = world.run(host, "invite", "--no-qr", *words).strip()
    make(world, who)
    return world.run(who, "join", who.capitalize(), f"127.0.0.1:{port}", "--invitation", invitation, **more)


def names(world, who):
    return sorted(p["lastName"] for p in world.json(who, "patient", "list")["patients"] if "lastName" in p)


def visits(world, who, patient):
    return sorted(v.get("note", "") for v in world.json(who, "visit", "list", "--patient", patient)["records"])


def visit(world, who, patient, note, **more):
    return world.run(who, "visit", "add", patient, f"start={day(0)}T08:00:00+01:00", f"end={day(0)}T08:20:00+01:00",
                     f"note={note}", f"nurse={person_of(world, who)[:12]}", **more).strip()


def locum(world):
    """Dates are asked for; a dossier with its past is given, and another one is not; no more of it after it was taken back."""
    for words, says in ((("--role", "locum"), "until when"), (("--until", day(2)), "have no dates"),
                        (("--role", "locum", "--until", day(-2)), "over already"),
                        (("--role", "locum", "--from", day(3), "--until", day(2)), "over before they begin"),
                        (("--role", "locum", "--until", "demain"), "Rights begin and end at a moment")):
        world.run("anna", "invite", "--no-qr", *words, expect=INVALID, says=says)
    given = world.run("anna", "patient", "add", "lastName=Donné", "firstName=Un", "doorCode=42A").strip()
    kept = world.run("anna", "patient", "add", "lastName=Gardé", "firstName=Deux").strip()
    visit(world, "anna", given, "avant")
    visit(world, "anna", kept, "secret")
    anna = world.start("anna", listen=f"127.0.0.1:{PORT}")
    join(world, "anna", anna.port, "lou", "--role", "locum", "--until", day(5))
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}")
    until(lambda: world.json("anna", "status")["peers"][0]["connected"], "they are connected")
    check(names(world, "lou") == [], "a locum begins without any dossier")
    world.run("lou", "share", given, person_of(world, "anna")[:8], expect=NOT_FOUND)
    who = person_of(world, "lou")
    world.run("anna", "share", given, person_of(world, "anna")[:8], expect=INVALID, says="with locums only")
    world.run("anna", "share", given, who[:8], says="with its past")
    until(lambda: names(world, "lou") == ["Donné"], "the dossier is there, and no other")
    check(visits(world, "lou", given) == ["avant"], "with what was written before the locum came")
    check("42A" in world.run("lou", "patient", "show", given), "whole")
    told = world.run("lou", "history", given)
    check("Anna noted “Door code”: 42A" in told and "recorded: Visit of" in told, f"and its history, by name: {told}")
    check([s["name"] for s in world.json("anna", "shares", given)["shares"]] == ["Lou"], "it is said with whom")
    world.run("lou", "patient", "show", kept, expect=NOT_FOUND)
    visit(world, "lou", given, "de Lou")
    until(lambda: visits(world, "anna", given) == ["avant", "de Lou"], "what the locum writes is there")
    world.run("lou", "share", given, who[:8], expect=DENIED)
    messages(world, who[:8])
    # both start again: what was given comes back from the disk
    world.end(lou)
    world.end(anna)
    check(visits(world, "lou", given) == ["avant", "de Lou"] and names(world, "lou") == ["Donné"], "also after a restart")
    anna = world.start("anna", listen=f"127.0.0.1:{PORT}")
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}")
    world.run("anna", "unshare", given, who[:8], says="stays readable there")
    visit(world, "anna", given, "après")
    until(lambda: all(p["missingThere"] == 0 for p in world.json("anna", "status")["peers"]), "all went there")
    check(visits(world, "lou", given) == ["avant", "de Lou"], "what was held stays, what is new cannot be read")
    visit(world, "lou", given, "encore")
    until(lambda: "encore" in visits(world, "anna", given), "what the locum still writes is read")
    world.run("anna", "share", given, who[:8])
    until(lambda: "après" in visits(world, "lou", given), "shared again, all of it is there")
    world.end(lou)
    world.end(anna)
    return given


def messages(world, lou):
    """A locum is given the threads that she is addressed in, and each says of herself what she has read."""
    threads = lambda who: {t["subject"]: t for t in world.json(who, "messages", "list")["threads"]}
    world.run("anna", "messages", "send", "Entre nous", "Rien pour Lou.")
    thread = world.run("anna", "messages", "send", "Samedi", "Qui peut ?", "--to", lou).strip()
    until(lambda: threads("lou").keys() == {"Samedi"}, "that one comes, and no other")
    check(threads("lou")["Samedi"]["unread"] == 1 and threads("anna")["Samedi"]["unread"] == 0, "unread by her who did not write it")
    unread = lambda who: [i for i in world.json(who, "work", "--mine")["items"] if i["type"] == "messageUnread"]
    check(len(unread("lou")) == 1 and not [i for i in unread("anna") if i["document"]["id"] == thread], "it is her work")
    check([m["readBy"] for m in json.loads(world.run("anna", "messages", "show", thread, "--json"))["list"]] == [[]], "nobody has read it yet")
    world.run("lou", "messages", "show", thread, says="Qui peut ?")
    check(threads("lou")["Samedi"]["unread"] == 1, "who looks has not said that she has read it")
    check(world.json("lou", "messages", "list")["unread"] == 1 and world.json("anna", "messages", "list")["unread"] == 0, "and it is counted")
    check([threads("anna")[name]["mine"] for name in ("Entre nous", "Samedi")] == [True, False] and threads("lou")["Samedi"]["mine"], "whom it is for")
    check("on" in world.json("anna", "messages", "show", thread)["list"][0], "on which devices a message is")
    world.run("lou", "messages", "read", thread)
    world.run("lou", "messages", "reply", thread, "Moi.")
    check(unread("lou") == [], "done")
    until(lambda: threads("anna")["Samedi"]["unread"] == 1, "her answer comes")
    until(lambda: len(world.json("anna", "messages", "show", thread)["list"]) == 2, "and can be read once it is on the disk")
    shown = world.json("anna", "messages", "show", thread)
    check([p["name"] for p in shown["list"][0]["readBy"]] == ["Lou"] and shown["list"][1]["by"]["name"] == "Lou", f"{shown}")
    world.run("anna", "messages", "show", thread, says="(read by Lou)")
    minutes = world.run("anna", "record", "add", "minutes", "title=Lundi", f"heldOn={day(0)}", "notes=Vu Mme Donné.").strip()
    world.run("anna", "record", "add", "minutes", "title=Mardi", f"heldOn={day(0)}", "notes=Sans Lou.")
    world.run("anna", "share", minutes, lou, "--minutes")
    until(lambda: [m["title"] for m in world.json("lou", "record", "list", "minutes")["records"]] == ["Lundi"], "these minutes come, and no others")
    world.run("anna", "messages", "to", thread, person_of(world, "anna")[:8])
    world.run("anna", "messages", "reply", thread, "Sans Lou.")
    until(lambda: all(p["missingThere"] == 0 for p in world.json("anna", "status")["peers"]), "all went there")
    check(threads("lou")["Samedi"]["messages"] == 2, "she gets nothing new of it")


def connected(world, who, other):
    return any(p["connected"] and p["person"] == other for p in world.json(who, "status")["peers"])


def together(world, first, second, both_s=0, first_s=0, second_s=0):
    """The two run beside each other, their clocks wrong by so much; where the first one listens is known to the second."""
    one = world.start(first, listen=f"127.0.0.1:{PORT}", **at(both_s + first_s))
    two = world.start(second, "--peer", f"127.0.0.1:{one.port}", **at(both_s + second_s))
    return one, two


def refused(world, who):
    """So often was the other one looked for that it would have come to a meeting, had there been one."""
    log = world.root / f"{who}.log"
    before = log.read_text().count("peer.ended")
    until(lambda: log.read_text().count("peer.ended") >= before + 2, f"{who} tried again")


def dates(world, given):
    """Rights that begin later and end: who is met, what is given, what is set apart, with clocks that are ten years wrong."""
    anna = world.start("anna", listen=f"127.0.0.1:{PORT}")
    join(world, "anna", anna.port, "paul", "--role", "locum", "--from", day(2), "--until", day(6))
    paul = person_of(world, "paul")
    anna_person = person_of(world, "anna")
    world.run("anna", "share", given, paul[:8])
    programs = [anna, world.start("paul", "--peer", f"127.0.0.1:{anna.port}")]

    def stop():
        while programs:
            world.end(programs.pop())

    until(lambda: connected(world, "anna", paul), "they meet before the rights begin")
    until(lambda: all(p["level"] for p in world.json("anna", "status")["peers"] if p["person"] == paul), "and are level")
    check({f["compartment"] for f in world.json("paul", "status")["feeds"]} <= {"membership"}, "only the membership went there")
    stop()
    # within the dates all is given
    programs += together(world, "anna", "paul", both_s=3 * DAY_S)
    until(lambda: names(world, "paul") == ["Donné"], "now the dossier is there")
    visit(world, "paul", given, "dans les dates")
    until(lambda: "dans les dates" in visits(world, "anna", given), "and what is written in it counts")
    stop()
    # the locum's clock is ten years behind: what it dates does not go back before what it wrote last
    programs += together(world, "anna", "paul", both_s=3 * DAY_S, second_s=-TEN_YEARS_S)
    until(lambda: connected(world, "anna", paul), "the nurse's clock decides whom she meets")
    visit(world, "paul", given, "horloge en retard")
    until(lambda: "horloge en retard" in visits(world, "anna", given), "it counts")
    stop()
    # the nurse's clock is ten years wrong: behind, nothing new is given; ahead, there is no meeting
    programs += together(world, "anna", "paul", both_s=3 * DAY_S, first_s=-TEN_YEARS_S)
    until(lambda: connected(world, "anna", paul), "they meet")
    visit(world, "anna", given, "en retard")
    until(lambda: all(p["level"] for p in world.json("anna", "status")["peers"] if p["person"] == paul), "and are level")
    check("en retard" not in visits(world, "paul", given), "before their beginning no rights are served")
    stop()
    programs += together(world, "anna", "paul", both_s=3 * DAY_S, first_s=TEN_YEARS_S)
    refused(world, "paul")
    check(not connected(world, "anna", paul) and not connected(world, "paul", anna_person), "there is no meeting")
    stop()
    # the locum's clock is ten years ahead: what it dates after the end of its rights is set apart
    programs += together(world, "anna", "paul", both_s=3 * DAY_S, second_s=TEN_YEARS_S)
    until(lambda: connected(world, "anna", paul), "the nurse's clock decides whom she meets")
    before = world.json("anna", "status")["quarantine"]
    visit(world, "paul", given, "horloge en avance")
    until(lambda: world.json("anna", "status")["quarantine"] != before, "it is set apart and shown")
    check("horloge en avance" not in visits(world, "anna", given), "and does not count")
    stop()
    # after the end: no meeting, and what is written stands under keys that leave the locum out
    programs += together(world, "anna", "paul", both_s=8 * DAY_S)
    refused(world, "paul")
    visit(world, "anna", given, "après la fin")
    check(not connected(world, "anna", paul), "there is no meeting after the end")
    check("après la fin" not in visits(world, "paul", given), "and nothing new is read")
    stop()


def relay(world):
    """A blind box carries everything between two nurses who never meet, and shows nothing of it."""
    anna = world.start("anna")
    make(world, "box")
    team = world.run("anna", "relay", "team").strip()
    world.run("box", "relay", "offer", team, expect=CONFLICT, says="start the relay first")
    box = world.start("box", listen=f"127.0.0.1:{PORT}")
    world.run("box", "relay", "offer", team[:-1], expect=INVALID, says="64 digits")
    code = world.run("box", "relay", "offer", team).strip()
    wrong = code[:9] + ("0" if code[9] != "0" else "1") + code[10:]
    there = f"127.0.0.1:{PORT}"
    world.run("anna", "relay", "admit", wrong, there, expect=INVALID, says="mistyped")
    world.run("anna", "relay", "admit", code[:-2], there, expect=INVALID, says="not complete")
    other = world.run("box", "relay", "offer", "00" * 32).strip()
    world.run("anna", "relay", "admit", other, there, expect=DENIED, says="another team")
    world.run("box", "relay", "offer", team)
    world.run("anna", "relay", "admit", code, there, says="can read nothing")
    world.run("anna", "relay", "admit", code, there, expect=CONFLICT, says="before")
    until(lambda: world.json("box", "status")["inTeam"] and world.json("box", "status").get("role") == "relay", "it is let in")
    box_id = world.json("box", "status")["device"]

    def lacks(who):
        return [p["missingThere"] for p in world.json(who, "status")["peers"] if p["device"] == box_id]

    join(world, "anna", anna.port, "bea")
    patient = world.run("anna", "patient", "add", "lastName=Aveugle", "firstName=Trois").strip()
    until(lambda: lacks("anna") == [0], "it holds all that Anna has")
    world.end(anna)
    # Béa meets the box alone
    bea = world.start("bea", "--peer", there)
    until(lambda: names(world, "bea").count("Aveugle"), "what Anna wrote came by the box")
    visit(world, "bea", patient, "par la boîte")
    until(lambda: lacks("bea") == [0], "it holds all that Béa wrote")
    world.end(bea)
    anna = world.start("anna", "--peer", there)
    until(lambda: "par la boîte" in visits(world, "anna", patient), "and Anna has it")
    check(world.run("box", "dump") == "" and names(world, "box") == [], "the box shows nothing")
    world.run("box", "patient", "add", "lastName=A", "firstName=B", expect=DENIED)
    world.end(anna)
    world.end(box)
    check(world.run("box", "dump") == "", "also after a restart")


def facilitator(world):
    """Counts that are large enough, and one case with the patient's consent: nothing else, and the case for as long as the consent holds."""
    patient = world.run("anna", "patient", "add", "lastName=Quatrain", "firstName=Marceline", "birthDate=1941-02-03", "sex=F", "gir=3",
                        "street=12 rue du Port", "phone=0240000000", "nir=2410244109012").strip()
    problem = world.run("anna", "problem", "add", patient, "code=38", "severity=actual", "name=Peau de Marceline",
                        "signs=rougeur au sacrum").strip()
    for scores in ("knowledge=2", "behaviour=2", "status=2"), ("knowledge=3", "behaviour=4", "status=5"):
        world.run("anna", "rating", "add", patient, f"problem={problem}", *scores)
    world.run("anna", "plan", "add", patient, f"problem={problem}", "category=treatment", "target=pansement Quatrain", "targetCode=12")
    visit(world, "anna", patient, "Marceline souffre")
    anna = world.start("anna", listen=f"127.0.0.1:{PORT}")
    join(world, "anna", anna.port, "fanny", "--role", "facilitator")
    join(world, "anna", anna.port, "felix", "--role", "facilitator")
    fanny_id = person_of(world, "fanny")
    share = ("case", "share", patient, "--to", fanny_id[:8])
    world.run("anna", *share, "--until", day(3), expect=INVALID, says="how did the patient consent")
    world.run("anna", *share, "--until", day(-1), "--consent", "oral", expect=INVALID, says="from today")
    world.run("anna", "case", "share", patient, "--to", person_of(world, "anna")[:8], "--until", day(3), "--consent", "oral", expect=INVALID,
              says="for a facilitator")
    case = world.run("anna", *share, "--until", day(3), "--consent", "oral, Mme Quatrain, devant sa fille").strip()
    there = f"127.0.0.1:{PORT}"
    fanny, felix = world.start("fanny", "--peer", there), world.start("felix", "--peer", there)
    until(lambda: [c["id"] for c in world.json("fanny", "case", "list")["cases"]] == [case], "the case is there")
    shown = world.json("fanny", "case", "show", case)
    check(shown["case"]["age"] == "80-89" and shown["case"]["gir"] == 3 and shown["case"]["visits"] == 1, f"redacted: {shown}")
    check([(p["code"], p["ratings"], p["firstStatus"], p["lastStatus"]) for p in shown["problems"]] == [(38, 2, 2, 5)], f"{shown}")
    check([(c["category"], c["code"], c["targetCode"]) for c in shown["cares"]] == [("treatment", 38, 12)], f"{shown}")
    until(lambda: all(p["level"] for p in world.json("felix", "status")["peers"] if p["connected"]), "the other is level")
    check(world.json("felix", "case", "list")["cases"] == [], "another facilitator is not given it")
    held = world.run("fanny", "dump") + world.run("felix", "dump") + json.dumps(shown)
    for word in "Quatrain", "Marceline", "1941", "rue du Port", "0240000000", "2410244", "sacrum", "pansement", "oral", patient, problem:
        check(word not in held, f"{word} is nowhere there")
    check(names(world, "fanny") == [] and not {f["compartment"] for f in world.json("fanny", "status")["feeds"]} & {"clinical", "billing"},
          "nothing clinical went there, not even sealed")
    world.run("fanny", "patient", "show", patient, expect=NOT_FOUND)
    for words in (("patient", "add", "lastName=A", "firstName=B"), ("indicators", "write", "2026-01"), ("case", "end", case)):
        world.run("fanny", *words, expect=DENIED)
    check("facilitator-case" in world.run("anna", "dump"), "the consent is in the dossier")
    counts(world)
    thread = world.run("anna", "messages", "send", "Jeudi", "Ordre du jour ?", "--to", fanny_id[:8]).strip()
    (given,) = until(lambda: world.json("fanny", "messages", "list")["threads"], "a facilitator who is addressed is given a thread")
    check(given["unread"] == 1 and world.json("felix", "messages", "list")["threads"] == [], f"she alone: {given}")
    world.run("fanny", "messages", "reply", thread, "Oui", expect=DENIED)
    world.run("fanny", "messages", "read", thread)
    (given,) = world.json("fanny", "messages", "list")["threads"]
    asked = [item for item in world.json("fanny", "work")["items"] if item["type"] != "teamMoved"]
    check(given["unread"] == 0 and asked == [], f"what she has read is marked on her device: {given} {asked}")
    for program in fanny, felix, anna:
        world.end(program)
    # after the last day: hidden by its own clock, then destroyed by a nurse's
    check(world.json("fanny", "case", "list", **at(3 * DAY_S))["cases"], "on the last day it is still there")
    check(world.json("fanny", "case", "list", **at(5 * DAY_S))["cases"] == [], "afterwards it is hidden")
    world.run("fanny", "case", "show", case, expect=NOT_FOUND, says="has ended", **at(5 * DAY_S))
    anna, fanny = together(world, "anna", "fanny", both_s=5 * DAY_S)
    until(lambda: "gir" not in world.run("fanny", "dump"), "its document is emptied")
    world.end(fanny)
    world.end(anna)
    check(world.json("fanny", "case", "list")["cases"] == [], "its key is gone: with the clock put back it is not there again")
    check(world.json("anna", "case", "list")["cases"] == [], "neither at the nurse's")


def counts(world):
    """Eleven patients and more are counted; ten are not, and a change of three is not shown."""
    month = (today().replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    text = month.strftime("%Y-%m")
    write = ("indicators", "write", text)
    world.run("anna", "indicators", "write", today().strftime("%Y-%m"), expect=INVALID, says="that is over")
    world.run("anna", "indicators", "write", "2026-13", expect=INVALID)

    def see(number):
        patient = world.run("anna", "patient", "add", f"lastName=Compté{number}", "firstName=P").strip()
        world.run("anna", "visit", "add", patient, f"start={text}-03T08:00:00+01:00", f"end={text}-03T09:00:00+01:00",
                  f"nurse={person_of(world, 'anna')[:12]}")

    def shown(who):
        rows = {r["indicator"]: r["numerator"] for r in world.json(who, "indicators", "--month", text)["rows"] if r["stratum"] == "all"}
        return [rows.get("activity." + name) for name in ("patients", "visits", "minutes")]

    for number in range(10):
        see(number)
    world.run("anna", *write, says="Written")
    until(lambda: "practice.sharings" in world.run("fanny", "indicators", "--month", text), "what tells of the team alone is there")
    check(shown("fanny") == [None, None, None], "ten are not shown")
    for number in range(10, 12):
        see(number)
    world.run("anna", *write, says="Written")
    until(lambda: shown("fanny") == [12, 12, 720], "the facilitator sees them")
    for number in range(12, 15):
        see(number)
    world.run("anna", *write, says="Nothing is written")
    for number in range(15, 23):
        see(number)
    world.run("anna", *write, says="Written")
    until(lambda: shown("fanny") == [23, 23, 1380], "a change by eleven is shown")


def words(world):
    """What each may, and until when, in both languages."""
    said = {m["role"]: m["rights"] for m in world.json("anna", "members")["members"]}
    check("gère l'équipe" in said["nurse"]["fr"] and "manages the team" in said["nurse"]["en"], f"{said}")
    check("jusqu'au" in said["locum"]["fr"] and "until" in said["locum"]["en"] and "no others" in said["locum"]["en"], f"{said}")
    check("aucun dossier" in said["facilitator"]["fr"] and "no dossier" in said["facilitator"]["en"], f"{said}")
    check("ne peut rien lire" in said["relay"]["fr"] and "can read nothing" in said["relay"]["en"], f"{said}")
    world.run("anna", "members", says="holds everything and can read nothing")
    world.run("lou", "status", says="dossiers shared one by one, and no others; no billing, until ")
    check("ses droits ont pris fin" in world.json("lou", "status", **at(9 * DAY_S))["rights"]["fr"], "and when they are over")
    check(world.json("lou", "status", **at(9 * DAY_S))["rightsOver"] and not world.json("lou", "status")["rightsOver"], "for a screen, too")
    check("à partir du" in world.json("paul", "status")["rights"]["fr"], "and from when")


def main():
    world = World()
    try:
        make(world, "anna")
        world.run("anna", "team", "create", "Anna")
        given = locum(world)
        dates(world, given)
        relay(world)
        facilitator(world)
        words(world)
    finally:
        world.close()


if __name__ == "__main__":
    main()
