#include "node/indicators.h"

struct indicators indicators_shown(const struct indicators *counted)
{
	struct indicators shown = {0};
	if (counted->patients < INDICATORS_COUNT_MIN || counted->visits < INDICATORS_COUNT_MIN)
		return shown;
	return *counted;
}

/* Moved by so few that they could be told. A count that vanishes would say that it fell under the bound. */
static bool reveals(uint32_t before, uint32_t now)
{
	uint32_t by = before > now ? before - now : now - before;
	return before && by > 0 && (now == 0 || by < INDICATORS_COUNT_MIN);
}

bool indicators_replace(const struct indicators *before, const struct indicators *now)
{
	if (reveals(before->patients, now->patients) || reveals(before->visits, now->visits))
		return false;
	return before->patients != now->patients || before->visits != now->visits;
}
