/*
 * node/references.h - do the ids that a record gives lead anywhere? Only what is typed on this device is asked; what colleagues wrote
 * counts as it is. Pure.
 */
#ifndef NODE_REFERENCES_H
#define NODE_REFERENCES_H

#include "node/record.h"

/* References to records of the same document, `doc`, that are not there are reported. Those to other documents, which may be elsewhere, are not
 * looked at. */
void references_check(
        const struct crdt_doc *doc, const struct record_edit *edit, struct schema_report *report);

/* The same of a record that is written together with `others`, one change: what is among them is there as well. NULL: none. */
struct references_others {
	const struct schema_kind *const *kinds;
	const struct record_id *ids;
	uint32_t count;
	const struct crdt_doc *const *
	        docs; /* other documents whose records are the same patient's: what they hold is there as well */
	uint32_t doc_count;
};
void references_check_among(const struct crdt_doc *doc, const struct references_others *others,
        const struct record_edit *edit, struct schema_report *report);

/* Of what `record` refers to and one of the documents holds: does `doc` hold all? Documents that are one patient's. */
bool references_are_in(const struct crdt_doc *const *docs, uint32_t doc_count, const struct crdt_doc *doc,
        const struct schema_record *record);

/* The record of `kind` in `doc` whose id begins so. False: there is none. */
bool references_find(const struct crdt_doc *doc, const struct schema_kind *kind, struct span prefix,
        struct record_id *out);

#endif
