#include "node/billing/part.h"

#include <string.h>

const struct statement_part part_whole;

static bool is_hers(const struct statement_part *part, const struct person_id *nurse)
{
	return !part->has_nurse || memcmp(part->nurse.bytes, nurse->bytes, PART_NURSE_BYTES) == 0;
}

/* Is a visit paid for the nurse whom it names beside its own? */
static bool is_for_two(const struct billing_item *item)
{
	return item->weight_per_mille > MONEY_PER_MILLE;
}

bool part_has_item(const struct statement_part *part, const struct billing_item *item)
{
	return is_hers(part, &item->nurse) || (is_for_two(item) && is_hers(part, &item->co_nurse));
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

/* What falls to the billed time from `from` up to `upto` of the line is added. */
static void add_stretch(const struct billing_line *line, int64_t from, int64_t upto, struct part_amounts *out)
{
	const int64_t sign = line->kind == BILLING_CREDIT ? -1 : 1, all = size_of(line->billed_milli);
	const int64_t cents = size_of(line->cents), amo = size_of(line->amo_cents);
	out->billed_milli += sign * (upto - from);
	out->cents += sign * (portion(cents, upto, all) - portion(cents, from, all));
	out->amo_cents += sign * (portion(amo, upto, all) - portion(amo, from, all));
}

struct part_amounts part_of_item(const struct statement_part *part, const struct billing_lot *lot,
        const struct billing_line *line, uint32_t index)
{
	const struct billing_item *item = &line->items[index];
	const int64_t minutes = money_minutes(item->start_s, item->end_s), milli = milli_of(lot, line, item);
	const int64_t second = is_for_two(item) ? milli - milli * MONEY_PER_MILLE / item->weight_per_mille
	                                        : 0;
	struct part_amounts out = {.minutes = line->kind == BILLING_CREDIT ? -minutes : minutes};
	int64_t before = 0;
	for (uint32_t i = 0; i < index; i++)
		before += milli_of(lot, line, &line->items[i]);
	if (is_hers(part, &item->nurse))
		add_stretch(line, before, before + milli - second, &out);
	if (second && is_hers(part, &item->co_nurse))
		add_stretch(line, before + milli - second, before + milli, &out);
	return out;
}

struct part_amounts part_of_line(
        const struct statement_part *part, const struct billing_lot *lot, const struct billing_line *line)
{
	struct part_amounts sum = {0};
	for (uint32_t i = 0; i < line->item_count; i++) {
		if (!part_has_item(part, &line->items[i]))
			continue;
		const struct part_amounts one = part_of_item(part, lot, line, i);
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
