#!/usr/bin/env python3
"""The care plan and the round, on two devices that are apart and meet: a nurse's and a locum's, who has one dossier of two.

Usage: round.py RELEVE GENERATOR. Days are today's and later ones, whatever day it is.
"""
import datetime
import json
import sys

sys.dont_write_bytecode = True
from story import ask
from world import CONFLICT, INVALID, NOT_FOUND, World, check, today, until


def day(later):
    return (today() + datetime.timedelta(days=later)).isoformat()


def marks(visit):
    return set(visit["marks"])


def found(world):
    """Anna's team with Lou, a locum until far away; two patients, one of whom Lou is given."""
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    given = world.run("anna", "patient", "add", "lastName=Donné", "firstName=Un", "street=1 rue Haute", "doorCode=42A").strip()
    kept = world.run("anna", "patient", "add", "lastName=Gardé", "firstName=Deux").strip()
    anna = world.start("anna")
    invitation = world.run("anna", "invite", "--no-qr", "--role", "locum", "--until", day(60)).strip()
    world.run("lou", "init", "--cheap-key")
    world.run("lou", "join", "Lou", f"127.0.0.1:{anna.port}", "--invitation", invitation)
    lou = world.json("lou", "status")["person"]
    world.run("anna", "share", given, lou[:8])
    return given, kept, anna, lou


def meet(world, anna, holds, what):
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}")
    until(holds, what)
    world.end(lou)


def plan(world, given, kept):
    problem = world.run("anna", "problem", "add", given, "code=PB26", "severity=actual").strip()
    about = (f"problem={problem[:12]}", "category=treatment", "targetCode=TG14")
    item = world.run("anna", "plan", "add", given, *about, "recurrence=matin et soir", "detail=avec l'aidante",
                     says="is in words: no visit is planned by them").splitlines()[0]
    world.run("anna", "plan", "show", given, says="every day, morning and evening")  # proposed
    world.run("anna", "plan", "schedule", given, item, "FREQ=DAILY;BYHOUR=25", expect=INVALID, says="“Recurrence”")
    world.run("anna", "plan", "schedule", given, "ffff", expect=NOT_FOUND, says="no such care-plan item")
    world.run("anna", "plan", "schedule", given, item[:8], f"from={day(0)}")
    other = world.run("anna", "problem", "add", kept, "code=PB26", "severity=actual").strip()
    world.run("anna", "plan", "add", kept, f"problem={other[:12]}", *about[1:], f"recurrence=FREQ=DAILY;INTERVAL=2", f"from={day(0)}")
    world.run("anna", "record", "add", "goal", given, "words=Remarcher jusqu'au marché", f"problem={problem[:12]}", f"targetDate={day(-1)}")
    shown = world.json("anna", "plan", "show", given)
    one = shown["problems"][0]
    check(one["items"][0]["rhythm"]["fr"] == "tous les jours, matin et soir", one)
    check(one["items"][0]["rhythm"]["next"] == day(0) and one["goals"][0]["words"].startswith("Remarcher"), one)
    check(one["due"]["day"] == day(0), "a problem that was never rated is due on the day it was noted")
    check([note["what"] for note in shown["attention"]] == ["reassess", "goal"], shown["attention"])
    world.run("anna", "record", "history", "intervention", given, item, says="every day, morning and evening")
    world.run("anna", "rating", "add", given, f"problem={problem[:12]}", "knowledge=3", "behaviour=4", "status=2")
    check(world.json("anna", "plan", "show", given)["problems"][0]["due"]["day"] == day(90), "a quarter after its rating")
    return item


def previews(anna):
    """A rule in words and its next days, before anybody saves it."""
    asked = lambda query: ask(anna, "GET", f"/api/recurrence?{query}")
    status, text, _ = asked(f"rule=FREQ%3DDAILY%3BINTERVAL%3D2%3BBYHOUR%3D8,19&from={day(1)}&until={day(4)}")
    shown = json.loads(text)
    check(status == 200 and shown["fr"].startswith("tous les 2 jours, matin et soir, jusqu'au ") and shown["en"].startswith("every 2 days, morning and evening, until "), shown)
    check(shown["next"] == [{"day": day(1), "hours": [8, 19]}, {"day": day(3), "hours": [8, 19]}], shown)
    check(len(json.loads(asked("rule=FREQ%3DDAILY")[1])["next"]) == 8, "the next eight")
    for query in "rule=tous+les+jours", "rule=FREQ%3DDAILY%3BBYHOUR%3D25", "from=2026-01-01", f"rule=FREQ%3DDAILY&from=demain":
        check(asked(query)[0] == 400, query)


