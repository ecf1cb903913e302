/*
 * Normal course: connect or accept -> reading -> (events) -> close -> both handles closed -> memory freed.
 * Failures go through end(), which stops everything and tells the owner once; the owner still closes.
 * A connection has three handles (socket, timer, and one that makes it read on); its memory goes with the last close callback.
 *
 * Fair: of each connection one chunk is read in each turn of the loop. libuv alone would read 32 from one that floods before it looks at another, and
 * what comes out of so many bytes takes a second.
 */
#include "net/uv_link.h"

#include <assert.h>
#include <signal.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/queue.h"
#include "net/uv_address.h"

enum {
	CHUNK_BYTES = 64 * 1024,
	BACKLOG = 256 /* a large team that calls at both kinds of addresses, while this program has no turn */
};

struct link {
	struct net_link base;
	uv_loop_t *loop;
	struct net_uv_limits limits;
	struct queue conns, listeners;
	uint32_t conn_count, half_open, handles_open;
	uint64_t turned_away;
	bool closing;
	void (*done)(void *context);
	void *done_context;
	/* One buffer for all connections: libuv reads right after it asked, and the callback uses the bytes up. */
	char chunk[CHUNK_BYTES];
};

struct conn {
	struct net_conn base;
	struct link *link;
	struct queue in_link;
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_idle_t again; /* reads on in the next turn */
	uv_connect_t connect;
	uv_shutdown_t shutdown;
	const struct net_conn_events *events; /* NULL: the owner has let go */
	void *context;
	bool incoming, half_open, connected, trusted, paused, held, ended, closing;
	uint32_t handles_open;
	size_t queued_bytes;
	size_t waiting_bytes_seen; /* by the system, at the last tick */
	uint64_t received_ms, sent_ms; /* last progress in each direction */
};

struct listener {
	struct net_listener base;
	struct link *link;
	struct queue in_link;
	uv_tcp_t tcp;
	net_link_accepted *accepted; /* NULL: stopped */
	void *context;
};

struct write {
	uv_write_t request;
	struct conn *conn;
	struct buf bytes;
};

static const struct net_link_ops uv_ops;

static struct link *as_link(struct net_link *link)
{
	return (struct link *)(void *)link;
}

static struct conn *as_conn(struct net_conn *conn)
{
	return (struct conn *)(void *)conn;
}

/* --- Ends ------------------------------------------------------------------------------------------------- */

static void link_handle_closed(struct link *link)
{
	assert(link->handles_open > 0);
	if (--link->handles_open > 0 || !link->closing)
		return;
	if (link->done)
		link->done(link->done_context);
	mem_free(link);
}

static void conn_handle_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;
	struct link *link = conn->link;
	if (--conn->handles_open == 0)
		mem_free(conn);
	link_handle_closed(link);
}

static void not_half_open(struct conn *conn)
{
	if (conn->half_open)
		conn->link->half_open--;
	conn->half_open = false;
}

static void conn_close(struct net_conn *base)
{
	struct conn *conn = as_conn(base);
	conn->events = NULL;
	if (conn->closing)
		return;
	conn->closing = true;
	not_half_open(conn);
	queue_remove(&conn->in_link);
	conn->link->conn_count--;
	uv_close((uv_handle_t *)&conn->tcp, conn_handle_closed);
	uv_close((uv_handle_t *)&conn->timer, conn_handle_closed);
	uv_close((uv_handle_t *)&conn->again, conn_handle_closed);
}

static void stop_reading(struct conn *conn)
{
	uv_idle_stop(&conn->again);
	uv_read_stop((uv_stream_t *)&conn->tcp);
}

/* It ended by itself. */
static void end(struct conn *conn, int error)
{
	if (conn->ended || conn->closing)
		return;
	conn->ended = true;
	not_half_open(conn);
	uv_timer_stop(&conn->timer);
	stop_reading(conn);
	if (conn->events)
		conn->events->closed(conn->context, error);
	else
		conn_close(&conn->base);
}

static void finished(uv_shutdown_t *request, int status)
{
	(void)status;
	struct conn *conn = request->handle->data;
	conn_close(&conn->base);
}

