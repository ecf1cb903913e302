/*
 * tests/lib/seeded.h - an environment whose randomness and clock repeat: the same seed gives the same bytes.
 */
#ifndef TESTS_LIB_SEEDED_H
#define TESTS_LIB_SEEDED_H

#include "crdt/base/env.h"
#include "crdt/base/rng.h"

struct seeded {
	struct env env; /* give this to the code under test */
	struct rng rng;
	uint64_t now_ms;
};

static inline uint64_t seeded_now(void *context)
{
	return ((struct seeded *)context)->now_ms;
}

static inline void seeded_bytes(void *context, void *out, size_t size)
{
	rng_bytes(&((struct seeded *)context)->rng, out, size);
}

static inline void seeded_init(struct seeded *seeded, uint64_t seed)
{
	seeded->env = (struct env){seeded_now, seeded_now, seeded_bytes, seeded};
	seeded->rng = rng_new(seed);
	seeded->now_ms = 1700000000000;
}

#endif
