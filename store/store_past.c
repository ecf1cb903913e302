#include "store/store_past.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "store/log.h"

struct past {
	struct store store;
	struct store_past_config config;
};

struct past_txn {
	struct store_txn txn;
	struct store_txn *under;
};

static struct past *past_of(struct store *store)
{
	return (struct past *)(void *)store;
}

static struct past_txn *txn_of(struct store_txn *txn)
{
	return (struct past_txn *)(void *)txn;
}

static int begin(struct store *store, bool writing, struct store_txn **out)
{
	struct store_txn *under;
	if (writing)
		return ERR_DENIED;
	int result = store_begin(past_of(store)->config.under, false, &under);
	if (result)
		return result;
	struct past_txn *txn = mem_zero(1, sizeof(*txn));
	txn->txn.store = store;
	txn->under = under;
	*out = &txn->txn;
	return 0;
}

static void end(struct store_txn *txn)
{
	store_abort(txn_of(txn)->under);
	mem_free(txn);
}

static int commit(struct store_txn *txn)
{
	end(txn);
	return 0;
}

static bool is_hidden(const struct past *past, enum store_table table, struct span key)
{
	uint32_t number;
	uint64_t first;
	if (past->config.hidden_tables >> table & 1)
		return true;
	if (table == STORE_META)
		return span_eq(key, span_text(past->config.hidden_row));
	if (table != STORE_LOG || !past->config.ends || !log_run_key_read(key, &number, &first))
		return false;
	return number >= past->config.end_count || first > past->config.ends[number];
}

static int get(struct store_txn *txn, enum store_table table, struct span key, struct span *value)
{
	return is_hidden(past_of(txn->store), table, key) ? ERR_NOTFOUND
	                                                  : store_get(txn_of(txn)->under, table, key, value);
}

static int put(struct store_txn *txn, enum store_table table, struct span key, struct span value)
{
	(void)txn;
	(void)table;
	(void)key;
	(void)value;
	return ERR_DENIED;
}

static int remove_row(struct store_txn *txn, enum store_table table, struct span key)
{
	return put(txn, table, key, key);
}

/* The key next to `key` in the direction of the walk, in `space`. False: there is none. */
static bool step_over(
        enum store_seek how, struct span key, uint8_t space[LIMIT_STORE_KEY_BYTES + 1], size_t *size)
{
	memmove(space, key.data, key.size);
	*size = key.size;
	if (how == STORE_FIRST_FROM) {
		space[(*size)++] = 0;
		return true;
	}
	while (*size && space[*size - 1] == 0)
		--*size;
	if (*size == 0)
		return false;
	space[*size - 1]--;
	while (*size < key.size)
		space[(*size)++] = 0xff;
	return true;
}

static int seek(struct store_txn *txn, enum store_table table, enum store_seek how, struct span key,
        struct span *key_found, struct span *value)
{
	uint8_t space[LIMIT_STORE_KEY_BYTES + 1];
	size_t size;
	for (;;) {
		int result = store_seek(txn_of(txn)->under, table, how, key, key_found, value);
		if (result || !is_hidden(past_of(txn->store), table, *key_found))
			return result;
		if ((past_of(txn->store)->config.hidden_tables >> table & 1) ||
		        !step_over(how, *key_found, space, &size))
			return ERR_NOTFOUND;
		key = span_of(space, size);
	}
}

static int usage(struct store *store, struct store_usage *out)
{
	return store_usage(past_of(store)->config.under, out);
}

static int refuse(struct store *store)
{
	(void)store;
	return ERR_DENIED;
}

static void close_store(struct store *store)
{
	mem_free(store);
}

struct store *store_past_new(const struct store_past_config *config)
{
	static const struct store_ops ops = {.begin = begin,
	        .commit = commit,
	        .abort = end,
	        .get = get,
	        .put = put,
	        .remove = remove_row,
	        .seek = seek,
	        .usage = usage,
	        .reopen = refuse,
	        .compact = refuse,
	        .close = close_store};
	struct past *past = mem_zero(1, sizeof(*past));
	past->store.ops = &ops;
	past->config = *config;
	return &past->store;
}
