/* Visits as they stand, from the events of a dossier. */
#include <stdlib.h>
#include <string.h>

#include "node/indicators/facts_making.h"

enum { /* numbers of the schema's tables */
	INTERVENTION_CATEGORY = 2,
	VISIT_START = 1,
	VISIT_END = 2,
	VISIT_PLACE = 3,
	VISIT_NURSE = 5,
	VISIT_DONE = 8,
	VISIT_OF = 14,
	VISIT_CANCELLED = 15,
	VISIT_OUTCOME = 18,
	OUTCOME_DONE = 1,
	PLACE_HOME = 1,
};

/* As the events say it, amendments laid over. */
struct row {
	struct record_id id;
	uint32_t order; /* in which it was read */
	struct schema_value start, end; /* numbers and offset only */
	uint8_t nurse[SCHEMA_SHORT_BYTES], done[SCHEMA_SHORTS_MAX * SCHEMA_SHORT_BYTES];
	uint32_t done_count;
	int64_t place, outcome;
	bool is_cancelled;
};

static void lay_over(struct row *row, const struct schema_record *record)
{
	for (uint32_t i = 0; i < record->count; i++) {
		const struct schema_value *value = &record->values[i];
		switch (value->field->number) {
		case VISIT_START:
			row->start = *value;
			break;
		case VISIT_END:
			row->end = *value;
			break;
		case VISIT_PLACE:
			row->place = value->number;
			break;
		case VISIT_NURSE:
			memcpy(row->nurse, value->bytes.data, SCHEMA_SHORT_BYTES);
			break;
		case VISIT_DONE:
			row->done_count = schema_element_count(value);
			memcpy(row->done, value->bytes.data, row->done_count * SCHEMA_SHORT_BYTES);
			break;
		case VISIT_CANCELLED:
			row->is_cancelled = value->number != 0;
			break;
		case VISIT_OUTCOME:
			row->outcome = value->number;
			break;
		default:
			break;
		}
	}
}

static int row_cmp(const void *a, const void *b)
{
	return record_id_cmp(&((const struct row *)a)->id, &((const struct row *)b)->id);
}

static int row_order_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const int order = row_cmp(x, y);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

/* Of several events with one id, which two imports of one history make, the first counts: they come by HLC, then op. */
static struct row *read_visits(struct making *making, uint32_t *count)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	struct row *rows = NULL;
	uint32_t room = 0, cursor = 0, kept = 0;
	*count = 0;
	while (*count < FACTS_ITEMS_MAX &&
	        crdt_doc_event(making->source->doc, SCHEMA_VISIT, &cursor, &event)) {
		if (!digest_event(making->source, &event, &measures, &record))
			continue;
		rows = mem_room(rows, *count, &room, sizeof(*rows));
		struct row *row = &rows[*count];
		*row = (struct row){
		        .id = event.id, .order = *count, .place = PLACE_HOME, .outcome = OUTCOME_DONE};
		lay_over(row, &record);
		++*count;
	}
	if (*count)
		qsort(rows, *count, sizeof(*rows), row_order_cmp);
	for (uint32_t i = 0; i < *count; i++)
		if (!kept || !record_id_eq(&rows[kept - 1].id, &rows[i].id))
			rows[kept++] = rows[i];
	*count = kept;
	return rows;
}

static void amend(struct making *making, struct row *rows, uint32_t count)
{
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(making->source->doc, SCHEMA_VISIT_AMENDMENT, &cursor, &event)) {
		struct row key = {0};
		if (!digest_event(making->source, &event, &measures, &record))
			continue;
		const struct schema_value *of = schema_value(&record, VISIT_OF);
		if (!of || of->bytes.size != sizeof(key.id.bytes))
			continue;
		memcpy(key.id.bytes, of->bytes.data, sizeof(key.id.bytes));
		struct row *row = count ? bsearch(&key, rows, count, sizeof(*rows), row_cmp) : NULL;
		if (row)
			lay_over(row, &record);
	}
}

static void make_items(struct making *making)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_INTERVENTION);
	struct span cursor = {0};
	struct record_id id;
	while (making->item_count < FACTS_ITEMS_MAX && record_next(making->source->doc, kind, &cursor, &id)) {
		struct schema_measures measures;
		struct schema_record record;
		if (!record_read(making->source->doc, kind, &id, &measures, &record))
			continue;
		const int64_t category = number_or(&record, INTERVENTION_CATEGORY, 0);
		making->items = mem_room(
		        making->items, making->item_count, &making->item_room, sizeof(*making->items));
		struct making_item *item = &making->items[making->item_count++];
		memcpy(item->id, id.bytes, sizeof(item->id));
		item->category = category > 0 && category <= FACTS_CATEGORIES ? (uint32_t)category : 0;
	}
}

static void count_done(const struct making *making, const struct row *row, struct facts_visit *visit)
{
	for (uint32_t i = 0; i < row->done_count; i++)
		for (uint32_t j = 0; j < making->item_count; j++)
			if (memcmp(making->items[j].id, row->done + i * SCHEMA_SHORT_BYTES,
			            SCHEMA_SHORT_BYTES) == 0) {
				if (making->items[j].category)
					visit->done[making->items[j].category - 1]++;
				break;
			}
}

static uint32_t nurse_at(struct making *making, const uint8_t *nurse)
{
	struct facts_file *out = making->out;
	for (uint32_t i = 0; i < out->nurse_count; i++)
		if (memcmp(out->nurses[i], nurse, SCHEMA_SHORT_BYTES) == 0)
			return i;
	if (out->nurse_count == FACTS_NURSES_MAX)
		return 0;
	memcpy(out->nurses[out->nurse_count], nurse, SCHEMA_SHORT_BYTES);
	return out->nurse_count++;
}

static int visit_cmp(const void *a, const void *b)
{
	const struct facts_visit *x = a, *y = b;
	if (x->start_minute != y->start_minute)
		return x->start_minute < y->start_minute ? -1 : 1;
	if (x->minutes != y->minutes)
		return x->minutes < y->minutes ? -1 : 1;
	return (x->nurse > y->nurse) - (x->nurse < y->nurse);
}

static bool took_place(const struct row *row)
{
	return !row->is_cancelled && row->outcome == OUTCOME_DONE && row->start.field && row->end.field &&
	        row->end.number >= row->start.number && row->end.number - row->start.number <= 24 * 3600;
}

void facts_make_visits(struct making *making)
{
	struct facts_file *out = making->out;
	uint32_t count;
	make_items(making);
	struct row *rows = read_visits(making, &count);
	amend(making, rows, count);
	out->nurses = arena_zero(making->arena, FACTS_NURSES_MAX, SCHEMA_SHORT_BYTES);
	for (uint32_t i = 0; i < count; i++) {
		const struct row *row = &rows[i];
		if (!took_place(row))
			continue;
		out->visits = mem_room(
		        out->visits, out->visit_count, &making->visit_room, sizeof(*out->visits));
		struct facts_visit *visit = &out->visits[out->visit_count++];
		*visit = (struct facts_visit){.start_minute = local_minute(&row->start),
		        .minutes = (uint32_t)(row->end.number / 60 - row->start.number / 60),
		        .nurse = nurse_at(making, row->nurse),
		        .place = row->place > 0 && row->place < 100 ? (uint32_t)row->place : 0};
		count_done(making, row, visit);
	}
	if (out->visit_count)
		qsort(out->visits, out->visit_count, sizeof(*out->visits), visit_cmp);
	mem_free(rows);
}
