/*
 * What this device signs at a meeting, what others signed, how good its clock is (README.md, "Meetings").
 *
 * When it signs is decided by node/peers_meeting.c; who agrees with whom is computed by node/accords.h.
 */
#include "node/node_accord.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_history.h"
#include "node/node_state.h"

static const char HEADS_DOMAIN[] = "releve heads 1", MEETING_ROW[] = "meeting";
enum { MARK_VERSION = 1 };

bool node_signs(const struct node *node, const struct team_device *device)
{
	return device && device->state == TEAM_DEVICE_ACTIVE && !device->relay &&
	        !node_rights_lapsed(node, device) &&
	        team_view_level(node_view(node), &device->id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ;
}

/* ---- What is here ------------------------------------------------------------------------------------------------- */

static int feed_cmp(const void *a, const void *b)
{
	const struct log_feed *const *left = a, *const *right = b;
	return feed_id_cmp(&(*left)->id, &(*right)->id);
}

/* Over the heads that are on the disk. */
static void hash_heads(struct node *node, enum compartment compartment, uint8_t out[ACCORD_HASH_BYTES])
{
	const uint32_t all = log_feed_count(node->log);
	const struct log_feed **feeds = mem_zero(all + 1, sizeof(*feeds));
	uint32_t count = 0;
	uint8_t digest[32];
	struct buf bytes = {0};
	buf_add(&bytes, HEADS_DOMAIN, sizeof(HEADS_DOMAIN) - 1);
	for (uint32_t i = 0; i < all; i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->compartment == compartment && feed->committed_seq >= feed->begin)
			feeds[count++] = feed;
	}
	if (count)
		qsort(feeds, count, sizeof(*feeds), feed_cmp);
	for (uint32_t i = 0; i < count; i++) {
		buf_add(&bytes, feeds[i]->id.bytes, sizeof(feeds[i]->id.bytes));
		wire_put_u64(&bytes, feeds[i]->committed_seq);
		buf_add(&bytes, feeds[i]->committed_hash.bytes, sizeof(feeds[i]->committed_hash.bytes));
	}
	crypto_generichash(digest, sizeof(digest), bytes.data, bytes.size, NULL, 0);
	memcpy(out, digest, ACCORD_HASH_BYTES);
	buf_close(&bytes);
	mem_free(feeds);
}

static void put_heads(struct node *node, struct accord *accord)
{
	for (unsigned i = COMPARTMENT_MEMBERSHIP; i <= COMPARTMENT_LAST; i++) {
		struct accord_heads *heads = &accord->heads[accord->head_count];
		if (i != COMPARTMENT_MEMBERSHIP && !node_may_read(node, (enum compartment)i))
			continue;
		heads->compartment = (uint8_t)i;
		hash_heads(node, (enum compartment)i, heads->hash);
		accord->head_count++;
	}
}

bool node_accord_holds(struct node *node, const struct accord *accord)
{
	struct accord now = {0};
	put_heads(node, &now);
	for (uint32_t i = 0; i < now.head_count; i++) {
		const struct accord_heads *then = accord_find_heads(accord, now.heads[i].compartment);
		if (then && memcmp(then->hash, now.heads[i].hash, sizeof(then->hash)) != 0)
			return false;
	}
	return true;
}

/* ---- Others' ------------------------------------------------------------------------------------------------------ */

static struct node_accord *find(const struct node *node, const struct device_id *device)
{
	for (uint32_t i = 0; i < node->accord_count; i++)
		if (device_id_eq(&node->accords[i].accord.device, device))
			return &node->accords[i];
	return NULL;
}

const struct accord *node_accord_of(const struct node *node, const struct device_id *device)
{
	const struct node_accord *found = find(node, device);
	return found ? &found->accord : NULL;
}

uint64_t node_accords_mark(const struct node *node)
{
	return node->accords_mark;
}

static int keep(struct node *node, const struct accord *accord, struct span content, struct arena *arena)
{
	struct node_accord *kept = find(node, &accord->device);
	if (kept && !accord_is_later(accord, content, &kept->accord, buf_span(&kept->bytes)))
		return 0;
	if (!kept) {
		node->accords = mem_resize(node->accords, node->accord_count + 1, sizeof(*node->accords));
		kept = &node->accords[node->accord_count++];
		*kept = (struct node_accord){0};
	}
	buf_clear(&kept->bytes);
	buf_add_span(&kept->bytes, content);
	struct arena old = kept->arena;
	kept->accord = *accord;
	kept->arena = *arena;
	*arena = old;
	node->accords_mark++;
	node_state_moved(node);
	return 1;
}

