/*
 * tests/lib/net_pair.h - two channels facing each other in memory, with keys that are the same in every run.
 */
#ifndef TESTS_LIB_NET_PAIR_H
#define TESTS_LIB_NET_PAIR_H

#include "net/channel.h"

struct net_peer {
	struct net_channel *channel;
	struct buf outgoing; /* taken from the channel, not delivered yet */
	struct buf
	        all_sent; /* everything that ever left, for golden files and replays; kept only when `record` */
	bool record;
	bool refuse; /* the answer to the question */
	unsigned asked, established, frames, closed;
	uint8_t last_type;
	struct buf received; /* payloads, one after the other; kept only when `keep` */
	bool keep;
	uint64_t received_bytes;
};

struct net_pair {
	struct net_peer peers[2]; /* initiator, responder */
	uint64_t now_ms;
};

/* The configuration of one side; edit it before net_channel_new(). The responder holds three open invitations,
 * and a pairing initiator the second. Keys are made from `seed`. */
struct net_channel_config net_pair_config(bool initiator, enum net_channel_kind kind, uint8_t seed);

/* Both sides with unedited configurations. Close by net_pair_close(). */
void net_pair_open(struct net_pair *pair, enum net_channel_kind kind);
void net_pair_start(struct net_pair *pair, const struct net_channel_config *initiator,
        const struct net_channel_config *responder);
void net_pair_close(struct net_pair *pair);

/* Feed bytes, answer questions, count events, take the output. */
void net_peer_feed(struct net_peer *peer, uint64_t now_ms, struct span bytes);
void net_peer_take(struct net_peer *peer, uint64_t now_ms);

/* Carry bytes both ways, `chunk_bytes` at a time, until both are silent. */
void net_pair_run(struct net_pair *pair, size_t chunk_bytes);

/* A peer with the initiator's real key that then says whatever it likes: the victim is the responder of a pair whose
 * initiator is left alone. */
struct net_rogue {
	struct net_noise_cipher sending, receiving;
};
void net_rogue_shake(struct net_rogue *rogue, struct net_peer *victim); /* the handshake, no HELLO */
void net_rogue_meet(
        struct net_rogue *rogue, struct net_peer *victim); /* and HELLO: the victim is established */
void net_rogue_say(
        struct net_rogue *rogue, struct net_peer *victim, struct span plain); /* one sealed message */
void net_rogue_close(struct net_rogue *rogue);

/* The public key and the invitation id that net_pair_config() stands for. */
void net_pair_public(uint8_t out[NET_NOISE_KEY_BYTES], bool initiator);
struct net_invitation net_pair_invitation(uint32_t index);

#endif
