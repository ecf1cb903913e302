/* Taking a FHIR bundle into a dossier: what it would bring, and then that (node/exchange/README.md, "Import"). */
#include "node/api_dossier.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/exchange/fhir_parts.h"
#include "node/exchange/take.h"
#include "node/node_digest.h"

enum { FLUSH_RECORDS = 500 };

struct taking {
	struct api_node *app;
	const json_t *file;
	struct record_id dossier; /* where what is new goes */
	struct patient_group group; /* the files of that patient: what any of them holds is here */
	bool for_real; /* else only said */
	bool is_other; /* into another patient's dossier than the file's: whom that is about stays as it is */
	json_t *fresh, *different, *refused, *unsettled, *corrections;
	uint64_t known, since_flush;
	struct crdt_event *events; /* by id */
	uint32_t event_count;
	int result; /* what ends it all */
};

/* ---- One record ---- */

static json_t *about(const json_t *record)
{
	const char *name = api_text(record, "kind"), *at = api_text(record, "at");
	const struct schema_kind *kind = schema_kind_named(span_text(name ? name : ""));
	json_t *json = json_pack("{s:s, s:s, s:{s:s, s:s}}", "kind", name, "id", api_text(record, "id"),
	        "label", "fr", kind->label.fr, "en", kind->label.en);
	if (at)
		json_object_set_new(json, "at", json_string(at));
	return json;
}

static void refuse(struct taking *taking, const json_t *record, const struct schema_report *report,
        const char *fr, const char *en)
{
	json_t *json = about(record);
	struct buf said[2] = {{0}, {0}};
	if (report && report->count) {
		const struct schema_problem *problem = &report->problems[0];
		for (uint32_t i = 0; i < report->count && problem->code >= SCHEMA_PROBLEM_WARNINGS; i++)
			problem = &report->problems[i];
		schema_problem_sentence(problem, SCHEMA_FR, &said[0]);
		schema_problem_sentence(problem, SCHEMA_EN, &said[1]);
	} else {
		buf_add_span(&said[0], span_text(fr));
		buf_add_span(&said[1], span_text(en));
	}
	json_object_set_new(json, "fr", json_stringn((const char *)said[0].data, said[0].size));
	json_object_set_new(json, "en", json_stringn((const char *)said[1].data, said[1].size));
	buf_close(&said[0]);
	buf_close(&said[1]);
	json_array_append_new(taking->refused, json);
}

/* The fields alone. What the INS service said elsewhere is provisional here: a file proves nothing. */
static json_t *fields_of(const json_t *record)
{
	static const char *const frame[] = {
	        "kind", "id", "authors", "corrected", "corrects", "reason", "conflicts"};
	json_t *fields = json_copy((json_t *)(uintptr_t)record);
	const char *status = api_text(record, "insStatus");
	for (size_t i = 0; i < sizeof(frame) / sizeof(*frame); i++)
		json_object_del(fields, frame[i]);
	if (status && (strcmp(status, "qualifiee") == 0 || strcmp(status, "recuperee") == 0))
		json_object_set_new(fields, "insStatus", json_string("provisoire"));
	return fields;
}

/* Are all fields the same as here? */
static bool is_same(const json_t *fields, const json_t *here)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)fields, name,
	        value) if (!json_equal(value, json_object_get(here, name))) return false;
	return true;
}

