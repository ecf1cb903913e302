/*
 * Opening: identity, feeds, membership, keys, documents, in this order; then what the last checkpoint does not hold is replayed.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

static const char IDENTITY_ROW[] = "identity", TEAM_ROW[] = "team";

/* ---- A new device ----------------------------------------------------------------------------------------------- */

static int put_identity(const struct node_config *config, const struct team_identity *identity)
{
	struct store_txn *txn;
	struct buf row = {0};
	int result = store_begin(config->store, true, &txn);
	if (result)
		return result;
	team_identity_encode(identity, &row);
	result = vault_put(config->vault, txn, STORE_META, span_text(IDENTITY_ROW), buf_span(&row));
	buf_wipe(&row);
	if (result) {
		store_abort(txn);
		return result;
	}
	result = store_commit(txn);
	if (result == 0)
		vault_written(config->vault);
	return result;
}

static int read_row(const struct node_config *config, const char *name, struct buf *out)
{
	struct store_txn *txn;
	int result = store_begin(config->store, false, &txn);
	if (result)
		return result;
	result = vault_get(config->vault, txn, STORE_META, span_text(name), out);
	store_abort(txn);
	return result;
}

int node_init(const struct node_config *config)
{
	struct buf row = {0};
	int result = read_row(config, IDENTITY_ROW, &row);
	buf_wipe(&row);
	if (result != ERR_NOTFOUND)
		return result ? result : ERR_EXISTS;
	struct team_identity identity;
	team_identity_make(&identity, config->env);
	result = put_identity(config, &identity);
	team_identity_wipe(&identity);
	return result;
}

/* ---- The team's row --------------------------------------------------------------------------------------------- */

int node_put_team_row(struct node *node)
{
	return vault_batch_put(node->config.vault, &node->batch, STORE_META, span_text(TEAM_ROW),
	        span_of(node->team.bytes, sizeof(node->team.bytes)));
}

/* The key table is bound to the team and this device; made when both are known. */
int node_keys_of_team(struct node *node)
{
	struct device_id self = node_device(node);
	bodies_free(node->bodies);
	key_table_free(node->keys);
	node->keys = key_table_new(&node->team, &self, node_seal_public(node), node_seal_secret(node));
	key_table_judge_by(node->keys, node_may_erase, node);
	key_table_trust(node->keys, node_hands_out_all, node);
	node->bodies = bodies_new(node->epochs, node->keys, &node->codec);
	return 0;
}

/* ---- Loading ---------------------------------------------------------------------------------------------------- */

static int load_identity(struct node *node, struct store_txn *txn)
{
	int result = vault_get(node->config.vault, txn, STORE_META, span_text(IDENTITY_ROW), &node->scratch);
	if (result == 0)
		result = team_identity_decode(buf_span(&node->scratch), &node->identity);
	buf_wipe(&node->scratch);
	return result;
}

static int load_team(struct node *node, struct store_txn *txn)
{
	int result = vault_get(node->config.vault, txn, STORE_META, span_text(TEAM_ROW), &node->scratch);
	if (result == ERR_NOTFOUND)
		return 0;
	if (result || node->scratch.size != sizeof(node->team.bytes))
		return result ? result : ERR_CORRUPT;
	memcpy(node->team.bytes, node->scratch.data, sizeof(node->team.bytes));
	node->in_team = true;
	node->members = team_membership_new();
	return node_keys_of_team(node);
}

/* `last` is the header hash of the feed's entry before, and becomes this one's. */
static int add_entry(struct node *node, uint32_t feed, const struct run_entry *entry, struct entry_hash *last)
{
	const struct log_feed *known = log_feed(node->log, feed);
	const struct team_author author = {known->device, known->incarnation};
	struct entry_header header = entry->header;
	header.previous = *last;
	header.body = entry_body_hash(entry->body);
	*last = entry_hash(&header);
	int result = team_membership_add(node->members, &header, last, &author, entry->body);
	return result < 0 ? ERR_CORRUPT : 0;
}

/* Our own disk is sealed: entries in it were verified when they came. One by one in the order of their clocks, since runs of several
 * feeds may name each other's entries. */