static void conn_finish(struct net_conn *base)
{
	struct conn *conn = as_conn(base);
	conn->events = NULL;
	if (conn->closing)
		return;
	if (conn->ended || !conn->connected ||
	        uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, finished)) {
		conn_close(base);
		return;
	}
	stop_reading(conn);
	uv_timer_stop(&conn->timer);
	conn->trusted = false; /* the next tick ends it */
	uint32_t linger_ms = conn->link->limits.handshake_ms;
	uv_timer_start(&conn->timer, conn->timer.timer_cb,
	        linger_ms < LIMIT_LINGER_MS ? linger_ms : LIMIT_LINGER_MS, 0);
}

/* --- Time ------------------------------------------------------------------------------------------------- */

static void tick(uv_timer_t *timer)
{
	struct conn *conn = timer->data;
	uint64_t now_ms = uv_now(conn->link->loop), idle_ms = conn->link->limits.idle_ms;
	size_t waiting_bytes = uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp);
	if (waiting_bytes == 0 || waiting_bytes < conn->waiting_bytes_seen)
		conn->sent_ms = now_ms;
	conn->waiting_bytes_seen = waiting_bytes;
	if (!conn->trusted || now_ms - conn->received_ms >= idle_ms || now_ms - conn->sent_ms >= idle_ms)
		end(conn, ERR_TIMEOUT);
}

static void conn_trust(struct net_conn *base)
{
	struct conn *conn = as_conn(base);
	if (conn->closing || conn->ended)
		return;
	not_half_open(conn);
	conn->trusted = true;
	uint32_t quarter_ms = conn->link->limits.idle_ms / 4 + 1;
	uv_timer_start(&conn->timer, tick, quarter_ms, quarter_ms);
}

/* --- Reading and writing ---------------------------------------------------------------------------------- */

static void lend_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	(void)suggested;
	struct conn *conn = handle->data;
	*out = uv_buf_init(conn->link->chunk, CHUNK_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *chunk);

static void read_on(uv_idle_t *again)
{
	struct conn *conn = again->data;
	uv_idle_stop(again);
	int status = uv_read_start((uv_stream_t *)&conn->tcp, lend_chunk, on_read);
	if (status)
		end(conn, net_uv_error(status));
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *chunk)
{
	struct conn *conn = stream->data;
	if (size < 0) {
		end(conn, net_uv_error((int)size));
	} else if (size > 0 && conn->events && !conn->ended) {
		conn->received_ms = uv_now(conn->link->loop);
		if (size == CHUNK_BYTES) { /* there may be more: the others first */
			uv_read_stop(stream);
			uv_idle_start(&conn->again, read_on);
		}
		conn->events->data(conn->context, span_of(chunk->base, (size_t)size));
	}
}

static void conn_hold(struct net_conn *base, bool hold)
{
	struct conn *conn = as_conn(base);
	if (hold == conn->held || !conn->connected || conn->ended || conn->closing)
		return;
	conn->held = hold;
	if (hold)
		stop_reading(conn);
	else
		uv_idle_start(&conn->again, read_on);
}

static void on_written(uv_write_t *request, int status)
{
	struct write *write = request->data;
	struct conn *conn = write->conn;
	conn->queued_bytes -= write->bytes.size;
	buf_close(&write->bytes);
	mem_free(write);
	if (status) {
		end(conn, net_uv_error(status));
		return;
	}
	conn->sent_ms = uv_now(conn->link->loop);
	if (conn->paused && conn->queued_bytes <= conn->link->limits.queue_bytes / 2) {
		conn->paused = false;
		if (conn->events && !conn->ended)
			conn->events->drained(conn->context);
	}
}

static int conn_write(struct net_conn *base, struct buf *bytes)
{
	struct conn *conn = as_conn(base);
	if (conn->ended || conn->closing)
		return ERR_CLOSED;
	if (!conn->connected)
		return ERR_INVALID;
	if (conn->paused)
		return ERR_FULL;
	if (bytes->size == 0)
		return 0;
	struct write *write = mem_alloc(sizeof(*write));
	*write = (struct write){.conn = conn, .bytes = *bytes};
	write->request.data = write;
	uv_buf_t whole = uv_buf_init((char *)write->bytes.data, (unsigned)write->bytes.size);
	if (uv_write(&write->request, (uv_stream_t *)&conn->tcp, &whole, 1, on_written)) {
		mem_free(write);
		return ERR_NETWORK;
	}
	if (conn->queued_bytes == 0)
		conn->sent_ms = uv_now(conn->link->loop);
	conn->queued_bytes += bytes->size;
	*bytes = (struct buf){0};
	conn->paused = uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp) >
	        conn->link->limits.queue_bytes;
	return conn->paused ? NET_LINK_PAUSE : 0;
}

