#include "node/wounds/wounds.h"

#include <stdlib.h>

#include "node/record.h"
#include "node/schema/moment.h"
#include "node/shorts.h"

enum { SITE = 2, STATE = 4, OPEN = 1, UNSTAGEABLE = 5 };

/* ---- Taking ------------------------------------------------------------------------------------------------------ */

/* What no wound is, nobody noted: a patched program writes any number. */
static int32_t small_number(const struct fact *fact, uint32_t field)
{
	const int64_t number = fact_number(fact, field, WOUNDS_NONE);
	return number >= 0 && number <= WOUNDS_MOST ? (int32_t)number : WOUNDS_NONE;
}

void wounds_add(void *context, const struct fact *fact)
{
	struct wounds *wounds = context;
	const struct schema_value *at = schema_value(fact->record, 2);
	if (fact->record->kind->number != SCHEMA_WOUND_CHECK || !at)
		return;
	wounds->checks = mem_room(
	        wounds->checks, wounds->check_count, &wounds->check_room, sizeof(*wounds->checks));
	wounds->checks[wounds->check_count++] = (struct wounds_check){.head = fact->head,
	        .wound = fact_bytes(fact, 1, &wounds->arena),
	        .at_s = at->number,
	        .day = moment_local_day((struct moment){at->number, at->offset_minutes}),
	        .length = small_number(fact, 3),
	        .width = small_number(fact, 4),
	        .depth = small_number(fact, 5),
	        .stage = small_number(fact, 6),
	        .tissue = small_number(fact, 7),
	        .exudate = small_number(fact, 8),
	        .pain = small_number(fact, 9),
	        .photo = fact_bytes(fact, 10, &wounds->arena),
	        .note = fact_bytes(fact, 14, &wounds->arena),
	        .is_mistaken = fact_number(fact, 15, 0) != 0};
}

void wounds_take(struct wounds *wounds, const struct crdt_doc *doc)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_WOUND);
	struct span cursor = {NULL, 0};
	struct record_id id;
	while (record_next(doc, kind, &cursor, &id)) {
		struct schema_measures measures;
		struct schema_record record;
		const struct schema_value *site = record_read(doc, kind, &id, &measures, &record)
		        ? schema_value(&record, SITE)
		        : NULL;
		wounds->wounds = mem_room(
		        wounds->wounds, wounds->wound_count, &wounds->wound_room, sizeof(*wounds->wounds));
		wounds->wounds[wounds->wound_count++] = (struct wounds_wound){.id = id,
		        .is_open = fact_may_be(doc, kind, &id, STATE, OPEN),
		        .site = site ? arena_span(&wounds->arena, site->bytes) : (struct span){NULL, 0}};
	}
}

/* ---- Order ------------------------------------------------------------------------------------------------------- */

static int by_fact(const void *a, const void *b)
{
	return fact_order(&((const struct wounds_check *)a)->head, &((const struct wounds_check *)b)->head);
}

static void find_versions(struct wounds *wounds)
{
	const uint32_t count = wounds->check_count;
	const struct fact_head **heads = mem_zero(count + 1, sizeof(*heads));
	struct fact_version *versions = mem_zero(count + 1, sizeof(*versions));
	if (count)
		qsort(wounds->checks, count, sizeof(*wounds->checks), by_fact);
	for (uint32_t i = 0; i < count; i++)
		heads[i] = &wounds->checks[i].head;
	fact_versions(heads, count, versions);
	for (uint32_t i = 0; i < count; i++)
		wounds->checks[i].version = versions[i];
	mem_free(heads);
	mem_free(versions);
}

/* A check that counts, of which wound; and when it was seen. */
struct placed {
	uint32_t wound, check; /* check: the version shown */
	int64_t at_s;
	uint32_t root; /* in which they were written */
};

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_moment(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;
	int order = compare_numbers(x->wound, y->wound);
	if (!order)
		order = compare_numbers(x->at_s, y->at_s);
	return order ? order : compare_numbers(x->root, y->root);
}

static int by_day(const void *a, const void *b)
{
	const struct wounds_seen *x = a, *y = b;
	int order = compare_numbers(x->wound, y->wound);
	if (!order)
		order = compare_numbers(x->day, y->day);
	return order ? order : compare_numbers(x->index, y->index);
}

static uint32_t place_checks(const struct wounds *wounds, struct placed *out)
{
	struct shorts ids = {0};
	uint32_t count = 0;
	for (uint32_t i = 0; i < wounds->wound_count; i++)
		shorts_add(&ids, &wounds->wounds[i].id, i);
	shorts_sort(&ids);
	for (uint32_t i = 0; i < wounds->check_count; i++) {
		const uint32_t shown = wounds->checks[i].version.shown;
		if (wounds->checks[i].version.root != i || wounds->checks[shown].is_mistaken)
			continue;
		const uint32_t wound = shorts_first(&ids, wounds->checks[shown].wound);
		if (wound != SHORTS_NONE)
			out[count++] = (struct placed){wound, shown, wounds->checks[shown].at_s, i};
	}
	shorts_close(&ids);
	return count;
}

