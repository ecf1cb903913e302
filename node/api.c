/* Calls: the life of one request between a transport and a handler. */
#include "node/api.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/queue.h"
#include "node/api_target.h"
#include "node/french/french.h"

struct mount {
	const char *name;
	struct api *api;
};

struct api {
	struct api_config config;
	struct mount mounts[LIMIT_TEAMS];
	unsigned mount_count;
	struct queue followers, waiting;
	unsigned call_count;
};

struct api_call {
	struct api *api;
	const struct api_route *route; /* NULL: none matched */
	const struct api_sink *sink;
	void *context;
	struct api_target target;
	struct buf body;
	json_t *json;
	void *state;
	void (*state_release)(void *state);
	struct queue follower, waiting;
	uint64_t waits_since_ms;
	int error; /* why it is refused */
	const char *sentence; /* NULL: the table's */
	unsigned holds, keep_s;
	bool replied, closed;
};

static const struct {
	enum api_method method;
	const char *name;
} METHODS[] = {
        {API_GET, "GET"},
        {API_POST, "POST"},
        {API_PUT, "PUT"},
        {API_PATCH, "PATCH"},
        {API_DELETE, "DELETE"},
};

enum api_method api_method_named(const char *name)
{
	for (size_t i = 0; i < sizeof(METHODS) / sizeof(*METHODS); i++)
		if (strcmp(METHODS[i].name, name) == 0)
			return METHODS[i].method;
	return 0;
}

const char *api_method_name(enum api_method method)
{
	for (size_t i = 0; i < sizeof(METHODS) / sizeof(*METHODS); i++)
		if (METHODS[i].method == method)
			return METHODS[i].name;
	return "";
}

static const struct {
	int error, status;
} STATUSES[] = {
        {ERR_NOTFOUND, 404},
        {ERR_DENIED, 403},
        {ERR_LOCKED, 403},
        {ERR_QUARANTINED, 403},
        {ERR_EXISTS, 409},
        {ERR_CONFLICT, 409},
        {ERR_NOTEAM, 409},
        {ERR_BUSY, 409},
        {ERR_USED, 409},
        {ERR_GAP, 409},
        {ERR_UNVERIFIED, 409},
        {ERR_EXPIRED, 410},
        {ERR_TOOBIG, 413},
        {ERR_FULL, 503},
        {ERR_NOSPACE, 507},
        {ERR_TIMEOUT, 504},
        {ERR_NETWORK, 502},
        {ERR_CLOSED, 502},
        {ERR_UNSUPPORTED, 501},
        {ERR_IO, 500},
        {ERR_UNCERTAIN, 500},
        {ERR_CORRUPT, 500},
        {ERR_BADSEAL, 500},
        {ERR_INTERNAL, 500},
        {ERR_CANCELLED, 503},
        {ERR_STALE, 503},
};

int api_status(int error)
{
	for (size_t i = 0; i < sizeof(STATUSES) / sizeof(*STATUSES); i++)
		if (STATUSES[i].error == error)
			return STATUSES[i].status;
	return 400;
}

struct api *api_new(const struct api_config *config)
{
	struct api *api = mem_zero(1, sizeof(*api));
	api->config = *config;
	queue_init(&api->followers);
	queue_init(&api->waiting);
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	assert(api->call_count == 0);
	mem_free(api);
}

/* ---- Whose request it is ---- */

static const char TEAMS[] = "/api/teams/";

void api_mount(struct api *api, const char *name, struct api *mounted)
{
	assert(api->mount_count < LIMIT_TEAMS);
	api->mounts[api->mount_count++] = (struct mount){name, mounted};
}

/* The interface that the target is for; *target is then what it calls the same: /api/teams/NAME/status is /api/status there. A name that is not
 * mounted, and /api/teams alone, stay what they are. */
static struct api *mounted_for(struct api *api, struct span *target, struct buf *own)
{
	const size_t head = sizeof(TEAMS) - 1;
	if (target->size <= head || memcmp(target->data, TEAMS, head) != 0)
		return api;
	struct span rest = span_sub(*target, head, SIZE_MAX);
	size_t size = 0;
	while (size < rest.size && rest.data[size] != '/' && rest.data[size] != '?')
		size++;
	for (unsigned i = 0; i < api->mount_count; i++) {
		if (!span_eq(span_sub(rest, 0, size), span_text(api->mounts[i].name)))
			continue;
		buf_add_span(own, span_text("/api"));
		buf_add_span(own, span_sub(rest, size, SIZE_MAX));
		*target = buf_span(own);
		return api->mounts[i].api;
	}
	return api;
}

/* ---- Refusing and matching ---- */

static void refuse(struct api_call *call, int error, const char *sentence)
{
	if (call->error)
		return;
	call->error = error;
	call->sentence = sentence;
}

