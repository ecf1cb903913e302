/* Entries that are kept apart: what they are, why, and vouching for them (README.md, "Quarantine"). */
#include "node/api_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/nfc.h"
#include "node/describe_parts.h"

enum { ITEMS_MAX = 500, WHAT_MAX = 20 };

static const struct {
	enum team_reason why;
	const char *name, *fr, *en;
} WHY[] = {
        {TEAM_REASON_BEYOND_CUT, "beyondCut",
                "écrit après ce qui était connu quand l'appareil ou le rôle a été retiré",
                "written after what was known when the device or role was taken away"},
        {TEAM_REASON_NOT_ACTIVE, "notActive", "écrit par un appareil qui savait ne plus être actif",
                "written by a device that knew it was not active any more"},
        {TEAM_REASON_RIGHTS_DATES, "dates", "écrit en dehors des dates de ses droits",
                "written outside the dates of their rights"},
        {TEAM_REASON_PENDING, "pending", "écrit par un appareil qui attend le choix d'une infirmière",
                "written by a device that waits for a nurse's choice"},
        {TEAM_REASON_ADMISSION_VOID, "admission",
                "écrit par un appareil dont l'entrée dans l'équipe ne vaut pas",
                "written by a device whose admission does not count"},
        {TEAM_REASON_BACKDATED, "backdated",
                "écrit en se référant à un état plus ancien de l'équipe qu'avant",
                "written in the light of an older state of the team than before"},
};

static json_t *why_json(enum team_reason why)
{
	size_t i = 0;
	while (i + 1 < sizeof(WHY) / sizeof(*WHY) && WHY[i].why != why)
		i++;
	bool known = WHY[i].why == why;
	return json_pack("{s:s, s:i, s:s, s:s}", "name", known ? WHY[i].name : "other", "number", (int)why,
	        "fr", known ? WHY[i].fr : "les droits de son auteur ne le permettent pas", "en",
	        known ? WHY[i].en : team_reason_sentence(why));
}

/* ---- What an entry says ----------------------------------------------------------------------------------------- */

static json_t *what_of(const struct node_entry *entry, const struct crdt_op *op)
{
	struct buf fr = {0}, en = {0};
	struct record_place place;
	struct crdt_path space;
	json_t *json = NULL;
	if (op->kind == CRDT_OP_EVENT) {
		json_t *record = record_event_json(op, &entry->meta);
		describe_event(op->event_kind, op->value, SCHEMA_FR, &fr);
		describe_event(op->event_kind, op->value, SCHEMA_EN, &en);
		json = json_pack("{s:o, s:o, s:o*}", "fr", describe_text(&fr), "en", describe_text(&en),
		        "record", record);
	} else if (record_place_of(crdt_op_path(op, &entry->meta, &space), &entry->change.doc_id, &place) &&
	        place.kind) {
		const struct schema_label *label = place.field ? &place.field->label : &place.kind->label;
		json = json_pack(
		        "{s:s, s:s, s:s}", "fr", label->fr, "en", label->en, "kind", place.kind->name);
	}
	buf_close(&fr);
	buf_close(&en);
	return json;
}

/* What the change does, each thing once. */
static json_t *what_json(const struct node_entry *entry)
{
	json_t *list = json_array();
	struct crdt_ops ops = crdt_change_ops(&entry->change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op) && json_array_size(list) < WHAT_MAX;) {
		json_t *what = what_of(entry, &op);
		bool again = false;
		for (size_t i = 0; what && !again && i < json_array_size(list); i++)
			again = json_equal(json_array_get(list, i), what);
		if (what && !again)
			json_array_append(list, what);
		json_decref(what);
	}
	return list;
}

static void put_countersignature(struct api_node *app, const struct node_quarantined *at, json_t *json)
{
	struct entry_header header;
	struct buf comment = {0};
	uint32_t by;
	if (node_countersigned_by(app->node, at->feed, at->seq, &header, &by, &comment) == 0)
		json_object_set_new(json, "countersigned",
		        json_pack("{s:o, s:o}", "by",
		                describe_author(app, by, header.seq, header.hlc, header.clock_grade),
		                "comment", describe_text(&comment)));
	buf_close(&comment);
}

