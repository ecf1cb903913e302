/* A draft at each keystroke, and a visit that runs: node/visit/draft.h, rules.h, running.h. */
#include "tests/lib/check.h"
#include "tests/lib/json.h"

#include "crdt/base/err.h"
#include "node/visit/draft.h"
#include "node/visit/rules.h"
#include "node/visit/running.h"

static void expect(const json_t *got, const char *want)
{
	char *text = json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	if (strcmp(text ? text : "", want) != 0)
		fail_msg("got %s, want %s", text ? text : "nothing", want);
	free(text);
}

static json_t *new_draft(const char *values)
{
	json_t *draft = json_pack("{s:s, s:i, s:s, s:s, s:o}", "key", "t", "version", 1, "kind",
	        "transmission", "id", "00000000000000000000000000000000", "values", json_of(values));
	return draft;
}

/* `want` NULL: it is refused, and the draft as it was. */
static void keystroke(const char *values, const char *request, const char *want)
{
	json_t *draft = new_draft(values), *asked = json_of(request), *before = json_deep_copy(draft);
	const char *why = NULL;
	int result = draft_apply(draft, asked, &why);
	if (want) {
		check_ok(result);
		expect(json_object_get(draft, "values"), want);
		assert_int_equal(json_integer_value(json_object_get(draft, "version")), 2);
	} else {
		check_code(result, ERR_INVALID);
		assert_true(json_equal(draft, before));
		assert_non_null(why);
	}
	json_decref(draft);
	json_decref(asked);
	json_decref(before);
}

static void a_keystroke_changes_what_it_says(void **state)
{
	(void)state;
	keystroke("{\"data\":\"a\"}", "{\"values\":{\"data\":\"b\"}}", "{\"data\":\"b\"}");
	keystroke("{\"a\":1,\"b\":2}", "{\"change\":{\"values\":{\"a\":null,\"c\":{\"d\":3}}}}",
	        "{\"b\":2,\"c\":{\"d\":3}}");
	keystroke("{\"data\":\"Bonour\"}",
	        "{\"text\":[{\"at\":\"/values/data\",\"from\":3,\"insert\":\"j\"}]}",
	        "{\"data\":\"Bonjour\"}");
	keystroke("{}",
	        "{\"text\":[{\"at\":\"/values/data\",\"insert\":\"A\"},{\"at\":\"/values/"
	        "data\",\"from\":1,\"insert\":\"b\"}]}",
	        "{\"data\":\"Ab\"}");
	/* a letter beyond the basic plane takes two units, as in a browser */
	keystroke("{\"data\":\"\xf0\x9f\x98\x80\xc3\xa9!\"}",
	        "{\"text\":[{\"at\":\"/values/data\",\"from\":3,\"remove\":1,\"insert\":\"?\"}]}",
	        "{\"data\":\"\xf0\x9f\x98\x80\xc3\xa9?\"}");
	keystroke("{\"list\":[{\"x\":\"a\"}]}",
	        "{\"text\":[{\"at\":\"/values/list/0/x\",\"from\":1,\"insert\":\"b\"}]}",
	        "{\"list\":[{\"x\":\"ab\"}]}");
	keystroke("{\"a/b\":\"\"}", "{\"text\":[{\"at\":\"/values/a~1b\",\"insert\":\"x\"}]}",
	        "{\"a/b\":\"x\"}");
	/* patch first, then splices */
	keystroke("{}",
	        "{\"change\":{\"values\":{\"data\":\"x\"}},\"text\":[{\"at\":\"/values/"
	        "data\",\"from\":1,\"insert\":\"y\"}]}",
	        "{\"data\":\"xy\"}");
}

