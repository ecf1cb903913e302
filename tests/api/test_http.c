/* The HTTP interface over real sockets: guards, files, hostile clients, streams; long because all of it needs the same server and clients. The server runs in this thread's loop, each
 * client in a thread of its own that only moves bytes. */
#include "node/uv_http.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

#define TOKEN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct world {
	uv_loop_t loop;
	struct api *api;
	struct uv_http *http;
	struct api_call *later;
};

/* ---- Routes ---- */

static int echo(struct api_call *call)
{
	api_call_reply(call, 200, json_incref(api_call_json(call)));
	return 0;
}

static int follow(struct api_call *call)
{
	api_call_follow(call);
	return 0;
}

static void release_in_time(uv_idle_t *idle)
{
	struct world *world = idle->data;
	uv_close((uv_handle_t *)idle, (uv_close_cb)(void (*)(void))free);
	api_call_reply(world->later, 201, json_pack("{s:b}", "late", 1));
	api_call_release(world->later);
}

/* Answered from a later turn of the loop, as a save is. */
static int later(struct api_call *call)
{
	struct world *world = api_call_owner(call);
	uv_idle_t *idle = mem_zero(1, sizeof(*idle));
	world->later = call;
	api_call_hold(call);
	uv_idle_init(&world->loop, idle);
	idle->data = world;
	uv_idle_start(idle, release_in_time);
	return 0;
}

static int count(struct api_call *call)
{
	api_call_reply(call, 200, json_pack("{s:I}", "bytes", (json_int_t)api_call_bytes(call).size));
	return 0;
}

static const struct api_route ROUTES[] = {
        {API_POST, "/api/echo", API_BODY_JSON, 0, echo, ""},
        {API_POST, "/api/later", API_BODY_JSON, 0, later, ""},
        {API_GET, "/api/events", API_BODY_NONE, 0, follow, ""},
        {API_POST, "/api/bytes", API_BODY_BYTES, 0, count, ""},
        {0},
};

/* ---- The world ---- */

static int open_world(struct world *world, const char *unix_path, uint32_t idle_s)
{
	static const struct uv_http_page pages[] = {
	        {.path = "/",
	                .type = "text/html; charset=utf-8",
	                .content = {(const uint8_t *)"<p>hello", 8}},
	        {.path = "/assets/index-1a2b3c4d.js",
	                .type = "text/javascript; charset=utf-8",
	                .content = {(const uint8_t *)"let plain;", 10},
	                .packed = {(const uint8_t *)"packed", 6},
	                .tag = "\"5e8f\"",
	                .is_kept = true},
	};
	*world = (struct world){0};
	uv_loop_init(&world->loop);
	world->api = api_new(&(struct api_config){.routes = ROUTES, .owner = world});
	struct uv_http_config config = {.api = world->api,
	        .unix_path = unix_path,
	        .token = TOKEN,
	        .pages = pages,
	        .page_count = sizeof(pages) / sizeof(*pages),
	        .idle_s = idle_s};
	return uv_http_new(&world->loop, &config, &world->http);
}

static void close_world(struct world *world)
{
	uv_http_close(world->http);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world->loop), 0);
	api_free(world->api);
}

/* ---- Clients ---- */

struct client {
	struct sockaddr_storage address;
	socklen_t address_bytes;
	const char *request;
	size_t request_bytes;
	const char *until; /* read until this was seen, or the end */
	unsigned times; /* after `until`: send again, so many times */
	char reply[8192];
	size_t reply_bytes;
	uv_async_t done;
	pthread_t thread;
};

static void *converse(void *argument)
{
	struct client *client = argument;
	int fd = socket(client->address.ss_family, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&client->address, client->address_bytes) == 0) {
		size_t sent = 0;
		while (sent < client->request_bytes) {
			ssize_t n = send(
			        fd, client->request + sent, client->request_bytes - sent, MSG_NOSIGNAL);
			if (n <= 0)
				break;
			sent += (size_t)n;
		}
		while (client->reply_bytes < sizeof(client->reply) - 1) {
			ssize_t n = recv(fd, client->reply + client->reply_bytes,
			        sizeof(client->reply) - 1 - client->reply_bytes, 0);
			if (n <= 0)
				break;
			client->reply_bytes += (size_t)n;
			client->reply[client->reply_bytes] = '\0';
			if (!client->until || !strstr(client->reply, client->until))
				continue;
			if (client->times == 0 || --client->times == 0)
				break;
			client->reply_bytes = 0;
			if (send(fd, client->request, client->request_bytes, MSG_NOSIGNAL) < 0)
				break;
		}
	}
	close(fd);
	uv_async_send(&client->done);
	return NULL;
}

