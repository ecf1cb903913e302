/*
 * crdt/op.h - one operation as it stands in a change: decoded and validated (crdt/README.md, section 3).
 *
 * Everything borrows from the change's bytes. Nothing allocates.
 */
#ifndef CRDT_OP_H
#define CRDT_OP_H

#include "crdt/base/ids.h"
#include "crdt/base/span.h"
#include "crdt/mpack.h"
#include "crdt/path.h"

/* Numbers on the wire; the rules of a number never change. Any other number is unknown, kept and skipped. */
enum crdt_op_kind {
	CRDT_OP_SET = 1,
	CRDT_OP_CLEAR = 2,
	CRDT_OP_ADD = 3,
	CRDT_OP_REMOVE = 4,
	CRDT_OP_EVENT = 8,
	CRDT_OP_COUNT = 16,
	CRDT_OP_LIST_INSERT = 24,
	CRDT_OP_LIST_DELETE = 25,
	CRDT_OP_LIST_MOVE = 26,
	CRDT_OP_TEXT_INSERT = 32,
	CRDT_OP_TEXT_DELETE = 33,
};

enum {
	CRDT_OP_KIND_MAX = 65535,
	CRDT_DOC_KIND_MAX = 65535,
	CRDT_EVENT_KIND_MAX = 255, /* the schema has about 25; a byte keeps an event reference at 32 bytes */
	CRDT_REASON_BYTES = 4096, /* a sentence or two, not a document */
};

/* A counter's steps are exact in every JSON reader. */
#define CRDT_DELTA_MAX ((INT64_C(1) << 53) - 1)

/* An op of feed `written` with sequence `from` or above is one of `meant`; of none at all where that is zero. */
struct crdt_rename {
	struct feed_id written;
	uint64_t from;
	struct feed_id meant;
};

/* What an entry's feeds mean where some of them have two histories (store/README.md, "Forks"). Both lists ascend by (written, from); the last that fits
 * holds. */
struct crdt_names {
	const struct crdt_rename *own; /* of what the change says of its own feed: all `written` are that */
	const struct crdt_rename *others; /* of the feeds in deps */
	uint32_t own_count, other_count;
};

/* What the header of the entry, verified elsewhere, says about a change. `deps` lists each feed once and never the
 * change's own. Feed 0 inside the change is `feed`, feed i is deps[i - 1]. Borrowed. */
struct crdt_meta {
	struct feed_id feed;
	uint64_t seq; /* from 1, below 2^32 */
	uint64_t lamport, hlc;
	const struct entry_ref *deps;
	uint32_t dep_count;
	const struct crdt_names *names; /* NULL: all feeds are what they are called */
};

/* An op id as a change writes it. */
struct crdt_ref {
	uint64_t seq;
	uint32_t feed; /* 0 own, i >= 1 deps[i - 1] */
	uint32_t index;
};

/* One element of a list or text, or none (start, end). */
struct crdt_place {
	struct crdt_ref ref;
	uint32_t offset;
	bool present;
};

/* Op ids cited, strictly ascending. Read by crdt_refs_next() on a copy. */
struct crdt_refs {
	struct mpack_in in;
	uint32_t count;
};

/* Runs of deleted elements: each `count` elements from `offset` on of one insertion. */
struct crdt_run {
	struct crdt_ref ref;
	uint32_t offset, count;
};

struct crdt_op {
	uint32_t
	        kind; /* enum crdt_op_kind, or an unknown number: then only `kind`, `index`, `encoded` are set */
	uint32_t index; /* position in the change */
	struct span encoded; /* the whole op */
	struct span path; /* the keys as the change writes them, without the array's head */
	bool path_has_element; /* else `path` is a crdt_path as it stands */
	struct crdt_refs supersedes; /* SET, CLEAR, ADD, REMOVE, LIST_MOVE */
	struct span
	        value; /* SET value, ADD element, EVENT fields, LIST_INSERT the array, encoded; TEXT_INSERT the text itself */
	struct span reason; /* text, empty when absent */
	int64_t delta; /* COUNT */
	uint32_t event_kind; /* EVENT, this one and the next two */
	struct record_id event_id;
	struct crdt_place corrects; /* offset unused */
	struct crdt_place left, right, element; /* LIST_INSERT, TEXT_INSERT, LIST_MOVE */
	struct crdt_refs targets; /* LIST_DELETE, TEXT_DELETE; read by crdt_runs_next() */
};

/* Decode and validate the op at `in` that is number `index` of the change `meta`. 0, ERR_MALFORMED, ERR_TRUNCATED,
 * ERR_TOOBIG. The bytes were passed by mpack_check(). */
int crdt_op_read(struct mpack_in *in, const struct crdt_meta *meta, uint32_t index, struct crdt_op *op);

bool crdt_refs_next(struct crdt_refs *refs, struct crdt_ref *ref);
bool crdt_runs_next(struct crdt_refs *targets, struct crdt_run *run);

/* The order of refs within a change: feed number, seq, index. */
int crdt_ref_cmp(const struct crdt_ref *a, const struct crdt_ref *b);

/* The feed of the op that a ref of this change means; zero when it means none. */
const struct feed_id *crdt_ref_feed(const struct crdt_meta *meta, const struct crdt_ref *ref);

/* The op id that a ref of this change means. */
struct op_id crdt_ref_op(const struct crdt_meta *meta, const struct crdt_ref *ref);

/* The op's path with its elements' feeds written out, as documents keep it. Empty for ops without a path. The result
 * borrows from the op, or from `space` when it had to be rewritten. */
struct span crdt_op_path(const struct crdt_op *op, const struct crdt_meta *meta, struct crdt_path *space);

#endif
