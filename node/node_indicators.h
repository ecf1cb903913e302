/*
 * node/node_indicators.h - a team's indicators from the documents of a node, as they are now or as they were at a frontier (node/indicators/README.md).
 *
 * Threads: one.
 */
#ifndef NODE_NODE_INDICATORS_H
#define NODE_NODE_INDICATORS_H

#include "node/indicators/compute.h"
#include "node/indicators/published.h"
#include "node/node.h"

/* All indicators of periods from what this node shows, in one pass: of the dossiers one patient's facts are in memory at a time, however many there are. `values` as
 * indicator_sums_new() takes them. From the arena. ERR_NOTEAM; ERR_BUSY: writes are under way; errors of reading: the values mean nothing then. */
int node_indicators_compute(
        struct node *node, struct arena *arena, struct indicator_values *values, uint32_t count);

/* The month of the first visit that is here, likewise; as it was where there is none. */
int node_indicators_first_month(struct node *node, int32_t *month);

/* The part of it that campaigns of questionnaires give; node_indicators_compute() calls it. */
int node_indicators_campaigns(struct node *node, struct arena *arena, struct facts_team *out);

/* How this device sees the team's devices now. */
void node_indicators_observe(struct node *node, struct facts_observed *out);

/* How far each feed is here that indicators are computed from, ascending by feed; from the arena. */
struct node_frontier {
	struct entry_ref *refs;
	uint32_t count;
};
void node_indicators_frontier(struct node *node, struct arena *arena, struct node_frontier *out);

/* Frontiers as bytes: count, then each feed 32, sequence. ERR_MALFORMED and kin. */
void node_frontier_put(const struct node_frontier *frontier, struct buf *out);
int node_frontier_get(struct span bytes, struct arena *arena, struct node_frontier *out);

/* What names a frontier to those who may not see it: BLAKE2b-128 of "releve indicators 1" || salt || its bytes. */
enum { NODE_FRONTIER_SALT_BYTES = 16 };
void node_frontier_hash(const uint8_t salt[NODE_FRONTIER_SALT_BYTES], struct span frontier,
        uint8_t out[PUBLISHED_SOURCE_BYTES]);

/* The same of one period as it was at a frontier, computed again from the log alone. ERR_GAP: some of it is not here. */
int node_indicators_past(struct node *node, struct store *store, struct vault *vault,
        const struct node_frontier *frontier, struct arena *arena, struct indicator_values *values);

#endif
