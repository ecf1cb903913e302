#!/usr/bin/env python3
"""Indicators with real processes: two teams write theirs, one facilitator sees both side by side, a nurse computes them again; and what a facilitator's device holds.

Usage: indicators.py RELEVE GENERATOR SEARCH KEYS. Nothing here waits for a time.
"""
import csv
import io
import json
import re
import subprocess
import sys

sys.dont_write_bytecode = True
from story import ask
from world import DENIED, INVALID, NOT_FOUND, USAGE, World, check, today, until

SEARCH, KEYS = sys.argv[3], sys.argv[4]
MONTH = "2024-06"
COLUMNS = ["team", "period", "month", "indicator", "version", "stratum", "numerator", "denominator", "value", "suppressed", "source"]
CLINICAL, BILLING, AGGREGATE = 3, 4, 5


def person_of(world, who):
    return world.json(who, "status")["person"]


def make_team(world, who):
    world.run(who, "init", "--cheap-key")
    world.run(who, "team", "create", who.capitalize())


def see(world, who, nurse, name, day, minutes=30, **fields):
    """A patient who was seen once, and rated then."""
    patient = world.run(who, "patient", "add", f"lastName={name}", "firstName=P", *(f"{n}={v}" for n, v in fields.items())).strip()
    world.run(who, "visit", "add", patient, f"start={day}T08:00:00+02:00", f"end={day}T08:{minutes}:00+02:00", f"nurse={nurse}")
    return patient


def rows_of(world, who, *words):
    return world.json(who, "indicators", *words)["rows"]


def number(rows, indicator, stratum="all"):
    found = [r for r in rows if r["indicator"] == indicator and r["stratum"] == stratum]
    check(len(found) == 1, f"{indicator} {stratum}: {found}")
    return found[0]["numerator"], found[0]["denominator"]


def fill(world):
    """Anna's team: 24 patients of June, of whom 12 have a long-term illness; 7 of them are new in July. Bea's: seven patients in all."""
    nurse = person_of(world, "anna")[:12]
    for i in range(24):
        day = f"2024-06-{1 + i:02}"
        see(world, "anna", nurse, f"Quatrain{i}", day, ald="true" if i % 2 else "false", birthDate="1940-03-01" if i < 12 else "1950-03-01")
    patient = see(world, "anna", nurse, "Dernier", "2024-06-30")
    for kind, count in (("fall", 11), ("hospitalization", 4)):
        for i in range(count):
            world.run("anna", "outcome", "add", patient if i else see(world, "anna", nurse, f"Sonnet{kind}", "2024-05-02"), f"type={kind}",
                      f"at=2024-06-{1 + i:02}T09:00:00+02:00")
    world.run("anna", "outcome", "add", patient, "type=catastrophe", "at=2024-06-01", expect=None)
    world.run("anna", "outcome", "add", patient, "at=2024-06-01T08:00:00+02:00", expect=INVALID)
    check(len(world.json("anna", "outcome", "list", patient)["records"]) == 13, "they are listed")
    for day in ("2024-06-03", "2024-06-20"):
        world.run("anna", "record", "add", "practiceEvent", "type=sharing", f"at={day}T14:00:00+02:00", "minutes=120")
    world.run("anna", "record", "add", "practiceEvent", "type=facilitation", "at=2024-06-05T14:00:00+02:00", "minutes=600")
    nurse = person_of(world, "bea")[:12]
    for i in range(7):
        see(world, "bea", nurse, f"Rondeau{i}", f"2024-06-{1 + i:02}")
    return patient


