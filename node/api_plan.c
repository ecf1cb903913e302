/* The care plan of a patient: what is done about which problem, how often, towards what, and when that is looked at again. */
#include "node/api_patients.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/api_receipts.h"
#include "node/assessment.h"
#include "node/calendar.h"
#include "node/omaha/omaha_json.h"
#include "node/api_form.h"
#include "node/plan/former.h"
#include "node/plan/plan_notes.h"
#include "node/schema/moment.h"

enum { SOON_DAYS = 14 }; /* a reassessment is shown as near */

static json_t *day_json(int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, day);
	return json_string(text);
}

/* ---- Rhythm ------------------------------------------------------------------------------------------------------ */

static json_t *said(const struct recurrence *rule, enum schema_language language)
{
	struct buf words = {0};
	recurrence_words(rule, language, &words);
	json_t *json = json_stringn((const char *)words.data, words.size);
	buf_close(&words);
	return json;
}

/* A rule as text, in words of both languages. */
static json_t *rule_json(const char *text, size_t size, const struct recurrence *rule)
{
	return json_pack("{s:s%, s:o, s:o}", "rule", text, size, "fr", said(rule, SCHEMA_FR), "en",
	        said(rule, SCHEMA_EN));
}

static json_t *proposed_json(struct span words)
{
	struct recurrence rule;
	const char *usual = recurrence_usual(words);
	return usual && recurrence_read(span_text(usual), &rule) == 0 ? rule_json(usual, strlen(usual), &rule)
	                                                              : NULL;
}

/* {"is": "rule", "words", "unreadable" or "none", "rule", "fr", "en", "next", "proposed": {"rule", "fr", "en"}} */
static json_t *rhythm_json(const struct plan_item *item, int64_t today)
{
	static const char *const names[] = {"none", "words", "unreadable", "rule"};
	json_t *json = json_object(), *proposed;
	int64_t next;
	if (item->rhythm == PLAN_RULE) {
		json_decref(json);
		json = rule_json((const char *)item->text.data, item->text.size, &item->rule);
		if (recurrence_next(&item->rule, today, &next) && next < item->gone)
			json_object_set_new(json, "next", day_json(next));
	}
	if (item->rhythm == PLAN_IN_WORDS && (proposed = proposed_json(item->text)))
		json_object_set_new(json, "proposed", proposed);
	json_object_set_new(json, "is", json_string(names[item->rhythm]));
	return json;
}

/* ---- The view ---------------------------------------------------------------------------------------------------- */

struct view {
	const struct crdt_doc *docs[LIMIT_JOINED_FILES]; /* of all files of the patient */
	uint32_t doc_count;
	const struct crdt_doc *doc; /* the one that is looked at */
	json_t *problems; /* assessments */
	json_t *attention;
	int64_t today;
};

static json_t *problem_named(json_t *problems, const char *prefix)
{
	json_t *problem;
	size_t index;
	json_array_foreach(problems, index, problem)
	{
		const char *id = api_text(problem, "id");
		if (prefix && *prefix && id && strncmp(id, prefix, strlen(prefix)) == 0)
			return problem;
	}
	return NULL;
}

/* When it was rated last, by its assessment. */
static int64_t rated_on(void *context, const struct record_id *id)
{
	const struct view *view = context;
	char hex[2 * ID_SHORT_BYTES + 1];
	struct moment moment;
	ids_hex(hex, id->bytes, sizeof(id->bytes));
	const json_t *ratings = json_object_get(problem_named(view->problems, hex), "ratings");
	const size_t count = json_array_size(ratings);
	const char *at = count ? api_text(json_array_get(ratings, count - 1), "at") : NULL;
	return at && moment_parse(span_text(at), &moment) ? calendar_paris_day(moment.seconds)
	                                                  : RECURRENCE_NEVER;
}

/* The file that a record stands in, where there are several. */
static void put_file(const struct view *view, json_t *json)
{
	const struct record_id file = crdt_doc_id(view->doc);
	if (view->doc_count > 1)
		json_object_set_new(json, "dossier", api_hex(file.bytes, sizeof(file.bytes)));
}

