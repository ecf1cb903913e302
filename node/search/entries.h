/*
 * node/search/entries.h - the part of a dossier's digest that is searched: what stands in its registers, folded.
 *
 * MessagePack array of entries, each [kind, id (bin 16), moment in seconds, folded texts: a line each]. The first is of kind SEARCH_NAMES: every name that the patient has or had a
 * colleague think so, and the day of birth; then the rest of the patient's record, then the other records. Numbers that people group as they like stand also
 * as their digits alone. Events are not among them: their words are in segments.
 */
#ifndef NODE_SEARCH_ENTRIES_H
#define NODE_SEARCH_ENTRIES_H

#include "crdt/mpack.h"
#include "node/digest/digest.h"

enum { SEARCH_NAMES = 0 }; /* in place of a kind of record */

struct search_entry {
	uint32_t kind;
	struct record_id id;
	int64_t when_s;
	struct span folded;
};

/* The part (DIGEST_WORDS); and the same whatever its size, for a dossier whose part is cut. */
void search_entries_make(const struct digest_source *source, struct buf *out);
void search_entries_of(const struct crdt_doc *doc, struct buf *out);

/* Start with mpack_begin() of the part and *left = search_entries_count(). False: no more. */
uint32_t search_entries_count(struct mpack_in *in);
bool search_entries_next(struct mpack_in *in, uint32_t *left, struct search_entry *out);

/* Is the field one of those that make up SEARCH_NAMES? */
bool search_is_name(const struct schema_kind *kind, const struct schema_field *field);

/* Append a day as it is searched: "12 03 1948 12031948 19480312". */
void search_put_day(int64_t day, struct buf *out);

#endif
