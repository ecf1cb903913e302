/*
 * A device's database whose derived rows were damaged, and that the check names them; log and rows apart: tests/store/test_scrub.c.
 */
#include "tests/lib/check.h"

#include <sodium.h>
#include <stdio.h>

#include "node/node_check.h"
#include "node/node_digest.h"
#include "node/node_import.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "tests/lib/device.h"

static const struct record_id patient = {{9, 9, 9}};
enum { SECTION = 2, NAME = 1 };

struct world {
	uv_loop_t loop;
	struct device device;
	struct buf found; /* a line per fault */
	struct node_check_counts counts;
};

static bool saved(void *context)
{
	return node_idle(((struct world *)context)->device.node);
}

static void settle(struct world *world)
{
	devices_run(&world->loop, saved, world);
}

static void checkpoint(struct world *world)
{
	check_ok(node_checkpoint(world->device.node, true));
	settle(world);
}

static void import_line(struct world *world, struct import *import, const char *line)
{
	bool is_bad;
	check_code(node_import_line(world->device.node, import, span_text(line), &is_bad), NODE_IMPORT_TAKEN);
}

/* A team of one with one patient by hand, one imported, visits in two months, and a checkpoint. */
static void open_world(struct world *world)
{
	struct person_id person;
	memset(world, 0, sizeof(*world));
	uv_loop_init(&world->loop);
	device_open(&world->device, &world->loop, 1);
	check_ok(node_found_team(world->device.node, &person, NULL, NULL));
	check_ok(node_name_person(world->device.node, &person, span_text("Anna")));
	device_save(&world->device, SCHEMA_DOC_DOSSIER, &patient, SECTION, NAME, "Martin");
	settle(world);
	struct import *import = import_new(node_team(world->device.node));
	import_line(world, import,
	        "{\"t\":\"nurse\",\"id\":\"n00\",\"at\":1610928000,\"by\":0,\"lastName\":\"Robert\","
	        "\"firstName\":\"Monique\"}");
	import_line(world, import,
	        "{\"t\":\"patient\",\"id\":\"p1\",\"at\":1610956806,\"by\":0,\"lastName\":\"Petit\","
	        "\"firstName\":\"Luc\"}");
	for (int i = 0; i < 2; i++) {
		char line[256];
		snprintf(line, sizeof(line),
		        "{\"t\":\"visit\",\"id\":\"v%d\",\"at\":%d,\"by\":0,\"patient\":\"p1\",\"nurse\":"
		        "\"n00\",\"start\":%d,\"end\":%d,\"place\":\"domicile\"}",
		        i, 1610960000 + i * 2678400, 1610957000 + i * 2678400, 1610958000 + i * 2678400);
		import_line(world, import, line);
	}
	import_free(import);
	settle(world);
	checkpoint(world);
}

static void close_world(struct world *world)
{
	device_close(&world->device, &world->loop);
	check_ok(uv_loop_close(&world->loop));
	buf_close(&world->found);
}

/* ---- Looking ---- */

static void on_found(void *context, const struct scrub_fault *fault)
{
	struct world *world = context;
	char line[128];
	snprintf(line, sizeof(line), "%s %s%s %d-%d\n", store_table_name(fault->table),
	        scrub_what_name(fault->what), fault->has_feed ? " feed" : "", (int)fault->first,
	        (int)fault->last);
	buf_add_span(&world->found, span_text(line));
}

static const char *look(struct world *world)
{
	struct node_check *check;
	int result;
	buf_clear(&world->found);
	check_ok(node_check_new(
	        world->device.store, world->device.vault, &world->device.env, on_found, world, &check));
	while ((result = node_check_step(check)) == 1)
		;
	check_ok(result);
	world->counts = node_check_counts(check);
	node_check_free(check);
	buf_add(&world->found, "", 1);
	return (const char *)world->found.data;
}

/* ---- Damage ---- */

/* The n-th row of a table. */
static struct span row_key(struct world *world, enum store_table table, unsigned n, uint8_t space[65])
{
	struct store_txn *txn;
	struct span key = {NULL, 0}, value;
	size_t size = 1;
	space[0] = 0;
	check_ok(store_begin(world->device.store, false, &txn));
	for (unsigned i = 0; i <= n; i++) {
		check_ok(store_seek(txn, table, STORE_FIRST_FROM, span_of(space, size), &key, &value));
		memcpy(space, key.data, key.size);
		space[key.size] = 0;
		size = key.size + 1;
	}
	store_abort(txn);
	return span_of(space, size - 1);
}

static void apply(struct world *world, struct store_batch *batch)
{
	const struct store_batch *batches[] = {batch};
	check_ok(store_apply(world->device.store, batches, 1));
	store_batch_close(batch);
}

static void put_raw(struct world *world, enum store_table table, struct span key, struct span value)
{
	struct store_batch batch = {0};
	check_ok(store_batch_put(&batch, table, key, value));
	apply(world, &batch);
}

