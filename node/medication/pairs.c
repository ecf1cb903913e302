/* Lines of one drug, and lines that hold on the same days and may be of one. */
#include "node/medication/medication.h"

static bool is_live(const struct medication *medication, uint32_t line)
{
	return medication_is_root(&medication->lines[line].version, line) &&
	        !medication_line(medication, line)->is_mistaken;
}

static bool same_drug(const struct medication_line *a, const struct medication_line *b)
{
	return drug_same(&a->name, a->cip13, &b->name, b->cip13);
}

/* Where the lines to be compared begin: the newest are at the end. */
static uint32_t compared_from(const struct medication *medication)
{
	return medication->line_count > MEDICATION_PAIRS_LINES
	        ? medication->line_count - MEDICATION_PAIRS_LINES
	        : 0;
}

/* The number of a group is its first line; who joins two groups gives all the lower number. */
void medication_derive_groups(struct medication *medication)
{
	for (uint32_t i = 0; i < medication->line_count; i++)
		medication->lines[i].group = i;
	for (uint32_t i = compared_from(medication); i < medication->line_count; i++) {
		if (!medication_is_root(&medication->lines[i].version, i))
			continue;
		for (uint32_t j = compared_from(medication); j < i; j++) {
			uint32_t mine = medication->lines[i].group, other = medication->lines[j].group;
			if (!medication_is_root(&medication->lines[j].version, j) || mine == other ||
			        !same_drug(medication_line(medication, i), medication_line(medication, j)))
				continue;
			uint32_t low = mine < other ? mine : other, high = mine < other ? other : mine;
			for (uint32_t k = 0; k <= i; k++)
				if (medication->lines[k].group == high)
					medication->lines[k].group = low;
		}
	}
}

/* Does a review's list name a line of this drug? Renewed lines need not be looked into again. */
static bool names_drug(
        const struct medication *medication, const struct medication_review *review, uint32_t line)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		uint32_t root = medication->lines[i].version.root;
		if (medication->lines[root].group == medication->lines[line].group &&
		        medication_names(&medication->lines[i].head, review->lines))
			return true;
	}
	return false;
}

static bool names_line(
        const struct medication *medication, const struct medication_review *review, uint32_t line)
{
	for (uint32_t i = 0; i < medication->line_count; i++)
		if (medication->lines[i].version.root == line &&
		        medication_names(&medication->lines[i].head, review->lines))
			return true;
	return false;
}

static uint32_t settled_by(const struct medication *medication, const struct medication_pair *pair)
{
	enum { ABOUT_LINES = 2 };
	for (uint32_t i = 0; i < medication->review_count; i++) {
		const struct medication_review
		        *shown = &medication->reviews[medication->reviews[i].version.shown];
		if (!medication_is_root(&medication->reviews[i].version, i) || shown->is_mistaken ||
		        shown->about != ABOUT_LINES)
			continue;
		bool names_both = pair->is_same
		        ? names_line(medication, shown, pair->a) && names_line(medication, shown, pair->b)
		        : names_drug(medication, shown, pair->a) && names_drug(medication, shown, pair->b);
		if (names_both)
			return i;
	}
	return MEDICATION_NONE;
}

static void compare(struct medication *medication, uint32_t a, uint32_t b)
{
	const struct medication_interval *x = &medication->lines[a].interval,
	                                 *y = &medication->lines[b].interval;
	const struct medication_line *shown_a = medication_line(medication, a),
	                             *shown_b = medication_line(medication, b);
	struct medication_pair pair = {.a = a, .b = b, .settled = MEDICATION_NONE};
	pair.first = x->first > y->first ? x->first : y->first;
	pair.last = x->last < y->last ? x->last : y->last;
	pair.is_same = medication->lines[a].group == medication->lines[b].group;
	if (pair.last < pair.first || !(pair.is_same || drug_alike(&shown_a->name, &shown_b->name)))
		return;
	pair.settled = settled_by(medication, &pair);
	medication->pairs = mem_room(medication->pairs, medication->pair_count, &medication->pair_room,
	        sizeof(*medication->pairs));
	medication->pairs[medication->pair_count++] = pair;
}

void medication_derive_pairs(struct medication *medication)
{
	for (uint32_t i = compared_from(medication); i < medication->line_count; i++)
		for (uint32_t j = compared_from(medication); j < i; j++)
			if (is_live(medication, i) && is_live(medication, j))
				compare(medication, j, i);
}
