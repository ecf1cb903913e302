/* What billing computes with, from the node's documents and log. */
#include "node/node_billing_parts.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/clock.h"
#include "node/billing/book.h"
#include "node/billing/patients.h"
#include "node/calendar.h"
#include "node/node_links.h"
#include "node/node_record.h"
#include "node/patient/part.h"
#include "node/record.h"
#include "node/schema/schema.h"

static uint64_t reach_of(const struct billing_lot *lot, const struct feed_id *feed)
{
	for (uint32_t i = 0; i < lot->frontier_count; i++)
		if (feed_id_eq(&lot->frontier[i].feed, feed))
			return lot->frontier[i].seq;
	return 0;
}

static bool lot_names(const struct billing_lot *lot, const struct entry_hash *header)
{
	for (uint32_t i = 0; i < lot->line_count; i++)
		for (uint32_t j = 0; j < lot->lines[i].item_count; j++)
			if (entry_hash_eq(&lot->lines[i].items[j].header, header))
				return true;
	return false;
}

/* A lot that was closed before its feed was known to have two histories reaches into one of them: which one, its items say. */
static bool within(
        struct node *node, const struct billing_bounds *bounds, const struct op_id *op, uint32_t number)
{
	const struct billing_lot *lot = bounds->lot;
	const struct log_feed *feed = log_feed(node_log(node), number);
	struct entry_hash header;
	if (!lot || op->seq <= reach_of(lot, &op->feed))
		return true;
	return feed->is_branch && op->seq <= reach_of(lot, &feed->written) &&
	        node_read_hash(node, number, op->seq, &header) == 0 && lot_names(lot, &header);
}

/* What counts by a countersignature did so for a lot if that was known when it was closed, or if it counted then without one. */
static bool counted(
        struct node *node, const struct billing_bounds *bounds, const struct op_id *op, uint32_t feed)
{
	struct entry_hash header;
	if (!bounds->lot ||
	        node_counts_within(node, feed, op->seq, bounds->lot->frontier, bounds->lot->frontier_count))
		return true;
	return node_read_hash(node, feed, op->seq, &header) == 0 && lot_names(bounds->lot, &header);
}

static void collect(struct node *node, const struct crdt_doc *doc, uint32_t kind,
        const struct billing_bounds *bounds, struct billing_sources *out)
{
	uint32_t cursor = 0;
	struct crdt_event event;
	while (crdt_doc_event(doc, kind, &cursor, &event)) {
		uint32_t feed;
		if (!log_feed_number(node_log(node), &event.op.feed, &feed) ||
		        !within(node, bounds, &event.op, feed) || !counted(node, bounds, &event.op, feed))
			continue;
		if (out->count == out->capacity) {
			out->capacity = out->capacity ? 2 * out->capacity : 1024;
			out->items = mem_resize(out->items, out->capacity, sizeof(*out->items));
		}
		out->items[out->count++] = (struct billing_source){event, crdt_doc_id(doc), feed};
	}
}

/* In the order of the log, so that each stored run is opened once. */
static int source_cmp(const void *left, const void *right)
{
	const struct billing_source *a = left, *b = right;
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	if (a->event.op.seq != b->event.op.seq)
		return a->event.op.seq < b->event.op.seq ? -1 : 1;
	return (a->event.op.index > b->event.op.index) - (a->event.op.index < b->event.op.index);
}

static void sort(struct billing_sources *sources)
{
	if (sources->count)
		qsort(sources->items, sources->count, sizeof(*sources->items), source_cmp);
}

int billing_read_record(struct node *node, const struct billing_source *source,
        struct schema_measures *measures, struct schema_record *record)
{
	struct node_entry entry;
	struct crdt_op op;
	uint32_t unknown;
	int result = node_read(node, source->feed, source->event.op.seq, &entry);
	if (result)
		return result;
	struct crdt_ops ops = crdt_change_ops(&entry.change);
	while (crdt_ops_next(&ops, &op))
		if (op.index == source->event.op.index)
			return record_event_read(&op, measures, record, &unknown) ? 0 : ERR_CORRUPT;
	return ERR_CORRUPT;
}

