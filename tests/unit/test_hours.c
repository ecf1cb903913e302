/* A week of working time: node/visit/hours.h. */
#include "tests/lib/check.h"

#include "node/calendar.h"
#include "node/visit/hours.h"

enum { TRAVEL = 1, MEETING = 6, HOUR = 3600 };

static struct hours_span span(uint8_t nurse, uint8_t id, uint32_t activity, int64_t from, int64_t until)
{
	return (struct hours_span){{nurse}, {{id}}, activity, from, until};
}

static void each_moment_counts_once(void **state)
{
	/* given in any order: a visit from 8 to 9, a way from 8:30 to 9:30, a meeting within that way, a visit of two nurses */
	struct hours_span spans[] = {span(2, 9, HOURS_PATIENT, 10 * HOUR, 11 * HOUR),
	        span(1, 3, MEETING, 33000, 34200), span(1, 1, HOURS_PATIENT, 8 * HOUR, 9 * HOUR),
	        span(1, 2, TRAVEL, 30600, 34200), span(1, 9, HOURS_PATIENT, 10 * HOUR, 11 * HOUR),
	        span(1, 4, 99, 12 * HOUR, 13 * HOUR)};
	struct arena arena = {0};
	struct hours *hours;
	uint32_t nurses;
	(void)state;
	hours_of(spans, sizeof(spans) / sizeof(*spans), &arena, &hours, &nurses);
	assert_int_equal(nurses, 2);
	assert_int_equal(hours[0].seconds[HOURS_PATIENT], 2 * HOUR);
	assert_int_equal(hours[0].seconds[TRAVEL],
	        600); /* from 9:00, when the visit ended, to 9:10, when the meeting began */
	assert_int_equal(hours[0].seconds[MEETING], 1200);
	assert_int_equal(hours[0].seconds[HOURS_ACTIVITIES - 1], HOUR); /* of a later version */
	assert_int_equal(hours[0].total_s, 3 * HOUR + 1800);
	assert_int_equal(hours[0].overlap_s, 1800 + 1200);
	assert_int_equal(hours[0].overlap_count, 2);
	assert_int_equal(hours[0].overlaps[0].one->id.bytes[0], 1);
	assert_int_equal(hours[0].overlaps[0].other->id.bytes[0], 2);
	assert_int_equal(hours_per_mille(&hours[0]), 571);
	assert_int_equal(hours[1].visits, 1);
	assert_int_equal(hours_per_mille(&hours[1]), 1000);
	assert_int_equal(hours_per_mille(&(struct hours){0}), 0);
	arena_close(&arena);
}

static void a_nurse_of_too_many_is_cut(void **state)
{
	struct hours_span *spans = mem_zero(HOURS_SPANS_MAX + 1, sizeof(*spans));
	struct arena arena = {0};
	struct hours *hours;
	uint32_t nurses;
	(void)state;
	for (int i = 0; i <= HOURS_SPANS_MAX; i++)
		spans[i] = span(1, 1, HOURS_PATIENT, i, i + 2);
	hours_of(spans, HOURS_SPANS_MAX + 1, &arena, &hours, &nurses);
	assert_true(nurses == 1 && hours[0].is_cut && hours[0].overlap_count == HOURS_OVERLAPS_MAX);
	assert_int_equal(hours[0].total_s, HOURS_SPANS_MAX + 1);
	arena_close(&arena);
	mem_free(spans);
}

static void weeks_are_those_of_the_standard(void **state)
{
	static const struct {
		struct calendar_date day;
		const char *week;
	} rows[] = {{{2026, 11, 27}, "2026-W48"}, {{2026, 1, 1}, "2026-W01"}, {{2027, 1, 1}, "2026-W53"},
	        {{2027, 1, 3}, "2026-W53"}, {{2027, 1, 4}, "2027-W01"}, {{2024, 12, 30}, "2025-W01"},
	        {{2024, 2, 29}, "2024-W09"}, {{2020, 12, 31}, "2020-W53"}};
	static const char *const none[] = {
	        "", "2026-W00", "2025-W53", "2026-W54", "2026-48", "2026-w48", "2026-W4", "x026-W48"};
	char text[HOURS_WEEK_TEXT_BYTES];
	int64_t monday;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int64_t day = calendar_day(rows[i].day);
		hours_week_text(text, hours_monday(day));
		assert_string_equal(text, rows[i].week);
		assert_true(hours_week_parse(span_text(rows[i].week), &monday));
		assert_int_equal(monday, hours_monday(day));
		assert_true(day >= monday && day < monday + 7);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_false(hours_week_parse(span_text(none[i]), &monday));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_moment_counts_once),
	        cmocka_unit_test(a_nurse_of_too_many_is_cut),
	        cmocka_unit_test(weeks_are_those_of_the_standard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
