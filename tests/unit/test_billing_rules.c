/* Rule version 2: tables for whom, minimum, least, doubled visits, corrected tables; and that nothing of it touches what was closed. Amounts are those of
 * node/billing/README.md, section 1. */
#include "tests/lib/check.h"

#include "crdt/base/rng.h"
#include "node/billing/anomalies.h"
#include "node/billing/explain.h"
#include "node/billing/said.h"
#include "node/billing/rate_check.h"
#include "node/billing/shares.h"
#include "tests/lib/billing.h"

static struct billing_rate plain(uint8_t number)
{
	return billing_rate_of(number, BILLING_PER_VISIT, BILLING_HALF_UP);
}

static struct billing_visit minutes_of(uint32_t number, int64_t day, int64_t minutes)
{
	return billing_visit_of(number, 0, billing_day(2024, 3, 1) + day * 86400 + 8 * 3600, 60 * minutes);
}

static int64_t cents_of(struct billing_input input, struct arena *arena)
{
	struct billing_lot lot;
	check_ok(billing_close(&input, arena, &lot, NULL));
	return lot.totals.cents;
}

static void minimum_and_least(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visits[] = {
	        minutes_of(1, 0, 4), minutes_of(2, 1, 5), minutes_of(3, 2, 10), minutes_of(4, 3, 20)};
	struct billing_input input = billing_input_of(2024, 3, visits, 4, &rate, 1);
	rate.min_minutes = 5;
	rate.least_minutes = 15;
	/* 4 minutes: nothing; 5 and 10: 15 minutes each, 13.49; 20: 17.98 */
	assert_int_equal(cents_of(input, &arena), 1349 + 1349 + 1798);
	rate.unit = BILLING_PER_PATIENT_MONTH; /* 50 minutes, 44.95, not rounded before */
	assert_int_equal(cents_of(input, &arena), 4495);
	input.rule_version = LOT_FORMAT_FIRST; /* 39 minutes as they are: 35.06 */
	assert_int_equal(cents_of(input, &arena), 3506);
	arena_close(&arena);
}

/* One visit of 45 minutes that names a second nurse. */
static void a_doubled_visit_of_one_record(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visit = minutes_of(1, 0, 45);
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, &rate, 1);
	visit.flags |= BILLING_DOUBLED;
	visit.co_nurse.bytes[0] = 0x77;
	assert_int_equal(cents_of(input, &arena), 4046); /* as recorded: 4045.5, up */
	rate.doubled = BILLING_BOTH;
	assert_int_equal(cents_of(input, &arena), 8091); /* 90 minutes: 8091, not twice 4046 */
	rate.doubled = BILLING_ONE;
	assert_int_equal(cents_of(input, &arena), 4046);
	rate.doubled = BILLING_SHARE;
	rate.doubled_per_mille = 500;
	assert_int_equal(cents_of(input, &arena), 6068); /* 67.5 minutes: 6068.25 */
	arena_close(&arena);
}

/* Each nurse records her own: 45 minutes, and 30 of them together. */
static void a_doubled_visit_of_two_records(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visits[] = {minutes_of(1, 0, 45), minutes_of(2, 0, 30), minutes_of(3, 0, 10)};
	struct billing_input input = billing_input_of(2024, 3, visits, 2, &rate, 1);
	visits[0].flags |= BILLING_DOUBLED;
	visits[1].flags |= BILLING_DOUBLED;
	visits[1].item.start_s += 600;
	visits[1].item.end_s += 600;
	visits[0].co_nurse = visits[1].item.nurse; /* names her who has her own: nothing more */
	assert_int_equal(cents_of(input, &arena), 4046 + 2697);
	rate.doubled = BILLING_BOTH;
	assert_int_equal(cents_of(input, &arena), 4046 + 2697);
	rate.doubled = BILLING_ONE;
	assert_int_equal(cents_of(input, &arena), 4046);
	rate.doubled = BILLING_SHARE;
	rate.doubled_per_mille = 250; /* 7.5 minutes: 674.25 */
	assert_int_equal(cents_of(input, &arena), 4046 + 674);
	visits[1].flags &= ~(uint32_t)BILLING_DOUBLED; /* not marked: two visits */
	visits[0].co_nurse = (struct person_id){{0}};
	assert_int_equal(cents_of(input, &arena), 4046 + 2697);
	arena_close(&arena);
}

