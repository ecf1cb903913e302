#!/usr/bin/env python3
"""The Omaha System as C tables: table.py omaha.json OUT.c (node/omaha/README.md)."""
import json
import pathlib
import sys
import unicodedata


def text(value):
    """A C string; NULL when there is none."""
    return json.dumps(value, ensure_ascii=False).replace("??", '?""?') if value else "NULL"


def label(item):
    return "{" + text(item.get("fr")) + ", " + text(item.get("en")) + "}"


def folded(value):
    """Letters without case and accents: what words are searched in."""
    parts = unicodedata.normalize("NFKD", value.replace("œ", "oe").replace("Œ", "oe").replace("’", "'"))
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def term(kind, code, item, retired=False):
    words = "\n".join(folded(part) for part in (item.get("fr"), item.get("en")) if part)
    definition = label(item.get("definition") or {})
    return (f"\t{{OMAHA_{kind}, {int(code)}, {int(retired)}, {int(bool(item.get('other')))}, {int(item.get('domain', 0))},\n"
            f"\t\t{label(item)},\n\t\t{definition},\n\t\t{text(words)}}},\n")


def table(name, rows):
    return f"const struct omaha_term omaha_{name}[] = {{\n{''.join(rows)}}};\nconst uint32_t omaha_{name}_count = {len(rows)};\n\n"


def retired(data, name):
    return [(code, {"en": english}) for code, english in data["retired"][name].items()]


def problems(data):
    for domain in data["domains"]:
        for problem in domain["problems"]:
            yield problem["code"], {**problem, "domain": domain["code"]}


def signs(data):
    for _, problem in problems(data):
        for sign in problem["signsSymptoms"]:
            yield sign["id"], sign


def rows(kind, current, old):
    """By code; the retired ones among them, since they are found in the same way."""
    every = [(int(code), term(kind, code, item)) for code, item in current]
    every += [(int(code), term(kind, code, item, True)) for code, item in old]
    return [row for _, row in sorted(every)]


# What the schema calls them (node/schema), by label: sources number categories differently.
NAMES = {
    "Teaching, Guidance, and Counseling": "teaching", "Treatments and Procedures": "treatment",
    "Case Management": "case-management", "Surveillance": "surveillance", "Environmental": "environmental",
    "Psychosocial": "psychosocial", "Physiological": "physiological", "Health-related Behaviors": "behaviours",
    "Individual": "individual", "Family": "family", "Community": "community", "Actual": "actual",
    "Potential": "potential", "Health Promotion": "promotion",
}


def listed(name, items):
    return f"const struct omaha_item omaha_{name}[] = {{\n" + "".join(
        f"\t{{{text(NAMES[item['en']])}, {label(item)}, {label(item.get('definition') or {})}}},\n" for item in items) + "\t{0}};\n\n"


def scales(data):
    out = "const struct omaha_scale omaha_scales[] = {\n"
    for scale in data["problemRatingScale"]:
        levels = sorted(scale["scale"], key=lambda level: level["score"])
        if [level["score"] for level in levels] != [1, 2, 3, 4, 5]:
            raise SystemExit(f"{scale['key']}: the scale is not 1 to 5")
        out += f"\t{{{text(scale['key'])}, {label(scale)}, {label(scale['definition'])},\n\t\t{{{', '.join(map(label, levels))}}}}},\n"
    return out + "\t{0}};\n\n"


def main():
    data = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    meta = data["meta"]
    targets = [(item["code"], {**item, "other": item["en"] == "other"}) for item in data["interventionTargets"]]
    out = '/* Written by node/omaha/table.py. */\n#include "node/omaha/omaha_table.h"\n\n'
    out += table("problems", rows("PROBLEM", problems(data), retired(data, "problems")))
    out += table("signs", rows("SIGN", signs(data), retired(data, "signsSymptoms")))
    out += table("targets", rows("TARGET", targets, retired(data, "targets")))
    out += listed("domains", data["domains"])
    out += listed("categories", data["interventionCategories"])
    out += listed("scopes", data["modifiers"]["scope"])
    out += listed("severities", data["modifiers"]["severity"])
    out += scales(data)
    out += f"const char *const omaha_title = {text(meta['title'])};\nconst char *const omaha_system = {text(meta['codeSystem'])};\n"
    out += f"const char *const omaha_oid = {text(meta['oid'])};\n"
    pathlib.Path(sys.argv[2]).write_text(out, encoding="utf-8")


main()
