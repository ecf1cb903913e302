#include "node/round/round.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/mem.h"
#include "node/calendar.h"

enum { HOURS = 24, ORDER_UNIT = 100000, NUMBERS = 16 };
enum { MOVED_MAX = 100 }; /* of one patient to one day: of more it is not said what is to be done there */
/* Choices of a planned visit's state, as bits. */
enum { PLANNED = 1U << 1, DONE = 1U << 2, CANCELLED = 1U << 3, AWAY = 1U << 4 };

/* ---- Parts of the day -------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	struct schema_label label;
	uint32_t first; /* hour */
} PARTS[ROUND_PARTS] = {
        {"small-hours", {"petit jour (0 h-5 h)", "small hours"}, 0},
        {"morning", {"matin", "morning"}, 5},
        {"midday", {"midi", "midday"}, 11},
        {"afternoon", {"après-midi", "afternoon"}, 14},
        {"evening", {"soir", "evening"}, 17},
        {"night", {"nuit", "night"}, 21},
};

enum round_part round_part_of_hour(uint32_t hour)
{
	uint32_t part = ROUND_NIGHT;
	while (PARTS[part].first > hour)
		part--;
	return (enum round_part)part;
}

const char *round_part_name(enum round_part part)
{
	return PARTS[part].name;
}

struct schema_label round_part_label(enum round_part part)
{
	return PARTS[part].label;
}

bool round_part_named(const char *name, enum round_part *out)
{
	for (uint32_t i = 0; name && i < ROUND_PARTS; i++)
		if (strcmp(PARTS[i].name, name) == 0) {
			*out = (enum round_part)i;
			return true;
		}
	return false;
}

struct record_id round_occurrence_id(const struct record_id *patient, int64_t day, uint32_t slot)
{
	static const char DOMAIN[] = "releve occurrence 1";
	const uint32_t number = (uint32_t)(int32_t)day;
	const uint8_t tail[] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
	        (uint8_t)number, (uint8_t)slot};
	uint8_t hash[ID_LONG_BYTES];
	struct record_id id;
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const unsigned char *)DOMAIN, sizeof(DOMAIN) - 1);
	crypto_generichash_update(&state, patient->bytes, sizeof(patient->bytes));
	crypto_generichash_update(&state, tail, sizeof(tail));
	crypto_generichash_final(&state, hash, sizeof(hash));
	memcpy(id.bytes, hash, sizeof(id.bytes));
	return id;
}

bool round_is_occurrence(const struct record_id *patient, int64_t day, struct span prefix)
{
	for (int64_t near = day - 1; near <= day + 1; near++)
		for (uint32_t slot = 0; slot <= ROUND_SLOT_MAX; slot++) {
			const struct record_id id = round_occurrence_id(patient, near, slot);
			if (prefix.size <= sizeof(id.bytes) &&
			        memcmp(id.bytes, prefix.data, prefix.size) == 0)
				return true;
		}
	return false;
}

/* ---- Who is away ------------------------------------------------------------------------------------------------- */

static bool read_absence(const struct crdt_doc *doc, const struct record_id *id, struct round_absence *out)
{
	enum { PERSON = 1, FROM = 2, UNTIL = 3, STATE = 4, WITHDRAWN = 2 };
	struct schema_measures measures;
	struct schema_record record;
	if (!record_read(doc, schema_kind(SCHEMA_ABSENCE), id, &measures, &record))
		return false;
	const struct schema_value *person = schema_value(&record, PERSON),
	                          *from = schema_value(&record, FROM), *until = schema_value(&record, UNTIL),
	                          *state = schema_value(&record, STATE);
	if (!person || !from || person->bytes.size != sizeof(out->person.bytes) ||
	        (state && state->number == WITHDRAWN))
		return false;
	*out = (struct round_absence){
	        .id = *id, .from = from->number, .until = until ? until->number : RECURRENCE_FOREVER};
	memcpy(out->person.bytes, person->bytes.data, sizeof(out->person.bytes));
	return true;
}

static int by_absence(const void *a, const void *b)
{
	const struct round_absence *x = a, *y = b;
	int order = memcmp(x->person.bytes, y->person.bytes, sizeof(x->person.bytes));
	if (!order)
		order = (x->from > y->from) - (x->from < y->from);
	return order ? order : record_id_cmp(&x->id, &y->id);
}

