/* What two people wrote apart: fields that have several values, each with its author and moment, and settling them; entries that are kept apart, what was noticed. */
#include "node/api_conflicts.h"
#include "node/api_patients.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_notices.h"
#include "node/describe_parts.h"
#include "node/node_digest.h"

enum {
	LIST_DEFAULT = 200,
	LIST_MAX = 1000,
	DOCUMENT_MAX = 50 /* of one document, in the list of all */,
	OP_BYTES = 2 * ID_LONG_BYTES + 48,
	PLACE_BYTES = 128
};

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* "FEED:SEQ:INDEX": of the operation that wrote a value. */
static void op_text(char out[OP_BYTES], const struct op_id *op)
{
	char feed[2 * ID_LONG_BYTES + 1];
	ids_hex(feed, op->feed.bytes, sizeof(op->feed.bytes));
	snprintf(out, OP_BYTES, "%s:%llu:%u", feed, (unsigned long long)op->seq, (unsigned)op->index);
}

/* "1-PATIENT-2-RECORD-13": kind and id of the document, kind and id of the record, number of the field. */
static json_t *place_json(const struct crdt_doc *doc, const struct conflict *conflict)
{
	char doc_hex[2 * ID_SHORT_BYTES + 1], hex[2 * ID_SHORT_BYTES + 1];
	const struct record_id doc_id = crdt_doc_id(doc);
	ids_hex(doc_hex, doc_id.bytes, sizeof(doc_id.bytes));
	ids_hex(hex, conflict->id.bytes, sizeof(conflict->id.bytes));
	return json_sprintf("%u-%s-%u-%s-%u", crdt_doc_kind(doc), doc_hex, (unsigned)conflict->kind->number,
	        hex, conflict->field->number);
}

bool api_conflict_place(const char *text, struct api_conflict_place *out)
{
	char doc_hex[2 * ID_SHORT_BYTES + 1], hex[2 * ID_SHORT_BYTES + 1];
	unsigned kind, field;
	int end = 0;
	if (!text || strlen(text) >= PLACE_BYTES ||
	        sscanf(text, "%5u-%32[0-9a-f]-%5u-%32[0-9a-f]-%5u%n", &out->doc_kind, doc_hex, &kind, hex,
	                &field, &end) != 5 ||
	        text[end])
		return false;
	out->kind = schema_kind(kind);
	out->field = out->kind ? schema_field(out->kind, field) : NULL;
	return out->field && (uint32_t)out->kind->doc == out->doc_kind &&
	        strlen(doc_hex) == 2 * ID_SHORT_BYTES && strlen(hex) == 2 * ID_SHORT_BYTES &&
	        ids_from_hex(out->doc_id.bytes, ID_SHORT_BYTES, doc_hex) &&
	        ids_from_hex(out->id.bytes, ID_SHORT_BYTES, hex);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

uint8_t api_clock_of(struct api_node *app, const struct op_id *op)
{
	struct node_entry entry;
	const int result = node_read_op(app->node, op, &entry);
	return result == 0 || result == ERR_LOCKED ? entry.header.clock_grade : 0;
}

static json_t *words_json(struct api_node *app, const struct crdt_doc *doc, const struct schema_field *field,
        struct span encoded)
{
	const struct node_past here = {.doc_kind = crdt_doc_kind(doc), .doc_id = crdt_doc_id(doc)};
	struct describe_namer namer = {app, &here};
	struct buf fr = {0}, en = {0};
	words_value(field, encoded, SCHEMA_FR, describe_reference, &namer, &fr);
	words_value(field, encoded, SCHEMA_EN, describe_reference, &namer, &en);
	json_t *json = json_pack("{s:o, s:o}", "fr", describe_text(&fr), "en", describe_text(&en));
	buf_close(&fr);
	buf_close(&en);
	return json;
}

static json_t *value_json(struct api_node *app, const struct crdt_doc *doc, const struct schema_field *field,
        const struct crdt_value *value)
{
	char op[OP_BYTES];
	uint32_t feed;
	op_text(op, &value->op);
	json_t *json = json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "op", op, "value",
	        record_value_json(field, value->value), "words", words_json(app, doc, field, value->value),
	        "feed", api_hex(value->op.feed.bytes, ID_LONG_BYTES), "seq", (json_int_t)value->op.seq, "at",
	        record_saved_json(value->hlc));
	if (log_feed_number(node_log(app->node), &value->op.feed, &feed))
		json_object_set_new(json, "by",
		        describe_author(app, feed, value->op.seq, value->hlc, api_clock_of(app, &value->op)));
	if (value->reason.size)
		json_object_set_new(
		        json, "reason", json_stringn((const char *)value->reason.data, value->reason.size));
	return json;
}

