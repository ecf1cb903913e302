/* Doses that were given: of which slot, and what is wrong with them. Nothing here takes a dose away. */
#include "node/medication/medication.h"

#include <stdlib.h>

enum { DAY_MINUTES = 24 * 60, HALF_DAY_MINUTES = DAY_MINUTES / 2, ABOUT_DOSES = 1 };

/* ---- Slots ------------------------------------------------------------------------------------------------------- */

/* The slot of the line's that is nearest to the moment, within half a day; of two as near the earlier. */
static void nearest_slot(const struct schedule *schedule, int64_t first, const struct medication_dose *shown,
        struct medication_dose *root)
{
	int64_t best = HALF_DAY_MINUTES + 1;
	for (int64_t day = shown->day - 1; day <= shown->day + 1; day++)
		for (uint32_t i = 0; schedule_is_on(schedule, first, day) && i < schedule->slot_count; i++) {
			int64_t away = (day - shown->day) * DAY_MINUTES + schedule->slots[i].minute -
			        (int64_t)shown->minute;
			away = away < 0 ? -away : away;
			if (away >= best)
				continue;
			best = away;
			root->slot_day = day;
			root->slot_minute = schedule->slots[i].minute;
		}
}

/* The day on which a named slot is nearest to the moment: what is given at bedtime may be given after midnight. */
static int64_t nearest_day(const struct medication_dose *shown, uint32_t slot_minute)
{
	if (slot_minute > shown->minute + HALF_DAY_MINUTES)
		return shown->day - 1;
	return shown->minute > slot_minute + HALF_DAY_MINUTES ? shown->day + 1 : shown->day;
}

static void find_slot(const struct medication *medication, struct medication_dose *root,
        const struct medication_dose *shown)
{
	const struct medication_line *line = medication_line(medication, root->of);
	bool has_slots = line->schedule.is_understood && line->schedule.slot_count && !line->if_needed;
	root->slot_day = shown->said_day != INT64_MIN ? shown->said_day : shown->day;
	root->slot_minute = MEDICATION_NONE;
	if (shown->said_slot > SCHEDULE_NONE && shown->said_slot <= SCHEDULE_BEDTIME && !line->if_needed) {
		root->slot_minute = schedule_minute((enum schedule_name)shown->said_slot);
		if (shown->said_day == INT64_MIN)
			root->slot_day = nearest_day(shown, root->slot_minute);
	} else if (has_slots) {
		nearest_slot(&line->schedule, medication->lines[root->of].interval.first, shown, root);
	}
}

/* ---- Those that count -------------------------------------------------------------------------------------------- */

/* A dose that was given, of a line that is here. */
struct given {
	uint32_t dose; /* root */
	uint32_t group, minute;
	int64_t slot_day, day, at_s;
};

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* By drug, slot, moment; what has no slot comes last of its drug, by moment. Doses of one moment in the order of their roots. */
static int by_slot(const void *a, const void *b)
{
	const struct given *x = a, *y = b;
	int order = compare_numbers(x->group, y->group);
	if (!order)
		order = compare_numbers(x->minute == MEDICATION_NONE, y->minute == MEDICATION_NONE);
	if (!order && x->minute != MEDICATION_NONE)
		order = compare_numbers(x->slot_day, y->slot_day);
	if (!order && x->minute != MEDICATION_NONE)
		order = compare_numbers(x->minute, y->minute);
	if (!order)
		order = compare_numbers(x->at_s, y->at_s);
	return order ? order : compare_numbers(x->dose, y->dose);
}

static int by_day(const void *a, const void *b)
{
	const struct given *x = a, *y = b;
	int order = compare_numbers(x->group, y->group);
	if (!order)
		order = compare_numbers(x->day, y->day);
	if (!order)
		order = compare_numbers(x->at_s, y->at_s);
	return order ? order : compare_numbers(x->dose, y->dose);
}

