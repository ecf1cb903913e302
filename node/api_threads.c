/* The transmissions of one dossier with what was answered, and who has read them (visit/README.md, section 4). */
#include "node/api_transmissions.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_receipts.h"
#include "node/describe_parts.h"
#include "node/node_digest.h"
#include "node/visit/threads.h"

/* ---- A digest --------------------------------------------------------------------------------------------------- */

bool api_threads_of(struct api_node *app, const struct node_digest *digest, struct threads *out)
{
	struct crdt_doc *doc;
	if (!digest->is_cut && threads_part_read(digest->part, out))
		return true;
	if (node_shown_by_number(app->node, digest->number, &doc))
		return false;
	const struct digest_source source = {doc, api_read_op, app};
	threads_of(&source, out);
	return true;
}

/* ---- People ------------------------------------------------------------------------------------------------------ */

/* Who wrote an event: the device of its feed is somebody's. False: nobody's that is known here. */
static bool author_of(struct api_node *app, const json_t *event, struct person_id *out)
{
	const char *text = api_text(json_object_get(event, "author"), "feed");
	const struct team_view *view = node_view(app->node);
	struct feed_id feed;
	uint32_t number;
	if (!text || strlen(text) != 2 * ID_LONG_BYTES || !ids_from_hex(feed.bytes, ID_LONG_BYTES, text) ||
	        !log_feed_number(node_log(app->node), &feed, &number))
		return false;
	const struct team_device *device = view
	        ? team_view_device(view, &log_feed(node_log(app->node), number)->device)
	        : NULL;
	if (device)
		*out = device->person;
	return device != NULL;
}

static json_t *person_name(struct api_node *app, const struct person_id *person)
{
	struct buf name = {0};
	json_t *json = describe_person(app, span_of(person->bytes, sizeof(person->bytes)), &name) && name.size
	        ? json_stringn((const char *)name.data, name.size)
	        : NULL;
	buf_close(&name);
	return json;
}

void api_put_author(struct api_node *app, json_t *event)
{
	struct person_id person;
	if (!author_of(app, event, &person))
		return;
	json_object_set_new(event, "by", api_hex(person.bytes, ID_SHORT_BYTES));
	json_object_set_new(event, "byName", person_name(app, &person));
}

/* ---- A thread ---------------------------------------------------------------------------------------------------- */

static bool begins_so(const char *id, const char *prefix)
{
	return id && prefix && *prefix && strncmp(id, prefix, strlen(prefix)) == 0;
}

/* Each person but the author once, with the first moment. */
static void add_reader(struct api_node *app, const json_t *transmission, json_t *list, const json_t *event)
{
	struct person_id person;
	size_t index;
	json_t *reader;
	char hex[2 * ID_SHORT_BYTES + 1];
	const char *by = api_text(transmission, "by");
	if (json_is_true(json_object_get(event, "corrected")) || !author_of(app, event, &person))
		return;
	ids_hex(hex, person.bytes, ID_SHORT_BYTES);
	if (by && strcmp(by, hex) == 0)
		return;
	json_array_foreach(list, index, reader) if (strcmp(api_text(reader, "person"), hex) == 0)
	{
		json_object_set(reader, "saved", json_object_get(event, "saved"));
		return; /* events come newest first */
	}
	json_array_append_new(list,
	        json_pack("{s:s, s:o*, s:O}", "person", hex, "name", person_name(app, &person), "saved",
	                json_object_get(event, "saved")));
}

static json_t *readers_json(
        struct api_node *app, const json_t *transmission, const json_t *readings, const json_t *replies)
{
	const char *id = api_text(transmission, "id");
	json_t *list = json_array(), *event, *one;
	size_t index, other;
	json_array_foreach((json_t *)(uintptr_t)readings, index, event) json_array_foreach(
	        json_object_get(event, "transmissions"), other,
	        one) if (begins_so(id, json_string_value(one))) add_reader(app, transmission, list, event);
	json_array_foreach((json_t *)(uintptr_t)replies, index,
	        event) if (begins_so(id, api_text(event, "transmission")))
	        add_reader(app, transmission, list, event);
	return list;
}

