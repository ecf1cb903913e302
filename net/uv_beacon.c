/*
 * Normal course: new binds a socket per family; announce joins and sends; datagrams go to `heard`.
 * Closing: libuv 1.44 must not close a UDP handle inside its own receive callback, so closing always waits for a
 * timer of 0 ms, whoever asked. Memory goes with the last of the three handles.
 */
#include "net/uv_beacon.h"

#include <stdio.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/mem.h"
#include "net/uv_address.h"

#define GROUP_V4 "239.255.77.82"
#define GROUP_V6 "ff12::7265:6c65"

enum { V4, V6, FAMILIES };

struct net_uv_beacon {
	uv_loop_t *loop;
	uv_udp_t sockets[FAMILIES];
	bool bound[FAMILIES];
	uv_timer_t closer;
	uint32_t handles_open;
	struct net_uv_beacon_config config;
	const struct net_uv_beacon_events *events; /* NULL: closed */
	void *context;
	uint64_t second; /* of the loop's clock, and what came in it */
	uint32_t heard_count;
	char datagram[LIMIT_BEACON_BYTES + 1]; /* one more, to tell a longer one */
};

static void handle_closed(uv_handle_t *handle)
{
	struct net_uv_beacon *beacon = handle->data;
	if (--beacon->handles_open == 0)
		mem_free(beacon);
}

static void close_handles(uv_timer_t *timer)
{
	struct net_uv_beacon *beacon = timer->data;
	for (int family = 0; family < FAMILIES; family++)
		uv_close((uv_handle_t *)&beacon->sockets[family], handle_closed);
	uv_close((uv_handle_t *)&beacon->closer, handle_closed);
}

void net_uv_beacon_close(struct net_uv_beacon *beacon)
{
	if (!beacon || !beacon->events)
		return;
	beacon->events = NULL;
	for (int family = 0; family < FAMILIES; family++)
		uv_udp_recv_stop(&beacon->sockets[family]);
	uv_timer_start(&beacon->closer, close_handles, 0, 0);
}

/* --- Hearing ---------------------------------------------------------------------------------------------- */

static void lend_datagram(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	(void)suggested;
	struct net_uv_beacon *beacon = handle->data;
	*out = uv_buf_init(beacon->datagram, sizeof(beacon->datagram));
}

/* Whether this second has room for one more. */
static bool within_rate(struct net_uv_beacon *beacon)
{
	uint64_t second = uv_now(beacon->loop) / 1000;
	if (second != beacon->second)
		beacon->heard_count = 0;
	beacon->second = second;
	return beacon->heard_count++ < LIMIT_BEACONS_PER_SECOND;
}

static void on_datagram(
        uv_udp_t *socket, ssize_t size, const uv_buf_t *datagram, const struct sockaddr *from, unsigned flags)
{
	struct net_uv_beacon *beacon = socket->data;
	struct net_address source;
	if (size <= 0 || size > LIMIT_BEACON_BYTES || (flags & UV_UDP_PARTIAL) || !from || !beacon->events)
		return;
	if (within_rate(beacon) && net_uv_address_from(from, &source))
		beacon->events->heard(beacon->context, span_of(datagram->base, (size_t)size), &source);
}

/* --- Starting --------------------------------------------------------------------------------------------- */

static int bind_family(struct net_uv_beacon *beacon, int family, uint16_t port)
{
	uv_udp_t *socket = &beacon->sockets[family];
	struct net_address local = {.port = port};
	struct sockaddr_storage system;
	if (family == V4)
		local = net_address_v4(0, 0, 0, 0, port);
	net_uv_address_to(&local, &system);
	unsigned flags = UV_UDP_REUSEADDR | (family == V6 ? UV_UDP_IPV6ONLY : 0);
	int status = uv_udp_bind(socket, (const struct sockaddr *)&system, flags);
	if (!status)
		status = uv_udp_set_multicast_ttl(socket, 1); /* never beyond this network */
	if (!status)
		status = uv_udp_recv_start(socket, lend_datagram, on_datagram);
	return status;
}

static uint16_t bound_port(const uv_udp_t *socket)
{
	struct sockaddr_storage system;
	struct net_address local;
	int size = sizeof(system);
	if (uv_udp_getsockname(socket, (struct sockaddr *)&system, &size) ||
	        !net_uv_address_from((const struct sockaddr *)&system, &local))
		return 0;
	return local.port;
}

