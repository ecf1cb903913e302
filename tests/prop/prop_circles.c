/*
 * Which nodes of a random graph lie on a circle, beside the plain answer: multiply the edges out until nothing new is reached.
 * The seed is printed when they differ.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/mem.h"
#include "crdt/base/rng.h"
#include "node/team/circles.h"

enum { NODES = 9, ROUNDS = 20000 };

struct graph {
	uint32_t count;
	bool edge[NODES][NODES], reached[NODES][NODES];
};

static void next(void *context, uint32_t node, struct team_circles_edges *edges)
{
	const struct graph *graph = context;
	for (uint32_t i = 0; i < graph->count; i++)
		if (graph->edge[node][i])
			team_circles_edge(edges, i);
}

static void reach(struct graph *graph)
{
	memcpy(graph->reached, graph->edge, sizeof(graph->reached));
	for (uint32_t via = 0; via < graph->count; via++)
		for (uint32_t from = 0; from < graph->count; from++)
			for (uint32_t to = 0; to < graph->count; to++)
				graph->reached[from][to] |= graph->reached[from][via] &&
				        graph->reached[via][to];
}

static bool holds(uint64_t seed)
{
	struct rng rng = rng_new(seed);
	struct graph graph = {.count = (uint32_t)rng_between(&rng, 1, NODES)};
	uint32_t starts[NODES], start_count = (uint32_t)rng_between(&rng, 0, graph.count);
	uint32_t density = (uint32_t)rng_between(&rng, 50, 400);
	bool circular[NODES];
	for (uint32_t i = 0; i < graph.count; i++) {
		starts[i] = i;
		for (uint32_t j = 0; j < graph.count; j++)
			graph.edge[i][j] = rng_chance(&rng, density);
	}
	rng_shuffle(&rng, starts, graph.count, sizeof(*starts));
	reach(&graph);
	team_circles_find(graph.count, starts, start_count, next, &graph, circular);
	for (uint32_t i = 0; i < graph.count; i++) {
		bool searched = false;
		for (uint32_t s = 0; s < start_count; s++)
			searched |= starts[s] == i || graph.reached[starts[s]][i];
		if (circular[i] != (searched && graph.reached[i][i]))
			return false;
	}
	return true;
}

int main(void)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		if (holds(seed))
			continue;
		printf("seed %llu\n", (unsigned long long)seed);
		return 1;
	}
	return 0;
}
