#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "store/run_short.h"
#include "tests/lib/feeds.h"
#include "tests/lib/golden.h"

enum { ENTRIES = 5 };

static struct entry_ref deps[2] = {{{{1}}, 7}, {{{2}}, 9000}};
static const char *const bodies[ENTRIES] = {
        "first body", "", "third", "the fourth body is longer than the others", "fifth"};

/* Five entries with every optional field somewhere, signed at the third and at the end. */
static struct run sample(struct run_entry entries[ENTRIES], const struct test_device *device, uint64_t first)
{
	struct run run = {.feed = test_feed(device, COMPARTMENT_CLINICAL, 1),
	        .compartment = COMPARTMENT_CLINICAL,
	        .count = ENTRIES,
	        .entries = entries};
	memset(entries, 0, ENTRIES * sizeof(*entries));
	if (first > 1)
		run.previous.bytes[31] = 9;
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct entry_header *header = &entries[i].header;
		*header = (struct entry_header){.version = 1,
		        .kind = ENTRY_CHANGE,
		        .compartment = COMPARTMENT_CLINICAL,
		        .feed = run.feed,
		        .seq = first + i,
		        .lamport = 100 + 3 * i};
		header->hlc = (uint64_t)(1700000000000 + (i == 3 ? -5000 : 1000 * (int)i)) << 16 |
		        (i == 2 ? 7 : 0);
		header->membership.bytes[0] = i < 2 ? 1 : 2;
		header->epoch.bytes[0] = 3;
		header->clock_grade = i == 4 ? CLOCK_COMPARED : CLOCK_UNKNOWN;
		header->dossier.bytes[0] = (uint8_t)(i % 3);
		header->body_bytes = (uint32_t)strlen(bodies[i]);
		entries[i].body = span_text(bodies[i]);
		if (i == 1)
			header->kind = 200; /* from a newer version */
		if (i == 3) {
			header->deps = deps;
			header->dep_count = 2;
		}
	}
	entries[2].is_signed = entries[4].is_signed = true;
	run_hash(&run);
	for (unsigned i = 2; i < ENTRIES; i += 2)
		entry_sign(&entries[i].signature, &entries[i].hash, device->secret_key);
	return run;
}

static void check_same(const struct run *got, const struct run *want)
{
	assert_int_equal(got->count, want->count);
	for (uint32_t i = 0; i < want->count; i++) {
		assert_true(entry_hash_eq(&got->entries[i].hash, &want->entries[i].hash));
		assert_int_equal(got->entries[i].is_signed, want->entries[i].is_signed);
	}
}

static void round_trip(void **state)
{
	(void)state;
	struct test_device device = test_device(1), other = test_device(2);
	for (uint64_t first = 1; first < 1000; first += 800) {
		struct run_entry entries[ENTRIES];
		struct run run = sample(entries, &device, first), back;
		struct buf bytes = {0}, again = {0};
		struct arena arena = {0};
		run_encode(&run, &bytes);
		check_ok(run_decode(&back, &run.feed, run.compartment, buf_span(&bytes), &arena));
		run_hash(&back);
		check_same(&back, &run);
		check_span(back.entries[3].body, span_text(bodies[3]));
		assert_true(run_signed_by(&back, &device.id));
		assert_false(run_signed_by(&back, &other.id));
		run_encode(&back, &again);
		check_span(buf_span(&again), buf_span(&bytes));
		golden_check(first == 1 ? "store/run-first.hex" : "store/run-later.hex", buf_span(&bytes));
		buf_close(&bytes);
		buf_close(&again);
		arena_close(&arena);
	}
}

static void header_bytes_are_golden(void **state)
{
	(void)state;
	struct test_device device = test_device(1);
	struct run_entry entries[ENTRIES];
	struct buf bytes = {0};
	sample(entries, &device, 1);
	for (unsigned i = 0; i < ENTRIES; i++) {
		entry_encode(&entries[i].header, &bytes);
		buf_add(&bytes, entries[i].hash.bytes, ID_LONG_BYTES);
	}
	buf_add(&bytes, entries[4].signature.bytes, ENTRY_SIGNATURE_BYTES);
	golden_check("store/headers.hex", buf_span(&bytes));
	buf_close(&bytes);
}

/* A body can be erased and the chain still verifies. */
static void purged_bodies_keep_the_chain(void **state)
{
	(void)state;
	struct test_device device = test_device(1);
	struct run_entry entries[ENTRIES];
	struct run run = sample(entries, &device, 1), back;
	struct buf bytes = {0};
	struct arena arena = {0};
	entries[0].purged = entries[4].purged = true;
	run_encode(&run, &bytes);
	check_ok(run_decode(&back, &run.feed, run.compartment, buf_span(&bytes), &arena));
	run_hash(&back);
	check_same(&back, &run);
	assert_true(run_signed_by(&back, &device.id));
	assert_int_equal(back.entries[0].body.size, 0);
	golden_check("store/run-purged.hex", buf_span(&bytes));
	buf_close(&bytes);
	arena_close(&arena);
}

