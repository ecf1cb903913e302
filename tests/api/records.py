#!/usr/bin/env python3
"""Every kind of record that the program says it has, on real devices: saved, shown, changed, refused, told of in its history; two who change it at once; what
those see who are not nurses; and nothing of it left after its dossier is erased.

Usage: records.py RELEVE GENERATOR SEARCH. Waiting is for what another program says, never for a time.
"""
import datetime
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from followed import Followed
from kinds import FRAME, SAVED, Kinds, Records, asker
from story import ask
from world import World, check, today, until

SEARCH = sys.argv[3]
CANARY = "Quenneville-Zinnia"


def person_of(world, who):
    return world.json(who, "status")["person"]


def join(world, host, program, who, *words):
    world.run(who, "init", "--cheap-key")
    invitation = world.run(host, "invite", "--no-qr", *words).strip()
    world.run(who, "join", who.capitalize(), f"127.0.0.1:{program.port}", "--invitation", invitation)


def level(world, who, other=None):
    """All whom `who` knows, or this person alone, have what `who` has."""
    peers = [peer for peer in world.json(who, "status")["peers"] if other in (None, peer["person"])]
    return bool(peers) and all(peer["missingThere"] == 0 for peer in peers)


# ---- One device ----

def saved_and_shown(records, kinds):
    """All fields of all kinds that people type, there and back."""
    for kind in kinds.typed():
        if kind["name"] not in records.ids:
            status, reply = records.add(kind)
            check(status in SAVED, f"{kind['name']} is saved: {reply}")
    for kind in kinds.typed():
        if kind["name"] == "person":
            continue
        shown, wanted = records.shown(kind), records.record(kind)
        check(shown is not None, f"{kind['name']} is listed")
        for field in kind["fields"]:
            if field["name"] in wanted and field["type"] == "text":
                check(shown[field["name"]] == wanted[field["name"]], f"{kind['name']}.{field['name']}: {shown}")
            check((field["name"] in shown) == (field["name"] in wanted), f"{kind['name']}.{field['name']} in {shown}")
        check(set(shown) - FRAME <= {field["name"] for field in kind["fields"]}, f"nothing else is shown: {shown}")


def refused(records, kinds):
    """What is wrong in one field is refused with that field's label in both languages, and changes nothing."""
    wrong = {"text": 5, "date": "2026-02-30", "instant": "hier", "after": "demain", "int": "x", "decimal": "1,5,5", "enum": "no such", "ref": "zz",
             "short": "zz", "shorts": ["zz"], "codes": ["XX1"], "bool": "oui", "cents": 1.5, "minutes": "x", "vitals": {"iq": 1}, "bytes": "00"}
    for kind in kinds.typed():
        before = len(records.ask("GET", f"/api/records/{kind['name']}{records.place(kind)}", None)[1].get("records", []))
        for field in kind["fields"]:
            cases = [wrong[field["type"]], None if field["required"] and field["name"] not in ("at", "nurse") else wrong[field["type"]]]
            if field["type"] == "text":
                cases += ["", "x" * (field["max"] + 1)]
            if field["type"] in ("int", "decimal", "cents", "minutes") and "max" in field:
                cases.append(field["max"] + 1)
            for value in cases:
                values = records.record(kind)
                values[field["name"]] = value
                status, reply = records.ask("POST", f"/api/records/{kind['name']}{records.place(kind)}", values)
                check(status == 400, f"{kind['name']}.{field['name']} = {value!r:.40}: {status} {reply}")
                problems = reply["error"].get("problems", [])
                said = [one for one in problems if one["field"] == field["name"]]
                check(said and field["label"]["fr"] in said[0]["fr"] and field["label"]["en"] in said[0]["en"], f"{field['name']} is named: {reply}")
        after = len(records.ask("GET", f"/api/records/{kind['name']}{records.place(kind)}", None)[1].get("records", []))
        check(before == after, f"{kind['name']}: nothing was saved by it")


