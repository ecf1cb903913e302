/* The past: what happened to a document, the document as it was, what is new since somebody last looked. */
#include "node/api_node.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "crdt/clock.h"
#include "node/api_notices.h"
#include "node/describe.h"
#include "node/node_notices.h"
#include "node/schema/moment.h"

enum { LIST_DEFAULT = 50, LIST_MAX = 500 };

/* ---- Which document ---------------------------------------------------------------------------------------------- */

int api_document(struct api_call *call, const char *text, uint32_t *doc_kind, struct record_id *doc_id)
{
	/* Not cases: they are shown while a consent holds. */
	static const enum schema_doc_kind OTHERS[] = {
	        SCHEMA_DOC_THREAD, SCHEMA_DOC_MINUTES, SCHEMA_DOC_SURVEY};
	struct api_node *app = api_node_of(call);
	for (uint32_t kind = SCHEMA_DOC_DIRECTORY; kind <= SCHEMA_DOC_MINUTES; kind++) {
		const struct schema_doc *doc = schema_doc(kind);
		*doc_kind = kind;
		if (doc && strcmp(doc->name, text) == 0 && doc->per != SCHEMA_PER_ITSELF)
			return api_own_doc_id(app, doc, doc_id) ? 0 : ERR_DENIED;
	}
	for (size_t i = 0; i < sizeof(OTHERS) / sizeof(*OTHERS); i++) {
		*doc_kind = OTHERS[i];
		if (api_doc_id(app, OTHERS[i], text, doc_id) == 0)
			return 0;
	}
	*doc_kind = SCHEMA_DOC_DOSSIER;
	int result = api_patient_id(app, text, doc_id);
	/* A dossier all of whose entries are kept apart is no document, and has a past. */
	bool is_whole = strlen(text) == 2 * ID_SHORT_BYTES;
	return result == ERR_NOTFOUND && is_whole && ids_from_hex(doc_id->bytes, ID_SHORT_BYTES, text)
	        ? 0
	        : result;
}

/* The past of the document that the path names; replies itself when there is none. False: replied. */
static bool past_of(struct api_call *call, struct node_past *past, uint64_t *unknown)
{
	uint32_t doc_kind;
	struct record_id doc_id;
	*past = (struct node_past){0};
	int result = api_document(call, api_call_param(call, 0), &doc_kind, &doc_id);
	if (!result)
		result = node_past_read(api_node_of(call)->node, doc_kind, &doc_id, past, unknown);
	if (!result)
		return true;
	node_past_close(past);
	api_call_fail(call, result,
	        result == ERR_NOTFOUND           ? "There is no such patient or document here."
	                : result == ERR_CONFLICT ? "Several patients' ids begin so: give more digits."
	                                         : NULL);
	return false;
}

static uint32_t number_of(const char *text, uint32_t preset, uint32_t max)
{
	unsigned long value = text ? strtoul(text, NULL, 10) : preset;
	return value > max ? max : (uint32_t)value;
}

/* ---- What happened ------------------------------------------------------------------------------------------------ */

/* What somebody asks for: all, a kind of record, one record, one field. */
struct filter {
	const struct schema_kind *kind;
	const struct schema_field *field;
	struct record_id id;
	bool has_id;
};

/* False: replied. */
static bool read_filter(struct api_call *call, const struct node_past *past, struct filter *out)
{
	const char *kind = api_call_query(call, "kind"), *id = api_call_query(call, "id"),
	           *field = api_call_query(call, "field");
	const char *wrong = NULL;
	*out = (struct filter){0};
	if (kind)
		out->kind = schema_kind_named(span_text(kind));
	else if (field && past->doc_kind == SCHEMA_DOC_DOSSIER && !id)
		out->kind = schema_kind(SCHEMA_PATIENT); /* what a dossier has fields of its own of */
	if (kind && (!out->kind || (uint32_t)out->kind->doc != past->doc_kind))
		wrong = "There is no such kind of record in this document.";
	if (id) {
		out->has_id = ids_from_hex(out->id.bytes, sizeof(out->id.bytes), id) &&
		        strlen(id) == 2 * ID_SHORT_BYTES;
		wrong = !out->has_id || !out->kind ? "A record is named by its kind and its whole id."
		                                   : wrong;
	} else if (out->kind && out->kind->shape == SCHEMA_ONE) {
		out->has_id = true;
		out->id = past->doc_id;
	}
	if (!wrong && field && out->kind)
		out->field = schema_field_named(out->kind, span_text(field));
	if (!wrong && field && (!out->field || !out->has_id || out->kind->shape == SCHEMA_EVENT))
		wrong = "A field is named by the kind and id of its record; events have no fields that "
		        "change.";
	if (wrong)
		api_call_fail(call, ERR_INVALID, wrong);
	return !wrong;
}

