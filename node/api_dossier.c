#include "node/api_dossier.h"

#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/exchange/fhir.h"
#include "node/exchange/fhir_parts.h"
#include "node/node_history.h"
#include "node/schema/moment.h"

enum { KEY_BYTES = 2 * ID_LONG_BYTES + 48 };

struct gathering {
	struct api_node *app;
	struct record_id patient;
	json_t *file;
	json_t *by_place; /* "feed:seq:index" of an event to its id */
	json_t *marks; /* the id of a mark's event to the mark */
	json_t *persons, *entries; /* first digits of those that records name */
	json_t *events; /* ids of those that are in it */
};

void api_dossier_mark_id(
        const struct schema_kind *kind, const struct record_id *record, struct record_id *out)
{
	char hex[FHIR_ID_BYTES], id[FHIR_ID_BYTES], tag[64];
	ids_hex(hex, record->bytes, sizeof(record->bytes));
	snprintf(tag, sizeof(tag), "import mark %.32s", kind->name);
	fhir_derived_id(id, hex, tag);
	ids_from_hex(out->bytes, sizeof(out->bytes), id);
}

/* ---- Authors ---- */

static void place_key(char out[KEY_BYTES], const json_t *place)
{
	const char *feed = api_text(place, "feed");
	snprintf(out, KEY_BYTES, "%s:%lld:%lld", feed ? feed : "",
	        json_integer_value(json_object_get(place, "seq")),
	        json_integer_value(json_object_get(place, "index")));
}

static const json_t *mark_of(const struct gathering *gathering, const json_t *record)
{
	struct record_id id, mark;
	char hex[2 * ID_SHORT_BYTES + 1];
	const struct schema_kind *kind = schema_kind_named(span_text(api_text(record, "kind")));
	if (!kind || !ids_from_hex(id.bytes, sizeof(id.bytes), api_text(record, "id")))
		return NULL;
	api_dossier_mark_id(kind, &id, &mark);
	ids_hex(hex, mark.bytes, sizeof(mark.bytes));
	return json_object_get(gathering->marks, hex);
}

static bool is_same_entry(const json_t *place, const char *feed, uint64_t seq)
{
	const char *its = api_text(place, "feed");
	return its && strcmp(its, feed) == 0 &&
	        json_integer_value(json_object_get(place, "seq")) == (json_int_t)seq;
}

/* Whose entry that is: of what was imported whoever wrote it where it came from. */
static json_t *author_json(struct gathering *gathering, const json_t *mark, const struct feed_id *feed,
        uint64_t seq, uint64_t hlc)
{
	char feed_hex[2 * ID_LONG_BYTES + 1];
	struct device_id device;
	struct person_id person = {{0}};
	uint32_t number;
	ids_hex(feed_hex, feed->bytes, sizeof(feed->bytes));
	if (mark && is_same_entry(json_object_get(mark, "author"), feed_hex, seq))
		return json_pack("{s:s, s:O}", "person", api_text(mark, "nurse"), "saved",
		        json_object_get(mark, "at"));
	if (log_feed_number(node_log(gathering->app->node), feed, &number))
		node_feed_author(gathering->app->node, number, &device, &person);
	return json_pack("{s:o, s:o}", "person", api_hex(person.bytes, SCHEMA_SHORT_BYTES), "saved",
	        record_saved_json(hlc));
}

static bool is_listed(const json_t *authors, const json_t *author)
{
	size_t index;
	json_t *one;
	json_array_foreach(authors, index, one) if (json_equal(json_object_get(one, "person"),
	                                                    json_object_get(author, "person"))) return true;
	return false;
}

static int by_hlc(const void *a, const void *b)
{
	const struct crdt_value *left = a, *right = b;
	if (left->hlc != right->hlc)
		return left->hlc > right->hlc ? -1 : 1;
	int order = memcmp(&left->op.feed, &right->op.feed, sizeof(left->op.feed));
	if (order || left->op.seq == right->op.seq)
		return order;
	return left->op.seq < right->op.seq ? -1 : 1;
}