def exact(world):
    rows = rows_of(world, "anna", "--month", MONTH)
    check(number(rows, "activity.patients") == (25, None), "exact, for the team itself")
    check(number(rows, "activity.patients", "ald:yes") == (12, None) and number(rows, "activity.patients", "age:80-89") == (12, None), "by mix")
    check(number(rows, "activity.minutes") == (25 * 30, 25) and number(rows, "activity.patients.new") == (25, 25), f"{rows}")
    check(number(rows, "practice.days-since-sharing") == (10, None) and number(rows, "practice.facilitation") == (4200, 30), "practice")
    year = rows_of(world, "anna", "--from", "2024", "--to", "2024", "--period", "year", "--exact")
    check(number(year, "outcomes.falls") == (11, None) and number(year, "outcomes.hospitalizations") == (4, None), "outcomes")
    check(number(rows_of(world, "anna", "--from", "2024-04", "--to", "2024-06", "--period", "quarter", "--exact"), "activity.patients") == (27, None),
          "a quarter")
    table = world.run("anna", "indicators", "--month", MONTH)
    check("activity.patients" in table and "* not shown" in table, table)
    for words, says in ((("--month", "2099-01"), "in the future"), (("--from", "2024-07", "--to", "2024-06"), "comes after"), (("--month", "juin"), "A month is needed"),
                        (("--from", "2024-06", "--period", "decade"), "month, quarter or year")):
        world.run("anna", "indicators", *words, expect=INVALID, says=says)
    world.run("anna", "indicators", "--month", MONTH, "--format", "xml", expect=USAGE)
    world.run("anna", "indicators", "define", "activity.nothing", expect=NOT_FOUND, says="no indicator of that name")
    check("rating" in world.run("anna", "indicators", "define", "clinical.rated"), "what it reads")
    check(len(world.json("anna", "indicators", "define")["definitions"]) > 50, "all definitions")
    world.run("anna", "indicators", "verify", MONTH, expect=NOT_FOUND, says="Nothing was written")
    world.run("anna", "indicators", "write", "2024-06", "2024-05", expect=USAGE)


def campaign(world, questionnaire, until_day, forms):
    """Answers on paper, typed in; the campaign's id."""
    survey = world.json("anna", "survey", "open", questionnaire, f"Papier {questionnaire}", "--from", "2024-03-01", "--until", until_day)["id"]
    html = world.run("anna", "survey", "print", survey, "--count", str(len(forms)))
    numbers = re.findall(r"n° (\d{5} \d{5})", html)
    check(len(numbers) == len(forms), "a number for each form")
    lines = [json.dumps({"number": n, "answers": answers}) for n, answers in zip(numbers, forms, strict=True)]
    world.run("anna", "survey", "enter", survey, "-", stdin="\n".join(lines) + "\n")
    return survey, numbers


def experience(world):
    """Answers of patients, of carers and of nurses: in the month and year of the campaign's last day; others see what no difference tells."""
    def month(name):
        return {r["indicator"]: (r["numerator"], r["denominator"]) for r in rows_of(world, "anna", "--month", name, "--exact")
                if r["indicator"].startswith("experience.") and r["stratum"] == "all"}

    def year(name="2024"):
        return {r["indicator"]: r for r in rows_of(world, "anna", "--from", name, "--to", name, "--period", "year", "--exact")
                if r["indicator"].startswith("experience.")}
    patients, _ = campaign(world, "patient", "2024-03-31", [{"satisfaction": 9, "recommends": "yes", "autonomy": "yes"}] * 13 +
                        [{"satisfaction": 6, "recommends": "no"}] * 12)
    nurses, used = campaign(world, "nurse", "2024-03-31", [{"workLife": 7, "conditions": 8}] * 11 + [{"workLife": 2}] * 2)
    wanted = {"answers": (25, None), "satisfaction-answered": (25, 25), "satisfaction": (13 * 9 + 12 * 6, 25), "recommends-answered": (25, 25),
              "recommends": (13, 25), "autonomy-answered": (13, 25), "autonomy": (13, 13), "nurse-answers": (13, None), "work-life-answered": (13, 13),
              "work-life": (81, 13), "conditions-answered": (11, 13), "conditions": (88, 11)}
    wanted = {f"experience.{name}": figures for name, figures in wanted.items()}
    check(month("2024-03") == wanted, f"the month of the last day: {month('2024-03')}")
    check(set(month("2024-02").values()) == set(month("2024-04").values()) == {(0, None), (0, 0)}, "and no other")
    rows = year()
    check({name: (r["numerator"], r["denominator"]) for name, r in rows.items()} == wanted, f"the year, without mixes: {rows}")
    check(all(r["suppressed"] for r in rows.values()), "nothing for others of a campaign that goes on")
    for survey in patients, nurses:
        world.run("anna", "survey", "close", survey, says="without small counts")
    shown = {name for name, r in year().items() if not r["suppressed"]}
    check(shown == {f"experience.{name}" for name in ("answers", "satisfaction-answered", "satisfaction", "recommends-answered", "recommends",
                                                      "autonomy-answered", "autonomy", "nurse-answers", "work-life-answered", "work-life")},
          f"no mark of conditions: two gave none. {shown}")
    # a few carers beside: the year less what is shown of the patients would tell them
    few, _ = campaign(world, "carer", "2024-05-15", [{"satisfaction": 10, "recommends": "yes"}] * 6)
    check(month("2024-05")["experience.satisfaction"] == (60, 6), "exact for the team")
    rows = year()
    check(rows["experience.answers"]["numerator"] == 31 and rows["experience.answers"]["suppressed"], f"{rows['experience.answers']}")
    world.run("anna", "survey", "close", few, says="Fewer than 11")
    check(year()["experience.answers"]["suppressed"] and not year()["experience.nurse-answers"]["suppressed"], "closed it changes nothing")
    return nurses, used


