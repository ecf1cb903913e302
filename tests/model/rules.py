"""The rules of node/team/README.md, sections 1 to 4 and 6, once more: plain and slow.

Written from that page and not from the C code. A set of entries is a frozenset closed under parents; all answers are functions of
such a set. Where the C engine folds, extends and caches, this computes everything anew from the definitions; only the answers
for whole sets are remembered.
"""

import resolution
from entries import (BILLING, COMPARTMENTS, DEVICES_MAX, HALF, HOLDS, FARES, IN_FORCE, INVITABLE, LEVELS, LOCUM, MANAGE, NONE,
                     NURSE, PENDING, POWER, READ, RELAY, SUSPENDING, TEAM, VOID, WRITE, ARRIVALS, FEED_LAST, FEED_MAX, FOR_REMOVAL,
                     Entry, latest)


class NoPower(Exception):
    """The entry is kept, without power."""


def must(condition, why):
    if not condition:
        raise NoPower(why)


class Device:
    def __init__(self, arrival):
        self.id = arrival.device if arrival.kind != "found" else arrival.author
        self.arrival = arrival  # the founding, admit or relay entry
        self.person = None if arrival.kind == "relay" else arrival.person
        self.state, self.endorse, self.full = None, None, False


class Verdict:
    """What an entry amounts to at the state of its own ancestors."""

    def __init__(self):
        self.power = False
        self.why = None
        self.rests = []  # (entry, full): void if this one is void or pending; full: nor half
        self.alone = False  # one signature was enough because the team is small
        self.endorsed = False  # admit: manages without an endorse
        self.own = False  # admit: its own person wrote the invitation
        self.complete = False  # role, remove-person: needs no confirm
        self.removes = False
        self.suspends = False
        self.vouches = ()  # role: admissions for which it is an endorse as well
        self.target = None  # person whom it removes; None for a relay's device


# --- The state that a set of entries gives ---------------------------------------------------------------------------------

