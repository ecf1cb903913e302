#!/usr/bin/env python3
"""Who opened whose record: the access log as people use it, from the reading to the file that a control checks.

Usage: access.py RELEVE GENERATOR.
"""
import datetime
import http.client
import json
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DIFFERS, INVALID, NOT_FOUND, USAGE, World, check, today


def export(world, who, *words):
    """As a shell's ">" does it: the bytes as they are."""
    path = world.root / "export"
    with path.open("wb") as file:
        subprocess.run([lib.RELEVE, "access", "export", *words, "--data", str(world.root / who), "--passphrase-file", str(world.secret)],
                       stdout=file, check=True)
    return path


def details(path, kind):
    """What was noted with rows of a kind."""
    return [int(line.split(";")[8]) for line in path.read_text().splitlines()[1:] if line.count(";") == 9 and line.split(";")[4] == kind]


def kinds(path):
    return [line.split(";")[4] for line in path.read_text().splitlines()[1:] if line.count(";") == 9]


def noted(world):
    """Each opening once an hour, whoever asks, also after a restart."""
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "=Anna")
    first = world.run("anna", "patient", "add", "lastName==1+1", "firstName=Zoé").strip()
    second = world.run("anna", "patient", "add", "lastName=Petit", "firstName=Luc").strip()
    check(json.loads(world.run("anna", "access", first, "--json"))["accesses"] == [], "nobody opened it yet")
    for _ in range(3):
        world.run("anna", "patient", "show", first)
    world.run("anna", "history", first)
    world.run("anna", "patient", "list", "Petit")
    world.run("anna", "visit", "list", "--day", "2026-11-26")
    out = world.json("anna", "access", first)
    check([row["kind"] for row in out["accesses"]] in (["record", "history"], ["record", "history", "record", "history"]),
          f"opened: {out}")  # twice where the hour ended meanwhile
    check(out["accesses"][0]["name"] == "=Anna" and out["days"] == 365, f"by whom: {out}")
    check(world.json("anna", "access", second)["accesses"] == [], "the other one was not opened")
    world.run("anna", "access", "ffffffff", expect=NOT_FOUND)
    return first, second


def no_way_around(world):
    """Whatever shows what stands in one dossier says so in the log; what lists many shows who they are, and no more."""
    who = world.run("anna", "patient", "add", "lastName=Detour", "firstName=Ida", "allergies=latex", "history=infarctus", "doorCode=B42",
                    "birthDate=1940-05-06", "town=Lille").strip()
    listed = world.run("anna", "patient", "list", "Detour", "--json")
    check("1940-05-06" in listed and "Lille" in listed, f"who it is: {listed}")
    for word in ("latex", "infarctus", "B42"):
        check(word not in listed, f"a search shows what stands in a dossier, and the log would not say whose: {listed}")
    for words, kind in ((("undo", who, "--dry-run"), "history"), (("patient", "erase", who, "--reason", "mistake"), "record")):
        before = [row["kind"] for row in world.json("anna", "access", who)["accesses"]]
        check(kind not in before, f"not yet: {before}")
        shown = world.attempt("anna", *words)
        check("Ida" in shown.stdout + shown.stderr, f"{words} shows the dossier: {shown}")
        after = [row["kind"] for row in world.json("anna", "access", who)["accesses"]]
        check(kind in after, f"{words} left no trace: {after}")
    lists = len([kind for kind in kinds(export(world, "anna")) if kind == "billing"])
    world.run("anna", "billing", "designate")
    world.run("anna", "billing", "close", "2026-01")
    world.run("anna", "billing", "verify", "2026-01")
    check(len([kind for kind in kinds(export(world, "anna")) if kind == "billing"]) > lists, "a statement was shown")


