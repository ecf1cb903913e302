#include "node/countersign.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/nfc.h"

enum { COUNTERSIGN_VERSION = 1, ITEM_BYTES_MIN = 2 * ID_LONG_BYTES + 1 };

int countersigned_cmp(const void *a, const void *b)
{
	const struct entry_ref *left = &((const struct countersigned *)a)->place,
	                       *right = &((const struct countersigned *)b)->place;
	int order = feed_id_cmp(&left->feed, &right->feed);
	return order ? order : (left->seq > right->seq) - (left->seq < right->seq);
}

static bool in_order(const struct countersign *countersign)
{
	for (uint32_t i = 1; i < countersign->count; i++)
		if (countersigned_cmp(&countersign->items[i - 1], &countersign->items[i]) >= 0)
			return false;
	return true;
}

void countersign_encode(const struct countersign *countersign, struct buf *out)
{
	assert(countersign->count && countersign->count <= LIMIT_COUNTERSIGNED && in_order(countersign));
	assert(countersign->comment.size <= LIMIT_COUNTERSIGN_BYTES);
	wire_put_u8(out, COUNTERSIGN_VERSION);
	wire_put_varint(out, countersign->count);
	for (uint32_t i = 0; i < countersign->count; i++) {
		const struct countersigned *item = &countersign->items[i];
		buf_add(out, item->place.feed.bytes, sizeof(item->place.feed.bytes));
		wire_put_varint(out, item->place.seq);
		buf_add(out, item->hash.bytes, sizeof(item->hash.bytes));
	}
	wire_put_blob(out, countersign->comment);
}

int countersign_decode(struct span bytes, struct arena *arena, struct countersign *out)
{
	struct wire_in in = wire_begin(bytes);
	*out = (struct countersign){0};
	if (wire_u8(&in) != COUNTERSIGN_VERSION)
		return in.error ? in.error : ERR_VERSION;
	uint32_t count = wire_count(&in, LIMIT_COUNTERSIGNED, ITEM_BYTES_MIN);
	struct countersigned *items = arena_zero(arena, count, sizeof(*items));
	for (uint32_t i = 0; i < count; i++) {
		wire_raw(&in, items[i].place.feed.bytes, sizeof(items[i].place.feed.bytes));
		items[i].place.seq = wire_varint(&in);
		wire_raw(&in, items[i].hash.bytes, sizeof(items[i].hash.bytes));
		if (items[i].place.seq == 0)
			wire_fail(&in, ERR_MALFORMED);
	}
	struct countersign read = {count, items, wire_blob(&in, LIMIT_COUNTERSIGN_BYTES)};
	int result = wire_end(&in);
	if (result == 0 && (count == 0 || !in_order(&read) || !crdt_utf8_valid(read.comment)))
		result = ERR_MALFORMED;
	if (result == 0)
		*out = read;
	return result;
}
