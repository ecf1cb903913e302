/* Any body either fails to decode or encodes back to exactly itself. */
#include <assert.h>

#include "node/team/action.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct team_action action;
	if (team_action_decode(span_of(data, size), &arena, &action) == 0 &&
	        action.kind != TEAM_ACTION_UNKNOWN) {
		struct buf again = {0};
		team_action_encode(&action, &again);
		assert(span_eq(buf_span(&again), span_of(data, size)));
		buf_close(&again);
	}
	arena_close(&arena);
	return 0;
}
