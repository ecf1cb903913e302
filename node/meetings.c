#include "node/meetings.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"
#include "store/file.h"

enum { LINE_BYTES = 160, FILE_BYTES_MAX = MEETINGS_MAX * LINE_BYTES };

static bool read_line(const char *line, struct meeting *out)
{
	char device[2 * ID_LONG_BYTES + 1], ip[2 * NET_IP_BYTES + 1];
	unsigned port, scope;
	unsigned long long met_ms;
	if (sscanf(line, "%64[0-9a-f] %32[0-9a-f] %5u %10u %20llu", device, ip, &port, &scope, &met_ms) != 5)
		return false;
	*out = (struct meeting){.met_ms = met_ms};
	if (port > UINT16_MAX || !ids_from_hex(out->device.bytes, ID_LONG_BYTES, device) ||
	        !ids_from_hex(out->address.ip, NET_IP_BYTES, ip))
		return false;
	out->address.port = (uint16_t)port;
	out->address.scope = scope;
	return true;
}

void meetings_read(struct meetings *meetings, struct span text)
{
	char line[LINE_BYTES];
	*meetings = (struct meetings){0};
	while (text.size && meetings->count < MEETINGS_MAX) {
		const uint8_t *end = memchr(text.data, '\n', text.size);
		size_t size = end ? (size_t)(end - text.data) : text.size;
		snprintf(line, sizeof(line), "%.*s", (int)size, (const char *)text.data);
		meetings->count += size < sizeof(line) && read_line(line, &meetings->rows[meetings->count]);
		text = span_sub(text, size + 1, SIZE_MAX);
	}
}

void meetings_load(struct meetings *meetings, const char *path)
{
	struct buf text = {0};
	file_read(path, FILE_BYTES_MAX, &text);
	meetings_read(meetings, buf_span(&text));
	buf_close(&text);
}

void meetings_text(const struct meetings *meetings, struct buf *out)
{
	for (uint32_t i = 0; i < meetings->count; i++) {
		const struct meeting *row = &meetings->rows[i];
		char device[2 * ID_LONG_BYTES + 1], ip[2 * NET_IP_BYTES + 1], line[LINE_BYTES];
		ids_hex(device, row->device.bytes, ID_LONG_BYTES);
		ids_hex(ip, row->address.ip, NET_IP_BYTES);
		int size = snprintf(line, sizeof(line), "%s %s %u %u %llu\n", device, ip,
		        (unsigned)row->address.port, (unsigned)row->address.scope,
		        (unsigned long long)row->met_ms);
		buf_add(out, line, (size_t)size);
	}
}

int meetings_save(struct meetings *meetings, const char *path)
{
	struct buf text = {0};
	if (!meetings->changed)
		return 0;
	meetings_text(meetings, &text);
	int result = file_replace(path, buf_span(&text));
	buf_close(&text);
	if (!result)
		meetings->changed = false;
	return result;
}

static struct meeting *find(struct meetings *meetings, const struct device_id *device)
{
	for (uint32_t i = 0; i < meetings->count; i++)
		if (device_id_eq(&meetings->rows[i].device, device))
			return &meetings->rows[i];
	return NULL;
}

static struct meeting *find_at(
        struct meetings *meetings, const struct device_id *device, const struct net_address *address)
{
	for (uint32_t i = 0; i < meetings->count; i++)
		if (device_id_eq(&meetings->rows[i].device, device) &&
		        net_address_same(&meetings->rows[i].address, address))
			return &meetings->rows[i];
	return NULL;
}

const struct meeting *meetings_find(const struct meetings *meetings, const struct device_id *device)
{
	for (uint32_t i = 0; i < meetings->count; i++)
		if (device_id_eq(&meetings->rows[i].device, device))
			return &meetings->rows[i];
	return NULL;
}

static struct meeting *add(struct meetings *meetings)
{
	if (meetings->count < MEETINGS_MAX)
		return &meetings->rows[meetings->count++];
	struct meeting *oldest = &meetings->rows[0];
	for (uint32_t i = 1; i < meetings->count; i++)
		if (meetings->rows[i].met_ms < oldest->met_ms)
			oldest = &meetings->rows[i];
	return oldest;
}

bool meetings_unknown_at(const struct meetings *meetings, const struct net_address *address)
{
	for (uint32_t i = 0; i < meetings->count; i++)
		if (device_id_is_zero(&meetings->rows[i].device) &&
		        net_address_same(&meetings->rows[i].address, address))
			return true;
	return false;
}

void meetings_typed(struct meetings *meetings, const struct net_address *address)
{
	if (meetings_unknown_at(meetings, address))
		return;
	*add(meetings) = (struct meeting){.address = *address};
	meetings->changed = true;
}

void meetings_expect(struct meetings *meetings, const struct device_id *device,
        const struct net_address *addresses, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct meeting *row = find_at(meetings, device, &addresses[i]);
		if (!row) {
			row = add(meetings);
			*row = (struct meeting){.device = *device, .address = addresses[i]};
			meetings->changed = true;
		}
		row->expected = true;
		row->tried = 0;
	}
}

void meetings_tried(struct meetings *meetings, const struct device_id *device,
        const struct net_address *address, int error)
{
	struct meeting *row = find_at(meetings, device, address);
	if (row)
		row->tried = error;
}

bool meetings_settled(
        const struct meetings *meetings, const struct device_id *device, const struct net_address *address)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < meetings->count; i++) {
		const struct meeting *row = &meetings->rows[i];
		if (!device_id_eq(&row->device, device))
			continue;
		if (count++ || !net_address_same(&row->address, address))
			return false;
	}
	return count == 1 && !meetings_unknown_at(meetings, address);
}

/* All but the first. */
static void drop_others(struct meetings *meetings, const struct meeting *kept)
{
	const struct device_id device = kept->device;
	for (uint32_t i = (uint32_t)(kept - meetings->rows) + 1; i < meetings->count;) {
		if (device_id_eq(&meetings->rows[i].device, &device))
			meetings->rows[i] = meetings->rows[--meetings->count];
		else
			i++;
	}
}

void meetings_note(struct meetings *meetings, const struct device_id *device,
        const struct net_address *address, uint64_t met_ms)
{
	struct meeting *row = find(meetings, device);
	for (uint32_t i = 0; address && i < meetings->count; i++) {
		struct meeting *typed = &meetings->rows[i];
		if (!device_id_is_zero(&typed->device) || !net_address_same(&typed->address, address))
			continue;
		if (row) {
			*typed = meetings->rows[--meetings->count];
			row = find(meetings, device);
		} else {
			row = typed;
		}
		break;
	}
	if (!row) {
		row = add(meetings);
		*row = (struct meeting){0};
	}
	row->device = *device;
	if (address) {
		row->address = *address;
		row->expected = false;
		drop_others(meetings, row);
	}
	if (met_ms)
		row->met_ms = met_ms;
	meetings->changed = true;
}
