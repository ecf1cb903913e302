/*
 * Normal course: both sides send CLOCK and SUMMARY, and whoever sees that the other has something else sends FEEDS and HEADS (complete). Whoever lacks entries
 * sends WANT; the answer is SUPPLY (counts), RUN ..., SUPPLIED; then it looks again. One WANT is open at a time. New heads are told as they come.
 *
 * What a session waits for stands in one place, net_session_ask(): every event that could end a wait leads there. Long because
 * whoever changes one of these waits has to see all of them.
 *
 * A feed that the owner has no number for is kept by its name, in the peer's table, until a run of it comes that the owner gives it a number
 * for: names cost their sender nothing.
 *
 * Failures: an answer that brings nothing new puts the feeds it was about to rest until their heads move again or the owner calls
 * net_session_wake(), so that two nodes that cannot help each other fall silent instead of asking in a circle.
 *
 * Long because all of it works on the one struct that says what either side knows of the other.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "net/session_inside.h"

enum { HEADS_COMPLETE = 1 };

/* In the open WANT, a feed without a number is its place in the peer's table above this. */
enum { UNNUMBERED = LIMIT_FEEDS };

static struct feed_state *feed_state(struct net_session *session, uint32_t feed)
{
	if (feed >= session->feed_count) {
		uint32_t count = feed + 16;
		session->feeds = mem_resize(session->feeds, count, sizeof(*session->feeds));
		for (uint32_t i = session->feed_count; i < count; i++)
			session->feeds[i] = (struct feed_state){
			        .index_there = NO_FEED, .index_here = NO_FEED};
		session->feed_count = count;
	}
	return &session->feeds[feed];
}

/* ---- Telling what we have --------------------------------------------------------------------------------------- */

static bool readable(
        struct net_session *session, uint32_t feed, struct net_feed_name *name, struct net_head *head)
{
	return session->host->feed(session->host->context, session, feed, name, head) && head->seq > 0;
}

static bool told(const struct feed_state *state, const struct net_head *head)
{
	return state->index_here != NO_FEED && state->told.seq == head->seq &&
	        memcmp(state->told.hash, head->hash, NET_HEAD_HASH_BYTES) == 0;
}

static int send_names(struct net_session *session, uint32_t feed_count)
{
	struct buf names = {0};
	uint32_t count = 0;
	struct net_feed_name name;
	struct net_head head;
	for (uint32_t feed = 0; feed < feed_count && count < LIMIT_SESSION_ITEMS; feed++) {
		struct feed_state *state = feed_state(session, feed);
		if (state->index_here != NO_FEED || !readable(session, feed, &name, &head))
			continue;
		state->index_here = session->named_here_count++;
		buf_add(&names, name.bytes, sizeof(name.bytes));
		count++;
	}
	buf_clear(&session->out);
	wire_put_varint(&session->out, count);
	buf_add_span(&session->out, buf_span(&names));
	buf_close(&names);
	return count ? session_send(session, NET_FRAME_FEEDS) : 0;
}

static int send_heads(struct net_session *session, uint32_t feed_count, uint8_t flags)
{
	struct buf heads = {0};
	uint32_t count = 0;
	struct net_feed_name name;
	struct net_head head;
	for (uint32_t feed = 0; feed < feed_count && count < LIMIT_SESSION_ITEMS; feed++) {
		struct feed_state *state = feed_state(session, feed);
		if (!readable(session, feed, &name, &head) || state->index_here == NO_FEED ||
		        (state->told.seq && told(state, &head)))
			continue;
		wire_put_varint(&heads, state->index_here);
		wire_put_varint(&heads, head.seq);
		buf_add(&heads, head.hash, NET_HEAD_HASH_BYTES);
		state->told = head;
		count++;
	}
	buf_clear(&session->out);
	wire_put_u8(&session->out, flags);
	wire_put_varint(&session->out, count);
	buf_add_span(&session->out, buf_span(&heads));
	buf_close(&heads);
	return count || flags ? session_send(session, NET_FRAME_HEADS) : 0;
}

