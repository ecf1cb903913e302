#!/usr/bin/env python3
"""Four nurses on networks as they are: far away, lossy, flapping, cut in two, another one in the middle of a session; laptops that sleep;
networks that keep groups from each other.

Usage: links.py RELEVE GENERATOR SWITCH SECRETS.
"""
import signal
import sys

sys.dont_write_bytecode = True
import frames
import lan
import world as lib
from team import Clock, Team, check, said, until

GOOD = dict(delay_ms=0, jitter_ms=0, loss_ppm=0, twice_ppm=0, late_ppm=0, rate_kbit=0, flap_on_ms=0, flap_off_ms=0, group=0)


def all_cables(team, **values):
    for who in team.names:
        team.cable(who, **{**GOOD, **values})


def everybody_writes(team, names=None):
    for who in names or team.names:
        team.write(who)


def bad_link(team, title, **values):
    """Everybody starts, wrote something, and meets over such cables. From the first beacon on."""
    all_cables(team, group=0, **values)
    team.start_all(team.names)
    everybody_writes(team)
    before = team.stats()
    equal_s = team.until_equal(team.names, f"all have everything: {title}")
    met_s = team.until_meshed(team.names, f"all are connected: {title}")
    everybody_writes(team)
    pushed_s = team.until_equal(team.names, f"what is written later comes too: {title}")
    after = team.stats()
    said(title, equal_s=equal_s, all_connected_s=equal_s + met_s, later_writes_s=pushed_s, frames=after["frames"] - before["frames"],
         lost=after["lost"] - before["lost"])
    all_cables(team)
    team.until_equal(team.names, "still equal")
    team.stop(*team.names)


def flapping(team):
    """The link comes and goes; each time that it is there somebody has written."""
    all_cables(team, flap_on_ms=2000, flap_off_ms=1500)
    team.start_all(team.names)
    clock, rounds, longest_s = Clock(), 0, 0
    while clock.s() < 10.5:  # three times on and off
        everybody_writes(team)
        longest_s, rounds = max(longest_s, team.until_equal(team.names, "equal between two failures")), rounds + 1
    said("flapping, 2 s on and 1.5 s off", rounds=rounds, longest_s=longest_s, lost=team.stats()["lost"])
    all_cables(team)
    team.stop(*team.names)


