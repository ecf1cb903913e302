/* Which lots count: a lot is signed by who held the lease, and takes into account what the holders before released. Where one of them is lost, two
 * persons have to say so (node/billing/README.md, "Lost holders"). Every receiver judges alike: by the membership that the lot's entry cites, and by
 * the words that stand now. */
#include "node/node_billing_parts.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/clock.h"
#include "node/calendar.h"
#include "node/team/dag.h"
#include "node/team/membership.h"

const char *billing_standing_sentence(enum billing_standing standing, bool french)
{
	switch (standing) {
#define BILLING_STANDING_CASE(number, name, fr, en) \
	case BILLING_STANDING_##name: \
		return french ? fr : en;
		BILLING_STANDING_TABLE(BILLING_STANDING_CASE)
#undef BILLING_STANDING_CASE
	}
	return "";
}

bool billing_standing_counts(enum billing_standing standing)
{
	return standing == BILLING_STANDING_COUNTS || standing == BILLING_STANDING_SENT;
}

static const struct team_billing_word *word_of(const struct team_dag *dag, const struct team_word_row *row)
{
	return &dag->nodes[row->node]->action.as.word;
}

const struct team_word_row *billing_close_word(const struct team_dag *dag, const struct team_view *view,
        const struct entry_hash *lease, uint32_t month)
{
	for (uint32_t i = 0; i < view->word_count; i++) {
		const struct team_billing_word *word = word_of(dag, &view->words[i]);
		if (view->words[i].is_seconded && word->what == TEAM_WORD_CLOSE && word->month == month &&
		        entry_hash_eq(&word->lease, lease))
			return &view->words[i];
	}
	return NULL;
}

static bool is_known(const struct lot_hash *known, uint32_t count, const uint8_t lot[ID_LONG_BYTES])
{
	for (uint32_t i = 0; i < count; i++)
		if (memcmp(known[i].bytes, lot, ID_LONG_BYTES) == 0)
			return true;
	return false;
}

static int entry_cmp(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct entry_hash));
}

/* By holder; of one holder the latest first, and of those the one that is settled by itself. */
struct former {
	const struct team_lease_fact *lease;
	bool is_settled;
};

static int former_cmp(const void *a, const void *b)
{
	const struct former *left = a, *right = b;
	const int order = device_id_cmp(&left->lease->holder, &right->lease->holder);
	if (order)
		return order;
	if (left->lease->fence != right->lease->fence)
		return left->lease->fence > right->lease->fence ? -1 : 1;
	return (int)right->is_settled - (int)left->is_settled;
}

/* Leases, ascending, that are over by two persons' word. Owner frees. */
static struct entry_hash *take_over(const struct team_dag *dag, const struct team_view *view, uint32_t *count)
{
	struct entry_hash *over = mem_zero((size_t)view->word_count + 1, sizeof(*over));
	*count = 0;
	for (uint32_t i = 0; i < view->word_count; i++)
		if (view->words[i].is_seconded && word_of(dag, &view->words[i])->what == TEAM_WORD_OVER)
			over[(*count)++] = word_of(dag, &view->words[i])->lease;
	if (*count)
		qsort(over, *count, sizeof(*over), entry_cmp);
	return over;
}

/* Per lease: is it settled? What a device released, or is over by two persons' word, covers the leases that it held before: its last lot is the
 * last of them all. Owner frees. */
static bool *take_settled(const struct team_dag *dag, const struct team_view *view)
{
	uint32_t over_count;
	struct entry_hash *over = take_over(dag, view, &over_count);
	struct former *formers = mem_zero((size_t)view->lease_count + 1, sizeof(*formers));
	bool *settled = mem_zero((size_t)view->lease_count + 1, sizeof(*settled));
	for (uint32_t i = 0; i < view->lease_count; i++) {
		const struct team_lease_fact *lease = &view->leases[i];
		formers[i] = (struct former){lease,
		        lease->released ||
		                (over_count &&
		                        bsearch(&lease->hash, over, over_count, sizeof(*over), entry_cmp))};
	}
	if (view->lease_count)
		qsort(formers, view->lease_count, sizeof(*formers), former_cmp);
	for (uint32_t i = 0; i < view->lease_count; i++) {
		if (i > 0 && device_id_eq(&formers[i].lease->holder, &formers[i - 1].lease->holder))
			formers[i].is_settled = formers[i].is_settled || formers[i - 1].is_settled;
		settled[formers[i].lease - view->leases] = formers[i].is_settled;
	}
	mem_free(over);
	mem_free(formers);
	return settled;
}

