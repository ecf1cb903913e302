#!/usr/bin/env python3
"""Months are closed in real processes: rate tables with rules, completeness, anomalies, preview, lines explained, statements of each nurse and patient; the
role is handed over by a release, and after a lost device by two persons. Usage: billing.py RELEVE GENERATOR."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import world as lib  # noqa: E402
from story import ask as http  # noqa: E402
from world import CONFLICT, DENIED, INVALID, NOT_FOUND, USAGE, World, check, until  # noqa: E402

TERRITORY = ("--territory", "44")
RATE = ("rate", "add", "territory=44", "centsPerHour=5394", "unit=visit", "ties=half-up", "amoPerMille=600")


def visit(world, who, patient, month, day, start, end, *more):
    return world.run(who, "visit", "add", patient, f"start=2026-{month:02}-{day:02}T{start}:00+01:00",
                     f"end=2026-{month:02}-{day:02}T{end}:00+01:00", *more).strip()


def rates(world):
    """Bad tables are refused with a sentence; a correction replaces one; a second one of the same day does not come."""
    world.run("anna", "billing", "designate")
    for field, says in (("amoPerMille=1001", "AMO"), ("amoPerMille=-1", "AMO"), ("centsPerHour=-5394", "per hour"),
                        ("minMinutes=0", "minutes"), ("doubled=three", "Doubled")):
        others = [word for word in RATE if word.split("=")[0] != field.split("=")[0]]
        world.run("anna", *others, "validFrom=2026-01-01", field, expect=INVALID, says=says)
    world.run("anna", *RATE, "validFrom=2026-01-01", "doubled=share", expect=INVALID, says="doubledPerMille")
    world.run("anna", *RATE, "validFrom=2026-01-01", "doubledPerMille=500", expect=INVALID, says="doubled=share")
    wrong = world.run("anna", *RATE, "validFrom=2026-01-01", "minMinutes=90").strip()
    world.run("anna", *RATE, "validFrom=2026-01-01", expect=CONFLICT, says="begins on that day already")
    world.run("anna", "record", "add", "rateTable", *RATE[2:], "validFrom=2026-01-01", expect=CONFLICT, says="begins on that day already")
    right = world.run("anna", *RATE, "validFrom=2026-01-01", "minMinutes=2", "leastMinutes=15", "doubled=share", "doubledPerMille=500",
                      "--corrects", wrong, "--reason", "faute de frappe").strip()
    world.run("anna", *RATE, "validFrom=2026-01-01", "tariff=health-centre")  # for others: no other one of that day
    check("corrected" in world.run("anna", "rate", "list"), "what was corrected says so")
    check("leastMinutes: 15" in world.run("anna", "rate", "show", right[:10]), "the rules are shown")
    world.run("anna", "rate", "show", "ffff", expect=NOT_FOUND)


def march(world, patient, anna):
    """15, 20 and 5 minutes (billed for 15), one of a minute (under the minimum), a doubled one of 45 (and half of it for the second nurse)."""
    first = visit(world, "anna", patient, 3, 2, "08:00", "08:15")
    visit(world, "anna", patient, 3, 3, "08:00", "08:20")
    short = visit(world, "anna", patient, 3, 4, "08:00", "08:05")
    minimum = visit(world, "anna", patient, 3, 5, "08:00", "08:01")
    doubled = visit(world, "anna", patient, 3, 6, "08:00", "08:45", "activity=doubled", f"coNurse={'ab' * 6}")
    overlap = visit(world, "anna", patient, 3, 2, "08:10", "08:30", "otherFunding=ngap")
    out = world.json("anna", "billing", "check", "2026-03", *TERRITORY)
    numbers = {row["number"] for row in out["anomalies"]}
    check({1, 5, 6, 7, 16} <= numbers, f"overlap, no INS, no prescription, other funding, under the minimum: {out}")
    check(out["complete"] and out["stops"] == 0 and out["heard"][0]["device"] == anna and out["heard"][0]["who"]["fr"] == "Anna", f"completeness: {out}")
    check(not world.json("anna", "billing", "state")["lots"], "nothing was closed")
    cents = 1349 + 1798 + 1349 + 6068 + 1798  # 67.5 minutes are 6068.25 cents; the one that overlaps too
    shown = world.json("anna", "billing", "preview", "2026-03", *TERRITORY)
    check(shown["totals"]["cents"] == cents and shown["inTheWay"] is None and shown["standsBefore"] == 0, f"preview: {shown['totals']}")
    check(not world.json("anna", "billing", "state")["lots"], "a preview writes nothing")
    closed = world.json("anna", "billing", "close", "2026-03", *TERRITORY)
    check(closed["totals"] == shown["totals"] and closed["lot"] == shown["lot"], "the lot is as it was shown")
    for who, rows in (("nurses", 2), ("patients", 1)):
        table = world.json("anna", "billing", who, "2026-03")
        check(len(table["rows"]) == rows and sum(row["cents"] for row in table["rows"]) == cents == table["totals"]["cents"], f"{who}: {table}")
    share = next(row for row in world.json("anna", "billing", "nurses", "2026-03")["rows"] if row["nurse"].startswith("ab" * 6))
    check(share["minutes"] == 45 and share["cents"] == 6068 - 6068 * 2 // 3, f"the second nurse's half: {share}")
    check("TOTAL" in world.run("anna", "billing", "nurses", "2026-03", "--csv"), "as CSV")
    check("67.500 minutes" in world.run("anna", "billing", "explain", doubled), "a doubled visit is explained")
    check("at least 15 minutes" in world.run("anna", "billing", "explain", short), "what is billed at least")
    check("minimum" in world.run("anna", "billing", "explain", minimum), "why it is not billed")
    world.run("anna", "billing", "explain", "2026-03", "99", expect=NOT_FOUND)
    world.run("anna", "billing", "explain", "2026-03", "0", says="AMO")
    world.run("anna", "billing", "close", "2026-03", *TERRITORY, "--again", expect=CONFLICT)
    world.run("anna", "visit", "amend", patient, first, "start=2026-03-02T08:00:00+01:00", "end=2026-03-02T08:35:00+01:00", "--reason", "erreur d'heure")
    world.run("anna", "visit", "amend", patient, overlap, "billable=false", "--reason", "déjà en NGAP")
    return first, cents


def on_a_screen(world, program, patient, first):
    """What a screen needs besides: who the ids are, where an anomaly's visit stands, a lot by its hash, refusals by their field and in both languages."""
    def get(path):
        status, text, _ = http(program, "GET", path)
        check(status == 200, f"{path}: {text}")
        return json.loads(text)

    def refused(path, **body):
        status, text, _ = http(program, "POST", path, json.dumps(body))
        check(status >= 400, f"{path}: {text}")
        return json.loads(text)["error"]
    out = get("/api/billing/2026-03/check?territory=44&names=1")
    long = next(row for row in out["anomalies"] if row["number"] == 5 and row["visit"] == first)
    check((long["patient"], long["start"][:16], long["end"][:16]) == (patient, "2026-03-02T08:00", "2026-03-02T08:35"), f"as it stands, amended: {long}")
    check(out["names"]["patients"] == {patient: "Martin Jeanne"} and "ab" * 6 not in out["names"]["nurses"], f"who is not known has no name: {out['names']}")
    check("names" not in get("/api/billing/2026-03/check?territory=44"), "none without asking")
    lot = get("/api/billing")["lots"][0]["lot"]
    whole = get(f"/api/billing/2026-03?lot={lot}&names=1")
    check(whole["lot"] == lot and whole["names"]["patients"] == {patient: "Martin Jeanne"}, "the lot that is named")
    check(get(f"/api/billing/2026-03/verify?lot={lot}")["lot"] == lot, "and verified")
    check(get("/api/billing/2026-03/patients?names=1")["names"]["patients"] == {patient: "Martin Jeanne"}, "of shares too")
    check("53,94\u00a0€ l'heure" in "".join(step["fr"] for step in get(f"/api/billing/explain?lot={lot}&line=0")["lines"][0]["steps"]), "amounts as people write them")
    rate = {"territory": "44", "centsPerHour": 5394, "unit": "visit", "ties": "half-up", "amoPerMille": 600, "validFrom": "2026-01-01"}
    for more, field in (({}, "validFrom"), ({"validFrom": "2026-02-01", "doubled": "share"}, "doubledPerMille")):
        error = refused("/api/rates", **{**rate, **more})
        check([(one["field"], one["fr"]) for one in error["problems"]] == [(field, error["fr"])], f"under its field: {error}")
    check(refused("/api/billing/2026-03/close", territory="44")["fr"].startswith("Ce mois est déjà clos"), "in both languages")


