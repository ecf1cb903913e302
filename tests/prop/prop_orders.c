/*
 * Every order of delivery of every small history: after one change that puts something of each kind at one place, three people change it in
 * each of VARIETIES ways, each apart from the others or having seen them, in all combinations. Every causal order of every set of these changes gives the
 * same bytes, also when the program ends and starts again after each, and what the definition says. Nothing here is random.
 */
#include <stdio.h>

#include "crdt/base/err.h"
#include "tests/prop/crdt_world.h"

enum { VARIETIES = 20, AUTHORS = 3, SEEN = 16, SETS = 1 << AUTHORS };

/* The first change's operations, by index. */
enum { BASE_SET, BASE_ADD, BASE_COUNT, BASE_EVENT, BASE_LIST, BASE_TEXT, BASE_MOVE, BASE_OPS };

static const struct span none;
static const struct record_id event_id = {{0xe1}};

/* What an author has seen when it writes. */
struct seen {
	struct op_id ops[SEEN];
	uint32_t kinds[SEEN];
	uint32_t count;
};

static void see(const struct world *world, uint32_t change, struct seen *seen)
{
	for (uint32_t i = 0; i < world->op_count; i++)
		if (world->ops[i].change == change) {
			seen->ops[seen->count] = world->ops[i].id;
			seen->kinds[seen->count++] = world->ops[i].kind;
		}
}

/* The ops seen of one kind or the other, in `space`. */
static struct crdt_cites seen_of(
        const struct seen *seen, uint32_t kind, uint32_t other_kind, struct op_id space[SEEN])
{
	struct crdt_cites cites = {space, 0};
	for (uint32_t i = 0; i < seen->count; i++)
		if (seen->kinds[i] == kind || seen->kinds[i] == other_kind)
			space[cites.count++] = seen->ops[i];
	return cites;
}

/* The element `offset` of the op of a kind that was seen last. */
static struct crdt_element last_of(
        const struct seen *seen, uint32_t kind, uint32_t other_kind, uint32_t offset)
{
	struct op_id space[SEEN];
	struct crdt_cites cites = seen_of(seen, kind, other_kind, space);
	return (struct crdt_element){cites.ops[cites.count - 1], offset};
}

/* All that a CLEAR may name. */
static struct crdt_cites all_cells(const struct seen *seen, struct op_id space[SEEN])
{
	struct crdt_cites cites = {space, 0};
	for (uint32_t i = 0; i < seen->count; i++)
		if (seen->kinds[i] != CRDT_OP_EVENT)
			space[cites.count++] = seen->ops[i];
	return cites;
}

static void write_base(struct crdt_builder *b, struct span path, const struct feed_id *feed)
{
	struct crdt_element first = {{*feed, 1, BASE_LIST}, 0}, last = {{*feed, 1, BASE_LIST}, 2};
	struct crdt_cites nothing = {NULL, 0};
	crdt_builder_set(b, path, span_of("\x01", 1), nothing, none);
	crdt_builder_add(b, path, span_of("\x02", 1), nothing);
	crdt_builder_count(b, path, 5);
	crdt_builder_event(b, 1, event_id, span_of("\x80", 1), NULL, none);
	crdt_builder_list_insert(b, path, NULL, NULL, span_of("\x93\x01\x02\x03", 4));
	crdt_builder_text_insert(b, path, NULL, NULL, span_text("abc"));
	crdt_builder_list_move(b, path, &first, &last, NULL, nothing);
}

static void write_cells(struct crdt_builder *b, struct span path, const struct seen *seen, uint32_t variety)
{
	struct op_id space[SEEN];
	struct crdt_cites nothing = {NULL, 0};
	struct op_id event = last_of(seen, CRDT_OP_EVENT, CRDT_OP_EVENT, 0).op;
	switch (variety) {
	case 0:
		crdt_builder_set(b, path, span_of("\x03", 1), nothing, none);
		return;
	case 1:
		crdt_builder_set(b, path, span_of("\x04", 1), seen_of(seen, CRDT_OP_SET, CRDT_OP_SET, space),
		        span_text("vu"));
		return;
	case 2:
		crdt_builder_add(b, path, span_of("\x02", 1), nothing);
		return;
	case 3:
		crdt_builder_add(b, path, span_of("\x02", 1), seen_of(seen, CRDT_OP_ADD, CRDT_OP_ADD, space));
		return;
	case 4:
		crdt_builder_remove(b, path, seen_of(seen, CRDT_OP_ADD, CRDT_OP_ADD, space), none);
		return;
	case 5:
		crdt_builder_clear(b, path, all_cells(seen, space), none);
		return;
	case 6:
		crdt_builder_clear(b, none, all_cells(seen, space), none);
		return;
	case 7:
		crdt_builder_event(b, 2, (struct record_id){{0xe2}}, span_of("\x80", 1), NULL, none);
		return;
	case 8:
		crdt_builder_event(
		        b, 1, (struct record_id){{0xe3}}, span_of("\x80", 1), &event, span_text("relu"));
		return;
	default:
		crdt_builder_count(b, path, -2);
	}
}