void wounds_derive(struct wounds *wounds)
{
	struct placed *placed = mem_zero((size_t)wounds->check_count + 1, sizeof(*placed));
	find_versions(wounds);
	const uint32_t count = wounds->order_count = place_checks(wounds, placed);
	if (count)
		qsort(placed, count, sizeof(*placed), by_moment);
	wounds->order = mem_zero((size_t)count + 1, sizeof(*wounds->order));
	wounds->seen = mem_zero((size_t)count + 1, sizeof(*wounds->seen));
	for (uint32_t i = 0; i < count; i++) {
		struct wounds_wound *wound = &wounds->wounds[placed[i].wound];
		if (!wound->count)
			wound->first = i;
		wounds->order[i] = placed[i].check;
		wounds->seen[i] = (struct wounds_seen){
		        placed[i].wound, wounds->checks[placed[i].check].day, wound->count++};
	}
	if (count)
		qsort(wounds->seen, count, sizeof(*wounds->seen), by_day);
	mem_free(placed);
}

void wounds_close(struct wounds *wounds)
{
	mem_free(wounds->checks);
	mem_free(wounds->wounds);
	mem_free(wounds->order);
	mem_free(wounds->seen);
	arena_close(&wounds->arena);
	*wounds = (struct wounds){0};
}

const struct wounds_check *wounds_check(
        const struct wounds *wounds, const struct wounds_wound *wound, uint32_t index)
{
	return &wounds->checks[wounds->order[wound->first + index]];
}

/* The last of the wound's checks of that day among those before `index`; NONE. */
static int32_t seen_on(
        const struct wounds *wounds, const struct wounds_wound *wound, int64_t day, uint32_t index)
{
	const struct wounds_seen key = {(uint32_t)(wound - wounds->wounds), day, index};
	uint32_t low = 0, high = wounds->order_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (by_day(&wounds->seen[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct wounds_seen *seen = low ? &wounds->seen[low - 1] : NULL;
	return seen && seen->wound == key.wound && seen->day == day ? (int32_t)seen->index : WOUNDS_NONE;
}

int32_t wounds_week_before(const struct wounds *wounds, const struct wounds_wound *wound, uint32_t index)
{
	const int64_t day = wounds_check(wounds, wound, index)->day;
	int32_t found = WOUNDS_NONE;
	int64_t best = WOUNDS_WEEK_TO;
	for (int64_t before = WOUNDS_WEEK_FROM; before <= WOUNDS_WEEK_TO; before++) {
		const int64_t away = llabs(before - 7);
		const int32_t seen = seen_on(wounds, wound, day - before, index);
		/* of two as near the later: what was seen last */
		if (seen == WOUNDS_NONE || away > best || (away == best && seen < found))
			continue;
		best = away;
		found = seen;
	}
	return found;
}

/* ---- Comparing --------------------------------------------------------------------------------------------------- */

int64_t wounds_surface(const struct wounds_check *check)
{
	if (check->length == WOUNDS_NONE || check->width == WOUNDS_NONE)
		return WOUNDS_NONE;
	return (int64_t)check->length * check->width;
}

/* -1 better, 1 worse: less is better, a tenth or more counts. */
static int by_size(int64_t earlier, int64_t later)
{
	if (earlier == WOUNDS_NONE || later == WOUNDS_NONE || llabs(later - earlier) * 10 < earlier ||
	        later == earlier)
		return 0;
	return later < earlier ? -1 : 1;
}

static int by_number(int32_t earlier, int32_t later)
{
	if (earlier == WOUNDS_NONE || later == WOUNDS_NONE)
		return 0;
	return (later > earlier) - (later < earlier);
}

static int32_t staged(const struct wounds_check *check)
{
	return check->stage == UNSTAGEABLE ? WOUNDS_NONE : check->stage;
}

void wounds_compare(
        const struct wounds_check *earlier, const struct wounds_check *later, struct wounds_difference *out)
{
	const int64_t before = wounds_surface(earlier), after = wounds_surface(later);
	const int signs[] = {by_size(before, after), by_size(earlier->depth, later->depth),
	        by_number(staged(earlier), staged(later)), by_number(earlier->exudate, later->exudate),
	        by_number(earlier->tissue, later->tissue)};
	bool is_better = false, is_worse = false;
	*out = (struct wounds_difference){0};
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		is_better |= signs[i] < 0;
		is_worse |= signs[i] > 0;
	}
	out->trend = is_better && is_worse ? WOUNDS_MIXED
	        : is_better                ? WOUNDS_BETTER
	        : is_worse                 ? WOUNDS_WORSE
	                                   : WOUNDS_SAME;
	out->has_surface = before != WOUNDS_NONE && after != WOUNDS_NONE;
	if (out->has_surface) {
		out->surface = after - before;
		out->percent = before ? (int32_t)((after - before) * 100 / before) : INT32_MAX;
	}
	out->has_pain = earlier->pain != WOUNDS_NONE && later->pain != WOUNDS_NONE;
	out->pain = out->has_pain ? later->pain - earlier->pain : 0;
}

const char *wounds_trend_name(enum wounds_trend trend)
{
	static const char *const NAMES[] = {"same", "better", "worse", "mixed"};
	return NAMES[trend];
}

enum wounds_attention wounds_attention(
        const struct wounds *wounds, const struct wounds_wound *wound, int64_t *from)
{
	struct wounds_difference difference;
	if (!wound->is_open || !wound->count)
		return WOUNDS_QUIET;
	const struct wounds_check *last = wounds_check(wounds, wound, wound->count - 1);
	*from = last->day + WOUNDS_CHECK_DAYS + 1;
	if (wound->count == 1)
		return WOUNDS_UNCHECKED;
	wounds_compare(wounds_check(wounds, wound, wound->count - 2), last, &difference);
	if (difference.trend != WOUNDS_WORSE && difference.trend != WOUNDS_MIXED)
		return WOUNDS_UNCHECKED;
	*from = last->day;
	return WOUNDS_WORSENING;
}
