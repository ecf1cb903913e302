#include "node/team/circles.h"

#include <string.h>

#include "crdt/base/mem.h"

/* A node under way, and which of its edges are still to be followed. */
struct frame {
	uint32_t node, first, next, end;
};

struct search {
	team_circles_next next;
	void *context;
	bool *circular;
	uint32_t *number; /* per node, in order of the first visit; 0: not visited */
	uint32_t *low; /* per node: the least number that its circle is known to reach */
	bool *open; /* per node: on `path` */
	uint32_t *path; /* visited nodes whose circle is not complete */
	struct frame *frames;
	uint32_t visited, path_count, frame_count;
	struct team_circles_edges edges; /* those of all frames, the last frame's last */
};

void team_circles_edge(struct team_circles_edges *edges, uint32_t node)
{
	if (edges->count == edges->capacity) {
		edges->capacity = edges->capacity ? 2 * edges->capacity : 64;
		edges->nodes = mem_resize(edges->nodes, edges->capacity, sizeof(*edges->nodes));
	}
	edges->nodes[edges->count++] = node;
}

static void visit(struct search *s, uint32_t node)
{
	uint32_t first = s->edges.count;
	s->number[node] = s->low[node] = ++s->visited;
	s->path[s->path_count++] = node;
	s->open[node] = true;
	s->next(s->context, node, &s->edges);
	s->frames[s->frame_count++] = (struct frame){node, first, first, s->edges.count};
}

/* The circle that `node` was the first to be visited of is complete: everything on the path from there. */
static void complete(struct search *s, uint32_t node)
{
	bool alone = s->path[s->path_count - 1] == node;
	uint32_t last;
	do {
		last = s->path[--s->path_count];
		s->open[last] = false;
		if (!alone)
			s->circular[last] = true;
	} while (last != node);
}

static void leave(struct search *s)
{
	const struct frame *frame = &s->frames[--s->frame_count];
	uint32_t node = frame->node;
	s->edges.count = frame->first;
	if (s->low[node] == s->number[node])
		complete(s, node);
	if (s->frame_count == 0)
		return;
	uint32_t above = s->frames[s->frame_count - 1].node;
	if (s->low[node] < s->low[above])
		s->low[above] = s->low[node];
}

static void follow(struct search *s)
{
	struct frame *frame = &s->frames[s->frame_count - 1];
	if (frame->next == frame->end) {
		leave(s);
		return;
	}
	uint32_t from = frame->node, to = s->edges.nodes[frame->next++];
	if (from == to)
		s->circular[from] = true;
	if (s->number[to] == 0)
		visit(s, to);
	else if (s->open[to] && s->number[to] < s->low[from])
		s->low[from] = s->number[to];
}

void team_circles_find(uint32_t count, const uint32_t *starts, uint32_t start_count, team_circles_next next,
        void *context, bool *circular)
{
	struct search s = {.next = next,
	        .context = context,
	        .circular = circular,
	        .number = mem_zero(count, sizeof(uint32_t)),
	        .low = mem_zero(count, sizeof(uint32_t)),
	        .open = mem_zero(count, sizeof(bool)),
	        .path = mem_zero(count, sizeof(uint32_t)),
	        .frames = mem_zero(count, sizeof(struct frame))};
	memset(circular, 0, count * sizeof(bool));
	for (uint32_t i = 0; i < start_count; i++) {
		if (s.number[starts[i]] == 0)
			visit(&s, starts[i]);
		while (s.frame_count)
			follow(&s);
	}
	mem_free(s.number);
	mem_free(s.low);
	mem_free(s.open);
	mem_free(s.path);
	mem_free(s.frames);
	mem_free(s.edges.nodes);
}
