#include "crdt/nfc.h"

#include <utf8proc.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* Length of the well-formed sequence that starts with a byte over 0x7f; 0 when there is none. */
static size_t sequence_size(const uint8_t *at, size_t left)
{
	uint8_t first = at[0], low = 0x80, high = 0xbf;
	size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first < 0xc2 || first > 0xf4 || left < size)
		return 0;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

/* Bytes at the start that are ASCII, eight at a time. */
static size_t ascii_size(const uint8_t *at, size_t size)
{
	size_t i = 0;
	for (uint64_t word; i + 8 <= size; i += 8) {
		memcpy(&word, at + i, 8);
		if (word & 0x8080808080808080u)
			break;
	}
	while (i < size && at[i] < 0x80)
		i++;
	return i;
}

bool crdt_utf8_valid(struct span text)
{
	for (size_t i = 0; i < text.size;) {
		if (text.data[i] < 0x80) {
			i += ascii_size(text.data + i, text.size - i);
			continue;
		}
		size_t size = sequence_size(text.data + i, text.size - i);
		if (size == 0)
			return false;
		i += size;
	}
	return true;
}

int crdt_text_nfc(struct span text, struct buf *out)
{
	if (text.size > LIMIT_VALUE_BYTES)
		return ERR_TOOBIG;
	if (!crdt_utf8_valid(text))
		return ERR_MALFORMED;
	if (text.size == 0)
		return 0;
	if (ascii_size(text.data, text.size) == text.size) { /* ASCII is in NFC */
		buf_add_span(out, text);
		return 0;
	}
	uint8_t *normal = NULL;
	utf8proc_ssize_t size = utf8proc_map(
	        text.data, (utf8proc_ssize_t)text.size, &normal, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	int error = size < 0 ? ERR_MALFORMED : size > LIMIT_VALUE_BYTES ? ERR_TOOBIG : 0;
	if (!error)
		buf_add(out, normal, (size_t)size);
	mem_free(normal);
	return error;
}
