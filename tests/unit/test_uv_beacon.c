/* Multicast on loopback between two sockets that share a port chosen by the system. Waits for datagrams only. */
#include "tests/lib/check.h"

#include <sodium.h>

#include "crdt/base/limits.h"
#include "net/uv_address.h"
#include "net/uv_beacon.h"

static uv_loop_t loop;
static const uint8_t team_key[NET_BEACON_KEY_BYTES] = {1}, device_key[NET_BEACON_KEY_BYTES] = {2};

struct ear {
	struct net_uv_beacon *beacon;
	unsigned recognized, strangers, after_close;
	bool close_when_heard, closed;
	uint16_t tcp_port;
};

static void on_heard(void *context, struct span datagram, const struct net_address *source)
{
	struct ear *ear = context;
	struct net_beacon_found found;
	ear->after_close += ear->closed;
	if (net_beacon_recognize(datagram, source, team_key, device_key, 1, &found)) {
		ear->strangers++;
	} else {
		assert_true(found.team && found.device && found.listening.port == 4242);
		ear->recognized++;
	}
	if (ear->close_when_heard) {
		net_uv_beacon_close(ear->beacon);
		ear->closed = true;
	}
}

static void on_make(void *context, const struct net_address *source, uint8_t out[NET_BEACON_BYTES])
{
	struct ear *ear = context;
	struct net_address listening = *source;
	uint8_t nonce[NET_BEACON_NONCE_BYTES];
	randombytes_buf(nonce, sizeof(nonce));
	listening.port = ear->tcp_port;
	net_beacon_make(out, &listening, nonce, team_key, device_key);
}

static const struct net_uv_beacon_events events = {on_heard, on_make};

static void open_ear(struct ear *ear, uint16_t port)
{
	*ear = (struct ear){.tcp_port = 4242};
	check_ok(net_uv_beacon_new(&ear->beacon, &loop,
	        &(struct net_uv_beacon_config){.port = port, .internal_interfaces = true}, &events, ear));
}

static void finish_loop(void)
{
	while (uv_run(&loop, UV_RUN_DEFAULT))
		;
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void send_raw(uint16_t port, const uint8_t *bytes, size_t size)
{
	uv_udp_t sender;
	struct sockaddr_storage to;
	struct net_address address = net_address_v4(127, 0, 0, 1, port);
	net_uv_address_to(&address, &to);
	assert_int_equal(uv_udp_init(&loop, &sender), 0);
	uv_buf_t datagram = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)size);
	assert_int_equal(uv_udp_try_send(&sender, &datagram, 1, (const struct sockaddr *)&to), size);
	uv_close((uv_handle_t *)&sender, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void heard_and_recognized(void **state)
{
	(void)state;
	struct ear one, two;
	assert_int_equal(uv_loop_init(&loop), 0);
	open_ear(&one, 0);
	open_ear(&two, net_uv_beacon_port(one.beacon));
	assert_int_equal(net_uv_beacon_port(one.beacon), net_uv_beacon_port(two.beacon));
	uint32_t joined = net_uv_beacon_announce(
	        two.beacon); /* joins; its own beacon may be the first heard */
	uint32_t sent = net_uv_beacon_announce(one.beacon);
	assert_int_equal(joined, sent);
	assert_true(sent > 0); /* 127.0.0.1 at least */
	/* Other interfaces may be deaf (a firewall); this one is not. */
	while (two.recognized == 0 || one.recognized == 0)
		assert_true(uv_run(&loop, UV_RUN_ONCE) != 0);
	assert_int_equal(one.strangers + two.strangers, 0); /* the address seen is the address sealed */
	net_uv_beacon_close(one.beacon);
	net_uv_beacon_close(two.beacon);
	finish_loop();
}

static void closing_inside_the_callback(void **state)
{
	(void)state;
	struct ear ear;
	uint8_t byte = 1;
	assert_int_equal(uv_loop_init(&loop), 0);
	open_ear(&ear, 0);
	ear.close_when_heard = true;
	for (int i = 0; i < 3; i++) {
		uint16_t port = net_uv_beacon_port(ear.beacon);
		if (!ear.closed)
			send_raw(port, &byte, 1);
	}
	finish_loop(); /* ends only because the beacon closed itself */
	assert_int_equal(ear.strangers, 1);
	assert_int_equal(ear.after_close, 0);
}

static void strange_datagrams(void **state)
{
	(void)state;
	struct ear ear;
	static uint8_t bytes[LIMIT_BEACON_BYTES + 200];
	assert_int_equal(uv_loop_init(&loop), 0);
	open_ear(&ear, 0);
	uint16_t port = net_uv_beacon_port(ear.beacon);
	send_raw(port, bytes, sizeof(bytes)); /* too long: not shown */
	send_raw(port, bytes, LIMIT_BEACON_BYTES + 1);
	send_raw(port, bytes, 0);
	send_raw(port, bytes, LIMIT_BEACON_BYTES);
	while (ear.strangers < 1)
		assert_true(uv_run(&loop, UV_RUN_ONCE) != 0);
	assert_int_equal(ear.strangers, 1);
	net_uv_beacon_close(ear.beacon);
	net_uv_beacon_close(NULL);
	finish_loop();
}

static void a_flood_is_cut(void **state)
{
	(void)state;
	struct ear ear;
	uint8_t byte = 1;
	assert_int_equal(uv_loop_init(&loop), 0);
	open_ear(&ear, 0);
	uint16_t port = net_uv_beacon_port(ear.beacon);
	uint64_t started_ms = uv_now(&loop);
	unsigned count = LIMIT_BEACONS_PER_SECOND * 3;
	for (unsigned i = 0; i < count; i++)
		send_raw(port, &byte, 1);
	uint64_t seconds = uv_now(&loop) / 1000 - started_ms / 1000 + 1;
	assert_true(ear.strangers >= 1 && ear.strangers <= LIMIT_BEACONS_PER_SECOND * seconds);
	net_uv_beacon_close(ear.beacon);
	finish_loop();
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(heard_and_recognized),
	        cmocka_unit_test(closing_inside_the_callback),
	        cmocka_unit_test(strange_datagrams),
	        cmocka_unit_test(a_flood_is_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