def changed(records, kinds):
    """Records of registers are changed and told of, events corrected with a reason; the old one stays."""
    for kind in kinds.typed():
        if kind["shape"] == "event":
            status, reply = records.add(kind, corrects=records.ids[kind["name"]], reason="erreur de saisie")
            check(status == 201, f"{kind['name']} is corrected: {reply}")
            shown = records.ask("GET", f"/api/records/{kind['name']}{records.place(kind)}", None)[1]["records"]
            check([one.get("corrected") for one in shown[:2]] == [None, True], f"{kind['name']}: both stay, the old one struck through")
            check(records.change(kind, x=1)[0] == 400, f"{kind['name']} is not changed")
            continue
        texts = [field for field in kind["fields"] if field["type"] == "text" and not field.get("rule")]
        if kind["name"] == "person" or not texts:
            continue
        status, reply = records.change(kind, **{texts[-1]["name"]: f"{records.word(kind)} autrement"})
        check(status == 200 and reply["changed"], f"{kind['name']} is changed: {reply}")
        document = {"patient": records.ids["patient"], "itself": records.ids[kind["name"]]}.get(
            kinds.per(kind), kinds.documents[kind["document"]]["name"])
        history = records.ask("GET", f"/api/history/{document}?kind={kind['name']}&limit=500", None)[1]
        last = history["changes"][0]
        check(texts[-1]["label"]["fr"] in last["fr"] and "Anna" in last["fr"], f"it is told: {last['fr']}")


def rules(records):
    """The rules of the Omaha System."""
    at = f"?in={records.ids['patient']}"

    def post(kind, wrong, **values):
        status, reply = records.ask("POST", f"/api/records/{kind}{at}", values)
        numbers = [one["number"] for one in reply.get("error", {}).get("problems", [])]
        check((status in SAVED) if wrong is None else wrong in numbers, f"{kind} {values}: {status} {reply}")
        return reply.get("id")

    problem = post("problem", None, code="PB24", severity="potential")
    for more in ({"signs": "peau rouge"}, {"signCodes": ["SS2401"]}):
        post("problem", 28, code="PB24", severity="potential", **more)
        post("problem", 28, code="PB24", severity="promotion", **more)
    post("problem", 29, code="PB24", severity="actual", signCodes=["SS2401", "SS2601"])
    post("problem", 27, code="PB22", severity="actual")
    post("problem", 26, code="PB99", severity="actual")
    post("problem", 12, code="TG14", severity="actual")
    post("intervention", 30, problem="ab" * 6, category="treatment", targetCode="TG14")
    post("intervention", 27, problem=problem[:12], category="treatment", targetCode="TG06", target="x")
    plan = post("intervention", None, problem=problem[:12], category="treatment", targetCode="TG14")
    shown = [one for one in records.ask("GET", f"/api/records/intervention{at}", None)[1]["records"] if one["id"] == plan][0]
    check(shown["target"] == "soins de plaie/pansements" or len(shown["target"]) > 3, f"a target's code says its words: {shown}")
    change = lambda **values: records.ask("PATCH", f"/api/records/problem/{problem}{at}", values)[0]
    check(change(signs="rougeur") == 400 and change(severity="actual", signs="rougeur") == 200, "signs with an actual problem")
    check(change(severity="potential") == 400, "which stays actual while there are signs")
    check(change(severity="potential", signs=None) == 200, "and not longer")
    for score in (0, 6):
        post("rating", 4, problem=problem[:12], knowledge=score, behaviour=3, status=3)
    post("rating", None, problem=problem[:12], knowledge=2, behaviour=3, status=3, expectedStatus=5, at="2026-03-05T08:00:00+01:00")
    mistake = post("rating", None, problem=problem[:12], knowledge=1, behaviour=1, status=1, at="2026-03-06T08:00:00+01:00")
    post("rating", None, problem=problem[:12], knowledge=3, behaviour=3, status=2, at="2026-03-06T08:00:00+01:00", corrects=mistake, reason="erreur")
    post("rating", None, problem=problem[:12], knowledge=4, behaviour=3, status=2, at="2026-04-06T08:00:00+02:00")
    out = records.ask("GET", f"/api/patients/{records.ids['patient']}/assessments", None)[1]
    one = [one for one in out["problems"] if one["id"] == problem][0]
    check(len(one["ratings"]) == 3 and one["code"] == "PB24" and one["label"]["fr"] == "Douleur", f"without the corrected one: {one}")
    check(one["sinceFirst"] == {"knowledge": 2, "behaviour": 0, "status": -1} and one["trend"] == "mixed", f"{one['sinceFirst']}")
    check(one["sincePrevious"] == {"knowledge": 1, "behaviour": 0, "status": 0} and one["toExpected"] == {"status": 3}, f"{one}")
    check("2 → 4 (+2 ; depuis la dernière fois +1)" in one["fr"] and "notice" in out, one["fr"])
    check(change(state="closed") == 200, "it is closed")
    post("rating", 31, problem=problem[:12], knowledge=5, behaviour=5, status=5)


