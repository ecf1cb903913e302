#include "node/billing/statement.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "node/billing/seal.h"
#include "node/calendar.h"
#include "node/csv.h"
#include "node/schema/moment.h"

enum { NUMBER_BYTES = 32 };

void statement_month(char out[STATEMENT_MONTH_BYTES], uint32_t month)
{
	snprintf(out, STATEMENT_MONTH_BYTES, "%04u-%02u", (1970 + month / 12) % 10000, month % 12 + 1);
}

const char *statement_kind(enum billing_line_kind kind)
{
	static const char *const NAMES[] = {"", "normal", "late", "correction", "credit", "reinstate"};
	return NAMES[kind];
}

const char *statement_unit(enum billing_unit unit)
{
	return unit == BILLING_PER_VISIT ? "visit" : "patient-month";
}

const char *statement_tariff(enum billing_tariff tariff)
{
	static const char *const NAMES[] = {"all", "self-employed", "health-centre"};
	return NAMES[tariff];
}

const char *statement_doubled(enum billing_doubled doubled)
{
	static const char *const NAMES[] = {"as-recorded", "both", "one", "share"};
	return NAMES[doubled];
}

const char *statement_ties(enum billing_ties ties)
{
	return ties == BILLING_HALF_UP ? "half-up" : "half-even";
}

/* --- CSV --- */

void statement_euros(char out[STATEMENT_EUROS_BYTES], int64_t cents, char mark)
{
	long long size = cents < 0 ? -(long long)cents : (long long)cents;
	snprintf(out, STATEMENT_EUROS_BYTES, "%s%lld%c%02lld", cents < 0 ? "-" : "", size / 100, mark,
	        size % 100);
}

static void put_amounts(struct buf *out, int64_t minutes, int64_t cents, int64_t amo_cents)
{
	char euros[STATEMENT_EUROS_BYTES];
	csv_number(out, minutes);
	csv_text(out, ";");
	csv_number(out, cents);
	csv_text(out, ";");
	statement_euros(euros, cents, ',');
	csv_text(out, euros);
	csv_text(out, ";");
	csv_number(out, amo_cents);
	csv_text(out, ";");
	csv_number(out, cents - amo_cents);
}

static const char COLUMNS[] =
        "row;line;kind;month;patient;visit;nurse;start;end;rate_cents_per_hour;rounded_per;ties;territory;"
        "amo_per_mille;cited_lot;cited_line;entry_hash;minutes;cents;euros;amo_cents;amc_cents;"
        "rule;tariff;min_minutes;least_minutes;doubled;doubled_per_mille;billed_milliminutes;co_nurse;is_"
        "doubled;"
        "weight_per_mille\r\n";

/* The columns from "line" to "month" and "patient". */
static void put_line_start(struct buf *out, uint32_t number, const struct billing_line *line)
{
	char month[STATEMENT_MONTH_BYTES];
	statement_month(month, line->month);
	csv_number(out, number);
	csv_text(out, ";");
	csv_text(out, statement_kind(line->kind));
	csv_text(out, ";");
	csv_text(out, month);
	csv_text(out, ";");
	csv_hex(out, line->patient.bytes, sizeof(line->patient.bytes));
	csv_text(out, ";");
}

static void put_visit_row(struct buf *out, uint32_t number, const struct billing_line *line,
        const struct billing_item *item, int64_t milli)
{
	char text[MOMENT_TEXT_BYTES];
	csv_text(out, "VISIT;");
	put_line_start(out, number, line);
	csv_hex(out, item->visit.bytes, sizeof(item->visit.bytes));
	csv_text(out, ";");
	csv_hex(out, item->nurse.bytes, sizeof(item->nurse.bytes));
	csv_text(out, ";");
	moment_text(text, (struct moment){item->start_s, item->offset_minutes});
	csv_text(out, text);
	csv_text(out, ";");
	moment_text(text, (struct moment){item->end_s, item->offset_minutes});
	csv_text(out, text);
	csv_text(out, ";;;;;;;;");
	csv_hex(out, item->header.bytes, sizeof(item->header.bytes));
	csv_text(out, ";");
	csv_number(out, money_minutes(item->start_s, item->end_s));
	csv_text(out, ";;;;;;;;;;;");
	csv_number(out, milli);
	csv_text(out, ";");
	if (!person_id_is_zero(&item->co_nurse))
		csv_hex(out, item->co_nurse.bytes, sizeof(item->co_nurse.bytes));
	csv_text(out, item->is_doubled ? ";1;" : ";0;");
	csv_number(out, item->weight_per_mille);
	csv_text(out, "\r\n");
}

