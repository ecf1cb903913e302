/*
 * tests/lib/team_samples.h - one deterministic sample of every membership action, for golden files and fuzz corpora.
 */
#ifndef TESTS_LIB_TEAM_SAMPLES_H
#define TESTS_LIB_TEAM_SAMPLES_H

#include "crdt/base/arena.h"
#include "node/team/action.h"

/* Fill *out with the sample of `kind`; lists live in `arena`. Every field has bytes of its own. */
void team_sample(enum team_action_kind kind, struct arena *arena, struct team_action *out);

#endif
