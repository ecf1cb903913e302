/*
 * Normal course: search_index_record() fills the growing piece; full, it becomes a segment. search_index_save() joins what grows to the last segment where that has room, and
 * writes the segments that changed and the head, which says how far the log was read. Failures: of a crash remains the last checkpoint's, and the log behind it is
 * read again.
 */
#include "node/search/index.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "node/schema/schema.h"

/* Keys begin as those of documents' rows (docs.c, 0 to 2) and digests' (3). */
enum { ROW_HEAD = 4, ROW_SEGMENT = 5, KEY_BYTES = 5, HEAD_VERSION = 1 };

struct piece {
	struct search_segment segment;
	bool is_saved; /* its row says the same */
};

struct search_index {
	struct vault *vault;
	struct body_codec *codec;
	struct search_growing *growing;
	struct piece *pieces;
	uint32_t count, room;
	uint64_t *upto; /* by feed */
	uint32_t feed_count, feed_room;
	struct search_later *later;
	uint32_t later_count, later_room;
	bool is_short; /* too many had to wait */
	bool is_loaded, moved;
	bool is_dropped; /* rows count for nothing, and are still to be counted */
	uint32_t row_count; /* rows of segments that the disk has, or that are on their way there */
	struct buf row;
};

struct search_index *search_index_new(struct vault *vault, struct body_codec *codec)
{
	struct search_index *index = mem_zero(1, sizeof(*index));
	uint8_t name[VAULT_NAME_BYTES];
	index->vault = vault;
	index->codec = codec;
	vault_name(vault, name, STORE_DOC, span_text("search hash"));
	index->growing = search_growing_new(name);
	return index;
}

/* All of it but how many rows there are. */
static void empty(struct search_index *index)
{
	struct buf unused = {0};
	for (uint32_t i = 0; i < index->count; i++)
		search_segment_close(&index->pieces[i].segment);
	search_growing_freeze(index->growing, &unused);
	buf_wipe(&unused);
	buf_wipe(&index->row);
	index->count = index->feed_count = index->later_count = 0;
	index->is_short = false;
}

void search_index_forget(struct search_index *index)
{
	empty(index);
	index->is_loaded = index->moved = index->is_dropped = false;
	index->row_count = 0;
}

void search_index_drop(struct search_index *index)
{
	search_index_forget(index);
	index->is_dropped = true;
}