enum { MANY = 120 };

static bool overlap(const struct billing_visit *a, const struct billing_visit *b)
{
	return record_id_eq(&a->patient, &b->patient) && a->item.start_s < b->item.end_s &&
	        b->item.start_s < a->item.end_s && !person_id_eq(&a->item.nurse, &b->item.nurse);
}

/* README.md, section 1, told pair by pair; visits are in the order of their starts, and half of a second one is paid. */
static uint32_t weight_told(const struct billing_visit *visits, uint32_t at, bool *second)
{
	bool has_own = false;
	second[at] = false;
	for (uint32_t i = 0; i < MANY; i++) {
		if (!overlap(&visits[i], &visits[at]))
			continue;
		second[at] = second[at] || (i < at && !second[i]);
		has_own = has_own || person_id_eq(&visits[i].item.nurse, &visits[at].co_nurse);
	}
	if (second[at])
		return 500;
	return person_id_is_zero(&visits[at].co_nurse) || has_own ? 1000 : 1500;
}

static uint32_t weight_billed(const struct billing_lot *lot, const struct record_id *visit)
{
	for (uint32_t i = 0; i < lot->line_count; i++)
		if (record_id_eq(&lot->lines[i].items[0].visit, visit))
			return lot->lines[i].items[0].weight_per_mille;
	return 0;
}

/* Four nurses crowd at two patients: what each is paid is what the rule says. */
static void many_doubled_visits_at_once(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rate = plain(1);
	rate.doubled = BILLING_SHARE;
	rate.doubled_per_mille = 500;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct rng rng = rng_new(seed);
		struct billing_visit visits[MANY];
		struct billing_lot lot;
		bool second[MANY];
		int64_t start_s = billing_day(2024, 3, 2);
		for (uint32_t i = 0; i < MANY; i++) {
			start_s += 60 * (1 + (int64_t)rng_below(&rng, 20));
			visits[i] = billing_visit_of(
			        i + 1, 0, start_s, 60 * (1 + (int64_t)rng_below(&rng, 90)));
			visits[i].patient.bytes[0] = (uint8_t)(1 + rng_below(&rng, 2));
			visits[i].item.nurse = (struct person_id){{(uint8_t)(1 + rng_below(&rng, 4))}};
			visits[i].flags |= BILLING_DOUBLED;
			visits[i].co_nurse.bytes[0] = (uint8_t)rng_below(&rng, 5);
			if (person_id_eq(&visits[i].co_nurse, &visits[i].item.nurse))
				visits[i].co_nurse.bytes[0] = 0;
		}
		struct billing_input input = billing_input_of(2024, 3, visits, MANY, &rate, 1);
		check_ok(billing_close(&input, &arena, &lot, NULL));
		for (uint32_t i = 0; i < MANY; i++)
			assert_int_equal(
			        weight_billed(&lot, &visits[i].item.visit), weight_told(visits, i, second));
	}
	arena_close(&arena);
}

static void a_status_decides_from_its_day_on(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_rate rates[] = {plain(1), plain(2), plain(3)};
	struct billing_visit visits[] = {minutes_of(1, 0, 60), minutes_of(4, 10, 60), minutes_of(7, 20, 60)};
	struct billing_status statuses[] = {
	        {visits[0].item.nurse, billing_day(2024, 3, 15) / 86400, BILLING_HEALTH_CENTRE},
	        {visits[0].item.nurse, billing_day(2024, 3, 5) / 86400, BILLING_SELF_EMPLOYED}};
	struct billing_input input = billing_input_of(2024, 3, visits, 3, rates, 3);
	visits[1].item.nurse = visits[2].item.nurse = visits[0].item.nurse;
	rates[1].tariff = BILLING_SELF_EMPLOYED;
	rates[1].cents_per_hour = 6000;
	rates[2].tariff = BILLING_HEALTH_CENTRE;
	rates[2].cents_per_hour = 4000;
	input.statuses = statuses;
	input.status_count = 2;
	assert_int_equal(cents_of(input, &arena), 6000 + 6000 + 4000);
	input.rate_count = 2; /* none for the health centre: that for all */
	assert_int_equal(cents_of(input, &arena), 6000 + 6000 + 5394);
	input.rule_version = LOT_FORMAT_FIRST; /* which knew no kinds: two tables of one day */
	struct billing_lot lot;
	struct billing_obstacle obstacle;
	check_code(billing_close(&input, &arena, &lot, &obstacle), ERR_CONFLICT);
	assert_int_equal(obstacle.kind, BILLING_OBSTACLE_TWO_RATES);
	assert_false(record_id_eq(&obstacle.rates[0], &obstacle.rates[1]));
	arena_close(&arena);
}

