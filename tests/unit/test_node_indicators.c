/* Indicators of a node's dossiers in one pass, one patient's files in memory at a time: what is found with all files at once, period by period. */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "node/calendar.h"
#include "node/node_digest.h"
#include "node/node_indicators.h"
#include "node/node_links.h"
#include "tests/lib/imported.h"

enum { DAY_S = 86400, PERIODS = 14, FILES_MAX = 64 };
static const int64_t JANUARY_S = INT64_C(1767258000); /* 2026-01-01 10:00 in Paris */

/* ---- All at once ------------------------------------------------------------------------------------------------- */

struct all {
	struct arena arena;
	struct facts_file files[FILES_MAX];
	uint32_t count;
	struct patient_links links;
	struct patient_groups groups;
};

static bool add_links(void *context, const struct node_digest *digest)
{
	patient_links_get(digest->part, &digest->dossier, &((struct all *)context)->links);
	return true;
}

static bool add_file(void *context, const struct node_digest *digest)
{
	struct all *all = context;
	struct facts_file *file = &all->files[all->count++];
	check_ok(indicator_facts_part_get(digest->part, &all->arena, file));
	file->id = patient_groups_main(&all->groups, &digest->dossier);
	return true;
}

static int by_id(const void *a, const void *b)
{
	return record_id_cmp(&((const struct facts_file *)a)->id, &((const struct facts_file *)b)->id);
}

static void gather(struct node *node, struct all *all)
{
	*all = (struct all){.count = 0};
	check_ok(node_digest_each(node, DIGEST_LINKS, add_links, all));
	node_links_judge(node, &all->links);
	patient_groups_make(all->links.items, all->links.count, &all->groups);
	check_ok(node_digest_each(node, DIGEST_INDICATORS, add_file, all));
	qsort(all->files, all->count, sizeof(*all->files), by_id);
}

