#include "node/api_target.h"

#include <utf8proc.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Controls would let a value end early or forge a line of a log. */
static bool is_text(const char *text, size_t size)
{
	utf8proc_ssize_t at = 0;
	while (at < (utf8proc_ssize_t)size) {
		utf8proc_int32_t c;
		utf8proc_ssize_t step = utf8proc_iterate(
		        (const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)size - at, &c);
		if (step <= 0 || c < 0x20 || c == 0x7f)
			return false;
		at += step;
	}
	return true;
}

/* Decode `from`..`end` to *to, terminated, and move *to behind it. NULL: not text. */
static const char *decode(char **to, const char *from, const char *end, bool plus_is_space)
{
	char *start = *to, *at = start;
	while (from < end) {
		if (*from == '%') {
			int high = end - from > 2 ? digit(from[1]) : -1;
			int low = end - from > 2 ? digit(from[2]) : -1;
			if (high < 0 || low < 0)
				return NULL;
			*at++ = (char)(high * 16 + low);
			from += 3;
		} else {
			*at++ = *from == '+' && plus_is_space ? ' ' : *from;
			from++;
		}
	}
	if (!is_text(start, (size_t)(at - start)))
		return NULL;
	*at++ = '\0';
	*to = at;
	return start;
}

static const char *find_any(const char *from, const char *end, char a, char b)
{
	while (from < end && *from != a && *from != b)
		from++;
	return from;
}

static int read_path(struct api_target *out, char **to, const char *at, const char *end)
{
	if (at == end || *at != '/')
		return ERR_MALFORMED;
	if (end - at == 1)
		return 0; /* "/" has no segments */
	while (at < end) {
		const char *stop = find_any(at + 1, end, '/', '/');
		if (stop == at + 1)
			return ERR_MALFORMED;
		if (out->segment_count == API_TARGET_SEGMENTS)
			return ERR_TOOBIG;
		const char *text = decode(to, at + 1, stop, false);
		if (!text)
			return ERR_MALFORMED;
		out->segments[out->segment_count++] = text;
		at = stop;
	}
	return 0;
}

static int read_query(struct api_target *out, char **to, const char *at, const char *end)
{
	while (at < end) {
		const char *stop = find_any(at, end, '&', '&');
		const char *equals = find_any(at, stop, '=', '=');
		if (out->query_count == API_TARGET_QUERIES)
			return ERR_TOOBIG;
		const char *name = decode(to, at, equals, true);
		const char *value = decode(to, equals < stop ? equals + 1 : stop, stop, true);
		if (!name || !value)
			return ERR_MALFORMED;
		out->queries[out->query_count].name = name;
		out->queries[out->query_count++].value = value;
		at = stop < end ? stop + 1 : end;
	}
	return 0;
}

int api_target_read(struct api_target *out, struct span target)
{
	*out = (struct api_target){0};
	if (target.size > API_TARGET_BYTES)
		return ERR_TOOBIG;
	/* Each piece gives up its delimiter for a terminator; names without "=" need one more. */
	out->text = mem_zero(target.size + API_TARGET_QUERIES + 2, 1);
	char *to = out->text;
	const char *at = (const char *)target.data, *end = at + target.size;
	const char *mark = find_any(at, end, '?', '?');
	int error = read_path(out, &to, at, mark);
	if (!error && mark < end)
		error = read_query(out, &to, mark + 1, end);
	return error;
}

void api_target_close(struct api_target *target)
{
	mem_free(target->text);
	*target = (struct api_target){0};
}

/* The next segment of a pattern: its text after the slash; *size 0 at the end. */
static const char *next(const char *pattern, size_t *size)
{
	if (*pattern == '/')
		pattern++;
	*size = strcspn(pattern, "/");
	return pattern;
}

bool api_target_match(const struct api_target *target, const char *pattern)
{
	unsigned i = 0;
	size_t size;
	for (pattern = next(pattern, &size); size; pattern = next(pattern + size, &size), i++) {
		if (i == target->segment_count)
			return false;
		const char *segment = target->segments[i];
		if (*pattern != ':' && (strlen(segment) != size || memcmp(segment, pattern, size) != 0))
			return false;
	}
	return i == target->segment_count;
}

const char *api_target_param(const struct api_target *target, const char *pattern, unsigned index)
{
	unsigned i = 0;
	size_t size;
	for (pattern = next(pattern, &size); size && i < target->segment_count;
	        pattern = next(pattern + size, &size), i++)
		if (*pattern == ':' && index-- == 0)
			return target->segments[i];
	return "";
}

const char *api_target_query(const struct api_target *target, const char *name)
{
	for (unsigned i = 0; i < target->query_count; i++)
		if (strcmp(target->queries[i].name, name) == 0)
			return target->queries[i].value;
	return NULL;
}
