#include "store/store_mem.h"

#include <assert.h>
#include <pthread.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"
#include "crdt/base/rng.h"
#include "store/tree.h"

struct tables {
	struct tree of[STORE_TABLE_COUNT];
};

struct mem {
	struct store store;
	pthread_mutex_t mutex; /* guards all below: readers may live on other threads */
	struct tables tables; /* committed */
	uint64_t capacity_bytes, commit_count;
	uint64_t life; /* counts crashes; transactions of an earlier one are dead */
	uint32_t open_count;
	bool writing, uncertain;
	uint32_t fail_commit_in, reads_skip, reads_fail;
	int fail_commit_code;
	enum store_mem_outcome fail_commit_outcome;
	struct rng rng;
};

struct mem_txn {
	struct store_txn txn;
	struct tables tables; /* as of the begin, with this transaction's changes */
	uint64_t life;
	bool writing;
	int failed;
};

struct store_mem_image {
	struct tables tables;
};

static struct mem *mem_of(struct store *store)
{
	return (struct mem *)(void *)store;
}

static struct mem_txn *txn_of(struct store_txn *txn)
{
	return (struct mem_txn *)(void *)txn;
}

static struct tables tables_share(const struct tables *tables)
{
	struct tables copy;
	for (unsigned i = 0; i < STORE_TABLE_COUNT; i++)
		copy.of[i] = tree_share(&tables->of[i]);
	return copy;
}

static void tables_close(struct tables *tables)
{
	for (unsigned i = 0; i < STORE_TABLE_COUNT; i++)
		tree_close(&tables->of[i]);
}

static uint64_t tables_bytes(const struct tables *tables)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < STORE_TABLE_COUNT; i++)
		bytes += tables->of[i].bytes + tables->of[i].row_count * STORE_MEM_ROW_BYTES;
	return bytes;
}

/* --- Transactions ------------------------------------------------------------------------------------------ */

