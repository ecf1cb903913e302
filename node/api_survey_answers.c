/* Answers to questionnaires on their way: what waits here, paper that is typed in, batches, results (survey/README.md). */
#include "node/api_survey.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/schema/moment.h"
#include "node/survey/number.h"
#include "node/visit/hours.h"

enum { PAPER_MAX = 200, ROW_NAME_BYTES = 16 + 2 * ID_SHORT_BYTES + 1 };

/* ---- What waits here --------------------------------------------------------------------------------------------- */

static void row_name(char out[ROW_NAME_BYTES], const struct record_id *campaign)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	ids_hex(hex, campaign->bytes, sizeof(campaign->bytes));
	snprintf(out, ROW_NAME_BYTES, "survey waiting %s", hex);
}

int api_survey_waiting(struct api_node *app, const struct record_id *campaign, struct survey_waiting *out)
{
	char name[ROW_NAME_BYTES];
	struct buf row = {0};
	row_name(name, campaign);
	*out = (struct survey_waiting){0};
	int result = api_local(app, name, &row);
	if (!result)
		result = survey_waiting_read(buf_span(&row), out);
	buf_wipe(&row);
	return result == ERR_NOTFOUND ? 0 : result;
}

uint32_t api_survey_waiting_count(struct api_node *app)
{
	uint32_t count = 0, kind;
	struct record_id id;
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		struct survey_waiting waiting = {0};
		if (node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_SURVEY &&
		        api_survey_waiting(app, &id, &waiting) == 0)
			count += waiting.sum.forms;
		survey_waiting_close(&waiting);
	}
	return count;
}

int api_survey_keep(
        struct api_node *app, const struct record_id *campaign, const struct survey_waiting *waiting)
{
	char name[ROW_NAME_BYTES];
	struct buf row = {0};
	row_name(name, campaign);
	if (waiting->sum.forms)
		survey_waiting_put(waiting, &row);
	const int result = node_put_local(app->node, name, buf_span(&row), NULL, NULL);
	buf_wipe(&row);
	return result;
}

bool api_survey_refused_few(struct api_call *call, const struct survey_waiting *waiting)
{
	if (!waiting->sum.forms || waiting->sum.forms >= SURVEY_BATCH_MIN ||
	        json_is_true(json_object_get(api_call_json(call), "few")))
		return false;
	api_call_fail_with(call, ERR_CONFLICT,
	        "Fewer than 5 forms wait on this device: written now, they are less well hidden. Say \"few\" "
	        "to "
	        "write them all the same. Nothing was changed.",
	        json_pack("{s:i, s:s}", "waiting", (int)waiting->sum.forms, "fr",
	                "Moins de 5 réponses attendent sur cet appareil : écrites maintenant, elles sont "
	                "moins "
	                "bien cachées. Rien n'a changé."));
	return true;
}

/* ---- A batch ----------------------------------------------------------------------------------------------------- */

static json_t *week_json(struct api_node *app)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, hours_monday(api_today(app)));
	return json_string(text);
}

static int put_words(struct api_node *app, struct node_change *change, const struct record_id *batch,
        const struct survey_waiting *waiting)
{
	int result = 0;
	for (uint32_t i = 0; !result && i < waiting->word_count; i++) {
		const struct survey_word *word = &waiting->words[i];
		json_t *fields = json_pack("{s:i, s:s%, s:o}", "question", (int)word->question, "text",
		        (const char *)word->text.data, word->text.size, "batch",
		        api_hex(batch->bytes, SCHEMA_SHORT_BYTES));
		result = fields ? api_survey_put(app, change, SCHEMA_SURVEY_TEXT, NULL, fields,
		                          (struct span){NULL, 0})
		                : ERR_INTERNAL;
		json_decref(fields);
	}
	return result;
}