static void write_list(struct crdt_builder *b, struct span path, const struct seen *seen, uint32_t variety)
{
	struct op_id space[SEEN];
	struct crdt_element first = {seen->ops[BASE_LIST], 0}, second = {seen->ops[BASE_LIST], 1};
	struct crdt_element last = last_of(seen, CRDT_OP_LIST_INSERT, CRDT_OP_LIST_MOVE, 0);
	struct crdt_target target = {variety == 12 ? first : last, 1};
	switch (variety) {
	case 10:
		crdt_builder_list_insert(b, path, &first, &second, span_of("\x92\x04\x05", 3));
		return;
	case 11:
		crdt_builder_list_insert(b, path, &last, NULL, span_of("\x91\x06", 2));
		return;
	case 12:
	case 13:
		crdt_builder_list_delete(b, path, &target, 1);
		return;
	case 14:
		crdt_builder_list_move(b, path, &first, NULL, &second,
		        seen_of(seen, CRDT_OP_LIST_MOVE, CRDT_OP_LIST_MOVE, space));
		return;
	default:
		crdt_builder_list_move(b, path, &first, &second, NULL, (struct crdt_cites){NULL, 0});
	}
}

static void write_text(struct crdt_builder *b, struct span path, const struct seen *seen, uint32_t variety)
{
	struct crdt_element first = {seen->ops[BASE_TEXT], 0}, second = {seen->ops[BASE_TEXT], 1};
	struct crdt_element last = last_of(seen, CRDT_OP_TEXT_INSERT, CRDT_OP_TEXT_INSERT, 0);
	struct crdt_target targets[] = {{last, 1}, {{seen->ops[BASE_TEXT], 1}, 2}};
	switch (variety) {
	case 16:
		crdt_builder_text_insert(b, path, &first, &second, span_text("xy"));
		return;
	case 17:
		crdt_builder_text_insert(b, path, &last, NULL, span_text("\xc3\xa9"));
		return;
	case 18:
		crdt_builder_text_delete(b, path, &(struct crdt_target){second, 1}, 1);
		return;
	default:
		crdt_builder_text_delete(b, path, targets, 2);
	}
}

/* --- Histories --- */

static bool write_change(
        struct prop *prop, struct world *world, uint32_t author, const struct seen *seen, uint32_t variety)
{
	struct crdt_builder b;
	struct crdt_path path = {0};
	crdt_path_field(&path, 1);
	world_begin(world, author, &b);
	if (!seen)
		write_base(&b, crdt_path_span(&path), &b.feed);
	else if (variety < 10)
		write_cells(&b, crdt_path_span(&path), seen, variety);
	else if (variety < 16)
		write_list(&b, crdt_path_span(&path), seen, variety);
	else
		write_text(&b, crdt_path_span(&path), seen, variety);
	return world_finish(prop, world, author, &b);
}

/* Bits of a shape: the second has seen the first, the third the first, the third the second (and what that saw). These are all ways in which three
 * may stand to one another, up to who is who. */
enum { APART = 0, PAIR = 1, FORK = 3, JOIN = 6, CHAIN = 7 };
static const uint32_t shapes[] = {APART, PAIR, FORK, JOIN, CHAIN};

/* Of histories that differ only in who is who, one. */
static bool is_first_of_its_kind(const uint32_t varieties[AUTHORS], uint32_t shape)
{
	bool first_two = varieties[0] <= varieties[1], last_two = varieties[1] <= varieties[2];
	return shape == APART ? first_two && last_two : shape == FORK ? last_two : shape != JOIN || first_two;
}