static int tell_heads(struct net_session *session, uint8_t flags)
{
	if (!session->opened)
		return 0; /* all is told when the other side's summary came */
	uint32_t feed_count = session->host->feed_count(session->host->context);
	int result = send_names(session, feed_count);
	return result ? result : send_heads(session, feed_count, flags);
}

int net_session_heads_changed(struct net_session *session)
{
	return tell_heads(session, 0);
}

/* ---- The start -------------------------------------------------------------------------------------------------- */

static int summary_cmp(const void *a, const void *b)
{
	return memcmp(((const struct summary_feed *)a)->name.bytes,
	        ((const struct summary_feed *)b)->name.bytes, NET_FEED_NAME_BYTES);
}

static void hash_head(crypto_generichash_state *state, const struct summary_feed *feed)
{
	uint8_t seq[8];
	for (unsigned i = 0; i < sizeof(seq); i++)
		seq[i] = (uint8_t)(feed->head.seq >> (8 * i));
	crypto_generichash_update(state, feed->name.bytes, sizeof(feed->name.bytes));
	crypto_generichash_update(state, seq, sizeof(seq));
	crypto_generichash_update(state, feed->head.hash, sizeof(feed->head.hash));
}

/* All that this peer may read, in an order that both sides come to, and its digests. */
static struct session_summary *sum_up(struct net_session *session)
{
	const struct net_session_host *host = session->host;
	const uint32_t count = host->feed_count(host->context);
	struct session_summary *summary = mem_zero(1, sizeof(*summary));
	crypto_generichash_state names, first, heads;
	summary->feeds = mem_zero(count + 1, sizeof(*summary->feeds));
	for (uint32_t feed = 0; feed < count; feed++) {
		struct summary_feed *next = &summary->feeds[summary->count];
		next->feed = feed;
		summary->count += readable(session, feed, &next->name, &next->head);
	}
	qsort(summary->feeds, summary->count, sizeof(*summary->feeds), summary_cmp);
	crypto_generichash_init(&names, NULL, 0, SUMMARY_DIGEST_BYTES);
	crypto_generichash_init(&first, NULL, 0, SUMMARY_DIGEST_BYTES);
	crypto_generichash_init(&heads, NULL, 0, SUMMARY_DIGEST_BYTES);
	for (uint32_t i = 0; i < summary->count; i++) {
		const struct summary_feed *feed = &summary->feeds[i];
		crypto_generichash_update(&names, feed->name.bytes, sizeof(feed->name.bytes));
		if (host->order(host->context, feed->feed) == NET_FEED_FIRST)
			hash_head(&first, feed);
		hash_head(&heads, feed);
	}
	crypto_generichash_final(&names, summary->digests.names, SUMMARY_DIGEST_BYTES);
	crypto_generichash_final(&first, summary->digests.first, SUMMARY_DIGEST_BYTES);
	crypto_generichash_final(&heads, summary->digests.heads, SUMMARY_DIGEST_BYTES);
	return summary;
}

static void forget_summary(struct net_session *session)
{
	if (session->summary)
		mem_free(session->summary->feeds);
	mem_free(session->summary);
	session->summary = NULL;
}

static int send_summary(struct net_session *session)
{
	session->summary = sum_up(session);
	buf_clear(&session->out);
	buf_add(&session->out, session->summary->digests.names, SUMMARY_DIGEST_BYTES);
	buf_add(&session->out, session->summary->digests.first, SUMMARY_DIGEST_BYTES);
	buf_add(&session->out, session->summary->digests.heads, SUMMARY_DIGEST_BYTES);
	session_begin_state(session, &session->out);
	return session_send(session, NET_FRAME_SUMMARY);
}

int net_session_tell_clock(struct net_session *session, uint64_t wall_ms, uint8_t clock_grade)
{
	buf_clear(&session->out);
	wire_put_u64(&session->out, wall_ms);
	wire_put_u8(&session->out, clock_grade);
	return session_send(session, NET_FRAME_CLOCK);
}

