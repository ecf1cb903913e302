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
#include "crdt/base/limits.h"
#include "store/fork.h"

uint64_t node_ask_from(struct node *node, uint32_t feed)
{
	const struct node_progress *progress = node_progress(node, feed);
	return progress->suspect ? 0 : progress->missing ? progress->missing - 1 : node_received(node, feed);
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

/* ---- Proofs ------------------------------------------------------------------------------------------------------ */

static bool same_feed(const struct fork_feed *a, const struct fork_feed *b)
{
	return device_id_eq(&a->device, &b->device) && a->compartment == b->compartment &&
	        incarnation_id_eq(&a->incarnation, &b->incarnation);
}

/* One proof for each feed, the same everywhere: the earliest parting, then the least bytes. NULL: no room for another feed's, since a
 * device can make as many as it likes about itself. */
static struct buf *place_for_proof(struct node *node, const struct fork *fork, struct span content)
{
	uint32_t of_device = 0;
	for (uint32_t i = 0; i < node->proof_count; i++) {
		struct fork other;
		struct buf *proof = &node->proofs[i];
		if (fork_check(buf_span(proof), &other) ||
		        !device_id_eq(&other.feed.device, &fork->feed.device))
			continue;
		of_device++;
		if (!same_feed(&other.feed, &fork->feed))
			continue;
		bool earlier = fork->seq != other.seq ? fork->seq < other.seq
		                                      : span_cmp(content, buf_span(proof)) < 0;
		return earlier ? proof : NULL;
	}
	if (node->proof_count >= LIMIT_FEEDS || of_device >= LIMIT_PROOFS_PER_DEVICE)
		return NULL;
	node->proofs = mem_resize(node->proofs, node->proof_count + 1, sizeof(*node->proofs));
	node->proofs[node->proof_count] = (struct buf){0};
	return &node->proofs[node->proof_count++];
}

int node_put_proof(struct node *node, struct span content)
{
	struct fork fork;
	uint32_t feed;
	int result = fork_check(content, &fork);
	if (result) {
		node_refused(node, REFUSED_PROOF, refusals_reason_of(result));
		return result;
	}
	if (!node_view(node) || !team_view_device(node_view(node), &fork.feed.device)) {
		node_refused(node, REFUSED_PROOF, TEAM_REASON_UNKNOWN_DEVICE);
		return 0;
	}
	struct buf *proof = place_for_proof(node, &fork, content);
	if (!proof)
		return 0;
	buf_clear(proof);
	buf_add_span(proof, content);
	/* Also a feed of which nothing came yet: it must not grow past the parting here afterwards. */
	result = log_feed_add(node->log, &node->batch, &fork.feed.device, fork.feed.compartment,
	        &fork.feed.incarnation, &feed);
	if (result)
		return result;
	uint64_t *parting = &node_progress(node, feed)->parting;
	if (*parting == 0 || fork.seq < *parting)
		*parting = fork.seq;
	waiting_drop_feed(node->waiting, feed); /* what goes past it must not come in with what does not */
	result = node_freeze_parted(node, feed);
	if (result)
		return result;
	/* A copy of this database wrote too: go on under a new incarnation. An old proof is about an earlier one. */
	if (device_id_eq(&fork.feed.device, &node->identity.device) &&
	        incarnation_id_eq(&fork.feed.incarnation, &node->config.incarnation))
		node->outdated = true;
	node_state_moved(node);
	return 1;
}

uint64_t node_forked_at(const struct node *node, uint32_t feed)
{
	struct fork fork;
	for (uint32_t i = 0; i < node->proof_count; i++) {
		if (fork_check(buf_span(&node->proofs[i]), &fork))
			continue;
		struct feed_id id = entry_feed_id(
		        &fork.feed.device, fork.feed.compartment, &fork.feed.incarnation);
		if (feed_id_eq(&id, &log_feed(node->log, feed)->id))
			return fork.seq;
	}
	return 0;
}
