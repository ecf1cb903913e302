/*
 * node/uv_http.h - the local interface over HTTP: libmicrohttpd inside the libuv loop, without threads.
 *
 * Two of them run in a daemon: one on 127.0.0.1 for the browser, behind the guards of http_guard.h; one on a unix socket for
 * the command line, where only the same user is let in (mode 0600, and SO_PEERCRED).
 *
 * Normal course of a request: headers pass the guards; the body goes to the call piece by piece; the call answers at once, or
 * the connection is suspended until it does. A stream of events stays open; each event resumes it.
 *
 * Failures: a guard refuses before any call exists. A client that goes away closes its call. A follower that does not
 * read is cut off. Any process of the machine may connect, and be slow: connections that have not passed the guards yet give way to newer ones
 * (LIMIT_HTTP_STRANGERS). Threads: the loop's only.
 */
#ifndef NODE_UV_HTTP_H
#define NODE_UV_HTTP_H

#include <uv.h>

#include "node/api.h"
#include "node/http_guard.h"

/* A file of the web application, served to everybody who reaches the port: it holds no data. */
struct uv_http_page {
	const char *path; /* "/" */
	const char *type; /* "text/html; charset=utf-8" */
	struct span content;
	struct span packed; /* the same by gzip, for who takes that; empty: there is none */
	const char *tag; /* its ETag, with the quotes; NULL: none */
	bool is_kept; /* its path stands for its content: a browser keeps it, and does not ask again */
};

/* TCP: text out of a route's reply, for programs that read no JSON; opened by a token of its own too, which opens nothing else. */
struct uv_http_text {
	const char *path; /* "/metrics"; NULL: there is none */
	const char *route; /* "/api/metrics", asked with GET */
	const char *member; /* of the reply, that holds the text */
	const char *type;
	const char *token; /* as the config's; copied */
};

struct uv_http_config {
	struct api *api;
	const char *unix_path; /* NULL: TCP on 127.0.0.1 */
	uint16_t
	        port; /* TCP; 0 lets the system choose. The same one of ::1 is held too, and nothing answers there */
	int listener; /* TCP; one that uv_http_take_listener() gave, taken, instead of another one; 0: none */
	const char *token; /* TCP: HTTP_TOKEN_TEXT_BYTES with its terminator; copied */
	const struct uv_http_page *pages; /* TCP; borrowed */
	uint32_t page_count;
	struct uv_http_text text;
	uint32_t idle_s; /* 0: LIMIT_HTTP_IDLE_S */
};

struct uv_http;

/* Listen. ERR_NETWORK: the port is taken, or no socket is to be had. ERR_TOOBIG: the path of the unix socket is longer
 * than the system's 107 bytes. ERR_DENIED, ERR_IO: its directory. A socket left by a program that ended is replaced: the caller
 * knows that no other serves this directory. */
int uv_http_new(uv_loop_t *loop, const struct uv_http_config *config, struct uv_http **out);

uint16_t uv_http_port(const struct uv_http *http);

/* Nobody is let in any more; but the socket on 127.0.0.1 goes on listening, and is the caller's, to be handed to another image of this program: so no
 * other user's program ever has the port in between. -1: that failed. */
int uv_http_take_listener(struct uv_http *http);

/* Ends every connection and removes the unix socket. Memory goes once the loop has run. NULL is allowed. */
void uv_http_close(struct uv_http *http);

#endif