void round_absences_sort(struct round_absence *list, uint32_t count)
{
	if (count)
		qsort(list, count, sizeof(*list), by_absence);
	for (uint32_t i = 0; i < count; i++) {
		const bool goes_on = i && round_person_eq(&list[i - 1].person, &list[i].person) &&
		        list[i - 1].highest > list[i].until;
		list[i].highest = goes_on ? list[i - 1].highest : list[i].until;
	}
}

struct round_absence *round_absences(const struct crdt_doc *doc, struct arena *arena, uint32_t *count)
{
	struct span cursor = {0};
	struct record_id id;
	uint32_t all = 0;
	*count = 0;
	if (!doc)
		return NULL;
	while (record_next(doc, schema_kind(SCHEMA_ABSENCE), &cursor, &id))
		all++;
	struct round_absence *list = arena_zero(arena, all + 1, sizeof(*list));
	cursor = (struct span){0};
	while (record_next(doc, schema_kind(SCHEMA_ABSENCE), &cursor, &id))
		*count += read_absence(doc, &id, &list[*count]);
	round_absences_sort(list, *count);
	return list;
}

bool round_is_absent(
        const struct round_absence *absences, uint32_t count, const struct round_person *person, int64_t day)
{
	uint32_t low = 0, high = count; /* those of people before, and of this one that begin by then */
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = memcmp(absences[middle].person.bytes, person->bytes, sizeof(person->bytes));
		if (order < 0 || (order == 0 && absences[middle].from <= day))
			low = middle + 1;
		else
			high = middle;
	}
	return low && round_person_eq(&absences[low - 1].person, person) && day <= absences[low - 1].highest;
}

/* ---- What the plan gives ----------------------------------------------------------------------------------------- */

void round_visits_close(struct round_visits *visits)
{
	mem_free(visits->items);
	*visits = (struct round_visits){0};
}

struct round_visit *round_visits_add(struct round_visits *visits)
{
	visits->items = mem_room(visits->items, visits->count, &visits->capacity, sizeof(*visits->items));
	struct round_visit *visit = &visits->items[visits->count++];
	memset(visit, 0, sizeof(*visit));
	return visit;
}

/* The slot of each hour of an item: of several in one part of the day the first is its number 0. */
static uint32_t slot_of_hour(uint32_t hours, uint32_t hour)
{
	const enum round_part part = round_part_of_hour(hour);
	uint32_t number = 0;
	for (uint32_t earlier = PARTS[part].first; earlier < hour; earlier++)
		number += hours >> earlier & 1U;
	return ROUND_SLOT_PART * part + number;
}

static uint32_t hours_of(const struct round_item *item, int64_t day)
{
	return day < item->gone ? recurrence_hours(&item->rule, day) : 0;
}

static void add_due(struct round_visit *visit, const uint8_t *id, uint32_t hour)
{
	for (uint32_t i = 0; i < visit->item_count; i++)
		if (memcmp(visit->items[i].id.bytes, id, SCHEMA_SHORT_BYTES) == 0)
			return;
	if (visit->item_count == ROUND_ITEMS_MAX)
		return;
	memcpy(visit->items[visit->item_count].id.bytes, id, SCHEMA_SHORT_BYTES);
	visit->items[visit->item_count++].hour = hour;
}

static void give_item(struct round_visit *visit, const struct round_item *item, uint32_t hour)
{
	add_due(visit, item->id.bytes, hour);
	visit->marks |= item->differs ? ROUND_DIFFERING : 0U;
	for (uint32_t i = 0; i < item->assignees.count; i++)
		round_people_add(&visit->owners, &item->assignees.items[i]);
	const int64_t start_s = recurrence_moment(visit->day, hour * 60);
	if (visit->start_s == 0 || start_s < visit->start_s)
		visit->start_s = start_s;
}

/* Among those that the plan gives, from `first` to before `end`: a few dozen at most. */
static struct round_visit *visit_of_slot(
        struct round_visits *visits, uint32_t first, uint32_t end, int64_t day, uint32_t slot)
{
	for (uint32_t i = first; i < end; i++)
		if (visits->items[i].day == day && visits->items[i].slot == slot)
			return &visits->items[i];
	return NULL;
}

