/* What devices sign at a meeting: its bytes, and who stands together. */
#include "tests/lib/check.h"
#include "tests/lib/golden.h"
#include "tests/lib/seeded.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/accords.h"
#include "node/keyring/ack.h"

enum { PEOPLE = 5, NOON_S = 1764331200 };

static struct key_signer signer = {.team = {{42}}};
static uint8_t sign_secret[64];

/* ---- Bytes ---- */

static const struct accord_present PRESENT[] = {{{{3}}, true, 0}, {{{4}}, false, -301}};
static const struct accord_missing MISSING[] = {{{{5}}, 0}, {{{6}}, NOON_S}};

static struct accord sample(uint64_t counter)
{
	struct accord accord = {.device = signer.device,
	        .counter = counter,
	        .membership = {{9}},
	        .heads = {{COMPARTMENT_MEMBERSHIP, {1}}, {COMPARTMENT_CLINICAL, {2}}},
	        .head_count = 2,
	        .present = PRESENT,
	        .present_count = 2,
	        .missing = MISSING,
	        .missing_count = 2};
	return accord;
}

static void what_is_signed_is_read(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct buf bytes = {0};
	struct accord in = sample(ack_counter_next(4, UINT64_C(1000) * NOON_S)), out;
	check_ok(accord_encode(&in, &signer, &bytes));
	golden_check("keyring/accord.hex", buf_span(&bytes));
	check_ok(accord_decode(&out, buf_span(&bytes), &signer.team, &arena));
	assert_true(out.counter == in.counter && out.membership.bytes[0] == 9 && out.head_count == 2);
	assert_memory_equal(out.heads[1].hash, in.heads[1].hash, ACCORD_HASH_BYTES);
	assert_true(accord_find_present(&out, &PRESENT[0].device)->is_level);
	assert_int_equal(accord_find_present(&out, &PRESENT[1].device)->ahead_s, -301);
	assert_null(accord_find_present(&out, &MISSING[0].device));
	assert_int_equal(out.missing[1].heard_s, NOON_S);
	assert_int_equal(ack_moment_ms(out.counter) / 1000, NOON_S);
	arena_close(&arena);
	buf_close(&bytes);
}

static void altered_bytes_are_refused(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct buf bytes = {0};
	struct accord in = sample(7), out;
	const struct team_id other = {{43}};
	check_ok(accord_encode(&in, &signer, &bytes));
	for (size_t i = 0; i < bytes.size; i++) {
		bytes.data[i] ^= 4;
		assert_true(accord_decode(&out, buf_span(&bytes), &signer.team, &arena) < 0);
		bytes.data[i] ^= 4;
		assert_true(accord_decode(&out, span_of(bytes.data, i), &signer.team, &arena) < 0);
	}
	check_code(accord_decode(&out, buf_span(&bytes), &other, &arena), ERR_BADSIG);
	arena_close(&arena);
	buf_close(&bytes);
}

static void only_canonical_ones_are_made(void **state)
{
	(void)state;
	struct buf out = {0};
	const struct accord_present twice[] = {PRESENT[0], PRESENT[0]},
	                            far[] = {{{{3}}, true, ACCORD_AHEAD_MAX_S + 1}};
	struct accord accord = sample(0);
	check_code(accord_encode(&accord, &signer, &out), ERR_INVALID);
	accord = sample(1);
	accord.head_count = 0;
	check_code(accord_encode(&accord, &signer, &out), ERR_INVALID);
	accord = sample(1);
	accord.present = twice;
	check_code(accord_encode(&accord, &signer, &out), ERR_INVALID);
	accord.present = far;
	accord.present_count = 1;
	check_code(accord_encode(&accord, &signer, &out), ERR_INVALID);
	accord = sample(1);
	accord.heads[1].compartment = COMPARTMENT_MEMBERSHIP;
	check_code(accord_encode(&accord, &signer, &out), ERR_INVALID);
	accord = sample(1);
	accord.present_count = LIMIT_TEAM_DEVICES_ACTIVE + 1;
	check_code(accord_encode(&accord, &signer, &out), ERR_TOOBIG);
	assert_int_equal(out.size, 0);
}

/* ---- Who stands together ---- */

/* Everybody with everybody, level, at noon. */
struct table {
	struct accord accords[PEOPLE];
	struct accord_present present[PEOPLE][PEOPLE];
	const struct accord *list[PEOPLE];
	uint32_t group[PEOPLE];
};

static void set_moment(struct table *table, int who, int64_t seconds)
{
	table->accords[who].counter = ack_counter_next(1, (uint64_t)(NOON_S + seconds) * 1000);
}

