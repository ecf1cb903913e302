/*
 * Normal course: new -> (feed collects `want_bytes`, step() takes one handshake message) ... -> ask -> accept -> HELLO both
 * ways -> established -> frames -> CLOSE. Any failure goes through fail(), which says CLOSE where keys exist, and ends.
 */
#include "net/channel.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

enum state { HANDSHAKE, ASKING, HELLO, OPEN, CLOSED, STATE_COUNT };

static const bool allowed[STATE_COUNT][STATE_COUNT] = {
        [HANDSHAKE] = {[ASKING] = true, [HELLO] = true, [CLOSED] = true},
        [ASKING] = {[HELLO] = true, [OPEN] = true, [CLOSED] = true},
        [HELLO] = {[ASKING] = true, [OPEN] = true, [CLOSED] = true},
        [OPEN] = {[CLOSED] = true},
};

enum {
	HANDSHAKE_VERSION = 1,
	IK_FIRST_BYTES = 96,
	IK_SECOND_BYTES = 48,
	XX_FIRST_BYTES = 48,
	XX_SECOND_BYTES = 96,
	XX_THIRD_BYTES = 64,
};
static_assert(1 + NET_HINT_BYTES + XX_FIRST_BYTES <= LIMIT_HANDSHAKE_BYTES &&
                1 + IK_FIRST_BYTES <= LIMIT_HANDSHAKE_BYTES,
        "a first message fits the buffer for strangers");

struct net_channel {
	struct net_channel_config config; /* its pointers to keys are not kept */
	uint8_t static_secret[NET_NOISE_KEY_BYTES], ephemeral_secret[NET_NOISE_KEY_BYTES];
	struct net_noise_handshake handshake;
	struct net_invitation invitation;
	bool invited, kind_known, split;
	enum net_channel_kind kind;
	enum state state;
	uint8_t hint[NET_HINT_BYTES];
	uint8_t input[LIMIT_HANDSHAKE_BYTES]; /* of the handshake only */
	size_t input_bytes, want_bytes;
	struct net_frame_reader reader;
	struct net_frame_writer writer; /* its `out` takes the handshake messages too */
	enum net_channel_event due_event; /* to be returned first by the next feed */
	bool remote_known;
	uint8_t remote_static[NET_NOISE_KEY_BYTES];
	uint8_t transcript[32];
	uint64_t started_ms, received_ms, sent_ms;
	uint32_t version;
	uint64_t features;
	int error, peer_reason;
};

static void move(struct net_channel *channel, enum state to)
{
	assert(allowed[channel->state][to]);
	channel->state = to;
}

static void forget_secrets(struct net_channel *channel)
{
	mem_wipe(channel->static_secret, sizeof(channel->static_secret));
	mem_wipe(channel->ephemeral_secret, sizeof(channel->ephemeral_secret));
	mem_wipe(channel->invitation.psk, sizeof(channel->invitation.psk));
}

/* --- Ends ------------------------------------------------------------------------------------------------- */

static void say_close(struct net_channel *channel, int reason)
{
	struct buf payload = {0};
	if (!channel->split)
		return;
	wire_put_varint(&payload, reason < 0 ? (uint64_t)-reason : 0);
	/* If the cipher is used up, the other side sees the connection end instead. */
	(void)net_frame_write(&channel->writer, NET_FRAME_CLOSE, buf_span(&payload));
	buf_close(&payload);
}

static enum net_channel_event end(struct net_channel *channel, int error)
{
	if (channel->state == CLOSED)
		return NET_CHANNEL_NOTHING;
	move(channel, CLOSED);
	channel->error = error;
	channel->due_event = NET_CHANNEL_NOTHING;
	net_noise_wipe(&channel->handshake);
	forget_secrets(channel);
	return NET_CHANNEL_CLOSED;
}

static enum net_channel_event fail(struct net_channel *channel, int error)
{
	if (channel->state != CLOSED)
		say_close(channel, error);
	return end(channel, error);
}

/* --- Handshake -------------------------------------------------------------------------------------------- */

