#include "node/docs.h"

#include <assert.h>
#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/behind.h"
#include "node/keyring/pack.h"

enum { PAGE_DOCS = 128, DIRECTORY_VERSION = 1, DOC_KEY_BYTES = 5 };

/* Keys in STORE_DOC begin with one of these. */
enum { ROW_DIRECTORY = 0, ROW_STATE = 1, ROW_PIECE = 2 };

/* A larger snapshot stands in several rows; at this size it fits one row however badly it compresses. */
enum { PIECE_BYTES = 2 * 1024 * 1024, PIECE_KEY_BYTES = DOC_KEY_BYTES + 4 };

struct doc_slot {
	uint32_t kind;
	struct record_id id;
	struct crdt_doc *doc; /* NULL: not in memory */
	size_t bytes; /* as counted in docs.bytes */
	uint32_t moved; /* how often it was another one since docs_load() */
	uint64_t stamp; /* docs.generation when it became what it is */
	bool touched;
	bool used; /* since the clock's hand last passed */
	uint64_t save; /* number of the last docs_save() that wrote it; 0: none */
	bool stored; /* has a row, or pieces */
	uint32_t piece_count; /* as stored or on their way; 0: one row, or not loaded yet */
	struct behind behind; /* what came while it was not in memory */
};

struct docs {
	struct vault *vault;
	struct body_codec *codec;
	struct crdt_feeds *feeds;
	struct doc_slot *slots;
	uint32_t count, capacity;
	uint32_t *table; /* open addressing by keyed hash: number + 1, 0 free */
	uint32_t table_size;
	uint8_t hash_key[crypto_shorthash_KEYBYTES];
	uint32_t directory_saved,
	        directory_saving; /* documents that stand in committed, submitted directory pages */
	uint32_t page_count; /* of the directory, on the disk or on their way there */
	size_t bytes, behind_bytes;
	uint64_t save_count,
	        saved_count; /* calls of docs_save() and docs_saved(), which come in the same order */
	uint32_t hand; /* of the clock that evicts */
	uint64_t generation;
	struct buf scratch, row;
};

struct docs *docs_new(struct vault *vault, struct body_codec *codec)
{
	struct docs *docs = mem_zero(1, sizeof(*docs));
	docs->vault = vault;
	docs->codec = codec;
	docs->feeds = crdt_feeds_new();
	docs->generation = 1;
	/* The table must not be attackable through chosen ids; what it holds never leaves the process. */
	uint8_t name[VAULT_NAME_BYTES];
	vault_name(vault, name, STORE_DOC, span_text("directory hash"));
	memcpy(docs->hash_key, name, sizeof(docs->hash_key));
	return docs;
}

static void drop(struct docs *docs, struct doc_slot *slot)
{
	crdt_doc_free(slot->doc);
	slot->doc = NULL;
	docs->bytes -= slot->bytes;
	slot->bytes = 0;
	docs->behind_bytes -= behind_drop(&slot->behind);
}

void docs_forget(struct docs *docs)
{
	for (uint32_t i = 0; i < docs->count; i++)
		drop(docs, &docs->slots[i]);
	docs->behind_bytes = 0;
	docs->generation++;
	docs->saved_count = docs->save_count; /* what was on its way concerns no document any more */
	docs->count = docs->directory_saved = docs->directory_saving = 0;
	buf_wipe(&docs->scratch);
	buf_wipe(&docs->row);
	if (docs->table)
		memset(docs->table, 0, docs->table_size * sizeof(*docs->table));
}

void docs_free(struct docs *docs)
{
	if (!docs)
		return;
	docs_forget(docs);
	crdt_feeds_free(docs->feeds);
	mem_free(docs->slots);
	mem_free(docs->table);
	mem_free(docs);
}

struct crdt_feeds *docs_feeds(struct docs *docs)
{
	return docs->feeds;
}

uint32_t docs_count(const struct docs *docs)
{
	return docs->count;
}

uint32_t docs_kind(const struct docs *docs, uint32_t number)
{
	assert(number < docs->count);
	return docs->slots[number].kind;
}

struct record_id docs_id(const struct docs *docs, uint32_t number)
{
	assert(number < docs->count);
	return docs->slots[number].id;
}

/* ---- The table of ids ------------------------------------------------------------------------------------------- */

