/* Rules of recurrence: what is read, what is refused, and how it is said. The days that they give: tests/prop/prop_recurrence.c. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/plan/recurrence.h"

static int64_t day_of(int32_t year, uint32_t month, uint32_t day)
{
	return calendar_day((struct calendar_date){year, month, day});
}

static struct recurrence rule_of(const char *text, int64_t first)
{
	struct recurrence rule;
	check_ok(recurrence_read(span_text(text), &rule));
	check_ok(recurrence_begin(&rule, first, RECURRENCE_FOREVER));
	return rule;
}

/* The days of a month, as a text. */
static void expect_days(const char *text, int64_t first, int32_t year, uint32_t month, const char *want)
{
	struct recurrence rule = rule_of(text, first);
	char got[200] = "";
	for (int64_t day = day_of(year, month, 1); calendar_date(day).month == month; day++)
		if (recurrence_hours(&rule, day))
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%u ", calendar_date(day).day);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s", text, got, want);
}

static void days_are_those_of_the_standard(void **state)
{
	(void)state;
	/* RFC 5545, section 3.8.5.3 */
	expect_days("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", day_of(1997, 8, 5), 1997, 8,
	        "5 10 19 24 ");
	expect_days("RRULE:FREQ=MONTHLY;COUNT=10;BYDAY=1FR", day_of(1997, 9, 5), 1997, 10, "3 ");
	expect_days("FREQ=MONTHLY;BYMONTHDAY=-3", day_of(1997, 9, 28), 1997, 11, "28 ");
	expect_days("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", day_of(1997, 9, 2), 1998, 2, "13 ");
	expect_days("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", day_of(1997, 9, 7), 1997, 11, "2 30 ");
	/* what does not give its first day */
	expect_days("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", day_of(2024, 10, 4), 2024, 10, "6 20 ");
	expect_days("FREQ=DAILY;BYMONTHDAY=-1", day_of(2024, 1, 1), 2024, 2, "29 ");
}

static void days_that_a_month_lacks_are_passed_over(void **state)
{
	(void)state;
	expect_days("FREQ=MONTHLY", day_of(2026, 1, 31), 2026, 2, "");
	expect_days("FREQ=MONTHLY", day_of(2026, 1, 31), 2026, 3, "31 ");
	expect_days("FREQ=YEARLY", day_of(2024, 2, 29), 2027, 2, "");
	expect_days("FREQ=YEARLY", day_of(2024, 2, 29), 2028, 2, "29 ");
	expect_days("FREQ=DAILY;INTERVAL=2", day_of(2024, 2, 27), 2024, 3,
	        "2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 ");
}

static void an_end_and_exceptions_hold(void **state)
{
	struct recurrence rule = rule_of(
	        "FREQ=DAILY;COUNT=5;BYHOUR=8,19 EXDATE:20260302", day_of(2026, 3, 1));
	(void)state;
	assert_int_equal(recurrence_hours(&rule, day_of(2026, 2, 28)), 0);
	assert_int_equal(recurrence_hours(&rule, day_of(2026, 3, 1)), 1 << 8 | 1 << 19);
	assert_int_equal(recurrence_hours(&rule, day_of(2026, 3, 2)), 0); /* which counts all the same */
	assert_int_equal(recurrence_hours(&rule, day_of(2026, 3, 3)), 1 << 8); /* the fifth */
	assert_int_equal(recurrence_hours(&rule, day_of(2026, 3, 4)), 0);
	check_ok(recurrence_read(span_text("FREQ=DAILY;COUNT=5"), &rule));
	assert_int_equal(recurrence_begin(&rule, RECURRENCE_NEVER, RECURRENCE_FOREVER), ERR_INVALID);
	/* the item's own last day */
	check_ok(recurrence_read(span_text("FREQ=DAILY;UNTIL=20260331"), &rule));
	check_ok(recurrence_begin(&rule, day_of(2026, 3, 1), day_of(2026, 3, 15)));
	assert_int_not_equal(recurrence_hours(&rule, day_of(2026, 3, 15)), 0);
	assert_int_equal(recurrence_hours(&rule, day_of(2026, 3, 16)), 0);
}

