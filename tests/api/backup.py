#!/usr/bin/env python3
"""A device in one file, and back: made while the program runs, restored as another incarnation, and what is wrong with other files.

Usage: backup.py RELEVE GENERATOR. Waiting is for what another program says, never for a time.
"""
import http.client
import json
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, USAGE, World, check


def names(world, who):
    return {row["lastName"] for row in world.json(who, "patient", "list")["patients"]}


def add(world, who, *several):
    for name in several:
        world.run(who, "patient", "add", f"lastName={name}", "firstName=Test")


def until(world, who, wanted):
    while names(world, who) != wanted:
        pass


def team(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    anna = world.start("anna")
    world.run("bea", "init", "--cheap-key")
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("bea", "join", "Béa", f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
    add(world, "anna", "Un")
    return anna


def made(world, anna):
    file = str(world.root / "b1")
    out = world.run("anna", "backup", file)
    check("holds everything that this device has" in out and "passphrase" in out, f"it says so: {out}")
    check(os.stat(file).st_mode & 0o777 == 0o600, "for the user alone")
    world.run("anna", "backup", file, expect=CONFLICT, says="already: give another name. Nothing was changed")
    world.run("anna", "backup", str(world.root / "no" / "b"), expect=NOT_FOUND, says="There is no file")
    # the same without a program, and a name without a directory
    world.end(anna)
    here = os.getcwd()
    os.chdir(world.root)
    world.run("anna", "backup", "b2")
    os.chdir(here)
    for name in ("b1", "b2"):
        world.run("anna", "backup", "check", str(world.root / name), says="It is whole, and opens with this passphrase")
    check(world.json("anna", "backup", "check", file)["damaged"] == 0, "as JSON")
    check(not [path for path in world.root.iterdir() if path.name.endswith(".new")], "no temporary file stays")
    world.run("anna", "backup", "check", expect=USAGE)


def wrong_files(world):
    whole = (world.root / "b1").read_bytes()
    other = world.root / "other"
    other.write_text("autre chose\n")
    bent = bytearray(whole)
    bent[len(whole) // 2] ^= 4
    key = bytearray(whole)
    key[60] ^= 1
    for content, exit_code, says in (
            (b"", INVALID, "not a backup of this program"), (b"RELVBAK", INVALID, "not a backup of this program"),
            (b"autre chose" * 1000, INVALID, "not a backup of this program"), (whole[:7] + b"2" + whole[8:], INVALID, "later version"),
            (whole[:150], INVALID, "cut short"), (whole[:-1], lib.ERROR, "was altered or is cut short"),
            (whole[:201], INVALID, "its end is missing"), (bytes(bent), lib.ERROR, "was altered or is cut short"),
            (bytes(key), lib.ERROR, "damaged where its key stands"), (whole + b"x", lib.ERROR, "was altered or is cut short")):
        file = world.root / "wrong"
        file.write_bytes(content)
        for words in (("backup", "check"), ("restore",)):
            world.run("new", *words, str(file), expect=exit_code, says=says)
            check(not list((world.root / "new").glob("*")), f"{words} changed nothing")
    with open(world.root / "huge", "wb") as huge:
        huge.truncate(20 << 30)
    world.run("new", "restore", str(world.root / "huge"), expect=INVALID, says="larger than any backup")
    world.run("new", "restore", str(world.root / "b1"), secret=other, expect=DENIED, says="The passphrase is not the one that the device had")
    world.run("new", "restore", str(world.root / "nowhere"), expect=NOT_FOUND, says="There is no file")
    world.run("new", "restore", str(world.root), expect=INVALID, says="not a plain file")
    os.mkfifo(world.root / "pipe")
    world.run("new", "restore", str(world.root / "pipe"), expect=INVALID, says="not a plain file")
    check(not list((world.root / "new").glob("*")), "nothing was changed")
    world.run("anna", "restore", str(world.root / "b1"), expect=CONFLICT, says="There is a device in")
    # a database without its key is not written over either
    (world.root / "anna" / "device.key").rename(world.root / "key")
    world.run("anna", "restore", str(world.root / "b1"), expect=CONFLICT, says="There is a device in")
    (world.root / "key").rename(world.root / "anna" / "device.key")


def restored(world, port):
    anna = world.start("anna", "--listen", f"127.0.0.1:{port}")  # where its colleague met it
    world.run("bea", "status")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    until(world, "bea", {"Un"})
    add(world, "bea", "Deux")
    world.run("bea", "backup", str(world.root / "b3"))
    add(world, "bea", "Trois")
    until(world, "anna", {"Un", "Deux", "Trois"})
    world.end(bea)
    add(world, "bea", "Perdu")  # nobody received it
    before = (world.root / "bea" / "incarnation").read_text()
    shutil.rmtree(world.root / "bea")
    out = world.run("bea", "restore", str(world.root / "b3"))
    check("What it wrote after that moment, and no colleague's device had received, is not there any more" in out, f"the truth: {out}")
    check((world.root / "bea" / "incarnation").read_text() != before, "a new incarnation, before anything is written")
    check(sorted(path.name for path in (world.root / "bea").iterdir()) == ["db", "device.key", "incarnation"], "nothing else is left")
    check(names(world, "bea") == {"Un", "Deux"}, "as it was")
    check(world.json("bea", "status")["restored"] == 1, "status says that it was restored")
    add(world, "bea", "Quatre")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    wanted = {"Un", "Deux", "Trois", "Quatre"}
    until(world, "bea", wanted)
    until(world, "anna", wanted)
    world.end(bea)
    # restored twice from one file, both at work: neither forks the other
    world.run("bea2", "restore", str(world.root / "b3"))
    add(world, "bea2", "Cinq")
    bea = world.start("bea2", "--peer", f"127.0.0.1:{anna.port}")
    wanted |= {"Cinq"}
    until(world, "bea2", wanted)
    until(world, "anna", wanted)
    world.end(bea)
    for who in ("anna", "bea", "bea2"):
        feeds = world.json(who, "status")["feeds"]
        check(all(feed["forkedAt"] == 0 and feed["state"] == "open" for feed in feeds), f"no fork: {feeds}")
        if who != "anna":
            world.run(who, "fsck", says=" 0 bad")
    world.end(anna)


def killed(world):
    """kill -9 at any moment of a restore: the next one, or the next opening, finds it undone or done."""
    file = str(world.root / "b3")
    env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(world.secret))

    def start():
        shutil.rmtree(world.root / "killed", ignore_errors=True)
        return subprocess.Popen([lib.RELEVE, "restore", file, "--data", str(world.root / "killed")], env=env, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    for _ in lib.interrupted(start, 20):
        again = world.attempt("killed", "restore", file)
        check(again.returncode in (0, CONFLICT), f"restored, or it was: {again.stdout}{again.stderr}")
        check(names(world, "killed") == {"Un", "Deux"}, "the whole of it")
        check(not {"restoring", "restored"} & {path.name for path in (world.root / "killed").iterdir()}, "nothing is left over")


def between(world):
    """The states that a crash leaves, made by hand: every one is finished by the next opening."""
    world.run("whole", "restore", str(world.root / "b3"))
    for moved in ((), ("db/data.mdb",), ("db/data.mdb", "incarnation"), ("db/data.mdb", "incarnation", "device.key")):
        for by in ("open", "restore", "init"):
            shutil.rmtree(world.root / "half", ignore_errors=True)
            made_part = world.root / "half" / "restored"
            (made_part / "db").mkdir(parents=True, mode=0o700)
            (world.root / "half" / "db").mkdir(mode=0o700)
            os.chmod(world.root / "half", 0o700)
            for name in ("db/data.mdb", "incarnation", "device.key"):
                place = world.root / "half" if name in moved else made_part
                shutil.copy2(world.root / "whole" / name, place / name)
            if by == "restore":
                world.run("half", "restore", str(world.root / "b3"), expect=CONFLICT, says="There is a device in")
            elif by == "init":
                world.run("half", "init", "--cheap-key", expect=CONFLICT)
            check(names(world, "half") == {"Un", "Deux"}, f"finished by {by} after {moved}")
            check(not (world.root / "half" / "restored").exists(), "and tidied up")


def ask(program, body):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
    connection.request("POST", "/api/backup", json.dumps(body), {"Authorization": "Bearer " + program.url.fragment})
    reply = connection.getresponse()
    answer = json.loads(reply.read())
    connection.close()
    return reply.status, answer


def settings(program):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
    connection.request("GET", "/api/settings", headers={"Authorization": "Bearer " + program.url.fragment})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def in_pieces(world):
    """A database of some megabytes: others are served between the pieces, and what is given up leaves nothing."""
    subprocess.run([lib.GENERATOR, "--out", str(world.root), "--patients", "150", "--visits", "6000", "--nurses", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    world.run("big", "init", "--cheap-key")
    world.run("big", "team", "create", "Grande")
    big = world.start("big")
    world.run("big", "import", str(world.root / "team-00.ndjson"))
    first, second = str(world.root / "p1"), str(world.root / "p2")
    before = world.json("big", "status")["patients"]
    check(ask(big, {"file": "p1"})[1]["error"]["message"].startswith('"file" has to be the whole path'), "a whole path")
    status, piece = ask(big, {"file": first})
    check(status == 200 and not piece["done"] and 0 < piece["bytes"] <= piece["bytesExpected"], f"a piece: {piece}")
    check(not os.path.exists(first), "not there before it is whole")
    world.run("big", "patient", "add", "lastName=Pendant", "firstName=Test")
    # another one begins: the first is given up and leaves no file
    status, other = ask(big, {"file": second})
    check(status == 200 and other["backup"] != piece["backup"], f"another number: {other}")
    status, answer = ask(big, {"backup": piece["backup"]})
    check(status == 404 and "given up" in answer["error"]["message"], f"{answer}")
    world.run("big", "patient", "add", "lastName=Encore", "firstName=Test")
    check(settings(big)["backup"] is None, "none is finished yet")
    while not other["done"]:
        status, other = ask(big, {"backup": other["backup"]})
        check(status == 200, f"{other}")
    last = settings(big)["backup"]
    check(last["file"] == second and last["bytes"] == other["bytes"] and last["made"][:2] == "20", f"the last one is remembered: {last}")
    check(other["damaged"] == 0 and os.path.getsize(second) == other["bytes"], f"whole: {other}")
    check(ask(big, {"backup": other["backup"]})[0] == 404, "it is over")
    check(sorted(path.name for path in world.root.glob("p?*") if path.name != "pass") == ["p2", "pipe"], "no other file")
    # ended in the middle: in order, and not
    ask(big, {"file": first})
    world.end(big)
    check(not list(world.root.glob("p1*")), "nothing of it is left")
    big = world.start("big")
    ask(big, {"file": first})
    big.kill()
    big.wait(60)
    big.stdout.close()
    world.programs.remove(big)
    check(not os.path.exists(first), "and no half of a backup has its name")
    world.run("big", "backup", first)
    world.run("big2", "restore", first)
    check(world.json("big2", "status")["patients"] == before + 2, "all of it")
    world.run("big3", "restore", second)
    check(world.json("big3", "status")["patients"] == before + 1, "as it was when it began")
    for who in ("big2", "big3"):
        world.run(who, "fsck", says=" 0 bad")
    # cut between two chunks
    whole = (world.root / "p2").read_bytes()
    (world.root / "cut").write_bytes(whole[:201 + 3 * 65553])
    world.run("big4", "restore", str(world.root / "cut"), expect=INVALID, says="its end is missing")
    check(not list((world.root / "big4").iterdir()), "nothing was changed")


lib.RELEVE = os.path.abspath(lib.RELEVE)  # one command here has another directory


def trap(world):
    """In a folder where others write, a file that waits under the temporary name is not written into: it would stay another's, and readable."""
    anna = world.start("anna")
    shared = world.root / "stick"
    shared.mkdir(0o777)
    target, waiting, link = shared / "copy", shared / f"copy.{anna.pid}.new", shared / f"link.{anna.pid}.new"
    waiting.touch()
    waiting.chmod(0o666)
    theirs = os.open(waiting, os.O_RDWR)
    precious = shared / "precious"
    precious.write_text("precious")
    os.link(precious, link)
    for path in (target, shared / "link"):
        world.run("anna", "backup", str(path))
        check(path.stat().st_mode & 0o777 == 0o600, f"for this user alone: {oct(path.stat().st_mode)}")
    check(os.read(theirs, 10) == b"" and precious.read_text() == "precious", "what others have open or linked is as it was")
    os.close(theirs)
    world.end(anna)


def left_over(world):
    """Key and database are gone, small files of the old device are not: they do not stand in the way."""
    world.run("old", "restore", str(world.root / "b3"))
    add(world, "old", "Vieux")
    before = (world.root / "old" / "incarnation").read_text()
    check((world.root / "old" / "meetings").exists() or (world.root / "old" / "ballast").exists(), "it has more files")
    (world.root / "old" / "device.key").unlink()
    shutil.rmtree(world.root / "old" / "db")
    world.run("old", "restore", str(world.root / "b3"))
    check((world.root / "old" / "incarnation").read_text() != before, "a new incarnation")
    check(names(world, "old") == {"Un", "Deux"}, "as it was")


def main():
    world = World()
    try:
        anna = team(world)
        made(world, anna)
        trap(world)
        wrong_files(world)
        restored(world, anna.port)
        killed(world)
        between(world)
        left_over(world)
        in_pieces(world)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