struct closed {
	struct arena arena;
	struct buf bytes;
	struct billing_lot lot;
	struct billing_previous previous;
};

static void close_first(struct closed *closed, struct billing_input input)
{
	check_ok(billing_close(&input, &closed->arena, &closed->lot, NULL));
	check_ok(lot_encode(&closed->lot, &closed->bytes));
	check_ok(lot_decode(&closed->lot, buf_span(&closed->bytes), &closed->arena));
	closed->previous = (struct billing_previous){&closed->lot, lot_hash_of(buf_span(&closed->bytes))};
}

static struct billing_lot close_next(struct closed *closed, struct billing_input input)
{
	struct billing_lot lot;
	input.month++;
	input.previous = &closed->previous;
	input.previous_count = 1;
	input.previous_hash = closed->previous.hash;
	check_ok(billing_close(&input, &closed->arena, &lot, NULL));
	return lot;
}

static void closed_wipe(struct closed *closed)
{
	buf_close(&closed->bytes);
	arena_close(&closed->arena);
}

/* A new table, also one from an earlier day, bills what was not billed; a corrected one corrects. */
static void a_change_never_touches_a_closed_lot(void **state)
{
	(void)state;
	for (uint32_t rule = LOT_FORMAT_FIRST; rule <= LOT_FORMAT; rule++) {
		struct closed closed = {0};
		struct billing_rate rates[] = {plain(1), plain(2)};
		struct billing_visit visits[] = {minutes_of(1, 0, 60), minutes_of(2, 1, 60)};
		struct billing_input input = billing_input_of(2024, 3, visits, 1, rates, 1);
		input.rule_version = rule;
		close_first(&closed, input);
		struct buf before = {0};
		buf_add_span(&before, buf_span(&closed.bytes));
		input.rule_version = 0;
		input.rate_count = 2;
		input.visit_count = 2; /* one comes late, under the new table */
		rates[1].valid_from_day = billing_day(2024, 2, 1) / 86400;
		rates[1].cents_per_hour = 6000;
		rates[1].least_minutes = 90;
		struct billing_lot lot = close_next(&closed, input);
		assert_int_equal(lot.line_count, 1);
		assert_int_equal(lot.lines[0].kind, BILLING_LATE);
		assert_int_equal(lot.totals.cents, 9000);
		struct billing_replacement corrected = {rates[0].id, rates[1].id};
		input.rates = &rates[1];
		input.rate_count = 1;
		input.replacements = &corrected;
		input.replacement_count = 1;
		lot = close_next(&closed, input); /* the first table was mistaken: credit and correction */
		assert_int_equal(lot.line_count, 3);
		assert_int_equal(lot.totals.credit_count, 1);
		assert_int_equal(lot.totals.cents, 9000 - 5394 + 9000);
		check_span(buf_span(&closed.bytes), buf_span(&before));
		struct billing_lot theirs, mine; /* and the first lot recomputes under its own version */
		struct billing_rate first = plain(1);
		input.rates = &first;
		input.replacement_count = 0;
		input.visit_count = 1;
		input.previous = &closed.previous;
		input.previous_count = 1;
		check_ok(billing_verify(&input, buf_span(&closed.bytes), &closed.arena, &theirs, &mine));
		assert_int_equal(theirs.rule_version, rule);
		buf_close(&before);
		closed_wipe(&closed);
	}
}

