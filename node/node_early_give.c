/*
 * Early copies for others: which dossiers, in which order, and one after the other.
 *
 * Time is that of events: those of the last day that has any come first, as seen from the newest event that is not in the future. Behind them stand
 * the dossiers that were begun last, where nothing has happened yet. Who has a partial copy itself gives none.
 */
#include "node/node_early.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/calendar.h"
#include "node/early_bodies.h"
#include "node/keyring/snapshot.h"
#include "node/node_photo.h"
#include "node/node_state.h"
#include "node/schema/schema.h"

enum {
	DAY_S = 86400,
	MONTHS_BACK = 120, /* looked through for the newest event */
	NEW_DOSSIERS = 32, /* without an event, begun last: a month of admissions */
	SINGLES = 32, /* latest events of a dossier that are in no month's list: consents, corrections */
	SAMPLES = 4, /* sealed to tell how long one is */
	BODIES_BYTES = 16 * 1024 * 1024,
};

/* The body of an event of the time asked for. They are read in the order of the log, where neighbours share a run. */
struct given_body {
	uint32_t feed, op;
	uint64_t seq;
	struct span fields, reason;
};

enum {
	LEVEL = 9
}; /* an eleventh smaller than at the level of entries, which are compressed one by one as they are saved */

struct node_early_giving {
	struct body_codec codec;
	struct record_id *ids, *sorted; /* in the order in which they go; ascending */
	uint32_t count, at;
	int64_t from_s; /* events from then on go along */
	struct given_body *bodies; /* ascending by feed, seq, op */
	uint32_t body_count, body_room;
	struct arena arena; /* of their bytes */
	size_t body_bytes;
	uint64_t bytes;
};

/* ---- Which ------------------------------------------------------------------------------------------------------- */

struct use {
	uint32_t doc;
	int64_t when_s;
};

struct uses {
	struct use *items;
	uint32_t count;
	int64_t *last; /* by document; INT64_MIN: none */
	uint32_t doc_count;
	struct index_event *events; /* of that time */
	uint32_t event_count, event_room;
};

static int later_first(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	if (x->when_s != y->when_s)
		return x->when_s > y->when_s ? -1 : 1;
	return (x->doc < y->doc) - (x->doc > y->doc);
}

/* The moment of the newest event up to `now_s`; INT64_MIN: there is none. */
static int64_t newest(struct node *node, int64_t now_s)
{
	const struct index_event *events;
	uint32_t count;
	const int32_t month = calendar_month(now_s, 0);
	for (int32_t back = 0; back < MONTHS_BACK; back++) {
		if (node_month(node, month - back, &events, &count))
			continue;
		while (count > 0 && events[count - 1].when_s > now_s)
			count--;
		if (count)
			return events[count - 1].when_s;
	}
	return INT64_MIN;
}

static void note_month(struct node *node, struct uses *uses, int32_t month, int64_t from_s, int64_t now_s)
{
	const struct index_event *events;
	uint32_t count;
	if (node_month(node, month, &events, &count))
		return;
	for (uint32_t i = 0; i < count; i++) {
		const struct index_event *event = &events[i];
		if (event->when_s < from_s || event->when_s > now_s || event->doc >= uses->doc_count)
			continue;
		if (event->when_s > uses->last[event->doc])
			uses->last[event->doc] = event->when_s;
		if (event->kind == SCHEMA_PHOTO) /* its small picture comes with the log */
			continue;
		uses->events = mem_room(
		        uses->events, uses->event_count, &uses->event_room, sizeof(*uses->events));
		uses->events[uses->event_count++] = *event;
	}
}

static void add(struct node *node, struct uses *uses, uint32_t doc, int64_t when_s)
{
	uint32_t kind;
	struct record_id id;
	if (node_doc_at(node, doc, &kind, &id) == 0 && kind == SCHEMA_DOC_DOSSIER)
		uses->items[uses->count++] = (struct use){doc, when_s};
}

