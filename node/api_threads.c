/* The transmissions of one dossier with what was answered, and who has read them (visit/README.md, section 4). */
#include "node/api_transmissions.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_receipts.h"
#include "node/describe_parts.h"
#include "node/node_digest.h"
#include "node/shorts.h"
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

json_t *api_person_name(struct api_node *app, const struct person_id *person)
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
	json_object_set_new(event, "byName", api_person_name(app, &person));
}

/* ---- A thread ---------------------------------------------------------------------------------------------------- */

/* How a short id in JSON begins an id; empty: it is none. */
static struct span short_of(const char *text, uint8_t bytes[SCHEMA_SHORT_BYTES])
{
	const bool is_one = text && strlen(text) == 2 * SCHEMA_SHORT_BYTES &&
	        ids_from_hex(bytes, SCHEMA_SHORT_BYTES, text);
	return is_one ? span_of(bytes, SCHEMA_SHORT_BYTES) : (struct span){NULL, 0};
}

/* The events of a list by the things of another that they name. */
struct named_by {
	json_t *events;
	uint32_t *things, *places; /* pairs, in the order of events */
	uint32_t count, thing_room, place_room;
	struct grouped by_thing; /* members: indices of pairs */
};

static void name_thing(struct named_by *out, const struct shorts *ids, const char *text, uint32_t event)
{
	uint8_t bytes[SCHEMA_SHORT_BYTES];
	uint32_t end, first = shorts_range(ids, short_of(text, bytes), &end);
	for (uint32_t i = first; i < end && i - first < THREADS_ALIKE_MAX; i++) {
		out->things = mem_room(out->things, out->count, &out->thing_room, sizeof(*out->things));
		out->places = mem_room(out->places, out->count, &out->place_room, sizeof(*out->places));
		out->things[out->count] = ids->items[i].thing;
		out->places[out->count++] = event;
	}
}

/* Readings name several, replies one. */
static struct named_by named_by(const struct shorts *ids, uint32_t thing_count, json_t *events)
{
	struct named_by out = {.events = events};
	size_t index, other;
	json_t *event, *one;
	json_array_foreach(events, index, event)
	{
		json_array_foreach(json_object_get(event, "transmissions"), other, one)
		{
			name_thing(&out, ids, json_string_value(one), (uint32_t)index);
		}
		name_thing(&out, ids, api_text(event, "transmission"), (uint32_t)index);
	}
	grouped_make(&out.by_thing, thing_count, out.things, out.count);
	return out;
}

static void named_by_close(struct named_by *named)
{
	grouped_close(&named->by_thing);
	mem_free(named->things);
	mem_free(named->places);
}

/* The events that name a thing, in their order; borrowed. NULL: there are no more. */
static json_t *next_naming(const struct named_by *named, uint32_t thing, uint32_t *cursor)
{
	const uint32_t at = named->by_thing.starts[thing] + *cursor;
	if (at >= named->by_thing.starts[thing + 1])
		return NULL;
	++*cursor;
	return json_array_get(named->events, named->places[named->by_thing.members[at]]);
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
	        json_pack("{s:s, s:o*, s:O}", "person", hex, "name", api_person_name(app, &person), "saved",
	                json_object_get(event, "saved")));
}

static json_t *readers_json(struct api_node *app, const json_t *transmission, uint32_t place,
        const struct named_by *readings, const struct named_by *replies)
{
	json_t *list = json_array(), *event;
	for (uint32_t cursor = 0; (event = next_naming(readings, place, &cursor));)
		add_reader(app, transmission, list, event);
	for (uint32_t cursor = 0; (event = next_naming(replies, place, &cursor));)
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

/* The newest THREADS_REPLIES_MAX, oldest first; *left: how many there are besides. */
static json_t *replies_json(
        struct api_node *app, uint32_t place, const struct named_by *replies, json_int_t *left)
{
	json_t *list = json_array(), *reply;
	*left = 0;
	for (uint32_t cursor = 0; (reply = next_naming(replies, place, &cursor));) {
		if (json_array_size(list) == THREADS_REPLIES_MAX) {
			++*left;
			continue;
		}
		api_put_author(app, reply);
		json_array_insert(list, 0, reply);
	}
	put_apart(list);
	return list;
}

static struct shorts ids_of(const json_t *list)
{
	struct shorts ids = {0};
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct record_id id;
		const char *text = api_text(json_array_get(list, i), "id");
		if (text && strlen(text) == 2 * ID_SHORT_BYTES &&
		        ids_from_hex(id.bytes, ID_SHORT_BYTES, text))
			shorts_add(&ids, &id, (uint32_t)i);
	}
	shorts_sort(&ids);
	return ids;
}

