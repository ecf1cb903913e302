#include "node/round/round_match.h"

#include <stdlib.h>
#include <string.h>

static int by_start(const void *a, const void *b)
{
	const struct round_took *left = a, *right = b;
	if (left->start_s != right->start_s)
		return left->start_s < right->start_s ? -1 : 1;
	return record_id_cmp(&left->id, &right->id);
}

static int64_t apart(const struct round_visit *visit, const struct round_took *took)
{
	const int64_t by = visit->start_s - took->start_s;
	return by < 0 ? -by : by;
}

static bool is_named(const struct round_visit *visit, const struct round_took *took)
{
	bool is_one = memcmp(visit->id.bytes, took->planned.bytes, sizeof(took->planned.bytes)) == 0;
	for (uint32_t i = 0; i < visit->twin_count; i++)
		is_one |= memcmp(visit->twins[i].id.bytes, took->planned.bytes,
		                  sizeof(took->planned.bytes)) == 0;
	return took->has_planned && is_one;
}

/* The nearest that is free, of those that were to take place; of two as near the first. */
static struct round_visit *nearest(struct round_visits *visits, const struct round_took *took)
{
	struct round_visit *found = NULL;
	for (uint32_t i = 0; i < visits->count; i++) {
		struct round_visit *visit = &visits->items[i];
		if (!record_id_eq(&visit->patient, &took->patient) || visit->is_taken ||
		        (visit->state != ROUND_PLANNED && visit->state != ROUND_DONE) ||
		        apart(visit, took) > ROUND_MATCH_WITHIN_S)
			continue;
		if (!found || apart(visit, took) < apart(found, took))
			found = visit;
	}
	return found;
}

static struct round_visit *named(struct round_visits *visits, const struct round_took *took)
{
	for (uint32_t i = 0; i < visits->count; i++)
		if (record_id_eq(&visits->items[i].patient, &took->patient) &&
		        is_named(&visits->items[i], took))
			return &visits->items[i];
	return NULL;
}

static void lay(struct round_visit *visit, struct round_took *took, uint32_t place)
{
	if (!visit)
		return;
	took->is_laid = true;
	if (visit->is_taken)
		return;
	visit->is_taken = true;
	visit->taken = place;
	visit->state = ROUND_DONE;
	visit->marks &= ~(uint32_t)(ROUND_UNCLAIMED | ROUND_UNACCEPTED);
}

void round_match(struct round_visits *visits, struct round_took *took, uint32_t count)
{
	if (count)
		qsort(took, count, sizeof(*took), by_start);
	for (uint32_t i = 0; i < count; i++)
		lay(named(visits, &took[i]), &took[i], i);
	for (uint32_t i = 0; i < count; i++)
		if (!took[i].is_laid)
			lay(nearest(visits, &took[i]), &took[i], i);
}
