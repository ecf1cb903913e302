#include "tests/prop/past_world.h"

#include "crdt/doc_edit.h"

static struct span typed_path(enum crdt_op_kind kind, struct crdt_path *space)
{
	*space = (struct crdt_path){0};
	crdt_path_field(space, 9);
	crdt_path_field(space, (uint32_t)kind);
	return crdt_path_span(space);
}

static void type_text(struct prop *prop, struct crdt_edit *edit)
{
	static const char *const words[] = {"a", "bc", "\xc3\xa9t\xc3\xa9 ", "\xf0\x9f\x98\x80", "."};
	for (uint32_t i = 0, count = 1 + prop_below(prop, 4); i < count; i++) {
		uint32_t size = seq_size(crdt_edit_seq(edit)).elements, at = prop_below(prop, size + 1);
		if (prop_chance(prop, 40))
			crdt_edit_delete(edit, at, prop_below(prop, size - at + 1));
		else
			crdt_edit_insert(edit, at, span_text(words[prop_below(prop, 5)]));
	}
}

static void fill_list(struct prop *prop, struct crdt_edit *edit)
{
	static const char *const values[] = {"\x01", "\xa1x", "\x02\x03", "\x91\x05"};
	for (uint32_t i = 0, count = 1 + prop_below(prop, 3); i < count; i++) {
		uint32_t size = seq_size(crdt_edit_seq(edit)).elements, at = prop_below(prop, size + 1),
		         choice = prop_below(prop, 10);
		if (choice >= 6 && at < size)
			crdt_edit_move(edit, at, prop_below(prop, size));
		else if (choice >= 4 && at < size)
			crdt_edit_delete(edit, at, 1 + prop_below(prop, size - at));
		else
			crdt_edit_insert(edit, at, span_text(values[prop_below(prop, 4)]));
	}
}

static void write_typed(struct prop *prop, struct crdt_builder *b, const struct crdt_doc *doc)
{
	struct crdt_path text_space, list_space, count_space;
	struct span text = typed_path(CRDT_OP_TEXT_INSERT, &text_space),
	            list = typed_path(CRDT_OP_LIST_INSERT, &list_space),
	            count = typed_path(CRDT_OP_COUNT, &count_space);
	struct crdt_edit *typing = crdt_edit_text(doc, text, &b->feed),
	                 *filling = crdt_edit_list(doc, list, &b->feed);
	if (prop_chance(prop, 60))
		type_text(prop, typing);
	if (prop_chance(prop, 60))
		fill_list(prop, filling);
	crdt_edit_write(typing, b); /* ERR_NOTFOUND: nothing was done */
	crdt_edit_write(filling, b);
	crdt_edit_free(typing);
	crdt_edit_free(filling);
	if (prop_chance(prop, 30))
		crdt_builder_count(b, count, (int64_t)prop_below(prop, 9) - 9);
	if (prop_chance(prop, 8))
		crdt_doc_clear(doc, b, prop_chance(prop, 50) ? text : list, (struct span){NULL, 0});
	if (prop_chance(prop, 8))
		crdt_doc_clear(
		        doc, b, prop_chance(prop, 50) ? count : span_sub(text, 0, 1), (struct span){NULL, 0});
}

static bool type_change(struct prop *prop, struct world *world, uint32_t number)
{
	struct crdt_builder b;
	world_begin(world, number, &b);
	write_typed(prop, &b, world->replicas[number].docs[0]);
	return world_finish(prop, world, number, &b);
}

struct world *world_new_typed(struct prop *prop, uint32_t replica_max, uint32_t change_max)
{
	return world_new_of(prop, WORLD_HONEST, replica_max, change_max, type_change);
}

struct crdt_history *world_history(struct prop *prop, const struct world *world)
{
	struct record_id doc_id = crdt_doc_id(world->replicas[0].docs[0]);
	struct crdt_history *history = crdt_history_new(WORLD_DOC_KIND, doc_id);
	uint32_t order[WORLD_CHANGES];
	for (uint32_t i = 0; i < world->change_count; i++) {
		uint32_t to = prop_below(prop, i + 1);
		order[i] = order[to];
		order[to] = i;
	}
	for (uint32_t i = 0; i < world->change_count; i++) {
		struct crdt_change change;
		const struct world_change *it = &world->changes[order[i]];
		if (it->doc > 0)
			continue;
		int result = crdt_change_open(&change, &it->meta, it->bytes);
		for (uint32_t times = prop_chance(prop, 20) ? 2 : 1; times && !result; times--)
			result = crdt_history_add(history, &change);
		if (result)
			prop_fail(prop, "change %u is not taken: %d", order[i], result);
	}
	crdt_history_link(history);
	return history;
}

uint32_t world_paths(const struct crdt_history *history, struct span *out)
{
	struct crdt_steps all = crdt_history_under(history, (struct span){NULL, 0});
	uint32_t count = 0;
	for (uint32_t i = 0; i < all.count; i++) {
		struct span path = crdt_history_step(history, all.items[i])->path;
		if (count == 0 || !span_eq(out[count - 1], path))
			out[count++] = path;
	}
	return count;
}
