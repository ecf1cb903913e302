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

/* The same where the records of several documents are one patient's: what leads to one of them leads somewhere. */
void references_check_among(const struct crdt_doc *const *docs, uint32_t doc_count,
        const struct record_edit *edit, struct schema_report *report);

/* Of documents that are one patient's, the first that holds everything that `record` refers to and that one of them holds; 0 where none does. */
uint32_t references_home(
        const struct crdt_doc *const *docs, uint32_t doc_count, const struct schema_record *record);

/* The record of `kind` in `doc` whose id begins so. False: there is none. */
bool references_find(const struct crdt_doc *doc, const struct schema_kind *kind, struct span prefix,
        struct record_id *out);

#endif