static void filter_path(const struct filter *filter, struct crdt_path *path)
{
	*path = (struct crdt_path){0};
	if (filter->has_id)
		record_path(filter->kind, &filter->id, filter->field ? filter->field->number : 0, path);
	else
		crdt_path_field(path, filter->kind->number);
}

static bool event_fits(
        const struct filter *filter, const struct crdt_history *steps, const struct crdt_step *step)
{
	uint32_t corrected;
	if (step->kind != CRDT_OP_EVENT)
		return false;
	if (step->event_kind == filter->kind->number &&
	        (!filter->has_id || record_id_eq(&step->event_id, &filter->id)))
		return true;
	/* A correction belongs to the history of what it corrects. */
	return step->is_correction && crdt_history_find(steps, &step->corrects, &corrected) &&
	        crdt_history_step(steps, corrected)->event_kind == filter->kind->number &&
	        (!filter->has_id ||
	                record_id_eq(&crdt_history_step(steps, corrected)->event_id, &filter->id));
}

static bool fits(const struct filter *filter, const struct node_past *past, const struct crdt_diff_item *item)
{
	struct crdt_path path;
	if (!filter->kind)
		return true;
	if (filter->kind->shape == SCHEMA_EVENT)
		return event_fits(filter, past->steps,
		        crdt_history_step(past->steps, item->by.items[item->by.count - 1]));
	filter_path(filter, &path);
	return item->path.size && span_eq(span_sub(item->path, 0, path.size), crdt_path_span(&path));
}

static void add_number(struct buf *out, uint32_t number)
{
	size_t last = out->size / sizeof(number);
	if (last && ((const uint32_t *)(const void *)out->data)[last - 1] == number)
		return;
	buf_add(out, &number, sizeof(number));
}

/* The changes that may hold something asked for, ascending, as uint32_t. */
static void candidates(const struct filter *filter, const struct node_past *past, struct buf *out)
{
	struct buf steps = {0};
	struct crdt_path path;
	bool by_path = filter->kind && filter->kind->shape != SCHEMA_EVENT;
	if (by_path) {
		filter_path(filter, &path);
		crdt_history_of(past->steps, crdt_path_span(&path), &steps);
	}
	const uint32_t *numbers = (const uint32_t *)(const void *)steps.data;
	for (size_t i = 0; i < steps.size / sizeof(*numbers); i++)
		add_number(out, crdt_history_step(past->steps, numbers[i])->change);
	for (uint32_t i = 0; !by_path && i < crdt_history_count(past->steps); i++) {
		const struct crdt_step *step = crdt_history_step(past->steps, i);
		if (!filter->kind || event_fits(filter, past->steps, step))
			add_number(out, step->change);
	}
	buf_close(&steps);
}

/* What one change did, newest place last. */
static void add_change(struct api_node *app, const struct node_past *past, const struct filter *filter,
        uint32_t number, json_t *list)
{
	struct crdt_frontier from = {0}, to = {0};
	struct crdt_diff diff = {0};
	crdt_history_frontier(past->steps, number, &from);
	crdt_history_frontier(past->steps, number + 1, &to);
	if (crdt_diff(past->steps, &from, &to, &diff) == 0)
		for (uint32_t i = 0; i < diff.count; i++) {
			json_t *json = fits(filter, past, &diff.items[i])
			        ? describe_item(app, past, &diff.items[i])
			        : NULL;
			if (json)
				json_array_append_new(list, json);
		}
	crdt_diff_close(&diff);
	crdt_frontier_close(&from);
	crdt_frontier_close(&to);
}

