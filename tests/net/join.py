#!/usr/bin/env python3
"""A nurse joins a team with four years of records over a thin link, and has to see today's patients: before the records have come, across a crash and the
loss of the device that she joined at, and whole in the end.

Usage: join.py RELEVE GENERATOR SWITCH SECRETS. RELEVE_KBIT is the link's bandwidth (20000; a phone's hotspot: 1000), RELEVE_WHOLE=1 leaves out crash and loss.
"""
import json
import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
import lan
import world as lib
from team import Clock, Lan, check, said, until

KBIT = int(os.environ.get("RELEVE_KBIT", "20000"))
WHOLE = os.environ.get("RELEVE_WHOLE") == "1"
TODAY = 25  # visits of a day


class Join(Lan):
    names = ["anna", "bea", "chloe"]

    def answer(self, who, method, path, body):
        line = lan.Local(self.root / who / "socket")
        line.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        reply = line.getresponse()
        said_ = reply.status, json.loads(reply.read())
        line.close()
        return said_

    def copy(self, who):
        return self.status(who)["copy"]

    def round(self, who):
        return self.ask(who, f"/api/visits?day={self.day}")["visits"]

    def entries(self, who):
        return sum(feed["entries"] for feed in self.status(who)["feeds"])

    def join(self, who, host):
        code = self.ask(host, "/api/invitations", {})["invitation"]
        self.ask(who, "/api/join", {"invitation": code, "name": who.capitalize(), "ip": self.address(host), "port": 7766})

    def level(self, who):
        copy = self.copy(who)
        return not copy["partial"] and not copy["shownFrom"] and any(peer.get("level") for peer in self.status(who)["peers"])


def prepare(team):
    """Anna's device has the history; she was at 25 patients today. Bea's has all of that."""
    subprocess.run([lib.GENERATOR, "--out", str(team.root)], check=True, stdout=subprocess.PIPE)
    for who in team.names:
        team.host(who)
        team.let_v6(who, False)
        team.give_v4(who)
        team.run(who, "init", "--cheap-key")
    team.run("anna", "team", "create", "Anna")
    team.start_all(team.names, listen="0.0.0.0:7766", beacon=False)
    team.run("anna", "import", str(team.root / "team-00.ndjson"))
    team.day = lib.today().isoformat()
    patients = [one["id"] for one in team.ask("anna", "/api/patients?limit=5000")["patients"]][:TODAY]
    for number, patient in enumerate(patients):
        start = f"{team.day}T{number // 6:02}:{number % 6}0:00+00:00"
        team.ask("anna", f"/api/patients/{patient}/visits", {"start": start, "end": start.replace("0:00+", "5:00+"), "note": f"tournée {number}"})
    check(len(team.round("anna")) == TODAY, "a round of today")
    team.join("bea", "anna")
    until(lambda: team.equal_to("bea", "anna"), "a colleague has everything")
    return patients


def hotspot(team):
    for who in team.names:
        team.cable(who, delay_ms=20, rate_kbit=KBIT)


def before_the_records(team, patients, clock):
    """The round is there, with names and what was noted; the records are not."""
    until(lambda: len(team.round("chloe")) == TODAY, "today's round is readable", every_s=0.01)
    round_s, copy, visits = clock.s(), team.copy("chloe"), team.round("chloe")
    check(copy["partial"] and copy["records"] * 3 < copy["of"], f"the records have not come: {copy}")
    check(all(visit["unverified"]["device"] == team.devices["anna"] for visit in visits), "it is said of each visit that it is not verified")
    check(sorted(visit["note"] for visit in visits) == sorted(f"tournée {number}" for number in range(TODAY)), "what was noted")
    named = {one["id"]: one for one in team.ask("chloe", "/api/patients?limit=5000")["patients"]}
    check(all("lastName" in named[patient] and "unverified" in named[patient] for patient in patients), "everybody has a name")
    check(copy["shownFrom"][0]["device"] == team.devices["anna"] and copy["shownFrom"][0]["dossiers"] >= TODAY, f"{copy}")
    human = team.run("chloe", "status")
    check("partial copy: " in human and "not yet verified" in human, human)
    return round_s


def written_meanwhile(team, patient):
    """A visit is recorded; what would replace what is not here waits."""
    start = f"{team.day}T05:00:00+00:00"
    visit = team.ask("chloe", f"/api/patients/{patient}/visits", {"start": start, "end": start.replace("05:00:", "05:10:"), "note": "à l'instant"})["id"]
    status, reply = team.answer("chloe", "PATCH", f"/api/patients/{patient}", {"lastName": "Durand", "reason": "mariage"})
    check(status == 409 and reply["error"]["code"] == "UNVERIFIED" and "fr" in reply["error"], f"{status} {reply}")
    notes = [one["note"] for one in team.ask("chloe", f"/api/patients/{patient}/visit")["records"]]
    check("à l'instant" in notes, f"{notes}")
    return visit


