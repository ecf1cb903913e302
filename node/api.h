/*
 * node/api.h - requests and replies of the local interface, whatever carries them: HTTP on the loopback, a unix socket, or a
 * call inside the process (node/api_routes.c lists the routes, and so does GET /api).
 *
 * Normal course: api_call_new() matches the target; api_call_body() any number of times; api_call_end(); then exactly one
 * `reply`, at once or later (a save answers when it is durable), or, for a stream of events, any number of `event`.
 * api_call_close() exactly once, by the transport, whatever happened; nothing is called back afterwards.
 *
 * Failures: whatever is wrong with a request becomes a reply {"error": {"code": "DENIED", "message": "...", "fr": "..."}} after
 * api_call_end(): `message` in English, `fr` the same in French (node/french). When api_call_refused() says so, the body need not be read before.
 *
 * Hostile targets and bodies are fine. Threads: one.
 */
#ifndef NODE_API_H
#define NODE_API_H

#include <jansson.h>
#include <stdbool.h>

#include "crdt/base/mem.h"
#include "crdt/base/span.h"

enum api_method { API_GET = 1, API_POST, API_PUT, API_PATCH, API_DELETE };

/* 0 when the name ("GET") is none of them. */
enum api_method api_method_named(const char *name);
const char *api_method_name(enum api_method method);

enum api_body {
	API_BODY_NONE, /* anything but an empty body is refused */
	API_BODY_JSON, /* one object, at most LIMIT_API_BODY_BYTES; an empty body counts as {} */
	API_BODY_BYTES, /* anything, at most LIMIT_API_BYTES */
};

struct api;
struct api_call;

/* One row of the table of routes. */
struct api_route {
	enum api_method method;
	const char *pattern; /* "/api/patients/:id": a segment with a colon takes any text */
	enum api_body body;
	unsigned need; /* what the owner's `ready` is asked for; 0: nothing */
	/* Called at the end of the body. 0: api_call_reply() was or will be called, or api_call_follow() was. Negative: the error
	 * to reply with. */
	int (*handle)(struct api_call *call);
	const char *help;
};

struct api_config {
	const struct api_route *routes; /* ends with method 0; borrowed */
	/* 0, or an error and, where the table's does not fit, its sentence. `unattended`: the query says unattended=1, that no person asked but a
	 * screen of its own accord. NULL: always ready. */
	int (*ready)(void *owner, unsigned need, bool unattended, const char **sentence);
	/* Whether followers are told nothing now. NULL: never. */
	bool (*silent)(void *owner);
	/* Is what such a request looks at still being made? Then its handler is called later, by api_go_on(). NULL: never. */
	bool (*is_early)(void *owner, const struct api_route *route, uint64_t waited_ms);
	uint64_t (*now_ms)(void *owner); /* steady clock; with is_early */
	void *owner;
};

struct api *api_new(const struct api_config *config);
void api_free(struct api *api); /* every call was closed before; NULL is allowed */

/* Requests for /api/teams/NAME/... given to `api` are those for /api/... of `mounted`, which may be `api` itself. Both borrowed, as long as requests
 * come. At most LIMIT_TEAMS. */
void api_mount(struct api *api, const char *name, struct api *mounted);

/* Call the handlers of requests that waited and need not any more. After each turn of the loop. */
void api_go_on(struct api *api);

bool api_is_followed(const struct api *api); /* by anybody */
/* Tell everybody who follows. `data` is borrowed. */
void api_publish(struct api *api, const char *event, const json_t *data);

/* ---- For transports ---- */

struct api_sink {
	/* Once. `body` is borrowed until return. */
	void (*reply)(void *context, int status, const json_t *body);
	/* The call is a stream of events now; instead of a reply. */
	void (*follow)(void *context);
	/* One event. `text` is one line of JSON, borrowed. */
	void (*event)(void *context, const char *name, const char *text);
};

struct api_request {
	enum api_method method;
	struct span target; /* path and query, still percent-encoded */
	bool body_known;
	uint64_t body_bytes; /* when known */
};

struct api_call *api_call_new(
        struct api *api, const struct api_request *request, const struct api_sink *sink, void *context);

/* The answer is known already: reading the body is a waste. */
bool api_call_refused(const struct api_call *call);
void api_call_body(struct api_call *call, struct span piece);
void api_call_end(struct api_call *call);
void api_call_close(struct api_call *call); /* NULL is allowed */

/* ---- For handlers ---- */

/* May its route be served now? It is asked when the headers came, when the body did and after each wait; whoever works later asks too. 0, or an error and its sentence. */
int api_call_ready(const struct api_call *call, const char **sentence);

void *api_call_owner(const struct api_call *call);

/* The text that stood for the pattern's n-th colon segment, decoded; never NULL. */
const char *api_call_param(const struct api_call *call, unsigned index);

/* A value of the query, decoded; NULL when absent. The first one counts. */
const char *api_call_query(const struct api_call *call, const char *name);

/* The body of an API_BODY_JSON route: an object, borrowed. */
json_t *api_call_json(struct api_call *call);

/* The body of an API_BODY_BYTES route. Borrowed. */
struct span api_call_bytes(const struct api_call *call);

/* What a handler keeps with the call; `release` runs when the call is gone. */
void *api_call_state(const struct api_call *call);
void api_call_set_state(struct api_call *call, void *state, void (*release)(void *state));

/* Keep the call's memory until as many api_call_release(): for completions that will come. */
void api_call_hold(struct api_call *call);
void api_call_release(struct api_call *call);
bool api_call_open(const struct api_call *call); /* false: nobody waits for the reply any more */

/* `body` is taken. A second reply is our own bug; after the transport left it goes nowhere. */
void api_call_reply(struct api_call *call, int status, json_t *body);
/* With a sentence of our own, which never holds patients' data; NULL: the table's. Its French stands in node/french, and is added. */
void api_call_fail(struct api_call *call, int error, const char *sentence);
/* The same with more members beside code and message; taken; may be NULL. "fr" among them counts instead of the table's. */
void api_call_fail_with(struct api_call *call, int error, const char *sentence, json_t *more);
/* The French beside the English "message" of an object, as "fr", unless it is there. */
void api_add_french(json_t *said);
/* The reply is the same for everybody and may be kept so long: nothing of a patient or of the team. Before replying. */
void api_call_keep(struct api_call *call, unsigned seconds);
unsigned api_call_keep_s(const struct api_call *call);
void api_call_follow(struct api_call *call); /* the call gets what api_publish() tells */

/* The HTTP status that fits an ERR_*. */
int api_status(int error);

#endif