/* --- Starts ----------------------------------------------------------------------------------------------- */

static struct conn *conn_new(struct link *link)
{
	struct conn *conn = mem_zero(1, sizeof(*conn));
	conn->base.ops = &uv_ops;
	conn->link = link;
	conn->handles_open = 3;
	link->handles_open += 3;
	link->conn_count++;
	queue_push(&link->conns, &conn->in_link);
	/* The loop's clock may be seconds behind when its thread was busy, and a deadline would have passed already. */
	uv_update_time(link->loop);
	conn->received_ms = conn->sent_ms = uv_now(link->loop);
	uv_tcp_init(link->loop, &conn->tcp); /* without a family it opens no socket and cannot fail */
	uv_timer_init(link->loop, &conn->timer);
	uv_idle_init(link->loop, &conn->again);
	conn->tcp.data = conn->timer.data = conn->again.data = conn;
	uv_timer_start(&conn->timer, tick, link->limits.handshake_ms, 0);
	return conn;
}

static int start_reading(struct conn *conn)
{
	conn->connected = true;
	/* Frames are flushed when a thought is complete; waiting for more would only cost time. */
	int status = uv_tcp_nodelay(&conn->tcp, 1);
	return status ? status : uv_read_start((uv_stream_t *)&conn->tcp, lend_chunk, on_read);
}

static void on_connected(uv_connect_t *request, int status)
{
	struct conn *conn = request->handle->data;
	if (conn->closing || conn->ended)
		return;
	if (!status)
		status = start_reading(conn);
	if (status)
		end(conn, net_uv_error(status));
	else
		conn->events->opened(conn->context);
}

static int link_connect(struct net_link *base, const struct net_address *remote,
        const struct net_conn_events *events, void *context, struct net_conn **out)
{
	struct conn *conn = conn_new(as_link(base));
	struct sockaddr_storage system;
	net_uv_address_to(remote, &system);
	conn->base.remote = *remote;
	int status = uv_tcp_connect(
	        &conn->connect, &conn->tcp, (const struct sockaddr *)&system, on_connected);
	if (status) {
		conn_close(&conn->base);
		return net_uv_error(status);
	}
	conn->events = events;
	conn->context = context;
	*out = &conn->base;
	return 0;
}

static uint32_t half_open_from(const struct link *link, const struct net_address *from)
{
	uint32_t count = 0;
	for (const struct queue *at = link->conns.next; at != &link->conns; at = at->next) {
		const struct conn *other = queue_member_const(at, struct conn, in_link);
		count += other->half_open && net_address_same_ip(&other->base.remote, from);
	}
	return count;
}

/* The address that holds most of them, and the one that has waited longest of these. */
static struct conn *whose_turn_it_was(struct link *link)
{
	struct conn *found = NULL;
	uint32_t most = 0;
	for (struct queue *at = link->conns.next; at != &link->conns; at = at->next) {
		struct conn *conn = queue_member(at, struct conn, in_link);
		const uint32_t count = conn->half_open ? half_open_from(link, &conn->base.remote) : 0;
		if (count > most) {
			most = count;
			found = conn;
		}
	}
	return found;
}

static struct conn *oldest_from(struct link *link, const struct net_address *from)
{
	for (struct queue *at = link->conns.next; at != &link->conns; at = at->next) {
		struct conn *conn = queue_member(at, struct conn, in_link);
		if (conn->half_open && net_address_same_ip(&conn->base.remote, from))
			return conn;
	}
	return NULL;
}

/* Who holds connections without showing who it is makes room for who came just now. */
static void make_room(struct link *link, const struct net_address *from)
{
	struct conn *leaves = NULL;
	if (half_open_from(link, from) >= link->limits.half_open_per_address)
		leaves = oldest_from(link, from);
	else if (link->half_open >= link->limits.half_open)
		leaves = whose_turn_it_was(link);
	if (!leaves)
		return;
	link->turned_away++;
	end(leaves, ERR_TIMEOUT);
}

static int remote_address(uv_tcp_t *tcp, struct net_address *out)
{
	struct sockaddr_storage system;
	int size = sizeof(system);
	int status = uv_tcp_getpeername(tcp, (struct sockaddr *)&system, &size);
	if (!status && !net_uv_address_from((const struct sockaddr *)&system, out))
		status = UV_EAFNOSUPPORT;
	return status;
}