static void lay(struct table *table)
{
	memset(table, 0, sizeof(*table));
	for (int i = 0; i < PEOPLE; i++) {
		struct accord *accord = &table->accords[i];
		table->list[i] = accord;
		accord->device.bytes[0] = (uint8_t)(i + 1);
		accord->heads[0] = (struct accord_heads){COMPARTMENT_TEAM, {1}};
		accord->heads[1] = (struct accord_heads){COMPARTMENT_CLINICAL, {2}};
		accord->head_count = 2;
		accord->present = table->present[i];
		for (int j = 0; j < PEOPLE; j++) {
			if (j == i)
				continue;
			struct accord_present *one = &table->present[i][accord->present_count++];
			one->device.bytes[0] = (uint8_t)(j + 1);
			one->is_level = true;
		}
		set_moment(table, i, 0);
	}
}

static struct accord_present *named(struct table *table, int by, int who)
{
	for (uint32_t i = 0; i < table->accords[by].present_count; i++)
		if (table->present[by][i].device.bytes[0] == who + 1)
			return &table->present[by][i];
	return NULL;
}

static bool together(struct table *table, int a, int b)
{
	accords_group(table->list, PEOPLE, table->group);
	return table->group[a] == table->group[b];
}

static void all_who_sign_the_same_stand_together(void **state)
{
	(void)state;
	struct table table;
	lay(&table);
	for (int i = 1; i < PEOPLE; i++)
		assert_true(together(&table, 0, i));
	assert_int_equal(accords_moment_s(table.list, PEOPLE, table.group, 0), NOON_S);
	/* who is not given billing signs the rest */
	table.accords[1].heads[2] = (struct accord_heads){COMPARTMENT_BILLING, {3}};
	table.accords[1].head_count = 3;
	assert_true(together(&table, 0, 1));
	/* a star: all see the first one alone */
	for (int i = 1; i < PEOPLE; i++)
		for (int j = 1; j < PEOPLE; j++)
			if (i != j)
				named(&table, i, j)->is_level = false;
	assert_true(together(&table, 1, 4));
}

static void another_state_stands_apart(void **state)
{
	(void)state;
	struct table table;
	lay(&table);
	table.accords[2].heads[1].hash[5] = 1;
	assert_false(together(&table, 0, 2));
	assert_true(together(&table, 0, 1) && together(&table, 1, 4));
	assert_true(accords_met(table.list[0], table.list[2]));
	/* what says nothing of clinical agrees with nobody */
	lay(&table);
	table.accords[3].head_count = 1;
	assert_false(together(&table, 0, 3));
}

/* Whoever names others is not named by that. */
static void both_have_to_name_each_other(void **state)
{
	(void)state;
	struct table table;
	lay(&table);
	for (int i = 0; i < PEOPLE - 1; i++)
		named(&table, i, 4)->is_level = false;
	assert_false(together(&table, 0, 4));
	lay(&table);
	for (int i = 0; i < PEOPLE - 1; i++)
		table.accords[i].present_count--; /* the last one is not there at all */
	assert_false(together(&table, 0, 4));
	assert_true(together(&table, 0, 3));
}

static void moments_lie_close_together(void **state)
{
	(void)state;
	struct table table;
	lay(&table);
	set_moment(&table, 1, 500);
	set_moment(&table, 2, -24 * 3600); /* of yesterday, with the same heads */
	set_moment(&table, 3, 100L * 365 * 24 * 3600 / 2); /* made up */
	assert_true(together(&table, 0, 1));
	assert_false(together(&table, 0, 2) || together(&table, 0, 3));
	assert_int_equal(accords_moment_s(table.list, PEOPLE, table.group, 0), NOON_S);
	/* an hour ahead, and everybody says so */
	lay(&table);
	set_moment(&table, 1, 3600);
	assert_false(together(&table, 0, 1));
	for (int i = 0; i < PEOPLE; i++) {
		if (i == 1)
			continue;
		named(&table, i, 1)->ahead_s = 3600;
		named(&table, 1, i)->ahead_s = -3600;
	}
	assert_true(together(&table, 0, 1));
	/* it is one clock's word against another's otherwise */
	for (int i = 0; i < PEOPLE; i++)
		if (i != 1)
			named(&table, i, 1)->ahead_s = -3600;
	assert_false(together(&table, 0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_signed_is_read),
	        cmocka_unit_test(altered_bytes_are_refused),
	        cmocka_unit_test(only_canonical_ones_are_made),
	        cmocka_unit_test(all_who_sign_the_same_stand_together),
	        cmocka_unit_test(another_state_stands_apart),
	        cmocka_unit_test(both_have_to_name_each_other),
	        cmocka_unit_test(moments_lie_close_together),
	};
	uint8_t seed[32] = {1};
	if (sodium_init() < 0)
		return 1;
	crypto_sign_seed_keypair(signer.device.bytes, sign_secret, seed);
	signer.secret_key = sign_secret;
	return cmocka_run_group_tests_name("accord", tests, NULL, NULL);
}
