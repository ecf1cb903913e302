/* What the definition says of a world: computed from all its operations, from scratch. */
#include <stdlib.h>

#include "tests/prop/crdt_world.h"

/* Is the op one of those that make the document asked about? */
static bool counts(const struct world *world, const struct world_op *op)
{
	return op->doc == world->asked && !world->changes[op->change].is_withheld;
}

static bool covers(const struct world_op *op, struct span path)
{
	if (op->kind == CRDT_OP_CLEAR)
		return path.size >= op->path.size && span_eq(span_sub(path, 0, op->path.size), op->path);
	bool here = op->kind == CRDT_OP_SET || op->kind == CRDT_OP_ADD || op->kind == CRDT_OP_REMOVE;
	return here && span_eq(path, op->path);
}

static bool is_named(const struct world *world, const struct world_op *cell)
{
	for (uint32_t i = 0; i < world->op_count; i++) {
		const struct world_op *op = &world->ops[i];
		if (!counts(world, op) || !covers(op, cell->path))
			continue;
		for (uint32_t j = 0; j < op->cite_count; j++)
			if (op_id_cmp(&op->cites[j], &cell->id) == 0)
				return true;
	}
	return false;
}

static const struct world *sorting; /* qsort has no context */

static int shown_order(const void *left, const void *right)
{
	const struct world_op *a = &sorting->ops[*(const uint32_t *)left];
	const struct world_op *b = &sorting->ops[*(const uint32_t *)right];
	if (a->hlc != b->hlc)
		return a->hlc > b->hlc ? -1 : 1;
	return op_id_cmp(&b->id, &a->id);
}

/* Live ops of `kind` (at `path`, unless NULL) in the order shown. */
static uint32_t live_ops(const struct world *world, const struct span *path, uint32_t kind, uint32_t *out)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < world->op_count; i++) {
		const struct world_op *op = &world->ops[i];
		if (counts(world, op) && op->kind == kind && (!path || span_eq(op->path, *path)) &&
		        !is_named(world, op))
			out[count++] = i;
	}
	sorting = world;
	qsort(out, count, sizeof(*out), shown_order);
	return count;
}

static bool register_is_right(
        const struct world *world, const struct world_replica *replica, struct span path)
{
	uint32_t want[WORLD_OPS], count = live_ops(world, &path, CRDT_OP_SET, want);
	struct crdt_values got = {0};
	struct crdt_value first;
	crdt_doc_values(replica->docs[world->asked], path, &got);
	bool right = got.count == count &&
	        crdt_doc_get(replica->docs[world->asked], path, &first) == (count > 0);
	if (right && count)
		right = op_id_cmp(&first.op, &world->ops[want[0]].id) == 0;
	for (uint32_t i = 0; i < count && right; i++)
		right = op_id_cmp(&got.items[i].op, &world->ops[want[i]].id) == 0 &&
		        span_eq(got.items[i].value, world->ops[want[i]].value) &&
		        got.items[i].hlc == world->ops[want[i]].hlc;
	crdt_values_close(&got);
	return right;
}

static bool set_is_right(const struct world *world, const struct world_replica *replica, struct span path)
{
	uint32_t adds[WORLD_OPS], count = live_ops(world, &path, CRDT_OP_ADD, adds), want_count = 0;
	struct crdt_values got = {0};
	crdt_doc_members(replica->docs[world->asked], path, &got);
	bool right = true;
	for (uint8_t value = 0; value < 4; value++) { /* the elements are one byte each, in order */
		const struct world_op *newest = NULL;
		for (uint32_t i = count; i > 0; i--)
			if (world->ops[adds[i - 1]].value.data[0] == value)
				newest = &world->ops[adds[i - 1]];
		if (!newest)
			continue;
		right &= want_count < got.count && op_id_cmp(&got.items[want_count].op, &newest->id) == 0;
		want_count++;
	}
	right &= want_count == got.count;
	crdt_values_close(&got);
	return right;
}

/* The event that an op corrects; NULL when that is not there. */
static const struct world_op *corrected_by(const struct world *world, const struct world_op *op)
{
	for (uint32_t i = 0; i < world->op_count && op->corrects; i++) {
		const struct world_op *old = &world->ops[i];
		if (counts(world, old) && old->kind == CRDT_OP_EVENT &&
		        op_id_cmp(&old->id, op->corrects) == 0)
			return old;
	}
	return NULL;
}