/* Who holds the lease knows what she closed herself under an earlier one. */
const struct team_lease_fact *billing_unsettled(const struct team_dag *dag, const struct team_view *view,
        const struct lot_hash *known, uint32_t known_count, bool *is_missing)
{
	const struct team_lease_fact *unreleased = NULL;
	bool *settled = take_settled(dag, view);
	*is_missing = false;
	for (uint32_t i = 0; i < view->lease_count && !*is_missing; i++) {
		const struct team_lease_fact *lease = &view->leases[i];
		if (entry_hash_eq(&lease->hash, &view->lease.lease) ||
		        device_id_eq(&lease->holder, &view->lease.holder))
			continue;
		*is_missing = lease->released && !entry_hash_is_zero(&lease->last_lot) &&
		        !is_known(known, known_count, lease->last_lot.bytes);
		if (*is_missing || (!unreleased && !settled[i]))
			unreleased = lease;
	}
	mem_free(settled);
	return unreleased;
}

static bool is_said_sent(const struct team_dag *dag, const struct team_view *view, const struct lot_hash *lot)
{
	for (uint32_t i = 0; i < view->word_count; i++) {
		const struct team_billing_word *word = word_of(dag, &view->words[i]);
		if (view->words[i].is_seconded && word->what == TEAM_WORD_SENT &&
		        memcmp(word->lot.bytes, lot->bytes, sizeof(lot->bytes)) == 0)
			return true;
	}
	return false;
}

/* A word that the lot's author knew, and that stands in the whole set still. */
static bool still_holds(const struct team_view *now, const struct entry_hash *word)
{
	for (uint32_t i = 0; i < now->word_count; i++)
		if (entry_hash_eq(&now->words[i].hash, word))
			return now->words[i].is_seconded;
	return false;
}

/* No honest program writes it, and nothing can be laid over it: of another team, of a month that had not begun when it was written, or it takes back
 * a line of a lot that it does not know. */
static bool is_unusable(struct node *node, const struct billing_source *source, const struct billing_lot *lot)
{
	const int64_t written_s = (int64_t)(crdt_hlc_ms(source->event.hlc) / 1000);
	const struct team_id team = *node_team(node);
	if (!team_id_eq(&lot->team, &team) ||
	        (int64_t)lot->month > calendar_month(written_s, calendar_paris_offset_minutes(written_s)))
		return true;
	for (uint32_t i = 0; i < lot->line_count; i++)
		if (billing_line_cites(&lot->lines[i]) && !billing_lot_knows(lot, &lot->lines[i].cited_lot))
			return true;
	return false;
}

/* `word` is the one that the lot rests on, where it rests on one. */
static enum billing_standing standing_at(const struct team_dag *dag, const struct team_view *cited,
        const struct device_id *author, const struct billing_lot *lot, struct entry_hash *word)
{
	const struct team_lease_row *lease = &cited->lease;
	bool is_missing;
	if (!lease->held || !device_id_eq(&lease->holder, author) || !device_id_eq(author, &lot->holder) ||
	        lease->fence != lot->fence ||
	        (lot->format != LOT_FORMAT_FIRST && !entry_hash_eq(&lease->lease, &lot->lease)))
		return BILLING_STANDING_NOT_HOLDER;
	if (lease->contested)
		return BILLING_STANDING_CONTESTED;
	if (!billing_unsettled(dag, cited, lot->known, lot->known_count, &is_missing))
		return BILLING_STANDING_COUNTS;
	if (is_missing)
		return BILLING_STANDING_MISSING;
	const struct team_word_row *row = billing_close_word(dag, cited, &lease->lease, lot->month);
	if (!row || (lot->format != LOT_FORMAT_FIRST && !entry_hash_eq(&row->hash, &lot->word)))
		return BILLING_STANDING_UNRELEASED;
	*word = row->hash;
	return BILLING_STANDING_COUNTS;
}

enum billing_standing billing_standing_of(struct node *node, const struct billing_source *source,
        const struct billing_lot *lot, const struct lot_hash *hash)
{
	struct node_entry entry;
	struct team_membership *members = node_membership(node);
	const struct team_dag *dag = team_membership_dag(members);
	const struct device_id author = log_feed(node_log(node), source->feed)->device;
	struct entry_hash word = {{0}};
	if (is_unusable(node, source, lot))
		return BILLING_STANDING_UNUSABLE; /* whoever says that it was sent */
	if (is_said_sent(dag, node_view(node), hash))
		return BILLING_STANDING_SENT;
	if (node_read(node, source->feed, source->event.op.seq, &entry))
		return BILLING_STANDING_NOT_HOLDER;
	const struct entry_hash membership = entry.header.membership;
	const struct team_view *cited = team_membership_view_at(members, &membership);
	if (!cited)
		return BILLING_STANDING_NOT_HOLDER;
	enum billing_standing standing = standing_at(dag, cited, &author, lot, &word);
	if (standing == BILLING_STANDING_COUNTS && !entry_hash_is_zero(&word) &&
	        !still_holds(node_view(node), &word))
		standing = BILLING_STANDING_UNRELEASED;
	return standing;
}
