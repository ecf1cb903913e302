/* What is searched for, where it stands, and the index over words (node/search). */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/search/entries.h"
#include "node/search/growing.h"

/* ---- Queries ----------------------------------------------------------------------------------------------------- */

static struct search_query query(const char *text)
{
	struct search_query out;
	search_query_read(span_text(text), &out);
	return out;
}

static bool finds(const char *words, const char *text)
{
	const struct search_query wanted = query(words);
	return wanted.count && search_query_in(&wanted, span_text(text)) == search_query_all(&wanted);
}

static void every_word_begins_a_word(void **state)
{
	(void)state;
	assert_true(finds("pans", "Réfection du pansement"));
	assert_true(finds("PANSEMENT refec", "Réfection du pansement"));
	assert_true(finds("oedeme", "Œdème des chevilles"));
	assert_true(finds("œdème", "oedeme"));
	assert_false(finds("sement", "Réfection du pansement"));
	assert_false(finds("pansement escarre", "Réfection du pansement"));
	assert_false(finds("...", "..."));
	assert_true(finds("pb26", "voir PB26"));
}

static void an_elided_article_is_no_word(void **state)
{
	(void)state;
	assert_true(finds("l'œdème", "un œdème"));
	assert_true(finds("qu’avant", "avant"));
	assert_true(finds("oedeme", "l'œdème"));
	assert_true(finds("l", "Lundi"));
	assert_false(finds("d'escarre", "un œdème"));
}

static void eight_words_at_most(void **state)
{
	(void)state;
	assert_false(query("a b c d e f g h").has_more);
	assert_true(query("a b c d e f g h i").has_more);
}

static bool finds_number(const char *words, const char *text)
{
	const struct search_query wanted = query(words);
	struct search_query number;
	struct buf digits = {0};
	search_digits(span_text(text), &digits);
	const bool found = search_query_number(&wanted, &number) &&
	        search_query_in(&number, buf_span(&digits)) == 1;
	buf_close(&digits);
	return found;
}

static void digits_are_one_number_however_they_are_grouped(void **state)
{
	(void)state;
	assert_true(finds_number("06 12 34", "0612345678"));
	assert_true(finds_number("061234", "06.12.34.56.78"));
	assert_true(finds_number("+33 6 12", "+33 (6) 12-34"));
	assert_false(finds_number("06 12 a", "0612345678"));
	assert_false(finds_number("123", "123456")); /* few */
	assert_false(finds_number("0612", "TA 06 12")); /* no number */
	struct buf day = {0};
	search_put_day(-7962, &day); /* 1948-03-15 */
	check_span(buf_span(&day), span_text("15 03 1948 15031948 19480315"));
	buf_close(&day);
}

/* ---- Snippets ---------------------------------------------------------------------------------------------------- */

static void check_snippet(const char *words, const char *text, const char *shown, const char *marks)
{
	const struct search_query wanted = query(words);
	struct search_snippet snippet;
	char line[400] = "";
	search_snippet(&wanted, span_text(text), &snippet);
	check_span(snippet.text, span_text(shown));
	for (uint32_t i = 0; i < snippet.count; i++) {
		const struct search_match *match = &snippet.matches[i];
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%u-%u(%u-%u) ", match->from,
		        match->to, match->from16, match->to16);
	}
	assert_string_equal(line, marks);
}

static void matches_are_marked_in_both_units(void **state)
{
	(void)state;
	check_snippet("oedeme", "L’œdème va", "L’œdème va", "2-7(2-7) ");
	/* One letter outside the first plane is two units; a combining accent belongs to its word. */
	check_snippet("ete", "\xf0\x9f\x98\x80 e\xcc\x81te\xcc\x81.", "\xf0\x9f\x98\x80 e\xcc\x81te\xcc\x81.",
	        "2-7(3-8) ");
	check_snippet("a b", "a b c", "a b c", "0-1(0-1) 2-3(2-3) ");
	check_snippet("x", "a b c", "a b c", "");
	check_snippet("x", "", "", "");
}

static void a_long_text_is_cut_at_words(void **state)
{
	(void)state;
	struct buf text = {0};
	const struct search_query wanted = query("escarre");
	struct search_snippet snippet;
	for (int i = 0; i < 60; i++)
		buf_add_span(&text, span_text("œil bien "));
	buf_add_span(&text, span_text("escarre"));
	for (int i = 0; i < 60; i++)
		buf_add_span(&text, span_text(" puis"));
	search_snippet(&wanted, buf_span(&text), &snippet);
	assert_true(snippet.cut_before && snippet.cut_after);
	assert_int_equal(snippet.count, 1);
	assert_in_range(snippet.matches[0].from, 1, SNIPPET_BEFORE);
	assert_true(snippet.text.data[0] == 'b' || snippet.text.data[0] == 0xc5); /* a word begins */
	const uint8_t last = snippet.text.data[snippet.text.size - 1];
	assert_int_equal(last, 's');
	buf_close(&text);
}

/* ---- Index ------------------------------------------------------------------------------------------------------- */

