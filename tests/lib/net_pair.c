#include "tests/lib/net_pair.h"

#include <assert.h>
#include <string.h>

#include "crdt/base/err.h"

static uint8_t static_secrets[2][NET_NOISE_KEY_BYTES]; /* initiator, responder */
static uint8_t ephemeral_secrets[2][256][NET_NOISE_KEY_BYTES];
static uint8_t responder_public[NET_NOISE_KEY_BYTES];
static struct net_invitation invited;

struct net_invitation net_pair_invitation(uint32_t index)
{
	struct net_invitation invitation;
	memset(invitation.id, 0x40 + (int)index, sizeof(invitation.id));
	memset(invitation.psk, 0x60 + (int)index, sizeof(invitation.psk));
	return invitation;
}

static bool next_invitation(void *context, uint32_t index, struct net_invitation *out)
{
	(void)context;
	*out = net_pair_invitation(index);
	return index < 3;
}

void net_pair_public(uint8_t out[NET_NOISE_KEY_BYTES], bool initiator)
{
	uint8_t secret[NET_NOISE_KEY_BYTES];
	memset(secret, initiator ? 1 : 2, sizeof(secret));
	net_noise_public(out, secret);
}

struct net_channel_config net_pair_config(bool initiator, enum net_channel_kind kind, uint8_t seed)
{
	int side = initiator ? 0 : 1;
	memset(static_secrets[side], 1 + side, NET_NOISE_KEY_BYTES);
	memset(ephemeral_secrets[side][seed], 3 + side, NET_NOISE_KEY_BYTES);
	ephemeral_secrets[side][seed][1] = seed;
	net_pair_public(responder_public, false);
	invited = net_pair_invitation(1);
	struct net_channel_config config = {
	        .initiator = initiator,
	        .team = {{7}},
	        .static_secret = static_secrets[side],
	        .ephemeral_secret = ephemeral_secrets[side][seed],
	        .now_ms = 1000,
	        .version_min = 1,
	        .version_max = 1,
	        .features = 0x0103,
	        .invitation = initiator ? NULL : next_invitation,
	};
	if (initiator && kind == NET_CHANNEL_KNOWN)
		config.remote_static = responder_public;
	if (initiator && kind == NET_CHANNEL_PAIRING)
		config.psk = invited.psk;
	return config;
}

void net_pair_start(struct net_pair *pair, const struct net_channel_config *initiator,
        const struct net_channel_config *responder)
{
	*pair = (struct net_pair){.now_ms = initiator->now_ms};
	int error = net_channel_new(&pair->peers[0].channel, initiator);
	if (!error)
		error = net_channel_new(&pair->peers[1].channel, responder);
	assert(!error);
}

void net_pair_open(struct net_pair *pair, enum net_channel_kind kind)
{
	struct net_channel_config initiator = net_pair_config(true, kind, 0);
	struct net_channel_config responder = net_pair_config(false, kind, 0);
	net_pair_start(pair, &initiator, &responder);
}

void net_pair_close(struct net_pair *pair)
{
	for (int i = 0; i < 2; i++) {
		net_channel_free(pair->peers[i].channel);
		buf_close(&pair->peers[i].outgoing);
		buf_close(&pair->peers[i].all_sent);
		buf_close(&pair->peers[i].received);
	}
}

void net_peer_take(struct net_peer *peer, uint64_t now_ms)
{
	struct buf out = {0};
	net_channel_take(peer->channel, now_ms, &out);
	if (peer->record)
		buf_add_span(&peer->all_sent, buf_span(&out));
	if (!peer->outgoing.size) { /* the usual case: no copy */
		struct buf empty = peer->outgoing;
		peer->outgoing = out;
		out = empty;
	} else {
		buf_add_span(&peer->outgoing, buf_span(&out));
	}
	buf_close(&out);
}

static void take_frame(struct net_peer *peer, const struct net_frame *frame)
{
	peer->frames++;
	peer->last_type = frame->type;
	peer->received_bytes += frame->payload.size;
	if (peer->keep)
		buf_add_span(&peer->received, frame->payload);
}

