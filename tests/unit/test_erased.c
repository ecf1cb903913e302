/* The signed word of a device that it erased a dossier. */
#include "tests/lib/check.h"
#include "tests/lib/golden.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "node/keyring/erased.h"
#include "node/keyring/erased_names.h"

static const struct team_id team = {{42}}, other_team = {{2}};
static const struct record_id dossier = {{9, 9}};

static struct erased word(uint64_t time_ms)
{
	static uint8_t secret[64];
	static const uint8_t seed[32] = {3};
	struct erased out;
	struct key_signer signer = {.team = team, .secret_key = secret};
	crypto_sign_seed_keypair(signer.device.bytes, secret, seed);
	erased_make(&out, &signer, &dossier, time_ms);
	return out;
}

static void a_word_comes_back_and_bears_no_change(void **state)
{
	(void)state;
	struct erased made = word(1764170000000), read = {0};
	struct buf bytes = {0};
	erased_encode(&made, &bytes);
	assert_int_equal(bytes.size, ERASED_BYTES);
	golden_check("keyring/erased.hex", buf_span(&bytes));
	check_ok(erased_decode(&read, buf_span(&bytes), &team));
	assert_int_equal(erased_cmp(&made, &read), 0);
	assert_int_equal(read.time_ms, made.time_ms);
	check_code(erased_decode(&read, buf_span(&bytes), &other_team), ERR_BADSIG);
	for (size_t size = 0; size < bytes.size; size++)
		check_code(erased_decode(&read, span_of(bytes.data, size), &team), ERR_TRUNCATED);
	for (size_t bit = 0; bit < bytes.size * 8; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		const bool other_version = bytes.data[0] > ERASED_VERSION &&
		        bytes.data[0] <= ERASED_NAMES_VERSION;
		check_code(erased_decode(&read, buf_span(&bytes), &team),
		        other_version     ? ERR_TRUNCATED
		                : bit < 8 ? ERR_VERSION
		                          : ERR_BADSIG);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_add(&bytes, "", 1);
	assert_true(erased_decode(&read, buf_span(&bytes), &team) < 0);
	buf_close(&bytes);
}

/* What it waits for stands in a row of its own version; nobody makes a finished one of it. */
static void a_word_says_what_it_waits_for(void **state)
{
	(void)state;
	uint8_t secret[64];
	static const uint8_t seed[32] = {3};
	struct erased made, read = {0};
	struct buf bytes = {0};
	struct key_signer signer = {.team = team, .secret_key = secret};
	crypto_sign_seed_keypair(signer.device.bytes, secret, seed);
	erased_make_waits(&made, &signer, &dossier, 1764170000000, ERASED_WAITS_ROOM, 321);
	erased_encode(&made, &bytes);
	assert_int_equal(bytes.size, ERASED_WAITS_BYTES);
	golden_check("keyring/erased-waits.hex", buf_span(&bytes));
	check_ok(erased_decode(&read, buf_span(&bytes), &team));
	assert_int_equal(read.wait, ERASED_WAITS_ROOM);
	assert_int_equal(read.need_mib, 321);
	for (size_t size = 0; size < bytes.size; size++)
		check_code(erased_decode(&read, span_of(bytes.data, size), &team), ERR_TRUNCATED);
	for (size_t bit = 8; bit < bytes.size * 8; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		int result = erased_decode(&read, buf_span(&bytes), &team);
		assert_true(result == ERR_BADSIG || result == ERR_MALFORMED);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes.data[0] = ERASED_VERSION;
	assert_true(erased_decode(&read, buf_span(&bytes), &team) < 0);
	buf_close(&bytes);
}

static void a_word_says_by_how_many_names(void **state)
{
	(void)state;
	uint8_t secret[64];
	static const uint8_t seed[32] = {3};
	struct erased made, read = {0};
	struct buf bytes = {0};
	struct key_signer signer = {.team = team, .secret_key = secret};
	crypto_sign_seed_keypair(signer.device.bytes, secret, seed);
	erased_make_by_names(&made, &signer, &dossier, 1764170000000, 12);
	erased_encode(&made, &bytes);
	assert_int_equal(bytes.size, ERASED_BY_NAMES_BYTES);
	golden_check("keyring/erased-names-word.hex", buf_span(&bytes));
	check_ok(erased_decode(&read, buf_span(&bytes), &team));
	assert_int_equal(read.names, 12);
	assert_int_equal(read.wait, ERASED_DONE);
	for (size_t size = 0; size < bytes.size; size++)
		check_code(erased_decode(&read, span_of(bytes.data, size), &team), ERR_TRUNCATED);
	for (size_t bit = 8; bit < bytes.size * 8; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		check_code(erased_decode(&read, buf_span(&bytes), &team), ERR_BADSIG);
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	memset(bytes.data + ERASED_BYTES - ENTRY_SIGNATURE_BYTES, 0, 4);
	check_code(erased_decode(&read, buf_span(&bytes), &team), ERR_MALFORMED);
	buf_close(&bytes);
}

static void names_come_back_and_bear_no_change(void **state)
{
	(void)state;
	uint8_t secret[64];
	static const uint8_t seed[32] = {3};
	struct erased_name items[2] = {{{{1}}, {{2}}}, {{{1}}, {{3}}}};
	struct erased_names made = {.dossier = dossier, .membership = {{5}}, .items = items, .count = 2},
	                    read;
	struct buf bytes = {0};
	struct key_signer signer = {.team = team, .secret_key = secret};
	crypto_sign_seed_keypair(signer.device.bytes, secret, seed);
	erased_names_sign(&made, &signer);
	erased_names_encode(&made, &bytes);
	golden_check("keyring/erased-names.hex", buf_span(&bytes));
	check_ok(erased_names_decode(&read, buf_span(&bytes), &team));
	assert_int_equal(read.count, 2);
	assert_memory_equal(read.items, items, sizeof(items));
	assert_true(record_id_eq(&read.dossier, &dossier));
	assert_true(device_id_eq(&read.issuer, &signer.device));
	erased_names_close(&read);
	check_code(erased_names_decode(&read, buf_span(&bytes), &other_team), ERR_BADSIG);
	for (size_t size = 0; size < bytes.size; size++)
		check_code(erased_names_decode(&read, span_of(bytes.data, size), &team), ERR_TRUNCATED);
	for (size_t bit = 0; bit < bytes.size * 8; bit++) {
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		int result = erased_names_decode(&read, buf_span(&bytes), &team);
		assert_true(result < 0 && (bit >= 8 || result == ERR_VERSION));
		bytes.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_clear(&bytes);
	items[1] = items[0]; /* twice the same */
	erased_names_sign(&made, &signer);
	erased_names_encode(&made, &bytes);
	check_code(erased_names_decode(&read, buf_span(&bytes), &team), ERR_MALFORMED);
	buf_close(&bytes);
}

static void the_later_word_stays(void **state)
{
	(void)state;
	struct erased early = word(1), late = word(2);
	assert_true(erased_replaces(&late, &early));
	assert_false(erased_replaces(&early, &late));
	assert_false(erased_replaces(&late, &late));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_word_comes_back_and_bears_no_change),
	        cmocka_unit_test(a_word_says_what_it_waits_for),
	        cmocka_unit_test(a_word_says_by_how_many_names),
	        cmocka_unit_test(names_come_back_and_bear_no_change),
	        cmocka_unit_test(the_later_word_stays),
	};
	return cmocka_run_group_tests_name("erased", tests, NULL, NULL);
}