static int mem_begin(struct store *store, bool writing, struct store_txn **out)
{
	struct mem *mem = mem_of(store);
	int err = 0;
	pthread_mutex_lock(&mem->mutex);
	if (mem->uncertain)
		err = ERR_UNCERTAIN;
	else if (writing && mem->writing)
		err = ERR_BUSY;
	if (!err) {
		struct mem_txn *txn = mem_alloc(sizeof(*txn));
		*txn = (struct mem_txn){.txn.store = store, .life = mem->life, .writing = writing};
		txn->tables = tables_share(&mem->tables);
		mem->writing |= writing;
		mem->open_count++;
		*out = &txn->txn;
	}
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

static void txn_free(struct mem *mem, struct mem_txn *txn)
{
	mem->open_count--;
	if (txn->writing && txn->life == mem->life)
		mem->writing = false;
	tables_close(&txn->tables);
	mem_free(txn);
}

static void mem_abort(struct store_txn *base)
{
	struct mem *mem = mem_of(base->store);
	pthread_mutex_lock(&mem->mutex);
	txn_free(mem, txn_of(base));
	pthread_mutex_unlock(&mem->mutex);
}

/* Whether this commit is the one that was ordered to fail; *applied: its rows arrive all the same. */
static int commit_fault(struct mem *mem, bool *applied)
{
	*applied = true;
	if (mem->fail_commit_in == 0 || --mem->fail_commit_in > 0)
		return 0;
	*applied = false;
	if (mem->fail_commit_code == ERR_UNCERTAIN) {
		mem->uncertain = true;
		*applied = mem->fail_commit_outcome == STORE_MEM_APPLIED ||
		        (mem->fail_commit_outcome == STORE_MEM_RANDOM && rng_chance(&mem->rng, 500));
	}
	return mem->fail_commit_code;
}

static int mem_commit(struct store_txn *base)
{
	struct mem_txn *txn = txn_of(base);
	struct mem *mem = mem_of(base->store);
	bool applied = false;
	pthread_mutex_lock(&mem->mutex);
	int err = txn->life == mem->life ? txn->failed : ERR_CLOSED;
	if (!err && txn->writing) {
		err = commit_fault(mem, &applied);
		mem->commit_count += err == 0;
	}
	if (applied) {
		struct tables old = mem->tables;
		mem->tables = txn->tables;
		txn->tables = old;
	}
	txn_free(mem, txn);
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

/* --- Rows -------------------------------------------------------------------------------------------------- */

static int read_allowed(struct mem_txn *txn)
{
	struct mem *mem = mem_of(txn->txn.store);
	int err = 0;
	pthread_mutex_lock(&mem->mutex);
	if (txn->life != mem->life) {
		err = ERR_CLOSED;
	} else if (mem->reads_fail > 0) {
		if (mem->reads_skip > 0) {
			mem->reads_skip--;
		} else {
			mem->reads_fail--;
			err = ERR_IO;
		}
	}
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

static int write_allowed(struct mem_txn *txn, uint64_t *capacity_bytes)
{
	struct mem *mem = mem_of(txn->txn.store);
	pthread_mutex_lock(&mem->mutex);
	bool dead = txn->life != mem->life;
	*capacity_bytes = mem->capacity_bytes;
	pthread_mutex_unlock(&mem->mutex);
	if (dead)
		return ERR_CLOSED;
	return txn->writing ? txn->failed : ERR_DENIED;
}

static int mem_get(struct store_txn *base, enum store_table table, struct span key, struct span *value)
{
	struct mem_txn *txn = txn_of(base);
	int err = read_allowed(txn);
	if (err)
		return err;
	return tree_get(&txn->tables.of[table], key, value) ? 0 : ERR_NOTFOUND;
}

static int mem_put(struct store_txn *base, enum store_table table, struct span key, struct span value)
{
	struct mem_txn *txn = txn_of(base);
	uint64_t capacity_bytes;
	int err = write_allowed(txn, &capacity_bytes);
	if (err)
		return err;
	tree_put(&txn->tables.of[table], key, value);
	if (tables_bytes(&txn->tables) > capacity_bytes)
		txn->failed = ERR_NOSPACE;
	return txn->failed;
}

static int mem_remove(struct store_txn *base, enum store_table table, struct span key)
{
	struct mem_txn *txn = txn_of(base);
	uint64_t capacity_bytes;
	int err = write_allowed(txn, &capacity_bytes);
	if (err)
		return err;
	return tree_remove(&txn->tables.of[table], key) ? 0 : ERR_NOTFOUND;
}

static int mem_seek(struct store_txn *base, enum store_table table, enum store_seek how, struct span key,
        struct span *key_found, struct span *value)
{
	struct mem_txn *txn = txn_of(base);
	const struct tree *tree = &txn->tables.of[table];
	int err = read_allowed(txn);
	if (err)
		return err;
	bool found = how == STORE_FIRST_FROM ? tree_first_from(tree, key, key_found, value)
	                                     : tree_last_upto(tree, key, key_found, value);
	return found ? 0 : ERR_NOTFOUND;
}

/* --- The whole --------------------------------------------------------------------------------------------- */

static int mem_usage(struct store *store, struct store_usage *out)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	int err = mem->uncertain ? ERR_UNCERTAIN : 0;
	if (!err) {
		uint64_t bytes = tables_bytes(&mem->tables);
		*out = (struct store_usage){mem->capacity_bytes, bytes, bytes};
	}
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

static int mem_reopen(struct store *store)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	int err = mem->open_count > 0 ? ERR_BUSY : 0;
	if (!err)
		mem->uncertain = false;
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

static int mem_compact(struct store *store)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	int err = mem->uncertain ? ERR_UNCERTAIN : mem->open_count > 0 ? ERR_BUSY : 0;
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

static void mem_close(struct store *store)
{
	struct mem *mem = mem_of(store);
	assert(mem->open_count == 0);
	tables_close(&mem->tables);
	pthread_mutex_destroy(&mem->mutex);
	mem_free(mem);
}

static const struct store_ops OPS = {
        .begin = mem_begin,
        .commit = mem_commit,
        .abort = mem_abort,
        .get = mem_get,
        .put = mem_put,
        .remove = mem_remove,
        .seek = mem_seek,
        .usage = mem_usage,
        .reopen = mem_reopen,
        .compact = mem_compact,
        .close = mem_close,
};

struct store *store_mem_new(void)
{
	struct mem *mem = mem_zero(1, sizeof(*mem));
	mem->store.ops = &OPS;
	pthread_mutex_init(&mem->mutex, NULL);
	mem->capacity_bytes = STORE_MEM_CAPACITY_BYTES;
	mem->rng = rng_new(1);
	return &mem->store;
}

/* --- Faults ------------------------------------------------------------------------------------------------ */

void store_mem_set_capacity(struct store *store, uint64_t bytes)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	mem->capacity_bytes = bytes;
	pthread_mutex_unlock(&mem->mutex);
}

static void crash(struct mem *mem)
{
	mem->life++;
	mem->writing = false;
	mem->uncertain = false;
}

void store_mem_crash(struct store *store)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	crash(mem);
	pthread_mutex_unlock(&mem->mutex);
}

void store_mem_fail_commit(struct store *store, uint32_t nth, int code, enum store_mem_outcome outcome)
{
	struct mem *mem = mem_of(store);
	assert(nth == 0 || code == ERR_NOSPACE || code == ERR_UNCERTAIN);
	pthread_mutex_lock(&mem->mutex);
	mem->fail_commit_in = nth;
	mem->fail_commit_code = code;
	mem->fail_commit_outcome = outcome;
	pthread_mutex_unlock(&mem->mutex);
}

void store_mem_seed(struct store *store, uint64_t seed)
{
	mem_of(store)->rng = rng_new(seed);
}

void store_mem_fail_reads(struct store *store, uint32_t skip, uint32_t count)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	mem->reads_skip = skip;
	mem->reads_fail = count;
	pthread_mutex_unlock(&mem->mutex);
}

