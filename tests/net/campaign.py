#!/usr/bin/env python3
"""Many nodes on one network for as long as one likes: everybody writes, comes and goes, sleeps, is cut off; time and again all must be equal.

Usage: campaign.py RELEVE GENERATOR SWITCH SECRETS MINUTES NODES. Ends with what a node costs while nothing happens.
"""
import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
import lan
import world as lib
from team import Clock, Team, said

IDLE_S = 30
TICK = os.sysconf("SC_CLK_TCK")
GOOD = dict(delay_ms=0, jitter_ms=0, loss_ppm=0, late_ppm=0, group=0)


class Campaign:
    def __init__(self, team, seconds):
        self.team, self.random, self.end = team, random.Random(team.seed), time.monotonic() + seconds
        self.rounds, self.longest_s, self.done = 0, 0, {}

    def some(self):
        return self.random.sample(self.team.names, max(1, len(self.team.names) // 8))

    # ---- What happens to some of them while everybody else works

    def nothing(self, some):
        return lambda: None

    def bad_cables(self, some):
        for who in some:
            self.team.cable(who, delay_ms=self.random.randrange(150), jitter_ms=20, loss_ppm=25000, late_ppm=20000)
        return lambda: [self.team.cable(who, **GOOD) for who in some]

    def cut_off(self, some):
        for who in some:
            self.team.cable(who, group=1)
        return lambda: [self.team.cable(who, group=0) for who in some]

    def asleep(self, some):
        for who in some:
            self.team.running[who].send_signal(signal.SIGSTOP)
        return lambda: [self.team.running[who].send_signal(signal.SIGCONT) for who in some]

    def restarted(self, some):
        self.team.stop(*some)
        return lambda: self.team.start_all(some)

    def elsewhere(self, some):
        for who in some:
            self.team.take_v4(who)
        return lambda: [self.team.give_v4(who) for who in some]

    def round(self):
        what = self.random.choice([self.nothing, self.bad_cables, self.cut_off, self.asleep, self.restarted, self.elsewhere])
        some = self.some()
        back = what(some)
        writers = [who for who in self.some() if what not in (self.asleep, self.restarted) or who not in some]
        for who in writers:
            self.team.write(who)
        time.sleep(self.random.random() * 20 if what is not self.nothing else 1)  # some connections are given up, some are not
        back()
        equal_s = self.team.until_equal(self.team.names, f"equal after {what.__name__} of {some}")
        self.rounds, self.longest_s = self.rounds + 1, max(self.longest_s, equal_s)
        self.done[what.__name__] = max(self.done.get(what.__name__, 0), equal_s)
        return what.__name__, equal_s

    def run(self):
        while time.monotonic() < self.end:
            name, equal_s = self.round()
            said(f"round {self.rounds}", of=name.replace("_", " "), equal_s=equal_s)
        said("rounds", number=self.rounds, longest_s=self.longest_s, **{f"longest_{name}_s": value for name, value in self.done.items()})


def used_s(program):
    fields = open(f"/proc/{program.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(program):
    return int(open(f"/proc/{program.pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def idle(team):
    """What nodes cost that are connected to all others, while nothing happens."""
    team.until_meshed(team.names, "all are connected to all")
    time.sleep(10)  # what is still under way
    before, programs = team.stats(), list(team.running.values())
    began, clock = [used_s(one) for one in programs], Clock()
    time.sleep(IDLE_S)
    seconds = clock.s()
    shares = [100 * (used_s(one) - old) / seconds for one, old in zip(programs, began)]
    after = team.stats()
    said("idle", nodes=len(programs), seconds=seconds, mean_percent_of_a_core=sum(shares) / len(shares), most_percent=max(shares),
         bytes_per_second_and_node=(after["bytes"] - before["bytes"]) / seconds / len(programs), most_resident_mb=max(map(resident_mb, programs)))


def main():
    lan.as_root()
    minutes, nodes = int(sys.argv[5]), int(sys.argv[6])
    team = Team(nodes)
    try:
        clock = Clock()
        team.found()
        said("founding", nodes=nodes, seconds=clock.s())
        for who in team.names:
            team.let_v6(who, True)
        clock = Clock()
        team.start_all(team.names)
        team.until_meshed(team.names, "all are connected to all")
        team.until_equal(team.names, "all are equal")
        said("met", nodes=nodes, seconds=clock.s(), kilobytes=team.stats()["bytes"] / 1000)
        Campaign(team, 60 * minutes).run()
        idle(team)
        team.stop(*team.names)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
