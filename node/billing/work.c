/* Steps 1 to 3 of closing a month (billing.c): what was billed, the facts, the charges that are due. */
#include "node/billing/work.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/nfc.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

enum { FACTS_MAX = 4 * 1000 * 1000 }; /* three times the visits of 33 teams in four years */

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int work_fail_at(
        const struct work *work, const struct record_id *visit, enum billing_obstacle_kind kind, int error)
{
	if (work->obstacle)
		*work->obstacle = (struct billing_obstacle){.has_visit = true, .visit = *visit, .kind = kind};
	return error;
}

/* --- Visits, each once --- */

/* Ids are sorted by their first eight bytes, which are one number; the rest is for those that begin alike. */
static uint64_t key_of(const struct record_id *id)
{
	uint64_t key = 0;
	for (int i = 0; i < 8; i++)
		key = key << 8 | id->bytes[i];
	return key;
}

static int visit_cmp(const void *a, const void *b)
{
	const struct work_visit *left = a, *right = b;
	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	return record_id_cmp(&left->visit->item.visit, &right->visit->item.visit);
}

static bool visit_same(const struct billing_visit *a, const struct billing_visit *b)
{
	return a->flags == b->flags && record_id_eq(&a->rate, &b->rate) &&
	        person_id_eq(&a->co_nurse, &b->co_nurse) && record_id_eq(&a->patient, &b->patient) &&
	        entry_hash_eq(&a->item.header, &b->item.header) &&
	        person_id_eq(&a->item.nurse, &b->item.nurse) && a->item.start_s == b->item.start_s &&
	        a->item.end_s == b->item.end_s && a->item.offset_minutes == b->item.offset_minutes;
}

/* Of two versions of one visit the one that took place, where the other one was cancelled; NULL: both took place. Of two cancelled ones any: neither is
 * billed. */
static const struct billing_visit *version_of(const struct billing_visit *a, const struct billing_visit *b)
{
	if (b->flags & BILLING_CANCELLED || visit_same(a, b))
		return a;
	return a->flags & BILLING_CANCELLED ? b : NULL;
}

int work_take_visits(struct work *work)
{
	const struct billing_input *input = work->input;
	if (input->visit_count > FACTS_MAX)
		return ERR_TOOBIG;
	work->visits = arena_alloc(work->arena, (input->visit_count + 1) * sizeof(*work->visits));
	for (uint32_t i = 0; i < input->visit_count; i++)
		work->visits[i] = (struct work_visit){
		        key_of(&input->visits[i].item.visit), &input->visits[i]};
	if (input->visit_count)
		qsort(work->visits, input->visit_count, sizeof(*work->visits), visit_cmp);
	for (uint32_t i = 0; i < input->visit_count; i++) {
		const struct work_visit *at = &work->visits[i];
		struct work_visit *last = work->visit_count ? &work->visits[work->visit_count - 1] : NULL;
		if (!last || visit_cmp(last, at)) {
			work->visits[work->visit_count++] = *at;
			continue;
		}
		last->visit = version_of(last->visit, at->visit);
		if (!last->visit)
			return work_fail_at(
			        work, &at->visit->item.visit, BILLING_OBSTACLE_TWO_VERSIONS, ERR_CONFLICT);
	}
	return 0;
}

/* --- Step 1: what was billed --- */

static int previous_cmp(const void *a, const void *b)
{
	const struct billing_previous *left = a, *right = b;
	return lot_hash_cmp(&left->hash, &right->hash);
}

static struct billed *billed_find(const struct work *work, const struct billing_previous *lots,
        uint32_t lot_count, const uint32_t *first, const struct billing_line *line)
{
	struct billing_previous key = {.hash = line->cited_lot};
	const struct billing_previous *found = lot_count
	        ? bsearch(&key, lots, lot_count, sizeof(key), previous_cmp)
	        : NULL;
	if (!found || line->cited_line >= found->lot->line_count)
		return NULL;
	return &work->billed[first[found - lots] + line->cited_line];
}

const struct billing_item *work_item(const struct mention *mention)
{
	return &mention->billed->line->items[mention->item];
}

/* By visit; of one visit, what stands before what does not, then by the order of lots. */
static int mention_cmp(const void *a, const void *b)
{
	const struct mention *left = a, *right = b;
	if (left->key != right->key)
		return left->key < right->key ? -1 : 1;
	int order = record_id_cmp(&work_item(left)->visit, &work_item(right)->visit);
	if (!order)
		order = compare(right->billed->standing, left->billed->standing);
	if (!order)
		order = compare(left->billed->lot->month, right->billed->lot->month);
	if (!order)
		order = compare((int64_t)left->billed->lot->fence, (int64_t)right->billed->lot->fence);
	if (!order)
		order = lot_hash_cmp(left->billed->hash, right->billed->hash);
	return order ? order : compare(left->billed->index, right->billed->index);
}

