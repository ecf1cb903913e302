#!/usr/bin/env python3
"""The command line as people use it: real processes on loopback, ports chosen by the system, bad input and its sentences.

Usage: story.py RELEVE GENERATOR. Nothing here waits for a time: programs say when they are ready.
"""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, ERROR, GENERATOR, INVALID, NOT_FOUND, OFFLINE, USAGE, World, check


def usage(world):
    check("patient add" in world.run("x", "help"), "help lists the commands")
    check("birthDate" in world.run("x", "help", "patient", "add"), "help lists fields")
    world.run("x", "patient", "add", "--help", says="* lastName")
    world.run("x", "frobnicate", expect=USAGE, says='there is no command "frobnicate"')
    world.run("x", "patient", "show", expect=USAGE, says="Usage: releve patient show PATIENT")
    world.run("x", "status", "--colour", expect=USAGE)
    world.run("x", "--json", "--data", str(world.root / "x"), "status", expect=NOT_FOUND)  # options of every command come anywhere
    world.run("x", "--data", expect=USAGE)
    for words, code in (("help",), 0), (("completion", "bash"), 0), (("help", "nothing"), USAGE):  # whoever read it left
        read, write = os.pipe()
        os.close(read)
        with open(write, "wb") as out:  # where SIGPIPE is ignored and where it is not
            for restore in False, True:
                done = subprocess.run([lib.RELEVE, *words], stdout=out, stderr=subprocess.PIPE, restore_signals=restore)
                check(done.returncode == code, f"{words}: {done.returncode} behind a closed pipe")
                check(b"written" not in done.stderr, f"{words}: {done.stderr} behind a closed pipe")
    script = world.run("x", "completion", "bash")
    asked = {  # what is typed, and what is offered
        "releve pat": ["patient"], "releve patient ": ["add", "list", "duplicates", "join", "separate", "different", "show", "edit", "erase", "archive", "unarchive"], "releve patient add birthD": ["birthDate="],
        "releve patient add sex=": ["F", "M", "I"], "releve visit stop place=ho": ["home"], "releve invite --ro": ["--role"],
        "releve invite --role f": ["facilitator"], "releve --data /x billing cl": ["close"], "releve help visit am": ["amend"],
        "releve --json status --pass": ["--passphrase-file"], "releve visit add 1234 bill": ["billable="],
        "releve visit add 1234 billable=": ["yes", "no"], "releve import /et": [], "releve --data /et": [],
        "releve record add al": ["alert"], "releve record add alert 1234 wha": ["what="], "releve omaha show PB0": [
            "PB01", "PB02", "PB03", "PB04", "PB06", "PB07", "PB08", "PB09"], "releve problem add 1234 code=PB1": [
            "PB10", "PB11", "PB12", "PB13", "PB14", "PB15", "PB16", "PB17", "PB19"],
        "releve access ver": ["verify"], "releve access export --na": ["--names"],
    }
    probe = script + "".join(
        f'COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}; COMPREPLY=(); _releve; echo "${{COMPREPLY[*]}}"\n' for line in asked)
    out = subprocess.run(["bash", "-c", probe], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(out.stderr == "", f"completion complains: {out.stderr}")
    for (line, wanted), offered in zip(asked.items(), out.stdout.splitlines(), strict=True):
        check(offered.split() == wanted, f"{line!r} offers {offered!r}")


def keys(world):
    world.run("anna", "status", expect=NOT_FOUND, says='run "releve init" first')
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "init", "--cheap-key", expect=CONFLICT, says="Nothing was changed")
    wrong, empty = world.root / "wrong", world.root / "empty"
    wrong.write_text("autre\n")
    empty.write_text("\n")
    world.run("anna", "status", secret=wrong, expect=DENIED, says="The passphrase is not the right one")
    world.run("anna", "status", secret=empty, expect=INVALID, says="the passphrase is empty")
    world.run("anna", "status", secret=world.root / "nowhere", expect=NOT_FOUND, says="cannot be read")
    # the same passphrase with the accent typed as a mark of its own
    decomposed = world.root / "decomposed"
    decomposed.write_text("une phrase secre\u0300te\n")
    world.run("anna", "status", secret=decomposed)
    key = world.root / "anna" / "device.key"
    whole = key.read_bytes()
    check(key.stat().st_mode & 0o777 == 0o600, "the key file is for the user alone")
    key.write_bytes(whole[:50])
    world.run("anna", "status", expect=INVALID, says="is cut short or is not a key file")
    key.write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
    world.run("anna", "status", expect=ERROR, says="is damaged")
    key.write_bytes(whole)
    world.run("anna", "patient", "list", expect=NOT_FOUND, says="belongs to no team yet")


