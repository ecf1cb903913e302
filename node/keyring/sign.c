#include "node/keyring/sign.h"

#include <assert.h>
#include <sodium.h>

void sign_digest(
        uint8_t out[SIGN_DIGEST_BYTES], const char *domain, const struct team_id *team, struct span bytes)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, SIGN_DIGEST_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain));
	crypto_generichash_update(&state, team->bytes, sizeof(team->bytes));
	crypto_generichash_update(&state, bytes.data, bytes.size);
	crypto_generichash_final(&state, out, SIGN_DIGEST_BYTES);
}

enum { MESSAGE_BYTES_MAX = SIGN_DOMAIN_BYTES_MAX + SIGN_DIGEST_BYTES };

static size_t message(
        uint8_t out[MESSAGE_BYTES_MAX], const char *domain, const uint8_t digest[SIGN_DIGEST_BYTES])
{
	size_t domain_bytes = strlen(domain);
	assert(domain_bytes <= SIGN_DOMAIN_BYTES_MAX);
	memcpy(out, domain, domain_bytes);
	memcpy(out + domain_bytes, digest, SIGN_DIGEST_BYTES);
	return domain_bytes + SIGN_DIGEST_BYTES;
}

void sign_make(struct entry_signature *out, const char *domain, const uint8_t digest[SIGN_DIGEST_BYTES],
        const uint8_t *secret_key)
{
	uint8_t bytes[MESSAGE_BYTES_MAX];
	size_t size = message(bytes, domain, digest);
	crypto_sign_detached(out->bytes, NULL, bytes, size, secret_key);
}

bool sign_check(const struct entry_signature *signature, const char *domain,
        const uint8_t digest[SIGN_DIGEST_BYTES], const struct device_id *device)
{
	uint8_t bytes[MESSAGE_BYTES_MAX];
	size_t size = message(bytes, domain, digest);
	return crypto_sign_verify_detached(signature->bytes, bytes, size, device->bytes) == 0;
}
