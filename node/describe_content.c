/* Texts, lists and counters: passages and shares, as JSON and for sentences. */
#include "node/describe_parts.h"

/* In one sentence; the interface has more beside. */
enum { SAID_MAX = 8 };

/* Of one text that is shown whole: a care plan's detail has a dozen. */
enum { PASSAGES_MAX = 500 };

static const char *what_name(enum crdt_passage_kind kind)
{
	static const char *const NAMES[] = {[CRDT_PASSAGE_INSERTED] = "inserted",
	        [CRDT_PASSAGE_DELETED] = "deleted",
	        [CRDT_PASSAGE_MOVED] = "moved"};
	return NAMES[kind];
}

/* The first of the values in `*rest`, which moves past it. */
static struct span next_value(struct span *rest)
{
	struct mpack_in in = mpack_begin(*rest);
	struct span value = mpack_skip(&in);
	*rest = span_sub(*rest, value.size, rest->size);
	return value;
}

void describe_passage_text(const struct describe_view *view, bool is_text, struct span content,
        enum schema_language language, struct buf *out)
{
	struct describe_namer namer = {view->app, view->past};
	if (is_text)
		buf_add_span(out, content);
	for (struct span rest = content; !is_text && rest.size;) {
		words_value(
		        describe_field(view), next_value(&rest), language, describe_reference, &namer, out);
		buf_add_span(out, span_text(rest.size ? ", " : ""));
	}
}

void describe_put_content(const struct describe_view *view, bool is_text, struct span content, json_t *json)
{
	if (is_text) {
		json_object_set_new(json, "text", json_stringn((const char *)content.data, content.size));
		return;
	}
	json_t *values = json_array();
	for (struct span rest = content; rest.size;)
		json_array_append_new(values, record_value_json(describe_field(view), next_value(&rest)));
	json_object_set_new(json, "values", values);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *author_of(const struct describe_view *view, const struct op_id *op)
{
	uint32_t step;
	if (!crdt_history_find(view->past->steps, op, &step))
		return json_object();
	return describe_step(view->app, view->past, crdt_history_step(view->past->steps, step));
}

static json_t *passage_json(const struct describe_view *view, bool is_text, const struct crdt_passage *it)
{
	json_t *json = json_pack("{s:s, s:I, s:o}", "what", what_name(it->kind), "count",
	        (json_int_t)it->count, "by", author_of(view, &it->by));
	bool has_from = it->kind != CRDT_PASSAGE_INSERTED;
	describe_put_content(view, is_text, it->content, json);
	json_object_set_new(json, "to", json_integer(it->to.position));
	if (is_text)
		json_object_set_new(json, "toUtf16", json_integer(it->to.utf16));
	if (has_from)
		json_object_set_new(json, "from", json_integer(it->from.position));
	if (has_from && is_text)
		json_object_set_new(json, "fromUtf16", json_integer(it->from.utf16));
	if (it->last_hlc != it->first_hlc)
		json_object_set_new(json, "until", record_saved_json(it->last_hlc));
	return json;
}

static json_t *passages_json(const struct describe_view *view, bool is_text,
        const struct crdt_passage *passages, uint32_t count, uint32_t most)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < count && i < most; i++)
		json_array_append_new(list, passage_json(view, is_text, &passages[i]));
	return list;
}

static json_t *shares_json(const struct describe_view *view, const struct crdt_diff_item *item)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < item->share_count && i < DESCRIBE_STEPS_MAX; i++) {
		const struct crdt_step *step = crdt_history_step(view->past->steps, item->shares[i].step);
		json_array_append_new(list,
		        json_pack("{s:I, s:o}", "delta", (json_int_t)item->shares[i].delta, "by",
		                describe_step(view->app, view->past, step)));
	}
	return list;
}

void describe_content(const struct describe_view *view, const struct crdt_diff_item *item, json_t *json)
{
	if (item->kind == CRDT_DIFF_COUNT) {
		json_object_set_new(json, "countBefore", json_integer(item->count_before));
		json_object_set_new(json, "countAfter", json_integer(item->count_after));
		json_object_set_new(json, "shares", shares_json(view, item));
		return;
	}
	json_object_set_new(json, "passages",
	        passages_json(view, item->kind == CRDT_DIFF_TEXT, item->passages, item->passage_count,
	                DESCRIBE_STEPS_MAX));
	json_object_set_new(json, "passageCount", json_integer(item->passage_count));
}

json_t *describe_passages(struct api_node *app, const struct node_past *past, struct span path)
{
	struct describe_view view = describe_view_of(app, past, path);
	struct crdt_passages passages = {0};
	struct crdt_frontier none = {0}, all = {0};
	json_t *json = NULL;
	crdt_history_frontier(past->steps, crdt_history_change_count(past->steps), &all);
	crdt_history_passages(past->steps, path, SEQ_TEXT, &none, &all, &passages);
	if (crdt_history_text(past->steps, path))
		json = passages_json(&view, true, passages.items, passages.count, PASSAGES_MAX);
	crdt_passages_close(&passages);
	crdt_frontier_close(&all);
	return json;
}

/* ---- For sentences ---------------------------------------------------------------------------------------------- */

static struct buf *next_text(struct describe_said *said)
{
	return &said->texts[said->text_count++];
}

static void say_passages(const struct describe_view *view, const struct crdt_diff_item *item,
        enum schema_language language, struct describe_said *said, struct words_change *out)
{
	uint32_t count = item->passage_count < SAID_MAX ? item->passage_count : SAID_MAX;
	said->passages = mem_zero(count + 1, sizeof(*said->passages));
	for (uint32_t i = 0; i < count; i++) {
		const struct crdt_passage *it = &item->passages[i];
		struct buf *content = next_text(said), *who = next_text(said);
		describe_passage_text(view, item->kind == CRDT_DIFF_TEXT, it->content, language, content);
		describe_who(view->app, &it->by, language, who);
		said->passages[i] = (struct words_passage){
		        it->kind, it->to.position, buf_span(content), buf_span(who)};
	}
	out->passages = said->passages;
	out->passage_count = count;
	out->passage_more = item->passage_count - count;
}

/* The last ones. */
static void say_shares(const struct describe_view *view, const struct crdt_diff_item *item,
        enum schema_language language, struct describe_said *said, struct words_change *out)
{
	uint32_t count = item->share_count < SAID_MAX ? item->share_count : SAID_MAX;
	said->shares = mem_zero(count + 1, sizeof(*said->shares));
	for (uint32_t i = 0; i < count; i++) {
		const struct crdt_share *it = &item->shares[item->share_count - count + i];
		struct buf *who = next_text(said);
		describe_who(view->app, &crdt_history_step(view->past->steps, it->step)->op, language, who);
		said->shares[i] = (struct words_share){it->delta, buf_span(who)};
	}
	out->sum_before = item->count_before;
	out->sum_after = item->count_after;
	out->shares = said->shares;
	out->share_count = count;
}

void describe_say_content(const struct describe_view *view, const struct crdt_diff_item *item,
        enum schema_language language, struct describe_said *said, struct words_change *out)
{
	*said = (struct describe_said){.texts = mem_zero(2 * SAID_MAX, sizeof(*said->texts))};
	if (item->kind == CRDT_DIFF_COUNT)
		say_shares(view, item, language, said, out);
	else
		say_passages(view, item, language, said, out);
}

void describe_said_close(struct describe_said *said)
{
	for (uint32_t i = 0; i < said->text_count; i++)
		buf_close(&said->texts[i]);
	mem_free(said->texts);
	mem_free(said->passages);
	mem_free(said->shares);
	*said = (struct describe_said){0};
}