def searching(world):
    """A search that shows what stands in a dossier names it in the log; one that shows who somebody is, is a list."""
    who = world.run("anna", "patient", "add", "lastName=Trouvé", "firstName=Éva", "history=sarcoïdose", "doorCode=C43").strip()

    def found(*words):
        return world.json("anna", "search", *words)["found"]

    def rows():
        return [row["kind"] for row in world.json("anna", "access", who)["accesses"]]

    check([item["name"] for item in found("trouve")] == ["Trouvé Éva"] and "search" not in rows(), f"a name is no dossier: {rows()}")
    check(found("C43") == [], "nobody searches by door codes")
    shown = found("SARCOIDOSE", "trouvé")
    check([(item["kind"], item["field"], item["text"]) for item in shown] == [("patient", "history", "sarcoïdose")], f"found: {shown}")
    check(shown[0]["matches"] == [{"from": 0, "to": 10, "from16": 0, "to16": 10}], f"where it stands: {shown}")
    check("search" in rows() and "record" not in rows(), f"the log says so: {rows()}")
    check("sarc" not in export(world, "anna").read_text(), "the words are not kept")
    world.run("anna", "search", *"abcdefgh", says="Nothing that this device shows")
    world.run("anna", "search", " ".join("abcdefghi"), expect=None, says="at most eight words")


LISTS = {"/api/patients", "/api/visits", "/api/dump", "/api/mine", "/api/retention", "/api/access/export"}  # one row for all that they show


def every_route(world):
    """Of whatever can be read, what shows something of one dossier names it in the log."""
    world.run("dan", "init", "--cheap-key")
    world.run("dan", "team", "create", "Dan")
    dan = world.start("dan")

    def get(path):
        connection = http.client.HTTPConnection("127.0.0.1", dan.url.port, timeout=60)
        connection.request("GET", path, headers={"Authorization": "Bearer " + dan.url.fragment})
        return connection.getresponse().read().decode()

    routes = [route["path"] for route in json.loads(get("/api"))["routes"] if route["method"] == "GET" and route["path"] != "/api/events"]
    shown = set()
    for number, route in enumerate(routes):
        canary = f"Canari{number}z"
        who = world.run("dan", "patient", "add", f"lastName={canary}", f"firstName={canary}").strip()
        world.run("dan", "visit", "add", who, "start=2026-11-20 08:00", "end=2026-11-20 08:30", f"note={canary}")
        path = route.replace(":patient", who).replace(":document", who).replace(":kind", "visit").replace(":month", "2026-11")
        for query in ("", "?own=1&limit=1000", "?month=2026-11", "?moment=2099-01-01T00:00:00Z", "?names=1", f"?patient={who}", "?unencrypted=1", f"?words={canary}"):
            if canary in get(path + query) and route not in LISTS:
                shown.add(route)
                check(world.json("dan", "access", who)["accesses"] != [], f"GET {path + query} left no trace")
    check({"/api/patients/:patient", "/api/patients/:patient/:kind", "/api/patients/:patient/erasure", "/api/history/:document",
           "/api/history/:document/at", "/api/news", "/api/patients/:patient/file", "/api/patients/:patient/fhir", "/api/patients/:patient/liaison", "/api/patients/:patient/synthesis"} <= shown, f"what shows a dossier was tried: {shown}")
    world.end(dan)


def whole(world):
    """What leaves as a whole, and cases made from dossiers: one row says what, and how many dossiers."""
    for who in "emma", "fanny", "gina":
        world.run(who, "init", "--cheap-key")
    world.run("emma", "team", "create", "Emma")
    emma = world.start("emma")
    for who, role in ("fanny", "facilitator"), ("gina", "nurse"):
        guest = world.start(who)
        code = world.run("emma", "invite", "--role", role).strip()
        world.run(who, "join", who.capitalize(), f"127.0.0.1:{emma.port}", stdin=code)
        world.end(guest)
    person = next(m for m in world.json("emma", "members")["members"] if m["name"].get("lastName") == "Fanny")["person"]
    patients = [world.run("emma", "patient", "add", f"lastName=Petit{i}", "firstName=Luc").strip() for i in range(3)]
    for number, (command, kind) in enumerate((("dump", "dump"), ("backup", "backup"), ("bundle export", "file"), ("bundle export", "file"))):
        out = [str(world.root / f"whole{number}")] if command != "dump" else []
        before = details(export(world, "emma"), kind)
        world.run("emma", *command.split(), *out)
        check(details(export(world, "emma"), kind) == before + [len(patients)], f"{command} is in the log")
    check("cases" not in kinds(export(world, "emma")), "no case was shown")
    last = (today() + datetime.timedelta(days=3)).isoformat()
    cases = [world.run("emma", "case", "share", patient, "--to", person[:8], "--until", last, "--consent", "oral").strip() for patient in patients[:2]]
    world.run("emma", "case", "show", cases[0])
    check(details(export(world, "emma"), "cases") == [1], "a case is in the log")
    world.run("emma", "case", "list")
    check(details(export(world, "emma"), "cases") == [1, 2], "and the list of both")
    world.end(emma)


