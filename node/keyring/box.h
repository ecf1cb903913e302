/*
 * node/keyring/box.h - a message for the holder of one X25519 key, from nobody in particular.
 *
 * The bytes are those of libsodium's crypto_box_seal: ephemeral public key 32, tag 16, ciphertext. Only the source of
 * randomness is ours, so that a simulated run repeats.
 */
#ifndef NODE_KEYRING_BOX_H
#define NODE_KEYRING_BOX_H

#include "crdt/base/env.h"
#include "crdt/base/span.h"
#include "node/keyring/secret.h"

enum { BOX_OVERHEAD_BYTES = 48, BOX_KEY_BYTES = BOX_OVERHEAD_BYTES + SECRET_BYTES };

/* One sealed secret. */
struct box_key {
	uint8_t bytes[BOX_KEY_BYTES];
};

/* A `recipient` that is no usable public key (a point of small order, which a device made up) gets what nobody opens: the team's other devices are kept
 * from nothing by it. */
int box_seal(struct box_key *out, const struct env *env, const struct seal_public *recipient,
        const uint8_t secret[SECRET_BYTES]);

/* ERR_BADSEAL: for another key, or altered; `secret` is unchanged. */
int box_open(uint8_t secret[SECRET_BYTES], const struct box_key *box, const struct seal_public *own_public,
        const struct seal_secret *own_secret);

/* The same for any number of bytes. Writes BOX_OVERHEAD_BYTES more than `plain.size` to `out`, or less than `sealed.size`; errors as above, and ERR_TRUNCATED. */
int box_seal_bytes(
        uint8_t *out, const struct env *env, const struct seal_public *recipient, struct span plain);
int box_open_bytes(uint8_t *out, struct span sealed, const struct seal_public *own_public,
        const struct seal_secret *own_secret);

#endif
