"""May this header's author write there? (node/team/README.md, section 5.) And all answers as lines, as the engine prints them."""

import rules
from entries import BILLING, COMPARTMENTS, HALF, IN_FORCE, LEVELS, NURSE, PENDING, RELAY, TEAM, VOID, WRITE


class Header:
    def __init__(self, author, incarnation, compartment, seq, cited, previous_cited, epoch, ms):
        self.author, self.incarnation, self.compartment, self.seq = author, incarnation, compartment, seq
        self.cited, self.previous_cited, self.epoch, self.ms = cited, previous_cited, epoch, ms


def beyond(h, cut):
    """Not among what the cut lets stand. At the very place that it names, only the entry that it names: never a header made up."""
    return h.seq >= cut.get((h.author, h.compartment, h.incarnation), 1)


def stands_otherwise(h, row, today, giver, role):
    """Admitted twice: the other admission is of the same person, and gives as much here, where the role came with the first."""
    if today.person != row.person:
        return False
    if giver is not row.arrival:
        return True
    gives = rules.role_of(today.arrival)
    if gives == NURSE and role == BILLING:
        gives = BILLING
    return LEVELS[gives][h.compartment - TEAM] >= WRITE


def judge(entries, h):
    """accepted, waiting, quarantined or refused; entries in `h` that are not of the set are not here yet."""
    if h.epoch is None:
        return "refused"
    for e in (h.cited, h.previous_cited):
        if e is not None and e not in entries:
            return "waiting"
    now, then = rules.view(entries), rules.view(h.cited.upto)
    if h.author not in then.devices:
        return "refused"
    row = then.devices[h.author]
    if row.state == "void":
        return "quarantined"
    lease = then.lease()
    role = RELAY if row.person is None else then.person_role(row.person)
    if lease and lease.holder == h.author and role == NURSE and row.full:
        role = BILLING
    if LEVELS[role][h.compartment - TEAM] < WRITE:
        return "refused"
    if row.state != "active":
        return "quarantined"
    if h.epoch not in entries:
        return "waiting"
    if h.epoch.kind != "epoch" or h.epoch.compartment != h.compartment or not rules.verdict(h.epoch).power:
        return "refused"
    if h.previous_cited and h.previous_cited not in h.cited.upto:
        return "quarantined"
    for r in now.removals:
        taken_back = r in now.undone and r in then.undone
        if rules.aims(r, row.arrival) and not taken_back and beyond(h, r.cut):
            return "quarantined"
    for giver in now.role_givers(row.person):
        if giver.kind in ("role", "confirm") and giver not in h.cited.upto:
            if LEVELS[rules.role_of(giver)][h.compartment - TEAM] < WRITE and beyond(h, giver.cut):
                return "quarantined"
    giver = then._roles[row.person]
    today = now.devices[h.author]
    if today.state in ("pending", "void"):
        return "quarantined"
    if now.status[row.arrival] in (VOID, PENDING) and not stands_otherwise(h, row, today, giver, role):
        return "quarantined"
    if giver is not row.arrival and now.status[giver] in (VOID, PENDING) + ((HALF,) if giver.kind == "role" else ()):
        return "quarantined"
    start, until = now.rights(row.person)
    if (start and h.ms < start) or (until and h.ms >= until):
        return "quarantined"
    return "accepted"


# --- The answers as lines, as the engine prints them ---------------------------------------------------------------------------

def label(e):
    return "-" if e is None else str(e.label)


def describe(entries, whole=True):
    v, lines = rules.view(entries), []
    for e in entries:
        lines.append(f"entry {e.label} {v.status[e]}")
    for d in v.devices.values():
        levels = "".join(str(v.level(d.id, c)) for c in COMPARTMENTS)
        lines.append(f"device {d.id} person {-1 if d.person is None else d.person} {d.state} manages {int(v.manages(d.id))} "
                     f"role {v.role(d.id)} levels {levels} beacon {label(v.beacon(d.id))}")
    for p in v.people:
        start, until = v.rights(p)
        lines.append(f"person {p} role {v.person_role(p)} from {start} until {until} leave {v.leave(p)[0]}")
    for e in v.powerful:
        if e.kind == "invite" and v.status[e] != VOID:
            lines.append(f"invitation {e.label} {v.invitation(e)}")
    for r in v.removals:
        lines.append(f"removal {r.label} undone {int(r in v.undone)}")
    for p in v.proposals():
        lines.append(f"proposal {p.label} confirmed {int(v.confirmed(p))}")
    lease = v.lease()
    line = f"lease held {int(lease is not None)} fence-max {v.fence_max()}"
    if lease:
        line += f" holder {lease.holder} by {lease.label} contested {int(v.contested(lease))}"
    lines.append(line)
    for e in v.epochs():
        lines.append(f"epoch {e.label} in-force {int(v.status[e] == IN_FORCE)}")
    lines.append(f"discovery {label(v.discovery())}")
    for c in (1,) + COMPARTMENTS:
        lines.append(f"recipients {c}" + "".join(f" {d}" for d in sorted(v.recipients(c))))
    if whole:
        for c in COMPARTMENTS:
            parents = "".join(f" {e.label}" for e in sorted(v.epoch_parents(c), key=lambda e: e.hash))
            lines.append(f"write {c} {label(v.epoch_to_write(c))} parents{parents}")
    return sorted(lines)
