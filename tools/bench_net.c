#include "tools/bench_net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "net/uv_link.h"
#include "node/pairing.h"
#include "node/schema/schema.h"

static void on_wake(uv_poll_t *poll, int status, int events)
{
	uint64_t count;
	struct bench_device *device = poll->data;
	(void)status;
	(void)events;
	if (read(device->bench.wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		abort();
	node_poll(device->bench.node);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct bench_device *device = prepare->data;
	bench_check(node_checkpoint(device->bench.node, false), "checkpoint");
	peers_turn(device->peers);
}

void bench_device_open(struct bench_device *device, uv_loop_t *loop, const char *directory)
{
	struct net_uv_limits limits = net_uv_limits_default();
	struct net_address local = net_address_v4(127, 0, 0, 1, 0);
	limits.half_open_per_address = 64; /* all replicas have one address here */
	bench_node_open(&device->bench, directory);
	device->link = net_uv_link_new(loop, &limits);
	device->peers = peers_new(device->bench.node, device->link);
	bench_check(peers_listen(device->peers, &local, &device->address), "listen");
	uv_poll_init(loop, &device->wake, device->bench.wake_fd);
	device->wake.data = device;
	uv_poll_start(&device->wake, UV_READABLE, on_wake);
	uv_prepare_init(loop, &device->prepare);
	device->prepare.data = device;
	uv_prepare_start(&device->prepare, on_prepare);
}

void bench_device_close(struct bench_device *device, uv_loop_t *loop)
{
	uv_poll_stop(&device->wake);
	uv_close((uv_handle_t *)&device->wake, NULL);
	uv_prepare_stop(&device->prepare);
	uv_close((uv_handle_t *)&device->prepare, NULL);
	peers_free(device->peers);
	net_uv_link_close(device->link, NULL, NULL);
	for (int i = 0; i < 10; i++)
		uv_run(loop, UV_RUN_NOWAIT);
	bench_node_close(&device->bench);
}

static bool covers(const struct bench_device *a, const struct bench_device *b)
{
	struct log *left = node_log(a->bench.node), *right = node_log(b->bench.node);
	for (uint32_t i = 0; i < log_feed_count(left); i++) {
		const struct log_feed *feed = log_feed(left, i);
		uint32_t number;
		if (feed->committed_seq == 0)
			continue;
		if (!log_feed_number(right, &feed->id, &number) ||
		        log_feed(right, number)->committed_seq != feed->committed_seq)
			return false;
	}
	return true;
}

bool bench_devices_equal(const struct bench_device *a, const struct bench_device *b)
{
	return node_idle(a->bench.node) && node_idle(b->bench.node) && covers(a, b) && covers(b, a);
}

static void joined(void *context, int result)
{
	bench_check(result, "join");
	*(bool *)context = true;
}

void bench_device_join(uv_loop_t *loop, struct bench_device *host, struct bench_device *guest)
{
	struct team_invitation invitation;
	bool is_member = false;
	bench_check(
	        node_invite(host->bench.node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL), "invite");
	bench_check(pairing_start(guest->peers, &host->address, &invitation, span_text("Bench"), joined,
	                    &is_member),
	        "pair");
	while (!is_member || !bench_devices_equal(host, guest))
		uv_run(loop, UV_RUN_ONCE);
}

uint32_t bench_visits(struct node *node)
{
	uint32_t visits = 0, kind;
	struct record_id id;
	struct crdt_doc *doc;
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		struct crdt_event event;
		uint32_t cursor = 0;
		bench_check(node_doc_at(node, i, &kind, &id), "document");
		if (kind != SCHEMA_DOC_DOSSIER)
			continue;
		bench_check(node_doc_by_number(node, i, &doc), "document");
		while (crdt_doc_event(doc, SCHEMA_VISIT, &cursor, &event))
			visits++;
	}
	return visits;
}

static void on_quiet(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

void bench_devices_quiet(struct bench_device *devices, int count, uv_loop_t *loop)
{
	uv_timer_t timer;
	uint64_t seen = 0;
	for (bool quiet = false; !quiet;) {
		uint64_t now = 0, bytes_in, bytes_out;
		bool over = false;
		uv_timer_init(loop, &timer);
		timer.data = &over;
		uv_timer_start(&timer, on_quiet, 100, 0);
		while (!over)
			uv_run(loop, UV_RUN_ONCE);
		uv_close((uv_handle_t *)&timer, NULL);
		uv_run(loop, UV_RUN_NOWAIT);
		for (int i = 0; i < count; i++) {
			peers_traffic(devices[i].peers, &bytes_in, &bytes_out);
			now += bytes_in + bytes_out;
		}
		quiet = now == seen;
		seen = now;
	}
}
