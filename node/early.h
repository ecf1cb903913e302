/*
 * node/early.h - early copies: dossiers as a colleague's device has them, shown until the log's replay gives the same (node/README.md, "Early
 * copies").
 *
 * A copy is the state of one document and the bodies of its latest events, which documents refer to and the log holds. What comes by the log
 * is put into the shown document as well, so that it is never older than the log. Nothing here decides what a copy is good for.
 *
 * Pure: no I/O, no clock. Hostile bytes are fine. Threads: one.
 */
#ifndef NODE_EARLY_H
#define NODE_EARLY_H

#include "crdt/doc.h"
#include "crdt/frontier.h"

/* The body of an event. What the log says of it, once that came. */
enum early_body_state { EARLY_BODY_UNSEEN, EARLY_BODY_SAME, EARLY_BODY_DIFFERS };

struct early_body {
	struct op_id op;
	uint32_t kind;
	struct record_id id;
	uint64_t hlc;
	bool is_correction;
	struct op_id corrects;
	struct span fields, reason; /* in the copy's bytes; the reason is a correction's */
	enum early_body_state state;
};

struct early_copy {
	struct record_id dossier;
	struct device_id sender;
	uint64_t received_ms; /* wall clock */
	uint64_t mark; /* by what entries were judged then (node_standing_mark()) */
	struct crdt_feeds *feeds; /* of `doc` alone: what a sender makes up concerns no other document */
	struct crdt_doc *doc; /* what is shown */
	struct buf plain; /* as it came */
	struct buf fields; /* of all bodies */
	struct span state; /* inside of it: the document's snapshot */
	struct crdt_frontier ends; /* what the state claims to hold */
	struct early_body *bodies; /* ascending by op */
	uint32_t body_count;
	bool is_behind; /* the log has more of it: not to be shown before that is in it */
	bool is_spoiled; /* something of the log could not be put into it: to be shown no more */
	uint32_t moved; /* how often what is shown changed */
	bool has_digest; /* what lists need of it, as it was then (node_digest.c) */
	uint32_t digest_of;
	uint64_t digest_stamp; /* digests_stamp() */
	struct buf digest;
};

/* Make a copy of the document (kind, dossier) from its state and bodies, which are copied. ERR_MALFORMED and the errors of crdt_doc_load(); ERR_INVALID: it
 * is of another document, or of none of whose entries it could be said. Owner calls early_copy_free(). */
int early_copy_new(uint32_t doc_kind, const struct record_id *dossier, struct span state, struct span bodies,
        struct early_copy **out);
void early_copy_free(struct early_copy *copy); /* wipes; NULL is allowed */

/* Heap bytes. */
size_t early_copy_bytes(const struct early_copy *copy);

/* A change of its document that came by the log: what is new of it is shown, and the bodies of its events are compared. Where it has no room for it, which is a
 * state that was made up, the copy is spoiled. */
void early_copy_apply(struct early_copy *copy, const struct crdt_change *change);

/* The body of an event; NULL: not in the copy. */
struct early_body *early_copy_body(const struct early_copy *copy, const struct op_id *op);

/* Compare with the event as an operation of the log gives it. */
void early_body_compare(struct early_body *body, const struct crdt_op *op, const struct crdt_meta *meta);

/* The event as an operation, for showing: borrows from `body` and `meta`, which is filled in. */
struct crdt_op early_body_op(const struct early_body *body, struct crdt_meta *meta, struct entry_ref *dep);

/* May this change be written although what is shown is not verified: does it only add, where nothing stands? */
bool early_copy_permits(const struct early_copy *copy, const struct crdt_change *change);

#endif
