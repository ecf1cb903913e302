#!/usr/bin/env python3
"""A nurse's visits on real programs: drafts that survive kill -9 at each step, forms that are saved whole or not at all, what runs on two devices, transmissions that
are read by those who read them, a week of working time.

Usage: visits.py RELEVE GENERATOR SEARCH. Waiting is for what another program says, never for a time.
"""
import datetime
import json
import signal
import sys

sys.dont_write_bytecode = True
import world as lib
from kinds import Kinds, Records, asker
from records import join, level, person_of
from story import ask, follow
from world import CONFLICT, INVALID, NOT_FOUND, USAGE, World, check, today, until


def paris(day, clock):
    """A moment of a day on the wall's clock, with Paris's offset."""
    hour, minute = clock
    moment = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=datetime.timezone.utc)
    summer = lib.last_sunday(day.year, 3) <= moment - datetime.timedelta(hours=1) < lib.last_sunday(day.year, 10)
    return f"{day.isoformat()}T{hour:02}:{minute:02}:00+0{2 if summer else 1}:00"


class Device:
    """A program that runs, is killed, and runs again."""

    def __init__(self, world, who, *words):
        self.world, self.who, self.words = world, who, words
        self.begin()

    def begin(self, *words):
        self.program = self.world.start(self.who, *(words or self.words))
        self.ask = asker(ask, self.program)

    def kill(self):
        self.program.send_signal(signal.SIGKILL)
        self.program.wait(60)
        self.program.stdout.close()
        self.world.programs.remove(self.program)
        self.begin()

    def end(self):
        self.world.end(self.program)

    def want(self, status, method, path, body=None):
        got, reply = self.ask(method, path, body)
        check(got == status, f"{method} {path} {body}: {got}, expected {status}: {reply}")
        return reply


# ---- One device ----

def killed_at_each_step(anna, patient, problem, item):
    """What was answered is there after kill -9: start, keystrokes, a refused stop, the stop."""
    anna.want(201, "POST", f"/api/patients/{patient}/visits/start", {})
    anna.kill()
    began = anna.want(200, "GET", "/api/visits/running")["visit"]
    check(began["patient"] == patient, "the visit runs on")
    version = began["version"]
    typed = "Plaie propre, 😀 pansement refait"
    for place, letter in enumerate(typed):
        at = len(typed[:place].encode("utf-16-le")) // 2
        anna.want(200, "PUT", "/api/drafts/visit", {"version": version + place, "text": [{"at": "/values/note", "from": at, "insert": letter}]})
    anna.kill()
    version += len(typed)
    draft = anna.want(200, "GET", "/api/drafts/visit")
    check(draft["values"]["note"] == typed and draft["version"] == version, f"every keystroke is there: {draft}")
    anna.world.run("anna", "lock")
    anna.want(403, "PUT", "/api/drafts/visit", {"version": version, "values": {}})
    anna.world.run("anna", "unlock")
    check(anna.want(200, "GET", "/api/drafts/visit") == draft, "and after it was locked")
    listed = anna.want(200, "GET", "/api/drafts")["drafts"]
    check([(one["key"], one["in"]) for one in listed] == [("visit", patient)] and "since" in listed[0], f"unfinished since: {listed}")
    stale = anna.want(409, "PUT", "/api/drafts/visit", {"version": version - 1, "values": {}})
    check(stale["error"]["draft"]["values"]["note"] == typed, "another window replaces nothing, and sees what there is")
    along = {"rating": [{"problem": problem[:12], "knowledge": 3, "behaviour": 4, "status": 9}],
             "vital": [{"measures": {"temp": "36.8"}}], "transmission": [{"data": "plaie", "problem": problem[:12], "urgency": "urgent"}]}
    anna.want(200, "PUT", "/api/drafts/visit", {"version": version, "change": {"values": {"done": [item[:12]]}, "with": along}})
    refusal = anna.want(400, "POST", "/api/visits/stop", {})["error"]["problems"]
    check([(one["field"], one["path"]) for one in refusal] == [("status", "/with/rating/0")] and "Statut" in refusal[0]["fr"], f"{refusal}")
    anna.kill()
    for kind in ("visit", "rating", "vital"):
        check(anna.want(200, "GET", f"/api/patients/{patient}/{kind}")["records"] == [], f"{kind}: nothing was saved")
    along["rating"][0]["status"] = 2
    anna.want(200, "PUT", "/api/drafts/visit", {"version": version + 1, "change": {"with": along}})
    saved = anna.want(200, "POST", "/api/visits/stop", {})
    anna.kill()
    check(anna.want(200, "GET", "/api/visits/running")["visit"] is None, "nothing runs any more")
    entries = set()
    for one in saved["records"]:
        found = [row for row in anna.want(200, "GET", f"/api/patients/{patient}/{one['kind']}")["records"] if row["id"] == one["id"]]
        check(len(found) == 1, f"{one} is saved once")
        entries.add(found[0]["author"]["seq"])
        check(one["kind"] == "visit" or found[0]["visit"] == saved["id"][:12], f"it belongs to the visit: {found}")
        check(one["kind"] != "visit" or (found[0]["note"], found[0]["timed"]) == (typed, "measured"), f"{found}")
    check(len(saved["records"]) == 4 and len(entries) == 1, f"one change holds all of it: {entries}")