/* The columns from "rule" on. */
static void put_rule(
        struct buf *out, const struct billing_line *line, const struct billing_rate *rate, int64_t milli)
{
	csv_text(out, ";");
	csv_number(out, line->rule);
	csv_text(out, ";");
	csv_text(out, statement_tariff(rate->tariff));
	csv_text(out, ";");
	csv_number(out, rate->min_minutes);
	csv_text(out, ";");
	csv_number(out, rate->least_minutes);
	csv_text(out, ";");
	csv_text(out, statement_doubled(rate->doubled));
	csv_text(out, ";");
	csv_number(out, rate->doubled_per_mille);
	csv_text(out, ";");
	csv_number(out, milli);
	csv_text(out, ";;;\r\n");
}

static void put_line_row(
        struct buf *out, const struct billing_lot *lot, const struct statement_part *part, uint32_t number)
{
	const struct billing_line *line = &lot->lines[number];
	const struct billing_rate *rate = &lot->rates[line->rate];
	const struct part_amounts amounts = part_of_line(part, lot, line);
	csv_text(out, "LINE;");
	put_line_start(out, number, line);
	csv_text(out, ";;;;");
	csv_number(out, rate->cents_per_hour);
	csv_text(out, ";");
	csv_text(out, statement_unit(rate->unit));
	csv_text(out, ";");
	csv_text(out, statement_ties(rate->ties));
	csv_text(out, ";");
	csv_quoted(out, rate->territory);
	csv_text(out, ";");
	csv_number(out, line->amo_per_mille);
	csv_text(out, ";");
	if (billing_line_cites(line)) {
		csv_hex(out, line->cited_lot.bytes, sizeof(line->cited_lot.bytes));
		csv_text(out, ";");
		csv_number(out, line->cited_line);
	} else {
		csv_text(out, ";");
	}
	csv_text(out, ";;");
	put_amounts(out, amounts.minutes, amounts.cents, amounts.amo_cents);
	put_rule(out, line, rate, amounts.billed_milli);
	for (uint32_t i = 0; i < line->item_count; i++)
		if (part_has_item(part, &line->items[i]))
			put_visit_row(out, number, line, &line->items[i],
			        llabs(part_of_item(part, lot, line, i).billed_milli));
}

/* In these rows "line" counts the lines, "kind" names the rule, "patient" and "nurse" say of whom the statement is, "visit" counts visits, and the hash is
 * that of the lot. */
static void put_totals_row(struct buf *out, const struct billing_lot *lot, const struct lot_hash *hash,
        const char *row, const struct statement_part *part)
{
	const struct billing_totals totals = part_totals(part, lot);
	char month[STATEMENT_MONTH_BYTES];
	statement_month(month, lot->month);
	csv_text(out, row);
	csv_text(out, ";");
	csv_number(out, totals.line_count);
	csv_text(out, ";rule-");
	csv_number(out, lot->rule_version);
	csv_text(out, ";");
	csv_text(out, month);
	csv_text(out, ";");
	if (part->has_patient)
		csv_hex(out, part->patient.bytes, sizeof(part->patient.bytes));
	csv_text(out, ";");
	csv_number(out, totals.visit_count);
	csv_text(out, ";");
	if (part->has_nurse)
		csv_hex(out, part->nurse.bytes, PART_NURSE_BYTES);
	csv_text(out, ";;;;;;");
	csv_quoted(out, lot->territory);
	csv_text(out, ";;;;");
	csv_hex(out, hash->bytes, sizeof(hash->bytes));
	csv_text(out, ";");
	put_amounts(out, totals.minutes, totals.cents, totals.amo_cents);
	csv_text(out, ";;;;;;;");
	csv_number(out, totals.billed_milli);
	csv_text(out, ";;;\r\n");
}

