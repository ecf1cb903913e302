/*
 * Damage of each kind in a small database, and that the scrub names its place: what a bad disk does (rows altered, lost, exchanged, put
 * back), and what only somebody with the database key could do (rows sealed again with something else in them).
 */
#include "tests/store/world.h"

#include <stdio.h>

#include "store/scrub.h"
#include "store/store_mem.h"
#include "tests/lib/feeds.h"

enum { MEMBERS, ANNA, BEA, FEED_COUNT }; /* numbers of feeds */

static const uint8_t vault_key[VAULT_KEY_BYTES] = {4, 5, 6};

struct base {
	struct rng rng;
	struct env env;
	struct store *store;
	struct vault *vault;
	struct log *log;
	struct store_batch batch;
	struct test_device anna, bea;
	struct entry_hash founding;
	uint64_t lamport;
	struct buf found; /* a line per fault */
};

/* ---- A database ---- */

static void commit(struct base *base)
{
	const struct store_batch *batches[] = {&base->batch};
	struct log_mark *marks;
	check_ok(store_apply(base->store, batches, 1));
	vault_written(base->vault);
	uint32_t count = log_take_marks(base->log, &marks);
	log_committed(base->log, marks, count);
	mem_free(marks);
	store_batch_close(&base->batch);
}

static uint32_t add_feed(struct base *base, const struct test_device *device, enum compartment compartment)
{
	static const struct incarnation_id incarnation = {{1}};
	uint32_t number;
	check_ok(log_feed_add(base->log, &base->batch, &device->id, compartment, &incarnation, &number));
	return number;
}

static struct entry_header next_header(struct base *base)
{
	struct entry_header header = {.kind = ENTRY_CHANGE, .membership = base->founding};
	header.lamport = ++base->lamport;
	header.hlc = base->lamport << 16;
	header.epoch.bytes[0] = 8;
	return header;
}

static void append(struct base *base, uint32_t feed, struct entry_header *header)
{
	const struct test_device *device = feed == BEA ? &base->bea : &base->anna;
	check_ok(log_append(base->log, &base->batch, feed, header, span_text("body"), device->secret_key));
	check_ok(log_seal(base->log, &base->batch, feed, device->secret_key));
}

/* One run of `count` entries. */
static void append_run(struct base *base, uint32_t feed, unsigned count)
{
	const struct test_device *device = feed == BEA ? &base->bea : &base->anna;
	for (unsigned i = 0; i < count; i++) {
		struct entry_header header = next_header(base);
		check_ok(log_append(
		        base->log, &base->batch, feed, &header, span_text("body"), device->secret_key));
	}
	check_ok(log_seal(base->log, &base->batch, feed, device->secret_key));
	commit(base);
}

/* Bea's next entry depends on Anna's `seq`. */
static void append_after(struct base *base, uint64_t seq)
{
	struct entry_header header = next_header(base);
	struct entry_ref dep = {log_feed(base->log, ANNA)->id, seq};
	header.deps = &dep;
	header.dep_count = 1;
	append(base, BEA, &header);
	commit(base);
}

static void put_other_rows(struct base *base)
{
	static const enum store_table tables[] = {
	        STORE_META, STORE_KEY, STORE_ACK, STORE_DOC, STORE_INDEX, STORE_BLOB, STORE_LOCAL};
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		check_ok(vault_batch_put(base->vault, &base->batch, tables[i], span_text("row"),
		        span_text("of some other table")));
	commit(base);
}

/* Anna's feed: runs 1, 2-4, 5, 6; Bea's: 1-2, 3 that depends on Anna's 6. */
static void open_base(struct base *base)
{
	*base = (struct base){
	        .rng = rng_new(3), .anna = test_device(1), .bea = test_device(2), .store = store_mem_new()};
	base->env = world_env(&base->rng);
	check_ok(vault_new(base->store, vault_key, &base->env, &base->vault));
	base->log = log_new(base->vault);
	assert_int_equal(add_feed(base, &base->anna, COMPARTMENT_MEMBERSHIP), MEMBERS);
	assert_int_equal(add_feed(base, &base->anna, COMPARTMENT_CLINICAL), ANNA);
	assert_int_equal(add_feed(base, &base->bea, COMPARTMENT_CLINICAL), BEA);
	struct entry_header header = {.kind = ENTRY_MEMBERSHIP, .lamport = ++base->lamport};
	append(base, MEMBERS, &header);
	commit(base);
	base->founding = log_feed(base->log, MEMBERS)->hash;
	append_run(base, ANNA, 1);
	append_run(base, ANNA, 3);
	append_run(base, ANNA, 1);
	append_run(base, ANNA, 1);
	append_run(base, BEA, 2);
	append_after(base, 6);
	put_other_rows(base);
}

