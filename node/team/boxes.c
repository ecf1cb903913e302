#include "node/team/boxes.h"

static bool take(const struct team_key_box *found, uint32_t *index, uint8_t box[TEAM_KEY_BOX_BYTES])
{
	if ((*index)--)
		return false;
	memcpy(box, found->box, TEAM_KEY_BOX_BYTES);
	return true;
}

bool team_epoch_box(struct team_membership *membership, const struct epoch_id *epoch,
        const struct device_id *device, uint32_t index, uint8_t box[TEAM_KEY_BOX_BYTES])
{
	struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	const struct team_epoch_row *row = view ? team_view_epoch(view, epoch) : NULL;
	if (!row)
		return false;
	const struct team_key_box *own = team_action_box(
	        &dag->nodes[row->node]->action.as.epoch.recipients, device);
	if (own && take(own, &index, box))
		return true;
	for (uint32_t i = 0; i < view->grant_count; i++) {
		const struct team_grant_row *grant = &view->grants[i];
		if (grant->source_node == row->node && device_id_eq(&grant->device, device) &&
		        take(&dag->nodes[grant->node]->action.as.grant.box, &index, box))
			return true;
	}
	return false;
}
