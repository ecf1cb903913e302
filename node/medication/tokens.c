#include "node/medication/tokens.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { NUMBER_MAX = 366 };

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
	return byte >= 'a' && byte <= 'z';
}

/* Digits at `*at`; at most four, so that nothing overflows. */
static bool read_digits(const char **at, uint32_t *out)
{
	const char *start = *at;
	for (*out = 0; is_digit(**at); ++*at)
		*out = *out * 10 + (uint32_t)(**at - '0');
	return *at > start && *at - start <= 4;
}

/* "2", "0,5", "1/2". */
static bool read_number(const char **at, struct token *out)
{
	uint32_t whole, part;
	out->kind = TOKEN_NUMBER;
	if (!read_digits(at, &whole))
		return false;
	out->hundredths = whole * TOKENS_WHOLE;
	if ((**at == ',' || **at == '.') && is_digit((*at)[1])) {
		const char *start = ++*at;
		if (!read_digits(at, &part) || *at - start > 2)
			return false;
		out->hundredths += *at - start == 1 ? part * 10 : part;
	} else if (**at == '/' && (*at)[1] >= '2' && (*at)[1] <= '8' && !is_digit((*at)[2])) {
		out->hundredths /= (uint32_t)((*at)[1] - '0');
		*at += 2;
	}
	out->is_whole = out->hundredths % TOKENS_WHOLE == 0;
	return true;
}

static bool read_word(const char **at, struct token *out)
{
	size_t size = 0;
	out->kind = TOKEN_WORD;
	for (; is_letter(**at); ++*at) {
		if (size == TOKENS_LETTERS_MAX - 1)
			return false;
		out->word[size++] = **at;
	}
	return true;
}

/* False: something that no schedule of ours has in it. */
static bool read_token(const char **at, struct token *out)
{
	*out = (struct token){0};
	if (is_digit(**at))
		return read_number(at, out);
	if (is_letter(**at))
		return read_word(at, out);
	out->kind = TOKEN_MARK;
	out->word[0] = *(*at)++;
	return strchr("-:/,;+.'()", out->word[0]) != NULL;
}

/* Letters without case, accents and ligatures. Owner frees with free(). NULL: not text, or too long. */
static char *plain(struct span words)
{
	utf8proc_uint8_t *out = NULL;
	if (words.size > TOKENS_BYTES)
		return NULL;
	ssize_t size = utf8proc_map(words.data, (utf8proc_ssize_t)words.size, &out,
	        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
	return size < 0 ? NULL : (char *)out;
}

/* Of typography: the slash of a fraction, dashes, the curled apostrophe. */
static void simplify(char *text)
{
	static const struct {
		const char *from;
		char to;
	} SIGNS[] = {
	        {"\xe2\x81\x84", '/'}, {"\xe2\x80\x93", '-'}, {"\xe2\x80\x91", '-'}, {"\xe2\x80\x99", '\''}};
	for (size_t i = 0; i < sizeof(SIGNS) / sizeof(*SIGNS); i++)
		for (char *at; (at = strstr(text, SIGNS[i].from));) {
			*at = SIGNS[i].to;
			memmove(at + 1, at + 3, strlen(at + 3) + 1);
		}
}

bool tokens_read(struct span words, struct tokens *out)
{
	char *text = plain(words);
	bool fits = text != NULL;
	*out = (struct tokens){0};
	if (text)
		simplify(text);
	for (const char *at = text; fits && *at;) {
		if (*at == ' ' || *at == '\n' || *at == '\t')
			at++;
		else
			fits = out->count < TOKENS_MAX && read_token(&at, &out->items[out->count++]);
	}
	free(text);
	return fits && out->count > 0;
}

const struct token *tokens_ahead(const struct tokens *in, uint32_t ahead)
{
	return &in->items[in->at + ahead < in->count ? in->at + ahead : in->count];
}

bool tokens_is(const struct token *token, const char *word)
{
	return token->kind != TOKEN_NUMBER && strcmp(token->word, word) == 0 && token->kind != TOKEN_END;
}

bool tokens_is_any(const struct token *token, const char *const *words)
{
	for (; *words; words++)
		if (tokens_is(token, *words))
			return true;
	return false;
}

bool tokens_is_number(const struct token *token, uint32_t max)
{
	return token->kind == TOKEN_NUMBER && token->is_whole && token->hundredths >= TOKENS_WHOLE &&
	        token->hundredths / TOKENS_WHOLE <= max;
}

bool tokens_take(struct tokens *in, const char *phrase, uint32_t *number)
{
	uint32_t ahead = 0;
	for (const char *at = phrase; *at; ahead++) {
		char word[TOKENS_LETTERS_MAX];
		size_t size = strcspn(at, " ");
		const struct token *here = tokens_ahead(in, ahead);
		memcpy(word, at, size);
		word[size] = '\0';
		if (strcmp(word, "#") == 0) {
			if (!tokens_is_number(here, NUMBER_MAX))
				return false;
			*number = here->hundredths / TOKENS_WHOLE;
		} else if (is_digit(*word)) {
			if (!tokens_is_number(here, NUMBER_MAX) ||
			        here->hundredths / TOKENS_WHOLE != strtoul(word, NULL, 10))
				return false;
		} else if (!tokens_is(here, word)) {
			return false;
		}
		at += size + (at[size] == ' ');
	}
	in->at += ahead;
	return true;
}

bool tokens_take_any(struct tokens *in, const char *const *phrases, uint32_t *number)
{
	for (; *phrases; phrases++)
		if (tokens_take(in, *phrases, number))
			return true;
	return false;
}
