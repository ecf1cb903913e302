/*
 * Photos and scans of dossiers (README.md, "Pictures").
 *
 * Normal course: an entry that counts makes its picture known (node_photos_of()), which puts its row 0 into the batch; chunks are put one by one and count once
 * they are on the disk. Failures: as for everything else in a batch, what was not committed is read again (node_load_photos()).
 */
#include "node/node_photo.h"

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "crdt/mpack.h"
#include "node/node_state.h"
#include "node/photo_row.h"
#include "node/schema/value.h"

enum { FIELD_MANIFEST = 1 };

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

int node_put_photo_row(
        struct node *node, const struct blob_address *address, uint32_t number, struct span value)
{
	uint8_t key[PHOTO_KEY_BYTES];
	photo_key(node->config.vault, address, number, key);
	return vault_batch_put(
	        node->config.vault, &node->batch, STORE_BLOB, span_of(key, sizeof(key)), value);
}

/* Replaces what is in `out`. */
static int get_row(struct node *node, const struct blob_address *address, uint32_t number, struct buf *out)
{
	uint8_t key[PHOTO_KEY_BYTES];
	int result;
	struct store_txn *txn = node_txn(node, &result);
	photo_key(node->config.vault, address, number, key);
	if (result == 0)
		result = vault_get(node->config.vault, txn, STORE_BLOB, span_of(key, sizeof(key)), out);
	return result;
}

/* Not the chunks of one whose row 0 is damaged: that is written again when its entry is read again. */
struct loading {
	struct blob_address address;
	uint8_t name[VAULT_NAME_BYTES];
	bool is_known, is_damaged;
};

static int load_about(struct node *node, struct loading *at, struct span key, struct span value)
{
	struct arena arena = {0};
	struct buf row = {0};
	struct blob_known blob;
	struct blob_manifest manifest;
	memcpy(at->name, key.data, sizeof(at->name));
	int result = vault_unseal(node->config.vault, STORE_BLOB, key, value, &row);
	if (result == 0)
		result = photo_about_decode(buf_span(&row), &arena, &blob, &manifest);
	at->is_damaged = result != 0;
	at->is_known = result == 0 && blobs_add(&node->blobs, &blob);
	at->address = blob.address;
	buf_wipe(&row);
	arena_close(&arena);
	return 0;
}

static int load_row(struct node *node, struct loading *at, struct span key, struct span value)
{
	if (key.size != PHOTO_KEY_BYTES)
		return 0;
	const uint32_t number = photo_key_number(key.data);
	if (number == PHOTO_ABOUT)
		return load_about(node, at, key, value);
	struct blob_known *blob = at->is_known && memcmp(at->name, key.data, sizeof(at->name)) == 0
	        ? blobs_find(&node->blobs, &at->address)
	        : NULL;
	if (blob && number <= blob->chunk_count)
		blobs_hold(&node->blobs, blob, number - 1);
	else if (!at->is_damaged || memcmp(at->name, key.data, sizeof(at->name)) != 0)
		return vault_batch_remove(node->config.vault, &node->batch, STORE_BLOB, key);
	return 0;
}

static int load_rows(struct node *node, struct store_txn *txn)
{
	uint8_t from[LIMIT_STORE_KEY_BYTES + 1] = {0};
	struct loading at = {0};
	struct span key, value;
	size_t size = 1;
	int result = 0;
	while (result == 0 &&
	        (result = store_seek(txn, STORE_BLOB, STORE_FIRST_FROM, span_of(from, size), &key, &value)) ==
	                0) {
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		size = key.size + 1;
		result = load_row(node, &at, key, value);
	}
	return result == ERR_NOTFOUND ? 0 : result;
}

/* ---- Known by an entry ------------------------------------------------------------------------------------------- */

