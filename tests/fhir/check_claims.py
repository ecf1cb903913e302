#!/usr/bin/env python3
"""Both validators accept the bills of made-up lots, with and without names, and each finds what was broken on purpose; no bill says anything clinical.

Usage: check_claims.py MAKE_LOTS. Exit code 77, skipped: only where tools/deps said that it could not install the validators.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from check import HERE, SKIPPED, check, first, validate

RESOURCES = {"Basic", "Claim", "Coverage", "Organization", "Patient", "Practitioner"}


def made(program, *words):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder, *words], check=True)
        return {path.name: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.fhir.json"))}


def resources(bundle, kind):
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def look(bundle, named):
    """What DOMAIN says of a bill: a Claim per patient; minutes at 53.94 EUR an hour; credits cite."""
    check({entry["resource"]["resourceType"] for entry in bundle["entry"]} == RESOURCES, "a bill holds what belongs to a bill alone")
    claims, patients = resources(bundle, "Claim"), resources(bundle, "Patient")
    check(len(claims) == len(patients) > 0 and len({claim["patient"]["reference"] for claim in claims}) == len(claims), "a claim per patient")
    for claim in claims:
        for item in claim["item"]:
            check(item["quantity"]["code"] == "min" and item["unitPrice"]["value"] in (53.94, 54.01) and abs(item["factor"] * 60 - 1) < 1e-12, f"minutes at an hour's price: {item}")
            credit = any(one["url"].endswith(":kind") and one["valueCode"] == "credit" for one in item["extension"])
            check(credit == (item["net"]["value"] < 0) and (not credit or claim["related"]), "a credit cites what it credits")
        check(round(claim["total"]["value"] * 100) == sum(round(item["net"]["value"] * 100) for item in claim["item"]), "the total is the sum")
    text = json.dumps(bundle, ensure_ascii=False)
    check("Canari" not in text and "269054958815780" not in text, "nothing clinical, and no number that no service qualified")
    check(("Morvan" in text and "D'Arc <b>" in text) == named and ("10102727017" in text) == named, "who they are stands there when it was asked for")


def main(program):
    plain, named = made(program), made(program, "names")
    check(plain == made(program), "the same lot, the same file")
    for bundles, has_names in ((plain, False), (named, True)):
        for bundle in bundles.values():
            look(bundle, has_names)
    good = [plain[name] for name in ("visit-half-up-april.fhir.json", "patient-month-half-even-march.fhir.json", "patient-month-half-up-april-patient.fhir.json")]
    good += [named[name] for name in ("visit-half-even-april.fhir.json", "patient-month-half-up-march-patient.fhir.json")]
    broken = copy.deepcopy(good[0])
    first(broken, "Claim")["status"] = "sent"  # no code of its list
    first(broken, "Coverage")["beneficiary"]["reference"] = "urn:uuid:00000000-0000-0000-0000-000000000000"  # leads nowhere
    del resources(broken, "Claim")[1]["insurance"]
    resources(broken, "Claim")[2]["item"][0]["minutes"] = 15  # no such member
    *lines, found = validate(*good, broken)
    check(not any(lines), "both validators accept them:\n" + "\n".join(line for one in lines for line in one[:10]))
    found = "\n".join(found)
    for said in ("fhir: ", "medplum: ", "references: ", "Claim.status", "Claim.insurance", "minutes"):
        check(said in found, f"{said} is missing among what is wrong with the broken one:\n{found}")
    print(f"{sum(len(bundle['entry']) for bundle in good)} resources of {len(good)} bills: accepted; 4 faults found")


if __name__ == "__main__":
    if not (HERE / "node_modules" / "fhir").is_dir():
        said = HERE / "validators-missing"
        if said.exists():
            print("skipped: " + said.read_text().strip())
            sys.exit(SKIPPED)
        raise SystemExit("FAILED: the validators are not installed: run tools/deps --install")
    main(sys.argv[1])
