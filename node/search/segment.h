/*
 * node/search/segment.h - an index over the words of some thousand events: which records a word that begins so stands in.
 *
 * One string of bytes (README.md, "Bytes of a segment"), searched as it is and never changed: records in the order in which the log was read, terms in the order of their
 * bytes, for each term the ascending places of its records. Segments are this device's own, and sealed on its disk; hostile bytes are fine all the same.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_SEARCH_SEGMENT_H
#define NODE_SEARCH_SEGMENT_H

#include "node/search/query.h"

enum {
	SEGMENT_RECORDS =
	        32768, /* a quarter year of a large team: its bytes stay under one row of the store */
	SEGMENT_BYTES = 2 * 1024 * 1024, /* from here on another segment is begun */
};

/* An event with words: where its entry is, and what it belongs to. */
struct search_record {
	uint32_t doc; /* number of its document (node/docs.h) */
	uint32_t feed; /* the log's number */
	uint64_t seq; /* of its entry, under 2^32 */
	uint32_t op; /* in the entry's change */
	uint32_t kind; /* of the schema */
	int64_t when_s; /* its own moment, or that of saving */
};

struct search_segment {
	struct buf bytes; /* owned */
	uint32_t record_count, term_count;
	size_t terms_at, texts_at, places_at; /* in `bytes` */
};

/* Takes `bytes`, also on errors. ERR_MALFORMED. Owner calls search_segment_close(). */
int search_segment_open(struct buf *bytes, struct search_segment *out);
void search_segment_close(struct search_segment *segment); /* wipes */

/* place < record_count */
void search_segment_record(const struct search_segment *segment, uint32_t place, struct search_record *out);
int64_t search_segment_when(const struct search_segment *segment, uint32_t place); /* its moment alone */

/* Set `bit` in the mask of each record that has a word which begins so. `masks`: one for each record. */
void search_segment_mark(const struct search_segment *segment, struct span word, uint8_t bit, uint8_t *masks);

/* Append the bytes of one that holds the records of both, those of `second` behind. Their records together are at most SEGMENT_RECORDS. */
void search_segment_join(
        const struct search_segment *first, const struct search_segment *second, struct buf *out);

#endif
