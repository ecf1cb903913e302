/* A draft becomes records: a form that is one change, and with it what is left of the draft (visit/README.md, section 2). */
#include "node/api_drafts.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "node/api_form.h"
#include "node/api_patients.h"
#include "node/api_running.h"
#include "node/api_transmissions.h"
#include "node/schema/moment.h"
#include "node/visit/draft.h"

/* What is left of the draft. */
struct ending {
	uint32_t place;
	const json_t *draft;
};

/* Should even this find no room in the batch, the record's id tells that it was saved (api_draft_is_saved). */
static void end_draft(struct api_call *call, void *context)
{
	const struct ending *ending = context;
	struct api_node *app = api_node_of(call);
	json_t *now = api_now(app), *ended = draft_ended(ending->draft, "saved", now);
	(void)api_draft_put(app, ending->place, ended);
	json_decref(ended);
	json_decref(now);
}

/* The event that a correction in a draft names. False: replied. */
static bool find_corrected(
        struct api_call *call, const struct crdt_doc *doc, struct api_form_part *part, struct op_id *op)
{
	const char *cited = api_text(part->json, "visit");
	struct record_id id;
	struct crdt_event event;
	if (part->kind->number != SCHEMA_VISIT_AMENDMENT)
		return api_corrected_by(call, part->json, doc, part->kind, op, &part->corrects);
	if (!cited || !doc || strlen(cited) != 2 * ID_SHORT_BYTES ||
	        !ids_from_hex(id.bytes, ID_SHORT_BYTES, cited) ||
	        !api_find_event(doc, SCHEMA_VISIT, &id, &event)) {
		api_call_fail(call, ERR_NOTFOUND, "This patient has no such visit here: give its whole id.");
		return false;
	}
	*op = event.op;
	part->corrects = op;
	return true;
}

/* A record that goes along: what it leaves unsaid is the visit's. False: replied. */
static bool add_with(struct api_call *call, struct api_form *form, const struct schema_kind *kind,
        const json_t *item, const char *path, json_t *copies)
{
	struct api_node *app = api_node_of(call);
	const struct api_form_part *main = &form->parts[0];
	json_t *json = json_deep_copy(item), *end = json_object_get(main->json, "end");
	const bool is_visit = main->kind->number == SCHEMA_VISIT;
	const struct record_id visit = main->id;
	const char *id = api_text(json, "id");
	json_array_append_new(copies, json);
	if (is_visit && schema_field_named(kind, span_text("visit")) && !json_object_get(json, "visit"))
		json_object_set_new(json, "visit", api_hex(visit.bytes, ID_SHORT_BYTES));
	if (is_visit && end && schema_field_named(kind, span_text("at")) && !json_object_get(json, "at"))
		json_object_set(json, "at", end);
	api_preset_record(app, kind, json);
	struct api_form_part *part = api_form_add(form);
	if (!part) {
		api_call_fail(call, ERR_TOOBIG, "These are too many records at once. Nothing was saved.");
		return false;
	}
	part->kind = kind;
	part->mode = SCHEMA_CHECK_NEW;
	part->json = json;
	snprintf(part->path, sizeof(part->path), "%s", path);
	env_random_bytes(app->env, part->id.bytes, sizeof(part->id.bytes));
	if (!json_object_get(json, "id") ||
	        (id && strlen(id) == 2 * ID_SHORT_BYTES && ids_from_hex(part->id.bytes, ID_SHORT_BYTES, id)))
		return true;
	api_call_fail(call, ERR_INVALID, "An \"id\" has 32 hexadecimal digits. Nothing was saved.");
	return false;
}

static bool add_all_with(struct api_call *call, struct api_form *form, const json_t *with, json_t *copies)
{
	const char *name;
	json_t *list, *item;
	size_t index;
	json_object_foreach((json_t *)(uintptr_t)with, name, list)
	{
		const struct schema_kind *kind = schema_kind_named(span_text(name));
		if (!kind || kind->doc != form->parts[0].kind->doc || kind->shape == SCHEMA_ONE ||
		        kind->is_made || kind->is_correction || !json_is_array(list)) {
			api_call_fail(call, ERR_INVALID,
			        "\"with\" holds lists of records of the same dossier, by their kinds. "
			        "Nothing was "
			        "saved.");
			return false;
		}
		json_array_foreach(list, index, item)
		{
			char path[64];
			snprintf(path, sizeof(path), "/with/%s/%zu", name, index);
			if (!json_is_object(item)) {
				api_call_fail(call, ERR_INVALID, "A record is an object. Nothing was saved.");
				return false;
			}
			if (!add_with(call, form, kind, item, path, copies))
				return false;
		}
	}
	return true;
}

