#include "tests/lib/check.h"

#include "crdt/base/arena.h"
#include "crdt/base/ids.h"
#include "crdt/base/mem.h"
#include "crdt/base/queue.h"
#include "crdt/base/rng.h"
#include "crdt/base/wire.h"

static void errors_have_names_and_sentences(void **state)
{
	(void)state;
	assert_string_equal(err_name(ERR_MALFORMED), "MALFORMED");
	assert_string_equal(err_name(0), "OK");
	assert_string_equal(err_name(-9999), "UNKNOWN");
	assert_string_equal(err_sentence(ERR_FORK), "Two different histories claim the same place.");
}

static void wire_round_trip(void **state)
{
	(void)state;
	static const uint64_t values[] = {0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX, UINT64_MAX};
	struct buf out = {0};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		wire_put_varint(&out, values[i]);
		wire_put_zigzag(&out, (int64_t)values[i]);
		wire_put_u64(&out, values[i]);
	}
	wire_put_u8(&out, 7);
	wire_put_u16(&out, 0x0102);
	wire_put_u32(&out, 0x01020304);
	wire_put_blob(&out, span_text("abc"));
	struct wire_in in = wire_begin(buf_span(&out));
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		assert_true(wire_varint(&in) == values[i]);
		assert_true(wire_zigzag(&in) == (int64_t)values[i]);
		assert_true(wire_u64(&in) == values[i]);
	}
	assert_int_equal(wire_u8(&in), 7);
	assert_int_equal(wire_u16(&in), 0x0102);
	assert_int_equal(wire_u32(&in), 0x01020304);
	check_span(wire_blob(&in, 3), span_text("abc"));
	check_ok(wire_end(&in));
	buf_close(&out);
}

static void wire_refuses(void **state)
{
	(void)state;
	struct wire_in in = wire_begin(span_of("\x80\x00", 2)); /* a needless byte */
	wire_varint(&in);
	check_code(wire_end(&in), ERR_MALFORMED);
	in = wire_begin(span_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10)); /* over 64 bits */
	wire_varint(&in);
	check_code(wire_end(&in), ERR_MALFORMED);
	in = wire_begin(span_of("\x80", 1));
	wire_varint(&in);
	check_code(wire_end(&in), ERR_TRUNCATED);
	in = wire_begin(span_of("\x05"
	                        "abc",
	        4));
	wire_blob(&in, 10);
	check_code(wire_end(&in), ERR_TRUNCATED);
	in = wire_begin(span_of("\x05"
	                        "abcde",
	        6));
	wire_blob(&in, 4);
	check_code(wire_end(&in), ERR_TOOBIG);
	in = wire_begin(span_of("\x7f"
	                        "ab",
	        3));
	assert_int_equal(wire_count(&in, 1000, 4), 0); /* 127 items of 4 bytes cannot be in 2 bytes */
	check_code(wire_end(&in), ERR_TRUNCATED);
	in = wire_begin(span_of("ab", 2));
	wire_u8(&in);
	check_code(wire_end(&in), ERR_MALFORMED); /* left over */
	in = wire_begin((struct span){NULL, 0});
	assert_int_equal(wire_u32(&in), 0);
	check_code(wire_end(&in), ERR_TRUNCATED);
}

static void ids_in_hexadecimal(void **state)
{
	(void)state;
	char text[9];
	uint8_t bytes[4] = {0, 0xab, 0xff, 7}, back[4];
	ids_hex(text, bytes, 4);
	assert_string_equal(text, "00abff07");
	assert_true(ids_from_hex(back, 4, "00ABff07"));
	assert_memory_equal(back, bytes, 4);
	assert_false(ids_from_hex(back, 4, "00abff0"));
	assert_false(ids_from_hex(back, 4, "00abfg07"));
	struct op_id a = {.seq = 1, .index = 2}, b = {.seq = 1, .index = 3};
	assert_true(op_id_cmp(&a, &b) < 0);
	b.feed.bytes[0] = 1;
	b.index = 0;
	assert_true(op_id_cmp(&a, &b) < 0);
	assert_int_equal(op_id_cmp(&a, &a), 0);
}

static void buffers_and_arenas(void **state)
{
	(void)state;
	struct buf buf = {0};
	for (int i = 0; i < 1000; i++)
		buf_add(&buf, "0123456789", 10);
	assert_int_equal(buf.size, 10000);
	buf_drop_front(&buf, 9995);
	check_span(buf_span(&buf), span_text("56789"));
	buf_wipe(&buf);
	assert_null(buf.data);
	assert_non_null(buf_extend(&buf, 0)); /* a place, even for nothing: arithmetic on NULL is undefined */
	buf_close(&buf);
	struct arena arena = {0};
	char *first = arena_text(&arena, span_text("stays"));
	for (int i = 0; i < 1000; i++)
		arena_zero(&arena, 100, 7);
	assert_string_equal(first, "stays");
	arena_clear(&arena);
	assert_int_equal(arena.total_bytes, 0);
	arena_close(&arena);
}

struct item {
	int number;
	struct queue link;
};

static void queues_keep_order(void **state)
{
	(void)state;
	struct queue queue;
	struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
	queue_init(&queue);
	assert_null(queue_pop(&queue));
	for (int i = 0; i < 3; i++)
		queue_push(&queue, &items[i].link);
	queue_remove(&items[1].link);
	queue_remove(&items[1].link);
	assert_int_equal(queue_member(queue_pop(&queue), struct item, link)->number, 0);
	assert_int_equal(queue_member(queue_pop(&queue), struct item, link)->number, 2);
	assert_true(queue_empty(&queue));
}

static void random_numbers_repeat(void **state)
{
	(void)state;
	struct rng a = rng_new(42), b = rng_new(42);
	assert_true(rng_u64(&a) == 0x15780b2e0c2ec716u);
	rng_u64(&b);
	for (int i = 0; i < 1000; i++) {
		uint64_t x = rng_between(&a, 10, 12);
		assert_true(x >= 10 && x <= 12 && x == rng_between(&b, 10, 12));
	}
	int cards[5] = {1, 2, 3, 4, 5}, sum = 0;
	rng_shuffle(&a, cards, 5, sizeof(*cards));
	for (int i = 0; i < 5; i++)
		sum += cards[i];
	assert_int_equal(sum, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(errors_have_names_and_sentences),
	        cmocka_unit_test(wire_round_trip),
	        cmocka_unit_test(wire_refuses),
	        cmocka_unit_test(ids_in_hexadecimal),
	        cmocka_unit_test(buffers_and_arenas),
	        cmocka_unit_test(queues_keep_order),
	        cmocka_unit_test(random_numbers_repeat),
	};
	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