def ask(program, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=30)
    given = {"Authorization": "Bearer " + program.url.fragment, **headers}
    connection.request(method, path, body, {k.replace("_", "-"): v for k, v in given.items() if v is not None})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, text, reply.headers


def web(program):
    status, text, headers = ask(program, "GET", "/api/status")
    check(status == 200 and json.loads(text)["inTeam"], "status over HTTP")
    check("default-src 'none'" in headers["Content-Security-Policy"], "a strict policy")
    check(ask(program, "GET", "/", Authorization=None)[0] == 200, "the page needs no token")
    check(ask(program, "GET", "/api/status", Authorization=None)[0] == 401, "no token")
    check(ask(program, "GET", "/api/status", Authorization="Bearer " + "0" * 64)[0] == 401, "a wrong token")
    check(ask(program, "GET", "/api/status", Host="evil.example")[0] == 421, "a wrong Host")
    check(ask(program, "GET", "/api/status", Host=f"evil.example:{program.url.port}")[0] == 421, "DNS rebinding")
    check(ask(program, "GET", "/api/status", Origin="http://evil.example")[0] == 403, "a wrong Origin")
    status, text, _ = ask(program, "POST", "/api/patients", '{"lastName":"A","lastName":"B","firstName":"C"}')
    check(status == 400 and b"twice" in text, "duplicate keys")
    check(ask(program, "POST", "/api/patients", "{")[0] == 400, "bad JSON")
    check(ask(program, "POST", "/api/patients", "x" * (1 << 20) + "x")[0] == 413, "an oversized body")
    check(ask(program, "POST", "/api/patients", '{"lastName":1,"firstName":"C"}')[0] == 400, "a wrong type")
    check(ask(program, "GET", "/api/patients/..%2f..%2fx")[0] == 404, "a path out of place")
    # someone who connects and says nothing keeps nobody else from being answered
    silent = [socket.create_connection(("127.0.0.1", program.url.port)) for _ in range(20)]
    check(ask(program, "GET", "/api/status")[0] == 200, "answered beside silent clients")
    for one in silent:
        one.close()


def follow(program, act, wanted=lambda data: data.get("records")):
    """The lines of the stream of events, until after `act` one came that is wanted: by default one that tells of records."""
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=30)
    connection.request("GET", "/api/events", headers={"Authorization": "Bearer " + program.url.fragment})
    reply = connection.getresponse()
    check(reply.getheader("Content-Type").startswith("text/event-stream"), "a stream of events")
    check(reply.readline() == b": following\n", "the stream begins at once")
    act()
    while True:
        line = reply.readline()
        check(line, "the stream goes on")
        if line.startswith(b"data: ") and wanted(json.loads(line[6:])):
            break
    reply.close()
    connection.close()


def dossiers(world, who):
    world.run(who, "patient", "add", "lastName=Seul", expect=INVALID, says="is required")
    world.run(who, "patient", "add", "colour=red", expect=USAGE, says="there is no field \"colour\"")
    patient = world.run(who, "patient", "add", "lastName=Lefèvre", "firstName=Zoé", "birthDate=1941-02-03").strip()
    check("Lefèvre  " in world.run(who, "patient", "list", "LEFEVRE"), "found without accents and case")
    world.run(who, "patient", "list", "personne")
    world.run(who, "patient", "show", "ffffffff", expect=NOT_FOUND, says="no such patient")
    world.run(who, "patient", "edit", patient, "phone=0240000000")
    world.run(who, "patient", "edit", patient, "birthDate=", expect=INVALID, says="reason")
    problem = world.run(who, "problem", "add", patient, "code=38", "severity=actual", "name=Peau").strip()
    item = world.run(who, "plan", "add", patient, f"problem={problem}", "category=treatment", "target=pansement").strip()
    check("pansement" in world.run(who, "plan", "list", patient), "the plan is listed")
    world.run(who, "plan", "edit", patient, item, "detail=tous les deux jours")
    check("tous les deux jours" in world.run(who, "plan", "list", patient), "the plan is changed")
    world.run(who, "rating", "add", patient, f"problem={problem}", "knowledge=3", "behaviour=4", "status=2")
    world.run(who, "rating", "add", patient, f"problem={problem}", "knowledge=6", "behaviour=4", "status=2", expect=INVALID)
    rating = world.run(who, "rating", "add", patient, f"problem={problem}", "knowledge=1", "behaviour=4", "status=2").strip()
    again = ("rating", "add", patient, f"problem={problem}", "knowledge=2", "behaviour=4", "status=2")
    world.run(who, *again, "--corrects", rating, expect=INVALID, says="reason")
    world.run(who, *again, "--corrects", "00" * 16, "--reason", "faute", expect=NOT_FOUND, says="not here")
    world.run(who, *again, "--corrects", rating, "--reason", "faute de frappe")
    said = world.json(who, "history", patient, "--kind", "rating", "--id", rating)["changes"]
    check([c["what"] for c in said] == ["eventCorrected", "eventAdded"], f"a rating and its correction: {said}")
    return patient