static int begin_handshake(struct net_channel *channel)
{
	const struct net_channel_config *config = &channel->config;
	bool pairing = channel->kind == NET_CHANNEL_PAIRING;
	uint8_t versions[2] = {HANDSHAKE_VERSION, (uint8_t)channel->kind};
	struct buf prologue = {0};
	buf_add_span(&prologue, span_text("releve"));
	buf_add(&prologue, versions, sizeof(versions));
	/* An invitation's secret belongs to one team; its holder learns which one from inside the channel. */
	const struct team_id team = pairing ? (struct team_id){{0}} : config->team;
	buf_add(&prologue, team.bytes, sizeof(team.bytes));
	int error = net_noise_begin(&channel->handshake,
	        &(struct net_noise_config){.pattern = pairing ? &net_noise_xxpsk3 : &net_noise_ik,
	                .hash = &net_noise_sha256,
	                .initiator = config->initiator,
	                .prologue = buf_span(&prologue),
	                .static_secret = channel->static_secret,
	                .ephemeral_secret = channel->ephemeral_secret,
	                .remote_static = channel->remote_static});
	buf_close(&prologue);
	if (!error && pairing)
		net_noise_set_psk(&channel->handshake, channel->invitation.psk);
	return error;
}

static void make_hint(uint8_t hint[NET_HINT_BYTES], const uint8_t *psk, struct span first_message)
{
	uint8_t key[32], full[32];
	const struct net_noise_hash *sha256 = &net_noise_sha256;
	sha256->hmac(
	        key, span_of(psk, NET_NOISE_KEY_BYTES), span_text("releve pairing hint"), span_of(NULL, 0));
	sha256->hmac(full, span_of(key, sizeof(key)), first_message, span_of(NULL, 0));
	memcpy(hint, full, NET_HINT_BYTES);
	mem_wipe(key, sizeof(key));
}

/* Which invitation a first message means. All are tried, so that the time tells nothing. */
static bool find_invitation(struct net_channel *channel, const uint8_t *hint, struct span first_message)
{
	struct net_invitation candidate;
	uint8_t expected[NET_HINT_BYTES];
	for (uint32_t i = 0; channel->config.invitation && i < LIMIT_INVITATIONS; i++) {
		if (!channel->config.invitation(channel->config.context, i, &candidate))
			break;
		make_hint(expected, candidate.psk, first_message);
		if (sodium_memcmp(expected, hint, NET_HINT_BYTES) == 0) {
			channel->invitation = candidate;
			channel->invited = true;
		}
	}
	mem_wipe(&candidate, sizeof(candidate));
	return channel->invited;
}

static int write_handshake(struct net_channel *channel)
{
	return net_noise_write(&channel->handshake, span_of(NULL, 0), &channel->writer.out);
}

/* Our messages carry no payload, and theirs must not either: the fixed sizes see to it. */
static int read_handshake(struct net_channel *channel, struct span message)
{
	struct buf payload = {0};
	int error = net_noise_read(&channel->handshake, message, &payload);
	assert(!payload.size);
	buf_close(&payload);
	return error;
}

static int split(struct net_channel *channel)
{
	memcpy(channel->transcript, net_noise_transcript(&channel->handshake).data,
	        sizeof(channel->transcript));
	int error = net_noise_split(&channel->handshake, &channel->writer.cipher, &channel->reader.cipher);
	channel->split = !error;
	forget_secrets(channel); /* no later theft of this memory opens what was said */
	return error;
}

/* Keep the other side's key. ERR_DENIED: it is our own. */
static int learn_remote(struct net_channel *channel)
{
	memcpy(channel->remote_static, net_noise_remote_static(&channel->handshake), NET_NOISE_KEY_BYTES);
	bool self = sodium_memcmp(channel->remote_static, channel->handshake.local_static.public,
	                    NET_NOISE_KEY_BYTES) == 0;
	return self ? ERR_DENIED : 0;
}

static enum net_channel_event ask(struct net_channel *channel)
{
	move(channel, ASKING);
	channel->remote_known = true;
	return NET_CHANNEL_ASK;
}

/* Responder: the first byte says which handshake. */
static enum net_channel_event read_kind(struct net_channel *channel, uint8_t byte)
{
	if (byte != NET_CHANNEL_KNOWN && byte != NET_CHANNEL_PAIRING)
		return fail(channel, ERR_MALFORMED);
	channel->kind = (enum net_channel_kind)byte;
	channel->kind_known = true;
	channel->want_bytes = byte == NET_CHANNEL_KNOWN ? IK_FIRST_BYTES : NET_HINT_BYTES + XX_FIRST_BYTES;
	return NET_CHANNEL_NOTHING;
}

