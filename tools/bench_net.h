/*
 * tools/bench_net.h - bench nodes with peers on a libuv loop.
 */
#ifndef TOOLS_BENCH_NET_H
#define TOOLS_BENCH_NET_H

#include <uv.h>

#include "node/peers.h"
#include "tools/bench_node.h"

struct bench_device {
	struct bench_node bench;
	struct net_link *link;
	struct peers *peers;
	struct net_address address; /* where it listens */
	uv_poll_t wake;
	uv_prepare_t prepare;
};

void bench_device_open(struct bench_device *device, uv_loop_t *loop, const char *directory);
void bench_device_close(struct bench_device *device, uv_loop_t *loop);

/* Redeem an invitation of `host`, which runs on the same loop, at `guest`, and wait until the guest has everything. */
void bench_device_join(uv_loop_t *loop, struct bench_device *host, struct bench_device *guest);

/* Both have the same committed heads and nothing under way. */
bool bench_devices_equal(const struct bench_device *a, const struct bench_device *b);

/* Until nothing was sent for a moment. */
void bench_devices_quiet(struct bench_device *devices, int count, uv_loop_t *loop);

/* Visits in the documents of a node. */
uint32_t bench_visits(struct node *node);

#endif
