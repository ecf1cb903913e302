#include "tests/lib/sim_time.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/mem.h"

void sim_time_init(struct sim_time *time, uint64_t seed)
{
	*time = (struct sim_time){.rng = rng_new(seed)};
}

void sim_time_close(struct sim_time *time)
{
	mem_free(time->heap);
	time->heap = NULL;
	time->count = time->capacity = 0;
}

/* --- A binary heap of pointers; each event knows its place ------------------------------------------------------- */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	if (a->tie != b->tie)
		return a->tie < b->tie;
	return a->number < b->number;
}

static void put(struct sim_time *time, uint32_t place, struct sim_event *event)
{
	time->heap[place - 1] = event;
	event->place = place;
}

static void rise(struct sim_time *time, struct sim_event *event)
{
	uint32_t place = event->place;
	while (place > 1 && before(event, time->heap[place / 2 - 1])) {
		put(time, place, time->heap[place / 2 - 1]);
		place /= 2;
	}
	put(time, place, event);
}

static void sink(struct sim_time *time, struct sim_event *event)
{
	uint32_t place = event->place;
	for (uint32_t child; (child = 2 * place) <= time->count; place = child) {
		if (child < time->count && before(time->heap[child], time->heap[child - 1]))
			child++;
		if (!before(time->heap[child - 1], event))
			break;
		put(time, place, time->heap[child - 1]);
	}
	put(time, place, event);
}

void sim_time_cancel(struct sim_time *time, struct sim_event *event)
{
	uint32_t place = event->place;
	if (place == 0)
		return;
	struct sim_event *last = time->heap[--time->count];
	event->place = 0;
	if (last == event)
		return;
	put(time, place, last);
	rise(time, last);
	sink(time, last);
}

void sim_time_after(struct sim_time *time, struct sim_event *event, uint64_t delay_ms,
        void (*run)(void *context), void *context)
{
	sim_time_cancel(time, event);
	*event = (struct sim_event){.at_ms = time->now_ms + delay_ms,
	        .tie = rng_u64(&time->rng),
	        .number = time->next_number++,
	        .run = run,
	        .context = context};
	if (time->count == time->capacity) {
		time->capacity = time->capacity ? 2 * time->capacity : 64;
		time->heap = mem_resize(time->heap, time->capacity, sizeof(*time->heap));
	}
	put(time, ++time->count, event);
	rise(time, event);
}

bool sim_time_step(struct sim_time *time, uint64_t until_ms)
{
	if (time->count == 0 || time->heap[0]->at_ms > until_ms) {
		time->now_ms = until_ms;
		return false;
	}
	struct sim_event *event = time->heap[0];
	assert(event->at_ms >= time->now_ms);
	sim_time_cancel(time, event);
	time->now_ms = event->at_ms;
	time->event_count++;
	sim_time_note(time, &event->at_ms, sizeof(event->at_ms));
	event->run(event->context);
	return true;
}

void sim_time_note(struct sim_time *time, const void *bytes, size_t size)
{
	uint8_t key[crypto_shorthash_KEYBYTES] = {0};
	memcpy(key, &time->digest, sizeof(time->digest));
	crypto_shorthash((unsigned char *)&time->digest, bytes, size, key);
}