class View:
    def __init__(self, entries):
        self.entries = entries
        self.status = resolution.resolve(entries)
        self.powerful = [e for e in sorted(entries, key=Entry.rank) if verdict(e).power]
        self.devices = self._devices()
        self.people = {e.person for e in self.powerful
                       if e.kind in ("found", "admit") and self.status[e] != VOID}
        self._roles = {p: self._role_entry(p) for p in self.people}
        self._removals()
        for device in self.devices.values():
            self._settle(device)
        for person in self.people:
            self._keep_last(person)

    def holding(self, *kinds):
        """Entries of these kinds that hold, in canonical order."""
        return [e for e in self.powerful if e.kind in kinds and self.status[e] in HOLDS]

    def in_force(self, *kinds):
        return [e for e in self.powerful if e.kind in kinds and self.status[e] in (IN_FORCE, SUSPENDING)]

    def _devices(self):
        found = {}
        for e in self.powerful:
            if e.kind in ARRIVALS:
                device = Device(e)
                old = found.get(device.id)
                if old is None or FARES.index(self.status[e]) > FARES.index(self.status[old.arrival]):
                    found[device.id] = device
        return found

    # people

    def role_givers(self, person):
        """Entries that gave this person a role, at any time: by which she came, and changes in force."""
        arrivals = [e for e in self.powerful if e.kind in ("found", "admit") and e.person == person
                    and self.status[e] != VOID and not (e.kind == "admit" and named_before(e, person))]
        holding = [e for e in arrivals if self.status[e] in HOLDS]
        return (holding or arrivals) + [
            e for e in self.powerful if self.status[e] == IN_FORCE and (
                e.kind == "role" and e.person == person and verdict(e).complete
                or e.kind == "confirm" and e.proposal.kind == "role" and e.proposal.person == person)]

    def _role_entry(self, person):
        """The latest; of several, the one that gives least: less power, an earlier end, a later begin."""
        def gives(e):
            start, until = dates_of(e)
            return POWER[role_of(e)], until or float("inf"), -start, e.rank()
        return min(latest(self.role_givers(person)), key=gives, default=None)

    def person_role(self, person):
        giver = self._roles.get(person)
        return role_of(giver) if giver else NONE

    def leave(self, person):
        """The earliest date of a notice, and the notice; not of one that was known to who set the dates since."""
        giver = self._roles[person]
        change = giver.proposal if giver.kind == "confirm" else giver
        notices = [e for e in self.in_force("leave") if author_person(e) == person and e not in change.before]
        return min(((e.until, e.rank(), e) for e in notices), default=(0, None, None))

    def rights(self, person):
        giver = self._roles.get(person)
        start, until = dates_of(giver) if giver else (0, 0)
        leave = self.leave(person)[0]
        if leave and (not until or leave < until):
            until = leave
        return start, until

    # removals

    def _removals(self):
        """Removals in force; which are undone, and which only suspend."""
        self.removals = [e for e in self.powerful
                         if verdict(e).removes and self.status[e] in (IN_FORCE, SUSPENDING)]
        self.undone = {r for u in self.in_force("undo") for r in u.removals}
        self.suspending = set()
        for r in self.removals:
            if self.status[r] == SUSPENDING or verdict(r).suspends:
                self.suspending.add(r)

    def _keep_last(self, person):
        """Where single signatures together took all devices of a person, the last that they took are only suspended."""
        devices = [d for d in self.devices.values() if d.person == person]
        standing = [r for r in self.removals if verdict(r).target == person and r not in self.undone]
        if any(d.state not in ("removed", "void") for d in devices) or any(r.kind != "remove-device" for r in standing):
            return
        last = {r.device for r in latest(standing)}
        for device in devices:
            if device.id in last and device.state == "removed":
                device.state = "suspended"

    def removals_of(self, device):
        return [r for r in self.removals if aims(r, device.arrival)]

    # devices

    def _settle(self, device):
        arrival = device.arrival
        status = self.status[arrival]
        endorses = [e for e in self.in_force("endorse") if e.admit is arrival]
        device.endorse = None
        if arrival.kind == "found":
            device.full = True
        elif arrival.kind == "admit":
            device.full = verdict(arrival).endorsed and status == IN_FORCE
            endorses += [e for e in self.role_givers(device.person)
                         if e.kind in ("role", "confirm") and arrival in verdict(e).vouches]
            if not device.full and endorses:
                device.endorse, device.full = min(endorses, key=Entry.rank), True
        against = [r for r in self.removals_of(device) if r not in self.undone]
        if status == VOID:
            device.state = "void"
        elif any(r not in self.suspending for r in against):
            device.state = "removed"
        elif against:
            device.state = "suspended"
        elif status == PENDING or (self.in_anothers_name(arrival) and not device.full):
            device.state = "pending"
        else:
            device.state = "active"

    def in_anothers_name(self, admit):
        """Its person is known, or arrives elsewhere at the same time: has a device whose admission does not come after."""
        return admit.kind == "admit" and any(
            d.person == admit.person and d.arrival is not admit and self.status[d.arrival] in HOLDS
            and admit not in d.arrival.before for d in self.devices.values())

    def active(self, device):
        return device in self.devices and self.devices[device].state == "active"

    def role(self, device):
        if not self.active(device):
            return NONE
        row = self.devices[device]
        if row.person is None:
            return RELAY
        lease = self.lease()
        role = self.person_role(row.person)
        return BILLING if lease and lease.holder == device and role == NURSE and row.full else role

    def level(self, device, compartment):
        role = self.role(device)
        if role == NONE:
            return NONE
        level = LEVELS[role][compartment - TEAM]
        return WRITE if level == MANAGE and not self.devices[device].full else level

    def manages(self, device):
        return (self.active(device) and self.devices[device].full
                and self.person_role(self.devices[device].person) == NURSE)

    def nurses(self, without=()):
        """The people, where signatures are counted."""
        return {d.person for d in self.devices.values()
                if d.person is not None and d.person not in without and d.state not in ("removed", "void")
                and self.person_role(d.person) == NURSE}

    def present(self):
        return [d for d in self.devices.values() if d.state not in ("removed", "void")]

    def recipients(self, compartment):
        """Who must get the key of this compartment; of the discovery secret, for compartment 1."""
        return {d.id for d in self.devices.values() if d.state == "active"
                and (compartment == 1 or self.level(d.id, compartment) >= READ)}

    # invitations and proposals

    def rivals(self, invite):
        return [e for e in self.powerful if e.kind in ("admit", "revoke") and e.invite is invite]

    def invitation(self, invite):
        rivals = self.rivals(invite)
        live = [e for e in rivals if self.status[e] != VOID]
        decided, chosen = resolution.choice(self.entries, self.status, invite)
        if decided:
            return "used" if chosen else "revoked"
        admits = [e for e in live if e.kind == "admit"]
        if admits and len(live) > 1:
            return "contested"
        if any(e.kind == "admit" for e in live):
            return "used"
        if not rivals:
            return "open"
        return "used" if rivals[0].kind == "admit" else "revoked"

    def proposals(self):
        return [e for e in self.powerful if e.kind in ("role", "remove-person") and self.status[e] != VOID
                and (not verdict(e).complete or self.status[e] == HALF)]

    def confirmed(self, proposal):
        return any(e.proposal is proposal for e in self.in_force("confirm"))

    # epochs, secrets, lease

    def epochs(self, compartment=None):
        return [e for e in self.powerful if e.kind == "epoch" and compartment in (None, e.compartment)]

    def may_hold(self, device, epoch):
        """May it be given the key of that epoch along with a later one?"""
        role = self.role(device)
        if role != LOCUM:
            return True
        return device in epoch.recipients or any(
            g.source is epoch and g.device == device for g in self.in_force("grant"))

    def holders(self, epoch):
        """Who has the key: its recipients, who was granted it, and who has that of an epoch which carries it along."""
        has = set(epoch.recipients) | {g.device for g in self.powerful if g.kind == "grant" and g.source is epoch}
        for child in self.epochs(epoch.compartment):
            if child.parent_keys.get(epoch):
                has |= self.holders(child)
        return has

    def epoch_to_write(self, compartment):
        good = [e for e in self.in_force("epoch") if e.compartment == compartment
                and all(self.level(d, compartment) >= READ for d in self.holders(e))]
        return max(good, key=Entry.rank, default=None)

    def epoch_parents(self, compartment):
        good = [e for e in self.in_force("epoch") if e.compartment == compartment]
        others = [e for e in self.epochs(compartment) if e not in good]
        named = {p for e in good for p in e.parent_keys}
        named_by_others = named | {p for e in others for p in e.parent_keys}
        return [e for e in good if e not in named] + [e for e in others if e not in named_by_others]

    def discovery(self):
        return max(self.in_force("discovery"), key=Entry.rank, default=None)

    def beacon(self, device):
        return max((e for e in self.in_force("beacon") if e.author == device), key=Entry.rank, default=None)

    def fence_max(self):
        return max((e.fence for e in self.powerful if e.kind == "lease"), default=0)

    def greatest_lease(self):
        return max(self.in_force("lease"), key=lambda e: (e.fence, e.rank()), default=None)

    def lease(self):
        """The lease that is held; None when it was released."""
        lease = self.greatest_lease()
        return lease if lease and not self.released(lease) else None

    def released(self, lease):
        return any(e.lease_entry is lease for e in self.in_force("release"))

    def contested(self, lease):
        return any(e is not lease and e.fence == lease.fence for e in self.in_force("lease"))