/* Who wrote it where it came from, and when; whoever takes it in where the file says nothing of that. */
static bool mark_of(struct taking *taking, const json_t *record, const struct schema_record *saving,
        struct schema_record *mark, uint8_t nurse[SCHEMA_SHORT_BYTES])
{
	const json_t *author = json_array_get(json_object_get(record, "authors"), 0);
	const char *person = api_text(author, "person");
	const struct schema_kind *kind = schema_kind(SCHEMA_IMPORT_MARK);
	struct record_id whose = {{0}};
	struct person_id own;
	int64_t saved = fhir_seconds(api_text(author, "saved"));
	if (person && strlen(person) == 2 * SCHEMA_SHORT_BYTES)
		ids_from_hex(whose.bytes, SCHEMA_SHORT_BYTES, person);
	else if (api_own_person(taking->app, &own))
		memcpy(whose.bytes, own.bytes, sizeof(own.bytes));
	if (saved == 0)
		return false;
	*mark = (struct schema_record){.kind = kind};
	api_dossier_mark_id(saving->kind, &saving->id, &mark->id);
	memcpy(nurse, whose.bytes, SCHEMA_SHORT_BYTES);
	schema_put(mark, schema_field(kind, 1))->bytes = span_of(nurse, SCHEMA_SHORT_BYTES);
	struct schema_value *at = schema_put(mark, schema_field(kind, 2));
	at->number = saved;
	at->offset_minutes = calendar_paris_offset_minutes(saved);
	return true;
}

static int write_with_mark(struct taking *taking, const json_t *record, const struct record_edit *edit,
        struct node_change *change, const struct op_id *corrects)
{
	const char *reason = api_text(record, "reason");
	struct schema_record mark;
	uint8_t nurse[SCHEMA_SHORT_BYTES];
	const bool in_dossier = edit->record.kind->doc == SCHEMA_DOC_DOSSIER;
	int result = record_write(change->doc, &change->builder, edit, corrects,
	        corrects && reason ? span_text(reason) : (struct span){NULL, 0});
	if (!result && in_dossier && mark_of(taking, record, &edit->record, &mark, nurse) &&
	        !crdt_doc_has_event(change->doc, &mark.id))
		result = record_write_new(&change->builder, &mark);
	return result;
}

/* Where it comes from nobody had chosen: the value that is shown there is taken, and the others are told. */
static void note_unsettled(struct taking *taking, const json_t *record)
{
	const json_t *conflicts = json_object_get(record, "conflicts");
	if (json_object_size(conflicts) == 0)
		return;
	json_t *json = about(record);
	json_object_set(json, "conflicts", (json_t *)(uintptr_t)conflicts);
	json_array_append_new(taking->unsettled, json);
}

static bool is_among_fresh(const struct taking *taking, const char *id)
{
	size_t index;
	json_t *one;
	json_array_foreach(taking->fresh, index, one) if (strcmp(api_text(one, "id"), id) == 0) return true;
	return false;
}

/* It corrects what was here before: nobody's file does that without a word. */
static void note_correction(struct taking *taking, const json_t *record)
{
	const char *corrected = api_text(record, "corrects");
	if (!corrected || is_among_fresh(taking, corrected))
		return;
	json_t *json = about(record);
	json_object_set_new(json, "corrects", json_string(corrected));
	json_array_append_new(taking->corrections, json);
}

static int by_event(const void *a, const void *b)
{
	return record_id_cmp(&((const struct crdt_event *)a)->id, &((const struct crdt_event *)b)->id);
}

/* The events that the patient's files have before anything is taken, by id. */
static void list_events(struct taking *taking)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = api_group_docs(taking->app, &taking->group, docs);
	uint32_t room = 0;
	struct crdt_event event;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t cursor = 0; crdt_doc_event(docs[i], 0, &cursor, &event);) {
			taking->events = mem_room(
			        taking->events, taking->event_count, &room, sizeof(*taking->events));
			taking->events[taking->event_count++] = event;
		}
	if (taking->event_count)
		qsort(taking->events, taking->event_count, sizeof(*taking->events), by_event);
}

/* Does the event with that id say the same? What cannot be read here is taken for it: nothing is known of it. */
static bool is_same_event(
        struct taking *taking, const struct crdt_doc *doc, const struct schema_record *record)
{
	const struct crdt_event key = {.id = record->id},
	                        *found = taking->event_count
	        ? bsearch(&key, taking->events, taking->event_count, sizeof(key), by_event)
	        : NULL;
	const struct digest_source source = {doc, api_read_op, taking->app};
	struct schema_measures measures;
	struct schema_record here;
	struct buf mine = {0}, theirs = {0};
	if (!found || !digest_event(&source, found, &measures, &here))
		return true;
	schema_event_put(&here, &mine);
	schema_event_put(record, &theirs);
	const bool is_same = found->kind == record->kind->number &&
	        span_eq(buf_span(&mine), buf_span(&theirs));
	buf_wipe(&mine);
	buf_wipe(&theirs);
	return is_same;
}

