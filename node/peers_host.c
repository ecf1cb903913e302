/*
 * What a session asks of the node: feeds and rights, runs both ways, replicated state (net/session.h, struct net_session_host).
 */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "net/channel.h"
#include "node/peers_state.h"

void peer_stop_supply(struct peer *peer)
{
	log_stream_free(peer->stream);
	store_abort(peer->stream_txn);
	peer->stream = NULL;
	peer->stream_txn = NULL;
}

bool peer_may_send(struct peer *peer)
{
	peer->heard |= net_session_state_settled(peer->session);
	return peer->heard && !node_erasing(peer->peers->node);
}

static struct peer *peer_from(void *context)
{
	return context;
}

static uint32_t host_feed_count(void *context)
{
	return log_feed_count(node_log(peer_from(context)->peers->node));
}

/* Reads it, or holds it unread. */
static bool may_hold(const struct peer *peer, enum compartment compartment)
{
	const struct team_view *view = node_view(peer->peers->node);
	if (!view)
		return false;
	if (compartment == COMPARTMENT_MEMBERSHIP)
		return true;
	const struct team_device *device = team_view_device(view, &peer->device);
	return device && !node_rights_lapsed(peer->peers->node, device) &&
	        team_view_level(view, &device->id, (uint8_t)compartment) >= TEAM_LEVEL_RELAY;
}

static bool peer_knows_branches(const struct peer *peer)
{
	return net_channel_features(peer->channel) & PEER_FEATURE_BRANCHES;
}

static struct net_feed_name name_of(const struct log_feed *feed)
{
	struct net_feed_name name = {{0}};
	if (feed->is_branch) {
		memcpy(name.bytes, feed->id.bytes, 32);
		name.bytes[32] = (uint8_t)(feed->compartment | PEER_NAME_BRANCH);
		return name;
	}
	memcpy(name.bytes, feed->device.bytes, 32);
	name.bytes[32] = (uint8_t)feed->compartment;
	memcpy(name.bytes + 33, feed->incarnation.bytes, 16);
	return name;
}

/* A branch is known once its proof is, and never added for a name. */
static int branch_number(const struct peer *peer, const struct net_feed_name *name, uint32_t *number)
{
	const struct log *log = node_log(peer->peers->node);
	struct feed_id id;
	memcpy(id.bytes, name->bytes, sizeof(id.bytes));
	if (!peer_knows_branches(peer))
		return ERR_MALFORMED;
	if (!log_feed_number(log, &id, number))
		return NET_FEED_UNNUMBERED;
	const struct log_feed *feed = log_feed(log, *number);
	const bool same = feed->is_branch && (feed->compartment | PEER_NAME_BRANCH) == name->bytes[32];
	return same ? 0 : ERR_MALFORMED;
}

static bool host_feed(void *context, struct net_session *session, uint32_t number, struct net_feed_name *name,
        struct net_head *head)
{
	struct peer *peer = context;
	const struct log_feed *known = log_feed(node_log(peer->peers->node), number);
	(void)session;
	if (!may_hold(peer, known->compartment) || (known->is_branch && !peer_knows_branches(peer)))
		return false;
	*name = name_of(known);
	head->seq = known->committed_seq;
	memcpy(head->hash, known->committed_hash.bytes, NET_HEAD_HASH_BYTES);
	return true;
}

static struct node_feed_name name_from(const struct net_feed_name *name)
{
	struct node_feed_name feed = {.compartment = (enum compartment)name->bytes[32]};
	memcpy(feed.device.bytes, name->bytes, 32);
	memcpy(feed.incarnation.bytes, name->bytes + 33, 16);
	return feed;
}

struct feed_id peer_feed_id(const struct net_feed_name *name)
{
	const struct node_feed_name feed = name_from(name);
	struct feed_id id;
	if (!(name->bytes[32] & PEER_NAME_BRANCH))
		return entry_feed_id(&feed.device, feed.compartment, &feed.incarnation);
	memcpy(id.bytes, name->bytes, sizeof(id.bytes));
	return id;
}

