/* An address that is understood is written as one that is understood as the same. */
#include <assert.h>
#include <stdio.h>

#include "crdt/base/mem.h"
#include "net/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_text(span_of(data, size)), again[NET_IP_TEXT_BYTES];
	struct net_address address, read;
	if (net_address_parse_v4(text, &address)) {
		snprintf(again, sizeof(again), "%u.%u.%u.%u", address.ip[12], address.ip[13], address.ip[14],
		        address.ip[15]);
		assert(strcmp(text, again) == 0 && net_address_is_v4(&address) && address.port == 0);
	}
	if (net_address_parse(text, &address)) {
		assert(address.port == 0 && (address.scope == 0 || net_address_is_link_local(&address)));
		net_address_ip_text(&address, again);
		assert(net_address_parse(again, &read));
		read.scope = address.scope;
		assert(net_address_same(&address, &read));
	}
	mem_free(text);
	return 0;
}
