#include "store/tree.h"

#include <assert.h>
#include <stdatomic.h>

#include "crdt/base/mem.h"

enum { HEIGHT_MAX = 64 }; /* an AVL tree this high has over 10^13 rows */

struct row {
	atomic_uint refs;
	size_t key_bytes, value_bytes;
	uint8_t bytes[]; /* key, then value */
};

struct tree_node {
	atomic_uint refs; /* pointers to it: parents, roots */
	int height;
	struct tree_node *child[2]; /* smaller, greater */
	struct row *row;
};

static struct row *row_new(struct span key, struct span value)
{
	struct row *row = mem_alloc(sizeof(*row) + key.size + value.size);
	atomic_init(&row->refs, 1);
	row->key_bytes = key.size;
	row->value_bytes = value.size;
	memcpy(row->bytes, key.data, key.size);
	if (value.size)
		memcpy(row->bytes + key.size, value.data, value.size);
	return row;
}

static struct span row_key(const struct row *row)
{
	return span_of(row->bytes, row->key_bytes);
}

static struct span row_value(const struct row *row)
{
	return span_of(row->bytes + row->key_bytes, row->value_bytes);
}

static void row_release(struct row *row)
{
	if (atomic_fetch_sub(&row->refs, 1) == 1)
		mem_free(row);
}

static struct tree_node *node_retain(struct tree_node *node)
{
	if (node)
		atomic_fetch_add_explicit(&node->refs, 1, memory_order_relaxed);
	return node;
}

static void node_release(struct tree_node *node)
{
	struct tree_node *stack[2 * HEIGHT_MAX];
	size_t depth = 0;
	if (node)
		stack[depth++] = node;
	while (depth > 0) {
		node = stack[--depth];
		if (atomic_fetch_sub(&node->refs, 1) != 1)
			continue;
		assert(depth + 2 <= 2 * HEIGHT_MAX);
		for (unsigned side = 0; side < 2; side++)
			if (node->child[side])
				stack[depth++] = node->child[side];
		row_release(node->row);
		mem_free(node);
	}
}

static struct tree_node *node_new(struct row *row)
{
	struct tree_node *node = mem_zero(1, sizeof(*node));
	atomic_init(&node->refs, 1);
	node->height = 1;
	node->row = row;
	return node;
}

/* Makes the node in `slot` this tree's own, given that everything above it is. */
static struct tree_node *own(struct tree_node **slot)
{
	struct tree_node *old = *slot;
	if (atomic_load(&old->refs) == 1)
		return old;
	struct tree_node *copy = node_new(old->row);
	atomic_fetch_add_explicit(&old->row->refs, 1, memory_order_relaxed);
	copy->height = old->height;
	for (unsigned side = 0; side < 2; side++)
		copy->child[side] = node_retain(old->child[side]);
	node_release(old);
	return *slot = copy;
}

static int height(const struct tree_node *node)
{
	return node ? node->height : 0;
}

static void measure(struct tree_node *node)
{
	int smaller = height(node->child[0]), greater = height(node->child[1]);
	node->height = 1 + (smaller > greater ? smaller : greater);
}

/* The child on `side` takes its parent's place; both are owned. */
static void rotate(struct tree_node **slot, unsigned side)
{
	struct tree_node *parent = *slot, *child = own(&parent->child[side]);
	parent->child[side] = child->child[!side];
	child->child[!side] = parent;
	measure(parent);
	measure(child);
	*slot = child;
}

static void balance(struct tree_node **slot)
{
	struct tree_node *node = *slot;
	int lean = height(node->child[1]) - height(node->child[0]);
	measure(node);
	if (lean >= -1 && lean <= 1)
		return;
	unsigned side = lean > 0;
	struct tree_node *child = own(&node->child[side]);
	if (height(child->child[!side]) > height(child->child[side]))
		rotate(&node->child[side], !side);
	rotate(slot, side);
}

struct tree tree_share(const struct tree *tree)
{
	struct tree copy = *tree;
	node_retain(copy.root);
	return copy;
}

void tree_close(struct tree *tree)
{
	node_release(tree->root);
	*tree = (struct tree){0};
}

void tree_put(struct tree *tree, struct span key, struct span value)
{
	struct tree_node **path[HEIGHT_MAX], **slot = &tree->root;
	size_t depth = 0;
	while (*slot) {
		struct tree_node *node = own(slot);
		int order = span_cmp(key, row_key(node->row));
		if (order == 0) {
			struct row *old = node->row;
			tree->bytes = tree->bytes - old->value_bytes + value.size;
			node->row = row_new(key, value);
			row_release(old);
			return;
		}
		assert(depth < HEIGHT_MAX);
		path[depth++] = slot;
		slot = &node->child[order > 0];
	}
	*slot = node_new(row_new(key, value));
	tree->row_count++;
	tree->bytes += key.size + value.size;
	while (depth > 0)
		balance(path[--depth]);
}

bool tree_remove(struct tree *tree, struct span key)
{
	struct tree_node **path[HEIGHT_MAX], **slot = &tree->root, *node;
	struct span found;
	size_t depth = 0;
	int order;
	if (!tree_get(tree, key, &found))
		return false;
	tree->row_count--;
	tree->bytes -= key.size + found.size;
	for (node = own(slot); (order = span_cmp(key, row_key(node->row))) != 0; node = own(slot)) {
		path[depth++] = slot;
		slot = &node->child[order > 0];
	}
	if (node->child[0] &&
	        node->child[1]) { /* the next greater row takes its place, and that one's node goes */
		struct tree_node *target = node;
		struct row *doomed = node->row;
		path[depth++] = slot;
		slot = &node->child[1];
		for (node = own(slot); node->child[0]; node = own(slot)) {
			path[depth++] = slot;
			slot = &node->child[0];
		}
		target->row = node->row;
		node->row = doomed;
	}
	unsigned side = node->child[0] == NULL;
	*slot = node->child[side];
	node->child[side] = NULL;
	node_release(node);
	while (depth > 0)
		balance(path[--depth]);
	return true;
}

bool tree_get(const struct tree *tree, struct span key, struct span *value)
{
	const struct tree_node *node = tree->root;
	while (node) {
		int order = span_cmp(key, row_key(node->row));
		if (order == 0) {
			*value = row_value(node->row);
			return true;
		}
		node = node->child[order > 0];
	}
	return false;
}

/* The nearest row on the side `greater` of `key`, or at it. */
static bool nearest(const struct tree *tree, unsigned greater, struct span key, struct span *key_found,
        struct span *value)
{
	const struct tree_node *node = tree->root, *best = NULL;
	while (node) {
		int order = span_cmp(row_key(node->row), key);
		bool fits = greater ? order >= 0 : order <= 0;
		if (fits)
			best = node;
		node = node->child[fits ? !greater : greater];
	}
	if (!best)
		return false;
	*key_found = row_key(best->row);
	*value = row_value(best->row);
	return true;
}

bool tree_first_from(const struct tree *tree, struct span key, struct span *key_found, struct span *value)
{
	return nearest(tree, 1, key, key_found, value);
}

bool tree_last_upto(const struct tree *tree, struct span key, struct span *key_found, struct span *value)
{
	return nearest(tree, 0, key, key_found, value);
}
