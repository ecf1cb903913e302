/* Indicators: the table of definitions, facts as bytes, what is computed of them, rows, and what a receiver finds wrong. */
#include "tests/lib/check.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/indicators/rows.h"
#include "node/survey/sum.h"

static const uint8_t NOWHERE[PUBLISHED_SOURCE_BYTES];

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

static void is_said(const struct schema_label *label)
{
	assert_true(label->fr && label->en && *label->fr && *label->en);
}

/* What a denominator counts is counted before it, by the same periods and in every mix. */
static void check_base(const struct indicator *indicator)
{
	const struct indicator *base = indicator_numbered(indicator->base);
	assert_non_null(base);
	assert_true(base < indicator);
	assert_int_equal(base->written, indicator->written);
	assert_int_equal(indicator->mixes & ~base->mixes & (INDICATOR_BY_AGE | INDICATOR_BY_ALD), 0);
	assert_true(indicator->form == INDICATOR_RATIO || base->form == INDICATOR_COUNT ||
	        base->form == INDICATOR_SHARE);
}

static void definitions_are_consistent(void **state)
{
	(void)state;
	bool groups[INDICATOR_GROUPS] = {false};
	for (uint32_t i = 0; i < indicators_count; i++) {
		const struct indicator *indicator = &indicators_table[i];
		assert_ptr_equal(indicator_numbered(indicator->number), indicator);
		assert_ptr_equal(indicator_named(indicator->id), indicator);
		assert_in_range(indicator->number, 1, INDICATOR_NUMBER_MAX);
		assert_true(
		        indicator->version >= 1 && indicator->group && indicator->form && indicator->class);
		assert_true(i == 0 || indicator->number > indicator[-1].number);
		groups[indicator->group] = true;
		is_said(&indicator->name);
		is_said(&indicator->numerator);
		is_said(&indicator->definition);
		assert_true((indicator->form == INDICATOR_COUNT) == (indicator->denominator.fr == NULL));
		assert_true((indicator->class == INDICATOR_PEOPLE) == (indicator->written != 0));
		assert_true(indicator_is_written(indicator, INDICATOR_MONTH) ||
		        indicator_is_written(indicator, INDICATOR_YEAR));
		if (indicator->base)
			check_base(indicator);
		else
			assert_true(indicator->form == INDICATOR_COUNT || indicator->class == INDICATOR_TEAM);
		json_t *json = rows_definition(indicator);
		assert_non_null(json);
		json_decref(json);
	}
	for (int group = INDICATOR_ACTIVITY; group < INDICATOR_GROUPS; group++)
		assert_true(groups[group] && indicator_group_name((enum indicator_group)group));
	assert_null(indicator_named("activity"));
	assert_null(indicator_numbered(0));
}

static void every_age_has_one_group(void **state)
{
	(void)state;
	for (int32_t years = -1; years < 130; years++)
		for (uint32_t level = 0; level < STRATA_LEVELS_MAX; level++) {
			const uint32_t group = strata_group(STRATA_AGE, level, strata_age(years));
			assert_in_range(group, 0, strata_groups(STRATA_AGE, level) - 1);
			assert_int_equal(strata_may_be_empty(STRATA_AGE, level, group), years < 0);
			for (uint32_t coarser = level; coarser < STRATA_LEVELS_MAX; coarser++)
				assert_int_equal(strata_coarser(STRATA_AGE, level, group, coarser),
				        strata_group(STRATA_AGE, coarser, strata_age(years)));
		}
}

/* ---- Facts ------------------------------------------------------------------------------------------------------- */

static uint8_t nurses[2][SCHEMA_SHORT_BYTES] = {"nurse", "other"};
static uint8_t feeds[2][FACTS_FEED_BYTES] = {"feed one", "feed two"};
static uint32_t one_person[2] = {7, 7}, two_people[2] = {7, 8};

/* Of January 1970: visits on the 2nd at 23:00 and the 3rd at 05:59; negative days are before 1970. */
static struct facts_visit visits[] = {
        {1440 + 23 * 60, 30, 0, 1, {1, 0, 0, 2}}, {2 * 1440 + 359, 15, 1, 2, {0}}};
static struct facts_problem problems[] = {{26, false}, {38, true}};
static struct facts_rating ratings[] = {
        {0, 1440, {1, 2, 3}}, {0, 3 * 1440, {2, 2, 1}}, {1, 3 * 1440, {5, 5, 5}}};
