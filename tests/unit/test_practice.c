/* What a team did in a year beside its visits, and what is due (node/practice/practice.h). */
#include "tests/lib/check.h"

#include "node/calendar.h"
#include "node/practice/practice.h"
#include "tests/lib/desks.h"

static const struct record_id PRACTICE = {{6}};

static int32_t day_of(int32_t year, uint32_t month, uint32_t day)
{
	return (int32_t)calendar_day((struct calendar_date){year, month, day});
}

static struct record_id next_id(void)
{
	static uint8_t number;
	return (struct record_id){{22, ++number}};
}

/* `more` goes on after a comma: "\"subject\":\"omaha\"". */
static struct record_id add(
        struct desks *desks, int who, const char *type, const char *moment, int minutes, const char *more)
{
	const struct record_id id = next_id();
	char json[400];
	snprintf(json, sizeof(json), "{\"type\":\"%s\",\"at\":\"%s\",\"minutes\":%d%s%s}", type, moment,
	        minutes, more ? "," : "", more ? more : "");
	desks_save(desks, who, SCHEMA_PRACTICE_EVENT, id, json, NULL);
	return id;
}

static struct practice_year year_of(struct desks *desks, int who, int32_t year, int32_t today)
{
	const struct digest_source view = desks_view(desks, who);
	struct practice_year out;
	uint32_t count;
	struct practice_event *events = practice_events(&view, &count);
	practice_of(events, count, year, today, &out);
	mem_free(events);
	return out;
}

static void a_year_in_figures(void **state)
{
	static const char BOTH[] = "\"attendees\":[\"010000000000\",\"020000000000\"]";
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_PRACTICE, PRACTICE);
	add(&desks, 0, "sharing", "2023-12-22T14:00:00+01:00", 90, BOTH);
	add(&desks, 0, "sharing", "2024-01-05T14:00:00+01:00", 90, BOTH);
	add(&desks, 1, "sharing", "2024-02-02T14:00:00+01:00", 60, "\"attendees\":[\"010000000000\"]");
	add(&desks, 1, "training", "2024-02-29T09:00:00+01:00", 420,
	        "\"subject\":\"omaha\",\"attendees\":[\"010000000000\"]");
	add(&desks, 0, "training", "2024-03-01T09:00:00+01:00", 60, "\"attendees\":[\"010000000000\"]");
	add(&desks, 0, "peer-visit", "2024-03-04T09:00:00+01:00", 60, BOTH);
	add(&desks, 0, "facilitation", "2024-12-31T23:30:00+01:00", 120, NULL);
	add(&desks, 0, "facilitation", "2025-01-01T00:30:00+01:00", 120, NULL);
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		struct practice_year year = year_of(&desks, who, 2024, day_of(2024, 3, 10));
		assert_int_equal(year.types[PRACTICE_SHARING].count, 2);
		assert_int_equal(year.types[PRACTICE_SHARING].minutes, 150);
		assert_int_equal(year.types[PRACTICE_SHARING].person_minutes, 2 * 90 + 60);
		assert_int_equal(
		        year.types[PRACTICE_FACILITATION].count, 1); /* the day where it was, not in UTC */
		assert_int_equal(year.last_sharing_day, day_of(2024, 2, 2));
		assert_int_equal(year.longest_gap_days, 37); /* from 2 February to today, over the 29th */
		assert_int_equal(year.weeks, 10);
		assert_int_equal(year.person_count, 2);
		assert_int_equal(year.people[0].id[0], 1);
		assert_int_equal(year.people[0].sharings, 2);
		assert_int_equal(year.people[0].training_minutes, 480);
		assert_int_equal(year.people[0].omaha_minutes, 420);
		assert_int_equal(year.people[1].sharings, 1);
		assert_int_equal(year.people[1].peer_visits, 1);
		year = year_of(&desks, who, 2024, day_of(2025, 6, 1)); /* looked at later */
		assert_int_equal(year.weeks, 53);
		year = year_of(&desks, who, 2023, day_of(2024, 1, 1));
		assert_int_equal(
		        year.longest_gap_days, 10); /* from 22 December on, in what is left of the year */
		year = year_of(&desks, who, 2026, day_of(2025, 6, 1));
		assert_int_equal(year.weeks, 0);
	}
	desks_close(&desks);
}

