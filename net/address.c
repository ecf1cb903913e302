#include "net/address.h"

/* 0 to 255 without leading zeros, which other programs take for octal. Moves *at behind it. */
static bool read_number(const char **at, uint8_t *out)
{
	const char *start = *at;
	unsigned value = 0;
	while (**at >= '0' && **at <= '9' && value < 256)
		value = value * 10 + (unsigned)(*(*at)++ - '0');
	if (*at == start || value > 255 || (*start == '0' && *at - start > 1))
		return false;
	*out = (uint8_t)value;
	return true;
}

bool net_address_parse_v4(const char *text, struct net_address *out)
{
	uint8_t parts[4];
	for (int i = 0; i < 4; i++) {
		if (!read_number(&text, &parts[i]) || *text != (i < 3 ? '.' : '\0'))
			return false;
		text += i < 3;
	}
	*out = net_address_v4(parts[0], parts[1], parts[2], parts[3], 0);
	return true;
}
