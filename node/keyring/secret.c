#include "node/keyring/secret.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/mem.h"

#define SECRET_IMPLEMENT(name) \
	bool name##_eq(const struct name *a, const struct name *b) \
	{ \
		return sodium_memcmp(a->bytes, b->bytes, SECRET_BYTES) == 0; \
	} \
	void name##_wipe(struct name *secret) \
	{ \
		mem_wipe(secret, sizeof(*secret)); \
	}

SECRET_IMPLEMENT(epoch_key)
SECRET_IMPLEMENT(dossier_secret)
SECRET_IMPLEMENT(body_key)
SECRET_IMPLEMENT(seal_secret)
SECRET_IMPLEMENT(packet_key)
SECRET_IMPLEMENT(bundle_secret)
SECRET_IMPLEMENT(discovery_secret)

enum { ALIGNMENT = 16 };

static const char PSEUDONYM_DOMAIN[] = "releve dossier 1";

struct pseudonym secret_pseudonym(const struct epoch_key *key, const struct record_id *dossier)
{
	struct pseudonym out;
	uint8_t message[sizeof(PSEUDONYM_DOMAIN) - 1 + ID_SHORT_BYTES];
	memcpy(message, PSEUDONYM_DOMAIN, sizeof(PSEUDONYM_DOMAIN) - 1);
	memcpy(message + sizeof(PSEUDONYM_DOMAIN) - 1, dossier->bytes, ID_SHORT_BYTES);
	crypto_generichash(
	        out.bytes, sizeof(out.bytes), message, sizeof(message), key->bytes, sizeof(key->bytes));
	return out;
}

void secret_derive(uint8_t out[SECRET_BYTES], const uint8_t key[SECRET_BYTES], const char *domain,
        const void *bytes, size_t size)
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, key, SECRET_BYTES, SECRET_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)domain, strlen(domain));
	crypto_generichash_update(&state, bytes, size);
	crypto_generichash_final(&state, out, SECRET_BYTES);
	mem_wipe(&state, sizeof(state));
}

void *secret_array_grow(void *old, size_t count_old, size_t count_new, size_t size)
{
	size_t bytes;
	assert(count_new >= count_old);
	/* the array ends at a guard page; its start is aligned when its length is */
	bool overflow = __builtin_mul_overflow(count_new, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT;
	void *grown = overflow ? NULL : sodium_malloc((bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
	if (!grown) {
		fputs("releve: out of memory for keys\n", stderr);
		abort();
	}
	if (count_old)
		memcpy(grown, old, count_old * size);
	sodium_free(old);
	return grown;
}

void secret_array_free(void *array)
{
	sodium_free(array);
}
