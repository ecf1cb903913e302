#include "store/copy.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* Rows of a table from `from` on, as many as one transaction takes. ERR_NOTFOUND: that was the last. */
static int copy_part(struct store_txn *in, struct store_txn *out, enum store_table table,
        uint8_t from[LIMIT_STORE_KEY_BYTES + 1], size_t *from_size)
{
	struct span key, value;
	for (size_t bytes = 0; bytes < LIMIT_WRITER_COMMIT_BYTES; bytes += key.size + value.size) {
		int result = store_seek(in, table, STORE_FIRST_FROM, span_of(from, *from_size), &key, &value);
		if (result == 0)
			result = store_put(out, table, key, value);
		if (result)
			return result;
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		*from_size = key.size + 1;
	}
	return 0;
}

static int copy_table(struct store *to, struct store_txn *in, enum store_table table)
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
		result = copy_part(in, out, table, from, &from_size);
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

int store_copy(struct store *from, struct store *to)
{
	struct store_txn *in;
	int result = store_begin(from, false, &in);
	for (unsigned table = 0; result == 0 && table < STORE_TABLE_COUNT; table++)
		result = copy_table(to, in, (enum store_table)table);
	store_abort(in);
	return result;
}
