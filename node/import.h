/*
 * node/import.h - the NDJSON of a team's history (node/schema/README.md, section 6): one line in, prepared records out.
 *
 * Source ids become record ids by a hash of team, kind of line and source id, so that importing the same file twice, on any device,
 * names the same things. Each line leaves an event whose id says that it was taken: the visit or the rating itself, otherwise an import
 * mark; who imports asks crdt_doc_has_event() first and passes over what is there.
 *
 * Lines hold people's data: reasons name the field and the rule, never the content. Pure; hostile lines are fine.
 */
#ifndef NODE_IMPORT_H
#define NODE_IMPORT_H

#include "crdt/builder.h"
#include "crdt/doc.h"
#include "node/schema/check.h"

enum import_type {
	IMPORT_NURSE,
	IMPORT_PATIENT,
	IMPORT_PROBLEM, /* with its interventions and its first rating */
	IMPORT_EVAL,
	IMPORT_VISIT,
	IMPORT_SET, /* one field of a patient */
	IMPORT_ADDINT, /* one intervention */
	IMPORT_TYPE_COUNT,
};

struct import;

/* Record ids depend on the team. Owner calls import_free(). About 1.5 MB: ids found before are remembered. */
struct import *import_new(const struct team_id *team);
void import_free(struct import *import); /* NULL is allowed */

/* A line that was understood. Its records borrow from the importer and from the line's bytes until the next import_read(). */
struct import_line {
	enum import_type type;
	enum schema_doc_kind doc_kind;
	struct record_id doc_id;
	struct record_id mark; /* the id of the event that tells that this line was taken */
	int64_t at_s; /* when it was recorded, since 1970 */
	struct person_id author;
	uint32_t record_count;
};

enum { IMPORT_EMPTY = 1 };

/* Read one line, without or with its line feed. 0; IMPORT_EMPTY: nothing but white space. ERR_TOOBIG: over LIMIT_IMPORT_LINE_BYTES.
 * ERR_MALFORMED: not a line of this format. ERR_INVALID: a record that may not be saved. import_reason() then says why. */
int import_read(struct import *import, struct span bytes, struct import_line *line);

/* Why the last line was refused, for people: "“end”: not after the start". English or French; at most `size` with terminator. */
void import_reason(const struct import *import, enum schema_language language, char *out, size_t size);

/* Number `index` of the line's records. */
const struct schema_record *import_record(const struct import *import, uint32_t index);

/* Write all operations of the last line into `builder`. `doc` is the document as it is here, for what a field edit replaces; NULL: it is new.
 * Errors of record_write(). */
int import_write(const struct import *import, const struct crdt_doc *doc, struct crdt_builder *builder);

/* The record id of a source id: the first 16 bytes of BLAKE2b-256 of "releve import 1" || team id || type || source id. `type` is
 * the line's "t", or "int" for an intervention. No type is the beginning of another, so nothing stands for two things. */
struct record_id import_id(const struct team_id *team, const char *type, struct span source);

/* Lines of a buffer: takes the next whole line from *rest. False when no line feed is left (the last line may lack one). */
bool import_next_line(struct span *rest, struct span *line);

#endif
