/*
 * Guest:  connect; handshake with the invitation's secret; TEAM comes; JOIN goes; ADMITTED comes; the node enters the team; session; the
 *         membership comes, with it the host's key; once that is durable: done.
 * Host:   a handshake with a known invitation; TEAM goes; JOIN comes; admission, keys and name are written; once they are durable
 *         ADMITTED goes; session.
 *
 * A guest whose host was lost before it told anybody is in the team and known to nobody there: it redeems another invitation at another
 * host in the same way, and is admitted a second time. The session that follows also brings what the first host wrote.
 *
 * Failures: whatever either side finds wrong ends the channel with a reason that the other one shows. A guest that heard no answer, or crashed
 * before the membership came, redeems again and is told again.
 */
#include "node/pairing.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "crdt/nfc.h"
#include "node/peers_state.h"
#include "node/team/statement.h"

struct pairing {
	struct peer *peer; /* NULL once the connection is gone */
	bool host, durable_pending;
	uint8_t invitation_key[TEAM_KEY_BYTES];
	/* Host. */
	struct device_id newcomer;
	struct entry_hash admit;
	/* Guest. */
	struct team_invitation invitation;
	struct team_id team;
	struct buf name;
	struct person_id person; /* zero: somebody new */
	pairing_done done;
	void *context;
};

void pairing_free(struct pairing *pairing)
{
	if (!pairing)
		return;
	pairing->peer = NULL;
	if (pairing->durable_pending)
		return; /* freed when its batch is through */
	team_invitation_wipe(&pairing->invitation);
	buf_wipe(&pairing->name);
	mem_free(pairing);
}

static int send(struct pairing *pairing, uint8_t type, struct span payload)
{
	return peer_send(pairing->peer, type, payload);
}

/* ---- Host ------------------------------------------------------------------------------------------------------- */

struct pairing *pairing_new_host(struct peer *peer, const uint8_t *invitation_key)
{
	struct pairing *pairing = mem_zero(1, sizeof(*pairing));
	pairing->peer = peer;
	pairing->host = true;
	memcpy(pairing->invitation_key, invitation_key, sizeof(pairing->invitation_key));
	return pairing;
}

static void finish_host(struct pairing *pairing)
{
	struct peer *peer = pairing->peer;
	peer->device = pairing->newcomer;
	peer->paired = true;
	peer->pairing = NULL;
	int result = send(
	        pairing, PAIRING_ADMITTED, span_of(pairing->admit.bytes, sizeof(pairing->admit.bytes)));
	pairing_free(pairing);
	if (result < 0)
		peer_end(peer, result);
	else
		peer_start_session(peer);
}

static void admitted_durably(void *context, int result)
{
	struct pairing *pairing = context;
	pairing->durable_pending = false;
	if (!pairing->peer)
		pairing_free(pairing);
	else if (result)
		peer_end(pairing->peer, result);
	else
		finish_host(pairing);
}

static int read_join(struct wire_in *in, struct team_admit *admit, struct span *name)
{
	wire_raw(in, admit->device.bytes, sizeof(admit->device.bytes));
	wire_raw(in, admit->keys.handshake, sizeof(admit->keys.handshake));
	wire_raw(in, admit->keys.sealing, sizeof(admit->keys.sealing));
	wire_raw(in, admit->person.bytes, sizeof(admit->person.bytes));
	wire_raw(in, admit->invitation_signature, sizeof(admit->invitation_signature));
	wire_raw(in, admit->newcomer_signature, sizeof(admit->newcomer_signature));
	*name = wire_blob(in, LIMIT_NAME_BYTES);
	return wire_end(in);
}

/* It goes into the directory under our signature: something that a screen can show. */
static bool name_valid(struct span name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] < ' ' || name.data[i] == 0x7f)
			return false;
	return name.size > 0 && crdt_utf8_valid(name);
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

