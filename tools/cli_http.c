#include "tools/cli_http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "store/file.h"

enum { REPLY_BYTES_MAX = 256 * 1024 * 1024 }; /* a dump of 50 documents is the largest: some MB */

/* Whoever could make a socket there would be told everything: only a program of this user is. */
static int check_owner(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return file_error(errno);
	return size == sizeof(peer) && peer.uid == geteuid() ? 0 : ERR_DENIED;
}

int cli_http_connect(const char *path, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return ERR_TOOBIG;
	memcpy(address.sun_path, path, strlen(path));
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return ERR_IO;
	int error = connect(*fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? check_owner(*fd)
	        : errno == ENOENT || errno == ECONNREFUSED                          ? ERR_NOTFOUND
	                                                                            : file_error(errno);
	if (error)
		close(*fd);
	return error;
}

static int send_all(int fd, struct span bytes)
{
	while (bytes.size) {
		ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return ERR_CLOSED;
		bytes = span_sub(bytes, (size_t)sent, SIZE_MAX);
	}
	return 0;
}

static int receive_all(int fd, struct buf *out)
{
	for (;;) {
		if (out->size > REPLY_BYTES_MAX)
			return ERR_TOOBIG;
		buf_reserve(out, 65536);
		ssize_t got = recv(fd, out->data + out->size, 65536, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_CLOSED;
		if (got == 0)
			return 0;
		out->size += (size_t)got;
	}
}

/* We asked for the connection to be closed, so the body is everything after the empty line; its length is still compared, as an
 * answer may be cut. */
static int split(struct buf *raw, int *status, struct buf *reply)
{
	buf_add(raw, "", 1);
	char *text = (char *)raw->data, *body = strstr(text, "\r\n\r\n");
	if (!body || sscanf(text, "HTTP/1.1 %d", status) != 1)
		return raw->size <= 1 ? ERR_CLOSED : ERR_MALFORMED;
	*body = '\0';
	body += 4;
	size_t size = raw->size - 1 - (size_t)(body - text);
	const char *length = strcasestr(text, "\r\nContent-Length:");
	if (!length || strtoull(length + 17, NULL, 10) != size)
		return ERR_CLOSED;
	buf_add(reply, body, size);
	return 0;
}

int cli_http_ask(
        int fd, const char *method, const char *target, struct span body, int *status, struct buf *reply)
{
	char head[4352];
	struct buf raw = {0};
	int size = snprintf(head, sizeof(head),
	        "%s %s HTTP/1.1\r\nHost: releve\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", method,
	        target, body.size);
	if (size < 0 || (size_t)size >= sizeof(head)) {
		close(fd);
		return ERR_TOOBIG;
	}
	int result = send_all(fd, span_of(head, (size_t)size));
	if (!result)
		result = send_all(fd, body);
	/* A request that was refused early is answered although not all of it was taken. */
	int received = receive_all(fd, &raw);
	close(fd);
	if (!received)
		received = split(&raw, status, reply);
	buf_wipe(&raw);
	return received ? (result ? result : received) : 0;
}
