#include "node/omaha/omaha.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "node/omaha/omaha_table.h"

const struct omaha_label omaha_notice = {
        "Les libellés français sont notre propre traduction : elle n'a pas été relue cliniquement et n'est "
        "pas la version officielle.",
        "The French labels are our own translation: it was not reviewed clinically and is not the official "
        "one."};

static const char *const PREFIXES[] = {"PB", "SS", "TG"};

const char *omaha_version(void)
{
	return omaha_title;
}

const char *omaha_text(const struct omaha_label *label, bool is_french)
{
	const char *first = is_french ? label->fr : label->en, *second = is_french ? label->en : label->fr;
	return first ? first : second ? second : "";
}

/* ---- By code ---------------------------------------------------------------------------------------------------- */

const struct omaha_term *omaha_terms(enum omaha_kind kind, uint32_t *count)
{
	switch (kind) {
	case OMAHA_PROBLEM:
		*count = omaha_problems_count;
		return omaha_problems;
	case OMAHA_SIGN:
		*count = omaha_signs_count;
		return omaha_signs;
	case OMAHA_TARGET:
		break;
	}
	*count = omaha_targets_count;
	return omaha_targets;
}

/* The first term whose code is not below `code`; *count of them are left from there on. */
static const struct omaha_term *from_code(enum omaha_kind kind, uint32_t code, uint32_t *count)
{
	uint32_t all, low = 0;
	const struct omaha_term *terms = omaha_terms(kind, &all);
	for (uint32_t high = all; low < high;) {
		uint32_t middle = low + (high - low) / 2;
		if (terms[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	*count = all - low;
	return terms + low;
}

const struct omaha_term *omaha_find(enum omaha_kind kind, uint32_t code)
{
	uint32_t left;
	const struct omaha_term *term = from_code(kind, code, &left);
	return left && term->code == code ? term : NULL;
}

const struct omaha_term *omaha_signs_of(uint32_t problem_code, uint32_t *count)
{
	uint32_t left, end;
	const struct omaha_term *first = from_code(OMAHA_SIGN, problem_code * 100, &left);
	from_code(OMAHA_SIGN, (problem_code + 1) * 100, &end);
	*count = left - end;
	return first;
}

void omaha_write_code(char out[OMAHA_CODE_BYTES], enum omaha_kind kind, uint32_t code)
{
	snprintf(out, OMAHA_CODE_BYTES, "%s%0*u", PREFIXES[kind], kind == OMAHA_SIGN ? 4 : 2, code % 100000);
}

static bool has_prefix(struct span text, const char *prefix)
{
	return text.size >= 2 && (text.data[0] | 0x20) == (prefix[0] | 0x20) &&
	        (text.data[1] | 0x20) == (prefix[1] | 0x20);
}

bool omaha_read_code(struct span text, const enum omaha_kind *expected, enum omaha_kind *kind, uint32_t *code)
{
	enum omaha_kind found = expected ? *expected : OMAHA_PROBLEM;
	bool is_prefixed = false;
	for (int i = OMAHA_PROBLEM; i <= OMAHA_TARGET && !is_prefixed; i++) {
		is_prefixed = has_prefix(text, PREFIXES[i]);
		if (is_prefixed)
			found = (enum omaha_kind)i;
	}
	if (is_prefixed)
		text = span_sub(text, 2, text.size);
	if ((!is_prefixed && !expected) || (expected && found != *expected) || text.size == 0 ||
	        text.size > 4)
		return false;
	*code = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*code = *code * 10 + (uint32_t)(text.data[i] - '0');
	}
	*kind = found;
	return true;
}

/* ---- By words --------------------------------------------------------------------------------------------------- */

enum { WORDS_MAX = 8, WORD_BYTES = 256 };

struct words {
	char bytes[WORD_BYTES]; /* one after the other, each with its NUL */
	const char *items[WORDS_MAX];
	uint32_t count;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* As table.py: "œ" is two letters, "’" parts words. */
static const char *plain_letters(const utf8proc_uint8_t *at, size_t *taken)
{
	static const struct {
		const char *from, *to;
	} PLAIN[] = {{"œ", "oe"}, {"’", "'"}};
	for (size_t i = 0; i < sizeof(PLAIN) / sizeof(*PLAIN); i++) {
		*taken = strlen(PLAIN[i].from);
		if (strncmp((const char *)at, PLAIN[i].from, *taken) == 0)
			return PLAIN[i].to;
	}
	*taken = 1;
	return NULL;
}

static void add_letter(struct words *out, size_t *used, char c)
{
	bool is_inside = *used && out->bytes[*used - 1] != '\0';
	if (!is_letter(c) && is_inside)
		out->bytes[(*used)++] = '\0';
	if (!is_letter(c) || (!is_inside && out->count == WORDS_MAX))
		return;
	if (!is_inside)
		out->items[out->count++] = out->bytes + *used;
	out->bytes[(*used)++] = c;
}

/* Without case and accents, as table.py folds the labels. What is too long, or no text, finds nothing. */
static void fold(struct span text, struct words *out)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t size = utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &folded,
	        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
	size_t used = 0;
	out->count = 0;
	for (size_t i = 0, taken; size > 0 && i < (size_t)size && used < sizeof(out->bytes) - 2; i += taken) {
		const char *plain = plain_letters(folded + i, &taken);
		if (!plain)
			add_letter(out, &used, (char)folded[i]);
		for (; plain && *plain; plain++)
			add_letter(out, &used, *plain);
	}
	out->bytes[used] = '\0';
	free(folded);
}

/* Where `word` stands at the beginning of a word; NULL. */
static const char *find_word(const char *folded, const char *word)
{
	for (const char *at = folded; (at = strstr(at, word)) != NULL; at++)
		if (at == folded || !is_letter(at[-1]))
			return at;
	return NULL;
}

/* 0: it does not match; else the greater the better. */
static unsigned match(const struct omaha_term *term, const struct words *words)
{
	unsigned score = 1;
	for (uint32_t i = 0; i < words->count; i++) {
		const char *at = find_word(term->folded, words->items[i]);
		if (!at)
			return 0;
		if (i == 0 && (at == term->folded || at[-1] == '\n'))
			score = 2;
	}
	return words->count ? score : 0;
}

uint32_t omaha_search(struct span text, const struct omaha_term **out, uint32_t max)
{
	struct words words;
	uint32_t count = 0, all, code;
	enum omaha_kind kind;
	fold(text, &words);
	for (int i = OMAHA_PROBLEM; words.count == 1 && i <= OMAHA_TARGET; i++) {
		const enum omaha_kind expected = (enum omaha_kind)i;
		const struct omaha_term *term = omaha_read_code(
		                                        span_text(words.items[0]), &expected, &kind, &code)
		        ? omaha_find(kind, code)
		        : NULL;
		if (term && count < max)
			out[count++] = term;
	}
	for (unsigned wanted = 2; wanted; wanted--)
		for (int i = OMAHA_PROBLEM; i <= OMAHA_TARGET; i++) {
			const struct omaha_term *terms = omaha_terms((enum omaha_kind)i, &all);
			for (uint32_t j = 0; j < all && count < max; j++)
				if (!terms[j].is_retired && match(&terms[j], &words) == wanted)
					out[count++] = &terms[j];
		}
	return count;
}
