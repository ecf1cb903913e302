#include "node/node_billing.h"

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

/* An event of interest, where its body is, and the dossier it is in. */
struct source {
	struct crdt_event event;
	struct record_id patient;
	uint32_t feed;
};

struct sources {
	struct source *items;
	size_t count, capacity;
};

/* Up to where to read: all, or a lot's frontier. */
struct bounds {
	const struct billing_lot *lot; /* NULL: all */
};

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
static bool within(struct node *node, const struct bounds *bounds, const struct op_id *op, uint32_t number)
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
static bool counted(struct node *node, const struct bounds *bounds, const struct op_id *op, uint32_t feed)
{
	struct entry_hash header;
	if (!bounds->lot ||
	        node_counts_within(node, feed, op->seq, bounds->lot->frontier, bounds->lot->frontier_count))
		return true;
	return node_read_hash(node, feed, op->seq, &header) == 0 && lot_names(bounds->lot, &header);
}

static void collect(struct node *node, const struct crdt_doc *doc, uint32_t kind, const struct bounds *bounds,
        struct sources *out)
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
		out->items[out->count++] = (struct source){event, crdt_doc_id(doc), feed};
	}
}

/* In the order of the log, so that each stored run is opened once. */
static int source_cmp(const void *left, const void *right)
{
	const struct source *a = left, *b = right;
	if (a->feed != b->feed)
		return a->feed < b->feed ? -1 : 1;
	if (a->event.op.seq != b->event.op.seq)
		return a->event.op.seq < b->event.op.seq ? -1 : 1;
	return (a->event.op.index > b->event.op.index) - (a->event.op.index < b->event.op.index);
}

static void sort(struct sources *sources)
{
	if (sources->count)
		qsort(sources->items, sources->count, sizeof(*sources->items), source_cmp);
}

/* The record that an event carries. Borrows from the node until its next call. */
static int read_record(struct node *node, const struct source *source, struct schema_measures *measures,
        struct schema_record *record)
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
        const struct bounds *bounds, struct sources *out)
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

static int read_visits(struct node *node, const struct bounds *bounds, struct book *book)
{
	struct sources sources = {0};
	static const uint32_t kinds[] = {SCHEMA_VISIT, SCHEMA_VISIT_AMENDMENT};
	int result = collect_dossiers(node, kinds, 2, bounds, &sources);
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		const struct source *source = &sources.items[i];
		struct schema_measures measures;
		struct schema_record record;
		struct book_event event = {.record = &record,
		        .patient = source->patient,
		        .op = source->event.op,
		        .hlc = source->event.hlc};
		result = node_read_hash(node, source->feed, source->event.op.seq, &event.header);
		if (result == 0)
			result = read_record(node, source, &measures, &record);
		if (result == 0)
			book_add(book, &event);
	}
	mem_free(sources.items);
	return result;
}

static int gather_visits(struct node *node, const struct bounds *bounds, struct node_billing *out,
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

static int collect_from(struct node *node, enum schema_doc_kind doc_kind, uint32_t kind,
        const struct bounds *bounds, struct sources *out)
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

static int gather_rates(struct node *node, const struct bounds *bounds, struct node_billing *out)
{
	struct sources sources = {0};
	int result = collect_from(node, SCHEMA_DOC_RATES, SCHEMA_RATE_TABLE, bounds, &sources);
	struct billing_rate *rates = arena_zero(&out->arena, sources.count, sizeof(*rates));
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		struct schema_measures measures;
		struct schema_record record;
		result = read_record(node, &sources.items[i], &measures, &record);
		if (result)
			break;
		rates[i] = book_rate(&record);
		rates[i].territory = arena_span(&out->arena, rates[i].territory);
	}
	out->input.rates = rates;
	out->input.rate_count = (uint32_t)sources.count;
	mem_free(sources.items);
	return result;
}

/* The bytes of a lot, from its event. */
static int lot_bytes(struct node *node, const struct source *source, struct span *bytes)
{
	struct schema_measures measures;
	struct schema_record record;
	int result = read_record(node, source, &measures, &record);
	if (result)
		return result;
	const struct schema_value *value = schema_value(
	        &record, schema_field_named(record.kind, span_text("lot"))->number);
	*bytes = value ? value->bytes : (struct span){NULL, 0};
	return value ? 0 : ERR_CORRUPT;
}

