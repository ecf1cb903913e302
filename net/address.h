/*
 * net/address.h - an IP address with a port, in one form for both families.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { NET_IP_BYTES = 16, NET_IP_TEXT_BYTES = 64 };

struct net_address {
	uint8_t ip[NET_IP_BYTES]; /* IPv6; an IPv4 address as ::ffff:a.b.c.d */
	uint16_t port;
	uint32_t
	        scope; /* interface of a link-local IPv6 address, 0 otherwise; means nothing to other machines */
};

static const uint8_t net_ip_v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static inline bool net_address_is_v4(const struct net_address *address)
{
	return memcmp(address->ip, net_ip_v4_prefix, sizeof(net_ip_v4_prefix)) == 0;
}

static inline struct net_address net_address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint16_t port)
{
	struct net_address address = {.ip = {[12] = a, [13] = b, [14] = c, [15] = d}, .port = port};
	memcpy(address.ip, net_ip_v4_prefix, sizeof(net_ip_v4_prefix));
	return address;
}

/* "192.168.1.20", port 0: four numbers in decimal and nothing around them. False: it is something else; *out is unchanged. */
bool net_address_parse_v4(const char *text, struct net_address *out);

/* An address as people write it, port 0: "192.168.1.20" or IPv6 ("2001:db8::1"), without brackets; a link-local one may name an interface of this machine by its number
 * ("fe80::1%2"). False: it is something else; *out is unchanged. */
bool net_address_parse(const char *text, struct net_address *out);

/* Such a text, without interface and port; and with the port, as "192.168.1.20:7766" or "[fe80::1]:7766". */
void net_address_ip_text(const struct net_address *address, char out[NET_IP_TEXT_BYTES]);
void net_address_text(const struct net_address *address, char out[NET_IP_TEXT_BYTES]);

static inline bool net_address_is_link_local(const struct net_address *address)
{
	return address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

/* Can it be of one machine? Not of a group, and not the absent one. */
bool net_address_is_of_one(const struct net_address *address);

/* The same machine, as far as an address tells: port aside. */
static inline bool net_address_same_ip(const struct net_address *a, const struct net_address *b)
{
	return memcmp(a->ip, b->ip, NET_IP_BYTES) == 0 && a->scope == b->scope;
}

static inline bool net_address_same(const struct net_address *a, const struct net_address *b)
{
	return a->port == b->port && net_address_same_ip(a, b);
}

#endif
