/*
 * Proofs of forks: arbitrary bytes as a proof, and two arbitrary runs that a known device signs, from which a proof is made. First byte:
 * which; for runs, then two bytes of the first one's length.
 */
#include <assert.h>
#include <sodium.h>

#include "store/fork.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct incarnation_id incarnation = {{3}};

static bool read_signed(struct span bytes, const struct fork_feed *feed, const uint8_t secret[64],
        struct arena *arena, struct run *run)
{
	struct feed_id id = entry_feed_id(&feed->device, feed->compartment, &feed->incarnation);
	if (run_decode(run, &id, feed->compartment, bytes, arena))
		return false;
	run_hash(run);
	entry_sign(&run_last(run)->signature, &run_last(run)->hash, secret);
	return true;
}

static void prove(struct span bytes)
{
	struct fork_feed feed = {.compartment = COMPARTMENT_CLINICAL, .incarnation = incarnation};
	uint8_t secret[64], seed[32] = {5};
	struct arena arena = {0};
	struct run left, right;
	struct fork fork;
	struct buf proof = {0};
	crypto_sign_seed_keypair(feed.device.bytes, secret, seed);
	size_t cut = bytes.size > 2 ? (size_t)bytes.data[0] << 8 | bytes.data[1] : 0;
	if (read_signed(span_sub(bytes, 2, cut), &feed, secret, &arena, &left) &&
	        read_signed(span_sub(bytes, 2 + cut, SIZE_MAX), &feed, secret, &arena, &right) &&
	        fork_prove(&feed, &left, &right, &proof) == 0) {
		int result = fork_check(buf_span(&proof), &fork);
		assert(result == 0);
		assert(fork.seq == run_first_seq(&left));
		/* A proof with any bit changed proves nothing, or the same. */
		proof.data[proof.size / 2] ^= 1;
		struct fork other;
		if (fork_check(buf_span(&proof), &other) == 0)
			assert(entry_hash_eq(&other.a, &fork.a) && entry_hash_eq(&other.b, &fork.b));
	}
	buf_close(&proof);
	arena_close(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fork fork;
	if (size == 0)
		return 0;
	if (data[0] & 1)
		prove(span_of(data + 1, size - 1));
	else
		fork_check(span_of(data + 1, size - 1), &fork);
	return 0;
}