/* A credit is what it takes back, to the cent, whatever rules hold by now. */
static void a_credit_follows_the_rule_of_its_line(void **state)
{
	(void)state;
	struct closed closed = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visit = minutes_of(1, 0, 10);
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, &rate, 1);
	rate.least_minutes = 30; /* an earlier program passed over it */
	input.rule_version = LOT_FORMAT_FIRST;
	close_first(&closed, input);
	assert_int_equal(closed.lot.totals.cents, 899);
	input.rule_version = 0;
	struct billing_lot lot = close_next(&closed, input), back;
	assert_int_equal(lot.line_count, 2);
	assert_int_equal(lot.totals.cents, -899 + 2697);
	struct buf bytes = {0};
	check_ok(lot_encode(&lot, &bytes));
	check_ok(lot_decode(&back, buf_span(&bytes), &closed.arena));
	buf_close(&bytes);
	closed_wipe(&closed);
}

static void another_nurse_is_a_correction(void **state)
{
	(void)state;
	struct closed closed = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visit = minutes_of(1, 0, 10);
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, &rate, 1);
	close_first(&closed, input);
	assert_int_equal(close_next(&closed, input).line_count, 0);
	visit.item.nurse.bytes[0] ^= 0x55;
	struct billing_lot lot = close_next(&closed, input);
	assert_int_equal(lot.line_count, 2);
	assert_int_equal(lot.totals.cents, 0);
	closed_wipe(&closed);
}

/* The second of a doubled visit keeps its share when the first one's dossier is erased. */
static void an_erased_visit_keeps_its_weight(void **state)
{
	(void)state;
	struct closed closed = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visits[] = {minutes_of(1, 0, 45), minutes_of(2, 0, 30)};
	struct billing_input input = billing_input_of(2024, 3, visits, 2, &rate, 1);
	visits[0].flags |= BILLING_DOUBLED;
	visits[1].flags |= BILLING_DOUBLED;
	visits[1].item.start_s += 600;
	rate.doubled = BILLING_SHARE;
	rate.doubled_per_mille = 500;
	close_first(&closed, input);
	input.visits = &visits[1];
	input.visit_count = 1;
	assert_int_equal(close_next(&closed, input).line_count, 0);
	input.visits = &visits[0];
	assert_int_equal(close_next(&closed, input).line_count, 0);
	closed_wipe(&closed);
}

static void shares_add_up(void **state)
{
	(void)state;
	struct closed closed = {0};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_PATIENT_MONTH, BILLING_HALF_EVEN);
	struct billing_visit visits[20];
	for (uint32_t i = 0; i < 20; i++) {
		visits[i] = minutes_of(i, i, 5 + 10 * (i % 3));
		visits[i].patient.bytes[0] = (uint8_t)(i % 3);
		visits[i].co_nurse.bytes[0] = i % 5 ? 0 : 0x77;
		visits[i].flags |= i % 5 ? 0 : BILLING_DOUBLED;
	}
	rate.doubled = BILLING_SHARE;
	rate.doubled_per_mille = 333;
	struct billing_input input = billing_input_of(2024, 3, visits, 20, &rate, 1);
	close_first(&closed, input);
	for (int by = BILLING_BY_NURSE; by <= BILLING_BY_PATIENT; by++) {
		struct billing_shares shares;
		int64_t cents = 0, amo = 0, milli = 0;
		billing_shares_of(&closed.previous, 1, (enum billing_by)by, &closed.arena, &shares);
		assert_int_equal(
		        shares.count, by == BILLING_BY_NURSE ? 4 : 3); /* three, and the second one */
		for (uint32_t i = 0; i < shares.count; i++) {
			cents += shares.rows[i].cents;
			amo += shares.rows[i].amo_cents;
			milli += shares.rows[i].billed_milli;
			assert_true(
			        shares.rows[i].cents > 0 && shares.rows[i].amo_cents <= shares.rows[i].cents);
		}
		assert_int_equal(cents, closed.lot.totals.cents);
		assert_int_equal(shares.total.cents, closed.lot.totals.cents);
		assert_int_equal(amo, closed.lot.totals.amo_cents);
		assert_int_equal(milli, closed.lot.totals.billed_milli);
	}
	closed_wipe(&closed);
}