static const uint8_t hash_key[SEARCH_HASH_KEY_BYTES] = {3, 1, 4};

static void add(struct search_growing *growing, uint32_t number, const char *text)
{
	const struct search_record record = {
	        .doc = number, .feed = 7, .seq = 100 + number, .op = 1, .kind = 17, .when_s = 1000 + number};
	search_growing_record(growing, &record);
	search_growing_words(growing, span_text(text));
}

static struct search_segment freeze(struct search_growing *growing)
{
	struct buf bytes = {0};
	struct search_segment segment;
	search_growing_freeze(growing, &bytes);
	check_ok(search_segment_open(&bytes, &segment));
	return segment;
}

static void check_marks(const struct search_segment *segment, const char *word, const char *expected)
{
	uint8_t masks[16] = {0};
	char line[17] = "";
	assert_true(segment->record_count <= 16);
	search_segment_mark(segment, span_text(word), 4, masks);
	for (uint32_t i = 0; i < segment->record_count; i++)
		line[i] = masks[i] ? (masks[i] == 4 ? '#' : '?') : '.';
	assert_string_equal(line, expected);
}

static void a_segment_finds_what_grew(void **state)
{
	(void)state;
	struct search_growing *growing = search_growing_new(hash_key);
	uint8_t masks[3] = {1, 0, 0};
	add(growing, 0, "Pansement, douleur");
	add(growing, 1, "pansement du pansement");
	add(growing, 2, "");
	search_growing_mark(growing, span_text("pans"), 2, masks);
	assert_memory_equal(masks, ((uint8_t[]){3, 2, 0}), 3);
	struct search_segment segment = freeze(growing);
	assert_int_equal(search_growing_count(growing), 0);
	check_marks(&segment, "pans", "##.");
	check_marks(&segment, "d", "##.");
	check_marks(&segment, "douleur", "#..");
	check_marks(&segment, "douleurs", "...");
	check_marks(&segment, "e", "...");
	struct search_record record;
	search_segment_record(&segment, 2, &record);
	assert_int_equal(record.doc, 2);
	assert_int_equal(record.feed, 7);
	assert_int_equal(record.seq, 102);
	assert_int_equal(record.op, 1);
	assert_int_equal(record.kind, 17);
	assert_int_equal(record.when_s, 1002);
	search_segment_close(&segment);
	search_growing_free(growing);
}

static void joined_segments_are_as_one(void **state)
{
	(void)state;
	struct search_growing *growing = search_growing_new(hash_key);
	static const char *const texts[] = {"a b", "b c", "c d", "d a", "e"};
	for (uint32_t i = 0; i < 5; i++)
		add(growing, i, texts[i]);
	struct search_segment whole = freeze(growing);
	for (uint32_t cut = 0; cut <= 5; cut++) {
		for (uint32_t i = 0; i < cut; i++)
			add(growing, i, texts[i]);
		struct search_segment first = freeze(growing);
		for (uint32_t i = cut; i < 5; i++)
			add(growing, i, texts[i]);
		struct search_segment second = freeze(growing);
		struct buf bytes = {0};
		search_segment_join(&first, &second, &bytes);
		check_span(buf_span(&bytes), buf_span(&whole.bytes));
		buf_close(&bytes);
		search_segment_close(&first);
		search_segment_close(&second);
	}
	search_segment_close(&whole);
	search_growing_free(growing);
}

static void bytes_that_are_no_segment_are_refused(void **state)
{
	(void)state;
	struct search_growing *growing = search_growing_new(hash_key);
	struct buf bytes = {0};
	struct search_segment segment;
	add(growing, 0, "un deux trois quatre");
	add(growing, 1, "deux");
	search_growing_freeze(growing, &bytes);
	for (size_t i = 0; i <= bytes.size; i++) { /* cut there; a byte altered there */
		struct buf cut = {0}, altered = {0};
		buf_add(&cut, bytes.data, i);
		if (i < bytes.size)
			check_code(search_segment_open(&cut, &segment), ERR_MALFORMED);
		buf_close(&cut);
		buf_add_span(&altered, buf_span(&bytes));
		if (i < bytes.size)
			altered.data[i] ^= 0x81;
		uint8_t masks[2] = {0};
		if (search_segment_open(&altered, &segment) == 0) {
			assert_true(segment.record_count == 2);
			search_segment_mark(&segment, span_text(""), 1, masks);
			search_segment_close(&segment);
		}
	}
	buf_close(&bytes);
	search_growing_free(growing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_word_begins_a_word),
	        cmocka_unit_test(an_elided_article_is_no_word),
	        cmocka_unit_test(eight_words_at_most),
	        cmocka_unit_test(digits_are_one_number_however_they_are_grouped),
	        cmocka_unit_test(matches_are_marked_in_both_units),
	        cmocka_unit_test(a_long_text_is_cut_at_words),
	        cmocka_unit_test(a_segment_finds_what_grew),
	        cmocka_unit_test(joined_segments_are_as_one),
	        cmocka_unit_test(bytes_that_are_no_segment_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
