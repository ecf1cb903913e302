#include "tests/lib/check.h"

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/builder.h"
#include "crdt/change.h"

/* The header around each op below: entry 5 of its feed, depending on two others up to 9 and 3. */
static const struct entry_ref deps[] = {{{{0xb1}}, 9}, {{{0xc2}}, 3}};
static const struct crdt_meta meta = {
        .feed = {{0xa0}}, .seq = 5, .lamport = 12, .hlc = 34, .deps = deps, .dep_count = 2};

/* A change of one op given in hexadecimal (spaces allowed), after the head [1, 7, id, [op]]. */
static struct buf change_of(const char *op_hex)
{
	struct buf out = {0};
	mpack_put_array(&out, 4);
	mpack_put_uint(&out, 1);
	mpack_put_uint(&out, 7);
	mpack_put_bin(&out, span_of("0123456789abcdef", 16));
	mpack_put_array(&out, 1);
	for (const char *at = op_hex; *at;) {
		char digits[3] = {at[0], at[1], '\0'};
		if (*at == ' ') {
			at++;
			continue;
		}
		assert_true(ids_from_hex(buf_extend(&out, 1), 1, digits));
		at += 2;
	}
	return out;
}

static int open_op(const char *op_hex)
{
	struct buf bytes = change_of(op_hex);
	struct crdt_change change;
	int code = crdt_change_open(&change, &meta, buf_span(&bytes));
	buf_close(&bytes);
	return code;
}

#define ID "c410 30313233343536373839616263646566"

static void valid_operations_open(void **state)
{
	(void)state;
	static const char *const ops[] = {
	        "93 01 91 01 c0", /* SET */
	        "94 01 91 01 c0 93 000400", /* own feed, before */
	        "94 01 91 01 c0 96 010900 020300",
	        "95 01 91 01 c0 90 a16f",
	        "95 01 91 01 c0 93 000400 a16f",
	        "93 02 90 93 000400", /* CLEAR of the document */
	        "94 02 91 01 93 000400 a16f",
	        "93 03 91 01 c0", /* ADD */
	        "94 03 91 01 c0 93 000400",
	        "93 04 91 01 93 000400", /* REMOVE */
	        "94 08 01 " ID " 80", /* EVENT */
	        "94 08 ccff " ID " 82 01 c0 ce00010000 c0",
	        "96 08 01 " ID " 80 93 000400 a16f",
	        "93 10 91 01 ff", /* COUNT -1 */
	        "93 10 91 01 cf001fffffffffffff",
	        "95 18 91 01 90 90 91 c0", /* LIST_INSERT */
	        "95 18 91 01 94 00040002 94 01090000 92 c0 c3",
	        "93 19 91 01 95 0004000201", /* LIST_DELETE */
	        "93 19 91 01 9a 0004000001 0004000201",
	        "95 1a 91 01 94 00040000 90 90", /* LIST_MOVE */
	        "96 1a 91 01 94 00040000 90 90 93 000400",
	        "95 20 91 01 90 90 a161", /* TEXT_INSERT */
	        "93 21 91 01 95 0004000001", /* TEXT_DELETE */
	        "93 01 94 01 a161 c40161 94 00040000 c0", /* every kind of key */
	        "91 07", /* unknown, bare */
	        "93 cdffff 81 01 c0 c0",
	};
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (open_op(ops[i]))
			fail_msg("%s: %s", ops[i], err_name(open_op(ops[i])));
}