def of_day(world, who, later):
    return world.json(who, "round", "week", day(later), "--days", "1")["days"][0]


def claims(world, given, kept, anna, lou):
    """Apart: both claim the morning; Anna notes that Lou is away, while Lou claims the evening."""
    first = of_day(world, "anna", 1)
    check(first["unclaimed"] == 2 and len(first["visits"]) == 2, first)
    meet(world, anna, lambda: of_day(world, "anna", 1)["visits"] and world.attempt("lou", "plan", "show", given).returncode == 0
         and of_day(world, "lou", 1)["unclaimed"] == 2, "Lou has the dossier with its plan")
    check({visit["patient"] for visit in of_day(world, "lou", 2)["visits"]} == {given}, "a locum sees her patients alone")
    world.run("lou", "round", "claim", kept, "--day", day(2), expect=NOT_FOUND)
    world.run("anna", "round", "claim", given, "--day", day(1), expect=CONFLICT, says="which part of the day")
    world.run("anna", "round", "claim", given, "--day", day(1), "--part", "matin", expect=INVALID, says="morning")
    world.run("anna", "round", "claim", given, "--day", day(1), "--part", "morning")
    world.run("lou", "round", "claim", given, "--day", day(1), "--part", "morning")
    world.run("lou", "round", "claim", given, "--day", day(3), "--part", "evening")
    world.run("anna", "absence", "add", lou[:8], day(3), day(4), says="0 visits of Lou")
    world.run("anna", "round", "give", given, lou[:8], "--day", day(3), "--part", "evening", expect=CONFLICT, says="away on that day")
    meet(world, anna, lambda: of_day(world, "anna", 1)["twice"] == 1 and of_day(world, "lou", 1)["twice"] == 1
         and of_day(world, "lou", 3)["absent"], "both know of both claims, and of the absence")
    for who in "anna", "lou":
        morning, evening = of_day(world, who, 1)["visits"]
        check(len(morning["owners"]) == 2 and marks(morning) == {"twice"} and marks(evening) == {"unclaimed"}, (who, morning, evening))
        ill = of_day(world, who, 3)["visits"][-1]
        check(marks(ill) == {"unclaimed"} and ill["absent"][0]["name"].startswith("Lou"), (who, ill))
        world.run(who, "round", day(1), says="claimed twice")
    world.run("lou", "round", "claim", given, "--day", day(1), "--part", "morning", expect=CONFLICT, says="A colleague has this visit")
    world.run("anna", "round", "claim", given, "--day", day(1), "--part", "morning", "--take", expect=INVALID, says="Say why")
    world.run("anna", "round", "claim", given, "--day", day(1), "--part", "morning", "--take", "--reason", "plus près")
    check(of_day(world, "anna", 1)["twice"] == 0, "it was settled")
    world.run("anna", "round", "claim", "--all", "--day", day(3), "--nurse", lou[:8])
    check([len(visit["owners"]) for visit in of_day(world, "anna", 3)["visits"] if visit["patient"] == given] == [0, 1], "hers, and no other")
    wanted = {(item["type"], item["urgency"]) for item in world.json("anna", "work")["items"]}
    check({("unclaimed", "now"), ("goal", "soon")} <= wanted, wanted)
    world.run("anna", "round", "give", given, "nobody", "--day", day(1), "--part", "evening", expect=NOT_FOUND, says="no such person")
    world.run("anna", "round", "give", given, "LOÙ", "--day", day(1), "--part", "evening")
    handed = [item for item in world.json("anna", "work", "--mine")["items"] if item["type"] == "handedOver"]
    check(len(handed) == 1 and handed[0]["urgency"] == "now" and "not accepted" in handed[0]["en"], handed)
    proposals = {visit["patient"]: visit["proposals"] for visit in world.json("anna", "round", "propose", day(2))["visits"]}
    check(len(proposals[kept]) == 1, "a locum is proposed for her patients alone")
    proposals = proposals[given]
    check(len(proposals) == 2 and "in 28 days" in proposals[0]["en"], proposals)


