#include "store/waiting.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

struct waiting {
	struct waiting_run *first; /* in order of arrival; so runs of one feed are in order */
	uint32_t count;
	size_t bytes;
};

struct waiting *waiting_new(void)
{
	return mem_zero(1, sizeof(struct waiting));
}

struct waiting_run *waiting_run_new(uint32_t feed, struct span bytes)
{
	struct waiting_run *item = mem_zero(1, sizeof(*item));
	item->feed = feed;
	buf_add_span(&item->bytes, bytes);
	return item;
}

void waiting_run_free(struct waiting_run *item)
{
	if (!item)
		return;
	buf_close(&item->bytes);
	arena_close(&item->arena);
	mem_free(item);
}

void waiting_free(struct waiting *waiting)
{
	if (!waiting)
		return;
	while (waiting->first) {
		struct waiting_run *item = waiting->first;
		waiting->first = item->next;
		waiting_run_free(item);
	}
	mem_free(waiting);
}

static const struct waiting_run *last_of(const struct waiting *waiting, uint32_t feed)
{
	const struct waiting_run *last = NULL;
	for (const struct waiting_run *item = waiting->first; item; item = item->next)
		if (item->feed == feed)
			last = item;
	return last;
}

static uint64_t end_seq(const struct run *run)
{
	return run_first_seq(run) + run->count - 1;
}

uint64_t waiting_received(const struct waiting *waiting, const struct waiting_world *world, uint32_t feed)
{
	const struct waiting_run *last = last_of(waiting, feed);
	return last ? end_seq(&last->run) : world->head(world->context, feed);
}

const struct entry_hash *waiting_last_hash(const struct waiting *waiting, uint32_t feed)
{
	const struct waiting_run *last = last_of(waiting, feed);
	return last ? &run_last(&last->run)->hash : NULL;
}

static size_t footprint(const struct waiting_run *item)
{
	return item->bytes.capacity + item->arena.total_bytes + sizeof(*item);
}

void waiting_drop_feed(struct waiting *waiting, uint32_t feed)
{
	struct waiting_run **at = &waiting->first;
	while (*at) {
		struct waiting_run *item = *at;
		if (item->feed != feed) {
			at = &item->next;
			continue;
		}
		*at = item->next;
		waiting->count--;
		waiting->bytes -= footprint(item);
		waiting_run_free(item);
	}
}

/* The feed that takes most room; its runs are asked for again. Nobody fills the room for good: what waits for ever gives way. */
static uint32_t largest_feed(const struct waiting *waiting)
{
	size_t most = 0;
	uint32_t largest = 0;
	for (const struct waiting_run *item = waiting->first; item; item = item->next) {
		size_t bytes = 0;
		for (const struct waiting_run *other = waiting->first; other; other = other->next)
			bytes += other->feed == item->feed ? footprint(other) : 0;
		if (bytes > most) {
			most = bytes;
			largest = item->feed;
		}
	}
	return largest;
}

static bool has_room(const struct waiting *waiting, const struct waiting_run *item)
{
	return waiting->count < LIMIT_WAITING_RUNS && waiting->bytes + footprint(item) <= LIMIT_WAITING_BYTES;
}

int waiting_add(struct waiting *waiting, const struct waiting_world *world, struct waiting_run *item)
{
	while (!has_room(waiting, item) && waiting->first)
		waiting_drop_feed(waiting, largest_feed(waiting));
	if (run_first_seq(&item->run) != waiting_received(waiting, world, item->feed) + 1) {
		waiting_run_free(item);
		return ERR_GAP;
	}
	struct waiting_run **end = &waiting->first;
	while (*end)
		end = &(*end)->next;
	*end = item;
	item->next = NULL;
	waiting->count++;
	waiting->bytes += footprint(item);
	return 0;
}

/* ---- The largest closed set ------------------------------------------------------------------------------------- */

/* Everything that is not doomed counts as if it were committed; whoever misses something is doomed; until nothing changes. */
struct closing {
	const struct waiting *waiting;
	const struct waiting_world *world;
	uint64_t *have; /* by feed number: the sequence that this pass counts on */
	uint32_t feed_count;
};

static bool reaches_end(const struct closing *closing, const struct waiting_run *item)
{
	for (uint32_t i = 0; closing->world->is_end && i < item->run.count; i++)
		if (closing->world->is_end(closing->world->context, item->feed,
		            item->run.entries[i].header.seq, &item->run.entries[i].hash))
			return true;
	return false;
}

