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
#include "node/joining.h"
#include "node/peers_state.h"

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

static int receive_join(struct pairing *pairing, struct span payload)
{
	struct node *node = pairing->peer->peers->node;
	struct team_admit admit = {.role = 0};
	struct span name;
	int result = joining_read(payload, &admit, &name);
	/* The key that shook hands is the one that is admitted. */
	if (result == 0 &&
	        memcmp(net_channel_remote_static(pairing->peer->channel), admit.keys.handshake,
	                TEAM_KEY_BYTES) != 0)
		result = ERR_DENIED;
	if (result)
		node_refused(node, REFUSED_INVITATION, refusals_reason_of(result));
	else
		result = joining_admit(node, pairing->invitation_key, &admit, name, true, &pairing->admit);
	if (result < 0)
		return result;
	pairing->newcomer = admit.device;
	pairing->durable_pending = true;
	return node_when_durable(node, admitted_durably, pairing);
}

/* ---- Guest ------------------------------------------------------------------------------------------------------ */

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
	if (node_in_team(peers->node) && !team_invitation_is_of(invitation, node_team(peers->node)))
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
	struct buf out = {0};
	joining_write(pairing->peer->peers->node, &pairing->team, &pairing->invitation, &pairing->person,
	        buf_span(&pairing->name), &out);
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
	if (!team_invitation_is_of(&pairing->invitation, &pairing->team) ||
	        (own && !team_id_eq(own, &pairing->team)))
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
