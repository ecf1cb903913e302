/*
 * Runs in their short form from anywhere, several of one session: each comes out within its bounds, and what comes out says the same when it is
 * shortened again. Frames: length u8, bytes.
 */
#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/run_short.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct feed_id feeds[2] = {{{1}}, {{2}}};

static bool number_of(void *context, const struct feed_id *feed, uint32_t *number)
{
	(void)context;
	for (*number = 0; *number < 2; ++*number)
		if (feed_id_eq(feed, &feeds[*number]))
			return true;
	return false;
}

static const struct feed_id *feed_of(void *context, uint32_t number)
{
	(void)context;
	return number < 2 ? &feeds[number] : NULL;
}

static void check_again(struct run_dictionary *here, struct run_dictionary *there, struct span run)
{
	const struct run_names names = {NULL, number_of, feed_of};
	struct buf shortened = {0}, back = {0};
	if (run_shorten(here, &names, run, &shortened) == 0) {
		int result = run_lengthen(there, &names, buf_span(&shortened), &back);
		assert(result == 0 && span_eq(buf_span(&back), run));
	}
	buf_close(&shortened);
	buf_close(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct run_names names = {NULL, number_of, feed_of};
	struct run_dictionary hostile = {0}, here = {0}, there = {0};
	int result = 0;
	for (size_t at = 0; result == 0 && at < size; at += 1u + data[at]) {
		const struct span frame = span_sub(span_of(data, size), at + 1, data[at]);
		uint8_t *exact = mem_copy(frame.data, frame.size); /* reads past the end are seen */
		struct buf run = {0};
		result = run_lengthen(&hostile, &names, span_of(exact, frame.size), &run);
		assert(run.size <= frame.size + 32 * (frame.size + 1) + 16);
		if (result == 0)
			check_again(&here, &there, buf_span(&run));
		buf_close(&run);
		mem_free(exact);
	}
	run_dictionary_close(&hostile);
	run_dictionary_close(&here);
	run_dictionary_close(&there);
	return 0;
}
