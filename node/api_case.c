/* Redacted cases for facilitators: writing one with the patient's consent, reading it, ending it. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/case.h"
#include "node/keyring/key_row.h"
#include "node/schema/moment.h"
#include "node/team/roles.h"

enum { EVENTS_MAX = 100000, DAYS_MAX = 366 };

static int64_t today(const struct api_node *app)
{
	return calendar_paris_day((int64_t)(env_wall_ms(app->env) / 1000));
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static json_t *redact(struct api_node *app, const struct record_id *patient)
{
	json_t *parts[5], *head = NULL, *out = NULL;
	static const uint32_t kinds[5] = {
	        SCHEMA_PROBLEM, SCHEMA_INTERVENTION, SCHEMA_RATING, SCHEMA_VISIT, SCHEMA_VISIT_AMENDMENT};
	struct crdt_doc *doc;
	int result = node_doc(app->node, SCHEMA_DOC_DOSSIER, patient, &doc);
	if (result == 0)
		head = record_json(doc, schema_kind(SCHEMA_PATIENT), patient);
	for (unsigned i = 0; i < 5; i++) {
		result = result ? result : node_doc(app->node, SCHEMA_DOC_DOSSIER, patient, &doc);
		parts[i] = result ? NULL : api_parts_json(app, doc, schema_kind(kinds[i]), EVENTS_MAX);
	}
	const struct case_source source = {head, parts[0], parts[1], parts[2], parts[3], parts[4]};
	if (result == 0)
		out = case_redact(&source, today(app));
	for (unsigned i = 0; i < 5; i++)
		json_decref(parts[i]);
	json_decref(head);
	return out;
}

/* One record into the change. */
static int put(struct api_node *app, struct node_change *change, enum schema_kind_number number,
        const struct record_id *id, const json_t *fields)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(number)}};
	struct schema_report report = {0};
	if (id)
		edit.record.id = *id;
	else
		env_random_bytes(app->env, edit.record.id.bytes, sizeof(edit.record.id.bytes));
	int result = record_from_json(fields, SCHEMA_CHECK_NEW, &arena, &edit, &report);
	if (result == 0)
		result = record_write(change->doc, &change->builder, &edit, NULL, (struct span){NULL, 0});
	arena_close(&arena);
	return result;
}

static int put_all(
        struct api_node *app, struct node_change *change, enum schema_kind_number number, const json_t *list)
{
	size_t index;
	json_t *fields;
	int result = 0;
	json_array_foreach((json_t *)(uintptr_t)list, index, fields)
	{
		if (result == 0)
			result = put(app, change, number, NULL, fields);
	}
	return result;
}

static int finish(struct api_node *app, struct node_change *change, int result)
{
	if (result == 0)
		return node_change_finish(app->node, change, NULL, NULL, NULL);
	node_change_drop(change);
	return result < 0 ? result : ERR_INTERNAL;
}

static int write_case(struct api_node *app, const struct record_id *id, const json_t *content)
{
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_CASE, id, &change);
	if (result)
		return result;
	result = put(app, &change, SCHEMA_CASE, id, json_object_get(content, "case"));
	if (result == 0)
		result = put_all(app, &change, SCHEMA_CASE_PROBLEM, json_object_get(content, "problems"));
	if (result == 0)
		result = put_all(app, &change, SCHEMA_CASE_CARE, json_object_get(content, "cares"));
	return finish(app, &change, result);
}

/* The consent stands in the dossier, in the nurse's words; the case has none of them. */
static int write_consent(struct api_node *app, const struct record_id *patient, const struct record_id *id,
        const char *how, const char *until)
{
	struct node_change change;
	json_t *fields = json_pack("{s:s, s:s, s:s, s:o}", "scope", "facilitator-case", "how", how, "until",
	        until, "case", api_hex(id->bytes, sizeof(id->bytes)));
	int result = node_change_begin(app->node, SCHEMA_DOC_DOSSIER, patient, &change);
	if (result == 0)
		result = finish(app, &change, put(app, &change, SCHEMA_CONSENT, NULL, fields));
	json_decref(fields);
	return result;
}

/* For whom and until when. False: replied. */
static bool read_terms(
        struct api_call *call, struct person_id *person, const char **until, const char **consent)
{
	struct api_node *app = api_node_of(call);
	const json_t *json = api_call_json(call);
	const char *to = api_text(json, "person"), *sentence = NULL;
	int64_t day = 0;
	*until = api_text(json, "until");
	*consent = api_text(json, "consent");
	if (!to || !*until || !*consent || !**consent)
		sentence = "To which facilitator, until which day, and how did the patient consent?";
	else if (!moment_day_parse(span_text(*until), &day))
		sentence = "The consent ends on a day, as 2026-12-31.";
	else if (day < today(app) || day > today(app) + DAYS_MAX)
		sentence = "A consent holds from today for a year at most.";
	if (sentence) {
		api_call_fail(call, ERR_INVALID, sentence);
		return false;
	}
	if (!api_person_or_reply(call, to, person))
		return false;
	const struct team_person *row = team_view_person(node_view(app->node), person);
	if (row && row->role == TEAM_ROLE_FACILITATOR)
		return true;
	api_call_fail(call, ERR_INVALID, "A case is written for a facilitator.");
	return false;
}

