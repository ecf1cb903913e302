/* A statement of care for an inspector (node/billing/README.md, section 6.4): gathered from dossiers, the directory and the lots; what goes into it is named member by member. */
#include "node/api_statement.h"

#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/api_dossier.h"
#include "node/api_patients.h"
#include "node/billing/care.h"
#include "node/billing/statement.h"
#include "node/exchange/fhir_parts.h"
#include "node/node_billing.h"
#include "node/schema/moment.h"

enum { PATIENTS_MAX = 200, HASH_SHOWN = 16 };

struct caring {
	struct api_call *call;
	struct api_node *app;
	const char *from, *to;
	json_t *nurses; /* short id to record */
	struct node_billing billing;
	struct node_billing_row *lots;
	uint32_t lot_count;
};

static void add_words(json_t *list, const char *french, const char *english)
{
	json_array_append_new(list, json_pack("{s:s, s:s}", "fr", french, "en", english));
}

static void set_text(json_t *object, const char *name, const char *text)
{
	if (text && *text)
		json_object_set_new(object, name, json_string(text));
}

/* ---- Who -------------------------------------------------------------------------------------------------------- */

static json_t *name_of(const json_t *record)
{
	const char *first = api_text(record, "firstName"), *last = api_text(record, "lastName");
	struct buf text = {0};
	const char *parts[] = {last ? last : "", last && first ? " " : "", first ? first : ""};
	for (size_t i = 0; i < 3; i++)
		buf_add_span(&text, span_text(parts[i]));
	json_t *name = json_stringn(text.size ? (const char *)text.data : "", text.size);
	buf_wipe(&text);
	return name;
}

/* NULL: `text` names nobody. */
static json_t *person_json(const struct caring *caring, const char *text)
{
	char id[2 * SCHEMA_SHORT_BYTES + 1];
	if (!text || strlen(text) < sizeof(id) - 1)
		return NULL;
	memcpy(id, text, sizeof(id) - 1);
	id[sizeof(id) - 1] = 0;
	const json_t *record = json_object_get(caring->nurses, id);
	json_t *out = json_pack("{s:s}", "id", id);
	if (record)
		json_object_set_new(out, "name", name_of(record));
	set_text(out, "rpps", record ? api_text(record, "rpps") : NULL);
	return out;
}

/* ---- Lots ------------------------------------------------------------------------------------------------------- */

static json_t *billed_json(const struct node_billing_row *row, uint32_t number)
{
	const struct billing_line *line = &row->lot->lines[number];
	char month[STATEMENT_MONTH_BYTES], hex[2 * ID_LONG_BYTES + 1];
	statement_month(month, row->lot->month);
	ids_hex(hex, row->hash.bytes, sizeof(row->hash.bytes));
	hex[HASH_SHOWN] = 0;
	return json_pack("{s:s, s:s, s:i, s:s}", "lot", hex, "month", month, "line", (int)number, "kind",
	        statement_kind(line->kind));
}

/* A visit that lots bill and that is not here: as the lot says it. */
static json_t *absent_json(const struct caring *caring, const struct billing_item *item)
{
	char start[MOMENT_TEXT_BYTES], end[MOMENT_TEXT_BYTES], nurse[2 * PART_NURSE_BYTES + 1];
	moment_text(start, (struct moment){item->start_s, item->offset_minutes});
	moment_text(end, (struct moment){item->end_s, item->offset_minutes});
	ids_hex(nurse, item->nurse.bytes, PART_NURSE_BYTES);
	return json_pack("{s:o, s:s, s:s, s:I, s:s, s:b, s:o, s:[]}", "id",
	        api_hex(item->visit.bytes, sizeof(item->visit.bytes)), "start", start, "end", end, "minutes",
	        (json_int_t)money_minutes(item->start_s, item->end_s), "state", "absent", "billable", 1,
	        "nurse", person_json(caring, nurse), "billed");
}

static bool is_within(const struct caring *caring, const char *start)
{
	return start && strncmp(start, caring->from, 10) >= 0 && strncmp(start, caring->to, 10) <= 0;
}

static bool is_of(const struct patient_group *group, const struct record_id *patient)
{
	for (uint32_t i = 0; i < group->count; i++)
		if (record_id_eq(&group->files[i], patient))
			return true;
	return false;
}

