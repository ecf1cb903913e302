#include "tools/gen_team.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "tools/gen_record.h"

enum {
	TEAMS_MAX = 1000, /* the whole country and room to spare */
	NURSES_MAX = 64,
	PATIENTS_MAX = 10000000, /* in all; memory ends earlier, one team at a time */
	VISITS_MAX = 100000000,
	YEARS_MAX = 20,
	DAY_VISITS = 25, /* per nurse, on the offline day */
	DAY_EDITS = 40, /* on DAY_EDIT_PATIENTS, so that many meet on one plan */
	DAY_EDIT_PATIENTS = 22,
};

/* Everything that lives while one team is made. */
struct making {
	const struct gen_options *options;
	struct gen_draw draw;
	int64_t day_count;
	uint32_t patient_count;
	struct gen_patient *patients;
	const struct gen_patient **active; /* room for all patients */
	size_t active_count;
};

struct gen_options gen_team_defaults(void)
{
	return (struct gen_options){.team_count = 1,
	        .nurse_count = 12,
	        .patient_count = 840,
	        .visit_count = 36000,
	        .years = 4,
	        .seed = 1};
}

struct gen_options gen_team_national(void)
{
	struct gen_options options = gen_team_defaults();
	options.team_count = 33;
	options.patient_count = 27715;
	options.visit_count = 1200000;
	options.shared_out = true;
	return options;
}

int gen_team_check(const struct gen_options *options)
{
	uint32_t fewest = options->shared_out ? options->team_count : 1;
	if (options->team_count < 1 || options->team_count > TEAMS_MAX)
		return ERR_INVALID;
	if (options->nurse_count < 1 || options->nurse_count > NURSES_MAX)
		return ERR_INVALID;
	if (options->patient_count < fewest || options->patient_count > PATIENTS_MAX)
		return ERR_INVALID;
	if (options->visit_count > VISITS_MAX || !(options->years >= 0.1 && options->years <= YEARS_MAX))
		return ERR_INVALID;
	return options->seed <= UINT32_MAX ? 0 : ERR_INVALID;
}

/* Team number `index`'s part of a total. */
static uint32_t part(const struct gen_options *options, uint32_t total, uint32_t index)
{
	if (!options->shared_out)
		return total;
	return total / options->team_count + (index < total % options->team_count);
}

static void find_active(struct making *making, int64_t day)
{
	making->active_count = 0;
	for (uint32_t i = 0; i < making->patient_count; i++) {
		const struct gen_patient *patient = &making->patients[i];
		if (patient->first_day <= day && day < patient->last_day)
			making->active[making->active_count++] = patient;
	}
}

static void add_people(struct making *making, struct gen_list *list)
{
	const struct gen_options *options = making->options;
	for (uint32_t i = 0; i < options->nurse_count; i++)
		gen_record_nurse(&making->draw, list, i);
	for (uint32_t i = 0; i < making->patient_count; i++) {
		bool from_start = i < making->patient_count * 0.18;
		gen_record_patient(
		        &making->draw, list, &making->patients[i], options, making->day_count, from_start);
	}
}

static void add_visits(struct making *making, struct gen_list *list, uint32_t visit_count)
{
	int64_t day = -1;
	for (uint32_t i = 0; i < visit_count; i++) {
		int64_t next = (int64_t)i * making->day_count / visit_count;
		if (next != day)
			find_active(making, next);
		day = next;
		if (making->active_count ==
		        0) { /* a day without anybody: the first patients of all come back */
			for (uint32_t j = 0; j < making->patient_count && j < 5; j++)
				making->active[making->active_count++] = &making->patients[j];
		}
		const struct gen_patient
		        *patient = making->active[gen_draw_index(&making->draw, making->active_count)];
		int64_t nurse = patient->main_nurse;
		if (!(gen_draw_unit(&making->draw) < 0.6))
			nurse = gen_draw_between(&making->draw, 0, (int64_t)making->options->nurse_count - 1);
		gen_record_visit(&making->draw, list, patient, day, nurse, making->options->nurse_count);
	}
}

/* The patients of the last day must be in making->active. */
static void add_offline_day(struct making *making, struct gen_list *list)
{
	uint32_t nurse_count = making->options->nurse_count;
	int64_t day = making->day_count;
	size_t active_count = making->active_count;
	for (uint32_t nurse = 0; nurse < nurse_count; nurse++) {
		for (int i = 0; i < DAY_VISITS; i++) {
			size_t index = gen_draw_index(&making->draw, active_count);
			gen_record_visit(&making->draw, list, making->active[index], day, nurse, nurse_count);
		}
	}
	uint32_t *hot = mem_zero(active_count, sizeof(*hot));
	size_t hot_count = gen_draw_some(&making->draw, hot, active_count, DAY_EDIT_PATIENTS);
	for (uint32_t i = 0; i < DAY_EDITS; i++) {
		enum gen_kind kind = i % 8 == 7 ? GEN_SET : i % 4 == 2 ? GEN_ADDINT : GEN_EVAL;
		const struct gen_patient *patient = making->active[hot[i % hot_count]];
		gen_record_edit(&making->draw, list, kind, patient, day, nurse_count);
	}
	mem_free(hot);
}

static int by_time(const void *left, const void *right)
{
	const struct gen_record *a = left, *b = right;
	if (a->at_s != b->at_s)
		return a->at_s < b->at_s ? -1 : 1;
	return a->made < b->made ? -1 : a->made > b->made;
}

static int by_time_and_kind(const void *left, const void *right)
{
	const struct gen_record *a = left, *b = right;
	if (a->at_s == b->at_s && a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return by_time(left, right);
}

int gen_team_make(struct gen_team *team, const struct gen_options *options, uint32_t index)
{
	assert(gen_team_check(options) == 0 && index < options->team_count);
	struct making making = {.options = options};
	int result = 0;
	*team = (struct gen_team){0};
	making.draw = gen_draw_new(options->seed * 1000 + index);
	making.day_count = gen_draw_round(365.25 * options->years);
	making.patient_count = part(options, options->patient_count, index);
	making.patients = mem_zero(making.patient_count, sizeof(*making.patients));
	making.active = mem_zero((size_t)making.patient_count + 5, sizeof(struct gen_patient *));
	add_people(&making, &team->history);
	add_visits(&making, &team->history, part(options, options->visit_count, index));
	qsort(team->history.records, team->history.count, sizeof(*team->history.records), by_time_and_kind);
	find_active(&making, making.day_count - 1);
	if (making.active_count == 0) {
		result = ERR_INVALID;
		goto done;
	}
	add_offline_day(&making, &team->day);
	qsort(team->day.records, team->day.count, sizeof(*team->day.records), by_time);
done:
	mem_free(making.patients);
	mem_free(making.active);
	if (result)
		gen_team_close(team);
	return result;
}

static void list_close(struct gen_list *list)
{
	mem_free(list->records);
	buf_close(&list->text);
	*list = (struct gen_list){0};
}

void gen_team_close(struct gen_team *team)
{
	list_close(&team->history);
	list_close(&team->day);
}

struct span gen_list_line(const struct gen_list *list, size_t index)
{
	assert(index < list->count);
	return span_of(list->text.data + list->records[index].start, list->records[index].size);
}

const char *gen_kind_name(enum gen_kind kind)
{
	static const char *const names[GEN_KIND_COUNT] = {
	        "addint", "eval", "nurse", "patient", "problem", "set", "visit"};
	return names[kind];
}
