#include "tests/prop/long_oracle.h"

#include <assert.h>

void long_oracle_close(struct long_oracle *oracle)
{
	mem_free(oracle->nodes);
	mem_free(oracle->insertions);
	mem_free(oracle->arrived);
	*oracle = (struct long_oracle){0};
}

/* --- Names --- */

/* Place of the first insertion that is not before `op`. */
static uint32_t bound(const struct long_oracle *oracle, const struct op_id *op)
{
	uint32_t low = 0, high = oracle->insertion_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (op_id_cmp(&oracle->insertions[middle].op, op) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t find(const struct long_oracle *oracle, const struct op_id *op, uint32_t offset)
{
	uint32_t place = bound(oracle, op);
	if (place == oracle->insertion_count || op_id_cmp(&oracle->insertions[place].op, op) != 0)
		return LONG_NONE;
	const struct long_insertion *it = &oracle->insertions[place];
	return offset < it->count ? it->first + offset : LONG_NONE;
}

static uint32_t node_of(
        const struct long_oracle *oracle, const struct crdt_change *change, const struct crdt_place *place)
{
	struct op_id op;
	if (!place->present)
		return LONG_NONE;
	op = crdt_ref_op(change->meta, &place->ref);
	return find(oracle, &op, place->offset);
}

/* --- Order --- */

static uint32_t next_of(const struct long_oracle *oracle, uint32_t node)
{
	return node == LONG_NONE ? oracle->first - 1 : oracle->nodes[node].next;
}

static int id_cmp(const struct long_oracle *oracle, const struct long_node *a, const struct long_node *b)
{
	int order = op_id_cmp(&oracle->arrived[a->insertion], &oracle->arrived[b->insertion]);
	return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

/* Of two right origins of elements behind `from`: is `a`, which is not `right`, before it? */
static bool is_before(const struct long_oracle *oracle, uint32_t from, uint32_t a, uint32_t right)
{
	for (uint32_t i = from; i != right && i != LONG_NONE; i = oracle->nodes[i].next)
		if (i == a)
			return true;
	return false;
}

/* The node behind which a new one comes to stand; LONG_NONE: the start. */
static uint32_t place_of(struct long_oracle *oracle, const struct long_node *new)
{
	uint32_t place = new->left, before = new->left, mark = ++oracle->mark;
	bool is_scanning = false;
	for (uint32_t i = next_of(oracle, before); i != LONG_NONE && i != new->right;
	        before = i, i = oracle->nodes[i].next) {
		struct long_node *other = &oracle->nodes[i];
		if (!is_scanning)
			place = before;
		other->mark = mark;
		bool is_inside = other->left != LONG_NONE && oracle->nodes[other->left].mark == mark;
		if (other->left != new->left && !is_inside)
			return place;
		if (other->left != new->left)
			continue;
		if (other->right == new->right && id_cmp(oracle, new, other) < 0)
			return place;
		is_scanning = other->right != new->right &&is_before(oracle, i, other->right, new->right);
	}
	return is_scanning ? place : before;
}

static uint32_t add_node(struct long_oracle *oracle, struct long_node node)
{
	uint32_t number = oracle->node_count;
	oracle->nodes = mem_room(oracle->nodes, number, &oracle->node_capacity, sizeof(*oracle->nodes));
	uint32_t place = place_of(oracle, &node);
	node.next = next_of(oracle, place);
	node.last_move = node.move_before = LONG_NONE;
	if (!node.is_place)
		node.shows = number;
	oracle->nodes[number] = node;
	oracle->node_count++;
	if (place == LONG_NONE)
		oracle->first = number + 1;
	else
		oracle->nodes[place].next = number;
	return number;
}

static uint32_t add_insertion(struct long_oracle *oracle, const struct op_id *op, uint32_t count)
{
	uint32_t place = bound(oracle, op), number = oracle->arrived_count;
	oracle->insertions = mem_gap(oracle->insertions, oracle->insertion_count, &oracle->insertion_capacity,
	        sizeof(*oracle->insertions), place);
	oracle->insertions[place] = (struct long_insertion){*op, oracle->node_count, count};
	oracle->insertion_count++;
	oracle->arrived = mem_room(
	        oracle->arrived, number, &oracle->arrived_capacity, sizeof(*oracle->arrived));
	oracle->arrived[number] = *op;
	oracle->arrived_count++;
	return number;
}

/* --- Operations --- */

static size_t letter_bytes(const uint8_t *at)
{
	return *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
}

/* The contents of an insertion, one by one. False at the end. */
static bool next_content(const struct crdt_op *op, struct mpack_in *in, struct span *text, struct span *out)
{
	if (op->kind == CRDT_OP_TEXT_INSERT) {
		if (text->size == 0)
			return false;
		*out = span_sub(*text, 0, letter_bytes(text->data));
		*text = span_sub(*text, out->size, text->size);
		return true;
	}
	if (in->at == in->end)
		return false;
	*out = mpack_skip(in);
	return true;
}

static void insert(struct long_oracle *oracle, const struct crdt_change *change, const struct crdt_op *op)
{
	struct op_id id = {change->meta->feed, change->meta->seq, op->index};
	struct long_node node = {
	        .left = node_of(oracle, change, &op->left), .right = node_of(oracle, change, &op->right)};
	struct mpack_in in = mpack_begin(op->value);
	struct span text = op->value;
	uint32_t first = oracle->node_count;
	if (op->kind == CRDT_OP_LIST_INSERT)
		mpack_array(&in);
	struct mpack_in count_in = in;
	struct span count_text = text;
	uint32_t count = 0;
	while (next_content(op, &count_in, &count_text, &node.content))
		count++;
	node.insertion = add_insertion(oracle, &id, count);
	for (; next_content(op, &in, &text, &node.content); node.offset++)
		node.left = add_node(oracle, node);
	assert(oracle->node_count == first + count);
}

static void delete_targets(
        struct long_oracle *oracle, const struct crdt_change *change, const struct crdt_op *op)
{
	struct crdt_run run;
	for (struct crdt_refs runs = op->targets; crdt_runs_next(&runs, &run);) {
		struct op_id id = crdt_ref_op(change->meta, &run.ref);
		for (uint32_t i = 0; i < run.count; i++) {
			uint32_t node = find(oracle, &id, run.offset + i);
			uint32_t meant = node == LONG_NONE ? LONG_NONE : oracle->nodes[node].shows;
			if (meant != LONG_NONE)
				oracle->nodes[meant].is_deleted = true;
		}
	}
}

static void move(struct long_oracle *oracle, const struct crdt_change *change, const struct crdt_op *op)
{
	struct op_id id = {change->meta->feed, change->meta->seq, op->index};
	uint32_t named = node_of(oracle, change, &op->element);
	uint32_t element = named == LONG_NONE ? LONG_NONE : oracle->nodes[named].shows;
	struct crdt_ref ref;
	for (struct crdt_refs refs = op->supersedes; crdt_refs_next(&refs, &ref);) {
		struct op_id cited = crdt_ref_op(change->meta, &ref);
		uint32_t place = find(oracle, &cited, 0);
		if (place != LONG_NONE && oracle->nodes[place].is_place && element != LONG_NONE &&
		        oracle->nodes[place].shows == element)
			oracle->nodes[place].is_taken_back = true;
	}
	struct long_node node = {.left = node_of(oracle, change, &op->left),
	        .right = node_of(oracle, change, &op->right),
	        .insertion = add_insertion(oracle, &id, 1),
	        .shows = element,
	        .is_place = true,
	        .lamport = change->meta->lamport};
	uint32_t number = add_node(oracle, node);
	if (element == LONG_NONE)
		return;
	oracle->nodes[number].move_before = oracle->nodes[element].last_move;
	oracle->nodes[element].last_move = number;
}

void long_oracle_apply(struct long_oracle *oracle, const struct crdt_change *change)
{
	struct crdt_ops ops = crdt_change_ops(change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);) {
		if (op.kind == CRDT_OP_TEXT_INSERT || op.kind == CRDT_OP_LIST_INSERT)
			insert(oracle, change, &op);
		else if (op.kind == CRDT_OP_LIST_MOVE)
			move(oracle, change, &op);
		else
			delete_targets(oracle, change, &op);
	}
}

/* --- Reading --- */

/* The place that wins an element: of those that count the greatest (Lamport, op id). The element itself when there is none. */
static uint32_t winner(const struct long_oracle *oracle, uint32_t element)
{
	uint32_t best = element;
	for (uint32_t i = oracle->nodes[element].last_move; i != LONG_NONE;
	        i = oracle->nodes[i].move_before) {
		const struct long_node *it = &oracle->nodes[i], *other = &oracle->nodes[best];
		if (it->is_taken_back)
			continue;
		if (best == element || it->lamport > other->lamport ||
		        (it->lamport == other->lamport && id_cmp(oracle, it, other) > 0))
			best = i;
	}
	return best;
}

uint32_t long_oracle_read(const struct long_oracle *oracle, struct buf *out)
{
	uint32_t count = 0;
	for (uint32_t i = oracle->first - 1; i != LONG_NONE; i = oracle->nodes[i].next) {
		uint32_t shown = oracle->nodes[i].shows;
		if (shown == LONG_NONE || oracle->nodes[shown].is_deleted || winner(oracle, shown) != i)
			continue;
		buf_add_span(out, oracle->nodes[shown].content);
		count++;
	}
	return count;
}