static void lines_are_explained(void **state)
{
	(void)state;
	struct closed closed = {0};
	struct billing_rate rate = plain(1);
	struct billing_visit visit = minutes_of(1, 0, 15);
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, &rate, 1);
	close_first(&closed, input);
	json_t *lines = explain_visit(&closed.previous, 1, &visit.item.visit);
	char *text = json_dumps(lines, 0);
	assert_int_equal(json_array_size(lines), 1);
	assert_non_null(strstr(text, "15.000 minutes"));
	assert_non_null(strstr(text, "1348.500000 cents"));
	assert_non_null(strstr(text, "13.49 euros"));
	assert_true(json_is_true(json_object_get(json_array_get(lines, 0), "stands")));
	free(text);
	json_decref(lines);
	struct record_id nobody = {{9, 9}};
	lines = explain_visit(&closed.previous, 1, &nobody);
	assert_int_equal(json_array_size(lines), 0);
	json_decref(lines);
	closed_wipe(&closed);
}

static void amounts_are_said(void **state)
{
	(void)state;
	assert_string_equal(said_money(5).fr, "0,05\xc2\xa0€");
	assert_string_equal(said_money(-1349).fr, "-13,49\xc2\xa0€");
	assert_string_equal(said_money(123456).fr,
	        "1\xc2\xa0"
	        "234,56\xc2\xa0€");
	assert_string_equal(said_money(123456789).fr,
	        "1\xc2\xa0"
	        "234\xc2\xa0"
	        "567,89\xc2\xa0€");
	assert_string_equal(said_money(123456).en, "1234.56 euros");
	assert_string_equal(said_percent(625).fr, "62,5\xc2\xa0%");
	assert_string_equal(said_percent(600).en, "60%");
	assert_string_equal(said_month(12 * 56 + 7).fr, "août 2026");
	assert_string_equal(said_day("2026-03-02T08:00").fr, "02/03/2026");
}

static bool has(const struct billing_anomaly *list, uint32_t count, enum billing_anomaly_kind kind)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].kind == kind)
			return true;
	return false;
}

/* Each is named, and what cannot be billed stops the closing with the visit. */
static void bad_visits_are_named(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_anomaly *found;
	struct billing_lot lot;
	struct billing_obstacle obstacle;
	uint32_t count;
	struct billing_rate rates[] = {plain(1), plain(2)};
	static const struct {
		int64_t seconds;
		enum billing_anomaly_kind anomaly;
		enum billing_obstacle_kind obstacle;
	} CASES[] = {{-600, BILLING_ANOMALY_NEGATIVE, BILLING_OBSTACLE_NEGATIVE},
	        {25 * 3600, BILLING_ANOMALY_TOO_LONG, BILLING_OBSTACLE_TOO_LONG},
	        {4 * 3600, BILLING_ANOMALY_LONG, 0}, {30, BILLING_ANOMALY_SHORT, 0}};
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct billing_visit visit = minutes_of(1, 0, 10);
		struct billing_input input = billing_input_of(2024, 3, &visit, 1, rates, 1);
		visit.item.end_s = visit.item.start_s + CASES[i].seconds;
		check_ok(billing_anomalies(&input, &arena, &found, &count));
		assert_true(has(found, count, CASES[i].anomaly));
		int error = billing_close(&input, &arena, &lot, &obstacle);
		assert_int_equal(error, CASES[i].obstacle ? ERR_INVALID : 0);
		assert_int_equal(obstacle.kind, CASES[i].obstacle);
		assert_true(!CASES[i].obstacle || record_id_eq(&obstacle.visit, &visit.item.visit));
	}
	struct billing_visit visit = minutes_of(1, 0, 10);
	struct billing_input input = billing_input_of(2024, 3, &visit, 1, rates, 2);
	input.now_s = visit.item.start_s - 60;
	visit.flags |= BILLING_OTHER_FUNDING | BILLING_DISPUTED;
	check_ok(billing_anomalies(&input, &arena, &found, &count));
	assert_true(has(found, count, BILLING_ANOMALY_FUTURE) &&
	        has(found, count, BILLING_ANOMALY_TWO_RATES) &&
	        has(found, count, BILLING_ANOMALY_OTHER_FUNDING) &&
	        has(found, count, BILLING_ANOMALY_DISPUTED) && has(found, count, BILLING_ANOMALY_NOT_OVER));
	assert_true(billing_anomaly_stops(BILLING_ANOMALY_FUTURE) &&
	        !billing_anomaly_stops(BILLING_ANOMALY_LONG));
	arena_close(&arena);
}

