#include "node/vitals/vitals.h"

#include <stdlib.h>

#include "node/calendar.h"
#include "node/record.h"
#include "node/shorts.h"
#include "node/vitals/measure.h"

enum { VISIT_START = 1, VISIT_VITALS = 9, AMENDMENT_CANCELLED = 15 };

const uint32_t vitals_kinds[] = {SCHEMA_VISIT, SCHEMA_VISIT_AMENDMENT, SCHEMA_VITAL, SCHEMA_VITAL_DOUBT};
const uint32_t vitals_kind_count = sizeof(vitals_kinds) / sizeof(*vitals_kinds);

/* Measures of one moment. */
struct readings {
	const struct schema_measure *items;
	uint32_t count;
};

struct vitals_visit {
	struct fact_head head;
	bool is_amendment;
	int64_t start; /* INT64_MIN: an amendment leaves it */
	bool has_readings;
	struct readings readings;
	int cancelled; /* -1: an amendment leaves it */
};

struct vitals_measures {
	struct fact_head head;
	struct fact_version version;
	int64_t at_s;
	struct readings readings;
	struct span context;
	bool is_mistaken;
};

struct vitals_doubt {
	struct fact_head head;
	struct span measures, visit; /* short ids */
	struct readings readings;
	enum vitals_opinion opinion;
	struct span why;
};

/* ---- Taking facts ------------------------------------------------------------------------------------------------ */

static struct readings readings_of(const struct fact *fact, uint32_t field, struct arena *arena)
{
	const struct schema_value *value = schema_value(fact->record, field);
	if (!value || !value->measure_count)
		return (struct readings){0};
	return (struct readings){
	        arena_copy(arena, value->measures, value->measure_count * sizeof(*value->measures)),
	        value->measure_count};
}

static void add_visit(struct vitals *vitals, const struct fact *fact)
{
	const bool is_amendment = fact->record->kind->number == SCHEMA_VISIT_AMENDMENT;
	const struct readings readings = readings_of(fact, VISIT_VITALS, &vitals->arena);
	if (!is_amendment && !readings.count && !fact->head.is_corrected)
		return; /* a visit in which nothing was measured, then or since */
	vitals->visits = mem_room(
	        vitals->visits, vitals->visit_count, &vitals->visit_room, sizeof(*vitals->visits));
	vitals->visits[vitals->visit_count++] = (struct vitals_visit){.head = fact->head,
	        .is_amendment = is_amendment,
	        .start = fact_number(fact, VISIT_START, INT64_MIN),
	        .has_readings = readings.count > 0,
	        .readings = readings,
	        .cancelled = is_amendment ? (int)fact_number(fact, AMENDMENT_CANCELLED, -1) : 0};
}

static void add_measures(struct vitals *vitals, const struct fact *fact)
{
	vitals->measures = mem_room(
	        vitals->measures, vitals->measures_count, &vitals->measures_room, sizeof(*vitals->measures));
	vitals->measures[vitals->measures_count++] = (struct vitals_measures){.head = fact->head,
	        .at_s = fact_number(fact, 2, 0),
	        .readings = readings_of(fact, 1, &vitals->arena),
	        .context = fact_bytes(fact, 5, &vitals->arena),
	        .is_mistaken = fact_number(fact, 6, 0) != 0};
}

static void add_doubt(struct vitals *vitals, const struct fact *fact)
{
	vitals->doubts = mem_room(
	        vitals->doubts, vitals->doubt_count, &vitals->doubt_room, sizeof(*vitals->doubts));
	vitals->doubts[vitals->doubt_count++] = (struct vitals_doubt){.head = fact->head,
	        .measures = fact_bytes(fact, 1, &vitals->arena),
	        .visit = fact_bytes(fact, 2, &vitals->arena),
	        .readings = readings_of(fact, 3, &vitals->arena),
	        .opinion = (enum vitals_opinion)fact_number(fact, 4, VITALS_SUSPECT),
	        .why = fact_bytes(fact, 5, &vitals->arena)};
}

