#include "node/team/dag.h"

#include <assert.h>
#include <stdlib.h>

void team_dag_close(struct team_dag *dag)
{
	mem_free(dag->nodes);
	mem_free(dag->by_hash);
	mem_free(dag->stamps);
	mem_free(dag->stack);
	mem_free(dag->heads);
	arena_close(&dag->arena);
	memset(dag, 0, sizeof(*dag));
}

/* The first place in by_hash whose hash is not less than `hash`. */
static uint32_t lower_bound(const struct team_dag *dag, const struct entry_hash *hash)
{
	uint32_t low = 0, high = dag->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (entry_hash_cmp(&dag->nodes[dag->by_hash[middle]]->hash, hash) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t team_dag_find(const struct team_dag *dag, const struct entry_hash *hash)
{
	uint32_t place = lower_bound(dag, hash);
	if (place < dag->count && entry_hash_eq(&dag->nodes[dag->by_hash[place]]->hash, hash))
		return dag->by_hash[place];
	return TEAM_NODE_NONE;
}

static void grow(struct team_dag *dag)
{
	uint32_t capacity = dag->capacity ? 2 * dag->capacity : 64;
	dag->nodes = mem_resize(dag->nodes, capacity, sizeof(struct team_node *));
	dag->by_hash = mem_resize(dag->by_hash, capacity, sizeof(uint32_t));
	dag->stamps = mem_resize(dag->stamps, capacity, sizeof(uint32_t));
	dag->stack = mem_resize(dag->stack, capacity, sizeof(uint32_t));
	dag->heads = mem_resize(dag->heads, capacity, sizeof(uint32_t));
	memset(dag->stamps + dag->capacity, 0, (capacity - dag->capacity) * sizeof(uint32_t));
	dag->capacity = capacity;
}

static void drop_head(struct team_dag *dag, uint32_t node)
{
	for (uint32_t i = 0; i < dag->head_count; i++)
		if (dag->heads[i] == node) {
			dag->heads[i] = dag->heads[--dag->head_count];
			return;
		}
}

uint32_t team_dag_append(struct team_dag *dag, struct team_node *node)
{
	if (dag->count == dag->capacity)
		grow(dag);
	uint32_t index = dag->count, place = lower_bound(dag, &node->hash);
	node->depth = 0;
	for (uint32_t i = 0; i < node->parent_count; i++) {
		uint32_t depth = dag->nodes[node->parents[i]]->depth;
		node->depth = depth + 1 > node->depth ? depth + 1 : node->depth;
		drop_head(dag, node->parents[i]);
	}
	memmove(dag->by_hash + place + 1, dag->by_hash + place, (index - place) * sizeof(uint32_t));
	dag->by_hash[place] = index;
	dag->nodes[index] = node;
	dag->count++;
	dag->heads[dag->head_count++] = index;
	return index;
}

void team_dag_truncate(struct team_dag *dag, uint32_t count)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < dag->count; i++)
		if (dag->by_hash[i] < count)
			dag->by_hash[kept++] = dag->by_hash[i];
	dag->count = count;
	dag->head_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < dag->nodes[i]->parent_count; j++)
			drop_head(dag, dag->nodes[i]->parents[j]);
		dag->heads[dag->head_count++] = i;
	}
}

static void new_walk(struct team_dag *dag)
{
	if (++dag->stamp == 0) {
		memset(dag->stamps, 0, dag->capacity * sizeof(uint32_t));
		dag->stamp = 1;
	}
}

/* Puts `node` on the stack unless this walk was there. Every node is pushed at most once, so the stack has room. */
static void visit(struct team_dag *dag, uint32_t node, uint32_t *stacked)
{
	if (dag->stamps[node] == dag->stamp)
		return;
	dag->stamps[node] = dag->stamp;
	dag->stack[(*stacked)++] = node;
}

bool team_dag_reaches(struct team_dag *dag, uint32_t node, uint32_t ancestor)
{
	if (node == ancestor)
		return true;
	uint32_t stacked = 0, depth = dag->nodes[ancestor]->depth;
	if (dag->nodes[node]->depth <= depth)
		return false;
	new_walk(dag);
	visit(dag, node, &stacked);
	while (stacked) {
		const struct team_node *at = dag->nodes[dag->stack[--stacked]];
		for (uint32_t i = 0; i < at->parent_count; i++) {
			if (at->parents[i] == ancestor)
				return true;
			if (dag->nodes[at->parents[i]]->depth > depth)
				visit(dag, at->parents[i], &stacked);
		}
	}
	return false;
}

bool team_dag_concurrent(struct team_dag *dag, uint32_t a, uint32_t b)
{
	return a != b && !team_dag_reaches(dag, a, b) && !team_dag_reaches(dag, b, a);
}

int team_dag_cmp(const struct team_dag *dag, uint32_t a, uint32_t b)
{
	const struct team_node *left = dag->nodes[a], *right = dag->nodes[b];
	if (left->depth != right->depth)
		return left->depth < right->depth ? -1 : 1;
	return entry_hash_cmp(&left->hash, &right->hash);
}

static int by_canonical_order(const void *a, const void *b, void *dag)
{
	return team_dag_cmp(dag, *(const uint32_t *)a, *(const uint32_t *)b);
}

uint32_t team_dag_closure(struct team_dag *dag, const uint32_t *roots, uint32_t root_count, uint32_t *out)
{
	uint32_t stacked = 0, count = 0;
	new_walk(dag);
	for (uint32_t i = 0; i < root_count; i++)
		visit(dag, roots[i], &stacked);
	while (stacked) {
		uint32_t index = dag->stack[--stacked];
		const struct team_node *at = dag->nodes[index];
		out[count++] = index;
		for (uint32_t i = 0; i < at->parent_count; i++)
			visit(dag, at->parents[i], &stacked);
	}
	assert(count <= dag->count);
	qsort_r(out, count, sizeof(*out), by_canonical_order, dag);
	return count;
}
