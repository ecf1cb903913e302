/* A closed month as a file: for programs, for the insurer, for paper (node/billing/README.md, section 6). */
#include "node/api_statement.h"

#include <string.h>

#include "crdt/base/err.h"
#include "node/api_dossier.h"
#include "node/api_patients.h"
#include "node/billing/statement.h"
#include "node/billing/statement_page.h"
#include "node/calendar.h"
#include "node/node_billing.h"

void api_fail_words(struct api_call *call, int error, const char *french, const char *english)
{
	api_call_fail_with(call, error, english, json_pack("{s:s}", "fr", french));
}

bool api_reads_billing_or_reply(struct api_call *call)
{
	struct node *node = api_node_of(call)->node;
	const struct team_view *view = node_view(node);
	const struct device_id self = node_device(node);
	if (view && team_view_level(view, &self, COMPARTMENT_BILLING) >= TEAM_LEVEL_READ)
		return true;
	api_fail_words(call, ERR_DENIED, "La facturation n'est ouverte qu'aux infirmières de l'équipe.",
	        "What is billed is for the team's nurses alone.");
	return false;
}

/* ---- Who is who ------------------------------------------------------------------------------------------------- */

static void put_patients(
        struct api_node *app, const struct billing_lot *lot, const struct statement_part *part, json_t *out)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	for (uint32_t i = 0; i < lot->line_count; i++) {
		const struct record_id *id = &lot->lines[i].patient;
		char hex[2 * ID_SHORT_BYTES + 1];
		struct crdt_doc *doc;
		ids_hex(hex, id->bytes, sizeof(id->bytes));
		if (!part_has_line(part, &lot->lines[i]) || json_object_get(out, hex) ||
		        node_doc(app->node, SCHEMA_DOC_DOSSIER, id, &doc))
			continue;
		json_t *record = record_json(doc, kind, id);
		if (record)
			json_object_set_new(out, hex, record);
	}
}

void api_statement_nurses(struct api_node *app, json_t *out)
{
	struct record_id id = record_document_id(node_team(app->node), SCHEMA_DOC_DIRECTORY, NULL);
	struct crdt_doc *doc;
	size_t index;
	json_t *one,
	        *list = node_doc(app->node, SCHEMA_DOC_DIRECTORY, &id, &doc) == 0
	        ? api_parts_json(app, doc, schema_kind(SCHEMA_PERSON), UINT32_MAX)
	        : NULL;
	json_array_foreach(list, index, one)
	{
		char short_id[2 * PART_NURSE_BYTES + 1];
		const char *text = api_text(one, "id");
		if (!text || strlen(text) < sizeof(short_id) - 1)
			continue;
		memcpy(short_id, text, sizeof(short_id) - 1);
		short_id[sizeof(short_id) - 1] = 0;
		json_object_set(out, short_id, one);
	}
	json_decref(list);
}

void api_statement_people(struct api_node *app, const struct billing_lot *lot,
        const struct statement_part *part, struct api_statement_people *out)
{
	*out = (struct api_statement_people){json_object(), json_object()};
	put_patients(app, lot, part, out->patients);
	api_statement_nurses(app, out->nurses);
}

void api_statement_people_close(struct api_statement_people *people)
{
	json_decref(people->patients);
	json_decref(people->nurses);
	*people = (struct api_statement_people){0};
}

/* ---- Which lot -------------------------------------------------------------------------------------------------- */

int api_find_lot(struct api_node *app, uint32_t month, const char *hash, struct buf *bytes)
{
	struct node_billing billing;
	struct node_billing_row *rows;
	const struct node_billing_row *found = NULL;
	uint32_t count;
	int result = node_billing_lots(app->node, &billing, &rows, &count);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		char hex[2 * ID_LONG_BYTES + 1];
		ids_hex(hex, rows[i].hash.bytes, sizeof(rows[i].hash.bytes));
		const bool is_named = hash && strncmp(hex, hash, strlen(hash)) == 0;
		if ((month == LOT_MONTHS || rows[i].lot->month == month) &&
		        (hash ? is_named : billing_standing_counts(rows[i].standing)))
			found = &rows[i];
	}
	if (result == 0)
		result = found ? node_billing_lot_named(app->node, &found->hash, bytes) : ERR_NOTFOUND;
	node_billing_wipe(&billing);
	return result;
}

/* ---- Which part ------------------------------------------------------------------------------------------------- */

/* Of a patient with several files the one that the lot bills. */
static void choose_file(struct api_node *app, const struct billing_lot *lot, struct statement_part *part)
{
	struct patient_group group;
	api_group_of(app, &part->patient, &group);
	for (uint32_t i = 0; i < lot->line_count; i++)
		for (uint32_t j = 0; j < group.count; j++)
			if (record_id_eq(&group.files[j], &lot->lines[i].patient))
				part->patient = group.files[j];
}

/* An erased patient's whole id is as good as one that is here. False: replied. */
static bool patient_or_reply(struct api_call *call, struct statement_part *part)
{
	const char *text = api_call_query(call, "patient");
	if (!text)
		return true;
	part->has_patient = true;
	if (strlen(text) == 2 * ID_SHORT_BYTES && ids_from_hex(part->patient.bytes, ID_SHORT_BYTES, text))
		return true;
	return api_patient_named_or_reply(call, text, &part->patient);
}

static bool nurse_or_reply(struct api_call *call, struct statement_part *part)
{
	const char *text = api_call_query(call, "nurse");
	if (!text)
		return true;
	part->has_nurse = true;
	return api_short_id(text, part->nurse.bytes) || api_person_or_reply(call, text, &part->nurse);
}