def details(world):
    """One patient's March, by every kind of record that indicators read; amended, cancelled and mistaken ones too."""
    nurse = person_of(world, "anna")[:12]

    def run(*words):
        return world.run("anna", *words).strip()

    def at(day, time="10:00", month="03"):
        return f"at=2024-{month}-{day:02}T{time}:00+01:00"
    patient = run("patient", "add", "lastName=Détail", "firstName=P", "doctor=Dr Petit", f"referent={nurse}")
    problem = run("problem", "add", patient, "code=26", "severity=actual")[:12]
    items = [run("plan", "add", patient, f"problem={problem}", f"category={category}", "target=soins")[:12] for category in ("teaching", "surveillance")]

    def visit(day, first, last, *more):
        return run("visit", "add", patient, f"start=2024-03-{day:02}T{first}:00+01:00", f"end=2024-03-{day:02}T{last}:00+01:00", f"nurse={nurse}", *more)
    visit(4, "08:00", "08:30", f"done={','.join(items)}")
    visit(5, "21:00", "21:20", "place=practice", f"done={items[0]}")
    amended = visit(6, "09:00", "09:10", "place=other")
    cancelled = visit(7, "09:00", "09:30")
    visit(8, "09:00", "09:30", "outcome=absent", "billable=false")
    run("visit", "amend", patient, amended, "start=2024-03-06T09:00:00+01:00", "end=2024-03-06T09:40:00+01:00", "--reason", "resté plus longtemps")
    run("visit", "amend", patient, cancelled, "cancelled=true", "--reason", "n'a pas eu lieu")
    for day, scores in ((4, (2, 2, 2)), (20, (3, 2, 4))):
        run("rating", "add", patient, f"problem={problem}", *(f"{n}={v}" for n, v in zip(("knowledge", "behaviour", "status"), scores, strict=True)), at(day))
    partner = run("record", "add", "partner", patient, "name=Docteur Ames", "role=doctor")[:12]
    for words in (("partner=Pharmacie", "channel=phone"), ("partner=Petit", "channel=phone"), ("partner=Ames", f"with={partner}", "channel=letter")):
        run("record", "add", "contact", patient, "summary=x", at(9), *words)
    run("transmission", "add", patient, "data=vue", at(9))
    run("record", "add", "plannedVisit", patient, "start=2024-03-11T08:00:00+01:00")
    run("record", "add", "plannedVisit", patient, "start=2024-03-12T08:00:00+01:00", f"assignee={nurse}")
    run("time", "add", "start=2024-03-15T10:00:00+01:00", "end=2024-03-15T11:30:00+01:00", "activity=travel", f"nurse={nurse}")
    run("record", "add", "practiceEvent", "type=training", "minutes=60", f"attendees={nurse}", at(16))
    fall = run("outcome", "add", patient, "type=fall", at(17))
    run("outcome", "add", patient, "type=fall", "mistaken=true", at(17), "--corrects", fall, "--reason", "autre patient")
    run("outcome", "add", patient, "type=emergency", at(17))
    wound = run("record", "add", "wound", patient, "type=pressure", "site=talon")
    told = run("record", "add", "wound", patient, "type=burn", "site=main")
    run("record", "edit", "wound", patient, wound, "state=healed", "--reason", "fermée")
    run("record", "edit", "wound", patient, told, "state=healed", "--reason", "fermée")
    run("outcome", "add", patient, "type=wound-healed", f"wound={told[:12]}", at(18))
    run("billing", "designate")
    run("rate", "add", "territory=44", "validFrom=2024-01-01", "centsPerHour=5394", "unit=visit", "ties=half-up", "amoPerMille=600")
    run("billing", "close", "2024-03", "--territory", "44")
    run("record", "add", "reject", "receivedOn=2024-03-28", "why=droits fermés", f"patient={patient}")
    month = rows_of(world, "anna", "--month", "2024-03", "--exact")
    year = rows_of(world, "anna", "--from", "2024", "--to", "2024", "--period", "year", "--exact")
    this_year = rows_of(world, "anna", "--from", str(today().year), "--to", str(today().year), "--period", "year", "--exact")
    for indicator, wanted in {
            "activity.patients": (1, None), "activity.patients.new": (1, 1), "activity.visits": (3, None), "activity.minutes": (90, 3),
            "activity.visits.home": (1, 3), "activity.visits.away": (2, 3), "activity.visits.practice": (1, 2), "activity.visits.night": (1, 3),
            "clinical.assessed-first": (1, 1), "clinical.rated": (1, 1), "clinical.days-since-rating": (11, 1), "clinical.problems-followed": (1, None),
            "clinical.delta-knowledge": (1, 1), "clinical.delta-behaviour": (0, 1), "clinical.delta-status": (2, 1), "clinical.improved": (1, 1),
            "clinical.worse": (0, 1), "clinical.interventions": (3, None), "clinical.teaching": (2, 3), "clinical.surveillance": (1, 3),
            "continuity.nurses": (1, 1), "continuity.referent": (1, 1), "continuity.visits-by-referent": (3, 3), "continuity.planned": (2, None),
            "continuity.unclaimed": (1, 2), "continuity.transmissions": (1, None), "continuity.unread-24h": (1, 1), "coordination.contacts": (3, None),
            "coordination.doctor": (2, 3), "coordination.letters": (1, 3), "economic.billed": (3, 3), "economic.cents": (2697 + 1798 + 3596, 3),
            "economic.patient-time": (90, 180), "practice.training": (60, None), "practice.nurses": (1, None), "outcomes.falls": (0, None),
            "outcomes.emergencies": (1, None), "outcomes.wounds-healed": (1, None), "economic.rejects": (1, None)}.items():
        check(number(month, indicator) == wanted, f"{indicator}: {number(month, indicator)}, expected {wanted}")
    for indicator, wanted in {"economic.minutes": (90, 3), "economic.cents": (8091, 3), "economic.amo-share": (4855, 8091)}.items():
        check(number(month, indicator, "territory:44") == wanted, f"{indicator} by territory: {number(month, indicator, 'territory:44')}")
    world.run("anna", "indicators", "--month", "2024-03", "--period", "quarter", "--written", expect=INVALID, says="a quarter is computed")
    check(number(month, "economic.amo-share")[1] == 8091 and number(month, "clinical.problem", "problem:PB26") == (1, 1), "")
    check(number(year, "economic.credits") == (0, None), "no credit")
    check(number(this_year, "outcomes.wounds-healed") == (1, None), "a wound that was only noted as healed, when that was noted")


