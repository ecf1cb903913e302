/*
 * A prescription with its lines, or the renewal of one with those that it had, in one change: both are there, or neither (node/medication).
 */
#include "node/api_node.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/medication/medication.h"
#include "node/medication/rules.h"
#include "node/node_digest.h"
#include "node/references.h"

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
static void find_lines(void *context, const struct digest_source *source)
{
	struct former *former = context;
	struct medication medication = {0};
	facts_of(source, medication_kinds, medication_kind_count, FACTS_ALL, medication_add, &medication);
	medication_derive(&medication);
	for (uint32_t i = 0; i < medication.line_count; i++) {
		const struct medication_line *root = &medication.lines[i];
		if (!medication_is_root(&root->version, i) || root->of == MEDICATION_NONE ||
		        !medication_names(&medication.prescriptions[root->of].head,
		                span_of(former->id, sizeof(former->id))))
			continue;
		former->is_here = true;
		if (medication_line(&medication, i)->is_mistaken || root->interval.why != MEDICATION_OVER)
			continue;
		former->is_cut |= former->count == LINES_MAX;
		if (former->count < LINES_MAX)
			former->ops[former->count++] = medication_line(&medication, i)->head.op;
	}
	medication_close(&medication);
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
static bool former_lines(struct api_call *call, const struct record_id *patient, json_t *lines)
{
	struct former former = {.app = api_node_of(call)};
	if (!api_short_id(api_text(api_call_json(call), "renews"), former.id))
		return true; /* none, or it is refused with the record */
	int result = node_digest_look(former.app->node, patient, find_lines, &former);
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

struct prescribing {
	struct arena arena;
	struct record_edit *edits; /* the prescription, then its lines */
	uint32_t count;
	struct schema_report report;
};

static void read_record(struct api_node *app, struct prescribing *all, uint32_t kind, const json_t *json)
{
	struct record_edit *edit = &all->edits[all->count++];
	edit->record.kind = schema_kind(kind);
	env_random_bytes(app->env, edit->record.id.bytes, sizeof(edit->record.id.bytes));
	record_from_json(json, SCHEMA_CHECK_NEW, &all->arena, edit, &all->report);
	medication_rules_check(edit, false, &all->report);
}

/* Each line is of this prescription, whatever it says itself. */
static void read_lines(struct api_node *app, struct prescribing *all, const json_t *lines)
{
	size_t index;
	json_t *line;
	json_array_foreach((json_t *)(uintptr_t)lines, index, line)
	{
		json_t *own = json_is_object(line) ? json_copy(line) : json_object();
		json_object_set_new(
		        own, "prescription", api_hex(all->edits[0].record.id.bytes, SCHEMA_SHORT_BYTES));
		read_record(app, all, SCHEMA_PRESCRIPTION_LINE, own);
		json_decref(own);
	}
}

static int write_all(struct api_node *app, struct prescribing *all, const struct record_id *patient)
{
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_DOSSIER, patient, &change);
	if (result)
		return result;
	references_check(change.doc, &all->edits[0], &all->report);
	result = all->report.error_count ? ERR_INVALID : 0;
	for (uint32_t i = 0; !result && i < all->count; i++)
		result = record_write(
		        change.doc, &change.builder, &all->edits[i], NULL, (struct span){NULL, 0});
	if (result) {
		node_change_drop(&change);
		return result;
	}
	return node_change_finish(app->node, &change, NULL, NULL, NULL);
}

static json_t *saved_json(const struct api_node *app, const struct prescribing *all)
{
	json_t *lines = json_array();
	for (uint32_t i = 1; i < all->count; i++)
		json_array_append_new(lines, api_hex(all->edits[i].record.id.bytes, ID_SHORT_BYTES));
	return json_pack("{s:o, s:o, s:o}", "id", api_hex(all->edits[0].record.id.bytes, ID_SHORT_BYTES),
	        "lines", lines, "warnings", api_warnings(app, &all->report));
}

/* `lines` belongs to the caller. */
static int prescribe(struct api_call *call, const struct record_id *patient, const json_t *lines)
{
	struct api_node *app = api_node_of(call);
	struct prescribing all = {.edits = mem_zero(1 + json_array_size(lines), sizeof(*all.edits))};
	read_record(app, &all, SCHEMA_PRESCRIPTION, api_call_json(call));
	read_lines(app, &all, lines);
	int result = all.report.error_count ? ERR_INVALID : write_all(app, &all, patient);
	if (all.report.error_count)
		result = api_refuse_record(call, &all.report);
	else if (result < 0 && api_replied_unwritten(call, result))
		result = 0;
	else if (!result)
		result = api_reply_durable(call, 201, saved_json(app, &all));
	arena_close(&all.arena);
	mem_free(all.edits);
	return result;
}

int api_post_prescription(struct api_call *call)
{
	struct record_id patient;
	json_t *given = json_incref(json_object_get(api_call_json(call), "lines")), *lines = json_array();
	int result = 0;
	json_object_del(api_call_json(call), "lines");
	if (!api_patient_or_reply(call, &patient, NULL) || api_refused_record(call)) {
		result = 0; /* replied */
	} else if (given && (!json_is_array(given) || json_array_size(given) > LINES_MAX)) {
		api_call_fail(call, ERR_INVALID,
		        "\"lines\" is a list of at most 40 prescription lines. Nothing was saved.");
	} else if (given || former_lines(call, &patient, lines)) {
		result = prescribe(call, &patient, given ? given : lines);
	}
	json_decref(given);
	json_decref(lines);
	return result;
}
