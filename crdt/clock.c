#include "crdt/clock.h"

#include "crdt/base/err.h"

#define MS_MAX (UINT64_MAX >> CRDT_HLC_COUNTER_BITS)

static uint64_t hlc_at(uint64_t ms)
{
	return (ms > MS_MAX ? MS_MAX : ms) << CRDT_HLC_COUNTER_BITS;
}

int crdt_clock_tick(struct crdt_clock *clock, uint64_t wall_ms, struct crdt_moment *out)
{
	if (clock->lamport >= CRDT_LAMPORT_MAX || clock->hlc == UINT64_MAX)
		return ERR_FULL;
	uint64_t wall = hlc_at(wall_ms), next = clock->hlc + 1;
	clock->lamport++;
	clock->hlc = wall > next ? wall : next;
	*out = (struct crdt_moment){clock->lamport, clock->hlc};
	return 0;
}

int crdt_clock_observe(struct crdt_clock *clock, const struct crdt_moment *remote, uint64_t wall_ms)
{
	if (remote->lamport > CRDT_LAMPORT_MAX)
		return ERR_INVALID;
	uint64_t sum, limit = __builtin_add_overflow(wall_ms, CRDT_CLOCK_AHEAD_MS, &sum) ? MS_MAX : sum;
	limit = hlc_at(limit);
	uint64_t hlc = remote->hlc < limit ? remote->hlc : limit;
	if (remote->lamport > clock->lamport)
		clock->lamport = remote->lamport;
	if (hlc > clock->hlc)
		clock->hlc = hlc;
	return remote->hlc > limit ? CRDT_CLOCK_CUT : 0;
}