/* The manifest of an event's fields; empty when there is none. */
static struct span manifest_in(struct span fields)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PHOTO);
	const struct schema_field *field = kind ? schema_field(kind, FIELD_MANIFEST) : NULL;
	struct mpack_in in = mpack_begin(fields);
	const uint32_t count = mpack_map(&in);
	for (uint32_t i = 0; i < count && !in.error; i++) {
		const uint32_t number = (uint32_t)mpack_uint(&in, UINT32_MAX);
		const struct span encoded = mpack_skip(&in);
		struct schema_value value;
		if (!in.error && field && number == FIELD_MANIFEST &&
		        schema_value_get(field, encoded, NULL, NULL, &value))
			return value.bytes;
	}
	return (struct span){0};
}

/* A manifest that gives other names than its entry would escape an erasure at those who go by names. */
static bool is_named_so(const struct blob_manifest *manifest, const struct entry_header *header)
{
	return manifest->version == BLOB_VERSION_1 ||
	        (epoch_id_eq(&manifest->epoch, &header->epoch) &&
	                pseudonym_eq(&manifest->dossier, &header->dossier));
}

static int know(
        struct node *node, struct blob_known *blob, const struct blob_manifest *manifest, struct span bytes)
{
	struct buf row = {0};
	int result = 0;
	blob->chunk_count = blob_chunk_count(manifest->size_bytes);
	blob->is_named = manifest->version == BLOB_VERSION;
	blob->epoch = manifest->epoch;
	blob->name = manifest->dossier;
	blob_address(&blob->address, manifest);
	const bool is_known = blobs_find(&node->blobs, &blob->address) != NULL;
	if (!is_known && !node_is_erased(node, &blob->dossier) && blobs_add(&node->blobs, blob)) {
		node_photo_look_again(node);
		photo_about_encode(blob, bytes, &row);
		result = node_put_photo_row(node, &blob->address, PHOTO_ABOUT, buf_span(&row));
	}
	buf_wipe(&row);
	return result;
}

static int know_of(struct node *node, uint32_t feed, const struct entry_header *header,
        const struct crdt_change *change, struct span bytes)
{
	struct arena arena = {0};
	struct blob_manifest manifest;
	int result = 0;
	if (blob_manifest_decode(&manifest, bytes, &arena) == 0 && is_named_so(&manifest, header)) {
		struct blob_known blob = {.dossier = change->doc_id,
		        .author = log_feed(node->log, feed)->device,
		        .hlc = change->meta->hlc};
		result = know(node, &blob, &manifest, bytes);
	}
	arena_close(&arena);
	return result;
}

int node_photos_of(
        struct node *node, uint32_t feed, const struct entry_header *header, const struct crdt_change *change)
{
	struct crdt_ops ops = crdt_change_ops(change);
	struct crdt_op op;
	int result = 0;
	if (change->doc_kind != SCHEMA_DOC_DOSSIER)
		return 0;
	while (result == 0 && crdt_ops_next(&ops, &op))
		if (op.kind == CRDT_OP_EVENT && op.event_kind == SCHEMA_PHOTO)
			result = know_of(node, feed, header, change, manifest_in(op.value));
	return result;
}

bool node_photo_manifest(const struct schema_record *record, struct arena *arena, struct blob_manifest *out)
{
	const struct schema_value *value = schema_value(record, FIELD_MANIFEST);
	return value && blob_manifest_decode(out, value->bytes, arena) == 0;
}

/* ---- Saving ------------------------------------------------------------------------------------------------------ */

/* A picture on its way to the disk: what counts, and who is told, once it is there. */
struct arriving {
	struct node *node;
	struct blob_address address;
	uint32_t first, count; /* chunks */
	node_done done;
	void *context;
};

static void arrived(void *context, int result)
{
	struct arriving *it = context;
	struct blob_known *blob = result == 0 ? blobs_find(&it->node->blobs, &it->address) : NULL;
	for (uint32_t i = 0; blob && i < it->count; i++)
		blobs_hold(&it->node->blobs, blob, it->first + i);
	if (it->done)
		it->done(it->context, result);
	mem_free(it);
}

static int wait_for(struct node *node, const struct arriving *it)
{
	return node_wait_for_batch(node, arrived, mem_copy(it, sizeof(*it)));
}