static void on_client_done(uv_async_t *async)
{
	struct client *client = async->data;
	pthread_join(client->thread, NULL);
	uv_close((uv_handle_t *)async, NULL);
	uv_stop(async->loop);
}

static void aim(struct client *client, const struct world *world, const char *unix_path)
{
	if (unix_path) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", unix_path);
		memcpy(&client->address, &address, sizeof(address));
		client->address_bytes = sizeof(address);
	} else {
		struct sockaddr_in address = {.sin_family = AF_INET,
		        .sin_port = htons(uv_http_port(world->http)),
		        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		memcpy(&client->address, &address, sizeof(address));
		client->address_bytes = sizeof(address);
	}
}

static void start_client(struct world *world, struct client *client, const char *unix_path)
{
	aim(client, world, unix_path);
	uv_async_init(&world->loop, &client->done, on_client_done);
	client->done.data = client;
	assert_int_equal(pthread_create(&client->thread, NULL, converse, client), 0);
}

static int status_of(const struct client *client)
{
	return client->reply_bytes > 12 ? atoi(client->reply + 9) : 0;
}

/* Send raw bytes, return the status; the reply stays in *client. */
static int talk(
        struct world *world, struct client *client, const char *unix_path, const char *request, size_t size)
{
	*client = (struct client){.request = request, .request_bytes = size};
	start_client(world, client, unix_path);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	return status_of(client);
}

static int ask(
        struct world *world, struct client *client, const char *line, const char *headers, const char *body)
{
	char request[4096];
	int size = snprintf(request, sizeof(request),
	        "%s HTTP/1.1\r\n%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s", line, headers,
	        strlen(body), body);
	return talk(world, client, NULL, request, (size_t)size);
}

static void host_header(const struct world *world, char out[128], const char *name)
{
	snprintf(out, 128, "Host: %s:%u\r\n", name, (unsigned)uv_http_port(world->http));
}

#define AUTH "Authorization: Bearer " TOKEN "\r\n"

/* ---- Tests ---- */

static void test_guards(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	char host[128], headers[1024];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	host_header(&world, host, "127.0.0.1");
	snprintf(headers, sizeof(headers), "%s" AUTH, host);
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{\"a\":1}"), 200);
	assert_non_null(strstr(client.reply, "{\"a\":1}"));
	assert_non_null(strstr(client.reply, "Content-Security-Policy: default-src 'none'"));
	assert_non_null(strstr(client.reply, "X-Content-Type-Options: nosniff"));
	assert_null(strstr(client.reply, "Access-Control"));

	/* no token, a wrong one, one in the wrong place */
	assert_int_equal(ask(&world, &client, "POST /api/echo", host, "{}"), 401);
	snprintf(headers, sizeof(headers), "%sAuthorization: Bearer 1%s\r\n", host, &TOKEN[1]);
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 401);
	snprintf(headers, sizeof(headers), "%sCookie: token=" TOKEN "\r\n", host);
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 401);
	assert_int_equal(ask(&world, &client, "POST /api/echo?token=" TOKEN, host, "{}"), 401);

	/* the name of somebody else's site that now points here; the same with a good token */
	assert_int_equal(ask(&world, &client, "POST /api/echo", "Host: evil.example\r\n" AUTH, "{}"), 421);
	snprintf(headers, sizeof(headers), "Host: evil.example:%u\r\n" AUTH,
	        (unsigned)uv_http_port(world.http));
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 421);
	assert_int_equal(ask(&world, &client, "GET /", "Host: 127.0.0.1:1\r\n", ""), 421);

	/* another page */
	snprintf(headers, sizeof(headers), "%s" AUTH "Origin: http://evil.example\r\n", host);
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 403);
	snprintf(headers, sizeof(headers), "%s" AUTH "Origin: null\r\n", host);
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 403);
	snprintf(headers, sizeof(headers), "%s" AUTH "Origin: http://127.0.0.1:%u\r\n", host,
	        (unsigned)uv_http_port(world.http));
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 200);

	/* pages need no token, and cannot be written */
	assert_int_equal(ask(&world, &client, "GET /", host, ""), 200);
	assert_non_null(strstr(client.reply, "<p>hello"));
	assert_int_equal(ask(&world, &client, "POST /", host, ""), 405);
	assert_int_equal(ask(&world, &client, "OPTIONS /api/echo", host, ""), 401);
	close_world(&world);
}

