/*
 * node/countersign.h - what an entry of kind ENTRY_COUNTERSIGN says: which entries in quarantine its author vouches for (README.md,
 * "Quarantine").
 *
 * Pure: bytes only. Whether it has force is decided in node_quarantine.c.
 */
#ifndef NODE_COUNTERSIGN_H
#define NODE_COUNTERSIGN_H

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"

struct countersigned {
	struct entry_ref place;
	struct entry_hash hash; /* of its header */
};

struct countersign {
	uint32_t count; /* 1 to LIMIT_COUNTERSIGNED */
	const struct countersigned *items; /* strictly ascending by (feed, seq) */
	struct span comment; /* UTF-8, at most LIMIT_COUNTERSIGN_BYTES; empty: none */
};

int countersigned_cmp(const void *a, const void *b); /* by place, for qsort() */

/* Append the clear bytes. The items must be in order and within the limits: our own, checked by assertion. */
void countersign_encode(const struct countersign *countersign, struct buf *out);

/* Hostile bytes are fine. Items lie in `arena`, the comment borrows from `bytes`. ERR_VERSION, ERR_TOOBIG, ERR_TRUNCATED, ERR_MALFORMED. */
int countersign_decode(struct span bytes, struct arena *arena, struct countersign *out);

#endif
