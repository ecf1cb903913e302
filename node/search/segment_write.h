/*
 * node/search/segment_write.h - a segment's bytes, put together: records, then terms in the order of their bytes, each behind its places. Shared by segment.c and
 * growing.c alone.
 */
#ifndef NODE_SEARCH_SEGMENT_WRITE_H
#define NODE_SEARCH_SEGMENT_WRITE_H

#include "node/search/segment.h"

enum { SEGMENT_RECORD_BYTES = 17, SEGMENT_TERM_BYTES = 8 };

/* Zero-initialized is empty. */
struct segment_writer {
	struct buf records, terms, texts, places;
};

void segment_put_record(struct segment_writer *writer, const struct search_record *record);
/* A place of the term that segment_end_term() ends; `last` is 0 before its first. */
void segment_put_place(struct segment_writer *writer, uint32_t place, uint64_t *last);
void segment_end_term(struct segment_writer *writer, struct span text);
/* Append all of it to `out`; the writer is empty and wiped then. */
void segment_finish(struct segment_writer *writer, struct buf *out);

#endif