void search_index_free(struct search_index *index)
{
	if (!index)
		return;
	search_index_forget(index);
	search_growing_free(index->growing);
	mem_free(index->pieces);
	mem_free(index->upto);
	mem_free(index->later);
	mem_free(index);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static struct span row_key(uint8_t out[KEY_BYTES], uint8_t what, uint32_t number)
{
	out[0] = what;
	for (unsigned i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(number >> (24 - 8 * i));
	return span_of(out, KEY_BYTES);
}

/* Segments are numbered without gaps. */
static int count_rows(struct search_index *index, struct store_txn *txn)
{
	uint8_t key[KEY_BYTES];
	struct span value;
	int result = 0;
	for (index->row_count = 0; result == 0; index->row_count++)
		result = store_get(txn, STORE_DOC, row_key(key, ROW_SEGMENT, index->row_count), &value);
	index->row_count--;
	return result == ERR_NOTFOUND ? 0 : result;
}

int search_index_restart(struct search_index *index, struct store_txn *txn)
{
	empty(index);
	int result = count_rows(index, txn);
	index->is_loaded = index->moved = result == 0;
	index->is_dropped &= result != 0;
	return result;
}

static uint64_t program_mark(void)
{
	return schema_mark() ^ schema_fields_mark();
}

static void read_head(struct search_index *index, struct wire_in *in)
{
	const uint8_t version = wire_u8(in);
	const uint64_t mark = wire_u64(in);
	if (version != HEAD_VERSION || mark != program_mark())
		wire_fail(in, ERR_VERSION);
	const uint32_t feeds = wire_count(in, LIMIT_FEEDS, 1);
	for (uint32_t i = 0; i < feeds && !in->error; i++)
		search_index_read(index, i, wire_varint(in));
	index->is_short = wire_u8(in) != 0;
	const uint32_t later = wire_count(in, LIMIT_SEARCH_LATER, 3);
	for (uint32_t i = 0; i < later && !in->error; i++) {
		const struct search_later range = {
		        (uint32_t)wire_varint(in), wire_varint(in), wire_varint(in)};
		index->later = mem_room(
		        index->later, index->later_count, &index->later_room, sizeof(*index->later));
		index->later[index->later_count++] = range;
	}
}

static void push(struct search_index *index, struct search_segment *segment, bool is_saved)
{
	index->pieces = mem_room(index->pieces, index->count, &index->room, sizeof(*index->pieces));
	index->pieces[index->count++] = (struct piece){*segment, is_saved};
}

static int read_segment(struct search_index *index, struct store_txn *txn, uint32_t number)
{
	uint8_t key[KEY_BYTES];
	struct span raw;
	struct buf bytes = {0};
	struct search_segment segment;
	int result = vault_get(index->vault, txn, STORE_DOC, row_key(key, ROW_SEGMENT, number), &index->row);
	if (result)
		return result;
	memcpy(pack_room(index->codec, index->row.size), index->row.data, index->row.size);
	result = pack_open(index->codec, index->row.size, &raw);
	if (result == 0) {
		buf_add_span(&bytes, raw);
		result = search_segment_open(&bytes, &segment);
	}
	if (result == 0)
		push(index, &segment, true);
	return result;
}

static int read_rows(struct search_index *index, struct store_txn *txn)
{
	uint8_t key[KEY_BYTES];
	int result = vault_get(index->vault, txn, STORE_DOC, row_key(key, ROW_HEAD, 0), &index->row);
	if (result)
		return result;
	struct wire_in in = wire_begin(buf_span(&index->row));
	read_head(index, &in);
	const uint32_t segments = wire_count(&in, LIMIT_SEARCH_SEGMENTS, 0);
	result = wire_end(&in);
	for (uint32_t i = 0; result == 0 && i < segments; i++)
		result = read_segment(index, txn, i);
	buf_wipe(&index->row);
	return result;
}

static bool is_of_the_store(int result)
{
	return result == ERR_IO || result == ERR_BUSY || result == ERR_NOSPACE || result == ERR_CLOSED;
}

int search_index_load(struct search_index *index, struct store_txn *txn)
{
	if (index->is_loaded)
		return 0;
	if (index->is_dropped)
		return search_index_restart(index, txn);
	int result = read_rows(index, txn);
	if (is_of_the_store(result))
		return result;
	if (result)
		return search_index_restart(index, txn);
	index->row_count = index->count;
	index->is_loaded = true;
	return 0;
}

/* ---- Saving ------------------------------------------------------------------------------------------------------ */

/* What grows is a segment from now on, a piece of its own or joined to the last. */
static void freeze(struct search_index *index)
{
	struct buf bytes = {0};
	struct search_segment segment;
	struct piece *last = index->count ? &index->pieces[index->count - 1] : NULL;
	if (search_growing_count(index->growing) == 0)
		return;
	search_growing_freeze(index->growing, &bytes);
	if (search_segment_open(
	            &bytes, &segment)) { /* over a bound: what is in it is not found, and that is told */
		index->is_short = true;
		return;
	}
	if (last && last->segment.record_count + segment.record_count <= SEGMENT_RECORDS &&
	        last->segment.bytes.size + segment.bytes.size <= SEGMENT_BYTES) {
		struct search_segment joined;
		search_segment_join(&last->segment, &segment, &bytes);
		if (search_segment_open(&bytes, &joined) == 0) {
			search_segment_close(&last->segment);
			search_segment_close(&segment);
			*last = (struct piece){joined, false};
			return;
		}
	}
	push(index, &segment, false);
}

static int put_segment(struct search_index *index, struct store_batch *batch, uint32_t number)
{
	uint8_t key[KEY_BYTES];
	struct span packed;
	int result = pack_make(index->codec, buf_span(&index->pieces[number].segment.bytes),
	        LIMIT_STORE_VALUE_BYTES - VAULT_OVERHEAD_BYTES, &packed);
	return result
	        ? result
	        : vault_batch_put(index->vault, batch, STORE_DOC, row_key(key, ROW_SEGMENT, number), packed);
}

static int put_head(struct search_index *index, struct store_batch *batch)
{
	uint8_t key[KEY_BYTES];
	struct buf *row = &index->row;
	buf_clear(row);
	wire_put_u8(row, HEAD_VERSION);
	wire_put_u64(row, program_mark());
	wire_put_varint(row, index->feed_count);
	for (uint32_t i = 0; i < index->feed_count; i++)
		wire_put_varint(row, index->upto[i]);
	wire_put_u8(row, index->is_short);
	wire_put_varint(row, index->later_count);
	for (uint32_t i = 0; i < index->later_count; i++) {
		wire_put_varint(row, index->later[i].feed);
		wire_put_varint(row, index->later[i].first);
		wire_put_varint(row, index->later[i].count);
	}
	wire_put_varint(row, index->count);
	return vault_batch_put(index->vault, batch, STORE_DOC, row_key(key, ROW_HEAD, 0), buf_span(row));
}

int search_index_save(struct search_index *index, struct store_txn *txn, struct store_batch *batch)
{
	uint8_t key[KEY_BYTES];
	int result = index->is_dropped ? search_index_restart(index, txn) : 0;
	if (result)
		return result;
	if (!index->is_loaded || !index->moved)
		return 0;
	freeze(index);
	for (uint32_t i = 0; result == 0 && i < index->count; i++)
		result = index->pieces[i].is_saved ? 0 : put_segment(index, batch, i);
	for (uint32_t i = index->count; result == 0 && i < index->row_count; i++)
		result = vault_batch_remove(index->vault, batch, STORE_DOC, row_key(key, ROW_SEGMENT, i));
	return result ? result : put_head(index, batch);
}

void search_index_saving(struct search_index *index)
{
	if (!index->is_loaded || !index->moved)
		return;
	for (uint32_t i = 0; i < index->count; i++)
		index->pieces[i].is_saved = true;
	index->row_count = index->count;
	index->moved = false;
}

/* ---- How far the log was read ------------------------------------------------------------------------------------- */

uint64_t search_index_upto(const struct search_index *index, uint32_t feed)
{
	return feed < index->feed_count ? index->upto[feed] : 0;
}

void search_index_read(struct search_index *index, uint32_t feed, uint64_t seq)
{
	while (index->feed_count <= feed) {
		index->upto = mem_room(
		        index->upto, index->feed_count, &index->feed_room, sizeof(*index->upto));
		index->upto[index->feed_count++] = 0;
	}
	index->upto[feed] = seq;
	index->moved = true;
}

void search_index_later(struct search_index *index, uint32_t feed, uint64_t seq)
{
	struct search_later *last = index->later_count ? &index->later[index->later_count - 1] : NULL;
	index->moved = true;
	if (last && last->feed == feed && last->first + last->count == seq) {
		last->count++;
		return;
	}
	if (index->later_count == LIMIT_SEARCH_LATER) {
		index->is_short = true;
		return;
	}
	index->later = mem_room(index->later, index->later_count, &index->later_room, sizeof(*index->later));
	index->later[index->later_count++] = (struct search_later){feed, seq, 1};
}

bool search_index_is_short(const struct search_index *index)
{
	return index->is_short;
}

struct search_later *search_index_take_later(struct search_index *index, uint32_t *count)
{
	struct search_later *items = index->later;
	*count = index->later_count;
	index->later = NULL;
	index->later_count = index->later_room = 0;
	index->moved |= *count > 0;
	return items;
}

/* ---- Records ----------------------------------------------------------------------------------------------------- */

void search_index_record(struct search_index *index, const struct search_record *record)
{
	if (search_growing_count(index->growing) >= SEGMENT_RECORDS ||
	        search_growing_bytes(index->growing) >= SEGMENT_BYTES)
		freeze(index);
	search_growing_record(index->growing, record);
	index->moved = true;
}

void search_index_words(struct search_index *index, struct span text)
{
	search_growing_words(index->growing, text);
}

uint32_t search_index_pieces(const struct search_index *index)
{
	return index->count + 1;
}

uint32_t search_index_count(const struct search_index *index, uint32_t piece)
{
	return piece < index->count ? index->pieces[piece].segment.record_count
	                            : search_growing_count(index->growing);
}

void search_index_get(
        const struct search_index *index, uint32_t piece, uint32_t place, struct search_record *out)
{
	if (piece < index->count)
		search_segment_record(&index->pieces[piece].segment, place, out);
	else
		search_growing_get(index->growing, place, out);
}

int64_t search_index_when(const struct search_index *index, uint32_t piece, uint32_t place)
{
	return piece < index->count ? search_segment_when(&index->pieces[piece].segment, place)
	                            : search_growing_when(index->growing, place);
}

void search_index_mark(
        const struct search_index *index, uint32_t piece, struct span word, uint8_t bit, uint8_t *masks)
{
	if (piece < index->count)
		search_segment_mark(&index->pieces[piece].segment, word, bit, masks);
	else
		search_growing_mark(index->growing, word, bit, masks);
}

size_t search_index_bytes(const struct search_index *index)
{
	size_t bytes = search_growing_bytes(index->growing);
	for (uint32_t i = 0; i < index->count; i++)
		bytes += index->pieces[i].segment.bytes.capacity;
	return bytes;
}
