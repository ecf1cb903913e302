/* The plan of a dossier: items and their rhythms, when a problem is due again, and what of it wants attention. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "node/calendar.h"
#include "node/plan/former.h"
#include "node/plan/plan_notes.h"
#include "node/plan/plan_work.h"
#include "tests/lib/desks.h"

static const struct record_id PATIENT = {{9}}, PROBLEM = {{1, 1, 1, 1, 1, 1}}, OTHER = {{2, 2, 2, 2, 2, 2}},
                              ITEM = {{3}}, GOAL = {{4}}, RATING = {{5}}, LATER_RATING = {{6}};

enum { ITEMS_MAX = 8 };

struct items {
	struct plan_item items[ITEMS_MAX];
	uint32_t count;
};

static void keep(void *context, const struct plan_item *item)
{
	struct items *items = context;
	assert_true(items->count < ITEMS_MAX);
	items->items[items->count++] = *item;
}

static struct items items_of(const struct desks *desks, int who)
{
	struct items items = {.count = 0};
	plan_items_each(desks->docs[who], keep, &items);
	return items;
}

static int64_t day_of(int32_t year, uint32_t month, uint32_t day)
{
	return calendar_day((struct calendar_date){year, month, day});
}

static void rhythms_are_rules_words_or_unreadable(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"target\":\"soins\"}", NULL);
	assert_int_equal(items_of(&desks, 0).items[0].rhythm, PLAN_NO_RHYTHM);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"recurrence\":\"matin et soir\"}", NULL);
	assert_int_equal(items_of(&desks, 0).items[0].rhythm, PLAN_IN_WORDS);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"recurrence\":\"FREQ=DAILY;COUNT=3\"}", NULL);
	assert_int_equal(items_of(&desks, 0).items[0].rhythm, PLAN_UNREADABLE); /* counted from which day? */
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"from\":\"2026-03-01\",\"until\":\"2026-03-02\"}",
	        NULL);
	const struct items items = items_of(&desks, 0);
	assert_int_equal(items.items[0].rhythm, PLAN_RULE);
	assert_int_not_equal(recurrence_hours(&items.items[0].rule, day_of(2026, 3, 2)), 0);
	assert_int_equal(
	        recurrence_hours(&items.items[0].rule, day_of(2026, 3, 3)), 0); /* the item's own end */
	desks_close(&desks);
}

static void two_who_change_it_apart_leave_both_rules(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM,
	        "{\"recurrence\":\"FREQ=DAILY\",\"state\":\"active\"}", NULL);
	desks_meet(&desks);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"recurrence\":\"FREQ=WEEKLY;BYDAY=MO\"}", NULL);
	desks_save(&desks, 1, SCHEMA_INTERVENTION, ITEM, "{\"state\":\"suspended\"}", NULL);
	desks_save(&desks, 2, SCHEMA_INTERVENTION, ITEM,
	        "{\"recurrence\":\"FREQ=DAILY;BYHOUR=19\",\"state\":\"active\"}", NULL);
	assert_int_equal(items_of(&desks, 1).items[0].gone, plan_day_of_hlc(desks.hlc));
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		const struct items items = items_of(&desks, who);
		assert_int_equal(items.count, 2);
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(items.items[i].rhythm, PLAN_RULE);
			assert_true(items.items[i].differs);
		}
	}
	desks_close(&desks);
}

static struct plan_due due_of(const struct desks *desks, int64_t rated)
{
	struct plan_due due;
	assert_true(plan_due_of(desks->docs[0], &PROBLEM, rated, &due));
	return due;
}