static bool saw(uint32_t shape, uint32_t author, uint32_t other)
{
	if (author == 1)
		return other == 0 && (shape & 1);
	bool second = author == 2 && (shape & 4),
	     first = author == 2 && ((shape & 2) || (second && (shape & 1)));
	return other == 0 ? first : other == 1 && second;
}

/* Replica 0 writes change 0, then author i, which is replica i + 1, change i + 1. */
static struct world *history_of(struct prop *prop, const uint32_t varieties[AUTHORS], uint32_t shape)
{
	struct world *world = world_new(prop, WORLD_HONEST, 2, 0);
	while (world->replica_count < AUTHORS + 1)
		world_replica_open(&world->replicas[world->replica_count++], prop);
	bool good = write_change(prop, world, 0, NULL, 0);
	for (uint32_t i = 0; i < AUTHORS && good; i++) {
		struct seen seen = {.count = 0};
		see(world, 0, &seen);
		good = world_deliver(world, &world->replicas[i + 1], 0) == 0;
		for (uint32_t j = 0; j < i && good; j++)
			if (saw(shape, i, j)) {
				see(world, j + 1, &seen);
				good = world_deliver(world, &world->replicas[i + 1], j + 1) == 0;
			}
		good = good && write_change(prop, world, i + 1, &seen, varieties[i]);
	}
	if (good && world->change_count == AUTHORS + 1)
		return world;
	world_free(world);
	return NULL;
}

/* --- Orders --- */

static const uint32_t orders[][AUTHORS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

/* Deliver in this order, as far as it is causal: `wants` has the bytes of each set of changes that was met before. */
static bool order_is_right(
        struct prop *prop, struct world *world, uint32_t order, struct span wants[SETS], uint64_t *delivered)
{
	struct world_replica fresh;
	uint32_t set = 0;
	bool good = true, restarts = order % 2;
	world_replica_open(&fresh, prop);
	good = world_deliver(world, &fresh, 0) == 0;
	for (uint32_t i = 0; i < AUTHORS && good && world_is_ready(world, &fresh, orders[order][i] + 1);
	        i++) {
		uint32_t author = orders[order][i];
		good = world_deliver(world, &fresh, author + 1) == 0 &&
		        (!restarts || world_reload(prop, &fresh));
		set |= 1u << author;
		struct span got = world_save(world, &fresh);
		if (!wants[set].data)
			wants[set] = got;
		good = good && span_eq(got, wants[set]);
		++*delivered;
	}
	if (good && order == 0)
		good = world_is_right(prop, world, &fresh);
	world_replica_close(&fresh);
	return good;
}

static bool orders_are_right(
        struct prop *prop, const uint32_t varieties[AUTHORS], uint32_t shape, uint64_t *delivered)
{
	struct world *world = history_of(prop, varieties, shape);
	struct span wants[SETS] = {{NULL, 0}};
	bool good = world != NULL;
	for (uint32_t i = 0; i < sizeof(orders) / sizeof(*orders) && good; i++)
		good = order_is_right(prop, world, i, wants, delivered);
	if (world)
		world_free(world);
	if (!good)
		printf("varieties %u, %u, %u in shape %u differ: %s\n", varieties[0], varieties[1],
		        varieties[2], shape, prop->failure[0] ? prop->failure : "an order gives other bytes");
	return good;
}

int main(void)
{
	struct prop prop = {.replays = true}; /* with an empty tape: every choice of the world is its first */
	uint64_t histories = 0, delivered = 0;
	bool good = true;
	for (uint32_t i = 0; i < VARIETIES * VARIETIES * VARIETIES && good; i++) {
		uint32_t varieties[AUTHORS] = {
		        i / (VARIETIES * VARIETIES), i / VARIETIES % VARIETIES, i % VARIETIES};
		for (uint32_t j = 0; j < sizeof(shapes) / sizeof(*shapes) && good; j++) {
			if (!is_first_of_its_kind(varieties, shapes[j]))
				continue;
			good = orders_are_right(&prop, varieties, shapes[j], &delivered);
			histories++;
		}
	}
	printf("%llu histories of %u changes, %llu changes delivered in every causal order: %s\n",
	        (unsigned long long)histories, AUTHORS + 1, (unsigned long long)delivered,
	        good ? "all the same" : "THEY DIFFER");
	return good ? 0 : 1;
}