static void what_does_not_fit_changes_nothing(void **state)
{
	static const char *const requests[] = {"{\"values\":5}", "{\"with\":[]}",
	        "{\"with\":{\"rating\":{}}}", "{\"with\":{\"rating\":[1]}}", "{\"change\":5}",
	        "{\"change\":{\"values\":null}}", "{\"change\":{\"version\":9}}",
	        "{\"change\":{\"key\":\"x\"}}", "{\"text\":5}", "{\"text\":[5]}",
	        "{\"text\":[{\"insert\":\"x\"}]}", "{\"text\":[{\"at\":\"/version\",\"insert\":\"x\"}]}",
	        "{\"text\":[{\"at\":\"/values\",\"insert\":\"x\"}]}",
	        "{\"text\":[{\"at\":\"values/data\",\"insert\":\"x\"}]}",
	        "{\"text\":[{\"at\":\"/values/data/x\",\"insert\":\"x\"}]}",
	        "{\"text\":[{\"at\":\"/values/da~2ta\",\"insert\":\"x\"}]}",
	        "{\"text\":[{\"at\":\"/values/data\",\"from\":1,\"insert\":\"x\"}]}", /* inside of a letter */
	        "{\"text\":[{\"at\":\"/values/data\",\"from\":3,\"insert\":\"x\"}]}", /* beyond the end */
	        "{\"text\":[{\"at\":\"/values/data\",\"from\":2,\"remove\":1}]}",
	        "{\"text\":[{\"at\":\"/values/data\",\"from\":-1}]}",
	        "{\"text\":[{\"at\":\"/values/data\",\"insert\":5}]}",
	        "{\"text\":[{\"at\":\"/values/n\",\"insert\":\"x\"}]}",
	        "{\"values\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}"};
	(void)state;
	/* nobody could type on in what it would be then */
	keystroke(
	        "{}", "{\"with\":{\"note\":[{}]},\"text\":[{\"at\":\"/with/dose\",\"insert\":\"x\"}]}", NULL);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		keystroke("{\"data\":\"\xf0\x9f\x98\x80\",\"n\":5}", requests[i], NULL);
}

static void a_draft_is_bounded(void **state)
{
	json_t *draft = new_draft("{}"), *request = json_pack("{s:{s:o}}", "values", "data", json_string(""));
	char *text = malloc(DRAFT_BYTES_MAX + 1);
	const char *why;
	(void)state;
	memset(text, 'x', DRAFT_BYTES_MAX);
	text[DRAFT_BYTES_MAX] = 0;
	json_object_set_new(json_object_get(request, "values"), "data", json_string(text));
	check_code(draft_apply(draft, request, &why), ERR_TOOBIG);
	text[DRAFT_BYTES_MAX - 200] = 0;
	json_object_set_new(json_object_get(request, "values"), "data", json_string(text));
	check_ok(draft_apply(draft, request, &why));
	free(text);
	json_decref(draft);
	json_decref(request);
}

static void rows_are_read_and_others_are_none(void **state)
{
	json_t *draft = new_draft("{\"data\":\"x\"}"), *now = json_string("2026-03-05T08:00:00+01:00");
	char *row = draft_row(draft);
	json_t *again = draft_read(span_text(row)), *ended = draft_ended(draft, "saved", now),
	       *kept = draft_ended(draft, "discarded", now);
	(void)state;
	assert_true(json_equal(again, draft) && draft_is_open(again));
	assert_false(draft_is_open(ended) || draft_is_open(kept));
	assert_null(json_object_get(ended, "values"));
	assert_true(json_equal(json_object_get(kept, "values"), json_object_get(draft, "values")));
	json_t *earlier = draft_read(span_text(
	        "{\"id\":\"ab\",\"patient\":\"cd\",\"start\":\"2026-03-05T08:00:00+01:00\",\"note\":\"x\"}"));
	expect(json_object_get(earlier, "values"),
	        "{\"note\":\"x\",\"start\":\"2026-03-05T08:00:00+01:00\"}");
	expect(json_object_get(earlier, "in"), "\"cd\"");
	static const char *const none[] = {
	        "", "5", "{}", "{\"patient\":\"x\",\"note\":\"y\"}", "{\"key\":\"a\"}"};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_null(draft_read(span_text(none[i])));
	assert_true(
	        draft_key_is_valid("visit-2.a_B") && !draft_key_is_valid("") && !draft_key_is_valid("a/b"));
	free(row);
	json_decref(draft);
	json_decref(now);
	json_decref(again);
	json_decref(ended);
	json_decref(kept);
	json_decref(earlier);
}

/* ---- A visit that runs ---- */

static int64_t at(const char *text)
{
	struct moment moment;
	if (!moment_parse(span_text(text), &moment))
		fail_msg("%s is no moment", text);
	return moment.seconds;
}

