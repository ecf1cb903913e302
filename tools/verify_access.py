#!/usr/bin/env python3
"""Check an exported access log alone: CSV or JSON, each row's hash chained to the one before it, and the device's signature over all of it.

Usage: verify_access.py FILE...

Shares no code with the program: it follows node/access/README.md and RFC 8032 (Ed25519). What it cannot know: whether the device that signed is one of the team's (compare it with
`releve members`), and whether the device's log was put back to an older state before the export (`releve access verify FILE --here`).

Exit codes: 0: unaltered. 1: something was altered, removed, moved or cut off; it is named. 2: a file cannot be read, or is no such export.
"""
import csv
import datetime
import hashlib
import io
import json
import sys

TITLES = ["number", "moment", "person", "name", "kind", "patient", "record", "label", "detail", "chain"]
TRAILERS = ["device", "team", "from", "to", "gone", "before", "rows", "signature"]
KINDS = {"begin": 1, "expired": 2, "lost": 3, "period": 4, "broken": 5, "record": 16, "history": 17, "news": 18, "photo": 19, "search": 20, "copy": 21, "minutes": 22, "thread": 23,
         "control": 30, "patients": 32, "visits": 33, "billing": 34, "dump": 35, "log": 36, "export": 37, "backup": 38, "file": 39, "cases": 40, "work": 41, "own": 47}
CHAIN, SIGNED = b"releve access 1", b"releve access export 1"
P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


class NoExport(Exception):
    """The file is none."""


# ---- Ed25519: RFC 8032, section 6; extended coordinates -------------------------------------------------------------

def added(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    out = (0, 1, 1, 0)
    while number:
        if number & 1:
            out = added(out, point)
        point = added(point, point)
        number >>= 1
    return out


def same(one, other):
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def x_of(y, sign):
    if y >= P:
        return None
    squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(squared, (P + 3) // 8, P)
    if (x * x - squared) % P:
        x = x * ROOT % P
    if (x * x - squared) % P or x == 0 and sign:
        return None
    return P - x if x & 1 != sign else x


def point_of(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (x_of(BASE_Y, 0), BASE_Y, 1, x_of(BASE_Y, 0) * BASE_Y % P)


def signature_holds(public, message, signature):
    key, r, s = point_of(public), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return same(times(s, BASE), added(r, times(h, key)))


# ---- The file -------------------------------------------------------------------------------------------------------

def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def number(text):
    if not str(text).isdecimal() or str(int(text)) != str(text):
        raise ValueError(text)
    return int(text)


def seconds(text):
    return int(datetime.datetime.fromisoformat(text).timestamp())


def fixed(digits, size):
    if len(digits) != 2 * size:
        raise ValueError(digits)
    return bytes.fromhex(digits)


def u64(value):
    return value.to_bytes(8, "little")


def blob(text):
    data, out = text.encode(), bytearray()
    size = len(data)
    while size > 0x7f:
        out.append(size & 0x7f | 0x80)
        size >>= 7
    return bytes([*out, size]) + data


def row_bytes(row):
    if row["kind"] not in KINDS:
        raise ValueError(f"a kind that is not known: {row['kind']}")
    return u64(number(row["number"])) + u64(seconds(row["moment"])) + bytes([KINDS[row["kind"]]]) + fixed(row["person"], 16) + fixed(row["patient"], 16) + u64(number(row["detail"]))


def read_csv(file):
    lines = list(csv.reader(io.StringIO(file.decode(), newline=""), delimiter=";", strict=True))
    if not lines or lines[0] != TITLES:
        raise NoExport("its titles are not those of an access log")
    rows = [line for line in lines[1:] if len(line) == len(TITLES)]
    tail = lines[1 + len(rows):]
    if [line[:1] for line in tail] != [[name] for name in TRAILERS] or any(len(line) != 2 for line in tail):
        raise NoExport("its last lines, with the signature, are missing or not in order")
    return {**dict(tail), "count": number(tail[6][1])}, [dict(zip(TITLES, row)) for row in rows]


def once(pairs):
    if len({name for name, _ in pairs}) != len(pairs):
        raise NoExport("a member stands twice in one object")
    return dict(pairs)


def read_json(file):
    read = json.loads(file, object_pairs_hook=once)
    if read.get("format") != "releve access 1":
        raise NoExport("its format is another one")
    if set(read) != {"format", *TRAILERS} or any(set(row) != set(TITLES) for row in read["rows"]):
        raise NoExport("members that an export does not have, or that are missing")
    return {**read, "count": len(read["rows"])}, read["rows"]


def check(head, rows):
    """What is wrong; None: nothing."""
    if head["count"] != len(rows):
        return f"{len(rows)} rows, of {head['count']}"
    chain = fixed(head["before"], 32)
    for row in rows:
        chain = blake(CHAIN + chain + row_bytes(row))
        if chain.hex() != row["chain"]:
            return f"row {row['number']} does not follow from the one before it"
    signed = fixed(head["device"], 32) + u64(seconds(head["from"])) + u64(seconds(head["to"])) + u64(number(head["gone"])) + fixed(head["before"], 32) + len(rows).to_bytes(4, "little")
    signed += b"".join(row_bytes(row) + fixed(row["record"], 16) + blob(row["name"]) + blob(row["label"]) for row in rows)
    digest = blake(SIGNED + fixed(head["team"], 32) + signed)
    if not signature_holds(fixed(head["device"], 32), SIGNED + digest, fixed(head["signature"], 64)):
        return "the device did not sign this: names, labels, the period or the end were altered"
    return None


def verify(path):
    try:
        with open(path, "rb") as opened:
            file = opened.read()
        head, rows = read_json(file) if file[:1] == b"{" else read_csv(file)
        wrong = check(head, rows)
    except (NoExport, OSError) as error:
        print(f"{path}: no export of an access log that can be read: {error}")
        return 2
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError, csv.Error) as error:
        print(f"{path}: a value is missing or cannot be read: {type(error).__name__} {error}")
        return 2
    if wrong:
        print(f"{path}: altered: {wrong}")
        return 1
    first = rows[0]["number"] if rows else "-"
    print(f"{path}: {len(rows)} rows from number {first} on, signed by device {head['device'][:16]}: unaltered")
    return 0


def main(paths):
    if not paths or paths[0].startswith("-"):
        print(__doc__.strip(), file=sys.stdout if paths[:1] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if paths[:1] in (["-h"], ["--help"]) else 2
    return max([verify(path) for path in paths])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
