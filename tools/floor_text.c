#include "tools/floor_text.h"

#include <assert.h>
#include <zstd.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "tools/floor_own.h"

enum { TEXT_BYTES_MAX = 1024 * 1024 * 1024, LEVEL_FAST = 3, LEVEL_SMALL = 19 };

/* The text is bytes[0, gap) and bytes[tail, capacity). */
struct gap_buffer {
	uint8_t *bytes;
	size_t gap, tail, capacity;
};

static void gap_move(struct gap_buffer *gap, size_t position)
{
	if (position < gap->gap) {
		size_t moved = gap->gap - position;
		gap->tail -= moved;
		memmove(gap->bytes + gap->tail, gap->bytes + position, moved);
	} else if (position > gap->gap) {
		size_t moved = position - gap->gap;
		memmove(gap->bytes + gap->gap, gap->bytes + gap->tail, moved);
		gap->tail += moved;
	}
	gap->gap = position;
}

static int gap_apply(struct gap_buffer *gap, const struct floor_edit *edit)
{
	size_t length = gap->gap + gap->capacity - gap->tail;
	if (edit->position > length || edit->removed_bytes > length - edit->position)
		return ERR_MALFORMED;
	gap_move(gap, edit->position);
	gap->tail += edit->removed_bytes;
	if (edit->inserted.size)
		memcpy(gap->bytes + gap->gap, edit->inserted.data, edit->inserted.size);
	gap->gap += edit->inserted.size;
	return 0;
}

static size_t compressed_bytes(const struct buf *columns, int level)
{
	struct buf out = {0};
	size_t room = ZSTD_compressBound(columns->size);
	size_t size = ZSTD_compress(buf_extend(&out, room), room, columns->data, columns->size, level);
	assert(!ZSTD_isError(size));
	buf_close(&out);
	return size;
}

/* One column after the other, positions as distances from where the previous edit ended. */
static void write_columns(const struct floor_edit *edits, size_t count, struct buf *columns)
{
	uint32_t previous = 0;
	for (size_t i = 0; i < count; i++) {
		wire_put_zigzag(columns, (int64_t)(int32_t)(edits[i].position - previous));
		previous = edits[i].position + (uint32_t)edits[i].inserted.size;
	}
	for (size_t i = 0; i < count; i++)
		wire_put_varint(columns, edits[i].removed_bytes);
	for (size_t i = 0; i < count; i++)
		wire_put_varint(columns, edits[i].inserted.size);
	for (size_t i = 0; i < count; i++)
		buf_add_span(columns, edits[i].inserted);
}

int floor_text(const struct floor_edit *edits, size_t count, struct buf *text, struct floor_text *out)
{
	struct gap_buffer gap = {0};
	struct buf columns = {0};
	int result = 0;
	*out = (struct floor_text){.edit_count = count};
	buf_clear(text);
	for (size_t i = 0; i < count; i++) {
		gap.capacity += edits[i].inserted.size;
		if (gap.capacity > TEXT_BYTES_MAX)
			return ERR_TOOBIG;
	}
	gap.bytes = mem_alloc(gap.capacity);
	gap.tail = gap.capacity;
	double start_ms = floor_now_ms();
	for (size_t i = 0; i < count && !result; i++)
		result = gap_apply(&gap, &edits[i]);
	out->ms = floor_now_ms() - start_ms;
	if (!result) {
		buf_add(text, gap.bytes, gap.gap);
		buf_add(text, gap.bytes + gap.tail, gap.capacity - gap.tail);
		out->text_bytes = text->size;
		write_columns(edits, count, &columns);
		out->columns_fast_bytes = compressed_bytes(&columns, LEVEL_FAST);
		out->columns_small_bytes = compressed_bytes(&columns, LEVEL_SMALL);
	}
	mem_free(gap.bytes);
	buf_close(&columns);
	return result;
}
