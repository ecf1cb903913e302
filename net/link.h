/*
 * net/link.h - connections that carry bytes: the seam between libuv (net/uv_link.h) and the simulator.
 *
 * Normal course: listen or connect; `opened` (connecting side) or `accepted`; `data` any number of times; write;
 * `closed` at most once; net_conn_close() or net_conn_finish() exactly once, by the owner, whatever happened before.
 *
 * No call below runs a callback before it returns. After net_conn_close(), net_conn_finish() and net_link_stop() no
 * callback of that object comes, also when they are called from within a callback. Threads: the loop's only.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"
#include "net/address.h"

struct net_link_ops;

/* A provider of connections; implementations begin with it. */
struct net_link {
	const struct net_link_ops *ops;
};

struct net_conn {
	const struct net_link_ops *ops;
	struct net_address remote;
};

struct net_listener {
	const struct net_link_ops *ops;
	struct net_address local; /* with the port that was chosen if 0 was asked for */
};

struct net_conn_events {
	void (*opened)(void *context); /* the connecting side may write from here on */
	void (*data)(void *context, struct span bytes); /* borrowed until return; never empty */
	void (*drained)(void *context); /* after NET_LINK_PAUSE: write on */
	/* It ended by itself: ERR_CLOSED by the other side, ERR_NETWORK, ERR_TIMEOUT. Nothing else comes. */
	void (*closed)(void *context, int error);
};

/* A connection came in. Before it returns the callback calls net_conn_attach() or net_conn_close(). */
typedef void net_link_accepted(void *context, struct net_conn *conn);

enum { NET_LINK_PAUSE = 1 }; /* positive result of net_conn_write() */

struct net_link_ops {
	int (*listen)(struct net_link *link, const struct net_address *local, net_link_accepted *accepted,
	        void *context, struct net_listener **out);
	void (*stop)(struct net_listener *listener);
	int (*connect)(struct net_link *link, const struct net_address *remote,
	        const struct net_conn_events *events, void *context, struct net_conn **out);
	void (*attach)(struct net_conn *conn, const struct net_conn_events *events, void *context);
	int (*write)(struct net_conn *conn, struct buf *bytes);
	void (*trust)(struct net_conn *conn);
	void (*hold)(struct net_conn *conn, bool hold);
	void (*close)(struct net_conn *conn);
	void (*finish)(struct net_conn *conn);
};

/* Listen at `local`; the all-zero IP means everywhere, in both families. ERR_NETWORK: the address cannot be had. */
static inline int net_link_listen(struct net_link *link, const struct net_address *local,
        net_link_accepted *accepted, void *context, struct net_listener **out)
{
	return link->ops->listen(link, local, accepted, context, out);
}

static inline void net_link_stop(struct net_listener *listener)
{
	listener->ops->stop(listener);
}

/* Begin to connect; `events` must outlive the connection. ERR_NETWORK at once only when the system refuses to try. */
static inline int net_link_connect(struct net_link *link, const struct net_address *remote,
        const struct net_conn_events *events, void *context, struct net_conn **out)
{
	return link->ops->connect(link, remote, events, context, out);
}

static inline void net_conn_attach(struct net_conn *conn, const struct net_conn_events *events, void *context)
{
	conn->ops->attach(conn, events, context);
}

/* Queue all of `*bytes`, which is taken and left empty; empty is fine. NET_LINK_PAUSE: taken, but more than
 * LIMIT_SESSION_QUEUE_BYTES wait now: stop until `drained`. On error `*bytes` stays with the caller: ERR_FULL: already
 * paused; ERR_INVALID: not open yet; ERR_CLOSED, ERR_NETWORK: it ended, close it. */
static inline int net_conn_write(struct net_conn *conn, struct buf *bytes)
{
	return conn->ops->write(conn, bytes);
}

/* The other side has proved who it is: no longer half-open. */
static inline void net_conn_trust(struct net_conn *conn)
{
	conn->ops->trust(conn);
}

/* No `data` comes until it is let go again: the other side's bytes wait there, as far as the system does not take them. Bytes that were delivered are the
 * owner's. Idleness goes on being counted. */
static inline void net_conn_hold(struct net_conn *conn, bool hold)
{
	conn->ops->hold(conn, hold);
}

/* End it now; unsent bytes are dropped. `conn` is gone. */
static inline void net_conn_close(struct net_conn *conn)
{
	conn->ops->close(conn);
}

/* End it once the queue is sent, LIMIT_LINGER_MS later at the latest. `conn` is gone for its owner. */
static inline void net_conn_finish(struct net_conn *conn)
{
	conn->ops->finish(conn);
}

#endif
