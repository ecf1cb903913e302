/*
 * When other devices were last heard of, through whom, and up to which moment everything of theirs is here (README.md, "Receipts").
 *
 * What a device has said is signed (its acknowledgement); when and how that came here is this device's own memory, one sealed row.
 */
#include "node/node_state.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"

static const char HEARD_ROW[] = "heard of";
enum { HEARD_VERSION = 1, ROW_BYTES_MIN = 2 * ID_LONG_BYTES + 4, KEEP_AGAIN_MS = 60 * 1000 };

/* ---- The row ----------------------------------------------------------------------------------------------------- */

static struct node_heard_row *find(const struct node *node, const struct device_id *device)
{
	for (uint32_t i = 0; i < node->heard_count; i++)
		if (device_id_eq(&node->heard[i].device, device))
			return &node->heard[i];
	return NULL;
}

static struct node_heard_row *row_of(struct node *node, const struct device_id *device)
{
	struct node_heard_row *row = find(node, device);
	node->heard_moved = true;
	if (row)
		return row;
	node->heard = mem_room(node->heard, node->heard_count, &node->heard_room, sizeof(*node->heard));
	row = &node->heard[node->heard_count++];
	*row = (struct node_heard_row){.device = *device};
	return row;
}

/* It goes with the next row of state; without one, once in a while: connections may come and go often. */
static void keep_soon(struct node *node)
{
	if (env_monotonic_ms(node->config.env) - node->heard_saved_ms > KEEP_AGAIN_MS ||
	        !node->heard_saved_ms)
		node->keys_touched = true;
}

static bool is_of_team(const struct node *node, const struct device_id *device)
{
	return node_view(node) && team_view_device(node_view(node), device);
}

int node_get_local(struct node *node, struct store_txn *txn, const char *name, struct buf *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	vault_name(node->config.vault, key, STORE_LOCAL, span_text(name));
	return vault_get(node->config.vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), out);
}

/* Devices that are in the team, or were: as many as LIMIT_TEAM_DEVICES. */
int node_save_heard(struct node *node)
{
	struct buf out = {0};
	if (!node->heard_moved || !node->in_team)
		return 0;
	node->heard_moved = false;
	node->heard_saved_ms = env_monotonic_ms(node->config.env);
	wire_put_u8(&out, HEARD_VERSION);
	wire_put_varint(&out, node->heard_count);
	for (uint32_t i = 0; i < node->heard_count; i++) {
		const struct node_heard_row *row = &node->heard[i];
		buf_add(&out, row->device.bytes, sizeof(row->device.bytes));
		buf_add(&out, row->through.bytes, sizeof(row->through.bytes));
		wire_put_varint(&out, row->heard_ms);
		wire_put_varint(&out, row->met_ms);
		wire_put_varint(&out, row->compared_ms);
		wire_put_zigzag(&out, row->skew_ms);
	}
	int result = node_put_local(node, HEARD_ROW, buf_span(&out), NULL, NULL);
	buf_close(&out);
	return result;
}

static void read_rows(struct node *node, struct span bytes)
{
	struct wire_in in = wire_begin(bytes);
	if (wire_u8(&in) != HEARD_VERSION)
		return;
	const uint32_t count = wire_count(&in, LIMIT_TEAM_DEVICES, ROW_BYTES_MIN);
	for (uint32_t i = 0; i < count; i++) {
		struct node_heard_row row;
		wire_raw(&in, row.device.bytes, sizeof(row.device.bytes));
		wire_raw(&in, row.through.bytes, sizeof(row.through.bytes));
		row.heard_ms = wire_varint(&in);
		row.met_ms = wire_varint(&in);
		row.compared_ms = wire_varint(&in);
		row.skew_ms = wire_zigzag(&in);
		if (in.error)
			return;
		*row_of(node, &row.device) = row;
	}
}

/* Without it the others are heard of again. */
int node_load_heard(struct node *node, struct store_txn *txn)
{
	struct buf row = {0};
	if (node_get_local(node, txn, HEARD_ROW, &row) == 0)
		read_rows(node, buf_span(&row));
	buf_close(&row);
	node->heard_moved = false;
	return 0;
}

/* ---- Hearing ----------------------------------------------------------------------------------------------------- */

int node_state_brought(struct node *node, struct span row, const struct device_id *by)
{
	node->bringer = by;
	const int result = node_state_put(node, row);
	node->bringer = NULL;
	return result;
}

void node_note_heard(struct node *node, const struct device_id *device)
{
	const struct device_id self = node_device(node);
	if (!node->bringer || device_id_eq(device, &self))
		return;
	struct node_heard_row *row = row_of(node, device);
	row->through = *node->bringer;
	row->heard_ms = env_wall_ms(node->config.env);
}

