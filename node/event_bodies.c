#include "node/event_bodies.h"

#include <stdlib.h>

#include "crdt/base/mem.h"

void event_bodies_want(struct event_bodies *bodies, uint32_t feed, uint64_t seq)
{
	bodies->items = mem_room(bodies->items, bodies->count, &bodies->room, sizeof(*bodies->items));
	bodies->items[bodies->count++] = (struct event_body){.feed = feed, .seq = seq};
}

static int place_cmp(const void *a, const void *b)
{
	const struct event_body *x = a, *y = b;
	if (x->feed != y->feed)
		return x->feed < y->feed ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

void event_bodies_sort(struct event_bodies *bodies)
{
	uint32_t kept = 0;
	if (bodies->count)
		qsort(bodies->items, bodies->count, sizeof(*bodies->items), place_cmp);
	for (uint32_t i = 0; i < bodies->count; i++)
		if (kept == 0 || place_cmp(&bodies->items[kept - 1], &bodies->items[i]) != 0)
			bodies->items[kept++] = bodies->items[i];
	bodies->count = kept;
	bodies->next = 0;
}

struct event_body *event_bodies_next(struct event_bodies *bodies)
{
	return bodies->next < bodies->count ? &bodies->items[bodies->next++] : NULL;
}

void event_bodies_put(
        struct event_bodies *bodies, struct event_body *body, const struct crdt_meta *meta, struct span raw)
{
	body->meta = *meta;
	body->meta.deps = arena_copy(&bodies->arena, meta->deps, meta->dep_count * sizeof(*meta->deps));
	body->raw = arena_span(&bodies->arena, raw);
}

const struct event_body *event_bodies_find(const struct event_bodies *bodies, uint32_t feed, uint64_t seq)
{
	const struct event_body key = {.feed = feed, .seq = seq};
	const struct event_body *found = bodies->count
	        ? bsearch(&key, bodies->items, bodies->count, sizeof(*bodies->items), place_cmp)
	        : NULL;
	return found && found->raw.size ? found : NULL;
}

void event_bodies_forget(struct event_bodies *bodies)
{
	for (uint32_t i = 0; i < bodies->count; i++)
		mem_wipe((void *)(uintptr_t)bodies->items[i].raw.data, bodies->items[i].raw.size);
	arena_close(&bodies->arena);
	mem_free(bodies->items);
	*bodies = (struct event_bodies){0};
}
