/* Records in a list: values of every kind under its elements, which are moved, deleted and written to at the same time. */
#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/doc_edit.h"
#include "tests/prop/crdt_world.h"

enum { STEPS = 30, LIST_FIELD = 9 };

/* Under an element; BORN holds what the element itself holds and is never written again. */
enum { BORN = 1, WORDS, TAGS, COUNTER, NOTE, LINES };

static const struct span none;

static struct span list_path(void)
{
	return span_of("\x09", 1); /* LIST_FIELD */
}

static struct span path_under(struct crdt_path *path, const struct crdt_element *element, uint32_t field)
{
	*path = (struct crdt_path){0};
	crdt_path_field(path, LIST_FIELD);
	crdt_path_element(path, element);
	crdt_path_field(path, field);
	return crdt_path_span(path);
}

/* A line of a record: an element of the list in the element, and a register under that. */
static void write_line(
        struct world_replica *replica, struct crdt_builder *b, const struct crdt_element *element)
{
	struct crdt_path path;
	struct crdt_element line = {{b->feed, b->seq, b->op_count}, 0};
	crdt_builder_list_insert(b, path_under(&path, element, LINES), NULL, NULL, span_of("\x91\xc0", 2));
	crdt_path_element(&path, &line);
	crdt_path_field(&path, WORDS);
	crdt_doc_set(replica->docs[0], b, crdt_path_span(&path), span_of("\x07", 1), none);
}

static void write_under(struct prop *prop, struct world_replica *replica, struct crdt_builder *b,
        const struct crdt_element *element)
{
	struct crdt_path path;
	uint8_t value = (uint8_t)prop_below(prop, 4);
	switch (prop_below(prop, 5)) {
	case 0:
		crdt_doc_set(
		        replica->docs[0], b, path_under(&path, element, WORDS), span_of(&value, 1), none);
		return;
	case 1:
		crdt_doc_add(replica->docs[0], b, path_under(&path, element, TAGS), span_of(&value, 1));
		return;
	case 2:
		crdt_builder_count(b, path_under(&path, element, COUNTER), 1 + value);
		return;
	case 3:
		crdt_builder_text_insert(b, path_under(&path, element, NOTE), NULL, NULL, span_text("ab"));
		return;
	default:
		write_line(replica, b, element);
	}
}

/* A new element and what is under it, in one change. */
static void write_record(
        struct prop *prop, struct world_replica *replica, struct crdt_builder *b, struct crdt_edit *edit)
{
	uint32_t position = prop_below(prop, seq_size(crdt_edit_seq(edit)).elements + 1);
	uint8_t born = (uint8_t)(1 + prop_below(prop, 100)); /* the oracle holds text */
	struct crdt_path path;
	struct crdt_element element;
	crdt_edit_insert(edit, position, span_of(&born, 1));
	if (crdt_edit_element(edit, position, &element))
		prop_fail(prop, "an element has a name before it is written");
	crdt_edit_write(edit, b);
	if (!crdt_edit_element(edit, position, &element))
		prop_fail(prop, "an element has no name when it is written");
	crdt_doc_set(replica->docs[0], b, path_under(&path, &element, BORN), span_of(&born, 1), none);
	for (uint32_t i = prop_below(prop, 4); i > 0; i--)
		write_under(prop, replica, b, &element);
}

/* Some element that was ever inserted, deleted or not. */
static bool some_element(struct prop *prop, const struct world_replica *replica, struct crdt_element *out)
{
	const struct seq *list = crdt_doc_list(replica->docs[0], list_path());
	uint32_t count = list ? seq_element_count(list) : 0;
	if (count == 0)
		return false;
	uint32_t number = seq_shown(list, prop_below(prop, count));
	*out = crdt_doc_author(replica->docs[0], list, number).element;
	return true;
}

static bool act(struct prop *prop, struct world *world, uint32_t number)
{
	struct world_replica *replica = &world->replicas[number];
	struct crdt_builder b;
	struct crdt_element element;
	world_begin(world, number, &b);
	struct crdt_edit *edit = crdt_edit_list(replica->docs[0], list_path(), &b.feed);
	uint32_t size = seq_size(crdt_edit_seq(edit)).elements, action = prop_below(prop, 10);
	if (action < 3 || size == 0)
		write_record(prop, replica, &b, edit);
	else if (action < 5)
		crdt_edit_move(edit, prop_below(prop, size), prop_below(prop, size));
	else if (action < 6)
		crdt_edit_delete(edit, prop_below(prop, size), 1);
	else if (some_element(prop, replica, &element))
		write_under(prop, replica, &b, &element);
	crdt_edit_write(edit, &b);
	crdt_edit_free(edit);
	return world_finish(prop, world, number, &b) && !prop->failure[0];
}

/* Every element of the list has under it what it was born with: where it stands now, also when it is deleted. */
static bool records_are_whole(struct prop *prop, const struct world_replica *replica)
{
	const struct crdt_doc *doc = replica->docs[0];
	const struct seq *list = crdt_doc_list(doc, list_path());
	uint32_t shown = 0, listed = 0;
	struct crdt_path path;
	struct crdt_value born;
	struct entry_ref frontier[WORLD_REPLICAS];
	uint32_t count = 0;
	for (uint32_t cursor = 0;
	        count < WORLD_REPLICAS && crdt_doc_frontier(doc, &cursor, &frontier[count]);)
		count++;
	struct seq_past rows = {0};
	if (list)
		crdt_doc_past(doc, list, frontier, count, &rows);
	bool good = true;
	for (uint32_t i = 0; i < rows.count && good; i++) {
		uint32_t number = rows.items[i].number;
		struct crdt_element element = crdt_doc_author(doc, list, seq_shown(list, number)).element,
		                    there;
		struct span under = path_under(&path, &element, BORN);
		good = crdt_doc_get(doc, under, &born) && span_eq(born.value, seq_content(list, number)) &&
		        crdt_doc_is_hidden(doc, under) == rows.items[i].is_deleted;
		if (rows.items[i].is_deleted)
			continue;
		good = good && crdt_doc_list_element(doc, list, shown, &there) &&
		        there.offset == element.offset && op_id_cmp(&there.op, &element.op) == 0;
		shown++;
	}
	for (struct span key = {NULL, 0}; crdt_doc_child(doc, list_path(), &key);)
		listed++;
	good = good && listed == shown && shown == (list ? seq_size(list).elements : 0);
	seq_past_close(&rows);
	return good || prop_fail(prop, "a record is not where its element is");
}

static bool records_go_where_their_elements_go(struct prop *prop)
{
	struct world *world = world_new(prop, WORLD_HONEST, 4, 8);
	if (!world)
		return false;
	bool good = true;
	for (uint32_t i = 0, steps = prop_below(prop, STEPS); i < steps && good; i++) {
		uint32_t number = prop_below(prop, world->replica_count);
		struct world_replica *replica = &world->replicas[number];
		if (prop_chance(prop, 30))
			good = world_meet(prop, world, replica,
			        &world->replicas[prop_below(prop, world->replica_count)]);
		else
			good = act(prop, world, number);
		good = good && records_are_whole(prop, replica);
	}
	struct world_replica *first = &world->replicas[0];
	good = good && world_meet(prop, world, first, NULL) && world_reload(prop, first) &&
	        records_are_whole(prop, first) && world_is_right(prop, world, first);
	world_free(world);
	return good;
}

int main(void)
{
	return prop_holds("records go where their elements go", records_go_where_their_elements_go, 1500) ? 0
	                                                                                                  : 1;
}
