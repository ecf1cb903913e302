/*
 * Is an order that comes from anybody the one that its origins give (crdt/README.md, section 9)? One pass over it.
 *
 * On the way, what is open is a stack of stretches, each element the left origin of the next: what follows has one of these as its left
 * origin, else it is out of place. What stands behind one element with that as its left origin are its right children, each behind its left
 * children and theirs: so each takes those before it that have it as their right origin, in order, and what nobody takes are the right
 * children, in order.
 */
#include "crdt/seq_snapshot.h"
#include "crdt/seq_state.h"

/* The first element of a stretch, which has a left origin elsewhere. */
struct head {
	uint32_t number;
	uint32_t before; /* the head of the same left origin before it that nobody took; SEQ_NONE */
};

/* Open elements, one head's. */
struct stretch {
	uint32_t head;
	uint32_t last; /* the number of the last one that is open */
};

struct checking {
	const struct seq *seq;
	const struct seq_standing *standings;
	uint32_t *starts; /* by fragment: the elements before it */
	uint32_t fragment_count;
	struct head *heads;
	struct stretch *open;
	uint32_t head_count, head_capacity, open_count, open_capacity;
};

/* Where an element stands; the end is behind everything. */
static uint32_t position(const struct checking *c, uint32_t number)
{
	uint32_t low = 0, high = c->fragment_count;
	if (number == SEQ_NONE)
		return SEQ_NONE;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (c->standings[middle].first <= number)
			low = middle;
		else
			high = middle;
	}
	return c->starts[c->standings[low].place] + (number - c->standings[low].first);
}

/* The right origin of a left child; SEQ_NONE of a right child. */
static uint32_t parent_on_right(const struct checking *c, uint32_t head)
{
	struct seq_origins origins = seq_origins(c->seq, c->heads[head].number);
	bool is_left = origins.right != SEQ_NONE && seq_left_origin(c->seq, origins.right) == origins.left;
	return is_left ? origins.right : SEQ_NONE;
}

static bool right_children_ascend(const struct checking *c, uint32_t a, uint32_t b)
{
	uint32_t first = c->heads[a].number, second = c->heads[b].number;
	uint32_t right_a = seq_origins(c->seq, first).right, right_b = seq_origins(c->seq, second).right;
	if (right_a != right_b)
		return position(c, right_a) > position(c, right_b);
	return seq_op_cmp(c->seq, first, second) < 0;
}

/* The newest head after `before`, the last one of the same left origin that nobody took. */
static bool take(struct checking *c, uint32_t before)
{
	uint32_t self = c->head_count - 1, number = c->heads[self].number, last = SEQ_NONE;
	for (; before != SEQ_NONE && parent_on_right(c, before) == number; before = c->heads[before].before) {
		if (last != SEQ_NONE &&
		        seq_op_cmp(c->seq, c->heads[before].number, c->heads[last].number) > 0)
			return false;
		last = before;
	}
	c->heads[self].before = before;
	if (before == SEQ_NONE || parent_on_right(c, self) != SEQ_NONE)
		return true;
	return parent_on_right(c, before) == SEQ_NONE && right_children_ascend(c, before, self);
}

static uint32_t add_head(struct checking *c, uint32_t number)
{
	c->heads = mem_room(c->heads, c->head_count, &c->head_capacity, sizeof(*c->heads));
	c->heads[c->head_count] = (struct head){number, SEQ_NONE};
	return c->head_count++;
}

/* Close what is behind the left origin `left`. Gives the last head that has it as its left origin. False: it is not open, or a left child
 * that nobody took is closed. */
static bool close_to(struct checking *c, uint32_t left, uint32_t *before)
{
	*before = SEQ_NONE;
	for (; c->open_count; c->open_count--) {
		struct stretch *top = &c->open[c->open_count - 1];
		uint32_t first = c->heads[top->head].number;
		if (left != SEQ_NONE && left - first <= top->last - first) {
			if (left == top->last)
				return true;
			if (*before != SEQ_NONE && parent_on_right(c, *before) != SEQ_NONE)
				return false;
			top->last = left;
			*before = add_head(c, left + 1); /* it stands right behind */
			return true;
		}
		if (*before != SEQ_NONE && parent_on_right(c, *before) != SEQ_NONE)
			return false;
		*before = top->head;
	}
	return left == SEQ_NONE;
}

/* The elements from `first` to `end` stand here, each the left origin of the next. */
static bool add_stretch(struct checking *c, uint32_t first, uint32_t end)
{
	uint32_t before;
	if (!close_to(c, seq_left_origin(c->seq, first), &before))
		return false;
	c->open = mem_room(c->open, c->open_count, &c->open_capacity, sizeof(*c->open));
	c->open[c->open_count++] = (struct stretch){add_head(c, first), end - 1};
	return take(c, before);
}

static bool add_fragment(struct checking *c, const struct seq_fragment *it)
{
	uint32_t first = it->first, end = it->first + it->count, insertion = seq_insertion_of(c->seq, first);
	for (uint32_t next; first < end; first = next) {
		next = insertion + 1 < c->seq->insertion_count ? c->seq->insertions[insertion + 1].first
		                                               : end;
		next = next < end ? next : end;
		if (!add_stretch(c, first, next))
			return false;
		insertion++;
	}
	return true;
}

bool seq_order_is_right(const struct seq *seq, const struct seq_fragment *fragments,
        const struct seq_standing *standings, uint32_t fragment_count)
{
	struct checking c = {.seq = seq, .standings = standings, .fragment_count = fragment_count};
	uint32_t before, at = 0;
	bool good = true;
	c.starts = mem_alloc(fragment_count * sizeof(*c.starts));
	for (uint32_t i = 0; i < fragment_count; at += fragments[i++].count)
		c.starts[i] = at;
	for (uint32_t i = 0; i < fragment_count && good; i++)
		good = add_fragment(&c, &fragments[i]);
	good = good && close_to(&c, SEQ_NONE, &before) &&
	        (before == SEQ_NONE || parent_on_right(&c, before) == SEQ_NONE);
	mem_free(c.starts);
	mem_free(c.heads);
	mem_free(c.open);
	return good;
}