int api_survey_write(struct api_node *app, const struct api_survey *survey, struct survey_waiting *waiting)
{
	struct node_change change;
	struct record_id batch;
	struct buf sum = {0};
	int result = node_change_begin(app->node, SCHEMA_DOC_SURVEY, &survey->id, &change);
	if (result)
		return result;
	env_random_bytes(app->env, batch.bytes, sizeof(batch.bytes));
	survey_sum_put(&waiting->sum, &sum);
	json_t *fields = json_pack("{s:o}", "week", week_json(app));
	result = api_survey_put(app, &change, SCHEMA_SURVEY_BATCH, &batch, fields, buf_span(&sum));
	if (!result)
		result = put_words(app, &change, &batch, waiting);
	json_decref(fields);
	buf_wipe(&sum);
	if (result) {
		node_change_drop(&change);
		return result;
	}
	result = node_change_finish(app->node, &change, NULL, NULL, NULL);
	if (result)
		return result;
	survey_waiting_close(waiting);
	return api_survey_keep(app, &survey->id, waiting); /* the row goes in the same batch of rows */
}

static int write_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_survey survey;
	struct survey_waiting waiting = {0};
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey))
		return 0;
	int result = api_survey_waiting(app, &survey.id, &waiting);
	const uint32_t forms = waiting.sum.forms;
	if (!result && !api_survey_refused_few(call, &waiting)) {
		result = forms ? api_survey_write(app, &survey, &waiting) : 0;
		if (!result)
			result = api_reply_durable(call, 200, json_pack("{s:i}", "written", (int)forms));
	}
	survey_waiting_close(&waiting);
	return result;
}

int api_post_survey_write(struct api_call *call)
{
	if (api_refused_record(call) || !api_survey_may_write(call))
		return 0;
	return api_when_quiet(call, write_now);
}

/* ---- Paper ------------------------------------------------------------------------------------------------------- */

static const char TYPED_BEFORE_FR[] = "Cette feuille a déjà été saisie.",
                  TYPED_BEFORE_EN[] = "it was typed in before. Nothing was saved.";

static int number_cmp(const void *a, const void *b)
{
	const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

/* Numbers of all batches, ascending. Owner frees. */
static uint64_t *numbers_of(struct api_node *app, const struct api_survey *survey, uint32_t *count)
{
	struct survey_sum *sum = mem_zero(1, sizeof(*sum));
	const struct digest_source source = api_digest_source(app, survey->doc);
	uint64_t *numbers = NULL;
	uint32_t capacity = 0;
	struct crdt_event event;
	int64_t week;
	*count = 0;
	for (uint32_t cursor = 0; survey_batch_at(&source, &cursor, &event, &week, sum);)
		for (uint32_t i = 0; i < sum->number_count; i++) {
			numbers = mem_room(numbers, *count, &capacity, sizeof(*numbers));
			numbers[(*count)++] = sum->numbers[i];
		}
	if (*count)
		qsort(numbers, *count, sizeof(*numbers), number_cmp);
	mem_free(sum);
	return numbers;
}

/* `french` NULL: it is said in English alone. `field`: of the form; NULL: of none. */
static int refuse_form(struct api_call *call, int error, size_t index, const char *field, const char *french,
        const char *why)
{
	char sentence[320];
	snprintf(sentence, sizeof(sentence), "Form %zu: %s", index + 1, why);
	json_t *more = json_pack("{s:I}", "form", (json_int_t)(index + 1));
	if (french)
		json_object_set_new(more, "fr", json_string(french));
	if (field)
		json_object_set_new(more, "problems",
		        json_pack("[{s:s, s:s, s:s}]", "field", field, "fr", french, "en", sentence));
	api_call_fail_with(call, error, sentence, more);
	return 1;
}

/* One form of the request into what waits. Not 0: replied. */
static int add_paper(struct api_call *call, const struct api_survey *survey, const json_t *one, size_t index,
        const uint64_t *known, uint32_t known_count, struct survey_waiting *waiting)
{
	const char *text = api_text(one, "number");
	const uint64_t number = text ? survey_number_read(&survey->id, span_text(text)) : 0;
	struct survey_form form;
	struct buf problem = {0};
	if (!number)
		return refuse_form(call, ERR_INVALID, index, "number",
		        "Ce numéro n'est celui d'aucune feuille de ce questionnaire : dix chiffres, comme "
		        "imprimés.",
		        "its number is none of this survey's forms: ten digits, as printed. Nothing was "
		        "saved.");
	if (known_count && bsearch(&number, known, known_count, sizeof(*known), number_cmp))
		return refuse_form(call, ERR_EXISTS, index, "number", TYPED_BEFORE_FR, TYPED_BEFORE_EN);
	int result = survey_form_read(
	        survey->questionnaire, json_object_get(one, "answers"), &form, &problem);
	if (result) {
		buf_add(&problem, "", 1);
		refuse_form(call, result, index, NULL, NULL, (const char *)problem.data);
		buf_close(&problem);
		return 1;
	}
	result = survey_waiting_form(waiting, survey->questionnaire, &form, number);
	survey_form_close(&form);
	buf_close(&problem);
	if (!result)
		return 0;
	return result == ERR_EXISTS
	        ? refuse_form(call, result, index, "number", TYPED_BEFORE_FR, TYPED_BEFORE_EN)
	        : refuse_form(call, result, index, NULL, NULL,
	                  "so many wait here that they have to be written first: releve survey write. "
	                  "Nothing "
	                  "was saved.");
}

static int enter_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *forms = json_object_get(api_call_json(call), "forms"), *one;
	struct api_survey survey;
	struct survey_waiting waiting = {0};
	uint32_t known_count;
	size_t index;
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey) ||
	        api_survey_refused_unknown(call, &survey))
		return 0;
	uint64_t *known = numbers_of(app, &survey, &known_count);
	int result = api_survey_waiting(app, &survey.id, &waiting);
	json_array_foreach((json_t *)(uintptr_t)forms, index, one)
	{
		if (!result)
			result = add_paper(call, &survey, one, index, known, known_count, &waiting);
	}
	if (!result) {
		const bool is_written = waiting.sum.forms >= SURVEY_BATCH_MIN;
		const int left = is_written ? 0 : (int)waiting.sum.forms;
		result = is_written ? api_survey_write(app, &survey, &waiting)
		                    : api_survey_keep(app, &survey.id, &waiting);
		if (!result)
			result = api_reply_durable(call, 201,
			        json_pack(
			                "{s:i, s:i}", "taken", (int)json_array_size(forms), "waiting", left));
	}
	survey_waiting_close(&waiting);
	mem_free(known);
	return result > 0 ? 0 : result;
}

