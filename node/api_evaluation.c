/* What leaves the team for the evaluation: agreements of two persons, visits as rows without names (evaluation/README.md). */
#include "node/api_work.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/describe_parts.h"
#include "node/evaluation/rows.h"
#include "node/node_billing.h"
#include "node/node_history.h"
#include "node/schema/moment.h"

enum { AGREEMENT_DAYS = 30, MONTHS_MAX = 120, AUTHORS_MAX = 64 };

/* What is asked for: whole months. */
struct terms {
	int64_t from, until; /* days */
	const char *recipient, *basis;
};

/* False: replied. */
static bool read_terms(struct api_call *call, bool with_basis, struct terms *out)
{
	const json_t *json = api_call_json(call);
	const char *from = api_text(json, "from"), *until = api_text(json, "until"), *sentence = NULL;
	int32_t first = 0, last = 0;
	*out = (struct terms){.recipient = api_text(json, "recipient"), .basis = api_text(json, "basis")};
	const int64_t now_s = (int64_t)(env_wall_ms(api_node_of(call)->env) / 1000);
	if (!from || !until || !api_month(from, &first) || !api_month(until, &last))
		sentence = "From which month until which? A month is written 2026-11. Nothing was changed.";
	else if (last < first || last - first >= MONTHS_MAX)
		sentence = "The months end after they begin, and are 120 at most. Nothing was changed.";
	else if (last >= calendar_month(now_s, calendar_paris_offset_minutes(now_s)))
		sentence = "Only months that are over leave the team. Nothing was changed.";
	else if (!out->recipient || !*out->recipient || strlen(out->recipient) > 120)
		sentence = "To whom? A recipient of at most 120 bytes is needed. Nothing was changed.";
	else if (with_basis && (!out->basis || !*out->basis || strlen(out->basis) > 4000))
		sentence = "On which basis in law? At most 4,000 bytes. Nothing was changed.";
	if (sentence) {
		api_call_fail(call, ERR_INVALID, sentence);
		return false;
	}
	out->from = calendar_month_start(first) / 86400;
	out->until = calendar_month_start(last + 1) / 86400 - 1;
	return true;
}

static json_t *day_json(int64_t day)
{
	char text[MOMENT_DAY_TEXT_BYTES];
	moment_day_text(text, day);
	return json_string(text);
}

/* ---- Agreements -------------------------------------------------------------------------------------------------- */

int api_post_export_agreement(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	const struct schema_kind *kind = schema_kind(SCHEMA_EXPORT_AGREEMENT);
	struct terms terms;
	struct record_id doc_id;
	if (!read_terms(call, true, &terms) || api_refused_record(call))
		return 0;
	if (!node_may_write(app->node, COMPARTMENT_AGGREGATE) ||
	        !api_own_doc_id(app, schema_doc(SCHEMA_DOC_PRACTICE), &doc_id))
		return ERR_DENIED;
	json_t *json = api_call_json(call), *recipient = json_string(terms.recipient),
	       *basis = json_string(terms.basis);
	json_object_clear(json);
	json_object_set_new(json, "from", day_json(terms.from));
	json_object_set_new(json, "until", day_json(terms.until));
	json_object_set_new(json, "recipient", recipient);
	json_object_set_new(json, "basis", basis);
	json_object_set_new(json, "at", api_now(app));
	return api_write_record(call, kind, &doc_id, NULL, SCHEMA_CHECK_NEW, NULL);
}

static json_t *agreements(struct api_node *app)
{
	struct record_id doc_id;
	struct crdt_doc *doc;
	if (!api_own_doc_id(app, schema_doc(SCHEMA_DOC_PRACTICE), &doc_id) ||
	        node_doc(app->node, SCHEMA_DOC_PRACTICE, &doc_id, &doc))
		return json_array();
	return api_parts_json(app, doc, schema_kind(SCHEMA_EXPORT_AGREEMENT), UINT32_MAX);
}

/* Whose device signed it. False: nobody's that is known here. */
static bool author_of(struct api_node *app, const json_t *event, struct person_id *out)
{
	const json_t *author = json_object_get(event, "author");
	const char *text = api_text(author, "feed");
	struct device_id device;
	struct feed_id feed;
	uint32_t number;
	return text && strlen(text) == 2 * ID_LONG_BYTES && ids_from_hex(feed.bytes, ID_LONG_BYTES, text) &&
	        log_feed_number(node_log(app->node), &feed, &number) &&
	        node_feed_author(app->node, number, &device, out);
}

static int get_agreements(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	json_t *list = agreements(app), *one;
	size_t index;
	json_array_foreach(list, index, one)
	{
		struct person_id person;
		struct buf name = {0};
		if (author_of(app, one, &person) &&
		        describe_person(app, span_of(person.bytes, sizeof(person.bytes)), &name))
			json_object_set_new(one, "byName", describe_text(&name));
		buf_close(&name);
	}
	api_call_reply(call, 200, json_pack("{s:o}", "agreements", list));
	return 0;
}

