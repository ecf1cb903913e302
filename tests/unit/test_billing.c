#include "tests/lib/check.h"

#include <jansson.h>
#include <math.h>

#include "node/billing/billing.h"
#include "node/schema/moment.h"
#include "tests/lib/billing.h"
#include "tests/lib/golden.h"

static void values_of_the_file(void **state)
{
	(void)state;
	json_error_t error;
	json_t *file = json_load_file(DATA_DIR "/identifiers.json", JSON_REJECT_DUPLICATES, &error), *row;
	assert_non_null(file);
	size_t i, seen = 0;
	json_array_foreach(json_object_get(file, "billing"), i, row)
	{
		int64_t minutes = json_integer_value(json_object_get(row, "minutes"));
		assert_int_equal(money_cents(minutes, 5394, BILLING_HALF_UP),
		        json_integer_value(json_object_get(row, "halfUp")));
		assert_int_equal(money_cents(minutes, 5394, BILLING_HALF_EVEN),
		        json_integer_value(json_object_get(row, "halfEven")));
		double exact = json_number_value(json_object_get(row, "exactCents"));
		assert_true(fabs(exact - (double)minutes * 89.9) < 1e-6);
		seen++;
	}
	assert_int_equal(seen, 11);
	json_decref(file);
}

static void every_fifth_minute_is_a_tie(void **state)
{
	(void)state;
	for (int64_t minutes = 0; minutes <= 1440; minutes++) {
		int64_t tenths = minutes * 899; /* 89.9 cents a minute, exactly */
		bool tie = tenths % 10 == 5;
		assert_true(tie == (minutes % 10 == 5));
		int64_t up = money_cents(minutes, 5394, BILLING_HALF_UP);
		int64_t even = money_cents(minutes, 5394, BILLING_HALF_EVEN);
		assert_int_equal(up, (tenths + 5) / 10);
		assert_int_equal(even, tie ? tenths / 10 + tenths / 10 % 2 : up);
	}
}

static void minutes_are_those_of_the_printed_times(void **state)
{
	(void)state;
	assert_int_equal(money_minutes(0, 900), 15);
	assert_int_equal(money_minutes(59, 60), 1); /* 14:00:59 to 14:01:00 prints as 14:00 to 14:01 */
	assert_int_equal(money_minutes(0, 59), 0);
	assert_int_equal(money_minutes(20, 910), 15);
	assert_int_equal(money_minutes(900, 0), 0);
	assert_int_equal(money_share(26980, 600, BILLING_HALF_UP), 16188);
	assert_int_equal(money_share(5, 500, BILLING_HALF_UP), 3);
	assert_int_equal(money_share(5, 500, BILLING_HALF_EVEN), 2);
	assert_int_equal(money_share(5394, 1000, BILLING_HALF_UP), 5394);
}

static void the_month_example(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_visit visits[20];
	for (uint32_t i = 0; i < 20; i++)
		visits[i] = billing_visit_of(i, 0, billing_day(2024, 3, 1 + i) + 8 * 3600, 15 * 60);
	for (int unit = BILLING_PER_VISIT; unit <= BILLING_PER_PATIENT_MONTH; unit++) {
		struct billing_rate rate = billing_rate_of(1, (enum billing_unit)unit, BILLING_HALF_UP);
		struct billing_input input = billing_input_of(2024, 3, visits, 20, &rate, 1);
		struct billing_lot lot;
		check_ok(billing_close(&input, &arena, &lot, NULL));
		assert_int_equal(lot.totals.cents, unit == BILLING_PER_VISIT ? 26980 : 26970);
		assert_int_equal(lot.totals.minutes, 300);
		assert_int_equal(lot.totals.visit_count, 20);
		assert_int_equal(lot.line_count, unit == BILLING_PER_VISIT ? 20 : 1);
		assert_int_equal(lot.totals.amo_cents, unit == BILLING_PER_VISIT ? 20 * 809 : 16182);
	}
	arena_close(&arena);
}

