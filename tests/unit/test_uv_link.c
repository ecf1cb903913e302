/* Real sockets on loopback, ports chosen by the system. Waiting is for events only; nothing sleeps. */
#include "tests/lib/check.h"

#include <sodium.h>
#include <unistd.h>

#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "net/uv_link.h"
#include "tests/lib/net_pair.h"

static uv_loop_t loop;
static struct net_link *link_;
static struct net_listener *listener;

struct end {
	struct net_conn *conn;
	struct buf got;
	unsigned opened, drained, closed, after_close;
	int error;
	bool close_on_data, finish_on_data, let_go;
	bool echo;
};
static struct end client, server; /* the latest incoming connection is the server's */
static unsigned accepted_count;
static bool trust_incoming, close_incoming;

static void let_go(struct end *end, bool finish)
{
	end->let_go = true;
	if (finish)
		net_conn_finish(end->conn);
	else
		net_conn_close(end->conn);
}

static void on_opened(void *context)
{
	struct end *end = context;
	end->after_close += end->let_go;
	end->opened++;
}

static void on_data(void *context, struct span bytes)
{
	struct end *end = context;
	end->after_close += end->let_go;
	buf_add_span(&end->got, bytes);
	if (end->echo) {
		struct buf copy = {0};
		buf_add_span(&copy, bytes);
		assert_true(net_conn_write(end->conn, &copy) >= 0);
	}
	if (end->close_on_data || end->finish_on_data)
		let_go(end, end->finish_on_data);
}

static void on_drained(void *context)
{
	struct end *end = context;
	end->after_close += end->let_go;
	end->drained++;
}

static void on_closed(void *context, int error)
{
	struct end *end = context;
	end->after_close += end->let_go;
	end->closed++;
	end->error = error;
}

static const struct net_conn_events events = {on_opened, on_data, on_drained, on_closed};

static void on_accepted(void *context, struct net_conn *conn)
{
	(void)context;
	accepted_count++;
	if (close_incoming) {
		net_conn_close(conn);
		return;
	}
	server.conn = conn;
	net_conn_attach(conn, &events, &server);
	if (trust_incoming)
		net_conn_trust(conn);
}

static void wait_for(const unsigned *counter, unsigned value)
{
	while (*counter < value)
		if (!uv_run(&loop, UV_RUN_ONCE))
			assert_true(*counter >= value); /* nothing is left that could happen */
}

static struct net_address loopback(bool v6)
{
	return v6 ? (struct net_address){.ip = {[15] = 1}} : net_address_v4(127, 0, 0, 1, 0);
}

static struct net_uv_limits limits_for_tests(void)
{
	return net_uv_limits_default();
}

static void open_link(bool v6, struct net_uv_limits limits)
{
	struct net_address local = loopback(v6);
	client = server = (struct end){0};
	accepted_count = 0;
	trust_incoming = true;
	close_incoming = false;
	assert_int_equal(uv_loop_init(&loop), 0);
	link_ = net_uv_link_new(&loop, &limits);
	if (net_link_listen(link_, &local, on_accepted, NULL, &listener)) {
		assert_true(v6); /* a machine without IPv6 */
		listener = NULL;
	}
}

static void dial(struct end *end)
{
	check_ok(net_link_connect(link_, &listener->local, &events, end, &end->conn));
	net_conn_trust(end->conn);
}

static void open_pair(bool v6, struct net_uv_limits limits)
{
	open_link(v6, limits);
	if (!listener)
		return;
	dial(&client);
	wait_for(&client.opened, 1);
	wait_for(&accepted_count, 1);
}

static void count_up(void *context)
{
	(*(unsigned *)context)++;
}

