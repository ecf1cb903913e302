/* Calls without any transport: targets, routes, bodies, errors, events. */
#include "node/api.h"
#include "node/api_target.h"
#include "node/http_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

/* ---- A transport that remembers, and a few routes ---- */

struct seen {
	int status;
	unsigned replies, follows;
	char text[512];
	char events[512];
};

static void on_reply(void *context, int status, const json_t *body)
{
	struct seen *seen = context;
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	seen->status = status;
	seen->replies++;
	snprintf(seen->text, sizeof(seen->text), "%s", text);
	free(text);
}

static void on_follow(void *context)
{
	((struct seen *)context)->follows++;
}

static void on_event(void *context, const char *name, const char *text)
{
	struct seen *seen = context;
	size_t used = strlen(seen->events);
	snprintf(seen->events + used, sizeof(seen->events) - used, "%s %s;", name, text);
}

static const struct api_sink SINK = {on_reply, on_follow, on_event};

static int echo(struct api_call *call)
{
	const char *q = api_call_query(call, "q");
	api_call_reply(call, 200,
	        json_pack("{s:s, s:s, s:s?, s:O}", "a", api_call_param(call, 0), "b", api_call_param(call, 1),
	                "q", q, "body", api_call_json(call)));
	return 0;
}

static int denied(struct api_call *call)
{
	(void)call;
	return ERR_DENIED;
}

/* In its own French; and in one that nobody put into French. */
static int says_itself(struct api_call *call)
{
	api_call_fail_with(call, ERR_DENIED, NULL, json_pack("{s:s}", "fr", "Pas ici."));
	return 0;
}

static int says_english(struct api_call *call)
{
	api_call_fail(call, ERR_INVALID, "Nobody ever says this.");
	return 0;
}

static int follow(struct api_call *call)
{
	api_call_follow(call);
	return 0;
}

struct later {
	struct api_call *call;
	bool released;
};

static void release_later(void *state)
{
	((struct later *)state)->released = true;
}

static int answer_later(struct api_call *call)
{
	struct later *later = api_call_owner(call);
	later->call = call;
	api_call_hold(call);
	api_call_set_state(call, later, release_later);
	return 0;
}

static int count_bytes(struct api_call *call)
{
	api_call_reply(call, 200, json_pack("{s:I}", "bytes", (json_int_t)api_call_bytes(call).size));
	return 0;
}

static int ready(void *owner, unsigned need, bool unattended, const char **sentence)
{
	(void)unattended;
	(void)owner;
	(void)sentence;
	return need == 7 ? ERR_NOTEAM : 0;
}

static const struct api_route ROUTES[] = {
        {API_POST, "/api/things/:a/parts/:b", API_BODY_JSON, 0, echo, ""},
        {API_GET, "/api/things/:a", API_BODY_JSON, 0, echo, ""},
        {API_GET, "/api/denied", API_BODY_NONE, 0, denied, ""},
        {API_GET, "/api/own-french", API_BODY_NONE, 0, says_itself, ""},
        {API_GET, "/api/english", API_BODY_NONE, 0, says_english, ""},
        {API_GET, "/api/team", API_BODY_NONE, 7, denied, ""},
        {API_GET, "/api/events", API_BODY_NONE, 0, follow, ""},
        {API_POST, "/api/later", API_BODY_JSON, 0, answer_later, ""},
        {API_POST, "/api/bytes", API_BODY_BYTES, 0, count_bytes, ""},
        {0},
};

static bool is_silent; /* somebody else holds the device */

static bool silent(void *owner)
{
	(void)owner;
	return is_silent;
}

static struct api *make(struct later *later)
{
	return api_new(
	        &(struct api_config){.routes = ROUTES, .ready = ready, .silent = silent, .owner = later});
}

static struct api_call *open_call(
        struct api *api, enum api_method method, const char *target, struct seen *seen)
{
	*seen = (struct seen){0};
	struct api_request request = {.method = method, .target = span_text(target)};
	return api_call_new(api, &request, &SINK, seen);
}

static void whole(
        struct api *api, enum api_method method, const char *target, struct span body, struct seen *seen)
{
	struct api_call *call = open_call(api, method, target, seen);
	api_call_body(call, body);
	api_call_end(call);
	api_call_close(call);
	assert_int_equal(seen->replies, 1);
}

static bool says(const struct seen *seen, const char *code)
{
	char wanted[64];
	snprintf(wanted, sizeof(wanted), "\"code\":\"%s\"", code);
	return strstr(seen->text, wanted) != NULL;
}

/* ---- Tests ---- */

