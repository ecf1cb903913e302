"""Which histories are compared: all small ones over an alphabet of actions, then random larger ones."""

import random

import judging
import rules
from entries import CLINICAL, FACILITATOR, LOCUM, MESSAGE, NURSE, READER, TEAM, Entry, latest
from histories import Disagreement, History, found


# --- The alphabet: what a device could write on top of what it knows ----------------------------------------------------------

def newcomer(history):
    """The number of a device that no entry names yet: one for each place in the history, so that two sides of a partition
    may admit two devices."""
    return 20 + len(history.entries) % 20


def of_kind(before, *kinds):
    return [e for e in sorted(before, key=Entry.rank) if e.kind in kinds and rules.verdict(e).power]


def invites(h, d, v):
    yield "invite", dict(number=len(h.entries), role=NURSE, start=0, until=0)
    yield "invite", dict(number=len(h.entries), role=LOCUM, start=0, until=5000)


def admits(h, d, v):
    for invite in of_kind(v.entries, "invite"):
        if v.invitation(invite) == "open":
            new = newcomer(h)
            for person in sorted({new, 1} | {v.devices[d].person} - {None}):
                yield "admit", dict(invite=invite, device=new, person=person, role=invite.role, signatures="ok")
            yield "admit", dict(invite=invite, device=20, person=20, role=invite.role, signatures="ok")


def endorses(h, d, v):
    for admit in of_kind(v.entries, "admit"):
        yield "endorse", dict(admit=admit)


def revokes(h, d, v):
    for invite in of_kind(v.entries, "invite"):
        yield "revoke", dict(invite=invite)


def chooses(h, d, v):
    for invite in of_kind(v.entries, "invite"):
        if v.invitation(invite) == "contested":
            yield "choose", dict(invite=invite, admit=None)
            for admit in v.rivals(invite):
                yield "choose", dict(invite=invite, admit=admit)


def roles(h, d, v):
    for person in sorted(v.people):
        for role in (NURSE, LOCUM, READER):
            yield "role", dict(person=person, role=role, start=0, until=4000 + 1000 * d if role == LOCUM else 0)


def device_removals(h, d, v):
    for device in sorted(v.devices):
        yield "remove-device", dict(device=device, cut={(device, CLINICAL, 0): 2})


def person_removals(h, d, v):
    for person in sorted(v.people):
        yield "remove-person", dict(person=person)


def confirms(h, d, v):
    for proposal in of_kind(v.entries, "role", "remove-person"):
        yield "confirm", dict(proposal=proposal)


def undos(h, d, v):
    for removal in v.removals:
        yield "undo", dict(removals=(removal,))


def leaves(h, d, v):
    yield "leave", dict(until=3000 + 500 * d)


def epochs(h, d, v, compartment=CLINICAL):
    recipients = frozenset(v.recipients(compartment))
    parents = v.epoch_parents(compartment)
    keys = {p: all(v.may_hold(r, p) for r in recipients) for p in parents}
    yield "epoch", dict(compartment=compartment, nonce=0, parent_keys=keys,
                        omitted=frozenset(), recipients=recipients)


def team_epochs(h, d, v):
    return epochs(h, d, v, TEAM)


def grants(h, d, v):
    for source in of_kind(v.entries, "epoch", "discovery"):
        for device in sorted(v.devices):
            yield "grant", dict(source=source, device=device)


def secrets(h, d, v):
    yield "discovery", dict(nonce=0, omitted=frozenset(), recipients=frozenset(v.recipients(1)))
    yield "beacon", dict(nonce=0, recipients=frozenset(x for x in v.devices if v.manages(x)))


def leases(h, d, v):
    for device in sorted(v.devices):
        yield "lease", dict(holder=device, fence=v.fence_max() + 1)
    for lease in of_kind(v.entries, "lease"):
        yield "release", dict(lease_entry=lease)


def relays(h, d, v):
    yield "relay", dict(device=newcomer(h), signatures="ok")


EVERYTHING = (invites, admits, endorses, revokes, chooses, roles, device_removals, person_removals, confirms, undos,
              leaves, epochs, grants, secrets, leases, relays)
REMOVALS = (device_removals, person_removals, confirms, undos)
ARRIVALS = (invites, admits, endorses, revokes, chooses)
RIGHTS = (roles, confirms, leaves, person_removals)
KEYS = (epochs, grants, leases, device_removals)


# --- Where they start: written on top of a team; what everybody knows then ----------------------------------------------------

