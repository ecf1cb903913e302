/*
 * Normal course: what is of the team alone is gathered first; then the dossiers come by, each patient's files at once, and are added to the sums of all periods.
 * Failures: facts that cannot be read end it. Long because everything that indicators are made of is gathered here.
 */
#include "node/node_indicators.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/billing/lot.h"
#include "node/calendar.h"
#include "node/node_billing.h"
#include "node/node_digest.h"
#include "node/node_history.h"
#include "node/node_links.h"
#include "node/node_state.h"
#include "node/patient/part.h"
#include "node/schema/moment.h"

enum { /* numbers of the schema's tables */
	TIME_START = 1,
	TIME_END = 2,
	MARKS_AT = 1,
	MARKS_WORK_LIFE = 2,
	MARKS_CONDITIONS = 3,
	REJECT_ON = 1,
	REJECT_PATIENT = 4,
	REJECT_MISTAKEN = 6,
};

struct gathering {
	struct node *node;
	struct arena *arena;
	struct facts_team *out;
	struct patient_groups groups;
	uint32_t bill_room, credit_room, reject_room, time_room, mark_room;
	uint32_t *people; /* by the log's number of a feed: a number for whoever writes it */
	uint32_t feed_count;
	int result;
};

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* A number for whoever writes a feed: the same for all devices of one person. */
static void know_feeds(struct gathering *gathering)
{
	const uint32_t count = log_feed_count(node_log(gathering->node));
	struct person_id *people = mem_zero(count + 1, sizeof(*people));
	bool *is_known = mem_zero(count + 1, sizeof(*is_known));
	gathering->feed_count = count;
	gathering->people = arena_zero(gathering->arena, count + 1, sizeof(*gathering->people));
	for (uint32_t i = 0; i < count; i++) {
		struct device_id device;
		uint32_t first = 0;
		is_known[i] = node_feed_author(gathering->node, i, &device, &people[i]);
		while (is_known[i] && first < i &&
		        !(is_known[first] && person_id_eq(&people[first], &people[i])))
			first++;
		gathering->people[i] = is_known[i] ? first : i;
	}
	mem_free(people);
	mem_free(is_known);
}

static uint32_t person_number(const struct gathering *gathering, const uint8_t *prefix, uint32_t otherwise)
{
	struct log *log = node_log(gathering->node);
	for (uint32_t i = 0; i < gathering->feed_count; i++)
		if (memcmp(log_feed(log, i)->id.bytes, prefix, FACTS_FEED_BYTES) == 0)
			return gathering->people[i];
	return UINT32_MAX - otherwise;
}

/* Files one after the other, for one pass: those of a patient who has several come behind, together. */
struct passing {
	struct gathering *gathering;
	struct arena arena; /* of one patient's files */
	struct facts_file *files;
	uint32_t count, room;
	void (*seen)(void *context, const struct facts_file *files, uint32_t count);
	void *context;
};

static bool is_facts_of_interest(const struct facts_file *file)
{
	return file->visit_count || file->rating_count || file->contact_count || file->transmission_count ||
	        file->outcome_count || file->planned_count || file->survey_count || file->has_conflict ||
	        file->deceased_day != FACTS_NO_DAY;
}

static void look_at(void *context, const struct digest_source *source)
{
	struct passing *passing = context;
	indicator_facts_of(source, &passing->arena, &passing->files[passing->count]);
}

static void take_file(struct passing *passing, const struct node_digest *digest)
{
	struct gathering *gathering = passing->gathering;
	const struct record_id id = digest->dossier;
	passing->files = mem_room(passing->files, passing->count, &passing->room, sizeof(*passing->files));
	struct facts_file *file = &passing->files[passing->count];
	const int result = digest->is_cut ? node_digest_look(gathering->node, &id, look_at, passing)
	                                  : indicator_facts_part_get(digest->part, &passing->arena, file);
	if (result)
		gathering->result = result;
	if (result || !is_facts_of_interest(file))
		return;
	file->id = patient_groups_main(&gathering->groups, &id);
	file->feed_people = arena_zero(&passing->arena, file->feed_count + 1, sizeof(uint32_t));
	for (uint32_t i = 0; i < file->feed_count; i++)
		file->feed_people[i] = person_number(gathering, file->feeds[i], i);
	passing->count++;
}

static void end_patient(struct passing *passing)
{
	if (passing->count)
		passing->seen(passing->context, passing->files, passing->count);
	passing->count = 0;
	arena_clear(&passing->arena);
}

