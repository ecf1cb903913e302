"""Which entries of a set are in force, given all removals in it (node/team/README.md, section 4, steps 2 and 3)."""

import rules
from entries import HALF, HOLDS, IN_FORCE, PENDING, SUSPENDING, VOID, Entry, concurrent, latest


def choice(entries, status, invite):
    """(is it decided, the admit chosen): what the latest chooses in force say, if they agree."""
    chooses = latest([e for e in entries if e.kind == "choose" and e.invite is invite and rules.verdict(e).power
                      and status.get(e) == IN_FORCE])
    chosen = {e.admit for e in chooses}
    if len(chosen) != 1:
        return False, None
    return True, chosen.pop()


UNKNOWN = None


class Resolution:
    """Statuses under way: everything unknown at first, then what follows, pass by pass."""

    def __init__(self, entries):
        self.entries = entries
        self.status = {e: (UNKNOWN if rules.verdict(e).power else VOID) for e in entries}
        self.powerful = sorted((e for e in entries if rules.verdict(e).power), key=Entry.rank)
        self.removing = [e for e in self.powerful if rules.verdict(e).removes]
        self.cutters = {e: [r for r in self.removing if r is not e and e not in r.before
                            and rules.aims(r, self.arrival(e))] for e in self.powerful}

    def arrival(self, e):
        return e if e.kind == "found" else rules.arrival_of(e.author, e.before)

    def run(self):
        while True:
            self.passes()
            unknown = [e for e in self.powerful if self.status[e] is UNKNOWN]
            if not unknown or not self.circles([r for r in self.removing if r in unknown]):
                break
        for e in unknown:
            self.status[e] = VOID
        return self.status

    def passes(self):
        changed = True
        while changed:
            changed = False
            for e in self.powerful:
                if self.status[e] is UNKNOWN:
                    self.status[e] = self.judge(e)
                    changed = changed or self.status[e] is not UNKNOWN

    def undone(self, r, e):
        """Is the removal taken back by an undo in force among the entry's ancestors? True, False, UNKNOWN."""
        undos = [self.status[u] for u in e.before if u.kind == "undo" and rules.verdict(u).power and r in u.removals]
        if any(s in HOLDS for s in undos):
            return True
        return UNKNOWN if UNKNOWN in undos else False

    def cut(self, e):
        """Does a removal in force cut it off? True, False, UNKNOWN."""
        answer = False
        for r in self.cutters[e]:
            taken_back = self.undone(r, e)
            if taken_back or self.status[r] in (VOID, HALF, PENDING):
                continue
            if self.status[r] is UNKNOWN or taken_back is UNKNOWN:
                answer = UNKNOWN
            else:
                return True
        return answer

    def void(self, e):
        """True, False, UNKNOWN, whatever other users of an invitation do."""
        answer = False
        for support, full in rules.verdict(e).rests:
            status = self.status[support]
            if status in (VOID, PENDING) or (full and status == HALF):
                return True
            if status is UNKNOWN:
                answer = UNKNOWN
        cut = self.cut(e)
        if cut:
            return True
        return UNKNOWN if UNKNOWN in (cut, answer) else False

    def judge(self, e):
        void = self.void(e)
        if void is not False:
            return VOID if void else UNKNOWN
        if e.kind == "admit":
            contest = self.contest(e)
            if contest != IN_FORCE:
                return contest
        if rules.verdict(e).alone and self.lost_alone(e):
            return HALF
        return IN_FORCE

    def contest(self, admit):
        chooses = [c for c in self.powerful if c.kind == "choose" and c.invite is admit.invite]
        if any(self.status[c] is UNKNOWN for c in chooses):
            return UNKNOWN
        rivals = [e for e in self.powerful if e.kind in ("admit", "revoke") and e.invite is admit.invite
                  and e is not admit]
        voids = [self.void(e) for e in rivals]
        if not voids:
            return IN_FORCE
        decided, chosen = choice(self.entries, self.status, admit.invite)
        if decided:
            return IN_FORCE if chosen is admit else VOID
        if False in voids:
            return PENDING
        return UNKNOWN if UNKNOWN in voids else IN_FORCE

    def lost_alone(self, e):
        founder = [f for f in self.entries if f.kind == "found"][0]
        if e.feed == founder.feed:
            return False
        return any(concurrent(e, other) and rules.new_nurse(other) not in (None, rules.author_person(e), rules.about(e))
                   for other in self.powerful)

    # circles

    def needs(self, e):
        """Unknown entries on whose fate that of `e` depends."""
        found = {s for s, _ in rules.verdict(e).rests} | set(self.cutters[e])
        found |= {u for u in e.before if u.kind == "undo" and rules.verdict(u).power
                  and any(r in u.removals for r in self.cutters[e])}
        if e.kind == "admit":
            found |= {o for o in self.powerful if o.kind in ("admit", "revoke", "choose")
                      and o.invite is e.invite and o is not e}
        return {f for f in found if self.status[f] is UNKNOWN}

    def reached(self, e):
        seen, todo = set(), list(self.needs(e))
        while todo:
            n = todo.pop()
            if n not in seen:
                seen.add(n)
                todo.extend(self.needs(n))
        return seen

    def signers(self, removal, circle):
        """The persons in the circle who signed for the removal of this one's target."""
        persons = set()
        for r in circle:
            if rules.verdict(r).target == rules.verdict(removal).target:
                persons.add(rules.author_person(r))
                if r.kind == "confirm":
                    persons.add(rules.author_person(r.proposal))
                elif r.kind == "remove-person" and not rules.verdict(r).alone:
                    persons.add(r.person)  # who announced to leave
        return persons

    def founded_on(self, e):
        """The entry and all that it rests on, at any remove."""
        seen, todo = set(), [e]
        while todo:
            n = todo.pop()
            if n not in seen:
                seen.add(n)
                todo.extend(s for s, _ in rules.verdict(n).rests)
        return seen

    def cut_by(self, removal, others):
        """Does one of the others cut it, or what it is founded on, unless that is taken back?"""
        return any(r in others and not self.undone(r, e)
                   for e in self.founded_on(removal) if self.status[e] is UNKNOWN for r in self.cutters[e])

    def circles(self, unknown):
        """Decide some of the removals that wait for themselves. False when there is none."""
        circle = [r for r in unknown if r in self.reached(r)]
        most = max((len(self.signers(r, circle)) for r in circle), default=0)
        strongest = [r for r in circle if len(self.signers(r, circle)) == most]
        uncut = [r for r in strongest if not self.cut_by(r, strongest)]
        for r in uncut or strongest:
            self.status[r] = IN_FORCE if uncut else SUSPENDING
        return bool(circle)


RESOLVED = {}


def resolve(entries):
    if entries not in RESOLVED:
        RESOLVED[entries] = Resolution(entries).run()
    return RESOLVED[entries]
