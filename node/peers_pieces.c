/*
 * Pictures among devices: what the machine of net/pieces.h asks of the node, and when it may speak (net/README.md, section 6).
 */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_photo.h"
#include "node/peers_state.h"

static struct peer *peer_from(void *context)
{
	return context;
}

static const struct blob_address *address_of(const struct net_blob_address *address)
{
	return (const struct blob_address *)(const void *)address;
}

static bool host_knows_any(void *context)
{
	return node_photo_known_count(peer_from(context)->peers->node) > 0;
}

static void host_whole(void *context, uint64_t *mark, struct buf *out)
{
	node_photo_whole(peer_from(context)->peers->node, &peer_from(context)->device, mark, out);
}

static uint64_t host_whole_mark(void *context)
{
	return node_photo_whole_mark(peer_from(context)->peers->node);
}

static struct span host_believed(void *context)
{
	struct span addresses;
	node_photo_believed(peer_from(context)->peers->node, &peer_from(context)->device, &addresses);
	return addresses;
}

static bool host_told(void *context, const struct net_blob_address *addresses, uint32_t count, bool anew)
{
	return node_photo_told(peer_from(context)->peers->node, &peer_from(context)->device,
	        address_of(addresses), count, anew);
}

static void host_denied(void *context, const struct net_blob_address *address)
{
	node_photo_denied(peer_from(context)->peers->node, &peer_from(context)->device, address_of(address));
}

static uint64_t host_known_mark(void *context)
{
	return node_photo_known_count(peer_from(context)->peers->node);
}

/* ---- The ceiling of what goes over all connections ---------------------------------------------------------------- */

static void charge(struct peers *peers, uint64_t *free_ms, size_t bytes)
{
	const uint64_t now_ms = peers_now_ms(peers);
	const uint32_t bytes_per_s = node_photo_policy(peers->node).bytes_per_s;
	if (bytes_per_s)
		*free_ms = (*free_ms > now_ms ? *free_ms : now_ms) + (uint64_t)bytes * 1000 / bytes_per_s;
}

static bool is_free(const struct peers *peers, uint64_t *free_ms, uint64_t now_ms)
{
	if (now_ms >= *free_ms || !node_photo_policy(peers->node).bytes_per_s)
		*free_ms = 0;
	return *free_ms == 0;
}

/* ---- What the machine asks of the node ---------------------------------------------------------------------------- */

static int host_piece(void *context, const struct net_blob_address *address, uint32_t index, struct buf *out)
{
	struct peer *peer = peer_from(context);
	const size_t before = out->size;
	int result = node_photo_sealed(peer->peers->node, &peer->device, address_of(address), index, out);
	if (result == 0) {
		charge(peer->peers, &peer->peers->pieces_out_ms, out->size - before);
		peer->piece_given_ms = peers_now_ms(peer->peers);
	}
	return result;
}

/* Another device is being asked for it. */
static bool is_taken(void *context, const struct blob_address *address)
{
	const struct peer *peer = context;
	for (const struct queue *link = peer->peers->list.next; link != &peer->peers->list;
	        link = link->next) {
		const struct peer *other = queue_member_const(link, struct peer, link);
		if (other != peer && other->session && !other->ended &&
		        net_pieces_fetches(
		                &other->pieces, (const struct net_blob_address *)(const void *)address))
			return true;
	}
	return false;
}

/* Looked for once each time that something moved. */
static bool host_next(void *context, struct net_blob_address *address, uint32_t *index)
{
	struct peer *peer = context;
	struct node *node = peer->peers->node;
	if (peer->pieces_mark == node_photo_mark(node))
		return false;
	const bool is_found = node_photo_next(
	        node, &peer->device, is_taken, peer, (struct blob_address *)(void *)address, index);
	if (is_found && *index != NET_PIECE_NOTE)
		charge(peer->peers, &peer->peers->pieces_in_ms, BLOB_CHUNK_BYTES);
	if (!is_found)
		peer->pieces_mark = node_photo_mark(node);
	return is_found;
}

static int host_store(
        void *context, const struct net_blob_address *address, uint32_t index, struct span piece)
{
	struct peer *peer = peer_from(context);
	return index == NET_PIECE_NOTE
	        ? node_photo_put_note(peer->peers->node, &peer->device, address_of(address), piece)
	        : node_photo_put(peer->peers->node, address_of(address), index, piece);
}

static bool host_stored(void *context, const struct net_blob_address *address, uint32_t index)
{
	struct node *node = peer_from(context)->peers->node;
	return index == NET_PIECE_NOTE ? node_photo_has_note(node, address_of(address))
	                               : node_photo_holds(node, address_of(address), index);
}

