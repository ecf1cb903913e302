#include "node/plan/plan_notes.h"

#include <stdio.h>

#include "node/omaha/omaha.h"

enum { TITLE_BYTES = 100 }; /* of what the record is called, in a sentence */

struct notes {
	const struct crdt_doc *doc;
	int64_t (*rated)(void *context, const struct record_id *problem);
	void (*seen)(void *context, const struct plan_note *note);
	void *context;
	struct record_id last; /* the item told of last: it may come once for each of its rhythms */
	bool has_last;
};

const char *plan_note_name(enum plan_note_kind kind)
{
	static const char *const names[] = {
	        "", "reassess", "goal", "words", "unreadable", "noRhythm", "differs"};
	return names[kind];
}

/* What a record says of itself, cut behind a whole letter. */
static void title_of(const struct crdt_doc *doc, uint32_t kind_number, const struct record_id *id,
        uint32_t number, char out[TITLE_BYTES])
{
	const struct schema_kind *kind = schema_kind(kind_number);
	struct crdt_path path;
	struct crdt_value live;
	struct schema_value value;
	record_path(kind, id, number, &path);
	out[0] = 0;
	if (!crdt_doc_get(doc, crdt_path_span(&path), &live) ||
	        !schema_value_get(schema_field(kind, number), live.value, NULL, NULL, &value))
		return;
	size_t size = value.bytes.size < TITLE_BYTES - 1 ? value.bytes.size : TITLE_BYTES - 1;
	while (size && size < value.bytes.size && (value.bytes.data[size] & 0xc0) == 0x80)
		size--;
	snprintf(out, TITLE_BYTES, "%.*s", (int)size, (const char *)value.bytes.data);
}

static void day_words(int64_t day, enum schema_language language, char out[32])
{
	struct buf said = {0};
	recurrence_day_words(day, language, &said);
	snprintf(out, 32, "%.*s", (int)said.size, (const char *)said.data);
	buf_close(&said);
}

/* ---- Problems ---------------------------------------------------------------------------------------------------- */

static const struct omaha_term *term_of(const struct crdt_doc *doc, const struct record_id *id)
{
	enum { CODE = 1 };
	const struct schema_kind *kind = schema_kind(SCHEMA_PROBLEM);
	struct crdt_path path;
	struct crdt_value live;
	struct schema_value value;
	record_path(kind, id, CODE, &path);
	return crdt_doc_get(doc, crdt_path_span(&path), &live) &&
	                schema_value_get(schema_field(kind, CODE), live.value, NULL, NULL, &value) &&
	                value.number > 0 && value.number < 100
	        ? omaha_find(OMAHA_PROBLEM, (uint32_t)value.number)
	        : NULL;
}

static void note_problem(const struct notes *notes, const struct record_id *id)
{
	enum { NAME = 2 };
	struct plan_due due;
	struct plan_note note = {.kind = PLAN_NOTE_REASSESS, .record = *id};
	char name[TITLE_BYTES], fr[32], en[32];
	if (!plan_due_of(notes->doc, id, notes->rated(notes->context, id), &due))
		return;
	const struct omaha_term *term = term_of(notes->doc, id);
	title_of(notes->doc, SCHEMA_PROBLEM, id, NAME, name);
	const char *name_fr = *name ? name : term ? omaha_text(&term->label, true) : "Problème";
	const char *name_en = *name ? name : term ? omaha_text(&term->label, false) : "Problem";
	note.day = due.day;
	day_words(due.day, SCHEMA_FR, fr);
	day_words(due.day, SCHEMA_EN, en);
	if (due.rated == RECURRENCE_NEVER && !due.is_said) {
		snprintf(note.fr, sizeof(note.fr), "%s : jamais évalué, depuis le %s.", name_fr, fr);
		snprintf(note.en, sizeof(note.en), "%s: never rated, since %s.", name_en, en);
	} else {
		snprintf(note.fr, sizeof(note.fr), "%s : à réévaluer le %s.", name_fr, fr);
		snprintf(note.en, sizeof(note.en), "%s: to be assessed again on %s.", name_en, en);
	}
	notes->seen(notes->context, &note);
}

/* ---- Goals ------------------------------------------------------------------------------------------------------- */

