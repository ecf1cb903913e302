/*
 * Two connections with one device, and when a second one is called for.
 *
 * Normal course: a device is dialled unless a connection with it works; what was established last stays.
 * Failures: both sides dial at once; one of them lost a connection, or moved, without the other's noticing.
 */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/peers_state.h"

/* It carried something lately. */
static bool is_trusted(const struct peer *peer)
{
	return peer->heard_ms && peers_now_ms(peer->peers) - peer->heard_ms < LIMIT_SESSION_SILENT_MS;
}

static struct peer *peer_of(struct queue *link)
{
	return queue_member(link, struct peer, link);
}

void peers_doubt(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next)
		peer_of(link)->heard_ms = 0;
	peers_call_at_once(peers);
}

static bool is_dialled(const struct peer *peer, const struct net_address *address)
{
	return peer->session ? is_trusted(peer) : net_address_same(&peer->address, address);
}

bool peer_has_connection(
        const struct peers *peers, const struct net_address *address, const struct device_id *device)
{
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		if (!peer->ended && device_id_eq(&peer->device, device) && is_dialled(peer, address))
			return true;
	}
	return false;
}

uint32_t peers_attempts(const struct peers *peers, const struct device_id *device)
{
	uint32_t count = 0;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		count += peer->initiator && !peer->session && !peer->ended &&
		        (!device || device_id_eq(&peer->device, device));
	}
	return count;
}

static bool is_another(const struct peer *other, const struct peer *peer)
{
	return other != peer && !other->ended && other->session && !other->newcomer &&
	        device_id_eq(&other->device, &peer->device);
}

/* Of two that began together the other side may have to say which stays. One that does not, and opens more, ends the oldest of its own. */
static void bound_sessions(struct peer *peer)
{
	struct peer *oldest = NULL;
	uint32_t count = 0;
	for (struct queue *link = peer->peers->list.next; link != &peer->peers->list; link = link->next) {
		struct peer *other = peer_of(link);
		if (!is_another(other, peer))
			continue;
		count++;
		oldest = oldest ? oldest : other;
	}
	if (count > 1)
		peer_end(oldest, ERR_EXISTS);
}

/* A new connection that was established proves that the other side is there, so it takes the place of an older one. Of two that began together one
 * side alone says which stays, the device with the smaller id: otherwise each side might end the other's. */
void peer_settle_double(struct peer *peer)
{
	bound_sessions(peer);
	struct device_id self = node_device(peer->peers->node);
	bool decides = memcmp(self.bytes, peer->device.bytes, sizeof(self.bytes)) < 0;
	for (struct queue *link = peer->peers->list.next; link != &peer->peers->list; link = link->next) {
		struct peer *other = peer_of(link);
		if (!is_another(other, peer))
			continue;
		bool together = is_trusted(other) &&
		        peers_now_ms(peer->peers) - other->established_ms < LIMIT_HANDSHAKE_MS;
		if (!together)
			peer_end(other, ERR_EXISTS);
		else if (decides)
			peer_end(peer, ERR_EXISTS);
	}
}