static void a_rest_is_a_run(void **state)
{
	(void)state;
	struct test_device device = test_device(1);
	struct run_entry entries[ENTRIES];
	struct run run = sample(entries, &device, 1), rest, back;
	struct buf bytes = {0};
	struct arena arena = {0};
	rest = run_from(&run, 3);
	run_encode(&rest, &bytes);
	check_ok(run_decode(&back, &run.feed, run.compartment, buf_span(&bytes), &arena));
	run_hash(&back);
	check_same(&back, &rest);
	assert_true(entry_hash_eq(&back.previous, &entries[1].hash));
	assert_true(run_signed_by(&back, &device.id));
	buf_close(&bytes);
	arena_close(&arena);
}

/* Whatever single byte is changed: the run is refused, or its signature no longer holds. Every cut is refused. */
static void alterations_are_noticed(void **state)
{
	(void)state;
	struct test_device device = test_device(1);
	struct run_entry entries[ENTRIES];
	struct run run = sample(entries, &device, 900), back;
	struct buf bytes = {0};
	struct arena arena = {0};
	run_encode(&run, &bytes);
	for (size_t at = 0; at < bytes.size; at++) {
		check_code(run_decode(&back, &run.feed, run.compartment, span_sub(buf_span(&bytes), 0, at),
		                   &arena) < 0,
		        true);
		for (unsigned bit = 0; bit < 8; bit++) {
			bytes.data[at] ^= (uint8_t)(1u << bit);
			if (run_decode(&back, &run.feed, run.compartment, buf_span(&bytes), &arena) == 0) {
				run_hash(&back);
				bool vouched = run_signed_by(&back, &device.id) &&
				        entry_hash_eq(&run_last(&back)->hash, &run_last(&run)->hash);
				/* only the signature in the middle may differ unnoticed: it vouches for nothing here */
				if (vouched)
					assert_memory_not_equal(back.entries[2].signature.bytes,
					        entries[2].signature.bytes, ENTRY_SIGNATURE_BYTES);
			}
			bytes.data[at] ^= (uint8_t)(1u << bit);
			arena_clear(&arena);
		}
	}
	buf_close(&bytes);
	arena_close(&arena);
}

static void headers_are_checked(void **state)
{
	(void)state;
	struct test_device device = test_device(1);
	struct run_entry entries[ENTRIES];
	sample(entries, &device, 900);
	struct entry_header good = entries[3].header, bad;
	check_ok(entry_check(&good));
#define check_refused(change, code) \
	do { \
		bad = good; \
		change; \
		check_code(entry_check(&bad), code); \
	} while (0)
	check_refused(bad.version = 2, ERR_VERSION);
	check_refused(bad.kind = 0, ERR_MALFORMED);
	check_refused(bad.compartment = 7, ERR_MALFORMED);
	check_refused(bad.clock_grade = 4, ERR_MALFORMED);
	check_refused(bad.seq = 0, ERR_MALFORMED);
	check_refused(bad.seq = 1, ERR_MALFORMED);
	check_refused(bad.lamport = 0, ERR_MALFORMED);
	check_refused(bad.body_bytes = LIMIT_ENTRY_BODY_BYTES + 1, ERR_TOOBIG);
	check_refused(bad.dep_count = LIMIT_ENTRY_DEPS + 1, ERR_TOOBIG);
	struct entry_ref unordered[2] = {deps[1], deps[0]}, own = {good.feed, 1}, none = {deps[0].feed, 0};
	check_refused(bad.deps = unordered, ERR_MALFORMED);
	check_refused((bad.deps = &own, bad.dep_count = 1), ERR_MALFORMED);
	check_refused((bad.deps = &none, bad.dep_count = 1), ERR_MALFORMED);
#undef check_refused
}

/* One of the feeds that the sample depends on has a number in the table of names. */
static bool number_of(void *context, const struct feed_id *feed, uint32_t *number)
{
	(void)context;
	*number = 70;
	return feed_id_eq(feed, &deps[1].feed);
}

static const struct feed_id *feed_of(void *context, uint32_t number)
{
	(void)context;
	return number == 70 ? &deps[1].feed : NULL;
}

static const struct run_names names = {NULL, number_of, feed_of};

struct ends {
	struct run_dictionary here, there;
};

static void ends_close(struct ends *ends)
{
	run_dictionary_close(&ends->here);
	run_dictionary_close(&ends->there);
}