def visits(world, who, patient):
    world.run(who, "visit", "stop", expect=NOT_FOUND, says="No visit is running")
    world.run(who, "visit", "start", patient)
    world.run(who, "visit", "start", patient, expect=CONFLICT, says="running already")
    return world.run(who, "visit", "stop", "note=Tout va bien", "vitals=temp:36.8,pulse:70").strip()


def founding(world):
    world.run("anna", "team", "create", "Anna", says="The team is founded")
    world.run("anna", "team", "create", "Anna", expect=CONFLICT, says="belongs to a team already")
    patient = dossiers(world, "anna")  # without a running program: the same code in the command's own process
    anna = world.start("anna")
    check((world.root / "anna" / "socket").stat().st_mode & 0o777 == 0o600, "the socket is for the user alone")
    check((world.root / "anna" / "web.url").stat().st_mode & 0o777 == 0o600, "the token is for the user alone")
    world.run("anna", "run", expect=CONFLICT, says="is open in another program already")
    web(anna)
    visit = visits(world, "anna", patient)
    follow(anna, lambda: world.run("anna", "patient", "add", "lastName=Morvan", "firstName=Yann"))
    check(visit in world.run("anna", "visit", "list"), "today's visit is listed")
    world.run("anna", "visit", "amend", patient, visit, "note=Mieux", expect=INVALID, says="reason")
    world.run("anna", "visit", "amend", patient, visit, "note=Mieux", "--reason", "faute de frappe")
    listed = world.run("anna", "visit", "list", "--patient", patient).splitlines()
    check("Tout va bien" in listed[1] and "Lefèvre Zoé" in listed[1] and "Anna" in listed[1], f"with names: {listed}")
    check("corrected:" in listed[2] and "Mieux" in listed[2], f"both stay readable: {listed}")
    shown = world.json("anna", "visit", "list", "--patient", patient)["records"]
    check(shown[0]["note"] == "Tout va bien" and shown[0]["corrected"], "the old note stays, marked")
    today = world.json("anna", "visit", "list")["visits"]
    check(today[0]["id"] == visit and today[0]["corrected"], "also in the day's list")
    check("corrected:" in world.run("anna", "visit", "list"), "and in the table")
    return anna, patient


def joining(world, anna):
    invitation = world.run("anna", "invite", "--no-qr").strip()
    where = f"127.0.0.1:{anna.port}"
    groups = invitation.split()
    groups[4] = ("Z" if groups[4][0] != "Z" else "Y") + groups[4][1:]
    world.run("bea", "init", "--cheap-key")
    world.run("bea", "join", "Béa", where, "--invitation", " ".join(groups), expect=INVALID, says="Group 5 of the invitation")
    world.run("bea", "join", "Béa", where, "--invitation", invitation[:40], expect=INVALID, says="not complete")
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    world.run("bea", "join", "Béa", f"127.0.0.1:{closed.getsockname()[1]}", "--invitation", invitation, expect=OFFLINE,
              says="No colleague's device answers")
    closed.close()
    world.run("bea", "join", "Béa", where, stdin=invitation + "\n", says="All records are here: 2 patients")
    world.run("cleo", "init", "--cheap-key")
    world.run("cleo", "join", "Cléo", where, "--invitation", invitation, expect=OFFLINE, says="it was used, withdrawn")
    coach = world.run("anna", "invite", "--no-qr", "--role", "facilitator").strip()
    world.run("cleo", "join", "Cléo", where, "--invitation", coach, says="All records are here: 0 patients")
    check(world.json("cleo", "patient", "list")["total"] == 0, "a facilitator sees no patient")
    world.run("cleo", "patient", "add", "lastName=X", "firstName=Y", expect=DENIED)
    world.run("anna", "invite", "--role", "king", expect=INVALID)
    names = {member["name"].get("lastName") for member in world.json("bea", "members")["members"]}
    check({"Anna", "Béa"} <= names, f"members are {names}")


