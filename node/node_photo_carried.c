/*
 * Pictures at a relay, which holds no key of any dossier (README.md, "Pictures", "At a relay").
 *
 * Normal course: a device says which pictures it has; of one that is not known here the carrier's note is asked for, which the address commits to; then its chunks, each
 * checked by its hash. Failures: a note that is not the address's ends the session; what finds no room, is too old or was named as erased is not asked for again in that session.
 */
#include "node/node_photo.h"

#include "crdt/base/err.h"
#include "node/node_state.h"
#include "node/photo_row.h"

enum { HLC_SHIFT = 16, DAY_MS = 24 * 3600 * 1000 };

bool node_carries(const struct node *node)
{
	const struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	const struct team_device *own = view ? team_view_device(view, &self) : NULL;
	return own && own->relay;
}

void node_limit_photos(struct node *node, uint64_t bytes, uint32_t days)
{
	node->carried_bytes_max = bytes;
	node->carried_days = days;
}

/* ---- Room --------------------------------------------------------------------------------------------------------- */

/* All chunks of what is known, also those that have not come; `teller` NULL: of all. */
static uint64_t reserved_bytes(const struct node *node, const struct device_id *teller)
{
	uint64_t bytes = 0;
	for (uint32_t i = 0; i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		if (!teller || device_id_eq(&blob->author, teller))
			bytes += (uint64_t)blob->chunk_count * BLOB_CHUNK_BYTES;
	}
	return bytes;
}

/* One device fills half of it at most: whoever floods a relay leaves room for the others. */
static bool has_room(const struct node *node, const struct device_id *teller, uint64_t bytes)
{
	return reserved_bytes(node, NULL) + bytes <= node->carried_bytes_max &&
	        reserved_bytes(node, teller) + bytes <= node->carried_bytes_max / 2 &&
	        blobs_has_room(&node->blobs, teller);
}

static bool is_too_old(const struct node *node, uint64_t hlc)
{
	const uint64_t now_ms = env_wall_ms(node->config.env);
	return node->carried_days && (hlc >> HLC_SHIFT) + (uint64_t)node->carried_days * DAY_MS < now_ms;
}

static bool is_named_erased(struct node *node, const struct epoch_id *epoch, const struct pseudonym *name)
{
	const struct entry_header header = {.epoch = *epoch, .dossier = *name};
	return node_is_named(node, &header, true);
}

/* ---- Notes -------------------------------------------------------------------------------------------------------- */

static void stored(void *context, int result)
{
	struct node_photo_noted *it = context;
	struct blob_known *blob = result == 0 ? blobs_find(&it->node->blobs, &it->address) : NULL;
	if (blob)
		blob->is_stored = true;
	node_photo_look_again(it->node);
	mem_free(it);
}

static int keep(struct node *node, const struct blob_known *blob, struct span note)
{
	struct buf row = {0};
	if (!blobs_add(&node->blobs, blob))
		return ERR_FULL;
	photo_carried_encode(blob, note, &row);
	int result = node_put_photo_row(node, &blob->address, PHOTO_ABOUT, buf_span(&row));
	buf_close(&row);
	if (result)
		return result;
	const struct node_photo_noted it = {node, blob->address};
	return node_wait_for_batch(node, stored, mem_copy(&it, sizeof(it)));
}

int node_photo_put_note(
        struct node *node, const struct device_id *from, const struct blob_address *address, struct span note)
{
	struct arena arena = {0};
	struct blob_manifest manifest;
	struct blob_known blob = {.author = *from, .is_carried = true, .is_named = true};
	int result = NODE_PHOTO_IGNORED;
	if (!node_carries(node) || blobs_find(&node->blobs, address))
		goto done;
	result = blob_note_decode(&manifest, &blob.hlc, note, &arena);
	if (result)
		goto done;
	blob_address(&blob.address, &manifest);
	blob.epoch = manifest.epoch;
	blob.name = manifest.dossier;
	blob.chunk_count = blob_chunk_count(manifest.size_bytes);
	result = ERR_BADSEAL;
	if (blob_address_cmp(&blob.address, address) != 0)
		goto done;
	result = NODE_PHOTO_IGNORED;
	if (is_too_old(node, blob.hlc) || is_named_erased(node, &blob.epoch, &blob.name) ||
	        !has_room(node, from, (uint64_t)blob.chunk_count * BLOB_CHUNK_BYTES))
		node_photo_denied(node, from, address);
	else
		result = keep(node, &blob, note);
done:
	arena_close(&arena);
	return result;
}

