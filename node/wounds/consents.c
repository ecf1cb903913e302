#include "node/wounds/consents.h"

enum { SCOPE = 1, UNTIL = 3, DECISION = 5, GIVEN = 1 };

static void take(void *context, const struct fact *fact)
{
	struct consents_word *word = context;
	if (fact->head.is_corrected || fact_number(fact, SCOPE, 0) != (int64_t)word->scope ||
	        (word->is_said && fact_order(&fact->head, &word->head) < 0))
		return;
	word->is_said = true;
	word->head = fact->head;
	word->is_in_force = fact_number(fact, DECISION, GIVEN) == GIVEN &&
	        fact_number(fact, UNTIL, INT64_MAX) >= word->day;
}

void consents_look(struct consents_word *word, const struct digest_source *source)
{
	static const uint32_t KINDS[] = {SCHEMA_CONSENT};
	facts_of(source, KINDS, 1, FACTS_ALL, take, word);
}

bool consents_in_force(
        const struct digest_source *source, enum consents_scope scope, int64_t day, struct record_id *out)
{
	struct consents_word word = {.scope = scope, .day = day};
	consents_look(&word, source);
	*out = word.head.id;
	return word.is_in_force;
}
