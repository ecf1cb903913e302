#include "store/copy.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* A sealed value's size and first byte; it opens under no key. */
static const uint8_t DAMAGED[VAULT_OVERHEAD_BYTES] = {1};

/* What becomes of a row on the way. */
struct copier {
	int (*put)(struct copier *copier, struct store_txn *out, enum store_table table, struct span key,
	        struct span value);
	const struct vault *old; /* resealing only */
	struct vault *new;
	struct buf plain;
	uint32_t damaged;
};

static int put_as_it_is(struct copier *copier, struct store_txn *out, enum store_table table, struct span key,
        struct span value)
{
	(void)copier;
	return store_put(out, table, key, value);
}

static int put_resealed(struct copier *copier, struct store_txn *out, enum store_table table, struct span key,
        struct span value)
{
	if (vault_is_own_row(table, key))
		return 0; /* the new vault wrote its own */
	if (vault_is_readable_row(table, key))
		return store_put(out, table, key, value);
	int result = vault_unseal(copier->old, table, key, value, &copier->plain);
	if (result == 0)
		return vault_put(copier->new, out, table, key, buf_span(&copier->plain));
	if (result == ERR_IO || result == ERR_NOSPACE)
		return result;
	/* Of a database that does not open any more nothing is thrown away. */
	if (++copier->damaged > LIMIT_RESEAL_DAMAGED)
		return result;
	return store_put(out, table, key, span_of(DAMAGED, sizeof(DAMAGED)));
}

/* Rows of a table from `from` on, as many as one transaction takes. ERR_NOTFOUND: that was the last. */
static int copy_part(struct copier *copier, struct store_txn *in, struct store_txn *out,
        enum store_table table, uint8_t from[LIMIT_STORE_KEY_BYTES + 1], size_t *from_size)
{
	struct span key, value;
	for (size_t bytes = 0; bytes < LIMIT_WRITER_COMMIT_BYTES; bytes += key.size + value.size) {
		int result = store_seek(in, table, STORE_FIRST_FROM, span_of(from, *from_size), &key, &value);
		if (result == 0)
			result = copier->put(copier, out, table, key, value);
		if (result)
			return result;
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		*from_size = key.size + 1;
	}
	return 0;
}

static int copy_table(struct copier *copier, struct store *to, struct store_txn *in, enum store_table table)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t from_size = 1;
	int result = 0;
	while (result == 0) {
		struct store_txn *out;
		int committed;
		result = store_begin(to, true, &out);
		if (result)
			return result;
		result = copy_part(copier, in, out, table, from, &from_size);
		if (result && result != ERR_NOTFOUND) {
			store_abort(out);
			return result;
		}
		committed = store_commit(out);
		if (committed)
			return committed;
	}
	return 0;
}

static int copy_all(struct copier *copier, struct store *from, struct store *to)
{
	struct store_txn *in;
	int result = store_begin(from, false, &in);
	for (unsigned table = 0; result == 0 && table < STORE_TABLE_COUNT; table++)
		result = copy_table(copier, to, in, (enum store_table)table);
	store_abort(in);
	return result;
}

int store_copy(struct store *from, struct store *to)
{
	struct copier copier = {.put = put_as_it_is};
	return copy_all(&copier, from, to);
}

int store_reseal(struct store *from, const struct vault *old, struct store *to,
        const uint8_t key[VAULT_KEY_BYTES], const struct env *env, uint32_t *damaged)
{
	struct copier copier = {.put = put_resealed, .old = old};
	int result = vault_new_after(old, from, to, key, env, &copier.new);
	if (result == 0)
		result = copy_all(&copier, from, to);
	*damaged = copier.damaged;
	vault_free(copier.new);
	buf_wipe(&copier.plain);
	return result;
}
