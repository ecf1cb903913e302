/*
 * node/mentions.h - where a name stands in running text: minutes, notes and messages name patients in words, which erasing a dossier does not reach.
 *
 * Whole words, whatever the case and accents (node/fold.h). Pure.
 */
#ifndef NODE_MENTIONS_H
#define NODE_MENTIONS_H

#include "crdt/base/mem.h"

/* A list of names, folded. Zero-initialized is empty; owner calls mentions_close(). */
struct mentions {
	struct buf
	        names; /* each " name " with a space before and behind, one after the other, ended by a line feed */
};

/* A name of fewer than two letters says nothing, and is left out. */
void mentions_add(struct mentions *mentions, struct span name);
void mentions_close(struct mentions *mentions);

/* How often one of them stands in a text. */
uint32_t mentions_count(const struct mentions *mentions, struct span text);

enum { MENTIONS_NEAR_LETTERS = 4, MENTIONS_NEAR_WORDS = 8 };

/* How often something stands there that is perhaps one of them, misspelt: a letter more, less, another or exchanged with the next (a space is one too), or its words in another
 * order. Of names of fewer than MENTIONS_NEAR_LETTERS letters nothing is near. The first such words, folded, are appended to `as` where it is empty; it may be NULL. */
uint32_t mentions_near(const struct mentions *mentions, struct span text, struct buf *as);

#endif