int store_mem_flip_bit(struct store *store, enum store_table table, struct span key, size_t bit)
{
	struct mem *mem = mem_of(store);
	struct span value;
	pthread_mutex_lock(&mem->mutex);
	int err = tree_get(&mem->tables.of[table], key, &value) && bit / 8 < value.size ? 0 : ERR_NOTFOUND;
	if (!err) {
		/* As a new row, so that snapshots and images of before keep the good one. */
		uint8_t *copy = mem_copy(value.data, value.size);
		copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		tree_put(&mem->tables.of[table], key, span_of(copy, value.size));
		mem_free(copy);
	}
	pthread_mutex_unlock(&mem->mutex);
	return err;
}

uint64_t store_mem_commit_count(const struct store *store)
{
	return ((const struct mem *)(const void *)store)->commit_count;
}

struct store_mem_image *store_mem_image_take(struct store *store)
{
	struct mem *mem = mem_of(store);
	struct store_mem_image *image = mem_alloc(sizeof(*image));
	pthread_mutex_lock(&mem->mutex);
	image->tables = tables_share(&mem->tables);
	pthread_mutex_unlock(&mem->mutex);
	return image;
}

void store_mem_image_free(struct store_mem_image *image)
{
	if (!image)
		return;
	tables_close(&image->tables);
	mem_free(image);
}

void store_mem_image_restore(struct store *store, const struct store_mem_image *image)
{
	struct mem *mem = mem_of(store);
	pthread_mutex_lock(&mem->mutex);
	crash(mem);
	tables_close(&mem->tables);
	mem->tables = tables_share(&image->tables);
	pthread_mutex_unlock(&mem->mutex);
}
