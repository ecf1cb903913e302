/*
 * store/tail.h - the end of one feed of our own: chains entries, signs where a run ends, seals the run's row (store/README.md, "Log").
 *
 * Entries gather until a run is full; tail_seal() ends it early. Rows go into a batch by a lease of the vault, so that the thread that
 * commits can write the tail while the owner's thread goes on.
 *
 * Threads: one at a time. The log says whose turn it is (log.h).
 */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include "crdt/base/limits.h"
#include "store/run.h"
#include "store/vault.h"

enum { LOG_FEED_KEY_BYTES = 4, LOG_RUN_KEY_BYTES = 12 };

/* Keys of STORE_FEED and STORE_LOG. */
struct span log_feed_key(uint8_t out[LOG_FEED_KEY_BYTES], uint32_t feed);
struct span log_run_key(uint8_t out[LOG_RUN_KEY_BYTES], uint32_t feed, uint64_t first_seq);

struct tail {
	uint32_t feed; /* its number in the log */
	struct feed_id id;
	enum compartment compartment;
	uint64_t seq; /* of the last entry */
	struct entry_hash hash; /* of its header; zero when seq is 0 */
	/* The run that is not signed yet. */
	struct run_entry entries[LIMIT_UNSIGNED_RUN];
	struct entry_hash previous;
	uint32_t count;
	size_t bytes;
	struct arena arena; /* bodies and dependencies */
	struct buf row;
};

void tail_free(struct tail *tail); /* NULL is allowed */

/* Chain one entry, whose header lacks previous, body and body_bytes only: filled in here. `body` is what is stored. Ends the run before it when that is
 * full. Errors as vault_lease_put(). */
int tail_append(struct tail *tail, struct vault_lease *lease, struct store_batch *batch,
        struct entry_header *header, struct span body, const uint8_t secret_key[64]);

/* Sign and write the run, if there is one. */
int tail_seal(struct tail *tail, struct vault_lease *lease, struct store_batch *batch,
        const uint8_t secret_key[64]);

#endif
