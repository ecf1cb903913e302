/* Any bytes either are no lot, or encode back to exactly themselves with amounts that hold. */
#include <assert.h>

#include "node/billing/lot.h"
#include "node/billing/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct billing_lot lot;
	struct buf again = {0};
	if (lot_decode(&lot, span_of(data, size), &arena) == 0) {
		struct lot_hash hash = lot_hash_of(span_of(data, size));
		int error = lot_encode(&lot, &again);
		assert(error == 0 && span_eq(buf_span(&again), span_of(data, size)));
		statement_csv(&lot, &hash, &again);
		json_t *json = statement_json(&lot, &hash);
		assert(json_object_size(json) > 10);
		json_decref(json);
	}
	buf_close(&again);
	arena_close(&arena);
	return 0;
}
