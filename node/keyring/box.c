#include "node/keyring/box.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"

_Static_assert(BOX_OVERHEAD_BYTES == crypto_box_SEALBYTES, "format");

int box_seal_bytes(
        uint8_t *out, const struct env *env, const struct seal_public *recipient, struct span plain)
{
	uint8_t seed[crypto_box_SEEDBYTES], ephemeral_secret[SECRET_BYTES], nonce[crypto_box_NONCEBYTES];
	uint8_t ends[2 * SECRET_BYTES]; /* ephemeral public key, recipient: the nonce is their hash */
	env_random_bytes(env, seed, sizeof(seed));
	crypto_box_seed_keypair(ends, ephemeral_secret, seed);
	memcpy(ends + SECRET_BYTES, recipient->bytes, SECRET_BYTES);
	crypto_generichash(nonce, sizeof(nonce), ends, sizeof(ends), NULL, 0);
	memcpy(out, ends, SECRET_BYTES);
	if (crypto_box_easy(
	            out + SECRET_BYTES, plain.data, plain.size, nonce, recipient->bytes, ephemeral_secret))
		env_random_bytes(env, out + SECRET_BYTES, BOX_OVERHEAD_BYTES - SECRET_BYTES + plain.size);
	mem_wipe(seed, sizeof(seed));
	mem_wipe(ephemeral_secret, sizeof(ephemeral_secret));
	return 0;
}

int box_open_bytes(uint8_t *out, struct span sealed, const struct seal_public *own_public,
        const struct seal_secret *own_secret)
{
	if (sealed.size < BOX_OVERHEAD_BYTES)
		return ERR_TRUNCATED;
	return crypto_box_seal_open(out, sealed.data, sealed.size, own_public->bytes, own_secret->bytes)
	        ? ERR_BADSEAL
	        : 0;
}

int box_seal(struct box_key *out, const struct env *env, const struct seal_public *recipient,
        const uint8_t secret[SECRET_BYTES])
{
	struct box_key box;
	int result = box_seal_bytes(box.bytes, env, recipient, span_of(secret, SECRET_BYTES));
	if (result == 0)
		*out = box;
	return result;
}

int box_open(uint8_t secret[SECRET_BYTES], const struct box_key *box, const struct seal_public *own_public,
        const struct seal_secret *own_secret)
{
	uint8_t opened[SECRET_BYTES];
	int result = box_open_bytes(opened, span_of(box->bytes, sizeof(box->bytes)), own_public, own_secret);
	if (result)
		return result;
	memcpy(secret, opened, SECRET_BYTES);
	mem_wipe(opened, sizeof(opened));
	return 0;
}
