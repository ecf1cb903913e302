/* Any bytes are no statement, or one of which every difference from one of ours is told; never fewer than none, and none only where they are the same. */
#include <assert.h>

#include "crdt/base/err.h"
#include "node/billing/lot_file.h"
#include "node/billing/statement.h"
#include "tests/lib/billing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two visits of one patient on one line. */
static void make_ours(struct arena *arena, struct billing_lot *lot)
{
	struct billing_visit visits[] = {billing_visit_of(1, 0, billing_day(2024, 3, 10) + 36000, 900),
	        billing_visit_of(2, 0, billing_day(2024, 3, 11) + 36000, 1200)};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_PATIENT_MONTH, BILLING_HALF_EVEN);
	struct billing_input input = billing_input_of(2024, 3, visits, 2, &rate, 1);
	assert(billing_close(&input, arena, lot, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lot_hash hash = {{7}};
	struct arena arena = {0};
	struct billing_lot lot;
	struct lot_file file;
	struct buf ours = {0};
	uint64_t line;
	size_t count;
	int result = lot_file_read(span_of(data, size), &file, &line);
	assert(result == 0 || result == ERR_MALFORMED || result == ERR_VERSION);
	if (result == 0) {
		make_ours(&arena, &lot);
		if (file.form == LOT_FILE_CSV)
			statement_csv(&lot, &hash, &part_whole, &ours);
		else if (file.form == LOT_FILE_JSON)
			statement_json_file(&lot, &hash, &part_whole, &ours);
		else
			claim_file(&lot, &hash, &part_whole, NULL, &ours);
		json_t *differences = lot_file_differences(&file, buf_span(&ours), &count);
		assert((count == 0) == span_eq(span_of(data, size), buf_span(&ours)));
		assert(json_array_size(differences) ==
		        (count < LOT_FILE_DIFFERENCES_MAX ? count : LOT_FILE_DIFFERENCES_MAX));
		json_decref(differences);
		lot_file_close(&file);
	}
	buf_close(&ours);
	arena_close(&arena);
	return 0;
}
