/*
 * node/peers.h - the devices that this node talks to: connections, channels and sessions over any link (net/link.h).
 *
 * Normal course: a connection opens; the channel shakes hands; we ask our membership whether the other side's key is a member's; the
 * session compares heads and carries runs both ways until both have all, and goes on pushing. Pairing: pairing.h.
 *
 * Threads: one. The shell calls peers_turn() after every event, and peers_tick() each second or so and when peers_due_ms() has come.
 */
#ifndef NODE_PEERS_H
#define NODE_PEERS_H

#include "net/link.h"
#include "net/session.h"
#include "node/node.h"

struct peers;
struct peer;

struct peers *peers_new(struct node *node, struct net_link *link); /* both borrowed */
/* Early copies are asked for where at least so many entries are missing (LIMIT_EARLY_MISSING unless said): teams of tests are small. */
void peers_early_from(struct peers *peers, uint64_t missing);
void peers_free(struct peers *peers); /* closes every connection; NULL is allowed */

/* Accept connections. `local->port` 0 chooses one; *bound is what was taken. */
int peers_listen(struct peers *peers, const struct net_address *local, struct net_address *bound);

/* Connect to a known device. ERR_EXISTS: there is a connection with it that was not silent for LIMIT_SESSION_SILENT_MS, or an attempt at that
 * address. ERR_NOTFOUND: not an active member. ERR_BUSY: LIMIT_DIALS_PER_DEVICE attempts to reach it
 * are under way. */
int peers_dial(struct peers *peers, const struct net_address *address, const struct device_id *device);
/* The same at the pace of devices that are found by themselves (peers_call.c). ERR_BUSY, besides: an attempt began just now, or the device rests since attempts failed. */
int peers_call(struct peers *peers, const struct net_address *address, const struct device_id *id);

/* The network has changed, or time has passed without us: of no connection it is known whether it still carries anything. Those that do show it by
 * what comes; until then their devices may be dialled again. */
void peers_doubt(struct peers *peers);

/* To be let into `team` as a relay: until that has happened, whoever connects knowing the key of this device and the team's id is
 * believed to be of the team, whose founding entry has to have that hash. Forgotten at the end of the program. */
void peers_await(struct peers *peers, const struct team_id *team);

/* Work that every event may have left: submit writes, tell sessions what is new, send. */
void peers_turn(struct peers *peers);

/* Time has passed: handshakes and idle sessions end, clocks tick. */
void peers_tick(struct peers *peers);
uint64_t peers_due_ms(const struct peers *peers);

/* ---- Looking ---- */

struct peer_status {
	struct device_id device;
	struct net_address address;
	bool dialled; /* by us: `address` is where the device listens */
	bool signs; /* its program knows accords */
	bool even; /* neither side lacks anything of the other's */
	bool connected, level; /* level: both sides have told all, and nothing is missing here */
	uint64_t silent_ms; /* since bytes came last; UINT64_MAX: in doubt */
	struct net_session_progress progress;
	int64_t skew_ms; /* peer's wall clock minus ours when it was compared */
	bool clock_compared;
	uint64_t bytes_in, bytes_out;
	int error; /* why the last connection ended */
};

uint32_t peers_count(const struct peers *peers); /* connections */
bool peers_status(const struct peers *peers, uint32_t index, struct peer_status *out);

/* The meeting that this device is at (node/README.md, "Meetings"). */
struct peers_meeting_status {
	bool is_on; /* it may go on a while after everybody left */
	bool is_together; /* with somebody who signs, now */
	bool has_signed,
	        is_current; /* this device did; and neither who is level nor what is here moved since */
	uint64_t began_wall_ms;
	uint64_t number; /* moves with everything that is to be shown of it */
};
struct peers_meeting_status peers_meeting(const struct peers *peers);

/* Of the exchange between devices (net/README.md, section 5, "Versions"). */
unsigned peers_version(void);

/* Called when a session became level, was established or ended. */
typedef void (*peers_changed)(void *context, const struct peer_status *status);
void peers_on_change(struct peers *peers, peers_changed changed, void *context);

