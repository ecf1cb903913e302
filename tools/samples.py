#!/usr/bin/env python3
"""Turns generated records into what entry bodies hold, for releve-train: samples.py TEAM.ndjson... > SAMPLES

Reads the NDJSON of releve-gen; writes changes (crdt/README.md, section 3) with the numbers of the schema, each after its length in 4
bytes, little-endian. Ids are hashes of the generated ones: as random as real ids, and the same every time. A sample stands for
how often its kind is written, so nothing is weighted.
"""
import datetime
import hashlib
import json
import struct
import sys

DOSSIER, DIRECTORY = 1, 2
PERSON, PATIENT, PROBLEM, INTERVENTION, RATING, VISIT = 1, 2, 3, 4, 5, 6
PERSON_FIELDS = {"lastName": 1, "firstName": 2, "rpps": 3, "phone": 4}
PATIENT_FIELDS = {"lastName": 1, "firstName": 2, "birthName": 3, "sex": 4, "birthDate": 5, "birthPlace": 6, "nir": 8,
                  "allergies": 13, "civility": 14, "street": 16, "complement": 17, "postcode": 18, "town": 19, "doorCode": 20,
                  "phone": 21, "mobile": 22, "email": 23, "contactName": 24, "contactLink": 25, "contactPhone": 26, "doctor": 27,
                  "doctorPhone": 28, "pharmacy": 29, "insurer": 30, "gir": 31, "lives": 32, "keys": 33, "history": 34}
PROBLEM_FIELDS = {"code": 1, "name": 2, "domain": 3, "actual": 4, "signs": 5}
SEX = {"F": 1, "M": 2, "I": 3}
DOMAIN = {"environnemental": 1, "psychosocial": 2, "physiologique": 3, "comportements de santé": 4}
CATEGORY = {"enseignement, conseils": 1, "traitements et procédures": 2, "gestion de cas": 3,
            "surveillance": 4}
VITALS = {"sys": (1, 1), "dia": (2, 1), "pulse": (3, 1), "temp": (4, 10), "spo2": (5, 1), "gluc": (6, 100), "pain": (7, 1),
          "kg": (8, 10)}
PLACE = {"domicile": 1, "cabinet": 2, "résidence autonomie": 3, "chez la fille": 4, "EHPAD": 5, "téléconsultation": 6}


def head(value, short, short_max, wide):
    """The first bytes of a counted value: in one byte with `short`, or by the narrowest of `wide`, (code, bytes) ascending."""
    if value <= short_max:
        return bytes([short | value])
    for code, size in wide:
        if value < 1 << (8 * size):
            return bytes([code]) + value.to_bytes(size, "big")
    raise ValueError(value)


def pack(value):
    """Canonical MessagePack."""
    if isinstance(value, int):
        if value < 0:
            return struct.pack("b", value) if value >= -32 else b"\xd1" + struct.pack(">h", value) if value >= -32768 \
                else b"\xd2" + struct.pack(">i", value)
        return head(value, 0, 127, [(0xcc, 1), (0xcd, 2), (0xce, 4), (0xcf, 8)])
    if isinstance(value, str):
        data = value.encode()
        return head(len(data), 0xa0, 31, [(0xd9, 1), (0xda, 2), (0xdb, 4)]) + data
    if isinstance(value, bytes):
        return head(len(value), 0, -1, [(0xc4, 1), (0xc5, 2), (0xc6, 4)]) + value
    if isinstance(value, list):
        return head(len(value), 0x90, 15, [(0xdc, 2), (0xdd, 4)]) + b"".join(map(pack, value))
    if isinstance(value, dict):
        rows = sorted((pack(key), pack(item)) for key, item in value.items())
        return head(len(rows), 0x80, 15, [(0xde, 2), (0xdf, 4)]) + b"".join(key + item for key, item in rows)
    raise TypeError(value)


def record_id(text, size=16):
    return hashlib.sha256(b"sample " + text.encode()).digest()[:size]


def sets(path, values):
    return [[1, path + [field], value] for field, value in values if value != ""]


def days(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def patient(record):
    values = dict(record, sex=SEX[record["sex"]], birthDate=days(record["birthDate"]))
    return sets([PATIENT], [(field, values[name]) for name, field in PATIENT_FIELDS.items()])


def intervention(problem, item):
    values = [(1, record_id(problem, 6)), (2, CATEGORY[item["cat"]]), (3, item["target"]), (6, item["how"]), (8, 1)]
    return sets([INTERVENTION, record_id(item["id"])], values)


def rating(record, problem):
    return [[8, RATING, record_id("rating " + record["id"]), {1: record_id(problem, 6), 2: record["k"], 3: record["b"],
             4: record["s"], 10: record_id("nurse %d" % record["by"], 6), 11: record["at"]}]]


def problem(record):
    values = dict(record, domain=DOMAIN[record["domain"]], actual=1 if record["actual"] == "réel" else 2)
    ops = sets([PROBLEM, record_id(record["id"])], [(field, values[name]) for name, field in PROBLEM_FIELDS.items()] + [(7, 1)])
    for item in record["interventions"]:
        ops += intervention(record["id"], item)
    return ops + rating(record, record["id"])


def visit(record):
    fields = {1: record["start"], 2: (record["end"] - record["start"]) // 60, 5: record_id("nurse %d" % record["by"], 6)}
    place = PLACE[record["place"]]
    if place != 1:
        fields[3] = place
    if place == 4:
        fields[4] = record["place"]
    if record["done"]:
        fields[8] = b"".join(record_id(item, 6) for item in record["done"])
    if record["vitals"]:
        fields[9] = {VITALS[name][0]: round(value * VITALS[name][1]) for name, value in record["vitals"].items()}
    fields[10] = record["note"]
    return [[8, VISIT, record_id(record["id"]), fields]]


def change(record):
    kind = record["t"]
    if kind == "nurse":
        values = [(field, record[name]) for name, field in PERSON_FIELDS.items()]
        return [1, DIRECTORY, record_id("directory"), sets([PERSON, record_id("nurse %d" % record["by"])], values)]
    if kind == "patient":
        return [1, DOSSIER, record_id(record["id"]), patient(record)]
    ops = {"problem": lambda: problem(record), "eval": lambda: rating(record, record["problem"]),
           "visit": lambda: visit(record), "addint": lambda: intervention(record["problem"], record["int"]),
           "set": lambda: [[1, [PATIENT, PATIENT_FIELDS[record["field"]]], record["value"], [1, 1 + record["at"] % 4000, 2]]]}
    return [1, DOSSIER, record_id(record["patient"]), ops[kind]()]


def main(paths):
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                body = pack(change(json.loads(line)))
                sys.stdout.buffer.write(len(body).to_bytes(4, "little") + body)


main(sys.argv[1:])