def first_of(choices, h, device, head):
    kind, args = next(choices(h, device, rules.view(head.upto)))
    return h.write(device, head, kind, **args)


def with_epoch(h, head):
    return first_of(epochs, h, 0, head)


def with_invitation(h, head):
    return first_of(invites, h, 0, head)


def with_stolen_phone(h, head):
    """Unknown to the others, device 1 admits another one of its owner, and that one a third."""
    known = with_epoch(h, head)
    head = known
    for inviting, new in ((1, 20), (20, 21)):
        invite = h.write(inviting, head, "invite", number=new, role=NURSE, start=0, until=0)
        head = h.write(inviting, invite, "admit", invite=invite, device=new, person=1, role=NURSE, signatures="ok")
    return known


def with_promotions(h, head):
    """An open invitation; then, perhaps unknown to the founder's second device, both locums become nurses."""
    known = with_invitation(h, head)
    first = h.write(0, known, "role", person=1, role=NURSE, start=0, until=0)
    second = h.write(0, first, "role", person=2, role=NURSE, start=0, until=0)
    h.write(1, second, "confirm", proposal=second)
    return known


def with_two_admissions(h, head):
    """Unknown to the others, nurse 0 admits a device as a nurse's, and nurse 1 the same as a locum's, of the same person."""
    head = first_of(team_epochs, h, 0, with_epoch(h, head))
    invited = [head := h.write(0, head, "invite", number=40 + i, role=role, start=0, until=0)
               for i, role in enumerate((NURSE, LOCUM))]
    for device, invite in enumerate(invited):
        h.write(device, head, "admit", invite=invite, device=30, person=30, role=invite.role, signatures="ok")
    return head


# --- All small histories ----------------------------------------------------------------------------------------------------------

def frontiers(history, base_count, device):
    """Every set of heads that the device may know: it knows the base, and all that it wrote itself."""
    tail = history.entries[base_count:]
    own = [e for e in tail if e.author == device]
    found_sets = {frozenset()}
    for e in tail:
        found_sets |= {frozenset(latest(s | {e})) for s in found_sets}
    for heads in sorted(found_sets, key=lambda s: sorted(e.label for e in s)):
        known = frozenset().union(*(e.upto for e in heads)) if heads else frozenset()
        if all(e in known for e in own):
            yield heads or {history.entries[base_count - 1]}


def orders(tail, placed=()):
    """All orders of arrival in which parents come before children."""
    left = [e for e in tail if e not in placed]
    if not left:
        yield placed
    for e in left:
        if all(p in placed or p not in tail for p in e.parents):
            yield from orders(tail, placed + (e,))


class Exploration:
    """All histories of up to so many actions on top of a team; or, with a share below 1, all of one action and of the
    longer ones a sample: each goes on with that chance."""

    def __init__(self, history, known, alphabet, actions, all_orders=0, judgements=0, share=1.0, seed=1):
        self.h, self.alphabet, self.actions = history, alphabet, actions
        self.base = known.label + 1  # entries that everybody knows
        self.all_orders, self.judgements, self.share = all_orders, judgements, share
        self.rng = random.Random(seed)
        self.seen = set()
        self.compared = self.powerless = self.orders = self.judged = 0
        self.disagreements = []

    def run(self):
        self.compare(0)
        self.deeper(0)
        return self

    def deeper(self, depth):
        if depth == self.actions:
            return
        before = len(self.h.entries)
        devices = sorted(rules.view(self.h.all()).devices)
        for device in devices:
            for heads in list(frontiers(self.h, self.base, device)):
                self.from_here(depth, before, device, heads)

    def from_here(self, depth, before, device, heads):
        h = self.h
        knows = frozenset().union(*(e.upto for e in heads))
        if device not in rules.view(knows).devices:
            return
        cited = h.joined(device, heads)
        if cited is None or not rules.verdict(cited).power:
            h.drop(before)
            return
        view = rules.view(cited.upto | (h.last[(device, 0)].upto if (device, 0) in h.last else frozenset()))
        joined = len(h.entries)
        for choices in self.alphabet:
            for kind, args in list(choices(h, device, view)):
                if depth > 0 and self.share < 1 and self.rng.random() >= self.share:
                    continue
                try:
                    self.one(depth, device, cited, kind, args)
                except Disagreement as why:
                    self.disagreements.append((h.text(), str(why)))
                    if len(self.disagreements) >= 20:
                        raise
                h.drop(joined)
        h.drop(before)

    def one(self, depth, device, cited, kind, args):
        e = self.h.write(device, cited, kind, **args)
        if e is None:
            return
        if not rules.verdict(e).power:
            self.powerless += 1
            return
        known = self.h.all()
        if known in self.seen:
            return
        self.seen.add(known)
        self.compare(depth + 1)
        self.deeper(depth + 1)

    def compare(self, depth):
        self.compared += 1
        self.h.check()
        tail = tuple(self.h.entries[self.base:])
        if depth <= self.all_orders:
            for order in orders(tail):
                self.orders += 1
                self.h.check_order(self.h.entries[:self.base] + list(order))
        for _ in range(self.judgements):
            self.judged += 1
            self.h.check_judgement(self.header())

    def header(self):
        rng, entries = self.rng, self.h.entries
        epochs = [e for e in entries if e.kind == "epoch"] + [None]
        cited = rng.choice(entries[self.base - 1:])
        compartment = rng.choice((CLINICAL, CLINICAL, CLINICAL, TEAM, TEAM, MESSAGE))
        fitting = [e for e in epochs if e and e.compartment == compartment] or epochs
        author = rng.choice(sorted(rules.view(self.h.all()).devices))
        previous = rng.choice(entries[self.base - 1:] + [None, None])
        if cited.kind == "admit" and rng.random() < 0.8:  # a newcomer's first entry
            author, previous = cited.args["device"], None
        return judging.Header(author=author, incarnation=rng.choice((0, 0, 0, 1)),
                            compartment=compartment,
                            seq=rng.choice((1, 2, 3)), cited=cited,
                            previous_cited=previous,
                            epoch=fitting[0] if rng.random() < 0.8 else rng.choice(epochs), ms=rng.choice((1000, 4000, 9000)))