static void close_base(struct base *base)
{
	store_batch_close(&base->batch);
	buf_close(&base->found);
	log_free(base->log);
	vault_free(base->vault);
	store_close(base->store);
}

/* ---- Damage ---- */

static struct span log_key(uint8_t out[12], uint32_t feed, uint64_t first)
{
	memset(out, 0, 12);
	out[3] = (uint8_t)feed;
	out[11] = (uint8_t)first;
	return span_of(out, 12);
}

static void get_raw(struct base *base, enum store_table table, struct span key, struct buf *out)
{
	struct store_txn *txn;
	struct span value;
	check_ok(store_begin(base->store, false, &txn));
	check_ok(store_get(txn, table, key, &value));
	buf_clear(out);
	buf_add_span(out, value);
	store_abort(txn);
}

static void put_raw(struct base *base, enum store_table table, struct span key, struct span value)
{
	check_ok(store_batch_put(&base->batch, table, key, value));
	commit(base);
}

static void remove_raw(struct base *base, enum store_table table, struct span key)
{
	check_ok(store_batch_remove(&base->batch, table, key));
	commit(base);
}

/* What stands in a row of the log, to be changed and sealed again. */
static void open_row(struct base *base, struct span key, struct buf *out)
{
	struct buf raw = {0};
	get_raw(base, STORE_LOG, key, &raw);
	check_ok(vault_unseal(base->vault, STORE_LOG, key, buf_span(&raw), out));
	buf_close(&raw);
}

static void seal_row(struct base *base, struct span key, struct buf *row)
{
	check_ok(vault_batch_put(base->vault, &base->batch, STORE_LOG, key, buf_span(row)));
	commit(base);
	buf_close(row);
}

/* ---- Looking ---- */

static void on_found(void *context, const struct scrub_fault *fault)
{
	struct base *base = context;
	char line[128];
	char feed = '-';
	for (uint32_t i = 0; fault->has_feed && i < FEED_COUNT; i++)
		if (feed_id_eq(&log_feed(base->log, i)->id, &fault->feed))
			feed = "MAB"[i];
	snprintf(line, sizeof(line), "%s %s %c %d-%d\n", store_table_name(fault->table),
	        scrub_what_name(fault->what), feed, (int)fault->first, (int)fault->last);
	buf_add_span(&base->found, span_text(line));
}

/* All faults, a line each, whatever the size of the steps. */
static const char *look(struct base *base, uint32_t rows)
{
	struct scrub *scrub;
	int result;
	buf_clear(&base->found);
	check_ok(scrub_new(base->store, base->vault, on_found, base, &scrub));
	while ((result = scrub_step(scrub, rows)) == 1)
		;
	check_ok(result);
	scrub_free(scrub);
	buf_add(&base->found, "", 1);
	return (const char *)base->found.data;
}

#define check_found(base, text) \
	do { \
		assert_string_equal(look(base, 1), text); \
		assert_string_equal(look(base, 1000), text); \
	} while (0)

/* ---- Tests ---- */

static void a_whole_database_is_whole(void **state)
{
	(void)state;
	struct base base;
	struct scrub *scrub;
	open_base(&base);
	check_found(&base, "");
	check_ok(scrub_new(base.store, base.vault, on_found, &base, &scrub));
	while (scrub_step(scrub, 2) == 1)
		;
	struct scrub_counts counts = scrub_counts(scrub);
	assert_int_equal(counts.entries, 1 + 6 + 3);
	assert_int_equal(counts.signatures, 1 + 4 + 2);
	assert_int_equal(counts.rows, 3 + 7 + 7 + 2); /* feeds, runs, others, the database's own two */
	scrub_free(scrub);
	close_base(&base);
}

static void an_altered_run_is_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	open_base(&base);
	check_ok(store_mem_flip_bit(base.store, STORE_LOG, log_key(key, ANNA, 2), 900));
	check_found(&base, "log unreadable A 2-4\n");
	close_base(&base);
}

static void an_altered_last_run_leaves_what_depends_on_it_alone(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	open_base(&base);
	check_ok(store_mem_flip_bit(base.store, STORE_LOG, log_key(key, ANNA, 6), 900));
	check_found(&base, "log unreadable A 6-6\n");
	close_base(&base);
}

static void altered_rows_of_every_table_are_found(void **state)
{
	(void)state;
	static const enum store_table tables[] = {
	        STORE_META, STORE_KEY, STORE_ACK, STORE_DOC, STORE_INDEX, STORE_BLOB, STORE_LOCAL};
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		struct base base;
		char want[64];
		open_base(&base);
		check_ok(store_mem_flip_bit(base.store, tables[i], span_text("row"), 300));
		snprintf(want, sizeof(want), "%s unreadable - 0-0\n", store_table_name(tables[i]));
		check_found(&base, want);
		close_base(&base);
	}
}

