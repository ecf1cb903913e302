/*
 * crdt/doc_op.h - op ids as documents keep them: a feed is a number of the shared table (crdt/feeds.h).
 */
#ifndef CRDT_DOC_OP_H
#define CRDT_DOC_OP_H

#include "crdt/feeds.h"

struct doc_op {
	uint32_t feed, seq, index;
};

/* What all that one change brought has in common. */
struct doc_stamp {
	uint64_t lamport, hlc;
	uint32_t seq;
	uint32_t feed;
};

/* Order of op ids that all replicas share. */
int doc_op_cmp(const struct crdt_feeds *feeds, const struct doc_op *a, const struct doc_op *b);

int doc_op_number_cmp(const void *left, const void *right); /* of struct doc_op, by feed number; for qsort */

#endif
