/*
 * node/text_diff.h - what somebody changed in a text, word by word: the stretches of the old one that go, and what comes in their place.
 *
 * Made for texts that several people write: what is not named stays theirs. A word is never taken apart, since two people who change the same one
 * would then make a third of it; numbers with their signs ("12,5", "120/80") are one word. Words that two replacements left standing between them
 * go with these when they are fewer, so that a rewritten sentence is one stretch; line feeds never do. What replaces something takes a space
 * beside it along, so that what two people put in one place stands apart.
 *
 * Eugene W. Myers, "An O(ND) difference algorithm and its variations", Algorithmica 1986, over words. Pure; any bytes are fine.
 */
#ifndef NODE_TEXT_DIFF_H
#define NODE_TEXT_DIFF_H

#include "crdt/base/mem.h"

/* Bytes [at, at + gone) of the old text become [from, from + came) of the new one. */
struct text_hunk {
	uint32_t at, gone, from, came;
};

/* Ascending, with something that stays between any two. Zero-initialized is empty and valid; refilled by each use. */
struct text_hunks {
	struct text_hunk *items;
	uint32_t count, capacity;
};

/* At most so many words are told apart: beyond, what lies between the common beginning and the common end is one stretch. */
enum { TEXT_DIFF_WORDS_MAX = 512 };

/* Both below 2 GiB. At most TEXT_DIFF_WORDS_MAX hunks. */
void text_diff(struct span old, struct span now, struct text_hunks *out);
void text_hunks_close(struct text_hunks *hunks);

#endif
