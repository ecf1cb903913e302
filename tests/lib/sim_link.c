/*
 * A connection is one pipe with two ends. Each direction is a queue of things on their way: the attempt itself, "opened", bytes, and the
 * end. One event per direction delivers the front of its queue, so that order within a direction always holds.
 *
 * A pipe is freed when both ends are gone for their owners and none of its callbacks is running.
 */
#include "tests/lib/sim_link.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/queue.h"

enum thing_kind { THING_ATTEMPT, THING_OPENED, THING_BYTES, THING_END };
enum { PORT = 7764, STALL_POLL_MS = 250, STALL_MIN_MS = 4000, STALL_MAX_MS = 20000, GHOST_MS = 9000 };

struct thing {
	struct queue link;
	enum thing_kind kind;
	uint64_t arrival_ms;
	int error; /* THING_END */
	struct buf bytes;
};

struct end {
	struct net_conn conn; /* what the owner holds */
	struct pipe *pipe;
	uint32_t host;
	bool here; /* it has an owner */
	bool open, paused, was_reset;
	bool held; /* reads nothing */
	const struct net_conn_events *events;
	void *context;
	/* What this end sends. */
	struct queue sending;
	struct sim_event deliver, drained;
	uint64_t last_arrival_ms;
	size_t queued_bytes;
};

struct pipe {
	struct queue link;
	struct sim_net *net;
	struct end ends[2]; /* the connecting one first */
	bool broken;
	uint32_t running; /* callbacks under way */
	bool stalled;
	uint64_t stalled_until_ms; /* then it breaks */
	struct pipe *ghost; /* gets a copy of the first bytes */
};

struct listener {
	struct net_listener listener;
	struct host *host;
	net_link_accepted *accepted;
	void *context;
};

struct host {
	struct net_link link;
	struct sim_net *net;
	uint32_t number;
	bool silent;
	struct listener *listener;
	void (*turn)(void *context);
	void *context;
};

struct sim_net {
	struct sim_time *time;
	struct rng rng;
	struct sim_net_faults faults;
	struct host hosts[SIM_HOSTS_MAX];
	bool parted[SIM_HOSTS_MAX][SIM_HOSTS_MAX];
	struct queue pipes;
	struct sim_net_counts counts;
};

static const struct net_link_ops ops;

static struct end *end_of(struct net_conn *conn)
{
	return (struct end *)(void *)conn;
}

static struct end *other(struct end *end)
{
	return &end->pipe->ends[end == &end->pipe->ends[0]];
}

static void turn(struct sim_net *net, uint32_t number)
{
	struct host *host = &net->hosts[number];
	if (host->turn)
		host->turn(host->context);
}

/* --- Pipes --------------------------------------------------------------------------------------------------------- */

static void thing_free(struct thing *thing)
{
	queue_remove(&thing->link);
	buf_close(&thing->bytes);
	mem_free(thing);
}

static void clear(struct end *end)
{
	for (struct queue *link; (link = queue_pop(&end->sending));)
		thing_free(queue_member(link, struct thing, link));
	end->queued_bytes = 0;
	sim_time_cancel(end->pipe->net->time, &end->deliver);
}

static void pipe_free(struct pipe *pipe)
{
	for (unsigned i = 0; i < 2; i++) {
		clear(&pipe->ends[i]);
		sim_time_cancel(pipe->net->time, &pipe->ends[i].drained);
	}
	queue_remove(&pipe->link);
	mem_free(pipe);
}

/* Nobody holds the other end of a ghost: it goes with its one end, and the pipe that feeds it forgets it. */
static void settle(struct pipe *pipe)
{
	if (pipe->running || pipe->ends[0].here || pipe->ends[1].here)
		return;
	for (struct queue *link = pipe->net->pipes.next; link != &pipe->net->pipes; link = link->next) {
		struct pipe *feeding = queue_member(link, struct pipe, link);
		if (feeding->ghost == pipe)
			feeding->ghost = NULL;
	}
	pipe_free(pipe);
}

static struct pipe *pipe_new(struct sim_net *net, uint32_t from, uint32_t to)
{
	struct pipe *pipe = mem_zero(1, sizeof(*pipe));
	const uint32_t hosts[2] = {from, to};
	pipe->net = net;
	queue_push(&net->pipes, &pipe->link);
	for (unsigned i = 0; i < 2; i++) {
		struct end *end = &pipe->ends[i];
		end->conn = (struct net_conn){&ops, sim_net_address(hosts[1 - i])};
		end->pipe = pipe;
		end->host = hosts[i];
		queue_init(&end->sending);
	}
	return pipe;
}

/* --- On the way ------------------------------------------------------------------------------------------------------ */

static void on_deliver(void *context);

