/* Searching by words: what is shown of a record that was found, and where the words stand in it (node/search/README.md). */
#include "node/api_patients.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/digest/who.h"
#include "node/node_search.h"
#include "node/schema/moment.h"
#include "node/search/texts.h"

enum {
	FOUND_DEFAULT = 20,
	FOUND_MAX = 100,
	LOOKED_AT = 4, /* times as many are looked at: some are of an older state of their record */
	READ_MS = 60, /* for what the log has that no search read yet */
};

struct searching {
	struct api_node *app;
	struct search_query query, number;
	struct patient_groups groups;
	bool has_number; /* `query` is also one number */
};

/* ---- A text of a record ------------------------------------------------------------------------------------------ */

/* The text of a record that has most of the words. */
struct best {
	const struct searching *searching;
	const struct schema_kind *kind; /* names of a patient are not looked at again */
	unsigned words, number_words; /* that stand in any of the record's texts */
	unsigned score;
	const struct schema_field *field;
	struct buf text;
};

static unsigned count_bits(unsigned bits)
{
	unsigned count = 0;
	for (; bits; bits &= bits - 1)
		count++;
	return count;
}

static void look_at_text(void *context, const struct schema_field *field, struct span text)
{
	struct best *best = context;
	const struct searching *searching = best->searching;
	struct buf digits = {0};
	if (search_is_name(best->kind, field))
		return;
	search_digits(text, &digits);
	const unsigned words = search_query_in(&searching->query, text) |
	        (unsigned)search_query_in(&searching->query, buf_span(&digits));
	unsigned number_words = 0;
	if (searching->has_number)
		number_words = search_query_in(&searching->number, text) |
		        (unsigned)search_query_in(&searching->number, buf_span(&digits));
	buf_wipe(&digits);
	best->words |= words;
	best->number_words |= number_words;
	const unsigned score = count_bits(words) + (number_words ? SEARCH_WORDS : 0);
	if (best->field && score <= best->score)
		return;
	best->score = score;
	best->field = field;
	buf_clear(&best->text);
	buf_add_span(&best->text, text);
}

/* Does it still say what was searched for? The words of the patient's name count. */
static bool still_matches(const struct best *best, const struct node_hit *hit)
{
	const unsigned all = search_query_all(&best->searching->query);
	return best->field && (best->number_words || (best->words && (best->words | hit->names) == all));
}

static json_t *matches_json(const struct search_snippet *snippet)
{
	json_t *list = json_array();
	for (uint32_t i = 0; i < snippet->count; i++) {
		const struct search_match *match = &snippet->matches[i];
		json_array_append_new(list,
		        json_pack("{s:i, s:i, s:i, s:i}", "from", (int)match->from, "to", (int)match->to,
		                "from16", (int)match->from16, "to16", (int)match->to16));
	}
	return list;
}

static void put_snippet(json_t *json, const struct searching *searching, struct span text)
{
	struct search_snippet snippet;
	search_snippet(&searching->query, text, &snippet);
	if (snippet.count == 0 && searching->has_number)
		search_snippet(&searching->number, text, &snippet);
	json_object_set_new(json, "text", json_stringn((const char *)snippet.text.data, snippet.text.size));
	json_object_set_new(json, "matches", matches_json(&snippet));
	if (snippet.cut_before)
		json_object_set_new(json, "cutBefore", json_true());
	if (snippet.cut_after)
		json_object_set_new(json, "cutAfter", json_true());
}

/* ---- Whose it is ------------------------------------------------------------------------------------------------- */

static json_t *label_json(const struct schema_label *label)
{
	return json_pack("{s:s, s:s}", "fr", label->fr, "en", label->en);
}

/* "patient", "name", "archived", "unverified"; of a document of another kind "document". False: it is not shown. */
static bool put_whose(const struct searching *searching, json_t *json, uint32_t number, json_t **who)
{
	struct api_node *app = searching->app;
	uint32_t doc_kind;
	struct record_id id;
	struct node_digest digest;
	struct digest_who read;
	*who = NULL;
	if (node_shown_at(app->node, number, &doc_kind, &id))
		return false;
	if (doc_kind != SCHEMA_DOC_DOSSIER) {
		json_object_set_new(json, "document", json_string(schema_doc(doc_kind)->name));
		json_object_set_new(json, "of", api_hex(id.bytes, sizeof(id.bytes)));
		return true;
	}
	const struct record_id main = patient_groups_main(&searching->groups, &id);
	if (node_digest_of(app->node, &main, DIGEST_WHO, &digest) || !digest_who_read(digest.part, &read))
		return false;
	*who = json_loadb((const char *)read.shown.data, read.shown.size, 0, NULL);
	json_object_set_new(json, "patient", api_hex(main.bytes, sizeof(main.bytes)));
	if (patient_groups_is_joined(&searching->groups, &id))
		json_object_set_new(json, "dossier", api_hex(id.bytes, sizeof(id.bytes)));
	json_object_set_new(json, "name", api_full_name(*who));
	if (read.is_archived)
		json_object_set_new(json, "archived", json_true());
	api_mark_early(app, json, &id);
	return true;
}

