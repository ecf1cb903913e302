#!/usr/bin/env python3
"""Questionnaires with real processes: paper, the device handed over, sums that tell nobody's answer, what others are shown.

Usage: survey.py RELEVE GENERATOR SEARCH. Nothing here waits for a time.
"""
import datetime
import http.client
import json
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
from world import CONFLICT, DENIED, DIFFERS, INVALID, NOT_FOUND, USAGE, World, check, today, until

SEARCH = sys.argv[3]
WORDS = "Zéphyrine a été merveilleuse 7c1e"


def day(later):
    return (today() + datetime.timedelta(days=later)).isoformat()


def ask(program, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", program.url.port, timeout=60)
    connection.request(method, path, json.dumps(body) if body is not None else None,
                       {"Authorization": "Bearer " + program.url.fragment})
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, json.loads(text)


def wait_locked(program):
    """Between two images of the program nobody answers."""
    while True:
        try:
            if ask(program, "GET", "/api/status")[1].get("locked"):
                return
        except (ConnectionError, http.client.HTTPException):
            pass


def form(number, **answers):
    return json.dumps({"number": number, "answers": answers})


def enter(world, who, survey, *forms, **more):
    return world.run(who, "survey", "enter", survey, "-", stdin="\n".join(forms) + "\n", **more)


def results(world, who, survey):
    return world.json(who, "survey", "results", survey)


def cells(result, name):
    question = next(q for q in result["questions"] if q["name"] == name)
    return {cell["name"]: cell["count"] for cell in question["cells"]}


def numbers_of(world, survey, count):
    html = world.run("anna", "survey", "print", survey, "--count", str(count))
    numbers = re.findall(r"n° (\d{5} \d{5})", html)
    check(len(set(numbers)) == count, "each form has its own number")
    check("Recommanderiez-vous" in html and "<script" not in html, "the forms ask the questions")
    return numbers


def wrong_digit(number):
    return ("1" if number[0] != "1" else "2") + number[1:]


def opening(world):
    for words, says in ((("nobody", "x", "--until", day(9)), "Which questionnaire"), (("patient", "", "--until", day(9)), "title"),
                        (("patient", "x"), "Until which day"), (("patient", "x", "--until", day(-1)), "ends after"),
                        (("patient", "x", "--until", day(999)), "a year at most"), (("patient", "x", "--until", "demain"), "A day is written")):
        world.run("anna", "survey", "open", *words, expect=INVALID, says=says)
    anna = world.start("anna")
    for body, field in (({"questionnaire": "x"}, "questionnaire"), ({"questionnaire": "patient"}, "title"), ({"questionnaire": "patient", "title": "x"}, "until"),
                        ({"questionnaire": "patient", "title": "x", "until": "bientôt"}, "until"), ({"questionnaire": "patient", "title": "x", "from": "hier", "until": "2099-01-01"}, "from")):
        error = ask(anna, "POST", "/api/surveys", body)[1]["error"]
        check([one["field"] for one in error["problems"]] == [field] and error["fr"] == error["problems"][0]["fr"], f"by its field: {error}")
    world.end(anna)
    check(world.json("anna", "survey", "list")["surveys"] == [], "what was refused left nothing")
    return world.json("anna", "survey", "open", "patient", "Automne", "--until", day(30))["id"]


def paper(world, survey, numbers):
    """All of a file or nothing; nothing of fewer than five is written, and nothing of them is lost."""
    for forms, says, code in (
            ([form(numbers[0], satisfaction=9), form(numbers[1], satisfaction=11)], "Form 2: \"satisfaction\"", INVALID),
            ([form(numbers[0], satisfaction=9), form(wrong_digit(numbers[1]), satisfaction=1)], "Form 2: its number", INVALID),
            ([form(numbers[0], satisfaction=9), form(numbers[0], satisfaction=9)], "Form 2: it was typed in before", CONFLICT),
            ([form(numbers[0])], "answers no question", INVALID), ([form(numbers[0], nobody="yes")], "has not", INVALID),
            (["[]"], "line 1 is no form", INVALID), (["{"], "line 1 is no form", INVALID), ([""], "1 to 200", INVALID)):
        enter(world, "anna", survey, *forms, expect=code, says=says)
    check(results(world, "anna", survey)["waiting"] == 0, "what was refused left nothing")
    enter(world, "anna", survey, form(numbers[0], satisfaction=9, recommends="yes", words=WORDS), form(numbers[1], satisfaction=8, recommends="yes"),
          form(numbers[2], satisfaction=2, recommends="no"), says="3 wait on this device")
    got = results(world, "anna", survey)
    check((got["waiting"], got["forms"], got["questions"], got["texts"]) == (3, 0, [], []), "nothing is shown of what waits")
    check(WORDS not in world.run("anna", "history", survey, "--json") and WORDS not in json.dumps(world.json("anna", "news")), "nor told")
    enter(world, "anna", survey, form(numbers[2], satisfaction=2), expect=CONFLICT, says="typed in before")
    world.run("anna", "survey", "write", survey, expect=CONFLICT, says="Fewer than 5")
    anna = world.start("anna")
    anna.kill()
    anna.wait(60)
    anna.stdout.close()
    world.programs.remove(anna)
    check(results(world, "anna", survey)["waiting"] == 3, "what waits is there after a crash")
    check("3 forms of surveys wait" in world.run("anna", "wipe", expect=None), "wiping says what would be lost")
    enter(world, "anna", survey, form(numbers[3], satisfaction=9, recommends="yes", autonomy="yes"), form(numbers[4], satisfaction=9, recommends="yes"))
    got = results(world, "anna", survey)
    check((got["waiting"], got["forms"], got["batches"]) == (0, 5, 1), "five are one sum")
    check(cells(got, "recommends") == {"yes": 4, "no": 1}, "recommending is counted")
    question = next(q for q in got["questions"] if q["name"] == "satisfaction")
    check((question["mean"], question["open"]) == ("7.4", 0), "the mean of 9, 8, 2, 9, 9")
    check([one["text"] for one in got["texts"]] == [WORDS], "words are shown apart")
    enter(world, "anna", survey, form(numbers[4], satisfaction=9), expect=CONFLICT, says="typed in before")


def nobody_is_named(world, survey):
    """What stands in the survey's document: no moment, no person, no form."""
    records = world.json("anna", "history", survey)
    text = json.dumps(world.json("anna", "record", "list", "surveyBatch", survey)["records"])
    batch = json.loads(text)[0]
    check(set(batch) <= {"id", "kind", "week", "sum", "author", "saved", "on", "receipts"}, f"a batch has {sorted(batch)}")
    check(datetime.date.fromisoformat(batch["week"]).weekday() == 0, "a week, not a day")
    check(records["changes"], "it has a past like any document")


def handed_over(world, survey):
    """One form and nothing else; then the passphrase."""
    anna = world.start("anna")
    follower = http.client.HTTPConnection("127.0.0.1", anna.url.port, timeout=60)
    follower.request("GET", "/api/events", headers={"Authorization": "Bearer " + anna.url.fragment})
    stream = follower.getresponse()
    check(stream.status == 200, "a page is open")
    handed = world.json("anna", "survey", "hand-over", survey, "--no-questions")
    while b'"membership":false' not in (line := stream.readline()) or b'"receipts":false,"records":false' not in line:
        check(line, "an open page is told to look again")
    follower.close()
    token, path = handed["token"], "/api/surveys/form"
    check(len(token) == 64 and handed["questionnaire"]["name"] == "patient", "the questions come with a token")
    for method, target, body in (("GET", "/api/status", None), ("GET", "/api/patients", None), ("GET", "/api/surveys", None), ("GET", "/api", None),
                                 ("GET", "/api/dump", None), ("GET", "/api/events", None), ("POST", "/api/unlock", {"passphrase": "x"}), ("GET", "/api/teams", None),
                                 ("POST", "/api/stop", {}), ("GET", f"/api/surveys/{survey}/results", None), ("GET", "/api/teams/main/patients", None),
                                 ("POST", f"/api/surveys/{survey}/hand-over", {}), ("POST", "/api/wipe", {"word": "WIPE"}), ("GET", "/api/omaha", None),
                                 ("POST", "/api/passphrase", {"old": "x", "new": "y"}), ("GET", "/api/metrics", None)):
        status, reply = ask(anna, method, target, body)
        check(status == 403 and reply["error"]["code"] == "LOCKED", f"{method} {target}: {status} {reply}")
    world.run("anna", "patient", "list", expect=DENIED, says="handed over")
    check(ask(anna, "GET", path + "?token=" + "0" * 64)[0] == 403, "another token opens nothing")
    check(ask(anna, "POST", path, {"token": "0" * 64, "answers": {"satisfaction": 1}})[0] == 403, "nor takes anything")
    check(ask(anna, "GET", path + "?token=" + token)[1]["questionnaire"]["name"] == "patient", "the token shows the questions")
    status, reply = ask(anna, "POST", path, {"token": token, "answers": {"satisfaction": 77}})
    check(status == 400 and "satisfaction" in reply["error"]["message"], f"a wrong answer is named: {reply}")
    status, reply = ask(anna, "POST", path, {"token": token, "answers": {"satisfaction": 10, "recommends": "yes", "words": "à la main 55"}})
    check(status == 201 and reply["locks"], f"the form is taken: {reply}")
    wait_locked(anna)
    check(ask(anna, "POST", path, {"token": token, "answers": {"satisfaction": 1}})[0] != 201, "the token is used up")
    world.run("anna", "unlock")
    check(results(world, "anna", survey)["waiting"] == 1, "one form waits")
    check(ask(anna, "POST", path, {"token": token, "answers": {"satisfaction": 1}})[0] == 403, "nothing is handed over any more")
    # in a terminal: wrong answers are asked again; the device is locked afterwards
    world.run("anna", "survey", "hand-over", survey, stdin="99\n7\noui\n\nnon\n\no\nmerci\n", says="Merci")
    wait_locked(anna)
    world.run("anna", "unlock")
    check(results(world, "anna", survey)["waiting"] == 2, "two forms wait")
    # nothing is given: lock and unlock
    world.run("anna", "survey", "hand-over", survey, stdin="5\n", expect=1, says="nothing was saved")
    world.run("anna", "status", expect=DENIED)
    world.run("anna", "lock")
    world.run("anna", "unlock")
    # a program that is killed meanwhile asks for the passphrase, and has forgotten that
    world.json("anna", "survey", "hand-over", survey, "--no-questions")
    anna.send_signal(signal.SIGKILL)
    anna.wait(60)
    anna.stdout.close()
    world.programs.remove(anna)
    check(results(world, "anna", survey)["waiting"] == 2, "what waited is there")
    # without a program
    for i in range(3):
        world.run("anna", "survey", "hand-over", survey, stdin=f"{i + 5}\no\no\no\no\no\nmot {i}\n", says="Merci")
    check(results(world, "anna", survey)["waiting"] == 5, "not written at the moment of an answer")
    world.run("anna", "survey", "hand-over", survey, stdin="10\no\n\n\n\n\n\n", says="Merci")
    got = results(world, "anna", survey)
    check((got["waiting"], got["forms"], got["batches"]) == (1, 10, 2), "but when the next one begins")


def nurses_survey(world):
    """Her own device tells who she is: only when she says so."""
    survey = world.json("anna", "survey", "open", "nurse", "Équipe", "--until", day(9))["id"]
    line = "8\n7\no\no\no\n\n"
    world.run("anna", "survey", "hand-over", survey, stdin=line, expect=INVALID, says="hers tells who she is")
    world.run("anna", "survey", "hand-over", survey, "--own-device", "--colleague", stdin=line, expect=USAGE)
    check(results(world, "anna", survey)["waiting"] == 0, "nothing was saved")
    world.run("anna", "survey", "hand-over", survey, "--colleague", stdin=line, says="Merci")
    world.run("anna", "survey", "hand-over", survey, "--own-device", stdin=line, says="Merci")
    world.run("anna", "survey", "close", survey, expect=CONFLICT, says="Fewer than 5")
    check(results(world, "anna", survey)["state"] == "open", "not closed either")
    world.run("anna", "survey", "close", survey, "--few", says="Fewer than 11")
    got = results(world, "anna", survey)
    check((got["state"], got["forms"], got["waiting"], got["shown"]) == ("closed", 2, 0, None), "closed, nothing shown of two")
    world.run("anna", "survey", "hand-over", survey, "--colleague", stdin=line, expect=CONFLICT, says="closed")
    later = world.json("anna", "survey", "open", "patient", "Plus tard", "--from", day(5), "--until", day(9))["id"]
    world.run("anna", "survey", "hand-over", later, expect=CONFLICT, says="not within")


def make(world, who):
    world.run(who, "init", "--cheap-key")


def join(world, host, who, *words):
    invitation = world.run("anna", "invite", "--no-qr", *words).strip()
    make(world, who)
    world.run(who, "join", who.capitalize(), f"127.0.0.1:{host.port}", "--invitation", invitation)


def level(world, who, survey, forms):
    until(lambda: (lambda all: all and all[0]["forms"] == forms)([s for s in world.json(who, "survey", "list")["surveys"] if s["id"] == survey]),
          f"{who} has {forms} forms")


def twice(world, survey, numbers):
    """Two type the same form in apart: it is said, and one of the sums is cancelled."""
    anna = world.start("anna")
    join(world, anna, "bea")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    level(world, "bea", survey, 10)
    check(results(world, "bea", survey)["texts"] == results(world, "anna", survey)["texts"], "a colleague reads the same")
    enter(world, "bea", survey, form(numbers[0], satisfaction=1), expect=CONFLICT, says="typed in before")
    world.end(bea)
    enter(world, "anna", survey, *(form(n, satisfaction=9, recommends="yes") for n in numbers[5:10]))
    world.end(anna)
    enter(world, "bea", survey, *(form(n, satisfaction=9, recommends="yes") for n in numbers[9:14]))
    anna = world.start("anna")
    bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
    level(world, "bea", survey, 21)  # one waited at Anna's and went along
    level(world, "anna", survey, 21)
    for who in ("anna", "bea"):
        got = results(world, who, survey)
        check([t["number"] for t in got["typedTwice"]] == [numbers[9]], f"{who} is told: {got['typedTwice']}")
    world.run("bea", "survey", "results", survey, says="TYPED IN TWICE")
    batches = got["typedTwice"][0]["batches"]
    mine = next(b for b in batches for c in got["collected"] if c["id"] == b and c["forms"] == 5)
    world.run("bea", "survey", "cancel", survey, mine, expect=INVALID, says="A reason is needed")
    world.run("bea", "survey", "cancel", survey, "0000000000", "--reason", "x", expect=NOT_FOUND)
    world.run("bea", "survey", "cancel", survey, mine, "--reason", "saisie deux fois")
    world.run("bea", "survey", "cancel", survey, mine, "--reason", "x", expect=NOT_FOUND)
    level(world, "anna", survey, 16)
    check(results(world, "anna", survey)["typedTwice"] == [], "settled")
    world.end(bea)
    return anna


def shown(world, survey, anna):
    """What a facilitator is given: sums without small counts, and words that the team chose. A locum: nothing."""
    join(world, anna, "lou", "--role", "locum", "--until", day(5))
    join(world, anna, "fanny", "--role", "facilitator")
    enter(world, "anna", survey, *(form(n, satisfaction=9, recommends="yes") for n in numbers_of(world, survey, 17)))
    world.run("anna", "survey", "texts", survey, WORDS, expect=CONFLICT, says="not closed")
    world.run("anna", "survey", "close", survey, says="without small counts")
    got = results(world, "anna", survey)
    check(got["forms"] == 33 and got["shown"]["forms"] == 33, f"33 forms: {got['forms']}")
    world.run("anna", "survey", "texts", survey, "jamais dit", expect=INVALID)
    world.run("anna", "survey", "texts", survey, "mot 1", says="1 answers")
    fanny = world.start("fanny", "--peer", f"127.0.0.1:{anna.port}")
    lou = world.start("lou", "--peer", f"127.0.0.1:{anna.port}")
    seen = until(lambda: [s for s in world.json("fanny", "survey", "list")["shown"] if s.get("texts")], "she is shown the result")[0]
    check(seen["texts"] == "mot 1", "the words that were chosen")
    check(all(c["count"] is None or c["count"] >= 11 for q in seen["questions"] for c in q["cells"]), "no small count")
    recommends = next(q for q in seen["questions"] if q["name"] == "recommends")
    check([(c["name"], c["count"], c["atLeast"]) for c in recommends["cells"]] == [("yes", 23, True), ("no", None, False), ("no-answer", None, False)],
          f"of 33 nearly all: at least 23: {recommends}")
    until(lambda: world.json("lou", "status")["peers"][0]["connected"], "the locum is here")
    for who in ("fanny", "lou"):
        check(world.json(who, "survey", "list")["surveys"] == [], f"{who} has no survey")
        world.run(who, "survey", "results", survey, expect=NOT_FOUND)
        world.run(who, "survey", "open", "patient", "x", "--until", day(3), expect=DENIED)
    # one more form: what was shown stays
    enter(world, "anna", survey, form(numbers_of(world, survey, 1)[0], satisfaction=1, recommends="no"))
    world.run("anna", "survey", "close", survey, "--few", says="stays")
    check(results(world, "anna", survey)["shown"]["forms"] == 33, "late forms tell nothing")
    for program in (fanny, lou, anna):
        world.end(program)
    for who in ("fanny", "lou", "anna"):
        found = subprocess.run([SEARCH, str(world.root / who), str(world.secret), WORDS, "à la main 55"], stdout=subprocess.PIPE, text=True)
        check(found.returncode == (DIFFERS if who == "anna" else 0), f"{who}: {found.stdout}")


def former(world):
    patient = world.run("anna", "patient", "add", "lastName=Martin", "firstName=Jeanne").strip()
    world.run("anna", "record", "add", "survey", patient, "who=patient", expect=INVALID, says="not written any more")
    world.run("anna", "record", "add", "nurseSurvey", "workLife=8", expect=INVALID, says="not written any more")


def main():
    world = World()
    try:
        make(world, "anna")
        world.run("anna", "team", "create", "Anna")
        survey = opening(world)
        numbers = numbers_of(world, survey, 20)
        paper(world, survey, numbers)
        nobody_is_named(world, survey)
        handed_over(world, survey)
        nurses_survey(world)
        former(world)
        anna = twice(world, survey, numbers)
        shown(world, survey, anna)
    finally:
        world.close()


main()