static bool pass_file(void *context, const struct node_digest *digest)
{
	struct passing *passing = context;
	if (!patient_groups_is_joined(&passing->gathering->groups, &digest->dossier)) {
		take_file(passing, digest);
		end_patient(passing);
	}
	return passing->gathering->result == 0;
}

static void pass_joined(struct passing *passing)
{
	const struct patient_groups *groups = &passing->gathering->groups;
	for (uint32_t i = 0; i < groups->count && passing->gathering->result == 0; i++) {
		struct patient_group group;
		if (!record_id_eq(&groups->files[i], &groups->main[i]) ||
		        !patient_groups_is_joined(groups, &groups->files[i]))
			continue;
		patient_groups_of(groups, &groups->files[i], &group);
		for (uint32_t j = 0; j < group.count; j++) {
			struct node_digest digest;
			if (node_digest_of(passing->gathering->node, &group.files[j], DIGEST_INDICATORS,
			            &digest) == 0)
				take_file(passing, &digest);
		}
		end_patient(passing);
	}
}

/* The files of each patient, once. */
static int pass_all(struct gathering *gathering,
        void (*seen)(void *context, const struct facts_file *files, uint32_t count), void *context)
{
	struct passing passing = {.gathering = gathering, .seen = seen, .context = context};
	int result = node_digest_each(gathering->node, DIGEST_INDICATORS, pass_file, &passing);
	if (result == 0)
		pass_joined(&passing);
	arena_close(&passing.arena);
	mem_free(passing.files);
	return result ? result : gathering->result;
}

static bool take_links(void *context, const struct node_digest *digest)
{
	if (!digest->is_cut)
		patient_links_get(digest->part, &digest->dossier, context);
	return true;
}

static int gather_groups(struct gathering *gathering)
{
	struct patient_links links = {0};
	const int result = node_digest_each(gathering->node, DIGEST_LINKS, take_links, &links);
	node_links_judge(gathering->node, &links);
	patient_groups_make(links.items, links.count, &gathering->groups);
	patient_links_close(&links);
	return result;
}

/* ---- Other documents --------------------------------------------------------------------------------------------- */

/* Call `seen` for each record of a kind of events that counts. */
typedef void (*seen_record)(struct gathering *gathering, const struct schema_record *record);

static void each_event(
        struct gathering *gathering, const struct crdt_doc *doc, uint32_t kind, seen_record seen)
{
	struct node_reading reading = {.node = gathering->node, .is_final = true};
	const struct digest_source source = {doc, node_read_event, &reading};
	struct schema_measures measures;
	struct schema_record record;
	struct crdt_event event;
	uint32_t cursor = 0;
	while (crdt_doc_event(doc, kind, &cursor, &event))
		if (!event.is_corrected && digest_event(&source, &event, &measures, &record))
			seen(gathering, &record);
}

static struct crdt_doc *document_of(struct gathering *gathering, enum schema_doc_kind kind)
{
	const struct record_id id = record_document_id(node_team(gathering->node), kind, NULL);
	struct crdt_doc *doc;
	const int result = node_doc(gathering->node, kind, &id, &doc);
	if (result && result != ERR_NOTFOUND)
		gathering->result = result;
	return result ? NULL : doc;
}

static void take_time(struct gathering *gathering, const struct schema_record *record)
{
	struct facts_team *out = gathering->out;
	const struct schema_value *start = schema_value(record, TIME_START),
	                          *end = schema_value(record, TIME_END);
	if (!start || !end || end->number < start->number)
		return;
	out->times = mem_room(out->times, out->time_count, &gathering->time_room, sizeof(*out->times));
	out->times[out->time_count++] = (struct facts_time){
	        (int32_t)moment_local_day((struct moment){start->number, start->offset_minutes}),
	        (uint32_t)(end->number / 60 - start->number / 60)};
}

