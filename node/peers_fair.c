/*
 * Back-pressure: what peers bring goes to the disk, which may be slower than the network (net/README.md, section 7).
 *
 * Normal course: nothing. When more than LIMIT_TAKEN_BYTES wait for the disk, those are not read who brought more than their share of it since it had
 * little to do; when half of it is written, all are read again. Whoever brings little is never held. What is held back waits at its sender.
 *
 * Failures: a disk that stands still for LIMIT_SESSION_IDLE_MS ends the sessions that are held, like any silence.
 */
#include "node/peers_state.h"

static void hold(struct peer *peer, bool hold_)
{
	if (peer->conn && !peer->gone && peer->open)
		net_conn_hold(peer->conn, hold_);
}

static void hold_those_over(struct peers *peers, uint64_t share_bytes)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		if (peer->session && peer->brought_bytes > share_bytes)
			hold(peer, true);
	}
	peers->holding = true;
}

static void begin_anew(struct peers *peers)
{
	for (struct queue *link = peers->list.next; link != &peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		peer->brought_bytes = 0;
		if (peers->holding)
			hold(peer, false);
	}
	peers->holding = false;
}

void peers_bound_taken(struct peers *peers)
{
	struct store_writer_stats writing;
	node_writing(peers->node, &writing);
	if (writing.waiting_bytes > LIMIT_TAKEN_BYTES)
		hold_those_over(peers, LIMIT_TAKEN_BYTES / 2 / (peers->count ? peers->count : 1));
	else if (writing.waiting_bytes <= LIMIT_TAKEN_BYTES / 2)
		begin_anew(peers);
}
