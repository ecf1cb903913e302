/*
 * node/team/boxes.h - where a device finds the key of an epoch that was sealed to it.
 */
#ifndef NODE_TEAM_BOXES_H
#define NODE_TEAM_BOXES_H

#include "node/team/membership.h"

/* The index-th box with the key of `epoch` for `device`: that of the distribution, then those of grants in force. False past the last. */
bool team_epoch_box(struct team_membership *membership, const struct epoch_id *epoch,
        const struct device_id *device, uint32_t index, uint8_t box[TEAM_KEY_BOX_BYTES]);

#endif
