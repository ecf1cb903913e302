/*
 * The access log over a store in memory: its bytes, what is noted once, failing commits, expiry, and every kind of tampering; then inside a
 * node, with erasing.
 */
#include "tests/lib/check.h"

#include <sodium.h>
#include <stdio.h>

#include "node/access/access_log.h"
#include "node/node_access.h"
#include "node/node_state.h"
#include "node/schema/schema.h"
#include "store/store_mem.h"
#include "tests/lib/device.h"
#include "tests/lib/seeded.h"

static const struct person_id anna = {{1}}, bea = {{2}};

struct world {
	struct seeded seeded;
	struct store *store;
	struct vault *vault;
	struct access_log *log;
	struct buf found; /* a line per fault */
};

static void open_log(struct world *world)
{
	static const uint8_t key[VAULT_KEY_BYTES] = {7};
	check_ok(vault_new(world->store, key, &world->seeded.env, &world->vault));
	world->log = access_log_new(world->store, world->vault, &world->seeded.env);
}

static void close_log(struct world *world)
{
	access_log_free(world->log);
	vault_free(world->vault);
}

static void open_world(struct world *world)
{
	memset(world, 0, sizeof(*world));
	seeded_init(&world->seeded, 1);
	world->store = store_mem_new();
	open_log(world);
}

static void close_world(struct world *world)
{
	close_log(world);
	store_close(world->store);
	buf_close(&world->found);
}

static void restart(struct world *world)
{
	close_log(world);
	open_log(world);
}

static void write_log(struct world *world)
{
	struct store_batch batch = {0};
	const struct store_batch *batches[] = {&batch};
	assert_true(access_log_waits(world->log));
	check_ok(access_log_put(world->log, &batch));
	check_ok(store_apply(world->store, batches, 1));
	store_batch_close(&batch);
	access_log_done(world->log, 0);
}

static void note(struct world *world, uint8_t patient)
{
	const struct access_patient named = {{patient, 9}};
	check_ok(access_log_note(world->log, ACCESS_RECORD, &anna, &named, 0));
}

/* `count` patients, written `per_batch` at a time, an hour apart. */
static void note_many(struct world *world, uint32_t count, uint32_t per_batch)
{
	for (uint32_t i = 0; i < count; i++) {
		note(world, (uint8_t)i);
		if ((i + 1) % per_batch == 0) {
			write_log(world);
			world->seeded.now_ms += 3600000;
		}
	}
	if (count % per_batch)
		write_log(world);
}

static struct access_head head_of(struct world *world)
{
	struct access_head head = {0};
	struct store_txn *txn;
	check_ok(store_begin(world->store, false, &txn));
	check_ok(access_head_read(world->vault, txn, &head));
	store_abort(txn);
	return head;
}

static void on_found(void *context, const struct scrub_fault *fault)
{
	struct world *world = context;
	char line[96];
	assert_int_equal(fault->table, STORE_LOCAL);
	snprintf(line, sizeof(line), "%s %d-%d\n", scrub_what_name(fault->what), (int)fault->first,
	        (int)fault->last);
	buf_add_span(&world->found, span_text(line));
}

static const char *look(struct world *world)
{
	struct store_txn *txn;
	buf_clear(&world->found);
	check_ok(store_begin(world->store, false, &txn));
	check_ok(access_log_check(world->vault, txn, on_found, world));
	store_abort(txn);
	buf_add(&world->found, "", 1);
	return (const char *)world->found.data;
}

/* "1 begin, 2 record ..." */
static int add_row(void *context, const struct access_row *row, const struct access_chain *before,
        const struct access_chain *after)
{
	char line[64], kind[ACCESS_KIND_BYTES];
	(void)before;
	(void)after;
	snprintf(line, sizeof(line), "%d %s %d\n", (int)row->number, access_kind_name(row->kind, kind),
	        (int)row->detail);
	buf_add_span(context, span_text(line));
	return 0;
}

