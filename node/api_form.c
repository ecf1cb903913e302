/* Writing what a request says: checked as a whole, written as one change, answered when it is durable. */
#include "node/api_form.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/api_medication.h"
#include "node/api_patients.h"
#include "node/api_planned.h"
#include "node/api_times.h"
#include "node/api_wounds.h"
#include "node/medication/rules.h"
#include "node/omaha_rules.h"
#include "node/patient/identity.h"
#include "node/references.h"
#include "node/visit/rules.h"
#include "node/vitals/rules.h"

struct api_form_part *api_form_add(struct api_form *form)
{
	if (form->count == LIMIT_FORM_RECORDS)
		return NULL;
	form->parts = mem_resize(form->parts, form->count + 1, sizeof(*form->parts));
	form->parts[form->count] = (struct api_form_part){0};
	return &form->parts[form->count++];
}

void api_form_close(struct api_form *form)
{
	mem_free(form->parts);
	*form = (struct api_form){0};
}

/* ---- What is wrong with it ---- */

static json_t *problems_of(const struct schema_report *report, const char *path, bool errors)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < report->count; i++) {
		const struct schema_problem *problem = &report->problems[i];
		struct buf fr = {0}, en = {0};
		if ((problem->code < SCHEMA_PROBLEM_WARNINGS) != errors)
			continue;
		schema_problem_sentence(problem, SCHEMA_FR, &fr);
		schema_problem_sentence(problem, SCHEMA_EN, &en);
		json_array_append_new(list,
		        json_pack("{s:s?, s:i, s:s%, s:s%, s:s*}", "field",
		                problem->field ? problem->field->name : NULL, "number", (int)problem->code,
		                "fr", (const char *)fr.data, fr.size, "en", (const char *)en.data, en.size,
		                "path", *path ? path : NULL));
		buf_close(&fr);
		buf_close(&en);
	}
	return list;
}

static void refuse(struct api_call *call, json_t *problems)
{
	const char *first = api_text(json_array_get(problems, 0), "en");
	char sentence[256];
	snprintf(sentence, sizeof(sentence), "%s", first ? first : err_sentence(ERR_INVALID));
	api_call_fail_with(call, ERR_INVALID, sentence, json_pack("{s:o}", "problems", problems));
}

int api_refuse_record(struct api_call *call, const struct schema_report *report)
{
	refuse(call, problems_of(report, "", true));
	return 0;
}

static json_t *all_problems(const struct api_form *form, bool errors)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < form->count; i++) {
		json_t *of_one = problems_of(&form->parts[i].report, form->parts[i].path, errors);
		json_array_extend(list, of_one);
		json_decref(of_one);
	}
	return list;
}

static bool has_errors(const struct api_form *form)
{
	for (uint32_t i = 0; i < form->count; i++)
		if (form->parts[i].report.error_count)
			return true;
	return false;
}

static json_t *room_warning(void)
{
	return json_pack("{s:n, s:i, s:s, s:s}", "field", "number", 0, "fr",
	        "La base de données est pleine à plus de 60 % : à 70 %, elle ne prendra plus de "
	        "nouvelles données.",
	        "en", "The database is more than 60 % full: at 70 % it will take no new records.");
}

static bool replied_unwritten(struct api_call *call, int result)
{
	if (result == ERR_LOCKED)
		api_call_fail_with(call, result,
		        "This device has no key to write here now: it comes at the next meeting with a "
		        "nurse's device that manages the team. Nothing was saved; a visit that is running "
		        "goes on.",
		        json_pack("{s:s}", "fr",
		                "Cet appareil n'a pas de clé pour écrire ici : elle viendra à la prochaine "
		                "rencontre avec l'appareil d'une infirmière qui gère l'équipe. Rien n'a été "
		                "enregistré ; une visite en cours continue."));
	else if (result == ERR_UNVERIFIED)
		api_fail_unverified(call);
	return result == ERR_LOCKED || result == ERR_UNVERIFIED;
}

/* ---- Writing ---- */