/* Adds to each visit (by id) where it is billed, and visits that are billed and not here. How many of these. */
static uint32_t put_billed(const struct caring *caring, const struct patient_group *group, json_t *visits)
{
	uint32_t absent = 0;
	for (uint32_t i = 0; i < caring->lot_count; i++) {
		const struct node_billing_row *row = &caring->lots[i];
		for (uint32_t j = 0; billing_standing_counts(row->standing) && j < row->lot->line_count;
		        j++) {
			const struct billing_line *line = &row->lot->lines[j];
			for (uint32_t k = 0; is_of(group, &line->patient) && k < line->item_count; k++) {
				char hex[2 * ID_SHORT_BYTES + 1];
				ids_hex(hex, line->items[k].visit.bytes, ID_SHORT_BYTES);
				json_t *visit = json_object_get(visits, hex);
				if (!visit) {
					visit = absent_json(caring, &line->items[k]);
					json_object_set_new(visits, hex, visit);
					absent += is_within(caring, api_text(visit, "start"));
				}
				json_array_append_new(json_object_get(visit, "billed"), billed_json(row, j));
			}
		}
	}
	return absent;
}

/* ---- Visits ----------------------------------------------------------------------------------------------------- */

static void set_minutes(json_t *visit)
{
	const int64_t start = fhir_seconds(api_text(visit, "start")),
	              end = fhir_seconds(api_text(visit, "end"));
	if (start && end)
		json_object_set_new(visit, "minutes", json_integer(money_minutes(start, end)));
	else if (!api_text(visit, "state"))
		json_object_set_new(visit, "state", json_string("running"));
}

static json_t *prescription_json(const json_t *prescriptions, const char *id)
{
	size_t index;
	json_t *one;
	if (!id)
		return NULL;
	json_array_foreach(prescriptions, index, one)
	{
		const char *other = api_text(one, "id");
		if (!other || strncmp(other, id, 2 * SCHEMA_SHORT_BYTES) != 0)
			continue;
		json_t *out = json_object();
		set_text(out, "date", api_text(one, "date"));
		set_text(out, "prescriber", api_text(one, "prescriber"));
		set_text(out, "rpps", api_text(one, "prescriberRpps"));
		return out;
	}
	return NULL;
}

/* What of a visit's record, or of what amends it, holds from here on. */
static void take_values(
        const struct caring *caring, const json_t *record, const json_t *prescriptions, json_t *visit)
{
	static const char *const members[] = {"start", "end"};
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		set_text(visit, members[i], api_text(record, members[i]));
	if (api_text(record, "nurse"))
		json_object_set_new(visit, "nurse", person_json(caring, api_text(record, "nurse")));
	if (api_text(record, "coNurse"))
		json_object_set_new(visit, "coNurse", person_json(caring, api_text(record, "coNurse")));
	if (json_is_boolean(json_object_get(record, "billable")))
		json_object_set(visit, "billable", json_object_get(record, "billable"));
	json_t *prescription = prescription_json(prescriptions, api_text(record, "prescription"));
	if (prescription)
		json_object_set_new(visit, "prescription", prescription);
	if (json_object_get(record, "cancelled"))
		json_object_set_new(visit, "state",
		        json_string(
		                json_is_true(json_object_get(record, "cancelled")) ? "cancelled" : "done"));
}

/* Which sorts of things an amendment changes; the words of its reason stay here. */
static json_t *correction_json(const json_t *record)
{
	static const struct {
		const char *member, *what;
	} sorts[] = {{"cancelled", "cancelled"}, {"start", "times"}, {"end", "times"}, {"nurse", "nurse"},
	        {"coNurse", "nurse"}, {"prescription", "prescription"}, {"billable", "billing"},
	        {"rate", "billing"}, {"otherFunding", "billing"}};
	json_t *what = json_array(), *out;
	for (size_t i = 0; i < sizeof(sorts) / sizeof(*sorts); i++) {
		const json_t *last = json_array_get(what, json_array_size(what) - 1);
		if (json_object_get(record, sorts[i].member) &&
		        (!last || strcmp(json_string_value(last), sorts[i].what) != 0))
			json_array_append_new(what, json_string(sorts[i].what));
	}
	if (json_array_size(what) == 0)
		json_array_append_new(what, json_string("other"));
	const char *reason = api_text(record, "reason");
	out = json_pack("{s:o, s:b}", "what", what, "reason", reason && *reason);
	set_text(out, "saved", api_text(record, "saved"));
	return out;
}