static uint32_t *table_place(const struct docs *docs, uint32_t kind, const struct record_id *id)
{
	uint8_t input[ID_SHORT_BYTES + 4], hash[crypto_shorthash_BYTES];
	uint64_t place;
	memcpy(input, id->bytes, ID_SHORT_BYTES);
	memcpy(input + ID_SHORT_BYTES, &kind, sizeof(kind));
	crypto_shorthash(hash, input, sizeof(input), docs->hash_key);
	memcpy(&place, hash, sizeof(place));
	for (;; place++) {
		uint32_t *entry = &docs->table[place & (docs->table_size - 1)];
		if (*entry == 0)
			return entry;
		const struct doc_slot *slot = &docs->slots[*entry - 1];
		if (slot->kind == kind && record_id_eq(&slot->id, id))
			return entry;
	}
}

/* Room for one more. */
static void table_grow(struct docs *docs)
{
	if (docs->table_size >= 2 * (docs->count + 1))
		return;
	docs->table_size = docs->table_size ? docs->table_size : 64;
	while (docs->table_size < 2 * (docs->count + 1))
		docs->table_size *= 2;
	mem_free(docs->table);
	docs->table = mem_zero(docs->table_size, sizeof(*docs->table));
	for (uint32_t i = 0; i < docs->count; i++)
		*table_place(docs, docs->slots[i].kind, &docs->slots[i].id) = i + 1;
}

bool docs_find(const struct docs *docs, uint32_t kind, const struct record_id *id, uint32_t *number)
{
	uint32_t entry = docs->table ? *table_place(docs, kind, id) : 0;
	if (entry)
		*number = entry - 1;
	return entry != 0;
}

/* All at once. */
static void table_fill(struct docs *docs)
{
	if (docs->table_size >= 2 * (docs->count + 1))
		for (uint32_t i = 0; i < docs->count; i++)
			*table_place(docs, docs->slots[i].kind, &docs->slots[i].id) = i + 1;
	else
		table_grow(docs);
}

/* Not in the table yet. */
static struct doc_slot *push_slot(struct docs *docs, uint32_t kind, const struct record_id *id)
{
	if (docs->count == docs->capacity) {
		docs->capacity = docs->capacity ? 2 * docs->capacity : 64;
		docs->slots = mem_resize(docs->slots, docs->capacity, sizeof(*docs->slots));
	}
	struct doc_slot *slot = &docs->slots[docs->count];
	*slot = (struct doc_slot){.kind = kind, .id = *id, .stamp = docs->generation};
	docs->count++;
	return slot;
}

static struct doc_slot *add_slot(struct docs *docs, uint32_t kind, const struct record_id *id)
{
	table_grow(docs);
	struct doc_slot *slot = push_slot(docs, kind, id);
	*table_place(docs, kind, id) = docs->count;
	return slot;
}

