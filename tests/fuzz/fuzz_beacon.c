/* A datagram from anybody: bytes 0-15 are the source address, the rest is what it says. */
#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"
#include "net/beacon.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t team_key[NET_BEACON_KEY_BYTES] = {1},
	                     device_keys[2 * NET_BEACON_KEY_BYTES] = {2};
	struct net_address source = {.port = 7765};
	struct net_beacon_found found;
	if (size < NET_IP_BYTES || sodium_init() < 0)
		return 0;
	memcpy(source.ip, data, NET_IP_BYTES);
	struct span datagram = span_of(data + NET_IP_BYTES, size - NET_IP_BYTES);
	int error = net_beacon_recognize(datagram, &source, team_key, device_keys, 2, &found);
	assert(error == 0 || error == ERR_NOTFOUND || error == ERR_MALFORMED || error == ERR_VERSION);
	if (error)
		return 0;
	assert((found.team || found.device) && found.listening.port != 0 &&
	        (!found.device || found.device_index < 2));
	/* What was recognized is what we would have made, as far as it was recognized. */
	uint8_t again[NET_BEACON_BYTES];
	net_beacon_make(again, &found.listening, datagram.data + 3, team_key,
	        device_keys + (found.device ? found.device_index : 0) * NET_BEACON_KEY_BYTES);
	assert(memcmp(again, datagram.data, 19) == 0);
	assert(!found.team || memcmp(again + 19, datagram.data + 19, NET_BEACON_TAG_BYTES) == 0);
	assert(!found.device || memcmp(again + 35, datagram.data + 35, NET_BEACON_TAG_BYTES) == 0);
	return 0;
}
