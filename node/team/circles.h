/*
 * node/team/circles.h - which nodes of a directed graph wait for themselves: lie on a circle of its edges.
 *
 * In time and room proportional to nodes and edges (Tarjan, "Depth-first search and linear graph algorithms", 1972, without
 * recursion), since a thief may write thousands of entries that wait for each other. Internal to node/team. Pure.
 */
#ifndef NODE_TEAM_CIRCLES_H
#define NODE_TEAM_CIRCLES_H

#include <stdbool.h>
#include <stdint.h>

/* Where the nodes go that a node waits for; the same one may come twice. */
struct team_circles_edges {
	uint32_t *nodes;
	uint32_t count, capacity;
};

void team_circles_edge(struct team_circles_edges *edges, uint32_t node);

/* Appends, by team_circles_edge(), the nodes below `count` that `node` waits for. */
typedef void (*team_circles_next)(void *context, uint32_t node, struct team_circles_edges *edges);

/* Set circular[i] for each of the `start_count` nodes in `starts`, and for every node reached from them, that can be reached from
 * itself. `circular` has `count` places and is cleared first. */
void team_circles_find(uint32_t count, const uint32_t *starts, uint32_t start_count, team_circles_next next,
        void *context, bool *circular);

#endif
