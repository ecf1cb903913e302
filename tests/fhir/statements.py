#!/usr/bin/env python3
"""The stand-alone verifier agrees with every statement of made-up lots, and names each alteration that is planted in one: a byte anywhere, a cent, a minute, also where the
file was sealed again behind it.

Usage: statements.py MAKE_LOTS.
"""
import contextlib
import copy
import hashlib
import importlib.util
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOOL = pathlib.Path(__file__).parent.parent.parent / "tools" / "verify_lot.py"
MARKS = {".csv": b"SEAL" + b";" * 16, ".json": b'\n "seal": "', ".fhir.json": b'"system":"urn:x-releve:seal","code":"'}
BYTES_TRIED = 400
spec = importlib.util.spec_from_file_location("verify_lot", TOOL)
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def verify(path):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = tool.verify(str(path))
    return code, said.getvalue()


def end_of(path):
    return path.name[path.name.index("."):]


def sealed_again(path, file):
    mark = MARKS[end_of(path)]
    at = file.rindex(mark) + len(mark)
    seal = hashlib.blake2b(b"releve statement 2" + file[:at] + b"0" * 64 + file[at + 64:], digest_size=32).hexdigest()
    return file[:at] + seal.encode() + file[at + 64:]


def refused(path, altered, what, names=None):
    path = path.parent / f"altered{end_of(path)}"
    path.write_bytes(altered)
    code, said = verify(path)
    check(code in (1, 2) and said.startswith(str(path)), f"{what}: refused by name, not {code}: {said}")
    check(names is None or names in said, f"{what}: {names!r} is missing in\n{said}")


def agree(paths):
    for path in paths:
        code, said = verify(path)
        check(code == 0 and "everything agrees" in said, said)
        lot = path.parent / (path.name[:path.name.index("-march" if "-march" in path.name else "-april") + 6] + ".lot")
        digest = hashlib.blake2b(b"releve lot 1" + lot.read_bytes(), digest_size=32).hexdigest()
        check(digest[:16] in said and digest in path.read_text(), "the hash of the lot's bytes stands in every file")
        if end_of(path) == ".json":
            check(("computed again" in said) == ("-patient" not in path.name and "-nurse" not in path.name and "-second" not in path.name), "a whole lot's bytes are written again")


def any_byte(path):
    """A byte altered anywhere."""
    file = path.read_bytes()
    rng = random.Random(path.name)
    places = range(len(file)) if len(file) < BYTES_TRIED else sorted(rng.sample(range(len(file)), BYTES_TRIED))
    for at in places:
        other = file[at] ^ 1 if file[at] ^ 1 not in b"\r\n" else file[at] ^ 2
        refused(path, file[:at] + bytes([other]) + file[at + 1:], f"{path.name}, byte {at} ({file[max(at - 20, 0):at + 5]!r})")
    for at in rng.sample(range(len(file)), 5):
        refused(path, file[:at], f"{path.name}, cut at {at}")


def leaves(value, way=()):
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)):
            yield from leaves(inner, (*way, name))
        else:
            yield (*way, name), inner


