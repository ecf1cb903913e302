/*
 * Relays that show less than they acknowledged (node/README.md, "Relay", "Withholding").
 *
 * Normal course: what a relay has acknowledged when its session begins is noted by feed; once it has told all heads they are compared, once. An
 * acknowledgement that comes later cannot be compared with heads that may be under way: it ends the session when they do not follow.
 */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_notices.h"
#include "node/peers_state.h"

static bool is_relay(const struct peer *peer)
{
	const struct team_view *view = node_view(peer->peers->node);
	const struct team_device *device = view ? team_view_device(view, &peer->device) : NULL;
	return device && device->relay;
}

void peer_note_acknowledged(struct peer *peer)
{
	struct node *node = peer->peers->node;
	struct log *log = node_log(node);
	if (!is_relay(peer))
		return;
	peer->acknowledged_count = log_feed_count(log);
	peer->acknowledged = mem_zero(peer->acknowledged_count + 1, sizeof(*peer->acknowledged));
	for (uint32_t i = 0; i < peer->acknowledged_count; i++)
		peer->acknowledged[i] = node_claimed(node, &peer->device, &log_feed(log, i)->id);
}

static uint64_t shown(const struct peer *peer, uint32_t feed)
{
	return net_session_peer_head(peer->session, feed).seq;
}

/* Does it know whom we know? Before that it may keep from us what it does not know to be ours. */
static bool knows_team(const struct peer *peer)
{
	struct log *log = node_log(peer->peers->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (log_feed(log, i)->compartment == COMPARTMENT_MEMBERSHIP &&
		        shown(peer, i) < log_feed(log, i)->committed_seq)
			return false;
	return true;
}

/* Does it owe us all of this feed that it has? Of one with two histories it may know another. */
static bool is_owed(const struct peer *peer, uint32_t feed)
{
	struct node *node = peer->peers->node;
	const struct log_feed *known = log_feed(node_log(node), feed);
	const struct device_id self = node_device(node);
	const struct team_device *own = team_view_device(node_view(node), &self);
	return known->state == LOG_FEED_OPEN && own && !node_rights_lapsed(node, own) &&
	        node_may_hold(node, &self, known->compartment);
}

static struct peers_withheld *row_of(struct peers *peers, const struct device_id *device)
{
	for (uint32_t i = 0; i < peers->withheld_count; i++)
		if (device_id_eq(&peers->withheld[i].device, device))
			return &peers->withheld[i];
	if (peers->withheld_count == LIMIT_RELAYS_WATCHED)
		return NULL;
	struct peers_withheld *row = &peers->withheld[peers->withheld_count++];
	*row = (struct peers_withheld){.device = *device};
	return row;
}

void peers_remember_withheld(struct peers *peers)
{
	const struct node_notice *notice;
	for (uint32_t i = 0; (notice = node_notice_at(peers->node, i)); i++) {
		struct peers_withheld *row = notice->kind == NODE_NOTICE_WITHHELD
		        ? row_of(peers, &notice->device)
		        : NULL;
		if (row)
			*row = (struct peers_withheld){notice->device, notice->address, notice->entries,
			        notice->most, notice->noticed_ms};
	}
}

const struct peers_withheld *peers_withheld(const struct peers *peers, const struct device_id *device)
{
	for (uint32_t i = 0; i < peers->withheld_count; i++)
		if (device_id_eq(&peers->withheld[i].device, device) && peers->withheld[i].noticed_ms)
			return &peers->withheld[i];
	return NULL;
}

static void compare(struct peer *peer)
{
	struct peers *peers = peer->peers;
	uint64_t entries = 0;
	for (uint32_t i = 0; i < peer->acknowledged_count; i++)
		if (is_owed(peer, i) && peer->acknowledged[i] > shown(peer, i))
			entries += peer->acknowledged[i] - shown(peer, i);
	struct peers_withheld *row = row_of(peers, &peer->device);
	if (!row)
		return;
	row->entries = entries;
	node_notice_withheld(peers->node, &peer->device, &peer->address, entries);
	if (entries == 0)
		return;
	row->most = entries;
	row->address = peer->address;
	row->noticed_ms = env_wall_ms(node_env(peers->node));
	peer_changed(peer);
}

void peer_compare_acknowledged(struct peer *peer)
{
	if (!peer->acknowledged || !net_session_progress(peer->session).peer_complete || !knows_team(peer))
		return;
	compare(peer);
	mem_free(peer->acknowledged);
	peer->acknowledged = NULL;
}

/* Acknowledged since the session began, and not shown. One that is known to hold back is not called again for it. */
static bool lags(const struct peer *peer)
{
	struct node *node = peer->peers->node;
	struct log *log = node_log(node);
	const struct peers_withheld *known = peers_withheld(peer->peers, &peer->device);
	if (peer->acknowledged || !is_relay(peer) || (known && known->entries))
		return false;
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (is_owed(peer, i) &&
		        node_claimed(node, &peer->device, &log_feed(log, i)->id) > shown(peer, i))
			return true;
	return false;
}

void peer_watch_acknowledged(struct peer *peer)
{
	if (!peer->session || peer->ended)
		return;
	peer->lagging_ticks = lags(peer) ? peer->lagging_ticks + 1 : 0;
	if (peer->lagging_ticks >= LIMIT_WITHHELD_TICKS)
		peer_end(peer, ERR_TIMEOUT);
}
