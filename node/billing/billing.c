/* Closing a month, in five steps: (1) gather what was billed and what of it still stands; (2) gather the facts: the visits as they are
 * now, and, of visits that are no longer here, what a standing line says; (3) group them into the charges that are due; (4) compare
 * charges with standing lines; (5) put the differences into a lot. A first month is the case in which nothing stands. */
#include "node/billing/billing.h"

#include <assert.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

enum { FACTS_MAX = 4 * 1000 * 1000 }; /* three times the visits of 33 teams in four years */

/* A line of an earlier lot that bills something; credits are counted in `standing`. */
struct billed {
	const struct billing_line *line;
	const struct billing_lot *lot;
	struct lot_hash hash; /* of the lot */
	uint32_t index; /* of the line in it */
	int32_t standing; /* 1: it stands; 0: credited; others: two holders credited or reinstated it at once */
	int32_t wanted; /* 1 when it bills a charge that is due */
};

/* A visit that is due, or was billed and is no longer known. */
struct fact {
	struct billing_item item;
	struct record_id patient;
	uint32_t month, amo_per_mille, rate; /* rate: index in work.rates */
};

struct work {
	const struct billing_input *input;
	struct arena *arena;
	struct billing_obstacle *obstacle;
	struct billing_visit *visits; /* ascending by id, each once */
	uint32_t visit_count;
	struct billing_rate
	        *rates; /* ascending by id, each once: those given and those embedded in earlier lots */
	uint32_t rate_count;
	struct billed *billed;
	uint32_t billed_count;
	struct record_id *ever; /* visits that any line billed, ascending */
	uint32_t ever_count;
	uint32_t opening_month;
	struct fact *facts;
	uint32_t fact_count;
	struct billing_line *charges; /* as lines, kind not yet decided; rate counts in work.rates */
	uint32_t charge_count;
	struct billing_line *lines;
	uint32_t line_count;
};

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int fail_at(const struct work *work, const struct record_id *visit, int error)
{
	if (work->obstacle)
		*work->obstacle = (struct billing_obstacle){true, *visit};
	return error;
}

/* --- Visits and rates, each once --- */

static int visit_cmp(const void *a, const void *b)
{
	const struct billing_visit *left = a, *right = b;
	return record_id_cmp(&left->item.visit, &right->item.visit);
}

static bool visit_same(const struct billing_visit *a, const struct billing_visit *b)
{
	return a->flags == b->flags && record_id_eq(&a->rate, &b->rate) &&
	        record_id_eq(&a->patient, &b->patient) && entry_hash_eq(&a->item.header, &b->item.header) &&
	        person_id_eq(&a->item.nurse, &b->item.nurse) && a->item.start_s == b->item.start_s &&
	        a->item.end_s == b->item.end_s && a->item.offset_minutes == b->item.offset_minutes;
}

static int take_visits(struct work *work)
{
	const struct billing_input *input = work->input;
	if (input->visit_count > FACTS_MAX)
		return ERR_TOOBIG;
	work->visits = arena_zero(work->arena, input->visit_count, sizeof(*work->visits));
	if (input->visit_count == 0)
		return 0;
	memcpy(work->visits, input->visits, input->visit_count * sizeof(*work->visits));
	qsort(work->visits, input->visit_count, sizeof(*work->visits), visit_cmp);
	for (uint32_t i = 0; i < input->visit_count; i++) {
		struct billing_visit *visit = &work->visits[i];
		struct billing_visit *last = work->visit_count ? &work->visits[work->visit_count - 1] : NULL;
		if (!last || !record_id_eq(&last->item.visit, &visit->item.visit))
			work->visits[work->visit_count++] = *visit;
		else if (!visit_same(last, visit))
			return fail_at(work, &visit->item.visit, ERR_CONFLICT);
	}
	return 0;
}

static bool visit_is_known(const struct work *work, const struct record_id *id)
{
	struct billing_visit key = {.item = {.visit = *id}};
	return work->visit_count &&
	        bsearch(&key, work->visits, work->visit_count, sizeof(key), visit_cmp) != NULL;
}

static int rate_cmp(const void *a, const void *b)
{
	const struct billing_rate *left = a, *right = b;
	return record_id_cmp(&left->id, &right->id);
}

