/*
 * crdt/frontier.h - a point in history: per feed, the highest sequence that counts.
 *
 * The entries up to a frontier are *closed* when they hold all they depend on; the frontier of a document always is. Pure.
 */
#ifndef CRDT_FRONTIER_H
#define CRDT_FRONTIER_H

#include "crdt/doc.h"

/* Ascending by feed, each once, sequences from 1. Zero-initialized is the beginning; owner calls crdt_frontier_close(). */
struct crdt_frontier {
	struct entry_ref *items;
	uint32_t count, capacity;
};

void crdt_frontier_close(struct crdt_frontier *frontier);

/* The highest sequence of a feed; 0: none. */
uint64_t crdt_frontier_seq(const struct crdt_frontier *frontier, const struct feed_id *feed);

/* Is this entry at or before the frontier? */
bool crdt_frontier_holds(const struct crdt_frontier *frontier, const struct feed_id *feed, uint64_t seq);

/* Move a feed forward to `seq`; never back. */
void crdt_frontier_raise(struct crdt_frontier *frontier, const struct feed_id *feed, uint64_t seq);

/* Does `outer` hold all that `inner` holds? */
bool crdt_frontier_within(const struct crdt_frontier *inner, const struct crdt_frontier *outer);

/* Set `*out` to what was applied to the document. */
void crdt_frontier_of(const struct crdt_doc *doc, struct crdt_frontier *out);

#endif
