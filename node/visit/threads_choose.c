#include "node/visit/threads_choose.h"

#include <stdlib.h>

struct candidate {
	const struct transmission *item;
	uint32_t place; /* among all, oldest first */
	uint32_t rank; /* among those of its author that are as urgent */
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static bool is_urgent(const struct candidate *candidate)
{
	return candidate->item->urgency == THREADS_URGENT;
}

/* Of one author: fewest readers, then the newest. */
static int by_need(const struct candidate *x, const struct candidate *y)
{
	const int order = compare_numbers(x->item->readers.size, y->item->readers.size);
	return order ? order : compare_numbers(y->place, x->place);
}

static int by_author(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare_numbers(x->item->author, y->item->author);
	if (!order)
		order = compare_numbers(!is_urgent(x), !is_urgent(y));
	return order ? order : by_need(x, y);
}

static int by_turn(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = compare_numbers(!is_urgent(x), !is_urgent(y));
	if (!order)
		order = compare_numbers(x->rank, y->rank);
	return order ? order : by_need(x, y);
}

static int newest_first(const void *a, const void *b)
{
	return compare_numbers(((const struct candidate *)b)->place, ((const struct candidate *)a)->place);
}

static int by_readers(const struct candidate *x, const struct candidate *y)
{
	const int order = compare_numbers(x->item->author, y->item->author);
	return order ? order : span_cmp(x->item->readers, y->item->readers);
}

/* By readers, then the newest, by the clock of whoever saved it. */
static int by_left(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int order = by_readers(x, y);
	if (!order)
		order = compare_numbers(y->item->saved_ms, x->item->saved_ms);
	return order ? order : compare_numbers(is_urgent(y), is_urgent(x));
}

static void rank(struct candidate *candidates, uint32_t count)
{
	if (count)
		qsort(candidates, count, sizeof(*candidates), by_author);
	for (uint32_t i = 1; i < count; i++) {
		const struct candidate *before = &candidates[i - 1];
		const bool goes_on = before->item->author == candidates[i].item->author &&
		        is_urgent(before) == is_urgent(&candidates[i]);
		candidates[i].rank = goes_on ? before->rank + 1 : 0;
	}
	if (count)
		qsort(candidates, count, sizeof(*candidates), by_turn);
}

/* Those of one author that the same people have read are one. */
static void leave(struct threads *threads, struct candidate *candidates, uint32_t count)
{
	uint64_t *moments = arena_zero(&threads->arena, (size_t)count + 1, sizeof(*moments));
	threads->left = arena_zero(&threads->arena, (size_t)count + 1, sizeof(*threads->left));
	if (count)
		qsort(candidates, count, sizeof(*candidates), by_left);
	for (uint32_t i = 0; i < count; i++) {
		const struct transmission *item = candidates[i].item;
		moments[i] = item->saved_ms * 2 + is_urgent(&candidates[i]);
		if (i == 0 || by_readers(&candidates[i - 1], &candidates[i]) != 0)
			threads->left[threads->left_count++] = (struct threads_left){
			        .author = item->author, .readers = item->readers, .moments = &moments[i]};
		threads->left[threads->left_count - 1].count++;
	}
}

void threads_choose(struct threads *threads, struct transmission *items, uint32_t count)
{
	struct candidate *candidates = mem_zero((size_t)count + 1, sizeof(*candidates));
	const uint32_t kept = count < THREADS_MAX ? count : THREADS_MAX;
	for (uint32_t i = 0; i < count; i++)
		candidates[i] = (struct candidate){&items[i], i, 0};
	rank(candidates, count);
	leave(threads, candidates + kept, count - kept);
	if (kept)
		qsort(candidates, kept, sizeof(*candidates), newest_first);
	threads->items = arena_zero(&threads->arena, (size_t)kept + 1, sizeof(*threads->items));
	for (uint32_t i = 0; i < kept; i++)
		threads->items[threads->count++] = *candidates[i].item;
	mem_free(candidates);
}
