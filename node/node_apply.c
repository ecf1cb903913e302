/*
 * From entries to documents and indexes.
 *
 * An entry that this device holds no key for is noted and passed over, and read when keys come (node_late.c). What an author wrote against the rules of its document's
 * kind is passed over for good: every honest node does the same.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/calendar.h"
#include "node/record.h"
#include "node/schema/schema.h"

struct node_progress *node_progress(struct node *node, uint32_t feed)
{
	if (feed >= node->progress_count) {
		uint32_t count = feed + 16;
		node->progress = mem_resize(node->progress, count, sizeof(*node->progress));
		memset(node->progress + node->progress_count, 0,
		        (count - node->progress_count) * sizeof(*node->progress));
		node->progress_count = count;
	}
	return &node->progress[feed];
}

bool node_entry_belongs(
        const struct crdt_change *change, const struct entry_header *header, const struct record_id *dossier)
{
	const struct schema_doc *doc = schema_doc(change->doc_kind);
	if (!doc || doc->compartment != header->compartment)
		return false;
	return doc->has_dossier_key ? record_id_eq(dossier, &change->doc_id) : record_id_is_zero(dossier);
}

struct entry_hash node_cited_before(const struct node *node, uint32_t feed)
{
	return feed < log_feed_count(node->log) ? log_feed(node->log, feed)->base.membership
	                                        : (struct entry_hash){{0}};
}

static int index_ops(struct node *node, uint32_t feed, uint32_t doc, const struct crdt_change *change)
{
	struct crdt_ops ops = crdt_change_ops(change);
	struct crdt_op op;
	int result = 0;
	while (result == 0 && crdt_ops_next(&ops, &op)) {
		struct index_event event = {.seq = change->meta->seq,
		        .feed = feed,
		        .doc = doc,
		        .kind = op.event_kind,
		        .op = op.index};
		if (op.kind != CRDT_OP_EVENT || !record_event_when(op.event_kind, op.value, &event.when_s))
			continue;
		/* A transaction is for what is not in memory. */
		struct store_txn *txn = NULL;
		if (!index_holds(node->index, event.when_s))
			txn = node_txn(node, &result);
		if (result == 0)
			result = index_add(node->index, txn, &event);
		node_photo_event_came(node, event.when_s);
	}
	return result;
}

int node_document(struct node *node, uint32_t number, struct crdt_doc **doc)
{
	int result = 0;
	struct store_txn *txn = NULL;
	if (!docs_in_memory(node->docs, number))
		txn = node_txn(node, &result);
	return result ? result : docs_get(node->docs, txn, number, doc);
}

int node_apply_change(
        struct node *node, uint32_t feed, const struct entry_header *header, const struct crdt_change *change)
{
	uint32_t number;
	struct crdt_doc *doc;
	if (change->doc_kind == SCHEMA_DOC_SHARES || change->doc_kind == SCHEMA_DOC_CASE)
		node->keys_generation++; /* it says whom keys are to be given to, also in meetings that go on */
	int result = docs_add(node->docs, change->doc_kind, &change->doc_id, &number);
	if (result == 0)
		result = index_ops(node, feed, number, change);
	if (result == 0)
		result = node_photos_of(node, feed, header, change);
	if (result == 0)
		node_early_applied(node, change);
	if (result || docs_put_off(node->docs, number, change))
		return result;
	result = node_document(node, number, &doc);
	if (result == 0)
		docs_apply(node->docs, number, change);
	return result;
}

struct crdt_meta node_entry_meta(const struct node *node, uint32_t feed, const struct entry_header *header)
{
	return (struct crdt_meta){.feed = log_feed(node->log, feed)->id,
	        .seq = header->seq,
	        .lamport = header->lamport,
	        .hlc = header->hlc,
	        .deps = header->deps,
	        .dep_count = header->dep_count,
	        .names = feed < node->progress_count ? node->progress[feed].names : NULL};
}

void node_note_unread(struct node *node, const struct entry_header *header)
{
	const struct unread_group group = {.epoch = header->epoch,
	        .dossier = header->dossier,
	        .compartment = header->compartment,
	        .tried = bodies_mark(node->bodies, &header->epoch, &header->dossier),
	        .count = 1};
	unread_add(&node->unread, &group);
}

/* Of a kind that does something here. */
static bool has_meaning(const struct entry_header *header)
{
	return (header->kind == ENTRY_CHANGE && header->compartment != COMPARTMENT_MEMBERSHIP) ||
	        (header->kind == ENTRY_COUNTERSIGN && header->compartment == COMPARTMENT_CLINICAL);
}

