#include "node/work/work_list.h"

#include <stdlib.h>

static void drop(struct work_doc *doc)
{
	mem_free(doc->lines);
	if (doc->facts)
		work_facts_close(doc->facts);
	mem_free(doc->facts);
	*doc = (struct work_doc){0};
}

void work_list_drop_added(struct work_list *list)
{
	for (uint32_t i = 0; i < list->added_count; i++)
		drop(&list->added[i]);
	list->added_count = list->entry_count = 0;
}

void work_list_cut(struct work_list *list, uint32_t count)
{
	list->entry_count = 0;
	while (list->count > count)
		drop(&list->docs[--list->count]);
}

void work_list_close(struct work_list *list)
{
	work_list_drop_added(list);
	work_list_cut(list, 0);
	mem_free(list->docs);
	mem_free(list->added);
	mem_free(list->entries);
	*list = (struct work_list){0};
}

bool work_list_has(const struct work_list *list, uint32_t number, const struct record_id *id, uint64_t mark)
{
	return mark && number < list->count && list->docs[number].mark == mark &&
	        record_id_eq(&list->docs[number].id, id);
}

static struct work_line line_of(const struct work_facts *facts, uint32_t place, uint32_t doc_kind,
        const struct record_id *id, const struct work_reader *reader)
{
	const struct work_fact *fact = &facts->items[place];
	const struct work_item item = {.fact = fact, .referents = facts->referents};
	struct work_line line = {.note = fact->note,
	        .soon = fact->soon,
	        .now = fact->now,
	        .until = fact->until,
	        .day = fact->day,
	        .source = (uint16_t)fact->source,
	        .place = (uint16_t)place,
	        .is_mine = work_is_for(&item, reader),
	        .is_done = work_is_done_by(&item, reader)};
	work_id(fact->source, doc_kind, id, fact->key, line.id);
	return line;
}

static void fill(struct work_doc *doc, const struct work_facts *facts, const struct work_reader *reader)
{
	if (!facts)
		return;
	doc->seen = facts->seen;
	doc->left_out = facts->left_out;
	doc->count = facts->count;
	doc->lines = facts->count ? mem_zero(facts->count, sizeof(*doc->lines)) : NULL;
	for (uint32_t i = 0; i < facts->count; i++)
		doc->lines[i] = line_of(facts, i, doc->kind, &doc->id, reader);
}

void work_list_put(struct work_list *list, uint32_t number, uint32_t doc_kind, const struct record_id *id,
        uint64_t mark, const struct work_facts *facts, const struct work_reader *reader)
{
	while (list->count <= number) {
		list->docs = mem_room(list->docs, list->count, &list->room, sizeof(*list->docs));
		list->docs[list->count++] = (struct work_doc){0};
	}
	list->entry_count = 0;
	drop(&list->docs[number]);
	list->docs[number] = (struct work_doc){.id = *id, .kind = doc_kind, .mark = mark};
	fill(&list->docs[number], facts, reader);
}

void work_list_add(struct work_list *list, struct work_facts *facts, uint32_t doc_kind,
        const struct record_id *id, const struct work_reader *reader)
{
	list->added = mem_room(list->added, list->added_count, &list->added_room, sizeof(*list->added));
	struct work_doc *doc = &list->added[list->added_count++];
	*doc = (struct work_doc){.id = *id, .kind = doc_kind};
	doc->facts = mem_copy(facts, sizeof(*facts));
	*facts = (struct work_facts){0};
	list->entry_count = 0;
	fill(doc, doc->facts, reader);
}

/* ---- A day ---- */

static void add_entries(struct work_list *list, const struct work_doc *doc, int32_t today)
{
	for (uint32_t i = 0; i < doc->count; i++) {
		const struct work_line *line = &doc->lines[i];
		const struct work_fact fact = {
		        .note = line->note, .soon = line->soon, .now = line->now, .until = line->until};
		enum work_urgency urgency;
		if (!work_urgency_on(&fact, today, &urgency))
			continue;
		list->entries = mem_room(
		        list->entries, list->entry_count, &list->entry_room, sizeof(*list->entries));
		list->entries[list->entry_count++] = (struct work_entry){.line = line,
		        .doc = doc,
		        .day = line->day,
		        .urgency = (uint8_t)urgency,
		        .is_resting = work_is_resting(line->source, doc->kind, doc->seen, today)};
	}
}

static int in_order(const void *a, const void *b)
{
	const struct work_entry *x = a, *y = b;
	if (x->urgency != y->urgency)
		return x->urgency < y->urgency ? -1 : 1;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	if (x->line->source != y->line->source)
		return x->line->source < y->line->source ? -1 : 1;
	return memcmp(x->line->id, y->line->id, sizeof(x->line->id));
}

void work_list_sort(struct work_list *list, int32_t today)
{
	list->entry_count = 0;
	list->today = today;
	for (uint32_t i = 0; i < list->count; i++)
		add_entries(list, &list->docs[i], today);
	for (uint32_t i = 0; i < list->added_count; i++)
		add_entries(list, &list->added[i], today);
	if (list->entry_count)
		qsort(list->entries, list->entry_count, sizeof(*list->entries), in_order);
}

uint32_t work_list_left_out(const struct work_list *list)
{
	uint32_t left_out = 0;
	for (uint32_t i = 0; i < list->count; i++)
		left_out += list->docs[i].left_out;
	for (uint32_t i = 0; i < list->added_count; i++)
		left_out += list->added[i].left_out;
	return left_out;
}

struct work_item work_entry_item(const struct work_entry *entry)
{
	struct work_item item = {.urgency = (enum work_urgency)entry->urgency,
	        .is_resting = entry->is_resting,
	        .doc_kind = entry->doc->kind,
	        .doc_id = entry->doc->id};
	memcpy(item.id, entry->line->id, sizeof(item.id));
	return item;
}
