#include "node/wounds/consents.h"

enum { SCOPE = 1, UNTIL = 3, DECISION = 5, GIVEN = 1 };

/* The last one so far of the scope that is asked for. */
struct holding {
	int64_t scope, day;
	struct record_id id;
	bool is_in_force;
};

static void take(void *context, const struct fact *fact)
{
	struct holding *holding = context;
	if (fact->head.is_corrected || fact_number(fact, SCOPE, 0) != holding->scope)
		return;
	holding->id = fact->head.id;
	holding->is_in_force = fact_number(fact, DECISION, GIVEN) == GIVEN &&
	        fact_number(fact, UNTIL, INT64_MAX) >= holding->day;
}

bool consents_in_force(
        const struct digest_source *source, enum consents_scope scope, int64_t day, struct record_id *out)
{
	static const uint32_t KINDS[] = {SCHEMA_CONSENT};
	struct holding holding = {.scope = scope, .day = day};
	facts_of(source, KINDS, 1, FACTS_ALL, take, &holding);
	*out = holding.id;
	return holding.is_in_force;
}
