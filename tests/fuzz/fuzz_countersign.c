/* Any bytes either are no countersignature or encode back to exactly themselves. */
#include <assert.h>

#include "node/countersign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct countersign read;
	if (countersign_decode(span_of(data, size), &arena, &read) == 0) {
		struct buf again = {0};
		countersign_encode(&read, &again);
		assert(span_eq(buf_span(&again), span_of(data, size)));
		buf_close(&again);
	}
	arena_close(&arena);
	return 0;
}