def exported(world):
    """The same rows as CSV and NDJSON, with nothing in what is hidden; and the file is the one that is asked for."""
    file = world.root / "rows.csv"
    world.run("anna", "indicators", "--month", MONTH, "--format", "csv", "--out", str(file))
    text = file.read_bytes().decode()
    check(text.count("\r\n") == text.count("\n"), "lines end as RFC 4180 says")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    lines = [json.loads(line) for line in world.run("anna", "indicators", "--month", MONTH, "--format", "ndjson").splitlines()]
    check(list(rows[0]) == COLUMNS and list(lines[0]) == COLUMNS and len(rows) == len(lines), "the same columns and rows")
    for row, line in zip(rows, lines, strict=True):
        as_text = {k: "" if v is None else str(int(v)) if isinstance(v, bool) else str(v) for k, v in line.items()}
        as_text["value"], value = as_text["value"] and float(as_text["value"]), row["value"] and float(row["value"])
        check({**as_text, "value": 0} == {**row, "value": 0} and as_text["value"] == value, f"{row} {line}")
        hidden = line["suppressed"]
        check(hidden == (line["numerator"] is None) and (not hidden or line["value"] is None), f"{line}")
    keys = [(r["team"], r["period"], r["month"], r["indicator"], r["version"], r["stratum"]) for r in rows]
    check(len(set(keys)) == len(keys), "each key once")
    shown = {(r["indicator"], r["stratum"]): r["numerator"] for r in lines}
    check(shown["activity.patients", "all"] == 25 and shown["activity.patients.closed", "all"] is None, "")
    exact_rows = world.run("anna", "indicators", "--month", MONTH, "--format", "ndjson", "--exact", says="for the team itself")
    check('"indicator":"activity.patients.closed","version":1,"stratum":"all","numerator":0' in exact_rows, "exact on demand")