static uint32_t collect(struct medication *medication, struct given *out)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < medication->dose_count; i++) {
		struct medication_dose *root = &medication->doses[i];
		const struct medication_dose *shown = medication_dose(medication, i);
		root->slot_minute = MEDICATION_NONE;
		if (!medication_is_root(&root->version, i))
			continue;
		/* doses are mostly of the newest lines */
		root->of = shorts_last(&medication->line_ids, shown->line);
		if (root->of == MEDICATION_NONE)
			continue;
		find_slot(medication, root, shown);
		if (shown->outcome != MEDICATION_GIVEN || shown->is_mistaken)
			continue;
		out[count++] = (struct given){i, medication->lines[root->of].group, root->slot_minute,
		        root->slot_day, shown->day, shown->at_s};
	}
	return count;
}

/* ---- What settles alarms ------------------------------------------------------------------------------------------------------ */

/* That a review cites a dose. */
struct citation {
	uint32_t dose, review; /* roots */
};

/* What alarms are settled by, and when each drug holds. */
struct standing {
	struct citation *citations; /* by dose, then review, each once */
	uint32_t citation_count;
	struct held *held; /* by drug, then first day */
	uint32_t held_count;
};

static int by_citation(const void *a, const void *b)
{
	const struct citation *x = a, *y = b;
	const int order = compare_numbers(x->dose, y->dose);
	return order ? order : compare_numbers(x->review, y->review);
}

static bool is_about_doses(const struct medication *medication, uint32_t review)
{
	const struct medication_review *root = &medication->reviews[review],
	                               *shown = &medication->reviews[root->version.shown];
	return medication_is_root(&root->version, review) && !shown->is_mistaken &&
	        shown->about == ABOUT_DOSES;
}

static void list_citations(const struct medication *medication, struct standing *out)
{
	uint32_t count = 0, room = 0, end;
	for (uint32_t i = 0; i < medication->review_count; i++) {
		const struct span cited = medication->reviews[medication->reviews[i].version.shown].doses;
		if (!is_about_doses(medication, i))
			continue;
		for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= cited.size; at += SCHEMA_SHORT_BYTES)
			for (uint32_t j = shorts_range(
			             &medication->dose_ids, span_sub(cited, at, SCHEMA_SHORT_BYTES), &end);
			        j < end; j++) {
				out->citations = mem_room(
				        out->citations, count, &room, sizeof(*out->citations));
				out->citations[count++] = (struct citation){
				        medication->dose_ids.items[j].thing, i};
			}
	}
	if (count)
		qsort(out->citations, count, sizeof(*out->citations), by_citation);
	for (uint32_t i = 0; i < count; i++)
		if (!out->citation_count ||
		        by_citation(&out->citations[out->citation_count - 1], &out->citations[i]) != 0)
			out->citations[out->citation_count++] = out->citations[i];
}

static bool cites_all(const struct medication *medication, const struct standing *standing, uint32_t review,
        const struct medication_alarm *alarm)
{
	for (uint32_t i = 0; i < alarm->count; i++) {
		const struct citation key = {medication->alarm_doses[alarm->first + i], review};
		if (!bsearch(&key, standing->citations, standing->citation_count,
		            sizeof(*standing->citations), by_citation))
			return false;
	}
	return true;
}

/* By the first review that cites every one of them. A further dose opens it again. */
static uint32_t settled_by(const struct medication *medication, const struct standing *standing,
        const struct medication_alarm *alarm)
{
	const uint32_t dose = medication->alarm_doses[alarm->first];
	uint32_t low = 0, high = standing->citation_count;
	if (alarm->count > SCHEMA_SHORTS_MAX) /* more than one review can cite */
		return MEDICATION_NONE;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (standing->citations[middle].dose < dose)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < standing->citation_count && standing->citations[low].dose == dose; low++)
		if (cites_all(medication, standing, standing->citations[low].review, alarm))
			return standing->citations[low].review;
	return MEDICATION_NONE;
}