def due(world):
    """Dossiers that are due are listed by their names."""
    world.run("cora", "init", "--cheap-key")
    world.run("cora", "team", "create", "Cora")
    world.run("cora", "retention")
    check("patients" in kinds(export(world, "cora")), "patients were listed")


def exported(world, first, second):
    path = export(world, "anna")
    text = path.read_bytes().decode()
    check(b"\r\n" in path.read_bytes(), "lines end in CRLF")
    check(kinds(path)[0] == "begin" and kinds(path)[-1] == "export" and "visits" in kinds(path) and "patients" in kinds(path), f"{text}")
    check(";20261126;" in text and first in text and second not in text, "the day, and the record that was opened")
    check("Zoé" not in text and "Petit" not in text, "no names of patients, and not what was searched for")
    check('" =Anna"' in text, "a name is no formula")
    world.run("anna", "access", "verify", str(path), says="unaltered")
    world.run("anna", "access", "verify", str(path), "--here", says="unaltered")
    check('" =1+1 Zoé"' in export(world, "anna", "--names").read_text(), "with names where asked for, and no formulas")
    world.run("anna", "access", "verify", str(path), says="unaltered")
    (world.root / "json").write_text(world.run("anna", "access", "export", "--json"))
    world.run("anna", "access", "verify", str(world.root / "json"), "--here", says="unaltered")
    path = export(world, "anna", "--from", "2099-01-01")
    check(kinds(path) == [], "nothing then")
    world.run("anna", "access", "verify", str(path), says="0 rows")
    world.run("anna", "access", "export", "--from", "yesterday", expect=INVALID, says="A day is written")


def listed(world, first, second):
    """The same rows as a list, newest first: of one patient, of one month, page by page."""
    anna = world.start("anna")

    def rows(query):
        connection = http.client.HTTPConnection("127.0.0.1", anna.url.port, timeout=60)
        connection.request("GET", f"/api/access/rows{query}", headers={"Authorization": "Bearer " + anna.url.fragment})
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())

    status, every = rows("?limit=200")
    numbers = [row["number"] for row in every["rows"]]
    check(status == 200 and numbers == sorted(numbers, reverse=True) and not every["more"] and numbers[-1] == 1, f"all of them: {every}")
    check({"record", "history", "visits", "patients", "begin"} <= {row["kind"] for row in every["rows"]}, f"whatever was opened: {every}")
    check(all(row["name"] == "=Anna" for row in every["rows"] if row["kind"] == "record"), "by whom")
    hers = rows(f"?patient={first}")[1]["rows"]
    check({row["kind"] for row in hers} == {"record", "history"} and {row["patient"]["name"] for row in hers} == {"=1+1 Zoé"}, f"of one: {hers}")
    check(hers[0]["patient"]["id"] == first, "by her id")
    check(rows(f"?patient={second}")[1]["rows"] == [], "the other one was not opened")
    check(rows("?patient=ffffffff")[0] == 404, "and that one is not here")
    month = every["rows"][0]["moment"][:7]
    both = rows(f"?limit=200&month={month}")[1]["rows"] + rows(f"?limit=200&month={every['rows'][-1]['moment'][:7]}")[1]["rows"]
    check(set(numbers) <= {row["number"] for row in both}, "this month")
    check(rows("?month=2020-02")[1]["rows"] == [] and rows("?month=2020-2")[0] == 400, "another one; what is none")
    page = rows("?limit=2")[1]
    check(len(page["rows"]) == 2 and page["more"], "two at a time")
    rest = rows(f"?limit=200&before={page['rows'][-1]['number']}")[1]
    check([row["number"] for row in page["rows"] + rest["rows"]][-len(numbers):] == numbers, "and the rest")
    world.end(anna)


