#include "tools/gen_json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void add_escaped(struct buf *out, struct span text)
{
	static const char short_forms[32] = {
	        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];
		char escape[8];
		if (byte == '"' || byte == '\\') {
			buf_add(out, (char[]){'\\', (char)byte}, 2);
		} else if (byte >= 32) {
			*buf_extend(out, 1) = byte;
		} else if (short_forms[byte]) {
			buf_add(out, (char[]){'\\', short_forms[byte]}, 2);
		} else {
			snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)byte);
			buf_add(out, escape, 6);
		}
	}
}

static void begin(struct gen_json *json, const char *name)
{
	if (json->follows)
		buf_add(json->out, ",", 1);
	json->follows = true;
	if (!name)
		return;
	buf_add(json->out, "\"", 1);
	buf_add_span(json->out, span_text(name));
	buf_add(json->out, "\":", 2);
}

void gen_json_open(struct gen_json *json, const char *name, char bracket)
{
	begin(json, name);
	buf_add(json->out, &bracket, 1);
	json->follows = false;
}

void gen_json_close(struct gen_json *json, char bracket)
{
	buf_add(json->out, &bracket, 1);
	json->follows = true;
}

void gen_json_text(struct gen_json *json, const char *name, struct span text)
{
	begin(json, name);
	buf_add(json->out, "\"", 1);
	add_escaped(json->out, text);
	buf_add(json->out, "\"", 1);
}

void gen_json_words(struct gen_json *json, const char *name, const char *text)
{
	gen_json_text(json, name, span_text(text));
}

void gen_json_number(struct gen_json *json, const char *name, int64_t number)
{
	char digits[24];
	begin(json, name);
	int length = snprintf(digits, sizeof(digits), "%lld", (long long)number);
	buf_add(json->out, digits, (size_t)length);
}

/* Printing 60 places first gives the exact value of a double of this size, so that only true ties are ties: printf
 * alone would round those to even. */
void gen_json_decimal(struct gen_json *json, const char *name, double number, int decimals)
{
	char exact[96];
	int64_t scaled = 0;
	assert(number > 0 && number < 1e6 && decimals > 0 && decimals < 9);
	snprintf(exact, sizeof(exact), "%.60f", number);
	char *point = strchr(exact, '.');
	assert(point);
	for (char *at = exact; at <= point + decimals; at++) {
		if (at != point)
			scaled = scaled * 10 + (*at - '0');
	}
	scaled += point[decimals + 1] >= '5';
	while (decimals > 0 && scaled % 10 == 0) {
		scaled /= 10;
		decimals--;
	}
	int64_t unit = 1;
	for (int i = 0; i < decimals; i++)
		unit *= 10;
	gen_json_number(json, name, scaled / unit);
	if (decimals == 0)
		return;
	int length = snprintf(exact, sizeof(exact), ".%0*lld", decimals, (long long)(scaled % unit));
	buf_add(json->out, exact, (size_t)length);
}
