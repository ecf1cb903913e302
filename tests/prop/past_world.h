/*
 * tests/prop/past_world.h - worlds of crdt_world.h whose past is looked at.
 */
#ifndef TESTS_PROP_PAST_WORLD_H
#define TESTS_PROP_PAST_WORLD_H

#include "crdt/history.h"
#include "tests/prop/crdt_world.h"

/* Replicas whose authors type in one text, fill one list and one counter, by editing sessions as people do, and clear them sometimes. */
struct world *world_new_typed(struct prop *prop, uint32_t replica_max, uint32_t change_max);

/* All changes of the world's first document, added in a random order, some twice; linked. The caller frees it. */
struct crdt_history *world_history(struct prop *prop, const struct world *world);

/* Paths at which anything was ever put, each once: at most WORLD_OPS. Returns how many. */
uint32_t world_paths(const struct crdt_history *history, struct span *out);

#endif
