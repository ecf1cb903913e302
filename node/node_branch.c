/*
 * What follows from a proof that a feed has two histories (store/README.md, "Forks"): all of them are kept, each as a feed of its own.
 *
 * Normal course: node_poll() finds everything committed. Each proof looks for the part that holds the header before the fork; that part ends
 * there, and branches stand for what follows. Then documents are emptied and filled again from the log, since operations have other names now. Sessions
 * ask for the branches that are empty here as for any feed.
 *
 * Failures: a proof whose place is not here yet is looked at again when entries come. Without room for another feed (LIMIT_FEEDS, and its device's share of them) the feed
 * stays as it is. After a crash the proofs are there, and it is done at the next start.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* ---- Parting ---------------------------------------------------------------------------------------------------- */

static struct feed_id feed_of(const struct fork *fork)
{
	return entry_feed_id(&fork->feed.device, fork->feed.compartment, &fork->feed.incarnation);
}

/* The part that ends with this header already. */
static bool find_parted(
        const struct node *node, const struct feed_id *written, const struct fork *fork, uint32_t *number)
{
	for (*number = 0; *number < log_feed_count(node->log); ++*number) {
		const struct log_feed *feed = log_feed(node->log, *number);
		if (feed->is_parted && feed_id_eq(&feed->written, written) && feed->seq + 1 == fork->seq &&
		        entry_hash_eq(&feed->hash, &fork->previous))
			return true;
	}
	return false;
}

/* 1: this part holds the header before the fork. */
static int holds(struct node *node, uint32_t number, const struct feed_id *written, const struct fork *fork)
{
	const struct log_feed *feed = log_feed(node->log, number);
	struct entry_hash hash = feed->hash;
	if (!feed_id_eq(&feed->written, written) || feed->begin > fork->seq ||
	        feed->seq + (feed->is_parted ? 0 : 1) < fork->seq)
		return 0;
	if (fork->seq == 1)
		return !feed->is_branch;
	int result = feed->seq + 1 == fork->seq ? 0 : node_entry_hash(node, number, fork->seq - 1, &hash);
	if (result)
		return result == ERR_NOTFOUND ? 0 : result;
	return entry_hash_eq(&hash, &fork->previous);
}

static int find_whole(
        struct node *node, const struct feed_id *written, const struct fork *fork, uint32_t *number)
{
	int result = 0;
	for (*number = 0; *number < log_feed_count(node->log); ++*number)
		if ((result = holds(node, *number, written, fork)))
			break;
	return result;
}

/* No part here holds the header before this fork, and none may come to it: what is here is a history that parts from the others' earlier. It is compared
 * with theirs from the start, once: that its author signed it does not say that anybody has it, and each comparison costs the whole feed. */
static void suspect(struct node *node, const struct feed_id *written, struct node_proof *proof)
{
	const struct fork *fork = &proof->fork;
	if (proof->sought)
		return;
	for (unsigned pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
			const struct log_feed *feed = log_feed(node->log, i);
			if (feed->is_parted || !feed_id_eq(&feed->written, written))
				continue;
			if (pass == 0 && feed->seq + 1 < fork->seq)
				return;
			if (pass == 1)
				node_suspect(node, i);
		}
	proof->sought = true;
}

/* What was here beyond the fork is neither of the two that the proof shows. */
static int prove_third(struct node *node, const struct node_proof *proof, uint32_t branch)
{
	struct buf third = {0};
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_run(node->log, txn, &node->reader, branch, proof->fork.seq);
	if (result)
		return result;
	run_hash(&node->reader.run);
	const struct run ours = run_from(&node->reader.run, proof->fork.seq);
	result = fork_prove_third(buf_span(&proof->bytes), &ours, &third);
	if (result == 0)
		result = node_put_proof(node, buf_span(&third));
	buf_close(&third);
	return result < 0 ? result : 0;
}

static int add_branches(struct node *node, const struct fork *fork, uint32_t number)
{
	uint32_t branch;
	int result = log_branch_add(node->log, &node->batch, number, &fork->a, &branch);
	return result ? result : log_branch_add(node->log, &node->batch, number, &fork->b, &branch);
}

