/*
 * Settling what two people wrote apart: an ordinary signed write that cites the values that were seen (schema/README.md, section 2).
 *
 * Whoever settles names every value that she saw. One that came meanwhile is not passed over: the request is refused (409) with what is new, and nothing is changed.
 * A value that comes later, from somebody who did not know of the choice, stands beside it again. Undoing is POST /api/undo of the entry that this replies with.
 */
#include "crdt/base/err.h"
#include "crdt/doc_write.h"
#include "node/api_conflicts.h"

/* What the values are now, as the reply to who saw something else. */
static void refuse_with(struct api_call *call, const struct crdt_doc *doc,
        const struct api_conflict_place *place, const struct crdt_values *values, const char *en,
        const char *fr)
{
	struct api_node *app = api_node_of(call);
	const json_t *saw = json_object_get(api_call_json(call), "saw");
	json_t *now = api_conflict_values(app, doc, place->field, values), *new_ones = json_array();
	for (uint32_t i = 0; i < values->count; i++)
		if (!api_conflict_saw(saw, &values->items[i].op))
			json_array_append(new_ones, json_array_get(now, i));
	if (place->doc_kind == SCHEMA_DOC_DOSSIER)
		api_note(app, ACCESS_RECORD, &place->doc_id, 0);
	api_call_fail_with(call, ERR_CONFLICT, en,
	        json_pack("{s:s, s:o, s:o}", "fr", fr, "new", new_ones, "values", now));
}

/* All that lives was seen, and there is something to settle. False: replied. */
static bool saw_it_all(struct api_call *call, const struct crdt_doc *doc,
        const struct api_conflict_place *place, const struct crdt_values *values, bool is_open)
{
	const json_t *saw = json_object_get(api_call_json(call), "saw");
	bool all = true;
	for (uint32_t i = 0; i < values->count; i++)
		all &= api_conflict_saw(saw, &values->items[i].op);
	if (!is_open)
		refuse_with(call, doc, place, values,
		        "This is settled already: see what stands there now. Nothing was changed.",
		        "C'est déjà départagé : voyez ce qui est écrit maintenant. Rien n'a été changé.");
	else if (!all)
		refuse_with(call, doc, place, values,
		        "Another value came meanwhile: look at it, then decide. Nothing was changed.",
		        "Une autre valeur est arrivée entre-temps : regardez-la, puis décidez. Rien n'a été "
		        "changé.");
	return is_open && all;
}

/* The chosen value, copied: beginning a change moves the document. False: replied. */
static bool chosen_value(struct api_call *call, const struct crdt_values *values, struct buf *out)
{
	const json_t *choose = json_object_get(api_call_json(call), "choose");
	json_t *one = json_pack("[O]", choose);
	bool found = false;
	for (uint32_t i = 0; !found && i < values->count; i++) {
		found = api_conflict_saw(one, &values->items[i].op);
		if (found)
			buf_add_span(out, values->items[i].value);
	}
	json_decref(one);
	if (!found)
		api_call_fail(call, ERR_INVALID,
		        "\"choose\" names one of the values, by its \"op\". Nothing was changed.");
	return found;
}

static int write_choice(struct api_call *call, const struct api_conflict_place *place, struct span value)
{
	struct api_node *app = api_node_of(call);
	const char *reason = api_text(api_call_json(call), "reason");
	struct node_change change;
	struct crdt_path path;
	struct entry_ref written;
	int result = node_change_begin(app->node, place->doc_kind, &place->doc_id, &change);
	if (result)
		return result;
	record_path(place->kind, &place->id, place->field->number, &path);
	result = crdt_doc_set(
	        change.doc, &change.builder, crdt_path_span(&path), value, span_text(reason ? reason : ""));
	if (result) {
		node_change_drop(&change);
		return result;
	}
	result = node_change_finish(app->node, &change, &written, NULL, NULL);
	if (result == ERR_UNVERIFIED)
		api_fail_unverified(call);
	if (result)
		return result == ERR_UNVERIFIED ? 0 : result;
	return api_reply_durable(call, 200,
	        json_pack("{s:b, s:{s:s, s:o}, s:o, s:I}", "settled", 1, "document", "kind",
	                schema_doc(place->doc_kind)->name, "id",
	                api_hex(place->doc_id.bytes, sizeof(place->doc_id.bytes)), "feed",
	                api_hex(written.feed.bytes, sizeof(written.feed.bytes)), "seq",
	                (json_int_t)written.seq));
}

/* None of the values: another one, or none at all. It is checked like any edit. */
static int write_other(struct api_call *call, const struct api_conflict_place *place)
{
	json_t *json = api_call_json(call), *value = json_incref(json_object_get(json, "value")),
	       *reason = json_incref(json_object_get(json, "reason"));
	json_object_clear(json);
	json_object_set_new(json, place->field->name, value);
	if (reason)
		json_object_set_new(json, "reason", reason);
	return api_write_record(call, place->kind, &place->doc_id, &place->id, SCHEMA_CHECK_EDIT, NULL);
}

/* False: replied. */
static bool is_whole(struct api_call *call, const struct api_conflict_place *place)
{
	const json_t *json = api_call_json(call);
	const char *reason, *wrong = NULL;
	if (!api_optional_text(call, "reason", &reason))
		return false;
	if (!json_is_array(json_object_get(json, "saw")))
		wrong = "\"saw\" lists the values that you saw, each by its \"op\". Nothing was changed.";
	else if (!json_object_get(json, "choose") == !json_object_get(json, "value"))
		wrong = "Give either \"choose\", one of the values, or \"value\", another one. Nothing was "
		        "changed.";
	else if (place->field->class == SCHEMA_SAFETY && (!reason || !*reason))
		wrong = "A reason is needed to settle this (--reason, or \"reason\"). Nothing was changed.";
	if (wrong)
		api_call_fail(call, ERR_INVALID, wrong);
	return !wrong;
}

static int settle(struct api_call *call, const struct api_conflict_place *place, const struct crdt_doc *doc)
{
	struct crdt_values values = {0};
	struct crdt_path path;
	struct conflict conflict;
	struct buf chosen = {0};
	int result = 0;
	const bool is_open = conflicts_at(
	        doc, place->kind, &place->id, place->field, &path, &values, &conflict);
	bool goes_on = saw_it_all(call, doc, place, &values, is_open);
	const bool is_choice = json_object_get(api_call_json(call), "choose") != NULL;
	if (goes_on && is_choice)
		goes_on = chosen_value(call, &values, &chosen);
	crdt_values_close(&values);
	if (goes_on)
		result = is_choice ? write_choice(call, place, buf_span(&chosen)) : write_other(call, place);
	buf_close(&chosen);
	return result;
}

int api_post_resolve(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct api_conflict_place place;
	struct crdt_doc *doc;
	if (!api_conflict_place(api_text(api_call_json(call), "place"), &place) ||
	        node_doc(app->node, place.doc_kind, &place.doc_id, &doc)) {
		api_call_fail(call, ERR_NOTFOUND,
		        "\"place\" says where the values stand, as GET /api/conflicts has it: there is "
		        "nothing. Nothing was changed.");
		return 0;
	}
	return is_whole(call, &place) ? settle(call, &place, doc) : 0;
}
