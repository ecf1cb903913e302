#include "node/node_billing_parts.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/clock.h"
#include "node/node_record.h"
#include "node/record.h"
#include "node/team/membership.h"

/* ---- The lots of the ledger --------------------------------------------------------------------------------------- */

static int row_cmp(const void *a, const void *b)
{
	const struct node_billing_row *left = a, *right = b;
	if (left->lot->month != right->lot->month)
		return left->lot->month < right->lot->month ? -1 : 1;
	if (left->lot->fence != right->lot->fence)
		return left->lot->fence < right->lot->fence ? -1 : 1;
	if (left->lot->known_count != right->lot->known_count)
		return left->lot->known_count < right->lot->known_count ? -1 : 1;
	return lot_hash_cmp(&left->hash, &right->hash);
}

int node_billing_lots(
        struct node *node, struct node_billing *billing, struct node_billing_row **rows, uint32_t *count)
{
	const struct billing_bounds all = {NULL};
	*billing = (struct node_billing){0};
	*rows = NULL;
	*count = 0;
	if (!node_in_team(node))
		return ERR_NOTEAM;
	if (!node_idle(node))
		return ERR_BUSY;
	int result = billing_ledger(node, &all, &billing->arena, rows, count);
	if (*count)
		qsort(*rows, *count, sizeof(**rows), row_cmp);
	return result;
}

int node_billing_standing(struct node *node, const struct lot_hash *hash, enum billing_standing *standing)
{
	struct node_billing billing;
	struct node_billing_row *rows;
	uint32_t count;
	int result = node_billing_lots(node, &billing, &rows, &count), found = ERR_NOTFOUND;
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		if (!lot_hash_eq(&rows[i].hash, hash))
			continue;
		*standing = rows[i].standing;
		found = 0;
	}
	node_billing_wipe(&billing);
	return result ? result : found;
}

int node_billing_lot_named(struct node *node, const struct lot_hash *hash, struct buf *bytes)
{
	struct billing_sources sources = {0};
	const struct billing_bounds all = {NULL};
	int result = billing_collect_from(node, SCHEMA_DOC_LEDGER, SCHEMA_LOT, &all, &sources),
	    found = ERR_NOTFOUND;
	for (size_t i = 0; result == 0 && found && i < sources.count; i++) {
		struct span encoded;
		result = billing_lot_bytes(node, &sources.items[i], &encoded);
		struct lot_hash known = result ? (struct lot_hash){{0}} : lot_hash_of(encoded);
		if (result || !encoded.size || !lot_hash_eq(&known, hash))
			continue;
		buf_add_span(bytes, encoded);
		found = 0;
	}
	mem_free(sources.items);
	return result ? result : found;
}

int node_billing_lot(struct node *node, uint32_t month, struct buf *bytes)
{
	struct node_billing billing;
	struct node_billing_row *rows;
	uint32_t count;
	const struct node_billing_row *newest = NULL;
	int result = node_billing_lots(node, &billing, &rows, &count);
	for (uint32_t i = 0; result == 0 && i < count; i++)
		if (rows[i].lot->month == month && billing_standing_counts(rows[i].standing))
			newest = &rows[i];
	if (result == 0)
		result = newest ? node_billing_lot_named(node, &newest->hash, bytes) : ERR_NOTFOUND;
	node_billing_wipe(&billing);
	return result;
}

/* ---- The lease and words about it --------------------------------------------------------------------------------- */

/* The lot that stands last, by this device; zero: none. */
static int last_lot(struct node *node, bool own, struct entry_hash *out)
{
	struct node_billing billing;
	struct node_billing_row *rows;
	const struct device_id self = node_device(node);
	uint32_t count;
	int result = node_billing_lots(node, &billing, &rows, &count);
	for (uint32_t i = 0; result == 0 && i < count; i++)
		if (billing_standing_counts(rows[i].standing) &&
		        (!own || device_id_eq(&rows[i].lot->holder, &self)))
			memcpy(out->bytes, rows[i].hash.bytes, sizeof(out->bytes));
	node_billing_wipe(&billing);
	return result;
}

int node_billing_designate(struct node *node, const struct device_id *holder, node_done done, void *context)
{
	const struct team_view *view = node_view(node);
	struct team_action action = {.kind = TEAM_ACTION_LEASE};
	struct entry_hash hash;
	if (!view)
		return ERR_NOTEAM;
	action.as.lease.holder = *holder;
	action.as.lease.fence = view->lease.fence_max + 1;
	if (node_idle(node)) {
		int result = last_lot(node, false, &action.as.lease.previous_lot);
		if (result)
			return result;
	}
	return node_act(node, &action, &hash, done, context);
}

static bool holds(struct node *node)
{
	const struct team_view *view = node_view(node);
	struct device_id self = node_device(node);
	return view && view->lease.held && device_id_eq(&view->lease.holder, &self);
}

int node_billing_release(struct node *node, node_done done, void *context)
{
	struct team_action action = {.kind = TEAM_ACTION_RELEASE};
	struct entry_hash hash;
	if (!node_view(node))
		return ERR_NOTEAM;
	if (!holds(node))
		return ERR_DENIED;
	action.as.release.lease = node_view(node)->lease.lease;
	int result = last_lot(node, true, &action.as.release.last_lot);
	return result ? result : node_act(node, &action, &hash, done, context);
}

int node_billing_say(struct node *node, const struct team_billing_word *word, struct entry_hash *hash,
        node_done done, void *context)
{
	struct team_action action = {.kind = TEAM_ACTION_BILLING_WORD, .as.word = *word};
	return node_act(node, &action, hash, done, context);
}

