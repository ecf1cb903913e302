/*
 * Two nurses without a network give one dose each of the same line: both stay, both devices raise the same alarm, and a nurse settles it in words.
 */
#include "tests/lib/check.h"

#include "node/medication/medication_json.h"
#include "node/node_digest.h"
#include "tests/lib/pair.h"

static const struct record_id PATIENT = {{0xaa, 1}};
enum { LINE = 2, DAY = 20517 /* 2026-03-05 */ };

/* A record of `kind`, whose id is all `number`, written by one of the two. */
static void write_event(struct device *device, const char *kind, uint8_t number, const char *text)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind_named(span_text(kind))}};
	struct schema_report report = {0};
	struct node_change change;
	json_t *json = json_loads(text, 0, NULL);
	memset(edit.record.id.bytes, number, sizeof(edit.record.id.bytes));
	check_ok(record_from_json(json, SCHEMA_CHECK_NEW, &arena, &edit, &report));
	check_ok(node_change_begin(device->node, SCHEMA_DOC_DOSSIER, &PATIENT, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0}));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	arena_close(&arena);
	json_decref(json);
}

static void look(void *context, const struct digest_source *source)
{
	struct medication *medication = context;
	assert_int_equal(facts_of(source, medication_kinds, medication_kind_count, FACTS_ALL, medication_add,
	                         medication),
	        0);
	medication_derive(medication);
}

static json_t *seen_by(struct device *device)
{
	struct medication medication = {0};
	check_ok(node_digest_look(device->node, &PATIENT, look, &medication));
	json_t *json = medication_json(&medication, DAY, DAY);
	medication_close(&medication);
	return json;
}

/* Both show the same; the one alarm, or NULL. */
static json_t *alarm_of_both(struct pair *pair, json_t **all)
{
	*all = seen_by(&pair->devices[0]);
	json_t *other = seen_by(&pair->devices[1]), *alarms = json_object_get(*all, "alarms");
	assert_true(json_equal(*all, other));
	json_decref(other);
	assert_true(json_array_size(alarms) < 2);
	return json_array_get(alarms, 0);
}

static void meet(struct pair *pair)
{
	pair_meet(pair);
	devices_run(&pair->loop, pair_equal, pair);
	pair_part(pair);
}

static void given_apart_both_stay(void **state)
{
	struct pair pair;
	json_t *all;
	(void)state;
	pair_open(&pair, TEAM_ROLE_NURSE);
	write_event(&pair.devices[0], "prescription", 1,
	        "{\"prescriber\":\"Dr Haddad\",\"date\":\"2026-03-01\",\"validUntil\":\"2026-03-31\"}");
	write_event(&pair.devices[0], "prescriptionLine", LINE,
	        "{\"prescription\":\"010101010101\",\"drug\":\"Lantus\",\"dose\":\"12 "
	        "UI\",\"schedule\":\"soir\"}");
	meet(&pair);
	assert_null(alarm_of_both(&pair, &all));
	json_decref(all);
	/* apart */
	write_event(&pair.devices[0], "dose", 3,
	        "{\"line\":\"020202020202\",\"outcome\":\"given\",\"at\":\"2026-03-05T18:40:00+01:00\"}");
	write_event(&pair.devices[1], "dose", 4,
	        "{\"line\":\"020202020202\",\"outcome\":\"given\",\"at\":\"2026-03-05T20:15:00+01:00\"}");
	meet(&pair);
	json_t *alarm = alarm_of_both(&pair, &all);
	assert_string_equal(json_string_value(json_object_get(alarm, "type")), "double");
	assert_int_equal(json_array_size(json_object_get(alarm, "doses")), 2);
	assert_null(json_object_get(alarm, "settled"));
	assert_int_equal(json_array_size(json_object_get(all, "doses")), 2);
	json_decref(all);
	/* one settles it; meanwhile the other says that a third one was given: open again where both are known */
	write_event(&pair.devices[1], "medicationReview", 5,
	        "{\"about\":\"doses\",\"words\":\"Glycémie surveillée, Dr Haddad "
	        "prévenu\",\"at\":\"2026-03-05T21:00:00+01:00\","
	        "\"doses\":[\"030303030303\",\"040404040404\"]}");
	meet(&pair);
	alarm = alarm_of_both(&pair, &all);
	assert_non_null(json_object_get(alarm, "settled"));
	assert_int_equal(json_array_size(json_object_get(all, "doses")), 2);
	json_decref(all);
	write_event(&pair.devices[0], "dose", 6,
	        "{\"line\":\"020202020202\",\"outcome\":\"given\",\"at\":\"2026-03-05T19:00:00+01:00\"}");
	meet(&pair);
	alarm = alarm_of_both(&pair, &all);
	assert_null(json_object_get(alarm, "settled"));
	assert_int_equal(json_array_size(json_object_get(alarm, "doses")), 3);
	json_decref(all);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(given_apart_both_stay)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
