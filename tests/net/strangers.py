#!/usr/bin/env python3
"""Who else is on the network: a stranger with a team of her own, and somebody who was in the team. All frames are recorded and looked through.

Usage: strangers.py RELEVE GENERATOR SWITCH SECRETS.
"""
import collections
import itertools
import subprocess
import sys

sys.dont_write_bytecode = True
import frames
import lan
import world as lib
from lan import SECRETS
from team import Team, check, said, until

CANARIES = ["Canari-Zebulon-7731", "Wilhelmine-Tatzelwurm", "Ornithorynque-9914"]
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CONTROL = b"a text that is on the network in the clear, so that looking is shown to find"


def secrets(team, who):
    """{name: [bytes]}"""
    out = collections.defaultdict(list)
    done = subprocess.run([SECRETS, str(team.root / who), team.secret.read_text().strip()], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, done.stderr)
    for line in done.stdout.splitlines():
        name, text = line.split()
        out[name].append(bytes.fromhex(text))
    return out


class Look:
    """The record, as far as it goes now."""

    def __init__(self, team):
        team.order("stats")  # writes out what is recorded
        self.frames = list(frames.read(team.record))
        self.beacons = frames.beacons(self.frames)
        self.flows = frames.flows(self.frames)

    def beacons_of(self, addresses, since=0):
        return [one for one in self.beacons if one.source in addresses and one.at >= since]

    def answered(self, source, targets, since=0):
        """How many connections `source` opened to one of `targets` since then, and the bytes that came back."""
        tries, back = 0, 0
        for (a, a_port, b, b_port, _), flow in self.flows.items():
            if flow.opens and a in source and b in targets and flow.at >= since:
                tries += 1
            if not flow.opens and b in source and a in targets and flow.at >= since:
                back += len(flow.bytes())
        return tries, back

    def find(self, needle):
        """In frames, and across frames within each connection."""
        return sum(one.raw.count(needle) for one in self.frames) or sum(flow.bytes().count(needle) for flow in self.flows.values())


def addresses(team, names):
    out = set()
    for who in names:
        said_ = team.within(who, "ip -o addr show dev lan0")
        out |= {word.split("/")[0] for line in said_.splitlines() for word in [line.split()[3]]}
    return out


def clock_of(team):
    """The time that the next frame will have, at least."""
    team.order("stats")
    return max((one.at for one in frames.read(team.record)), default=0) + 1e-6


def found_another(team, who, friend):
    """A stranger's team; without a colleague she would call nobody."""
    for one in who, friend:
        team.run(one, "init", "--cheap-key")
    team.run(who, "team", "create", "Inconnue")
    team.start_all([who, friend])
    code = team.ask(who, "/api/invitations", {})["invitation"]
    team.ask(friend, "/api/join", {"invitation": code, "name": "Amie", "ip": team.address(who), "port": 7766})
    team.stop(who, friend)


def days(team, members, ex):
    """Two days with a removal between them, of which one of the members hears only when she comes back, by multicast alone. Returns when it was, and the
    team's secrets before and after."""
    stranger, (*members, away) = "stranger", members
    everybody = [*members, away]
    team.found()
    before = secrets(team, members[0])
    found_another(team, stranger, "friend")
    team.start_all([*everybody, ex, stranger])
    patients = [team.write(members[0], name) for name in CANARIES]
    team.until_equal([*everybody, ex], "the first day")
    known, gone, other = addresses(team, members), addresses(team, [away]), addresses(team, [stranger])
    until(lambda: len(Look(team).beacons_of(known)) >= 4 * len(members) and len(Look(team).beacons_of(other)) >= 4, "everybody was heard twice in both families")
    code = a_code(team, members[0], stranger, other)
    for who in members:
        team.run(stranger, "peer", "add", f"{team.address(who)}:7766")
    until(lambda: Look(team).answered(other, known)[0] >= len(members), "the stranger tried")
    team.stop(away)
    team.run(members[0], "remove", "device", team.devices[ex][:16], "--reason", "lost", "--yes")
    team.until_equal(members, "the removal is known")
    until(lambda: not team.connected(ex), "nobody talks to who was removed")
    team.stop(*members)
    removed_at = clock_of(team)
    team.start_all(members)
    team.write(members[1])
    team.until_equal(members, "the second day")
    left = addresses(team, [ex])
    team.attempt(ex, "peer", "add", *code.split())  # made on the first day; he knows whose it is
    for who in members:
        team.run(ex, "peer", "add", f"{team.address(who)}:7766")
    until(lambda: len(Look(team).beacons_of(known, removed_at)) >= 4 * len(members), "a second day's beacons")
    until(lambda: Look(team).answered(left, known, removed_at)[0] >= len(members), "who was removed tried everybody")
    team.within(ex, f"python3 -c \"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto({CONTROL!r}, ('{team.address(members[0])}', 9))\"")
    until(lambda: Look(team).find(CONTROL), "the control is recorded")
    team.stop(*members, ex)
    returned = came_back(team, members, away, gone)
    team.stop(*everybody, stranger)
    return removed_at, before, secrets(team, members[0]), secrets(team, stranger), patients, (known, left, other), returned, code


def a_code(team, member, stranger, other):
    """A member shows where her device is, and a stranger photographs it: her own program knows no such device, and sends nothing for it."""
    code = team.json(member, "address")["code"]
    done = team.attempt(stranger, "peer", "add", *code.split())
    check(done.returncode != 0 and "is not in the team" in done.stderr, f"a stranger: {done.returncode} {done.stderr}")
    since = clock_of(team)
    until(lambda: Look(team).beacons_of(other, since), "time passes")
    check(Look(team).answered(other, addresses(team, [member]))[0] == 0, "and nothing was sent for it")
    return code


