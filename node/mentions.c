#include "node/mentions.h"

#include <string.h>

#include "node/fold.h"

enum { LETTERS_MIN = 2 };

void mentions_add(struct mentions *mentions, struct span name)
{
	struct buf folded = {0};
	fold_text(name, &folded);
	if (folded.size >= LETTERS_MIN) {
		buf_add(&mentions->names, " ", 1);
		buf_add_span(&mentions->names, buf_span(&folded));
		buf_add(&mentions->names, " \n", 2);
	}
	buf_wipe(&folded);
}

void mentions_close(struct mentions *mentions)
{
	buf_wipe(&mentions->names);
}

static uint32_t count_one(struct span text, struct span name)
{
	uint32_t count = 0;
	const uint8_t *at = text.data, *end = text.data + text.size;
	while (at && (at = memmem(at, (size_t)(end - at), name.data, name.size)) != NULL) {
		count++;
		at += name.size - 1; /* the space behind one is the one before the next */
	}
	return count;
}

uint32_t mentions_count(const struct mentions *mentions, struct span text)
{
	struct span names = buf_span(&mentions->names);
	struct buf folded = {0};
	uint32_t count = 0;
	buf_add(&folded, " ", 1);
	fold_text(text, &folded);
	buf_add(&folded, " ", 1);
	while (names.size) {
		const uint8_t *line = memchr(names.data, '\n', names.size);
		const size_t size = (size_t)(line - names.data);
		count += count_one(buf_span(&folded), span_sub(names, 0, size));
		names = span_sub(names, size + 1, names.size);
	}
	buf_wipe(&folded);
	return count;
}
