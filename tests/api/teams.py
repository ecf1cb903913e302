#!/usr/bin/env python3
"""Several teams on one device, with real processes: one program, and nothing of one team in another.

Usage: teams.py RELEVE GENERATOR.
"""
import http.client
import json
import shutil
import sys
import threading

sys.dont_write_bytecode = True
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, OK, USAGE, World, check, until


def ask(program, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
    connection.request(method, path, None if body is None else json.dumps(body),
                       {"Authorization": f"Bearer {program.url.fragment}"})
    answer = connection.getresponse()
    got = json.loads(answer.read())
    connection.close()
    return answer.status, got


def names(world, who, *words):
    return sorted(p["lastName"] for p in world.json(who, *words, "patient", "list")["patients"] if "lastName" in p)


def make_team(world, who):
    world.run(who, "init", "--cheap-key")
    world.run(who, "team", "create", who.capitalize())


def join(world, host, port, who, *words, role="nurse"):
    invitation = world.run(host, "invite", "--no-qr", "--role", role).strip()
    world.run(who, *words, "join", who.capitalize(), f"127.0.0.1:{port}", "--invitation", invitation)


def ports(world, who):
    return {t["team"]: t["port"] for t in world.json(who, "teams")["teams"]}


class Events:
    """What a follower of one team's events is told, until it is closed."""

    def __init__(self, program, path):
        self.connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {program.url.fragment}"})
        self.answer = self.connection.getresponse()
        check(self.answer.status == 200, f"{path} is followed")
        self.lines = []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while line := self.answer.readline():
            if line.startswith(b"event:"):
                self.lines.append(line)


def nurse_in_two(world):
    """One nurse, two teams, one program: the same patient's name in both, and each team has its own."""
    make_team(world, "anna")
    make_team(world, "bob")
    world.run("clara", "init", "--cheap-key")
    before = sorted(p.name for p in (world.root / "clara").iterdir())
    check("teams" not in before, "a device of one team has the directory that it always had")
    for wrong in "Sud", "../sud", "a" * 33, "-a", "":
        world.run("clara", "--team", wrong, "init", "--cheap-key", expect=USAGE, says="name of a directory")
    world.run("clara", "--team", "sud", "init", "--cheap-key")
    world.run("clara", "--team", "sud", "init", "--cheap-key", expect=CONFLICT, says="device in")
    check([t["team"] for t in world.json("clara", "teams")["teams"]] == ["main", "sud"], "both are listed")
    anna, bob, clara = world.start("anna"), world.start("bob"), world.start("clara")
    join(world, "anna", anna.port, "clara")
    join(world, "bob", bob.port, "clara", "--team", "sud")
    first, second = world.json("clara", "status"), world.json("clara", "--team", "sud", "status")
    for field in "team", "device", "person", "port":
        check(first[field] != second[field], f"{field} of the two teams differ")
    for owner, words in (("anna", ()), ("bob", ("--team", "sud"))):
        device = world.json("clara", *words, "status")["device"]
        world.run(owner, "members", says=device[:8])

    # the same name in both teams
    one = world.run("clara", "patient", "add", "lastName=Commun", "firstName=Un", "doorCode=11").strip()
    two = world.run("clara", "--team", "sud", "patient", "add", "lastName=Commun", "firstName=Un", "doorCode=22").strip()
    check(one != two, "they are two dossiers")
    until(lambda: names(world, "anna") == ["Commun"] and names(world, "bob") == ["Commun"], "each team has its own")
    check(world.json("anna", "patient", "show", one)["doorCode"] == "11", "Anna has hers")
    world.run("anna", "patient", "show", two, expect=NOT_FOUND)
    world.run("bob", "patient", "show", one, expect=NOT_FOUND)
    world.run("clara", "patient", "show", two, expect=NOT_FOUND)
    world.run("clara", "--team", "sud", "patient", "show", one, expect=NOT_FOUND)

    # the interface: paths, ids, events
    check(ask(clara, "GET", "/api/teams/sud/patients")[1] == ask(clara, "GET", "/api/teams/sud/patients?x=1")[1], "a query too")
    check(ask(clara, "GET", "/api/teams/main/status")[1]["team"] == first["team"], "main is the first")
    for path, status in (("/api/teams/nord/status", 404), ("/api/teams/sud", 200), ("/api/teams/", 400), ("/api/teams/sud/teams/sud/status", 404),
                         (f"/api/teams/sud/patients/{one}", 404), (f"/api/patients/{two}", 404), ("/api/teams/s%75d/status", 404)):
        check(ask(clara, "GET", path)[0] == status, f"{path} is answered with {status}")
    follow_main, follow_sud = Events(clara, "/api/events"), Events(clara, "/api/teams/sud/events")
    world.run("bob", "patient", "add", "lastName=Bobin", "firstName=B")
    until(lambda: names(world, "clara", "--team", "sud") == ["Bobin", "Commun"], "it comes to the team")
    until(lambda: follow_sud.lines, "the team's followers hear of it")
    world.run("clara", "patient", "edit", one, "doorCode=12", "--reason", "changé")
    until(lambda: follow_main.lines, "and those of the other of their own")
    check(names(world, "clara") == ["Commun"], "nothing went into the other")
    log = (world.root / "clara.log").read_text()
    check(" team=sud " in log and "Commun" not in log, "the log tells them apart, and no name")

    # one directory cannot stand in for another
    check(ask(clara, "POST", "/api/teams", {"team": "sud", "passphrase": "une phrase secrète"})[0] == 409, "it is open")
    check(ask(clara, "POST", "/api/teams", {"team": "nord", "passphrase": "une phrase secrète"})[0] == 404, "there is none")
    check(ask(clara, "POST", "/api/teams", {"team": "../bob", "passphrase": "une phrase secrète"})[0] == 404, "nor elsewhere")
    world.run("clara", "--team", "nord", "status", expect=NOT_FOUND, says="no team of that name")
    return anna, bob, clara


def locking(world, clara):
    """Ports stay, also through a lock; one passphrase opens what it opens."""
    kept = ports(world, "clara")
    check(all(kept.values()) and kept["sud"] != kept["main"], f"each listens: {kept}")
    other = world.root / "other"
    other.touch(0o600)
    other.write_text("une autre phrase\n")
    # one that is added while the program runs, under another passphrase
    world.run("clara", "--team", "nord", "init", "--cheap-key", secret=other)
    world.run("clara", "--team", "nord", "team", "create", "Clara")
    world.run("clara", "--team", "nord", "patient", "add", "lastName=Nord", "firstName=N")
    check(names(world, "clara", "--team", "nord") == ["Nord"], "it is open at once")
    kept = ports(world, "clara")
    world.run("clara", "lock")
    check(all(t["locked"] for t in world.json("clara", "teams")["teams"]), "all are locked")
    world.run("clara", "--team", "sud", "patient", "list", expect=DENIED, says="locked")
    world.run("clara", "unlock", says="--team nord unlock")
    until(lambda: {n: p for n, p in ports(world, "clara").items() if n != "nord"} == {n: p for n, p in kept.items() if n != "nord"},
          "where they listened before")
    check(names(world, "clara", "--team", "sud") == ["Bobin", "Commun"], "the second is open")
    world.run("clara", "--team", "nord", "patient", "list", expect=DENIED, says="locked")
    world.run("clara", "--team", "nord", "unlock", expect=DENIED, says="not the right one")
    world.run("clara", "--team", "nord", "unlock", secret=other)
    check(names(world, "clara", "--team", "nord") == ["Nord"], "and so is the third")
    # wrong passphrases count together
    wrong = world.root / "wrong"
    wrong.touch(0o600)
    wrong.write_text("rien\n")
    world.run("clara", "lock")
    for team in "main", "sud", "nord":
        world.run("clara", "--team", team, "unlock", secret=wrong, expect=DENIED)
    world.run("clara", "--team", "sud", "unlock", secret=wrong, expect=DENIED, says="Too many wrong")
    until(lambda: world.attempt("clara", "unlock").returncode == OK, "the wait is over")
    # the passphrase of one team alone
    new = world.root / "new"
    new.touch(0o600)
    new.write_text("encore une phrase\n")
    world.run("clara", "--team", "sud", "passphrase", "--new", str(new))
    world.end(clara)
    world.run("clara", "--team", "sud", "status", expect=DENIED)
    world.run("clara", "--team", "sud", "status", secret=new)
    world.run("clara", "--team", "sud", "passphrase", "--new", str(world.secret), secret=new)
    clara = world.start("clara")
    check(ports(world, "clara")["sud"] == kept["sud"], "also after a restart")
    return clara


def backup_and_wipe(world, clara):
    """A backup holds one team, and comes back as one; wiping takes one away and leaves the others."""
    file = world.root / "sud.backup"
    world.run("clara", "--team", "sud", "backup", str(file))
    world.run("clara", "--team", "est", "restore", str(file))
    check(names(world, "clara", "--team", "est") == ["Bobin", "Commun"], "it is the same team again, open at once")
    world.run("clara", "--team", "est", "wipe", stdin="WIPE\n", says="unlock")
    check(not (world.root / "clara" / "teams" / "est").exists(), "nothing is left of it")
    world.run("clara", "unlock")
    check([t["team"] for t in world.json("clara", "teams")["teams"]] == ["main", "nord", "sud"], "the others are there")
    check(names(world, "clara", "--team", "sud") == ["Bobin", "Commun"] and names(world, "clara") == ["Commun"], "with all they had")
    # the first one goes, and the others stay
    world.run("clara", "wipe", stdin="WIPE\n")
    check(not (world.root / "clara" / "device.key").exists(), "its key is gone")
    world.run("clara", "unlock")
    check([t["team"] for t in world.json("clara", "teams")["teams"]] == ["nord", "sud"], "two are left")
    world.run("clara", "patient", "list", expect=NOT_FOUND, says="name the team")
    check(names(world, "clara", "--team", "sud") == ["Bobin", "Commun"], "with all it had")
    world.end(clara)
    clara = world.start("clara")
    check(names(world, "clara", "--team", "sud") == ["Bobin", "Commun"], "also after a restart")
    world.run("clara", "init", "--cheap-key")
    check([t["team"] for t in world.json("clara", "teams")["teams"]] == ["main", "nord", "sud"], "and a first one again")
    # a team that does not open leaves the others alone
    world.end(clara)
    key = world.root / "clara" / "teams" / "sud" / "device.key"
    whole = key.read_bytes()
    key.write_bytes(whole[:20])
    clara = world.start("clara")
    world.run("clara", "status")
    world.run("clara", "--team", "sud", "unlock", expect=INVALID, says="cut short")
    world.end(clara)
    key.write_bytes(whole)
    check(names(world, "clara", "--team", "sud") == ["Bobin", "Commun"], "nothing was lost by it")


def stopped(world, bob):
    """One team's database is an older copy, and cannot be opened again when that is noticed: that team stops and says so, the others go on."""
    clara, sud = world.root / "clara", world.root / "clara" / "teams" / "sud"
    program = world.start("clara")
    shutil.copytree(sud, world.root / "sud.older")
    world.run("clara", "--team", "sud", "patient", "add", "lastName=Tard", "firstName=T")
    world.run("clara", "--team", "sud", "peer", "add", f"127.0.0.1:{bob.port}")
    until(lambda: "Tard" in names(world, "bob"), "a colleague has it")
    world.end(program)
    world.end(bob)
    shutil.rmtree(sud)
    shutil.copytree(world.root / "sud.older", sud)
    program = world.start("clara", "--metrics")
    port = ports(world, "clara")["sud"]
    # the file that a new incarnation is written to is in the way
    kept = (sud / "incarnation").read_bytes()
    (sud / "incarnation").unlink()
    (sud / "incarnation" / "x").mkdir(parents=True)
    bob = world.start("bob")
    world.run("bob", "peer", "add", f"127.0.0.1:{port}")
    row = until(lambda: next((t for t in world.json("clara", "teams")["teams"] if t.get("failed")), None), "the team is stopped")
    check(row["team"] == "sud" and row["locked"], f"{row}")
    check(program.poll() is None, "and the program is not")
    world.run("clara", "--team", "sud", "status", says="This team was stopped")
    check(world.json("clara", "--team", "sud", "status")["failed"]["code"], "and why")
    world.run("clara", "--team", "sud", "patient", "list", expect=DENIED, says="was stopped")
    check('releve_team_stopped{team="1"} 0' in world.run("clara", "metrics") and "releve_team_stopped" in world.run("clara", "metrics"), "as a number")
    check(sum(line.startswith("releve_team_stopped") and line.endswith(" 1") for line in world.run("clara", "metrics").splitlines()) == 1, "one is")
    log = (world.root / "clara.log").read_text()
    check("team.stopped team=sud" in log, "the log says so")
    # the others save and are there
    world.run("clara", "--team", "nord", "unlock", secret=world.root / "other")
    world.run("clara", "--team", "nord", "patient", "add", "lastName=Encore", "firstName=E")
    check("Encore" in names(world, "clara", "--team", "nord"), "another team goes on")
    world.run("clara", "--team", "sud", "unlock", expect=None)
    # what was in the way is gone: it goes on where it was
    (sud / "incarnation" / "x").rmdir()
    (sud / "incarnation").rmdir()
    (sud / "incarnation").write_bytes(kept)
    world.run("clara", "--team", "sud", "unlock")
    world.run("bob", "peer", "add", f"127.0.0.1:{ports(world, 'clara')['sud']}")
    until(lambda: names(world, "clara", "--team", "sud") == names(world, "bob"), "it is open again, and gets what it had written")
    check("failed" not in world.json("clara", "--team", "sud", "status"), "nothing is the matter any more")
    world.end(program)
    return bob


def facilitator(world, anna, bob):
    """Who coaches two teams has one program, and sees of each what a facilitator is given."""
    world.run("fanny", "init", "--cheap-key")
    world.run("fanny", "--team", "bobs", "init", "--cheap-key")
    fanny = world.start("fanny")
    join(world, "anna", anna.port, "fanny", role="facilitator")
    join(world, "bob", bob.port, "fanny", "--team", "bobs", role="facilitator")
    for words in (), ("--team", "bobs"):
        until(lambda: world.json("fanny", *words, "status")["peers"], "she met them")
        check(world.json("fanny", *words, "status")["role"] == "facilitator" and names(world, "fanny", *words) == [], "and reads no dossier")
    # Anna's team and Bob's stay apart at her device, too
    theirs = {w: {p["person"] for p in world.json("fanny", *words, "status")["peers"]} for w, words in (("a", ()), ("b", ("--team", "bobs")))}
    check(not theirs["a"] & theirs["b"] and all(theirs.values()), "two teams, which do not know each other")
    world.end(fanny)


def main():
    world = World()
    try:
        anna, bob, clara = nurse_in_two(world)
        clara = locking(world, clara)
        backup_and_wipe(world, clara)
        bob = stopped(world, bob)
        facilitator(world, anna, bob)
        world.end(anna)
        world.end(bob)
    finally:
        world.close()


main()