static int host_send(void *context, uint8_t type, struct span payload)
{
	struct peer *peer = context;
	if (net_channel_unsent_bytes(peer->channel) > LIMIT_SESSION_UNSENT_BYTES)
		return ERR_FULL;
	return peer_send(peer, type, payload);
}

void peer_start_pieces(struct peer *peer)
{
	peer->pieces_host = (struct net_pieces_host){peer, host_knows_any, host_whole, host_whole_mark,
	        host_believed, host_told, host_denied, host_known_mark, host_piece, host_next, host_store,
	        host_stored, host_send};
	peer->pieces = (struct net_pieces){.host = &peer->pieces_host};
	peer->pieces_mark = UINT64_MAX;
}

/* ---- The line that all share -------------------------------------------------------------------------------------- */

/* Pieces that are on their way at this moment: asked for, or given (net_pieces_turn(): what nobody takes any more is not waited for). */
struct under_way {
	uint32_t asked, given;
	uint64_t until_ms; /* when one of them is waited for no longer */
};

static bool is_under_way(uint64_t since_ms, uint64_t now_ms, struct under_way *all)
{
	const uint64_t until_ms = since_ms + LIMIT_PIECES_TURN_MS;
	if (!since_ms || now_ms >= until_ms)
		return false;
	if (until_ms < all->until_ms)
		all->until_ms = until_ms;
	return true;
}

static struct under_way count_under_way(const struct peers *peers, uint64_t now_ms)
{
	struct under_way all = {.until_ms = UINT64_MAX};
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		if (!peer->session || peer->ended)
			continue;
		const bool asks = peer->pieces.state == NET_PIECES_WANTED;
		all.asked += is_under_way(asks ? peer->pieces.asked_ms : 0, now_ms, &all);
		all.given += is_under_way(peer->piece_given_ms, now_ms, &all);
	}
	return all;
}

uint64_t peers_pieces_due_ms(const struct peers *peers)
{
	const uint64_t in_ms = peers->pieces_in_ms ? peers->pieces_in_ms : UINT64_MAX,
	               out_ms = peers->pieces_out_ms ? peers->pieces_out_ms : UINT64_MAX;
	const struct under_way all = count_under_way(peers, peers_now_ms(peers));
	const bool waits = all.asked >= LIMIT_PIECES_AT_ONCE || all.given >= LIMIT_PIECES_AT_ONCE;
	const uint64_t free_ms = in_ms < out_ms ? in_ms : out_ms;
	return waits && all.until_ms < free_ms ? all.until_ms : free_ms;
}

/* Of enum net_pieces_may. Nothing goes out while something erased may not be known here. */
static unsigned may_now(struct peer *peer, uint64_t now_ms, bool asks_entries)
{
	struct peers *peers = peer->peers;
	const bool is_quiet = net_session_state_settled(peer->session) &&
	        !net_session_supplying(peer->session);
	unsigned may = 0;
	if (is_quiet && peer->level && !asks_entries)
		may |= NET_PIECES_SAY;
	if (node_photo_policy(peers->node).which == NODE_PHOTOS_NONE)
		return may;
	const struct under_way all = count_under_way(peers, now_ms);
	if (may && all.asked < LIMIT_PIECES_AT_ONCE && is_free(peers, &peers->pieces_in_ms, now_ms))
		may |= NET_PIECES_ASK;
	if (is_quiet && !node_erasing(peers->node) && all.given < LIMIT_PIECES_AT_ONCE &&
	        is_free(peers, &peers->pieces_out_ms, now_ms))
		may |= NET_PIECES_GIVE;
	return may;
}

bool peer_turns_pieces(const struct peer *peer)
{
	return peer->session && !peer->ended && !peer->newcomer && !peer->paused;
}

void peers_turn_pieces(struct peers *peers)
{
	const uint64_t now_ms = peers_now_ms(peers);
	const bool asks_entries = peers_any_asking(peers);
	node_photo_day(peers->node);
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		if (!peer_turns_pieces(peer))
			continue;
		const bool was_slow = peer->pieces.is_slow;
		int result = net_pieces_turn(&peer->pieces, now_ms, may_now(peer, now_ms, asks_entries));
		if (result < 0)
			peer_end(peer, result);
		if (peer->pieces.is_slow && !was_slow)
			node_photo_look_again(peers->node);
	}
	is_free(peers, &peers->pieces_in_ms, now_ms);
	is_free(peers, &peers->pieces_out_ms, now_ms);
}
