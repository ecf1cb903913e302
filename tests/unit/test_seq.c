/* Sequences against hostile authors and hostile snapshots. The laws are in tests/prop. */
#include "crdt/base/err.h"
#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"
#include "tests/lib/check.h"
#include "tests/lib/seq_shapes.h"

/* --- Work is bounded --- */

enum {
	OPERATIONS = 8000,
	/* Looked at by one operation: what walking may use up at once, and a place found by halving. */
	STEPS_MOST = 6000,
	/* By each on average. */
	STEPS_MEAN = 1000,
};

static uint64_t step(struct seq_shape_world *world, const struct seq_shape *shape, uint32_t i)
{
	uint64_t before = world->seq->steps;
	shape->step(world, i);
	return world->seq->steps - before;
}

/* The last quarter of the operations of each shape looks at little. */
static void hostile_shapes_take_few_steps(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SEQ_SHAPE_COUNT; i++) {
		const struct seq_shape *shape = &seq_shapes[i];
		struct seq_shape_world world;
		uint64_t sum = 0, most = 0;
		if (shape->is_one)
			continue;
		seq_shape_open(&world, shape->kind, OPERATIONS);
		shape->base(&world);
		for (uint32_t j = 0; j < OPERATIONS; j++) {
			uint64_t steps = step(&world, shape, j);
			sum += j < OPERATIONS * 3 / 4 ? 0 : steps;
			most = j < OPERATIONS * 3 / 4 || steps < most ? most : steps;
		}
		if (most > STEPS_MOST || sum > STEPS_MEAN * (OPERATIONS / 4))
			fail_msg("%s: %llu at most, %llu in all", shape->name, (unsigned long long)most,
			        (unsigned long long)sum);
		assert_true(seq_is_sound(world.seq));
		seq_shape_close(&world);
	}
}

/* Honest texts never have the index for places that take long to find. */
static void typing_makes_no_index(void **state)
{
	(void)state;
	for (uint32_t shape = 0; shape < SEQ_SHAPE_HONEST; shape++) {
		struct seq_shape_world world;
		seq_shape_open(&world, SEQ_TEXT, OPERATIONS);
		for (uint32_t i = 0; i < OPERATIONS; i++)
			seq_shapes[shape].step(&world, i);
		assert_false(world.seq->is_indexed);
		seq_shape_close(&world);
	}
}

/* --- Snapshots from anybody --- */

/* Two feeds, of which two changes each were applied. */
static int load(enum seq_kind kind, const uint8_t *bytes, size_t size)
{
	static const uint32_t seqs[] = {2, 2};
	struct wire_in in = wire_begin(span_of(bytes, size));
	struct seq *seq = seq_load(&in, kind, seqs, 2);
	seq_free(seq);
	return wire_end(&in);
}

#define STAMPS 2, 0, 1, 2, 2, 1, 0, 2, 0 /* two authors, both at Lamport 1 */
#define INSERTIONS 2, 0, 1, 0, 0, 1, 1 /* a letter each */
#define ORDER 1, 2, 0 /* as they are numbered */
#define CONTENT 2, 'a', 'b'

/* Both at the start: the one with the lesser id comes first. */
static void an_order_is_that_of_its_origins(void **state)
{
	static const uint8_t right[] = {STAMPS, INSERTIONS, ORDER, 1, 1, 0, 0, 0, CONTENT};
	static const uint8_t wrong[] = {STAMPS, INSERTIONS, 2, 1, 1, 2, 3, 1, 1, 0, 0, 0, CONTENT};
	(void)state;
	assert_int_equal(load(SEQ_TEXT, right, sizeof(right)), 0);
	assert_int_equal(load(SEQ_TEXT, wrong, sizeof(wrong)), ERR_MALFORMED);
}

static void an_origin_was_there_before(void **state)
{
	static const uint8_t later[] = {STAMPS, INSERTIONS, ORDER, 1, 0, 0, 2, 0, CONTENT};
	static const uint8_t itself[] = {STAMPS, INSERTIONS, ORDER, 1, 1, 2, 0, 0, CONTENT};
	(void)state;
	assert_int_equal(load(SEQ_TEXT, later, sizeof(later)), ERR_MALFORMED);
	assert_int_equal(load(SEQ_TEXT, itself, sizeof(itself)), ERR_MALFORMED);
}