/* ---- Visits ----------------------------------------------------------------------------------------------------- */

static uint32_t patient_flags(void *context, const struct record_id *patient)
{
	struct crdt_doc *doc;
	struct schema_measures measures;
	struct schema_record record;
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT);
	if (node_doc(context, SCHEMA_DOC_DOSSIER, patient, &doc) ||
	        !record_read(doc, kind, patient, &measures, &record))
		return BILLING_NO_IDENTITY;
	const struct schema_field *ald = schema_field_named(kind, span_text("ald"));
	const struct schema_field *nir = schema_field_named(kind, span_text("nir"));
	const struct schema_value *long_term = ald ? schema_value(&record, ald->number) : NULL;
	uint32_t flags = nir && schema_value(&record, nir->number) ? 0 : BILLING_NO_IDENTITY;
	return flags | (long_term && long_term->number ? BILLING_ALD : 0);
}

/* Events of these kinds of all dossiers. */
static int collect_dossiers(struct node *node, const uint32_t *kinds, uint32_t kind_count,
        const struct billing_bounds *bounds, struct billing_sources *out)
{
	for (uint32_t i = 0; i < node_doc_count(node); i++) {
		uint32_t doc_kind;
		struct record_id id;
		struct crdt_doc *doc;
		int result = node_doc_at(node, i, &doc_kind, &id);
		if (result == 0 && doc_kind != SCHEMA_DOC_DOSSIER)
			continue;
		if (result == 0)
			result = node_doc_by_number(node, i, &doc);
		if (result)
			return result;
		for (uint32_t j = 0; j < kind_count; j++)
			collect(node, doc, kinds[j], bounds, out);
	}
	sort(out);
	return 0;
}

static int read_visits(struct node *node, const struct billing_bounds *bounds, struct book *book)
{
	struct billing_sources sources = {0};
	static const uint32_t kinds[] = {SCHEMA_VISIT, SCHEMA_VISIT_AMENDMENT};
	int result = collect_dossiers(node, kinds, 2, bounds, &sources);
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		const struct billing_source *source = &sources.items[i];
		struct schema_measures measures;
		struct schema_record record;
		struct book_event event = {.record = &record,
		        .patient = source->patient,
		        .op = source->event.op,
		        .hlc = source->event.hlc};
		result = node_read_hash(node, source->feed, source->event.op.seq, &event.header);
		if (result == 0)
			result = billing_read_record(node, source, &measures, &record);
		if (result == 0)
			book_add(book, &event);
	}
	mem_free(sources.items);
	return result;
}

static int gather_visits(struct node *node, const struct billing_bounds *bounds, struct node_billing *out,
        struct billing_visit **visits)
{
	struct book *book = book_new();
	int result = read_visits(node, bounds, book);
	if (result == 0) {
		book_finish(book, patient_flags, node, &out->arena, visits, &out->input.visit_count);
		out->input.visits = *visits;
	}
	book_free(book);
	return result;
}

/* ---- Rates and lots --------------------------------------------------------------------------------------------- */

int billing_collect_from(struct node *node, enum schema_doc_kind doc_kind, uint32_t kind,
        const struct billing_bounds *bounds, struct billing_sources *out)
{
	struct record_id id = record_document_id(node_team(node), doc_kind, NULL);
	struct crdt_doc *doc;
	int result = node_doc(node, doc_kind, &id, &doc);
	if (result)
		return result == ERR_NOTFOUND ? 0 : result;
	collect(node, doc, kind, bounds, out);
	sort(out);
	return 0;
}

/* An event that another one of those collected corrects, and by which one: the last of several. */
static const struct billing_source *corrected_by(const struct billing_sources *sources, size_t at)
{
	const struct billing_source *last = NULL;
	for (size_t i = 0; i < sources->count; i++) {
		const struct crdt_event *event = &sources->items[i].event;
		if (!event->is_correction || op_id_cmp(&event->corrects, &sources->items[at].event.op) != 0)
			continue;
		if (!last || event->hlc > last->event.hlc ||
		        (event->hlc == last->event.hlc && op_id_cmp(&event->op, &last->event.op) > 0))
			last = &sources->items[i];
	}
	return last;
}

