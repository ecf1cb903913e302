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

static bool try_box(const struct node *node, const uint8_t *bytes, uint8_t purpose,
        const uint8_t commitment[32], uint8_t secret[SECRET_BYTES])
{
	struct box_key box;
	uint8_t check[32];
	memcpy(box.bytes, bytes, sizeof(box.bytes));
	if (box_open(secret, &box, node_seal_public(node), node_seal_secret(node)))
		return false;
	team_statement_commitment(check, &node->team, purpose, secret);
	if (memcmp(check, commitment, sizeof(check)) == 0)
		return true;
	mem_wipe(secret, SECRET_BYTES);
	return false;
}

bool node_discovery_secret(struct node *node, uint8_t secret[SECRET_BYTES])
{
	struct device_id self = node_device(node);
	struct entry_hash source;
	uint8_t bytes[TEAM_KEY_BOX_BYTES];
	const struct team_secret *published = node->members ? team_discovery(node->members, &source) : NULL;
	for (uint32_t i = 0; published && team_discovery_box(node->members, &self, i, bytes); i++)
		if (try_box(node, bytes, TEAM_STATEMENT_DISCOVERY, published->commitment, secret))
			return true;
	return false;
}

/* Let a newly admitted device recognize the others. */
int node_grant_discovery(struct node *node, const struct team_device *device)
{
	struct team_action action = {.kind = TEAM_ACTION_GRANT};
	uint8_t secret[SECRET_BYTES], unused[TEAM_KEY_BOX_BYTES];
	struct entry_hash hash;
	struct box_key box;
	if (!team_discovery(node->members, &action.as.grant.source) ||
	        team_discovery_box(node->members, &device->id, 0, unused) ||
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

/* ---- Beacon secrets of devices ---------------------------------------------------------------------------------- */

/* Ours follows from our own key and the discovery entry in force, so that it need not be stored and changes with it. */
static void own_beacon_secret(const struct node *node, uint8_t secret[SECRET_BYTES])
{
	struct entry_hash source = {{0}};
	team_discovery(node->members, &source);
	secret_derive(secret, node->identity.secrets->sealing, "releve beacon secret 1", source.bytes,
	        sizeof(source.bytes));
}

static bool is_published(const struct node *node, const uint8_t secret[SECRET_BYTES])
{
	uint8_t commitment[32];
	const struct team_secret *published = team_beacon(node->members, &node->identity.device);
	team_statement_commitment(commitment, &node->team, TEAM_STATEMENT_BEACON, secret);
	return published && memcmp(published->commitment, commitment, sizeof(commitment)) == 0;
}

int node_publish_beacon(struct node *node)
{
	struct team_action action = {.kind = TEAM_ACTION_BEACON};
	struct team_key_box boxes[LIMIT_TEAM_DEVICES_ACTIVE];
	struct device_id devices[LIMIT_TEAM_DEVICES_ACTIVE];
	struct entry_hash hash;
	uint8_t secret[SECRET_BYTES];
	const struct team_view *view = node_view(node);
	uint32_t kept = 0;
	int result = 0;
	if (!view || !team_view_device(view, &node->identity.device) || node->outdated)
		return 0;
	own_beacon_secret(node, secret);
	uint32_t count = is_published(node, secret)
	        ? 0
	        : team_view_recipients(view, COMPARTMENT_MEMBERSHIP, devices, LIMIT_TEAM_DEVICES_ACTIVE);
	for (uint32_t i = 0; result == 0 && i < count && i < LIMIT_TEAM_DEVICES_ACTIVE; i++) {
		struct box_key box;
		if (!team_view_manages(view, &devices[i]))
			continue;
		result = box_seal(&box, node->config.env,
		        node_sealing_key(team_view_device(view, &devices[i])), secret);
		boxes[kept].device = devices[i];
		memcpy(boxes[kept++].box, box.bytes, sizeof(box.bytes));
	}
	team_statement_commitment(action.as.secret.commitment, &node->team, TEAM_STATEMENT_BEACON, secret);
	mem_wipe(secret, sizeof(secret));
	action.as.secret.recipients = (struct team_key_boxes){kept, boxes};
	return result || kept == 0 ? result : node_act(node, &action, &hash, NULL, NULL);
}

void node_own_beacon(const struct node *node, uint8_t secret[SECRET_BYTES])
{
	own_beacon_secret(node, secret);
}

bool node_beacon_of(struct node *node, const struct device_id *device, uint8_t secret[SECRET_BYTES])
{
	const struct team_secret *published = node->members ? team_beacon(node->members, device) : NULL;
	const struct team_key_box *box = published
	        ? team_action_box(&published->recipients, &node->identity.device)
	        : NULL;
	return box && try_box(node, box->box, TEAM_STATEMENT_BEACON, published->commitment, secret);
}