static void put_threads(struct api_node *app, json_t *transmissions, json_t *replies, json_t *readings)
{
	struct shorts ids = ids_of(transmissions);
	const uint32_t count = (uint32_t)json_array_size(transmissions);
	struct named_by replied = named_by(&ids, count, replies), read = named_by(&ids, count, readings);
	for (uint32_t i = 0; i < count; i++) {
		json_t *transmission = json_array_get(transmissions, i);
		json_int_t left;
		api_put_author(app, transmission);
		json_object_set_new(transmission, "replies", replies_json(app, i, &replied, &left));
		if (left)
			json_object_set_new(transmission, "moreReplies", json_integer(left));
		json_object_set_new(
		        transmission, "readBy", readers_json(app, transmission, i, &read, &replied));
	}
	named_by_close(&replied);
	named_by_close(&read);
	shorts_close(&ids);
}

int api_get_threads(struct api_call *call)
{
	static const uint32_t kinds[] = {SCHEMA_TRANSMISSION, SCHEMA_REPLY, SCHEMA_READING};
	struct api_node *app = api_node_of(call);
	json_t *events[3];
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	for (size_t i = 0; i < 3; i++)
		events[i] = api_group_parts(
		        app, &group, schema_kind(kinds[i]), i == 0 ? api_list_limit(call) : UINT32_MAX);
	put_threads(app, events[0], events[1], events[2]);
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

/* Of replies that name the same transmission, those that no other known one comes after. */
static void put_last(const json_t *all, const struct shorts *ids, const char *transmission, json_t *after)
{
	const uint32_t count = (uint32_t)json_array_size(all);
	bool *is_followed = mem_zero((size_t)count + 1, sizeof(*is_followed));
	uint8_t bytes[SCHEMA_SHORT_BYTES];
	for (uint32_t i = 0; i < count; i++) {
		const json_t *names = json_object_get(json_array_get(all, i), "after");
		for (size_t j = 0; j < json_array_size(names); j++) {
			const char *text = json_string_value(json_array_get(names, j));
			uint32_t end, first = shorts_range(ids, short_of(text, bytes), &end);
			for (; first < end; first++)
				is_followed[ids->items[first].thing] = true;
		}
	}
	for (uint32_t i = 0; i < count && json_array_size(after) < SCHEMA_SHORTS_MAX; i++) {
		const json_t *reply = json_array_get(all, i);
		const char *named = api_text(reply, "transmission");
		if (!is_followed[i] && named && strncmp(named, transmission, 2 * SCHEMA_SHORT_BYTES) == 0)
			json_array_append_new(
			        after, json_stringn(api_text(reply, "id"), 2 * SCHEMA_SHORT_BYTES));
	}
	mem_free(is_followed);
}

void api_preset_reply(struct api_node *app, struct crdt_doc *doc, json_t *record)
{
	const char *transmission = api_text(record, "transmission");
	json_t *after = json_array();
	if (json_object_get(record, "after") || !transmission || !doc) {
		json_decref(after);
		return;
	}
	const struct record_id file = crdt_doc_id(
	        doc); /* the transmission may stand in another file of the patient */
	struct patient_group group;
	api_group_of(app, &file, &group);
	json_t *all = api_group_parts(app, &group, schema_kind(SCHEMA_REPLY), THREADS_REPLIES_MAX);
	struct shorts ids = ids_of(all);
	put_last(all, &ids, transmission, after);
	shorts_close(&ids);
	if (json_array_size(after))
		json_object_set(record, "after", after);
	json_decref(after);
	json_decref(all);
}
