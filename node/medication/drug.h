/*
 * node/medication/drug.h - when are two lines about one drug? By the code, or by the words that prescribers write: no list of drugs is here, so
 * that is a hint for a nurse and never a decision (README.md, "Duplicates").
 *
 * Pure. Outside text: hostile bytes are fine.
 */
#ifndef NODE_MEDICATION_DRUG_H
#define NODE_MEDICATION_DRUG_H

#include "crdt/base/arena.h"

enum { DRUG_WORDS_MAX = 8, DRUG_WORD_LETTERS_MIN = 4 };

struct drug_name {
	struct span plain; /* small letters and digits, one space between: "paracetamol 1 g" */
	uint32_t word_count; /* those that may name a substance: not forms, salts, units */
	struct span words[DRUG_WORDS_MAX];
};

void drug_name_read(struct span text, struct arena *arena, struct drug_name *out);

/* The same code, or the same words. An empty code is none. */
bool drug_same(const struct drug_name *a, struct span code_a, const struct drug_name *b, struct span code_b);
/* They share a word that may name a substance. */
bool drug_alike(const struct drug_name *a, const struct drug_name *b);

#endif
