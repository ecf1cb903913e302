/*
 * Batches on their way to the disk.
 *
 * Normal course: calls of the node write into node->batch; node_flush() seals open runs and submits it with the heads it stands for; the
 * writer commits; node_poll() runs done(): heads count as committed, waiters are told.
 *
 * Failures: without room, nothing of this batch or those after it is on the disk: everything is read again and every waiter
 * is told. After an uncertain outcome the store is opened again and the same batches are submitted once more, in order.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "node/team/identity.h"

int node_wait_for_batch(struct node *node, node_done done, void *context)
{
	if (!done)
		return 0;
	struct node_waiter *waiter = mem_zero(1, sizeof(*waiter));
	waiter->done = done;
	waiter->context = context;
	queue_push(&node->waiters, &waiter->link);
	return 0;
}

static void tell(struct queue *waiters, int result)
{
	for (struct queue *link; (link = queue_pop(waiters));) {
		struct node_waiter *waiter = queue_member(link, struct node_waiter, link);
		waiter->done(waiter->context, result);
		mem_free(waiter);
	}
}

static void move_waiters(struct queue *from, struct queue *to)
{
	for (struct queue *link; (link = queue_pop(from));)
		queue_push(to, link);
}

static void commit_free(struct node_commit *commit)
{
	queue_remove(&commit->link);
	mem_free(commit->marks);
	mem_free(commit);
}

static void committed(struct node_commit *commit)
{
	struct node *node = commit->node;
	vault_written(node->config.vault);
	log_committed(node->log, commit->marks, commit->mark_count);
	if (commit->checkpoint) {
		docs_saved(node->docs);
		for (uint32_t i = 0; i < node->progress_count; i++)
			if (node->progress[i].checkpointing > node->progress[i].checkpoint)
				node->progress[i].checkpoint = node->progress[i].checkpointing;
	}
	node->news.heads |= commit->mark_count > 0;
	tell(&commit->waiters, 0);
	commit_free(commit);
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
	tell(&node->disappointed, ERR_CANCELLED);
}

static void failed(struct node_commit *commit, int result);

static void done(void *context, int result, struct store_batch *batch)
{
	struct node_commit *commit = context;
	struct node *node = commit->node;
	if (result == 0) {
		committed(commit);
	} else if (result == ERR_UNCERTAIN && !commit->again) {
		commit->again = true;
		commit->batch = *batch; /* kept for a second try */
		*batch = (struct store_batch){0};
		node->uncertain = true;
	} else {
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

uint64_t node_no_room_count(const struct node *node)
{
	return node->no_room_count;
}

void node_hold_back(struct node *node, bool hold)
{
	node->holds_back = hold;
}

bool node_holds_back(const struct node *node)
{
	return node->holds_back;
}

int node_flush(struct node *node)
{
	int result = node->keys_touched ? node_save_keys(node) : 0;
	if (result == 0)
		result = seal_runs(node);
	node->unsealed &= result != 0;
	if (result)
		return result;
	if (node->batch.count == 0 && queue_empty(&node->commits))
		tell(&node->waiters, 0);
	else if (node->batch.count == 0) /* what they wait for is under way */
		move_waiters(
		        &node->waiters, &queue_member(node->commits.prev, struct node_commit, link)->waiters);
	if (node->batch.count == 0)
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
		if (!commit->again || commit->batch.count == 0)
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
	node->must_reload = false;
	store_writer_resume(node->config.writer);
	store_batch_close(&node->batch);
	move_waiters(&node->waiters, &node->disappointed);
	if (node_reload(node))
		node->stopped = true;
	node->news.reloaded = true;
	tell(&node->disappointed, result);
}

void node_poll(struct node *node)
{
	while (store_writer_poll(node->config.writer) > 0)
		;
	if (node->uncertain && store_writer_idle(node->config.writer))
		try_again(node);
	if (node->must_reload && store_writer_idle(node->config.writer))
		start_over(node);
	if (node->rebuild_wanted && node_idle(node)) {
		node->rebuild_wanted = false;
		if (node_rebuild(node))
			node->stopped = true;
		node_end_read(node);
		node->news.heads = true; /* screens look again */
	}
}

bool node_wants_store(const struct node *node)
{
	return node->uncertain || node->must_reload;
}

bool node_idle(const struct node *node)
{
	return queue_empty(&node->commits) && node->batch.count == 0 && !node->unsealed &&
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
