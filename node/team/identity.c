#include "node/team/identity.h"

#include <stdlib.h>

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"

enum { IDENTITY_FORMAT = 1 };

static struct team_identity_secrets *new_secrets(void)
{
	struct team_identity_secrets *secrets = sodium_malloc(sizeof(*secrets));
	if (!secrets)
		abort(); /* as mem_alloc does */
	return secrets;
}

/* The secrets hold an Ed25519 seed in their first half, and two X25519 secrets: work out everything public. */
static void complete(struct team_identity *identity)
{
	struct team_identity_secrets *secrets = identity->secrets;
	uint8_t seed[32];
	memcpy(seed, secrets->sign, sizeof(seed));
	crypto_sign_seed_keypair(identity->device.bytes, secrets->sign, seed);
	crypto_scalarmult_base(identity->keys.handshake, secrets->handshake);
	crypto_scalarmult_base(identity->keys.sealing, secrets->sealing);
	mem_wipe(seed, sizeof(seed));
}

void team_identity_make(struct team_identity *out, const struct env *env)
{
	out->secrets = new_secrets();
	env_random_bytes(env, out->secrets->sign, 32);
	env_random_bytes(env, out->secrets->handshake, 32);
	env_random_bytes(env, out->secrets->sealing, 32);
	complete(out);
}

void team_identity_wipe(struct team_identity *identity)
{
	sodium_free(identity->secrets); /* overwrites first; NULL is allowed */
	identity->secrets = NULL;
}

void team_identity_encode(const struct team_identity *identity, struct buf *out)
{
	buf_reserve(out, TEAM_IDENTITY_BYTES); /* no copy stays behind in a smaller buffer */
	wire_put_u8(out, IDENTITY_FORMAT);
	buf_add(out, identity->secrets->sign, 32);
	buf_add(out, identity->secrets->handshake, 32);
	buf_add(out, identity->secrets->sealing, 32);
}

int team_identity_decode(struct span row, struct team_identity *out)
{
	struct wire_in in = wire_begin(row);
	if (wire_u8(&in) != IDENTITY_FORMAT && !in.error)
		return ERR_VERSION;
	struct team_identity_secrets *secrets = new_secrets();
	wire_raw(&in, secrets->sign, 32);
	wire_raw(&in, secrets->handshake, 32);
	wire_raw(&in, secrets->sealing, 32);
	int error = wire_end(&in);
	if (error) {
		sodium_free(secrets);
		return error;
	}
	out->secrets = secrets;
	complete(out);
	return 0;
}