void net_peer_feed(struct net_peer *peer, uint64_t now_ms, struct span bytes)
{
	struct net_frame frame;
	for (;;) {
		enum net_channel_event event = net_channel_feed(peer->channel, now_ms, &bytes, &frame);
		if (event == NET_CHANNEL_NOTHING)
			break;
		if (event == NET_CHANNEL_ESTABLISHED)
			peer->established++;
		if (event == NET_CHANNEL_CLOSED)
			peer->closed++;
		if (event == NET_CHANNEL_FRAME)
			take_frame(peer, &frame);
		if (event == NET_CHANNEL_ASK) {
			int error = peer->refuse ? net_channel_refuse(peer->channel, ERR_DENIED)
			                         : net_channel_accept(peer->channel);
			assert(!error);
			peer->asked++;
		}
	}
	assert(bytes.size == 0);
	net_peer_take(peer, now_ms);
}

void net_pair_run(struct net_pair *pair, size_t chunk_bytes)
{
	for (int i = 0; i < 2; i++)
		net_peer_take(&pair->peers[i], pair->now_ms);
	while (pair->peers[0].outgoing.size || pair->peers[1].outgoing.size)
		for (int i = 0; i < 2; i++) {
			struct buf bytes = pair->peers[i].outgoing;
			pair->peers[i].outgoing = (struct buf){0};
			for (size_t at = 0; at < bytes.size; at += chunk_bytes)
				net_peer_feed(&pair->peers[1 - i], pair->now_ms,
				        span_sub(buf_span(&bytes), at, chunk_bytes));
			buf_close(&bytes);
		}
}

void net_rogue_shake(struct net_rogue *rogue, struct net_peer *victim)
{
	struct net_channel_config config = net_pair_config(true, NET_CHANNEL_KNOWN, 0);
	struct net_noise_handshake handshake;
	struct buf prologue = {0}, wire = {0}, payload = {0};
	buf_add(&prologue, "releve\x01\x02", 8);
	buf_add(&prologue, config.team.bytes, sizeof(config.team.bytes));
	buf_add(&wire, "\x02", 1);
	int error = net_noise_begin(&handshake,
	        &(struct net_noise_config){.pattern = &net_noise_ik,
	                .hash = &net_noise_sha256,
	                .initiator = true,
	                .prologue = buf_span(&prologue),
	                .static_secret = config.static_secret,
	                .ephemeral_secret = config.ephemeral_secret,
	                .remote_static = config.remote_static});
	if (!error)
		error = net_noise_write(&handshake, span_of(NULL, 0), &wire);
	assert(!error);
	net_peer_feed(victim, 1000, buf_span(&wire));
	error = net_noise_read(&handshake, span_sub(buf_span(&victim->outgoing), 0, 48), &payload);
	if (!error)
		error = net_noise_split(&handshake, &rogue->sending, &rogue->receiving);
	assert(!error);
	buf_close(&victim->outgoing);
	buf_close(&prologue);
	buf_close(&wire);
	buf_close(&payload);
}

void net_rogue_meet(struct net_rogue *rogue, struct net_peer *victim)
{
	net_rogue_shake(rogue, victim);
	net_rogue_say(rogue, victim, span_of("\x00\x0a\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00", 12));
}

void net_rogue_say(struct net_rogue *rogue, struct net_peer *victim, struct span plain)
{
	size_t sealed = plain.size + NET_NOISE_TAG_BYTES;
	struct buf wire = {0};
	uint8_t *at = buf_extend(&wire, NET_MESSAGE_HEADER_BYTES + sealed);
	at[0] = (uint8_t)(sealed >> 8);
	at[1] = (uint8_t)sealed;
	int error = net_noise_seal(&rogue->sending, span_of(NULL, 0), plain, at + NET_MESSAGE_HEADER_BYTES);
	assert(!error);
	net_peer_feed(victim, 1000, buf_span(&wire));
	buf_close(&wire);
}

void net_rogue_close(struct net_rogue *rogue)
{
	net_noise_cipher_wipe(&rogue->sending);
	net_noise_cipher_wipe(&rogue->receiving);
}
