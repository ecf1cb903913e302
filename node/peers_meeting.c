/*
 * When this device signs at a meeting that it has what those have whom it is with (README.md, "Meetings").
 *
 * Normal course, looked at with each tick: somebody who signs is here; all become level; nothing moves for a while; an accord is signed, and goes to everybody
 * as a row of state. Failures: somebody never becomes level, or comes and goes: the others sign after a while without that one. Entries come: signed again later.
 */
#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/limits.h"
#include "node/node_accord.h"
#include "node/peers_state.h"

static int present_cmp(const void *a, const void *b)
{
	return device_id_cmp(
	        &((const struct accord_present *)a)->device, &((const struct accord_present *)b)->device);
}

bool peer_is_level(const struct peer *peer)
{
	const struct net_session_progress progress = net_session_progress(peer->session);
	return peer->level && progress.peer_complete && progress.missing_here == 0 &&
	        progress.missing_there == 0;
}

/* Looking at every feed costs too much for each second: nothing came, and nothing moved here, since it was looked at. */
static bool is_level_still(struct peer *peer, uint64_t sum)
{
	if (peer->even_bytes_in != peer->bytes_in || peer->even_sum != sum ||
	        peer->even_level != peer->level) {
		peer->even = peer_is_level(peer);
		peer->even_bytes_in = peer->bytes_in;
		peer->even_sum = sum;
		peer->even_level = peer->level;
	}
	return peer->even;
}

static bool is_here(const struct peer *peer)
{
	const struct team_view *view = node_view(peer->peers->node);
	return peer->session && !peer->ended && !peer->newcomer && view &&
	        node_signs(peer->peers->node, team_view_device(view, &peer->device));
}

static int64_t ahead_s(const struct peer *peer)
{
	const int64_t skew_s = peer->skew_ms / 1000;
	return skew_s > ACCORD_AHEAD_MAX_S     ? ACCORD_AHEAD_MAX_S
	        : skew_s < -ACCORD_AHEAD_MAX_S ? -ACCORD_AHEAD_MAX_S
	                                       : skew_s;
}

static uint64_t committed_sum(const struct peers *peers)
{
	const struct log *log = node_log(peers->node);
	uint64_t sum = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		sum += log_feed(log, i)->committed_seq;
	return sum;
}

/* Signers over a connection, each once, ascending. */
static uint32_t collect(
        struct peers *peers, uint64_t sum, struct accord_present out[LIMIT_TEAM_DEVICES_ACTIVE])
{
	uint32_t count = 0;
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		if (count == LIMIT_TEAM_DEVICES_ACTIVE || !is_here(peer))
			continue;
		struct accord_present one = {peer->device, is_level_still(peer, sum), ahead_s(peer)};
		uint32_t at = 0;
		while (at < count && !device_id_eq(&out[at].device, &one.device))
			at++;
		if (at < count)
			out[at].is_level |= one.is_level;
		else
			out[count++] = one;
	}
	if (count)
		qsort(out, count, sizeof(*out), present_cmp);
	return count;
}

/* Who is here, and level. */
static void hash_level(
        const struct accord_present *present, uint32_t count, uint8_t out[PEERS_MEETING_WHO_BYTES])
{
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, PEERS_MEETING_WHO_BYTES);
	for (uint32_t i = 0; i < count; i++)
		if (present[i].is_level)
			crypto_generichash_update(&state, present[i].device.bytes, ID_LONG_BYTES);
	crypto_generichash_final(&state, out, PEERS_MEETING_WHO_BYTES);
}

/* ---- What moved ---------------------------------------------------------------------------------------------------- */

static void begin(struct peers_meeting *meeting, const struct peers *peers)
{
	const uint64_t number = meeting->number;
	*meeting = (struct peers_meeting){.is_on = true,
	        .began_wall_ms = env_wall_ms(node_env(peers->node)),
	        .moved_ms = peers_now_ms(peers),
	        .who_ms = peers_now_ms(peers),
	        .unsettled_ms = peers_now_ms(peers),
	        .number = number + 1};
}

