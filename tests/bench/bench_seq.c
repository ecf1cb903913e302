/*
 * Sequences against an author who wants to make everybody's device slow: what one more operation costs after so many of the same shape,
 * beside a letter typed at the end of a text. A shape whose figures grow with the count is a fault. The same for a session that is open on a
 * list while others write, and takes over what they wrote.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crdt/doc_edit.h"
#include "crdt/doc_text.h"
#include "tests/lib/seq_shapes.h"

enum {
	STEPS_LAST = 10, /* the last of so many parts of the operations is measured */
	PATIENCE_MS = 20 * 1000, /* a shape that would take longer with more of it is not tried */
};

/* Time of this process alone: the machine may be busy with others. */
static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Nanoseconds of one operation at the end. */
static double measure(const struct seq_shape *shape, uint32_t count, uint64_t *took_ms)
{
	struct seq_shape_world world;
	seq_shape_open(&world, shape->kind, count);
	uint64_t begin = now_ns();
	shape->base(&world);
	uint32_t from = shape->is_one ? 0 : count - count / STEPS_LAST;
	for (uint32_t i = 0; i < from; i++)
		shape->step(&world, i);
	uint64_t start = now_ns();
	for (uint32_t i = from; i < count; i++)
		shape->step(&world, i);
	uint64_t end = now_ns();
	*took_ms = (end - begin) / 1000000;
	seq_shape_close(&world);
	return (double)(end - start) / (count - from);
}

/* --- Sessions --- */

enum { SELF, BASE, OTHERS, DOC_KIND = 1, LIST_FIELD = 1, BASE_VALUES = 1000 };

static const struct record_id doc_id = {{1}};

struct written {
	struct crdt_meta meta;
	struct buf bytes;
	struct crdt_change change;
};

struct session_world {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct crdt_edit *edit; /* of SELF; NULL at first */
	struct entry_ref authors[SEQ_SHAPE_AUTHORS]; /* with the last sequence of each */
	struct written *changes;
	uint32_t change_count;
};

static void must(int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "bench-seq: error %d\n", result);
	exit(1);
}

static struct span list_path(struct crdt_path *path)
{
	*path = (struct crdt_path){0};
	crdt_path_field(path, LIST_FIELD);
	return crdt_path_span(path);
}

static void begin(struct session_world *world, uint32_t author, struct crdt_builder *builder)
{
	world->authors[author].seq++;
	crdt_builder_begin(builder, &world->authors[author], DOC_KIND, doc_id, NULL, 0);
}

/* The change is applied to the document. */
static void finish(struct session_world *world, struct crdt_builder *builder)
{
	struct written *it = &world->changes[world->change_count++];
	must(crdt_builder_finish_open(builder, &it->bytes, &it->change));
	it->meta = (struct crdt_meta){.feed = builder->feed,
	        .seq = builder->seq,
	        .lamport = world->change_count,
	        .deps = builder->dep_count
	                ? mem_copy(builder->deps, builder->dep_count * sizeof(*builder->deps))
	                : NULL,
	        .dep_count = builder->dep_count};
	it->change.meta = &it->meta;
	must(crdt_doc_apply(world->doc, &it->change));
	crdt_builder_close(builder);
}

static struct crdt_element base_value(const struct session_world *world, uint32_t offset)
{
	return (struct crdt_element){{world->authors[BASE].feed, 1, 0}, offset};
}

static uint32_t other(uint32_t i)
{
	return OTHERS + i % (SEQ_SHAPE_AUTHORS - OTHERS);
}

/* Behind what this author wrote last (`left`), or at the start. */
static void write_value(struct session_world *world, uint32_t author, const struct crdt_element *left)
{
	struct crdt_builder builder;
	struct crdt_path path;
	begin(world, author, &builder);
	crdt_builder_list_insert(&builder, list_path(&path), left, NULL, span_of("\x91\x07", 2));
	finish(world, &builder);
}

static void others_type(struct session_world *world, uint32_t i)
{
	struct crdt_element last = {{world->authors[OTHERS].feed, world->authors[OTHERS].seq, 0}, 0};
	write_value(world, OTHERS, i ? &last : NULL);
}

static void others_write_at_the_start(struct session_world *world, uint32_t i)
{
	write_value(world, other(i), NULL);
}

static void others_move_one(struct session_world *world, uint32_t i)
{
	struct crdt_element moved = base_value(world, 0), left = base_value(world, 1 + i % 2);
	struct crdt_builder builder;
	struct crdt_path path;
	begin(world, other(i), &builder);
	crdt_builder_list_move(&builder, list_path(&path), &moved, &left, NULL, (struct crdt_cites){NULL, 0});
	finish(world, &builder);
}

static void others_delete_all(struct session_world *world, uint32_t i)
{
	struct crdt_target all = {base_value(world, 0), BASE_VALUES};
	struct crdt_builder builder;
	struct crdt_path path;
	begin(world, other(i), &builder);
	crdt_builder_list_delete(&builder, list_path(&path), &all, 1);
	finish(world, &builder);
}

