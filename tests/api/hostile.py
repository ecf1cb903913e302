#!/usr/bin/env python3
"""A colleague's device and strangers that stall, flood and lie, with real processes: meanwhile two honest devices exchange what they save, and what the
attack costs stays bounded. Nothing is judged by time: bytes and memory are counted; processor time is printed.

Usage: hostile.py RELEVE GENERATOR HOSTILE.
"""
import socket
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
from world import GENERATOR, RELEVE, World, check, is_sanitized, until

HOSTILE = sys.argv[3]
MEBIBYTE = 1024 * 1024
# What the victim may grow by, whatever one peer does: what may pile up for it (LIMIT_SESSION_UNSENT_BYTES, 32), what is taken and not on the disk yet
# (LIMIT_TAKEN_BYTES, twice 8), a run that waits (LIMIT_WAITING_BYTES, 16), and as much again for copies and the allocator.
GROWS_MAX = 128 * MEBIBYTE
# An honest pair says a few KB for two saves; beside an attack rows may be compared again for each of the attacker's.
RATIO_MAX = 100
STALLS = "after-handshake", "after-heads", "half-a-run", "drip", "not-reading", "claims"
saves = 0


def numbers(world, who):
    """The page of numbers, by name and labels."""
    page = {}
    for line in world.run(who, "metrics").splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            page[name] = float(value)
    return page


