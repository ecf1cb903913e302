/* Runs from anywhere: what decodes is hashed and written again, and reads the same. First byte: compartment. */
#include <assert.h>

#include "store/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct run *a, const struct run *b)
{
	assert(a->count == b->count);
	for (uint32_t i = 0; i < a->count; i++) {
		assert(entry_hash_eq(&a->entries[i].hash, &b->entries[i].hash));
		assert(a->entries[i].purged == b->entries[i].purged);
		assert(a->entries[i].is_signed == b->entries[i].is_signed);
		assert(span_eq(a->entries[i].body, b->entries[i].body));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct feed_id feed = {{1}};
	struct arena arena = {0};
	struct run run, again, rest;
	struct buf bytes = {0};
	if (size == 0)
		return 0;
	enum compartment compartment = (enum compartment)(1 + data[0] % COMPARTMENT_LAST);
	if (run_decode(&run, &feed, compartment, span_of(data + 1, size - 1), &arena) == 0) {
		run_hash(&run);
		run_encode(&run, &bytes);
		int result = run_decode(&again, &feed, compartment, buf_span(&bytes), &arena);
		assert(result == 0);
		run_hash(&again);
		check_same(&run, &again);
		/* The rest of a run, as for a receiver that has its beginning. */
		rest = run_from(&run, run_last(&run)->header.seq);
		buf_clear(&bytes);
		run_encode(&rest, &bytes);
		result = run_decode(&again, &feed, compartment, buf_span(&bytes), &arena);
		assert(result == 0);
		run_hash(&again);
		check_same(&rest, &again);
	}
	buf_close(&bytes);
	arena_close(&arena);
	return 0;
}