static void note_moves(
        struct peers *peers, uint64_t sum, const struct accord_present *present, uint32_t count)
{
	struct peers_meeting *meeting = &peers->meeting;
	const uint64_t now_ms = peers_now_ms(peers);
	uint8_t who[PEERS_MEETING_WHO_BYTES];
	bool all_level = true;
	hash_level(present, count, who);
	for (uint32_t i = 0; i < count; i++)
		all_level &= present[i].is_level;
	if (sum != meeting->sum)
		meeting->moved_ms = now_ms;
	if (memcmp(who, meeting->who, sizeof(who)) != 0)
		meeting->who_ms = now_ms;
	if ((memcmp(who, meeting->who, sizeof(who)) != 0 || !all_level) && !meeting->unsettled_ms)
		meeting->unsettled_ms = now_ms;
	if (sum != meeting->sum || memcmp(who, meeting->who, sizeof(who)) != 0)
		meeting->number++;
	meeting->sum = sum;
	meeting->all_level = all_level;
	memcpy(meeting->who, who, sizeof(who));
}

/* Has everything come to rest, or been waited for long enough? */
static bool is_settled(const struct peers_meeting *meeting, uint64_t now_ms)
{
	const bool waited = meeting->unsettled_ms && now_ms - meeting->unsettled_ms >= LIMIT_ACCORD_WAIT_MS;
	return now_ms - meeting->moved_ms >= LIMIT_ACCORD_QUIET_MS &&
	        (waited || (meeting->all_level && now_ms - meeting->who_ms >= LIMIT_ACCORD_QUIET_MS));
}

/* Somebody's clock, or ours, is another one than was signed: moments do not fit together any more. */
static bool clocks_moved(const struct peers *peers, const struct accord_present *present, uint32_t count)
{
	const struct device_id self = node_device(peers->node);
	const struct accord *last = node_accord_of(peers->node, &self);
	const int64_t own_ms = peers_clock_offset_ms(peers) - peers->meeting.signed_offset_ms;
	if (own_ms > PEERS_CLOCK_SIGNED_S * 1000 || own_ms < -PEERS_CLOCK_SIGNED_S * 1000)
		return true;
	for (uint32_t i = 0; last && i < count; i++) {
		const struct accord_present *then = accord_find_present(last, &present[i].device);
		const int64_t moved_s = then ? present[i].ahead_s - then->ahead_s : 0;
		if (moved_s > PEERS_CLOCK_SIGNED_S || moved_s < -PEERS_CLOCK_SIGNED_S)
			return true;
	}
	return false;
}

static bool is_due(const struct peers *peers, const struct accord_present *present, uint32_t count)
{
	const struct peers_meeting *meeting = &peers->meeting;
	/* Everybody's goes to everybody: the more are here, the seldomer. */
	const uint64_t ago_ms = peers_now_ms(peers) - meeting->signed_ms,
	               more_ms = (uint64_t)count * LIMIT_ACCORD_EACH_MS;
	if (!meeting->has_signed)
		return true;
	if (memcmp(meeting->signed_who, meeting->who, sizeof(meeting->who)) != 0 ||
	        clocks_moved(peers, present, count))
		return ago_ms >= LIMIT_ACCORD_AGAIN_MS + more_ms;
	return meeting->signed_sum != meeting->sum && ago_ms >= LIMIT_ACCORD_MOVED_MS + more_ms;
}

/* ---- Signing ------------------------------------------------------------------------------------------------------- */

static void sign(struct peers *peers, const struct accord_present *present, uint32_t count)
{
	struct peers_meeting *meeting = &peers->meeting;
	uint64_t last_ms;
	node_last_meeting(peers->node, false, &last_ms);
	const uint64_t wall_ms = env_wall_ms(node_env(peers->node));
	/* After the program was started anew it is the same meeting. */
	const bool is_first = !meeting->has_signed &&
	        (wall_ms < last_ms || wall_ms - last_ms > LIMIT_MEETING_OVER_MS);
	if (node_sign_accord(peers->node, present, count, is_first))
		return; /* at a later tick */
	meeting->has_signed = true;
	meeting->signed_ms = peers_now_ms(peers);
	meeting->signed_sum = meeting->sum;
	meeting->signed_offset_ms = peers_clock_offset_ms(peers);
	memcpy(meeting->signed_who, meeting->who, sizeof(meeting->who));
	meeting->unsettled_ms = 0;
	meeting->number++;
}

