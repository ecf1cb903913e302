/*
 * Runs as a session sends them (store/run_short.h): feeds by their place in its tables of names, other identifiers by the order in which they were said.
 */
#include "crdt/base/err.h"
#include "node/peers_state.h"

static bool number_here(void *context, const struct feed_id *feed, uint32_t *number)
{
	const struct peer *peer = context;
	struct net_head told;
	uint32_t known;
	return log_feed_number(node_log(peer->peers->node), feed, &known) &&
	        net_session_told(peer->session, known, number, &told);
}

static const struct feed_id *feed_there(void *context, uint32_t number)
{
	return peer_feed_there(context, number);
}

static struct run_names names_of(struct peer *peer)
{
	return (struct run_names){peer, number_here, feed_there};
}

int peer_shorten_run(struct peer *peer, struct span *run)
{
	const struct run_names names = names_of(peer);
	buf_clear(&peer->run);
	int result = run_shorten(&peer->said, &names, *run, &peer->run);
	*run = buf_span(&peer->run);
	return result;
}

int peer_lengthen_run(struct peer *peer, struct span *run)
{
	const struct run_names names = names_of(peer);
	buf_clear(&peer->run);
	int result = run_lengthen(&peer->heard_ids, &names, *run, &peer->run);
	*run = buf_span(&peer->run);
	return result;
}
