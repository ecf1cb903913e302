/*
 * node/words.h - what changed, as a sentence that people read, in French and English.
 *
 * Pure. Texts are UTF-8.
 */
#ifndef NODE_WORDS_H
#define NODE_WORDS_H

#include "crdt/diff.h"
#include "node/schema/check.h"

/* How a record or person is called that a value refers to by (the first bytes of) an id. Appends to `out`; false: not known. */
typedef bool (*words_name)(void *context, uint32_t ref_kind, struct span id, struct buf *out);

/* Append a value of a register as people read it: choices by their labels, days, moments, references by name. `encoded` is as stored; a value that
 * is not of its field's type, or whose field is NULL, is said to be unreadable. `name` may be NULL. */
void words_value(const struct schema_field *field, struct span encoded, enum schema_language language,
        words_name name, void *context, struct buf *out);

/* The same for a value that is decoded. */
void words_decoded(const struct schema_value *value, enum schema_language language, words_name name,
        void *context, struct buf *out);

/* "24/11/2026 08:00", "2026-11-24 08:00". */
void words_moment(int64_t seconds, enum schema_language language, struct buf *out);

/* The same as people say it who look at `now_s`: "10:42", "yesterday 18:02", "Tuesday 18:02", and the day where that is longer ago, or to come. */
void words_when(int64_t seconds, int64_t now_s, enum schema_language language, struct buf *out);

struct words_said {
	struct span value, who;
};

/* Of a text or a list. */
struct words_passage {
	enum crdt_passage_kind kind;
	uint32_t position; /* in what stands there now */
	struct span content, who; /* content: as people read it */
};

/* What somebody added to a counter, or took from it. */
struct words_share {
	int64_t delta;
	struct span who;
};

struct words_change {
	enum crdt_diff_kind kind;
	enum schema_class class;
	struct span who; /* who brought it about */
	struct span what; /* the field's label, or the event with its moment */
	struct span where; /* the record, when a document has several; empty: it needs no name */
	struct span details; /* of an event: what its fields say; may be empty */
	struct span reason; /* empty: none was given */
	bool lacks_reason; /* one was due (README.md, "Conflict classes") */
	const struct words_said *before, *after;
	uint32_t before_count, after_count;
	const struct words_passage *passages; /* TEXT and LIST: the first ones */
	uint32_t passage_count, passage_more; /* more: that are not among them */
	int64_t sum_before, sum_after; /* COUNT, these and the next two */
	const struct words_share *shares;
	uint32_t share_count;
};

void words_change(const struct words_change *change, enum schema_language language, struct buf *out);

/* A passage between quotation marks, without the white space around it, cut where it is long; white space alone is named. */
void words_quote(struct span content, enum schema_language language, struct buf *out);

/* "+5", "-2". */
void words_delta(int64_t delta, struct buf *out);

#endif