static void add_note(void *context, const struct plan_note *note)
{
	const struct view *view = context;
	const bool is_of_day = note->day != RECURRENCE_NEVER;
	if (is_of_day && note->day > view->today + (note->kind == PLAN_NOTE_REASSESS ? SOON_DAYS : 0))
		return;
	json_t *json = json_pack("{s:s, s:o, s:s, s:s, s:b}", "what", plan_note_name(note->kind), "id",
	        api_hex(note->record.bytes, sizeof(note->record.bytes)), "fr", note->fr, "en", note->en,
	        "late", is_of_day && note->day < view->today);
	if (is_of_day)
		json_object_set_new(json, "day", day_json(note->day));
	put_file(view, json);
	json_array_append_new(view->attention, json);
}

static void put_due(const struct view *view, json_t *problem)
{
	struct record_id id;
	struct plan_due due;
	bool is_due = false;
	if (!ids_from_hex(id.bytes, ID_SHORT_BYTES, api_text(problem, "id")))
		return;
	const int64_t rated = rated_on((void *)(uintptr_t)view, &id);
	for (uint32_t i = 0; i < view->doc_count && !is_due; i++)
		is_due = plan_due_of(view->docs[i], &id, rated, &due);
	if (!is_due)
		return;
	json_object_set_new(problem, "due",
	        json_pack("{s:o, s:b, s:I, s:b}", "day", day_json(due.day), "late", due.day < view->today,
	                "everyDays", (json_int_t)due.every, "said", due.is_said));
}

/* Under its problem, else under "other". */
static void put_under(json_t *problems, json_t *other, const char *list_name, json_t *record)
{
	json_t *problem = problem_named(problems, api_text(record, "problem")),
	       *list = problem ? json_object_get(problem, list_name) : other;
	json_array_append_new(list, record);
}

static void put_items(const struct view *view, json_t *other)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_INTERVENTION);
	struct span cursor = {0};
	struct record_id id;
	while (record_next(view->doc, kind, &cursor, &id)) {
		struct plan_item item;
		json_t *json = record_json(view->doc, kind, &id);
		if (!json || !plan_item_of(view->doc, &id, &item)) {
			json_decref(json);
			continue;
		}
		json_object_set_new(json, "rhythm", rhythm_json(&item, view->today));
		put_file(view, json);
		put_under(view->problems, other, "items", json);
	}
}

static void put_goals(const struct view *view, json_t *other)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_GOAL);
	struct span cursor = {0};
	struct record_id id;
	while (record_next(view->doc, kind, &cursor, &id)) {
		json_t *json = record_json(view->doc, kind, &id);
		if (!json)
			continue;
		put_file(view, json);
		put_under(view->problems, other, "goals", json);
	}
}

static json_t *view_json(struct view *view)
{
	json_t *problem, *other = json_array(), *goals = json_array();
	size_t index;
	json_array_foreach(view->problems, index, problem)
	{
		json_object_set_new(problem, "items", json_array());
		json_object_set_new(problem, "goals", json_array());
		put_due(view, problem);
	}
	for (uint32_t i = 0; i < view->doc_count; i++) {
		view->doc = view->docs[i];
		put_items(view, other);
		put_goals(view, goals);
		plan_notes_each(view->doc, rated_on, add_note, view);
	}
	return json_pack("{s:O, s:o, s:o, s:O, s:o}", "problems", view->problems, "otherItems", other,
	        "otherGoals", goals, "attention", view->attention, "day", day_json(view->today));
}

int api_get_plan(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	struct view view = {.today = 0};
	if (!api_day_or_reply(call, api_call_query(call, "day"), api_today(app), &view.today) ||
	        !api_group_or_reply(call, &group))
		return 0;
	json_t *problems = api_group_parts(app, &group, schema_kind(SCHEMA_PROBLEM), UINT32_MAX),
	       *ratings = api_group_parts(app, &group, schema_kind(SCHEMA_RATING), UINT32_MAX);
	view.doc_count = api_group_docs(app, &group, view.docs); /* reading events may have let them go */
	view.problems = assessment_of(problems, ratings);
	view.attention = json_array();
	json_t *json = view_json(&view);
	for (uint32_t i = 0; i < group.count; i++)
		api_mark_early(app, json, &group.files[i]);
	json_object_set_new(json, "age", api_age(app));
	api_note_group(app, &group);
	api_call_reply(call, 200, json);
	json_decref(view.problems);
	json_decref(view.attention);
	json_decref(problems);
	json_decref(ratings);
	return 0;
}

