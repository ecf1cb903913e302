#include "node/http_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/file.h"

/* ---- 127.0.0.1, and ::1 ---- */

static int open_tcp(uint16_t port)
{
	const struct sockaddr_in address = {
	        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	        listen(fd, LIMIT_HTTP_CONNECTIONS) == 0)
		return fd;
	close(fd);
	return -1;
}

/* It never listens. -1: the machine has no such address; -2: somebody else has it. */
static int hold_v6(uint16_t port)
{
	const struct sockaddr_in6 address = {
	        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int on = 1, fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	const int reason = errno;
	close(fd);
	return reason == EADDRINUSE ? -2 : -1;
}

int http_sockets_port(int fd, uint16_t *port)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return ERR_NETWORK;
	*port = ntohs(address.sin_port);
	return 0;
}

int http_sockets_tcp(uint16_t port, int *fd, int *other_fd, uint16_t *bound)
{
	enum { TRIES = 16 }; /* a port that the system chose may be taken in the other family */
	for (int i = 0; i < (port ? 1 : TRIES); i++) {
		*fd = open_tcp(port);
		if (*fd < 0)
			return ERR_NETWORK;
		*other_fd = http_sockets_port(*fd, bound) == 0 ? hold_v6(*bound) : -2;
		if (*other_fd != -2)
			return 0;
		close(*fd);
	}
	*fd = *other_fd = -1;
	return ERR_NETWORK;
}

/* ---- The unix socket ---- */

int http_sockets_unix(const char *path, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(path);
	*fd = -1;
	if (size >= sizeof(address.sun_path))
		return ERR_TOOBIG;
	memcpy(address.sun_path, path, size);
	if (unlink(address.sun_path) != 0 && errno != ENOENT)
		return file_error(errno);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return ERR_NETWORK;
	/* The socket is 0600 from its first moment: whoever may connect is decided by its mode. */
	mode_t before = umask(0177);
	int bound = bind(*fd, (struct sockaddr *)&address, sizeof(address));
	int result = bound == 0 ? 0 : file_error(errno);
	umask(before);
	if (!result && listen(*fd, LIMIT_HTTP_CONNECTIONS) != 0)
		result = ERR_NETWORK;
	if (result) {
		close(*fd);
		*fd = -1;
	}
	return result;
}
