/* Campaigns of questionnaires: opening, listing, printing, ending; what facilitators are shown (survey/README.md). */
#include "node/api_survey.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/nfc.h"
#include "node/calendar.h"
#include "node/schema/moment.h"
#include "node/survey/number.h"
#include "node/survey/sheet.h"
#include "node/visit/hours.h"

enum { DAYS_MAX = 366, PRINTED = 30 };
enum {
	CAMPAIGN_QUESTIONNAIRE = 1,
	CAMPAIGN_VERSION,
	CAMPAIGN_TITLE,
	CAMPAIGN_FROM,
	CAMPAIGN_UNTIL,
	CAMPAIGN_STATE
};
enum { STATE_CLOSED = 2 };

static const char DEFINITION[] =
        "Formulaires additionnés ; une question laissée sans réponse compte comme « sans réponse ». Sous 11 "
        "formulaires, rien ; un nombre inférieur à 11, et ce qui le ferait deviner, n'est pas écrit, ni une "
        "différence de moins de 11. / Forms added up; a question left open counts as \"no answer\". Under 11 "
        "forms nothing; a count under 11, and what would tell it, is not written, nor a difference of less "
        "than 11.";

/* ---- A campaign -------------------------------------------------------------------------------------------------- */

static int64_t number_of(const struct schema_record *record, uint32_t field, int64_t otherwise)
{
	const struct schema_value *value = schema_value(record, field);
	return value ? value->number : otherwise;
}

bool api_survey_read(struct crdt_doc *doc, struct api_survey *out)
{
	struct schema_measures measures;
	struct schema_record record;
	*out = (struct api_survey){.id = crdt_doc_id(doc), .doc = doc};
	if (!record_read(doc, schema_kind(SCHEMA_SURVEY_CAMPAIGN), &out->id, &measures, &record))
		return false;
	const struct schema_value *title = schema_value(&record, CAMPAIGN_TITLE);
	out->questionnaire_number = (uint32_t)number_of(&record, CAMPAIGN_QUESTIONNAIRE, 0);
	out->version = (uint32_t)number_of(&record, CAMPAIGN_VERSION, 0);
	out->questionnaire = out->version ? survey_questionnaire(out->questionnaire_number, out->version)
	                                  : NULL;
	out->from = number_of(&record, CAMPAIGN_FROM, 0);
	out->until = number_of(&record, CAMPAIGN_UNTIL, 0);
	out->is_closed = number_of(&record, CAMPAIGN_STATE, 0) == STATE_CLOSED;
	if (title)
		snprintf(out->title, sizeof(out->title), "%.*s", (int)title->bytes.size,
		        (const char *)title->bytes.data);
	return out->questionnaire_number != 0;
}

bool api_survey_or_reply(struct api_call *call, const char *text, struct api_survey *out)
{
	struct api_node *app = api_node_of(call);
	struct record_id id;
	struct crdt_doc *doc;
	int result = api_doc_id(app, SCHEMA_DOC_SURVEY, text, &id);
	if (!result)
		result = node_doc(app->node, SCHEMA_DOC_SURVEY, &id, &doc);
	if (!result && api_survey_read(doc, out))
		return true;
	api_call_fail(call, result ? result : ERR_NOTFOUND,
	        result == ERR_CONFLICT ? "Several surveys begin so: give more digits."
	                               : "There is no such survey here: see \"releve survey list\".");
	return false;
}

bool api_survey_refused_unknown(struct api_call *call, const struct api_survey *survey)
{
	if (survey->questionnaire)
		return false;
	api_call_fail(call, ERR_UNSUPPORTED,
	        "These questions are of a later version of the program. Nothing was changed.");
	return true;
}

bool api_survey_may_write(struct api_call *call)
{
	if (node_may_write(api_node_of(call)->node, COMPARTMENT_CLINICAL))
		return true;
	api_call_fail(call, ERR_DENIED, NULL);
	return false;
}