static json_t *changes_json(
        struct api_call *call, const struct node_past *past, const struct filter *filter, uint32_t *before)
{
	struct buf numbers = {0};
	json_t *list = json_array();
	uint32_t limit = number_of(api_call_query(call, "limit"), LIST_DEFAULT, LIST_MAX);
	candidates(filter, past, &numbers);
	const uint32_t *changes = (const uint32_t *)(const void *)numbers.data;
	uint32_t at = number_of(
	        api_call_query(call, "before"), UINT32_MAX, (uint32_t)(numbers.size / sizeof(*changes)));
	for (; at > 0 && json_array_size(list) < limit; at--)
		add_change(api_node_of(call), past, filter, changes[at - 1], list);
	*before = at;
	buf_close(&numbers);
	return list;
}

static int history_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct node_past past;
	struct filter filter;
	struct crdt_path path;
	uint64_t unknown;
	uint32_t before;
	if (!past_of(call, &past, &unknown))
		return 0;
	if (!read_filter(call, &past, &filter)) {
		node_past_close(&past);
		return 0;
	}
	json_t *changes = changes_json(call, &past, &filter, &before);
	json_t *json = json_pack("{s:o, s:o, s:b, s:I, s:o, s:I, s:I}", "document",
	        describe_document(app, past.doc_kind, &past.doc_id), "changes", changes, "more", before > 0,
	        "before", (json_int_t)before, "gaps", describe_gaps(app, &past.gaps), "gapCount",
	        (json_int_t)past.gaps.count, "unknown", (json_int_t)unknown);
	if (filter.field) {
		filter_path(&filter, &path);
		json_object_set_new(json, "values", describe_values(app, &past, crdt_path_span(&path)));
		json_t *passages = describe_passages(app, &past, crdt_path_span(&path));
		if (passages)
			json_object_set_new(json, "passages", passages);
	}
	if (past.doc_kind == SCHEMA_DOC_DOSSIER)
		api_note(app, ACCESS_HISTORY, &past.doc_id, 0);
	const struct schema_doc *doc = schema_doc(past.doc_kind);
	json_object_set_new(
	        json, "notices", api_notices(app, API_NOTICES_FORKS, doc ? (uint8_t)doc->compartment : 0));
	node_past_close(&past);
	api_call_reply(call, 200, json);
	return 0;
}

int api_get_history(struct api_call *call)
{
	return api_when_durable(call, history_now);
}

/* ---- As it was ---------------------------------------------------------------------------------------------------- */

/* The frontier that the query asks for. ERR_INVALID, ERR_NOTFOUND. */
static int frontier_asked(struct api_call *call, const struct node_past *past, struct crdt_frontier *out)
{
	const char *moment_text = api_call_query(call, "moment"), *feed = api_call_query(call, "feed"),
	           *seq = api_call_query(call, "seq");
	struct moment moment;
	struct entry_ref entry;
	uint32_t number;
	if (moment_text && moment_parse(span_text(moment_text), &moment)) {
		uint64_t end_ms = ((uint64_t)moment.seconds + 1) * 1000;
		crdt_history_frontier_at(past->steps, (end_ms << CRDT_HLC_COUNTER_BITS) - 1, out);
		return 0;
	}
	if (!feed || !seq || strlen(feed) != 2 * ID_LONG_BYTES ||
	        !ids_from_hex(entry.feed.bytes, ID_LONG_BYTES, feed))
		return ERR_INVALID;
	entry.seq = strtoull(seq, NULL, 10);
	if (!crdt_history_find_change(past->steps, &entry, &number))
		return ERR_NOTFOUND;
	crdt_history_frontier(past->steps, number + 1, out);
	return 0;
}

static int history_at_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct node_past past;
	struct crdt_frontier frontier = {0};
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = NULL;
	if (!past_of(call, &past, NULL)) {
		crdt_feeds_free(feeds);
		return 0;
	}
	int result = frontier_asked(call, &past, &frontier);
	if (!result)
		result = crdt_history_doc(past.steps, feeds, &frontier, &doc);
	if (!result) {
		json_t *records = api_doc_records(app, doc);
		if (past.doc_kind == SCHEMA_DOC_DOSSIER)
			api_note(app, ACCESS_HISTORY, &past.doc_id, 0);
		api_call_reply(call, 200,
		        json_pack("{s:o, s:o, s:o}", "document",
		                describe_document(app, past.doc_kind, &past.doc_id), "records", records,
		                "gaps", describe_gaps(app, &past.gaps)));
	} else {
		api_call_fail(call, result,
		        result == ERR_INVALID
		                ? "Say when: moment=2026-11-24T08:00:00+01:00, or feed and seq of a change."
		                : NULL);
	}
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
	crdt_frontier_close(&frontier);
	node_past_close(&past);
	return 0;
}