/* Somebody comes to a device that is with others all day. */
static bool is_another_meeting(const struct peers_meeting *meeting, uint64_t now_ms)
{
	return meeting->has_signed && now_ms - meeting->signed_ms > LIMIT_MEETING_LONG_MS &&
	        memcmp(meeting->signed_who, meeting->who, sizeof(meeting->who)) != 0;
}

void peers_tick_meeting(struct peers *peers)
{
	struct peers_meeting *meeting = &peers->meeting;
	struct accord_present present[LIMIT_TEAM_DEVICES_ACTIVE];
	const struct team_view *view = node_view(peers->node);
	const struct device_id self = node_device(peers->node);
	const uint64_t now_ms = peers_now_ms(peers), sum = committed_sum(peers);
	const uint32_t count = view ? collect(peers, sum, present) : 0;
	if (count)
		meeting->seen_ms = now_ms;
	if (!count && meeting->is_on && now_ms - meeting->seen_ms > LIMIT_MEETING_OVER_MS) {
		meeting->is_on = false;
		meeting->number++;
	}
	if (!count)
		return;
	if (!meeting->is_on) {
		begin(meeting, peers);
		meeting->seen_ms = now_ms;
	}
	note_moves(peers, sum, present, count);
	if (is_another_meeting(meeting, now_ms)) {
		meeting->has_signed = false;
		meeting->began_wall_ms = env_wall_ms(node_env(peers->node));
	}
	if (is_settled(meeting, now_ms) && is_due(peers, present, count) && node_idle(peers->node) &&
	        node_signs(peers->node, team_view_device(view, &self)))
		sign(peers, present, count);
}

static bool is_together(const struct peers *peers)
{
	for (const struct queue *link = peers->list.next; link != &peers->list; link = link->next)
		if (is_here(queue_member_const(link, struct peer, link)))
			return true;
	return false;
}

struct peers_meeting_status peers_meeting(const struct peers *peers)
{
	const struct peers_meeting *meeting = &peers->meeting;
	return (struct peers_meeting_status){.is_on = meeting->is_on,
	        .is_together = is_together(peers),
	        .has_signed = meeting->has_signed,
	        .is_current = meeting->has_signed && meeting->signed_sum == meeting->sum &&
	                memcmp(meeting->signed_who, meeting->who, sizeof(meeting->who)) == 0,
	        .began_wall_ms = meeting->began_wall_ms,
	        .number = meeting->number + node_accords_mark(peers->node)};
}

/* ---- Clocks -------------------------------------------------------------------------------------------------------- */

int64_t peers_clock_offset_ms(const struct peers *peers)
{
	const struct env *env = node_env(peers->node);
	return (int64_t)(env_wall_ms(env) - env_monotonic_ms(env));
}

/* By how much this machine's clock was set since then. */
static int64_t set_ms(const struct peer *peer, int64_t offset_ms)
{
	return peers_clock_offset_ms(peer->peers) - offset_ms;
}

static bool is_set(const struct peer *peer, int64_t offset_ms)
{
	const int64_t ms = set_ms(peer, offset_ms);
	return ms > PEERS_CLOCK_SET_MS || ms < -PEERS_CLOCK_SET_MS;
}

static void compare_again(struct peer *peer)
{
	peer->skew_ms -= set_ms(peer, peer->compared_offset_ms);
	peer->compared_offset_ms = peers_clock_offset_ms(peer->peers);
	node_clock_seen(peer->peers->node, &peer->device, peer->skew_ms);
	peer->peers->meeting.number++;
}

static void tell_again(struct peer *peer)
{
	struct node *node = peer->peers->node;
	peer->told_offset_ms = peers_clock_offset_ms(peer->peers);
	const int result = net_session_tell_clock(
	        peer->session, env_wall_ms(node_env(node)), node_clock_grade(node));
	if (result < 0)
		peer_end(peer, result);
}

void peers_watch_clock(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		if (!peer->session || peer->ended)
			continue;
		if (peer->clock_compared && is_set(peer, peer->compared_offset_ms))
			compare_again(peer);
		if (is_set(peer, peer->told_offset_ms))
			tell_again(peer);
	}
}
