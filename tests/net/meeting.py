#!/usr/bin/env python3
"""Twelve nurses come to the cabinet at once, each with what she wrote alone: everybody finds everybody, by beacons only.

Usage: meeting.py RELEVE GENERATOR SWITCH SECRETS.
"""
import sys

sys.dont_write_bytecode = True
import lan
import world as lib
from team import Clock, Team, said


def meeting(team, title, v4, v6):
    for who in team.names:
        team.let_v6(who, v6)
        team.give_v4(who) if v4 else team.take_v4(who)
        team.forget(who)
        team.cable(who, group=team.number(who))
    team.start_all(team.names)
    for who in team.names:
        team.write(who)
    before, clock = team.stats(), Clock()
    for who in team.names:
        team.cable(who, group=0)
    equal_s = team.until_equal(team.names, "all have everything")
    team.until_meshed(team.names, "all are connected to all")
    all_s, after = clock.s(), team.stats()
    said(title, nodes=len(team.names), equal_s=equal_s, all_connected_s=all_s, frames=after["frames"] - before["frames"],
         kilobytes=(after["bytes"] - before["bytes"]) / 1000)
    team.stop(*team.names)


def main():
    lan.as_root()
    team = Team(12)
    try:
        clock = Clock()
        team.found()
        said("founding", nodes=len(team.names), seconds=clock.s())
        meeting(team, "IPv4 alone", True, False)
        meeting(team, "IPv6 alone, link-local", False, True)
        meeting(team, "both", True, True)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
