/* Any frames, in any order: the machine ends the session or stays within what was asked, and never stores what it did not ask for. */
#include <assert.h>
#include <string.h>

#include "net/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct net_blob_address known[4];
	uint64_t known_mark;
	bool wants; /* something was asked for, and is not here */
	struct net_blob_address address;
	uint32_t index;
	uint32_t believed_count;
};

static bool knows_any(void *context)
{
	(void)context;
	return true;
}

static void whole(void *context, uint64_t *mark, struct buf *out)
{
	struct world *world = context;
	if (*mark == 0)
		buf_add(out, world->known, sizeof(world->known));
	*mark = 4;
}

static uint64_t whole_mark(void *context)
{
	(void)context;
	return 4;
}

static struct span believed(void *context)
{
	struct world *world = context;
	return span_of(world->known[0].bytes, world->believed_count * sizeof(world->known[0]));
}

static bool told(void *context, const struct net_blob_address *addresses, uint32_t count, bool anew)
{
	struct world *world = context;
	uint8_t sum = 0;
	for (uint32_t i = 0; i < count; i++)
		sum ^= addresses[i].bytes[0];
	if (anew || count)
		world->believed_count = anew ? 0 : 1u + sum % 4;
	return sum % 2 == 0;
}

static void denied(void *context, const struct net_blob_address *address)
{
	struct world *world = context;
	assert(world->wants && memcmp(address, &world->address, sizeof(*address)) == 0);
	world->wants = false;
}

static uint64_t known_mark(void *context)
{
	return ++((struct world *)context)->known_mark / 8;
}

static int piece(void *context, const struct net_blob_address *address, uint32_t index, struct buf *out)
{
	(void)context;
	if (address->bytes[0] % 2)
		return -5;
	buf_add(out, &index, sizeof(index));
	return 0;
}

static bool next(void *context, struct net_blob_address *address, uint32_t *index)
{
	struct world *world = context;
	assert(!world->wants);
	*address = world->known[world->known_mark % 4];
	*index = (uint32_t)(world->known_mark % 300);
	world->address = *address;
	world->index = *index;
	world->wants = true;
	return true;
}

static int store(void *context, const struct net_blob_address *address, uint32_t index, struct span bytes)
{
	struct world *world = context;
	assert(world->wants && index == world->index);
	assert(memcmp(address, &world->address, sizeof(*address)) == 0);
	world->wants = false;
	return bytes.size % 3 == 2 ? -9 : (int)(bytes.size % 3);
}

static bool stored(void *context, const struct net_blob_address *address, uint32_t index)
{
	(void)address;
	return (index + ((struct world *)context)->known_mark) % 2 == 0;
}

static int send(void *context, uint8_t type, struct span payload)
{
	(void)context;
	assert(net_pieces_is_frame(type) && payload.size <= 64 * 1024);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = {.known = {{{0}}, {{1}}, {{2}}, {{3}}}};
	const struct net_pieces_host host = {&world, knows_any, whole, whole_mark, believed, told, denied,
	        known_mark, piece, next, store, stored, send};
	struct net_pieces pieces = {.host = &host};
	uint64_t now_ms = 0;
	for (size_t at = 0; size - at >= 3;) {
		const uint8_t type = data[at];
		size_t bytes = (size_t)data[at + 1] | (size_t)(data[at + 2] & 15) << 8;
		at += 3;
		bytes = bytes < size - at ? bytes : size - at;
		if (net_pieces_receive(&pieces, (uint8_t)(32 + type % 6), span_of(data + at, bytes)) < 0)
			break;
		now_ms += type * UINT64_C(100);
		assert(net_pieces_turn(&pieces, now_ms, (unsigned)type >> 5) == 0);
		at += bytes;
	}
	return 0;
}