/* Lists of both. */
static json_t *with_of(const json_t *draft, const json_t *request)
{
	const json_t *given = json_object_get(request, "with");
	json_t *all = json_deep_copy(json_object_get(draft, "with")), *list;
	const char *name;
	if (!json_is_object(given))
		return all;
	if (!all)
		all = json_object();
	json_object_foreach((json_t *)(uintptr_t)given, name, list)
	{
		json_t *there = json_object_get(all, name);
		if (there)
			json_array_extend(there, list);
		else
			json_object_set_new(all, name, json_deep_copy(list));
	}
	return all;
}

/* The main record's fields: the draft's, under what the request gives. Owner decrefs. */
static json_t *values_of(const json_t *draft, const json_t *request)
{
	json_t *values = json_deep_copy(json_object_get(draft, "values"));
	json_object_update(values, (json_t *)(uintptr_t)request);
	json_object_del(values, "with");
	json_object_del(values, "id");
	return values;
}

/* The whole id of the record that it changes or corrects; NULL: it is new. */
static const char *meant_by(const json_t *draft, const struct api_form_part *main)
{
	if (json_object_get(draft, "record"))
		return main->kind->shape == SCHEMA_ONE ? NULL : api_text(draft, "id");
	return api_text(main->json, main->kind->number == SCHEMA_VISIT_AMENDMENT ? "visit" : "corrects");
}

static int save_form(struct api_call *call, struct api_form *form, const json_t *draft, const json_t *with,
        struct ending *ending, json_t *copies)
{
	struct api_form_part *main = &form->parts[0];
	const char *in = api_text(draft, "in");
	struct api_place place = {0};
	struct op_id op;
	if (!ids_from_hex(main->id.bytes, ID_SHORT_BYTES, api_text(draft, "id")))
		return ERR_CORRUPT;
	form->doc_id = main->id;
	if (main->kind->number == SCHEMA_PATIENT && !in && api_refused_duplicate_of(call, main->json))
		return 0;
	if (main->kind->shape != SCHEMA_ONE || in) {
		if (!api_find_place(call, main->kind, in, &place) ||
		        !api_find_file(call, &place, meant_by(draft, main)))
			return 0;
		form->doc_id = place.doc_id;
	}
	if (json_object_get(draft, "record"))
		main->mode = SCHEMA_CHECK_EDIT;
	else if (!find_corrected(call, place.doc, main, &op))
		return 0;
	if (main->kind->number == SCHEMA_VISIT_AMENDMENT)
		main->mode = SCHEMA_CHECK_EDIT;
	else if (main->mode == SCHEMA_CHECK_NEW)
		api_preset_record(api_node_of(call), main->kind, main->json);
	if (main->kind->number == SCHEMA_REPLY && place.doc)
		api_preset_reply(api_node_of(call), place.doc, main->json);
	if (strcmp(api_text(draft, "key"), DRAFT_VISIT_KEY) == 0 && !api_visit_times(call, draft, main->json))
		return 0;
	if (!add_all_with(call, form, with, copies))
		return 0;
	form->written = end_draft;
	form->context = ending;
	return api_form_write(call, form);
}

int api_draft_save(struct api_call *call, uint32_t place, const json_t *draft, const json_t *request)
{
	struct api_form form = {.status = 200};
	struct ending ending = {place, draft};
	json_t *with = with_of(draft, request), *copies = json_array(), *values = values_of(draft, request);
	struct api_form_part *main = api_form_add(&form);
	int result = ERR_INVALID;
	main->kind = schema_kind_named(span_text(api_text(draft, "kind")));
	main->mode = SCHEMA_CHECK_NEW;
	main->json = values;
	if (main->kind)
		result = save_form(call, &form, draft, with, &ending, copies);
	api_form_close(&form);
	json_decref(values);
	json_decref(copies);
	json_decref(with);
	return result;
}
