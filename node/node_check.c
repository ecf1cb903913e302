/*
 * The replay is a second node over the same database, seen without its derived rows (store/store_past.h).
 */
#include "node/node_check.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/keyring/ack.h"
#include "node/node_digest.h"
#include "node/node_state.h"
#include "store/incarnation.h"
#include "store/store_past.h"

enum { DERIVED_TABLES = 1 << STORE_DOC | 1 << STORE_INDEX };
enum { STEP_ROWS = 500, EVICT_EVERY = 64, EVICT_KEEP_BYTES = 8 * 1024 * 1024 };

struct node_check {
	struct store *store;
	struct vault *vault;
	const struct env *env;
	struct scrub *scrub; /* until it is through */
	bool accesses_checked;
	scrub_found found;
	void *context;
	bool log_damaged; /* or another table that a replay needs */
	struct node_check_counts counts;
};

/* What a comparison works on: rows as one transaction sees them, and the replay. */
struct compared {
	struct node_check *check;
	struct store_txn *txn;
	uint64_t ends[LIMIT_FEEDS]; /* of the checkpoint */
	uint64_t row_ends[LIMIT_FEEDS]; /* of what stands under each number */
	uint32_t end_count;
	uint64_t unread, mark;
	struct store *past;
	struct node *replayed;
	struct body_codec codec;
	struct docs *docs; /* of the rows */
	struct digests *digests;
	struct index *index; /* of the rows */
	uint32_t *numbers; /* by number in the replay: that in the rows + 1, or 0 */
	struct buf left, right;
};

/* ---- Faults ----------------------------------------------------------------------------------------------------- */

static void on_found(void *context, const struct scrub_fault *fault)
{
	struct node_check *check = context;
	check->log_damaged |= fault->table != STORE_DOC && fault->table != STORE_INDEX;
	check->found(check->context, fault);
}