struct net_session *net_session_new(
        const struct net_session_host *host, uint64_t wall_ms, uint8_t clock_grade)
{
	struct net_session *session = mem_zero(1, sizeof(*session));
	session->host = host;
	/* A failure to send shows again in the channel; the owner closes it there. */
	if (net_session_tell_clock(session, wall_ms, clock_grade) == 0)
		send_summary(session);
	return session;
}

void net_session_free(struct net_session *session)
{
	if (!session)
		return;
	forget_summary(session);
	mem_free(session->feeds);
	mem_free(session->named_there);
	mem_free(session->asked);
	buf_close(&session->out);
	mem_free(session);
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

/* Zero for a feed that the peer never named, of which the owner may know nothing either. */
static uint64_t gap(const struct net_session *session, uint32_t feed)
{
	const struct feed_state *state = &session->feeds[feed];
	if (state->index_there == NO_FEED)
		return 0;
	uint64_t have = session->host->received(session->host->context, feed);
	return state->peer.seq > have ? state->peer.seq - have : 0;
}

/* Entries of feeds that have no number here. */
static uint64_t unnumbered_gap(const struct net_session *session)
{
	uint64_t entries = 0;
	for (uint32_t i = 0; i < session->named_there_count; i++)
		if (session->named_there[i].feed == NO_FEED)
			entries += session->named_there[i].head.seq;
	return entries;
}

static bool lacks_nothing(struct net_session *session)
{
	for (uint32_t feed = 0; feed < session->feed_count; feed++)
		if (gap(session, feed))
			return false;
	return session->peer_complete && unnumbered_gap(session) == 0;
}

static void put_want(struct net_session *session, uint32_t feed, uint32_t index_there, uint64_t from,
        uint64_t upto, struct buf *wants)
{
	wire_put_varint(wants, index_there);
	wire_put_varint(wants, from);
	wire_put_varint(wants, upto);
	session->asked[session->asked_count++] = (struct net_want){feed, from, upto};
}

/* The feed has a number from now on: what was known of it by its name goes there. */
static int number_feed(struct net_session *session, uint32_t index, uint32_t feed)
{
	struct feed_state *state = feed_state(session, feed);
	struct named_feed *named = &session->named_there[index];
	if (state->index_there != NO_FEED)
		return ERR_MALFORMED; /* named twice */
	state->index_there = index;
	state->peer = named->head;
	state->fetching = named->fetching;
	state->resting = named->resting;
	named->feed = feed;
	for (uint32_t i = 0; i < session->asked_count; i++)
		if (session->asked[i].feed == UNNUMBERED + index)
			session->asked[i].feed = feed;
	return named->head.seq ? session->host->announced(session->host->context, session, feed, &named->head)
	                       : 0;
}

/* Another session, or the owner itself, may have come to something of such a feed. */
static int look_for_number(struct net_session *session, uint32_t index)
{
	uint32_t feed;
	int result = session->host->feed_number(
	        session->host->context, &session->named_there[index].name, &feed);
	if (result)
		return result < 0 ? result : 0;
	return number_feed(session, index, feed);
}

bool net_session_is_useless(const struct net_session *session)
{
	return session->useless >= LIMIT_USELESS_ANSWERS;
}

/* It is asked no more, but for one try now and then. */
static bool is_useless(const struct net_session *session)
{
	return net_session_is_useless(session) && !session->tries;
}

/* The feeds of this order that have no number here; as ask_feeds(). */
static void ask_unnumbered(
        struct net_session *session, enum net_feed_order order, uint32_t *lacking, struct buf *wants)
{
	const struct net_session_host *host = session->host;
	uint32_t names = 0;
	for (uint32_t i = 0; i < session->named_there_count; i++) {
		struct named_feed *named = &session->named_there[i];
		if (named->feed != NO_FEED || named->resting || named->head.seq == 0 ||
		        host->name_order(host->context, &named->name) != order)
			continue;
		++*lacking;
		if (is_useless(session) || session->asked_count == LIMIT_SESSION_ITEMS ||
		        names == LIMIT_NAMES_ASKED || !host->name_claim(host->context, session, &named->name))
			continue;
		put_want(session, UNNUMBERED + i, i, 1, named->head.seq, wants);
		named->fetching = true;
		names++;
	}
}

static int look_for_numbers(struct net_session *session)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < session->named_there_count; i++)
		if (session->named_there[i].feed == NO_FEED)
			result = look_for_number(session, i);
	return result;
}

