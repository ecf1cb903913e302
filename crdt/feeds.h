/*
 * crdt/feeds.h - the feeds that a node's documents mention, each once: documents keep a small number instead of 32 bytes.
 *
 * Append-only; a feed's number never changes while the table lives, and means nothing outside the process. Documents
 * that share a table are used by one thread.
 */
#ifndef CRDT_FEEDS_H
#define CRDT_FEEDS_H

#include "crdt/base/ids.h"

struct crdt_feeds;

struct crdt_feeds *crdt_feeds_new(void);
void crdt_feeds_free(struct crdt_feeds *feeds); /* after the documents that use it; NULL is allowed */

/* The number of a feed, or ERR_NOTFOUND. */
int crdt_feeds_find(struct crdt_feeds *feeds, const struct feed_id *id);

/* The number of a feed, which is added when it is new. ERR_FULL: LIMIT_FEEDS reached. */
int crdt_feeds_add(struct crdt_feeds *feeds, const struct feed_id *id);

uint32_t crdt_feeds_count(const struct crdt_feeds *feeds);

/* Borrows until the next add. */
const struct feed_id *crdt_feeds_id(const struct crdt_feeds *feeds, uint32_t number);

#endif
