/*
 * Messages inside the team: threads, whom they are addressed to, who has read what (practice/README.md, section 3).
 *
 * Addressing a locum or a facilitator gives her the thread's secret (node_share()), which takes a nurse's device; who is not addressed any more gets nothing new of it.
 */
#include "node/api_receipts.h"
#include "node/api_work.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/api_conflicts.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/node_early.h"
#include "node/practice/messages.h"
#include "node/team/roles.h"

enum { PEOPLE = 2, ROW_NAME_BYTES = 64, READ_CHUNK = SCHEMA_SHORTS_MAX };

/* ---- What stands there ------------------------------------------------------------------------------------------- */

/* False: replied. */
static bool find_thread(struct api_call *call, struct record_id *id, struct crdt_doc **doc)
{
	struct api_node *app = api_node_of(call);
	int result = api_doc_id(app, SCHEMA_DOC_THREAD, api_call_param(call, 0), id);
	if (result == 0)
		result = node_doc(app->node, SCHEMA_DOC_THREAD, id, doc);
	if (result)
		api_call_fail(call, result,
		        result == ERR_CONFLICT ? "Several threads' ids begin so: give more digits."
		                               : "There is no such thread here.");
	return result == 0;
}

static void row_name(const struct record_id *thread, char out[ROW_NAME_BYTES])
{
	char hex[2 * ID_SHORT_BYTES + 1];
	ids_hex(hex, thread->bytes, sizeof(thread->bytes));
	snprintf(out, ROW_NAME_BYTES, "read %s", hex);
}

/* How many messages of a thread this device showed to who may not write there. */
static uint32_t messages_seen(struct api_node *app, const struct record_id *thread)
{
	char name[ROW_NAME_BYTES];
	struct buf row = {0};
	uint64_t seen = 0;
	row_name(thread, name);
	if (api_local(app, name, &row) == 0) {
		struct wire_in in = wire_begin(buf_span(&row));
		seen = wire_varint(&in);
		if (wire_end(&in) || seen > THREADS_MESSAGES_MAX)
			seen = 0;
	}
	buf_close(&row);
	return (uint32_t)seen;
}

static uint32_t unread_of(struct api_node *app, const struct record_id *id, const struct thread *thread,
        const struct feed_id *feeds, uint32_t feed_count)
{
	if (node_may_write(app->node, COMPARTMENT_MESSAGE))
		return thread_unread(thread, feeds, feed_count);
	const uint32_t seen = messages_seen(app, id);
	return thread->count > seen ? thread->count - seen : 0;
}

bool api_messages_are_seen(struct api_node *app, const struct crdt_doc *doc)
{
	const struct record_id id = crdt_doc_id(doc);
	const struct digest_source source = api_digest_source(app, doc);
	struct thread thread;
	if (node_may_write(app->node, COMPARTMENT_MESSAGE))
		return false;
	thread_of(&source, &thread);
	const bool are_seen = unread_of(app, &id, &thread, NULL, 0) == 0;
	thread_close(&thread);
	return are_seen;
}

static json_t *person_json(struct api_node *app, struct span id)
{
	struct buf name = {0};
	json_t *json = json_pack("{s:o}", "id", api_hex(id.data, id.size));
	if (describe_person(app, id, &name))
		json_object_set_new(json, "name", describe_text(&name));
	buf_close(&name);
	return json;
}

/* Nobody named: it is for all of the team. */
static bool is_addressed(struct api_node *app, struct span people)
{
	struct person_id self;
	bool is_mine = people.size == 0;
	if (!api_own_person(app, &self))
		return is_mine;
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= people.size; at += SCHEMA_SHORT_BYTES)
		is_mine |= memcmp(people.data + at, self.bytes, SCHEMA_SHORT_BYTES) == 0;
	return is_mine;
}