static void test_targets(void **state)
{
	(void)state;
	static const struct {
		const char *target;
		int error;
	} cases[] = {
	        {"/", 0},
	        {"/a/b?x=1&y", 0},
	        {"", ERR_MALFORMED},
	        {"a", ERR_MALFORMED},
	        {"//", ERR_MALFORMED},
	        {"/a/", ERR_MALFORMED},
	        {"/a//b", ERR_MALFORMED},
	        {"/%4", ERR_MALFORMED},
	        {"/%zz", ERR_MALFORMED},
	        {"/%00", ERR_MALFORMED},
	        {"/%0a", ERR_MALFORMED},
	        {"/%ff", ERR_MALFORMED},
	        {"/a?x=%", ERR_MALFORMED},
	        {"/%c3%a9", 0},
	        {"/1/2/3/4/5/6/7/8", 0},
	        {"/1/2/3/4/5/6/7/8/9", ERR_TOOBIG},
	        {"/?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g", 0},
	        {"/?1&2&3&4&5&6&7&8&9&a&b&c&d&e&f&g&h", ERR_TOOBIG},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct api_target target;
		assert_int_equal(api_target_read(&target, span_text(cases[i].target)), cases[i].error);
		api_target_close(&target);
	}
	struct api_target target;
	assert_int_equal(api_target_read(&target, span_text("/a%2Fb/c?q=d+e%26&empty=&q=2")), 0);
	assert_int_equal(target.segment_count, 2);
	assert_string_equal(target.segments[0], "a/b");
	assert_string_equal(api_target_query(&target, "q"), "d e&");
	assert_string_equal(api_target_query(&target, "empty"), "");
	assert_null(api_target_query(&target, "none"));
	assert_true(api_target_match(&target, "/:x/c"));
	assert_false(api_target_match(&target, "/:x"));
	assert_false(api_target_match(&target, "/:x/c/d"));
	assert_string_equal(api_target_param(&target, "/:x/c", 0), "a/b");
	assert_string_equal(api_target_param(&target, "/:x/c", 1), "");
	api_target_close(&target);
}

static void test_routes(void **state)
{
	(void)state;
	struct seen seen;
	struct api *api = make(NULL);
	whole(api, API_POST, "/api/things/1/parts/2?q=z", span_text("{\"n\":1}"), &seen);
	assert_int_equal(seen.status, 200);
	assert_string_equal(seen.text, "{\"a\":\"1\",\"b\":\"2\",\"body\":{\"n\":1},\"q\":\"z\"}");
	whole(api, API_GET, "/api/things/1", span_text(""), &seen);
	assert_string_equal(seen.text, "{\"a\":\"1\",\"b\":\"\",\"body\":{},\"q\":null}");
	whole(api, API_GET, "/api/nothing", span_text(""), &seen);
	assert_int_equal(seen.status, 404);
	assert_true(says(&seen, "NOTFOUND"));
	whole(api, API_DELETE, "/api/things/1", span_text(""), &seen);
	assert_int_equal(seen.status, 501);
	whole(api, API_GET, "/api/%", span_text(""), &seen);
	assert_int_equal(seen.status, 400);
	whole(api, API_GET, "/api/denied", span_text(""), &seen);
	assert_int_equal(seen.status, 403);
	assert_string_equal(seen.text,
	        "{\"error\":{\"code\":\"DENIED\",\"fr\":\"Cet appareil ou cette personne n'a pas le droit de "
	        "le "
	        "faire.\",\"message\":\"This device or person is not allowed to do that.\"}}");
	whole(api, API_GET, "/api/own-french", span_text(""), &seen);
	assert_non_null(strstr(seen.text, "\"fr\":\"Pas ici.\""));
	whole(api, API_GET, "/api/english", span_text(""), &seen);
	assert_string_equal(
	        seen.text, "{\"error\":{\"code\":\"INVALID\",\"message\":\"Nobody ever says this.\"}}");
	whole(api, API_GET, "/api/team", span_text(""), &seen);
	assert_int_equal(seen.status, 409);
	assert_true(says(&seen, "NOTEAM"));
	whole(api, API_GET, "/api/denied", span_text("x"), &seen);
	assert_true(says(&seen, "INVALID"));
	api_free(api);
}

