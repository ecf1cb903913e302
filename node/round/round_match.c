#include "node/round/round_match.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"

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

/* A record that speaks of a visit: its own, or one of another file of the patient (a twin). */
struct name {
	const uint8_t *id;
	struct round_visit *visit;
};

/* Visits of the day by patient, once by the records that speak of them, once by moment; of those by moment, the next ones on either side that are free. */
struct matching {
	uint32_t count, name_count;
	struct name *by_id;
	struct round_visit **by_moment;
	uint32_t *before,
	        *after; /* beside by_moment, shifted by one: where to look; it is free where it is its own */
};

enum { NAME_BYTES = sizeof(((struct round_took *)0)->planned.bytes) };

static int by_patient_id(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int order = record_id_cmp(&x->visit->patient, &y->visit->patient);
	if (!order)
		order = memcmp(x->id, y->id, NAME_BYTES);
	return order ? order : (x->visit > y->visit) - (x->visit < y->visit);
}

static int by_patient_moment(const void *a, const void *b)
{
	const struct round_visit *x = *(struct round_visit *const *)a, *y = *(struct round_visit *const *)b;
	int order = record_id_cmp(&x->patient, &y->patient);
	if (!order)
		order = (x->start_s > y->start_s) - (x->start_s < y->start_s);
	return order ? order : (x > y) - (x < y);
}

static int of_name(const struct name *name, const struct round_took *took)
{
	const int order = record_id_cmp(&name->visit->patient, &took->patient);
	return order ? order : memcmp(name->id, took->planned.bytes, NAME_BYTES);
}

static int of_moment(const struct round_visit *visit, const struct round_took *took)
{
	const int order = record_id_cmp(&visit->patient, &took->patient);
	return order ? order : (visit->start_s > took->start_s) - (visit->start_s < took->start_s);
}

/* How many begin before. */
static uint32_t place_of(struct round_visit *const *sorted, uint32_t count, const struct round_took *took)
{
	uint32_t low = 0, high = count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (of_moment(sorted[middle], took) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Follows the way, and makes it shorter. */
static uint32_t free_from(uint32_t *way, uint32_t at)
{
	while (way[at] != at) {
		way[at] = way[way[at]];
		at = way[at];
	}
	return at;
}

static bool is_open(const struct round_visit *visit)
{
	return !visit->is_taken && (visit->state == ROUND_PLANNED || visit->state == ROUND_DONE);
}

static void close_place(struct matching *matching, uint32_t place)
{
	matching->before[place + 1] = place;
	matching->after[place] = place + 1;
}

static void find_free(struct matching *matching)
{
	for (uint32_t i = 0; i <= matching->count; i++)
		matching->before[i] = matching->after[i] = i;
	for (uint32_t i = 0; i < matching->count; i++)
		if (!is_open(matching->by_moment[i]))
			close_place(matching, i);
}

static struct round_visit *at_place(
        const struct matching *matching, uint32_t place, const struct round_took *took)
{
	struct round_visit *visit = place < matching->count ? matching->by_moment[place] : NULL;
	return visit && record_id_eq(&visit->patient, &took->patient) &&
	                apart(visit, took) <= ROUND_MATCH_WITHIN_S
	        ? visit
	        : NULL;
}

/* Where the first free one of those of the same moment stands. */
static uint32_t first_of_moment(struct matching *matching, uint32_t place)
{
	const struct round_visit *visit = matching->by_moment[place];
	const struct round_took same = {.patient = visit->patient, .start_s = visit->start_s};
	return free_from(matching->after, place_of(matching->by_moment, place, &same));
}

/* The nearest that is free, of those that were to take place; of two as near the first. */
static struct round_visit *nearest(struct matching *matching, const struct round_took *took, uint32_t *place)
{
	const uint32_t at = place_of(matching->by_moment, matching->count, took),
	               next = free_from(matching->after, at),
	               last = free_from(matching->before, at); /* one beyond the place */
	const uint32_t previous = last ? first_of_moment(matching, last - 1) : 0;
	struct round_visit *after = at_place(matching, next, took),
	                   *before = last ? at_place(matching, previous, took) : NULL;
	if (before && after &&
	        (apart(after, took) < apart(before, took) ||
	                (apart(after, took) == apart(before, took) && after < before)))
		before = NULL;
	*place = before ? previous : next;
	return before ? before : after;
}

static struct round_visit *named(const struct matching *matching, const struct round_took *took)
{
	uint32_t low = 0, high = matching->name_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (of_name(&matching->by_id[middle], took) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return took->has_planned && low < matching->name_count && of_name(&matching->by_id[low], took) == 0
	        ? matching->by_id[low].visit
	        : NULL;
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
	if (visit->state != ROUND_AWAY) /* she came, and nobody was there */
		visit->state = ROUND_DONE;
	visit->marks &= ~(uint32_t)(ROUND_UNCLAIMED | ROUND_UNACCEPTED);
}

static struct matching matching_of(struct round_visits *visits)
{
	struct matching out = {.count = visits->count};
	uint32_t names = 0;
	for (uint32_t i = 0; i < out.count; i++)
		names += 1 + visits->items[i].twin_count;
	out.by_id = mem_zero((size_t)names + 1, sizeof(*out.by_id));
	out.by_moment = mem_zero((size_t)out.count + 1, sizeof(struct round_visit *));
	out.before = mem_zero((size_t)out.count + 1, sizeof(*out.before));
	out.after = mem_zero((size_t)out.count + 1, sizeof(*out.after));
	for (uint32_t i = 0; i < out.count; i++) {
		struct round_visit *visit = out.by_moment[i] = &visits->items[i];
		out.by_id[out.name_count++] = (struct name){visit->id.bytes, visit};
		for (uint32_t j = 0; j < visit->twin_count; j++)
			out.by_id[out.name_count++] = (struct name){visit->twins[j].id.bytes, visit};
	}
	if (out.count) {
		qsort(out.by_id, out.name_count, sizeof(*out.by_id), by_patient_id);
		qsort(out.by_moment, out.count, sizeof(struct round_visit *), by_patient_moment);
	}
	return out;
}

static void close_matching(struct matching *matching)
{
	mem_free(matching->by_id);
	mem_free(matching->by_moment);
	mem_free(matching->before);
	mem_free(matching->after);
}

void round_match(struct round_visits *visits, struct round_took *took, uint32_t count)
{
	struct matching matching = matching_of(visits);
	if (count)
		qsort(took, count, sizeof(*took), by_start);
	for (uint32_t i = 0; i < count; i++)
		lay(named(&matching, &took[i]), &took[i], i);
	find_free(&matching);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t place;
		struct round_visit *visit = took[i].is_laid ? NULL : nearest(&matching, &took[i], &place);
		lay(visit, &took[i], i);
		if (visit)
			close_place(&matching, place);
	}
	close_matching(&matching);
}
