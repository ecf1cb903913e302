/*
 * tools/floor_text.h - the floor of text editing: a gap buffer that keeps no history, and the size of a history that
 * is nothing but its columns, compressed.
 */
#ifndef TOOLS_FLOOR_TEXT_H
#define TOOLS_FLOOR_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "crdt/base/mem.h"

/* One edit of a sequential trace: at a byte position, so many bytes go and others come. */
struct floor_edit {
	uint32_t position, removed_bytes;
	struct span inserted;
};

struct floor_text {
	double ms; /* all edits through the gap buffer */
	size_t edit_count, text_bytes; /* of the final text */
	size_t columns_fast_bytes,
	        columns_small_bytes; /* positions, removals, lengths, text; zstd level 3 and 19 */
};

/* `text` receives the final text (it is emptied first), so that the caller can compare it with what the trace says.
 * ERR_MALFORMED: an edit outside the text. ERR_TOOBIG: over 1 GiB inserted. */
int floor_text(const struct floor_edit *edits, size_t count, struct buf *text, struct floor_text *out);

#endif
