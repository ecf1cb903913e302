#include "crdt/feeds.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"

struct crdt_feeds {
	struct feed_id *ids; /* by number */
	uint16_t *sorted; /* numbers, by id */
	uint32_t count, capacity;
	uint32_t last; /* the number found last: changes come in runs of one feed */
};

_Static_assert(LIMIT_FEEDS <= 4096, "documents keep a feed's number in 12 bits");

struct crdt_feeds *crdt_feeds_new(void)
{
	return mem_zero(1, sizeof(struct crdt_feeds));
}

void crdt_feeds_free(struct crdt_feeds *feeds)
{
	if (!feeds)
		return;
	mem_free(feeds->ids);
	mem_free(feeds->sorted);
	mem_free(feeds);
}

/* Place in `sorted` of the first id that is not before `id`. */
static uint32_t lower_bound(const struct crdt_feeds *feeds, const struct feed_id *id)
{
	uint32_t low = 0, high = feeds->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (feed_id_cmp(&feeds->ids[feeds->sorted[middle]], id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int crdt_feeds_find(struct crdt_feeds *feeds, const struct feed_id *id)
{
	if (feeds->last < feeds->count && feed_id_eq(&feeds->ids[feeds->last], id))
		return (int)feeds->last;
	uint32_t place = lower_bound(feeds, id);
	if (place == feeds->count || !feed_id_eq(&feeds->ids[feeds->sorted[place]], id))
		return ERR_NOTFOUND;
	feeds->last = feeds->sorted[place];
	return (int)feeds->last;
}

int crdt_feeds_add(struct crdt_feeds *feeds, const struct feed_id *id)
{
	int found = crdt_feeds_find(feeds, id);
	if (found >= 0)
		return found;
	if (feeds->count == LIMIT_FEEDS)
		return ERR_FULL;
	if (feeds->count == feeds->capacity) {
		feeds->capacity = feeds->capacity ? 2 * feeds->capacity : 16;
		feeds->ids = mem_resize(feeds->ids, feeds->capacity, sizeof(*feeds->ids));
		feeds->sorted = mem_resize(feeds->sorted, feeds->capacity, sizeof(*feeds->sorted));
	}
	uint32_t place = lower_bound(feeds, id);
	memmove(feeds->sorted + place + 1, feeds->sorted + place,
	        (feeds->count - place) * sizeof(*feeds->sorted));
	feeds->sorted[place] = (uint16_t)feeds->count;
	feeds->ids[feeds->count] = *id;
	feeds->last = feeds->count;
	return (int)feeds->count++;
}

uint32_t crdt_feeds_count(const struct crdt_feeds *feeds)
{
	return feeds->count;
}

const struct feed_id *crdt_feeds_id(const struct crdt_feeds *feeds, uint32_t number)
{
	assert(number < feeds->count);
	return &feeds->ids[number];
}