static bool rate_same(const struct billing_rate *a, const struct billing_rate *b)
{
	return span_eq(a->territory, b->territory) && a->valid_from_day == b->valid_from_day &&
	        a->cents_per_hour == b->cents_per_hour && a->unit == b->unit && a->ties == b->ties &&
	        a->amo_per_mille == b->amo_per_mille && a->amo_ald_per_mille == b->amo_ald_per_mille;
}

static bool rate_is_valid(const struct billing_rate *rate)
{
	return rate->cents_per_hour >= 0 && rate->cents_per_hour <= MONEY_CENTS_PER_HOUR_MAX &&
	        (rate->unit == BILLING_PER_VISIT || rate->unit == BILLING_PER_PATIENT_MONTH) &&
	        (rate->ties == BILLING_HALF_UP || rate->ties == BILLING_HALF_EVEN) &&
	        rate->amo_per_mille <= MONEY_PER_MILLE && rate->amo_ald_per_mille <= MONEY_PER_MILLE &&
	        rate->territory.size <= LIMIT_NAME_BYTES;
}

static int take_rates(struct work *work)
{
	const struct billing_input *input = work->input;
	size_t count = input->rate_count;
	for (uint32_t i = 0; i < input->previous_count; i++)
		count += input->previous[i].lot->rate_count;
	work->rates = arena_zero(work->arena, count, sizeof(*work->rates));
	size_t filled = 0;
	for (uint32_t i = 0; i < input->rate_count; i++) {
		if (!rate_is_valid(&input->rates[i]))
			return ERR_INVALID;
		work->rates[filled++] = input->rates[i];
	}
	for (uint32_t i = 0; i < input->previous_count; i++)
		for (uint32_t j = 0; j < input->previous[i].lot->rate_count; j++)
			work->rates[filled++] = input->previous[i].lot->rates[j];
	if (filled)
		qsort(work->rates, filled, sizeof(*work->rates), rate_cmp);
	for (size_t i = 0; i < filled; i++) {
		struct billing_rate *last = work->rate_count ? &work->rates[work->rate_count - 1] : NULL;
		if (!last || !record_id_eq(&last->id, &work->rates[i].id))
			work->rates[work->rate_count++] = work->rates[i];
		else if (!rate_same(last, &work->rates[i]))
			return ERR_CONFLICT;
	}
	return 0;
}

static const struct billing_rate *rate_find(const struct work *work, const struct record_id *id)
{
	struct billing_rate key = {.id = *id};
	return work->rate_count ? bsearch(&key, work->rates, work->rate_count, sizeof(key), rate_cmp) : NULL;
}

