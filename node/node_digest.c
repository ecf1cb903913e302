/*
 * Digests of what is shown: found in memory, or made.
 *
 * Normal course: the first list after a start reads the rows of the last checkpoint; a dossier that changed since is made again from its document, and its row goes with
 * the next checkpoint. Failures: an event that is not durable yet cannot be read from the log; what was made without it serves that one list and is made again for
 * the next. Long because finding, making ahead and saving work on one set.
 */
#include "node/node_digest.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/schema/schema.h"

enum {
	TIDY_EVERY = 64,
	SAVE_EVERY = 2048, /* some 5 MB of rows in one batch */
	PLAN_MIN = 64, /* dossiers, however much of other documents is in memory; fewer read what they need */
	PLAN_EVENTS = 16384, /* whose bodies are in memory at once: 6 MB of ordinary ones */
	WANTED_EVENTS = 256, /* of one dossier, the newest */
};

/* ---- Making ------------------------------------------------------------------------------------------------------ */

/* It was saved, or came, a moment ago, and is on its way to the disk. */
static bool is_under_way(const struct node *node, const struct op_id *op)
{
	uint32_t feed;
	return log_feed_number(node->log, &op->feed, &feed) &&
	        op->seq > log_feed(node->log, feed)->committed_seq &&
	        op->seq <= log_feed(node->log, feed)->seq;
}

/* One that was gathered with others. */
static bool read_gathered(struct node_reading *reading, const struct op_id *id)
{
	uint32_t feed;
	struct node *node = reading->node;
	const struct event_body *body = log_feed_number(node->log, &id->feed, &feed)
	        ? event_bodies_find(&node->digest_plan.events, feed, id->seq)
	        : NULL;
	if (!body)
		return false;
	reading->entry.meta = body->meta;
	return crdt_change_open(&reading->entry.change, &reading->entry.meta, body->raw) == 0;
}

bool node_read_event(void *context, const struct op_id *id, struct crdt_op *out, struct crdt_meta *meta)
{
	struct node_reading *reading = context;
	struct node *node = reading->node;
	const struct early_body *body = node->early.count ? node_early_body(node, id) : NULL;
	if (body) {
		*out = early_body_op(body, meta, &reading->dep);
		return true;
	}
	int result = read_gathered(reading, id) ? 0 : node_read_op(node, id, &reading->entry);
	if (result) { /* later it may be read: it is not durable yet, or its row is damaged and comes again */
		reading->is_final &= result == ERR_NOTFOUND && !is_under_way(node, id);
		return false;
	}
	*meta = reading->entry.meta;
	struct crdt_ops ops = crdt_change_ops(&reading->entry.change);
	while (crdt_ops_next(&ops, out))
		if (out->index == id->index)
			return true;
	return false;
}

static bool make(struct node *node, const struct crdt_doc *doc, struct buf *out)
{
	struct node_reading reading = {.node = node, .is_final = true};
	const struct digest_source source = {doc, node_read_event, &reading};
	digest_make(&source, out);
	return reading.is_final;
}

static bool make_of(struct node *node, uint32_t number, struct buf *out, bool *is_final)
{
	struct crdt_doc *doc;
	if (node_document(node, number, &doc))
		return false;
	*is_final = make(node, doc, out);
	return true;
}

bool node_digest_make(struct node *node, uint32_t number, struct buf *out, bool *is_final)
{
	const bool is_made = make_of(node, number, out, is_final);
	node_end_read(node);
	return is_made;
}

int node_digest_look(struct node *node, const struct record_id *dossier,
        void (*look)(void *context, const struct digest_source *source), void *context)
{
	struct crdt_doc *doc;
	struct node_reading reading = {.node = node, .is_final = true};
	int result = node_shown(node, SCHEMA_DOC_DOSSIER, dossier, &doc);
	if (result)
		return result;
	const struct digest_source source = {doc, node_read_event, &reading};
	look(context, &source);
	return 0;
}

/* ---- Finding ----------------------------------------------------------------------------------------------------- */

/* Of documents that went by, so that a long list needs no more memory than a short one. */
static void tidy(struct node *node, uint32_t *made)
{
	if (++*made % TIDY_EVERY == 0 && docs_bytes(node->docs) > LIMIT_DOCS_BYTES)
		docs_evict(node->docs, LIMIT_DOCS_BYTES / 4);
}

static struct span early_digest(struct node *node, struct early_copy *copy)
{
	if (!copy->has_digest || copy->digest_of != copy->moved) {
		buf_wipe(&copy->digest);
		copy->has_digest = make(node, copy->doc, &copy->digest);
		copy->digest_of = copy->moved;
		copy->digest_stamp = digests_new_stamp(node->digests);
	}
	return buf_span(&copy->digest);
}

/* *made counts those that were not in memory. Empty: it cannot be read. */
static struct span log_digest(struct node *node, uint32_t number, uint32_t *made)
{
	struct span digest = {NULL, 0};
	bool is_final = false;
	if (digests_get(node->digests, node->docs, number, &digest))
		return digest;
	buf_clear(&node->digest_row);
	if (!make_of(node, number, &node->digest_row, &is_final))
		return digest;
	tidy(node, made);
	node->since_checkpoint += is_final; /* its row is due as well */
	return digests_put(node->digests, node->docs, number, buf_span(&node->digest_row), is_final);
}

