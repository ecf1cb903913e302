#include "tests/lib/check.h"

#include <pthread.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/rng.h"
#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "store/store_mem.h"
#include "tests/lib/seeded.h"

/* A node whose batches are committed by the writer's own thread, or step by step. Its environment is not made for two threads: only this one may use it. */
struct desk {
	enum store_writer_mode mode;
	struct seeded seeded;
	struct store *store;
	struct vault *vault;
	struct store_writer *writer;
	struct node *node;
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	bool wake;
	uint32_t saved_count, failed_count;
	int last_failure;
};

enum { SAVES = 600, DOSSIERS = 20, SAVES_EACH_FLUSH = 25, FIELD = 1 };

static void wake(void *context)
{
	struct desk *desk = context;
	pthread_mutex_lock(&desk->mutex);
	desk->wake = true;
	pthread_cond_signal(&desk->woken);
	pthread_mutex_unlock(&desk->mutex);
}

static void open_node(struct desk *desk)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {7};
	check_ok(vault_new(desk->store, key, &desk->seeded.env, &desk->vault));
	check_ok(store_writer_new(desk->store, desk->mode, wake, desk, &desk->writer));
	struct node_config config = {.env = &desk->seeded.env,
	        .store = desk->store,
	        .writer = desk->writer,
	        .vault = desk->vault,
	        .incarnation = {{1}}};
	int result = node_new(&config, &desk->node);
	if (result == ERR_NOTFOUND) {
		check_ok(node_init(&config));
		result = node_new(&config, &desk->node);
	}
	check_ok(result);
}

static void close_node(struct desk *desk)
{
	node_free(desk->node);
	store_writer_free(desk->writer);
	vault_free(desk->vault);
}

/* Flush, and wait until all is on the disk or given up. */
static void settle(struct desk *desk)
{
	node_flush(desk->node);
	for (node_poll(desk->node); !node_idle(desk->node); node_poll(desk->node)) {
		node_flush(desk->node);
		if (desk->mode == STORE_WRITER_STEPPED) {
			store_writer_step(desk->writer);
			continue;
		}
		pthread_mutex_lock(&desk->mutex);
		while (!desk->wake && !store_writer_idle(desk->writer))
			pthread_cond_wait(&desk->woken, &desk->mutex);
		desk->wake = false;
		pthread_mutex_unlock(&desk->mutex);
	}
}

static void desk_open(struct desk *desk, enum store_writer_mode mode)
{
	struct person_id person;
	memset(desk, 0, sizeof(*desk));
	desk->mode = mode;
	seeded_init(&desk->seeded, 1);
	pthread_mutex_init(&desk->mutex, NULL);
	pthread_cond_init(&desk->woken, NULL);
	desk->store = store_mem_new();
	open_node(desk);
	check_ok(node_found_team(desk->node, &person, NULL, NULL));
	settle(desk);
}

static void desk_close(struct desk *desk)
{
	close_node(desk);
	store_close(desk->store);
	pthread_cond_destroy(&desk->woken);
	pthread_mutex_destroy(&desk->mutex);
}

static void told(void *context, int result)
{
	struct desk *desk = context;
	desk->saved_count += result == 0;
	desk->failed_count += result != 0;
	desk->last_failure = result ? result : desk->last_failure;
}

static struct record_id dossier_of(uint32_t number)
{
	return (struct record_id){{1, (uint8_t)(number % DOSSIERS)}};
}

static void path_of_field(struct crdt_path *path)
{
	*path = (struct crdt_path){0};
	crdt_path_field(path, SCHEMA_PATIENT);
	crdt_path_field(path, FIELD);
}

static void save(struct desk *desk, uint32_t number)
{
	struct record_id id = dossier_of(number);
	struct node_change change;
	struct crdt_path path;
	struct buf value = {0};
	path_of_field(&path);
	mpack_put_uint(&value, number);
	check_ok(node_change_begin(desk->node, SCHEMA_DOC_DOSSIER, &id, &change));
	check_ok(crdt_doc_set(
	        change.doc, &change.builder, crdt_path_span(&path), buf_span(&value), span_text("")));
	check_ok(node_change_finish(desk->node, &change, NULL, told, desk));
	buf_close(&value);
}

static void save_many(struct desk *desk, uint32_t from, uint32_t upto)
{
	for (uint32_t i = from; i < upto; i++) {
		save(desk, i);
		if (i % SAVES_EACH_FLUSH == SAVES_EACH_FLUSH - 1)
			check_ok(node_flush(desk->node));
	}
	settle(desk);
}