int docs_add(struct docs *docs, uint32_t kind, const struct record_id *id, uint32_t *number)
{
	if (docs_find(docs, kind, id, number))
		return 0;
	if (docs->count >= LIMIT_DOCS)
		return ERR_FULL;
	struct doc_slot *slot = add_slot(docs, kind, id);
	slot->doc = crdt_doc_new(docs->feeds, kind, *id);
	slot->moved = 1;
	slot->stamp = ++docs->generation;
	*number = docs->count - 1;
	return 0;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static void put_number(uint8_t out[4], uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(number >> (24 - 8 * i));
}

static struct span row_key(uint8_t out[DOC_KEY_BYTES], uint8_t what, uint32_t number)
{
	out[0] = what;
	put_number(out + 1, number);
	return span_of(out, DOC_KEY_BYTES);
}

static struct span piece_key(uint8_t out[PIECE_KEY_BYTES], uint32_t number, uint32_t piece)
{
	row_key(out, ROW_PIECE, number);
	put_number(out + DOC_KEY_BYTES, piece);
	return span_of(out, PIECE_KEY_BYTES);
}

static uint32_t pages_of(uint32_t count)
{
	return (count + PAGE_DOCS - 1) / PAGE_DOCS;
}

/* After everything was applied afresh there may be fewer documents than there were. */
static int remove_pages(struct docs *docs, struct store_batch *batch)
{
	uint8_t key[DOC_KEY_BYTES];
	int result = 0;
	for (uint32_t page = pages_of(docs->count); result == 0 && page < docs->page_count; page++)
		result = vault_batch_remove(docs->vault, batch, STORE_DOC, row_key(key, ROW_DIRECTORY, page));
	docs->page_count = pages_of(docs->count);
	return result;
}

static int load_page(struct docs *docs, uint32_t page)
{
	struct wire_in in = wire_begin(buf_span(&docs->row));
	uint8_t version = wire_u8(&in);
	uint32_t count = wire_count(&in, PAGE_DOCS, 1 + ID_SHORT_BYTES);
	if (version != DIRECTORY_VERSION || page * PAGE_DOCS != docs->count)
		return ERR_CORRUPT;
	for (uint32_t i = 0; i < count; i++) {
		struct record_id id;
		uint64_t kind = wire_varint(&in);
		wire_raw(&in, id.bytes, sizeof(id.bytes));
		if (!in.error)
			push_slot(docs, (uint32_t)kind, &id)->stored = true;
	}
	return wire_end(&in) ? ERR_CORRUPT : 0;
}

int docs_load(struct docs *docs, struct store_txn *txn)
{
	uint8_t key[DOC_KEY_BYTES];
	int result = 0;
	docs_forget(docs);
	for (uint32_t page = 0; result == 0; page++) {
		result = vault_get(
		        docs->vault, txn, STORE_DOC, row_key(key, ROW_DIRECTORY, page), &docs->row);
		if (result == 0)
			result = load_page(docs, page);
	}
	table_fill(docs);
	docs->page_count = pages_of(docs->count);
	docs->directory_saved = docs->directory_saving = docs->count;
	return result == ERR_NOTFOUND ? 0 : result;
}

static void count_bytes(struct docs *docs, struct doc_slot *slot)
{
	size_t now = crdt_doc_memory_bytes(slot->doc);
	docs->bytes += now - slot->bytes;
	slot->bytes = now;
}

/* Unpacks the row just read. *raw borrows from the codec. */
static int unpack_row(struct docs *docs, struct span *raw)
{
	memcpy(pack_room(docs->codec, docs->row.size), docs->row.data, docs->row.size);
	return pack_open(docs->codec, docs->row.size, raw) ? ERR_CORRUPT : 0;
}

/* The pieces of a snapshot, joined in docs->scratch: the first says how many there are. */
static int load_pieces(struct docs *docs, struct store_txn *txn, struct doc_slot *slot, uint32_t number)
{
	uint8_t key[PIECE_KEY_BYTES];
	struct span raw;
	uint32_t count = 1;
	buf_clear(&docs->scratch);
	for (uint32_t i = 0; i < count; i++) {
		int result = vault_get(docs->vault, txn, STORE_DOC, piece_key(key, number, i), &docs->row);
		if (result == 0)
			result = unpack_row(docs, &raw);
		if (result)
			return result == ERR_NOTFOUND ? ERR_CORRUPT : result;
		if (i == 0) {
			struct wire_in in = wire_begin(raw);
			count = wire_count(&in, LIMIT_SNAPSHOT_BYTES / PIECE_BYTES + 1, 0);
			if (in.error || count == 0)
				return ERR_CORRUPT;
			raw = span_sub(raw, raw.size - wire_left(&in), SIZE_MAX);
		}
		buf_add_span(&docs->scratch, raw);
	}
	slot->piece_count = count;
	return 0;
}

/* The snapshot of a document as it was saved; borrows from the codec or from docs->scratch. */
static int load_snapshot(struct docs *docs, struct store_txn *txn, uint32_t number, struct span *raw)
{
	uint8_t key[DOC_KEY_BYTES];
	int result = vault_get(docs->vault, txn, STORE_DOC, row_key(key, ROW_STATE, number), &docs->row);
	if (result == 0)
		return unpack_row(docs, raw);
	if (result == ERR_NOTFOUND)
		result = load_pieces(docs, txn, &docs->slots[number], number);
	*raw = buf_span(&docs->scratch);
	return result;
}

static int load_state(struct docs *docs, struct store_txn *txn, uint32_t number)
{
	struct span raw;
	struct doc_slot *slot = &docs->slots[number];
	int result = load_snapshot(docs, txn, number, &raw);
	if (result)
		return result;
	if (crdt_doc_load(docs->feeds, raw, &slot->doc))
		return ERR_CORRUPT;
	struct record_id id = crdt_doc_id(slot->doc);
	if (crdt_doc_kind(slot->doc) != slot->kind || !record_id_eq(&id, &slot->id)) {
		crdt_doc_free(slot->doc);
		slot->doc = NULL;
		return ERR_CORRUPT;
	}
	docs->behind_bytes -= behind_apply(&slot->behind, slot->doc);
	count_bytes(docs, slot);
	return 0;
}

uint32_t docs_moved(const struct docs *docs, uint32_t number)
{
	assert(number < docs->count);
	return docs->slots[number].moved;
}

uint64_t docs_stamp(const struct docs *docs, uint32_t number)
{
	assert(number < docs->count);
	return docs->slots[number].stamp;
}

static void touch(struct docs *docs, struct doc_slot *slot)
{
	slot->stamp = ++docs->generation;
	slot->moved++;
	slot->touched = true;
}

uint64_t docs_generation(const struct docs *docs)
{
	return docs->generation;
}

bool docs_in_memory(const struct docs *docs, uint32_t number)
{
	assert(number < docs->count);
	return docs->slots[number].doc != NULL;
}

int docs_get(struct docs *docs, struct store_txn *txn, uint32_t number, struct crdt_doc **doc)
{
	assert(number < docs->count);
	struct doc_slot *slot = &docs->slots[number];
	int result = slot->doc ? 0 : load_state(docs, txn, number);
	slot->used = true;
	*doc = slot->doc;
	return result;
}

void docs_clear(struct docs *docs, uint32_t number)
{
	struct doc_slot *slot = &docs->slots[number];
	drop(docs, slot);
	slot->doc = crdt_doc_new(docs->feeds, slot->kind, slot->id);
	touch(docs, slot);
}

bool docs_put_off(struct docs *docs, uint32_t number, const struct crdt_change *change)
{
	assert(number < docs->count);
	struct doc_slot *slot = &docs->slots[number];
	if (slot->doc || docs->behind_bytes >= LIMIT_BEHIND_BYTES)
		return false;
	docs->behind_bytes += behind_add(&slot->behind, change);
	touch(docs, slot);
	return true;
}

void docs_apply(struct docs *docs, uint32_t number, const struct crdt_change *change)
{
	struct doc_slot *slot = &docs->slots[number];
	if (crdt_doc_apply(slot->doc, change) == 0)
		touch(docs, slot);
	count_bytes(docs, slot);
}

size_t docs_bytes(const struct docs *docs)
{
	return docs->bytes;
}

static int save_page(struct docs *docs, struct store_batch *batch, uint32_t page)
{
	uint8_t key[DOC_KEY_BYTES];
	uint32_t from = page * PAGE_DOCS,
	         upto = from + PAGE_DOCS < docs->count ? from + PAGE_DOCS : docs->count;
	buf_clear(&docs->row);
	wire_put_u8(&docs->row, DIRECTORY_VERSION);
	wire_put_varint(&docs->row, upto - from);
	for (uint32_t i = from; i < upto; i++) {
		wire_put_varint(&docs->row, docs->slots[i].kind);
		buf_add(&docs->row, docs->slots[i].id.bytes, ID_SHORT_BYTES);
	}
	return vault_batch_put(
	        docs->vault, batch, STORE_DOC, row_key(key, ROW_DIRECTORY, page), buf_span(&docs->row));
}

static int save_packed(struct docs *docs, struct store_batch *batch, struct span key, struct span raw)
{
	struct span packed;
	int result = pack_make(docs->codec, raw, LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES, &packed);
	return result ? result : vault_batch_put(docs->vault, batch, STORE_DOC, key, packed);
}

/* The first piece begins with their number. */
static int save_pieces(
        struct docs *docs, struct store_batch *batch, uint32_t number, struct span raw, uint32_t *piece_count)
{
	uint8_t key[PIECE_KEY_BYTES];
	struct buf first = {0};
	*piece_count = (uint32_t)((raw.size + PIECE_BYTES - 1) / PIECE_BYTES);
	wire_put_varint(&first, *piece_count);
	buf_add_span(&first, span_sub(raw, 0, PIECE_BYTES));
	int result = save_packed(docs, batch, piece_key(key, number, 0), buf_span(&first));
	buf_wipe(&first);
	for (uint32_t i = 1; result == 0 && i < *piece_count; i++)
		result = save_packed(docs, batch, piece_key(key, number, i),
		        span_sub(raw, (size_t)i * PIECE_BYTES, PIECE_BYTES));
	if (result == 0) /* pieces are read when there is no single row */
		result = vault_batch_remove(docs->vault, batch, STORE_DOC, row_key(key, ROW_STATE, number));
	return result;
}

static int save_state(struct docs *docs, struct store_txn *txn, struct store_batch *batch, uint32_t number)
{
	uint8_t key[PIECE_KEY_BYTES];
	uint32_t piece_count = 0;
	struct doc_slot *slot = &docs->slots[number];
	struct crdt_doc *doc;
	int result = docs_get(docs, txn, number, &doc);
	if (result)
		return result;
	buf_clear(&docs->scratch);
	crdt_doc_save(doc, &docs->scratch);
	count_bytes(docs, slot);
	struct span raw = buf_span(&docs->scratch);
	result = raw.size > PIECE_BYTES ? save_pieces(docs, batch, number, raw, &piece_count)
	                                : save_packed(docs, batch, row_key(key, ROW_STATE, number), raw);
	for (uint32_t i = piece_count; result == 0 && i < slot->piece_count; i++)
		result = vault_batch_remove(docs->vault, batch, STORE_DOC, piece_key(key, number, i));
	slot->piece_count = piece_count;
	return result;
}

/* A document whose rows were put, and in how many pieces it stood before. */
struct put_doc {
	uint32_t number, piece_count;
};

static int put_states(struct docs *docs, struct store_txn *txn, struct store_batch *batch, struct buf *put)
{
	int result = 0;
	for (uint32_t i = 0; result == 0 && i < docs->count; i++) {
		struct doc_slot *slot = &docs->slots[i];
		if (!slot->touched && (slot->stored || !slot->doc))
			continue;
		buf_add(put, &(struct put_doc){i, slot->piece_count}, sizeof(struct put_doc));
		result = save_state(docs, txn, batch, i);
		slot->save = docs->save_count;
		slot->touched = false;
	}
	return result;
}

/* Nothing of them will be committed. */
static void take_back(struct docs *docs, const struct buf *put)
{
	const struct put_doc *items = (const struct put_doc *)(const void *)put->data;
	for (size_t i = 0; i < put->size / sizeof(*items); i++) {
		struct doc_slot *slot = &docs->slots[items[i].number];
		slot->piece_count = items[i].piece_count;
		slot->save = 0;
		slot->touched = true;
	}
	docs->save_count--;
}

int docs_save(struct docs *docs, struct store_txn *txn, struct store_batch *batch)
{
	const struct store_batch_mark mark = store_batch_mark(batch);
	const uint32_t page_count = docs->page_count;
	struct buf put = {0};
	int result = remove_pages(docs, batch);
	docs->save_count++;
	for (uint32_t page = docs->directory_saved / PAGE_DOCS; result == 0 && page * PAGE_DOCS < docs->count;
	        page++)
		result = docs->directory_saved < docs->count ? save_page(docs, batch, page) : 0;
	if (result == 0)
		result = put_states(docs, txn, batch, &put);
	if (result == 0) {
		docs->directory_saving = docs->count;
	} else {
		take_back(docs, &put);
		docs->page_count = page_count;
		store_batch_cut(batch, mark);
	}
	buf_close(&put);
	return result;
}

void docs_saved(struct docs *docs)
{
	docs->directory_saved = docs->directory_saving;
	docs->saved_count++;
	for (uint32_t i = 0; i < docs->directory_saving; i++) {
		struct doc_slot *slot = &docs->slots[i];
		slot->stored |= slot->save > 0 && slot->save <= docs->saved_count;
	}
}

void docs_evict(struct docs *docs, size_t keep_bytes)
{
	for (uint32_t step = 0; step < 2 * docs->count && docs->bytes > keep_bytes; step++) {
		docs->hand = (docs->hand + 1) % docs->count;
		struct doc_slot *slot = &docs->slots[docs->hand];
		bool is_on_its_way = slot->save > docs->saved_count;
		if (!slot->doc || !slot->stored || slot->touched || is_on_its_way)
			continue;
		if (!slot->used)
			drop(docs, slot);
		slot->used = false;
	}
}
