#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(round_trip),
	        cmocka_unit_test(header_bytes_are_golden),
	        cmocka_unit_test(purged_bodies_keep_the_chain),
	        cmocka_unit_test(a_rest_is_a_run),
	        cmocka_unit_test(alterations_are_noticed),
	        cmocka_unit_test(headers_are_checked),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