static void all_close(struct all *all)
{
	arena_close(&all->arena);
	patient_links_close(&all->links);
	patient_groups_close(&all->groups);
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

static void check_amount(
        const struct indicator *indicator, const struct indicator_amount *a, const struct indicator_amount *b)
{
	if (a->numerator != b->numerator || a->denominator != b->denominator || a->people != b->people ||
	        a->rest_people != b->rest_people)
		fail_msg("%s: %lld of %lld, not %lld of %lld", indicator->id, (long long)a->numerator,
		        (long long)a->denominator, (long long)b->numerator, (long long)b->denominator);
}

static void check_values(const struct indicator_values *a, const struct indicator_values *b)
{
	for (uint32_t i = 0; i < indicators_count; i++)
		for (uint32_t cell = 0; cell < STRATA_CELLS; cell++)
			if (indicators_table[i].class == INDICATOR_PEOPLE ||
			        indicators_table[i].number == INDICATOR_NURSES)
				check_amount(&indicators_table[i], &a->cells[i][cell], &b->cells[i][cell]);
	for (uint32_t i = 0; i < STRATA_CODES; i++)
		check_amount(indicator_numbered(INDICATOR_PROBLEM), &a->problems[i], &b->problems[i]);
}

/* Months and a year; how many patients were seen in that. */
static int64_t compare(struct node *node)
{
	const int32_t month = calendar_month(JANUARY_S, 0);
	struct arena arena = {0};
	struct indicator_values values[PERIODS], one;
	struct all all;
	for (int32_t i = 0; i < PERIODS; i++)
		values[i] = (struct indicator_values){.month = month + i, .months = INDICATOR_MONTH};
	values[PERIODS - 1] = (struct indicator_values){.month = month, .months = INDICATOR_YEAR};
	check_ok(node_indicators_compute(node, &arena, values, PERIODS));
	gather(node, &all);
	const struct facts_team team = {.files = all.files, .file_count = all.count};
	for (uint32_t i = 0; i < PERIODS; i++) {
		indicators_compute(&team, values[i].month, values[i].months, &all.arena, &one);
		check_values(&values[i], &one);
	}
	const int64_t seen = values[PERIODS - 1]
	                             .cells[indicator_numbered(INDICATOR_PATIENTS) - indicators_table]
	                                   [STRATA_CELL_ALL]
	                             .numerator;
	all_close(&all);
	arena_close(&arena);
	return seen;
}

/* ---- A team ------------------------------------------------------------------------------------------------------ */

static void take_patients(struct imported *own, unsigned from, unsigned upto)
{
	static unsigned visits;
	for (unsigned i = from; i <= upto; i++) {
		imported_patient(own, i, JANUARY_S - 100 * DAY_S);
		for (unsigned j = 0; j < 3 + i % 5; j++)
			imported_visit(own, ++visits, i, JANUARY_S + (int64_t)(i * 7 + j * 23 % 200) * DAY_S);
		imported_settle(own);
	}
}

static void put_field(struct schema_record *record, const char *field, int64_t number, struct span bytes)
{
	struct schema_value *value = schema_put(record, schema_field_named(record->kind, span_text(field)));
	value->number = number;
	value->bytes = bytes;
}

static void join_half(struct node *node, const struct record_id *file, const struct record_id *other)
{
	struct schema_record record = {.kind = schema_kind(SCHEMA_PATIENT_LINK), .id = {{1}}};
	struct node_change change;
	put_field(&record, "at", JANUARY_S, (struct span){NULL, 0});
	put_field(&record, "decision", PATIENT_SAME, (struct span){NULL, 0});
	put_field(&record, "other", 0, span_of(other->bytes, sizeof(other->bytes)));
	check_ok(node_change_begin(node, SCHEMA_DOC_DOSSIER, file, &change));
	check_ok(record_write_new(&change.builder, &record));
	check_ok(node_change_finish(node, &change, NULL, NULL, NULL));
}

static void join_two(struct imported *own)
{
	struct record_id ids[2];
	uint32_t kind, count = 0;
	for (uint32_t i = 0; count < 2 && node_doc_at(own->device.node, i, &kind, &ids[count]) == 0; i++)
		count += kind == SCHEMA_DOC_DOSSIER;
	join_half(own->device.node, &ids[0], &ids[1]);
	join_half(own->device.node, &ids[1], &ids[0]);
	imported_settle(own);
}

static void one_pass_gives_what_all_files_give(void **state)
{
	(void)state;
	struct imported own;
	imported_open(&own);
	take_patients(&own, 1, 12);
	assert_int_equal(compare(own.device.node), 12);
	join_two(&own);
	assert_int_equal(compare(own.device.node), 11);
	imported_close(&own);
}

static size_t bytes_for(struct node *node)
{
	struct arena arena = {0};
	struct indicator_values values = {.month = calendar_month(JANUARY_S, 0), .months = INDICATOR_YEAR};
	check_ok(node_indicators_compute(node, &arena, &values, 1));
	const size_t bytes = arena.total_bytes;
	arena_close(&arena);
	return bytes;
}

/* What is kept of the dossiers is their sums. */
static void more_patients_take_no_more_memory(void **state)
{
	(void)state;
	struct imported own;
	imported_open(&own);
	take_patients(&own, 1, 4);
	const size_t few = bytes_for(own.device.node);
	take_patients(&own, 5, 24);
	assert_int_equal(bytes_for(own.device.node), few);
	imported_close(&own);
}

static void the_first_month_is_found(void **state)
{
	(void)state;
	struct imported own;
	int32_t month = 7;
	imported_open(&own);
	imported_settle(&own);
	check_ok(node_indicators_first_month(own.device.node, &month));
	assert_int_equal(month, 7);
	imported_patient(&own, 1, JANUARY_S - 100 * DAY_S);
	imported_visit(&own, 901, 1, JANUARY_S + 70 * DAY_S);
	imported_visit(&own, 902, 1, JANUARY_S + 40 * DAY_S);
	imported_settle(&own);
	check_ok(node_indicators_first_month(own.device.node, &month));
	assert_int_equal(month, calendar_month(JANUARY_S + 40 * DAY_S, 0));
	imported_close(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(one_pass_gives_what_all_files_give),
	        cmocka_unit_test(more_patients_take_no_more_memory),
	        cmocka_unit_test(the_first_month_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