static struct facts_transmission transmissions[] = {{2, 1000, 0, 1, {{1, 1000 + 24 * 3600 * 1000}}}};
static struct facts_contact contacts[] = {{3, true, false}, {40, false, true}};
static struct facts_outcome outcomes[] = {{5, FACTS_FALL, false}, {6, FACTS_DEATH, true}};
static struct facts_planned planned[] = {{7, false}, {8, true}};
static struct facts_survey surveys[] = {{9, 10, 1, 0}, {9, -1, -1, -1}};

static struct facts_file file_of_all(void)
{
	return (struct facts_file){.has_referent = true,
	        .is_ald = true,
	        .referent = "other",
	        .birth_day = -25000,
	        .ald_from = -10,
	        .ald_until = FACTS_NO_DAY,
	        .archived_day = 20,
	        .deceased_day = FACTS_NO_DAY,
	        .nurses = nurses,
	        .nurse_count = 2,
	        .feeds = feeds,
	        .feed_count = 2,
	        .feed_people = two_people,
	        .visits = visits,
	        .visit_count = 2,
	        .problems = problems,
	        .problem_count = 2,
	        .ratings = ratings,
	        .rating_count = 3,
	        .transmissions = transmissions,
	        .transmission_count = 1,
	        .contacts = contacts,
	        .contact_count = 2,
	        .outcomes = outcomes,
	        .outcome_count = 2,
	        .planned = planned,
	        .planned_count = 2,
	        .surveys = surveys,
	        .survey_count = 2};
}

static void facts_come_back(void **state)
{
	(void)state;
	struct facts_file file = file_of_all(), back;
	struct buf bytes = {0}, again = {0};
	struct arena arena = {0};
	indicator_facts_put(&file, &bytes);
	check_ok(indicator_facts_get(buf_span(&bytes), &arena, &back));
	assert_int_equal(back.birth_day, -25000);
	assert_int_equal(back.ald_until, FACTS_NO_DAY);
	assert_int_equal(back.surveys[1].satisfaction, -1);
	indicator_facts_put(&back, &again);
	assert_true(span_eq(buf_span(&bytes), buf_span(&again)));
	for (size_t size = 0; size < bytes.size; size++) /* cut anywhere it is refused */
		assert_true(indicator_facts_get(span_of(bytes.data, size), &arena, &back) < 0);
	buf_close(&bytes);
	buf_close(&again);
	arena_close(&arena);
}

/* ---- Computing --------------------------------------------------------------------------------------------------- */

static void expect(const struct indicator_values *values, enum indicator_number number, uint32_t cell,
        int64_t n, int64_t d)
{
	const struct indicator *indicator = indicator_numbered(number);
	const struct indicator_amount *amount = &values->cells[indicator - indicators_table][cell];
	if (amount->numerator != n || amount->denominator != d)
		fail_msg("%s: %lld of %lld", indicator->id, (long long)amount->numerator,
		        (long long)amount->denominator);
}

