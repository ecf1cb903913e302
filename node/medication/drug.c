#include "node/medication/drug.h"

#include "node/fold.h"

/* Forms, salts and such: shared by drugs that have nothing else in common. */
static const char *const OTHER_WORDS[] = {"acide", "acid", "amp", "ampoule", "ampoules", "ampoul", "buvable",
        "calcium", "capsule", "capsules", "chlorhydrate", "chlorure", "collyre", "comp", "comprime",
        "comprimes", "creme", "cream", "dose", "doses", "drops", "effervescent", "enfant", "adulte", "gastro",
        "gelule", "gelules", "gouttes", "hydrochloride", "inhaler", "injectable", "injection", "libere",
        "magnesium", "orale", "oral", "orodispersible", "patch", "pellicule", "pommade", "poudre",
        "potassium", "prolongee", "resistant", "sachet", "sachets", "secable", "seringue", "sirop", "sodium",
        "solution", "stylo", "sulfate", "suspension", "tablet", "tablets", "vitamine", "vitamin",
        "liberation", "mylan", "biogaran", "sandoz", "teva", "arrow", "zentiva", "viatris", "eg", NULL};

static bool names_nothing(struct span word)
{
	for (size_t i = 0; i < word.size; i++)
		if (word.data[i] >= '0' && word.data[i] <= '9')
			return true;
	for (const char *const *other = OTHER_WORDS; *other; other++)
		if (span_eq(word, span_text(*other)))
			return true;
	return word.size < DRUG_WORD_LETTERS_MIN;
}

static void take_word(struct drug_name *out, struct span word)
{
	for (uint32_t i = 0; i < out->word_count; i++)
		if (span_eq(out->words[i], word))
			return;
	if (out->word_count < DRUG_WORDS_MAX && !names_nothing(word))
		out->words[out->word_count++] = word;
}

void drug_name_read(struct span text, struct arena *arena, struct drug_name *out)
{
	struct buf folded = {0};
	*out = (struct drug_name){0};
	fold_text(text, &folded);
	out->plain = arena_span(arena, buf_span(&folded));
	for (size_t at = 0, end; at < out->plain.size; at = end + 1) {
		for (end = at; end < out->plain.size && out->plain.data[end] != ' ';)
			end++;
		take_word(out, span_sub(out->plain, at, end - at));
	}
	buf_close(&folded);
}

bool drug_same(const struct drug_name *a, struct span code_a, const struct drug_name *b, struct span code_b)
{
	return (code_a.size && span_eq(code_a, code_b)) || (a->plain.size && span_eq(a->plain, b->plain));
}

bool drug_alike(const struct drug_name *a, const struct drug_name *b)
{
	for (uint32_t i = 0; i < a->word_count; i++)
		for (uint32_t j = 0; j < b->word_count; j++)
			if (span_eq(a->words[i], b->words[j]))
				return true;
	return false;
}
