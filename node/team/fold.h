/*
 * node/team/fold.h - what one entry does to a view, given how it fares in the set.
 *
 * Entries are folded in canonical order, their status standing in view->status already; then the view is settled. An
 * entry that has the whole set as its ancestors may be folded onto the settled view of that set: the result is the same.
 * Internal to node/team.
 */
#ifndef NODE_TEAM_FOLD_H
#define NODE_TEAM_FOLD_H

#include "node/team/view.h"

void team_fold_entry(struct team_view *view, struct team_dag *dag, uint32_t node);

/* Give every device its state from its admission and the removals. */
void team_fold_settle(struct team_view *view, struct team_dag *dag);

/* Whom an entry with `removes` takes out: *device of a REMOVE_DEVICE (true), or else *person. */
bool team_fold_target(const struct team_dag *dag, const struct team_node *node, struct device_id *device,
        struct person_id *person);

/* Does the removal, undone or not, mean this device? One admitted to a removed person afterwards is a return. */
bool team_fold_aims(
        struct team_dag *dag, const struct team_removal *removal, const struct team_device *device);

/* The role that an arrival or a change of role gave. */
uint8_t team_fold_given_role(const struct team_dag *dag, uint32_t node);

/* Does the device speak for a person who was there before, or who arrives elsewhere at the same time, while only one person
 * signed for it? It could write in that person's name. */
bool team_fold_borrows(const struct team_view *view, struct team_dag *dag, const struct team_device *device);

#endif