/* Who is named as the second nurse is there, too. */
static void a_second_nurse_is_in_one_place(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct billing_anomaly *found;
	uint32_t count;
	struct billing_rate rate = plain(1);
	struct billing_visit visits[] = {minutes_of(1, 0, 30), minutes_of(2, 0, 30)};
	struct billing_input input = billing_input_of(2024, 3, visits, 2, &rate, 1);
	visits[0].flags |= BILLING_DOUBLED;
	visits[0].co_nurse = visits[1].item.nurse;
	visits[1].patient.bytes[0] = 9; /* elsewhere */
	check_ok(billing_anomalies(&input, &arena, &found, &count));
	assert_true(has(found, count, BILLING_ANOMALY_NURSE_OVERLAP));
	visits[1].patient = visits[0].patient;
	visits[1].flags |= BILLING_DOUBLED; /* her own record of the same */
	check_ok(billing_anomalies(&input, &arena, &found, &count));
	assert_int_equal(count, 0);
	arena_close(&arena);
}

static void bad_tables_are_refused(void **state)
{
	(void)state;
	struct billing_rate rates[] = {plain(1), plain(2)}, rate = plain(3);
	struct record_id other;
	rates[1].tariff = BILLING_HEALTH_CENTRE;
	assert_int_equal(rate_check(&rate, false, rates, 2, NULL, &other), RATE_CHECK_SAME_DAY);
	assert_true(record_id_eq(&other, &rates[0].id));
	assert_int_equal(rate_check(&rate, false, rates, 2, &rates[0].id, &other), RATE_CHECK_GOOD);
	rate.tariff = BILLING_SELF_EMPLOYED;
	assert_int_equal(rate_check(&rate, false, rates, 2, NULL, &other), RATE_CHECK_GOOD);
	rate.doubled = BILLING_SHARE;
	assert_int_equal(rate_check(&rate, false, rates, 2, NULL, &other), RATE_CHECK_NO_SHARE);
	rate.doubled = BILLING_ONE;
	assert_int_equal(rate_check(&rate, true, rates, 2, NULL, &other), RATE_CHECK_SHARE_ALONE);
	struct arena arena = {0};
	struct billing_lot lot;
	struct billing_rate bad[] = {plain(1), plain(1), plain(1), plain(1)};
	bad[0].amo_per_mille = 1001;
	bad[1].cents_per_hour = -1;
	bad[2].doubled_per_mille = 10;
	bad[3].min_minutes = 24 * 60 + 1;
	for (int i = 0; i < 4; i++) {
		struct billing_input input = billing_input_of(2024, 3, NULL, 0, &bad[i], 1);
		assert_false(billing_rate_is_known(&bad[i]));
		check_code(billing_close(&input, &arena, &lot, NULL), ERR_INVALID);
	}
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(minimum_and_least),
	        cmocka_unit_test(a_doubled_visit_of_one_record),
	        cmocka_unit_test(many_doubled_visits_at_once),
	        cmocka_unit_test(a_doubled_visit_of_two_records),
	        cmocka_unit_test(a_status_decides_from_its_day_on),
	        cmocka_unit_test(a_change_never_touches_a_closed_lot),
	        cmocka_unit_test(a_credit_follows_the_rule_of_its_line),
	        cmocka_unit_test(another_nurse_is_a_correction),
	        cmocka_unit_test(an_erased_visit_keeps_its_weight),
	        cmocka_unit_test(shares_add_up),
	        cmocka_unit_test(amounts_are_said),
	        cmocka_unit_test(lines_are_explained),
	        cmocka_unit_test(bad_visits_are_named),
	        cmocka_unit_test(a_second_nurse_is_in_one_place),
	        cmocka_unit_test(bad_tables_are_refused),
	};
	return cmocka_run_group_tests_name("billing-rules", tests, NULL, NULL);
}
