#include "node/billing/lot.h"

#include <sodium.h>

#include "crdt/base/err.h"
#include "node/billing/lot_parts.h"

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int lot_item_cmp(const struct billing_item *a, const struct billing_item *b)
{
	int order = compare(a->start_s, b->start_s);
	if (!order)
		order = record_id_cmp(&a->visit, &b->visit);
	if (!order)
		order = compare(a->end_s, b->end_s);
	return order ? order : compare(a->offset_minutes, b->offset_minutes);
}

static int items_cmp(const struct billing_line *a, const struct billing_line *b)
{
	for (uint32_t i = 0; i < a->item_count && i < b->item_count; i++) {
		int order = lot_item_cmp(&a->items[i], &b->items[i]);
		if (order)
			return order;
	}
	return compare(a->item_count, b->item_count);
}

static int place_cmp(const struct billing_line *a, const struct billing_line *b)
{
	int order = record_id_cmp(&a->patient, &b->patient);
	if (!order)
		order = compare(a->month, b->month);
	if (!order)
		order = items_cmp(a, b);
	return order ? order : compare(a->amo_per_mille, b->amo_per_mille);
}

int lot_content_cmp(const struct billing_line *a, const struct billing_rate *a_rates,
        const struct billing_line *b, const struct billing_rate *b_rates)
{
	int order = place_cmp(a, b);
	return order ? order : record_id_cmp(&a_rates[a->rate].id, &b_rates[b->rate].id);
}

int lot_line_cmp(const struct billing_line *a, const struct billing_line *b)
{
	int order = place_cmp(a, b);
	if (!order)
		order = compare(a->rate, b->rate); /* the rates of a lot ascend by id */
	if (!order)
		order = compare(b->kind, a->kind);
	if (!order)
		order = lot_hash_cmp(&a->cited_lot, &b->cited_lot);
	return order ? order : compare(a->cited_line, b->cited_line);
}

int64_t lot_item_milli(const struct billing_item *item, const struct billing_rate *rate)
{
	int64_t minutes = money_minutes(item->start_s, item->end_s);
	if (minutes < rate->min_minutes)
		return 0;
	if (minutes < rate->least_minutes)
		minutes = rate->least_minutes;
	return minutes * item->weight_per_mille;
}

int lot_line_price(struct billing_line *line, const struct billing_rate *rate)
{
	int64_t sign = line->kind == BILLING_CREDIT ? -1 : 1, minutes = 0, milli = 0;
	for (uint32_t i = 0; i < line->item_count; i++) {
		const struct billing_item *item = &line->items[i];
		const int64_t worked = money_minutes(item->start_s, item->end_s);
		minutes += worked;
		milli += line->rule == LOT_FORMAT_FIRST ? worked * MONEY_PER_MILLE
		                                        : lot_item_milli(item, rate);
		if (minutes > MONEY_MINUTES_MAX || milli > (int64_t)MONEY_MINUTES_MAX * MONEY_PER_MILLE)
			return ERR_INVALID;
	}
	int64_t cents = money_cents_of_milli(milli, rate->cents_per_hour, rate->ties);
	line->minutes = sign * minutes;
	line->billed_milli = sign * milli;
	line->cents = sign * cents;
	line->amo_cents = sign * money_share(cents, line->amo_per_mille, rate->ties);
	return 0;
}

struct billing_totals lot_totals(const struct billing_line *lines, uint32_t count)
{
	struct billing_totals totals = {.line_count = count};
	for (uint32_t i = 0; i < count; i++) {
		bool is_credit = lines[i].kind == BILLING_CREDIT;
		totals.credit_count += is_credit;
		totals.visit_count += is_credit ? -(int64_t)lines[i].item_count
		                                : (int64_t)lines[i].item_count;
		totals.minutes += lines[i].minutes;
		totals.billed_milli += lines[i].billed_milli;
		totals.cents += lines[i].cents;
		totals.amo_cents += lines[i].amo_cents;
	}
	return totals;
}

struct lot_hash lot_hash_of(struct span bytes)
{
	static const char DOMAIN[] = "releve lot 1";
	struct lot_hash hash;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash.bytes));
	crypto_generichash_update(&state, (const unsigned char *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, bytes.data, bytes.size);
	crypto_generichash_final(&state, hash.bytes, sizeof(hash.bytes));
	return hash;
}
