/* The saved form that grows (crdt/README.md, section 10): when it is due, and what is refused. */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/builder.h"
#include "crdt/incremental.h"

static const struct feed_id feed_a = {{0xaa, 1}}, feed_b = {{0xbb, 2}}, feed_c = {{0xcc, 3}};
static const struct record_id doc_id = {{0xd0}};

/* A document that takes one change after the other, and its form. */
struct person {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct crdt_incremental form;
	struct buf bytes;
	uint64_t seq;
};

static int person_open(void **state)
{
	struct person *person = mem_zero(1, sizeof(*person));
	person->feeds = crdt_feeds_new();
	person->doc = crdt_doc_new(person->feeds, 7, doc_id);
	crdt_incremental_begin(&person->form, person->doc, &person->bytes);
	*state = person;
	return 0;
}

static int person_close(void **state)
{
	struct person *person = *state;
	crdt_incremental_close(&person->form);
	crdt_doc_free(person->doc);
	crdt_feeds_free(person->feeds);
	buf_close(&person->bytes);
	mem_free(person);
	return 0;
}

/* The bytes of a change that counts one. */
static void build(
        const struct entry_ref *own, const struct entry_ref *deps, uint32_t dep_count, struct buf *out)
{
	struct crdt_builder builder;
	crdt_builder_begin(&builder, own, 7, doc_id, deps, dep_count);
	crdt_builder_count(&builder, span_of("\x01", 1), 1);
	check_ok(crdt_builder_finish(&builder, out));
	crdt_builder_close(&builder);
}

static int count_one(struct person *person, const struct entry_ref *deps, uint32_t dep_count)
{
	struct entry_ref own = {feed_a, ++person->seq};
	struct buf bytes = {0};
	struct crdt_change change;
	build(&own, deps, dep_count, &bytes);
	struct crdt_meta meta = {own.feed, own.seq, 5 + own.seq, 9 * own.seq, deps, dep_count, NULL};
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	check_ok(crdt_doc_apply(person->doc, &change));
	int result = crdt_incremental_add(&person->form, &change, &person->bytes);
	buf_close(&bytes);
	return result;
}

static int load(struct span bytes)
{
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_incremental form = {0};
	struct crdt_doc *doc = NULL;
	int error = crdt_incremental_load(feeds, bytes, &form, &doc);
	assert_true((error == 0) == (doc != NULL) && (error == 0) == (form.names != NULL));
	crdt_doc_free(doc);
	crdt_incremental_close(&form);
	crdt_feeds_free(feeds);
	return error;
}

static void it_is_due_when_the_changes_are_more_than_the_snapshot_and_a_page(void **state)
{
	struct person *person = *state;
	while (person->form.change_bytes <= 4096) {
		assert_false(crdt_incremental_is_due(&person->form));
		check_ok(count_one(person, NULL, 0));
	}
	assert_true(crdt_incremental_is_due(&person->form));
	assert_int_equal(person->bytes.size, person->form.snapshot_bytes + person->form.change_bytes);
	buf_clear(&person->bytes);
	crdt_incremental_begin(&person->form, person->doc, &person->bytes);
	assert_int_equal(person->form.change_bytes, 0);
	assert_int_equal(person->bytes.size, person->form.snapshot_bytes);
	while (person->form.change_bytes <= person->form.snapshot_bytes ||
	        person->form.change_bytes <= 4096) {
		assert_false(crdt_incremental_is_due(&person->form));
		check_ok(count_one(person, NULL, 0));
	}
	assert_true(crdt_incremental_is_due(&person->form));
	check_ok(load(buf_span(&person->bytes)));
}

/* Names for feeds run out: nothing is appended, and a form that begins anew holds the change. */
static void too_many_names_are_refused(void **state)
{
	struct person *person = *state;
	struct entry_ref deps[LIMIT_ENTRY_DEPS];
	int result = 0;
	for (uint32_t round = 0; result == 0; round++) {
		size_t before = person->bytes.size;
		for (uint32_t i = 0; i < LIMIT_ENTRY_DEPS; i++) {
			uint32_t number = round * LIMIT_ENTRY_DEPS + i;
			struct feed_id feed = {{0xe0, (uint8_t)(number >> 8), (uint8_t)number}};
			deps[i] = (struct entry_ref){feed, 1};
		}
		result = count_one(person, deps, LIMIT_ENTRY_DEPS);
		assert_true(result == 0 || person->bytes.size == before);
		assert_true(round < 20);
	}
	check_code(result, ERR_FULL);
	check_ok(load(buf_span(&person->bytes)));
	struct buf anew = {0};
	crdt_incremental_begin(&person->form, person->doc, &anew);
	check_ok(count_one(person, deps, LIMIT_ENTRY_DEPS));
	check_ok(load(buf_span(&anew)));
	buf_close(&anew);
}

