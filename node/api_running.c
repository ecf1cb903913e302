/* A visit starts, runs and stops: it is the draft `visit` of this device until then (visit/README.md, sections 1 and 3). */
#include "node/api_running.h"

#include "crdt/base/err.h"
#include "node/api_patients.h"
#include "node/api_node.h"
#include "node/calendar.h"
#include "node/schema/moment.h"
#include "node/visit/draft.h"
#include "node/visit/running.h"
#include "node/words.h"

static int64_t now_s(const struct api_node *app)
{
	return (int64_t)(env_wall_ms(app->env) / 1000);
}

/* NULL when no visit runs. Owner decrefs. */
static json_t *running_draft(struct api_node *app, uint32_t *place)
{
	json_t *draft = api_draft_open(app, DRAFT_VISIT_KEY, place);
	if (!draft || !api_draft_is_saved(app, draft))
		return draft;
	json_decref(draft);
	return NULL;
}

static bool read_moment(const json_t *object, const char *name, struct moment *out)
{
	const char *text = api_text(object, name);
	return text && moment_parse(span_text(text), out);
}

/* When it began: what its form says, else when the tap came. */
static bool start_of(const json_t *draft, struct moment *out)
{
	return read_moment(json_object_get(draft, "values"), "start", out) ||
	        read_moment(draft, "since", out);
}

/* ---- Telling ---- */

void api_running_turned(struct api_node *app)
{
	struct api_running *running = &app->running;
	uint32_t place;
	struct moment start = {0};
	if (running->looked != api_drafts_moved(app) + 1) {
		json_t *draft = running_draft(app, &place);
		const bool is_running = draft && start_of(draft, &start);
		if (!is_running || start.seconds != running->start_s)
			running->told = 0;
		running->is_running = is_running;
		running->start_s = start.seconds;
		running->looked = api_drafts_moved(app) + 1;
		json_decref(draft);
	}
	const struct visit_running now = visit_running(running->start_s, now_s(app));
	if (!running->is_running || now.stage <= running->told)
		return;
	running->told = now.stage;
	json_t *data = api_running_json(app);
	api_publish(app->api, "visit", data);
	json_decref(data);
}

json_t *api_running_json(struct api_node *app)
{
	uint32_t place;
	struct moment start;
	json_t *draft = running_draft(app, &place), *json = NULL;
	if (draft && start_of(draft, &start)) {
		const struct visit_running running = visit_running(start.seconds, now_s(app));
		struct buf fr = {0}, en = {0};
		visit_running_sentence(start.seconds, now_s(app), SCHEMA_FR, &fr);
		visit_running_sentence(start.seconds, now_s(app), SCHEMA_EN, &en);
		json = json_pack("{s:o, s:I, s:b, s:b, s:s%, s:s%}", "start",
		        api_moment_ms((uint64_t)start.seconds * 1000), "minutes", (json_int_t)running.minutes,
		        "long", running.is_long, "overMidnight", running.is_over_midnight, "fr",
		        (const char *)fr.data, fr.size, "en", (const char *)en.data, en.size);
		buf_close(&fr);
		buf_close(&en);
	}
	json_decref(draft);
	return json ? json : json_null();
}

/* ---- Its times ---- */

/* A visit of less than a minute lasts one. */
static void set_end(json_t *visit, struct moment start, int64_t end_s)
{
	char text[MOMENT_TEXT_BYTES];
	struct moment end = {.seconds = end_s < start.seconds + 60 ? start.seconds + 60 : end_s};
	end.offset_minutes = calendar_paris_offset_minutes(end.seconds);
	moment_text(text, end);
	json_object_set_new(visit, "end", json_string(text));
}

