#include "tests/lib/check.h"

#include <string.h>

#include "node/billing/anomalies.h"
#include "node/billing/care.h"
#include "node/billing/shares.h"
#include "node/billing/statement.h"
#include "node/billing/statement_page.h"
#include "tests/lib/billing.h"

enum { FIELDS_MAX = 40 };

/* Two months: the second has a credit, a correction, a late and a normal line. */
static struct billing_lot sample(struct arena *arena, struct lot_hash *hash)
{
	struct billing_visit visits[] = {billing_visit_of(1, 0, billing_day(2024, 3, 10) + 36000, 900),
	        billing_visit_of(2, 1, billing_day(2024, 4, 10) + 36000, 3600),
	        billing_visit_of(3, 0, billing_day(2024, 3, 11), 600)};
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	rate.territory = span_text("=Bretagne \"sud\"; c\xc3\xb4te");
	struct billing_input input = billing_input_of(2024, 3, visits, 1, &rate, 1);
	struct billing_lot before, lot;
	struct buf bytes = {0};
	input.territory = rate.territory;
	check_ok(billing_close(&input, arena, &before, NULL));
	check_ok(lot_encode(&before, &bytes));
	struct billing_previous previous = {
	        arena_copy(arena, &before, sizeof(before)), lot_hash_of(buf_span(&bytes))};
	visits[0].item.end_s += 300;
	input.visit_count = 3;
	input.month++;
	input.previous = &previous;
	input.previous_count = 1;
	input.previous_hash = previous.hash;
	check_ok(billing_close(&input, arena, &lot, NULL));
	buf_clear(&bytes);
	check_ok(lot_encode(&lot, &bytes));
	*hash = lot_hash_of(buf_span(&bytes));
	buf_close(&bytes);
	return lot;
}

/* Fields of a CSV row, quotes respected. Gives their number and moves *at past the row. */
static uint32_t csv_row(const char **at, const char *fields[FIELDS_MAX], size_t sizes[FIELDS_MAX])
{
	uint32_t count = 0;
	bool is_quoted = false;
	fields[0] = *at;
	for (;; ++*at) {
		if (**at == '"')
			is_quoted = !is_quoted;
		bool is_end = !is_quoted && **at == '\r' && (*at)[1] == '\n';
		if (!is_quoted && (**at == ';' || is_end)) {
			sizes[count] = (size_t)(*at - fields[count]);
			count++;
			if (count < FIELDS_MAX)
				fields[count] = *at + 1;
		}
		assert_true(count < FIELDS_MAX && **at);
		if (is_end) {
			*at += 2;
			return count;
		}
	}
}

static int64_t number_of(const char *field)
{
	return strtoll(field, NULL, 10);
}

static void csv_adds_up(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct lot_hash hash;
	struct billing_lot lot = sample(&arena, &hash);
	struct buf csv = {0};
	statement_csv(&lot, &hash, &part_whole, &csv);
	buf_add(&csv, "", 1);
	const char *at = (const char *)csv.data, *fields[FIELDS_MAX];
	size_t sizes[FIELDS_MAX];
	enum { MINUTES = 17, CENTS = 18, EUROS = 19, AMO = 20, AMC = 21, TERRITORY = 12, HASH = 16 };
	int64_t cents = 0, minutes = 0, visit_minutes = 0, amo = 0;
	uint32_t rows = 0;
	char hex[65];
	assert_int_equal(csv_row(&at, fields, sizes), 32); /* the names */
	assert_true(sizes[CENTS] == 5 && strncmp(fields[CENTS], "cents", 5) == 0);
	for (;; rows++) {
		assert_int_equal(csv_row(&at, fields, sizes), 32);
		if (strncmp(fields[0], "TOTAL", 5) == 0)
			break;
		if (strncmp(fields[0], "VISIT", 5) == 0) {
			visit_minutes += number_of(fields[MINUTES]);
			continue;
		}
		assert_true(strncmp(fields[TERRITORY], "\" =Bretagne \"\"sud\"\"; c\xc3\xb4te\"",
		                    sizes[TERRITORY]) == 0);
		cents += number_of(fields[CENTS]);
		minutes += number_of(fields[MINUTES]);
		amo += number_of(fields[AMO]);
		assert_int_equal(number_of(fields[CENTS]), number_of(fields[AMO]) + number_of(fields[AMC]));
	}
	assert_true(strncmp(at, "SEAL;", 5) == 0);
	assert_int_equal(rows, 8); /* four lines, a visit each */
	assert_int_equal(visit_minutes, 15 + 20 + 10 + 60);
	assert_int_equal(number_of(fields[CENTS]), cents);
	assert_int_equal(cents, -1349 + 1798 + 899 + 5394);
	assert_int_equal(number_of(fields[MINUTES]), minutes);
	assert_int_equal(number_of(fields[AMO]), amo);
	assert_true(strncmp(fields[EUROS], "67,42", 5) == 0);
	ids_hex(hex, hash.bytes, sizeof(hash.bytes));
	assert_true(sizes[HASH] == 64 && strncmp(fields[HASH], hex, 64) == 0);
	buf_close(&csv);
	arena_close(&arena);
}

