/* How long dossiers stay in the daily lists and then in the archive; which are due. A person decides on each: nothing is archived or erased by time. */
#include "node/api_node.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/schema/moment.h"

/* The usual terms, and how far back a last visit is looked for. */
enum { ACTIVE_YEARS = 5, ARCHIVED_YEARS = 15, LOOK_BACK_YEARS = 60, MONTHS = 12, DAY_S = 86400 };

struct terms {
	json_int_t active_years, archived_years;
};

static struct record_id directory_of(struct api_node *app)
{
	return record_document_id(node_team(app->node), SCHEMA_DOC_DIRECTORY, NULL);
}

static json_int_t years(const json_t *record, const char *name, json_int_t usual)
{
	const json_t *value = json_object_get(record, name);
	return json_is_integer(value) ? json_integer_value(value) : usual;
}

static struct terms read_terms(struct api_node *app)
{
	struct record_id id = directory_of(app);
	struct crdt_doc *doc;
	json_t *record = node_doc(app->node, SCHEMA_DOC_DIRECTORY, &id, &doc)
	        ? NULL
	        : record_json(doc, schema_kind(SCHEMA_RETENTION), &id);
	struct terms terms = {
	        years(record, "activeYears", ACTIVE_YEARS), years(record, "archivedYears", ARCHIVED_YEARS)};
	json_decref(record);
	return terms;
}

/* ---- Last visits ---- */

/* By document number, in seconds; INT64_MIN: none. Owner frees. */
static int64_t *last_visits(struct api_node *app, int64_t now_s, uint32_t count)
{
	int64_t *last = mem_zero(count + 1, sizeof(*last));
	uint32_t missing = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kind;
		struct record_id id;
		last[i] = INT64_MIN;
		missing += node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER;
	}
	int32_t now = calendar_month(now_s, 0);
	for (int32_t month = now + 1; missing && month > now - LOOK_BACK_YEARS * MONTHS; month--) {
		const struct index_event *events;
		uint32_t event_count;
		if (node_month(app->node, month, &events, &event_count))
			continue;
		for (uint32_t i = 0; i < event_count; i++) {
			const struct index_event *event = &events[i];
			if (event->kind != SCHEMA_VISIT || event->doc >= count)
				continue;
			missing -= last[event->doc] == INT64_MIN;
			if (event->when_s > last[event->doc])
				last[event->doc] = event->when_s;
		}
	}
	return last;
}

static uint32_t number_of(struct api_node *app, const struct record_id *file, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kind;
		struct record_id id;
		if (node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER &&
		        record_id_eq(&id, file))
			return i;
	}
	return count;
}

/* Whoever is seen by one of her files is seen: the last visit of joined files is that of all. */
static void spread_over_joined(struct api_node *app, int64_t *last, uint32_t count)
{
	struct patient_groups groups;
	api_groups(app, &groups);
	for (uint32_t i = 0; i < groups.count; i++) {
		const uint32_t file = number_of(app, &groups.files[i], count),
		               main = number_of(app, &groups.main[i], count);
		if (file < count && main < count && last[file] > last[main])
			last[main] = last[file];
	}
	for (uint32_t i = 0; i < groups.count; i++) {
		const uint32_t file = number_of(app, &groups.files[i], count),
		               main = number_of(app, &groups.main[i], count);
		if (file < count && main < count)
			last[file] = last[main];
	}
	patient_groups_close(&groups);
}

/* The same day, so many years ago. */
static int64_t years_before(int64_t now_s, json_int_t count)
{
	struct calendar_date date = calendar_date(now_s / DAY_S);
	date.year -= (int32_t)count;
	if (!calendar_valid(date) && date.month == 2)
		date.day = 28;
	return calendar_day(date) * DAY_S;
}

/* ---- Which are due ---- */

static json_t *due_json(const json_t *patient, const struct record_id *id, int64_t last_s)
{
	char day[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(day, last_s / DAY_S);
	return json_pack("{s:o, s:o, s:s}", "patient", api_hex(id->bytes, ID_SHORT_BYTES), "name",
	        api_full_name(patient), "lastVisit", day);
}

static void list_due(struct api_node *app, const struct terms *terms, json_t *archive, json_t *erase)
{
	const int64_t now_s = (int64_t)(env_wall_ms(app->env) / 1000);
	const int64_t active_from = years_before(now_s, terms->active_years),
	              kept_from = years_before(now_s, terms->active_years + terms->archived_years);
	const uint32_t count = node_doc_count(app->node);
	int64_t *last = last_visits(app, now_s, count);
	spread_over_joined(app, last, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *doc;
		if (last[i] == INT64_MIN || last[i] >= active_from || node_doc_at(app->node, i, &kind, &id) ||
		        kind != SCHEMA_DOC_DOSSIER || node_doc_by_number(app->node, i, &doc))
			continue;
		json_t *patient = record_json(doc, schema_kind(SCHEMA_PATIENT), &id);
		bool archived = api_text(patient, "archivedOn") != NULL;
		if (patient && !archived)
			json_array_append_new(archive, due_json(patient, &id, last[i]));
		else if (patient && last[i] < kept_from)
			json_array_append_new(erase, due_json(patient, &id, last[i]));
		json_decref(patient);
	}
	mem_free(last);
}

int api_get_retention(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct terms terms = read_terms(app);
	json_t *archive = json_array(), *erase = json_array();
	list_due(app, &terms, archive, erase);
	api_note(app, ACCESS_PATIENTS, NULL, 0);
	api_call_reply(call, 200,
	        json_pack("{s:I, s:I, s:o, s:o}", "activeYears", terms.active_years, "archivedYears",
	                terms.archived_years, "archive", archive, "erase", erase));
	return 0;
}

int api_patch_retention(struct api_call *call)
{
	struct record_id id = directory_of(api_node_of(call));
	return api_write_record(call, schema_kind(SCHEMA_RETENTION), &id, &id, SCHEMA_CHECK_EDIT, NULL);
}
