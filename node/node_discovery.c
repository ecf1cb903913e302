/*
 * The team's discovery secret: by it members recognize each other's beacons (net/README.md, section 3).
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/statement.h"

int node_share_discovery(struct node *node)
{
	struct team_action action = {.kind = TEAM_ACTION_DISCOVERY};
	struct device_id devices[LIMIT_TEAM_DEVICES_ACTIVE];
	struct device_id omitted[LIMIT_TEAM_DEVICES_ACTIVE];
	struct team_key_box boxes[LIMIT_TEAM_DEVICES_ACTIVE];
	uint8_t secret[SECRET_BYTES];
	struct entry_hash hash;
	const struct team_view *view = node_view(node);
	uint32_t kept = 0, left_out = 0,
	         count = team_view_recipients(
	                 view, COMPARTMENT_MEMBERSHIP, devices, LIMIT_TEAM_DEVICES_ACTIVE);
	int result = count > LIMIT_TEAM_DEVICES_ACTIVE ? ERR_FULL : 0;
	env_random_bytes(node->config.env, secret, sizeof(secret));
	team_statement_commitment(action.as.secret.commitment, &node->team, TEAM_STATEMENT_DISCOVERY, secret);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		const struct team_device *device = team_view_device(view, &devices[i]);
		struct box_key box;
		if (node_rights_lapsed(node, device)) {
			omitted[left_out++] = devices[i];
			continue;
		}
		result = box_seal(&box, node->config.env, node_sealing_key(device), secret);
		boxes[kept].device = devices[i];
		memcpy(boxes[kept++].box, box.bytes, sizeof(box.bytes));
	}
	mem_wipe(secret, sizeof(secret));
	action.as.secret.omitted = (struct team_device_list){left_out, omitted};
	action.as.secret.recipients = (struct team_key_boxes){kept, boxes};
	return result ? result : node_act(node, &action, &hash, NULL, NULL);
}

static bool try_box(const struct node *node, const uint8_t *bytes, const uint8_t commitment[32],
        uint8_t secret[SECRET_BYTES])
{
	struct box_key box;
	uint8_t check[32];
	memcpy(box.bytes, bytes, sizeof(box.bytes));
	if (box_open(secret, &box, node_seal_public(node), node_seal_secret(node)))
		return false;
	team_statement_commitment(check, &node->team, TEAM_STATEMENT_DISCOVERY, secret);
	if (memcmp(check, commitment, sizeof(check)) == 0)
		return true;
	mem_wipe(secret, SECRET_BYTES);
	return false;
}

/* The secret of a discovery entry, from whichever box of ours holds it. */
static bool open_secret(struct node *node, const struct team_secret *published,
        const struct entry_hash *source, uint8_t secret[SECRET_BYTES])
{
	struct device_id self = node_device(node);
	uint8_t bytes[TEAM_KEY_BOX_BYTES];
	for (uint32_t i = 0; published && team_discovery_box(node->members, source, &self, i, bytes); i++)
		if (try_box(node, bytes, published->commitment, secret))
			return true;
	return false;
}

bool node_discovery_secret(struct node *node, uint8_t secret[SECRET_BYTES])
{
	struct entry_hash source;
	return node->members && open_secret(node, team_discovery(node->members, &source), &source, secret);
}

bool node_past_discovery_secret(struct node *node, uint32_t index, uint8_t secret[SECRET_BYTES])
{
	struct entry_hash source;
	return node->members &&
	        open_secret(node, team_past_discovery(node->members, index, &source), &source, secret);
}

/* The membership that it knew when it acknowledged last, or when it was let in; an entry that is not here is news to us. */
bool node_may_lack_discovery(struct node *node, const struct device_id *id)
{
	const struct team_view *view = node_view(node);
	const struct team_device *device = view ? team_view_device(view, id) : NULL;
	if (!device || view->discovery_node == TEAM_NODE_NONE)
		return false;
	struct team_dag *dag = team_membership_dag(node->members);
	uint32_t known = device->admit_node;
	for (uint32_t i = 0; i < node->ack_count; i++)
		if (device_id_eq(&node->acks[i].device, id))
			known = team_dag_find(dag, &node->acks[i].ack.membership);
	return known != TEAM_NODE_NONE && !team_dag_reaches(dag, known, view->discovery_node) &&
	        !team_dag_reaches(dag, device->admit_node, view->discovery_node);
}

/* Let a newly admitted device recognize the others. */
int node_grant_discovery(struct node *node, const struct team_device *device)
{
	struct team_action action = {.kind = TEAM_ACTION_GRANT};
	uint8_t secret[SECRET_BYTES], unused[TEAM_KEY_BOX_BYTES];
	struct entry_hash hash;
	struct box_key box;
	if (!team_discovery(node->members, &action.as.grant.source) ||
	        team_discovery_box(node->members, &action.as.grant.source, &device->id, 0, unused) ||
	        !node_discovery_secret(node, secret))
		return 0;
	device = team_view_device(node_view(node), &device->id);
	int result = box_seal(&box, node->config.env, node_sealing_key(device), secret);
	mem_wipe(secret, sizeof(secret));
	if (result)
		return result;
	action.as.grant.box.device = device->id;
	memcpy(action.as.grant.box.box, box.bytes, sizeof(box.bytes));
	return node_act(node, &action, &hash, NULL, NULL);
}
