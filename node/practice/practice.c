#include "node/practice/practice.h"

#include <stdlib.h>

#include "node/calendar.h"
#include "node/schema/moment.h"

enum { TYPE = 1, AT = 2, MINUTES = 3, ATTENDEES = 4, SUBJECT = 7 };

/* ---- Events ------------------------------------------------------------------------------------------------------ */

static int64_t number_of(const struct schema_record *record, uint32_t field)
{
	const struct schema_value *value = schema_value(record, field);
	return value ? value->number : 0;
}

static bool read_event(
        const struct digest_source *document, const struct crdt_event *event, struct practice_event *out)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!digest_event(document, event, &measures, &record))
		return false;
	const struct schema_value *at = schema_value(&record, AT), *people = schema_value(&record, ATTENDEES);
	const int64_t type = number_of(&record, TYPE);
	if (!at)
		return false;
	*out = (struct practice_event){.id = event->id,
	        .type = type < PRACTICE_TYPES ? (enum practice_type)type : 0,
	        .subject = (enum practice_subject)number_of(&record, SUBJECT),
	        .day = (int32_t)moment_local_day((struct moment){at->number, at->offset_minutes}),
	        .minutes = (int32_t)number_of(&record, MINUTES)};
	for (uint32_t i = 0; people && i < schema_element_count(people) && i < PRACTICE_PEOPLE_MAX; i++) {
		memcpy(out->attendees + i * SCHEMA_SHORT_BYTES, schema_element(people, i).data,
		        SCHEMA_SHORT_BYTES);
		out->attendee_count++;
	}
	return true;
}

static int by_day(const void *a, const void *b)
{
	const struct practice_event *x = a, *y = b;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return memcmp(x->id.bytes, y->id.bytes, sizeof(x->id.bytes));
}

struct practice_event *practice_events(const struct digest_source *document, uint32_t *count)
{
	struct practice_event *events = NULL;
	struct crdt_event event;
	uint32_t capacity = 0, cursor = 0, left_out = 0;
	*count = 0;
	while (crdt_doc_event(document->doc, SCHEMA_PRACTICE_EVENT, &cursor, &event))
		left_out += !event.is_corrected;
	left_out = left_out > PRACTICE_EVENTS_MAX ? left_out - PRACTICE_EVENTS_MAX : 0;
	for (cursor = 0; crdt_doc_event(document->doc, SCHEMA_PRACTICE_EVENT, &cursor, &event);) {
		if (event.is_corrected || (left_out && left_out--))
			continue;
		events = mem_room(events, *count, &capacity, sizeof(*events));
		if (read_event(document, &event, &events[*count]))
			++*count;
	}
	if (*count)
		qsort(events, *count, sizeof(*events), by_day);
	return events;
}

/* ---- A year ------------------------------------------------------------------------------------------------------ */

static struct practice_person *person_of(struct practice_year *year, const uint8_t *id)
{
	for (uint32_t i = 0; i < year->person_count; i++)
		if (memcmp(year->people[i].id, id, SCHEMA_SHORT_BYTES) == 0)
			return &year->people[i];
	if (year->person_count == PRACTICE_PEOPLE_MAX)
		return NULL;
	struct practice_person *person = &year->people[year->person_count++];
	memcpy(person->id, id, SCHEMA_SHORT_BYTES);
	return person;
}

static void count_for(struct practice_person *person, const struct practice_event *event)
{
	person->sharings += event->type == PRACTICE_SHARING;
	person->peer_visits += event->type == PRACTICE_PEER_VISIT;
	person->inter_teams += event->type == PRACTICE_INTER_TEAM;
	if (event->type != PRACTICE_TRAINING)
		return;
	person->training_minutes += event->minutes;
	if (event->subject == PRACTICE_OMAHA)
		person->omaha_minutes += event->minutes;
	if (event->subject == PRACTICE_SELF_ORGANIZATION)
		person->self_organization_minutes += event->minutes;
}

static void count_event(const struct practice_event *event, struct practice_year *out)
{
	out->types[event->type].count++;
	out->types[event->type].minutes += event->minutes;
	out->types[event->type].person_minutes += event->minutes * (int32_t)event->attendee_count;
	out->types[event->type].last_day = event->day; /* they come by day */
	for (uint32_t i = 0; i < event->attendee_count; i++) {
		struct practice_person *person = person_of(out, event->attendees + i * SCHEMA_SHORT_BYTES);
		if (person)
			count_for(person, event);
	}
}

/* Gaps that reach into the year: from the last sharing before it to the first one after, or to today. */
static void measure_gaps(const struct practice_event *events, uint32_t count, int32_t first, int32_t last,
        int32_t today, struct practice_year *out)
{
	int32_t before = PRACTICE_NO_DAY;
	for (uint32_t i = 0; i < count; i++) {
		if (events[i].type != PRACTICE_SHARING || events[i].day > today)
			continue;
		if (before != PRACTICE_NO_DAY && events[i].day >= first && before <= last &&
		        events[i].day - before > out->longest_gap_days)
			out->longest_gap_days = events[i].day - before;
		before = events[i].day;
	}
	out->last_sharing_day = before;
	if (before != PRACTICE_NO_DAY && before <= last && today >= first &&
	        today - before > out->longest_gap_days)
		out->longest_gap_days = today - before;
}

void practice_of(const struct practice_event *events, uint32_t count, int32_t year, int32_t today,
        struct practice_year *out)
{
	const int32_t first = (int32_t)calendar_day((struct calendar_date){year, 1, 1}),
	              last = (int32_t)calendar_day((struct calendar_date){year, 12, 31});
	*out = (struct practice_year){.last_sharing_day = PRACTICE_NO_DAY};
	for (int type = 0; type < PRACTICE_TYPES; type++)
		out->types[type].last_day = PRACTICE_NO_DAY;
	for (uint32_t i = 0; i < count; i++)
		if (events[i].day >= first && events[i].day <= last)
			count_event(&events[i], out);
	measure_gaps(events, count, first, last, today, out);
	const int32_t end = today < last ? today : last;
	out->weeks = end < first ? 0 : (end - first) / 7 + 1;
}