/* Records come newest first. */
static json_t *visits_by_id(const struct caring *caring, const struct patient_group *group)
{
	json_t *out = json_object();
	json_t *visits = api_group_parts(caring->app, group, schema_kind(SCHEMA_VISIT), UINT32_MAX),
	       *amendments = api_group_parts(
	               caring->app, group, schema_kind(SCHEMA_VISIT_AMENDMENT), UINT32_MAX),
	       *prescriptions = api_group_parts(
	               caring->app, group, schema_kind(SCHEMA_PRESCRIPTION), UINT32_MAX);
	for (size_t i = json_array_size(visits); i-- > 0;) {
		const json_t *record = json_array_get(visits, i);
		const char *id = api_text(record, "id");
		if (!id || json_object_get(out, id))
			continue; /* the same history imported twice */
		json_t *visit = json_pack(
		        "{s:s, s:b, s:[], s:[]}", "id", id, "billable", 1, "corrections", "billed");
		take_values(caring, record, prescriptions, visit);
		json_object_set_new(out, id, visit);
	}
	for (size_t i = json_array_size(amendments); i-- > 0;) {
		const json_t *record = json_array_get(amendments, i);
		const char *id = api_text(record, "visit");
		json_t *visit = id ? json_object_get(out, id) : NULL;
		if (!visit)
			continue;
		take_values(caring, record, prescriptions, visit);
		json_array_append_new(json_object_get(visit, "corrections"), correction_json(record));
	}
	const char *id;
	json_t *visit;
	json_object_foreach(out, id, visit)
	{
		set_minutes(visit);
		if (!api_text(visit, "state"))
			json_object_set_new(visit, "state", json_string("done"));
	}
	json_decref(visits);
	json_decref(amendments);
	json_decref(prescriptions);
	return out;
}

static int by_start(const void *a, const void *b)
{
	const json_t *left = *(json_t *const *)a, *right = *(json_t *const *)b;
	const int64_t start = fhir_seconds(api_text(left, "start")),
	              other = fhir_seconds(api_text(right, "start"));
	if (start != other)
		return start < other ? -1 : 1;
	return strcmp(api_text(left, "id"), api_text(right, "id"));
}

/* Those of the period, in their order. */
static json_t *of_period(const struct caring *caring, json_t *visits)
{
	json_t **list = mem_zero(json_object_size(visits) + 1, sizeof(*list)), *visit, *out = json_array();
	const char *id;
	size_t count = 0;
	json_object_foreach(visits, id, visit) if (is_within(caring, api_text(visit, "start")))
	        list[count++] = visit;
	if (count)
		qsort(list, count, sizeof(*list), by_start);
	for (size_t i = 0; i < count; i++)
		json_array_append(out, list[i]);
	mem_free(list);
	return out;
}

/* ---- A patient -------------------------------------------------------------------------------------------------- */

static void put_identity(const struct caring *caring, const struct record_id *id, json_t *out)
{
	struct crdt_doc *doc;
	json_t *record = node_doc(caring->app->node, SCHEMA_DOC_DOSSIER, id, &doc) == 0
	        ? record_json(doc, schema_kind(SCHEMA_PATIENT), id)
	        : NULL;
	if (!record)
		return;
	json_object_set_new(out, "name", name_of(record));
	set_text(out, "birthDate", api_text(record, "birthDate"));
	if (fhir_is(record, "insStatus", "qualifiee"))
		set_text(out, "ins", api_text(record, "nir"));
	json_decref(record);
}

/* Entries of these dossiers that are kept apart and do not count; *unread: those that cannot be read here, of whomever. */
static uint32_t quarantined(const struct caring *caring, const struct patient_group *group, uint32_t *unread)
{
	struct node_quarantined at = {0};
	uint32_t count = 0;
	*unread = 0;
	while (node_quarantine_next(caring->app->node, &at)) {
		struct node_entry entry;
		if (at.is_effective)
			continue;
		if (node_read(caring->app->node, at.feed, at.seq, &entry))
			++*unread;
		else if (entry.change.doc_kind == SCHEMA_DOC_DOSSIER && is_of(group, &entry.change.doc_id))
			count++;
	}
	return count;
}

