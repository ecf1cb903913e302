#include "node/billing/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crdt/base/ids.h"

static const char DOMAIN[] = "releve statement 2";

/* Behind the last mark, which whoever wrote the file put there. */
static size_t place_of(struct span text, const char *mark)
{
	const size_t size = strlen(mark);
	assert(text.size >= size + SEAL_DIGITS);
	size_t at = text.size - size - SEAL_DIGITS;
	while (memcmp(text.data + at, mark, size) != 0) {
		assert(at > 0);
		at--;
	}
	return at + size;
}

void seal_put(struct buf *out, size_t start, const char *mark)
{
	const struct span text = span_sub(buf_span(out), start, SIZE_MAX);
	uint8_t hash[32];
	char digits[SEAL_DIGITS + 1];
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, text.data, text.size);
	crypto_generichash_final(&state, hash, sizeof(hash));
	ids_hex(digits, hash, sizeof(hash));
	memcpy(out->data + start + place_of(text, mark), digits, SEAL_DIGITS);
}
