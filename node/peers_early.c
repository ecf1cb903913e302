/*
 * Early copies among devices: who is asked for them, who is given which, and what waits meanwhile (net/README.md, section 8).
 *
 * Normal course: a session has compared keys, and more than a third of all entries are missing here: before it asks for records, one session asks for
 * early copies (peer_log_waits()). When they came, or do not come, the records are asked for.
 */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_early.h"
#include "node/peers_state.h"

/* What is asked for: dossiers in use within a month, with what happened in it. A round of today needs no more, and the log brings the rest. */
enum { EARLY_DAYS = 31, EARLY_DAYS_MAX = 92 /* given to whoever asks for more */ };

static struct peers_given *given_of(struct peers *peers, const struct device_id *device)
{
	for (uint32_t i = 0; i < peers->given_count; i++)
		if (device_id_eq(&peers->given[i].device, device))
			return &peers->given[i];
	peers->given = mem_room(peers->given, peers->given_count, &peers->given_room, sizeof(*peers->given));
	peers->given[peers->given_count] = (struct peers_given){.device = *device};
	return &peers->given[peers->given_count++];
}

/* Each question costs LIMIT_EARLY_GIVE_MS; so many are on credit. Devices of the team alone ask. */
static bool pays(struct peers *peers, const struct device_id *device)
{
	const uint64_t now_ms = peers_now_ms(peers);
	struct peers_given *given = given_of(peers, device);
	given->paid_ms = given->paid_ms > now_ms ? given->paid_ms : now_ms;
	if (given->paid_ms > now_ms + (LIMIT_EARLY_GIVES - 1) * LIMIT_EARLY_GIVE_MS)
		return false;
	given->paid_ms += LIMIT_EARLY_GIVE_MS;
	return true;
}

void peers_close_early(struct peers *peers)
{
	mem_free(peers->given);
}

static int host_asked(void *context, const struct net_early_want *want, struct net_early_offer *offer)
{
	struct peer *peer = context;
	const uint32_t days = want->days - 1 < EARLY_DAYS_MAX ? want->days : EARLY_DAYS_MAX;
	peer_stop_early(peer);
	if (!pays(peer->peers, &peer->device))
		return 0; /* none is offered */
	peer->peers->early_gives++;
	peer->giving = node_early_giving_new(
	        peer->peers->node, &peer->device, days, want->held, want->held_count);
	*offer = (struct net_early_offer){
	        node_early_giving_count(peer->giving), node_early_giving_bytes(peer->giving)};
	return 0;
}

void peer_stop_early(struct peer *peer)
{
	node_early_giving_free(peer->giving);
	peer->giving = NULL;
}

static int host_give(void *context, struct buf *out)
{
	struct peer *peer = context;
	if (!peer->giving)
		return 0;
	int result = node_early_give(peer->peers->node, peer->giving, out);
	if (result == 0)
		peer_stop_early(peer);
	return result == NODE_EARLY_LATER ? NET_EARLY_LATER : result;
}

/* By the heads that it announced. */
static bool knows_the_team(const struct peer *peer)
{
	const struct log *log = node_log(peer->peers->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if (feed->compartment == COMPARTMENT_MEMBERSHIP &&
		        net_session_peer_head(peer->session, i).seq < feed->committed_seq)
			return false;
	}
	return true;
}

static int host_take(void *context, struct span copy)
{
	struct peer *peer = context;
	peer->peers->early_copies++;
	peer->peers->early_bytes += copy.size;
	return node_early_take(peer->peers->node, &peer->device, knows_the_team(peer), copy);
}

static int host_send(void *context, uint8_t type, struct span payload)
{
	return peer_send_bounded(context, type, payload);
}

void peer_tell_partial(struct peer *peer)
{
	if (peer->ended || !peer->early.host)
		return;
	int result = net_early_tell(&peer->early, node_copy_is_partial(peer->peers->node));
	if (result < 0)
		peer_end(peer, result);
}

/* Before the session's summary, which may make both level. */
void peer_start_early(struct peer *peer)
{
	peer->early_host = (struct net_early_host){peer, host_asked, host_give, host_take, host_send};
	peer->early = (struct net_early){.host = &peer->early_host};
	peer_tell_partial(peer);
}

int peer_early_frame(struct peer *peer, uint8_t type, struct span payload)
{
	const enum net_early_state before = peer->early.state;
	int result = net_early_receive(&peer->early, peers_now_ms(peer->peers), type, payload);
	if (result == 0 && before != NET_EARLY_OVER && peer->early.state == NET_EARLY_OVER) {
		peer->peers->early_over |= peer->early.copies > 0;
		peer->peers->ask_due = true; /* now the records */
	}
	return result;
}

int peer_pump_early(struct peer *peer)
{
	return peer_may_send(peer) ? net_early_pump(&peer->early, LIMIT_SESSION_QUEUE_BYTES / 8) : 0;
}

/* Until when records wait; 0: they do not. */
static uint64_t waits_until_ms(const struct peers *peers)
{
	uint64_t until_ms = 0;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		const uint64_t due_ms = peer->session && !peer->ended ? net_early_due_ms(&peer->early) : 0;
		until_ms = due_ms > until_ms ? due_ms : until_ms;
	}
	return until_ms;
}

uint64_t peers_early_due_ms(const struct peers *peers)
{
	const uint64_t until_ms = waits_until_ms(peers);
	return until_ms > peers_now_ms(peers) ? until_ms : UINT64_MAX;
}

