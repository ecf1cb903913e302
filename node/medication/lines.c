/* Which prescription a line stands on, when both hold, what is due of them. */
#include "node/medication/medication.h"

/* The root whose versions one of these short ids names; NONE. */
static uint32_t prescription_called(const struct medication *medication, struct span id)
{
	for (uint32_t i = 0; i < medication->prescription_count; i++)
		if (medication_names(&medication->prescriptions[i].head, id))
			return medication->prescriptions[i].version.root;
	return MEDICATION_NONE;
}

static uint32_t line_called(const struct medication *medication, struct span id)
{
	for (uint32_t i = 0; i < medication->line_count; i++)
		if (medication_names(&medication->lines[i].head, id))
			return medication->lines[i].version.root;
	return MEDICATION_NONE;
}

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
		root->former = prescription_called(medication, shown->renews);
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
		root->of = prescription_called(medication, shown->prescription);
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

/* The day of the stop is not one of the line's any more. Of several stops the earliest holds. */
static void stop(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->stop_count; i++) {
		const struct medication_stop *shown = &medication->stops[medication->stops[i].version.shown];
		if (!medication_is_root(&medication->stops[i].version, i) || shown->is_mistaken)
			continue;
		if (shown->line.size) {
			uint32_t line = line_called(medication, shown->line);
			if (line != MEDICATION_NONE)
				end_at(&medication->lines[line].interval, shown->on - 1, MEDICATION_STOPPED);
			continue;
		}
		uint32_t whole = prescription_called(medication, shown->prescription);
		if (whole == MEDICATION_NONE)
			continue;
		end_at(&medication->prescriptions[whole].interval, shown->on - 1, MEDICATION_STOPPED);
		for (uint32_t j = 0; j < medication->line_count; j++)
			if (medication_is_root(&medication->lines[j].version, j) &&
			        medication->lines[j].of == whole)
				end_at(&medication->lines[j].interval, shown->on - 1, MEDICATION_STOPPED);
	}
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

/* Back along the renewals; what is hostile is cut short. */
static void note_chains(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->prescription_count; i++) {
		uint32_t at = medication->prescriptions[i].version.root;
		for (uint32_t steps = 0; steps < medication->prescription_count &&
		        medication->prescriptions[at].former != MEDICATION_NONE;
		        steps++)
			at = medication->prescriptions[at].former;
		medication->prescriptions[i].chain = at;
	}
}

/* A line goes on under the prescription that renews its own, when that has the same drug: from then on the former line holds no more. */
static void renew(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *later = &medication->lines[i];
		if (!medication_is_root(&later->version, i) || later->of == MEDICATION_NONE ||
		        medication_line(medication, i)->is_mistaken)
			continue;
		uint32_t former = medication->prescriptions[later->of].former;
		for (uint32_t j = 0; former != MEDICATION_NONE && j < medication->line_count; j++)
			if (j != i && medication_is_root(&medication->lines[j].version, j) &&
			        medication->lines[j].of == former &&
			        medication->lines[j].group == later->group)
				end_at(&medication->lines[j].interval, later->interval.first - 1,
				        MEDICATION_RENEWED);
	}
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
		uint32_t root = prescription_called(medication, shown->prescription);
		if (root != MEDICATION_NONE)
			medication->prescriptions[medication->prescriptions[root].chain].done[which] = i;
	}
}

void medication_derive_lines(struct medication *medication)
{
	prescriptions_begin(medication);
	note_renewals(medication);
	note_chains(medication);
	lines_begin(medication);
	stop(medication);
}

void medication_derive_renewals(struct medication *medication)
{
	renew(medication);
	note_follow_ups(medication);
}