def every_field(anna, patient, kinds, records):
    """What is wrong in a field is kept in the draft, refused by the field's label, and saved once it is mended."""
    wrong = {"text": 5, "instant": "hier", "after": "demain", "enum": "no such", "ref": "zz", "short": "zz", "shorts": ["zz"], "bool": "oui", "vitals": {"iq": 1},
             "int": "x", "date": "2026-02-30"}
    for name in ("visit", "transmission", "message"):
        kind = kinds.by_name[name]
        where = {"in": patient} if kinds.per(kind) == "patient" else {"in": records.place(kind)[4:]}
        for field in kind["fields"]:
            values = {key: value for key, value in records.record(kind).items() if key not in ("coNurse", "done", "prescription", "planned", "rate", "visit", "problem")}
            values[field["name"]] = wrong[field["type"]]
            key = f"{name}.{field['name']}"
            anna.want(201, "PUT", f"/api/drafts/{key}", {"kind": name, **where, "values": values})
            said = anna.want(400, "POST", f"/api/drafts/{key}/save")["error"].get("problems", [])
            check([one for one in said if one["field"] == field["name"] and field["label"]["fr"] in one["fr"]], f"{key}: {said}")
            draft = anna.want(200, "GET", f"/api/drafts/{key}")
            check(draft["values"] == values, f"{key}: the draft is kept")
            anna.want(200, "DELETE", f"/api/drafts/{key}")
        check(anna.want(200, "GET", "/api/drafts")["drafts"] == [], "they are discarded")
    anna.want(200, "POST", "/api/drafts/message.body/restore")
    check(anna.want(200, "GET", "/api/drafts/message.body")["values"]["body"] == 5, "which can be taken back")
    version = anna.want(200, "GET", "/api/drafts/message.body")["version"]
    anna.want(200, "PUT", "/api/drafts/message.body", {"version": version, "change": {"values": {"body": "Bonjour"}}})
    one = anna.want(200, "POST", "/api/drafts/message.body/save")["id"]
    again = anna.want(200, "POST", "/api/drafts/message.body/save")
    check(again["id"] == one and not again["changed"], "saved once, however often it is asked")
    anna.want(404, "DELETE", "/api/drafts/message.body")


def changed_in_a_draft(anna, patient, item):
    """A record of fields that is changed in a form: what a colleague wrote meanwhile in another field stays."""
    seen = [one for one in anna.want(200, "GET", f"/api/patients/{patient}/intervention")["records"] if one["id"] == item][0]["seen"]
    anna.want(201, "PUT", "/api/drafts/plan", {"kind": "intervention", "in": patient, "record": item, "values": {"detail": "deux fois", "seen": seen}})
    anna.want(200, "PATCH", f"/api/patients/{patient}/intervention/{item}", {"category": "surveillance"})
    check(anna.want(200, "POST", "/api/drafts/plan/save")["id"] == item, "the record itself is changed")
    shown = [one for one in anna.want(200, "GET", f"/api/patients/{patient}/intervention")["records"] if one["id"] == item][0]
    check((shown["detail"], shown["category"]) == ("deux fois", "surveillance"), f"{shown}")


