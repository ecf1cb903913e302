#include "node/digest/digests.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/digest/digest.h"

/* Keys begin as those of documents' rows (docs.c), which are of the kinds 0 to 2. */
enum { ROW_DIGEST = 3, KEY_BYTES = 5, ROW_VERSION = 2, HEAD_BYTES = 1 + 8 };

struct slot {
	uint8_t *bytes;
	uint32_t size;
	uint32_t of; /* docs_moved() of the document that it was made of */
	uint32_t has; /* digest_has() */
	uint64_t stamp; /* of these bytes alone */
	bool is_made;
	bool has_row; /* on the disk, or on its way there */
	bool is_row_known; /* and that is the digest of `row_of` */
	uint32_t row_of;
	bool is_saving, will_have_row; /* in the batch that digests_saving() was not called for yet */
};

struct digests {
	struct vault *vault;
	struct body_codec *codec;
	struct slot *slots;
	uint32_t count, room;
	bool is_loaded; /* rows that are not in memory count for nothing */
	size_t bytes;
	uint64_t last_stamp;
	struct buf row;
};

struct digests *digests_new(struct vault *vault, struct body_codec *codec)
{
	struct digests *digests = mem_zero(1, sizeof(*digests));
	digests->vault = vault;
	digests->codec = codec;
	digests->last_stamp = 1;
	return digests;
}

static void drop(struct digests *digests, struct slot *slot)
{
	mem_wipe(slot->bytes, slot->size);
	mem_free(slot->bytes);
	digests->bytes -= slot->size;
	slot->bytes = NULL;
	slot->size = 0;
	slot->stamp = 0;
	slot->is_made = false;
}

void digests_forget(struct digests *digests)
{
	for (uint32_t i = 0; i < digests->count; i++)
		drop(digests, &digests->slots[i]);
	digests->count = 0;
	digests->is_loaded = false;
	buf_wipe(&digests->row);
}

void digests_free(struct digests *digests)
{
	if (!digests)
		return;
	digests_forget(digests);
	mem_free(digests->slots);
	mem_free(digests);
}