static void test_bad_bodies(void **state)
{
	(void)state;
	struct seen seen;
	struct api *api = make(NULL);
	static const char *const bad[] = {"{", "[]", "1", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "{} {}",
	        "null", "{\"a\":{\"b\":1,\"b\":1}}", "{\"a\":1e999}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		whole(api, API_POST, "/api/things/1/parts/2", span_text(bad[i]), &seen);
		assert_int_equal(seen.status, 400);
		assert_true(says(&seen, "MALFORMED"));
	}
	whole(api, API_POST, "/api/things/1/parts/2", span_text("{\"a\":1,\"a\":2}"), &seen);
	assert_non_null(strstr(seen.text, "twice"));
	size_t size = 200000;
	char *deep = mem_alloc(size);
	memset(deep, '[', size);
	whole(api, API_POST, "/api/things/1/parts/2", span_of(deep, size), &seen);
	assert_int_equal(seen.status, 400);
	mem_free(deep);
	api_free(api);
}

static void test_sizes(void **state)
{
	(void)state;
	struct seen seen;
	struct api *api = make(NULL);
	char *piece = mem_alloc(1000);
	memset(piece, ' ', 1000);
	struct api_call *call = open_call(api, API_POST, "/api/things/1/parts/2", &seen);
	for (size_t sent = 0; sent <= LIMIT_API_BODY_BYTES; sent += 1000)
		api_call_body(call, span_of(piece, 1000));
	assert_true(api_call_refused(call));
	api_call_end(call);
	api_call_close(call);
	assert_int_equal(seen.status, 413);
	mem_free(piece);

	struct api_request request = {.method = API_POST,
	        .target = span_text("/api/things/1/parts/2"),
	        .body_known = true,
	        .body_bytes = LIMIT_API_BODY_BYTES + 1};
	call = api_call_new(api, &request, &SINK, &seen);
	assert_true(api_call_refused(call));
	api_call_end(call);
	api_call_close(call);
	assert_int_equal(seen.status, 413);
	api_free(api);
}

static void test_bytes(void **state)
{
	(void)state;
	struct seen seen;
	struct api *api = make(NULL);
	struct api_call *call = open_call(api, API_POST, "/api/bytes", &seen);
	api_call_body(call, span_text("\xff\xfe{"));
	api_call_body(call, span_text("abc"));
	api_call_end(call);
	api_call_close(call);
	assert_string_equal(seen.text, "{\"bytes\":6}");
	api_free(api);
}

static void test_late_replies(void **state)
{
	(void)state;
	struct seen seen;
	struct later later = {0};
	struct api *api = make(&later);
	struct api_call *call = open_call(api, API_POST, "/api/later", &seen);
	api_call_end(call);
	assert_int_equal(seen.replies, 0);
	api_call_fail(call, ERR_NOSPACE, NULL);
	assert_int_equal(seen.status, 507);
	api_call_close(call);
	assert_false(later.released);
	api_call_release(call);
	assert_true(later.released);

	/* The client leaves first. */
	later = (struct later){0};
	call = open_call(api, API_POST, "/api/later", &seen);
	api_call_end(call);
	api_call_close(call);
	assert_false(later.released);
	assert_false(api_call_open(call));
	api_call_reply(call, 200, json_object());
	assert_int_equal(seen.replies, 0);
	api_call_release(call);
	assert_true(later.released);
	api_free(api);
}

static void test_events(void **state)
{
	(void)state;
	struct seen a, b;
	struct api *api = make(NULL);
	struct api_call *first = open_call(api, API_GET, "/api/events", &a);
	struct api_call *second = open_call(api, API_GET, "/api/events", &b);
	api_call_end(first);
	api_call_end(second);
	assert_int_equal(a.follows, 1);
	json_t *data = json_pack("{s:i}", "n", 1);
	api_publish(api, "heads", data);
	api_call_close(first);
	api_publish(api, "heads", data);
	is_silent = true;
	api_publish(api, "news", data);
	is_silent = false;
	json_decref(data);
	api_call_close(second);
	assert_string_equal(a.events, "heads {\"n\":1};");
	assert_string_equal(b.events, "heads {\"n\":1};heads {\"n\":1};");
	api_free(api);
}