/* Ask for the feeds of this order that are behind. *lacking counts them, also those that another session is fetching. */
static int ask_feeds(struct net_session *session, enum net_feed_order order, uint32_t *lacking)
{
	const struct net_session_host *host = session->host;
	struct buf wants = {0};
	int result = look_for_numbers(session);
	*lacking = 0;
	if (result)
		return result;
	session->asked = mem_resize(session->asked, session->feed_count + session->named_there_count + 1,
	        sizeof(*session->asked));
	for (uint32_t feed = 0; feed < session->feed_count && session->asked_count < LIMIT_SESSION_ITEMS;
	        feed++) {
		struct feed_state *state = &session->feeds[feed];
		if (!gap(session, feed) || state->resting || host->order(host->context, feed) != order)
			continue;
		++*lacking;
		if (is_useless(session) || !host->claim(host->context, session, feed))
			continue;
		put_want(session, feed, state->index_there, host->received(host->context, feed) + 1,
		        state->peer.seq, &wants);
		state->fetching = true;
	}
	ask_unnumbered(session, order, lacking, &wants);
	const uint32_t count = session->asked_count;
	session->asked_order = order;
	session->answer_entries = 0;
	session->tries &= count == 0;
	buf_clear(&session->out);
	wire_put_varint(&session->out, count);
	buf_add_span(&session->out, buf_span(&wants));
	buf_close(&wants);
	return count ? session_send(session, NET_FRAME_WANT) : 0;
}

int net_session_ask(struct net_session *session)
{
	const bool asked = session->asked_count > 0;
	if (!session->peer_complete && !session->level_first)
		return 0; /* nothing is known of what the others are judged by */
	uint32_t lacking = asked && session->asked_order == NET_FEED_FIRST;
	int result = asked ? 0 : ask_feeds(session, NET_FEED_FIRST, &lacking);
	if (result || lacking)
		return result;
	result = session_ask_state(session);
	if (result || asked || !net_session_state_settled(session))
		return result;
	result = ask_feeds(session, NET_FEED_LATER, &lacking);
	if (result == 0 && !lacking && lacks_nothing(session))
		session->host->level(session->host->context, session);
	return result;
}

int net_session_wake(struct net_session *session)
{
	for (uint32_t feed = 0; feed < session->feed_count; feed++)
		session->feeds[feed].resting = false;
	for (uint32_t i = 0; i < session->named_there_count; i++)
		session->named_there[i].resting = false;
	return net_session_ask(session);
}

static void answer_ended(struct net_session *session)
{
	for (uint32_t i = 0; i < session->asked_count; i++) {
		const struct net_want *want = &session->asked[i];
		if (want->feed >= UNNUMBERED) {
			struct named_feed *named = &session->named_there[want->feed - UNNUMBERED];
			named->fetching = false;
			named->resting = named->head.seq == want->upto;
			continue;
		}
		struct feed_state *state = &session->feeds[want->feed];
		state->fetching = false;
		/* A head that moved meanwhile is worth another question. */
		state->resting = state->peer.seq == want->upto &&
		        session->host->received(session->host->context, want->feed) < want->from;
	}
	session->asked_count = 0;
	session->useless = session->answer_entries ? 0 : session->useless + 1;
}

bool net_session_fetching(const struct net_session *session, uint32_t feed)
{
	return feed < session->feed_count && session->feeds[feed].fetching;
}

bool net_session_fetching_name(const struct net_session *session, const struct net_feed_name *name)
{
	for (uint32_t i = 0; i < session->asked_count; i++)
		if (session->asked[i].feed >= UNNUMBERED &&
		        memcmp(session->named_there[session->asked[i].feed - UNNUMBERED].name.bytes,
		                name->bytes, sizeof(name->bytes)) == 0)
			return true;
	return false;
}

