#!/usr/bin/env python3
"""Many nodes on one network for as long as one likes: everybody writes, comes and goes, sleeps, is cut off; time and again all must be equal.

Usage: campaign.py RELEVE GENERATOR SWITCH SECRETS MINUTES NODES. Ends with what a node costs while nothing happens.
"""
import datetime
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
import lan
import world as lib
from team import Clock, Team, check, said
from watch import Watch, sample

IDLE_S = 30
SHORT_S, LONG_S = 20, lan.LIMITS["LIMIT_SESSION_IDLE_MS"] / 1000 + 8  # some connections are given up, some are not; all are
PATIENCE_S = 900  # forty programs on a machine that others use as well
GOOD = dict(delay_ms=0, jitter_ms=0, loss_ppm=0, late_ppm=0, group=0)


class Campaign:
    def __init__(self, team, seconds):
        self.team, self.random, self.end = team, random.Random(team.seed), time.monotonic() + seconds
        self.rounds, self.longest_s, self.done = 0, 0, {}
        self.patients, self.visits = {}, set()  # whose saving was acknowledged: {id: name}, ids
        self.before = set()  # patients that everybody has: of a newer one who writes may not have heard
        self.day = datetime.datetime.combine(lib.today() - datetime.timedelta(days=1), datetime.time(), datetime.timezone.utc)
        self.asleep = set()
        self.watch = Watch(team)

    def some(self, among=None):
        return self.random.sample(among or self.team.names, max(1, len(self.team.names) // 8))

    def steady(self):
        """The first half is never ended, so that it shows how memory goes over the whole."""
        return self.team.names[len(self.team.names) // 2:]

    def write(self, who):
        """A visit, as mostly, or a new patient. What of it is acknowledged has to be everywhere in the end."""
        if self.before and self.random.randrange(8):
            start = self.day + datetime.timedelta(minutes=len(self.visits) % 1260)
            saved = self.team.ask(who, f"/api/patients/{self.random.choice(sorted(self.before))}/visits",
                                  {"start": start.isoformat(), "end": (start + datetime.timedelta(minutes=20)).isoformat(), "place": "home", "activity": "care",
                                   "billable": True, "note": f"Pansement refait, va bien. {len(self.visits)}"})
            self.visits.add(saved["id"])
        else:
            patient = self.team.write(who)
            self.patients[patient] = f"Patiente{self.team.written:04}"

    def records(self):
        return len(self.patients) + len(self.visits)

    # ---- What happens to some of them while everybody else works: each returns how it ends

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

    def given_up(self, some):
        """Cut off for longer than connections are kept without a byte."""
        return self.cut_off(some)

    def sleeping(self, some):
        self.asleep = set(some)
        for who in some:
            self.team.running[who].send_signal(signal.SIGSTOP)

        def wake():
            for who in some:
                self.team.running[who].send_signal(signal.SIGCONT)
            self.asleep = set()
        return wake

    def restarted(self, some):
        self.team.stop(*some)
        return lambda: self.team.start_all(some)

    def vanished(self, some):
        """The power fails in the moment after a save, and no cable carries the end of the connections: the others hold them until they see that
        nothing comes. It is back before some of them do."""
        for who in some:
            self.team.cable(who, group=2)
            self.write(who)
            self.team.vanish(who)

        def back():
            for who in some:
                self.team.cable(who, group=0)
            self.team.start_all(some)
        return back

    def elsewhere(self, some):
        for who in some:
            self.team.take_v4(who)
        return lambda: [self.team.give_v4(who) for who in some]

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.watch.look(self.records(), self.asleep)
            time.sleep(min(left, 1))

    def round(self):
        what = self.random.choice([self.nothing, self.bad_cables, self.cut_off, self.given_up, self.sleeping, self.restarted, self.vanished, self.elsewhere])
        ends = what in (self.restarted, self.vanished)
        some = self.some(self.steady() if ends else None)
        back = what(some)
        writers = [who for who in self.some() if who not in some or not (ends or what == self.sleeping)]
        for who in writers:
            self.write(who)
        self.pause(1 if what == self.nothing else LONG_S if what == self.given_up else self.random.random() * SHORT_S)
        back()
        equal_s = self.team.until_equal(self.team.names, f"equal after {what.__name__} of {some}")
        self.before = set(self.patients)
        self.rounds, self.longest_s = self.rounds + 1, max(self.longest_s, equal_s)
        self.done[what.__name__] = max(self.done.get(what.__name__, 0), equal_s)
        self.watch.look(self.records())
        return what.__name__, equal_s

    def run(self):
        while time.monotonic() < self.end:
            name, equal_s = self.round()
            said(f"round {self.rounds}", of=name.replace("_", " "), equal_s=equal_s)
        said("rounds", number=self.rounds, longest_s=self.longest_s, **{f"longest_{name}_s": value for name, value in self.done.items()})

    def nothing_lost(self):
        """Each saved record is on each device, and each device knows that from all others."""
        settled_s = lan.until(lambda: self.team.settled(self.team.names), "everybody has heard from everybody that all is there", every_s=1)
        for who in self.team.names:
            here = {row["id"]: row["lastName"] for row in self.team.ask(who, "/api/patients?limit=20000")["patients"]}
            check(self.patients.items() <= here.items(), f"{who} has each patient that was saved: {len(self.patients.items() - here.items())} are missing")
            seen = {row["id"] for row in self.team.ask(who, f"/api/visits?day={self.day.date()}")["visits"]}
            check(self.visits <= seen, f"{who} has each visit that was saved: {len(self.visits - seen)} are missing")
        said("nothing lost", patients=len(self.patients), visits=len(self.visits), nodes=len(self.team.names), until_all_have_heard_s=settled_s)


def idle(team):
    """What nodes cost that are connected to all others, while nothing happens."""
    team.until_meshed(team.names, "all are connected to all")
    time.sleep(10)  # what is still under way
    before, programs = team.stats(), list(team.running.values())
    began, clock = [sample(one) for one in programs], Clock()
    time.sleep(IDLE_S)
    seconds = clock.s()
    now = [sample(one) for one in programs]
    shares = [100 * (one.used_s - old.used_s) / seconds for one, old in zip(now, began)]
    after = team.stats()
    said("idle", nodes=len(programs), seconds=seconds, mean_percent_of_a_core=sum(shares) / len(shares), most_percent=max(shares),
         bytes_per_second_and_node=(after["bytes"] - before["bytes"]) / seconds / len(programs), most_own_mb=max(one.own_mb for one in now), most_resident_mb=max(one.resident_mb for one in now),
         descriptors=max(one.descriptors for one in now))


def main():
    lan.as_root()
    lan.PATIENCE_S = PATIENCE_S
    minutes, nodes = int(sys.argv[5]), int(sys.argv[6])
    team = Team(nodes)
    try:
        clock = Clock()
        team.found()
        said("founding", nodes=nodes, seconds=clock.s())
        for who in team.names:
            team.let_v6(who, True)
        team.introduce_all()
        clock = Clock()
        team.start_all(team.names)
        team.until_meshed(team.names, "all are connected to all")
        team.until_equal(team.names, "all are equal")
        said("met", nodes=nodes, seconds=clock.s(), kilobytes=team.stats()["bytes"] / 1000)
        campaign = Campaign(team, 60 * minutes)
        campaign.run()
        campaign.nothing_lost()
        campaign.watch.judge(check)
        idle(team)
        team.stop(*team.names)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