static void gather_times(struct gathering *gathering)
{
	for (uint32_t i = 0; i < node_doc_count(gathering->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *doc;
		if (node_doc_at(gathering->node, i, &kind, &id) || kind != SCHEMA_DOC_TIME)
			continue;
		const int result = node_doc_by_number(gathering->node, i, &doc);
		if (result)
			gathering->result = result;
		else
			each_event(gathering, doc, SCHEMA_TIME_ENTRY, take_time);
	}
}

static int8_t mark_of(const struct schema_record *record, uint32_t field)
{
	const struct schema_value *value = schema_value(record, field);
	return value && value->number >= 0 && value->number <= 10 ? (int8_t)value->number : -1;
}

static void take_marks(struct gathering *gathering, const struct schema_record *record)
{
	struct facts_team *out = gathering->out;
	const struct schema_value *at = schema_value(record, MARKS_AT);
	if (!at)
		return;
	out->marks = mem_room(out->marks, out->mark_count, &gathering->mark_room, sizeof(*out->marks));
	out->marks[out->mark_count++] = (struct facts_marks){
	        (int32_t)moment_local_day((struct moment){at->number, at->offset_minutes}),
	        mark_of(record, MARKS_WORK_LIFE), mark_of(record, MARKS_CONDITIONS)};
}

static void gather_practice(struct gathering *gathering)
{
	struct facts_team *out = gathering->out;
	struct node_reading reading = {.node = gathering->node, .is_final = true};
	const struct digest_source source = {
	        document_of(gathering, SCHEMA_DOC_PRACTICE), node_read_event, &reading};
	if (!source.doc)
		return;
	struct practice_event *events = practice_events(&source, &out->practice_count);
	if (out->practice_count)
		out->practice = arena_copy(gathering->arena, events, out->practice_count * sizeof(*events));
	mem_free(events);
	each_event(gathering, source.doc, SCHEMA_NURSE_SURVEY, take_marks);
}

/* ---- Bills ------------------------------------------------------------------------------------------------------- */

static uint32_t territory_of(struct gathering *gathering, struct span name)
{
	struct facts_team *out = gathering->out;
	for (uint32_t i = 0; i < out->territory_count; i++)
		if (span_eq(out->territories[i], name))
			return i;
	if (out->territory_count == FACTS_TERRITORIES_MAX)
		return FACTS_TERRITORIES_MAX - 1;
	out->territories[out->territory_count] = arena_span(gathering->arena, name);
	return out->territory_count++;
}

static void take_line(
        struct gathering *gathering, const struct billing_lot *lot, const struct billing_line *line)
{
	struct facts_team *out = gathering->out;
	const struct record_id patient = patient_groups_main(&gathering->groups, &line->patient);
	const int64_t visits = (int64_t)line->item_count;
	out->bills = mem_room(out->bills, out->bill_count, &gathering->bill_room, sizeof(*out->bills));
	out->bills[out->bill_count++] = (struct facts_bill){.patient = patient,
	        .month = (int32_t)line->month,
	        .visits = line->kind == BILLING_CREDIT ? -visits : visits,
	        .minutes = line->minutes,
	        .cents = line->cents,
	        .amo_cents = line->amo_cents,
	        .territory = territory_of(gathering, lot->rates[line->rate].territory)};
	if (line->kind != BILLING_CREDIT)
		return;
	out->credits = mem_room(
	        out->credits, out->credit_count, &gathering->credit_room, sizeof(*out->credits));
	out->credits[out->credit_count++] = (struct facts_return){patient, (int32_t)lot->month};
}

/* Each lot that counts, once. */
static void gather_lots(struct gathering *gathering)
{
	struct node_billing billing;
	struct node_billing_row *rows;
	uint32_t count;
	const int result = node_billing_lots(gathering->node, &billing, &rows, &count);
	for (uint32_t i = 0; result == 0 && i < count; i++)
		for (uint32_t j = 0; billing_standing_counts(rows[i].standing) && j < rows[i].lot->line_count;
		        j++)
			take_line(gathering, rows[i].lot, &rows[i].lot->lines[j]);
	if (result && result != ERR_NOTFOUND)
		gathering->result = result;
	node_billing_wipe(&billing);
}

static void take_reject(struct gathering *gathering, const struct schema_record *record)
{
	struct facts_team *out = gathering->out;
	const struct schema_value *on = schema_value(record, REJECT_ON),
	                          *mistaken = schema_value(record, REJECT_MISTAKEN),
	                          *patient = schema_value(record, REJECT_PATIENT);
	if (!on || (mistaken && mistaken->number))
		return;
	struct facts_return reject = {.month = calendar_month(on->number * 86400, 0)};
	if (patient && patient->bytes.size == sizeof(reject.patient.bytes)) {
		memcpy(reject.patient.bytes, patient->bytes.data, sizeof(reject.patient.bytes));
		reject.patient = patient_groups_main(&gathering->groups, &reject.patient);
	}
	out->rejects = mem_room(
	        out->rejects, out->reject_count, &gathering->reject_room, sizeof(*out->rejects));
	out->rejects[out->reject_count++] = reject;
}

static int bill_cmp(const void *a, const void *b)
{
	const struct facts_bill *x = a, *y = b;
	const int order = record_id_cmp(&x->patient, &y->patient);
	return order ? order : (x->month > y->month) - (x->month < y->month);
}

static void gather_ledger(struct gathering *gathering)
{
	struct crdt_doc *doc = document_of(gathering, SCHEMA_DOC_LEDGER);
	if (!doc)
		return;
	gather_lots(gathering);
	each_event(gathering, doc, SCHEMA_REJECT, take_reject);
	if (gathering->out->bill_count)
		qsort(gathering->out->bills, gathering->out->bill_count, sizeof(struct facts_bill), bill_cmp);
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

/* A list that grew on the heap goes into the arena. */
static void *settle(struct arena *arena, void *list, uint32_t count, size_t item_bytes)
{
	void *kept = count ? arena_copy(arena, list, count * item_bytes) : NULL;
	mem_free(list);
	return kept;
}

/* All but the files. */
static int gather_team(struct gathering *gathering)
{
	struct facts_team *out = gathering->out;
	struct arena *arena = gathering->arena;
	gather_times(gathering);
	gather_practice(gathering);
	gather_ledger(gathering);
	int result = gathering->result;
	if (result == 0)
		result = node_indicators_campaigns(gathering->node, arena, out);
	out->bills = settle(arena, out->bills, out->bill_count, sizeof(*out->bills));
	out->credits = settle(arena, out->credits, out->credit_count, sizeof(*out->credits));
	out->rejects = settle(arena, out->rejects, out->reject_count, sizeof(*out->rejects));
	out->times = settle(arena, out->times, out->time_count, sizeof(*out->times));
	out->marks = settle(arena, out->marks, out->mark_count, sizeof(*out->marks));
	return result;
}

static int may_read(struct node *node)
{
	if (!node_in_team(node))
		return ERR_NOTEAM;
	return node_idle(node) ? 0 : ERR_BUSY; /* bodies are read from what is committed */
}

static void add_patient(void *sums, const struct facts_file *files, uint32_t count)
{
	indicator_sums_add(sums, files, count);
}

int node_indicators_compute(
        struct node *node, struct arena *arena, struct indicator_values *values, uint32_t count)
{
	struct facts_team team = {0};
	struct gathering gathering = {.node = node, .arena = arena, .out = &team};
	int result = may_read(node);
	if (result)
		return result;
	for (uint32_t i = 0; i < count && !team.observed.is_known; i++)
		if (values[i].is_observed)
			node_indicators_observe(node, &team.observed);
	know_feeds(&gathering);
	result = gather_groups(&gathering);
	if (result == 0)
		result = gather_team(&gathering);
	struct indicator_sums *sums = indicator_sums_new(&team, arena, values, count);
	if (result == 0)
		result = pass_all(&gathering, add_patient, sums);
	indicator_sums_end(sums);
	patient_groups_close(&gathering.groups);
	return result;
}

static void find_first(void *minute, const struct facts_file *files, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (files[i].visit_count && files[i].visits[0].start_minute < *(int64_t *)minute)
			*(int64_t *)minute = files[i].visits[0].start_minute;
}

int node_indicators_first_month(struct node *node, int32_t *month)
{
	struct arena arena = {0};
	struct gathering gathering = {.node = node, .arena = &arena};
	int64_t first = INT64_MAX;
	int result = may_read(node);
	if (result == 0)
		result = pass_all(&gathering, find_first, &first);
	if (result == 0 && first != INT64_MAX)
		*month = calendar_month(first * 60, 0);
	arena_close(&arena);
	return result;
}

void node_indicators_observe(struct node *node, struct facts_observed *out)
{
	const struct team_view *view = node_view(node);
	const struct device_id self = node_device(node);
	const uint64_t now_ms = env_wall_ms(node_env(node));
	struct log *log = node_log(node);
	*out = (struct facts_observed){.is_known = view != NULL, .oldest_data_hours = -1};
	for (uint32_t i = 0; view && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (team_view_level(view, &device->id, COMPARTMENT_CLINICAL) < TEAM_LEVEL_WRITE)
			continue;
		out->devices++;
		if (device_id_eq(&device->id, &self))
			continue;
		const struct node_complete complete = node_complete_of(
		        node, &device->id, COMPARTMENT_CLINICAL);
		const int64_t hours = complete.upto_ms && complete.upto_ms <= now_ms
		        ? (int64_t)((now_ms - complete.upto_ms) / 3600000)
		        : 0;
		if (complete.upto_ms && hours > out->oldest_data_hours)
			out->oldest_data_hours = hours;
	}
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		out->only_here += (int64_t)node_only_here(node, i);
}
