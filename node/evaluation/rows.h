/*
 * node/evaluation/rows.h - visits as rows without names (README.md, sections 1 and 2). Pure; threads: any.
 */
#ifndef NODE_EVALUATION_ROWS_H
#define NODE_EVALUATION_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"

enum {
	EVALUATION_GROUP_MIN = 11,
	EVALUATION_CODES_MAX = 16, /* active problems of one patient; a dossier has 4 to 8 */
	EVALUATION_VISITS_MAX = 500000, /* the largest team's four years, ten times */
	EVALUATION_KEY_BYTES = 32,
	EVALUATION_EXPORT_BYTES = 16,
};

enum evaluation_age {
	EVALUATION_NO_AGE,
	EVALUATION_UNDER_60,
	EVALUATION_60,
	EVALUATION_70,
	EVALUATION_80,
	EVALUATION_90,
	EVALUATION_AGES
};

/* Which band somebody is in on a day, both in days since 1970. */
enum evaluation_age evaluation_age_on(int64_t birth_day, int64_t day);

struct evaluation_patient {
	struct record_id id;
	enum evaluation_age age;
	bool has_ald;
	uint32_t code_count;
	uint16_t codes[EVALUATION_CODES_MAX]; /* of the Omaha System, in any order */
};

struct evaluation_visit {
	uint32_t patient; /* index */
	int32_t month; /* calendar.h */
	int64_t minutes;
	bool is_billable, has_cents;
	int64_t cents;
};

struct evaluation_input {
	struct team_id team;
	uint8_t export_id[EVALUATION_EXPORT_BYTES];
	uint8_t key[EVALUATION_KEY_BYTES]; /* forgotten afterwards */
	const struct evaluation_patient *patients;
	uint32_t patient_count; /* those without a visit are left aside */
	const struct evaluation_visit *visits;
	uint32_t visit_count;
};

struct evaluation_totals {
	uint32_t rows, patients, grouped, codes_left_out;
	int64_t minutes, cents;
};

/* Append the rows. ERR_DENIED: fewer than EVALUATION_GROUP_MIN patients; nothing was appended then. */
int evaluation_rows(const struct evaluation_input *input, struct buf *csv, struct evaluation_totals *totals);

#endif