/* The files of the application: the same guards but for the token, as who asks takes them, and kept by who has them. */
static void test_pages(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	char host[128], headers[512];
	static const char line[] = "GET /assets/index-1a2b3c4d.js";
	assert_int_equal(open_world(&world, NULL, 0), 0);
	host_header(&world, host, "127.0.0.1");
	assert_int_equal(ask(&world, &client, line, host, ""), 200);
	assert_non_null(strstr(client.reply, "let plain;"));
	assert_non_null(strstr(client.reply, "Content-Type: text/javascript; charset=utf-8"));
	assert_non_null(strstr(client.reply, "Cache-Control: private, max-age=31536000, immutable"));
	assert_non_null(strstr(client.reply, "ETag: \"5e8f\""));
	assert_non_null(strstr(client.reply, "Vary: Accept-Encoding"));
	assert_non_null(
	        strstr(client.reply, "Content-Security-Policy: default-src 'none'; script-src 'self';"));
	assert_non_null(strstr(client.reply, "X-Content-Type-Options: nosniff"));
	assert_null(strstr(client.reply, "unsafe-"));
	assert_null(strstr(client.reply, "Content-Encoding"));

	snprintf(headers, sizeof(headers), "%sAccept-Encoding: br, gzip, deflate\r\n", host);
	assert_int_equal(ask(&world, &client, line, headers, ""), 200);
	assert_non_null(strstr(client.reply, "Content-Encoding: gzip"));
	assert_non_null(strstr(client.reply, "\r\n\r\npacked"));
	snprintf(headers, sizeof(headers), "%sAccept-Encoding: gzip;q=0\r\n", host);
	assert_int_equal(ask(&world, &client, line, headers, ""), 200);
	assert_non_null(strstr(client.reply, "let plain;"));

	assert_int_equal(ask(&world, &client, "HEAD /assets/index-1a2b3c4d.js", host, ""), 200);
	assert_non_null(strstr(client.reply, "Content-Length: 10"));
	assert_null(strstr(client.reply, "let plain;"));
	snprintf(headers, sizeof(headers), "%sIf-None-Match: W/\"1\", \"5e8f\"\r\n", host);
	assert_int_equal(ask(&world, &client, line, headers, ""), 304);
	assert_null(strstr(client.reply, "let plain;"));
	snprintf(headers, sizeof(headers), "%sIf-None-Match: \"5e80\"\r\n", host);
	assert_int_equal(ask(&world, &client, line, headers, ""), 200);

	/* the page that names them is asked for each time */
	assert_int_equal(ask(&world, &client, "GET /", host, ""), 200);
	assert_non_null(strstr(client.reply, "Cache-Control: no-cache"));

	/* a name that was made to point here, another page's script */
	assert_int_equal(ask(&world, &client, line, "Host: evil.example\r\n", ""), 421);
	snprintf(headers, sizeof(headers), "%sOrigin: http://evil.example\r\n", host);
	assert_int_equal(ask(&world, &client, line, headers, ""), 403);
	close_world(&world);
}

/* There is no folder behind the paths: what is not in the table is no file, however it is written. */
static void test_paths(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	char host[128], headers[512];
	static const char *const lines[] = {"GET /../../../../etc/passwd", "GET /assets/../../../etc/passwd",
	        "GET /assets/%2e%2e/%2e%2e/etc/passwd", "GET //etc/passwd", "GET /assets", "GET /assets/",
	        "GET /assets/index-1a2b3c4d.js/", "GET /ASSETS/index-1a2b3c4d.js", "GET /index.html",
	        "GET /assets\\..\\..\\etc\\passwd", "GET /assets/index-1a2b3c4d.js%00.html"};
	assert_int_equal(open_world(&world, NULL, 0), 0);
	host_header(&world, host, "127.0.0.1");
	snprintf(headers, sizeof(headers), "%s" AUTH, host);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		int status = ask(&world, &client, lines[i], host, "");
		assert_true(status == 401 || status == 400);
		status = ask(&world, &client, lines[i], headers, "");
		assert_true(status == 404 || status == 400);
		assert_null(strstr(client.reply, "root:"));
	}
	close_world(&world);
}

