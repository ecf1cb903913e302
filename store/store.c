#include "store/store.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

static const char *const TABLE_NAMES[STORE_TABLE_COUNT] = {
        [STORE_META] = "meta",
        [STORE_FEED] = "feed",
        [STORE_LOG] = "log",
        [STORE_KEY] = "key",
        [STORE_ACK] = "ack",
        [STORE_DOC] = "doc",
        [STORE_INDEX] = "index",
        [STORE_BLOB] = "blob",
        [STORE_LOCAL] = "local",
};

const char *store_table_name(enum store_table table)
{
	return TABLE_NAMES[table];
}

static int check_key(enum store_table table, struct span key)
{
	assert((unsigned)table < STORE_TABLE_COUNT);
	if (key.size == 0)
		return ERR_INVALID;
	return key.size > LIMIT_STORE_KEY_BYTES ? ERR_TOOBIG : 0;
}

int store_begin(struct store *store, bool writing, struct store_txn **out)
{
	*out = NULL;
	return store->ops->begin(store, writing, out);
}

int store_commit(struct store_txn *txn)
{
	return txn->store->ops->commit(txn);
}

void store_abort(struct store_txn *txn)
{
	if (txn)
		txn->store->ops->abort(txn);
}

int store_get(struct store_txn *txn, enum store_table table, struct span key, struct span *value)
{
	int err = check_key(table, key);
	return err ? err : txn->store->ops->get(txn, table, key, value);
}

int store_put(struct store_txn *txn, enum store_table table, struct span key, struct span value)
{
	int err = check_key(table, key);
	if (!err && value.size > LIMIT_STORE_VALUE_BYTES)
		err = ERR_TOOBIG;
	return err ? err : txn->store->ops->put(txn, table, key, value);
}

int store_remove(struct store_txn *txn, enum store_table table, struct span key)
{
	int err = check_key(table, key);
	return err ? err : txn->store->ops->remove(txn, table, key);
}

int store_seek(struct store_txn *txn, enum store_table table, enum store_seek how, struct span key,
        struct span *key_found, struct span *value)
{
	int err = key.size > LIMIT_STORE_KEY_BYTES + 1 ? ERR_TOOBIG : check_key(table, span_sub(key, 0, 1));
	return err ? err : txn->store->ops->seek(txn, table, how, key, key_found, value);
}

int store_usage(struct store *store, struct store_usage *out)
{
	return store->ops->usage(store, out);
}

int store_reopen(struct store *store)
{
	return store->ops->reopen(store);
}

int store_compact(struct store *store)
{
	return store->ops->compact(store);
}

void store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}

enum store_room store_room(const struct store_usage *usage)
{
	uint64_t percent = usage->map_bytes / 100;
	if (usage->used_bytes >= percent * STORE_REFUSE_PERCENT)
		return STORE_ROOM_REFUSE;
	return usage->used_bytes >= percent * STORE_WARN_PERCENT ? STORE_ROOM_WARN : STORE_ROOM_OK;
}
