#include "crdt/seq_sides.h"

#include <assert.h>
#include <stdlib.h>

/* ---- Deletions -------------------------------------------------------------------------------------------------- */

static int earlier_cmp(const void *left, const void *right, void *context)
{
	const struct seq *seq = context;
	const struct seq_deletion *a = &seq->deletions[*(const uint32_t *)left],
	                          *b = &seq->deletions[*(const uint32_t *)right];
	return seq_by_cmp(seq, a->by, b->by);
}

/* The deletions that are there, the first ones first. Returns how many. */
static uint32_t order_deletions(const struct seq *seq, const uint8_t *has, uint32_t *out)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < seq->deletion_count; i++)
		if (has[seq->deletions[i].by.stamp])
			out[count++] = i;
	if (count)
		qsort_r(out, count, sizeof(*out), earlier_cmp, (void *)(uintptr_t)seq);
	return count;
}

/* The first element from `number` on that nothing deleted yet; `next` leads there, by shorter ways each time. */
static uint32_t next_left(uint32_t *next, uint32_t number)
{
	while (next[number] != number) {
		next[number] = next[next[number]];
		number = next[number];
	}
	return number;
}

/* However often an element was deleted, it is looked at once. */
static void find_deletions(const struct seq *seq, struct seq_side *side)
{
	uint32_t *order = mem_alloc(seq->deletion_count * sizeof(*order)),
	         *next = mem_alloc((seq->element_count + 1) * sizeof(*next));
	uint32_t count = order_deletions(seq, side->has, order);
	memset(side->deletion, 0xff, seq->element_count * sizeof(*side->deletion));
	for (uint32_t i = 0; i <= seq->element_count; i++)
		next[i] = i;
	for (uint32_t i = 0; i < count; i++) {
		const struct seq_deletion *it = &seq->deletions[order[i]];
		uint32_t at = next_left(next, it->first);
		for (; at < it->first + it->count; at = next_left(next, at)) {
			side->deletion[at] = order[i];
			next[at] = at + 1;
		}
	}
	mem_free(order);
	mem_free(next);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

/* A move may be there without what it moves. */
static void read_rows(const struct seq *seq, struct seq_part part, struct seq_side *side)
{
	struct seq_past past = {0};
	seq_past_of(seq, part.holds, part.context, &past);
	memset(side->row_of, 0xff, seq->element_count * sizeof(*side->row_of));
	side->rows = mem_alloc(past.count * sizeof(*side->rows));
	for (uint32_t i = 0; i < past.count; i++) {
		uint32_t place = past.items[i].number, element = seq_shown(seq, place);
		if (past.items[i].is_deleted || !seq_side_has(seq, side, element))
			continue;
		side->row_of[element] = side->count;
		side->rows[side->count++] = (struct seq_shown){.element = element, .place = place};
	}
	seq_past_close(&past);
}

static void find_content(const struct seq *seq, const struct seq_run *run, struct seq_side *side)
{
	struct span rest = span_sub(buf_span(&seq->content), run->byte_at, run->bytes);
	uint32_t byte_at = run->byte_at;
	for (uint32_t i = 0; i < run->length; i++) {
		uint32_t row = side->row_of[run->first + i],
		         bytes = seq_measure_first(seq->kind, rest, 1).bytes;
		if (row != SEQ_NONE) {
			side->rows[row].byte_at = byte_at;
			side->rows[row].bytes = bytes;
		}
		byte_at += bytes;
		rest = span_sub(rest, bytes, rest.size);
	}
}

void seq_side_open(const struct seq *seq, struct seq_part part, struct seq_side *out)
{
	*out = (struct seq_side){.has = mem_zero(seq->stamp_count, 1),
	        .deletion = mem_alloc(seq->element_count * sizeof(*out->deletion)),
	        .row_of = mem_alloc(seq->element_count * sizeof(*out->row_of))};
	for (uint32_t i = 0; i < seq->stamp_count; i++)
		out->has[i] = part.holds(part.context, &seq->stamps[i]);
	find_deletions(seq, out);
	read_rows(seq, part, out);
	for (uint32_t number = 0; number != SEQ_NONE; number = seq->leaves[number].next)
		for (uint32_t i = 0; i < seq->leaves[number].count; i++)
			find_content(seq, &seq->leaves[number].runs[i], out);
}

void seq_side_close(struct seq_side *side)
{
	mem_free(side->has);
	mem_free(side->deletion);
	mem_free(side->row_of);
	mem_free(side->rows);
	*side = (struct seq_side){0};
}

bool seq_side_has(const struct seq *seq, const struct seq_side *side, uint32_t number)
{
	return side->has[seq->insertions[seq_insertion_of(seq, number)].by.stamp];
}

struct span seq_shown_content(const struct seq *seq, const struct seq_shown *row)
{
	return span_sub(buf_span(&seq->content), row->byte_at, row->bytes);
}

/* ---- Both ------------------------------------------------------------------------------------------------------- */

/* Shows the element of this row at the same place on the other side? Those that do are in the same order on both. */
static bool is_fixed(const struct seq_side *from, const struct seq_side *to, uint32_t row)
{
	uint32_t other = to->row_of[from->rows[row].element];
	return other != SEQ_NONE && to->rows[other].place == from->rows[row].place;
}

uint8_t *seq_sides_kept(const struct seq_side *from, const struct seq_side *to)
{
	uint8_t *kept = mem_zero(from->count, 1);
	uint32_t *bound = mem_alloc(from->count * sizeof(*bound)); /* the row in `to` of the next fixed one */
	uint32_t next = to->count;
	for (uint32_t i = from->count; i > 0; i--) {
		bound[i - 1] = next;
		kept[i - 1] = is_fixed(from, to, i - 1);
		if (kept[i - 1])
			next = to->row_of[from->rows[i - 1].element];
	}
	uint32_t least = 0; /* behind the last one that stays */
	for (uint32_t i = 0; i < from->count; i++) {
		uint32_t other = to->row_of[from->rows[i].element];
		kept[i] |= other != SEQ_NONE && other >= least && other < bound[i];
		if (kept[i])
			least = other + 1;
	}
	mem_free(bound);
	return kept;
}
