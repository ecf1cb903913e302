/* The bytes on the wire: a change of one needs a new version number in net/README.md. */
#include "tests/lib/check.h"

#include <sodium.h>

#include "net/beacon.h"
#include "tests/lib/golden.h"
#include "tests/lib/net_pair.h"

/* Everything both sides send from the first byte to the goodbye: the initiator's bytes, then the responder's. */
static void conversation(enum net_channel_kind kind, const char *name)
{
	struct net_pair pair;
	net_pair_open(&pair, kind);
	pair.peers[0].record = pair.peers[1].record = true;
	net_pair_run(&pair, 100000);
	assert_int_equal(net_channel_send(pair.peers[0].channel, 16, span_text("from the initiator")), 0);
	assert_int_equal(net_channel_send(pair.peers[1].channel, 255, span_text("from the responder")), 0);
	net_pair_run(&pair, 100000);
	net_channel_close(pair.peers[0].channel, 0);
	net_pair_run(&pair, 100000);
	assert_int_equal(pair.peers[0].frames + pair.peers[1].frames, 2);
	assert_int_equal(pair.peers[1].closed, 1);
	struct buf both = {0};
	buf_add_span(&both, buf_span(&pair.peers[0].all_sent));
	buf_add_span(&both, buf_span(&pair.peers[1].all_sent));
	golden_check(name, buf_span(&both));
	buf_close(&both);
	net_pair_close(&pair);
}

static void conversations(void **state)
{
	(void)state;
	conversation(NET_CHANNEL_KNOWN, "net/channel-known.hex");
	conversation(NET_CHANNEL_PAIRING, "net/channel-pairing.hex");
}

static void beacon(void **state)
{
	(void)state;
	uint8_t team[32], device[32], nonce[16], out[NET_BEACON_BYTES];
	struct net_address address = net_address_v4(192, 168, 1, 20, 4567);
	memset(team, 1, sizeof(team));
	memset(device, 2, sizeof(device));
	memset(nonce, 3, sizeof(nonce));
	net_beacon_make(out, &address, nonce, team, device);
	golden_check("net/beacon.hex", span_of(out, sizeof(out)));
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {cmocka_unit_test(conversations), cmocka_unit_test(beacon)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
