#include "node/describe_parts.h"

#include <stdio.h>

#include "node/undo_events.h"

static const char *outcome_name(enum crdt_undo_kind kind)
{
	static const char *const NAMES[] = {[CRDT_UNDO_RESTORE] = "restored",
	        [CRDT_UNDO_REMOVE] = "removed",
	        [CRDT_UNDO_NOTHING] = "nothing",
	        [CRDT_UNDO_OVERTAKEN] = "overtaken",
	        [CRDT_UNDO_EVENT] = "event",
	        [CRDT_UNDO_TEXT] = "edited",
	        [CRDT_UNDO_LIST] = "edited",
	        [CRDT_UNDO_COUNT] = "counted",
	        [CRDT_UNDO_UNKNOWN] = "unknown"};
	return NAMES[kind];
}

static void say_listed(const struct describe_view *view, struct crdt_steps all, enum schema_language language,
        struct buf *out)
{
	struct crdt_steps steps = describe_first(all);
	struct describe_namer namer = {view->app, view->past};
	for (uint32_t i = 0; i < steps.count; i++) {
		const struct crdt_step *step = crdt_history_step(view->past->steps, steps.items[i]);
		if (i)
			buf_add_span(out, span_text(", "));
		words_value(describe_field(view), step->value, language, describe_reference, &namer, out);
	}
}

/* In a sentence; the others are counted. */
enum { PIECES_MAX = 8 };

static void say_piece(const struct describe_view *view, const struct crdt_undo_item *item, uint32_t number,
        enum schema_language language, struct buf *out)
{
	static const struct {
		const char *fr, *en;
	} WILL[] = {
	        [CRDT_PASSAGE_INSERTED] = {" sera remis", " will be put back"},
	        [CRDT_PASSAGE_DELETED] = {" sera retiré", " will be taken out"},
	        [CRDT_PASSAGE_MOVED] = {" reprendra sa place", " will go back to its place"},
	};
	const struct crdt_undo_piece *piece = &item->pieces[number];
	struct buf content = {0};
	describe_passage_text(view, item->kind == CRDT_UNDO_TEXT, piece->content, language, &content);
	words_quote(buf_span(&content), language, out);
	buf_add_span(out, span_text(describe_in(language, WILL[piece->kind].fr, WILL[piece->kind].en)));
	buf_close(&content);
}

static void say_pieces(const struct describe_view *view, const struct crdt_undo_item *item,
        enum schema_language language, struct buf *out)
{
	char more[24];
	for (uint32_t i = 0; i < item->piece_count && i < PIECES_MAX; i++) {
		buf_add_span(out, span_text(i ? ", " : describe_in(language, " : ", ": ")));
		say_piece(view, item, i, language, out);
	}
	if (item->piece_count <= PIECES_MAX)
		return;
	snprintf(more, sizeof(more), "%u", item->piece_count - PIECES_MAX);
	buf_add_span(out, span_text(describe_in(language, ", autres passages : ", ", other passages: ")));
	buf_add_span(out, span_text(more));
}

static void say_others(const struct describe_view *view, const struct crdt_undo_item *item,
        enum schema_language language, struct buf *out)
{
	if (item->others.count == 0)
		return;
	buf_add_span(out,
	        span_text(describe_in(language, " ; reste ce qui a été changé depuis par ",
	                "; what was changed since stays, by ")));
	describe_all(view->app, view->past, item->others, language, out);
}

static void say_undo(const struct describe_view *view, const struct crdt_undo_item *item,
        enum schema_language language, struct buf *out)
{
	struct buf where = {0};
	buf_add_span(out, span_text(describe_in(language, "« ", "“")));
	describe_label(view, language, out);
	buf_add_span(out, span_text(describe_in(language, " »", "”")));
	describe_record(view, &where);
	if (where.size) {
		buf_add_span(out, span_text(" ("));
		buf_add_span(out, buf_span(&where));
		buf_add_span(out, span_text(")"));
	}
	buf_close(&where);
	switch (item->kind) {
	case CRDT_UNDO_RESTORE:
		buf_add_span(out, span_text(describe_in(language, " : de nouveau ", ": again ")));
		say_listed(view, item->back, language, out);
		break;
	case CRDT_UNDO_REMOVE:
		buf_add_span(out,
		        span_text(describe_in(language, " : retiré, c'était ", ": taken away, it was ")));
		say_listed(view, item->own, language, out);
		break;
	case CRDT_UNDO_OVERTAKEN:
		buf_add_span(
		        out, span_text(describe_in(language, " reste : depuis, ", " stays: since then, ")));
		describe_all(view->app, view->past, item->others, language, out);
		buf_add_span(out, span_text(describe_in(language, " y a écrit", " wrote there")));
		break;
	case CRDT_UNDO_NOTHING:
		buf_add_span(out, span_text(describe_in(language, " : rien à faire", ": nothing to do")));
		break;
	case CRDT_UNDO_TEXT:
	case CRDT_UNDO_LIST:
		say_pieces(view, item, language, out);
		say_others(view, item, language, out);
		break;
	case CRDT_UNDO_COUNT:
		buf_add_span(out, span_text(describe_in(language, " : ", ": ")));
		words_delta(item->delta, out);
		say_others(view, item, language, out);
		break;
	case CRDT_UNDO_EVENT: /* of api_undo.c */
	case CRDT_UNDO_UNKNOWN:
		buf_add_span(out,
		        span_text(describe_in(language, " reste : ce contenu ne se reprend pas",
		                " stays: such content cannot be taken back")));
		break;
	}
}

