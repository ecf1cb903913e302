#include "node/billing/shares.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/csv.h"

__extension__ typedef __int128 wide; /* cents times milliminutes of the largest line pass 64 bits */

/* How much of a line was given away already. */
struct given {
	int64_t milli, cents, amo_cents;
};

/* Add what `parts` (in billed milliminutes, positive) make of the line's amounts. */
static void give(
        const struct billing_line *line, int64_t parts, struct given *given, struct billing_share *row)
{
	const int64_t whole = line->billed_milli < 0 ? -line->billed_milli : line->billed_milli;
	const int64_t sign = line->kind == BILLING_CREDIT ? -1 : 1;
	given->milli += parts;
	const int64_t cents = whole ? (int64_t)((wide)(sign * line->cents) * given->milli / whole) : 0;
	const int64_t amo = whole ? (int64_t)((wide)(sign * line->amo_cents) * given->milli / whole) : 0;
	row->billed_milli += sign * parts;
	row->cents += sign * (cents - given->cents);
	row->amo_cents += sign * (amo - given->amo_cents);
	given->cents = cents;
	given->amo_cents = amo;
}

static int64_t milli_of(
        const struct billing_line *line, const struct billing_item *item, const struct billing_rate *rate)
{
	return line->rule == LOT_FORMAT_FIRST ? money_minutes(item->start_s, item->end_s) * MONEY_PER_MILLE
	                                      : lot_item_milli(item, rate);
}

/* One row per visit and person; rows of one id are added up afterwards. */
static void take_item(const struct billing_line *line, const struct billing_item *item,
        const struct billing_rate *rate, enum billing_by by, struct given *given, struct billing_shares *out)
{
	const int64_t sign = line->kind == BILLING_CREDIT ? -1 : 1;
	const int64_t milli = milli_of(line, item, rate);
	const bool is_shared = item->weight_per_mille > MONEY_PER_MILLE && by == BILLING_BY_NURSE;
	const int64_t second = is_shared ? milli - milli * MONEY_PER_MILLE / item->weight_per_mille : 0;
	struct billing_share row = {.visit_count = sign,
	        .doubled_count = item->is_doubled ? sign : 0,
	        .minutes = sign * money_minutes(item->start_s, item->end_s)};
	struct billing_share *first = &out->rows[out->count++];
	*first = row;
	if (by == BILLING_BY_NURSE)
		memcpy(first->id.bytes, item->nurse.bytes, sizeof(first->id.bytes));
	else
		first->id = line->patient;
	give(line, milli - second, given, first);
	if (!is_shared)
		return;
	struct billing_share *other = &out->rows[out->count++];
	*other = row;
	memcpy(other->id.bytes, item->co_nurse.bytes, sizeof(other->id.bytes));
	give(line, second, given, other);
}

static int share_cmp(const void *a, const void *b)
{
	const struct billing_share *left = a, *right = b;
	return record_id_cmp(&left->id, &right->id);
}

static void add(struct billing_share *to, const struct billing_share *row)
{
	to->visit_count += row->visit_count;
	to->doubled_count += row->doubled_count;
	to->minutes += row->minutes;
	to->billed_milli += row->billed_milli;
	to->cents += row->cents;
	to->amo_cents += row->amo_cents;
}

static void add_up(struct billing_shares *shares)
{
	uint32_t kept = 0;
	if (shares->count)
		qsort(shares->rows, shares->count, sizeof(*shares->rows), share_cmp);
	for (uint32_t i = 0; i < shares->count; i++) {
		add(&shares->total, &shares->rows[i]);
		if (kept && record_id_eq(&shares->rows[kept - 1].id, &shares->rows[i].id))
			add(&shares->rows[kept - 1], &shares->rows[i]);
		else
			shares->rows[kept++] = shares->rows[i];
	}
	shares->count = kept;
}

void billing_shares_of(const struct billing_previous *lots, uint32_t count, enum billing_by by,
        struct arena *arena, struct billing_shares *out)
{
	size_t items = 0;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < lots[i].lot->line_count; j++)
			items += lots[i].lot->lines[j].item_count;
	*out = (struct billing_shares){.rows = arena_zero(arena, 2 * items, sizeof(*out->rows))};
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < lots[i].lot->line_count; j++) {
			const struct billing_line *line = &lots[i].lot->lines[j];
			struct given given = {0};
			for (uint32_t k = 0; k < line->item_count; k++)
				take_item(line, &line->items[k], &lots[i].lot->rates[line->rate], by, &given,
				        out);
		}
	add_up(out);
}

/* --- For people and programs --- */

static bool is_wanted(const struct billing_share *row, struct span only)
{
	return only.size <= sizeof(row->id.bytes) && span_eq(span_of(row->id.bytes, only.size), only);
}

static void put_row(struct buf *out, const struct billing_share *row)
{
	const int64_t numbers[] = {row->visit_count, row->doubled_count, row->minutes, row->billed_milli,
	        row->cents, row->amo_cents, row->cents - row->amo_cents};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		csv_text(out, ";");
		csv_number(out, numbers[i]);
	}
	csv_text(out, "\r\n");
}

void billing_shares_csv(const struct billing_shares *shares, enum billing_by by, uint32_t month,
        struct span only, struct buf *out)
{
	char text[64];
	snprintf(text, sizeof(text), "%04u-%02u;", (1970 + month / 12) % 10000, month % 12 + 1);
	csv_text(out, by == BILLING_BY_NURSE ? "month;nurse" : "month;patient");
	csv_text(out, ";visits;doubled;minutes;billed_milliminutes;cents;amo_cents;amc_cents\r\n");
	for (uint32_t i = 0; i < shares->count; i++) {
		if (!is_wanted(&shares->rows[i], only))
			continue;
		csv_text(out, text);
		csv_hex(out, shares->rows[i].id.bytes, sizeof(shares->rows[i].id.bytes));
		put_row(out, &shares->rows[i]);
	}
	if (only.size)
		return;
	csv_text(out, text);
	csv_text(out, "TOTAL");
	put_row(out, &shares->total);
}

static json_t *row_json(const struct billing_share *row)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "visits", (json_int_t)row->visit_count,
	        "doubled", (json_int_t)row->doubled_count, "minutes", (json_int_t)row->minutes,
	        "billedMilliminutes", (json_int_t)row->billed_milli, "cents", (json_int_t)row->cents,
	        "amoCents", (json_int_t)row->amo_cents, "amcCents",
	        (json_int_t)(row->cents - row->amo_cents));
}

json_t *billing_shares_json(const struct billing_shares *shares, enum billing_by by, struct span only)
{
	json_t *rows = json_array();
	for (uint32_t i = 0; i < shares->count; i++) {
		char id[2 * ID_SHORT_BYTES + 1];
		if (!is_wanted(&shares->rows[i], only))
			continue;
		json_t *row = row_json(&shares->rows[i]);
		ids_hex(id, shares->rows[i].id.bytes, ID_SHORT_BYTES);
		json_object_set_new(row, by == BILLING_BY_NURSE ? "nurse" : "patient", json_string(id));
		json_array_append_new(rows, row);
	}
	return json_pack("{s:o, s:o}", "rows", rows, "totals", row_json(&shares->total));
}
