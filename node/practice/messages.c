#include "node/practice/messages.h"

#include <stdlib.h>
#include <string.h>

enum { PEOPLE = 2, READ_MESSAGES = 1, URGENT = 3 };

/* ---- What stands in it ------------------------------------------------------------------------------------------- */

static void add_readings(
        const struct digest_source *document, const struct crdt_event *event, struct thread *out)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!digest_event(document, event, &measures, &record))
		return;
	const struct schema_value *messages = schema_value(&record, READ_MESSAGES);
	for (uint32_t i = 0; messages && i < schema_element_count(messages); i++) {
		out->readings = mem_room(
		        out->readings, out->reading_count, &out->reading_capacity, sizeof(*out->readings));
		struct thread_reading *reading = &out->readings[out->reading_count++];
		reading->feed = event->op.feed;
		reading->at = out->reading_count;
		memcpy(reading->message, schema_element(messages, i).data, SCHEMA_SHORT_BYTES);
	}
}

static int by_message_and_feed(const void *left, const void *right)
{
	const struct thread_reading *a = left, *b = right;
	int order = memcmp(a->message, b->message, sizeof(a->message));
	if (!order)
		order = feed_id_cmp(&a->feed, &b->feed);
	return order ? order : (a->at > b->at) - (a->at < b->at);
}

static int by_message(const void *left, const void *right)
{
	const struct thread_reading *a = left, *b = right;
	const int order = memcmp(a->message, b->message, sizeof(a->message));
	return order ? order : (a->at > b->at) - (a->at < b->at);
}

/* By message, each feed once, the earliest first. A patched program may write any number. */
static void settle_readings(struct thread *out)
{
	uint32_t kept = 0;
	if (out->reading_count)
		qsort(out->readings, out->reading_count, sizeof(*out->readings), by_message_and_feed);
	for (uint32_t i = 0; i < out->reading_count; i++) {
		const struct thread_reading *reading = &out->readings[i],
		                            *last = kept ? &out->readings[kept - 1] : NULL;
		if (!last || memcmp(last->message, reading->message, sizeof(last->message)) != 0 ||
		        !feed_id_eq(&last->feed, &reading->feed))
			out->readings[kept++] = *reading;
	}
	out->reading_count = kept;
	if (kept)
		qsort(out->readings, kept, sizeof(*out->readings), by_message);
}

static bool is_urgent(const struct digest_source *document, const struct crdt_event *event)
{
	struct schema_measures measures;
	struct schema_record record;
	if (event->is_corrected || !digest_event(document, event, &measures, &record))
		return false;
	const struct schema_value *urgent = schema_value(&record, URGENT);
	return urgent && urgent->number;
}

void thread_of(const struct digest_source *document, struct thread *out)
{
	struct crdt_event event;
	uint32_t cursor = 0, left_out = 0;
	*out = (struct thread){0};
	while (crdt_doc_event(document->doc, SCHEMA_MESSAGE, &cursor, &event))
		out->count++;
	left_out = out->count > THREADS_MESSAGES_MAX ? out->count - THREADS_MESSAGES_MAX : 0;
	out->left_out = left_out;
	const uint32_t kept = out->count - left_out;
	out->messages = mem_zero((size_t)kept + 1, sizeof(*out->messages));
	out->count = 0;
	for (cursor = 0; crdt_doc_event(document->doc, SCHEMA_MESSAGE, &cursor, &event);) {
		if (left_out) {
			left_out--;
			continue;
		}
		const bool is_new = out->count + THREADS_URGENT_SEEN >= kept;
		out->messages[out->count++] = (struct thread_message){event.id, event.op, event.hlc,
		        event.is_corrected, is_new && is_urgent(document, &event)};
	}
	cursor = 0;
	while (crdt_doc_event(document->doc, SCHEMA_MESSAGE_READING, &cursor, &event))
		add_readings(document, &event, out);
	settle_readings(out);
}

void thread_close(struct thread *thread)
{
	mem_free(thread->messages);
	mem_free(thread->readings);
	*thread = (struct thread){0};
}

/* ---- Read -------------------------------------------------------------------------------------------------------- */

static bool is_one_of(const struct feed_id *feed, const struct feed_id *feeds, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (feed_id_eq(feed, &feeds[i]))
			return true;
	return false;
}