static int receive_join(struct pairing *pairing, struct span payload)
{
	struct wire_in in = wire_begin(payload);
	struct team_action action = {.kind = TEAM_ACTION_ADMIT};
	struct team_admit *admit = &action.as.admit;
	struct node *node = pairing->peer->peers->node;
	struct span name;
	int result = read_join(&in, admit, &name);
	if (result == 0 && !name_valid(name))
		result = ERR_INVALID;
	/* The key that shook hands is the one that is admitted. */
	if (result == 0 &&
	        memcmp(net_channel_remote_static(pairing->peer->channel), admit->keys.handshake,
	                TEAM_KEY_BYTES) != 0)
		result = ERR_DENIED;
	bool again = result == 0 &&
	        node_admitted(node, &admit->device, admit->keys.handshake, &pairing->admit);
	if (result == 0 && !again)
		result = node_invitation_terms(node, pairing->invitation_key, &admit->invite, &admit->role);
	bool is_new = result == 0 && !team_view_person(node_view(node), &admit->person);
	if (result == 0 && !again)
		result = check_person(node, pairing->invitation_key, &admit->person, is_new);
	enum team_reason why = result ? refusals_reason_of(result) : TEAM_REASON_NONE;
	if (result == 0 && !again) {
		result = node_act(node, &action, &pairing->admit, NULL, NULL);
		why = node_denied_why(node);
	}
	if (why != TEAM_REASON_NONE)
		node_refused(node, REFUSED_INVITATION, why);
	if (result == 0 && is_active(node, &admit->device))
		result = node_share_keys(node, &admit->device);
	if (result == 0 && !again && is_new)
		result = node_name_person(node, &admit->person, name);
	if (result)
		return result;
	pairing->newcomer = admit->device;
	pairing->durable_pending = true;
	return node_when_durable(node, admitted_durably, pairing);
}

/* ---- Guest ------------------------------------------------------------------------------------------------------ */

static bool is_for(const struct team_invitation *invitation, const struct team_id *team)
{
	return memcmp(team->bytes, invitation->team_hint, TEAM_INVITATION_TEAM_HINT_BYTES) == 0;
}

/* Whoever redeems again is still the same person. */
static struct person_id person_of(const struct pairing *pairing)
{
	struct node *node = pairing->peer->peers->node;
	struct person_id person = pairing->person;
	const struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	const struct team_device *device = view ? team_view_device(view, &self) : NULL;
	if (device)
		return device->person;
	if (person_id_is_zero(&person))
		env_random_bytes(node_env(node), person.bytes, sizeof(person.bytes));
	return person;
}

int pairing_start(struct peers *peers, const struct net_address *address,
        const struct team_invitation *invitation, struct span name, pairing_done done, void *context)
{
	return pairing_start_as(peers, address, invitation, name, NULL, done, context);
}

int pairing_start_as(struct peers *peers, const struct net_address *address,
        const struct team_invitation *invitation, struct span name, const struct person_id *person,
        pairing_done done, void *context)
{
	struct net_channel_config config = {0};
	struct peer *peer;
	uint8_t psk[32];
	if (node_in_team(peers->node) && !is_for(invitation, node_team(peers->node)))
		return ERR_EXISTS;
	if (name.size == 0 || name.size > LIMIT_NAME_BYTES)
		return ERR_INVALID;
	int result = peer_connect(peers, address, &peer);
	if (result)
		return result;
	struct pairing *pairing = mem_zero(1, sizeof(*pairing));
	pairing->peer = peer;
	pairing->invitation = *invitation;
	pairing->done = done;
	pairing->context = context;
	buf_add_span(&pairing->name, name);
	if (person)
		pairing->person = *person;
	peer->pairing = pairing;
	team_invitation_psk(invitation, psk);
	config.psk = psk;
	result = peer_channel(peer, &config);
	mem_wipe(psk, sizeof(psk));
	if (result)
		peer_end(peer, result);
	return 0;
}