static enum net_channel_event read_known_first(struct net_channel *channel, struct span message)
{
	int error = begin_handshake(channel);
	if (!error)
		error = read_handshake(channel, message);
	if (!error)
		error = learn_remote(channel);
	return error ? fail(channel, error) : ask(channel);
}

static enum net_channel_event read_pairing_first(struct net_channel *channel, struct span message)
{
	struct span first = span_sub(message, NET_HINT_BYTES, message.size);
	if (!find_invitation(channel, message.data, first))
		return fail(channel, ERR_DENIED);
	int error = begin_handshake(channel);
	if (!error)
		error = read_handshake(channel, first);
	if (!error)
		error = write_handshake(channel);
	channel->want_bytes = XX_THIRD_BYTES;
	return error ? fail(channel, error) : NET_CHANNEL_NOTHING;
}

/* The last message that comes in: the initiator's second, or the responder's third of a pairing. */
static enum net_channel_event read_last(struct net_channel *channel, struct span message)
{
	int error = read_handshake(channel, message);
	if (!error)
		error = learn_remote(channel);
	if (!error && !net_noise_done(&channel->handshake))
		error = write_handshake(channel);
	if (!error)
		error = split(channel);
	if (error)
		return fail(channel, error);
	if (channel->config.initiator && channel->kind == NET_CHANNEL_PAIRING) {
		move(channel, HELLO); /* the responder has proved nothing yet: its HELLO does */
		return NET_CHANNEL_NOTHING;
	}
	return ask(channel);
}

static enum net_channel_event step(struct net_channel *channel)
{
	struct span message = span_of(channel->input, channel->input_bytes);
	channel->input_bytes = 0;
	if (!channel->kind_known)
		return read_kind(channel, message.data[0]);
	if (channel->config.initiator || channel->handshake.pattern /* begun */)
		return read_last(channel, message);
	return channel->kind == NET_CHANNEL_KNOWN ? read_known_first(channel, message)
	                                          : read_pairing_first(channel, message);
}

static enum net_channel_event feed_handshake(struct net_channel *channel, struct span *bytes)
{
	assert(channel->want_bytes <= sizeof(channel->input));
	struct span piece = span_sub(*bytes, 0, channel->want_bytes - channel->input_bytes);
	memcpy(channel->input + channel->input_bytes, piece.data, piece.size);
	channel->input_bytes += piece.size;
	*bytes = span_sub(*bytes, piece.size, bytes->size);
	return channel->input_bytes == channel->want_bytes ? step(channel) : NET_CHANNEL_NOTHING;
}

/* --- Frames ----------------------------------------------------------------------------------------------- */

static int say_hello(struct net_channel *channel)
{
	struct buf payload = {0};
	wire_put_varint(&payload, channel->config.version_min);
	wire_put_varint(&payload, channel->config.version_max);
	wire_put_u64(&payload, channel->config.features);
	int error = net_frame_write(&channel->writer, NET_FRAME_HELLO, buf_span(&payload));
	buf_close(&payload);
	return error;
}

static int negotiate(struct net_channel *channel, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	uint64_t min = wire_varint(&in), max = wire_varint(&in), features = wire_u64(&in);
	if (in.error || min == 0 || min > max || max > UINT32_MAX || wire_left(&in) > LIMIT_HELLO_EXTRA_BYTES)
		return ERR_MALFORMED;
	uint64_t lower = max < channel->config.version_max ? max : channel->config.version_max;
	if (lower < min || lower < channel->config.version_min)
		return ERR_VERSION;
	channel->version = (uint32_t)lower;
	channel->features = features & channel->config.features;
	return 0;
}

static enum net_channel_event hear_hello(struct net_channel *channel, struct span payload)
{
	if (channel->state != HELLO)
		return fail(channel, ERR_MALFORMED);
	int error = negotiate(channel, payload);
	if (error)
		return fail(channel, error);
	if (channel->config.initiator && channel->kind == NET_CHANNEL_PAIRING)
		return ask(channel);
	move(channel, OPEN);
	return NET_CHANNEL_ESTABLISHED;
}

static enum net_channel_event hear_close(struct net_channel *channel, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	uint64_t reason = wire_varint(&in);
	if (wire_end(&in) || reason > UINT16_MAX)
		return fail(channel, ERR_MALFORMED);
	channel->peer_reason = -(int)reason;
	return end(channel, ERR_CLOSED);
}

