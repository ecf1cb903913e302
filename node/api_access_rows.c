/* The access log of this device as a list, newest first: who opened whose record, when, what for; of one patient, of one month. */
#include "node/api_access.h"

#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/node_access.h"
#include "node/schema/moment.h"

enum { ROWS_MAX = 200, ROWS_DEFAULT = 50 };

/* ---- Whose they are ---------------------------------------------------------------------------------------------- */

static int named_cmp(const void *a, const void *b)
{
	const struct api_access_named *left = a, *right = b;
	return memcmp(&left->patient, &right->patient, sizeof(left->patient));
}

void api_access_know(struct api_node *app, struct api_access_known *out)
{
	struct node *node = app->node;
	struct api_access_named named;
	uint32_t kind;
	*out = (struct api_access_known){0};
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		if (node_doc_at(node, i, &kind, &named.dossier) || kind != SCHEMA_DOC_DOSSIER)
			continue;
		named.number = i;
		for (size_t j = 0; node_access_patient(node, &named.dossier, j, &named.patient); j++) {
			out->list = mem_room(out->list, out->count, &out->capacity, sizeof(*out->list));
			out->list[out->count++] = named;
		}
	}
	if (out->count)
		qsort(out->list, out->count, sizeof(*out->list), named_cmp);
}

void api_access_forget(struct api_access_known *known)
{
	mem_free(known->list);
	*known = (struct api_access_known){0};
}

const struct api_access_named *api_access_find(
        const struct api_access_known *known, const struct access_patient *patient)
{
	const struct api_access_named wanted = {.patient = *patient};
	return known->count ? bsearch(&wanted, known->list, known->count, sizeof(wanted), named_cmp) : NULL;
}

static void put_name(const json_t *record, const char *first, const char *second, struct buf *out)
{
	const char *parts[] = {
	        record ? api_text(record, first) : NULL, record ? api_text(record, second) : NULL};
	for (size_t i = 0; i < 2; i++) {
		if (parts[i] && out->size)
			buf_add(out, " ", 1);
		buf_add_span(out, span_text(parts[i] ? parts[i] : ""));
	}
	buf_add(out, "", 1);
}

void api_access_patient_name(struct api_node *app, const struct api_access_named *known, struct buf *out)
{
	struct crdt_doc *doc;
	json_t *record = node_doc_by_number(app->node, known->number, &doc) == 0
	        ? record_json(doc, schema_kind(SCHEMA_PATIENT), &known->dossier)
	        : NULL;
	put_name(record, "lastName", "firstName", out);
	json_decref(record);
}

void api_access_person_name(struct api_node *app, const struct person_id *person, struct buf *out)
{
	json_t *record = api_person(app, person);
	put_name(record, "firstName", "lastName", out);
	json_decref(record);
}

uint64_t api_access_midnight_s(int64_t day)
{
	const int64_t midnight = day * 86400; /* were it in London */
	return (uint64_t)(midnight - calendar_paris_offset_minutes(midnight - 3600) * 60);
}

/* ---- The list ---------------------------------------------------------------------------------------------------- */

struct listing {
	struct api_node *app;
	struct api_access_known known;
	struct patient_group group; /* of that patient alone, where has_patient */
	bool has_patient;
	uint64_t from_s, to_s; /* of a month; to_s 0: of any */
	uint64_t before; /* number of the first row that is too late; 0: none */
	struct access_row rows[ROWS_MAX]; /* the last `limit` that fit, in a ring */
	uint32_t limit;
	uint64_t fitting;
};

static bool is_wanted(const struct listing *listing, const struct access_row *row)
{
	if ((listing->before && row->number >= listing->before) ||
	        (listing->to_s && (row->at_s < listing->from_s || row->at_s >= listing->to_s)))
		return false;
	if (!listing->has_patient)
		return true;
	const struct api_access_named *named = api_access_find(&listing->known, &row->patient);
	return named && api_group_has(&listing->group, &named->dossier);
}

