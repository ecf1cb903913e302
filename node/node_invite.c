/*
 * Invitations: writing them, and the secrets by which a newcomer's handshake is recognized.
 */
#include "node/node_state.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/doc_write.h"
#include "node/node_record.h"
#include "node/team/invitation.h"

static const struct team_invite *invite_of(const struct node *node, const struct team_invitation_row *row)
{
	const struct team_action *action = team_membership_action(node->members, &row->hash, NULL);
	return action && action->kind == TEAM_ACTION_INVITE ? &action->as.invite : NULL;
}

static bool has_expired(const struct node *node, const struct team_invite *invite)
{
	return invite->expires_ms != 0 && env_wall_ms(node->config.env) >= invite->expires_ms;
}

/* Who may not let anybody in any more, and has its secret, sees who comes with it, answers in the team's place, and, who made it, can come back by it. */
static bool is_known_elsewhere(
        const struct node *node, const struct team_invitation_row *row, const struct team_invite *invite)
{
	struct device_id author;
	uint64_t unused_ms;
	bool elsewhere = !team_membership_written(node->members, &row->hash, &author, &unused_ms) ||
	        !team_view_manages(node_view(node), &author);
	for (uint32_t i = 0; !elsewhere && i < invite->psk_count; i++)
		elsewhere = !team_view_manages(node_view(node), &invite->psk_boxes[i].device);
	return elsewhere;
}

static const struct team_device *admitted_by(const struct node *node, const struct team_invitation_row *row)
{
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_action *action = team_membership_action(
		        node->members, &view->devices[i].admission, NULL);
		if (action && action->kind == TEAM_ACTION_ADMIT &&
		        entry_hash_eq(&action->as.admit.invite, &row->hash))
			return &view->devices[i];
	}
	return NULL;
}

/* Its newcomer may not know yet that it was admitted: the connection may have ended before the answer. */
static bool is_unheard(const struct node *node, const struct team_invitation_row *row)
{
	const struct team_device *device = row->state == TEAM_INVITATION_USED ? admitted_by(node, row) : NULL;
	for (uint32_t i = 0; device && i < node->ack_count; i++)
		if (device_id_eq(&node->acks[i].device, &device->id))
			return false;
	return device != NULL;
}

bool node_admitted(struct node *node, const struct device_id *device,
        const uint8_t handshake_key[TEAM_KEY_BYTES], struct entry_hash *admission)
{
	const struct team_view *view = node_view(node);
	const struct team_device *found = view ? team_view_device(view, device) : NULL;
	if (!found || (found->state != TEAM_DEVICE_ACTIVE && found->state != TEAM_DEVICE_PENDING) ||
	        memcmp(found->keys.handshake, handshake_key, TEAM_KEY_BYTES) != 0)
		return false;
	*admission = found->admission;
	return true;
}

/* The secret of the index-th invitation that may be redeemed here, as sealed to this device. NULL past the last. */
static const struct team_psk_box *find_box(
        const struct node *node, uint32_t index, const struct team_invite **invite)
{
	const struct team_view *view = node_view(node);
	struct device_id self = node_device(node);
	for (uint32_t i = 0; view && i < view->invitation_count; i++) {
		const struct team_invitation_row *row = &view->invitations[i];
		*invite = invite_of(node, row);
		if (!*invite || has_expired(node, *invite) || is_known_elsewhere(node, row, *invite) ||
		        (row->state != TEAM_INVITATION_OPEN && !is_unheard(node, row)))
			continue;
		for (uint32_t j = 0; j < (*invite)->psk_count; j++)
			if (device_id_eq(&(*invite)->psk_boxes[j].device, &self) && index-- == 0)
				return &(*invite)->psk_boxes[j];
	}
	return NULL;
}

