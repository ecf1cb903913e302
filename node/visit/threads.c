#include "node/visit/threads.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/clock.h"
#include "crdt/mpack.h"
#include "node/calendar.h"
#include "node/shorts.h"
#include "node/visit/threads_choose.h"

enum {
	TRANSMISSION_URGENCY = 7,
	TRANSMISSION_AT = 8,
	REPLY_TRANSMISSION = 1,
	READING_TRANSMISSIONS = 1,
	ITEM_MEMBERS = 6,
	LEFT_MEMBERS = 3,
	PART_MEMBERS = 4
};

void threads_close(struct threads *threads)
{
	arena_close(&threads->arena);
	*threads = (struct threads){0};
}

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

/* A mark: who read an item. */
struct mark {
	uint32_t item;
	uint16_t feed;
};

struct gathering {
	const struct digest_source *source;
	struct threads *out;
	struct transmission *items; /* oldest first */
	uint32_t count, room;
	struct shorts ids;
	struct mark *marks;
	uint32_t mark_count, mark_room;
};

static int feed_cmp(const void *a, const void *b)
{
	return memcmp(a, b, THREADS_FEED_BYTES);
}

/* Of everybody who wrote about them, ascending: the same whatever came in which order. */
static void list_feeds(struct gathering *gathering)
{
	static const uint32_t KINDS[] = {SCHEMA_TRANSMISSION, SCHEMA_READING, SCHEMA_REPLY};
	struct threads *out = gathering->out;
	uint8_t(*feeds)[THREADS_FEED_BYTES] = NULL;
	uint32_t count = 0, room = 0;
	struct crdt_event event;
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(*KINDS); i++)
		for (uint32_t cursor = 0;
		        crdt_doc_event(gathering->source->doc, KINDS[i], &cursor, &event);) {
			if (count && feed_cmp(feeds[count - 1], event.op.feed.bytes) == 0)
				continue;
			feeds = mem_room(feeds, count, &room, sizeof(*feeds));
			memcpy(feeds[count++], event.op.feed.bytes, THREADS_FEED_BYTES);
		}
	out->feeds = arena_zero(&out->arena, (count < THREADS_FEEDS_MAX ? count : THREADS_FEEDS_MAX) + 1,
	        sizeof(*out->feeds));
	if (count)
		qsort(feeds, count, sizeof(*feeds), feed_cmp);
	for (uint32_t i = 0; i < count && out->feed_count < THREADS_FEEDS_MAX; i++)
		if (!out->feed_count || feed_cmp(out->feeds[out->feed_count - 1], feeds[i]) != 0)
			memcpy(out->feeds[out->feed_count++], feeds[i], THREADS_FEED_BYTES);
	mem_free(feeds);
}