static void schedule(struct end *end)
{
	struct sim_time *time = end->pipe->net->time;
	if (queue_empty(&end->sending) || end->deliver.place)
		return;
	const struct thing *front = queue_member(end->sending.next, struct thing, link);
	uint64_t delay_ms = front->arrival_ms > time->now_ms ? front->arrival_ms - time->now_ms : 0;
	sim_time_after(time, &end->deliver, delay_ms, on_deliver, end);
}

static uint64_t latency_ms(struct sim_net *net)
{
	return rng_between(&net->rng, net->faults.latency_min_ms, net->faults.latency_max_ms);
}

static struct thing *send(struct end *end, enum thing_kind kind, uint64_t extra_ms)
{
	struct sim_net *net = end->pipe->net;
	struct thing *thing = mem_zero(1, sizeof(*thing));
	thing->kind = kind;
	thing->arrival_ms = net->time->now_ms + latency_ms(net) + extra_ms;
	if (thing->arrival_ms < end->last_arrival_ms)
		thing->arrival_ms = end->last_arrival_ms;
	end->last_arrival_ms = thing->arrival_ms;
	queue_push(&end->sending, &thing->link);
	schedule(end);
	return thing;
}

/* Both sides notice, each in its own time; what was under way is lost. */
static void break_pipe(struct pipe *pipe)
{
	static const int errors[] = {ERR_NETWORK, ERR_CLOSED, ERR_TIMEOUT};
	struct sim_net *net = pipe->net;
	pipe->broken = true;
	net->counts.broken++;
	for (unsigned i = 0; i < 2; i++) {
		clear(&pipe->ends[i]);
		send(&pipe->ends[i], THING_END, rng_below(&net->rng, 3000))
		        ->error = errors[rng_below(&net->rng, 3)];
	}
}

/* True when the front cannot move now. */
static bool stalls(struct end *end)
{
	struct pipe *pipe = end->pipe;
	struct sim_net *net = pipe->net;
	if (pipe->broken || !net->parted[end->host][other(end)->host]) {
		pipe->stalled = false;
		return false;
	}
	if (!pipe->stalled) {
		pipe->stalled = true;
		pipe->stalled_until_ms = net->time->now_ms +
		        rng_between(&net->rng, STALL_MIN_MS, STALL_MAX_MS);
		net->counts.stalled++;
	}
	if (net->time->now_ms >= pipe->stalled_until_ms)
		break_pipe(pipe);
	else
		sim_time_after(net->time, &end->deliver, STALL_POLL_MS, on_deliver, end);
	return true;
}

/* --- Arrivals -------------------------------------------------------------------------------------------------------- */

static void refuse_attempt(struct end *from, int error)
{
	struct end *to = other(from);
	to->pipe->broken = true;
	send(to, THING_END, error == ERR_TIMEOUT ? rng_between(&to->pipe->net->rng, 1000, 4000) : 0)
	        ->error = error;
}

static bool accept_at(struct end *end)
{
	struct listener *listener = end->pipe->net->hosts[end->host].listener;
	if (!listener)
		return false;
	end->here = end->open = true;
	listener->accepted(listener->context, &end->conn);
	return true;
}

/* The network delivers the attempt a second time: a connection that nobody made, with a recorded first flight. */
static void double_attempt(struct pipe *pipe)
{
	struct sim_net *net = pipe->net;
	struct pipe *ghost = pipe_new(net, pipe->ends[0].host, pipe->ends[1].host);
	net->counts.doubled++;
	ghost->running++;
	if (accept_at(&ghost->ends[1]) && ghost->ends[1].here) {
		pipe->ghost = ghost;
		send(&ghost->ends[0], THING_END, rng_below(&net->rng, GHOST_MS))->error = ERR_CLOSED;
	}
	ghost->running--;
	settle(ghost);
}

static void arrive_attempt(struct end *from)
{
	struct pipe *pipe = from->pipe;
	struct sim_net *net = pipe->net;
	struct end *to = other(from);
	if (rng_chance(&net->rng, net->faults.lost_attempt_per_mille)) {
		net->counts.lost++;
		refuse_attempt(from, ERR_TIMEOUT);
		return;
	}
	if (!accept_at(to)) {
		refuse_attempt(from, ERR_NETWORK);
		return;
	}
	send(to, THING_OPENED, 0);
	if (!to->here)
		send(to, THING_END, 0)->error = ERR_CLOSED;
	if (rng_chance(&net->rng, net->faults.double_attempt_per_mille))
		double_attempt(pipe);
}

static void on_drained(void *context)
{
	struct end *end = context;
	struct pipe *pipe = end->pipe;
	if (!end->here || !end->events)
		return;
	pipe->running++;
	end->events->drained(end->context);
	turn(pipe->net, end->host);
	pipe->running--;
	settle(pipe);
}