int api_get_export_agreements(struct api_call *call)
{
	return api_when_durable(call, get_agreements);
}

static bool is_nurse(const struct team_view *view, const struct person_id *person)
{
	const struct team_person *row = team_view_person(view, person);
	for (uint32_t i = 0; row && row->role == TEAM_ROLE_NURSE && i < view->device_count; i++)
		if (person_id_eq(&view->devices[i].person, person) &&
		        view->devices[i].state == TEAM_DEVICE_ACTIVE)
			return true;
	return false;
}

static bool is_about(const json_t *agreement, const struct terms *terms, int64_t today)
{
	const char *from = api_text(agreement, "from"), *until = api_text(agreement, "until"),
	           *recipient = api_text(agreement, "recipient"), *at = api_text(agreement, "at");
	int64_t first, last, day;
	return from && until && recipient && at && strlen(at) >= 10 &&
	        !json_is_true(json_object_get(agreement, "corrected")) &&
	        moment_day_parse(span_text(from), &first) && moment_day_parse(span_text(until), &last) &&
	        moment_day_parse(span_of(at, 10), &day) && first == terms->from && last == terms->until &&
	        strcmp(recipient, terms->recipient) == 0 && day <= today && day + AGREEMENT_DAYS > today;
}

/* How many of the team's nurses agreed to these terms on this basis. */
static uint32_t agreed_on(
        struct api_node *app, const json_t *list, const struct terms *terms, const char *basis)
{
	const struct team_view *view = node_view(app->node);
	struct person_id authors[AUTHORS_MAX];
	uint32_t count = 0;
	const json_t *one;
	size_t index;
	json_array_foreach(list, index, one)
	{
		struct person_id person;
		const char *own = api_text(one, "basis");
		bool is_known = false;
		if (!own || strcmp(own, basis) != 0 || !is_about(one, terms, api_today(app)) ||
		        !author_of(app, one, &person) || !is_nurse(view, &person))
			continue;
		for (uint32_t i = 0; i < count; i++)
			is_known |= person_id_eq(&authors[i], &person);
		if (!is_known && count < AUTHORS_MAX)
			authors[count++] = person;
	}
	return count;
}

/* How many agreed to the same, and how many have to. */
static uint32_t agreed(struct api_node *app, const struct terms *terms, uint32_t *needed)
{
	const struct team_view *view = node_view(app->node);
	json_t *list = agreements(app), *one;
	uint32_t most = 0, nurses = 0;
	size_t index;
	json_array_foreach(list, index, one)
	{
		const char *basis = api_text(one, "basis");
		const uint32_t count = basis && is_about(one, terms, api_today(app))
		        ? agreed_on(app, list, terms, basis)
		        : 0;
		most = count > most ? count : most;
	}
	json_decref(list);
	for (uint32_t i = 0; i < view->person_count; i++)
		nurses += is_nurse(view, &view->people[i].id);
	*needed = nurses > 1 ? 2 : 1;
	return most;
}

/* ---- Gathering --------------------------------------------------------------------------------------------------- */

struct gathered {
	struct evaluation_patient *patients;
	struct evaluation_visit *visits;
	uint32_t patient_count, visit_count;
};

static void gathered_close(struct gathered *gathered)
{
	mem_free(gathered->patients);
	mem_free(gathered->visits);
}

static int patient_cmp(const void *a, const void *b)
{
	return record_id_cmp(
	        &((const struct evaluation_patient *)a)->id, &((const struct evaluation_patient *)b)->id);
}

/* The visit's own rate, or the newest of the territory on its day. NULL: none. */
static const struct billing_rate *rate_of(
        const struct billing_input *input, const struct billing_visit *visit)
{
	const struct billing_rate *best = NULL;
	const int64_t day = moment_local_day(
	        (struct moment){visit->item.start_s, visit->item.offset_minutes});
	for (uint32_t i = 0; i < input->rate_count; i++) {
		const struct billing_rate *at = &input->rates[i];
		if (!record_id_is_zero(&visit->rate)) {
			if (record_id_eq(&at->id, &visit->rate))
				return at;
		} else if (at->valid_from_day <= day && span_eq(at->territory, input->territory) &&
		        (!best || at->valid_from_day > best->valid_from_day)) {
			best = at;
		}
	}
	return best;
}

static void put_cents(
        const struct billing_input *input, const struct billing_visit *visit, struct evaluation_visit *out)
{
	const struct billing_rate *rate = out->is_billable ? rate_of(input, visit) : NULL;
	out->has_cents = rate && rate->unit == BILLING_PER_VISIT;
	if (out->has_cents)
		out->cents = money_cents(out->minutes, rate->cents_per_hour, rate->ties);
}

