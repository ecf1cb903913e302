/*
 * node/search/query.h - what somebody searches for, and where it stands in a text.
 *
 * A query is up to SEARCH_WORDS words (node/fold.h); a text matches when each of them begins a word of it. An elided article ("l'", "qu'") is no word of a query.
 * A query of digits alone (a telephone number, a day of birth) is also taken as one number, however it is grouped: "06 12.34", "12/03/1948".
 *
 * Pure.
 */
#ifndef NODE_SEARCH_QUERY_H
#define NODE_SEARCH_QUERY_H

#include "node/fold.h"

enum {
	SEARCH_WORDS = 8, /* a bit each */
	SEARCH_NUMBER_DIGITS = 4, /* a query of fewer digits is no number */
};

struct search_query {
	uint32_t count;
	struct fold_word words[SEARCH_WORDS];
	bool has_more; /* words than that: nothing is found by it */
};

/* The words. count 0: there are none. */
void search_query_read(struct span text, struct search_query *out);

/* The same digits as one number. False: it is not digits alone, or few. */
bool search_query_number(const struct search_query *query, struct search_query *out);

/* The bits of all its words. */
uint8_t search_query_all(const struct search_query *query);

/* Which words of the query begin a word of this text. */
uint8_t search_query_in(const struct search_query *query, struct span text);

/* The same of a text that is folded already, words parted by a space or a line feed. */
uint8_t search_query_in_folded(const struct search_query *query, struct span folded);

/* Of a text that is a number people group as they like (a telephone number): its digits alone, appended; nothing when it holds anything but digits, space and marks, or
 * less than SEARCH_NUMBER_DIGITS. */
void search_digits(struct span text, struct buf *out);

/* ---- Snippets ---- */

enum {
	SNIPPET_POINTS = 160, /* code points shown of a text */
	SNIPPET_BEFORE = 40, /* of them before the first match, where the text is longer */
	SNIPPET_MATCHES = 16, /* marked */
};

struct search_match { /* in the snippet: from the first to behind the last */
	uint32_t from, to; /* code points */
	uint32_t from16, to16; /* units of UTF-16 */
};

struct search_snippet {
	struct span text; /* borrows; whole words where it is cut */
	bool cut_before, cut_after;
	uint32_t count;
	struct search_match matches[SNIPPET_MATCHES];
};

/* The part of a text in which the query's words stand first. Without any of them its beginning. */
void search_snippet(const struct search_query *query, struct span text, struct search_snippet *out);

#endif