def changes(world, given, lou):
    at = ("--day", day(5), "--part", "morning")
    world.run("anna", "round", "claim", given, *at)
    world.run("anna", "round", "release", given, *at, expect=INVALID, says="Say why")
    world.run("anna", "round", "release", given, *at, "--reason", "formation")
    check(of_day(world, "anna", 5)["unclaimed"] >= 2 and of_day(world, "anna", 5)["visits"][0]["why"] == "formation", "nobody's again")
    world.run("anna", "round", "give", given, lou[:8], *at)
    visit = of_day(world, "anna", 5)["visits"][0]
    check(marks(visit) == {"unaccepted"} and visit["owners"][0]["name"].startswith("Lou") and visit["handedBy"]["name"].startswith("Anna"), visit)
    world.run("anna", "round", "accept", given, *at, expect=CONFLICT, says="Nobody handed")
    world.run("anna", "round", "cancel", given, *at, expect=INVALID, says="Say why")
    world.run("anna", "round", "cancel", given, *at, "--reason", "hospitalisé", "--away")
    check(of_day(world, "anna", 5)["visits"][0]["state"] == "away", "the patient is away")
    world.run("anna", "round", "claim", given, *at, expect=CONFLICT, says="cancelled")
    world.run("anna", "round", "restore", given, *at)
    late = ("--day", day(5), "--part", "evening")
    world.run("anna", "round", "move", given, f"{day(7)} 09:00", *late)
    gone = next(visit for visit in of_day(world, "anna", 5)["visits"] if visit["state"] == "moved")
    check(of_day(world, "anna", 5)["visits"][-1]["id"] == gone["id"], "where it went is said in its old place")
    world.run("anna", "round", "restore", given, *late[:2], "--id", gone["id"])
    back = of_day(world, "anna", 5)["visits"][-1]
    check(back["id"] == gone["id"] and back["state"] == "planned" and back["at"][11:16] == "19:00", back)
    world.run("anna", "round", "week", "--days", "40", expect=INVALID, says="from 1 to 31")
    world.run("anna", "round", "move", given, f"{day(6)} 10:30", *at)
    check([visit.get("movedTo") for visit in of_day(world, "anna", 5)["visits"] if visit["state"] == "moved"] == [day(6)], "it says where it went")
    moved = [visit for visit in of_day(world, "anna", 6)["visits"] if visit["day"] == day(5)]
    check(len(moved) == 1 and "T10:30:00" in moved[0]["at"], moved)
    world.run("anna", "round", "claim", "--all", "--day", day(6))
    mine = [visit["id"] for visit in world.json("anna", "round", day(6))["visits"]]
    check(len(mine) >= 3, mine)
    last, evening = mine[-1], of_day(world, "anna", 6)["visits"][-1]
    check(evening["id"] == last and evening["part"]["name"] == "evening", evening)
    world.run("anna", "round", "place", given, "--day", day(6), "--id", last)
    check([visit["id"] for visit in world.json("anna", "round", day(6))["visits"]] == [last] + mine[:-1], "first of all")
    world.run("anna", "round", "place", given, mine[0], "--day", day(6), "--id", last)
    check([visit["id"] for visit in world.json("anna", "round", day(6))["visits"]] == [mine[0], last] + mine[1:-1], "behind the first")


def done(world, given):
    """Today's: what took place lies over what was planned."""
    world.run("anna", "round", "claim", given, "--part", "evening")
    shown = world.json("anna", "round")["visits"]
    check(len(shown) == 1 and shown[0]["doorCode"] == "42A" and shown[0]["items"][0]["detail"] == "avec l'aidante", shown)
    world.run("anna", "record", "add", "alert", given, "type=allergy", "what=Latex")
    world.run("anna", "record", "add", "transmission", given, "data=Chute cette nuit", "urgency=urgent")
    text = world.run("anna", "round", says="! allergy: Latex")
    check("urgent" in text and "Chute cette nuit" in text and "1 rue Haute" in text, text)
    morning = next(visit for visit in of_day(world, "anna", 0)["visits"] if visit["patient"] == given and visit["part"]["name"] == "morning")
    world.run("anna", "visit", "add", given, f"start={day(0)} 18:40", f"end={day(0)} 19:00", "note=fait")
    world.run("anna", "visit", "add", given, f"start={day(0)} 15:00", f"end={day(0)} 15:10", f"planned={'ab' * 6}", expect=INVALID, says="no such thing")
    said = [f"start={day(0)} 15:00", f"end={day(0)} 15:10", f"planned={morning['id'][:12]}"]
    visit = world.run("anna", "visit", "add", given, *said).strip()
    changes = world.json("anna", "history", given)["changes"]
    (seen,) = [one["by"][0]["seq"] for one in changes if one.get("id") == visit]
    check({one["kind"] for one in changes if one["by"][0]["seq"] == seen} == {"visit", "plannedVisit"}, f"one entry says both: {changes[:8]}")

    def state():
        return [one for one in world.json("anna", "record", "list", "plannedVisit", given)["records"] if one["id"] == morning["id"]][0]
    check(state()["state"] == "done", f"and it says so itself: {state()}")
    world.run("anna", "visit", "amend", given, visit, "cancelled=true", "--reason", "pas venue")
    check(state()["state"] == "planned", f"a visit that was taken back leaves it planned: {state()}")
    world.run("anna", "visit", "add", given, *said, "outcome=not-done", expect=INVALID, says="Say in the note why")
    check(state()["state"] == "planned", "nothing of it was saved")
    missed = world.run("anna", "visit", "add", given, *said, "outcome=absent", "note=porte close").strip()
    check((state()["state"], state()["why"]) == ("absent", "porte close"), f"not done, and why: {state()}")
    check([one["state"] for one in of_day(world, "anna", 0)["visits"] if one["id"] == morning["id"]] == ["away"], "the round shows it")
    world.run("anna", "visit", "amend", given, missed, "outcome=done", "billable=true", "--reason", "mauvaise case")
    check(state()["state"] == "done", f"done after all: {state()}")
    shown = world.json("anna", "round")["visits"]
    check(shown.pop(0)["id"] == morning["id"], "named, however far apart")
    check(shown[0]["state"] == "done" and marks(shown[0]) == set() and shown[0]["took"]["start"].startswith(day(0) + "T18:40"), shown)


