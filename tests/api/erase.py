#!/usr/bin/env python3
"""A patient erased by the command line on several devices: canaries are in no file afterwards, raw or opened with the keys that are there;
devices that were away, that join later, and that are killed in the midst of it.

Usage: erase.py RELEVE GENERATOR SEARCH, the last being the program that opens every row of a database. Waiting is for what another program
says, never for a time.
"""
import datetime
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from world import NOT_FOUND, USAGE, World, check, today

SEARCH = sys.argv[3]
CANARIES = ["Quenneville", "Zéphirine", "impasse des Zinnias", "codeporte8842B", "0240998877", "plaie au talon gauche", "allergie aux kiwis"]


def names(world, who):
    return {row["lastName"] for row in world.json(who, "patient", "list")["patients"]}


def until(condition):
    while not condition():
        pass


def device(world, who):
    return world.json(who, "status")["device"]


def join(world, who, name, host, port):
    world.run(who, "init", "--cheap-key")
    invitation = world.run(host, "invite", "--no-qr").strip()
    world.run(who, "join", name, f"127.0.0.1:{port}", "--invitation", invitation, says="All records are here")


def encodings(text):
    yield text.encode()
    yield text.encode("utf-16-le")
    yield text.encode().hex().encode()
    yield text.encode()[::-1]


def files_with_canaries(world, who):
    """Every byte of every file of the data directory, and of its log."""
    found = []
    paths = [path for path in (world.root / who).rglob("*") if path.is_file()]
    paths += [path for path in [world.root / f"{who}.log"] if path.exists()]
    for path in paths:
        content = path.read_bytes()
        found += [f"{path.name}: {canary}" for canary in CANARIES for form in encodings(canary) if form in content]
    return found


def search(directory, passphrase_file, *texts, keys=None):
    """Rows that hold a canary once opened, and bodies and snapshots in them unpacked with every key that is in the database, and in the one at `keys`."""
    return subprocess.run([SEARCH, *(["--keys", str(keys)] if keys else []), str(directory), str(passphrase_file), *texts], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60)


def check_clean(world, who, patient):
    check(files_with_canaries(world, who) == [], f"{who}: {files_with_canaries(world, who)}")
    done = search(world.root / who, world.secret, patient, *CANARIES)
    check(done.returncode == 0 and "found 0" in done.stdout, f"{who}: {done.stdout}{done.stderr}")
    world.run(who, "fsck", says=" 0 bad")


def states(world, who):
    erasures = world.json(who, "erasures")["erasures"]
    return {row["device"]: row["state"] for erasure in erasures for row in erasure["devices"]}


def confirmed(world, who, *devices):
    known = states(world, who)
    return all(known.get(one) == "confirmed" for one in devices)


def plant(world, who):
    patient = world.run(who, "patient", "add", f"lastName={CANARIES[0]}", f"firstName={CANARIES[1]}", f"street=4 {CANARIES[2]}",
                        f"doorCode={CANARIES[3]}", f"phone={CANARIES[4]}", f"allergies={CANARIES[6]}").strip()
    problem = world.run(who, "problem", "add", patient, "code=28", "scope=individual", "severity=actual", f"signs={CANARIES[5]}").strip()
    world.run(who, "plan", "add", patient, f"problem={problem}", "category=treatment", "target=skin", f"detail={CANARIES[5]}", "state=active",
              "recurrence=daily")
    world.run(who, "visit", "add", patient, "start=2026-03-05 08:00", "end=2026-03-05 08:30", f"note={CANARIES[5]} vue")
    world.run(who, "patient", "edit", patient, f"street=5 {CANARIES[2]}")
    return patient


def order(world, who, patient):
    name = f"{CANARIES[0]} {CANARIES[1]}"
    refused = world.attempt(who, "patient", "erase", patient, "--reason", "request", stdin="oui\n")
    check(refused.returncode == USAGE and "nothing was erased" in refused.stderr, f"a wrong answer: {refused.stderr}")
    expected = refused.stderr.split("type: ")[1].splitlines()[0]
    check(expected.startswith(name + " ") and int(expected.rsplit(" ", 1)[1]) >= 4, f"name and number: {expected}")
    world.run(who, "patient", "erase", patient, "--reason", "because", "--confirm", expected, expect=lib.INVALID, says="Nothing was erased")
    check(CANARIES[0] in names(world, who), "nothing was erased by mistake")
    world.run(who, "patient", "erase", patient, "--reason", "request", "--confirm", expected)


