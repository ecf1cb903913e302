/* A small team, then entries whose bodies are the input, cut at lengths that it gives itself: never a crash, and the view made
 * by extension stays the one resolved from scratch. First byte of a piece: who writes it; second: its length. */
#include <assert.h>

#include "node/team/resolve.h"
#include "tests/lib/team_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world *team(void)
{
	struct world *world = world_new(1);
	world_device(world, NULL);
	struct team_action found = world_found(world, 0);
	int result = world_write(world, 0, &found, NULL);
	assert(result == 0);
	world_join(world, 0, UINT32_MAX, TEAM_ROLE_NURSE, NULL);
	world_join(world, 0, 1, TEAM_ROLE_NURSE, NULL);
	return world;
}

static void add_body(struct world *world, uint32_t by, struct span body)
{
	struct world_device *device = &world->devices[by];
	struct entry_header header = {.version = ENTRY_VERSION,
	        .kind = ENTRY_MEMBERSHIP,
	        .compartment = COMPARTMENT_MEMBERSHIP,
	        .body_bytes = (uint32_t)body.size,
	        .feed = device->feed,
	        .seq = device->seq + 1,
	        .lamport = team_membership_lamport(world->devices[0].copy) + 1,
	        .previous = device->last,
	        .body = entry_body_hash(body)};
	team_membership_heads(world->devices[0].copy, &header.membership, 1);
	struct entry_hash hash = entry_hash(&header);
	if (team_membership_add(world->devices[0].copy, &header, &hash, &device->author, body) < 0)
		return;
	device->seq++;
	device->last = hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *world = team();
	struct team_membership *copy = world->devices[0].copy;
	for (size_t at = 0; at + 2 < size;) {
		struct span body = span_sub(span_of(data, size), at + 2, data[at + 1]);
		add_body(world, data[at] % 3, body);
		at += 2 + (size_t)data[at + 1];
	}
	struct entry_hash head;
	team_membership_heads(copy, &head, 1);
	uint32_t node = team_dag_find(team_membership_dag(copy), &head);
	const struct team_view *view = team_membership_view_at(copy, &head);
	struct team_view *scratch = team_resolve(team_membership_dag(copy), &node, 1);
	assert(memcmp(view->status, scratch->status, scratch->status_count) == 0);
	assert(view->device_count == scratch->device_count);
	team_view_free(scratch);
	world_free(world);
	return 0;
}