static bool may_have_some(const struct peer *peer)
{
	const struct team_view *view = node_view(peer->peers->node);
	const struct team_device *device = view ? team_view_device(view, &peer->device) : NULL;
	return device && !device->relay && (net_channel_features(peer->channel) & PEER_FEATURE_EARLY) &&
	        team_view_level(view, &device->id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ;
}

static void ask(struct peer *peer)
{
	struct buf held = {0};
	node_early_held(peer->peers->node, &held);
	peer->peers->early_asks++;
	const struct net_early_want want = {EARLY_DAYS, (const struct record_id *)(const void *)held.data,
	        (uint32_t)(held.size / ID_SHORT_BYTES)};
	int result = net_early_want(&peer->early, peers_now_ms(peer->peers), &want);
	buf_close(&held);
	if (result < 0)
		peer_end(peer, result);
}

bool peer_log_waits(struct peer *peer)
{
	struct peers *peers = peer->peers;
	/* Nothing but membership is asked for yet; or the session begins, and sums up what there is. */
	if (!peer->session || !net_session_state_settled(peer->session))
		return false;
	if (peer->newcomer) /* whose copies they would be is known in a moment (peers.c, recognize) */
		return true;
	if (waits_until_ms(peers) > peers_now_ms(peers))
		return true;
	const struct net_session_progress progress = net_session_progress(peer->session);
	if (peer->early.state != NET_EARLY_IDLE || !progress.peer_complete)
		return false;
	if (net_session_is_useless(peer->session)) /* nothing that it says of what there is */
		return false;
	const bool is_much = node_copy_told(peers->node, &peer->device, progress.missing_here);
	if (!is_much || peers->early_over || peers->early_asks == LIMIT_EARLY_ASKS ||
	        progress.missing_here < peers->early_missing || !node_early_useful(peers->node) ||
	        !may_have_some(peer))
		return false;
	ask(peer);
	return true;
}

void peers_early_from(struct peers *peers, uint64_t missing)
{
	peers->early_missing = missing;
}

void peers_early(const struct peers *peers, uint64_t *copies, uint64_t *bytes)
{
	*copies = peers->early_copies;
	*bytes = peers->early_bytes;
}

uint32_t peers_early_asks(const struct peers *peers)
{
	return peers->early_asks;
}

/* ---- Progress ---------------------------------------------------------------------------------------------------- */

enum { RATE_SAMPLE_MS = 1000, RATE_LEAST_MS = 2000 };

bool peers_any_asking(const struct peers *peers)
{
	uint64_t entries;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		if (peer->session && !peer->ended && net_session_asking(peer->session, &entries))
			return true;
	}
	return false;
}

/* A device announced more than is here. It may have done so over another connection, to which what became level before does not answer; and who says so and gives
 * nothing is not believed. */
static void doubt_partial(struct peers *peers)
{
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		if (!peer->session || peer->ended)
			continue;
		const struct net_session_progress progress = net_session_progress(peer->session);
		if (peer->level && progress.peer_complete && progress.missing_here == 0)
			node_copy_level(peers->node, &peer->device, peer->early.peer_partial);
		else if (net_session_is_useless(peer->session))
			node_copy_doubted(peers->node, &peer->device);
	}
}

/* Time in which nothing was asked for says nothing of the pace. */
void peers_note_rate(struct peers *peers)
{
	if (node_copy(peers->node).is_partial)
		doubt_partial(peers);
	const struct node_copy copy = node_copy(peers->node);
	const uint64_t now_ms = peers_now_ms(peers), records = copy.records;
	if (!copy.is_partial || !peers_any_asking(peers)) {
		peers->sample_at = 0;
		return;
	}
	struct peers_sample *last = &peers->samples[peers->sample_at % PEERS_SAMPLES];
	if (peers->sample_at && now_ms - last->at_ms < RATE_SAMPLE_MS)
		return;
	peers->sample_at++;
	peers->samples[peers->sample_at % PEERS_SAMPLES] = (struct peers_sample){now_ms, records};
}

/* By what came in the last seconds; -1: nothing did, or not for long enough to say. */
static int64_t remaining_s(const struct peers *peers, const struct node_copy *copy)
{
	if (peers->sample_at == 0)
		return -1;
	const uint64_t back = peers->sample_at < PEERS_SAMPLES ? peers->sample_at : PEERS_SAMPLES,
	               now_ms = peers_now_ms(peers);
	const struct peers_sample *first = &peers->samples[(peers->sample_at - back + 1) % PEERS_SAMPLES];
	const uint64_t passed_ms = now_ms - first->at_ms;
	if (passed_ms < RATE_LEAST_MS || copy->records <= first->records)
		return -1;
	const double per_ms = (double)(copy->records - first->records) / (double)passed_ms;
	return (int64_t)((double)(copy->goal - copy->records) / per_ms / 1000) + 1;
}

struct peers_coming peers_coming(const struct peers *peers)
{
	struct peers_coming coming = {.remaining_s = -1};
	const struct node_copy copy = node_copy(peers->node);
	uint64_t entries;
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		const struct peer *peer = queue_member_const(link, struct peer, link);
		if (!peer->session || peer->ended)
			continue;
		if (peer->early.state == NET_EARLY_COMING) {
			coming.early = true;
			coming.early_copies += peer->early.copies;
			coming.early_copies_expected += peer->early.offer.copies;
			coming.early_bytes += peer->early.bytes;
			coming.early_bytes_expected += peer->early.offer.bytes;
		}
		if (!net_session_asking(peer->session, &entries))
			continue;
		const struct net_session_progress progress = net_session_progress(peer->session);
		coming.records = true;
		coming.entries += progress.entries_received;
		coming.entries_expected += progress.entries_expected;
		coming.bytes += progress.bytes_received;
		coming.bytes_expected += progress.bytes_expected;
	}
	if (coming.records && copy.is_partial)
		coming.remaining_s = remaining_s(peers, &copy);
	return coming;
}
