#include "node/describe_parts.h"

#include <stdlib.h>

/* Of one field, the latest: a phone number of a decade has a dozen. Of entries that cannot be shown, those of a removed colleague's month. */
enum { VALUES_MAX = 500, GAPS_MAX = 200 };

bool describe_is_own(struct api_node *app, const struct node_past *past, const struct crdt_diff_item *item)
{
	for (uint32_t i = 0; i < item->by.count; i++) {
		const struct op_id *op = &crdt_history_step(past->steps, item->by.items[i])->op;
		uint32_t feed;
		if (!log_feed_number(node_log(app->node), &op->feed, &feed) || !describe_is_self(app, feed))
			return false;
	}
	return true;
}

/* What a correction says: "Observations : mieux, Fin : ...". */
static void correction_details(struct api_node *app, const struct node_past *past,
        const struct crdt_step *step, enum schema_language language, struct buf *out)
{
	struct describe_namer namer = {app, past};
	struct schema_record record = {.kind = schema_kind(step->event_kind)};
	struct schema_measures measures;
	uint32_t unknown;
	if (!record.kind || record.kind->shape != SCHEMA_EVENT)
		return;
	schema_event_get(&record, step->value, &measures, &unknown);
	for (uint32_t i = 0; i < record.count; i++) {
		const struct schema_field *field = record.values[i].field;
		if (field->type == SCHEMA_REF)
			continue; /* names what is corrected */
		if (out->size)
			buf_add_span(out, span_text(", "));
		buf_add_span(out, span_text(describe_in(language, field->label.fr, field->label.en)));
		buf_add_span(out, span_text(describe_in(language, " : ", ": ")));
		words_decoded(&record.values[i], language, describe_reference, &namer, out);
	}
}

static json_t *event_json(const struct node_past *past, uint32_t number)
{
	const struct crdt_step *step = crdt_history_step(past->steps, number);
	const struct crdt_change *change = crdt_history_change(past->steps, step->change);
	struct crdt_ops ops = crdt_change_ops(change);
	struct crdt_op op;
	while (crdt_ops_next(&ops, &op))
		if (op.index == step->op.index)
			return record_event_json(&op, change->meta);
	return json_null();
}

/* ---- Values ---------------------------------------------------------------------------------------------------- */

static json_t *value_json(const struct describe_view *view, uint32_t number)
{
	const struct crdt_step *step = crdt_history_step(view->past->steps, number);
	return json_pack("{s:o, s:o}", "value", record_value_json(describe_field(view), step->value), "by",
	        describe_step(view->app, view->past, step));
}

static json_t *values_json(const struct describe_view *view, struct crdt_steps all)
{
	struct crdt_steps steps = describe_first(all);
	json_t *list = json_array();
	for (uint32_t i = 0; i < steps.count; i++)
		json_array_append_new(list, value_json(view, steps.items[i]));
	return list;
}

/* ---- Sentences -------------------------------------------------------------------------------------------------- */

struct spoken { /* texts that a sentence borrows */
	struct buf who, what, where, details;
	struct words_said *before, *after;
	struct buf *texts;
	uint32_t text_count;
};

static void say_values(struct spoken *spoken, const struct describe_view *view, struct crdt_steps steps,
        enum schema_language language, struct words_said *out)
{
	struct describe_namer namer = {view->app, view->past};
	for (uint32_t i = 0; i < steps.count; i++) {
		const struct crdt_step *step = crdt_history_step(view->past->steps, steps.items[i]);
		struct buf *value = &spoken->texts[spoken->text_count++],
		           *author = &spoken->texts[spoken->text_count++];
		words_value(describe_field(view), step->value, language, describe_reference, &namer, value);
		describe_who(view->app, &step->op, language, author);
		out[i] = (struct words_said){buf_span(value), buf_span(author)};
	}
}

static struct span reason_of(const struct node_past *past, struct crdt_steps by)
{
	for (uint32_t i = by.count; i-- > 0;) {
		const struct crdt_step *step = crdt_history_step(past->steps, by.items[i]);
		if (step->reason.size)
			return step->reason;
	}
	return (struct span){NULL, 0};
}

static void spoken_close(struct spoken *spoken)
{
	for (uint32_t i = 0; i < spoken->text_count; i++)
		buf_close(&spoken->texts[i]);
	mem_free(spoken->texts);
	mem_free(spoken->before);
	mem_free(spoken->after);
	buf_close(&spoken->who);
	buf_close(&spoken->what);
	buf_close(&spoken->where);
	buf_close(&spoken->details);
}

static bool is_event(const struct crdt_diff_item *item)
{
	return item->kind == CRDT_DIFF_EVENT_ADDED || item->kind == CRDT_DIFF_EVENT_CORRECTED;
}

