#include "node/visit/threads.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/clock.h"
#include "crdt/mpack.h"
#include "node/calendar.h"

enum {
	TRANSMISSION_URGENCY = 7,
	TRANSMISSION_AT = 8,
	REPLY_TRANSMISSION = 1,
	READING_TRANSMISSIONS = 1,
	ITEM_MEMBERS = 6,
	PART_HEAD = 2
};

void threads_close(struct threads *threads)
{
	arena_close(&threads->arena);
	*threads = (struct threads){0};
}

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

/* While it is put together: readers as bits, since feeds are not in order yet. */
struct gathering {
	const struct digest_source *source;
	struct threads *out;
	uint8_t (*readers)[(THREADS_FEEDS_MAX + 8) / 8]; /* by item */
};

/* False: there are too many. */
static bool place_of_feed(struct threads *threads, const struct feed_id *feed, uint8_t *place)
{
	for (uint32_t i = 0; i < threads->feed_count; i++) {
		*place = (uint8_t)i;
		if (memcmp(threads->feeds[i], feed->bytes, THREADS_FEED_BYTES) == 0)
			return true;
	}
	if (threads->feed_count == THREADS_FEEDS_MAX)
		return false;
	*place = (uint8_t)threads->feed_count;
	memcpy(threads->feeds[threads->feed_count++], feed->bytes, THREADS_FEED_BYTES);
	return true;
}

/* Its urgency, and its own moment; 0: it does not say. */
static int64_t read_item_event(
        const struct digest_source *source, const struct crdt_event *event, int64_t *at_s)
{
	struct schema_measures measures;
	struct schema_record record;
	const bool is_read = digest_event(source, event, &measures, &record);
	const struct schema_value *urgency = is_read ? schema_value(&record, TRANSMISSION_URGENCY) : NULL,
	                          *at = is_read ? schema_value(&record, TRANSMISSION_AT) : NULL;
	*at_s = at ? at->number : 0;
	return urgency ? urgency->number : 0;
}

/* What was brought here from elsewhere with a history is no news: it counts from its own moment. */
static uint64_t told_ms(uint64_t saved_ms, int64_t at_s)
{
	const uint64_t at_ms = at_s > 0 ? (uint64_t)at_s * 1000 : saved_ms;
	return at_ms + UINT64_C(86400000) * THREADS_WORK_DAYS < saved_ms ? at_ms : saved_ms;
}

/* The newest THREADS_MAX: events come oldest first. */
static void gather_items(struct gathering *gathering)
{
	const struct crdt_doc *doc = gathering->source->doc;
	struct threads *out = gathering->out;
	struct crdt_event event;
	uint32_t cursor = 0, total = 0, seen = 0;
	while (crdt_doc_event(doc, SCHEMA_TRANSMISSION, &cursor, &event))
		total += !event.is_corrected;
	const uint32_t kept = total < THREADS_MAX ? total : THREADS_MAX;
	out->items = arena_zero(&out->arena, kept + 1, sizeof(*out->items));
	for (cursor = 0; crdt_doc_event(doc, SCHEMA_TRANSMISSION, &cursor, &event);) {
		if (event.is_corrected || seen++ < total - kept)
			continue;
		struct transmission *item = &out->items[out->count];
		if (!place_of_feed(out, &event.op.feed, &item->author))
			continue;
		int64_t at_s;
		const int64_t urgency = read_item_event(gathering->source, &event, &at_s);
		item->id = event.id;
		item->saved_ms = told_ms(crdt_hlc_ms(event.hlc), at_s);
		item->urgency = urgency > 0 && urgency <= UINT32_MAX ? (uint32_t)urgency : THREADS_USUAL;
		out->count++;
	}
}

static void mark_read(struct gathering *gathering, struct span prefix, uint8_t feed, bool is_reply)
{
	struct threads *out = gathering->out;
	for (uint32_t i = 0; i < out->count; i++) {
		struct transmission *item = &out->items[i];
		if (memcmp(item->id.bytes, prefix.data, SCHEMA_SHORT_BYTES) != 0)
			continue;
		item->replies += is_reply;
		if (item->author != feed)
			gathering->readers[i][feed / 8] |= (uint8_t)(1 << feed % 8);
	}
}

