/*
 * node/team/check.h - may this author do this action, at the state of the team that it knew? (README.md, section 3)
 *
 * Internal to node/team. Pure; the verdict is a function of the entry and its ancestors.
 */
#ifndef NODE_TEAM_CHECK_H
#define NODE_TEAM_CHECK_H

#include "node/team/view.h"

/* Judge node->action, written by node->author (whose admission and person are filled in), against the view of its
 * ancestors. Fills error, reason, alone, endorsed, complete, removes, suspends and supports. Returns node->error: 0, or
 * ERR_DENIED, ERR_NOTFOUND, ERR_EXISTS, ERR_USED, ERR_BADSIG, ERR_INVALID, ERR_UNSUPPORTED. */
int team_check(const struct team_view *view, struct team_dag *dag, const struct team_id *team,
        struct team_node *node);

/* What a device's right to write rests on in this view; `manage`: its right to manage. Returns how many, at most 3. */
uint32_t team_check_supports(const struct team_view *view, const struct team_dag *dag,
        const struct team_device *device, bool manage, struct team_support *out);

#endif
