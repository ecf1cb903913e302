#include "node/json_line.h"

#include "crdt/nfc.h"

enum { DIGITS_MAX = 15 };

void json_line_begin(struct json_line *line, struct span bytes)
{
	line->at = bytes.data;
	line->end = bytes.data + bytes.size;
	line->error = JSON_LINE_OK;
	line->is_first = false;
	buf_clear(&line->text);
	/* Unescaped texts, and their NFC, at most threefold (Unicode Annex 15). It must not move while texts borrow from it. */
	buf_reserve(&line->text, 4 * bytes.size + 1);
}

void json_line_close(struct json_line *line)
{
	buf_close(&line->text);
}

void json_line_fail(struct json_line *line, enum json_line_error error)
{
	if (!line->error)
		line->error = error;
	line->at = line->end;
}

static void skip_space(struct json_line *line)
{
	while (line->at < line->end &&
	        (*line->at == ' ' || *line->at == '\t' || *line->at == '\r' || *line->at == '\n'))
		line->at++;
}

/* The next character that is not white space, taken; 0 at the end. */
static uint8_t take(struct json_line *line)
{
	skip_space(line);
	if (line->at < line->end)
		return *line->at++;
	json_line_fail(line, JSON_LINE_ENDS);
	return 0;
}

static uint8_t peek(struct json_line *line)
{
	skip_space(line);
	return line->at < line->end ? *line->at : 0;
}

static bool starts_value(uint8_t c)
{
	return c == '"' || c == '{' || c == '[' || c == '-' || (c >= '0' && c <= '9') || c == 't' ||
	        c == 'f' || c == 'n';
}

/* A value begins with `first`, or it is of another type, or it is not JSON. */
static bool expect(struct json_line *line, uint8_t first)
{
	uint8_t c = peek(line);
	if (c == first) {
		line->at++;
		return true;
	}
	json_line_fail(line,
	        line->at == line->end     ? JSON_LINE_ENDS
	                : starts_value(c) ? JSON_LINE_TYPE
	                                  : JSON_LINE_SYNTAX);
	return false;
}

bool json_line_object(struct json_line *line)
{
	line->is_first = true;
	return expect(line, '{');
}

bool json_line_array(struct json_line *line)
{
	line->is_first = true;
	return expect(line, '[');
}

/* True when another member follows; false when `closing` was taken, or on an error. */
static bool next_member(struct json_line *line, uint8_t closing)
{
	bool is_first = line->is_first;
	line->is_first = false;
	if (line->error)
		return false;
	if (peek(line) == closing) {
		line->at++;
		return false;
	}
	if (is_first)
		return true;
	uint8_t c = take(line);
	if (c != ',' && !line->error)
		json_line_fail(line, JSON_LINE_SYNTAX);
	return !line->error;
}

bool json_line_item(struct json_line *line)
{
	return next_member(line, ']');
}

/* A key of ASCII letters without white space around it, as programs write them: taken as the general code would take it. */
static bool quick_key(struct json_line *line, struct span *key)
{
	const uint8_t *at = line->at, *end = line->end;
	if (line->error || (!line->is_first && (at == end || *at++ != ',')))
		return false;
	if (at == end || *at++ != '"')
		return false;
	const uint8_t *start = at;
	while (at < end && (*at | 0x20) >= 'a' && (*at | 0x20) <= 'z')
		at++;
	if (end - at < 2 || at[0] != '"' || at[1] != ':')
		return false;
	*key = span_of(start, (size_t)(at - start));
	line->is_first = false;
	line->at = at + 2;
	return true;
}

bool json_line_key(struct json_line *line, struct span *key)
{
	if (quick_key(line, key))
		return true;
	if (!next_member(line, '}'))
		return false;
	if (peek(line) != '"') {
		json_line_fail(line, line->at == line->end ? JSON_LINE_ENDS : JSON_LINE_SYNTAX);
		return false;
	}
	*key = json_line_text(line);
	if (take(line) != ':')
		json_line_fail(line, JSON_LINE_SYNTAX);
	return !line->error;
}