static void gather_marks(struct gathering *gathering, uint32_t kind, uint32_t field)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	uint32_t cursor = 0;
	uint8_t feed;
	while (crdt_doc_event(gathering->source->doc, kind, &cursor, &event)) {
		if (event.is_corrected || !digest_event(gathering->source, &event, &measures, &record))
			continue;
		const struct schema_value *value = schema_value(&record, field);
		if (!value || !place_of_feed(gathering->out, &event.op.feed, &feed))
			continue;
		for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= value->bytes.size; at += SCHEMA_SHORT_BYTES)
			mark_read(gathering, span_sub(value->bytes, at, SCHEMA_SHORT_BYTES), feed,
			        kind == SCHEMA_REPLY);
	}
}

static int feed_cmp(const void *a, const void *b)
{
	return memcmp(a, b, THREADS_FEED_BYTES);
}

/* Feeds in the order of their bytes, items newest first, places accordingly: the same whatever came in which order. */
static void put_in_order(struct gathering *gathering)
{
	struct threads *out = gathering->out;
	uint8_t old[THREADS_FEEDS_MAX][THREADS_FEED_BYTES], places[THREADS_FEEDS_MAX] = {0};
	memcpy(old, out->feeds, out->feed_count * sizeof(*old));
	qsort(out->feeds, out->feed_count, sizeof(*out->feeds), feed_cmp);
	for (uint32_t i = 0; i < out->feed_count; i++)
		for (uint32_t j = 0; j < out->feed_count; j++)
			if (memcmp(old[i], out->feeds[j], THREADS_FEED_BYTES) == 0)
				places[i] = (uint8_t)j;
	for (uint32_t i = 0; i < out->count; i++) {
		bool reads[THREADS_FEEDS_MAX] = {false};
		uint8_t readers[THREADS_FEEDS_MAX];
		size_t count = 0;
		for (uint32_t j = 0; j < out->feed_count; j++)
			reads[places[j]] = gathering->readers[i][j / 8] & 1 << j % 8;
		for (uint32_t j = 0; j < out->feed_count; j++)
			if (reads[j])
				readers[count++] = (uint8_t)j;
		out->items[i].author = places[out->items[i].author];
		out->items[i].readers = arena_span(&out->arena, span_of(readers, count));
	}
	for (uint32_t i = 0; i < out->count / 2; i++) {
		const struct transmission other = out->items[i];
		out->items[i] = out->items[out->count - 1 - i];
		out->items[out->count - 1 - i] = other;
	}
}

/* The values of the fields that name nurses of this patient. */
static struct span near_of(const struct crdt_doc *doc, struct arena *arena)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct schema_field *circle = schema_field_named(kind, span_text("circle")),
	                          *referent = schema_field_named(kind, span_text("referent"));
	const struct record_id id = crdt_doc_id(doc);
	struct crdt_values values = {0};
	struct crdt_path path;
	struct buf all = {0};
	buf_add_span(&all, record_set(doc, kind, &id, circle, arena));
	record_path(kind, &id, referent->number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_value value;
		if (schema_value_get(referent, values.items[i].value, NULL, NULL, &value))
			buf_add_span(&all, value.bytes);
	}
	crdt_values_close(&values);
	const size_t most = (size_t)THREADS_NEAR_MAX * SCHEMA_SHORT_BYTES;
	const struct span near = arena_span(arena, span_of(all.data, all.size < most ? all.size : most));
	buf_close(&all);
	return near;
}

void threads_of(const struct digest_source *source, struct threads *out)
{
	struct gathering gathering = {source, out, NULL};
	*out = (struct threads){0};
	out->feeds = arena_zero(&out->arena, THREADS_FEEDS_MAX, sizeof(*out->feeds));
	gather_items(&gathering);
	if (out->count) {
		out->near = near_of(source->doc, &out->arena);
		gathering.readers = mem_zero(out->count, sizeof(*gathering.readers));
		gather_marks(&gathering, SCHEMA_READING, READING_TRANSMISSIONS);
		gather_marks(&gathering, SCHEMA_REPLY, REPLY_TRANSMISSION);
		put_in_order(&gathering);
		mem_free(gathering.readers);
	}
}