def altered(world):
    """A row taken out, altered, moved, cut off, and the same with the file's own hashes; nothing is taken for whole."""
    path = export(world, "anna")
    whole = path.read_bytes().decode()
    lines = whole.split("\r\n")
    copy = world.root / "copy.csv"

    def try_(lines, says, expect=DIFFERS):
        copy.write_text("\r\n".join(lines), newline="")
        world.run("anna", "access", "verify", str(copy), expect=expect, says=says)

    row = next(i for i, line in enumerate(lines) if i and ";record;" in line)
    try_(lines, "unaltered", expect=0)
    try_(lines[:row] + lines[row + 1:], "line")
    count = next(i for i, line in enumerate(lines) if line.startswith("rows;"))
    shorter = [line.replace(lines[count], f"rows;{int(lines[count][5:]) - 1}") for line in lines]
    try_(shorter[:row] + shorter[row + 1:], "does not follow")
    last = max(i for i, line in enumerate(lines) if ";export;" in line)
    try_(shorter[:last] + shorter[last + 1:], "signature")
    try_(lines[:1] + lines[2:row] + lines[row:], "line")
    try_(lines[:1] + [line.replace(";record;", ";news;") for line in lines[1:]], "does not follow")
    try_(lines[:row - 1] + [lines[row], lines[row - 1]] + lines[row + 1:], "does not follow")
    try_([line.replace("=Anna", "Bea") for line in lines], "signature")
    try_(lines[:-3], "cut short")
    try_([], "cut short")
    try_(["=cmd"], "altered, or is no export")
    for at in range(0, len(whole), 37):  # any byte
        other = whole[:at] + ("0" if whole[at] != "0" else "1") + whole[at + 1:]
        copy.write_text(other, newline="")
        done = world.attempt("anna", "access", "verify", str(copy))
        check(done.returncode == DIFFERS, f"byte {at} of {whole[at - 20:at + 20]!r}: {done}")
    document = json.loads(world.run("anna", "access", "export", "--json"))
    document["rows"][0]["moment"] = "2026-01-01T00:00:00+01:00"
    copy.write_text(json.dumps(document))
    world.run("anna", "access", "verify", str(copy), expect=DIFFERS, says="does not follow")
    document["format"] = "releve access 9"
    copy.write_text(json.dumps(document))
    world.run("anna", "access", "verify", str(copy), expect=INVALID, says="this version")


def kept(world):
    world.run("anna", "access", "days", says="365")
    world.run("anna", "access", "days", "179", expect=INVALID, says="180 to 1095")
    world.run("anna", "access", "days", "many", expect=USAGE)
    world.run("anna", "access", "days", "200", says="200")
    world.run("anna", "access", "days", says="200")
    check("period" in kinds(export(world, "anna")), "the log says so")


def running(world, first, second):
    """The running program: what it showed is on the disk within a second or so, what leaves as a whole before it leaves."""
    program = world.start("anna")
    world.run("anna", "patient", "show", second)
    check(len(world.json("anna", "access", second)["accesses"]) == 1, "noted by the running program")
    count = len(world.json("anna", "patient", "list")["patients"])
    world.run("anna", "dump")
    world.run("anna", "backup", str(world.root / "copy"))
    program.send_signal(signal.SIGKILL)
    program.wait()
    program.stdout.close()
    world.programs.remove(program)
    path = export(world, "anna")
    check(details(path, "dump")[-1:] == [count] and details(path, "backup") == [count], "a dump and a backup were noted before they left")
    world.run("anna", "access", "verify", str(path), "--here", says="unaltered")
    check(world.json("anna", "fsck")["bad"] == 0, "the log is whole")
    # another device
    world.run("bea", "init", "--cheap-key")
    world.run("bea", "team", "create", "Béa")
    world.run("bea", "access", "verify", str(path), says="unaltered")
    world.run("bea", "patient", "list")
    world.run("bea", "access", "verify", str(path), "--here", expect=NOT_FOUND)
    world.run("bea", "access", "verify", str(export(world, "bea")), "--here")
    world.run("anna", "access", "verify", str(world.root / "export"), "--here", expect=CONFLICT, says="another device")


def main():
    world = World()
    try:
        first, second = noted(world)
        listed(world, first, second)
        exported(world, first, second)
        altered(world)
        kept(world)
        no_way_around(world)
        searching(world)
        every_route(world)
        whole(world)
        due(world)
        running(world, first, second)
        print(f"{lib.checks} checks")
    finally:
        world.close()


main()
