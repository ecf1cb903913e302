/*
 * net/session.h - what two devices of a team say to each other once their channel is open (net/README.md, "Session").
 *
 * A session compares what both have, asks for what is missing, answers what it is asked, and keeps doing so as new things
 * arrive. It knows feeds by an opaque 49-byte name and number, runs and state rows as opaque bytes; the owner knows what
 * they mean and who may have them. One session per channel; feeds are numbered by the owner, the same for all sessions. A name alone gets no
 * number: whoever is connected can make up as many as it likes.
 *
 * Pure: frames and calls in, frames out through `send`. Nothing here allocates by what a peer says without a limit.
 * Threads: one session, one thread.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"

enum {
	NET_FEED_NAME_BYTES = 49,
	NET_HEAD_HASH_BYTES = 16,
	NET_STATE_ID_BYTES = 16,
	NET_DIGEST_BYTES = 32,
	NET_SALT_BYTES = 16,
	NET_SUMMARY_BYTES = 3 * 16 + NET_DIGEST_BYTES
};

/* Frame types of a session; 0-15 are the channel's. */
enum net_session_frame {
	NET_FRAME_FEEDS = 16,
	NET_FRAME_HEADS = 17,
	NET_FRAME_WANT = 18,
	NET_FRAME_SUPPLY = 19,
	NET_FRAME_RUN = 20,
	NET_FRAME_SUPPLIED = 21,
	NET_FRAME_STATE_DIGEST = 22,
	NET_FRAME_STATE_IDS = 23,
	NET_FRAME_STATE_ROWS = 24,
	NET_FRAME_CLOCK = 25,
	NET_FRAME_ENOUGH = 26,
	NET_FRAME_SUMMARY = 27,
	NET_FRAME_ROOM = 31, /* the owner's: net/README.md, section 5, "Whose device takes no more" */
};

struct net_feed_name {
	uint8_t bytes[NET_FEED_NAME_BYTES]; /* device 32, compartment 1, incarnation 16 */
};

struct net_state_id {
	uint8_t bytes[NET_STATE_ID_BYTES];
};

/* A row of replicated state of which the newest from each name replaces the others. */
struct net_state_word {
	uint8_t name[32];
	uint64_t version;
};

/* A feed as the owner has it, committed. */
struct net_head {
	uint64_t seq; /* 0: nothing yet */
	uint8_t hash[NET_HEAD_HASH_BYTES];
};

/* One gap: entries `from` .. `upto` of a feed of this node. */
struct net_want {
	uint32_t feed;
	uint64_t from, upto;
};

/* Outcomes of net_session_host.accept() besides 0 (taken) and errors, which end the session. */
enum {
	NET_RUN_IGNORED = 1, /* could not use it now; ask again when heads say so */
	NET_RUN_KNOWN = 2, /* had all of it */
};

/* Outcome of net_session_host.feed_number() besides 0. */
enum { NET_FEED_UNNUMBERED = 1 };

/* When a feed is asked for (net/README.md, section 5, "What a session waits for"). */
enum net_feed_order {
	NET_FEED_NEVER, /* closed here, or not ours to read */
	NET_FEED_FIRST, /* the others are judged by it */
	NET_FEED_LATER,
};

struct net_session;

