/*
 * node/fold.h - text as it is searched: letters and digits without case, accents and ligatures, words parted by one space.
 *
 * "L’Haÿ-les-Roses, œdème" is "l hay les roses oedeme". Whatever is neither a letter nor a digit parts words, so that an elided article is a
 * word of its own ("l'œdème" is found by "œdème"). A combining accent belongs to its letter: composed and decomposed text
 * fold alike. Letters of other scripts stay as they are but for case.
 *
 * Pure. Bytes that are no UTF-8 part words.
 */
#ifndef NODE_FOLD_H
#define NODE_FOLD_H

#include "crdt/base/mem.h"

enum fold_sort { FOLD_GAP, FOLD_NOTHING, FOLD_LETTERS };

/* One letter may become several: "ß" two, and some letters of other scripts more. */
enum { FOLD_BYTES = 32 };

/* One code point of `text`, which is not empty: what it is, and of letters the `size` bytes that stand for it. */
struct fold_step {
	enum fold_sort sort;
	size_t taken; /* bytes of `text`; at least 1 */
	size_t size;
	char bytes[FOLD_BYTES];
};
struct fold_step fold_step(struct span text);

/* The words of a text one by one. Begin with the text and zeros. */
enum {
	FOLD_WORD_BYTES = 64
}; /* longer ones are cut there: the longest word of a French dictionary has 25 letters */
struct fold_reader {
	struct span text;
	size_t at; /* where it goes on */
};
struct fold_word {
	size_t from, to; /* bytes of the text */
	size_t size;
	char bytes[FOLD_WORD_BYTES + FOLD_BYTES];
};
bool fold_next(struct fold_reader *reader, struct fold_word *out); /* false: no more */

/* Append the words of a text, without space at either end. */
void fold_text(struct span text, struct buf *out);

#endif