int net_uv_beacon_new(struct net_uv_beacon **out, uv_loop_t *loop, const struct net_uv_beacon_config *config,
        const struct net_uv_beacon_events *events, void *context)
{
	struct net_uv_beacon *beacon = mem_zero(1, sizeof(*beacon));
	beacon->loop = loop;
	beacon->config = *config;
	beacon->events = events;
	beacon->context = context;
	beacon->handles_open = FAMILIES + 1;
	uv_timer_init(loop, &beacon->closer);
	beacon->closer.data = beacon;
	for (int family = 0; family < FAMILIES; family++) {
		uv_udp_init(loop, &beacon->sockets[family]); /* opens no socket yet and cannot fail */
		beacon->sockets[family].data = beacon;
		beacon->bound[family] = bind_family(beacon, family, beacon->config.port) == 0;
		/* Both families share the port that the first one got. */
		if (beacon->bound[family] && !beacon->config.port)
			beacon->config.port = bound_port(&beacon->sockets[family]);
	}
	if (!beacon->bound[V4] && !beacon->bound[V6]) {
		net_uv_beacon_close(beacon);
		return ERR_NETWORK;
	}
	*out = beacon;
	return 0;
}

uint16_t net_uv_beacon_port(const struct net_uv_beacon *beacon)
{
	return beacon->config.port;
}

/* --- Announcing ------------------------------------------------------------------------------------------- */

/* libuv wants an interface as text: an IPv4 address, or an IPv6 address with its interface's name. */
static bool interface_text(const struct net_address *source, char *out, size_t size)
{
	char ip[INET6_ADDRSTRLEN], name[UV_IF_NAMESIZE];
	size_t name_size = sizeof(name);
	if (net_address_is_v4(source))
		return uv_inet_ntop(AF_INET, source->ip + sizeof(net_ip_v4_prefix), out, size) == 0;
	if (uv_inet_ntop(AF_INET6, source->ip, ip, sizeof(ip)) ||
	        uv_if_indextoiid(source->scope, name, &name_size))
		return false;
	int length = snprintf(out, size, "%s%%%s", ip, name);
	return length > 0 && (size_t)length < size;
}

static bool announce_from(struct net_uv_beacon *beacon, const struct net_address *source)
{
	int family = net_address_is_v4(source) ? V4 : V6;
	uv_udp_t *socket = &beacon->sockets[family];
	const char *group = family == V4 ? GROUP_V4 : GROUP_V6;
	char interface[INET6_ADDRSTRLEN + 1 + UV_IF_NAMESIZE];
	if (!beacon->bound[family] || !interface_text(source, interface, sizeof(interface)))
		return false;
	/* Joined before is an error that means nothing; not joined shows in nothing being heard. */
	(void)uv_udp_set_membership(socket, group, interface, UV_JOIN_GROUP);
	if (uv_udp_set_multicast_interface(socket, interface))
		return false;
	uint8_t bytes[NET_BEACON_BYTES];
	beacon->events->make(beacon->context, source, bytes);
	struct sockaddr_storage to;
	struct net_address group_address = {.port = beacon->config.port, .scope = source->scope};
	if (uv_inet_pton(family == V4 ? AF_INET : AF_INET6, group,
	            group_address.ip + (family == V4 ? sizeof(net_ip_v4_prefix) : 0)))
		return false;
	if (family == V4)
		memcpy(group_address.ip, net_ip_v4_prefix, sizeof(net_ip_v4_prefix));
	net_uv_address_to(&group_address, &to);
	uv_buf_t datagram = uv_buf_init((char *)bytes, sizeof(bytes));
	return uv_udp_try_send(socket, &datagram, 1, (const struct sockaddr *)&to) == (int)sizeof(bytes);
}

/* Beacons in IPv6 leave from link-local addresses only: the group is link-local, and so is what the system chooses. */
static bool may_leave_from(const struct net_uv_beacon *beacon, const uv_interface_address_t *interface,
        const struct net_address *source)
{
	bool link_local = source->ip[0] == 0xfe && (source->ip[1] & 0xc0) == 0x80;
	return (net_address_is_v4(source) || link_local) &&
	        (!interface->is_internal || beacon->config.internal_interfaces);
}

uint32_t net_uv_beacon_announce(struct net_uv_beacon *beacon)
{
	uv_interface_address_t *interfaces;
	uint32_t sent = 0;
	int count;
	if (uv_interface_addresses(&interfaces, &count))
		return 0;
	for (int i = 0; i < count && beacon->events; i++) {
		struct net_address source;
		struct sockaddr_storage system;
		memset(&system, 0, sizeof(system));
		memcpy(&system, &interfaces[i].address, sizeof(interfaces[i].address));
		if (!net_uv_address_from((const struct sockaddr *)&system, &source) ||
		        !may_leave_from(beacon, &interfaces[i], &source))
			continue;
		source.port = 0;
		sent += announce_from(beacon, &source);
	}
	uv_free_interface_addresses(interfaces, count);
	return sent;
}