/* 1: feeds are others now. */
static int settle_proof(struct node *node, uint32_t at)
{
	const struct fork fork = node->proofs[at].fork;
	const struct feed_id written = feed_of(&fork);
	const uint32_t before = log_feed_count(node->log);
	uint32_t number, rest = LOG_NO_FEED;
	bool parts = false;
	int result = 0;
	if (!node_has_share(node, &fork.feed.device)) { /* whole, or not at all */
		node->proofs[at].settled = true;
		return 0;
	}
	if (!find_parted(node, &written, &fork, &number)) {
		result = find_whole(node, &written, &fork, &number);
		if (result == 0)
			suspect(node, &written, &node->proofs[at]);
		if (result <= 0)
			return result;
		waiting_drop_feed(node->waiting, number); /* what goes past the fork goes elsewhere */
		struct store_txn *txn = node_txn(node, &result);
		if (result == 0)
			result = log_part(node->log, txn, &node->batch, number, fork.seq, &rest);
		parts = result == 0;
	}
	if (result == 0)
		result = add_branches(node, &fork, number);
	if (result == 0 && rest != LOG_NO_FEED) {
		const struct entry_hash *first = &log_feed(node->log, rest)->first;
		if (!entry_hash_eq(first, &fork.a) && !entry_hash_eq(first, &fork.b))
			result = prove_third(node, &node->proofs[at], rest);
	}
	node->proofs[at].settled = result == 0 || result == ERR_FULL;
	if (result && result != ERR_FULL)
		return result;
	return parts || log_feed_count(node->log) != before;
}

/* A feed whose next entry was refused may have been refused for what it builds on: there are two of that now. It is asked for again. */
static int reopen_refused(struct node *node)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < log_feed_count(node->log); i++)
		if (log_feed(node->log, i)->state == LOG_FEED_ENDED)
			result = log_feed_set_state(node->log, &node->batch, i, LOG_FEED_OPEN);
	return result;
}

/* Operations have other names: documents, indexes and quarantine are made afresh. */
static int start_afresh(struct node *node)
{
	int result = node_remove_checkpoint(node);
	for (uint32_t i = 0; i < node->progress_count; i++) {
		struct node_progress *progress = &node->progress[i];
		progress->checkpointing = progress->checkpoint = 0;
		progress->recent_count = 0;
		progress->suspect = progress->contradicted = false;
	}
	node_name_parts(node);
	quarantine_close(&node->quarantine);
	if (result == 0)
		result = reopen_refused(node);
	if (result == 0)
		result = node_rebuild(node);
	node->judge_again = node->weigh_again = true;
	node->news.heads = node->news.forks = true;
	return result;
}

int node_settle_forks(struct node *node)
{
	bool moved = false;
	int result = 0;
	node->forks_due = false;
	/* One may be settled by what another did, or prove a third history. */
	for (uint32_t i = 0; i < node->proof_count && result >= 0; i++) {
		if (node->proofs[i].settled)
			continue;
		result = settle_proof(node, i);
		if (result <= 0)
			continue;
		moved = true;
		i = UINT32_MAX; /* from the first one on */
	}
	node->forks_due = false;
	if (result >= 0 && moved)
		result = start_afresh(node);
	if (result >= 0 && moved)
		result = node_take_waiting(node);
	return result < 0 ? result : 0;
}

bool node_is_end(const struct node *node, uint32_t feed, uint64_t seq, const struct entry_hash *hash)
{
	const struct log_feed *known = log_feed(node->log, feed);
	if (known->is_branch && seq < known->begin)
		return false; /* that is where it begins */
	for (uint32_t i = 0; i < node->proof_count; i++) {
		const struct fork *fork = &node->proofs[i].fork;
		if (fork->seq != seq + 1 || !entry_hash_eq(&fork->previous, hash))
			continue;
		const struct feed_id written = feed_of(fork);
		if (feed_id_eq(&known->written, &written))
			return true;
	}
	return false;
}

/* ---- What is meant ---------------------------------------------------------------------------------------------- */

/* The part that a branch goes on from. */
static const struct log_feed *before_branch(const struct node *node, const struct log_feed *branch)
{
	for (uint32_t i = 0; branch->is_branch && i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->is_parted && feed_id_eq(&feed->written, &branch->written) &&
		        feed->seq + 1 == branch->begin && entry_hash_eq(&feed->hash, &branch->base.hash))
			return feed;
	}
	return NULL;
}

/* A branch's own history: the parts before it, and itself. */
static void name_own(struct node *node, const struct log_feed *branch, struct crdt_names *names)
{
	uint32_t count = 0;
	for (const struct log_feed *part = branch; part; part = before_branch(node, part))
		count++;
	struct crdt_rename *own = arena_zero(&node->names_arena, count, sizeof(*own));
	names->own = own;
	names->own_count = count;
	for (const struct log_feed *part = branch; count; part = before_branch(node, part))
		own[--count] = (struct crdt_rename){branch->id, part->begin, part->id};
}

static int rename_cmp(const void *left, const void *right)
{
	const struct crdt_rename *a = left, *b = right;
	int order = feed_id_cmp(&a->written, &b->written);
	return order ? order : (a->from > b->from) - (a->from < b->from);
}