static json_t *item_json(struct api_node *app, const struct node_quarantined *at)
{
	const struct log_feed *feed = log_feed(node_log(app->node), at->feed);
	struct node_entry entry = {0};
	char hex[17], name[40];
	int result = node_read(app->node, at->feed, at->seq, &entry);
	ids_hex(hex, feed->id.bytes, 8);
	snprintf(name, sizeof(name), "%s:%llu", hex, (unsigned long long)at->seq);
	bool is_own = describe_is_self(app, at->feed);
	json_t *json = json_pack("{s:s, s:o, s:s, s:o, s:b, s:b, s:b}", "entry", name, "by",
	        describe_author(app, at->feed, at->seq, entry.header.hlc, entry.header.clock_grade),
	        "compartment", api_compartment_name(feed->compartment), "why", why_json(at->why), "counts",
	        at->is_effective, "readable", result == 0, "canCountersign",
	        result == 0 && !at->is_effective && !is_own && feed->compartment == COMPARTMENT_CLINICAL &&
	                node_may_write(app->node, COMPARTMENT_CLINICAL));
	if (result == ERR_UNSUPPORTED && entry.header.kind == ENTRY_COUNTERSIGN)
		json_object_set_new(json, "what",
		        json_pack("[{s:s, s:s}]", "fr", "Contresignature", "en", "Countersignature"));
	if (result == 0) {
		json_object_set_new(json, "what", what_json(&entry));
		const uint32_t kind = entry.change.doc_kind;
		const struct record_id id = entry.change.doc_id;
		json_object_set_new(json, "document", describe_document(app, kind, &id));
		if (kind == SCHEMA_DOC_DOSSIER)
			api_note(app, ACCESS_NEWS, &id, 0);
	}
	if (at->is_effective)
		put_countersignature(app, at, json);
	return json;
}

/* How many wait, and of those how many are this device's person's own: for the status. */
json_t *api_quarantine_count(struct api_node *app)
{
	struct node_quarantined at = {0};
	json_int_t own = 0;
	while (node_quarantine_next(app->node, &at))
		own += !at.is_effective && describe_is_self(app, at.feed);
	return json_pack("{s:I, s:I}", "entries", (json_int_t)node_quarantine_count(app->node), "own", own);
}

int api_get_quarantine(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *all = api_call_query(call, "all"), *limit = api_call_query(call, "limit");
	unsigned long most = limit ? strtoul(limit, NULL, 10) : ITEMS_MAX;
	struct node_quarantined at = {0};
	json_t *list = json_array();
	bool more = false;
	if (most == 0 || most > ITEMS_MAX)
		most = ITEMS_MAX;
	while (!more && node_quarantine_next(app->node, &at)) {
		if (at.is_effective && !all)
			continue;
		more = json_array_size(list) == most;
		if (!more)
			json_array_append_new(list, item_json(app, &at));
	}
	api_call_reply(call, 200,
	        json_pack("{s:o, s:I, s:b}", "entries", list, "waiting",
	                (json_int_t)node_quarantine_count(app->node), "more", more));
	return 0;
}

/* ---- Vouching --------------------------------------------------------------------------------------------------- */

/* "1f2e3d4c5b6a7988:12": the first digits of a feed, and a sequence. */
static bool read_place(struct api_node *app, const char *text, struct node_place *out)
{
	const char *colon = strchr(text, ':');
	char *end;
	unsigned found = 0;
	if (!colon || colon - text < 4 || colon - text > 2 * ID_LONG_BYTES)
		return false;
	out->seq = strtoull(colon + 1, &end, 10);
	struct log *log = node_log(app->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		ids_hex(hex, log_feed(log, i)->id.bytes, ID_LONG_BYTES);
		if (strncmp(hex, text, (size_t)(colon - text)) != 0)
			continue;
		out->feed = i;
		found++;
	}
	return found == 1 && colon[1] && !*end;
}

static int refuse(struct api_call *call, int error)
{
	const char *sentence = error == ERR_NOTFOUND
	        ? "One of these entries is not in quarantine: see \"releve quarantine\". Nothing was changed."
	        : error == ERR_EXISTS ? "One of these entries was countersigned already. Nothing was changed."
	        : error == ERR_DENIED ? "A nurse countersigns what another person wrote in a patient's "
	                                "dossier, and nothing else. Nothing was changed."
	        : error == ERR_LOCKED
	        ? "One of these entries cannot be read on this device. Nothing was changed."
	        : error == ERR_TOOBIG
	        ? "These entries are of too many devices: name fewer at once. Nothing was changed."
	        : NULL;
	api_call_fail(call, error, sentence);
	return 0;
}

int api_post_countersign(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *entries = json_object_get(api_call_json(call), "entries");
	struct node_place places[LIMIT_COUNTERSIGNED];
	struct buf comment = {0};
	const char *given;
	const size_t count = json_array_size(entries);
	if (!api_optional_text(call, "comment", &given))
		return 0;
	if (count == 0 || count > LIMIT_COUNTERSIGNED) {
		api_call_fail(call, ERR_INVALID,
		        "Name 1 to 256 entries, as \"releve quarantine\" lists them. Nothing was changed.");
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(entries, i));
		if (!text || !read_place(app, text, &places[i]))
			return refuse(call, ERR_NOTFOUND);
	}
	int result = crdt_text_nfc(span_text(given ? given : ""), &comment);
	if (result || comment.size > LIMIT_COUNTERSIGN_BYTES) {
		buf_wipe(&comment);
		api_call_fail(call, ERR_INVALID, "The comment has at most 1,024 bytes. Nothing was changed.");
		return 0;
	}
	result = node_countersign(app->node, places, (uint32_t)count, buf_span(&comment), NULL, NULL);
	buf_wipe(&comment);
	if (result)
		return refuse(call, result);
	return api_reply_durable(call, 200, json_pack("{s:I}", "countersigned", (json_int_t)count));
}