bool net_session_asking(const struct net_session *session, uint64_t *entries)
{
	*entries = session->answer_entries;
	return session->asked_count > 0;
}

/* A frame came that may have ended a wait. Looking passes through all feeds and names: who sends many small frames does not buy that with each. */
int session_ask_after_frame(struct net_session *session)
{
	if (session->asks < LIMIT_SESSION_ASKS) {
		session->asks++;
		return net_session_ask(session);
	}
	session->asks_late = true;
	return 0;
}

void net_session_tick(struct net_session *session)
{
	session->tries = session->tries_rows = true;
}

int net_session_turn(struct net_session *session)
{
	const bool is_due = session->asks_late;
	session->asks = 0;
	session->asks_late = false;
	return is_due ? net_session_ask(session) : 0;
}

/* ---- Frames that arrive ----------------------------------------------------------------------------------------- */

/* One more name in the peer's table, which has room. */
static int take_name(struct net_session *session, const struct net_feed_name *name)
{
	const uint32_t index = session->named_there_count++;
	session->named_there[index] = (struct named_feed){.feed = NO_FEED, .name = *name};
	return look_for_number(session, index);
}

/* Room for that many more. */
static int open_table(struct net_session *session, uint32_t count)
{
	if (session->named_there_count + count > LIMIT_FEEDS)
		return ERR_TOOBIG;
	session->named_there = mem_resize(
	        session->named_there, session->named_there_count + count + 1, sizeof(*session->named_there));
	return 0;
}

static int receive_feeds(struct net_session *session, struct wire_in *in)
{
	uint32_t count = wire_count(in, LIMIT_SESSION_ITEMS, NET_FEED_NAME_BYTES);
	int result = open_table(session, count);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		struct net_feed_name name;
		wire_raw(in, name.bytes, sizeof(name.bytes));
		result = in->error ? in->error : take_name(session, &name);
	}
	return result ? result : wire_end(in);
}

static int take_head(struct net_session *session, uint32_t index, const struct net_head *head)
{
	struct named_feed *named = &session->named_there[index];
	named->heard = *head;
	if (named->feed == NO_FEED) {
		named->resting &= named->head.seq == head->seq;
		named->head = *head;
		return 0;
	}
	uint32_t feed = named->feed;
	session->feeds[feed].resting &= session->feeds[feed].peer.seq == head->seq;
	session->feeds[feed].peer = *head;
	return session->host->announced(session->host->context, session, feed, head);
}

static int receive_head(struct net_session *session, struct wire_in *in)
{
	uint64_t index = wire_varint(in);
	struct net_head head = {.seq = wire_varint(in)};
	wire_raw(in, head.hash, NET_HEAD_HASH_BYTES);
	if (in->error)
		return in->error;
	return index < session->named_there_count && head.seq ? take_head(session, (uint32_t)index, &head)
	                                                      : ERR_MALFORMED;
}

static int receive_heads(struct net_session *session, struct wire_in *in)
{
	uint8_t flags = wire_u8(in);
	uint32_t count = wire_count(in, LIMIT_SESSION_ITEMS, 2 + NET_HEAD_HASH_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		int result = receive_head(session, in);
		if (result < 0)
			return result;
	}
	if (flags & HEADS_COMPLETE)
		session->peer_complete = true;
	int result = wire_end(in);
	return result ? result : session_ask_after_frame(session);
}

/* The same names on both sides are both tables, in their order. */
static int same_names(struct net_session *session)
{
	const struct session_summary *summary = session->summary;
	int result = open_table(session, summary->count);
	for (uint32_t i = 0; result == 0 && i < summary->count; i++) {
		feed_state(session, summary->feeds[i].feed)->index_here = i;
		result = take_name(session, &summary->feeds[i].name);
	}
	session->named_here_count = summary->count;
	return result;
}

/* So are the heads. Those that moved here meanwhile are told after. */
static int same_heads(struct net_session *session)
{
	const struct session_summary *summary = session->summary;
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < summary->count; i++) {
		feed_state(session, summary->feeds[i].feed)->told = summary->feeds[i].head;
		result = take_head(session, i, &summary->feeds[i].head);
	}
	session->peer_complete = true;
	return result;
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, SUMMARY_DIGEST_BYTES) == 0;
}