bool node_open_invitation(struct node *node, uint32_t index, uint8_t key[TEAM_KEY_BYTES], uint8_t psk[32])
{
	const struct team_invite *invite;
	const struct team_psk_box *box = find_box(node, index, &invite);
	if (!box)
		return false;
	/* Only the one that was asked for is opened, since strangers make us ask. One that does not open has a secret that nobody knows. */
	if (team_invitation_open(psk, box->box, invite->invitation, node->identity.keys.sealing,
	            node->identity.secrets->sealing))
		env_random_bytes(node->config.env, psk, 32);
	memcpy(key, invite->invitation, TEAM_KEY_BYTES);
	return true;
}

int node_invite(struct node *node, uint8_t role, uint64_t expires_ms, uint64_t rights_from_ms,
        uint64_t rights_until_ms, struct team_invitation *out, node_done done, void *context)
{
	struct team_action action = {.kind = TEAM_ACTION_INVITE};
	struct team_invite *invite = &action.as.invite;
	struct team_psk_box boxes[LIMIT_TEAM_DEVICES_ACTIVE];
	struct entry_hash hash;
	uint8_t secret_key[64], psk[32];
	const struct team_invite *last;
	node->denied_why = TEAM_REASON_NONE;
	if (!node->in_team)
		return ERR_NOTEAM;
	if (find_box(node, LIMIT_INVITATIONS - 1, &last))
		return ERR_FULL;
	int result = team_invitation_make(out, node->config.env, &node->team, role, expires_ms);
	if (result)
		return result;
	team_invitation_keys(out, invite->invitation, secret_key);
	mem_wipe(secret_key, sizeof(secret_key));
	team_invitation_psk(out, psk);
	const struct team_view *view = node_view(node);
	struct device_id managers[LIMIT_TEAM_DEVICES_ACTIVE];
	uint32_t count = team_view_recipients(view, COMPARTMENT_TEAM, managers, LIMIT_TEAM_DEVICES_ACTIVE);
	for (uint32_t i = 0; result == 0 && i < count && i < LIMIT_TEAM_DEVICES_ACTIVE; i++) {
		if (!team_view_manages(view, &managers[i]))
			continue;
		boxes[invite->psk_count].device = managers[i];
		result = team_invitation_seal(boxes[invite->psk_count++].box, node->config.env,
		        invite->invitation, psk, team_view_device(view, &managers[i])->keys.sealing);
	}
	mem_wipe(psk, sizeof(psk));
	invite->role = role;
	invite->expires_ms = out->expires_ms;
	invite->rights_from_ms = rights_from_ms;
	invite->rights_until_ms = rights_until_ms;
	invite->psk_boxes = boxes;
	if (result == 0)
		result = node_act(node, &action, &hash, done, context);
	if (result)
		team_invitation_wipe(out);
	return result;
}

static int close_invitations(struct node *node, bool all, uint32_t *closed)
{
	const struct team_view *view = node_view(node);
	struct entry_hash due[LIMIT_INVITATIONS], hash;
	uint32_t count = 0;
	int result = 0;
	for (uint32_t i = 0; i < view->invitation_count && count < LIMIT_INVITATIONS; i++) {
		const struct team_invitation_row *row = &view->invitations[i];
		const struct team_invite *invite = invite_of(node, row);
		if (invite && row->state == TEAM_INVITATION_OPEN && !has_expired(node, invite) &&
		        (all || is_known_elsewhere(node, row, invite)))
			due[count++] = row->hash;
	}
	*closed = count;
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		const struct team_action action = {.kind = TEAM_ACTION_REVOKE, .as.invitation = due[i]};
		result = node_act(node, &action, &hash, NULL, NULL);
	}
	return result;
}

int node_close_invitations(struct node *node)
{
	uint32_t unused;
	return close_invitations(node, false, &unused);
}

int node_withdraw_all(struct node *node, uint32_t *count, node_done done, void *context)
{
	*count = 0;
	if (!node->in_team || !node_view(node))
		return ERR_NOTEAM;
	int result = close_invitations(node, true, count);
	return result ? result : node_wait_for_batch(node, done, context);
}

/* ---- For another device of somebody ---- */

enum { INVITED_ROW_BYTES = 8 + 2 * TEAM_KEY_BYTES + 1 };

