"""Histories of a small team, written once for both sides: as Entry objects for rules.py, as lines for the C engine."""

import subprocess

import judging
import rules
from entries import NURSE, Entry, latest


class Disagreement(Exception):
    pass


class Engine:
    """The C engine at the other end of a pipe. Lines are gathered and sent when an answer is read."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1 << 16)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.process.stdin.write(line + "\nflush\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def ask_lines(self, line):
        lines = [self.ask(line)]
        while lines[-1] != ".":
            answer = self.process.stdout.readline()
            if not answer:
                raise Disagreement("the engine died")
            lines.append(answer.rstrip("\n"))
        return sorted(lines[:-1])


def one(e):
    return "-" if e is None else str(e.label)


def many(items):
    return ",".join(str(i) for i in sorted(items)) or "-"


def cut_words(cut):
    return ",".join("%d.%d.%d.%d" % (*feed, seq) for feed, seq in sorted(cut.items())) or "-"


def body_words(e):
    a, kind = e.args, e.kind
    if kind == "found":
        return f"{e.author} {a['person']}"
    if kind == "invite":
        return f"{a['number']} {a['role']} {a['start']} {a['until']}"
    if kind == "admit":
        return f"{one(a['invite'])} {a['device']} {a['person']} {a['role']} {a['signatures']}"
    if kind == "endorse":
        return one(a["admit"])
    if kind == "revoke":
        return one(a["invite"])
    if kind == "choose":
        return f"{one(a['invite'])} {one(a['admit'])}"
    if kind == "merge":
        return many(h.label for h in a["heads"])
    if kind == "undo":
        return many(r.label for r in a["removals"])
    if kind == "role":
        return f"{a['person']} {a['role']} {a['start']} {a['until']} {cut_words(a['cut'])}"
    if kind == "remove-device":
        return f"{a['device']} {cut_words(a['cut'])}"
    if kind == "remove-person":
        return f"{a['person']} {cut_words(a['cut'])}"
    if kind == "confirm":
        return f"{one(a['proposal'])} {cut_words(a['cut'])}"
    if kind == "leave":
        return f"{a['until']}"
    if kind == "epoch":
        parents = many(f"{p.label}:{int(k)}" for p, k in a["parent_keys"].items())
        return f"{a['compartment']} {a['nonce']} {parents} {many(a['omitted'])} {many(a['recipients'])}"
    if kind == "grant":
        return f"{one(a['source'])} {a['device']}"
    if kind == "discovery":
        return f"{a['nonce']} {many(a['omitted'])} {many(a['recipients'])}"
    if kind == "beacon":
        return f"{a['nonce']} {many(a['recipients'])}"
    if kind == "lease":
        return f"{a['holder']} {a['fence']}"
    if kind == "release":
        return one(a["lease_entry"])
    assert kind == "relay", kind
    return f"{a['device']} {a['signatures']}"


class History:
    """Entries in an order in which they could have arrived. What is written goes to both sides; they must agree at once
    on whether it is kept and has power."""

    KNOWN = {}  # hash: Entry, so that equal entries of different histories are one object

    def __init__(self, engine):
        self.engine = engine
        self.entries = []
        self.results = []
        self.last = {}  # feed: its last entry
        engine.tell("reset")

    def all(self):
        return frozenset(self.entries)

    def write(self, author, cited, kind, incarnation=0, previous="last", **args):
        """An entry by a device, citing `cited`, after the last of its feed (or `previous`). None when it is not kept."""
        if previous == "last":
            previous = self.last.get((author, incarnation))
        args.setdefault("cut", {})
        e = Entry(author, incarnation, previous, cited, kind, args)
        keep = rules.admissible(e)
        answer = self.engine.ask(f"entry {author} {incarnation} {e.lamport} {one(previous)} {one(cited)} {kind} "
                                 + body_words(e))
        if answer == "DUPLICATE":
            return None
        parts = answer.split(" ")
        if (len(parts) == 2) != keep:
            raise Disagreement(f"{kind} by {author}: the engine says {answer}, the model keeps it: {keep}")
        if not keep:
            return None
        e.hash = parts[0]
        e = self.KNOWN.setdefault(e.hash, e)
        e.label = len(self.entries)
        self.entries.append(e)
        self.last[e.feed] = e
        if rules.verdict(e).power != (parts[1] == "NONE"):
            raise Disagreement(f"entry {e.label} {kind} by {author}: the engine says {parts[1]}, "
                               f"the model {rules.verdict(e).power} ({rules.verdict(e).why})")
        return e

    def drop(self, count):
        """Back to the first `count` entries."""
        for e in reversed(self.entries[count:]):
            if e.previous:
                self.last[e.feed] = e.previous
            else:
                del self.last[e.feed]
        del self.entries[count:]
        self.engine.tell(f"drop {count}")

    def joined(self, author, heads, incarnation=0):
        """One entry to cite for everything up to `heads`: the only one, or a merge by `author`."""
        own = self.last.get((author, incarnation))
        heads = latest(set(heads) | ({own} if own else set()))
        if len(heads) == 1:
            return heads[0]
        first = own if own in heads else min(heads, key=lambda e: e.label)
        return self.write(author, first, "merge", incarnation, heads=tuple(h for h in heads if h is not first))

    def text(self):
        return "\n".join(f"{e.label:3} device {e.author}.{e.incarnation} after {one(e.previous)} cites {one(e.cited)}: "
                         f"{e.kind} {body_words(e)}   [{'power' if rules.verdict(e).power else rules.verdict(e).why}]"
                         for e in self.entries)

    def compare(self, what, mine, theirs):
        if mine != theirs:
            raise Disagreement(f"{what}\n" + "\n".join(
                [f"  model : {line}" for line in mine if line not in theirs]
                + [f"  engine: {line}" for line in theirs if line not in mine]))

    def check(self):
        """The whole set, as both sides see it."""
        self.compare("the whole set", judging.describe(self.all()), self.engine.ask_lines("view"))

    def check_at(self, e):
        self.compare(f"at {e.label}", judging.describe(e.upto, whole=False), self.engine.ask_lines(f"at {e.label}"))

    def check_order(self, order):
        labels = " ".join(str(e.label) for e in order)
        self.compare(f"arriving as {labels}", judging.describe(self.all()), self.engine.ask_lines(f"order {labels}"))

    def check_judgement(self, h):
        mine = judging.judge(self.all(), h)
        theirs = self.engine.ask(f"judge {h.author} {h.incarnation} {h.compartment} {h.seq} {one(h.cited)} "
                                 f"{one(h.previous_cited)} {one(h.epoch)} {h.ms}")
        if mine != theirs.split(" ")[0]:
            raise Disagreement(f"header {vars(h)}: model {mine}, engine {theirs}")


# --- Teams to start from --------------------------------------------------------------------------------------------------------

def found(history, nurses=1, roles=(), second_devices=()):
    """A team of so many nurses (device i of person i), then others of the given roles, then second devices of the persons named.
    Returns its head."""
    head = history.write(0, None, "found", person=0)
    for i in range(1, nurses):
        head = history.write(0, head, "invite", number=100 + i, role=NURSE, start=0, until=0)
        head = admit = history.write(0, head, "admit", invite=head, device=i, person=i, role=NURSE,
                                     signatures="ok")
        if i > 1:
            head = history.write(1, head, "endorse", admit=admit)
    device = nurses
    for role in roles:
        head = history.write(0, head, "invite", number=100 + device, role=role, start=0, until=0)
        head = history.write(0, head, "admit", invite=head, device=device, person=device, role=role, signatures="ok")
        device += 1
    for person in second_devices:
        head = history.write(person, head, "invite", number=100 + device, role=NURSE, start=0, until=0)
        head = history.write(person, head, "admit", invite=head, device=device, person=person, role=NURSE,
                             signatures="ok")
        device += 1
    return head