def billing(world, patient):
    rate = ("rate", "add", "territory=44", "validFrom=2026-01-01", "centsPerHour=5394", "unit=visit", "ties=half-up",
            "amoPerMille=600")
    world.run("anna", "visit", "add", patient, "start=2026-03-05T08:00:00+01:00", "end=2026-03-05T08:45:00+01:00")
    world.run("anna", *rate, expect=DENIED)
    world.run("anna", "billing", "close", "2026-03", expect=DENIED, says="Only the designated device")
    world.run("anna", "billing", "designate")
    world.run("anna", "billing", "close", "2026-03", "--territory", "44", expect=NOT_FOUND, says="has no rate")
    world.run("anna", *rate)
    check("53.94" in world.run("anna", "rate", "list"), "the rate is listed")
    check("INS" in world.run("anna", "billing", "check", "2026-03", "--territory", "44"), "anomalies are shown")
    world.run("anna", "billing", "verify", "2026-03", expect=NOT_FOUND)
    world.run("anna", "billing", "close", "2026-03", "--territory", "44", says="1 visits, 45 minutes, 40.46 EUR")
    world.run("anna", "billing", "close", "2026-03", "--territory", "44", expect=CONFLICT)
    world.run("anna", "billing", "verify", "2026-03", says="The same bytes")
    check("40,46" in world.run("anna", "billing", "export", "2026-03"), "the statement")
    world.run("anna", "billing", "export", "march", expect=INVALID, says="A month is written 2026-11")


def importing(world):
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "20", "--visits", "300", "--nurses", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    lines = (world.root / "team-00.ndjson").read_text().splitlines(keepends=True)
    mixed = world.root / "mixed.ndjson"
    mixed.write_text("".join(lines[:10] + ["{broken\n"] + lines[10:] + ['{"t":"nothing"}\n']))
    out = world.json("anna", "import", str(mixed), expect=INVALID)
    check(out["bad"] == 2 and out["taken"] == len(lines), f"bad lines apart, all others taken: {out}")
    world.run("anna", "import", str(mixed), expect=INVALID, says="line 11: ")
    out = world.json("anna", "import", str(world.root / "team-00.ndjson"))
    check(out["taken"] == 0 and out["known"] == len(lines), f"the second time changes nothing: {out}")
    world.run("anna", "import", str(world.root / "absent"), expect=NOT_FOUND)


def wait_for(program, holds):
    """Follow the stream of events until `holds()`; every event that tells of records is looked at."""
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=30)
    connection.request("GET", "/api/events", headers={"Authorization": "Bearer " + program.url.fragment})
    reply = connection.getresponse()
    while not holds():
        check(reply.readline(), "the stream goes on")
    reply.close()
    connection.close()


def sentences(world, who, *words):
    return [change["fr"] for change in world.json(who, *words)["changes"]]


