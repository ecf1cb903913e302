/* The pure parts of what is given to those who are not nurses: keys of the past, the relay's code, redacted cases. */
#include "tests/lib/check.h"

#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/case.h"
#include "node/keyring/key_past.h"
#include "node/team/relay.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

/* ---- Keys of the past -------------------------------------------------------------------------------------------- */

static struct dossier_secret secret_of(uint8_t byte)
{
	struct dossier_secret secret;
	memset(secret.bytes, byte, sizeof(secret.bytes));
	return secret;
}

static void keys_are_found_by_epoch_and_erased_by_dossier(void **state)
{
	(void)state;
	const struct record_id a = {{1}}, b = {{2}};
	const struct epoch_id early = {{7, 7, 7, 7}}, late = {{9}}, alike = {{7, 7, 7, 0x87, 1}};
	const struct dossier_secret one = secret_of(1), two = secret_of(2);
	struct key_past past = {0};
	struct record_id whose;
	assert_int_equal(key_past_version(&early), 0x87070707);
	assert_int_equal(
	        key_past_version(&alike), key_past_version(&early)); /* the first bit is not told apart */
	check_ok(key_past_add(&past, &b, key_past_version(&early), &one));
	check_ok(key_past_add(&past, &a, key_past_version(&early), &one));
	check_ok(key_past_add(&past, &a, key_past_version(&early), &two));
	check_ok(key_past_add(&past, &a, key_past_version(&late), &two));
	assert_int_equal(key_past_add(&past, &a, key_past_version(&early), &two), 1);
	for (size_t i = 0; i < 3; i++) {
		const struct body_key *key = key_past_find(&past, key_past_version(&early), i, &whose);
		assert_non_null(key);
		assert_memory_equal(key->bytes, (i == 1 ? &two : &one)->bytes, SECRET_BYTES);
		assert_true(record_id_eq(&whose, i == 2 ? &b : &a));
	}
	assert_null(key_past_find(&past, key_past_version(&early), 3, &whose));
	key_past_erase(&past, &a);
	assert_int_equal(past.count, 1);
	assert_non_null(key_past_find(&past, key_past_version(&early), 0, &whose));
	assert_true(record_id_eq(&whose, &b));
	assert_null(key_past_find(&past, key_past_version(&late), 0, &whose));
	key_past_close(&past);
}

/* Somebody who hands out key after key does not make each entry cost more and more. */
static void one_epoch_has_so_many_keys(void **state)
{
	(void)state;
	const struct dossier_secret one = secret_of(1);
	struct key_past past = {0};
	for (uint32_t i = 0; i < LIMIT_KEY_PAST_EPOCH; i++) {
		const struct record_id dossier = {{(uint8_t)i, (uint8_t)(i >> 8)}};
		check_ok(key_past_add(&past, &dossier, KEY_VERSION_PAST, &one));
	}
	check_code(key_past_add(&past, &(struct record_id){{1, 1, 1}}, KEY_VERSION_PAST, &one), ERR_FULL);
	check_ok(key_past_add(&past, &(struct record_id){{1, 1, 1}}, KEY_VERSION_PAST + 1, &one));
	key_past_close(&past);
}

/* ---- The code of a relay ------------------------------------------------------------------------------------------ */

static void a_relays_code_is_checked_digit_by_digit(void **state)
{
	(void)state;
	struct seeded seeded;
	struct team_identity self;
	struct team_relay relay;
	const struct team_id team = {{3}}, other = {{4}};
	char code[TEAM_RELAY_TEXT_BYTES], spaced[2 * TEAM_RELAY_TEXT_BYTES];
	size_t size = 0;
	seeded_init(&seeded, 1);
	team_identity_make(&self, &seeded.env);
	team_relay_code(&self, &team, code);
	assert_int_equal(strlen(code), TEAM_RELAY_TEXT_BYTES - 1);
	golden_check("team/relay-code.hex", span_text(code));
	check_ok(team_relay_parse(span_text(code), &team, &relay));
	assert_true(device_id_eq(&relay.device, &self.device));
	assert_memory_equal(&relay.keys, &self.keys, sizeof(self.keys));
	check_code(team_relay_parse(span_text(code), &other, &relay), ERR_DENIED);
	for (size_t i = 0; code[i]; i++) {
		if (i % 4 == 0)
			spaced[size++] = i % 8 ? ' ' : '\n';
		spaced[size++] = (char)(code[i] >= 'a' ? code[i] - 'a' + 'A' : code[i]);
	}
	check_ok(team_relay_parse(span_of(spaced, size), &team, &relay));
	for (size_t i = 0; code[i]; i++) {
		const char was = code[i];
		code[i] = was == '0' ? '1' : '0';
		check_code(team_relay_parse(span_text(code), &team, &relay), ERR_CHECKDIGIT);
		code[i] = was;
	}
	check_code(team_relay_parse(span_of(code, size / 3), &team, &relay), ERR_TRUNCATED);
	check_code(team_relay_parse(span_of(spaced, 0), &team, &relay), ERR_TRUNCATED);
	spaced[size] = '0';
	check_code(team_relay_parse(span_of(spaced, size + 1), &team, &relay), ERR_TOOBIG);
	code[5] = 'g';
	check_code(team_relay_parse(span_text(code), &team, &relay), ERR_MALFORMED);
	team_identity_wipe(&self);
}

