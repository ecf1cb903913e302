/* An address that is understood is the only way to write it. */
#include <assert.h>
#include <stdio.h>

#include "crdt/base/mem.h"
#include "net/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_text(span_of(data, size)), again[16];
	struct net_address address;
	if (net_address_parse_v4(text, &address)) {
		snprintf(again, sizeof(again), "%u.%u.%u.%u", address.ip[12], address.ip[13], address.ip[14],
		        address.ip[15]);
		assert(strcmp(text, again) == 0 && net_address_is_v4(&address) && address.port == 0);
	}
	mem_free(text);
	return 0;
}