static void what_is_not_billed(void **state)
{
	(void)state;
	struct arena arena = {0};
	int64_t day = billing_day(2024, 3, 10);
	struct billing_visit visits[] = {billing_visit_of(1, 0, day, 900),
	        billing_visit_of(2, 0, day + 4000, 900), billing_visit_of(3, 0, day + 8000, 900),
	        billing_visit_of(4, 0, day + 12000, 900), billing_visit_of(5, 0, day + 86400 * 30, 900),
	        billing_visit_of(6, 0, day - 86400 * 30, 900), billing_visit_of(7, 0, day + 20000, 30)};
	visits[1].flags = 0;
	visits[2].flags |= BILLING_CANCELLED;
	visits[3].flags |= BILLING_RUNNING;
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	struct billing_input input = billing_input_of(2024, 3, visits, 7, &rate, 1);
	struct billing_lot lot;
	check_ok(billing_close(&input, &arena, &lot, NULL));
	assert_int_equal(
	        lot.line_count, 1); /* neither the other months nor the ones marked nor under a minute */
	assert_memory_equal(&lot.lines[0].items[0].visit, &visits[0].item.visit, 16);
	arena_close(&arena);
}

static void the_month_is_that_of_the_place(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct moment moment;
	assert_true(moment_parse(span_text("2024-04-01T00:30:00+02:00"), &moment)); /* March in Greenwich */
	struct billing_visit visit = billing_visit_of(1, 0, moment.seconds, 900);
	visit.item.offset_minutes = 120;
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	struct billing_lot lot;
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, &rate, 1);
	check_ok(billing_close(&input, &arena, &lot, NULL));
	assert_int_equal(lot.line_count, 0);
	input.month++;
	check_ok(billing_close(&input, &arena, &lot, NULL));
	assert_int_equal(lot.line_count, 1);
	arena_close(&arena);
}

static void rates_are_dated(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rates[] = {billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP),
	        billing_rate_of(2, BILLING_PER_VISIT, BILLING_HALF_UP),
	        billing_rate_of(3, BILLING_PER_VISIT, BILLING_HALF_UP)};
	int64_t start = billing_day(2024, 3, 15);
	rates[1].cents_per_hour = 6000;
	rates[1].valid_from_day = start / 86400;
	rates[2].cents_per_hour = 7000;
	rates[2].territory = span_text("Ile-de-France");
	struct billing_visit visits[] = {billing_visit_of(1, 0, start - 7200, 3600),
	        billing_visit_of(2, 0, start + 7200, 3600), billing_visit_of(3, 0, start + 14400, 3600)};
	visits[2].rate = rates[2].id;
	struct billing_input input = billing_input_of(2024, 3, visits, 3, rates, 3);
	struct billing_lot lot;
	check_ok(billing_close(&input, &arena, &lot, NULL));
	assert_int_equal(lot.totals.cents, 5394 + 6000 + 7000);
	assert_int_equal(lot.rate_count, 3);
	struct billing_obstacle obstacle;
	input.rate_count = 0;
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_NOTFOUND);
	assert_true(obstacle.has_visit);
	input.rate_count = 3;
	rates[0].valid_from_day = rates[1].valid_from_day;
	rates[2].territory = rates[0].territory;
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_CONFLICT);
	rates[2].valid_from_day = start / 86400 - 1; /* a newer one settles it */
	rates[0].valid_from_day = rates[1].valid_from_day = 18262;
	check_ok(billing_close(&input, &arena, &lot, &obstacle));
	assert_int_equal(lot.totals.cents, 3 * 7000);
	arena_close(&arena);
}

/* Close `month` with `visits` and the lots so far, and add the lot to them. */
struct ledger {
	struct arena arena;
	struct billing_previous lots[16];
	uint32_t count;
};