/* ---- The file --------------------------------------------------------------------------------------------------- */

static const char *const FORMATS[] = {"csv", "json", "fhir", "html"};
enum format { FORMAT_CSV, FORMAT_JSON, FORMAT_FHIR, FORMAT_HTML, FORMAT_COUNT };

static enum format format_of(const struct api_call *call)
{
	const char *text = api_call_query(call, "format");
	enum format format = FORMAT_CSV;
	while (text && format < FORMAT_COUNT && strcmp(text, FORMATS[format]) != 0)
		format++;
	return format;
}

struct making {
	struct api_call *call;
	const struct billing_lot *lot;
	struct lot_hash hash;
	struct statement_part part;
};

static void make_file(const struct making *making, struct buf *out)
{
	struct api_node *app = api_node_of(making->call);
	const char *language = api_call_query(making->call, "lang");
	struct api_statement_people named = {0};
	if (api_call_query(making->call, "names"))
		api_statement_people(app, making->lot, &making->part, &named);
	const struct statement_people people = {named.patients, named.nurses};
	switch (format_of(making->call)) {
	case FORMAT_JSON:
		statement_json_file(making->lot, &making->hash, &making->part, out);
		break;
	case FORMAT_FHIR:
		claim_file(making->lot, &making->hash, &making->part, &people, out);
		break;
	case FORMAT_HTML:
		statement_page(making->lot, &making->hash, &making->part, &people,
		        language && strcmp(language, "en") == 0 ? SCHEMA_EN : SCHEMA_FR, out);
		break;
	case FORMAT_CSV:
	case FORMAT_COUNT:
		statement_csv(making->lot, &making->hash, &making->part, out);
		break;
	}
	api_statement_people_close(&named);
}

static json_t *totals_json(const struct making *making)
{
	const struct billing_totals totals = part_totals(&making->part, making->lot);
	return json_pack("{s:I, s:I, s:I, s:I}", "lines", (json_int_t)totals.line_count, "visits",
	        (json_int_t)totals.visit_count, "minutes", (json_int_t)totals.minutes, "cents",
	        (json_int_t)totals.cents);
}

static void reply_file(struct making *making)
{
	struct buf file = {0};
	make_file(making, &file);
	api_call_reply(making->call, 200,
	        json_pack("{s:s%, s:o, s:o}", "file", (const char *)file.data, file.size, "lot",
	                api_hex(making->hash.bytes, sizeof(making->hash.bytes)), "totals",
	                totals_json(making)));
	buf_wipe(&file);
}

static bool month_of(const char *text, uint32_t *out)
{
	int32_t month;
	if (strlen(text) != 7 || !api_month(text, &month) || month < 0)
		return false;
	*out = (uint32_t)month;
	return true;
}

static int get_statement(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct making making = {.call = call};
	struct buf bytes = {0};
	struct arena arena = {0};
	struct billing_lot lot;
	uint32_t month = 0;
	if (!patient_or_reply(call, &making.part) || !nurse_or_reply(call, &making.part))
		return 0;
	month_of(api_call_param(call, 0), &month);
	int result = api_find_lot(app, month, api_call_query(call, "lot"), &bytes);
	if (result == ERR_NOTFOUND) {
		api_fail_words(call, result,
		        "Ce mois n'a pas été clôturé, à la connaissance de cet appareil.",
		        "This month has not been closed, as far as this device knows.");
		result = 0;
	} else if (result == 0 && (result = lot_decode(&lot, buf_span(&bytes), &arena)) == 0) {
		making.lot = &lot;
		making.hash = lot_hash_of(buf_span(&bytes));
		if (making.part.has_patient)
			choose_file(app, &lot, &making.part);
		reply_file(&making);
	}
	arena_close(&arena);
	buf_close(&bytes);
	return result;
}

static int when_noted(struct api_call *call)
{
	return api_when_quiet(call, get_statement);
}

/* What leaves as a file is noted before it leaves: the month, and of one patient whose. */
static void note(struct api_call *call)
{
	const char *text = api_call_query(call, "patient");
	struct record_id patient;
	api_note(api_node_of(call), ACCESS_BILLING, NULL, api_note_day(api_call_param(call, 0)));
	if (text && api_patient_id(api_node_of(call), text, &patient) == 0)
		api_note(api_node_of(call), ACCESS_COPY, &patient, 0);
}

int api_get_statement(struct api_call *call)
{
	uint32_t month;
	const enum format format = format_of(call);
	if (!api_reads_billing_or_reply(call) || !api_in_clear_or_reply(call))
		return 0;
	if (!month_of(api_call_param(call, 0), &month)) {
		api_fail_words(call, ERR_INVALID, "Un mois s'écrit 2026-11.", "A month is written 2026-11.");
	} else if (format == FORMAT_COUNT) {
		api_fail_words(call, ERR_INVALID, "Le format est csv, json, fhir ou html.",
		        "The format is csv, json, fhir or html.");
	} else if (format == FORMAT_FHIR && api_call_query(call, "nurse")) {
		api_fail_words(call, ERR_INVALID,
		        "Une demande de remboursement (FHIR) porte sur tout ce qui a été fait pour un "
		        "patient : csv, json ou html "
		        "pour une infirmière.",
		        "A claim (FHIR) is of all that was done for a patient: csv, json or html for one "
		        "nurse.");
	} else {
		note(call);
		return api_when_noted(call, when_noted);
	}
	return 0;
}