def progress(team):
    """Counts that are announced, and a time left that is said only when it is known."""
    seen = []

    def look():
        coming = team.copy("chloe")["coming"]
        seen.append((coming.get("records", {}).get("records", 0), coming.get("records", {}).get("recordsExpected", 0), coming["remainingSeconds"]))
        return seen[-1][0] > 2000
    until(look, "records come", every_s=0.02)
    check(seen[-1][0] <= seen[-1][1] and 30000 < seen[-1][1] < 60000, f"{seen[-1]}")
    check(seen[0][2] is None, "at first nobody knows how long it takes")


def killed(team, visits_shown):
    """The power fails, and there is nobody near: what came is there."""
    chloe = team.running.pop("chloe")
    chloe.send_signal(signal.SIGKILL)
    chloe.wait(60)
    chloe.stdout.close()
    team.programs.remove(chloe)
    team.cable("chloe", group=1)
    team.start("chloe", listen="0.0.0.0:7766", beacon=False)
    team.ready("chloe")
    copy = team.copy("chloe")
    check(copy["partial"] and copy["records"] < copy["of"] and copy["coming"]["remainingSeconds"] is None, f"{copy}")
    check(len(team.round("chloe")) == visits_shown, "the round is readable after the crash")
    check("nothing comes at this moment" in team.run("chloe", "status"), "it says that nothing comes")
    return copy["records"]


def goes_on(team, kept):
    """Anna's device is away: Bea's gives the rest."""
    team.stop("anna")
    hotspot(team)
    team.cable("chloe", group=0)
    team.ask("chloe", "/api/peers", {"ip": team.address("bea"), "port": 7766})
    until(lambda: team.level("chloe"), "the rest has come")
    check(team.entries("chloe") > kept, "more than before")
    team.start("anna", listen="0.0.0.0:7766", beacon=False)
    team.ready("anna")
    team.ask("chloe", "/api/peers", {"ip": team.address("anna"), "port": 7766})


def whole(team, patient, visit):
    until(lambda: team.level("chloe"), "everything has come")
    copy = team.copy("chloe")
    check(not copy["partial"] and copy["shownFrom"] == [], f"{copy}")
    one = {tally["device"]: tally for tally in copy["earlyCopies"]}
    check(all(tally["false"] == tally["open"] == 0 for tally in one.values()) and sum(tally["verified"] for tally in one.values()) >= TODAY, f"{copy}")
    check(not any("unverified" in visit_ for visit_ in team.round("chloe")), "now the visits are verified")
    check("unverified" not in team.ask("chloe", f"/api/patients/{patient}"), "and the dossier")
    check("partial copy" not in team.run("chloe", "status"), "the status says nothing of it any more")
    until(lambda: visit in [one["id"] for one in team.ask("bea", f"/api/patients/{patient}/visit")["records"]], "what was recorded meanwhile is at the colleague's")
    status, reply = team.answer("chloe", "PATCH", f"/api/patients/{patient}", {"lastName": "Durand", "reason": "mariage"})
    check(status == 200, f"{status} {reply}")
    return sum(tally["verified"] for tally in one.values())


def main():
    lan.as_root()
    lan.PATIENCE_S = 600  # a hotspot needs two minutes
    team = Join()
    try:
        team.equal_to = lambda a, b: team.entries(a) == team.entries(b)
        patients = prepare(team)
        team.devices = {who: team.status(who)["device"] for who in team.names}
        hotspot(team)
        before = team.stats()
        clock = Clock()
        team.join("chloe", "anna")
        round_s = before_the_records(team, patients, clock)
        visit = written_meanwhile(team, patients[0])
        if not WHOLE:
            progress(team)
            goes_on(team, killed(team, TODAY + 1))
        verified = whole(team, patients[0], visit)
        whole_s, after = clock.s(), team.stats()
        said(f"a cold join at {KBIT / 1000:g} Mbit/s, 40 ms to and fro", round_readable_s=round_s, whole_s=whole_s, dossiers_verified=verified,
             network_mb=(after["bytes"] - before["bytes"]) / 1e6)
        team.stop(*team.names)
    finally:
        team.close()
    print(f"{lib.checks} checks")


if __name__ == "__main__":
    main()