/* In the order in which they go. */
static struct uses find_uses(struct node *node, int64_t from_s, int64_t now_s, bool all)
{
	struct uses uses = {.doc_count = node_doc_count(node)};
	uint32_t others = 0;
	uses.items = mem_zero(uses.doc_count + 1, sizeof(*uses.items));
	uses.last = mem_zero(uses.doc_count + 1, sizeof(*uses.last));
	for (uint32_t i = 0; i < uses.doc_count; i++)
		uses.last[i] = INT64_MIN;
	const int32_t now_month = calendar_month(now_s, 0),
	              first_month = all ? now_month - MONTHS_BACK : calendar_month(from_s, 0);
	for (int32_t month = first_month; month <= now_month; month++)
		note_month(node, &uses, month, from_s, now_s);
	for (uint32_t i = 0; i < uses.doc_count; i++)
		if (uses.last[i] != INT64_MIN)
			add(node, &uses, i, uses.last[i]);
	if (uses.count)
		qsort(uses.items, uses.count, sizeof(*uses.items), later_first);
	for (uint32_t i = uses.doc_count; i > 0 && (all || others < NEW_DOSSIERS); i--) {
		const uint32_t before = uses.count;
		if (uses.last[i - 1] == INT64_MIN)
			add(node, &uses, i - 1, INT64_MIN);
		others += uses.count - before;
	}
	return uses;
}

static int id_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

/* ---- Bodies ------------------------------------------------------------------------------------------------------ */

static int place_cmp(const void *a, const void *b)
{
	const struct given_body *x = a, *y = b;
	if (x->feed != y->feed)
		return x->feed < y->feed ? -1 : 1;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x->op > y->op) - (x->op < y->op);
}

static void keep_body(struct node_early_giving *giving, struct given_body *body, const struct crdt_op *op)
{
	body->fields = arena_span(&giving->arena, op->value);
	body->reason = arena_span(&giving->arena, op->reason);
	giving->body_bytes += op->value.size + op->reason.size;
}

/* Those of one entry, from `first` on; how many there are. */
static uint32_t read_entry(struct node *node, struct node_early_giving *giving, uint32_t first)
{
	struct given_body *bodies = giving->bodies + first;
	struct node_entry entry;
	uint32_t count = 1;
	while (first + count < giving->body_count && bodies[count].feed == bodies->feed &&
	        bodies[count].seq == bodies->seq)
		count++;
	if (node_read(node, bodies->feed, bodies->seq, &entry))
		return count;
	struct crdt_ops ops = crdt_change_ops(&entry.change);
	uint32_t at = 0;
	for (struct crdt_op op; at < count && crdt_ops_next(&ops, &op);)
		if (op.index == bodies[at].op)
			keep_body(giving, &bodies[at++], &op);
	return count;
}

static bool is_given(const struct node_early_giving *giving, const struct record_id *id);

static void read_bodies(struct node *node, struct node_early_giving *giving, const struct uses *uses)
{
	for (uint32_t i = 0; i < uses->event_count; i++) {
		const struct index_event *event = &uses->events[i];
		uint32_t kind;
		struct record_id id;
		if (node_doc_at(node, event->doc, &kind, &id) || !is_given(giving, &id))
			continue;
		giving->bodies = mem_room(
		        giving->bodies, giving->body_count, &giving->body_room, sizeof(*giving->bodies));
		giving->bodies[giving->body_count++] = (struct given_body){
		        event->feed, event->op, event->seq, {0}, {0}};
	}
	if (giving->body_count)
		qsort(giving->bodies, giving->body_count, sizeof(*giving->bodies), place_cmp);
	for (uint32_t i = 0; i < giving->body_count && giving->body_bytes < BODIES_BYTES;)
		i += read_entry(node, giving, i);
}

static int seal(struct node *node, struct node_early_giving *giving, const struct record_id *dossier,
        struct buf *out);