static void refuse_end(struct api_call *call, const struct moment *end)
{
	const struct schema_field *field = schema_field_named(schema_kind(SCHEMA_VISIT), span_text("end"));
	struct buf fr = {0}, en = {0};
	buf_add_span(&fr, span_text("« "));
	buf_add_span(&fr, span_text(field->label.fr));
	buf_add_span(&fr, span_text(" » : le "));
	words_moment(end->seconds, SCHEMA_FR, &fr);
	buf_add_span(&fr, span_text(" n'est pas encore passé : la visite continue."));
	buf_add_span(&en, span_text("“"));
	buf_add_span(&en, span_text(field->label.en));
	buf_add_span(&en, span_text("”: "));
	words_moment(end->seconds, SCHEMA_EN, &en);
	buf_add_span(&en, span_text(" is not past yet: the visit goes on."));
	buf_add(&en, "", 1);
	json_t *problem = json_pack("{s:s, s:i, s:s%, s:s}", "field", field->name, "number",
	        (int)SCHEMA_PROBLEM_RANGE, "fr", (const char *)fr.data, fr.size, "en", (const char *)en.data);
	api_call_fail_with(call, ERR_INVALID, (const char *)en.data,
	        json_pack("{s:O, s:[o]}", "fr", json_object_get(problem, "fr"), "problems", problem));
	buf_close(&fr);
	buf_close(&en);
}

bool api_visit_times(struct api_call *call, const json_t *draft, json_t *visit)
{
	enum { AHEAD_S = 120 }; /* whoever rounds the minute up is not refused */
	struct api_node *app = api_node_of(call);
	struct moment start = {0}, end;
	const bool is_measured = !json_object_get(visit, "start") ||
	        json_equal(json_object_get(visit, "start"), json_object_get(draft, "since"));
	const bool end_given = json_object_get(visit, "end") != NULL;
	const char *text = api_text(visit, "end");
	if (!json_object_get(visit, "start"))
		json_object_set(visit, "start", json_object_get(draft, "since"));
	const bool has_start = read_moment(visit, "start", &start);
	json_object_set_new(visit, "timed",
	        json_string(!is_measured    ? "given"
	                        : end_given ? "end-given"
	                                    : "measured"));
	if (!end_given)
		set_end(visit, start, now_s(app));
	else if (text && has_start && visit_end_at(start.seconds, span_text(text), &end))
		set_end(visit, start, end.seconds);
	if (!end_given || !read_moment(visit, "end", &end) || end.seconds <= now_s(app) + AHEAD_S)
		return true;
	refuse_end(call, &end);
	return false;
}

/* ---- Requests ---- */

/* As it was typed so far: {"id", "patient", "start", "version", "since", "with", fields...}. */
static json_t *visit_json(const json_t *draft)
{
	json_t *json = json_copy(json_object_get(draft, "values"));
	json_object_set(json, "id", json_object_get(draft, "id"));
	json_object_set(json, "patient", json_object_get(draft, "in"));
	json_object_set(json, "version", json_object_get(draft, "version"));
	json_object_set(json, "since", json_object_get(draft, "since"));
	if (json_object_get(draft, "with"))
		json_object_set(json, "with", json_object_get(draft, "with"));
	return json;
}

int api_get_running(struct api_call *call)
{
	uint32_t place;
	json_t *draft = running_draft(api_node_of(call), &place);
	json_t *visit = draft ? visit_json(draft) : json_null();
	json_decref(draft);
	api_call_reply(call, 200,
	        json_pack("{s:o, s:o}", "visit", visit, "running", api_running_json(api_node_of(call))));
	return 0;
}

static void say_none(struct api_call *call)
{
	api_call_fail_with(call, ERR_NOTFOUND,
	        "No visit is running on this device. One that was started on another device is stopped "
	        "there, or "
	        "added here afterwards.",
	        json_pack("{s:s}", "fr",
	                "Aucune visite n'est en cours sur cet appareil. Celle qui a commencé sur un autre "
	                "appareil "
	                "s'arrête là-bas, ou s'ajoute ici après coup."));
}

int api_delete_running(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	uint32_t place;
	json_t *draft = running_draft(app, &place);
	int result = 0;
	if (draft)
		result = api_draft_discard(call, place, draft);
	else
		say_none(call);
	json_decref(draft);
	return result;
}