static void on_connection(uv_stream_t *stream, int status)
{
	struct listener *listener = stream->data;
	if (status || !listener->accepted)
		return;
	struct link *link = listener->link;
	struct conn *conn = conn_new(link);
	if (uv_accept(stream, (uv_stream_t *)&conn->tcp) || remote_address(&conn->tcp, &conn->base.remote)) {
		conn_close(&conn->base);
		return;
	}
	make_room(link, &conn->base.remote);
	conn->incoming = conn->half_open = true;
	link->half_open++;
	conn->connected = true;
	listener->accepted(listener->context, &conn->base);
	assert(conn->events || conn->closing);
	status = conn->closing ? 0 : start_reading(conn);
	if (status)
		end(conn, net_uv_error(status));
}

static void conn_attach(struct net_conn *base, const struct net_conn_events *events, void *context)
{
	struct conn *conn = as_conn(base);
	conn->events = events;
	conn->context = context;
}

static void listener_closed(uv_handle_t *handle)
{
	struct listener *listener = handle->data;
	struct link *link = listener->link;
	mem_free(listener);
	link_handle_closed(link);
}

static void link_stop(struct net_listener *base)
{
	struct listener *listener = (struct listener *)(void *)base;
	listener->accepted = NULL;
	queue_remove(&listener->in_link);
	uv_close((uv_handle_t *)&listener->tcp, listener_closed);
}

static int start_listening(struct listener *listener, const struct net_address *local)
{
	struct sockaddr_storage system;
	int size = sizeof(system);
	net_uv_address_to(local, &system);
	int status = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&system, 0);
	if (!status)
		status = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
	if (!status)
		status = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&system, &size);
	if (!status)
		net_uv_address_from((const struct sockaddr *)&system, &listener->base.local);
	return status;
}

static int link_listen(struct net_link *base, const struct net_address *local, net_link_accepted *accepted,
        void *context, struct net_listener **out)
{
	struct link *link = as_link(base);
	struct listener *listener = mem_zero(1, sizeof(*listener));
	listener->base.ops = &uv_ops;
	listener->link = link;
	listener->accepted = accepted;
	listener->context = context;
	uv_tcp_init(link->loop, &listener->tcp);
	listener->tcp.data = listener;
	link->handles_open++;
	queue_push(&link->listeners, &listener->in_link);
	if (start_listening(listener, local)) {
		link_stop(&listener->base);
		return ERR_NETWORK;
	}
	*out = &listener->base;
	return 0;
}

static const struct net_link_ops uv_ops = {
        .listen = link_listen,
        .stop = link_stop,
        .connect = link_connect,
        .attach = conn_attach,
        .write = conn_write,
        .trust = conn_trust,
        .hold = conn_hold,
        .close = conn_close,
        .finish = conn_finish,
};

/* --- The link --------------------------------------------------------------------------------------------- */

struct net_uv_limits net_uv_limits_default(void)
{
	return (struct net_uv_limits){
	        .half_open = LIMIT_HALF_OPEN,
	        .half_open_per_address = LIMIT_HALF_OPEN_PER_ADDRESS,
	        .handshake_ms = LIMIT_HANDSHAKE_MS,
	        .idle_ms = LIMIT_SESSION_IDLE_MS,
	        .queue_bytes = LIMIT_SESSION_QUEUE_BYTES,
	};
}

struct net_link *net_uv_link_new(uv_loop_t *loop, const struct net_uv_limits *limits)
{
	struct link *link = mem_zero(1, sizeof(*link));
	link->base.ops = &uv_ops;
	link->loop = loop;
	link->limits = *limits;
	queue_init(&link->conns);
	queue_init(&link->listeners);
	signal(SIGPIPE, SIG_IGN);
	return &link->base;
}

void net_uv_link_close(struct net_link *base, void (*done)(void *context), void *context)
{
	struct link *link = as_link(base);
	link->closing = true;
	link->done = done;
	link->done_context = context;
	link->handles_open++; /* until all are on their way, none may be the last */
	while (!queue_empty(&link->conns))
		conn_close(&queue_member(link->conns.next, struct conn, in_link)->base);
	while (!queue_empty(&link->listeners))
		link_stop(&queue_member(link->listeners.next, struct listener, in_link)->base);
	link_handle_closed(link);
}

struct net_uv_link_counts net_uv_link_counts(const struct net_link *base)
{
	const struct link *link = (const struct link *)(const void *)base;
	return (struct net_uv_link_counts){link->conn_count, link->half_open, link->turned_away};
}