static void give_day(const struct round_facts *facts, const struct record_id *patient, int64_t day,
        struct round_visits *out)
{
	const uint32_t first = out->count;
	for (uint32_t i = 0; i < facts->item_count; i++) {
		const uint32_t hours = hours_of(&facts->items[i], day);
		for (uint32_t hour = 0; hours && hour < HOURS; hour++) {
			if (!(hours & 1U << hour))
				continue;
			const uint32_t slot = slot_of_hour(hours, hour);
			struct round_visit *visit = visit_of_slot(out, first, out->count, day, slot);
			if (!visit) {
				visit = round_visits_add(out);
				visit->patient = *patient;
				visit->dossier =
				        facts->items[i].file; /* what is said of it stands beside the plan */
				visit->day = day;
				visit->slot = slot;
				visit->id = round_occurrence_id(&visit->dossier, day, slot);
			}
			give_item(visit, &facts->items[i], hour);
		}
	}
}

/* ---- What was written, laid over --------------------------------------------------------------------------------- */

static void apply_state(const struct round_written *written, struct round_visit *visit)
{
	visit->states |= written->states & (PLANNED | DONE | CANCELLED | AWAY);
	const uint32_t states = visit->states;
	if (states & (states - 1))
		visit->marks |= ROUND_DIFFERING;
	else if (states == DONE)
		visit->state = ROUND_DONE;
	else if (states == CANCELLED)
		visit->state = ROUND_CANCELLED;
	else if (states == AWAY)
		visit->state = ROUND_AWAY;
}

/* What was said of the same visit in another file: nothing of it replaces anything. */
static void apply_twin(const struct round_written *written, struct round_visit *visit)
{
	visit->twins[visit->twin_count++] = (struct round_twin){written->file, written->id};
	if (written->owners.count && !visit->is_said) /* the plan's word stands behind it, as in one file */
		visit->owners = (struct round_people){0};
	for (uint32_t i = 0; i < written->owners.count; i++)
		round_people_add(&visit->owners, &written->owners.items[i]);
	visit->is_said |= written->owners.count > 0;
	for (uint32_t i = 0; i < written->item_count; i++)
		add_due(visit, written->items[i].bytes, HOURS);
	if (!visit->has_handed && written->has_handed) {
		visit->has_handed = true;
		visit->handed_by = written->handed_by;
	}
	if (!visit->has_cabinet && written->has_cabinet) {
		visit->has_cabinet = true;
		visit->cabinet = written->cabinet;
	}
	if (written->start_s != visit->start_s)
		visit->marks |= ROUND_DIFFERING;
	apply_state(written, visit);
}

static void apply(const struct round_written *written, int64_t day, struct round_visit *visit)
{
	visit->marks |= ROUND_WRITTEN;
	visit->id = written->id;
	visit->dossier = written->file;
	visit->start_s = written->start_s;
	visit->minutes = written->minutes;
	visit->order = written->order;
	visit->has_handed = written->has_handed;
	visit->handed_by = written->handed_by;
	visit->has_cabinet = written->has_cabinet;
	visit->cabinet = written->cabinet;
	visit->is_said = written->owners.count || written->is_open;
	if (visit->is_said)
		visit->owners = written->owners;
	for (uint32_t i = 0; i < written->item_count; i++)
		add_due(visit, written->items[i].bytes, HOURS);
	apply_state(written, visit);
	if (visit->state == ROUND_PLANNED && written->start_day != day) {
		visit->state = ROUND_MOVED;
		visit->moved_to = written->start_day;
	}
}

/* Is the record's name the one of the occurrence that it says it is of? Else somebody made it up, and it is shown beside. */
static bool is_occurrence(const struct round_written *written)
{
	if (!written->has_origin || written->slot > ROUND_SLOT_MAX)
		return false;
	const struct record_id id = round_occurrence_id(&written->file, written->day, written->slot);
	return record_id_eq(&id, &written->id);
}

/* Of an occurrence that was moved here: what the plan gives on its own day. */
static void give_origin(const struct round_facts *facts, struct round_visit *visit)
{
	for (uint32_t i = 0; i < facts->item_count; i++) {
		const uint32_t hours = hours_of(&facts->items[i], visit->day);
		for (uint32_t hour = 0; hours && hour < HOURS; hour++)
			if (hours & 1U << hour && slot_of_hour(hours, hour) == visit->slot)
				give_item(visit, &facts->items[i], hour);
	}
}

struct giving {
	uint32_t first, end; /* what the plan gives on the day */
	uint32_t moved;
};