bool node_photo_has_note(struct node *node, const struct blob_address *address)
{
	const struct blob_known *blob = blobs_find(&node->blobs, address);
	return !blob || blob->is_stored;
}

/* ---- What to ask for ---------------------------------------------------------------------------------------------- */

static bool lacks_pieces(struct node *node, const struct device_id *device, const struct blob_known *blob)
{
	return blob->is_stored && !blobs_is_whole(blob) && node_photo_is_at(node, device, &blob->address);
}

/* Both lists ascend. NULL: of all that the device has there is a note here, or room for none. */
static const struct blob_address *first_unknown(
        struct node *node, const struct device_id *device, node_photo_taken taken, void *context)
{
	struct span span;
	if (!has_room(node, device, BLOB_CHUNK_BYTES))
		return NULL;
	node_photo_believed(node, device, &span);
	const struct blob_address *theirs = (const struct blob_address *)(const void *)span.data;
	const size_t count = span.size / sizeof(*theirs);
	for (size_t i = 0, j = 0; i < count; i++) {
		while (j < node->blobs.count &&
		        blob_address_cmp(&node->blobs.items[j].address, &theirs[i]) < 0)
			j++;
		const bool is_known = j < node->blobs.count &&
		        blob_address_cmp(&node->blobs.items[j].address, &theirs[i]) == 0;
		if (!is_known && !taken(context, &theirs[i]))
			return &theirs[i];
	}
	return NULL;
}

bool node_photo_next_carried(struct node *node, const struct device_id *device, node_photo_taken taken,
        void *context, struct blob_address *address, uint32_t *index)
{
	const struct blob_address *unknown = first_unknown(node, device, taken, context);
	if (unknown) {
		*address = *unknown;
		*index = NODE_PHOTO_NOTE;
		return true;
	}
	const struct blob_known *best = blobs_find(&node->blobs, address);
	if (best && !lacks_pieces(node, device, best))
		best = NULL;
	const bool goes_on = best != NULL;
	for (uint32_t i = 0; !goes_on && i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		if (lacks_pieces(node, device, blob) && (!best || blob->hlc > best->hlc) &&
		        !taken(context, &blob->address))
			best = blob;
	}
	if (!best)
		return false;
	*address = best->address;
	*index = blobs_lacking(best, 0);
	return true;
}

/* ---- What goes ---------------------------------------------------------------------------------------------------- */

static int remove_where(
        struct node *node, bool (*goes)(struct node *node, const struct blob_known *blob), uint32_t *count)
{
	int result = 0;
	*count = 0;
	for (uint32_t i = 0; result == 0 && i < node->blobs.count;) {
		struct blob_known *blob = &node->blobs.items[i];
		if (!blob->is_carried || !goes(node, blob)) {
			i++;
			continue;
		}
		result = node_remove_photo(node, blob);
		++*count;
	}
	return result ? result : node_save_holders(node);
}

static bool is_erased(struct node *node, const struct blob_known *blob)
{
	return is_named_erased(node, &blob->epoch, &blob->name);
}

int node_erase_carried(struct node *node, bool *any)
{
	uint32_t count;
	int result = remove_where(node, is_erased, &count);
	*any |= count > 0;
	return result;
}

static bool is_over(struct node *node, const struct blob_known *blob)
{
	return blob->is_stored && is_too_old(node, blob->hlc);
}

void node_expire_carried(struct node *node)
{
	uint32_t count;
	if (remove_where(node, is_over, &count) == 0 && count)
		node_flush(node);
}
