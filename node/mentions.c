#include "node/mentions.h"

#include <string.h>

#include "node/fold.h"

enum { LETTERS_MIN = 2 };

void mentions_add(struct mentions *mentions, struct span name)
{
	struct buf folded = {0};
	fold_text(name, &folded);
	if (folded.size >= LETTERS_MIN) {
		buf_add(&mentions->names, " ", 1);
		buf_add_span(&mentions->names, buf_span(&folded));
		buf_add(&mentions->names, " \n", 2);
	}
	buf_wipe(&folded);
}

void mentions_close(struct mentions *mentions)
{
	buf_wipe(&mentions->names);
}

static uint32_t count_one(struct span text, struct span name)
{
	uint32_t count = 0;
	const uint8_t *at = text.data, *end = text.data + text.size;
	while (at && (at = memmem(at, (size_t)(end - at), name.data, name.size)) != NULL) {
		count++;
		at += name.size - 1; /* the space behind one is the one before the next */
	}
	return count;
}

uint32_t mentions_count(const struct mentions *mentions, struct span text)
{
	struct span names = buf_span(&mentions->names);
	struct buf folded = {0};
	uint32_t count = 0;
	buf_add(&folded, " ", 1);
	fold_text(text, &folded);
	buf_add(&folded, " ", 1);
	while (names.size) {
		const uint8_t *line = memchr(names.data, '\n', names.size);
		const size_t size = (size_t)(line - names.data);
		count += count_one(buf_span(&folded), span_sub(names, 0, size));
		names = span_sub(names, size + 1, names.size);
	}
	buf_wipe(&folded);
	return count;
}

/* ---- Near --------------------------------------------------------------------------------------------------------- */

/* Folded text is letters and digits of one byte each, and spaces. One letter apart, and not equal. */
static bool is_one_apart(struct span a, struct span b)
{
	const struct span longer = a.size >= b.size ? a : b, shorter = a.size >= b.size ? b : a;
	size_t same = 0;
	if (longer.size - shorter.size > 1)
		return false;
	while (same < shorter.size && longer.data[same] == shorter.data[same])
		same++;
	const struct span rest = span_sub(longer, same, longer.size),
	                  other = span_sub(shorter, same, shorter.size);
	if (longer.size > shorter.size)
		return span_eq(span_sub(rest, 1, rest.size), other);
	if (rest.size >= 2 && rest.data[0] == other.data[1] && rest.data[1] == other.data[0] &&
	        span_eq(span_sub(rest, 2, rest.size), span_sub(other, 2, other.size)))
		return true;
	return rest.size && span_eq(span_sub(rest, 1, rest.size), span_sub(other, 1, other.size));
}

/* The words from a place on. */
struct words {
	struct span items[MENTIONS_NEAR_WORDS + 1];
	uint32_t count;
};

static struct words words_at(struct span text, size_t at, uint32_t most)
{
	struct words words = {.count = 0};
	while (at < text.size && words.count < most) {
		size_t end = at;
		while (end < text.size && text.data[end] != ' ')
			end++;
		if (end > at)
			words.items[words.count++] = span_sub(text, at, end - at);
		at = end + 1;
	}
	return words;
}

static struct span joined(const struct words *words, uint32_t count)
{
	const struct span *first = &words->items[0], *last = &words->items[count - 1];
	return span_of(first->data, (size_t)(last->data - first->data) + last->size);
}

/* Each of one stands in the other, as often. */
static bool are_exchanged(const struct words *a, const struct words *b, uint32_t count)
{
	bool is_used[MENTIONS_NEAR_WORDS + 1] = {false};
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = 0;
		while (j < count && (is_used[j] || !span_eq(a->items[i], b->items[j])))
			j++;
		if (j == count)
			return false;
		is_used[j] = true;
	}
	return true;
}

/* `here`: words of the text from a place on, one more than the name has where there are so many. How many of them are near; 0: none, or the name itself stands there. */
static uint32_t near_at(const struct words *here, const struct words *name, struct span whole)
{
	if (here->count >= name->count && span_eq(joined(here, name->count), whole))
		return 0;
	for (uint32_t count = name->count > 1 ? name->count - 1 : 1;
	        count <= name->count + 1 && count <= here->count; count++)
		if (is_one_apart(joined(here, count), whole) ||
		        (count == name->count && count > 1 && are_exchanged(here, name, count)))
			return count;
	return 0;
}

static size_t next_word(struct span text, size_t at)
{
	while (at < text.size && text.data[at] != ' ')
		at++;
	return at + 1;
}

static uint32_t count_near(struct span text, struct span name, struct buf *as)
{
	const struct words words = words_at(name, 0, MENTIONS_NEAR_WORDS + 1);
	uint32_t count = 0;
	if (name.size < MENTIONS_NEAR_LETTERS || words.count > MENTIONS_NEAR_WORDS)
		return 0;
	for (size_t at = 0; at < text.size; at = next_word(text, at)) {
		const struct words here = words_at(text, at, words.count + 1);
		const uint32_t near = here.count ? near_at(&here, &words, name) : 0;
		if (!near)
			continue;
		if (as && !as->size)
			buf_add_span(as, joined(&here, near));
		count++;
		for (uint32_t i = 1; i < near; i++)
			at = next_word(text, at);
	}
	return count;
}

uint32_t mentions_near(const struct mentions *mentions, struct span text, struct buf *as)
{
	struct span names = buf_span(&mentions->names);
	struct buf folded = {0};
	uint32_t count = 0;
	fold_text(text, &folded);
	while (names.size) {
		const uint8_t *line = memchr(names.data, '\n', names.size);
		const size_t size = (size_t)(line - names.data);
		count += count_near(buf_span(&folded), span_sub(names, 1, size - 2), as);
		names = span_sub(names, size + 1, names.size);
	}
	buf_wipe(&folded);
	return count;
}