struct sealed {
	struct blob_manifest manifest;
	struct blob_address address;
	struct blob_hash hashes[BLOBS_CHUNKS_MAX];
	struct buf chunks; /* one behind the other */
	struct buf encoded; /* manifest */
};

/* Under which names the entry will stand in the log, if it is written in this event. */
static int name_so(struct node *node, const struct record_id *dossier, struct blob_manifest *manifest)
{
	struct epoch_id space;
	const struct epoch_id *epoch = node_write_epoch(node, COMPARTMENT_CLINICAL, &space);
	const struct body_key *unused;
	if (!epoch)
		return ERR_LOCKED;
	manifest->epoch = *epoch;
	return bodies_key(node->bodies, epoch, dossier, COMPARTMENT_CLINICAL, &unused, &manifest->dossier);
}

static int seal(struct node *node, const struct record_id *dossier, struct span bytes, struct span media_type,
        struct sealed *out)
{
	const struct dossier_secret *secret = key_table_secret(node->keys, dossier, 0);
	if (!secret)
		return ERR_LOCKED;
	if (bytes.size == 0 || bytes.size > LIMIT_BLOB_BYTES)
		return ERR_TOOBIG;
	out->manifest = (struct blob_manifest){.version = BLOB_VERSION,
	        .media_type = media_type,
	        .size_bytes = bytes.size,
	        .chunks = out->hashes};
	int result = name_so(node, dossier, &out->manifest);
	if (result)
		return result;
	blob_identify(&out->manifest.id, secret, bytes);
	for (uint32_t i = 0; i < blob_chunk_count(bytes.size); i++)
		blob_chunk_seal(
		        node->config.env, secret, &out->manifest, bytes, i, &out->chunks, &out->hashes[i]);
	blob_address(&out->address, &out->manifest);
	return blob_manifest_encode(&out->manifest, &out->encoded);
}

/* Chunks follow their entry into the same batch: all of it comes to the disk, or nothing. */
static int put_chunks(struct node *node, const struct sealed *sealed, node_done done, void *context)
{
	const struct arriving it = {.node = node,
	        .address = sealed->address,
	        .count = blob_chunk_count(sealed->manifest.size_bytes),
	        .done = done,
	        .context = context};
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < it.count; i++)
		result = node_put_photo_row(node, &sealed->address, i + 1,
		        span_sub(buf_span(&sealed->chunks), (size_t)i * BLOB_CHUNK_BYTES, BLOB_CHUNK_BYTES));
	return result ? result : wait_for(node, &it);
}