/* Attempts since the last session that somebody took and ended without a word: another device lives there, or that one does not
 * know ours. */
uint32_t peers_refused(const struct peers *peers);
bool peers_any_session(const struct peers *peers);
uint32_t peers_session_count(const struct peers *peers);

/* Runs that were sent without having been asked for. */
uint64_t peers_pushed(const struct peers *peers);

/* What comes at this moment: early copies, and the answers to what was asked for. Bytes that are expected are an estimate. */
struct peers_coming {
	bool early, records;
	uint64_t early_copies, early_copies_expected, early_bytes, early_bytes_expected;
	uint64_t entries, entries_expected, bytes, bytes_expected;
	int64_t remaining_s; /* until a partial copy is whole, at the pace of the last seconds; -1: not known */
};
struct peers_coming peers_coming(const struct peers *peers);
void peers_early(
        const struct peers *peers, uint64_t *copies, uint64_t *bytes); /* that came since the start */

uint32_t peers_early_asks(const struct peers *peers); /* how often they were asked for */

/* A relay that showed less than it had acknowledged (README.md, "Relay", "Withholding"). */
struct peers_withheld {
	struct device_id device;
	struct net_address address;
	uint64_t entries; /* as of its last session; 0: all was shown then */
	uint64_t most; /* when it was noticed */
	uint64_t noticed_ms; /* wall clock; the last time */
};

/* A device that takes nothing but the membership and replicated state said so, and why (net/README.md, section 5). */
enum peers_full {
	PEERS_FULL_NOT,
	PEERS_FULL_TEAM, /* what the team may store there is used up: bytes */
	PEERS_FULL_DEVICE, /* what this device may store there is: entries */
	PEERS_FULL_DISK,
	PEERS_FULL_COUNT,
};
struct peers_room {
	uint8_t why; /* enum peers_full, or a number of a later version */
	uint64_t limit; /* 0: none is known */
};

/* Tell every session about this device; of a device's own limit (node_limit_device()) it is told by itself. */
void peers_say_room(struct peers *peers, enum peers_full why, uint64_t limit);
/* What `device` said last. False: that it takes all, or nothing. */
bool peers_room_of(const struct peers *peers, const struct device_id *device, struct peers_room *out);
uint32_t peers_full_count(const struct peers *peers);

/* What frames carry, for counting. */
enum peers_kind {
	PEERS_KIND_HEADS, /* what each side has, and is asked for */
	PEERS_KIND_RUNS, /* entries */
	PEERS_KIND_STATE, /* replicated state: keys, acknowledgements, proofs */
	PEERS_KIND_PICTURES,
	PEERS_KIND_OTHER, /* pairing, and what this version does not know */
	PEERS_KIND_COUNT,
};

/* Since the program started. Bytes are contents of frames: less than peers_traffic() tells. */
struct peers_totals {
	uint64_t sessions;
	uint64_t kind_in[PEERS_KIND_COUNT], kind_out[PEERS_KIND_COUNT];
};
struct peers_totals peers_totals(const struct peers *peers);

/* NULL: nothing was noticed, as far as is remembered. */
const struct peers_withheld *peers_withheld(const struct peers *peers, const struct device_id *device);
/* Pieces of pictures over the connections that there are now. */
void peers_pieces(const struct peers *peers, uint64_t *pieces_in, uint64_t *pieces_out);

/* Everything sent and received over all connections, framing included. */
void peers_traffic(const struct peers *peers, uint64_t *bytes_in, uint64_t *bytes_out);

/* What sessions sent, by the type of the frame (net/README.md, sections 5 and 8). The rest of the traffic is handshakes, the heads of frames and
 * messages, seals, pieces, pairings and keep-alives. */
struct peers_sent {
	uint64_t frames, bytes; /* of payload */
};

enum { PEERS_FRAME_TYPES = 48 };

struct peers_sent peers_sent(const struct peers *peers, uint8_t type); /* zero for types above */

#endif
