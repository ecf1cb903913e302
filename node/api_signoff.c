/* Signing a patient's file off: that it was reviewed as it stands (work/README.md, section 5). Of a patient with several files all are signed, under one id. */
#include "node/api_patients.h"

#include <stdlib.h>

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

/* One sign-off, as each file of the patient has it. */
struct shown {
	struct signoff signoff; /* of them together; the note borrows */
	uint32_t files;
};

struct showing {
	struct signoffs of_file[LIMIT_JOINED_FILES];
	struct shown items[LIMIT_JOINED_FILES * SIGNOFF_SHOWN_MAX];
	uint32_t count;
};

/* The same id in another file: one person said it once of all. */
static void add_signoff(struct showing *showing, const struct signoff *signoff)
{
	uint32_t at = 0;
	while (at < showing->count &&
	        !(record_id_eq(&showing->items[at].signoff.id, &signoff->id) &&
	                feed_id_eq(&showing->items[at].signoff.op.feed, &signoff->op.feed)))
		at++;
	struct shown *shown = &showing->items[at];
	shown->files++;
	if (at == showing->count) {
		showing->count++;
		shown->signoff = *signoff;
		return;
	}
	shown->signoff.is_replaced &= signoff->is_replaced;
	shown->signoff.has_changed |= signoff->has_changed;
	shown->signoff.conflicts_since += signoff->conflicts_since;
	shown->signoff.conflicts_seen += signoff->conflicts_seen;
}

static int newest_first(const void *left, const void *right)
{
	const struct signoff *a = &((const struct shown *)left)->signoff,
	                     *b = &((const struct shown *)right)->signoff;
	if (a->hlc != b->hlc)
		return a->hlc > b->hlc ? -1 : 1;
	return op_id_cmp(&b->op, &a->op);
}

/* What was signed of some files alone was not signed of the patient: another file was joined since. */
static json_t *signoffs_json(struct api_node *app, const struct patient_group *group)
{
	struct showing *showing = mem_zero(1, sizeof(*showing));
	json_t *list = json_array();
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc))
			continue;
		const struct digest_source source = api_digest_source(app, doc);
		signoffs_of(&source, &showing->of_file[i]);
		for (uint32_t j = 0; j < showing->of_file[i].count; j++)
			add_signoff(showing, &showing->of_file[i].items[j]);
	}
	if (showing->count)
		qsort(showing->items, showing->count, sizeof(*showing->items), newest_first);
	for (uint32_t i = 0; i < showing->count && i < SIGNOFF_SHOWN_MAX; i++) {
		struct shown *shown = &showing->items[i];
		shown->signoff.has_changed |= shown->files < group->count;
		json_array_append_new(list, signoff_json(app, &shown->signoff));
	}
	for (uint32_t i = 0; i < group->count; i++)
		signoffs_close(&showing->of_file[i]);
	mem_free(showing);
	return list;
}

int api_get_signoffs(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	api_note_group(app, &group);
	api_call_reply(call, 200, json_pack("{s:o}", "signoffs", signoffs_json(app, &group)));
	return 0;
}

/* ---- Signing ----------------------------------------------------------------------------------------------------- */

/* What is signed of one file: its state now, as no other call comes in between. */
static int state_of(struct api_node *app, const struct record_id *file, struct buf *out)
{
	struct crdt_frontier now = {0};
	struct crdt_doc *doc;
	int result = node_doc(app->node, SCHEMA_DOC_DOSSIER, file, &doc);
	if (result)
		return result;
	crdt_frontier_of(doc, &now);
	result = signoff_state_put(&now, out);
	crdt_frontier_close(&now);
	return result;
}