/* What a session asks of its owner. Feeds are the owner's numbers, dense from 0. */
struct net_session_host {
	void *context;
	uint32_t (*feed_count)(void *context);
	/* The name and committed head of a feed; false when this peer may not read it (then it is never mentioned). */
	bool (*feed)(void *context, struct net_session *session, uint32_t feed, struct net_feed_name *name,
	        struct net_head *head);
	/* The number for a name that a peer mentioned. NET_FEED_UNNUMBERED: it has none, since nothing of it came yet that its device signed.
	 * Negative: the peer is not believed. */
	int (*feed_number)(void *context, const struct net_feed_name *name, uint32_t *feed);
	/* As order() and claim() below, for a feed without a number. */
	enum net_feed_order (*name_order)(void *context, const struct net_feed_name *name);
	bool (*name_claim)(void *context, struct net_session *session, const struct net_feed_name *name);
	/* A run as it came, and as the next two are given it. Called once for each RUN, whatever becomes of it. Negative ends the session. */
	int (*run_came)(void *context, struct net_session *session, struct span *run);
	/* A run of a feed without a number arrived; accept() follows. 0: it has one now. NET_RUN_IGNORED: it is given none. Negative ends the
	 * session. */
	int (*first_run)(void *context, const struct net_feed_name *name, struct span run, uint32_t *feed);
	/* The sequence up to which this node has the feed, including what waits in memory. */
	uint64_t (*received)(void *context, uint32_t feed);
	enum net_feed_order (*order)(void *context, uint32_t feed);
	/* False while another session is fetching this feed, and is believed to. When that ends, the owner calls net_session_ask(). */
	bool (*claim)(void *context, struct net_session *session, uint32_t feed);
	/* A peer said that its head of `feed` is this one. Negative ends the session. */
	int (*announced)(
	        void *context, struct net_session *session, uint32_t feed, const struct net_head *head);
	/* A run arrived. */
	int (*accept)(void *context, struct net_session *session, uint32_t feed, struct span run);
	/* Begin to answer; counts for the peer's progress. The next call of `supply` continues it. */
	int (*supply_begin)(void *context, struct net_session *session, const struct net_want *wants,
	        uint32_t count, uint64_t *entries, uint64_t *bytes);
	/* The next run in causal order; 1: *feed and *run are set (borrowed until the next call); 0: done. */
	int (*supply)(void *context, struct net_session *session, uint32_t *feed, struct span *run);
	/* Moves whenever a row of replicated state that was refused here before may be taken now. */
	uint64_t (*rights_mark)(void *context);
	/* Replicated state that this peer may have: a digest, of the words in its first half and of all other rows in the second; the ids of all
	 * rows, a row as it goes to this peer, and one that arrived. */
	void (*state_digest)(void *context, struct net_session *session, uint8_t digest[NET_DIGEST_BYTES]);
	uint32_t (*state_count)(void *context, struct net_session *session);
	struct net_state_id (*state_id)(void *context, struct net_session *session, uint32_t index);
	struct span (*state_row)(void *context, struct net_session *session, uint32_t index);
	int (*state_put)(void *context, struct net_session *session, struct span row);
	/* The peer's wall clock as it reads now. */
	void (*clock)(void *context, struct net_session *session, uint64_t peer_wall_ms, uint8_t grade);
	/* Both sides have told all they have, and this node lacks nothing of it that it may have. Called at each such moment. */
	void (*level)(void *context, struct net_session *session);
	/* Give one frame to the channel. ERR_FULL and others end the session. */
	int (*send)(void *context, struct net_session *session, uint8_t type, struct span payload);
	/* May this session ask for rows of replicated state now? False while another session's answer may bring them. When that came, or was waited
	 * for long enough, the owner calls net_session_ask(). */
	bool (*state_claim)(void *context, struct net_session *session);
	/* Is the row a word? */
	bool (*state_word)(
	        void *context, struct net_session *session, uint32_t index, struct net_state_word *word);
	/* Bytes that nobody could know before. */
	void (*salt)(void *context, uint8_t salt[NET_SALT_BYTES]);
};

struct net_session_progress {
	uint64_t entries_expected, entries_received, bytes_expected,
	        bytes_received; /* of the current answer to us */
	uint64_t bytes_again; /* of pushed runs that were here already */
	uint64_t missing_here; /* entries the peer has and we lack, as far as both have said */
	uint64_t missing_there; /* entries we have (and the peer may read) that the peer lacks */
	bool peer_complete; /* the peer has told all its heads */
};

/* Start: sends clock and summary. `host` is borrowed. Owner calls net_session_free(). */
struct net_session *net_session_new(
        const struct net_session_host *host, uint64_t wall_ms, uint8_t clock_grade);
