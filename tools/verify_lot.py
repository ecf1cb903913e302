#!/usr/bin/env python3
"""Recompute a closed month from its statement alone: CSV, JSON or a bundle of FHIR Claims.

Usage: verify_lot.py FILE...

Every amount is computed again from the visits' times under the rule that the file states, with integers and fractions; every total from the amounts. Of the JSON of a whole lot the
lot's bytes are written again, and their BLAKE2b hash is compared with the one that the file names. Shares no code with the program: it follows node/billing/README.md, sections 1,
4 and 6. What it cannot know: whether the visits took place, and whether the lot stands in the team's ledger; `releve billing verify FILE` on a nurse's device says that.

Exit codes: 0: everything agrees. 1: something differs; each difference is a line on standard output. 2: a file cannot be read, or is no such statement.
"""
import csv
import datetime
import hashlib
import io
import json
import sys
from fractions import Fraction

COLUMNS = ("row;line;kind;month;patient;visit;nurse;start;end;rate_cents_per_hour;rounded_per;ties;territory;amo_per_mille;cited_lot;cited_line;entry_hash;minutes;cents;euros;amo_cents;"
           "amc_cents;rule;tariff;min_minutes;least_minutes;doubled;doubled_per_mille;billed_milliminutes;co_nurse;is_doubled;weight_per_mille").split(";")
KINDS = {"normal": 1, "late": 2, "correction": 3, "credit": 4, "reinstate": 5}
UNITS = {"visit": 1, "patient-month": 2}
TIES = {"half-up": 1, "half-even": 2}
TARIFFS = {"all": 0, "self-employed": 1, "health-centre": 2}
DOUBLED = {"as-recorded": 0, "both": 1, "one": 2, "share": 3}
CITING = ("credit", "reinstate")
OWN = "urn:x-releve:"
ZEROS = b"0" * 64
MEMBERS = {
    "statement": {"format", "lot", "lotFormat", "previousLot", "lease", "word", "team", "month", "openingMonth", "ruleVersion", "territory", "holder", "fence", "heard", "known",
                  "frontier", "rates", "part", "lotTotals", "lines", "totals", "seal"},
    "line": {"line", "kind", "rule", "month", "patient", "rate", "amoPerMille", "minutes", "billedMilliminutes", "cents", "amoCents", "amcCents", "citedLot", "citedLine", "visits"},
    "visit": {"visit", "nurse", "start", "end", "minutes", "entryHash", "coNurse", "doubled", "weightPerMille"},
    "rate": {"id", "territory", "validFrom", "centsPerHour", "roundedPer", "ties", "amoPerMille", "amoAldPerMille", "tariff", "minMinutes", "leastMinutes", "doubled",
             "doubledPerMille"},
    "heard": {"device", "until", "untilMs"},
    "frontier": {"feed", "seq"},
    "totals": {"lines", "credits", "visits", "minutes", "billedMilliminutes", "cents", "amoCents", "amcCents"},
}
CLAIM_TYPES = {"Basic", "Organization", "Practitioner", "Patient", "Coverage", "Claim"}


class NoStatement(Exception):
    """The file is none."""


class Findings:
    def __init__(self):
        self.found = []
        self.notes = []

    def differ(self, where, what):
        self.found.append(f"{where}: {what}")

    def same(self, where, name, said, computed):
        if said != computed:
            self.differ(where, f"{name} is {said!r}, computed {computed!r}")


# ---- Arithmetic -----------------------------------------------------------------------------------------------------

def nearest(exact, ties):
    """A fraction that is not negative, to the nearest integer."""
    whole = exact.numerator // exact.denominator
    rest = exact - whole
    return whole + (rest > Fraction(1, 2) or rest == Fraction(1, 2) and (ties == "half-up" or whole % 2 == 1))


