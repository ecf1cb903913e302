#!/usr/bin/env python3
"""What an imported history asks of a nurse: little, until somebody sees the patient again. Real programs on loopback. Usage: work.py RELEVE GENERATOR SEARCH."""
import subprocess

import world as lib
from visits import Device
from world import GENERATOR, World, check

PATIENTS = 120  # more digests than a request makes at once: it waits for them


def import_history(world, anna):
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", str(PATIENTS), "--visits", "1500", "--nurses", "3"], check=True, stdout=subprocess.DEVNULL)
    world.run("anna", "import", str(world.root / "team-00.ndjson"))
    rows = anna.want(200, "GET", "/api/patients?limit=200")
    check(rows["total"] == PATIENTS, f"whoever asks at once sees all of them: {rows['total']}")
    return [row["id"] for row in rows["patients"]]


def counts(anna):
    return lib.until(lambda: anna.want(200, "GET", "/api/status")["work"], "the counts of work")


def nearly_everything_rests(world, anna):
    now = counts(anna)
    awake = now["now"] + now["soon"] + now["note"]
    check(awake < PATIENTS / 4 and now["resting"] > PATIENTS, f"of visits that were years ago: {now}")
    check(counts(anna) == now, "the same again")
    work = anna.want(200, "GET", "/api/work?limit=2000")
    check(work["total"] == awake and work["resting"] == now["resting"], f"{work}")
    for item in work["items"]:
        visits = anna.want(200, "GET", f"/api/patients/{item['patient']['id']}/visit?limit=1")
        check(not visits["records"], f"of patients whom nobody visited yet nothing rests: {item}")
    said = world.run("anna", "work")
    check(f"{now['resting']} of patients whom nobody has seen" in said, said)
    return awake, now["resting"]


def all_of_it_is_there(world, anna, awake, rested):
    work = anna.want(200, "GET", "/api/work?all=1&limit=2000")
    check(len(work["items"]) == work["total"] == awake + rested and work["resting"] == 0, f"{work['total']}, {rested}")
    check(sum("resting" in item for item in work["items"]) == rested, "each says that it rests")
    for group in work["groups"]:
        items = [item for item in work["items"] if item["type"] == group["type"]]
        check(all(sum(item["urgency"] == one for item in items) == group[one] for one in ("now", "soon", "note")), f"{group}")
    few = anna.want(200, "GET", "/api/work?all=1&each=2&limit=2000")
    check(few["groups"] == work["groups"] and few["total"] == awake + rested, "groups and total count all")
    for group in few["groups"]:
        shown = [item["id"] for item in few["items"] if item["type"] == group["type"]]
        check(shown == [item["id"] for item in work["items"] if item["type"] == group["type"]][:2], f"the most urgent two: {group}")
    said = world.run("anna", "work", "--all")
    check(len([line for line in said.splitlines() if "to be assessed again on" in line]) == PATIENTS, said)
    check("more:" not in said, "nothing is left out")


def reassessed(world):
    return len(world.json("anna", "work", "--type", "reassess")["items"])


def a_visit_wakes_what_rests(world, anna, patients, awake, rested):
    resting = [one for one in patients if anna.want(200, "GET", f"/api/patients/{one}/visit?limit=1")["records"]][:13]
    of_patient = anna.want(200, "GET", f"/api/work?patient={resting[0]}")
    check(of_patient["total"] > 0 and all(item["resting"] for item in of_patient["items"]), f"of one patient all is shown: {of_patient}")
    before = reassessed(world)
    for place, patient in enumerate(resting):
        anna.want(201, "POST", f"/api/patients/{patient}/visits/start", {})
        anna.want(200, "POST", "/api/visits/stop", {})
        if place == 0:
            now = counts(anna)
            woken = now["now"] + now["soon"] + now["note"] - awake
            check(woken == of_patient["total"] and now["resting"] == rested - woken, f"counted at once: {now}, {of_patient['total']}")
    check(reassessed(world) == before + 13, "all of one type")
    said = world.run("anna", "work")
    check(f"{before + 3} more: Problems to be assessed again" in said and "--all --type reassess" in said, said)
    check(len([line for line in said.splitlines() if "to be assessed again on" in line]) == 10, said)
    now = counts(anna)
    anna.kill()
    check(counts(anna) == now and reassessed(world) == before + 13, "the same after a crash")


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        anna = Device(world, "anna")
        patients = import_history(world, anna)
        awake, rested = nearly_everything_rests(world, anna)
        all_of_it_is_there(world, anna, awake, rested)
        a_visit_wakes_what_rests(world, anna, patients, awake, rested)
        anna.end()
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
