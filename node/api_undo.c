/* Taking one's own last change back: what it would do is said first; then it is a change like any other. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/describe.h"
#include "node/undo_events.h"

static const char REASON[] = "annulation";

struct undo {
	struct node_past past;
	struct entry_ref change;
	struct crdt_undo plan;
	bool possible, needs_reason;
};

static void undo_close(struct undo *undo)
{
	crdt_undo_close(&undo->plan);
	node_past_close(&undo->past);
}

/* A change of this device that the request names by feed and seq. */
static int change_named(
        struct api_call *call, struct undo *undo, uint32_t *doc_kind, struct record_id *doc_id)
{
	struct node *node = api_node_of(call)->node;
	const json_t *json = api_call_json(call);
	const char *feed = api_text(json, "feed");
	struct device_id self = node_device(node);
	struct node_entry entry;
	uint32_t number;
	undo->change.seq = (uint64_t)json_integer_value(json_object_get(json, "seq"));
	if (strlen(feed) != 2 * ID_LONG_BYTES ||
	        !ids_from_hex(undo->change.feed.bytes, ID_LONG_BYTES, feed) ||
	        !log_feed_number(node_log(node), &undo->change.feed, &number))
		return ERR_NOTFOUND;
	if (!device_id_eq(&log_feed(node_log(node), number)->device, &self))
		return ERR_DENIED;
	int result = node_read(node, number, undo->change.seq, &entry);
	if (result)
		return result;
	*doc_kind = entry.change.doc_kind;
	*doc_id = entry.change.doc_id;
	return 0;
}

static int find_change(struct api_call *call, struct undo *undo)
{
	struct api_node *app = api_node_of(call);
	const char *document = api_text(api_call_json(call), "document");
	uint32_t doc_kind = 0;
	struct record_id doc_id = {{0}};
	int result = 0;
	if (api_text(api_call_json(call), "feed")) {
		result = change_named(call, undo, &doc_kind, &doc_id);
	} else {
		if (document)
			result = api_document(call, document, &doc_kind, &doc_id);
		if (!result)
			result = node_last_change(
			        app->node, doc_kind, &doc_id, &undo->change, &doc_kind, &doc_id);
	}
	return result ? result : node_past_read(app->node, doc_kind, &doc_id, &undo->past, NULL);
}

/* Everything that the document holds must be in the past that was read: what is not committed yet is not. */
static int check_complete(struct api_node *app, const struct undo *undo)
{
	struct crdt_frontier held = {0}, read = {0};
	struct crdt_doc *doc;
	int result = node_doc(app->node, undo->past.doc_kind, &undo->past.doc_id, &doc);
	if (!result) {
		crdt_frontier_of(doc, &held);
		crdt_history_frontier(undo->past.steps, crdt_history_change_count(undo->past.steps), &read);
		result = crdt_frontier_within(&held, &read) ? 0 : ERR_BUSY;
	}
	crdt_frontier_close(&held);
	crdt_frontier_close(&read);
	return result;
}

static void weigh(struct undo *undo)
{
	undo->possible = undo->plan.does_something;
	for (uint32_t i = 0; i < undo->plan.count; i++) {
		const struct crdt_undo_item *item = &undo->plan.items[i];
		struct record_place place;
		struct undo_event event = {.kind = UNDO_EVENT_STAYS};
		if (item->kind == CRDT_UNDO_EVENT)
			undo_event_plan(undo->past.steps, item->own.items[0], &event);
		bool corrects = event.kind == UNDO_EVENT_CANCEL || event.kind == UNDO_EVENT_RESTORE;
		undo->possible |= corrects;
		undo->needs_reason |= corrects;
		if (item->path.size && record_place_of(item->path, &undo->past.doc_id, &place) &&
		        place.field && place.field->class == SCHEMA_SAFETY)
			undo->needs_reason |= crdt_undo_acts(item);
	}
}

