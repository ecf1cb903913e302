#!/usr/bin/env python3
"""The disk of one of four nurses is full: what it says, what the others notice, what receipts say, and how it catches up.

Usage: full.py RELEVE GENERATOR SWITCH SECRETS.
"""
import signal
import sys

sys.dont_write_bytecode = True
import lan
import disk
import world as lib
from team import Clock, Team, check, said, until
from world import FULL

EACH = 10


def write_apart(team, names):
    """Each of them, one after the other; the longest time until a save was with all of them."""
    longest_s = 0
    for number in range(EACH):
        team.write(names[number % len(names)])
        longest_s = max(longest_s, team.until_equal(names, "the others have it"))
    return longest_s


def save_until_full(team, who):
    """Names whose saving was acknowledged, and the first that was refused."""
    saved = []
    while True:
        name = f"Moi{len(saved)}"
        done = team.attempt(who, "patient", "add", f"lastName={name}", "firstName=Test")
        if done.returncode:
            check(done.returncode == FULL and "no room left on the disk: this was not saved" in done.stderr, f"a sentence: {done.returncode} {done.stderr}")
            return saved, name
        saved.append(name)


def lacks(team, who, other):
    """What `who` says that `other` lacks."""
    return next(peer["missingThere"] for peer in team.status(who)["peers"] if peer["device"] == team.devices[other])


def names_of(team, who):
    return {row["lastName"] for row in team.ask(who, "/api/patients?limit=20000")["patients"]}


def stays_full(team, others, full, at_least):
    """Connected, and what it has not got it has not acknowledged: each of the others says so."""
    told = team.receipts_true(team.names)
    check(told[full]["database"]["diskFull"] and told[full]["database"]["room"] == "refuse", "its status says so")
    for who in others:
        check(lacks(team, who, full) >= at_least, f"{who} says that it lacks {at_least} at least: {lacks(team, who, full)}")
    check("new records are refused until there is" in team.run(full, "status"), "and to people")


def main():
    disk.enter_namespace()
    lan.as_root()
    team = Team(4)
    *others, full = team.names
    (team.root / full).mkdir()
    disk.mount(team.root / full)
    try:
        team.found()
        team.start_all(team.names)
        team.write(others[0])
        until(lambda: team.settled(team.names), "all have everything, and know it of all")
        before_s = write_apart(team, others)
        until(lambda: team.settled(team.names), "and that")

        disk.fill(team.root / full, 300 * 1024)
        saved, refused = save_until_full(team, full)
        team.until_equal(others, "what it could still save is with the others, or comes")
        while_full_s = write_apart(team, others)
        stays_full(team, others, full, EACH)
        check(not team.equal(team.names), "it does not have what the others wrote")
        until(lambda: team.settled(others), "the others know of each other")
        team.running[full].send_signal(signal.SIGKILL)  # and the power fails
        team.running[full].wait(60)
        team.programs.remove(team.running.pop(full))
        team.start_all([full])
        team.write(others[0])
        until(lambda: set(team.connected(full)) >= {team.devices[who] for who in others}, "it meets the others")
        stays_full(team, others, full, EACH)
        team.run(full, "patient", "add", f"lastName={refused}", "firstName=Test", expect=FULL, says="no room left")

        (team.root / full / "filler").unlink()
        clock = Clock()
        team.until_equal(team.names, "there is room, and it catches up")
        equal_s = clock.s()
        until(lambda: team.settled(team.names), "and all know it")
        for who in team.names:
            check(set(saved) <= names_of(team, who) and refused not in names_of(team, who), f"{who} has exactly what was acknowledged")
        check(not team.status(full)["database"]["diskFull"], "it takes records again")
        team.run(full, "patient", "add", f"lastName={refused}", "firstName=Test")
        said("one disk of four is full", saved_before=len(saved), longest_s_among_others_before=before_s, while_full_s=while_full_s, after_room_equal_s=equal_s,
             settled_s=clock.s())
        team.stop(*team.names)
        team.run(full, "fsck", says=" 0 bad")
        print(f"{lib.checks} checks")
    finally:
        for program in team.programs:
            program.kill()
            program.wait()
        disk.unmount(team.root / full)
        team.close()


if __name__ == "__main__":
    main()