def together(world):
    """The facilitator's teams: anna's is her first one, bea's another, in one program."""
    anna, bea = world.start("anna"), world.start("bea")
    invitation = world.run("anna", "invite", "--no-qr", "--role", "facilitator").strip()
    world.run("fanny", "init", "--cheap-key")
    world.run("fanny", "join", "Fanny", f"127.0.0.1:{anna.port}", "--invitation", invitation)
    world.run("fanny", "--team", "bea", "init", "--cheap-key")
    invitation = world.run("bea", "invite", "--no-qr", "--role", "facilitator").strip()
    world.run("fanny", "--team", "bea", "join", "Fanny", f"127.0.0.1:{bea.port}", "--invitation", invitation)
    return anna, bea


def memory(program):
    """Every byte that the process could read itself; None where the system shows it to nobody else."""
    parts = []
    try:
        with open(f"/proc/{program.pid}/maps") as maps, open(f"/proc/{program.pid}/mem", "rb", 0) as mem:
            for line in maps:
                first, last = (int(part, 16) for part in line.split()[0].split("-"))
                if "r" not in line.split()[1] or "[v" in line or last - first > 1 << 30:
                    continue
                try:
                    mem.seek(first)
                    parts.append(mem.read(last - first))
                except OSError:
                    pass
    except PermissionError:
        return None
    return b"\0".join(parts)


def epochs(world, who):
    out = subprocess.run([KEYS, "--epochs", str(who), "une phrase secrète"], stdout=subprocess.PIPE, text=True, check=True).stdout
    keys = {}
    for line in out.splitlines():
        compartment, key = line.split()
        keys.setdefault(int(compartment), []).append(bytes.fromhex(key))
    return keys


