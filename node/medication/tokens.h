/*
 * node/medication/tokens.h - a prescriber's words as tokens: numbers, words without case and accents, marks. For schedule.c.
 *
 * Pure. Outside text: hostile bytes are fine, within bounds.
 */
#ifndef NODE_MEDICATION_TOKENS_H
#define NODE_MEDICATION_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"

enum {
	TOKENS_BYTES = 512, /* a field has 120 bytes; compatibility forms of some letters are longer */
	TOKENS_MAX = 64,
	TOKENS_LETTERS_MAX = 24, /* of a word, with its end */
	TOKENS_WHOLE = 100, /* numbers are hundredths */
};

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_WORD, TOKEN_MARK };

struct token {
	enum token_kind kind;
	uint32_t hundredths; /* NUMBER */
	bool is_whole;
	char word[TOKENS_LETTERS_MAX]; /* WORD: small letters without accents; MARK: one character */
};

struct tokens {
	struct token items[TOKENS_MAX + 1]; /* the last one is END */
	uint32_t count, at;
};

/* False: not text, too much of it, or something that stands in no schedule of ours. `out` begins at its first token. */
bool tokens_read(struct span words, struct tokens *out);

/* The one that is `ahead` of where it stands; END past the last. */
const struct token *tokens_ahead(const struct tokens *in, uint32_t ahead);
bool tokens_is(const struct token *token, const char *word); /* a word or a mark */
bool tokens_is_any(const struct token *token, const char *const *words); /* ends with NULL */
bool tokens_is_number(const struct token *token, uint32_t max); /* whole, from 1 */

/* A phrase is words with spaces between; "#" is a whole number up to 366, which goes to *number. True: it stands here, and was passed over. */
bool tokens_take(struct tokens *in, const char *phrase, uint32_t *number);
bool tokens_take_any(struct tokens *in, const char *const *phrases, uint32_t *number); /* ends with NULL */

#endif