static bool is_wanted(const struct billing_visit *visit, const struct terms *terms, int32_t *month)
{
	*month = calendar_month(visit->item.start_s, visit->item.offset_minutes);
	const int64_t day = calendar_month_start(*month) / 86400;
	return !(visit->flags & (BILLING_CANCELLED | BILLING_RUNNING)) && day >= terms->from &&
	        day <= terms->until;
}

/* Visits of the months, each with its patient. False: more than are exported at once. */
static bool gather_visits(const struct billing_input *input, const struct terms *terms, struct gathered *out)
{
	int32_t month;
	struct evaluation_patient *patients = mem_zero(input->visit_count + 1, sizeof(*patients));
	uint32_t count = 0;
	for (uint32_t i = 0; i < input->visit_count; i++)
		if (is_wanted(&input->visits[i], terms, &month))
			patients[count++].id = input->visits[i].patient;
	out->visits = mem_zero(count + 1, sizeof(*out->visits));
	if (count)
		qsort(patients, count, sizeof(*patients), patient_cmp);
	for (uint32_t i = 0; i < count; i++)
		if (i == 0 || !record_id_eq(&patients[i].id, &patients[out->patient_count - 1].id))
			patients[out->patient_count++] = patients[i];
	out->patients = patients;
	for (uint32_t i = 0; count <= EVALUATION_VISITS_MAX && i < input->visit_count; i++) {
		const struct billing_visit *visit = &input->visits[i];
		if (!is_wanted(visit, terms, &month))
			continue;
		const struct evaluation_patient key = {.id = visit->patient},
		                                *found = bsearch(&key, patients, out->patient_count,
		                                        sizeof(key), patient_cmp);
		struct evaluation_visit *at = &out->visits[out->visit_count++];
		*at = (struct evaluation_visit){.patient = (uint32_t)(found - patients),
		        .month = month,
		        .minutes = money_minutes(visit->item.start_s, visit->item.end_s),
		        .is_billable = visit->flags & BILLING_BILLABLE};
		put_cents(input, visit, at);
		out->patients[at->patient].has_ald |= (visit->flags & BILLING_ALD) != 0;
	}
	return count <= EVALUATION_VISITS_MAX;
}

static void add_code(struct evaluation_patient *patient, int64_t code)
{
	for (uint32_t i = 0; i < patient->code_count; i++)
		if (patient->codes[i] == code)
			return;
	if (code > 0 && code < 100 && patient->code_count < EVALUATION_CODES_MAX)
		patient->codes[patient->code_count++] = (uint16_t)code;
}

static const struct schema_value *value_of(const struct schema_record *record, const char *name)
{
	return schema_value(record, schema_field_named(record->kind, span_text(name))->number);
}

/* Age at the end of the months, codes of problems that are active now. */
static void read_patient(struct api_node *app, int64_t last_day, struct evaluation_patient *patient)
{
	enum { ACTIVE = 1 };
	const struct schema_kind *problem = schema_kind(SCHEMA_PROBLEM);
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_doc *doc;
	struct span cursor = {NULL, 0};
	struct record_id id;
	if (node_doc(app->node, SCHEMA_DOC_DOSSIER, &patient->id, &doc))
		return;
	if (record_read(doc, schema_kind(SCHEMA_PATIENT), &patient->id, &measures, &record) &&
	        value_of(&record, "birthDate"))
		patient->age = evaluation_age_on(value_of(&record, "birthDate")->number, last_day);
	while (record_next(doc, problem, &cursor, &id)) {
		if (!record_read(doc, problem, &id, &measures, &record) || !value_of(&record, "code"))
			continue;
		const struct schema_value *state = value_of(&record, "state");
		if (!state || state->number == ACTIVE)
			add_code(patient, value_of(&record, "code")->number);
	}
}

/* ---- The export -------------------------------------------------------------------------------------------------- */

/* The one of all rates, where nobody names it. False: there are several; replied. */
static bool territory_of(struct api_call *call, struct billing_input *input)
{
	const char *named = api_text(api_call_json(call), "territory");
	if (named) {
		input->territory = span_text(named);
		return true;
	}
	for (uint32_t i = 0; i < input->rate_count; i++) {
		if (i && !span_eq(input->rates[i].territory, input->rates[0].territory)) {
			api_call_fail(call, ERR_INVALID,
			        "Rates of several territories are here: name one as \"territory\". Nothing "
			        "was "
			        "exported.");
			return false;
		}
		input->territory = input->rates[0].territory;
	}
	return true;
}