static int mention_order(const struct mention *mention, const struct work_visit *visit)
{
	if (mention->key != visit->key)
		return mention->key < visit->key ? -1 : 1;
	return record_id_cmp(&work_item(mention)->visit, &visit->visit->item.visit);
}

/* Every visit of every line that bills something; credits name no others. */
static void take_mentions(struct work *work, uint32_t item_count)
{
	work->mentions = arena_alloc(work->arena, ((size_t)item_count + 1) * sizeof(*work->mentions));
	for (uint32_t i = 0; i < work->billed_count; i++) {
		const struct billed *billed = &work->billed[i];
		for (uint32_t j = 0; !billing_line_cites(billed->line) && j < billed->line->item_count; j++)
			work->mentions[work->mention_count++] = (struct mention){
			        key_of(&billed->line->items[j].visit), billed, j};
	}
	if (work->mention_count)
		qsort(work->mentions, work->mention_count, sizeof(*work->mentions), mention_cmp);
}

/* The first mention of a visit. */
const struct mention *work_mention(const struct work *work, const struct record_id *visit)
{
	const uint64_t key = key_of(visit);
	uint32_t low = 0, high = work->mention_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const struct mention *at = &work->mentions[middle];
		if (at->key < key || (at->key == key && record_id_cmp(&work_item(at)->visit, visit) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low < work->mention_count && record_id_eq(&work_item(&work->mentions[low])->visit, visit)
	        ? &work->mentions[low]
	        : NULL;
}

int work_sort_previous(const struct work *work, struct billing_previous **out)
{
	const struct billing_input *input = work->input;
	if (input->previous_count > LIMIT_LOTS)
		return ERR_TOOBIG;
	struct billing_previous *lots = arena_zero(work->arena, input->previous_count, sizeof(*lots));
	for (uint32_t i = 0; i < input->previous_count; i++) {
		lots[i] = input->previous[i];
		if (!team_id_eq(&lots[i].lot->team, &input->team) || lots[i].lot->month > input->month)
			return ERR_INVALID;
	}
	if (input->previous_count)
		qsort(lots, input->previous_count, sizeof(*lots), previous_cmp);
	for (uint32_t i = 1; i < input->previous_count; i++)
		if (lot_hash_eq(&lots[i - 1].hash, &lots[i].hash))
			return ERR_EXISTS;
	*out = lots;
	return 0;
}

int work_take_billed(struct work *work)
{
	struct billing_previous *lots;
	uint32_t lot_count = work->input->previous_count, item_count = 0;
	int error = work_sort_previous(work, &lots);
	if (error)
		return error;
	uint32_t *first = arena_zero(work->arena, lot_count, sizeof(*first));
	work->opening_month = work->input->month;
	for (uint32_t i = 0; i < lot_count; i++) {
		first[i] = work->billed_count;
		work->billed_count += lots[i].lot->line_count;
		if (lots[i].lot->opening_month < work->opening_month)
			work->opening_month = lots[i].lot->opening_month;
	}
	work->billed = arena_alloc(work->arena, (work->billed_count + (size_t)1) * sizeof(*work->billed));
	for (uint32_t i = 0; i < lot_count; i++)
		for (uint32_t j = 0; j < lots[i].lot->line_count; j++) {
			const struct billing_line *line = &lots[i].lot->lines[j];
			work->billed[first[i] + j] = (struct billed){
			        line, lots[i].lot, &lots[i].hash, j, 0, 0};
			item_count += line->item_count;
		}
	for (uint32_t i = 0; i < work->billed_count; i++) {
		const struct billing_line *line = work->billed[i].line;
		struct billed *target = &work->billed[i];
		if (billing_line_cites(line))
			target = billed_find(work, lots, lot_count, first, line);
		if (!target)
			return ERR_GAP;
		if (billing_line_cites(target->line))
			return ERR_INVALID; /* a credit of a credit */
		target->standing += line->kind == BILLING_CREDIT ? -1 : 1;
	}
	take_mentions(work, item_count);
	return 0;
}

/* --- Step 2: facts --- */

/* A visit that cannot be: named, whatever else is due. */
static int check_times(const struct work *work, const struct billing_item *item)
{
	enum billing_obstacle_kind why = BILLING_OBSTACLE_BAD_TIME;
	if (item->start_s >= 0 && item->start_s <= LOT_SECONDS_MAX &&
	        item->offset_minutes >= -LOT_OFFSET_MAX_MINUTES &&
	        item->offset_minutes <= LOT_OFFSET_MAX_MINUTES) {
		if (item->end_s < item->start_s)
			why = BILLING_OBSTACLE_NEGATIVE;
		else if (item->end_s - item->start_s > LOT_VISIT_SECONDS_MAX)
			why = BILLING_OBSTACLE_TOO_LONG;
		else
			return 0;
	}
	return work_fail_at(work, &item->visit, why, ERR_INVALID);
}

/* A visit that is billed by itself, as its first standing line bills it: nothing is left to do about either. */
static bool stands_already(struct work *work, const struct fact *fact, const struct mention *mention)
{
	if (work->rates[fact->rate].unit != BILLING_PER_VISIT)
		return false;
	if (!mention || mention->billed->standing < 1)
		return false;
	const struct billing_line *line = mention->billed->line;
	const struct billing_line charge = {.kind = BILLING_NORMAL,
	        .rule = fact->rule,
	        .patient = fact->patient,
	        .month = fact->month,
	        .rate = fact->rate,
	        .amo_per_mille = fact->amo_per_mille,
	        .items = &fact->item,
	        .item_count = 1};
	if (lot_content_cmp(&charge, work->rates, line, mention->billed->lot->rates) ||
	        !work_same_bill(work, &charge, line))
		return false;
	work->billed[mention->billed - work->billed].wanted = 1;
	return true;
}

static int fact_of_visit(struct work *work, const struct billing_visit *visit, const struct mention *mention)
{
	const uint32_t never = BILLING_CANCELLED | BILLING_RUNNING;
	struct billing_item item = visit->item;
	if (!(visit->flags & BILLING_BILLABLE) || (visit->flags & never))
		return 0;
	int error = check_times(work, &item);
	if (error)
		return error;
	uint32_t month = (uint32_t)calendar_month(item.start_s, item.offset_minutes);
	if (month < work->opening_month || month > work->input->month ||
	        money_minutes(item.start_s, item.end_s) == 0)
		return 0;
	uint32_t rate = 0;
	error = work_rate_of(work, visit, mention, &rate);
	if (error)
		return error;
	uint32_t share = visit->flags & BILLING_ALD ? work->rates[rate].amo_ald_per_mille
	                                            : work->rates[rate].amo_per_mille;
	item.weight_per_mille = MONEY_PER_MILLE;
	item.is_doubled = work->rule != LOT_FORMAT_FIRST && (visit->flags & BILLING_DOUBLED);
	item.co_nurse = work->rule != LOT_FORMAT_FIRST ? visit->co_nurse : (struct person_id){{0}};
	const struct fact fact = {.item = item,
	        .patient = visit->patient,
	        .month = month,
	        .amo_per_mille = share,
	        .rate = rate,
	        .rule = work->rule};
	if (item.is_doubled || !stands_already(work, &fact, mention))
		work->facts[work->fact_count++] = fact;
	return 0;
}

/* The order in which charges stand together: what is rounded together is adjacent. */
static int fact_cmp(const void *a, const void *b)
{
	const struct fact *left = a, *right = b;
	int order = record_id_cmp(&left->patient, &right->patient);
	if (!order)
		order = compare(left->month, right->month);
	if (!order)
		order = compare(left->rate, right->rate);
	if (!order)
		order = compare(left->amo_per_mille, right->amo_per_mille);
	if (!order)
		order = compare(left->rule, right->rule);
	if (!order)
		order = compare(left->item.start_s, right->item.start_s);
	return order ? order : record_id_cmp(&left->item.visit, &right->item.visit);
}

static int fact_id_cmp(const void *a, const void *b)
{
	const struct fact *left = a, *right = b;
	int order = record_id_cmp(&left->item.visit, &right->item.visit);
	return order ? order : fact_cmp(a, b);
}

/* A table without rules of its own pays the same by both versions: what was billed by the first is then rounded with the rest. */
static uint32_t rule_of_line(
        const struct work *work, const struct billing_line *line, const struct billing_rate *rate)
{
	return rate->min_minutes <= 1 && rate->least_minutes == 0 ? work->rule : line->rule;
}

/* The lines' visits that are not known here, which stand; `take` NULL: only counted. Both lists ascend. */
static uint32_t unknown_mentions(struct work *work, void (*take)(struct work *, const struct mention *))
{
	uint32_t count = 0, at = 0;
	for (uint32_t i = 0; i < work->mention_count; i++) {
		const struct mention *mention = &work->mentions[i];
		while (at < work->visit_count && mention_order(mention, &work->visits[at]) > 0)
			at++;
		if (mention->billed->standing < 1 ||
		        (at < work->visit_count && mention_order(mention, &work->visits[at]) == 0))
			continue;
		count++;
		if (take)
			take(work, mention);
	}
	return count;
}

static void fact_of_mention(struct work *work, const struct mention *mention)
{
	const struct billing_line *line = mention->billed->line;
	const struct billing_rate *rate = work_rate_find(work, &mention->billed->lot->rates[line->rate].id);
	assert(rate); /* work_take_rates() took those of every lot */
	work->facts[work->fact_count++] = (struct fact){.item = *work_item(mention),
	        .patient = line->patient,
	        .month = line->month,
	        .amo_per_mille = line->amo_per_mille,
	        .rate = (uint32_t)(rate - work->rates),
	        .rule = rule_of_line(work, line, rate),
	        .is_billed = true};
}

/* Of visits that are not known here any more (erased), what stands is taken from the lines; once each. */
static void facts_of_lines(struct work *work)
{
	uint32_t begin = work->fact_count, kept = begin;
	unknown_mentions(work, fact_of_mention);
	if (work->fact_count > begin)
		qsort(work->facts + begin, work->fact_count - begin, sizeof(*work->facts), fact_id_cmp);
	for (uint32_t i = begin; i < work->fact_count; i++)
		if (kept == begin ||
		        !record_id_eq(&work->facts[kept - 1].item.visit, &work->facts[i].item.visit))
			work->facts[kept++] = work->facts[i];
	work->fact_count = kept;
}

static void drop_standing(struct work *work)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < work->fact_count; i++)
		if (!stands_already(work, &work->facts[i], work_mention(work, &work->facts[i].item.visit)))
			work->facts[kept++] = work->facts[i];
	work->fact_count = kept;
}