static void feed_ghost(struct pipe *pipe, struct span bytes)
{
	struct pipe *ghost = pipe->ghost;
	pipe->ghost = NULL;
	struct thing *thing = mem_zero(1, sizeof(*thing));
	thing->kind = THING_BYTES;
	thing->arrival_ms = pipe->net->time->now_ms;
	buf_add_span(&thing->bytes, bytes);
	/* Before the end that is queued already. */
	thing->link.next = ghost->ends[0].sending.next;
	thing->link.prev = &ghost->ends[0].sending;
	thing->link.next->prev = &thing->link;
	ghost->ends[0].sending.next = &thing->link;
	sim_time_cancel(pipe->net->time, &ghost->ends[0].deliver);
	schedule(&ghost->ends[0]);
}

/* Nobody here knows this connection: a machine that came back says so. */
static void reset(struct end *end)
{
	if (end->was_reset || end->pipe->net->hosts[end->host].silent)
		return;
	end->was_reset = true;
	send(end, THING_END, 0)->error = ERR_NETWORK;
}

/* Give the owner of `to` the bytes at the front, or a first part of them. */
static void arrive_bytes(struct end *from, struct thing *thing)
{
	struct pipe *pipe = from->pipe;
	struct sim_net *net = pipe->net;
	struct end *to = other(from);
	size_t size = thing->bytes.size;
	if (size > 1 && rng_chance(&net->rng, net->faults.split_per_mille)) {
		size = 1 + rng_below(&net->rng, size - 1);
		thing->arrival_ms = net->time->now_ms + rng_below(&net->rng, 20);
		if (from->last_arrival_ms < thing->arrival_ms)
			from->last_arrival_ms = thing->arrival_ms;
	}
	struct span part = span_of(thing->bytes.data, size);
	struct buf copy = {0};
	buf_add_span(&copy, part);
	buf_drop_front(&thing->bytes, size);
	from->queued_bytes -= size;
	net->counts.bytes += size;
	sim_time_note(net->time, copy.data, copy.size);
	if (pipe->ghost && from == &pipe->ends[0])
		feed_ghost(pipe, buf_span(&copy));
	if (from->paused && from->queued_bytes <= LIMIT_SESSION_QUEUE_BYTES / 2) {
		from->paused = false;
		sim_time_after(net->time, &from->drained, 0, on_drained, from);
	}
	if (thing->bytes.size == 0)
		thing_free(thing);
	if (to->here && to->events)
		to->events->data(to->context, buf_span(&copy));
	else if (!to->here)
		reset(to);
	buf_close(&copy);
}

static void arrive_end(struct end *from, int error)
{
	struct end *to = other(from);
	if (!to->here || !to->events)
		return;
	const struct net_conn_events *events = to->events;
	to->events = NULL; /* nothing else comes */
	to->open = false;
	events->closed(to->context, error);
}

static void arrive(struct end *from, struct thing *thing)
{
	struct end *to = other(from);
	int error = thing->error;
	switch (thing->kind) {
	case THING_ATTEMPT:
		thing_free(thing);
		arrive_attempt(from);
		return;
	case THING_OPENED:
		thing_free(thing);
		to->open = true;
		if (to->here && to->events)
			to->events->opened(to->context);
		return;
	case THING_BYTES:
		arrive_bytes(from, thing);
		return;
	case THING_END:
		thing_free(thing);
		arrive_end(from, error);
		return;
	}
}

static void on_deliver(void *context)
{
	struct end *from = context;
	struct pipe *pipe = from->pipe;
	struct sim_net *net = pipe->net;
	if (stalls(from))
		return;
	struct thing *thing = queue_member(from->sending.next, struct thing, link);
	if (other(from)->held && thing->kind == THING_BYTES)
		return; /* until it is let go */
	if (!pipe->broken && thing->kind == THING_BYTES &&
	        rng_chance(&net->rng, net->faults.break_per_mille)) {
		break_pipe(pipe);
		return;
	}
	pipe->running++;
	uint32_t number = other(from)->host;
	arrive(from, thing);
	schedule(from);
	turn(net, number);
	pipe->running--;
	settle(pipe);
}

/* --- The link's calls ------------------------------------------------------------------------------------------------ */

static int link_listen(struct net_link *link, const struct net_address *local, net_link_accepted *accepted,
        void *context, struct net_listener **out)
{
	struct host *host = (struct host *)(void *)link;
	(void)local;
	if (host->listener)
		return ERR_NETWORK;
	host->listener = mem_zero(1, sizeof(*host->listener));
	*host->listener = (struct listener){{&ops, sim_net_address(host->number)}, host, accepted, context};
	*out = &host->listener->listener;
	return 0;
}