static uint32_t value_of(struct desk *desk, uint32_t number)
{
	struct record_id id = dossier_of(number);
	struct crdt_doc *doc;
	struct crdt_value value;
	struct crdt_path path;
	path_of_field(&path);
	check_ok(node_doc(desk->node, SCHEMA_DOC_DOSSIER, &id, &doc));
	assert_true(crdt_doc_get(doc, crdt_path_span(&path), &value));
	struct mpack_in in = mpack_begin(value.value);
	return (uint32_t)mpack_uint(&in, UINT32_MAX);
}

/* The last value of each dossier, of the saves up to `count`. */
static void check_values(struct desk *desk, uint32_t count)
{
	for (uint32_t i = count - DOSSIERS; i < count; i++)
		assert_int_equal(value_of(desk, i), i);
}

/* Every run of every feed chains on the one before and bears the device's signature; the head is the one in memory. */
static uint64_t check_log(struct desk *desk)
{
	struct log *log = node_log(desk->node);
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint64_t entries = 0;
	check_ok(node_begin_read(desk->node, &txn));
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		struct entry_hash last = {{0}};
		assert_int_equal(feed->seq, feed->committed_seq);
		for (uint64_t seq = 1; seq <= feed->seq; seq += reader.run.count) {
			check_ok(log_read_run(log, txn, &reader, i, seq));
			assert_int_equal(run_first_seq(&reader.run), seq);
			assert_true(entry_hash_eq(&reader.run.previous, &last));
			run_hash(&reader.run);
			assert_true(run_signed_by(&reader.run, &feed->device));
			last = run_last(&reader.run)->hash;
		}
		assert_true(entry_hash_eq(&last, &feed->hash));
		assert_true(entry_hash_eq(&last, &feed->committed_hash));
		entries += feed->seq;
	}
	log_reader_close(&reader);
	store_abort(txn);
	return entries;
}

static void saves_are_sealed_by_the_writer(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_THREADED);
	uint64_t before = check_log(&desk);
	save_many(&desk, 0, SAVES);
	assert_int_equal(desk.saved_count, SAVES);
	assert_int_equal(check_log(&desk), before + SAVES);
	check_values(&desk, SAVES);
	close_node(&desk);
	open_node(&desk);
	assert_int_equal(check_log(&desk), before + SAVES);
	check_values(&desk, SAVES);
	save_many(&desk, SAVES, SAVES + DOSSIERS); /* the feed goes on where it ended */
	assert_int_equal(check_log(&desk), before + SAVES + DOSSIERS);
	desk_close(&desk);
}

/* What failed for lack of room is not there, and everybody who waited for it was told; then saving goes on. */
static void a_full_disk_loses_nothing_that_was_told_saved(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_THREADED);
	uint64_t before = check_log(&desk);
	save_many(&desk, 0, SAVES);
	store_mem_fail_commit(desk.store, 1, ERR_NOSPACE, STORE_MEM_LOST);
	for (uint32_t i = SAVES; i < SAVES + DOSSIERS; i++)
		save(&desk, i);
	settle(&desk);
	assert_int_equal(desk.failed_count, DOSSIERS);
	assert_int_equal(desk.last_failure, ERR_NOSPACE);
	assert_int_equal(check_log(&desk), before + SAVES);
	check_values(&desk, SAVES);
	save_many(&desk, SAVES, 2 * SAVES);
	assert_int_equal(check_log(&desk), before + 2 * SAVES);
	check_values(&desk, 2 * SAVES);
	desk_close(&desk);
}

/* Whatever came of the commit: the same sealed entries are brought again. */
static void an_uncertain_commit_is_repeated(void **state)
{
	(void)state;
	for (int outcome = STORE_MEM_LOST; outcome <= STORE_MEM_APPLIED; outcome++) {
		struct desk desk;
		desk_open(&desk, STORE_WRITER_THREADED);
		uint64_t before = check_log(&desk);
		store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, (enum store_mem_outcome)outcome);
		for (uint32_t i = 0; i < 100; i++) {
			save(&desk, i);
			node_flush(desk.node); /* refused while the writer stands still */
			node_poll(desk.node);
		}
		settle(&desk);
		assert_int_equal(desk.saved_count + desk.failed_count, 100);
		assert_int_equal(check_log(&desk), before + desk.saved_count);
		save_many(&desk, 100, 200);
		assert_int_equal(check_log(&desk), before + desk.saved_count);
		check_values(&desk, 200);
		desk_close(&desk);
	}
}

