/*
 * crdt/passages.h - what changed inside a text or a list between two frontiers: what came, what went, what was moved; where, by whom, when.
 *
 * For any two frontiers, also two of which neither holds the other. Deleting the passages that go from the earlier content, at `from`, and
 * putting those that come in, at `to` and in their order, gives exactly the later content (tests/prop). Where something was replaced, what went
 * stands before what came. A screen that shows the later text strikes a deleted passage through before what stands at `to`.
 *
 * **One passage**: neighbours with nothing between them that stays, of one kind, by one feed, in one sitting: by the author's clock, none came
 * more than CRDT_SITTING_MINUTES before or after all that stand before it in the passage. An element of a list that was moved is always a
 * passage of its own. A passage that went and came again at its place, as by an undo and its undo, is no difference.
 *
 * Pure. The feed names the author; who stands behind it is the caller's business.
 */
#ifndef CRDT_PASSAGES_H
#define CRDT_PASSAGES_H

#include "crdt/base/arena.h"
#include "crdt/frontier.h"
#include "crdt/seq.h"

/* A nurse who is called away and goes on writing in the same room is in the same sitting; after the next visit she is not. */
enum { CRDT_SITTING_MINUTES = 10 };

enum crdt_passage_kind {
	CRDT_PASSAGE_INSERTED = 1,
	CRDT_PASSAGE_DELETED,
	CRDT_PASSAGE_MOVED, /* of a list, one element */
};

/* What stands before it: code points or values, and UTF-16 units (of a list the same). */
struct crdt_passage_at {
	uint32_t position, utf16;
};

struct crdt_passage {
	enum crdt_passage_kind kind;
	/* What brought it about is at the earlier frontier only: a passage that the later one does not know, or whose deletion it does not. */
	bool is_apart;
	uint32_t count; /* code points or values */
	struct span content; /* UTF-8, or encoded values one after the other */
	struct crdt_passage_at from, to; /* in the earlier and in the later content */
	struct op_id by; /* the first op of those that brought it about; by.feed is the author */
	uint64_t first_hlc, last_hlc; /* of all of them */
};

struct crdt_passages {
	struct crdt_passage *items; /* in the order of what stands at them */
	uint32_t count, capacity;
	struct arena arena; /* the contents */
};

/* Set `*out` (zero-initialized, or used before) to the difference of a text or a list, read off the sequence alone, which holds both frontiers and
 * may hold more. Each is closed: one that a document had. Owner calls crdt_passages_close(). */
void crdt_passages(const struct seq *seq, const struct crdt_frontier *from, const struct crdt_frontier *to,
        struct crdt_passages *out);
void crdt_passages_close(struct crdt_passages *passages);

#endif