/* Every nurse's part is what her statement says (shares.h), and they add up to the lot. */
static void parts_are_shares(void **state)
{
	(void)state;
	for (int unit = BILLING_PER_VISIT; unit <= BILLING_PER_PATIENT_MONTH; unit++) {
		struct arena arena = {0};
		struct billing_visit visits[40];
		struct billing_rate rate = billing_rate_of(1, (enum billing_unit)unit, BILLING_HALF_EVEN);
		struct billing_lot lot;
		struct billing_shares shares;
		rate.min_minutes = 1;
		rate.doubled = BILLING_BOTH;
		for (uint32_t i = 0; i < 40; i++) {
			visits[i] = billing_visit_of(i, (uint8_t)(i % 3),
			        billing_day(2024, 3, 1 + i % 28) + 30000 + 3600 * (i / 28),
			        60 * (int64_t)(5 + 10 * (i % 4)));
			visits[i].flags |= i % 7 == 0 ? BILLING_DOUBLED : 0;
			visits[i].co_nurse.bytes[0] = i % 7 == 0 ? 9 : 0;
		}
		struct billing_input input = billing_input_of(2024, 3, visits, 40, &rate, 1);
		check_ok(billing_close(&input, &arena, &lot, NULL));
		const struct billing_previous previous = {&lot, {{1}}};
		billing_shares_of(&previous, 1, BILLING_BY_NURSE, &arena, &shares);
		assert_int_equal(shares.count, 4);
		int64_t cents = 0, amo_cents = 0;
		for (uint32_t i = 0; i < shares.count; i++) {
			struct statement_part part = {.has_nurse = true};
			memcpy(part.nurse.bytes, shares.rows[i].id.bytes, PART_NURSE_BYTES);
			const struct billing_totals totals = part_totals(&part, &lot);
			assert_int_equal(totals.cents, shares.rows[i].cents);
			assert_int_equal(totals.amo_cents, shares.rows[i].amo_cents);
			assert_int_equal(totals.billed_milli, shares.rows[i].billed_milli);
			assert_int_equal(totals.visit_count, shares.rows[i].visit_count);
			cents += totals.cents;
			amo_cents += totals.amo_cents;
		}
		assert_int_equal(cents, lot.totals.cents);
		assert_int_equal(amo_cents, lot.totals.amo_cents);
		arena_close(&arena);
	}
}

/* What the page says is text alone, whatever names and territories are; and it has the hash and the totals. */
static void no_text_becomes_markup(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct lot_hash hash;
	struct billing_lot lot = sample(&arena, &hash);
	struct buf page = {0};
	char hex[65], id[33];
	ids_hex(id, lot.lines[0].patient.bytes, sizeof(lot.lines[0].patient.bytes));
	json_t *patients = json_pack(
	        "{s:{s:s, s:s}}", id, "lastName", "</td><script>", "firstName", "\xe2\x80\xae&");
	const struct statement_people people = {patients, NULL};
	statement_page(&lot, &hash, &part_whole, &people, SCHEMA_FR, &page);
	buf_add(&page, "", 1);
	const char *text = (const char *)page.data;
	ids_hex(hex, hash.bytes, sizeof(hash.bytes));
	assert_null(strstr(text, "<script>"));
	assert_non_null(strstr(text, "&lt;/td&gt;&lt;script&gt;"));
	assert_non_null(strstr(text, hex));
	assert_non_null(strstr(text, "67,42\xc2\xa0€"));
	assert_non_null(strstr(text, "@page"));
	json_decref(patients);
	buf_close(&page);
	arena_close(&arena);
}