/* Everything goes, nothing of the loop is left, and nobody who let go was called again. */
static void close_all(void)
{
	unsigned done = 0;
	net_uv_link_close(link_, count_up, &done);
	while (uv_run(&loop, UV_RUN_DEFAULT))
		;
	assert_int_equal(done, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(client.after_close + server.after_close, 0);
	buf_close(&client.got);
	buf_close(&server.got);
}

static int write_bytes(struct end *end, const void *data, size_t size)
{
	struct buf bytes = {0};
	buf_add(&bytes, data, size);
	int result = net_conn_write(end->conn, &bytes);
	assert_int_equal(bytes.size, result < 0 ? size : 0);
	buf_close(&bytes);
	return result;
}

static void wait_bytes(struct end *end, size_t size)
{
	while (end->got.size < size && !end->closed)
		assert_true(uv_run(&loop, UV_RUN_ONCE) != 0);
	assert_int_equal(end->got.size, size);
}

static void talk(bool v6)
{
	open_pair(v6, limits_for_tests());
	if (!listener) {
		close_all();
		skip();
	}
	struct net_address local = loopback(v6);
	assert_true(net_address_same_ip(&server.conn->remote, &local));
	server.echo = true;
	check_ok(write_bytes(&client, "bonjour", 7));
	wait_bytes(&client, 7);
	check_span(buf_span(&client.got), span_text("bonjour"));
	let_go(&client, false);
	wait_for(&server.closed, 1);
	check_code(server.error, ERR_CLOSED);
	check_code(write_bytes(&server, "x", 1), ERR_CLOSED);
	let_go(&server, false);
	close_all();
}

static void talk_v4(void **state)
{
	(void)state;
	talk(false);
}

static void talk_v6(void **state)
{
	(void)state;
	talk(true);
}

static void everywhere_serves_both_families(void **state)
{
	(void)state;
	open_link(true, limits_for_tests());
	struct net_address anywhere = {0};
	struct net_listener *everywhere;
	if (!listener || net_link_listen(link_, &anywhere, on_accepted, NULL, &everywhere)) {
		close_all();
		skip();
	}
	for (int v6 = 0; v6 < 2; v6++) {
		struct net_address remote = loopback(v6);
		remote.port = everywhere->local.port;
		check_ok(net_link_connect(link_, &remote, &events, &client, &client.conn));
		wait_for(&client.opened, (unsigned)v6 + 1);
		wait_for(&accepted_count, (unsigned)v6 + 1);
		assert_true(net_address_same_ip(&server.conn->remote, &remote));
		net_conn_close(client.conn);
		net_conn_close(server.conn);
	}
	close_all();
}

static void nobody_listens(void **state)
{
	(void)state;
	open_link(false, limits_for_tests());
	struct net_address address = listener->local;
	net_link_stop(listener);
	uv_run(&loop, UV_RUN_NOWAIT);
	check_ok(net_link_connect(link_, &address, &events, &client, &client.conn));
	check_code(write_bytes(&client, "x", 1), ERR_INVALID); /* not open yet */
	wait_for(&client.closed, 1);
	check_code(client.error, ERR_NETWORK);
	assert_int_equal(client.opened, 0);
	let_go(&client, false);
	close_all();
}

/* The loop's clock stands still while its thread works, for seconds when a key is derived: a deadline counts from the true time. */
static void a_deadline_counts_from_now(void **state)
{
	(void)state;
	open_link(false, limits_for_tests());
	loop.time -= limits_for_tests().handshake_ms + 1000;
	check_ok(net_link_connect(link_, &listener->local, &events, &client, &client.conn));
	wait_for(&client.opened, 1);
	assert_int_equal(client.closed, 0);
	let_go(&client, false);
	close_all();
}

static void a_full_queue_pauses_and_drains(void **state)
{
	(void)state;
	static uint8_t block[256 * 1024];
	open_pair(false, limits_for_tests());
	size_t written = 0;
	int result = 0;
	while (!(result = write_bytes(&client, block, sizeof(block))))
		written += sizeof(block);
	written += sizeof(block);
	assert_int_equal(result, NET_LINK_PAUSE);
	check_code(write_bytes(&client, block, 1), ERR_FULL);
	assert_int_equal(client.drained, 0);
	wait_for(&client.drained, 1);
	assert_true(write_bytes(&client, block, 10) >= 0);
	wait_bytes(&server, written + 10);
	assert_int_equal(client.drained, 1);
	close_all();
}

/* What somebody floods with is read a chunk at a time, and others come in between. */
static void a_flood_leaves_turns_to_others(void **state)
{
	(void)state;
	enum { CHUNK = 64 * 1024 };
	static uint8_t block[8 * 1024 * 1024];
	static struct end flooded, honest, caller;
	flooded = honest = caller = (struct end){0};
	open_pair(false, limits_for_tests());
	net_conn_attach(server.conn, &events, &flooded);
	dial(&caller);
	wait_for(&accepted_count, 2);
	net_conn_attach(server.conn, &events, &honest);
	assert_int_equal(write_bytes(&client, block, sizeof(block)), NET_LINK_PAUSE);
	bool is_sent = false;
	while (flooded.got.size < sizeof(block)) {
		const size_t before = flooded.got.size;
		assert_true(uv_run(&loop, UV_RUN_ONCE) != 0);
		assert_true(flooded.got.size - before <= CHUNK);
		if (!is_sent && flooded.got.size)
			assert_int_equal(write_bytes(&caller, "x", 1), 0);
		is_sent |= flooded.got.size > 0;
	}
	assert_int_equal(honest.got.size, 1);
	buf_close(&flooded.got);
	buf_close(&honest.got);
	close_all();
}

static void who_is_held_is_not_read(void **state)
{
	(void)state;
	static uint8_t block[8 * 1024 * 1024];
	open_pair(false, limits_for_tests());
	net_conn_hold(server.conn, true);
	block[sizeof(block) - 1] = 42;
	assert_int_equal(write_bytes(&client, block, sizeof(block)), NET_LINK_PAUSE);
	for (int i = 0; i < 100; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(server.got.size, 0);
	assert_int_equal(client.drained, 0);
	net_conn_hold(server.conn, false);
	wait_bytes(&server, sizeof(block));
	check_span(buf_span(&server.got), span_of(block, sizeof(block)));
	/* in the middle of a flood as well; and closing meanwhile is fine */
	assert_int_equal(write_bytes(&client, block, sizeof(block)), NET_LINK_PAUSE);
	while (server.got.size == sizeof(block))
		uv_run(&loop, UV_RUN_ONCE);
	net_conn_hold(server.conn, true);
	const size_t got = server.got.size;
	for (int i = 0; i < 100; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(server.got.size, got);
	close_all();
}

static void finish_sends_the_rest(void **state)
{
	(void)state;
	static uint8_t block[3 * 1024 * 1024];
	open_pair(false, limits_for_tests());
	block[sizeof(block) - 1] = 42;
	assert_true(write_bytes(&client, block, sizeof(block)) >= 0);
	let_go(&client, true);
	wait_for(&server.closed, 1);
	check_code(server.error, ERR_CLOSED);
	check_span(buf_span(&server.got), span_of(block, sizeof(block)));
	let_go(&server, true); /* after the end it is a close */
	close_all();
}

static void finish_gives_up_on_a_silent_reader(void **state)
{
	(void)state;
	static uint8_t block[16 * 1024 * 1024];
	struct net_uv_limits limits = limits_for_tests();
	limits.handshake_ms = 20; /* shortens the linger too */
	open_link(false, limits);
	/* A socket that nobody reads: accepted by the system, never by us. */
	int deaf = socket(AF_INET, SOCK_STREAM, 0), backlog = 1;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	assert_int_equal(bind(deaf, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(deaf, backlog), 0);
	assert_int_equal(getsockname(deaf, (struct sockaddr *)&address, &size), 0);
	struct net_address remote = net_address_v4(127, 0, 0, 1, ntohs(address.sin_port));
	check_ok(net_link_connect(link_, &remote, &events, &client, &client.conn));
	net_conn_trust(client.conn);
	wait_for(&client.opened, 1);
	assert_int_equal(write_bytes(&client, block, sizeof(block)), NET_LINK_PAUSE);
	let_go(&client, true);
	while (net_uv_link_counts(link_).conns)
		assert_true(uv_run(&loop, UV_RUN_ONCE) != 0);
	close(deaf);
	close_all();
}

static void a_reader_that_stops_is_cut(void **state)
{
	(void)state;
	static uint8_t block[16 * 1024 * 1024];
	struct net_uv_limits limits = limits_for_tests();
	limits.idle_ms = 40;
	open_pair(false, limits);
	assert_int_equal(write_bytes(&client, block, 1), 0);
	wait_for(&client.closed, 1); /* nothing comes back */
	check_code(client.error, ERR_TIMEOUT);
	check_code(write_bytes(&client, block, 1), ERR_CLOSED);
	let_go(&client, false);
	close_all();
}

static void closing_inside_callbacks(void **state)
{
	(void)state;
	for (int finish = 0; finish < 2; finish++) {
		open_pair(false, limits_for_tests());
		server.close_on_data = !finish;
		server.finish_on_data = finish;
		server.echo = finish;
		check_ok(write_bytes(&client, "ping", 4));
		wait_for(&client.closed, 1);
		check_span(buf_span(&client.got), span_text(finish ? "ping" : ""));
		let_go(&client, false);
		close_all();
	}
	open_link(false, limits_for_tests());
	close_incoming = true;
	dial(&client);
	wait_for(&client.closed, 1);
	let_go(&client, false);
	close_all();
}

static void closing_before_connected(void **state)
{
	(void)state;
	open_link(false, limits_for_tests());
	dial(&client);
	let_go(&client, false);
	dial(&server);
	let_go(&server, true);
	close_all();
	assert_int_equal(client.opened + client.closed + server.opened + server.closed, 0);
}

/* Who came first from that address makes room; the newest is always heard. */
static void half_open_limits(void **state)
{
	(void)state;
	struct end ends[LIMIT_HALF_OPEN_PER_ADDRESS + 2] = {{0}};
	enum { COUNT = LIMIT_HALF_OPEN_PER_ADDRESS + 2 };
	open_link(false, limits_for_tests());
	trust_incoming = false;
	for (int i = 0; i < COUNT; i++) {
		dial(&ends[i]);
		wait_for(&accepted_count, (unsigned)i + 1);
		assert_true(net_uv_link_counts(link_).half_open <= LIMIT_HALF_OPEN_PER_ADDRESS);
	}
	assert_int_equal(net_uv_link_counts(link_).turned_away, 2);
	assert_int_equal(net_uv_link_counts(link_).half_open, LIMIT_HALF_OPEN_PER_ADDRESS);
	/* Once trusted, one more from here takes nobody's place. */
	net_conn_trust(server.conn);
	assert_int_equal(net_uv_link_counts(link_).half_open, LIMIT_HALF_OPEN_PER_ADDRESS - 1);
	dial(&client);
	wait_for(&accepted_count, COUNT + 1);
	assert_int_equal(net_uv_link_counts(link_).turned_away, 2);
	net_conn_close(server.conn);
	assert_int_equal(net_uv_link_counts(link_).half_open, LIMIT_HALF_OPEN_PER_ADDRESS - 1);
	for (int i = 0; i < COUNT; i++)
		buf_close(&ends[i].got);
	close_all();
}

static void half_open_limit_of_all(void **state)
{
	(void)state;
	struct net_uv_limits limits = limits_for_tests();
	limits.half_open = 1;
	open_link(false, limits);
	trust_incoming = false;
	dial(&client);
	wait_for(&accepted_count, 1);
	struct end second = {0};
	dial(&second);
	wait_for(&accepted_count, 2);
	assert_int_equal(net_uv_link_counts(link_).half_open, 1);
	assert_int_equal(net_uv_link_counts(link_).turned_away, 1);
	close_all();
}

static void strangers_have_a_deadline(void **state)
{
	(void)state;
	struct net_uv_limits limits = limits_for_tests();
	limits.handshake_ms = 20;
	open_link(false, limits);
	trust_incoming = false;
	dial(&client);
	wait_for(&server.closed, 1);
	check_code(server.error, ERR_TIMEOUT);
	assert_int_equal(net_uv_link_counts(link_).half_open, 0);
	let_go(&server, false);
	close_all();
}

/* --- A whole channel over it ------------------------------------------------------------------------------ */

struct talker {
	struct net_peer peer;
	struct net_conn *conn;
};
static struct talker talkers[2];
static struct talker *caller = &talkers[0], *callee = &talkers[1];

static void talker_send(struct talker *talker)
{
	net_peer_take(&talker->peer, 1000);
	assert_true(net_conn_write(talker->conn, &talker->peer.outgoing) >= 0);
}

static void talker_opened(void *context)
{
	talker_send(context);
}

static void talker_data(void *context, struct span bytes)
{
	struct talker *talker = context;
	net_peer_feed(&talker->peer, 1000, bytes);
	talker_send(talker);
}

static void talker_drained(void *context)
{
	(void)context;
}

static void talker_closed(void *context, int error)
{
	(void)error;
	struct talker *talker = context;
	net_channel_eof(talker->peer.channel);
}

static const struct net_conn_events talker_events = {
        talker_opened, talker_data, talker_drained, talker_closed};

static void talker_accepted(void *context, struct net_conn *conn)
{
	(void)context;
	callee->conn = conn;
	net_conn_attach(conn, &talker_events, callee);
}

static void channel_over_sockets(void **state)
{
	(void)state;
	struct net_address local = loopback(false);
	open_link(false, limits_for_tests());
	net_link_stop(listener);
	for (int i = 0; i < 2; i++) {
		struct net_channel_config config = net_pair_config(i == 0, NET_CHANNEL_PAIRING, 0);
		talkers[i] = (struct talker){0};
		check_ok(net_channel_new(&talkers[i].peer.channel, &config));
	}
	check_ok(net_link_listen(link_, &local, talker_accepted, NULL, &listener));
	check_ok(net_link_connect(link_, &listener->local, &talker_events, caller, &caller->conn));
	wait_for(&caller->peer.established, 1);
	wait_for(&callee->peer.established, 1);
	struct buf big = {0};
	memset(buf_extend(&big, LIMIT_FRAME_BYTES), 5, LIMIT_FRAME_BYTES);
	check_ok(net_channel_send(caller->peer.channel, 16, buf_span(&big)));
	callee->peer.keep = true;
	talker_send(caller);
	wait_for(&callee->peer.frames, 1);
	check_span(buf_span(&callee->peer.received), buf_span(&big));
	net_channel_close(caller->peer.channel, 0);
	talker_send(caller);
	net_conn_finish(caller->conn);
	wait_for(&callee->peer.closed, 1);
	check_code(net_channel_error(callee->peer.channel), ERR_CLOSED);
	net_conn_close(callee->conn);
	close_all();
	buf_close(&big);
	for (int i = 0; i < 2; i++) {
		net_channel_free(talkers[i].peer.channel);
		buf_close(&talkers[i].peer.outgoing);
		buf_close(&talkers[i].peer.received);
	}
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(talk_v4),
	        cmocka_unit_test(talk_v6),
	        cmocka_unit_test(everywhere_serves_both_families),
	        cmocka_unit_test(nobody_listens),
	        cmocka_unit_test(a_deadline_counts_from_now),
	        cmocka_unit_test(a_full_queue_pauses_and_drains),
	        cmocka_unit_test(a_flood_leaves_turns_to_others),
	        cmocka_unit_test(who_is_held_is_not_read),
	        cmocka_unit_test(finish_sends_the_rest),
	        cmocka_unit_test(finish_gives_up_on_a_silent_reader),
	        cmocka_unit_test(a_reader_that_stops_is_cut),
	        cmocka_unit_test(closing_inside_callbacks),
	        cmocka_unit_test(closing_before_connected),
	        cmocka_unit_test(half_open_limits),
	        cmocka_unit_test(half_open_limit_of_all),
	        cmocka_unit_test(strangers_have_a_deadline),
	        cmocka_unit_test(channel_over_sockets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
