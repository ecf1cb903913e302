#include "node/index.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/calendar.h"

enum { BUCKET_VERSION = 1, MONTH_NAME_BYTES = 4 };

struct bucket {
	int32_t month;
	struct index_event *events;
	uint32_t count, capacity;
	bool touched, sorted;
};

struct index {
	struct vault *vault;
	struct bucket *buckets; /* ascending by month: those in memory */
	uint32_t count, capacity;
	struct buf row;
	uint32_t event_count; /* in memory */
	bool restarted; /* what is not in memory is not there */
	struct buf stale; /* VAULT_NAME_BYTES each: rows to be removed */
};

struct index *index_new(struct vault *vault)
{
	struct index *index = mem_zero(1, sizeof(*index));
	index->vault = vault;
	return index;
}

void index_forget(struct index *index)
{
	for (uint32_t i = 0; i < index->count; i++)
		mem_free(index->buckets[i].events);
	index->count = index->event_count = 0;
	index->restarted = false;
	buf_clear(&index->stale);
}

int index_restart(struct index *index, struct store_txn *txn)
{
	uint8_t from[VAULT_NAME_BYTES + 1] = {0};
	size_t from_size = 1;
	struct span key, value;
	int result;
	index_forget(index);
	index->restarted = true;
	while ((result = store_seek(
	                txn, STORE_INDEX, STORE_FIRST_FROM, span_of(from, from_size), &key, &value)) == 0) {
		if (key.size != VAULT_NAME_BYTES)
			return ERR_CORRUPT;
		buf_add_span(&index->stale, key);
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		from_size = sizeof(from);
	}
	return result == ERR_NOTFOUND ? 0 : result;
}

void index_free(struct index *index)
{
	if (!index)
		return;
	index_forget(index);
	mem_free(index->buckets);
	buf_wipe(&index->row);
	buf_close(&index->stale);
	mem_free(index);
}

static void bucket_key(const struct index *index, int32_t month, uint8_t key[VAULT_NAME_BYTES])
{
	uint8_t name[MONTH_NAME_BYTES];
	for (unsigned i = 0; i < sizeof(name); i++)
		name[i] = (uint8_t)((uint32_t)month >> (8 * i));
	vault_name(index->vault, key, STORE_INDEX, span_of(name, sizeof(name)));
}

static int event_cmp(const void *left, const void *right)
{
	const struct index_event *a = left, *b = right;
	if (a->when_s != b->when_s)
		return a->when_s < b->when_s ? -1 : 1;
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->op > b->op) - (a->op < b->op);
}

static void push_event(struct index *index, struct bucket *bucket, const struct index_event *event)
{
	index->event_count++;
	if (bucket->count == bucket->capacity) {
		bucket->capacity = bucket->capacity ? 2 * bucket->capacity : 32;
		bucket->events = mem_resize(bucket->events, bucket->capacity, sizeof(*bucket->events));
	}
	if (bucket->count && event_cmp(&bucket->events[bucket->count - 1], event) > 0)
		bucket->sorted = false;
	bucket->events[bucket->count++] = *event;
}

/* Sorts and drops what stands twice: a replay after a crash may add again what the checkpoint held. */
static void settle(struct index *index, struct bucket *bucket)
{
	uint32_t kept = 0;
	if (!bucket->sorted)
		qsort(bucket->events, bucket->count, sizeof(*bucket->events), event_cmp);
	for (uint32_t i = 0; i < bucket->count; i++)
		if (kept == 0 || event_cmp(&bucket->events[kept - 1], &bucket->events[i]) != 0)
			bucket->events[kept++] = bucket->events[i];
	index->event_count -= bucket->count - kept;
	bucket->count = kept;
	bucket->sorted = true;
}

static int read_bucket(struct index *index, struct bucket *bucket, struct span row)
{
	struct wire_in in = wire_begin(row);
	struct index_event event = {0};
	if (wire_u8(&in) != BUCKET_VERSION)
		return ERR_CORRUPT;
	uint32_t count = wire_count(&in, LIMIT_MONTH_EVENTS, 6);
	for (uint32_t i = 0; i < count && !in.error; i++) {
		event.when_s += wire_zigzag(&in);
		event.kind = (uint32_t)wire_varint(&in);
		event.feed = (uint32_t)wire_varint(&in);
		event.seq += (uint64_t)wire_zigzag(&in);
		event.doc = (uint32_t)wire_varint(&in);
		event.op = (uint32_t)wire_varint(&in);
		push_event(index, bucket, &event);
	}
	return wire_end(&in) ? ERR_CORRUPT : 0;
}

static int load_bucket(struct index *index, struct store_txn *txn, struct bucket *bucket)
{
	uint8_t key[VAULT_NAME_BYTES];
	bucket_key(index, bucket->month, key);
	int result = vault_get(index->vault, txn, STORE_INDEX, span_of(key, sizeof(key)), &index->row);
	if (result == ERR_NOTFOUND)
		return 0;
	return result ? result : read_bucket(index, bucket, buf_span(&index->row));
}

