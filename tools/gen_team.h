/*
 * tools/gen_team.h - one generated nursing team: its history over some years and one day worked offline.
 *
 * Everybody is fictive. The records, their order and their bytes equal those of the reference harness, so that every
 * system under comparison meets the same data. A record is one line of JSON with at least
 *   t   nurse, patient, problem, eval, visit (history); visit, eval, set, addint (day)
 *   id  unique in the team; at: seconds since 1970, UTC; by: number of the nurse who wrote it
 */
#ifndef TOOLS_GEN_TEAM_H
#define TOOLS_GEN_TEAM_H

#include <stdint.h>

#include "crdt/base/mem.h"

struct gen_options {
	uint32_t team_count;
	uint32_t nurse_count; /* per team */
	uint32_t patient_count; /* per team; of all teams together when `shared_out` */
	uint32_t visit_count; /* likewise */
	double years; /* length of the history */
	uint64_t seed;
	bool shared_out; /* patients and visits are totals, spread evenly over the teams */
};

/* Sorted as their names, which is also how records of one second are ordered. */
enum gen_kind {
	GEN_ADDINT,
	GEN_EVAL,
	GEN_NURSE,
	GEN_PATIENT,
	GEN_PROBLEM,
	GEN_SET,
	GEN_VISIT,
	GEN_KIND_COUNT
};

struct gen_record {
	int64_t at_s;
	size_t start, size; /* the line in the list's text, without line feed */
	uint32_t made; /* position before sorting */
	enum gen_kind kind;
};

struct gen_list {
	struct gen_record *records; /* in time order */
	size_t count, capacity;
	struct buf text;
};

struct gen_team {
	struct gen_list history, day;
};

struct gen_options gen_team_defaults(
        void); /* one team: 12 nurses, 840 patients, 36,000 visits, 4 years, seed 1 */
struct gen_options gen_team_national(void); /* 33 teams, 27,715 patients and 1,200,000 visits in all */

/* ERR_INVALID when a figure is out of its range (gen_team.c) or a team would have no patient. */
int gen_team_check(const struct gen_options *options);

/* Makes team number `index` of a checked set of options. Owner calls gen_team_close(). Takes about 25 MB of memory for
 * 36,000 visits. ERR_INVALID: nobody is a patient on the last day, so that there is no offline day to make. */
int gen_team_make(struct gen_team *team, const struct gen_options *options, uint32_t index);
void gen_team_close(struct gen_team *team);

struct span gen_list_line(const struct gen_list *list, size_t index); /* without line feed */
const char *gen_kind_name(enum gen_kind kind);

#endif
