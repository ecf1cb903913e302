/*
 * store/fork.h - portable proof that one feed has two histories (store/README.md, "Forks").
 *
 * Two runs of one feed that start after the same header, differ from their first entry on, and both bear the device's signature.
 * Bodies are left out. Whoever holds a proof can show it to anybody; nobody can make one without the device's key.
 * Pure.
 */
#ifndef STORE_FORK_H
#define STORE_FORK_H

#include "store/run.h"

struct fork_feed {
	struct device_id device;
	enum compartment compartment;
	struct incarnation_id incarnation;
};

/* What a proof shows. */
struct fork {
	struct fork_feed feed;
	uint64_t seq; /* where the two part */
	struct entry_hash previous; /* the header before; zero where seq is 1 */
	struct entry_hash a, b; /* the headers there; a < b */
};

/* Make a proof from two hashed runs of the feed that differ at the first entry of both, after the same previous header. Appended to `out`.
 * ERR_INVALID: they do not show a fork. */
int fork_prove(
        const struct fork_feed *feed, const struct run *left, const struct run *right, struct buf *out);

/* Check a proof from anybody. ERR_MALFORMED, ERR_TRUNCATED, ERR_TOOBIG, ERR_VERSION; ERR_BADSIG: it proves nothing. */
int fork_check(struct span proof, struct fork *out);

/* A third history: `ours` is hashed and begins where the two of the proof part. The proof that it and the first of those make is appended.
 * ERR_INVALID: it is none. */
int fork_prove_third(struct span proof, const struct run *ours, struct buf *out);

/* The feed id of the branch that goes on with header `first`. */
struct feed_id fork_branch(const struct feed_id *feed, const struct entry_hash *first);

#endif