static void test_bad_requests(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	char host[128], headers[512];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	host_header(&world, host, "localhost");
	snprintf(headers, sizeof(headers), "%s" AUTH, host);
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{\"a\":1,\"a\":2}"), 400);
	assert_non_null(strstr(client.reply, "twice"));
	assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{"), 400);
	assert_int_equal(ask(&world, &client, "POST /api/nothing", headers, "{}"), 404);
	assert_int_equal(ask(&world, &client, "GET /api/echo", headers, ""), 501);
	assert_int_equal(ask(&world, &client, "BREW /api/echo", headers, ""), 405);
	assert_int_equal(ask(&world, &client, "GET /api/%zz", headers, ""), 400);
	static const char garbage[] = "\x16\x03\x01\x02\x00\x01\r\n\r\n";
	int status = talk(&world, &client, NULL, garbage, sizeof(garbage) - 1);
	assert_true(status == 0 || status == 400);
	close_world(&world);
}

static void test_large_bodies(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	assert_int_equal(open_world(&world, NULL, 0), 0);
	size_t body = 2 * LIMIT_API_BODY_BYTES;
	char *request = mem_alloc(body + 512);
	int head = snprintf(request, 512,
	        "POST /api/bytes HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH
	        "Connection: close\r\nContent-Length: %zu\r\n\r\n",
	        (unsigned)uv_http_port(world.http), body);
	memset(request + head, 'x', body);
	assert_int_equal(talk(&world, &client, NULL, request, (size_t)head + body), 200);
	assert_non_null(strstr(client.reply, "{\"bytes\":2097152}"));

	/* too large, said at once: the head alone brings the answer */
	head = snprintf(request, 512,
	        "POST /api/echo HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH
	        "Connection: close\r\nContent-Length: %zu\r\n\r\n",
	        (unsigned)uv_http_port(world.http), (size_t)LIMIT_HTTP_SKIPPED_BYTES + 1);
	assert_int_equal(talk(&world, &client, NULL, request, (size_t)head), 413);

	/* too large without saying so */
	head = snprintf(request, 512,
	        "POST /api/echo HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH
	        "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
	        (unsigned)uv_http_port(world.http), body);
	memset(request + head, ' ', body);
	memcpy(request + (size_t)head + body, "\r\n0\r\n\r\n", 7);
	assert_int_equal(talk(&world, &client, NULL, request, (size_t)head + body + 7), 413);
	mem_free(request);
	close_world(&world);
}

/* Each reply comes late, from another turn of the loop; the connection is kept and used again. */
static void test_late_replies(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	char request[2048];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	unsigned port = uv_http_port(world.http);
	int size = snprintf(request, sizeof(request),
	        "POST /api/later HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH "Content-Length: 2\r\n\r\n{}"
	        "POST /api/later HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH "Content-Length: 2\r\n\r\n{}"
	        "POST /api/echo HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH
	        "Connection: close\r\nContent-Length: 13\r\n\r\n{\"last\":true}",
	        port, port, port);
	assert_int_equal(talk(&world, &client, NULL, request, (size_t)size), 201);
	const char *first = strstr(client.reply, "\"late\":true");
	assert_non_null(first);
	assert_non_null(strstr(first + 1, "\"late\":true"));
	assert_non_null(strstr(client.reply, "\"last\":true"));

	/* the next request is sent only once the reply was read, as a browser does */
	size = snprintf(request, sizeof(request),
	        "POST /api/later HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH "Content-Length: 2\r\n\r\n{}",
	        port);
	for (unsigned i = 0; i < 3; i++) {
		client = (struct client){.request = request,
		        .request_bytes = (size_t)size,
		        .times = 5,
		        .until = "\"late\":true"};
		start_client(&world, &client, NULL);
		uv_run(&world.loop, UV_RUN_DEFAULT);
		assert_int_equal(client.times, 0);
	}
	close_world(&world);
}

static void publish(uv_timer_t *timer)
{
	struct world *world = timer->data;
	json_t *data = json_pack("{s:i}", "n", 7);
	api_publish(world->api, "heads", data);
	json_decref(data);
}

static void test_events(void **state)
{
	(void)state;
	struct world world;
	uv_timer_t timer;
	char request[512];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	int size = snprintf(request, sizeof(request),
	        "GET /api/events HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH "\r\n",
	        (unsigned)uv_http_port(world.http));
	struct client client = {
	        .request = request, .request_bytes = (size_t)size, .until = "data: {\"n\":7}"};
	uv_timer_init(&world.loop, &timer);
	timer.data = &world;
	uv_timer_start(&timer, publish, 1, 1);
	start_client(&world, &client, NULL);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	assert_int_equal(status_of(&client), 200);
	assert_non_null(strstr(client.reply, "text/event-stream"));
	assert_non_null(strstr(client.reply, "event: heads\ndata: {\"n\":7}"));
	close_world(&world);
}

