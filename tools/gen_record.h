/*
 * tools/gen_record.h - the single records of a generated team, each drawn and written in one go.
 *
 * The order of the draws inside each function is part of the data format (tools/gen_team.h).
 */
#ifndef TOOLS_GEN_RECORD_H
#define TOOLS_GEN_RECORD_H

#include "tools/gen_draw.h"
#include "tools/gen_team.h"

enum {
	GEN_DAY_S = 86400,
	GEN_HOUR_S = 3600,
	GEN_START_S = 1610928000, /* 18 January 2021, 0:00 UTC, when every history begins */
	GEN_PROBLEMS_MAX = 6, /* per patient */
	GEN_INTERVENTIONS_MAX = 5, /* per problem */
	GEN_INTERVENTION_CHARS = 8,
};

struct gen_plan {
	struct gen_id id;
	uint32_t intervention_count;
	char interventions[GEN_INTERVENTIONS_MAX][GEN_INTERVENTION_CHARS + 1];
	int64_t knowledge, behaviour, status; /* the rating at admission, 1 to 5 */
};

/* What visits and edits need to know of a patient. */
struct gen_patient {
	struct gen_id id;
	const char *last_name; /* static text */
	int64_t first_day,
	        last_day; /* cared for from first_day to the day before last_day; days since the start */
	int64_t main_nurse;
	uint32_t plan_count;
	struct gen_plan plans[GEN_PROBLEMS_MAX];
};

void gen_record_nurse(struct gen_draw *draw, struct gen_list *list, uint32_t number);

/* Draws a patient who is cared for within `day_count` days, with the care plans and their ratings over time;
 * `from_start`: from the first day on. */
void gen_record_patient(struct gen_draw *draw, struct gen_list *list, struct gen_patient *patient,
        const struct gen_options *options, int64_t day_count, bool from_start);

void gen_record_visit(struct gen_draw *draw, struct gen_list *list, const struct gen_patient *patient,
        int64_t day, int64_t nurse, uint32_t nurse_count);

/* A change of kind GEN_SET, GEN_ADDINT or GEN_EVAL to a patient's file or to one of the care plans, made on `day`. */
void gen_record_edit(struct gen_draw *draw, struct gen_list *list, enum gen_kind kind,
        const struct gen_patient *patient, int64_t day, uint32_t nurse_count);

#endif