/* The rate of a visit: the one it names, or the territory's newest that is valid on its day, among those given. */
static int rate_of(const struct work *work, const struct billing_visit *visit, uint32_t *rate)
{
	const struct billing_input *input = work->input;
	const struct billing_rate *best = NULL;
	bool is_tie = false;
	int64_t day = moment_local_day((struct moment){visit->item.start_s, visit->item.offset_minutes});
	for (uint32_t i = 0; record_id_is_zero(&visit->rate) && i < input->rate_count; i++) {
		const struct billing_rate *at = &input->rates[i];
		if (at->valid_from_day > day || !span_eq(at->territory, input->territory))
			continue;
		if (!best || at->valid_from_day > best->valid_from_day) {
			best = at;
			is_tie = false;
		} else if (best->valid_from_day == at->valid_from_day && !record_id_eq(&best->id, &at->id)) {
			is_tie = true;
		}
	}
	if (is_tie)
		return fail_at(work, &visit->item.visit, ERR_CONFLICT);
	best = rate_find(work, best ? &best->id : &visit->rate);
	if (!best)
		return fail_at(work, &visit->item.visit, ERR_NOTFOUND);
	*rate = (uint32_t)(best - work->rates);
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

static int id_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

static void take_ever(struct work *work, uint32_t item_count)
{
	work->ever = arena_zero(work->arena, item_count, sizeof(*work->ever));
	for (uint32_t i = 0; i < work->billed_count; i++)
		for (uint32_t j = 0; j < work->billed[i].line->item_count; j++)
			work->ever[work->ever_count++] = work->billed[i].line->items[j].visit;
	if (work->ever_count)
		qsort(work->ever, work->ever_count, sizeof(*work->ever), id_cmp);
}

static int sort_previous(const struct work *work, struct billing_previous **out)
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

static int take_billed(struct work *work)
{
	struct billing_previous *lots;
	uint32_t lot_count = work->input->previous_count, item_count = 0;
	int error = sort_previous(work, &lots);
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
	work->billed = arena_zero(work->arena, work->billed_count, sizeof(*work->billed));
	for (uint32_t i = 0; i < lot_count; i++)
		for (uint32_t j = 0; j < lots[i].lot->line_count; j++) {
			const struct billing_line *line = &lots[i].lot->lines[j];
			work->billed[first[i] + j] = (struct billed){
			        line, lots[i].lot, lots[i].hash, j, 0, 0};
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
	take_ever(work, item_count);
	return 0;
}

/* --- Step 2: facts --- */

static int fact_of_visit(struct work *work, const struct billing_visit *visit)
{
	const struct billing_item *item = &visit->item;
	const uint32_t never = BILLING_CANCELLED | BILLING_RUNNING;
	if (!(visit->flags & BILLING_BILLABLE) || (visit->flags & never))
		return 0;
	if (item->start_s < 0 || item->start_s > LOT_SECONDS_MAX ||
	        item->offset_minutes < -LOT_OFFSET_MAX_MINUTES ||
	        item->offset_minutes > LOT_OFFSET_MAX_MINUTES || item->end_s < item->start_s ||
	        item->end_s - item->start_s > LOT_VISIT_SECONDS_MAX)
		return fail_at(work, &item->visit, ERR_INVALID);
	uint32_t month = (uint32_t)calendar_month(item->start_s, item->offset_minutes);
	if (month < work->opening_month || month > work->input->month ||
	        money_minutes(item->start_s, item->end_s) == 0)
		return 0;
	uint32_t rate;
	int error = rate_of(work, visit, &rate);
	if (error)
		return error;
	uint32_t share = visit->flags & BILLING_ALD ? work->rates[rate].amo_ald_per_mille
	                                            : work->rates[rate].amo_per_mille;
	work->facts[work->fact_count++] = (struct fact){*item, visit->patient, month, share, rate};
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
		order = compare(left->item.start_s, right->item.start_s);
	return order ? order : record_id_cmp(&left->item.visit, &right->item.visit);
}

static int fact_id_cmp(const void *a, const void *b)
{
	const struct fact *left = a, *right = b;
	int order = record_id_cmp(&left->item.visit, &right->item.visit);
	return order ? order : fact_cmp(a, b);
}

/* Of visits that are not known here any more (erased), what stands is taken from the lines; once each. */
static void facts_of_lines(struct work *work)
{
	uint32_t begin = work->fact_count, kept;
	for (uint32_t i = 0; i < work->billed_count; i++) {
		const struct billed *billed = &work->billed[i];
		if (billing_line_cites(billed->line) || billed->standing < 1)
			continue;
		const struct billing_rate *rate = rate_find(work, &billed->lot->rates[billed->line->rate].id);
		assert(rate); /* take_rates() took those of every lot */
		for (uint32_t j = 0; j < billed->line->item_count; j++) {
			if (visit_is_known(work, &billed->line->items[j].visit))
				continue;
			work->facts[work->fact_count++] = (struct fact){billed->line->items[j],
			        billed->line->patient, billed->line->month, billed->line->amo_per_mille,
			        (uint32_t)(rate - work->rates)};
		}
	}
	if (work->fact_count > begin)
		qsort(work->facts + begin, work->fact_count - begin, sizeof(*work->facts), fact_id_cmp);
	kept = begin;
	for (uint32_t i = begin; i < work->fact_count; i++)
		if (kept == begin ||
		        !record_id_eq(&work->facts[kept - 1].item.visit, &work->facts[i].item.visit))
			work->facts[kept++] = work->facts[i];
	work->fact_count = kept;
}

static int take_facts(struct work *work)
{
	size_t count = (size_t)work->visit_count + work->ever_count;
	work->facts = arena_zero(work->arena, count, sizeof(*work->facts));
	for (uint32_t i = 0; i < work->visit_count; i++) {
		int error = fact_of_visit(work, &work->visits[i]);
		if (error)
			return error;
	}
	facts_of_lines(work);
	if (work->fact_count)
		qsort(work->facts, work->fact_count, sizeof(*work->facts), fact_cmp);
	return 0;
}

/* --- Step 3: charges --- */

static bool fact_joins(const struct work *work, const struct fact *fact, const struct fact *next)
{
	return work->rates[fact->rate].unit == BILLING_PER_PATIENT_MONTH && fact->rate == next->rate &&
	        record_id_eq(&fact->patient, &next->patient) && fact->month == next->month &&
	        fact->amo_per_mille == next->amo_per_mille;
}

static void take_charges(struct work *work)
{
	struct billing_item *items = arena_zero(work->arena, work->fact_count, sizeof(*items));
	work->charges = arena_zero(work->arena, work->fact_count, sizeof(*work->charges));
	for (uint32_t i = 0; i < work->fact_count; i++) {
		const struct fact *fact = &work->facts[i];
		items[i] = fact->item;
		if (i && fact_joins(work, &work->facts[i - 1], fact)) {
			work->charges[work->charge_count - 1].item_count++;
			continue;
		}
		work->charges[work->charge_count++] = (struct billing_line){.kind = BILLING_NORMAL,
		        .patient = fact->patient,
		        .month = fact->month,
		        .rate = fact->rate,
		        .amo_per_mille = fact->amo_per_mille,
		        .items = &items[i],
		        .item_count = 1};
	}
}

/* --- Step 4: differences --- */

/* Sorting needs the rates that charges count in. The arguments of qsort cannot carry them, so each row points at them. */
struct row {
	const struct billing_line *line;
	const struct billing_rate *rates;
	struct billed *billed; /* NULL: a charge */
};

static int row_cmp(const void *a, const void *b)
{
	const struct row *left = a, *right = b;
	int order = lot_content_cmp(left->line, left->rates, right->line, right->rates);
	if (order)
		return order;
	if (!left->billed || !right->billed)
		return (left->billed != NULL) - (right->billed != NULL); /* the charge first */
	order = compare(right->billed->standing, left->billed->standing); /* then what stands */
	if (!order)
		order = compare(left->billed->lot->month, right->billed->lot->month);
	if (!order)
		order = compare((int64_t)left->billed->lot->fence, (int64_t)right->billed->lot->fence);
	if (!order)
		order = lot_hash_cmp(&left->billed->hash, &right->billed->hash);
	return order ? order : compare(left->billed->index, right->billed->index);
}

static struct row *sort_rows(const struct work *work, uint32_t *count)
{
	struct row *rows = arena_zero(
	        work->arena, (size_t)work->charge_count + work->billed_count, sizeof(*rows));
	*count = 0;
	for (uint32_t i = 0; i < work->charge_count; i++)
		rows[(*count)++] = (struct row){&work->charges[i], work->rates, NULL};
	for (uint32_t i = 0; i < work->billed_count; i++)
		if (!billing_line_cites(work->billed[i].line))
			rows[(*count)++] = (struct row){
			        work->billed[i].line, work->billed[i].lot->rates, &work->billed[i]};
	if (*count)
		qsort(rows, *count, sizeof(*rows), row_cmp);
	return rows;
}

static bool was_billed(const struct work *work, const struct billing_line *charge)
{
	for (uint32_t i = 0; work->ever_count && i < charge->item_count; i++)
		if (bsearch(&charge->items[i].visit, work->ever, work->ever_count, sizeof(*work->ever),
		            id_cmp))
			return true;
	return false;
}

static int add_line(struct work *work, struct billing_line line)
{
	int error = lot_line_price(&line, &work->rates[line.rate]);
	if (error)
		return fail_at(work, &line.items[0].visit, error);
	if (work->line_count == LIMIT_LOT_LINES)
		return ERR_TOOBIG;
	work->lines[work->line_count++] = line;
	return 0;
}

static int add_charge(struct work *work, const struct billing_line *charge)
{
	struct billing_line line = *charge;
	line.kind = was_billed(work, charge)          ? BILLING_CORRECTION
	        : charge->month == work->input->month ? BILLING_NORMAL
	                                              : BILLING_LATE;
	return add_line(work, line);
}

/* Credits (or, after two holders credited the same line, reinstatements) until the line stands as wanted. */
static int settle(struct work *work, const struct billed *billed)
{
	const struct billing_rate *rate = rate_find(work, &billed->lot->rates[billed->line->rate].id);
	struct billing_line line = *billed->line;
	line.kind = billed->standing > billed->wanted ? BILLING_CREDIT : BILLING_REINSTATE;
	line.rate = (uint32_t)(rate - work->rates);
	line.cited_lot = billed->hash;
	line.cited_line = billed->index;
	int error = 0;
	for (int32_t at = billed->standing; at != billed->wanted && !error;
	        at += at > billed->wanted ? -1 : 1)
		error = add_line(work, line);
	return error;
}

static int take_differences(struct work *work)
{
	uint32_t row_count;
	struct row *rows = sort_rows(work, &row_count);
	work->lines = arena_zero(work->arena, LIMIT_LOT_LINES, sizeof(*work->lines));
	int error = 0;
	for (uint32_t i = 0; i < row_count && !error; i++) {
		if (rows[i].billed)
			continue;
		const struct row *next = i + 1 < row_count ? &rows[i + 1] : NULL;
		bool stands = next && next->billed && next->billed->standing > 0 &&
		        lot_content_cmp(rows[i].line, rows[i].rates, next->line, next->rates) == 0;
		if (stands)
			next->billed->wanted = 1;
		else
			error = add_charge(work, rows[i].line);
	}
	for (uint32_t i = 0; i < work->billed_count && !error; i++)
		if (!billing_line_cites(work->billed[i].line))
			error = settle(work, &work->billed[i]);
	return error;
}

/* --- Step 5: the lot --- */

static int line_cmp(const void *a, const void *b)
{
	return lot_line_cmp(a, b);
}

static int heard_cmp(const void *a, const void *b)
{
	const struct billing_heard *left = a, *right = b;
	return device_id_cmp(&left->device, &right->device);
}

static int ref_cmp(const void *a, const void *b)
{
	const struct entry_ref *left = a, *right = b;
	return feed_id_cmp(&left->feed, &right->feed);
}

static void *sorted_copy(struct work *work, const void *items, uint32_t count, size_t item_bytes,
        int (*order)(const void *, const void *))
{
	void *copy = arena_zero(work->arena, count, item_bytes);
	if (count) {
		memcpy(copy, items, count * item_bytes);
		qsort(copy, count, item_bytes, order);
	}
	return copy;
}

/* Keep the rates that lines use, and count in those. */
static void keep_rates(struct work *work, struct billing_lot *lot)
{
	uint32_t *renumbered = arena_zero(work->arena, work->rate_count, sizeof(*renumbered));
	struct billing_rate *kept = arena_zero(work->arena, work->rate_count, sizeof(*kept));
	for (uint32_t i = 0; i < work->line_count; i++)
		renumbered[work->lines[i].rate] = 1;
	for (uint32_t i = 0; i < work->rate_count; i++) {
		if (!renumbered[i])
			continue;
		kept[lot->rate_count] = work->rates[i];
		kept[lot->rate_count].territory = arena_span(work->arena, work->rates[i].territory);
		renumbered[i] = lot->rate_count++;
	}
	for (uint32_t i = 0; i < work->line_count; i++)
		work->lines[i].rate = renumbered[work->lines[i].rate];
	lot->rates = kept;
}

/* One row per device and feed, and the lot that the lease cites among those taken into account. */
static int check_tables(const struct billing_lot *lot)
{
	for (uint32_t i = 1; i < lot->heard_count; i++)
		if (device_id_eq(&lot->heard[i - 1].device, &lot->heard[i].device))
			return ERR_INVALID;
	for (uint32_t i = 1; i < lot->frontier_count; i++)
		if (feed_id_eq(&lot->frontier[i - 1].feed, &lot->frontier[i].feed))
			return ERR_INVALID;
	for (uint32_t i = 0; i < lot->known_count; i++)
		if (lot_hash_eq(&lot->known[i], &lot->previous))
			return 0;
	return lot_hash_is_zero(&lot->previous) ? 0 : ERR_GAP;
}

static int take_lot(struct work *work, struct billing_lot *lot)
{
	const struct billing_input *input = work->input;
	*lot = (struct billing_lot){.team = input->team,
	        .rule_version = BILLING_RULE_VERSION,
	        .month = input->month,
	        .opening_month = work->opening_month,
	        .holder = input->holder,
	        .fence = input->fence,
	        .previous = input->previous_hash,
	        .territory = arena_span(work->arena, input->territory),
	        .known_count = input->previous_count,
	        .heard_count = input->heard_count,
	        .frontier_count = input->frontier_count};
	struct billing_previous *lots;
	int error = sort_previous(work, &lots);
	if (error)
		return error;
	struct lot_hash *known = arena_zero(work->arena, lot->known_count, sizeof(*known));
	for (uint32_t i = 0; i < lot->known_count; i++)
		known[i] = lots[i].hash;
	lot->known = known;
	lot->heard = sorted_copy(work, input->heard, input->heard_count, sizeof(*input->heard), heard_cmp);
	lot->frontier = sorted_copy(
	        work, input->frontier, input->frontier_count, sizeof(*input->frontier), ref_cmp);
	error = check_tables(lot);
	if (error)
		return error;
	keep_rates(work, lot);
	if (lot->rate_count > LIMIT_LOT_RATES)
		return ERR_TOOBIG;
	if (work->line_count)
		qsort(work->lines, work->line_count, sizeof(*work->lines), line_cmp);
	uint32_t item_count = 0;
	for (uint32_t i = 0; i < work->line_count; i++)
		item_count += work->lines[i].item_count;
	if (item_count > LIMIT_LOT_ITEMS)
		return ERR_TOOBIG;
	lot->lines = work->lines;
	lot->line_count = work->line_count;
	lot->totals = lot_totals(lot->lines, lot->line_count);
	return 0;
}

int billing_close(const struct billing_input *input, struct arena *arena, struct billing_lot *lot,
        struct billing_obstacle *obstacle)
{
	struct work work = {.input = input, .arena = arena, .obstacle = obstacle};
	if (obstacle)
		*obstacle = (struct billing_obstacle){0};
	if (input->territory.size > LIMIT_NAME_BYTES || input->heard_count > LIMIT_TEAM_DEVICES ||
	        input->frontier_count > LIMIT_FEEDS || input->month >= LOT_MONTHS)
		return ERR_INVALID;
	int error = take_visits(&work);
	if (!error)
		error = take_rates(&work);
	if (!error)
		error = take_billed(&work);
	if (!error)
		error = take_facts(&work);
	if (error)
		return error;
	take_charges(&work);
	error = take_differences(&work);
	return error ? error : take_lot(&work, lot);
}

/* The earlier lots that `theirs` names, of those that are here. ERR_GAP: one is missing. */
static int select_previous(const struct billing_input *own, const struct billing_lot *theirs,
        struct arena *arena, struct billing_previous **out)
{
	struct billing_previous *kept = arena_zero(arena, theirs->known_count, sizeof(*kept));
	uint32_t count = 0;
	for (uint32_t i = 0; i < own->previous_count; i++) {
		const struct lot_hash *hash = &own->previous[i].hash;
		uint32_t j = 0;
		while (j < theirs->known_count && !lot_hash_eq(&theirs->known[j], hash))
			j++;
		if (j < theirs->known_count && count < theirs->known_count)
			kept[count++] = own->previous[i];
	}
	*out = kept;
	return count == theirs->known_count ? 0 : ERR_GAP;
}

int billing_verify(const struct billing_input *own, struct span bytes, struct arena *arena,
        struct billing_lot *theirs, struct billing_lot *mine)
{
	int error = lot_decode(theirs, bytes, arena);
	if (error)
		return error;
	if (theirs->rule_version != BILLING_RULE_VERSION)
		return ERR_VERSION;
	struct billing_input input = *own;
	struct billing_previous *previous;
	error = select_previous(own, theirs, arena, &previous);
	if (error)
		return error;
	input.holder = theirs->holder;
	input.fence = theirs->fence;
	input.month = theirs->month;
	input.territory = theirs->territory;
	input.previous_hash = theirs->previous;
	input.previous = previous;
	input.previous_count = theirs->known_count;
	input.heard = theirs->heard;
	input.heard_count = theirs->heard_count;
	input.frontier = theirs->frontier;
	input.frontier_count = theirs->frontier_count;
	error = billing_close(&input, arena, mine, NULL);
	if (error)
		return error;
	struct buf again = {0};
	error = lot_encode(mine, &again);
	if (!error && !span_eq(buf_span(&again), bytes))
		error = BILLING_DIFFERS;
	buf_close(&again);
	return error;
}
