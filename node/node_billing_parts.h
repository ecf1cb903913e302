/*
 * node/node_billing_parts.h - private to node_billing*.c: events of documents, up to where a lot reaches, and which lots count.
 */
#ifndef NODE_NODE_BILLING_PARTS_H
#define NODE_NODE_BILLING_PARTS_H

#include "node/node_billing.h"
#include "node/patient/part.h"
#include "node/schema/value.h"

/* An event of interest, where its body is, and the dossier it is in. */
struct billing_source {
	struct crdt_event event;
	struct record_id patient;
	uint32_t feed;
};

/* Zero-initialized is empty. Owner frees `items`. */
struct billing_sources {
	struct billing_source *items;
	size_t count, capacity;
};

/* Up to where to read: all, or a lot's frontier. */
struct billing_bounds {
	const struct billing_lot *lot; /* NULL: all */
};

/* Events of `kind` of the team's one document of that kind, in the order of the log. */
int billing_collect_from(struct node *node, enum schema_doc_kind doc_kind, uint32_t kind,
        const struct billing_bounds *bounds, struct billing_sources *out);

/* The record that an event carries. Borrows from the node until its next call. */
int billing_read_record(struct node *node, const struct billing_source *source,
        struct schema_measures *measures, struct schema_record *record);

/* The bytes of a lot, from its event; borrowed likewise. None at all where the event has none: that is no lot (lot_decode() says so). */
int billing_lot_bytes(struct node *node, const struct billing_source *source, struct span *bytes);

/* Everything but month and territory, which the caller has set. */
int billing_gather(struct node *node, const struct billing_bounds *bounds, struct node_billing *out);

/* What nurses decided about files, as far as the bounds go. Owner frees `links.items` by patient_links_close(). */
int billing_gather_links(struct node *node, const struct billing_bounds *bounds, struct patient_links *out);

/* What one entry and its lot say about whether it counts (README.md of node/billing, "Which lots count"); what other lots say of it is not asked here. */
enum billing_standing billing_standing_of(struct node *node, const struct billing_source *source,
        const struct billing_lot *lot, const struct lot_hash *hash);

/* The lots of the ledger, each once, ascending by hash, and how they stand: 0 where the bounds are a lot's. They live in the arena. Errors of reading. */
int billing_ledger(struct node *node, const struct billing_bounds *bounds, struct arena *arena,
        struct node_billing_row **out, uint32_t *count);

/* Did the lot take that one into account? */
bool billing_lot_knows(const struct billing_lot *lot, const struct lot_hash *hash);

/* May a holder who did not release, or whose last lot is not here, have closed months? The lease that somebody says it of; `view` is that of who closes, `known` what
 * she takes into account. NULL: no. */
const struct team_lease_fact *billing_unsettled(const struct team_dag *dag, const struct team_view *view,
        const struct lot_hash *known, uint32_t known_count, bool *is_missing);

/* The word that lets this month be closed under a lease. NULL: two persons gave none. */
const struct team_word_row *billing_close_word(const struct team_dag *dag, const struct team_view *view,
        const struct entry_hash *lease, uint32_t month);

#endif
