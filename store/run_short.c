#include "store/run_short.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum { RUN_VERSION = 1, SHORT_VERSION = 0x81 };
/* A number in place of an identifier: 0 that it follows in full, else in the dictionary, or in the table of names. */
enum { REF_FULL = 0, REF_FIRST = 1 };
/* Slots that are looked at: somebody may make identifiers that all fall into one. */
enum { SLOTS = 2 * LIMIT_RUN_DICTIONARY, SLOTS_TRIED = 16 };

static_assert(LIMIT_RUN_DICTIONARY < UINT16_MAX, "a slot holds its number");

/* ---- The dictionary --------------------------------------------------------------------------------------------- */

static void close_ids(struct run_ids *ids)
{
	mem_free(ids->ids);
	mem_free(ids->slots);
	*ids = (struct run_ids){0};
}

void run_dictionary_close(struct run_dictionary *dictionary)
{
	close_ids(&dictionary->longs);
	close_ids(&dictionary->dossiers);
}

/* Identifiers are hashes: their first bytes spread them. */
static uint32_t slot_of(const uint8_t *id, uint32_t step)
{
	return ((id[0] | (uint32_t)id[1] << 8 | (uint32_t)id[2] << 16) + step) % SLOTS;
}

static bool find(const struct run_ids *ids, const uint8_t *id, size_t size, uint32_t *number)
{
	for (uint32_t step = 0; ids->slots && step < SLOTS_TRIED; step++) {
		const uint16_t slot = ids->slots[slot_of(id, step)];
		if (slot == 0)
			return false;
		*number = slot - 1u;
		if (memcmp(ids->ids + *number * size, id, size) == 0)
			return true;
	}
	return false;
}

/* Says whether there was room. */
static bool learn(struct run_ids *ids, const uint8_t *id, size_t size)
{
	if (ids->count == LIMIT_RUN_DICTIONARY)
		return false;
	ids->ids = mem_room(ids->ids, ids->count, &ids->capacity, size);
	memcpy(ids->ids + ids->count * size, id, size);
	ids->count++;
	return true;
}

/* At the end that looks for them. */
static void learn_to_find(struct run_ids *ids, const uint8_t *id, size_t size)
{
	if (!learn(ids, id, size))
		return;
	if (!ids->slots)
		ids->slots = mem_zero(SLOTS, sizeof(*ids->slots));
	for (uint32_t step = 0; step < SLOTS_TRIED; step++) {
		uint16_t *slot = &ids->slots[slot_of(id, step)];
		if (*slot)
			continue;
		*slot = (uint16_t)ids->count;
		return;
	}
}

/* ---- Shortening ------------------------------------------------------------------------------------------------- */

/* Of a run's start: what every run begins with goes over as it is. */
static void copy_start(struct wire_in *in, struct buf *out)
{
	const uint64_t first = wire_varint(in);
	uint8_t previous[ID_LONG_BYTES];
	wire_put_varint(out, first);
	wire_put_varint(out, wire_varint(in));
	if (first == 1)
		return;
	wire_raw(in, previous, sizeof(previous));
	buf_add(out, previous, sizeof(previous));
}

static void put_id(struct run_ids *ids, const uint8_t *id, size_t size, struct buf *out)
{
	uint32_t number;
	if (find(ids, id, size, &number)) {
		wire_put_varint(out, REF_FIRST + (uint64_t)number);
		return;
	}
	wire_put_varint(out, REF_FULL);
	buf_add(out, id, size);
	learn_to_find(ids, id, size);
}

static void put_feed(struct run_ids *ids, const struct run_names *names, const uint8_t *id, struct buf *out)
{
	struct feed_id feed;
	uint32_t number;
	memcpy(feed.bytes, id, sizeof(feed.bytes));
	if (!names->number(names->context, &feed, &number)) {
		wire_put_u8(out, 0);
		put_id(ids, id, ID_LONG_BYTES, out);
		return;
	}
	wire_put_varint(out, REF_FIRST + (uint64_t)number);
}