static void remove_raw(struct world *world, enum store_table table, struct span key)
{
	struct store_batch batch = {0};
	check_ok(store_batch_remove(&batch, table, key));
	apply(world, &batch);
}

static struct span state_key(uint8_t number)
{
	static uint8_t key[5];
	memcpy(key, (uint8_t[]){1, 0, 0, 0, number}, sizeof(key));
	return span_of(key, sizeof(key));
}

static void get_raw(struct world *world, enum store_table table, struct span key, struct buf *out)
{
	struct store_txn *txn;
	struct span value;
	check_ok(store_begin(world->device.store, false, &txn));
	check_ok(store_get(txn, table, key, &value));
	buf_clear(out);
	buf_add_span(out, value);
	store_abort(txn);
}

/* ---- Tests ---- */

static void a_whole_database_is_whole(void **state)
{
	(void)state;
	struct world world;
	open_world(&world);
	assert_string_equal(look(&world), "");
	assert_int_equal(world.counts.derived, NODE_CHECK_COMPARED);
	assert_int_equal(world.counts.documents, node_doc_count(world.device.node));
	assert_int_equal(world.counts.months, 2);
	/* what came after the checkpoint is the log's alone */
	device_save(&world.device, SCHEMA_DOC_DOSSIER, &patient, SECTION, NAME, "Durand");
	check_ok(node_acknowledge(world.device.node));
	settle(&world);
	assert_string_equal(look(&world), "");
	close_world(&world);
}

/* Somebody began a new patient's dossier and saved nothing. */
static void a_document_that_came_to_nothing_is_no_fault(void **state)
{
	(void)state;
	struct world world;
	struct node_change change;
	const struct record_id other = {{3, 3, 3}};
	open_world(&world);
	check_ok(node_change_begin(world.device.node, SCHEMA_DOC_DOSSIER, &other, &change));
	node_change_drop(&change);
	device_save(&world.device, SCHEMA_DOC_DOSSIER, &patient, SECTION, NAME, "Morvan");
	settle(&world);
	checkpoint(&world);
	assert_string_equal(look(&world), "");
	close_world(&world);
}

static void without_a_checkpoint_the_log_counts(void **state)
{
	(void)state;
	struct world world;
	open_world(&world);
	remove_raw(&world, STORE_META, span_text("checkpoint"));
	assert_string_equal(look(&world), "");
	assert_int_equal(world.counts.derived, NODE_CHECK_NONE);
	assert_int_equal(world.counts.documents, 0);
	close_world(&world);
}

static void an_altered_document_or_index_is_found(void **state)
{
	(void)state;
	struct world world;
	uint8_t space[65];
	open_world(&world);
	check_ok(store_mem_flip_bit(world.device.store, STORE_DOC, state_key(1), 500));
	assert_string_equal(look(&world), "doc unreadable 0-0\n");
	close_world(&world);
	open_world(&world);
	check_ok(store_mem_flip_bit(
	        world.device.store, STORE_INDEX, row_key(&world, STORE_INDEX, 1, space), 400));
	assert_string_equal(look(&world), "index unreadable 0-0\n");
	assert_int_equal(world.counts.derived, NODE_CHECK_COMPARED);
	close_world(&world);
}

/* A disk that brings back an older row, which opens. */
static void a_document_put_back_is_found(void **state)
{
	(void)state;
	struct world world;
	struct buf older = {0};
	open_world(&world);
	uint32_t number;
	assert_true(docs_find(world.device.node->docs, SCHEMA_DOC_DOSSIER, &patient, &number));
	get_raw(&world, STORE_DOC, state_key((uint8_t)number), &older);
	device_save(&world.device, SCHEMA_DOC_DOSSIER, &patient, SECTION, NAME, "Durand");
	settle(&world);
	checkpoint(&world);
	assert_string_equal(look(&world), "");
	put_raw(&world, STORE_DOC, state_key((uint8_t)number), buf_span(&older));
	assert_string_equal(look(&world), "doc differs 0-0\n");
	buf_close(&older);
	close_world(&world);
}

static bool look_at(void *context, const struct node_digest *digest)
{
	(void)context;
	(void)digest;
	return true;
}

/* What lists need of a dossier, of an older state of it. */
static void a_digest_put_back_is_found(void **state)
{
	(void)state;
	struct world world;
	struct buf older = {0};
	uint32_t number;
	open_world(&world);
	assert_true(docs_find(world.device.node->docs, SCHEMA_DOC_DOSSIER, &patient, &number));
	const uint8_t bytes[5] = {3, 0, 0, 0, (uint8_t)number};
	const struct span key = span_of(bytes, sizeof(bytes));
	check_ok(node_digest_each(world.device.node, DIGEST_WHO, look_at, NULL));
	checkpoint(&world);
	get_raw(&world, STORE_DOC, key, &older);
	device_save(&world.device, SCHEMA_DOC_DOSSIER, &patient, SECTION, NAME, "Durand");
	check_ok(node_digest_each(world.device.node, DIGEST_WHO, look_at, NULL));
	settle(&world);
	checkpoint(&world);
	assert_string_equal(look(&world), "");
	put_raw(&world, STORE_DOC, key, buf_span(&older));
	assert_string_equal(look(&world), "doc differs 0-0\n");
	buf_close(&older);
	close_world(&world);
}