def past(world, patient):
    """Who changed what, when, and what it was; what is new; taking back. Anna runs her program; Béa's device was offline meanwhile."""
    anna = world.programs[0]
    world.run("bea", "news", "--skip")
    check(world.json("bea", "news")["changes"] == [], "everything was skipped")
    world.run("bea", "patient", "edit", patient, "phone=0250000000")
    world.run("anna", "patient", "edit", patient, "phone=0260000000", "allergies=latex")
    world.run("bea", "patient", "edit", patient, "allergies=pollen")
    world.run("bea", "patient", "edit", patient, "phone=0251000000", "town=Nantes")
    check(sentences(world, "bea", "news") == [], "what one wrote is no news")
    check(len(sentences(world, "bea", "news", "--own")) == 3, "unless one asks; the phone changed twice, which is one difference")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    wait_for(anna, lambda: "concurrent" in world.json("anna", "patient", "show", patient))
    conflicts = lambda: [n for n in world.json("bea", "news")["changes"] if n["what"] == "conflictArose"]
    wait_for(bea, conflicts)  # the past is told from the disk: a moment after it is on the screen
    news = conflicts()
    check({n["field"] for n in news} == {"phone", "allergies"}, f"what Anna wrote stands beside, in two fields: {news}")
    check(all("Anna" in n["fr"] and "Béa" in n["fr"] for n in news), f"with both authors: {news}")
    check(any(n["fr"].startswith("À trancher : « Allergies »") for n in news), "a safety field asks")
    world.run("bea", "patient", "show", patient, says="CONFLICT allergies: pollen (20")  # with its moment
    world.run("bea", "news", "--seen", says="To be settled: “Allergies” has several values: ")
    world.run("bea", "news", says="Nothing new")
    world.run("anna", "patient", "edit", patient, "allergies=latex et pollen", expect=INVALID, says="reason")
    world.run("anna", "patient", "edit", patient, "allergies=latex et pollen", "--reason", "les deux, dit la fille")
    wait_for(bea, lambda: world.json("bea", "news")["changes"])
    (settled,) = world.json("bea", "news")["changes"]
    check(settled["what"] == "conflictSettled" and len(settled["before"]) == 2 and settled["by"][-1]["name"] == "Anna",
          f"settled: {settled}")
    check("Anna a tranché « Allergies » : latex et pollen, parmi " in settled["fr"], settled["fr"])
    check(settled["fr"].endswith(" — motif : les deux, dit la fille"), settled["fr"])
    values = world.json("bea", "history", patient, "--field", "allergies")["values"]
    check([v["value"] for v in values][-1] == "latex et pollen" and len(values) == 3, f"every value: {values}")
    check(len(values[2]["replaced"]) == 2 and values[1]["beside"] and values[1]["by"]["clock"] == "compared", f"{values}")
    check(world.json("bea", "history", patient, "--field", "allergies")["gaps"] == [], "nothing is missing")
    wait_for(anna, lambda: len(sentences(world, "anna", "history", patient, "--limit", "500")) ==
             len(sentences(world, "bea", "history", patient, "--limit", "500")))
    whole = world.json("anna", "history", patient, "--limit", "500")
    check([c["fr"] for c in whole["changes"]] == sentences(world, "bea", "history", patient, "--limit", "500"),
          "the same history on both devices")
    check(any("Anna a noté « Nom utilisé » : Lefèvre" == c["fr"] for c in whole["changes"]), "from the beginning on")
    pages, before = [], None
    while before != 0:  # bounded pages, the whole in the end
        status, text, _ = ask(anna, "GET", f"/api/history/{patient}?limit=1" + (f"&before={before}" if before else ""))
        page = json.loads(text)
        check(status == 200, "a page of history")
        pages += page["changes"]
        before = page["before"] if page["more"] else 0
    check([c["fr"] for c in pages] == [c["fr"] for c in whole["changes"]], "pages hold all of it, in order")
    world.run("anna", "history", patient, "--kind", "visit", says="corrected: Visit of ")
    world.run("anna", "history", patient, "--kind", "lot", expect=INVALID)
    world.run("anna", "history", "ffffffff", expect=NOT_FOUND)
    check("Béa" in world.run("anna", "history", "directory"), "the directory has a history")
    # the dossier as it was before the two met
    first = next(c for c in reversed(whole["changes"]) if c.get("field") == "phone")["by"][0]
    status, text, _ = ask(anna, "GET", f"/api/history/{patient}/at?feed={first['feed']}&seq={first['seq']}")
    check(status == 200 and json.loads(text)["records"], f"as it was: {status} {text}")
    was = json.loads(text)["records"][0]
    check(status == 200 and was["phone"] == "0240000000" and "allergies" not in was, f"as it was: {was}")
    check(ask(anna, "GET", f"/api/history/{patient}/at")[0] == 400, "which moment?")
    world.run("bea", "history", patient, "--at", "2099-01-01T00:00:00Z", says="latex et pollen")
    # marks that nobody gave
    for mark in ("zz", "01", "0101", "01" + "ff" * 40):
        check(ask(bea, "GET", f"/api/news?after={mark}")[0] == 400, f"the mark {mark}")
    return bea


