/*
 * Two histories of one feed are noticed and proved (store/README.md, "Forks").
 *
 * Normal course: none. A peer's head that differs from ours at the same sequence, or a run that does not chain onto ours, makes the feed
 * suspect: it is asked for from the start, until the run comes in which the two part; that run and ours are the proof, which is
 * handed to everybody. What follows from it: node_branch.c. A suspicion that turns out false ends when a run agrees with our head; but a signed run
 * that does not chain is none: the other history is asked of everybody, whoever has ours, until it is here.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

uint64_t node_ask_from(struct node *node, uint32_t feed, bool has_ours)
{
	const struct log_feed *known = log_feed(node->log, feed);
	if (known->is_parted)
		return UINT64_MAX; /* there will be no more of it */
	const struct node_progress *progress = node_progress(node, feed);
	if (progress->suspect && !has_ours)
		return known->begin - 1;
	return progress->missing ? progress->missing - 1 : node_received(node, feed);
}

void node_suspect(struct node *node, uint32_t feed)
{
	bool *suspect = &node_progress(node, feed)->suspect;
	node->news.forks |= !*suspect; /* it was asked for in vain: sessions ask again, from the start */
	*suspect = true;
}

int node_announced(struct node *node, uint32_t feed, uint64_t seq, const uint8_t *hash16)
{
	const struct log_feed *known = log_feed(node->log, feed);
	if (known->state != LOG_FEED_OPEN)
		return 0;
	if (seq == known->committed_seq && memcmp(hash16, known->committed_hash.bytes, 16) != 0)
		node_suspect(node, feed);
	return 0;
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
	node_suspect(node, item->feed);
	node_progress(node, item->feed)->contradicted = true;
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

static bool same_pair(const struct fork *a, const struct fork *b)
{
	return device_id_eq(&a->feed.device, &b->feed.device) && a->feed.compartment == b->feed.compartment &&
	        incarnation_id_eq(&a->feed.incarnation, &b->feed.incarnation) && a->seq == b->seq &&
	        entry_hash_eq(&a->a, &b->a) && entry_hash_eq(&a->b, &b->b);
}

/* One proof for each pair of histories, the same everywhere: that with the least bytes. NULL: no room for another, since a device can make as
 * many as it likes about itself. */
static struct node_proof *place_for_proof(struct node *node, const struct fork *fork, struct span content)
{
	uint32_t of_device = 0;
	for (uint32_t i = 0; i < node->proof_count; i++) {
		struct node_proof *proof = &node->proofs[i];
		of_device += device_id_eq(&proof->fork.feed.device, &fork->feed.device);
		if (same_pair(&proof->fork, fork))
			return span_cmp(content, buf_span(&proof->bytes)) < 0 ? proof : NULL;
	}
	if (node->proof_count >= LIMIT_FEEDS || of_device >= LIMIT_PROOFS_PER_DEVICE)
		return NULL;
	node->proofs = mem_resize(node->proofs, node->proof_count + 1, sizeof(*node->proofs));
	node->proofs[node->proof_count] = (struct node_proof){.fork = *fork};
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
	struct node_proof *proof = place_for_proof(node, &fork, content);
	if (!proof)
		return 0;
	buf_clear(&proof->bytes);
	buf_add_span(&proof->bytes, content);
	/* Also a feed of which nothing came yet: it is to be parted here as everywhere. Without room for it the proof is handed on all the same. */
	result = node_feed_number(
	        node, &fork.feed.device, fork.feed.compartment, &fork.feed.incarnation, &feed);
	if (result && result != ERR_FULL)
		return result;
	node->forks_due = true;
	/* A copy of this database wrote too: go on under a new incarnation. An old proof is about an earlier one. */
	if (device_id_eq(&fork.feed.device, &node->identity.device) &&
	        incarnation_id_eq(&fork.feed.incarnation, &node->config.incarnation))
		node->outdated = true;
	node_state_moved(node);
	node_notice_forks(node);
	return 1;
}

uint64_t node_forked_at(const struct node *node, uint32_t feed)
{
	const struct log_feed *known = log_feed(node->log, feed);
	uint64_t first = 0;
	if (known->is_parted)
		return known->seq + 1;
	for (uint32_t i = 0; !known->is_branch && i < node->proof_count; i++) {
		const struct fork *fork = &node->proofs[i].fork;
		struct feed_id id = entry_feed_id(
		        &fork->feed.device, fork->feed.compartment, &fork->feed.incarnation);
		if (feed_id_eq(&id, &known->id) && (first == 0 || fork->seq < first))
			first = fork->seq;
	}
	return first;
}