static int receive_summary(struct net_session *session, struct wire_in *in)
{
	struct session_digests there;
	wire_raw(in, there.names, sizeof(there.names));
	wire_raw(in, there.first, sizeof(there.first));
	wire_raw(in, there.heads, sizeof(there.heads));
	session_hear_state(session, in);
	int result = session->opened || session->named_there_count ? ERR_MALFORMED : wire_end(in);
	if (result)
		return result;
	const struct session_digests *here = &session->summary->digests;
	const bool names = is_same(here->names, there.names),
	           heads = names && is_same(here->heads, there.heads);
	session->opened = true;
	session->level_first = is_same(here->first, there.first);
	if (names)
		result = same_names(session);
	if (result == 0 && heads)
		result = same_heads(session);
	forget_summary(session);
	if (result == 0)
		result = tell_heads(session, heads ? 0 : HEADS_COMPLETE);
	if (result == 0)
		result = net_session_state_changed(session, true);
	return result ? result : net_session_ask(session);
}

/* The owner's number of the feed that has `index` in our own table. */
static uint32_t feed_named_here(const struct net_session *session, uint64_t index)
{
	for (uint32_t feed = 0; feed < session->feed_count; feed++)
		if (session->feeds[feed].index_here == index)
			return feed;
	return NO_FEED;
}

static int read_want(struct net_session *session, struct wire_in *in, struct net_want *want)
{
	uint64_t index = wire_varint(in);
	struct net_feed_name name;
	struct net_head head;
	want->from = wire_varint(in);
	want->upto = wire_varint(in);
	want->feed = in->error ? NO_FEED : feed_named_here(session, index);
	/* Each feed once: every range has its own place to read from. */
	if (want->feed == NO_FEED || want->from == 0 || want->from > want->upto ||
	        session->feeds[want->feed].wanted)
		return in->error ? in->error : ERR_MALFORMED;
	session->feeds[want->feed].wanted = session->feeds[want->feed].eager = true;
	session->feeds[want->feed].enough = false;
	/* What this peer may no longer read is answered with nothing. */
	if (!readable(session, want->feed, &name, &head) || head.seq < want->from)
		want->upto = 0;
	else if (want->upto > head.seq)
		want->upto = head.seq;
	return 0;
}

static int read_wants(struct net_session *session, struct wire_in *in, struct net_want *wants, uint32_t count)
{
	int result = 0;
	uint32_t read = 0;
	for (; result == 0 && read < count; read++)
		result = read_want(session, in, &wants[read]);
	for (uint32_t i = 0; i < read; i++)
		if (wants[i].feed != NO_FEED)
			session->feeds[wants[i].feed].wanted = false;
	return result ? result : wire_end(in);
}

static int receive_want(struct net_session *session, struct wire_in *in)
{
	uint32_t count = wire_count(in, LIMIT_SESSION_ITEMS, 3);
	uint64_t entries = 0, bytes = 0;
	if (session->supplying)
		return ERR_MALFORMED; /* one at a time */
	struct net_want *wants = mem_zero(count, sizeof(*wants));
	int result = read_wants(session, in, wants, count);
	if (result == 0)
		result = session->host->supply_begin(
		        session->host->context, session, wants, count, &entries, &bytes);
	mem_free(wants);
	if (result)
		return result;
	session->supplying = true;
	buf_clear(&session->out);
	wire_put_varint(&session->out, entries);
	wire_put_varint(&session->out, bytes);
	return session_send(session, NET_FRAME_SUPPLY);
}

static int receive_supply(struct net_session *session, struct wire_in *in)
{
	struct net_session_progress *progress = &session->progress;
	progress->entries_expected = wire_varint(in);
	progress->bytes_expected = wire_varint(in);
	progress->entries_received = progress->bytes_received = 0;
	return session->asked_count ? wire_end(in) : ERR_MALFORMED;
}