static int gather_lots(struct node *node, const struct bounds *bounds, struct node_billing *out)
{
	struct sources sources = {0};
	int result = collect_from(node, SCHEMA_DOC_LEDGER, SCHEMA_LOT, bounds, &sources);
	struct billing_previous *lots = arena_zero(&out->arena, sources.count, sizeof(*lots));
	uint32_t count = 0, latest = 0;
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		struct span bytes;
		struct billing_lot *lot = arena_zero(&out->arena, 1, sizeof(*lot));
		result = lot_bytes(node, &sources.items[i], &bytes);
		if (result)
			break;
		if (lot_decode(lot, bytes, &out->arena))
			continue; /* its author wrote nonsense: no honest node counts it */
		lots[count] = (struct billing_previous){lot, lot_hash_of(bytes)};
		if (lot->month >= latest) {
			latest = lot->month;
			out->input.previous_hash = lots[count].hash;
		}
		count++;
	}
	out->input.previous = lots;
	out->input.previous_count = count;
	mem_free(sources.items);
	return result;
}

/* ---- Files of one patient ---------------------------------------------------------------------------------------- */

struct joined {
	struct node *node;
	struct patient_groups groups;
};

/* What nurses decided about files, as far as the lot goes. */
static int gather_joined(struct node *node, const struct bounds *bounds, struct joined *out)
{
	struct sources sources = {0};
	struct patient_links links = {0};
	static const uint32_t kind = SCHEMA_PATIENT_LINK;
	int result = collect_dossiers(node, &kind, 1, bounds, &sources);
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		struct schema_measures measures;
		struct schema_record record;
		struct patient_link link;
		result = read_record(node, &sources.items[i], &measures, &record);
		if (result == 0 && patient_link_of(&record, &sources.items[i].patient, &link)) {
			link.op = sources.items[i].event.op;
			patient_links_add(&links, &link);
		}
	}
	node_links_judge(node, &links);
	*out = (struct joined){.node = node};
	patient_groups_make(links.items, links.count, &out->groups);
	patient_links_close(&links);
	mem_free(sources.items);
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

static int put_patients(struct node *node, const struct bounds *bounds, struct billing_visit *visits,
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

static int gather(struct node *node, const struct bounds *bounds, struct node_billing *out)
{
	const struct team_view *view = node_view(node);
	if (!view)
		return ERR_NOTEAM;
	if (!node_idle(node))
		return ERR_BUSY; /* bodies are read from what is committed */
	out->input.team = *node_team(node);
	out->input.holder = view->lease.holder;
	out->input.fence = view->lease.fence;
	struct billing_visit *visits;
	int result = gather_visits(node, bounds, out, &visits);
	if (result == 0)
		result = gather_rates(node, bounds, out);
	if (result == 0)
		result = gather_lots(node, bounds, out);
	if (result == 0)
		result = put_patients(node, bounds, visits, out);
	gather_frontier(node, out);
	gather_heard(node, out);
	return result;
}

int node_billing_gather(struct node *node, uint32_t month, struct span territory, struct node_billing *out)
{
	struct bounds all = {NULL};
	*out = (struct node_billing){.input = {.month = month}};
	out->input.territory = arena_span(&out->arena, territory);
	return gather(node, &all, out);
}

void node_billing_wipe(struct node_billing *billing)
{
	arena_close(&billing->arena);
	*billing = (struct node_billing){0};
}

/* ---- The lease -------------------------------------------------------------------------------------------------- */

int node_billing_designate(struct node *node, const struct device_id *holder, node_done done, void *context)
{
	const struct team_view *view = node_view(node);
	struct team_action action = {.kind = TEAM_ACTION_LEASE};
	struct entry_hash hash;
	if (!view)
		return ERR_NOTEAM;
	action.as.lease.holder = *holder;
	action.as.lease.fence = view->lease.fence_max + 1;
	return node_act(node, &action, &hash, done, context);
}

static int may_close(struct node *node)
{
	const struct team_view *view = node_view(node);
	struct device_id self = node_device(node);
	if (!view)
		return ERR_NOTEAM;
	if (!view->lease.held || !device_id_eq(&view->lease.holder, &self))
		return ERR_DENIED;
	return view->lease.contested ? ERR_CONFLICT : 0;
}

/* ---- Closing ---------------------------------------------------------------------------------------------------- */

static int write_lot(struct node *node, uint32_t month, struct span bytes, node_done done, void *context)
{
	const struct schema_kind *kind = schema_kind(SCHEMA_LOT);
	struct schema_record record = {.kind = kind};
	struct record_id ledger = record_document_id(node_team(node), SCHEMA_DOC_LEDGER, NULL);
	struct lot_hash hash = lot_hash_of(bytes);
	memcpy(record.id.bytes, hash.bytes, sizeof(record.id.bytes));
	schema_put(&record, schema_field_named(kind, span_text("month")))->number = 100 *
	                (1970 + (int64_t)month / 12) +
	        month % 12 + 1;
	schema_put(&record, schema_field_named(kind, span_text("lot")))->bytes = bytes;
	return node_write_record(node, SCHEMA_DOC_LEDGER, &ledger, &record, done, context);
}

static bool closed_already(const struct node_billing *billing, uint32_t month)
{
	for (uint32_t i = 0; i < billing->input.previous_count; i++)
		if (billing->input.previous[i].lot->month == month)
			return true;
	return false;
}

int node_billing_close_month(struct node *node, uint32_t month, struct span territory, struct buf *bytes,
        struct lot_hash *hash, struct billing_obstacle *obstacle, node_done done, void *context)
{
	struct node_billing billing;
	struct billing_lot lot;
	size_t before = bytes->size;
	int result = may_close(node);
	if (result)
		return result;
	result = node_billing_gather(node, month, territory, &billing);
	if (result == 0 && closed_already(&billing, month))
		result = ERR_EXISTS;
	if (result == 0)
		result = billing_close(&billing.input, &billing.arena, &lot, obstacle);
	if (result == 0)
		result = lot_encode(&lot, bytes);
	struct span encoded = span_sub(buf_span(bytes), before, SIZE_MAX);
	if (result == 0) {
		*hash = lot_hash_of(encoded);
		result = write_lot(node, month, encoded, done, context);
	}
	node_billing_wipe(&billing);
	return result;
}

int node_billing_lot(struct node *node, uint32_t month, struct buf *bytes)
{
	struct sources sources = {0};
	struct bounds all = {NULL};
	struct arena arena = {0};
	int result = collect_from(node, SCHEMA_DOC_LEDGER, SCHEMA_LOT, &all, &sources), found = ERR_NOTFOUND;
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		struct billing_lot lot;
		struct span encoded;
		result = lot_bytes(node, &sources.items[i], &encoded);
		if (result || lot_decode(&lot, encoded, &arena) || lot.month != month)
			continue;
		buf_clear(bytes);
		buf_add_span(bytes, encoded);
		found = 0;
	}
	arena_close(&arena);
	mem_free(sources.items);
	return result ? result : found;
}