def bad_drafts(anna, patient):
    kind = {"kind": "transmission", "in": patient}
    for status, key, body in ((400, "a%2Fb", kind), (400, "x" * 65, kind), (404, "visit", kind), (400, "a", {}), (400, "a", {"kind": "no such", "in": patient}),
                              (400, "a", {"kind": "lot"}), (404, "a", {**kind, "in": "ab" * 16}), (400, "a", {"kind": "transmission"}), (404, "a", {**kind, "version": 3}),
                              (400, "a", {**kind, "record": "ab" * 16}), (400, "a", {**kind, "values": []}), (400, "a", {**kind, "with": {"x": 5}})):
        anna.want(status, "PUT", f"/api/drafts/{key}", body)
    anna.want(413, "PUT", "/api/drafts/a", {**kind, "values": {"data": "x" * (256 * 1024)}})
    check(not [one for one in anna.want(200, "GET", "/api/drafts?all=1")["drafts"] if one["key"] == "a"], "none of these left anything")
    anna.want(404, "POST", "/api/drafts/a/save")
    anna.want(404, "POST", "/api/drafts/a/restore")
    anna.want(201, "PUT", "/api/drafts/a", {**kind, "values": {"data": "x"}, "with": {"patient": [{}]}})
    anna.want(400, "POST", "/api/drafts/a/save")
    anna.want(200, "PUT", "/api/drafts/a", {"version": 1, "with": {"reply": [{"id": "zz"}]}})
    anna.want(400, "POST", "/api/drafts/a/save")
    for i in range(63):
        anna.want(201, "PUT", f"/api/drafts/many{i}", kind)
    anna.want(503, "PUT", "/api/drafts/many63", kind)
    check(len(anna.want(200, "GET", "/api/drafts")["drafts"]) == 64, "of those that are open none gives way")
    for i in range(63):
        anna.want(200, "DELETE", f"/api/drafts/many{i}")
    anna.want(200, "DELETE", "/api/drafts/a")


def ended_otherwise(world, anna, patient):
    """A visit that was not done, one that was stopped too late, one that was started by mistake."""
    day = today() - datetime.timedelta(days=1)
    follow(anna.program, lambda: world.run("anna", "visit", "start", patient, f"start={paris(day, (20, 0))}"), lambda data: data.get("overMidnight"))
    status = anna.want(200, "GET", "/api/status")["visit"]
    check(status["long"] and status["overMidnight"] and "20:00" in status["fr"], f"it is told: {status}")
    check("20:00" in world.run("anna", "status"), "also on the command line")
    work = anna.want(200, "GET", "/api/work")["items"]
    check([one["urgency"] for one in work if one["type"] == "runningVisit"] == ["now"], f"and in the list of work: {work}")
    world.run("anna", "visit", "stop", "end=2100-01-01 10:00", expect=INVALID, says="not past yet")
    world.run("anna", "visit", "stop", "outcome=absent", "billable=yes", "end=20:10", expect=INVALID, says="Billable")
    world.run("anna", "visit", "note", "note=Personne", expect=0)
    one = world.run("anna", "visit", "stop", "outcome=absent", "end=20:10").strip()
    saved = [row for row in anna.want(200, "GET", f"/api/patients/{patient}/visit")["records"] if row["id"] == one][0]
    check((saved["end"], saved["billable"], saved["timed"], saved["note"]) == (paris(day, (20, 10)), False, "given", "Personne"), f"{saved}")
    world.run("anna", "visit", "start", patient)
    world.run("anna", "visit", "note", "--with", "transmission", "data=À revoir", "focus=Sommeil")
    world.run("anna", "visit", "cancel")
    world.run("anna", "visit", "show", says="No visit is running")
    world.run("anna", "visit", "resume")
    check("À revoir" in world.run("anna", "visit", "show"), "what was discarded is there again")
    check("unfinished" in world.run("anna", "draft", "show", "visit").lower() and "visit" in world.run("anna", "draft", "list"), "and listed")
    world.run("anna", "draft", "discard", "visit")
    world.run("anna", "draft", "save", "visit", expect=NOT_FOUND)
    world.run("anna", "undo", "--reason", "erreur", "--yes")


# ---- Two devices ----