int node_billing_second(struct node *node, const struct entry_hash *word, node_done done, void *context)
{
	struct team_action action = {.kind = TEAM_ACTION_SECOND, .as.word_hash = *word};
	struct entry_hash hash;
	return node_act(node, &action, &hash, done, context);
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

/* What the former holders left open. ERR_DENIED: two persons have to speak first. */
static int settle_former(struct node *node, struct node_billing *billing, struct node_billing_refusal *why)
{
	const struct team_dag *dag = team_membership_dag(node_membership(node));
	const struct team_view *view = node_view(node);
	struct billing_input *input = &billing->input;
	struct lot_hash *known = arena_zero(&billing->arena, input->previous_count, sizeof(*known));
	bool is_missing;
	for (uint32_t i = 0; i < input->previous_count; i++)
		known[i] = input->previous[i].hash;
	const struct team_lease_fact *open = billing_unsettled(
	        dag, view, known, input->previous_count, &is_missing);
	if (!open)
		return 0;
	why->holder = open->holder;
	why->standing = is_missing ? BILLING_STANDING_MISSING : BILLING_STANDING_UNRELEASED;
	if (is_missing)
		return ERR_GAP;
	const struct team_word_row *word = billing_close_word(dag, view, &view->lease.lease, input->month);
	if (!word)
		return ERR_DENIED;
	why->standing = 0;
	input->word = word->hash;
	return 0;
}

/* What was closed before: this month, or a later one. */
static void look_back(const struct billing_input *input, bool *is_closed, uint32_t *later)
{
	*is_closed = false;
	*later = 0;
	for (uint32_t i = 0; i < input->previous_count; i++) {
		const uint32_t month = input->previous[i].lot->month;
		*is_closed = *is_closed || month == input->month;
		if (month > input->month && month > *later)
			*later = month;
	}
}

/* No visit of the lot ends after now. */
static int check_clock(const struct billing_lot *lot, int64_t now_s, struct billing_obstacle *obstacle)
{
	for (uint32_t i = 0; now_s && i < lot->line_count; i++)
		for (uint32_t j = 0; j < lot->lines[i].item_count; j++) {
			if (lot->lines[i].items[j].end_s <= now_s || billing_line_cites(&lot->lines[i]))
				continue;
			*obstacle = (struct billing_obstacle){.has_visit = true,
			        .visit = lot->lines[i].items[j].visit,
			        .kind = BILLING_OBSTACLE_FUTURE};
			return ERR_INVALID;
		}
	return 0;
}

int node_billing_preview(struct node *node, uint32_t month, struct span territory,
        struct node_billing *billing, struct billing_lot *lot, struct node_billing_refusal *why)
{
	bool is_closed;
	*why = (struct node_billing_refusal){0};
	int result = node_billing_gather(node, month, territory, billing);
	if (result)
		return result;
	look_back(&billing->input, &is_closed, &why->later);
	result = settle_former(node, billing, why);
	if (result && result != ERR_DENIED && result != ERR_GAP)
		return result;
	return billing_close(&billing->input, &billing->arena, lot, &why->obstacle);
}

static int may_close(struct node *node, struct node_billing_refusal *why)
{
	if (!node_view(node))
		return ERR_NOTEAM;
	if (!holds(node))
		return ERR_DENIED;
	why->standing = node_view(node)->lease.contested ? BILLING_STANDING_CONTESTED : 0;
	return why->standing ? ERR_CONFLICT : 0;
}

static int compute(struct node *node, struct node_billing *billing, const struct node_billing_how *how,
        struct billing_lot *lot, struct node_billing_refusal *why)
{
	bool is_closed;
	look_back(&billing->input, &is_closed, &why->later);
	if (is_closed && !how->is_again)
		return ERR_EXISTS;
	int result = settle_former(node, billing, why);
	if (result == 0)
		result = billing_close(&billing->input, &billing->arena, lot, &why->obstacle);
	if (result == 0 && is_closed && lot->line_count == 0)
		result = ERR_EXISTS;
	return result ? result : check_clock(lot, how->now_s, &why->obstacle);
}

int node_billing_close(struct node *node, uint32_t month, struct span territory,
        const struct node_billing_how *how, struct buf *bytes, struct lot_hash *hash,
        struct node_billing_refusal *why, node_done done, void *context)
{
	struct node_billing billing;
	struct billing_lot lot;
	size_t before = bytes->size;
	*why = (struct node_billing_refusal){0};
	int result = may_close(node, why);
	if (result)
		return result;
	result = node_billing_gather(node, month, territory, &billing);
	if (result == 0)
		result = compute(node, &billing, how, &lot, why);
	if (result == 0)
		result = lot_encode(&lot, bytes);
	if (result == 0) {
		struct span encoded = span_sub(buf_span(bytes), before, SIZE_MAX);
		*hash = lot_hash_of(encoded);
		result = write_lot(node, month, encoded, done, context);
	}
	node_billing_wipe(&billing);
	return result;
}

int node_billing_close_month(struct node *node, uint32_t month, struct span territory, struct buf *bytes,
        struct lot_hash *hash, struct billing_obstacle *obstacle, node_done done, void *context)
{
	struct node_billing_refusal why;
	int result = node_billing_close(
	        node, month, territory, &(struct node_billing_how){0}, bytes, hash, &why, done, context);
	*obstacle = why.obstacle;
	return result;
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
	struct buf there = {0};
	const struct lot_hash hash = lot_hash_of(bytes);
	int result = node_billing_lot_named(node, &hash, &there);
	buf_close(&there);
	return result;
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
	struct billing_bounds bounds = {theirs};
	billing->input.month = theirs->month;
	result = billing_gather(node, &bounds, billing);
	return result ? result : billing_verify(&billing->input, bytes, &billing->arena, theirs, mine);
}
