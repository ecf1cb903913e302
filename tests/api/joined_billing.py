#!/usr/bin/env python3
"""Billing a patient with two files: months that are closed before she is one, while she is one, and after that was undone; each recomputed on a colleague's device.

Usage: joined_billing.py RELEVE GENERATOR. Whom a visit was billed for it stays with; no visit is billed twice, whatever files are joined or set apart.
"""
import sys

sys.dont_write_bytecode = True
import world as lib
from kinds import SAVED, asker
from patients import found, join, level, person_of
from story import ask
from world import World, check

RATE = ("rate", "add", "territory=44", "validFrom=2026-01-01", "centsPerHour=5394", "unit=visit", "ties=half-up", "amoPerMille=600")


class Book:
    """What was closed: every line of every lot."""

    def __init__(self, world):
        self.world, self.lots = world, {}

    def close(self, month):
        self.world.run("anna", "billing", "close", month, "--territory", "44")
        self.lots[month] = self.world.json("anna", "billing", "export", month)
        level(self.world, "anna", "bea")
        for who in ("anna", "bea"):
            self.verify(who)
        return self.lots[month]

    def verify(self, who):
        """Every month so far, recomputed: the same bytes, whatever was decided about files since."""
        for month, lot in self.lots.items():
            shown = self.world.json(who, "billing", "verify", month)
            check(shown["same"] and shown["lot"] == lot["lot"], f"{who} recomputes {month}")
            check(self.world.json(who, "billing", "export", month)["lines"] == lot["lines"], f"an exported line never changes: {month}")

    def billed(self):
        """By visit: (patient, month of the lot, minutes) of what holds now: lines less their credits."""
        held = {}
        for month, lot in self.lots.items():
            for line in lot["lines"]:
                for visit in line["visits"]:
                    entry = (line["patient"], month, visit["minutes"])
                    rows = held.setdefault(visit["visit"], [])
                    if line["kind"] == "credit":
                        check(rows and rows[-1][0] == line["patient"], f"a credit is for whom it was billed for: {rows} {line}")
                        rows.pop()
                    else:
                        rows.append(entry)
        check(all(len(rows) <= 1 for rows in held.values()), f"no visit is billed twice: {held}")
        return {visit: rows[0] for visit, rows in held.items() if rows}

    def total(self):
        return sum(lot["totals"]["cents"] for lot in self.lots.values())


def visit(world, who, patient, day, hour, *more):
    return world.run(who, "visit", "add", patient, f"start=2026-{day}T{hour:02}:00:00+01:00", f"end=2026-{day}T{hour:02}:20:00+01:00",
                     f"nurse={person_of(world, who)[:12]}", *more).strip()


def main():
    world = World()
    try:
        found(world)
        anna = world.start("anna")
        join(world, anna, "bea")
        one = world.run("anna", "patient", "add", "lastName=Une", "firstName=Ida").strip()
        two = world.run("anna", "patient", "add", "lastName=Une", "firstName=Ida", "--anyway").strip()
        other = world.run("anna", "patient", "add", "lastName=Autre", "firstName=Bob").strip()
        first, second = sorted((one, two))
        bea = world.start("bea", "--peer", f"127.0.0.1:{anna.port}")
        level(world, "anna", "bea")
        world.run("anna", "billing", "designate")
        world.run("anna", *RATE)
        book = Book(world)
        # two people, as far as anybody knows
        before = {visit(world, "anna", patient, "02-05", hour): patient for hour, patient in enumerate((first, second, other), 8)}
        hours = dict(zip(before, range(8, 11)))
        book.close("2026-02")
        check({v: p for v, (p, _, _) in book.billed().items()} == before, "each under the file it stands in")
        # one patient
        world.run("anna", "patient", "join", first, second)
        level(world, "anna", "bea")
        book.verify("bea")
        during = {visit(world, "anna", second, "03-05", 8): first, visit(world, "bea", first, "03-06", 8): first}
        status, reply = asker(ask, anna)("POST", f"/api/patients/{second}/visits?alone=1", {
            "start": "2026-03-07T08:00:00+01:00", "end": "2026-03-07T08:20:00+01:00", "nurse": person_of(world, "anna")[:12]})
        check(status in SAVED, reply)
        during[reply["id"]] = first
        late = visit(world, "anna", second, "02-06", 8)
        level(world, "anna", "bea")
        stands = {record["id"]: record["dossier"] for record in world.json("anna", "visit", "list", "--patient", first)["records"]}
        check(sorted(stands[v] for v in during) == [first, first, second] and sum(stands.get(v) == second for v in before) == 1, f"they stand in both files: {stands}")
        book.close("2026-03")
        billed = book.billed()
        check(all(billed[v][0] == p for v, p in {**before, **during, late: first}.items()), f"one patient from now on, what was billed before as it was: {billed}")
        check(billed[late][1] == "2026-03" and book.lots["2026-03"]["totals"]["visits"] == 4, "the late one with this month")
        again = world.attempt("anna", "billing", "close", "2026-03", "--territory", "44")
        check(again.returncode != 0, "joining alone makes no new line")
        # set apart again: what was billed stays with whom it was billed for, also where it is corrected
        world.run("bea", "patient", "separate", second, "--reason", "deux personnes, tout compte fait")
        level(world, "anna", "bea")
        for who in ("anna", "bea"):
            book.verify(who)
        corrected = next(v for v, patient in before.items() if patient == second)
        world.run("anna", "visit", "amend", second, corrected, f"start=2026-02-05T{hours[corrected]:02}:00:00+01:00",
                  f"end=2026-02-05T{hours[corrected]:02}:50:00+01:00", "--reason", "durée mal notée")
        moved = reply["id"]  # it stands in the second file, and was billed for the one patient that there was
        world.run("anna", "visit", "amend", second, moved, "start=2026-03-07T08:00:00+01:00", "end=2026-03-07T08:50:00+01:00", "--reason", "aussi")
        after = {visit(world, "anna", second, "04-07", 8): second, visit(world, "bea", first, "04-07", 9): first}
        level(world, "anna", "bea")
        book.close("2026-04")
        billed = book.billed()
        check({v: billed[v][0] for v in after} == after, f"two patients again: {billed}")
        check(billed[corrected] == (second, "2026-04", 50), f"corrected under whom it was billed for: {billed[corrected]}")
        check(billed[moved] == (first, "2026-04", 50), f"also where the file is another person's now: {billed[moved]}")
        check(all(billed[v][0] == p for v, p in {**before, **during, late: first}.items()), f"nobody's bill moved: {billed}")
        minutes = 20 * (len(before) + len(during) + 1 + len(after)) + 60
        check(sum(row[2] for row in billed.values()) == minutes, f"every minute once: {billed}")
        # and joined once more: nothing of what was closed moves
        world.run("anna", "patient", "join", first, second)
        level(world, "anna", "bea")
        total = book.total()
        book.close("2026-05")
        check(book.lots["2026-05"]["lines"] == [] and book.total() == total, "a month without visits has no lines")
        world.end(bea)
        world.end(anna)
    finally:
        world.close()
    print(f"{lib.checks} checks passed")


if __name__ == "__main__":
    main()
