/* Which prescription a line stands on, when both hold, what is due of them. */
#include "node/medication/medication.h"

#include <stdlib.h>

static void end_at(struct medication_interval *interval, int64_t last, enum medication_state why)
{
	if (last < interval->last) {
		interval->last = last;
		interval->why = why;
	}
}

/* ---- Intervals --------------------------------------------------------------------------------------------------- */

static void prescriptions_begin(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->prescription_count; i++) {
		struct medication_prescription *root = &medication->prescriptions[i];
		const struct medication_prescription *shown = medication_prescription(medication, i);
		if (!medication_is_root(&root->version, i))
			continue;
		root->interval = (struct medication_interval){
		        shown->valid_from, shown->valid_until, MEDICATION_OVER};
		root->former = shorts_first(&medication->prescription_ids, shown->renews);
		if (root->former == i)
			root->former = MEDICATION_NONE;
		root->renewed_by = MEDICATION_NONE;
		for (int f = 0; f < MEDICATION_FOLLOW_UPS; f++)
			root->done[f] = MEDICATION_NONE;
	}
}

static void lines_begin(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		struct medication_line *root = &medication->lines[i];
		const struct medication_line *shown = medication_line(medication, i);
		if (!medication_is_root(&root->version, i))
			continue;
		root->of = shorts_first(&medication->prescription_ids, shown->prescription);
		if (root->of != MEDICATION_NONE && medication_prescription(medication, root->of)->is_mistaken)
			root->of = MEDICATION_NONE;
		root->interval = (struct medication_interval){shown->from, shown->until, MEDICATION_OVER};
		if (root->of == MEDICATION_NONE)
			continue;
		const struct medication_interval *whole = &medication->prescriptions[root->of].interval;
		if (whole->first > root->interval.first)
			root->interval.first = whole->first;
		end_at(&root->interval, whole->last, whole->why);
		medication->prescriptions[root->of].line_count += !shown->is_mistaken;
	}
}

static void list_lines(struct medication *medication)
{
	uint32_t *owners = mem_zero((size_t)medication->line_count + 1, sizeof(*owners));
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *line = &medication->lines[i];
		owners[i] = !medication_is_root(&line->version, i) ? SHORTS_NONE
		        : line->of == MEDICATION_NONE              ? medication->prescription_count
		                                                   : line->of;
	}
	grouped_make(
	        &medication->lines_of, medication->prescription_count + 1, owners, medication->line_count);
	mem_free(owners);
}

/* The day of the stop is not one of the line's any more. Of several stops the earliest holds. */
static void stop(struct medication *medication)
{
	const uint32_t whole_count = medication->prescription_count;
	int64_t *ends = mem_alloc(((size_t)whole_count + 1) * sizeof(*ends));
	for (uint32_t i = 0; i < whole_count; i++)
		ends[i] = INT64_MAX;
	for (uint32_t i = 0; i < medication->stop_count; i++) {
		const struct medication_stop *shown = &medication->stops[medication->stops[i].version.shown];
		if (!medication_is_root(&medication->stops[i].version, i) || shown->is_mistaken)
			continue;
		const uint32_t line = shorts_first(&medication->line_ids, shown->line),
		               whole = shorts_first(&medication->prescription_ids, shown->prescription);
		if (shown->line.size && line != MEDICATION_NONE)
			end_at(&medication->lines[line].interval, shown->on - 1, MEDICATION_STOPPED);
		if (!shown->line.size && whole != MEDICATION_NONE && shown->on - 1 < ends[whole])
			ends[whole] = shown->on - 1;
	}
	for (uint32_t i = 0; i < whole_count; i++)
		end_at(&medication->prescriptions[i].interval, ends[i], MEDICATION_STOPPED);
	for (uint32_t i = 0; i < medication->line_count; i++)
		if (medication_is_root(&medication->lines[i].version, i) &&
		        medication->lines[i].of != MEDICATION_NONE)
			end_at(&medication->lines[i].interval, ends[medication->lines[i].of],
			        MEDICATION_STOPPED);
	mem_free(ends);
}

/* ---- Renewals ---------------------------------------------------------------------------------------------------- */

static void note_renewals(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->prescription_count; i++) {
		const struct medication_prescription *root = &medication->prescriptions[i];
		if (!medication_is_root(&root->version, i) || root->former == MEDICATION_NONE ||
		        medication_prescription(medication, i)->is_mistaken)
			continue;
		struct medication_prescription *former = &medication->prescriptions[root->former];
		if (former->renewal_count++ == 0)
			former->renewed_by = i;
	}
}

