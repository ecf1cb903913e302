#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/ids.h"
#include "tools/gen_json.h"
#include "tools/gen_team.h"

/* SHA-256 of the list as the file that releve-gen writes. */
static void check_list(const struct gen_list *list, const char *want)
{
	crypto_hash_sha256_state hash;
	uint8_t digest[crypto_hash_sha256_BYTES];
	char text[2 * sizeof(digest) + 1];
	crypto_hash_sha256_init(&hash);
	for (size_t i = 0; i < list->count; i++) {
		struct span line = gen_list_line(list, i);
		crypto_hash_sha256_update(&hash, line.data, line.size);
		crypto_hash_sha256_update(&hash, (const uint8_t *)"\n", 1);
	}
	crypto_hash_sha256_final(&hash, digest);
	ids_hex(text, digest, sizeof(digest));
	assert_string_equal(text, want);
}

static void check_team(
        const struct gen_options *options, uint32_t index, const char *history, const char *day)
{
	struct gen_team team;
	check_ok(gen_team_check(options));
	check_ok(gen_team_make(&team, options, index));
	check_list(&team.history, history);
	check_list(&team.day, day);
	gen_team_close(&team);
}

/* The wanted values come from the reference harness, run under Node 20. */
static void the_usual_team_is_the_reference(void **state)
{
	(void)state;
	struct gen_options options = gen_team_defaults();
	check_team(&options, 0, "821786b8729b7de8e6ff48ddcd6adbb8544869305d486862ce59b028e1ca3af9",
	        "e7998bd0f4f6bb56617b171c5c5c551fadb7ce3bb62d0de4d50e740abe4fa9ae");
}

static void other_teams_are_the_reference(void **state)
{
	(void)state;
	struct gen_options options = {.team_count = 2,
	        .nurse_count = 6,
	        .patient_count = 120,
	        .visit_count = 5000,
	        .years = 2,
	        .seed = 7};
	check_team(&options, 0, "78f9921133eafa2fcdac5fed9f37a0f7fedc58e1322263a0719853667e893729",
	        "672365c1183f716507ecc6102db0f76ada086c6f71a95558c6599acfc4c72acf");
	check_team(&options, 1, "c9127d526a10cb87e8ab311c579be08607c9a0990f98df98beae715535857892",
	        "981ce9d9896c5726192d14b3d6be2ce79d3b6570caec523da0e9c3d5ef0bfef8");
}

static void the_country_is_the_reference(void **state)
{
	(void)state;
	struct gen_options options = gen_team_national();
	options.seed = 20260922;
	check_team(&options, 32, "767b0572bb25f99f25efbe17ab147425221bfe6d5894f9304f696458e955bd39",
	        "01dbedf7fabf3fd95b2beab33fbd0dee99f6519ed817bc5561e8e86ebabb28fe");
}

static void bad_figures_are_refused(void **state)
{
	(void)state;
	struct gen_options good = gen_team_defaults(), bad = good;
	bad.nurse_count = 0;
	check_code(gen_team_check(&bad), ERR_INVALID);
	bad = good;
	bad.patient_count = 0;
	check_code(gen_team_check(&bad), ERR_INVALID);
	bad = gen_team_national();
	bad.patient_count = 32; /* 33 teams */
	check_code(gen_team_check(&bad), ERR_INVALID);
	bad = good;
	bad.years = 0;
	check_code(gen_team_check(&bad), ERR_INVALID);
	bad = good;
	bad.patient_count = 1;
	bad.visit_count = 0;
	struct gen_team team;
	check_code(gen_team_make(&team, &bad, 0), ERR_INVALID); /* left before the last day */
	assert_null(team.history.records);
}

static void json_is_that_of_javascript(void **state)
{
	(void)state;
	struct buf out = {0};
	struct gen_json json = {.out = &out};
	gen_json_open(&json, NULL, '{');
	gen_json_words(&json, "a", "\"\\\n\x01\xc3\xa9");
	gen_json_decimal(&json, "tie", 36.25, 1);
	gen_json_decimal(&json, "below", 1.005, 2); /* the double is a little less */
	gen_json_decimal(&json, "whole", 36.96, 1);
	gen_json_decimal(&json, "zero", 1.04, 2);
	gen_json_decimal(&json, "small", 0.04, 1);
	gen_json_open(&json, "l", '[');
	gen_json_number(&json, NULL, -3);
	gen_json_number(&json, NULL, 4);
	gen_json_close(&json, ']');
	gen_json_close(&json, '}');
	check_span(buf_span(&out),
	        span_text("{\"a\":\"\\\"\\\\\\n\\u0001\xc3\xa9\",\"tie\":36.3,\"below\":1,\"whole\":37,"
	                  "\"zero\":1.04,"
	                  "\"small\":0,\"l\":[-3,4]}"));
	buf_close(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_usual_team_is_the_reference),
	        cmocka_unit_test(other_teams_are_the_reference),
	        cmocka_unit_test(the_country_is_the_reference),
	        cmocka_unit_test(bad_figures_are_refused),
	        cmocka_unit_test(json_is_that_of_javascript),
	};
	return cmocka_run_group_tests_name("gen", tests, NULL, NULL);
}