/* Of a patient with several files, as an export says it of them. Owner decrefs. */
static json_t *head_here(const struct taking *taking)
{
	const struct crdt_doc *docs[LIMIT_JOINED_FILES];
	const uint32_t count = api_group_docs(taking->app, &taking->group, docs);
	json_t *heads = json_array();
	for (uint32_t i = 0; i < count; i++) {
		const struct record_id file = crdt_doc_id(docs[i]);
		json_t *head = record_json(docs[i], schema_kind(SCHEMA_PATIENT), &file);
		if (head)
			json_array_append_new(heads, head);
	}
	api_merge_heads(heads);
	json_t *merged = json_incref(json_array_get(heads, 0));
	json_decref(heads);
	return merged;
}

/* The file that a record stands in, or what it corrects; else that to which what is new goes. */
static struct record_id place_of(
        const struct taking *taking, const json_t *record, const struct schema_kind *kind)
{
	const char *id_text = api_text(record, "id"), *corrects = api_text(record, "corrects");
	const struct schema_kind *corrected = kind->number == SCHEMA_VISIT_AMENDMENT
	        ? schema_kind(SCHEMA_VISIT)
	        : kind;
	struct record_id id, file;
	if (taking->group.count > 1 && id_text && ids_from_hex(id.bytes, ID_SHORT_BYTES, id_text) &&
	        api_group_holder(taking->app, &taking->group, kind, &id, &file))
		return file;
	if (taking->group.count > 1 && corrects && ids_from_hex(id.bytes, ID_SHORT_BYTES, corrects) &&
	        api_group_holder(taking->app, &taking->group, corrected, &id, &file))
		return file;
	return taking->dossier;
}

/* Is there such a record here already? What it says otherwise is told, and what is here stays. */
static bool is_here(struct taking *taking, const json_t *record, const json_t *fields,
        const struct schema_record *read, const struct crdt_doc *doc)
{
	const bool is_event = read->kind->shape == SCHEMA_EVENT;
	json_t *here = is_event ? NULL
	        : read->kind->number == SCHEMA_PATIENT && taking->group.count > 1
	        ? head_here(taking)
	        : record_json(doc, read->kind, &read->id);
	const bool has = is_event ? crdt_doc_has_event(doc, &read->id) : here != NULL;
	if (has && (is_event ? !is_same_event(taking, doc, read) : !is_same(fields, here)))
		json_array_append_new(taking->different, about(record));
	else if (has)
		taking->known++;
	json_decref(here);
	return has;
}

/* The event that a correction names: of its own kind, as where one is typed. False: it is not here. */
static bool corrected_op(const json_t *record, const struct schema_kind *kind, const struct crdt_doc *doc,
        struct op_id *op, const struct op_id **corrects)
{
	const uint32_t wanted = kind->number == SCHEMA_VISIT_AMENDMENT ? SCHEMA_VISIT : kind->number;
	const char *text = api_text(record, "corrects");
	struct record_id id;
	struct crdt_event event;
	uint32_t cursor = 0;
	*corrects = NULL;
	if (!text)
		return true;
	if (strlen(text) != 2 * ID_SHORT_BYTES || !ids_from_hex(id.bytes, sizeof(id.bytes), text))
		return false;
	while (crdt_doc_event(doc, wanted, &cursor, &event))
		if (record_id_eq(&event.id, &id)) {
			*op = event.op;
			*corrects = op;
			return true;
		}
	return false;
}

