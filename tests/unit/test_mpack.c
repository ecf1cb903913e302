#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/mpack.h"
#include "crdt/nfc.h"
#include "crdt/path.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

static void integers_round_trip_in_their_shortest_form(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		size_t size;
	} cases[] = {{0, 1}, {127, 1}, {128, 2}, {255, 2}, {256, 3}, {65535, 3}, {65536, 5}, {UINT32_MAX, 5},
	        {(int64_t)UINT32_MAX + 1, 9}, {INT64_MAX, 9}, {-1, 1}, {-32, 1}, {-33, 2}, {-128, 2},
	        {-129, 3}, {-32768, 3}, {-32769, 5}, {INT32_MIN, 5}, {(int64_t)INT32_MIN - 1, 9},
	        {INT64_MIN, 9}};
	struct buf out = {0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&out);
		mpack_put_int(&out, cases[i].value);
		assert_int_equal(out.size, cases[i].size);
		check_ok(mpack_check(buf_span(&out)));
		struct mpack_in in = mpack_begin(buf_span(&out));
		assert_true(mpack_int(&in) == cases[i].value);
		check_ok(mpack_end(&in));
	}
	buf_clear(&out);
	mpack_put_uint(&out, UINT64_MAX);
	struct mpack_in in = mpack_begin(buf_span(&out));
	assert_true(mpack_uint(&in, UINT64_MAX) == UINT64_MAX);
	in = mpack_begin(buf_span(&out));
	mpack_int(&in);
	check_code(mpack_end(&in), ERR_TOOBIG);
	buf_close(&out);
}

static void lengths_round_trip_in_their_shortest_form(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
	struct buf out = {0}, text = {0};
	memset(buf_extend(&text, 65536), 'a', 65536);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct span content = span_of(text.data, sizes[i]);
		buf_clear(&out);
		mpack_put_str(&out, content);
		check_ok(mpack_check(buf_span(&out)));
		struct mpack_in in = mpack_begin(buf_span(&out));
		check_span(mpack_str(&in), content);
		check_ok(mpack_end(&in));
		buf_clear(&out);
		mpack_put_bin(&out, content);
		check_ok(mpack_check(buf_span(&out)));
		in = mpack_begin(buf_span(&out));
		check_span(mpack_bin(&in), content);
		check_ok(mpack_end(&in));
	}
	buf_close(&out);
	buf_close(&text);
}