def nothing_of_patients(world, anna, fanny):
    """On the facilitator's disk, and in the memory of her program: no clinical or billing key, no name, no number that was hidden."""
    for program in anna, fanny:
        world.end(program)
    nurse, hers = epochs(world, world.root / "anna"), epochs(world, world.root / "fanny")
    check(CLINICAL in nurse and BILLING in nurse and AGGREGATE in hers, f"{list(nurse)} {list(hers)}")
    check(not {CLINICAL, BILLING} & set(hers), f"she holds no key of these: {list(hers)}")
    fanny = world.start("fanny")
    world.json("fanny", "facilitator")
    world.run("fanny", "indicators", "--format", "csv")
    image = memory(fanny)
    if image is not None:
        check(any(key in image for key in hers[AGGREGATE]), "the image shows what keys she has")
        for key in nurse[CLINICAL] + nurse[BILLING]:
            check(key not in image, "no clinical key is in her program's memory")
        check(b"Quatrain" not in image and b"Rondeau" not in image, "no patient's name")
    for directory in world.root / "fanny", world.root / "fanny" / "teams" / "bea":
        world.end(fanny) if fanny in world.programs else None
        found = subprocess.run([SEARCH, str(directory), str(world.secret), "Quatrain", "Rondeau", "Sonnet"], stdout=subprocess.PIPE, text=True)
        check(found.returncode == 0 and "found 0" in found.stdout, f"nothing on her disk: {found.stdout}")
    dump = world.run("fanny", "dump")
    check("indicatorSource" not in dump and "frontier" not in dump, "how far the feeds went is not hers to know")
    # small counts: 4 hospitalizations, 0 closed, 1 patient of May and their like are in no table that she has
    for row in rows_of(world, "fanny", "--from", "2024", "--to", "2024", "--period", "year") + rows_of(world, "fanny", "--month", MONTH):
        if row["numerator"] is None or row["indicator"].startswith(("practice.", "sync.")):
            continue
        counts = (row["numerator"],) if row["denominator"] is None else (row["denominator"],)
        check(all(c >= 11 or (c == 0 and row["stratum"] == "age:unknown") for c in counts), f"{row}")


def side_by_side(world, anna, bea):
    fanny = world.start("fanny", "--peer", f"127.0.0.1:{anna.port}", "--peer", f"127.0.0.1:{bea.port}")
    for who in "anna", "bea":
        world.run(who, "indicators", "write", MONTH, says="Written")
    world.run("anna", "indicators", "write", "2024", says="Written")
    world.run("anna", "indicators", "write", MONTH, says="Nothing is written")

    def both():
        teams = {t["name"]: t for t in world.json("fanny", "facilitator", "--month", MONTH)["teams"]}
        return teams if len(teams) == 2 and all(t["written"] for t in teams.values()) else None
    teams = until(both, "both teams' numbers come")
    first, second = teams["main"]["figures"], teams["bea"]["figures"]
    check(first["patients"]["value"] == 25 and second["patients"] is None, f"seven patients are not told: {second}")
    check(first["sharingKept"] is True and first["facilitationKept"] is True and first["daysSinceSharing"]["value"] == 10, f"{first}")
    check(second["sharingKept"] is None and second["facilitationKept"] is False, f"{second}")
    check(first["hoursPerNurseWeek"] == 2.9 and second["hoursPerNurseWeek"] is None, f"{first['hoursPerNurseWeek']}")
    check(first["conflicts"]["value"] == 0 and first["devices"]["value"] == 1, "synchronization")
    table = world.run("fanny", "facilitator")
    check("NOT KEPT" in table and "main" in table and "bea" in table, table)
    year = until(lambda: rows_of(world, "fanny", "--from", "2024", "--to", "2024", "--period", "year"), "the year comes")
    check(number(year, "outcomes.hospitalizations") == (None, None), "four are not told")
    check(number(year, "experience.nurse-answers") == (13, None) and number(year, "experience.work-life") == (81, 13), "nurses' answers are told")
    check(number(year, "experience.answers") == (None, None), "patients' and a few carers' are not")
    for words in (("indicators", "write", "2024-05"), ("indicators", "verify", MONTH), ("indicators", "--month", MONTH, "--exact")):
        world.run("fanny", *words, expect=DENIED)
    world.run("fanny", "facilitator", "--month", "2099-01", expect=INVALID, says="in the future")
    return fanny


def parts(anna):
    """One indicator, or the whole team's numbers alone; as a file's text."""
    def get(query):
        status, text, _ = ask(anna, "GET", f"/api/indicators?from={MONTH}&to={MONTH}&{query}")
        return status, json.loads(text)
    rows = get("exact=1&indicator=activity.patients")[1]["rows"]
    check({row["indicator"] for row in rows} == {"activity.patients"} and "ald:yes" in {row["stratum"] for row in rows}, f"{rows}")
    check({row["stratum"] for row in get("exact=auto&stratum=all")[1]["rows"]} == {"all"}, "without mixes")
    _, reply = get("indicator=activity.patients&stratum=all&format=csv")
    check([line.split(",")[3] for line in reply["file"].splitlines()] == ["indicator", "activity.patients"] and len(reply["rows"]) == 1, f"{reply}")
    check(json.loads(get("indicator=activity.patients&stratum=all&format=ndjson")[1]["file"])["indicator"] == "activity.patients", "as NDJSON")
    check(get("indicator=none&format=ndjson")[1]["file"] == "", "nothing is an empty text")
    check(get("format=xml")[0] == 400, "no other format")


