/*
 * node/omaha/omaha.h - the Omaha System: problems, signs and symptoms, targets, by code and by words (README.md).
 *
 * Static and read-only: any thread. Texts are UTF-8.
 */
#ifndef NODE_OMAHA_OMAHA_H
#define NODE_OMAHA_OMAHA_H

#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/span.h"

struct omaha_label {
	const char *fr, *en; /* of a retired term, and of definitions that were not translated, fr is NULL */
};

enum omaha_kind { OMAHA_PROBLEM, OMAHA_SIGN, OMAHA_TARGET };

struct omaha_term {
	enum omaha_kind kind;
	uint16_t code; /* of a sign: its problem's code and two digits */
	bool is_retired; /* recognized in what others recorded, never chosen */
	bool is_other; /* what the list does not have: said in words beside it */
	uint8_t domain; /* of a problem: 1 to 4; 0: retired */
	struct omaha_label label, definition;
	const char *folded; /* both labels without case and accents */
};

/* NULL: there is no such code. */
const struct omaha_term *omaha_find(enum omaha_kind kind, uint32_t code);

/* All of a kind, ascending by code, retired ones among them. */
const struct omaha_term *omaha_terms(enum omaha_kind kind, uint32_t *count);

/* The signs and symptoms of a problem: *count of them from the one that is returned. */
const struct omaha_term *omaha_signs_of(uint32_t problem_code, uint32_t *count);

/* The label in a language, where there is none the other one's. */
const char *omaha_text(const struct omaha_label *label, bool is_french);

/* "PB26", "SS2601", "TG14": codes of different kinds are the same numbers, so they are written with what they are. */
enum { OMAHA_CODE_BYTES = 8 };
void omaha_write_code(char out[OMAHA_CODE_BYTES], enum omaha_kind kind, uint32_t code);

/* Read that, in either case; with `expected`, also the digits alone. False: it is not a code (whether or not a term has it), or of another
 * kind than `expected` (NULL: any). */
bool omaha_read_code(
        struct span text, const enum omaha_kind *expected, enum omaha_kind *kind, uint32_t *code);

/* Terms that hold every word of `text` at the beginning of a word, in either language, whatever the case and accents; or have that code. The best first: the label
 * begins so, then problems, signs, targets, ascending by code. At most `max`; retired ones only by their code. How many there are. */
uint32_t omaha_search(struct span text, const struct omaha_term **out, uint32_t max);

/* "Omaha System (2005 revision)", and what has to be said beside it. */
const char *omaha_version(void);
extern const struct omaha_label omaha_notice;

#endif
