/* Which table a visit is billed by (README.md, section 1). */
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/nfc.h"
#include "node/billing/work.h"
#include "node/schema/moment.h"

/* --- The tables, each once --- */

struct given {
	struct billing_rate rate;
	bool is_first; /* from a lot of format 1, which does not say the rules of version 2 */
};

static int given_cmp(const void *a, const void *b)
{
	const struct given *left = a, *right = b;
	int order = record_id_cmp(&left->rate.id, &right->rate.id);
	return order ? order : left->is_first - right->is_first;
}

static bool base_same(const struct billing_rate *a, const struct billing_rate *b)
{
	return span_eq(a->territory, b->territory) && a->valid_from_day == b->valid_from_day &&
	        a->cents_per_hour == b->cents_per_hour && a->unit == b->unit && a->ties == b->ties &&
	        a->amo_per_mille == b->amo_per_mille && a->amo_ald_per_mille == b->amo_ald_per_mille;
}

static bool rules_same(const struct billing_rate *a, const struct billing_rate *b)
{
	return a->tariff == b->tariff && a->min_minutes == b->min_minutes &&
	        a->least_minutes == b->least_minutes && a->doubled == b->doubled &&
	        a->doubled_per_mille == b->doubled_per_mille;
}

static bool rules_are_valid(const struct billing_rate *rate)
{
	return rate->tariff <= BILLING_HEALTH_CENTRE && rate->min_minutes >= 1 &&
	        rate->min_minutes <= LOT_RULE_MINUTES_MAX && rate->least_minutes <= LOT_RULE_MINUTES_MAX &&
	        rate->doubled <= BILLING_SHARE && rate->doubled_per_mille <= MONEY_PER_MILLE &&
	        (rate->doubled == BILLING_SHARE || rate->doubled_per_mille == 0);
}

bool billing_rate_is_known(const struct billing_rate *rate)
{
	return crdt_utf8_valid(rate->territory) && rate->valid_from_day >= LOT_DAY_MIN &&
	        rate->valid_from_day <= LOT_DAY_MAX && rate->cents_per_hour >= 0 &&
	        rate->cents_per_hour <= MONEY_CENTS_PER_HOUR_MAX &&
	        (rate->unit == BILLING_PER_VISIT || rate->unit == BILLING_PER_PATIENT_MONTH) &&
	        (rate->ties == BILLING_HALF_UP || rate->ties == BILLING_HALF_EVEN) &&
	        rate->amo_per_mille <= MONEY_PER_MILLE && rate->amo_ald_per_mille <= MONEY_PER_MILLE &&
	        rate->territory.size <= LIMIT_NAME_BYTES && rules_are_valid(rate);
}

static int take_given(const struct work *work, struct given *given, size_t *count)
{
	const struct billing_input *input = work->input;
	*count = 0;
	for (uint32_t i = 0; i < input->rate_count; i++) {
		struct billing_rate rate = input->rates[i];
		if (rate.min_minutes == 0)
			rate.min_minutes = 1;
		if (!billing_rate_is_known(&rate))
			return ERR_INVALID;
		given[(*count)++] = (struct given){rate, false};
	}
	for (uint32_t i = 0; i < input->previous_count; i++) {
		const struct billing_lot *lot = input->previous[i].lot;
		for (uint32_t j = 0; j < lot->rate_count; j++)
			given[(*count)++] = (struct given){lot->rates[j], lot->format == LOT_FORMAT_FIRST};
	}
	if (*count)
		qsort(given, *count, sizeof(*given), given_cmp);
	return 0;
}

int work_take_rates(struct work *work)
{
	size_t count = work->input->rate_count;
	for (uint32_t i = 0; i < work->input->previous_count; i++)
		count += work->input->previous[i].lot->rate_count;
	struct given *given = arena_zero(work->arena, count, sizeof(*given));
	work->rates = arena_zero(work->arena, count, sizeof(*work->rates));
	int error = take_given(work, given, &count);
	for (size_t i = 0; !error && i < count; i++) {
		const struct billing_rate *rate = &given[i].rate;
		struct billing_rate *last = work->rate_count ? &work->rates[work->rate_count - 1] : NULL;
		if (!last || !record_id_eq(&last->id, &rate->id))
			work->rates[work->rate_count++] = *rate;
		else if (!base_same(last, rate) ||
		        (work->rule != LOT_FORMAT_FIRST && !given[i].is_first && !rules_same(last, rate)))
			error = ERR_CONFLICT;
	}
	return error;
}

static int rate_cmp(const void *a, const void *b)
{
	const struct billing_rate *left = a, *right = b;
	return record_id_cmp(&left->id, &right->id);
}

const struct billing_rate *work_rate_find(const struct work *work, const struct record_id *id)
{
	struct billing_rate key = {.id = *id};
	return work->rate_count ? bsearch(&key, work->rates, work->rate_count, sizeof(key), rate_cmp) : NULL;
}

/* --- Which one --- */

