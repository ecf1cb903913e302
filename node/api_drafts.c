/*
 * Drafts: what is typed and not saved yet, kept on this device's disk (visit/README.md, section 1).
 *
 * A row is read from the disk each time, unless a newer one is on its way there. When a commit fails, what was on its way is forgotten and the row on the disk
 * counts again, which the reply says.
 */
#include "node/api_drafts.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_node.h"
#include "node/visit/draft.h"

void api_drafts_forget(struct api_drafts *drafts)
{
	for (uint32_t i = 0; i < LIMIT_DRAFTS; i++)
		json_decref(drafts->pending[i]);
	const uint64_t moved = drafts->moved;
	*drafts = (struct api_drafts){.moved = moved + 1};
}

uint64_t api_drafts_moved(const struct api_node *app)
{
	return app->drafts.moved;
}

/* ---- Finding one ---- */

/* FNV-1a; a hint alone: what it points at is read. Never 0. */
static uint64_t hash_key(const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return hash ? hash : 1;
}

/* What stands in a place. NULL: nothing. Owner decrefs. */
static json_t *read_place(struct api_node *app, uint32_t place)
{
	char name[NODE_DRAFT_NAME_BYTES];
	struct buf row = {0};
	json_t *draft = json_incref(app->drafts.pending[place]);
	if (!draft && api_local(app, node_draft_name(name, place), &row) == 0)
		draft = draft_read(buf_span(&row));
	buf_wipe(&row);
	return draft;
}

static void set_hint(struct api_node *app, uint32_t place, const json_t *draft)
{
	app->drafts.hints[place] = draft ? hash_key(api_text(draft, "key")) : 0;
}

static void know_all(struct api_node *app)
{
	if (app->drafts.known)
		return;
	for (uint32_t i = 0; i < LIMIT_DRAFTS; i++) {
		json_t *draft = read_place(app, i);
		set_hint(app, i, draft);
		json_decref(draft);
	}
	app->drafts.known = true;
}

static bool has_state(const json_t *draft, const char *state)
{
	const char *is = api_text(draft, "state");
	return state ? is && strcmp(is, state) == 0 : !is;
}

json_t *api_draft_find(struct api_node *app, const char *key, const char *state, uint32_t *place)
{
	json_t *found = NULL;
	know_all(app);
	for (uint32_t i = 0; i < LIMIT_DRAFTS; i++) {
		if (app->drafts.hints[i] != hash_key(key))
			continue;
		json_t *draft = read_place(app, i);
		const char *ended = draft ? api_text(draft, "ended") : NULL,
		           *before = found ? api_text(found, "ended") : NULL;
		if (draft && strcmp(api_text(draft, "key"), key) == 0 && has_state(draft, state) &&
		        (!found || strcmp(ended ? ended : "", before ? before : "") > 0)) {
			json_decref(found);
			found = json_incref(draft);
			*place = i;
		}
		json_decref(draft);
	}
	return found;
}

json_t *api_draft_open(struct api_node *app, const char *key, uint32_t *place)
{
	return api_draft_find(app, key, NULL, place);
}

json_t *api_draft_at(struct api_node *app, uint32_t place)
{
	know_all(app);
	return app->drafts.hints[place] ? read_place(app, place) : NULL;
}

/* How soon a place is given to another draft: 0 at once; UINT32_MAX never. */
static uint32_t worth(const json_t *draft)
{
	return !draft ? 0 : has_state(draft, "saved") ? 1 : has_state(draft, "discarded") ? 2 : UINT32_MAX;
}

bool api_draft_place(struct api_node *app, uint32_t *place)
{
	json_t *best = NULL;
	bool found = false;
	know_all(app);
	for (uint32_t i = 0; i < LIMIT_DRAFTS; i++) {
		json_t *draft = app->drafts.hints[i] ? read_place(app, i) : NULL;
		const char *ended = draft ? api_text(draft, "ended") : NULL,
		           *before = best ? api_text(best, "ended") : NULL;
		const bool is_better = worth(draft) < worth(best) ||
		        (worth(draft) == worth(best) && strcmp(ended ? ended : "", before ? before : "") < 0);
		if (worth(draft) != UINT32_MAX && (!found || is_better)) {
			json_decref(best);
			best = json_incref(draft);
			*place = i;
			found = true;
		}
		json_decref(draft);
	}
	json_decref(best);
	return found;
}

