/*
 * crdt/change.h - a change: the payload of one log entry, several operations on one document.
 *
 * Format: crdt/README.md, section 3. A change is opened once, which validates all of it; walking over it then cannot
 * fail. Nothing is copied: the bytes and the meta are borrowed for as long as the change is used.
 */
#ifndef CRDT_CHANGE_H
#define CRDT_CHANGE_H

#include "crdt/op.h"

enum { CRDT_CHANGE_FORMAT = 1 };

struct crdt_change {
	const struct crdt_meta *meta;
	struct span bytes; /* all of it */
	uint32_t doc_kind; /* 1..CRDT_DOC_KIND_MAX, from the schema */
	struct record_id doc_id;
	uint32_t op_count; /* 1..LIMIT_CHANGE_OPS */
	struct mpack_in ops; /* after the first op */
	struct crdt_op first; /* most changes have only this one, so it is decoded once */
};

/* Validate `bytes` from anybody. ERR_VERSION: a later format. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG: not a change
 * that the entry described by `meta` may carry. ERR_INVALID: meta->seq is 0 or over 2^32 - 1. */
int crdt_change_open(struct crdt_change *change, const struct crdt_meta *meta, struct span bytes);

/* Walk: start with crdt_change_ops(), then next until false. */
struct crdt_ops {
	const struct crdt_change *change;
	struct mpack_in in;
	uint32_t index;
};

struct crdt_ops crdt_change_ops(const struct crdt_change *change);
bool crdt_ops_next(struct crdt_ops *ops, struct crdt_op *op);

#endif