def night(world, given):
    """Given to a night cabinet: it is told the plan once the patient agreed, and who answers for it."""
    entry = world.run("anna", "record", "add", "directoryEntry", "name=Cabinet de nuit", "phone=0240000000").strip()
    at = ("--day", day(2), "--part", "evening")
    world.run("anna", "round", "cabinet", given, "ab" * 16, *at, expect=NOT_FOUND, says="no such entry")
    world.run("anna", "round", "cabinet", given, entry, *at)
    visit = of_day(world, "anna", 2)["visits"][-1]
    check(visit["cabinet"]["name"] == "Cabinet de nuit" and marks(visit) == {"unclaimed"}, "somebody of the team is to answer for it")
    world.run("anna", "round", "claim", given, *at)
    untold = world.json("anna", "round", "sheet", entry, "--day", day(2))
    check(untold["visits"] == [] and "doorCode" not in untold["noConsent"][0], untold)
    world.run("anna", "record", "add", "consent", given, "scope=night-cabinet", "how=oral")
    told = world.json("anna", "round", "sheet", entry, "--day", day(2))["visits"][0]
    check(told["doorCode"] == "42A" and told["items"] and told["responsible"][0]["name"].startswith("Anna"), told)
    world.run("anna", "record", "add", "consent", given, "scope=night-cabinet", "how=oral", "decision=withdrawn")
    check(world.json("anna", "round", "sheet", entry, "--day", day(2))["visits"] == [], "and no more after that")


def replaced(world, given):
    """A rule that is replaced today, twice: days that are past stay as they were planned."""
    patient = world.run("anna", "patient", "add", "lastName=Ancien", "firstName=Trois").strip()
    problem = world.run("anna", "problem", "add", patient, "code=PB26", "severity=actual").strip()
    item = world.run("anna", "plan", "add", patient, f"problem={problem[:12]}", "category=treatment", "targetCode=TG14", "recurrence=FREQ=DAILY;BYHOUR=7", f"from={day(-10)}").splitlines()[0]

    def hours(later):
        return [visit["at"][11:13] for visit in of_day(world, "anna", later)["visits"] if visit["patient"] == patient]
    check((hours(-3), hours(0), hours(3)) == (["07"], ["07"], ["07"]), "as planned")
    world.run("anna", "plan", "schedule", patient, item[:8], "FREQ=DAILY;BYHOUR=9")
    check((hours(-3), hours(0), hours(3)) == (["07"], ["09"], ["09"]), f"the past stays: {hours(-3)} {hours(0)}")
    world.run("anna", "plan", "edit", patient, item, "recurrence=FREQ=DAILY;BYHOUR=10", "--reason", "plus tard")
    check((hours(-11), hours(-10), hours(-3), hours(0), hours(3)) == ([], ["07"], ["07"], ["10"], ["10"]), f"of today's rule nothing was planned: {hours(0)}")
    world.run("anna", "plan", "schedule", patient, item[:8], "FREQ=DAILY;BYHOUR=12", f"from={day(2)}")
    check((hours(-3), hours(1), hours(2)) == (["07"], ["10"], ["12"]), f"from then on: {hours(1)} {hours(2)}")


def main():
    world = World()
    try:
        given, kept, anna, lou = found(world)
        plan(world, given, kept)
        previews(anna)
        claims(world, given, kept, anna, lou)
        changes(world, given, lou)
        night(world, given)
        done(world, given)
        replaced(world, given)
    finally:
        world.close()


main()
