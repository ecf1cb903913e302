#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

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

/* "%2" behind an address: the number of an interface. */
static bool read_scope(const char *text, uint32_t *out)
{
	char *end;
	if (text[0] < '1' || text[0] > '9' || strlen(text) > 9)
		return false;
	*out = (uint32_t)strtoul(text, &end, 10);
	return *end == '\0';
}

bool net_address_parse(const char *text, struct net_address *out)
{
	char ip[INET6_ADDRSTRLEN];
	struct net_address address = {.port = 0};
	const size_t size = strcspn(text, "%");
	if (net_address_parse_v4(text, out))
		return true;
	if (size >= sizeof(ip))
		return false;
	memcpy(ip, text, size);
	ip[size] = '\0';
	if (inet_pton(AF_INET6, ip, address.ip) != 1 || net_address_is_v4(&address))
		return false;
	if (text[size] &&
	        (!net_address_is_link_local(&address) || !read_scope(text + size + 1, &address.scope)))
		return false;
	*out = address;
	return true;
}

void net_address_ip_text(const struct net_address *address, char out[NET_IP_TEXT_BYTES])
{
	if (net_address_is_v4(address))
		inet_ntop(AF_INET, address->ip + sizeof(net_ip_v4_prefix), out, NET_IP_TEXT_BYTES);
	else
		inet_ntop(AF_INET6, address->ip, out, NET_IP_TEXT_BYTES);
}

void net_address_text(const struct net_address *address, char out[NET_IP_TEXT_BYTES])
{
	char ip[NET_IP_TEXT_BYTES];
	net_address_ip_text(address, ip);
	snprintf(out, NET_IP_TEXT_BYTES, net_address_is_v4(address) ? "%.46s:%u" : "[%.46s]:%u", ip,
	        (unsigned)address->port);
}

bool net_address_is_of_one(const struct net_address *address)
{
	static const uint8_t none[NET_IP_BYTES];
	const uint8_t *v4 = address->ip + sizeof(net_ip_v4_prefix);
	if (net_address_is_v4(address))
		return v4[0] != 0 && v4[0] < 224; /* groups, and the broadcast's */
	return address->ip[0] != 0xff && memcmp(address->ip, none, sizeof(none)) != 0;
}