/* "Dupont Marie (Morel) · 12/03/1948": the names by which she is found, and the day. */
static void name_text(const json_t *who, struct buf *out)
{
	json_t *full = api_full_name(who);
	const char *birth_name = api_text(who, "birthName"), *day = api_text(who, "birthDate");
	buf_add_span(out, span_text(json_string_value(full)));
	json_decref(full);
	if (birth_name) {
		buf_add_span(out, span_text(" ("));
		buf_add_span(out, span_text(birth_name));
		buf_add_span(out, span_text(")"));
	}
	if (day && strlen(day) == 10) {
		const char european[] = {
		        day[8], day[9], '/', day[5], day[6], '/', day[0], day[1], day[2], day[3], '\0'};
		buf_add_span(out, span_text(" · "));
		buf_add_span(out, span_text(european));
	}
}

/* The names of the file that was found: another file of the patient may have others. */
static void names_of_file(const struct searching *searching, uint32_t number, struct buf *out)
{
	uint32_t doc_kind;
	struct record_id id;
	struct node_digest digest;
	struct digest_who read;
	if (node_shown_at(searching->app->node, number, &doc_kind, &id) ||
	        node_digest_of(searching->app->node, &id, DIGEST_WHO, &digest) ||
	        !digest_who_read(digest.part, &read))
		return;
	json_t *who = json_loadb((const char *)read.shown.data, read.shown.size, 0, NULL);
	name_text(who, out);
	json_decref(who);
}

/* One for each patient, by the first of her files that was found. */
static bool is_found_already(const json_t *list, const json_t *json)
{
	const char *patient = api_text(json, "patient");
	size_t index;
	json_t *one;
	json_array_foreach((json_t *)(uintptr_t)list, index, one)
	{
		const char *other = api_text(one, "patient");
		if (patient && other && strcmp(patient, other) == 0)
			return true;
	}
	return false;
}

static json_t *name_json(const struct searching *searching, const struct node_hit *hit)
{
	json_t *json = json_pack("{s:s, s:o}", "kind", "patient", "kindLabel",
	        label_json(&schema_kind(SCHEMA_PATIENT)->label));
	json_t *who;
	struct buf text = {0};
	if (!put_whose(searching, json, hit->number, &who)) {
		json_decref(json);
		return NULL;
	}
	names_of_file(searching, hit->number, &text);
	put_snippet(json, searching, buf_span(&text));
	buf_wipe(&text);
	json_decref(who);
	return json;
}

/* ---- What was found in it ---------------------------------------------------------------------------------------- */

static json_t *at_json(int64_t when_s)
{
	return when_s > 0 ? api_moment_ms((uint64_t)when_s * 1000) : json_null();
}

/* The event in the document that is shown; false: it is not there, or not any more. */
static bool find_event(const struct crdt_doc *doc, const struct node_hit *hit, bool *is_corrected)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, hit->kind, &cursor, &event))
		if (op_id_cmp(&event.op, &hit->op) == 0) {
			*is_corrected = event.is_corrected;
			return true;
		}
	return false;
}

static bool look_at_event(const struct searching *searching, const struct node_hit *hit,
        const struct crdt_doc *doc, struct best *best, json_t *json)
{
	struct node_reading reading = {.node = searching->app->node, .is_final = true};
	struct crdt_op op;
	struct crdt_meta meta;
	struct schema_record record;
	struct schema_measures measures;
	uint32_t unknown_count;
	bool is_corrected = false;
	const bool is_there = find_event(doc, hit, &is_corrected),
	           is_apart = !is_there && node_event_is_apart(searching->app->node, &hit->op);
	if ((!is_there && !is_apart) || !node_read_event(&reading, &hit->op, &op, &meta) ||
	        !record_event_read(&op, &measures, &record, &unknown_count))
		return false;
	search_event_texts(&record, look_at_text, best);
	json_object_set_new(json, "id", api_hex(record.id.bytes, sizeof(record.id.bytes)));
	if (is_corrected)
		json_object_set_new(json, "corrected", json_true());
	if (is_apart)
		json_object_set_new(json, "quarantined", json_true());
	return true;
}