/* Everybody whose values live in the record, the latest first. */
static json_t *register_authors(struct gathering *gathering, const struct crdt_doc *doc,
        const struct schema_kind *kind, const struct record_id *id, const json_t *mark)
{
	struct crdt_values values = {0}, all = {0};
	json_t *authors = json_array();
	for (uint32_t i = 0; i < kind->field_count; i++) {
		struct crdt_path path;
		record_path(kind, id, kind->fields[i].number, &path);
		if (kind->fields[i].is_set)
			crdt_doc_adds(doc, crdt_path_span(&path), &values);
		else
			crdt_doc_values(doc, crdt_path_span(&path), &values);
		for (uint32_t j = 0; j < values.count; j++) {
			all.items = mem_room(all.items, all.count, &all.capacity, sizeof(*all.items));
			all.items[all.count++] = values.items[j];
		}
	}
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), by_hlc);
	for (uint32_t i = 0; i < all.count; i++) {
		const struct crdt_value *value = &all.items[i];
		json_t *author = author_json(gathering, mark, &value->op.feed, value->op.seq, value->hlc);
		if (!is_listed(authors, author))
			json_array_append(authors, author);
		json_decref(author);
	}
	crdt_values_close(&values);
	crdt_values_close(&all);
	return authors;
}

static json_t *event_authors(struct gathering *gathering, const struct crdt_event *event, const json_t *mark)
{
	json_t *author = author_json(gathering, mark, &event->op.feed, event->op.seq, event->hlc);
	return json_pack("[o]", author);
}

/* ---- Records ---- */

static void note_names(json_t *names, const json_t *value)
{
	size_t index;
	json_t *one;
	char key[2 * SCHEMA_SHORT_BYTES + 1];
	json_array_foreach(value, index, one) note_names(names, one);
	if (!json_is_string(value) || json_string_length(value) < sizeof(key) - 1)
		return;
	snprintf(key, sizeof(key), "%s", json_string_value(value));
	json_object_set_new(names, key, json_true());
}

/* The people and entries of the directory that a record names. */
static void note_named(struct gathering *gathering, const struct schema_kind *kind, const json_t *record)
{
	size_t index;
	json_t *author;
	for (uint32_t i = 0; i < kind->field_count; i++) {
		const json_t *value = json_object_get(record, kind->fields[i].name);
		if (kind->fields[i].ref_kind == SCHEMA_PERSON)
			note_names(gathering->persons, value);
		if (kind->fields[i].ref_kind == SCHEMA_DIRECTORY_ENTRY)
			note_names(gathering->entries, value);
	}
	json_array_foreach(json_object_get(record, "authors"), index, author)
	        note_names(gathering->persons, json_object_get(author, "person"));
}

/* Values of which none was chosen, by field. */
static json_t *conflicts_json(const json_t *concurrent)
{
	json_t *out = json_object(), *field, *one;
	const char *name;
	size_t index;
	json_object_foreach((json_t *)(uintptr_t)concurrent, name, field)
	{
		json_t *values = json_array();
		json_array_foreach(json_object_get(field, "values"), index, one)
		        json_array_append(values, json_object_get(one, "value"));
		if (json_is_true(json_object_get(field, "conflict")))
			json_object_set(out, name, values);
		json_decref(values);
	}
	return out;
}

