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
	uint32_t file_room, bill_room, credit_room, reject_room, time_room, mark_room;
	struct person_id *people; /* by the log's number of a feed */
	bool *has_person;
	uint32_t feed_count;
	int result;
};

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static bool is_facts_of_interest(const struct facts_file *file)
{
	return file->visit_count || file->rating_count || file->contact_count || file->transmission_count ||
	        file->outcome_count || file->planned_count || file->survey_count || file->has_conflict ||
	        file->deceased_day != FACTS_NO_DAY;
}

static void look_at(void *context, const struct digest_source *source)
{
	struct gathering *gathering = context;
	indicator_facts_of(source, gathering->arena, &gathering->out->files[gathering->out->file_count]);
}

static bool take_file(void *context, const struct node_digest *digest)
{
	struct gathering *gathering = context;
	struct facts_team *out = gathering->out;
	out->files = mem_room(out->files, out->file_count, &gathering->file_room, sizeof(*out->files));
	struct facts_file *file = &out->files[out->file_count];
	if (digest->is_cut)
		gathering->result = node_digest_look(gathering->node, &digest->dossier, look_at, gathering);
	else
		gathering->result = indicator_facts_part_get(digest->part, gathering->arena, file);
	file->id = digest->dossier;
	out->file_count += gathering->result == 0 && is_facts_of_interest(file);
	return gathering->result == 0;
}

static bool take_links(void *context, const struct node_digest *digest)
{
	if (!digest->is_cut)
		patient_links_get(digest->part, &digest->dossier, context);
	return true;
}

static void know_feeds(struct gathering *gathering)
{
	gathering->feed_count = log_feed_count(node_log(gathering->node));
	gathering->people = arena_zero(
	        gathering->arena, gathering->feed_count + 1, sizeof(*gathering->people));
	gathering->has_person = arena_zero(gathering->arena, gathering->feed_count + 1, sizeof(bool));
	for (uint32_t i = 0; i < gathering->feed_count; i++) {
		struct device_id device;
		gathering->has_person[i] = node_feed_author(
		        gathering->node, i, &device, &gathering->people[i]);
	}
}

/* A number for whoever writes a feed: the same for all devices of one person. */
static uint32_t person_number(const struct gathering *gathering, const uint8_t *prefix, uint32_t otherwise)
{
	struct log *log = node_log(gathering->node);
	for (uint32_t i = 0; i < gathering->feed_count; i++) {
		if (memcmp(log_feed(log, i)->id.bytes, prefix, FACTS_FEED_BYTES) != 0)
			continue;
		for (uint32_t j = 0; gathering->has_person[i] && j <= i; j++)
			if (gathering->has_person[j] &&
			        person_id_eq(&gathering->people[j], &gathering->people[i]))
				return j;
		return i;
	}
	return UINT32_MAX - otherwise;
}

static int file_cmp(const void *a, const void *b)
{
	return record_id_cmp(&((const struct facts_file *)a)->id, &((const struct facts_file *)b)->id);
}

static void finish_files(struct gathering *gathering)
{
	struct facts_team *out = gathering->out;
	for (uint32_t i = 0; i < out->file_count; i++) {
		struct facts_file *file = &out->files[i];
		file->id = patient_groups_main(&gathering->groups, &file->id);
		file->feed_people = arena_zero(gathering->arena, file->feed_count + 1, sizeof(uint32_t));
		for (uint32_t j = 0; j < file->feed_count; j++)
			file->feed_people[j] = person_number(gathering, file->feeds[j], j);
	}
	if (out->file_count)
		qsort(out->files, out->file_count, sizeof(*out->files), file_cmp);
}

static int gather_files(struct gathering *gathering)
{
	struct patient_links links = {0};
	int result = node_digest_each(gathering->node, DIGEST_LINKS, take_links, &links);
	node_links_judge(gathering->node, &links);
	patient_groups_make(links.items, links.count, &gathering->groups);
	patient_links_close(&links);
	if (result == 0)
		result = node_digest_each(gathering->node, DIGEST_INDICATORS, take_file, gathering);
	know_feeds(gathering);
	finish_files(gathering);
	return result ? result : gathering->result;
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

int node_indicators_gather(struct node *node, struct arena *arena, struct facts_team *out)
{
	struct gathering gathering = {.node = node, .arena = arena, .out = out};
	*out = (struct facts_team){0};
	if (!node_in_team(node))
		return ERR_NOTEAM;
	if (!node_idle(node))
		return ERR_BUSY; /* bodies are read from what is committed */
	int result = gather_files(&gathering);
	if (result == 0) {
		gather_times(&gathering);
		gather_practice(&gathering);
		gather_ledger(&gathering);
		result = gathering.result;
	}
	if (result == 0)
		result = node_indicators_campaigns(node, arena, out);
	patient_groups_close(&gathering.groups);
	out->files = settle(arena, out->files, out->file_count, sizeof(*out->files));
	out->bills = settle(arena, out->bills, out->bill_count, sizeof(*out->bills));
	out->credits = settle(arena, out->credits, out->credit_count, sizeof(*out->credits));
	out->rejects = settle(arena, out->rejects, out->reject_count, sizeof(*out->rejects));
	out->times = settle(arena, out->times, out->time_count, sizeof(*out->times));
	out->marks = settle(arena, out->marks, out->mark_count, sizeof(*out->marks));
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
