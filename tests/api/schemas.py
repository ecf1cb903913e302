#!/usr/bin/env python3
"""Two versions of the schema in one team: they converge, nothing is lost by the older one, and an update shows what it passed over.

Usage: schemas.py RELEVE OLDER. Real processes on loopback; programs say when they are ready.
"""
import json
import sys

sys.dont_write_bytecode = True
import world as lib
from story import ask, wait_for
from world import INVALID, USAGE, World, check

NEW, OLD = sys.argv[1], sys.argv[2]


def records(world, who):
    """Every record of every document, in an order that does not depend on the device."""
    lines = []
    for line in world.run(who, "dump").splitlines():
        document = json.loads(line)
        for record in document["records"]:
            record.pop("seen", None)
            lines.append(json.dumps([document["document"], document["id"], record], sort_keys=True))
    return sorted(lines)


def use(program):
    lib.RELEVE = program


def main():
    world = World()
    try:
        use(NEW)
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        patient = world.run("anna", "patient", "add", "lastName=Lefèvre", "firstName=Zoé", "allergies=latex",
                            "doctor=Dr Le Goff").strip()
        problem = world.run("anna", "problem", "add", patient, "code=38", "severity=actual", "name=Peau").strip()
        world.run("anna", "plan", "add", patient, f"problem={problem}", "category=treatment", "target=pansement")
        world.run("anna", "visit", "add", patient, "start=2026-03-05T08:00:00+01:00", "end=2026-03-05T08:45:00+01:00")
        world.run("anna", "time", "add", "start=2026-03-05T10:00:00+01:00", "end=2026-03-05T11:00:00+01:00",
                  "activity=meeting")
        # kinds, documents, fields and sets that the older table does not list
        world.run("anna", "problem", "edit", patient, problem, "signCodes=SS3801,SS3802")
        world.run("anna", "record", "add", "alert", patient, "type=allergy", "what=latex", "severity=severe")
        world.run("anna", "record", "add", "transmission", patient, "code=PB38", "data=Refuse la douche", "urgency=important")
        thread = world.run("anna", "record", "add", "thread", "subject=Samedi").strip()
        world.run("anna", "record", "add", "message", thread, "body=Qui peut ?")
        world.run("anna", "record", "add", "practiceEvent", "type=sharing", "minutes=90")
        anna = world.start("anna")
        invitation = world.run("anna", "invite", "--no-qr").strip()

        use(OLD)
        world.run("bea", "init", "--cheap-key")
        world.run("bea", "join", "Béa", f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
        shown = world.json("bea", "patient", "show", patient)
        check(shown["allergies"] == "latex" and "27" in shown["unknown"], f"an unknown field is shown as unknown: {shown}")
        # what the older table calls ordinary goes without a reason there, and counts here as it was signed
        world.run("bea", "patient", "edit", patient, "allergies=", "phone=0240", "history=HTA. Diabète.")
        world.run("bea", "patient", "edit", patient, "doctor=X", expect=USAGE)
        world.run("bea", "problem", "add", patient, "code=24", "severity=potential", "name=Chutes")
        bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")

        use(NEW)
        wait_for(anna, lambda: world.json("anna", "patient", "show", patient).get("phone") == "0240")
        shown = world.json("anna", "patient", "show", patient)
        check("allergies" not in shown and shown["doctor"] == "Dr Le Goff", f"one state on both: {shown}")
        changes = world.json("anna", "history", patient, "--field", "allergies")["changes"]
        check(changes[0]["fr"] == "Béa a retiré « Allergies » : latex — sans motif", changes[0]["fr"])
        # what is a register there is the text here, carried over by the first edit; what it writes later stands behind
        check(shown["history"] == "HTA. Diabète." and "concurrent" not in shown, f"an older value is the text: {shown}")
        world.run("anna", "patient", "edit", patient, "history=HTA. Diabète de type 2.")
        world.run("anna", "patient", "edit", patient, "allergies=latex")
        world.run("anna", "patient", "edit", patient, "allergies=", expect=INVALID, says="reason")
        wait_for(bea, lambda: json.loads(ask(bea, "GET", f"/api/patients/{patient}")[1]).get("allergies") == "latex")
        old = json.loads(ask(bea, "GET", f"/api/patients/{patient}")[1])
        check("history" not in old, f"the older version shows nothing of a text: {old}")
        check(ask(bea, "PATCH", f"/api/patients/{patient}", '{"history":"Fracture."}')[0] == 200, "it writes as before")
        wait_for(anna, lambda: "Fracture" in world.json("anna", "patient", "show", patient)["history"])
        check(world.json("anna", "patient", "show", patient)["history"] == "HTA. Diabète de type 2.\nFracture.", "both are shown")
        world.run("anna", "patient", "edit", patient, "history=HTA. Diabète de type 2. Fracture.")
        wait_for(bea, lambda: "history" not in json.loads(ask(bea, "GET", f"/api/patients/{patient}")[1]))
        history = json.loads(ask(bea, "GET", f"/api/history/{patient}?limit=500")[1])
        check(any("champ n° 2.27" in c["fr"] for c in history["changes"]), "fields of a later version have a history too")
        world.end(bea)
        world.end(anna)

        # the update: what the older version passed over is there, and both hold the same
        check(records(world, "bea") == records(world, "anna"), "both devices hold the same records")
        kinds = {json.loads(line)[2]["kind"] for line in records(world, "bea")}
        check({"patient", "problem", "intervention", "visit", "timeEntry", "alert", "transmission", "message", "practiceEvent"} <= kinds, f"all kinds are there: {kinds}")
        check(world.run("bea", "visit", "list", "--day", "2026-03-05").count("2026-03-05") >= 1, "the visit is in its day")
        check(world.json("bea", "patient", "show", patient)["history"] == "HTA. Diabète de type 2. Fracture.", "the text was kept")
        world.run("bea", "problem", "edit", patient, problem, "signCodes=SS3801,SS3803")
        signs = world.json("bea", "record", "list", "problem", patient)["records"]
        check([one["signCodes"] for one in signs if one["id"] == problem] == [["SS3801", "SS3803"]], f"a set goes on: {signs}")
        world.run("bea", "problem", "edit", patient, problem, "signCodes=SS3801,SS3802")
        # and back: the older version opens what the newer wrote
        use(OLD)
        check(world.json("bea", "patient", "show", patient)["allergies"] == "latex", "the older program reads on")
        use(NEW)
        check(records(world, "bea") == records(world, "anna"), "and nothing was lost by it")
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


main()
