/*
 * node/keyring/bundle.h - the file for a stick: frames of a session, sealed in chunks for entitled devices (README.md, section 8).
 *
 * Bytes only; the caller reads and writes the file, chunk by chunk. Hostile input is fine.
 */
#ifndef NODE_KEYRING_BUNDLE_H
#define NODE_KEYRING_BUNDLE_H

#include "crdt/base/env.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/aead.h"
#include "node/keyring/box.h"
#include "node/keyring/secret.h"

enum {
	BUNDLE_VERSION = 1,
	BUNDLE_SLOTS_STEP = 8, /* the number of slots is a multiple: it tells little of the team's size */
	BUNDLE_SLOTS_MAX = 40,
	BUNDLE_HEAD_BYTES_MIN = 8 + 16 + 16 + 1 + BUNDLE_SLOTS_STEP * BOX_KEY_BYTES,
	BUNDLE_HEAD_BYTES_MAX = 8 + 16 + 16 + 1 + BUNDLE_SLOTS_MAX * BOX_KEY_BYTES,
	BUNDLE_PLAIN_BYTES = 64 * 1024,
	BUNDLE_CHUNK_BYTES = BUNDLE_PLAIN_BYTES + AEAD_OVERHEAD_BYTES,
};

/* What seals and opens the chunks of one file. Owner calls bundle_key_wipe(). */
struct bundle_key {
	struct bundle_secret secret;
	uint8_t head_hash[32];
};

void bundle_key_wipe(struct bundle_key *key);

/* Start a file for `count` devices (1 to BUNDLE_SLOTS_MAX): appends the header. ERR_INVALID: the count, or an unusable public key; ERR_TOOBIG. */
int bundle_begin(struct bundle_key *out, const struct env *env, const struct discovery_secret *discovery,
        const struct seal_public *recipients, size_t count, struct buf *head);

/* The length of the header at the start of `bytes`, at least BUNDLE_HEAD_BYTES_MIN of them or the whole file.
 * ERR_TRUNCATED, ERR_MALFORMED (no bundle), ERR_VERSION. */
int bundle_head_bytes(struct span bytes, size_t *out);

/* Is it of the team with this discovery secret? `head` is the whole header. */
bool bundle_is_ours(struct span head, const struct discovery_secret *discovery);

/* ERR_DENIED: not sealed to this device. */
int bundle_open(struct bundle_key *out, struct span head, const struct seal_public *own_public,
        const struct seal_secret *own_secret);

/* Where chunk `number` (from 0) begins in a file with a header of `head_bytes`. */
uint64_t bundle_chunk_offset(size_t head_bytes, uint64_t number);

/* Append one sealed chunk. ERR_INVALID: not BUNDLE_PLAIN_BYTES, or for the final one more than that. */
int bundle_chunk_seal(const struct bundle_key *key, const struct env *env, uint64_t number, bool final,
        struct span plain, struct buf *out);

/* Append one opened chunk. `final`: it ends the file. ERR_BADSEAL: altered, misplaced, or the file was cut short; ERR_TRUNCATED,
 * ERR_TOOBIG: its length. */
int bundle_chunk_open(
        const struct bundle_key *key, uint64_t number, bool final, struct span sealed, struct buf *out);

#endif