static void read_parts(struct api_node *app, struct api_form *form, struct arena *arena)
{
	for (uint32_t i = 0; i < form->count; i++) {
		struct api_form_part *part = &form->parts[i];
		part->edit.record.kind = part->kind;
		part->edit.record.id = part->id;
		omaha_rules_preset(part->kind, part->json);
		visit_rules_preset(part->kind, part->json);
		api_consent_preset(app, &form->doc_id, part->kind, part->json, &part->report);
		if (record_from_json(part->json, part->mode, arena, &part->edit, &part->report) == 0)
			visit_rules_check(&part->edit, &part->report);
	}
}

/* Before the change begins: what is read meanwhile takes the documents' place. */
static void warn(struct api_node *app, struct api_form *form)
{
	for (uint32_t i = 0; !has_errors(form) && i < form->count; i++) {
		struct api_form_part *part = &form->parts[i];
		if (api_time_overlaps(app, &part->edit.record))
			schema_report_add(&part->report, SCHEMA_PROBLEM_OVERLAP,
			        schema_field_named(part->kind, span_text("start")));
		api_dose_warn(app, &form->doc_id, &part->edit.record, part->corrects, &part->report);
	}
}

/* What is new goes to the file of the patient that holds what it refers to; what changes or corrects something, to where that stands, which the caller
 * says. */
static void find_home(struct api_call *call, struct api_form *form, struct patient_group *group)
{
	const struct schema_record *records[LIMIT_FORM_RECORDS];
	const struct schema_kind *kind = form->parts[0].kind;
	bool is_new = true;
	*group = (struct patient_group){.count = 1, .files = {form->doc_id}};
	if (kind->doc != SCHEMA_DOC_DOSSIER || api_call_query(call, "alone"))
		return;
	api_group_of(api_node_of(call), &form->doc_id, group);
	for (uint32_t i = 0; i < form->count; i++) {
		records[i] = &form->parts[i].edit.record;
		is_new &= form->parts[i].mode == SCHEMA_CHECK_NEW && !form->parts[i].corrects;
	}
	if (group->count > 1 && is_new && kind->shape != SCHEMA_ONE)
		form->doc_id = api_group_home(api_node_of(call), group, records, form->count);
}

static bool has_reason(const struct api_form_part *part)
{
	const char *reason = api_text(part->json, "reason");
	return reason && *reason;
}

static void check_parts(struct api_node *app, struct api_form *form, const struct crdt_doc *doc,
        const struct patient_group *group, struct arena *arena)
{
	const struct schema_kind *kinds[LIMIT_FORM_RECORDS];
	struct record_id ids[LIMIT_FORM_RECORDS];
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	struct references_others others = {kinds, ids, form->count, docs, 0};
	others.doc_count = group->count > 1 ? api_group_docs(app, group, docs) : 0;
	for (uint32_t i = 0; i < form->count; i++) {
		kinds[i] = form->parts[i].kind;
		ids[i] = form->parts[i].id;
	}
	for (uint32_t i = 0; i < form->count; i++) {
		struct api_form_part *part = &form->parts[i];
		identity_preset(doc, &part->edit);
		references_check_among(doc, &others, &part->edit, &part->report);
		identity_check(doc, &part->edit, has_reason(part), &part->report);
		omaha_rules_check(doc, &part->edit, arena, &part->report);
		medication_rules_check(&part->edit, part->corrects != NULL, &part->report);
		vitals_rules_check(doc, &part->edit, &part->report);
	}
}

/* RECORD_UNCHANGED when nothing of it had to be written. */
static int write_parts(struct api_form *form, struct node_change *change)
{
	int all = RECORD_UNCHANGED;
	for (uint32_t i = 0; i < form->count; i++) {
		const struct api_form_part *part = &form->parts[i];
		const char *reason = api_text(part->json, "reason");
		int result = record_write(change->doc, &change->builder, &part->edit, part->corrects,
		        reason ? span_text(reason) : (struct span){NULL, 0});
		if (result < 0)
			return result;
		all = result ? all : 0;
	}
	return all;
}

