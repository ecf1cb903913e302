/*
 * node/http_guard.h - who may speak to the interface on 127.0.0.1: Host, Origin and token (DESIGN.md, section 8).
 *
 * A web page of anybody can make the browser send requests to 127.0.0.1, and a name that it controls can be made to point
 * there (DNS rebinding). So: the Host must be one of ours, with our port; an Origin, when there is one, must be that
 * same page; and a random token, which no other page can read, stands in a header that no form can set. Pure.
 */
#ifndef NODE_HTTP_GUARD_H
#define NODE_HTTP_GUARD_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_TOKEN_BYTES = 32, HTTP_TOKEN_TEXT_BYTES = 2 * HTTP_TOKEN_BYTES + 1 };

/* "127.0.0.1:PORT" or "localhost:PORT"; the port may be absent only when it is 80. NULL: no such header, not allowed. */
bool http_guard_host(const char *host, uint16_t port);

/* "http://" and an allowed host. NULL, no such header, is allowed: only browsers send one. */
bool http_guard_origin(const char *origin, uint16_t port);

/* "Bearer " and the token, compared in constant time. */
bool http_guard_token(const char *authorization, const char token[HTTP_TOKEN_TEXT_BYTES]);

#endif
