/*
 * node/keyring/sign.h - what a device signs outside the log: rows of state.
 *
 * Signed is domain || BLAKE2b-256(domain || team id || bytes), so that a signature serves one purpose in one team.
 */
#ifndef NODE_KEYRING_SIGN_H
#define NODE_KEYRING_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/ids.h"
#include "crdt/base/span.h"
#include "store/entry.h"

enum { SIGN_DIGEST_BYTES = 32, SIGN_DOMAIN_BYTES_MAX = 32 };

/* A device that signs rows. `secret_key` is libsodium's 64-byte Ed25519 secret key, borrowed. */
struct key_signer {
	struct team_id team;
	struct device_id device;
	const uint8_t *secret_key;
};

/* `domain` is a terminated text of at most SIGN_DOMAIN_BYTES_MAX bytes, the same in all three calls. */
void sign_digest(
        uint8_t out[SIGN_DIGEST_BYTES], const char *domain, const struct team_id *team, struct span bytes);
void sign_make(struct entry_signature *out, const char *domain, const uint8_t digest[SIGN_DIGEST_BYTES],
        const uint8_t *secret_key);
bool sign_check(const struct entry_signature *signature, const char *domain,
        const uint8_t digest[SIGN_DIGEST_BYTES], const struct device_id *device);

#endif