int api_survey_put(struct api_node *app, struct node_change *change, enum schema_kind_number number,
        const struct record_id *id, const json_t *fields, struct span bytes)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(number)}};
	struct schema_report report = {0};
	if (id)
		edit.record.id = *id;
	else
		env_random_bytes(app->env, edit.record.id.bytes, sizeof(edit.record.id.bytes));
	for (uint32_t i = 0; bytes.size && i < edit.record.kind->field_count; i++) /* made, never typed */
		if (edit.record.kind->fields[i].type == SCHEMA_BYTES)
			schema_put(&edit.record, &edit.record.kind->fields[i])->bytes = bytes;
	struct schema_record made = edit.record;
	int result = record_from_json(fields, SCHEMA_CHECK_EDIT, &arena, &edit, &report);
	for (uint32_t i = 0; !result && i < made.count; i++)
		*schema_put(&edit.record, made.values[i].field) = made.values[i];
	if (!result)
		result = record_write(change->doc, &change->builder, &edit, NULL, (struct span){NULL, 0});
	arena_close(&arena);
	return result == RECORD_UNCHANGED ? 0 : result;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

/* False: replied. */
static bool read_terms(struct api_call *call, const struct survey_questionnaire **questionnaire,
        const char **title, int64_t *from, int64_t *until)
{
	const json_t *json = api_call_json(call);
	const char *name = api_text(json, "questionnaire"), *first = api_text(json, "from"),
	           *last = api_text(json, "until"), *field = NULL, *fr = NULL, *en = NULL;
	*title = api_text(json, "title");
	*from = api_today(api_node_of(call));
	*questionnaire = name ? survey_questionnaire_named(name, 0) : NULL;
	if (!*questionnaire) {
		field = "questionnaire";
		fr = "Quel questionnaire : patient, carer, nurse ou self-evaluation ?";
		en = "Which questionnaire: patient, carer, nurse or self-evaluation? Nothing was saved.";
	} else if (!*title || !**title || strlen(*title) > 120) {
		field = "title";
		fr = "Il faut un nom, de 120 caractères au plus.";
		en = "A survey needs a title of at most 120 bytes. Nothing was saved.";
	} else if ((first && !moment_day_parse(span_text(first), from)) || !last ||
	        !moment_day_parse(span_text(last), until)) {
		field = first && !moment_day_parse(span_text(first), from) ? "from" : "until";
		fr = "Jusqu'à quel jour (et à partir duquel) ?";
		en = "Until which day (and from which)? A day is written 2026-11-22. Nothing was saved.";
	} else if (*until < *from || *until - *from > DAYS_MAX) {
		field = "until";
		fr = "Un questionnaire finit après avoir commencé, et dure un an au plus.";
		en = "A survey ends after it begins, and lasts a year at most. Nothing was saved.";
	}
	if (en)
		api_call_fail_with(call, ERR_INVALID, en,
		        json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "fr", fr, "problems", "field", field, "fr",
		                fr, "en", en));
	return !en;
}

static json_t *day_json(int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, day);
	return json_string(text);
}

int api_post_survey(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct survey_questionnaire *questionnaire;
	const char *title;
	int64_t from, until = 0;
	struct record_id id;
	struct node_change change;
	if (!read_terms(call, &questionnaire, &title, &from, &until) || api_refused_record(call))
		return 0;
	if (!node_may_write(app->node, COMPARTMENT_AGGREGATE)) /* nurses */
		return ERR_DENIED;
	env_random_bytes(app->env, id.bytes, sizeof(id.bytes));
	int result = node_change_begin(app->node, SCHEMA_DOC_SURVEY, &id, &change);
	if (result)
		return result;
	json_t *fields = json_pack("{s:i, s:i, s:s, s:o, s:o}", "questionnaire", (int)questionnaire->number,
	        "version", (int)questionnaire->version, "title", title, "from", day_json(from), "until",
	        day_json(until));
	result = api_survey_put(app, &change, SCHEMA_SURVEY_CAMPAIGN, &id, fields, (struct span){NULL, 0});
	json_decref(fields);
	if (result) {
		node_change_drop(&change);
		return result;
	}
	result = node_change_finish(app->node, &change, NULL, NULL, NULL);
	return result
	        ? result
	        : api_reply_durable(call, 201, json_pack("{s:o}", "id", api_hex(id.bytes, sizeof(id.bytes))));
}

/* ---- Listing ----------------------------------------------------------------------------------------------------- */

json_t *api_survey_questionnaire_json(const struct api_survey *survey)
{
	if (survey->questionnaire)
		return survey_questionnaire_json(survey->questionnaire);
	return json_pack(
	        "{s:i, s:i}", "number", (int)survey->questionnaire_number, "version", (int)survey->version);
}

