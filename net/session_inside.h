/*
 * net/session_inside.h - the inside of a session, shared by session.c (feeds and runs) and session_state.c (replicated state).
 */
#ifndef NET_SESSION_INSIDE_H
#define NET_SESSION_INSIDE_H

#include "crdt/base/mem.h"
#include "crdt/base/wire.h"
#include "net/session.h"

enum { SUMMARY_DIGEST_BYTES = 16 };

#define NO_FEED UINT32_MAX /* no number, or no place in a table */

struct feed_state {
	struct net_head peer; /* as the peer announced it */
	struct net_head told; /* as we announced it */
	uint64_t pushed; /* the last sequence sent without being asked for */
	uint32_t index_there; /* the feed's index in the peer's table; NO_FEED when the peer never named it */
	uint32_t index_here; /* its index in our table; NO_FEED until we named it */
	bool fetching;
	bool resting; /* the last answer brought nothing of it */
	bool eager; /* the peer asked us for it, and did not say since that others bring it sooner */
	bool enough; /* it did */
	bool wanted; /* while a WANT is read */
};

/* A feed in the peer's table. */
struct named_feed {
	uint32_t
	        feed; /* the owner's number; NO_FEED: it has none, and what follows stands here instead of in a feed_state */
	struct net_feed_name name;
	struct net_head head;
	bool fetching, resting;
	struct net_head heard; /* the last one in HEADS, whether the feed has a number or not */
};

struct session_state {
	bool told, heard; /* there is a digest_here, a digest_there */
	uint8_t digest_here[NET_DIGEST_BYTES]; /* the last one that we sent */
	uint8_t digest_there[NET_DIGEST_BYTES]; /* the peer's last one */
	bool settled; /* what the peer had more than us at digest_there was received */
	bool asked; /* our STATE_IDS are still to be answered */
	bool gained; /* and something new came of it */
	bool asked_all; /* every row was named in them */
	uint32_t cells; /* in them: of the sketch; 0: none */
	bool keys_due; /* the peer may lack keys that we told of */
	uint64_t mark; /* the rights under which it was settled or is being asked */
};

/* Both sides send it at once and compare it with their own (net/README.md, section 5). */
struct session_digests {
	uint8_t names[SUMMARY_DIGEST_BYTES];
	uint8_t first[SUMMARY_DIGEST_BYTES]; /* heads of the feeds that the others are judged by */
	uint8_t heads[SUMMARY_DIGEST_BYTES];
};

/* What it was made from. */
struct session_summary {
	struct session_digests digests;
	struct summary_feed {
		uint32_t feed;
		struct net_feed_name name;
		struct net_head head;
	} * feeds; /* ascending by name */
	uint32_t count;
};

struct net_session {
	const struct net_session_host *host;
	struct feed_state *feeds; /* by the owner's number */
	uint32_t feed_count;
	struct named_feed *named_there; /* the peer's table */
	uint32_t named_there_count;
	uint32_t named_here_count;
	struct net_want *asked; /* the open WANT, with `from` as it was received before */
	uint32_t asked_count;
	uint64_t answer_entries; /* new ones since it was asked */
	enum net_feed_order asked_order; /* of the feeds in it */
	bool supplying, peer_complete;
	bool opened; /* the peer's summary came */
	bool level_first; /* and the feeds that the others are judged by were the same on both sides */
	struct session_summary *summary; /* ours, until then */
	uint32_t asks; /* on account of the peer's frames, in this turn */
	bool asks_late; /* there were too many: at the end of the turn */
	uint32_t useless, useless_rows; /* answers in a row that brought nothing: to WANT, to STATE_IDS */
	bool tries, tries_rows; /* one may be asked for all the same */
	struct session_state state;
	struct net_session_progress progress;
	struct buf out;
};

static inline int session_send(struct net_session *session, uint8_t type)
{
	return session->host->send(session->host->context, session, type, buf_span(&session->out));
}

/* net_session_ask() on account of a frame, so often in a turn (LIMIT_SESSION_ASKS). */
int session_ask_after_frame(struct net_session *session);

/* session_state.c: say which rows are here, unless both sides have the same; and the frames about them. */
int session_ask_state(struct net_session *session);
void session_begin_state(struct net_session *session, struct buf *out); /* appends our digest */
void session_hear_state(struct net_session *session, struct wire_in *in); /* reads the peer's */
int session_receive_digest(struct net_session *session, struct wire_in *in);
int session_receive_ids(struct net_session *session, struct wire_in *in);
int session_receive_rows(struct net_session *session, struct wire_in *in);

#endif