static int add_row(void *context, const struct access_row *row, const struct access_chain *before,
        const struct access_chain *after)
{
	struct listing *listing = context;
	(void)before;
	(void)after;
	if (is_wanted(listing, row))
		listing->rows[listing->fitting++ % listing->limit] = *row;
	return 0;
}

static json_t *row_json(const struct listing *listing, const struct access_row *row)
{
	char kind[ACCESS_KIND_BYTES];
	struct buf name = {0}, patient = {0};
	const struct api_access_named *named = api_access_find(&listing->known, &row->patient);
	api_access_person_name(listing->app, &row->person, &name);
	json_t *json = json_pack("{s:I, s:o, s:o, s:s, s:s, s:I}", "number", (json_int_t)row->number,
	        "moment", api_moment_ms(row->at_s * 1000), "person",
	        api_hex(row->person.bytes, ID_SHORT_BYTES), "name", (const char *)name.data, "kind",
	        access_kind_name(row->kind, kind), "detail", (json_int_t)row->detail);
	if (named) {
		api_access_patient_name(listing->app, named, &patient);
		json_object_set_new(json, "patient",
		        json_pack("{s:o, s:s}", "id", api_hex(named->dossier.bytes, ID_SHORT_BYTES), "name",
		                (const char *)patient.data));
	}
	buf_close(&name);
	buf_wipe(&patient);
	return json;
}

/* False: replied. */
static bool read_month(struct api_call *call, struct listing *out)
{
	const char *month = api_call_query(call, "month");
	char text[16];
	int64_t day = 0, next;
	if (!month)
		return true;
	snprintf(text, sizeof(text), "%.8s-01", month);
	if (strlen(month) != 7 || !moment_day_parse(span_text(text), &day) || day < 1) {
		api_call_fail_with(call, ERR_INVALID, "A month is written 2026-11.",
		        json_pack("{s:s}", "fr", "Un mois s'écrit 2026-11."));
		return false;
	}
	for (next = day + 28; calendar_date(next).month == calendar_date(day).month;)
		next++;
	out->from_s = api_access_midnight_s(day);
	out->to_s = api_access_midnight_s(next);
	return true;
}

static bool read_wanted(struct api_call *call, struct listing *out)
{
	const char *patient = api_call_query(call, "patient"), *limit = api_call_query(call, "limit"),
	           *before = api_call_query(call, "before");
	const unsigned long most = limit ? strtoul(limit, NULL, 10) : ROWS_DEFAULT;
	out->limit = most == 0 || most > ROWS_MAX ? ROWS_MAX : (uint32_t)most;
	out->before = before ? strtoull(before, NULL, 10) : 0;
	out->has_patient = patient != NULL;
	return read_month(call, out) && (!patient || api_group_named_or_reply(call, patient, &out->group));
}

static void reply_rows(struct api_call *call, const struct listing *listing, const struct access_head *head)
{
	json_t *list = json_array();
	const uint64_t shown = listing->fitting < listing->limit ? listing->fitting : listing->limit;
	for (uint64_t i = 0; i < shown; i++)
		json_array_append_new(
		        list, row_json(listing, &listing->rows[(listing->fitting - 1 - i) % listing->limit]));
	api_call_reply(call, 200,
	        json_pack("{s:o, s:b, s:I, s:I}", "rows", list, "more", listing->fitting > shown, "gone",
	                (json_int_t)head->gone, "days",
	                (json_int_t)(head->days ? head->days : ACCESS_DAYS_DEFAULT)));
}

static int get_rows(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct listing *listing = mem_zero(1, sizeof(*listing));
	struct access_head head;
	int result = 0;
	listing->app = app;
	if (read_wanted(call, listing)) {
		api_access_know(app, &listing->known);
		result = api_access_read(app, &head, add_row, listing);
		if (result == 0)
			reply_rows(call, listing, &head);
	}
	api_access_forget(&listing->known);
	mem_free(listing);
	return result;
}

int api_get_access_rows(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	api_note(app, ACCESS_LOG, NULL, 0);
	api_note(app, ACCESS_PATIENTS, NULL, 0);
	return api_when_noted(call, get_rows);
}