static void test_guards(void **state)
{
	(void)state;
	assert_true(http_guard_host("127.0.0.1:8080", 8080));
	assert_true(http_guard_host("LOCALHOST:8080", 8080));
	assert_true(http_guard_host("localhost", 80));
	static const char *const bad_hosts[] = {NULL, "", "127.0.0.1", "127.0.0.1:8081", "127.0.0.1:80800",
	        "evil.example:8080", "localhost.evil.example:8080", "127.0.0.1.evil.example:8080",
	        "[::1]:8080", "127.1:8080", "localhost:8080.", " localhost:8080"};
	for (size_t i = 0; i < sizeof(bad_hosts) / sizeof(*bad_hosts); i++)
		assert_false(http_guard_host(bad_hosts[i], 8080));
	assert_true(http_guard_origin(NULL, 8080));
	assert_true(http_guard_origin("http://localhost:8080", 8080));
	static const char *const bad_origins[] = {"", "null", "https://localhost:8080", "http://localhost",
	        "http://evil.example", "http://localhost:8080/", "localhost:8080"};
	for (size_t i = 0; i < sizeof(bad_origins) / sizeof(*bad_origins); i++)
		assert_false(http_guard_origin(bad_origins[i], 8080));
	static const char token[HTTP_TOKEN_TEXT_BYTES] =
	        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char header[128];
	snprintf(header, sizeof(header), "Bearer %s", token);
	assert_true(http_guard_token(header, token));
	header[20] ^= 1;
	assert_false(http_guard_token(header, token));
	assert_false(http_guard_token(NULL, token));
	assert_false(http_guard_token("Bearer ", token));
	assert_false(http_guard_token("Bearer 0123", token));
	assert_false(http_guard_token(token, token));
}

/* ---- Too early ---- */

static bool early_now;
static int early_error;

static bool is_early(void *owner, const struct api_route *route, uint64_t waited_ms)
{
	(void)owner;
	(void)waited_ms;
	return early_now && route->method == API_GET;
}

static int ready_or_not(void *owner, unsigned need, bool unattended, const char **sentence)
{
	(void)owner;
	(void)need;
	(void)unattended;
	*sentence = "Locked meanwhile.";
	return early_error;
}

static void what_is_too_early_waits(void **state)
{
	(void)state;
	struct seen first, second, gone;
	struct api *api = api_new(
	        &(struct api_config){.routes = ROUTES, .ready = ready_or_not, .is_early = is_early});
	early_error = 0;
	early_now = true;
	struct api_call *calls[] = {open_call(api, API_GET, "/api/things/1", &first),
	        open_call(api, API_GET, "/api/things/2", &second),
	        open_call(api, API_GET, "/api/things/3", &gone)};
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		api_call_end(calls[i]);
	struct seen other;
	whole(api, API_POST, "/api/things/1/parts/2", span_text("{}"), &other); /* nothing to wait for */
	api_go_on(api);
	assert_int_equal(first.replies + second.replies + gone.replies, 0);
	api_call_close(calls[2]); /* whoever asked left */
	early_now = false;
	api_go_on(api);
	assert_int_equal(first.replies, 1);
	assert_int_equal(first.status, 200);
	assert_int_equal(second.replies, 1);
	assert_int_equal(gone.replies, 0);
	api_go_on(api);
	assert_int_equal(first.replies, 1); /* once */
	api_call_close(calls[0]);
	api_call_close(calls[1]);
	early_now = true;
	struct api_call *call = open_call(api, API_GET, "/api/things/4", &first);
	api_call_end(call);
	early_error = ERR_LOCKED;
	api_go_on(api);
	assert_int_equal(first.status, 403);
	assert_true(says(&first, "LOCKED"));
	api_call_close(call);
	api_free(api);
}

/* The device is handed over between the headers of a request and its end: nothing of it runs, and its body is not looked at. */
static void what_began_before_is_asked_again(void **state)
{
	(void)state;
	struct seen seen;
	struct api *api = api_new(&(struct api_config){.routes = ROUTES, .ready = ready_or_not});
	early_error = 0;
	struct api_call *call = open_call(api, API_POST, "/api/things/1/parts/2", &seen);
	assert_false(api_call_refused(call));
	api_call_body(call, span_text("{"));
	early_error = ERR_LOCKED;
	api_call_body(call, span_text("no JSON"));
	api_call_end(call);
	assert_int_equal(seen.replies, 1);
	assert_int_equal(seen.status, 403);
	assert_true(says(&seen, "LOCKED") && strstr(seen.text, "Locked meanwhile."));
	api_call_close(call);
	early_error = 0;
	whole(api, API_POST, "/api/things/1/parts/2", span_text("{}"), &seen);
	assert_int_equal(seen.status, 200);
	api_free(api);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_targets),
	        cmocka_unit_test(test_routes),
	        cmocka_unit_test(test_bad_bodies),
	        cmocka_unit_test(test_sizes),
	        cmocka_unit_test(test_bytes),
	        cmocka_unit_test(test_late_replies),
	        cmocka_unit_test(test_events),
	        cmocka_unit_test(test_guards),
	        cmocka_unit_test(what_is_too_early_waits),
	        cmocka_unit_test(what_began_before_is_asked_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