/* A client that stops in the middle of its headers is cut off, and so is a follower when the server ends. */
static void test_slow_client(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	assert_int_equal(open_world(&world, NULL, 1), 0);
	static const char half[] = "POST /api/echo HTTP/1.1\r\nHost: loc";
	int status = talk(&world, &client, NULL, half, sizeof(half) - 1);
	assert_true(status == 0 || status == 408);
	close_world(&world);
}

static void test_close_while_following(void **state)
{
	(void)state;
	struct world world;
	char request[512];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	int size = snprintf(request, sizeof(request),
	        "GET /api/events HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH "\r\n",
	        (unsigned)uv_http_port(world.http));
	struct client client = {.request = request, .request_bytes = (size_t)size};
	start_client(&world, &client, NULL);
	/* until the stream is open; then the server goes first */
	while (!client.reply_bytes)
		uv_run(&world.loop, UV_RUN_NOWAIT);
	uv_http_close(world.http);
	uv_run(&world.loop, UV_RUN_DEFAULT); /* stopped by the client's end */
	uv_run(&world.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&world.loop), 0);
	api_free(world.api);
}

static void test_many_connections(void **state)
{
	(void)state;
	enum { CLIENTS = LIMIT_HTTP_CONNECTIONS + 16 };
	struct world world;
	struct client *clients = mem_zero(CLIENTS, sizeof(*clients));
	char request[512];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	int size = snprintf(request, sizeof(request),
	        "POST /api/echo HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH
	        "Connection: close\r\nContent-Length: 2\r\n\r\n{}",
	        (unsigned)uv_http_port(world.http));
	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i].request = request;
		clients[i].request_bytes = (size_t)size;
		start_client(&world, &clients[i], NULL);
	}
	for (unsigned done = 0; done < CLIENTS;) {
		uv_run(&world.loop, UV_RUN_ONCE);
		done = 0;
		for (unsigned i = 0; i < CLIENTS; i++)
			done += uv_is_closing((uv_handle_t *)&clients[i].done) != 0;
	}
	/* All are answered, or turned away before they were heard; the server lives on. */
	unsigned answered = 0;
	for (unsigned i = 0; i < CLIENTS; i++) {
		assert_true(status_of(&clients[i]) == 200 || status_of(&clients[i]) == 0);
		answered += status_of(&clients[i]) == 200;
	}
	assert_true(answered >= LIMIT_HTTP_CONNECTIONS / 2);
	uv_run(&world.loop, UV_RUN_NOWAIT);
	struct client *last = &clients[0];
	assert_int_equal(talk(&world, last, NULL, request, (size_t)size), 200);
	close_world(&world);
	mem_free(clients);
}

/* A connection that says so much, and no more. */
static int hold(const struct world *world, const char *start)
{
	struct client client;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	aim(&client, world, NULL);
	assert_int_equal(connect(fd, (struct sockaddr *)&client.address, client.address_bytes), 0);
	assert_int_equal(send(fd, start, strlen(start), MSG_NOSIGNAL), strlen(start));
	return fd;
}

/* Connections that say nothing, or half a request, or send no body, however many: an honest client is answered while they stay. */
static void test_held_connections(void **state)
{
	(void)state;
	enum { HELD = 3 * LIMIT_HTTP_CONNECTIONS };
	static const char *const starts[] = {"", "GET /api/events HTTP/1.1\r\nHost: loc",
	        "POST /api/echo HTTP/1.1\r\nContent-Length: 9\r\n\r\n"};
	struct world world;
	struct client client;
	char host[128], headers[256];
	int held[HELD];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	host_header(&world, host, "localhost");
	snprintf(headers, sizeof(headers), "%s" AUTH, host);
	for (unsigned i = 0; i < HELD; i++) {
		held[i] = hold(&world, starts[i % 3]);
		uv_run(&world.loop, UV_RUN_NOWAIT);
		if (i % 16 == 15)
			assert_int_equal(ask(&world, &client, "POST /api/echo", headers, "{}"), 200);
	}
	for (unsigned i = 0; i < HELD; i++)
		close(held[i]);
	close_world(&world);
}