VIEWS = {}


def view(entries):
    if entries not in VIEWS:
        VIEWS[entries] = View(entries)
    return VIEWS[entries]


def role_of(giver):
    if giver.kind == "found":
        return NURSE
    return giver.proposal.role if giver.kind == "confirm" else giver.role


def dates_of(giver):
    if giver.kind == "found":
        return 0, 0
    if giver.kind == "admit":
        giver = giver.invite
    elif giver.kind == "confirm":
        giver = giver.proposal
    return giver.start, giver.until


def named_before(admit, person):
    """At the state of the admit, the person was known: it is in the team, or was."""
    return person in view(admit.before).people


def author_person(entry):
    return entry.person if entry.kind == "found" else arrival_of(entry.author, entry.before).person


def arrival_of(device, entries):
    """What admitted this device, among these entries, rightly at that time; None for a stranger."""
    arrivals = [e for e in entries if e.kind in ARRIVALS and verdict(e).power
                and (e.author if e.kind == "found" else e.device) == device]
    if not arrivals:
        return None
    state = view(frozenset(entries))
    return state.devices[device].arrival


def aims(removal, arrival):
    """Does it mean the device that arrived by that entry? To come back to a removed person's name is a return."""
    device = arrival.author if arrival.kind == "found" else arrival.device
    body = removal.proposal if removal.kind == "confirm" else removal
    if body.kind == "remove-device":
        return body.device == device
    return arrival.kind != "relay" and arrival.person == body.person and removal not in arrival.before