/* ---- Alarms ------------------------------------------------------------------------------------------------------ */

static void raise(struct medication *medication, const struct standing *standing,
        struct medication_alarm alarm, const struct given *doses, uint32_t count)
{
	alarm.line = medication->doses[doses[0].dose].of;
	alarm.first = medication->alarm_dose_count;
	alarm.count = count;
	for (uint32_t i = 0; i < count; i++) {
		medication->alarm_doses = mem_room(medication->alarm_doses, medication->alarm_dose_count,
		        &medication->alarm_dose_room, sizeof(*medication->alarm_doses));
		medication->alarm_doses[medication->alarm_dose_count++] = doses[i].dose;
	}
	alarm.settled = settled_by(medication, standing, &alarm);
	medication->alarms = mem_room(medication->alarms, medication->alarm_count, &medication->alarm_room,
	        sizeof(*medication->alarms));
	medication->alarms[medication->alarm_count++] = alarm;
}

/* Are two that follow one another of one slot, or without slots too close? */
static bool belong_together(const struct given *a, const struct given *b)
{
	if (a->group != b->group || (a->minute == MEDICATION_NONE) != (b->minute == MEDICATION_NONE))
		return false;
	return a->minute == MEDICATION_NONE ? b->at_s - a->at_s < MEDICATION_APART_S
	                                    : a->minute == b->minute && a->slot_day == b->slot_day;
}

static void raise_doubles(
        struct medication *medication, const struct standing *standing, struct given *given, uint32_t count)
{
	qsort(given, count, sizeof(*given), by_slot);
	for (uint32_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && belong_together(&given[end - 1], &given[end]);)
			end++;
		if (end - i > 1)
			raise(medication, standing,
			        (struct medication_alarm){.kind = MEDICATION_DOUBLE,
			                .day = given[i].slot_day,
			                .minute = given[i].minute},
			        &given[i], end - i);
	}
}

/* What a day may have of a line: as it says, or as many as its schedule has without saying when. */
static uint32_t day_limit(const struct medication_line *line)
{
	if (line->max_per_day)
		return line->max_per_day;
	return line->schedule.is_understood && !line->if_needed ? line->schedule.times : 0;
}

static void raise_over_max(
        struct medication *medication, const struct standing *standing, struct given *given, uint32_t count)
{
	qsort(given, count, sizeof(*given), by_day);
	for (uint32_t i = 0, end; i < count; i = end) {
		uint32_t limit = 0;
		for (end = i;
		        end < count && given[end].group == given[i].group && given[end].day == given[i].day;
		        end++) {
			uint32_t said = day_limit(
			        medication_line(medication, medication->doses[given[end].dose].of));
			limit = said && (!limit || said < limit) ? said : limit;
		}
		if (limit && end - i > limit)
			raise(medication, standing,
			        (struct medication_alarm){.kind = MEDICATION_OVER_MAX,
			                .day = given[i].day,
			                .minute = MEDICATION_NONE,
			                .limit = limit},
			        &given[i], end - i);
	}
}

/* A line of a drug holds from `first` to `last`; once listed, `last` is the highest of those before it of the same drug too. */
struct held {
	uint32_t group;
	int64_t first, last;
};

static int by_held(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	const int order = compare_numbers(x->group, y->group);
	return order ? order : compare_numbers(x->first, y->first);
}

/* On the day of a stop what was given before it was right. */
static void list_held(const struct medication *medication, struct standing *out)
{
	out->held = mem_zero((size_t)medication->line_count + 1, sizeof(*out->held));
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *line = &medication->lines[i];
		if (medication_is_root(&line->version, i) && line->of != MEDICATION_NONE &&
		        !medication_line(medication, i)->is_mistaken)
			out->held[out->held_count++] = (struct held){line->group, line->interval.first,
			        line->interval.last + (line->interval.why == MEDICATION_STOPPED)};
	}
	if (out->held_count)
		qsort(out->held, out->held_count, sizeof(*out->held), by_held);
	for (uint32_t i = 1; i < out->held_count; i++)
		if (out->held[i].group == out->held[i - 1].group && out->held[i].last < out->held[i - 1].last)
			out->held[i].last = out->held[i - 1].last;
}

