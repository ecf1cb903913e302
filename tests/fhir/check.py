#!/usr/bin/env python3
"""Both validators accept a bundle with every kind of record, and each finds what was broken on purpose.

Usage: check.py MAKE_BUNDLE. Exit code 77, skipped: only where tools/deps said that it could not install the validators.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
RESOURCES = {"AllergyIntolerance", "Basic", "CarePlan", "CareTeam", "Communication", "Condition", "Consent", "Coverage", "DocumentReference", "Encounter", "Flag", "Goal",
             "MedicationAdministration", "MedicationRequest", "Observation", "Organization", "Patient", "Practitioner", "Provenance", "RelatedPerson", "ServiceRequest"}


def check(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def validate(*bundles):
    """What is wrong with each of them, as lines."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, bundle in enumerate(bundles):
            paths.append(pathlib.Path(folder) / f"{i}.json")
            paths[-1].write_text(json.dumps(bundle))
        done = subprocess.run(["node", str(HERE / "validate.js"), *map(str, paths)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    check(done.returncode in (0, 1) and not done.stderr, f"the validators run: {done.stderr}")
    check((done.returncode == 1) == bool(done.stdout), "what is wrong is named")
    return [[line.split(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith(f"{i}.json: ")] for i in range(len(bundles))]


def first(bundle, kind):
    return next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind)


def main(make_bundle):
    made = subprocess.run([make_bundle], stdout=subprocess.PIPE, check=True).stdout
    check(made == subprocess.run([make_bundle], stdout=subprocess.PIPE, check=True).stdout, "the same records, the same bytes")
    bundle = json.loads(made)
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    check(kinds == RESOURCES, f"every kind of resource is there: {kinds ^ RESOURCES}")

    broken = copy.deepcopy(bundle)
    first(broken, "Encounter")["status"] = "over"  # no code of its list
    first(broken, "Observation")["subject"]["reference"] = "urn:uuid:00000000-0000-0000-0000-000000000000"  # leads nowhere
    first(broken, "Condition")["subject"] = first(broken, "Observation")["performer"][0]  # no patient
    broken["entry"].append(copy.deepcopy(broken["entry"][-1]))  # an invariant: each fullUrl once
    del first(broken, "Goal")["description"]
    lines, found = validate(bundle, broken)
    check(not lines, "both validators accept it:\n" + "\n".join(lines[:20]))
    found = "\n".join(found)
    for said in ("fhir: ", "medplum: ", "references: ", "Encounter.status", "bdl-7", "Goal.description", ".resource.subject: Invalid reference"):
        check(said in found, f"{said} is missing among what is wrong with the broken one:\n{found}")
    print(f"{len(bundle['entry'])} resources of {len(kinds)} types: accepted; 5 faults found")


if __name__ == "__main__":
    if not (HERE / "node_modules" / "fhir").is_dir():
        said = HERE / "validators-missing"
        if said.exists():
            print("skipped: " + said.read_text().strip())
            sys.exit(SKIPPED)
        raise SystemExit("FAILED: the validators are not installed: run tools/deps --install")
    main(sys.argv[1])