void statement_csv(const struct billing_lot *lot, const struct lot_hash *hash,
        const struct statement_part *part, struct buf *out)
{
	static const char mark[] = "SEAL;;;;;;;;;;;;;;;;";
	const size_t start = out->size;
	csv_text(out, COLUMNS);
	for (uint32_t i = 0; i < lot->line_count; i++)
		if (part_has_line(part, &lot->lines[i]))
			put_line_row(out, lot, part, i);
	put_totals_row(out, lot, hash, "TOTAL", part);
	if (!part_is_whole(part))
		put_totals_row(out, lot, hash, "LOT", &part_whole);
	csv_text(out, mark);
	csv_text(out, SEAL_ZEROS ";;;;;;;;;;;;;;;\r\n");
	seal_put(out, start, mark);
}

/* --- JSON --- */

static json_t *hex_json(const uint8_t *bytes, size_t size)
{
	char text[2 * ID_LONG_BYTES + 1];
	ids_hex(text, bytes, size);
	return json_string(text);
}

static json_t *text_json(struct span text)
{
	return json_stringn((const char *)(text.data ? text.data : (const uint8_t *)""), text.size);
}

static json_t *moment_json(int64_t seconds, int32_t offset_minutes)
{
	char text[MOMENT_TEXT_BYTES];
	moment_text(text, (struct moment){seconds, offset_minutes});
	return json_string(text);
}

static json_t *month_json(uint32_t month)
{
	char text[STATEMENT_MONTH_BYTES];
	statement_month(text, month);
	return json_string(text);
}

static void set_amounts(json_t *object, int64_t minutes, int64_t milli, int64_t cents, int64_t amo_cents)
{
	json_object_set_new(object, "minutes", json_integer(minutes));
	json_object_set_new(object, "billedMilliminutes", json_integer(milli));
	json_object_set_new(object, "cents", json_integer(cents));
	json_object_set_new(object, "amoCents", json_integer(amo_cents));
	json_object_set_new(object, "amcCents", json_integer(cents - amo_cents));
}

static json_t *visits_json(const struct statement_part *part, const struct billing_line *line)
{
	json_t *visits = json_array();
	for (uint32_t i = 0; i < line->item_count; i++) {
		const struct billing_item *item = &line->items[i];
		if (!part_has_item(part, item))
			continue;
		json_t *visit = json_object();
		json_object_set_new(visit, "visit", hex_json(item->visit.bytes, sizeof(item->visit.bytes)));
		json_object_set_new(visit, "nurse", hex_json(item->nurse.bytes, sizeof(item->nurse.bytes)));
		json_object_set_new(visit, "start", moment_json(item->start_s, item->offset_minutes));
		json_object_set_new(visit, "end", moment_json(item->end_s, item->offset_minutes));
		json_object_set_new(
		        visit, "minutes", json_integer(money_minutes(item->start_s, item->end_s)));
		json_object_set_new(
		        visit, "entryHash", hex_json(item->header.bytes, sizeof(item->header.bytes)));
		if (!person_id_is_zero(&item->co_nurse))
			json_object_set_new(visit, "coNurse",
			        hex_json(item->co_nurse.bytes, sizeof(item->co_nurse.bytes)));
		json_object_set_new(visit, "doubled", json_boolean(item->is_doubled));
		json_object_set_new(visit, "weightPerMille", json_integer(item->weight_per_mille));
		json_array_append_new(visits, visit);
	}
	return visits;
}