json_t *api_survey_head_json(struct api_node *app, const struct api_survey *survey)
{
	struct survey_campaign_sum *total = mem_zero(1, sizeof(*total));
	struct survey_waiting waiting = {0};
	const struct digest_source source = api_digest_source(app, survey->doc);
	const int64_t today = api_today(app);
	survey_campaign_sum(&source, survey->questionnaire, total);
	const int result = api_survey_waiting(app, &survey->id, &waiting);
	json_t *json = json_pack("{s:o, s:s, s:o, s:o, s:o, s:s, s:b, s:i, s:i, s:i, s:i}", "id",
	        api_hex(survey->id.bytes, sizeof(survey->id.bytes)), "title", survey->title, "questionnaire",
	        api_survey_questionnaire_json(survey), "from", day_json(survey->from), "until",
	        day_json(survey->until), "state", survey->is_closed ? "closed" : "open", "isOver",
	        today > survey->until, "forms", (int)total->sum.forms, "batches", (int)total->batches,
	        "unread", (int)total->unread, "waiting", result ? -1 : (int)waiting.sum.forms);
	survey_waiting_close(&waiting);
	mem_free(total);
	return json;
}

int api_get_surveys(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_survey survey;
	json_t *list = json_array(), *results = json_array();
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *doc;
		if (node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_SURVEY &&
		        node_doc_by_number(app->node, i, &doc) == 0 && api_survey_read(doc, &survey))
			json_array_append_new(list, api_survey_head_json(app, &survey));
	}
	struct record_id doc_id = record_document_id(node_team(app->node), SCHEMA_DOC_INDICATORS, NULL), id;
	struct crdt_doc *doc = NULL;
	struct span cursor = {NULL, 0};
	if (node_doc(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &doc))
		doc = NULL;
	while (doc && record_next(doc, schema_kind(SCHEMA_SURVEY_RESULT), &cursor, &id))
		json_array_append_new(results, api_survey_result(app, &id));
	api_call_reply(call, 200, json_pack("{s:o, s:o}", "surveys", list, "shown", results));
	return 0;
}

int api_get_questionnaires(struct api_call *call)
{
	const struct survey_questionnaire *one;
	json_t *list = json_array();
	for (uint32_t i = 0; (one = survey_questionnaire_at(i)); i++)
		json_array_append_new(list, survey_questionnaire_json(one));
	api_call_reply(call, 200, json_pack("{s:o}", "questionnaires", list));
	return 0;
}

int api_get_survey_print(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *asked = api_call_query(call, "count"), *language = api_call_query(call, "lang");
	const unsigned long count = asked ? strtoul(asked, NULL, 10) : PRINTED;
	uint64_t numbers[SURVEY_SHEETS_MAX];
	struct api_survey survey;
	struct buf page = {0};
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey) ||
	        api_survey_refused_unknown(call, &survey))
		return 0;
	if (count < 1 || count > SURVEY_SHEETS_MAX) {
		api_call_fail(call, ERR_INVALID, "\"count\" takes 1 to 200 forms.");
		return 0;
	}
	for (unsigned long i = 0; i < count; i++) {
		bool is_new = false;
		while (!is_new) {
			uint32_t random;
			env_random_bytes(app->env, &random, sizeof(random));
			numbers[i] = survey_number(&survey.id, random);
			is_new = true;
			for (unsigned long j = 0; j < i; j++)
				is_new &= numbers[j] != numbers[i];
		}
	}
	survey_sheet(&page, language && strcmp(language, "en") == 0 ? SCHEMA_EN : SCHEMA_FR,
	        survey.questionnaire, survey.title, numbers, (uint32_t)count);
	api_call_reply(call, 200,
	        json_pack("{s:i, s:s%}", "count", (int)count, "html", (const char *)page.data, page.size));
	buf_close(&page);
	return 0;
}

/* ---- What facilitators are shown --------------------------------------------------------------------------------- */

json_t *api_survey_shown_json(const struct survey_shown *shown)
{
	const struct survey_questionnaire *known = survey_questionnaire(shown->questionnaire, shown->version);
	json_t *list = json_array();
	for (uint32_t i = 0; i < shown->count; i++) {
		const struct survey_shown_row *row = &shown->rows[i];
		const struct survey_question *question = known ? survey_question(known, row->question) : NULL;
		json_t *cells = json_array();
		for (uint32_t c = 0; c < row->cell_count; c++) {
			char name[SURVEY_CELL_NAME_BYTES] = "";
			const char *called = c + 1 == row->cell_count ? "no-answer"
			        : question && c < survey_cell_count(question)
			        ? survey_cell_name(question, c, name)
			        : "?";
			json_array_append_new(cells,
			        json_pack("{s:s, s:o, s:b}", "name", called, "count",
			                row->cells[c] ? json_integer(row->cells[c]) : json_null(), "atLeast",
			                row->at_least == c + 1));
		}
		json_array_append_new(list,
		        json_pack("{s:i, s:s?, s:o}", "number", (int)row->question, "name",
		                question ? question->name : NULL, "cells", cells));
	}
	return list;
}