/* ---- Verifying -------------------------------------------------------------------------------------------------- */

static bool has_all(struct node *node, const struct billing_lot *lot)
{
	for (uint32_t i = 0; i < lot->frontier_count; i++) {
		uint32_t number;
		if (!log_feed_number(node_log(node), &lot->frontier[i].feed, &number))
			return false;
		const struct log_feed *feed = log_feed(node_log(node), number);
		if (feed->committed_seq < lot->frontier[i].seq && !feed->is_parted)
			return false;
	}
	return true;
}

/* The lot as it stands, signed, in the ledger: what was only made to look like one is not there. */
static int in_ledger(struct node *node, struct span bytes)
{
	struct sources sources = {0};
	struct bounds all = {NULL};
	struct lot_hash hash = lot_hash_of(bytes);
	int result = collect_from(node, SCHEMA_DOC_LEDGER, SCHEMA_LOT, &all, &sources), found = ERR_NOTFOUND;
	for (size_t i = 0; result == 0 && found && i < sources.count; i++) {
		struct span encoded;
		result = lot_bytes(node, &sources.items[i], &encoded);
		struct lot_hash known = result ? (struct lot_hash){{0}} : lot_hash_of(encoded);
		if (lot_hash_eq(&known, &hash))
			found = 0;
	}
	mem_free(sources.items);
	return result ? result : found;
}

int node_billing_verify(struct node *node, struct span bytes, struct node_billing *billing,
        struct billing_lot *theirs, struct billing_lot *mine)
{
	*billing = (struct node_billing){0};
	if (!node_in_team(node))
		return ERR_NOTEAM;
	int result = lot_decode(theirs, bytes, &billing->arena);
	if (result)
		return result;
	result = in_ledger(node, bytes);
	if (result)
		return result;
	if (!has_all(node, theirs))
		return ERR_GAP;
	struct bounds bounds = {theirs};
	billing->input.month = theirs->month;
	result = gather(node, &bounds, billing);
	return result ? result : billing_verify(&billing->input, bytes, &billing->arena, theirs, mine);
}