static const struct billing_lot *close_month(struct ledger *ledger, struct billing_input input)
{
	struct buf bytes = {0};
	struct billing_lot lot, *kept = arena_zero(&ledger->arena, 1, sizeof(*kept));
	input.previous = ledger->lots;
	input.previous_count = ledger->count;
	if (ledger->count)
		input.previous_hash = ledger->lots[ledger->count - 1].hash;
	check_ok(billing_close(&input, &ledger->arena, &lot, NULL));
	check_ok(lot_encode(&lot, &bytes));
	check_ok(lot_decode(kept, buf_span(&bytes), &ledger->arena));
	ledger->lots[ledger->count++] = (struct billing_previous){kept, lot_hash_of(buf_span(&bytes))};
	buf_close(&bytes);
	return kept;
}

static void late_and_amended_visits(void **state)
{
	(void)state;
	struct ledger ledger = {0};
	int64_t march = billing_day(2024, 3, 10), april = billing_day(2024, 4, 10);
	struct billing_visit visits[] = {billing_visit_of(1, 0, march, 900),
	        billing_visit_of(2, 0, march + 7200, 1200), billing_visit_of(3, 0, april, 600),
	        billing_visit_of(4, 0, march + 20000, 600)};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	close_month(&ledger, billing_input_of(2024, 3, visits, 3, &rate, 1));
	visits[0].item.end_s += 300; /* amended: 20 minutes */
	visits[1].flags |= BILLING_CANCELLED;
	const struct billing_lot *lot = close_month(&ledger, billing_input_of(2024, 4, visits, 4, &rate, 1));
	/* credit and correction of 1, credit of 2, 3 is normal, 4 is late */
	assert_int_equal(lot->line_count, 5);
	assert_int_equal(lot->totals.credit_count, 2);
	assert_int_equal(lot->totals.cents, -1349 + 1798 - 1798 + 899 + 899);
	assert_int_equal(lot->opening_month, 54 * 12 + 2);
	lot = close_month(
	        &ledger, billing_input_of(2024, 4, visits, 4, &rate, 1)); /* again: nothing is left to bill */
	assert_int_equal(lot->line_count, 0);
	struct billing_input back = billing_input_of(2024, 3, visits, 4, &rate, 1);
	back.previous = ledger.lots;
	back.previous_count = ledger.count;
	struct billing_lot other;
	check_code(billing_close(&back, &ledger.arena, &other, NULL), ERR_INVALID); /* April is closed */
	arena_close(&ledger.arena);
}

static void an_erased_visit_stays_billed(void **state)
{
	(void)state;
	struct ledger ledger = {0};
	int64_t march = billing_day(2024, 3, 10);
	struct billing_visit visits[] = {billing_visit_of(1, 0, march, 900),
	        billing_visit_of(2, 0, march + 7200, 900), billing_visit_of(3, 0, march + 9000, 900)};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_PATIENT_MONTH, BILLING_HALF_UP);
	close_month(&ledger, billing_input_of(2024, 3, visits, 2, &rate, 1));
	const struct billing_lot *lot = close_month(
	        &ledger, billing_input_of(2024, 4, visits + 1, 2, &rate, 1)); /* 1 erased, 3 late */
	assert_int_equal(lot->line_count, 2);
	assert_int_equal(lot->totals.minutes, 15);
	assert_int_equal(lot->totals.cents, 4046 - 2697); /* 45 minutes instead of 30 */
	arena_close(&ledger.arena);
}