int api_post_case(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient, id;
	struct person_id person;
	const char *until, *consent;
	if (!api_patient_or_reply(call, &patient, NULL) || !read_terms(call, &person, &until, &consent) ||
	        api_refused_record(call) || api_refused_partial(call))
		return 0;
	/* Only who manages can end it again, when its dossier is erased. */
	const struct device_id self = node_device(app->node);
	if (!node_may_write(app->node, COMPARTMENT_AGGREGATE) ||
	        !team_view_manages(node_view(app->node), &self))
		return ERR_DENIED;
	json_t *content = redact(app, &patient), *head = json_object_get(content, "case");
	if (!content)
		return ERR_NOTFOUND;
	env_random_bytes(app->env, id.bytes, sizeof(id.bytes));
	json_object_set_new(head, "facilitator", api_hex(person.bytes, sizeof(person.bytes)));
	json_object_set_new(head, "until", json_string(until));
	int result = write_consent(app, &patient, &id, consent, until);
	if (result == 0)
		result = write_case(app, &id, content);
	json_decref(content);
	return result ? result
	              : api_reply_durable(call, 201,
	                        json_pack("{s:o, s:o}", "id", api_hex(id.bytes, sizeof(id.bytes)), "joined",
	                                api_group_others(app, &patient)));
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* A case by the first digits of its id. False: replied. */
static bool case_or_reply(struct api_call *call, struct record_id *out)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_param(call, 0);
	const size_t digits = strlen(text);
	unsigned found = 0;
	for (uint32_t i = 0; digits >= 4 && i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct node_case about;
		char hex[2 * ID_SHORT_BYTES + 1];
		if (node_doc_at(app->node, i, &kind, &id) || kind != SCHEMA_DOC_CASE)
			continue;
		ids_hex(hex, id.bytes, sizeof(id.bytes));
		if (strncmp(hex, text, digits) != 0 || !node_case(app->node, &id, &about) || about.is_over)
			continue;
		*out = id;
		found++;
	}
	if (found != 1)
		api_call_fail(call, found ? ERR_CONFLICT : ERR_NOTFOUND,
		        found ? "Several cases begin so: give more digits."
		              : "There is no such case here, or the consent to it has ended.");
	return found == 1;
}

static json_t *head_json(struct api_node *app, const struct record_id *id)
{
	struct crdt_doc *doc;
	struct node_case about;
	if (!node_case(app->node, id, &about) || about.is_over ||
	        node_doc(app->node, SCHEMA_DOC_CASE, id, &doc))
		return NULL;
	return record_json(doc, schema_kind(SCHEMA_CASE), id);
}

int api_get_cases(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *list = json_array();
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		json_t *head = node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_CASE
		        ? head_json(app, &id)
		        : NULL;
		if (head)
			json_array_append_new(list, head);
	}
	if (json_array_size(list))
		api_note(app, ACCESS_CASES, NULL, json_array_size(list));
	api_call_reply(call, 200, json_pack("{s:o}", "cases", list));
	return 0;
}

int api_get_case(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id;
	struct crdt_doc *doc;
	if (!case_or_reply(call, &id))
		return 0;
	json_t *head = head_json(app, &id);
	int result = node_doc(app->node, SCHEMA_DOC_CASE, &id, &doc);
	if (result || !head) {
		json_decref(head);
		return result ? result : ERR_NOTFOUND;
	}
	api_note(app, ACCESS_CASES, NULL, 1);
	api_call_reply(call, 200,
	        json_pack("{s:o, s:o, s:o}", "case", head, "problems",
	                api_parts_json(app, doc, schema_kind(SCHEMA_CASE_PROBLEM), EVENTS_MAX), "cares",
	                api_parts_json(app, doc, schema_kind(SCHEMA_CASE_CARE), EVENTS_MAX)));
	return 0;
}

int api_post_case_end(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id;
	if (!case_or_reply(call, &id))
		return 0;
	int result = node_end_case(app->node, &id, KEY_REASON_CASE);
	if (result == 0)
		result = node_end_cases(app->node);
	return result ? result : api_reply_durable(call, 200, json_object());
}