int api_get_history_at(struct api_call *call)
{
	return api_when_durable(call, history_at_now);
}

/* ---- Marks in the log --------------------------------------------------------------------------------------------- */

/* A frontier as this device names it: version 1, varint n, n x (varint the log's number of the feed, varint sequence). Numbers of feeds
 * stand in the database and do not change. */
enum { MARK_VERSION = 1 };
static const char SEEN_ROW[] = "news seen";

static void mark_encode(struct api_node *app, const struct crdt_frontier *frontier, struct buf *out)
{
	uint32_t number;
	wire_put_u8(out, MARK_VERSION);
	wire_put_varint(out, frontier->count);
	for (uint32_t i = 0; i < frontier->count; i++) {
		bool known = log_feed_number(node_log(app->node), &frontier->items[i].feed, &number);
		wire_put_varint(out, known ? number : 0);
		wire_put_varint(out, known ? frontier->items[i].seq : 0);
	}
}

/* Adds to `out`; never past what is here. */
static int mark_decode(struct api_node *app, struct span bytes, struct crdt_frontier *out)
{
	struct log *log = node_log(app->node);
	struct wire_in in = wire_begin(bytes);
	if (wire_u8(&in) != MARK_VERSION)
		return ERR_INVALID;
	uint32_t count = wire_count(&in, LIMIT_FEEDS, 2);
	for (uint32_t i = 0; i < count && !in.error; i++) {
		uint64_t number = wire_varint(&in), seq = wire_varint(&in);
		if (in.error || number >= log_feed_count(log))
			return ERR_INVALID;
		const struct log_feed *feed = log_feed(log, (uint32_t)number);
		crdt_frontier_raise(out, &feed->id, seq < feed->committed_seq ? seq : feed->committed_seq);
	}
	return wire_end(&in) ? ERR_INVALID : 0;
}

json_t *api_mark_json(struct api_node *app, const struct crdt_frontier *frontier)
{
	struct buf bytes = {0};
	mark_encode(app, frontier, &bytes);
	char *text = mem_zero(2 * bytes.size + 1, 1);
	ids_hex(text, bytes.data, bytes.size);
	json_t *json = json_string(text);
	mem_free(text);
	buf_close(&bytes);
	return json;
}

int api_mark_read(struct api_node *app, const char *text, struct crdt_frontier *out)
{
	size_t size = strlen(text) / 2;
	uint8_t *bytes = mem_zero(size + 1, 1);
	int result = ids_from_hex(bytes, size, text) ? mark_decode(app, span_of(bytes, size), out)
	                                             : ERR_INVALID;
	mem_free(bytes);
	return result;
}

/* How far the person last looked; the beginning when never. */
static int seen_read(struct api_node *app, struct crdt_frontier *out)
{
	struct buf row = {0};
	int result = api_local(app, SEEN_ROW, &row);
	if (!result)
		result = mark_decode(app, buf_span(&row), out) ? ERR_CORRUPT : 0;
	buf_wipe(&row);
	return result == ERR_NOTFOUND ? 0 : result;
}

/* ---- News --------------------------------------------------------------------------------------------------------- */

enum { NEWS_DEFAULT = 100, NEWS_MAX = 500 }; /* entries looked at for one page */

/* An item of some document, to be put into one order with those of the others. */
struct item {
	const struct node_past *past;
	const struct crdt_diff_item *item;
	const struct crdt_step *last;
};

static int item_cmp(const void *left, const void *right)
{
	const struct item *a = left, *b = right;
	if (a->last->lamport != b->last->lamport)
		return a->last->lamport < b->last->lamport ? -1 : 1;
	int order = op_id_cmp(&a->last->op, &b->last->op);
	return order ? order : (a->item > b->item) - (a->item < b->item);
}

static json_t *items_json(struct api_node *app, struct item *items, uint32_t count, bool with_own)
{
	json_t *list = json_array();
	if (count)
		qsort(items, count, sizeof(*items), item_cmp);
	for (uint32_t i = 0; i < count; i++) {
		json_t *json = with_own || !describe_is_own(app, items[i].past, items[i].item)
		        ? describe_item(app, items[i].past, items[i].item)
		        : NULL;
		if (!json)
			continue;
		json_array_append_new(list, json);
		if (items[i].past->doc_kind == SCHEMA_DOC_DOSSIER)
			api_note(app, ACCESS_NEWS, &items[i].past->doc_id, 0);
	}
	return list;
}