json_t *api_conflict_values(struct api_node *app, const struct crdt_doc *doc,
        const struct schema_field *field, const struct crdt_values *values)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < values->count; i++)
		json_array_append_new(list, value_json(app, doc, field, &values->items[i]));
	return list;
}

bool api_conflict_saw(const json_t *saw, const struct op_id *op)
{
	char text[OP_BYTES];
	json_t *one;
	size_t index;
	op_text(text, op);
	json_array_foreach((json_t *)(uintptr_t)saw, index, one)
	{
		const char *named = json_string_value(one);
		if (named && strcmp(named, text) == 0)
			return true;
	}
	return false;
}

/* ---- The list ---------------------------------------------------------------------------------------------------- */

struct listing {
	struct api_node *app;
	const struct crdt_doc *doc;
	json_t *list;
	size_t limit, here_limit; /* in all; of one document */
	bool safety_alone, others_alone;
	size_t total, here, here_left, here_safety; /* here: of the document that is looked at */
	json_t *left; /* documents of which some are not shown; NULL: nobody asks */
};

static void item_id(const struct crdt_doc *doc, const struct conflict *conflict, uint8_t out[WORK_ID_BYTES])
{
	const struct record_id doc_id = crdt_doc_id(doc);
	uint8_t key[CONFLICT_KEY_BYTES];
	conflicts_key(conflict, key);
	work_id(WORK_CONFLICT, crdt_doc_kind(doc), &doc_id, span_of(key, sizeof(key)), out);
}

static bool add_field(void *context, const struct conflict *conflict)
{
	struct listing *listing = context;
	const bool is_safety = conflict->field->class == SCHEMA_SAFETY;
	const struct record_id doc_id = crdt_doc_id(listing->doc);
	uint8_t item[WORK_ID_BYTES];
	struct buf title = {0};
	if ((listing->safety_alone && !is_safety) || (listing->others_alone && is_safety))
		return true;
	listing->total++;
	if (json_array_size(listing->list) >= listing->limit || listing->here >= listing->here_limit) {
		listing->here_left++;
		listing->here_safety += is_safety;
		return true;
	}
	listing->here++;
	item_id(listing->doc, conflict, item);
	json_t *json = json_pack("{s:o, s:o, s:o, s:s, s:o, s:s, s:{s:s, s:s}, s:{s:s, s:s}, s:s, s:b, s:o}",
	        "item", api_hex(item, sizeof(item)), "place", place_json(listing->doc, conflict), "document",
	        describe_document(listing->app, crdt_doc_kind(listing->doc), &doc_id), "kind",
	        conflict->kind->name, "id", api_hex(conflict->id.bytes, sizeof(conflict->id.bytes)), "field",
	        conflict->field->name, "label", "fr", conflict->field->label.fr, "en",
	        conflict->field->label.en, "kindLabel", "fr", conflict->kind->label.fr, "en",
	        conflict->kind->label.en, "class", record_class_name(conflict->field->class), "conflict",
	        is_safety, "values",
	        api_conflict_values(listing->app, listing->doc, conflict->field, conflict->values));
	if (describe_title(listing->doc, conflict->kind, &conflict->id, &title))
		json_object_set_new(json, "title", describe_text(&title));
	buf_close(&title);
	json_array_append_new(listing->list, json);
	return true;
}

json_t *api_conflicts_of(struct api_node *app, const struct crdt_doc *doc, bool safety_alone)
{
	struct listing listing = {.app = app,
	        .doc = doc,
	        .list = json_array(),
	        .limit = LIST_MAX,
	        .here_limit = LIST_MAX,
	        .safety_alone = safety_alone};
	conflicts_each(doc, add_field, &listing);
	return listing.list;
}

