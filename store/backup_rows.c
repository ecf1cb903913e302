#include "store/backup_rows.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { FORMAT = 1, END = 255 };

void backup_about_put(struct buf *out, const struct backup_about *about)
{
	wire_put_u8(out, FORMAT);
	wire_put_u64(out, about->made_ms);
	buf_add(out, about->device.bytes, sizeof(about->device.bytes));
	buf_add(out, about->team.bytes, sizeof(about->team.bytes));
}

void backup_row_put(struct buf *out, enum store_table table, struct span key, struct span value)
{
	wire_put_u8(out, (uint8_t)table);
	wire_put_blob(out, key);
	wire_put_blob(out, value);
}

void backup_end_put(struct buf *out, uint64_t row_count)
{
	wire_put_u8(out, END);
	wire_put_u64(out, row_count);
}

void backup_rows_close(struct backup_rows *rows)
{
	buf_wipe(&rows->key);
	buf_wipe(&rows->rest);
}

static int read_about(struct backup_rows *rows, struct wire_in *in)
{
	uint8_t format = wire_u8(in);
	if (!in->error && format != FORMAT)
		return ERR_VERSION;
	rows->about.made_ms = wire_u64(in);
	wire_raw(in, rows->about.device.bytes, sizeof(rows->about.device.bytes));
	wire_raw(in, rows->about.team.bytes, sizeof(rows->about.team.bytes));
	rows->begun = !in->error;
	return in->error;
}

static int read_end(struct backup_rows *rows, struct wire_in *in)
{
	uint64_t count = wire_u64(in);
	if (in->error)
		return in->error;
	rows->ended = true;
	return count == rows->row_count ? 0 : ERR_MALFORMED;
}

static bool follows(const struct backup_rows *rows, uint8_t table, struct span key)
{
	return rows->row_count == 0 || table > (uint8_t)rows->table ||
	        (table == (uint8_t)rows->table && span_cmp(key, buf_span(&rows->key)) > 0);
}

static int read_row(
        struct backup_rows *rows, uint8_t table, struct wire_in *in, backup_row row, void *context)
{
	struct span key = wire_blob(in, LIMIT_STORE_KEY_BYTES);
	struct span value = wire_blob(in, LIMIT_STORE_VALUE_BYTES);
	if (in->error)
		return in->error;
	if (key.size == 0 || !follows(rows, table, key))
		return ERR_MALFORMED;
	rows->table = (enum store_table)table;
	rows->row_count++;
	buf_clear(&rows->key);
	buf_add_span(&rows->key, key);
	return row(context, rows->table, key, value);
}

static int read_next(struct backup_rows *rows, struct wire_in *in, backup_row row, void *context)
{
	if (rows->ended)
		return ERR_MALFORMED;
	if (!rows->begun)
		return read_about(rows, in);
	uint8_t table = wire_u8(in);
	if (table == END)
		return read_end(rows, in);
	return table < STORE_TABLE_COUNT ? read_row(rows, table, in, row, context) : ERR_MALFORMED;
}

int backup_rows_feed(struct backup_rows *rows, struct span piece, backup_row row, void *context)
{
	buf_add_span(&rows->rest, piece);
	size_t at = 0;
	while (at < rows->rest.size) {
		struct wire_in in = wire_begin(span_sub(buf_span(&rows->rest), at, SIZE_MAX));
		int result = read_next(rows, &in, row, context);
		if (result && in.error == ERR_TRUNCATED)
			break; /* its end comes with another piece */
		if (result)
			return result;
		at = rows->rest.size - wire_left(&in);
	}
	buf_drop_front(&rows->rest, at);
	return 0;
}
