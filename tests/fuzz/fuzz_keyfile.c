/* Any bytes as a key file, as they are and with a checksum made right: nothing but the named errors, and no cost over the
 * limits. Derivation runs only where it is cheap. */
#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/keyfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct span bytes)
{
	struct keyfile_cost cost;
	uint8_t key[KEYFILE_KEY_BYTES] = {0}, untouched[KEYFILE_KEY_BYTES] = {0};
	int err = keyfile_cost_of(bytes, &cost);
	assert(err == 0 || err == ERR_MALFORMED || err == ERR_VERSION || err == ERR_CORRUPT ||
	        err == ERR_TOOBIG);
	if (err)
		return;
	assert(bytes.size == KEYFILE_BYTES || bytes.size == KEYFILE_BYTES_MAX);
	assert(cost.passes >= 1 && cost.passes <= LIMIT_KEYFILE_PASSES);
	assert(cost.memory_kib >= 8 && cost.memory_kib <= LIMIT_KEYFILE_MEMORY_BYTES / 1024);
	if (cost.passes > 2 || cost.memory_kib > 64)
		return;
	err = keyfile_decode(bytes, span_text("la relève"), key);
	assert(err == 0 || err == ERR_PASSPHRASE);
	assert(err == 0 || memcmp(key, untouched, sizeof(key)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t copy[KEYFILE_BYTES];
	decode(span_of(data, size));
	if (size != KEYFILE_BYTES)
		return 0;
	memcpy(copy, data, sizeof(copy));
	crypto_generichash(copy + KEYFILE_BYTES - 16, 16, copy, KEYFILE_BYTES - 16, NULL, 0);
	decode(span_of(copy, sizeof(copy)));
	return 0;
}
