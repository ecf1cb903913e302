/*
 * Two histories of one feed (store/README.md, "Forks").
 *
 * Normal course: none. A peer's head that differs from ours at the same sequence, or a run that does not chain onto ours, makes the feed
 * suspect: it is asked for from the start, until the run comes in which the two part; that run and ours are the proof. The feed is frozen, the proof
 * handed to everybody. Whoever hears of it with less than what both histories have in common still takes that from anybody, which may bring the
 * beginning of one of them in the same run. A suspicion that turns out false ends when the peer's run agrees with our head.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "store/fork.h"

uint64_t node_ask_from(struct node *node, uint32_t feed)
{
	return node_progress(node, feed)->suspect ? 0 : node_received(node, feed);
}

int node_announced(struct node *node, uint32_t feed, uint64_t seq, const uint8_t *hash16)
{
	const struct log_feed *known = log_feed(node->log, feed);
	if (known->state != LOG_FEED_OPEN)
		return 0;
	if (seq == known->committed_seq && memcmp(hash16, known->committed_hash.bytes, 16) != 0)
		node_progress(node, feed)->suspect = true;
	return 0;
}

int node_freeze_parted(struct node *node, uint32_t feed)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const uint64_t parting = node_progress(node, feed)->parting;
	if (parting == 0 || known->state != LOG_FEED_OPEN || known->seq + 1 < parting)
		return 0;
	return log_feed_set_state(node->log, &node->batch, feed, LOG_FEED_FROZEN);
}

bool node_outdated(const struct node *node)
{
	return node->outdated;
}

/* The first entry of `theirs` that differs from ours. False: none does, as far as both go. */
static bool find_parting(const struct run *ours, const struct run *theirs, uint64_t *seq)
{
	for (uint32_t i = 0; i < theirs->count; i++) {
		uint64_t at = run_first_seq(theirs) + i, first = run_first_seq(ours);
		if (at < first || at - first >= ours->count)
			continue;
		if (!entry_hash_eq(&ours->entries[at - first].hash, &theirs->entries[i].hash)) {
			*seq = at;
			return true;
		}
	}
	return false;
}

static int prove(struct node *node, const struct log_feed *known, const struct run *ours,
        const struct run *theirs, uint64_t seq)
{
	struct fork_feed feed = {known->device, known->compartment, known->incarnation};
	struct run left = run_from(ours, seq), right = run_from(theirs, seq);
	struct buf proof = {0};
	int result = fork_prove(&feed, &left, &right, &proof);
	if (result == 0)
		result = node_put_proof(node, buf_span(&proof));
	buf_close(&proof);
	return result;
}

int node_fork(struct node *node, const struct waiting_run *item)
{
	const struct log_feed *known = log_feed(node->log, item->feed);
	uint64_t seq;
	int result;
	node_progress(node, item->feed)->suspect = true;
	struct store_txn *txn = node_txn(node, &result);
	for (uint32_t i = 0; result == 0 && i < item->run.count; i++) {
		uint64_t at = run_first_seq(&item->run) + i;
		if (at > known->committed_seq)
			break;
		result = log_read_run(node->log, txn, &node->reader, item->feed, at);
		if (result)
			return result == ERR_NOTFOUND ? NODE_RUN_IGNORED : result;
		run_hash(&node->reader.run);
		if (!find_parting(&node->reader.run, &item->run, &seq))
			continue;
		result = prove(node, known, &node->reader.run, &item->run, seq);
		return result < 0 && result != ERR_INVALID ? result : NODE_RUN_IGNORED;
	}
	return result ? result : NODE_RUN_IGNORED;
}
