/*
 * net/pieces.h - what is too large for entries, between two devices of a team: who has what, and one piece after the other (net/README.md, section 6).
 *
 * Pure: frames and calls in, frames out through `send`. Knows nothing of what a piece is. One machine per session, one thread.
 *
 * Normal course: net_pieces_receive() takes frames; net_pieces_turn(), after each event, says what is to be said, answers, and asks for the next piece once the one
 * before is on the disk. Failures: a negative result of either ends the session.
 */
#ifndef NET_PIECES_H
#define NET_PIECES_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum { NET_BLOB_ADDRESS_BYTES = 32 };

/* Instead of a piece's number: what a carrier, who knows of nothing that an address names, is to be told of it. */
#define NET_PIECE_NOTE UINT32_MAX

enum net_pieces_frame {
	NET_FRAME_PIECES_DIGEST = 32,
	NET_FRAME_PIECES_TELL = 33,
	NET_FRAME_PIECES_HELD = 34,
	NET_FRAME_PIECE_WANT = 35,
	NET_FRAME_PIECE = 36,
	NET_FRAME_PIECE_NONE = 37,
};

struct net_blob_address { /* names what pieces belong to */
	uint8_t bytes[NET_BLOB_ADDRESS_BYTES];
};

/* Outcome of net_pieces_host.store() besides 0: it is not needed, or cannot be kept now. */
enum { NET_PIECE_IGNORED = 1 };

struct net_pieces_host {
	void *context;
	/* Is anything known here that has pieces? Else nothing is said. */
	bool (*knows_any)(void *context);
	/* Append, ascending, what is whole here since *mark (0: all of it) and this peer may have; *mark becomes the mark now. */
	void (*whole)(void *context, uint64_t *mark, struct buf *out);
	uint64_t (*whole_mark)(void *context);
	/* What is known of the peer, ascending. */
	struct span (*believed)(void *context);
	/* The peer said that it has these; `anew`: and nothing that it said before. False: some of them are not known here, and are not remembered. */
	bool (*told)(void *context, const struct net_blob_address *addresses, uint32_t count, bool anew);
	void (*denied)(void *context, const struct net_blob_address *address);
	/* Moves when something became known here: what a peer said of it before was not remembered. */
	uint64_t (*known_mark)(void *context);
	/* Append a piece for the peer. Negative: it is not here, or not for the peer. */
	int (*piece)(void *context, const struct net_blob_address *address, uint32_t index, struct buf *out);
	/* What to ask the peer for; *address, unless zero, is gone on with. */
	bool (*next)(void *context, struct net_blob_address *address, uint32_t *index);
	/* A piece that was asked for came. Negative: the peer is not believed. */
	int (*store)(
	        void *context, const struct net_blob_address *address, uint32_t index, struct span piece);
	bool (*stored)(void *context, const struct net_blob_address *address,
	        uint32_t index); /* it is on the disk */
	int (*send)(void *context, uint8_t type, struct span payload);
};

enum net_pieces_state { NET_PIECES_IDLE, NET_PIECES_WANTED, NET_PIECES_STORING };

/* Zeroed, with `host` set, is the start. No memory of its own. */
struct net_pieces {
	const struct net_pieces_host *host; /* borrowed */
	enum net_pieces_state state;
	struct net_blob_address address; /* asked for last */
	uint32_t index;
	uint64_t asked_ms;
	uint64_t rest_until_ms; /* nothing is asked for before; 0: now */
	bool is_slow; /* it was asked, and does not answer: others may be asked for the same */
	bool speaks; /* the peer has said what it has */
	bool has_told; /* the digest went out */
	bool tell_due; /* it asked for the list */
	bool ask_tell; /* we have to ask for it */
	bool has_missed; /* it named something that was not known here */
	uint64_t told_mark, known_mark;
	bool serves; /* a want of the peer waits for its answer */
	struct net_blob_address serve_address;
	uint32_t serve_index;
	uint64_t pieces_in, pieces_out;
};

static inline bool net_pieces_is_frame(uint8_t type)
{
	return type >= NET_FRAME_PIECES_DIGEST && type <= NET_FRAME_PIECE_NONE;
}

/* Hostile payloads are fine. ERR_MALFORMED, ERR_TOOBIG, errors of the host. */
int net_pieces_receive(struct net_pieces *pieces, uint8_t type, struct span payload);

/* What may be done now. */
enum net_pieces_may {
	NET_PIECES_SAY =
	        1, /* who has what: nothing is missing of what goes before, and no question of it is open */
	NET_PIECES_ASK = 2, /* the same, and there is room for another piece */
	NET_PIECES_GIVE =
	        4, /* nothing that goes before waits to be sent, and there is room for another piece */
};

/* `may`: of enum net_pieces_may. After a piece that took a while the same while passes before the next is asked for (LIMIT_PIECES_SHARE_PERCENT). */
int net_pieces_turn(struct net_pieces *pieces, uint64_t now_ms, unsigned may);

/* When the peer, asked, counts as slow, or something more may be asked of it; UINT64_MAX: never. */
uint64_t net_pieces_due_ms(const struct net_pieces *pieces);

/* Is the peer being asked for this, so that others are not? */
bool net_pieces_fetches(const struct net_pieces *pieces, const struct net_blob_address *address);

#endif
