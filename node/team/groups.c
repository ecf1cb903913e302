#include "node/team/groups.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "crdt/base/err.h"

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { DATA_CHARS = GROUPS_CHARS - 1, CHARS_MAX = GROUPS_MAX * GROUPS_CHARS };

/* One character is 5 bits: a number of GF(32). */
struct code {
	uint8_t values[CHARS_MAX];
	unsigned group_count;
};

/* As many bytes as so many groups hold, without that of the checksum. */
static size_t bytes_of(unsigned group_count)
{
	return (size_t)(group_count - 1) * GROUPS_DATA_BITS / 8;
}

/* 20 bits over all bytes: the data of the last group. */
static void checksum(const struct groups_kind *kind, struct span bytes, uint8_t out[DATA_CHARS])
{
	crypto_generichash_state state;
	uint8_t hash[16];
	crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)kind->domain, strlen(kind->domain));
	crypto_generichash_update(&state, bytes.data, bytes.size);
	crypto_generichash_final(&state, hash, sizeof(hash));
	for (unsigned i = 0; i < DATA_CHARS; i++)
		out[i] = hash[i] & 31;
}

/* --- Check characters ---------------------------------------------------------------------------------------------------- */

/* Times x in GF(32) = GF(2)[x] / (x^5 + x^2 + 1). */
static uint8_t times_x(uint8_t value)
{
	return (uint8_t)((value << 1 & 31) ^ (value & 16 ? 5 : 0));
}

/* The weighted sum of a group's characters and the group's number, zero when the group is right. Position i weighs x^i: the
 * weights differ and none is zero, so that any one wrong character, or any two exchanged, leaves a rest. The number makes
 * two exchanged groups leave one as well. */
static uint8_t syndrome(const uint8_t *values, unsigned group)
{
	uint8_t sum = 0;
	for (unsigned i = 0; i < GROUPS_CHARS; i++)
		sum = times_x(sum) ^ values[i]; /* the last character, the check one, weighs 1 */
	return sum ^ (uint8_t)((group + 1) & 31);
}

static struct code encode(const struct groups_kind *kind, struct span bytes)
{
	struct code code = {.group_count = groups_count(bytes.size)};
	uint8_t padded[GROUPS_BYTES_MAX + 1] = {0}, data[GROUPS_MAX * DATA_CHARS];
	assert(bytes.size <= GROUPS_BYTES_MAX);
	memcpy(padded, bytes.data, bytes.size);
	for (unsigned i = 0; i < (code.group_count - 1) * DATA_CHARS; i++) {
		unsigned bit = i * 5, value = (unsigned)padded[bit / 8] << 8;
		value |= padded[bit / 8 + 1];
		data[i] = (uint8_t)(value >> (11 - bit % 8) & 31);
	}
	checksum(kind, span_of(padded, bytes_of(code.group_count)),
	        data + (code.group_count - 1) * DATA_CHARS);
	for (unsigned group = 0; group < code.group_count; group++) {
		uint8_t *values = code.values + group * GROUPS_CHARS;
		memcpy(values, data + group * DATA_CHARS, DATA_CHARS);
		values[DATA_CHARS] = 0;
		values[DATA_CHARS] = syndrome(values, group);
	}
	sodium_memzero(padded, sizeof(padded));
	sodium_memzero(data, sizeof(data));
	return code;
}

/* ERR_CHECKDIGIT: *group is the first one that is wrong, or 0. */
static int decode(const struct groups_kind *kind, const struct code *code, uint8_t out[GROUPS_BYTES_MAX],
        size_t *byte_count, unsigned *group)
{
	uint8_t bytes[GROUPS_BYTES_MAX + 2] = {0}, want[DATA_CHARS];
	const unsigned last = code->group_count - 1;
	*group = 0;
	for (unsigned i = 0; i < code->group_count && *group == 0; i++)
		if (syndrome(code->values + i * GROUPS_CHARS, i))
			*group = i + 1;
	for (unsigned i = 0; i < last * DATA_CHARS; i++) {
		const unsigned bit = i * 5;
		const unsigned wide = (unsigned)code->values[i / DATA_CHARS * GROUPS_CHARS + i % DATA_CHARS]
		        << (11 - bit % 8);
		bytes[bit / 8] |= (uint8_t)(wide >> 8);
		bytes[bit / 8 + 1] |= (uint8_t)wide;
	}
	*byte_count = bytes_of(code->group_count);
	checksum(kind, span_of(bytes, *byte_count), want);
	const bool right = *group == 0 && memcmp(want, code->values + last * GROUPS_CHARS, DATA_CHARS) == 0;
	if (right)
		memcpy(out, bytes, *byte_count);
	sodium_memzero(bytes, sizeof(bytes));
	return right ? 0 : ERR_CHECKDIGIT;
}