/* The ids that a reply comes after, as bytes. */
static struct span after_of(const json_t *reply, struct arena *arena)
{
	const json_t *after = json_object_get(reply, "after");
	const size_t count = json_array_size(after);
	uint8_t *bytes = arena_zero(arena, count + 1, SCHEMA_SHORT_BYTES);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(after, i));
		if (!text || strlen(text) != 2 * SCHEMA_SHORT_BYTES ||
		        !ids_from_hex(bytes + i * SCHEMA_SHORT_BYTES, SCHEMA_SHORT_BYTES, text))
			return (struct span){NULL, 0};
	}
	return span_of(bytes, count * SCHEMA_SHORT_BYTES);
}

static void put_apart(json_t *replies)
{
	struct reply marks[THREADS_REPLIES_MAX] = {0};
	struct arena arena = {0};
	const size_t count = json_array_size(replies);
	for (size_t i = 0; i < count; i++) {
		const json_t *reply = json_array_get(replies, i);
		ids_from_hex(marks[i].id.bytes, ID_SHORT_BYTES, api_text(reply, "id"));
		marks[i].after = after_of(reply, &arena);
	}
	threads_mark_apart(marks, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		if (marks[i].is_apart)
			json_object_set_new(json_array_get(replies, i), "apart", json_true());
	arena_close(&arena);
}

/* The newest THREADS_REPLIES_MAX, oldest first. */
static json_t *replies_json(struct api_node *app, const json_t *transmission, const json_t *replies)
{
	const char *id = api_text(transmission, "id");
	json_t *list = json_array(), *reply;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)replies, index, reply)
	{
		if (!begins_so(id, api_text(reply, "transmission")) ||
		        json_array_size(list) == THREADS_REPLIES_MAX)
			continue;
		api_put_author(app, reply);
		json_array_insert(list, 0, reply);
	}
	put_apart(list);
	return list;
}

int api_get_threads(struct api_call *call)
{
	static const uint32_t kinds[] = {SCHEMA_TRANSMISSION, SCHEMA_REPLY, SCHEMA_READING};
	struct api_node *app = api_node_of(call);
	json_t *events[3], *transmission;
	struct patient_group group;
	size_t index;
	if (!api_group_or_reply(call, &group))
		return 0;
	for (size_t i = 0; i < 3; i++)
		events[i] = api_group_parts(
		        app, &group, schema_kind(kinds[i]), i == 0 ? api_list_limit(call) : UINT32_MAX);
	json_array_foreach(events[0], index, transmission)
	{
		api_put_author(app, transmission);
		json_object_set_new(transmission, "replies", replies_json(app, transmission, events[1]));
		json_object_set_new(
		        transmission, "readBy", readers_json(app, transmission, events[2], events[1]));
	}
	json_t *json = json_pack("{s:O}", "transmissions", events[0]);
	api_note_group(app, &group);
	api_mark_early(app, json, &group.files[0]);
	api_receipts_put_all(app, json, "transmissions");
	api_call_reply(call, 200, json);
	for (size_t i = 0; i < 3; i++)
		json_decref(events[i]);
	return 0;
}

/* ---- A reply that is about to be written ------------------------------------------------------------------------- */

/* The last ones: those that no other known one comes after. */
void api_preset_reply(struct api_node *app, struct crdt_doc *doc, json_t *record)
{
	const char *transmission = api_text(record, "transmission");
	json_t *all, *reply, *after = json_array();
	size_t index, other;
	if (json_object_get(record, "after") || !transmission || !doc) {
		json_decref(after);
		return;
	}
	const struct record_id file = crdt_doc_id(
	        doc); /* the transmission may stand in another file of the patient */
	struct patient_group group;
	api_group_of(app, &file, &group);
	all = api_group_parts(app, &group, schema_kind(SCHEMA_REPLY), THREADS_REPLIES_MAX);
	json_array_foreach(all, index, reply)
	{
		const char *id = api_text(reply, "id");
		bool is_last = begins_so(transmission, api_text(reply, "transmission"));
		for (other = 0; is_last && other < json_array_size(all); other++) {
			const json_t *names = json_object_get(json_array_get(all, other), "after");
			for (size_t i = 0; is_last && i < json_array_size(names); i++)
				is_last = !begins_so(id, json_string_value(json_array_get(names, i)));
		}
		if (is_last && json_array_size(after) < SCHEMA_SHORTS_MAX)
			json_array_append_new(after, json_stringn(id, 2 * SCHEMA_SHORT_BYTES));
	}
	if (json_array_size(after))
		json_object_set(record, "after", after);
	json_decref(after);
	json_decref(all);
}
