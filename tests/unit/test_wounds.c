#include "tests/lib/facts.h"

#include <stdio.h>

#include "node/schema/moment.h"
#include "node/wounds/wounds.h"
#include "tests/lib/check.h"

#define ID(nn) nn nn nn nn nn nn
#define CHECK(day, more) "{\"wound\":\"" ID("aa") "\",\"at\":\"2026-03-" day "T09:00:00+01:00\"" more "}"
#define SIZE(length, width) ",\"length\":\"" length "\",\"width\":\"" width "\""

static int64_t day_of(const char *text)
{
	int64_t day;
	assert_true(moment_day_parse(span_text(text), &day));
	return day;
}

/* One open wound, whose id is all aa, with the facts in an order that `seed` says. */
static void derive(struct wounds *wounds, const struct facts *facts, uint64_t seed)
{
	*wounds = (struct wounds){0};
	wounds->wounds = mem_room(NULL, 0, &wounds->wound_room, sizeof(*wounds->wounds));
	wounds->wounds[0] = (struct wounds_wound){.is_open = true, .site = span_text("talon")};
	memset(wounds->wounds[0].id.bytes, 0xaa, ID_SHORT_BYTES);
	wounds->wound_count = 1;
	facts_give(facts, seed, wounds_add, wounds);
	wounds_derive(wounds);
}

static void checks_stand_by_their_moment(void **state)
{
	static const char DAYS[] = {5, 12, 13};
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "woundCheck", 0, CHECK("12", SIZE("3.0", "2,5")));
	facts_put(&facts, 0x12, "woundCheck", 0, CHECK("05", SIZE("4.0", "3.0")));
	facts_put(&facts, 0x13, "woundCheck", 0, CHECK("13", SIZE("9.0", "9.0")));
	facts_put(&facts, 0x14, "woundCheck", 0x13, CHECK("13", SIZE("2.9", "2.5")));
	facts_put(&facts, 0x15, "woundCheck", 0, CHECK("01", ""));
	facts_put(&facts, 0x16, "woundCheck", 0x15, CHECK("01", ",\"mistaken\":true"));
	facts_put(&facts, 0x17, "woundCheck", 0,
	        "{\"wound\":\"" ID("bb") "\",\"at\":\"2026-03-06T09:00:00+01:00\"}");
	for (uint64_t seed = 1; seed < 12; seed++) {
		struct wounds wounds;
		derive(&wounds, &facts, seed);
		const struct wounds_wound *wound = &wounds.wounds[0];
		assert_int_equal(wound->count, 3);
		for (uint32_t i = 0; i < 3; i++)
			assert_int_equal(
			        wounds_check(&wounds, wound, i)->day, day_of("2026-02-28") + DAYS[i]);
		assert_int_equal(wounds_surface(wounds_check(&wounds, wound, 0)), 1200);
		assert_int_equal(wounds_surface(wounds_check(&wounds, wound, 1)), 750);
		assert_int_equal(wounds_surface(wounds_check(&wounds, wound, 2)), 725); /* as corrected */
		wounds_close(&wounds);
	}
	facts_close(&facts);
}

static void last_week_is_the_nearest_to_seven_days(void **state)
{
	static const char *const DAYS[] = {"01", "06", "09", "12", "16", "18", "24"};
	static const int32_t WANT[] = {
	        WOUNDS_NONE, 0, 0, 1, 2, 3, 5}; /* 16 and 18 are as near to a week before 24 */
	struct facts facts = {0};
	struct wounds wounds;
	(void)state;
	facts_put(&facts, 0x11, "woundCheck", 0, CHECK("01", ""));
	facts_put(&facts, 0x12, "woundCheck", 0, CHECK("06", ""));
	facts_put(&facts, 0x13, "woundCheck", 0, CHECK("09", ""));
	facts_put(&facts, 0x14, "woundCheck", 0, CHECK("12", ""));
	facts_put(&facts, 0x15, "woundCheck", 0, CHECK("16", ""));
	facts_put(&facts, 0x16, "woundCheck", 0, CHECK("18", ""));
	facts_put(&facts, 0x17, "woundCheck", 0, CHECK("24", ""));
	derive(&wounds, &facts, 3);
	for (uint32_t i = 0; i < sizeof(WANT) / sizeof(*WANT); i++)
		if (wounds_week_before(&wounds, &wounds.wounds[0], i) != WANT[i])
			fail_msg("before %s: %d", DAYS[i], wounds_week_before(&wounds, &wounds.wounds[0], i));
	wounds_close(&wounds);
	facts_close(&facts);
}

