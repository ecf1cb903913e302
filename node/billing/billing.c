/* Closing a month, in five steps: (1) gather what was billed and what of it still stands; (2) gather the facts: the visits as they are
 * now, and, of visits that are no longer here, what a standing line says; (3) group them into the charges that are due; (4) compare
 * charges with standing lines; (5) put the differences into a lot. A first month is the case in which nothing stands. */
#include "node/billing/billing.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/nfc.h"
#include "node/billing/work.h"

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

const char *billing_obstacle_sentence(enum billing_obstacle_kind kind, bool french)
{
	switch (kind) {
#define BILLING_OBSTACLE_CASE(number, name, fr, en) \
	case BILLING_OBSTACLE_##name: \
		return french ? fr : en;
		BILLING_OBSTACLE_TABLE(BILLING_OBSTACLE_CASE)
#undef BILLING_OBSTACLE_CASE
	}
	return NULL;
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
		order = lot_hash_cmp(left->billed->hash, right->billed->hash);
	return order ? order : compare(left->billed->index, right->billed->index);
}

static struct row *sort_rows(const struct work *work, uint32_t *count)
{
	struct row *rows = arena_alloc(
	        work->arena, ((size_t)work->charge_count + work->billed_count + 1) * sizeof(*rows));
	*count = 0;
	for (uint32_t i = 0; i < work->charge_count; i++)
		rows[(*count)++] = (struct row){&work->charges[i], work->rates, NULL};
	for (uint32_t i = 0; i < work->billed_count; i++)
		if (!billing_line_cites(work->billed[i].line) && !work->billed[i].wanted)
			rows[(*count)++] = (struct row){
			        work->billed[i].line, work->billed[i].lot->rates, &work->billed[i]};
	if (*count)
		qsort(rows, *count, sizeof(*rows), row_cmp);
	return rows;
}

static bool was_billed(const struct work *work, const struct billing_line *charge)
{
	for (uint32_t i = 0; i < charge->item_count; i++)
		if (work_mention(work, &charge->items[i].visit))
			return true;
	return false;
}

static int add_line(struct work *work, struct billing_line line)
{
	int error = lot_line_price(&line, &work->rates[line.rate]);
	if (error)
		return work_fail_at(work, &line.items[0].visit, BILLING_OBSTACLE_TOO_MUCH, error);
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
	const struct billing_rate *rate = work_rate_find(work, &billed->lot->rates[billed->line->rate].id);
	struct billing_line line = *billed->line;
	line.kind = billed->standing > billed->wanted ? BILLING_CREDIT : BILLING_REINSTATE;
	line.rate = (uint32_t)(rate - work->rates);
	line.cited_lot = *billed->hash;
	line.cited_line = billed->index;
	int error = 0;
	for (int32_t at = billed->standing; at != billed->wanted && !error;
	        at += at > billed->wanted ? -1 : 1)
		error = add_line(work, line);
	return error;
}

/* No more lines than this: every charge, and what brings each standing line to 0 or 1. */
static size_t lines_max(const struct work *work)
{
	size_t count = work->charge_count;
	for (uint32_t i = 0; i < work->billed_count; i++)
		count += (size_t)abs(work->billed[i].standing) + 1;
	return count < LIMIT_LOT_LINES ? count : LIMIT_LOT_LINES;
}

/* Who came, and what is paid for it: by rule version 1, nothing but the contents counts. */
bool work_same_bill(
        const struct work *work, const struct billing_line *charge, const struct billing_line *line)
{
	struct billing_line priced = *charge, billed = *line;
	if (work->rule == LOT_FORMAT_FIRST)
		return true;
	billed.kind = BILLING_NORMAL;
	if (lot_line_price(&priced, &work->rates[charge->rate]) ||
	        priced.billed_milli != billed.billed_milli || priced.cents != billed.cents ||
	        priced.amo_cents != billed.amo_cents)
		return false;
	for (uint32_t i = 0; i < charge->item_count; i++) {
		const struct billing_item *due = &charge->items[i], *stands = &line->items[i];
		if (!person_id_eq(&due->nurse, &stands->nurse) ||
		        (line->rule != LOT_FORMAT_FIRST && !person_id_eq(&due->co_nurse, &stands->co_nurse)))
			return false;
	}
	return true;
}

/* The first line behind the charge in row `at` that stands and bills the same. */
static struct billed *standing_row(
        const struct work *work, const struct row *rows, uint32_t count, uint32_t at)
{
	const struct row *charge = &rows[at];
	for (uint32_t i = at + 1; i < count && rows[i].billed && rows[i].billed->standing > 0; i++) {
		if (lot_content_cmp(charge->line, charge->rates, rows[i].line, rows[i].rates))
			return NULL;
		if (work_same_bill(work, charge->line, rows[i].line))
			return rows[i].billed;
	}
	return NULL;
}

static int take_differences(struct work *work)
{
	uint32_t row_count;
	struct row *rows = sort_rows(work, &row_count);
	work->lines = arena_alloc(work->arena, (lines_max(work) + 1) * sizeof(*work->lines));
	int error = 0;
	for (uint32_t i = 0; i < row_count && !error; i++) {
		if (rows[i].billed)
			continue;
		struct billed *stands = standing_row(work, rows, row_count, i);
		if (stands)
			stands->wanted = 1;
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
	*lot = (struct billing_lot){.format = work->rule,
	        .team = input->team,
	        .rule_version = work->rule,
	        .month = input->month,
	        .opening_month = work->opening_month,
	        .holder = input->holder,
	        .fence = input->fence,
	        .previous = input->previous_hash,
	        .lease = work->rule == LOT_FORMAT_FIRST ? (struct entry_hash){{0}} : input->lease,
	        .word = work->rule == LOT_FORMAT_FIRST ? (struct entry_hash){{0}} : input->word,
	        .territory = arena_span(work->arena, input->territory),
	        .known_count = input->previous_count,
	        .heard_count = input->heard_count,
	        .frontier_count = input->frontier_count};
	struct billing_previous *lots;
	int error = work_sort_previous(work, &lots);
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
	struct work work = {.input = input,
	        .arena = arena,
	        .obstacle = obstacle,
	        .rule = input->rule_version ? input->rule_version : BILLING_RULE_VERSION};
	if (obstacle)
		*obstacle = (struct billing_obstacle){0};
	if (input->territory.size > LIMIT_NAME_BYTES || !crdt_utf8_valid(input->territory) ||
	        input->heard_count > LIMIT_TEAM_DEVICES || input->frontier_count > LIMIT_FEEDS ||
	        input->month >= LOT_MONTHS)
		return ERR_INVALID;
	if (work.rule > BILLING_RULE_VERSION)
		return ERR_VERSION;
	int error = work_take_visits(&work);
	if (!error)
		error = work_take_rates(&work);
	if (!error)
		error = work_take_billed(&work);
	if (!error)
		error = work_take_facts(&work);
	if (error)
		return error;
	work_take_charges(&work);
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
	if (theirs->rule_version != theirs->format)
		return ERR_VERSION;
	struct billing_input input = *own;
	input.rule_version = theirs->rule_version;
	input.lease = theirs->lease;
	input.word = theirs->word;
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
