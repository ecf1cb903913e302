/*
 * node/node_history.h - the past of documents, read from the log (README.md, "The past"; crdt/history.h).
 *
 * What cannot be shown is said: entries whose body was erased, that no key is here for, that stand beyond the cut of a removal, or that this
 * version does not understand, come back as gaps. Only committed entries are read. Threads: one.
 */
#ifndef NODE_NODE_HISTORY_H
#define NODE_NODE_HISTORY_H

#include "crdt/history.h"
#include "node/node.h"

enum node_gap_why {
	NODE_GAP_ERASED = 1, /* the body was erased, or the dossier's secret */
	NODE_GAP_LOCKED, /* no key here */
	NODE_GAP_APART, /* written beyond a removal's cut, or outside the dates of its author's rights */
	NODE_GAP_UNREAD, /* of a later version, or nonsense */
	NODE_GAP_LAST = NODE_GAP_UNREAD,
};

/* An entry that is in no document. */
struct node_gap {
	uint32_t feed; /* the log's number */
	uint64_t seq, hlc;
	uint8_t clock_grade; /* enum clock_grade */
	enum node_gap_why why;
};

struct node_gaps {
	struct node_gap *items;
	uint32_t count, capacity;
};

/* The past of one document. */
struct node_past {
	uint32_t doc_kind;
	struct record_id doc_id;
	struct crdt_history *steps; /* linked */
	struct node_gaps gaps; /* entries that are known to belong to it */
	struct node_grade *grades; /* of its entries, in the order of the log */
	uint32_t grade_count, grade_capacity;
	bool is_whole; /* everything there ever was is in `steps`; else only what is new: it needs no more, or there is too much (news) */
	bool is_too_big; /* over the limits of a history */
	struct crdt_history *part; /* while it is read: what is new */
};

/* Read the past of document (kind, id). *unknown, when not NULL, is the number of entries of its compartment whose
 * dossier cannot be told without a key that is missing. ERR_NOTFOUND: nothing is known of it.
 * ERR_TOOBIG (LIMIT_HISTORY_BYTES, LIMIT_HISTORY_STEPS), the store's errors. Owner calls
 * node_past_close(), also after an error. */
int node_past_read(struct node *node, uint32_t doc_kind, const struct record_id *doc_id,
        struct node_past *out, uint64_t *unknown);
void node_past_close(struct node_past *past);

/* How good its author's clock was when a change was saved (enum clock_grade). */
uint8_t node_past_grade(struct node *node, const struct node_past *past, const struct op_id *op);

/* ---- News ---- */

/* What was written between two frontiers, over all documents that this device reads. */
struct node_span {
	struct crdt_frontier from, to;
	struct node_past *pasts; /* of each document that changed */
	uint32_t past_count, past_capacity;
	struct node_gaps gaps;
	uint32_t entry_count; /* taken */
	bool more; /* there is more after `to` */
};

/* Read the next `entry_max` entries after `from` (copied) in causal order, so that out->to is closed; fewer where they hold many operations.
 * Owner calls node_span_close(), also after an error. */
int node_span_read(
        struct node *node, const struct crdt_frontier *from, uint32_t entry_max, struct node_span *out);
void node_span_close(struct node_span *span);

/* Everything that this device has read and committed. */
void node_present(struct node *node, struct crdt_frontier *out);

/* The device that writes `feed` (the log's number), and its person. False: no person is known for it. */
bool node_feed_author(struct node *node, uint32_t feed, struct device_id *device, struct person_id *person);

/* ---- Undo ---- */

/* The last change that this device wrote in document (kind, id), or with kind 0 anywhere. ERR_NOTFOUND: none. ERR_BUSY: it is not
 * committed yet. */
int node_last_change(struct node *node, uint32_t doc_kind, const struct record_id *doc_id,
        struct entry_ref *entry, uint32_t *kind, struct record_id *id);

#endif
