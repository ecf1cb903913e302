/* Who else has which pictures, by what each device said itself. */
#include "node/node_photo.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/node_state.h"

enum { HOLDER_VERSION = 1, HOLDERS_MAX = 64, NAME_BYTES = 16 + 2 * ID_LONG_BYTES };

/* ---- The list of one device -------------------------------------------------------------------------------------- */

static struct node_holder *holder(struct node *node, const struct device_id *device)
{
	for (uint32_t i = 0; i < node->holder_count; i++)
		if (device_id_eq(&node->holders[i].device, device))
			return &node->holders[i];
	return NULL;
}

static struct node_holder *holder_made(struct node *node, const struct device_id *device)
{
	struct node_holder *known = holder(node, device);
	if (known || node->holder_count == HOLDERS_MAX)
		return known;
	node->holders = mem_room(
	        node->holders, node->holder_count, &node->holder_room, sizeof(*node->holders));
	known = &node->holders[node->holder_count++];
	*known = (struct node_holder){.device = *device};
	return known;
}

/* Where it stands, or would. */
static uint32_t place(const struct node_holder *holder, const struct blob_address *address)
{
	uint32_t low = 0, high = holder->count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		if (blob_address_cmp(&holder->items[middle], address) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has(const struct node_holder *holder, const struct blob_address *address)
{
	const uint32_t at = place(holder, address);
	return at < holder->count && blob_address_cmp(&holder->items[at], address) == 0;
}

static void add(struct node_holder *holder, const struct blob_address *address)
{
	const uint32_t at = place(holder, address);
	if (has(holder, address))
		return;
	holder->items = mem_gap(holder->items, holder->count, &holder->room, sizeof(*holder->items), at);
	holder->items[at] = *address;
	holder->count++;
}

/* ---- On the disk ------------------------------------------------------------------------------------------------- */

static void row_name(const struct device_id *device, char out[NAME_BYTES])
{
	char hex[2 * ID_LONG_BYTES + 1];
	ids_hex(hex, device->bytes, ID_LONG_BYTES);
	snprintf(out, NAME_BYTES, "pictures at %s", hex);
}

/* What it says is said again at the next meeting: a failed commit loses nothing. */
static int put(struct node *node, const struct node_holder *holder)
{
	char name[NAME_BYTES];
	struct buf row = {0}, known = {0};
	/* A relay is told of what it does not know: of that nothing is written, so that nothing of what was erased stays in a row. */
	for (uint32_t i = 0; i < holder->count; i++)
		if (blobs_find(&node->blobs, &holder->items[i]))
			buf_add(&known, holder->items[i].bytes, sizeof(holder->items[i].bytes));
	row_name(&holder->device, name);
	wire_put_u8(&row, HOLDER_VERSION);
	wire_put_varint(&row, known.size / sizeof(*holder->items));
	buf_add_span(&row, buf_span(&known));
	int result = node_put_local(node, name, buf_span(&row), NULL, NULL);
	buf_close(&row);
	buf_close(&known);
	return result;
}

static void read_row(struct node *node, struct node_holder *holder, struct span row)
{
	struct wire_in in = wire_begin(row);
	if (wire_u8(&in) != HOLDER_VERSION)
		return;
	const uint32_t count = wire_count(&in, LIMIT_BLOBS, sizeof(struct blob_address));
	for (uint32_t i = 0; i < count && !in.error; i++) {
		struct blob_address address;
		wire_raw(&in, address.bytes, sizeof(address.bytes));
		if (!in.error && blobs_find(&node->blobs, &address))
			add(holder, &address);
	}
}

/* A row that cannot be read is as none: the device says it again. */
int node_load_holders(struct node *node, struct store_txn *txn)
{
	const struct team_view *view = node_view(node);
	struct buf row = {0};
	char name[NAME_BYTES];
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		row_name(&view->devices[i].id, name);
		struct node_holder *made = node_get_local(node, txn, name, &row) == 0
		        ? holder_made(node, &view->devices[i].id)
		        : NULL;
		if (made)
			read_row(node, made, buf_span(&row));
	}
	node_load_photo_policy(node, txn);
	buf_close(&row);
	return 0;
}

void node_forget_holders(struct node *node)
{
	for (uint32_t i = 0; i < node->holder_count; i++)
		mem_free(node->holders[i].items);
	mem_free(node->holders);
	node->holders = NULL;
	node->holder_count = node->holder_room = 0;
	node_forget_today(node);
}

static void drop(struct node_holder *holder, const struct blob_address *address)
{
	if (!has(holder, address))
		return;
	const uint32_t at = place(holder, address);
	holder->count--;
	memmove(holder->items + at, holder->items + at + 1, (holder->count - at) * sizeof(*holder->items));
	holder->is_dirty = true;
}

void node_forget_at_holders(struct node *node, const struct blob_address *address)
{
	for (uint32_t i = 0; i < node->holder_count; i++)
		drop(&node->holders[i], address);
}

int node_save_holders(struct node *node)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < node->holder_count; i++) {
		if (!node->holders[i].is_dirty)
			continue;
		node->holders[i].is_dirty = false;
		result = put(node, &node->holders[i]);
	}
	return result;
}