static const char *rows(struct world *world)
{
	struct store_txn *txn;
	struct access_head head = head_of(world);
	uint64_t unread;
	buf_clear(&world->found);
	check_ok(store_begin(world->store, false, &txn));
	check_ok(access_rows_read(world->vault, txn, &head, add_row, &world->found, &unread));
	store_abort(txn);
	buf_add(&world->found, "", 1);
	return (const char *)world->found.data;
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------ */

/* README.md, field by field. */
static void bytes_are_those_of_the_readme(void **state)
{
	(void)state;
	const struct access_row row = {.number = 0x0102030405060708,
	        .at_s = 0x1112131415161718,
	        .kind = ACCESS_NEWS,
	        .person = {{0xa0, 0xa1}},
	        .patient = {{0xb0, 0xb1}},
	        .detail = 20261126};
	static const uint8_t wanted[ACCESS_ROW_BYTES] = {8, 7, 6, 5, 4, 3, 2, 1, 0x18, 0x17, 0x16, 0x15, 0x14,
	        0x13, 0x12, 0x11, 18, 0xa0, 0xa1, [33] = 0xb0, 0xb1, [49] = 0x06, 0x29, 0x35, 0x01};
	uint8_t bytes[ACCESS_ROW_BYTES], hashed[15 + 32 + ACCESS_ROW_BYTES];
	struct access_chain chain = {{3}}, by_hand;
	access_row_encode(bytes, &row);
	assert_memory_equal(bytes, wanted, sizeof(wanted));
	struct access_row back = access_row_decode(bytes);
	access_row_encode(bytes, &back);
	assert_memory_equal(bytes, wanted, sizeof(wanted));
	memcpy(hashed, "releve access 1", 15);
	memcpy(hashed + 15, chain.bytes, 32);
	memcpy(hashed + 47, wanted, sizeof(wanted));
	crypto_generichash(by_hand.bytes, 32, hashed, sizeof(hashed), NULL, 0);
	access_chain_add(&chain, wanted);
	assert_memory_equal(&chain, &by_hand, sizeof(chain));
}

static void blocks_and_heads_of_nonsense_are_refused(void **state)
{
	(void)state;
	struct access_block block = {.first = 64, .count = 1}, out;
	struct access_head head = {.days = 365, .last = 3}, head_out;
	struct buf bytes = {0};
	access_row_encode(block.rows[0], &(struct access_row){.number = 64, .kind = ACCESS_RECORD});
	access_block_encode(&block, &bytes);
	check_ok(access_block_decode(buf_span(&bytes), &out));
	for (size_t cut = 0; cut < bytes.size; cut++)
		assert_int_not_equal(access_block_decode(span_of(bytes.data, cut), &out), 0);
	bytes.data[7] = '2';
	check_code(access_block_decode(buf_span(&bytes), &out), ERR_VERSION);
	buf_clear(&bytes);
	block.count = 2; /* over the end of the block that 64 is in */
	access_row_encode(block.rows[1], &(struct access_row){.number = 65, .kind = ACCESS_RECORD});
	access_block_encode(&block, &bytes);
	check_code(access_block_decode(buf_span(&bytes), &out), ERR_CORRUPT);
	buf_clear(&bytes);
	block.first = 63; /* rows that are numbered otherwise */
	access_block_encode(&block, &bytes);
	check_code(access_block_decode(buf_span(&bytes), &out), ERR_CORRUPT);
	buf_clear(&bytes);
	access_head_encode(&head, &bytes);
	check_ok(access_head_decode(buf_span(&bytes), &head_out));
	for (size_t cut = 0; cut < bytes.size; cut++)
		check_code(access_head_decode(span_of(bytes.data, cut), &head_out), ERR_CORRUPT);
	head.gone = 4;
	buf_clear(&bytes);
	access_head_encode(&head, &bytes);
	check_code(access_head_decode(buf_span(&bytes), &head_out), ERR_CORRUPT);
	buf_close(&bytes);
}

/* ---- Noting ----------------------------------------------------------------------------------------------------- */

static void an_access_is_noted_once_an_hour(void **state)
{
	struct world world;
	const struct access_patient first = {{1}}, second = {{2}};
	(void)state;
	open_world(&world);
	world.seeded.now_ms = UINT64_C(3600000) * 480000;
	check_ok(access_log_note(world.log, ACCESS_RECORD, &anna, &first, 0));
	check_code(access_log_note(world.log, ACCESS_RECORD, &anna, &first, 0), ACCESS_KNOWN);
	check_ok(access_log_note(world.log, ACCESS_RECORD, &bea, &first, 0));
	check_ok(access_log_note(world.log, ACCESS_RECORD, &anna, &second, 0));
	check_ok(access_log_note(world.log, ACCESS_HISTORY, &anna, &first, 0));
	check_ok(access_log_note(world.log, ACCESS_VISITS, &anna, NULL, 20261126));
	check_ok(access_log_note(world.log, ACCESS_VISITS, &anna, NULL, 20261127));
	write_log(&world);
	check_code(access_log_note(world.log, ACCESS_VISITS, &anna, NULL, 20261127), ACCESS_KNOWN);
	assert_false(access_log_waits(world.log));
	restart(&world);
	check_code(access_log_note(world.log, ACCESS_RECORD, &anna, &first, 0), ACCESS_KNOWN);
	check_ok(access_log_note(world.log, ACCESS_EXPORT, &anna, NULL, 0));
	check_ok(access_log_note(world.log, ACCESS_EXPORT, &anna, NULL, 0));
	world.seeded.now_ms += 3600000;
	check_ok(access_log_note(world.log, ACCESS_RECORD, &anna, &first, 0));
	write_log(&world);
	assert_string_equal(rows(&world),
	        "1 begin 0\n2 record 0\n3 record 0\n4 record 0\n5 history 0\n6 visits 20261126\n"
	        "7 visits 20261127\n8 export 0\n9 export 0\n10 record 0\n");
	assert_string_equal(look(&world), "");
	close_world(&world);
}

/* Rows of a batch that failed wait, take the same numbers later, and nothing is lost or doubled. */
static void a_failed_commit_loses_no_row(void **state)
{
	struct world world;
	struct store_batch batch = {0};
	(void)state;
	open_world(&world);
	note_many(&world, 70, 70);
	note(&world, 100);
	check_ok(access_log_put(world.log, &batch));
	assert_false(access_log_waits(world.log)); /* one batch at a time */
	note(&world, 101);
	store_batch_close(&batch);
	access_log_done(world.log, ERR_NOSPACE);
	assert_false(access_log_waits(world.log));
	world.seeded.now_ms += 60000;
	write_log(&world);
	assert_int_equal(head_of(&world).last, 73);
	assert_string_equal(look(&world), "");
	/* the log cannot be read: rows wait */
	restart(&world);
	store_mem_fail_reads(world.store, 0, 2);
	note(&world, 102);
	check_code(access_log_put(world.log, &batch), ERR_IO);
	assert_true(store_batch_is_empty(&batch));
	world.seeded.now_ms += 60000;
	write_log(&world);
	assert_int_equal(head_of(&world).last, 74);
	assert_string_equal(look(&world), "");
	close_world(&world);
}

static void what_could_not_be_kept_is_counted(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	for (uint64_t i = 0; i < LIMIT_ACCESS_ROWS + 5; i++)
		check_ok(access_log_note(world.log, ACCESS_VISITS, &anna, NULL, i));
	write_log(&world);
	struct access_head head = head_of(&world);
	assert_int_equal(head.last, 1 + LIMIT_ACCESS_ROWS + 1);
	assert_non_null(strstr(rows(&world), "8194 lost 5\n"));
	assert_string_equal(look(&world), "");
	assert_false(access_log_waits(world.log));
	close_world(&world);
}

/* ---- Expiry ----------------------------------------------------------------------------------------------------- */

#define DAY_MS UINT64_C(86400000)

static void rows_expire_and_the_rest_verifies(void **state)
{
	(void)state;
	for (uint32_t count = 1; count < 200; count += 9) {
		struct world world;
		open_world(&world);
		note_many(&world, count, 5);
		uint64_t last = head_of(&world).last;
		world.seeded.now_ms += 300 * DAY_MS;
		note(&world, 1);
		write_log(&world);
		assert_int_equal(head_of(&world).gone, 0);
		world.seeded.now_ms += 80 * DAY_MS;
		note(&world, 2);
		write_log(&world);
		assert_int_equal(head_of(&world).gone, last); /* all but that of eighty days ago */
		assert_int_equal(head_of(&world).last, last + 3);
		char wanted[96];
		snprintf(wanted, sizeof(wanted), "%d record 0\n%d expired %d\n%d record 0\n", (int)last + 1,
		        (int)last + 2, (int)last, (int)last + 3);
		assert_string_equal(rows(&world), wanted);
		assert_string_equal(look(&world), "");
		restart(&world);
		world.seeded.now_ms += 3600000;
		note_many(&world, 130, 13);
		assert_string_equal(look(&world), "");
		close_world(&world);
	}
}

static void rows_go_one_by_one_as_their_time_comes(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	for (int i = 0; i < 600; i++) {
		world.seeded.now_ms += DAY_MS;
		note(&world, 1);
		if (i % 50 == 0) {
			restart(&world); /* what waited is lost */
			note(&world, 1);
		}
		write_log(&world);
		struct access_head head = head_of(&world);
		assert_true(
		        head.last - head.gone <= 2 * 366 + 2); /* each day one, and one that says what went */
		assert_string_equal(look(&world), "");
	}
	check_ok(access_log_set_days(world.log, &anna, 180));
	check_code(access_log_set_days(world.log, &anna, 179), ERR_INVALID);
	write_log(&world);
	struct access_head head = head_of(&world);
	assert_int_equal(head.days, 180);
	assert_true(head.last - head.gone <= 2 * 181 + 3);
	assert_non_null(strstr(rows(&world), "period 180\n"));
	assert_string_equal(look(&world), "");
	close_world(&world);
}

/* Rows from a wrong clock neither take others with them nor stay for ever. */
static void clocks_that_were_wrong(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	const uint64_t now_ms = world.seeded.now_ms;
	note(&world, 1);
	world.seeded.now_ms = now_ms + 4000 * DAY_MS;
	note(&world, 2);
	world.seeded.now_ms = 0;
	note(&world, 3);
	world.seeded.now_ms = now_ms;
	write_log(&world);
	world.seeded.now_ms += DAY_MS;
	note(&world, 4);
	write_log(&world);
	assert_int_equal(head_of(&world).gone, 0); /* the oldest row that counts stands before them */
	world.seeded.now_ms += 366 * DAY_MS;
	note(&world, 5);
	write_log(&world);
	assert_int_equal(head_of(&world).gone, 5);
	assert_string_equal(look(&world), "");
	close_world(&world);
}

/* ---- Tampering -------------------------------------------------------------------------------------------------- */

static struct span local_key(
        struct world *world, unsigned n, uint8_t space[LIMIT_STORE_KEY_BYTES + 1], struct buf *value_out)
{
	struct store_txn *txn;
	struct span key = {NULL, 0}, value;
	size_t size = 1;
	space[0] = 0;
	check_ok(store_begin(world->store, false, &txn));
	for (unsigned i = 0; i <= n; i++) {
		check_ok(store_seek(txn, STORE_LOCAL, STORE_FIRST_FROM, span_of(space, size), &key, &value));
		memcpy(space, key.data, key.size);
		space[key.size] = 0;
		size = key.size + 1;
	}
	buf_clear(value_out);
	buf_add_span(value_out, value);
	store_abort(txn);
	return span_of(space, size - 1);
}

static void put(struct world *world, struct span key, struct span value)
{
	struct store_batch batch = {0};
	const struct store_batch *batches[] = {&batch};
	check_ok(value.size ? store_batch_put(&batch, STORE_LOCAL, key, value)
	                    : store_batch_remove(&batch, STORE_LOCAL, key));
	check_ok(store_apply(world->store, batches, 1));
	store_batch_close(&batch);
}

/* Each row of the table taken away, put back as it was before, or in another one's place. With all of the log, and with a scrub's help for rows that
 * do not open. */
static void every_row_that_is_touched_is_noticed(void **state)
{
	enum { ROWS = 5 }; /* four blocks, one of them cut by expiry, and the head */
	struct world world;
	uint8_t keys[ROWS][LIMIT_STORE_KEY_BYTES + 1];
	struct buf before[ROWS] = {{0}}, after[ROWS] = {{0}};
	struct span key[ROWS];
	(void)state;
	open_world(&world);
	note_many(&world, 70, 70);
	world.seeded.now_ms += 366 * DAY_MS;
	note_many(&world, 130, 65);
	for (unsigned i = 0; i < ROWS - 1; i++)
		local_key(&world, i, keys[i], &before[i]);
	world.seeded.now_ms += 3600000;
	note_many(&world, 70, 7);
	assert_string_equal(look(&world), "");
	for (unsigned i = 0; i < ROWS; i++)
		key[i] = local_key(&world, i, keys[i], &after[i]);
	for (unsigned i = 0; i < ROWS; i++) {
		put(&world, key[i], (struct span){NULL, 0});
		assert_string_not_equal(look(&world), "");
		put(&world, key[i], buf_span(&after[i]));
		assert_string_equal(look(&world), "");
	}
	for (unsigned i = 0; i < ROWS; i++) {
		buf_close(&before[i]);
		buf_close(&after[i]);
	}
	close_world(&world);
}

/* An older value of a block, or of the head, with all else as it is now. */
static void rows_put_back_are_noticed(void **state)
{
	struct world world;
	struct buf values[2][3] = {{{0}}};
	uint8_t keys[3][LIMIT_STORE_KEY_BYTES + 1];
	struct span key[3];
	(void)state;
	open_world(&world);
	note_many(&world, 100, 100);
	for (unsigned i = 0; i < 3; i++)
		local_key(&world, i, keys[i], &values[0][i]);
	note(&world, 200);
	write_log(&world);
	for (unsigned i = 0; i < 3; i++)
		key[i] = local_key(&world, i, keys[i], &values[1][i]);
	unsigned older = 0;
	for (unsigned i = 0; i < 3; i++) {
		if (span_eq(buf_span(&values[0][i]), buf_span(&values[1][i])))
			continue; /* the first block was full */
		older++;
		put(&world, key[i], buf_span(&values[0][i]));
		assert_string_not_equal(look(&world), "");
		/* the log goes on, and what is gone stays noticed */
		restart(&world);
		note(&world, 201);
		write_log(&world);
		assert_string_not_equal(look(&world), "");
		for (unsigned j = 0; j < 3; j++)
			put(&world, key[j], buf_span(&values[1][j]));
	}
	assert_int_equal(older, 2);
	for (unsigned i = 0; i < 3; i++) {
		buf_close(&values[0][i]);
		buf_close(&values[1][i]);
	}
	close_world(&world);
}

/* Somebody who has the key alters a row inside a block, takes one out, swaps two, or cuts the end off. */
static void rows_altered_inside_a_block_are_noticed(void **state)
{
	struct world world;
	(void)state;
	for (int how = 0; how < 4; how++) {
		struct store_txn *txn;
		struct access_block block;
		struct buf bytes = {0};
		uint8_t space[LIMIT_STORE_KEY_BYTES + 1], swapped[ACCESS_ROW_BYTES];
		open_world(&world);
		note_many(&world, 20, 20);
		struct access_head head = head_of(&world);
		check_ok(store_begin(world.store, true, &txn));
		check_ok(access_block_read(world.vault, txn, &head, 0, &block));
		struct access_row row = access_row_decode(block.rows[3]),
		                  next = access_row_decode(block.rows[4]);
		row.patient.bytes[0] ^= how == 0;
		memcpy(swapped, &row.patient, sizeof(row.patient));
		if (how == 1) { /* the one after it takes its place, and so on */
			memmove(block.rows[3], block.rows[4], (block.count - 4) * sizeof(*block.rows));
			block.count--;
			for (uint32_t i = 3; i < block.count; i++) {
				row = access_row_decode(block.rows[i]);
				row.number--;
				access_row_encode(block.rows[i], &row);
			}
		} else if (how == 2) {
			row.patient = next.patient;
			memcpy(&next.patient, swapped, sizeof(next.patient));
			access_row_encode(block.rows[3], &row);
			access_row_encode(block.rows[4], &next);
		} else if (how == 3) {
			block.count--;
		} else {
			access_row_encode(block.rows[3], &row);
		}
		access_block_encode(&block, &bytes);
		/* the block is the row that is one: the other is the head */
		struct buf old = {0};
		store_abort(txn);
		struct span key = local_key(&world, 0, space, &old);
		struct buf plain = {0};
		check_ok(vault_unseal(world.vault, STORE_LOCAL, key, buf_span(&old), &plain));
		if (!access_is_block(buf_span(&plain)))
			key = local_key(&world, 1, space, &old);
		check_ok(store_begin(world.store, true, &txn));
		check_ok(vault_put(world.vault, txn, STORE_LOCAL, key, buf_span(&bytes)));
		check_ok(store_commit(txn));
		assert_string_equal(look(&world), how == 1 || how == 3 ? "missing 21-21\n" : "chain 21-21\n");
		buf_close(&plain);
		buf_close(&old);
		buf_close(&bytes);
		close_world(&world);
	}
}

/* ---- In a node -------------------------------------------------------------------------------------------------- */

static bool idle(void *context)
{
	return node_idle(context);
}

static void count_done(void *context, int result)
{
	check_ok(result);
	++*(int *)context;
}

/* Reads cost no commit of their own; they go with the next save, or when it is time. */
static void reads_wait_for_the_next_commit(void **state)
{
	const struct record_id patient = {{9, 9}}, unknown = {{8}};
	struct device device;
	struct person_id person;
	uv_loop_t loop;
	int done = 0;
	(void)state;
	uv_loop_init(&loop);
	device_open(&device, &loop, 1);
	check_ok(node_found_team(device.node, &person, NULL, NULL));
	device_save(&device, SCHEMA_DOC_DOSSIER, &patient, 2, 1, "Martin");
	devices_run(&loop, idle, device.node);
	uint64_t commits = store_mem_commit_count(device.store);
	for (int i = 0; i < 10; i++) {
		node_note_access(device.node, ACCESS_RECORD, &person, &patient, 0);
		node_note_access(
		        device.node, ACCESS_RECORD, &person, &unknown, 0); /* no secret: nothing was shown */
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(store_mem_commit_count(device.store), commits);
	device_save(&device, SCHEMA_DOC_DOSSIER, &patient, 2, 1, "Martine");
	devices_run(&loop, idle, device.node);
	assert_int_equal(store_mem_commit_count(device.store), commits + 1);
	struct world world = {.store = device.store, .vault = device.vault};
	assert_string_equal(rows(&world), "1 begin 0\n2 record 0\n");
	node_note_access(device.node, ACCESS_HISTORY, &person, &patient, 0);
	check_ok(node_when_noted(device.node, count_done, &done));
	check_ok(node_when_noted(device.node, count_done, &done));
	node_flush(device.node);
	node_note_access(device.node, ACCESS_NEWS, &person, &patient, 0); /* while that is under way */
	check_ok(node_when_noted(device.node, count_done, &done));
	while (done < 3)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_string_equal(rows(&world), "1 begin 0\n2 record 0\n3 history 0\n4 news 0\n");
	check_ok(node_when_noted(device.node, count_done, &done)); /* nothing waits */
	while (done < 4)
		uv_run(&loop, UV_RUN_NOWAIT);
	/* without room for it, whoever waits is told at once, and the rows are kept */
	store_mem_fail_commit(device.store, 1, ERR_NOSPACE, STORE_MEM_LOST);
	node_note_access(device.node, ACCESS_PATIENTS, &person, NULL, 0);
	check_ok(node_when_noted(device.node, count_done, &done));
	while (done < 5)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(head_of(&world).last, 4);
	assert_string_equal(look(&world), "");
	device_close(&device, &loop);
	check_ok(uv_loop_close(&loop));
	buf_close(&world.found);
}

/* Erasing destroys the secret: the rows stay, and nobody can tell any more of whom they are. */
static void an_erased_patient_is_nobody(void **state)
{
	const struct record_id patient = {{9, 9}};
	struct access_patient before, after;
	struct device device;
	struct person_id person;
	uv_loop_t loop;
	(void)state;
	uv_loop_init(&loop);
	device_open(&device, &loop, 1);
	check_ok(node_found_team(device.node, &person, NULL, NULL));
	device_save(&device, SCHEMA_DOC_DOSSIER, &patient, 2, 1, "Martin");
	assert_true(node_access_patient(device.node, &patient, 0, &before));
	node_note_access(device.node, ACCESS_RECORD, &person, &patient, 0);
	node_write_accesses(device.node);
	devices_run(&loop, idle, device.node);
	const struct key_signer signer = {
	        *node_team(device.node), node_device(device.node), device.node->identity.secrets->sign};
	check_ok(key_table_erase(device.node->keys, &signer,
	        &(struct key_order){.dossier = patient, .reason = 1, .time_ms = 1}));
	assert_false(node_access_patient(device.node, &patient, 0, &after));
	check_code(key_table_create(device.node->keys, &device.env, &patient), ERR_USED);
	/* the same id under another secret, as somebody who knows ids would try */
	const struct dossier_secret guess = {{1}};
	after = access_patient(&guess, &patient);
	assert_memory_not_equal(&before, &after, sizeof(before));
	struct world world = {.store = device.store, .vault = device.vault};
	assert_string_equal(rows(&world), "1 begin 0\n2 record 0\n");
	device_close(&device, &loop);
	check_ok(uv_loop_close(&loop));
	buf_close(&world.found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_are_those_of_the_readme),
	        cmocka_unit_test(blocks_and_heads_of_nonsense_are_refused),
	        cmocka_unit_test(an_access_is_noted_once_an_hour),
	        cmocka_unit_test(a_failed_commit_loses_no_row),
	        cmocka_unit_test(what_could_not_be_kept_is_counted),
	        cmocka_unit_test(rows_expire_and_the_rest_verifies),
	        cmocka_unit_test(rows_go_one_by_one_as_their_time_comes),
	        cmocka_unit_test(clocks_that_were_wrong),
	        cmocka_unit_test(every_row_that_is_touched_is_noticed),
	        cmocka_unit_test(rows_put_back_are_noticed),
	        cmocka_unit_test(rows_altered_inside_a_block_are_noticed),
	        cmocka_unit_test(reads_wait_for_the_next_commit),
	        cmocka_unit_test(an_erased_patient_is_nobody),
	};
	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
