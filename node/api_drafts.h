/*
 * node/api_drafts.h - the drafts of this device: rows of its own, kept at every keystroke (visit/README.md, section 1). Threads: one.
 */
#ifndef NODE_API_DRAFTS_H
#define NODE_API_DRAFTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "crdt/base/limits.h"

struct api_call;
struct api_node;

/* Part of struct api_node. Zeroed before the first use. */
struct api_drafts {
	json_t *pending[LIMIT_DRAFTS]; /* the newest that is on its way to the disk; NULL: the row says it */
	uint64_t hints[LIMIT_DRAFTS]; /* of the key whose row is there; 0: none */
	bool known; /* the hints were filled */
	uint64_t moved; /* one more with each draft that begins, ends or is restored */
};

/* Before the node is opened again, or for good. */
void api_drafts_forget(struct api_drafts *drafts);

/* The open draft under a key, and its place. NULL: none. Owner decrefs. */
json_t *api_draft_open(struct api_node *app, const char *key, uint32_t *place);

/* The one under a key that is "discarded" or "saved" (NULL: open), of several the one that ended last; and what stands in a place below LIMIT_DRAFTS.
 * NULL: nothing. Owner decrefs. */
json_t *api_draft_find(struct api_node *app, const char *key, const char *state, uint32_t *place);
json_t *api_draft_at(struct api_node *app, uint32_t place);

/* Whether what it is the draft of stands in its document: it was saved, and the program ended between that and the row. */
bool api_draft_is_saved(struct api_node *app, const json_t *draft);

/* A place for a new draft: a free one, else of one that was saved, else of one that was discarded, the oldest first. False: all are open. */
bool api_draft_place(struct api_node *app, uint32_t *place);

/* Write it to the disk and reply with `reply` (taken) once it is there; without room, with what is on the disk and the draft. `draft` is borrowed. */
int api_draft_write(struct api_call *call, uint32_t place, json_t *draft, int status, json_t *reply);

/* The same without a reply of its own: it goes with what is written in this turn. */
int api_draft_put(struct api_node *app, uint32_t place, json_t *draft);

/* Discard it, and reply once that is on the disk. `draft` is borrowed. */
int api_draft_discard(struct api_call *call, uint32_t place, const json_t *draft);

/* Save the form that `draft` is (visit/README.md, section 2), with `request` laid over it; what is left of the draft goes into the same batch. */
int api_draft_save(struct api_call *call, uint32_t place, const json_t *draft, const json_t *request);

/* Moves with each draft that begins, ends or is restored in this program: whoever watches one looks again. */
uint64_t api_drafts_moved(const struct api_node *app);

#endif