static void invited_row(char out[INVITED_ROW_BYTES], const uint8_t key[TEAM_KEY_BYTES])
{
	memcpy(out, "invited ", 8);
	ids_hex(out + 8, key, TEAM_KEY_BYTES);
}

int node_invite_person(struct node *node, const uint8_t key[TEAM_KEY_BYTES], const struct person_id *person)
{
	char name[INVITED_ROW_BYTES];
	invited_row(name, key);
	return node_put_local(node, name, span_of(person->bytes, sizeof(person->bytes)), NULL, NULL);
}

int node_invited_person(struct node *node, const uint8_t key[TEAM_KEY_BYTES], struct person_id *out)
{
	char name[INVITED_ROW_BYTES];
	*out = (struct person_id){0};
	invited_row(name, key);
	int result = node_get_local_exact(node, name, out->bytes, sizeof(out->bytes));
	return result == ERR_NOTFOUND ? 0 : result;
}

int node_invitation_terms(
        struct node *node, const uint8_t key[TEAM_KEY_BYTES], struct entry_hash *hash, uint8_t *role)
{
	const struct team_view *view = node_view(node);
	for (uint32_t i = 0; view && i < view->invitation_count; i++) {
		const struct team_invite *invite = invite_of(node, &view->invitations[i]);
		if (!invite || memcmp(invite->invitation, key, TEAM_KEY_BYTES) != 0)
			continue;
		if (view->invitations[i].state != TEAM_INVITATION_OPEN ||
		        is_known_elsewhere(node, &view->invitations[i], invite))
			return ERR_USED;
		if (has_expired(node, invite))
			return ERR_EXPIRED;
		*hash = view->invitations[i].hash;
		*role = invite->role;
		return 0;
	}
	return ERR_NOTFOUND;
}

/* Everybody sees in the directory who joined. */
int node_name_person(struct node *node, const struct person_id *person, struct span name)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PERSON);
	struct schema_record record = {.kind = kind};
	struct record_id directory = record_document_id(&node->team, SCHEMA_DOC_DIRECTORY, NULL);
	memcpy(record.id.bytes, person->bytes, sizeof(record.id.bytes));
	struct schema_value *value = schema_put(&record, schema_field_named(kind, span_text("lastName")));
	value->bytes = name;
	return node_write_record(node, SCHEMA_DOC_DIRECTORY, &directory, &record, NULL, NULL);
}

/* The same values over those that live; several are for a person to choose from. */
static int say_again(struct node_change *change, const struct record_id *person)
{
	static const char *const names[] = {"lastName", "firstName"};
	const struct schema_kind *kind = schema_kind(SCHEMA_PERSON);
	int result = 0;
	for (unsigned i = 0; result == 0 && i < sizeof(names) / sizeof(*names); i++) {
		struct crdt_path path;
		struct crdt_values live = {0};
		record_path(kind, person, schema_field_named(kind, span_text(names[i]))->number, &path);
		crdt_doc_values(change->doc, crdt_path_span(&path), &live);
		if (live.count == 1)
			result = crdt_doc_set(change->doc, &change->builder, crdt_path_span(&path),
			        live.items[0].value, (struct span){NULL, 0});
		crdt_values_close(&live);
	}
	return result;
}

int node_tell_names(struct node *node)
{
	struct record_id directory = record_document_id(&node->team, SCHEMA_DOC_DIRECTORY, NULL), person;
	struct span cursor = {NULL, 0};
	struct node_change change;
	int result = node_change_begin(node, SCHEMA_DOC_DIRECTORY, &directory, &change);
	if (result)
		return result;
	while (result == 0 && record_next(change.doc, schema_kind(SCHEMA_PERSON), &cursor, &person))
		result = say_again(&change, &person);
	if (result == 0 && change.builder.op_count)
		return node_change_finish(node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

int node_when_durable(struct node *node, node_done done, void *context)
{
	return node_wait_for_batch(node, done, context);
}
