/*
 * store/run_short.h - runs as a session sends them: identifiers that it said before are said by number (store/README.md, "Run", "Short form").
 *
 * Only the tables at the start of a run are touched; entries, bodies and signatures go as they are, and what comes out on the other side
 * is the run, byte by byte. Each direction of a session has a dictionary at both ends; both put into it what is said in full, in the
 * same order, while there is room.
 *
 * Pure. Hostile input is fine for run_lengthen(); an error ends the session, since the dictionaries are no longer the same.
 */
#ifndef STORE_RUN_SHORT_H
#define STORE_RUN_SHORT_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"

/* Zero-initialized is empty and valid. Owner calls run_dictionary_close(). */
struct run_dictionary {
	struct run_ids {
		uint8_t *ids; /* in the order in which they were said */
		uint16_t *
		        slots; /* by the bytes of an id, its number plus one; at the end that says them only */
		uint32_t count, capacity;
	} longs, dossiers;
};

void run_dictionary_close(struct run_dictionary *dictionary);

/* Feeds that have a number from elsewhere: the sender's table of names. */
struct run_names {
	void *context;
	bool (*number)(void *context, const struct feed_id *feed, uint32_t *number); /* run_shorten() */
	const struct feed_id *(*feed)(
	        void *context, uint32_t number); /* run_lengthen(); NULL: there is none */
};

/* Appends the short form of a run, which is to be sent next; a run of another version as it is. An error of form leaves the dictionary as it was. */
int run_shorten(
        struct run_dictionary *dictionary, const struct run_names *names, struct span run, struct buf *out);

/* Appends the run; what is no short form, as it is. Of what follows the tables nothing is looked at. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG. */
int run_lengthen(struct run_dictionary *dictionary, const struct run_names *names, struct span shortened,
        struct buf *out);

#endif
