#include "node/keyring/box.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"

_Static_assert(BOX_OVERHEAD_BYTES == crypto_box_SEALBYTES, "format");

int box_seal(struct box_key *out, const struct env *env, const struct seal_public *recipient,
        const uint8_t secret[SECRET_BYTES])
{
	uint8_t seed[crypto_box_SEEDBYTES], ephemeral_secret[SECRET_BYTES], nonce[crypto_box_NONCEBYTES];
	uint8_t ends[2 * SECRET_BYTES]; /* ephemeral public key, recipient: the nonce is their hash */
	struct box_key box;
	env_random_bytes(env, seed, sizeof(seed));
	crypto_box_seed_keypair(ends, ephemeral_secret, seed);
	memcpy(ends + SECRET_BYTES, recipient->bytes, SECRET_BYTES);
	crypto_generichash(nonce, sizeof(nonce), ends, sizeof(ends), NULL, 0);
	memcpy(box.bytes, ends, SECRET_BYTES);
	int failed = crypto_box_easy(
	        box.bytes + SECRET_BYTES, secret, SECRET_BYTES, nonce, recipient->bytes, ephemeral_secret);
	mem_wipe(seed, sizeof(seed));
	mem_wipe(ephemeral_secret, sizeof(ephemeral_secret));
	if (failed)
		return ERR_INVALID;
	*out = box;
	return 0;
}

int box_open(uint8_t secret[SECRET_BYTES], const struct box_key *box, const struct seal_public *own_public,
        const struct seal_secret *own_secret)
{
	uint8_t opened[SECRET_BYTES];
	if (crypto_box_seal_open(
	            opened, box->bytes, sizeof(box->bytes), own_public->bytes, own_secret->bytes))
		return ERR_BADSEAL;
	memcpy(secret, opened, SECRET_BYTES);
	mem_wipe(opened, sizeof(opened));
	return 0;
}
