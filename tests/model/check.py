#!/usr/bin/env python3
"""Compare the membership engine with the model: check.py ENGINE [--long] [--seed N]

Without --long a few thousand histories, in some seconds; with it, all small histories of the table below to their full depth and
thousands of random ones. Prints how many were compared and in how many the two disagree; the first disagreements with the
history that leads there. Ends with 1 if there was one. --seed N runs that random history alone.
"""

import argparse
import sys
import time

sys.dont_write_bytecode = True  # nothing is left in the source tree

import resolution
import rules
from entries import LOCUM
from explore import (ARRIVALS, EVERYTHING, KEYS, REMOVALS, RIGHTS, Exploration, Wandering, with_epoch, with_invitation,
                     with_promotions, with_stolen_phone, with_two_admissions)
from histories import Disagreement, Engine, History, found

# name, nurses, other roles, second devices, start, alphabet, actions, of them in all orders of arrival, share (short, long)
SMALL = (
    ("one nurse and a locum, everything", 1, (LOCUM,), (), with_epoch, EVERYTHING, 2, 2, 1, 1),
    ("two nurses and a locum, everything", 2, (LOCUM,), (), with_epoch, EVERYTHING, 2, 2, 0.15, 1),
    ("three nurses, everything", 3, (), (), with_epoch, EVERYTHING, 2, 2, 0.1, 1),
    ("two nurses and a second device, everything", 2, (), (1,), with_epoch, EVERYTHING, 2, 2, 0.1, 1),
    ("three nurses, removals", 3, (), (), with_epoch, REMOVALS, 3, 3, 0.2, 1),
    ("two nurses with second devices, removals", 2, (), (0, 1), with_epoch, REMOVALS, 3, 3, 0.1, 1),
    ("three nurses and a stolen phone, removals", 3, (), (), with_stolen_phone, REMOVALS, 2, 0, 0.2, 1),
    ("two nurses, arrivals", 2, (), (), with_invitation, ARRIVALS, 3, 3, 0.1, 1),
    ("promotions, arrivals", 1, (LOCUM, LOCUM), (0,), with_promotions, ARRIVALS, 2, 0, 0.1, 1),
    ("three nurses and a device admitted twice, removals", 3, (), (), with_two_admissions, REMOVALS, 2, 0, 0.6, 1),
    ("two nurses and a locum, rights", 2, (LOCUM,), (), with_epoch, RIGHTS, 3, 2, 0.1, 1),
    ("two nurses and a locum, keys", 2, (LOCUM,), (), with_epoch, KEYS, 3, 2, 0.06, 1),
    ("four nurses, removals", 4, (), (), with_epoch, REMOVALS, 3, 2, 0, 1),
    ("three nurses, removals", 3, (), (), with_epoch, REMOVALS, 4, 2, 0, 0.5),
    ("two nurses, everything", 2, (), (), with_epoch, EVERYTHING, 3, 1, 0, 0.5),
)
RANDOM_SHORT, RANDOM_LONG, RANDOM_ACTIONS = 60, 5000, 25


def forget():
    """What was computed for the histories of one team is of no use for the next."""
    rules.VIEWS.clear()
    resolution.RESOLVED.clear()
    History.KNOWN.clear()


def show(disagreements):
    for text, why in disagreements[:5]:
        print(text, why, "", sep="\n")


def small(engine, long):
    compared = differ = 0
    for name, nurses, roles, second, start_with, alphabet, actions, all_orders, short, long_share in SMALL:
        share = long_share if long else short
        if share == 0:
            continue
        forget()
        history = History(engine)
        head = found(history, nurses, roles, second)
        known = start_with(history, head)
        start = time.time()
        run = Exploration(history, known, alphabet, actions, all_orders, judgements=2, share=share)
        try:
            run.run()
        except Disagreement:
            pass
        which = "all" if share == 1 else "a sample of"
        print(f"{name}: {which} {run.compared} histories of up to {actions} actions, {run.orders} orders of arrival, "
              f"{run.judged} headers, {run.powerless} entries without power, {len(run.disagreements)} disagreements, "
              f"{time.time() - start:.1f} s", flush=True)
        show(run.disagreements)
        compared += run.compared
        differ += len(run.disagreements)
    return compared, differ


def wander(engine, seeds, actions):
    compared = differ = orders = judged = 0
    for seed in seeds:
        forget()
        run = Wandering(engine, seed, actions)
        try:
            run.run()
        except Disagreement as why:
            differ += 1
            if differ <= 5:
                print(f"seed {seed}")
                show([(run.h.text(), str(why))])
        compared += 1
        orders += run.orders
        judged += run.judged
    print(f"random: {compared} histories of up to {actions} actions, {orders} orders of arrival, {judged} headers, "
          f"{differ} disagreements", flush=True)
    return compared, differ


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("engine")
    options.add_argument("--long", action="store_true")
    options.add_argument("--seed", type=int)
    chosen = options.parse_args()
    engine = Engine(chosen.engine)
    if chosen.seed is not None:
        figures = [wander(engine, [chosen.seed], RANDOM_ACTIONS)]
    else:
        figures = [small(engine, chosen.long),
                   wander(engine, range(1, 1 + (RANDOM_LONG if chosen.long else RANDOM_SHORT)), RANDOM_ACTIONS)]
    engine.close()
    compared, differ = (sum(column) for column in zip(*figures))
    print(f"{compared} histories, {differ} disagreements")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