/* Could the draft be stopped a minute later? Otherwise nothing could ever end it. False: replied. */
static bool can_be_stopped(struct api_call *call, const json_t *values, const struct crdt_doc *doc)
{
	json_t *visit = json_copy((json_t *)(uintptr_t)values);
	struct moment start = {0};
	read_moment(visit, "start", &start);
	api_preset_record(api_node_of(call), schema_kind(SCHEMA_VISIT), visit);
	if (!json_object_get(visit, "end"))
		set_end(visit, start, 0);
	bool fits = api_check_record(call, schema_kind(SCHEMA_VISIT), visit, doc);
	json_decref(visit);
	return fits;
}

/* A visit that began: what the request says of it, and what goes without saying. Owner decrefs. */
static json_t *new_visit(struct api_node *app, const struct record_id *patient, const json_t *request)
{
	struct record_id id;
	json_t *now = api_now(app), *values = json_copy((json_t *)(uintptr_t)request);
	json_t *with = json_object_get(values, "with"), *start = json_object_get(values, "start");
	env_random_bytes(app->env, id.bytes, sizeof(id.bytes));
	json_t *draft = json_pack("{s:s, s:i, s:s, s:o, s:o, s:O, s:O, s:O*}", "key", DRAFT_VISIT_KEY,
	        "version", 1, "kind", "visit", "in", api_hex(patient->bytes, ID_SHORT_BYTES), "id",
	        api_hex(id.bytes, ID_SHORT_BYTES), "since", now, "changed", now, "with", with);
	if (!start)
		json_object_set(values, "start", now);
	json_object_del(values, "with");
	json_object_set_new(draft, "values", values);
	json_decref(now);
	return draft;
}

static int start_visit(struct api_call *call, const struct record_id *patient, uint32_t place)
{
	struct api_node *app = api_node_of(call);
	struct crdt_doc *doc;
	const char *why;
	json_t *draft = new_visit(app, patient, api_call_json(call)), *nothing = json_object();
	int result = node_doc(app->node, SCHEMA_DOC_DOSSIER, patient, &doc);
	if (!result && can_be_stopped(call, json_object_get(draft, "values"), doc)) {
		result = draft_apply(draft, nothing, &why);
		app->drafts.moved++;
		if (!result)
			result = api_draft_write(call, place, draft, 201, visit_json(draft));
	}
	json_decref(nothing);
	json_decref(draft);
	return result;
}

int api_post_visit_start(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct record_id patient;
	uint32_t place;
	json_t *running = running_draft(app, &place);
	if (running) {
		api_call_fail_with(call, ERR_BUSY, "A visit is running already: stop it first.",
		        json_pack("{s:s, s:O}", "fr", "Une visite est déjà en cours : arrêtez-la d'abord.",
		                "since", json_object_get(running, "since")));
		json_decref(running);
		return 0;
	}
	struct patient_group group;
	if (!api_group_or_reply(call, &group))
		return 0;
	patient = group.files[0];
	if (!node_may_write(app->node, COMPARTMENT_CLINICAL))
		return ERR_DENIED;
	if (api_draft_place(app, &place))
		return start_visit(call, &patient, place);
	api_call_fail(call, ERR_FULL, "There are too many drafts on this device: save or discard some.");
	return 0;
}

/* Whether the request says another `name` than the running visit has. */
static bool names_another(const json_t *request, const json_t *draft, const char *name, const char *member)
{
	const json_t *given = json_object_get(request, name);
	return given && !json_equal(given, json_object_get(draft, member));
}

int api_post_visit_stop(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *request = api_call_json(call);
	uint32_t place;
	json_t *draft = running_draft(app, &place);
	int result = 0;
	if (!draft) {
		say_none(call);
	} else if (names_another(request, draft, "patient", "in") ||
	        names_another(request, draft, "id", "id")) {
		api_call_fail(call, ERR_CONFLICT, "Another visit is running on this device.");
	} else {
		json_object_del(request, "patient");
		result = api_draft_save(call, place, draft, request);
	}
	json_decref(draft);
	return result;
}
