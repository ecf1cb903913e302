/* Signing a dossier off: that it was reviewed as it stands (work/README.md, section 5). */
#include "crdt/base/err.h"
#include "crdt/nfc.h"
#include "node/api_conflicts.h"
#include "node/api_work.h"
#include "node/describe_parts.h"
#include "node/work/signoff.h"

/* ---- Showing ----------------------------------------------------------------------------------------------------- */

static void say(const struct signoff *signoff, json_t *json)
{
	const char *fr = "Le dossier est comme il a été validé.", *en = "The file is as it was signed off.";
	if (signoff->conflicts_since) {
		fr = "Validé avant l'arrivée de valeurs qui sont à départager.";
		en = "Signed off before values came that are to be settled.";
	} else if (signoff->conflicts_seen) {
		fr = "Validé bien que des valeurs fussent à départager.";
		en = "Signed off although values were to be settled.";
	} else if (signoff->is_replaced) {
		fr = "Une validation plus récente l'a vue.";
		en = "A later sign-off saw this one.";
	} else if (signoff->has_changed) {
		fr = "Le dossier a changé depuis.";
		en = "The file has changed since.";
	}
	json_object_set_new(json, "fr", json_string(fr));
	json_object_set_new(json, "en", json_string(en));
}

static json_t *signoff_json(struct api_node *app, const struct signoff *signoff)
{
	uint32_t feed;
	json_t *json = json_pack("{s:o, s:o, s:b, s:b, s:i, s:i}", "id",
	        api_hex(signoff->id.bytes, sizeof(signoff->id.bytes)), "at",
	        api_moment_ms((uint64_t)signoff->at_s * 1000), "stands", !signoff->is_replaced, "changed",
	        signoff->has_changed, "conflictsSince", (int)signoff->conflicts_since, "conflictsSeen",
	        (int)signoff->conflicts_seen);
	if (log_feed_number(node_log(app->node), &signoff->op.feed, &feed))
		json_object_set_new(json, "by",
		        describe_author(
		                app, feed, signoff->op.seq, signoff->hlc, api_clock_of(app, &signoff->op)));
	if (signoff->note.size)
		json_object_set_new(
		        json, "note", json_stringn((const char *)signoff->note.data, signoff->note.size));
	say(signoff, json);
	return json;
}

int api_get_signoffs(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct signoffs signoffs;
	struct record_id id;
	struct crdt_doc *doc;
	if (!api_patient_or_reply(call, &id, &doc))
		return 0;
	const struct digest_source source = api_digest_source(app, doc);
	json_t *list = json_array();
	signoffs_of(&source, &signoffs);
	for (uint32_t i = 0; i < signoffs.count; i++)
		json_array_append_new(list, signoff_json(app, &signoffs.items[i]));
	signoffs_close(&signoffs);
	api_note(app, ACCESS_RECORD, &id, 0);
	api_call_reply(call, 200, json_pack("{s:o}", "signoffs", list));
	return 0;
}

/* ---- Signing ----------------------------------------------------------------------------------------------------- */

/* The state is that of the document as the change begins; nothing comes in between. */
static int write_signoff(
        struct api_node *app, const struct record_id *patient, struct span note, struct record_id *id)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SIGN_OFF);
	struct record_edit edit = {.record = {.kind = kind}};
	struct crdt_frontier now = {0};
	struct buf state = {0};
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_DOSSIER, patient, &change);
	if (result)
		return result;
	env_random_bytes(app->env, edit.record.id.bytes, sizeof(edit.record.id.bytes));
	*id = edit.record.id;
	crdt_frontier_of(change.doc, &now);
	result = signoff_state_put(&now, &state);
	schema_put(&edit.record, schema_field_named(kind, span_text("at")))
	        ->number = (int64_t)(env_wall_ms(app->env) / 1000);
	schema_put(&edit.record, schema_field_named(kind, span_text("state")))->bytes = buf_span(&state);
	if (note.size)
		schema_put(&edit.record, schema_field_named(kind, span_text("note")))->bytes = note;
	if (result == 0)
		result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
	if (result)
		node_change_drop(&change);
	else
		result = node_change_finish(app->node, &change, NULL, NULL, NULL);
	crdt_frontier_close(&now);
	buf_close(&state);
	return result;
}

/* False: replied. */
static bool nothing_open(struct api_call *call, const struct record_id *patient, const struct crdt_doc *doc)
{
	struct api_node *app = api_node_of(call);
	if (!conflicts_any_safety(doc))
		return true;
	json_t *open = api_conflicts_of(app, doc, true);
	api_note(app, ACCESS_RECORD, patient, 0);
	api_call_fail_with(call, ERR_CONFLICT,
	        "Values that people wrote apart have to be settled first: releve conflicts list. Nothing was "
	        "signed.",
	        json_pack("{s:s, s:o}", "fr",
	                "Des valeurs saisies séparément doivent d'abord être départagées. Rien n'a été "
	                "validé.",
	                "fields", open));
	return false;
}

/* The remark, checked as any record's. False: replied. */
static bool read_note(struct api_call *call, struct buf *out)
{
	const struct schema_field *field = schema_field_named(
	        schema_kind(SCHEMA_SIGN_OFF), span_text("note"));
	const char *text;
	if (!api_optional_text(call, "note", &text))
		return false;
	if (crdt_text_nfc(span_text(text ? text : ""), out) == 0 && out->size <= (size_t)field->max)
		return true;
	api_call_fail(call, ERR_INVALID, "The remark is too long. Nothing was signed.");
	return false;
}

int api_post_signoff(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id, signoff;
	struct crdt_doc *doc;
	struct buf note = {0};
	int result = 0;
	if (!api_patient_or_reply(call, &id, &doc) || api_refused_record(call))
		return 0;
	if (node_early_of(app->node, &id)) {
		api_fail_unverified(call);
		return 0;
	}
	const bool goes_on = nothing_open(call, &id, doc) && read_note(call, &note);
	if (goes_on)
		result = write_signoff(app, &id, buf_span(&note), &signoff);
	buf_wipe(&note);
	if (result == ERR_TOOBIG)
		api_call_fail(
		        call, result, "This file has too many authors to be signed off. Nothing was signed.");
	if (!goes_on || result)
		return result == ERR_TOOBIG ? 0 : result;
	return api_reply_durable(
	        call, 201, json_pack("{s:o}", "id", api_hex(signoff.bytes, sizeof(signoff.bytes))));
}
