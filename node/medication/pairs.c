/* Lines of one drug, and lines that hold on the same days and may be of one. */
#include "node/medication/medication.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"

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
			for (uint32_t k = compared_from(medication); k <= i; k++)
				if (medication->lines[k].group == high)
					medication->lines[k].group = low;
		}
	}
}

/* ---- Which reviews name which lines ------------------------------------------------------------------------------ */

enum { ABOUT_LINES = 2, WORD_BITS = 64 };

/* A row of bits, one for each review, for every line that is compared: those that name it, and those that name a line of its drug, so that renewed lines need not be
 * looked into again. However many reviews somebody writes, a pair is two rows. */
struct named {
	struct shorts ids; /* of those that are compared */
	uint32_t from, words;
	uint64_t *lines, *drugs;
};

static void list_versions(const struct medication *medication, struct named *out)
{
	for (uint32_t i = 0; i < medication->line_count; i++)
		if (medication->lines[i].version.root >= out->from)
			shorts_add(
			        &out->ids, &medication->lines[i].head.id, medication->lines[i].version.root);
	shorts_sort(&out->ids);
}

static void mark(const struct medication *medication, struct named *named, uint32_t root, uint32_t review)
{
	const uint64_t bit = UINT64_C(1) << review % WORD_BITS;
	const uint32_t group = medication->lines[root].group, word = review / WORD_BITS;
	named->lines[(size_t)(root - named->from) * named->words + word] |= bit;
	named->drugs[(size_t)(group - named->from) * named->words + word] |= bit;
}

static bool is_repeated(struct span shorts, size_t at)
{
	for (size_t before = 0; before < at; before += SCHEMA_SHORT_BYTES)
		if (memcmp(shorts.data + before, shorts.data + at, SCHEMA_SHORT_BYTES) == 0)
			return true;
	return false;
}

static void mark_all(const struct medication *medication, struct named *named, uint32_t review,
        const struct medication_review *shown)
{
	const struct span shorts = shown->lines;
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= shorts.size; at += SCHEMA_SHORT_BYTES) {
		if (is_repeated(shorts, at))
			continue;
		uint32_t end, i = shorts_range(&named->ids, span_sub(shorts, at, SCHEMA_SHORT_BYTES), &end);
		for (; i < end; i++)
			mark(medication, named, named->ids.items[i].thing, review);
	}
}

static struct named who_names(const struct medication *medication)
{
	struct named named = {
	        .from = compared_from(medication), .words = medication->review_count / WORD_BITS + 1};
	const size_t rows = medication->line_count - named.from;
	named.lines = mem_zero(rows * named.words + 1, sizeof(*named.lines));
	named.drugs = mem_zero(rows * named.words + 1, sizeof(*named.drugs));
	list_versions(medication, &named);
	for (uint32_t i = 0; i < medication->review_count; i++) {
		const struct medication_review
		        *shown = &medication->reviews[medication->reviews[i].version.shown];
		if (medication_is_root(&medication->reviews[i].version, i) && !shown->is_mistaken &&
		        shown->about == ABOUT_LINES)
			mark_all(medication, &named, i, shown);
	}
	return named;
}

static void close_named(struct named *named)
{
	shorts_close(&named->ids);
	mem_free(named->lines);
	mem_free(named->drugs);
}

/* The first review that names both. */
static uint32_t settled_by(
        const struct medication *medication, const struct named *named, const struct medication_pair *pair)
{
	const uint64_t *rows = pair->is_same ? named->lines : named->drugs;
	const uint32_t a = pair->is_same ? pair->a : medication->lines[pair->a].group,
	               b = pair->is_same ? pair->b : medication->lines[pair->b].group;
	const uint64_t *left = rows + (size_t)(a - named->from) * named->words,
	               *right = rows + (size_t)(b - named->from) * named->words;
	for (uint32_t word = 0; word < named->words; word++)
		if (left[word] & right[word])
			return word * WORD_BITS + (uint32_t)__builtin_ctzll(left[word] & right[word]);
	return MEDICATION_NONE;
}

/* ---- Pairs ------------------------------------------------------------------------------------------------------- */

static void compare(struct medication *medication, const struct named *named, uint32_t a, uint32_t b)
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
	pair.settled = settled_by(medication, named, &pair);
	medication->pairs = mem_room(medication->pairs, medication->pair_count, &medication->pair_room,
	        sizeof(*medication->pairs));
	medication->pairs[medication->pair_count++] = pair;
}

void medication_derive_pairs(struct medication *medication)
{
	struct named named = who_names(medication);
	for (uint32_t i = compared_from(medication); i < medication->line_count; i++)
		for (uint32_t j = compared_from(medication); j < i; j++)
			if (is_live(medication, i) && is_live(medication, j))
				compare(medication, &named, j, i);
	close_named(&named);
}