static void comparisons(void **state)
{
	static const struct {
		const char *earlier, *later, *trend;
		int64_t surface;
		int32_t percent;
	} CASES[] = {{SIZE("4.0", "3.0"), SIZE("3.0", "3.0"), "better", -300, -25},
	        {SIZE("4.0", "3.0"), SIZE("4.0", "3.2"), "same", 80, 6}, /* less than a tenth */
	        {SIZE("4.0", "3.0"), SIZE("4.0", "3.3"), "worse", 120, 10},
	        {SIZE("0.0", "0.0"), SIZE("1.0", "1.0"), "worse", 100, INT32_MAX},
	        {SIZE("4.0", "3.0") ",\"exudate\":\"high\"", SIZE("4.0", "3.0") ",\"exudate\":\"low\"",
	                "better", 0, 0},
	        {SIZE("4.0", "3.0") ",\"exudate\":\"low\"", SIZE("3.0", "3.0") ",\"exudate\":\"high\"",
	                "mixed", -300, -25},
	        {",\"stage\":\"stage-2\"", ",\"stage\":\"stage-3\"", "worse", 0, 0},
	        {",\"stage\":\"stage-2\"", ",\"stage\":\"unstageable\"", "same", 0, 0},
	        {",\"tissue\":\"fibrin\"", ",\"tissue\":\"granulating\"", "better", 0, 0},
	        {",\"tissue\":\"granulating\"", ",\"tissue\":\"infected\"", "worse", 0, 0},
	        {",\"depth\":\"1.0\"", ",\"depth\":\"0.8\"", "better", 0, 0},
	        {",\"pain\":8", ",\"pain\":2", "same", 0, 0}, {"", "", "same", 0, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct facts facts = {0};
		struct wounds wounds;
		struct wounds_difference difference;
		char text[512];
		snprintf(text, sizeof(text), CHECK("01", "%s"), CASES[i].earlier);
		facts_put(&facts, 0x11, "woundCheck", 0, text);
		snprintf(text, sizeof(text), CHECK("08", "%s"), CASES[i].later);
		facts_put(&facts, 0x12, "woundCheck", 0, text);
		derive(&wounds, &facts, 1);
		wounds_compare(wounds_check(&wounds, &wounds.wounds[0], 0),
		        wounds_check(&wounds, &wounds.wounds[0], 1), &difference);
		assert_string_equal(wounds_trend_name(difference.trend), CASES[i].trend);
		assert_int_equal(difference.surface, CASES[i].surface);
		assert_int_equal(difference.percent, CASES[i].percent);
		wounds_close(&wounds);
		facts_close(&facts);
	}
}

static void what_wants_attention(void **state)
{
	struct facts facts = {0};
	struct wounds wounds;
	int64_t from = 0;
	(void)state;
	derive(&wounds, &facts, 1);
	assert_int_equal(wounds_attention(&wounds, &wounds.wounds[0], &from), WOUNDS_QUIET);
	wounds_close(&wounds);
	facts_put(&facts, 0x11, "woundCheck", 0, CHECK("01", SIZE("4.0", "3.0")));
	derive(&wounds, &facts, 1);
	assert_int_equal(wounds_attention(&wounds, &wounds.wounds[0], &from), WOUNDS_UNCHECKED);
	assert_int_equal(from, day_of("2026-03-09"));
	wounds.wounds[0].is_open = false;
	assert_int_equal(wounds_attention(&wounds, &wounds.wounds[0], &from), WOUNDS_QUIET);
	wounds_close(&wounds);
	facts_put(&facts, 0x12, "woundCheck", 0, CHECK("05", SIZE("5.0", "3.0")));
	derive(&wounds, &facts, 1);
	assert_int_equal(wounds_attention(&wounds, &wounds.wounds[0], &from), WOUNDS_WORSENING);
	assert_int_equal(from, day_of("2026-03-05"));
	wounds_close(&wounds);
	facts_close(&facts);
}

/* A patched program writes any number: it is nobody's size. */
static void no_size_is_beyond_what_a_wound_has(void **state)
{
	static const int64_t sizes[] = {INT64_MAX, INT64_MIN, INT32_MAX, -2, WOUNDS_MOST + 1};
	struct schema_record record = {.kind = schema_kind(SCHEMA_WOUND_CHECK)};
	const struct fact fact = {{.id = {{1}}}, &record};
	(void)state;
	schema_put(&record, schema_field(record.kind, 2))->number = 0;
	schema_put(&record, schema_field(record.kind, 4))->number = WOUNDS_MOST;
	struct schema_value *length = schema_put(&record, schema_field(record.kind, 3));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct wounds wounds = {0};
		struct wounds_difference difference;
		length->number = sizes[i];
		wounds_add(&wounds, &fact);
		assert_int_equal(wounds_surface(&wounds.checks[0]), WOUNDS_NONE);
		length->number = WOUNDS_MOST;
		wounds_add(&wounds, &fact);
		assert_int_equal(wounds_surface(&wounds.checks[1]), (int64_t)WOUNDS_MOST * WOUNDS_MOST);
		length->number = 1;
		wounds_add(&wounds, &fact);
		wounds_compare(&wounds.checks[2], &wounds.checks[1], &difference);
		assert_int_equal(difference.trend, WOUNDS_WORSE);
		wounds_close(&wounds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_size_is_beyond_what_a_wound_has),
	        cmocka_unit_test(checks_stand_by_their_moment),
	        cmocka_unit_test(last_week_is_the_nearest_to_seven_days),
	        cmocka_unit_test(comparisons),
	        cmocka_unit_test(what_wants_attention),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