static bool event_is_right(
        const struct world *world, const struct world_op *op, const struct crdt_event *event)
{
	const struct world_op *old = corrected_by(world, op);
	bool corrected = false;
	for (uint32_t i = 0; i < world->op_count; i++)
		corrected |= counts(world, &world->ops[i]) && corrected_by(world, &world->ops[i]) == op;
	return op_id_cmp(&event->op, &op->id) == 0 && event->kind == op->event_kind &&
	        event->hlc == op->hlc && event->is_corrected == corrected &&
	        event->is_correction == (old != NULL) && (!old || op_id_cmp(&old->id, &event->corrects) == 0);
}

static bool events_are_right(const struct world *world, const struct world_replica *replica)
{
	uint32_t want[WORLD_OPS], count = live_ops(world, NULL, CRDT_OP_EVENT, want), cursor = 0;
	struct crdt_event event;
	for (uint32_t i = count; i > 0; i--) /* ascending here */
		if (!crdt_doc_event(replica->docs[world->asked], 0, &cursor, &event) ||
		        !event_is_right(world, &world->ops[want[i - 1]], &event))
			return false;
	return !crdt_doc_event(replica->docs[world->asked], 0, &cursor, &event);
}

/* Operations of unknown kinds, ascending. */
static bool held_are_right(const struct world *world, const struct world_replica *replica)
{
	struct crdt_held held, last = {0};
	uint32_t count = 0, cursor = 0;
	for (uint32_t i = 0; i < world->op_count; i++)
		count += counts(world, &world->ops[i]) && world->ops[i].kind >= 100;
	for (; crdt_doc_held(replica->docs[world->asked], &cursor, &held); count--, last = held) {
		bool found = false;
		for (uint32_t i = 0; i < world->op_count; i++)
			found |= counts(world, &world->ops[i]) && world->ops[i].kind == held.kind &&
			        op_id_cmp(&world->ops[i].id, &held.op) == 0;
		if (!found || (last.kind && op_id_cmp(&last.op, &held.op) >= 0))
			return false;
	}
	return count == 0;
}

static bool count_is_right(const struct world *world, const struct world_replica *replica, struct span path)
{
	uint32_t live[WORLD_OPS], count = live_ops(world, &path, CRDT_OP_COUNT, live);
	int64_t sum = 0;
	for (uint32_t i = 0; i < count; i++)
		sum += world->ops[live[i]].delta;
	return crdt_doc_count(replica->docs[world->asked], path) == sum;
}

/* --- Texts and lists --- */

static struct oracle_id oracle_id(const struct op_id *op, uint32_t offset)
{
	return (struct oracle_id){op->feed.bytes[0], (uint32_t)op->seq, op->index, offset};
}

static int named(const struct oracle *oracle, const struct world_place *place)
{
	return place->present ? oracle_find(oracle, oracle_id(&place->op, place->offset)) : ORACLE_NONE;
}

/* The element that is meant where a place is named. */
static int meant(const struct oracle *oracle, int element)
{
	bool is_place = element != ORACLE_NONE && oracle->elements[element].is_place;
	return is_place ? oracle->elements[element].shows : element;
}

static void oracle_put(struct oracle *oracle, const struct world_op *op, bool is_list)
{
	int left = named(oracle, &op->left), right = named(oracle, &op->right);
	struct mpack_in in = mpack_begin(op->value);
	struct span text = op->value;
	if (is_list)
		mpack_array(&in);
	for (uint32_t offset = 0; is_list ? in.at < in.end : text.size > 0; offset++) {
		char content[5] = {0};
		struct span one = is_list ? mpack_skip(&in) : span_sub(text, 0, 1);
		while (!is_list && one.size < text.size && (text.data[one.size] & 0xc0) == 0x80)
			one.size++;
		text = span_sub(text, one.size, text.size);
		memcpy(content, one.data, one.size);
		oracle_insert(oracle, oracle_id(&op->id, offset), left, right, content);
		left = oracle->count - 1;
	}
}

static void oracle_delete(struct oracle *oracle, const struct world_op *op)
{
	for (uint32_t i = 0; i < op->target_count; i++)
		for (uint32_t j = 0; j < op->targets[i].count; j++) {
			struct world_place target = op->targets[i].first;
			target.offset += j;
			int element = meant(oracle, named(oracle, &target));
			if (element != ORACLE_NONE)
				oracle->elements[element].is_deleted = true;
		}
}

