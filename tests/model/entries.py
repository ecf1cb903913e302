"""Membership entries as the model sees them, and the tables of node/team/README.md and DESIGN: roles, levels, statuses."""

NURSE, BILLING, LOCUM, READER, FACILITATOR, RELAY = 1, 2, 3, 4, 5, 6
TEAM, CLINICAL, BILLING_PART, AGGREGATE, MESSAGE = 2, 3, 4, 5, 6
COMPARTMENTS = (TEAM, CLINICAL, BILLING_PART, AGGREGATE, MESSAGE)
NONE, STORE, READ, WRITE, MANAGE = 0, 1, 2, 3, 4
LEVELS = {  # role: levels in team, clinical, billing, aggregate, message
    NURSE: (MANAGE, WRITE, READ, WRITE, WRITE),
    BILLING: (MANAGE, WRITE, WRITE, WRITE, WRITE),
    LOCUM: (READ, WRITE, NONE, NONE, WRITE),
    READER: (READ, READ, NONE, READ, READ),
    FACILITATOR: (READ, NONE, NONE, READ, READ),
    RELAY: (STORE, STORE, STORE, STORE, STORE),
}
POWER = {NURSE: 4, LOCUM: 3, READER: 2, FACILITATOR: 1}  # which of two roles has less
INVITABLE = (NURSE, LOCUM, READER, FACILITATOR)
DEVICES_MAX = 40
FEED_MAX, FEED_LAST = 2048, 64  # entries of one feed, and those after them that only removals may use
FOR_REMOVAL = ("merge", "revoke", "remove-device", "remove-person", "confirm", "undo", "epoch", "discovery")
ARRIVALS = ("found", "admit", "relay")

VOID, PENDING, HALF, SUSPENDING, IN_FORCE = "void", "pending", "half", "suspending", "in-force"
FARES = (VOID, PENDING, HALF, SUSPENDING, IN_FORCE)
HOLDS = (HALF, SUSPENDING, IN_FORCE)


class Entry:
    """One membership entry. `args` are the fields of its body; entries in them are Entry objects."""

    def __init__(self, author, incarnation, previous, cited, kind, args):
        self.author, self.incarnation, self.previous, self.cited = author, incarnation, previous, cited
        self.kind, self.args = kind, args
        self.parents = {p for p in (previous, cited) if p}
        if kind == "merge":
            self.parents |= set(args["heads"])
        self.before = frozenset().union(*(p.upto for p in self.parents))  # strict ancestors
        self.upto = self.before | {self}
        self.depth = 1 + max((p.depth for p in self.parents), default=-1)
        self.lamport = 1 + max((p.lamport for p in self.parents), default=0)
        self.seq = previous.seq + 1 if previous else 1
        self.feed = (author, incarnation)
        self.hash = self.label = None  # from the engine: the order of hashes is the one thing that cannot be made up here
        self.verdict = None

    def __getattr__(self, name):
        try:
            return self.__dict__["args"][name]
        except KeyError:
            raise AttributeError(name) from None

    def rank(self):
        """The canonical order."""
        return (self.depth, self.hash)


def concurrent(a, b):
    return a not in b.upto and b not in a.upto


def latest(entries):
    """Those that no other of them has among its ancestors."""
    return [e for e in entries if not any(e in other.before for other in entries)]