static json_t *manifest_json(
        const struct evaluation_input *input, const struct evaluation_totals *totals, struct span csv)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256(hash, csv.data, csv.size);
	return json_pack("{s:s, s:i, s:o, s:o, s:i, s:i, s:i, s:i, s:I, s:I, s:o}", "format", "releve-visits",
	        "version", 1, "team", api_hex(input->team.bytes, sizeof(input->team.bytes)), "export",
	        api_hex(input->export_id, sizeof(input->export_id)), "rows", (int)totals->rows, "patients",
	        (int)totals->patients, "grouped", (int)totals->grouped, "codesLeftOut",
	        (int)totals->codes_left_out, "minutes", (json_int_t)totals->minutes, "cents",
	        (json_int_t)totals->cents, "sha256", api_hex(hash, sizeof(hash)));
}

static int reply_rows(struct api_call *call, const struct terms *terms, const struct gathered *gathered)
{
	struct api_node *app = api_node_of(call);
	struct evaluation_input input = {.team = *node_team(app->node),
	        .patients = gathered->patients,
	        .patient_count = gathered->patient_count,
	        .visits = gathered->visits,
	        .visit_count = gathered->visit_count};
	struct evaluation_totals totals;
	struct buf csv = {0};
	char month[16];
	env_random_bytes(app->env, input.export_id, sizeof(input.export_id));
	env_random_bytes(app->env, input.key, sizeof(input.key));
	int result = evaluation_rows(&input, &csv, &totals);
	mem_wipe(input.key, sizeof(input.key));
	if (result == ERR_DENIED) {
		api_call_fail(call, ERR_INVALID,
		        "Fewer than 11 patients were visited in these months: nothing was exported.");
		result = 0;
	} else if (!result) {
		json_t *manifest = manifest_json(&input, &totals, buf_span(&csv));
		const struct calendar_date from = calendar_date(terms->from),
		                           until = calendar_date(terms->until);
		snprintf(month, sizeof(month), "%04d-%02u", (int)from.year % 10000,
		        (unsigned)from.month % 100);
		json_object_set_new(manifest, "from", json_string(month));
		snprintf(month, sizeof(month), "%04d-%02u", (int)until.year % 10000,
		        (unsigned)until.month % 100);
		json_object_set_new(manifest, "until", json_string(month));
		json_object_set_new(manifest, "recipient", json_string(terms->recipient));
		json_object_set_new(manifest, "made", api_now(app));
		api_call_reply(call, 200,
		        json_pack("{s:s%, s:o}", "csv", (const char *)csv.data, csv.size, "manifest",
		                manifest));
	}
	buf_close(&csv);
	return result;
}

static int export_now(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct node_billing billing;
	struct gathered gathered = {0};
	struct terms terms;
	if (!read_terms(call, false, &terms))
		return 0;
	int result = node_billing_gather(
	        app->node, (uint32_t)calendar_month(terms.until * 86400, 0), span_text(""), &billing);
	if (result)
		return result;
	if (territory_of(call, &billing.input)) {
		if (!gather_visits(&billing.input, &terms, &gathered)) {
			api_call_fail(call, ERR_TOOBIG, "Export fewer months at once. Nothing was exported.");
		} else {
			for (uint32_t i = 0; i < gathered.patient_count; i++)
				read_patient(app, terms.until, &gathered.patients[i]);
			result = reply_rows(call, &terms, &gathered);
		}
	}
	gathered_close(&gathered);
	node_billing_wipe(&billing);
	return result;
}

static int export_when_noted(struct api_call *call)
{
	return api_when_quiet(call, export_now);
}

static int check_agreed(struct api_call *call)
{
	struct api_node *app = api_node_of(call);
	struct terms terms;
	uint32_t needed;
	if (!read_terms(call, false, &terms))
		return 0;
	if (agreed(app, &terms, &needed) < needed) {
		api_call_fail(call, ERR_DENIED,
		        needed > 1
		                ? "Two nurses of the team have to agree to this export, for these months, "
		                  "this recipient and one basis in law, word for word, within the last 30 "
		                  "days: releve evaluation agree. Nothing was exported."
		                : "Agree to this export first, for these months and this recipient: releve "
		                  "evaluation agree. Nothing was exported.");
		return 0;
	}
	api_note(app, ACCESS_EXPORT, NULL, api_dossier_count(app));
	return api_when_noted(call, export_when_noted);
}

int api_post_evaluation_export(struct api_call *call)
{
	if (api_refused_partial(call))
		return 0;
	if (!json_is_true(json_object_get(api_call_json(call), "unencrypted"))) {
		api_call_fail(call, ERR_INVALID,
		        "What is asked for leaves this device unencrypted: say so, as \"unencrypted\": true. "
		        "Nothing was exported.");
		return 0;
	}
	if (!node_may_write(api_node_of(call)->node, COMPARTMENT_AGGREGATE))
		return ERR_DENIED;
	return api_when_durable(call, check_agreed);
}