static void oracle_move(struct oracle *oracle, const struct world *world, const struct world_op *op)
{
	int element = meant(oracle, named(oracle, &op->element));
	for (uint32_t i = 0; i < op->cite_count; i++) {
		int cited = oracle_find(oracle, oracle_id(&op->cites[i], 0));
		if (cited != ORACLE_NONE && oracle->elements[cited].is_place && element != ORACLE_NONE &&
		        oracle->elements[cited].shows == element)
			oracle->elements[cited].is_taken_back = true;
	}
	oracle_insert(oracle, oracle_id(&op->id, 0), named(oracle, &op->left), named(oracle, &op->right), "");
	struct oracle_element *place = &oracle->elements[oracle->count - 1];
	place->is_place = true;
	place->shows = element;
	place->lamport = (uint32_t)world->changes[op->change].meta.lamport;
}

static void oracle_clear(struct oracle *oracle, const struct world_op *op)
{
	for (uint32_t i = 0; i < op->cite_count; i++)
		for (uint32_t offset = 0;; offset++) {
			int element = oracle_find(oracle, oracle_id(&op->cites[i], offset));
			if (element == ORACLE_NONE)
				break;
			struct oracle_element *it = &oracle->elements[element];
			*(it->is_place ? &it->is_taken_back : &it->is_deleted) = true;
		}
}

/* The text or list at a path. Owner calls mem_free(). */
static struct oracle *oracle_of(const struct world *world, struct span path, bool is_list)
{
	struct oracle *oracle = mem_zero(1, sizeof(*oracle));
	oracle->is_tree = true;
	for (uint32_t i = 0; i < world->op_count; i++) {
		const struct world_op *op = &world->ops[i];
		if (!counts(world, op))
			continue;
		if (op->kind == CRDT_OP_CLEAR && covers(op, path))
			oracle_clear(oracle, op);
		if (!span_eq(op->path, path))
			continue;
		if (op->kind == (is_list ? CRDT_OP_LIST_INSERT : CRDT_OP_TEXT_INSERT))
			oracle_put(oracle, op, is_list);
		if (op->kind == (is_list ? CRDT_OP_LIST_DELETE : CRDT_OP_TEXT_DELETE))
			oracle_delete(oracle, op);
		if (is_list && op->kind == CRDT_OP_LIST_MOVE)
			oracle_move(oracle, world, op);
	}
	return oracle;
}

/* What is visible of it, one content after the other. */
static struct buf oracle_text(const struct oracle *oracle)
{
	struct buf out = {0};
	for (int i = 0; i < oracle->count; i++) {
		int element = oracle->order[i];
		if (!oracle_is_visible(oracle, element))
			continue;
		const struct oracle_element *it = &oracle->elements[meant(oracle, element)];
		buf_add_span(&out, span_text(it->content));
	}
	return out;
}

static bool sequence_is_right(
        struct world *world, const struct world_replica *replica, struct world_op *op, bool is_list)
{
	struct oracle *oracle = oracle_of(world, op->path, is_list);
	struct buf want = oracle_text(oracle), got = {0};
	const struct seq *seq = is_list ? crdt_doc_list(replica->docs[world->asked], op->path)
	                                : crdt_doc_text(replica->docs[world->asked], op->path);
	for (uint32_t i = 0; seq && i < seq_size(seq).elements; i++)
		buf_add_span(&got, seq_content(seq, seq_at(seq, i)));
	bool right = span_eq(buf_span(&want), buf_span(&got)) && (!seq || seq_is_sound(seq));
	op->is_seen = want.size > 0;
	mem_free(oracle);
	buf_close(&want);
	buf_close(&got);
	return right;
}

static bool sequences_are_right(struct world *world, const struct world_replica *replica)
{
	bool right = true;
	for (uint32_t i = 0; i < world->op_count && right; i++) {
		struct world_op *op = &world->ops[i];
		if (op->kind == CRDT_OP_TEXT_INSERT || op->kind == CRDT_OP_LIST_INSERT)
			right = sequence_is_right(world, replica, op, op->kind == CRDT_OP_LIST_INSERT);
	}
	return right;
}

/* Does this key, which stands at `size` bytes of a path, name a deleted element of the list there? */
static bool key_hides(const struct world *world, struct span path, size_t size, const struct crdt_key *key)
{
	if (key->type != CRDT_KEY_ELEMENT)
		return false;
	struct oracle *oracle = oracle_of(world, span_sub(path, 0, size), true);
	struct world_place place = {true, key->element.op, key->element.offset};
	int element = meant(oracle, named(oracle, &place));
	bool is_deleted = element != ORACLE_NONE && oracle->elements[element].is_deleted;
	mem_free(oracle);
	return is_deleted;
}

