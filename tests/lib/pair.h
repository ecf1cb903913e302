/*
 * tests/lib/pair.h - two devices of one team that met, exchanged everything and parted (tests/lib/device.h).
 */
#ifndef TESTS_LIB_PAIR_H
#define TESTS_LIB_PAIR_H

#include "tests/lib/device.h"

enum { PAIR_DEVICES = 2 };

struct pair {
	uv_loop_t loop;
	struct device devices[PAIR_DEVICES]; /* the founder's, and the one that joined */
};

/* The first founds a team, and the second is in none. */
void pair_found(struct pair *pair);

/* The second joins with `role` (enum team_role), a locum until far away. */
void pair_open(struct pair *pair, uint8_t role);
void pair_close(struct pair *pair);

/* For devices_run(), whose context is the pair: all that was written is durable; and what one has that the other may read is there. */
bool pair_saved(void *context);
bool pair_equal(void *context);

/* Exchange everything, and part: both start again without a connection. */
void pair_meet(struct pair *pair);
void pair_part(struct pair *pair);

#endif