int api_post_survey_paper(struct api_call *call)
{
	const json_t *forms = json_object_get(api_call_json(call), "forms");
	if (api_refused_record(call) || !api_survey_may_write(call))
		return 0;
	if (!json_is_array(forms) || !json_array_size(forms) || json_array_size(forms) > PAPER_MAX) {
		api_call_fail(call, ERR_INVALID,
		        "\"forms\" has to be a list of 1 to 200 forms: {number, answers}. Nothing was "
		        "saved.");
		return 0;
	}
	return api_when_quiet(call, enter_now);
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static json_t *cells_json(const struct survey_count *count, const struct survey_question *question)
{
	json_t *cells = json_array();
	for (uint32_t c = 0; c < count->cell_count; c++) {
		char name[SURVEY_CELL_NAME_BYTES] = "?";
		const char *called = question && c < survey_cell_count(question)
		        ? survey_cell_name(question, c, name)
		        : "?";
		json_array_append_new(
		        cells, json_pack("{s:s, s:i}", "name", called, "count", (int)count->cells[c]));
	}
	return cells;
}

/* Of those who answered, in per cent or out of ten, to one place; half away from zero. */
static void put_share(json_t *json, const struct survey_sum *sum, const struct survey_question *question)
{
	struct survey_share share;
	char text[24];
	if (!survey_share_of(sum, question, &share))
		return;
	const uint64_t times = question->type == SURVEY_SCALE ? 10 : 1000;
	const uint64_t tenths = (2 * share.sum * times + share.answered) / (2 * (uint64_t)share.answered);
	snprintf(text, sizeof(text), "%u.%u", (unsigned)(tenths / 10), (unsigned)(tenths % 10));
	if (question->type != SURVEY_CHOICE)
		json_object_set_new(
		        json, question->type == SURVEY_SCALE ? "mean" : "percent", json_string(text));
}

static json_t *questions_json(const struct api_survey *survey, const struct survey_sum *sum)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < sum->count; i++) {
		const struct survey_count *count = &sum->counts[i];
		const struct survey_question *question = survey->questionnaire
		        ? survey_question(survey->questionnaire, count->question)
		        : NULL;
		uint32_t answered = 0;
		for (uint32_t c = 0; c < count->cell_count; c++)
			answered += count->cells[c];
		json_t *json = json_pack("{s:i, s:i, s:i, s:o}", "number", (int)count->question, "answered",
		        (int)answered, "open", (int)(sum->forms - answered), "cells",
		        cells_json(count, question));
		if (question) {
			json_object_set_new(json, "name", json_string(question->name));
			json_object_set_new(json, "label",
			        json_pack("{s:s, s:s}", "fr", question->label.fr, "en", question->label.en));
			put_share(json, sum, question);
		}
		json_array_append_new(list, json);
	}
	return list;
}