/* --- Texts --- */

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint32_t unit(struct json_line *line)
{
	uint32_t value = 0;
	if (line->end - line->at < 4) {
		json_line_fail(line, JSON_LINE_ENDS);
		return 0;
	}
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(*line->at++);
		if (digit < 0) {
			json_line_fail(line, JSON_LINE_SYNTAX);
			return 0;
		}
		value = value << 4 | (uint32_t)digit;
	}
	return value;
}

static void put_utf8(struct buf *out, uint32_t point)
{
	uint8_t bytes[4];
	size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const uint8_t HEADS[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = size; i-- > 1; point >>= 6)
		bytes[i] = (uint8_t)(0x80 | (point & 0x3f));
	bytes[0] = (uint8_t)(HEADS[size] | point);
	buf_add(out, bytes, size);
}

static void put_unicode(struct json_line *line)
{
	uint32_t point = unit(line);
	if (point >= 0xd800 && point < 0xdc00) {
		if (line->end - line->at < 2 || line->at[0] != '\\' || line->at[1] != 'u') {
			json_line_fail(line, JSON_LINE_UTF8);
			return;
		}
		line->at += 2;
		uint32_t low = unit(line);
		if (low < 0xdc00 || low > 0xdfff) {
			json_line_fail(line, JSON_LINE_UTF8);
			return;
		}
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
	} else if ((point >= 0xdc00 && point < 0xe000) || point == 0) {
		json_line_fail(line, JSON_LINE_UTF8);
	}
	if (!line->error)
		put_utf8(&line->text, point);
}

static void put_escape(struct json_line *line)
{
	static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
	if (line->at == line->end) {
		json_line_fail(line, JSON_LINE_ENDS);
		return;
	}
	uint8_t c = *line->at++;
	if (c == 'u') {
		put_unicode(line);
		return;
	}
	const char *found = c ? strchr(FROM, c) : NULL;
	if (found)
		buf_add(&line->text, &TO[found - FROM], 1);
	else
		json_line_fail(line, JSON_LINE_SYNTAX);
}

/* What is known of a text besides its bytes. */
enum { TEXT_PLAIN = 0, TEXT_CHECK = 1 }; /* TEXT_CHECK: look at UTF-8 and NFC with the general code */

/* Bytes of a word that are a quote, a backslash or a control character, or over 0x7f: their high bit is set. May set the bit of a
 * byte above such a one as well, which only ends the fast loop early. */
static uint64_t special(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
	uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
	return ((quote - ones) | (slash - ones) | (word - ones * 0x20) | word) & highs;
}

/* The plain characters from here on. Two-byte sequences below U+0300, where combining marks begin, are in UTF-8 and NFC as they stand:
 * all of French but for a few dashes and quotes. */
static struct span plain(struct json_line *line, int *known)
{
	const uint8_t *start = line->at, *at = line->at, *end = line->end;
	for (;;) {
		for (uint64_t word; end - at >= 8; at += 8) {
			memcpy(&word, at, 8);
			if (special(word))
				break;
		}
		while (at < end && *at < 0x80 && *at >= 0x20 && *at != '"' && *at != '\\')
			at++;
		if (at == end || *at < 0x80)
			break;
		if (*at >= 0xc2 && *at < 0xcc && end - at > 1 && (at[1] & 0xc0) == 0x80) {
			at += 2;
			continue;
		}
		*known = TEXT_CHECK;
		at++;
	}
	line->at = at;
	return span_of(start, (size_t)(at - start));
}

/* Nothing that normalization changes: everything below U+0300, and the dashes, quotes and ellipsis of U+2010 to U+203F. */
static bool is_surely_nfc(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		if (c < 0xcc)
			continue;
		if (c != 0xe2 || text.data[i + 1] != 0x80 || text.data[i + 2] < 0x90)
			return false;
		i += 2;
	}
	return true;
}