static void one_patient_is_counted(void **state)
{
	(void)state;
	struct facts_file file = file_of_all();
	struct facts_bill bill = {.month = 0, .visits = 3, .cents = 1500, .amo_cents = 900};
	struct facts_return credit = {.month = 0};
	struct facts_time travel = {3, 45};
	struct facts_team team = {.files = &file,
	        .file_count = 1,
	        .bills = &bill,
	        .bill_count = 1,
	        .credits = &credit,
	        .credit_count = 1,
	        .times = &travel,
	        .time_count = 1};
	struct arena arena = {0};
	struct indicator_values values;
	indicators_compute(&team, 0, INDICATOR_MONTH, &arena, &values);
	const uint32_t age = STRATA_CELL_AGE + strata_age(68),
	               ald = STRATA_CELL_ALD + 1; /* born in July 1901 */
	expect(&values, INDICATOR_PATIENTS, STRATA_CELL_ALL, 1, 0);
	expect(&values, INDICATOR_PATIENTS, age, 1, 0);
	expect(&values, INDICATOR_PATIENTS, ald, 1, 0);
	expect(&values, INDICATOR_PATIENTS_CLOSED, STRATA_CELL_ALL, 1, 1);
	expect(&values, INDICATOR_VISITS, ald, 2, 0);
	expect(&values, INDICATOR_VISITS_NIGHT, STRATA_CELL_ALL, 2, 2);
	expect(&values, INDICATOR_MINUTES, age, 45, 2);
	expect(&values, INDICATOR_BY_REFERENT, STRATA_CELL_ALL, 1, 2);
	expect(&values, INDICATOR_NURSES_PER_PATIENT, STRATA_CELL_ALL, 2, 1);
	expect(&values, INDICATOR_INTERVENTIONS, STRATA_CELL_ALL, 3, 0);
	expect(&values, INDICATOR_SURVEILLANCE, STRATA_CELL_ALL, 2, 3);
	expect(&values, INDICATOR_ASSESSED_FIRST, STRATA_CELL_ALL, 1, 1); /* on the day of the first visit */
	expect(&values, INDICATOR_FOLLOWED, STRATA_CELL_ALL, 1, 0);
	expect(&values, INDICATOR_STATUS, STRATA_CELL_ALL, -2, 1);
	expect(&values, INDICATOR_WORSE, STRATA_CELL_ALL, 1, 1);
	expect(&values, INDICATOR_REASSESSED, STRATA_CELL_ALL, 27, 1);
	expect(&values, INDICATOR_UNREAD, STRATA_CELL_ALL, 0, 1); /* read to the millisecond within a day */
	expect(&values, INDICATOR_CONTACTS_DOCTOR, STRATA_CELL_ALL, 1, 1);
	expect(&values, INDICATOR_UNCLAIMED, STRATA_CELL_ALL, 1, 2);
	expect(&values, INDICATOR_FALLS, STRATA_CELL_ALL, 1, 0);
	expect(&values, INDICATOR_DEATHS_HOME, STRATA_CELL_ALL, 1, 1);
	expect(&values, INDICATOR_BILLED, STRATA_CELL_ALL, 2, 2); /* no more than took place */
	expect(&values, INDICATOR_AMO, STRATA_CELL_ALL, 900, 1500);
	expect(&values, INDICATOR_PATIENT_TIME, STRATA_CELL_ALL, 45, 90);
	expect(&values, INDICATOR_CREDITS, STRATA_CELL_ALL, 1, 0);
	expect(&values, INDICATOR_SATISFACTION, STRATA_CELL_ALL, 10, 1);
	assert_int_equal(values.problems[26].numerator, 1);
	assert_int_equal(values.problems[38].numerator, 1);
	assert_int_equal(values.problems[38].denominator, 1);
	/* a month later: nobody was seen, and what is left of January is not counted again */
	indicators_compute(&team, 1, INDICATOR_MONTH, &arena, &values);
	expect(&values, INDICATOR_PATIENTS, STRATA_CELL_ALL, 0, 0);
	expect(&values, INDICATOR_LETTERS, STRATA_CELL_ALL, 1, 1);
	expect(&values, INDICATOR_DEATHS, STRATA_CELL_ALL, 0, 0);
	indicators_compute(&team, 0, INDICATOR_YEAR, &arena, &values);
	expect(&values, INDICATOR_CONTACTS, STRATA_CELL_ALL, 2, 0);
	arena_close(&arena);
}

/* Her own second device is nobody else. */
static void a_second_device_is_no_reader(void **state)
{
	(void)state;
	struct facts_file file = file_of_all();
	struct facts_team team = {.files = &file, .file_count = 1};
	struct arena arena = {0};
	struct indicator_values values;
	file.feed_people = one_person;
	indicators_compute(&team, 0, INDICATOR_MONTH, &arena, &values);
	expect(&values, INDICATOR_UNREAD, STRATA_CELL_ALL, 1, 1);
	arena_close(&arena);
}

/* Two files of one patient are one patient. */
static void joined_files_are_one_patient(void **state)
{
	(void)state;
	struct facts_file files[2] = {file_of_all(), file_of_all()};
	struct facts_team team = {.files = files, .file_count = 2};
	struct arena arena = {0};
	struct indicator_values values;
	indicators_compute(&team, 0, INDICATOR_MONTH, &arena, &values);
	expect(&values, INDICATOR_PATIENTS, STRATA_CELL_ALL, 1, 0);
	expect(&values, INDICATOR_VISITS, STRATA_CELL_ALL, 4, 0);
	expect(&values, INDICATOR_DEATHS, STRATA_CELL_ALL, 1, 0);
	files[1].id.bytes[0] = 1;
	indicators_compute(&team, 0, INDICATOR_MONTH, &arena, &values);
	expect(&values, INDICATOR_PATIENTS, STRATA_CELL_ALL, 2, 0);
	arena_close(&arena);
}