static void a_problem_is_due_again_by_its_last_rating(void **state)
{
	struct desks desks;
	struct plan_due due;
	const int64_t rated = day_of(2026, 2, 28);
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	assert_false(plan_due_of(desks.docs[0], &PROBLEM, rated, &due));
	desks_save(&desks, 0, SCHEMA_PROBLEM, PROBLEM, "{\"code\":26,\"severity\":\"actual\"}", NULL);
	assert_int_equal(due_of(&desks, RECURRENCE_NEVER).day, plan_day_of_hlc(desks.hlc));
	assert_int_equal(due_of(&desks, rated).day, rated + PLAN_REASSESS_DAYS);
	desks_save(&desks, 0, SCHEMA_PROBLEM, PROBLEM, "{\"reassessDays\":45}", NULL);
	assert_int_equal(due_of(&desks, rated).day, rated + 45);
	desks_save(&desks, 0, SCHEMA_PROBLEM, PROBLEM, "{\"reassessOn\":\"2026-03-10\"}", NULL);
	assert_int_equal(due_of(&desks, rated).day, day_of(2026, 3, 10));
	assert_int_equal(due_of(&desks, RECURRENCE_NEVER).day, day_of(2026, 3, 10));
	assert_int_equal(due_of(&desks, day_of(2026, 3, 10)).day, day_of(2026, 3, 10) + 45); /* it was */
	desks_save(&desks, 0, SCHEMA_PROBLEM, PROBLEM, "{\"state\":\"closed\"}", NULL);
	assert_false(plan_due_of(desks.docs[0], &PROBLEM, rated, &due));
	desks_close(&desks);
}

/* ---- What wants attention ----------------------------------------------------------------------------------------- */

static struct work_facts facts_of(struct desks *desks, int who)
{
	struct work_facts facts = {0};
	const struct digest_source view = desks_view(desks, who);
	plan_work(&view, WORK_REASSESS, &facts);
	return facts;
}

static void expect_words(struct span words, const char *want)
{
	check_span(words, span_text(want));
}

static void expect_end(struct span words, const char *want)
{
	const size_t size = strlen(want);
	expect_words(span_sub(words, words.size > size ? words.size - size : 0, size), want);
}

static void what_is_due_is_in_the_list(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(&desks, 0, SCHEMA_PROBLEM, PROBLEM,
	        "{\"code\":26,\"severity\":\"actual\",\"reassessDays\":30}", NULL);
	desks_save(&desks, 0, SCHEMA_RATING, LATER_RATING,
	        "{\"problem\":\"010101010101\",\"knowledge\":2,\"behaviour\":2,\"status\":2,\"at\":\"2026-03-"
	        "05T08:00:00+01:00\"}",
	        NULL);
	desks_save(&desks, 0, SCHEMA_RATING, RATING,
	        "{\"problem\":\"010101010101\",\"knowledge\":2,\"behaviour\":2,\"status\":2,\"at\":\"2026-01-"
	        "05T08:00:00+01:00\"}",
	        NULL);
	desks_save(&desks, 0, SCHEMA_GOAL, GOAL, "{\"words\":\"Remarcher\",\"targetDate\":\"2026-03-01\"}",
	        NULL);
	desks_save(
	        &desks, 0, SCHEMA_INTERVENTION, ITEM, "{\"target\":\"soins\",\"recurrence\":\"2x/j\"}", NULL);
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		struct work_facts facts = facts_of(&desks, who);
		assert_int_equal(facts.count, 3);
		assert_int_equal(
		        facts.items[1].day, day_of(2026, 4, 4)); /* thirty days after the later one */
		assert_int_equal(facts.items[1].soon, day_of(2026, 4, 4));
		assert_int_equal(facts.items[1].note, day_of(2026, 3, 21));
		expect_words(facts.items[1].en, "Skin: to be assessed again on 4 April 2026.");
		assert_int_equal(facts.items[0].day, day_of(2026, 3, 1));
		expect_words(facts.items[0].fr,
		        "Objectif « Remarcher » : échéance le 1er mars 2026, sans résultat noté.");
		expect_words(facts.items[2].en,
		        "1 item(s) of the plan without a rule: no visit is planned by them.");
		work_facts_close(&facts);
	}
	desks_save(&desks, 1, SCHEMA_PROBLEM, OTHER, "{\"code\":27,\"severity\":\"actual\"}", NULL);
	desks_save(&desks, 1, SCHEMA_GOAL, GOAL, "{\"outcome\":\"reached\"}", NULL);
	desks_save(&desks, 1, SCHEMA_INTERVENTION, ITEM, "{\"recurrence\":\"FREQ=DAILY\"}", NULL);
	struct work_facts facts = facts_of(&desks, 1);
	assert_int_equal(facts.count, 1); /* one of both problems: the one that was never rated first */
	assert_int_equal(facts.items[0].day, plan_day_of_hlc(desks.hlc));
	assert_int_equal(facts.items[0].records.size, 2 * ID_SHORT_BYTES);
	expect_end(facts.items[0].fr, ". Et 1 autre ensuite.");
	expect_end(facts.items[0].en, ". And 1 more after that.");
	work_facts_close(&facts);
	desks_save(&desks, 1, SCHEMA_INTERVENTION, OTHER, "{\"target\":\"conseils\",\"action\":\"carers\"}",
	        NULL);
	desks_save(&desks, 1, SCHEMA_INTERVENTION, GOAL, "{\"target\":\"soins\"}", NULL);
	facts = facts_of(&desks, 1);
	assert_int_equal(facts.count, 2); /* of nursing care it is to be said how often */
	check_span(facts.items[1].records, span_of(GOAL.bytes, sizeof(GOAL.bytes)));
	work_facts_close(&facts);
	desks_save(&desks, 1, SCHEMA_PATIENT, PATIENT, "{\"archivedOn\":\"2026-03-01\"}", NULL);
	facts = facts_of(&desks, 1);
	assert_int_equal(facts.count, 0);
	work_facts_close(&facts);
	desks_close(&desks);
}

