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

static uint32_t line_called(const struct medication *medication, struct span id)
{
	for (uint32_t i = medication->line_count; i-- > 0;) /* doses are mostly of the newest lines */
		if (medication_names(&medication->lines[i].head, id))
			return medication->lines[i].version.root;
	return MEDICATION_NONE;
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
		root->of = line_called(medication, shown->line);
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

/* ---- Alarms ------------------------------------------------------------------------------------------------------ */

static bool covers(
        const struct medication *medication, struct span cited, const struct medication_alarm *alarm)
{
	if (cited.size < alarm->count * SCHEMA_SHORT_BYTES)
		return false;
	for (uint32_t i = 0; i < alarm->count; i++) {
		uint32_t root = medication->alarm_doses[alarm->first + i];
		bool is_cited = false;
		for (uint32_t j = root; j < medication->dose_count && !is_cited; j++)
			is_cited = medication->doses[j].version.root == root &&
			        medication_names(&medication->doses[j].head, cited);
		if (!is_cited)
			return false;
	}
	return true;
}

/* By the first review that cites every one of them. A further dose opens it again. */
static uint32_t settled_by(const struct medication *medication, const struct medication_alarm *alarm)
{
	for (uint32_t i = 0; i < medication->review_count; i++) {
		const struct medication_review
		        *shown = &medication->reviews[medication->reviews[i].version.shown];
		if (medication_is_root(&medication->reviews[i].version, i) && !shown->is_mistaken &&
		        shown->about == ABOUT_DOSES && covers(medication, shown->doses, alarm))
			return i;
	}
	return MEDICATION_NONE;
}

static void raise(struct medication *medication, struct medication_alarm alarm, const struct given *doses,
        uint32_t count)
{
	alarm.line = medication->doses[doses[0].dose].of;
	alarm.first = medication->alarm_dose_count;
	alarm.count = count;
	for (uint32_t i = 0; i < count; i++) {
		medication->alarm_doses = mem_room(medication->alarm_doses, medication->alarm_dose_count,
		        &medication->alarm_dose_room, sizeof(*medication->alarm_doses));
		medication->alarm_doses[medication->alarm_dose_count++] = doses[i].dose;
	}
	alarm.settled = settled_by(medication, &alarm);
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

static void raise_doubles(struct medication *medication, struct given *given, uint32_t count)
{
	qsort(given, count, sizeof(*given), by_slot);
	for (uint32_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && belong_together(&given[end - 1], &given[end]);)
			end++;
		if (end - i > 1)
			raise(medication,
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

static void raise_over_max(struct medication *medication, struct given *given, uint32_t count)
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
			raise(medication,
			        (struct medication_alarm){.kind = MEDICATION_OVER_MAX,
			                .day = given[i].day,
			                .minute = MEDICATION_NONE,
			                .limit = limit},
			        &given[i], end - i);
	}
}

/* Does any line of this drug hold on that day? On the day of a stop what was given before it was right. */
static bool is_held(const struct medication *medication, uint32_t group, int64_t day)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *line = &medication->lines[i];
		if (!medication_is_root(&line->version, i) || line->group != group ||
		        line->of == MEDICATION_NONE || medication_line(medication, i)->is_mistaken)
			continue;
		int64_t last = line->interval.last + (line->interval.why == MEDICATION_STOPPED);
		if (day >= line->interval.first && day <= last)
			return true;
	}
	return false;
}

static void raise_single(struct medication *medication, const struct given *given)
{
	uint32_t of = medication->doses[given->dose].of;
	const struct schedule *schedule = &medication_line(medication, of)->schedule;
	struct medication_alarm alarm = {.day = given->slot_day, .minute = given->minute};
	bool has_days = schedule->is_understood && !schedule->as_needed &&
	        (schedule->every_days > 1 || schedule->weekdays);
	if (!is_held(medication, given->group, given->slot_day)) {
		alarm.kind = MEDICATION_OUTSIDE;
		alarm.why = medication_line_on(medication, of, given->slot_day);
		raise(medication, alarm, given, 1);
	} else if (has_days &&
	        !schedule_is_on(schedule, medication->lines[of].interval.first, given->slot_day)) {
		alarm.kind = MEDICATION_UNPLANNED;
		raise(medication, alarm, given, 1);
	}
}

void medication_derive_doses(struct medication *medication)
{
	struct given *given = mem_zero(medication->dose_count + 1, sizeof(*given));
	uint32_t count = collect(medication, given);
	raise_over_max(medication, given, count);
	raise_doubles(medication, given, count);
	for (uint32_t i = 0; i < count; i++)
		raise_single(medication, &given[i]);
	mem_free(given);
}