/* What a countersignature says is read all the same: it has force again if its author comes back into her rights. */
static bool kept_apart(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct entry_hash *cited_before)
{
	enum team_reason why = node_entry_reason(node, feed, cited_before, header);
	if (why)
		quarantine_note(&node->quarantine, feed, header->seq, (uint8_t)why);
	const struct quarantined *known = quarantine_find(&node->quarantine, feed, header->seq);
	return known && !known->is_effective && header->kind == ENTRY_CHANGE;
}

int node_apply_body(struct node *node, uint32_t feed, const struct entry_header *header, struct span body,
        const struct entry_hash *cited_before)
{
	struct record_id dossier = {{0}};
	struct crdt_change change;
	struct crdt_meta meta = node_entry_meta(node, feed, header);
	struct span raw;
	if (!has_meaning(header) || kept_apart(node, feed, header, cited_before))
		return 0;
	int result = bodies_open(node->bodies, header, body, &raw, &dossier);
	if (result == ERR_LOCKED) {
		node_note_unread(node, header);
		return 0;
	}
	if (result == 0 && header->kind == ENTRY_COUNTERSIGN) {
		node_apply_countersign(node, feed, header, raw);
		return 0;
	}
	if (result == 0)
		result = crdt_change_open(&change, &meta, raw);
	if (result || !node_entry_belongs(&change, header, &dossier)) {
		node->nonsense_count++;
		return 0;
	}
	return node_apply_change(node, feed, header, &change);
}

int node_apply_entry(struct node *node, uint32_t feed, const struct run_entry *entry)
{
	const struct entry_header *header = &entry->header;
	struct node_progress *progress = node_progress(node, feed);
	if (header->seq <= progress->applied)
		return 0;
	const struct entry_hash before = progress->applied ? progress->cited : node_cited_before(node, feed);
	progress->applied = header->seq;
	progress->cited = header->membership;
	node->since_checkpoint++;
	if (entry->purged) /* its place counts, and what it cited */
		return 0;
	node->sized_count++;
	node->sized_bytes += header->body_bytes;
	return node_apply_body(node, feed, header, entry->body, &before);
}

/* ---- Replaying the log ------------------------------------------------------------------------------------------ */

static int replay_stream(struct node *node, struct log_stream *stream)
{
	const struct run_entry *entry;
	uint32_t feed;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	while (result == 0) {
		result = log_stream_next_entry(stream, txn, &feed, &entry);
		if (result <= 0)
			break;
		result = node_apply_entry(node, feed, entry);
	}
	return result;
}

int node_replay(struct node *node)
{
	uint32_t count = log_feed_count(node->log);
	struct log_range *ranges = mem_zero(count, sizeof(*ranges));
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t head = log_feed(node->log, i)->committed_seq,
		               end = node->config.replay_ends ? node->config.replay_ends[i] : head;
		ranges[i] = (struct log_range){
		        i, node_progress(node, i)->applied + 1, end < head ? end : head};
	}
	struct log_stream *stream = log_stream_new(node->log, ranges, count);
	int result = replay_stream(node, stream);
	log_stream_free(stream);
	mem_free(ranges);
	return result;
}

/* What goes by documents' numbers. */
static int restart_derived(struct node *node, struct store_txn *txn)
{
	int result = digests_restart(node->digests, txn);
	return result ? result : search_index_restart(node->words, txn);
}

/* Needs everything to be committed: reads from the store. */
int node_rebuild(struct node *node)
{
	int result;
	struct store_txn *txn = node_txn(node, &result);
	docs_forget(node->docs);
	if (result == 0)
		result = restart_derived(node, txn);
	if (result == 0)
		result = index_restart(node->index, txn);
	if (result)
		return result;
	for (uint32_t i = 0; i < node->progress_count; i++) {
		node->progress[i].applied = 0;
		node->progress[i].cited = node_cited_before(node, i);
	}
	unread_close(&node->unread);
	node->unread_listed = true;
	node->sized_count = node->sized_bytes = 0;
	node->nonsense_count = 0;
	return node_replay(node);
}

/* ---- Checkpoints ------------------------------------------------------------------------------------------------ */

static const char UNREAD_ROW[] = "unread";
static const char SIZES_ROW[] = "sizes";
static const char QUARANTINE_ROW[] = "quarantine";
enum {
	CHECKPOINT_VERSION =
	        5, /* goes up with the version of documents' snapshots, and with the rules that make documents from changes */
	SIZES_VERSION = 1,
};

