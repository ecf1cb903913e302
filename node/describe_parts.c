#include "node/describe_parts.h"

#include <stdio.h>

#include "crdt/base/err.h"

enum { NAMES_MAX = 3, TITLE_FIELDS = sizeof(((struct schema_kind *)NULL)->title) };

const char *describe_in(enum schema_language language, const char *fr, const char *en)
{
	return language == SCHEMA_FR ? fr : en;
}

struct crdt_steps describe_first(struct crdt_steps steps)
{
	if (steps.count > DESCRIBE_STEPS_MAX)
		steps.count = DESCRIBE_STEPS_MAX;
	return steps;
}

json_t *describe_text(const struct buf *buf)
{
	return json_stringn(buf->size ? (const char *)buf->data : "", buf->size);
}

/* ---- Names of records ------------------------------------------------------------------------------------------- */

static void add_word(struct buf *out, size_t start, struct span word)
{
	if (out->size > start && word.size)
		buf_add(out, " ", 1);
	buf_add_span(out, word);
}

/* Names are texts; what is called by its moment or code, as the team says it. False: not a value of the field. */
static bool add_value(struct buf *out, size_t start, const struct schema_field *field, struct span encoded)
{
	struct schema_measures measures;
	struct schema_value value;
	struct buf said = {0};
	if (!schema_value_get(field, encoded, NULL, &measures, &value))
		return false;
	words_decoded(&value, SCHEMA_FR, NULL, NULL, &said);
	add_word(out, start, buf_span(&said));
	buf_close(&said);
	return true;
}

/* The field now. */
static void add_now(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        uint32_t number, size_t start, struct buf *out)
{
	struct crdt_path path;
	struct crdt_value live;
	record_path(kind, id, number, &path);
	if (crdt_doc_get(doc, crdt_path_span(&path), &live))
		add_value(out, start, schema_field(kind, number), live.value);
}

bool describe_title(const struct crdt_doc *doc, const struct schema_kind *kind, const struct record_id *id,
        struct buf *out)
{
	size_t start = out->size;
	for (uint32_t i = 0; i < TITLE_FIELDS && kind->title[i]; i++)
		add_now(doc, kind, id, kind->title[i], start, out);
	if (out->size == start && kind->title_else)
		add_now(doc, kind, id, kind->title_else, start, out);
	return out->size > start;
}

/* The field's last value, whether or not it still lives. */
static void add_then(const struct node_past *past, const struct record_place *place, uint32_t number,
        size_t start, struct buf *out)
{
	struct crdt_path path;
	record_path(place->kind, &place->id, number, &path);
	struct crdt_steps steps = crdt_history_under(past->steps, crdt_path_span(&path));
	for (uint32_t i = steps.count; i-- > 0;) {
		const struct crdt_step *step = crdt_history_step(past->steps, steps.items[i]);
		if (step->kind == CRDT_OP_SET &&
		        add_value(out, start, schema_field(place->kind, number), step->value))
			break;
	}
}

static void title_then(const struct node_past *past, const struct record_place *place, struct buf *out)
{
	const struct schema_kind *kind = place->kind;
	size_t start = out->size;
	for (uint32_t i = 0; i < TITLE_FIELDS && kind->title[i]; i++)
		add_then(past, place, kind->title[i], start, out);
	if (out->size == start && kind->title_else)
		add_then(past, place, kind->title_else, start, out);
}

bool describe_person(struct api_node *app, struct span prefix, struct buf *out)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PERSON);
	struct record_id directory = record_document_id(node_team(app->node), SCHEMA_DOC_DIRECTORY, NULL), id;
	struct crdt_doc *doc;
	struct span cursor = {NULL, 0};
	if (node_doc(app->node, SCHEMA_DOC_DIRECTORY, &directory, &doc))
		return false;
	while (record_next(doc, kind, &cursor, &id))
		if (span_eq(span_of(id.bytes,
		                    prefix.size < sizeof(id.bytes) ? prefix.size : sizeof(id.bytes)),
		            prefix))
			return describe_title(doc, kind, &id, out);
	return false;
}

/* Names what a value refers to: a person of the directory, or a record of the same document. */
bool describe_reference(void *context, uint32_t ref_kind, struct span id, struct buf *out)
{
	const struct describe_namer *namer = context;
	const struct schema_kind *kind = ref_kind ? schema_kind(ref_kind) : NULL;
	struct crdt_doc *doc;
	struct record_id there;
	struct span cursor = {NULL, 0};
	if (ref_kind == SCHEMA_PERSON)
		return describe_person(namer->app, id, out);
	if (!kind || kind->shape != SCHEMA_MANY ||
	        node_doc(namer->app->node, namer->past->doc_kind, &namer->past->doc_id, &doc))
		return false;
	while (record_next(doc, kind, &cursor, &there))
		if (id.size <= sizeof(there.bytes) && span_eq(span_of(there.bytes, id.size), id))
			return describe_title(doc, kind, &there, out);
	return false;
}