static int write_entry(struct node *node, const struct record_id *dossier, const struct record_edit *edit)
{
	struct node_change change;
	int result = node_change_begin(node, SCHEMA_DOC_DOSSIER, dossier, &change);
	if (result)
		return result;
	result = record_write(change.doc, &change.builder, edit, NULL, (struct span){0});
	if (result == 0)
		return node_change_finish(node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

/* Also where the entry is kept apart and does not count, until somebody vouches for it. */
static int know_own(struct node *node, const struct record_id *dossier, const struct sealed *sealed)
{
	struct blob_known blob = {.dossier = *dossier, .author = node_device(node), .hlc = node->clock.hlc};
	return know(node, &blob, &sealed->manifest, buf_span(&sealed->encoded));
}

int node_photo_save(struct node *node, const struct record_id *dossier, struct record_edit *edit,
        struct span bytes, struct span media_type, struct blob_address *address, node_done done,
        void *context)
{
	struct sealed *sealed = mem_zero(1, sizeof(*sealed));
	const struct device_id self = node_device(node);
	int result = node->keys ? 0 : ERR_NOTEAM;
	if (result == 0 && !blobs_has_room(&node->blobs, &self))
		result = ERR_FULL;
	if (result == 0)
		result = seal(node, dossier, bytes, media_type, sealed);
	if (result == 0) {
		schema_put(&edit->record, schema_field(edit->record.kind, FIELD_MANIFEST))->bytes = buf_span(
		        &sealed->encoded);
		result = write_entry(node, dossier, edit);
	}
	if (result == 0)
		result = know_own(node, dossier, sealed);
	if (result == 0)
		result = put_chunks(node, sealed, done, context);
	if (result == 0 && address)
		*address = sealed->address;
	buf_close(&sealed->chunks);
	buf_close(&sealed->encoded);
	mem_free(sealed);
	return result;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

int node_photo_open(struct node *node, const struct record_id *dossier, const struct blob_manifest *manifest,
        uint32_t index, struct buf *out)
{
	struct blob_address address;
	struct buf sealed = {0};
	const struct dossier_secret *secret;
	blob_address(&address, manifest);
	int result = get_row(node, &address, index + 1, &sealed);
	node_end_read(node);
	if (result == 0)
		result = ERR_LOCKED;
	for (size_t i = 0;
	        result && result != ERR_NOTFOUND && (secret = key_table_secret(node->keys, dossier, i)); i++)
		result = blob_chunk_open(secret, manifest, index, buf_span(&sealed), out);
	buf_close(&sealed);
	return result == ERR_BADSEAL ? ERR_LOCKED : result;
}

void node_photo_ask(struct node *node, const struct blob_address *address)
{
	struct blob_known *blob = blobs_find(&node->blobs, address);
	if (!blob || blobs_is_whole(blob))
		return;
	blob->asked = true;
	node_photo_look_again(node);
}

bool node_photo(struct node *node, const struct blob_address *address, struct node_photo *out)
{
	const struct blob_known *blob = blobs_find(&node->blobs, address);
	if (!blob)
		return false;
	*out = (struct node_photo){
	        .chunk_count = blob->chunk_count, .held_count = blob->held_count, .asked = blob->asked};
	node_count_holders(node, address, out);
	return true;
}

struct node_photo_counts node_photo_counts(struct node *node)
{
	struct node_photo_counts counts = {.known = node->blobs.count};
	for (uint32_t i = 0; i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		counts.pieces_missing += blob->chunk_count - blob->held_count;
		if (!blobs_is_whole(blob))
			continue;
		struct node_photo photo;
		node_count_holders(node, &blob->address, &photo);
		counts.whole++;
		counts.only_here += photo.elsewhere == 0;
		counts.only_relays += photo.elsewhere == 0 && photo.relays > 0;
	}
	return counts;
}

/* ---- Chunks that come and go ------------------------------------------------------------------------------------- */

bool node_photo_may_have(struct node *node, const struct device_id *device, const struct record_id *dossier)
{
	const struct team_view *view = node_view(node);
	const struct team_device *member = view ? team_view_device(view, device) : NULL;
	if (!member || member->relay || node_is_erased(node, dossier))
		return false;
	return node_wants_dossiers(node, member) ||
	        (member->state == TEAM_DEVICE_ACTIVE && !node_rights_lapsed(node, member) &&
	                node_shared(node, &member->person, dossier));
}

/* A relay may have, and gives, what it can be told the names of: those who hold the compartment get it, and can open what they have the keys for. */
bool node_photo_is_for(struct node *node, const struct device_id *device, const struct blob_known *blob)
{
	const struct team_view *view = node_view(node);
	const struct team_device *member = view ? team_view_device(view, device) : NULL;
	if (!blob->is_carried && (!member || !member->relay))
		return node_photo_may_have(node, device, &blob->dossier);
	return member && member->state == TEAM_DEVICE_ACTIVE && !node_rights_lapsed(node, member) &&
	        node_may_hold(node, device, COMPARTMENT_CLINICAL) && blob->is_named &&
	        (blob->is_carried || !node_is_erased(node, &blob->dossier));
}

/* Row 0, read. Owner calls arena_close(). */
static int read_about(
        struct node *node, const struct blob_known *blob, struct arena *arena, struct blob_manifest *manifest)
{
	struct buf about = {0};
	struct blob_known row;
	int result = get_row(node, &blob->address, PHOTO_ABOUT, &about);
	node_end_read(node);
	if (result == 0)
		result = photo_about_decode(buf_span(&about), arena, &row, manifest);
	buf_wipe(&about);
	return result;
}

static int add_note(struct node *node, const struct blob_known *blob, struct buf *out)
{
	struct arena arena = {0};
	struct blob_manifest manifest;
	int result = read_about(node, blob, &arena, &manifest);
	if (result == 0 && manifest.version != BLOB_VERSION)
		result = ERR_NOTFOUND;
	if (result == 0)
		blob_note_encode(&manifest, blob->hlc, out);
	arena_close(&arena);
	return result;
}

int node_photo_sealed(struct node *node, const struct device_id *device, const struct blob_address *address,
        uint32_t index, struct buf *out)
{
	const struct blob_known *blob = blobs_find(&node->blobs, address);
	if (!blob || !node_photo_is_for(node, device, blob))
		return ERR_NOTFOUND;
	if (index == NODE_PHOTO_NOTE)
		return add_note(node, blob, out);
	if (index >= blob->chunk_count || !blobs_holds(blob, index))
		return ERR_NOTFOUND;
	struct buf chunk = {0};
	int result = get_row(node, address, index + 1, &chunk);
	node_end_read(node);
	if (result == 0)
		buf_add_span(out, buf_span(&chunk));
	buf_close(&chunk);
	return result;
}

int node_photo_put(struct node *node, const struct blob_address *address, uint32_t index, struct span sealed)
{
	struct blob_known *blob = blobs_find(&node->blobs, address);
	struct arena arena = {0};
	struct blob_manifest manifest;
	if (!blob || index >= blob->chunk_count || blobs_holds(blob, index) ||
	        node_is_erased(node, &blob->dossier))
		return NODE_PHOTO_IGNORED;
	int result = read_about(node, blob, &arena, &manifest);
	if (result == ERR_NOTFOUND) /* it is still on its way to the disk */
		result = NODE_PHOTO_IGNORED;
	if (result == 0 && !blob_chunk_is(&manifest, index, sealed))
		result = ERR_BADSEAL;
	if (result == 0)
		result = node_put_photo_row(node, address, index + 1, sealed);
	if (result == 0)
		result = wait_for(node, &(struct arriving){node, *address, index, 1, NULL, NULL});
	arena_close(&arena);
	return result;
}

bool node_photo_holds(struct node *node, const struct blob_address *address, uint32_t index)
{
	const struct blob_known *blob = blobs_find(&node->blobs, address);
	return !blob || index >= blob->chunk_count || blobs_holds(blob, index);
}

/* ---- Erasing, loading -------------------------------------------------------------------------------------------- */

static int remove_rows(struct node *node, const struct blob_known *blob)
{
	uint8_t key[PHOTO_KEY_BYTES];
	int result = 0;
	for (uint32_t number = PHOTO_ABOUT; result == 0 && number <= blob->chunk_count; number++) {
		photo_key(node->config.vault, &blob->address, number, key);
		result = vault_batch_remove(
		        node->config.vault, &node->batch, STORE_BLOB, span_of(key, sizeof(key)));
	}
	return result;
}

int node_remove_photo(struct node *node, struct blob_known *blob)
{
	int result = remove_rows(node, blob);
	node_forget_at_holders(node, &blob->address);
	blobs_remove(&node->blobs, blob);
	return result;
}

int node_erase_photos(struct node *node, const struct record_id *dossier)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < node->blobs.count;) {
		struct blob_known *blob = &node->blobs.items[i];
		if (blob->is_carried || !record_id_eq(&blob->dossier, dossier))
			i++;
		else
			result = node_remove_photo(node, blob);
	}
	return result ? result : node_save_holders(node);
}

int node_load_photos(struct node *node, struct store_txn *txn)
{
	int result = load_rows(node, txn);
	return result ? result : node_load_holders(node, txn);
}

void node_forget_photos(struct node *node)
{
	blobs_close(&node->blobs);
	node_forget_holders(node);
}