def catalogue(world, anna, ask_one):
    whole = ask_one("GET", "/api/omaha")[1]
    kept = [ask(anna, "GET", path)[2]["Cache-Control"] for path in ("/api/omaha", "/api/patients")]
    check(kept == ["private, max-age=86400", "no-store"], f"the catalogue may be kept, patients not: {kept}")
    check(len(whole["problems"]) == 42 and len(whole["targets"]) == 76 and "traduction" in whole["notice"]["fr"], "the whole catalogue")
    check(ask_one("GET", "/api/omaha/search?words=PEAU%20seche")[1]["terms"][0]["code"] == "SS2603", "searched without accents and case")
    check(ask_one("GET", "/api/omaha/PB22")[1]["retired"] and ask_one("GET", "/api/omaha/PB99")[0] == 404, "retired codes are recognized")
    world.run("anna", "omaha", "search", "skin", says="PB26")
    world.run("anna", "omaha", "show", "pb26", says="SS2601")
    world.run("anna", "omaha", "version", says="not reviewed clinically")
    world.run("anna", "record", "kinds", says="nurse, billing, locum, reader  ")
    world.run("anna", "record", "fields", "vital", says="measures")
    world.run("anna", "record", "add", "nothing", "x=1", expect=lib.USAGE, says="releve record kinds")


def command_line(world, patient):
    for language, said in (("fr_FR.UTF-8", "« Gravité » n'est pas un des choix proposés"), ("C.UTF-8", "“Severity” is not one of the choices")):
        world.run("anna", "record", "add", "alert", patient, "type=allergy", "what=latex", "severity=x", expect=lib.INVALID, says=said, LC_ALL=language)
    alert = world.run("anna", "record", "add", "alert", patient, "type=allergy", "what=latex").strip()
    world.run("anna", "record", "edit", "alert", patient, alert, "severity=severe")
    world.run("anna", "record", "list", "alert", patient, says="severe")
    world.run("anna", "record", "history", "alert", patient, alert, says="Severe")
    world.run("anna", "record", "add", "alert", "type=allergy", "what=latex", expect=lib.USAGE, says="in which dossier")
    # each element of a set is told of by itself, and an undo brings back what went
    signs = lambda: world.json("anna", "record", "list", "problem", patient)["records"]
    problem = world.run("anna", "problem", "add", patient, "code=PB26", "severity=actual", "signCodes=SS2601,SS2602").strip()
    world.run("anna", "problem", "edit", patient, problem, "signCodes=SS2601,SS2603")
    world.run("anna", "record", "history", "problem", patient, problem, says="removed “Coded signs and symptoms” (PB26 Peau): SS2602 rash")
    world.run("anna", "undo", patient, "--yes")
    check([one["signCodes"] for one in signs() if one["id"] == problem] == [["SS2601", "SS2602"]], f"{signs()}")
    # what a field refers to is typed as it is shown: by its first digits, a colleague by one of her names
    rating = world.run("anna", "rating", "add", patient, f"problem={problem[:8]}", "knowledge=3", "behaviour=3", "status=3", "nurse=ANNA").strip()
    rated = [one for one in world.json("anna", "record", "list", "rating", patient)["records"] if one["id"] == rating]
    check(rated[0]["problem"] == problem[:12] and rated[0]["nurse"] == person_of(world, "anna")[:12], f"{rated}")
    world.run("anna", "rating", "add", patient, f"problem={problem[:3]}", "knowledge=3", "behaviour=3", "status=3", expect=lib.INVALID)
    world.run("anna", "rating", "add", patient, "problem=ffffffff", "knowledge=3", "behaviour=3", "status=3", expect=lib.INVALID)
    # a visit that runs can be ended: what it refers to is looked at when it begins
    world.run("anna", "visit", "start", patient, f"done={'ab' * 6}", expect=lib.INVALID, says="there is no such thing here")
    world.run("anna", "visit", "start", patient, "start=2026-03-07 08:00")
    world.run("anna", "visit", "stop", f"done={'ab' * 6}", "end=2026-03-07 08:20", expect=lib.INVALID, says="Interventions done")
    world.run("anna", "visit", "stop", "end=2026-03-07 08:20")
    thread = world.run("anna", "record", "add", "thread", "subject=Planning").strip()
    world.run("anna", "record", "add", "message", thread, "body=Qui peut samedi ?")
    world.run("anna", "record", "list", "message", thread, says="Qui peut samedi ?")
    world.run("anna", "record", "list", "thread", says="Planning")
    world.run("anna", "patient", "show", patient, says="PB24")
    world.run("anna", "omaha", "history", patient, says="knowledge 2 → 4 (+2; since the last time +1)")


