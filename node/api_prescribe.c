/*
 * A prescription with its lines, or the renewal of one with those that it had, in one change: both are there, or neither (node/medication).
 */
#include "node/api_form.h"
#include "node/api_patients.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/medication/medication.h"
#include "node/node_digest.h"

enum { LINES_MAX = 40 }; /* of one prescription; one change holds so many with room to spare */

/* ---- The lines of the former ------------------------------------------------------------------------------------- */

struct former {
	struct api_node *app;
	uint8_t id[SCHEMA_SHORT_BYTES];
	int64_t today;
	struct op_id ops[LINES_MAX]; /* of the versions to be written again */
	uint32_t count;
	bool is_here, is_cut;
};

/* Those that end with the prescription, and were not stopped. */
static void find_lines(struct former *former, const struct medication *medication)
{
	for (uint32_t i = 0; i < medication->line_count; i++) {
		const struct medication_line *root = &medication->lines[i];
		if (!medication_is_root(&root->version, i) || root->of == MEDICATION_NONE ||
		        memcmp(medication->prescriptions[root->of].head.id.bytes, former->id,
		                sizeof(former->id)) != 0)
			continue;
		former->is_here = true;
		if (medication_line(medication, i)->is_mistaken || root->interval.why != MEDICATION_OVER)
			continue;
		former->is_cut |= former->count == LINES_MAX;
		if (former->count < LINES_MAX)
			former->ops[former->count++] = medication_line(medication, i)->head.op;
	}
}

static void take_all(void *context, const struct digest_source *source)
{
	facts_of(source, medication_kinds, medication_kind_count, FACTS_ALL, medication_add, context);
}

/* In whichever of the patient's files the former stands. */
static int look_at_files(struct former *former, const struct patient_group *group)
{
	struct medication medication = {0};
	int result = 0;
	for (uint32_t i = 0; i < group->count && !result; i++)
		result = node_digest_look(former->app->node, &group->files[i], take_all, &medication);
	medication_derive(&medication);
	find_lines(former, &medication);
	medication_close(&medication);
	return result;
}

/* As it was written, without what was that prescription's alone. Owner decrefs. NULL: it cannot be read. */
static json_t *line_again(struct api_node *app, const struct op_id *op)
{
	static const char *const KEPT[] = {
	        "drug", "cip13", "dose", "schedule", "route", "ifNeeded", "maxPerDay", "note"};
	json_t *whole = api_event_json(app, op), *line = json_object();
	for (size_t i = 0; i < sizeof(KEPT) / sizeof(*KEPT); i++)
		if (json_object_get(whole, KEPT[i]))
			json_object_set(line, KEPT[i], json_object_get(whole, KEPT[i]));
	json_decref(whole);
	return line;
}

/* The lines of the prescription that is renewed. False: replied. */
static bool former_lines(struct api_call *call, const struct patient_group *group, json_t *lines)
{
	struct former former = {.app = api_node_of(call)};
	if (!api_short_id(api_text(api_call_json(call), "renews"), former.id))
		return true; /* none, or it is refused with the record */
	int result = look_at_files(&former, group);
	if (result || former.is_cut) {
		api_call_fail(call, result ? result : ERR_TOOBIG,
		        result ? NULL
		               : "The former prescription has more than 40 lines: give the lines. Nothing "
		                 "was "
		                 "saved.");
		return false;
	}
	for (uint32_t i = 0; i < former.count; i++)
		json_array_append_new(lines, line_again(former.app, &former.ops[i]));
	return true;
}

/* ---- Saving ------------------------------------------------------------------------------------------------------ */

static struct api_form_part *add_part(
        struct api_node *app, struct api_form *form, uint32_t kind, json_t *json)
{
	struct api_form_part *part = api_form_add(form);
	part->kind = schema_kind(kind);
	part->mode = SCHEMA_CHECK_NEW;
	part->json = json;
	env_random_bytes(app->env, part->id.bytes, sizeof(part->id.bytes));
	return part;
}

/* Each line is of this prescription, whatever it says itself. `lines` belongs to the caller. */
static int prescribe(struct api_call *call, const struct record_id *patient, json_t *lines)
{
	struct api_node *app = api_node_of(call);
	struct api_form form = {.doc_id = *patient, .status = 201};
	const struct record_id whole = add_part(app, &form, SCHEMA_PRESCRIPTION, api_call_json(call))->id;
	size_t index;
	json_t *line;
	json_array_foreach(lines, index, line)
	{
		json_object_set_new(line, "prescription", api_hex(whole.bytes, SCHEMA_SHORT_BYTES));
		struct api_form_part *part = add_part(app, &form, SCHEMA_PRESCRIPTION_LINE, line);
		snprintf(part->path, sizeof(part->path), "/lines/%zu", index);
	}
	int result = api_form_write(call, &form);
	api_form_close(&form);
	return result;
}

static bool are_lines(const json_t *given)
{
	size_t index;
	json_t *line;
	if (!json_is_array(given) || json_array_size(given) > LINES_MAX)
		return false;
	json_array_foreach((json_t *)(uintptr_t)given, index, line) if (!json_is_object(line)) return false;
	return true;
}

int api_post_prescription(struct api_call *call)
{
	struct patient_group group;
	json_t *given = json_incref(json_object_get(api_call_json(call), "lines")), *lines = json_array();
	int result = 0;
	json_object_del(api_call_json(call), "lines");
	if (given && !are_lines(given))
		api_call_fail(call, ERR_INVALID,
		        "\"lines\" is a list of at most 40 prescription lines. Nothing was saved.");
	else if (api_group_or_reply(call, &group) && (given || former_lines(call, &group, lines)))
		result = prescribe(call, &group.files[0], given ? given : lines);
	json_decref(given);
	json_decref(lines);
	return result;
}
