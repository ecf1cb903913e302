#!/usr/bin/env python3
"""A relay of several teams, with real processes: nurses who never meet, quotas, an older copy that shows less than was acknowledged.

Usage: relay.py RELEVE GENERATOR.
"""
import random
import shutil
import struct
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True
from world import CONFLICT, GENERATOR, NOT_FOUND, OFFLINE, USAGE, World, check, until

TEAMS = "main", "nord", "sud"


def team_words(team):
    return () if team == "main" else ("--team", team)


class Box:
    """The relay's program: nobody gives it a passphrase."""

    def __init__(self, world):
        self.world = world
        self.nobody = {"RELEVE_PASSPHRASE_FILE": "/nonexistent"}

    def run(self, *words, team="main", **more):
        return self.world.run("box", *team_words(team), *words, **self.nobody, **more)

    def json(self, *words, team="main"):
        return self.world.json("box", *team_words(team), *words, **self.nobody)

    def start(self, *words):
        self.program = self.world.start("box", *words, listen=f"127.0.0.1:{self.port}" if hasattr(self, "port") else "127.0.0.1:0",
                                        command=("relay", "run"), **self.nobody)
        self.port = self.program.port
        return self.program

    def stop(self):
        self.world.end(self.program)

    def ports(self):
        return {t["team"]: t["port"] for t in self.json("teams")["teams"]}

    def row(self, team="main"):
        return next(t for t in self.json("relay", "status")["teams"] if t["team"] == team)


def names(world, who):
    return sorted(p["lastName"] for p in world.json(who, "patient", "list")["patients"] if "lastName" in p)


def add(world, who, name, count=1):
    for i in range(count):
        world.run(who, "patient", "add", f"lastName={name}{i or ''}", "firstName=X")


def seek(world, box, who, team):
    """Now, instead of at the next time that addresses are tried."""
    world.run(who, "peer", "add", f"127.0.0.1:{box.ports()[team]}")
    until(lambda: relay_peer(world, who)["connected"], "they meet")


def relay_peer(world, who):
    return next(p for p in world.json(who, "status")["peers"] if p["role"] == "relay")


def entries(world, who):
    return [(f["feed"], f["entries"]) for f in world.json(who, "status")["feeds"]]


def lacks(world, who):
    return relay_peer(world, who)["missingThere"]


def make_pair(world, team):
    """Two nurses of one team, who met once to become one."""
    one, two = f"{team}-un", f"{team}-deux"
    world.run(one, "init", "--cheap-key")
    world.run(one, "team", "create", "Un")
    program = world.start(one)
    invitation = world.run(one, "invite", "--no-qr").strip()
    world.run(two, "init", "--cheap-key")
    world.run(two, "join", "Deux", f"127.0.0.1:{program.port}", "--invitation", invitation)
    return one, two, program


def let_in(world, box, team, one):
    """Also of one whom the relay's program did not know when it started."""
    if team != "main":
        box.run("relay", "init", team=team)
    code = box.run("relay", "offer", world.run(one, "relay", "team").strip(), team=team).strip()
    world.run(one, "relay", "admit", code, f"127.0.0.1:{box.ports()[team]}")
    until(lambda: box.row(team)["state"] == "relays", f"{team} has it")


def three_teams(world, box):
    """Over one box two nurses of each of three teams exchange, without ever running at the same time; it holds each apart and reads nothing."""
    box.run("status", expect=NOT_FOUND)
    box.run("relay", "run", expect=NOT_FOUND, says="relay init")
    box.run("relay", "init")
    key = world.root / "box" / "machine.key"
    check(key.stat().st_mode & 0o777 == 0o600 and len(key.read_text()) == 65, "its key is its user's")
    box.run("relay", "init", expect=CONFLICT)
    box.run("relay", "status", expect=OFFLINE)
    box.start()
    check([t["state"] for t in box.json("relay", "status")["teams"]] == ["waits"], "no team yet")
    pairs = {}
    for team in TEAMS:
        one, two, program = make_pair(world, team)
        let_in(world, box, team, one)
        until(lambda: lacks(world, one) == 0, "it holds all")
        add(world, one, "Secret")
        until(lambda: lacks(world, one) == 0, "and what is new")
        world.end(program)
        pairs[team] = one, two
    for team, (one, two) in pairs.items():
        program = world.start(two)
        invited = box.ports()[team]
        # who joined before the relay did hears of it from a colleague
        first = world.start(one)
        world.run(two, "peer", "add", f"127.0.0.1:{first.port}")
        until(lambda: names(world, two) == ["Secret"], "they meet for the last time")
        world.end(first)
        world.run(two, "peer", "add", f"127.0.0.1:{invited}")
        add(world, two, f"De{team}")
        until(lambda: relay_peer(world, two)["connected"] and lacks(world, two) == 0, "the box has it")
        world.end(program)
        program = world.start(one)
        until(lambda: names(world, one) == sorted(["Secret", f"De{team}"]), "and brings it, though they did not meet")
        world.end(program)
    teams = {box.json("status", team=team)["team"] for team in TEAMS}
    devices = {box.json("status", team=team)["device"] for team in TEAMS}
    check(len(teams) == len(devices) == 3, "three teams know three devices")
    for team in TEAMS:
        row = box.row(team)
        check(row["devices"] == 2 and row["feeds"] and row["entries"] and row["bytes"] and row["port"], f"{row}")
        check(box.run("dump", team=team) == "" and box.json("patient", "list", team=team)["patients"] == [], "it shows nothing")
    said = "".join(p.read_text(errors="replace") for p in (world.root / "box.log",))
    check("Secret" not in said and "Un" not in said.split(), "nor in its log")
    for path in (world.root / "box").rglob("data.mdb"):
        check(b"Secret" not in path.read_bytes(), "nor on its disk")
    # nobody is there when it starts
    kept = box.ports()
    box.stop()
    box.start()
    check(box.ports() == kept and all(kept.values()), "unattended, where it listened")
    check([r["state"] for r in box.json("relay", "status")["teams"]] == ["relays"] * 3, "with all its teams")
    box.run("relay", "status", says="relays")
    return pairs