static int send_join(struct pairing *pairing)
{
	struct node *node = pairing->peer->peers->node;
	const struct team_identity *self = node_identity(node);
	struct team_admit admit = {.device = self->device,
	        .keys = self->keys,
	        .person = person_of(pairing),
	        .role = pairing->invitation.role};
	uint8_t public_key[32], secret_key[64];
	struct buf out = {0};
	team_invitation_keys(&pairing->invitation, public_key, secret_key);
	team_statement_admit_sign(admit.invitation_signature, &pairing->team, public_key, &admit, secret_key);
	team_statement_admit_sign(
	        admit.newcomer_signature, &pairing->team, public_key, &admit, self->secrets->sign);
	mem_wipe(secret_key, sizeof(secret_key));
	buf_add(&out, admit.device.bytes, sizeof(admit.device.bytes));
	buf_add(&out, admit.keys.handshake, sizeof(admit.keys.handshake));
	buf_add(&out, admit.keys.sealing, sizeof(admit.keys.sealing));
	buf_add(&out, admit.person.bytes, sizeof(admit.person.bytes));
	buf_add(&out, admit.invitation_signature, sizeof(admit.invitation_signature));
	buf_add(&out, admit.newcomer_signature, sizeof(admit.newcomer_signature));
	wire_put_blob(&out, buf_span(&pairing->name));
	int result = send(pairing, PAIRING_JOIN, buf_span(&out));
	buf_close(&out);
	return result;
}

static int receive_team(struct pairing *pairing, struct span payload)
{
	if (payload.size != sizeof(pairing->team.bytes) || !team_id_is_zero(&pairing->team))
		return ERR_MALFORMED;
	memcpy(pairing->team.bytes, payload.data, payload.size);
	const struct team_id *own = node_team(pairing->peer->peers->node);
	if (!is_for(&pairing->invitation, &pairing->team) || (own && !team_id_eq(own, &pairing->team)))
		return ERR_DENIED;
	/* Who joins again may know better than its host that it was removed. */
	if (peer_is_barred(pairing->peer))
		return ERR_DENIED;
	return send_join(pairing);
}

static int receive_admitted(struct pairing *pairing, struct span payload)
{
	struct peer *peer = pairing->peer;
	if (payload.size != sizeof(struct entry_hash) || team_id_is_zero(&pairing->team))
		return ERR_MALFORMED; /* before TEAM it admits to nothing */
	int result = node_enter_team(peer->peers->node, &pairing->team);
	if (result)
		return result;
	peer->newcomer = true;
	peer_start_session(peer);
	return 0;
}

static void joined_durably(void *context, int result)
{
	struct pairing *pairing = context;
	pairing->durable_pending = false;
	if (pairing->done)
		pairing->done(pairing->context, result);
	pairing_free(pairing);
}

/* From here on it is nobody's but the batch's. */
void pairing_recognized(struct pairing *pairing)
{
	struct node *node = pairing->peer->peers->node;
	pairing->peer->pairing = NULL;
	pairing->peer = NULL;
	pairing->durable_pending = true;
	node_when_durable(node, joined_durably, pairing);
}

/* ---- Both ------------------------------------------------------------------------------------------------------- */

void pairing_established(struct pairing *pairing)
{
	struct node *node = pairing->peer->peers->node;
	if (!pairing->host)
		return;
	const struct team_id *team = node_team(node);
	int result = send(pairing, PAIRING_TEAM, span_of(team->bytes, sizeof(team->bytes)));
	if (result < 0)
		peer_end(pairing->peer, result);
}

int pairing_frame(struct pairing *pairing, uint8_t type, struct span payload)
{
	if (pairing->host)
		return type == PAIRING_JOIN && !pairing->durable_pending ? receive_join(pairing, payload)
		                                                         : ERR_MALFORMED;
	if (type == PAIRING_TEAM)
		return receive_team(pairing, payload);
	return type == PAIRING_ADMITTED ? receive_admitted(pairing, payload) : ERR_MALFORMED;
}

void pairing_ended(struct pairing *pairing, int error)
{
	if (pairing->done)
		pairing->done(pairing->context, error ? error : ERR_CLOSED);
	pairing->done = NULL;
}