const struct thread_reading *thread_readings(
        const struct thread *thread, const struct thread_message *message, uint32_t *count)
{
	uint32_t low = 0, high = thread->reading_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (memcmp(thread->readings[middle].message, message->id.bytes, SCHEMA_SHORT_BYTES) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0; low + *count < thread->reading_count; ++*count)
		if (memcmp(thread->readings[low + *count].message, message->id.bytes, SCHEMA_SHORT_BYTES) !=
		        0)
			break;
	return *count ? &thread->readings[low] : NULL;
}

bool thread_has_read(const struct thread *thread, const struct thread_message *message,
        const struct feed_id *feeds, uint32_t feed_count)
{
	uint32_t count;
	const struct thread_reading *readings = thread_readings(thread, message, &count);
	bool has_read = is_one_of(&message->op.feed, feeds, feed_count);
	for (uint32_t i = 0; !has_read && i < count; i++)
		has_read = is_one_of(&readings[i].feed, feeds, feed_count);
	return has_read;
}

uint32_t thread_unread(const struct thread *thread, const struct feed_id *feeds, uint32_t feed_count)
{
	uint32_t unread = 0;
	for (uint32_t i = 0; i < thread->count; i++)
		unread += !thread->messages[i].is_corrected &&
		        !thread_has_read(thread, &thread->messages[i], feeds, feed_count);
	return unread;
}

uint32_t thread_unread_urgent(const struct thread *thread, const struct feed_id *feeds, uint32_t feed_count)
{
	uint32_t unread = 0;
	for (uint32_t i = 0; i < thread->count; i++)
		unread += thread->messages[i].is_urgent &&
		        !thread_has_read(thread, &thread->messages[i], feeds, feed_count);
	return unread;
}

/* ---- The source -------------------------------------------------------------------------------------------------- */

/* Feeds that have read all that is there; or all that is urgent. */
static struct span read_all(const struct thread *thread, bool urgent_alone, struct work_facts *out)
{
	uint8_t feeds[WORK_PEOPLE_MAX * WORK_FEED_BYTES];
	struct feed_id looked_at[WORK_PEOPLE_MAX];
	uint32_t looked = 0, kept = 0;
	for (uint32_t i = 0; i < thread->count + thread->reading_count && looked < WORK_PEOPLE_MAX; i++) {
		const struct feed_id *feed = i < thread->count ? &thread->messages[i].op.feed
		                                               : &thread->readings[i - thread->count].feed;
		if (is_one_of(feed, looked_at, looked))
			continue;
		looked_at[looked++] = *feed;
		if ((urgent_alone ? thread_unread_urgent : thread_unread)(thread, feed, 1) == 0)
			memcpy(feeds + WORK_FEED_BYTES * kept++, feed->bytes, WORK_FEED_BYTES);
	}
	return work_keep(out, span_of(feeds, (size_t)kept * WORK_FEED_BYTES));
}

/* The thread's addressees. Nobody: it is for all of the team. */
static struct span people_of(const struct crdt_doc *doc, struct work_facts *out)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_THREAD);
	const struct record_id id = crdt_doc_id(doc);
	struct span people = record_set(doc, kind, &id, schema_field(kind, PEOPLE), &out->arena);
	return span_sub(people, 0, (size_t)WORK_PEOPLE_MAX * SCHEMA_SHORT_BYTES);
}

static bool has_urgent(const struct thread *thread)
{
	bool found = false;
	for (uint32_t i = 0; i < thread->count; i++)
		found |= thread->messages[i].is_urgent;
	return found;
}

static void add_fact(const struct digest_source *document, uint32_t source, const struct thread *thread,
        bool is_urgent, struct work_facts *out)
{
	const uint8_t key = is_urgent; /* two of each thread */
	struct work_fact *fact = work_add(out, source);
	if (!fact)
		return;
	fact->key = work_keep(out, span_of(&key, sizeof(key)));
	fact->person = people_of(document->doc, out);
	fact->whose = fact->person.size ? WORK_PERSON : WORK_TEAM;
	fact->done_by = read_all(thread, is_urgent, out);
	if (is_urgent)
		fact->now = WORK_ALWAYS;
	fact->fr = work_words(out, is_urgent ? "Message urgent à lire" : "Messages à lire");
	fact->en = work_words(out, is_urgent ? "An urgent message to be read" : "Messages to be read");
}

void thread_facts(const struct digest_source *document, uint32_t source, struct work_facts *out)
{
	struct thread thread;
	thread_of(document, &thread);
	if (has_urgent(&thread))
		add_fact(document, source, &thread, true, out);
	if (thread.count)
		add_fact(document, source, &thread, false, out);
	thread_close(&thread);
}