# ---- Several devices ----

def at_once(world, anna, bea, records, kinds):
    """Two change one field of one record without knowing of each other: both values stay, and of those that matter somebody is asked."""
    there = Records(kinds, asker(ask, bea), CANARY)
    there.ids = dict(records.ids)
    seen = 0
    for kind in kinds.typed():
        if kind["shape"] == "event" or kind["name"] == "person":
            continue
        for field in kind["fields"]:
            if field["type"] != "text" or field.get("rule") or field["class"] == "narrative":
                continue
            one, two = (one.change(kind, **{field["name"]: word}, reason="dit autrement") for one, word in ((records, "a"), (there, "b")))
            check(one[0] == 200 and two[0] == 200, f"{kind['name']}.{field['name']}: {one} {two}")
    world.run("bea", "peer", "add", f"127.0.0.1:{anna.port}")
    until(lambda: world.json("anna", "status")["peers"] and level(world, "anna") and level(world, "bea"), "they met")
    for kind in kinds.typed():
        if kind["shape"] == "event" or kind["name"] == "person":
            continue
        shown = records.shown(kind)
        check({k: v for k, v in shown.items() if k != "seen"} == {k: v for k, v in there.shown(kind).items() if k != "seen"}, f"{kind['name']}: the same on both")
        for field in kind["fields"]:
            if field["type"] != "text" or field.get("rule") or field["class"] == "narrative":
                continue
            both = shown["concurrent"][field["name"]]
            check(sorted(one["value"] for one in both["values"]) == ["a", "b"], f"{kind['name']}.{field['name']}: both stay: {both}")
            check(both["conflict"] == (field["class"] == "safety"), f"{kind['name']}.{field['name']}: {both}")
            seen += 1
    check(seen > 20, f"{seen} fields")


def redacted(world, patient, facilitator, ask_one):
    """A case that is made of a dossier with every kind of record holds no word of it."""
    until_day = (today() + datetime.timedelta(days=30)).isoformat()
    case = world.run("anna", "case", "share", patient, "--to", facilitator[:8], "--until", until_day, "--consent", "oral").strip()
    until(lambda: [one["id"] for one in world.json("facilitator", "case", "list")["cases"]] == [case], "the case is there")
    held = world.run("facilitator", "case", "show", case) + world.run("facilitator", "dump")
    check(CANARY not in held, "and names nothing")
    # it is shown while the consent holds, which the requests for any kind do not ask
    for path in ("/api/records/case", "/api/records/caseProblem", f"/api/records/caseProblem?in={case}", f"/api/history/{case}"):
        check(ask_one("GET", path)[0] == 404, f"no other way to it: {path}")