json_t *describe_document(struct api_node *app, uint32_t doc_kind, const struct record_id *doc_id)
{
	const struct schema_doc *schema = schema_doc(doc_kind);
	struct crdt_doc *doc;
	struct buf title = {0};
	json_t *json = json_pack("{s:s, s:o, s:{s:s, s:s}}", "kind", schema->name, "id",
	        api_hex(doc_id->bytes, sizeof(doc_id->bytes)), "label", "fr", schema->label.fr, "en",
	        schema->label.en);
	if (doc_kind == SCHEMA_DOC_DOSSIER && node_doc(app->node, doc_kind, doc_id, &doc) == 0 &&
	        describe_title(doc, schema_kind(SCHEMA_PATIENT), doc_id, &title))
		json_object_set_new(json, "title", describe_text(&title));
	buf_close(&title);
	return json;
}

/* ---- Authors ---------------------------------------------------------------------------------------------------- */

const char *describe_clock(uint8_t grade)
{
	static const char *const NAMES[] = {[CLOCK_UNKNOWN] = "unknown",
	        [CLOCK_SYNCED] = "synchronized",
	        [CLOCK_COMPARED] = "compared",
	        [CLOCK_DOUBTFUL] = "doubtful"};
	return grade <= CLOCK_DOUBTFUL ? NAMES[grade] : "unknown";
}

void describe_feed(struct api_node *app, uint32_t feed, enum schema_language language, struct buf *out)
{
	struct device_id device;
	struct person_id person;
	char hex[9];
	if (node_feed_author(app->node, feed, &device, &person) &&
	        describe_person(app, span_of(person.bytes, sizeof(person.bytes)), out))
		return;
	ids_hex(hex, device.bytes, 4);
	buf_add_span(out, span_text(describe_in(language, "L'appareil ", "Device ")));
	buf_add_span(out, span_text(hex));
}

void describe_who(
        struct api_node *app, const struct op_id *op, enum schema_language language, struct buf *out)
{
	uint32_t feed;
	if (log_feed_number(node_log(app->node), &op->feed, &feed))
		describe_feed(app, feed, language, out);
	else
		buf_add_span(out, span_text("?"));
}

bool describe_is_self(struct api_node *app, uint32_t feed)
{
	struct device_id device, own_device = node_device(app->node);
	struct person_id person, own;
	if (node_feed_author(app->node, feed, &device, &person) && api_own_person(app, &own))
		return person_id_eq(&person, &own);
	return device_id_eq(&device, &own_device);
}

json_t *describe_author(struct api_node *app, uint32_t feed, uint64_t seq, uint64_t hlc, uint8_t grade)
{
	struct device_id device;
	struct person_id person;
	struct buf name = {0};
	bool has_person = node_feed_author(app->node, feed, &device, &person);
	json_t *json = json_pack("{s:o, s:o, s:I, s:o, s:s, s:b}", "device",
	        api_hex(device.bytes, sizeof(device.bytes)), "feed",
	        api_hex(log_feed(node_log(app->node), feed)->id.bytes, ID_LONG_BYTES), "seq", (json_int_t)seq,
	        "saved", record_saved_json(hlc), "clock", describe_clock(grade), "self",
	        describe_is_self(app, feed));
	if (has_person)
		json_object_set_new(json, "person", api_hex(person.bytes, sizeof(person.bytes)));
	if (has_person && describe_person(app, span_of(person.bytes, sizeof(person.bytes)), &name))
		json_object_set_new(json, "name", describe_text(&name));
	buf_close(&name);
	return json;
}

json_t *describe_step(struct api_node *app, const struct node_past *past, const struct crdt_step *step)
{
	uint32_t feed;
	if (!log_feed_number(node_log(app->node), &step->op.feed, &feed))
		return json_object();
	json_t *json = describe_author(
	        app, feed, step->op.seq, step->hlc, node_past_grade(app->node, past, &step->op));
	json_object_set_new(json, "index", json_integer(step->op.index));
	if (step->reason.size)
		json_object_set_new(
		        json, "reason", json_stringn((const char *)step->reason.data, step->reason.size));
	return json;
}