/* Somebody else was sooner: the peer may spare the next ones. */
static int say_enough(struct net_session *session, uint32_t feed, size_t run_bytes)
{
	session->progress.bytes_again += run_bytes;
	buf_clear(&session->out);
	wire_put_varint(&session->out, session->feeds[feed].index_there);
	return session_send(session, NET_FRAME_ENOUGH);
}

static int receive_enough(struct net_session *session, struct wire_in *in)
{
	uint64_t index = wire_varint(in);
	uint32_t feed = in->error ? NO_FEED : feed_named_here(session, index);
	if (feed == NO_FEED)
		return in->error ? in->error : ERR_MALFORMED;
	session->feeds[feed].eager = false;
	session->feeds[feed].enough = true;
	return wire_end(in);
}

/* NET_RUN_IGNORED: the feed is given no number, and nothing of it is taken. */
static int first_run(struct net_session *session, uint32_t index, struct span run)
{
	uint32_t feed;
	int result = session->host->first_run(
	        session->host->context, &session->named_there[index].name, run, &feed);
	return result ? result : number_feed(session, index, feed);
}

/* What is new of a run, which has so many entries at most. A feed that is compared from its start seems to be here at once when it proves to be the same: a
 * claim is no longer for that. */
static uint64_t entries_taken(int result, uint64_t before, uint64_t now)
{
	const uint64_t gained = result == 0 && now > before ? now - before : 0;
	return gained < LIMIT_UNSIGNED_RUN ? gained : LIMIT_UNSIGNED_RUN;
}

static int receive_run(struct net_session *session, struct wire_in *in)
{
	uint64_t index = wire_varint(in);
	if (in->error || index >= session->named_there_count)
		return in->error ? in->error : ERR_MALFORMED;
	struct span run = wire_span(in, wire_left(in));
	int result = session->host->run_came(session->host->context, session, &run);
	if (result == 0 && session->named_there[index].feed == NO_FEED)
		result = first_run(session, (uint32_t)index, run);
	if (result)
		return result < 0 ? result : 0;
	uint32_t feed = session->named_there[index].feed;
	uint64_t before = session->host->received(session->host->context, feed);
	result = session->host->accept(session->host->context, session, feed, run);
	if (result < 0)
		return result;
	uint64_t now = session->host->received(session->host->context, feed);
	const uint64_t taken = entries_taken(result, before, now);
	session->progress.entries_received += taken;
	session->answer_entries += taken;
	session->progress.bytes_received += run.size;
	/* A pushed run may come before the head that announces it. */
	struct feed_state *state = feed_state(session, feed);
	if (now > state->peer.seq)
		state->peer.seq = now;
	return result == NET_RUN_KNOWN && !state->fetching ? say_enough(session, feed, run.size) : 0;
}

static int receive_supplied(struct net_session *session, struct wire_in *in)
{
	int result = session->asked_count ? wire_end(in) : ERR_MALFORMED;
	if (result)
		return result;
	answer_ended(session);
	return session_ask_after_frame(session);
}

static int receive_clock(struct net_session *session, struct wire_in *in)
{
	uint64_t wall_ms = wire_u64(in);
	uint8_t grade = wire_u8(in);
	int result = wire_end(in);
	if (result == 0)
		session->host->clock(session->host->context, session, wall_ms, grade);
	return result;
}

int net_session_receive(struct net_session *session, uint8_t type, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	switch (type) {
	case NET_FRAME_SUMMARY:
		return receive_summary(session, &in);
	case NET_FRAME_FEEDS:
		return receive_feeds(session, &in);
	case NET_FRAME_HEADS:
		return receive_heads(session, &in);
	case NET_FRAME_WANT:
		return receive_want(session, &in);
	case NET_FRAME_SUPPLY:
		return receive_supply(session, &in);
	case NET_FRAME_RUN:
		return receive_run(session, &in);
	case NET_FRAME_SUPPLIED:
		return receive_supplied(session, &in);
	case NET_FRAME_STATE_DIGEST:
		return session_receive_digest(session, &in);
	case NET_FRAME_STATE_IDS:
		return session_receive_ids(session, &in);
	case NET_FRAME_STATE_ROWS:
		return session_receive_rows(session, &in);
	case NET_FRAME_ENOUGH:
		return receive_enough(session, &in);
	case NET_FRAME_CLOCK:
		return receive_clock(session, &in);
	default:
		return 0;
	}
}

