/*
 * node/peers_state.h - the inside of node/peers.c, shared with peers_host.c and pairing.c.
 */
#ifndef NODE_PEERS_STATE_H
#define NODE_PEERS_STATE_H

#include "crdt/base/limits.h"
#include "crdt/base/queue.h"
#include "net/channel.h"
#include "net/early.h"
#include "net/pieces.h"
#include "node/node_early.h"
#include "node/peers.h"
#include "store/run_short.h"

struct pairing;

enum { PEERS_MEETING_WHO_BYTES = 16, PEERS_CLOCK_SET_MS = 5000, PEERS_CLOCK_SIGNED_S = 60 };

/* peers_meeting.c. Moments are monotonic, unless they are called wall. */
struct peers_meeting {
	bool is_on, all_level;
	bool has_signed; /* in this one */
	uint64_t began_wall_ms;
	uint64_t seen_ms; /* when anybody was here last */
	uint64_t sum, moved_ms; /* of the heads; when it moved last */
	uint8_t who[PEERS_MEETING_WHO_BYTES]; /* is level: a hash */
	uint64_t who_ms,
	        unsettled_ms; /* when that moved last; since when it moves or somebody is not level, 0: it does not */
	uint64_t signed_ms, signed_sum;
	int64_t signed_offset_ms; /* peers_clock_offset_ms() */
	uint8_t signed_who[PEERS_MEETING_WHO_BYTES];
	uint64_t number; /* moves with all that is shown of it */
};

/* How many records were here at a moment, for the rate at which they come. */
enum { PEERS_SAMPLES = 10 };
struct peers_sample {
	uint64_t at_ms, records; /* monotonic */
};

/* A device that was found, and how attempts to reach it ended, by address (peers_call.c). Steady clock. */
struct peers_called {
	struct device_id device;
	uint64_t called_ms; /* the attempt that is under way began; 0: none is */
	struct {
		struct net_address address;
		uint64_t until_ms;
		uint32_t failures; /* in a row; 0: not in use */
	} rests[LIMIT_DIALS_PER_DEVICE];
	uint32_t next; /* is used for another address */
};

/* A device that was given early copies: until when its questions are paid for, steady clock. */
struct peers_given {
	struct device_id device;
	uint64_t paid_ms;
};

struct peers {
	struct node *node;
	struct net_link *link;
	struct net_listener *listener;
	struct queue list;
	uint32_t count;
	struct store_txn *push_txn; /* while news are told */
	struct log_reader push_reader;
	uint64_t *told; /* by feed: the committed sequence that sessions were told of */
	uint32_t told_count;
	uint64_t pushed;
	uint32_t refused; /* attempts since the last session */
	struct team_id awaited; /* that lets us in as a relay; zero: none */
	struct buf ack, accord; /* our own rows as sessions were told of them last */
	struct peers_meeting meeting;
	struct peers_withheld withheld[LIMIT_RELAYS_WATCHED];
	uint32_t withheld_count;
	bool digest_due; /* soon, */
	uint32_t digest_ticks; /* after so many more */
	bool reloaded; /* in this turn: sessions end */
	uint64_t early_copies, early_bytes; /* that came */
	uint64_t early_missing; /* peers_early_from() */
	bool early_over; /* early copies came, all that there were */
	uint32_t early_asks; /* how often they were asked for */
	uint32_t early_gives; /* how often they were looked for, for others */
	struct peers_called *called;
	uint32_t called_count, called_room;
	struct peers_given *given; /* for whom (peers_early.c) */
	uint32_t given_count, given_room;
	struct peers_sample samples[PEERS_SAMPLES]; /* number n at n % PEERS_SAMPLES, from 1 on */
	uint64_t sample_at; /* the last one; 0: none */
	bool ask_due; /* a session stopped fetching: others may ask for the same feeds */
	uint64_t pieces_in_ms,
	        pieces_out_ms; /* the next piece of a picture may be asked for, and given; 0: now */
	uint64_t bytes_in, bytes_out;
	bool holding; /* some are not read: what was taken is not on the disk yet */
	struct peers_totals totals;
	struct peers_room own_room; /* what sessions are told about this device */
	struct {
		struct device_id device;
		struct peers_room room;
	} full[LIMIT_SESSIONS]; /* that said so, also after their session */
	uint32_t full_count;
	struct peers_sent sent[PEERS_FRAME_TYPES];
	peers_changed changed;
	void *changed_context;
};

/* Of the session (net/README.md, section 5, "Versions"). */
enum { PEER_VERSION = 2 };

