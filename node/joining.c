#include "node/joining.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/nfc.h"
#include "node/team/statement.h"

/* ---- Newcomer --------------------------------------------------------------------------------------------------- */

/* Whoever redeems again is still the same person. */
static struct person_id person_of(struct node *node, const struct person_id *wished)
{
	struct person_id person = *wished;
	const struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	const struct team_device *device = view ? team_view_device(view, &self) : NULL;
	if (device)
		return device->person;
	if (person_id_is_zero(&person))
		env_random_bytes(node_env(node), person.bytes, sizeof(person.bytes));
	return person;
}

void joining_write(struct node *node, const struct team_id *team, const struct team_invitation *invitation,
        const struct person_id *wished, struct span name, struct buf *out)
{
	const struct team_identity *self = node_identity(node);
	struct team_admit admit = {.device = self->device,
	        .keys = self->keys,
	        .person = person_of(node, wished),
	        .role = invitation->role};
	uint8_t public_key[32], secret_key[64];
	team_invitation_keys(invitation, public_key, secret_key);
	team_statement_admit_sign(admit.invitation_signature, team, public_key, &admit, secret_key);
	team_statement_admit_sign(admit.newcomer_signature, team, public_key, &admit, self->secrets->sign);
	mem_wipe(secret_key, sizeof(secret_key));
	buf_add(out, admit.device.bytes, sizeof(admit.device.bytes));
	buf_add(out, admit.keys.handshake, sizeof(admit.keys.handshake));
	buf_add(out, admit.keys.sealing, sizeof(admit.keys.sealing));
	buf_add(out, admit.person.bytes, sizeof(admit.person.bytes));
	buf_add(out, admit.invitation_signature, sizeof(admit.invitation_signature));
	buf_add(out, admit.newcomer_signature, sizeof(admit.newcomer_signature));
	wire_put_blob(out, name);
}

/* ---- Host ------------------------------------------------------------------------------------------------------- */

/* It goes into the directory under our signature: something that a screen can show. */
static bool name_valid(struct span name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < ' ' || name.data[i] == 0x7f)
			return false;
	return name.size > 0 && crdt_utf8_valid(name);
}

int joining_read(struct span bytes, struct team_admit *admit, struct span *name)
{
	struct wire_in in = wire_begin(bytes);
	wire_raw(&in, admit->device.bytes, sizeof(admit->device.bytes));
	wire_raw(&in, admit->keys.handshake, sizeof(admit->keys.handshake));
	wire_raw(&in, admit->keys.sealing, sizeof(admit->keys.sealing));
	wire_raw(&in, admit->person.bytes, sizeof(admit->person.bytes));
	wire_raw(&in, admit->invitation_signature, sizeof(admit->invitation_signature));
	wire_raw(&in, admit->newcomer_signature, sizeof(admit->newcomer_signature));
	*name = wire_blob(&in, LIMIT_NAME_BYTES);
	int result = wire_end(&in);
	return result == 0 && !name_valid(*name) ? ERR_INVALID : result;
}

/* Whose device this is, only the newcomer says, and by an invitation of the host's own it would manage at once in the host's name: so somebody
 * who is in the team is believed only where this invitation was made for them, here. */
static int check_person(
        struct node *node, const uint8_t *invitation_key, const struct person_id *person, bool is_new)
{
	struct person_id meant;
	int result = node_invited_person(node, invitation_key, &meant);
	if (result)
		return result;
	bool fits = person_id_is_zero(&meant) ? is_new : person_id_eq(&meant, person);
	return fits ? 0 : ERR_DENIED;
}

static bool is_active(struct node *node, const struct device_id *id)
{
	const struct team_device *device = team_view_device(node_view(node), id);
	return device && device->state == TEAM_DEVICE_ACTIVE;
}

int joining_admit(struct node *node, const uint8_t invitation_key[TEAM_KEY_BYTES], struct team_admit *admit,
        struct span name, bool shook_hands, struct entry_hash *admission)
{
	struct team_action action = {.kind = TEAM_ACTION_ADMIT};
	const bool again = node_admitted(node, &admit->device, admit->keys.handshake, admission);
	const bool is_new = !team_view_person(node_view(node), &admit->person);
	int result = again ? 0 : node_invitation_terms(node, invitation_key, &admit->invite, &admit->role);
	if (result == 0 && !again)
		result = check_person(node, invitation_key, &admit->person, is_new);
	if (result == 0 && !again && !shook_hands && node_has_key_of(node, &admit->keys, &admit->device))
		result = ERR_EXISTS;
	enum team_reason why = result ? refusals_reason_of(result) : TEAM_REASON_NONE;
	if (result == 0 && !again) {
		action.as.admit = *admit;
		result = node_act(node, &action, admission, NULL, NULL);
		why = node_denied_why(node);
	}
	if (why != TEAM_REASON_NONE)
		node_refused(node, REFUSED_INVITATION, why);
	if (result == 0 && is_active(node, &admit->device))
		result = node_share_keys(node, &admit->device);
	if (result == 0 && !again && is_new)
		result = node_name_person(node, &admit->person, name);
	return result == 0 && again ? JOINING_AGAIN : result;
}
