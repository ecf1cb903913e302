#include "tests/prop/seq_oracle.h"

#include <assert.h>
#include <string.h>

static int id_cmp(const struct oracle_id *a, const struct oracle_id *b)
{
	if (a->author != b->author)
		return a->author < b->author ? -1 : 1;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	if (a->index != b->index)
		return a->index < b->index ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

int oracle_find(const struct oracle *oracle, struct oracle_id id)
{
	for (int i = 0; i < oracle->count; i++)
		if (id_cmp(&oracle->elements[i].id, &id) == 0)
			return i;
	return ORACLE_NONE;
}

/* Where an element stands; the start is before everything, the end behind. */
static int position(const struct oracle *oracle, int element, int of_none)
{
	for (int i = 0; i < oracle->count; i++)
		if (element != ORACLE_NONE && oracle->order[i] == element)
			return i;
	return of_none;
}

/* --- The list --- */

static int list_place(const struct oracle *oracle, const struct oracle_element *new, int present)
{
	int left = position(oracle, new->left, -1), right = position(oracle, new->right, present);
	int place = left + 1;
	bool is_scanning = false;
	for (int i = place;; i++) {
		if (!is_scanning)
			place = i;
		if (i == present || i == right)
			return place;
		const struct oracle_element *other = &oracle->elements[oracle->order[i]];
		int other_left = position(oracle, other->left, -1);
		int other_right = position(oracle, other->right, present);
		if (other_left < left)
			return place;
		if (other_left > left)
			continue;
		if (other_right == right && id_cmp(&new->id, &other->id) < 0)
			return place;
		is_scanning = other_right < right;
	}
}

/* --- The tree --- */

/* Does `a` come before `b`, a sibling on the same side? Positions are those before `a` was there. */
static bool is_before(const struct oracle *oracle, int a, int b, bool is_left_child, int present)
{
	const struct oracle_element *first = &oracle->elements[a], *second = &oracle->elements[b];
	int right_a = position(oracle, first->right, present),
	    right_b = position(oracle, second->right, present);
	if (!is_left_child && right_a != right_b)
		return right_a > right_b;
	return id_cmp(&first->id, &second->id) < 0;
}

/* Is `element` this ancestor or somewhere under it? */
static bool is_under(const struct oracle *oracle, int element, int ancestor)
{
	while (element != ORACLE_NONE && element != ancestor)
		element = oracle->parent[element];
	return element == ancestor;
}

static int first_under(const struct oracle *oracle, int ancestor, int present)
{
	int i = 0;
	while (i < present && !is_under(oracle, oracle->order[i], ancestor))
		i++;
	return i;
}

static int behind_all_under(const struct oracle *oracle, int ancestor, int present)
{
	int i = present;
	while (i > 0 && !is_under(oracle, oracle->order[i - 1], ancestor))
		i--;
	return i;
}

static int tree_place(struct oracle *oracle, int new, int present)
{
	const struct oracle_element *it = &oracle->elements[new];
	bool is_left_child = it->right != ORACLE_NONE && oracle->elements[it->right].left == it->left;
	int parent = is_left_child ? it->right : it->left, before = ORACLE_NONE;
	oracle->parent[new] = parent;
	oracle->is_left_child[new] = is_left_child;
	/* The first sibling that comes behind it. */
	for (int i = present - 1; i >= 0; i--) {
		int other = oracle->order[i];
		if (oracle->parent[other] == parent && oracle->is_left_child[other] == is_left_child &&
		        is_before(oracle, new, other, is_left_child, present))
			before = other;
	}
	if (before != ORACLE_NONE)
		return first_under(oracle, before, present);
	if (is_left_child)
		return position(oracle, parent, 0);
	return parent == ORACLE_NONE ? present : behind_all_under(oracle, parent, present);
}

void oracle_insert(struct oracle *oracle, struct oracle_id id, int left, int right, const char *content)
{
	int new = oracle->count, present = new;
	assert(new < ORACLE_ELEMENTS &&strlen(content) < sizeof(oracle->elements[0].content));
	oracle->elements[new] = (struct oracle_element){.id = id, .left = left, .right = right};
	memcpy(oracle->elements[new].content, content, strlen(content) + 1);
	int place = oracle->is_tree ? tree_place(oracle, new, present)
	                            : list_place(oracle, &oracle->elements[new], present);
	memmove(oracle->order + place + 1, oracle->order + place,
	        (size_t)(present - place) * sizeof(*oracle->order));
	oracle->order[place] = new;
	oracle->count++;
}

/* The greatest (Lamport, op id) of the moves that count. */
static int winning_place(const struct oracle *oracle, int element)
{
	int best = ORACLE_NONE;
	for (int i = 0; i < oracle->count; i++) {
		const struct oracle_element *it = &oracle->elements[i];
		if (!it->is_place || it->is_taken_back || it->shows != element)
			continue;
		const struct oracle_element *other = &oracle->elements[best == ORACLE_NONE ? i : best];
		if (it->lamport > other->lamport || best == ORACLE_NONE ||
		        (it->lamport == other->lamport && id_cmp(&it->id, &other->id) > 0))
			best = i;
	}
	return best;
}

bool oracle_stands_here(const struct oracle *oracle, int element)
{
	const struct oracle_element *it = &oracle->elements[element];
	if (!it->is_place)
		return winning_place(oracle, element) == ORACLE_NONE;
	return it->shows != ORACLE_NONE && winning_place(oracle, it->shows) == element;
}

bool oracle_is_visible(const struct oracle *oracle, int element)
{
	const struct oracle_element *it = &oracle->elements[element];
	const struct oracle_element *meant = it->is_place && it->shows != ORACLE_NONE
	        ? &oracle->elements[it->shows]
	        : it;
	return oracle_stands_here(oracle, element) && !meant->is_deleted;
}
