/* Who else has which pictures, by what each device said itself, and what to ask one for. */
#include "node/node_photo.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/node_state.h"

static const char ASKED_ONLY_ROW[] = "pictures asked for only";
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
	struct buf row = {0};
	row_name(&holder->device, name);
	wire_put_u8(&row, HOLDER_VERSION);
	wire_put_varint(&row, holder->count);
	buf_add(&row, holder->items, holder->count * sizeof(*holder->items));
	int result = node_put_local(node, name, buf_span(&row), NULL, NULL);
	buf_close(&row);
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
	node->photos_asked_only = node_get_local(node, txn, ASKED_ONLY_ROW, &row) == 0;
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
}

int node_prune_holders(struct node *node)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < node->holder_count; i++) {
		struct node_holder *it = &node->holders[i];
		uint32_t kept = 0;
		for (uint32_t j = 0; j < it->count; j++)
			if (blobs_find(&node->blobs, &it->items[j]))
				it->items[kept++] = it->items[j];
		if (kept != it->count) {
			it->count = kept;
			result = put(node, it);
		}
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
	const uint32_t before_count = it->count;
	struct blob_address *before = mem_copy(it->items, before_count * sizeof(*before));
	if (anew)
		it->count = 0;
	for (uint32_t i = 0; i < count; i++) {
		const bool is_known = blobs_find(&node->blobs, &addresses[i]) != NULL;
		all_known &= is_known;
		if (is_known)
			add(it, &addresses[i]);
	}
	/* Saying it again costs no write. */
	if (it->count != before_count ||
	        (before_count && memcmp(before, it->items, before_count * sizeof(*before)) != 0)) {
		node_photo_look_again(node);
		put(node, it);
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

void node_photo_denied(struct node *node, const struct device_id *device, const struct blob_address *address)
{
	struct node_holder *it = holder(node, device);
	if (!it || !has(it, address))
		return;
	const uint32_t at = place(it, address);
	it->count--;
	memmove(it->items + at, it->items + at + 1, (it->count - at) * sizeof(*it->items));
	put(node, it);
}

uint32_t node_photo_elsewhere(struct node *node, const struct blob_address *address)
{
	const struct team_view *view = node_view(node);
	uint32_t count = 0;
	for (uint32_t i = 0; view && i < node->holder_count; i++) {
		const struct team_device *device = team_view_device(view, &node->holders[i].device);
		count += device && device->state == TEAM_DEVICE_ACTIVE && !device->relay &&
		        has(&node->holders[i], address);
	}
	return count;
}

void node_photo_whole(struct node *node, const struct device_id *device, uint64_t *mark, struct buf *out)
{
	for (uint32_t i = 0; i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		if (blob->whole_at > *mark && node_photo_may_have(node, device, &blob->dossier))
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

/* ---- What to ask for --------------------------------------------------------------------------------------------- */

uint64_t node_photo_mark(const struct node *node)
{
	return node->photos_mark;
}

void node_photo_look_again(struct node *node)
{
	node->photos_mark++;
}

bool node_photos_all(const struct node *node)
{
	return !node->photos_asked_only;
}

int node_photos_set_all(struct node *node, bool all)
{
	static const uint8_t set = 1;
	if (all == node_photos_all(node))
		return 0;
	node->photos_asked_only = !all;
	node_photo_look_again(node);
	return node_put_local(node, ASKED_ONLY_ROW, span_of(&set, all ? 0 : 1), NULL, NULL);
}

/* With a database that is filling up, what nobody asked for stays where it is. */
static bool has_room(struct node *node, bool is_asked)
{
	struct store_usage usage;
	if (node->holds_back || store_usage(node->config.store, &usage))
		return false;
	const enum store_room room = store_room(&usage);
	return is_asked ? room != STORE_ROOM_REFUSE : room == STORE_ROOM_OK;
}

static bool is_wanted(const struct node *node, const struct node_holder *from, const struct blob_known *blob)
{
	return !blobs_is_whole(blob) && (blob->asked || node_photos_all(node)) && has(from, &blob->address) &&
	        !node_is_erased(node, &blob->dossier);
}

static bool comes_before(const struct blob_known *blob, const struct blob_known *other)
{
	return !other || (blob->asked != other->asked ? blob->asked : blob->hlc > other->hlc);
}

bool node_photo_next(struct node *node, const struct device_id *device, node_photo_taken taken, void *context,
        struct blob_address *address, uint32_t *index)
{
	const struct node_holder *from = holder(node, device);
	const struct blob_known *best = from ? blobs_find(&node->blobs, address) : NULL;
	if (best && !is_wanted(node, from, best))
		best = NULL;
	const bool goes_on = best != NULL;
	for (uint32_t i = 0; from && i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		if (goes_on && (best->asked || !blob->asked))
			continue;
		if (is_wanted(node, from, blob) && comes_before(blob, best) &&
		        !taken(context, &blob->address))
			best = blob;
	}
	if (!best || !has_room(node, best->asked))
		return false;
	*address = best->address;
	*index = blobs_lacking(best, 0);
	return true;
}