/* By rule version 1 a corrected table counted as any other. */
static bool is_first_rule(const struct billing_bounds *bounds)
{
	return bounds->lot && bounds->lot->rule_version == LOT_FORMAT_FIRST;
}

static int take_rate(struct node *node, const struct billing_source *source, struct arena *arena,
        struct billing_rate *rate, bool *holds)
{
	struct schema_measures measures;
	struct schema_record record;
	int result = billing_read_record(node, source, &measures, &record);
	if (result)
		return result;
	*rate = book_rate(&record);
	rate->territory = arena_span(arena, rate->territory);
	*holds = !book_is_withdrawn(&record);
	return 0;
}

static int gather_rates(struct node *node, const struct billing_bounds *bounds, struct node_billing *out)
{
	struct billing_sources sources = {0};
	int result = billing_collect_from(node, SCHEMA_DOC_RATES, SCHEMA_RATE_TABLE, bounds, &sources);
	struct billing_rate *rates = arena_zero(&out->arena, sources.count, sizeof(*rates));
	struct billing_replacement *replaced = arena_zero(&out->arena, 2 * sources.count, sizeof(*replaced));
	uint32_t count = 0, replaced_count = 0;
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		const struct billing_source *by = is_first_rule(bounds) ? NULL : corrected_by(&sources, i);
		bool holds;
		result = take_rate(node, &sources.items[i], &out->arena, &rates[count], &holds);
		if (by)
			replaced[replaced_count++] = (struct billing_replacement){
			        sources.items[i].event.id, by->event.id};
		else if (!holds && !is_first_rule(bounds))
			replaced[replaced_count++] = (struct billing_replacement){
			        .rate = sources.items[i].event.id};
		else if (billing_rate_is_known(&rates[count]))
			count++;
	}
	out->input.rates = rates;
	out->input.rate_count = count;
	out->input.replacements = replaced;
	out->input.replacement_count = replaced_count;
	mem_free(sources.items);
	return result;
}

static bool is_later(const struct crdt_event *a, const struct crdt_event *b)
{
	return a->hlc != b->hlc ? a->hlc > b->hlc : op_id_cmp(&a->op, &b->op) > 0;
}

/* Of one nurse and day what was said last, and was neither corrected nor withdrawn. */
static int gather_statuses(struct node *node, const struct billing_bounds *bounds, struct node_billing *out)
{
	struct billing_sources sources = {0};
	int result = billing_collect_from(node, SCHEMA_DOC_RATES, SCHEMA_NURSE_STATUS, bounds, &sources);
	struct billing_status *statuses = arena_zero(&out->arena, sources.count, sizeof(*statuses));
	const struct crdt_event **said = arena_zero(&out->arena, sources.count, sizeof(struct crdt_event *));
	uint32_t count = 0;
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		struct schema_measures measures;
		struct schema_record record;
		uint32_t j = 0;
		if (corrected_by(&sources, i))
			continue;
		result = billing_read_record(node, &sources.items[i], &measures, &record);
		if (result || book_is_withdrawn(&record))
			continue;
		struct billing_status status = book_status(&record);
		while (j < count &&
		        (!person_id_eq(&statuses[j].nurse, &status.nurse) ||
		                statuses[j].from_day != status.from_day))
			j++;
		if (j == count)
			count++;
		else if (is_later(said[j], &sources.items[i].event))
			continue;
		statuses[j] = status;
		said[j] = &sources.items[i].event;
	}
	out->input.statuses = statuses;
	out->input.status_count = count;
	mem_free(sources.items);
	return result;
}

int billing_lot_bytes(struct node *node, const struct billing_source *source, struct span *bytes)
{
	struct schema_measures measures;
	struct schema_record record;
	int result = billing_read_record(node, source, &measures, &record);
	if (result)
		return result;
	const struct schema_value *value = schema_value(
	        &record, schema_field_named(record.kind, span_text("lot"))->number);
	*bytes = value ? value->bytes : (struct span){NULL, 0};
	return 0;
}

