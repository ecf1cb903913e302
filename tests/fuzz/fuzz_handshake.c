/*
 * A stranger before authentication. Byte 0 chooses who listens: bit 0 a pairing, bit 1 the initiator; bits 2-3 the size of
 * chunks. The rest is what the stranger sends. Bit 4: it is a mask, laid by XOR over what an honest peer sends to that side, so
 * that the fuzzer gets past the first seal.
 */
#include <assert.h>
#include <sodium.h>

#include "crdt/base/limits.h"
#include "tests/lib/net_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const size_t chunks[4] = {1, 13, 100, 1 << 20};

static void stranger(struct net_pair *pair, int side, size_t chunk, struct span bytes)
{
	struct net_peer *victim = &pair->peers[side];
	net_peer_take(victim, 1000);
	size_t sent_before = victim->outgoing.size;
	for (size_t at = 0; at < bytes.size; at += chunk)
		net_peer_feed(victim, 1000, span_sub(bytes, at, chunk));
	/* Without the keys nobody is asked about, established or heard; nor answered, bar an honest recorded opening. */
	assert(victim->established == 0 && victim->frames == 0);
	assert(victim->outgoing.size <= sent_before + LIMIT_HANDSHAKE_BYTES);
}

/* An honest conversation with some bytes altered on the way to `side`. */
static void altered(struct net_pair *pair, int side, struct span mask)
{
	size_t at = 0;
	bool touched = false;
	for (int turn = 0; turn < 12; turn++) {
		int from = turn % 2;
		net_peer_take(&pair->peers[from], 1000);
		struct buf bytes = pair->peers[from].outgoing;
		pair->peers[from].outgoing = (struct buf){0};
		for (size_t i = 0; from != side && i < bytes.size && at < mask.size; i++, at++) {
			touched = touched || mask.data[at];
			bytes.data[i] ^= mask.data[at];
		}
		net_peer_feed(&pair->peers[1 - from], 1000, buf_span(&bytes));
		buf_close(&bytes);
	}
	assert(pair->peers[side].established == !touched);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_pair pair;
	if (size < 1 || sodium_init() < 0)
		return 0;
	struct span rest = span_of(data + 1, size - 1);
	int side = data[0] & 2 ? 0 : 1;
	enum net_channel_kind kind = data[0] & 1 ? NET_CHANNEL_PAIRING : NET_CHANNEL_KNOWN;
	/* A stranger can replay what he recorded, but not to the same ephemeral keys. */
	uint8_t seed = data[0] & 16 ? 0 : 1;
	struct net_channel_config initiator = net_pair_config(true, kind, seed);
	struct net_channel_config responder = net_pair_config(false, kind, seed);
	net_pair_start(&pair, &initiator, &responder);
	if (data[0] & 16)
		altered(&pair, side, rest);
	else
		stranger(&pair, side, chunks[data[0] >> 2 & 3], rest);
	net_channel_tick(pair.peers[side].channel, 1000 + LIMIT_HANDSHAKE_MS);
	net_pair_close(&pair);
	return 0;
}
