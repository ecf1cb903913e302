#!/usr/bin/env python3
"""A network that keeps groups from each other, and nobody remembers anybody: a device is found by its code, or by an address that somebody types, in
both families; by nothing else, and nobody else under its code.

Usage: codes.py RELEVE GENERATOR SWITCH SECRETS.
"""
import sys

sys.dont_write_bytecode = True
import lan
import world as lib
from lan import RELEVE
from team import Clock, Team, check, said, until

PORT = 7766


def begin(team, names):
    """They run, and do not know where the others are."""
    for who in names:
        team.forget(who)
    team.start_all(names)
    for who in names:
        team.write(who)
    check(not any(team.connected(who) for who in names), "nobody finds anybody")


def add(team, who, *words):
    """As somebody types it on that machine, whose interfaces have names. What it printed, and how it ended."""
    ended = team.within(who, f"{RELEVE} peer add {' '.join(words)} --data {team.root / who} 2>&1 && echo exit 0 || echo exit $?")
    return ended


def codes(team, who):
    """{address: code}, and the code of all."""
    told = team.json(who, "address")
    check(len(told["fingerprint"]) == 16 and told["port"] == PORT, f"fingerprint and port: {told}")
    return {row["address"]: row["code"] for row in told["addresses"]}, told


def mistyped(code):
    """Another character at its seventh place: in the second group."""
    return code[:7] + ("7" if code[7] != "7" else "8") + code[8:]


def by_code(team):
    host, caller = team.names[:2]
    begin(team, [host, caller])
    each, told = codes(team, host)
    v4, v6 = f"{team.address(host)}:{PORT}", f"[fe80::ff:fe00:{team.number(host):x}]:{PORT}"
    check(set(each) == {v4, v6}, f"every address of it, and no interface: {each}")
    check("lan0" not in str(told) and team.devices[host] not in str(told), "neither its interface nor its id")
    for bad, says in ((mistyped(each[v4]), "Group 2 of the code was mistyped"), (each[v4][:-6], "not the code"), (each[v4][:-1], "too few characters"),
                      (team.json(caller, "address")["code"], "of this device itself"), ("RELEVE-AT:" + "0" * 20, "mistyped")):
        check(says in add(team, caller, bad), f"{bad}: {says}")
    check(not team.connected(caller), "nothing came of that")
    clock = Clock()
    team.run(caller, "peer", "add", *each[v4].split(), says="The device is met")
    team.until_equal([host, caller], "met by its code in IPv4")
    said("code with an IPv4 address", equal_s=clock.s())
    check("is met" in add(team, caller, each[v4]), "again: it is met already")
    team.stop(host, caller)
    for title, word in (("link-local address", lambda: each[v6]), ("all addresses, as from a QR code", lambda: codes(team, host)[1]["qrText"])):
        begin(team, [host, caller])
        clock = Clock()
        check("is met" in add(team, caller, word()), f"met by a code with {title}")
        team.until_equal([host, caller], title)
        said(f"code with {title}", equal_s=clock.s())
        team.stop(host, caller)
    return each[v4], v4


def another_answers(team, code, address):
    """A colleague has its address now. She is a member, and not the device of the code: no session, and a sentence that says so."""
    host, caller, other = team.names[:3]
    for who in host, other:
        team.take_v4(who)
    team.within(other, f"ip addr add {team.address(host)}/24 dev lan0")
    team.within(caller, "ip neigh flush all")
    begin(team, [caller, other])
    ended = add(team, caller, code)
    check(f"Somebody answers at {address}, and is not the device of this code" in ended and "exit 3" in ended, ended)
    check(not team.connected(caller) and not team.connected(other), "and there is no session")
    team.stop(other)
    ended = add(team, caller, code)
    check("Nobody answers at the code's addresses now" in ended and "exit 6" in ended, ended)
    # its own address again: it is still looked for there
    team.within(other, "ip -4 addr flush dev lan0")
    for who in host, other:
        team.give_v4(who)
    team.within(caller, "ip neigh flush all")
    team.start_all([host])
    clock = Clock()
    team.until_equal([host, caller], "looked for until it is there")
    said("code typed before the device was there", equal_s=clock.s())
    team.stop(host, caller)


def typed(team):
    """Addresses of both families, and a name."""
    host, caller = team.names[:2]
    link_local = f"fe80::ff:fe00:{team.number(host):x}"
    team.within(host, "ip -6 addr add 2001:db8::1/64 dev lan0 nodad")
    team.within(caller, "ip -6 addr add 2001:db8::2/64 dev lan0 nodad")
    for text in f"[2001:db8::1]:{PORT}", f"[{link_local}%lan0]:{PORT}", f"[{link_local}]:{PORT}", f"{team.address(host)}:{PORT}":
        begin(team, [host, caller])
        clock = Clock()
        check("is looked for there" in add(team, caller, f"'{text}'"), text)
        team.until_equal([host, caller], f"typed {text}")
        said(f"typed {text}", equal_s=clock.s())
        team.stop(host, caller)
    begin(team, [caller])
    for bad in "[2001:db8::1]", "2001:db8::1:7766", "[ff02::1]:7766", "0.0.0.0:7766", "[fe80::1%none]:7766", "[fe80::1%lan0]:0":
        check("exit 0" not in add(team, caller, f"'{bad}'"), f"{bad} is refused")
    team.stop(caller)


def main():
    lan.as_root()
    team = Team(3)
    try:
        team.found()
        for who in team.names:
            team.let_v6(who, True)
        team.order("multicast", "off")
        code, address = by_code(team)
        another_answers(team, code, address)
        typed(team)
        print(f"{lib.checks} checks")
    finally:
        team.close()


if __name__ == "__main__":
    main()
