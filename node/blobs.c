#include "node/blobs.h"

#include <assert.h>

#include "crdt/base/mem.h"

void blobs_close(struct blobs *blobs)
{
	mem_free(blobs->items);
	*blobs = (struct blobs){0};
}

/* Where it stands, or would. */
static uint32_t place(const struct blobs *blobs, const struct blob_address *address)
{
	uint32_t low = 0, high = blobs->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (blob_address_cmp(&blobs->items[middle].address, address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct blob_known *blobs_find(const struct blobs *blobs, const struct blob_address *address)
{
	const uint32_t at = place(blobs, address);
	return at < blobs->count && blob_address_cmp(&blobs->items[at].address, address) == 0
	        ? &blobs->items[at]
	        : NULL;
}

bool blobs_has_room(const struct blobs *blobs, const struct device_id *author)
{
	uint32_t own = 0;
	for (uint32_t i = 0; i < blobs->count; i++)
		own += device_id_eq(&blobs->items[i].author, author);
	return blobs->count < LIMIT_BLOBS && own < LIMIT_BLOBS_DEVICE;
}

struct blob_known *blobs_add(struct blobs *blobs, const struct blob_known *blob)
{
	struct blob_known *known = blobs_find(blobs, &blob->address);
	if (known)
		return known;
	if (!blobs_has_room(blobs, &blob->author))
		return NULL;
	assert(blob->chunk_count > 0 && blob->chunk_count <= BLOBS_CHUNKS_MAX && blob->held_count == 0);
	const uint32_t at = place(blobs, &blob->address);
	blobs->items = mem_room(blobs->items, blobs->count, &blobs->room, sizeof(*blobs->items));
	known = &blobs->items[at];
	memmove(known + 1, known, (blobs->count - at) * sizeof(*known));
	blobs->count++;
	*known = *blob;
	return known;
}

void blobs_remove(struct blobs *blobs, struct blob_known *blob)
{
	const size_t behind = (size_t)(blobs->items + --blobs->count - blob);
	memmove(blob, blob + 1, behind * sizeof(*blob));
}

void blobs_hold(struct blobs *blobs, struct blob_known *blob, uint32_t index)
{
	assert(index < blob->chunk_count);
	if (blobs_holds(blob, index))
		return;
	blob->held[index / 8] |= (uint8_t)(1u << index % 8);
	blob->held_count++;
	if (blobs_is_whole(blob))
		blob->whole_at = ++blobs->mark;
}

bool blobs_holds(const struct blob_known *blob, uint32_t index)
{
	return blob->held[index / 8] >> index % 8 & 1;
}

uint32_t blobs_lacking(const struct blob_known *blob, uint32_t index)
{
	while (index < blob->chunk_count && blobs_holds(blob, index))
		index++;
	return index;
}
