#include "net/uv_address.h"

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
