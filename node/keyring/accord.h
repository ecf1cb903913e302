/*
 * node/keyring/accord.h - an accord: what one device has while it is level with those it is with, signed (README.md, section 12).
 *
 * Pure. Hostile input is fine for every function that takes bytes.
 */
#ifndef NODE_KEYRING_ACCORD_H
#define NODE_KEYRING_ACCORD_H

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/sign.h"
#include "store/entry.h"

enum { ACCORD_VERSION = 1, ACCORD_HASH_BYTES = 16 };
#define ACCORD_AHEAD_MAX_S (INT64_C(1) << 40) /* far beyond any clock, and far from overflowing */

struct accord_present {
	struct device_id device;
	bool is_level;
	int64_t ahead_s; /* its clock minus the signer's; within ACCORD_AHEAD_MAX_S */
};

struct accord_missing {
	struct device_id device;
	uint64_t heard_s; /* since 1970; 0: not known */
};

struct accord_heads {
	uint8_t compartment; /* enum compartment, or one of a later version */
	uint8_t hash[ACCORD_HASH_BYTES];
};

struct accord {
	struct device_id device;
	uint64_t counter; /* ack_counter_next(), ack_moment_ms() */
	struct entry_hash membership;
	struct accord_heads heads[COMPARTMENT_LAST]; /* strictly ascending */
	uint32_t head_count;
	const struct accord_present *present; /* strictly ascending by device */
	uint32_t present_count;
	const struct accord_missing *missing; /* likewise */
	uint32_t missing_count;
};

/* Append the signed bytes; `accord->device` is the signer's. ERR_INVALID: counter 0, no heads, a list that is not ascending; ERR_TOOBIG. */
int accord_encode(const struct accord *accord, const struct key_signer *signer, struct buf *out);

/* Lists are read into `arena`. ERR_BADSIG, ERR_VERSION, or an error of form; *out is unchanged then. */
int accord_decode(struct accord *out, struct span bytes, const struct team_id *team, struct arena *arena);

/* Does `a` take the place of `b`, another one of the same device? */
bool accord_is_later(
        const struct accord *a, struct span a_bytes, const struct accord *b, struct span b_bytes);

/* NULL: it does not say so. */
const struct accord_present *accord_find_present(const struct accord *accord, const struct device_id *device);
const struct accord_heads *accord_find_heads(const struct accord *accord, uint8_t compartment);

#endif
