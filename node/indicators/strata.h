/*
 * node/indicators/strata.h - the case mix: by which groups of patients an indicator is told, from fine to coarse (README.md, section 3).
 *
 * A scheme divides all patients into groups, each into one; a coarser level puts groups of the finer one together. Pure.
 */
#ifndef NODE_INDICATORS_STRATA_H
#define NODE_INDICATORS_STRATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum strata_scheme { STRATA_ALL = 0, STRATA_AGE = 1, STRATA_ALD = 2, STRATA_PROBLEM = 3 };

/* Places of the finest groups in a row of amounts. */
enum {
	STRATA_CELL_ALL = 0,
	STRATA_CELL_AGE = 1, /* under 60, 60-69, 70-79, 80-89, 90 and over, not known */
	STRATA_AGES = 6,
	STRATA_CELL_ALD = STRATA_CELL_AGE + STRATA_AGES, /* no, yes */
	STRATA_CELLS = STRATA_CELL_ALD + 2,
	STRATA_GROUPS_MAX = 6,
	STRATA_LEVELS_MAX = 3,
	STRATA_CODES = 100, /* of Omaha problems */
};

/* The group of an age, in years; negative: not known. */
uint32_t strata_age(int32_t years);

uint32_t strata_levels(enum strata_scheme scheme); /* 0: no such scheme, or one without groups (PROBLEM) */
uint32_t strata_groups(enum strata_scheme scheme, uint32_t level);
/* The first place of the scheme's finest groups; how many those are. */
uint32_t strata_first(enum strata_scheme scheme);
/* Into which group of `level` the finest group `fine` (counted from 0) goes. */
uint32_t strata_group(enum strata_scheme scheme, uint32_t level, uint32_t fine);
/* Into which group of a coarser level a group goes. */
uint32_t strata_coarser(enum strata_scheme scheme, uint32_t level, uint32_t group, uint32_t coarser);
/* A group that may well be empty: of those whose age nobody knows. */
bool strata_may_be_empty(enum strata_scheme scheme, uint32_t level, uint32_t group);

/* "all", "age:under-60", "ald:yes", "problem:PB26" (key: the code). */
void strata_name(char *out, size_t size, enum strata_scheme scheme, uint32_t level, uint32_t key);

#endif