/* ---- As a part of the digest ------------------------------------------------------------------------------------- */

void threads_part_make(const struct digest_source *source, struct buf *out)
{
	struct threads threads;
	threads_of(source, &threads);
	if (threads.count) {
		mpack_put_array(out, PART_HEAD + threads.count);
		mpack_put_bin(out, span_of(threads.feeds, threads.feed_count * sizeof(*threads.feeds)));
		mpack_put_bin(out, threads.near);
	}
	for (uint32_t i = 0; i < threads.count; i++) {
		const struct transmission *item = &threads.items[i];
		mpack_put_array(out, ITEM_MEMBERS);
		mpack_put_bin(out, span_of(item->id.bytes, sizeof(item->id.bytes)));
		mpack_put_uint(out, item->saved_ms);
		mpack_put_uint(out, item->urgency);
		mpack_put_uint(out, item->replies);
		mpack_put_uint(out, item->author);
		mpack_put_bin(out, item->readers);
	}
	threads_close(&threads);
}

static void read_item(struct mpack_in *in, struct threads *out, struct transmission *item)
{
	if (mpack_array(in) != ITEM_MEMBERS)
		mpack_fail(in, ERR_MALFORMED);
	const struct span id = mpack_bin(in);
	item->saved_ms = mpack_uint(in, INT64_MAX);
	item->urgency = (uint32_t)mpack_uint(in, UINT32_MAX);
	item->replies = (uint32_t)mpack_uint(in, UINT32_MAX);
	item->author = (uint8_t)mpack_uint(in, out->feed_count ? out->feed_count - 1 : 0);
	item->readers = arena_span(&out->arena, mpack_bin(in));
	for (size_t i = 0; i < item->readers.size; i++)
		if (item->readers.data[i] >= out->feed_count)
			mpack_fail(in, ERR_MALFORMED);
	if (id.size != sizeof(item->id.bytes) || out->feed_count == 0)
		mpack_fail(in, ERR_MALFORMED);
	else
		memcpy(item->id.bytes, id.data, id.size);
}

bool threads_part_read(struct span part, struct threads *out)
{
	*out = (struct threads){0};
	if (mpack_check(part))
		return false;
	struct mpack_in in = mpack_begin(part);
	const uint32_t members = mpack_array(&in);
	const struct span feeds = mpack_bin(&in), near = mpack_bin(&in);
	if (members < PART_HEAD || members > PART_HEAD + THREADS_MAX ||
	        feeds.size % THREADS_FEED_BYTES != 0 || feeds.size / THREADS_FEED_BYTES > THREADS_FEEDS_MAX)
		mpack_fail(&in, ERR_MALFORMED);
	if (!in.error) {
		out->feed_count = (uint32_t)(feeds.size / THREADS_FEED_BYTES);
		out->feeds = arena_copy(&out->arena, feeds.data, feeds.size);
		out->near = arena_span(&out->arena, near);
		out->items = arena_zero(&out->arena, members, sizeof(*out->items));
	}
	while (!in.error && out->count < members - PART_HEAD)
		read_item(&in, out, &out->items[out->count++]);
	if (mpack_end(&in) == 0)
		return true;
	threads_close(out);
	return false;
}

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

static bool is_of(const struct threads *threads, uint8_t place, const struct person_id *person,
        threads_person person_of, void *context)
{
	const struct person_id whose = person_of(context, threads->feeds[place]);
	return person_id_eq(&whose, person);
}

bool threads_to_read(const struct threads *threads, const struct transmission *item,
        const struct person_id *person, uint64_t joined_ms, threads_person person_of, void *context)
{
	if (item->saved_ms < joined_ms || is_of(threads, item->author, person, person_of, context))
		return false;
	for (size_t i = 0; i < item->readers.size; i++)
		if (is_of(threads, item->readers.data[i], person, person_of, context))
			return false;
	return true;
}