static void everything_else_is_refused(void **state)
{
	(void)state;
	const struct {
		struct span bytes;
		int code;
	} cases[] = {
	        {{NULL, 0}, ERR_TRUNCATED},
	        {BYTES("\xcc\x7f"), ERR_MALFORMED}, /* 127 fits one byte */
	        {BYTES("\xcd\x00\xff"), ERR_MALFORMED},
	        {BYTES("\xce\x00\x00\xff\xff"), ERR_MALFORMED},
	        {BYTES("\xcf\x00\x00\x00\x00\xff\xff\xff\xff"), ERR_MALFORMED},
	        {BYTES("\xd0\xe0"), ERR_MALFORMED}, /* -32 fits one byte */
	        {BYTES("\xd0\x05"), ERR_MALFORMED}, /* positive in a signed form */
	        {BYTES("\xd1\xff\x80"), ERR_MALFORMED},
	        {BYTES("\xd2\xff\xff\x80\x00"), ERR_MALFORMED},
	        {BYTES("\xd3\xff\xff\xff\xff\x80\x00\x00\x00"), ERR_MALFORMED},
	        {BYTES("\xca\x00\x00\x00\x00"), ERR_MALFORMED}, /* float */
	        {BYTES("\xc1"), ERR_MALFORMED},
	        {BYTES("\xd4\x01\x02"), ERR_MALFORMED}, /* ext */
	        {BYTES("\xd9\x05"
	               "abcde"),
	                ERR_MALFORMED},
	        {BYTES("\xda\x00\x05"
	               "abcde"),
	                ERR_MALFORMED},
	        {BYTES("\xc5\x00\x01"
	               "a"),
	                ERR_MALFORMED},
	        {BYTES("\xdc\x00\x01\x00"), ERR_MALFORMED},
	        {BYTES("\xde\x00\x01\x00\x00"), ERR_MALFORMED},
	        {BYTES("\xa3"
	               "ab"),
	                ERR_TRUNCATED},
	        {BYTES("\xdd\x10\x00\x00\x00"), ERR_TRUNCATED}, /* 8 GiB in msgpack_unpack */
	        {BYTES("\xdf\xff\xff\xff\xff"), ERR_TRUNCATED},
	        {BYTES("\xa1\xff"), ERR_MALFORMED}, /* not UTF-8 */
	        {BYTES("\xa2\xc0\x80"), ERR_MALFORMED}, /* overlong */
	        {BYTES("\xa3\xed\xa0\x80"), ERR_MALFORMED}, /* surrogate */
	        {BYTES("\x82\x01\x00\x01\x00"), ERR_MALFORMED}, /* the same key twice */
	        {BYTES("\x82\x02\x00\x01\x00"), ERR_MALFORMED}, /* descending */
	        {BYTES("\x81\xff\x00"), ERR_MALFORMED}, /* a negative key */
	        {BYTES("\x81\x90\x00"), ERR_MALFORMED}, /* an array as key */
	        {BYTES("\x00\x00"), ERR_MALFORMED}, /* two values */
	        {BYTES("\x92\x00"), ERR_TRUNCATED},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (mpack_check(cases[i].bytes) != cases[i].code)
			fail_msg("case %zu: %s", i, err_name(mpack_check(cases[i].bytes)));
	check_ok(mpack_check(BYTES("\x83\x01\x00\x02\x00\xa1k\xc2")));
}

static void depth_and_nodes_are_bounded(void **state)
{
	(void)state;
	struct buf out = {0};
	for (int i = 0; i < LIMIT_MPACK_DEPTH; i++)
		mpack_put_array(&out, 1);
	mpack_put_nil(&out);
	check_ok(mpack_check(buf_span(&out)));
	buf_clear(&out);
	for (int i = 0; i <= LIMIT_MPACK_DEPTH; i++)
		mpack_put_array(&out, 1);
	mpack_put_nil(&out);
	check_code(mpack_check(buf_span(&out)), ERR_TOOBIG);
	buf_clear(&out);
	mpack_put_array(&out, LIMIT_MPACK_NODES - 1);
	memset(buf_extend(&out, LIMIT_MPACK_NODES - 1), 0, LIMIT_MPACK_NODES - 1);
	check_ok(mpack_check(buf_span(&out)));
	buf_clear(&out);
	mpack_put_array(&out, LIMIT_MPACK_NODES);
	memset(buf_extend(&out, LIMIT_MPACK_NODES), 0, LIMIT_MPACK_NODES);
	check_code(mpack_check(buf_span(&out)), ERR_TOOBIG);
	buf_close(&out);
}

static void reading_sticks_at_the_first_error(void **state)
{
	(void)state;
	struct mpack_in in = mpack_begin(BYTES("\x93\x01\x02\x03"));
	assert_int_equal(mpack_array(&in), 3);
	assert_int_equal(mpack_str(&in).size, 0);
	assert_int_equal(mpack_uint(&in, 10), 0);
	check_code(mpack_end(&in), ERR_MALFORMED);
	in = mpack_begin(BYTES("\x05"));
	assert_int_equal(mpack_uint(&in, 4), 0);
	check_code(mpack_end(&in), ERR_TOOBIG);
	in = mpack_begin(BYTES("\x92\x81\x01\xc0\xc3\x07"));
	assert_int_equal(mpack_skip(&in).size, 5);
	assert_int_equal(mpack_peek(&in), MPACK_UINT);
	check_code(mpack_end(&in), ERR_MALFORMED);
}

static void text_is_normalized(void **state)
{
	(void)state;
	struct buf out = {0};
	check_ok(crdt_text_nfc(span_text("e\xcc\x81lan"), &out));
	check_span(buf_span(&out), span_text("\xc3\xa9lan"));
	check_ok(crdt_text_nfc(span_text(" ascii"), &out)); /* appends */
	check_span(buf_span(&out), span_text("\xc3\xa9lan ascii"));
	check_code(crdt_text_nfc(BYTES("\xe2\x82"), &out), ERR_MALFORMED);
	assert_int_equal(out.size, 11);
	buf_close(&out);
	assert_true(crdt_utf8_valid(BYTES("\xf4\x8f\xbf\xbf \xf0\x90\x80\x80 \xe0\xa0\x80 \xc2\x80")));
	assert_false(crdt_utf8_valid(BYTES("\xf4\x90\x80\x80")));
	assert_false(crdt_utf8_valid(BYTES("12345678\x80")));
	assert_false(crdt_utf8_valid(BYTES("\xf8\x88\x80\x80\x80")));
}

static void paths_are_sequences_of_keys(void **state)
{
	(void)state;
	struct crdt_path path = {0};
	struct crdt_element element = {{{{9}}, 70000, 3}, 12};
	crdt_path_field(&path, 300);
	crdt_path_text(&path, span_text("nom"));
	crdt_path_record(&path, (struct record_id){{1, 2}});
	crdt_path_element(&path, &element);
	check_ok(crdt_path_check(crdt_path_span(&path)));
	struct span rest = crdt_path_span(&path);
	struct crdt_key key;
	assert_true(crdt_path_next(&rest, &key) && key.type == CRDT_KEY_FIELD && key.field == 300);
	assert_true(crdt_path_next(&rest, &key) && key.type == CRDT_KEY_TEXT);
	check_span(key.bytes, span_text("nom"));
	assert_true(crdt_path_next(&rest, &key) && key.type == CRDT_KEY_BIN && key.bytes.size == 16);
	assert_true(crdt_path_next(&rest, &key) && key.type == CRDT_KEY_ELEMENT);
	assert_int_equal(op_id_cmp(&key.element.op, &element.op), 0);
	assert_int_equal(key.element.offset, 12);
	assert_false(crdt_path_next(&rest, &key));
	check_code(crdt_path_check(span_sub(crdt_path_span(&path), 0, path.size - 1u)), ERR_TRUNCATED);
	check_code(crdt_path_check(BYTES("\x01\x01\x01\x01\x01\x01\x01\x01\x01")), ERR_TOOBIG);
	check_code(crdt_path_check(BYTES("\xa0")), ERR_MALFORMED);
	check_code(crdt_path_check(BYTES("\xc0")), ERR_MALFORMED);
	check_code(crdt_path_check(BYTES("\xa1\xff")), ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(integers_round_trip_in_their_shortest_form),
	        cmocka_unit_test(lengths_round_trip_in_their_shortest_form),
	        cmocka_unit_test(everything_else_is_refused),
	        cmocka_unit_test(depth_and_nodes_are_bounded),
	        cmocka_unit_test(reading_sticks_at_the_first_error),
	        cmocka_unit_test(text_is_normalized),
	        cmocka_unit_test(paths_are_sequences_of_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