def several_devices(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    anna = world.start("anna")
    join(world, "bea", "Béa", "anna", anna.port)
    join(world, "clara", "Clara", "anna", anna.port)
    peer = ("--peer", f"127.0.0.1:{anna.port}")
    devices = {who: device(world, who) for who in ("anna", "bea", "clara")}
    bea, clara = world.start("bea", *peer), world.start("clara", *peer)
    patient = plant(world, "anna")
    world.run("anna", "patient", "add", "lastName=Reste", "firstName=Ici")
    for who in ("bea", "clara"):
        until(lambda who=who: names(world, who) == {CANARIES[0], "Reste"})
    world.run("bea", "visit", "add", patient, "start=2026-03-06 08:00", "end=2026-03-06 08:30", f"note={CANARIES[5]} chez Béa")
    world.run("clara", "visit", "start", patient, f"note={CANARIES[5]} en cours")
    until(lambda: len(world.json("anna", "visit", "list", "--patient", patient)["records"]) == 2)
    # Clara goes away and writes; an attacker keeps a copy of Anna's directory, and knows the passphrase
    world.end(clara)
    world.run("clara", "patient", "edit", patient, f"doorCode={CANARIES[3]} bis")
    world.end(bea)
    world.end(anna)
    shutil.copytree(world.root / "anna", world.root / "thief")
    for text in (patient, CANARIES[0], CANARIES[5]):
        check(search(world.root / "thief", world.secret, text).returncode == 9, f"the search finds what is there: {text}")
    anna, bea = world.start("anna"), None
    peer = ("--peer", f"127.0.0.1:{anna.port}")
    order(world, "anna", patient)
    until(lambda: confirmed(world, "anna", devices["anna"]))
    check(names(world, "anna") == {"Reste"}, "gone at once")
    world.run("anna", "patient", "show", patient, expect=NOT_FOUND)
    check(states(world, "anna")[devices["clara"]] == "waiting", "Clara has not heard of it")
    bea = world.start("bea", *peer)
    until(lambda: confirmed(world, "anna", devices["anna"], devices["bea"]))
    check(names(world, "bea") == {"Reste"}, "Béa erased it")
    # Clara comes back
    clara = world.start("clara", *peer)
    until(lambda: confirmed(world, "anna", *devices.values()) and confirmed(world, "clara", *devices.values()))
    check(names(world, "clara") == {"Reste"}, "Clara erased it")
    world.run("anna", "erasures", says="has erased it")
    world.run("anna", "patient", "add", "lastName=Suite", "firstName=Ici")
    for who in ("bea", "clara"):
        until(lambda who=who: names(world, who) == {"Reste", "Suite"})
    # who joins afterwards
    join(world, "dora", "Dora", "anna", anna.port)
    check(names(world, "dora") == {"Reste", "Suite"}, "a cold join")
    for program in (anna, bea, clara):
        world.end(program)
    for who in ("anna", "bea", "clara", "dora"):
        check_clean(world, who, patient)
    # the thief has the old key file and knows the passphrase, and gets the new database
    shutil.copy2(world.root / "thief" / "device.key", world.root / "thief.key")
    shutil.rmtree(world.root / "thief" / "db")
    shutil.copytree(world.root / "anna" / "db", world.root / "thief" / "db")
    done = search(world.root / "thief", world.secret, patient, *CANARIES)
    check(done.returncode not in (0, 9) and "opens" in done.stderr, f"the old key opens nothing: {done.stdout}{done.stderr}")


def row_of(world, who, erased):
    return next((row for row in world.json(who, "erasures")["erasures"] if row["patient"] == erased), None)


def with_a_case(world):
    """The patient's redacted case goes with the dossier, at the facilitator's too, who never had more than the case."""
    world.run("ines", "init", "--cheap-key")
    world.run("ines", "team", "create", "Inès")
    ines = world.start("ines")
    world.run("fanny", "init", "--cheap-key")
    invitation = world.run("ines", "invite", "--no-qr", "--role", "facilitator").strip()
    world.run("fanny", "join", "Fanny", f"127.0.0.1:{ines.port}", "--invitation", invitation)
    patient = plant(world, "ines")
    until_day = (today() + datetime.timedelta(days=30)).isoformat()
    person = world.json("fanny", "status")["person"]
    case = world.run("ines", "case", "share", patient, "--to", person[:8], "--until", until_day, "--consent", f"oral, {CANARIES[0]}").strip()
    fanny = world.start("fanny", "--peer", f"127.0.0.1:{ines.port}")
    until(lambda: [row["id"] for row in world.json("fanny", "case", "list")["cases"]] == [case])
    fanny_device = device(world, "fanny")
    world.end(fanny)
    check(search(world.root / "fanny", world.secret, case).returncode == 9, "the search finds the case's secret at the facilitator's")
    order(world, "ines", patient)
    until(lambda: row_of(world, "ines", case) and row_of(world, "ines", case)["reason"] == "case")
    fanny = world.start("fanny", "--peer", f"127.0.0.1:{ines.port}")
    until(lambda: row_of(world, "ines", case)["complete"] and row_of(world, "ines", patient)["complete"])
    told = {row["device"]: row["state"] for row in row_of(world, "ines", case)["devices"]}
    check(told[fanny_device] == "confirmed", f"the facilitator's device erased the case: {told}")
    check(fanny_device not in {row["device"] for row in row_of(world, "ines", patient)["devices"]}, "it never held the dossier")
    check(world.json("fanny", "case", "list")["cases"] == [], "no case is shown")
    for who, program in (("fanny", fanny), ("ines", ines)):
        world.end(program)
        check_clean(world, who, patient)
        check(search(world.root / who, world.secret, case).returncode == 0, f"{who}: the case's secret is gone")


def with_a_relay(world):
    """A relay has no key to tell by: it erases what it is told the names of, also when it was away, and before it hands on anything."""
    world.run("zoe", "init", "--cheap-key")
    world.run("zoe", "team", "create", "Zoé")
    zoe = world.start("zoe")
    world.run("box", "init", "--cheap-key")
    box = world.start("box")
    there = f"127.0.0.1:{box.port}"
    code = world.run("box", "relay", "offer", world.run("zoe", "relay", "team").strip()).strip()
    world.run("zoe", "relay", "admit", code, there)
    until(lambda: world.json("box", "status")["inTeam"] and world.json("box", "status").get("role") == "relay")
    join(world, "iris", "Iris", "zoe", zoe.port)
    box_device = device(world, "box")

    def lacks(who):
        return [peer["missingThere"] for peer in world.json(who, "status")["peers"] if peer["device"] == box_device]

    patient = plant(world, "zoe")
    world.run("zoe", "patient", "add", "lastName=Reste", "firstName=Ici")
    # Iris writes about the patient too, and is known by the box alone
    iris = world.start("iris", "--peer", f"127.0.0.1:{zoe.port}")
    until(lambda: names(world, "iris") == {CANARIES[0], "Reste"})
    world.run("iris", "visit", "add", patient, "start=2026-03-06 08:00", "end=2026-03-06 08:30", f"note={CANARIES[5]} chez Iris")
    until(lambda: len(world.json("zoe", "visit", "list", "--patient", patient)["records"]) == 2)
    until(lambda: lacks("zoe") == [0])
    for program in (box, iris, zoe):
        world.end(program)
    for who in ("zoe", "box"):
        shutil.copytree(world.root / who, world.root / f"{who}-before")
    keys = world.root / "zoe-before"
    told = search(world.root / "box", world.secret, *CANARIES)
    check(told.returncode == 0, f"the box opens nothing: {told.stdout}")
    told = search(world.root / "box", world.secret, *CANARIES, keys=keys)
    check(told.returncode == 9 and "body: " in told.stdout, f"the nurse's keys open what it holds: {told.stdout}{told.stderr}")
    # the box is away
    zoe = world.start("zoe")
    order(world, "zoe", patient)
    until(lambda: confirmed(world, "zoe", device(world, "zoe")))
    check(states(world, "zoe")[box_device] == "waiting", f"it has not heard of it: {states(world, 'zoe')}")
    # it comes back, and Iris, who has heard of nothing, meets it alone
    box = world.start("box", "--peer", f"127.0.0.1:{zoe.port}", listen=there)
    until(lambda: confirmed(world, "zoe", box_device))
    world.run("zoe", "erasures", says="has erased it")
    world.end(zoe)
    iris = world.start("iris", "--peer", there)
    until(lambda: confirmed(world, "iris", device(world, "iris"), box_device))
    check(names(world, "iris") == {"Reste"}, "Iris erased it by what the box told her")
    # an older copy of the box, which the nurse met last: it erases before it hands on anything
    world.run("iris", "patient", "add", "lastName=Suite", "firstName=Ici")
    until(lambda: lacks("iris") == [0])
    for program in (iris, box):
        world.end(program)
    for who in ("zoe", "iris"):
        check_clean(world, who, patient)
    told = search(world.root / "box", world.secret, *CANARIES, keys=keys)
    check(told.returncode == 0 and files_with_canaries(world, "box") == [], f"the nurse's old keys open nothing of it: {told.stdout}{told.stderr}")
    world.run("box", "fsck", says=" 0 bad")
    told = search(world.root / "box", world.secret, "Reste", keys=keys)
    check(told.returncode == 9, f"the other patient's bodies are there: {told.stdout}{told.stderr}")
    # both come again: nothing is left to do
    box = world.start("box", listen=there)
    zoe = world.start("zoe", "--peer", there)
    until(lambda: "Suite" in names(world, "zoe") and lacks("zoe") == [0])
    check(row_of(world, "zoe", patient)["complete"], f"all have erased it: {states(world, 'zoe')}")
    # whoever is out of the team afterwards had erased it all the same
    lost = device(world, "iris")
    world.run("zoe", "remove", "device", lost, "--reason", "lost", "--yes")
    check(states(world, "zoe")[lost] == "confirmed", f"her word stands: {states(world, 'zoe')}")
    check("cannot be written" not in world.run("zoe", "erasures"), "nothing waits for a file")
    for program in (zoe, box):
        world.end(program)


def killed(world):
    """Killed at any moment after the order: the next start goes on, and nothing is left."""
    world.run("kim", "init", "--cheap-key")
    world.run("kim", "team", "create", "Kim")
    world.run("kim", "patient", "add", "lastName=Reste", "firstName=Ici")
    for round_ in range(6):
        patient = plant(world, "kim")
        kim = world.start("kim")
        refused = world.attempt("kim", "patient", "erase", patient, "--reason", "mistake", stdin="")
        world.run("kim", "patient", "erase", patient, "--reason", "mistake", "--confirm", refused.stderr.split("type: ")[1].splitlines()[0])
        for _ in range(round_):  # a little further each time
            world.attempt("kim", "erasures")
        kim.send_signal(signal.SIGKILL)
        kim.wait(60)
        kim.stdout.close()
        world.programs.remove(kim)
        kim = world.start("kim")
        until(lambda: all(row["complete"] for row in world.json("kim", "erasures")["erasures"]))
        check(names(world, "kim") == {"Reste"}, "the others stay")
        world.end(kim)
        check_clean(world, "kim", patient)


def retention(world):
    world.run("olga", "init", "--cheap-key")
    world.run("olga", "team", "create", "Olga")
    ids = {}
    for name, years in (("Ancien", 26), ("Vieux", 9), ("Recent", 0.1), ("Jamais", None)):
        ids[name] = world.run("olga", "patient", "add", f"lastName={name}", "firstName=Test").strip()
        if years:
            day = today() - datetime.timedelta(days=365.25 * years)
            world.run("olga", "visit", "add", ids[name], f"start={day} 08:00", f"end={day} 08:30")

    def due(*words):
        told = world.json("olga", "retention", *words)
        return [{row["name"].split()[0] for row in told[part]} for part in ("archive", "erase")]

    check(due() == [{"Ancien", "Vieux"}, set()], f"due for the archive: {due()}")
    for name in ("Ancien", "Vieux"):
        world.run("olga", "patient", "archive", ids[name])
    check(due() == [set(), {"Ancien"}], f"due for being erased: {due()}")
    check(names(world, "olga") == {"Recent", "Jamais"}, "out of the daily list")
    archived = {row["lastName"] for row in world.json("olga", "patient", "list", "--archived")["patients"]}
    check(archived == {"Ancien", "Vieux"}, "the archive")
    world.run("olga", "patient", "show", ids["Vieux"], says="Vieux")
    world.run("olga", "patient", "unarchive", ids["Vieux"])
    check(names(world, "olga") == {"Recent", "Jamais", "Vieux"}, "back again")
    check(due("--active-years", "20", "--archived-years", "30") == [set(), set()], "other terms")
    check(due("--active-years", "1", "--archived-years", "0") == [{"Vieux"}, {"Ancien"}], "and others")
    world.run("olga", "retention", "--active-years", "x", expect=USAGE)
    world.run("olga", "retention", "--active-years", "0", expect=lib.INVALID)
    # erased by the command line alone, without a program that runs
    refused = world.attempt("olga", "patient", "erase", ids["Ancien"], "--reason", "retention", stdin="")
    world.run("olga", "patient", "erase", ids["Ancien"], "--reason", "retention", "--confirm",
              refused.stderr.split("type: ")[1].splitlines()[0])
    check(states(world, "olga") == {device(world, "olga"): "confirmed"}, "done when the command ended")
    check(world.json("olga", "erasures")["erasures"][0]["complete"], "by all there are")
    done = search(world.root / "olga", world.secret, ids["Ancien"], "Ancien")
    check(done.returncode == 0, f"nothing is left: {done.stdout}")
    world.run("olga", "fsck", says=" 0 bad")


def main():
    world = World()
    try:
        several_devices(world)
        with_a_case(world)
        with_a_relay(world)
        retention(world)
        killed(world)
    finally:
        world.close()
    print(f"{lib.checks} checks")


main()
