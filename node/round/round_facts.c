#include "node/round/round_facts.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/mpack.h"
#include "node/calendar.h"

enum { FORMAT = 1, ORDER_MAX = 200000000 };
#define START_MAX INT64_C(7258118399) /* the schema's last instant, in 2199 */
/* Fields of a planned visit. */
enum {
	START = 1,
	MINUTES = 2,
	ASSIGNEE = 3,
	ORDER = 4,
	STATE = 5,
	ITEMS = 6,
	DAY = 9,
	SLOT = 10,
	OPEN = 11,
	HANDED_BY = 12,
	CABINET = 13
};
enum { IS_DIFFERENT = 1 }; /* of an item */
enum { HAS_ORIGIN = 1, IS_OPEN = 2, HAS_HANDED = 4, HAS_CABINET = 8 }; /* of a planned visit */

bool round_person_eq(const struct round_person *a, const struct round_person *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool round_people_have(const struct round_people *people, const struct round_person *person)
{
	for (uint32_t i = 0; i < people->count; i++)
		if (round_person_eq(&people->items[i], person))
			return true;
	return false;
}

void round_people_add(struct round_people *people, const struct round_person *person)
{
	if (people->count < ROUND_PEOPLE_MAX && !round_people_have(people, person))
		people->items[people->count++] = *person;
}

/* ---- Items as bytes ---------------------------------------------------------------------------------------------- */

/* What is no day of the calendar is not said: a clock that somebody set to the year 3000, the end of a rule that begins in 2199. */
static void put_day(struct buf *out, int64_t day)
{
	if (recurrence_is_day(day))
		mpack_put_int(out, day);
	else
		mpack_put_nil(out);
}

static int64_t get_day(struct mpack_in *in, int64_t otherwise)
{
	if (mpack_peek(in) == MPACK_NIL) {
		mpack_nil(in);
		return otherwise;
	}
	const int64_t day = mpack_int(in);
	if (recurrence_is_day(day))
		return day;
	mpack_fail(in, ERR_MALFORMED);
	return otherwise;
}

static int64_t get_number(struct mpack_in *in, int64_t max)
{
	return (int64_t)mpack_uint(in, (uint64_t)max);
}

static void put_rule(const struct recurrence *rule, struct buf *out)
{
	mpack_put_uint(out, rule->freq);
	mpack_put_uint(out, rule->interval);
	mpack_put_uint(out, rule->count);
	mpack_put_array(out, rule->has_weekdays ? 7 : 0);
	for (int i = 0; rule->has_weekdays && i < 7; i++)
		mpack_put_uint(out, rule->weekdays[i]);
	mpack_put_uint(out, rule->month_days);
	mpack_put_uint(out, rule->month_days_back);
	mpack_put_uint(out, rule->hours);
	mpack_put_uint(out, rule->last_hours);
	mpack_put_array(out, rule->except_count);
	for (uint32_t i = 0; i < rule->except_count; i++)
		mpack_put_int(out, rule->except[i]);
}

static void get_rule(struct mpack_in *in, struct recurrence *rule)
{
	rule->freq = (enum recurrence_freq)mpack_uint(in, RECURRENCE_YEARLY);
	rule->interval = (uint32_t)mpack_uint(in, UINT16_MAX);
	rule->count = (uint32_t)mpack_uint(in, UINT32_MAX);
	const uint32_t weekdays = mpack_array(in);
	rule->has_weekdays = weekdays == 7;
	for (uint32_t i = 0; i < weekdays && i < 7; i++)
		rule->weekdays[i] = (uint16_t)mpack_uint(in, UINT16_MAX);
	rule->month_days = (uint32_t)mpack_uint(in, UINT32_MAX);
	rule->month_days_back = (uint32_t)mpack_uint(in, UINT32_MAX);
	rule->hours = (uint32_t)mpack_uint(in, (1U << 24) - 1);
	rule->last_hours = (uint32_t)mpack_uint(in, (1U << 24) - 1);
	rule->except_count = mpack_array(in);
	if (rule->freq == 0 || rule->interval == 0 || weekdays > 7 ||
	        rule->except_count > RECURRENCE_EXCEPT_MAX) {
		rule->except_count = 0;
		mpack_fail(in, ERR_MALFORMED);
	}
	for (uint32_t i = 0; i < rule->except_count; i++)
		rule->except[i] = get_day(in, 0);
}

/* first day, last day of interest; then the item in a bin, so that it is passed over whole. */
static void put_item(const struct plan_item *item, struct buf *out)
{
	struct buf one = {0};
	const int64_t last = item->gone <= item->rule.last ? item->gone : item->rule.last;
	mpack_put_bin(&one, span_of(item->id.bytes, sizeof(item->id.bytes)));
	mpack_put_uint(&one, item->differs ? IS_DIFFERENT : 0U);
	mpack_put_bin(&one, span_of(item->assignees, item->assignee_count * SCHEMA_SHORT_BYTES));
	put_day(&one, item->gone);
	put_day(&one, item->rule.last);
	put_rule(&item->rule, &one);
	mpack_put_array(out, 3);
	put_day(out, item->rule.begin);
	put_day(out, last);
	mpack_put_bin(out, buf_span(&one));
	buf_close(&one);
}

static void get_bytes(struct mpack_in *in, void *out, size_t size)
{
	struct span bytes = mpack_bin(in);
	if (bytes.size != size)
		mpack_fail(in, ERR_MALFORMED);
	else
		memcpy(out, bytes.data, size);
}

static uint32_t get_people(struct mpack_in *in, struct round_person *out, uint32_t max)
{
	struct span bytes = mpack_bin(in);
	const size_t count = bytes.size / SCHEMA_SHORT_BYTES;
	if (bytes.size % SCHEMA_SHORT_BYTES || count > max) {
		mpack_fail(in, ERR_MALFORMED);
		return 0;
	}
	if (count)
		memcpy(out, bytes.data, bytes.size);
	return (uint32_t)count;
}

/* True: it is of interest. */
static bool get_item(struct mpack_in *in, int64_t first, int64_t last, struct round_item *out)
{
	mpack_array(in);
	*out = (struct round_item){.rule.begin = get_day(in, RECURRENCE_NEVER)};
	const int64_t end = get_day(in, RECURRENCE_FOREVER);
	struct mpack_in one = mpack_begin(mpack_bin(in));
	if (in->error || out->rule.begin > last || end < first)
		return false;
	get_bytes(&one, out->id.bytes, sizeof(out->id.bytes));
	const uint64_t marks = mpack_uint(&one, UINT8_MAX);
	out->differs = (marks & IS_DIFFERENT) != 0;
	out->assignees.count = get_people(&one, out->assignees.items, ROUND_PEOPLE_MAX);
	out->gone = get_day(&one, RECURRENCE_FOREVER);
	out->rule.last = get_day(&one, RECURRENCE_FOREVER);
	get_rule(&one, &out->rule);
	if (one.error)
		mpack_fail(in, one.error);
	return !one.error;
}

/* ---- Planned visits as bytes ------------------------------------------------------------------------------------- */

static void put_written(const struct round_written *written, struct buf *out)
{
	struct buf one = {0};
	mpack_put_bin(&one, span_of(written->id.bytes, sizeof(written->id.bytes)));
	mpack_put_uint(&one,
	        (written->has_origin ? HAS_ORIGIN : 0U) | (written->is_open ? IS_OPEN : 0U) |
	                (written->has_handed ? HAS_HANDED : 0U) | (written->has_cabinet ? HAS_CABINET : 0U));
	mpack_put_uint(&one, written->slot);
	mpack_put_uint(&one, (uint64_t)written->start_s);
	mpack_put_uint(&one, written->minutes);
	mpack_put_uint(&one, (uint64_t)written->order);
	mpack_put_uint(&one, written->states);
	mpack_put_bin(&one, span_of(written->owners.items, written->owners.count * SCHEMA_SHORT_BYTES));
	mpack_put_bin(&one, span_of(written->items, written->item_count * SCHEMA_SHORT_BYTES));
	if (written->has_handed)
		mpack_put_bin(&one, span_of(written->handed_by.bytes, SCHEMA_SHORT_BYTES));
	if (written->has_cabinet)
		mpack_put_bin(&one, span_of(written->cabinet.bytes, sizeof(written->cabinet.bytes)));
	mpack_put_array(out, 3);
	mpack_put_int(out, written->day);
	mpack_put_int(out, written->start_day);
	mpack_put_bin(out, buf_span(&one));
	buf_close(&one);
}

static bool get_written(struct mpack_in *in, int64_t first, int64_t last, struct round_written *out)
{
	mpack_array(in);
	*out = (struct round_written){0};
	out->day = get_day(in, 0);
	out->start_day = get_day(in, 0);
	struct mpack_in one = mpack_begin(mpack_bin(in));
	if (in->error ||
	        ((out->day < first || out->day > last) && (out->start_day < first || out->start_day > last)))
		return false;
	get_bytes(&one, out->id.bytes, sizeof(out->id.bytes));
	const uint64_t marks = mpack_uint(&one, UINT8_MAX);
	out->has_origin = (marks & HAS_ORIGIN) != 0;
	out->is_open = (marks & IS_OPEN) != 0;
	out->has_handed = (marks & HAS_HANDED) != 0;
	out->has_cabinet = (marks & HAS_CABINET) != 0;
	out->slot = (uint32_t)mpack_uint(&one, UINT8_MAX);
	out->start_s = get_number(&one, START_MAX);
	out->minutes = (uint32_t)mpack_uint(&one, UINT16_MAX);
	out->order = get_number(&one, ORDER_MAX);
	out->states = (uint32_t)mpack_uint(&one, UINT32_MAX);
	out->owners.count = get_people(&one, out->owners.items, ROUND_PEOPLE_MAX);
	out->item_count = get_people(&one, out->items, ROUND_ITEMS_MAX);
	if (out->has_handed)
		get_bytes(&one, out->handed_by.bytes, sizeof(out->handed_by.bytes));
	if (out->has_cabinet)
		get_bytes(&one, out->cabinet.bytes, sizeof(out->cabinet.bytes));
	if (one.error)
		mpack_fail(in, one.error);
	return !one.error;
}

/* ---- From the document ------------------------------------------------------------------------------------------- */

static const struct schema_field *field_of(uint32_t number)
{
	return schema_field(schema_kind(SCHEMA_PLANNED_VISIT), number);
}

static void live_of(
        const struct crdt_doc *doc, const struct record_id *id, uint32_t number, struct crdt_values *out)
{
	struct crdt_path path;
	record_path(schema_kind(SCHEMA_PLANNED_VISIT), id, number, &path);
	crdt_doc_values(doc, crdt_path_span(&path), out);
}

static void read_owners(const struct crdt_doc *doc, struct round_written *out)
{
	struct crdt_values values = {0};
	live_of(doc, &out->id, ASSIGNEE, &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_value value;
		struct round_person person;
		if (!schema_value_get(field_of(ASSIGNEE), values.items[i].value, NULL, NULL, &value) ||
		        value.bytes.size != sizeof(person.bytes))
			continue;
		memcpy(person.bytes, value.bytes.data, sizeof(person.bytes));
		round_people_add(&out->owners, &person);
	}
	crdt_values_close(&values);
}

static void read_states(const struct crdt_doc *doc, struct round_written *out)
{
	struct crdt_values values = {0};
	live_of(doc, &out->id, STATE, &values);
	for (uint32_t i = 0; i < values.count; i++) {
		struct schema_value value;
		if (schema_value_get(field_of(STATE), values.items[i].value, NULL, NULL, &value) &&
		        value.number > 0 && value.number < 32)
			out->states |= 1U << value.number;
	}
	crdt_values_close(&values);
}

static void read_items(const struct crdt_doc *doc, struct round_written *out)
{
	struct arena arena = {0};
	struct span ids = record_set(
	        doc, schema_kind(SCHEMA_PLANNED_VISIT), &out->id, field_of(ITEMS), &arena);
	for (size_t at = 0; at < ids.size && out->item_count < ROUND_ITEMS_MAX; at += SCHEMA_SHORT_BYTES)
		memcpy(out->items[out->item_count++].bytes, ids.data + at, SCHEMA_SHORT_BYTES);
	arena_close(&arena);
}

static bool is_bytes(const struct schema_value *value, void *out, size_t size)
{
	if (!value || value->bytes.size != size)
		return false;
	memcpy(out, value->bytes.data, size);
	return true;
}

static int64_t number_of(const struct schema_record *record, uint32_t number)
{
	const struct schema_value *value = schema_value(record, number);
	return value ? value->number : 0;
}

/* False: it says not when. */
static bool read_written(const struct crdt_doc *doc, const struct record_id *id, struct round_written *out)
{
	struct schema_measures measures;
	struct schema_record record;
	if (!record_read(doc, schema_kind(SCHEMA_PLANNED_VISIT), id, &measures, &record) ||
	        !schema_value(&record, START))
		return false;
	*out = (struct round_written){.id = *id, .start_s = number_of(&record, START)};
	if (out->start_s < 0 || out->start_s > START_MAX)
		return false;
	out->start_day = calendar_paris_day(out->start_s);
	if (!recurrence_is_day(out->start_day))
		return false;
	out->has_origin = schema_value(&record, DAY) && schema_value(&record, SLOT) &&
	        recurrence_is_day(number_of(&record, DAY));
	out->day = out->has_origin ? number_of(&record, DAY) : out->start_day;
	out->slot = (uint32_t)number_of(&record, SLOT) & UINT8_MAX;
	out->minutes = (uint32_t)number_of(&record, MINUTES) & UINT16_MAX;
	out->order = number_of(&record, ORDER);
	if (out->order < 0 || out->order > ORDER_MAX)
		out->order = 0;
	out->is_open = number_of(&record, OPEN) != 0;
	out->has_handed = is_bytes(schema_value(&record, HANDED_BY), &out->handed_by, sizeof(out->handed_by));
	out->has_cabinet = is_bytes(schema_value(&record, CABINET), &out->cabinet, sizeof(out->cabinet));
	read_owners(doc, out);
	read_states(doc, out);
	read_items(doc, out);
	return true;
}

/* Of the later of its two days, the last one first; of one day by id. */
static int64_t later_day(const struct round_written *written)
{
	return written->day > written->start_day ? written->day : written->start_day;
}

static int by_day(const void *a, const void *b)
{
	const struct round_written *left = a, *right = b;
	if (later_day(left) != later_day(right))
		return later_day(left) > later_day(right) ? -1 : 1;
	return record_id_cmp(&left->id, &right->id);
}

static struct round_written *written_of(const struct crdt_doc *doc, uint32_t *count)
{
	struct round_written *list = NULL;
	uint32_t capacity = 0;
	struct span cursor = {0};
	struct record_id id;
	*count = 0;
	while (record_next(doc, schema_kind(SCHEMA_PLANNED_VISIT), &cursor, &id)) {
		list = mem_room(list, *count, &capacity, sizeof(*list));
		*count += read_written(doc, &id, &list[*count]);
	}
	if (*count)
		qsort(list, *count, sizeof(*list), by_day);
	return list;
}

struct items {
	struct buf bytes;
	uint32_t count;
	int64_t over; /* no visit from this day on */
};

/* The day on which the dossier was archived, or that after the patient's death, where nobody says otherwise. */
static int64_t over_on(const struct crdt_doc *doc)
{
	enum { ARCHIVED_ON = 35, DECEASED_ON = 41 };
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	const struct record_id id = crdt_doc_id(doc);
	struct crdt_values values = {0};
	struct crdt_path path;
	struct schema_value value;
	int64_t day = RECURRENCE_FOREVER;
	record_path(kind, &id, ARCHIVED_ON, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	if (values.count &&
	        schema_value_get(schema_field(kind, ARCHIVED_ON), values.items[0].value, NULL, NULL, &value))
		day = recurrence_is_day(value.number) ? value.number : day;
	record_path(kind, &id, DECEASED_ON, &path);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	if (values.count == 1 &&
	        schema_value_get(
	                schema_field(kind, DECEASED_ON), values.items[0].value, NULL, NULL, &value) &&
	        recurrence_is_day(value.number) && value.number + 1 < day)
		day = value.number + 1;
	crdt_values_close(&values);
	return day;
}

static void add_item(void *context, const struct plan_item *item)
{
	struct items *items = context;
	struct plan_item one = *item;
	if (item->rhythm != PLAN_RULE || item->is_given)
		return;
	one.gone = items->over < one.gone ? items->over : one.gone;
	put_item(&one, &items->bytes);
	items->count++;
}

void round_facts_put(const struct crdt_doc *doc, bool bounded, struct buf *out)
{
	struct items items = {.over = over_on(doc)};
	struct buf visits = {0};
	uint32_t all, count = 0;
	struct round_written *written = written_of(doc, &all);
	plan_items_each(doc, add_item, &items);
	while (count < all &&
	        !(bounded &&
	                (count == ROUND_VISITS_MAX || items.bytes.size + visits.size > ROUND_FACTS_BYTES)))
		put_written(&written[count++], &visits);
	if (items.count || all) {
		mpack_put_array(out, 4);
		mpack_put_uint(out, FORMAT);
		/* the last day of which something was left out */
		put_day(out, count < all ? later_day(&written[count]) : RECURRENCE_NEVER);
		mpack_put_array(out, items.count);
		buf_add_span(out, buf_span(&items.bytes));
		mpack_put_array(out, count);
		buf_add_span(out, buf_span(&visits));
	}
	buf_close(&items.bytes);
	buf_close(&visits);
	mem_free(written);
}

void round_part_make(const struct digest_source *source, struct buf *out)
{
	round_facts_put(source->doc, true, out);
}

static const void *join_lists(const void *one, uint32_t one_count, const void *other, uint32_t other_count,
        size_t size, struct arena *arena)
{
	uint8_t *all = arena_zero(arena, (size_t)one_count + other_count + 1, size);
	if (one_count)
		memcpy(all, one, one_count * size);
	if (other_count)
		memcpy(all + one_count * size, other, other_count * size);
	return all;
}

void round_facts_join(struct round_facts *facts, const struct round_facts *others, struct arena *arena)
{
	facts->items = join_lists(facts->items, facts->item_count, others->items, others->item_count,
	        sizeof(*facts->items), arena);
	facts->item_count += others->item_count;
	facts->written = join_lists(facts->written, facts->written_count, others->written,
	        others->written_count, sizeof(*facts->written), arena);
	facts->written_count += others->written_count;
}

bool round_facts_get(struct span bytes, const struct record_id *file, int64_t first, int64_t last,
        struct arena *arena, struct round_facts *out)
{
	struct mpack_in in = mpack_begin(bytes);
	*out = (struct round_facts){0};
	if (bytes.size == 0)
		return true;
	mpack_array(&in);
	if (mpack_uint(&in, UINT8_MAX) != FORMAT || get_day(&in, RECURRENCE_NEVER) >= first)
		return false;
	uint32_t count = mpack_array(&in);
	struct round_item item, *items = NULL;
	for (uint32_t i = 0; i < count && !in.error; i++) {
		if (!get_item(&in, first, last, &item))
			continue;
		if (!items)
			items = arena_alloc(arena, (count - i) * sizeof(*items));
		item.file = *file;
		items[out->item_count++] = item;
	}
	count = mpack_array(&in);
	struct round_written one, *written = NULL;
	for (uint32_t i = 0; i < count && !in.error; i++) {
		if (!get_written(&in, first, last, &one))
			continue;
		if (!written)
			written = arena_alloc(arena, (count - i) * sizeof(*written));
		one.file = *file;
		written[out->written_count++] = one;
	}
	out->items = items;
	out->written = written;
	return mpack_end(&in) == 0;
}
