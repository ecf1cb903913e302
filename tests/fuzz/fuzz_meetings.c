/* Any file gives rows that are written and read again as they are, and that can be worked with. */
#include <assert.h>
#include <string.h>

#include "node/meetings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct meeting *a, const struct meeting *b)
{
	assert(device_id_eq(&a->device, &b->device) && a->met_ms == b->met_ms);
	assert(net_address_same_ip(&a->address, &b->address) && a->address.port == b->address.port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct meetings meetings, again;
	struct buf text = {0};
	meetings_read(&meetings, span_of(data, size));
	assert(meetings.count <= MEETINGS_MAX);
	meetings_text(&meetings, &text);
	meetings_read(&again, buf_span(&text));
	assert(again.count == meetings.count);
	for (uint32_t i = 0; i < meetings.count; i++)
		check_same(&meetings.rows[i], &again.rows[i]);
	for (uint32_t i = 0; i < again.count; i++) {
		meetings_typed(&meetings, &again.rows[i].address);
		meetings_note(&meetings, &again.rows[again.count - 1 - i].device, &again.rows[i].address, i);
		assert(meetings.count <= MEETINGS_MAX);
		assert(meetings_find(&meetings, &again.rows[again.count - 1 - i].device));
	}
	buf_close(&text);
	return 0;
}