static int put_sizes(struct node *node)
{
	buf_clear(&node->scratch);
	wire_put_u8(&node->scratch, SIZES_VERSION);
	wire_put_varint(&node->scratch, node->sized_count);
	wire_put_varint(&node->scratch, node->sized_bytes);
	return vault_batch_put(
	        node->config.vault, &node->batch, STORE_META, span_text(SIZES_ROW), buf_span(&node->scratch));
}

/* Only progress is shown by it: a database without the row begins to count. */
static int load_sizes(struct node *node, struct store_txn *txn)
{
	int result = vault_get(node->config.vault, txn, STORE_META, span_text(SIZES_ROW), &node->scratch);
	if (result)
		return result == ERR_NOTFOUND ? 0 : result;
	struct wire_in in = wire_begin(buf_span(&node->scratch));
	if (wire_u8(&in) != SIZES_VERSION)
		return 0;
	node->sized_count = wire_varint(&in);
	node->sized_bytes = wire_varint(&in);
	return wire_end(&in) ? ERR_CORRUPT : 0;
}

static int put_unread(struct node *node)
{
	buf_clear(&node->scratch);
	unread_encode(&node->unread, &node->scratch, LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES);
	return vault_batch_put(node->config.vault, &node->batch, STORE_META, span_text(UNREAD_ROW),
	        buf_span(&node->scratch));
}

static int put_quarantine(struct node *node)
{
	buf_clear(&node->scratch);
	quarantine_encode(&node->quarantine, &node->scratch, LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES);
	return vault_batch_put(node->config.vault, &node->batch, STORE_META, span_text(QUARANTINE_ROW),
	        buf_span(&node->scratch));
}

static int put_checkpoint(struct node *node)
{
	uint32_t count = log_feed_count(node->log);
	buf_clear(&node->scratch);
	wire_put_u8(&node->scratch, CHECKPOINT_VERSION);
	wire_put_varint(&node->scratch, count);
	for (uint32_t i = 0; i < count; i++)
		wire_put_varint(&node->scratch, node_progress(node, i)->applied);
	wire_put_varint(&node->scratch, node->unread.count);
	/* What it holds is judged by this; 0 while it is to be looked at again. */
	wire_put_u64(&node->scratch, node->weigh_again ? NODE_MARK_DUE : node->judged_mark);
	wire_put_u64(&node->scratch, schema_mark());
	return vault_batch_put(node->config.vault, &node->batch, STORE_META, span_text(NODE_CHECKPOINT_ROW),
	        buf_span(&node->scratch));
}

int node_remove_checkpoint(struct node *node)
{
	static const char *const rows[] = {NODE_CHECKPOINT_ROW, UNREAD_ROW, QUARANTINE_ROW};
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof(rows) / sizeof(*rows); i++)
		result = vault_batch_remove(node->config.vault, &node->batch, STORE_META, span_text(rows[i]));
	return result;
}

/* Documents last: they are what may not be readable. */
static int put_derived(struct node *node, struct store_txn *txn)
{
	int result = index_save(node->index, &node->batch);
	if (result == 0)
		result = digests_load(node->digests, txn, node->docs);
	if (result == 0)
		result = digests_save(node->digests, &node->batch, node->docs);
	if (result == 0)
		result = search_index_save(node->words, txn, &node->batch);
	if (result == 0)
		result = put_checkpoint(node);
	if (result == 0)
		result = put_sizes(node);
	if (result == 0)
		result = put_unread(node);
	if (result == 0)
		result = put_quarantine(node);
	return result ? result : docs_save(node->docs, txn, &node->batch);
}

/* All of it goes with one batch, or none. After a failure it is not tried again before as much was applied. */
int node_checkpoint(struct node *node, bool always)
{
	if (node->batch_checkpoint || node->since_checkpoint < (always ? 1 : LIMIT_REPLAY_ENTRIES))
		return 0;
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result)
		return result;
	const struct store_batch_mark mark = store_batch_mark(&node->batch);
	result = put_derived(node, txn);
	node_end_read(node);
	node->since_checkpoint = 0;
	if (result) {
		store_batch_cut(&node->batch, mark);
		return result;
	}
	index_saving(node->index);
	digests_saving(node->digests);
	search_index_saving(node->words);
	for (uint32_t i = 0; i < log_feed_count(node->log); i++)
		node_progress(node, i)->checkpointing = node_progress(node, i)->applied;
	node->batch_checkpoint = true;
	return 0;
}