def two_devices(world, anna, patient):
    """Of one nurse: a draft stays where it was typed; two visits at one time are both kept, and told."""
    start, end = paris(today() - datetime.timedelta(days=2), (8, 0)), paris(today() - datetime.timedelta(days=2), (8, 30))
    world.run("anna", "visit", "start", patient, f"start={start}")
    invitation = world.run("anna", "invite", "--no-qr", "--person", person_of(world, "anna")).strip()
    world.run("laptop", "init", "--cheap-key")
    world.run("laptop", "join", "Anna", f"127.0.0.1:{anna.program.port}", "--invitation", invitation, "--person", person_of(world, "anna"))
    laptop = Device(world, "laptop", "--peer", f"127.0.0.1:{anna.program.port}")
    until(lambda: level(world, "laptop") and any(one["id"] == patient for one in laptop.ask("GET", "/api/patients")[1].get("patients", [])), "the laptop has the dossier")
    check(laptop.want(200, "GET", "/api/drafts")["drafts"] == [], "drafts are of one device")
    said = laptop.want(404, "POST", "/api/visits/stop", {})["error"]
    check("another device" in said["message"] and "autre appareil" in said["fr"], f"{said}")
    one = laptop.want(201, "POST", f"/api/patients/{patient}/visits", {"start": start, "end": end})
    until(lambda: any(row["id"] == one["id"] for row in anna.want(200, "GET", f"/api/patients/{patient}/visit")["records"]), "it came")
    both = anna.want(200, "POST", "/api/visits/stop", {"end": "08:20"})
    check([one["number"] for one in both["warnings"]] == [158], f"both are kept, and it is told: {both}")
    laptop.end()


def very_many(world, anna, bea, patient):
    """However many somebody writes: what no list has room for is counted, by whom, and comes when the rest is read."""
    many = [anna.want(201, "POST", f"/api/patients/{patient}/transmission", {"data": str(i), "focus": "x", **({"urgency": "urgent"} if i < 3 else {})})["id"] for i in range(203)]

    def to_read(query=""):
        return bea.want(200, "GET", "/api/transmissions?toRead=1" + query)
    until(lambda: to_read()["total"] == 203, "all of them are counted")
    shown = to_read()
    check([one["id"] for one in shown["transmissions"][:3]] == many[2::-1], "the urgent ones, which are the oldest, are shown")
    (left,) = shown["left"]
    read = sum(1 for one in shown["transmissions"] if one["id"] in many)
    check((left["byName"], left["count"] + read, left["urgent"]) == ("Anna", 203, 0), f"the others are counted, by whom: {left}")
    page = to_read("&limit=150")
    check(page["next"] == 150 and "upto" not in page, "a page has no mark of all")
    check([one["id"] for one in to_read("&limit=150&from=150")["transmissions"]] == [one["id"] for one in shown["transmissions"][150:]], "the next page goes on there")
    world.run("bea", "transmissions", "--to-read", says=f"And {left['count']} more by Anna")
    done = bea.want(200, "POST", "/api/transmissions/read", {"upto": shown["upto"]})
    check(done == {"read": read, "left": 203 - read}, f"what was shown is read: {done}")
    until(lambda: to_read()["total"] == len(to_read()["transmissions"]) == 203 - read, "and the others have room")
    bea.want(200, "POST", "/api/transmissions/read", {"upto": to_read()["upto"]})
    check(to_read()["total"] == 0, "until nothing is left")