static json_t *undo_json(struct api_node *app, const struct undo *undo)
{
	json_t *changes = json_array(), *plan = json_array();
	struct crdt_frontier from = {0}, to = {0};
	struct crdt_diff diff = {0};
	uint32_t number;
	if (crdt_history_find_change(undo->past.steps, &undo->change, &number)) {
		crdt_history_frontier(undo->past.steps, number, &from);
		crdt_history_frontier(undo->past.steps, number + 1, &to);
		crdt_diff(undo->past.steps, &from, &to, &diff);
	}
	for (uint32_t i = 0; i < diff.count; i++) {
		json_t *item = describe_item(app, &undo->past, &diff.items[i]);
		if (item)
			json_array_append_new(changes, item);
	}
	for (uint32_t i = 0; i < undo->plan.count; i++)
		json_array_append_new(plan, describe_undo(app, &undo->past, &undo->plan.items[i]));
	crdt_diff_close(&diff);
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
	return json_pack("{s:o, s:o, s:I, s:o, s:o, s:b, s:b}", "document",
	        describe_document(app, undo->past.doc_kind, &undo->past.doc_id), "feed",
	        api_hex(undo->change.feed.bytes, ID_LONG_BYTES), "seq", (json_int_t)undo->change.seq,
	        "changes", changes, "plan", plan, "possible", undo->possible, "needsReason",
	        undo->needs_reason);
}

static void write_events(
        struct api_node *app, const struct undo *undo, struct crdt_builder *builder, struct span reason)
{
	for (uint32_t i = 0; i < undo->plan.count; i++) {
		struct undo_event event;
		struct record_id id;
		if (undo->plan.items[i].kind != CRDT_UNDO_EVENT)
			continue;
		undo_event_plan(undo->past.steps, undo->plan.items[i].own.items[0], &event);
		env_random_bytes(app->env, id.bytes, sizeof(id.bytes));
		undo_event_write(&event, id, builder, reason);
	}
}

static int write_undo(struct api_node *app, const struct undo *undo, struct span reason)
{
	struct node_change change;
	int result = node_change_begin(app->node, undo->past.doc_kind, &undo->past.doc_id, &change);
	if (result)
		return result;
	result = crdt_undo_write(undo->past.steps, &undo->plan, &change.builder, reason);
	write_events(app, undo, &change.builder, reason);
	if (!result)
		return node_change_finish(app->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

static int carry_out(struct api_call *call, const struct undo *undo)
{
	struct api_node *app = api_node_of(call);
	const char *reason = api_text(api_call_json(call), "reason");
	json_t *body = undo_json(app, undo);
	if (undo->past.doc_kind == SCHEMA_DOC_DOSSIER)
		api_note(app, ACCESS_HISTORY, &undo->past.doc_id, 0);
	if (json_is_true(json_object_get(api_call_json(call), "dryRun"))) {
		api_call_reply(call, 200, body);
		return 0;
	}
	if (!undo->possible) {
		api_call_fail_with(call, ERR_CONFLICT, "Nothing of this change can be taken back.", body);
		return 0;
	}
	if (undo->needs_reason && (!reason || !*reason)) {
		api_call_fail_with(call, ERR_INVALID,
		        "A reason is needed to take this back (--reason, or \"reason\").", body);
		return 0;
	}
	int result = write_undo(app, undo, span_text(reason && *reason ? reason : REASON));
	if (!result)
		return api_reply_durable(call, 200, body);
	json_decref(body);
	return result;
}

static int undo_now(struct api_call *call)
{
	struct undo undo = {.possible = false};
	int result = find_change(call, &undo);
	if (!result)
		result = check_complete(api_node_of(call), &undo);
	if (!result)
		result = crdt_undo_plan(undo.past.steps, &undo.change, &undo.plan);
	if (!result) {
		weigh(&undo);
		result = carry_out(call, &undo);
	} else if (result == ERR_NOTFOUND || result == ERR_DENIED || result == ERR_BUSY) {
		api_call_fail(call, result,
		        result == ERR_NOTFOUND         ? "This device wrote no such change."
		                : result == ERR_DENIED ? "Only what this device wrote can be taken back here."
		                                       : "The last change is still being saved: ask again.");
		result = 0;
	}
	undo_close(&undo);
	return result;
}

int api_post_undo(struct api_call *call)
{
	return api_when_durable(call, undo_now);
}
