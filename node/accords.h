/*
 * node/accords.h - which accords stand together: who of a team signed that they have the same (README.md, "Meetings").
 *
 * Pure: a function of the accords alone, the same everywhere, and of each device's own word only what it says of itself. Each device's accord stands once.
 */
#ifndef NODE_ACCORDS_H
#define NODE_ACCORDS_H

#include "node/keyring/accord.h"

enum { ACCORDS_APART_S = 10 * 60 }; /* longer than signing takes, with everybody who comes late */

/* The same hash for each compartment that both have, and for `team` and `clinical`. */
bool accords_same(const struct accord *a, const struct accord *b);

/* Of one meeting: each names the other, and their moments lie close together, by what each says of the other's clock. */
bool accords_met(const struct accord *a, const struct accord *b);

/* All of that, and each says that it is level with the other. */
bool accords_agree(const struct accord *a, const struct accord *b);

/* group[i] is the first one that accord i stands together with, directly or through others; i when there is none before it. */
void accords_group(const struct accord *const *list, uint32_t count, uint32_t *group);

/* The moment in the middle of those of a group, seconds since 1970; of two the earlier one. */
uint64_t accords_moment_s(
        const struct accord *const *list, uint32_t count, const uint32_t *group, uint32_t of);

#endif
