/* Which lots count: a lot is signed by who held the lease, and takes into account what the holders before released. Where one of them is lost, two
 * persons have to say so (node/billing/README.md, "Lost holders"). Every receiver judges alike: by the membership that the lot's entry cites, and by
 * the words that stand now. */
#include "node/node_billing_parts.h"

#include "crdt/base/err.h"
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

static bool is_over(const struct team_dag *dag, const struct team_view *view, const struct entry_hash *lease)
{
	for (uint32_t i = 0; i < view->word_count; i++) {
		const struct team_billing_word *word = word_of(dag, &view->words[i]);
		if (view->words[i].is_seconded && word->what == TEAM_WORD_OVER &&
		        entry_hash_eq(&word->lease, lease))
			return true;
	}
	return false;
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

static bool is_known(const struct lot_hash *known, uint32_t count, const struct entry_hash *lot)
{
	for (uint32_t i = 0; i < count; i++)
		if (memcmp(known[i].bytes, lot->bytes, sizeof(lot->bytes)) == 0)
			return true;
	return entry_hash_is_zero(lot);
}

/* What a device released, or is over by two persons' word, covers the leases that it held before: its last lot is the last of them all. */
static bool is_covered(
        const struct team_dag *dag, const struct team_view *view, const struct team_lease_fact *lease)
{
	for (uint32_t i = 0; i < view->lease_count; i++) {
		const struct team_lease_fact *later = &view->leases[i];
		if (device_id_eq(&later->holder, &lease->holder) && later->fence >= lease->fence &&
		        (later->released || is_over(dag, view, &later->hash)))
			return true;
	}
	return false;
}

/* Who holds the lease knows what she closed herself under an earlier one. */
const struct team_lease_fact *billing_unsettled(const struct team_dag *dag, const struct team_view *view,
        const struct lot_hash *known, uint32_t known_count, bool *is_missing)
{
	const struct team_lease_fact *unreleased = NULL;
	*is_missing = false;
	for (uint32_t i = 0; i < view->lease_count; i++) {
		const struct team_lease_fact *lease = &view->leases[i];
		if (entry_hash_eq(&lease->hash, &view->lease.lease) ||
		        device_id_eq(&lease->holder, &view->lease.holder))
			continue;
		if (lease->released && !is_known(known, known_count, &lease->last_lot)) {
			*is_missing = true;
			return lease;
		}
		if (!unreleased && !is_covered(dag, view, lease))
			unreleased = lease;
	}
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

/* Programs that wrote format 1 knew neither releases nor words: where the team had none, nothing of this was asked. */
static bool is_from_before(const struct billing_lot *lot, const struct team_view *cited)
{
	if (lot->format != LOT_FORMAT_FIRST || cited->word_count)
		return false;
	for (uint32_t i = 0; i < cited->lease_count; i++)
		if (cited->leases[i].released)
			return false;
	return true;
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
	if (is_from_before(lot, cited))
		return BILLING_STANDING_COUNTS;
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