static int load_membership(struct node *node, struct store_txn *txn)
{
	uint32_t count = log_feed_count(node->log), used = 0, feed;
	struct log_range *ranges = mem_zero(count, sizeof(*ranges));
	struct entry_hash *last = mem_zero(count, sizeof(*last)); /* by feed */
	const struct run_entry *entry;
	int result = 0;
	for (uint32_t i = 0; i < count; i++)
		last[i] = log_feed(node->log, i)->base.hash;
	for (uint32_t i = 0; i < count; i++)
		if (log_feed(node->log, i)->compartment == COMPARTMENT_MEMBERSHIP)
			ranges[used++] = (struct log_range){i, 1, log_feed(node->log, i)->committed_seq};
	struct log_stream *stream = log_stream_new(node->log, ranges, used);
	while (result == 0 && (result = log_stream_next_entry(stream, txn, &feed, &entry)) == 1)
		result = add_entry(node, feed, entry, &last[feed]);
	log_stream_free(stream);
	mem_free(last);
	mem_free(ranges);
	return result;
}

static void find_own_feeds(struct node *node)
{
	struct device_id self = node_device(node);
	for (unsigned i = COMPARTMENT_MEMBERSHIP; i < NODE_COMPARTMENTS; i++) {
		struct feed_id id = entry_feed_id(&self, (enum compartment)i, &node->config.incarnation);
		if (!log_feed_number(node->log, &id, &node->own_feed[i]))
			node->own_feed[i] = NODE_NO_FEED;
	}
}

static int load_all(struct node *node, struct store_txn *txn)
{
	int result = load_identity(node, txn);
	if (result == 0)
		result = log_load(node->log, txn);
	if (result == 0)
		result = load_team(node, txn);
	if (result || !node->in_team)
		return result;
	node_name_parts(node);
	result = load_membership(node, txn);
	node->judged_mark = node_standing_mark(node);
	if (result == 0)
		result = node_load_keys(node, txn);
	if (result == 0)
		result = node_load_erasing(node, txn);
	if (result == 0)
		result = node_load_heard(node, txn);
	if (result == 0)
		result = node_load_notices(node, txn);
	if (result == 0)
		result = node_load_meeting(node, txn);
	if (result == 0)
		result = node_load_photos(node, txn);
	if (result == 0)
		result = docs_load(node->docs, txn);
	if (result == 0)
		result = node_load_checkpoint(node, txn);
	if (result)
		return result;
	node->clock.lamport = log_lamport(node->log);
	node->clock.hlc = log_hlc(node->log, &node->identity.device);
	find_own_feeds(node);
	result = node_replay(node);
	if (result == 0)
		result = node_read_late(node);
	if (result == 0)
		result = node_settle_quarantine(node);
	return result ? result : node_load_early(node, txn);
}

static void forget(struct node *node)
{
	bodies_free(node->bodies);
	key_table_free(node->keys);
	epochs_free(node->epochs);
	team_membership_free(node->members);
	team_identity_wipe(&node->identity);
	waiting_free(node->waiting);
	index_forget(node->index);
	docs_forget(node->docs);
	digests_forget(node->digests);
	node_forget_plan(node);
	search_index_forget(node->words);
	sealing_free(node->sealing);
	log_reader_close(&node->reader);
	for (uint32_t i = 0; i < node->ack_count; i++) {
		buf_close(&node->acks[i].bytes);
		arena_close(&node->acks[i].arena);
	}
	for (uint32_t i = 0; i < node->proof_count; i++)
		buf_close(&node->proofs[i].bytes);
	node->ack_count = node->proof_count = node->heard_count = 0;
	node->heard_moved = false;
	node_forget_notices(node);
	node_forget_accords(node);
	node->sealing = NULL;
	node->bodies = NULL;
	node->keys = NULL;
	node->members = NULL;
	node->in_team = node->state_valid = node->unsealed = node->late_wanted = false;
	node->judge_again = node->weigh_again = false;
	memset(node->write_epochs, 0, sizeof(node->write_epochs));
	quarantine_close(&node->quarantine);
	unread_close(&node->unread);
	node->unread_listed = true;
	node_forget_erasing(node);
	node_forget_photos(node);
	node_forget_early(node);
	node->keys_touched = node->epochs_moved = node->secrets_moved = node->state_moved =
	        node->batch_checkpoint = false;
	node->fresh_count = 0;
	node->judged_mark = 0;
	node->sized_count = node->sized_bytes = 0;
	for (uint32_t i = 0; i < node->progress_count; i++) {
		mem_free(node->progress[i].recent);
		buf_wipe(&node->progress[i].refilled);
	}
	memset(node->progress, 0, node->progress_count * sizeof(*node->progress));
	arena_clear(&node->names_arena);
	node->forks_due = false;
	node->since_checkpoint = node->nonsense_count = 0;
	node->epochs = epochs_new();
	node->waiting = waiting_new();
	for (unsigned i = 0; i < NODE_COMPARTMENTS; i++)
		node->own_feed[i] = NODE_NO_FEED;
}