def other_value(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return value[:-1] + ("1" if value[-1:] != "1" else "2")


def put(tree, way, value):
    for name in way[:-1]:
        tree = tree[name]
    tree[way[-1]] = value


def every_value(path):
    """Each value of a whole lot's JSON, the file sealed again: its bytes and its hash tell."""
    tree = json.loads(path.read_bytes())
    tried = 0
    for way, value in list(leaves(tree)):
        if way == ("seal",):
            continue
        altered = copy.deepcopy(tree)
        put(altered, way, other_value(value))
        text = json.dumps(altered, indent=1, ensure_ascii=False).encode() + b"\n"
        refused(path, sealed_again(path, text), f"{path.name}: {way}")
        tried += 1
    for where in ("lines", "known", "heard", "frontier", "rates"):
        altered = copy.deepcopy(tree)
        if altered[where]:
            altered[where].pop()
            refused(path, sealed_again(path, json.dumps(altered, indent=1, ensure_ascii=False).encode() + b"\n"), f"{path.name}: one less of {where}")
    return tried


def every_amount(path):
    """A cent or a minute more in a bill, sealed again."""
    tree = json.loads(path.read_bytes())
    tried = 0
    for way, value in list(leaves(tree)):
        if not isinstance(value, (int, float)) or isinstance(value, bool) or way[-1] in ("sequence",) or "valuePositiveInt" in way:
            continue
        altered = copy.deepcopy(tree)
        put(altered, way, round(value + 0.01, 2) if isinstance(value, float) and way[-1] == "value" else value + 1)
        url = tree
        for name in way[:-1]:
            url = url[name]
        if isinstance(url, dict) and url.get("url") in ("amoPerMille", "amoAldPerMille", "doubledPerMille", tool.OWN + "lotFormat", tool.OWN + "ruleVersion", "minMinutes", "leastMinutes", "weightPerMille",
                                                        tool.OWN + "rateIndex", tool.OWN + "line", "line"):
            continue  # what says how, not how much; the seal alone, or the recomputation where it matters, tells
        refused(path, sealed_again(path, json.dumps(altered, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"), f"{path.name}: {way} {value}")
        tried += 1
    return tried


def csv_amounts(path):
    """The same of a table: every number of every row that is an amount or a time."""
    rows = path.read_bytes().decode().split("\r\n")
    tried = 0
    for number, row in enumerate(rows[1:], 1):
        cells = row.split(";")
        if cells[0] not in ("LINE", "VISIT", "TOTAL"):
            continue
        shift = len(cells) - len(tool.COLUMNS)  # the territory has a ";" in it
        for column in ("minutes", "cents", "amo_cents", "amc_cents", "billed_milliminutes", "rate_cents_per_hour", "amo_per_mille", "end"):
            at = tool.COLUMNS.index(column)
            at += shift if at > tool.COLUMNS.index("territory") else 0
            if not cells[at]:
                continue
            altered = list(cells)
            if column == "end":
                minute = int(altered[at][14:16])
                altered[at] = altered[at][:14] + f"{(minute + 1) % 60:02d}" + altered[at][16:]
            elif column == "rate_cents_per_hour":
                altered[at] = str(int(altered[at]) + 60)
            elif column == "amo_per_mille":
                altered[at] = str(int(altered[at]) - 300)
            else:
                altered[at] = str(int(altered[at]) + 1)
            file = "\r\n".join([*rows[:number], ";".join(altered), *rows[number + 1:]]).encode()
            refused(path, sealed_again(path, file), f"{path.name}: {column} of row {number + 1}", names=f"row {number + 1}" if cells[0] != "TOTAL" else "totals")
            tried += 1
    return tried


def commands(folder, paths):
    """Exit codes of the program itself."""
    def run(*words):
        return subprocess.run([sys.executable, str(TOOL), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(run(*paths[:3]).returncode == 0, "0: everything agrees")
    check(run().returncode == 2 and run("--help").returncode == 0, "2: nothing to do")
    altered = folder / "altered.csv"
    altered.write_bytes(paths[0].read_bytes().replace(b"normal", b"late", 1))
    check(run(paths[0], altered).returncode == 1, "1: one of several differs")
    for name, content in (("empty", b""), ("text", b"Bonjour"), ("list", b"[1]"), ("object", b"{}"), ("deep", b'{"a":' * 100000), ("twice", b'{"format":"a","format":"b"}'),
                          ("other", b'{"resourceType":"Bundle","entry":[]}'), ("zeros", bytes(100))):
        file = folder / name
        file.write_bytes(content)
        done = run(file)
        check(done.returncode == 2 and done.stdout.startswith(str(file)) and not done.stderr, f"{name}: {done}")
    check(run(folder / "not there").returncode == 2, "a file that is not there")


def main(program):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([program, name], check=True)
        paths = sorted([*folder.glob("*.csv"), *folder.glob("*.json")])
        check(len(paths) == 2 * 2 * 2 * (3 + 3 + 2 + 2), "two units, two rules for ties, two months; the whole, a patient, a nurse, one who is the second alone")
        agree(paths)
        for path in (folder / "visit-half-up-april.csv", folder / "patient-month-half-even-april.json", folder / "visit-half-even-april.fhir.json",
                     folder / "patient-month-half-up-april-nurse.csv", folder / "visit-half-up-april-second.json"):
            any_byte(path)
        values = sum(every_value(folder / f"{one}.json") for one in ("visit-half-even-april", "patient-month-half-up-march"))
        amounts = sum(every_amount(folder / f"{one}.fhir.json") for one in ("visit-half-up-april", "patient-month-half-even-march"))
        cells = sum(csv_amounts(folder / f"{one}.csv") for one in ("visit-half-up-april", "patient-month-half-even-april", "patient-month-half-up-march"))
        check(values > 500 and amounts > 300 and cells > 200, f"many were tried: {values}, {amounts}, {cells}")
        commands(folder, paths)
        print(f"{len(paths)} statements agree; {checks} checks")


main(sys.argv[1])
