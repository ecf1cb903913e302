"""A team of nurses on hosts of a local network, what each writes, and when all have the same."""
import random
import time

from lan import Lan, check, until

NAMES = ["anna", "bea", "chloe", "dora", "emma", "fanny", "gaia", "hana", "ines", "julia", "karin", "lea"]


class Team(Lan):
    """Everybody was let in by the first, on a network that works; nobody runs yet."""

    def __init__(self, count, seed=None):
        super().__init__(seed)
        self.names = (NAMES + [f"host{i}" for i in range(len(NAMES), count)])[:count]
        self.written = 0
        self.devices = {}
        for who in self.names:
            self.host(who)
            self.let_v6(who, False)
            self.give_v4(who)

    def found(self):
        first, *others = self.names
        for who in self.names:
            self.run(who, "init", "--cheap-key")
        self.run(first, "team", "create", first.capitalize())
        self.start_all(self.names, listen="0.0.0.0:7766", beacon=False)
        for who in others:
            code = self.ask(first, "/api/invitations", {})["invitation"]
            self.ask(who, "/api/join", {"invitation": code, "name": who.capitalize(), "ip": self.address(first), "port": 7766})
        self.devices = {who: self.status(who)["device"] for who in self.names}
        self.until_equal(self.names, "the team is known to all")
        for who in others[1:]:  # the first two are a team; from the third on it takes a second signature
            self.ask(others[0], f"/api/members/{self.devices[who]}/endorse", {})
        self.until_equal(self.names, "everybody manages")
        self.stop(*self.names)

    def write(self, who, family=None):
        """One patient, whose name nobody else has."""
        self.written += 1
        name = family or f"Patiente{self.written:04}"
        return self.ask(who, "/api/patients", {"lastName": name, "firstName": who})["id"]

    # ---- What is where

    @staticmethod
    def heads(status):
        return {feed["feed"]: feed["entries"] for feed in status["feeds"] if feed["entries"]}

    def equal(self, names):
        """The same entries everywhere, and the patients that they are about."""
        told = [self.status(who) for who in names]
        return len({str(sorted(self.heads(one).items())) for one in told}) == 1 and len({one["patients"] for one in told}) == 1

    def until_equal(self, names, what):
        return until(lambda: self.equal(names), what, every_s=0.01 * len(names))

    def receipts_true(self, names):
        """What each says that another has acknowledged is there. Who is asked later can only have more by then, so the order changes from time to time.
        What they said: {name: status}."""
        order = random.sample(names, len(names))
        told = {who: self.status(who) for who in order}
        have = {who: self.heads(one) for who, one in told.items()}
        for i, who in enumerate(order):
            lacking = {peer["device"]: peer["missingThere"] for peer in told[who]["peers"]}
            for other in order[i + 1:]:
                lacks = sum(max(0, entries - have[other].get(feed, 0)) for feed, entries in have[who].items())
                check(lacking[self.devices[other]] >= lacks, f"{who} says that {other} lacks {lacking[self.devices[other]]}, and it is {lacks}")
        return told

    def settled(self, names):
        """Equal, and everybody has heard that from everybody: nothing is missing anywhere."""
        told = self.receipts_true(names)
        devices = {self.devices[who] for who in names}
        return self.equal(names) and not any(peer["missingThere"] for one in told.values() for peer in one["peers"] if peer["device"] in devices)

    def connected(self, who):
        return {peer["device"] for peer in self.status(who)["peers"] if peer["connected"]}

    def meshed(self, names):
        """Everybody is connected to everybody."""
        devices = {self.devices[who] for who in names}
        return all(self.connected(who) >= devices - {self.devices[who]} for who in names)

    def until_meshed(self, names, what):
        return until(lambda: self.meshed(names), what, every_s=0.01 * len(names))


def said(what, **figures):
    """One line of figures."""
    print(f"{what}: " + ", ".join(f"{key.replace('_', ' ')} {round(value, 2) if isinstance(value, float) else value}" for key, value in figures.items()), flush=True)


class Clock:
    def __init__(self):
        self.began = time.monotonic()

    def s(self):
        return time.monotonic() - self.began


__all__ = ["Team", "Clock", "check", "said", "until"]