bool threads_is_waiting(const struct threads *threads, const struct transmission *item, uint64_t now_ms,
        threads_person person_of, void *context)
{
	const struct person_id author = person_of(context, threads->feeds[item->author]);
	if (item->urgency != THREADS_URGENT || now_ms < item->saved_ms + THREADS_WAIT_MS)
		return false;
	for (size_t i = 0; i < item->readers.size; i++)
		if (!is_of(threads, item->readers.data[i], &author, person_of, context))
			return false;
	return true;
}

bool threads_is_near(const struct threads *threads, const struct person_id *person)
{
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= threads->near.size; at += SCHEMA_SHORT_BYTES)
		if (memcmp(threads->near.data + at, person->bytes, SCHEMA_SHORT_BYTES) == 0)
			return true;
	return false;
}

static struct span feeds_of(
        const struct threads *threads, const struct transmission *item, struct work_facts *facts)
{
	uint8_t done[WORK_PEOPLE_MAX * THREADS_FEED_BYTES];
	size_t size = 0;
	memcpy(done, threads->feeds[item->author], THREADS_FEED_BYTES);
	size += THREADS_FEED_BYTES;
	for (size_t i = 0; i < item->readers.size && size < sizeof(done); i++, size += THREADS_FEED_BYTES)
		memcpy(done + size, threads->feeds[item->readers.data[i]], THREADS_FEED_BYTES);
	return work_keep(facts, span_of(done, size));
}

void threads_facts(const struct digest_source *source, uint32_t number, struct work_facts *out)
{
	struct threads threads;
	threads_of(source, &threads);
	for (uint32_t i = 0; i < threads.count; i++) {
		const struct transmission *item = &threads.items[i];
		struct work_fact *fact = item->urgency == THREADS_URGENT ? work_add(out, number) : NULL;
		if (!fact)
			continue;
		fact->key = work_keep(out, span_of(item->id.bytes, sizeof(item->id.bytes)));
		fact->records = fact->key;
		fact->now = WORK_ALWAYS;
		fact->day = (int32_t)calendar_paris_day((int64_t)(item->saved_ms / 1000));
		fact->until = fact->day + THREADS_WORK_DAYS;
		fact->done_by = feeds_of(&threads, item, out);
		fact->fr = work_words(out, "Transmission urgente à lire");
		fact->en = work_words(out, "Urgent transmission to read");
	}
	threads_close(&threads);
}

/* ---- Replies ----------------------------------------------------------------------------------------------------- */

static bool names(const struct reply *reply, const struct record_id *id)
{
	for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= reply->after.size; at += SCHEMA_SHORT_BYTES)
		if (memcmp(reply->after.data + at, id->bytes, SCHEMA_SHORT_BYTES) == 0)
			return true;
	return false;
}

/* Everything that `from` comes after, as marks; each reply is looked at once. */
static void mark_before(const struct reply *replies, uint32_t count, uint32_t from, bool *before)
{
	uint32_t *open = mem_zero(count, sizeof(*open)), open_count = 0;
	open[open_count++] = from;
	while (open_count) {
		const struct reply *reply = &replies[open[--open_count]];
		for (uint32_t i = 0; i < count; i++)
			if (!before[i] && i != from && names(reply, &replies[i].id)) {
				before[i] = true;
				open[open_count++] = i;
			}
	}
	mem_free(open);
}

void threads_mark_apart(struct reply *replies, uint32_t count)
{
	bool *before = mem_zero((size_t)count * count + 1, sizeof(*before));
	for (uint32_t i = 0; i < count; i++)
		mark_before(replies, count, i, before + (size_t)i * count);
	for (uint32_t i = 0; i < count; i++) {
		replies[i].is_apart = false;
		for (uint32_t j = 0; j < count; j++)
			replies[i].is_apart |= i != j && !before[(size_t)i * count + j] &&
			        !before[(size_t)j * count + i];
	}
	mem_free(before);
}
