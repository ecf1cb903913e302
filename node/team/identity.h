/*
 * node/team/identity.h - the three key pairs of this device (DESIGN.md section 5).
 *
 * Ed25519 to sign, X25519 for the transport handshake, X25519 to receive sealed keys: each from its own randomness, never
 * converted into one another or used for two purposes. Secret halves sit in guarded memory (sodium_malloc), so that the
 * program must have called sodium_init() first.
 */
#ifndef NODE_TEAM_IDENTITY_H
#define NODE_TEAM_IDENTITY_H

#include "crdt/base/env.h"
#include "node/team/action.h"

struct team_identity_secrets {
	uint8_t sign[64]; /* libsodium's Ed25519 secret key: seed, then public key */
	uint8_t handshake[32];
	uint8_t sealing[32];
};

struct team_identity {
	struct device_id device; /* the Ed25519 public key */
	struct team_keys keys;
	struct team_identity_secrets *secrets; /* NULL once wiped */
};

enum { TEAM_IDENTITY_BYTES = 1 + 3 * 32 };

/* A new device. Owner calls team_identity_wipe(). */
void team_identity_make(struct team_identity *out, const struct env *env);

/* Overwrites and frees the secrets; harmless when done twice or on a zeroed struct. */
void team_identity_wipe(struct team_identity *identity);

/* The row for local storage, which the caller seals: format u8 = 1, Ed25519 seed, handshake secret, sealing secret. `out` then
 * holds secrets: buf_wipe(). */
void team_identity_encode(const struct team_identity *identity, struct buf *out);

/* Read such a row. ERR_VERSION, ERR_TRUNCATED, ERR_MALFORMED; *out is then unchanged. Owner calls team_identity_wipe(). */
int team_identity_decode(struct span row, struct team_identity *out);

#endif
