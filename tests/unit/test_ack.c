#include "tests/lib/check.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "node/keyring/ack.h"

static struct key_signer signer = {.team = {{42}}};
static uint8_t sign_secret[64];
static const struct ack_head HEADS[] = {
        {{{1}}, 7, {0xaa}}, {{{2}}, 1, {0xbb}}, {{{2, 1}}, UINT64_MAX, {0xcc}}};

static struct buf make(uint64_t counter, uint32_t head_count)
{
	struct buf out = {0};
	struct ack ack = {signer.device, counter, {{9}}, HEADS, head_count};
	check_ok(ack_encode(&ack, &signer, &out));
	return out;
}

static void what_is_signed_is_read(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct ack ack;
	for (uint32_t n = 0; n <= 3; n++) {
		struct buf bytes = make(300, n);
		check_ok(ack_decode(&ack, buf_span(&bytes), &signer.team, &arena));
		assert_true(ack.counter == 300 && ack.head_count == n && ack.membership.bytes[0] == 9);
		assert_true(device_id_eq(&ack.device, &signer.device));
		for (uint32_t i = 0; i < n; i++)
			assert_memory_equal(ack_find(&ack, &HEADS[i].feed), &HEADS[i], sizeof(*HEADS));
		assert_null(ack_find(&ack, &(struct feed_id){{1, 1}}));
		buf_close(&bytes);
	}
	arena_close(&arena);
}

static void altered_bytes_are_refused(void **state)
{
	(void)state;
	struct buf current = {0}, bytes = make(1, 3);
	const struct team_id other = {{43}};
	for (size_t i = 0; i < bytes.size; i++) {
		bytes.data[i] ^= 4;
		assert_true(ack_merge(&current, buf_span(&bytes), &signer.team) < 0);
		bytes.data[i] ^= 4;
		assert_true(ack_merge(&current, span_of(bytes.data, i), &signer.team) < 0);
	}
	check_code(ack_merge(&current, buf_span(&bytes), &other), ERR_BADSIG);
	buf_add(&bytes, "", 1);
	check_code(ack_merge(&current, buf_span(&bytes), &signer.team), ERR_MALFORMED);
	assert_int_equal(current.size, 0);
	buf_close(&bytes);
}

static void only_canonical_ones_are_made(void **state)
{
	(void)state;
	struct buf out = {0};
	struct ack_head twice[2] = {HEADS[0], HEADS[0]}, none[1] = {HEADS[0]};
	struct ack ack = {signer.device, 1, {{9}}, twice, 2};
	none[0].seq = 0;
	check_code(ack_encode(&ack, &signer, &out), ERR_INVALID);
	ack = (struct ack){signer.device, 1, {{9}}, none, 1};
	check_code(ack_encode(&ack, &signer, &out), ERR_INVALID);
	ack = (struct ack){signer.device, 0, {{9}}, HEADS, 1};
	check_code(ack_encode(&ack, &signer, &out), ERR_INVALID);
	ack = (struct ack){signer.device, 1, {{9}}, HEADS, LIMIT_FEEDS + 1};
	check_code(ack_encode(&ack, &signer, &out), ERR_TOOBIG);
	assert_int_equal(out.size, 0);
}

static void the_newer_replaces_the_older(void **state)
{
	(void)state;
	struct buf current = {0}, first = make(1, 3), third = make(3, 1);
	check_ok(ack_merge(&current, buf_span(&first), &signer.team));
	check_code(ack_merge(&current, buf_span(&first), &signer.team), ACK_KNOWN);
	check_ok(ack_merge(&current, buf_span(&third), &signer.team));
	check_code(ack_merge(&current, buf_span(&first), &signer.team), ACK_KNOWN);
	check_span(buf_span(&current), buf_span(&third));
	assert_false(ack_proves_clone(buf_span(&first), buf_span(&third), &signer.team));
	buf_close(&current);
	buf_close(&first);
	buf_close(&third);
}

static void one_counter_twice_is_a_clone(void **state)
{
	(void)state;
	struct buf a = make(5, 1), b = make(5, 2), x = {0}, y = {0};
	check_ok(ack_merge(&x, buf_span(&a), &signer.team));
	check_code(ack_merge(&x, buf_span(&b), &signer.team), ACK_CLONED);
	check_ok(ack_merge(&y, buf_span(&b), &signer.team));
	check_code(ack_merge(&y, buf_span(&a), &signer.team), ACK_CLONED);
	check_span(buf_span(&x), buf_span(&y)); /* in either order */
	assert_true(ack_proves_clone(buf_span(&a), buf_span(&b), &signer.team));
	assert_false(ack_proves_clone(buf_span(&a), buf_span(&a), &signer.team));
	b.data[60] ^= 1;
	assert_false(ack_proves_clone(buf_span(&a), buf_span(&b), &signer.team));
	buf_close(&a);
	buf_close(&b);
	buf_close(&x);
	buf_close(&y);
}

static void devices_are_not_mixed(void **state)
{
	(void)state;
	struct buf current = make(1, 1), other = {0};
	struct key_signer stranger = signer;
	uint8_t seed[32] = {2}, secret[64];
	crypto_sign_seed_keypair(stranger.device.bytes, secret, seed);
	stranger.secret_key = secret;
	struct ack ack = {stranger.device, 2, {{9}}, HEADS, 1};
	check_ok(ack_encode(&ack, &stranger, &other));
	check_code(ack_merge(&current, buf_span(&other), &signer.team), ERR_INVALID);
	buf_close(&current);
	buf_close(&other);
}

/* Any order of the same acknowledgements leaves the same one. */
static void merging_obeys_the_laws(void **state)
{
	(void)state;
	struct rng rng = rng_new(1);
	struct buf rows[8], want = {0}, got = {0};
	for (size_t i = 0; i < 8; i++)
		rows[i] = make(1 + i / 2, (uint32_t)(i % 3));
	for (unsigned round = 0; round < 40; round++) {
		rng_shuffle(&rng, rows, 8, sizeof(*rows));
		buf_clear(&got);
		for (size_t i = 0; i < 8; i++)
			assert_true(ack_merge(&got, buf_span(&rows[i]), &signer.team) >= 0);
		if (round == 0)
			buf_add_span(&want, buf_span(&got));
		check_span(buf_span(&got), buf_span(&want));
	}
	for (size_t i = 0; i < 8; i++)
		buf_close(&rows[i]);
	buf_close(&want);
	buf_close(&got);
}

static void golden_file(void **state)
{
	(void)state;
	struct buf bytes = make(0x0102, 3);
	golden_check("keyring/ack.hex", buf_span(&bytes));
	buf_close(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_signed_is_read),
	        cmocka_unit_test(altered_bytes_are_refused),
	        cmocka_unit_test(only_canonical_ones_are_made),
	        cmocka_unit_test(the_newer_replaces_the_older),
	        cmocka_unit_test(one_counter_twice_is_a_clone),
	        cmocka_unit_test(devices_are_not_mixed),
	        cmocka_unit_test(merging_obeys_the_laws),
	        cmocka_unit_test(golden_file),
	};
	uint8_t seed[32] = {1};
	if (sodium_init() < 0 || crypto_sign_seed_keypair(signer.device.bytes, sign_secret, seed))
		return 1;
	signer.secret_key = sign_secret;
	return cmocka_run_group_tests_name("ack", tests, NULL, NULL);
}