static void link_stop(struct net_listener *base)
{
	struct listener *listener = (struct listener *)(void *)base;
	listener->host->listener = NULL;
	mem_free(listener);
}

static int link_connect(struct net_link *link, const struct net_address *remote,
        const struct net_conn_events *events, void *context, struct net_conn **out)
{
	struct host *host = (struct host *)(void *)link;
	uint32_t to = remote->ip[15];
	if (to >= SIM_HOSTS_MAX)
		return ERR_NETWORK;
	struct pipe *pipe = pipe_new(host->net, host->number, to);
	struct end *end = &pipe->ends[0];
	end->here = true;
	end->events = events;
	end->context = context;
	host->net->counts.attempts++;
	send(end, THING_ATTEMPT, 0);
	*out = &end->conn;
	return 0;
}

static void link_attach(struct net_conn *conn, const struct net_conn_events *events, void *context)
{
	end_of(conn)->events = events;
	end_of(conn)->context = context;
}

static int link_write(struct net_conn *conn, struct buf *bytes)
{
	struct end *end = end_of(conn);
	struct sim_net *net = end->pipe->net;
	if (!end->open)
		return end->events ? ERR_INVALID : ERR_CLOSED;
	if (end->paused)
		return ERR_FULL;
	if (bytes->size == 0 || end->pipe->broken) {
		buf_close(bytes);
		return 0;
	}
	size_t size = bytes->size;
	struct thing *thing = send(end, THING_BYTES, size / net->faults.bytes_per_ms);
	thing->bytes = *bytes;
	*bytes = (struct buf){0};
	end->queued_bytes += size;
	end->paused = end->queued_bytes > LIMIT_SESSION_QUEUE_BYTES;
	return end->paused ? NET_LINK_PAUSE : 0;
}

static void link_trust(struct net_conn *conn)
{
	(void)conn;
}

static void link_hold(struct net_conn *conn, bool hold)
{
	struct end *end = end_of(conn);
	end->held = hold;
	if (!hold)
		schedule(other(end));
}

static void leave(struct end *end)
{
	struct pipe *pipe = end->pipe;
	assert(end->here);
	end->here = end->open = false;
	end->events = NULL;
	link_hold(&end->conn, false);
	if (!pipe->broken && !pipe->net->hosts[end->host].silent)
		send(end, THING_END, 0)->error = ERR_CLOSED;
	settle(pipe);
}

static void link_close(struct net_conn *conn)
{
	struct end *end = end_of(conn);
	/* What is under way may have arrived or not. */
	if (!end->pipe->broken && rng_chance(&end->pipe->net->rng, 500))
		clear(end);
	leave(end);
}

static void link_finish(struct net_conn *conn)
{
	leave(end_of(conn));
}

static const struct net_link_ops ops = {
        .listen = link_listen,
        .stop = link_stop,
        .connect = link_connect,
        .attach = link_attach,
        .write = link_write,
        .trust = link_trust,
        .hold = link_hold,
        .close = link_close,
        .finish = link_finish,
};

/* --- The network ----------------------------------------------------------------------------------------------------- */

struct sim_net *sim_net_new(struct sim_time *time, uint64_t seed)
{
	struct sim_net *net = mem_zero(1, sizeof(*net));
	net->time = time;
	net->rng = rng_new(seed);
	net->faults = (struct sim_net_faults){.latency_min_ms = 1, .latency_max_ms = 5, .bytes_per_ms = 1000};
	queue_init(&net->pipes);
	for (uint32_t i = 0; i < SIM_HOSTS_MAX; i++)
		net->hosts[i] = (struct host){.link = {&ops}, .net = net, .number = i};
	return net;
}

void sim_net_free(struct sim_net *net)
{
	if (!net)
		return;
	while (!queue_empty(&net->pipes))
		pipe_free(queue_member(net->pipes.next, struct pipe, link));
	mem_free(net);
}

void sim_net_set_faults(struct sim_net *net, const struct sim_net_faults *faults)
{
	net->faults = *faults;
}

struct net_link *sim_net_host(
        struct sim_net *net, uint32_t number, void (*turn_host)(void *context), void *context)
{
	struct host *host = &net->hosts[number];
	host->turn = turn_host;
	host->context = context;
	return &host->link;
}

struct net_address sim_net_address(uint32_t number)
{
	return net_address_v4(10, 0, 0, (uint8_t)number, PORT);
}

void sim_net_part(struct sim_net *net, uint32_t a, uint32_t b, bool parted)
{
	net->parted[a][b] = net->parted[b][a] = parted;
}

void sim_net_silence(struct sim_net *net, uint32_t number, bool silent)
{
	net->hosts[number].silent = silent;
}

struct sim_net_counts sim_net_counts(const struct sim_net *net)
{
	return net->counts;
}
