#include "crdt/frontier.h"

void crdt_frontier_close(struct crdt_frontier *frontier)
{
	mem_free(frontier->items);
	*frontier = (struct crdt_frontier){0};
}

/* First row whose feed is not before `feed`. */
static uint32_t bound(const struct crdt_frontier *frontier, const struct feed_id *feed)
{
	uint32_t low = 0, high = frontier->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (feed_id_cmp(&frontier->items[middle].feed, feed) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct crdt_frontier *frontier, uint32_t place, const struct feed_id *feed)
{
	return place < frontier->count && feed_id_eq(&frontier->items[place].feed, feed);
}

uint64_t crdt_frontier_seq(const struct crdt_frontier *frontier, const struct feed_id *feed)
{
	uint32_t place = bound(frontier, feed);
	return is_at(frontier, place, feed) ? frontier->items[place].seq : 0;
}

bool crdt_frontier_holds(const struct crdt_frontier *frontier, const struct feed_id *feed, uint64_t seq)
{
	return seq <= crdt_frontier_seq(frontier, feed);
}

void crdt_frontier_raise(struct crdt_frontier *frontier, const struct feed_id *feed, uint64_t seq)
{
	uint32_t place = bound(frontier, feed);
	if (seq == 0)
		return;
	if (!is_at(frontier, place, feed)) {
		frontier->items = mem_gap(frontier->items, frontier->count, &frontier->capacity,
		        sizeof(*frontier->items), place);
		frontier->items[place] = (struct entry_ref){*feed, seq};
		frontier->count++;
	} else if (frontier->items[place].seq < seq) {
		frontier->items[place].seq = seq;
	}
}

bool crdt_frontier_within(const struct crdt_frontier *inner, const struct crdt_frontier *outer)
{
	for (uint32_t i = 0; i < inner->count; i++)
		if (!crdt_frontier_holds(outer, &inner->items[i].feed, inner->items[i].seq))
			return false;
	return true;
}

void crdt_frontier_of(const struct crdt_doc *doc, struct crdt_frontier *out)
{
	struct entry_ref ref;
	out->count = 0;
	for (uint32_t cursor = 0; crdt_doc_frontier(doc, &cursor, &ref);)
		crdt_frontier_raise(out, &ref.feed, ref.seq);
}
