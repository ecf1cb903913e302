/*
 * node/keyring/aead.h - XChaCha20-Poly1305 (IETF) with a random nonce in front: the form of every ciphertext here.
 */
#ifndef NODE_KEYRING_AEAD_H
#define NODE_KEYRING_AEAD_H

#include "crdt/base/env.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "node/keyring/secret.h"

enum { AEAD_NONCE_BYTES = 24, AEAD_TAG_BYTES = 16, AEAD_OVERHEAD_BYTES = AEAD_NONCE_BYTES + AEAD_TAG_BYTES };

/* Writes AEAD_OVERHEAD_BYTES more than `plain.size` to `out`. */
void aead_seal(uint8_t *out, const struct env *env, const uint8_t key[SECRET_BYTES], struct span ad,
        struct span plain);

/* Writes AEAD_OVERHEAD_BYTES less than `sealed.size` to `out`. ERR_TRUNCATED, ERR_BADSEAL (what `out` holds then is zero). */
int aead_open(uint8_t *out, const uint8_t key[SECRET_BYTES], struct span ad, struct span sealed);

#endif