/* NOTHING: the frame was the channel's own, or is skipped. */
static enum net_channel_event hear(struct net_channel *channel, const struct net_frame *frame)
{
	if (frame->type == NET_FRAME_HELLO)
		return hear_hello(channel, frame->payload);
	if (frame->type == NET_FRAME_CLOSE)
		return hear_close(channel, frame->payload);
	if (channel->state != OPEN)
		return fail(channel, ERR_MALFORMED);
	return frame->type > NET_FRAME_OWN_MAX ? NET_CHANNEL_FRAME : NET_CHANNEL_NOTHING;
}

static enum net_channel_event feed_frames(
        struct net_channel *channel, struct span *bytes, struct net_frame *frame)
{
	enum net_channel_event event = NET_CHANNEL_NOTHING;
	while (event == NET_CHANNEL_NOTHING) {
		int outcome = net_frame_read(&channel->reader, bytes, frame);
		if (outcome < 0)
			return fail(channel, outcome);
		if (outcome == 0)
			return NET_CHANNEL_NOTHING;
		event = hear(channel, frame);
	}
	return event;
}

/* --- The owner's side ------------------------------------------------------------------------------------- */

static void keep_config(struct net_channel *channel, const struct net_channel_config *config)
{
	channel->config = *config;
	channel->config.static_secret = channel->config.ephemeral_secret = NULL;
	channel->config.remote_static = channel->config.psk = NULL;
	memcpy(channel->static_secret, config->static_secret, NET_NOISE_KEY_BYTES);
	memcpy(channel->ephemeral_secret, config->ephemeral_secret, NET_NOISE_KEY_BYTES);
	channel->started_ms = channel->received_ms = channel->sent_ms = config->now_ms;
}

/* The initiator's prefix and first message. */
static int start_initiator(struct net_channel *channel, const struct net_channel_config *config)
{
	struct buf *out = &channel->writer.out;
	bool pairing = config->psk != NULL;
	channel->kind = pairing ? NET_CHANNEL_PAIRING : NET_CHANNEL_KNOWN;
	channel->kind_known = true;
	channel->want_bytes = pairing ? XX_SECOND_BYTES : IK_SECOND_BYTES;
	if (pairing)
		memcpy(channel->invitation.psk, config->psk, NET_NOISE_KEY_BYTES);
	else
		memcpy(channel->remote_static, config->remote_static, NET_NOISE_KEY_BYTES);
	int error = begin_handshake(channel);
	if (error)
		return error;
	wire_put_u8(out, (uint8_t)channel->kind);
	size_t hint_bytes = pairing ? NET_HINT_BYTES : 0;
	buf_extend(out, hint_bytes);
	error = write_handshake(channel);
	if (!error && pairing)
		make_hint(out->data + 1, config->psk, span_sub(buf_span(out), 1 + hint_bytes, out->size));
	return error;
}

int net_channel_new(struct net_channel **out, const struct net_channel_config *config)
{
	bool keys = config->static_secret && config->ephemeral_secret;
	bool roles = config->initiator ? !config->remote_static != !config->psk
	                               : !config->remote_static && !config->psk;
	if (!keys || !roles || config->version_min == 0 || config->version_min > config->version_max)
		return ERR_INVALID;
	struct net_channel *channel = sodium_malloc(sizeof(*channel));
	assert(channel); /* out of memory ends the program, as in mem.h */
	memset(channel, 0, sizeof(*channel));
	keep_config(channel, config);
	channel->want_bytes = 1;
	int error = config->initiator ? start_initiator(channel, config) : 0;
	if (error) {
		net_channel_free(channel);
		return error == ERR_BADSEAL ? ERR_INVALID : error;
	}
	*out = channel;
	return 0;
}

void net_channel_free(struct net_channel *channel)
{
	if (!channel)
		return;
	net_frame_reader_wipe(&channel->reader);
	net_frame_writer_wipe(&channel->writer);
	sodium_free(channel); /* overwrites it */
}

enum net_channel_event net_channel_feed(
        struct net_channel *channel, uint64_t now_ms, struct span *bytes, struct net_frame *frame)
{
	enum net_channel_event event = channel->due_event;
	channel->due_event = NET_CHANNEL_NOTHING;
	if (bytes->size)
		channel->received_ms = now_ms;
	while (event == NET_CHANNEL_NOTHING && channel->state == HANDSHAKE && bytes->size)
		event = feed_handshake(channel, bytes);
	if (event != NET_CHANNEL_NOTHING)
		return event;
	if (channel->state == ASKING)
		return NET_CHANNEL_ASK;
	if (channel->state == HELLO || channel->state == OPEN)
		return feed_frames(channel, bytes, frame);
	if (channel->state == CLOSED)
		*bytes = span_of(NULL, 0);
	return NET_CHANNEL_NOTHING;
}