def minutes_between(start, end):
    return max(end // 60 - start // 60, 0)


def milli_of(visit, rate, rule, nurse=""):
    """What is paid for a visit, in thousandths of a minute; of two nurses the second has what is over 1,000 per mille."""
    minutes = minutes_between(visit["start"], visit["end"])
    if rule == 1:
        return minutes * 1000
    first, second = min(visit["weight"], 1000), max(visit["weight"] - 1000, 0)
    mine = first * (not nurse or visit["nurse"][:12] == nurse) + second * (not nurse or visit["co"][:12] == nurse)
    return max(minutes, rate["least"]) * mine


def month_number(text):
    year, month = text.split("-")
    if len(year) != 4 or len(month) != 2 or not 1 <= int(month) <= 12:
        raise ValueError(text)
    return (int(year) - 1970) * 12 + int(month) - 1


def moment(text):
    """Seconds since 1970 and the offset in minutes."""
    read = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(read.timestamp()), int(read.utcoffset().total_seconds()) // 60


def local_month(seconds, offset):
    there = datetime.datetime.fromtimestamp(seconds + offset * 60, datetime.timezone.utc)
    return (there.year - 1970) * 12 + there.month - 1


def count(value):
    """A number, or one that is too large for a double as a text of digits."""
    if isinstance(value, bool) or not isinstance(value, (int, str)) or isinstance(value, str) and not value.isdecimal():
        raise ValueError(value)
    return int(value)


# ---- Any statement: lines {where, kind, rule, month, patient, rate, amo, minutes, milli, cents, amoCents, amc, cited, visits} ----------

def check_line(findings, statement, line):
    where, rate, kind, nurse = line["where"], line["rate"], line["kind"], statement.get("nurse", "")
    if kind not in KINDS or rate["unit"] not in UNITS or rate["ties"] not in TIES or line["rule"] not in (1, 2):
        return findings.differ(where, "a kind, unit, rule for ties or rule version that does not exist")
    sign = -1 if kind == "credit" else 1
    if (line["cited"] is not None) != (kind in CITING):
        findings.differ(where, "credits and reinstatements cite a line, others do not")
    if kind == "normal" and line["month"] != statement["month"] or line["month"] > statement["month"] or kind == "late" and line["month"] == statement["month"]:
        findings.differ(where, "this kind of line is not of that month")
    if not line["visits"]:
        return findings.differ(where, "it has no visit")
    for visit in line["visits"]:
        minutes = minutes_between(visit["start"], visit["end"])
        findings.same(visit["where"], "minutes", visit["minutes"], minutes)
        if visit["milli"] is not None:
            findings.same(visit["where"], "billed milliminutes", visit["milli"], milli_of(visit, rate, line["rule"], nurse))
        if line["rule"] == 2 and minutes < rate["min"]:
            findings.differ(visit["where"], f"under the rate's minimum of {rate['min']} minutes")
        if local_month(visit["start"], visit["offset"]) != line["month"]:
            findings.differ(visit["where"], "it did not begin in the month of its line")
        if not 1 <= visit["weight"] <= 2000 or line["rule"] == 1 and (visit["weight"] != 1000 or visit["doubled"] or visit["co"]):
            findings.differ(visit["where"], "a weight or a second nurse that this rule does not have")
    if [(v["start"], v["id"]) for v in line["visits"]] != sorted((v["start"], v["id"]) for v in line["visits"]):
        findings.differ(where, "visits are not in order")
    if rate["unit"] == "visit" and len(line["visits"]) != 1:
        findings.differ(where, "several visits where each is rounded")
    findings.same(where, "minutes", line["minutes"], sign * sum(minutes_between(v["start"], v["end"]) for v in line["visits"]))
    milli = sum(milli_of(visit, rate, line["rule"], nurse) for visit in line["visits"])
    findings.same(where, "billed milliminutes", line["milli"], sign * milli)
    if line["amo"] not in rate.get("shares", [line["amo"]]):
        findings.differ(where, f"AMO {line['amo']} per mille is neither share of its rate")
    findings.same(where, "AMC", line["amc"], line["cents"] - line["amoCents"])
    if statement["ofNurse"] and (rate["unit"] == "patient-month" or any(visit["weight"] > 1000 for visit in line["visits"])):
        statement["shared"] += 1
        return None
    cents = nearest(Fraction(milli * rate["cents"], 60000), rate["ties"])
    findings.same(where, "cents", line["cents"], sign * cents)
    return findings.same(where, "AMO cents", line["amoCents"], sign * nearest(Fraction(cents * line["amo"], 1000), rate["ties"]))


def totals_of(lines):
    signs = [-1 if line["kind"] == "credit" else 1 for line in lines]
    return {"lines": len(lines), "credits": signs.count(-1), "visits": sum(sign * len(line["visits"]) for sign, line in zip(signs, lines)),
            "minutes": sum(line["minutes"] for line in lines), "milli": sum(line["milli"] for line in lines), "cents": sum(line["cents"] for line in lines),
            "amo": sum(line["amoCents"] for line in lines), "amc": sum(line["amc"] for line in lines)}


def check(findings, statement):
    statement["shared"] = 0
    for line in statement["lines"]:
        check_line(findings, statement, line)
    computed = totals_of(statement["lines"])
    for name, said in statement["totals"].items():
        findings.same("totals", name, said, computed[name])
    if not statement["isPart"]:
        numbers = [line["number"] for line in statement["lines"]]
        if numbers != list(range(len(numbers))):
            findings.differ("lines", "they are not numbered from 0 on")
    if statement["shared"]:
        findings.notes.append(f"{statement['shared']} amounts are a nurse's share of what several visits or nurses made: a device of the team verifies these")
    return computed


def check_seal(findings, file, mark):
    at = file.rfind(mark)
    if at < 0:
        return findings.differ("seal", "there is none")
    at += len(mark)
    sealed = hashlib.blake2b(b"releve statement 2" + file[:at] + ZEROS + file[at + 64:], digest_size=32).hexdigest()
    if file[at:at + 64] != sealed.encode():
        findings.differ("seal", "the file's bytes are not those that were written")
    return None


# ---- CSV ------------------------------------------------------------------------------------------------------------

def euros(cents):
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


def csv_visit(row, where):
    (start, offset), (end, _) = moment(row["start"]), moment(row["end"])
    return {"where": where, "id": row["visit"], "nurse": row["nurse"], "start": start, "end": end, "offset": offset, "minutes": int(row["minutes"]),
            "milli": int(row["billed_milliminutes"]), "weight": int(row["weight_per_mille"]), "doubled": row["is_doubled"] == "1", "co": row["co_nurse"]}


def csv_line(row, where):
    rate = {"cents": int(row["rate_cents_per_hour"]), "unit": row["rounded_per"], "ties": row["ties"], "min": int(row["min_minutes"]), "least": int(row["least_minutes"])}
    return {"where": where, "number": int(row["line"]), "kind": row["kind"], "rule": int(row["rule"]), "month": month_number(row["month"]), "patient": row["patient"], "rate": rate,
            "amo": int(row["amo_per_mille"]), "minutes": int(row["minutes"]), "milli": int(row["billed_milliminutes"]), "cents": int(row["cents"]),
            "amoCents": int(row["amo_cents"]), "amc": int(row["amc_cents"]), "cited": (row["cited_lot"], row["cited_line"]) if row["cited_lot"] or row["cited_line"] else None,
            "visits": []}


def csv_totals(row):
    return {"lines": int(row["line"]), "visits": int(row["visit"]), "minutes": int(row["minutes"]), "milli": int(row["billed_milliminutes"]), "cents": int(row["cents"]),
            "amo": int(row["amo_cents"]), "amc": int(row["amc_cents"])}


def read_csv(findings, file):
    rows = list(csv.reader(io.StringIO(file.decode(), newline=""), delimiter=";", strict=True))
    if not rows or rows[0] != COLUMNS:
        raise NoStatement("its titles are not those of a statement")
    statement = {"lines": [], "totals": None, "lotTotals": None, "isPart": False, "ofNurse": False}
    ended = False
    for number, cells in enumerate(rows[1:], 2):
        where = f"row {number}"
        if len(cells) != len(COLUMNS):
            findings.differ(where, f"{len(cells)} cells instead of {len(COLUMNS)}")
            continue
        row = dict(zip(COLUMNS, cells))
        where = f"row {number} ({row['row']} {row['line']})"
        try:
            after = ended or statement["totals"] is not None
            if row["row"] == "LINE" and not after:
                statement["lines"].append(csv_line(row, where))
                findings.same(where, "euros", row["euros"], euros(statement["lines"][-1]["cents"]))
            elif row["row"] == "VISIT" and statement["lines"] and not after:
                line = statement["lines"][-1]
                line["visits"].append(csv_visit(row, where))
                for name, said in (("line", str(line["number"])), ("kind", line["kind"]), ("patient", line["patient"])):
                    findings.same(where, name, row[name], said)
                findings.same(where, "month", month_number(row["month"]), line["month"])
            elif row["row"] in ("TOTAL", "LOT") and not ended:
                if row["row"] == "TOTAL" and statement["totals"] is None:
                    statement.update(totals=csv_totals(row), hash=row["entry_hash"], month=month_number(row["month"]), isPart=bool(row["patient"] or row["nurse"]),
                                     ofNurse=bool(row["nurse"]), patient=row["patient"], nurse=row["nurse"])
                elif row["row"] == "LOT" and statement["totals"] is not None and statement["lotTotals"] is None:
                    statement["lotTotals"] = csv_totals(row)
                    findings.same(where, "hash of the lot", row["entry_hash"], statement["hash"])
                else:
                    findings.differ(where, "totals stand twice")
                findings.same(where, "euros", row["euros"], euros(int(row["cents"])))
            elif row["row"] == "SEAL" and not ended and statement["totals"] is not None:
                ended = True
            else:
                findings.differ(where, "a row that does not belong here")
        except (ValueError, OverflowError) as error:
            findings.differ(where, f"a value that cannot be read: {error}")
    if statement["totals"] is None:
        raise NoStatement("its totals are missing")
    if not ended:
        findings.differ("seal", "there is none")
    if statement["isPart"] != (statement["lotTotals"] is not None):
        findings.differ("totals", "a part has the totals of its lot besides, the whole has not")
    check_seal(findings, file, b"SEAL" + b";" * 16)
    check_part(findings, statement)
    return statement, None


def check_part(findings, statement):
    for line in statement["lines"]:
        if statement.get("patient") and line["patient"] != statement["patient"]:
            findings.differ(line["where"], "it is another patient's")
        for visit in line["visits"]:
            if statement.get("nurse") and statement["nurse"] not in (visit["nurse"][:12], visit["co"][:12] if visit["weight"] > 1000 else ""):
                findings.differ(visit["where"], "it is another nurse's")


# ---- JSON: the lot's bytes ------------------------------------------------------------------------------------------

def varint(number):
    out = bytearray()
    while number > 0x7f:
        out.append(number & 0x7f | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def blob(text):
    return varint(len(text.encode())) + text.encode()


def fixed(digits, size):
    if len(digits) != 2 * size or digits != digits.lower():
        raise ValueError(digits)
    return bytes.fromhex(digits)


def long_nurse(digits):
    return fixed(digits, 16)


def rate_bytes(rate, second):
    day = (datetime.date.fromisoformat(rate["validFrom"]) - datetime.date(1970, 1, 1)).days
    out = fixed(rate["id"], 16) + blob(rate["territory"]) + zigzag(day) + varint(rate["centsPerHour"]) + bytes([UNITS[rate["roundedPer"]], TIES[rate["ties"]]])
    out += varint(rate["amoPerMille"]) + varint(rate["amoAldPerMille"])
    if second:
        out += bytes([TARIFFS[rate["tariff"]]]) + varint(rate["minMinutes"]) + varint(rate["leastMinutes"]) + bytes([DOUBLED[rate["doubled"]]]) + varint(rate["doubledPerMille"])
    return out


def visit_bytes(visit, nurses, second):
    (start, offset), (end, _) = moment(visit["start"]), moment(visit["end"])
    out = fixed(visit["visit"], 16) + fixed(visit["entryHash"], 32) + varint(nurses.index(long_nurse(visit["nurse"]))) + varint(start) + varint(end - start) + zigzag(offset)
    if second:
        out += bytes([visit["doubled"]]) + varint(1 + nurses.index(long_nurse(visit["coNurse"])) if "coNurse" in visit else 0) + varint(visit["weightPerMille"])
    return out


def line_bytes(line, month, patients, nurses, second):
    out = bytes([KINDS[line["kind"]]]) + (bytes([line["rule"]]) if second else b"") + varint(patients.index(fixed(line["patient"], 16)))
    out += varint(month - month_number(line["month"])) + varint(line["rate"]) + varint(line["amoPerMille"]) + varint(len(line["visits"]))
    out += b"".join(visit_bytes(visit, nurses, second) for visit in line["visits"]) + zigzag(line["minutes"])
    out += (zigzag(line["billedMilliminutes"]) if second else b"") + zigzag(line["cents"]) + zigzag(line["amoCents"])
    if line["kind"] in CITING:
        out += fixed(line["citedLot"], 32) + varint(line["citedLine"])
    return out


def lot_bytes(lot):
    """README.md, section 4."""
    second, month = lot["lotFormat"] == 2, month_number(lot["month"])
    visits = [visit for line in lot["lines"] for visit in line["visits"]]
    patients = sorted({fixed(line["patient"], 16) for line in lot["lines"]})
    nurses = sorted({long_nurse(v["nurse"]) for v in visits} | {long_nurse(v["coNurse"]) for v in visits if second and "coNurse" in v})
    out = bytes([lot["lotFormat"]]) + varint(lot["ruleVersion"]) + fixed(lot["team"], 32) + varint(month) + varint(month_number(lot["openingMonth"]))
    out += fixed(lot["holder"], 32) + varint(count(lot["fence"])) + fixed(lot["previousLot"], 32)
    if second:
        out += fixed(lot["lease"], 32) + fixed(lot["word"], 32)
    out += varint(len(lot["known"])) + b"".join(fixed(known, 32) for known in lot["known"]) + blob(lot["territory"])
    out += varint(len(lot["heard"])) + b"".join(fixed(one["device"], 32) + varint(count(one["untilMs"])) for one in lot["heard"])
    out += varint(len(lot["frontier"])) + b"".join(fixed(one["feed"], 32) + varint(count(one["seq"])) for one in lot["frontier"])
    out += varint(len(lot["rates"])) + b"".join(rate_bytes(rate, second) for rate in lot["rates"])
    out += varint(len(patients)) + b"".join(patients) + varint(len(nurses)) + b"".join(nurses)
    out += varint(len(lot["lines"])) + b"".join(line_bytes(line, month, patients, nurses, second) for line in lot["lines"])
    totals = lot["totals"]
    out += varint(totals["lines"]) + varint(totals["credits"]) + zigzag(totals["visits"]) + zigzag(totals["minutes"])
    return out + (zigzag(totals["billedMilliminutes"]) if second else b"") + zigzag(totals["cents"]) + zigzag(totals["amoCents"])


# ---- JSON -----------------------------------------------------------------------------------------------------------

def known_members(findings, where, what, value):
    for name in sorted(set(value) - MEMBERS[what]):
        findings.differ(where, f"a member {name!r} that statements do not have")


def json_visit(findings, visit, where):
    known_members(findings, where, "visit", visit)
    (start, offset), (end, _) = moment(visit["start"]), moment(visit["end"])
    return {"where": where, "id": visit["visit"], "nurse": visit["nurse"], "start": start, "end": end, "offset": offset, "minutes": visit["minutes"], "milli": None,
            "weight": visit["weightPerMille"], "doubled": visit["doubled"], "co": visit.get("coNurse", "")}


def json_line(findings, lot, index, line):
    where = f"lines[{index}]"
    known_members(findings, where, "line", line)
    one = lot["rates"][line["rate"]]
    rate = {"cents": one["centsPerHour"], "unit": one["roundedPer"], "ties": one["ties"], "min": one["minMinutes"], "least": one["leastMinutes"],
            "shares": (one["amoPerMille"], one["amoAldPerMille"])}
    visits = [json_visit(findings, visit, f"{where}.visits[{i}]") for i, visit in enumerate(line["visits"])]
    cited = (line["citedLot"], line["citedLine"]) if "citedLot" in line or "citedLine" in line else None
    return {"where": where, "number": line["line"], "kind": line["kind"], "rule": line["rule"], "month": month_number(line["month"]), "patient": line["patient"], "rate": rate,
            "amo": line["amoPerMille"], "minutes": line["minutes"], "milli": line["billedMilliminutes"], "cents": line["cents"], "amoCents": line["amoCents"],
            "amc": line["amcCents"], "cited": cited, "visits": visits}


def json_totals(findings, totals, where):
    known_members(findings, where, "totals", totals)
    return {"lines": totals["lines"], "credits": totals["credits"], "visits": totals["visits"], "minutes": totals["minutes"], "milli": totals["billedMilliminutes"],
            "cents": totals["cents"], "amo": totals["amoCents"], "amc": totals["amcCents"]}


def check_head(findings, lot):
    known_members(findings, "statement", "statement", lot)
    for i, rate in enumerate(lot["rates"]):
        known_members(findings, f"rates[{i}]", "rate", rate)
    for i, one in enumerate(lot["frontier"]):
        known_members(findings, f"frontier[{i}]", "frontier", one)
    for i, one in enumerate(lot["heard"]):
        known_members(findings, f"heard[{i}]", "heard", one)
        until = min(count(one["untilMs"]) // 1000, 7258118399)
        findings.same(f"heard[{i}]", "until", moment(one["until"]), (until, 0))


def read_json(findings, file, lot):
    if lot.get("format") != "releve statement 2":
        raise NoStatement("its format is another one")
    check_head(findings, lot)
    part = lot.get("part", {})
    statement = {"hash": lot["lot"], "month": month_number(lot["month"]), "isPart": bool(part), "ofNurse": "nurse" in part, "patient": part.get("patient", ""),
                 "nurse": part.get("nurse", ""), "totals": json_totals(findings, lot["totals"], "totals"),
                 "lines": [json_line(findings, lot, i, line) for i, line in enumerate(lot["lines"])]}
    check_seal(findings, file, b'\n "seal": "')
    check_part(findings, statement)
    if part:
        json_totals(findings, lot["lotTotals"], "lotTotals")
        return statement, None
    return statement, lot_bytes(lot)


# ---- FHIR -----------------------------------------------------------------------------------------------------------

def extensions(element):
    """{"urn:x-releve:NAME": value} of an element; nested ones as such a dictionary; those that repeat as a list."""
    found = {}
    for one in element.get("extension", []):
        values = [value for name, value in one.items() if name.startswith("value")]
        found.setdefault(one["url"], []).append(values[0] if values else extensions(one))
    return found


def one_of(found, name):
    values = found.get(name, [])
    if len(values) != 1:
        raise ValueError(f"{name} stands {len(values)} times")
    return values[0]


def cents_of(money):
    cents = Fraction(money["value"]) * 100
    if money["currency"] != "EUR" or cents.denominator != 1:
        raise ValueError(f"an amount of {money}")
    return int(cents)


def quantity_milli(quantity):
    milli = Fraction(quantity["value"]) * 1000
    if (quantity["unit"], quantity["code"], quantity["system"]) != ("min", "min", "http://unitsofmeasure.org") or milli.denominator != 1:
        raise ValueError(f"a quantity of {quantity}")
    return int(milli)


def claim_rate(found):
    return {"cents": cents_of(one_of(found, "perHour")), "unit": one_of(found, "roundedPer"), "ties": one_of(found, "ties"), "min": one_of(found, "minMinutes"),
            "least": one_of(found, "leastMinutes"), "shares": (one_of(found, "amoPerMille"), one_of(found, "amoAldPerMille"))}


def claim_visit(detail, where, sign):
    said = one_of(extensions(detail), OWN + "visit")
    period = one_of(said, "period")
    (start, offset), (end, _) = moment(period["start"]), moment(period["end"])
    worked = quantity_milli(one_of(said, "worked")) * sign
    if worked % 1000:
        raise ValueError("parts of minutes")
    return {"where": where, "id": one_of(said, "id"), "nurse": one_of(said, "careTeamSequence"), "start": start, "end": end, "offset": offset, "minutes": worked // 1000,
            "milli": quantity_milli(detail["quantity"]) * sign, "weight": one_of(said, "weightPerMille"), "doubled": one_of(said, "isDoubled"),
            "co": said.get("coNurse", [""])[0]}


def claim_item(findings, item, where, rates, patient):
    found = extensions(item)
    kind = one_of(found, OWN + "kind")
    sign = -1 if kind == "credit" else 1
    rate = rates[one_of(found, OWN + "rateIndex")]
    visits = [claim_visit(detail, f"{where}.detail[{i}]", sign) for i, detail in enumerate(item["detail"])]
    cites = found.get(OWN + "cites")
    findings.same(where, "unit price", cents_of(item["unitPrice"]), rate["cents"])
    if abs(Fraction(item["factor"]) - Fraction(1, 60)) > Fraction(1, 10 ** 15):
        findings.differ(where, f"factor is {item['factor']}, not 1/60")
    findings.same(where, "serviced period", (moment(item["servicedPeriod"]["start"])[0], moment(item["servicedPeriod"]["end"])[0]),
                  (visits[0]["start"], max(visit["end"] for visit in visits)))
    findings.same(where, "care team", sorted(item["careTeamSequence"]), sorted({visit["nurse"] for visit in visits}))
    return {"where": where, "number": one_of(found, OWN + "line"), "kind": kind, "rule": one_of(found, OWN + "rule"), "month": month_number(one_of(found, OWN + "month")),
            "patient": patient, "rate": rate, "amo": one_of(found, OWN + "amoPerMille"), "minutes": sign * sum(visit["minutes"] for visit in visits),
            "milli": quantity_milli(item["quantity"]), "cents": cents_of(item["net"]), "amoCents": cents_of(one_of(found, OWN + "amo")),
            "amc": cents_of(one_of(found, OWN + "amc")), "cited": (one_of(cites[0], "lot"), one_of(cites[0], "line")) if cites else None, "visits": visits}


def read_claim(findings, claim, where, rates, digest):
    patient = claim["patient"]["reference"].removeprefix("urn:uuid:").replace("-", "")
    lines = [claim_item(findings, item, f"{where}.item[{i}]", rates, patient) for i, item in enumerate(claim["item"])]
    findings.same(where, "total", cents_of(claim["total"]), sum(line["cents"] for line in lines))
    findings.same(where, "identifier", claim["identifier"][0]["value"], f"{digest}/{patient}")
    related = [(one["claim"]["identifier"]["value"], one["reference"]["value"]) for one in claim.get("related", [])]
    cited = [(f"{line['cited'][0]}/{patient}", f"{line['cited'][0]}/{line['cited'][1]}") for line in lines if line["cited"]]
    findings.same(where, "related", related, cited)
    return lines


def claim_totals(found):
    return {"lines": one_of(found, "lines"), "credits": one_of(found, "credits"), "visits": one_of(found, "visits"), "minutes": one_of(found, "minutes"),
            "milli": quantity_milli(one_of(found, "billed")), "cents": cents_of(one_of(found, "amount")), "amo": cents_of(one_of(found, "amo")),
            "amc": cents_of(one_of(found, "amc"))}


def read_bundle(findings, file, bundle):
    if bundle.get("identifier", {}).get("system") != OWN + "lot":
        raise NoStatement("it is a bundle of something else")
    digest = bundle["identifier"]["value"]
    resources = [entry["resource"] for entry in bundle["entry"]]
    for i, resource in enumerate(resources):
        if resource["resourceType"] not in CLAIM_TYPES:
            findings.differ(f"entry[{i}]", f"{resource['resourceType']} does not belong into a bill")
    basics = [resource for resource in resources if resource["resourceType"] == "Basic"]
    if len(basics) != 1:
        raise NoStatement("its lot is missing")
    lot = extensions(basics[0])
    findings.same("Basic", "hash of the lot", basics[0]["identifier"][0]["value"], digest)
    rates = [claim_rate(rate) for rate in lot.get(OWN + "rate", [])]
    lines = [line for i, resource in enumerate(resources) if resource["resourceType"] == "Claim" for line in read_claim(findings, resource, f"entry[{i}]", rates, digest)]
    statement = {"hash": digest, "month": month_number(one_of(lot, OWN + "month")), "isPart": OWN + "lotTotals" in lot, "ofNurse": False, "lines": lines,
                 "totals": claim_totals(one_of(lot, OWN + "totals"))}
    check_seal(findings, file, b'"system":"urn:x-releve:seal","code":"')
    return statement, None


# ---- A file ---------------------------------------------------------------------------------------------------------

def once(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise NoStatement("a member stands twice in one object")
    return dict(pairs)


def read_object(findings, file):
    read = json.loads(file, object_pairs_hook=once, parse_float=Fraction)
    return read_bundle(findings, file, read) if read.get("resourceType") == "Bundle" else read_json(findings, file, read)


def verify(path):
    """Exit code; what was found is printed."""
    findings = Findings()
    try:
        with open(path, "rb") as opened:
            file = opened.read()
        statement, lot = read_object(findings, file) if file[:1] == b"{" else read_csv(findings, file)
        computed = check(findings, statement)
    except (NoStatement, OSError) as error:
        print(f"{path}: no statement of a lot that can be read: {error}")
        return 2
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError, csv.Error) as error:
        for line in findings.found:
            print(f"{path}: {line}")
        print(f"{path}: a value is missing or cannot be read: {type(error).__name__} {error}")
        return 2
    rebuilt = hashlib.blake2b(b"releve lot 1" + lot, digest_size=32).hexdigest() if lot is not None else None
    if rebuilt is not None:
        findings.same("lot", "hash", statement["hash"], rebuilt)
    for line in findings.found:
        print(f"{path}: {line}")
    for note in findings.notes:
        print(f"{path}: note: {note}")
    if findings.found:
        return 1
    how = "its bytes and hash were computed again" if rebuilt else "the hash is as the file says"
    print(f"{path}: {computed['visits']} visits, {computed['minutes']} minutes, {euros(computed['cents'])} EUR (AMO {euros(computed['amo'])}), lot {statement['hash'][:16]}: everything agrees; {how}")
    return 0


def main(paths):
    if not paths or paths[0].startswith("-"):
        print(__doc__.strip(), file=sys.stdout if paths[:1] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if paths[:1] in (["-h"], ["--help"]) else 2
    return max([verify(path) for path in paths])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