/* 0, RECORD_UNCHANGED, or an error. Errors in the parts' reports: nothing was written. */
static int write_form(
        struct api_node *app, struct api_form *form, const struct patient_group *group, struct arena *arena)
{
	struct node_change change;
	int result = node_change_begin(app->node, form->parts[0].kind->doc, &form->doc_id, &change);
	if (result)
		return result;
	check_parts(app, form, change.doc, group, arena);
	result = has_errors(form) ? ERR_INVALID : write_parts(form, &change);
	if (result) {
		node_change_drop(&change);
		return result;
	}
	return node_change_finish(app->node, &change, NULL, NULL, NULL);
}

static json_t *reply_body(struct api_node *app, const struct api_form *form, bool is_changed)
{
	json_t *warnings = all_problems(form, false), *records = json_array();
	if (api_room(app) == STORE_ROOM_WARN)
		json_array_append_new(warnings, room_warning());
	for (uint32_t i = 0; i < form->count; i++)
		json_array_append_new(records,
		        json_pack("{s:s, s:o}", "kind", form->parts[i].kind->name, "id",
		                api_hex(form->parts[i].id.bytes, ID_SHORT_BYTES)));
	return json_pack("{s:o, s:s, s:b, s:o, s:o}", "id", api_hex(form->parts[0].id.bytes, ID_SHORT_BYTES),
	        "kind", form->parts[0].kind->name, "changed", is_changed, "warnings", warnings, "records",
	        records);
}

/* The reply to what could not be written. */
static int say_failure(struct api_call *call, const struct api_form *form, int result)
{
	if (has_errors(form)) {
		refuse(call, all_problems(form, true));
	} else if (replied_unwritten(call, result)) {
		return 0;
	} else if (result == ERR_INVALID) {
		api_call_fail_with(call, result,
		        "A reason is needed to change or remove this (--reason, or \"reason\").",
		        json_pack("{s:s}", "fr", "Il faut un motif pour changer ou retirer ceci."));
	} else {
		return result;
	}
	return 0;
}

static int write_whole(struct api_call *call, struct api_form *form)
{
	struct api_node *app = api_node_of(call);
	struct arena arena = {0};
	if (form->parts[0].mode == SCHEMA_CHECK_NEW && api_refused_record(call))
		return 0;
	struct patient_group group;
	read_parts(app, form, &arena);
	warn(app, form);
	find_home(call, form, &group);
	int result = has_errors(form) ? ERR_INVALID : write_form(app, form, &group, &arena);
	arena_close(&arena);
	if (result < 0)
		return say_failure(call, form, result);
	if (form->written)
		form->written(call, form->context);
	json_t *body = reply_body(app, form, result != RECORD_UNCHANGED);
	if (group.count > 1)
		json_object_set_new(body, "dossier", api_hex(form->doc_id.bytes, ID_SHORT_BYTES));
	return api_reply_durable(call, form->status, body);
}

int api_form_write(struct api_call *call, struct api_form *form)
{
	json_t *planned;
	if (!api_planned_add(call, form, &planned))
		return 0;
	api_plan_keep_former(api_node_of(call), form);
	const int result = write_whole(call, form);
	json_decref(planned);
	return result;
}

int api_write_record(struct api_call *call, const struct schema_kind *kind, const struct record_id *doc_id,
        const struct record_id *id, enum schema_check_mode mode, const struct op_id *corrects)
{
	struct api_form form = {.doc_id = *doc_id, .status = id ? 200 : 201};
	struct api_form_part *part = api_form_add(&form);
	part->kind = kind;
	part->mode = mode;
	part->corrects = corrects;
	part->json = api_call_json(call);
	if (id)
		part->id = *id;
	else
		env_random_bytes(api_node_of(call)->env, part->id.bytes, sizeof(part->id.bytes));
	int result = api_form_write(call, &form);
	api_form_close(&form);
	return result;
}

bool api_check_record(struct api_call *call, const struct schema_kind *kind, const json_t *object,
        const struct crdt_doc *doc)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = kind}};
	struct schema_report report = {0};
	if (record_from_json(object, SCHEMA_CHECK_NEW, &arena, &edit, &report) == 0)
		references_check(doc, &edit, &report);
	arena_close(&arena);
	if (report.error_count)
		api_refuse_record(call, &report);
	return report.error_count == 0;
}
