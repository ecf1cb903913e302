/*
 * node/visit/draft.h - the draft of a form: what it is, and how a keystroke changes it (README.md, section 1).
 *
 * A draft is a JSON object as it stands in its row. Pure: no clock, no disk. Requests and rows are hostile.
 */
#ifndef NODE_VISIT_DRAFT_H
#define NODE_VISIT_DRAFT_H

#include <jansson.h>
#include <stdbool.h>

#include "crdt/base/span.h"

enum {
	DRAFT_KEY_MAX = 64, /* letters of a key: room for a kind and an id */
	DRAFT_BYTES_MAX = 256 *
	        1024, /* as JSON: a visit and three transmissions whose texts are all full take 200 KB */
	DRAFT_DEPTH_MAX = 8, /* a draft's deepest: /with/KIND/NUMBER/vitals/NAME */
	DRAFT_SPLICES_MAX = 256, /* of one request: whoever typed more gives it whole */
};

/* The draft of the visit that runs. */
#define DRAFT_VISIT_KEY "visit"

bool draft_key_is_valid(const char *key);

/* A row as it was read. NULL: it is none. Owner decrefs. */
json_t *draft_read(struct span row);

/* Open: neither discarded nor saved. */
bool draft_is_open(const json_t *draft);

/* What its row holds. Owner frees with free(), wiped; NULL: over DRAFT_BYTES_MAX. */
char *draft_row(const json_t *draft);

/* Lay what a request says over "values" and "with" of a draft: whole ("values", "with"), or "change" and "text". 0 and "version" is one more; ERR_INVALID, ERR_TOOBIG with *why, a
 * sentence without content, and the draft as it was. */
int draft_apply(json_t *draft, const json_t *request, const char **why);

/* What is left of it when it ended: "discarded" keeps everything, "saved" the id alone. `now` is borrowed. New reference. */
json_t *draft_ended(const json_t *draft, const char *state, json_t *now);

#endif