static uint64_t estimate(struct node *node, struct node_early_giving *giving)
{
	struct buf sample = {0};
	uint32_t count = 0;
	const uint32_t step = giving->count / SAMPLES + 1;
	for (uint32_t i = 0; i < giving->count; i += step)
		count += seal(node, giving, &giving->ids[i], &sample) == 0;
	const uint64_t bytes = count ? (uint64_t)sample.size * giving->count / count : 0;
	buf_close(&sample);
	return bytes;
}

static void choose(struct node *node, struct node_early_giving *giving, const struct device_id *device,
        const struct uses *uses, const struct record_id *held, uint32_t held_count)
{
	giving->ids = mem_zero(uses->count + 1, sizeof(*giving->ids));
	for (uint32_t i = 0; i < uses->count && giving->count < LIMIT_EARLY_COPIES; i++) {
		uint32_t kind;
		struct record_id id;
		if (node_doc_at(node, uses->items[i].doc, &kind, &id) ||
		        !node_photo_may_have(node, device, &id) || !key_table_secret(node->keys, &id, 0) ||
		        (held_count && bsearch(&id, held, held_count, sizeof(id), id_cmp)))
			continue;
		giving->ids[giving->count++] = id;
	}
}

/* Documents of dossiers that are given, by their id. */
static bool is_given(const struct node_early_giving *giving, const struct record_id *id)
{
	return giving->count && bsearch(id, giving->sorted, giving->count, sizeof(*id), id_cmp);
}

struct node_early_giving *node_early_giving_new(struct node *node, const struct device_id *device,
        uint32_t days, const struct record_id *held, uint32_t held_count)
{
	struct node_early_giving *giving = mem_zero(1, sizeof(*giving));
	body_codec_init(&giving->codec);
	giving->codec.level = LEVEL;
	const int64_t now_s = (int64_t)(env_wall_ms(node->config.env) / 1000) + DAY_S;
	if (!node_early_useful(node) || node->early.goal || node->early.count)
		return giving;
	const int64_t last_s = newest(node, now_s);
	giving->from_s = days && last_s != INT64_MIN ? last_s - (int64_t)days * DAY_S : INT64_MIN;
	struct uses uses = find_uses(node, last_s == INT64_MIN ? now_s : giving->from_s, now_s, days == 0);
	choose(node, giving, device, &uses, held, held_count);
	giving->sorted = mem_copy(giving->ids, (giving->count + 1) * sizeof(*giving->ids));
	if (giving->count)
		qsort(giving->sorted, giving->count, sizeof(*giving->sorted), id_cmp);
	read_bodies(node, giving, &uses);
	mem_free(uses.items);
	mem_free(uses.last);
	mem_free(uses.events);
	giving->bytes = estimate(node, giving);
	return giving;
}

void node_early_giving_free(struct node_early_giving *giving)
{
	if (!giving)
		return;
	body_codec_close(&giving->codec);
	mem_free(giving->ids);
	mem_free(giving->sorted);
	mem_free(giving->bodies);
	arena_close(&giving->arena);
	mem_free(giving);
}

uint32_t node_early_giving_count(const struct node_early_giving *giving)
{
	return giving->count;
}

uint64_t node_early_giving_bytes(const struct node_early_giving *giving)
{
	return giving->bytes;
}

/* ---- One of them ------------------------------------------------------------------------------------------------- */

/* Bodies that go along, in the order of the document's events. */
struct latest {
	struct early_body *bodies;
	uint32_t *places;
	uint32_t count, room, place_room;
	uint32_t singles;
	struct arena arena;
};

static void add_body(struct latest *latest, const struct crdt_event *event, uint32_t place,
        struct span fields, struct span reason)
{
	latest->bodies = mem_room(latest->bodies, latest->count, &latest->room, sizeof(*latest->bodies));
	latest->places = mem_room(
	        latest->places, latest->count, &latest->place_room, sizeof(*latest->places));
	latest->bodies[latest->count] = (struct early_body){.kind = event->kind,
	        .is_correction = event->is_correction,
	        .fields = fields,
	        .reason = event->is_correction ? reason : (struct span){0}};
	latest->places[latest->count++] = place;
}