static void match(struct api_call *call, enum api_method method)
{
	bool other_method = false;
	for (const struct api_route *route = call->api->config.routes; route->method; route++) {
		if (!api_target_match(&call->target, route->pattern))
			continue;
		if (route->method == method) {
			call->route = route;
			return;
		}
		other_method = true;
	}
	if (other_method)
		refuse(call, ERR_UNSUPPORTED, "This address does not take that method.");
	else
		refuse(call, ERR_NOTFOUND, "There is no such address in this interface.");
}

static size_t body_limit(const struct api_route *route)
{
	return route->body == API_BODY_BYTES ? LIMIT_API_BYTES : LIMIT_API_BODY_BYTES;
}

static void check_size(struct api_call *call, const struct api_request *request)
{
	if (!call->route || !request->body_known)
		return;
	if (call->route->body == API_BODY_NONE && request->body_bytes > 0)
		refuse(call, ERR_INVALID, "This request takes no content.");
	else if (request->body_bytes > body_limit(call->route))
		refuse(call, ERR_TOOBIG, "The content of the request is too large.");
}

struct api_call *api_call_new(
        struct api *api, const struct api_request *request, const struct api_sink *sink, void *context)
{
	struct api_call *call = mem_zero(1, sizeof(*call));
	struct span target = request->target;
	struct buf own = {0};
	api = mounted_for(api, &target, &own);
	call->api = api;
	call->sink = sink;
	call->context = context;
	api->call_count++;
	int error = api_target_read(&call->target, target);
	if (error)
		refuse(call, error, "The address of the request is not understood.");
	else if (target.size > sizeof(TEAMS) - 1 && memcmp(target.data, TEAMS, sizeof(TEAMS) - 1) == 0)
		refuse(call, ERR_NOTFOUND, "There is no team of that name here: see releve teams.");
	else
		match(call, request->method);
	check_size(call, request);
	if (call->route && !call->error && api->config.ready) {
		const char *sentence = NULL;
		const char *unattended = api_call_query(call, "unattended");
		error = api->config.ready(api->config.owner, call->route->need,
		        unattended && strcmp(unattended, "1") == 0, &sentence);
		if (error)
			refuse(call, error, sentence);
	}
	buf_wipe(&own); /* it may hold what somebody looks for */
	return call;
}

bool api_call_refused(const struct api_call *call)
{
	return call->error != 0;
}

/* ---- The body ---- */

void api_call_body(struct api_call *call, struct span piece)
{
	if (call->error || piece.size == 0)
		return; /* skipped */
	if (call->route->body == API_BODY_NONE) {
		refuse(call, ERR_INVALID, "This request takes no content.");
	} else if (piece.size > body_limit(call->route) - call->body.size) {
		buf_close(&call->body);
		refuse(call, ERR_TOOBIG, "The content of the request is too large.");
	} else {
		buf_add_span(&call->body, piece);
	}
}

/* Nesting is bounded by jansson itself (2048 levels). */
static void parse(struct api_call *call)
{
	json_error_t where;
	if (call->body.size == 0) {
		call->json = json_object();
		return;
	}
	call->json = json_loadb(
	        (const char *)call->body.data, call->body.size, JSON_REJECT_DUPLICATES, &where);
	buf_wipe(&call->body);
	if (call->json && json_is_object(call->json))
		return;
	if (call->json)
		refuse(call, ERR_MALFORMED, "The content is JSON, but not an object.");
	else if (json_error_code(&where) == json_error_duplicate_key)
		refuse(call, ERR_MALFORMED, "The same name stands twice in one JSON object.");
	else
		refuse(call, ERR_MALFORMED, "The content is not valid JSON.");
}

static void handle(struct api_call *call)
{
	int error = call->error;
	api_call_hold(call); /* a reply may close it */
	if (!error) {
		error = call->route->handle(call);
		call->sentence = NULL;
	}
	if (error < 0)
		api_call_fail(call, error, call->sentence);
	api_call_release(call);
}

static bool is_early(const struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	const uint64_t now_ms = config->now_ms ? config->now_ms(config->owner) : 0;
	return config->is_early &&
	        config->is_early(config->owner, call->route, now_ms - call->waits_since_ms);
}

int api_call_ready(const struct api_call *call, const char **sentence)
{
	const struct api_config *config = &call->api->config;
	*sentence = NULL;
	return config->ready ? config->ready(config->owner, call->route->need, true, sentence) : 0;
}

/* Since its headers came, or since it waits, the device may have been locked or handed over. */
static void check_again(struct api_call *call)
{
	const char *sentence;
	const int error = call->error ? 0 : api_call_ready(call, &sentence);
	if (error)
		refuse(call, error, sentence);
}

