/*
 * net/uv_beacon.h - beacons by UDP multicast on every interface, IPv4 and IPv6, by libuv (net/README.md, section 3).
 *
 * What a beacon says depends on the address it leaves from, so the owner makes one for each. Threads: the loop's only.
 */
#ifndef NET_UV_BEACON_H
#define NET_UV_BEACON_H

#include <uv.h>

#include "crdt/base/span.h"
#include "net/address.h"
#include "net/beacon.h"

enum { NET_BEACON_UDP_PORT = 7765 };

struct net_uv_beacon_events {
	/* A datagram of at most LIMIT_BEACON_BYTES came, perhaps our own, perhaps a stranger's. May call _close. */
	void (*heard)(void *context, struct span datagram, const struct net_address *source);
	/* Make the beacon that leaves from `source` (port 0). */
	void (*make)(void *context, const struct net_address *source, uint8_t out[NET_BEACON_BYTES]);
};

struct net_uv_beacon_config {
	uint16_t port; /* NET_BEACON_UDP_PORT; 0 lets the system choose, for tests */
	bool internal_interfaces; /* loopback too; for tests, and for several nodes on one machine */
};

struct net_uv_beacon;

/* Listen, without joining anything yet. `events` must outlive the beacon. ERR_NETWORK: neither family can be had. */
int net_uv_beacon_new(struct net_uv_beacon **beacon, uv_loop_t *loop,
        const struct net_uv_beacon_config *config, const struct net_uv_beacon_events *events, void *context);

/* Join the groups on the interfaces that exist now and send one beacon on each. Called every few seconds and when the
 * network changes. Returns how many datagrams left; a network that refuses is no error. */
uint32_t net_uv_beacon_announce(struct net_uv_beacon *beacon);

uint16_t net_uv_beacon_port(const struct net_uv_beacon *beacon);

/* No callback comes after this; memory goes once the loop has run. NULL is allowed. */
void net_uv_beacon_close(struct net_uv_beacon *beacon);

#endif