def handed_over(world, patient, first, cents, anna, bea):
    """April is bea's, by anna's release: no second person is asked for. It corrects what was amended."""
    world.run("anna", "billing", "release", expect=USAGE, stdin="")
    world.run("anna", "billing", "release", "--yes", says="Released")
    world.run("anna", "billing", "release", "--yes", expect=DENIED, says="not designated")
    world.run("anna", "billing", "designate", bea)
    visit(world, "anna", patient, 4, 7, "09:00", "09:10")
    until(lambda: world.json("bea", "billing", "state")["holder"] and world.json("bea", "billing", "state")["holder"]["device"] == bea
          and len(world.json("bea", "visit", "list", "--month", "2026-04")["visits"]) == 1, "bea knows")
    world.run("anna", "billing", "close", "2026-04", *TERRITORY, expect=DENIED, says="Only the designated device")
    lot = world.json("bea", "billing", "close", "2026-04", *TERRITORY)
    check(lot["totals"]["cents"] == 1349 - 1349 + 3147 - 1798 and lot["totals"]["credits"] == 2, f"the corrections: {lot['totals']}")
    words = world.run("bea", "billing", "explain", first)
    check("taken back since" in words and "replaces it" in words, f"the credit is explained: {words}")
    until(lambda: len(world.json("anna", "billing", "state")["lots"]) == 2, "anna has both lots")
    world.run("anna", "billing", "verify", "2026-04", says="The same bytes")
    verified = world.json("anna", "billing", "verify", "2026-04")
    check(verified["same"] and verified["counts"] and verified["why"]["fr"] == "Ce lot compte.", f"it counts: {verified['why']}")
    check(all(row["counts"] for row in world.json("anna", "billing", "state")["lots"]), "both count")
    return cents + lot["totals"]["cents"]


