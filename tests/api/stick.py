#!/usr/bin/env python3
"""Devices that never meet, and a stick: joining by it, a round of three, a kill at any moment, a full stick, erasing, other people's files.

Usage: stick.py RELEVE GENERATOR SEARCH. Mounts a small disk (tmpfs) in a mount namespace of its own, for the full stick; where that is forbidden the test fails and says so.
"""
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from disk import enter_namespace
from world import CONFLICT, DENIED, DIFFERS, FULL, INVALID, NOT_FOUND, USAGE, World, check, until

SEARCH = sys.argv[3]


def names(world, who):
    return sorted(row["lastName"] for row in world.json(who, "patient", "list", "--limit", "1000")["patients"])


def add(world, who, name):
    return world.run(who, "patient", "add", f"lastName={name}", "firstName=Test").strip()


def feeds(world, who):
    return {f["feed"]: f["entries"] for f in world.json(who, "status")["feeds"] if f["entries"]}


def visit(world, who, stick):
    """The stick lies at a device: taken in, and written again. How many entries were written."""
    world.run(who, "bundle", "import", str(stick))
    return world.json(who, "bundle", "export", str(stick))["entries"]


def bundles(stick):
    return sorted(path for path in stick.iterdir() if path.suffix == ".bundle")


def join(world, host, guest, name, stick, role="nurse"):
    """Four steps, no network."""
    code = world.run(host, "invite", "--role", role, "--no-qr").strip()
    world.run(host, "bundle", "export", str(stick), says="can ask to join")
    asked = world.run(guest, "join", name, "--bundle", str(stick), stdin=code, says="Bring it to the colleague")
    check(pathlib.Path(asked.split("\n")[0]).exists(), asked)
    world.run(host, "bundle", "import", str(stick), says="is in the team now")
    world.run(host, "bundle", "export", str(stick))
    world.run(guest, "bundle", "import", str(stick), says="You are in the team")


