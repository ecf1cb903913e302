/*
 * tests/prop/prop.h - property tests: a law is tried on many random cases; a case that breaks it is made small.
 *
 * A law draws all its choices by prop_below(). They are recorded on a tape; shrinking edits the tape (drops runs,
 * zeroes, halves) and tries the law again, so that no type needs a shrinker of its own. Therefore 0 should be the
 * simplest choice, and a law must end for any tape: past the end every choice is 0.
 *
 * RELEVE_SEED=n tries other cases (the seed is printed on failure), RELEVE_CASES=n tries more.
 */
#ifndef TESTS_PROP_PROP_H
#define TESTS_PROP_PROP_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/rng.h"

struct prop {
	struct rng rng;
	uint32_t *tape;
	uint32_t tape_size, tape_capacity, at;
	bool replays; /* choices come from the tape */
	bool talks; /* the law may print the case: the last run of a shrunk failure */
	uint64_t edits; /* counted by prop_edit() */
	uint64_t replayed; /* choices taken from the tape */
	char failure[256];
};

/* 0 <= choice < bound. */
uint32_t prop_below(struct prop *prop, uint32_t bound);
bool prop_chance(struct prop *prop, uint32_t per_hundred); /* false is the simple choice */

/* The law did one more random edit: how much was tried is told in the end. */
void prop_edit(struct prop *prop);

/* Say why the law does not hold; gives false, to be returned. */
bool prop_fail(struct prop *prop, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Print a step of the case when it is being told. */
void prop_say(const struct prop *prop, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* True when `law` holds for `case_count` cases (an eighth of them with sanitizers; or RELEVE_CASES). Prints the seed, and the shrunk case otherwise. */
bool prop_holds(const char *name, bool (*law)(struct prop *prop), uint32_t case_count);

/* With sanitizers fewer cases are tried: what is rare may not happen among them. */
bool prop_is_sample(void);

#endif