/* One that showed the token stays, however many come after it. */
static void test_known_connection_stays(void **state)
{
	(void)state;
	struct world world;
	char request[512], reply[64];
	int held[2 * LIMIT_HTTP_CONNECTIONS];
	assert_int_equal(open_world(&world, NULL, 0), 0);
	snprintf(request, sizeof(request), "GET /api/events HTTP/1.1\r\nHost: localhost:%u\r\n" AUTH "\r\n",
	        (unsigned)uv_http_port(world.http));
	for (unsigned i = 0; i < sizeof(held) / sizeof(*held); i++) {
		held[i] = hold(&world, i == 0 ? request : "");
		for (int turns = 0; turns < 4; turns++)
			uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	while (recv(held[0], reply, sizeof(reply), MSG_DONTWAIT) > 0)
		;
	json_t *data = json_object();
	api_publish(world.api, "news", data);
	json_decref(data);
	ssize_t got;
	while ((got = recv(held[0], reply, sizeof(reply), MSG_DONTWAIT)) < 0) {
		assert_int_equal(errno, EAGAIN);
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	assert_true(got > 0); /* 0: it was ended */
	for (unsigned i = 0; i < sizeof(held) / sizeof(*held); i++)
		close(held[i]);
	close_world(&world);
}

static void test_unix_socket(void **state)
{
	(void)state;
	struct world world;
	struct client client;
	struct stat info;
	char directory[] = "/tmp/releve-http-XXXXXX", path[64];
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/socket", directory);
	/* what a program that was killed leaves behind */
	FILE *stale = fopen(path, "w");
	fclose(stale);
	assert_int_equal(open_world(&world, path, 0), 0);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	static const char request[] = "POST /api/echo HTTP/1.1\r\nHost: releve\r\nConnection: close\r\n"
	                              "Content-Length: 7\r\n\r\n{\"a\":1}";
	assert_int_equal(talk(&world, &client, path, request, sizeof(request) - 1), 200);
	assert_non_null(strstr(client.reply, "{\"a\":1}"));
	close_world(&world);
	assert_int_equal(stat(path, &info), -1);
	assert_int_equal(rmdir(directory), 0);
	char longer[200];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(open_world(&world, longer, 0), ERR_TOOBIG);
	assert_int_equal(uv_loop_close(&world.loop), 0);
	api_free(world.api);
}

static void test_taken_port(void **state)
{
	(void)state;
	struct world first;
	assert_int_equal(open_world(&first, NULL, 0), 0);
	struct uv_http *second = NULL;
	struct uv_http_config config = {.api = first.api, .token = TOKEN, .port = uv_http_port(first.http)};
	assert_int_equal(uv_http_new(&first.loop, &config, &second), ERR_NETWORK);
	close_world(&first);
}

static int bind_v6(uint16_t port, int *reason)
{
	const struct sockaddr_in6 address = {
	        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	*reason = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
	return fd;
}

/* What "localhost" may mean to a browser is nobody else's; and where it is, the program does not begin. */
static void test_the_other_loopback(void **state)
{
	(void)state;
	struct world world;
	int reason, fd = bind_v6(0, &reason);
	close(fd);
	if (reason)
		skip(); /* a machine without IPv6 */
	assert_int_equal(open_world(&world, NULL, 0), 0);
	const uint16_t port = uv_http_port(world.http);
	fd = bind_v6(port, &reason);
	assert_int_equal(reason, EADDRINUSE);
	close(fd);
	uv_http_close(world.http);
	uv_run(&world.loop, UV_RUN_DEFAULT);
	fd = bind_v6(port, &reason);
	assert_int_equal(reason, 0);
	const struct uv_http_config config = {.api = world.api, .token = TOKEN, .port = port};
	assert_int_equal(uv_http_new(&world.loop, &config, &world.http), ERR_NETWORK);
	close(fd);
	assert_int_equal(uv_http_new(&world.loop, &config, &world.http), 0);
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_guards),
	        cmocka_unit_test(test_pages),
	        cmocka_unit_test(test_paths),
	        cmocka_unit_test(test_bad_requests),
	        cmocka_unit_test(test_large_bodies),
	        cmocka_unit_test(test_late_replies),
	        cmocka_unit_test(test_events),
	        cmocka_unit_test(test_slow_client),
	        cmocka_unit_test(test_close_while_following),
	        cmocka_unit_test(test_many_connections),
	        cmocka_unit_test(test_held_connections),
	        cmocka_unit_test(test_known_connection_stays),
	        cmocka_unit_test(test_unix_socket),
	        cmocka_unit_test(test_taken_port),
	        cmocka_unit_test(test_the_other_loopback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