static void it_is_told_at_three_hours_and_at_midnight(void **state)
{
	static const struct {
		const char *start, *now;
		uint32_t stage;
		bool is_long, is_over_midnight;
	} rows[] = {
	        {"2026-03-05T08:00:00+01:00", "2026-03-05T10:59:00+01:00", 0, false, false},
	        {"2026-03-05T08:00:00+01:00", "2026-03-05T11:00:01+01:00", 1, true, false},
	        {"2026-03-05T08:00:00+01:00", "2026-03-05T12:00:01+01:00", 2, true, false},
	        {"2026-03-05T23:30:00+01:00", "2026-03-05T23:59:59+01:00", 0, false, false},
	        {"2026-03-05T23:30:00+01:00", "2026-03-06T00:00:00+01:00", 1, false, true},
	        {"2026-03-05T23:30:00+01:00", "2026-03-06T02:30:01+01:00", 4, true, true},
	        {"2026-12-31T22:00:00+01:00", "2027-01-01T00:00:00+01:00", 1, false, true},
	        /* the clocks of Paris go forward, and back, in the night: three hours are three hours */
	        {"2026-03-29T00:30:00+01:00", "2026-03-29T04:29:00+02:00", 0, false, false},
	        {"2026-03-29T00:30:00+01:00", "2026-03-29T04:31:00+02:00", 1, true, false},
	        {"2026-10-25T00:30:00+02:00", "2026-10-25T02:29:00+01:00", 0, false, false},
	        {"2026-10-25T00:30:00+02:00", "2026-10-25T02:31:00+01:00", 1, true, false},
	        {"2026-10-25T22:30:00+01:00", "2026-10-26T00:00:00+01:00", 1, false, true},
	        {"2026-03-05T08:00:00+01:00", "2026-03-05T07:00:00+01:00", 0, false,
	                false}, /* a clock that went back */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct visit_running got = visit_running(at(rows[i].start), at(rows[i].now));
		if (got.stage != rows[i].stage || got.is_long != rows[i].is_long ||
		        got.is_over_midnight != rows[i].is_over_midnight)
			fail_msg("%s, %s: stage %u, long %d, midnight %d", rows[i].start, rows[i].now,
			        got.stage, got.is_long, got.is_over_midnight);
	}
	struct buf words = {0};
	visit_running_sentence(
	        at("2026-03-05T22:10:00+01:00"), at("2026-03-06T01:15:00+01:00"), SCHEMA_EN, &words);
	buf_add(&words, "", 1);
	assert_string_equal((const char *)words.data,
	        "The visit that began at 22:10 on another day has been running for 3 h 05: stop it, with the "
	        "time when "
	        "it ended.");
	buf_close(&words);
}

static void an_end_in_words_is_the_first_after_the_start(void **state)
{
	struct moment end;
	(void)state;
	assert_true(visit_end_at(at("2026-03-05T22:10:00+01:00"), span_text("22:55"), &end));
	assert_int_equal(end.seconds, at("2026-03-05T22:55:00+01:00"));
	assert_true(visit_end_at(at("2026-03-05T22:10:00+01:00"), span_text("00:15"), &end));
	assert_int_equal(end.seconds, at("2026-03-06T00:15:00+01:00"));
	assert_true(visit_end_at(at("2026-03-28T23:10:00+01:00"), span_text("04:00"), &end));
	assert_int_equal(end.seconds, at("2026-03-29T04:00:00+02:00"));
	static const char *const none[] = {"", "24:00", "10:60", "9:00", "10h55", "10:555", "ab:cd"};
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_false(visit_end_at(0, span_text(none[i]), &end));
}

/* ---- What was not done is not billed ---- */

static uint32_t problems(const char *text)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_VISIT)}};
	struct schema_report report = {0};
	json_t *json = json_pack("{s:s, s:s, s:s}", "start", "2026-03-05T08:00:00+01:00", "end",
	        "2026-03-05T08:01:00+01:00", "nurse", "000102030405");
	json_object_update_new(json, json_of(text));
	visit_rules_preset(edit.record.kind, json);
	check_ok(record_from_json(json, SCHEMA_CHECK_NEW, &arena, &edit, &report));
	visit_rules_check(&edit, &report);
	json_decref(json);
	arena_close(&arena);
	return report.error_count;
}

static void what_was_not_done_is_not_billed(void **state)
{
	(void)state;
	assert_int_equal(problems("{\"outcome\":\"absent\"}"), 0);
	assert_int_equal(problems("{\"outcome\":\"refused\",\"billable\":false}"), 0);
	assert_int_equal(problems("{\"outcome\":\"hospitalized\",\"billable\":true}"), 1);
	assert_int_equal(problems("{\"outcome\":\"done\",\"billable\":true}"), 0);
	assert_int_equal(problems("{\"billable\":true}"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_keystroke_changes_what_it_says),
	        cmocka_unit_test(what_does_not_fit_changes_nothing),
	        cmocka_unit_test(a_draft_is_bounded),
	        cmocka_unit_test(rows_are_read_and_others_are_none),
	        cmocka_unit_test(it_is_told_at_three_hours_and_at_midnight),
	        cmocka_unit_test(an_end_in_words_is_the_first_after_the_start),
	        cmocka_unit_test(what_was_not_done_is_not_billed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