def undoing(world, patient, bea):
    """Taking back: what one wrote last, as far as nobody else wrote since."""
    show = lambda who: world.json(who, "patient", "show", patient)
    world.run("bea", "patient", "edit", patient, "phone=0700000000")
    world.run("bea", "undo", "--dry-run", says="“Phone”: again ")
    check(show("bea")["phone"] == "0700000000", "a dry run changes nothing")
    world.run("bea", "undo", expect=USAGE, says="confirm with --yes", stdin="")
    world.run("bea", "undo", "--yes", says="Done.")
    check(len(show("bea")["concurrent"]["phone"]["values"]) == 2, "both numbers are back beside one another")
    world.run("bea", "undo", "--yes")
    check(show("bea")["phone"] == "0700000000" and "phone" not in show("bea").get("concurrent", {}), "undone again")
    world.run("bea", "patient", "edit", patient, "doorCode=12A")
    anna = world.programs[0]
    wait_for(anna, lambda: show("anna").get("doorCode") == "12A")
    world.run("anna", "patient", "edit", patient, "doorCode=34B")
    wait_for(bea, lambda: "34B" in sentences(world, "bea", "history", patient, "--field", "doorCode")[0])
    world.run("bea", "undo", "--yes", expect=CONFLICT, says="stays: since then, Anna wrote there")
    check(show("bea")["doorCode"] == "34B", "what Anna wrote stays")
    feed = json.loads(ask(anna, "POST", "/api/undo", '{"dryRun":true}')[1])["feed"]
    check(ask(bea, "POST", "/api/undo", json.dumps({"feed": feed, "seq": 1, "dryRun": True}))[0] == 403, "others' changes")
    world.run("bea", "patient", "edit", patient, "allergies=", "--reason", "erreur de dossier")
    world.run("bea", "undo", "--yes", expect=INVALID, says="reason")
    world.run("bea", "undo", "--yes", "--reason", "c'était le bon dossier")
    check(show("bea")["allergies"] == "latex et pollen", "the allergies are back")
    visit = world.run("bea", "visit", "add", patient, "start=2026-04-01T08:00:00+02:00", "end=2026-04-01T08:30:00+02:00").strip()
    world.run("bea", "undo", "--yes", "--reason", "pas venue", says="Did not take place")
    events = world.json("bea", "history", patient, "--kind", "visit", "--id", visit)["changes"]
    check([e["what"] for e in events] == ["eventCorrected", "eventAdded"], f"the visit stays, corrected: {events}")
    check(events[0]["event"]["cancelled"] is True and events[0]["event"]["reason"] == "pas venue", f"{events[0]}")
    world.run("bea", "undo", "--yes", "--reason", "mais si")
    events = world.json("bea", "history", patient, "--kind", "visit", "--id", visit)["changes"]
    check(events[0]["event"]["cancelled"] is False, f"it did take place: {events[0]}")
    world.run("bea", "time", "add", "start=2026-04-01T10:00:00+02:00", "end=2026-04-01T11:00:00+02:00", "activity=meeting")
    world.run("bea", "undo", "--yes", "--reason", "non", expect=CONFLICT, says="it has no correction")


def narratives(world, patient, bea):
    """One running text, several nurses: apart from each other, and with a form that stays open. Gives Béa's program, started again."""
    anna = world.programs[0]
    problem = world.run("anna", "problem", "add", patient, "code=38", "severity=actual", "signs=Plaie propre. Marche peu.").strip()
    item = world.run("anna", "plan", "add", patient, f"problem={problem}", "category=treatment", "target=pansement",
                     "detail=Pansement le matin. Toilette au lit.").strip()
    (shown,) = [r for r in world.json("anna", "plan", "list", patient)["records"] if r["id"] == item]
    check(shown["detail"] == "Pansement le matin. Toilette au lit.", f"a text is read as it was written: {shown}")
    detail = lambda who: {r["id"]: r for r in world.json(who, "plan", "list", patient)["records"]}.get(item, {}).get("detail")
    wait_for(bea, lambda: detail("bea"))
    # Béa is away; both edit: different sentences, and the same one
    world.end(bea)
    world.run("bea", "plan", "edit", patient, item, "detail=Pansement gras le matin. Toilette au lit.\nPrévenir Zoé.")
    world.run("anna", "plan", "edit", patient, item, "detail=Pansement le matin. Toilette au lavabo.\nPeser le lundi.")
    world.run("bea", "problem", "edit", patient, problem, "signs=Plaie rouge. Marche peu.")
    world.run("anna", "problem", "edit", patient, problem, "signs=Plaie sèche. Marche peu.")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    wait_for(anna, lambda: "gras" in detail("anna"))
    wait_for(bea, lambda: "lavabo" in detail("bea"))
    check(detail("anna") == detail("bea") and detail("anna").startswith("Pansement gras le matin. Toilette au lavabo.\n"), detail("anna"))
    check(sorted(detail("anna").split("\n")[1:]) == ["Peser le lundi.", "Prévenir Zoé."], f"both lines are there: {detail('anna')}")
    signs = lambda who: next(r for r in json.loads(ask(who, "GET", f"/api/patients/{patient}/problem")[1])["records"] if r["id"] == problem)
    wait_for(bea, lambda: "sèche" in signs(bea)["signs"])
    check(signs(anna)["signs"] in ("Plaie rouge sèche. Marche peu.", "Plaie sèche rouge. Marche peu."), f"{signs(anna)}")
    check("concurrent" not in signs(anna), "and nobody is asked")
    # a form stays open at Béa's while Anna's change comes in
    form = signs(bea)
    world.run("anna", "problem", "edit", patient, problem, "signs=Plaie sèche. Marche avec une canne.")
    wait_for(bea, lambda: "canne" in signs(bea)["signs"])
    world.run("bea", "problem", "edit", patient, problem, "signs=" + form["signs"] + " Dort mal.", "--seen", json.dumps(form["seen"]))
    check(signs(bea)["signs"] == "Plaie sèche. Marche avec une canne. Dort mal.", f"{signs(bea)}")
    before = signs(bea)
    for seen in ([{"feed": "00" * 32}], [{"feed": "zz", "seq": 1}], form["seen"] + form["seen"], "x", 7, {"feed": 1}):
        status, text, _ = ask(bea, "PATCH", f"/api/patients/{patient}/problem/{problem}", json.dumps({"signs": "x", "seen": seen}))
        check(status == 400 and "What had been shown" in json.loads(text)["error"]["message"], f"{seen}: {status} {text}")
    check(signs(bea) == before, "what is refused changes nothing")
    world.run("bea", "problem", "edit", patient, problem, "signs=x", "--seen", "{", expect=USAGE, says="--seen takes")
    world.run("bea", "problem", "edit", patient, problem, "signs=" + "x" * 5000, expect=INVALID, says="is too long")
    check(world.json("bea", "problem", "edit", patient, problem, "signs=" + before["signs"])["changed"] is False, "the same text is no change")
    # a nurse with nothing in front of her writes for the whole text; one with the old form takes away what it showed
    world.run("bea", "problem", "edit", patient, problem, "signs=", "--seen", json.dumps(form["seen"]))
    check("canne" in signs(bea)["signs"] and "Plaie" not in signs(bea)["signs"], f"{signs(bea)}")
    world.run("bea", "problem", "edit", patient, problem, "signs=")
    check("signs" not in signs(bea), "taken away")
    world.run("bea", "history", patient, "--kind", "problem")
    check(world.json("bea", "history", patient, "--kind", "problem", "--id", problem, "--field", "signs")["gaps"] == [], "it has a history")
    world.run("bea", "undo", "--dry-run")
    return bea