static json_t *news_json(struct api_node *app, const struct node_span *span, bool with_own)
{
	struct crdt_diff *diffs = mem_zero(span->past_count + 1, sizeof(*diffs));
	struct item *items = NULL;
	uint32_t count = 0, capacity = 0;
	for (uint32_t i = 0; i < span->past_count; i++) {
		const struct node_past *past = &span->pasts[i];
		if (crdt_diff(past->steps, &span->from, &span->to, &diffs[i]))
			continue; /* `to` holds `from` */
		for (uint32_t j = 0; j < diffs[i].count; j++) {
			const struct crdt_diff_item *item = &diffs[i].items[j];
			items = mem_room(items, count, &capacity, sizeof(*items));
			items[count++] = (struct item){past, item,
			        crdt_history_step(past->steps, item->by.items[item->by.count - 1])};
		}
	}
	json_t *list = items_json(app, items, count, with_own);
	for (uint32_t i = 0; i < span->past_count; i++)
		crdt_diff_close(&diffs[i]);
	mem_free(diffs);
	mem_free(items);
	return list;
}

int api_news_between(struct api_call *call, const struct crdt_frontier *from, bool with_own, json_t *json)
{
	struct api_node *app = api_node_of(call);
	struct node_span span = {0};
	int result = node_span_read(
	        app->node, from, number_of(api_call_query(call, "limit"), NEWS_DEFAULT, NEWS_MAX), &span);
	if (!result) {
		json_object_set_new(json, "changes", news_json(app, &span, with_own));
		json_object_set_new(json, "gaps", describe_gaps(app, &span.gaps));
		json_object_set_new(json, "more", json_boolean(span.more));
		json_object_set_new(json, "upto", api_mark_json(app, &span.to));
		json_object_set_new(json, "read", json_integer((json_int_t)span.entry_count));
	}
	node_span_close(&span);
	return result;
}

static int news_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *after = api_call_query(call, "after"), *own = api_call_query(call, "own");
	struct crdt_frontier from = {0}, seen = {0};
	json_t *json = json_object();
	int result = seen_read(app, &seen);
	if (!result)
		result = after ? api_mark_read(app, after, &from) : seen_read(app, &from);
	if (!result)
		result = api_news_between(call, &from, own && strcmp(own, "1") == 0, json);
	if (!result) {
		/* Once, with the first page. */
		json_object_set_new(
		        json, "notices", after ? json_array() : api_notices(app, API_NOTICES_NEW, 0));
		json_object_set_new(json, "first", json_boolean(seen.count == 0));
		json_object_set(json, "entries", json_object_get(json, "read"));
		json_object_del(json, "read");
		api_call_reply(call, 200, json_incref(json));
	} else if (result == ERR_INVALID) {
		api_call_fail(call, result, "That is not a mark that this device gave.");
	}
	json_decref(json);
	crdt_frontier_close(&from);
	crdt_frontier_close(&seen);
	return result == ERR_INVALID ? 0 : result;
}

int api_get_news(struct api_call *call)
{
	return api_when_durable(call, news_now);
}

/* Looked at, up to a mark that a page gave; without one, everything there is now. It never goes back. */
int api_post_news_seen(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *upto = api_text(api_call_json(call), "upto");
	struct crdt_frontier seen = {0}, now = {0};
	struct buf row = {0};
	int result = seen_read(app, &seen);
	if (!result && upto)
		result = api_mark_read(app, upto, &seen);
	if (!result && !upto)
		node_present(app->node, &now);
	for (uint32_t i = 0; i < now.count; i++)
		crdt_frontier_raise(&seen, &now.items[i].feed, now.items[i].seq);
	if (!result) {
		node_notices_seen(app->node);
		mark_encode(app, &seen, &row);
		result = node_put_local(app->node, SEEN_ROW, buf_span(&row), NULL, NULL);
		if (!result)
			result = api_reply_durable(
			        call, 200, json_pack("{s:o}", "upto", api_mark_json(app, &seen)));
	} else if (result == ERR_INVALID) {
		api_call_fail(call, result, "That is not a mark that this device gave.");
		result = 0;
	}
	buf_wipe(&row);
	crdt_frontier_close(&seen);
	crdt_frontier_close(&now);
	return result;
}
