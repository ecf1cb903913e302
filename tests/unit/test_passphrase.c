#include "tests/lib/check.h"

#include "node/passphrase.h"

static void check_strength(const char *text, enum passphrase_strength wanted)
{
	assert_int_equal(passphrase_strength(span_text(text)), wanted);
}

static void strength(void **state)
{
	(void)state;
	check_strength("", PASSPHRASE_WEAK);
	check_strength("Noémie7", PASSPHRASE_WEAK);
	check_strength("éééééééééééééééééééé", PASSPHRASE_WEAK);
	check_strength("1234567890123456789012", PASSPHRASE_WEAK);
	check_strength("abababababababababababab", PASSPHRASE_WEAK);
	check_strength("éàéàéàéàé", PASSPHRASE_WEAK); /* characters count, not bytes */
	check_strength("une phrase secrète", PASSPHRASE_FAIR);
	check_strength("Xk3!vv9$Qw", PASSPHRASE_FAIR);
	check_strength("lampe corail tambour huit", PASSPHRASE_GOOD);
	check_strength("Xk3!vv9$QwpL0=ztR4mn", PASSPHRASE_GOOD);
	assert_null(passphrase_hint(PASSPHRASE_GOOD));
	assert_non_null(passphrase_hint(PASSPHRASE_FAIR));
	assert_string_equal(passphrase_strength_name(PASSPHRASE_WEAK), "weak");
}

static void tries_wait_longer_and_longer(void **state)
{
	(void)state;
	struct passphrase_tries tries = {0};
	uint64_t now = 1000, last = 0;
	for (int i = 0; i < 2; i++)
		passphrase_tried(&tries, now, ERR_PASSPHRASE);
	assert_int_equal(passphrase_wait_ms(&tries, now), 0);
	for (int i = 0; i < 100; i++) {
		passphrase_tried(&tries, now, ERR_PASSPHRASE);
		uint64_t wait = passphrase_wait_ms(&tries, now);
		assert_true(wait == (last ? (last * 2 < 300000 ? last * 2 : 300000) : 1000));
		assert_true(passphrase_wait_ms(&tries, now + wait - 1) == 1);
		assert_true(passphrase_wait_ms(&tries, now + wait) == 0);
		last = wait;
		now += wait;
	}
	passphrase_tried(&tries, now, ERR_IO); /* says nothing about the passphrase */
	assert_true(tries.wrong == 102);
	passphrase_tried(&tries, now, 0);
	passphrase_tried(&tries, now, ERR_PASSPHRASE);
	assert_int_equal(passphrase_wait_ms(&tries, now), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(strength),
	        cmocka_unit_test(tries_wait_longer_and_longer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
