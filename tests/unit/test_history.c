/* A document's history told step by step; the laws are in tests/prop/prop_history.c. */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/builder.h"
#include "crdt/history.h"

enum { DOC_KIND = 9 };

static const struct record_id DOC = {{1}};
static const struct feed_id ANNA = {{0x11}}, BEA = {{0x22}};

struct desk {
	struct crdt_history *history;
	uint64_t lamport;
};

static int setup(void **state)
{
	struct desk *desk = mem_zero(1, sizeof(*desk));
	desk->history = crdt_history_new(DOC_KIND, DOC);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;
	crdt_history_free(desk->history);
	mem_free(desk);
	return 0;
}

static struct span path(uint32_t field, struct crdt_path *space)
{
	*space = (struct crdt_path){0};
	crdt_path_field(space, 2);
	if (field)
		crdt_path_field(space, field);
	return crdt_path_span(space);
}

/* One operation of `feed` as its entry `seq`: a SET, or with an empty value a CLEAR, that names `cited` (NULL: nothing). */
static int add(struct desk *desk, const struct feed_id *feed, uint64_t seq, uint32_t field, struct span value,
        const struct op_id *cited, struct record_id doc)
{
	struct entry_ref own = {*feed, seq};
	struct crdt_builder builder;
	struct crdt_change change;
	struct crdt_path space;
	struct buf bytes = {0};
	struct crdt_cites cites = {cited, cited ? 1 : 0};
	crdt_builder_begin(&builder, &own, DOC_KIND, doc, NULL, 0);
	if (value.size)
		crdt_builder_set(&builder, path(field, &space), value, cites, (struct span){NULL, 0});
	else
		crdt_builder_clear(&builder, path(field, &space), cites, span_text("wrong"));
	check_ok(crdt_builder_finish(&builder, &bytes));
	desk->lamport++;
	struct crdt_meta meta = {.feed = *feed,
	        .seq = seq,
	        .lamport = desk->lamport,
	        .hlc = desk->lamport << 16,
	        .deps = builder.deps,
	        .dep_count = builder.dep_count};
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	int result = crdt_history_add(desk->history, &change);
	crdt_builder_close(&builder);
	buf_close(&bytes);
	return result;
}

static const struct span VALUE = {(const uint8_t *)"\x05", 1}, NOTHING = {NULL, 0};

/* Phone set, set again by a colleague, the whole record cleared, another field set. */
static void tell(struct desk *desk)
{
	struct op_id first = {ANNA, 1, 0}, second = {BEA, 1, 0};
	check_ok(add(desk, &ANNA, 1, 21, VALUE, NULL, DOC));
	check_ok(add(desk, &BEA, 1, 21, VALUE, &first, DOC));
	check_ok(add(desk, &ANNA, 2, 0, NOTHING, &second, DOC));
	check_ok(add(desk, &ANNA, 3, 22, VALUE, NULL, DOC));
	crdt_history_link(desk->history);
}

static void check_numbers(struct buf *numbers, const uint32_t *want, uint32_t count)
{
	assert_int_equal(numbers->size, count * sizeof(*want));
	assert_memory_equal(numbers->data, want, numbers->size);
	buf_clear(numbers);
}

static void what_happened_to_a_field_holds_the_removals_above_it(void **state)
{
	struct desk *desk = *state;
	struct buf numbers = {0};
	struct crdt_path space;
	tell(desk);
	crdt_history_of(desk->history, path(21, &space), &numbers);
	check_numbers(&numbers, (const uint32_t[]){0, 1, 2}, 3);
	crdt_history_of(desk->history, path(22, &space), &numbers);
	check_numbers(&numbers, (const uint32_t[]){3}, 1);
	crdt_history_of(desk->history, path(0, &space), &numbers);
	check_numbers(&numbers, (const uint32_t[]){0, 1, 2, 3}, 4);
	crdt_history_of(desk->history, path(23, &space), &numbers);
	assert_int_equal(numbers.size, 0);
	buf_close(&numbers);
}

