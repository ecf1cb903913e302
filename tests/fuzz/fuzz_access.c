/* The access log's parsers: heads and blocks read back to the same bytes; a file that is an export is written the same way each time. */
#include <assert.h>

#include "node/access/access_export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rows(struct span bytes)
{
	struct access_head head;
	struct access_block block;
	struct buf again = {0};
	if (access_head_decode(bytes, &head) == 0) {
		access_head_encode(&head, &again);
		assert(span_eq(buf_span(&again), bytes));
	}
	buf_clear(&again);
	if (access_block_decode(bytes, &block) == 0) {
		assert(block.count > 0 && access_is_block(bytes));
		access_block_encode(&block, &again);
		assert(span_eq(buf_span(&again), bytes));
	}
	buf_close(&again);
}

/* Appends the file as CSV; false: it is none. */
static bool written_again(struct span file, struct buf *out)
{
	struct access_export export = {0};
	uint64_t line, number;
	bool is_read = access_export_read(file, &export, &line) == 0;
	if (is_read) {
		access_export_check(&export, &number);
		access_export_csv(&export, out);
	}
	access_export_close(&export);
	return is_read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span file = span_of(data, size);
	struct buf once = {0}, twice = {0};
	rows(file);
	if (written_again(file, &once) && written_again(buf_span(&once), &twice))
		assert(span_eq(buf_span(&once), buf_span(&twice)));
	buf_close(&once);
	buf_close(&twice);
	return 0;
}
