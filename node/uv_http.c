/* The course of a request and of its failures: uv_http.h. How libmicrohttpd calls us: `on_target` once per request, then
 * `on_request` after the headers, per piece of the body, at its end, and again after each resume; `on_completed` at the end. */
#include "node/uv_http.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/queue.h"
#include "node/french/french.h"
#include "node/http_sockets.h"
#include "store/file.h"

struct uv_http {
	struct uv_http_config config;
	char token[HTTP_TOKEN_TEXT_BYTES], text_token[HTTP_TOKEN_TEXT_BYTES];
	char *unix_path;
	uint16_t port;
	struct MHD_Daemon *daemon;
	struct queue exchanges;
	struct queue strangers; /* in the order in which they came */
	unsigned stranger_count, guest_count;
	int other_fd; /* the same port of ::1, which nobody is served at; -1: none */
	int watch_fd; /* an epoll of what libmicrohttpd waits for */
	int watch_max; /* the greatest descriptor in it */
	fd_set watched;
	uv_poll_t poll;
	uv_prepare_t prepare;
	uv_timer_t due, keepalive;
	unsigned open_handles;
	bool closing;
	bool resumed; /* something was, and libmicrohttpd has not run since */
};

/* A connection. */
struct guest {
	struct queue link; /* among the strangers: until a request of it passes the guards */
	int fd;
};

/* One request and its answer. */
struct exchange {
	struct uv_http *http;
	struct MHD_Connection *connection;
	struct queue link;
	char *target;
	struct api_call *call;
	bool begun, ended, suspended, following, cut;
	bool is_text; /* config.text is asked for */
	int status; /* of the reply; 0: none yet */
	char *reply;
	size_t skipped_bytes;
	struct buf events; /* not yet sent */
};

static void run(struct uv_http *http)
{
	http->resumed = false; /* not after: a call may answer, and resume another, while it runs */
	MHD_run(http->daemon);
}

static void on_due(uv_timer_t *timer)
{
	run(timer->data);
}

static void resume(struct exchange *exchange)
{
	if (!exchange->suspended)
		return;
	exchange->suspended = false;
	exchange->http->resumed = true;
	uv_timer_start(&exchange->http->due, on_due, 0, 0);
	MHD_resume_connection(exchange->connection);
}

/* ---- Who may stay ---- */

static void forget_stranger(struct uv_http *http, struct guest *guest)
{
	if (!queue_empty(&guest->link))
		http->stranger_count--;
	queue_remove(&guest->link);
}

/* The stranger that came first makes room for one that just came. */
static void make_room(struct uv_http *http, const struct guest *newest)
{
	struct guest *oldest = queue_member(http->strangers.next, struct guest, link);
	if (oldest == newest ||
	        (http->stranger_count <= LIMIT_HTTP_STRANGERS && http->guest_count < LIMIT_HTTP_CONNECTIONS))
		return;
	forget_stranger(http, oldest);
	shutdown(oldest->fd, SHUT_RDWR); /* libmicrohttpd finds its end, and closes it as one that left */
}

static void on_guest(void *context, struct MHD_Connection *connection, void **state,
        enum MHD_ConnectionNotificationCode code)
{
	struct uv_http *http = context;
	struct guest *guest = *state;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		guest = mem_zero(1, sizeof(*guest));
		guest->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		                    ->connect_fd;
		queue_push(&http->strangers, &guest->link);
		http->stranger_count++;
		http->guest_count++;
		*state = guest;
		make_room(http, guest);
		return;
	}
	forget_stranger(http, guest);
	http->guest_count--;
	mem_free(guest);
	*state = NULL;
}

/* A request passed the guards. */
static void know(struct uv_http *http, struct MHD_Connection *connection)
{
	struct guest *guest = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	                              ->socket_context;
	forget_stranger(http, guest);
}

/* ---- Answers ---- */