def peak_bytes(program):
    """The most memory that it ever took."""
    with open(f"/proc/{program.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def received(world):
    return numbers(world, "anna")['releve_received_bytes_total{team="1"}']


def names(world, who):
    return {p["lastName"] for p in world.json(who, "patient", "list")["patients"] if "lastName" in p}


def exchange(world):
    """One save at each of the two, and until both have both; the bytes of frames that Bob's device said and heard for it."""
    global saves
    saves += 1
    before = numbers(world, "bob")
    world.run("anna", "patient", "add", f"lastName=A{saves}", "firstName=X")
    world.run("bob", "patient", "add", f"lastName=B{saves}", "firstName=X")
    both = {f"{letter}{n}" for letter in "AB" for n in range(1, saves + 1)}
    until(lambda: both <= names(world, "anna") and both <= names(world, "bob"), "both have both")
    after = numbers(world, "bob")
    return sum(after[k] - before[k] for k in after if "_frame_bytes_total" in k)


def is_level(world, who):
    return any(p["connected"] and p["level"] for p in world.json(who, "status")["peers"])


def meet(world, anna):
    """Bob calls, as often as it takes."""
    until(lambda: world.run("bob", "peer", "add", f"127.0.0.1:{anna.port}") is not None and is_level(world, "bob"), "Bob is level with Anna")


class Deed:
    """The hostile program, from "at work" until it is told to end."""

    def __init__(self, world, victim, port, name):
        self.process = subprocess.Popen([HOSTILE, str(world.root / "eve"), "une phrase secrète", "127.0.0.1", str(port), victim, name],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        check(self.process.stdout.readline() == "at work\n", f"{name} begins")

    def end(self):
        self.process.stdin.close()
        said = self.process.stdout.read()
        self.process.stdout.close()
        check(self.process.wait(60) == 0, "it ends in order")
        return dict((k, int(v)) for k, v in (word.split("=") for word in said.split()))


def beside(world, anna, what, attack, plain):
    """An exchange while `attack()` says that it goes on; what it cost."""
    before, memory = numbers(world, "anna"), peak_bytes(anna)
    attack()
    took = exchange(world)
    after = numbers(world, "anna")
    grown = peak_bytes(anna) - memory
    took_s = after["process_cpu_seconds_total"] - before["process_cpu_seconds_total"]
    heard = after['releve_received_bytes_total{team="1"}'] - before['releve_received_bytes_total{team="1"}']
    times = f"{took / plain:6.1f} x its bytes alone" if plain else "done"
    print(f"{what:16} honest exchange {times}; peak +{grown / MEBIBYTE:5.1f} MiB, "
          f"{took_s:5.2f} s of processor for {heard / MEBIBYTE:6.1f} MiB received", flush=True)
    # a sanitizer keeps what was freed
    check(grown < GROWS_MAX or is_sanitized(RELEVE), f"{what}: the victim's peak grew by {grown / MEBIBYTE} MiB")
    check(not plain or took < RATIO_MAX * plain, f"{what}: {took} bytes instead of {plain}")
    return after


def member(world, anna, victim, plain):
    """A nurse whose program is a hostile one."""
    deeds = subprocess.run([HOSTILE], capture_output=True, text=True, check=True).stdout.split()
    check(set(STALLS) < set(deeds), "every deed is known")
    for name in deeds:
        begun, sent = received(world), numbers(world, "anna")['releve_sent_bytes_total{team="1"}']
        deed = Deed(world, victim, anna.port, name)

        def goes_on():
            """What floods has flooded before the exchange begins."""
            if name == "not-reading":
                until(lambda: numbers(world, "anna")['releve_sent_bytes_total{team="1"}'] - sent > MEBIBYTE / 4, "what it does not read is on its way")
            elif name not in STALLS + ("comes-and-goes",):
                until(lambda: received(world) - begun > 2 * MEBIBYTE, f"{name} floods")

        beside(world, anna, name, goes_on, plain)
        said = deed.end()
        print(f"{'':16} {said['frames']} frames, {said['sent_bytes'] / MEBIBYTE:.1f} MiB in {said['sessions']} sessions", flush=True)
        check(name in STALLS or said["frames"] > 100, f"{name}: it was at work: {said}")
        check(anna.poll() is None, f"{name}: the victim runs")


def busy(world, anna):
    """A colleague's own program brings a history of thousands of records at once, all of them good."""
    eve = world.start("eve")
    world.run("eve", "peer", "add", f"127.0.0.1:{anna.port}")
    until(lambda: is_level(world, "eve"), "Eve is level with Anna")
    history = world.root / "eves"
    subprocess.run([GENERATOR, "--out", str(history), "--patients", "30", "--visits", "4000", "--nurses", "3", "--seed", "7"], check=True,
                   stdout=subprocess.DEVNULL)
    begun = received(world)
    imports = subprocess.Popen([sys.argv[1], "import", str(history / "team-00.ndjson"), "--data", str(world.root / "eve")],
                               stdout=subprocess.DEVNULL)
    # Bob's device gets the history from Anna's: its bytes are no measure here
    beside(world, anna, "good entries", lambda: until(lambda: received(world) - begun > MEBIBYTE / 8, "they come"), None)
    check(imports.wait(60) == 0, "the import ends")
    until(lambda: is_level(world, "eve") and numbers(world, "anna")['releve_behind_entries{team="1"}'] == 0, "all of it is there")
    entries = [numbers(world, who)['releve_entries{team="1",compartment="clinical"}'] for who in ("anna", "eve")]
    check(entries[0] == entries[1] > 10000, f"as much as Eve has: {entries}")
    world.end(eve)


class Strangers:
    """Connections from one address that say `first` and nothing more; one that ends is made again."""

    def __init__(self, port, count, first, churn=False):
        self.port, self.first, self.made, self.ending, self.churn = port, first, 0, False, churn
        self.held = [self.make() for _ in range(count)]
        self.thread = threading.Thread(target=self.keep)
        self.thread.start()

    def make(self):
        one = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        if self.first:
            one.sendall(self.first)
        self.made += 1
        return one

    def keep(self):
        while not self.ending:
            for i, one in enumerate(self.held):
                try:
                    one.settimeout(0.05)
                    if not self.churn and one.recv(1):
                        raise SystemExit("FAILED: a stranger was answered")
                except TimeoutError:
                    continue
                except OSError:
                    pass
                one.close()
                if self.ending:
                    return
                self.held[i] = self.make()

    def end(self):
        self.ending = True
        self.thread.join()
        for one in self.held:
            one.close()


def strangers(world, anna, bob, plain):
    """Hundreds of connections from the very address that Bob calls from: he comes in all the same."""
    for what, count, first in ("silent strangers", 4, b""), ("half a greeting", 4, b"\x02" + bytes(50)):
        world.end(bob)
        held = Strangers(anna.port, count, first)
        before = numbers(world, "anna")
        bob = world.start("bob")

        def comes_in():
            meet(world, anna)
            check(numbers(world, "anna")['releve_half_open_connections{team="1"}'] <= 4, "what is held for them is bounded")

        beside(world, anna, what, comes_in, plain)
        held.end()
        turned = numbers(world, "anna")['releve_turned_away_connections_total{team="1"}'] - before['releve_turned_away_connections_total{team="1"}']
        print(f"{'':16} {held.made} connections, {turned:.0f} made room", flush=True)
    # so many and so fast that nobody can come in from there: whom Anna calls is not concerned
    world.end(bob)
    bob = world.start("bob")
    held = Strangers(anna.port, 300, b"\x02", churn=True)

    def goes_out():
        world.run("anna", "peer", "add", f"127.0.0.1:{bob.port}")
        until(lambda: is_level(world, "bob"), "Anna calls Bob")

    beside(world, anna, "300 from one", goes_out, plain)
    check(numbers(world, "anna")['releve_half_open_connections{team="1"}'] <= 4, "what is held for them is bounded")
    held.end()
    print(f"{'':16} {held.made} connections", flush=True)
    return bob


def main():
    world = World()
    try:
        for who in "anna", "bob", "eve":
            world.run(who, "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        anna = world.start("anna")
        for who in "bob", "eve":
            world.run(who, "join", who.capitalize(), f"127.0.0.1:{anna.port}", "--invitation", world.run("anna", "invite", "--no-qr").strip())
            program = world.start(who)
            world.run(who, "peer", "add", f"127.0.0.1:{anna.port}")
            until(lambda: is_level(world, who), f"{who} met Anna")
            world.end(program)
        subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "40", "--visits", "6000", "--nurses", "5"], check=True,
                       stdout=subprocess.DEVNULL)
        world.run("anna", "import", str(world.root / "team-00.ndjson"))
        bob = world.start("bob")
        meet(world, anna)
        exchange(world)
        plain = exchange(world)
        print(f"{'alone':16} {plain:.0f} bytes of frames for one save at each", flush=True)
        victim = world.json("anna", "status")["device"]
        member(world, anna, victim, plain)
        bob = strangers(world, anna, bob, plain)
        busy(world, anna)
        # nothing was lost or set apart, and Eve's device works again when she does
        eve = world.start("eve")
        world.run("eve", "peer", "add", f"127.0.0.1:{anna.port}")
        until(lambda: names(world, "eve") == names(world, "anna"), "all have everything")
        world.run("eve", "patient", "add", "lastName=Eve", "firstName=X")
        until(lambda: "Eve" in names(world, "bob"), "and what she saves counts")
        check(world.json("anna", "status")["quarantine"]["entries"] == 0, "nothing was set apart")
        for program in anna, bob, eve:
            world.end(program)
        world.run("anna", "fsck")
    finally:
        world.close()


main()
