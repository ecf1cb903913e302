#include "node/plan/former.h"

#include <string.h>

#include "node/schema/moment.h"

enum { DAY_LETTERS = 10 };

/* "2026-03-01 " or "- " at the front, which is taken off. */
static bool take_day(struct span *line, int64_t otherwise, int64_t *out)
{
	const uint8_t *space = line->size ? memchr(line->data, ' ', line->size) : NULL;
	const size_t size = space ? (size_t)(space - line->data) : 0;
	*out = otherwise;
	if (!(size == 1 && line->data[0] == '-') &&
	        !(size == DAY_LETTERS && moment_day_parse(span_sub(*line, 0, size), out)))
		return false;
	*line = span_sub(*line, size + 1, line->size);
	return true;
}

bool former_next(struct span *rest, struct recurrence *rule)
{
	while (rest->size) {
		const uint8_t *end = memchr(rest->data, '\n', rest->size);
		const size_t size = end ? (size_t)(end - rest->data) : rest->size;
		struct span line = span_sub(*rest, 0, size);
		int64_t first, last;
		*rest = span_sub(*rest, size + 1, rest->size);
		if (take_day(&line, RECURRENCE_NEVER, &first) && take_day(&line, RECURRENCE_FOREVER, &last) &&
		        line.size <= RECURRENCE_BYTES_MAX && recurrence_read(line, rule) == 0 &&
		        recurrence_begin(rule, first, last) == 0)
			return true;
	}
	return false;
}

void former_put(struct span rule, int64_t first, int64_t last, struct span older, struct buf *out)
{
	char day[MOMENT_DAY_TEXT_BYTES];
	const int64_t days[] = {first, last};
	uint32_t lines = 1;
	for (size_t i = 0; i < 2; i++) {
		if (recurrence_is_day(days[i]))
			moment_day_text(day, days[i]);
		buf_add_span(out, span_text(recurrence_is_day(days[i]) ? day : "-"));
		buf_add_span(out, span_text(" "));
	}
	buf_add_span(out, rule);
	while (older.size && lines++ < FORMER_RULES_MAX) {
		const uint8_t *end = memchr(older.data, '\n', older.size);
		const size_t size = end ? (size_t)(end - older.data) : older.size;
		if (out->size + 1 + size > FORMER_BYTES_MAX)
			return;
		buf_add_span(out, span_text("\n"));
		buf_add_span(out, span_sub(older, 0, size));
		older = span_sub(older, size + 1, older.size);
	}
}
