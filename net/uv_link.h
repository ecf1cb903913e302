/*
 * net/uv_link.h - net/link.h on TCP by libuv: IPv4 and IPv6, no delay, and the limits for strangers.
 *
 * Incoming connections are half-open until net_conn_trust(); beyond the limits the oldest of the address that holds most of them ends
 * (`closed`, ERR_TIMEOUT). Of each connection at most 64 KiB are delivered in one turn of the loop. Threads: the loop's only.
 */
#ifndef NET_UV_LINK_H
#define NET_UV_LINK_H

#include <uv.h>

#include "net/link.h"

struct net_uv_limits {
	uint32_t half_open; /* of all addresses */
	uint32_t half_open_per_address;
	uint32_t handshake_ms; /* from the start to net_conn_trust(), both directions */
	uint32_t
	        idle_ms; /* trusted, and nothing comes in, or nothing queued goes out; noticed up to a quarter late */
	size_t queue_bytes;
};

/* The values of limits.h. */
struct net_uv_limits net_uv_limits_default(void);

/* `loop` must outlive the link. Sets SIGPIPE to be ignored in this process, as libuv needs it. */
struct net_link *net_uv_link_new(uv_loop_t *loop, const struct net_uv_limits *limits);

/* Close whatever is left, without callbacks of connections; `done` runs from the loop when all is gone, and the link
 * with it; at once when nothing is open. NULL is allowed for `done`. */
void net_uv_link_close(struct net_link *link, void (*done)(void *context), void *context);

struct net_uv_link_counts {
	uint32_t conns, half_open; /* now; half_open are incoming ones */
	uint64_t turned_away; /* for the limits, since the start */
};
struct net_uv_link_counts net_uv_link_counts(const struct net_link *link);

#endif
