/* A kept list of work (node/work/work_list.h): whatever came, went and came again, its entries on any day are the items of all facts that there are. */
#include <string.h>

#include "node/work/work_list.h"
#include "tests/prop/prop.h"

enum { DOCS = 6, FACTS = 4, STEPS = 24, TODAY = 20000, DAYS = 9 };

struct shelf {
	struct work_facts facts; /* what there is */
	struct record_id id;
	uint32_t kind;
	bool is_there;
};

struct world {
	struct shelf docs[DOCS], added[DOCS];
	uint32_t count, added_count; /* documents: numbers below */
	struct work_list list;
	struct work_reader reader;
	struct feed_id feed;
	uint64_t marks;
};

static int32_t draw_day(struct prop *prop)
{
	const uint32_t day = prop_below(prop, DAYS + 2);
	return day == DAYS ? WORK_ALWAYS : day > DAYS ? WORK_NEVER : TODAY - DAYS / 2 + (int32_t)day;
}

static struct work_facts draw_facts(struct prop *prop, const struct world *world)
{
	static const uint32_t sources[] = {WORK_CONFLICT, WORK_REASSESS, WORK_MESSAGE, WORK_WOUND};
	struct work_facts facts = {0};
	const uint32_t count = prop_below(prop, FACTS + 1);
	facts.referents = work_keep(&facts, span_of(world->reader.person.bytes, SCHEMA_SHORT_BYTES));
	facts.seen = prop_below(prop, 2) ? TODAY - WORK_REST_DAYS - 1 : TODAY;
	facts.left_out = prop_below(prop, 3);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t key[2] = {(uint8_t)i, (uint8_t)prop_below(prop, 2)};
		struct work_fact *fact = work_add(&facts, sources[prop_below(prop, 4)]);
		fact->key = work_keep(&facts, span_of(key, sizeof(key)));
		fact->note = draw_day(prop);
		fact->soon = draw_day(prop);
		fact->now = draw_day(prop);
		fact->until = prop_chance(prop, 30) ? draw_day(prop) : WORK_NEVER;
		fact->day = draw_day(prop);
		fact->whose = (enum work_whose)prop_below(prop, 4);
		if (prop_below(prop, 2))
			fact->person = fact->whose == WORK_AUTHOR
			        ? work_feed(&facts, &world->feed)
			        : work_keep(&facts, span_of(world->reader.person.bytes, SCHEMA_SHORT_BYTES));
		fact->done_by = prop_chance(prop, 20) ? work_feed(&facts, &world->feed)
		                                      : (struct span){NULL, 0};
	}
	return facts;
}

static void drop(struct shelf *shelf)
{
	work_facts_close(&shelf->facts);
	*shelf = (struct shelf){.is_there = false};
}

static void put(struct prop *prop, struct world *world)
{
	const uint32_t number = prop_below(prop, DOCS);
	struct shelf *shelf = &world->docs[number];
	drop(shelf);
	*shelf = (struct shelf){.id = {{(uint8_t)(number + 1), (uint8_t)prop_below(prop, 2)}},
	        .kind = prop_below(prop, 2) ? SCHEMA_DOC_DOSSIER : SCHEMA_DOC_THREAD,
	        .is_there = true};
	shelf->facts = draw_facts(prop, world);
	world->count = number < world->count ? world->count : number + 1;
	work_list_put(
	        &world->list, number, shelf->kind, &shelf->id, ++world->marks, &shelf->facts, &world->reader);
}

static void add(struct prop *prop, struct world *world)
{
	if (world->added_count == DOCS)
		return;
	struct shelf *shelf = &world->added[world->added_count++];
	struct work_facts facts = draw_facts(prop, world), given = {0};
	shelf->is_there = true;
	shelf->id = (struct record_id){{9, (uint8_t)world->added_count}};
	shelf->kind = SCHEMA_DOC_DOSSIER;
	/* the same again for the list, which takes its own */
	struct buf bytes = {0};
	work_part_put(&facts, &bytes);
	if (work_part_get(buf_span(&bytes), &given) == 0)
		work_list_add(&world->list, &given, shelf->kind, &shelf->id, &world->reader);
	buf_close(&bytes);
	shelf->facts = facts;
}

static void step(struct prop *prop, struct world *world)
{
	const uint32_t what = prop_below(prop, 10);
	if (what < 6) {
		put(prop, world);
	} else if (what < 8) {
		add(prop, world);
	} else if (what == 8) {
		for (uint32_t i = 0; i < world->added_count; i++)
			drop(&world->added[i]);
		world->added_count = 0;
		work_list_drop_added(&world->list);
	} else {
		const uint32_t count = prop_below(prop, DOCS);
		for (uint32_t i = count; i < DOCS; i++)
			drop(&world->docs[i]);
		world->count = count < world->count ? count : world->count;
		work_list_cut(&world->list, count);
	}
	prop_edit(prop);
}

static void add_items(struct work_items *items, const struct shelf *shelves, uint32_t count, int32_t today,
        uint32_t *left_out)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!shelves[i].is_there)
			continue;
		work_items_add(items, &shelves[i].facts, shelves[i].kind, &shelves[i].id, today);
		*left_out += shelves[i].facts.left_out;
	}
}

static bool is_same(
        struct prop *prop, const struct world *world, const struct work_items *items, uint32_t left_out)
{
	const struct work_list *list = &world->list;
	if (list->entry_count != items->count || work_list_left_out(list) != left_out)
		return prop_fail(prop, "%u entries, and %u items", list->entry_count, items->count);
	for (uint32_t i = 0; i < items->count; i++) {
		const struct work_item *item = &items->items[i];
		const struct work_entry *entry = &list->entries[i];
		if (memcmp(item->id, entry->line->id, sizeof(item->id)) != 0 ||
		        item->urgency != (enum work_urgency)entry->urgency ||
		        item->is_resting != entry->is_resting || item->doc_kind != entry->doc->kind ||
		        !record_id_eq(&item->doc_id, &entry->doc->id) ||
		        item->fact->source != entry->line->source ||
		        work_is_for(item, &world->reader) != entry->line->is_mine ||
		        work_is_done_by(item, &world->reader) != entry->line->is_done)
			return prop_fail(prop, "entry %u is another one than the item", i);
	}
	return true;
}

static bool the_entries_are_the_items(struct prop *prop)
{
	struct world world = {.reader = {.person = {{1}}, .feed_count = 1}, .feed = {{7}}};
	const uint32_t steps = 1 + prop_below(prop, STEPS);
	bool holds = true;
	world.reader.feeds = &world.feed;
	for (uint32_t i = 0; i < steps && holds; i++) {
		struct work_items items = {0};
		uint32_t left_out = 0;
		const int32_t today = TODAY - 2 + (int32_t)prop_below(prop, 5);
		step(prop, &world);
		work_list_sort(&world.list, today);
		add_items(&items, world.docs, DOCS, today, &left_out);
		add_items(&items, world.added, world.added_count, today, &left_out);
		work_items_sort(&items);
		holds = is_same(prop, &world, &items, left_out);
		work_items_close(&items);
	}
	for (uint32_t i = 0; i < DOCS; i++) {
		drop(&world.docs[i]);
		drop(&world.added[i]);
	}
	work_list_close(&world.list);
	return holds;
}

int main(void)
{
	return prop_holds("work: what is kept is what there is", the_entries_are_the_items, 3000) ? 0 : 1;
}
