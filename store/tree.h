/*
 * store/tree.h - an ordered map of byte rows whose copies cost nothing: a balanced tree (AVL) with shared, counted nodes.
 *
 * A copy shares every node; a change then copies only the path to its row, and only where it is shared. The memory store
 * builds its snapshots, rollbacks and images on this. Height stays under 1.45 log2(rows), so paths fit a fixed array.
 *
 * Threads: one tree, one thread at a time; copies that share nodes may live on different threads.
 */
#ifndef STORE_TREE_H
#define STORE_TREE_H

#include <stdbool.h>

#include "crdt/base/span.h"

struct tree_node;

/* Zero-initialized is empty and valid. */
struct tree {
	struct tree_node *root;
	size_t row_count;
	size_t bytes; /* keys and values */
};

struct tree tree_share(const struct tree *tree); /* the owner calls tree_close() on both */
void tree_close(struct tree *tree); /* empties; may be reused */

void tree_put(struct tree *tree, struct span key, struct span value); /* inserts or replaces; copies */
bool tree_remove(struct tree *tree, struct span key); /* false: no such row */

/* False when there is none. Spans borrow until this tree's next change, or while any copy shares the row. */
bool tree_get(const struct tree *tree, struct span key, struct span *value);
bool tree_first_from(const struct tree *tree, struct span key, struct span *key_found, struct span *value);
bool tree_last_upto(const struct tree *tree, struct span key, struct span *key_found, struct span *value);

#endif
