#include "tests/lib/check.h"

#include <sodium.h>

#include "net/beacon.h"

enum { DEVICES = 3 };

static uint8_t team_key[NET_BEACON_KEY_BYTES], device_keys[DEVICES][NET_BEACON_KEY_BYTES];
static const uint8_t nonce[NET_BEACON_NONCE_BYTES] = {5, 6, 7};

static int recognize(
        const uint8_t *beacon, size_t size, const struct net_address *source, struct net_beacon_found *found)
{
	return net_beacon_recognize(span_of(beacon, size), source, team_key, device_keys[0], DEVICES, found);
}

static void set_up(void)
{
	memset(team_key, 1, sizeof(team_key));
	for (int i = 0; i < DEVICES; i++)
		memset(device_keys[i], 10 + i, sizeof(device_keys[i]));
}

static void recognized_by_team_or_device(void **state)
{
	(void)state;
	struct net_address address = net_address_v4(192, 168, 1, 20, 4567), source = address;
	struct net_beacon_found found;
	uint8_t beacon[NET_BEACON_BYTES], other[NET_BEACON_KEY_BYTES] = {99};
	source.port = 7765; /* the sender's UDP port does not matter */
	set_up();
	net_beacon_make(beacon, &address, nonce, team_key, device_keys[2]);
	check_ok(recognize(beacon, sizeof(beacon), &source, &found));
	assert_true(found.team && found.device);
	assert_int_equal(found.device_index, 2);
	assert_int_equal(found.listening.port, 4567);
	assert_memory_equal(found.listening.ip, address.ip, NET_IP_BYTES);
	net_beacon_make(
	        beacon, &address, nonce, team_key, other); /* a device that we do not know by its secret */
	check_ok(recognize(beacon, sizeof(beacon), &source, &found));
	assert_true(found.team && !found.device);
	net_beacon_make(beacon, &address, nonce, other, device_keys[0]); /* back from a long leave */
	check_ok(recognize(beacon, sizeof(beacon), &source, &found));
	assert_true(!found.team && found.device && found.device_index == 0);
	net_beacon_make(beacon, &address, nonce, other, other);
	check_code(recognize(beacon, sizeof(beacon), &source, &found), ERR_NOTFOUND);
}

static void bound_to_address_and_port(void **state)
{
	(void)state;
	struct net_address address = net_address_v4(10, 0, 0, 1, 4567), source = address;
	struct net_beacon_found found = {.device_index = 77};
	uint8_t beacon[NET_BEACON_BYTES + 1] = {0};
	set_up();
	net_beacon_make(beacon, &address, nonce, team_key, device_keys[1]);
	for (int i = 0; i < NET_IP_BYTES; i++) { /* replayed from anywhere else */
		source.ip[i] ^= 1;
		check_code(recognize(beacon, NET_BEACON_BYTES, &source, &found), ERR_NOTFOUND);
		source.ip[i] ^= 1;
	}
	/* A damaged tag leaves the other one; damage anywhere else leaves neither. */
	for (size_t i = 0; i < NET_BEACON_BYTES; i++) {
		beacon[i] ^= 0x80;
		int want = i == 0 ? ERR_VERSION : i < 19 ? ERR_NOTFOUND : 0;
		check_code(recognize(beacon, NET_BEACON_BYTES, &source, &found), want);
		if (!want)
			assert_true(found.team == (i >= 35) && found.device == (i < 35));
		else
			assert_int_equal(found.device_index, 77);
		beacon[i] ^= 0x80;
	}
	for (size_t size = 0; size <= NET_BEACON_BYTES + 1; size++)
		if (size != NET_BEACON_BYTES)
			check_code(recognize(beacon, size, &source, &found), ERR_MALFORMED);
	source.port = 0;
	net_beacon_make(beacon, &source, nonce, team_key, device_keys[1]);
	check_code(recognize(beacon, NET_BEACON_BYTES, &source, &found),
	        ERR_MALFORMED); /* nobody listens on port 0 */
}

static void no_keys_no_answer(void **state)
{
	(void)state;
	struct net_address address = net_address_v4(10, 0, 0, 1, 1);
	struct net_beacon_found found;
	uint8_t beacon[NET_BEACON_BYTES], other[NET_BEACON_KEY_BYTES] = {99};
	set_up();
	net_beacon_make(beacon, &address, nonce, other, device_keys[0]);
	check_code(net_beacon_recognize(span_of(beacon, sizeof(beacon)), &address, team_key, NULL, 0, &found),
	        ERR_NOTFOUND);
	/* The two tags are apart even under one key. */
	net_beacon_make(beacon, &address, nonce, team_key, team_key);
	assert_memory_not_equal(beacon + 19, beacon + 35, NET_BEACON_TAG_BYTES);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(recognized_by_team_or_device),
	        cmocka_unit_test(bound_to_address_and_port),
	        cmocka_unit_test(no_keys_no_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
