/* Any bytes as a sealed row (table, key length, key, row), and as the two rows that a vault opens with: they open or give
 * one of the named errors, and a row that does not open leaves nothing. */
#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/rng.h"
#include "store/store_mem.h"
#include "store/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t no_time(void *context)
{
	(void)context;
	return 0;
}

static void seeded_bytes(void *context, void *out, size_t size)
{
	rng_bytes(context, out, size);
}

/* Key and seed of tests/store/test_vault.c's golden row, which is in the corpus and opens. */
static struct vault *make_vault(struct store *store)
{
	static struct rng rng;
	static const struct env env = {no_time, no_time, seeded_bytes, &rng};
	struct vault *vault;
	uint8_t key[VAULT_KEY_BYTES];
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	rng = rng_new(1);
	int err = vault_new(store, key, &env, &vault);
	assert(err == 0 || err == ERR_BADSEAL || err == ERR_VERSION || err == ERR_CORRUPT);
	assert((err == 0) == (vault != NULL));
	return vault;
}

static void open_row(uint8_t table, struct span key, struct span row)
{
	static struct store *store;
	static struct vault *vault;
	static struct buf out;
	if (!store) {
		store = store_mem_new();
		vault = make_vault(store);
		assert(vault);
	}
	int err = vault_unseal(vault, (enum store_table)(table % STORE_TABLE_COUNT), key, row, &out);
	assert(err == 0 || err == ERR_BADSEAL || err == ERR_TOOBIG);
	assert(out.size == (err ? 0 : row.size - VAULT_OVERHEAD_BYTES));
}

static void open_database(struct span database, struct span versions)
{
	struct store *store = store_mem_new();
	struct store_txn *txn;
	int err = store_begin(store, true, &txn);
	if (!err)
		err = store_put(txn, STORE_META, span_text("database"), database);
	if (!err)
		err = store_put(txn, STORE_META, span_text("versions"), versions);
	if (!err)
		err = store_commit(txn);
	assert(!err);
	vault_free(make_vault(store));
	store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of(data, size);
	if (size < 2)
		return 0;
	struct span key = span_sub(input, 2, data[1]);
	open_row(data[0], key, span_sub(input, 2 + key.size, size));
	open_database(span_sub(input, 0, 17), span_sub(input, 17, size));
	return 0;
}
