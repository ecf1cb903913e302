/*
 * Batches on their way to the disk.
 *
 * Normal course: calls of the node write into node->batch and node->sealing; node_flush() ends open runs and submits the batch, with our
 * entries as its work and the heads it stands for; the writer seals and commits; node_poll() runs done(): heads count as committed, waiters are told.
 *
 * Failures: without room, nothing of this batch or those after it is on the disk: everything is read again and every waiter
 * is told; until then nothing more is submitted. After an uncertain outcome the store is opened again and the same batches are submitted once more, in order,
 * unless one before them was given up.
 */
#include "node/node_state.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/identity.h"

void node_wait_in(struct queue *waiters, node_done done, void *context)
{
	struct node_waiter *waiter = mem_zero(1, sizeof(*waiter));
	waiter->done = done;
	waiter->context = context;
	queue_push(waiters, &waiter->link);
}

int node_wait_for_batch(struct node *node, node_done done, void *context)
{
	if (done)
		node_wait_in(&node->waiters, done, context);
	return 0;
}

static void move_waiters(struct queue *from, struct queue *to)
{
	for (struct queue *link; (link = queue_pop(from));)
		queue_push(to, link);
}

/* Those who wait now: one who is told may begin to wait again. */
void node_tell(struct queue *waiters, int result)
{
	struct queue now;
	queue_init(&now);
	move_waiters(waiters, &now);
	for (struct queue *link; (link = queue_pop(&now));) {
		struct node_waiter *waiter = queue_member(link, struct node_waiter, link);
		waiter->done(waiter->context, result);
		mem_free(waiter);
	}
}

static void commit_free(struct node_commit *commit)
{
	queue_remove(&commit->link);
	mem_free(commit->marks);
	mem_free(commit);
}

static bool checkpoint_under_way(const struct node *node)
{
	for (const struct queue *link = node->commits.next; link != &node->commits; link = link->next)
		if (queue_member_const(link, struct node_commit, link)->checkpoint)
			return true;
	return node->batch_checkpoint;
}

static void committed(struct node_commit *commit, const struct store_batch *batch)
{
	struct node *node = commit->node;
	if (batch->reserves)
		vault_written(node->config.vault);
	sealing_heads(batch, commit->marks, commit->mark_count);
	log_committed(node->log, commit->marks, commit->mark_count);
	uint64_t entry_count, body_bytes;
	sealing_sizes(batch, &entry_count, &body_bytes);
	node->sized_count += entry_count;
	node->sized_bytes += body_bytes;
	if (commit->checkpoint) {
		docs_saved(node->docs);
		for (uint32_t i = 0; i < node->progress_count; i++)
			if (node->progress[i].checkpointing > node->progress[i].checkpoint)
				node->progress[i].checkpoint = node->progress[i].checkpointing;
	}
	node->news.heads |= commit->mark_count > 0;
	node->generation++;
	bool is_checkpoint = commit->checkpoint;
	node_tell(&commit->waiters, 0);
	commit_free(commit);
	if (is_checkpoint && !checkpoint_under_way(node)) { /* what is not touched stands on the disk */
		docs_evict(node->docs, LIMIT_DOCS_BUSY_BYTES / 4);
		index_evict(node->index, LIMIT_INDEX_EVENTS);
	}
}

void node_drop_commits(struct node *node)
{
	while (!queue_empty(&node->commits)) {
		struct node_commit *commit = queue_member(node->commits.next, struct node_commit, link);
		move_waiters(&commit->waiters, &node->disappointed);
		store_batch_close(&commit->batch);
		commit_free(commit);
	}
	move_waiters(&node->waiters, &node->disappointed);
	move_waiters(&node->access_waiters, &node->disappointed);
	node_tell(&node->disappointed, ERR_CANCELLED);
}

static void failed(struct node_commit *commit, int result);

static void done(void *context, int result, struct store_batch *batch)
{
	struct node_commit *commit = context;
	struct node *node = commit->node;
	if (result == 0) {
		committed(commit, batch);
	} else if (result == ERR_UNCERTAIN && !commit->again && !node->gave_up) {
		commit->again = true;
		commit->batch = *batch; /* kept for a second try */
		*batch = (struct store_batch){0};
		node->uncertain = true;
	} else {
		node->gave_up = true;
		failed(commit, result);
	}
}

/* Nothing of this batch is on the disk. Those submitted after it fail as well, each with its own call. */
static void failed(struct node_commit *commit, int result)
{
	struct node *node = commit->node;
	node->must_reload = true;
	node->failure = result;
	node->no_room_count += result == ERR_NOSPACE;
	move_waiters(&commit->waiters, &node->disappointed);
	commit_free(commit);
}

static int submit(struct node *node, struct node_commit *commit, struct store_batch *batch)
{
	return store_writer_submit(node->config.writer, batch, done, commit);
}