static void put_unknown(
        const struct caring *caring, const struct patient_group *group, uint32_t absent, json_t *list)
{
	uint32_t unread;
	char fr[200], en[200];
	for (uint32_t i = 0; i < group->count; i++)
		if (node_is_erased(caring->app->node, &group->files[i]))
			add_words(list,
			        "Le dossier a été effacé : prescriptions, corrections et visites non "
			        "facturées ne sont plus connues.",
			        "The dossier was erased: prescriptions, corrections and visits that were not "
			        "billed are not known any "
			        "more.");
	const uint32_t apart = quarantined(caring, group, &unread);
	if (apart) {
		snprintf(fr, sizeof(fr),
		        "%lu saisies de ce dossier sont en quarantaine : elles ne comptent pas ici.",
		        (unsigned long)apart);
		snprintf(en, sizeof(en),
		        "%lu entries of this dossier are in quarantine: they do not count here.",
		        (unsigned long)apart);
		add_words(list, fr, en);
	}
	if (absent) {
		snprintf(fr, sizeof(fr),
		        "%lu visites facturées ne sont plus sur cet appareil (effacées ou en quarantaine) ; "
		        "leurs horaires sont ceux "
		        "des lots.",
		        (unsigned long)absent);
		snprintf(en, sizeof(en),
		        "%lu billed visits are not on this device any more (erased or in quarantine); their "
		        "times are those of the "
		        "lots.",
		        (unsigned long)absent);
		add_words(list, fr, en);
	}
}

static json_t *patient_json(const struct caring *caring, const struct record_id *id)
{
	struct patient_group group;
	char hex[2 * ID_SHORT_BYTES + 1];
	api_group_of(caring->app, id, &group);
	ids_hex(hex, group.files[0].bytes, ID_SHORT_BYTES);
	json_t *out = json_pack("{s:s, s:[]}", "id", hex, "unknown"), *visits = visits_by_id(caring, &group);
	put_identity(caring, &group.files[0], out);
	const uint32_t absent = put_billed(caring, &group, visits);
	json_object_set_new(out, "visits", of_period(caring, visits));
	put_unknown(caring, &group, absent, json_object_get(out, "unknown"));
	json_decref(visits);
	return out;
}

/* ---- The statement ---------------------------------------------------------------------------------------------- */

/* What holds for all of it: entries that nobody here can read, lots that do not count, how old colleagues' data are. */
static json_t *unknown_json(const struct caring *caring)
{
	const struct patient_group nobody = {.count = 0};
	json_t *list = json_array(), *age = api_age(caring->app);
	uint32_t unread, idle = 0;
	char fr[200], en[200];
	quarantined(caring, &nobody, &unread);
	for (uint32_t i = 0; i < caring->lot_count; i++)
		idle += !billing_standing_counts(caring->lots[i].standing);
	if (unread) {
		snprintf(fr, sizeof(fr),
		        "%lu saisies en quarantaine ne sont pas lisibles ici : leur patient n'est pas connu.",
		        (unsigned long)unread);
		snprintf(en, sizeof(en),
		        "%lu entries in quarantine cannot be read here: whose they are is not known.",
		        (unsigned long)unread);
		add_words(list, fr, en);
	}
	if (idle) {
		snprintf(fr, sizeof(fr), "%lu lots qui ne comptent pas (ou pas encore) ne sont pas cités.",
		        (unsigned long)idle);
		snprintf(en, sizeof(en), "%lu lots that do not count (or not yet) are not cited.",
		        (unsigned long)idle);
		add_words(list, fr, en);
	}
	if (api_text(age, "fr") && api_text(age, "en"))
		add_words(list, api_text(age, "fr"), api_text(age, "en"));
	json_decref(age);
	return list;
}

/* The next id of "ID,ID"; an erased patient's whole id counts. False: the end. *result: whether it names a patient. */
static bool next_patient(struct api_node *app, const char **at, struct record_id *id, int *result)
{
	char text[2 * ID_SHORT_BYTES + 1];
	const size_t size = strcspn(*at, ",");
	if (!**at)
		return false;
	*result = ERR_NOTFOUND;
	if (size < sizeof(text)) {
		memcpy(text, *at, size);
		text[size] = 0;
		*result = api_patient_id(app, text, id);
		if (*result && size == sizeof(text) - 1 && ids_from_hex(id->bytes, sizeof(id->bytes), text) &&
		        node_is_erased(app->node, id))
			*result = 0;
	}
	*at += size + ((*at)[size] == ',');
	return true;
}

