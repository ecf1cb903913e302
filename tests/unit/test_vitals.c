#include "tests/lib/facts.h"

#include <stdio.h>
#include <time.h>

#include "crdt/base/mem.h"
#include "node/schema/moment.h"
#include "node/vitals/vitals_json.h"
#include "tests/lib/check.h"

#define ID(nn) nn nn nn nn nn nn
#define VISIT(day, vitals, more) \
	"{\"start\":\"2026-" day "T08:00:00+01:00\",\"end\":\"2026-" day \
	"T08:30:00+01:00\",\"nurse\":\"" ID("ee") "\",\"vitals\":{" vitals "}" more "}"
#define VITAL(at, measures, more) "{\"at\":\"2026-" at ":00+01:00\",\"measures\":{" measures "}" more "}"
#define DOUBT(of, measures, more) \
	"{\"" of "\",\"measures\":{" measures \
	"},\"why\":\"bandelette périmée\",\"at\":\"2026-03-20T08:00:00+01:00\"" more "}"

static int64_t day_of(const char *text)
{
	int64_t day;
	assert_true(moment_day_parse(span_text(text), &day));
	return day;
}

static json_t *shown(const struct facts *facts, const struct vitals_limit *limit, const char *type,
        const char *to, uint64_t seed)
{
	struct vitals vitals = {0};
	uint32_t vital = schema_vital_named(span_text(type))->number;
	if (limit)
		vitals.limits[vital] = *limit;
	facts_give(facts, seed, vitals_add, &vitals);
	vitals_derive(&vitals);
	json_t *json = vitals_json(&vitals, vital, day_of("2026-03-01"), day_of(to));
	vitals_close(&vitals);
	return json;
}

static json_t *seen(
        const struct facts *facts, const struct vitals_limit *limit, const char *type, const char *to)
{
	json_t *first = shown(facts, limit, type, to, 1);
	for (uint64_t seed = 2; seed < 8; seed++) {
		json_t *again = shown(facts, limit, type, to, seed);
		assert_true(json_equal(first, again));
		json_decref(again);
	}
	return first;
}

/* The values as "1.10 1.30?": ? suspect, ! confirmed, ~ unusual. */
static void expect_values(const struct facts *facts, const char *type, const char *want)
{
	char got[256] = "";
	size_t at = 0, index;
	json_t *json = seen(facts, NULL, type, "2026-03-31"), *value;
	const json_t *one = json_array_get(json_object_get(json, "vitals"), 0);
	json_array_foreach(json_object_get(one, "values"), index, value)
	{
		const char *opinion = json_string_value(json_object_get(value, "opinion"));
		at += (size_t)snprintf(got + at, sizeof(got) - at, "%s%s%s%s", index ? " " : "",
		        json_string_value(json_object_get(value, "value")),
		        json_object_get(value, "unusual") ? "~" : "",
		        !opinion                  ? ""
		                : *opinion == 's' ? "?"
		                                  : "!");
	}
	if (strcmp(got, want) != 0)
		fail_msg("%s: got “%s”, want “%s”", type, got, want);
	json_decref(json);
}

static void expect_trend(const struct facts *facts, const char *type, const char *member, const char *want)
{
	json_t *json = seen(facts, NULL, type, "2026-03-31");
	const json_t *found = json_object_get(json_array_get(json_object_get(json, "vitals"), 0), member);
	const char *got = json_string_value(json_is_object(found) ? json_object_get(found, "value") : found);
	if (strcmp(got ? got : "", want) != 0)
		fail_msg("%s %s: got “%s”, want “%s”", type, member, got ? got : "", want);
	json_decref(json);
}

static void visits_and_measures_make_one_series(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0, VISIT("02-20", "\"kg\":\"75.0\"", ""));
	facts_put(&facts, 0x12, "visit", 0, VISIT("03-05", "\"kg\":\"74.0\",\"gluc\":\"1.10\"", ""));
	facts_put(&facts, 0x13, "vital", 0, VITAL("03-03T07:00", "\"kg\":\"74400 g\"", ""));
	facts_put(&facts, 0x14, "visit", 0, VISIT("03-12", "\"kg\":\"72.5\"", ""));
	facts_put(&facts, 0x15, "vital", 0,
	        VITAL("03-12T18:00", "\"gluc\":\"6.1 mmol/L\"", ",\"context\":\"après repas\""));
	expect_values(&facts, "kg", "74.4 74.0 72.5");
	expect_values(&facts, "gluc", "1.10 1.10");
	expect_trend(&facts, "kg", "first", "74.4");
	expect_trend(&facts, "kg", "last", "72.5");
	expect_trend(&facts, "kg", "previous", "74.0");
	expect_trend(&facts, "kg", "change", "-1.5");
	expect_trend(&facts, "kg", "over", "-1.9");
	expect_trend(&facts, "kg", "lowest", "72.5");
	expect_trend(&facts, "kg", "highest", "74.4");
	expect_trend(&facts, "temp", "last", "");
	facts_close(&facts);
}

