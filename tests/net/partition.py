#!/usr/bin/env python3
"""Longer than connections are kept: a network in two until both sides have given up the others; a colleague whose power fails where nobody is told; one whose
address becomes another one under an open connection. The programs' time passes fast, so that half a minute of theirs is a few seconds here; what is waited for is what they say.

Usage: partition.py RELEVE GENERATOR SWITCH SECRETS, where RELEVE heeds RELEVE_TEST_FAST (tests/api/faulty.c).
"""
import os
import sys

sys.dont_write_bytecode = True
import lan
import world as lib
from team import Clock, Team, check, said, until

FAST = 5


def given_up(team, who, others):
    return not team.connected(who) & {team.devices[other] for other in others}


def in_two(team):
    """Neither side is told that the other is gone; each ends the connections by itself, goes on, and they are one again when the network is."""
    left, right = team.names[:2], team.names[2:]
    for who in right:
        team.cable(who, group=1)
    for who in team.names:
        team.write(who)
    clock = Clock()
    until(lambda: all(given_up(team, who, right) for who in left) and all(given_up(team, who, left) for who in right), "each side has given up the other")
    given_up_s = clock.s() * FAST
    for side in left, right:
        team.write(side[0])
        team.until_equal(side, "each side goes on")
    check(not team.equal(team.names), "and they differ")
    clock = Clock()
    for who in right:
        team.cable(who, group=0)
    team.until_equal(team.names, "one again")
    equal_s = clock.s()
    team.until_meshed(team.names, "all are connected again")
    said("in two for longer than connections are kept", given_up_after_s_of_theirs=given_up_s, equal_s=equal_s, all_connected_s=clock.s())


def power_fails(team):
    """No end of a connection comes through: the others hold it until they have heard nothing for too long."""
    *others, one = team.names
    team.cable(one, group=1)
    team.vanish(one)
    clock = Clock()
    check(any(not given_up(team, who, [one]) for who in others), "they hold connections to nobody")
    for who in others:
        team.write(who)
    team.until_equal(others, "they go on meanwhile")
    until(lambda: all(given_up(team, who, [one]) for who in others), "they have given up who is not there")
    said("power failed, nobody was told", given_up_after_s_of_theirs=clock.s() * FAST)
    team.cable(one, group=0)
    team.start_all([one])
    clock = Clock()
    team.until_equal(team.names, "back, and has everything")
    said("and is back", equal_s=clock.s())


def back_at_once(team):
    """It is there again, at another address, while the others still hold the old connections."""
    *others, one = team.names
    team.until_meshed(team.names, "all are connected")
    team.cable(one, group=1)
    team.write(one)
    team.vanish(one)
    team.within(one, "ip -4 addr flush dev lan0; ip addr add 192.168.1.200/24 dev lan0")
    team.cable(one, group=0)
    held = [who for who in others if not given_up(team, who, [one])]
    team.start_all([one])
    team.write(others[0])
    clock = Clock()
    team.until_equal(team.names, "the new connection takes the place of the old one")
    said("back at once, at another address", held_by=len(held), equal_s=clock.s())


def another_address(team):
    """The router gives another address under an open connection; nobody restarts."""
    one = team.names[-1]
    team.until_meshed(team.names, "all are connected")
    team.give_v4(one)
    for who in team.names:
        team.write(who)
    clock = Clock()
    team.until_equal(team.names, "over the new address")
    team.until_meshed(team.names, "connected again")
    said("another address under an open connection", equal_s=clock.s())


def main():
    lan.as_root()
    team = Team(4)
    try:
        team.found()
        os.environ["RELEVE_TEST_FAST"] = str(FAST)
        team.start_all(team.names)
        team.until_meshed(team.names, "all are connected")
        for step in in_two, power_fails, back_at_once, another_address:
            step(team)
        until(lambda: team.settled(team.names), "everybody knows that everybody has everything")
        team.stop(*team.names)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