static bool look_at_register(
        const struct node_hit *hit, const struct crdt_doc *doc, struct best *best, json_t *json)
{
	search_register_texts(doc, best->kind, &hit->id, look_at_text, best);
	json_object_set_new(json, "id", api_hex(hit->id.bytes, sizeof(hit->id.bytes)));
	return true;
}

static bool look_at_record(
        const struct searching *searching, const struct node_hit *hit, struct best *best, json_t *json)
{
	struct crdt_doc *doc;
	if (node_shown_by_number(searching->app->node, hit->number, &doc))
		return false;
	return (hit->is_event ? look_at_event(searching, hit, doc, best, json)
	                      : look_at_register(hit, doc, best, json)) &&
	        still_matches(best, hit);
}

static json_t *record_found_json(const struct searching *searching, const struct node_hit *hit)
{
	const struct schema_kind *kind = schema_kind(hit->kind);
	json_t *json = json_pack("{s:s, s:o}", "kind", kind->name, "kindLabel", label_json(&kind->label));
	json_t *who = NULL;
	struct best best = {.searching = searching, .kind = kind};
	const bool is_shown = put_whose(searching, json, hit->number, &who) &&
	        look_at_record(searching, hit, &best, json);
	if (is_shown) {
		json_object_set_new(json, "at", at_json(hit->when_s));
		json_object_set_new(json, "field", json_string(best.field->name));
		json_object_set_new(json, "label", label_json(&best.field->label));
		put_snippet(json, searching, buf_span(&best.text));
	}
	json_decref(who);
	buf_wipe(&best.text);
	if (is_shown)
		return json;
	json_decref(json);
	return NULL;
}

/* ---- The reply --------------------------------------------------------------------------------------------------- */

/* What stands in a dossier and is shown names the dossier; names alone are a list of patients. */
static void note(struct api_node *app, const struct node_hit *hit, bool *has_names)
{
	uint32_t kind;
	struct record_id id;
	if (hit->kind == SEARCH_NAMES) {
		*has_names = true;
		return;
	}
	if (node_shown_at(app->node, hit->number, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER)
		api_note(app, ACCESS_SEARCH, &id, 0);
}

static json_t *found_json(
        const struct searching *searching, const struct node_hits *hits, size_t limit, bool *has_more)
{
	json_t *list = json_array();
	bool has_names = false;
	uint32_t at = 0;
	for (; at < hits->count && json_array_size(list) < limit; at++) {
		const struct node_hit *hit = &hits->items[at];
		json_t *json = hit->kind == SEARCH_NAMES ? name_json(searching, hit)
		                                         : record_found_json(searching, hit);
		if (json && hit->kind == SEARCH_NAMES && is_found_already(list, json)) {
			json_decref(json);
			continue;
		}
		if (!json)
			continue;
		json_array_append_new(list, json);
		note(searching->app, hit, &has_names);
	}
	if (has_names)
		api_note(searching->app, ACCESS_PATIENTS, NULL, 0);
	*has_more = hits->has_more || at < hits->count;
	return list;
}

static size_t limit_of(const struct api_call *call)
{
	const char *text = api_call_query(call, "limit");
	const unsigned long count = text ? strtoul(text, NULL, 10) : 0;
	return count == 0 ? FOUND_DEFAULT : count > FOUND_MAX ? FOUND_MAX : count;
}

int api_get_search(struct api_call *call)
{
	struct searching searching = {.app = api_node_of(call)};
	const char *words = api_call_query(call, "words");
	const size_t limit = limit_of(call);
	struct node_hits hits;
	bool has_more;
	search_query_read(span_text(words ? words : ""), &searching.query);
	if (searching.query.has_more) {
		api_call_fail_with(call, ERR_TOOBIG, "Search by at most eight words.",
		        json_pack("{s:s}", "fr", "Cherchez huit mots au plus."));
		return 0;
	}
	searching.has_number = searching.query.count &&
	        search_query_number(&searching.query, &searching.number);
	api_groups(searching.app, &searching.groups);
	int result = node_search_among(searching.app->node, &searching.query, &searching.groups,
	        LOOKED_AT * (uint32_t)limit, READ_MS, &hits);
	if (result == 0) {
		json_t *found = found_json(&searching, &hits, limit, &has_more);
		api_call_reply(call, 200,
		        json_pack("{s:o, s:b, s:I}", "found", found, "more", has_more, "notReadYet",
		                (json_int_t)hits.left));
	}
	patient_groups_close(&searching.groups);
	node_hits_close(&hits);
	return result;
}
