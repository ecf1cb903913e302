/*
 * tools/gen_vocab.h - the vocabulary of the generated teams: names, places, nursing phrases, all UTF-8.
 *
 * Lists are constant and ordered from common to rare. No string is empty.
 */
#ifndef TOOLS_GEN_VOCAB_H
#define TOOLS_GEN_VOCAB_H

#include <stddef.h>

#include "crdt/base/span.h"

struct gen_words {
	const char *const *items;
	size_t count;
};

struct gen_problem {
	unsigned code; /* Omaha System problem code */
	const char *name;
};

enum { GEN_VOCAB_PROBLEM_COUNT = 30 };

extern const struct gen_words gen_vocab_last_names, gen_vocab_female_names, gen_vocab_male_names,
        gen_vocab_towns, gen_vocab_ways, gen_vocab_streets, gen_vocab_relations, gen_vocab_insurers,
        gen_vocab_allergies, gen_vocab_homes, gen_vocab_key_places, gen_vocab_histories, gen_vocab_domains,
        gen_vocab_signs, gen_vocab_categories, gen_vocab_targets, gen_vocab_rhythms, gen_vocab_places,
        gen_vocab_sentences, gen_vocab_joints, gen_vocab_words;
extern const struct gen_problem gen_vocab_problems[GEN_VOCAB_PROBLEM_COUNT];

/* The list behind a placeholder such as "site" in a sentence; NULL when there is none of that name. */
const struct gen_words *gen_vocab_slot(struct span name);

/* What a hurried nurse writes for `word`; NULL when she writes it out. */
const char *gen_vocab_abbreviation(struct span word);

#endif