static json_t *head_json(struct api_node *app, struct crdt_doc *doc, const struct thread *thread,
        const struct feed_id *feeds, uint32_t feed_count)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_THREAD);
	const struct record_id id = crdt_doc_id(doc);
	struct arena arena = {0};
	struct buf subject = {0};
	json_t *people = json_array();
	const struct span shorts = record_set(doc, kind, &id, schema_field(kind, PEOPLE), &arena);
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= shorts.size; at += SCHEMA_SHORT_BYTES)
		json_array_append_new(people, person_json(app, span_sub(shorts, at, SCHEMA_SHORT_BYTES)));
	describe_title(doc, kind, &id, &subject);
	json_t *json = json_pack("{s:o, s:o, s:o, s:i, s:i}", "id", api_hex(id.bytes, sizeof(id.bytes)),
	        "subject", describe_text(&subject), "people", people, "messages",
	        (int)(thread->count + thread->left_out), "unread",
	        (int)unread_of(app, &id, thread, feeds, feed_count));
	json_object_set_new(json, "mine", json_boolean(is_addressed(app, shorts)));
	json_object_set_new(json, "urgent",
	        json_integer(node_may_write(app->node, COMPARTMENT_MESSAGE)
	                        ? (json_int_t)thread_unread_urgent(thread, feeds, feed_count)
	                        : 0));
	if (thread->count)
		json_object_set_new(
		        json, "lastAt", record_saved_json(thread->messages[thread->count - 1].hlc));
	buf_close(&subject);
	arena_close(&arena);
	return json;
}

/* ---- The list ---------------------------------------------------------------------------------------------------- */

struct listed {
	uint64_t hlc;
	json_t *json;
};

static int latest_first(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	return x->hlc < y->hlc ? 1 : x->hlc > y->hlc ? -1 : 0;
}

/* How many messages that are for this device's person she has not read. */
static json_int_t unread_in(const struct listed *items, uint32_t count)
{
	json_int_t unread = 0;
	for (uint32_t i = 0; i < count; i++)
		if (json_is_true(json_object_get(items[i].json, "mine")))
			unread += json_integer_value(json_object_get(items[i].json, "unread"));
	return unread;
}

static json_t *sorted(struct listed *items, uint32_t count, uint32_t limit)
{
	json_t *list = json_array();
	if (count)
		qsort(items, count, sizeof(*items), latest_first);
	for (uint32_t i = 0; i < count; i++) {
		if (i < limit)
			json_array_append(list, items[i].json);
		json_decref(items[i].json);
	}
	return list;
}

int api_get_message_threads(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct listed *items = NULL;
	uint32_t count = 0, capacity = 0, feed_count;
	struct feed_id *feeds = api_own_feeds(app, &feed_count);
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *doc;
		struct thread thread;
		if (node_doc_at(app->node, i, &kind, &id) || kind != SCHEMA_DOC_THREAD ||
		        node_doc_by_number(app->node, i, &doc))
			continue;
		const struct digest_source source = api_digest_source(app, doc);
		thread_of(&source, &thread);
		items = mem_room(items, count, &capacity, sizeof(*items));
		items[count++] = (struct listed){thread.count ? thread.messages[thread.count - 1].hlc : 0,
		        head_json(app, doc, &thread, feeds, feed_count)};
		thread_close(&thread);
	}
	const json_int_t unread = unread_in(items, count);
	json_t *list = sorted(items, count, api_list_limit(call));
	mem_free(items);
	mem_free(feeds);
	api_call_reply(call, 200,
	        json_pack("{s:o, s:i, s:I}", "threads", list, "total", (int)count, "unread", unread));
	return 0;
}

/* ---- One thread -------------------------------------------------------------------------------------------------- */

