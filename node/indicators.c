#include "node/indicators.h"

struct indicators indicators_shown(const struct indicators *counted)
{
	struct indicators shown = {0};
	if (counted->patients < INDICATORS_COUNT_MIN || counted->visits < INDICATORS_COUNT_MIN)
		return shown;
	return *counted;
}

static bool moved(uint32_t before, uint32_t now)
{
	return before != now;
}

/* A count that appears or disappears was, or will be, under the bound: how far is not said. */
static bool reveals(uint32_t before, uint32_t now)
{
	uint32_t by = before > now ? before - now : now - before;
	return before && now && by > 0 && by < INDICATORS_COUNT_MIN;
}

bool indicators_replace(const struct indicators *before, const struct indicators *now)
{
	if (reveals(before->patients, now->patients) || reveals(before->visits, now->visits))
		return false;
	return moved(before->patients, now->patients) || moved(before->visits, now->visits) ||
	        moved(before->hours, now->hours);
}
