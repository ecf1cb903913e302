#include "node/finding.h"

#include <sodium.h>

#include "crdt/base/env.h"
#include "crdt/base/limits.h"
#include "node/keyring/secret.h"

static const char device_label[] = "releve beacon device 1";

/* What beacons are made and recognized with. */
struct beacon_keys {
	uint8_t team[SECRET_BYTES];
	uint8_t own[SECRET_BYTES];
	uint8_t devices[LIMIT_TEAM_DEVICES_ACTIVE][SECRET_BYTES];
	uint8_t past[LIMIT_DISCOVERY_PAST][SECRET_BYTES]; /* discovery secrets before `team` */
	uint8_t past_devices[LIMIT_TEAM_DEVICES_ACTIVE]
	                    [SECRET_BYTES]; /* under one of these, while it is looked at */
	uint32_t past_count;
	struct device_id ids[LIMIT_TEAM_DEVICES_ACTIVE];
	uint32_t count;
	bool known; /* there is a discovery secret, and it is ours */
	uint64_t mark; /* of the membership that they follow from; 0: of none */
};

struct finding {
	struct node *node;
	struct peers *peers;
	struct meetings *meetings;
	struct beacon_keys *keys; /* in protected memory */
};

struct finding *finding_new(struct node *node, struct peers *peers, struct meetings *meetings)
{
	struct finding *finding = mem_zero(1, sizeof(*finding));
	*finding = (struct finding){
	        node, peers, meetings, secret_array_grow(NULL, 0, 1, sizeof(struct beacon_keys))};
	memset(finding->keys, 0, sizeof(*finding->keys));
	return finding;
}

void finding_free(struct finding *finding)
{
	if (finding)
		secret_array_free(finding->keys);
	mem_free(finding);
}

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

static bool is_other(const struct finding *finding, const struct team_device *device)
{
	struct device_id self = node_device(finding->node);
	return device->state == TEAM_DEVICE_ACTIVE && !device_id_eq(&device->id, &self);
}

static void device_key(
        uint8_t out[SECRET_BYTES], const uint8_t team[SECRET_BYTES], const struct device_id *id)
{
	secret_derive(out, team, device_label, id->bytes, sizeof(id->bytes));
}

/* Opening the discovery secret costs more than looking at a hundred beacons: it is kept until the membership moves. */
static struct beacon_keys *beacon_keys(struct finding *finding)
{
	struct beacon_keys *keys = finding->keys;
	const struct team_view *view = node_view(finding->node);
	const struct device_id self = node_device(finding->node);
	uint64_t mark = node_rights_mark(finding->node) + 1;
	if (keys->mark == mark)
		return keys;
	keys->mark = mark;
	keys->count = keys->past_count = 0;
	keys->known = view && node_discovery_secret(finding->node, keys->team);
	if (!keys->known)
		return keys;
	device_key(keys->own, keys->team, &self);
	for (uint32_t i = 0; i < view->device_count && keys->count < LIMIT_TEAM_DEVICES_ACTIVE; i++) {
		const struct device_id *id = &view->devices[i].id;
		if (!is_other(finding, &view->devices[i]))
			continue;
		device_key(keys->devices[keys->count], keys->team, id);
		keys->ids[keys->count++] = *id;
	}
	for (uint32_t i = 0; i < LIMIT_DISCOVERY_PAST; i++)
		keys->past_count += node_past_discovery_secret(
		        finding->node, i, keys->past[keys->past_count]);
	return keys;
}

void finding_beacon(
        struct finding *finding, const struct net_address *listening, uint8_t out[NET_BEACON_BYTES])
{
	const struct env *env = node_env(finding->node);
	const struct beacon_keys *keys = beacon_keys(finding);
	uint8_t nonce[NET_BEACON_NONCE_BYTES];
	env_random_bytes(env, nonce, sizeof(nonce));
	if (keys->known)
		net_beacon_make(out, listening, nonce, keys->team, keys->own);
	else
		net_beacon_make_blank(out, listening->port, env);
}

/* ---- Dialling --------------------------------------------------------------------------------------------------- */

static bool has_connection_at(const struct finding *finding, const struct net_address *address, bool any_port)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(finding->peers, i, &status); i++)
		if (net_address_same_ip(&status.address, address) &&
		        (any_port || status.address.port == address->port))
			return true;
	return false;
}

static const struct device_id *nth_other(const struct finding *finding, uint32_t number)
{
	const struct team_view *view = node_view(finding->node);
	for (uint32_t i = 0; view && i < view->device_count; i++)
		if (is_other(finding, &view->devices[i]) && number-- == 0)
			return &view->devices[i].id;
	return NULL;
}

