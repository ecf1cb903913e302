/*
 * tests/prop/seq_oracle.h - the order of a sequence, slow and plain: one node per element, no runs, no counts. Two ways that share nothing
 * with each other nor with crdt/seq_*.c:
 *
 * The list: elements in one array, inserted by Yjs's algorithm with Gentle's correction (reference-crdts, "YjsMod"), for origins that an
 * author saw. The tree: the definition in crdt/README.md, section 9, taken at its word, for any origins.
 */
#ifndef TESTS_PROP_SEQ_ORACLE_H
#define TESTS_PROP_SEQ_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

enum { ORACLE_ELEMENTS = 4096, ORACLE_NONE = -1 };

struct oracle_id {
	uint32_t author, seq, index, offset;
};

struct oracle_element {
	struct oracle_id id;
	int left, right; /* places in `elements`, ORACLE_NONE: the start, the end */
	char content[5];
	bool is_deleted;
	bool is_place, is_taken_back; /* of a move */
	int shows; /* a place: the element moved, ORACLE_NONE for none */
	uint32_t lamport; /* of the move */
};

struct oracle {
	struct oracle_element elements[ORACLE_ELEMENTS]; /* in order of arrival */
	int count;
	int order[ORACLE_ELEMENTS]; /* the sequence */
	bool is_tree;
	int parent[ORACLE_ELEMENTS]; /* of the tree; ORACLE_NONE: the root */
	bool is_left_child[ORACLE_ELEMENTS];
};

/* The element with this id, ORACLE_NONE when it is not there. */
int oracle_find(const struct oracle *oracle, struct oracle_id id);

/* Where does an element stand, deleted or not: in its own place or in that of its winning move? */
bool oracle_stands_here(const struct oracle *oracle, int element);

/* Does it show there? */
bool oracle_is_visible(const struct oracle *oracle, int element);

void oracle_insert(struct oracle *oracle, struct oracle_id id, int left, int right, const char *content);

#endif