/* Back along the renewals; where what is hostile comes round, it ends there. Each is walked over once, however long they are. */
static void note_chains(struct medication *medication)
{
	const uint32_t count = medication->prescription_count;
	uint32_t *way = mem_zero((size_t)count + 1, sizeof(*way));
	for (uint32_t i = 0; i < count; i++)
		medication->prescriptions[i].chain = MEDICATION_NONE;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t length = 0, at = medication->prescriptions[i].version.root;
		while (medication->prescriptions[at].chain == MEDICATION_NONE) {
			medication->prescriptions[at].chain = at;
			way[length++] = at;
			if (medication->prescriptions[at].former != MEDICATION_NONE)
				at = medication->prescriptions[at].former;
		}
		for (const uint32_t chain = medication->prescriptions[at].chain; length > 0;)
			medication->prescriptions[way[--length]].chain = chain;
		medication->prescriptions[i].chain = medication->prescriptions[at].chain;
	}
	mem_free(way);
}

static void list_prescriptions(struct medication *medication)
{
	const uint32_t count = medication->prescription_count;
	uint32_t *formers = mem_zero((size_t)count + 1, sizeof(*formers)),
	         *chains = mem_zero((size_t)count + 1, sizeof(*chains));
	for (uint32_t i = 0; i < count; i++) {
		const struct medication_prescription *one = &medication->prescriptions[i];
		const bool is_root = medication_is_root(&one->version, i);
		formers[i] = is_root ? one->former : SHORTS_NONE;
		chains[i] = is_root ? one->chain : SHORTS_NONE;
	}
	grouped_make(&medication->renewals_of, count, formers, count);
	grouped_make(&medication->chain_of, count, chains, count);
	mem_free(formers);
	mem_free(chains);
}

/* From when on a drug goes on under what renews a prescription. */
struct renewal {
	uint32_t former, group;
	int64_t first;
};

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int by_drug(const void *a, const void *b)
{
	const struct renewal *x = a, *y = b;
	const int order = compare(x->former, y->former);
	return order ? order : compare(x->group, y->group);
}

static int by_first(const void *a, const void *b)
{
	const struct renewal *x = a, *y = b;
	const int order = by_drug(a, b);
	return order ? order : (x->first > y->first) - (x->first < y->first);
}

/* Of each prescription and drug once, the earliest. */
static uint32_t list_renewals(const struct medication *medication, struct renewal *out)
{
	uint32_t count = 0, kept = 0;
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *later = &medication->lines[i];
		if (!medication_is_root(&later->version, i) || later->of == MEDICATION_NONE ||
		        medication_line(medication, i)->is_mistaken)
			continue;
		const uint32_t former = medication->prescriptions[later->of].former;
		if (former != MEDICATION_NONE)
			out[count++] = (struct renewal){former, later->group, later->interval.first};
	}
	if (count)
		qsort(out, count, sizeof(*out), by_first);
	for (uint32_t i = 0; i < count; i++)
		if (!kept || by_drug(&out[kept - 1], &out[i]) != 0)
			out[kept++] = out[i];
	return kept;
}

/* A line goes on under the prescription that renews its own, when that has the same drug: from then on the former line holds no more. */
static void renew(struct medication *medication)
{
	struct renewal *renewals = mem_zero((size_t)medication->line_count + 1, sizeof(*renewals));
	const uint32_t count = list_renewals(medication, renewals);
	for (uint32_t i = 0; count && i < medication->line_count; i++) {
		struct medication_line *line = &medication->lines[i];
		const struct renewal key = {line->of, line->group, 0};
		if (!medication_is_root(&line->version, i) || line->of == MEDICATION_NONE)
			continue;
		const struct renewal *found = bsearch(&key, renewals, count, sizeof(*renewals), by_drug);
		if (found)
			end_at(&line->interval, found->first - 1, MEDICATION_RENEWED);
	}
	mem_free(renewals);
}

/* ---- Follow-ups -------------------------------------------------------------------------------------------------- */

static void note_follow_ups(struct medication *medication)
{
	enum { FIRST_ABOUT = 3 };
	for (uint32_t i = 0; i < medication->review_count; i++) {
		const struct medication_review
		        *shown = &medication->reviews[medication->reviews[i].version.shown];
		uint32_t which = shown->about - FIRST_ABOUT;
		if (!medication_is_root(&medication->reviews[i].version, i) || shown->is_mistaken ||
		        which >= MEDICATION_FOLLOW_UPS)
			continue;
		uint32_t root = shorts_first(&medication->prescription_ids, shown->prescription);
		if (root != MEDICATION_NONE)
			medication->prescriptions[medication->prescriptions[root].chain].done[which] = i;
	}
}

void medication_derive_lines(struct medication *medication)
{
	prescriptions_begin(medication);
	note_renewals(medication);
	note_chains(medication);
	list_prescriptions(medication);
	lines_begin(medication);
	list_lines(medication);
	stop(medication);
}

void medication_derive_renewals(struct medication *medication)
{
	renew(medication);
	note_follow_ups(medication);
}