def lost(world, patient, programs, anna, bea):
    """bea's device is off, and closes May alone; anna cannot before two persons said so; then both lots are there, and June credits what is double."""
    visit(world, "anna", patient, 5, 4, "10:00", "10:20")
    until(lambda: len(world.json("bea", "visit", "list", "--month", "2026-05")["visits"]) == 1, "bea has it")
    world.end(programs.pop("bea"))
    world.run("bea", "billing", "close", "2026-05", *TERRITORY, says="1 visits, 20 minutes, 17.98 EUR")
    world.run("anna", "billing", "designate")
    shown = world.json("anna", "billing", "preview", "2026-05", *TERRITORY)
    check(shown["inTheWay"]["device"] == bea, f"who did not release: {shown['inTheWay']}")
    world.run("anna", "billing", "close", "2026-05", *TERRITORY, expect=DENIED, says="did not release")
    word = world.json("anna", "billing", "allow", "2026-05", "--yes")["word"]
    world.run("anna", "billing", "second", word[:12], "--yes", expect=DENIED, says="another person")
    world.run("anna", "billing", "close", "2026-05", *TERRITORY, expect=DENIED, says="did not release")
    until(lambda: world.json("clea", "billing", "state")["words"], "clea has heard of it")
    world.run("clea", "billing", "second", word[:12], "--yes", says="Two persons")
    world.run("clea", "billing", "second", "0000", "--yes", expect=NOT_FOUND)
    until(lambda: world.json("anna", "billing", "state")["words"][0]["seconded"], "anna has heard of it")
    world.run("anna", "billing", "close", "2026-05", *TERRITORY, says="1 visits, 20 minutes, 17.98 EUR")
    world.run("anna", "billing", "close", "2026-06", *TERRITORY, expect=DENIED, says="did not release")  # that month alone
    programs["bea"] = world.start("bea", "--peer", f"127.0.0.1:{programs['anna'].port}")
    until(lambda: len(world.json("anna", "billing", "state")["lots"]) == 4, "what bea closed has come")
    word = world.json("clea", "billing", "lost", bea[:12], "--yes")["word"]
    until(lambda: len(world.json("anna", "billing", "state")["words"]) == 2, "anna has heard of it")
    world.run("anna", "billing", "second", word[:12], "--yes", says="Two persons")
    lot = world.json("anna", "billing", "close", "2026-06", *TERRITORY)
    check(lot["totals"]["credits"] == 1 and lot["totals"]["cents"] == -1798, f"the duplicate is credited once: {lot['totals']}")
    check("duplicate" in world.run("anna", "billing", "explain", "2026-06", "0"), "and says so")
    until(lambda: len(world.json("bea", "billing", "state")["lots"]) == 5, "bea has all")
    for who in ("bea", "clea"):
        until(lambda: world.attempt(who, "billing", "verify", "2026-06").returncode == 0, f"{who} computes the same")
    world.run("bea", "billing", "close", "2026-07", *TERRITORY, expect=DENIED, says="Only the designated device")