/* A feed's second change first: Lamport clocks ascend in a feed. */
static void a_feeds_changes_are_in_order(void **state)
{
	static const uint8_t right[] = {2, 0, 0, 2, 2, 1, 1, 2, 0, INSERTIONS, ORDER, 0, 0, CONTENT};
	static const uint8_t wrong[] = {2, 0, 0, 4, 1, 1, 1, 2, 0, INSERTIONS, ORDER, 0, 0, CONTENT};
	(void)state;
	assert_int_equal(load(SEQ_TEXT, right, sizeof(right)), 0);
	assert_int_equal(load(SEQ_TEXT, wrong, sizeof(wrong)), ERR_MALFORMED);
}

/* The second value is the place of a move of the first one. */
static void a_place_holds_nil(void **state)
{
	static const uint8_t right[] = {STAMPS, INSERTIONS, ORDER, 0, 0, 1, 1, 1, 0, 2, 7, 0xc0};
	static const uint8_t wrong[] = {STAMPS, INSERTIONS, ORDER, 0, 0, 1, 1, 1, 0, 2, 7, 7};
	(void)state;
	assert_int_equal(load(SEQ_LIST, right, sizeof(right)), 0);
	assert_int_equal(load(SEQ_LIST, wrong, sizeof(wrong)), ERR_MALFORMED);
}

/* --- Moves --- */

/* Moves of element 0 at these clocks, by an author each; their places are elements 1, 2, 3. */
enum { MOVES = 3 };

static struct seq_shape_world moved_by(const uint64_t lamports[MOVES])
{
	struct seq_shape_world world;
	seq_shape_open(&world, SEQ_LIST, MOVES);
	struct doc_stamp base = {1, 1, 1, world.feed[MOVES]};
	seq_insert(world.seq, (struct seq_by){seq_stamp(world.seq, &base), 0}, SEQ_NONE, SEQ_NONE,
	        span_of("\x01", 1));
	for (uint32_t i = 0; i < MOVES; i++) {
		struct doc_stamp stamp = {lamports[i], 1, 1, world.feed[i]};
		seq_move(world.seq, (struct seq_by){seq_stamp(world.seq, &stamp), 0}, 0, SEQ_NONE, SEQ_NONE);
	}
	return world;
}

/* The winner is taken back each time: so they win in this order. */
static void assert_winners(struct seq_shape_world *world, const uint32_t places[MOVES])
{
	struct doc_stamp stamp = {UINT64_MAX, 2, 1, world->feed[MOVES + 1]};
	struct seq_by by = {seq_stamp(world->seq, &stamp), 0};
	for (uint32_t i = 0; i < MOVES; i++, by.index++) {
		assert_true(seq_is_sound(world->seq));
		assert_int_equal(seq_stands(world->seq, 0), places[i]);
		seq_take_back(world->seq, by, places[i], 0);
	}
	assert_int_equal(seq_stands(world->seq, 0), 0);
}

/* A move wins over all until its clock is known; then over those before it. */
static void a_move_wins_by_the_clock_that_it_got(void **state)
{
	static const uint64_t lamports[MOVES] = {5, UINT64_MAX, 7};
	static const uint32_t before[MOVES] = {2, 3, 1}, after[MOVES] = {3, 2, 1};
	(void)state;
	for (int is_known = 0; is_known < 2; is_known++) {
		struct seq_shape_world world = moved_by(lamports);
		struct doc_stamp stamp = {6, 1, 1, world.feed[1]};
		if (is_known)
			assert_true(seq_restamp(world.seq, &stamp));
		assert_winners(&world, is_known ? after : before);
		seq_shape_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hostile_shapes_take_few_steps),
	        cmocka_unit_test(typing_makes_no_index),
	        cmocka_unit_test(an_order_is_that_of_its_origins),
	        cmocka_unit_test(an_origin_was_there_before),
	        cmocka_unit_test(a_feeds_changes_are_in_order),
	        cmocka_unit_test(a_place_holds_nil),
	        cmocka_unit_test(a_move_wins_by_the_clock_that_it_got),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