int run_shorten(
        struct run_dictionary *dictionary, const struct run_names *names, struct span run, struct buf *out)
{
	struct wire_in in = wire_begin(run);
	const size_t start = out->size;
	if (wire_u8(&in) != RUN_VERSION) {
		buf_add_span(out, run);
		return 0;
	}
	wire_put_u8(out, SHORT_VERSION);
	copy_start(&in, out);
	uint32_t counts[3];
	struct span tables[3];
	static const struct {
		uint32_t max;
		size_t size;
	} of[3] = {{2 * LIMIT_UNSIGNED_RUN, ID_LONG_BYTES}, {LIMIT_FEEDS, ID_LONG_BYTES},
	        {LIMIT_UNSIGNED_RUN, ID_SHORT_BYTES}};
	for (unsigned i = 0; i < 3; i++) {
		counts[i] = wire_count(&in, of[i].max, of[i].size);
		tables[i] = wire_span(&in, counts[i] * of[i].size);
	}
	if (in.error) {
		out->size = start;
		return in.error;
	}
	wire_put_varint(out, counts[0]);
	for (uint32_t i = 0; i < counts[0]; i++)
		put_id(&dictionary->longs, tables[0].data + i * ID_LONG_BYTES, ID_LONG_BYTES, out);
	wire_put_varint(out, counts[1]);
	for (uint32_t i = 0; i < counts[1]; i++)
		put_feed(&dictionary->longs, names, tables[1].data + i * ID_LONG_BYTES, out);
	wire_put_varint(out, counts[2]);
	for (uint32_t i = 0; i < counts[2]; i++)
		put_id(&dictionary->dossiers, tables[2].data + i * ID_SHORT_BYTES, ID_SHORT_BYTES, out);
	buf_add_span(out, wire_span(&in, wire_left(&in)));
	return 0;
}

/* ---- Lengthening ------------------------------------------------------------------------------------------------ */

static void take_id(struct run_ids *ids, size_t size, struct wire_in *in, struct buf *out)
{
	const uint64_t ref = wire_varint(in);
	if (ref == REF_FULL) {
		uint8_t *id = buf_extend(out, size);
		wire_raw(in, id, size);
		if (!in->error)
			learn(ids, id, size);
	} else if (ref - REF_FIRST < ids->count) {
		buf_add(out, ids->ids + (ref - REF_FIRST) * size, size);
	} else {
		wire_fail(in, ERR_MALFORMED);
	}
}

static void take_feed(struct run_ids *ids, const struct run_names *names, struct wire_in *in, struct buf *out)
{
	const uint64_t ref = wire_varint(in);
	if (ref == REF_FULL) {
		take_id(ids, ID_LONG_BYTES, in, out);
		return;
	}
	const struct feed_id *feed = ref - REF_FIRST < LIMIT_FEEDS
	        ? names->feed(names->context, (uint32_t)(ref - REF_FIRST))
	        : NULL;
	if (feed)
		buf_add(out, feed->bytes, sizeof(feed->bytes));
	else
		wire_fail(in, ERR_MALFORMED);
}

int run_lengthen(struct run_dictionary *dictionary, const struct run_names *names, struct span shortened,
        struct buf *out)
{
	struct wire_in in = wire_begin(shortened);
	if (wire_u8(&in) != SHORT_VERSION) {
		buf_add_span(out, shortened);
		return 0;
	}
	wire_put_u8(out, RUN_VERSION);
	copy_start(&in, out);
	uint32_t count = wire_count(&in, 2 * LIMIT_UNSIGNED_RUN, 1);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count && !in.error; i++)
		take_id(&dictionary->longs, ID_LONG_BYTES, &in, out);
	count = wire_count(&in, LIMIT_FEEDS, 1);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count && !in.error; i++)
		take_feed(&dictionary->longs, names, &in, out);
	count = wire_count(&in, LIMIT_UNSIGNED_RUN, 1);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count && !in.error; i++)
		take_id(&dictionary->dossiers, ID_SHORT_BYTES, &in, out);
	buf_add_span(out, wire_span(&in, wire_left(&in)));
	return in.error;
}
