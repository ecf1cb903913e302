#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "crdt/base/rng.h"
#include "net/frame.h"

static const struct net_noise_cipher key = {{1, 2, 3}, 0};

struct ends {
	struct net_frame_writer writer;
	struct net_frame_reader reader;
};

static struct ends open_ends(void)
{
	return (struct ends){.writer = {.cipher = key}, .reader = {.cipher = key}};
}

static void close_ends(struct ends *ends)
{
	net_frame_writer_wipe(&ends->writer);
	net_frame_reader_wipe(&ends->reader);
}

/* Raw plaintext as one sealed message, whatever it says. */
static void add_message(struct net_noise_cipher *cipher, struct span plain, struct buf *out)
{
	size_t sealed = plain.size + NET_NOISE_TAG_BYTES;
	uint8_t *at = buf_extend(out, NET_MESSAGE_HEADER_BYTES + sealed);
	at[0] = (uint8_t)(sealed >> 8);
	at[1] = (uint8_t)sealed;
	check_ok(net_noise_seal(cipher, span_of(NULL, 0), plain, at + 2));
}

/* The payload of frame number `i`: its size and contents can be recomputed. */
static struct buf payload_of(uint64_t i, size_t size)
{
	struct buf out = {0};
	struct rng rng = rng_new(i);
	rng_bytes(&rng, buf_extend(&out, size), size);
	return out;
}

static const size_t sizes[] = {0, 1, 126, 127, 128, 129, 16383, 16384, 65514, 65515, 65516, 65517, 65518,
        65519, 65520, 131072, 1, 0, 3, LIMIT_FRAME_BYTES, 5};
enum { SIZE_COUNT = sizeof(sizes) / sizeof(*sizes) };

static struct buf all_frames(struct ends *ends)
{
	struct buf wire = {0};
	for (size_t i = 0; i < SIZE_COUNT; i++) {
		struct buf payload = payload_of(i, sizes[i]);
		check_ok(net_frame_write(&ends->writer, (uint8_t)(16 + i), buf_span(&payload)));
		buf_close(&payload);
	}
	check_ok(net_frame_take(&ends->writer, &wire));
	return wire;
}

/* Any cut of the stream into chunks gives the same frames. */
static void every_size_any_chunks(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 24; seed++) {
		struct ends ends = open_ends();
		struct buf wire = all_frames(&ends);
		struct rng rng = rng_new(seed);
		struct span rest = buf_span(&wire);
		size_t seen = 0, chunk_max = (size_t)1 << rng_between(&rng, seed < 2 ? 0 : 5, 18);
		while (rest.size) {
			size_t chunk_bytes = (size_t)rng_between(&rng, 1, chunk_max);
			struct span chunk = span_sub(rest, 0, chunk_bytes);
			struct net_frame frame;
			int outcome;
			rest = span_sub(rest, chunk.size, rest.size);
			while ((outcome = net_frame_read(&ends.reader, &chunk, &frame)) == 1) {
				struct buf payload = payload_of(seen, sizes[seen]);
				assert_int_equal(frame.type, 16 + seen);
				check_span(frame.payload, buf_span(&payload));
				buf_close(&payload);
				seen++;
			}
			check_ok(outcome);
			assert_int_equal(chunk.size, 0);
		}
		assert_int_equal(seen, SIZE_COUNT);
		buf_close(&wire);
		close_ends(&ends);
	}
}

static void small_frames_share_a_message(void **state)
{
	(void)state;
	struct ends ends = open_ends();
	struct buf wire = {0};
	for (int i = 0; i < 1000; i++)
		check_ok(net_frame_write(&ends.writer, 20, span_text("12345678")));
	check_ok(net_frame_take(&ends.writer, &wire));
	assert_int_equal(wire.size, 2 + 1000 * 10 + 16);
	buf_close(&wire);
	check_ok(net_frame_take(&ends.writer, &wire)); /* nothing more */
	assert_int_equal(wire.size, 0);
	assert_int_equal(ends.writer.cipher.nonce, 1);
	close_ends(&ends);
}

static void limits_of_the_writer(void **state)
{
	(void)state;
	struct ends ends = open_ends();
	struct buf big = {0};
	memset(buf_extend(&big, LIMIT_FRAME_BYTES + 1), 1, LIMIT_FRAME_BYTES + 1);
	check_code(net_frame_write(&ends.writer, 16, buf_span(&big)), ERR_TOOBIG);
	assert_int_equal(ends.writer.out.size, 0);
	/* Whatever was begun near the end of the numbers can be finished. */
	ends.writer.cipher.nonce = UINT64_MAX - 100;
	int error = 0, written = 0;
	while (!(error = net_frame_write(&ends.writer, 16, span_of(big.data, LIMIT_FRAME_BYTES))))
		written++;
	assert_int_equal(error, ERR_FULL);
	assert_true(written > 0);
	check_ok(net_frame_flush(&ends.writer));
	buf_close(&big);
	close_ends(&ends);
}

