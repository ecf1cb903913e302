/*
 * The pace at which devices that are found are called (net/README.md, section 3, "Pace").
 *
 * Normal course: a device is heard at each of its addresses within the same moment, and so does it hear us: one attempt at a time is enough.
 * Failures: nobody answers there, so that another address is tried a moment later; or the connection is taken and no handshake comes of it in time, since the machine
 * has too much to do: then each attempt more makes that worse, and the next one comes later and later.
 */
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/peers_state.h"

static struct peers_called *called_of(struct peers *peers, const struct device_id *device)
{
	for (uint32_t i = 0; i < peers->called_count; i++)
		if (device_id_eq(&peers->called[i].device, device))
			return &peers->called[i];
	return NULL;
}

/* Of devices of the team alone. */
static struct peers_called *note_called(struct peers *peers, const struct device_id *device)
{
	struct peers_called *called = called_of(peers, device);
	if (called)
		return called;
	peers->called = mem_room(
	        peers->called, peers->called_count, &peers->called_room, sizeof(*peers->called));
	called = &peers->called[peers->called_count++];
	*called = (struct peers_called){.device = *device};
	return called;
}

static uint32_t rest_at(const struct peers_called *called, const struct net_address *address)
{
	uint32_t i = 0;
	while (i < LIMIT_DIALS_PER_DEVICE &&
	        (!called->rests[i].failures || !net_address_same(&called->rests[i].address, address)))
		i++;
	return i;
}

static bool waits(const struct peers_called *called, const struct net_address *address, uint64_t now_ms)
{
	const uint32_t at = rest_at(called, address);
	return (at < LIMIT_DIALS_PER_DEVICE && now_ms < called->rests[at].until_ms) ||
	        (called->called_ms && now_ms - called->called_ms < LIMIT_DIAL_APART_MS);
}

int peers_call(struct peers *peers, const struct net_address *address, const struct device_id *device)
{
	const uint64_t now_ms = peers_now_ms(peers);
	const struct peers_called *before = called_of(peers, device);
	if (before && waits(before, address, now_ms))
		return ERR_BUSY;
	int result = peers_dial(peers, address, device);
	if (result == 0)
		note_called(peers, device)->called_ms = now_ms;
	return result;
}

/* From a half of it to all of it: those that were cut off together do not come back together. */
static uint64_t rest_ms(const struct peers *peers, uint32_t failures)
{
	const uint32_t doublings = failures < 8 ? failures - 1 : 7;
	uint64_t rest = (uint64_t)LIMIT_DIAL_REST_MS << doublings;
	uint8_t dice;
	env_random_bytes(node_env(peers->node), &dice, sizeof(dice));
	rest = rest < LIMIT_DIAL_REST_MAX_MS ? rest : LIMIT_DIAL_REST_MAX_MS;
	return rest / 2 + rest / 2 * dice / UINT8_MAX;
}

void peer_call_ended(const struct peer *peer)
{
	struct peers *peers = peer->peers;
	if (!peer->initiator || peer->pairing || device_id_is_zero(&peer->device))
		return;
	struct peers_called *called = called_of(peers, &peer->device);
	if (!called)
		return;
	called->called_ms = 0; /* another address may be tried */
	/* Where nobody took the connection, nothing is made worse by trying. */
	if (peer->session || !peer->open || (peer->error != ERR_TIMEOUT && peer->error != ERR_TRUNCATED))
		return;
	uint32_t at = rest_at(called, &peer->address);
	if (at == LIMIT_DIALS_PER_DEVICE) {
		at = called->next++ % LIMIT_DIALS_PER_DEVICE;
		called->rests[at].address = peer->address;
		called->rests[at].failures = 0;
	}
	called->rests[at].until_ms = peers_now_ms(peers) + rest_ms(peers, ++called->rests[at].failures);
}

void peer_call_answered(const struct peer *peer)
{
	struct peers_called *called = called_of(peer->peers, &peer->device);
	if (called)
		*called = (struct peers_called){.device = peer->device};
}

void peers_call_at_once(struct peers *peers)
{
	peers->called_count = 0;
}

void peers_close_calls(struct peers *peers)
{
	mem_free(peers->called);
}
