/* Who opened whose record on this device: noting, showing, and the export for a control (node/access/README.md). */
#include "node/api_access.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/access/access_export.h"
#include "node/api_patients.h"
#include "node/calendar.h"
#include "node/node_access.h"
#include "node/schema/moment.h"

/* ---- Noting ----------------------------------------------------------------------------------------------------- */

void api_note(struct api_node *app, enum access_kind kind, const struct record_id *patient, uint64_t detail)
{
	struct person_id person;
	bool has_person = api_own_person(app, &person);
	node_note_access(app->node, kind, has_person ? &person : NULL, patient, detail);
}

uint64_t api_dossier_count(struct api_node *app)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < node_doc_count(app->node); i++) {
		uint32_t kind;
		struct record_id id;
		count += node_doc_at(app->node, i, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER;
	}
	return count;
}

uint64_t api_note_day(const char *text)
{
	uint64_t number = 0;
	for (; *text; text++)
		number = *text == '-' ? number : number * 10 + (uint64_t)(*text - '0');
	return number;
}

struct noted {
	struct api_call *call;
	int (*work)(struct api_call *call);
};

static void on_noted(void *context, int result)
{
	struct noted *noted = context;
	struct api_call *call = noted->call;
	if (!result && api_call_open(call))
		result = noted->work(call);
	if (result)
		api_call_fail(call, result, NULL);
	api_call_release(call);
	mem_free(noted);
}

int api_when_noted(struct api_call *call, int (*work)(struct api_call *call))
{
	struct noted *noted = mem_zero(1, sizeof(*noted));
	*noted = (struct noted){call, work};
	api_call_hold(call);
	return node_when_noted(api_node_of(call)->node, on_noted, noted);
}

/* ---- Reading the log -------------------------------------------------------------------------------------------- */

int api_access_read(struct api_node *app, struct access_head *head, access_visit visit, void *context)
{
	struct store_txn *txn;
	uint64_t unread;
	*head = (struct access_head){0};
	int result = store_begin(app->store, false, &txn);
	if (result)
		return result;
	result = access_head_read(app->vault, txn, head);
	if (!result)
		result = access_rows_read(app->vault, txn, head, visit, context, &unread);
	store_abort(txn);
	return result == ERR_NOTFOUND ? 0 : result;
}

/* ---- One patient ------------------------------------------------------------------------------------------------ */

struct openings {
	struct api_node *app;
	struct patient_group group; /* of a patient all files */
	json_t *list;
};

static bool is_theirs(struct openings *openings, const struct access_row *row)
{
	struct access_patient patient;
	for (uint32_t i = 0; i < openings->group.count; i++)
		for (size_t j = 0;
		        node_access_patient(openings->app->node, &openings->group.files[i], j, &patient); j++)
			if (memcmp(&patient, &row->patient, sizeof(patient)) == 0)
				return true;
	return false;
}

static int add_opening(void *context, const struct access_row *row, const struct access_chain *before,
        const struct access_chain *after)
{
	struct openings *openings = context;
	char kind[ACCESS_KIND_BYTES];
	struct buf name = {0};
	(void)before;
	(void)after;
	if (!is_theirs(openings, row))
		return 0;
	api_access_person_name(openings->app, &row->person, &name);
	json_array_append_new(openings->list,
	        json_pack("{s:I, s:o, s:o, s:s, s:s}", "number", (json_int_t)row->number, "moment",
	                api_moment_ms(row->at_s * 1000), "person", api_hex(row->person.bytes, ID_SHORT_BYTES),
	                "name", (const char *)name.data, "kind", access_kind_name(row->kind, kind)));
	buf_close(&name);
	return 0;
}

static int get_openings(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const char *text = api_call_query(call, "patient");
	struct record_id patient;
	struct access_head head;
	int result = text ? api_patient_id(app, text, &patient) : ERR_NOTFOUND;
	if (text && result == ERR_NOTFOUND)
		result = api_doc_id(app, SCHEMA_DOC_MINUTES, text, &patient);
	if (text && result == ERR_NOTFOUND)
		result = api_doc_id(app, SCHEMA_DOC_THREAD, text, &patient);
	if (result) {
		api_call_fail(call, result,
		        result == ERR_CONFLICT ? "Several ids begin so: give more digits."
		                               : "There is no such patient, minutes or thread here.");
		return 0;
	}
	struct openings openings = {app, {.count = 1, .files = {patient}}, json_array()};
	if (!api_call_query(call, "alone")) /* minutes and threads are joined with nothing */
		api_group_of(app, &patient, &openings.group);
	result = api_access_read(app, &head, add_opening, &openings);
	if (result) {
		json_decref(openings.list);
		return result;
	}
	api_call_reply(call, 200,
	        json_pack("{s:o, s:I, s:I}", "accesses", openings.list, "gone", (json_int_t)head.gone, "days",
	                (json_int_t)(head.days ? head.days : ACCESS_DAYS_DEFAULT)));
	return 0;
}

int api_get_access(struct api_call *call)
{
	api_note(api_node_of(call), ACCESS_LOG, NULL, 0);
	return api_when_noted(call, get_openings);
}

/* ---- Export ----------------------------------------------------------------------------------------------------- */

struct exporting {
	struct api_node *app;
	struct access_export out;
	struct api_access_known known;
	uint32_t fitting_count; /* up to the last row before the end */
	bool with_names;
};

static struct span patient_text(struct exporting *exporting, const struct api_access_named *known)
{
	struct buf text = {0};
	api_access_patient_name(exporting->app, known, &text);
	struct span shown = access_export_text(&exporting->out, (const char *)text.data);
	buf_wipe(&text);
	return shown;
}

