/* Any bytes either are no lot, or encode back to exactly themselves with amounts that hold; every file made of it is read again, and nothing in it differs. */
#include <assert.h>

#include "node/billing/lot_file.h"
#include "node/billing/statement.h"
#include "node/billing/statement_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(struct span bytes, const struct lot_hash *hash)
{
	struct lot_file file;
	uint64_t line;
	size_t count;
	assert(lot_file_read(bytes, &file, &line) == 0);
	assert(file.has_hash && lot_hash_eq(&file.hash, hash) && file.has_month);
	json_t *differences = lot_file_differences(&file, bytes, &count);
	assert(count == 0 && json_array_size(differences) == 0);
	json_decref(differences);
	lot_file_close(&file);
}

static void make_files(const struct billing_lot *lot, const struct lot_hash *hash)
{
	struct statement_part part = {0};
	struct buf file = {0};
	statement_csv(lot, hash, &part_whole, &file);
	read_again(buf_span(&file), hash);
	buf_clear(&file);
	statement_json_file(lot, hash, &part_whole, &file);
	read_again(buf_span(&file), hash);
	buf_clear(&file);
	claim_file(lot, hash, &part_whole, NULL, &file);
	read_again(buf_span(&file), hash);
	buf_clear(&file);
	if (lot->line_count) {
		part.has_nurse = true;
		part.nurse = lot->lines[0].items[0].nurse;
		statement_page(lot, hash, &part, NULL, SCHEMA_EN, &file);
		buf_clear(&file);
		statement_json_file(lot, hash, &part, &file);
		read_again(buf_span(&file), hash);
	}
	buf_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct billing_lot lot;
	struct buf again = {0};
	if (lot_decode(&lot, span_of(data, size), &arena) == 0) {
		struct lot_hash hash = lot_hash_of(span_of(data, size));
		int error = lot_encode(&lot, &again);
		assert(error == 0 && span_eq(buf_span(&again), span_of(data, size)));
		make_files(&lot, &hash);
	}
	buf_close(&again);
	arena_close(&arena);
	return 0;
}
