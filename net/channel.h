/*
 * net/channel.h - one encrypted channel between two devices: handshake, hello, frames, keep-alive, close.
 *
 * Pure: bytes and times in, events and bytes out (net/README.md, sections 1 and 2). The owner runs this loop:
 *
 *	on bytes:   while ((event = net_channel_feed(channel, now, &bytes, &frame)) != NET_CHANNEL_NOTHING) act on it;
 *	always then: net_channel_take() and write the result; set a timer to net_channel_due_ms()
 *	on timer:   net_channel_tick(), handled like an event; then as above
 *
 * After NET_CHANNEL_CLOSED the owner takes the last bytes, writes them, ends the connection and frees the channel.
 *
 * Threads: one channel, one thread at a time. Secrets live in guarded memory (sodium_malloc).
 * Times are monotonic milliseconds of the owner's clock.
 */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "net/frame.h"
#include "net/noise.h"

/* The first byte on the wire: which handshake. */
enum net_channel_kind { NET_CHANNEL_KNOWN = 0x02, NET_CHANNEL_PAIRING = 0x03 };

/* Frame types below NET_FRAME_OWN_MAX + 1 belong to the channel. */
enum { NET_FRAME_HELLO = 0, NET_FRAME_CLOSE = 1, NET_FRAME_KEEPALIVE = 2, NET_FRAME_OWN_MAX = 15 };

enum { NET_HINT_BYTES = 16, NET_INVITATION_ID_BYTES = 32 };

struct net_invitation {
	uint8_t id[NET_INVITATION_ID_BYTES]; /* the owner's name for it; never sent */
	uint8_t psk[NET_NOISE_KEY_BYTES];
};

/* Everything is copied. */
struct net_channel_config {
	bool initiator;
	struct team_id team; /* not looked at by the initiator of a pairing */
	const uint8_t *static_secret; /* this device's transport key */
	const uint8_t *ephemeral_secret; /* 32 fresh random bytes, for this channel only */
	uint64_t now_ms;
	/* Versions of the session protocol that this program speaks, 1 <= min <= max, and its optional abilities. */
	uint32_t version_min, version_max;
	uint64_t features;
	/* Initiator: exactly one of the two. It decides the handshake. */
	const uint8_t *remote_static;
	const uint8_t *psk;
	/* Responder: invitation number `index` (from 0) that is open now; false past the last. NULL: none. Called within
	 * net_channel_feed() only, so `context` lives as long as the channel. */
	bool (*invitation)(void *context, uint32_t index, struct net_invitation *out);
	void *context;
};

struct net_channel;

/* Needs sodium_init() once. An initiator has bytes to send at once. ERR_INVALID: the configuration contradicts itself,
 * or `remote_static` is no usable key. */
int net_channel_new(struct net_channel **channel, const struct net_channel_config *config);
void net_channel_free(struct net_channel *channel); /* wipes; NULL is allowed */

enum net_channel_event {
	NET_CHANNEL_NOTHING, /* all bytes were taken */
	/* May the holder of net_channel_remote_static() connect? Answer by accept or refuse; until then bytes stay. A
	 * responder may be asked on account of a recorded first message: only ESTABLISHED shows that the device is there now,
	 * so nothing may be replaced, counted or shown before. */
	NET_CHANNEL_ASK,
	NET_CHANNEL_ESTABLISHED, /* both sides are there and agreed on a version: frames may be sent. Comes once. */
	NET_CHANNEL_FRAME, /* *frame, of a type above NET_FRAME_OWN_MAX */
	NET_CHANNEL_CLOSED, /* over; net_channel_error() says why. Comes once, nothing after it. */
};

/* Read on, from the front of `*bytes`, to the next event. The frame's payload borrows from the channel until the next
 * call. An empty span fetches an event that is due already, as after net_channel_accept(). */
enum net_channel_event net_channel_feed(
        struct net_channel *channel, uint64_t now_ms, struct span *bytes, struct net_frame *frame);

/* Answers to NET_CHANNEL_ASK; ERR_INVALID when nothing was asked. Then call net_channel_feed() with the rest.
 * `reason` is an ERR_* that the other side gets to see, unless it is a stranger who gets no answer at all. */
int net_channel_accept(struct net_channel *channel);
int net_channel_refuse(struct net_channel *channel, int reason);

/* Time has passed: NET_CHANNEL_CLOSED or NET_CHANNEL_NOTHING. May leave a keep-alive to take. */
enum net_channel_event net_channel_tick(struct net_channel *channel, uint64_t now_ms);
uint64_t net_channel_due_ms(const struct net_channel *channel); /* next tick; UINT64_MAX when closed */

/* The connection ended below: NET_CHANNEL_CLOSED (once) with ERR_TRUNCATED unless the channel was closed before. */
enum net_channel_event net_channel_eof(struct net_channel *channel);

/* Append a frame to the output. ERR_INVALID: not established, or a type of the channel's own. ERR_TOOBIG: over
 * LIMIT_FRAME_BYTES. ERR_FULL: the cipher is used up, open a new connection. On error nothing was appended. */
int net_channel_send(struct net_channel *channel, uint8_t type, struct span payload);

/* Seal what was sent and hand it over: `*out`, empty before, takes the bytes. May leave it empty. */
void net_channel_take(struct net_channel *channel, uint64_t now_ms, struct buf *out);
size_t net_channel_unsent_bytes(const struct net_channel *channel);

/* Say goodbye: reason 0 or an ERR_* for the other side. No event follows. Harmless when closed. */
void net_channel_close(struct net_channel *channel, int reason);

/* Why it is closed: ERR_CLOSED by the other side's CLOSE (its reason: net_channel_peer_reason()), ERR_CANCELLED by ours,
 * ERR_TRUNCATED cut off, ERR_TIMEOUT, ERR_VERSION, ERR_DENIED (no such invitation, ourselves, or refused),
 * ERR_BADSEAL, ERR_MALFORMED, ERR_TOOBIG. 0 while open. */
int net_channel_error(const struct net_channel *channel);
int net_channel_peer_reason(
        const struct net_channel *channel); /* 0 or negative; may be a code we do not know */

/* From NET_CHANNEL_ASK on; NULL before. 32 bytes that borrow from the channel. */
const uint8_t *net_channel_remote_static(const struct net_channel *channel);
/* Responder of a pairing, from NET_CHANNEL_ASK on: the id of the invitation used; NULL otherwise. */
const uint8_t *net_channel_invitation(const struct net_channel *channel);
/* SHA-256 of the handshake, unique to this channel and equal on both sides: something to sign. NULL until the last
 * handshake message (responder of a known device: until accept). */
const uint8_t *net_channel_transcript(const struct net_channel *channel);
/* From NET_CHANNEL_ESTABLISHED on; 0 before. */
uint32_t net_channel_version(const struct net_channel *channel);
uint64_t net_channel_features(const struct net_channel *channel); /* those that both sides have */

#endif