def stepped_down(world, program, first):
    """Who is a nurse no more has lots and dossiers of before, and is shown nothing of what is billed, by number or by name."""
    month, line = "/api/billing/2026-03", "/api/billing/explain?"
    paths = [month + path for path in ("?names=1", "/check?names=1", "/nurses?names=1", "/patients?names=1", "/verify")]
    paths += ["/api/billing/2026-07/preview?names=1&territory=44", f"{line}visit={first}&names=1", f"{line}month=2026-03&line=0&names=1"]
    shown = {path: http(program, "GET", path)[0] for path in paths}
    check(set(shown.values()) == {200}, f"a nurse is shown them: {shown}")
    who = world.json("clea", "status")["person"]
    world.run("clea", "role", who, "reader", "--yes", says="it holds from now on")
    check(not world.json("clea", "billing", "state")["lots"] and world.json("clea", "billing", "state")["holder"], "who closes is known all the same")
    for path in paths:
        status, text, _ = http(program, "GET", path)
        check(status == 403 and b"Martin" not in text, f"{path}: {status} {text[:200]}")


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        patient = world.run("anna", "patient", "add", "lastName=Martin", "firstName=Jeanne").strip()
        device = lambda who: next(row["device"] for row in world.json(who, "members")["members"] if row["self"])
        rates(world)
        first, cents = march(world, patient, device("anna"))
        programs = {"anna": world.start("anna")}
        on_a_screen(world, programs["anna"], patient, first)
        where = f"127.0.0.1:{programs['anna'].port}"
        for who in ("bea", "clea"):
            code = world.run("anna", "invite", "--no-qr").strip()
            world.run(who, "init", "--cheap-key")
            world.run(who, "join", who.capitalize(), where, "--invitation", code, says="All records are here")
            programs[who] = world.start(who, "--peer", where)
        clea = device("clea")
        until(lambda: world.attempt("bea", "endorse", clea).returncode == 0, "bea vouches for clea")
        handed_over(world, patient, first, cents, device("anna"), device("bea"))
        lost(world, patient, programs, device("anna"), device("bea"))
        stepped_down(world, programs["clea"], first)
        print(f"{lib.checks} checks")
    finally:
        world.close()


if __name__ == "__main__":
    main()
