/*
 * node/team/epoch.h - which key epoch to write under, and which parents the next one has (README.md, section 6).
 *
 * Functions of the set of entries; no clock. The keys themselves are in node/keyring.
 */
#ifndef NODE_TEAM_EPOCH_H
#define NODE_TEAM_EPOCH_H

#include "node/team/membership.h"

/* The epoch to encrypt under: in force, everybody still entitled who was ever given its key (in its distribution, by a grant, or with a later epoch that
 * names it as a parent), and of those the one with the greatest (depth, hash).
 * ERR_NOTFOUND: none, rotate first. ERR_NOTEAM. */
int team_epoch_to_write(struct team_membership *membership, uint8_t compartment, struct epoch_id *out);

/* The parents of a new epoch, ascending by id: those in force of the compartment that no other in force names as parent, then
 * those void that no other names, of each kind the deepest; LIMIT_EPOCH_PARENTS in all. Returns how many were written to `out`. */
uint32_t team_epoch_parents(struct team_membership *membership, uint8_t compartment, struct epoch_id *out);

/* The epochs of the compartment whose keys no other carries as a parent's: from these one comes to all. *out is to be freed by the caller. */
uint32_t team_epoch_uncarried(struct team_membership *membership, uint8_t compartment, struct epoch_id **out);

/* May the ciphertext of `parent`'s key go into a distribution to `recipients` now? Not where one of them may not read what
 * was written before it came, and does not hold that key. */
bool team_epoch_parent_has_key(struct team_membership *membership, const struct epoch_id *parent,
        const struct team_device_list *recipients);

#endif