static struct crdt_doc *indicators_doc(struct api_node *app)
{
	const struct record_id id = record_document_id(node_team(app->node), SCHEMA_DOC_INDICATORS, NULL);
	struct crdt_doc *doc;
	return node_doc(app->node, SCHEMA_DOC_INDICATORS, &id, &doc) == 0 ? doc : NULL;
}

bool api_survey_shown(struct api_node *app, const struct record_id *campaign, struct survey_shown *out)
{
	struct crdt_doc *doc = indicators_doc(app);
	struct schema_measures measures;
	struct schema_record record;
	*out = (struct survey_shown){0};
	if (!doc || !record_read(doc, schema_kind(SCHEMA_SURVEY_RESULT), campaign, &measures, &record))
		return false;
	for (uint32_t i = 0; i < record.count; i++)
		if (record.values[i].field->type == SCHEMA_BYTES)
			return survey_shown_read(record.values[i].bytes, out) == 0;
	return false;
}

json_t *api_survey_result(struct api_node *app, const struct record_id *campaign)
{
	struct crdt_doc *doc = indicators_doc(app);
	struct survey_shown *shown = mem_zero(1, sizeof(*shown));
	json_t *json = doc ? record_json(doc, schema_kind(SCHEMA_SURVEY_RESULT), campaign) : NULL;
	if (json && api_survey_shown(app, campaign, shown))
		json_object_set_new(json, "questions", api_survey_shown_json(shown));
	mem_free(shown);
	return json;
}

/* Write what may be shown of `sum`, unless what was shown before has to stay. *why: "written", "kept", "few". */
static int publish(
        struct api_node *app, const struct api_survey *survey, const struct survey_sum *sum, const char **why)
{
	struct survey_shown *shown = mem_zero(2, sizeof(*shown));
	const struct record_id doc_id = record_document_id(node_team(app->node), SCHEMA_DOC_INDICATORS, NULL);
	struct node_change change;
	struct buf bytes = {0};
	int result = 0;
	survey_shown_of(sum, &shown[0]);
	const bool was_shown = api_survey_shown(app, &survey->id, &shown[1]);
	*why = shown[0].forms == 0 ? "few" : "kept";
	if (shown[0].forms && (!was_shown || survey_may_replace(&shown[1], &shown[0]))) {
		survey_shown_put(&shown[0], &bytes);
		json_t *fields = json_pack("{s:i, s:i, s:i, s:s, s:o, s:o, s:s}", "questionnaire",
		        (int)survey->questionnaire_number, "version", (int)survey->version, "forms",
		        (int)shown[0].forms, "title", survey->title, "from", day_json(survey->from), "until",
		        day_json(survey->until), "definition", DEFINITION);
		result = node_change_begin(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &change);
		if (!result) {
			result = api_survey_put(
			        app, &change, SCHEMA_SURVEY_RESULT, &survey->id, fields, buf_span(&bytes));
			if (result)
				node_change_drop(&change);
			else
				result = node_change_finish(app->node, &change, NULL, NULL, NULL);
		}
		json_decref(fields);
		*why = "written";
	}
	buf_close(&bytes);
	mem_free(shown);
	return result;
}

