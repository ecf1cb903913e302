/*
 * net/beacon.h - the datagram by which the devices of a team find each other on a local network (net/README.md, section 3).
 *
 * Codec only; pure. To anybody without the secrets a beacon is random bytes and a port. Recognition takes the same
 * time whichever candidate matches.
 */
#ifndef NET_BEACON_H
#define NET_BEACON_H

#include "crdt/base/span.h"
#include "net/address.h"

enum {
	NET_BEACON_KEY_BYTES = 32,
	NET_BEACON_NONCE_BYTES = 16,
	NET_BEACON_TAG_BYTES = 16,
	NET_BEACON_BYTES = 51
};

/* Make the beacon of a device that listens at `listening`: the address that receivers will see, and the TCP port.
 * `nonce` is fresh random bytes. */
void net_beacon_make(uint8_t out[NET_BEACON_BYTES], const struct net_address *listening,
        const uint8_t nonce[NET_BEACON_NONCE_BYTES], const uint8_t team_key[NET_BEACON_KEY_BYTES],
        const uint8_t device_key[NET_BEACON_KEY_BYTES]);

/* What a device without a team sends: random where the tags stand, so that it looks like any other. */
struct env;
void net_beacon_make_blank(uint8_t out[NET_BEACON_BYTES], uint16_t port, const struct env *env);

struct net_beacon_found {
	struct net_address listening; /* where to connect */
	bool team; /* its sender knows our team key */
	bool device; /* its sender is the device below */
	uint32_t device_index;
};

/* Whose beacon is it? `source` is where the datagram came from (its port is of no interest). `device_keys` are
 * `device_count` secrets of NET_BEACON_KEY_BYTES, one after the other; more than LIMIT_TEAM_DEVICES are not looked at.
 * 0: recognized. ERR_NOTFOUND: nobody's that we know. ERR_MALFORMED, ERR_VERSION: not such a datagram. Only on 0 is
 * `*found` written. */
int net_beacon_recognize(struct span datagram, const struct net_address *source,
        const uint8_t team_key[NET_BEACON_KEY_BYTES], const uint8_t *device_keys, uint32_t device_count,
        struct net_beacon_found *found);

#endif
