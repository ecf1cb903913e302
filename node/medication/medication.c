#include "node/medication/medication.h"

#include <stdlib.h>

#include "node/calendar.h"
#include "node/schema/moment.h"

const int64_t medication_follow_up_days[MEDICATION_FOLLOW_UPS] = {45, 90};
const uint32_t medication_kinds[] = {SCHEMA_PRESCRIPTION, SCHEMA_PRESCRIPTION_LINE, SCHEMA_PRESCRIPTION_STOP,
        SCHEMA_DOSE, SCHEMA_MEDICATION_REVIEW};
const uint32_t medication_kind_count = sizeof(medication_kinds) / sizeof(*medication_kinds);

/* ---- Taking facts ------------------------------------------------------------------------------------------------ */

#define ROOM(list) \
	(medication->list##s = mem_room(medication->list##s, medication->list##_count, \
	         &medication->list##_room, sizeof(*medication->list##s)), \
	        &medication->list##s[medication->list##_count++])

static void add_prescription(struct medication *medication, const struct fact *fact)
{
	struct arena *arena = &medication->arena;
	int64_t date = fact_number(fact, 3, MEDICATION_NEVER);
	*ROOM(prescription) = (struct medication_prescription){.head = fact->head,
	        .prescriber = fact_bytes(fact, 1, arena),
	        .date = date,
	        .valid_from = fact_number(fact, 4, date),
	        .valid_until = fact_number(fact, 5, MEDICATION_NEVER),
	        .care = fact_bytes(fact, 6, arena),
	        .scan = fact_bytes(fact, 9, arena),
	        .renews = fact_bytes(fact, 11, arena),
	        .is_mistaken = fact_number(fact, 12, 0) != 0};
}

static void add_line(struct medication *medication, const struct fact *fact)
{
	struct arena *arena = &medication->arena;
	struct medication_line *line = ROOM(line);
	*line = (struct medication_line){.head = fact->head,
	        .prescription = fact_bytes(fact, 1, arena),
	        .drug = fact_bytes(fact, 2, arena),
	        .cip13 = fact_bytes(fact, 3, arena),
	        .dose = fact_bytes(fact, 4, arena),
	        .words = fact_bytes(fact, 5, arena),
	        .from = fact_number(fact, 7, MEDICATION_ALWAYS),
	        .until = fact_number(fact, 8, MEDICATION_NEVER),
	        .if_needed = fact_number(fact, 9, 0) != 0,
	        .max_per_day = (uint32_t)fact_number(fact, 11, 0),
	        .is_mistaken = fact_number(fact, 12, 0) != 0};
	drug_name_read(line->drug, arena, &line->name);
	schedule_read(line->words, &line->schedule);
	line->if_needed |= line->schedule.as_needed;
	line->schedule.as_needed = line->if_needed;
	if (!line->max_per_day)
		line->max_per_day = line->schedule.max_per_day;
}

static void add_stop(struct medication *medication, const struct fact *fact)
{
	struct arena *arena = &medication->arena;
	*ROOM(stop) = (struct medication_stop){.head = fact->head,
	        .prescription = fact_bytes(fact, 1, arena),
	        .line = fact_bytes(fact, 2, arena),
	        .on = fact_number(fact, 3, MEDICATION_NEVER),
	        .by = fact_bytes(fact, 4, arena),
	        .why = fact_bytes(fact, 5, arena),
	        .is_mistaken = fact_number(fact, 6, 0) != 0};
}

static void add_dose(struct medication *medication, const struct fact *fact)
{
	const struct schema_value *at = schema_value(fact->record, 3);
	struct moment moment = {0};
	if (at)
		moment = (struct moment){at->number, at->offset_minutes};
	int64_t day = moment_local_day(moment);
	*ROOM(dose) = (struct medication_dose){.head = fact->head,
	        .line = fact_bytes(fact, 1, &medication->arena),
	        .outcome = (enum medication_outcome)fact_number(fact, 2, 0),
	        .at_s = moment.seconds,
	        .day = day,
	        .minute = (uint32_t)((moment.seconds + 60 * (int64_t)moment.offset_minutes - 86400 * day) /
	                60),
	        .said_slot = (uint32_t)fact_number(fact, 8, SCHEDULE_NONE),
	        .said_day = fact_number(fact, 9, INT64_MIN),
	        .is_mistaken = fact_number(fact, 10, 0) != 0};
}

static void add_review(struct medication *medication, const struct fact *fact)
{
	struct arena *arena = &medication->arena;
	*ROOM(review) = (struct medication_review){.head = fact->head,
	        .about = (uint32_t)fact_number(fact, 1, 0),
	        .words = fact_bytes(fact, 2, arena),
	        .at_s = fact_number(fact, 3, 0),
	        .doses = fact_bytes(fact, 5, arena),
	        .lines = fact_bytes(fact, 6, arena),
	        .prescription = fact_bytes(fact, 7, arena),
	        .is_mistaken = fact_number(fact, 8, 0) != 0};
}

void medication_add(void *context, const struct fact *fact)
{
	struct medication *medication = context;
	static const struct {
		enum schema_kind_number kind;
		void (*add)(struct medication *medication, const struct fact *fact);
	} TAKERS[] = {{SCHEMA_PRESCRIPTION, add_prescription}, {SCHEMA_PRESCRIPTION_LINE, add_line},
	        {SCHEMA_PRESCRIPTION_STOP, add_stop}, {SCHEMA_DOSE, add_dose},
	        {SCHEMA_MEDICATION_REVIEW, add_review}};
	for (size_t i = 0; i < sizeof(TAKERS) / sizeof(*TAKERS); i++)
		if (TAKERS[i].kind == fact->record->kind->number)
			TAKERS[i].add(medication, fact);
}

void medication_look(struct medication *medication, const struct digest_source *source)
{
	static const uint32_t ALL_BUT_DOSES[] = {SCHEMA_PRESCRIPTION, SCHEMA_PRESCRIPTION_LINE,
	        SCHEMA_PRESCRIPTION_STOP, SCHEMA_MEDICATION_REVIEW},
	                      DOSES[] = {SCHEMA_DOSE};
	facts_of(source, ALL_BUT_DOSES, sizeof(ALL_BUT_DOSES) / sizeof(*ALL_BUT_DOSES), FACTS_ALL,
	        medication_add, medication);
	if (medication->line_count) /* doses without a line say nothing */
		facts_of(source, DOSES, 1, MEDICATION_DOSES_LOOKED, medication_add, medication);
}

/* ---- Versions ---------------------------------------------------------------------------------------------------- */

const struct medication_thing *medication_thing(const void *items, size_t size, uint32_t index)
{
	return (const struct medication_thing *)(const void *)((const uint8_t *)items + index * size);
}

static int by_order(const void *a, const void *b)
{
	const struct medication_thing *left = a, *right = b;
	return fact_order(&left->head, &right->head);
}

static void sort_versions(void *items, uint32_t count, size_t size)
{
	if (!count)
		return;
	qsort(items, count, size, by_order);
	const struct fact_head **heads = mem_zero(count, sizeof(*heads));
	struct fact_version *versions = mem_zero(count, sizeof(*versions));
	for (uint32_t i = 0; i < count; i++)
		heads[i] = &medication_thing(items, size, i)->head;
	fact_versions(heads, count, versions);
	for (uint32_t i = 0; i < count; i++)
		memcpy((uint8_t *)items + i * size + offsetof(struct medication_thing, version), &versions[i],
		        sizeof(versions[i]));
	mem_free(heads);
	mem_free(versions);
}

bool medication_is_root(const struct fact_version *version, uint32_t index)
{
	return version->root == index;
}

const struct medication_prescription *medication_prescription(
        const struct medication *medication, uint32_t root)
{
	return &medication->prescriptions[medication->prescriptions[root].version.shown];
}

const struct medication_line *medication_line(const struct medication *medication, uint32_t root)
{
	return &medication->lines[medication->lines[root].version.shown];
}

const struct medication_dose *medication_dose(const struct medication *medication, uint32_t root)
{
	return &medication->doses[medication->doses[root].version.shown];
}

/* ---- States ------------------------------------------------------------------------------------------------------ */

enum medication_state medication_state_on(const struct medication_interval *interval, int64_t day)
{
	if (day > interval->last)
		return interval->why;
	if (day < interval->first)
		return MEDICATION_FUTURE;
	return interval->last < MEDICATION_NEVER && interval->last - day <= MEDICATION_SOON_DAYS
	        ? MEDICATION_ENDS
	        : MEDICATION_CURRENT;
}

enum medication_state medication_prescription_on(
        const struct medication *medication, uint32_t root, int64_t day)
{
	if (medication_prescription(medication, root)->is_mistaken)
		return MEDICATION_VOID;
	return medication_state_on(&medication->prescriptions[root].interval, day);
}

enum medication_state medication_line_on(const struct medication *medication, uint32_t root, int64_t day)
{
	const struct medication_line *line = &medication->lines[root];
	if (medication_line(medication, root)->is_mistaken)
		return MEDICATION_VOID;
	if (line->of == MEDICATION_NONE)
		return MEDICATION_WITHOUT;
	return medication_state_on(&line->interval, day);
}

const char *medication_state_name(enum medication_state state)
{
	static const char *const NAMES[MEDICATION_STATES] = {"future", "current", "ends", "over", "stopped",
	        "renewed", "mistaken", "without-prescription"};
	return NAMES[state];
}

/* ---- Everything -------------------------------------------------------------------------------------------------- */

static struct shorts ids_of(const void *items, uint32_t count, size_t size)
{
	struct shorts ids = {0};
	for (uint32_t i = 0; i < count; i++) {
		const struct medication_thing *thing = medication_thing(items, size, i);
		shorts_add(&ids, &thing->head.id, thing->version.root);
	}
	shorts_sort(&ids);
	return ids;
}

void medication_derive(struct medication *medication)
{
#define SORT(list) sort_versions(medication->list##s, medication->list##_count, sizeof(*medication->list##s))
	SORT(prescription);
	SORT(line);
	SORT(stop);
	SORT(dose);
	SORT(review);
#define IDS(list) \
	medication->list##_ids = ids_of( \
	        medication->list##s, medication->list##_count, sizeof(*medication->list##s))
	IDS(prescription);
	IDS(line);
	IDS(dose);
	medication_derive_lines(medication);
	medication_derive_groups(medication);
	medication_derive_renewals(medication);
	medication_derive_pairs(medication);
	medication_derive_doses(medication);
}

void medication_close(struct medication *medication)
{
	mem_free(medication->prescriptions);
	mem_free(medication->lines);
	mem_free(medication->stops);
	mem_free(medication->doses);
	mem_free(medication->reviews);
	mem_free(medication->alarms);
	mem_free(medication->alarm_doses);
	mem_free(medication->pairs);
	mem_free(medication->taken);
	shorts_close(&medication->prescription_ids);
	shorts_close(&medication->line_ids);
	shorts_close(&medication->dose_ids);
	grouped_close(&medication->lines_of);
	grouped_close(&medication->renewals_of);
	grouped_close(&medication->chain_of);
	arena_close(&medication->arena);
	*medication = (struct medication){0};
}