static void two_holders_closed_the_same_month(void **state)
{
	(void)state;
	struct ledger first = {0}, second = {0};
	int64_t march = billing_day(2024, 3, 10);
	struct billing_visit visits[] = {
	        billing_visit_of(1, 0, march, 900), billing_visit_of(2, 0, march + 7200, 1200)};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	struct billing_input input = billing_input_of(2024, 3, visits, 2, &rate, 1);
	close_month(&first, input);
	input.fence = 2;
	close_month(&second, input);
	first.lots[first.count++] = second.lots[0];
	input.month++;
	const struct billing_lot *lot = close_month(&first, input);
	assert_int_equal(lot->totals.credit_count, 2); /* what left the system twice is taken back once */
	assert_int_equal(lot->totals.cents, -1349 - 1798);
	lot = close_month(&first, input);
	assert_int_equal(lot->line_count, 0);
	arena_close(&first.arena);
	arena_close(&second.arena);
}

static void another_node_verifies(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_visit visits[] = {billing_visit_of(1, 0, billing_day(2024, 3, 10), 900),
	        billing_visit_of(2, 1, billing_day(2024, 3, 11), 2700)};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	struct billing_input input = billing_input_of(2024, 3, visits, 2, &rate, 1);
	struct billing_lot lot, mine;
	struct buf bytes = {0};
	check_ok(billing_close(&input, &arena, &lot, NULL));
	check_ok(lot_encode(&lot, &bytes));
	struct billing_visit swapped[] = {visits[1], visits[0]};
	input.visits = swapped;
	input.month = 0; /* the lot says these */
	input.fence = 99;
	check_ok(billing_verify(&input, buf_span(&bytes), &arena, &lot, &mine));
	swapped[0].item.end_s += 60;
	assert_int_equal(billing_verify(&input, buf_span(&bytes), &arena, &lot, &mine), BILLING_DIFFERS);
	assert_int_equal(mine.totals.minutes, lot.totals.minutes + 1);
	swapped[0].item.end_s -= 60;
	swapped[1].item.header.bytes[5] ^= 1; /* the same times from another entry */
	assert_int_equal(billing_verify(&input, buf_span(&bytes), &arena, &lot, &mine), BILLING_DIFFERS);
	buf_close(&bytes);
	arena_close(&arena);
}

/* One id in two dossiers: once one of them was cancelled, the other one is the visit, in whatever order they come. */
static void of_two_versions_the_one_that_took_place(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	struct billing_obstacle obstacle;
	struct billing_lot lot;
	for (uint32_t living = 0; living < 3; living++) {
		struct billing_visit visits[3];
		for (uint32_t i = 0; i < 3; i++) {
			visits[i] = billing_visit_of(1, (uint8_t)i, billing_day(2024, 3, 10), 900);
			visits[i].flags |= i == living ? 0 : BILLING_CANCELLED;
		}
		struct billing_input input = billing_input_of(2024, 3, visits, 3, &rate, 1);
		check_ok(billing_close(&input, &arena, &lot, &obstacle));
		assert_int_equal(lot.line_count, 1);
		assert_memory_equal(&lot.lines[0].patient, &visits[living].patient, sizeof(struct record_id));
		visits[living].flags |= BILLING_CANCELLED;
		check_ok(billing_close(&input, &arena, &lot, &obstacle));
		assert_int_equal(lot.line_count, 0);
		for (uint32_t i = 0; i < 3; i++)
			visits[i].flags &= i == living ? UINT32_MAX : ~(uint32_t)BILLING_CANCELLED;
		check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_CONFLICT);
		assert_int_equal(obstacle.kind, BILLING_OBSTACLE_TWO_VERSIONS);
	}
	arena_close(&arena);
}

static void inputs_that_contradict_themselves(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_visit visits[] = {billing_visit_of(1, 0, billing_day(2024, 3, 10), 900),
	        billing_visit_of(1, 0, billing_day(2024, 3, 10), 900)};
	struct billing_rate rates[] = {billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP),
	        billing_rate_of(2, BILLING_PER_VISIT, BILLING_HALF_UP)};
	struct billing_input input = billing_input_of(2024, 3, visits, 2, rates, 1);
	struct billing_lot lot;
	struct billing_obstacle obstacle;
	check_ok(billing_close(&input, &arena, &lot, &obstacle)); /* the same thing twice is once */
	assert_int_equal(lot.line_count, 1);
	visits[1].item.end_s++;
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_CONFLICT);
	assert_true(obstacle.has_visit);
	visits[1] = visits[0];
	input.rate_count = 2; /* two rates from the same day on */
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_CONFLICT);
	input.rate_count = 1;
	visits[0].item.end_s += 25 * 3600;
	input.visit_count = 1;
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_INVALID);
	input.previous_hash.bytes[0] = 1;
	input.visit_count = 0;
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_GAP);
	arena_close(&arena);
}

