#include "store/batch.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* One operation in the buffer is this head, the key, the value. It never leaves the process. */
struct head {
	uint32_t value_bytes;
	uint8_t table, key_bytes;
	bool removes;
};

void store_batch_close(struct store_batch *batch)
{
	if (batch->work)
		batch->work->free(batch->work);
	buf_close(&batch->bytes);
	*batch = (struct store_batch){0};
}

void store_batch_cut(struct store_batch *batch, struct store_batch_mark mark)
{
	assert(mark.bytes <= batch->bytes.size && mark.count <= batch->count);
	batch->bytes.size = mark.bytes;
	batch->count = mark.count;
	batch->reserves = mark.reserves;
}

static int add(struct store_batch *batch, struct head head, struct span key, uint8_t **value)
{
	assert(head.table < STORE_TABLE_COUNT);
	if (key.size == 0)
		return ERR_INVALID;
	if (key.size > LIMIT_STORE_KEY_BYTES || head.value_bytes > LIMIT_STORE_VALUE_BYTES)
		return ERR_TOOBIG;
	head.key_bytes = (uint8_t)key.size;
	uint8_t *at = buf_extend(&batch->bytes, sizeof(head) + key.size + head.value_bytes);
	memcpy(at, &head, sizeof(head));
	memcpy(at + sizeof(head), key.data, key.size);
	*value = at + sizeof(head) + key.size;
	batch->count++;
	return 0;
}

int store_batch_put_room(struct store_batch *batch, enum store_table table, struct span key,
        size_t value_bytes, uint8_t **value)
{
	if (value_bytes > LIMIT_STORE_VALUE_BYTES)
		return ERR_TOOBIG;
	return add(batch, (struct head){.value_bytes = (uint32_t)value_bytes, .table = (uint8_t)table}, key,
	        value);
}

int store_batch_put(struct store_batch *batch, enum store_table table, struct span key, struct span value)
{
	uint8_t *at;
	int err = store_batch_put_room(batch, table, key, value.size, &at);
	if (!err && value.size)
		memcpy(at, value.data, value.size);
	return err;
}

int store_batch_remove(struct store_batch *batch, enum store_table table, struct span key)
{
	uint8_t *at;
	return add(batch, (struct head){.table = (uint8_t)table, .removes = true}, key, &at);
}

int store_batch_work(struct store_batch *batch)
{
	struct store_work *work = batch->work;
	if (!work || work->ran)
		return 0;
	int err = work->run(work, batch);
	work->ran = err == 0;
	work->bytes = 0;
	return err;
}

static int apply(struct store_txn *txn, const struct store_batch *batch)
{
	const uint8_t *at = batch->bytes.data;
	for (uint32_t i = 0; i < batch->count; i++) {
		struct head head;
		memcpy(&head, at, sizeof(head));
		struct span key = span_of(at + sizeof(head), head.key_bytes);
		struct span value = span_of(key.data + key.size, head.value_bytes);
		int err = head.removes ? store_remove(txn, (enum store_table)head.table, key)
		                       : store_put(txn, (enum store_table)head.table, key, value);
		if (err && !(head.removes && err == ERR_NOTFOUND))
			return err;
		at = value.data + value.size;
	}
	assert(at == batch->bytes.data + batch->bytes.size);
	return 0;
}

int store_apply(struct store *store, const struct store_batch *const *batches, size_t count)
{
	struct store_txn *txn;
	int err = store_begin(store, true, &txn);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++) {
		assert(!batches[i]->work || batches[i]->work->ran);
		err = apply(txn, batches[i]);
	}
	if (!err)
		return store_commit(txn);
	store_abort(txn);
	return err;
}