void node_met(struct node *node, const struct device_id *device, uint64_t ago_ms)
{
	const uint64_t now_ms = env_wall_ms(node->config.env);
	if (!is_of_team(node, device) || ago_ms >= now_ms)
		return;
	row_of(node, device)->met_ms = now_ms - ago_ms;
	keep_soon(node);
}

void node_clock_seen(struct node *node, const struct device_id *device, int64_t skew_ms)
{
	if (!is_of_team(node, device))
		return;
	/* Where this machine's clock was set meanwhile, what it was compared with is as far off. */
	const int64_t moved_ms = node_clock_moved_ms(node);
	for (uint32_t i = 0; i < node->heard_count; i++)
		node->heard[i].skew_ms -= moved_ms;
	struct node_heard_row *row = row_of(node, device);
	row->compared_ms = env_wall_ms(node->config.env);
	row->skew_ms = skew_ms;
	node_clock_compared(node);
	keep_soon(node);
}

struct node_heard node_heard_of(const struct node *node, const struct device_id *device)
{
	const struct node_ack *ack = node_ack_of(node, device);
	const struct node_heard_row *row = find(node, device);
	struct node_heard heard = {.said_ms = ack ? ack_moment_ms(ack->ack.counter) : 0};
	if (!row)
		return heard;
	heard.heard_ms = row->heard_ms;
	heard.through = row->through;
	heard.met_ms = row->met_ms;
	heard.compared_ms = row->compared_ms;
	heard.skew_ms = row->skew_ms;
	return heard;
}

/* ---- Up to when everything of somebody's is here ------------------------------------------------------------------ */

/* The names that feeds have here, or would have: of every incarnation that is known, in every compartment. Sorted; the caller frees it. */
struct named_feed {
	struct feed_id id;
	bool is_hers;
};

static int named_cmp(const void *a, const void *b)
{
	return feed_id_cmp(&((const struct named_feed *)a)->id, &((const struct named_feed *)b)->id);
}

static struct named_feed *name_feeds(
        struct node *node, const struct device_id *device, enum compartment compartment, uint32_t *count)
{
	struct named_feed *names = mem_zero(log_feed_count(node->log) * COMPARTMENT_LAST + 1, sizeof(*names));
	*count = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		for (unsigned c = COMPARTMENT_MEMBERSHIP; !feed->is_branch && c <= COMPARTMENT_LAST; c++)
			names[(*count)++] = (struct named_feed){
			        entry_feed_id(&feed->device, (enum compartment)c, &feed->incarnation),
			        c == compartment && device_id_eq(&feed->device, device)};
	}
	qsort(names, *count, sizeof(*names), named_cmp);
	return names;
}

/* It names a feed of which nothing is here. One that nobody else's feed can be is taken for hers: rather too old a moment than too young. */
static bool lacks_unknown(struct node *node, const struct node_ack *ack, const struct device_id *device,
        enum compartment compartment)
{
	struct named_feed *names = NULL;
	uint32_t count = 0, number;
	bool lacks = false;
	for (uint32_t i = 0; i < ack->ack.head_count && !lacks; i++) {
		struct named_feed wanted = {.id = ack->ack.heads[i].feed};
		if (log_feed_number(node->log, &wanted.id, &number))
			continue;
		if (!names)
			names = name_feeds(node, device, compartment, &count);
		const struct named_feed *known = bsearch(&wanted, names, count, sizeof(*names), named_cmp);
		lacks = !known || known->is_hers;
	}
	mem_free(names);
	return lacks;
}

struct node_complete node_complete_of(
        struct node *node, const struct device_id *device, enum compartment compartment)
{
	const struct node_ack *ack = node_ack_of(node, device);
	const struct node_heard heard = node_heard_of(node, device);
	struct node_complete out = {0};
	uint64_t last_ms = 0, lacking_ms = UINT64_MAX;
	out.is_lacking = ack && lacks_unknown(node, ack, device, compartment);
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		if (feed->compartment != compartment || !device_id_eq(&feed->device, device))
			continue;
		const uint64_t whole = node_whole_seq(node, i);
		const uint64_t upto_ms = whole && whole == feed->committed_seq
		        ? feed->hlc >> CRDT_HLC_COUNTER_BITS
		        : 0;
		const uint64_t claimed = feed->is_parted ? 0 : node_claimed(node, device, &feed->id);
		last_ms = upto_ms > last_ms ? upto_ms : last_ms;
		if (claimed <= whole)
			continue;
		out.is_lacking = true;
		out.missing += claimed - whole;
		lacking_ms = upto_ms < lacking_ms ? upto_ms : lacking_ms;
	}
	if (out.is_lacking) {
		/* In each feed all is here up to its last entry. */
		out.upto_ms = lacking_ms < last_ms ? lacking_ms : last_ms;
		return out;
	}
	out.upto_ms = heard.said_ms > last_ms ? heard.said_ms : last_ms;
	out.upto_ms = heard.met_ms > out.upto_ms ? heard.met_ms : out.upto_ms;
	return out;
}