enum billing_tariff billing_tariff_of(
        const struct billing_input *input, const struct person_id *nurse, int64_t day)
{
	const struct billing_status *best = NULL;
	for (uint32_t i = 0; i < input->status_count; i++) {
		const struct billing_status *at = &input->statuses[i];
		if (at->from_day <= day && person_id_eq(&at->nurse, nurse) &&
		        (!best || at->from_day > best->from_day))
			best = at;
	}
	return best ? best->tariff : BILLING_SELF_EMPLOYED;
}

/* A table that holds now; corrected ones are followed to what replaced them. NULL: withdrawn, or not here. */
static const struct billing_rate *holding(const struct billing_input *input, struct record_id id)
{
	for (uint32_t steps = 0; steps <= input->replacement_count; steps++) {
		uint32_t i = 0;
		while (i < input->replacement_count && !record_id_eq(&input->replacements[i].rate, &id))
			i++;
		if (i == input->replacement_count)
			break;
		id = input->replacements[i].by;
	}
	for (uint32_t i = 0; i < input->rate_count; i++)
		if (record_id_eq(&input->rates[i].id, &id))
			return &input->rates[i];
	return NULL;
}

/* The newest of the territory's tables for that kind of nurse. *tie: another one from the same day on. */
static const struct billing_rate *newest(const struct billing_input *input, enum billing_tariff tariff,
        bool any_tariff, int64_t day, const struct billing_rate **tie)
{
	const struct billing_rate *best = NULL;
	*tie = NULL;
	for (uint32_t i = 0; i < input->rate_count; i++) {
		const struct billing_rate *at = &input->rates[i];
		if (at->valid_from_day > day || !span_eq(at->territory, input->territory) ||
		        (!any_tariff && at->tariff != tariff))
			continue;
		if (!best || at->valid_from_day > best->valid_from_day) {
			best = at;
			*tie = NULL;
		} else if (best->valid_from_day == at->valid_from_day && !record_id_eq(&best->id, &at->id)) {
			*tie = at;
		}
	}
	return best;
}

/* A new table changes nothing about a visit that was billed: it keeps its own, as long as that holds, on its day, for its nurse, and was not chosen
 * by name (its territory is that of the lot). */
static const struct billing_rate *kept_rate(
        const struct work *work, const struct mention *kept, enum billing_tariff tariff, int64_t day)
{
	if (!kept || kept->billed->standing < 1)
		return NULL;
	const struct billing_item *item = work_item(kept);
	if (moment_local_day((struct moment){item->start_s, item->offset_minutes}) != day)
		return NULL;
	const struct billing_lot *lot = kept->billed->lot;
	const struct billing_rate *rate = holding(work->input, lot->rates[kept->billed->line->rate].id);
	bool holds = rate && rate->valid_from_day <= day && span_eq(rate->territory, lot->territory) &&
	        (rate->tariff == tariff || rate->tariff == BILLING_FOR_ALL);
	return holds ? rate : NULL;
}

static int64_t day_of(const struct billing_visit *visit)
{
	return moment_local_day((struct moment){visit->item.start_s, visit->item.offset_minutes});
}

/* The one it names; of the others those for its nurse's kind come before those for all. */
const struct billing_rate *billing_rate_for(
        const struct billing_input *input, const struct billing_visit *visit, const struct billing_rate **tie)
{
	const int64_t day = day_of(visit);
	const struct billing_rate *best = record_id_is_zero(&visit->rate) ? NULL
	                                                                  : holding(input, visit->rate);
	*tie = NULL;
	if (!best)
		best = newest(input, billing_tariff_of(input, &visit->item.nurse, day), false, day, tie);
	return best ? best : newest(input, BILLING_FOR_ALL, false, day, tie);
}

static const struct billing_rate *choose(const struct work *work, const struct billing_visit *visit,
        const struct mention *mention, const struct billing_rate **tie)
{
	const struct billing_input *input = work->input;
	const int64_t day = day_of(visit);
	const bool is_named = !record_id_is_zero(&visit->rate);
	*tie = NULL;
	if (work->rule == LOT_FORMAT_FIRST)
		return is_named ? work_rate_find(work, &visit->rate) : newest(input, 0, true, day, tie);
	const struct billing_rate *best = is_named ? holding(input, visit->rate) : NULL;
	if (!best)
		best = kept_rate(work, mention, billing_tariff_of(input, &visit->item.nurse, day), day);
	return best ? best : billing_rate_for(input, visit, tie);
}

int work_rate_of(const struct work *work, const struct billing_visit *visit, const struct mention *mention,
        uint32_t *rate)
{
	const struct billing_rate *tie, *best = choose(work, visit, mention, &tie);
	if (tie) {
		int error = work_fail_at(work, &visit->item.visit, BILLING_OBSTACLE_TWO_RATES, ERR_CONFLICT);
		if (work->obstacle) {
			work->obstacle->rates[0] = best->id;
			work->obstacle->rates[1] = tie->id;
		}
		return error;
	}
	best = best ? work_rate_find(work, &best->id) : NULL;
	if (!best)
		return work_fail_at(work, &visit->item.visit, BILLING_OBSTACLE_NO_RATE, ERR_NOTFOUND);
	*rate = (uint32_t)(best - work->rates);
	return 0;
}
