/*
 * The frame reader alone, fast: a row of records as in fuzz_channel.c becomes a stream of sealed messages and raw bytes, which
 * is read whole and in small chunks. Both must see the same frames and end the same way.
 */
#include <assert.h>
#include <sodium.h>

#include "crdt/base/limits.h"
#include "net/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct net_noise_cipher key = {{1}, 0};

struct outcome {
	uint64_t frames, payload_bytes, sum;
	int error;
};

static void add_message(struct net_noise_cipher *cipher, uint8_t control, struct span bytes, struct buf *wire)
{
	struct buf plain = {0};
	for (int i = 0; i <= (control & 7); i++)
		buf_add_span(&plain, bytes);
	size_t sealed = plain.size + NET_NOISE_TAG_BYTES;
	uint8_t *at = buf_extend(wire, NET_MESSAGE_HEADER_BYTES + sealed);
	at[0] = (uint8_t)(sealed >> 8);
	at[1] = (uint8_t)sealed;
	int error = net_noise_seal(cipher, span_of(NULL, 0), buf_span(&plain), at + NET_MESSAGE_HEADER_BYTES);
	assert(!error);
	buf_close(&plain);
}

static void note(struct outcome *outcome, const struct net_frame *frame)
{
	assert(frame->payload.size <= LIMIT_FRAME_BYTES);
	outcome->frames++;
	outcome->payload_bytes += frame->payload.size;
	outcome->sum = outcome->sum * 31 + frame->type;
	for (size_t i = 0; i < frame->payload.size; i++)
		outcome->sum = outcome->sum * 31 + frame->payload.data[i];
}

static struct outcome read_all(struct span wire, size_t chunk_bytes)
{
	struct net_frame_reader reader = {.cipher = key};
	struct outcome outcome = {0};
	for (size_t at = 0; at < wire.size && !outcome.error; at += chunk_bytes) {
		struct span chunk = span_sub(wire, at, chunk_bytes);
		struct net_frame frame;
		int result;
		while ((result = net_frame_read(&reader, &chunk, &frame)) == 1)
			note(&outcome, &frame);
		assert(result < 0 || chunk.size == 0);
		/* Memory follows what came, not what was announced. */
		assert(reader.partial.size + reader.sealed.size <= 2 * wire.size);
		outcome.error = result;
	}
	net_frame_reader_wipe(&reader);
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_noise_cipher cipher = key;
	struct buf wire = {0};
	if (sodium_init() < 0)
		return 0;
	struct span rest = span_of(data, size);
	while (rest.size >= 2) {
		struct span bytes = span_sub(rest, 2, rest.data[1]);
		if (rest.data[0] < 128)
			add_message(&cipher, rest.data[0], bytes, &wire);
		else
			buf_add_span(&wire, bytes);
		rest = span_sub(rest, 2 + bytes.size, rest.size);
	}
	struct outcome whole = read_all(buf_span(&wire), wire.size + 1);
	struct outcome pieces = read_all(buf_span(&wire), 1 + size % 17);
	assert(whole.frames == pieces.frames && whole.payload_bytes == pieces.payload_bytes);
	assert(whole.sum == pieces.sum && whole.error == pieces.error);
	buf_close(&wire);
	return 0;
}