static int set_closed(struct api_node *app, const struct api_survey *survey)
{
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_SURVEY, &survey->id, &change);
	if (result)
		return result;
	json_t *fields = json_pack("{s:s}", "state", "closed");
	result = api_survey_put(
	        app, &change, SCHEMA_SURVEY_CAMPAIGN, &survey->id, fields, (struct span){NULL, 0});
	json_decref(fields);
	if (!result)
		return node_change_finish(app->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

static int close_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_survey survey;
	struct survey_waiting waiting = {0};
	struct survey_campaign_sum *total = mem_zero(1, sizeof(*total));
	const char *why = "few";
	int result = 0;
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey))
		goto end;
	result = api_survey_waiting(app, &survey.id, &waiting);
	if (result || api_survey_refused_few(call, &waiting))
		goto end;
	const struct digest_source source = api_digest_source(app, survey.doc);
	survey_campaign_sum(&source, survey.questionnaire, total);
	const uint32_t forms = waiting.sum.forms;
	if (survey_sum_add(&total->sum, &waiting.sum) == ERR_FULL)
		total->is_full = true;
	result = forms ? api_survey_write(app, &survey, &waiting) : 0;
	if (!result && !survey.is_closed)
		result = set_closed(app, &survey);
	if (!result && !total->is_full)
		result = publish(app, &survey, &total->sum, &why);
	if (!result)
		result = api_reply_durable(call, 200,
		        json_pack("{s:i, s:i, s:s, s:i}", "forms", (int)total->sum.forms, "written",
		                (int)forms, "shown", why, "unread", (int)total->unread));
end:
	survey_waiting_close(&waiting);
	mem_free(total);
	return result;
}

int api_post_survey_close(struct api_call *call)
{
	if (api_refused_partial(call) || api_refused_record(call))
		return 0;
	if (!node_may_write(api_node_of(call)->node, COMPARTMENT_AGGREGATE))
		return ERR_DENIED;
	return api_when_quiet(call, close_now);
}

/* ---- Words that the team chooses to show ------------------------------------------------------------------------- */

static bool stands_in(const json_t *texts, const char *text)
{
	const json_t *one;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)texts, index, one)
	{
		if (strcmp(api_text(one, "text"), text) == 0)
			return true;
	}
	return false;
}

/* One line each. NULL: one of them is none of the answers; replied. */
static char *joined(struct api_call *call, const json_t *texts)
{
	const json_t *chosen = json_object_get(api_call_json(call), "texts"), *one;
	struct buf out = {0};
	size_t index;
	bool fits = json_is_array(chosen);
	json_array_foreach((json_t *)(uintptr_t)chosen, index, one)
	{
		const char *text = json_string_value(one);
		fits &= text && stands_in(texts, text) && out.size + strlen(text) < 16000;
		if (!fits)
			break;
		for (; *text; text++)
			buf_add(&out, *text == '\n' || *text == '\r' ? " " : text, 1);
		buf_add(&out, "\n", 1);
	}
	char *all = fits ? mem_text(span_sub(buf_span(&out), 0, out.size ? out.size - 1 : 0)) : NULL;
	buf_wipe(&out);
	if (!all)
		api_call_fail(call, ERR_INVALID,
		        "\"texts\" has to be a list of answers in words of this survey, as its results show "
		        "them, of 16,000 bytes together at most. Nothing was changed.");
	return all;
}

static int show_texts(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct record_id doc_id = record_document_id(node_team(app->node), SCHEMA_DOC_INDICATORS, NULL);
	struct api_survey survey;
	struct survey_shown *shown = mem_zero(1, sizeof(*shown));
	struct node_change change;
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey)) {
		mem_free(shown);
		return 0;
	}
	const bool is_shown = api_survey_shown(app, &survey.id, shown);
	mem_free(shown);
	if (!is_shown) {
		api_call_fail(call, ERR_CONFLICT,
		        "Nothing of this survey is shown to facilitators: it is not closed, or has fewer "
		        "than 11 "
		        "forms. Nothing was changed.");
		return 0;
	}
	json_t *texts = api_survey_texts(app, &survey);
	char *all = joined(call, texts);
	json_decref(texts);
	if (!all)
		return 0;
	json_t *fields = json_pack("{s:o}", "texts", *all ? json_string(all) : json_null());
	int result = node_change_begin(app->node, SCHEMA_DOC_INDICATORS, &doc_id, &change);
	if (!result) {
		result = api_survey_put(
		        app, &change, SCHEMA_SURVEY_RESULT, &survey.id, fields, (struct span){NULL, 0});
		if (result)
			node_change_drop(&change);
		else
			result = node_change_finish(app->node, &change, NULL, NULL, NULL);
	}
	json_decref(fields);
	mem_wipe(all, strlen(all));
	mem_free(all);
	return result ? result : api_reply_durable(call, 200, json_object());
}

int api_post_survey_texts(struct api_call *call)
{
	if (!node_may_write(api_node_of(call)->node, COMPARTMENT_AGGREGATE))
		return ERR_DENIED;
	return api_when_quiet(call, show_texts);
}
