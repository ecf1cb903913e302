#!/usr/bin/env python3
"""The page of numbers: its form, who may read it, what stands in it and what never does.

Usage: metrics.py RELEVE GENERATOR README, the last one of node.
"""
import http.client
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from world import OK, World, check, until

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?Inf|NaN")
UNITS = "bytes", "seconds", "entries", "feeds", "devices", "connections", "batches", "info", "total"
STATES = "locked", "stopped", "room", "full", "reached", "connected", "level", "pictures", "missing"


def sample(line):
    """(name, labels, value)"""
    name = NAME.match(line)
    check(name, f"a sample begins with a name: {line!r}")
    rest, labels = line[name.end():], {}
    if rest.startswith("{"):
        rest = rest[1:]
        while not rest.startswith("}"):
            label = LABEL.match(rest)
            check(label and label.group(1) not in labels, f"labels: {line!r}")
            labels[label.group(1)] = label.group(2)
            rest = rest[label.end():]
            check(rest[0] in ",}", f"labels end: {line!r}")
            rest = rest.removeprefix(",")
        rest = rest[1:]
    check(rest.startswith(" ") and NUMBER.fullmatch(rest[1:]), f"one number, no time: {line!r}")
    return name.group(), labels, float(rest[1:])


def parse(page):
    """{family: (type, {labels: value})}, after all that the format asks."""
    families, current = {}, None
    check(page.endswith("\n") and "\r" not in page, "each line ends with a line feed")
    for line in page.splitlines():
        if line.startswith("# HELP "):
            current, text = line[len("# HELP "):].split(" ", 1)
            check(NAME.fullmatch(current) and current not in families and text, f"said once: {line}")
            families[current] = None
        elif line.startswith("# TYPE "):
            name, kind = line[len("# TYPE "):].split(" ")
            check(name == current and families[name] is None and kind in ("gauge", "counter"), f"right after its help: {line}")
            check((kind == "counter") == name.endswith("_total"), f"a counter is called so: {line}")
            check(name.split("_")[-1] in UNITS + STATES, f"the name ends with a unit or a state: {name}")
            families[name] = kind, {}
        else:
            name, labels, value = sample(line)
            check(name == current and families[name], f"samples of a family stand together: {line}")
            key = tuple(sorted(labels.items()))
            check(key not in families[name][1], f"a sample once: {line}")
            check(value >= 0, f"no number of ours is negative: {line}")
            families[name][1][key] = value
    return families


def value(families, name, **labels):
    return families[name][1][tuple(sorted(labels.items()))]


def documented(readme):
    """Names of the README's table, with their labels."""
    section = pathlib.Path(readme).read_text().split("## Metrics\n")[1].split("\n## ")[0]
    rows = {}
    for line in section.splitlines():
        if not line.startswith("| `"):
            continue
        cells = [c.strip() for c in line.split("|")[1:-1]]
        kinds = [k.strip() for k in cells[1].split(",")]
        for i, name in enumerate(re.findall(r"`([a-z_]+)`", cells[0])):
            rows[name] = kinds[min(i, len(kinds) - 1)], set(re.findall(r"`([a-z]+)`", cells[2]))
    return rows


def get(program, token, path="/metrics", host=None, origin=None, method="GET"):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
    headers = {k: v for k, v in (("Authorization", token and f"Bearer {token}"), ("Host", host), ("Origin", origin)) if v}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.getheader("Content-Type"), body