static void invalid_operations_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *op;
		int code;
	} cases[] = {
	        {"90", ERR_MALFORMED}, /* no kind */
	        {"91 00", ERR_MALFORMED}, {"91 ff", ERR_MALFORMED}, {"91 ce00010000", ERR_TOOBIG},
	        {"92 01 91 01", ERR_MALFORMED}, /* no value */
	        {"93 01 90 c0", ERR_MALFORMED}, /* SET of the root */
	        {"93 01 91 c0 c0", ERR_MALFORMED}, /* nil as key */
	        {"93 01 91 a0 c0", ERR_MALFORMED}, /* empty key */
	        {"93 01 91 ff c0", ERR_MALFORMED}, {"93 01 91 cf0000000100000000 c0", ERR_TOOBIG},
	        {"93 01 99 010101010101010101 c0", ERR_TOOBIG}, /* too deep */
	        {"93 01 91 93 000400 c0", ERR_MALFORMED}, /* an element without its offset */
	        {"94 01 91 01 c0 90", ERR_MALFORMED}, /* empty and last: left out */
	        {"94 01 91 01 c0 92 0004", ERR_MALFORMED},
	        {"94 01 91 01 c0 93 000500", ERR_MALFORMED}, /* itself */
	        {"94 01 91 01 c0 93 000600", ERR_MALFORMED}, /* own future */
	        {"94 01 91 01 c0 93 000000", ERR_MALFORMED}, /* sequences begin at 1 */
	        {"94 01 91 01 c0 93 010a00", ERR_MALFORMED}, /* after the dependency */
	        {"94 01 91 01 c0 93 030100", ERR_MALFORMED}, /* no such dependency */
	        {"94 01 91 01 c0 93 0004cd1000", ERR_MALFORMED}, /* index over 4095 */
	        {"94 01 91 01 c0 96 000400 000400", ERR_MALFORMED}, /* twice */
	        {"94 01 91 01 c0 96 000400 000300", ERR_MALFORMED}, /* descending */
	        {"95 01 91 01 c0 93 000400 a0", ERR_MALFORMED}, /* empty reason */
	        {"95 01 91 01 c0 93 000400 c0", ERR_MALFORMED},
	        {"93 02 91 01 90", ERR_MALFORMED}, /* removes nothing */
	        {"94 02 91 01 90 a16f", ERR_MALFORMED},
	        {"93 04 90 93 000400", ERR_MALFORMED}, /* REMOVE at the root */
	        {"95 03 91 01 c0 93 000400 a16f", ERR_MALFORMED}, /* ADD has no reason */
	        {"94 08 00 " ID " 80", ERR_MALFORMED}, {"94 08 cd0100 " ID " 80", ERR_TOOBIG},
	        {"94 08 01 c40130 80", ERR_MALFORMED}, /* short id */
	        {"94 08 01 " ID " 90", ERR_MALFORMED}, /* fields are a map */
	        {"94 08 01 " ID " 81 a161 c0", ERR_MALFORMED}, /* with numbers as keys */
	        {"95 08 01 " ID " 80 93 000400", ERR_MALFORMED}, /* a correction without a reason */
	        {"96 08 01 " ID " 80 93 000500 a16f", ERR_MALFORMED}, /* corrects itself */
	        {"96 08 01 " ID " 80 90 a16f", ERR_MALFORMED},
	        {"93 10 91 01 00", ERR_MALFORMED}, /* counts nothing */
	        {"93 10 91 01 cf0020000000000000", ERR_TOOBIG},
	        {"93 10 91 01 d3ffe0000000000000", ERR_TOOBIG},
	        {"95 18 91 01 90 90 90", ERR_MALFORMED}, /* inserts nothing */
	        {"95 18 91 01 93 000400 90 91 c0", ERR_MALFORMED},
	        {"95 18 91 01 94 00050000 90 91 c0", ERR_MALFORMED}, /* origin is itself */
	        {"93 19 91 01 90", ERR_MALFORMED},
	        {"93 19 91 01 95 0004000000", ERR_MALFORMED}, /* a run of none */
	        {"93 19 91 01 9a 0004000002 0004000101", ERR_MALFORMED}, /* overlapping */
	        {"93 19 91 01 9a 0004000001 0004000101", ERR_MALFORMED}, /* adjacent: one run */
	        {"95 1a 91 01 90 90 90", ERR_MALFORMED}, /* moves nothing */
	        {"95 20 91 01 90 90 a0", ERR_MALFORMED}, {"95 20 91 01 90 90 c0", ERR_MALFORMED},
	        {"92 01", ERR_TRUNCATED}, {"93 01 91 01 c1", ERR_MALFORMED}, /* not a value */
	        {"91 07 00", ERR_MALFORMED}, /* left over */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (open_op(cases[i].op) != cases[i].code)
			fail_msg("case %s gives %s", cases[i].op, err_name(open_op(cases[i].op)));
}

