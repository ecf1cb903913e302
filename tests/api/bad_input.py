#!/usr/bin/env python3
"""Bad input as one table: what is done, the exit code, a part of the sentence; and that nothing was changed by it.

Usage: bad_input.py RELEVE GENERATOR FAULTY, the last being `releve` with a clock that can be set (faulty.c).
"""
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, ERROR, INVALID, NOT_FOUND, OFFLINE, OK, USAGE, World, check

KEPT = ("device.key", "incarnation", "meetings", "db/data.mdb")  # what must not change


def digest(directory):
    every = hashlib.sha256()
    for name in KEPT:
        path = directory / name
        every.update(path.read_bytes() if path.exists() else b"-")
    return every.hexdigest()


def table(world, who, rows, **more):
    """Each row: words, exit code, a part of the sentence on standard error. None changes anything."""
    before = digest(world.root / who)
    for words, code, sentence in rows:
        done = world.attempt(who, *words, **more)
        check(done.returncode == code, f"{words}: exit {done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
        check(sentence in done.stderr, f"{words}: {sentence!r} is missing in\n{done.stderr}")
        check(digest(world.root / who) == before, f"{words} changed something")


def no_device(world):
    for words in (["status"], ["run"], ["fsck"], ["patient", "list"], ["team", "create", "X"], ["dump"]):
        table(world, "nobody", [(words, NOT_FOUND, 'run "releve init" first')])
    table(world, "nobody", [(["stop"], OFFLINE, "no program runs")])
    check(not (world.root / "nobody").exists(), "no directory was made")


def no_team(world):
    world.run("anna", "init", "--cheap-key")
    commands = (["patient", "list"], ["patient", "add", "lastName=A", "firstName=B"], ["patient", "show", "abcd"],
                ["patient", "edit", "abcd", "phone=1"], ["problem", "add", "abcd", "code=38"], ["plan", "list", "abcd"],
                ["plan", "add", "abcd", "category=treatment"], ["plan", "edit", "abcd", "abcd", "detail=x"],
                ["rating", "add", "abcd", "status=2"], ["visit", "start", "abcd"], ["visit", "stop"], ["visit", "cancel"],
                ["visit", "add", "abcd", "note=x"], ["visit", "list"], ["visit", "amend", "abcd", "abcd", "note=x"],
                ["time", "add", "activity=travel"], ["rate", "add", "territory=44"], ["rate", "list"], ["import", "/dev/null"],
                ["invite"], ["members"], ["endorse", "abcd"], ["peer", "add", "1.2.3.4:5"], ["dump"],
                ["billing", "designate"], ["billing", "check", "2026-03"], ["billing", "close", "2026-03"],
                ["billing", "verify", "2026-03"], ["billing", "export", "2026-03"])
    rows = [(words, NOT_FOUND, "belongs to no team yet") for words in commands if words != ["import", "/dev/null"]]
    table(world, "anna", rows)
    world.run("anna", "status")
    world.run("anna", "fsck", says=" 0 bad")


def altered_files(world):
    """(file, what stands in it instead, exit code, sentence); None: the file is gone."""
    directory = world.root / "anna"
    key, database = (directory / "device.key").read_bytes(), (directory / "db" / "data.mdb").read_bytes()
    flipped = key[:60] + bytes([key[60] ^ 1]) + key[61:]
    rows = [
        ("device.key", None, NOT_FOUND, 'run "releve init" first'),
        ("device.key", b"", INVALID, "is cut short or is not a key file"),
        ("device.key", key[:120], INVALID, "is cut short or is not a key file"),
        ("device.key", key + b"x", INVALID, "is cut short or is not a key file"),
        ("device.key", b"x" * len(key), INVALID, "is cut short or is not a key file"),
        ("device.key", flipped, ERROR, "is damaged. Restore it from a copy"),
        ("device.key", b"RELVKEY9" + key[8:], INVALID, "written by a later version"),
        ("db/data.mdb", None, NOT_FOUND, "is gone or empty: put it back from a copy"),
        ("db/data.mdb", b"", NOT_FOUND, "is gone or empty: put it back from a copy"),
        ("db/data.mdb", database[:4096], ERROR, "is damaged or cut short"),
        ("db/data.mdb", database[:len(database) // 2], ERROR, "is damaged or cut short"),
        ("db/data.mdb", b"\0" * len(database), ERROR, "is damaged or cut short"),
        ("db/data.mdb", b"x" * len(database), ERROR, "is damaged or cut short"),
    ]
    for name, content, code, sentence in rows:
        whole = (directory / name).read_bytes()
        (directory / name).unlink() if content is None else (directory / name).write_bytes(content)
        table(world, "anna", [([word], code, sentence) for word in ("status", "run", "fsck")])
        (directory / name).write_bytes(whole)
    # what is remembered of addresses is no more than that; what cannot be read of it is left out
    for content in (b"", b"garbage", b"\xff" * 70000):
        (directory / "meetings").write_bytes(content)
        world.run("anna", "patient", "list")
    (directory / "meetings").unlink()
    # the incarnation file: a new one begins, nothing is lost (copies.py)
    for content in (None, b"", b"releve incarnation 1 zz\n", b"\0" * 100):
        path = directory / "incarnation"
        path.unlink() if content is None else path.write_bytes(content)
        check(world.json("anna", "patient", "list")["total"] == 1, "the records stay")
        check(path.read_text().startswith("releve incarnation 1 "), "a new incarnation")
    # another device's key for this database, and a row altered in place
    world.run("other", "init", "--cheap-key")
    shutil.copy(world.root / "other" / "device.key", directory / "device.key")
    table(world, "anna", [(["status"], ERROR, "The device key does not belong to the database")])
    (directory / "device.key").write_bytes(key)


def passphrases(world):
    wrong, empty, long = (world.root / name for name in ("wrong", "empty", "long"))
    wrong.write_text("autre\n")
    empty.write_text("\n")
    long.write_text("x" * 5000 + "\n")
    rows = ((wrong, DENIED, "The passphrase is not the right one"), (empty, INVALID, "the passphrase is empty"),
            (long, INVALID, ""), (world.root / "nowhere", NOT_FOUND, "cannot be read"))
    for secret, code, sentence in rows:
        for word in ("status", "run", "fsck"):
            table(world, "anna", [([word], code, sentence)], secret=secret)
    done = subprocess.run([lib.RELEVE, "status", "--data", str(world.root / "anna")], env={"PATH": os.environ["PATH"]},
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    check(done.returncode == DENIED and "no terminal" in done.stderr, f"without a terminal: {done.stderr}")


def words(world, patient):
    """Missing and wrong arguments, wrong values, things that do not exist."""
    start, end = "start=2026-03-05T09:00:00+01:00", "end=2026-03-05T09:30:00+01:00"
    none = "0" * 32
    table(world, "anna", [
        (["frobnicate"], USAGE, 'there is no command "frobnicate"'),
        (["patient"], USAGE, '"patient" is followed by one of:'),
        (["patient", "remove"], USAGE, '"patient" is followed by one of:'),
        (["status", "more"], USAGE, "Usage: releve status"),
        (["status", "--colour"], USAGE, "unrecognized option"),
        (["patient", "show"], USAGE, "Usage: releve patient show PATIENT"),
        (["patient", "add"], USAGE, "Usage: releve patient add FIELD=VALUE"),
        (["patient", "add", "lastName"], USAGE, '"lastName" is not FIELD=VALUE'),
        (["patient", "add", "colour=red"], USAGE, 'there is no field "colour"; those of patient are: lastName, firstName'),
        (["patient", "add", "lastName=A", "lastName=B"], USAGE, '"lastName" is given twice'),
        (["patient", "add", "lastName=A"], INVALID, "“First names” is required."),
        (["patient", "add", "lastName=", "firstName=B"], INVALID, "is required"),
        (["patient", "add", "lastName=A", "firstName=" + "x" * 5000], INVALID, "is too long"),
        (["patient", "add", "lastName=A", "firstName=B", "birthDate=1950-13-40"], INVALID, "(as 1950-12-31)"),
        (["patient", "add", "lastName=A", "firstName=B", "birthDate=demain"], INVALID, "(as 1950-12-31)"),
        (["patient", "add", "lastName=A", "firstName=B", "sex=Z"], INVALID, "is not one of the choices ("),
        (["patient", "add", "lastName=A", "firstName=B", "gir=9"], INVALID, "is outside the allowed values (1 - 6)"),
        (["patient", "add", "lastName=A", "firstName=B", "gir=x"], INVALID, "is not of the expected type (as 12)"),
        (["patient", "add", "lastName=A", "firstName=B", "nir=123"], INVALID, "INS number"),
        (["patient", "show", "zzzz"], NOT_FOUND, "There is no such patient here"),
        (["patient", "show", none], NOT_FOUND, "There is no such patient here"),
        (["patient", "show", "../../status"], NOT_FOUND, "There is no such patient here"),
        (["patient", "edit", none, "phone=1"], NOT_FOUND, "There is no such patient here"),
        (["patient", "edit", patient, "lastName="], INVALID, "is required"),
        (["patient", "list", "--limit", "x"], USAGE, "--limit takes a number"),
        (["patient", "list", "--limit", "-1"], USAGE, "--limit takes a number"),
        (["problem", "add", patient, "code=999", "severity=actual"], INVALID, "is outside the allowed values"),
        (["problem", "add", patient, "code=38", "severity=x"], INVALID, "is not one of the choices (actual"),
        (["plan", "list", none], NOT_FOUND, "There is no such patient here"),
        (["plan", "edit", patient, none, "detail=x"], NOT_FOUND, "There is no such record here"),
        (["plan", "edit", patient, "abcd", "detail=x"], NOT_FOUND, "give its whole id"),
        (["rating", "add", patient, "knowledge=3"], INVALID, "is required"),
        (["visit", "start", none], NOT_FOUND, "There is no such patient here"),
        (["visit", "stop"], NOT_FOUND, "No visit is running"),
        (["visit", "cancel"], NOT_FOUND, "No visit is running"),
        (["visit", "add", patient, start], INVALID, "“End” is required"),
        (["visit", "add", patient, end, start.replace("T09", "T10")], INVALID, "is not after the start"),
        (["visit", "add", patient, start, "end=2026-03-09T09:30:00+01:00"], INVALID, "more than 24 hours"),
        (["visit", "add", patient, "start=hier", end], INVALID, "(as 2026-03-05T08:00:00+01:00)"),
        (["visit", "add", patient, start, end, "vitals=temp"], INVALID, "(as temp:36.8,pulse:70)"),
        (["visit", "add", patient, start, end, "vitals=temp:x"], INVALID, "(as temp:36.8,pulse:70)"),
        (["visit", "add", patient, start, end, "vitals=unknown:1"], INVALID, "(as temp:36.8,pulse:70)"),
        (["visit", "amend", patient, none, "note=x", "--reason", "y"], NOT_FOUND, "This patient has no such visit here"),
        (["visit", "list", "--day", "2026-99-99"], INVALID, "a day 2026-11-22"),
        (["visit", "list", "--month", "2026"], INVALID, "A month is written 2026-11"),
        (["visit", "list", "--patient", none], NOT_FOUND, "There is no such patient here"),
        (["time", "add", "activity=travel"], INVALID, "“Start” is required"),
        (["rate", "add", "territory=44"], INVALID, "“Valid from” is required"),
        (["billing", "close", "2026-13"], INVALID, "A month is written 2026-11"),
        (["billing", "close", "2026-03"], DENIED, "Only the designated device"),
        (["billing", "verify", "2026-03"], NOT_FOUND, "has not been closed"),
        (["billing", "export", "2026-03"], NOT_FOUND, "has not been closed"),
        (["billing", "designate", "abcd"], NOT_FOUND, "There is no such device in the team"),
        (["endorse", "abcd"], NOT_FOUND, "There is no such device in the team"),
        (["peer", "add", "here"], USAGE, "is not an address and a port"),
        (["peer", "add", "1.2.3.4:99999"], USAGE, "is not an address and a port"),
        (["peer", "add", "999.1.1.1:80"], INVALID, "An address is needed"),
        (["invite", "--hours", "soon"], USAGE, "--hours takes a number"),
        (["invite", "--hours", "0"], INVALID, "valid for 1 to 744 hours"),
        (["invite", "--role", "king"], INVALID, "one of nurse, locum, reader, facilitator"),
        (["import", "/nowhere"], NOT_FOUND, "cannot be read"),
        (["import", str(world.root)], ERROR, "could not be read to its end"),
        (["import", "/etc/passwd"], INVALID, "line 1: this is not JSON"),
        (["help", "frobnicate"], USAGE, "there is no such command"),
        (["run", "--listen", "here"], USAGE, "--listen takes an address and a port"),
        (["run", "--listen", "1.2.3.4:70000"], USAGE, "--listen takes an address and a port"),
        (["run", "--web", "door"], USAGE, "--web takes a port"),
        (["run", "--web", "70000"], USAGE, "--web takes a port"),
        (["run", "--peer", "there"], USAGE, "--peer takes an address and a port"),
        (["run", "--log", "/nowhere/log"], ERROR, "cannot be written"),
        (["run", "--listen", "192.0.2.1:0"], OFFLINE, "the address is not its own"),
    ])
    taken = [socket.socket() for _ in range(2)]
    for one in taken:
        one.bind(("127.0.0.1", 0))
        one.listen()
    ports = [one.getsockname()[1] for one in taken]
    table(world, "anna", [
        (["run", "--no-beacon", "--listen", f"127.0.0.1:{ports[0]}"], OFFLINE, "the port is taken"),
        (["run", "--no-beacon", "--listen", "127.0.0.1:0", "--web", str(ports[1])], OFFLINE, "is taken"),
    ])
    for one in taken:
        one.close()


def directories(world):
    """Not writable, not a directory, too long for a socket."""
    (world.root / "file").write_text("x")
    table(world, "file", [(["init", "--cheap-key"], INVALID, "cannot be made")])
    table(world, "file/in", [(["init", "--cheap-key"], INVALID, "cannot be made")])
    deep = "d" * 120
    world.run(deep, "init", "--cheap-key")
    table(world, deep, [(["run", "--no-beacon", "--listen", "127.0.0.1:0"], INVALID, "longer than the 107 bytes")])
    world.run(deep, "status")
    guarded = world.root / "guarded"
    shutil.copytree(world.root / "other", guarded)
    guarded.chmod(0)
    world.root.chmod(0o711)
    demoted = (lambda: os.setuid(65534)) if os.geteuid() == 0 else None  # no mode keeps root out
    binary = world.root / "releve"
    shutil.copy(lib.RELEVE, binary)
    binary.chmod(0o755)
    secret = world.root / "open-secret"
    secret.write_text("x\n")
    secret.chmod(0o644)
    for words in (["status"], ["init", "--cheap-key"], ["run"]):
        done = subprocess.run([str(binary), *words, "--data", str(world.root / "guarded")], preexec_fn=demoted,
                              env=dict(os.environ, RELEVE_PASSPHRASE_FILE=str(secret)), stderr=subprocess.PIPE, text=True)
        check(done.returncode == DENIED, f"{words}: exit {done.returncode} {done.stderr}")
        check("may not" in done.stderr, f"{words}: {done.stderr}")
    guarded.chmod(0o700)


def ask(program, method, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=30)
    connection.request(method, path, body, {"Authorization": "Bearer " + program.url.fragment})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, json.loads(text)


def broken_json(world):
    program = world.start("anna")
    good = '{"lastName": "A", "firstName": "B"}'
    rows = [
        ("{", "is not valid JSON"), ("}", "is not valid JSON"), ("{'lastName': 'A'}", "is not valid JSON"),
        ('{"lastName": "A",}', "is not valid JSON"), ('{"lastName": "A" "firstName": "B"}', "is not valid JSON"),
        (good + "x", "is not valid JSON"), (good + good, "is not valid JSON"), ("\ufeff" + good, "is not valid JSON"),
        ('{"lastName": NaN}', "is not valid JSON"), ('{"gir": 01}', "is not valid JSON"), ('{"gir": 1e999}', "is not valid JSON"),
        ('{"gir": 99999999999999999999}', "is not valid JSON"), ('{"lastName": "A\nB"}', "is not valid JSON"),
        ('{"lastName": "\\ud800"}', "is not valid JSON"), ('{"lastName": "\\x"}', "is not valid JSON"),
        ('{"a\\u0000b": 1}', "is not valid JSON"), ("[" * 5000 + "]" * 5000, "is not valid JSON"),
        ("nul", "is not valid JSON"), ("// x\n" + good, "is not valid JSON"),
        (b'{"lastName": "\xff\xfe"}', "is not valid JSON"), (b'{"lastName": "\xc3"}', "is not valid JSON"),
        (b'{"lastName": "\xed\xa0\x80"}', "is not valid JSON"), (b"\0" * 20, "is not valid JSON"),
        ("[]", "is JSON, but not an object"), ("[" + good + "]", "is JSON, but not an object"),
        ('{"lastName": "A", "lastName": "B", "firstName": "C"}', "The same name stands twice"),
        ('{"lastName": 1, "firstName": "B"}', "is not of the expected type"),
        ('{"lastName": ["A"], "firstName": "B"}', "is not of the expected type"),
        ('{"lastName": {"a": 1}, "firstName": "B"}', "is not of the expected type"),
        ('{"lastName": true, "firstName": "B"}', "is not of the expected type"),
        ('{"lastName": "A", "firstName": "B", "gir": "3"}', "is not of the expected type"),
        ('{"lastName": "A", "firstName": "B", "gir": 3.5}', "is not of the expected type"),
        ('{"lastName": "A", "firstName": "B", "gir": -1}', "is outside the allowed values"),
        ('{"lastName": "A", "firstName": "B", "unknown": 1}', "A field is not known"),
        ("{}", "is required"), ("", "is required"),
    ]
    for body, sentence in rows:
        status, reply = ask(program, "POST", "/api/patients", body.encode() if isinstance(body, str) else body)
        check(status == 400, f"{body!r}: {status} {reply}")
        check(sentence in reply["error"]["message"], f"{body!r}: {reply}")
        check(reply["error"]["fr"] not in ("", reply["error"]["message"]), f"{body!r}: {reply}")
    check(world.json("anna", "patient", "list")["total"] == 1, "none of them was saved")
    world.end(program)


def in_french(world, patient):
    """What a nurse reads: of a handler, of the interface, of the table of errors, with something in a place, and of what comes before any handler."""
    program = world.start("anna")
    rows = [
        ("POST", "/api/round/claim", {"patient": patient, "day": lib.today().isoformat()},
         "Ce passage n'est pas prévu ce jour-là chez ce patient. Rien n'a été changé."),
        ("DELETE", "/api/patients", None, "Cette adresse ne se demande pas de cette façon."),
        ("GET", "/api/nothing", None, "Cette adresse n'existe pas dans ce programme."),
        ("GET", "/api/patients/ffffffff", None, "Ce patient n'est pas sur cet appareil."),
        ("POST", "/api/passphrase", {"old": 1}, "« old » doit être une phrase de passe. Rien n'a été changé."),
        ("POST", "/api/peers", {"code": "x"}, "Il manque des caractères au code, au groupe 1. Rien n'a été changé."),
        ("POST", "/api/billing/2026-03/close", {}, "Seul l'appareil désigné clôt un mois : voir « billing designate »."),
        ("PURGE", "/api/status", None, "Ce genre de demande n'est pas utilisé ici."),
    ]
    for method, path, body, french in rows:
        status, reply = ask(program, method, path, None if body is None else json.dumps(body))
        check(status >= 400 and reply["error"].get("fr") == french, f"{method} {path}: {status} {reply}")
        check(reply["error"]["message"] != french, f"the English stays: {reply}")
    stranger = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=30)
    stranger.request("GET", "/api/status", None, {})
    reply = json.loads(stranger.getresponse().read())
    stranger.close()
    check(reply["error"]["fr"].startswith("Le code d'accès manque"), f"{reply}")
    world.end(program)


def invitations(world, faulty):
    anna = world.start("anna")
    where = f"127.0.0.1:{anna.port}"
    invite = lambda *more: world.run("anna", "invite", "--no-qr", *more).strip()
    invitation = invite()
    groups = invitation.split()
    join = lambda text: ["join", "Béa", where, "--invitation", text]
    other = lambda c: "Z" if c != "Z" else "Y"
    rows = []
    for number in range(17):  # a mistyped character in each group is named by its number
        wrong = groups[:number] + [groups[number][:2] + other(groups[number][2]) + groups[number][3:]] + groups[number + 1:]
        rows.append((join(" ".join(wrong)), INVALID, f"Group {number + 1} of the invitation was mistyped"))
    swapped = groups[:3] + [groups[4], groups[3]] + groups[5:]
    rows += [
        (join(" ".join(swapped)), INVALID, "invitation"),
        (join(" ".join(groups[:-1])), INVALID, "not complete: it has 17 groups of 5"),
        (join(" ".join(groups + ["00000"])), INVALID, "too long: it has 17 groups of 5"),
        (join(invitation.replace(groups[1], "U" + groups[1][1:])), INVALID, "Group 2 of the invitation holds a character"),
        (join(""), INVALID, "not complete"), (join("x" * 250), INVALID, "invitation"), (join("é" * 80), INVALID, ""),
        (["join", "Béa", "nowhere", "--invitation", invitation], USAGE, "is not an address and a port"),
        (["join", "", where, "--invitation", invitation], INVALID, "your name"),
        (["join", "x" * 500, where, "--invitation", invitation], INVALID, "your name"),
    ]
    world.run("bea", "init", "--cheap-key")
    table(world, "bea", rows)
    table(world, "bea", [(["join", "Béa", where], USAGE, "no invitation was given")], stdin="")
    # expired: said by the newcomer's own clock, and, if that is wrong, by the colleague's device
    short = invite("--hours", "1")
    right, lib.RELEVE = lib.RELEVE, faulty
    table(world, "bea", [(join(short), CONFLICT, "The invitation has expired")], RELEVE_TEST_LATER_S="7200")
    world.end(anna)
    anna = world.start("anna", "--listen", where, RELEVE_TEST_LATER_S="7200")
    lib.RELEVE = right
    table(world, "bea", [(join(short), OFFLINE, "it was used, withdrawn or has expired")])
    table(world, "anna", [(["withdraw", "--invitation", short], CONFLICT, "has expired")])
    world.end(anna)
    anna = world.start("anna", "--listen", where)
    # withdrawn
    world.run("anna", "withdraw", "--invitation", invitation, says="Nobody can use this invitation")
    table(world, "bea", [(join(invitation), OFFLINE, "it was used, withdrawn or has expired")])
    world.run("anna", "withdraw", "--invitation", invitation, expect=CONFLICT, says="used or withdrawn already")
    world.run("anna", "withdraw", stdin="12345\n", expect=INVALID, says="not complete")
    # used, and of another team
    fresh = invite()
    world.run("cleo", "init", "--cheap-key")
    world.run("cleo", "team", "create", "Cléo")
    cleo = world.start("cleo")
    there = f"127.0.0.1:{cleo.port}"
    table(world, "bea", [(["join", "Béa", there, "--invitation", fresh], OFFLINE, "the device is of another team")])
    world.run("cleo", "withdraw", "--invitation", fresh, expect=NOT_FOUND, says="This team made no such invitation")
    world.end(cleo)
    world.run("bea", *join(fresh), says="You are in the team")
    world.run("dora", "init", "--cheap-key")
    table(world, "dora", [(join(fresh), OFFLINE, "it was used, withdrawn or has expired")])
    table(world, "bea", [(join(fresh), OFFLINE, "it was used, withdrawn or has expired")])
    # what was refused is counted and said, and nothing is said where there was nothing
    counted = [item for item in world.json("anna", "status")["refused"] if item["what"] == "invitation"]
    check([item["reason"] for item in counted] == ["INVITATION_CLOSED"] and counted[0]["count"] >= 2, f"{counted}")
    world.run("anna", "status", says="Attempts to join the team: The invitation was used or revoked.")
    check("Refused" not in world.run("bea", "status"), "nothing was refused at that device")
    world.end(anna)
    table(world, "dora", [(join(fresh), OFFLINE, "No colleague's device answers at that address")])


def main():
    world = World()
    try:
        no_device(world)
        no_team(world)
        world.run("anna", "team", "create", "Anna")
        patient = world.run("anna", "patient", "add", "lastName=Premier", "firstName=Test").strip()
        passphrases(world)
        altered_files(world)
        words(world, patient)
        directories(world)
        broken_json(world)
        in_french(world, patient)
        invitations(world, sys.argv[3])
        world.run("anna", "fsck", says=" 0 bad")
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