/* Such events stand in the lists of months. */
static bool has_moment(uint32_t kind_number)
{
	const struct schema_kind *kind = schema_kind(kind_number);
	for (uint32_t i = 0; kind && i < kind->field_count; i++)
		if (kind->fields[i].type == SCHEMA_INSTANT)
			return true;
	return false;
}

/* One that is in no list, by the clock of its author. */
static void take_single(struct node *node, const struct crdt_event *event, int64_t from_s, uint32_t place,
        struct latest *latest)
{
	struct node_entry entry;
	const int64_t saved_s = (int64_t)((event->hlc >> 16) / 1000);
	if (event->kind == SCHEMA_IMPORT_MARK || has_moment(event->kind) || saved_s < from_s ||
	        latest->singles == SINGLES || node_read_op(node, &event->op, &entry))
		return;
	latest->singles++;
	struct crdt_ops ops = crdt_change_ops(&entry.change);
	for (struct crdt_op op; crdt_ops_next(&ops, &op);)
		if (op.index == event->op.index)
			add_body(latest, event, place, arena_span(&latest->arena, op.value),
			        arena_span(&latest->arena, op.reason));
}

static void take_event(struct node *node, const struct node_early_giving *giving,
        const struct crdt_event *event, uint32_t place, struct latest *latest)
{
	struct given_body wanted = {.seq = event->op.seq, .op = event->op.index};
	const struct given_body *found = NULL;
	if (latest->count == LIMIT_EARLY_EVENTS || !log_feed_number(node->log, &event->op.feed, &wanted.feed))
		return;
	if (giving->body_count)
		found = bsearch(&wanted, giving->bodies, giving->body_count, sizeof(wanted), place_cmp);
	if (!found)
		take_single(node, event, giving->from_s, place, latest);
	else if (found->fields.size)
		add_body(latest, event, place, found->fields, found->reason);
}

static void gather(struct node *node, const struct node_early_giving *giving, const struct crdt_doc *doc,
        struct buf *out)
{
	struct latest latest = {0};
	struct crdt_event event;
	uint32_t cursor = 0;
	for (uint32_t place = 0; crdt_doc_event(doc, 0, &cursor, &event); place++)
		take_event(node, giving, &event, place, &latest);
	early_put_bodies(out, latest.bodies, latest.places, latest.count);
	mem_free(latest.bodies);
	mem_free(latest.places);
	arena_close(&latest.arena);
}

static int seal(
        struct node *node, struct node_early_giving *giving, const struct record_id *dossier, struct buf *out)
{
	const struct dossier_secret *secret = key_table_secret(node->keys, dossier, 0);
	const struct snapshot head = {.dossier = *dossier, .part = 0, .part_count = 1};
	struct buf state = {0}, bodies = {0};
	struct crdt_doc *doc;
	int result = secret ? node_doc(node, SCHEMA_DOC_DOSSIER, dossier, &doc) : ERR_LOCKED;
	if (result == 0) {
		crdt_doc_save(doc, &state);
		gather(node, giving, doc, &bodies);
		const struct span parts[] = {buf_span(&state), buf_span(&bodies)};
		result = snapshot_seal(&giving->codec, node->config.env, secret, &head, parts, 2, out);
	}
	buf_wipe(&state);
	buf_wipe(&bodies);
	return result;
}

int node_early_give(struct node *node, struct node_early_giving *giving, struct buf *out)
{
	if (!node_idle(node))
		return NODE_EARLY_LATER; /* what is not on the disk yet may never be */
	while (giving->at < giving->count) {
		const struct record_id *dossier = &giving->ids[giving->at++];
		if (!node_is_erased(node, dossier) && seal(node, giving, dossier, out) == 0)
			return 1;
	}
	return 0;
}