static uint32_t others_count(const struct finding *finding)
{
	const struct team_view *view = node_view(finding->node);
	uint32_t count = 0;
	for (uint32_t i = 0; view && i < view->device_count; i++)
		count += is_other(finding, &view->devices[i]);
	return count;
}

static bool is_unknown(const struct meeting *row)
{
	return row->address.port && device_id_is_zero(&row->device);
}

/* Each address has its own turn through the team, which waits for the attempt before: so nobody is left out, however long attempts take. */
bool finding_step(struct finding *finding)
{
	uint32_t count = others_count(finding);
	bool more = false;
	for (uint32_t i = 0; count && i < finding->meetings->count; i++) {
		struct meeting *row = &finding->meetings->rows[i];
		if (!is_unknown(row) || row->tries_left == 0)
			continue;
		more = true;
		if (has_connection_at(finding, &row->address, false))
			continue;
		row->tries_left--;
		/* Refused when that device is connected already. */
		peers_dial(finding->peers, &row->address, nth_other(finding, row->next_try++ % count));
	}
	return more;
}

void finding_seek(struct finding *finding)
{
	for (uint32_t i = 0; i < finding->meetings->count; i++) {
		struct meeting *row = &finding->meetings->rows[i];
		if (is_unknown(row))
			row->tries_left = others_count(finding);
		else if (row->address.port)
			peers_call(finding->peers, &row->address, &row->device); /* refused when connected */
	}
	finding_step(finding);
}

void finding_learn(struct finding *finding)
{
	struct peer_status status;
	for (uint32_t i = 0; peers_status(finding->peers, i, &status); i++) {
		if (!status.connected || !status.dialled || device_id_is_zero(&status.device))
			continue;
		if (!meetings_settled(finding->meetings, &status.device, &status.address))
			meetings_note(finding->meetings, &status.device, &status.address, 0);
	}
}

/* ---- Hearing ---------------------------------------------------------------------------------------------------- */

/* From a program that does not say which device it is. At an address where a device was met before, that one is tried first. */
static void dial_unnamed(struct finding *finding, const struct net_address *address)
{
	for (uint32_t i = 0; i < finding->meetings->count; i++) {
		const struct meeting *row = &finding->meetings->rows[i];
		if (!device_id_is_zero(&row->device) && net_address_same(&row->address, address) &&
		        peers_dial(finding->peers, address, &row->device) == 0)
			return;
	}
	meetings_typed(finding->meetings, address);
	for (uint32_t i = 0; i < finding->meetings->count; i++) {
		struct meeting *row = &finding->meetings->rows[i];
		if (is_unknown(row) && net_address_same(&row->address, address) && row->tries_left == 0)
			row->tries_left = others_count(finding);
	}
}

static bool is_own(const struct beacon_keys *keys, struct span datagram, const struct net_address *source)
{
	struct net_beacon_found found;
	return net_beacon_recognize(datagram, source, keys->team, keys->own, 1, &found) == 0 && found.device;
}

/* Whoever was away while somebody was removed announces herself under the secret of before. The removed knows it as well, so it is believed only of
 * devices that may never have heard of the one in force. */
static void heard_of_before(struct finding *finding, struct beacon_keys *keys, struct span datagram,
        const struct net_address *source)
{
	struct net_beacon_found found;
	for (uint32_t i = 0; i < keys->past_count; i++) {
		if (net_beacon_recognize(datagram, source, keys->past[i], NULL, 0, &found) != 0)
			continue;
		for (uint32_t j = 0; j < keys->count; j++)
			device_key(keys->past_devices[j], keys->past[i], &keys->ids[j]);
		net_beacon_recognize(
		        datagram, source, keys->past[i], keys->past_devices[0], keys->count, &found);
		mem_wipe(keys->past_devices, sizeof(keys->past_devices));
		if (found.device && node_may_lack_discovery(finding->node, &keys->ids[found.device_index]))
			peers_call(finding->peers, &found.listening, &keys->ids[found.device_index]);
		return;
	}
}

void finding_heard(struct finding *finding, struct span datagram, const struct net_address *source)
{
	struct beacon_keys *keys = beacon_keys(finding);
	struct net_beacon_found found;
	if (!keys->known)
		return;
	if (net_beacon_recognize(datagram, source, keys->team, keys->devices[0], keys->count, &found) != 0)
		heard_of_before(finding, keys, datagram, source);
	else if (found.device)
		peers_call(finding->peers, &found.listening, &keys->ids[found.device_index]);
	/* A device that connected to us has another port there; one machine in a local network is one device. */
	else if (!is_own(keys, datagram, source) && !has_connection_at(finding, &found.listening, true))
		dial_unnamed(finding, &found.listening);
}