static int host_feed_number(void *context, const struct net_feed_name *name, uint32_t *number)
{
	if (name->bytes[32] & PEER_NAME_BRANCH)
		return branch_number(peer_from(context), name, number);
	const struct node_feed_name feed = name_from(name);
	const struct feed_id id = entry_feed_id(&feed.device, feed.compartment, &feed.incarnation);
	if (feed.compartment < COMPARTMENT_MEMBERSHIP || feed.compartment > COMPARTMENT_LAST)
		return ERR_MALFORMED;
	return log_feed_number(node_log(peer_from(context)->peers->node), &id, number) ? 0
	                                                                               : NET_FEED_UNNUMBERED;
}

/* Who people are comes along with early copies: it is little, and they are shown with names. */
static bool waits_for_early(struct peer *peer, enum compartment compartment)
{
	return compartment != COMPARTMENT_TEAM && peer_log_waits(peer);
}

/* Of a device that nobody admitted yet the membership alone is asked for. */
static enum net_feed_order host_name_order(void *context, const struct net_feed_name *name)
{
	struct node *node = peer_from(context)->peers->node;
	const struct node_feed_name feed = name_from(name);
	const struct team_view *view = node_view(node);
	if (name->bytes[32] & PEER_NAME_BRANCH)
		return NET_FEED_NEVER; /* it has a number as soon as its fork is settled here */
	if (feed.compartment == COMPARTMENT_MEMBERSHIP)
		return NET_FEED_FIRST;
	bool is_wanted = view && team_view_device(view, &feed.device) &&
	        node_may_read(node, feed.compartment) && !node_holds_back(node) &&
	        !node_device_is_full(node, &feed.device, feed.compartment) &&
	        !waits_for_early(peer_from(context), feed.compartment);
	return is_wanted ? NET_FEED_LATER : NET_FEED_NEVER;
}

uint64_t peer_claims_until_ms(const struct peer *peer)
{
	uint64_t entries;
	if (!peer->session || !net_session_asking(peer->session, &entries))
		return UINT64_MAX;
	return peer->claimed_ms + LIMIT_CLAIM_MS + entries * LIMIT_CLAIM_ENTRY_MS;
}

/* One session at a time fetches a feed, which has a number or else a name; when it was answered, all others look again (peers.c, ask_all), before
 * it asks anew. Somebody who says that it has feeds, and sends nothing, must not keep them from coming from others. */
static bool claim(struct peer *peer, uint32_t number, const struct net_feed_name *name)
{
	const uint64_t now_ms = env_monotonic_ms(node_env(peer->peers->node));
	for (const struct queue *link = peer->peers->list.next; link != &peer->peers->list;
	        link = link->next) {
		const struct peer *other = queue_member_const(link, struct peer, link);
		if (other == peer || !other->session || other->ended)
			continue;
		const bool fetches = name ? net_session_fetching_name(other->session, name)
		                          : net_session_fetching(other->session, number);
		if (peer->yields || (fetches && now_ms < peer_claims_until_ms(other)))
			return false;
	}
	peer->claimed_ms = now_ms;
	peer->claims_over = false;
	return true;
}

static bool host_name_claim(void *context, struct net_session *session, const struct net_feed_name *name)
{
	(void)session;
	return claim(context, 0, name);
}

static int host_run_came(void *context, struct net_session *session, struct span *run)
{
	(void)session;
	return peer_lengthen_run(context, run);
}

static int host_first_run(void *context, const struct net_feed_name *name, struct span run, uint32_t *number)
{
	const struct node_feed_name feed = name_from(name);
	if (name->bytes[32] & PEER_NAME_BRANCH)
		return NET_RUN_IGNORED;
	return node_begin_feed(peer_from(context)->peers->node, &feed, run, number);
}

static uint64_t host_received(void *context, uint32_t number)
{
	struct peer *peer = context;
	struct node *node = peer->peers->node;
	const struct log_feed *known = log_feed(node_log(node), number);
	const struct net_head head = net_session_peer_head(peer->session, number);
	const bool is_ours = head.seq == known->committed_seq &&
	        memcmp(head.hash, known->committed_hash.bytes, sizeof(head.hash)) == 0;
	return node_ask_from(node, number, is_ours);
}

/* The membership comes first, since the rest is judged by it; keys come by the replicated state, before what is read with them. */
static enum net_feed_order host_order(void *context, uint32_t number)
{
	struct node *node = peer_from(context)->peers->node;
	const struct log_feed *known = log_feed(node_log(node), number);
	if (known->state != LOG_FEED_OPEN || !node_may_read(node, known->compartment))
		return NET_FEED_NEVER;
	if (known->compartment == COMPARTMENT_MEMBERSHIP)
		return NET_FEED_FIRST;
	return node_holds_back(node) || node_device_is_full(node, &known->device, known->compartment) ||
	                waits_for_early(peer_from(context), known->compartment)
	        ? NET_FEED_NEVER
	        : NET_FEED_LATER;
}

