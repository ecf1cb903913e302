#include "node/plan/plan_work.h"

#include <stdio.h>
#include <string.h>

#include "node/calendar.h"
#include "node/plan/plan_notes.h"

enum { AHEAD_DAYS = 14 }; /* a reassessment is worth a word before it is due */

/* What one item speaks of. */
struct gathered {
	struct plan_note first;
	uint8_t records[WORK_RECORDS_MAX * ID_SHORT_BYTES];
	uint32_t count;
};

/* One dossier, gone through once for all three sources. */
struct asked {
	const struct digest_source *document;
	struct work_facts *out;
	struct rated {
		uint8_t problem[SCHEMA_SHORT_BYTES];
		int64_t day;
	} * rated; /* each problem's last rating */
	uint32_t rated_count, rated_capacity;
	struct gathered reassess, items;
};

/* ---- Ratings ----------------------------------------------------------------------------------------------------- */

static struct rated *rated_of(struct asked *asked, const uint8_t *problem)
{
	for (uint32_t i = 0; i < asked->rated_count; i++)
		if (memcmp(asked->rated[i].problem, problem, SCHEMA_SHORT_BYTES) == 0)
			return &asked->rated[i];
	return NULL;
}

static void note_rating(struct asked *asked, const struct schema_record *record)
{
	enum { PROBLEM = 1, AT = 11 };
	const struct schema_value *problem = schema_value(record, PROBLEM), *at = schema_value(record, AT);
	if (!problem || !at || problem->bytes.size != SCHEMA_SHORT_BYTES || at->number < 0 ||
	        at->number > at->field->max)
		return;
	struct rated *rated = rated_of(asked, problem->bytes.data);
	if (!rated) {
		asked->rated = mem_room(
		        asked->rated, asked->rated_count, &asked->rated_capacity, sizeof(*asked->rated));
		rated = &asked->rated[asked->rated_count++];
		memcpy(rated->problem, problem->bytes.data, sizeof(rated->problem));
		rated->day = RECURRENCE_NEVER;
	}
	const int64_t day = calendar_paris_day(at->number);
	rated->day = day > rated->day ? day : rated->day;
}

static void read_ratings(struct asked *asked)
{
	struct crdt_event event;
	struct schema_measures measures;
	struct schema_record record;
	uint32_t cursor = 0;
	while (crdt_doc_event(asked->document->doc, SCHEMA_RATING, &cursor, &event))
		if (!event.is_corrected && digest_event(asked->document, &event, &measures, &record))
			note_rating(asked, &record);
}

static int64_t rated_on(void *context, const struct record_id *problem)
{
	const struct rated *rated = rated_of(context, problem->bytes);
	return rated ? rated->day : RECURRENCE_NEVER;
}

/* ---- Items ------------------------------------------------------------------------------------------------------- */

static int32_t as_day(int64_t day)
{
	return day <= INT32_MIN ? WORK_ALWAYS : day >= INT32_MAX ? WORK_NEVER : (int32_t)day;
}

/* Of several notes the one that is due first, and the records of the first few. */
static void gather(struct gathered *gathered, const struct plan_note *note)
{
	if (gathered->count == 0 || note->day < gathered->first.day)
		gathered->first = *note;
	if (gathered->count < WORK_RECORDS_MAX)
		memcpy(gathered->records + gathered->count * ID_SHORT_BYTES, note->record.bytes,
		        ID_SHORT_BYTES);
	gathered->count++;
}

static struct span gathered_records(struct work_facts *out, const struct gathered *gathered)
{
	const uint32_t count = gathered->count < WORK_RECORDS_MAX ? gathered->count : WORK_RECORDS_MAX;
	return work_keep(out, span_of(gathered->records, count * ID_SHORT_BYTES));
}

static void add_goal(struct work_facts *out, const struct plan_note *note)
{
	struct work_fact *fact = work_add(out, WORK_GOAL);
	if (!fact)
		return;
	fact->key = fact->records = work_keep(out, span_of(note->record.bytes, ID_SHORT_BYTES));
	fact->day = as_day(note->day);
	fact->note = fact->day;
	fact->soon = fact->day + 1;
	fact->whose = WORK_REFERENT;
	fact->fr = work_words(out, "%s", note->fr);
	fact->en = work_words(out, "%s", note->en);
}

static void on_note(void *context, const struct plan_note *note)
{
	struct asked *asked = context;
	switch (note->kind) {
	case PLAN_NOTE_REASSESS:
		gather(&asked->reassess, note);
		break;
	case PLAN_NOTE_GOAL:
		add_goal(asked->out, note);
		break;
	case PLAN_NOTE_WORDS:
	case PLAN_NOTE_UNREADABLE:
	case PLAN_NOTE_NO_RHYTHM:
		gather(&asked->items, note);
		break;
	case PLAN_NOTE_DIFFERS:
		break; /* a conflict, which has a source of its own */
	}
}

/* Whoever is cared for no more has no plan to be looked at. */
static bool is_over(const struct crdt_doc *doc)
{
	enum { ARCHIVED_ON = 35, DECEASED_ON = 41 };
	const struct record_id id = crdt_doc_id(doc);
	struct crdt_path path;
	struct crdt_value live;
	record_path(schema_kind(SCHEMA_PATIENT), &id, ARCHIVED_ON, &path);
	if (crdt_doc_get(doc, crdt_path_span(&path), &live))
		return true;
	record_path(schema_kind(SCHEMA_PATIENT), &id, DECEASED_ON, &path);
	return crdt_doc_get(doc, crdt_path_span(&path), &live);
}

static void add_reassess(struct work_facts *out, const struct gathered *due)
{
	struct work_fact *fact = due->count ? work_add(out, WORK_REASSESS) : NULL;
	if (!fact)
		return;
	fact->key = work_keep(out, span_text("reassess"));
	fact->records = gathered_records(out, due);
	fact->day = as_day(due->first.day);
	fact->soon = fact->day;
	fact->note = fact->day - AHEAD_DAYS;
	fact->whose = WORK_REFERENT;
	if (due->count == 1) {
		fact->fr = work_words(out, "%s", due->first.fr);
		fact->en = work_words(out, "%s", due->first.en);
	} else {
		fact->fr = work_words(out,
		        due->count > 2 ? "%s Et %u autres ensuite." : "%s Et %u autre ensuite.",
		        due->first.fr, due->count - 1);
		fact->en = work_words(out, "%s And %u more after that.", due->first.en, due->count - 1);
	}
}

static void add_items(struct work_facts *out, const struct gathered *items)
{
	struct work_fact *fact = items->count ? work_add(out, WORK_PLAN) : NULL;
	if (!fact)
		return;
	fact->key = work_keep(out, span_text("rhythm"));
	fact->records = gathered_records(out, items);
	fact->whose = WORK_REFERENT;
	fact->fr = work_words(
	        out, "%u action(s) du plan sans règle : aucun passage n'en est planifié.", items->count);
	fact->en = work_words(
	        out, "%u item(s) of the plan without a rule: no visit is planned by them.", items->count);
}

void plan_work(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct asked asked = {.document = document, .out = out};
	(void)source;
	if (is_over(document->doc))
		return;
	read_ratings(&asked);
	plan_notes_each(document->doc, rated_on, on_note, &asked);
	add_reassess(out, &asked.reassess);
	add_items(out, &asked.items);
	mem_free(asked.rated);
}