static bool place_of_feed(const struct threads *threads, const struct feed_id *feed, uint16_t *place)
{
	const uint8_t *found = bsearch(
	        feed->bytes, threads->feeds, threads->feed_count, sizeof(*threads->feeds), feed_cmp);
	if (found)
		*place = (uint16_t)((size_t)(found - threads->feeds[0]) / THREADS_FEED_BYTES);
	return found != NULL;
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

/* Events come oldest first. */
static void gather_items(struct gathering *gathering)
{
	struct crdt_event event, *events = NULL;
	uint32_t count = 0, room = 0;
	for (uint32_t cursor = 0;
	        crdt_doc_event(gathering->source->doc, SCHEMA_TRANSMISSION, &cursor, &event);) {
		events = mem_room(events, count, &room, sizeof(*events));
		events[count++] = event;
	}
	bool *is_repeated = digest_repeated(gathering->source, events, count);
	for (uint32_t i = 0; i < count; i++) {
		uint16_t author;
		event = events[i];
		if (is_repeated[i])
			continue;
		if (event.is_corrected || !place_of_feed(gathering->out, &event.op.feed, &author))
			continue;
		int64_t at_s;
		const int64_t urgency = read_item_event(gathering->source, &event, &at_s);
		gathering->items = mem_room(
		        gathering->items, gathering->count, &gathering->room, sizeof(*gathering->items));
		gathering->items[gathering->count] = (struct transmission){.id = event.id,
		        .saved_ms = told_ms(crdt_hlc_ms(event.hlc), at_s),
		        .urgency = urgency > 0 && urgency <= UINT32_MAX ? (uint32_t)urgency : THREADS_USUAL,
		        .author = author};
		shorts_add(&gathering->ids, &event.id, gathering->count++);
	}
	shorts_sort(&gathering->ids);
	mem_free(is_repeated);
	mem_free(events);
}

static void mark_read(struct gathering *gathering, struct span prefix, uint16_t feed, bool is_reply)
{
	uint32_t end, at = shorts_range(&gathering->ids, prefix, &end);
	for (uint32_t i = at; i < end && i - at < THREADS_ALIKE_MAX; i++) {
		const uint32_t item = gathering->ids.items[i].thing;
		gathering->items[item].replies += is_reply;
		if (gathering->items[item].author == feed)
			continue;
		gathering->marks = mem_room(gathering->marks, gathering->mark_count, &gathering->mark_room,
		        sizeof(*gathering->marks));
		gathering->marks[gathering->mark_count++] = (struct mark){item, feed};
	}
}

static void gather_marks(struct gathering *gathering, uint32_t kind, uint32_t field)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	uint32_t cursor = 0;
	uint16_t feed;
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

static int mark_cmp(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return (x->feed > y->feed) - (x->feed < y->feed);
}

static void put_readers(struct gathering *gathering)
{
	const struct mark *marks = gathering->marks;
	struct buf readers = {0};
	if (gathering->mark_count)
		qsort(gathering->marks, gathering->mark_count, sizeof(*gathering->marks), mark_cmp);
	for (uint32_t i = 0, end; i < gathering->mark_count; i = end) {
		buf_clear(&readers);
		for (end = i; end < gathering->mark_count && marks[end].item == marks[i].item; end++) {
			const uint8_t place[] = {(uint8_t)(marks[end].feed >> 8), (uint8_t)marks[end].feed};
			if (end == i || marks[end].feed != marks[end - 1].feed)
				buf_add(&readers, place, sizeof(place));
		}
		gathering->items[marks[i].item].readers = arena_span(
		        &gathering->out->arena, buf_span(&readers));
	}
	buf_close(&readers);
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
	struct gathering gathering = {.source = source, .out = out};
	*out = (struct threads){0};
	list_feeds(&gathering);
	gather_items(&gathering);
	if (gathering.count) {
		out->near = near_of(source->doc, &out->arena);
		gather_marks(&gathering, SCHEMA_READING, READING_TRANSMISSIONS);
		gather_marks(&gathering, SCHEMA_REPLY, REPLY_TRANSMISSION);
		put_readers(&gathering);
		threads_choose(out, gathering.items, gathering.count);
	}
	shorts_close(&gathering.ids);
	mem_free(gathering.items);
	mem_free(gathering.marks);
}

/* ---- As a part of the digest ------------------------------------------------------------------------------------- */

static void put_item(struct buf *out, const struct transmission *item)
{
	mpack_put_array(out, ITEM_MEMBERS);
	mpack_put_bin(out, span_of(item->id.bytes, sizeof(item->id.bytes)));
	mpack_put_uint(out, item->saved_ms);
	mpack_put_uint(out, item->urgency);
	mpack_put_uint(out, item->replies);
	mpack_put_uint(out, item->author);
	mpack_put_bin(out, item->readers);
}

static void put_left(struct buf *out, const struct threads_left *left)
{
	mpack_put_array(out, LEFT_MEMBERS);
	mpack_put_uint(out, left->author);
	mpack_put_bin(out, left->readers);
	mpack_put_array(out, left->count);
	for (uint32_t i = 0; i < left->count; i++)
		mpack_put_uint(out, i ? left->moments[i - 1] - left->moments[i] : left->moments[0]);
}

void threads_part_make(const struct digest_source *source, struct buf *out)
{
	struct threads threads;
	threads_of(source, &threads);
	if (threads.count) {
		mpack_put_array(out, PART_MEMBERS);
		mpack_put_bin(out, span_of(threads.feeds, threads.feed_count * sizeof(*threads.feeds)));
		mpack_put_bin(out, threads.near);
		mpack_put_array(out, threads.count);
		for (uint32_t i = 0; i < threads.count; i++)
			put_item(out, &threads.items[i]);
		mpack_put_array(out, threads.left_count);
		for (uint32_t i = 0; i < threads.left_count; i++)
			put_left(out, &threads.left[i]);
	}
	threads_close(&threads);
}

static uint16_t read_place(struct mpack_in *in, const struct threads *out)
{
	if (!out->feed_count)
		mpack_fail(in, ERR_MALFORMED);
	return (uint16_t)mpack_uint(in, out->feed_count ? out->feed_count - 1 : 0);
}

static uint16_t place_at(struct span readers, size_t index)
{
	return (uint16_t)(readers.data[2 * index] << 8 | readers.data[2 * index + 1]);
}

static struct span read_readers(struct mpack_in *in, struct threads *out)
{
	const struct span readers = arena_span(&out->arena, mpack_bin(in));
	for (size_t i = 0; i < readers.size / THREADS_PLACE_BYTES; i++)
		if (place_at(readers, i) >= out->feed_count)
			mpack_fail(in, ERR_MALFORMED);
	if (readers.size % THREADS_PLACE_BYTES)
		mpack_fail(in, ERR_MALFORMED);
	return readers;
}

static void read_item(struct mpack_in *in, struct threads *out, struct transmission *item)
{
	if (mpack_array(in) != ITEM_MEMBERS)
		mpack_fail(in, ERR_MALFORMED);
	const struct span id = mpack_bin(in);
	item->saved_ms = mpack_uint(in, INT64_MAX);
	item->urgency = (uint32_t)mpack_uint(in, UINT32_MAX);
	item->replies = (uint32_t)mpack_uint(in, UINT32_MAX);
	item->author = read_place(in, out);
	item->readers = read_readers(in, out);
	if (id.size != sizeof(item->id.bytes))
		mpack_fail(in, ERR_MALFORMED);
	else
		memcpy(item->id.bytes, id.data, id.size);
}

static void read_left(struct mpack_in *in, struct threads *out, struct threads_left *left)
{
	if (mpack_array(in) != LEFT_MEMBERS)
		mpack_fail(in, ERR_MALFORMED);
	left->author = read_place(in, out);
	left->readers = read_readers(in, out);
	const uint32_t count = mpack_array(in); /* of at most so many bytes: mpack_check() */
	if (in->error || !count) {
		mpack_fail(in, ERR_MALFORMED);
		return;
	}
	left->moments = arena_zero(&out->arena, count, sizeof(*left->moments));
	uint64_t moment = mpack_uint(in, INT64_MAX);
	left->moments[left->count++] = moment;
	while (!in->error && left->count < count) {
		moment -= mpack_uint(in, moment);
		left->moments[left->count++] = moment;
	}
}

static void read_feeds(struct mpack_in *in, struct threads *out)
{
	const struct span feeds = mpack_bin(in), near = mpack_bin(in);
	if (feeds.size % THREADS_FEED_BYTES != 0 || feeds.size / THREADS_FEED_BYTES > THREADS_FEEDS_MAX)
		mpack_fail(in, ERR_MALFORMED);
	if (in->error)
		return;
	out->feed_count = (uint32_t)(feeds.size / THREADS_FEED_BYTES);
	out->feeds = arena_copy(&out->arena, feeds.data, feeds.size);
	out->near = arena_span(&out->arena, near);
}

bool threads_part_read(struct span part, struct threads *out)
{
	*out = (struct threads){0};
	if (mpack_check(part))
		return false;
	struct mpack_in in = mpack_begin(part);
	if (mpack_array(&in) != PART_MEMBERS)
		mpack_fail(&in, ERR_MALFORMED);
	read_feeds(&in, out);
	const uint32_t count = mpack_array(&in);
	if (count > THREADS_MAX)
		mpack_fail(&in, ERR_MALFORMED);
	if (!in.error)
		out->items = arena_zero(&out->arena, (size_t)count + 1, sizeof(*out->items));
	while (!in.error && out->count < count)
		read_item(&in, out, &out->items[out->count++]);
	const uint32_t left_count = mpack_array(&in); /* of at most so many bytes: mpack_check() */
	if (!in.error)
		out->left = arena_zero(&out->arena, (size_t)left_count + 1, sizeof(*out->left));
	while (!in.error && out->left_count < left_count)
		read_left(&in, out, &out->left[out->left_count++]);
	if (mpack_end(&in) == 0)
		return true;
	threads_close(out);
	return false;
}

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

static bool is_of(const struct threads *threads, uint16_t place, const struct person_id *person,
        threads_person person_of, void *context)
{
	const struct person_id whose = person_of(context, threads->feeds[place]);
	return person_id_eq(&whose, person);
}

static bool is_read_by(const struct threads *threads, struct span readers, const struct person_id *person,
        threads_person person_of, void *context)
{
	for (size_t i = 0; i < readers.size / THREADS_PLACE_BYTES; i++)
		if (is_of(threads, place_at(readers, i), person, person_of, context))
			return true;
	return false;
}

bool threads_to_read(const struct threads *threads, const struct transmission *item,
        const struct person_id *person, uint64_t joined_ms, threads_person person_of, void *context)
{
	return item->saved_ms >= joined_ms && !is_of(threads, item->author, person, person_of, context) &&
	        !is_read_by(threads, item->readers, person, person_of, context);
}

uint32_t threads_left_since(const struct threads_left *left, uint64_t since_ms, uint32_t *urgent)
{
	uint32_t count = 0;
	*urgent = 0;
	for (; count < left->count && left->moments[count] / 2 >= since_ms; count++)
		*urgent += left->moments[count] & 1;
	return count;
}

uint32_t threads_left_to_read(const struct threads *threads, const struct threads_left *left,
        const struct person_id *person, uint64_t joined_ms, threads_person person_of, void *context,
        uint32_t *urgent)
{
	*urgent = 0;
	return is_of(threads, left->author, person, person_of, context) ||
	                is_read_by(threads, left->readers, person, person_of, context)
	        ? 0
	        : threads_left_since(left, joined_ms, urgent);
}

bool threads_is_waiting(const struct threads *threads, const struct transmission *item, uint64_t now_ms,
        threads_person person_of, void *context)
{
	const struct person_id author = person_of(context, threads->feeds[item->author]);
	if (item->urgency != THREADS_URGENT || now_ms < item->saved_ms + THREADS_WAIT_MS)
		return false;
	for (size_t i = 0; i < item->readers.size / THREADS_PLACE_BYTES; i++)
		if (!is_of(threads, place_at(item->readers, i), &author, person_of, context))
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
	for (size_t i = 0; i < item->readers.size / THREADS_PLACE_BYTES && size < sizeof(done);
	        i++, size += THREADS_FEED_BYTES)
		memcpy(done + size, threads->feeds[place_at(item->readers, i)], THREADS_FEED_BYTES);
	return work_keep(facts, span_of(done, size));
}

static void add_fact(const struct threads *threads, const struct transmission *item, uint32_t number,
        struct work_facts *out)
{
	struct work_fact *fact = work_add(out, number);
	if (!fact)
		return;
	fact->key = work_keep(out, span_of(item->id.bytes, sizeof(item->id.bytes)));
	fact->records = fact->key;
	fact->now = WORK_ALWAYS;
	fact->day = (int32_t)calendar_paris_day((int64_t)(item->saved_ms / 1000));
	fact->until = fact->day + THREADS_WORK_DAYS;
	fact->done_by = feeds_of(threads, item, out);
	fact->fr = work_words(out, "Transmission urgente à lire");
	fact->en = work_words(out, "Urgent transmission to read");
}

/* Of each author the newest, then of each the next: nobody's are left out for how many somebody else wrote. */
void threads_facts(const struct digest_source *source, uint32_t number, struct work_facts *out)
{
	struct threads threads;
	threads_of(source, &threads);
	uint32_t *ranks = mem_zero((size_t)threads.count + 1, sizeof(*ranks)),
	         *written = mem_zero((size_t)threads.feed_count + 1, sizeof(*written)), most = 0;
	for (uint32_t i = 0; i < threads.count; i++) {
		if (threads.items[i].urgency == THREADS_URGENT)
			ranks[i] = ++written[threads.items[i].author];
		most = ranks[i] > most ? ranks[i] : most;
	}
	for (uint32_t rank = 1; rank <= most; rank++)
		for (uint32_t i = 0; i < threads.count; i++)
			if (ranks[i] == rank)
				add_fact(&threads, &threads.items[i], number, out);
	for (uint32_t i = 0; i < threads.left_count; i++)
		for (uint32_t j = 0; j < threads.left[i].count; j++)
			out->left_out += threads.left[i].moments[j] & 1;
	mem_free(ranks);
	mem_free(written);
	threads_close(&threads);
}

/* ---- Replies ----------------------------------------------------------------------------------------------------- */

enum { WORD_BITS = 64 };

static bool has_bit(const uint64_t *row, uint32_t bit)
{
	return row[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

/* A row for each reply: those that it says it comes after. */
static uint64_t *rows_of(const struct reply *replies, uint32_t count, uint32_t words)
{
	uint64_t *rows = mem_zero((size_t)count * words + 1, sizeof(*rows));
	struct shorts ids = {0};
	for (uint32_t i = 0; i < count; i++)
		shorts_add(&ids, &replies[i].id, i);
	shorts_sort(&ids);
	for (uint32_t i = 0; i < count; i++)
		for (size_t at = 0; at + SCHEMA_SHORT_BYTES <= replies[i].after.size;
		        at += SCHEMA_SHORT_BYTES) {
			uint32_t end,
			        first = shorts_range(
			                &ids, span_sub(replies[i].after, at, SCHEMA_SHORT_BYTES), &end);
			for (uint32_t j = first; j < end && j - first < THREADS_ALIKE_MAX; j++) {
				const uint32_t named = ids.items[j].thing;
				rows[(size_t)i * words + named / WORD_BITS] |= UINT64_C(1)
				        << named % WORD_BITS;
			}
		}
	shorts_close(&ids);
	return rows;
}

/* Everything that `from` comes after, as bits; each reply is looked at once. */
static void mark_before(const uint64_t *rows, uint32_t count, uint32_t words, uint32_t from, uint64_t *before)
{
	uint32_t *open = mem_zero((size_t)count + 1, sizeof(*open)), open_count = 0;
	open[open_count++] = from;
	while (open_count) {
		const uint64_t *row = rows + (size_t)open[--open_count] * words;
		for (uint32_t word = 0; word < words; word++)
			for (uint64_t new = row[word] & ~before[word]; new; new &= new - 1) {
				const uint32_t named = word * WORD_BITS + (uint32_t)__builtin_ctzll(new);
				before[word] |= new & -new;
				if (named != from)
					open[open_count++] = named;
			}
	}
	mem_free(open);
}

void threads_mark_apart(struct reply *replies, uint32_t count)
{
	const uint32_t words = count / WORD_BITS + 1;
	uint64_t *rows = rows_of(replies, count, words),
	         *before = mem_zero((size_t)count * words + 1, sizeof(*before));
	for (uint32_t i = 0; i < count; i++)
		mark_before(rows, count, words, i, before + (size_t)i * words);
	for (uint32_t i = 0; i < count; i++) {
		replies[i].is_apart = false;
		for (uint32_t j = 0; j < count; j++)
			replies[i].is_apart |= i != j && !has_bit(before + (size_t)i * words, j) &&
			        !has_bit(before + (size_t)j * words, i);
	}
	mem_free(rows);
	mem_free(before);
}