/* Where the bucket of this month stands, or would stand. */
static uint32_t bucket_place(const struct index *index, int32_t month, bool *is_there)
{
	uint32_t at = index->count;
	while (at > 0 && index->buckets[at - 1].month >= month)
		at--; /* the latest months are asked for most */
	*is_there = at < index->count && index->buckets[at].month == month;
	return at;
}

bool index_holds(const struct index *index, int64_t when_s)
{
	bool is_there;
	bucket_place(index, calendar_month(when_s, 0), &is_there);
	return is_there;
}

static int find_bucket(struct index *index, struct store_txn *txn, int32_t month, struct bucket **out)
{
	bool is_there;
	uint32_t at = bucket_place(index, month, &is_there);
	if (is_there) {
		*out = &index->buckets[at];
		return 0;
	}
	struct bucket bucket = {.month = month, .sorted = true};
	int result = index->restarted ? 0 : load_bucket(index, txn, &bucket);
	if (result) {
		index->event_count -= bucket.count;
		mem_free(bucket.events);
		return result;
	}
	if (index->count == index->capacity) {
		index->capacity = index->capacity ? 2 * index->capacity : 16;
		index->buckets = mem_resize(index->buckets, index->capacity, sizeof(*index->buckets));
	}
	memmove(index->buckets + at + 1, index->buckets + at, (index->count - at) * sizeof(*index->buckets));
	index->buckets[at] = bucket;
	index->count++;
	*out = &index->buckets[at];
	return 0;
}

int index_add(struct index *index, struct store_txn *txn, const struct index_event *event)
{
	struct bucket *bucket;
	int result = find_bucket(index, txn, calendar_month(event->when_s, 0), &bucket);
	if (result)
		return result;
	/* Only a hostile author gets there: the rest is in its documents and in no list, and nothing stops for it. */
	if (bucket->count >= LIMIT_MONTH_EVENTS)
		return 0;
	push_event(index, bucket, event);
	bucket->touched = true;
	if (bucket->count == LIMIT_MONTH_EVENTS) /* some may stand there twice */
		settle(index, bucket);
	return 0;
}

int index_month(struct index *index, struct store_txn *txn, int32_t month, const struct index_event **events,
        uint32_t *count)
{
	struct bucket *bucket;
	int result = find_bucket(index, txn, month, &bucket);
	if (result)
		return result;
	settle(index, bucket);
	*events = bucket->events;
	*count = bucket->count;
	return 0;
}

bool index_month_at(const struct index *index, uint32_t n, int32_t *month)
{
	if (n >= index->count)
		return false;
	*month = index->buckets[n].month;
	return true;
}

static int save_bucket(struct index *index, struct store_batch *batch, struct bucket *bucket)
{
	uint8_t key[VAULT_NAME_BYTES];
	struct index_event before = {0};
	settle(index, bucket);
	buf_clear(&index->row);
	wire_put_u8(&index->row, BUCKET_VERSION);
	wire_put_varint(&index->row, bucket->count);
	for (uint32_t i = 0; i < bucket->count; i++) {
		const struct index_event *event = &bucket->events[i];
		wire_put_zigzag(&index->row, event->when_s - before.when_s);
		wire_put_varint(&index->row, event->kind);
		wire_put_varint(&index->row, event->feed);
		wire_put_zigzag(&index->row, (int64_t)(event->seq - before.seq));
		wire_put_varint(&index->row, event->doc);
		wire_put_varint(&index->row, event->op);
		before = *event;
	}
	bucket_key(index, bucket->month, key);
	return vault_batch_put(
	        index->vault, batch, STORE_INDEX, span_of(key, sizeof(key)), buf_span(&index->row));
}

int index_save(struct index *index, struct store_batch *batch)
{
	for (size_t at = 0; at < index->stale.size; at += VAULT_NAME_BYTES) {
		int result = vault_batch_remove(
		        index->vault, batch, STORE_INDEX, span_of(index->stale.data + at, VAULT_NAME_BYTES));
		if (result)
			return result;
	}
	for (uint32_t i = 0; i < index->count; i++) {
		int result = index->buckets[i].touched ? save_bucket(index, batch, &index->buckets[i]) : 0;
		if (result)
			return result;
	}
	return 0;
}

void index_saving(struct index *index)
{
	buf_clear(&index->stale);
	for (uint32_t i = 0; i < index->count; i++)
		index->buckets[i].touched = false;
}

void index_evict(struct index *index, uint32_t keep_events)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < index->count; i++) {
		struct bucket *bucket = &index->buckets[i];
		if (index->event_count > keep_events && !bucket->touched && !index->restarted) {
			index->event_count -= bucket->count;
			mem_free(bucket->events);
		} else {
			index->buckets[kept++] = *bucket;
		}
	}
	index->count = kept;
}