/* A statement of care reads its own members: whatever else stands beside them stays out; texts are no markup and no formula. */
static void care_says_its_members_alone(void **state)
{
	(void)state;
	struct buf csv = {0}, page = {0};
	json_t *nurse = json_pack("{s:s, s:s, s:s}", "id", "0102", "name",
	        "L\xc3\xa9"
	        "a <b>",
	        "note", "Canari");
	json_t *visit = json_pack("{s:s, s:s, s:s, s:i, s:s, s:b, s:o, s:s, s:{s:s, s:s, s:s}, s:[{s:[s, s], "
	                          "s:b, s:s}], s:[{s:s, s:s, s:i, s:s}]}",
	        "id", "aa", "start", "2026-03-05T08:00:30+01:00", "end", "2026-03-05T08:55:10+01:00",
	        "minutes", 55, "state", "done", "billable", 1, "nurse", nurse, "note", "Canari",
	        "prescription", "date", "2026-02-27", "prescriber", "=Dr House", "care", "Canari",
	        "corrections", "what", "times", "nurse", "reason", 1, "words", "Canari", "billed", "lot",
	        "0123456789abcdef", "month", "2026-03", "line", 4, "kind", "normal");
	json_t *care = json_pack("{s:s, s:s, s:[{s:s, s:s}], s:[{s:s, s:s, s:s, s:[o, {}]}]}", "from",
	        "2026-03-01", "to", "2026-03-31", "unknown", "fr", "rien", "en", "nothing", "patients", "id",
	        "bb", "name", "@Martin", "allergies", "Canari", "visits", visit);
	care_csv(care, SCHEMA_EN, &csv);
	care_page(care, SCHEMA_FR, &page);
	buf_add(&csv, "", 1);
	buf_add(&page, "", 1);
	const char *text = (const char *)csv.data, *html = (const char *)page.data;
	assert_null(strstr(text, "Canari"));
	assert_null(strstr(html, "Canari"));
	assert_null(strstr(html, "<b>"));
	assert_non_null(strstr(text, "\" =Dr House\""));
	assert_non_null(strstr(text, "\" @Martin\""));
	assert_non_null(strstr(text, "times, nurse (, with a reason)"));
	assert_non_null(strstr(text, "2026-03 0123456789abcdef/4 billed"));
	assert_non_null(strstr(html, "55 min, faite"));
	assert_non_null(strstr(html, "RPPS inconnu"));
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		const char *fields[FIELDS_MAX];
		size_t sizes[FIELDS_MAX];
		const char *row = at;
		assert_int_equal(csv_row(&row, fields, sizes), 23);
	}
	json_decref(care);
	buf_close(&csv);
	buf_close(&page);
}

static void json_adds_up(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct lot_hash hash;
	struct billing_lot lot = sample(&arena, &hash);
	json_t *json = statement_json(&lot, &hash, &part_whole), *line,
	       *totals = json_object_get(json, "totals");
	size_t i;
	json_int_t cents = 0;
	json_array_foreach(json_object_get(json, "lines"), i, line)
	        cents += json_integer_value(json_object_get(line, "cents"));
	assert_int_equal(cents, 6742);
	assert_int_equal(json_integer_value(json_object_get(totals, "cents")), cents);
	assert_int_equal(json_integer_value(json_object_get(totals, "visits")),
	        2); /* one late, one normal; the credit and its correction make none */
	assert_string_equal(json_string_value(json_object_get(json, "month")), "2024-04");
	json_decref(json);
	arena_close(&arena);
}