def new_nurse(entry):
    """The person whom this entry, by itself, may make one more of those whose signatures count."""
    if entry.kind == "admit" and entry.role == NURSE:
        return entry.person
    if entry.kind == "role" and entry.role == NURSE and verdict(entry).complete:
        return entry.person
    if entry.kind == "confirm" and entry.proposal.kind == "role" and entry.proposal.role == NURSE:
        return entry.proposal.person
    return None


def about(entry):
    """Whom a role or a removal is about: that person does not make the team larger. A newcomer's namesake does."""
    return None if entry.kind == "admit" else entry.person


# --- May this author do this, at the state that it cited? ---------------------------------------------------------------------

def verdict(entry):
    if entry.verdict is None:
        entry.verdict = Verdict()
        try:
            Check(entry, entry.verdict).run()
            entry.verdict.power = True
        except NoPower as why:
            entry.verdict.why = str(why)
            entry.verdict.rests = []
    return entry.verdict


def admissible(entry):
    """May it be kept? (section 1)"""
    if entry.kind == "found":
        return not entry.parents
    if entry.cited is None or entry.seq > FEED_MAX + (FEED_LAST if entry.kind in FOR_REMOVAL else 0):
        return False
    if entry.previous and not any(entry.previous in p.upto for p in entry.parents if p is not entry.previous):
        if entry.previous is not entry.cited:
            return False
    return arrival_of(entry.author, entry.before) is not None