static void the_one_before_may_be_before_the_window(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0, VISIT("02-20", "\"kg\":\"75.0\"", ""));
	facts_put(&facts, 0x12, "visit", 0, VISIT("03-05", "\"kg\":\"74.0\"", ""));
	expect_values(&facts, "kg", "74.0");
	expect_trend(&facts, "kg", "previous", "75.0");
	expect_trend(&facts, "kg", "change", "-1.0");
	expect_trend(&facts, "kg", "over", "");
	facts_close(&facts);
}

static void amendments_and_corrections_replace(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0, VISIT("03-05", "\"gluc\":\"5.5\"", ""));
	expect_values(&facts, "gluc", "5.50");
	facts_put(&facts, 0x12, "visitAmendment", 0x11,
	        "{\"visit\":\"11111111111111111111111111111111\",\"vitals\":{\"gluc\":\"5.5 mmol/L\"}}");
	expect_values(&facts, "gluc", "0.99");
	facts_put(&facts, 0x13, "visitAmendment", 0x11,
	        "{\"visit\":\"11111111111111111111111111111111\",\"cancelled\":true}");
	expect_values(&facts, "gluc", "");
	facts_put(&facts, 0x14, "visitAmendment", 0x11,
	        "{\"visit\":\"11111111111111111111111111111111\",\"cancelled\":false}");
	expect_values(&facts, "gluc", "0.99");
	facts_put(&facts, 0x21, "vital", 0, VITAL("03-06T07:00", "\"gluc\":\"1.4\"", ""));
	facts_put(&facts, 0x22, "vital", 0x21, VITAL("03-06T07:00", "\"gluc\":\"1.04\"", ""));
	expect_values(&facts, "gluc", "0.99 1.04");
	facts_put(
	        &facts, 0x23, "vital", 0x22, VITAL("03-06T07:00", "\"gluc\":\"1.04\"", ",\"mistaken\":true"));
	expect_values(&facts, "gluc", "0.99");
	facts_close(&facts);
}

/* A visit in which nothing was measured, until an amendment says what was. */
static void measured_by_an_amendment(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0,
	        "{\"start\":\"2026-03-05T08:00:00+01:00\",\"end\":\"2026-03-05T08:30:00+01:00\",\"nurse\":"
	        "\"" ID("ee") "\"}");
	facts_put(&facts, 0x12, "visitAmendment", 0x11,
	        "{\"visit\":\"11111111111111111111111111111111\",\"vitals\":{\"spo2\":94}}");
	expect_values(&facts, "spo2", "94");
	facts_close(&facts);
}

static void suspect_is_not_deleted(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0, VISIT("03-05", "\"gluc\":\"1.10\",\"temp\":37", ""));
	facts_put(&facts, 0x12, "vital", 0, VITAL("03-06T07:00", "\"gluc\":\"4.80\"", ""));
	facts_put(&facts, 0x31, "vitalDoubt", 0, DOUBT("vital\":\"" ID("12"), "\"gluc\":\"4.80\"", ""));
	expect_values(&facts, "gluc", "1.10 4.80?");
	expect_trend(&facts, "gluc", "last", "1.10");
	expect_trend(&facts, "gluc", "highest", "1.10");
	facts_put(&facts, 0x32, "vitalDoubt", 0,
	        DOUBT("vital\":\"" ID("12"), "\"gluc\":\"4.80\"", ",\"state\":\"confirmed\""));
	expect_values(&facts, "gluc", "1.10 4.80!");
	expect_trend(&facts, "gluc", "last", "4.80");
	facts_put(&facts, 0x33, "vitalDoubt", 0, DOUBT("visit\":\"" ID("11"), "\"gluc\":\"1.10\"", ""));
	expect_values(&facts, "gluc", "1.10? 4.80!");
	expect_values(&facts, "temp", "37.0"); /* measured at the same moment, and not doubted */
	/* another value than the one that is doubted */
	facts_put(&facts, 0x13, "visitAmendment", 0x11,
	        "{\"visit\":\"11111111111111111111111111111111\",\"vitals\":{\"gluc\":\"1.01\"}}");
	expect_values(&facts, "gluc", "1.01 4.80!");
	facts_close(&facts);
}

/* The type of what wants attention on a day; "" for nothing. */
static void expect_attention(const struct facts *facts, const struct vitals_limit *limit, const char *type,
        const char *day, const char *want)
{
	json_t *json = seen(facts, limit, type, day);
	const char *got = json_string_value(
	        json_object_get(json_array_get(json_object_get(json, "attention"), 0), "type"));
	if (strcmp(got ? got : "", want) != 0)
		fail_msg("%s on %s: got “%s”, want “%s”", type, day, got ? got : "", want);
	json_decref(json);
}