/* Who said that she has read it, each person once. */
static json_t *readers_json(
        struct api_node *app, const struct thread *thread, const struct thread_message *message)
{
	json_t *list = json_array();
	struct person_id named[WORK_PEOPLE_MAX];
	uint32_t count = 0, reading_count;
	const struct thread_reading *readings = thread_readings(thread, message, &reading_count);
	for (uint32_t i = 0; i < reading_count && count < WORK_PEOPLE_MAX; i++) {
		struct device_id device;
		struct person_id person;
		uint32_t feed;
		bool again = false;
		if (!log_feed_number(node_log(app->node), &readings[i].feed, &feed) ||
		        !node_feed_author(app->node, feed, &device, &person))
			continue;
		for (uint32_t j = 0; j < count; j++)
			again |= person_id_eq(&named[j], &person);
		if (again)
			continue;
		named[count++] = person;
		json_array_append_new(list, person_json(app, span_of(person.bytes, sizeof(person.bytes))));
	}
	return list;
}

static json_t *message_json(struct api_node *app, const struct thread *thread, uint32_t place,
        const struct feed_id *feeds, uint32_t feed_count)
{
	const struct thread_message *message = &thread->messages[place];
	json_t *json = api_event_json(app, &message->op);
	uint32_t feed;
	if (!json)
		return NULL;
	if (log_feed_number(node_log(app->node), &message->op.feed, &feed))
		json_object_set_new(json, "by",
		        describe_author(
		                app, feed, message->op.seq, message->hlc, api_clock_of(app, &message->op)));
	json_object_set_new(json, "readBy", readers_json(app, thread, message));
	json_object_set_new(json, "read", json_boolean(thread_has_read(thread, message, feeds, feed_count)));
	if (message->is_corrected)
		json_object_set_new(json, "corrected", json_true());
	return json;
}

/* Messages are told by their place, the oldest known here first: a page ends before the one that is asked for. */
static uint32_t before_of(const struct api_call *call, const struct thread *thread)
{
	const char *text = api_call_query(call, "before");
	const unsigned long before = text ? strtoul(text, NULL, 10) : thread->count;
	return before < thread->count ? (uint32_t)before : thread->count;
}

static uint32_t unread_before(
        const struct thread *thread, uint32_t end, const struct feed_id *feeds, uint32_t feed_count)
{
	uint32_t unread = 0;
	for (uint32_t i = 0; i < end; i++)
		unread += !thread->messages[i].is_corrected &&
		        !thread_has_read(thread, &thread->messages[i], feeds, feed_count);
	return unread;
}