def picture(path):
    """A PNG of grey noise, some pieces long."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    size, noise = 400, random.Random(1)
    rows = b"".join(b"\0" + noise.randbytes(size) for _ in range(size))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))
    return path


def photo(world, box, team, one, two):
    """A photo reaches a colleague who never runs at the same time; the box says how many it has, and shows none."""
    program = world.start(one)
    patient = world.json(one, "patient", "list")["patients"][0]["id"]
    world.run(one, "photo", "add", patient, str(picture(world.root / "photo.png")), "caption=Talon")
    seek(world, box, one, team)
    until(lambda: box.row(team)["photos"] == 1, "the box has it")
    until(lambda: "here and at the relay" in world.run(one, "photo", "list", patient), "and that is told")
    check(world.json(one, "status")["photos"]["onlyHere"] == 1, "but counts as no device")
    kept = world.json(one, "photo", "list", patient)["photos"][0]
    world.end(program)
    program = world.start(two)
    until(lambda: [p["complete"] for p in world.json(two, "photo", "list", patient)["photos"]] == [True], "it comes")
    world.run(two, "photo", "save", patient, kept["id"], str(world.root / "again.png"))
    check((world.root / "again.png").read_bytes() == (world.root / "photo.png").read_bytes(), "the same")
    world.end(program)
    box.run("photo", "list", patient, team=team, expect=NOT_FOUND)
    for path in (world.root / "box").rglob("data.mdb"):
        check((world.root / "photo.png").read_bytes()[1000:1064] not in path.read_bytes(), "nor is it on the disk")


def quota(world, box, one, two):
    """A team's limit and a device's: refused and said, never acknowledged, and nothing that was acknowledged goes; other teams go on."""
    held = box.row("nord")["entries"]
    box.stop()
    for words in ("--device-entries", "viele"), ("--quota-mb", "0"):
        box.run("relay", "run", *words, expect=USAGE, says="numbers from 1 on")
    box.start("--device-entries", "1")
    check(box.row("nord")["entries"] == held, "what it has stays")
    program = world.start(one)
    seek(world, box, one, "nord")
    add(world, one, "Trop", 3)
    full = until(lambda: relay_peer(world, one).get("full"), "it says that it takes no more")
    check(full == {"why": "device", "limit": 1}, f"and why: {full}")
    world.run(one, "status", says="is full (its quota for this device, 1 entries, is reached): new entries are not stored there")
    check(lacks(world, one) >= 3 and box.row("nord")["entries"] == held, "the author knows that it is not there")
    check("Trop" in names(world, one), "and has it")
    # who is in the team goes on: revoking must
    members = box.json("status", team="nord")["feeds"]
    world.run(one, "keys", "rotate")
    until(lambda: sum(f["entries"] for f in box.json("status", team="nord")["feeds"] if f["compartment"] == "membership") >
          sum(f["entries"] for f in members if f["compartment"] == "membership"), "the membership still comes")
    box.stop()
    # by bytes
    box.start("--quota-mb", "1")
    seek(world, box, one, "nord")
    until(lambda: lacks(world, one) == 0, "with room for it, it is asked for again")
    check("full" not in relay_peer(world, one), "it takes all again")
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "60", "--visits", "4000", "--nurses", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    world.run(one, "import", str(world.root / "team-00.ndjson"))
    until(lambda: box.row("nord")["over"], "there is too much of it")
    check(box.row("nord")["over"] and box.json("status", team="nord")["quota"]["over"], "the limit is reached")
    box.run("status", team="nord", says="nothing is dropped")
    check("quota.full team=nord" in (world.root / "box.log").read_text(), "the log says so")
    until(lambda: lacks(world, one) == 0 or box.row("nord")["over"], "what was on its way is settled")
    held = box.row("nord")["entries"]
    add(world, one, "Apres")
    until(lambda: lacks(world, one) > 0, "the author knows")
    full = until(lambda: relay_peer(world, one).get("full"), "and knows why")
    check(full == {"why": "team", "limit": 1000000}, f"{full}")
    world.run(one, "status", says="is full (its quota for the team, 1 MB, is reached)")
    check("releve_full_devices{team=\"1\"} 1\n" in world.run(one, "metrics"), "also as a number")
    check("releve_quota_reached{team=\"2\"} 1\n" in box.run("metrics"), "at the box, too")
    check(box.row("nord")["entries"] == held and not box.row("main")["over"] and not box.row("sud")["over"], "the others have room")
    box.stop()
    box.start("--quota-mb", "100")
    seek(world, box, one, "nord")
    until(lambda: lacks(world, one) == 0, "with more room, it comes")
    world.end(program)
    program = world.start(two)
    until(lambda: "Apres" in names(world, two) and "Trop" in names(world, two), "nothing was lost")
    world.end(program)


def older_copy(world, box, one, two):
    """The box is put back to what it was, as one that withholds: whoever heard on another way what it acknowledged notices, and what it sends again
    changes nothing."""
    box.stop()
    shutil.copytree(world.root / "box", world.root / "box.older", symlinks=True)
    box.start()
    program = world.start(one)
    seek(world, box, one, "sud")
    add(world, one, "Plus", 3)
    until(lambda: lacks(world, one) == 0, "acknowledged")
    check("holdsBack" not in relay_peer(world, one), "it is honest so far")
    box.stop()
    shutil.rmtree(world.root / "box")
    (world.root / "box.older").rename(world.root / "box")
    # the other nurse never met the box since: she hears of it from her colleague
    other = world.start(two)
    world.run(two, "peer", "add", f"127.0.0.1:{program.port}")
    until(lambda: "Plus" in names(world, two) and lacks(world, two) == 0, "what it acknowledged comes by her colleague")
    world.end(program)
    before = names(world, two), entries(world, two)
    box.start()
    seek(world, box, two, "sud")
    held = until(lambda: relay_peer(world, two).get("holdsBack"), "it is noticed")
    check(held["address"] == "127.0.0.1" and held["noticedEntries"] >= 3, f"{held}")
    world.run(two, "status", says="The relay at 127.0.0.1")
    check("relay.holdsBack" in (world.root / f"{two}.log").read_text(), "the log says so")
    until(lambda: lacks(world, two) == 0, "it is given what it lacks, and says anew what it has")
    check((names(world, two), entries(world, two)) == before, "what it sent again changed nothing")
    box.stop()
    box.start()
    seek(world, box, two, "sud")
    until(lambda: relay_peer(world, two)["holdsBack"]["entries"] == 0, "it shows all since")
    world.run(two, "status", says="it has shown all since")
    world.run(two, "news", says="had held back, or lost, ")
    world.end(other)
    # it is remembered, and looked at once
    check(relay_peer(world, two)["holdsBack"]["noticedEntries"] == held["noticedEntries"], "also after a restart")
    world.run(two, "news", "--seen", says="it has shown all since")
    check(world.json(two, "news")["notices"] == [], "once")


def wiped(world, box, one, two):
    """A team that has no use for the box any more: the others go on at once, nobody has to unlock them."""
    held = box.row()["entries"]
    box.run("wipe", team="nord", stdin="WIPE\n", says="is wiped")
    check([r["state"] for r in box.json("relay", "status")["teams"]] == ["relays", "relays"], "two are left, and open")
    check(not (world.root / "box" / "teams" / "nord").exists() and box.row()["entries"] == held, "with all they had")
    program = world.start(one)
    seek(world, box, one, "main")
    # removed by its team, it is not talked to any more; the other team goes on
    world.run(one, "remove", "device", box.json("status")["device"][:16], "--reason", "replaced", "--yes")
    until(lambda: box.row()["connected"] == 0, "it is hung up on")
    check(box.row("sud")["state"] == "relays", "by that team alone")
    world.end(program)


def main():
    world = World()
    try:
        box = Box(world)
        pairs = three_teams(world, box)
        photo(world, box, "sud", *pairs["sud"])
        quota(world, box, *pairs["nord"])
        older_copy(world, box, *pairs["sud"])
        wiped(world, box, *pairs["main"])
        box.stop()
    finally:
        world.close()


main()