/* ---- Campaigns --------------------------------------------------------------------------------------------------- */

static const struct indicator_amount *amount_of(
        const struct indicator_values *values, enum indicator_number number)
{
	return &values->cells[indicator_numbered(number) - indicators_table][STRATA_CELL_ALL];
}

/* 20 patients: 12 recommend, 7 do not; nobody was asked anything else. */
static void a_sum_gives_its_answers(void **state)
{
	(void)state;
	struct survey_sum sum = {.questionnaire = 1,
	        .version = 1,
	        .forms = 20,
	        .count = 1,
	        .counts = {{.question = 2, .cell_count = 2, .cells = {12, 7}}}};
	struct facts_campaign campaign = {.day = 9, .is_shown = true};
	assert_true(facts_campaign_answers(&sum, &campaign));
	assert_int_equal(campaign.answers[INDICATOR_ANSWERS - FACTS_ANSWERS_FIRST], 20);
	assert_int_equal(campaign.answers[INDICATOR_SAID_RECOMMENDS - FACTS_ANSWERS_FIRST], 19);
	assert_int_equal(campaign.answers[INDICATOR_RECOMMENDS - FACTS_ANSWERS_FIRST], 12);
	assert_int_equal(campaign.answers[INDICATOR_RATED_CARE - FACTS_ANSWERS_FIRST], 0);
	assert_int_equal(campaign.answers[INDICATOR_NURSE_ANSWERS - FACTS_ANSWERS_FIRST], 0);
	assert_int_equal(campaign.day, 9);
	sum.version = 999; /* of a later program */
	assert_false(facts_campaign_answers(&sum, &campaign));
	sum = (struct survey_sum){.questionnaire = 4, .version = 1, .forms = 20}; /* of themselves */
	assert_false(facts_campaign_answers(&sum, &campaign));
	sum = (struct survey_sum){0};
	assert_false(facts_campaign_answers(&sum, &campaign));
}

/* Former answers and campaigns add up; as few stand behind them as behind the least part, and none where its result is not shown. */
static void campaigns_add_up(void **state)
{
	(void)state;
	struct facts_file file = file_of_all();
	struct facts_campaign all[3] = {{.day = 9, .is_shown = true}, {.day = 30, .is_shown = true},
	        {.day = 31, .is_shown = true}}; /* the last one: of February */
	for (uint32_t i = 0; i < 3; i++) {
		all[i].answers[INDICATOR_ANSWERS - FACTS_ANSWERS_FIRST] = 40;
		all[i].answers[INDICATOR_SAID_RECOMMENDS - FACTS_ANSWERS_FIRST] = 28 + i;
	}
	struct facts_team team = {.campaigns = all, .campaign_count = 3};
	struct arena arena = {0};
	struct indicator_values values;
	indicators_compute(&team, 0, INDICATOR_MONTH, &arena, &values);
	expect(&values, INDICATOR_SAID_RECOMMENDS, STRATA_CELL_ALL, 57, 80);
	assert_int_equal(amount_of(&values, INDICATOR_SAID_RECOMMENDS)->people, 28);
	assert_int_equal(amount_of(&values, INDICATOR_SAID_RECOMMENDS)->rest_people, 11);
	expect(&values, INDICATOR_ANSWERS, STRATA_CELL_AGE + strata_age(68), 0, 0);
	indicators_compute(&team, 1, INDICATOR_MONTH, &arena, &values);
	expect(&values, INDICATOR_ANSWERS, STRATA_CELL_ALL, 40, 0);
	all[1].is_shown = false;
	indicators_compute(&team, 0, INDICATOR_YEAR, &arena, &values);
	expect(&values, INDICATOR_ANSWERS, STRATA_CELL_ALL, 120, 0);
	assert_int_equal(amount_of(&values, INDICATOR_ANSWERS)->people, 0);
	all[1].is_shown = true;
	team.files = &file;
	team.file_count = 1;
	indicators_compute(&team, 0, INDICATOR_YEAR, &arena, &values);
	expect(&values, INDICATOR_ANSWERS, STRATA_CELL_ALL, 122, 0);
	assert_int_equal(amount_of(&values, INDICATOR_ANSWERS)->people, 1);
	arena_close(&arena);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void values_are_rounded_half_away(void **state)
{
	(void)state;
	static const struct {
		int64_t n, d, value;
	} all[] = {
	        {1, 3, 3333}, {2, 3, 6667}, {1, 20000, 1}, {-1, 20000, -1}, {1, 20001, 0}, {-7, 2, -35000}};
	int64_t value;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		assert_true(rows_value(all[i].n, all[i].d, &value));
		assert_int_equal(value, all[i].value);
	}
	assert_false(rows_value(1, 0, &value));
	assert_false(rows_value(INT64_MAX, 1, &value));
	assert_false(rows_value(1, INT64_MIN, &value));
}