static json_t *line_json(const struct billing_lot *lot, const struct statement_part *part, uint32_t number)
{
	const struct billing_line *line = &lot->lines[number];
	const struct part_amounts amounts = part_of_line(part, lot, line);
	json_t *object = json_object();
	json_object_set_new(object, "line", json_integer(number));
	json_object_set_new(object, "kind", json_string(statement_kind(line->kind)));
	json_object_set_new(object, "rule", json_integer(line->rule));
	json_object_set_new(object, "month", month_json(line->month));
	json_object_set_new(object, "patient", hex_json(line->patient.bytes, sizeof(line->patient.bytes)));
	json_object_set_new(object, "rate", json_integer(line->rate));
	json_object_set_new(object, "amoPerMille", json_integer(line->amo_per_mille));
	set_amounts(object, amounts.minutes, amounts.billed_milli, amounts.cents, amounts.amo_cents);
	if (billing_line_cites(line)) {
		json_object_set_new(
		        object, "citedLot", hex_json(line->cited_lot.bytes, sizeof(line->cited_lot.bytes)));
		json_object_set_new(object, "citedLine", json_integer(line->cited_line));
	}
	json_object_set_new(object, "visits", visits_json(part, line));
	return object;
}

static json_t *rate_json(const struct billing_rate *rate)
{
	char day[MOMENT_DAY_TEXT_BYTES];
	json_t *object = json_object();
	moment_day_text(day, rate->valid_from_day);
	json_object_set_new(object, "id", hex_json(rate->id.bytes, sizeof(rate->id.bytes)));
	json_object_set_new(object, "territory", text_json(rate->territory));
	json_object_set_new(object, "validFrom", json_string(day));
	json_object_set_new(object, "centsPerHour", json_integer(rate->cents_per_hour));
	json_object_set_new(object, "roundedPer", json_string(statement_unit(rate->unit)));
	json_object_set_new(object, "ties", json_string(statement_ties(rate->ties)));
	json_object_set_new(object, "amoPerMille", json_integer(rate->amo_per_mille));
	json_object_set_new(object, "amoAldPerMille", json_integer(rate->amo_ald_per_mille));
	json_object_set_new(object, "tariff", json_string(statement_tariff(rate->tariff)));
	json_object_set_new(object, "minMinutes", json_integer(rate->min_minutes));
	json_object_set_new(object, "leastMinutes", json_integer(rate->least_minutes));
	json_object_set_new(object, "doubled", json_string(statement_doubled(rate->doubled)));
	json_object_set_new(object, "doubledPerMille", json_integer(rate->doubled_per_mille));
	return object;
}

/* What no program reads as a double without a loss is a text of digits. */
static json_t *count_json(uint64_t count)
{
	char text[NUMBER_BYTES];
	if (count <= UINT64_C(1) << 53)
		return json_integer((json_int_t)count);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)count);
	return json_string(text);
}

static json_t *heard_json(const struct billing_lot *lot)
{
	json_t *heard = json_array();
	for (uint32_t i = 0; i < lot->heard_count; i++) {
		int64_t seconds = (int64_t)(lot->heard[i].until_ms / 1000);
		json_t *row = json_object();
		json_object_set_new(row, "device", hex_json(lot->heard[i].device.bytes, ID_LONG_BYTES));
		json_object_set_new(
		        row, "until", moment_json(seconds > LOT_SECONDS_MAX ? LOT_SECONDS_MAX : seconds, 0));
		json_object_set_new(row, "untilMs", count_json(lot->heard[i].until_ms));
		json_array_append_new(heard, row);
	}
	return heard;
}

static json_t *frontier_json(const struct billing_lot *lot)
{
	json_t *frontier = json_array();
	for (uint32_t i = 0; i < lot->frontier_count; i++) {
		json_t *row = json_object();
		json_object_set_new(row, "feed", hex_json(lot->frontier[i].feed.bytes, ID_LONG_BYTES));
		json_object_set_new(row, "seq", count_json(lot->frontier[i].seq));
		json_array_append_new(frontier, row);
	}
	return frontier;
}