void vitals_add(void *context, const struct fact *fact)
{
	struct vitals *vitals = context;
	const uint32_t kind = fact->record->kind->number;
	if (kind == SCHEMA_VISIT || kind == SCHEMA_VISIT_AMENDMENT)
		add_visit(vitals, fact);
	else if (kind == SCHEMA_VITAL)
		add_measures(vitals, fact);
	else if (kind == SCHEMA_VITAL_DOUBT && !fact->head.is_corrected)
		add_doubt(vitals, fact);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static void put_values(struct vitals *vitals, const struct readings *readings, struct vitals_value value)
{
	value.day = calendar_paris_day(value.at_s);
	for (uint32_t i = 0; i < readings->count; i++) {
		const struct schema_vital *vital = schema_vital(readings->items[i].vital);
		if (!vital) /* of a later version */
			continue;
		value.vital = vital->number;
		value.value = readings->items[i].value;
		value.is_unusual = value.value < vital->min || value.value > vital->max;
		vitals->values = mem_room(
		        vitals->values, vitals->value_count, &vitals->value_room, sizeof(*vitals->values));
		vitals->values[vitals->value_count++] = value;
	}
}

/* A visit, then its amendments in the order in which they hold; by the operation that they all cite. */
static int by_visit(const void *a, const void *b)
{
	const struct vitals_visit *x = a, *y = b;
	const struct op_id *left = x->is_amendment ? &x->head.corrects : &x->head.op,
	                   *right = y->is_amendment ? &y->head.corrects : &y->head.op;
	int order = op_id_cmp(left, right);
	if (!order)
		order = x->is_amendment - y->is_amendment;
	return order ? order : fact_order(&x->head, &y->head);
}

static void lay_over(struct vitals_visit *visit, const struct vitals_visit *amendment)
{
	if (amendment->start != INT64_MIN)
		visit->start = amendment->start;
	if (amendment->has_readings)
		visit->readings = amendment->readings;
	if (amendment->cancelled >= 0)
		visit->cancelled = amendment->cancelled;
}

static void take_visits(struct vitals *vitals)
{
	if (vitals->visit_count)
		qsort(vitals->visits, vitals->visit_count, sizeof(*vitals->visits), by_visit);
	for (uint32_t i = 0, next; i < vitals->visit_count; i = next) {
		struct vitals_visit visit = vitals->visits[i];
		for (next = i + 1; next < vitals->visit_count && vitals->visits[next].is_amendment &&
		        vitals->visits[next].head.is_correction &&
		        op_id_cmp(&vitals->visits[next].head.corrects, &visit.head.op) == 0;
		        next++)
			lay_over(&visit, &vitals->visits[next]);
		if (!visit.is_amendment && visit.cancelled <= 0 && visit.start != INT64_MIN)
			put_values(vitals, &visit.readings,
			        (struct vitals_value){.at_s = visit.start,
			                .source = visit.head.id,
			                .is_visit = true,
			                .measures = SHORTS_NONE});
	}
}

static int by_order(const void *a, const void *b)
{
	return fact_order(
	        &((const struct vitals_measures *)a)->head, &((const struct vitals_measures *)b)->head);
}

static void take_measures(struct vitals *vitals)
{
	const uint32_t count = vitals->measures_count;
	const struct fact_head **heads = mem_zero(count + 1, sizeof(*heads));
	struct fact_version *versions = mem_zero(count + 1, sizeof(*versions));
	if (count)
		qsort(vitals->measures, count, sizeof(*vitals->measures), by_order);
	for (uint32_t i = 0; i < count; i++)
		heads[i] = &vitals->measures[i].head;
	fact_versions(heads, count, versions);
	for (uint32_t i = 0; i < count; i++)
		vitals->measures[i].version = versions[i];
	for (uint32_t i = 0; i < count; i++) {
		const struct vitals_measures *shown = &vitals->measures[versions[i].shown];
		if (versions[i].root == i && !shown->is_mistaken)
			put_values(vitals, &shown->readings,
			        (struct vitals_value){.at_s = shown->at_s,
			                .source = vitals->measures[i].head.id,
			                .measures = i,
			                .context = shown->context});
	}
	mem_free(heads);
	mem_free(versions);
}

static int by_vital(const void *a, const void *b)
{
	const struct vitals_value *x = a, *y = b;
	if (x->vital != y->vital)
		return x->vital < y->vital ? -1 : 1;
	if (x->at_s != y->at_s)
		return x->at_s < y->at_s ? -1 : 1;
	return memcmp(x->source.bytes, y->source.bytes, sizeof(x->source.bytes));
}

/* ---- Opinions ---------------------------------------------------------------------------------------------------- */

/* That an opinion is about a value: the short id of its visit, or the place of its measures. */
struct judgement {
	uint32_t measures; /* root; NONE: of a visit */
	uint8_t visit[SCHEMA_SHORT_BYTES];
	uint32_t vital;
	int32_t value;
	uint32_t doubt;
};

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_value(const void *a, const void *b)
{
	const struct judgement *x = a, *y = b;
	int order = compare_numbers(x->measures, y->measures);
	if (!order)
		order = memcmp(x->visit, y->visit, sizeof(x->visit));
	if (!order)
		order = compare_numbers(x->vital, y->vital);
	return order ? order : compare_numbers(x->value, y->value);
}

static int by_judgement(const void *a, const void *b)
{
	const int order = by_value(a, b);
	return order
	        ? order
	        : compare_numbers(((const struct judgement *)a)->doubt, ((const struct judgement *)b)->doubt);
}

static int by_doubt(const void *a, const void *b)
{
	return fact_order(&((const struct vitals_doubt *)a)->head, &((const struct vitals_doubt *)b)->head);
}

struct judgements {
	struct judgement *items;
	uint32_t count, room;
};

/* One for each reading that it names, of the visit and of the measures. */
static void list_doubt(struct judgements *list, const struct vitals_doubt *doubt, uint32_t number,
        const struct shorts *measures)
{
	struct judgement about[2] = {{.measures = SHORTS_NONE, .doubt = number},
	        {.measures = shorts_first(measures, doubt->measures), .doubt = number}};
	const bool is_here[2] = {doubt->visit.size == SCHEMA_SHORT_BYTES, about[1].measures != SHORTS_NONE};
	if (is_here[0])
		memcpy(about[0].visit, doubt->visit.data, SCHEMA_SHORT_BYTES);
	for (uint32_t i = 0; i < 2 * doubt->readings.count; i++) {
		struct judgement *one = &about[i % 2];
		one->vital = doubt->readings.items[i / 2].vital;
		one->value = doubt->readings.items[i / 2].value;
		if (!is_here[i % 2])
			continue;
		list->items = mem_room(list->items, list->count, &list->room, sizeof(*list->items));
		list->items[list->count++] = *one;
	}
}

/* Of each value the last one. */
static void keep_last(struct judgements *list)
{
	uint32_t kept = 0;
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_judgement);
	for (uint32_t i = 0; i < list->count; i++)
		if (i + 1 == list->count || by_value(&list->items[i], &list->items[i + 1]) != 0)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* The measures are called by any of their versions. */
static struct shorts measures_ids(const struct vitals *vitals)
{
	struct shorts ids = {0};
	for (uint32_t i = 0; i < vitals->measures_count; i++)
		shorts_add(&ids, &vitals->measures[i].head.id, vitals->measures[i].version.root);
	shorts_sort(&ids);
	return ids;
}

static void judge(struct vitals *vitals)
{
	struct judgements list = {0};
	struct shorts measures = measures_ids(vitals);
	if (vitals->doubt_count)
		qsort(vitals->doubts, vitals->doubt_count, sizeof(*vitals->doubts), by_doubt);
	for (uint32_t i = 0; i < vitals->doubt_count; i++)
		list_doubt(&list, &vitals->doubts[i], i, &measures);
	keep_last(&list);
	for (uint32_t i = 0; list.count && i < vitals->value_count; i++) {
		struct vitals_value *value = &vitals->values[i];
		struct judgement key = {
		        .measures = value->measures, .vital = value->vital, .value = value->value};
		if (value->is_visit)
			memcpy(key.visit, value->source.bytes, sizeof(key.visit));
		const struct judgement *found = bsearch(
		        &key, list.items, list.count, sizeof(*list.items), by_value);
		const struct vitals_doubt *doubt = found ? &vitals->doubts[found->doubt] : NULL;
		if (!doubt)
			continue;
		value->opinion = doubt->opinion == VITALS_CONFIRMED ? VITALS_CONFIRMED : VITALS_SUSPECT;
		value->why = doubt->why;
	}
	mem_free(list.items);
	shorts_close(&measures);
}

void vitals_derive(struct vitals *vitals)
{
	take_visits(vitals);
	take_measures(vitals);
	if (vitals->value_count)
		qsort(vitals->values, vitals->value_count, sizeof(*vitals->values), by_vital);
	judge(vitals);
}

void vitals_close(struct vitals *vitals)
{
	mem_free(vitals->visits);
	mem_free(vitals->measures);
	mem_free(vitals->doubts);
	mem_free(vitals->values);
	arena_close(&vitals->arena);
	*vitals = (struct vitals){0};
}

/* ---- Trends ------------------------------------------------------------------------------------------------------ */

const struct vitals_value *vitals_of(const struct vitals *vitals, uint32_t vital, uint32_t *count)
{
	uint32_t low = 0, high = vitals->value_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (vitals->values[middle].vital < vital)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0; low + *count < vitals->value_count && vitals->values[low + *count].vital == vital;)
		++*count;
	return *count ? &vitals->values[low] : NULL;
}

void vitals_trend(
        const struct vitals *vitals, uint32_t vital, int64_t from, int64_t to, struct vitals_trend *out)
{
	uint32_t count;
	const struct vitals_value *values = vitals_of(vitals, vital, &count);
	int32_t before = VITALS_NONE;
	*out = (struct vitals_trend){0, VITALS_NONE, VITALS_NONE, VITALS_NONE, VITALS_NONE, VITALS_NONE};
	for (uint32_t i = 0; i < count && values[i].day <= to; i++) {
		const int32_t at = (int32_t)i;
		if (values[i].opinion == VITALS_SUSPECT)
			continue;
		if (values[i].day >= from) {
			out->count++;
			out->first = out->first == VITALS_NONE ? at : out->first;
			if (out->lowest == VITALS_NONE || values[i].value < values[out->lowest].value)
				out->lowest = at;
			if (out->highest == VITALS_NONE || values[i].value > values[out->highest].value)
				out->highest = at;
			out->last = at;
			out->previous = before;
		}
		before = at;
	}
}

int vitals_beyond(const struct vitals_limit *limit, int32_t value)
{
	if (limit->has_low && value < limit->low)
		return -1;
	return limit->has_high && value > limit->high ? 1 : 0;
}