static struct published_entry entry_of(enum indicator_number number, int64_t n, int64_t d)
{
	return (struct published_entry){.number = number, .version = 1, .cell_count = 1, .cells = {{n, d}}};
}

static void rows_are_as_the_format_says(void **state)
{
	(void)state;
	uint8_t source[1][PUBLISHED_SOURCE_BYTES] = {{0xab}};
	struct published_entry entries[] = {
	        entry_of(INDICATOR_PATIENTS, 139, 0), entry_of(INDICATOR_PATIENTS_NEW, 13, 139)};
	const struct published published = {source, 1, entries, 2};
	json_t *rows = json_array();
	struct buf csv = {0}, ndjson = {0};
	rows_add_published(rows, "30bb", 652, INDICATOR_MONTH, &published, span_text("Bretagne"));
	rows_csv(rows, false, &csv);
	rows_ndjson(rows, false, &ndjson);
	static const char head[] =
	        "team,period,month,indicator,version,stratum,numerator,denominator,value,suppressed,"
	        "source\r\n"
	        "30bb,month,2024-05,activity.patients,1,all,139,,139,0,ab000000000000000000000000000000\r\n"
	        "30bb,month,2024-05,activity.patients,1,age:under-60,,,,1,\r\n";
	static const char share[] = "\n30bb,month,2024-05,activity.patients.new,1,all,13,139,0.0935,0,ab0000";
	static const char line[] =
	        "{\"team\":\"30bb\",\"period\":\"month\",\"month\":\"2024-05\",\"indicator\":\"activity."
	        "patients\","
	        "\"version\":1,\"stratum\":\"all\",\"numerator\":139,\"denominator\":null,\"value\":139,"
	        "\"suppressed\":false,\"source\":\"ab000000000000000000000000000000\"}\n"
	        "{\"team\":\"30bb\",\"period\":\"month\",\"month\":\"2024-05\",\"indicator\":\"activity."
	        "patients\","
	        "\"version\":1,\"stratum\":\"age:under-60\",\"numerator\":null,\"denominator\":null,"
	        "\"value\":null,"
	        "\"suppressed\":true,\"source\":null}\n";
	assert_memory_equal(csv.data, head, sizeof(head) - 1);
	assert_non_null(memmem(csv.data, csv.size, share, sizeof(share) - 1));
	assert_memory_equal(ndjson.data, line, sizeof(line) - 1);
	json_decref(rows);
	buf_close(&csv);
	buf_close(&ndjson);
}

/* ---- The receiver ------------------------------------------------------------------------------------------------ */

static const struct schema_label *checked(struct published_entry *entries, uint32_t count, uint32_t months)
{
	static uint8_t sources[2][PUBLISHED_SOURCE_BYTES] = {{1}, {2}};
	const struct published published = {sources, 2, entries, count};
	uint32_t at;
	return suppress_check(&published, months, &at);
}

