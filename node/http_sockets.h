/*
 * node/http_sockets.h - the two sockets that the local interface listens at (node/uv_http.h).
 *
 * Descriptors are the caller's; they do not block, and are closed by exec. Errors leave none open.
 */
#ifndef NODE_HTTP_SOCKETS_H
#define NODE_HTTP_SOCKETS_H

#include <stdint.h>

/* Port `port` of 127.0.0.1, 0: any; *bound is the one taken. *other_fd holds the same port of ::1, and answers nothing there: "localhost" may be that to
 * a browser, and a program of another user that had it would be given the page's token. -1 where the machine has no ::1. ERR_NETWORK: somebody else
 * has one of the two. */
int http_sockets_tcp(uint16_t port, int *fd, int *other_fd, uint16_t *bound);

/* The port of a socket that listens. ERR_NETWORK: it is none. */
int http_sockets_port(int fd, uint16_t *port);

/* A unix socket for the user alone, in the place of one that a program that ended left. ERR_TOOBIG: the path is longer than 107 bytes. Errors of its
 * directory. */
int http_sockets_unix(const char *path, int *fd);

#endif