def by_a_colleague(world, anna):
    """Another nurse's device computes the same; it does not write while a device is designated to close the months."""
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("carla", "init", "--cheap-key")
    world.run("carla", "join", "Carla", f"127.0.0.1:{anna.port}", "--invitation", invitation)
    carla = world.start("carla", "--peer", f"127.0.0.1:{anna.port}")
    got = until(lambda: (got := json.loads(world.attempt("carla", "indicators", "verify", MONTH, "--json").stdout or "{}")).get("same") and got,
                "a colleague's device computes the same")
    check(got["checked"] > 10 and got["differing"] == 0, f"{got}")
    world.run("carla", "indicators", "write", "2024-05", expect=DENIED, says="The device that closes the months")
    world.end(carla)


def verified(world, patient):
    """What was written is what the records give at its frontier, whatever came since; a number that somebody made up is not."""
    check(world.json("anna", "indicators", "verify", MONTH)["same"], "the same")
    nurse = person_of(world, "anna")[:12]
    for i in range(3):
        see(world, "anna", nurse, f"Tardif{i}", "2024-06-12")
    world.run("anna", "outcome", "add", patient, "type=death", "at=2024-06-29T09:00:00+02:00", "place=home")
    check(number(rows_of(world, "anna", "--month", MONTH), "activity.patients") == (28, None), "three came late")
    check(world.json("anna", "indicators", "verify", MONTH)["same"], "the same at its frontier")
    world.run("anna", "indicators", "write", MONTH, says="Nothing is written")
    check(number(rows_of(world, "anna", "--month", MONTH, "--written"), "activity.patients") == (25, None), "three are not told")
    for i in range(8):
        see(world, "anna", nurse, f"Encore{i}", "2024-06-12")
    world.run("anna", "indicators", "write", MONTH, says="Written")
    got = world.json("anna", "indicators", "verify", MONTH)
    check(got["same"] and got["checked"] > 10, f"both versions: {got}")
    check(number(rows_of(world, "anna", "--month", MONTH, "--written"), "activity.patients") == (36, None), "eleven are")


def late_answers(world, nurses, used):
    """Forms typed in after the year was written: the team counts them, what was written stays and is the same at its frontier."""
    html = world.run("anna", "survey", "print", nurses, "--count", "5")
    numbers = re.findall(r"n° (\d{5} \d{5})", html)
    check(not set(numbers) & set(used), "other forms")
    world.run("anna", "survey", "enter", nurses, "-", stdin="".join(json.dumps({"number": n, "answers": {"workLife": 10}}) + "\n" for n in numbers))
    year = ("--from", "2024", "--to", "2024", "--period", "year")
    check(number(rows_of(world, "anna", *year, "--exact"), "experience.work-life") == (131, 18), "exact for the team")
    world.run("anna", "indicators", "write", "2024")
    check(number(rows_of(world, "anna", *year, "--written"), "experience.work-life") == (81, 13), "five are not told")
    got = world.json("anna", "indicators", "verify", "2024")
    check(got["same"] and got["differing"] == 0, f"campaigns as they were then: {got}")


def main():
    world = World()
    try:
        make_team(world, "anna")
        make_team(world, "bea")
        patient = fill(world)
        exact(world)
        details(world)
        nurses, used = experience(world)
        anna, bea = together(world)
        fanny = side_by_side(world, anna, bea)
        exported(world)
        parts(anna)
        verified(world, patient)
        late_answers(world, nurses, used)
        by_a_colleague(world, anna)
        until(lambda: number(rows_of(world, "fanny", "--month", MONTH), "activity.patients") == (36, None), "the newer version comes")
        world.end(bea)
        nothing_of_patients(world, anna, fanny)
    finally:
        world.close()
    print("indicators: ok")


main()
