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

int doc_event_cmp(const struct crdt_feeds *feeds, const struct doc_event *a, const struct doc_event *b)
{
	if (a->hlc != b->hlc)
		return a->hlc < b->hlc ? -1 : 1;
	struct doc_op op_a = doc_event_op(a), op_b = doc_event_op(b);
	return doc_op_cmp(feeds, &op_a, &op_b);
}

void doc_event_add(struct crdt_doc *doc, const struct doc_event *event)
{
	doc->events = doc_room(doc->events, doc->event_count, &doc->event_capacity, sizeof(*doc->events));
	uint32_t low = 0, high = doc->event_count;
	if (high && doc_event_cmp(doc->feeds, &doc->events[high - 1], event) < 0)
		low = high; /* nearly always: events arrive about in the order of time */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (doc_event_cmp(doc->feeds, &doc->events[middle], event) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(doc->events + low + 1, doc->events + low, (doc->event_count - low) * sizeof(*doc->events));
	doc->events[low] = *event;
	doc->event_count++;
}

/* First correction that is not before `event`. */
static uint32_t correction_bound(const struct crdt_doc *doc, const struct doc_op *event)
{
	uint32_t low = 0, high = doc->correction_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (doc_op_cmp(doc->feeds, &doc->corrections[middle].event, event) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void doc_correction_add(struct crdt_doc *doc, const struct doc_correction *correction)
{
	doc->corrections = doc_room(doc->corrections, doc->correction_count, &doc->correction_capacity,
	        sizeof(*doc->corrections));
	uint32_t place = correction_bound(doc, &correction->event);
	memmove(doc->corrections + place + 1, doc->corrections + place,
	        (doc->correction_count - place) * sizeof(*doc->corrections));
	doc->corrections[place] = *correction;
	doc->correction_count++;
}

const struct doc_correction *doc_correction_of(const struct crdt_doc *doc, const struct doc_op *event)
{
	uint32_t place = correction_bound(doc, event);
	if (place == doc->correction_count ||
	        doc_op_cmp(doc->feeds, &doc->corrections[place].event, event) != 0)
		return NULL;
	return &doc->corrections[place];
}

void doc_unknown_add(struct crdt_doc *doc, const struct doc_unknown *unknown)
{
	doc->unknown = doc_room(
	        doc->unknown, doc->unknown_count, &doc->unknown_capacity, sizeof(*doc->unknown));
	uint32_t place = doc->unknown_count;
	while (place > 0 && doc_op_cmp(doc->feeds, &doc->unknown[place - 1].op, &unknown->op) > 0)
		place--;
	memmove(doc->unknown + place + 1, doc->unknown + place,
	        (doc->unknown_count - place) * sizeof(*doc->unknown));
	doc->unknown[place] = *unknown;
	doc->unknown_count++;
}