static void heads_are_checked(void **state)
{
	(void)state;
	struct buf bytes = change_of("93 01 91 01 c0");
	struct crdt_change change;
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	assert_int_equal(change.doc_kind, 7);
	assert_int_equal(bytes.size, 27);
	bytes.data[1] = 2;
	check_code(crdt_change_open(&change, &meta, buf_span(&bytes)), ERR_VERSION);
	bytes.data[1] = 1;
	bytes.data[2] = 0;
	check_code(crdt_change_open(&change, &meta, buf_span(&bytes)), ERR_MALFORMED);
	bytes.data[2] = 7;
	for (size_t size = 0; size < bytes.size; size++)
		assert_true(crdt_change_open(&change, &meta, span_sub(buf_span(&bytes), 0, size)) < 0);
	struct crdt_meta zero = meta;
	zero.seq = 0;
	check_code(crdt_change_open(&change, &zero, buf_span(&bytes)), ERR_INVALID);
	buf_close(&bytes);
}

static void limits_hold_at_their_edges(void **state)
{
	(void)state;
	struct crdt_builder b;
	struct entry_ref own = {meta.feed, 5000};
	struct buf out = {0}, value = {0};
	struct op_id *cited = mem_zero(LIMIT_OP_SUPERSEDES + 1, sizeof(*cited));
	for (uint32_t i = 0; i <= LIMIT_OP_SUPERSEDES; i++)
		cited[i] = (struct op_id){{{0xb1}}, LIMIT_OP_SUPERSEDES + 1 - i, 0};
	for (uint32_t over = 0; over < 2; over++) {
		crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, NULL, 0);
		crdt_builder_set(&b, span_of("\x01", 1), span_of("\xc0", 1),
		        (struct crdt_cites){cited, LIMIT_OP_SUPERSEDES + over}, (struct span){NULL, 0});
		check_code(crdt_builder_finish(&b, &out), over ? ERR_TOOBIG : 0);
		if (!over)
			assert_true(b.dep_count == 1 && b.deps[0].seq == LIMIT_OP_SUPERSEDES + 1);
		crdt_builder_close(&b);
	}
	memset(buf_extend(&value, LIMIT_VALUE_BYTES), 0, LIMIT_VALUE_BYTES);
	for (uint32_t over = 0; over < 2; over++) {
		struct buf encoded = {0};
		mpack_put_bin(&encoded, span_of(value.data, LIMIT_VALUE_BYTES - 5 + over));
		crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, NULL, 0);
		crdt_builder_set(&b, span_of("\x01", 1), buf_span(&encoded), (struct crdt_cites){NULL, 0},
		        (struct span){NULL, 0});
		check_code(crdt_builder_finish(&b, &out), over ? ERR_TOOBIG : 0);
		crdt_builder_close(&b);
		buf_close(&encoded);
	}
	mem_free(cited);
	buf_close(&out);
	buf_close(&value);
}

static void a_builder_refuses_what_a_receiver_would(void **state)
{
	(void)state;
	struct crdt_builder b;
	struct entry_ref own = {meta.feed, 5};
	struct buf out = {0};
	struct span none = {NULL, 0};
	struct crdt_cites nothing = {NULL, 0};
	struct op_id future = {meta.feed, 6, 0};
	for (int i = 0; i < 6; i++) {
		crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, deps, 2);
		if (i == 1)
			crdt_builder_set(&b, none, span_of("\xc0", 1), nothing, none);
		if (i == 2)
			crdt_builder_set(&b, span_of("\x01", 1), span_of("\xcc\x01", 2), nothing, none);
		if (i == 3)
			crdt_builder_set(&b, span_of("\xc1", 1), span_of("\xc0", 1), nothing, none);
		if (i == 4)
			crdt_builder_remove(&b, span_of("\x01", 1), (struct crdt_cites){&future, 1}, none);
		if (i == 5) /* two values where one belongs */
			crdt_builder_set(&b, span_of("\x01", 1), span_of("\x01\x02", 2), nothing, none);
		check_code(crdt_builder_finish(&b, &out), ERR_INVALID);
		assert_int_equal(out.size, 0);
		crdt_builder_close(&b);
	}
	buf_close(&out);
}