/* How long it is on its way. */
static size_t send_short(struct ends *ends, struct span run)
{
	struct buf shortened = {0}, back = {0};
	check_ok(run_shorten(&ends->here, &names, run, &shortened));
	check_ok(run_lengthen(&ends->there, &names, buf_span(&shortened), &back));
	check_span(buf_span(&back), run);
	const size_t size = shortened.size;
	buf_close(&shortened);
	buf_close(&back);
	return size;
}

static void encode_sample(uint64_t first, struct buf *out)
{
	struct test_device device = test_device(1);
	struct run_entry entries[ENTRIES];
	struct run run = sample(entries, &device, first);
	run_encode(&run, out);
}

static void what_was_said_goes_by_number(void **state)
{
	(void)state;
	struct ends ends = {0};
	struct buf bytes = {0}, shortened = {0};
	struct run_dictionary golden = {0};
	encode_sample(801, &bytes);
	const size_t first = send_short(&ends, buf_span(&bytes)),
	             second = send_short(&ends, buf_span(&bytes));
	assert_int_equal(
	        first, bytes.size - 2 * 32 + 8); /* one feed by its name, one is a long id that was said */
	assert_int_equal(second, bytes.size - 5 * 32 - 2 * 16 + 8);
	check_ok(run_shorten(&golden, &names, buf_span(&bytes), &shortened));
	check_ok(run_shorten(&golden, &names, buf_span(&bytes), &shortened));
	golden_check("store/run-short.hex", buf_span(&shortened));
	/* Another version is not looked into. */
	bytes.data[0] = 2;
	assert_int_equal(send_short(&ends, buf_span(&bytes)), bytes.size);
	buf_close(&bytes);
	buf_close(&shortened);
	run_dictionary_close(&golden);
	ends_close(&ends);
}

/* More identifiers than a dictionary holds, some of which begin alike: all come through. */
static void a_full_dictionary_still_serves(void **state)
{
	(void)state;
	struct test_device device = test_device(1);
	struct ends ends = {0};
	for (uint32_t i = 0; i < 2 * LIMIT_RUN_DICTIONARY; i += 2) {
		struct run_entry entries[ENTRIES];
		struct buf bytes = {0};
		struct run run = sample(entries, &device, 801);
		for (uint32_t j = 0; j < ENTRIES; j++) {
			const uint32_t id = i + j % 3;
			memcpy(entries[j].header.dossier.bytes + (id % 7 ? 0 : 8), &id, sizeof(id));
			memcpy(entries[j].header.epoch.bytes + (id % 5 ? 0 : 8), &id, sizeof(id));
		}
		run_encode(&run, &bytes);
		send_short(&ends, buf_span(&bytes));
		buf_close(&bytes);
	}
	assert_int_equal(ends.here.dossiers.count, LIMIT_RUN_DICTIONARY);
	assert_int_equal(ends.there.dossiers.count, LIMIT_RUN_DICTIONARY);
	assert_int_equal(ends.here.longs.count, LIMIT_RUN_DICTIONARY);
	ends_close(&ends);
}

static void a_short_form_of_nothing_known_is_refused(void **state)
{
	(void)state;
	struct run_dictionary none = {0};
	struct buf back = {0};
	static const struct {
		const char *bytes;
		size_t size;
		int code;
	} bad[] = {
	        {"\x81\x01\x01\x01\x01\x00\x00", 7, ERR_MALFORMED}, /* a long id that was not said */
	        {"\x81\x01\x01\x00\x01\x05\x00", 7, ERR_MALFORMED}, /* a feed that has no name */
	        {"\x81\x01\x01\x00\x01\xff\xff\xff\xff\x0f\x00", 11, ERR_MALFORMED},
	        {"\x81\x01\x01\x00\x00\x01\x09", 7, ERR_MALFORMED}, /* a dossier */
	        {"\x81\x01\x01\x00\x00\x01\x00mmmm", 11, ERR_TRUNCATED},
	        {"\x81\x02\x01", 3, ERR_TRUNCATED},
	        {"\x81\x01\x01\xff\xff\x03", 6, ERR_TOOBIG},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&back);
		check_code(
		        run_lengthen(&none, &names, span_of(bad[i].bytes, bad[i].size), &back), bad[i].code);
	}
	buf_close(&back);
	run_dictionary_close(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(round_trip),
	        cmocka_unit_test(what_was_said_goes_by_number),
	        cmocka_unit_test(a_full_dictionary_still_serves),
	        cmocka_unit_test(a_short_form_of_nothing_known_is_refused),
	        cmocka_unit_test(header_bytes_are_golden),
	        cmocka_unit_test(purged_bodies_keep_the_chain),
	        cmocka_unit_test(a_rest_is_a_run),
	        cmocka_unit_test(alterations_are_noticed),
	        cmocka_unit_test(headers_are_checked),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