/* --- Text ---------------------------------------------------------------------------------------------------------------- */

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static int value_of(uint8_t c)
{
	c = upper(c);
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	const char *at = c ? strchr(ALPHABET, c) : NULL;
	return at ? (int)(at - ALPHABET) : -1;
}

static bool is_separator(uint8_t c)
{
	return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n';
}

static struct span without_prefix(const struct groups_kind *kind, struct span text)
{
	const size_t size = strlen(kind->prefix);
	while (text.size && is_separator(text.data[0]))
		text = span_sub(text, 1, text.size);
	for (size_t i = 0; i < size; i++)
		if (i >= text.size || upper(text.data[i]) != (uint8_t)kind->prefix[i])
			return text;
	return span_sub(text, size, text.size);
}

/* Characters to values. Separators tell where a group was meant to end, so that a lost or doubled character is named too. */
static int read_text(struct span text, unsigned group_count, struct code *code, unsigned *group)
{
	unsigned count = 0, run = 0; /* run: characters since the last separator */
	const unsigned most = (group_count ? group_count : GROUPS_MAX) * GROUPS_CHARS;
	for (size_t i = 0; i <= text.size; i++) {
		bool end = i == text.size || is_separator(text.data[i]);
		if (end && run % GROUPS_CHARS != 0) {
			*group = (count - 1) / GROUPS_CHARS + 1;
			return run < GROUPS_CHARS ? ERR_TRUNCATED : ERR_TOOBIG;
		}
		if (end) {
			run = 0;
			continue;
		}
		int value = value_of(text.data[i]);
		*group = count / GROUPS_CHARS + 1;
		if (value < 0)
			return ERR_MALFORMED;
		if (count == most)
			return ERR_TOOBIG;
		code->values[count++] = (uint8_t)value;
		run++;
	}
	*group = count / GROUPS_CHARS + 1;
	code->group_count = count / GROUPS_CHARS;
	return code->group_count >= (group_count ? group_count : 2) ? 0 : ERR_TRUNCATED;
}

static void write_code(const struct code *code, bool spaces, char *out)
{
	for (unsigned i = 0; i < code->group_count * GROUPS_CHARS; i++) {
		*out++ = ALPHABET[code->values[i]];
		if (spaces && i % GROUPS_CHARS == DATA_CHARS)
			*out++ = ' ';
	}
	out[spaces ? -1 : 0] = '\0';
}

void groups_text(const struct groups_kind *kind, struct span bytes, char *out)
{
	struct code code = encode(kind, bytes);
	write_code(&code, true, out);
	sodium_memzero(&code, sizeof(code));
}

void groups_qr_text(const struct groups_kind *kind, struct span bytes, char *out)
{
	const size_t size = strlen(kind->prefix);
	struct code code = encode(kind, bytes);
	memcpy(out, kind->prefix, size);
	write_code(&code, false, out + size);
	sodium_memzero(&code, sizeof(code));
}

int groups_read(const struct groups_kind *kind, struct span text, unsigned group_count,
        uint8_t out[GROUPS_BYTES_MAX], size_t *byte_count, unsigned *group)
{
	struct code code = {.group_count = 0};
	int result = read_text(without_prefix(kind, text), group_count, &code, group);
	if (result == 0)
		result = decode(kind, &code, out, byte_count, group);
	sodium_memzero(&code, sizeof(code));
	return result;
}