/* What the last entry inside the checkpoint cites. */
static int load_cited(struct node *node, struct store_txn *txn, uint32_t feed)
{
	struct node_progress *progress = node_progress(node, feed);
	const struct run_entry *entry;
	if (progress->applied == 0 || feed >= log_feed_count(node->log))
		return 0;
	if (progress->applied == log_feed(node->log, feed)->seq) {
		progress->cited = log_feed(node->log, feed)->membership;
		return 0;
	}
	int result = log_read_entry(node->log, txn, &node->reader, feed, progress->applied, &entry);
	if (result == 0)
		progress->cited = entry->header.membership;
	return result == ERR_NOTFOUND ? ERR_CORRUPT : result;
}

/* It was made by a version with other documents, or does not say what they hold: everything is applied afresh. */
static int forget_checkpoint(struct node *node, struct store_txn *txn)
{
	docs_forget(node->docs);
	for (uint32_t i = 0; i < node->progress_count; i++) {
		struct node_progress *progress = &node->progress[i];
		progress->applied = progress->checkpointing = progress->checkpoint = 0;
		progress->cited = node_cited_before(node, i);
	}
	unread_close(&node->unread);
	quarantine_close(&node->quarantine);
	int result = restart_derived(node, txn);
	return result ? result : index_restart(node->index, txn);
}

/* A checkpoint of an older program stands without this row, or with one that is older than itself. */
static int load_unread(struct node *node, struct store_txn *txn, uint64_t count)
{
	int result = vault_get(node->config.vault, txn, STORE_META, span_text(UNREAD_ROW), &node->scratch);
	if (result == 0)
		result = unread_decode(&node->unread, buf_span(&node->scratch));
	if (result && result != ERR_NOTFOUND)
		return result;
	node->unread_listed = node->unread.count == count;
	if (!node->unread_listed)
		unread_close(&node->unread);
	node->unread.count = count;
	/* Keys may have come after it, which nobody will tell again. */
	node->late_wanted = !node->unread_listed;
	return 0;
}

static int load_quarantine(struct node *node, struct store_txn *txn)
{
	int result = vault_get(
	        node->config.vault, txn, STORE_META, span_text(QUARANTINE_ROW), &node->scratch);
	return result ? result : quarantine_decode(&node->quarantine, buf_span(&node->scratch));
}

int node_read_checkpoint(const struct vault *vault, struct store_txn *txn, uint64_t *ends,
        uint32_t *end_count, uint64_t *unread, uint64_t *mark)
{
	struct buf row = {0};
	int result = vault_get(vault, txn, STORE_META, span_text(NODE_CHECKPOINT_ROW), &row);
	struct wire_in in = wire_begin(buf_span(&row));
	const uint8_t version = wire_u8(&in);
	if (result == 0 && version != CHECKPOINT_VERSION)
		result = version && version < CHECKPOINT_VERSION ? NODE_CHECKPOINT_OLDER : ERR_VERSION;
	*end_count = wire_count(&in, LIMIT_FEEDS, 1);
	for (uint32_t i = 0; i < *end_count; i++)
		ends[i] = wire_varint(&in);
	*unread = wire_varint(&in);
	*mark = wire_u64(&in);
	const uint64_t kinds = wire_u64(&in);
	if (result == 0 && wire_end(&in))
		result = ERR_CORRUPT;
	if (result == 0 && kinds != schema_mark())
		result = NODE_CHECKPOINT_OLDER;
	buf_close(&row);
	return result;
}

int node_load_checkpoint(struct node *node, struct store_txn *txn)
{
	uint64_t *ends = mem_zero(LIMIT_FEEDS, sizeof(*ends)), mark, unread;
	uint32_t count;
	int result = node_read_checkpoint(node->config.vault, txn, ends, &count, &unread, &mark);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		struct node_progress *progress = node_progress(node, i);
		progress->applied = progress->checkpointing = progress->checkpoint = ends[i];
	}
	mem_free(ends);
	/* None was made yet, or it was taken back when feeds were parted: documents' rows may be there from before. */
	if (result == NODE_CHECKPOINT_OLDER || result == ERR_NOTFOUND)
		return forget_checkpoint(node, txn);
	if (result)
		return result;
	result = load_quarantine(node, txn);
	if (result == ERR_NOTFOUND)
		return forget_checkpoint(node, txn);
	/* The team moved since, or countersignatures had come that were not weighed. */
	node->judge_again = node->weigh_again = mark != node->judged_mark;
	for (uint32_t i = 0; result == 0 && i < count; i++)
		result = load_cited(node, txn, i);
	if (result == 0)
		result = load_sizes(node, txn);
	return result ? result : load_unread(node, txn, unread);
}