/* No kind of operation is written at a place that is no path; the change stays empty, and says so in the end. */
static void no_operation_is_written_at_a_bad_path(void **state)
{
	(void)state;
	struct crdt_builder b;
	struct entry_ref own = {meta.feed, 5};
	struct buf out = {0};
	struct span none = {NULL, 0}, bad = span_of("\xc1", 1), one = span_of("\x01", 1);
	const struct op_id before = {meta.feed, 4, 0};
	const struct crdt_cites cites = {&before, 1};
	const struct crdt_element element = {before, 0};
	const struct crdt_target target = {element, 1};
	for (int i = 0; i < 12; i++) {
		crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, deps, 2);
		if (i == 0)
			crdt_builder_clear(&b, bad, cites, none);
		if (i == 1)
			crdt_builder_add(&b, bad, one, cites);
		if (i == 2)
			crdt_builder_remove(&b, bad, cites, none);
		if (i == 3)
			crdt_builder_count(&b, bad, 1);
		if (i == 4)
			crdt_builder_list_insert(&b, bad, NULL, NULL, span_of("\x91\x01", 2));
		if (i == 5)
			crdt_builder_list_move(&b, bad, &element, NULL, NULL, cites);
		if (i == 6)
			crdt_builder_list_delete(&b, bad, &target, 1);
		if (i == 7)
			crdt_builder_text_insert(&b, bad, NULL, NULL, span_text("a"));
		if (i == 8)
			crdt_builder_text_delete(&b, bad, &target, 1);
		if (i == 9) /* nothing to delete */
			crdt_builder_text_delete(&b, one, &target, 0);
		if (i == 10) /* a reason without a correction */
			crdt_builder_event(
			        &b, 1, (struct record_id){{1}}, span_of("\x80", 1), NULL, span_text("x"));
		if (i == 11) /* a correction without a reason */
			crdt_builder_event(&b, 1, (struct record_id){{1}}, span_of("\x80", 1), &before, none);
		assert_int_equal(b.op_count, 0);
		check_code(crdt_builder_finish(&b, &out), ERR_INVALID);
		assert_int_equal(out.size, 0);
		crdt_builder_close(&b);
	}
	buf_close(&out);
}

static void a_builder_stops_at_its_limits(void **state)
{
	(void)state;
	struct crdt_builder b;
	struct entry_ref own = {meta.feed, 5};
	struct buf out = {0};
	struct span none = {NULL, 0}, one = span_of("\x01", 1);
	struct crdt_target *targets = mem_zero(LIMIT_OP_SUPERSEDES + 1, sizeof(*targets));
	crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, NULL, 0);
	for (uint32_t i = 0; i <= LIMIT_CHANGE_OPS; i++)
		crdt_builder_count(&b, one, 1);
	check_code(crdt_builder_finish(&b, &out), ERR_FULL);
	crdt_builder_close(&b);
	crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, NULL, 0);
	for (uint32_t i = 0; i <= LIMIT_ENTRY_DEPS; i++) {
		struct op_id cited = {{{0xd0, (uint8_t)i, (uint8_t)(i >> 8)}}, 1, 0};
		crdt_builder_remove(&b, one, (struct crdt_cites){&cited, 1}, none);
	}
	check_code(crdt_builder_finish(&b, &out), ERR_FULL);
	crdt_builder_close(&b);
	for (uint32_t i = 0; i <= LIMIT_OP_SUPERSEDES; i++)
		targets[i] = (struct crdt_target){{{meta.feed, 1 + i % 4, i}, 0}, 1};
	for (uint32_t over = 0; over < 2; over++) {
		crdt_builder_begin(&b, &own, 1, (struct record_id){{1}}, NULL, 0);
		crdt_builder_text_delete(&b, one, targets, LIMIT_OP_SUPERSEDES + over);
		check_code(crdt_builder_finish(&b, &out), over ? ERR_TOOBIG : 0);
		crdt_builder_close(&b);
	}
	mem_free(targets);
	buf_close(&out);
}