class Check:
    def __init__(self, entry, out):
        self.e, self.out = entry, out

    def run(self):
        e = self.e
        if e.kind == "found":
            return
        self.v = view(e.before)
        must(e.author in self.v.devices, "unknown device")
        self.me = self.v.devices[e.author]
        self.person = self.me.person
        must(self.v.active(e.author), "its author is not active")
        self.rest_on_author(False)
        getattr(self, e.kind.replace("-", "_"))()

    def rest(self, entry, full=False):
        self.out.rests.append((entry, full))

    def rest_on_author(self, manage):
        """What the author's right rests on: its admission, what gave its role, the endorse."""
        self.rest(self.me.arrival, manage and self.me.endorse is None)
        giver = self.v._roles.get(self.person)
        if giver and giver is not self.me.arrival:
            self.rest(giver, giver.kind == "role")
        if manage and self.me.endorse:
            self.rest(self.me.endorse, self.me.endorse.kind == "role")

    def manager(self):
        must(self.v.manages(self.e.author), "its author is no manager")
        self.out.rests = []
        self.rest_on_author(True)

    def known(self, entry, *kinds):
        must(entry is not None and entry in self.e.before and entry.kind in kinds and verdict(entry).power,
             "no such thing")

    # one function per action

    def invite(self):
        self.manager()
        must(self.e.role in INVITABLE, "no role to invite for")

    def admit(self):
        e, v = self.e, self.v
        self.manager()
        self.known(e.args["invite"], "invite")
        invite = e.args["invite"]
        must(v.status[invite] in HOLDS and v.invitation(invite) == "open", "the invitation is closed")
        must(e.signatures == "ok", "bad signature")
        must(e.role == invite.role, "not as invited")
        must(e.device not in v.devices, "the device is not new")
        must(len(v.present()) < DEVICES_MAX, "full")
        self.rest(invite)
        there = e.person in v.people
        if there:
            must(e.role == v.person_role(e.person), "an existing person keeps its role")
        self.out.own = author_person(invite) == e.person and any(
            d.person == e.person and v.manages(d.id) for d in v.devices.values())
        back = there and not any(d.person == e.person for d in v.present())
        self.out.alone = (e.role == NURSE or there) and not self.out.own and len(v.nurses()) < 2 and (back or not there)
        self.out.endorsed = self.out.own or self.out.alone

    def endorse(self):
        e, v = self.e, self.v
        self.manager()
        admit = e.args["admit"]
        self.known(admit, "admit")
        must(v.status[admit] in HOLDS, "no such admit")
        must(author_person(admit) != self.person, "same person")
        row = v.devices[admit.args["device"]]
        must(row.arrival is admit and row.state in ("active", "pending"), "no such device")
        must(not row.full, "it waits for no endorse")
        must(v.person_role(admit.person) == NURSE or v.in_anothers_name(admit), "it waits for no endorse")
        self.rest(admit)

    def revoke(self):
        invite = self.e.args["invite"]
        self.manager()
        self.known(invite, "invite")
        must(self.v.status[invite] in HOLDS and self.v.invitation(invite) == "open", "closed")

    def choose(self):
        invite, admit = self.e.args["invite"], self.e.args["admit"]
        self.manager()
        self.known(invite, "invite")
        must(self.v.status[invite] in HOLDS and self.v.invitation(invite) == "contested", "not contested")
        if admit is not None:
            self.known(admit, "admit")
            must(admit.args["invite"] is invite and self.v.status[admit] == PENDING, "not one of them")

    def merge(self):
        pass

    def role(self):
        e, v = self.e, self.v
        self.manager()
        must(e.person in v.people, "no such person")
        must(e.role in INVITABLE, "no such role")
        old = v.person_role(e.person)
        if old != NURSE and e.role == NURSE:
            self.out.alone = len(v.nurses({e.person})) < 2
        elif old == NURSE and e.person != self.person:
            self.out.alone = len(v.nurses()) <= 2
        steps_down = old == NURSE and e.role != NURSE and e.person == self.person
        self.out.complete = self.out.alone or steps_down or NURSE not in (old, e.role)
        self.vouch(e.person, e.role)

    def vouch(self, person, role):
        """The signatures for a nurse's role hold for the devices that the person has then; not for those that wait."""
        if role == NURSE and self.v.person_role(person) != NURSE:
            self.out.vouches = tuple(d.arrival for d in self.v.devices.values()
                                     if d.person == person and not self.v.in_anothers_name(d.arrival))

    def remove_device(self):
        e, v = self.e, self.v
        self.manager()
        must(e.device != e.author, "itself")
        must(e.device in v.devices, "no such device")
        device = v.devices[e.device]
        must(device.state not in ("removed", "void"), "out already")
        if device.state == "suspended":
            signed = {author_person(r) for r in v.removals_of(device)
                      if r not in v.undone and r.kind == "remove-device"}
            must(self.person not in signed, "signed already")
        self.out.removes = True
        self.out.target = device.person
        self.out.suspends = device.person is not None and not any(
            d.person == device.person and d.id != device.id and d.state == "active" for d in v.devices.values())

    def remove_person(self):
        e, v = self.e, self.v
        self.manager()
        must(e.person != self.person, "herself")
        must(any(d.person == e.person for d in v.present()), "no such person")
        self.out.target = e.person
        until, _, notice = v.leave(e.person)
        if notice:
            self.out.complete = True
            self.rest(notice)
        elif len(v.nurses()) <= 2:
            self.out.complete = self.out.alone = True
        self.out.removes = self.out.complete

    def confirm(self):
        e, v = self.e, self.v
        self.manager()
        proposal = e.proposal
        self.known(proposal, "role", "remove-person")
        must(proposal in v.proposals(), "no such proposal")
        must(not v.confirmed(proposal), "confirmed already")
        must(self.person not in (author_person(proposal), proposal.person), "same person")
        self.rest(proposal)
        self.out.removes = proposal.kind == "remove-person"
        must(not self.out.removes or any(d.person == proposal.person for d in v.present()), "out already")
        self.out.target = proposal.person
        if proposal.kind == "role":
            self.vouch(proposal.person, proposal.role)

    def undo(self):
        v = self.v
        self.manager()
        for r in self.e.removals:
            must(r in v.removals and r not in v.undone, "no removal")
            must(any(d.state == "suspended" and aims(r, d.arrival) for d in v.devices.values()), "no suspension")
            must(verdict(r).target != self.person, "her own suspension")

    def leave(self):
        must(self.person is not None, "a relay is nobody's")
        must(self.e.until > 0, "no date")
        if self.v.person_role(self.person) == NURSE:
            self.manager()

    def epoch(self):
        e, v = self.e, self.v
        self.manager()
        must(e.compartment in COMPARTMENTS, "no such compartment")
        self.receivers(e.compartment)
        for parent, has_key in e.parent_keys.items():
            self.known(parent, "epoch")
            must(parent.compartment == e.compartment, "another compartment's")
            must(not has_key or all(v.may_hold(d, parent) for d in e.recipients), "history for a locum")

    def receivers(self, compartment):
        e, v = self.e, self.v
        must(not e.omitted & e.recipients, "named twice")
        must(e.omitted | e.recipients == v.recipients(compartment), "not those entitled")
        must(all(v.devices[d].person is not None and any(v.rights(v.devices[d].person)) for d in e.omitted),
             "omitted without dates")

    def grant(self):
        e, v = self.e, self.v
        must(self.person is not None, "a relay may not")
        self.known(e.source, "epoch", "discovery")
        must(v.active(e.args["device"]), "the receiver is not active")
        if e.source.kind == "epoch":
            part = e.source.compartment
            must(v.level(e.author, part) >= READ and v.level(e.args["device"], part) >= READ, "may not read")
            if v.role(e.args["device"]) == LOCUM:
                must(e.source not in v.devices[e.args["device"]].arrival.before, "older than the locum")

    def discovery(self):
        self.manager()
        self.receivers(1)

    def beacon(self):
        must(all(self.v.manages(d) for d in self.e.recipients), "not managers")

    def lease(self):
        e, v = self.e, self.v
        self.manager()
        must(v.manages(e.holder), "its holder is no manager")
        must(e.fence == v.fence_max() + 1, "not the next number")

    def release(self):
        lease = self.e.lease_entry
        self.known(lease, "lease")
        must(self.v.lease() is lease and lease.holder == self.e.author, "not its holder")
        self.rest(lease)

    def relay(self):
        e, v = self.e, self.v
        self.manager()
        must(e.signatures == "ok", "bad signature")
        must(e.device not in v.devices, "the device is not new")
        must(len(v.present()) < DEVICES_MAX, "full")