/* Two correct the same event apart: the event counts no more, both corrections do, and both stay to be seen. */
static void what_was_corrected_does_not_count(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_PRACTICE, PRACTICE);
	const struct record_id wrong = add(&desks, 0, "sharing", "2024-01-05T14:00:00+01:00", 900, NULL);
	desks_meet(&desks);
	desks_correct(&desks, 0, SCHEMA_PRACTICE_EVENT, next_id(), wrong,
	        "{\"type\":\"sharing\",\"at\":\"2024-01-05T14:00:00+01:00\",\"minutes\":90}",
	        "a zero too many");
	struct practice_year year = year_of(&desks, 0, 2024, day_of(2024, 1, 10));
	assert_int_equal(year.types[PRACTICE_SHARING].count, 1);
	assert_int_equal(year.types[PRACTICE_SHARING].minutes, 90);
	desks_correct(&desks, 1, SCHEMA_PRACTICE_EVENT, next_id(), wrong,
	        "{\"type\":\"sharing\",\"at\":\"2024-01-05T14:00:00+01:00\",\"minutes\":95}", "by my watch");
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		year = year_of(&desks, who, 2024, day_of(2024, 1, 10));
		assert_int_equal(year.types[PRACTICE_SHARING].count, 2);
		assert_int_equal(year.types[PRACTICE_SHARING].minutes, 185);
	}
	desks_close(&desks);
}

/* ---- What is due ---- */

struct expected {
	uint32_t source;
	int32_t day;
	enum work_urgency urgency; /* 0: it is no item yet */
};

static void check_due(struct desks *desks, int32_t today, const struct expected *wanted, size_t count)
{
	const struct digest_source view = desks_view(desks, 0);
	struct work_facts facts = {0};
	struct work_items items = {0};
	uint32_t found = 0, expected = 0;
	work_facts_of(&view, &facts);
	work_items_add(&items, &facts, SCHEMA_DOC_PRACTICE, &PRACTICE, today);
	for (size_t i = 0; i < count; i++) {
		expected += wanted[i].urgency != 0;
		for (uint32_t j = 0; j < items.count; j++)
			if (items.items[j].fact->source == wanted[i].source) {
				assert_int_equal(items.items[j].fact->day, wanted[i].day);
				assert_int_equal(items.items[j].urgency, wanted[i].urgency);
				found++;
			}
	}
	assert_int_equal(found, expected);
	assert_int_equal(items.count, expected);
	work_items_close(&items);
	work_facts_close(&facts);
}
#define DUE(desks, today, ...) \
	check_due(desks, today, (const struct expected[]){__VA_ARGS__}, \
	        sizeof((const struct expected[]){__VA_ARGS__}) / sizeof(struct expected))

static void what_is_due_is_told_ahead(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_PRACTICE, PRACTICE);
	const struct expected nothing = {WORK_SHARING, 0, 0};
	check_due(&desks, day_of(2024, 2, 20), &nothing, 1);
	add(&desks, 0, "sharing", "2024-02-20T14:00:00+01:00", 90, NULL);
	add(&desks, 0, "facilitation", "2024-02-21T14:00:00+01:00", 120, NULL);
	const int32_t sharing = day_of(2024, 3, 5), facilitation = day_of(2024, 2, 28),
	              end = day_of(2024, 12, 31);
	DUE(&desks, sharing - 8, {WORK_SHARING, sharing, 0});
	DUE(&desks, sharing - 7, {WORK_SHARING, sharing, WORK_NOTE});
	DUE(&desks, sharing - 3, {WORK_SHARING, sharing, WORK_SOON},
	        {WORK_FACILITATION, facilitation, WORK_NOTE});
	DUE(&desks, sharing + 1, {WORK_SHARING, sharing, WORK_NOW},
	        {WORK_FACILITATION, facilitation, WORK_NOTE});
	DUE(&desks, day_of(2024, 12, 20), {WORK_SHARING, sharing, WORK_NOW},
	        {WORK_FACILITATION, facilitation, WORK_SOON}, {WORK_PEER_VISIT, end, WORK_NOW},
	        {WORK_INTER_TEAM, end, WORK_NOW});
	add(&desks, 0, "peer-visit", "2024-05-20T14:00:00+02:00", 90, NULL);
	add(&desks, 0, "inter-team", "2024-06-20T14:00:00+02:00", 90, NULL);
	add(&desks, 0, "sharing", "2024-11-29T14:00:00+01:00", 90, NULL);
	add(&desks, 0, "facilitation", "2024-11-29T14:00:00+01:00", 90, NULL);
	DUE(&desks, day_of(2024, 12, 1), {WORK_INTER_TEAM, end, WORK_SOON}); /* the second one of the year */
	add(&desks, 0, "inter-team", "2024-12-02T14:00:00+01:00", 90, NULL);
	DUE(&desks, day_of(2024, 12, 3), {WORK_INTER_TEAM, 0, 0});
	DUE(&desks, day_of(2025, 12, 20), {WORK_SHARING, day_of(2024, 12, 13), WORK_NOW},
	        {WORK_FACILITATION, day_of(2024, 12, 6), WORK_SOON},
	        {WORK_PEER_VISIT, day_of(2025, 12, 31), WORK_NOW},
	        {WORK_INTER_TEAM, day_of(2025, 12, 31), WORK_NOW});
	desks_close(&desks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_year_in_figures),
	        cmocka_unit_test(what_was_corrected_does_not_count),
	        cmocka_unit_test(what_is_due_is_told_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