# --- Random larger ones -----------------------------------------------------------------------------------------------------------

class Wandering:
    """One random history from a seed: devices that know different things, old states cited from fresh incarnations, entries
    without power among the ancestors; compared as a whole, in other orders of arrival, and by headers."""

    def __init__(self, engine, seed, actions):
        self.rng = random.Random(seed)
        self.h = History(engine)
        self.actions = actions
        self.orders = self.judged = 0

    def run(self):
        rng, h = self.rng, self.h
        nurses = rng.choice((1, 2, 2, 3, 3, 4))
        people = rng.choice(((), (), (LOCUM,), (LOCUM, READER), (FACILITATOR,)))
        found(h, nurses, people, rng.choice(((), (), (0,), (nurses - 1,), (0, nurses - 1))))
        self.base = len(h.entries)
        knows = {}  # device: its heads
        for _ in range(self.actions):
            self.step(knows)
        h.check()
        for e in rng.sample(h.entries, min(3, len(h.entries))):
            h.check_at(e)
        for _ in range(3):
            h.check_order(self.shuffled())
            self.orders += 1
        for _ in range(20):
            self.judged += 1
            h.check_judgement(Exploration.header(self))
        return self

    def step(self, knows):
        rng, h = self.rng, self.h
        devices = sorted(rules.view(h.all()).devices)
        device = rng.choice(devices)
        heads = knows.get(device, {h.entries[self.base - 1]})
        for other in devices:  # whom it met since
            if rng.random() < 0.25:
                heads = heads | knows.get(other, set())
        incarnation, previous = 0, "last"
        if rng.random() < 0.1:  # an old state, from a feed of which nobody knows
            incarnation, previous = len(h.entries), None
            cited = rng.choice(h.entries)
            heads = {cited}
        else:
            cited = h.joined(device, heads)
        if cited is None or device not in rules.view(cited.upto).devices:
            return
        before = cited.upto
        view = rules.view(before)
        options = []
        while not options:
            options = list(rng.choice(EVERYTHING + 2 * REMOVALS + ARRIVALS)(h, device, view))
        kind, args = rng.choice(options)
        e = h.write(device, cited, kind, incarnation, previous, **args)
        if e and not incarnation:
            knows[device] = {e}
        if rng.random() < 0.1:
            knows[device] = {x for x in latest(h.entries)}
            own = [x for x in h.entries if x.author == device and x.incarnation == 0]
            knows[device] |= set(own[-1:])

    def shuffled(self):
        left, placed = list(self.h.entries), []
        while left:
            ready = [e for e in left if all(p in placed for p in e.parents)]
            placed.append(self.rng.choice(ready))
            left.remove(placed[-1])
        return placed