static void an_altered_or_lost_feed_row_is_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	open_base(&base);
	check_ok(store_mem_flip_bit(base.store, STORE_FEED, span_sub(log_key(key, BEA, 0), 0, 4), 300));
	check_found(&base, "feed unreadable - 0-0\n");
	remove_raw(&base, STORE_FEED, span_sub(log_key(key, BEA, 0), 0, 4));
	check_found(&base, "feed missing - 0-0\n");
	close_base(&base);
}

static void missing_runs_are_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	open_base(&base);
	remove_raw(&base, STORE_LOG, log_key(key, ANNA, 2));
	check_found(&base, "log missing A 2-4\n");
	remove_raw(&base, STORE_LOG, log_key(key, ANNA, 1));
	check_found(&base, "log missing A 1-4\n");
	close_base(&base);
}

/* The end of a feed is missed by those who build on it. */
static void a_missing_end_is_found_by_what_depends_on_it(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	open_base(&base);
	remove_raw(&base, STORE_LOG, log_key(key, ANNA, 6));
	check_found(&base, "log dependency B 3-3\n");
	close_base(&base);
}

static void a_missing_membership_entry_is_found_by_who_cites_it(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	open_base(&base);
	remove_raw(&base, STORE_LOG, log_key(key, MEMBERS, 1));
	check_found(&base, "log membership A 1-1\nlog membership B 1-1\n");
	close_base(&base);
}

static void exchanged_rows_are_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t one[12], other[12];
	struct buf left = {0}, right = {0};
	open_base(&base);
	get_raw(&base, STORE_LOG, log_key(one, ANNA, 1), &left);
	get_raw(&base, STORE_LOG, log_key(other, ANNA, 5), &right);
	put_raw(&base, STORE_LOG, span_of(one, 12), buf_span(&right));
	put_raw(&base, STORE_LOG, span_of(other, 12), buf_span(&left));
	check_found(&base, "log unreadable A 1-1\nlog unreadable A 5-5\n");
	buf_close(&left);
	buf_close(&right);
	close_base(&base);
}

/* The same by somebody who has the database key. */
static void rows_exchanged_under_the_seal_are_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t one[12], other[12];
	struct buf left = {0}, right = {0};
	open_base(&base);
	open_row(&base, log_key(one, ANNA, 5), &left);
	open_row(&base, log_key(other, ANNA, 6), &right);
	seal_row(&base, span_of(one, 12), &right);
	seal_row(&base, span_of(other, 12), &left);
	check_found(&base, "log chain A 5-6\n");
	close_base(&base);
}

static void an_altered_body_breaks_the_signature(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	struct buf row = {0};
	open_base(&base);
	open_row(&base, log_key(key, ANNA, 5), &row);
	row.data[row.size - ENTRY_SIGNATURE_BYTES - 1] ^= 1; /* the body's last byte */
	seal_row(&base, span_of(key, 12), &row);
	/* what follows it does not follow it any more */
	check_found(&base, "log signature A 5-5\nlog chain A 6-6\n");
	close_base(&base);
}

static void an_altered_signature_is_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	struct buf row = {0};
	open_base(&base);
	open_row(&base, log_key(key, ANNA, 2), &row);
	row.data[row.size - 1] ^= 1;
	seal_row(&base, span_of(key, 12), &row);
	check_found(&base, "log signature A 2-4\n");
	close_base(&base);
}

/* "Signed" taken out of the flags of the run's only entry, and the signature cut off. */
static void a_dropped_signature_is_found(void **state)
{
	(void)state;
	enum { BEFORE_FLAGS = ID_LONG_BYTES + 3 + ID_LONG_BYTES + 1 + 2 * ID_LONG_BYTES + 2 };
	struct base base;
	uint8_t key[12];
	struct buf row = {0};
	open_base(&base);
	open_row(&base, log_key(key, ANNA, 5), &row);
	assert_true(row.data[BEFORE_FLAGS] & 1);
	row.data[BEFORE_FLAGS] ^= 1;
	row.size -= ENTRY_SIGNATURE_BYTES;
	seal_row(&base, span_of(key, 12), &row);
	check_found(&base, "log malformed A 5-5\n");
	close_base(&base);
}

static void a_wrong_head_hash_is_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t key[12];
	struct buf row = {0};
	open_base(&base);
	open_row(&base, log_key(key, ANNA, 2), &row);
	row.data[0] ^= 1;
	seal_row(&base, span_of(key, 12), &row);
	check_found(&base, "log chain A 4-4\n");
	close_base(&base);
}

