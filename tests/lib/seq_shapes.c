#include "tests/lib/seq_shapes.h"

#include <assert.h>
#include <string.h>

#include "crdt/seq_snapshot.h"

enum { VALUE_NODES = 100 /* of a large value */, BASE_MAX = 100 * 1000, TEAM = 12, APART = 20 };

static uint32_t any_below(struct seq_shape_world *world, uint32_t count)
{
	world->random = world->random * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)world->random * count) >> 32);
}

void seq_shape_open(struct seq_shape_world *world, enum seq_kind kind, uint32_t count)
{
	*world = (struct seq_shape_world){.feeds = crdt_feeds_new(), .count = count, .random = 1};
	world->seq = seq_new(kind, world->feeds);
	for (uint32_t i = 0; i < SEQ_SHAPE_AUTHORS; i++) {
		struct feed_id feed = {{(uint8_t)(i + 1)}};
		world->feed[i] = (uint32_t)crdt_feeds_add(world->feeds, &feed);
	}
}

void seq_shape_close(struct seq_shape_world *world)
{
	seq_free(world->seq);
	crdt_feeds_free(world->feeds);
}

/* --- Operations, each a change of its own --- */

static struct seq_by next_by(struct seq_shape_world *world, uint32_t author)
{
	world->lamport++;
	struct doc_stamp stamp = {world->lamport, world->lamport, ++world->seqs[author], world->feed[author]};
	return (struct seq_by){seq_stamp(world->seq, &stamp), 0};
}

static uint32_t insert(struct seq_shape_world *world, uint32_t author, uint32_t left, uint32_t right)
{
	return seq_insert(world->seq, next_by(world, author), left, right, span_text("x"));
}

/* One insertion of `count` elements by the last author. */
static uint32_t insert_base(struct seq_shape_world *world, uint32_t count)
{
	struct buf content = {0};
	memset(buf_extend(&content, count), 'b', count);
	world->base = seq_insert(
	        world->seq, next_by(world, SEQ_SHAPE_AUTHORS - 1), SEQ_NONE, SEQ_NONE, buf_span(&content));
	buf_close(&content);
	return world->base;
}

static struct doc_op op_of(const struct seq_shape_world *world, uint32_t number)
{
	return seq_origin(world->seq, number).op;
}

static void move(struct seq_shape_world *world, uint32_t author, uint32_t element, uint32_t left)
{
	seq_move(world->seq, next_by(world, author), element, left, seq_after(world->seq, left));
}

/* --- Shapes: what is there before, and the operation number `i` --- */

static void no_base(struct seq_shape_world *world)
{
	(void)world;
}

static void text_base(struct seq_shape_world *world)
{
	insert_base(world, world->count < BASE_MAX ? world->count : BASE_MAX);
}

static void typed(struct seq_shape_world *world, uint32_t i)
{
	insert(world, 0, i ? i - 1 : SEQ_NONE, SEQ_NONE);
}

/* A team goes apart, each types letters behind what all have, then they meet, and so on. */
static void apart(struct seq_shape_world *world, uint32_t i)
{
	uint32_t author = i % TEAM, elements = seq_size(world->seq).elements;
	if (i % (TEAM * APART) == 0)
		for (uint32_t j = 0; j < TEAM; j++)
			world->ends[j] = elements ? seq_at(world->seq, elements - 1) : SEQ_NONE;
	world->ends[author] = insert(world, author, world->ends[author], SEQ_NONE);
}

static void right_origins(struct seq_shape_world *world, uint32_t i)
{
	(void)i;
	insert(world, 0, SEQ_NONE, world->base + 1 + any_below(world, world->count - 1));
}

/* What stands there first is what author 1 typed. */
static void same_origins(struct seq_shape_world *world, uint32_t i)
{
	insert(world, i * 7 % SEQ_SHAPE_AUTHORS, SEQ_NONE, SEQ_NONE);
}

/* Each before all others, as who types backwards does: they are a chain of left children. */
static void backward_base(struct seq_shape_world *world)
{
	for (uint32_t i = 0, last = SEQ_NONE; i < world->count; i++)
		last = insert(world, SEQ_SHAPE_AUTHORS - 1, SEQ_NONE, last);
}

