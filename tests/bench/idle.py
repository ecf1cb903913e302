#!/usr/bin/env python3
"""What a device costs that has nothing to do: memory and processor time of `releve run` with a team's four years of records and two colleagues connected.

Usage: idle.py RELEVE GENERATOR [SECONDS]

Read from /proc: VmRSS, and utime and stime over SECONDS (default 60).
"""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "api"))
from world import RELEVE, GENERATOR, World, check, until  # noqa: E402

SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 60.0
REST = 45
AIM_MB, AIM_PER_CENT = 25.0, 0.5


def ticks(program):
    fields = pathlib.Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def resident(program):
    """All that is resident, and of it what is memory of the program's own (not pages of files, which the system may drop)."""
    lines = pathlib.Path(f"/proc/{program.pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines if line.startswith(("VmRSS", "RssAnon"))}
    return sizes["VmRSS"], sizes["RssAnon"]


def level(world, who, peers):
    """So many colleagues are connected, and nothing is missing on either side."""
    return sum(peer["connected"] and peer["level"] for peer in world.json(who, "status")["peers"]) >= peers


def main():
    world = World()
    subprocess.run([GENERATOR, "--out", str(world.root / "data")], check=True, stdout=subprocess.DEVNULL)
    try:
        world.run("anna", "init")
        anna = world.start("anna")
        world.run("anna", "team", "create", "Anna")
        world.run("anna", "import", str(world.root / "data" / "team-00.ndjson"))
        colleagues = []
        for who in ("berthe", "chloe"):
            world.run(who, "init")
            program = world.start(who)
            code = world.run("anna", "invite", "--no-qr").strip()
            world.run(who, "join", who, f"127.0.0.1:{anna.port}", "--invitation", code)
            until(lambda: level(world, who, 1), f"{who} has everything")
            colleagues.append(program)
        world.end(anna)
        anna = world.start("anna", *[word for one in colleagues for word in ("--peer", f"127.0.0.1:{one.port}")])
        until(lambda: level(world, "anna", 2), "two colleagues are connected, and level")
        print("anna was started again; berthe and chloe took everything in since they were started")
        time.sleep(REST)  # what came goes out of memory within two of the shell's tidyings
        before = [ticks(program) for program in (anna, *colleagues)]
        began = time.monotonic()
        time.sleep(SECONDS)
        took = time.monotonic() - began
        for name, program, start in zip(("anna", "berthe", "chloe"), (anna, *colleagues), before):
            share = 100 * (ticks(program) - start) / os.sysconf("SC_CLK_TCK") / took
            whole, own = resident(program)
            print(f"{name:8} {whole:6.1f} MB resident, {own:.1f} its own (aim {AIM_MB:.0f}: "
                  f"{'reached' if whole <= AIM_MB else 'MISSED'}), {share:.3f} % of a core over {took:.0f} s (aim {AIM_PER_CENT}: "
                  f"{'reached' if share <= AIM_PER_CENT else 'MISSED'})")
        check(level(world, "anna", 2), "they were connected all the time")
    finally:
        world.close()


main()