static void a_checkpoint_put_back_is_found(void **state)
{
	(void)state;
	struct world world;
	struct buf older = {0};
	open_world(&world);
	get_raw(&world, STORE_META, span_text("checkpoint"), &older);
	device_save(&world.device, SCHEMA_DOC_DOSSIER, &patient, SECTION, NAME, "Durand");
	settle(&world);
	checkpoint(&world);
	put_raw(&world, STORE_META, span_text("checkpoint"), buf_span(&older));
	assert_string_equal(look(&world), "doc differs 0-0\n");
	buf_close(&older);
	close_world(&world);
}

static void missing_derived_rows_are_found(void **state)
{
	(void)state;
	struct world world;
	uint8_t space[65];
	open_world(&world);
	remove_raw(&world, STORE_DOC, state_key(1));
	assert_string_equal(look(&world), "doc malformed 0-0\n");
	close_world(&world);
	open_world(&world);
	remove_raw(&world, STORE_INDEX, row_key(&world, STORE_INDEX, 0, space));
	assert_string_equal(look(&world), "index missing 0-0\n");
	close_world(&world);
	open_world(&world); /* the directory's only page: all documents */
	remove_raw(&world, STORE_DOC, row_key(&world, STORE_DOC, 0, space));
	const char *found = look(&world);
	for (uint32_t i = 0; i < node_doc_count(world.device.node); i++, found += strlen("doc missing 0-0\n"))
		assert_int_equal(strncmp(found, "doc missing 0-0\n", strlen("doc missing 0-0\n")), 0);
	assert_string_equal(found, "index differs 0-0\nindex differs 0-0\n");
	close_world(&world);
}

static void an_index_row_too_many_is_found(void **state)
{
	(void)state;
	struct world world;
	struct store_batch batch = {0};
	uint8_t key[VAULT_NAME_BYTES] = {7};
	open_world(&world);
	check_ok(vault_batch_put(
	        world.device.vault, &batch, STORE_INDEX, span_of(key, sizeof(key)), span_text("x")));
	apply(&world, &batch);
	assert_string_equal(look(&world), "index extra 0-0\n");
	close_world(&world);
}

/* The last run of a feed, which nothing builds on: the checkpoint and this device's own receipt know of it. */
static void a_missing_end_is_found(void **state)
{
	(void)state;
	struct world world;
	open_world(&world);
	unsigned last = 0;
	struct log *log = node_log(world.device.node);
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (log_feed(log, i)->compartment == COMPARTMENT_CLINICAL)
			last = i;
	const uint64_t seq = log_feed(log, last)->committed_seq;
	uint8_t key[12] = {0, 0, 0, (uint8_t)last};
	/* its runs: the one by hand, then the imported ones together */
	key[11] = 2;
	check_ok(node_acknowledge(world.device.node));
	settle(&world);
	remove_raw(&world, STORE_LOG, span_of(key, sizeof(key)));
	const char *found = look(&world);
	char want[64];
	snprintf(want, sizeof(want), "log missing feed 2-%d\n", (int)seq);
	if (!strstr(found, want))
		fail_msg("%s is not in %s", want, found);
	close_world(&world);
}

static void a_log_that_cannot_be_replayed_is_said(void **state)
{
	(void)state;
	struct world world;
	uint8_t space[65];
	open_world(&world);
	check_ok(
	        store_mem_flip_bit(world.device.store, STORE_LOG, row_key(&world, STORE_LOG, 0, space), 900));
	assert_memory_equal(look(&world), "log unreadable feed 1-", 22);
	assert_int_equal(world.counts.derived, NODE_CHECK_UNREPLAYED);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_whole_database_is_whole),
	        cmocka_unit_test(a_document_that_came_to_nothing_is_no_fault),
	        cmocka_unit_test(without_a_checkpoint_the_log_counts),
	        cmocka_unit_test(an_altered_document_or_index_is_found),
	        cmocka_unit_test(a_document_put_back_is_found),
	        cmocka_unit_test(a_digest_put_back_is_found),
	        cmocka_unit_test(a_checkpoint_put_back_is_found),
	        cmocka_unit_test(missing_derived_rows_are_found),
	        cmocka_unit_test(an_index_row_too_many_is_found),
	        cmocka_unit_test(a_missing_end_is_found),
	        cmocka_unit_test(a_log_that_cannot_be_replayed_is_said),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-check", tests, NULL, NULL);
}
