#include "node/keyring/aead.h"

#include <sodium.h>

#include "crdt/base/err.h"

_Static_assert(AEAD_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "format");
_Static_assert(AEAD_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "format");
_Static_assert(SECRET_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "format");

void aead_seal(uint8_t *out, const struct env *env, const uint8_t key[SECRET_BYTES], struct span ad,
        struct span plain)
{
	env_random_bytes(env, out, AEAD_NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(
	        out + AEAD_NONCE_BYTES, NULL, plain.data, plain.size, ad.data, ad.size, NULL, out, key);
}

int aead_open(uint8_t *out, const uint8_t key[SECRET_BYTES], struct span ad, struct span sealed)
{
	if (sealed.size < AEAD_OVERHEAD_BYTES)
		return ERR_TRUNCATED;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data + AEAD_NONCE_BYTES,
	            sealed.size - AEAD_NONCE_BYTES, ad.data, ad.size, sealed.data, key))
		return ERR_BADSEAL;
	return 0;
}