/* Whether the batch that a text came with was cancelled, or is not here. */
static bool is_cancelled(const struct crdt_doc *doc, const json_t *text)
{
	const char *batch = api_text(text, "batch");
	struct crdt_event event;
	for (uint32_t cursor = 0; batch && crdt_doc_event(doc, SCHEMA_SURVEY_BATCH, &cursor, &event);) {
		char hex[2 * ID_SHORT_BYTES + 1];
		ids_hex(hex, event.id.bytes, sizeof(event.id.bytes));
		if (strncmp(hex, batch, strlen(batch)) == 0)
			return event.is_corrected;
	}
	return true;
}

struct text_row {
	const char *text;
	json_t *json;
};

static int text_cmp(const void *a, const void *b)
{
	return strcmp(((const struct text_row *)a)->text, ((const struct text_row *)b)->text);
}

/* In the order of their bytes, whatever order they came in. */
json_t *api_survey_texts(struct api_node *app, const struct api_survey *survey)
{
	json_t *all = api_parts_json(app, survey->doc, schema_kind(SCHEMA_SURVEY_TEXT), UINT32_MAX), *one;
	struct text_row *rows = mem_zero(json_array_size(all) + 1, sizeof(*rows));
	json_t *list = json_array();
	struct crdt_doc *doc;
	size_t index, count = 0;
	const int result = node_doc(app->node, SCHEMA_DOC_SURVEY, &survey->id, &doc);
	json_array_foreach(all, index, one)
	{
		const char *text = api_text(one, "text");
		const int question = (int)json_integer_value(json_object_get(one, "question"));
		const struct survey_question *known = survey->questionnaire
		        ? survey_question(survey->questionnaire, (uint32_t)question)
		        : NULL;
		if (!result && text && !json_is_true(json_object_get(one, "corrected")) &&
		        !is_cancelled(doc, one))
			rows[count++] = (struct text_row){text,
			        json_pack("{s:i, s:s?, s:s}", "question", question, "name",
			                known ? known->name : NULL, "text", text)};
	}
	if (count)
		qsort(rows, count, sizeof(*rows), text_cmp);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, rows[i].json);
	mem_free(rows);
	json_decref(all);
	return list;
}

struct typed {
	uint64_t number;
	struct record_id batch;
};

static int typed_cmp(const void *a, const void *b)
{
	const struct typed *left = a, *right = b;
	const int order = number_cmp(&left->number, &right->number);
	return order ? order : record_id_cmp(&left->batch, &right->batch);
}

/* Batches, and forms that stand in several of them. */
static void put_batches(struct api_node *app, const struct api_survey *survey, json_t *json)
{
	struct survey_sum *sum = mem_zero(1, sizeof(*sum));
	const struct digest_source source = api_digest_source(app, survey->doc);
	json_t *batches = json_array(), *twice = json_array();
	struct typed *typed = NULL;
	uint32_t count = 0, capacity = 0;
	struct crdt_event event;
	int64_t week;
	for (uint32_t cursor = 0; survey_batch_at(&source, &cursor, &event, &week, sum);) {
		char day[MOMENT_DAY_TEXT_BYTES];
		moment_day_text(day, week);
		json_array_append_new(batches,
		        json_pack("{s:o, s:s, s:i, s:i}", "id",
		                api_hex(event.id.bytes, sizeof(event.id.bytes)), "week", day, "forms",
		                (int)sum->forms, "paper", (int)sum->number_count));
		for (uint32_t i = 0; i < sum->number_count; i++) {
			typed = mem_room(typed, count, &capacity, sizeof(*typed));
			typed[count++] = (struct typed){sum->numbers[i], event.id};
		}
	}
	if (count)
		qsort(typed, count, sizeof(*typed), typed_cmp);
	for (uint32_t i = 1; i < count; i++)
		if (typed[i].number == typed[i - 1].number) {
			char number[SURVEY_NUMBER_BYTES];
			survey_number_text(number, typed[i].number);
			json_array_append_new(twice,
			        json_pack("{s:s, s:[o, o]}", "number", number, "batches",
			                api_hex(typed[i - 1].batch.bytes, ID_SHORT_BYTES),
			                api_hex(typed[i].batch.bytes, ID_SHORT_BYTES)));
		}
	json_object_set_new(json, "collected", batches);
	json_object_set_new(json, "typedTwice", twice);
	mem_free(typed);
	mem_free(sum);
}