static int write_one(struct taking *taking, const json_t *record, const struct record_edit *edit,
        struct node_change *change)
{
	struct op_id op;
	const struct op_id *corrects;
	int result = ERR_INVALID;
	if (corrected_op(record, edit->record.kind, change->doc, &op, &corrects))
		result = write_with_mark(taking, record, edit, change, corrects);
	if (result) {
		node_change_drop(change);
		if (result != ERR_INVALID && result != ERR_TOOBIG)
			return result;
		refuse(taking, record, NULL, "Cela ne peut pas être enregistré ici.",
		        "That cannot be saved here.");
		return 0;
	}
	result = node_change_finish(taking->app->node, change, NULL, NULL, NULL);
	if (!result) {
		note_correction(taking, record);
		json_array_append_new(taking->fresh, about(record));
	}
	if (!result && ++taking->since_flush % FLUSH_RECORDS == 0)
		result = node_flush(taking->app->node);
	return result;
}

static int take_record(struct taking *taking, const struct schema_kind *kind, const struct record_id *doc_id,
        const json_t *record)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = kind}};
	struct schema_report report = {0};
	struct node_change change;
	json_t *fields = fields_of(record);
	/* Of somebody who founded or joined a team no more than a name may be known. */
	const enum schema_check_mode mode = kind->number == SCHEMA_PERSON ? SCHEMA_CHECK_EDIT
	                                                                  : SCHEMA_CHECK_TAKEN;
	int result = 0;
	if (!ids_from_hex(edit.record.id.bytes, ID_SHORT_BYTES, api_text(record, "id")) ||
	        record_from_json(fields, mode, &arena, &edit, &report)) {
		refuse(taking, record, &report, "Illisible.", "Not readable.");
	} else {
		result = node_change_begin(taking->app->node, kind->doc, doc_id, &change);
		if (result == ERR_DENIED && kind->doc == SCHEMA_DOC_DIRECTORY) {
			refuse(taking, record, NULL, "Vous n'écrivez pas dans l'annuaire de cette équipe.",
			        "You do not write into this team's directory.");
			result = 0;
		} else if (result) {
			/* said by the caller */
		} else if (is_here(taking, record, fields, &edit.record, change.doc)) {
			node_change_drop(&change);
		} else if (!taking->for_real) {
			node_change_drop(&change);
			json_array_append_new(taking->fresh, about(record));
			note_unsettled(taking, record);
			note_correction(taking, record);
		} else {
			note_unsettled(taking, record);
			result = write_one(taking, record, &edit, &change);
		}
	}
	json_decref(fields);
	arena_close(&arena);
	return result;
}

/* ---- All of them ---- */

static void take_list(struct taking *taking, const char *list, bool corrections)
{
	const struct record_id directory = record_document_id(
	        node_team(taking->app->node), SCHEMA_DOC_DIRECTORY, NULL);
	size_t index;
	json_t *record;
	json_array_foreach(json_object_get(taking->file, list), index, record)
	{
		const char *name = api_text(record, "kind");
		const struct schema_kind *kind = name ? schema_kind_named(span_text(name)) : NULL;
		const bool is_correction = api_text(record, "corrects") != NULL;
		if (taking->result || !kind || is_correction != corrections)
			continue;
		if (taking->is_other && kind->number == SCHEMA_PATIENT)
			json_array_append_new(taking->different, about(record));
		else if (kind->doc == SCHEMA_DOC_DIRECTORY)
			taking->result = take_record(taking, kind, &directory, record);
		else if (kind->doc != SCHEMA_DOC_DOSSIER ||
		        (kind->is_made && !kind->is_former && kind->number != SCHEMA_PHOTO) ||
		        kind->number == SCHEMA_READING) /* who signs it says that she has read */
			refuse(taking, record, NULL, "Cela ne se reprend pas d'un fichier.",
			        "That is not taken from a file.");
		else {
			const struct record_id file = place_of(taking, record, kind);
			taking->result = take_record(taking, kind, &file, record);
		}
	}
}