static int seal_runs(struct node *node)
{
	for (unsigned i = COMPARTMENT_MEMBERSHIP; i < NODE_COMPARTMENTS; i++) {
		if (node->own_feed[i] == NODE_NO_FEED)
			continue;
		int result = log_seal(
		        node->log, &node->batch, node->own_feed[i], node->identity.secrets->sign);
		if (result)
			return result;
	}
	return 0;
}

/* Our entries become the batch's work. */
static int attach_drafts(struct node *node)
{
	int result = node->sealing ? sealing_attach(node->sealing, node->config.vault, &node->batch) : 0;
	if (result == 0)
		node->sealing = NULL;
	return result;
}

/* Many dossiers went by: write what they became, so that they need not stay in memory. */
static int bound_memory(struct node *node)
{
	bool is_due = docs_bytes(node->docs) > LIMIT_DOCS_BUSY_BYTES && !node->weigh_again &&
	        !node->holds_back && node->since_checkpoint >= LIMIT_DOCS_ENTRIES &&
	        !checkpoint_under_way(node);
	return is_due ? node_checkpoint(node, true) : 0;
}

int node_put_local(struct node *node, const char *name, struct span value, node_done told, void *context)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct vault *vault = node->config.vault;
	vault_name(vault, key, STORE_LOCAL, span_text(name));
	int result = value.size
	        ? vault_batch_put(vault, &node->batch, STORE_LOCAL, span_of(key, sizeof(key)), value)
	        : vault_batch_remove(vault, &node->batch, STORE_LOCAL, span_of(key, sizeof(key)));
	return result ? result : node_wait_for_batch(node, told, context);
}

const char *node_draft_name(char out[NODE_DRAFT_NAME_BYTES], uint32_t place)
{
	if (place == 0)
		return NODE_DRAFT_ROW;
	snprintf(out, NODE_DRAFT_NAME_BYTES, "draft %u", (unsigned)place);
	return out;
}

int node_get_local_exact(struct node *node, const char *name, void *out, size_t size)
{
	struct store_txn *txn;
	struct buf row = {0};
	int result = store_begin(node->config.store, false, &txn);
	if (result)
		return result;
	result = node_get_local(node, txn, name, &row);
	store_abort(txn);
	if (result == 0 && row.size != size)
		result = ERR_CORRUPT;
	if (result == 0)
		memcpy(out, row.data, size);
	buf_close(&row);
	return result;
}

uint64_t node_no_room_count(const struct node *node)
{
	return node->no_room_count;
}

void node_hold_back(struct node *node, bool hold)
{
	node->news.room |= node->holds_back && !hold; /* what was not asked for meanwhile is */
	node->holds_back = hold;
}

bool node_is_stopped(const struct node *node)
{
	return node->stopped;
}

void node_writing(const struct node *node, struct store_writer_stats *out)
{
	store_writer_stats(node->config.writer, out);
}

void node_limit_device(struct node *node, uint64_t entries)
{
	node->device_entries_max = entries;
}

uint64_t node_device_limit(const struct node *node)
{
	return node->device_entries_max;
}

static uint64_t count_device(struct node *node, const struct device_id *device)
{
	uint64_t count = 0;
	node->count_count++;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->compartment != COMPARTMENT_MEMBERSHIP && device_id_eq(&feed->device, device))
			count += feed->seq;
	}
	return count;
}

/* Entries only come: from a count that is a while old follows what it may be now at most. It is counted anew only when that is too much. */
bool node_device_is_full(struct node *node, const struct device_id *device, enum compartment compartment)
{
	struct node_counted *counted = &node->counted[device->bytes[0] % 64];
	const uint64_t most = node->device_entries_max, added = log_added(node->log);
	const uint32_t feeds = log_feed_count(node->log);
	if (!most || compartment == COMPARTMENT_MEMBERSHIP)
		return false;
	const bool is_known = device_id_eq(&counted->device, device) && counted->feeds == feeds &&
	        added >= counted->added;
	if (is_known && counted->entries >= most)
		return true;
	if (is_known && counted->entries + (added - counted->added) < most)
		return false;
	*counted = (struct node_counted){*device, count_device(node, device), added, feeds};
	return counted->entries >= most;
}

bool node_holds_back(const struct node *node)
{
	return node->holds_back;
}