static bool is_newer(const struct billing_previous *a, const struct billing_previous *b)
{
	if (a->lot->month != b->lot->month)
		return a->lot->month > b->lot->month;
	if (a->lot->fence != b->lot->fence)
		return a->lot->fence > b->lot->fence;
	if (a->lot->known_count != b->lot->known_count)
		return a->lot->known_count > b->lot->known_count;
	return lot_hash_cmp(&a->hash, &b->hash) > 0;
}

/* Those that count now; for a lot that is checked, all: those that it took into account are found by their hashes. */
static int gather_lots(struct node *node, const struct billing_bounds *bounds, struct node_billing *out)
{
	struct node_billing_row *rows;
	uint32_t row_count, count = 0, newest = 0;
	int result = billing_ledger(node, bounds, &out->arena, &rows, &row_count);
	struct billing_previous *lots = arena_zero(&out->arena, row_count, sizeof(*lots));
	for (uint32_t i = 0; result == 0 && i < row_count; i++) {
		if (!bounds->lot && !billing_standing_counts(rows[i].standing))
			continue;
		lots[count] = (struct billing_previous){rows[i].lot, rows[i].hash};
		if (count == 0 || is_newer(&lots[count], &lots[newest]))
			newest = count;
		count++;
	}
	if (count)
		out->input.previous_hash = lots[newest].hash;
	out->input.previous = lots;
	out->input.previous_count = count;
	return result;
}

/* ---- Files of one patient ---------------------------------------------------------------------------------------- */

struct joined {
	struct node *node;
	struct patient_groups groups;
};

int billing_gather_links(struct node *node, const struct billing_bounds *bounds, struct patient_links *out)
{
	struct billing_sources sources = {0};
	static const uint32_t kind = SCHEMA_PATIENT_LINK;
	*out = (struct patient_links){0};
	int result = collect_dossiers(node, &kind, 1, bounds, &sources);
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		struct schema_measures measures;
		struct schema_record record;
		struct patient_link link;
		result = billing_read_record(node, &sources.items[i], &measures, &record);
		if (result == 0 && patient_link_of(&record, &sources.items[i].patient, &link)) {
			link.op = sources.items[i].event.op;
			patient_links_add(out, &link);
		}
	}
	node_links_judge(node, out);
	mem_free(sources.items);
	return result;
}

/* What follows from the decisions as far as the lot goes. */
static int gather_joined(struct node *node, const struct billing_bounds *bounds, struct joined *out)
{
	struct patient_links links;
	int result = billing_gather_links(node, bounds, &links);
	*out = (struct joined){.node = node};
	patient_groups_make(links.items, links.count, &out->groups);
	patient_links_close(&links);
	return result;
}

static bool patient_of(void *context, const struct record_id *file, struct record_id *patient)
{
	const struct joined *joined = context;
	*patient = patient_groups_main(&joined->groups, file);
	return patient_groups_is_joined(&joined->groups, file);
}

/* A long-term illness that one file knows of, an identity that one has. */
static uint32_t joined_flags(void *context, const struct record_id *patient)
{
	const struct joined *joined = context;
	struct patient_group group;
	uint32_t any = 0, all = BILLING_NO_IDENTITY;
	patient_groups_of(&joined->groups, patient, &group);
	for (uint32_t i = 0; i < group.count; i++) {
		const uint32_t flags = patient_flags(joined->node, &group.files[i]);
		any |= flags & BILLING_ALD;
		all &= flags;
	}
	return any | all;
}

static int put_patients(struct node *node, const struct billing_bounds *bounds, struct billing_visit *visits,
        struct node_billing *out)
{
	struct joined joined;
	int result = gather_joined(node, bounds, &joined);
	const struct billing_patients patients = {patient_of, joined_flags, &joined};
	if (result == 0)
		billing_visits_of_patients(visits, out->input.visit_count, out->input.previous,
		        out->input.previous_count, &patients);
	patient_groups_close(&joined.groups);
	return result;
}

/* ---- Who was heard ---------------------------------------------------------------------------------------------- */

static int ref_cmp(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct entry_ref *)a)->feed, &((const struct entry_ref *)b)->feed);
}

