/*
 * Two channels in one thread, in memory. Handshakes beside the X25519 work that the patterns ask for (8 products and 4 public
 * keys in each, both sides together); bulk beside bare ChaCha20-Poly1305 sealing, and sealing and opening, of the same bytes
 * in pieces of one Noise message. Medians of rounds that alternate between floor and ours.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crdt/base/limits.h"
#include "tests/lib/net_pair.h"

enum {
	ROUNDS = 31,
	HANDSHAKES = 20,
	BULK_BYTES = 16 * 1024 * 1024,
	PIECE_BYTES = NET_MESSAGE_PLAIN_BYTES_MAX
};

static uint8_t *plain, *sealed, *opened;
static enum net_channel_kind kind;
static size_t frame_bytes;
static struct net_pair bulk;

static double now_us(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void floor_handshakes(void)
{
	static const uint8_t secret[32] = {9};
	uint8_t point[32], out[32];
	crypto_scalarmult_base(point, secret);
	for (int n = 0; n < HANDSHAKES; n++) {
		for (int i = 0; i < 8; i++)
			if (crypto_scalarmult(out, secret, point))
				abort();
		for (int i = 0; i < 4; i++)
			crypto_scalarmult_base(out, secret);
	}
}

static void our_handshakes(void)
{
	for (int n = 0; n < HANDSHAKES; n++) {
		struct net_pair pair;
		net_pair_open(&pair, kind);
		net_pair_run(&pair, BULK_BYTES);
		if (pair.peers[0].established != 1 || pair.peers[1].established != 1)
			abort();
		net_pair_close(&pair);
	}
}

static void floor_bulk(bool with_opening)
{
	static const uint8_t nonce[12], key[32];
	for (size_t at = 0; at < BULK_BYTES; at += PIECE_BYTES) {
		size_t size = BULK_BYTES - at < PIECE_BYTES ? BULK_BYTES - at : PIECE_BYTES;
		crypto_aead_chacha20poly1305_ietf_encrypt(
		        sealed, NULL, plain + at, size, NULL, 0, NULL, nonce, key);
		if (with_opening &&
		        crypto_aead_chacha20poly1305_ietf_decrypt(
		                opened, NULL, NULL, sealed, size + 16, NULL, 0, nonce, key))
			abort();
	}
}

static void floor_seal(void)
{
	floor_bulk(false);
}

static void floor_seal_and_open(void)
{
	floor_bulk(true);
}

/* As a session does it: fill the queue, take, deliver in the chunks of a socket. */
static void our_bulk(void)
{
	uint64_t before = bulk.peers[1].received_bytes, sent = 0;
	for (size_t at = 0; at < BULK_BYTES; at += frame_bytes) {
		size_t size = BULK_BYTES - at < frame_bytes ? BULK_BYTES - at : frame_bytes;
		if (net_channel_send(bulk.peers[0].channel, 16, span_of(plain + at, size)))
			abort();
		sent += size;
		if (net_channel_unsent_bytes(bulk.peers[0].channel) > LIMIT_SESSION_QUEUE_BYTES / 4)
			net_pair_run(&bulk, 64 * 1024);
	}
	net_pair_run(&bulk, 64 * 1024);
	if (bulk.peers[1].received_bytes - before != sent)
		abort();
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Median times of one floor run and one of ours. */
static void measure(void (*floor_run)(void), void (*our_run)(void), double *floor_us, double *our_us)
{
	double floors[ROUNDS], ours[ROUNDS];
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_us();
		floor_run();
		double middle = now_us();
		our_run();
		floors[round] = middle - start;
		ours[round] = now_us() - middle;
	}
	qsort(floors, ROUNDS, sizeof(*floors), by_value);
	qsort(ours, ROUNDS, sizeof(*ours), by_value);
	*floor_us = floors[ROUNDS / 2];
	*our_us = ours[ROUNDS / 2];
}

static void compare_handshakes(const char *name, enum net_channel_kind which)
{
	double floor_us, our_us;
	kind = which;
	measure(floor_handshakes, our_handshakes, &floor_us, &our_us);
	printf("%s: %.0f handshakes/s (both sides on one core), floor %.0f/s, %.2f x\n", name,
	        HANDSHAKES / our_us * 1e6, HANDSHAKES / floor_us * 1e6, our_us / floor_us);
}

static void compare_bulk(size_t bytes, void (*floor_run)(void), const char *floor_name)
{
	double floor_us, our_us;
	frame_bytes = bytes;
	measure(floor_run, our_bulk, &floor_us, &our_us);
	printf("frames of %zu bytes: %.0f MB/s sent and received, floor %.0f MB/s %s, %.2f x\n", bytes,
	        BULK_BYTES / our_us, BULK_BYTES / floor_us, floor_name, our_us / floor_us);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	plain = mem_zero(1, BULK_BYTES);
	sealed = mem_zero(1, LIMIT_NOISE_BYTES);
	opened = mem_zero(1, LIMIT_NOISE_BYTES);
	compare_handshakes("known device (IK)", NET_CHANNEL_KNOWN);
	compare_handshakes("pairing (XXpsk3)", NET_CHANNEL_PAIRING);
	net_pair_open(&bulk, NET_CHANNEL_KNOWN);
	net_pair_run(&bulk, BULK_BYTES);
	compare_bulk(256 * 1024, floor_seal_and_open, "sealed and opened");
	compare_bulk(256 * 1024, floor_seal, "sealed only");
	compare_bulk(300, floor_seal_and_open, "sealed and opened");
	net_pair_close(&bulk);
	mem_free(plain);
	mem_free(sealed);
	mem_free(opened);
	return 0;
}
