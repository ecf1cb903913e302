/* Any bytes as a backup file, and as what stands inside one: nothing but the named errors, rows in order and within their limits, and the
 * same whatever the pieces. */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t rows, bytes;
};

static int on_row(void *context, enum store_table table, struct span key, struct span value)
{
	struct seen *seen = context;
	assert(table < STORE_TABLE_COUNT);
	assert(key.size > 0 && key.size <= LIMIT_STORE_KEY_BYTES && value.size <= LIMIT_STORE_VALUE_BYTES);
	seen->rows++;
	seen->bytes += key.size + value.size;
	return 0;
}

static int feed(struct span bytes, size_t piece, struct seen *seen)
{
	struct backup_rows rows = {0};
	int result = 0;
	for (size_t at = 0; !result && at < bytes.size; at += piece)
		result = backup_rows_feed(&rows, span_sub(bytes, at, piece), on_row, seen);
	assert(result == 0 || result == ERR_MALFORMED || result == ERR_VERSION || result == ERR_TOOBIG);
	assert(rows.row_count == seen->rows);
	backup_rows_close(&rows);
	return result;
}

static bool is_cheap(struct span bytes)
{
	struct keyfile_cost cost;
	return keyfile_cost_of(span_sub(bytes, 8, KEYFILE_BYTES), &cost) != 0 ||
	        (cost.passes <= 2 && cost.memory_kib <= 64);
}

static void as_file(struct span bytes)
{
	char path[64];
	struct seen seen = {0};
	struct backup_reader *reader;
	int fd = memfd_create("backup", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int result = backup_reader_open(path, span_text("pass"), &reader);
	if (!result) {
		while ((result = backup_reader_step(reader, on_row, &seen)) == 1)
			;
		assert(backup_reader_counts(reader).rows == seen.rows);
		backup_reader_free(reader);
	}
	assert(result <= 0 && result != ERR_INTERNAL);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = {0}, pieces = {0};
	struct span bytes = span_of(data, size);
	int result = feed(bytes, SIZE_MAX / 2, &whole);
	assert(feed(bytes, 7, &pieces) == result);
	assert(whole.rows == pieces.rows && whole.bytes == pieces.bytes);
	if (is_cheap(bytes))
		as_file(bytes);
	return 0;
}
