#include "node/exchange/csv_read.h"

#include <string.h>

#include "crdt/base/err.h"
#include "crdt/nfc.h"

static const char SEPARATORS[] = ";,\t|";

static char separator_of(struct span bytes)
{
	size_t best = 0;
	char found = ';';
	const uint8_t *end = memchr(bytes.data, '\n', bytes.size);
	const size_t size = end ? (size_t)(end - bytes.data) : bytes.size;
	for (const char *one = SEPARATORS; *one; one++) {
		size_t count = 0;
		for (size_t i = 0; i < size; i++)
			count += bytes.data[i] == (uint8_t)*one;
		if (count > best) {
			best = count;
			found = *one;
		}
	}
	return found;
}

int csv_reader_begin(struct csv_reader *reader, struct span bytes)
{
	*reader = (struct csv_reader){.rest = bytes, .separator = ';'};
	if (bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0)
		reader->rest = span_sub(bytes, 3, bytes.size - 3);
	if (reader->rest.size)
		reader->separator = separator_of(reader->rest);
	return crdt_utf8_valid(reader->rest) ? 0 : ERR_MALFORMED;
}

void csv_reader_close(struct csv_reader *reader)
{
	buf_wipe(&reader->text);
}

static bool peek(const struct csv_reader *reader, char *letter)
{
	if (reader->rest.size == 0)
		return false;
	*letter = (char)reader->rest.data[0];
	return true;
}

static void skip(struct csv_reader *reader)
{
	const uint8_t *at = reader->rest.data;
	const bool is_alone = at[0] == '\r' && (reader->rest.size == 1 || at[1] != '\n');
	reader->lines_read += at[0] == '\n' ||
	        is_alone; /* a carriage return alone ends lines of some programs */
	reader->rest = span_sub(reader->rest, 1, reader->rest.size - 1);
}

static bool ends_row(char letter)
{
	return letter == '\n' || letter == '\r';
}

static int put(struct csv_reader *reader, size_t start, char letter)
{
	if (reader->text.size - start >= CSV_READ_FIELD_BYTES_MAX)
		return ERR_TOOBIG;
	buf_add(&reader->text, &letter, 1);
	return 0;
}

/* Behind the first quote. Two quotes are one. */
static int read_quoted(struct csv_reader *reader, size_t start)
{
	char letter;
	int result = 0;
	while (!result && peek(reader, &letter)) {
		skip(reader);
		if (letter != '"') {
			result = put(reader, start, letter);
			continue;
		}
		if (!peek(reader, &letter) || letter != '"')
			return peek(reader, &letter) && letter != reader->separator && !ends_row(letter)
			        ? ERR_MALFORMED
			        : 0;
		skip(reader);
		result = put(reader, start, '"');
	}
	return result ? result : ERR_MALFORMED;
}

static int read_plain(struct csv_reader *reader, size_t start)
{
	char letter;
	int result = 0;
	while (!result && peek(reader, &letter) && letter != reader->separator && !ends_row(letter)) {
		skip(reader);
		result = put(reader, start, letter);
	}
	return result;
}

static int read_field(struct csv_reader *reader)
{
	const size_t start = reader->text.size;
	char letter;
	if (reader->field_count == CSV_READ_FIELDS_MAX)
		return ERR_TOOBIG;
	const bool quoted = peek(reader, &letter) && letter == '"';
	if (quoted)
		skip(reader);
	int result = quoted ? read_quoted(reader, start) : read_plain(reader, start);
	if (!result) /* places for now: the text may move while the row grows */
		reader->fields[reader->field_count++] = span_of(NULL, reader->text.size - start);
	return result;
}

static void place_fields(struct csv_reader *reader)
{
	size_t at = 0;
	for (uint32_t i = 0; i < reader->field_count; i++) {
		const size_t size = reader->fields[i].size;
		reader->fields[i] = size ? span_of(reader->text.data + at, size) : (struct span){NULL, 0};
		at += size;
	}
}

static int read_row(struct csv_reader *reader)
{
	char letter;
	int result = read_field(reader);
	while (!result && peek(reader, &letter) && letter == reader->separator) {
		skip(reader);
		result = read_field(reader);
	}
	while (!result && peek(reader, &letter) && ends_row(letter))
		skip(reader); /* empty lines too */
	place_fields(reader);
	return result;
}

static bool is_empty(const struct csv_reader *reader)
{
	for (uint32_t i = 0; i < reader->field_count; i++)
		if (reader->fields[i].size)
			return false;
	return true;
}

int csv_reader_next(struct csv_reader *reader)
{
	while (reader->rest.size) {
		reader->line = reader->lines_read + 1;
		reader->field_count = 0;
		reader->text.size = 0;
		int result = read_row(reader);
		if (result)
			return result;
		if (is_empty(reader))
			continue;
		return reader->row_count++ == CSV_READ_ROWS_MAX ? ERR_TOOBIG : 0;
	}
	return CSV_READ_END;
}