/* Head of a change, which open_raw() then opens with what was put behind. */
static void put_change_head(struct buf *out, uint32_t op_count)
{
	mpack_put_array(out, 4);
	mpack_put_uint(out, 1);
	mpack_put_uint(out, 7);
	mpack_put_bin(out, span_of("0123456789abcdef", 16));
	mpack_put_array(out, op_count);
}

static void put_op_head(struct buf *out, uint32_t item_count, uint32_t kind)
{
	mpack_put_array(out, item_count);
	mpack_put_uint(out, kind);
	buf_add(out, "\x91\x01", 2); /* the path */
}

static int open_raw(struct buf *bytes)
{
	struct crdt_change change;
	int code = crdt_change_open(&change, &meta, buf_span(bytes));
	buf_clear(bytes);
	return code;
}

/* What a builder never writes: a receiver refuses it all the same. */
static void a_receiver_refuses_what_is_over_a_limit(void **state)
{
	(void)state;
	struct buf bytes = {0};
	char *letters = mem_alloc(LIMIT_ENTRY_BODY_BYTES + 1);
	memset(letters, 'a', LIMIT_ENTRY_BODY_BYTES + 1);
	for (uint32_t over = 0; over < 2; over++) {
		int want = over ? ERR_TOOBIG : 0;
		put_change_head(&bytes, LIMIT_CHANGE_OPS + over);
		for (uint32_t i = 0; i < LIMIT_CHANGE_OPS + over; i++) /* unknown kinds: 2 nodes each */
			buf_add(&bytes, "\x91\x64", 2);
		check_code(open_raw(&bytes), want);
		put_change_head(&bytes, 1); /* REMOVE */
		put_op_head(&bytes, 3, 4);
		mpack_put_array(&bytes, 3 * (LIMIT_OP_SUPERSEDES + over));
		for (uint32_t i = 0; i < LIMIT_OP_SUPERSEDES + over; i++) {
			buf_add(&bytes, "\0\x01", 2);
			mpack_put_uint(&bytes, i);
		}
		check_code(open_raw(&bytes), want);
		put_change_head(&bytes, 1); /* TEXT_DELETE */
		put_op_head(&bytes, 3, 33);
		mpack_put_array(&bytes, 5 * (LIMIT_OP_SUPERSEDES + over));
		for (uint32_t i = 0; i < LIMIT_OP_SUPERSEDES + over; i++) {
			buf_add(&bytes, "\0\x01", 2);
			mpack_put_uint(&bytes, i);
			buf_add(&bytes, "\0\x01", 2);
		}
		check_code(open_raw(&bytes), want);
		put_change_head(&bytes, 1); /* SET with a reason */
		put_op_head(&bytes, 5, 1);
		buf_add(&bytes, "\xc0\x90", 2);
		mpack_put_str(&bytes, span_of(letters, CRDT_REASON_BYTES + over));
		check_code(open_raw(&bytes), want);
		put_change_head(&bytes, 1); /* TEXT_INSERT */
		put_op_head(&bytes, 5, 32);
		buf_add(&bytes, "\x90\x90", 2);
		uint32_t size = LIMIT_VALUE_BYTES + over;
		uint8_t head[] = {0xdb, (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
		        (uint8_t)size};
		buf_add(&bytes, head, sizeof(head));
		buf_add(&bytes, letters, size);
		check_code(open_raw(&bytes), want);
		put_change_head(&bytes, 1); /* a text as a key */
		buf_add(&bytes, "\x93\x01\x91", 3);
		mpack_put_str(&bytes, span_of(letters, LIMIT_KEY_BYTES + over));
		buf_add(&bytes, "\xc0", 1);
		check_code(open_raw(&bytes), want);
	}
	buf_add(&bytes, letters, LIMIT_ENTRY_BODY_BYTES + 1);
	check_code(open_raw(&bytes), ERR_TOOBIG);
	mem_free(letters);
	buf_close(&bytes);
}

/* A feed cited that was not among the first dependencies comes to its place, and every number follows. */
static void dependencies_ascend_whatever_was_cited(void **state)
{
	(void)state;
	const struct entry_ref own = {{{0xa0}}, 5}, first[] = {{{{0xc2}}, 3}};
	const struct op_id cited[] = {{{{0xb1}}, 9, 1}, {{{0xc2}}, 2, 0}};
	const struct crdt_element element = {{{{0xa8}}, 4, 0}, 2};
	const struct crdt_target target = {element, 3};
	struct crdt_builder b;
	struct buf out = {0};
	struct crdt_change change;
	struct crdt_op op;
	struct crdt_ref ref;
	crdt_builder_begin(&b, &own, 7, (struct record_id){{1}}, first, 1);
	crdt_builder_set(
	        &b, span_of("\x01", 1), span_of("\xc0", 1), (struct crdt_cites){cited, 2}, span_text("why"));
	crdt_builder_text_delete(&b, span_of("\x02", 1), &target, 1);
	crdt_builder_text_insert(&b, span_of("\x02", 1), &element, NULL, span_text("abc"));
	crdt_builder_event(&b, 6, (struct record_id){{2}}, span_of("\x80", 1), &cited[0], span_text("wrong"));
	check_ok(crdt_builder_finish(&b, &out));
	assert_int_equal(b.dep_count, 3);
	assert_int_equal(b.deps[0].feed.bytes[0], 0xa8);
	assert_int_equal(b.deps[1].feed.bytes[0], 0xb1);
	assert_int_equal(b.deps[2].feed.bytes[0], 0xc2);
	assert_int_equal(b.deps[0].seq, 4);
	assert_int_equal(b.deps[1].seq, 9);
	assert_int_equal(b.deps[2].seq, 3);
	struct crdt_meta written = {.feed = own.feed, .seq = 5, .deps = b.deps, .dep_count = b.dep_count};
	check_ok(crdt_change_open(&change, &written, buf_span(&out)));
	struct crdt_ops ops = crdt_change_ops(&change);
	assert_true(crdt_ops_next(&ops, &op));
	check_span(op.reason, span_text("why"));
	for (unsigned i = 0; i < 2; i++) {
		assert_true(crdt_refs_next(&op.supersedes, &ref));
		struct op_id id = crdt_ref_op(&written, &ref);
		assert_int_equal(op_id_cmp(&id, &cited[i]), 0);
	}
	assert_true(crdt_ops_next(&ops, &op));
	struct crdt_run run;
	assert_true(crdt_runs_next(&op.targets, &run));
	assert_int_equal(run.ref.feed, 1);
	assert_int_equal(run.count, 3);
	assert_true(crdt_ops_next(&ops, &op));
	assert_int_equal(op.left.ref.feed, 1);
	assert_int_equal(op.left.offset, 2);
	check_span(op.value, span_text("abc"));
	assert_true(crdt_ops_next(&ops, &op));
	assert_int_equal(op.corrects.ref.feed, 2);
	check_span(op.reason, span_text("wrong"));
	assert_false(crdt_ops_next(&ops, &op));
	crdt_builder_close(&b);
	buf_close(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(valid_operations_open),
	        cmocka_unit_test(invalid_operations_are_refused),
	        cmocka_unit_test(heads_are_checked),
	        cmocka_unit_test(limits_hold_at_their_edges),
	        cmocka_unit_test(a_builder_refuses_what_a_receiver_would),
	        cmocka_unit_test(no_operation_is_written_at_a_bad_path),
	        cmocka_unit_test(a_builder_stops_at_its_limits),
	        cmocka_unit_test(a_receiver_refuses_what_is_over_a_limit),
	        cmocka_unit_test(dependencies_ascend_whatever_was_cited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
