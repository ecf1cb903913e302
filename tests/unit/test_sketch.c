#include "tests/lib/check.h"

#include "crdt/base/mem.h"
#include "crdt/base/rng.h"
#include "net/sketch.h"

/* What was removed and never added comes out, and all of it: but for one sketch in a hundred at most, which says so. */
static void tells_the_difference(void **state)
{
	(void)state;
	uint32_t closed = 0;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct rng random = rng_new(seed);
		uint64_t *removed;
		uint32_t count, cells = 64, only_there = (uint32_t)(seed % 12), only_here = 12 - only_there;
		struct net_sketch sketch;
		uint64_t here[12];
		net_sketch_init(&sketch, cells);
		for (uint32_t i = 0; i < 5000; i++) {
			const uint64_t both = rng_u64(&random);
			net_sketch_add(&sketch, both);
			net_sketch_remove(&sketch, both);
		}
		for (uint32_t i = 0; i < only_there; i++)
			net_sketch_add(&sketch, rng_u64(&random));
		for (uint32_t i = 0; i < only_here; i++)
			net_sketch_remove(&sketch, here[i] = rng_u64(&random));
		const bool is_open = net_sketch_open(&sketch, &removed, &count);
		closed += !is_open;
		assert_true(is_open ? count == only_here : count <= only_here);
		for (uint32_t i = 0; is_open && i < only_here; i++) {
			bool found = false;
			for (uint32_t j = 0; j < count; j++)
				found |= removed[j] == here[i];
			assert_true(found);
		}
		mem_free(removed);
		net_sketch_close(&sketch);
	}
	assert_true(closed <= 2);
}

static void says_when_it_is_too_much(void **state)
{
	(void)state;
	struct rng random = rng_new(7);
	uint64_t *removed;
	uint32_t count;
	struct net_sketch sketch;
	net_sketch_init(&sketch, 64);
	for (uint32_t i = 0; i < 200; i++)
		net_sketch_add(&sketch, rng_u64(&random));
	assert_false(net_sketch_open(&sketch, &removed, &count));
	assert_int_equal(count, 0);
	mem_free(removed);
	net_sketch_close(&sketch);
}

static void comes_back_from_its_bytes(void **state)
{
	(void)state;
	struct net_sketch sketch, read;
	struct buf bytes = {0};
	uint64_t *removed;
	uint32_t count;
	net_sketch_init(&sketch, 12);
	net_sketch_add(&sketch, 1);
	net_sketch_remove(&sketch, 2);
	net_sketch_encode(&sketch, &bytes);
	assert_int_equal(bytes.size, 1 + 12 * NET_SKETCH_CELL_BYTES);
	struct wire_in in = wire_begin(buf_span(&bytes));
	net_sketch_decode(&read, 12, &in);
	check_ok(wire_end(&in));
	assert_true(net_sketch_open(&read, &removed, &count));
	assert_int_equal(count, 1);
	assert_int_equal(removed[0], 2);
	mem_free(removed);
	net_sketch_close(&read);
	in = wire_begin(buf_span(&bytes));
	net_sketch_decode(&read, 11, &in);
	check_code(wire_end(&in), ERR_TOOBIG);
	net_sketch_close(&read);
	in = wire_begin(span_sub(buf_span(&bytes), 0, bytes.size - 1));
	net_sketch_decode(&read, 12, &in);
	check_code(wire_end(&in), ERR_TRUNCATED);
	net_sketch_close(&read);
	in = wire_begin(span_text("\x02"));
	net_sketch_decode(&read, 12, &in);
	assert_true(wire_end(&in) != 0);
	net_sketch_close(&read);
	net_sketch_close(&sketch);
	buf_close(&bytes);
}

/* Made-up cells end after as many numbers as there are cells. */
static void made_up_cells_end(void **state)
{
	(void)state;
	struct rng random = rng_new(3);
	uint64_t *removed;
	uint32_t count;
	for (int i = 0; i < 100; i++) {
		struct net_sketch sketch;
		net_sketch_init(&sketch, 12);
		for (uint32_t j = 0; j < 6; j++)
			net_sketch_remove(&sketch, rng_u64(&random) % 3); /* the same ones again and again */
		for (uint32_t j = 0; j < 12; j++)
			sketch.cells[j].count = (uint8_t)(rng_u64(&random) & 1 ? 1 : UINT8_MAX);
		net_sketch_open(&sketch, &removed, &count);
		assert_true(count <= 12);
		mem_free(removed);
		net_sketch_close(&sketch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tells_the_difference),
	        cmocka_unit_test(says_when_it_is_too_much),
	        cmocka_unit_test(comes_back_from_its_bytes),
	        cmocka_unit_test(made_up_cells_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
