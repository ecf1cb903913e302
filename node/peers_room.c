/*
 * Devices that take no more records: a relay over its quota, a full disk (net/README.md, section 5, "Whose device takes no more").
 *
 * Normal course: the shell says what is full here; each session whose peer was told something else is told. What a peer says of itself is kept by
 * device until it says otherwise, or begins a new session: so the status can say why something is not there also when nobody is connected.
 */
#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/peers_state.h"

void peers_say_room(struct peers *peers, enum peers_full why, uint64_t limit)
{
	peers->own_room = (struct peers_room){(uint8_t)why, why ? limit : 0};
}

static struct peers_room room_for(const struct peer *peer)
{
	struct node *node = peer->peers->node;
	if (peer->peers->own_room.why)
		return peer->peers->own_room;
	if (!node_device_is_full(node, &peer->device, COMPARTMENT_CLINICAL))
		return (struct peers_room){0};
	return (struct peers_room){PEERS_FULL_DEVICE, node_device_limit(node)};
}

int peer_tell_room(struct peer *peer)
{
	const struct peers_room room = room_for(peer);
	struct buf payload = {0};
	if (peer->newcomer || (room.why == peer->told_room.why && room.limit == peer->told_room.limit))
		return 0;
	peer->told_room = room;
	wire_put_u8(&payload, room.why);
	wire_put_varint(&payload, room.limit);
	int result = peer_send(peer, NET_FRAME_ROOM, buf_span(&payload));
	buf_close(&payload);
	return result;
}

static uint32_t find(const struct peers *peers, const struct device_id *device)
{
	uint32_t i = 0;
	while (i < peers->full_count && !device_id_eq(&peers->full[i].device, device))
		i++;
	return i;
}

void peer_forget_room(struct peer *peer)
{
	struct peers *peers = peer->peers;
	uint32_t i = find(peers, &peer->device);
	if (i < peers->full_count)
		peers->full[i] = peers->full[--peers->full_count];
}

int peer_heard_room(struct peer *peer, struct span payload)
{
	struct peers *peers = peer->peers;
	struct wire_in in = wire_begin(payload);
	struct peers_room room = {.why = wire_u8(&in)};
	room.limit = wire_varint(&in);
	if (in.error)
		return in.error;
	peer_forget_room(peer);
	/* The oldest gives way: what is known of devices that left goes first. */
	if (room.why && peers->full_count == LIMIT_SESSIONS)
		memmove(&peers->full[0], &peers->full[1], --peers->full_count * sizeof(peers->full[0]));
	if (room.why) {
		peers->full[peers->full_count].device = peer->device;
		peers->full[peers->full_count++].room = room;
	}
	peer->room_heard = true; /* screens look again with the next tick, however often it says so */
	return 0;
}

void peer_tick_room(struct peer *peer)
{
	if (peer->room_heard)
		peer_changed(peer);
	peer->room_heard = false;
}

bool peers_room_of(const struct peers *peers, const struct device_id *device, struct peers_room *out)
{
	uint32_t i = find(peers, device);
	if (i < peers->full_count)
		*out = peers->full[i].room;
	return i < peers->full_count;
}

uint32_t peers_full_count(const struct peers *peers)
{
	return peers->full_count;
}