/* The authors of steps, each once: "Léa Morvan, Paul Roux". */
void describe_all(struct api_node *app, const struct node_past *past, struct crdt_steps steps,
        enum schema_language language, struct buf *out)
{
	const struct feed_id *named[NAMES_MAX];
	uint32_t count = 0;
	for (uint32_t i = steps.count; i-- > 0 && count < NAMES_MAX;) {
		const struct op_id *op = &crdt_history_step(past->steps, steps.items[i])->op;
		bool again = false;
		for (uint32_t j = 0; j < count; j++)
			again |= feed_id_eq(named[j], &op->feed);
		if (again)
			continue;
		if (count)
			buf_add_span(out, span_text(", "));
		describe_who(app, op, language, out);
		named[count++] = &op->feed;
	}
}

/* ---- Events ----------------------------------------------------------------------------------------------------- */

/* "Visite du 24/11/2026 08:00". */
void describe_event(uint32_t kind_number, struct span fields, enum schema_language language, struct buf *out)
{
	const struct schema_kind *kind = schema_kind(kind_number);
	int64_t when_s;
	buf_add_span(out,
	        span_text(kind ? describe_in(language, kind->label.fr, kind->label.en)
	                       : describe_in(language, "Événement", "Event")));
	if (!record_event_when(kind_number, fields, &when_s))
		return;
	buf_add_span(out, span_text(describe_in(language, " du ", " of ")));
	words_moment(when_s, language, out);
}

bool describe_read_corrected(struct api_node *app, const struct node_past *past, const struct crdt_step *step,
        struct node_entry *entry, struct crdt_op *op)
{
	if (node_read_op(app->node, &step->corrects, entry) || entry->change.doc_kind != past->doc_kind ||
	        !record_id_eq(&entry->change.doc_id, &past->doc_id))
		return false;
	struct crdt_ops ops = crdt_change_ops(&entry->change);
	while (crdt_ops_next(&ops, op))
		if (op->index == step->corrects.index)
			return op->kind == CRDT_OP_EVENT;
	return false;
}

/* The event that a correction cites: from the past when it is there, else from the log. */
void describe_corrected(struct api_node *app, const struct node_past *past, const struct crdt_step *step,
        enum schema_language language, struct buf *out)
{
	uint32_t number;
	struct node_entry entry;
	struct crdt_op op;
	if (crdt_history_find(past->steps, &step->corrects, &number) &&
	        crdt_history_step(past->steps, number)->kind == CRDT_OP_EVENT) {
		const struct crdt_step *old = crdt_history_step(past->steps, number);
		describe_event(old->event_kind, old->value, language, out);
	} else if (describe_read_corrected(app, past, step, &entry, &op)) {
		describe_event(op.event_kind, op.value, language, out);
	} else {
		describe_event(step->event_kind, step->value, language, out);
	}
}

/* ---- Places ----------------------------------------------------------------------------------------------------- */

struct describe_view describe_view_of(struct api_node *app, const struct node_past *past, struct span path)
{
	struct describe_view view = {.app = app, .past = past};
	view.has_place = path.size && record_place_of(path, &past->doc_id, &view.place);
	return view;
}

const struct schema_field *describe_field(const struct describe_view *view)
{
	return view->has_place ? view->place.field : NULL;
}

void describe_label(const struct describe_view *view, enum schema_language language, struct buf *out)
{
	const struct schema_field *field = describe_field(view);
	char number[48];
	if (field) {
		buf_add_span(out, span_text(describe_in(language, field->label.fr, field->label.en)));
		return;
	}
	buf_add_span(out, span_text(describe_in(language, "champ n° ", "field no. ")));
	snprintf(number, sizeof(number), "%u.%u", view->has_place ? view->place.kind_number : 0,
	        view->has_place ? view->place.field_number : 0);
	buf_add_span(out, span_text(number));
}

void describe_record(const struct describe_view *view, struct buf *out)
{
	if (view->has_place && view->place.kind && view->place.kind->shape == SCHEMA_MANY)
		title_then(view->past, &view->place, out);
}

void describe_place(const struct describe_view *view, json_t *json)
{
	const struct record_place *place = &view->place;
	const struct schema_field *field = describe_field(view);
	struct buf title = {0};
	if (!view->has_place)
		return;
	json_object_set_new(json, "kind",
	        place->kind ? json_string(place->kind->name) : json_integer(place->kind_number));
	json_object_set_new(json, "id", api_hex(place->id.bytes, sizeof(place->id.bytes)));
	json_object_set_new(
	        json, "field", field ? json_string(field->name) : json_integer(place->field_number));
	if (field) {
		json_object_set_new(
		        json, "label", json_pack("{s:s, s:s}", "fr", field->label.fr, "en", field->label.en));
		json_object_set_new(json, "class", json_string(record_class_name(field->class)));
	}
	describe_record(view, &title);
	if (title.size)
		json_object_set_new(json, "title", describe_text(&title));
	buf_close(&title);
}