static void take_all(struct taking *taking)
{
	take_list(taking, "people", false);
	take_list(taking, "entries", false);
	take_list(taking, "records", false); /* the patient stands first: kinds are in order */
	take_list(taking, "records", true);
}

/* ---- Whose dossier ---- */

static const json_t *patient_in(const json_t *file)
{
	size_t index;
	json_t *record;
	json_array_foreach(json_object_get(file, "records"), index, record)
	{
		const char *kind = api_text(record, "kind");
		if (kind && strcmp(kind, "patient") == 0)
			return record;
	}
	return NULL;
}

static bool is_dossier_here(struct api_node *app, const struct record_id *id)
{
	struct crdt_doc *doc;
	json_t *head = node_doc(app->node, SCHEMA_DOC_DOSSIER, id, &doc) == 0
	        ? record_json(doc, schema_kind(SCHEMA_PATIENT), id)
	        : NULL;
	const bool is_here = head != NULL;
	json_decref(head);
	return is_here;
}

static bool is_listed(const json_t *list, const struct record_id *patient)
{
	char hex[2 * ID_SHORT_BYTES + 1];
	size_t index;
	json_t *one;
	ids_hex(hex, patient->bytes, sizeof(patient->bytes));
	json_array_foreach(
	        (json_t *)(uintptr_t)list, index, one) if (strcmp(api_text(one, "id"), hex) == 0) return true;
	return false;
}

/* Patients, each by the first of her files, that may be the same person (node/patient/README.md, "Duplicates"). */
static json_t *matches_json(struct api_node *app, const json_t *patient, const struct record_id *own)
{
	struct arena arena = {0};
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT)}};
	struct schema_report report = {0};
	struct patient_who who, *all;
	uint32_t count;
	json_t *list = json_array(), *fields = patient ? fields_of(patient) : json_object();
	record_from_json(fields, SCHEMA_CHECK_EDIT, &arena, &edit,
	        &report); /* what is wrong is said with the record */
	patient_who_of(&edit.record, &who);
	all = api_all_who(app, &count);
	for (uint32_t i = 0; patient && i < count; i++) {
		const struct patient_match match = patient_compare(&who, &all[i]);
		const struct schema_label *why = patient_reason_label(match.reasons, 0);
		if (match.score < PATIENT_POSSIBLE || record_id_eq(&all[i].id, own))
			continue;
		struct patient_group group;
		api_group_of(app, &all[i].id, &group);
		if (is_listed(list, &group.files[0]))
			continue;
		json_t *one = api_file_names(app, &group.files[0]);
		json_object_set_new(one, "name", api_full_name(one));
		json_object_set_new(one, "score", json_integer((json_int_t)match.score));
		if (why)
			json_object_set_new(
			        one, "why", json_pack("{s:s, s:s}", "fr", why->fr, "en", why->en));
		json_array_append_new(list, one);
	}
	mem_free(all);
	json_decref(fields);
	arena_close(&arena);
	return list;
}

/* True: replied that somebody has to say which dossier is meant. */
static bool refused_place(struct api_call *call, struct taking *taking, json_t *matches, bool is_here)
{
	const char *into = api_call_query(call, "into"), *fresh = api_call_query(call, "new");
	int result = into ? api_patient_id(taking->app, into, &taking->dossier) : 0;
	if (result) {
		api_call_fail(call, result,
		        result == ERR_NOTFOUND ? "There is no such patient here."
		                               : "Several patients' ids begin so: give more digits.");
		return true;
	}
	if (node_is_erased(taking->app->node, &taking->dossier)) {
		api_call_fail(call, ERR_DENIED,
		        "This patient's dossier was erased in this team: it does not come back. Nothing was "
		        "changed.");
		return true;
	}
	if (!taking->for_real || into || is_here || fresh || json_array_size(matches) == 0)
		return false;
	api_call_fail_with(call, ERR_CONFLICT,
	        "Patients here may be the same person: say into=ID for one of them, or new=1. Nothing was "
	        "changed.",
	        json_pack("{s:O, s:s}", "matches", matches, "fr",
	                "Des patients d'ici sont peut-être la même personne : indiquez into=ID pour l'un "
	                "d'eux, ou new=1. Rien "
	                "n'a été changé."));
	return true;
}

