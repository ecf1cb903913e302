#include "tests/lib/bundles.h"

#include <assert.h>

void bundles_seal(const struct env *env, const struct seal_public *to, struct span frames, struct buf *out)
{
	const struct bundle_recipient recipient = {.key = *to, .parts = (2u << BUNDLE_PARTS) - 2};
	struct bundle_key key;
	int result = bundle_begin(&key, env, NULL, &recipient, 1, out);
	assert(result == 0);
	(void)result;
	for (uint64_t number = 0; number == 0 || frames.size; number++) {
		const struct span piece = span_sub(frames, 0, BUNDLE_STREAM_BYTES);
		frames = span_sub(frames, piece.size, SIZE_MAX);
		bundle_chunk_seal(&key, env, number, frames.size == 0, BUNDLE_COMMON, piece,
		        number || piece.size == 0 ? SIZE_MAX : 0, out);
	}
	bundle_key_wipe(&key);
}
