#include "node/quarantine.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { QUARANTINE_VERSION = 1, EFFECTIVE = 128, ITEM_BYTES_MIN = 2, VOUCH_BYTES_MIN = 36 };

void quarantine_close(struct quarantine *quarantine)
{
	for (uint32_t i = 0; i < quarantine->feed_count; i++)
		mem_free(quarantine->feeds[i].items);
	mem_free(quarantine->feeds);
	mem_free(quarantine->vouches);
	*quarantine = (struct quarantine){0};
}

/* ---- Entries ---------------------------------------------------------------------------------------------------- */

/* Where an entry stands or would stand; they mostly come in order. */
static uint32_t place_of(const struct quarantine_feed *feed, uint64_t seq)
{
	uint32_t low = 0, high = feed->count;
	if (high && feed->items[high - 1].seq < seq)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (feed->items[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t quarantine_before(const struct quarantine *quarantine, uint32_t feed, uint64_t seq)
{
	return feed < quarantine->feed_count ? place_of(&quarantine->feeds[feed], seq) : 0;
}

struct quarantined *quarantine_find(const struct quarantine *quarantine, uint32_t number, uint64_t seq)
{
	if (number >= quarantine->feed_count)
		return NULL;
	const struct quarantine_feed *feed = &quarantine->feeds[number];
	uint32_t place = place_of(feed, seq);
	return place < feed->count && feed->items[place].seq == seq ? &feed->items[place] : NULL;
}

void quarantine_note(struct quarantine *quarantine, uint32_t number, uint64_t seq, uint8_t why)
{
	struct quarantined *known = quarantine_find(quarantine, number, seq);
	if (known) {
		known->why = why;
		return;
	}
	if (number >= quarantine->feed_count) {
		const uint32_t count = number + 1;
		quarantine->feeds = mem_resize(quarantine->feeds, count, sizeof(*quarantine->feeds));
		memset(quarantine->feeds + quarantine->feed_count, 0,
		        (count - quarantine->feed_count) * sizeof(*quarantine->feeds));
		quarantine->feed_count = count;
	}
	struct quarantine_feed *feed = &quarantine->feeds[number];
	uint32_t place = place_of(feed, seq);
	feed->items = mem_gap(feed->items, feed->count, &feed->capacity, sizeof(*feed->items), place);
	feed->items[place] = (struct quarantined){.seq = seq, .why = why};
	feed->count++;
}

void quarantine_take(struct quarantine *quarantine, uint32_t number, uint64_t seq)
{
	struct quarantined *known = quarantine_find(quarantine, number, seq);
	if (!known)
		return;
	struct quarantine_feed *feed = &quarantine->feeds[number];
	size_t after = (size_t)(feed->items + feed->count - (known + 1));
	memmove(known, known + 1, after * sizeof(*known));
	feed->count--;
}

bool quarantine_has_feed(const struct quarantine *quarantine, uint32_t feed)
{
	return feed < quarantine->feed_count && quarantine->feeds[feed].count;
}

uint64_t quarantine_passed_over(const struct quarantine *quarantine)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < quarantine->feed_count; i++)
		for (uint32_t j = 0; j < quarantine->feeds[i].count; j++)
			count += !quarantine->feeds[i].items[j].is_effective;
	return count;
}

/* ---- Who vouches ------------------------------------------------------------------------------------------------ */

static int number_cmp(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int vouch_cmp(const struct vouch *a, const struct vouch *b)
{
	int order = number_cmp(a->feed, b->feed);
	order = order ? order : number_cmp(a->seq, b->seq);
	order = order ? order : number_cmp(a->by_feed, b->by_feed);
	return order ? order : number_cmp(a->by_seq, b->by_seq);
}

static uint32_t vouch_place(const struct quarantine *quarantine, const struct vouch *vouch)
{
	uint32_t low = 0, high = quarantine->vouch_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (vouch_cmp(&quarantine->vouches[middle], vouch) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int vouch_order(const void *a, const void *b)
{
	return vouch_cmp(a, b);
}

/* In order, each once, without those that are there. How many are left. */
static uint32_t keep_fresh(const struct quarantine *quarantine, struct vouch *vouches, uint32_t count)
{
	uint32_t kept = 0;
	qsort(vouches, count, sizeof(*vouches), vouch_order);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place = vouch_place(quarantine, &vouches[i]);
		bool is_known = place < quarantine->vouch_count &&
		        vouch_cmp(&quarantine->vouches[place], &vouches[i]) == 0;
		if (!is_known && (kept == 0 || vouch_cmp(&vouches[kept - 1], &vouches[i]) != 0))
			vouches[kept++] = vouches[i];
	}
	return kept;
}

bool quarantine_vouch(struct quarantine *quarantine, struct vouch *vouches, uint32_t count)
{
	uint32_t fresh = count ? keep_fresh(quarantine, vouches, count) : 0, old = quarantine->vouch_count;
	if (fresh == 0)
		return false;
	if (old + fresh > quarantine->vouch_capacity) {
		quarantine->vouch_capacity = 2 * old + fresh;
		quarantine->vouches = mem_resize(
		        quarantine->vouches, quarantine->vouch_capacity, sizeof(*quarantine->vouches));
	}
	struct vouch *out = quarantine->vouches + old + fresh;
	quarantine->vouch_count = old + fresh;
	for (uint32_t left = fresh; left;) /* from the end: each moves once */
		*--out = old && vouch_cmp(&quarantine->vouches[old - 1], &vouches[left - 1]) > 0
		        ? quarantine->vouches[--old]
		        : vouches[--left];
	return true;
}

struct vouch *quarantine_vouches(
        const struct quarantine *quarantine, uint32_t feed, uint64_t seq, uint32_t *count)
{
	const struct vouch least = {.feed = feed, .seq = seq};
	uint32_t first = vouch_place(quarantine, &least);
	for (*count = 0; first + *count < quarantine->vouch_count; ++*count) {
		const struct vouch *vouch = &quarantine->vouches[first + *count];
		if (vouch->feed != feed || vouch->seq != seq)
			break;
	}
	return *count ? quarantine->vouches + first : NULL;
}

/* ---- The row ---------------------------------------------------------------------------------------------------- */

static void encode_feed(const struct quarantine_feed *feed, uint32_t number, struct buf *out)
{
	uint64_t before = 0;
	wire_put_varint(out, number);
	wire_put_varint(out, feed->count);
	for (uint32_t i = 0; i < feed->count; i++) {
		const struct quarantined *item = &feed->items[i];
		wire_put_varint(out, item->seq - before);
		wire_put_u8(out, (uint8_t)(item->why | (item->is_effective ? EFFECTIVE : 0)));
		before = item->seq;
	}
}

void quarantine_encode(const struct quarantine *quarantine, struct buf *out, size_t bytes_max)
{
	const size_t begin = out->size;
	uint32_t used = 0;
	wire_put_u8(out, QUARANTINE_VERSION);
	for (uint32_t i = 0; i < quarantine->feed_count; i++)
		used += quarantine->feeds[i].count > 0;
	wire_put_varint(out, used);
	for (uint32_t i = 0; i < quarantine->feed_count; i++)
		if (quarantine->feeds[i].count)
			encode_feed(&quarantine->feeds[i], i, out);
	wire_put_varint(out, quarantine->vouch_count);
	for (uint32_t i = 0; i < quarantine->vouch_count && out->size - begin <= bytes_max; i++) {
		const struct vouch *vouch = &quarantine->vouches[i];
		wire_put_varint(out, vouch->feed);
		wire_put_varint(out, vouch->seq);
		buf_add(out, vouch->hash.bytes, sizeof(vouch->hash.bytes));
		wire_put_varint(out, vouch->by_feed);
		wire_put_varint(out, vouch->by_seq);
	}
	if (out->size - begin > bytes_max)
		out->size = begin + 1;
}

static void decode_feed(struct quarantine *quarantine, struct wire_in *in)
{
	const uint64_t number = wire_varint(in);
	const uint32_t count = wire_count(in, UINT32_MAX, ITEM_BYTES_MIN);
	uint64_t seq = 0;
	if (number >= LIMIT_FEEDS)
		wire_fail(in, ERR_MALFORMED);
	for (uint32_t i = 0; i < count && !in->error; i++) {
		const uint64_t step = wire_varint(in);
		if (step == 0 || step > UINT64_MAX - seq) {
			wire_fail(in, ERR_MALFORMED);
			break;
		}
		seq += step;
		uint8_t why = wire_u8(in);
		quarantine_note(quarantine, (uint32_t)number, seq, why & (EFFECTIVE - 1));
		quarantine_find(quarantine, (uint32_t)number, seq)->is_effective = why & EFFECTIVE;
	}
}

static int decode(struct quarantine *quarantine, struct wire_in *in)
{
	uint32_t feeds = wire_count(in, LIMIT_FEEDS, 2 + ITEM_BYTES_MIN);
	for (uint32_t i = 0; i < feeds && !in->error; i++)
		decode_feed(quarantine, in);
	uint32_t vouches = wire_count(in, UINT32_MAX, VOUCH_BYTES_MIN);
	for (uint32_t i = 0; i < vouches && !in->error; i++) {
		struct vouch vouch = {0};
		const uint64_t feed = wire_varint(in);
		vouch.seq = wire_varint(in);
		wire_raw(in, vouch.hash.bytes, sizeof(vouch.hash.bytes));
		const uint64_t by_feed = wire_varint(in);
		vouch.by_seq = wire_varint(in);
		if (feed >= LIMIT_FEEDS || by_feed >= LIMIT_FEEDS)
			wire_fail(in, ERR_MALFORMED);
		vouch.feed = (uint32_t)feed;
		vouch.by_feed = (uint32_t)by_feed;
		quarantine_vouch(quarantine, &vouch, 1);
	}
	return wire_end(in);
}

int quarantine_decode(struct quarantine *quarantine, struct span bytes)
{
	struct wire_in in = wire_begin(bytes);
	quarantine_close(quarantine);
	if (wire_u8(&in) != QUARANTINE_VERSION)
		return in.error ? in.error : ERR_VERSION;
	if (wire_left(&in) == 0)
		return ERR_NOTFOUND;
	int result = decode(quarantine, &in);
	if (result)
		quarantine_close(quarantine);
	return result;
}