/* Names of branches in a session (net/README.md, section 5, "Branches"). */
/* It knows rows that are accords (node/README.md, "Meetings"). */
enum { PEER_FEATURE_MEETINGS = 16 };
enum { PEER_FEATURE_BRANCHES = 1, PEER_FEATURE_EARLY = 4, PEER_NAME_BRANCH = 0x80 };

struct peer {
	struct queue link;
	struct peers *peers;
	struct net_conn *conn;
	struct net_channel *channel;
	struct net_session *session;
	struct net_session_host host;
	struct net_early_host early_host;
	struct net_early early;
	struct node_early_giving *giving; /* early copies that it asked for */
	struct net_pieces_host pieces_host;
	struct net_pieces pieces;
	uint64_t pieces_mark; /* of the node, when nothing was found to ask for */
	uint64_t piece_given_ms; /* monotonic; 0: none is on its way */
	struct pairing *pairing; /* while an invitation is being redeemed over this connection */
	struct log_stream *stream; /* the answer being given, with its own view of the store */
	struct store_txn *stream_txn;
	struct device_id device; /* zero until known */
	struct net_address address;
	bool initiator;
	bool open; /* the connection may be written to */
	bool paused; /* too much waits to be sent */
	bool ended; /* to be freed at the end of this event */
	bool gone; /* the connection ended below */
	bool level;
	bool answers_rows; /* an answer to STATE_IDS waits to be sent */
	bool heard; /* what the other side knows to be erased is known here */
	bool gives_records; /* the answer being given has more than membership in it */
	uint64_t claimed_ms; /* when it was last asked for feeds */
	bool claims_over; /* others were told that they may ask for them too */
	bool yields; /* an answer just ended: others ask first */
	bool share_due; /* both sides have all: time to see which keys the other one lacks */
	uint64_t shared_generation;
	bool lapsed; /* outside the dates of its rights, as of the last tick, or the start of the session */
	bool newcomer; /* the first session after joining: the other side is believed to be who it showed in the pairing */
	bool paired; /* the other side was let in over this connection */
	uint64_t heard_ms,
	        established_ms; /* monotonic: when bytes came last, 0 in doubt; when the session began */
	uint64_t state_asked_ms; /* monotonic: when its rows of replicated state were asked for last */
	bool state_kept; /* it may not be asked for them because of another, */
	uint64_t state_kept_ms; /* since then */
	/* A relay's, by feed, when its session began; NULL once they were compared. */
	uint64_t *acknowledged;
	uint32_t acknowledged_count;
	uint32_t lagging_ticks;
	bool even,
	        even_level; /* level with us when `bytes_in`, `level` and the sum of our heads were these */
	uint64_t even_bytes_in, even_sum;
	uint64_t brought_bytes; /* since the writer had little to do */
	bool room_heard; /* it said something of its own since the last tick */
	struct peers_room told_room; /* what the other side was told of ours */
	bool clock_compared;
	int64_t skew_ms;
	int64_t compared_offset_ms,
	        told_offset_ms; /* peers_clock_offset_ms() when the clocks were compared, when ours was told */
	int error;
	uint64_t bytes_in, bytes_out;
	struct run_dictionary said, heard_ids; /* peers_runs.c */
	struct buf run;
	/* peers_words.c: the last word in its other form; the state of the team in the last one that was given, and taken; ids of the feeds
	 * in the other side's table. */
	struct buf word;
	struct entry_hash membership_told, membership_heard;
	struct feed_id *ids;
	uint32_t ids_count, ids_capacity;
};

/* Of a frame's type. */
enum peers_kind peers_kind_of(uint8_t type);

/* Every frame goes out here, and is counted. */
int peer_send(struct peer *peer, uint8_t type, struct span payload);

/* Connect without a channel yet; the caller makes one with peer_channel() or ends the peer. */
int peer_connect(struct peers *peers, const struct net_address *address, struct peer **out);

/* Make the channel: the caller has set team and remote key or secret. */
int peer_channel(struct peer *peer, struct net_channel_config *config);

/* Is the other side's key that of a device we know, and do not talk to: removed, or outside the dates of its rights? */
bool peer_is_barred(const struct peer *peer);

/* peers_double.c: a connection with that device works, or there is an attempt at that address; attempts to reach that device, or any (NULL), which are
 * no sessions yet; and what becomes of another connection with the device of one that was just established: one of the two may be ended. */
bool peer_has_connection(
        const struct peers *peers, const struct net_address *address, const struct device_id *device);
uint32_t peers_attempts(const struct peers *peers, const struct device_id *device);
void peer_settle_double(struct peer *peer);

static inline uint64_t peers_now_ms(const struct peers *peers)
{
	return env_monotonic_ms(node_env(peers->node));
}