/* A lot of April that has each kind of line but a reinstatement; of March, one by the first rule version. By the second: a visit of two that names the
 * second nurse, two visits of two nurses, a minimum, another tariff. */
static struct buf sample_lot(struct arena *arena, uint32_t rule)
{
	static const enum billing_unit UNITS[] = {BILLING_PER_VISIT, BILLING_PER_PATIENT_MONTH};
	struct billing_visit visits[9];
	struct billing_rate rates[] = {billing_rate_of(1, UNITS[0], BILLING_HALF_UP),
	        billing_rate_of(2, UNITS[1], BILLING_HALF_EVEN),
	        billing_rate_of(3, UNITS[0], BILLING_HALF_UP)};
	struct billing_heard heard[] = {{.until_ms = 5}, {.until_ms = 7}};
	struct entry_ref frontier[] = {{.seq = 12}, {.seq = 4000}};
	heard[0].device.bytes[0] = 9;
	frontier[0].feed.bytes[31] = 3;
	for (uint32_t i = 0; i < 6; i++)
		visits[i] = billing_visit_of(i, i % 2, billing_day(2024, 3, 1 + i), 600 + 300 * (int64_t)i);
	visits[3].flags |= BILLING_ALD;
	rates[1].territory = span_text("Ailleurs");
	visits[4].rate = visits[5].rate = visits[1].rate = rates[1].id;
	struct billing_input input = billing_input_of(2024, 3, visits, 6, rates, 2);
	input.rule_version = LOT_FORMAT_FIRST;
	input.lease.bytes[0] = 0x1e;
	input.word.bytes[31] = 0x02;
	input.heard = heard;
	input.heard_count = 2;
	input.frontier = frontier;
	input.frontier_count = 2;
	struct billing_lot lot, before;
	struct buf bytes = {0};
	check_ok(billing_close(&input, arena, &before, NULL));
	check_ok(lot_encode(&before, &bytes));
	struct billing_previous previous = {&before, lot_hash_of(buf_span(&bytes))};
	buf_clear(&bytes);
	visits[0].item.end_s += 600; /* so that the sample has each kind of line but a reinstatement */
	visits[5] = billing_visit_of(9, 0, billing_day(2024, 4, 2), 1234);
	struct billing_status status = {.nurse = visits[5].item.nurse, .tariff = BILLING_HEALTH_CENTRE};
	if (rule != LOT_FORMAT_FIRST) {
		visits[6] = billing_visit_of(10, 1, billing_day(2024, 4, 3), 240);
		visits[7] = billing_visit_of(11, 1, billing_day(2024, 4, 4), 1500);
		visits[8] = billing_visit_of(12, 1, billing_day(2024, 4, 4) + 300, 1500);
		visits[6].co_nurse = visits[7].item.nurse;
		visits[6].flags |= BILLING_DOUBLED;
		visits[7].flags |= BILLING_DOUBLED;
		visits[8].flags |= BILLING_DOUBLED;
		rates[2].tariff = BILLING_HEALTH_CENTRE;
		rates[2].least_minutes = 10;
		rates[2].min_minutes = 2;
		rates[2].doubled = BILLING_SHARE;
		rates[2].doubled_per_mille = 400;
		visits[6].rate = visits[7].rate = visits[8].rate = rates[2].id;
		input.statuses = &status;
		input.status_count = 1;
		input.rate_count = 3;
		input.visit_count = 9;
	}
	input.rule_version = rule;
	input.month++;
	input.previous = &previous;
	input.previous_count = 1;
	input.previous_hash = previous.hash;
	check_ok(billing_close(&input, arena, &lot, NULL));
	check_ok(lot_encode(&lot, &bytes));
	return bytes;
}