static int get_results(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct survey_campaign_sum *total = mem_zero(1, sizeof(*total));
	struct api_survey survey;
	if (api_survey_or_reply(call, api_call_param(call, 0), &survey)) {
		const struct digest_source source = api_digest_source(app, survey.doc);
		json_t *json = api_survey_head_json(app, &survey);
		survey_campaign_sum(&source, survey.questionnaire, total);
		json_object_set_new(json, "questions", questions_json(&survey, &total->sum));
		put_batches(app, &survey, json);
		json_object_set_new(json, "texts", api_survey_texts(app, &survey));
		json_t *shown = api_survey_result(app, &survey.id);
		json_object_set_new(json, "shown", shown ? shown : json_null());
		api_call_reply(call, 200, json);
	}
	mem_free(total);
	return 0;
}

int api_get_survey_results(struct api_call *call)
{
	return api_when_durable(call, get_results);
}

/* ---- Cancelling -------------------------------------------------------------------------------------------------- */

static int write_cancelling(
        struct api_node *app, const struct api_survey *survey, const struct op_id *batch, const char *reason)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SURVEY_BATCH);
	const struct survey_sum *none = mem_zero(1, sizeof(*none));
	struct record_edit edit = {.record = {.kind = kind}};
	struct node_change change;
	struct buf sum = {0};
	int result = node_change_begin(app->node, SCHEMA_DOC_SURVEY, &survey->id, &change);
	if (!result) {
		survey_sum_put(none, &sum);
		env_random_bytes(app->env, edit.record.id.bytes, sizeof(edit.record.id.bytes));
		schema_put(&edit.record, schema_field_named(kind, span_text("week")))->number = hours_monday(
		        api_today(app));
		schema_put(&edit.record, schema_field_named(kind, span_text("sum")))->bytes = buf_span(&sum);
		result = record_write(change.doc, &change.builder, &edit, batch, span_text(reason));
		if (result)
			node_change_drop(&change);
		else
			result = node_change_finish(app->node, &change, NULL, NULL, NULL);
	}
	buf_close(&sum);
	mem_free((void *)(uintptr_t)none);
	return result;
}

static int cancel_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *json = api_call_json(call);
	const char *batch = api_text(json, "batch"), *reason = api_text(json, "reason");
	struct api_survey survey;
	struct record_id id;
	struct crdt_event event;
	if (!api_survey_or_reply(call, api_call_param(call, 0), &survey))
		return 0;
	if (!reason || !*reason) {
		api_call_fail_with(call, ERR_INVALID,
		        "Why are these answers not to count? A reason is needed. Nothing was changed.",
		        json_pack("{s:s}", "fr",
		                "Pourquoi ces réponses ne doivent-elles pas compter ? Il faut un motif. Rien "
		                "n'a "
		                "changé."));
		return 0;
	}
	if (!batch || strlen(batch) != 2 * ID_SHORT_BYTES || !ids_from_hex(id.bytes, ID_SHORT_BYTES, batch) ||
	        !api_find_event(survey.doc, SCHEMA_SURVEY_BATCH, &id, &event) || event.is_corrected) {
		api_call_fail(call, ERR_NOTFOUND,
		        "There are no such answers, or they do not count any more: see the survey's results. "
		        "Nothing was changed.");
		return 0;
	}
	const int result = write_cancelling(app, &survey, &event.op, reason);
	return result ? result : api_reply_durable(call, 200, json_object());
}

int api_post_survey_cancel(struct api_call *call)
{
	if (api_refused_record(call) || !api_survey_may_write(call))
		return 0;
	return api_when_quiet(call, cancel_now);
}