def guarded(world, program):
    """Who may read: the token of its own opens this alone."""
    file = world.root / "anna" / "metrics.token"
    check(file.stat().st_mode & 0o777 == 0o600, "for the user alone")
    token = file.read_text().strip()
    status, kind, page = get(program, token)
    check((status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8"), f"{status} {kind}")
    check(get(program, program.url.fragment)[0] == 200, "the interface's token opens it, too")
    check(get(program, token + "0")[0] == get(program, None)[0] == get(program, "0" * 64)[0] == 401, "others do not")
    check(get(program, token, "/api/status")[0] == get(program, token, "/api/metrics")[0] == get(program, token, "/metrics/")[0] == 401,
          "it opens nothing else")
    check(get(program, token, host="evil.example")[0] == 421, "nor under another name")
    check(get(program, token, origin="http://evil.example")[0] == 403, "nor for another page")
    check(all(get(program, token, method=m)[0] in (405, 501) for m in ("POST", "PUT", "DELETE", "HEAD")), "it is only read")
    return token, page


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        anna = world.start("anna")
        check(get(anna, anna.url.fragment)[0] == 404 and not (world.root / "anna" / "metrics.token").exists(), "off unless asked for")
        check(parse(world.run("anna", "metrics")), "the command needs no option")
        world.end(anna)
        world.run("anna", "--team", "sud", "init", "--cheap-key")
        anna = world.start("anna", "--metrics")
        token, page = guarded(world, anna)
        invitation = world.run("anna", "invite", "--no-qr").strip()
        world.run("bob", "init", "--cheap-key")
        world.run("bob", "join", "Bob", f"127.0.0.1:{anna.port}", "--invitation", invitation)
        bob = world.start("bob")
        world.run("bob", "peer", "add", f"127.0.0.1:{anna.port}")
        for i in range(3):
            world.run("anna", "patient", "add", f"lastName=Secretissime{i}", "firstName=X")
        world.run("anna", "--team", "sud", "team", "create", "Anna")

        def numbers():
            return parse(get(anna, token)[2])

        until(lambda: value(numbers(), "releve_peers_level", team="1") == 1 and
              value(numbers(), "releve_only_here_entries", team="1") == 0, "they are level")
        families = numbers()
        page = get(anna, token)[2]
        # as the status says it
        for team, words in (("1", ()), ("2", ("--team", "sud"))):
            status = world.json("anna", *words, "status")
            for part in "membership", "team", "clinical":
                check(value(families, "releve_entries", team=team, compartment=part) ==
                      sum(f["entries"] for f in status["feeds"] if f["compartment"] == part), f"entries of {part}")
            check(value(families, "releve_database_map_bytes", team=team) == status["database"]["mapBytes"], "room")
            check(value(families, "releve_quarantine_entries", team=team) == status["quarantine"]["entries"], "quarantine")
        check(value(families, "releve_peers_connected", team="1") == 1 and value(families, "releve_peers_connected", team="2") == 0, "peers")
        check(value(families, "releve_only_here_entries", team="2") > 0, "what no colleague has")
        check(value(families, "releve_entries", team="1", compartment="clinical") >= 3, "and there is something to count")
        for way in "received", "sent":
            kinds = sum(value(families, f"releve_{way}_frame_bytes_total", team="1", kind=k)
                        for k in ("heads", "runs", "state", "pictures", "other"))
            check(0 < kinds < value(families, f"releve_{way}_bytes_total", team="1"), f"{way}: contents are less than what goes over the network")
        check(value(families, "releve_commits_total", team="1") > 0 and value(families, "process_resident_memory_bytes") > 1e6, "the program")
        # what the README says, name by name
        rows = documented(sys.argv[3])
        check(set(rows) == set(families), f"documented: {set(rows) ^ set(families)}")
        for name, (kind, labels) in rows.items():
            check(families[name][0] == kind, f"{name} is a {kind}")
            check(all({k for k, _ in s} == labels for s in families[name][1]), f"{name} has the labels {labels}")
        # nobody's data
        said = page + world.run("anna", "metrics")
        status = world.json("anna", "status")
        private = ["Secretissime", "Anna", "Bob", "sud", str(world.root), status["team"], status["person"], status["device"]]
        private += [p["device"] for p in status["peers"]] + [i[:8] for i in (status["team"], status["person"], status["device"])]
        check(not any(text in said for text in private), "nothing that names anybody")
        # refusals appear once something was refused
        check(families["releve_refused_total"][1] == {}, "nothing was refused")
        world.run("eve", "init", "--cheap-key")
        world.run("eve", "join", "Eve", f"127.0.0.1:{anna.port}", "--invitation", invitation, expect=None)
        until(lambda: numbers()["releve_refused_total"][1], "a used invitation is counted")
        # locked: the same token, and nothing but that
        world.run("anna", "lock")
        families = until(lambda: get(anna, token)[0] == 200 and numbers(), "the locked program answers")
        check(value(families, "releve_team_locked", team="1") == 1 and families["releve_entries"][1] == {}, "it says that it is locked")
        world.run("anna", "unlock")
        check(value(numbers(), "releve_team_locked", team="1") == 0, "and open again")
        world.end(bob)
        world.end(anna)
        # one that others could read is replaced
        file = world.root / "anna" / "metrics.token"
        file.chmod(0o644)
        anna = world.start("anna", "--metrics")
        check(file.stat().st_mode & 0o777 == 0o600 and file.read_text().strip() != token, "another one")
        token, _ = guarded(world, anna)
        world.end(anna)
        check(value(parse(world.run("anna", "metrics")), "releve_team_locked", team="1") == 0, "also when no program runs")
        world.run("anna", "wipe", "--uncounted", stdin="WIPE\n", expect=OK)
        check(not file.exists(), "and goes with the rest")
    finally:
        world.close()


main()
