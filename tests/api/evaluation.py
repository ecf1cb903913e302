#!/usr/bin/env python3
"""What leaves a team for the evaluation, with real processes: two nurses agree, rows without names and days, totals that fit; many teams in one database.

Usage: evaluation.py RELEVE GENERATOR [WAREHOUSE], the last one being tools/warehouse where PostgreSQL is installed. Nothing here waits for a time.
"""
import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from world import CONFLICT, DENIED, GENERATOR, INVALID, World, check, until

WAREHOUSE = sys.argv[3] if len(sys.argv) > 3 else None
TERMS = ("--from", "2021-01", "--until", "2025-01", "--recipient", "Cnam")
RATE = ("territory=IDF", "validFrom=2021-01-01", "centsPerHour=5394", "unit=visit", "ties=half-up", "amoPerMille=600")
HEADER = "team,period,month,indicator,version,stratum,numerator,denominator,value,suppressed,source"


def make_team(world, who, seed):
    world.run(who, "init", "--cheap-key")
    world.run(who, "team", "create", "Anna")
    made = world.root / f"gen-{seed}"
    subprocess.run([GENERATOR, "--out", made, "--seed", str(seed), "--patients", "60", "--visits", "900", "--years", "1"], check=True, stdout=subprocess.DEVNULL)
    world.run(who, "import", str(made / "team-00.ndjson"))
    world.run(who, "billing", "designate")
    world.run(who, "rate", "add", *RATE)
    visits = [json.loads(line) for line in open(made / "team-00.ndjson") if line.startswith('{"t":"visit"')]
    lengths = [visit["end"] // 60 - visit["start"] // 60 for visit in visits]
    return len(visits), sum(lengths), sum((length * 5394 * 2 + 60) // 120 for length in lengths)


def agreeing(world):
    """Alone she may; as soon as there is a colleague two have to."""
    for terms, says in ((("--from", "2024-01", "--until", "2025-01"), "To whom"), (("--from", "2025-01", "--until", "2024-01", "--recipient", "x"), "end after"),
                        (("--from", "2098-01", "--until", "2099-01", "--recipient", "x"), "over"), (TERMS, "basis in law"), (("--from", "hier"), "From which month")):
        world.run("anna", "evaluation", "agree", *terms, expect=INVALID, says=says)
    out = world.root / "out"
    out.mkdir()
    world.run("anna", "evaluation", "export", str(out), *TERMS, "--yes", expect=DENIED, says="Agree to this export first")
    world.run("anna", "evaluation", "agree", *TERMS, "--basis", "article L. 162-31-1")
    world.run("anna", "evaluation", "export", str(out), "--from", "2021-01", "--until", "2024-12", "--recipient", "Cnam", "--yes", expect=DENIED)
    world.run("anna", "evaluation", "export", str(out), *TERMS, expect=CONFLICT, says="not be encrypted")
    anna = world.start("anna")
    for who, role in (("bea", "nurse"), ("fanny", "facilitator")):
        invitation = world.run("anna", "invite", "--no-qr", "--role", role).strip()
        world.run(who, "init", "--cheap-key")
        world.run(who, "join", who.capitalize(), f"127.0.0.1:{anna.port}", "--invitation", invitation)
    world.run("anna", "evaluation", "export", str(out), *TERMS, "--yes", expect=DENIED, says="Two nurses")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    until(lambda: world.json("bea", "evaluation", "list")["agreements"], "she sees what is asked of her")
    world.run("anna", "evaluation", "agree", *TERMS, "--basis", "article L. 162-31-1")
    world.run("anna", "evaluation", "export", str(out), *TERMS, "--yes", expect=DENIED, says="Two nurses")  # the same one twice
    world.run("bea", "evaluation", "agree", *TERMS, "--basis", "another article")
    until(lambda: len(world.json("anna", "evaluation", "list")["agreements"]) == 3, "it came to Anna")
    world.run("anna", "evaluation", "export", str(out), *TERMS, "--yes", expect=DENIED, says="one basis in law")
    world.run("bea", "evaluation", "agree", *TERMS, "--basis", "article L. 162-31-1")
    until(lambda: len(world.json("anna", "evaluation", "list")["agreements"]) == 4, "so did the other")
    fanny = world.start("fanny", "--peer", f"127.0.0.1:{anna.port}")
    until(lambda: len(world.json("fanny", "evaluation", "list")["agreements"]) == 4, "a facilitator sees what leaves")
    world.run("fanny", "evaluation", "agree", *TERMS, "--basis", "x", expect=DENIED)
    world.run("fanny", "evaluation", "export", str(out), *TERMS, "--yes", expect=DENIED)
    check(list(out.iterdir()) == [], "nothing was written")
    world.run("anna", "evaluation", "export", str(out), *TERMS, "--yes")
    for program in (fanny, bea, anna):
        world.end(program)
    return out


def rows(world, out, said):
    data = (out / "visits.csv").read_bytes()
    manifest = json.loads((out / "visits.json").read_text())
    table = list(csv.DictReader(data.decode().splitlines()))
    visits, minutes, cents = said
    check((len(table), sum(int(r["minutes"]) for r in table), sum(int(r["cents"] or 0) for r in table)) == said, "the generated visits, to the cent")
    check((manifest["rows"], manifest["minutes"], manifest["cents"]) == (visits, minutes, cents), "and the control totals say so")
    check(manifest["sha256"] == hashlib.sha256(data).hexdigest(), "the digest is the file's")
    check(all(re.fullmatch(r"\d{4}-\d\d", r["month"]) and re.fullmatch("[0-9a-f]{16}", r["patient"]) for r in table), "months and pseudonyms")
    text = data.decode()
    for patient in world.json("anna", "patient", "list")["patients"]:
        check(patient["id"] not in text and patient["id"][:16] not in text and patient["lastName"] not in text, "no id, no name")
    groups = {}
    for row in table:
        groups.setdefault((row["age"], row["ald"]), set()).add(row["patient"])
    check(all(len(people) >= 11 for people in groups.values()), f"no small group: {[(g, len(p)) for g, p in groups.items()]}")
    again = world.root / "again"
    again.mkdir()
    world.run("anna", "evaluation", "export", str(again), *TERMS, "--yes")
    others = {row["patient"] for row in csv.DictReader((again / "visits.csv").read_text().splitlines())}
    check(not others & {row["patient"] for row in table}, "another export has other pseudonyms")
    return again


# ---- The database ---------------------------------------------------------------------------------------------------


def warehouse(*words, expect=0, says=None):
    done = subprocess.run([WAREHOUSE, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    check(done.returncode == expect, f"warehouse {words}: exit {done.returncode}\n{done.stdout}")
    for one in [says] if isinstance(says, str) else says or ():
        check(one in done.stdout, f"warehouse {words}: {one!r} is missing in\n{done.stdout}")
    return done.stdout


def altered(world, source, name, change, reseal=True):
    """A copy of a folder whose visits.csv is otherwise."""
    folder = world.root / name
    folder.mkdir()
    data = change((source / "visits.csv").read_bytes().decode())
    (folder / "visits.csv").write_bytes(data.encode())
    manifest = json.loads((source / "visits.json").read_text())
    if reseal:
        manifest["sha256"] = hashlib.sha256(data.encode()).hexdigest()
    (folder / "visits.json").write_text(json.dumps(manifest))
    return folder


def line(number, change):
    def of(text):
        lines = text.split("\r\n")
        lines[number - 1] = change(lines[number - 1])
        return "\r\n".join(lines)
    return of


def refusals(cluster, wrong, *words):
    """Each folder is refused, by its name and for its reason, and nothing of it is loaded."""
    told = warehouse(*cluster, *words, "load", *(folder for folder, _ in wrong), expect=1)
    for folder, says in wrong:
        mine = [one for one in told.splitlines() if one.startswith(f"REFUSED {folder}") and one[len(f"REFUSED {folder}")] in "/:"]
        check(len(mine) == 1 and all(one in mine[0] for one in says), f"{folder}: {says} in {mine or told}")
        check("Nothing of it was loaded" in mine[0] or "neither" in mine[0], mine[0])
    return told


def indicators(world, name, team, rows_, header=HEADER, sealed=True):
    folder = world.root / name
    folder.mkdir()
    path = folder / "indicators.csv"
    path.write_bytes("\r\n".join([header, *(f"{team},{row}" for row in rows_), ""]).encode())
    if sealed:
        warehouse("seal", path)
    return folder


def loading(world, cluster, out, again, said):
    other = world.root / "other"
    other.mkdir()
    make_team(world, "zoe", 7)
    world.run("zoe", "evaluation", "agree", *TERMS, "--basis", "x")
    world.run("zoe", "evaluation", "export", str(other), *TERMS, "--yes")
    count = "SELECT count(*), sum(minutes), sum(cents) FROM releve.visit WHERE team = '" + json.loads((out / "visits.json").read_text())["team"] + "'"
    mine = "{:d} | {:d} | {:d}".format(*said)
    warehouse(*cluster, "load", out, other, says=["equal to the cent", "visits of 2 teams"])
    told = warehouse(*cluster, "--query", count, "load", out)
    check(re.sub(r" +", " ", mine) in re.sub(r" +", " ", told), f"loaded twice it stands there once: {told}")
    warehouse(*cluster, "load", again, says="equal to the cent")
    exports = "SELECT manifest ->> 'export' FROM releve.loaded WHERE team = '" + json.loads((out / "visits.json").read_text())["team"] + "'"
    newer = json.loads((again / "visits.json").read_text())["export"]
    wrong = []
    for name, change, says, reseal in (
            ("cut", lambda text: text[:len(text) // 2], ["cut short"], False),
            ("cut-at-a-line", lambda text: "\r\n".join(text.split("\r\n")[:-5]) + "\r\n", ["cut short or altered", "its control totals say"], False),
            ("fewer", lambda text: "\r\n".join(text.split("\r\n")[:-5]) + "\r\n", ["rows, and its control totals say"], True),
            ("altered", line(5, lambda row: row.replace(",1,", ",0,", 1)), ["altered"], False),
            ("later", line(1, lambda row: row + ",nurse"), ["header is not that of version 1"], True),
            ("column", line(9, lambda row: row + ",x"), ["extra data after last expected column"], True),
            ("missing", line(9, lambda row: row.rsplit(",", 2)[0]), ["missing data for column"], True),
            ("month", line(7, lambda row: re.sub(r",\d{4}-(\d\d),", r",2024-13,", row)), ["line 7: the month is none"], True),
            ("day", line(7, lambda row: re.sub(r",(\d{4}-\d\d),", r",\1-05,", row)), ["line 7: the month is none"], True),
            ("minutes", line(8, lambda row: re.sub(r",(\d+),([01]),", r",-\1,\2,", row)), ["line 8: the minutes"], True),
            ("name", line(4, lambda row: re.sub(r",[0-9a-f]{16},", ",Jeanne Martin,", row)), ["line 4: the patient is no pseudonym"], True),
            ("team", line(3, lambda row: "0" * 64 + row[64:]), ["line 3: it is another team's"], True),
            ("group", line(3, lambda row: re.sub(r",(90-over|80-89|70-79|60-69|under-60|),[01]?,", ",under-60,1,", row)), ["the group (under-60, ald 1) has"], True),
            ("cents", line(6, lambda row: re.sub(r",1,(\d+),", lambda m: f",1,{int(m[1]) + 1},", row)), ["cents, and its control totals say"], True)):
        wrong.append((altered(world, again, name, change, reseal), says))
    folder = altered(world, again, "version", lambda text: text)
    (folder / "visits.json").write_text((folder / "visits.json").read_text().replace('"version": 1', '"version": 2'))
    wrong.append((folder, ["it is of version 2, and this program knows 1"]))
    folder = altered(world, again, "bare", lambda text: text)
    (folder / "visits.json").unlink()
    wrong += [(folder, ["its control totals"]), (world.root / "nowhere", ["neither visits.csv nor indicators.csv"])]
    told = refusals(cluster, wrong, "--query", exports)
    check(newer in told, f"what was there stays: {told}")
    if json.loads((out / "visits.json").read_text())["made"] < json.loads((again / "visits.json").read_text())["made"]:
        warehouse(*cluster, "load", out, expect=1, says="a newer one of this team")


def loading_indicators(world, cluster):
    team, source = "ab" * 32, "cd" * 16
    good = [f"month,2024-03,activity.visits,1,all,300,,300,0,{source}", f"month,2024-03,experience.recommends,1,all,97,100,0.9700,0,{source}",
            "month,2024-04,experience.recommends,1,all,,,,1,"]
    folder = indicators(world, "indicators", team, good)
    told = warehouse(*cluster, "--query", "SELECT value, suppressed FROM releve.i_experience_recommends ORDER BY month", "load", folder, says="3 rows")
    check("0.9700" in told, f"a view of it: {told}")
    wrong = []
    for name, row, says in (("smuggled", f"month,2024-05,experience.recommends,1,all,3,8,0.3750,1,{source}", "line 5: a suppressed value stands in it"),
                            ("small", f"month,2024-05,experience.recommends,1,all,3,8,0.3750,0,{source}", "line 5: a count under 11 stands in it"),
                            ("own", "month,2024-05,activity.visits,1,all,300,,300,0,", "line 5: it was computed for the team itself"),
                            ("twice", good[0], "it stands in it twice"), ("period", f"week,2024-05,activity.visits,1,all,300,,300,0,{source}", "the period is none"),
                            ("source", "month,2024-05,activity.visits,1,all,300,,300,0,Jeanne", "the source is none"),
                            ("word", f"month,2024-05,activity.visits,1,all,many,,300,0,{source}", "a number is none")):
        wrong.append((indicators(world, name, team, [*good, row]), [says]))
    wrong.append((indicators(world, "unsealed", team, good, sealed=False), ["its control totals"]))
    cut = indicators(world, "cut-indicators", team, good)
    (cut / "indicators.csv").write_bytes(b"\r\n".join((cut / "indicators.csv").read_bytes().split(b"\r\n")[:-2]) + b"\r\n")
    refusals(cluster, [*wrong, (cut, ["cut short"])])
    path = world.root / "two"
    path.mkdir()
    (path / "indicators.csv").write_bytes("\r\n".join([HEADER, f"{team},{good[0]}", f"{'ef' * 32},{good[0]}", ""]).encode())
    warehouse("seal", path / "indicators.csv", expect=1, says="rows of 2 teams")
    newer = indicators(world, "newer", team, good[:1])
    told = warehouse(*cluster, "--query", f"SELECT 'left', count(*) FROM releve.indicator WHERE team = '{team}'", "load", newer)
    check(re.search(r"left\s*\|\s*2\b", told), f"a newer file takes the place of the older one, period by period: {told}")


def main():
    world, folder = World(), tempfile.mkdtemp(prefix="releve-cluster-")  # a user who is not root gets at this one
    try:
        said = make_team(world, "anna", 5)
        out = agreeing(world)
        again = rows(world, out, said)
        if WAREHOUSE:
            cluster = ("--cluster", folder)
            loading(world, cluster, out, again, said)
            loading_indicators(world, cluster)
    finally:
        shutil.rmtree(folder)
        world.close()


main()
