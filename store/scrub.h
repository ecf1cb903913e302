/*
 * store/scrub.h - a whole database read and checked against itself (store/README.md, "Scrub").
 *
 * Every row of every table is opened. Every feed is followed from its first entry: entries without gaps, headers within their limits,
 * the chain of hashes, each signature that was kept, dependencies and cited membership entries inside what is here, and before it. What
 * rows mean besides is their owner's to check.
 *
 * Works in steps, so that a loop goes on between them; what is written meanwhile is not looked at. Only reads, and goes on after whatever
 * it finds. Faults name places, never content.
 *
 * Threads: one, with a vault that nobody else uses at the same time for writing (vault.h).
 */
#ifndef STORE_SCRUB_H
#define STORE_SCRUB_H

#include "store/log.h"

enum scrub_what {
	SCRUB_UNREADABLE = 1, /* the row does not open: altered, cut, or moved from elsewhere */
	SCRUB_MALFORMED, /* it opens, and is not what stands in this table */
	SCRUB_MISSING, /* entries or rows that must be there */
	SCRUB_CHAIN, /* it is not what the entry before it, or its place, demands */
	SCRUB_SIGNATURE, /* not the author's */
	SCRUB_DEPENDENCY, /* it builds on an entry that is not here, or not before it */
	SCRUB_MEMBERSHIP, /* it cites a membership entry that is not here */
	SCRUB_VERSION, /* the row is newer than all that was written: the count of row versions went back */
	SCRUB_DIFFERS, /* derived from the log, and not what the log gives */
	SCRUB_EXTRA, /* the same for a row too many */
};

/* "unreadable"; static text. And a sentence for people. */
const char *scrub_what_name(enum scrub_what what);
const char *scrub_what_sentence(enum scrub_what what);

struct scrub_fault {
	enum scrub_what what;
	enum store_table table;
	bool has_feed; /* then `feed` and, in STORE_LOG, the entries first to last */
	struct feed_id feed;
	uint64_t first, last;
	uint8_t key[8]; /* the beginning of the row's key, which is opaque; STORE_LOG apart */
	uint8_t key_size;
};

struct scrub_counts {
	uint64_t rows, entries, signatures;
	uint64_t entries_expected; /* about: for progress */
};

/* Every fault found; several entries of one feed that follow one another may come as one. */
typedef void (*scrub_found)(void *context, const struct scrub_fault *fault);

struct scrub;

/* Begin. Errors of the store when not even that can be read. */
int scrub_new(
        struct store *store, const struct vault *vault, scrub_found found, void *context, struct scrub **out);
void scrub_free(struct scrub *scrub); /* NULL is allowed */

/* Check about `rows` more. 1: there is more; 0: all was checked. Errors of the store: the step can be tried again. */
int scrub_step(struct scrub *scrub, uint32_t rows);

struct scrub_counts scrub_counts(const struct scrub *scrub);

#endif