/* A batch that the writer refused takes those after it along: an entry never follows one that is not there. */
static void nothing_is_submitted_after_a_refused_batch(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_STEPPED);
	uint64_t before = check_log(&desk);
	save_many(&desk, 0, DOSSIERS);
	store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	save(&desk, DOSSIERS);
	check_ok(node_flush(desk.node));
	store_writer_step(desk.writer); /* stopped, and nobody was told yet */
	save(&desk, DOSSIERS + 1);
	assert_true(node_flush(desk.node) < 0);
	node_poll(desk.node); /* the first is under way again */
	save(&desk, DOSSIERS + 2);
	node_flush(desk.node);
	settle(&desk);
	assert_int_equal(desk.saved_count, DOSSIERS + 1);
	assert_int_equal(desk.failed_count, 2);
	assert_int_equal(check_log(&desk), before + DOSSIERS + 1);
	save_many(&desk, DOSSIERS + 1, 3 * DOSSIERS);
	assert_int_equal(check_log(&desk), before + 3 * DOSSIERS);
	check_values(&desk, 3 * DOSSIERS);
	desk_close(&desk);
}

/* While it is not known what came of a commit, saves wait instead of failing. */
static void saves_wait_while_a_commit_is_in_doubt(void **state)
{
	(void)state;
	struct desk desk;
	struct store_txn *reader;
	desk_open(&desk, STORE_WRITER_STEPPED);
	uint64_t before = check_log(&desk);
	store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, STORE_MEM_APPLIED);
	check_ok(node_begin_read(desk.node, &reader)); /* the store cannot be opened again meanwhile */
	save(&desk, 0);
	check_ok(node_flush(desk.node));
	store_writer_step(desk.writer);
	node_poll(desk.node);
	save(&desk, 1);
	check_ok(node_flush(desk.node));
	assert_int_equal(desk.saved_count + desk.failed_count, 0);
	store_abort(reader);
	settle(&desk);
	assert_int_equal(desk.saved_count, 2);
	assert_int_equal(check_log(&desk), before + 2);
	desk_close(&desk);
}

/* What was submitted behind a batch that is given up builds on it: it is given up too, though its own outcome was in doubt only once. */
static void nothing_is_repeated_behind_a_batch_that_was_given_up(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_STEPPED);
	uint64_t before = check_log(&desk);
	save_many(&desk, 0, DOSSIERS);
	store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	save(&desk, DOSSIERS);
	check_ok(node_flush(desk.node));
	store_writer_step(desk.writer);
	node_poll(desk.node); /* under way again */
	store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	save(&desk, DOSSIERS + 1);
	check_ok(node_flush(desk.node));
	store_writer_step(desk.writer);
	settle(&desk);
	assert_int_equal(desk.failed_count, 2);
	assert_int_equal(check_log(&desk), before + DOSSIERS);
	save_many(&desk, DOSSIERS, 3 * DOSSIERS);
	assert_int_equal(check_log(&desk), before + 3 * DOSSIERS);
	check_values(&desk, 3 * DOSSIERS);
	desk_close(&desk);
}

/* A batch was refused, and one before it is in doubt while somebody reads: first that one is brought to an end, then all is read again. */
static void reading_again_waits_for_what_is_in_doubt(void **state)
{
	(void)state;
	struct desk desk;
	struct store_txn *reader;
	desk_open(&desk, STORE_WRITER_STEPPED);
	uint64_t before = check_log(&desk);
	for (uint32_t i = 0; i < LIMIT_WRITER_QUEUE; i++) {
		save(&desk, i);
		check_ok(node_flush(desk.node));
	}
	save(&desk, LIMIT_WRITER_QUEUE);
	assert_int_equal(node_flush(desk.node), ERR_FULL);
	store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	check_ok(node_begin_read(desk.node, &reader)); /* the store cannot be opened again meanwhile */
	store_writer_step(desk.writer);
	node_poll(desk.node);
	assert_int_equal(desk.saved_count + desk.failed_count, 0);
	store_abort(reader);
	settle(&desk);
	assert_int_equal(desk.saved_count, LIMIT_WRITER_QUEUE);
	assert_int_equal(desk.failed_count, 1);
	assert_int_equal(check_log(&desk), before + LIMIT_WRITER_QUEUE);
	save_many(&desk, LIMIT_WRITER_QUEUE, LIMIT_WRITER_QUEUE + DOSSIERS);
	assert_int_equal(check_log(&desk), before + LIMIT_WRITER_QUEUE + DOSSIERS);
	check_values(&desk, LIMIT_WRITER_QUEUE + DOSSIERS);
	desk_close(&desk);
}

