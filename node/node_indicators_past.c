/* Frontiers of indicators: as bytes, as what names them, and the facts as they were at one. */
#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "node/node_indicators.h"
#include "node/node_state.h"
#include "store/store_past.h"

enum { DERIVED_TABLES = 1 << STORE_DOC | 1 << STORE_INDEX };

/* ---- Frontiers --------------------------------------------------------------------------------------------------- */

static bool is_source(enum compartment compartment)
{
	return compartment == COMPARTMENT_CLINICAL || compartment == COMPARTMENT_BILLING ||
	        compartment == COMPARTMENT_TEAM;
}

static int ref_cmp(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct entry_ref *)a)->feed, &((const struct entry_ref *)b)->feed);
}

void node_indicators_frontier(struct node *node, struct arena *arena, struct node_frontier *out)
{
	struct log *log = node_log(node);
	*out = (struct node_frontier){.refs = arena_zero(arena, log_feed_count(log) + 1, sizeof(*out->refs))};
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if (is_source(feed->compartment) && feed->committed_seq >= feed->begin)
			out->refs[out->count++] = (struct entry_ref){feed->id, feed->committed_seq};
	}
	if (out->count)
		qsort(out->refs, out->count, sizeof(*out->refs), ref_cmp);
}

void node_frontier_put(const struct node_frontier *frontier, struct buf *out)
{
	wire_put_varint(out, frontier->count);
	for (uint32_t i = 0; i < frontier->count; i++) {
		buf_add(out, frontier->refs[i].feed.bytes, ID_LONG_BYTES);
		wire_put_varint(out, frontier->refs[i].seq);
	}
}

int node_frontier_get(struct span bytes, struct arena *arena, struct node_frontier *out)
{
	struct wire_in in = wire_begin(bytes);
	out->count = wire_count(&in, LIMIT_FEEDS, ID_LONG_BYTES + 1);
	out->refs = arena_zero(arena, out->count + 1, sizeof(*out->refs));
	for (uint32_t i = 0; i < out->count; i++) {
		wire_raw(&in, out->refs[i].feed.bytes, ID_LONG_BYTES);
		out->refs[i].seq = wire_varint(&in);
		if (i && ref_cmp(&out->refs[i - 1], &out->refs[i]) >= 0)
			wire_fail(&in, ERR_MALFORMED);
	}
	return wire_end(&in);
}

void node_frontier_hash(const uint8_t salt[NODE_FRONTIER_SALT_BYTES], struct span frontier,
        uint8_t out[PUBLISHED_SOURCE_BYTES])
{
	static const char name[] = "releve indicators 1";
	crypto_generichash_state state;
	crypto_generichash_init(&state, NULL, 0, PUBLISHED_SOURCE_BYTES);
	crypto_generichash_update(&state, (const uint8_t *)name, sizeof(name) - 1);
	crypto_generichash_update(&state, salt, NODE_FRONTIER_SALT_BYTES);
	crypto_generichash_update(&state, frontier.data, frontier.size);
	crypto_generichash_final(&state, out, PUBLISHED_SOURCE_BYTES);
}

/* ---- The past ---------------------------------------------------------------------------------------------------- */

static uint64_t reach_of(const struct node_frontier *frontier, const struct feed_id *feed)
{
	const struct entry_ref key = {.feed = *feed};
	const struct entry_ref *found = frontier->count
	        ? bsearch(&key, frontier->refs, frontier->count, sizeof(key), ref_cmp)
	        : NULL;
	return found ? found->seq : 0;
}

/* How far each feed goes into documents. ERR_GAP: not all of it is here. */
static int ends_of(struct node *node, const struct node_frontier *frontier, uint64_t *ends)
{
	struct log *log = node_log(node);
	uint32_t found = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		const uint64_t reach = reach_of(frontier, &feed->id);
		if (reach > feed->committed_seq && !feed->is_parted)
			return ERR_GAP;
		found += reach > 0;
		ends[i] = is_source(feed->compartment) ? reach : feed->committed_seq;
	}
	return found == frontier->count ? 0 : ERR_GAP;
}

int node_indicators_past(struct node *node, struct store *store, struct vault *vault,
        const struct node_frontier *frontier, struct arena *arena, struct indicator_values *values)
{
	uint64_t *ends = arena_zero(arena, log_feed_count(node_log(node)) + 1, sizeof(*ends));
	int result = ends_of(node, frontier, ends);
	if (result)
		return result;
	struct store *past = store_past_new(&(struct store_past_config){
	        .under = store, .hidden_tables = DERIVED_TABLES, .hidden_row = NODE_CHECKPOINT_ROW});
	struct node *replayed = NULL;
	const struct node_config config = {.env = node_env(node),
	        .store = past,
	        .vault = vault,
	        .incarnation = node_incarnation(node),
	        .replay_ends = ends};
	result = node_new(&config, &replayed);
	if (result == 0)
		result = node_indicators_compute(replayed, arena, values, 1);
	node_free(replayed);
	store_close(past);
	return result;
}