static void the_bytes_of_a_lot(void **state)
{
	(void)state;
	struct arena arena = {0};
	for (uint32_t rule = LOT_FORMAT_FIRST; rule <= LOT_FORMAT; rule++) {
		struct billing_lot lot;
		struct buf bytes = sample_lot(&arena, rule);
		golden_check(rule == LOT_FORMAT_FIRST ? "billing/lot-1.hex" : "billing/lot-2.hex",
		        buf_span(&bytes));
		check_ok(lot_decode(&lot, buf_span(&bytes), &arena));
		assert_int_equal(lot.format, rule);
		assert_int_equal(lot.rule_version, rule);
		buf_close(&bytes);
	}
	arena_close(&arena);
}

static void every_altered_lot_is_refused_or_another(void **state)
{
	(void)state;
	struct arena arena = {0}, scratch = {0};
	struct buf bytes = sample_lot(&arena, LOT_FORMAT);
	struct lot_hash hash = lot_hash_of(buf_span(&bytes));
	uint32_t refused = 0;
	for (size_t i = 0; i < bytes.size; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct billing_lot lot;
			bytes.data[i] ^= (uint8_t)(1u << bit);
			int error = lot_decode(&lot, buf_span(&bytes), &scratch);
			struct lot_hash other = lot_hash_of(buf_span(&bytes));
			assert_false(lot_hash_eq(&hash, &other));
			refused += error != 0;
			bytes.data[i] ^= (uint8_t)(1u << bit);
			arena_clear(&scratch);
		}
	}
	assert_true(refused > 0);
	for (size_t size = 0; size < bytes.size; size++) {
		struct billing_lot lot;
		assert_true(lot_decode(&lot, span_of(bytes.data, size), &scratch) < 0);
		arena_clear(&scratch);
	}
	buf_close(&bytes);
	arena_close(&scratch);
	arena_close(&arena);
}

static void a_changed_amount_is_noticed(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_visit visit = billing_visit_of(1, 0, billing_day(2024, 3, 10), 900);
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, &rate, 1);
	struct billing_lot lot, back;
	struct buf bytes = {0};
	check_ok(billing_close(&input, &arena, &lot, NULL));
	struct billing_line line = lot.lines[0];
	line.cents++;
	lot.lines = &line;
	lot.totals.cents++;
	check_ok(lot_encode(&lot, &bytes));
	check_code(lot_decode(&back, buf_span(&bytes), &arena), ERR_CORRUPT);
	buf_close(&bytes);
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(values_of_the_file),
	        cmocka_unit_test(every_fifth_minute_is_a_tie),
	        cmocka_unit_test(minutes_are_those_of_the_printed_times),
	        cmocka_unit_test(the_month_example),
	        cmocka_unit_test(what_is_not_billed),
	        cmocka_unit_test(the_month_is_that_of_the_place),
	        cmocka_unit_test(rates_are_dated),
	        cmocka_unit_test(late_and_amended_visits),
	        cmocka_unit_test(an_erased_visit_stays_billed),
	        cmocka_unit_test(two_holders_closed_the_same_month),
	        cmocka_unit_test(another_node_verifies),
	        cmocka_unit_test(of_two_versions_the_one_that_took_place),
	        cmocka_unit_test(inputs_that_contradict_themselves),
	        cmocka_unit_test(the_bytes_of_a_lot),
	        cmocka_unit_test(every_altered_lot_is_refused_or_another),
	        cmocka_unit_test(a_changed_amount_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