/* A checkpoint that could not begin marks no batch as one: a document whose rows are under way is not taken for stored. */
static void a_checkpoint_that_could_not_begin_counts_for_nothing(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_STEPPED);
	save_many(&desk, 0, DOSSIERS);
	check_ok(node_checkpoint(desk.node, true));
	settle(&desk);
	store_mem_fail_commit(desk.store, 1, ERR_UNCERTAIN, STORE_MEM_LOST);
	save(&desk, DOSSIERS);
	check_ok(node_flush(desk.node));
	store_writer_step(desk.writer);
	assert_int_equal(node_checkpoint(desk.node, true), ERR_UNCERTAIN); /* nobody was told yet */
	settle(&desk);
	save_many(&desk, DOSSIERS + 1, 2 * DOSSIERS);
	for (uint32_t i = 2 * DOSSIERS; i < 3 * DOSSIERS; i++)
		save(&desk, i);
	check_ok(node_checkpoint(desk.node, true));
	docs_evict(desk.node->docs, 0);
	check_values(&desk, 3 * DOSSIERS);
	settle(&desk);
	check_values(&desk, 3 * DOSSIERS);
	desk_close(&desk);
}

/* Asked for again before its batch is submitted, a checkpoint is the one that is there: what it saves can leave memory once committed. */
static void a_batch_holds_one_checkpoint(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_STEPPED);
	for (uint32_t i = 0; i < DOSSIERS; i++)
		save(&desk, i);
	check_ok(node_checkpoint(desk.node, true));
	for (uint32_t i = DOSSIERS; i < 2 * DOSSIERS; i++)
		save(&desk, i);
	check_ok(node_checkpoint(desk.node, true));
	settle(&desk);
	check_ok(node_checkpoint(desk.node, true));
	settle(&desk);
	docs_evict(desk.node->docs, 0);
	assert_int_equal(docs_bytes(desk.node->docs), 0);
	check_values(&desk, 2 * DOSSIERS);
	desk_close(&desk);
}

static uint64_t versions_end(struct desk *desk)
{
	struct store_txn *txn;
	uint64_t end;
	check_ok(node_begin_read(desk->node, &txn));
	check_ok(vault_versions_end(desk->vault, txn, &end));
	store_abort(txn);
	return end;
}

/* A batch that only removes rows reserves no row versions: those after it do, so that the next session begins behind this one. */
static void removing_first_leaves_the_row_versions_to_be_reserved(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk, STORE_WRITER_STEPPED);
	check_ok(node_put_local(desk.node, "draft", span_text("text"), NULL, NULL));
	settle(&desk);
	uint64_t first = versions_end(&desk);
	close_node(&desk);
	open_node(&desk);
	check_ok(node_put_local(desk.node, "draft", (struct span){NULL, 0}, NULL, NULL));
	settle(&desk);
	save_many(&desk, 0, DOSSIERS);
	assert_true(versions_end(&desk) > first);
	desk_close(&desk);
}

/* ---- A storm ---- */

enum { STORM_SEEDS = 60, STORM_STEPS = 700 };

/* One save of a storm, and the greatest number per dossier that was told as saved. */
struct storm {
	struct desk desk;
	struct rng rng;
	struct store_txn *reader;
	uint32_t next, told[DOSSIERS];
};

struct storm_save {
	struct storm *storm;
	uint32_t number;
};

static void storm_told(void *context, int result)
{
	struct storm_save *saved = context;
	uint32_t *told_ = &saved->storm->told[saved->number % DOSSIERS];
	if (result == 0 && saved->number > *told_)
		*told_ = saved->number;
	mem_free(saved);
}

