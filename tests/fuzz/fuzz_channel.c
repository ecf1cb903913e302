/*
 * A peer with real keys that says whatever it likes, after HELLO. The input is a row of records: a control byte, a length
 * byte, that many bytes. Control 0-127: they are sealed as one message (its repetitions: low 3 bits); 128-255: they go on the
 * wire raw. Every record is checked to leave the channel open or closed for a reason, never in between.
 */
#include <assert.h>
#include <sodium.h>

#include "crdt/base/limits.h"
#include "tests/lib/net_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void say(struct net_rogue *rogue, struct net_peer *victim, uint8_t control, struct span bytes)
{
	struct buf plain = {0};
	for (int i = 0; i <= (control & 7); i++)
		buf_add_span(&plain, bytes);
	net_rogue_say(rogue, victim, buf_span(&plain));
	buf_close(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_pair pair;
	struct net_rogue rogue;
	if (sodium_init() < 0)
		return 0;
	net_pair_open(&pair, NET_CHANNEL_KNOWN);
	struct net_peer *victim = &pair.peers[1];
	net_rogue_meet(&rogue, victim);
	assert(victim->established == 1);
	struct span rest = span_of(data, size);
	for (int records = 0; rest.size >= 2 && records < 64; records++) {
		uint8_t control = rest.data[0];
		struct span bytes = span_sub(rest, 2, rest.data[1]);
		rest = span_sub(rest, 2 + bytes.size, rest.size);
		if (control < 128)
			say(&rogue, victim, control, bytes);
		else
			net_peer_feed(victim, 1000, bytes);
		assert(victim->closed <= 1 &&
		        (victim->closed == 1) == (net_channel_error(victim->channel) != 0));
		assert(victim->received_bytes <= size * 8);
	}
	assert(victim->established == 1 && victim->asked == 1);
	net_rogue_close(&rogue);
	net_pair_close(&pair);
	return 0;
}
