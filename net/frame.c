#include "net/frame.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"

static_assert(NET_MESSAGE_PLAIN_BYTES_MAX + NET_NOISE_TAG_BYTES == LIMIT_NOISE_BYTES, "one limit, two names");

enum {
	/* A frame buffer that grew beyond this is given back once its frame is read: sessions rest most of the day. */
	PARTIAL_KEPT_BYTES = 64 * 1024,
	/* Cipher numbers kept back, so that a frame is sealed whole or not begun. */
	MESSAGES_PER_FRAME_MAX = LIMIT_FRAME_BYTES / NET_MESSAGE_PLAIN_BYTES_MAX + 3,
};

/* --- Writing ---------------------------------------------------------------------------------------------- */

static int seal_open_message(struct net_frame_writer *writer)
{
	size_t plain_bytes = writer->open_bytes, sealed_bytes = plain_bytes + NET_NOISE_TAG_BYTES;
	buf_extend(&writer->out, NET_NOISE_TAG_BYTES);
	uint8_t *sealed = writer->out.data + writer->out.size - sealed_bytes;
	uint8_t *header = sealed - NET_MESSAGE_HEADER_BYTES;
	header[0] = (uint8_t)(sealed_bytes >> 8);
	header[1] = (uint8_t)sealed_bytes;
	writer->open_bytes = 0;
	return net_noise_seal(&writer->cipher, span_of(NULL, 0), span_of(sealed, plain_bytes), sealed);
}

static int put(struct net_frame_writer *writer, struct span bytes)
{
	int error = 0;
	while (bytes.size && !error) {
		if (!writer->open_bytes)
			buf_extend(&writer->out, NET_MESSAGE_HEADER_BYTES);
		struct span piece = span_sub(bytes, 0, NET_MESSAGE_PLAIN_BYTES_MAX - writer->open_bytes);
		buf_add_span(&writer->out, piece);
		writer->open_bytes += piece.size;
		bytes = span_sub(bytes, piece.size, bytes.size);
		if (writer->open_bytes == NET_MESSAGE_PLAIN_BYTES_MAX)
			error = seal_open_message(writer);
	}
	return error;
}

int net_frame_write(struct net_frame_writer *writer, uint8_t type, struct span payload)
{
	uint8_t header[1 + WIRE_VARINT_BYTES_MAX] = {type};
	size_t header_bytes = 1;
	if (payload.size > LIMIT_FRAME_BYTES)
		return ERR_TOOBIG;
	if (writer->cipher.nonce >= UINT64_MAX - MESSAGES_PER_FRAME_MAX)
		return ERR_FULL;
	for (size_t rest = payload.size;; rest >>= 7) {
		header[header_bytes++] = (uint8_t)((rest & 127) | (rest > 127 ? 128 : 0));
		if (rest <= 127)
			break;
	}
	buf_reserve(&writer->out,
	        sizeof(header) + payload.size +
	                (payload.size / NET_MESSAGE_PLAIN_BYTES_MAX + 2) *
	                        (NET_MESSAGE_HEADER_BYTES + NET_NOISE_TAG_BYTES));
	int error = put(writer, span_of(header, header_bytes));
	return error ? error : put(writer, payload);
}

int net_frame_flush(struct net_frame_writer *writer)
{
	return writer->open_bytes ? seal_open_message(writer) : 0;
}

int net_frame_take(struct net_frame_writer *writer, struct buf *out)
{
	assert(!out->size);
	int error = net_frame_flush(writer);
	if (error)
		return error;
	buf_close(out);
	*out = writer->out;
	writer->out = (struct buf){0};
	return 0;
}

void net_frame_writer_wipe(struct net_frame_writer *writer)
{
	net_noise_cipher_wipe(&writer->cipher);
	buf_wipe(&writer->out);
	writer->open_bytes = 0;
}

/* --- Reading ---------------------------------------------------------------------------------------------- */

static int fail(struct net_frame_reader *reader, int error)
{
	return reader->error = error;
}

/* Move bytes from the front of `*from` until `to` holds `size`. False: `*from` ran dry first. */
static bool fill(struct buf *to, size_t size, struct span *from)
{
	if (to->size < size) {
		struct span piece = span_sub(*from, 0, size - to->size);
		buf_add_span(to, piece);
		*from = span_sub(*from, piece.size, from->size);
	}
	return to->size >= size;
}

static int open_message(struct net_frame_reader *reader, struct span sealed)
{
	buf_clear(&reader->plain);
	reader->plain_at = 0;
	uint8_t *plain = buf_extend(&reader->plain, sealed.size - NET_NOISE_TAG_BYTES);
	int error = net_noise_open(&reader->cipher, span_of(NULL, 0), sealed, plain);
	return error ? fail(reader, error) : 1;
}

