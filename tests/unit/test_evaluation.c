/* Visits as rows without names (node/evaluation/rows.h): what stands in none of them. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/evaluation/rows.h"

enum { PATIENTS = 40, MONTH = 612 /* January 2021 */ };

struct world {
	struct evaluation_patient patients[PATIENTS];
	struct evaluation_visit visits[2 * PATIENTS];
	struct evaluation_input input;
};

/* Each with two visits; 25 over 90 without ALD, 12 in their eighties with, 3 in their sixties. */
static void make(struct world *world)
{
	*world = (struct world){0};
	for (uint32_t i = 0; i < PATIENTS; i++) {
		world->patients[i] = (struct evaluation_patient){.id = {{1, (uint8_t)i}},
		        .age = i < 25    ? EVALUATION_90
		                : i < 37 ? EVALUATION_80
		                         : EVALUATION_60,
		        .has_ald = i >= 25,
		        .code_count = 2,
		        .codes = {42, i < 10 ? 9 : 26}};
		world->visits[2 * i] = (struct evaluation_visit){.patient = i,
		        .month = MONTH + 1,
		        .minutes = 10 + i,
		        .is_billable = true,
		        .has_cents = true,
		        .cents = 899};
		world->visits[2 * i + 1] = (struct evaluation_visit){
		        .patient = i, .month = MONTH, .minutes = 5};
	}
	world->input = (struct evaluation_input){.team = {{7}},
	        .export_id = {8},
	        .key = {9},
	        .patients = world->patients,
	        .patient_count = PATIENTS,
	        .visits = world->visits,
	        .visit_count = 2 * PATIENTS};
}

static uint32_t times(const struct buf *csv, const char *text)
{
	uint32_t count = 0;
	for (const char *at = (const char *)csv->data; (at = strstr(at, text)); at++)
		count++;
	return count;
}

static void rows(const struct world *world, struct buf *csv, struct evaluation_totals *totals)
{
	buf_clear(csv);
	assert_int_equal(evaluation_rows(&world->input, csv, totals), 0);
	buf_add(csv, "", 1);
}

static void small_groups_have_neither(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	struct evaluation_totals totals;
	struct buf csv = {0};
	(void)state;
	make(world);
	rows(world, &csv, &totals);
	/* three are too few, and alone they would be told: the twelve go with them */
	assert_int_equal(totals.grouped, 15);
	assert_int_equal(times(&csv, "60-69"), 0);
	assert_int_equal(times(&csv, "80-89"), 0);
	assert_int_equal(times(&csv, ",90-over,0,"), 50);
	assert_int_equal(times(&csv, ",,,"), 30); /* neither age nor ALD */
	assert_int_equal(times(&csv, "PB09"), 0); /* ten have it */
	assert_int_equal(times(&csv, "PB26 PB42\r\n"), 60);
	assert_int_equal(totals.codes_left_out, 1);
	assert_int_equal(totals.rows, 80);
	assert_int_equal(totals.patients, 40);
	assert_int_equal(totals.cents, 40 * 899);
	assert_int_equal(totals.minutes, 40 * 5 + 40 * 10 + 39 * 40 / 2);
	mem_free(world);
	buf_close(&csv);
}

static void too_few_leave_nothing(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	struct evaluation_totals totals;
	struct buf csv = {0};
	(void)state;
	make(world);
	world->input.visit_count = 20; /* of ten patients: the others are not counted */
	assert_int_equal(evaluation_rows(&world->input, &csv, &totals), ERR_DENIED);
	assert_int_equal(csv.size, 0);
	world->input.visit_count = 22;
	assert_int_equal(evaluation_rows(&world->input, &csv, &totals), 0);
	assert_int_equal(totals.patients, 11);
	mem_free(world);
	buf_close(&csv);
}

static void the_order_of_visits_does_not_show(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	struct evaluation_totals totals;
	struct buf one = {0}, other = {0};
	(void)state;
	make(world);
	rows(world, &one, &totals);
	for (uint32_t i = 0; i < PATIENTS; i++) {
		const struct evaluation_visit kept = world->visits[i];
		world->visits[i] = world->visits[2 * PATIENTS - 1 - i];
		world->visits[2 * PATIENTS - 1 - i] = kept;
	}
	rows(world, &other, &totals);
	assert_true(span_eq(buf_span(&one), buf_span(&other)));
	mem_free(world);
	buf_close(&one);
	buf_close(&other);
}

/* With another key, other pseudonyms, of each patient one; no id. */
static void exports_cannot_be_joined(void **state)
{
	struct world *world = mem_zero(1, sizeof(*world));
	struct evaluation_totals totals;
	struct buf one = {0}, other = {0};
	(void)state;
	make(world);
	rows(world, &one, &totals);
	world->input.key[3] = 1;
	rows(world, &other, &totals);
	for (const char *line = (const char *)one.data; (line = strchr(line, '\n')) && line[1]; line++) {
		char pseudonym[17];
		snprintf(pseudonym, sizeof(pseudonym), "%.16s", line + 1 + 64 + 1 + 32 + 1);
		assert_int_equal(times(&one, pseudonym), 2);
		assert_int_equal(times(&other, pseudonym), 0);
	}
	assert_int_equal(times(&one, "0100000000000000"), 0);
	mem_free(world);
	buf_close(&one);
	buf_close(&other);
}

static int64_t day(int32_t year, uint32_t month, uint32_t day_of_month)
{
	return calendar_day((struct calendar_date){year, month, day_of_month});
}

static void bands_begin_on_the_birthday(void **state)
{
	(void)state;
	assert_int_equal(evaluation_age_on(day(1940, 5, 6), day(2020, 5, 5)), EVALUATION_70);
	assert_int_equal(evaluation_age_on(day(1940, 5, 6), day(2020, 5, 6)), EVALUATION_80);
	assert_int_equal(evaluation_age_on(day(2000, 1, 1), day(2020, 1, 1)), EVALUATION_UNDER_60);
	assert_int_equal(evaluation_age_on(day(1910, 1, 1), day(2020, 1, 1)), EVALUATION_90);
	assert_int_equal(evaluation_age_on(day(2021, 1, 1), day(2020, 1, 1)), EVALUATION_NO_AGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(small_groups_have_neither),
	        cmocka_unit_test(too_few_leave_nothing),
	        cmocka_unit_test(the_order_of_visits_does_not_show),
	        cmocka_unit_test(exports_cannot_be_joined),
	        cmocka_unit_test(bands_begin_on_the_birthday),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