static void values_live_until_somebody_ends_them(void **state)
{
	struct desk *desk = *state;
	struct crdt_frontier frontier = {0};
	tell(desk);
	assert_int_equal(crdt_history_ended(desk->history, 1).items[0], 0);
	assert_int_equal(crdt_history_ended(desk->history, 2).items[0], 1);
	assert_int_equal(crdt_history_enders(desk->history, 0).count, 1);
	crdt_frontier_raise(&frontier, &ANNA, 1);
	assert_true(crdt_history_lives(desk->history, 0, &frontier));
	assert_false(crdt_history_lives(desk->history, 1, &frontier));
	crdt_frontier_raise(&frontier, &BEA, 1);
	assert_false(crdt_history_lives(desk->history, 0, &frontier));
	assert_true(crdt_history_lives(desk->history, 1, &frontier));
	assert_true(crdt_history_lives_after(desk->history, 1, 1));
	assert_false(crdt_history_lives_after(desk->history, 1, 2));
	crdt_frontier_close(&frontier);
}

static void a_frontier_that_is_not_closed_is_refused(void **state)
{
	struct desk *desk = *state;
	struct crdt_frontier frontier = {0};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc;
	tell(desk);
	crdt_frontier_raise(&frontier, &ANNA, 2); /* it names what Béa wrote */
	assert_int_equal(crdt_history_doc(desk->history, feeds, &frontier, &doc), ERR_GAP);
	crdt_frontier_raise(&frontier, &BEA, 1);
	check_ok(crdt_history_doc(desk->history, feeds, &frontier, &doc));
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
	crdt_frontier_close(&frontier);
}

static void what_is_not_here_is_counted(void **state)
{
	struct desk *desk = *state;
	struct op_id gone = {ANNA, 1, 0}, beyond = {BEA, 1, 7};
	uint32_t number;
	check_ok(add(desk, &BEA, 1, 21, VALUE, &gone, DOC));
	crdt_history_link(desk->history);
	assert_int_equal(crdt_history_step(desk->history, 0)->lost_count, 1);
	assert_false(crdt_history_find(desk->history, &gone, &number));
	assert_false(crdt_history_find(desk->history, &beyond, &number));
}

static void other_documents_and_too_much_are_refused(void **state)
{
	struct desk *desk = *state;
	struct record_id other = {{2}};
	struct buf value = {0};
	assert_int_equal(add(desk, &ANNA, 1, 21, VALUE, NULL, other), ERR_INVALID);
	uint8_t *bytes = mem_zero(1, LIMIT_VALUE_BYTES / 2);
	mpack_put_bin(&value, span_of(bytes, LIMIT_VALUE_BYTES / 2));
	uint64_t seq = 1, fits = LIMIT_HISTORY_BYTES / value.size;
	int result = 0;
	for (; result == 0; seq++)
		result = add(desk, &ANNA, seq, 21, buf_span(&value), NULL, DOC);
	assert_int_equal(result, ERR_TOOBIG);
	assert_true(seq - 2 <= fits && seq + 2 >= fits);
	crdt_history_link(desk->history);
	assert_int_equal(
	        crdt_history_change_count(desk->history), seq - 2); /* the one refused is not there */
	mem_free(bytes);
	buf_close(&value);
}

/* Many small operations cost more memory than their bytes. */
static void too_many_steps_are_refused(void **state)
{
	struct desk *desk = *state;
	struct crdt_builder builder;
	struct crdt_change change;
	struct crdt_path space;
	struct buf bytes = {0};
	struct entry_ref own = {ANNA, 1};
	const struct crdt_cites none = {NULL, 0};
	uint32_t count = LIMIT_MPACK_NODES / 8; /* six nodes each here */
	crdt_builder_begin(&builder, &own, DOC_KIND, DOC, NULL, 0);
	for (uint32_t i = 0; i < count; i++)
		crdt_builder_set(&builder, path(21, &space), VALUE, none, NOTHING);
	check_ok(crdt_builder_finish(&builder, &bytes));
	struct crdt_meta meta = {.feed = ANNA, .seq = 1};
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	for (uint32_t taken = count; taken <= LIMIT_HISTORY_STEPS; taken += count) {
		check_ok(crdt_history_add(desk->history, &change));
		meta.seq++;
	}
	assert_int_equal(crdt_history_add(desk->history, &change), ERR_TOOBIG);
	crdt_history_link(desk->history);
	assert_true(crdt_history_count(desk->history) <= LIMIT_HISTORY_STEPS);
	crdt_builder_close(&builder);
	buf_close(&bytes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(what_happened_to_a_field_holds_the_removals_above_it),
	        TEST(values_live_until_somebody_ends_them),
	        TEST(a_frontier_that_is_not_closed_is_refused),
	        TEST(what_is_not_here_is_counted),
	        TEST(other_documents_and_too_much_are_refused),
	        TEST(too_many_steps_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
