/* Tables that others wrote (node/exchange/csv_read.h), and which contact answers which (contacts.h). */
#include "tests/lib/check.h"

#include <stdlib.h>
#include <string.h>

#include "node/exchange/contacts.h"
#include "node/exchange/csv_read.h"

/* The rows as "[a|b][c|d]", or the error that ends them. */
static int rows_of(struct span bytes, struct buf *out)
{
	struct csv_reader reader;
	int result = csv_reader_begin(&reader, bytes);
	while (!result && (result = csv_reader_next(&reader)) == 0) {
		buf_add_span(out, span_text("["));
		for (uint32_t i = 0; i < reader.field_count; i++) {
			buf_add_span(out, span_text(i ? "|" : ""));
			buf_add_span(out, reader.fields[i]);
		}
		buf_add_span(out, span_text("]"));
	}
	csv_reader_close(&reader);
	buf_add(out, "", 1);
	return result == CSV_READ_END ? 0 : result;
}

static void expect(const char *text, int error, const char *rows)
{
	struct buf out = {0};
	check_code(rows_of(span_text(text), &out), error);
	assert_string_equal((const char *)out.data, rows);
	buf_close(&out);
}

static void rows_are_read(void **state)
{
	(void)state;
	expect("", 0, "");
	expect("a;b\r\nc;d\r\n", 0, "[a|b][c|d]");
	expect("a,b\nc,", 0, "[a|b][c|]");
	expect("a\tb\rc\td", 0, "[a|b][c|d]");
	expect("\xef\xbb\xbf"
	       "a|b",
	        0, "[a|b]");
	expect("a;b;c,d\n1;2;3,4", 0, "[a|b|c,d][1|2|3,4]");
	expect("a;b\n\"x;\"\"y\"\"\r\nz\";\"\"\n\n;\nlast;1", 0, "[a|b][x;\"y\"\r\nz|][last|1]");
}

static void what_is_no_table_is_refused(void **state)
{
	(void)state;
	expect("a;b\n\"c", ERR_MALFORMED, "[a|b]");
	expect("a;b\n\"c\"d;e", ERR_MALFORMED, "[a|b]");
	expect("a\n\xff", ERR_MALFORMED, "");
}

static void limits_hold(void **state)
{
	struct buf text = {0}, out = {0};
	(void)state;
	for (int i = 0; i < CSV_READ_FIELDS_MAX; i++)
		buf_add(&text, ";", 1);
	check_code(rows_of(buf_span(&text), &out), ERR_TOOBIG);
	text.size = out.size = 0;
	for (int i = 0; i <= CSV_READ_FIELD_BYTES_MAX; i++)
		buf_add(&text, "x", 1);
	check_code(rows_of(buf_span(&text), &out), ERR_TOOBIG);
	text.size--;
	out.size = 0;
	check_code(rows_of(buf_span(&text), &out), 0);
	text.size = out.size = 0;
	for (int i = 0; i < CSV_READ_ROWS_MAX; i++)
		buf_add(&text, "x\n", 2);
	check_code(rows_of(buf_span(&text), &out), 0);
	buf_add(&text, "x\n", 2);
	out.size = 0;
	check_code(rows_of(buf_span(&text), &out), ERR_TOOBIG);
	buf_close(&text);
	buf_close(&out);
}

/* ---- Contacts ---- */

static const char *state_of(const json_t *contacts, size_t index)
{
	const char *state = json_string_value(json_object_get(json_array_get(contacts, index), "state"));
	return state ? state : "";
}

static json_t *contact(const char *id, const char *answer_by, const char *reply_to)
{
	return json_pack("{s:s, s:s*, s:s*}", "id", id, "answerBy", answer_by, "replyTo", reply_to);
}

static void answers_are_found(void **state)
{
	json_t *list = json_pack("[o, o, o, o]",
	        contact("aa0000000000000000000000000000aa", "2026-03-05", NULL),
	        contact("bb0000000000000000000000000000bb", "2026-03-05", NULL),
	        contact("cc0000000000000000000000000000cc", NULL, "aa0000000000"),
	        contact("dd0000000000000000000000000000dd", NULL, NULL));
	const int64_t day = 20517; /* 2026-03-05 */
	(void)state;
	contacts_join(list, day);
	assert_string_equal(state_of(list, 0), "answered");
	assert_string_equal(state_of(list, 1), "awaited");
	assert_string_equal(state_of(list, 2), "");
	assert_int_equal(json_array_size(json_object_get(json_array_get(list, 0), "answers")), 1);
	contacts_join(list, day + 1);
	assert_string_equal(state_of(list, 1), "late");
	json_object_set_new(json_array_get(list, 2), "corrected", json_true()); /* so it answers nothing */
	contacts_join(list, day + 1);
	assert_string_equal(state_of(list, 0), "late");
	json_object_set_new(json_array_get(list, 0), "mistaken", json_true()); /* it was never sent */
	json_object_del(json_array_get(list, 0), "state");
	contacts_join(list, day + 1);
	assert_string_equal(state_of(list, 0), "");
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rows_are_read),
	        cmocka_unit_test(what_is_no_table_is_refused),
	        cmocka_unit_test(limits_hold),
	        cmocka_unit_test(answers_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
