#include "store/incarnation.h"

#include "crdt/base/err.h"
#include "crdt/base/mem.h"
#include "store/file.h"

static const char PREFIX[] = "releve incarnation 1 ", ROW[] = "incarnation";

enum {
	PREFIX_BYTES = sizeof(PREFIX) - 1,
	DIGITS = 2 * ID_SHORT_BYTES,
	FILE_BYTES = PREFIX_BYTES + DIGITS + 1
};

/* *present without a valid id (zero) when the content cannot be understood. */
static int read_beside(const char *path, struct incarnation_id *id, bool *present)
{
	struct buf bytes = {0};
	char digits[DIGITS + 1];
	int err = file_read(path, FILE_BYTES, &bytes);
	*present = err != ERR_NOTFOUND;
	*id = (struct incarnation_id){0};
	if (err == ERR_NOTFOUND || err == ERR_TOOBIG) {
		err = 0;
	} else if (!err && bytes.size == FILE_BYTES && memcmp(bytes.data, PREFIX, PREFIX_BYTES) == 0) {
		memcpy(digits, bytes.data + PREFIX_BYTES, DIGITS);
		digits[DIGITS] = '\0';
		if (!ids_from_hex(id->bytes, sizeof(id->bytes), digits))
			*id = (struct incarnation_id){0};
	}
	buf_close(&bytes);
	return err;
}

static int read_inside(struct store *store, struct incarnation_id *id, bool *present)
{
	struct store_txn *txn;
	struct span value;
	*id = (struct incarnation_id){0};
	int err = store_begin(store, false, &txn);
	if (err)
		return err;
	err = store_get(txn, STORE_META, span_text(ROW), &value);
	*present = err != ERR_NOTFOUND;
	if (err == ERR_NOTFOUND)
		err = 0;
	else if (!err && value.size == sizeof(id->bytes))
		memcpy(id->bytes, value.data, sizeof(id->bytes));
	store_abort(txn);
	return err;
}

int incarnation_check(struct store *store, const char *path, struct incarnation_id *id)
{
	struct incarnation_id beside;
	bool inside_present = false, beside_present = false;
	int err = read_inside(store, id, &inside_present);
	if (!err)
		err = read_beside(path, &beside, &beside_present);
	if (err)
		return err;
	if (!inside_present && !beside_present)
		return INCARNATION_ABSENT;
	return !incarnation_id_is_zero(id) && incarnation_id_eq(id, &beside) ? 0 : INCARNATION_MISMATCH;
}

int incarnation_begin(struct store *store, const char *path, const struct incarnation_id *id)
{
	struct store_txn *txn;
	char text[FILE_BYTES + 1];
	memcpy(text, PREFIX, PREFIX_BYTES);
	ids_hex(text + PREFIX_BYTES, id->bytes, sizeof(id->bytes));
	text[FILE_BYTES - 1] = '\n';
	int err = file_replace(path, span_of(text, FILE_BYTES));
	if (!err)
		err = store_begin(store, true, &txn);
	if (err)
		return err;
	err = store_put(txn, STORE_META, span_text(ROW), span_of(id->bytes, sizeof(id->bytes)));
	if (!err)
		return store_commit(txn);
	store_abort(txn);
	return err;
}
