#include "node/vitals/measure.h"

#include "crdt/base/err.h"

enum { DIGITS_MAX = 10 }; /* a product with the factors of a unit stays far below 2^63 */

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static uint8_t small(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* The same letters, whatever their case; spaces do not count. */
static bool is_called(struct span text, const char *name)
{
	size_t at = 0;
	for (const char *want = name; *want; want++) {
		if (*want == ' ')
			continue;
		while (at < text.size && text.data[at] == ' ')
			at++;
		if (at == text.size || small(text.data[at++]) != small((uint8_t)*want))
			return false;
	}
	while (at < text.size && text.data[at] == ' ')
		at++;
	return at == text.size;
}

/* A number as it is written: its digits, and how many of them stand behind the mark. */
struct number {
	int64_t digits;
	unsigned decimals;
	bool is_negative;
};

static bool read_number(struct span text, size_t *at, struct number *out)
{
	unsigned count = 0;
	bool has_mark = false;
	*out = (struct number){0};
	out->is_negative = *at < text.size && text.data[*at] == '-';
	*at += out->is_negative;
	for (; *at < text.size; ++*at) {
		uint8_t byte = text.data[*at];
		if ((byte == '.' || byte == ',') && !has_mark && count) {
			has_mark = true;
			continue;
		}
		if (!is_digit(byte))
			break;
		if (++count > DIGITS_MAX)
			return false;
		out->digits = out->digits * 10 + (byte - '0');
		out->decimals += has_mark;
	}
	return count > 0 && (!has_mark || out->decimals > 0);
}

static int64_t nearest(int64_t number, int64_t by)
{
	return number < 0 ? -((-number + by / 2) / by) : (number + by / 2) / by;
}

/* In units of 10^-scale. False: more decimals than that. */
static bool scaled(const struct number *number, uint8_t scale, int64_t *out)
{
	if (number->decimals > scale)
		return false;
	*out = number->digits;
	for (unsigned i = number->decimals; i < scale; i++)
		*out *= 10;
	*out = number->is_negative ? -*out : *out;
	return true;
}

static const struct schema_unit *unit_called(const struct schema_vital *vital, struct span name)
{
	for (const struct schema_unit *unit = vital->units; unit && unit->name; unit++)
		if (is_called(name, unit->name))
			return unit;
	return NULL;
}

int measure_read(const struct schema_vital *vital, struct span text, int32_t *out)
{
	struct number number;
	size_t at = 0;
	int64_t value;
	if (!read_number(text, &at, &number))
		return ERR_INVALID;
	struct span name = span_sub(text, at, text.size);
	bool is_own = is_called(name, "") || is_called(name, vital->unit);
	const struct schema_unit *unit = is_own ? NULL : unit_called(vital, name);
	if (!is_own && !unit)
		return ERR_UNSUPPORTED;
	if (!scaled(&number, unit ? unit->scale : vital->scale, &value))
		return ERR_INVALID;
	if (unit) {
		value *= unit->up;
		if (!unit->is_rounded && value % unit->down)
			return ERR_UNSUPPORTED;
		value = nearest(value, unit->down);
	}
	if (value < INT32_MIN || value > INT32_MAX)
		return ERR_INVALID;
	*out = (int32_t)value;
	return 0;
}

static void write_scaled(char out[MEASURE_TEXT_BYTES], int64_t value, uint8_t scale)
{
	char digits[MEASURE_TEXT_BYTES];
	unsigned long long size = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
	unsigned count = 0, at = 0;
	do {
		digits[count++] = (char)('0' + size % 10);
		size /= 10;
	} while (size || count <= scale);
	if (value < 0)
		out[at++] = '-';
	while (count--) {
		out[at++] = digits[count];
		if (count && count == scale)
			out[at++] = '.';
	}
	out[at] = '\0';
}

void measure_write(char out[MEASURE_TEXT_BYTES], const struct schema_vital *vital, int64_t value)
{
	write_scaled(out, value, vital->scale);
}

const struct schema_unit *measure_write_in(
        char out[MEASURE_TEXT_BYTES], const struct schema_vital *vital, int64_t value, uint32_t index)
{
	const struct schema_unit *unit = vital->units;
	for (uint32_t i = 0; unit && unit->name && i < index; i++)
		unit++;
	if (!unit || !unit->name)
		return NULL;
	write_scaled(out, nearest(value * unit->down, unit->up), unit->scale);
	return unit;
}