static int write_one(struct api_node *app, const struct record_id *file, const struct record_id *id,
        struct span state, struct span note)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_SIGN_OFF);
	struct record_edit edit = {.record = {.kind = kind, .id = *id}};
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_DOSSIER, file, &change);
	if (result)
		return result;
	schema_put(&edit.record, schema_field_named(kind, span_text("at")))
	        ->number = (int64_t)(env_wall_ms(app->env) / 1000);
	schema_put(&edit.record, schema_field_named(kind, span_text("state")))->bytes = state;
	if (note.size)
		schema_put(&edit.record, schema_field_named(kind, span_text("note")))->bytes = note;
	result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
	if (!result)
		return node_change_finish(app->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

/* All files, or none: every state is made before the first is written. */
static int write_signoff(
        struct api_node *app, const struct patient_group *group, struct span note, struct record_id *id)
{
	struct buf states[LIMIT_JOINED_FILES] = {{0}};
	int result = 0;
	env_random_bytes(app->env, id->bytes, sizeof(id->bytes));
	for (uint32_t i = 0; i < group->count && !result; i++)
		result = state_of(app, &group->files[i], &states[i]);
	for (uint32_t i = 0; i < group->count && !result; i++)
		result = write_one(app, &group->files[i], id, buf_span(&states[i]), note);
	for (uint32_t i = 0; i < group->count; i++)
		buf_close(&states[i]);
	return result;
}

/* Whether these files, or another one with them, are one person's is disputed: then nobody knows of whom the file is. */
static bool is_disputed(struct api_node *app, const struct patient_group *group)
{
	struct patient_links links;
	struct patient_pairs pairs;
	bool disputed = group->is_contradicted;
	api_links_around(app, &group->files[0], &links);
	patient_pairs_make(links.items, links.count, &pairs);
	for (uint32_t i = 0; i < pairs.count; i++)
		for (uint32_t j = 0; j < group->count; j++)
			disputed |= pairs.items[i].state == PATIENT_PAIR_DISPUTED &&
			        (record_id_eq(&pairs.items[i].low, &group->files[j]) ||
			                record_id_eq(&pairs.items[i].high, &group->files[j]));
	patient_pairs_close(&pairs);
	patient_links_close(&links);
	return disputed;
}

/* False: replied. */
static bool nothing_open(struct api_call *call, const struct patient_group *group)
{
	struct api_node *app = api_node_of(call);
	json_t *open = json_array();
	for (uint32_t i = 0; i < group->count; i++) {
		struct crdt_doc *doc;
		if (node_shown(app->node, SCHEMA_DOC_DOSSIER, &group->files[i], &doc) ||
		        !conflicts_any_safety(doc))
			continue;
		json_t *of_file = api_conflicts_of(app, doc, true);
		json_array_extend(open, of_file);
		json_decref(of_file);
	}
	const bool has_fields = json_array_size(open) > 0, disputed = is_disputed(app, group);
	if (has_fields || disputed) {
		api_note_group(app, group);
		api_call_fail_with(call, ERR_CONFLICT,
		        has_fields ? "Values that people wrote apart have to be settled first: releve "
		                     "conflicts list. Nothing was signed."
		                   : "Whether this file and another are one person's has to be settled "
		                     "first: releve patient duplicates. Nothing was signed.",
		        json_pack("{s:s, s:O, s:b}", "fr",
		                has_fields ? "Des valeurs saisies séparément doivent d'abord être "
		                             "départagées. Rien n'a été validé."
		                           : "Il faut d'abord décider si ce dossier et un autre sont de la "
		                             "même personne. Rien n'a été validé.",
		                "fields", open, "disputed", disputed));
	}
	json_decref(open);
	return !has_fields && !disputed;
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

/* False: replied. */
static bool all_verified(struct api_call *call, const struct patient_group *group)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (node_early_of(api_node_of(call)->node, &group->files[i])) {
			api_fail_unverified(call);
			return false;
		}
	return true;
}

int api_post_signoff(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct patient_group group;
	struct record_id signoff;
	struct buf note = {0};
	int result = 0;
	if (!api_group_or_reply(call, &group) || api_refused_record(call) || !all_verified(call, &group))
		return 0;
	const bool goes_on = nothing_open(call, &group) && read_note(call, &note);
	if (goes_on)
		result = write_signoff(app, &group, buf_span(&note), &signoff);
	buf_wipe(&note);
	if (result == ERR_TOOBIG)
		api_call_fail(
		        call, result, "This file has too many authors to be signed off. Nothing was signed.");
	if (!goes_on || result)
		return result == ERR_TOOBIG ? 0 : result;
	return api_reply_durable(
	        call, 201, json_pack("{s:o}", "id", api_hex(signoff.bytes, sizeof(signoff.bytes))));
}
