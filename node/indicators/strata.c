#include "node/indicators/strata.h"

#include <stdio.h>

#include "crdt/base/err.h"

static const char *const AGES[STRATA_LEVELS_MAX][STRATA_GROUPS_MAX] = {
        {"under-60", "60-69", "70-79", "80-89", "90-over", "unknown"},
        {"under-70", "70-79", "80-over", "unknown"}, {"under-80", "80-over", "unknown"}};
static const uint8_t AGE_GROUP[STRATA_LEVELS_MAX][STRATA_AGES] = {
        {0, 1, 2, 3, 4, 5}, {0, 0, 1, 2, 2, 3}, {0, 0, 0, 1, 1, 2}};
static const uint8_t AGE_GROUPS[STRATA_LEVELS_MAX] = {6, 4, 3};

uint32_t strata_age(int32_t years)
{
	if (years < 0)
		return STRATA_AGES - 1;
	return years < 60 ? 0 : years < 70 ? 1 : years < 80 ? 2 : years < 90 ? 3 : 4;
}

uint32_t strata_levels(enum strata_scheme scheme)
{
	return scheme == STRATA_AGE                            ? STRATA_LEVELS_MAX
	        : scheme == STRATA_ALL || scheme == STRATA_ALD ? 1
	                                                       : 0;
}

uint32_t strata_groups(enum strata_scheme scheme, uint32_t level)
{
	if (scheme == STRATA_AGE)
		return AGE_GROUPS[level];
	return scheme == STRATA_ALD ? 2 : 1;
}

uint32_t strata_first(enum strata_scheme scheme)
{
	return scheme == STRATA_AGE    ? STRATA_CELL_AGE
	        : scheme == STRATA_ALD ? STRATA_CELL_ALD
	                               : STRATA_CELL_ALL;
}

uint32_t strata_group(enum strata_scheme scheme, uint32_t level, uint32_t fine)
{
	return scheme == STRATA_AGE ? AGE_GROUP[level][fine] : fine;
}

uint32_t strata_coarser(enum strata_scheme scheme, uint32_t level, uint32_t group, uint32_t coarser)
{
	if (scheme != STRATA_AGE)
		return group;
	for (uint32_t fine = 0; fine < STRATA_AGES; fine++)
		if (AGE_GROUP[level][fine] == group)
			return AGE_GROUP[coarser][fine];
	return group;
}

bool strata_may_be_empty(enum strata_scheme scheme, uint32_t level, uint32_t group)
{
	return scheme == STRATA_AGE && group + 1 == AGE_GROUPS[level];
}

void strata_name(char *out, size_t size, enum strata_scheme scheme, uint32_t level, uint32_t key)
{
	switch (scheme) {
	case STRATA_AGE:
		snprintf(out, size, "age:%s",
		        level < STRATA_LEVELS_MAX && key < AGE_GROUPS[level] ? AGES[level][key] : "other");
		break;
	case STRATA_ALD:
		snprintf(out, size, "ald:%s", key ? "yes" : "no");
		break;
	case STRATA_PROBLEM:
		snprintf(out, size, "problem:PB%02u", (unsigned)key);
		break;
	case STRATA_ALL:
		snprintf(out, size, "all");
		break;
	}
}