static struct slot *slot_of(struct digests *digests, uint32_t number)
{
	while (digests->count <= number) {
		digests->slots = mem_room(
		        digests->slots, digests->count, &digests->room, sizeof(*digests->slots));
		digests->slots[digests->count++] = (struct slot){0};
	}
	return &digests->slots[number];
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static struct span row_key(uint8_t out[KEY_BYTES], uint32_t number)
{
	out[0] = ROW_DIGEST;
	for (unsigned i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(number >> (24 - 8 * i));
	return span_of(out, KEY_BYTES);
}

/* The digest in digests->row, borrowed from the codec; empty: it counts for nothing. */
static struct span open_row(const struct digests *digests)
{
	struct span packed, raw;
	struct wire_in in = wire_begin(buf_span(&digests->row));
	const uint8_t version = wire_u8(&in);
	const uint64_t mark = wire_u64(&in);
	const bool counts = !in.error && version == ROW_VERSION && mark == digest_mark();
	packed = counts ? wire_span(&in, wire_left(&in)) : (struct span){NULL, 0};
	if (packed.size == 0)
		return packed;
	memcpy(pack_room(digests->codec, packed.size), packed.data, packed.size);
	return pack_open(digests->codec, packed.size, &raw) ? (struct span){NULL, 0} : raw;
}

bool digests_row(struct digests *digests, struct store_txn *txn, uint32_t number, struct buf *out)
{
	uint8_t key[KEY_BYTES];
	if (vault_get(digests->vault, txn, STORE_DOC, row_key(key, number), &digests->row))
		return false;
	const struct span digest = open_row(digests);
	buf_clear(out);
	buf_add_span(out, digest);
	return digest.size > 0;
}

static void keep(struct digests *digests, struct slot *slot, uint32_t of, struct span digest)
{
	drop(digests, slot);
	slot->bytes = mem_copy(digest.data, digest.size);
	slot->size = (uint32_t)digest.size;
	slot->has = digest_has(digest);
	slot->stamp = digests_new_stamp(digests);
	slot->of = of;
	slot->is_made = true;
	digests->bytes += digest.size;
}

/* `docs` NULL: only that there is a row. */
static void take_row(struct digests *digests, const struct docs *docs, struct span key, struct span value)
{
	const uint32_t number = (uint32_t)key.data[1] << 24 | (uint32_t)key.data[2] << 16 |
	        (uint32_t)key.data[3] << 8 | key.data[4];
	if (number >= LIMIT_DOCS)
		return;
	struct slot *slot = slot_of(digests, number);
	slot->has_row = true;
	slot->is_row_known = false;
	if (!docs || number >= docs_count(docs) || docs_moved(docs, number) != 0 ||
	        vault_unseal(digests->vault, STORE_DOC, key, value, &digests->row))
		return;
	const struct span digest = open_row(digests);
	if (digest.size == 0)
		return;
	keep(digests, slot, 0, digest);
	slot->is_row_known = true;
	slot->row_of = 0;
}

static int read_rows(struct digests *digests, struct store_txn *txn, const struct docs *docs)
{
	uint8_t from[KEY_BYTES + 1];
	size_t size = KEY_BYTES;
	struct span key, value;
	int result;
	row_key(from, 0);
	while ((result = store_seek(txn, STORE_DOC, STORE_FIRST_FROM, span_of(from, size), &key, &value)) ==
	                0 &&
	        key.size == KEY_BYTES && key.data[0] == ROW_DIGEST) {
		take_row(digests, docs, key, value);
		memcpy(from, key.data, KEY_BYTES);
		from[KEY_BYTES] = 0;
		size = sizeof(from);
	}
	return result == ERR_NOTFOUND ? 0 : result;
}

int digests_load(struct digests *digests, struct store_txn *txn, const struct docs *docs)
{
	int result = digests->is_loaded ? 0 : read_rows(digests, txn, docs);
	digests->is_loaded = result == 0;
	buf_wipe(&digests->row);
	return result;
}

int digests_load_one(struct digests *digests, struct store_txn *txn, const struct docs *docs, uint32_t number)
{
	uint8_t key[KEY_BYTES];
	struct span value, digest;
	if (digests->is_loaded || number >= docs_count(docs) || digests_get(digests, docs, number, &digest))
		return 0;
	int result = store_get(txn, STORE_DOC, row_key(key, number), &value);
	if (result == 0)
		take_row(digests, docs, span_of(key, sizeof(key)), value);
	buf_wipe(&digests->row);
	return result == ERR_NOTFOUND ? 0 : result;
}

int digests_restart(struct digests *digests, struct store_txn *txn)
{
	digests_forget(digests);
	return digests_load(digests, txn, NULL);
}

/* ---- One digest -------------------------------------------------------------------------------------------------- */

static bool is_current(const struct slot *slot, const struct docs *docs, uint32_t number)
{
	return slot->is_made && number < docs_count(docs) && slot->of == docs_moved(docs, number);
}

bool digests_get(const struct digests *digests, const struct docs *docs, uint32_t number, struct span *out)
{
	if (number >= digests->count || !is_current(&digests->slots[number], docs, number))
		return false;
	*out = span_of(digests->slots[number].bytes, digests->slots[number].size);
	return true;
}

bool digests_have(const struct digests *digests, uint32_t number, uint32_t bits)
{
	return number < digests->count && (digests->slots[number].has & bits);
}

uint64_t digests_stamp(const struct digests *digests, uint32_t number)
{
	return number < digests->count ? digests->slots[number].stamp : 0;
}

uint64_t digests_new_stamp(struct digests *digests)
{
	return ++digests->last_stamp;
}

struct span digests_put(
        struct digests *digests, const struct docs *docs, uint32_t number, struct span digest, bool is_final)
{
	struct slot *slot = slot_of(digests, number);
	keep(digests, slot, docs_moved(docs, number), digest);
	slot->is_made = is_final;
	return span_of(slot->bytes, slot->size);
}

void digests_drop(struct digests *digests, uint32_t number)
{
	if (number < digests->count)
		drop(digests, &digests->slots[number]);
}

size_t digests_bytes(const struct digests *digests)
{
	return digests->bytes + digests->room * sizeof(*digests->slots);
}

/* ---- Saving ------------------------------------------------------------------------------------------------------ */

static int put_row(struct digests *digests, struct store_batch *batch, uint32_t number)
{
	uint8_t key[KEY_BYTES];
	const struct slot *slot = &digests->slots[number];
	struct span packed;
	int result = pack_make(digests->codec, span_of(slot->bytes, slot->size),
	        LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES - HEAD_BYTES, &packed);
	if (result)
		return result;
	buf_clear(&digests->row);
	wire_put_u8(&digests->row, ROW_VERSION);
	wire_put_u64(&digests->row, digest_mark());
	buf_add_span(&digests->row, packed);
	return vault_batch_put(
	        digests->vault, batch, STORE_DOC, row_key(key, number), buf_span(&digests->row));
}

static int save_slot(
        struct digests *digests, struct store_batch *batch, const struct docs *docs, uint32_t number)
{
	uint8_t key[KEY_BYTES];
	struct slot *slot = &digests->slots[number];
	slot->will_have_row = is_current(slot, docs, number);
	slot->is_saving = slot->will_have_row
	        ? !slot->has_row || !slot->is_row_known || slot->row_of != slot->of
	        : slot->has_row;
	if (!slot->is_saving)
		return 0;
	return slot->will_have_row
	        ? put_row(digests, batch, number)
	        : vault_batch_remove(digests->vault, batch, STORE_DOC, row_key(key, number));
}

int digests_save(struct digests *digests, struct store_batch *batch, const struct docs *docs)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < digests->count; i++)
		result = save_slot(digests, batch, docs, i);
	buf_wipe(&digests->row);
	return result;
}

void digests_saving(struct digests *digests)
{
	for (uint32_t i = 0; i < digests->count; i++) {
		struct slot *slot = &digests->slots[i];
		if (!slot->is_saving)
			continue;
		slot->has_row = slot->is_row_known = slot->will_have_row;
		slot->row_of = slot->of;
		slot->is_saving = false;
	}
}
