/*
 * node/record.h - records of the schema in documents: writing them as operations, reading them back, and their JSON.
 *
 * The JSON of the interface uses the schema's names. Instants are RFC 3339 texts with offset, days "YYYY-MM-DD", money and minutes
 * integers, ids lower-case hexadecimal, codes of the Omaha System "SS2601" (of one kind also the number), decimals texts ("36.8", so that no binary fraction stands in between; numbers are taken too),
 * vitals {"temp":"36.8"}, choices their names. null takes a field of a register away.
 *
 * Pure: no I/O, no clock. Hostile JSON and hostile documents are fine.
 */
#ifndef NODE_RECORD_H
#define NODE_RECORD_H

#include <jansson.h>

#include "crdt/base/arena.h"
#include "crdt/builder.h"
#include "crdt/doc.h"
#include "node/schema/check.h"
#include "node/schema/value.h"

/* The one document of `kind` of a team (directory, rates, ledger), or of a person in it (time): the first 16 bytes of BLAKE2b-256 of
 * "releve document 1" || team id || kind: u8 || person id (zeros for a team's). */
struct record_id record_document_id(
        const struct team_id *team, enum schema_doc_kind kind, const struct person_id *person);

/* --- From JSON --- */

/* What somebody wants to save. */
struct record_edit {
	struct schema_record record; /* kind and id set by the caller of record_from_json() */
	const struct schema_field *cleared[SCHEMA_FIELDS_MAX]; /* fields given as null */
	uint32_t cleared_count;
	/* The author saw an earlier state: only values of entries up to these are replaced, later ones stay beside; narrative fields are changed
	 * from what they were then. */
	bool has_seen;
	struct entry_ref *seen; /* each feed once. Borrowed */
	uint32_t seen_count;
};

/* Read the fields of a JSON object (others than "id", "kind", "reason", "corrects", which are the caller's) into `edit`, whose kind and id are
 * set. "seen", as record_json() gave it, tells which state the author had before them. Texts are normalized to NFC. Values borrow from `arena`. Everything that is wrong is in the report. 0 or ERR_INVALID. */
int record_from_json(const json_t *object, enum schema_check_mode mode, struct arena *arena,
        struct record_edit *edit, struct schema_report *report);

/* --- Into a change --- */

/* Write a record's operations into `builder`, citing what lives in `doc` (NULL: a new document), or of that what the author had seen. Registers that have one
 * live value equal to the new one are left alone; of a set only the elements that differ are written; of a narrative field only the words that differ are written (node/narrative.h). `corrects` is the event that a correction cites, else NULL; `reason` is empty for none.
 * ERR_INVALID: a correction without reason or cited event; a safety field of a live record taken away, or chosen among several
 * values, without a reason. Nothing was written then. ERR_TOOBIG: more than one change holds. Positive RECORD_UNCHANGED: nothing had to be written. */
enum { RECORD_UNCHANGED = 1 };
int record_write(const struct crdt_doc *doc, struct crdt_builder *builder, const struct record_edit *edit,
        const struct op_id *corrects, struct span reason);

/* The same for a record without fields taken away. */
int record_write_new(struct crdt_builder *builder, const struct schema_record *record);

/* The path of a field of a register record. */
void record_path(const struct schema_kind *kind, const struct record_id *id, uint32_t field_number,
        struct crdt_path *path);

/* What stands at a path of a document. */
struct record_place {
	uint32_t kind_number, field_number;
	struct record_id id; /* of the record; the document's when it has one */
	const struct schema_kind *kind; /* NULL: of a later version */
	const struct schema_field *field; /* NULL: the whole record, or a field of a later version */
};

/* False: not a path that record_path() makes. */
bool record_place_of(struct span path, const struct record_id *doc_id, struct record_place *out);

/* --- From a document --- */

/* The ids of the records of a register kind, in byte order. Start with `*cursor` empty; false at the end. */
bool record_next(const struct crdt_doc *doc, const struct schema_kind *kind, struct span *cursor,
        struct record_id *id);

/* The values shown of a register record (the first where several live), without narrative fields (narrative_read()) and sets (record_set()). Borrows from the
 * document and `measures`. False: no such record lives, or nothing but such fields. */
bool record_read(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        struct schema_measures *measures, struct schema_record *out);

/* The elements of a set of a record, one after the other as a schema_value has them, in `arena`. What is not one is left out. */
struct span record_set(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        const struct schema_field *field, struct arena *arena);

/* A record of registers: {"kind","id", fields..., "concurrent": {field: {"class","conflict","values":[{"value","feed","seq","at",
 * "reason"}]}}, "unknown": {number: encoded in hexadecimal}, "seen": [{"feed","seq"}]}, the last to be sent back with an edit, as it is. "conflict" is true for safety fields whose values differ; the newest stands among the fields. A narrative field is its whole text.
 * NULL: no such record lives. Owner decrefs. */
json_t *record_json(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id);

/* One value as stored, as record_json() shows it; `field` NULL: in hexadecimal. Owner decrefs. */
json_t *record_value_json(const struct schema_field *field, struct span encoded);

/* The moment of saving, from a hybrid clock, with the offset of Paris. Owner decrefs. */
json_t *record_saved_json(uint64_t hlc);

const char *record_class_name(enum schema_class class);

/* --- Events --- */

/* When an event took place, by its own data. False: this kind has no moment, or it is not readable. */
bool record_event_when(uint32_t kind, struct span fields, int64_t *when_s);

/* Decode an EVENT op of an opened change. False: not an event of a known kind. */
bool record_event_read(const struct crdt_op *op, struct schema_measures *measures, struct schema_record *out,
        uint32_t *unknown_count);

/* An EVENT op as JSON: {"kind","id", fields..., "author":{"feed","seq","index"},"saved": moment of the entry, "corrects":{...},
 * "reason"}; of an unknown kind "kind" is its number and "fields" its bytes in hexadecimal. NULL: not an event. Owner decrefs. */
json_t *record_event_json(const struct crdt_op *op, const struct crdt_meta *meta);

#endif