static void beyond_this_patients_limits(void **state)
{
	const struct vitals_limit limit = {.has_low = true, .has_high = true, .low = 100, .high = 150};
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0, VISIT("03-05", "\"sys\":150", ""));
	expect_attention(&facts, &limit, "sys", "2026-03-05", "");
	facts_put(&facts, 0x12, "visit", 0, VISIT("03-06", "\"sys\":151", ""));
	expect_attention(&facts, &limit, "sys", "2026-03-06", "beyond-limit");
	expect_attention(&facts, &limit, "sys", "2026-03-20", "beyond-limit");
	expect_attention(&facts, &limit, "sys", "2026-03-21", "");
	expect_attention(&facts, NULL, "sys", "2026-03-06", "");
	facts_put(&facts, 0x13, "vital", 0, VITAL("03-06T12:00", "\"sys\":99", ""));
	expect_attention(&facts, &limit, "sys", "2026-03-06", "beyond-limit");
	facts_put(&facts, 0x14, "vital", 0, VITAL("03-06T13:00", "\"sys\":100", ""));
	expect_attention(&facts, &limit, "sys", "2026-03-06", "");
	facts_close(&facts);
}

static void unusual_until_somebody_looked_again(void **state)
{
	struct facts facts = {0};
	(void)state;
	facts_put(&facts, 0x11, "visit", 0, VISIT("03-05", "\"temp\":\"31.5\"", ""));
	expect_values(&facts, "temp", "31.5~");
	expect_attention(&facts, NULL, "temp", "2026-03-05", "unusual-measure");
	facts_put(&facts, 0x31, "vitalDoubt", 0,
	        DOUBT("visit\":\"" ID("11"), "\"temp\":\"31.5\"", ",\"state\":\"confirmed\""));
	expect_values(&facts, "temp", "31.5~!");
	expect_attention(&facts, NULL, "temp", "2026-03-05", "");
	facts_close(&facts);
}

/* A patched program corrects its correction without end. */
static void a_long_chain_of_corrections(void **state)
{
	enum { LONG = 20000, SECONDS = 10 /* each walked back by itself took longer */ };
	struct fact_head *chain = mem_zero(LONG, sizeof(*chain));
	const struct fact_head **heads = mem_zero(LONG, sizeof(*heads));
	struct fact_version *versions = mem_zero(LONG, sizeof(*versions));
	(void)state;
	for (uint32_t i = 0; i < LONG; i++) {
		chain[i].hlc = chain[i].op.seq = i + 1;
		chain[i].is_corrected = i + 1 < LONG;
		chain[i].is_correction = i > 0;
		chain[i].corrects.seq = i;
		heads[i] = &chain[i];
	}
	const clock_t begin = clock();
	fact_versions(heads, LONG, versions);
	assert_true(clock() - begin < (clock_t)SECONDS * CLOCKS_PER_SEC);
	assert_int_equal(versions[LONG - 1].root, 0);
	assert_int_equal(versions[0].shown, LONG - 1);
	assert_int_equal(versions[0].live, 1);
	chain[0].is_correction = true; /* it comes round: each is somebody's, and it ends */
	chain[0].corrects.seq = LONG;
	fact_versions(heads, LONG, versions);
	assert_true(versions[LONG - 1].root < LONG);
	mem_free(chain);
	mem_free(heads);
	mem_free(versions);
}

static void many_values(void **state)
{
	enum { MANY = 3000 };
	struct facts facts = {0};
	struct vitals vitals = {0};
	uint32_t count;
	(void)state;
	facts_put(&facts, 0x11, "vital", 0, VITAL("03-05T07:00", "\"sys\":120,\"dia\":80", ""));
	for (uint32_t i = 0; i < MANY; i++) {
		struct fact fact = facts.items[0];
		fact.head.op.seq = i + 1;
		fact.head.id.bytes[0] = (uint8_t)i;
		fact.head.id.bytes[1] = (uint8_t)(i >> 8);
		vitals_add(&vitals, &fact);
	}
	vitals_derive(&vitals);
	assert_non_null(vitals_of(&vitals, 2, &count));
	assert_int_equal(count, MANY);
	assert_null(vitals_of(&vitals, 3, &count));
	vitals_close(&vitals);
	facts_close(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(visits_and_measures_make_one_series),
	        cmocka_unit_test(the_one_before_may_be_before_the_window),
	        cmocka_unit_test(amendments_and_corrections_replace),
	        cmocka_unit_test(measured_by_an_amendment),
	        cmocka_unit_test(suspect_is_not_deleted),
	        cmocka_unit_test(beyond_this_patients_limits),
	        cmocka_unit_test(unusual_until_somebody_looked_again),
	        cmocka_unit_test(a_long_chain_of_corrections),
	        cmocka_unit_test(many_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