static void what_is_not_of_the_subset_is_refused(void **state)
{
	static const char *const wrong[] = {"", "FREQ=", "FREQ=HOURLY", "FREQ=SECONDLY", "INTERVAL=2",
	        "INTERVAL=2;FREQ=DAILY", "FREQ=DAILY;", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;INTERVAL=0",
	        "FREQ=DAILY;INTERVAL=367", "FREQ=WEEKLY;INTERVAL=54", "FREQ=DAILY;INTERVAL=-1",
	        "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1001", "FREQ=DAILY;COUNT=99999999999999999999",
	        "FREQ=DAILY;COUNT=2;UNTIL=20260301", "FREQ=DAILY;UNTIL=20260230",
	        "FREQ=DAILY;UNTIL=20260301T080000Z", "FREQ=DAILY;BYHOUR=24",
	        "FREQ=DAILY;BYHOUR=", "FREQ=DAILY;BYHOUR=8,", "FREQ=DAILY;BYDAY=1MO",
	        "FREQ=MONTHLY;BYDAY=6MO", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=WEEKLY;BYDAY=XX",
	        "FREQ=YEARLY;BYDAY=MO", "FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY;BYMONTHDAY=32",
	        "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=DAILY;BYSETPOS=1", "FREQ=DAILY;WKST=SU",
	        "FREQ=DAILY;RSCALE=CHINESE", "EXDATE:20260301",
	        "FREQ=DAILY EXDATE:", "FREQ=DAILY EXDATE:2026", "FREQ=DAILY EXDATE:20260301 EXDATE:20260302",
	        "FREQ=DAILY FREQ=WEEKLY", "FREQ=DAILY jeudi", "tous les jours"};
	struct recurrence rule;
	char many[RECURRENCE_BYTES_MAX + 2];
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (recurrence_read(span_text(wrong[i]), &rule) != ERR_INVALID)
			fail_msg("taken: %s", wrong[i]);
	memset(many, ' ', sizeof(many));
	memcpy(many, "FREQ=DAILY", 10);
	assert_int_equal(recurrence_read(span_of(many, RECURRENCE_BYTES_MAX), &rule), 0);
	assert_int_equal(recurrence_read(span_of(many, RECURRENCE_BYTES_MAX + 1), &rule), ERR_INVALID);
	struct buf excepted = {0};
	buf_add_span(&excepted, span_text("FREQ=DAILY EXDATE:20260301"));
	for (int i = 1; i < RECURRENCE_EXCEPT_MAX; i++)
		buf_add_span(&excepted, span_text(",20260301"));
	assert_int_equal(recurrence_read(buf_span(&excepted), &rule), 0);
	buf_add_span(&excepted, span_text(",20260301"));
	assert_int_equal(recurrence_read(buf_span(&excepted), &rule), ERR_INVALID);
	buf_close(&excepted);
}

static void expect_words(const char *text, const char *fr, const char *en)
{
	struct recurrence rule = rule_of(text, day_of(2026, 3, 1));
	struct buf said = {0};
	recurrence_words(&rule, SCHEMA_FR, &said);
	buf_add(&said, "|", 1);
	recurrence_words(&rule, SCHEMA_EN, &said);
	char want[400], got[400];
	snprintf(want, sizeof(want), "%s|%s", fr, en);
	snprintf(got, sizeof(got), "%.*s", (int)said.size, (const char *)said.data);
	assert_string_equal(got, want);
	buf_close(&said);
}

static void rules_are_said_in_both_languages(void **state)
{
	(void)state;
	expect_words("FREQ=DAILY;INTERVAL=2;BYHOUR=8,19;UNTIL=20270312",
	        "tous les 2 jours, matin et soir, jusqu'au 12 mars 2027",
	        "every 2 days, morning and evening, until 12 March 2027");
	expect_words("FREQ=WEEKLY;BYDAY=MO,WE,FR", "chaque semaine, le lundi, mercredi et vendredi, matin",
	        "every week, on Monday, Wednesday and Friday, morning");
	expect_words("FREQ=MONTHLY;BYDAY=1MO,-1FR;BYHOUR=9",
	        "chaque mois, le premier lundi et le dernier vendredi, à 9 h",
	        "every month, the first Monday and the last Friday, at 9:00");
	expect_words("FREQ=MONTHLY;BYMONTHDAY=1,15,-1;COUNT=3",
	        "chaque mois, le 1, 15 et dernier jour, matin, 3 fois, jusqu'au 31 mars 2026",
	        "every month, on the 1, 15 and last day, morning, 3 times, until 31 March 2026");
	expect_words("FREQ=DAILY EXDATE:20261225,20270101",
	        "tous les jours, matin, sauf le 25 décembre 2026, 1er janvier 2027",
	        "every day, morning, except on 25 December 2026, 1 January 2027");
}

static void usual_words_propose_a_rule(void **state)
{
	struct recurrence rule;
	(void)state;
	assert_string_equal(recurrence_usual(span_text("2x/j")), "FREQ=DAILY;BYHOUR=8,19");
	assert_string_equal(recurrence_usual(span_text("Matin et soir")), "FREQ=DAILY;BYHOUR=8,19");
	assert_string_equal(recurrence_usual(span_text("tous les 2 jours")), "FREQ=DAILY;INTERVAL=2");
	assert_null(recurrence_usual(span_text("si besoin")));
	assert_null(recurrence_usual(span_text("selon la prescription du docteur, qui en dira plus long")));
	check_ok(recurrence_read(span_text(recurrence_usual(span_text("3x/sem"))), &rule));
	assert_false(recurrence_is_rule(span_text("tous les jours")));
	assert_true(recurrence_is_rule(span_text("freq=daily")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(days_are_those_of_the_standard),
	        cmocka_unit_test(days_that_a_month_lacks_are_passed_over),
	        cmocka_unit_test(an_end_and_exceptions_hold),
	        cmocka_unit_test(what_is_not_of_the_subset_is_refused),
	        cmocka_unit_test(rules_are_said_in_both_languages),
	        cmocka_unit_test(usual_words_propose_a_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