static void find_hidden(const struct world *world, struct world_op *op)
{
	struct span rest = op->path;
	struct crdt_key key;
	op->hidden_to = 0;
	for (size_t at = 0; crdt_path_next(&rest, &key); at += key.encoded.size)
		if (key_hides(world, op->path, at, &key))
			op->hidden_to = at + key.encoded.size;
}

static bool is_alive(const struct world *world, const struct world_op *op)
{
	if (!counts(world, op))
		return false;
	if (op->kind == CRDT_OP_TEXT_INSERT || op->kind == CRDT_OP_LIST_INSERT)
		return op->is_seen;
	bool cell = op->kind == CRDT_OP_SET || op->kind == CRDT_OP_ADD || op->kind == CRDT_OP_COUNT;
	return cell && !is_named(world, op);
}

/* The key of a live op's path right under `path`; empty when it is not under it. */
static struct span key_under(const struct world *world, const struct world_op *op, struct span path)
{
	struct crdt_key key;
	struct span rest = span_sub(op->path, path.size, op->path.size);
	if (!span_eq(span_sub(op->path, 0, path.size), path) || op->hidden_to > path.size ||
	        !is_alive(world, op) || !crdt_path_next(&rest, &key))
		return (struct span){NULL, 0};
	return key.encoded;
}

/* The children listed of `path` are the least key after each other that has life at or under it. */
static bool children_of_are_right(
        const struct world *world, const struct world_replica *replica, struct span path)
{
	struct span last = (struct span){NULL, 0}, got = (struct span){NULL, 0};
	for (;;) {
		struct span next = (struct span){NULL, 0};
		for (uint32_t i = 0; i < world->op_count; i++) {
			struct span key = key_under(world, &world->ops[i], path);
			if (key.size && span_cmp(key, last) > 0 && (!next.size || span_cmp(key, next) < 0))
				next = key;
		}
		if (crdt_doc_child(replica->docs[world->asked], path, &got) != (next.size > 0))
			return false;
		if (next.size == 0)
			return true;
		if (!span_eq(got, next))
			return false;
		last = next;
	}
}

static bool children_are_right(const struct world *world, const struct world_replica *replica)
{
	for (uint32_t i = 0; i < world->op_count; i++) {
		struct crdt_key key;
		struct span path = world->ops[i].path, rest = path;
		if (i > 0 && span_eq(path, world->ops[i - 1].path))
			continue;
		do {
			if (!children_of_are_right(world, replica, span_sub(path, 0, path.size - rest.size)))
				return false;
		} while (crdt_path_next(&rest, &key));
	}
	return true;
}

static bool document_is_right(struct prop *prop, struct world *world, const struct world_replica *replica)
{
	for (uint32_t i = 0; i < world->op_count; i++) {
		struct span path = world->ops[i].path;
		find_hidden(world, &world->ops[i]);
		if (crdt_doc_is_hidden(replica->docs[world->asked], path) != (world->ops[i].hidden_to > 0))
			return prop_fail(prop, "whether op %u is hidden is not what the definition says", i);
		if (!register_is_right(world, replica, path))
			return prop_fail(prop, "the register of op %u is not what the definition says", i);
		if (!set_is_right(world, replica, path))
			return prop_fail(prop, "the set of op %u is not what the definition says", i);
		if (!count_is_right(world, replica, path))
			return prop_fail(prop, "the counter of op %u is not what the definition says", i);
	}
	if (!events_are_right(world, replica))
		return prop_fail(prop, "the events are not what the definition says");
	if (!held_are_right(world, replica))
		return prop_fail(prop, "the unknown operations are not what the definition says");
	if (!sequences_are_right(world, replica))
		return prop_fail(prop, "a text or list is not what the definition says");
	return children_are_right(world, replica) ||
	        prop_fail(prop, "the children are not what the definition says");
}

bool world_is_right(struct prop *prop, struct world *world, const struct world_replica *replica)
{
	bool right = true;
	for (uint32_t i = 0; i < world->doc_count && right; i++) {
		world->asked = i;
		right = replica->lacks[i] || document_is_right(prop, world, replica);
	}
	return right;
}
