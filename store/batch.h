/*
 * store/batch.h - puts and removes collected in one contiguous buffer, to be applied later in one transaction.
 *
 * The loop thread fills batches (sealing the values on the way: vault.h), the writer thread applies several at once
 * (writer.h). Applying is idempotent: a put replaces, a remove of a missing row is no error, so that a batch whose commit
 * was uncertain can be submitted again.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "crdt/base/mem.h"
#include "store/store.h"

struct store_batch;

/* Rows that the thread that commits makes itself, so that the owner's thread does not wait for what needs nothing of it (compressing, sealing,
 * signing). Runs once, before the transaction begins, and adds puts to the batch it hangs on. Its owner embeds it. */
struct store_work {
	int (*run)(struct store_work *work, struct store_batch *batch);
	void (*free)(struct store_work *work);
	size_t bytes; /* about what it will add; 0 once it ran */
	bool ran;
};

/* Zero-initialized is empty and valid; may be moved by assignment. Owner calls store_batch_close(). */
struct store_batch {
	struct buf bytes;
	uint32_t count; /* of puts and removes */
	bool reserves; /* carries the vault's reservation of row versions (vault.c) */
	struct store_work *work; /* owned; NULL for most */
};

static inline bool store_batch_is_empty(const struct store_batch *batch)
{
	return batch->count == 0 && !batch->work;
}

/* Where a batch stands, to be cut back to: what was put since is forgotten. Not past its work. */
struct store_batch_mark {
	size_t bytes;
	uint32_t count;
	bool reserves;
};

static inline struct store_batch_mark store_batch_mark(const struct store_batch *batch)
{
	return (struct store_batch_mark){batch->bytes.size, batch->count, batch->reserves};
}

void store_batch_cut(struct store_batch *batch, struct store_batch_mark mark);

/* What it takes in a transaction: exactly, or about, while work is to be done. */
static inline size_t store_batch_bytes(const struct store_batch *batch)
{
	return batch->bytes.size + (batch->work ? batch->work->bytes : 0);
}

/* Do the work if there is some and it has not been done. After an error the batch must not be applied. */
int store_batch_work(struct store_batch *batch);

void store_batch_close(struct store_batch *batch); /* empties; may be reused */

/* Keys and values are copied. ERR_INVALID, ERR_TOOBIG as store_put(): the batch is unchanged. */
int store_batch_put(struct store_batch *batch, enum store_table table, struct span key, struct span value);
int store_batch_remove(struct store_batch *batch, enum store_table table, struct span key);

/* A put whose value of `value_bytes` the caller writes at *value, valid until the next change of the batch. */
int store_batch_put_room(struct store_batch *batch, enum store_table table, struct span key,
        size_t value_bytes, uint8_t **value);

/* Apply all of them (their work done), in order, in one transaction, and commit. Errors as store_begin(), store_put(), store_commit(). */
int store_apply(struct store *store, const struct store_batch *const *batches, size_t count);

#endif