/* A failure stays, and nothing after it is read. */
static void refuse(struct span plain, int error)
{
	struct ends ends = open_ends();
	struct net_noise_cipher cipher = key;
	struct buf wire = {0};
	struct net_frame frame;
	add_message(&cipher, plain, &wire);
	add_message(&cipher, span_text("\x14\x01x"), &wire);
	struct span bytes = buf_span(&wire);
	check_code(net_frame_read(&ends.reader, &bytes, &frame), error);
	bytes = buf_span(&wire);
	check_code(net_frame_read(&ends.reader, &bytes, &frame), error);
	buf_close(&wire);
	close_ends(&ends);
}

static void malformed_frames(void **state)
{
	(void)state;
	refuse(span_of("\x14\x81\x00", 3), ERR_MALFORMED); /* a needless byte in the length */
	refuse(span_of("\x14\xff\xff\xff\x7f", 5), ERR_TOOBIG);
	refuse(span_of("\x14\x81\x80\x60", 4), ERR_TOOBIG); /* LIMIT_FRAME_BYTES + 1 */
	refuse(span_of("\x14\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11), ERR_MALFORMED);
}

static void malformed_length_over_messages(void **state)
{
	(void)state;
	struct ends ends = open_ends();
	struct net_noise_cipher cipher = key;
	struct buf wire = {0};
	struct net_frame frame;
	add_message(&cipher, span_of("\x14", 1), &wire);
	add_message(&cipher, span_of("\x81", 1), &wire);
	add_message(&cipher, span_of("\x00", 1), &wire);
	struct span bytes = buf_span(&wire);
	check_code(net_frame_read(&ends.reader, &bytes, &frame), ERR_MALFORMED);
	buf_close(&wire);
	close_ends(&ends);
}

static void malformed_messages(void **state)
{
	(void)state;
	/* An empty sealed message, one shorter than a tag, and none. */
	for (uint8_t size = 0; size <= NET_NOISE_TAG_BYTES; size++) {
		struct ends ends = open_ends();
		struct net_frame frame;
		uint8_t wire[64] = {0, size};
		struct span bytes = span_of(wire, sizeof(wire));
		check_code(net_frame_read(&ends.reader, &bytes, &frame), ERR_MALFORMED);
		close_ends(&ends);
	}
}

static void every_flipped_byte(void **state)
{
	(void)state;
	struct ends ends = open_ends();
	struct buf wire = {0};
	check_ok(net_frame_write(&ends.writer, 20, span_text("transmission")));
	check_ok(net_frame_take(&ends.writer, &wire));
	close_ends(&ends);
	for (size_t i = 0; i < wire.size; i++) {
		struct ends fresh = open_ends();
		struct net_frame frame;
		wire.data[i] ^= 1;
		struct span bytes = buf_span(&wire);
		int outcome = net_frame_read(&fresh.reader, &bytes, &frame);
		/* A longer length waits for bytes that never come: the end of the connection tells. */
		assert_true(outcome == ERR_BADSEAL || (i < 2 && outcome == 0));
		wire.data[i] ^= 1;
		close_ends(&fresh);
	}
	buf_close(&wire);
}

/* What a peer announces costs nothing; what it sends is all that is kept. */
static void memory_follows_bytes(void **state)
{
	(void)state;
	struct ends ends = open_ends();
	struct net_noise_cipher cipher = key;
	struct buf wire = {0};
	struct net_frame frame;
	add_message(&cipher, span_of("\x14\x80\x80\x60", 4), &wire); /* LIMIT_FRAME_BYTES to come */
	buf_add(&wire, "\xff\xff", 2); /* a message of 65,535 bytes to come */
	struct span bytes = buf_span(&wire);
	check_ok(net_frame_read(&ends.reader, &bytes, &frame));
	assert_true(ends.reader.partial.capacity + ends.reader.sealed.capacity + ends.reader.plain.capacity <=
	        256);
	buf_close(&wire);
	close_ends(&ends);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_size_any_chunks),
	        cmocka_unit_test(small_frames_share_a_message),
	        cmocka_unit_test(limits_of_the_writer),
	        cmocka_unit_test(malformed_frames),
	        cmocka_unit_test(malformed_length_over_messages),
	        cmocka_unit_test(malformed_messages),
	        cmocka_unit_test(every_flipped_byte),
	        cmocka_unit_test(memory_follows_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