/* ---- Many at once ------------------------------------------------------------------------------------------------ */

static bool is_missing(struct node *node, uint32_t number)
{
	struct span digest;
	return number < docs_count(node->docs) && docs_kind(node->docs, number) == SCHEMA_DOC_DOSSIER &&
	        !digests_get(node->digests, node->docs, number, &digest);
}

static uint32_t count_events(const struct crdt_doc *doc)
{
	struct crdt_event event;
	uint32_t cursor = 0, count = 0;
	while (crdt_doc_event(doc, 0, &cursor, &event))
		count++;
	return count;
}

/* Nearly all that parts look at; what is not among them is read when they ask for it. */
static void want_events(struct node *node, const struct crdt_doc *doc)
{
	const uint32_t count = count_events(doc), from = count > WANTED_EVENTS ? count - WANTED_EVENTS : 0;
	struct crdt_event event;
	uint32_t cursor = 0, feed;
	for (uint32_t i = 0; crdt_doc_event(doc, 0, &cursor, &event); i++)
		if (i >= from && log_feed_number(node->log, &event.op.feed, &feed))
			event_bodies_want(&node->digest_plan.events, feed, event.op.seq);
}

static void look_at_next(struct node *node)
{
	struct node_digest_plan *plan = &node->digest_plan;
	const uint32_t number = plan->looked++;
	struct crdt_doc *doc;
	if (!is_missing(node, number) || node_document(node, number, &doc))
		return;
	want_events(node, doc);
	plan->numbers = mem_room(plan->numbers, plan->count, &plan->room, sizeof(*plan->numbers));
	plan->numbers[plan->count++] = number;
}

static void read_next(struct node *node)
{
	struct node_entry entry;
	struct span raw;
	struct event_body *body = event_bodies_next(&node->digest_plan.events);
	if (!body)
		node->digest_plan.stage = NODE_DIGEST_MAKING;
	else if (node_read_raw(node, body->feed, body->seq, &entry, &raw) == 0)
		event_bodies_put(&node->digest_plan.events, body, &entry.meta, raw);
}

/* Of some dossiers after the other: which are missing; their events, in the order of the log; the digests. One step. False: none is missing behind those that were made, and the next
 * step begins again. */
static bool step(struct node *node, uint32_t *made)
{
	struct node_digest_plan *plan = &node->digest_plan;
	if (plan->stage == NODE_DIGEST_READING) {
		read_next(node);
	} else if (plan->stage == NODE_DIGEST_MAKING) {
		if (plan->next < plan->count && is_missing(node, plan->numbers[plan->next]))
			log_digest(node, plan->numbers[plan->next], made);
		if (plan->next++ < plan->count)
			return true;
		event_bodies_forget(&plan->events);
		plan->count = plan->next = 0;
		plan->stage = NODE_DIGEST_LOOKING;
	} else if (plan->looked < docs_count(node->docs) && plan->events.count < PLAN_EVENTS &&
	        (plan->count < PLAN_MIN || docs_bytes(node->docs) < LIMIT_DOCS_BYTES)) {
		look_at_next(node);
	} else if (plan->count) {
		event_bodies_sort(&plan->events);
		plan->stage = plan->count < PLAN_MIN ? NODE_DIGEST_MAKING : NODE_DIGEST_READING;
	} else {
		node_forget_plan(node);
		return false;
	}
	return true;
}

void node_forget_plan(struct node *node)
{
	event_bodies_forget(&node->digest_plan.events);
	mem_free(node->digest_plan.numbers);
	node->digest_plan = (struct node_digest_plan){0};
}

/* At most `max`, for so long. How many were made. */
static uint32_t make_some(struct node *node, uint32_t max, uint64_t end_ms)
{
	uint32_t made = 0;
	while (made < max && step(node, &made) && env_monotonic_ms(node->config.env) < end_ms)
		;
	return made;
}

static int begin(struct node *node)
{
	int result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = digests_load(node->digests, txn, node->docs);
	node_end_read(node);
	return result;
}

static struct node_digest digest_at(struct node *node, uint32_t number, const struct record_id *dossier,
        enum digest_part_number part, uint32_t *made)
{
	struct early_copy *copy = node_early_copy(node, dossier);
	struct node_digest out = {.dossier = *dossier, .number = number, .early = copy};
	const struct span digest = copy ? early_digest(node, copy) : log_digest(node, number, made);
	out.stamp = copy ? copy->digest_stamp : digest.size ? digests_stamp(node->digests, number) : 0;
	out.part = digest_part_of(digest, part, &out.is_cut);
	return out;
}

/* What can be said of it without a look at its bytes: it is in memory, and has nothing of the part. */
static bool has_nothing(struct node *node, uint32_t number, const struct record_id *dossier, uint32_t bit)
{
	struct span digest;
	return !node_early_copy(node, dossier) && digests_get(node->digests, node->docs, number, &digest) &&
	        !digests_have(node->digests, number, bit);
}

