/* A digest's part that holds a dossier's facts, and the round made of it: whatever the bytes are. */
#include <assert.h>

#include "node/round/round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DAY = 20500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct record_id patient = {{7}};
	struct arena arena = {0};
	struct round_facts facts;
	struct round_visits visits = {0};
	if (round_facts_get(span_of(data, size), &patient, DAY, DAY + 6, &arena, &facts))
		for (int64_t day = DAY; day < DAY + 7; day++)
			round_of_day(&facts, &patient, day, NULL, 0, &visits);
	round_sort(&visits);
	for (uint32_t i = 0; i < visits.count; i++)
		assert(visits.items[i].state != ROUND_PLANNED || visits.items[i].owners.count ||
		        visits.items[i].marks & ROUND_UNCLAIMED);
	round_visits_close(&visits);
	arena_close(&arena);
	return 0;
}
