/*
 * node/billing/book.h - visits as they stand: from the events of dossiers (visits, amendments) to what billing computes with.
 *
 * An event may be added in any order, and the result does not depend on it: amendments lie over their visit in the order of HLC, then op id, each
 * field that they give replacing what stood. Of several events with one visit id (the same history imported on two devices that had not
 * met) the first in that order counts. An amendment counts only in the dossier of its visit.
 *
 * Pure. Copies what it needs.
 */
#ifndef NODE_BILLING_BOOK_H
#define NODE_BILLING_BOOK_H

#include "node/billing/billing.h"
#include "node/schema/schema.h"

struct book;

struct book *book_new(void);
void book_free(struct book *book); /* NULL is allowed */

struct book_event {
	const struct schema_record
	        *record; /* of kind SCHEMA_VISIT or SCHEMA_VISIT_AMENDMENT; others are passed over */
	struct record_id patient; /* the dossier */
	struct entry_hash header; /* of the entry that carries it */
	struct op_id op;
	uint64_t hlc;
};

void book_add(struct book *book, const struct book_event *event);

/* What is known of a patient: BILLING_ALD, BILLING_NO_IDENTITY. Called once per visit. */
typedef uint32_t (*book_patient_flags)(void *context, const struct record_id *patient);

/* The visits, ascending by patient and id, from the arena. The nurse's short id stands at the start of a person id of zeros: a bill must not
 * depend on the directory's state. */
void book_finish(struct book *book, book_patient_flags flags, void *context, struct arena *arena,
        struct billing_visit **visits, uint32_t *count);

/* A rate table as billing sees it; the territory borrows from the record. */
struct billing_rate book_rate(const struct schema_record *rate);

/* A nurse's status as billing sees it. */
struct billing_status book_status(const struct schema_record *status);

/* Does a rate table, or a status, say that it does not hold any more? It corrects another one then. */
bool book_is_withdrawn(const struct schema_record *record);

#endif