/* ---- What devices say -------------------------------------------------------------------------------------------- */

bool node_photo_told(struct node *node, const struct device_id *device, const struct blob_address *addresses,
        uint32_t count, bool anew)
{
	struct node_holder *it = holder_made(node, device);
	bool all_known = true;
	if (!it)
		return true;
	const bool carries = node_carries(node);
	const uint32_t before_count = it->count;
	struct blob_address *before = mem_copy(it->items, before_count * sizeof(*before));
	if (anew)
		it->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		const bool is_known = carries || blobs_find(&node->blobs, &addresses[i]) != NULL;
		all_known &= is_known;
		if (is_known && it->count < LIMIT_BLOBS)
			add(it, &addresses[i]);
	}
	/* Saying it again costs no write. */
	if (it->count != before_count ||
	        (before_count && memcmp(before, it->items, before_count * sizeof(*before)) != 0)) {
		node_photo_look_again(node);
		it->is_dirty = true;
		node_save_holders(node);
	}
	mem_free(before);
	return all_known;
}

void node_photo_believed(struct node *node, const struct device_id *device, struct span *addresses)
{
	const struct node_holder *it = holder(node, device);
	*addresses = it ? span_of((const uint8_t *)it->items, it->count * sizeof(*it->items))
	                : (struct span){0};
}

bool node_photo_is_at(struct node *node, const struct device_id *device, const struct blob_address *address)
{
	const struct node_holder *it = holder(node, device);
	return it && has(it, address);
}

/* A relay has a list of what it knows nothing of, which whoever fills it may deny again: that is not worth a row each time. */
void node_photo_denied(struct node *node, const struct device_id *device, const struct blob_address *address)
{
	struct node_holder *it = holder(node, device);
	if (it)
		drop(it, address);
	if (!node_carries(node))
		node_save_holders(node);
}

void node_count_holders(struct node *node, const struct blob_address *address, struct node_photo *out)
{
	const struct team_view *view = node_view(node);
	out->elsewhere = out->relays = 0;
	for (uint32_t i = 0; view && i < node->holder_count; i++) {
		const struct team_device *device = team_view_device(view, &node->holders[i].device);
		if (!device || device->state != TEAM_DEVICE_ACTIVE || !has(&node->holders[i], address))
			continue;
		*(device->relay ? &out->relays : &out->elsewhere) += 1;
	}
}

uint32_t node_photo_only_at(struct node *node, const struct device_id *device)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		const bool is_there = node_photo_is_at(node, device, &blob->address);
		struct node_photo photo;
		if (blobs_is_whole(blob) || (!is_there && !device_id_eq(&blob->author, device)))
			continue;
		node_count_holders(node, &blob->address, &photo);
		const struct team_device *member = team_view_device(node_view(node), device);
		const bool is_counted = is_there && member && member->state == TEAM_DEVICE_ACTIVE;
		count += photo.elsewhere == (is_counted ? 1 : 0);
	}
	return count;
}

void node_photo_whole(struct node *node, const struct device_id *device, uint64_t *mark, struct buf *out)
{
	for (uint32_t i = 0; i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		if (blob->whole_at > *mark && node_photo_is_for(node, device, blob))
			buf_add(out, blob->address.bytes, sizeof(blob->address.bytes));
	}
	*mark = node->blobs.mark;
}

uint64_t node_photo_whole_mark(const struct node *node)
{
	return node->blobs.mark;
}

uint32_t node_photo_known_count(const struct node *node)
{
	return node->blobs.count;
}