static void before_backward(struct seq_shape_world *world, uint32_t i)
{
	(void)i;
	insert(world, 0, SEQ_NONE, any_below(world, world->count));
}

/* A chain of right children, none of which goes on in a run, since two authors write in turn in two chains. */
static void forward_base(struct seq_shape_world *world)
{
	uint32_t first = insert(world, 1, SEQ_NONE, SEQ_NONE), second = insert(world, 2, SEQ_NONE, SEQ_NONE);
	for (uint32_t i = 2; i + 1 < world->count; i += 2) {
		first = insert(world, 1, first, SEQ_NONE);
		second = insert(world, 2, second, SEQ_NONE);
	}
}

static void beside_forward(struct seq_shape_world *world, uint32_t i)
{
	insert(world, 3 + i % (SEQ_SHAPE_AUTHORS - 3), i % 2 ? SEQ_NONE : any_below(world, world->count),
	        SEQ_NONE);
}

/* The right origin stands before the left one. */
static void crossed(struct seq_shape_world *world, uint32_t i)
{
	(void)i;
	uint32_t right = any_below(world, world->count / 2);
	insert(world, any_below(world, SEQ_SHAPE_AUTHORS), world->base + world->count - 1,
	        world->base + right);
}

static void anywhere(struct seq_shape_world *world, uint32_t i)
{
	uint32_t count = seq_element_count(world->seq);
	(void)i;
	insert(world, any_below(world, SEQ_SHAPE_AUTHORS), any_below(world, count), any_below(world, count));
}

/* Left children of the last letter, each a nest of what came before. */
static void nested(struct seq_shape_world *world, uint32_t i)
{
	uint32_t count = seq_element_count(world->seq);
	uint32_t right = any_below(world, 2) ? count - 1 : any_below(world, count);
	insert(world, i % SEQ_SHAPE_AUTHORS, any_below(world, 3) ? SEQ_NONE : right, right);
}

/* A text of which each second letter was typed in between. */
static void cut_base(struct seq_shape_world *world)
{
	insert_base(world, world->count < BASE_MAX ? world->count : BASE_MAX);
	for (uint32_t i = 0; i + 1 < world->count; i++)
		insert(world, 0, world->base + i, world->base + i + 1);
}

static void delete_all(struct seq_shape_world *world, uint32_t i)
{
	struct doc_op op = op_of(world, world->base);
	seq_delete(world->seq, next_by(world, i % SEQ_SHAPE_AUTHORS), &op, 0, world->count);
}

static void clear_all(struct seq_shape_world *world, uint32_t i)
{
	struct doc_op op = op_of(world, world->base);
	seq_clear(world->seq, next_by(world, i % SEQ_SHAPE_AUTHORS), &op);
}

static void one_value(struct seq_shape_world *world)
{
	insert_base(world, 2);
}

static void move_one(struct seq_shape_world *world, uint32_t i)
{
	move(world, i % SEQ_SHAPE_AUTHORS, world->base, i % 2 ? world->base + 1 : SEQ_NONE);
}

/* Each names the one before, as people's do. */
static void move_again(struct seq_shape_world *world, uint32_t i)
{
	if (i)
		seq_take_back(world->seq, next_by(world, i % SEQ_SHAPE_AUTHORS),
		        seq_element_count(world->seq) - 1, world->base);
	move_one(world, i);
}

static void moved_base(struct seq_shape_world *world)
{
	one_value(world);
	for (uint32_t i = 0; i < world->count; i++)
		move_one(world, i);
}

/* The winning one each time. */
static void take_back(struct seq_shape_world *world, uint32_t i)
{
	seq_take_back(world->seq, next_by(world, i % SEQ_SHAPE_AUTHORS), world->base + 1 + world->count - i,
	        world->base);
}

static void move_each(struct seq_shape_world *world, uint32_t i)
{
	move(world, 0, world->base + (uint32_t)((uint64_t)i * 7919 % world->count), SEQ_NONE);
}