static void say_event(const struct describe_view *view, const struct crdt_diff_item *item,
        enum schema_language language, struct spoken *spoken)
{
	const struct crdt_step *step = crdt_history_step(view->past->steps, item->by.items[0]);
	if (item->kind == CRDT_DIFF_EVENT_ADDED) {
		describe_event(step->event_kind, step->value, language, &spoken->what);
		return;
	}
	describe_corrected(view->app, view->past, step, language, &spoken->what);
	correction_details(view->app, view->past, step, language, &spoken->details);
}

static void sentence(const struct describe_view *view, const struct crdt_diff_item *item,
        enum schema_language language, json_t *json, const char *member)
{
	struct crdt_steps before = describe_first(item->before), after = describe_first(item->after);
	struct spoken spoken = {.before = mem_zero(before.count + 1, sizeof(*spoken.before)),
	        .after = mem_zero(after.count + 1, sizeof(*spoken.after)),
	        .texts = mem_zero(2 * (size_t)(before.count + after.count) + 1, sizeof(*spoken.texts))};
	struct buf out = {0};
	const struct schema_field *field = describe_field(view);
	enum schema_class class = field ? field->class : SCHEMA_ORDINARY;
	describe_all(view->app, view->past, item->by, language, &spoken.who);
	if (is_event(item)) {
		say_event(view, item, language, &spoken);
	} else {
		describe_label(view, language, &spoken.what);
		describe_record(view, &spoken.where);
		say_values(&spoken, view, before, language, spoken.before);
		say_values(&spoken, view, after, language, spoken.after);
	}
	struct words_change change = {.kind = item->kind,
	        .class = class,
	        .who = buf_span(&spoken.who),
	        .what = buf_span(&spoken.what),
	        .where = buf_span(&spoken.where),
	        .details = buf_span(&spoken.details),
	        .reason = reason_of(view->past, item->by),
	        .lacks_reason = class == SCHEMA_SAFETY &&
	                (item->kind == CRDT_DIFF_REMOVED || item->kind == CRDT_DIFF_CONFLICT_SETTLED),
	        .before = spoken.before,
	        .after = spoken.after,
	        .before_count = is_event(item) ? 0 : before.count,
	        .after_count = is_event(item) ? 0 : after.count};
	words_change(&change, language, &out);
	json_object_set_new(json, member, describe_text(&out));
	buf_close(&out);
	spoken_close(&spoken);
}

/* ---- Items ------------------------------------------------------------------------------------------------------ */

static const char *what_name(enum crdt_diff_kind kind)
{
	static const char *const NAMES[] = {[CRDT_DIFF_ADDED] = "added",
	        [CRDT_DIFF_CHANGED] = "changed",
	        [CRDT_DIFF_REMOVED] = "removed",
	        [CRDT_DIFF_CONFLICT_AROSE] = "conflictArose",
	        [CRDT_DIFF_CONFLICT_SETTLED] = "conflictSettled",
	        [CRDT_DIFF_EVENT_ADDED] = "eventAdded",
	        [CRDT_DIFF_EVENT_CORRECTED] = "eventCorrected",
	        [CRDT_DIFF_CONTENT] = "edited",
	        [CRDT_DIFF_UNKNOWN] = "unknown"};
	return NAMES[kind];
}

static void put_event(const struct describe_view *view, const struct crdt_diff_item *item, json_t *json)
{
	uint32_t number = item->by.items[0];
	const struct crdt_step *step = crdt_history_step(view->past->steps, number);
	const struct schema_kind *kind = schema_kind(step->event_kind);
	json_object_set_new(json, "kind", kind ? json_string(kind->name) : json_integer(step->event_kind));
	json_object_set_new(json, "id", api_hex(step->event_id.bytes, sizeof(step->event_id.bytes)));
	json_object_set_new(json, "event", event_json(view->past, number));
	/* What a page of news corrects may be older than all that was read for it: then it comes from the log. */
	struct node_entry entry;
	struct crdt_op op;
	json_t *corrected = NULL;
	if (item->before.count)
		corrected = event_json(view->past, item->before.items[0]);
	else if (step->is_correction && describe_read_corrected(view->app, view->past, step, &entry, &op))
		corrected = record_event_json(&op, &entry.meta);
	if (corrected)
		json_object_set_new(json, "corrected", corrected);
}

