/* Any text either is no code of an address, naming a group that can exist, or prints as one that reads as the same. */
#include <assert.h>

#include "node/contact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct contact contact, again;
	char text[GROUPS_TEXT_BYTES];
	unsigned group = 0;
	if (contact_parse(span_of(data, size), &contact, &group) != 0) {
		assert(group <= GROUPS_MAX + 1);
		return 0;
	}
	assert(contact.address_count >= 1 && contact.address_count <= CONTACT_ADDRESSES_MAX);
	for (uint32_t i = 0; i < contact.address_count; i++)
		assert(net_address_is_of_one(&contact.addresses[i]) && contact.addresses[i].port);
	contact_text(&contact, text);
	int result = contact_parse(span_text(text), &again, &group);
	assert(result == 0 && again.address_count == contact.address_count);
	assert(memcmp(again.fingerprint, contact.fingerprint, sizeof(again.fingerprint)) == 0);
	for (uint32_t i = 0; i < contact.address_count; i++)
		assert(net_address_same(&again.addresses[i], &contact.addresses[i]));
	return 0;
}