def joining(world, stick):
    for who in "anna", "bea", "chloe", "stranger":
        world.run(who, "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    world.run("stranger", "team", "create", "Personne")
    world.run("anna", "bundle", "export", str(stick), expect=NOT_FOUND, says="nobody whom the file would be for")
    add(world, "anna", "Martin")
    code = world.run("anna", "invite", "--no-qr").strip()
    world.run("bea", "join", "Béa", "--bundle", str(stick), stdin=code, expect=NOT_FOUND, says="has to write one")
    world.run("bea", "join", "Béa", stdin=code, expect=USAGE, says="--bundle")
    world.run("anna", "bundle", "export", str(stick / "none" / "file"), expect=None, says="no such folder")
    world.run("bea", "bundle", "import", str(stick), expect=NOT_FOUND, says="no file")
    join(world, "anna", "bea", "Béa", stick)
    check(names(world, "bea") == ["Martin"], "what was there before")
    world.run("bea", "bundle", "export", str(stick))
    check(len(bundles(stick)) == 2, f"her request went with her own first file: {bundles(stick)}")
    join(world, "bea", "chloe", "Chloé", stick)
    check(names(world, "chloe") == ["Martin"], "by way of Béa")
    chloe = next(m for m in world.json("bea", "members")["members"] if m["name"].get("lastName") == "Chloé")["device"]
    world.run("anna", "bundle", "import", str(stick))
    world.run("anna", "endorse", chloe)
    used = world.attempt("stranger", "join", "X", "--bundle", str(stick), stdin=code)
    check(used.returncode != 0 and "another team" in used.stderr, used.stderr)


def round_of_three(world, stick):
    """Each works; the stick goes round; all have all, and in the end there is nothing to say."""
    for who in "anna", "bea", "chloe":
        add(world, who, who.capitalize())
    for who in "anna", "bea", "chloe", "anna", "bea":
        visit(world, who, stick)
    check(names(world, "anna") == names(world, "bea") == names(world, "chloe") == ["Anna", "Bea", "Chloe", "Martin"], "the same")
    check(feeds(world, "anna") == feeds(world, "bea") == feeds(world, "chloe"), "entry by entry")
    for who in "chloe", "anna", "bea", "chloe":
        visit(world, who, stick)
    check([visit(world, who, stick) for who in ("anna", "bea", "chloe")] == [0, 0, 0], "nothing to bring")
    check(len(bundles(stick)) == 3, "one file of each")
    check(all(path.stat().st_mode & 0o777 == 0o644 for path in bundles(stick)), "another machine's user can read them")
    before = world.json("bea", "status")
    again = world.json("bea", "bundle", "import", str(stick))
    check(again["taken"] == again["refused"] == again["waiting"] == 0 and all(f["whole"] for f in again["files"]), f"twice changes nothing: {again}")
    check(world.json("bea", "status")["feeds"] == before["feeds"], "not an entry")
    held = world.json("bea", "status")["peers"] if "peers" in before else []
    check(all(p.get("lacksThere", 0) == 0 for p in held), f"the receipts came along: {held}")
    whole = b"".join(path.read_bytes() for path in bundles(stick))
    for secret in ("Martin", "Chloé", "Anna", *(m["device"] for m in world.json("anna", "members")["members"])):
        check(secret.encode() not in whole and (len(secret) < 16 or bytes.fromhex(secret) not in whole), f"{secret} stands in a file")


def others_files(world, stick, root):
    path = root / "one.bundle"
    world.run("anna", "bundle", "export", str(path), "--all")
    world.run("stranger", "bundle", "import", str(path), expect=DENIED, says="not for this device")
    world.run("bea", "bundle", "export", str(path), expect=CONFLICT, says="--replace")
    world.run("bea", "bundle", "export", str(path), "--replace")
    world.run("bea", "bundle", "export", str(path), "--all")
    world.run("anna", "bundle", "export", str(path), "--max-size", "2", expect=USAGE, says="5 at least")
    world.run("anna", "bundle", "import", str(root / "nowhere"), expect=NOT_FOUND, says="no such file")
    person = next(m for m in world.json("anna", "members")["members"] if m["name"].get("lastName") == "Chloé")["person"]
    world.run("anna", "bundle", "export", str(root / "hers.bundle"), "--for", person[:8], "--all", says="for 1 devices")
    world.run("bea", "bundle", "import", str(root / "hers.bundle"), expect=DENIED, says="of this team, but not sealed to this device")
    world.run("chloe", "bundle", "import", str(root / "hers.bundle"))
    for bad, sentence in ((b"", "no such file"), (b"RELEVEB\x02" + bytes(5000), "earlier version"), (b"RELEVEB\x04" + bytes(5000), "newer version")):
        path.write_bytes(bad)
        world.run("anna", "bundle", "import", str(path), expect=INVALID if bad == b"" else None, says=sentence)
    os.remove(path)
    os.mkfifo(path)
    world.run("anna", "bundle", "import", str(path), expect=None, says="no plain file")


def killed(world, root):
    """Killed at any moment, writing or taking in: whole files, and in the end everything."""
    subprocess.run([lib.GENERATOR, "--out", str(root), "--patients", "150", "--visits", "22000", "--nurses", "3"], check=True, stdout=subprocess.DEVNULL)
    world.run("anna", "import", str(root / "team-00.ndjson"))
    pulled = root / "pulled"
    pulled.mkdir()

    def start(who, *words):
        env = {**os.environ, "RELEVE_PASSPHRASE_FILE": str(world.secret)}
        return lambda: subprocess.Popen([lib.RELEVE, "bundle", *words, str(pulled), "--data", str(root / who)], env=env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in lib.interrupted(start("anna", "export", "--all"), 5):
        for path in bundles(pulled):
            check(path.stat().st_size > 1000000, "a file that has its name is whole")
    world.run("anna", "bundle", "export", str(pulled), "--all")
    check(len(list(pulled.iterdir())) == 1, f"what was left is gone: {list(pulled.iterdir())}")
    for _ in lib.interrupted(start("bea", "import"), 5):
        world.run("bea", "status")
    world.run("bea", "bundle", "import", str(pulled))
    check(feeds(world, "bea") == feeds(world, "anna"), "everything")
    world.run("bea", "fsck", says="0 bad")
    half = bundles(pulled)[0].read_bytes()
    cut = root / "cut.bundle"
    cut.write_bytes(half[:len(half) // 2])
    some = world.attempt("chloe", "bundle", "import", str(cut), "--json")
    check(some.returncode == INVALID and '"whole": false' in some.stdout, some.stdout)
    before = sum(feeds(world, "chloe").values())
    check(before < sum(feeds(world, "anna").values()), "half of it")
    rest = world.json("chloe", "bundle", "import", str(pulled))
    check(0 < rest["taken"] < sum(feeds(world, "anna").values()), f"the rest: {rest}")
    check(feeds(world, "chloe") == feeds(world, "anna"), "and everything")


def full_stick(world, root, stick):
    """A stick without room: the old file stays, no half one; with room it goes on."""
    for who in "bea", "chloe", "anna":  # who says what they have
        visit(world, who, stick)
    small = root / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=True)
    try:
        world.run("anna", "bundle", "export", str(small))
        before = {path.name: path.read_bytes() for path in small.iterdir()}
        check(len(before) == 1, "a day's file fits")
        world.run("anna", "bundle", "export", str(small), "--all", expect=FULL, says="no room left there")
        check({path.name: path.read_bytes() for path in small.iterdir()} == before, "as it was")
        world.run("bea", "bundle", "import", str(small))
        subprocess.run(["mount", "-o", "remount,size=16m", str(small)], check=True)
        world.run("anna", "bundle", "export", str(small), "--all")
        check(len(list(small.iterdir())) == 1, "and the older one is gone")
    finally:
        subprocess.run(["umount", str(small)], check=True)


def volumes(world, root):
    """Several files, as for messages, for a newcomer: in any order, in the end everything."""
    post = root / "post"
    post.mkdir()
    world.run("dora", "init", "--cheap-key")
    code = world.run("anna", "invite", "--no-qr").strip()
    world.run("anna", "bundle", "export", str(post))
    world.run("dora", "join", "Dora", "--bundle", str(post), stdin=code)
    world.run("anna", "bundle", "import", str(post))
    files = [pathlib.Path(path) for path in world.json("anna", "bundle", "export", str(post / "letter"), "--max-size", "5")["files"]]
    check([path.name for path in files] == ["letter", "letter.2"] and all(path.stat().st_size <= 5000000 for path in files), f"{files}")
    world.run("dora", "bundle", "import", str(files[1]), says="take in the other files first")
    world.run("dora", "status", says="none")
    done = world.json("dora", "bundle", "import", *map(str, files))
    check([f["volume"] for f in done["files"]] == [1, 2] and done["files"][1]["volumes"] == 2 and all(f["whole"] for f in done["files"]), f"{done}")
    check(feeds(world, "dora") == feeds(world, "anna"), "everything")


def holds(world, who, *words):
    """Does anything that the passphrase opens in this device hold one of the words?"""
    done = subprocess.run([SEARCH, str(world.root / who), str(world.secret), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode in (0, DIFFERS), f"{done.stdout}{done.stderr}")
    return done.returncode == DIFFERS


def gone(world, who):
    """Once the erasure is carried out there: running as it always does."""
    program = world.start(who)
    own = next(m for m in world.json(who, "members")["members"] if m["self"])["device"]
    until(lambda: any(row["device"] == own and row["state"] == "confirmed" for erasure in world.json(who, "erasures")["erasures"]
                      for row in erasure["devices"]), f"erased at {who}")
    world.end(program)


def erased(world, root):
    """A file that is older than an erasure brings nothing back, and a newer one brings the order along."""
    canary, old, new = "CANARY7731", root / "old.bundle", root / "new.bundle"
    patient = add(world, "anna", canary)
    world.run("anna", "bundle", "export", str(old), "--all")
    world.run("bea", "bundle", "import", str(old))
    check(canary in names(world, "bea") and holds(world, "bea", canary), "she was there")
    asked = world.attempt("anna", "patient", "erase", patient, "--reason", "request", stdin="no\n").stderr
    world.run("anna", "patient", "erase", patient, "--reason", "request", "--confirm", asked.split("type: ")[1].splitlines()[0])
    gone(world, "anna")
    world.run("anna", "bundle", "export", str(new), "--all")
    for who, files in ("anna", (old,)), ("bea", (new, old)), ("chloe", (new, old)):
        for path in files:
            world.run(who, "bundle", "import", str(path))
            gone(world, who)
        check(canary not in names(world, who) and not holds(world, who, canary, patient), f"nothing of it is at {who}")


def main():
    enter_namespace()
    world = World()
    try:
        stick = world.root / "stick"
        stick.mkdir()
        joining(world, stick)
        round_of_three(world, stick)
        others_files(world, stick, world.root)
        erased(world, world.root)
        killed(world, world.root)
        full_stick(world, world.root, stick)
        volumes(world, world.root)
        print(f"{lib.checks} checks")
    finally:
        world.close()


main()