/* ---- The request ---- */

static json_t *plan_json(const struct taking *taking, const json_t *read, json_t *matches, bool is_here)
{
	const json_t *patient = patient_in(taking->file);
	json_t *out = json_pack("{s:o, s:b, s:b, s:b, s:O, s:O, s:I, s:O, s:O, s:O, s:O, s:O, s:O, s:O}",
	        "dossier", api_hex(taking->dossier.bytes, sizeof(taking->dossier.bytes)), "taken",
	        taking->for_real, "own", json_is_true(json_object_get(read, "own")), "isHere", is_here,
	        "matches", matches, "new", taking->fresh, "known", (json_int_t)taking->known, "different",
	        taking->different, "rounded", json_object_get(read, "rounded"), "refused", taking->refused,
	        "altered", json_object_get(read, "altered"), "notUnderstood",
	        json_object_get(read, "notUnderstood"), "unsettled", taking->unsettled, "corrections",
	        taking->corrections);
	if (patient) {
		json_object_set_new(out, "name", api_full_name(patient));
		if (api_text(patient, "birthDate"))
			json_object_set(out, "birthDate", json_object_get(patient, "birthDate"));
	}
	return out;
}

static int take(struct api_call *call, const json_t *read)
{
	struct api_node *app = api_node_of(call);
	const char *wanted = api_call_query(call, "take");
	struct taking taking = {.app = app,
	        .file = json_object_get(read, "file"),
	        .for_real = wanted && strcmp(wanted, "1") == 0,
	        .fresh = json_array(),
	        .different = json_array(),
	        .refused = json_array(),
	        .unsettled = json_array(),
	        .corrections = json_array()};
	const char *own_id = api_text(taking.file, "patient");
	struct record_id file_id;
	ids_from_hex(file_id.bytes, sizeof(file_id.bytes), own_id);
	taking.dossier = file_id;
	const bool is_here = is_dossier_here(app, &file_id);
	json_t *matches = is_here ? json_array() : matches_json(app, patient_in(taking.file), &file_id),
	       *plan = NULL;
	if (!refused_place(call, &taking, matches, is_here)) {
		api_group_of(app, &taking.dossier, &taking.group);
		taking.is_other = !api_group_has(&taking.group, &file_id);
		taking.dossier = taking.group.files[0];
		list_events(&taking);
		take_all(&taking);
		plan = plan_json(&taking, read, matches, is_here);
	}
	json_decref(matches);
	json_decref(taking.fresh);
	json_decref(taking.different);
	json_decref(taking.refused);
	json_decref(taking.unsettled);
	json_decref(taking.corrections);
	mem_free(taking.events);
	if (!plan || taking.result) {
		json_decref(plan);
		return taking.result;
	}
	api_note_group(app, &taking.group);
	return api_reply_durable(call, 200, plan);
}

int api_post_fhir(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct span bytes = api_call_bytes(call);
	const char *fr, *en;
	char team[2 * ID_LONG_BYTES + 1];
	if (api_refused_record(call) || api_refused_partial(call))
		return 0;
	json_t *bundle = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, NULL);
	ids_hex(team, node_team(app->node)->bytes, sizeof(node_team(app->node)->bytes));
	json_t *read = take_read(bundle, team, &fr, &en);
	json_decref(bundle);
	if (!read) {
		char sentence[256];
		snprintf(sentence, sizeof(sentence), "%s Nothing was changed.", en);
		api_call_fail_with(call, ERR_INVALID, sentence,
		        json_pack("{s:s++}", "fr", fr, " Rien n'a été changé.", ""));
		return 0;
	}
	int result = take(call, read);
	json_decref(read);
	return result;
}