static void say_event_undo(const struct describe_view *view, const struct crdt_step *step,
        const struct undo_event *event, enum schema_language language, struct buf *out)
{
	static const struct {
		const char *fr, *en;
	} SAID[] = {
	        [UNDO_EVENT_STAYS] =
	                {" reste : ce qui est arrivé ne s'efface pas, et cela ne se corrige pas non plus",
	                        " stays: what happened is not taken out, and it has no correction"},
	        [UNDO_EVENT_CANCEL] = {" : une correction dira « N'a pas eu lieu »",
	                ": a correction will say “Did not take place”"},
	        [UNDO_EVENT_RESTORE] = {" : une correction redira ce qui était noté avant",
	                ": a correction will say again what was noted before"},
	        [UNDO_EVENT_OVERTAKEN] = {" reste : une autre correction est venue depuis",
	                " stays: another correction came since"},
	};
	if (step->is_correction)
		describe_corrected(view->app, view->past, step, language, out);
	else
		describe_event(step->event_kind, step->value, language, out);
	const bool is_mistake = event->kind == UNDO_EVENT_CANCEL &&
	        schema_field_named(event->record.kind, span_text("mistaken"));
	if (is_mistake)
		buf_add_span(out,
		        span_text(describe_in(language, " : une correction dira « Saisi par erreur »",
		                ": a correction will say “Entered by mistake”")));
	else
		buf_add_span(
		        out, span_text(describe_in(language, SAID[event->kind].fr, SAID[event->kind].en)));
	if (event->incomplete)
		buf_add_span(out,
		        span_text(describe_in(
		                language, ", sauf ce qui avait été ajouté", ", except what had been added")));
}

static json_t *pieces_json(const struct describe_view *view, const struct crdt_undo_item *item)
{
	static const char *const WHAT[] = {[CRDT_PASSAGE_INSERTED] = "restored",
	        [CRDT_PASSAGE_DELETED] = "removed",
	        [CRDT_PASSAGE_MOVED] = "movedBack"};
	json_t *list = json_array();
	for (uint32_t i = 0; i < item->piece_count && i < DESCRIBE_STEPS_MAX; i++) {
		json_t *json = json_pack("{s:s}", "what", WHAT[item->pieces[i].kind]);
		describe_put_content(view, item->kind == CRDT_UNDO_TEXT, item->pieces[i].content, json);
		json_array_append_new(list, json);
	}
	return list;
}

json_t *describe_undo(struct api_node *app, const struct node_past *past, const struct crdt_undo_item *item)
{
	struct describe_view view = describe_view_of(app, past, item->path);
	struct undo_event event = {.kind = UNDO_EVENT_STAYS};
	json_t *json = json_pack("{s:s}", "outcome", outcome_name(item->kind));
	if (item->kind == CRDT_UNDO_EVENT)
		undo_event_plan(past->steps, item->own.items[0], &event);
	else
		describe_place(&view, json);
	if (item->piece_count)
		json_object_set_new(json, "pieces", pieces_json(&view, item));
	if (item->kind == CRDT_UNDO_COUNT)
		json_object_set_new(json, "delta", json_integer(item->delta));
	for (enum schema_language language = SCHEMA_FR; language <= SCHEMA_EN; language++) {
		struct buf text = {0};
		if (item->kind == CRDT_UNDO_EVENT)
			say_event_undo(&view, crdt_history_step(past->steps, item->own.items[0]), &event,
			        language, &text);
		else
			say_undo(&view, item, language, &text);
		json_object_set_new(json, describe_in(language, "fr", "en"), describe_text(&text));
		buf_close(&text);
	}
	return json;
}
