#include "crdt/base/ids.h"

static const char hex_digits[] = "0123456789abcdef";

void ids_hex(char *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		out[2 * i] = hex_digits[bytes[i] >> 4];
		out[2 * i + 1] = hex_digits[bytes[i] & 15];
	}
	out[2 * size] = '\0';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool ids_from_hex(uint8_t *out, size_t size, const char *text)
{
	if (strlen(text) != 2 * size)
		return false;
	for (size_t i = 0; i < 2 * size; i++)
		if (hex_value(text[i]) < 0)
			return false;
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
	return true;
}

int op_id_cmp(const struct op_id *a, const struct op_id *b)
{
	int order = feed_id_cmp(&a->feed, &b->feed);
	if (order)
		return order;
	if (a->seq != b->seq)
		return a->seq < b->seq ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}