void api_call_end(struct api_call *call)
{
	const struct api_config *config = &call->api->config;
	check_again(call);
	if (!call->error && call->route->body == API_BODY_JSON)
		parse(call);
	call->waits_since_ms = config->now_ms ? config->now_ms(config->owner) : 0;
	if (!call->error && is_early(call))
		queue_push(&call->api->waiting, &call->waiting);
	else
		handle(call);
}

void api_go_on(struct api *api)
{
	struct queue later;
	queue_init(&later);
	for (struct queue *link; (link = queue_pop(&api->waiting));) {
		struct api_call *call = queue_member(link, struct api_call, waiting);
		check_again(call);
		if (!call->error && is_early(call))
			queue_push(&later, &call->waiting);
		else
			handle(call);
	}
	for (struct queue *link; (link = queue_pop(&later));)
		queue_push(&api->waiting, link);
}

/* ---- Ends ---- */

static void free_when_done(struct api_call *call)
{
	if (!call->closed || call->holds)
		return;
	if (call->state_release)
		call->state_release(call->state);
	queue_remove(&call->follower);
	api_target_close(&call->target);
	buf_wipe(&call->body);
	json_decref(call->json);
	call->api->call_count--;
	mem_free(call);
}

void api_call_close(struct api_call *call)
{
	if (!call)
		return;
	assert(!call->closed);
	call->closed = true;
	queue_remove(&call->follower);
	queue_remove(&call->waiting);
	free_when_done(call);
}

void api_call_hold(struct api_call *call)
{
	call->holds++;
}

void api_call_release(struct api_call *call)
{
	assert(call->holds > 0);
	call->holds--;
	free_when_done(call);
}

bool api_call_open(const struct api_call *call)
{
	return !call->closed;
}

/* ---- What handlers read ---- */

void *api_call_owner(const struct api_call *call)
{
	return call->api->config.owner;
}

const char *api_call_param(const struct api_call *call, unsigned index)
{
	return api_target_param(&call->target, call->route->pattern, index);
}

const char *api_call_query(const struct api_call *call, const char *name)
{
	return api_target_query(&call->target, name);
}

json_t *api_call_json(struct api_call *call)
{
	return call->json;
}

struct span api_call_bytes(const struct api_call *call)
{
	return buf_span(&call->body);
}

void *api_call_state(const struct api_call *call)
{
	return call->state;
}

void api_call_set_state(struct api_call *call, void *state, void (*release)(void *state))
{
	assert(!call->state);
	call->state = state;
	call->state_release = release;
}

/* ---- What handlers answer ---- */

void api_call_reply(struct api_call *call, int status, json_t *body)
{
	assert(!call->replied);
	call->replied = true;
	if (!call->closed)
		call->sink->reply(call->context, status, body);
	json_decref(body);
}

void api_add_french(json_t *said)
{
	const char *english = json_string_value(json_object_get(said, "message"));
	char *french = english && !json_object_get(said, "fr") ? french_of(english) : NULL;
	if (french)
		json_object_set_new(said, "fr", json_string(french));
	mem_free(french);
}

void api_call_fail_with(struct api_call *call, int error, const char *sentence, json_t *more)
{
	json_t *inner = more ? more : json_object();
	json_object_set_new(inner, "code", json_string(err_name(error)));
	json_object_set_new(inner, "message", json_string(sentence ? sentence : err_sentence(error)));
	api_add_french(inner);
	api_call_reply(call, api_status(error), json_pack("{s:o}", "error", inner));
}

void api_call_fail(struct api_call *call, int error, const char *sentence)
{
	api_call_fail_with(call, error, sentence, NULL);
}

void api_call_keep(struct api_call *call, unsigned seconds)
{
	call->keep_s = seconds;
}

unsigned api_call_keep_s(const struct api_call *call)
{
	return call->keep_s;
}

void api_call_follow(struct api_call *call)
{
	assert(!call->replied);
	call->replied = true;
	if (call->closed)
		return;
	queue_push(&call->api->followers, &call->follower);
	call->sink->follow(call->context);
}

bool api_is_followed(const struct api *api)
{
	return !queue_empty(&api->followers);
}

void api_publish(struct api *api, const char *event, const json_t *data)
{
	if (!api_is_followed(api) || (api->config.silent && api->config.silent(api->config.owner)))
		return;
	char *text = json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		return; /* not UTF-8: our own texts always are */
	struct queue *link = api->followers.next;
	while (link != &api->followers) {
		struct api_call *call = queue_member(link, struct api_call, follower);
		link = link->next; /* the event may close this call, and only this one */
		call->sink->event(call->context, event, text);
	}
	free(text);
}
