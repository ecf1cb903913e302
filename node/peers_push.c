/*
 * New entries go at once to every connected peer that lacks just those (net/README.md, section 5, "Pushing").
 *
 * Normal course: a commit moved heads; of each such feed the stored run is read once and sent to the sessions that take it.
 * Failures: what cannot be read, or is not taken, is told as a head all the same, and asked for.
 */
#include "crdt/base/err.h"
#include "node/peers_state.h"

static uint64_t told_of(const struct peers *peers, uint32_t feed)
{
	return feed < peers->told_count ? peers->told[feed] : 0;
}

void peers_news_told(struct peers *peers)
{
	const struct log *log = node_log(peers->node);
	uint32_t count = log_feed_count(log);
	store_abort(peers->push_txn);
	peers->push_txn = NULL;
	if (count > peers->told_count)
		peers->told = mem_resize(peers->told, count, sizeof(*peers->told));
	peers->told_count = count;
	for (uint32_t feed = 0; feed < count; feed++)
		peers->told[feed] = log_feed(log, feed)->committed_seq;
}

/* The stored run that begins at `from`: peers know of whole runs. It stays in the reader for the next peer. */
static int read_run(struct peers *peers, uint32_t feed, uint64_t from, const struct run **run)
{
	int result = peers->push_txn ? 0 : node_begin_read(peers->node, &peers->push_txn);
	if (result == 0)
		result = log_read_run(
		        node_log(peers->node), peers->push_txn, &peers->push_reader, feed, from);
	*run = &peers->push_reader.run;
	return result == 0 && run_first_seq(*run) != from ? ERR_NOTFOUND : result;
}

static int push_feed(struct peer *peer, uint32_t feed)
{
	struct peers *peers = peer->peers;
	const struct log_feed *known = log_feed(node_log(peers->node), feed);
	const struct device_id self = node_device(peers->node);
	const struct run *run;
	uint64_t from;
	struct peers_room room;
	if (known->compartment != COMPARTMENT_MEMBERSHIP &&
	        (!peer_may_send(peer) || peers_room_of(peers, &peer->device, &room)))
		return 0;
	while ((from = net_session_push_from(
	                peer->session, feed, known->committed_seq, device_id_eq(&known->device, &self)))) {
		if (from <= told_of(peers, feed) || read_run(peers, feed, from, &run))
			return 0;
		struct span bytes = peers->push_reader.bytes;
		int result = net_session_name(peer->session, feed);
		if (result)
			return result < 0 ? result : 0;
		result = peer_shorten_run(peer, &bytes);
		if (result == 0)
			result = net_session_push(peer->session, feed, from + run->count - 1, bytes);
		if (result)
			return result;
		peers->pushed++;
	}
	return 0;
}

int peer_push(struct peer *peer)
{
	const struct log *log = node_log(peer->peers->node);
	int result = 0;
	for (uint32_t feed = 0; result == 0 && !peer->paused && feed < log_feed_count(log); feed++)
		if (log_feed(log, feed)->committed_seq > told_of(peer->peers, feed))
			result = push_feed(peer, feed);
	return result;
}
