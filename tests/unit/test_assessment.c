#include "tests/lib/check.h"
#include "tests/lib/json.h"

#include "node/assessment.h"

static json_t *assess(const char *problems, const char *ratings)
{
	json_t *all = json_of(problems), *rated = json_of(ratings), *out = assessment_of(all, rated);
	json_decref(all);
	json_decref(rated);
	return out;
}

static void expect(const json_t *problem, const char *member, const char *want)
{
	char *got = json_dumps(
	        json_object_get(problem, member), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	if (strcmp(got ? got : "", want) != 0)
		fail_msg("%s: got %s, want %s", member, got ? got : "nothing", want);
	free(got);
}

#define SKIN "{\"id\":\"aa01\",\"code\":26,\"severity\":\"actual\",\"state\":\"open\"}"
#define RATED(at, k, b, s, more) \
	"{\"problem\":\"aa01\",\"at\":\"2026-" at "T08:00:00+01:00\",\"knowledge\":" k ",\"behaviour\":" b \
	",\"status\":" s more "}"

static void ratings_stand_by_their_own_moment(void **state)
{
	/* listed newest first; what was written last is about the middle, and one was corrected */
	json_t *all = assess("[" SKIN "]",
	        "[" RATED("02-05", "3", "3", "3", ",\"expectedStatus\":4") "," RATED(
	                "03-05", "5", "1", "3", ",\"expectedStatus\":5") "," RATED("02-20", "1", "1", "1",
	                ",\"corrected\":true") "," RATED("01-05", "2", "2", "3",
	                ",\"expectedKnowledge\":5,\"expectedStatus\":4") ","
	                                                                 "{\"problem\":\"bb02\",\"at\":"
	                                                                 "\"2026-01-01T08:00:00+01:00\","
	                                                                 "\"knowledge\":1}]");
	const json_t *one = json_array_get(all, 0);
	(void)state;
	assert_int_equal(json_array_size(json_object_get(one, "ratings")), 3);
	expect(one, "first", "{\"behaviour\":2,\"knowledge\":2,\"status\":3}");
	expect(one, "previous", "{\"behaviour\":3,\"knowledge\":3,\"status\":3}");
	expect(one, "current", "{\"behaviour\":1,\"knowledge\":5,\"status\":3}");
	expect(one, "sinceFirst", "{\"behaviour\":-1,\"knowledge\":3,\"status\":0}");
	expect(one, "sincePrevious", "{\"behaviour\":-2,\"knowledge\":2,\"status\":0}");
	expect(one, "expected", "{\"knowledge\":5,\"status\":5}"); /* what was said last of each */
	expect(one, "toExpected", "{\"knowledge\":0,\"status\":2}");
	expect(one, "trend", "\"mixed\"");
	expect(one, "fr",
	        "\"PB26 Peau : connaissances 2 → 5 (+3 ; depuis la dernière fois +2), visé 5 ; comportement "
	        "2 → 1 "
	        "(-1 ; depuis la dernière fois -2) ; statut 3 → 3 (inchangé ; depuis la dernière fois "
	        "inchangé), "
	        "visé 5 — 3 évaluations, du 05/01/2026 08:00 au 05/03/2026 08:00.\"");
	json_decref(all);
}

static void one_rating_and_none(void **state)
{
	json_t *all = assess("[" SKIN "]", "[" RATED("02-05", "3", "4", "5", "") "]"),
	       *one = json_array_get(all, 0);
	(void)state;
	expect(one, "en",
	        "\"PB26 Skin: knowledge 3; behaviour 4; status 5 — 1 rating, on 2026-02-05 08:00.\"");
	assert_null(json_object_get(one, "previous"));
	assert_null(json_object_get(one, "sinceFirst"));
	assert_null(json_object_get(one, "trend"));
	json_decref(all);
	all = assess("[" SKIN "]", "[]");
	expect(json_array_get(all, 0), "en", "\"PB26 Skin: never rated.\"");
	json_decref(all);
}

static void trends(void **state)
{
	static const struct {
		const char *ratings, *trend;
	} CASES[] = {
	        {"[" RATED("02-05", "3", "3", "3", "") "," RATED("01-05", "3", "3", "3", "") "]", "\"same\""},
	        {"[" RATED("02-05", "4", "3", "3", "") "," RATED("01-05", "3", "3", "3", "") "]",
	                "\"better\""},
	        {"[" RATED("02-05", "3", "3", "1", "") "," RATED("01-05", "3", "3", "3", "") "]",
	                "\"worse\""}};
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		json_t *all = assess("[" SKIN "]", CASES[i].ratings);
		expect(json_array_get(all, 0), "trend", CASES[i].trend);
		json_decref(all);
	}
}

static void names_and_codes_that_disagree_are_marked(void **state)
{
	json_t *all = assess("[{\"id\":\"01\",\"code\":26,\"name\":\"peau\"},{\"id\":\"02\",\"code\":26,"
	                     "\"name\":\"Douleur\"},"
	                     "{\"id\":\"03\",\"code\":22},{\"id\":\"04\",\"code\":60,\"name\":\"Autre\"},"
	                     "{\"id\":\"05\",\"code\":24,\"state\":\"closed\"},{\"id\":\"06\",\"code\":24,"
	                     "\"severity\":\"potential\",\"signs\":\"x\"}]",
	        "[]");
	(void)state;
	assert_null(json_object_get(json_array_get(all, 0), "foreign"));
	assert_true(json_is_true(json_object_get(json_array_get(all, 1), "foreign")));
	expect(json_array_get(all, 1), "label", "{\"en\":\"Douleur\",\"fr\":\"Douleur\"}");
	assert_true(json_is_true(json_object_get(json_array_get(all, 2), "retired")));
	expect(json_array_get(all, 2), "code", "\"PB22\"");
	assert_true(json_is_true(json_object_get(json_array_get(all, 3), "foreign")));
	assert_int_equal(json_array_size(json_object_get(json_array_get(all, 4), "rules")), 1);
	expect(json_array_get(all, 5), "id", "\"05\""); /* closed ones last */
	json_decref(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ratings_stand_by_their_own_moment),
	        cmocka_unit_test(one_rating_and_none),
	        cmocka_unit_test(trends),
	        cmocka_unit_test(names_and_codes_that_disagree_are_marked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
