/*
 * Runs from peers.
 *
 * Normal course: decode, hash, check the chain and one signature; hold until everything it depends on is there; then judge every entry
 * by the membership its author cited, write the run as it came, and apply its entries in causal order.
 *
 * Failures: what cannot be decoded or verified ends the session with its sender. What its author had no right to write ends that feed
 * here, and every honest node does the same. What contradicts the history we hold freezes the feed, with a proof.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/waiting.h"

/* ---- What is committed, as store/waiting.h asks it -------------------------------------------------------------- */

static uint64_t world_head(void *context, uint32_t feed)
{
	const struct node *node = context;
	return feed < log_feed_count(node->log) ? log_feed(node->log, feed)->seq : 0;
}

static bool world_feed_number(void *context, const struct feed_id *id, uint32_t *number)
{
	return log_feed_number(((struct node *)context)->log, id, number);
}

static bool world_knows(void *context, const struct entry_hash *hash)
{
	const struct node *node = context;
	return node->members && team_membership_knows(node->members, hash);
}

static struct waiting_world world_of(struct node *node)
{
	return (struct waiting_world){node, world_head, world_feed_number, world_knows};
}

uint64_t node_received(struct node *node, uint32_t feed)
{
	struct waiting_world world = world_of(node);
	return waiting_received(node->waiting, &world, feed);
}

int node_feed_number(struct node *node, const struct device_id *device, enum compartment compartment,
        const struct incarnation_id *incarnation, uint32_t *feed)
{
	if (compartment < COMPARTMENT_MEMBERSHIP || compartment > COMPARTMENT_LAST)
		return ERR_MALFORMED;
	return log_feed_add(node->log, &node->batch, device, compartment, incarnation, feed);
}

/* ---- Judging ---------------------------------------------------------------------------------------------------- */

/* The membership cited by the entry before this run: in a run of the same set, or at the feed's head. */
static struct entry_hash cited_before(
        const struct node *node, const struct waiting_run *set, const struct waiting_run *item)
{
	const struct entry_hash *cited = &log_feed(node->log, item->feed)->membership;
	for (; set && set != item; set = set->next)
		if (set->feed == item->feed)
			cited = &run_last(&set->run)->header.membership;
	return *cited;
}

static int judge_run(struct node *node, const struct waiting_run *set, const struct waiting_run *item)
{
	const struct entry_header *before = NULL;
	const struct entry_hash last_cited = cited_before(node, set, item);
	const bool plain = node_author_plain(node, item->feed);
	for (uint32_t i = 0; i < item->run.count; i++) {
		const struct run_entry *entry = &item->run.entries[i];
		const struct entry_header *header = &entry->header;
		int result;
		if (item->run.compartment == COMPARTMENT_MEMBERSHIP) {
			result = node_add_membership(node, header, &entry->hash, entry->body);
		} else if (plain && before && entry_hash_eq(&before->membership, &header->membership) &&
		        epoch_id_eq(&before->epoch, &header->epoch) && before->kind == header->kind) {
			result = 0; /* the same question as for the entry before it */
		} else {
			result = node_judge(node, item->feed, before ? &before->membership : &last_cited,
			        header, &entry->hash);
		}
		if (result && result != ERR_QUARANTINED)
			return result;
		before = header;
	}
	return 0;
}

/* It names something that is not here yet: its sender is asked again when the membership has moved. */
static void postpone(struct node *node, const struct waiting_run *item)
{
	waiting_drop_feed(node->waiting, item->feed);
}

static void refuse(struct node *node, struct waiting_run *item)
{
	node->refused_count++;
	log_feed_set_state(node->log, &node->batch, item->feed, LOG_FEED_ENDED);
	waiting_drop_feed(node->waiting, item->feed);
}

/* Judge all of the set. One refused run sends the others back to wait, since they may build on it. */
static bool judge_set(struct node *node, struct waiting_run **set)
{
	bool good = true;
	struct waiting_run *keep = NULL, **end = &keep;
	/* Membership first: the rest is judged by it. */
	for (int membership = 1; membership >= 0; membership--) {
		for (struct waiting_run *item = *set; item; item = item->next) {
			if ((item->run.compartment == COMPARTMENT_MEMBERSHIP) != membership || item->doomed)
				continue;
			bool is_open = log_feed(node->log, item->feed)->state == LOG_FEED_OPEN;
			int result = is_open ? judge_run(node, *set, item) : ERR_DENIED;
			item->doomed = result != 0;
			good &= !item->doomed;
			if (result == ERR_GAP)
				postpone(node, item);
			else if (result)
				refuse(node, item);
		}
	}
	for (struct waiting_run *item = *set, *next; item; item = next) {
		next = item->next;
		if (item->doomed) {
			waiting_run_free(item);
			continue;
		}
		item->next = NULL;
		*end = item;
		end = &item->next;
	}
	*set = keep;
	return good;
}