def passages(world, patient, bea):
    """Who wrote and struck out what in a running text, what is new in it, and taking that back."""
    anna = world.programs[0]
    problem = world.run("anna", "problem", "add", patient, "code=27", "severity=actual").strip()
    item = world.run("anna", "plan", "add", patient, f"problem={problem}", "category=treatment", "target=bandages",
                     "detail=Bande humide. À changer jeudi.").strip()
    detail = lambda who: {r["id"]: r for r in world.json(who, "plan", "list", patient)["records"]}.get(item, {}).get("detail")
    of_field = ("history", patient, "--kind", "intervention", "--id", item, "--field", "detail")
    wait_for(bea, lambda: detail("bea"))
    world.run("anna", "news", "--skip")
    world.run("bea", "plan", "edit", patient, item, "detail=Bande sèche. À changer jeudi.")
    wait_for(anna, lambda: "sèche" in detail("anna"))
    (new,) = [n for n in world.json("anna", "news")["changes"] if n.get("field") == "detail"]
    check(new["what"] == "edited" and new["fr"].startswith("Dans « ") and "(bandages) : Béa" in new["fr"], f"{new['fr']}")
    check(new["fr"].endswith(" a remplacé « humide » par « sèche »") and new["en"].endswith(" replaced “humide” by “sèche”"), f"{new}")
    check([(p["what"], p["text"], p["to"], p["toUtf16"]) for p in new["passages"]] ==
          [("deleted", " humide", 5, 5), ("inserted", " sèche", 5, 5)], f"{new['passages']}")
    check(all("Béa" in p["by"]["name"] for p in new["passages"]), "by whom")
    pieces = [(p["text"], p["by"]["name"].split()[0]) for p in world.json("anna", *of_field)["passages"]]
    check(pieces == [("Bande", "Anna"), (" sèche", "Béa"), (". À changer jeudi.\n", "Anna")], f"the text by its authors: {pieces}")
    # what Béa wrote is taken back; what Anna wrote since stays
    world.run("anna", "plan", "edit", patient, item, "detail=Bande sèche. À changer lundi.")
    wait_for(bea, lambda: "lundi" in detail("bea"))
    world.run("bea", "undo", "--dry-run", says="“humide” will be put back")
    world.run("bea", "undo", "--yes")
    check(detail("bea") == "Bande humide. À changer lundi.", detail("bea"))
    world.run("bea", "undo", "--yes")
    check(detail("bea") == "Bande sèche. À changer lundi.", detail("bea"))
    wait_for(anna, lambda: len(sentences(world, "anna", *of_field)) == 5)
    told = sentences(world, "anna", *of_field)
    check(all(a in t for a, t in zip(("« humide » par « sèche »", "« sèche » par « humide »", "« jeudi » par « lundi »",
                                  "« humide » par « sèche »", "a ajouté « Bande humide. À changer jeudi. »"), told)), f"{told}")
    # both struck it out: it stays away, and the plan says who
    world.end(bea)
    world.run("anna", "plan", "edit", patient, item, "detail=Bande sèche.")
    world.run("bea", "plan", "edit", patient, item, "detail=Bande sèche.")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    wait_for(bea, lambda: len(sentences(world, "bea", *of_field)) == 6)
    wait_for(anna, lambda: len(world.json("anna", "history", patient, "--kind", "intervention", "--id", item)["changes"]))
    world.run("bea", "undo", "--yes", expect=CONFLICT, says="stays: since then, Anna wrote there")
    check(detail("bea") == "Bande sèche.", detail("bea"))
    return bea