static json_t *totals_json(const struct billing_totals *totals)
{
	json_t *object = json_object();
	json_object_set_new(object, "lines", json_integer(totals->line_count));
	json_object_set_new(object, "credits", json_integer(totals->credit_count));
	json_object_set_new(object, "visits", json_integer(totals->visit_count));
	set_amounts(object, totals->minutes, totals->billed_milli, totals->cents, totals->amo_cents);
	return object;
}

static json_t *part_json(const struct statement_part *part)
{
	json_t *object = json_object();
	if (part->has_patient)
		json_object_set_new(
		        object, "patient", hex_json(part->patient.bytes, sizeof(part->patient.bytes)));
	if (part->has_nurse)
		json_object_set_new(object, "nurse", hex_json(part->nurse.bytes, PART_NURSE_BYTES));
	return object;
}

/* What the lot was computed from, so that its bytes can be written again. */
static void set_sources(json_t *object, const struct billing_lot *lot)
{
	json_t *rates = json_array(), *known = json_array();
	for (uint32_t i = 0; i < lot->rate_count; i++)
		json_array_append_new(rates, rate_json(&lot->rates[i]));
	for (uint32_t i = 0; i < lot->known_count; i++)
		json_array_append_new(known, hex_json(lot->known[i].bytes, sizeof(lot->known[i].bytes)));
	json_object_set_new(object, "heard", heard_json(lot));
	json_object_set_new(object, "known", known);
	json_object_set_new(object, "frontier", frontier_json(lot));
	json_object_set_new(object, "rates", rates);
}

json_t *statement_json(
        const struct billing_lot *lot, const struct lot_hash *hash, const struct statement_part *part)
{
	json_t *object = json_object(), *lines = json_array();
	const struct billing_totals totals = part_totals(part, lot);
	for (uint32_t i = 0; i < lot->line_count; i++)
		if (part_has_line(part, &lot->lines[i]))
			json_array_append_new(lines, line_json(lot, part, i));
	json_object_set_new(object, "format", json_string(STATEMENT_FORMAT));
	json_object_set_new(object, "lot", hex_json(hash->bytes, sizeof(hash->bytes)));
	json_object_set_new(object, "lotFormat", json_integer(lot->format));
	json_object_set_new(
	        object, "previousLot", hex_json(lot->previous.bytes, sizeof(lot->previous.bytes)));
	json_object_set_new(object, "lease", hex_json(lot->lease.bytes, sizeof(lot->lease.bytes)));
	json_object_set_new(object, "word", hex_json(lot->word.bytes, sizeof(lot->word.bytes)));
	json_object_set_new(object, "team", hex_json(lot->team.bytes, sizeof(lot->team.bytes)));
	json_object_set_new(object, "month", month_json(lot->month));
	json_object_set_new(object, "openingMonth", month_json(lot->opening_month));
	json_object_set_new(object, "ruleVersion", json_integer(lot->rule_version));
	json_object_set_new(object, "territory", text_json(lot->territory));
	json_object_set_new(object, "holder", hex_json(lot->holder.bytes, sizeof(lot->holder.bytes)));
	json_object_set_new(object, "fence", count_json(lot->fence));
	set_sources(object, lot);
	if (!part_is_whole(part)) {
		json_object_set_new(object, "part", part_json(part));
		json_object_set_new(object, "lotTotals", totals_json(&lot->totals));
	}
	json_object_set_new(object, "lines", lines);
	json_object_set_new(object, "totals", totals_json(&totals));
	return object;
}

void statement_json_file(const struct billing_lot *lot, const struct lot_hash *hash,
        const struct statement_part *part, struct buf *out)
{
	const size_t start = out->size;
	json_t *json = statement_json(lot, hash, part);
	json_object_set_new(json, "seal", json_string(SEAL_ZEROS));
	char *text = json_dumps(json, JSON_INDENT(1));
	assert(text);
	csv_text(out, text);
	csv_text(out, "\n");
	seal_put(out, start, "\n \"seal\": \"");
	free(text);
	json_decref(json);
}