/* Values that take long to pass, one run of them. */
static void large_values(struct seq_shape_world *world)
{
	struct buf value = {0};
	uint8_t head[] = {0xdc, VALUE_NODES >> 8, VALUE_NODES & 0xff};
	buf_add(&value, head, sizeof(head));
	memset(buf_extend(&value, VALUE_NODES), 1, VALUE_NODES);
	for (uint32_t i = 0; i < world->count; i++)
		seq_insert(world->seq, next_by(world, 0), i ? i - 1 : SEQ_NONE, SEQ_NONE, buf_span(&value));
	buf_close(&value);
}

/* From the end of a run to its start. */
static void delete_one(struct seq_shape_world *world, uint32_t i)
{
	uint32_t start = i / 1024 * 1024, end = start + 1024 < world->count ? start + 1024 : world->count;
	struct doc_op op = op_of(world, end - 1 - (i - start));
	seq_delete(world->seq, next_by(world, 1), &op, 0, 1);
}

static void delete_base(struct seq_shape_world *world)
{
	text_base(world);
	for (uint32_t i = 0; i < world->count; i++)
		delete_all(world, i);
}

static bool always(void *context, const struct doc_stamp *stamp)
{
	(void)context;
	(void)stamp;
	return true;
}

/* All at once, for the first one. */
static void read_past(struct seq_shape_world *world, uint32_t i)
{
	struct buf out = {0};
	if (i == 0)
		seq_read_past(world->seq, always, NULL, &out);
	buf_close(&out);
}

static void save_and_load(struct seq_shape_world *world, uint32_t i)
{
	uint32_t numbers[SEQ_SHAPE_AUTHORS], seqs[SEQ_SHAPE_AUTHORS];
	struct buf out = {0};
	if (i > 0)
		return;
	for (uint32_t author = 0; author < SEQ_SHAPE_AUTHORS; author++) {
		numbers[author] = author;
		seqs[author] = UINT32_MAX;
	}
	seq_save(world->seq, numbers, &out);
	struct wire_in in = wire_begin(buf_span(&out));
	struct seq *loaded = seq_load(&in, SEQ_TEXT, seqs, SEQ_SHAPE_AUTHORS);
	int error = wire_end(&in);
	assert(error == 0);
	(void)error;
	seq_free(loaded);
	buf_close(&out);
}

const struct seq_shape seq_shapes[SEQ_SHAPE_COUNT] = {
        {"typed at the end (floor)", SEQ_TEXT, no_base, typed, false},
        {"12 write at the end while apart", SEQ_TEXT, no_base, apart, false},
        {"one left origin, a right origin each", SEQ_TEXT, text_base, right_origins, false},
        {"the same origins, 40 authors", SEQ_TEXT, no_base, same_origins, false},
        {"left children of a backward chain", SEQ_TEXT, backward_base, before_backward, false},
        {"beside long chains forward", SEQ_TEXT, forward_base, beside_forward, false},
        {"crossed origins", SEQ_TEXT, text_base, crossed, false},
        {"any origins", SEQ_TEXT, text_base, anywhere, false},
        {"left children, nested", SEQ_TEXT, one_value, nested, false},
        {"the same elements deleted again", SEQ_TEXT, cut_base, delete_all, false},
        {"the same insertion cleared again", SEQ_TEXT, cut_base, clear_all, false},
        {"one element moved, concurrently", SEQ_LIST, one_value, move_one, false},
        {"one element moved, each naming the last", SEQ_LIST, one_value, move_again, false},
        {"the winning move taken back", SEQ_LIST, moved_base, take_back, false},
        {"each element moved once", SEQ_LIST, text_base, move_each, false},
        {"a value deleted among large ones", SEQ_LIST, large_values, delete_one, false},
        {"the past of much that was deleted again", SEQ_TEXT, delete_base, read_past, true},
        {"the same, saved and loaded", SEQ_TEXT, delete_base, save_and_load, true},
        {"saved and loaded, any origins", SEQ_TEXT, backward_base, save_and_load, true},
};