/* --- Hostile records --- */

/* An entry that is named for the first time. */
static void put_new(struct buf *out, uint64_t number, const struct feed_id *feed, uint64_t seq)
{
	wire_put_varint(out, number);
	buf_add(out, feed->bytes, sizeof(feed->bytes));
	wire_put_varint(out, seq);
}

/* Head of a record by feed a, entry 1, which is number 0 of a form that begins empty. */
static void put_head(struct buf *out, uint32_t dep_count)
{
	put_new(out, 0, &feed_a, 1);
	wire_put_zigzag(out, 1);
	wire_put_zigzag(out, 1);
	wire_put_varint(out, dep_count);
}

/* The form of an empty document with this record behind it; the record gets a change that is good. */
static int load_record(const struct person *person, struct buf *record)
{
	struct buf bytes = {0};
	struct entry_ref own = {feed_a, 1};
	build(&own, NULL, 0, record);
	buf_add_span(&bytes, buf_span(&person->bytes));
	wire_put_blob(&bytes, buf_span(record));
	int error = load(buf_span(&bytes));
	buf_close(&bytes);
	buf_close(record);
	return error;
}

static void records_that_no_entry_had_are_refused(void **state)
{
	struct person *person = *state;
	struct buf record = {0};
	put_head(&record, 0);
	check_ok(load_record(person, &record));
	put_head(&record, 2);
	put_new(&record, 1, &feed_b, 4);
	put_new(&record, 2, &feed_c, 4);
	check_ok(load_record(person, &record));
	put_head(&record, 2); /* not ascending */
	put_new(&record, 1, &feed_c, 4);
	put_new(&record, 2, &feed_b, 4);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_head(&record, 2); /* twice */
	put_new(&record, 1, &feed_b, 4);
	wire_put_varint(&record, 1);
	wire_put_zigzag(&record, 1);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_head(&record, 1); /* its own feed */
	wire_put_varint(&record, 0);
	wire_put_zigzag(&record, 0);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_head(&record, 1); /* sequence 0 */
	put_new(&record, 1, &feed_b, 0);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_head(&record, 1); /* a name passed over */
	put_new(&record, 2, &feed_b, 4);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_head(&record, 1); /* a name given again */
	put_new(&record, 1, &feed_a, 4);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_head(&record, LIMIT_ENTRY_DEPS + 1);
	check_code(load_record(person, &record), ERR_MALFORMED);
	put_new(&record, 0, &feed_a, 0); /* an entry 0 */
	buf_add(&record, "\0\0\0", 3);
	check_code(load_record(person, &record), ERR_MALFORMED);
}

static void what_does_not_belong_is_refused(void **state)
{
	struct person *person = *state;
	size_t snapshot_bytes = person->bytes.size;
	check_ok(count_one(person, NULL, 0));
	struct span whole = buf_span(&person->bytes);
	struct buf bytes = {0};
	buf_add_span(&bytes, whole);
	buf_add(&bytes, "\0", 1); /* a record of no bytes */
	check_code(load(buf_span(&bytes)), ERR_MALFORMED);
	buf_clear(&bytes);
	buf_add_span(&bytes, whole);
	buf_add(&bytes, "\x80\x80\x80\x08", 4); /* one of 16 MiB */
	check_code(load(buf_span(&bytes)), ERR_TOOBIG);
	buf_clear(&bytes);
	buf_add_span(&bytes, whole);
	buf_add_span(&bytes, span_sub(whole, snapshot_bytes, SIZE_MAX)); /* the feed named as new again */
	check_code(load(buf_span(&bytes)), ERR_MALFORMED);
	buf_clear(&bytes);
	buf_add_span(&bytes, whole);
	bytes.data[0] = 2;
	check_code(load(buf_span(&bytes)), ERR_VERSION);
	buf_clear(&bytes);
	check_code(load(buf_span(&bytes)), ERR_TRUNCATED);
	buf_add(&bytes, "\x01\x80\x80\x80\x80\x04", 6); /* a snapshot of 1 GiB */
	check_code(load(buf_span(&bytes)), ERR_TOOBIG);
	buf_close(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                it_is_due_when_the_changes_are_more_than_the_snapshot_and_a_page, person_open,
	                person_close),
	        cmocka_unit_test_setup_teardown(too_many_names_are_refused, person_open, person_close),
	        cmocka_unit_test_setup_teardown(
	                records_that_no_entry_had_are_refused, person_open, person_close),
	        cmocka_unit_test_setup_teardown(what_does_not_belong_is_refused, person_open, person_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