/* ---- Cases -------------------------------------------------------------------------------------------------------- */

static json_t *read(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);
	assert_non_null(json);
	return json;
}

static void a_case_keeps_fields_by_name(void **state)
{
	(void)state;
	json_t *patient = read("{\"id\":\"aa01\",\"lastName\":\"Quatrain\",\"birthDate\":\"1935-11-27\","
	                       "\"sex\":\"F\",\"gir\":2,"
	                       "\"ald\":true,\"newField\":\"Quatrain\",\"history\":\"Quatrain\"}");
	json_t *problems = read("[{\"id\":\"bb0102\",\"code\":38,\"name\":\"Quatrain\",\"severity\":"
	                        "\"actual\",\"signs\":\"Quatrain\"}]");
	json_t *interventions = read("[{\"problem\":\"bb01\",\"category\":\"teaching\",\"target\":"
	                             "\"Quatrain\",\"targetCode\":5}]");
	json_t *ratings = read("[{\"problem\":\"bb01\",\"knowledge\":5,\"behaviour\":4,\"status\":3,\"at\":"
	                       "\"2026-03-02T08:00:00+01:00\","
	                       "\"nurse\":\"cc01\"},{\"problem\":\"bb01\",\"knowledge\":1,\"behaviour\":1,"
	                       "\"status\":1,\"corrected\":true,"
	                       "\"at\":\"2026-01-02T08:00:00+01:00\"},{\"problem\":\"bb01\",\"knowledge\":2,"
	                       "\"behaviour\":2,\"status\":2,"
	                       "\"at\":\"2026-02-02T08:00:00+01:00\"}]");
	json_t *visits = read("[{\"start\":\"2026-01-01T08:00:00+01:00\",\"note\":\"Quatrain\"},{\"start\":"
	                      "\"2026-04-05T08:00:00+02:00\"},"
	                      "{\"start\":7}]");
	json_t *amendments = read("[{\"cancelled\":true}]");
	const struct case_source source = {patient, problems, interventions, ratings, visits, amendments};
	json_t *out = case_redact(&source, 20783); /* 2026-11-26: ninety years old tomorrow is ninety-one */
	json_t *want = read("{\"case\":{\"age\":\"90-over\",\"sex\":\"F\",\"gir\":2,\"ald\":true,\"visits\":"
	                    "1,\"months\":3},"
	                    "\"problems\":[{\"code\":38,\"severity\":\"actual\",\"ratings\":2,"
	                    "\"firstKnowledge\":2,\"firstBehaviour\":2,"
	                    "\"firstStatus\":2,\"lastKnowledge\":5,\"lastBehaviour\":4,\"lastStatus\":3}],"
	                    "\"cares\":[{\"category\":\"teaching\",\"targetCode\":5,\"code\":38}]}");
	if (!json_equal(out, want))
		fail_msg("%s", json_dumps(out, JSON_SORT_KEYS));
	json_decref(out);
	json_decref(want);
	/* Nothing, and nonsense. */
	const struct case_source nothing = {0},
	                         nonsense = {problems, patient, visits, interventions, ratings, problems};
	json_decref(case_redact(&nothing, 0));
	json_decref(case_redact(&nonsense, 0));
	json_t *const all[] = {patient, problems, interventions, ratings, visits, amendments};
	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		json_decref(all[i]);
}

static void ages_stand_in_bands(void **state)
{
	static const struct {
		const char *birth, *band;
	} cases[] = {{"1936-11-26", "90-over"}, {"1936-11-27", "80-89"}, {"1946-11-26", "80-89"},
	        {"1966-11-26", "60-69"}, {"1966-11-27", "18-59"}, {"2008-11-26", "18-59"},
	        {"2008-11-27", "under-18"}, {"2026-11-26", "under-18"}, {"2026-11-27", NULL},
	        {"nonsense", NULL}};
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *patient = json_pack("{s:s}", "birthDate", cases[i].birth);
		const struct case_source source = {.patient = patient};
		json_t *out = case_redact(&source, 20783);
		const char *band = json_string_value(json_object_get(json_object_get(out, "case"), "age"));
		if (cases[i].band)
			assert_string_equal(band, cases[i].band);
		else
			assert_null(band);
		json_decref(out);
		json_decref(patient);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(keys_are_found_by_epoch_and_erased_by_dossier),
	        cmocka_unit_test(one_epoch_has_so_many_keys),
	        cmocka_unit_test(a_relays_code_is_checked_digit_by_digit),
	        cmocka_unit_test(a_case_keeps_fields_by_name),
	        cmocka_unit_test(ages_stand_in_bands),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