int work_take_facts(struct work *work)
{
	size_t count = (size_t)work->visit_count + unknown_mentions(work, NULL);
	work->facts = arena_alloc(work->arena, (count + 1) * sizeof(*work->facts));
	uint32_t at = 0;
	for (uint32_t i = 0; i < work->visit_count; i++) {
		const struct work_visit *visit = &work->visits[i];
		while (at < work->mention_count && mention_order(&work->mentions[at], visit) < 0)
			at++;
		const bool is_billed = at < work->mention_count &&
		        mention_order(&work->mentions[at], visit) == 0;
		int error = fact_of_visit(work, visit->visit, is_billed ? &work->mentions[at] : NULL);
		if (error)
			return error;
	}
	facts_of_lines(work);
	if (work->rule != LOT_FORMAT_FIRST)
		work_weigh_facts(work);
	drop_standing(work);
	if (work->fact_count)
		qsort(work->facts, work->fact_count, sizeof(*work->facts), fact_cmp);
	return 0;
}

/* --- Step 3: charges --- */

static bool fact_joins(const struct work *work, const struct fact *fact, const struct fact *next)
{
	return work->rates[fact->rate].unit == BILLING_PER_PATIENT_MONTH && fact->rate == next->rate &&
	        record_id_eq(&fact->patient, &next->patient) && fact->month == next->month &&
	        fact->amo_per_mille == next->amo_per_mille && fact->rule == next->rule;
}

void work_take_charges(struct work *work)
{
	struct billing_item *items = arena_alloc(
	        work->arena, (work->fact_count + (size_t)1) * sizeof(*items));
	work->charges = arena_alloc(work->arena, (work->fact_count + (size_t)1) * sizeof(*work->charges));
	for (uint32_t i = 0; i < work->fact_count; i++) {
		const struct fact *fact = &work->facts[i];
		items[i] = fact->item;
		if (i && fact_joins(work, &work->facts[i - 1], fact)) {
			work->charges[work->charge_count - 1].item_count++;
			continue;
		}
		work->charges[work->charge_count++] = (struct billing_line){.kind = BILLING_NORMAL,
		        .rule = fact->rule,
		        .patient = fact->patient,
		        .month = fact->month,
		        .rate = fact->rate,
		        .amo_per_mille = fact->amo_per_mille,
		        .items = &items[i],
		        .item_count = 1};
	}
}
