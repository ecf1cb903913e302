/*
 * net/early.h - early copies on a cold join: snapshots of the dossiers that are needed first, ahead of the log (net/README.md, section 8).
 *
 * Pure: frames and calls in, frames out through `send`. Knows nothing of what a snapshot is. One machine per session, one thread.
 *
 * Normal course: net_early_want() asks, once; the other side says how many come, sends them, and ends. net_early_pump() answers as far as the link
 * takes it. Failures: a negative result ends the session. Who does not answer is waited for no longer (net_early_due_ms), and may still send.
 */
#ifndef NET_EARLY_H
#define NET_EARLY_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum net_early_frame {
	NET_FRAME_EARLY_WANT = 40,
	NET_FRAME_EARLY_OFFER = 41,
	NET_FRAME_EARLY_COPY = 42,
	NET_FRAME_EARLY_END = 43,
	NET_FRAME_EARLY_PARTIAL = 44,
};

/* What is asked for. */
struct net_early_want {
	uint32_t
	        days; /* dossiers in use within so many days, with the events of these; 0: as many as are given */
	const struct record_id *held; /* ascending: those that are here already */
	uint32_t held_count;
};

/* How many come, and about how many bytes. */
struct net_early_offer {
	uint64_t copies, bytes;
};

struct net_early_host {
	void *context;
	/* The peer asks: what will come. Every call of give() after it continues the answer. */
	int (*asked)(void *context, const struct net_early_want *want, struct net_early_offer *offer);
	/* Append the next one. 1: done; 0: that was all; NET_EARLY_LATER: not now. */
	int (*give)(void *context, struct buf *out);
	/* One came that was asked for. Negative: the peer is not believed. */
	int (*take)(void *context, struct span copy);
	int (*send)(void *context, uint8_t type, struct span payload);
};

enum { NET_EARLY_LATER = 2 };

enum net_early_state {
	NET_EARLY_IDLE, /* nothing was asked yet */
	NET_EARLY_ASKED, /* the offer is to come */
	NET_EARLY_COMING, /* copies are */
	NET_EARLY_OVER, /* the answer is whole */
};

/* Zeroed, with `host` set, is the start. No memory of its own. */
struct net_early {
	const struct net_early_host *host; /* borrowed */
	enum net_early_state state;
	uint64_t asked_ms, heard_ms;
	struct net_early_offer offer; /* to us */
	uint64_t copies, bytes; /* that came */
	bool gives; /* the answer to the peer's question is under way */
	bool gave; /* it was given: a second question ends the session */
	uint64_t given_bytes;
	bool told_partial, peer_partial; /* what this side, and the other, said of its own copy */
};

static inline bool net_early_is_frame(uint8_t type)
{
	return type >= NET_FRAME_EARLY_WANT && type <= NET_FRAME_EARLY_PARTIAL;
}

/* Hostile payloads are fine. ERR_MALFORMED, ERR_TOOBIG, errors of the host. */
int net_early_receive(struct net_early *early, uint64_t now_ms, uint8_t type, struct span payload);

/* Ask; state IDLE. */
int net_early_want(struct net_early *early, uint64_t now_ms, const struct net_early_want *want);

/* This side has a partial copy, or none any more: told when that is another state than was told. */
int net_early_tell(struct net_early *early, bool is_partial);

/* Continue the answer to the peer: about `budget_bytes` at most. 1: there is more, and room for it is to be waited for; 0: nothing for now. */
int net_early_pump(struct net_early *early, uint32_t budget_bytes);

/* Until when what comes later waits for this answer; 0: it does not. */
uint64_t net_early_due_ms(const struct net_early *early);

#endif