static void count_on(struct closing *closing)
{
	for (uint32_t feed = 0; feed < closing->feed_count; feed++)
		closing->have[feed] = closing->world->head(closing->world->context, feed);
	for (const struct waiting_run *item = closing->waiting->first; item; item = item->next)
		if (!item->doomed && run_first_seq(&item->run) == closing->have[item->feed] + 1)
			closing->have[item->feed] = end_seq(&item->run);
	for (const struct waiting_run *item = closing->waiting->first; item; item = item->next)
		if (!item->doomed && end_seq(&item->run) <= closing->have[item->feed] &&
		        reaches_end(closing, item))
			closing->have[item->feed] = UINT64_MAX;
}

static uint64_t would_have(const struct closing *closing, uint32_t feed)
{
	return feed < closing->feed_count ? closing->have[feed]
	                                  : closing->world->head(closing->world->context, feed);
}

static bool would_know(const struct closing *closing, const struct entry_hash *membership)
{
	if (closing->world->knows_membership(closing->world->context, membership))
		return true;
	for (const struct waiting_run *item = closing->waiting->first; item; item = item->next) {
		if (item->doomed || item->run.compartment != COMPARTMENT_MEMBERSHIP)
			continue;
		for (uint32_t i = 0; i < item->run.count; i++)
			if (entry_hash_eq(&item->run.entries[i].hash, membership))
				return true;
	}
	return false;
}

static bool entry_closed(const struct closing *closing, const struct entry_header *header)
{
	if (!entry_hash_is_zero(&header->membership) && !would_know(closing, &header->membership))
		return false;
	for (uint32_t i = 0; i < header->dep_count; i++) {
		uint32_t feed;
		if (!closing->world->feed_number(closing->world->context, &header->deps[i].feed, &feed))
			return false;
		if (would_have(closing, feed) < header->deps[i].seq)
			return false;
	}
	return true;
}

static bool run_closed(const struct closing *closing, const struct waiting_run *item)
{
	if (would_have(closing, item->feed) < end_seq(&item->run))
		return false; /* one before it in its feed is doomed */
	const struct entry_hash *same = NULL;
	for (uint32_t i = 0; i < item->run.count; i++) {
		const struct entry_header *header = &item->run.entries[i].header;
		if (same && header->dep_count == 0 && entry_hash_eq(same, &header->membership))
			continue;
		if (!entry_closed(closing, header))
			return false;
		same = &header->membership;
	}
	return true;
}

/* One more pass. Whatever comes later in the list, as it does when it arrived after what it needs, is seen through in the same pass. */
static bool doom(struct closing *closing)
{
	bool changed = false;
	count_on(closing);
	for (struct waiting_run *item = closing->waiting->first; item; item = item->next) {
		if (item->doomed || run_closed(closing, item))
			continue;
		item->doomed = changed = true;
		if (closing->have[item->feed] >= run_first_seq(&item->run))
			closing->have[item->feed] = run_first_seq(&item->run) - 1;
	}
	return changed;
}

/* Marks what cannot be taken. False: that takes too many passes. */
static bool mark_doomed(const struct waiting *waiting, const struct waiting_world *world)
{
	struct closing closing = {.waiting = waiting, .world = world};
	uint32_t passes = 0;
	for (struct waiting_run *item = waiting->first; item; item = item->next) {
		item->doomed = false;
		if (item->feed >= closing.feed_count)
			closing.feed_count = item->feed + 1;
	}
	closing.have = mem_zero(closing.feed_count, sizeof(*closing.have));
	while (passes <= LIMIT_WAITING_PASSES && doom(&closing))
		passes++;
	mem_free(closing.have);
	return passes <= LIMIT_WAITING_PASSES;
}

struct waiting_run *waiting_take(struct waiting *waiting, const struct waiting_world *world)
{
	/* A chain of runs that each need a later one, which nobody honest sends: it is asked for again. */
	while (!mark_doomed(waiting, world))
		waiting_drop_feed(waiting, largest_feed(waiting));
	struct waiting_run *taken = NULL, **end = &taken, **at = &waiting->first;
	while (*at) {
		struct waiting_run *item = *at;
		if (item->doomed) {
			at = &item->next;
			continue;
		}
		*at = item->next;
		waiting->count--;
		waiting->bytes -= footprint(item);
		item->next = NULL;
		*end = item;
		end = &item->next;
	}
	return taken;
}

uint32_t waiting_count(const struct waiting *waiting)
{
	return waiting->count;
}
