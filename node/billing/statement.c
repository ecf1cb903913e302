#include "node/billing/statement.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/calendar.h"
#include "node/csv.h"
#include "node/schema/moment.h"

enum { MONTH_TEXT_BYTES = 8, NUMBER_BYTES = 32 };

static void month_text(char out[MONTH_TEXT_BYTES], uint32_t month)
{
	snprintf(out, MONTH_TEXT_BYTES, "%04u-%02u", (1970 + month / 12) % 10000, month % 12 + 1);
}

static const char *kind_name(enum billing_line_kind kind)
{
	static const char *const NAMES[] = {"", "normal", "late", "correction", "credit", "reinstate"};
	return NAMES[kind];
}

static const char *unit_name(enum billing_unit unit)
{
	return unit == BILLING_PER_VISIT ? "visit" : "patient-month";
}

static const char *ties_name(enum billing_ties ties)
{
	return ties == BILLING_HALF_UP ? "half-up" : "half-even";
}

/* --- CSV --- */

/* Cents as euros with a decimal comma, as French and Belgian spreadsheets read them. */
static void put_euros(struct buf *out, int64_t cents)
{
	char text[NUMBER_BYTES];
	long long size = cents < 0 ? -(long long)cents : (long long)cents;
	snprintf(text, sizeof(text), "%s%lld,%02lld", cents < 0 ? "-" : "", size / 100, size % 100);
	csv_text(out, text);
}

static void put_amounts(struct buf *out, int64_t minutes, int64_t cents, int64_t amo_cents)
{
	csv_number(out, minutes);
	csv_text(out, ";");
	csv_number(out, cents);
	csv_text(out, ";");
	put_euros(out, cents);
	csv_text(out, ";");
	csv_number(out, amo_cents);
	csv_text(out, ";");
	csv_number(out, cents - amo_cents);
	csv_text(out, "\r\n");
}

static const char COLUMNS[] =
        "row;line;kind;month;patient;visit;nurse;start;end;rate_cents_per_hour;rounded_per;ties;territory;"
        "amo_per_mille;cited_lot;cited_line;entry_hash;minutes;cents;euros;amo_cents;amc_cents\r\n";

/* The columns from "line" to "month" and "patient". */
static void put_line_start(struct buf *out, uint32_t number, const struct billing_line *line)
{
	char month[MONTH_TEXT_BYTES];
	month_text(month, line->month);
	csv_number(out, number);
	csv_text(out, ";");
	csv_text(out, kind_name(line->kind));
	csv_text(out, ";");
	csv_text(out, month);
	csv_text(out, ";");
	csv_hex(out, line->patient.bytes, sizeof(line->patient.bytes));
	csv_text(out, ";");
}

static void put_visit_row(
        struct buf *out, uint32_t number, const struct billing_line *line, const struct billing_item *item)
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
	csv_text(out, ";;;;\r\n");
}

static void put_line_row(struct buf *out, const struct billing_lot *lot, uint32_t number)
{
	const struct billing_line *line = &lot->lines[number];
	const struct billing_rate *rate = &lot->rates[line->rate];
	csv_text(out, "LINE;");
	put_line_start(out, number, line);
	csv_text(out, ";;;;");
	csv_number(out, rate->cents_per_hour);
	csv_text(out, ";");
	csv_text(out, unit_name(rate->unit));
	csv_text(out, ";");
	csv_text(out, ties_name(rate->ties));
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
	put_amounts(out, line->minutes, line->cents, line->amo_cents);
	for (uint32_t i = 0; i < line->item_count; i++)
		put_visit_row(out, number, line, &line->items[i]);
}

void statement_csv(const struct billing_lot *lot, const struct lot_hash *hash, struct buf *out)
{
	char month[MONTH_TEXT_BYTES];
	csv_text(out, COLUMNS);
	for (uint32_t i = 0; i < lot->line_count; i++)
		put_line_row(out, lot, i);
	/* In the last row "line" counts the lines, "kind" names the rule, "visit" counts visits, and the hash is that of the lot. */
	month_text(month, lot->month);
	csv_text(out, "TOTAL;");
	csv_number(out, lot->totals.line_count);
	csv_text(out, ";rule-");
	csv_number(out, lot->rule_version);
	csv_text(out, ";");
	csv_text(out, month);
	csv_text(out, ";;");
	csv_number(out, lot->totals.visit_count);
	csv_text(out, ";;;;;;;");
	csv_quoted(out, lot->territory);
	csv_text(out, ";;;;");
	csv_hex(out, hash->bytes, sizeof(hash->bytes));
	csv_text(out, ";");
	put_amounts(out, lot->totals.minutes, lot->totals.cents, lot->totals.amo_cents);
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
	char text[MONTH_TEXT_BYTES];
	month_text(text, month);
	return json_string(text);
}

