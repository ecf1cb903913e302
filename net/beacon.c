#include "net/beacon.h"

#include <sodium.h>

#include "crdt/base/env.h"
#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"

enum {
	VERSION = 1,
	PORT_AT = 1,
	NONCE_AT = PORT_AT + 2,
	TEAM_TAG_AT = NONCE_AT + NET_BEACON_NONCE_BYTES,
	DEVICE_TAG_AT = TEAM_TAG_AT + NET_BEACON_TAG_BYTES,
};
_Static_assert(DEVICE_TAG_AT + NET_BEACON_TAG_BYTES == NET_BEACON_BYTES, "the beacon is what README says");
_Static_assert((int)NET_BEACON_BYTES <= (int)LIMIT_BEACON_BYTES, "a beacon fits its limit");

static const char team_label[] = "releve team beacon", device_label[] = "releve device beacon";

/* `port` and `nonce` as they stand in the datagram. */
static void make_tag(uint8_t tag[NET_BEACON_TAG_BYTES], const uint8_t *key, const char *label,
        const uint8_t *nonce, const uint8_t *ip, const uint8_t *port)
{
	crypto_auth_hmacsha256_state state;
	uint8_t full[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_init(&state, key, NET_BEACON_KEY_BYTES);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)label, strlen(label));
	crypto_auth_hmacsha256_update(&state, nonce, NET_BEACON_NONCE_BYTES);
	crypto_auth_hmacsha256_update(&state, ip, NET_IP_BYTES);
	crypto_auth_hmacsha256_update(&state, port, 2);
	crypto_auth_hmacsha256_final(&state, full);
	memcpy(tag, full, NET_BEACON_TAG_BYTES);
	mem_wipe(&state, sizeof(state));
}

void net_beacon_make(uint8_t out[NET_BEACON_BYTES], const struct net_address *listening,
        const uint8_t nonce[NET_BEACON_NONCE_BYTES], const uint8_t team_key[NET_BEACON_KEY_BYTES],
        const uint8_t device_key[NET_BEACON_KEY_BYTES])
{
	out[0] = VERSION;
	out[PORT_AT] = (uint8_t)listening->port;
	out[PORT_AT + 1] = (uint8_t)(listening->port >> 8);
	memcpy(out + NONCE_AT, nonce, NET_BEACON_NONCE_BYTES);
	make_tag(out + TEAM_TAG_AT, team_key, team_label, nonce, listening->ip, out + PORT_AT);
	make_tag(out + DEVICE_TAG_AT, device_key, device_label, nonce, listening->ip, out + PORT_AT);
}

void net_beacon_make_blank(uint8_t out[NET_BEACON_BYTES], uint16_t port, const struct env *env)
{
	env_random_bytes(env, out, NET_BEACON_BYTES);
	out[0] = VERSION;
	out[PORT_AT] = (uint8_t)port;
	out[PORT_AT + 1] = (uint8_t)(port >> 8);
}

static bool tag_matches(const uint8_t *beacon, size_t tag_at, const uint8_t *key, const char *label,
        const struct net_address *source)
{
	uint8_t tag[NET_BEACON_TAG_BYTES];
	make_tag(tag, key, label, beacon + NONCE_AT, source->ip, beacon + PORT_AT);
	return sodium_memcmp(tag, beacon + tag_at, NET_BEACON_TAG_BYTES) == 0;
}

int net_beacon_recognize(struct span datagram, const struct net_address *source,
        const uint8_t team_key[NET_BEACON_KEY_BYTES], const uint8_t *device_keys, uint32_t device_count,
        struct net_beacon_found *found)
{
	const uint8_t *beacon = datagram.data;
	struct net_beacon_found result = {.listening = *source};
	if (datagram.size < 1)
		return ERR_MALFORMED;
	if (beacon[0] != VERSION)
		return ERR_VERSION;
	if (datagram.size != NET_BEACON_BYTES)
		return ERR_MALFORMED;
	result.listening.port = (uint16_t)(beacon[PORT_AT] | beacon[PORT_AT + 1] << 8);
	if (result.listening.port == 0)
		return ERR_MALFORMED;
	result.team = tag_matches(beacon, TEAM_TAG_AT, team_key, team_label, source);
	for (uint32_t i = 0; i < device_count && i < LIMIT_TEAM_DEVICES; i++) {
		const uint8_t *key = device_keys + (size_t)i * NET_BEACON_KEY_BYTES;
		if (tag_matches(beacon, DEVICE_TAG_AT, key, device_label, source)) {
			result.device = true;
			result.device_index = i;
		}
	}
	if (!result.team && !result.device)
		return ERR_NOTFOUND;
	*found = result;
	return 0;
}
