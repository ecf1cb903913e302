#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "node/docs.h"
#include "node/keyring/pack.h"
#include "store/store_mem.h"
#include "tests/lib/seeded.h"

/* A node's documents over a store in memory, and one author who writes incompressible values into one of them. */
struct world {
	struct seeded seeded;
	struct store *store;
	struct vault *vault;
	struct body_codec codec;
	struct docs *docs;
	uint32_t number; /* of the document that is written, and its id */
	struct record_id id;
	struct entry_ref last; /* entry written */
	bool puts_off; /* what is written next finds the document on the disk only */
};

static const struct record_id DOC = {{9}};
enum { KIND = 1, VALUE_BYTES = 250000 };

static void world_open(struct world *world)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {1, 2, 3};
	*world = (struct world){.id = DOC, .last = {{{5}}, 0}};
	seeded_init(&world->seeded, 1);
	world->store = store_mem_new();
	check_ok(vault_new(world->store, key, &world->seeded.env, &world->vault));
	body_codec_init(&world->codec);
	world->docs = docs_new(world->vault, &world->codec);
	check_ok(docs_add(world->docs, KIND, &DOC, &world->number));
}

static void world_close(struct world *world)
{
	docs_free(world->docs);
	body_codec_close(&world->codec);
	vault_free(world->vault);
	store_close(world->store);
}

static struct crdt_doc *get(struct world *world)
{
	struct store_txn *txn;
	struct crdt_doc *doc;
	check_ok(store_begin(world->store, false, &txn));
	check_ok(docs_get(world->docs, txn, world->number, &doc));
	store_abort(txn);
	return doc;
}

/* One change: field `field` becomes `size` random bytes, in place of what it was. */
static void set_field(struct world *world, uint32_t field, size_t size)
{
	struct crdt_doc *doc = get(world);
	struct crdt_builder builder;
	struct crdt_path path = {0};
	struct crdt_change change;
	struct buf value = {0}, raw = {0};
	world->last.seq++;
	crdt_builder_begin(&builder, &world->last, KIND, world->id, NULL, 0);
	crdt_path_field(&path, field);
	uint8_t *bytes = mem_alloc(size);
	rng_bytes(&world->seeded.rng, bytes, size);
	mpack_put_bin(&value, span_of(bytes, size));
	check_ok(crdt_doc_set(doc, &builder, crdt_path_span(&path), buf_span(&value), span_text("")));
	check_ok(crdt_builder_finish_open(&builder, &raw, &change));
	struct crdt_meta meta = {
	        .feed = world->last.feed, .seq = world->last.seq, .lamport = world->last.seq};
	change.meta = &meta;
	if (world->puts_off) {
		docs_evict(world->docs, 0);
		assert_true(docs_put_off(world->docs, world->number, &change));
	} else {
		docs_apply(world->docs, world->number, &change);
		assert_int_equal(crdt_doc_applied(doc, &meta.feed), meta.seq);
	}
	crdt_builder_close(&builder);
	mem_free(bytes);
	buf_close(&value);
	buf_close(&raw);
}

static void save(struct world *world)
{
	struct store_batch batch = {0};
	const struct store_batch *batches[] = {&batch};
	struct store_txn *txn;
	check_ok(store_begin(world->store, false, &txn));
	check_ok(docs_save(world->docs, txn, &batch));
	store_abort(txn);
	check_ok(store_apply(world->store, batches, 1));
	docs_saved(world->docs);
	store_batch_close(&batch);
}

/* Reads everything again from the store; the document is as it was. */
static void check_reloaded(struct world *world)
{
	struct buf before = {0}, after = {0};
	struct store_txn *txn;
	const uint32_t count = docs_count(world->docs);
	crdt_doc_save(get(world), &before);
	check_ok(store_begin(world->store, false, &txn));
	check_ok(docs_load(world->docs, txn));
	store_abort(txn);
	assert_int_equal(docs_count(world->docs), count);
	assert_false(docs_in_memory(world->docs, world->number));
	crdt_doc_save(get(world), &after);
	check_span(buf_span(&after), buf_span(&before));
	buf_close(&before);
	buf_close(&after);
}

static uint32_t row_count(struct world *world, uint8_t what)
{
	struct store_txn *txn;
	struct span key, value;
	uint8_t from[64] = {what};
	size_t from_size = 1;
	uint32_t count = 0;
	check_ok(store_begin(world->store, false, &txn));
	while (store_seek(txn, STORE_DOC, STORE_FIRST_FROM, span_of(from, from_size), &key, &value) == 0 &&
	        key.data[0] == what) {
		count++;
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		from_size = key.size + 1;
	}
	store_abort(txn);
	return count;
}

enum { ROW_STATE = 1, ROW_PIECE = 2 };

