#include "node/billing/part.h"

#include <string.h>

bool part_has_item(const struct statement_part *part, const struct billing_item *item)
{
	return !part->has_nurse || memcmp(part->nurse.bytes, item->nurse.bytes, PART_NURSE_BYTES) == 0;
}

bool part_has_line(const struct statement_part *part, const struct billing_line *line)
{
	if (part->has_patient && !record_id_eq(&part->patient, &line->patient))
		return false;
	for (uint32_t i = 0; i < line->item_count; i++)
		if (part_has_item(part, &line->items[i]))
			return true;
	return false;
}

static int64_t size_of(int64_t amount)
{
	return amount < 0 ? -amount : amount;
}

__extension__ typedef __int128
        wide; /* a product of cents and thousandths of minutes may pass 64 bits in a hostile lot */

/* Of `amount`, what falls to the billed time up to `upto` of `all`. */
static int64_t portion(int64_t amount, int64_t upto, int64_t all)
{
	return all ? (int64_t)((wide)amount * upto / all) : 0;
}

static int64_t milli_of(
        const struct billing_lot *lot, const struct billing_line *line, const struct billing_item *item)
{
	return line->rule == LOT_FORMAT_FIRST ? money_minutes(item->start_s, item->end_s) * MONEY_PER_MILLE
	                                      : lot_item_milli(item, &lot->rates[line->rate]);
}

struct part_amounts part_of_item(
        const struct billing_lot *lot, const struct billing_line *line, uint32_t index)
{
	const int64_t sign = line->kind == BILLING_CREDIT ? -1 : 1, all = size_of(line->billed_milli);
	const int64_t cents = size_of(line->cents), amo = size_of(line->amo_cents);
	const struct billing_item *item = &line->items[index];
	int64_t before = 0;
	for (uint32_t i = 0; i < index; i++)
		before += milli_of(lot, line, &line->items[i]);
	const int64_t milli = milli_of(lot, line, item);
	return (struct part_amounts){sign * money_minutes(item->start_s, item->end_s), sign * milli,
	        sign * (portion(cents, before + milli, all) - portion(cents, before, all)),
	        sign * (portion(amo, before + milli, all) - portion(amo, before, all))};
}

struct part_amounts part_of_line(
        const struct statement_part *part, const struct billing_lot *lot, const struct billing_line *line)
{
	struct part_amounts sum = {0};
	for (uint32_t i = 0; i < line->item_count; i++) {
		if (!part_has_item(part, &line->items[i]))
			continue;
		const struct part_amounts one = part_of_item(lot, line, i);
		sum.minutes += one.minutes;
		sum.billed_milli += one.billed_milli;
		sum.cents += one.cents;
		sum.amo_cents += one.amo_cents;
	}
	return sum;
}

static uint32_t items_of(const struct statement_part *part, const struct billing_line *line)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < line->item_count; i++)
		count += part_has_item(part, &line->items[i]);
	return count;
}

struct billing_totals part_totals(const struct statement_part *part, const struct billing_lot *lot)
{
	struct billing_totals totals = {0};
	for (uint32_t i = 0; i < lot->line_count; i++) {
		const struct billing_line *line = &lot->lines[i];
		if (!part_has_line(part, line))
			continue;
		const bool is_credit = line->kind == BILLING_CREDIT;
		const struct part_amounts amounts = part_of_line(part, lot, line);
		totals.line_count++;
		totals.credit_count += is_credit;
		totals.visit_count += (is_credit ? -1 : 1) * (int64_t)items_of(part, line);
		totals.minutes += amounts.minutes;
		totals.billed_milli += amounts.billed_milli;
		totals.cents += amounts.cents;
		totals.amo_cents += amounts.amo_cents;
	}
	return totals;
}