/* Does any line of this drug hold on that day? */
static bool is_held(const struct standing *standing, uint32_t group, int64_t day)
{
	const struct held key = {group, day, 0};
	uint32_t low = 0, high = standing->held_count; /* how many begin by then */
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (by_held(&standing->held[middle], &key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && standing->held[low - 1].group == group && standing->held[low - 1].last >= day;
}

static void raise_single(
        struct medication *medication, const struct standing *standing, const struct given *given)
{
	uint32_t of = medication->doses[given->dose].of;
	const struct schedule *schedule = &medication_line(medication, of)->schedule;
	struct medication_alarm alarm = {.day = given->slot_day, .minute = given->minute};
	bool has_days = schedule->is_understood && !schedule->as_needed &&
	        (schedule->every_days > 1 || schedule->weekdays);
	if (!is_held(standing, given->group, given->slot_day)) {
		alarm.kind = MEDICATION_OUTSIDE;
		alarm.why = medication_line_on(medication, of, given->slot_day);
		raise(medication, standing, alarm, given, 1);
	} else if (has_days &&
	        !schedule_is_on(schedule, medication->lines[of].interval.first, given->slot_day)) {
		alarm.kind = MEDICATION_UNPLANNED;
		raise(medication, standing, alarm, given, 1);
	}
}

/* ---- Where the doses of a day are found -------------------------------------------------------------------------- */

static int by_taken(const void *a, const void *b)
{
	const struct medication_taken *x = a, *y = b;
	int order = compare_numbers(x->group, y->group);
	if (!order)
		order = compare_numbers(x->day, y->day);
	if (!order)
		order = compare_numbers(x->minute, y->minute);
	return order ? order : compare_numbers(x->dose, y->dose);
}

static void list_taken(struct medication *medication)
{
	medication->taken = mem_zero((size_t)medication->dose_count + 1, sizeof(*medication->taken));
	for (uint32_t i = 0; i < medication->dose_count; i++) {
		const struct medication_dose *root = &medication->doses[i];
		if (medication_is_root(&root->version, i) && root->of != MEDICATION_NONE &&
		        !medication_dose(medication, i)->is_mistaken)
			medication->taken[medication->taken_count++] = (struct medication_taken){
			        medication->lines[root->of].group, root->slot_day, root->slot_minute, i};
	}
	if (medication->taken_count)
		qsort(medication->taken, medication->taken_count, sizeof(*medication->taken), by_taken);
}

const struct medication_taken *medication_taken(
        const struct medication *medication, uint32_t group, int64_t day, uint32_t minute, uint32_t *count)
{
	const struct medication_taken from = {group, day, minute, 0};
	uint32_t low = 0, high = medication->taken_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (by_taken(&medication->taken[middle], &from) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const struct medication_taken *found = medication->taken + low;
	for (*count = 0; low + *count < medication->taken_count && found[*count].group == group &&
	        found[*count].day == day && found[*count].minute == minute;)
		++*count;
	return found;
}

/* ------------------------------------------------------------------------------------------------------------------ */

void medication_derive_doses(struct medication *medication)
{
	struct given *given = mem_zero(medication->dose_count + 1, sizeof(*given));
	struct standing standing = {0};
	uint32_t count = collect(medication, given);
	list_taken(medication);
	list_citations(medication, &standing);
	list_held(medication, &standing);
	raise_over_max(medication, &standing, given, count);
	raise_doubles(medication, &standing, given, count);
	for (uint32_t i = 0; i < count; i++)
		raise_single(medication, &standing, &given[i]);
	mem_free(standing.citations);
	mem_free(standing.held);
	mem_free(given);
}