void net_session_free(struct net_session *session); /* NULL is allowed */

/* A frame of a session arrived. Negative: hostile or broken; the owner closes the channel. Unknown types are skipped. */
int net_session_receive(struct net_session *session, uint8_t type, struct span payload);

/* Continue an answer: at most about `budget_bytes` are sent. 1: more is waiting for room; 0: nothing more for now. */
int net_session_pump(struct net_session *session, uint32_t budget_bytes);

/* Heads or rights changed here: say so. */
int net_session_heads_changed(struct net_session *session);

/* Pushing (net/README.md, section 5): from which sequence on the peer lacks just what was committed here now, up to `upto`. 0: it is not sent
 * unasked. `ours`: the feed is this device's own, so that nobody else brings it sooner. */
uint64_t net_session_push_from(struct net_session *session, uint32_t feed, uint64_t upto, bool ours);

/* See to it that the peer was told the feed's name, so that what is to be pushed may speak of it. 1: no room for it now; nothing is pushed. */
int net_session_name(struct net_session *session, uint32_t feed);

/* Send a run that begins there and ends at `last_seq`. The head is told all the same. */
int net_session_push(struct net_session *session, uint32_t feed, uint64_t last_seq, struct span run);

/* Look at everything that this session may wait for, and ask for what can be asked now. The owner calls it when anything moved outside
 * of the session: an answer to another session ended, or that session did; entries, rights or keys came. */
int net_session_ask(struct net_session *session);

/* The end of a turn in which frames came: what was not looked at for their number (LIMIT_SESSION_ASKS) is. The owner calls it once per turn. */
int net_session_turn(struct net_session *session);

/* A second has passed: a peer whose answers bring nothing (LIMIT_USELESS_ANSWERS) may be asked once more, by the next net_session_ask(). */
void net_session_tick(struct net_session *session);

/* Rights or keys changed, or room for entries that wait: feeds at rest are asked for again. */
int net_session_wake(struct net_session *session);

/* The replicated state or this peer's rights changed here: say so, unless it looks to the peer as it did. `keys`: entries may need what is
 * new, so that none are pushed until the peer asked for it or has it. */
int net_session_state_changed(struct net_session *session, bool keys);

/* The owner's clock was set: say what it is now. */
int net_session_tell_clock(struct net_session *session, uint64_t wall_ms, uint8_t clock_grade);

/* One row is new here: give it, unasked, to a peer that had the same as we before. Call it before net_session_state_changed(). */
int net_session_state_push(struct net_session *session, struct span row);

/* Has the peer's replicated state been compared under the rights that stand now, and what it had more been received? */
bool net_session_state_settled(const struct net_session *session);

/* Does the other side say again and again that it has more entries, and give none (LIMIT_USELESS_ANSWERS)? */
bool net_session_is_useless(const struct net_session *session);

/* Is this session waiting for rows of replicated state? */
bool net_session_asking_state(const struct net_session *session);

/* Is this session waiting for an answer that includes `feed`? */
bool net_session_fetching(const struct net_session *session, uint32_t feed);
bool net_session_fetching_name(const struct net_session *session, const struct net_feed_name *name);

/* Is it waiting for an answer at all? *entries: new ones that came of it so far. */
bool net_session_asking(const struct net_session *session, uint64_t *entries);
bool net_session_supplying(const struct net_session *session);

/* A feed of this node's in the table of names that the peer was given, and the head that it was told of last (seq 0: none). False: it was not named. */
bool net_session_told(
        const struct net_session *session, uint32_t feed, uint32_t *index, struct net_head *head);

/* The same of the peer's table, by its index: what was last heard of it in HEADS. False past its end. */
bool net_session_heard(
        const struct net_session *session, uint32_t index, struct net_feed_name *name, struct net_head *head);

/* The last head that the peer announced; seq 0 when it never did. */
struct net_head net_session_peer_head(const struct net_session *session, uint32_t feed);

struct net_session_progress net_session_progress(const struct net_session *session);

#endif
