#include "net/uv_address.h"

#include <stdlib.h>

#include "crdt/base/err.h"

void net_uv_address_to(const struct net_address *address, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (net_address_is_v4(address)) {
		struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
		memcpy(&v4.sin_addr, address->ip + sizeof(net_ip_v4_prefix), sizeof(v4.sin_addr));
		memcpy(out, &v4, sizeof(v4));
		return;
	}
	struct sockaddr_in6 v6 = {
	        .sin6_family = AF_INET6, .sin6_port = htons(address->port), .sin6_scope_id = address->scope};
	memcpy(&v6.sin6_addr, address->ip, sizeof(v6.sin6_addr));
	memcpy(out, &v6, sizeof(v6));
}

bool net_uv_address_from(const struct sockaddr *system, struct net_address *out)
{
	*out = (struct net_address){0};
	if (system->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, system, sizeof(v4));
		memcpy(out->ip, net_ip_v4_prefix, sizeof(net_ip_v4_prefix));
		memcpy(out->ip + sizeof(net_ip_v4_prefix), &v4.sin_addr, sizeof(v4.sin_addr));
		out->port = ntohs(v4.sin_port);
		return true;
	}
	if (system->sa_family != AF_INET6)
		return false;
	struct sockaddr_in6 v6;
	memcpy(&v6, system, sizeof(v6));
	memcpy(out->ip, &v6.sin6_addr, sizeof(v6.sin6_addr));
	out->port = ntohs(v6.sin6_port);
	out->scope = v6.sin6_scope_id;
	return true;
}

int net_uv_error(int status)
{
	switch (status) {
	case 0:
		return 0;
	case UV_EOF:
	case UV_ECONNRESET:
	case UV_EPIPE:
		return ERR_CLOSED;
	case UV_ETIMEDOUT:
		return ERR_TIMEOUT;
	case UV_ECANCELED:
		return ERR_CANCELLED;
	default:
		return ERR_NETWORK;
	}
}

/* FNV-1a of one address. */
static uint64_t mark_of(const struct net_address *address)
{
	uint64_t mark = UINT64_C(14695981039346656037) ^ address->scope;
	for (int i = 0; i < NET_IP_BYTES; i++)
		mark = (mark ^ address->ip[i]) * UINT64_C(1099511628211);
	return mark;
}

uint64_t net_uv_address_mark(void)
{
	uv_interface_address_t *interfaces;
	uint64_t mark = 0;
	int count;
	if (uv_interface_addresses(&interfaces, &count))
		return 0;
	for (int i = 0; i < count; i++) {
		struct net_address address;
		struct sockaddr_storage system = {0};
		memcpy(&system, &interfaces[i].address, sizeof(interfaces[i].address));
		if (!interfaces[i].is_internal &&
		        net_uv_address_from((const struct sockaddr *)&system, &address))
			mark += mark_of(&address); /* in whatever order the system lists them */
	}
	uv_free_interface_addresses(interfaces, count);
	return mark;
}

/* What people type first comes first. */
static int rank(const struct net_address *address)
{
	return net_address_is_v4(address) ? 0 : net_address_is_link_local(address) ? 2 : 1;
}

static int rank_cmp(const void *a, const void *b)
{
	const int difference = rank(a) - rank(b);
	return difference ? difference : memcmp(a, b, sizeof(struct net_address));
}

uint32_t net_uv_own_addresses(struct net_address *out, uint32_t max)
{
	uv_interface_address_t *interfaces;
	uint32_t found = 0;
	int count;
	if (uv_interface_addresses(&interfaces, &count))
		return 0;
	for (int i = 0; i < count && found < max; i++) {
		struct sockaddr_storage system = {0};
		memcpy(&system, &interfaces[i].address, sizeof(interfaces[i].address));
		found += !interfaces[i].is_internal &&
		        net_uv_address_from((const struct sockaddr *)&system, &out[found]);
	}
	uv_free_interface_addresses(interfaces, count);
	for (uint32_t i = 0; i < found; i++) {
		out[i].port = 0;
		if (!net_address_is_link_local(&out[i]))
			out[i].scope = 0;
	}
	qsort(out, found, sizeof(*out), rank_cmp);
	return found;
}