/* May be refused: the disk is full, or what came of a commit is not known. */
static void storm_write(struct storm *storm)
{
	struct record_id id = dossier_of(storm->next);
	struct node_change change;
	struct crdt_path path;
	struct buf value = {0};
	if (node_change_begin(storm->desk.node, SCHEMA_DOC_DOSSIER, &id, &change))
		return;
	struct storm_save *saved = mem_zero(1, sizeof(*saved));
	*saved = (struct storm_save){storm, storm->next++};
	path_of_field(&path);
	mpack_put_uint(&value, saved->number);
	check_ok(crdt_doc_set(
	        change.doc, &change.builder, crdt_path_span(&path), buf_span(&value), span_text("")));
	if (node_change_finish(storm->desk.node, &change, NULL, storm_told, saved))
		mem_free(saved);
	buf_close(&value);
}

static void storm_fault(struct storm *storm)
{
	static const struct {
		int error;
		enum store_mem_outcome outcome;
	} faults[] = {{ERR_NOSPACE, STORE_MEM_LOST}, {ERR_UNCERTAIN, STORE_MEM_LOST},
	        {ERR_UNCERTAIN, STORE_MEM_APPLIED}};
	uint32_t kind = (uint32_t)rng_below(&storm->rng, 6);
	if (kind < 3)
		store_mem_fail_commit(storm->desk.store, 1 + (uint32_t)rng_below(&storm->rng, 2),
		        faults[kind].error, faults[kind].outcome);
}

/* Somebody begins to read, or ends: the store cannot be opened again meanwhile. */
static void storm_reader(struct storm *storm)
{
	if (storm->reader) {
		store_abort(storm->reader);
		storm->reader = NULL;
	} else if (node_begin_read(storm->desk.node, &storm->reader)) {
		storm->reader = NULL;
	}
}

static void storm_step(struct storm *storm)
{
	struct desk *desk = &storm->desk;
	uint32_t kind = (uint32_t)rng_below(&storm->rng, 16);
	if (kind < 5)
		storm_write(storm);
	else if (kind < 8)
		node_flush(desk->node);
	else if (kind < 10)
		store_writer_step(desk->writer);
	else if (kind < 12)
		node_poll(desk->node);
	else if (kind == 12)
		storm_fault(storm);
	else if (kind == 13)
		storm_reader(storm);
	else if (kind == 14)
		node_checkpoint(desk->node, true);
	else
		docs_evict(desk->node->docs, 0);
}

/* Chains and signatures hold, and no dossier is behind what was told. */
static void storm_check(struct storm *storm)
{
	check_log(&storm->desk);
	for (uint32_t i = 0; i < DOSSIERS; i++)
		assert_true(value_of(&storm->desk, i) >= storm->told[i]);
}

/* Saves, commits, faults, readers and checkpoints in any order, then calm, then a restart. */
static void whatever_happens_nothing_told_saved_is_lost(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= STORM_SEEDS; seed++) {
		struct storm storm = {.rng = rng_new(seed), .next = DOSSIERS};
		desk_open(&storm.desk, STORE_WRITER_STEPPED);
		save_many(&storm.desk, 0, DOSSIERS);
		for (uint32_t step = 0; step < STORM_STEPS; step++)
			storm_step(&storm);
		store_abort(storm.reader);
		store_mem_fail_commit(storm.desk.store, 0, ERR_NOSPACE, STORE_MEM_LOST);
		settle(&storm.desk);
		if (storm.desk.node->stopped)
			fail_msg("seed %u: the node stopped", seed);
		storm_check(&storm);
		close_node(&storm.desk);
		open_node(&storm.desk);
		storm_check(&storm);
		desk_close(&storm.desk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(saves_are_sealed_by_the_writer),
	        cmocka_unit_test(a_full_disk_loses_nothing_that_was_told_saved),
	        cmocka_unit_test(an_uncertain_commit_is_repeated),
	        cmocka_unit_test(nothing_is_submitted_after_a_refused_batch),
	        cmocka_unit_test(saves_wait_while_a_commit_is_in_doubt),
	        cmocka_unit_test(nothing_is_repeated_behind_a_batch_that_was_given_up),
	        cmocka_unit_test(reading_again_waits_for_what_is_in_doubt),
	        cmocka_unit_test(a_checkpoint_that_could_not_begin_counts_for_nothing),
	        cmocka_unit_test(a_batch_holds_one_checkpoint),
	        cmocka_unit_test(removing_first_leaves_the_row_versions_to_be_reserved),
	        cmocka_unit_test(whatever_happens_nothing_told_saved_is_lost),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-writer", tests, NULL, NULL);
}
