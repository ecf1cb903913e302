#include "node/search/query.h"

#include <string.h>

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static bool is_elided(const struct fold_word *word, struct span text)
{
	static const char *const marks[] = {"'", "’", "ʼ"};
	const struct span rest = span_sub(text, word->to, text.size);
	const bool is_short = word->size == 1 || (word->size == 2 && memcmp(word->bytes, "qu", 2) == 0);
	for (size_t i = 0; is_short && i < sizeof(marks) / sizeof(*marks); i++)
		if (rest.size > strlen(marks[i]) && memcmp(rest.data, marks[i], strlen(marks[i])) == 0)
			return true;
	return false;
}

void search_query_read(struct span text, struct search_query *out)
{
	struct fold_reader reader = {.text = text};
	struct fold_word word;
	out->count = 0;
	out->has_more = false;
	while (fold_next(&reader, &word)) {
		if (is_elided(&word, text))
			continue;
		if (out->count == SEARCH_WORDS) {
			out->has_more = true;
			return;
		}
		out->words[out->count++] = word;
	}
}

static bool is_digits(const struct fold_word *word)
{
	for (size_t i = 0; i < word->size; i++)
		if (word->bytes[i] < '0' || word->bytes[i] > '9')
			return false;
	return true;
}

bool search_query_number(const struct search_query *query, struct search_query *out)
{
	struct fold_word *number = &out->words[0];
	*number = (struct fold_word){.from = query->words[0].from};
	out->count = 1;
	out->has_more = false;
	for (uint32_t i = 0; i < query->count; i++) {
		const struct fold_word *word = &query->words[i];
		if (!is_digits(word) || number->size + word->size > FOLD_WORD_BYTES)
			return false;
		memcpy(number->bytes + number->size, word->bytes, word->size);
		number->size += word->size;
		number->to = word->to;
	}
	return !query->has_more && number->size >= SEARCH_NUMBER_DIGITS;
}

uint8_t search_query_all(const struct search_query *query)
{
	return (uint8_t)((1U << query->count) - 1);
}

/* ---- Matching ---------------------------------------------------------------------------------------------------- */

static bool begins(const struct fold_word *word, const struct fold_word *wanted)
{
	return word->size >= wanted->size && memcmp(word->bytes, wanted->bytes, wanted->size) == 0;
}

static uint8_t bits_of(const struct search_query *query, const struct fold_word *word)
{
	unsigned bits = 0;
	for (uint32_t i = 0; i < query->count; i++)
		if (begins(word, &query->words[i]))
			bits |= 1U << i;
	return (uint8_t)bits;
}

uint8_t search_query_in(const struct search_query *query, struct span text)
{
	struct fold_reader reader = {.text = text};
	struct fold_word word;
	uint8_t bits = 0;
	while (bits != search_query_all(query) && fold_next(&reader, &word))
		bits |= bits_of(query, &word);
	return bits;
}

static bool stands_in(const struct fold_word *word, struct span folded)
{
	const uint8_t *at = folded.data;
	for (size_t left = folded.size; left;) {
		const uint8_t *found = memmem(at, left, word->bytes, word->size);
		if (!found)
			return false;
		if (found == folded.data || found[-1] == ' ' || found[-1] == '\n')
			return true;
		at = found + 1;
		left = (size_t)(folded.data + folded.size - at);
	}
	return false;
}

uint8_t search_query_in_folded(const struct search_query *query, struct span folded)
{
	unsigned bits = 0;
	for (uint32_t i = 0; i < query->count; i++)
		if (stands_in(&query->words[i], folded))
			bits |= 1U << i;
	return (uint8_t)bits;
}

void search_digits(struct span text, struct buf *out)
{
	const size_t before = out->size;
	for (size_t i = 0; i < text.size; i++) {
		const uint8_t c = text.data[i];
		if (c >= '0' && c <= '9')
			buf_add(out, &c, 1);
		else if (!memchr(" .-/+()", c, 7)) {
			out->size = before;
			return;
		}
	}
	if (out->size - before < SEARCH_NUMBER_DIGITS)
		out->size = before;
}

/* ---- Snippets ---------------------------------------------------------------------------------------------------- */

/* Places of a text, walked through once from its beginning. */
struct walk {
	struct span text;
	size_t at;
	uint32_t points, units; /* code points and units of UTF-16 before `at` */
};

static void walk_to(struct walk *walk, size_t to)
{
	for (; walk->at < to && walk->at < walk->text.size; walk->at++) {
		const uint8_t byte = walk->text.data[walk->at];
		if ((byte & 0xc0) == 0x80) /* inside a code point */
			continue;
		walk->points++;
		walk->units += byte >= 0xf0 ? 2 : 1;
	}
}

/* The place so many code points behind, or before. */
static size_t points_on(struct span text, size_t at, uint32_t count)
{
	for (; at < text.size; at++)
		if ((text.data[at] & 0xc0) != 0x80 && count-- == 0)
			break;
	return at;
}

static size_t points_back(struct span text, size_t at, uint32_t count)
{
	while (at > 0 && count) {
		at--;
		count -= (text.data[at] & 0xc0) != 0x80;
	}
	return at;
}

static bool is_gap(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Not in the midst of a word, where one ends nearby. */
static size_t word_begin(struct span text, size_t at, size_t limit)
{
	for (size_t i = at; at > 0 && i < limit; i++)
		if (is_gap(text.data[i]))
			return i + 1;
	return at;
}

static size_t word_end(struct span text, size_t at, size_t limit)
{
	for (size_t i = at; at < text.size && i > limit; i--)
		if (is_gap(text.data[i]))
			return i;
	return at;
}

static bool next_match(const struct search_query *query, struct fold_reader *reader, struct fold_word *out)
{
	while (fold_next(reader, out))
		if (bits_of(query, out))
			return true;
	return false;
}

void search_snippet(const struct search_query *query, struct span text, struct search_snippet *out)
{
	struct fold_reader reader = {.text = text};
	struct fold_word word = {0};
	const bool any = next_match(query, &reader, &word);
	size_t from = any ? points_back(text, word.from, SNIPPET_BEFORE) : 0;
	if (points_on(text, 0, SNIPPET_POINTS) >= text.size)
		from = 0;
	from = word_begin(text, from, any ? word.from : from);
	size_t to = points_on(text, from, SNIPPET_POINTS);
	to = word_end(text, to, any && word.to < to ? word.to : from);
	*out = (struct search_snippet){
	        .text = span_sub(text, from, to - from), .cut_before = from > 0, .cut_after = to < text.size};
	struct walk walk = {.text = out->text};
	for (bool goes_on = any;
	        goes_on && out->count < SNIPPET_MATCHES && word.from >= from && word.to <= to;
	        goes_on = next_match(query, &reader, &word)) {
		struct search_match *match = &out->matches[out->count++];
		walk_to(&walk, word.from - from);
		match->from = walk.points;
		match->from16 = walk.units;
		walk_to(&walk, word.to - from);
		match->to = walk.points;
		match->to16 = walk.units;
	}
}