static void add_written(const struct round_facts *facts, const struct round_written *written,
        const struct record_id *patient, int64_t day, struct giving *giving, struct round_visits *out)
{
	const bool is_of_plan = is_occurrence(written);
	struct round_visit *visit = is_of_plan && written->day == day
	        ? visit_of_slot(out, giving->first, giving->end, day, written->slot)
	        : NULL;
	if (visit && !(visit->marks & ROUND_WRITTEN)) {
		apply(written, day, visit);
		return;
	}
	if (visit && visit->state != ROUND_MOVED && written->start_day == day &&
	        visit->twin_count < ROUND_TWINS_MAX) {
		apply_twin(written, visit);
		return;
	}
	if (written->start_day != day && !(is_of_plan && written->day == day))
		return;
	visit = round_visits_add(out);
	visit->patient = *patient;
	visit->dossier = written->file;
	visit->id = written->id;
	visit->day = is_of_plan ? written->day : written->start_day;
	visit->slot = is_of_plan ? written->slot : ROUND_NO_SLOT;
	if (is_of_plan && written->day != day && giving->moved++ < MOVED_MAX)
		give_origin(facts, visit);
	visit->marks |= !is_of_plan ? ROUND_BY_HAND : visit->item_count == 0 ? ROUND_UNPLANNED : 0U;
	apply(written, day, visit);
	/* what the plan does not give any more, and nobody wanted */
	if (visit->marks & ROUND_UNPLANNED &&
	        (visit->state == ROUND_CANCELLED || visit->state == ROUND_MOVED))
		out->count--;
}

/* ---- Whose it is ------------------------------------------------------------------------------------------------- */

int64_t round_planned_s(const struct round_visit *visit)
{
	uint32_t hour = HOURS;
	for (uint32_t i = 0; i < visit->item_count; i++)
		hour = visit->items[i].hour < hour ? visit->items[i].hour : hour;
	if (hour == HOURS && visit->slot == ROUND_NO_SLOT)
		return visit->start_s;
	if (hour == HOURS)
		hour = PARTS[visit->slot / ROUND_SLOT_PART].first;
	return recurrence_moment(visit->day, hour * 60);
}

/* By its planned minute; visits of one minute stand apart by their ids, so that there is room between them. */
static int64_t order_of(const struct round_visit *visit, int64_t day)
{
	const int64_t start_s = visit->state == ROUND_MOVED ? round_planned_s(visit) : visit->start_s;
	const int64_t minute = (start_s - recurrence_moment(day, 0)) / 60;
	return minute * ORDER_UNIT + 1 + (visit->id.bytes[0] << 8 | visit->id.bytes[1]);
}

static void settle(
        struct round_visit *visit, int64_t day, const struct round_absence *absences, uint32_t absence_count)
{
	for (uint32_t i = 0; i < visit->owners.count; i++)
		if (round_is_absent(absences, absence_count, &visit->owners.items[i], day))
			round_people_add(&visit->absent, &visit->owners.items[i]);
	if (visit->owners.count > 1)
		visit->marks |= ROUND_TWICE;
	if (visit->state == ROUND_PLANNED && visit->absent.count == visit->owners.count)
		visit->marks |= ROUND_UNCLAIMED;
	if (visit->state == ROUND_PLANNED && visit->has_handed)
		visit->marks |= ROUND_UNACCEPTED;
	if (visit->order == 0)
		visit->order = order_of(visit, day);
}

void round_of_day(const struct round_facts *facts, const struct record_id *patient, int64_t day,
        const struct round_absence *absences, uint32_t absence_count, struct round_visits *out)
{
	const uint32_t first = out->count;
	give_day(facts, patient, day, out);
	struct giving giving = {.first = first, .end = out->count};
	for (uint32_t i = 0; i < facts->written_count; i++)
		add_written(facts, &facts->written[i], patient, day, &giving, out);
	for (uint32_t i = first; i < out->count; i++)
		settle(&out->items[i], day, absences, absence_count);
}

static int by_order(const void *a, const void *b)
{
	const struct round_visit *left = a, *right = b;
	if (left->order != right->order)
		return left->order < right->order ? -1 : 1;
	if (left->start_s != right->start_s)
		return left->start_s < right->start_s ? -1 : 1;
	return record_id_cmp(&left->id, &right->id);
}

void round_sort(struct round_visits *visits)
{
	if (visits->count)
		qsort(visits->items, visits->count, sizeof(*visits->items), by_order);
}

bool round_is_of(const struct round_visit *visit, const struct round_person *person)
{
	return round_people_have(&visit->owners, person);
}

int64_t round_order_between(int64_t before, int64_t after)
{
	const int64_t middle = after ? before + (after - before) / 2 : before + 10 * ORDER_UNIT;
	return middle > before && (!after || middle < after) ? middle : 0;
}