static bool has(const struct billing_anomaly *list, uint32_t count, enum billing_anomaly_kind kind,
        const struct billing_visit *visit)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].kind == kind &&
		        (!visit || record_id_eq(&list[i].visit, &visit->item.visit) ||
		                record_id_eq(&list[i].other, &visit->item.visit)))
			return true;
	return false;
}

static void anomalies_are_found(void **state)
{
	(void)state;
	struct arena arena = {0};
	int64_t day = billing_day(2024, 3, 10);
	struct billing_visit visits[] = {billing_visit_of(0, 0, day, 3600),
	        billing_visit_of(3, 1, day + 1800, 3600), /* nurse 1 twice */
	        billing_visit_of(6, 2, day + 86400, 1800),
	        billing_visit_of(7, 2, day + 86400 + 600, 1800), /* two at one patient */
	        billing_visit_of(9, 3, day + 2 * 86400, 1800),
	        billing_visit_of(10, 3, day + 2 * 86400, 1800), /* doubled, marked */
	        billing_visit_of(12, 4, day + 3 * 86400, 3 * 3600 + 60),
	        billing_visit_of(13, 4, day + 4 * 86400, 30), billing_visit_of(14, 5, day + 5 * 86400, 0),
	        billing_visit_of(15, 5, day + 40 * 86400, 0)};
	visits[4].flags |= BILLING_DOUBLED;
	visits[5].flags |= BILLING_DOUBLED;
	visits[8].flags |= BILLING_RUNNING | BILLING_NO_IDENTITY | BILLING_NO_PRESCRIPTION |
	        BILLING_OTHER_FUNDING;
	struct billing_rate rate = billing_rate_of(1, BILLING_PER_VISIT, BILLING_HALF_UP);
	rate.valid_from_day = (day + 86400) / 86400;
	struct billing_heard heard[2] = {
	        {.until_ms = (uint64_t)billing_day(2024, 4, 1) * 1000}, {.until_ms = 5}};
	heard[1].device.bytes[0] = 1;
	struct billing_input input = billing_input_of(2024, 3, visits, 10, &rate, 1);
	input.heard = heard;
	input.heard_count = 2;
	struct billing_anomaly *list;
	uint32_t count;
	check_ok(billing_anomalies(&input, &arena, &list, &count));
	assert_true(has(list, count, BILLING_ANOMALY_NURSE_OVERLAP, &visits[0]));
	assert_true(has(list, count, BILLING_ANOMALY_NURSE_OVERLAP, &visits[1]));
	assert_true(has(list, count, BILLING_ANOMALY_PATIENT_OVERLAP, &visits[2]));
	assert_false(has(list, count, BILLING_ANOMALY_PATIENT_OVERLAP, &visits[4]));
	assert_true(has(list, count, BILLING_ANOMALY_LONG, &visits[6]));
	assert_true(has(list, count, BILLING_ANOMALY_SHORT, &visits[7]));
	assert_true(has(list, count, BILLING_ANOMALY_RUNNING, &visits[8]));
	assert_false(has(list, count, BILLING_ANOMALY_SHORT, &visits[8]));
	assert_true(has(list, count, BILLING_ANOMALY_NO_IDENTITY, &visits[8]));
	assert_true(has(list, count, BILLING_ANOMALY_NO_RATE, &visits[0]));
	assert_int_equal(list[count - 1].kind, BILLING_ANOMALY_NOT_HEARD);
	assert_int_equal(list[count - 1].device.bytes[0], 1);
	/* 1 + 1 overlaps, long, short, 3 flags, running, 2 without rate, 1 device; nothing of April */
	assert_int_equal(count, 11);
	assert_string_equal(
	        billing_anomaly_sentence(BILLING_ANOMALY_LONG, false), "The visit lasts more than 3 hours.");
	arena_close(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(csv_adds_up),
	        cmocka_unit_test(json_adds_up),
	        cmocka_unit_test(parts_are_shares),
	        cmocka_unit_test(no_text_becomes_markup),
	        cmocka_unit_test(care_says_its_members_alone),
	        cmocka_unit_test(anomalies_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