void peer_start_session(struct peer *peer);
void peer_end(struct peer *peer, int error);
void peer_changed(struct peer *peer);

/* peers_push.c: tell a session what is committed since the last call of peers_news_told(): unasked entries to a peer that lacks just those. */
int peer_push(struct peer *peer);
void peers_news_told(struct peers *peers); /* all sessions were told */

/* A row that starts with this is an acknowledgement in its short form, which stands in a session only. */
enum { PEER_ROW_WORD = 0x41 };

/* peers_words.c: the short form of a row, where it is an acknowledgement, to be sent at once. Borrowed until the next call of either. */
struct span peer_shorten(struct peer *peer, struct span row);
/* A row that arrived, in its full form. ERR_MALFORMED and others of form end the session. */
int peer_lengthen(struct peer *peer, struct span *row);

/* peers_runs.c: a run in its short form, to be sent at once, borrowed until the next call; and one that came in its full form. */
int peer_shorten_run(struct peer *peer, struct span *run);
int peer_lengthen_run(struct peer *peer, struct span *run);

/* A feed in the other side's table of names; NULL past its end. */
const struct feed_id *peer_feed_there(struct peer *peer, uint32_t index);

/* What a name stands for. */
struct feed_id peer_feed_id(const struct net_feed_name *name);
/* peers_meeting.c: at each tick. */
void peers_tick_meeting(struct peers *peers);
void peers_watch_clock(struct peers *peers);
int64_t peers_clock_offset_ms(const struct peers *peers); /* the wall's clock minus the steady one */
bool peer_is_level(const struct peer *peer); /* neither side lacks anything of the other's */

/* peers_withheld.c: does a relay show what it acknowledged? At the start of a session, after each frame of it, at each tick. */
void peers_remember_withheld(struct peers *peers); /* from before the program started */
void peer_note_acknowledged(struct peer *peer);
void peer_compare_acknowledged(struct peer *peer);
void peer_watch_acknowledged(struct peer *peer);

/* peers_host.c: what a session asks of its owner, and the end of an answer that it was giving. A frame goes out, and is counted: ERR_FULL, nobody reads. */
int peer_send_bounded(struct peer *peer, uint8_t type, struct span payload);
struct net_session_host peer_host(struct peer *peer);
void peer_stop_supply(struct peer *peer);

/* peers_fair.c: at the end of each turn: who brings more than the disk takes is not read for a while. */
void peers_bound_taken(struct peers *peers);

/* peers_room.c: what is full: forgotten when a session begins, told at its start and after each event, heard. */
void peer_forget_room(struct peer *peer);
int peer_tell_room(struct peer *peer);
void peer_tick_room(struct peer *peer);
int peer_heard_room(struct peer *peer, struct span payload);
/* peers_call.c: an attempt is over; a session with a device began; no device rests; forget all. */
void peer_call_ended(const struct peer *peer);
void peer_call_answered(const struct peer *peer);
void peers_call_at_once(struct peers *peers);
void peers_close_calls(struct peers *peers);
/* peers_early.c: forget all. */
void peers_close_early(struct peers *peers);
/* ... early copies, from the start of a session to its end; a frame of theirs; going on with an answer (1: more waits for room). */
void peer_start_early(struct peer *peer);
void peer_stop_early(struct peer *peer);
void peer_tell_partial(struct peer *peer); /* whether this device's copy is partial, when that changed */
int peer_early_frame(struct peer *peer, uint8_t type, struct span payload);
int peer_pump_early(struct peer *peer);
/* Are records not to be asked for yet, because early copies come first? Asks for those where it is time. */
bool peer_log_waits(struct peer *peer);
uint64_t peers_early_due_ms(const struct peers *peers); /* when that is over in any case; UINT64_MAX */
bool peers_any_asking(const struct peers *peers); /* is somebody being asked for entries? */
void peers_note_rate(struct peers *peers);

/* peers_pieces.c: pictures, from the start of a session on, and after each event. */
void peer_start_pieces(struct peer *peer);
void peers_turn_pieces(struct peers *peers);
bool peer_turns_pieces(const struct peer *peer); /* its turn comes: not while too much waits to be sent */
uint64_t peers_pieces_due_ms(const struct peers *peers); /* when the ceiling allows another piece */

/* Until when it keeps others from the feeds that it was asked for; UINT64_MAX: it was not asked for any. */
uint64_t peer_claims_until_ms(const struct peer *peer);

/* Records go out once it is known, and carried out here, what the other side knows to be erased. */
bool peer_may_send(struct peer *peer);

#endif
