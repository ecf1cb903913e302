#include "node/team/boxes.h"

static bool take(const struct team_key_box *found, uint32_t *index, uint8_t box[TEAM_KEY_BOX_BYTES])
{
	if ((*index)--)
		return false;
	memcpy(box, found->box, TEAM_KEY_BOX_BYTES);
	return true;
}

/* In the entry itself, then in grants of it. */
static bool find(const struct team_dag *dag, const struct team_view *view, uint32_t source,
        const struct team_key_boxes *boxes, const struct device_id *device, uint32_t index,
        uint8_t box[TEAM_KEY_BOX_BYTES])
{
	const struct team_key_box *own = team_action_box(boxes, device);
	if (own && take(own, &index, box))
		return true;
	for (uint32_t i = 0; i < view->grant_count; i++) {
		const struct team_grant_row *grant = &view->grants[i];
		if (grant->source_node == source && device_id_eq(&grant->device, device) &&
		        take(&dag->nodes[grant->node]->action.as.grant.box, &index, box))
			return true;
	}
	return false;
}

bool team_epoch_given(struct team_membership *membership, const struct epoch_id *epoch,
        const struct device_id *device, const struct device_id *self)
{
	const struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	const struct team_epoch_row *row = view ? team_view_epoch(view, epoch) : NULL;
	if (!row)
		return false;
	if (team_action_box(&dag->nodes[row->node]->action.as.epoch.recipients, device))
		return true;
	for (uint32_t i = 0; i < view->grant_count; i++) {
		const struct team_grant_row *grant = &view->grants[i];
		const struct device_id *author = &dag->nodes[grant->node]->author;
		if (grant->source_node == row->node && device_id_eq(&grant->device, device) &&
		        (device_id_eq(author, self) || team_view_manages(view, author)))
			return true;
	}
	return false;
}

bool team_epoch_box(struct team_membership *membership, const struct epoch_id *epoch,
        const struct device_id *device, uint32_t index, uint8_t box[TEAM_KEY_BOX_BYTES])
{
	const struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	const struct team_epoch_row *row = view ? team_view_epoch(view, epoch) : NULL;
	return row &&
	        find(dag, view, row->node, &dag->nodes[row->node]->action.as.epoch.recipients, device, index,
	                box);
}

const struct team_secret *team_discovery(struct team_membership *membership, struct entry_hash *source)
{
	const struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	if (!view || view->discovery_node == TEAM_NODE_NONE)
		return NULL;
	*source = dag->nodes[view->discovery_node]->hash;
	return &dag->nodes[view->discovery_node]->action.as.secret;
}

const struct team_secret *team_past_discovery(
        struct team_membership *membership, uint32_t index, struct entry_hash *source)
{
	const struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	for (uint32_t i = dag->count; view && i-- > 0;) {
		const struct team_node *node = dag->nodes[i];
		if (node->action.kind != TEAM_ACTION_DISCOVERY || node->error || i == view->discovery_node ||
		        index--)
			continue;
		*source = node->hash;
		return &node->action.as.secret;
	}
	return NULL;
}

bool team_discovery_box(struct team_membership *membership, const struct entry_hash *source,
        const struct device_id *device, uint32_t index, uint8_t box[TEAM_KEY_BOX_BYTES])
{
	const struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	const uint32_t node = team_dag_find(dag, source);
	return view && node != TEAM_NODE_NONE &&
	        find(dag, view, node, &dag->nodes[node]->action.as.secret.recipients, device, index, box);
}

bool team_holder_next(
        struct team_membership *membership, const struct entry_hash *source, struct team_holder *at)
{
	const struct team_dag *dag = team_membership_dag(membership);
	const uint32_t index = team_dag_find(dag, source);
	if (index == TEAM_NODE_NONE)
		return false;
	const struct team_action *action = &dag->nodes[index]->action;
	const struct team_key_boxes *boxes = action->kind == TEAM_ACTION_EPOCH
	        ? &action->as.epoch.recipients
	        : &action->as.secret.recipients;
	if (at->cursor < boxes->count) {
		at->device = boxes->boxes[at->cursor++].device;
		return true;
	}
	/* A grant comes after what it grants. */
	for (uint32_t i = index + 1 + at->cursor - boxes->count; i < dag->count; i++) {
		const struct team_node *node = dag->nodes[i];
		at->cursor++;
		if (node->action.kind != TEAM_ACTION_GRANT || node->error ||
		        !entry_hash_eq(&node->action.as.grant.source, source))
			continue;
		at->device = node->action.as.grant.box.device;
		return true;
	}
	return false;
}

const struct team_secret *team_beacon(struct team_membership *membership, const struct device_id *owner)
{
	const struct team_dag *dag = team_membership_dag(membership);
	const struct team_view *view = team_membership_view(membership);
	const struct team_device *device = view ? team_view_device(view, owner) : NULL;
	return device && device->beacon ? &dag->nodes[device->beacon_node]->action.as.secret : NULL;
}