static uint64_t stamp_at(struct node *node, uint32_t number, const struct record_id *dossier)
{
	struct span digest;
	const struct early_copy *copy = node_early_copy(node, dossier);
	if (copy)
		return copy->has_digest && copy->digest_of == copy->moved ? copy->digest_stamp : 0;
	return digests_get(node->digests, node->docs, number, &digest) ? digests_stamp(node->digests, number)
	                                                               : 0;
}

/* Everything is made first. */
static int prepare(struct node *node)
{
	const int result = begin(node);
	if (result == 0)
		make_some(node, UINT32_MAX, UINT64_MAX);
	return result;
}

static bool dossier_at(struct node *node, uint32_t number, struct record_id *id)
{
	uint32_t kind;
	return node_shown_at(node, number, &kind, id) == 0 && kind == SCHEMA_DOC_DOSSIER;
}

int node_digest_each(struct node *node, enum digest_part_number part, node_digest_seen seen, void *context)
{
	const uint32_t count = node_shown_count(node), bit = digest_part_bit(part);
	uint32_t made = 0;
	struct record_id id;
	const int result = prepare(node);
	bool goes_on = result == 0;
	for (uint32_t i = 0; goes_on && i < count; i++) {
		if (!dossier_at(node, i, &id) || has_nothing(node, i, &id, bit))
			continue;
		const struct node_digest digest = digest_at(node, i, &id, part, &made);
		if (digest.part.size || digest.is_cut)
			goes_on = seen(context, &digest);
	}
	node_end_read(node);
	return result;
}

int node_digest_each_wanted(struct node *node, enum digest_part_number part, node_digest_wanted wanted,
        node_digest_seen seen, void *context)
{
	const uint32_t count = node_shown_count(node);
	uint32_t made = 0;
	struct record_id id;
	const int result = prepare(node);
	bool goes_on = result == 0;
	for (uint32_t i = 0; goes_on && i < count; i++) {
		if (!dossier_at(node, i, &id) || !wanted(context, i, &id, stamp_at(node, i, &id)))
			continue;
		const struct node_digest digest = digest_at(node, i, &id, part, &made);
		goes_on = seen(context, &digest);
	}
	node_end_read(node);
	return result;
}

static int find_shown(struct node *node, const struct record_id *dossier, uint32_t *number)
{
	uint32_t kind;
	struct record_id id;
	if (docs_find(node->docs, SCHEMA_DOC_DOSSIER, dossier, number))
		return 0;
	for (*number = docs_count(node->docs); node_shown_at(node, *number, &kind, &id) == 0; ++*number)
		if (record_id_eq(&id, dossier))
			return 0;
	return ERR_NOTFOUND;
}

int node_digest_of(struct node *node, const struct record_id *dossier, enum digest_part_number part,
        struct node_digest *out)
{
	uint32_t number, made = 0;
	*out = (struct node_digest){.dossier = *dossier};
	int result = find_shown(node, dossier, &number);
	if (result)
		return result;
	struct store_txn *txn = node_txn(node, &result);
	if (result == 0)
		result = digests_load_one(node->digests, txn, node->docs, number);
	node_end_read(node);
	if (result)
		return result;
	*out = digest_at(node, number, dossier, part, &made);
	node_end_read(node);
	return out->part.size || out->is_cut ? 0 : ERR_NOTFOUND;
}

uint64_t node_digest_stamp(struct node *node, const struct record_id *dossier)
{
	struct node_digest digest;
	uint32_t number;
	if (find_shown(node, dossier, &number))
		return NODE_DIGEST_ABSENT;
	const int result = node_digest_of(node, dossier, DIGEST_WHO, &digest);
	return result == 0 || result == ERR_NOTFOUND ? digest.stamp : 0;
}

/* Those that were made go to the disk piece by piece: a program that ends meanwhile goes on from there. */
static void save_piece(struct node *node)
{
	if (node->digests_unsaved < SAVE_EVERY || node->weigh_again || node->holds_back ||
	        docs_bytes(node->docs) > LIMIT_DOCS_BUSY_BYTES)
		return;
	node->digests_unsaved = 0;
	node_checkpoint(node, true);
}

uint32_t node_digest_ahead(struct node *node, uint32_t max, uint64_t budget_ms)
{
	if (begin(node))
		return 0;
	const uint32_t made = make_some(node, max, env_monotonic_ms(node->config.env) + budget_ms);
	node_end_read(node);
	const uint32_t left = node_digest_missing(node);
	if (left == 0)
		node_forget_plan(node);
	node->digests_unsaved += made;
	save_piece(node);
	return left;
}

uint32_t node_digest_missing(struct node *node)
{
	uint32_t missing = 0;
	if (begin(node))
		return 0;
	for (uint32_t i = 0; i < docs_count(node->docs); i++)
		missing += is_missing(node, i);
	return missing;
}

size_t node_digest_bytes(const struct node *node)
{
	return digests_bytes(node->digests);
}