/* Of a document that was left before as well: one row. */
static void put_left(struct listing *listing, const json_t *document)
{
	json_t *row;
	size_t index;
	json_array_foreach(listing->left, index, row)
	{
		if (!json_equal(json_object_get(row, "document"), document))
			continue;
		json_object_set_new(row, "count",
		        json_integer(json_integer_value(json_object_get(row, "count")) +
		                (json_int_t)listing->here_left));
		return;
	}
	json_array_append_new(listing->left,
	        json_pack("{s:O, s:I, s:I}", "document", document, "count", (json_int_t)listing->here_left,
	                "safety", (json_int_t)listing->here_safety));
}

static void add_document(struct listing *listing, uint32_t doc_kind, const struct record_id *id)
{
	struct crdt_doc *doc;
	if (node_doc(listing->app->node, doc_kind, id, &doc))
		return;
	listing->doc = doc;
	listing->here = listing->here_left = listing->here_safety = 0;
	conflicts_each(doc, add_field, listing);
	if (listing->here && doc_kind == SCHEMA_DOC_DOSSIER)
		api_note(listing->app, ACCESS_NEWS, id, 0);
	if (listing->here_left) {
		json_t *document = describe_document(listing->app, doc_kind, id);
		put_left(listing, document);
		json_decref(document);
	}
}

/* Dossiers that have some, by their digests. */
static bool add_dossier(void *context, const struct node_digest *digest)
{
	struct listing *listing = context;
	struct work_facts facts = {0};
	bool has_some = digest->is_cut || work_part_get(digest->part, &facts) != 0;
	for (uint32_t i = 0; !has_some && i < facts.count; i++)
		has_some = facts.items[i].source == WORK_CONFLICT;
	work_facts_close(&facts);
	if (has_some && !digest->early)
		add_document(listing, SCHEMA_DOC_DOSSIER, &digest->dossier);
	return true;
}

static void add_others(struct listing *listing)
{
	struct node *node = listing->app->node;
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		uint32_t doc_kind;
		struct record_id id;
		if (node_doc_at(node, i, &doc_kind, &id) == 0 && doc_kind != SCHEMA_DOC_DOSSIER)
			add_document(listing, doc_kind, &id);
	}
}

/* Those of safety fields first, of every document: no number of other ones takes their room. */
static int add_all(struct listing *listing)
{
	int result = 0;
	const bool safety_alone = listing->safety_alone;
	for (int pass = 0; pass < (safety_alone ? 1 : 2) && result == 0; pass++) {
		listing->safety_alone = pass == 0;
		listing->others_alone = pass == 1;
		result = node_digest_each(listing->app->node, DIGEST_WORK, add_dossier, listing);
		add_others(listing);
	}
	return result;
}

int api_get_conflicts(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_query(call, "limit"), *patient = api_call_query(call, "patient"),
	           *class = api_call_query(call, "class");
	const unsigned long asked = text ? strtoul(text, NULL, 10) : LIST_DEFAULT;
	struct listing listing = {.app = app,
	        .limit = asked == 0        ? LIST_DEFAULT
	                : asked > LIST_MAX ? LIST_MAX
	                                   : asked,
	        .here_limit = patient ? LIST_MAX : DOCUMENT_MAX,
	        .safety_alone = class && strcmp(class, "safety") == 0};
	struct patient_group wanted = {0};
	if (patient && !api_group_named_or_reply(call, patient, &wanted))
		return 0;
	listing.list = json_array();
	listing.left = json_array();
	int result = 0;
	for (uint32_t i = 0; i < wanted.count; i++)
		add_document(&listing, SCHEMA_DOC_DOSSIER, &wanted.files[i]);
	if (!patient)
		result = add_all(&listing);
	if (result) {
		json_decref(listing.list);
		json_decref(listing.left);
		return result;
	}
	api_call_reply(call, 200,
	        json_pack("{s:o, s:b, s:I, s:o, s:o, s:o}", "fields", listing.list, "more",
	                json_array_size(listing.left) > 0, "total", (json_int_t)listing.total, "left",
	                listing.left, "quarantine", api_quarantine_count(app), "notices",
	                api_notices(app, API_NOTICES_ALL, 0)));
	return 0;
}