static void fault_row(
        struct compared *compared, enum scrub_what what, enum store_table table, uint32_t number)
{
	const uint8_t key[5] = {
	        1, (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
	struct scrub_fault fault = {.what = what, .table = table, .key_size = sizeof(key)};
	memcpy(fault.key, key, sizeof(key));
	compared->check->found(compared->check->context, &fault);
}

static void fault_feed(struct compared *compared, enum scrub_what what, enum store_table table,
        const struct feed_id *feed, uint64_t first, uint64_t last)
{
	const struct scrub_fault fault = {
	        .what = what, .table = table, .has_feed = true, .feed = *feed, .first = first, .last = last};
	compared->check->found(compared->check->context, &fault);
}

/* ---- Replaying -------------------------------------------------------------------------------------------------- */

/* Runs of a branch may stand under the number of the feed that it comes from: they are seen as far as any of these is. */
static int ends_of_rows(struct compared *compared)
{
	struct log *log = log_new(compared->check->vault);
	int result = log_load(log, compared->txn);
	memcpy(compared->row_ends, compared->ends, sizeof(compared->ends));
	for (uint32_t i = 0; result == 0 && i < log_feed_count(log) && i < compared->end_count; i++) {
		uint64_t *end = &compared->row_ends[log_feed(log, i)->rows];
		*end = compared->ends[i] > *end ? compared->ends[i] : *end;
	}
	log_free(log);
	return result;
}

static int open_replayed(struct compared *compared)
{
	struct node_check *check = compared->check;
	struct span row;
	struct node_config config = {.env = check->env, .vault = check->vault};
	int result = ends_of_rows(compared);
	if (result)
		return result;
	result = store_get(compared->txn, STORE_META, span_text("incarnation"), &row);
	if (result == 0 && row.size == sizeof(config.incarnation.bytes))
		memcpy(config.incarnation.bytes, row.data, row.size);
	compared->past = store_past_new(&(struct store_past_config){.under = check->store,
	        .ends = compared->row_ends,
	        .end_count = compared->end_count,
	        .hidden_tables = DERIVED_TABLES,
	        .hidden_row = NODE_CHECKPOINT_ROW});
	config.store = compared->past;
	return node_new(&config, &compared->replayed);
}

/* ---- Documents -------------------------------------------------------------------------------------------------- */

/* It was opened for a change that came to nothing, or all of it is in quarantine. */
static bool is_empty(const struct crdt_doc *doc)
{
	struct entry_ref unused;
	uint32_t cursor = 0;
	return !crdt_doc_frontier(doc, &cursor, &unused);
}

/* What lists need of it, where there is a row: it is made of the document and of its events alone. */
static void compare_digest(struct compared *compared, uint32_t number, uint32_t there)
{
	bool is_final;
	if (!digests_row(compared->digests, compared->txn, number, &compared->left))
		return;
	buf_clear(&compared->right);
	if (!node_digest_make(compared->replayed, there, &compared->right, &is_final) ||
	        !span_eq(buf_span(&compared->left), buf_span(&compared->right)))
		fault_row(compared, SCRUB_DIFFERS, STORE_DOC, number);
	node_end_read(compared->replayed);
}

static void compare_doc(struct compared *compared, uint32_t number)
{
	struct docs *replayed = compared->replayed->docs;
	uint32_t there;
	struct crdt_doc *left, *right;
	struct record_id id = docs_id(compared->docs, number);
	int result = docs_get(compared->docs, compared->txn, number, &left);
	if (!docs_find(replayed, docs_kind(compared->docs, number), &id, &there)) {
		if (result || !is_empty(left))
			fault_row(compared, SCRUB_EXTRA, STORE_DOC, number);
		return;
	}
	compared->numbers[there] = number + 1;
	compared->check->counts.documents++;
	if (result == ERR_BADSEAL)
		return; /* told of when its row was opened */
	if (result || docs_get(replayed, NULL, there, &right)) {
		fault_row(compared, SCRUB_MALFORMED, STORE_DOC, number);
		return;
	}
	buf_clear(&compared->left);
	buf_clear(&compared->right);
	crdt_doc_save(left, &compared->left);
	crdt_doc_save(right, &compared->right);
	if (!span_eq(buf_span(&compared->left), buf_span(&compared->right)))
		fault_row(compared, SCRUB_DIFFERS, STORE_DOC, number);
	else
		compare_digest(compared, number, there);
}

static void compare_docs(struct compared *compared)
{
	struct docs *replayed = compared->replayed->docs;
	compared->numbers = mem_zero(docs_count(replayed), sizeof(*compared->numbers));
	int result = docs_load(compared->docs, compared->txn);
	if (result && result != ERR_BADSEAL)
		fault_row(compared, SCRUB_MALFORMED, STORE_DOC, 0);
	for (uint32_t i = 0; i < docs_count(compared->docs); i++) {
		compare_doc(compared, i);
		if (i % EVICT_EVERY == 0)
			docs_evict(compared->docs, EVICT_KEEP_BYTES);
	}
	for (uint32_t i = 0; result == 0 && i < docs_count(replayed); i++)
		if (!compared->numbers[i])
			fault_row(compared, SCRUB_MISSING, STORE_DOC, docs_count(compared->docs));
}

/* ---- Indexes ---------------------------------------------------------------------------------------------------- */

static bool same_event(
        const struct compared *compared, const struct index_event *row, const struct index_event *replayed)
{
	return row->when_s == replayed->when_s && row->feed == replayed->feed && row->seq == replayed->seq &&
	        row->op == replayed->op && row->kind == replayed->kind &&
	        row->doc + 1 == compared->numbers[replayed->doc];
}

/* False: there is no row for the month. */
static bool compare_month(struct compared *compared, int32_t month)
{
	const struct index_event *rows, *events;
	uint32_t row_count, count;
	compared->check->counts.months++;
	index_month(compared->replayed->index, NULL, month, &events, &count);
	int result = index_month(compared->index, compared->txn, month, &rows, &row_count);
	if (result == ERR_BADSEAL)
		return true; /* told of when its row was opened */
	bool same = result == 0 && row_count == count;
	for (uint32_t i = 0; same && i < count; i++)
		same = same_event(compared, &rows[i], &events[i]);
	if (!same)
		fault_row(compared,
		        result              ? SCRUB_MALFORMED
		                : row_count ? SCRUB_DIFFERS
		                            : SCRUB_MISSING,
		        STORE_INDEX, (uint32_t)month);
	return result || row_count;
}

static uint64_t index_rows(struct compared *compared)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	size_t size = 1;
	uint64_t count = 0;
	struct span key, value;
	while (store_seek(compared->txn, STORE_INDEX, STORE_FIRST_FROM, span_of(from, size), &key, &value) ==
	        0) {
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
		count++;
	}
	return count;
}

static void compare_index(struct compared *compared)
{
	uint64_t there = 0;
	int32_t month;
	for (uint32_t i = 0; index_month_at(compared->replayed->index, i, &month); i++)
		there += compare_month(compared, month);
	if (index_rows(compared) > there)
		fault_row(compared, SCRUB_EXTRA, STORE_INDEX, 0);
}

/* ---- Ends of feeds ---------------------------------------------------------------------------------------------- */

static void compare_end(
        struct compared *compared, const struct log_feed *feed, uint64_t seq, const uint8_t *hash16)
{
	if (feed->is_parted && seq > feed->seq)
		return; /* said before the fork was known */
	if (feed->seq < seq)
		fault_feed(compared, SCRUB_MISSING, STORE_LOG, &feed->id, feed->seq + 1, seq);
	else if (hash16 && feed->seq == seq && memcmp(feed->hash.bytes, hash16, ACK_HASH_BYTES) != 0)
		fault_feed(compared, SCRUB_CHAIN, STORE_LOG, &feed->id, seq, seq);
}

static void compare_own_ack(struct compared *compared, struct log *log)
{
	struct node *replayed = compared->replayed;
	struct arena arena = {0};
	struct ack ack;
	uint32_t number;
	for (uint32_t i = 0; i < replayed->ack_count; i++) {
		struct device_id self = node_device(replayed);
		if (!device_id_eq(&replayed->acks[i].device, &self) ||
		        ack_decode(&ack, buf_span(&replayed->acks[i].bytes), &replayed->team, &arena))
			continue;
		for (uint32_t j = 0; j < ack.head_count; j++)
			if (log_feed_number(log, &ack.heads[j].feed, &number))
				compare_end(
				        compared, log_feed(log, number), ack.heads[j].seq, ack.heads[j].hash);
			else
				fault_feed(compared, SCRUB_MISSING, STORE_FEED, &ack.heads[j].feed, 0, 0);
	}
	arena_close(&arena);
}

/* Heads as they are now: the acknowledgement that the replay read is not younger. */
static void compare_ends(struct compared *compared)
{
	struct store_txn *txn;
	struct log *log = log_new(compared->check->vault);
	int result = store_begin(compared->check->store, false, &txn);
	if (result == 0)
		result = log_load(log, txn);
	if (result == 0) {
		for (uint32_t i = 0; i < compared->end_count; i++)
			if (i < log_feed_count(log))
				compare_end(compared, log_feed(log, i), compared->ends[i], NULL);
		compare_own_ack(compared, log);
		store_abort(txn);
	}
	log_free(log);
}

/* ---- The comparison --------------------------------------------------------------------------------------------- */

/* A checkpoint made before keys came, or before a removal, is made again: its owner does so at the next opening. */
static bool is_due(const struct compared *compared)
{
	return compared->mark == NODE_MARK_DUE || compared->mark != compared->replayed->judged_mark ||
	        compared->unread != compared->replayed->unread.count;
}

static void compare_all(struct compared *compared)
{
	struct node_check_counts *counts = &compared->check->counts;
	if (is_due(compared)) {
		counts->derived = NODE_CHECK_NONE;
	} else {
		counts->derived = NODE_CHECK_COMPARED;
		compare_docs(compared);
		compare_index(compared);
	}
	compare_ends(compared);
}

static int replay_and_compare(struct node_check *check)
{
	struct compared *compared = mem_zero(1, sizeof(*compared));
	compared->check = check;
	int result = store_begin(check->store, false, &compared->txn);
	if (result) {
		mem_free(compared);
		return result;
	}
	body_codec_init(&compared->codec);
	compared->docs = docs_new(check->vault, &compared->codec);
	compared->digests = digests_new(check->vault, &compared->codec);
	compared->index = index_new(check->vault);
	int found = node_read_checkpoint(check->vault, compared->txn, compared->ends, &compared->end_count,
	        &compared->unread, &compared->mark);
	if (found == ERR_NOTFOUND || found == NODE_CHECKPOINT_OLDER)
		check->counts.derived = NODE_CHECK_NONE;
	else if (found || open_replayed(compared))
		check->counts.derived = NODE_CHECK_UNREPLAYED;
	else
		compare_all(compared);
	if (check->counts.derived == NODE_CHECK_UNREPLAYED && !check->log_damaged)
		fault_row(compared, SCRUB_MALFORMED, STORE_META, 0);
	node_free(compared->replayed);
	store_close(compared->past);
	docs_free(compared->docs);
	digests_free(compared->digests);
	index_free(compared->index);
	body_codec_close(&compared->codec);
	store_abort(compared->txn);
	buf_wipe(&compared->left);
	buf_wipe(&compared->right);
	mem_free(compared->numbers);
	mem_free(compared);
	return 0;
}

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

int node_check_new(struct store *store, struct vault *vault, const struct env *env, scrub_found found,
        void *context, struct node_check **out)
{
	struct node_check *check = mem_zero(1, sizeof(*check));
	*check = (struct node_check){
	        .store = store, .vault = vault, .env = env, .found = found, .context = context};
	struct store_usage usage;
	int result = store_usage(store, &usage); /* also the list of free pages can be read */
	if (!result)
		result = scrub_new(store, vault, on_found, check, &check->scrub);
	if (result)
		node_check_free(check);
	else
		*out = check;
	return result;
}

void node_check_free(struct node_check *check)
{
	if (!check)
		return;
	scrub_free(check->scrub);
	mem_free(check);
}

static int check_accesses(struct node_check *check)
{
	struct store_txn *txn;
	int result = store_begin(check->store, false, &txn);
	if (result)
		return result;
	result = access_log_check(check->vault, txn, check->found, check->context);
	store_abort(txn);
	check->accesses_checked = result == 0;
	return result ? result : 1;
}

int node_check_step(struct node_check *check)
{
	int result;
	if (check->scrub) {
		result = scrub_step(check->scrub, STEP_ROWS);
		check->counts.log = scrub_counts(check->scrub);
		if (result == 0) {
			scrub_free(check->scrub);
			check->scrub = NULL;
		}
		return result < 0 ? result : 1;
	}
	if (!check->accesses_checked)
		return check_accesses(check);
	return check->counts.derived == NODE_CHECK_PENDING ? replay_and_compare(check) : 0;
}

struct store *node_check_without_derived(struct store *store)
{
	return store_past_new(&(struct store_past_config){
	        .under = store, .hidden_tables = DERIVED_TABLES, .hidden_row = NODE_CHECKPOINT_ROW});
}

struct node_check_counts node_check_counts(const struct node_check *check)
{
	return check->counts;
}