/* ---- Committing a set ------------------------------------------------------------------------------------------- */

struct ready {
	const struct run_entry *entry;
	uint32_t feed;
};

static int ready_cmp(const void *left, const void *right)
{
	const struct entry_header *a = &((const struct ready *)left)->entry->header,
	                          *b = &((const struct ready *)right)->entry->header;
	if (a->lamport != b->lamport)
		return a->lamport < b->lamport ? -1 : 1;
	return feed_id_cmp(&a->feed, &b->feed);
}

static int apply_set(struct node *node, const struct waiting_run *set)
{
	size_t count = 0;
	for (const struct waiting_run *item = set; item; item = item->next)
		count += item->run.count;
	struct ready *ready = mem_zero(count, sizeof(*ready));
	count = 0;
	for (const struct waiting_run *item = set; item; item = item->next)
		for (uint32_t i = 0; i < item->run.count; i++)
			ready[count++] = (struct ready){&item->run.entries[i], item->feed};
	if (set->next)
		qsort(ready, count, sizeof(*ready), ready_cmp);
	int result = 0;
	uint64_t now_ms = env_wall_ms(node->config.env);
	for (size_t i = 0; result == 0 && i < count; i++) {
		const struct entry_header *header = &ready[i].entry->header;
		struct crdt_moment moment = {header->lamport, header->hlc};
		crdt_clock_observe(&node->clock, &moment, now_ms);
		if (!ready[i].entry->purged)
			result = node_apply_entry(node, ready[i].feed, header, ready[i].entry->body);
	}
	mem_free(ready);
	return result;
}

static int accept_set(struct node *node, const struct waiting_run *set)
{
	int result = 0;
	for (const struct waiting_run *item = set; result == 0 && item; item = item->next)
		result = log_accept(node->log, &node->batch, item);
	return result ? result : apply_set(node, set);
}

static void free_set(struct waiting_run *set)
{
	while (set) {
		struct waiting_run *next = set->next;
		waiting_run_free(set);
		set = next;
	}
}

static void wait_again(struct node *node, struct waiting_run *set)
{
	struct waiting_world world = world_of(node);
	while (set) {
		struct waiting_run *next = set->next;
		waiting_add(
		        node->waiting, &world, set); /* one whose predecessor was refused is dropped here */
		set = next;
	}
}

static int settle(struct node *node)
{
	struct waiting_world world = world_of(node);
	for (;;) {
		struct waiting_run *set = waiting_take(node->waiting, &world);
		if (!set)
			return 0;
		if (!judge_set(node, &set)) {
			wait_again(node, set);
			continue;
		}
		int result = accept_set(node, set);
		free_set(set);
		if (result)
			return result;
	}
}

/* ---- Checking a run --------------------------------------------------------------------------------------------- */

/* The header hash that our own copy of the feed has at `seq`. */
static int own_hash(struct node *node, uint32_t feed, uint64_t seq, struct entry_hash *out)
{
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = log_read_run(node->log, txn, &node->reader, feed, seq);
	if (result)
		return result;
	struct run *run = &node->reader.run;
	uint64_t first = run_first_seq(run);
	if (seq < first || seq - first >= run->count)
		return ERR_NOTFOUND;
	run_hash(run);
	*out = run->entries[seq - first].hash;
	return 0;
}

/* The run overlaps what we have: cut off what agrees. 1: nothing is left. ERR_FORK: it disagrees. */
static int cut_known(struct node *node, struct waiting_run *item, uint64_t received)
{
	struct run *run = &item->run;
	uint64_t last = run_first_seq(run) + run->count - 1, common = last < received ? last : received;
	struct entry_hash ours;
	const struct entry_hash *waiting = waiting_last_hash(node->waiting, item->feed);
	const struct log_feed *feed = log_feed(node->log, item->feed);
	int result = 0;
	if (common == feed->seq)
		ours = feed->hash;
	else if (waiting && common == received)
		ours = *waiting;
	else if (common <= feed->committed_seq)
		result = own_hash(node, item->feed, common, &ours);
	else
		return 1; /* known, and not yet readable: compared when heads are */
	if (result)
		return result;
	if (!entry_hash_eq(&ours, &run->entries[common - run_first_seq(run)].hash))
		return ERR_FORK;
	if (common == feed->seq)
		node_progress(node, item->feed)->suspect = false;
	if (last <= received)
		return 1;
	*run = run_from(run, received + 1);
	buf_clear(&node->scratch);
	run_encode(run, &node->scratch);
	buf_clear(&item->bytes);
	buf_add_span(&item->bytes, buf_span(&node->scratch));
	arena_clear(&item->arena);
	const struct feed_id id = feed->id;
	result = run_decode(run, &id, feed->compartment, buf_span(&item->bytes), &item->arena);
	if (result == 0)
		run_hash(run);
	return result;
}