def transmissions(world, anna, patient, other):
    """To read, read by, and answered apart."""
    anna.want(201, "POST", f"/api/patients/{patient}/transmission", {"data": "d'avant elle", "focus": "x"})
    join(world, "anna", anna.program, "bea")
    bea = Device(world, "bea", "--peer", f"127.0.0.1:{anna.program.port}")
    usual = anna.want(201, "POST", f"/api/patients/{patient}/transmission", {"data": "courante", "code": "PB26"})["id"]
    near = anna.want(201, "POST", f"/api/patients/{other}/transmission", {"data": "chez elle", "code": "PB26"})["id"]
    urgent = anna.want(201, "POST", f"/api/patients/{patient}/transmission", {"data": "urgente", "urgency": "urgent"})["id"]
    anna.want(200, "PATCH", f"/api/patients/{other}", {"circle": [person_of(world, "bea")[:12]]})

    def thread(device):
        return [one for one in device.want(200, "GET", f"/api/patients/{patient}/transmissions")["transmissions"] if one["id"] == urgent][0]

    def to_read(device):
        return device.want(200, "GET", "/api/transmissions?toRead=1")
    until(lambda: level(world, "anna", person_of(world, "bea")) and to_read(bea)["total"] == 3, "three came")
    shown = to_read(bea)
    check([one["id"] for one in shown["transmissions"]] == [urgent, near, usual], f"urgent ones, then those of her circle: {shown}")
    check(to_read(anna)["total"] == 0, "one's own are not to read")

    def is_work():
        return any(one["type"] == "transmission" and one["records"] == [urgent] for one in bea.want(200, "GET", "/api/work?mine=1")["items"])
    check(is_work(), "an urgent one is work")
    later = anna.want(201, "POST", f"/api/patients/{patient}/transmission", {"data": "après", "focus": "x"})["id"]
    until(lambda: to_read(bea)["total"] == 4, "one more came")
    check(bea.want(200, "POST", "/api/transmissions/read", {"upto": shown["upto"]}) == {"read": 3, "left": 1}, "what was shown is read")
    check(not is_work(), "and is work no more")
    check([one["id"] for one in to_read(bea)["transmissions"]] == [later], "what came since is not")
    check("1 read; 0 to read" in world.run("bea", "transmission", "read", later), "one by one")
    world.run("bea", "transmission", "read", expect=USAGE)
    bea.want(400, "POST", "/api/transmissions/read", {})
    bea.want(400, "POST", "/api/transmissions/read", {"upto": "zz"})
    until(lambda: thread(anna)["readBy"], "Anna knows")
    bea.end()
    anna.want(201, "POST", f"/api/patients/{patient}/reply", {"transmission": urgent[:12], "body": "j'y vais"})
    anna.end()  # each remembers where the other was: only one of them may run
    bea.begin()
    bea.want(201, "POST", f"/api/patients/{patient}/reply", {"transmission": urgent[:12], "body": "j'y vais aussi"})
    bea.end()
    anna.begin()
    bea.begin("--peer", f"127.0.0.1:{anna.program.port}")
    until(lambda: all(len(thread(device)["replies"]) == 2 for device in (anna, bea)), "both replies are on both")
    for device in (anna, bea):
        check([one.get("apart") for one in thread(device)["replies"]] == [True, True], f"written apart: {thread(device)}")
        check([one["name"] for one in thread(device)["readBy"]] == ["Bea"], f"read by her alone: {thread(device)}")
    anna.want(201, "POST", f"/api/patients/{patient}/reply", {"transmission": urgent[:12], "body": "vas-y"})
    check([one.get("apart") for one in thread(anna)["replies"]] == [True, True, None], "a third one knows both")
    check("written apart" in world.run("anna", "transmissions", "--patient", patient), "the command line says so")
    check("courante" in world.run("anna", "transmissions"), "of all dossiers")
    world.run("bea", "transmissions", "--to-read", says="Nothing")
    very_many(world, anna, bea, patient)
    bea.end()


def ahead(anna, patient):
    """A visit of a day to come is a slip of the finger, or of the clock: kept, and told."""
    day = today() + datetime.timedelta(days=400)
    saved = anna.want(201, "POST", f"/api/patients/{patient}/visits", {"start": paris(day, (8, 0)), "end": paris(day, (9, 0))})
    check([(one["number"], one["field"]) for one in saved["warnings"]] == [(159, "start")], saved)


