/* The lots of the ledger, each once, and whether it counts. What one entry and its lot say is judged in node_billing_sent.c; here, what lots say of
 * each other: what was closed after a release, and what credits a lot that does not count. */
#include "node/node_billing_parts.h"

#include <stdlib.h>

#include "crdt/clock.h"
#include "node/team/view.h"

static int hash_cmp(const void *a, const void *b)
{
	const struct node_billing_row *left = a, *right = b;
	return lot_hash_cmp(&left->hash, &right->hash);
}

/* Of one lot that was written twice, the one that counts comes first, then the earlier one. */
static int copy_cmp(const void *a, const void *b)
{
	const struct node_billing_row *left = a, *right = b;
	const int order = hash_cmp(a, b);
	const bool counts = billing_standing_counts(left->standing);
	if (order)
		return order;
	if (counts != billing_standing_counts(right->standing))
		return counts ? -1 : 1;
	return (left->written_ms > right->written_ms) - (left->written_ms < right->written_ms);
}

static const struct node_billing_row *row_of(
        const struct node_billing_row *rows, uint32_t count, const void *hash)
{
	struct node_billing_row key = {0};
	memcpy(key.hash.bytes, hash, sizeof(key.hash.bytes));
	return count ? bsearch(&key, rows, count, sizeof(key), hash_cmp) : NULL;
}

bool billing_lot_knows(const struct billing_lot *lot, const struct lot_hash *hash)
{
	uint32_t low = 0, high = lot->known_count;
	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = lot_hash_cmp(&lot->known[middle], hash);
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Its holder released since, and said what her last lot was: neither this one, nor one that it takes into account. */
static bool is_after_release(const struct team_view *now, const struct node_billing_row *rows, uint32_t count,
        const struct node_billing_row *row)
{
	for (uint32_t i = 0; i < now->lease_count; i++) {
		const struct team_lease_fact *lease = &now->leases[i];
		if (!lease->released || lease->fence < row->lot->fence ||
		        !device_id_eq(&lease->holder, &row->lot->holder))
			continue;
		if (entry_hash_is_zero(&lease->last_lot))
			return true;
		const struct node_billing_row *last = row_of(rows, count, lease->last_lot.bytes);
		if (last && last != row && !billing_lot_knows(last->lot, &row->hash))
			return true;
	}
	return false;
}

/* It takes back a line that bills nothing, or that no lot that counts has. A lot that is not here yet is a gap, and no reason. */
static bool takes_back_what_is_not(
        const struct node_billing_row *rows, uint32_t count, const struct node_billing_row *row)
{
	for (uint32_t i = 0; i < row->lot->line_count; i++) {
		const struct billing_line *line = &row->lot->lines[i];
		if (!billing_line_cites(line))
			continue;
		const struct node_billing_row *cited = row_of(rows, count, line->cited_lot.bytes);
		if (cited &&
		        (!billing_standing_counts(cited->standing) ||
		                line->cited_line >= cited->lot->line_count ||
		                billing_line_cites(&cited->lot->lines[line->cited_line])))
			return true;
	}
	return false;
}

/* Until nothing changes: what does not count takes those with it that credit it. */
static void judge_together(const struct team_view *now, struct node_billing_row *rows, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (rows[i].standing == BILLING_STANDING_COUNTS &&
		        is_after_release(now, rows, count, &rows[i]))
			rows[i].standing = BILLING_STANDING_RELEASED;
	for (bool has_changed = true; has_changed;) {
		has_changed = false;
		for (uint32_t i = 0; i < count; i++) {
			if (!billing_standing_counts(rows[i].standing) ||
			        !takes_back_what_is_not(rows, count, &rows[i]))
				continue;
			rows[i].standing = BILLING_STANDING_UNUSABLE;
			has_changed = true;
		}
	}
}

static int take_row(struct node *node, const struct billing_source *source, bool is_judged,
        struct arena *arena, struct node_billing_row *row)
{
	struct span bytes;
	struct billing_lot *lot = arena_zero(arena, 1, sizeof(*lot));
	int result = billing_lot_bytes(node, source, &bytes);
	*row = (struct node_billing_row){.written_ms = crdt_hlc_ms(source->event.hlc)};
	if (result || !bytes.size)
		return result;
	row->hash = lot_hash_of(bytes);
	if (lot_decode(lot, bytes, arena))
		return 0; /* its author wrote nonsense: no honest node counts it */
	row->lot = lot;
	if (is_judged)
		row->standing = billing_standing_of(node, source, lot, &row->hash);
	return 0;
}

int billing_ledger(struct node *node, const struct billing_bounds *bounds, struct arena *arena,
        struct node_billing_row **out, uint32_t *count)
{
	struct billing_sources sources = {0};
	int result = billing_collect_from(node, SCHEMA_DOC_LEDGER, SCHEMA_LOT, bounds, &sources);
	struct node_billing_row *rows = arena_zero(arena, sources.count, sizeof(*rows));
	uint32_t taken = 0, kept = 0;
	for (size_t i = 0; result == 0 && i < sources.count; i++) {
		result = take_row(node, &sources.items[i], !bounds->lot, arena, &rows[taken]);
		taken += result == 0 && rows[taken].lot;
	}
	mem_free(sources.items);
	if (taken)
		qsort(rows, taken, sizeof(*rows), copy_cmp);
	for (uint32_t i = 0; i < taken; i++)
		if (kept == 0 || !lot_hash_eq(&rows[kept - 1].hash, &rows[i].hash))
			rows[kept++] = rows[i];
	if (!bounds->lot && result == 0)
		judge_together(node_view(node), rows, kept);
	*out = rows;
	*count = kept;
	return result;
}