static int export_row(void *context, const struct access_row *row, const struct access_chain *before,
        const struct access_chain *after)
{
	struct exporting *exporting = context;
	struct access_export *out = &exporting->out;
	struct access_shown shown = {.row = *row, .chain = *after};
	struct buf name = {0};
	if (out->count == 0 && row->at_s < out->from_s)
		return 0;
	if (out->count == 0)
		out->before = *before;
	const struct api_access_named *known = api_access_find(&exporting->known, &row->patient);
	api_access_person_name(exporting->app, &row->person, &name);
	shown.name = access_export_text(out, (const char *)name.data);
	shown.label = known && exporting->with_names ? patient_text(exporting, known)
	                                             : access_export_text(out, "");
	if (known)
		shown.record = known->dossier;
	buf_close(&name);
	int result = access_export_add(out, &shown);
	if (!result && row->at_s < out->to_s)
		exporting->fitting_count = out->count;
	return result;
}

/* A day, of which `to` is the end, or a moment. */
static bool bound_of(const char *text, bool is_end, uint64_t *out)
{
	struct moment moment;
	int64_t day;
	if (moment_parse(span_text(text), &moment)) {
		*out = (uint64_t)moment.seconds;
		return true;
	}
	if (!moment_day_parse(span_text(text), &day) || day < 1)
		return false;
	*out = api_access_midnight_s(day + is_end);
	return true;
}

static bool bounds_of(struct api_call *call, struct access_export *out)
{
	const char *from = api_call_query(call, "from"), *to = api_call_query(call, "to");
	out->from_s = 0;
	out->to_s = env_wall_ms(api_node_of(call)->env) / 1000 + 1;
	return (!from || bound_of(from, false, &out->from_s)) && (!to || bound_of(to, true, &out->to_s));
}

static void reply_export(struct api_call *call, struct access_export *out)
{
	const char *csv = api_call_query(call, "csv");
	struct buf text = {0};
	if (!csv || strcmp(csv, "1") != 0) {
		api_call_reply(call, 200, access_export_json(out));
		return;
	}
	access_export_csv(out, &text);
	api_call_reply(call, 200, json_pack("{s:s%}", "csv", (const char *)text.data, text.size));
	buf_wipe(&text);
}

static int get_export(struct api_call *call)
{
	const char *names = api_call_query(call, "names");
	struct exporting exporting = {
	        .app = api_node_of(call), .with_names = names && strcmp(names, "1") == 0};
	struct access_head head;
	if (!bounds_of(call, &exporting.out)) {
		api_call_fail(call, ERR_INVALID,
		        "A day is written 2026-11-22, a moment 2026-11-22T08:00:00+01:00.");
		return 0;
	}
	api_access_know(exporting.app, &exporting.known);
	int result = api_access_read(exporting.app, &head, export_row, &exporting);
	if (!result) {
		exporting.out.count = exporting.fitting_count;
		exporting.out.gone = head.gone;
		node_sign_access_export(exporting.app->node, &exporting.out);
		reply_export(call, &exporting.out);
	}
	api_access_forget(&exporting.known);
	access_export_close(&exporting.out);
	return result;
}

int api_get_access_export(struct api_call *call)
{
	api_note(api_node_of(call), ACCESS_EXPORT, NULL, 0);
	return api_when_noted(call, get_export);
}

/* ---- Comparing, and how long ------------------------------------------------------------------------------------ */

struct wanted_chain {
	uint64_t number;
	struct access_chain chain;
	bool is_found;
};

static int find_chain(void *context, const struct access_row *row, const struct access_chain *before,
        const struct access_chain *after)
{
	struct wanted_chain *wanted = context;
	(void)before;
	if (row->number == wanted->number) {
		wanted->chain = *after;
		wanted->is_found = true;
	}
	return 0;
}

int api_get_access_chain(struct api_call *call)
{
	const char *number = api_call_query(call, "number");
	struct wanted_chain wanted = {.number = number ? strtoull(number, NULL, 10) : 0};
	struct access_head head;
	int result = api_access_read(api_node_of(call), &head, find_chain, &wanted);
	if (result)
		return result;
	if (!wanted.is_found) {
		api_call_fail(call, ERR_NOTFOUND, "This device's access log has no such row.");
		return 0;
	}
	struct device_id device = node_device(api_node_of(call)->node);
	api_call_reply(call, 200,
	        json_pack("{s:o, s:o}", "device", api_hex(device.bytes, sizeof(device.bytes)), "chain",
	                api_hex(wanted.chain.bytes, sizeof(wanted.chain.bytes))));
	return 0;
}

static int reply_days(struct api_call *call)
{
	uint32_t days;
	int result = access_log_days(node_access_log(api_node_of(call)->node), &days);
	if (!result)
		api_call_reply(call, 200, json_pack("{s:i}", "days", (int)days));
	return result;
}

int api_post_access_days(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const json_t *days = json_object_get(api_call_json(call), "days");
	json_int_t wanted = json_integer_value(days);
	struct person_id person;
	if (!days)
		return reply_days(call);
	if (!api_own_person(app, &person))
		return ERR_DENIED;
	int result = wanted < 0 || wanted > ACCESS_DAYS_MAX
	        ? ERR_INVALID
	        : access_log_set_days(node_access_log(app->node), &person, (uint32_t)wanted);
	if (result != ERR_INVALID)
		return result ? result : api_when_noted(call, reply_days);
	api_call_fail(call, result, "Rows are kept 180 to 1095 days.");
	return 0;
}