int node_put_accord(struct node *node, struct span content)
{
	struct arena arena = {0};
	struct accord accord;
	int result = accord_decode(&accord, content, &node->team, &arena);
	if (result < 0)
		node_refused(node, REFUSED_RECEIPT, refusals_reason_of(result));
	else if (!node_view(node) || !team_view_device(node_view(node), &accord.device))
		node_refused(node, REFUSED_RECEIPT, TEAM_REASON_UNKNOWN_DEVICE);
	else
		result = keep(node, &accord, content, &arena);
	arena_close(&arena);
	return result == ERR_VERSION ? 0 : result;
}

void node_own_accord(struct node *node, struct buf *row)
{
	const struct device_id self = node_device(node);
	const struct node_accord *own = find(node, &self);
	if (!own)
		return;
	wire_put_u8(row, NODE_ROW_ACCORD);
	buf_add_span(row, buf_span(&own->bytes));
}

void node_forget_accords(struct node *node)
{
	for (uint32_t i = 0; i < node->accord_count; i++) {
		buf_close(&node->accords[i].bytes);
		arena_close(&node->accords[i].arena);
	}
	node->accord_count = 0;
	crdt_frontier_close(&node->met_before);
	crdt_frontier_close(&node->met_now);
	node->met_before_ms = node->met_now_ms = 0;
}

/* ---- Our own ------------------------------------------------------------------------------------------------------ */

static int missing_cmp(const void *a, const void *b)
{
	return device_id_cmp(
	        &((const struct accord_missing *)a)->device, &((const struct accord_missing *)b)->device);
}

/* Signers who are not here. */
static uint32_t list_missing(struct node *node, const struct accord *accord, struct accord_missing *out)
{
	const struct team_view *view = node_view(node);
	const struct device_id self = node_device(node);
	uint32_t count = 0;
	for (uint32_t i = 0; i < view->device_count && count < LIMIT_TEAM_DEVICES_ACTIVE; i++) {
		const struct device_id *id = &view->devices[i].id;
		if (!node_signs(node, &view->devices[i]) || device_id_eq(id, &self) ||
		        accord_find_present(accord, id))
			continue;
		out[count++] = (struct accord_missing){*id, node_heard_of(node, id).said_ms / 1000};
	}
	if (count)
		qsort(out, count, sizeof(*out), missing_cmp);
	return count;
}

static int sign(struct node *node, const struct accord *accord)
{
	const struct key_signer signer = {node->team, accord->device, node->identity.secrets->sign};
	struct buf bytes = {0};
	int result = accord_encode(accord, &signer, &bytes);
	if (result == 0)
		result = node_put_accord(node, buf_span(&bytes));
	buf_close(&bytes);
	return result < 0 ? result : 0;
}

int node_sign_accord(struct node *node, const struct accord_present *present, uint32_t count, bool is_first)
{
	struct accord_missing missing[LIMIT_TEAM_DEVICES_ACTIVE];
	const struct device_id self = node_device(node);
	const struct accord *last = node_accord_of(node, &self);
	const bool reads = node->txn != NULL;
	struct accord accord = {.device = self,
	        .counter = ack_counter_next(last ? last->counter : 0, env_wall_ms(node->config.env)),
	        .present = present,
	        .present_count = count,
	        .missing = missing};
	int result = node_cite_membership(node, &accord.membership);
	if (!reads)
		node_end_read(node);
	if (result || !node_idle(node)) /* heads were joined: that has to be everywhere first */
		return result ? result : ERR_BUSY;
	put_heads(node, &accord);
	accord.missing_count = list_missing(node, &accord, missing);
	result = sign(node, &accord);
	return result ? result : node_mark_meeting(node, is_first);
}

/* ---- What was here at the last meeting ------------------------------------------------------------------------------ */

static void put_frontier(
        struct node *node, const struct crdt_frontier *frontier, uint64_t ms, struct buf *out)
{
	uint32_t number;
	wire_put_varint(out, ms);
	wire_put_varint(out, frontier->count);
	for (uint32_t i = 0; i < frontier->count; i++) {
		const bool known = log_feed_number(node->log, &frontier->items[i].feed, &number);
		wire_put_varint(out, known ? number : 0);
		wire_put_varint(out, known ? frontier->items[i].seq : 0);
	}
}

static uint64_t get_frontier(struct node *node, struct wire_in *in, struct crdt_frontier *out)
{
	const uint64_t ms = wire_varint(in);
	const uint32_t count = wire_count(in, LIMIT_FEEDS, 2);
	for (uint32_t i = 0; i < count; i++) {
		const uint64_t number = wire_varint(in), seq = wire_varint(in);
		if (in->error || number >= log_feed_count(node->log))
			continue;
		const struct log_feed *feed = log_feed(node->log, (uint32_t)number);
		crdt_frontier_raise(out, &feed->id, seq < feed->committed_seq ? seq : feed->committed_seq);
	}
	return ms;
}