/* In a list where others moved another value so often: it is moved in the session, which is saved. */
static void session_moves(struct session_world *world, uint32_t i)
{
	struct crdt_builder builder;
	if (!world->edit) {
		others_move_one(world, i);
		return;
	}
	uint32_t last = seq_size(crdt_edit_seq(world->edit)).elements - 1;
	must(crdt_edit_move(world->edit, last, last - 1));
	begin(world, SELF, &builder);
	must(crdt_edit_write(world->edit, &builder));
	finish(world, &builder);
}

static const struct session_shape {
	const char *name;
	void (*write)(struct session_world *world, uint32_t i); /* a change, applied to the document */
} session_shapes[] = {
        {"a session follows: typed (floor)", others_type},
        {"a session follows: the same origins", others_write_at_the_start},
        {"a session follows: one element moved", others_move_one},
        {"a session follows: all deleted again", others_delete_all},
        {"a session's own moves, once applied", session_moves},
};

static void write_base(struct session_world *world)
{
	struct crdt_builder builder;
	struct crdt_path path;
	struct buf values = {0};
	static const uint8_t head[] = {0xdc, BASE_VALUES >> 8, BASE_VALUES & 0xff};
	buf_add(&values, head, sizeof(head));
	memset(buf_extend(&values, BASE_VALUES), 1, BASE_VALUES);
	begin(world, BASE, &builder);
	crdt_builder_list_insert(&builder, list_path(&path), NULL, NULL, buf_span(&values));
	finish(world, &builder);
	buf_close(&values);
}

static void session_world_open(struct session_world *world, uint32_t count)
{
	*world = (struct session_world){.feeds = crdt_feeds_new()};
	world->doc = crdt_doc_new(world->feeds, DOC_KIND, doc_id);
	world->changes = mem_zero(count + 1, sizeof(*world->changes));
	for (uint32_t i = 0; i < SEQ_SHAPE_AUTHORS; i++)
		world->authors[i].feed = (struct feed_id){{(uint8_t)(i + 1)}};
	write_base(world);
}

static void session_world_close(struct session_world *world)
{
	for (uint32_t i = 0; i < world->change_count; i++) {
		mem_free((void *)(uintptr_t)world->changes[i].meta.deps);
		buf_close(&world->changes[i].bytes);
	}
	mem_free(world->changes);
	crdt_edit_free(world->edit);
	crdt_doc_free(world->doc);
	crdt_feeds_free(world->feeds);
}

/* Nanoseconds of following one change at the end; writing and applying it are not in it. */
static double measure_session(const struct session_shape *shape, uint32_t count)
{
	struct session_world world;
	struct crdt_path path;
	uint32_t from = count - count / STEPS_LAST;
	session_world_open(&world, count);
	for (uint32_t i = 0; i < from; i++)
		shape->write(&world, i);
	world.edit = crdt_edit_list(world.doc, list_path(&path), &world.authors[SELF].feed);
	uint32_t first = world.change_count;
	for (uint32_t i = from; i < count; i++)
		shape->write(&world, i);
	uint64_t start = now_ns();
	for (uint32_t i = first; i < world.change_count; i++)
		must(crdt_edit_follow(world.edit, &world.changes[i].change));
	uint64_t end = now_ns();
	session_world_close(&world);
	return (double)(end - start) / (count - from);
}

static void print_sessions(const uint32_t *counts, size_t count_count, const char *part)
{
	for (size_t i = 0; i < sizeof(session_shapes) / sizeof(*session_shapes); i++) {
		if (!strstr(session_shapes[i].name, part))
			continue;
		printf("%-42s", session_shapes[i].name);
		for (size_t j = 0; j < count_count; j++)
			printf(" %10.0f", measure_session(&session_shapes[i], counts[j]));
		printf("\n");
	}
}

int main(int argument_count, char **arguments)
{
	static const uint32_t counts[] = {1000, 10 * 1000, 100 * 1000};
	printf("%-42s %10s %10s %10s   ns an operation\n", "", "1,000", "10,000", "100,000");
	for (size_t i = 0; i < SEQ_SHAPE_COUNT; i++) {
		uint64_t took_ms = 0;
		if (argument_count > 1 && !strstr(seq_shapes[i].name, arguments[1]))
			continue;
		printf("%-42s", seq_shapes[i].name);
		for (size_t j = 0; j < sizeof(counts) / sizeof(*counts); j++) {
			if (took_ms * 20 > PATIENCE_MS)
				printf(" %10s", "-");
			else
				printf(" %10.0f", measure(&seq_shapes[i], counts[j], &took_ms));
			fflush(stdout);
		}
		printf("\n");
	}
	print_sessions(counts, sizeof(counts) / sizeof(*counts), argument_count > 1 ? arguments[1] : "");
	return 0;
}
