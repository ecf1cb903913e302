/*
 * store/waiting.h - verified runs that wait for what they depend on, and the largest set of them that may be committed.
 *
 * A run may be committed when every entry it depends on is committed or is in a run committed with it; so the committed frontier
 * is always closed (store/README.md, "Log"). Runs of different feeds may need each other; then they go together.
 *
 * Pure. Memory is bounded by LIMIT_WAITING_BYTES. Threads: one.
 */
#ifndef STORE_WAITING_H
#define STORE_WAITING_H

#include "store/run.h"

struct waiting;

/* One waiting run. Owned by the list until taken. */
struct waiting_run {
	bool handed_on; /* by another device than its author's */
	uint32_t feed; /* the node's number */
	struct buf bytes; /* the encoded run */
	struct arena arena;
	struct run run; /* decoded and hashed; borrows from the two above */
	struct waiting_run *next;
	bool doomed;
};

/* What is committed already. */
struct waiting_world {
	void *context;
	/* Head of a feed by number. */
	uint64_t (*head)(void *context, uint32_t feed);
	/* The number of a feed by id; false when this node never heard of it. */
	bool (*feed_number)(void *context, const struct feed_id *id, uint32_t *number);
	/* Is this membership entry committed? */
	bool (*knows_membership)(void *context, const struct entry_hash *hash);
	/* Is this the last entry before a proved fork? Whoever names more of the feed waits for no more (README.md, "Forks"). NULL: there are none. */
	bool (*is_end)(void *context, uint32_t feed, uint64_t seq, const struct entry_hash *hash);
};

struct waiting *waiting_new(void);
void waiting_free(struct waiting *waiting); /* NULL is allowed */

/* Take over a run; `item` and what it owns come from waiting_run_new(). It must start right after the head or after the last
 * waiting run of its feed. When too much waits already, the feed that takes most room is dropped, which may be this one's.
 * ERR_GAP: it starts elsewhere. On error the item is freed. */
int waiting_add(struct waiting *waiting, const struct waiting_world *world, struct waiting_run *item);
struct waiting_run *waiting_run_new(uint32_t feed, struct span bytes);
void waiting_run_free(struct waiting_run *item);

/* The sequence up to which the feed is committed or waiting. */
uint64_t waiting_received(const struct waiting *waiting, const struct waiting_world *world, uint32_t feed);
const struct entry_hash *waiting_last_hash(
        const struct waiting *waiting, uint32_t feed); /* NULL when nothing waits */

/* Feeds whose runs need each other in an order that takes too long to look through are dropped, the largest first, and asked for again.
 *
 * Take out the largest set that may be committed, as a list in feed order of sequence; NULL when there is none. The caller
 * frees each. */
struct waiting_run *waiting_take(struct waiting *waiting, const struct waiting_world *world);

/* Forget what waits of one feed (it was refused, or its sender is not believed). */
void waiting_drop_feed(struct waiting *waiting, uint32_t feed);

uint32_t waiting_count(const struct waiting *waiting);

#endif