def code_tells_nothing(code, before, after):
    """Its bytes, without the check characters, hold nothing of what a device, a person, a team or a key is."""
    data = [CROCKFORD.index(c) for group in code.split() for c in group[:4]]
    bits = "".join(f"{value:05b}" for value in data)
    text = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits) - 7, 8))
    values = {value for group in (before, after) for one in group.values() for value in one}
    check(values and not any(frames.shared(text, value, 4) for value in values), f"no four bytes of a key or id in {text.hex()}")


def came_back(team, members, away, gone):
    """Nobody knows anybody's address, and she knows nothing of the removal. Her beacons until she had heard, and after that."""
    for who in *members, away:
        team.forget(who)
    team.start_all(members)
    team.write(members[0])
    team.until_equal(members, "a third day")
    since = clock_of(team)
    team.start_all([away])
    met_s = team.until_equal([*members, away], "who was away is found by her beacon")
    heard = clock_of(team)
    until(lambda: len(Look(team).beacons_of(gone, heard)) >= 6, "and has another one from then on")
    said("back after a removal, multicast alone", equal_s=met_s)
    beacons = Look(team).beacons_of(gone, since)
    return [one for one in beacons if one.at < heard], [one for one in beacons if one.at >= heard]


def nothing_readable(team, look, before, after, patients):
    needles = {text.encode() for text in CANARIES} | {name.capitalize().encode() for name in team.names if len(name) > 4}
    for group in before, after:
        for name, values in group.items():
            for value in values:
                needles |= {value, value[:16], value.hex().encode(), value.hex().upper().encode()}
    for patient in patients:
        needles |= {bytes.fromhex(patient), patient.encode(), patient.upper().encode()}
    check(look.find(CONTROL) > 0, "what is looked for is found when it is there")
    bad = [needle for needle in needles if look.find(needle)]
    check(not bad, f"on the network in the clear: {bad}")
    return len(needles)


def tells_until_she_hears(returned, before, after, device):
    """What stands in net/README.md, section 3, "Back from a long leave"."""
    old, new = before["discovery"][0], after["discovery"][0]
    unheard, later = returned
    check(any(frames.device_of(one, old, after["device"]) == device for one in unheard), "who was removed recognizes her before she heard")
    check(later and all(frames.device_of(one, new, after["device"]) == device for one in later), "and not when she has")


def beacons_tell_nothing(look, removed_at, before, after, strange, parties):
    known, left, other = parties
    old, new = before["discovery"][0], after["discovery"][0]
    check(old != new, "the removal renewed the secret")
    first = [one for one in look.beacons_of(known) if one.at < removed_at]
    second = look.beacons_of(known, removed_at)
    check(all(len(one.payload) == frames.BEACON_BYTES for one in look.beacons), "all beacons have one size")
    check(len({one.port for one in first + second + look.beacons_of(other)}) == 1, "all devices listen at the same port, so that it links nothing")
    # each side's own secret tells: the control
    check(any(frames.is_of_team(one, old) for one in first), "who has the secret recognizes the first day's beacons")
    check(all(frames.is_of_team(one, new) for one in second), "and the second day's")
    check(all(frames.device_of(one, new, after["device"]) for one in second), "and whose each is")
    check(not any(frames.is_of_team(one, old) or frames.device_of(one, old, after["device"]) for one in second), "the old secret recognizes nothing of the second day")
    theirs = strange["discovery"][0]
    check(not any(frames.is_of_team(one, theirs) or frames.device_of(one, theirs, after["device"]) for one in first + second), "a stranger's secret recognizes nothing")
    check(not any(frames.shared(a.payload[3:], b.payload[3:], 6) for a, b in itertools.combinations(first + second, 2)), "no two beacons have six bytes in common")
    return len(first), len(second)


def main():
    lan.as_root()
    team = Team(5)
    try:
        *members, ex = team.names
        for who in "stranger", "friend":
            team.host(who)
            team.give_v4(who)
        for who in [*team.names, "stranger", "friend"]:
            team.let_v6(who, True)
        team.record = team.root / "frames.pcap"
        team.order("record", team.record)
        removed_at, before, after, strange, patients, parties, returned, code = days(team, members, ex)
        look = Look(team)
        count = nothing_readable(team, look, before, after, patients)
        first, second = beacons_tell_nothing(look, removed_at, before, after, strange, parties)
        code_tells_nothing(code, before, after)
        tells_until_she_hears(returned, before, after, bytes.fromhex(team.devices[members[-1]]))
        known, left, other = parties
        tried, back = look.answered(other, known)
        check(tried and back == 0, f"a stranger gets no byte back, and got {back}")
        late, late_back = look.answered(left, known, removed_at)
        check(late and late_back == 0, f"who was removed gets no byte back, and got {late_back}")
        check(not look.answered(known, other)[0], "nobody calls the stranger")
        check(not look.answered(known, left, removed_at)[0], "nobody calls who was removed")
        said("recorded", frames=len(look.frames), bytes=sum(len(one.raw) for one in look.frames), connections=len(look.flows) // 2, needles=count,
             beacons_first_day=first, beacons_second_day=second)
        said("no byte back", stranger_tried=tried, removed_tried=late)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
