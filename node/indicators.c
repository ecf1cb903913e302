#include "node/indicators.h"

struct indicators indicators_shown(const struct indicators *counted)
{
	struct indicators shown = {0};
	if (counted->patients < INDICATORS_COUNT_MIN || counted->visits < INDICATORS_COUNT_MIN)
		return shown;
	return *counted;
}

/* Moved by so few that they could be told; or fallen: a count that vanishes would say that it is under the bound, and one that fell might stand
 * close to what was shown long before. */
static bool reveals(uint32_t before, uint32_t now)
{
	return before && now != before && (now < before || now - before < INDICATORS_COUNT_MIN);
}

bool indicators_replace(const struct indicators *before, const struct indicators *now)
{
	if (reveals(before->patients, now->patients) || reveals(before->visits, now->visits))
		return false;
	return before->patients != now->patients || before->visits != now->visits;
}
