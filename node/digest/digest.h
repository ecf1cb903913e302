/*
 * node/digest/digest.h - what lists need of one dossier, so that no list loads hundreds of documents.
 *
 * A digest is a function of the dossier's document and of the bodies of its events: equal on every device that shows the same, whatever came in which
 * order. It has parts; each capability adds one row to the table (parts.c) and reads its part's bytes back (node/node_digest.h).
 *
 * Pure but for the events that are read. Documents are hostile: what somebody wrote may be anything that the schema's readers take.
 */
#ifndef NODE_DIGEST_DIGEST_H
#define NODE_DIGEST_DIGEST_H

#include "node/record.h"

/* What a part is made of. */
struct digest_source {
	const struct crdt_doc *doc; /* as it is shown: from the log, or an early copy */
	/* The event that an operation of the document is, from the log or the early copy. False: it is not here (an older event of an early copy), or
	 * does not open. Borrowed until the next call. */
	bool (*read)(void *context, const struct op_id *op, struct crdt_op *out, struct crdt_meta *meta);
	void *context;
};

/* The record of one of the document's events (crdt_doc_event()), borrowed until the next event is read. False: it is not readable here. */
bool digest_event(const struct digest_source *source, const struct crdt_event *event,
        struct schema_measures *measures, struct schema_record *out);

/* Two who take the same file in apart write each of its events, under one id. Of events of one kind and id that say the same, all but one are repeated: what somebody corrected stays, else the first. As marks
 * of `count`, on the heap. Under the id of another event somebody may write anything else: that stays. */
bool *digest_repeated(const struct digest_source *source, const struct crdt_event *events, uint32_t count);

/* The same as the interface shows it, "corrected" included. NULL. Owner decrefs. */
json_t *digest_event_json(const struct digest_source *source, const struct crdt_event *event);

/* The records of one kind as GET /api/patients/P/KIND shows them: events newest first. Owner decrefs. */
json_t *digest_records_json(const struct digest_source *source, const struct schema_kind *kind);

/* Each live value of a field of registers, decoded; what is not one is passed over. */
typedef void (*digest_value)(void *context, const struct schema_value *value);
void digest_values(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        const struct schema_field *field, digest_value value, void *context);

/* ---- Parts ---- */

enum {
	DIGEST_PART_BYTES = 16 *
	        1024, /* a long list of one dossier; more is what no honest dossier has, and 840 of them stay in memory */
};

enum digest_part_number { /* stand in rows: never used again for something else */
	DIGEST_WHO = 1, /* node/digest/who.h */
	DIGEST_WORDS = 2, /* node/search/entries.h */
	DIGEST_WORK = 10, /* node/work/work.h */
	DIGEST_IDENTITY = 48, /* node/patient/part.h */
	DIGEST_LINKS = 49,
	DIGEST_ROUND = 30, /* node/round/round_facts.h */
	DIGEST_TRANSMISSIONS = 40, /* node/visit/threads.h */
	DIGEST_INDICATORS = 65, /* node/indicators/facts.h */
};

struct digest_part {
	uint32_t number;
	uint32_t
	        version; /* another one whenever other bytes come of the same document: then all digests are made again */
	const char *name;
	/* Append one value of canonical MessagePack (crdt/mpack.h); nothing: this dossier has nothing of it, and no list shows it. No clock, no number of a document or
	 * feed: these differ from device to device. Over DIGEST_PART_BYTES the part is *cut*: its reader is told so, and looks at the document. */
	void (*make)(const struct digest_source *source, struct buf *out);
};

/* All parts, ascending by number. */
const struct digest_part *digest_parts(uint32_t *count);

/* ---- Digests ---- */

/* Append the digest of a document: varint number of parts, each: varint part's number, u8 1 where it is cut, blob. */
void digest_make(const struct digest_source *source, struct buf *out);

/* A part of a digest that digest_make() made; borrows. Empty where there is none. *is_cut: it was too large. */
struct span digest_part_of(struct span digest, uint32_t number, bool *is_cut);

/* Which parts it has something of, or that are cut: a bit for each, by its number. Parts whose numbers do not stand in the table have none. */
uint32_t digest_has(struct span digest);
uint32_t digest_part_bit(uint32_t number);

/* A number that moves when digests are made otherwise: with a part or its version, and with the fields that the schema knows. Never 0. */
uint64_t digest_mark(void);

#endif
