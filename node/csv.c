#include "node/csv.h"

#include <stdio.h>

#include "crdt/base/ids.h"

enum { NUMBER_BYTES = 24, HEX_BYTES = 2 * 64 + 1 };

void csv_text(struct buf *out, const char *text)
{
	buf_add_span(out, span_text(text));
}

void csv_number(struct buf *out, int64_t number)
{
	char text[NUMBER_BYTES];
	snprintf(text, sizeof(text), "%lld", (long long)number);
	csv_text(out, text);
}

void csv_hex(struct buf *out, const uint8_t *bytes, size_t size)
{
	char text[HEX_BYTES];
	ids_hex(text, bytes, size);
	csv_text(out, text);
}

bool csv_is_formula(struct span text)
{
	return text.size && memchr("=+-@\t\r", text.data[0], 6);
}

void csv_quoted(struct buf *out, struct span text)
{
	csv_text(out, "\"");
	if (csv_is_formula(text))
		csv_text(out, " ");
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			csv_text(out, "\"");
		buf_add(out, &text.data[i], 1);
	}
	csv_text(out, "\"");
}