static size_t sealed_size(const uint8_t *header)
{
	return (size_t)header[0] << 8 | header[1];
}

/* 1: a message was opened into `plain`. 0: all bytes were taken first. */
static int read_message(struct net_frame_reader *reader, struct span *bytes)
{
	struct buf *sealed = &reader->sealed;
	if (!sealed->size && bytes->size > NET_MESSAGE_HEADER_BYTES) {
		/* The usual case: the whole message is in the chunk and need not be copied. */
		size_t size = sealed_size(bytes->data);
		struct span whole = span_sub(*bytes, NET_MESSAGE_HEADER_BYTES, size);
		if (size > NET_NOISE_TAG_BYTES && whole.size == size) {
			*bytes = span_sub(*bytes, NET_MESSAGE_HEADER_BYTES + size, bytes->size);
			return open_message(reader, whole);
		}
	}
	if (!fill(sealed, NET_MESSAGE_HEADER_BYTES, bytes))
		return 0;
	size_t size = sealed_size(sealed->data);
	if (size <= NET_NOISE_TAG_BYTES)
		return fail(reader, ERR_MALFORMED);
	if (!fill(sealed, NET_MESSAGE_HEADER_BYTES + size, bytes))
		return 0;
	int outcome = open_message(reader, span_of(sealed->data + NET_MESSAGE_HEADER_BYTES, size));
	buf_clear(sealed);
	return outcome;
}

/* The bytes of header and payload of the frame that `start` begins. ERR_TRUNCATED: the header goes on. */
static int frame_sizes(struct span start, size_t *header_bytes, size_t *payload_bytes)
{
	struct wire_in in = wire_begin(start);
	wire_u8(&in);
	uint64_t size = wire_varint(&in);
	if (in.error)
		return in.error;
	if (size > LIMIT_FRAME_BYTES)
		return ERR_TOOBIG;
	*header_bytes = start.size - wire_left(&in);
	*payload_bytes = (size_t)size;
	return 0;
}

static int deliver(struct net_frame *frame, const uint8_t *start, size_t header_bytes, size_t payload_bytes)
{
	*frame = (struct net_frame){start[0], span_of(start + header_bytes, payload_bytes)};
	return 1;
}

/* Go on with a frame that began in an earlier message. */
static int finish_partial(struct net_frame_reader *reader, struct span rest, struct net_frame *frame)
{
	size_t header_bytes = 0, payload_bytes = 0, before = rest.size;
	int error;
	while ((error = frame_sizes(buf_span(&reader->partial), &header_bytes, &payload_bytes)) ==
	        ERR_TRUNCATED)
		if (!fill(&reader->partial, reader->partial.size + 1, &rest))
			break;
	bool whole = !error && fill(&reader->partial, header_bytes + payload_bytes, &rest);
	reader->plain_at += before - rest.size;
	if (error && error != ERR_TRUNCATED)
		return fail(reader, error);
	if (!whole)
		return 0;
	deliver(frame, reader->partial.data, header_bytes, payload_bytes);
	reader->partial_done = true;
	return 1;
}

/* 1: a frame. 0: the opened message is used up. */
static int next_frame(struct net_frame_reader *reader, struct net_frame *frame)
{
	size_t header_bytes, payload_bytes;
	struct span rest = span_sub(buf_span(&reader->plain), reader->plain_at, reader->plain.size);
	if (!rest.size)
		return 0;
	if (reader->partial.size)
		return finish_partial(reader, rest, frame);
	int error = frame_sizes(rest, &header_bytes, &payload_bytes);
	if (error && error != ERR_TRUNCATED)
		return fail(reader, error);
	if (!error && rest.size - header_bytes >= payload_bytes) {
		reader->plain_at += header_bytes + payload_bytes;
		return deliver(frame, rest.data, header_bytes, payload_bytes);
	}
	buf_add_span(&reader->partial, rest);
	reader->plain_at = reader->plain.size;
	return 0;
}

int net_frame_read(struct net_frame_reader *reader, struct span *bytes, struct net_frame *frame)
{
	if (reader->partial_done) {
		reader->partial_done = false;
		if (reader->partial.capacity > PARTIAL_KEPT_BYTES)
			buf_close(&reader->partial);
		buf_clear(&reader->partial);
	}
	for (;;) {
		if (reader->error)
			return reader->error;
		int outcome = next_frame(reader, frame);
		if (outcome)
			return outcome;
		outcome = read_message(reader, bytes);
		if (outcome <= 0)
			return outcome;
	}
}

void net_frame_reader_wipe(struct net_frame_reader *reader)
{
	net_noise_cipher_wipe(&reader->cipher);
	buf_wipe(&reader->sealed);
	buf_wipe(&reader->plain);
	buf_wipe(&reader->partial);
	*reader = (struct net_frame_reader){.error = ERR_CLOSED};
}