def week(world, anna, patient):
    """Time with patients over all time; what overlaps is kept, and told."""
    monday = today() - datetime.timedelta(days=today().weekday() + 21)
    name = f"{monday.isocalendar()[0]}-W{monday.isocalendar()[1]:02}"
    visit = anna.want(201, "POST", f"/api/patients/{patient}/visits", {"start": paris(monday, (8, 0)), "end": paris(monday, (9, 0))})["id"]
    time = {"activity": "travel", "start": paris(monday, (8, 45)), "end": paris(monday, (9, 15))}
    check([one["number"] for one in anna.want(201, "POST", "/api/times", time)["warnings"]] == [158], "it overlaps, and is kept")
    summary = anna.want(200, "GET", f"/api/times/summary?week={name}")
    nurse = summary["nurses"][0]
    check((nurse["patientMinutes"], nurse["totalMinutes"], nurse["overlapMinutes"], nurse["patientPerMille"]) == (60, 75, 15, 800), f"{summary}")
    check([(one["id"], one["otherKind"]) for one in nurse["overlaps"]] == [(visit, "timeEntry")] and summary["aimPerMille"] == 625, f"{summary}")
    world.run("anna", "visit", "amend", patient, visit, f"start={paris(monday, (8, 0))}", f"end={paris(monday, (8, 30))}", "--reason", "faute")
    nurse = anna.want(200, "GET", f"/api/times/summary?day={monday.isoformat()}")["nurses"][0]
    check((nurse["patientMinutes"], nurse["totalMinutes"], nurse["overlaps"]) == (30, 60, []), f"as it was amended: {nurse}")
    check("50.0 %" in world.run("anna", "time", "week", name), "on the command line")
    world.run("anna", "visit", "amend", patient, visit, f"end={paris(monday, (8, 20))}", "--reason", "faute encore")
    world.run("anna", "visit", "amend", patient, visit, f"start={paris(monday, (8, 10))}", "--reason", "et encore")
    nurse = anna.want(200, "GET", f"/api/times/summary?day={monday.isoformat()}")["nurses"][0]
    check(nurse["patientMinutes"] == 10, f"whoever corrects one time leaves the other as it stood: {nurse}")
    world.run("anna", "time", "log", "administration", "1", "courrier")
    world.run("anna", "time", "log", "administration", "x", expect=USAGE)
    for bad in ("week=2026-W54", "week=x", "day=2026-02-30"):
        anna.want(400, "GET", f"/api/times/summary?{bad}")


def all_of_them(anna, patient, other):
    """Every visit, page by page, newest first; each in its place, with whose it is and who wrote it; and the months that they are of."""
    said = lambda query: anna.want(200, "GET", f"/api/visits?{query}")
    before = said("from=0&limit=5000")
    for day, who in ((3, patient), (1, other), (2, patient)):
        anna.want(201, "POST", f"/api/patients/{who}/visits", {"start": f"2019-02-0{day}T08:00:00+01:00", "end": f"2019-02-0{day}T08:20:00+01:00"})
    whole = said("from=0&limit=5000")
    check(whole["total"] == before["total"] + 3 == len(whole["visits"]), f"as many as there are: {whole['total']}")
    check([visit["start"][:10] for visit in whole["visits"][-3:]] == ["2019-02-03", "2019-02-02", "2019-02-01"], "the oldest last, whenever they were written down")
    check(sorted(visit["id"] for visit in before["visits"]) == sorted(visit["id"] for visit in whole["visits"][:-3]), "the others before them")
    last = whole["visits"][-1]
    check((last["patient"], last["patientName"], last["byName"]) == (other, "Deux A", "Anna"), f"whose and by whom: {last}")
    check(whole["months"][-1] == {"month": "2019-02", "count": 3} and sum(month["count"] for month in whole["months"]) == whole["total"], f"{whole['months']}")
    pages = [visit for start in range(0, whole["total"], 2) for visit in said(f"from={start}&limit=2")["visits"]]
    check([visit["id"] for visit in pages] == [visit["id"] for visit in whole["visits"]], "page by page the same")
    past = said(f"from={whole['total']}&limit=2")
    check(past["visits"] == [] and past["total"] == whole["total"], "nothing past the end")


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        anna = Device(world, "anna")
        patient, other = (anna.want(200, "POST", "/api/patients", {"lastName": name, "firstName": "A"})["id"] for name in ("Un", "Deux"))
        problem = anna.want(201, "POST", f"/api/patients/{patient}/problem", {"code": "PB26", "severity": "actual"})["id"]
        item = anna.want(201, "POST", f"/api/patients/{patient}/intervention", {"problem": problem[:12], "category": "treatment", "targetCode": "TG14"})["id"]
        killed_at_each_step(anna, patient, problem, item)
        kinds = Kinds(anna.ask, person_of(world, "anna"))
        records = Records(kinds, anna.ask, "x")
        records.ids["patient"] = patient
        every_field(anna, patient, kinds, records)
        changed_in_a_draft(anna, patient, item)
        bad_drafts(anna, patient)
        ended_otherwise(world, anna, patient)
        two_devices(world, anna, patient)
        week(world, anna, other)
        ahead(anna, other)
        transmissions(world, anna, patient, other)
        all_of_them(anna, patient, other)
        anna.end()
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