static bool host_claim(void *context, struct net_session *session, uint32_t number)
{
	(void)session;
	return claim(context, number, NULL);
}

static int host_announced(
        void *context, struct net_session *session, uint32_t number, const struct net_head *head)
{
	(void)session;
	return node_announced(peer_from(context)->peers->node, number, head->seq, head->hash);
}

static int host_accept(void *context, struct net_session *session, uint32_t number, struct span run)
{
	(void)session;
	const struct peer *peer = peer_from(context);
	struct node *node = peer->peers->node;
	return device_id_eq(&log_feed(node_log(node), number)->device, &peer->device)
	        ? node_receive_run(node, number, run)
	        : node_receive_handed_on(node, number, run);
}

static int host_supply_begin(void *context, struct net_session *session, const struct net_want *wants,
        uint32_t count, uint64_t *entries, uint64_t *bytes)
{
	struct peer *peer = context;
	struct node *node = peer->peers->node;
	(void)session;
	peer_stop_supply(peer);
	peer->gives_records = false;
	struct log_range *ranges = mem_zero(count, sizeof(*ranges));
	for (uint32_t i = 0; i < count; i++) {
		ranges[i] = (struct log_range){wants[i].feed, wants[i].from, wants[i].upto};
		peer->gives_records |= log_feed(node_log(node), wants[i].feed)->compartment !=
		        COMPARTMENT_MEMBERSHIP;
		*entries += wants[i].upto ? wants[i].upto - wants[i].from + 1 : 0;
	}
	*bytes = *entries * node_entry_bytes(node);
	peer->stream = log_stream_new(node_log(node), ranges, count);
	mem_free(ranges);
	return 0;
}

static int host_supply(void *context, struct net_session *session, uint32_t *number, struct span *run)
{
	struct peer *peer = context;
	(void)session;
	/* Begun anew each time that there is room to send (peers.c, pump): a peer that does not read must not hold the database's
	 * old pages. What is asked for is committed and stays. */
	int result = peer->stream_txn ? 0 : node_begin_read(peer->peers->node, &peer->stream_txn);
	if (result)
		return result;
	result = log_stream_next(peer->stream, peer->stream_txn, number, run);
	if (result <= 0)
		return result;
	result = peer_shorten_run(peer, run);
	return result ? result : 1;
}