int net_channel_accept(struct net_channel *channel)
{
	if (channel->state != ASKING)
		return ERR_INVALID;
	int error = 0;
	if (!channel->split) { /* the responder of IK answers only now */
		error = write_handshake(channel);
		if (!error)
			error = split(channel);
	}
	if (!error)
		error = say_hello(channel);
	if (error) {
		channel->due_event = fail(channel, error);
		return 0;
	}
	bool heard = channel->version != 0; /* a pairing's initiator has the other HELLO already */
	move(channel, heard ? OPEN : HELLO);
	if (heard)
		channel->due_event = NET_CHANNEL_ESTABLISHED;
	return 0;
}

int net_channel_refuse(struct net_channel *channel, int reason)
{
	if (channel->state != ASKING)
		return ERR_INVALID;
	say_close(channel, reason);
	channel->due_event = end(channel, ERR_DENIED);
	return 0;
}

uint64_t net_channel_due_ms(const struct net_channel *channel)
{
	if (channel->state == CLOSED)
		return UINT64_MAX;
	if (channel->state != OPEN)
		return channel->started_ms + LIMIT_HANDSHAKE_MS;
	uint64_t idle_ms = channel->received_ms + LIMIT_SESSION_IDLE_MS;
	uint64_t quiet_ms = channel->sent_ms + LIMIT_SESSION_KEEPALIVE_MS;
	return idle_ms < quiet_ms ? idle_ms : quiet_ms;
}

enum net_channel_event net_channel_tick(struct net_channel *channel, uint64_t now_ms)
{
	if (now_ms < net_channel_due_ms(channel))
		return NET_CHANNEL_NOTHING;
	if (channel->state != OPEN || now_ms >= channel->received_ms + LIMIT_SESSION_IDLE_MS)
		return fail(channel, ERR_TIMEOUT);
	int error = net_frame_write(&channel->writer, NET_FRAME_KEEPALIVE, span_of(NULL, 0));
	channel->sent_ms = now_ms;
	return error ? fail(channel, error) : NET_CHANNEL_NOTHING;
}

enum net_channel_event net_channel_eof(struct net_channel *channel)
{
	return end(channel, ERR_TRUNCATED);
}

int net_channel_send(struct net_channel *channel, uint8_t type, struct span payload)
{
	if (channel->state != OPEN || type <= NET_FRAME_OWN_MAX)
		return ERR_INVALID;
	return net_frame_write(&channel->writer, type, payload);
}

void net_channel_take(struct net_channel *channel, uint64_t now_ms, struct buf *out)
{
	/* Frames are begun only while the cipher has numbers for them and for this flush (net_frame_write). */
	int error = net_frame_take(&channel->writer, out);
	assert(!error);
	if (out->size)
		channel->sent_ms = now_ms;
}

size_t net_channel_unsent_bytes(const struct net_channel *channel)
{
	return channel->writer.out.size;
}

void net_channel_close(struct net_channel *channel, int reason)
{
	if (channel->state == CLOSED)
		return;
	say_close(channel, reason);
	end(channel, ERR_CANCELLED);
}

int net_channel_error(const struct net_channel *channel)
{
	return channel->error;
}

int net_channel_peer_reason(const struct net_channel *channel)
{
	return channel->peer_reason;
}

const uint8_t *net_channel_remote_static(const struct net_channel *channel)
{
	return channel->remote_known ? channel->remote_static : NULL;
}

const uint8_t *net_channel_invitation(const struct net_channel *channel)
{
	return channel->remote_known && channel->invited ? channel->invitation.id : NULL;
}

const uint8_t *net_channel_transcript(const struct net_channel *channel)
{
	return channel->split ? channel->transcript : NULL;
}

uint32_t net_channel_version(const struct net_channel *channel)
{
	return channel->state == OPEN || channel->state == CLOSED ? channel->version : 0;
}

uint64_t net_channel_features(const struct net_channel *channel)
{
	return channel->state == OPEN || channel->state == CLOSED ? channel->features : 0;
}