/* Which of several histories somebody meant who knew of one cannot be told. */
static void name_others(struct node *node, struct crdt_names *names)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++)
		count += log_feed(node->log, i)->is_parted;
	struct crdt_rename *others = arena_zero(&node->names_arena, count, sizeof(*others));
	names->others = others;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->is_parted)
			others[names->other_count++] = (struct crdt_rename){
			        .written = feed->id, .from = feed->seq + 1};
	}
	if (count)
		qsort(others, count, sizeof(*others), rename_cmp);
}

void node_name_parts(struct node *node)
{
	struct crdt_names *all = arena_zero(&node->names_arena, 1, sizeof(*all));
	name_others(node, all);
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		node_progress(node, i)->names = all->other_count ? all : NULL;
		if (!feed->is_branch)
			continue;
		struct crdt_names *names = arena_zero(&node->names_arena, 1, sizeof(*names));
		*names = *all;
		name_own(node, feed, names);
		node_progress(node, i)->names = names;
	}
}

/* Does `part` stand on the way from the beginning to `branch`, or is it that? */
static bool leads_to(const struct node *node, const struct log_feed *part, const struct log_feed *branch)
{
	for (; branch; branch = before_branch(node, branch))
		if (branch == part)
			return true;
	return false;
}

struct passing {
	struct node *node;
	uint32_t branch;
};

static bool passes(void *context, uint64_t seq, const struct entry_hash *hash)
{
	const struct passing *passing = context;
	struct node *node = passing->node;
	const struct log_feed *self = log_feed(node->log, passing->branch);
	struct log_reader reader = {0};
	bool found = false;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	for (uint32_t i = 0; result == 0 && !found && i < log_feed_count(node->log); i++) {
		const struct log_feed *part = log_feed(node->log, i);
		if (!feed_id_eq(&part->written, &self->written) || seq < part->begin ||
		        seq > part->committed_seq || !leads_to(node, self, part) ||
		        log_read_run(node->log, txn, &reader, i, seq))
			continue;
		const uint64_t at = seq - run_first_seq(&reader.run);
		run_hash(&reader.run);
		found = at < reader.run.count && entry_hash_eq(&reader.run.entries[at].hash, hash);
	}
	log_reader_close(&reader);
	return found;
}

static const struct feed_id *part_named(void *context, uint32_t index)
{
	const struct passing *passing = context;
	const struct log_feed *part = log_feed(passing->node->log, passing->branch);
	while (part && index-- > 0)
		part = before_branch(passing->node, part);
	return part ? &part->id : NULL;
}

struct team_judgement node_judgement(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct entry_hash *hash, const struct entry_hash *before)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const struct team_author author = {known->device, known->incarnation};
	struct passing passing = {node, feed};
	const struct team_branch branch = {part_named, passes, &passing};
	return team_judge_branch(
	        node->members, header, hash, &author, before, known->is_branch ? &branch : NULL);
}

bool node_after_role(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct entry_hash *hash, uint8_t role)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const struct team_author author = {known->device, known->incarnation};
	struct passing passing = {node, feed};
	const struct team_branch branch = {part_named, passes, &passing};
	return team_judge_after_role(
	        node->members, header, hash, &author, known->is_branch ? &branch : NULL, role);
}

/* ---- Under the name of before ----------------------------------------------------------------------------------- */

/* The run, hashed, goes on in this part, or lies in it. */
static bool lies_in(struct node *node, uint32_t number, const struct run *run)
{
	const struct log_feed *part = log_feed(node->log, number);
	const uint64_t first = run_first_seq(run), last = run_last(run)->header.seq;
	struct entry_hash hash;
	if (part->is_parted || last < part->begin || first > part->seq + 1)
		return false;
	if (first <= part->begin)
		return entry_hash_eq(&run->entries[part->begin - first].hash, &part->first);
	if (first == part->seq + 1)
		return entry_hash_eq(&run->previous, &part->hash);
	return node_entry_hash(node, number, first - 1, &hash) == 0 && entry_hash_eq(&run->previous, &hash);
}

uint32_t node_part_of(struct node *node, uint32_t feed, struct span bytes)
{
	const struct log_feed *named = log_feed(node->log, feed);
	struct arena arena = {0};
	struct run run;
	uint32_t found = NODE_NO_FEED;
	if (run_decode(&run, &named->written, named->compartment, bytes, &arena) == 0) {
		run_hash(&run);
		for (uint32_t i = 0; found == NODE_NO_FEED && i < log_feed_count(node->log); i++)
			if (log_feed(node->log, i)->is_branch &&
			        feed_id_eq(&log_feed(node->log, i)->written, &named->written) &&
			        lies_in(node, i, &run))
				found = i;
	}
	arena_close(&arena);
	node_end_read(node);
	return found;
}