json_t *describe_item(struct api_node *app, const struct node_past *past, const struct crdt_diff_item *item)
{
	struct describe_view view = describe_view_of(app, past, item->path);
	const struct crdt_step *last = crdt_history_step(past->steps, item->by.items[item->by.count - 1]);
	if (is_event(item) && last->event_kind == SCHEMA_IMPORT_MARK)
		return NULL;
	json_t *json = json_pack("{s:s, s:o}", "what", what_name(item->kind), "document",
	        describe_document(app, past->doc_kind, &past->doc_id));
	json_t *by = json_array();
	for (uint32_t i = item->by.count > DESCRIBE_STEPS_MAX ? item->by.count - DESCRIBE_STEPS_MAX : 0;
	        i < item->by.count; i++) /* the last ones */
		json_array_append_new(
		        by, describe_step(app, past, crdt_history_step(past->steps, item->by.items[i])));
	json_object_set_new(json, "by", by);
	json_object_set_new(json, "saved", record_saved_json(last->hlc));
	if (is_event(item)) {
		put_event(&view, item, json);
	} else {
		describe_place(&view, json);
		json_object_set_new(json, "before", values_json(&view, item->before));
		json_object_set_new(json, "after", values_json(&view, item->after));
	}
	sentence(&view, item, SCHEMA_FR, json, "fr");
	sentence(&view, item, SCHEMA_EN, json, "en");
	return json;
}

/* ---- One field -------------------------------------------------------------------------------------------------- */

static int number_cmp(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static json_t *one_value(const struct describe_view *view, uint32_t number, struct crdt_steps at)
{
	const struct crdt_history *steps = view->past->steps;
	const struct crdt_step *step = crdt_history_step(steps, number);
	struct crdt_steps ended = crdt_history_ended(steps, number),
	                  enders = crdt_history_enders(steps, number);
	json_t *replaced = json_array(), *beside = json_array();
	for (uint32_t i = 0; i < at.count; i++) {
		bool is_ended = ended.count &&
		        bsearch(&at.items[i], ended.items, ended.count, sizeof(*ended.items), number_cmp);
		bool is_beside = !is_ended && at.items[i] != number &&
		        crdt_history_lives_after(steps, at.items[i], number);
		json_t *list = is_ended ? replaced : is_beside ? beside : NULL;
		if (list && json_array_size(list) < DESCRIBE_STEPS_MAX)
			json_array_append_new(list, value_json(view, at.items[i]));
	}
	bool is_value = step->kind == CRDT_OP_SET;
	json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:b}", "value",
	        is_value ? record_value_json(describe_field(view), step->value) : json_null(), "by",
	        describe_step(view->app, view->past, step), "replaced", replaced, "beside", beside, "lives",
	        is_value && enders.count == 0);
	if (step->lost_count) /* it names what cannot be shown any more */
		json_object_set_new(json, "lost", json_integer(step->lost_count));
	return json;
}

json_t *describe_values(struct api_node *app, const struct node_past *past, struct span path)
{
	struct describe_view view = describe_view_of(app, past, path);
	struct crdt_steps at = crdt_history_under(past->steps, path);
	struct buf numbers = {0};
	json_t *list = json_array();
	crdt_history_of(past->steps, path, &numbers);
	const uint32_t *steps = (const uint32_t *)(const void *)numbers.data;
	size_t count = numbers.size / sizeof(*steps);
	for (size_t i = count > VALUES_MAX ? count - VALUES_MAX : 0; i < count; i++)
		json_array_append_new(list, one_value(&view, steps[i], at));
	buf_close(&numbers);
	return list;
}

/* ---- Gaps ------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *fr, *en;
} WHY[] = {
        [NODE_GAP_ERASED] = {"erased", " a écrit quelque chose qui a été effacé",
                " wrote something that was erased"},
        [NODE_GAP_LOCKED] = {"locked", " a écrit quelque chose dont la clé n'est pas sur cet appareil",
                " wrote something whose key is not on this device"},
        [NODE_GAP_APART] = {"quarantined",
                " a écrit quelque chose après la fin de ses droits : c'est mis à part",
                " wrote something after the end of their rights: it is kept apart"},
        [NODE_GAP_UNREAD] = {"unread", " a écrit quelque chose que cette version ne sait pas lire",
                " wrote something that this version cannot read"},
};

json_t *describe_gaps(struct api_node *app, const struct node_gaps *gaps)
{
	json_t *list = json_array();
	for (uint32_t i = gaps->count > GAPS_MAX ? gaps->count - GAPS_MAX : 0; i < gaps->count; i++) {
		const struct node_gap *gap = &gaps->items[i];
		struct buf fr = {0}, en = {0};
		describe_feed(app, gap->feed, SCHEMA_FR, &fr);
		describe_feed(app, gap->feed, SCHEMA_EN, &en);
		buf_add_span(&fr, span_text(WHY[gap->why].fr));
		buf_add_span(&en, span_text(WHY[gap->why].en));
		json_array_append_new(list,
		        json_pack("{s:s, s:o, s:o, s:o}", "why", WHY[gap->why].name, "by",
		                describe_author(app, gap->feed, gap->seq, gap->hlc, gap->clock_grade), "fr",
		                describe_text(&fr), "en", describe_text(&en)));
		buf_close(&fr);
		buf_close(&en);
	}
	return list;
}