static void what_breaks_the_rule_is_found(void **state)
{
	(void)state;
	struct published_entry patients = entry_of(INDICATOR_PATIENTS, 139, 0),
	                       fresh = entry_of(INDICATOR_PATIENTS_NEW, 13, 139);
	struct published_entry all[] = {patients, fresh, fresh, fresh};
	assert_null(checked(all, 2, INDICATOR_MONTH));
	assert_non_null(checked(all, 2, INDICATOR_YEAR)); /* not by such a period */
	all[1].cells[0].numerator = 10;
	assert_non_null(checked(all, 2, INDICATOR_MONTH)); /* a small count */
	all[1].cells[0].numerator = 130;
	assert_non_null(checked(all, 2, INDICATOR_MONTH)); /* nine are left */
	all[1] = fresh;
	all[1].cells[0].denominator = 140;
	assert_non_null(checked(all, 2, INDICATOR_MONTH)); /* of more than there are */
	all[1].source = 1;
	assert_null(checked(all, 2, INDICATOR_MONTH)); /* of another frontier there may have been */
	all[1] = fresh;
	assert_non_null(checked(all + 1, 1, INDICATOR_MONTH)); /* without its base */
	all[1].level = 3;
	assert_non_null(checked(all, 2, INDICATOR_MONTH));
	all[1] = fresh;
	all[1].cell_count = 2;
	assert_non_null(checked(all, 2, INDICATOR_MONTH));
	/* one part of a table alone; both; both of another whole */
	all[0] = entry_of(INDICATOR_VISITS, 700, 0);
	all[1] = entry_of(INDICATOR_VISITS_HOME, 300, 700);
	all[2] = entry_of(INDICATOR_VISITS_AWAY, 400, 700);
	assert_non_null(checked(all, 2, INDICATOR_MONTH));
	assert_null(checked(all, 3, INDICATOR_MONTH));
	all[2].cells[0].numerator = 399;
	assert_non_null(checked(all, 3, INDICATOR_MONTH));
	/* groups that leave somebody out */
	all[0] = patients;
	all[1] = (struct published_entry){.number = INDICATOR_PATIENTS,
	        .version = 1,
	        .scheme = STRATA_ALD,
	        .cell_count = 2,
	        .cells = {{60, 0}, {79, 0}}};
	assert_null(checked(all, 2, INDICATOR_MONTH));
	all[1].cells[0].numerator = 59;
	assert_non_null(checked(all, 2, INDICATOR_MONTH));
	/* of a later version: kept, and not judged */
	all[1] = entry_of(INDICATOR_PATIENTS_NEW, 3, 139);
	all[1].version = 2;
	assert_null(checked(all, 2, INDICATOR_MONTH));
	all[1] = entry_of((enum indicator_number)999, 3, 139);
	assert_null(checked(all, 2, INDICATOR_MONTH));
}

/* Of a month that an earlier definition told, nothing is told by a later one; and what is the same is not written again. */
static void written_once_by_one_definition(void **state)
{
	(void)state;
	static uint8_t sources[1][PUBLISHED_SOURCE_BYTES];
	struct published_entry earlier = entry_of(INDICATOR_PATIENTS, 139, 0);
	struct arena arena = {0};
	struct published before = {sources, 1, &earlier, 1}, now;
	struct indicator_values values = {.months = INDICATOR_MONTH};
	values.cells = arena_zero(&arena, indicators_count, sizeof(*values.cells));
	values.cells[0][STRATA_CELL_ALL] = (struct indicator_amount){.numerator = 200, .people = 200};
	check_ok(suppress(&values, &before, NOWHERE, INDICATORS_COUNT_MIN, &arena, &now));
	assert_int_equal(published_find(&now, INDICATOR_PATIENTS, STRATA_ALL, 0)->cells[0].numerator, 200);
	before = now;
	assert_int_equal(
	        suppress(&values, &before, NOWHERE, INDICATORS_COUNT_MIN, &arena, &now), SUPPRESS_UNCHANGED);
	earlier.version = 2;
	before = (struct published){sources, 1, &earlier, 1};
	assert_int_equal(
	        suppress(&values, &before, NOWHERE, INDICATORS_COUNT_MIN, &arena, &now), SUPPRESS_UNCHANGED);
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(definitions_are_consistent),
	        cmocka_unit_test(every_age_has_one_group),
	        cmocka_unit_test(facts_come_back),
	        cmocka_unit_test(one_patient_is_counted),
	        cmocka_unit_test(a_second_device_is_no_reader),
	        cmocka_unit_test(joined_files_are_one_patient),
	        cmocka_unit_test(a_sum_gives_its_answers),
	        cmocka_unit_test(campaigns_add_up),
	        cmocka_unit_test(values_are_rounded_half_away),
	        cmocka_unit_test(rows_are_as_the_format_says),
	        cmocka_unit_test(what_breaks_the_rule_is_found),
	        cmocka_unit_test(written_once_by_one_definition),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