def cut_in_two(team):
    """Two and two, until they have given up the others; both sides write. And one sleeps meanwhile."""
    team.start_all(team.names)
    everybody_writes(team)
    team.until_equal(team.names, "a beginning")
    team.until_meshed(team.names, "all are connected")
    for i, who in enumerate(team.names):
        team.cable(who, group=1 + i // 2)
    everybody_writes(team)
    for pair in team.names[:2], team.names[2:]:
        team.until_equal(pair, "each side goes on alone")
    check(not team.equal(team.names), "the two sides differ")
    clock = Clock()
    for who in team.names:
        team.cable(who, group=0)
    team.until_equal(team.names, "the two sides are one again")
    said("cut in two for a moment and healed", equal_s=clock.s())


def sleeper(team):
    """A laptop sleeps until its colleagues do not count on its connection any more; then it wakes up."""
    one, *others = team.names
    silent = max(lan.LIMITS["LIMIT_SESSION_SILENT_MS"], lan.LIMITS["LIMIT_SESSION_KEEPALIVE_MS"]) / 1000
    slept = Clock()
    team.running[one].send_signal(signal.SIGSTOP)
    everybody_writes(team, others)
    team.until_equal(others, "the others go on")
    until(lambda: slept.s() > silent + 1, "time passes")
    clock = Clock()
    team.running[one].send_signal(signal.SIGCONT)
    team.until_equal(team.names, "who slept has everything")
    said("asleep", slept_s=slept.s() - clock.s(), equal_s=clock.s())


def far_apart(team):
    """What a day costs two devices that were level in the morning: a second for each round trip, so that they can be counted, and every byte."""
    one, other = team.names[:2]
    team.start_all([one, other])
    team.until_equal([one, other], "level in the morning")
    team.stop(other)
    began = {feed["feed"]: feed["entries"] for feed in team.status(one)["feeds"]}
    patient = team.write(one)
    for hour in range(6, 22):
        team.ask(one, f"/api/patients/{patient}/visits", {"start": f"2026-11-20T{hour:02}:00:00+01:00", "end": f"2026-11-20T{hour:02}:20:00+01:00",
                                                          "place": "home", "activity": "care", "billable": True, "note": "Pansement refait, va bien."})
    new = sum(feed["entries"] - began.get(feed["feed"], 0) for feed in team.status(one)["feeds"])
    all_cables(team, delay_ms=250)
    record = team.root / "day.pcap"
    team.order("record", record)
    team.start(other, beacon=False)
    team.ready(other)
    team.until_equal([one, other], "the day's work came")
    team.order("record")
    seen = [frame for frame in frames.read(record) if frame.protocol == frames.TCP and 7766 in (frame.source_port, frame.target_port)]
    flows = [flow for flow in frames.flows(seen).values() if flow.opens and flow.bytes()]
    first = min(frame.at for frame in seen if len(frame.payload) > 100)  # after 97 and 78 bytes of the handshake: what a session begins with
    records = max((frame for frame in seen if frame.payload), key=lambda frame: (len(frame.payload), frame.at))
    said("a day, two devices, 1 s for a round trip", entries=new, round_trips_of_the_session=records.at + 0.5 - first, connections=len(flows),
         bytes=sum(len(frame.payload) for frame in seen))
    all_cables(team)
    team.stop(one, other)


def hotspot(team):
    """In the middle of a session everybody is in another network: the connections are dead, and nobody is told."""
    for who in team.names:
        team.let_v6(who, False)
    team.until_meshed(team.names, "all are connected")
    for who in team.names:
        team.give_v4(who, subnet=43)
    everybody_writes(team)
    clock = Clock()
    team.until_equal(team.names, "all have everything over the hotspot")
    said("another network in the middle of a session", equal_s=clock.s())
    team.stop(*team.names)


def no_multicast(team):
    """The switch keeps groups from each other. Who met before finds the others where they were; one of whom nobody knows the address has it typed."""
    team.order("multicast", "off")
    before = team.stats()
    team.start_all(team.names)
    everybody_writes(team)
    clock = Clock()
    team.until_equal(team.names, "remembered addresses are enough")
    said("no multicast, remembered addresses", equal_s=clock.s(), kept_back=team.stats()["kept_back"] - before["kept_back"])
    moved, known, *others = team.names
    team.stop(moved)
    team.give_v4(moved, subnet=44)
    for who in team.names:  # the way to each other, as a router would give it
        team.within(who, "ip route replace 192.168.0.0/16 dev lan0")
    everybody_writes(team, [known, *others])
    team.start(moved, listen="0.0.0.0:7777")
    team.ready(moved)
    team.forget(moved)
    team.write(moved)
    clock = Clock()
    team.run(known, "peer", "add", f"{team.address(moved, 44)}:7777")
    team.until_equal(team.names, "an address typed is enough")
    said("no multicast, another address and port, typed once", equal_s=clock.s())
    team.stop(*team.names)
    team.start_all([known])
    team.write(known)
    clock = Clock()
    team.start(moved, "--peer", f"{team.address(known, 43)}:7766", listen="0.0.0.0:7778")
    team.ready(moved)
    team.until_equal([known, moved], "and --peer, on yet another port")
    said("no multicast, --peer", equal_s=clock.s())
    team.stop(known, moved)
    team.order("multicast", "on")


def main():
    lan.as_root()
    team = Team(4)
    try:
        team.found()
        for who in team.names:
            team.let_v6(who, True)
        bad_link(team, "200 ms one way", delay_ms=100)
        bad_link(team, "5 % lost", delay_ms=5, loss_ppm=25000)
        bad_link(team, "5 % lost, 10 % overtaken, 2 % twice, 30 ms of jitter", delay_ms=10, jitter_ms=15, loss_ppm=25000, late_ppm=50000, twice_ppm=10000)
        flapping(team)
        bad_link(team, "256 kbit/s", rate_kbit=256, delay_ms=20)
        far_apart(team)
        cut_in_two(team)
        sleeper(team)
        hotspot(team)
        no_multicast(team)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