int node_flush(struct node *node)
{
	/* What is in memory builds on a batch that is not on the disk: given up with it (start_over()), or submitted after it. */
	if (node->must_reload)
		return node->failure;
	if (node->uncertain)
		return 0;
	/* Nothing is to be waited for. Those who hear it may write: before drafts are attached and heads are marked, so that no head counts as
	 * committed that stands in a later batch. */
	if (!node->sealing && !node->keys_touched && store_batch_is_empty(&node->batch) &&
	        queue_empty(&node->commits))
		node_tell(&node->waiters, 0);
	int result = bound_memory(node);
	/* Colleagues show receipts by what we said: at once that is what we have. Should it fail, the next acknowledgement says so. */
	if (result == 0 && node->ack_due && !node->outdated) {
		node->ack_due = false;
		node_acknowledge(node);
	}
	if (result == 0 && node->keys_touched)
		result = node_save_keys(node);
	if (result == 0)
		result = node_save_early(node);
	if (result == 0)
		result = seal_runs(node);
	if (result == 0)
		result = attach_drafts(node);
	node->unsealed &= result != 0;
	if (result)
		return result;
	node_put_accesses(node);
	if (store_batch_is_empty(&node->batch) && queue_empty(&node->commits)) {
		node_tell(&node->waiters, 0);
		return 0; /* what they wrote is the next turn's */
	}
	if (store_batch_is_empty(&node->batch)) /* what they wait for is under way */
		move_waiters(
		        &node->waiters, &queue_member(node->commits.prev, struct node_commit, link)->waiters);
	if (store_batch_is_empty(&node->batch))
		return 0;
	struct node_commit *commit = mem_zero(1, sizeof(*commit));
	commit->node = node;
	commit->checkpoint = node->batch_checkpoint;
	commit->mark_count = log_take_marks(node->log, &commit->marks);
	queue_init(&commit->waiters);
	move_waiters(&node->waiters, &commit->waiters);
	queue_push(&node->commits, &commit->link);
	node->batch_checkpoint = false;
	result = submit(node, commit, &node->batch);
	if (result) {
		store_batch_close(&node->batch);
		failed(commit, result);
	}
	return result;
}

/* Open the store again and hand the batches that were in doubt to the writer once more. Somebody who still reads is waited for. */
static void try_again(struct node *node)
{
	int result = store_reopen(node->config.store);
	if (result == ERR_BUSY)
		return;
	node->uncertain = false;
	if (result == 0)
		result = store_writer_resume(node->config.writer);
	struct queue *link = node->commits.next;
	while (link != &node->commits) {
		struct node_commit *commit = queue_member(link, struct node_commit, link);
		link = link->next;
		if (!commit->again || store_batch_is_empty(&commit->batch))
			continue;
		if (result == 0)
			result = submit(node, commit, &commit->batch);
		if (result) {
			store_batch_close(&commit->batch);
			failed(commit, result);
		}
	}
}

/* What stands in memory is ahead of the disk: read again, then say so to those who waited. */
static void start_over(struct node *node)
{
	int result = node->failure;
	if (result == ERR_UNCERTAIN && store_reopen(node->config.store) == ERR_BUSY)
		return;
	node->must_reload = node->gave_up = false;
	node_erase_later(node);
	store_writer_resume(node->config.writer);
	store_batch_close(&node->batch);
	move_waiters(&node->waiters, &node->disappointed);
	if (node_reload(node))
		node->stopped = true;
	node->news.reloaded = true;
	node_tell(&node->disappointed, result);
}

static void apply_afresh(struct node *node)
{
	int result = 0;
	if (!node->unread_listed)
		result = node_rebuild(node);
	else if (node->late_wanted)
		result = node_read_late(node);
	node->late_wanted = false;
	if (result == 0)
		result = node_settle_quarantine(node);
	if (result)
		node->stopped = true;
	node_end_read(node);
	node->news.heads = true; /* screens look again */
}

static void part_feeds(struct node *node)
{
	if (node_settle_forks(node))
		node->stopped = true;
	node_end_read(node);
}

void node_poll(struct node *node)
{
	while (store_writer_poll(node->config.writer) > 0)
		;
	if (node->uncertain && store_writer_idle(node->config.writer))
		try_again(node);
	if (node->must_reload && !node->uncertain && store_writer_idle(node->config.writer))
		start_over(node);
	if ((node->weigh_again || node->late_wanted) && node_idle(node))
		apply_afresh(node);
	if (node->refilled && node_idle(node))
		node_refill_committed(node);
	if (node->forks_due && node_idle(node))
		part_feeds(node);
	if (node_erasing(node) && node_idle(node))
		node_erase_turn(node);
	node_early_turn(node);
}

uint64_t node_generation(const struct node *node)
{
	return node->generation + docs_generation(node->docs);
}

bool node_wants_store(const struct node *node)
{
	return node->uncertain || node->must_reload;
}

bool node_idle(const struct node *node)
{
	return queue_empty(&node->commits) && store_batch_is_empty(&node->batch) && !node->unsealed &&
	        !node->keys_touched && !node->must_reload;
}

struct node_news node_take_news(struct node *node)
{
	struct node_news news = node->news;
	node->news = (struct node_news){0};
	return news;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

struct store_txn *node_txn(struct node *node, int *result)
{
	*result = node->txn ? 0 : store_begin(node->config.store, false, &node->txn);
	return node->txn;
}

void node_end_read(struct node *node)
{
	store_abort(node->txn);
	node->txn = NULL;
}

int node_begin_read(struct node *node, struct store_txn **txn)
{
	return store_begin(node->config.store, false, txn);
}