/* Over the size of one row it stands in pieces, and no checkpoint is held up by it; shrunk, it is one row again. */
static void a_large_document_is_saved_in_pieces(void **state)
{
	(void)state;
	struct world world;
	world_open(&world);
	set_field(&world, 1, 10);
	save(&world);
	check_reloaded(&world);
	assert_int_equal(row_count(&world, ROW_STATE), 1);
	for (uint32_t field = 2; field < 22; field++) /* 5 MB: more than a row holds */
		set_field(&world, field, VALUE_BYTES);
	save(&world);
	check_reloaded(&world);
	assert_int_equal(row_count(&world, ROW_STATE), 0);
	assert_int_equal(row_count(&world, ROW_PIECE), 3);
	for (uint32_t field = 2; field < 12; field++)
		set_field(&world, field, 10);
	save(&world);
	check_reloaded(&world);
	assert_int_equal(row_count(&world, ROW_PIECE), 2);
	for (uint32_t field = 12; field < 22; field++)
		set_field(&world, field, 10);
	save(&world);
	check_reloaded(&world);
	assert_int_equal(row_count(&world, ROW_STATE), 1);
	assert_int_equal(row_count(&world, ROW_PIECE), 0);
	world_close(&world);
}

static void a_missing_piece_is_noticed(void **state)
{
	(void)state;
	static const uint8_t second[] = {ROW_PIECE, 0, 0, 0, 0, 0, 0, 0, 1};
	struct world world;
	struct store_txn *txn;
	struct crdt_doc *doc;
	world_open(&world);
	for (uint32_t field = 1; field < 20; field++)
		set_field(&world, field, VALUE_BYTES);
	save(&world);
	check_ok(store_begin(world.store, true, &txn));
	check_ok(store_remove(txn, STORE_DOC, span_of(second, sizeof(second))));
	check_ok(store_commit(txn));
	check_ok(store_begin(world.store, false, &txn));
	check_ok(docs_load(world.docs, txn));
	check_code(docs_get(world.docs, txn, world.number, &doc), ERR_CORRUPT);
	store_abort(txn);
	world_close(&world);
}

/* A document that could not be read is not counted as saved: the next time it is written with what came meanwhile. */
static void what_could_not_be_saved_is_saved_later(void **state)
{
	(void)state;
	struct world world;
	struct store_batch batch = {0};
	struct store_txn *txn;
	world_open(&world);
	set_field(&world, 1, 100);
	save(&world);
	world.puts_off = true;
	set_field(&world, 2, 100);
	check_ok(store_begin(world.store, false, &txn));
	store_mem_fail_reads(world.store, 0, 1);
	assert_int_equal(docs_save(world.docs, txn, &batch), ERR_IO);
	store_abort(txn);
	assert_true(store_batch_is_empty(&batch));
	save(&world);
	check_reloaded(&world);
	world_close(&world);
}

/* The second of two documents cannot be read: neither is written, and both are by the next time. */
static void what_fails_halfway_is_not_written(void **state)
{
	static const struct record_id OTHER = {{7}};
	struct world world;
	struct store_batch batch = {0};
	struct store_txn *txn;
	(void)state;
	world_open(&world);
	for (uint32_t field = 1; field < 10; field++)
		set_field(&world, field, VALUE_BYTES); /* in pieces */
	world.id = OTHER;
	check_ok(docs_add(world.docs, KIND, &OTHER, &world.number));
	set_field(&world, 1, 10);
	save(&world);
	world.puts_off = true;
	set_field(&world, 2, 10);
	world.puts_off = false;
	world.id = DOC;
	world.number = 0;
	for (uint32_t field = 1; field < 10; field++)
		set_field(&world, field, 10); /* in one row */
	check_ok(store_batch_put(&batch, STORE_LOCAL, span_text("before"), span_text("")));
	const size_t bytes = batch.bytes.size;
	check_ok(store_begin(world.store, false, &txn));
	store_mem_fail_reads(world.store, 0, 1);
	check_code(docs_save(world.docs, txn, &batch), ERR_IO);
	store_abort(txn);
	assert_int_equal(batch.bytes.size, bytes);
	assert_int_equal(batch.count, 1);
	store_batch_close(&batch);
	save(&world);
	check_reloaded(&world);
	assert_int_equal(row_count(&world, ROW_STATE), 2);
	assert_int_equal(row_count(&world, ROW_PIECE), 0);
	world.number = 1;
	check_reloaded(&world);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_large_document_is_saved_in_pieces),
	        cmocka_unit_test(a_missing_piece_is_noticed),
	        cmocka_unit_test(what_could_not_be_saved_is_saved_later),
	        cmocka_unit_test(what_fails_halfway_is_not_written),
	};
	return cmocka_run_group_tests_name("docs", tests, NULL, NULL);
}
