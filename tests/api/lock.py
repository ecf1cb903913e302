#!/usr/bin/env python3
"""A device that is locked has nothing to tell: no key and no record in its memory, and it opens with the passphrase alone.

Usage: lock.py RELEVE GENERATOR KEYS FAULTY, the last ones being keys.c and `releve` on a machine that can sleep (faulty.c). Waiting is for what the program says, never for a time.
"""
import http.client
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, OFFLINE, USAGE, World, check, is_sanitized

CANARY = "Zéphyrine-Quatrebarbes-9f31"
PASSPHRASE = "une phrase secrète de mésanges-7c20"  # no words of a screen: the program carries those


def ask(program, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
    connection.request(method, path, json.dumps(body) if body is not None else None,
                       {"Authorization": "Bearer " + program.url.fragment})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, json.loads(text)


def wait_locked(world, who, wanted):
    """Between two images of the program nobody answers."""
    while True:
        try:
            if ask(who, "GET", "/api/status")[1]["locked"] == wanted:
                return
        except (ConnectionError, http.client.HTTPException):
            pass


def ask_until_locked(who, path):
    status = 200
    while status != 403:
        try:
            status = ask(who, "GET", path)[0]
        except (ConnectionError, http.client.HTTPException):
            pass


def memory(program):
    """Every byte that the process could read itself; None where the system shows it to nobody else, not even to the user."""
    parts = []
    try:
        with open(f"/proc/{program.pid}/maps") as maps, open(f"/proc/{program.pid}/mem", "rb", 0) as mem:
            for line in maps:
                first, last = (int(part, 16) for part in line.split()[0].split("-"))
                if "r" not in line.split()[1] or "[v" in line or last - first > 1 << 30:
                    continue  # the kernel's own pages, and the map of the database, which is sealed
                try:
                    mem.seek(first)
                    parts.append(mem.read(last - first))
                except OSError:
                    pass  # a guard page
    except PermissionError:
        return None
    return b"\0".join(parts)


def holds(image, secrets):
    return [name for name, secret in secrets.items() if secret in image]


def nothing_in_memory(world, keys):
    world.secret.write_text(PASSPHRASE + "\n")
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    words = subprocess.run([keys, str(world.root / "anna"), PASSPHRASE], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    secrets = dict(zip(("database", "sign", "handshake", "sealing"), (bytes.fromhex(word) for word in words), strict=True))
    secrets |= {"note": CANARY.encode(), "passphrase": PASSPHRASE.encode()}
    anna = world.start("anna")
    pid = anna.pid
    world.run("anna", "patient", "add", f"lastName={CANARY}", "firstName=Test")
    patient = world.json("anna", "patient", "list", CANARY)["patients"][0]["id"]
    world.run("anna", "patient", "show", patient)
    limits = open(f"/proc/{pid}/limits").read()
    check("Max core file size        0                    0" in limits, "no core file")
    status = open(f"/proc/{pid}/status").read()
    # the address sanitizer makes mlock() do nothing
    check(is_sanitized(sys.argv[1]) or int(status.split("VmLck:")[1].split()[0]) > 0, f"the keys are in locked memory: {status}")
    image = memory(anna)
    if image is None:
        check(os.geteuid() != 0, "only who is not root is refused")
    else:
        check({"note", "sign", "sealing"} <= set(holds(image, secrets)), f"an open device has them: {holds(image, secrets)}")

    world.run("anna", "lock", says="no key and no record is in memory")
    check(anna.poll() is None and anna.pid == pid, "the same process")
    image = memory(anna)
    check((image is None) == (os.geteuid() != 0), "its memory is readable for root alone")
    if image is not None:
        check(len(image) > 1 << 20, "it was read")
        check(holds(image, secrets) == [], f"nothing is there: {holds(image, secrets)}")
    check("Max core file size        0                    0" in open(f"/proc/{pid}/limits").read(), "still no core file")
    check(not list(world.root.glob("**/core*")), "and none was written")
    environ = open(f"/proc/{pid}/environ", "rb").read() if os.geteuid() == 0 else b""
    check(anna.url.fragment.encode() not in environ, "the token is not in its environment")
    return anna


def says_so(world, anna):
    wrong = world.root / "wrong"
    wrong.write_text("autre chose\n")
    for words in (("patient", "list"), ("members",), ("backup", str(world.root / "b")), ("fsck",), ("dump",), ("invite",)):
        world.run("anna", *words, expect=DENIED, says="This device is locked: it opens again with the passphrase")
    for method, path in (("GET", "/api/patients"), ("POST", "/api/patients"), ("GET", "/api/dump"), ("POST", "/api/fsck"), ("POST", "/api/team"),
                         ("GET", "/api/news"), ("GET", "/api/history/directory"), ("POST", "/api/join"), ("POST", "/api/import")):
        status, answer = ask(anna, method, path, {} if method == "POST" else None)
        check(status == 403 and answer["error"]["code"] == "LOCKED", f"{path}: {status} {answer}")
    status = world.json("anna", "status")
    check(status["locked"] is True and set(status) == {"locked", "now"}, "status says so, and nothing else")
    check("locked" in world.run("anna", "status"), "to people, too")
    world.run("anna", "lock")  # once more changes nothing
    check((world.root / "anna" / "web.url").read_text().strip().endswith(anna.url.fragment), "the page's address holds")
    # nobody else opens the database meanwhile
    world.run("anna", "run", expect=CONFLICT, says="is open in another program already")
    check(world.json("anna", "status")["locked"], "and the locked program stays in its place")

    for i in range(3):
        world.run("anna", "unlock", secret=wrong, expect=DENIED, says="The passphrase is not the right one")
    world.run("anna", "unlock", expect=DENIED, says="Too many wrong passphrases: try again in")
    status, answer = ask(anna, "POST", "/api/unlock", {"passphrase": PASSPHRASE})
    check(status == 403 and 0 < answer["error"]["waitMs"] <= 1000, f"the right one has to wait as well: {answer}")
    for body in ({}, {"passphrase": ""}, {"passphrase": 7}):
        check(ask(anna, "POST", "/api/unlock", body)[0] in (400, 403), "no passphrase")
    while True:
        status, answer = ask(anna, "POST", "/api/unlock", {"passphrase": PASSPHRASE})
        if status == 200:
            break
        check(answer["error"]["message"].startswith("Too many"), f"{answer}")
    check(world.json("anna", "patient", "list")["patients"][0]["lastName"] == CANARY, "everything is there again")
    world.run("anna", "unlock", says="Unlocked")
    world.run("anna", "fsck", says=" 0 bad")


def made_by_the_page(world):
    """A program that starts without a device and without a passphrase: the page makes the one with the other."""
    carl = world.start("carl", "--locked")
    check(carl.port == 0, "it meets nobody")
    world.run("carl", "status", says="There is no device here yet")
    world.run("carl", "team", "create", "Carl", expect=NOT_FOUND, says="make it (releve init)")
    for body in ({}, {"passphrase": ""}, {"passphrase": 7}):
        check(ask(carl, "POST", "/api/device", body)[0] == 400, "no passphrase")
    check(not (world.root / "carl" / "device.key").exists(), "nothing was made")
    status, answer = ask(carl, "POST", "/api/device", {"passphrase": PASSPHRASE, "cheapKey": True})
    check(status == 200 and answer["locked"] is False, f"it is open at once: {answer}")
    status, answer = ask(carl, "POST", "/api/device", {"passphrase": "une autre phrase", "cheapKey": True})
    check(status == 409 and "already" in answer["error"]["message"], f"and made once: {answer}")
    check(ask(carl, "POST", "/api/team", {"name": "Carl"})[0] < 300, "a team is founded")
    check(world.json("carl", "teams")["teams"][0]["port"] != 0, "it listens for colleagues")
    world.end(carl)
    carl = world.start("carl", "--locked")
    check(ask(carl, "GET", "/api/patients")[0] == 403, "it starts locked")
    check(ask(carl, "POST", "/api/device", {"passphrase": "x"})[0] == 409, "a locked device is one")
    check(ask(carl, "POST", "/api/unlock", {"passphrase": PASSPHRASE})[0] == 200, "it opens")
    check(ask(carl, "GET", "/api/patients")[0] == 200, "and goes on")
    world.end(carl)


def listener(port):
    """The one socket that listens for the browser: its number in the kernel, which no other ever has again while it is open."""
    with open("/proc/net/tcp") as table:
        found = [line.split()[9] for line in table if line.split()[1] == f"0100007F:{port:04X}" and line.split()[3] == "0A"]
    check(len(found) == 1, f"one program listens at {port}: {found}")
    return found[0]


def passphrase_leaves_no_trace(world, anna):
    """A passphrase that was given to the program, right or wrong, from whichever side, is nowhere in it afterwards."""
    wrong = world.root / "near"
    wrong.write_text(PASSPHRASE + ", presque\n")
    new = "lampe corail tambour huit"
    secrets = {"the right one": PASSPHRASE.encode(), "escaped": json.dumps(PASSPHRASE)[1:-1].encode(), "another": b"corail tambour"}
    if memory(anna) is None or is_sanitized(sys.argv[1]):  # a sanitizer keeps what was freed
        return
    steps = (
        (lambda: world.run("anna", "lock"), "locked"),
        (lambda: world.run("anna", "unlock", secret=wrong, expect=DENIED), "wrong, by the command line"),
        (lambda: ask(anna, "POST", "/api/unlock", {"passphrase": PASSPHRASE + "."}), "wrong, by the page"),
        (lambda: ask(anna, "POST", "/api/unlock", {"passphrase": PASSPHRASE}), "right, by the page"),
        (lambda: ask(anna, "POST", "/api/unlock", {"passphrase": PASSPHRASE}), "open already"),
        (lambda: ask(anna, "POST", "/api/passphrase", {"old": PASSPHRASE, "new": new}), "changed"),
        (lambda: ask(anna, "POST", "/api/passphrase", {"old": new, "new": PASSPHRASE}), "changed back"),
        (lambda: world.run("anna", "lock"), "locked again"),
        (lambda: world.run("anna", "unlock"), "right, by the command line"))
    for step, what in steps:
        step()
        check(holds(memory(anna), secrets) == [], f"{what}: {holds(memory(anna), secrets)} is in memory")


def goes_on(world, anna):
    """After unlocking it meets colleagues again, at the same port; again and again."""
    world.run("bea", "init", "--cheap-key")
    invitation = world.run("anna", "invite", "--no-qr").strip()
    check(world.json("anna", "status")["port"] == anna.port, "the same port")
    world.run("bea", "join", "Béa", f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    socket = listener(anna.url.port)
    for i in range(3):
        world.run("anna", "patient", "add", f"lastName=Avant{i}", "firstName=Test")
        world.run("anna", "lock")
        check(listener(anna.url.port) == socket, "nobody else could have taken the port that the page speaks to")
        world.run("bea", "patient", "add", f"lastName=Pendant{i}", "firstName=Test")
        world.run("anna", "unlock")
        names = set()
        while not {f"Avant{i}", f"Pendant{i}"} <= names:
            names = {row["lastName"] for row in world.json("anna", "patient", "list")["patients"]}
    # killed while locked: the next start is a start like any other
    world.run("anna", "lock")
    anna.kill()
    anna.wait(60)
    anna.stdout.close()
    world.programs.remove(anna)
    check(len(world.json("anna", "patient", "list")["patients"]) == 7, "nothing is lost")
    world.end(bea)
    # stopped while locked
    anna = world.start("anna")
    world.run("anna", "lock")
    world.run("anna", "stop")
    check(anna.wait(60) == 0, "it ends in order")
    check(not (world.root / "anna" / "socket").exists() and not (world.root / "anna" / "web.url").exists(), "and tidies up")
    anna.stdout.close()
    world.programs.remove(anna)
    world.run("anna", "lock", expect=OFFLINE, says="no program runs")
    world.run("anna", "unlock", expect=OFFLINE, says="no program runs")


def by_itself(world):
    world.run("anna", "run", "--lock-after", "soon", expect=USAGE, says="--lock-after takes minutes")
    anna = world.start("anna", "--lock-after", "1s")
    wait_locked(world, anna, True)  # looking at the status does not keep it open
    world.run("anna", "unlock")
    check(not world.json("anna", "status")["locked"], "open again")
    wait_locked(world, anna, True)
    world.end(anna)
    # a page that draws itself again with every event does not keep it open for ever
    anna = world.start("anna", "--lock-after", "2s")
    ask_until_locked(anna, "/api/patients?unattended=1")
    world.end(anna)
    anna = world.start("anna", "--lock-after", "60")
    check(not world.json("anna", "status")["locked"], "not before its time")
    world.end(anna)


def as_it_is_set(world):
    """What the page sets counts at once, and after the next start; the command line's own limit holds beside it, the sooner of both."""
    anna = world.start("anna", "--lock-after", "60")
    status, answer = ask(anna, "GET", "/api/settings")
    check(status == 200 and answer["lockAfterMinutes"] == 0 and answer["lockAtMostSeconds"] == 3600, f"as it was told: {answer}")
    check(answer["version"].count(".") == 2 and answer["formats"]["records"] > 0 and answer["listening"] == f"127.0.0.1:{anna.port}", f"{answer}")
    for wrong in ({}, {"lockAfterMinutes": "5"}, {"lockAfterMinutes": -1}, {"lockAfterMinutes": 1441}):
        check(ask(anna, "POST", "/api/settings", wrong)[0] == 400, f"{wrong} is refused")
    check(ask(anna, "POST", "/api/settings", {"lockAfterMinutes": 120})[1]["lockAfterMinutes"] == 120, "set")
    world.end(anna)
    anna = world.start("anna")
    check(ask(anna, "GET", "/api/settings")[1]["lockAfterMinutes"] == 120, "and kept")
    check(ask(anna, "GET", "/api/settings")[1]["lockAtMostSeconds"] == 0, "without the other")
    check(ask(anna, "POST", "/api/settings", {"lockAfterMinutes": 0})[1]["lockAfterMinutes"] == 0, "never")
    world.end(anna)


def locks_as_set(world, faulty):
    """A machine that slept for longer than the page set locks, though the command line said nothing."""
    mark = world.root / "slept-as-set"
    right, lib.RELEVE = lib.RELEVE, faulty
    anna = world.start("anna", RELEVE_TEST_SLEPT=str(mark))
    lib.RELEVE = right
    check(ask(anna, "POST", "/api/settings", {"lockAfterMinutes": 30})[0] == 200, "half an hour")
    mark.touch()
    ask_until_locked(anna, "/api/patients")
    wait_locked(world, anna, True)
    check(ask(anna, "GET", "/api/settings")[0] == 403, "a locked device tells nothing of itself")
    world.run("anna", "unlock")
    check(ask(anna, "POST", "/api/settings", {"lockAfterMinutes": 0})[0] == 200, "never again")
    world.end(anna)


def slept(world, faulty):
    """A machine that slept for longer than the device stays open wakes up locked, also where a page asks the moment it wakes."""
    mark = world.root / "slept"
    right, lib.RELEVE = lib.RELEVE, faulty
    anna = world.start("anna", "--lock-after", "30m", RELEVE_TEST_SLEPT=str(mark))
    lib.RELEVE = right
    for _ in range(20):
        check(ask(anna, "GET", "/api/patients")[0] == 200, "it is open")
    mark.touch()
    ask_until_locked(anna, "/api/patients")
    wait_locked(world, anna, True)
    world.end(anna)


def passphrase(world):
    new, again = world.root / "new", world.root / "again"
    new.touch(0o600)
    new.write_text("lampe corail tambour huit\n")
    again.write_text("court\n")
    anna = world.start("anna")
    before = (world.root / "anna" / "device.key").read_bytes()
    world.run("anna", "backup", str(world.root / "before"))
    world.run("anna", "passphrase", "--new", str(new), secret=again, expect=DENIED, says="The passphrase is not the right one")
    check((world.root / "anna" / "device.key").read_bytes() == before, "nothing was changed")
    world.run("anna", "passphrase", "--new", str(world.secret), expect=INVALID, says="is the old one again")
    world.run("anna", "passphrase", "--new", str(world.root / "nowhere"), expect=NOT_FOUND)
    out = world.attempt("anna", "passphrase", "--new", str(new))
    check(out.returncode == 0 and out.stderr == "" and "the new passphrase alone" in out.stdout, f"a good one: {out}")
    world.run("anna", "lock")
    world.run("anna", "unlock", expect=DENIED, says="not the right one")
    world.run("anna", "unlock", secret=new)
    status, answer = ask(anna, "POST", "/api/passphrase", {"old": "faux", "new": "court"})
    check(status == 400 and answer["error"]["code"] == "PASSPHRASE", f"{answer}")
    status, answer = ask(anna, "POST", "/api/passphrase", {"old": "lampe corail tambour huit", "new": "court"})
    check(status == 200 and answer["strength"] == "weak" and "guess" in answer["hint"], f"a hint: {answer}")
    world.end(anna)
    world.run("anna", "status", expect=DENIED)
    world.run("anna", "status", secret=new, expect=DENIED)
    world.run("anna", "status", secret=again)
    world.run("copy", "restore", str(world.root / "before"), secret=again, expect=DENIED, says="the one that the device had when")
    world.run("copy", "restore", str(world.root / "before"))
    # killed at any moment: the old one or the new one opens, never none
    turns = [again, new]

    def start():
        env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(turns[0]))
        return subprocess.Popen([lib.RELEVE, "passphrase", "--new", str(turns[1]), "--data", str(world.root / "anna")], env=env,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    for _ in lib.interrupted(start, 15):
        opens = [secret for secret in turns if world.attempt("anna", "status", secret=secret).returncode == 0]
        check(len(opens) == 1, f"exactly one opens: {opens}")
        if opens[0] == turns[1]:
            turns.reverse()


def main():
    world = World()
    try:
        anna = nothing_in_memory(world, sys.argv[3])
        says_so(world, anna)
        passphrase_leaves_no_trace(world, anna)
        goes_on(world, anna)
        made_by_the_page(world)
        by_itself(world)
        slept(world, sys.argv[4])
        as_it_is_set(world)
        locks_as_set(world, sys.argv[4])
        passphrase(world)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