static bool follows(struct node *node, const struct waiting_run *item)
{
	const struct entry_hash *waiting = waiting_last_hash(node->waiting, item->feed);
	const struct entry_hash *before = waiting ? waiting : &log_feed(node->log, item->feed)->hash;
	return entry_hash_eq(before, &item->run.previous);
}

/* A body may be missing when its dossier was erased, and a device that reads the compartment knows of that. Any carrier can leave out
 * bodies without breaking a signature: such a run is not the entries' only copy, and taking it would make it ours. */
static bool rightly_purged(const struct node *node, const struct entry_header *header)
{
	struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	const struct epoch_key *epoch = epochs_find(node->epochs, &header->epoch);
	if (epoch && node->keys)
		return key_table_erased_as(node->keys, epoch, &header->dossier);
	return view && team_view_level(view, &self, header->compartment) < TEAM_LEVEL_READ;
}

static int check_purged(const struct node *node, const struct run *run)
{
	for (uint32_t i = 0; i < run->count; i++) {
		const struct entry_header *header = &run->entries[i].header;
		if (!run->entries[i].purged)
			continue;
		if (pseudonym_is_zero(&header->dossier))
			return ERR_MALFORMED; /* only dossiers are erased */
		if (!rightly_purged(node, header))
			return NODE_RUN_IGNORED;
	}
	return 0;
}

static int check_run(struct node *node, struct waiting_run *item)
{
	const struct log_feed *feed = log_feed(node->log, item->feed);
	const struct feed_id id = feed->id;
	int result = run_decode(&item->run, &id, feed->compartment, buf_span(&item->bytes), &item->arena);
	if (result)
		return result;
	uint64_t received = node_received(node, item->feed);
	if (run_first_seq(&item->run) > received + 1)
		return NODE_RUN_IGNORED;
	if (run_last(&item->run)->header.lamport > CRDT_LAMPORT_MAX)
		return ERR_MALFORMED;
	if (run_last(&item->run)->header.lamport >
	        node->clock.lamport + (UINT64_C(1) << LIMIT_LAMPORT_AHEAD_BITS))
		return NODE_RUN_IGNORED;
	result = check_purged(node, &item->run);
	if (result)
		return result;
	run_hash(&item->run);
	if (!run_signed_by(&item->run, &feed->device))
		return ERR_BADSIG;
	if (run_first_seq(&item->run) <= received)
		return cut_known(node, item, received);
	return follows(node, item) ? 0 : ERR_FORK;
}

/* Our own signature, in this incarnation, on what this database does not hold: it is an older copy. A peer's word alone would let
 * anybody keep us from writing. */
static void notice_own(struct node *node, uint32_t feed)
{
	struct device_id self = node_device(node);
	const struct log_feed *known = log_feed(node->log, feed);
	node->outdated |= device_id_eq(&known->device, &self) &&
	        incarnation_id_eq(&known->incarnation, &node->config.incarnation);
}

int node_receive_run(struct node *node, uint32_t feed, struct span bytes)
{
	if (feed >= log_feed_count(node->log) || node->stopped)
		return ERR_MALFORMED;
	if (log_feed(node->log, feed)->state != LOG_FEED_OPEN)
		return NODE_RUN_IGNORED;
	struct waiting_run *item = waiting_run_new(feed, bytes);
	int result = check_run(node, item);
	if (result == 0 || result == ERR_FORK)
		notice_own(node, feed);
	if (result == ERR_FORK)
		result = node_fork(node, item);
	if (result) {
		waiting_run_free(item);
		node_end_read(node);
		return result;
	}
	struct waiting_world world = world_of(node);
	result = waiting_add(node->waiting, &world, item);
	if (result == ERR_FULL || result == ERR_GAP)
		result = NODE_RUN_IGNORED;
	if (result == 0)
		result = settle(node);
	node_end_read(node);
	return result;
}