int api_get_message_thread(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id;
	struct crdt_doc *doc;
	struct thread thread;
	uint32_t feed_count;
	if (!find_thread(call, &id, &doc))
		return 0;
	struct feed_id *feeds = api_own_feeds(app, &feed_count);
	const struct digest_source source = api_digest_source(app, doc);
	thread_of(&source, &thread);
	json_t *json = head_json(app, doc, &thread, feeds, feed_count), *list = json_array();
	const uint32_t limit = api_list_limit(call), end = before_of(call, &thread),
	               first = end > limit ? end - limit : 0;
	for (uint32_t i = first; i < end; i++) {
		json_t *message = message_json(app, &thread, i, feeds, feed_count);
		if (message)
			json_array_append_new(list, message);
	}
	json_object_set_new(json, "list", list);
	api_receipts_put_all(app, json, "list");
	if (first)
		json_object_set_new(json, "before", json_integer(first));
	json_object_set_new(json, "left", json_integer((json_int_t)first + thread.left_out));
	json_object_set_new(
	        json, "unreadLeft", json_integer(unread_before(&thread, first, feeds, feed_count)));
	thread_close(&thread);
	mem_free(feeds);
	api_note(app, ACCESS_THREAD, &id, 0);
	api_call_reply(call, 200, json);
	return 0;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

struct addressed {
	struct person_id people[SCHEMA_SHORTS_MAX];
	uint32_t count;
};

/* False: replied. */
static bool read_people(struct api_call *call, struct addressed *out)
{
	const json_t *people = json_object_get(api_call_json(call), "people"), *one;
	size_t index;
	out->count = 0;
	if (people && (!json_is_array(people) || json_array_size(people) > SCHEMA_SHORTS_MAX)) {
		api_call_fail(
		        call, ERR_INVALID, "\"people\" is a list of persons, 64 at most. Nothing was sent.");
		return false;
	}
	json_array_foreach((json_t *)(uintptr_t)people, index, one)
	{
		const char *text = json_string_value(one);
		if (!api_person_or_reply(call, text ? text : "", &out->people[out->count]))
			return false;
		out->count++;
	}
	return true;
}

static bool reads_chosen(struct api_node *app, const struct person_id *person)
{
	const struct team_person *row = team_view_person(node_view(app->node), person);
	return row && (row->role == TEAM_ROLE_LOCUM || row->role == TEAM_ROLE_FACILITATOR);
}

static bool is_among(const struct addressed *addressed, const struct person_id *person)
{
	for (uint32_t i = 0; i < addressed->count; i++)
		if (person_id_eq(&addressed->people[i], person))
			return true;
	return false;
}

/* Gives and takes what the addressees say. Those to whom it cannot be given, since that takes a nurse's device, are named. Owner decrefs. */
static json_t *give(struct api_node *app, const struct record_id *thread, const struct addressed *addressed)
{
	json_t *not_given = json_array();
	for (uint32_t i = 0; i < node_view(app->node)->person_count; i++) { /* writing may move it */
		const struct person_id person = node_view(app->node)->people[i].id;
		const bool wanted = is_among(addressed, &person);
		if (!reads_chosen(app, &person) || (!wanted && !node_shared(app->node, &person, thread)))
			continue;
		if (node_share(app->node, &person, thread, wanted) != 0)
			json_array_append_new(
			        not_given, person_json(app, span_of(person.bytes, sizeof(person.bytes))));
	}
	return not_given;
}

/* The members of a record that a request gives, as the interface takes them. */
static bool read_record(struct api_call *call, enum schema_kind_number number, json_t *json,
        struct arena *arena, struct record_edit *edit)
{
	struct schema_report report = {0};
	*edit = (struct record_edit){.record = {.kind = schema_kind(number)}};
	env_random_bytes(api_node_of(call)->env, edit->record.id.bytes, sizeof(edit->record.id.bytes));
	if (record_from_json(json, SCHEMA_CHECK_NEW, arena, edit, &report) == 0)
		return true;
	api_refuse_record(call, &report);
	return false;
}

static int write_both(struct api_node *app, const struct record_edit *head, const struct record_edit *message)
{
	const struct span no_reason = {NULL, 0};
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_THREAD, &head->record.id, &change);
	if (result)
		return result;
	result = record_write(change.doc, &change.builder, head, NULL, no_reason);
	if (result == 0)
		result = record_write(change.doc, &change.builder, message, NULL, no_reason);
	if (result == 0)
		return node_change_finish(app->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

/* As the set of addressees takes them. NULL: nobody. */
static json_t *shorts_json(const struct addressed *addressed)
{
	json_t *list = addressed->count ? json_array() : NULL;
	for (uint32_t i = 0; i < addressed->count; i++)
		json_array_append_new(list, api_hex(addressed->people[i].bytes, SCHEMA_SHORT_BYTES));
	return list;
}

int api_post_thread(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *given = api_call_json(call);
	struct addressed addressed;
	struct arena arena = {0};
	struct record_edit head, message;
	if (api_refused_record(call) || !read_people(call, &addressed))
		return 0;
	json_t *subject = json_object_get(given, "subject"), *body = json_object_get(given, "body");
	json_t *head_given = json_pack("{s:O*, s:o*}", "subject", subject, "people", shorts_json(&addressed)),
	       *message_given = json_pack("{s:O*, s:o, s:O*}", "body", body, "at", api_now(app), "urgent",
	               json_object_get(given, "urgent"));
	const bool fits = read_record(call, SCHEMA_THREAD, head_given, &arena, &head) &&
	        read_record(call, SCHEMA_MESSAGE, message_given, &arena, &message);
	int result = fits ? write_both(app, &head, &message) : 0;
	json_decref(head_given);
	json_decref(message_given);
	arena_close(&arena);
	if (!fits || result)
		return result;
	return api_reply_durable(call, 201,
	        json_pack("{s:o, s:o}", "id", api_hex(head.record.id.bytes, sizeof(head.record.id.bytes)),
	                "notGiven", give(app, &head.record.id, &addressed)));
}

int api_post_message(struct api_call *call)
{
	struct record_id id;
	struct crdt_doc *doc;
	return find_thread(call, &id, &doc) ? api_add_record(call, schema_kind(SCHEMA_MESSAGE), &id, doc) : 0;
}

int api_post_thread_people(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct addressed addressed;
	struct record_id id;
	struct crdt_doc *doc;
	if (!find_thread(call, &id, &doc) || !read_people(call, &addressed))
		return 0;
	json_object_set_new(
	        api_call_json(call), "people", addressed.count ? shorts_json(&addressed) : json_null());
	json_decref(give(app, &id, &addressed));
	return api_write_record(call, schema_kind(SCHEMA_THREAD), &id, &id, SCHEMA_CHECK_EDIT, NULL);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static int write_reading(struct api_node *app, const struct record_id *thread, struct span messages)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_MESSAGE_READING);
	struct record_edit edit = {.record = {.kind = kind}};
	struct node_change change;
	int result = node_change_begin(app->node, SCHEMA_DOC_THREAD, thread, &change);
	if (result)
		return result;
	env_random_bytes(app->env, edit.record.id.bytes, sizeof(edit.record.id.bytes));
	schema_put(&edit.record, schema_field_named(kind, span_text("messages")))->bytes = messages;
	struct schema_value *at = schema_put(&edit.record, schema_field_named(kind, span_text("at")));
	at->number = (int64_t)(env_wall_ms(app->env) / 1000);
	at->offset_minutes = calendar_paris_offset_minutes(at->number);
	result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
	if (result == 0)
		return node_change_finish(app->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

/* What no feed of this device has written or read, so that each of them says all by itself. */
static int mark_read(struct api_node *app, const struct record_id *id, const struct thread *thread)
{
	const struct device_id self = node_device(app->node);
	struct log *log = node_log(app->node);
	struct feed_id *own = mem_zero(log_feed_count(log) + 1, sizeof(*own));
	uint8_t messages[READ_CHUNK * SCHEMA_SHORT_BYTES];
	uint32_t own_count = 0, kept = 0;
	int result = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (device_id_eq(&log_feed(log, i)->device, &self))
			own[own_count++] = log_feed(log, i)->id;
	for (uint32_t i = 0; result == 0 && i < thread->count; i++) {
		if (thread_has_read(thread, &thread->messages[i], own, own_count))
			continue;
		memcpy(messages + SCHEMA_SHORT_BYTES * kept++, thread->messages[i].id.bytes,
		        SCHEMA_SHORT_BYTES);
		if (kept < READ_CHUNK)
			continue;
		result = write_reading(app, id, span_of(messages, sizeof(messages)));
		kept = 0;
	}
	if (result == 0 && kept)
		result = write_reading(app, id, span_of(messages, (size_t)kept * SCHEMA_SHORT_BYTES));
	mem_free(own);
	return result;
}

/* Who may not write here: on this device alone. */
static int mark_seen(struct api_node *app, const struct record_id *id, const struct thread *thread)
{
	char name[ROW_NAME_BYTES];
	struct buf row = {0};
	row_name(id, name);
	wire_put_varint(&row, thread->count);
	int result = node_put_local(app->node, name, buf_span(&row), NULL, NULL);
	buf_close(&row);
	return result;
}

int api_post_thread_read(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id id;
	struct crdt_doc *doc;
	struct thread thread;
	if (!find_thread(call, &id, &doc))
		return 0;
	const struct digest_source source = api_digest_source(app, doc);
	thread_of(&source, &thread);
	int result = node_may_write(app->node, COMPARTMENT_MESSAGE) ? mark_read(app, &id, &thread)
	                                                            : mark_seen(app, &id, &thread);
	const int count = (int)thread.count;
	thread_close(&thread);
	return result ? result : api_reply_durable(call, 200, json_pack("{s:i}", "messages", count));
}
