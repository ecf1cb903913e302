/*
 * node/search/growing.h - a segment while it grows: terms in a hash table, searched like a segment.
 *
 * Pure. Threads: one.
 */
#ifndef NODE_SEARCH_GROWING_H
#define NODE_SEARCH_GROWING_H

#include "node/search/segment.h"

struct search_growing;

/* Words are chosen by whoever writes: none may be made to collide, so that the table's key is a secret. */
enum { SEARCH_HASH_KEY_BYTES = 16 };
struct search_growing *search_growing_new(const uint8_t hash_key[SEARCH_HASH_KEY_BYTES]);
void search_growing_free(struct search_growing *growing); /* wipes; NULL is allowed */

/* Begin a record: words that are added from now on stand in it. */
void search_growing_record(struct search_growing *growing, const struct search_record *record);
void search_growing_words(struct search_growing *growing, struct span text);

uint32_t search_growing_count(const struct search_growing *growing);
size_t search_growing_bytes(const struct search_growing *growing); /* about what its segment takes */
void search_growing_get(const struct search_growing *growing, uint32_t place, struct search_record *out);
int64_t search_growing_when(const struct search_growing *growing, uint32_t place);
void search_growing_mark(const struct search_growing *growing, struct span word, uint8_t bit, uint8_t *masks);

/* Append its segment's bytes, and begin anew. */
void search_growing_freeze(struct search_growing *growing, struct buf *out);

#endif