/* ---- Answering and pushing -------------------------------------------------------------------------------------- */

static int send_run(struct net_session *session, uint32_t feed, struct span run)
{
	buf_clear(&session->out);
	wire_put_varint(&session->out, session->feeds[feed].index_here);
	buf_add_span(&session->out, run);
	return session_send(session, NET_FRAME_RUN);
}

int net_session_pump(struct net_session *session, uint32_t budget_bytes)
{
	uint32_t sent = 0;
	while (session->supplying && sent < budget_bytes) {
		uint32_t feed;
		struct span run;
		int result = session->host->supply(session->host->context, session, &feed, &run);
		if (result < 0)
			return result;
		if (result == 0) {
			session->supplying = false;
			buf_clear(&session->out);
			return session_send(session, NET_FRAME_SUPPLIED);
		}
		if (feed >= session->feed_count || session->feeds[feed].index_here == NO_FEED)
			return ERR_INVALID; /* nobody asked for a feed without a name */
		result = send_run(session, feed, run);
		if (result)
			return result;
		sent += (uint32_t)run.size;
	}
	return session->supplying;
}

bool net_session_supplying(const struct net_session *session)
{
	return session->supplying;
}

uint64_t net_session_push_from(struct net_session *session, uint32_t feed, uint64_t upto, bool ours)
{
	const struct feed_state *state = feed_state(session, feed);
	struct net_feed_name name;
	struct net_head head;
	uint64_t there = state->peer.seq > state->pushed ? state->peer.seq : state->pushed;
	if (session->supplying || !session->peer_complete || session->state.keys_due)
		return 0; /* busy, or not known well enough */
	if (state->enough || !(ours || state->eager) || there >= upto || upto - there > LIMIT_PUSH_ENTRIES)
		return 0;
	return readable(session, feed, &name, &head) && head.seq >= upto ? there + 1 : 0;
}

int net_session_name(struct net_session *session, uint32_t feed)
{
	int result = 0;
	if (feed_state(session, feed)->index_here == NO_FEED)
		result = send_names(session, session->host->feed_count(session->host->context));
	return result ? result : feed_state(session, feed)->index_here == NO_FEED;
}

int net_session_push(struct net_session *session, uint32_t feed, uint64_t last_seq, struct span run)
{
	int result = net_session_name(session, feed);
	if (result)
		return result < 0 ? result : 0; /* too many names for one frame: the next time */
	result = send_run(session, feed, run);
	if (result == 0)
		feed_state(session, feed)->pushed = last_seq;
	return result;
}

bool net_session_told(
        const struct net_session *session, uint32_t feed, uint32_t *index, struct net_head *head)
{
	if (feed >= session->feed_count || session->feeds[feed].index_here == NO_FEED)
		return false;
	*index = session->feeds[feed].index_here;
	*head = session->feeds[feed].told;
	return true;
}

bool net_session_heard(
        const struct net_session *session, uint32_t index, struct net_feed_name *name, struct net_head *head)
{
	if (index >= session->named_there_count)
		return false;
	*name = session->named_there[index].name;
	*head = session->named_there[index].heard;
	return true;
}

struct net_head net_session_peer_head(const struct net_session *session, uint32_t feed)
{
	return feed < session->feed_count ? session->feeds[feed].peer : (struct net_head){0};
}

struct net_session_progress net_session_progress(const struct net_session *session)
{
	struct net_session_progress progress = session->progress;
	progress.peer_complete = session->peer_complete;
	progress.missing_here = unnumbered_gap(session);
	for (uint32_t feed = 0; feed < session->feed_count; feed++) {
		const struct feed_state *state = &session->feeds[feed];
		progress.missing_here += gap(session, feed);
		progress.missing_there += state->told.seq > state->peer.seq
		        ? state->told.seq - state->peer.seq
		        : 0;
	}
	return progress;
}