bool api_draft_is_saved(struct api_node *app, const json_t *draft)
{
	const struct schema_kind *kind = schema_kind_named(span_text(api_text(draft, "kind")));
	const char *in = api_text(draft, "in");
	struct record_id doc_id, id;
	struct crdt_doc *doc;
	if (!kind || kind->shape != SCHEMA_EVENT ||
	        !ids_from_hex(id.bytes, ID_SHORT_BYTES, api_text(draft, "id")))
		return false;
	if (in ? !ids_from_hex(doc_id.bytes, ID_SHORT_BYTES, in)
	       : !api_own_doc_id(app, schema_doc(kind->doc), &doc_id))
		return false;
	if (kind->doc == SCHEMA_DOC_DOSSIER) { /* of a patient with several files any may hold it */
		struct patient_group group;
		struct record_id file;
		api_group_of(app, &doc_id, &group);
		return api_group_holder(app, &group, kind, &id, &file);
	}
	return node_doc(app->node, kind->doc, &doc_id, &doc) == 0 && crdt_doc_has_event(doc, &id);
}

/* ---- Writing one ---- */

struct writing {
	struct api_node *app;
	struct api_call *call; /* NULL: the reply is somebody else's */
	uint32_t place;
	json_t *draft, *reply;
	int status;
};

static void say_not_written(struct writing *writing, int result)
{
	json_t *row = read_place(writing->app, writing->place);
	const bool is_same = row && strcmp(api_text(row, "id"), api_text(writing->draft, "id")) == 0;
	const json_int_t version = is_same ? json_integer_value(json_object_get(row, "version")) : 0;
	api_call_fail_with(writing->call, result,
	        "The draft could not be written to the disk. What was there before is there; what could not "
	        "be "
	        "written is in this answer.",
	        json_pack("{s:s, s:I, s:O}", "fr",
	                "Le brouillon n'a pas pu être écrit sur le disque. Ce qui y était y est encore ; ce "
	                "qui "
	                "n'a pas pu l'être est dans cette réponse.",
	                "version", version, "draft", writing->draft));
	json_decref(row);
}

static void on_written(void *context, int result)
{
	struct writing *writing = context;
	struct api_drafts *drafts = &writing->app->drafts;
	if (drafts->pending[writing->place] == writing->draft) {
		json_decref(writing->draft);
		drafts->pending[writing->place] = NULL;
	}
	if (result)
		drafts->known = false;
	if (writing->call &&
	        result == ERR_CANCELLED) /* the node is being closed: there is nothing to read any more */
		api_call_fail(writing->call, result, NULL);
	else if (writing->call && result)
		say_not_written(writing, result);
	else if (writing->call)
		api_call_reply(writing->call, writing->status, json_incref(writing->reply));
	if (writing->call)
		api_call_release(writing->call);
	json_decref(writing->draft);
	json_decref(writing->reply);
	mem_free(writing);
}

static int put_row(struct writing *writing)
{
	struct api_node *app = writing->app;
	struct api_drafts *drafts = &app->drafts;
	char name[NODE_DRAFT_NAME_BYTES], *row = draft_row(writing->draft);
	if (!row)
		return ERR_TOOBIG;
	int result = node_put_local(
	        app->node, node_draft_name(name, writing->place), span_text(row), on_written, writing);
	mem_wipe(row, strlen(row));
	free(row);
	if (result)
		return result;
	json_decref(drafts->pending[writing->place]);
	drafts->pending[writing->place] = json_incref(writing->draft);
	set_hint(app, writing->place, writing->draft);
	return 0;
}

/* Its row may be on its way out of the disk, and would come back. */
static bool is_erased(struct api_node *app, const json_t *draft)
{
	const char *in = api_text(draft, "in");
	struct record_id id;
	return in && ids_from_hex(id.bytes, ID_SHORT_BYTES, in) && node_is_erased(app->node, &id);
}

static int put(struct writing what)
{
	if (is_erased(what.app, what.draft))
		return ERR_NOTFOUND;
	struct writing *writing = mem_zero(1, sizeof(*writing));
	*writing = what;
	json_incref(writing->draft);
	if (writing->call)
		api_call_hold(writing->call);
	int result = put_row(writing);
	if (!result)
		return 0;
	if (writing->call)
		api_call_release(writing->call);
	json_decref(writing->draft);
	json_decref(writing->reply);
	mem_free(writing);
	return result;
}

int api_draft_write(struct api_call *call, uint32_t place, json_t *draft, int status, json_t *reply)
{
	return put((struct writing){api_node_of(call), call, place, draft, reply, status});
}

int api_draft_put(struct api_node *app, uint32_t place, json_t *draft)
{
	app->drafts.moved++;
	return put((struct writing){app, NULL, place, draft, NULL, 0});
}

int api_draft_discard(struct api_call *call, uint32_t place, const json_t *draft)
{
	struct api_node *app = api_node_of(call);
	json_t *now = api_now(app), *ended = draft_ended(draft, "discarded", now);
	app->drafts.moved++;
	int result = api_draft_write(call, place, ended, 200,
	        json_pack("{s:O, s:O}", "key", json_object_get(draft, "key"), "ended", now));
	json_decref(ended);
	json_decref(now);
	return result;
}
