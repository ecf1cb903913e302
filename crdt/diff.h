/*
 * crdt/diff.h - what changed in a document between two frontiers, as a list that can be said in words.
 *
 * One item per register, per element of a set, per event and per place with other content that is not the same at both. Taking the items
 * in words (what goes, what comes) to what stood at the first frontier gives what stands at the second: tests/prop. Values are compared by
 * their bytes: a value that was only written again is no difference; two people who wrote the same are no conflict. Pure.
 */
#ifndef CRDT_DIFF_H
#define CRDT_DIFF_H

#include "crdt/base/arena.h"
#include "crdt/history.h"

enum crdt_diff_kind {
	CRDT_DIFF_ADDED = 1, /* nothing stood there: a register's first value, an element */
	CRDT_DIFF_CHANGED, /* another value, or other values in a conflict that goes on */
	CRDT_DIFF_REMOVED,
	CRDT_DIFF_CONFLICT_AROSE, /* several different values live, at most one did before */
	CRDT_DIFF_CONFLICT_SETTLED, /* several lived, one does */
	CRDT_DIFF_EVENT_ADDED,
	CRDT_DIFF_EVENT_CORRECTED, /* an event that cites another: `before` is that one, when it is in the history */
	/* Operations of a type that keeps its own order (counters, lists, texts): which ones is in `op_kind` and `by`. What stood there before
	 * and after is read from the document at both frontiers (crdt_history_doc), by that type's own functions. */
	CRDT_DIFF_CONTENT,
	CRDT_DIFF_UNKNOWN, /* an operation of a later version: `op_kind` */
};

struct crdt_diff_item {
	enum crdt_diff_kind kind;
	bool is_element; /* of the set at `path`; else its register */
	uint32_t op_kind; /* of CONTENT and UNKNOWN: of the last step in `by` */
	struct span path; /* empty for events and unknown operations */
	struct crdt_steps before,
	        after; /* whose values stood there, newest first (crdt/README.md, "Order shown") */
	struct crdt_steps by; /* what brought the difference about, in order; never empty */
};

struct crdt_diff {
	struct crdt_diff_item *items; /* in the order of the last step in `by` */
	uint32_t count, capacity;
	struct arena arena;
};

/* Set `*out` (zero-initialized, or used before) to the difference. It borrows from the history; owner calls crdt_diff_close().
 * ERR_INVALID: `to` does not hold all that `from` holds. */
int crdt_diff(const struct crdt_history *history, const struct crdt_frontier *from,
        const struct crdt_frontier *to, struct crdt_diff *out);
void crdt_diff_close(struct crdt_diff *diff);

#endif
