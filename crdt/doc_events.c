#include <assert.h>

#include "crdt/doc_state.h"

uint32_t doc_event_place(const struct doc_op *op, uint32_t kind)
{
	assert(op->feed < 4096 && op->index < 4096 && kind < 256);
	return op->feed << 20 | op->index << 8 | kind;
}

struct doc_op doc_event_op(const struct doc_event *event)
{
	return (struct doc_op){event->place >> 20, event->seq, event->place >> 8 & 0xfff};
}

uint32_t doc_event_kind(const struct doc_event *event)
{
	return event->place & 0xff;
}

/* Orders two rows of one vector, in the order that all replicas share. */
typedef int row_cmp(const struct crdt_feeds *feeds, const void *a, const void *b);

static int event_cmp(const struct crdt_feeds *feeds, const void *left, const void *right)
{
	const struct doc_event *a = left, *b = right;
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc ? -1 : 1;
	struct doc_op op_a = doc_event_op(a), op_b = doc_event_op(b);
	return doc_op_cmp(feeds, &op_a, &op_b);
}

static int correction_cmp(const struct crdt_feeds *feeds, const void *left, const void *right)
{
	const struct doc_correction *a = left, *b = right;
	return doc_op_cmp(feeds, &a->event, &b->event);
}

static int unknown_cmp(const struct crdt_feeds *feeds, const void *left, const void *right)
{
	const struct doc_unknown *a = left, *b = right;
	return doc_op_cmp(feeds, &a->op, &b->op);
}

/* The first of `count` rows that is not before `row`. The end is tried first: nearly all comes in the order of time. */
static uint32_t lower_bound(const struct crdt_feeds *feeds, const void *rows, uint32_t count,
        size_t row_bytes, const void *row, row_cmp *cmp)
{
	const uint8_t *base = rows;
	uint32_t low = 0, high = count;
	if (count && cmp(feeds, base + (count - 1) * row_bytes, row) < 0)
		return count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (cmp(feeds, base + middle * row_bytes, row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void doc_event_add(struct crdt_doc *doc, const struct doc_event *event)
{
	uint32_t place = lower_bound(
	        doc->feeds, doc->events, doc->event_count, sizeof(*event), event, event_cmp);
	doc->events = mem_gap(doc->events, doc->event_count, &doc->event_capacity, sizeof(*event), place);
	doc->events[place] = *event;
	doc->event_count++;
}

bool doc_has_event(const struct crdt_doc *doc, const struct doc_op *op)
{
	const uint32_t place = doc_event_place(op, 0);
	for (uint32_t i = doc->event_count; i > 0; i--) { /* what is corrected is mostly recent */
		const struct doc_event *event = &doc->events[i - 1];
		if (event->seq == op->seq && (event->place & ~0xffu) == place)
			return true;
	}
	return false;
}

static int op_cmp(const struct crdt_feeds *feeds, const void *left, const void *right)
{
	return doc_op_cmp(feeds, left, right);
}

static uint32_t corrected_bound(const struct crdt_doc *doc, const struct doc_op *event)
{
	return lower_bound(doc->feeds, doc->corrected, doc->corrected_count, sizeof(*event), event, op_cmp);
}

static uint32_t correction_bound(const struct crdt_doc *doc, const struct doc_op *event)
{
	struct doc_correction wanted = {.event = *event};
	return lower_bound(
	        doc->feeds, doc->corrections, doc->correction_count, sizeof(wanted), &wanted, correction_cmp);
}

void doc_correction_add(struct crdt_doc *doc, const struct doc_correction *correction)
{
	uint32_t place = correction_bound(doc, &correction->event);
	doc->corrections = mem_gap(doc->corrections, doc->correction_count, &doc->correction_capacity,
	        sizeof(*correction), place);
	doc->corrections[place] = *correction;
	doc->correction_count++;
	place = corrected_bound(doc, &correction->corrected);
	doc->corrected = mem_gap(doc->corrected, doc->corrected_count, &doc->corrected_capacity,
	        sizeof(*doc->corrected), place);
	doc->corrected[place] = correction->corrected;
	doc->corrected_count++;
}

bool doc_is_corrected(const struct crdt_doc *doc, const struct doc_op *event)
{
	uint32_t place = corrected_bound(doc, event);
	return place < doc->corrected_count && doc_op_cmp(doc->feeds, &doc->corrected[place], event) == 0;
}

const struct doc_correction *doc_correction_of(const struct crdt_doc *doc, const struct doc_op *event)
{
	uint32_t place = correction_bound(doc, event);
	bool is_there = place < doc->correction_count &&
	        doc_op_cmp(doc->feeds, &doc->corrections[place].event, event) == 0;
	return is_there ? &doc->corrections[place] : NULL;
}

void doc_unknown_add(struct crdt_doc *doc, const struct doc_unknown *unknown)
{
	uint32_t place = lower_bound(
	        doc->feeds, doc->unknown, doc->unknown_count, sizeof(*unknown), unknown, unknown_cmp);
	doc->unknown = mem_gap(
	        doc->unknown, doc->unknown_count, &doc->unknown_capacity, sizeof(*unknown), place);
	doc->unknown[place] = *unknown;
	doc->unknown_count++;
}