def roles(world, anna, records, kinds):
    """Each role reads and writes what the table of roles says for the compartment of each kind, of the dossiers it is given."""
    hidden = world.run("anna", "patient", "add", "lastName=Gardé", "firstName=Deux").strip()
    later = (today() + datetime.timedelta(days=300)).isoformat()
    for role, words in (("locum", ("--until", later)), ("reader", ()), ("facilitator", ())):
        join(world, "anna", anna, role, "--role", role, *words)
        program = world.start(role, "--peer", f"127.0.0.1:{anna.port}")
        if role == "locum":
            world.run("anna", "share", records.ids["patient"], person_of(world, role)[:8])
        since = Records(kinds, records.ask, "x")  # a locum is given nothing of the team from before
        since.ids["patient"] = records.ids["patient"]
        for kind in kinds.typed():
            if kinds.per(kind) != "patient" and kind["name"] not in since.ids:
                since.add(kind)
        who = person_of(world, role)
        until(lambda who=who: level(world, "anna", who), f"{role} has what it is given")
        there = Records(Kinds(asker(ask, program), person_of(world, role)), asker(ask, program), "x")
        there.ids.update({**records.ids, **since.ids, "person": person_of(world, role)})
        if role in ("locum", "reader"):
            until(lambda there=there: there.shown(kinds.by_name["alert"]) is not None, "the dossier came")
        for kind in kinds.typed():
            if kind["name"] == "person":
                continue
            # what has a secret of its own is read by those who read every dossier; a locum has those that are shared
            document = kinds.documents[kind["document"]]
            mine = document["per"] != "person" and (role == "reader" or not document["hasDossierKey"] or role == "locum" and document["per"] == "patient")
            reads = role in kind["readers"] and mine
            if kinds.per(kind) != "person":
                if reads:
                    until(lambda kind=kind: there.shown(kind), f"{role} reads {kind['name']}")
                check((there.shown(kind) is not None) == reads, f"{role} and {kind['name']}: reads {not reads}")
            status, reply = there.ask("POST", f"/api/records/{kind['name']}{there.place(kind)}", there.body(kind))
            if role in kind["writers"] and mine:
                check(status in SAVED, f"{role} writes {kind['name']}: {status} {reply}")
            elif role not in kind["writers"]:
                check(status in (403, 404), f"{role} does not write {kind['name']}: {status} {reply}")
        if role == "facilitator":
            redacted(world, records.ids["patient"], who, there.ask)
        check(there.ask("GET", f"/api/records/alert?in={hidden}", None)[0] == (200 if role == "reader" else 404), f"{role} and another patient")
        world.end(program)


def erased(world, anna, bea, records):
    """Every kind stood in the dossier, with a canary in each text: nothing of it is on either device afterwards."""
    patient = records.ids["patient"]
    where = [world.root / who for who in ("anna", "bea")]

    def found(directory):
        return subprocess.run([SEARCH, str(directory), str(world.secret), patient, CANARY], stdout=subprocess.PIPE, text=True, timeout=60)

    refusal = world.attempt("anna", "patient", "erase", patient, "--reason", "request", stdin="non\n")
    expected = refusal.stderr.split("type: ")[1].splitlines()[0]
    world.run("anna", "patient", "erase", patient, "--reason", "request", "--confirm", expected)
    devices = {world.json(who, "status")["device"] for who in ("anna", "bea")}

    def confirmed():
        rows = [row for one in world.json("anna", "erasures")["erasures"] for row in one["devices"]]
        return devices <= {row["device"] for row in rows if row["state"] == "confirmed"}
    until(confirmed, "both have erased it")
    check(records.ask("GET", f"/api/records/alert?in={patient}", None)[0] == 404, "it is gone")
    world.end(anna)
    world.end(bea)
    for directory in where:
        for path in directory.rglob("*"):
            check(not path.is_file() or CANARY.encode() not in path.read_bytes(), f"{path.name} holds the canary")
        done = found(directory)
        check(done.returncode == 0 and "found 0" in done.stdout, f"{directory.name}: {done.stdout}")


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        world.run("anna", "billing", "designate")
        anna = world.start("anna")
        ask_anna = asker(ask, anna)
        kinds = Kinds(ask_anna, person_of(world, "anna"))
        records = Records(kinds, ask_anna, CANARY)
        saved_and_shown(records, kinds)
        join(world, "anna", anna, "bea")
        refused(records, kinds)
        changed(records, kinds)
        rules(records)
        followed = Followed(world, ask_anna, world.run("anna", "patient", "add", "lastName=Suivie", "firstName=Une").strip())
        followed.medication()
        followed.measures()
        catalogue(world, anna, ask_anna)
        command_line(world, records.ids["patient"])
        bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
        until(lambda: world.json("bea", "status")["peers"] and level(world, "anna"), "Béa has all of it")
        world.end(bea)
        world.end(anna)
        anna, bea = world.start("anna"), world.start("bea")
        records.ask = asker(ask, anna)
        at_once(world, anna, bea, records, kinds)
        roles(world, anna, records, kinds)
        erased(world, anna, bea, records)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