static void gather_frontier(struct node *node, struct node_billing *out)
{
	struct log *log = node_log(node);
	struct entry_ref *refs = arena_zero(&out->arena, log_feed_count(log), sizeof(*refs));
	uint32_t count = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if ((feed->compartment == COMPARTMENT_CLINICAL || feed->compartment == COMPARTMENT_BILLING) &&
		        feed->seq >= feed->begin)
			refs[count++] = (struct entry_ref){feed->id, feed->seq};
	}
	if (count)
		qsort(refs, count, sizeof(*refs), ref_cmp);
	out->input.frontier = refs;
	out->input.frontier_count = count;
}

static int heard_cmp(const void *a, const void *b)
{
	return device_id_cmp(
	        &((const struct billing_heard *)a)->device, &((const struct billing_heard *)b)->device);
}

/* Every device that may write visits, and its newest entry that is here. */
static void gather_heard(struct node *node, struct node_billing *out)
{
	const struct team_view *view = node_view(node);
	struct log *log = node_log(node);
	struct billing_heard *heard = arena_zero(&out->arena, view->device_count, sizeof(*heard));
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (team_view_level(view, &device->id, COMPARTMENT_CLINICAL) < TEAM_LEVEL_WRITE)
			continue;
		heard[count].device = device->id;
		for (uint32_t j = 0; j < log_feed_count(log); j++) {
			const struct log_feed *feed = log_feed(log, j);
			uint64_t at_ms = crdt_hlc_ms(feed->hlc);
			if (device_id_eq(&feed->device, &device->id) && at_ms > heard[count].until_ms)
				heard[count].until_ms = at_ms;
		}
		count++;
	}
	if (count)
		qsort(heard, count, sizeof(*heard), heard_cmp);
	out->input.heard = heard;
	out->input.heard_count = count;
}

/* ---- Gathering -------------------------------------------------------------------------------------------------- */

int billing_gather(struct node *node, const struct billing_bounds *bounds, struct node_billing *out)
{
	const struct team_view *view = node_view(node);
	if (!view)
		return ERR_NOTEAM;
	if (!node_idle(node))
		return ERR_BUSY; /* bodies are read from what is committed */
	out->input.team = *node_team(node);
	out->input.holder = view->lease.holder;
	out->input.fence = view->lease.fence;
	out->input.lease = view->lease.lease;
	struct billing_visit *visits;
	int result = gather_visits(node, bounds, out, &visits);
	if (result == 0)
		result = gather_rates(node, bounds, out);
	if (result == 0)
		result = gather_statuses(node, bounds, out);
	if (result == 0)
		result = gather_lots(node, bounds, out);
	if (result == 0)
		result = put_patients(node, bounds, visits, out);
	gather_frontier(node, out);
	gather_heard(node, out);
	return result;
}

/* Where nobody says whose rates apply: those of the last lot that had some; else of the one territory that has tables. */
static void choose_territory(struct billing_input *input)
{
	for (uint32_t i = 0; i < input->previous_count; i++)
		if (lot_hash_eq(&input->previous[i].hash, &input->previous_hash))
			input->territory = input->previous[i].lot->territory;
	for (uint32_t i = 0; i < input->rate_count && !input->territory.size; i++)
		if (!span_eq(input->rates[i].territory, input->rates[0].territory))
			return;
	if (!input->territory.size && input->rate_count)
		input->territory = input->rates[0].territory;
}

int node_billing_gather(struct node *node, uint32_t month, struct span territory, struct node_billing *out)
{
	struct billing_bounds all = {NULL};
	*out = (struct node_billing){.input = {.month = month}};
	int result = billing_gather(node, &all, out);
	if (territory.size)
		out->input.territory = arena_span(&out->arena, territory);
	else if (result == 0)
		choose_territory(&out->input);
	return result;
}

void node_billing_wipe(struct node_billing *billing)
{
	arena_close(&billing->arena);
	*billing = (struct node_billing){0};
}

int node_billing_rates(struct node *node, struct node_billing *out)
{
	const struct billing_bounds all = {NULL};
	*out = (struct node_billing){0};
	if (!node_in_team(node))
		return ERR_NOTEAM;
	if (!node_idle(node))
		return ERR_BUSY;
	int result = gather_rates(node, &all, out);
	return result ? result : gather_statuses(node, &all, out);
}