int node_mark_meeting(struct node *node, bool is_first)
{
	struct buf row = {0};
	if (is_first) {
		crdt_frontier_close(&node->met_before);
		node->met_before = node->met_now;
		node->met_before_ms = node->met_now_ms;
		node->met_now = (struct crdt_frontier){0};
	}
	crdt_frontier_close(&node->met_now);
	node_present(node, &node->met_now);
	node->met_now_ms = env_wall_ms(node->config.env);
	wire_put_u8(&row, MARK_VERSION);
	put_frontier(node, &node->met_before, node->met_before_ms, &row);
	put_frontier(node, &node->met_now, node->met_now_ms, &row);
	int result = node_put_local(node, MEETING_ROW, buf_span(&row), NULL, NULL);
	buf_close(&row);
	return result;
}

int node_load_meeting(struct node *node, struct store_txn *txn)
{
	struct buf row = {0};
	if (node_get_local(node, txn, MEETING_ROW, &row) == 0) {
		struct wire_in in = wire_begin(buf_span(&row));
		if (wire_u8(&in) == MARK_VERSION) {
			node->met_before_ms = get_frontier(node, &in, &node->met_before);
			node->met_now_ms = get_frontier(node, &in, &node->met_now);
		}
	}
	buf_close(&row);
	return 0;
}

const struct crdt_frontier *node_last_meeting(const struct node *node, bool is_under_way, uint64_t *ms)
{
	*ms = is_under_way ? node->met_before_ms : node->met_now_ms;
	return is_under_way ? &node->met_before : &node->met_now;
}

/* ---- How good our clock is ------------------------------------------------------------------------------------------ */

/* By how much the wall's clock is ahead of the steady one. */
static int64_t clock_offset_ms(const struct node *node)
{
	return (int64_t)(env_wall_ms(node->config.env) - env_monotonic_ms(node->config.env));
}

void node_clock_compared(struct node *node)
{
	node->clock_offset_ms = clock_offset_ms(node);
	node->clock_watched = true;
}

int64_t node_clock_moved_ms(const struct node *node)
{
	return node->clock_watched ? clock_offset_ms(node) - node->clock_offset_ms : 0;
}

static bool clock_jumped(const struct node *node)
{
	const int64_t moved_ms = node_clock_moved_ms(node);
	return moved_ms > NODE_CLOCK_OFF_MS || moved_ms < -NODE_CLOCK_OFF_MS;
}

/* Nurses' and readers' devices: a relay is a machine that somebody rents, and a locum is here for a while. */
static bool counts(const struct node *node, const struct node_heard_row *row)
{
	const struct team_view *view = node_view(node);
	const struct team_device *device = team_view_device(view, &row->device);
	return row->compared_ms && device && device->state == TEAM_DEVICE_ACTIVE && !device->relay &&
	        team_view_role(view, &row->device) != TEAM_ROLE_LOCUM &&
	        team_view_level(view, &row->device, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ;
}

uint8_t node_clock_grade(const struct node *node)
{
	enum { TOGETHER_MS = 3600 * 1000 };
	const uint64_t day_ms = UINT64_C(24) * 3600 * 1000, now_ms = env_wall_ms(node->config.env);
	uint64_t latest_ms = 0;
	uint32_t agree = 0, differ = 0;
	if (!node_view(node))
		return CLOCK_UNKNOWN;
	if (clock_jumped(node))
		return CLOCK_DOUBTFUL;
	for (uint32_t i = 0; i < node->heard_count; i++)
		if (counts(node, &node->heard[i]) && node->heard[i].compared_ms > latest_ms)
			latest_ms = node->heard[i].compared_ms;
	if (latest_ms == 0 || now_ms + NODE_CLOCK_OFF_MS < latest_ms || now_ms > latest_ms + 15 * day_ms)
		return CLOCK_UNKNOWN;
	for (uint32_t i = 0; i < node->heard_count; i++) {
		const struct node_heard_row *row = &node->heard[i];
		if (!counts(node, row) || latest_ms - row->compared_ms > TOGETHER_MS)
			continue;
		const bool is_off = row->skew_ms > NODE_CLOCK_OFF_MS || row->skew_ms < -NODE_CLOCK_OFF_MS;
		agree += !is_off;
		differ += is_off;
	}
	if (agree && agree >= differ)
		return CLOCK_COMPARED;
	return differ > 1 && differ > agree ? CLOCK_DOUBTFUL : CLOCK_UNKNOWN;
}
