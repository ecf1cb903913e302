/*
 * node/work/conflicts.h - fields of a document of which several different values live: what two people wrote apart (schema/README.md, section 2).
 *
 * Pure. The same value written twice is no question to anybody. Narrative fields and sets have no such values.
 */
#ifndef NODE_WORK_CONFLICTS_H
#define NODE_WORK_CONFLICTS_H

#include "node/work/work.h"

struct conflict {
	const struct schema_kind *kind;
	const struct schema_field *field;
	struct record_id id; /* of the record; of one that a document has once, the document's */
	struct span path; /* in the document; borrowed, as the values are */
	const struct crdt_values *values; /* all that live, the one to show first */
	uint32_t different; /* how many are not equal to one before */
};

enum {
	CONFLICT_KEY_BYTES = 4 + 16 + 4
}; /* number of the kind u32 BE, record id, number of the field u32 BE */

/* Call `found` for each, in the order of kinds, records and fields, until it says false. */
void conflicts_each(const struct crdt_doc *doc, bool (*found)(void *context, const struct conflict *conflict),
        void *context);

/* One field of one record. False: at most one value lives, or all are equal. `values` is the caller's to close; `path` its room. */
bool conflicts_at(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        const struct schema_field *field, struct crdt_path *path, struct crdt_values *values,
        struct conflict *out);

/* Does a safety field of the document stand open? */
bool conflicts_any_safety(const struct crdt_doc *doc);

void conflicts_key(const struct conflict *conflict, uint8_t out[CONFLICT_KEY_BYTES]);
/* The record and the field that a key names. False: it is none, or of another version's. */
bool conflicts_key_read(struct span key, const struct schema_kind **kind, struct record_id *id,
        const struct schema_field **field);

/* The source "conflict" (work.h). */
void conflicts_facts(const struct digest_source *document, uint32_t source, struct work_facts *out);

#endif