static json_t *care_json(struct caring *caring)
{
	struct record_id id;
	struct person_id self;
	const char *at = api_call_query(caring->call, "patients");
	const struct device_id device = node_device(caring->app->node);
	char hex[2 * ID_SHORT_BYTES + 1] = "";
	int result;
	if (api_own_person(caring->app, &self))
		ids_hex(hex, self.bytes, ID_SHORT_BYTES);
	json_t *patients = json_array(), *by = person_json(caring, hex);
	while (next_patient(caring->app, &at, &id, &result))
		json_array_append_new(patients, patient_json(caring, &id));
	json_t *out = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "from", caring->from, "to", caring->to,
	        "made", api_now(caring->app), "device", api_hex(device.bytes, sizeof(device.bytes)),
	        "unknown", unknown_json(caring), "patients", patients);
	set_text(out, "by", api_text(by, "name"));
	json_decref(by);
	return out;
}

static void reply(struct caring *caring)
{
	const char *format = api_call_query(caring->call, "format"),
	           *language = api_call_query(caring->call, "lang");
	const enum schema_language in = language && strcmp(language, "en") == 0 ? SCHEMA_EN : SCHEMA_FR;
	struct buf file = {0};
	json_t *care = care_json(caring);
	if (format && strcmp(format, "csv") == 0)
		care_csv(care, in, &file);
	else
		care_page(care, in, &file);
	api_call_reply(caring->call, 200,
	        json_pack("{s:s%, s:o}", "file", (const char *)file.data, file.size, "care", care));
	buf_wipe(&file);
}

static int get_care(struct api_call *call)
{
	struct caring caring = {.call = call,
	        .app = api_node_of(call),
	        .from = api_call_query(call, "from"),
	        .to = api_call_query(call, "to"),
	        .nurses = json_object()};
	api_statement_nurses(caring.app, caring.nurses);
	int result = node_billing_lots(caring.app->node, &caring.billing, &caring.lots, &caring.lot_count);
	if (result == 0)
		reply(&caring);
	node_billing_wipe(&caring.billing);
	json_decref(caring.nurses);
	return result;
}

static int when_noted(struct api_call *call)
{
	return api_when_quiet(call, get_care);
}

/* Every one that is named is here, or was erased. Each is noted under the name of its own. */
static bool patients_or_reply(struct api_call *call, bool is_noting)
{
	struct api_node *app = api_node_of(call);
	const char *at = api_call_query(call, "patients");
	struct record_id id;
	int result, count = 0;
	while (at && next_patient(app, &at, &id, &result)) {
		if (result || ++count > PATIENTS_MAX) {
			api_fail_words(call, result ? result : ERR_TOOBIG,
			        result == ERR_CONFLICT
			                ? "Plusieurs identifiants commencent ainsi : donnez plus de chiffres."
			                : result ? "Un de ces patients n'est pas sur cet appareil."
			                         : "200 patients au plus à la fois.",
			        result == ERR_CONFLICT ? "Several ids begin so: give more digits."
			                : result       ? "One of these patients is not on this device."
			                               : "200 patients at most at once.");
			return false;
		}
		struct patient_group group;
		api_group_of(app, &id, &group);
		for (uint32_t i = 0; is_noting && i < group.count; i++)
			api_note(app, ACCESS_CONTROL, &group.files[i], 0);
	}
	if (is_noting)
		api_note(app, ACCESS_CONTROL, NULL, (uint64_t)count);
	if (!count)
		api_fail_words(call, ERR_INVALID, "Nommez les patients : patients=ID,ID.",
		        "Name the patients: patients=ID,ID.");
	return count > 0;
}

int api_get_care(struct api_call *call)
{
	const char *from = api_call_query(call, "from"), *to = api_call_query(call, "to"),
	           *format = api_call_query(call, "format");
	int64_t first, last;
	if (!api_reads_billing_or_reply(call) || !api_in_clear_or_reply(call) ||
	        !api_day_or_reply(call, from, 0, &first) || !api_day_or_reply(call, to, 0, &last) ||
	        api_refused_partial(call))
		return 0;
	if (!from || !to || first > last) {
		api_fail_words(call, ERR_INVALID, "Donnez la période : from=JOUR et to=JOUR, dans cet ordre.",
		        "Give the period: from=DAY and to=DAY, in that order.");
		return 0;
	}
	if (format && strcmp(format, "csv") != 0 && strcmp(format, "html") != 0) {
		api_fail_words(call, ERR_INVALID, "Le format est csv ou html.", "The format is csv or html.");
		return 0;
	}
	if (!patients_or_reply(call, false) || !patients_or_reply(call, true))
		return 0;
	return api_when_noted(call, when_noted);
}