static int64_t number_shown(
        const struct crdt_doc *doc, const struct record_id *id, uint32_t number, int64_t otherwise)
{
	struct schema_measures measures;
	struct schema_record record;
	const struct schema_value *value = record_read(doc, schema_kind(SCHEMA_GOAL), id, &measures, &record)
	        ? schema_value(&record, number)
	        : NULL;
	return value ? value->number : otherwise;
}

static void note_goal(const struct notes *notes, const struct record_id *id)
{
	enum { WORDS = 1, TARGET_DATE = 3, OUTCOME = 4, OPEN = 1 };
	struct plan_note note = {.kind = PLAN_NOTE_GOAL, .record = *id};
	char words[TITLE_BYTES], fr[32], en[32];
	note.day = number_shown(notes->doc, id, TARGET_DATE, RECURRENCE_NEVER);
	if (!recurrence_is_day(note.day) || number_shown(notes->doc, id, OUTCOME, OPEN) != OPEN)
		return;
	title_of(notes->doc, SCHEMA_GOAL, id, WORDS, words);
	day_words(note.day, SCHEMA_FR, fr);
	day_words(note.day, SCHEMA_EN, en);
	snprintf(
	        note.fr, sizeof(note.fr), "Objectif « %s » : échéance le %s, sans résultat noté.", words, fr);
	snprintf(note.en, sizeof(note.en), "Goal “%s”: due on %s, no outcome noted.", words, en);
	notes->seen(notes->context, &note);
}

/* ---- Items ------------------------------------------------------------------------------------------------------- */

static void tell_item(const struct notes *notes, const struct plan_item *item, enum plan_note_kind kind,
        const char *fr, const char *en)
{
	enum { TARGET = 3 };
	struct plan_note note = {.kind = kind, .record = item->id, .day = RECURRENCE_NEVER};
	char target[TITLE_BYTES];
	title_of(notes->doc, SCHEMA_INTERVENTION, &item->id, TARGET, target);
	snprintf(note.fr, sizeof(note.fr), "« %s » : %s", target, fr);
	snprintf(note.en, sizeof(note.en), "“%s”: %s", target, en);
	notes->seen(notes->context, &note);
}

static void note_item(void *context, const struct plan_item *item)
{
	struct notes *notes = context;
	if (item->is_former)
		return;
	const bool is_again = notes->has_last && record_id_eq(&notes->last, &item->id);
	notes->last = item->id;
	notes->has_last = true;
	if (item->differs && !is_again)
		tell_item(notes, item, PLAN_NOTE_DIFFERS, "fréquence ou état différents, écrits séparément.",
		        "recurrence or state differ, written apart.");
	if (item->gone != RECURRENCE_FOREVER)
		return;
	if (item->rhythm == PLAN_UNREADABLE)
		tell_item(notes, item, PLAN_NOTE_UNREADABLE,
		        "la règle de fréquence ne se lit pas ; aucun passage n'en est planifié.",
		        "the rule of its recurrence cannot be read; no visit is planned by it.");
	if (item->rhythm == PLAN_NO_RHYTHM && item->is_nursing && !item->is_given)
		tell_item(notes, item, PLAN_NOTE_NO_RHYTHM,
		        "aucune fréquence ; aucun passage n'en est planifié.",
		        "no recurrence; no visit is planned by it.");
	if (item->rhythm == PLAN_IN_WORDS && recurrence_usual(item->text))
		tell_item(notes, item, PLAN_NOTE_WORDS,
		        "fréquence en mots ; aucun passage n'en est planifié.",
		        "recurrence in words; no visit is planned by it.");
}

void plan_notes_each(const struct crdt_doc *doc,
        int64_t (*rated)(void *context, const struct record_id *problem),
        void (*seen)(void *context, const struct plan_note *note), void *context)
{
	struct notes notes = {.doc = doc, .rated = rated, .seen = seen, .context = context};
	struct span cursor = {0};
	struct record_id id;
	while (record_next(doc, schema_kind(SCHEMA_PROBLEM), &cursor, &id))
		note_problem(&notes, &id);
	cursor = (struct span){0};
	while (record_next(doc, schema_kind(SCHEMA_GOAL), &cursor, &id))
		note_goal(&notes, &id);
	plan_items_each(doc, note_item, &notes);
}