def restored(world):
    """An old copy of the database begins a new history instead of writing the old one twice."""
    copy = world.root / "copy"
    shutil.copytree(world.root / "bea" / "db", copy)
    mark = (world.root / "bea" / "incarnation").read_text()
    world.run("bea", "patient", "add", "lastName=Après", "firstName=Copie")
    (world.root / "bea" / "incarnation").write_text(mark[:-9] + ("0" if mark[-9] != "0" else "1") + mark[-8:])
    program = world.start("bea")
    log = (world.root / "bea.log").read_text()
    check("incarnation.begin" in log and "restored-copy" in log, f"the log tells: {log}")
    world.end(program)
    check(world.json("bea", "patient", "list", "Après")["total"] == 1, "nothing is lost by it")


def until(condition, what):
    """Only a broken program lets this end by time."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    check(False, what)


def lost_host(world):
    """The device where Dora joined is gone before anybody heard of her: she joins again, and what she wrote meanwhile reaches the others."""
    bea = world.start("bea")
    first = world.run("bea", "invite", "--no-qr").strip()
    world.run("dora", "init", "--cheap-key")
    world.run("dora", "join", "Dora", f"127.0.0.1:{bea.port}", "--invitation", first, says="All records are here")
    world.end(bea)
    shutil.rmtree(world.root / "bea")
    world.run("dora", "patient", "add", "lastName=Seule", "firstName=Une")
    anna = world.start("anna")
    where = f"127.0.0.1:{anna.port}"
    dora = world.start("dora", "--peer", where)
    until(lambda: "did not accept this one" in world.run("dora", "status"), "Dora is told that nobody knows her")
    second = world.run("anna", "invite", "--no-qr").strip()
    world.run("dora", "join", "Dora", where, "--invitation", second, says="All records are here")
    until(lambda: world.json("anna", "patient", "list", "Seule")["total"] == 1, "what she wrote reaches Anna")
    check("did not accept" not in world.run("dora", "status"), "she is told so no more")
    world.run("dora", "join", "Dora", where, "--invitation", second, expect=CONFLICT, says="belongs to a team already")
    world.end(dora)
    world.end(anna)


def main():
    world = World()
    try:
        usage(world)
        keys(world)
        anna, patient = founding(world)
        joining(world, anna)
        billing(world, patient)
        bea = past(world, patient)
        undoing(world, patient, bea)
        bea = narratives(world, patient, bea)
        bea = passages(world, patient, bea)
        world.end(bea)
        importing(world)
        world.run("anna", "fsck", says=" 0 bad")
        dump = world.run("anna", "dump")
        check(len(dump.splitlines()) >= 22, "the dump has a line per document")
        for word in ("Lefèvre", "1941-02-03", "pansement", "Tout va bien", "Mieux", "faute de frappe", "centsPerHour"):
            check(word in dump, f"the dump holds {word}")
        world.end(anna)
        check(not (world.root / "anna" / "socket").exists(), "the socket is gone")
        check(not (world.root / "anna" / "web.url").exists(), "the token is gone")
        log = (world.root / "anna.log").read_text()
        check("peer.level" in log, "the log tells of meetings")
        for secret in ("Lefèvre", "Zoé", "pansement", anna.url.fragment, "phrase"):
            check(secret not in log, "the log has neither patients' data nor secrets")
        for path in (world.root / "anna").rglob("*"):
            if path.is_file():
                check("pansement".encode() not in path.read_bytes(), f"{path.name} holds no plain text")
        anna = world.start("anna")
        world.end(anna, signal.SIGINT)
        anna = world.start("anna")
        world.run("anna", "stop")
        world.run("anna", "patient", "list", "LEFEVRE", says="Lefèvre")  # it waited until all was closed
        check(anna.wait(60) == 0, "stop ends the program")
        restored(world)
        lost_host(world)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
