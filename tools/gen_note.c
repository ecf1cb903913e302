#include "tools/gen_note.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <utf8proc.h>

static void add_text(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

static void add_number(struct buf *out, int64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)number);
	buf_add(out, digits, (size_t)length);
}

/* The vocabulary is UTF-8 of our own and stays below U+10000: one character is one unit of the reference. */
static size_t char_at(struct span text, size_t at, utf8proc_int32_t *point)
{
	utf8proc_ssize_t size = utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.size - at), point);
	assert(size > 0);
	return (size_t)size;
}

static size_t char_count(struct span text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.size; i++)
		count += (text.data[i] & 0xc0) != 0x80;
	return count;
}

/* The byte where character number `index` begins; the size when there are not that many. */
static size_t char_offset(struct span text, size_t index)
{
	for (size_t i = 0; i < text.size; i++) {
		if ((text.data[i] & 0xc0) != 0x80 && index-- == 0)
			return i;
	}
	return text.size;
}

static bool is_word_char(utf8proc_int32_t point)
{
	utf8proc_category_t category = utf8proc_category(point);
	return point == '-' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO);
}

/* Zipf-like words joined by small words. */
static void add_prose(struct gen_draw *draw, struct buf *out)
{
	for (int64_t left = gen_draw_between(draw, 3, 9), first = left; left > 0; left--) {
		if (left != first)
			add_text(out, " ");
		add_text(out, gen_draw_zipf(draw, &gen_vocab_words));
		if (gen_draw_unit(draw) < 0.45) {
			add_text(out, " ");
			add_text(out, gen_draw_zipf(draw, &gen_vocab_joints));
		}
	}
}

static void add_slot(struct gen_draw *draw, struct buf *out, struct span name, const char *last_name)
{
	static const char *const quarters[] = {"", "15", "30", "45"};
	static const int doses[] = {2, 4, 6, 8, 10, 12, 14, 18, 22, 26, 40, 75, 500, 1000};
	if (span_eq(name, span_text("n"))) {
		add_number(out, gen_draw_between(draw, 2, 30));
	} else if (span_eq(name, span_text("ta"))) {
		add_number(out, gen_draw_between(draw, 10, 17));
		add_text(out, "/");
		add_number(out, gen_draw_between(draw, 5, 9));
	} else if (span_eq(name, span_text("h"))) {
		add_number(out, gen_draw_between(draw, 6, 20));
		add_text(out, "h");
		add_text(out, quarters[gen_draw_index(draw, 4)]);
	} else if (span_eq(name, span_text("name"))) {
		add_text(out, last_name);
	} else if (span_eq(name, span_text("dose"))) {
		add_number(out, doses[gen_draw_index(draw, sizeof(doses) / sizeof(*doses))]);
	} else {
		const struct gen_words *words = gen_vocab_slot(name);
		assert(words);
		add_text(out, gen_draw_zipf(draw, words));
	}
}

/* A sentence with its placeholders filled in. */
static void add_phrase(struct gen_draw *draw, struct buf *out, const char *last_name)
{
	const char *at = gen_draw_zipf(draw, &gen_vocab_sentences);
	for (const char *open; (open = strchr(at, '{'));) {
		const char *close = strchr(open, '}');
		assert(close);
		buf_add(out, at, (size_t)(open - at));
		add_slot(draw, out, span_of(open + 1, (size_t)(close - open - 1)), last_name);
		at = close + 1;
	}
	add_text(out, at);
}

/* A typing slip: one character after the first is lost, or the one before it is doubled. */
static void add_slip(struct gen_draw *draw, struct buf *out, struct span word)
{
	size_t index = (size_t)gen_draw_between(draw, 1, (int64_t)char_count(word) - 1);
	size_t before = char_offset(word, index - 1), here = char_offset(word, index);
	buf_add(out, word.data, here);
	if (gen_draw_unit(draw) < 0.5)
		here = char_offset(word, index + 1);
	else
		buf_add(out, word.data + before, here - before);
	buf_add(out, word.data + here, word.size - here);
}

static void add_word(struct gen_draw *draw, struct buf *out, struct span word, double style)
{
	const char *abbreviation;
	if (gen_draw_unit(draw) < 0.02)
		add_slip(draw, out, word);
	else if (gen_draw_unit(draw) < style && (abbreviation = gen_vocab_abbreviation(word)))
		add_text(out, abbreviation);
	else
		buf_add_span(out, word);
}

/* Copies `text`, with slips and abbreviations in its runs of four letters or more. */
static void add_hurried(struct gen_draw *draw, struct buf *out, struct span text, double style)
{
	for (size_t at = 0, size; at < text.size; at += size) {
		utf8proc_int32_t point;
		size_t chars = 0, step;
		for (size = 0; at + size < text.size; size += step, chars++) {
			step = char_at(text, at + size, &point);
			if (!is_word_char(point))
				break;
		}
		if (size == 0)
			size = char_at(text, at, &point);
		if (chars >= 4)
			add_word(draw, out, span_sub(text, at, size), style);
		else
			buf_add_span(out, span_sub(text, at, size));
	}
}

static void add_capitalized(struct buf *out, struct span text)
{
	utf8proc_int32_t point;
	utf8proc_uint8_t upper[4];
	size_t size = char_at(text, 0, &point);
	utf8proc_ssize_t upper_size = utf8proc_encode_char(utf8proc_toupper(point), upper);
	buf_add(out, upper, (size_t)upper_size);
	buf_add_span(out, span_sub(text, size, text.size));
}

void gen_note_write(struct gen_draw *draw, struct buf *out, const char *last_name, double style)
{
	static const char *const separators[] = {". ", ". ", ", ", ", ", " ; ", "\n", " ", " - "};
	size_t start = out->size, wanted = (size_t)gen_draw_round(80 + 315 * pow(gen_draw_unit(draw), 1.5));
	size_t written = 0;
	struct buf plain = {0}, hurried = {0};
	while (written < wanted) {
		buf_clear(&plain);
		buf_clear(&hurried);
		if (gen_draw_unit(draw) < 0.5)
			add_phrase(draw, &plain, last_name);
		else
			add_prose(draw, &plain);
		add_hurried(draw, &hurried, buf_span(&plain), style);
		bool capital = gen_draw_unit(draw) > style;
		if (written)
			add_text(out, separators[gen_draw_index(draw, 8)]);
		if (capital)
			add_capitalized(out, buf_span(&hurried));
		else
			buf_add_span(out, buf_span(&hurried));
		written = char_count(span_of(out->data + start, out->size - start));
	}
	out->size = start + char_offset(span_of(out->data + start, out->size - start), GEN_NOTE_CHARS_MAX);
	buf_close(&plain);
	buf_close(&hurried);
}