static void former_rules_hold_on_their_days(void **state)
{
	struct desks desks;
	struct buf one = {0}, both = {0};
	struct recurrence rule;
	(void)state;
	former_put(
	        span_text("FREQ=DAILY;BYHOUR=8"), RECURRENCE_NEVER, day_of(2026, 3, 9), span_text(""), &one);
	former_put(span_text("FREQ=DAILY;BYHOUR=9"), day_of(2026, 3, 10), day_of(2026, 3, 19), buf_span(&one),
	        &both);
	assert_true(span_eq(buf_span(&both),
	        span_text("2026-03-10 2026-03-19 FREQ=DAILY;BYHOUR=9\n- 2026-03-09 FREQ=DAILY;BYHOUR=8")));
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(&desks, 0, SCHEMA_PROBLEM, PROBLEM, "{\"code\":26}", NULL);
	desks_save(&desks, 0, SCHEMA_INTERVENTION, ITEM,
	        "{\"problem\":\"010101010101\",\"category\":\"treatment\",\"target\":\"x\",\"from\":\"2026-"
	        "03-20\",\"recurrence\":"
	        "\"FREQ=DAILY;BYHOUR=10\",\"formerRules\":\"2026-03-10 2026-03-19 FREQ=DAILY;BYHOUR=9\\n- "
	        "2026-03-09 "
	        "FREQ=DAILY;BYHOUR=8\\nnothing\\n2026-13-01 - FREQ=DAILY\"}",
	        NULL);
	const struct items items = items_of(&desks, 0);
	assert_int_equal(items.count, 3);
	static const struct {
		uint32_t day, hour;
	} days[] = {{1, 8}, {9, 8}, {10, 9}, {19, 9}, {20, 10}};
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++) {
		uint32_t hours = 0;
		for (uint32_t j = 0; j < items.count; j++)
			hours |= recurrence_hours(&items.items[j].rule, day_of(2026, 3, days[i].day));
		assert_int_equal(hours, 1U << days[i].hour);
	}
	assert_true(!items.items[0].is_former && items.items[1].is_former && items.items[2].is_former);
	desks_close(&desks);
	/* the oldest give way */
	for (uint32_t i = 0; i < 2 * FORMER_RULES_MAX; i++) {
		buf_clear(&one);
		former_put(span_text("FREQ=DAILY;BYHOUR=8"), 20000 + i, 20000 + i, buf_span(&both), &one);
		buf_clear(&both);
		buf_add_span(&both, buf_span(&one));
	}
	uint32_t count = 0;
	for (struct span rest = buf_span(&both); former_next(&rest, &rule); count++)
		assert_int_equal(rule.begin, 20000 + 2 * FORMER_RULES_MAX - 1 - count);
	assert_int_equal(count, FORMER_RULES_MAX);
	buf_close(&one);
	buf_close(&both);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rhythms_are_rules_words_or_unreadable),
	        cmocka_unit_test(two_who_change_it_apart_leave_both_rules),
	        cmocka_unit_test(former_rules_hold_on_their_days),
	        cmocka_unit_test(a_problem_is_due_again_by_its_last_rating),
	        cmocka_unit_test(what_is_due_is_in_the_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