int node_reload(struct node *node)
{
	int result;
	forget(node);
	node->generation++;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = load_all(node, txn);
	node_end_read(node);
	node->news = (struct node_news){.heads = true, .membership = true, .state = true};
	return result;
}

void node_wipe_scratch(struct node *node)
{
	struct body_codec *codecs[] = {&node->codec, &node->docs_codec, &node->sealing_codec};
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		body_codec_close(codecs[i]);
		body_codec_init(codecs[i]);
	}
	buf_wipe(&node->raw);
	buf_wipe(&node->scratch);
	buf_wipe(&node->digest_row);
	buf_wipe(&node->spare_builder.ops);
	buf_wipe(&node->spare_builder.kept);
}

int node_new(const struct node_config *config, struct node **out)
{
	struct node *node = mem_zero(1, sizeof(*node));
	node_limit_photos(node, (uint64_t)LIMIT_CARRIED_MB * 1000 * 1000, LIMIT_CARRIED_DAYS);
	node->config = *config;
	node->keys_generation = 1; /* of a peer nothing is known yet: 0 (peers.c, share_keys) */
	queue_init(&node->waiters);
	queue_init(&node->commits);
	queue_init(&node->disappointed);
	queue_init(&node->access_waiters);
	body_codec_init(&node->codec);
	body_codec_init(&node->docs_codec);
	body_codec_init(&node->sealing_codec);
	node->progress = mem_zero(1, sizeof(*node->progress));
	node->progress_count = 1;
	node->log = log_new(config->vault);
	node->docs = docs_new(config->vault, &node->docs_codec);
	node->digests = digests_new(config->vault, &node->docs_codec);
	node->words = search_index_new(config->vault, &node->docs_codec);
	node->index = index_new(config->vault);
	node->accesses = access_log_new(config->store, config->vault, config->env);
	int result = node_reload(node);
	if (result == 0)
		*out = node;
	else
		node_free(node);
	return result;
}

void node_free(struct node *node)
{
	if (!node)
		return;
	node_drop_commits(node);
	forget(node);
	epochs_free(node->epochs);
	waiting_free(node->waiting);
	docs_free(node->docs);
	digests_free(node->digests);
	search_index_free(node->words);
	index_free(node->index);
	log_free(node->log);
	store_batch_close(&node->batch);
	arena_close(&node->arena);
	arena_close(&node->names_arena);
	node_wipe_scratch(node);
	access_log_free(node->accesses);
	body_codec_close(&node->codec);
	body_codec_close(&node->docs_codec);
	body_codec_close(&node->sealing_codec);
	crdt_builder_close(&node->spare_builder);
	node_state_close(node);
	mem_free(node->erasing);
	mem_free(node->confirmed);
	mem_free(node->stored);
	mem_free(node->fresh);
	mem_free(node->acks);
	mem_free(node->heard);
	mem_free(node->notices);
	mem_free(node->accords);
	mem_free(node->proofs);
	mem_free(node->progress);
	mem_free(node);
}

/* ---- Own feeds -------------------------------------------------------------------------------------------------- */

int node_own_feed(struct node *node, enum compartment compartment, uint32_t *feed)
{
	struct device_id self = node_device(node);
	if (node->own_feed[compartment] == NODE_NO_FEED) {
		int result = log_feed_add(node->log, &node->batch, &self, compartment,
		        &node->config.incarnation, &node->own_feed[compartment]);
		if (result)
			return result;
	}
	*feed = node->own_feed[compartment];
	return log_feed(node->log, *feed)->state == LOG_FEED_OPEN ? 0 : ERR_FORK;
}

struct incarnation_id node_incarnation(const struct node *node)
{
	return node->config.incarnation;
}

const struct env *node_env(const struct node *node)
{
	return node->config.env;
}

struct log *node_log(struct node *node)
{
	return node->log;
}