static struct span finish_text(struct json_line *line, struct span text, int known)
{
	if (known == TEXT_PLAIN)
		return text;
	if (!crdt_utf8_valid(text)) {
		json_line_fail(line, JSON_LINE_UTF8);
		return (struct span){NULL, 0};
	}
	if (is_surely_nfc(text))
		return text;
	struct buf normal = {0};
	size_t start = line->text.size;
	if (crdt_text_nfc(text, &normal) || normal.size > line->text.capacity - start)
		json_line_fail(line, JSON_LINE_UTF8);
	else
		buf_add_span(&line->text, buf_span(&normal));
	buf_close(&normal);
	return span_sub(buf_span(&line->text), start, line->text.size - start);
}

struct span json_line_text(struct json_line *line)
{
	int known = TEXT_PLAIN;
	if (!expect(line, '"'))
		return (struct span){NULL, 0};
	struct span text = plain(line, &known);
	if (line->at < line->end && *line->at == '"') { /* as it stands */
		line->at++;
		return finish_text(line, text, known);
	}
	size_t start = line->text.size;
	buf_add_span(&line->text, text);
	while (line->at < line->end && *line->at == '\\') {
		line->at++;
		put_escape(line);
		if (line->error)
			return (struct span){NULL, 0};
		buf_add_span(&line->text, plain(line, &known));
	}
	if (line->at == line->end || *line->at != '"') {
		json_line_fail(line, line->at == line->end ? JSON_LINE_ENDS : JSON_LINE_UTF8);
		return (struct span){NULL, 0};
	}
	line->at++;
	text = span_of(line->text.data + start, line->text.size - start);
	return finish_text(line, text, TEXT_CHECK); /* an escape may stand for any character */
}

/* --- Numbers --- */

/* Digits appended to *value. False: none, or too many in all. */
static bool digits(struct json_line *line, int64_t *value, unsigned *count)
{
	unsigned before = *count;
	while (line->at < line->end && *line->at >= '0' && *line->at <= '9') {
		if (++*count > DIGITS_MAX)
			return false;
		*value = *value * 10 + (*line->at++ - '0');
	}
	return *count > before;
}

int64_t json_line_decimal(struct json_line *line, unsigned scale)
{
	int64_t value = 0;
	unsigned count = 0, places = 0;
	uint8_t first = peek(line);
	if (first != '-' && (first < '0' || first > '9')) {
		expect(line, '0'); /* fails in the right words */
		return 0;
	}
	bool is_negative = first == '-';
	line->at += is_negative;
	const uint8_t *start = line->at;
	if (!digits(line, &value, &count) || (*start == '0' && count > 1)) {
		json_line_fail(line, count > 1 && *start != '0' ? JSON_LINE_NUMBER : JSON_LINE_SYNTAX);
		return 0;
	}
	if (line->at < line->end && *line->at == '.') {
		unsigned whole = count;
		line->at++;
		bool is_good = digits(line, &value, &count);
		places = count - whole;
		if (!is_good || places > scale) {
			json_line_fail(line, places ? JSON_LINE_NUMBER : JSON_LINE_SYNTAX);
			return 0;
		}
	}
	if (line->at < line->end && (*line->at == 'e' || *line->at == 'E')) {
		json_line_fail(line, JSON_LINE_NUMBER);
		return 0;
	}
	for (; places < scale; places++)
		value *= 10; /* at most 15 + 3 digits */
	return is_negative ? -value : value;
}

int64_t json_line_integer(struct json_line *line)
{
	return json_line_decimal(line, 0);
}

enum json_line_error json_line_end(struct json_line *line)
{
	if (!line->error) {
		skip_space(line);
		if (line->at != line->end)
			line->error = JSON_LINE_EXTRA;
	}
	return line->error;
}