static void add_security_headers(struct MHD_Response *response)
{
	static const struct {
		const char *name, *value;
	} headers[] = {
	        {"Content-Security-Policy",
	                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: "
	                "blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
	                "form-action 'none'; frame-ancestors 'none'"},
	        {"X-Content-Type-Options", "nosniff"},
	        {"X-Frame-Options", "DENY"},
	        {"Referrer-Policy", "no-referrer"},
	        {"Cross-Origin-Opener-Policy", "same-origin"},
	        {"Cross-Origin-Resource-Policy", "same-origin"},
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		MHD_add_response_header(response, headers[i].name, headers[i].value);
}

static enum MHD_Result answer(struct MHD_Connection *connection, int status, const char *type,
        unsigned keep_s, struct MHD_Response *response)
{
	char keep[48];
	if (!response)
		return MHD_NO;
	add_security_headers(response);
	snprintf(keep, sizeof(keep), "private, max-age=%u", keep_s);
	MHD_add_response_header(response, "Cache-Control", keep_s ? keep : "no-store");
	MHD_add_response_header(response, "Content-Type", type);
	if (status == 401)
		MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
	enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, int status, unsigned keep_s, char *text)
{
	return answer(connection, status, "application/json; charset=utf-8", keep_s,
	        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result answer_reply(struct exchange *exchange)
{
	if (!exchange->is_text)
		return answer_text(exchange->connection, exchange->status, api_call_keep_s(exchange->call),
		        exchange->reply);
	return answer(exchange->connection, exchange->status, exchange->http->config.text.type, 0,
	        MHD_create_response_from_buffer(
	                strlen(exchange->reply), exchange->reply, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result answer_error(
        struct MHD_Connection *connection, int status, int error, const char *sentence)
{
	char text[512], *french = french_of(sentence);
	snprintf(text, sizeof(text), "{\"error\":{\"code\":\"%s\",\"message\":\"%s\",\"fr\":\"%s\"}}",
	        err_name(error), sentence, french ? french : sentence);
	mem_free(french);
	return answer_text(connection, status, 0, text);
}

/* ---- What a call tells us ---- */

static void suspend(struct exchange *exchange)
{
	exchange->suspended = true;
	MHD_suspend_connection(exchange->connection);
}

/* The text itself, where that is asked for and there is one. */
static char *text_of(const struct exchange *exchange, const json_t *body)
{
	const char *text = exchange->is_text
	        ? json_string_value(json_object_get(body, exchange->http->config.text.member))
	        : NULL;
	return text ? strdup(text) : NULL;
}

static void on_reply(void *context, int status, const json_t *body)
{
	struct exchange *exchange = context;
	exchange->reply = text_of(exchange, body);
	exchange->is_text = exchange->reply != NULL;
	if (!exchange->reply)
		exchange->reply = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
	exchange->status = exchange->reply ? status : 500;
	resume(exchange);
}

static void on_follow(void *context)
{
	struct exchange *exchange = context;
	static const char hello[] = ": following\n\n";
	exchange->following = true;
	buf_add(&exchange->events, hello, sizeof(hello) - 1);
	resume(exchange);
}

static void on_event(void *context, const char *name, const char *text)
{
	struct exchange *exchange = context;
	if (exchange->events.size + strlen(name) + strlen(text) > LIMIT_HTTP_EVENT_BYTES) {
		exchange->cut = true;
	} else {
		static const char a[] = "event: ", b[] = "\ndata: ", c[] = "\n\n";
		buf_add(&exchange->events, a, sizeof(a) - 1);
		buf_add(&exchange->events, name, strlen(name));
		buf_add(&exchange->events, b, sizeof(b) - 1);
		buf_add(&exchange->events, text, strlen(text));
		buf_add(&exchange->events, c, sizeof(c) - 1);
	}
	resume(exchange);
}

static const struct api_sink SINK = {on_reply, on_follow, on_event};

/* ---- A stream of events ---- */

static ssize_t read_events(void *context, uint64_t position, char *out, size_t max)
{
	struct exchange *exchange = context;
	(void)position;
	if (exchange->cut || exchange->http->closing)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (exchange->events.size == 0) {
		suspend(exchange);
		return 0;
	}
	size_t size = exchange->events.size < max ? exchange->events.size : max;
	memcpy(out, exchange->events.data, size);
	buf_drop_front(&exchange->events, size);
	return (ssize_t)size;
}

static void on_keepalive(uv_timer_t *timer)
{
	struct uv_http *http = timer->data;
	for (struct queue *link = http->exchanges.next; link != &http->exchanges; link = link->next) {
		struct exchange *exchange = queue_member(link, struct exchange, link);
		static const char note[] = ": still here\n\n";
		if (!exchange->following || exchange->events.size)
			continue;
		buf_add(&exchange->events, note, sizeof(note) - 1);
		resume(exchange);
	}
}

/* ---- Guards ---- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* The same user on the other end of the unix socket. */
static bool same_user(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	        connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	return size == sizeof(peer) && peer.uid == geteuid();
}

/* By the target as it was sent, nothing decoded: a table has no other ways to write a path. */
static const struct uv_http_page *find_page(const struct uv_http *http, const char *target)
{
	const size_t size = strcspn(target, "?");
	for (uint32_t i = 0; i < http->config.page_count; i++)
		if (strncmp(http->config.pages[i].path, target, size) == 0 &&
		        !http->config.pages[i].path[size])
			return &http->config.pages[i];
	return NULL;
}

/* "gzip" among what is accepted, and not with q=0. */
static bool takes_packed(struct MHD_Connection *connection)
{
	const char *accepted = header(connection, "Accept-Encoding");
	const char *at = accepted ? strcasestr(accepted, "gzip") : NULL;
	return at && strncasecmp(at + strlen("gzip"), ";q=0", 4) != 0;
}

/* The page itself is asked for each time; what it names by content hash, with the hash repeated in the page, is kept. */
static void add_page_headers(struct MHD_Response *response, const struct uv_http_page *page, bool is_packed)
{
	add_security_headers(response);
	MHD_add_response_header(response, "Cache-Control",
	        page->is_kept ? "private, max-age=31536000, immutable" : "no-cache");
	if (page->tag)
		MHD_add_response_header(response, "ETag", page->tag);
	if (page->packed.size)
		MHD_add_response_header(response, "Vary", "Accept-Encoding");
	if (is_packed)
		MHD_add_response_header(response, "Content-Encoding", "gzip");
}

static enum MHD_Result answer_page(
        struct MHD_Connection *connection, const char *method, const struct uv_http_page *page)
{
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return answer_error(connection, 405, ERR_UNSUPPORTED, "A page can only be read.");
	const char *seen = header(connection, "If-None-Match");
	const bool is_same = seen && page->tag && strstr(seen, page->tag);
	const bool is_packed = !is_same && page->packed.size && takes_packed(connection);
	const struct span content = is_same ? (struct span){0} : is_packed ? page->packed : page->content;
	/* MHD_RESPMEM_PERSISTENT does not write, though its signature takes a pointer to non-const. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
	        content.size, (void *)(uintptr_t)content.data, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	add_page_headers(response, page, is_packed);
	if (!is_same)
		MHD_add_response_header(response, "Content-Type", page->type);
	enum MHD_Result result = MHD_queue_response(connection, is_same ? 304 : 200, response);
	MHD_destroy_response(response);
	return result;
}

/* True when the request was answered (or not even that); *result is for libmicrohttpd then. */
static bool guard(struct exchange *exchange, const char *path, const char *method, enum MHD_Result *result)
{
	struct MHD_Connection *connection = exchange->connection;
	struct uv_http *http = exchange->http;
	if (http->unix_path) {
		if (same_user(connection))
			return false;
		*result = answer_error(
		        connection, 403, ERR_DENIED, "Only the user who started it may use this socket.");
		return true;
	}
	if (!http_guard_host(header(connection, "Host"), http->port)) {
		*result = answer_error(connection, 421, ERR_DENIED,
		        "This interface only answers to 127.0.0.1 and localhost.");
		return true;
	}
	if (!http_guard_origin(header(connection, "Origin"), http->port)) {
		*result = answer_error(
		        connection, 403, ERR_DENIED, "Another page is not allowed to use this interface.");
		return true;
	}
	const struct uv_http_page *page = find_page(http, exchange->target);
	if (page) {
		*result = answer_page(connection, method, page);
		return true;
	}
	exchange->is_text = http->config.text.path && strcmp(path, http->config.text.path) == 0;
	if (exchange->is_text && http_guard_token(header(connection, "Authorization"), http->text_token))
		return false;
	if (!http_guard_token(header(connection, "Authorization"), http->token)) {
		*result = answer_error(connection, 401, ERR_DENIED,
		        "The access token is missing or not the right one: use the address that the program "
		        "printed.");
		return true;
	}
	return false;
}

/* ---- The course of a request ---- */

/* Content-Length as given; false when absent or chunked. */
static bool content_length(struct MHD_Connection *connection, uint64_t *bytes)
{
	const char *text = header(connection, "Content-Length");
	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*bytes = strtoull(text, NULL, 10);
	return errno == 0;
}

static enum MHD_Result begin(struct exchange *exchange, const char *path, const char *method)
{
	enum MHD_Result result;
	if (guard(exchange, path, method, &result))
		return result;
	know(exchange->http, exchange->connection);
	struct api_request request = {
	        .method = api_method_named(method),
	        .target = span_text(exchange->is_text ? exchange->http->config.text.route : exchange->target),
	};
	if (!request.method)
		return answer_error(
		        exchange->connection, 405, ERR_UNSUPPORTED, "This method is not used here.");
	request.body_known = content_length(exchange->connection, &request.body_bytes);
	exchange->call = api_call_new(exchange->http->config.api, &request, &SINK, exchange);
	/* Many clients show an answer only when their body was taken: a refused one is skipped, up to a limit. */
	if (!api_call_refused(exchange->call) || !request.body_known ||
	        request.body_bytes <= LIMIT_HTTP_SKIPPED_BYTES)
		return MHD_YES;
	exchange->ended = true;
	api_call_end(exchange->call);
	return answer_reply(exchange);
}

static enum MHD_Result finish(struct exchange *exchange)
{
	if (!exchange->ended) {
		exchange->ended = true;
		api_call_end(exchange->call);
	}
	if (exchange->following)
		return answer(exchange->connection, 200, "text/event-stream; charset=utf-8", 0,
		        MHD_create_response_from_callback(
		                MHD_SIZE_UNKNOWN, 4096, read_events, exchange, NULL));
	if (!exchange->status) {
		suspend(exchange);
		return MHD_YES;
	}
	if (!exchange->reply)
		return answer_error(exchange->connection, 500, ERR_INTERNAL, err_sentence(ERR_INTERNAL));
	return answer_reply(exchange);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *data, size_t *data_bytes, void **state)
{
	struct exchange *exchange = *state;
	(void)context;
	(void)version;
	if (!exchange->begun) {
		exchange->begun = true;
		exchange->connection = connection;
		return begin(exchange, url, method);
	}
	if (*data_bytes) {
		if (api_call_refused(exchange->call)) {
			exchange->skipped_bytes += *data_bytes;
			if (exchange->skipped_bytes > LIMIT_HTTP_SKIPPED_BYTES)
				return MHD_NO;
		}
		api_call_body(exchange->call, span_of(data, *data_bytes));
		*data_bytes = 0;
		return MHD_YES;
	}
	return finish(exchange);
}

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
	struct uv_http *http = context;
	struct exchange *exchange = mem_zero(1, sizeof(*exchange));
	exchange->http = http;
	exchange->connection = connection;
	exchange->target = mem_text(span_text(target));
	queue_push(&http->exchanges, &exchange->link);
	return exchange;
}

static void on_completed(
        void *context, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *state;
	(void)context;
	(void)connection;
	(void)code;
	if (!exchange)
		return;
	api_call_close(exchange->call);
	queue_remove(&exchange->link);
	buf_close(&exchange->events);
	mem_free(exchange->target);
	free(exchange->reply);
	mem_free(exchange);
	*state = NULL;
}

/* ---- libmicrohttpd in the loop ---- */

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static uint32_t wanted(int fd, const fd_set *reading, const fd_set *writing, const fd_set *except)
{
	return (FD_ISSET(fd, reading) ? (uint32_t)EPOLLIN : 0) |
	        (FD_ISSET(fd, writing) ? (uint32_t)EPOLLOUT : 0) |
	        (FD_ISSET(fd, except) ? (uint32_t)EPOLLPRI : 0);
}

/* A descriptor that was closed left the epoll by itself, and its number may stand for another one now: so each is set anew. */
static void watch(struct uv_http *http, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};
	if (!events)
		epoll_ctl(http->watch_fd, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(http->watch_fd, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
		epoll_ctl(http->watch_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Before the loop waits: for what, and how long at most? libmicrohttpd's own epoll, as we tried it, left suspended connections hanging;
 * its descriptor sets, watched by level, did not. */
static void on_prepare(uv_prepare_t *prepare)
{
	struct uv_http *http = prepare->data;
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	fd_set reading, writing, except;
	int max = -1;
	FD_ZERO(&reading);
	FD_ZERO(&writing);
	FD_ZERO(&except);
	MHD_get_fdset2(http->daemon, &reading, &writing, &except, &max, FD_SETSIZE);
	for (int fd = 0; fd <= max || fd <= http->watch_max; fd++) {
		uint32_t events = wanted(fd, &reading, &writing, &except);
		if (events || FD_ISSET(fd, &http->watched))
			watch(http, fd, events);
		if (events)
			FD_SET(fd, &http->watched);
		else
			FD_CLR(fd, &http->watched);
	}
	http->watch_max = max;
	if (http->resumed)
		uv_timer_start(&http->due, on_due, 0, 0);
	else if (MHD_get_timeout(http->daemon, &timeout_ms) == MHD_YES)
		uv_timer_start(&http->due, on_due, timeout_ms, 0);
	else
		uv_timer_stop(&http->due);
}

/* What libmicrohttpd has to say quotes requests: it stays unsaid. */
static void on_log(void *context, const char *format, va_list arguments)
{
	(void)context;
	(void)format;
	(void)arguments;
}

static int start_daemon(struct uv_http *http, int fd)
{
	uint32_t idle_s = http->config.idle_s ? http->config.idle_s : LIMIT_HTTP_IDLE_S;
	http->daemon = MHD_start_daemon(MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
	        on_request, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
	        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_guest, http,
	        MHD_OPTION_URI_LOG_CALLBACK, on_target, http, MHD_OPTION_CONNECTION_LIMIT,
	        (unsigned)LIMIT_HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)idle_s,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_HTTP_MEMORY_BYTES,
	        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	return http->daemon ? 0 : ERR_NETWORK;
}

/* ---- Sockets ---- */

static int listen_tcp(struct uv_http *http, int *fd)
{
	if (!http->config.listener)
		return http_sockets_tcp(http->config.port, fd, &http->other_fd, &http->port);
	*fd = http->config.listener; /* the image before this one left the other one held */
	return http_sockets_port(*fd, &http->port);
}

static int listen_unix(struct uv_http *http, int *fd)
{
	int result = http_sockets_unix(http->config.unix_path, fd);
	if (!result)
		http->unix_path = mem_text(span_text(http->config.unix_path));
	return result;
}

/* ---- Life ---- */

static void on_handle_closed(uv_handle_t *handle)
{
	struct uv_http *http = handle->data;
	if (--http->open_handles > 0)
		return;
	close(http->watch_fd);
	if (http->other_fd >= 0)
		close(http->other_fd);
	mem_wipe(http->token, sizeof(http->token));
	mem_wipe(http->text_token, sizeof(http->text_token));
	mem_free(http->unix_path);
	mem_free(http);
}

static void join_loop(struct uv_http *http, uv_loop_t *loop)
{
	int status = uv_poll_init(loop, &http->poll, http->watch_fd);
	assert(status == 0);
	(void)status;
	uv_prepare_init(loop, &http->prepare);
	uv_timer_init(loop, &http->due);
	uv_timer_init(loop, &http->keepalive);
	http->open_handles = 4;
	http->poll.data = http->prepare.data = http->due.data = http->keepalive.data = http;
	uv_poll_start(&http->poll, UV_READABLE, on_poll);
	uv_prepare_start(&http->prepare, on_prepare);
	uv_timer_start(
	        &http->keepalive, on_keepalive, LIMIT_HTTP_EVENT_KEEPALIVE_MS, LIMIT_HTTP_EVENT_KEEPALIVE_MS);
}

int uv_http_new(uv_loop_t *loop, const struct uv_http_config *config, struct uv_http **out)
{
	struct uv_http *http = mem_zero(1, sizeof(*http));
	int fd = -1;
	http->config = *config;
	http->other_fd = -1;
	queue_init(&http->exchanges);
	queue_init(&http->strangers);
	if (config->token)
		memcpy(http->token, config->token, sizeof(http->token));
	if (config->text.path)
		memcpy(http->text_token, config->text.token, sizeof(http->text_token));
	int error = config->unix_path ? listen_unix(http, &fd) : listen_tcp(http, &fd);
	http->watch_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!error && http->watch_fd < 0)
		error = ERR_NETWORK;
	if (!error)
		error = start_daemon(http, fd);
	if (error) {
		if (http->watch_fd >= 0)
			close(http->watch_fd);
		if (fd >= 0)
			close(fd);
		if (http->other_fd >= 0)
			close(http->other_fd);
		if (http->unix_path)
			unlink(http->unix_path);
		mem_free(http->unix_path);
		mem_free(http);
		return error;
	}
	join_loop(http, loop);
	*out = http;
	return 0;
}

uint16_t uv_http_port(const struct uv_http *http)
{
	return http->port;
}

int uv_http_take_listener(struct uv_http *http)
{
	/* The next image inherits it, and never has to know. */
	if (http->other_fd >= 0)
		fcntl(http->other_fd, F_SETFD, 0);
	http->other_fd = -1;
	return MHD_quiesce_daemon(http->daemon);
}

void uv_http_close(struct uv_http *http)
{
	if (!http)
		return;
	http->closing = true;
	if (http->unix_path)
		unlink(http->unix_path);
	/* libmicrohttpd stops only when nothing is suspended; what resumes here has no answer and is closed by the stop. */
	for (struct queue *link = http->exchanges.next; link != &http->exchanges; link = link->next)
		resume(queue_member(link, struct exchange, link));
	uv_poll_stop(&http->poll);
	MHD_stop_daemon(http->daemon);
	assert(queue_empty(&http->exchanges) && http->guest_count == 0);
	uv_close((uv_handle_t *)&http->poll, on_handle_closed);
	uv_close((uv_handle_t *)&http->prepare, on_handle_closed);
	uv_close((uv_handle_t *)&http->due, on_handle_closed);
	uv_close((uv_handle_t *)&http->keepalive, on_handle_closed);
}
