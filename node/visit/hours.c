#include "node/visit/hours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/calendar.h"

enum { DAYS_OF_WEEK = 7, THURSDAY = 3 };

bool hours_overlap(const struct hours_span *one, const struct hours_span *other)
{
	return memcmp(one->nurse, other->nurse, sizeof(one->nurse)) == 0 && one->start_s < other->end_s &&
	        other->start_s < one->end_s;
}

uint32_t hours_per_mille(const struct hours *hours)
{
	return hours->total_s > 0 ? (uint32_t)(hours->seconds[HOURS_PATIENT] * 1000 / hours->total_s) : 0;
}

/* By nurse, then by start: the same whatever the order they were found in. */
static int by_nurse(const void *left, const void *right)
{
	const struct hours_span *a = left, *b = right;
	int order = memcmp(a->nurse, b->nurse, sizeof(a->nurse));
	if (order)
		return order;
	if (a->start_s != b->start_s)
		return a->start_s < b->start_s ? -1 : 1;
	if (a->end_s != b->end_s)
		return a->end_s < b->end_s ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
}

static int moment_cmp(const void *left, const void *right)
{
	const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
	return (a > b) - (a < b);
}

static uint32_t place_of(uint32_t activity)
{
	return activity < HOURS_ACTIVITIES ? activity : HOURS_ACTIVITIES - 1;
}

/* From one moment where something begins or ends to the next one. */
static void count_piece(
        const struct hours_span *spans, uint32_t count, int64_t from_s, int64_t until_s, struct hours *out)
{
	const struct hours_span *best = NULL;
	uint32_t covering = 0;
	for (uint32_t i = 0; i < count && spans[i].start_s <= from_s; i++) {
		if (spans[i].end_s <= from_s)
			continue;
		covering++;
		if (!best || best->activity != HOURS_PATIENT || spans[i].activity == HOURS_PATIENT)
			best = &spans[i];
	}
	if (!best)
		return;
	out->seconds[place_of(best->activity)] += until_s - from_s;
	out->total_s += until_s - from_s;
	out->overlap_s += covering > 1 ? until_s - from_s : 0;
}

static void name_overlaps(
        const struct hours_span *spans, uint32_t count, struct arena *arena, struct hours *out)
{
	out->overlaps = arena_zero(arena, HOURS_OVERLAPS_MAX, sizeof(*out->overlaps));
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = i + 1; j < count && spans[j].start_s < spans[i].end_s; j++)
			if (out->overlap_count < HOURS_OVERLAPS_MAX && hours_overlap(&spans[i], &spans[j]))
				out->overlaps[out->overlap_count++] = (struct hours_overlap){
				        &spans[i], &spans[j]};
}

static void count_nurse(
        const struct hours_span *spans, uint32_t count, struct arena *arena, struct hours *out)
{
	memcpy(out->nurse, spans[0].nurse, sizeof(out->nurse));
	out->is_cut = count > HOURS_SPANS_MAX;
	if (out->is_cut)
		count = HOURS_SPANS_MAX;
	int64_t *moments = mem_zero(2 * (size_t)count, sizeof(*moments));
	for (uint32_t i = 0; i < count; i++) {
		moments[2 * i] = spans[i].start_s;
		moments[2 * i + 1] = spans[i].end_s;
		out->visits += spans[i].activity == HOURS_PATIENT;
	}
	qsort(moments, 2 * (size_t)count, sizeof(*moments), moment_cmp);
	for (uint32_t i = 0; i + 1 < 2 * count; i++)
		if (moments[i] < moments[i + 1])
			count_piece(spans, count, moments[i], moments[i + 1], out);
	mem_free(moments);
	name_overlaps(spans, count, arena, out);
}

void hours_of(
        struct hours_span *spans, uint32_t count, struct arena *arena, struct hours **out, uint32_t *nurses)
{
	*nurses = 0;
	*out = arena_zero(arena, (size_t)count + 1, sizeof(**out));
	if (count)
		qsort(spans, count, sizeof(*spans), by_nurse);
	for (uint32_t at = 0, end; at < count; at = end) {
		for (end = at + 1; end < count &&
		        memcmp(spans[end].nurse, spans[at].nurse, sizeof(spans[at].nurse)) == 0;)
			end++;
		count_nurse(spans + at, end - at, arena, &(*out)[(*nurses)++]);
	}
}

/* ---- Weeks ---- */

/* 1970-01-01 was a Thursday. */
int64_t hours_monday(int64_t day)
{
	const int64_t since = (day + THURSDAY) % DAYS_OF_WEEK;
	return day - (since < 0 ? since + DAYS_OF_WEEK : since);
}

/* The first week of a year is the one that holds its first Thursday, and so 4 January. */
static int64_t first_monday(int32_t year)
{
	return hours_monday(calendar_day((struct calendar_date){year, 1, 4}));
}

void hours_week_text(char out[HOURS_WEEK_TEXT_BYTES], int64_t monday)
{
	const int32_t year = calendar_date(monday + THURSDAY).year;
	const int week = (int)((monday - first_monday(year)) / DAYS_OF_WEEK) + 1;
	char text[32];
	snprintf(text, sizeof(text), "%04d-W%02d", (int)year, week);
	memcpy(out, text, HOURS_WEEK_TEXT_BYTES - 1);
	out[HOURS_WEEK_TEXT_BYTES - 1] = 0;
}

static bool digits(struct span text, size_t from, size_t count, int32_t *out)
{
	*out = 0;
	for (size_t i = from; i < from + count; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (text.data[i] - '0');
	}
	return true;
}

bool hours_week_parse(struct span text, int64_t *monday)
{
	int32_t year, week;
	char again[HOURS_WEEK_TEXT_BYTES];
	if (text.size != HOURS_WEEK_TEXT_BYTES - 1 || text.data[4] != '-' || text.data[5] != 'W' ||
	        !digits(text, 0, 4, &year) || !digits(text, 6, 2, &week) || year < 1971 || year > 2199 ||
	        week < 1)
		return false;
	*monday = first_monday(year) + (int64_t)(week - 1) * DAYS_OF_WEEK;
	hours_week_text(again, *monday);
	return memcmp(again, text.data, text.size) == 0; /* else the year has no such week */
}
