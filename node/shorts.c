#include "node/shorts.h"

#include <stdlib.h>

#include "crdt/base/mem.h"

void shorts_add(struct shorts *shorts, const struct record_id *id, uint32_t thing)
{
	shorts->items = mem_room(shorts->items, shorts->count, &shorts->room, sizeof(*shorts->items));
	struct shorts_entry *entry = &shorts->items[shorts->count++];
	memcpy(entry->begins, id->bytes, sizeof(entry->begins));
	entry->thing = thing;
}

static int by_beginning(const void *a, const void *b)
{
	const struct shorts_entry *x = a, *y = b;
	const int order = memcmp(x->begins, y->begins, sizeof(x->begins));
	return order ? order : (x->thing > y->thing) - (x->thing < y->thing);
}

void shorts_sort(struct shorts *shorts)
{
	uint32_t kept = 0;
	if (shorts->count)
		qsort(shorts->items, shorts->count, sizeof(*shorts->items), by_beginning);
	for (uint32_t i = 0; i < shorts->count; i++)
		if (!kept || by_beginning(&shorts->items[kept - 1], &shorts->items[i]) != 0)
			shorts->items[kept++] = shorts->items[i];
	shorts->count = kept;
}

void shorts_close(struct shorts *shorts)
{
	mem_free(shorts->items);
	*shorts = (struct shorts){0};
}

/* How many begin lower, or, with `is_past`, not higher. */
static uint32_t below(const struct shorts *shorts, struct span begins, bool is_past)
{
	uint32_t low = 0, high = shorts->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = memcmp(shorts->items[middle].begins, begins.data, SCHEMA_SHORT_BYTES);
		if (order < 0 || (is_past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t shorts_range(const struct shorts *shorts, struct span begins, uint32_t *end)
{
	const bool is_one = begins.size == SCHEMA_SHORT_BYTES;
	*end = is_one ? below(shorts, begins, true) : 0;
	return is_one ? below(shorts, begins, false) : 0;
}

uint32_t shorts_first(const struct shorts *shorts, struct span begins)
{
	uint32_t end;
	const uint32_t at = shorts_range(shorts, begins, &end);
	return at < end ? shorts->items[at].thing : SHORTS_NONE;
}

uint32_t shorts_last(const struct shorts *shorts, struct span begins)
{
	uint32_t end;
	const uint32_t at = shorts_range(shorts, begins, &end);
	return at < end ? shorts->items[end - 1].thing : SHORTS_NONE;
}

struct valued {
	struct span value;
	uint32_t place;
};

static int by_value(const void *a, const void *b)
{
	const struct valued *x = a, *y = b;
	const int order = span_cmp(x->value, y->value);
	return order ? order : (x->place > y->place) - (x->place < y->place);
}

bool *shorts_repeated(const struct crdt_values *values, uint32_t *different)
{
	struct valued *sorted = mem_zero((size_t)values->count + 1, sizeof(*sorted));
	bool *is_again = mem_zero((size_t)values->count + 1, sizeof(*is_again));
	uint32_t again = 0;
	for (uint32_t i = 0; i < values->count; i++)
		sorted[i] = (struct valued){values->items[i].value, i};
	if (values->count)
		qsort(sorted, values->count, sizeof(*sorted), by_value);
	for (uint32_t i = 1; i < values->count; i++)
		if (span_eq(sorted[i - 1].value, sorted[i].value)) {
			is_again[sorted[i].place] = true;
			again++;
		}
	if (different)
		*different = values->count - again;
	mem_free(sorted);
	return is_again;
}

void grouped_make(struct grouped *grouped, uint32_t owner_count, const uint32_t *owners, uint32_t count)
{
	grouped->starts = mem_zero((size_t)owner_count + 2, sizeof(*grouped->starts));
	grouped->members = mem_zero((size_t)count + 1, sizeof(*grouped->members));
	/* Counted two places on, so that what is filled ends where the next one starts. */
	for (uint32_t i = 0; i < count; i++)
		if (owners[i] != SHORTS_NONE)
			grouped->starts[owners[i] + 2]++;
	for (uint32_t i = 2; i <= owner_count + 1; i++)
		grouped->starts[i] += grouped->starts[i - 1];
	for (uint32_t i = 0; i < count; i++)
		if (owners[i] != SHORTS_NONE)
			grouped->members[grouped->starts[owners[i] + 1]++] = i;
}

void grouped_close(struct grouped *grouped)
{
	mem_free(grouped->starts);
	mem_free(grouped->members);
	*grouped = (struct grouped){0};
}