/* ---- A rule for an item ------------------------------------------------------------------------------------------ */

/* The item that the path names, by its id or the first digits of it, and the file that it stands in. False: replied. */
static bool item_or_reply(struct api_call *call, const struct patient_group *group, struct record_id *file,
        struct record_id *out)
{
	const char *text = api_call_param(call, 1);
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = api_group_docs(api_node_of(call), group, docs);
	struct record_id id;
	unsigned found = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct span cursor = {0};
		while (strlen(text) >= 4 &&
		        record_next(docs[i], schema_kind(SCHEMA_INTERVENTION), &cursor, &id)) {
			char hex[2 * ID_SHORT_BYTES + 1];
			ids_hex(hex, id.bytes, sizeof(id.bytes));
			if (strncmp(hex, text, strlen(text)) != 0)
				continue;
			*out = id;
			*file = crdt_doc_id(docs[i]);
			found++;
		}
	}
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several items begin so: give more digits."
		              : "There is no such care-plan item here.");
	return found == 1;
}

/* What goes without saying: the rule that its words mean mostly, and from today on. False: replied. */
static bool preset_schedule(struct api_call *call, const struct crdt_doc *doc, const struct record_id *id)
{
	json_t *json = api_call_json(call);
	struct plan_item item;
	plan_item_of(doc, id, &item);
	const char *usual = item.rhythm == PLAN_IN_WORDS ? recurrence_usual(item.text) : NULL;
	if (!json_object_get(json, "recurrence") && !usual) {
		api_call_fail(call, ERR_INVALID,
		        "How often? For example recurrence=\"FREQ=DAILY;BYHOUR=8,19\". Nothing was changed.");
		return false;
	}
	if (!json_object_get(json, "recurrence"))
		json_object_set_new(json, "recurrence", json_string(usual));
	if (!json_object_get(json, "from"))
		json_object_set_new(json, "from", day_json(api_today(api_node_of(call))));
	return true;
}

/* The first rule of an item, as text, with the days on which it holds. */
static bool rule_of(const struct crdt_doc *doc, const struct record_id *id, struct plan_item *out)
{
	return plan_item_of(doc, id, out) && out->rhythm == PLAN_RULE;
}

void api_plan_keep_former(struct api_node *app, struct api_form *form)
{
	struct api_form_part *main = &form->parts[0];
	const json_t *said = json_object_get(main->json, "recurrence");
	const int64_t today = api_today(app);
	struct crdt_doc *doc;
	struct plan_item item;
	int64_t from = today;
	if (main->kind->number != SCHEMA_INTERVENTION || main->mode != SCHEMA_CHECK_EDIT || !said ||
	        json_object_get(main->json, "formerRules") ||
	        node_doc(app->node, SCHEMA_DOC_DOSSIER, &form->doc_id, &doc) ||
	        !rule_of(doc, &main->id, &item))
		return;
	const char *text = json_string_value(said), *first = api_text(main->json, "from");
	if (text && span_eq(span_text(text), item.text))
		return;
	if (first && !moment_day_parse(span_text(first), &from))
		return; /* refused with the record */
	if (item.rule.begin >= from)
		return; /* it never held before */
	json_t *here = record_json(doc, main->kind, &main->id);
	const char *older = api_text(here, "formerRules");
	const int64_t until = item.rule.last < from - 1 ? item.rule.last : from - 1;
	struct buf rules = {0};
	former_put(item.text, item.rule.begin, until, span_text(older ? older : ""), &rules);
	json_object_set_new(main->json, "formerRules", json_stringn((const char *)rules.data, rules.size));
	if (!json_object_get(main->json, "from"))
		json_object_set_new(main->json, "from", day_json(today));
	buf_close(&rules);
	json_decref(here);
}

int api_post_schedule(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	struct record_id file, item;
	struct crdt_doc *doc;
	if (!api_group_or_reply(call, &group) || !item_or_reply(call, &group, &file, &item))
		return 0;
	int result = node_doc(app->node, SCHEMA_DOC_DOSSIER, &file, &doc);
	if (result || !preset_schedule(call, doc, &item))
		return result;
	return api_write_record(
	        call, schema_kind(SCHEMA_INTERVENTION), &file, &item, SCHEMA_CHECK_EDIT, NULL);
}