/* Key rows name dossiers: they are for those who read them, and for relays, which hold them unread. Both sides come to the same part. */
static enum node_state_part part_of(const struct peer *peer)
{
	struct node *node = peer->peers->node;
	const struct team_view *view = node_view(node);
	const struct device_id self = node_device(node);
	bool peer_holds = view &&
	        team_view_level(view, &peer->device, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_RELAY;
	bool self_holds = node_may_read(node, COMPARTMENT_CLINICAL);
	if (peer_holds == self_holds)
		return self_holds ? NODE_STATE_ALL : NODE_STATE_WITHOUT_KEYS;
	node_state_for(node, self_holds ? &peer->device : &self);
	return NODE_STATE_FOR_ONE;
}

static enum node_state_part part_for(const struct peer *peer)
{
	const enum node_state_part part = part_of(peer);
	return net_channel_features(peer->channel) & PEER_FEATURE_MEETINGS
	        ? part
	        : node_state_older(peer->peers->node, part);
}

static uint64_t host_rights_mark(void *context)
{
	return node_rights_mark(peer_from(context)->peers->node);
}

static void host_state_digest(void *context, struct net_session *session, uint8_t digest[NET_DIGEST_BYTES])
{
	(void)session;
	node_state_digest(peer_from(context)->peers->node, part_for(context), digest);
}

static uint32_t host_state_count(void *context, struct net_session *session)
{
	(void)session;
	return node_state_count(peer_from(context)->peers->node, part_for(context));
}

static struct net_state_id host_state_id(void *context, struct net_session *session, uint32_t index)
{
	struct net_state_id id;
	(void)session;
	memcpy(id.bytes, node_state_id(peer_from(context)->peers->node, part_for(context), index),
	        sizeof(id.bytes));
	return id;
}

static struct span host_state_row(void *context, struct net_session *session, uint32_t index)
{
	(void)session;
	return peer_shorten(
	        context, node_state_row(peer_from(context)->peers->node, part_for(context), index));
}

static int host_state_put(void *context, struct net_session *session, struct span row)
{
	(void)session;
	const struct peer *peer = context;
	const int result = peer_lengthen(context, &row);
	return result ? result : node_state_brought(peer->peers->node, row, &peer->device);
}

static void host_clock(void *context, struct net_session *session, uint64_t peer_wall_ms, uint8_t grade)
{
	struct peer *peer = context;
	(void)session;
	(void)grade;
	peer->skew_ms = (int64_t)(peer_wall_ms - env_wall_ms(node_env(peer->peers->node)));
	peer->clock_compared = true;
	peer->compared_offset_ms = peers_clock_offset_ms(peer->peers);
	node_clock_seen(peer->peers->node, &peer->device, peer->skew_ms);
}

static void host_level(void *context, struct net_session *session)
{
	struct peer *peer = context;
	(void)session;
	peer->share_due = true;
	node_met(peer->peers->node, &peer->device, 0);
	node_copy_level(peer->peers->node, &peer->device, peer->early.peer_partial);
	if (!peer->level) {
		peer->level = true;
		peer_changed(peer);
	}
}

int peer_send_bounded(struct peer *peer, uint8_t type, struct span payload)
{
	/* Somebody who asks for much and reads nothing. */
	if (net_channel_unsent_bytes(peer->channel) > LIMIT_SESSION_UNSENT_BYTES)
		return ERR_FULL;
	if (type < PEERS_FRAME_TYPES) {
		peer->peers->sent[type].frames++;
		peer->peers->sent[type].bytes += payload.size;
	}
	return peer_send(peer, type, payload);
}

static int host_send(void *context, struct net_session *session, uint8_t type, struct span payload)
{
	(void)session;
	return peer_send_bounded(context, type, payload);
}

/* Another session's answer is waited for, which may bring the same rows. */
static bool state_is_asked_of_another(const struct peer *peer, uint64_t now_ms)
{
	for (const struct queue *link = peer->peers->list.next; link != &peer->peers->list;
	        link = link->next) {
		const struct peer *other = queue_member_const(link, struct peer, link);
		if (other != peer && other->session && !other->ended &&
		        net_session_asking_state(other->session) &&
		        now_ms - other->state_asked_ms < LIMIT_STATE_CLAIM_MS)
			return true;
	}
	return false;
}

/* In a meeting of many the same row is news from everybody: one is asked, and what it brings makes most of the others equal. Nobody waits for
 * others for long: neither for one that does not answer, nor for one that answers with nothing and always has more. */
static bool host_state_claim(void *context, struct net_session *session)
{
	struct peer *peer = context;
	const uint64_t now_ms = peers_now_ms(peer->peers);
	(void)session;
	if (state_is_asked_of_another(peer, now_ms)) {
		if (!peer->state_kept)
			peer->state_kept_ms = now_ms;
		peer->state_kept = true;
		if (now_ms - peer->state_kept_ms < LIMIT_STATE_CLAIM_MS)
			return false;
	}
	peer->state_kept = false;
	peer->state_asked_ms = now_ms;
	return true;
}

static bool host_state_word(
        void *context, struct net_session *session, uint32_t index, struct net_state_word *word)
{
	struct device_id device;
	(void)session;
	if (!node_state_ack(
	            peer_from(context)->peers->node, part_for(context), index, &device, &word->version))
		return false;
	memcpy(word->name, device.bytes, sizeof(word->name));
	return true;
}

static void host_salt(void *context, uint8_t salt[NET_SALT_BYTES])
{
	env_random_bytes(node_env(peer_from(context)->peers->node), salt, NET_SALT_BYTES);
}

struct net_session_host peer_host(struct peer *peer)
{
	return (struct net_session_host){peer, host_feed_count, host_feed, host_feed_number, host_name_order,
	        host_name_claim, host_run_came, host_first_run, host_received, host_order, host_claim,
	        host_announced, host_accept, host_supply_begin, host_supply, host_rights_mark,
	        host_state_digest, host_state_count, host_state_id, host_state_row, host_state_put,
	        host_clock, host_level, host_send, host_state_claim, host_state_word, host_salt};
}