static void set_amounts(json_t *object, int64_t minutes, int64_t cents, int64_t amo_cents)
{
	json_object_set_new(object, "minutes", json_integer(minutes));
	json_object_set_new(object, "cents", json_integer(cents));
	json_object_set_new(object, "amoCents", json_integer(amo_cents));
	json_object_set_new(object, "amcCents", json_integer(cents - amo_cents));
}

static json_t *visits_json(const struct billing_line *line)
{
	json_t *visits = json_array();
	for (uint32_t i = 0; i < line->item_count; i++) {
		const struct billing_item *item = &line->items[i];
		json_t *visit = json_object();
		json_object_set_new(visit, "visit", hex_json(item->visit.bytes, sizeof(item->visit.bytes)));
		json_object_set_new(visit, "nurse", hex_json(item->nurse.bytes, sizeof(item->nurse.bytes)));
		json_object_set_new(visit, "start", moment_json(item->start_s, item->offset_minutes));
		json_object_set_new(visit, "end", moment_json(item->end_s, item->offset_minutes));
		json_object_set_new(
		        visit, "minutes", json_integer(money_minutes(item->start_s, item->end_s)));
		json_object_set_new(
		        visit, "entryHash", hex_json(item->header.bytes, sizeof(item->header.bytes)));
		json_array_append_new(visits, visit);
	}
	return visits;
}

static json_t *line_json(const struct billing_line *line)
{
	json_t *object = json_object();
	json_object_set_new(object, "kind", json_string(kind_name(line->kind)));
	json_object_set_new(object, "month", month_json(line->month));
	json_object_set_new(object, "patient", hex_json(line->patient.bytes, sizeof(line->patient.bytes)));
	json_object_set_new(object, "rate", json_integer(line->rate));
	json_object_set_new(object, "amoPerMille", json_integer(line->amo_per_mille));
	set_amounts(object, line->minutes, line->cents, line->amo_cents);
	if (billing_line_cites(line)) {
		json_object_set_new(
		        object, "citedLot", hex_json(line->cited_lot.bytes, sizeof(line->cited_lot.bytes)));
		json_object_set_new(object, "citedLine", json_integer(line->cited_line));
	}
	json_object_set_new(object, "visits", visits_json(line));
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
	json_object_set_new(object, "roundedPer", json_string(unit_name(rate->unit)));
	json_object_set_new(object, "ties", json_string(ties_name(rate->ties)));
	json_object_set_new(object, "amoPerMille", json_integer(rate->amo_per_mille));
	json_object_set_new(object, "amoAldPerMille", json_integer(rate->amo_ald_per_mille));
	return object;
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
		json_array_append_new(heard, row);
	}
	return heard;
}

json_t *statement_json(const struct billing_lot *lot, const struct lot_hash *hash)
{
	json_t *object = json_object(), *rates = json_array(), *lines = json_array(), *totals = json_object();
	for (uint32_t i = 0; i < lot->rate_count; i++)
		json_array_append_new(rates, rate_json(&lot->rates[i]));
	for (uint32_t i = 0; i < lot->line_count; i++)
		json_array_append_new(lines, line_json(&lot->lines[i]));
	json_object_set_new(totals, "lines", json_integer(lot->totals.line_count));
	json_object_set_new(totals, "credits", json_integer(lot->totals.credit_count));
	json_object_set_new(totals, "visits", json_integer(lot->totals.visit_count));
	set_amounts(totals, lot->totals.minutes, lot->totals.cents, lot->totals.amo_cents);
	json_object_set_new(object, "format", json_string("releve statement 1"));
	json_object_set_new(object, "lot", hex_json(hash->bytes, sizeof(hash->bytes)));
	json_object_set_new(
	        object, "previousLot", hex_json(lot->previous.bytes, sizeof(lot->previous.bytes)));
	json_object_set_new(object, "team", hex_json(lot->team.bytes, sizeof(lot->team.bytes)));
	json_object_set_new(object, "month", month_json(lot->month));
	json_object_set_new(object, "openingMonth", month_json(lot->opening_month));
	json_object_set_new(object, "ruleVersion", json_integer(lot->rule_version));
	json_object_set_new(object, "territory", text_json(lot->territory));
	json_object_set_new(object, "holder", hex_json(lot->holder.bytes, sizeof(lot->holder.bytes)));
	json_object_set_new(object, "fence", json_integer((json_int_t)lot->fence));
	json_object_set_new(object, "heard", heard_json(lot));
	json_object_set_new(object, "rates", rates);
	json_object_set_new(object, "lines", lines);
	json_object_set_new(object, "totals", totals);
	return object;
}
