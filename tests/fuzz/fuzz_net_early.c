/* Any frames, in any order: the machine ends the session, or takes no more than it asked for and was offered. */
#include <assert.h>

#include "crdt/base/limits.h"
#include "net/early.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	uint32_t taken, given, asked;
};

static int asked(void *context, const struct net_early_want *want, struct net_early_offer *offer)
{
	struct world *world = context;
	assert(world->asked++ == 0 && want->held_count <= LIMIT_EARLY_COPIES);
	for (uint32_t i = 1; i < want->held_count; i++)
		assert(record_id_cmp(&want->held[i - 1], &want->held[i]) < 0);
	*offer = (struct net_early_offer){2, 2};
	return 0;
}

static int give(void *context, struct buf *out)
{
	struct world *world = context;
	buf_add(out, "x", 1);
	return world->given++ < 2;
}

static int take(void *context, struct span copy)
{
	(void)copy;
	((struct world *)context)->taken++;
	return 0;
}

static int send(void *context, uint8_t type, struct span payload)
{
	(void)context;
	(void)payload;
	assert(net_early_is_frame(type));
	return 0;
}

/* Input: one byte a step, what happens; for a frame its length and bytes follow. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {0};
	const struct net_early_host host = {&world, asked, give, take, send};
	struct net_early early = {.host = &host};
	for (size_t at = 0; at < size;) {
		const uint8_t step = data[at++] % 8;
		if (step < 4 || step == 5) {
			const uint8_t type = step == 5 ? NET_FRAME_EARLY_PARTIAL
			                               : (uint8_t)(NET_FRAME_EARLY_WANT + step);
			const size_t count = at < size ? data[at++] : 0, left = size - at,
			             taken = count < left ? count : left;
			if (net_early_receive(&early, at, type, span_of(data + at, taken)) < 0)
				break;
			at += taken;
		} else if (step == 4 && early.state == NET_EARLY_IDLE) {
			assert(net_early_want(&early, at, &(struct net_early_want){.days = 31}) == 0);
		} else {
			assert(net_early_pump(&early, step) >= 0);
		}
		assert(early.copies == world.taken && early.copies <= early.offer.copies);
		assert(early.state != NET_EARLY_IDLE || world.taken == 0);
	}
	return 0;
}
