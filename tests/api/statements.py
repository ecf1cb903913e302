#!/usr/bin/env python3
"""What is billed leaves as files: a generated team's months under both units and both rules for ties, with late, amended and cancelled visits, in every form; another device and the
stand-alone verifier agree on each, both name what is altered; who may not, gets nothing; nothing clinical is in any of them.

Usage: statements.py RELEVE GENERATOR.
"""
import contextlib
import importlib.util
import io
import json
import pathlib
import random
import re
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from roles import join, person_of
from story import ask
from world import CONFLICT, DENIED, DIFFERS, GENERATOR, INVALID, NOT_FOUND, World, check, until

TOOLS = pathlib.Path(__file__).parent.parent.parent / "tools"
MONTHS = ("2021-01", "2021-02", "2021-03", "2021-04")
RULES = (("visit", "half-up"), ("visit", "half-even"), ("patient-month", "half-up"), ("patient-month", "half-even"))
spec = importlib.util.spec_from_file_location("verify_lot", TOOLS / "verify_lot.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)
FORMS = {"csv": "csv", "json": "json", "fhir": "fhir.json", "html": "html"}
CLOSE = ("--territory", "44")


def script(*paths):
    return subprocess.run([sys.executable, str(TOOLS / "verify_lot.py"), *map(str, paths)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def team(world):
    """A generated team; a second nurse; a locum, a reader, a facilitator."""
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "40", "--visits", "400", "--nurses", "5", "--years", "0.34"], check=True, stdout=subprocess.DEVNULL)
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    world.run("anna", "import", str(world.root / "team-00.ndjson"))
    world.run("anna", "billing", "designate")
    for month, (unit, ties) in zip(MONTHS, RULES):
        world.run("anna", "rate", "add", "territory=44", f"validFrom={month}-01", "centsPerHour=5394", f"unit={unit}", f"ties={ties}", "amoPerMille=600")
    anna = world.start("anna")
    join(world, "anna", anna.port, "bea")
    join(world, "anna", anna.port, "rita", "--role", "reader")
    join(world, "anna", anna.port, "lou", "--role", "locum", "--until", (lib.today() + lib.datetime.timedelta(days=3)).isoformat())
    join(world, "anna", anna.port, "fanny", "--role", "facilitator")
    world.end(anna)


def meet(world, who):
    """Until the other device has what Anna has."""
    anna = world.start("anna")
    other = world.start(who, "--peer", f"127.0.0.1:{anna.port}")
    until(lambda: all(p["level"] for p in world.json(who, "status")["peers"] if p["connected"]) and any(p["connected"] for p in world.json(who, "status")["peers"]), f"{who} is level")
    world.end(other)
    world.end(anna)


def visits_of(world, month):
    return [one for one in world.json("anna", "visit", "list", "--month", month)["visits"] if not one.get("corrected")]


def shifted(moment, minutes):
    return (lib.datetime.datetime.fromisoformat(moment) + lib.datetime.timedelta(minutes=minutes)).isoformat()


def close(world):
    """Four months; before each but the first, visits of the one before are amended, cancelled, and come late."""
    for i, month in enumerate(MONTHS):
        if i:
            one, two, three = visits_of(world, MONTHS[i - 1])[:3]
            world.run("anna", "visit", "amend", one["patient"], one["id"], f"start={one['start']}", f"end={shifted(one['end'], 5)}", "--reason", "Canari: oublié le pansement")
            world.run("anna", "visit", "amend", two["patient"], two["id"], "cancelled=true", "--reason", "Canari: absente")
            world.run("anna", "visit", "add", three["patient"], f"start={MONTHS[i - 1]}-17T03:00:00+01:00", f"end={MONTHS[i - 1]}-17T03:15:00+01:00", "note=Canari de nuit")
        world.run("anna", "billing", "close", month, *CLOSE)


def write(world, who, month, form, *words, name="lot"):
    path = world.root / f"{name}-{month}.{FORMS[form]}"
    world.run(who, "billing", "lot", month, "--format", form, "--out", str(path), "--yes", "--replace", *words)
    return path


def agree(world):
    """Each form of each month: for its owner alone, never over another file; the other device and the script say that it holds."""
    seen = set()
    for month, (unit, ties) in zip(MONTHS, RULES):
        totals = world.json("bea", "billing", "verify", month)["totals"]
        paths = [write(world, "anna", month, form) for form in FORMS]
        for path in paths:
            check(stat.S_IMODE(path.stat().st_mode) == 0o600, "for its owner alone")
        table, statement, claims, page = (path.read_text() for path in paths)
        lot = json.loads(statement)
        kinds = {line["kind"] for line in lot["lines"]}
        seen |= kinds | {(unit, ties)}
        rule = {(rate["roundedPer"], rate["ties"]) for rate in lot["rates"]}
        check((unit, ties) in rule, f"{month} is closed by {unit}, {ties}: {rule}")
        check(all(lot["lot"] in text for text in (table, claims, page)), "the hash stands in each")
        euros = f"{totals['cents'] // 100},{totals['cents'] % 100:02d}"
        on_paper = f"{totals['cents'] // 100:,},{totals['cents'] % 100:02d} €".replace(",", "\u00a0", f"{totals['cents'] // 100:,}".count(",")).replace(" €", "\u00a0€")
        check(lot["totals"]["cents"] == totals["cents"] and euros in table and on_paper in page, "and so do the control totals")
        done = script(*paths[:3])
        check(done.returncode == 0 and done.stdout.count(f"{euros} EUR") == 3, f"the script agrees: {done.stdout}{done.stderr}")
        for who, path in zip(("bea", "anna", "bea"), paths):
            world.run(who, "billing", "verify", str(path), says="The same")
        print(f"{month}: {unit}, {ties}: {euros} EUR, {totals['visits']} visits, {totals['minutes']} minutes, {sorted(kinds)}, lot {lot['lot'][:16]}")
    check(seen >= {"normal", "late", "correction", "credit", *RULES}, f"all of it occurs: {seen}")
    path = world.root / "once.csv"
    world.run("anna", "billing", "lot", MONTHS[0], "--out", str(path), expect=CONFLICT, says="not be encrypted")
    check(not path.exists(), "not without the order")
    world.run("anna", "billing", "lot", MONTHS[0], "--out", str(path), "--yes", says="not encrypted")
    world.run("anna", "billing", "lot", MONTHS[0], "--out", str(path), "--yes", expect=CONFLICT, says="there already")
    check(world.run("anna", "billing", "lot", MONTHS[0], "--yes") == path.read_text(), "and printed")
    check(world.run("bea", "billing", "lot", MONTHS[0], "--yes") == path.read_text(), "the same bytes on every device")


def parts(world, other):
    """One nurse's and one patient's: their totals, and the lot's beside them. Nurses' parts add up to the lot, to the cent."""
    def same(path):
        status, text, _ = ask(other, "POST", "/api/billing/verify", path.read_bytes())
        check(status == 200 and json.loads(text)["same"] and json.loads(text)["counts"], f"{path.name}: {text[:400]}")

    def made(month, form, name, *query):
        status, text, _ = ask(other, "GET", "/api/billing/" + month + "/statement?" + "&".join(("unencrypted=1", f"format={form}", *query)))
        check(status == 200, text)
        path = world.root / f"{name}-{month}.{FORMS[form]}"
        path.write_text(json.loads(text)["file"], newline="")
        return path

    for month in MONTHS[1], MONTHS[3]:
        lot = json.loads(write(world, "anna", month, "json").read_text())
        nurses = sorted({visit["nurse"][:12] for line in lot["lines"] for visit in line["visits"]})
        sums = {"minutes": 0, "cents": 0, "amoCents": 0}
        for nurse in nurses:
            paths = [made(month, form, nurse, f"nurse={nurse}") for form in ("csv", "json", "html")]
            part = json.loads(paths[1].read_text())
            check({visit["nurse"][:12] for line in part["lines"] for visit in line["visits"]} == {nurse}, "hers alone")
            check(part["lotTotals"] == lot["totals"] and part["lot"] == lot["lot"], "the lot beside it")
            for name in sums:
                sums[name] += part["totals"][name]
            done = script(*paths[:2])
            check(done.returncode == 0, done.stdout)
            for path in paths[:2]:
                same(path)
            check(lot["lot"] in paths[2].read_text(), "on paper too")
        check(sums == {name: lot["totals"][name] for name in sums}, f"the parts add up: {sums}")
        patient = lot["lines"][0]["patient"]
        for form in FORMS:
            path = made(month, form, "patient", f"patient={patient[:8]}", "names=1")
            if form != "html":
                check(script(path).returncode == 0, f"{form} of a patient")
                same(path)
            check(not any(line["patient"] in path.read_text() for line in lot["lines"] if line["patient"] != patient), "of nobody else")
        check(any(row["kind"] == "copy" for row in world.json("bea", "access", patient)["accesses"]), "noted by the patient")
    for words, says in ((("--format", "fhir", "--nurse", nurses[0]), "of all that was done for a patient"), (("--format", "pdf"), "csv, json, fhir or html")):
        world.run("anna", "billing", "lot", MONTHS[0], "--yes", *words, expect=INVALID, says=says)
    world.run("anna", "billing", "lot", "2019-01", "--yes", expect=NOT_FOUND, says="has not been closed")
    world.run("anna", "billing", "lot", "janvier", "--yes", expect=INVALID, says="2026-11")
    world.run("anna", "billing", "lot", MONTHS[0], "--yes", "--lot", "ffff" * 16, expect=NOT_FOUND)


def altered(world, other):
    """What was changed in a file is named, by the node and by the script."""
    month = MONTHS[3]
    table, statement, claims = (write(world, "anna", month, form) for form in ("csv", "json", "fhir"))
    lot = json.loads(statement.read_text())
    line = next(i for i, one in enumerate(lot["lines"]) if one["kind"] == "credit")
    tried = 0

    def one(path, file, where, named=None):
        nonlocal tried
        bad = world.root / f"bad-{path.name}"
        bad.write_bytes(file)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = tool.verify(str(bad))
        check(code in (1, 2) and str(bad) in said.getvalue(), f"the script names {where}: {said.getvalue()}")
        status, text, _ = ask(other, "POST", "/api/billing/verify", file)
        reply = json.loads(text)
        if status == 200:
            check(not reply["same"] and reply["count"] > 0 and all(found["where"] for found in reply["differences"]), f"the node names {where}: {reply}")
            check(named is None or any(re.search(named, found["where"]) for found in reply["differences"]), f"{named} is not in {reply}")
        else:
            check(status in (400, 404) and reply["error"]["fr"] and named is None, f"the node refuses {where}: {status} {reply}")
        tried += 1

    def tree(path, way, change):
        """The lot's own writing of the JSON, one value changed."""
        value = json.loads(path.read_text())
        inner = value
        for name in way[:-1]:
            inner = inner[name]
        inner[way[-1]] = change(inner[way[-1]])
        text = json.dumps(value, indent=1, ensure_ascii=False) if path is statement else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return text.encode() + b"\n"

    def more(number):
        return number + 1

    for member in "cents", "minutes", "amoCents", "amcCents", "billedMilliminutes", "citedLine", "rule":
        one(statement, tree(statement, ("lines", line, member), more), f"{member} of a credit", rf"^\.lines\[{line}\]\.{member}$")
        one(statement, tree(statement, ("totals", member), more), f"the total of {member}", rf"^\.totals\.{member}$") if member in lot["totals"] else None
    one(statement, tree(statement, ("lines", 0, "visits", 0, "end"), lambda end: shifted(end, 1)), "a minute", r"^\.lines\[0\]\.visits\[0\]\.end$")
    one(statement, tree(statement, ("lines",), lambda lines: lines[1:]), "a line taken out", r"^\.lines\[0\]$")
    one(statement, tree(statement, ("lines",), lambda lines: [lines[0], *lines]), "a line twice", r"^\.lines\[")
    one(statement, tree(statement, ("rates", 0, "ties"), lambda ties: "half-up" if ties == "half-even" else "half-even"), "the rule", r"^\.rates\[0\]\.ties$")
    one(statement, statement.read_bytes().replace(b"\n ", b"\n  ", 1), "a space", r"^bytes$")
    one(statement, statement.read_bytes().replace(lot["lot"].encode(), lot["lot"][:-1].encode() + (b"0" if lot["lot"][-1] != "0" else b"1")), "the hash", r"^\.lot$")
    rows = table.read_bytes().split(b"\r\n")
    for number in (1, 2, len(rows) - 3, len(rows) - 2):
        cells = rows[number].split(b";")
        for at in [i for i, cell in enumerate(cells) if cell.isdigit()]:
            changed = [*cells[:at], str(int(cells[at]) + 1).encode(), *cells[at + 1:]]
            one(table, b"\r\n".join([*rows[:number], b";".join(changed), *rows[number + 1:]]), f"row {number + 1}, cell {at + 1}",
                None if number == len(rows) - 2 else rf"^line {number + 1} \(.*: ")
    one(table, b"\r\n".join([*rows[:1], *rows[3:]]), "rows taken out", r"^before line 2: missing$")
    one(table, b"\r\n".join([*rows[:3], *rows[1:]]), "rows put in", r"not here$")
    bundle = json.loads(claims.read_text())
    at = next(i for i, entry in enumerate(bundle["entry"]) if entry["resource"]["resourceType"] == "Claim")
    for way, change in ((("item", 0, "net", "value"), lambda v: round(v + 0.01, 2)), (("item", 0, "quantity", "value"), more), (("item", 0, "detail", 0, "quantity", "value"), more),
                        (("item", 0, "servicedPeriod", "end"), lambda v: shifted(v, 1)), (("total", "value"), lambda v: round(v - 0.01, 2)), (("identifier", 0, "value"), lambda v: "0" + v[1:])):
        one(claims, tree(claims, ("entry", at, "resource", *way), change), f"claim: {way}", rf"^\.entry\[{at}\]\.resource\.{way[0]}")
    rng = random.Random(7)
    for path in table, statement, claims:
        file = path.read_bytes()
        for place in rng.sample(range(len(file)), 60):
            byte = file[place] ^ 1 if file[place] ^ 1 not in b"\r\n" else file[place] ^ 2
            one(path, file[:place] + bytes([byte]) + file[place + 1:], f"byte {place} of {path.name} ({file[max(place - 9, 0):place + 4]!r})")
    for content in b"", b"Bonjour", b"[]", b"{}", b'{"format":"releve statement 1"}', bytes(1000), b"TOTAL" + b";" * 40:
        bad = world.root / "bad.txt"
        bad.write_bytes(content)
        world.run("anna", "billing", "verify", str(bad), expect=None)
        check(script(bad).returncode == 2, "no statement")
    bad = world.root / "bad.csv"
    bad.write_bytes(table.read_bytes().replace(b";credit;", b";normal;", 1))
    world.run("anna", "billing", "verify", str(bad), expect=DIFFERS, says="kind: the file says normal, here it is credit")
    world.run("anna", "billing", "verify", str(world.root / "nothing.csv"), expect=NOT_FOUND)
    unknown = world.root / "unknown.json"
    unknown.write_bytes(statement.read_bytes().replace(lot["lot"].encode(), b"0" * 64).replace(month.encode(), b"2018-05"))
    world.run("anna", "billing", "verify", str(unknown), expect=NOT_FOUND, says="neither the lot")
    return tried


def refused(world):
    """Those who do not bill get nothing: not the files, not a word on a file, not what could be computed from visits."""
    path = write(world, "anna", MONTHS[0], "json")
    for who in "rita", "lou", "fanny":
        for words in (("lot", MONTHS[0], "--yes"), ("lot", MONTHS[0], "--yes", "--format", "html", "--names"), ("verify", str(path))):
            world.run(who, "billing", *words, expect=DENIED, says="for the team's nurses alone")
        held = {feed["compartment"] for feed in world.json(who, "status")["feeds"]}
        check("billing" not in held, f"{who} holds nothing of billing, not even sealed: {held}")


def main():
    world = World()
    try:
        team(world)
        close(world)
        for who in "bea", "rita", "lou", "fanny":
            meet(world, who)
        agree(world)
        other = world.start("bea")
        parts(world, other)
        tried = altered(world, other)
        world.end(other)
        refused(world)
        print(f"{tried} alterations named; {lib.checks} checks")
    finally:
        world.close()


if __name__ == "__main__":
    main()
