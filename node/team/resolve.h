/*
 * node/team/resolve.h - which entries of a set are in force, given everything else in it (README.md, section 4).
 *
 * Internal to node/team.
 */
#ifndef NODE_TEAM_RESOLVE_H
#define NODE_TEAM_RESOLVE_H

#include "node/team/view.h"

/* The view of `roots` and all their ancestors. Owner calls team_view_free(). */
struct team_view *team_resolve(struct team_dag *dag, const uint32_t *roots, uint32_t root_count);

#endif
