/*
 * node/behind.h - changes for a document that is not in memory: kept until somebody asks for the document.
 *
 * A device that meets a colleague gets a few hundred changes to as many dossiers and shows two of them. Opening every one to put a change in
 * would cost more than all the rest of a meeting. The changes are in the log and in indexes already; what waits here is only the
 * document's own state.
 *
 * Threads: one.
 */
#ifndef NODE_BEHIND_H
#define NODE_BEHIND_H

#include "crdt/doc.h"

struct behind_change;

/* The changes of one document, in the order in which they came, which is causal. All zero: none. */
struct behind {
	struct behind_change *first, *last;
};

/* Keep a copy of `change`. Its bytes in memory, for the caller's bound. */
size_t behind_add(struct behind *behind, const struct crdt_change *change);

/* Apply all to the document, then drop them; the bytes that they took. What the document refuses is passed over, as it would have been at once. */
size_t behind_apply(struct behind *behind, struct crdt_doc *doc);

/* Forget and wipe them; the bytes that they took. */
size_t behind_drop(struct behind *behind);

#endif