static void another_authors_run_is_found(void **state)
{
	(void)state;
	struct base base;
	uint8_t from[12], to[12];
	struct buf row = {0};
	open_base(&base);
	open_row(&base, log_key(from, BEA, 1), &row);
	remove_raw(&base, STORE_LOG, log_key(to, ANNA, 1));
	remove_raw(&base, STORE_LOG, log_key(to, ANNA, 2));
	remove_raw(&base, STORE_LOG, log_key(to, ANNA, 5));
	remove_raw(&base, STORE_LOG, log_key(to, ANNA, 6));
	seal_row(&base, log_key(to, ANNA, 1), &row);
	check_found(&base, "log signature A 1-2\nlog dependency B 3-3\n");
	close_base(&base);
}

static void a_dependency_that_is_not_before_it_is_found(void **state)
{
	(void)state;
	struct base base;
	open_base(&base);
	append_run(&base, ANNA, 1);
	struct entry_header header = next_header(&base);
	struct entry_ref dep = {log_feed(base.log, ANNA)->id, 8};
	header.deps = &dep;
	header.dep_count = 1;
	append(&base, BEA, &header); /* of Lamport clock 12 */
	append_run(&base, ANNA, 1); /* of 13 */
	check_found(&base, "log dependency B 4-4\n");
	close_base(&base);
}

/* A disk that brings back the row which counts row versions: their versions would be used twice. */
static void a_row_put_back_is_found(void **state)
{
	(void)state;
	struct base base;
	struct buf before = {0};
	open_base(&base);
	get_raw(&base, STORE_META, span_text("versions"), &before);
	vault_free(base.vault);
	check_ok(vault_new(base.store, vault_key, &base.env, &base.vault));
	put_other_rows(&base);
	check_found(&base, "");
	put_raw(&base, STORE_META, span_text("versions"), buf_span(&before));
	check_found(&base, "meta version - 0-0\n");
	buf_close(&before);
	log_free(base.log);
	base.log = log_new(base.vault);
	close_base(&base);
}

static void what_is_written_meanwhile_is_not_looked_at(void **state)
{
	(void)state;
	struct base base;
	struct scrub *scrub;
	int result;
	open_base(&base);
	check_ok(scrub_new(base.store, base.vault, on_found, &base, &scrub));
	append_run(&base, ANNA, 2);
	append_after(&base, 8);
	while ((result = scrub_step(scrub, 1)) == 1)
		;
	check_ok(result);
	assert_int_equal(base.found.size, 0);
	assert_int_equal(scrub_counts(scrub).entries, 10);
	scrub_free(scrub);
	close_base(&base);
}

static void a_step_that_cannot_read_is_tried_again(void **state)
{
	(void)state;
	struct base base;
	struct scrub *scrub;
	open_base(&base);
	check_ok(scrub_new(base.store, base.vault, on_found, &base, &scrub));
	store_mem_fail_reads(base.store, 4, 2);
	check_code(scrub_step(scrub, 1000), ERR_IO);
	check_code(scrub_step(scrub, 1000), ERR_IO);
	check_ok(scrub_step(scrub, 1000));
	assert_int_equal(base.found.size, 0);
	assert_int_equal(scrub_counts(scrub).rows, 19);
	scrub_free(scrub);
	close_base(&base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_whole_database_is_whole),
	        cmocka_unit_test(an_altered_run_is_found),
	        cmocka_unit_test(an_altered_last_run_leaves_what_depends_on_it_alone),
	        cmocka_unit_test(altered_rows_of_every_table_are_found),
	        cmocka_unit_test(an_altered_or_lost_feed_row_is_found),
	        cmocka_unit_test(missing_runs_are_found),
	        cmocka_unit_test(a_missing_end_is_found_by_what_depends_on_it),
	        cmocka_unit_test(a_missing_membership_entry_is_found_by_who_cites_it),
	        cmocka_unit_test(exchanged_rows_are_found),
	        cmocka_unit_test(rows_exchanged_under_the_seal_are_found),
	        cmocka_unit_test(an_altered_body_breaks_the_signature),
	        cmocka_unit_test(an_altered_signature_is_found),
	        cmocka_unit_test(a_dropped_signature_is_found),
	        cmocka_unit_test(a_wrong_head_hash_is_found),
	        cmocka_unit_test(another_authors_run_is_found),
	        cmocka_unit_test(a_dependency_that_is_not_before_it_is_found),
	        cmocka_unit_test(a_row_put_back_is_found),
	        cmocka_unit_test(what_is_written_meanwhile_is_not_looked_at),
	        cmocka_unit_test(a_step_that_cannot_read_is_tried_again),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
