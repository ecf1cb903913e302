#!/usr/bin/env python3
"""Handlers ask which files are a patient's (node/api_patients.h): who looks at one dossier alone stands here, with the reason.

A new reader that takes one dossier from a path, or lists the records of one document, shows half of a patient whose files were joined. It calls api_group_or_reply(),
api_group_parts() or another function of api_patients.h instead.
"""
import pathlib
import re
import sys

# function -> {file: why it may name or read one file}
ALONE = {
    r"api_patient_(or_reply|id|named_or_reply)": {
        "api_node.c": "it is made there",
        "api_records.c": "it is made there",
        "api_joined.c": "the group begins with the file that is named",
        "api_links.c": "a decision is about two files",
        "api_history.c": "the past of one document; each file has its own",
        "api_erase.c": "files are erased one by one, and the others are named",
        "api_case.c": "a case is made of one file, and the others are named",
        "api_share.c": "files_meant() takes all of them",
        "api_access.c": "minutes and threads are tried behind it; then its group is taken",
        "api_round_write.c": "api_round_of_patient() takes all of them",
        "api_taking.c": "into which file: then its group is taken",
        "api_care.c": "takes what a request names; then its group is taken",
        "api_statement.c": "a bill stays with the file that it was billed for",
    },
    r"api_parts_json": {
        "api_records.c": "it is made there, and the dump is of every document",
        "api_joined.c": "file by file of a group",
        "api_kinds.c": "of documents that are no dossiers",
        "api_dossier.c": "file by file of a group",
        "api_case.c": "a case is made of one file, and the others are named",
        "api_directory.c": "of the directory",
        "api_evaluation.c": "of the team's practice",
        "api_statement.c": "of the directory",
        "api_survey_answers.c": "of a survey",
    },
}


def main(root):
    bad, seen = [], {name: set() for name in ALONE}
    for path in sorted(pathlib.Path(root).glob("node/api_*.c")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name, files in ALONE.items():
                if not re.search(rf"\b{name}\(", line):
                    continue
                seen[name].add(path.name)
                if path.name not in files:
                    bad.append(f"node/{path.name}:{number}: looks at one file of a patient: see node/api_patients.h")
    for name, files in ALONE.items():
        bad += [f"tests/lint/one_patient.py: {file} calls no {name} any more" for file in files if file not in seen[name]]
    print("\n".join(bad) if bad else f"{sum(map(len, seen.values()))} handlers look at one file, each for a reason")
    return 1 if bad or not all(seen.values()) else 0


sys.exit(main(sys.argv[1]))
