/*
 * net/uv_address.h - between struct net_address, the system's socket addresses, and errors of libuv.
 */
#ifndef NET_UV_ADDRESS_H
#define NET_UV_ADDRESS_H

#include <uv.h>

#include "net/address.h"

/* The all-zero IP becomes IPv6's "everywhere". */
void net_uv_address_to(const struct net_address *address, struct sockaddr_storage *out);

/* False: neither IPv4 nor IPv6. */
bool net_uv_address_from(const struct sockaddr *system, struct net_address *out);

/* A code of libuv as one of ours: ERR_CLOSED for the end of the stream, ERR_TIMEOUT, ERR_CANCELLED, else ERR_NETWORK. */
int net_uv_error(int status);

/* This machine's addresses, loopback apart, at most `max`: IPv4, then IPv6, then link-local ones, which name their interface. Port 0. Returns how many. */
uint32_t net_uv_own_addresses(struct net_address *out, uint32_t max);

/* A number that stands for the addresses of this machine, loopback apart: another one when it came into another network. 0: they cannot be told. */
uint64_t net_uv_address_mark(void);

#endif