/* What only this program, this device or this log means by it. */
static void drop_own(json_t *record)
{
	static const char *const names[] = {"author", "saved", "seen", "concurrent", "corrects", "manifest",
	        "thumbnail", "unknown", "unknownFields", "fields", "on"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		json_object_del(record, names[i]);
}

/* Takes `authors` and `record`. */
static void add_record(
        struct gathering *gathering, const struct schema_kind *kind, json_t *record, json_t *authors)
{
	json_t *concurrent = json_incref(json_object_get(record, "concurrent")),
	       *corrects = json_incref(json_object_get(record, "corrects")),
	       *conflicts = conflicts_json(concurrent);
	char key[KEY_BYTES];
	drop_own(record);
	json_object_set_new(record, "authors", authors);
	if (corrects) {
		place_key(key, corrects);
		const json_t *id = json_object_get(gathering->by_place, key);
		if (id)
			json_object_set(record, "corrects", (json_t *)(uintptr_t)id);
	}
	if (json_object_size(conflicts))
		json_object_set(record, "conflicts", conflicts);
	json_decref(conflicts);
	json_decref(concurrent);
	json_decref(corrects);
	note_named(gathering, kind, record);
	json_array_append_new(json_object_get(gathering->file, "records"), record);
}

static int dossier_of(struct gathering *gathering, struct crdt_doc **doc)
{
	return node_doc(gathering->app->node, SCHEMA_DOC_DOSSIER, &gathering->patient, doc);
}

static int add_registers(struct gathering *gathering, const struct schema_kind *kind)
{
	struct crdt_doc *doc;
	struct record_id id;
	size_t index;
	json_t *record;
	int result = dossier_of(gathering, &doc);
	if (result)
		return result;
	json_t *list = api_parts_json(gathering->app, doc, kind, UINT32_MAX);
	json_array_foreach(
	        list, index, record) if (ids_from_hex(id.bytes, sizeof(id.bytes), api_text(record, "id")))
	        add_record(gathering, kind, json_incref(record),
	                register_authors(gathering, doc, kind, &id, mark_of(gathering, record)));
	json_decref(list);
	return 0;
}

/* Who took the same file in apart, on two devices, left the same event twice, as has who said it in each of a patient's files: the first one stands for all. */
static int add_events(struct gathering *gathering, const struct schema_kind *kind)
{
	struct crdt_doc *doc;
	struct crdt_event event;
	struct record_id id;
	int result = dossier_of(gathering, &doc);
	json_t *list = result ? json_array() : api_parts_json(gathering->app, doc, kind, UINT32_MAX);
	if (!result)
		result = dossier_of(gathering, &doc);
	for (size_t i = json_array_size(list); !result && i-- > 0;) { /* newest first */
		json_t *record = json_array_get(list, i);
		const char *hex = api_text(record, "id");
		if (json_object_get(gathering->events, hex) ||
		        !ids_from_hex(id.bytes, sizeof(id.bytes), hex) ||
		        !api_find_event(doc, kind->number, &id, &event))
			continue;
		json_object_set_new(gathering->events, hex, json_true());
		add_record(gathering, kind, json_incref(record),
		        event_authors(gathering, &event, mark_of(gathering, record)));
	}
	json_decref(list);
	return result;
}

/* Marks and links say something of this team's log and of other dossiers: they stay here. */
static bool leaves(const struct schema_kind *kind)
{
	return kind->doc == SCHEMA_DOC_DOSSIER && kind->number != SCHEMA_IMPORT_MARK &&
	        kind->number != SCHEMA_PATIENT_LINK;
}

static int read_events(struct gathering *gathering)
{
	struct crdt_doc *doc;
	struct crdt_event event;
	uint32_t cursor = 0;
	size_t index;
	json_t *mark, *marks;
	char key[KEY_BYTES], feed[2 * ID_LONG_BYTES + 1];
	int result = dossier_of(gathering, &doc);
	while (!result && crdt_doc_event(doc, 0, &cursor, &event)) {
		ids_hex(feed, event.op.feed.bytes, sizeof(event.op.feed.bytes));
		snprintf(key, sizeof(key), "%s:%lld:%lld", feed, (long long)event.op.seq,
		        (long long)event.op.index);
		json_object_set_new(
		        gathering->by_place, key, api_hex(event.id.bytes, sizeof(event.id.bytes)));
	}
	if (result)
		return result;
	marks = api_parts_json(gathering->app, doc, schema_kind(SCHEMA_IMPORT_MARK), UINT32_MAX);
	json_array_foreach(marks, index, mark) json_object_set(gathering->marks, api_text(mark, "id"), mark);
	json_decref(marks);
	return 0;
}

/* ---- The directory ---- */

static void add_named(struct gathering *gathering, struct crdt_doc *directory, enum schema_kind_number number,
        const json_t *names, const char *list)
{
	const struct schema_kind *kind = schema_kind(number);
	struct span cursor = {NULL, 0};
	struct record_id id;
	char key[2 * SCHEMA_SHORT_BYTES + 1];
	while (record_next(directory, kind, &cursor, &id)) {
		ids_hex(key, id.bytes, SCHEMA_SHORT_BYTES);
		json_t *record = json_object_get(names, key) ? record_json(directory, kind, &id) : NULL;
		if (!record)
			continue;
		drop_own(record);
		json_array_append_new(json_object_get(gathering->file, list), record);
	}
}

static void add_directory(struct gathering *gathering)
{
	struct record_id id = record_document_id(node_team(gathering->app->node), SCHEMA_DOC_DIRECTORY, NULL);
	struct crdt_doc *directory;
	if (node_doc(gathering->app->node, SCHEMA_DOC_DIRECTORY, &id, &directory))
		return;
	add_named(gathering, directory, SCHEMA_PERSON, gathering->persons, "people");
	add_named(gathering, directory, SCHEMA_DIRECTORY_ENTRY, gathering->entries, "entries");
}

/* ---- The whole ---- */

static void keep_back(json_t *file, unsigned with)
{
	static const char *const access[] = {"doorCode", "keyBox", "keys"};
	size_t index;
	json_t *record;
	json_array_foreach(json_object_get(file, "records"), index, record)
	{
		const char *kind = api_text(record, "kind"), *status = api_text(record, "insStatus");
		if (!kind || strcmp(kind, "patient") != 0)
			continue;
		json_t *conflicts = json_object_get(record, "conflicts");
		if (!status || strcmp(status, "qualifiee") != 0) {
			json_object_del(record, "nir");
			json_object_del(record, "insOid");
			json_object_del(conflicts, "nir");
			json_object_del(conflicts, "insOid");
		}
		for (size_t i = 0; !(with & API_DOSSIER_ACCESS) && i < sizeof(access) / sizeof(*access);
		        i++) {
			json_object_del(record, access[i]);
			json_object_del(conflicts, access[i]);
		}
		if (conflicts && json_object_size(conflicts) == 0)
			json_object_del(record, "conflicts");
	}
}

static bool has_value(const json_t *list, const json_t *value)
{
	size_t index;
	json_t *one;
	json_array_foreach((json_t *)(uintptr_t)list, index, one) if (json_equal(one, value)) return true;
	return false;
}

/* The latest first. */
static void add_authors(json_t *authors, const json_t *others)
{
	size_t index;
	json_t *other;
	json_array_foreach((json_t *)(uintptr_t)others, index, other)
	{
		const int64_t saved = fhir_seconds(api_text(other, "saved"));
		size_t at = 0;
		while (at < json_array_size(authors) &&
		        fhir_seconds(api_text(json_array_get(authors, at), "saved")) >= saved)
			at++;
		json_array_insert(authors, at, other);
	}
}

/* What stands in one head and not in the other is taken over; of what differs both values are told, and the first head's stands. */
static void merge_head(json_t *head, const json_t *other)
{
	static const char *const own[] = {"kind", "id", "authors", "conflicts", "insStatus", "archivedOn"};
	json_t *conflicts = json_object_get(head, "conflicts"), *value;
	const char *name;
	if (!conflicts)
		conflicts = json_object();
	else
		json_incref(conflicts);
	json_object_foreach((json_t *)(uintptr_t)other, name, value)
	{
		json_t *here = json_object_get(head, name), *both = json_object_get(conflicts, name);
		bool is_own = false;
		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
			is_own |= strcmp(own[i], name) == 0;
		if (is_own || json_equal(here, value))
			continue;
		if (!here) {
			json_object_set(head, name, value);
		} else if (both) {
			if (!has_value(both, value))
				json_array_append(both, value);
		} else {
			json_object_set_new(conflicts, name, json_pack("[O, O]", here, value));
		}
	}
	if (json_object_size(conflicts))
		json_object_set(head, "conflicts", conflicts);
	json_decref(conflicts);
	if (json_object_get(head, "authors"))
		add_authors(json_object_get(head, "authors"), json_object_get(other, "authors"));
}

void api_merge_heads(json_t *records)
{
	json_t *head = NULL;
	for (size_t i = 0; i < json_array_size(records);) {
		json_t *record = json_array_get(records, i);
		const char *kind = api_text(record, "kind");
		if (!kind || strcmp(kind, "patient") != 0) {
			i++;
		} else if (!head) {
			head = record;
			i++;
		} else {
			merge_head(head, record);
			json_array_remove(records, i);
		}
	}
}

static int gather(struct gathering *gathering)
{
	uint32_t count;
	const struct schema_kind *kinds = schema_kinds(&count);
	int result = read_events(gathering);
	for (uint32_t i = 0; !result && i < count; i++)
		if (leaves(&kinds[i]))
			result = kinds[i].shape == SCHEMA_EVENT ? add_events(gathering, &kinds[i])
			                                        : add_registers(gathering, &kinds[i]);
	return result;
}

/* Of one person all files, under the first of them; of one that is not here to its end it is said that there is one. */
static int gather_files(struct gathering *gathering, const struct patient_group *group)
{
	json_int_t left_out = 0;
	int result = 0;
	for (uint32_t i = 0; !result && i < group->count; i++) {
		gathering->patient = group->files[i];
		result = gather(gathering);
		if (result == ERR_NOTFOUND && group->count > 1) {
			left_out++;
			result = 0;
		}
	}
	if (left_out == (json_int_t)group->count)
		result = ERR_NOTFOUND;
	if (left_out)
		json_object_set_new(gathering->file, "joined", json_integer(left_out));
	if (!result) {
		api_merge_heads(json_object_get(gathering->file, "records"));
		add_directory(gathering);
	}
	return result;
}

int api_dossier_file(struct api_node *app, const struct patient_group *group, unsigned with, json_t **out)
{
	const struct team_id *team = node_team(app->node);
	struct gathering gathering = {.app = app,
	        .file = json_pack("{s:o, s:o, s:[], s:[], s:[]}", "patient",
	                api_hex(group->files[0].bytes, sizeof(group->files[0].bytes)), "team",
	                api_hex(team->bytes, sizeof(team->bytes)), "records", "people", "entries"),
	        .by_place = json_object(),
	        .marks = json_object(),
	        .persons = json_object(),
	        .entries = json_object(),
	        .events = json_object()};
	int result = gather_files(&gathering, group);
	if (!result) {
		keep_back(gathering.file, with);
		fhir_sort(gathering.file);
		*out = json_incref(gathering.file);
	}
	json_decref(gathering.file);
	json_decref(gathering.by_place);
	json_decref(gathering.marks);
	json_decref(gathering.persons);
	json_decref(gathering.entries);
	json_decref(gathering.events);
	return result;
}

/* ---- Requests ---- */

bool api_in_clear_or_reply(struct api_call *call)
{
	const char *word = api_call_query(call, "unencrypted");
	if (word && strcmp(word, "1") == 0)
		return true;
	api_call_fail_with(call, ERR_INVALID,
	        "What is asked for leaves this device unencrypted: whoever has the file reads it. Ask for it "
	        "with "
	        "unencrypted=1.",
	        json_pack("{s:s}", "fr",
	                "Ce qui est demandé quitte cet appareil sans être chiffré : quiconque a le fichier "
	                "le lit. "
	                "Demandez-le "
	                "avec unencrypted=1."));
	return false;
}
