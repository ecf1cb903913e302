/*
 * node/team/boxes.h - where a device finds the keys of epochs and the discovery secret that were sealed to it.
 */
#ifndef NODE_TEAM_BOXES_H
#define NODE_TEAM_BOXES_H

#include "node/team/membership.h"

/* Has the device been given the key of `epoch`, by its distribution, or by a grant of somebody who manages the team, or of `self`? The box that others granted may hold
 * anything. */
bool team_epoch_given(struct team_membership *membership, const struct epoch_id *epoch,
        const struct device_id *device, const struct device_id *self);

/* The index-th box with the key of `epoch` for `device`: that of the distribution, then those of grants in force. False past the last. */
bool team_epoch_box(struct team_membership *membership, const struct epoch_id *epoch,
        const struct device_id *device, uint32_t index, uint8_t box[TEAM_KEY_BOX_BYTES]);

/* The discovery entry in force and its hash; NULL when there is none. Borrowed. */
const struct team_secret *team_discovery(struct team_membership *membership, struct entry_hash *source);

/* The index-th of the others, those that came last first. NULL past the last. */
const struct team_secret *team_past_discovery(
        struct team_membership *membership, uint32_t index, struct entry_hash *source);

/* The index-th box with the secret of discovery entry `source` for `device`. False past the last. */
bool team_discovery_box(struct team_membership *membership, const struct entry_hash *source,
        const struct device_id *device, uint32_t index, uint8_t box[TEAM_KEY_BOX_BYTES]);

/* A device to which the key of an epoch, or a discovery secret, was ever sealed: as a recipient of entry `source`, or by a grant that its author might
 * write, whatever became of either since. Zeroed before the first; false after the last, a device may come twice. */
struct team_holder {
	struct device_id device;
	uint32_t cursor;
};
bool team_holder_next(
        struct team_membership *membership, const struct entry_hash *source, struct team_holder *at);

/* The beacon entry of `owner` in force; NULL when it published none. Borrowed. */
const struct team_secret *team_beacon(struct team_membership *membership, const struct device_id *owner);

#endif
