/*
 * Which pictures come to this device, and in which order (README.md, "Pictures"): those that somebody wants to see, then those of today's patients, then the newest.
 */
#include "node/node_photo.h"

#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/wire.h"
#include "node/calendar.h"
#include "node/node_state.h"
#include "node/schema/schema.h"

static const char POLICY_ROW[] = "pictures policy", ASKED_ONLY_ROW[] = "pictures asked for only";
enum { POLICY_VERSION = 1 };

/* ---- The policy -------------------------------------------------------------------------------------------------- */

static int get_local(struct node *node, struct store_txn *txn, const char *name, struct buf *out)
{
	uint8_t key[VAULT_NAME_BYTES];
	vault_name(node->config.vault, key, STORE_LOCAL, span_text(name));
	return vault_get(node->config.vault, txn, STORE_LOCAL, span_of(key, sizeof(key)), out);
}

/* A row that cannot be read is as none. */
void node_load_photo_policy(struct node *node, struct store_txn *txn)
{
	struct buf row = {0};
	struct node_photo_policy policy = {0};
	if (get_local(node, txn, POLICY_ROW, &row) == 0) {
		struct wire_in in = wire_begin(buf_span(&row));
		const uint8_t version = wire_u8(&in), which = wire_u8(&in);
		const uint64_t ceiling = wire_varint(&in);
		if (wire_end(&in) == 0 && version == POLICY_VERSION && which < NODE_PHOTOS_CHOICES &&
		        ceiling <= UINT32_MAX)
			policy = (struct node_photo_policy){(enum node_photos)which, (uint32_t)ceiling};
	} else if (get_local(node, txn, ASKED_ONLY_ROW, &row) == 0) {
		policy.which = NODE_PHOTOS_ASKED;
	}
	node->photo_policy = policy;
	buf_close(&row);
}

struct node_photo_policy node_photo_policy(const struct node *node)
{
	return node->photo_policy;
}

int node_set_photo_policy(struct node *node, const struct node_photo_policy *policy)
{
	struct buf row = {0};
	if (policy->which == node->photo_policy.which &&
	        policy->bytes_per_s == node->photo_policy.bytes_per_s)
		return 0;
	node->photo_policy = *policy;
	node_photo_look_again(node);
	wire_put_u8(&row, POLICY_VERSION);
	wire_put_u8(&row, (uint8_t)policy->which);
	wire_put_varint(&row, policy->bytes_per_s);
	int result = node_put_local(node, POLICY_ROW, buf_span(&row), NULL, NULL);
	buf_close(&row);
	return result;
}

/* ---- Today's patients -------------------------------------------------------------------------------------------- */

static int64_t today(const struct node *node)
{
	return calendar_paris_day((int64_t)(env_wall_ms(node->config.env) / 1000));
}

static bool is_of(int64_t day, int64_t when_s)
{
	const int64_t then = calendar_paris_day(when_s);
	return then == day || then == day - 1;
}

static int id_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

static int add_month(struct node *node, int32_t month, int64_t day)
{
	const struct index_event *events;
	uint32_t count;
	int result = node_month(node, month, &events, &count);
	for (uint32_t i = 0; result == 0 && i < count; i++) {
		if (!is_of(day, events[i].when_s) ||
		        docs_kind(node->docs, events[i].doc) != SCHEMA_DOC_DOSSIER)
			continue;
		node->today = mem_room(
		        node->today, node->today_count, &node->today_room, sizeof(*node->today));
		node->today[node->today_count++] = docs_id(node->docs, events[i].doc);
	}
	return result;
}

/* Listed again when the day is another one, or something was recorded of it. A month that cannot be read has no patients. */
static void list_today(struct node *node)
{
	enum { DAY_S = 86400 };
	const int64_t day = today(node);
	if (node->today_is_listed && node->today_day == day)
		return;
	const int32_t first = calendar_month((day - 2) * DAY_S, 0),
	              last = calendar_month((day + 1) * DAY_S, 0);
	node->today_count = 0;
	for (int32_t month = first; month <= last; month++)
		add_month(node, month, day);
	if (node->today_count)
		qsort(node->today, node->today_count, sizeof(*node->today), id_cmp);
	node->today_day = day;
	node->today_is_listed = true;
}

static bool is_of_today(const struct node *node, const struct record_id *dossier)
{
	return node->today_count &&
	        bsearch(dossier, node->today, node->today_count, sizeof(*node->today), id_cmp) != NULL;
}

void node_photo_event_came(struct node *node, int64_t when_s)
{
	if (!node->today_is_listed || !is_of(node->today_day, when_s))
		return;
	node->today_is_listed = false;
	node_photo_look_again(node);
}

void node_photo_day(struct node *node)
{
	if (node_carries(node) && node->carried_day != today(node)) {
		node->carried_day = today(node);
		node_expire_carried(node);
	}
	if (!node->today_is_listed || node->today_day == today(node))
		return;
	node->today_is_listed = false;
	node_photo_look_again(node);
}

void node_forget_today(struct node *node)
{
	mem_free(node->today);
	node->today = NULL;
	node->today_count = node->today_room = 0;
	node->today_is_listed = false;
}

/* ---- What to ask for --------------------------------------------------------------------------------------------- */

uint64_t node_photo_mark(const struct node *node)
{
	return node->photos_mark;
}

void node_photo_look_again(struct node *node)
{
	node->photos_mark++;
}

/* With a database that is filling up, what nobody asked for stays where it is. */
static bool has_room(struct node *node, bool is_asked)
{
	struct store_usage usage;
	if (node->holds_back || store_usage(node->config.store, &usage))
		return false;
	const enum store_room room = store_room(&usage);
	return is_asked ? room != STORE_ROOM_REFUSE : room == STORE_ROOM_OK;
}

static bool is_chosen(const struct node *node, const struct blob_known *blob)
{
	switch (node->photo_policy.which) {
	case NODE_PHOTOS_ALL:
		return true;
	case NODE_PHOTOS_TODAY:
		return blob->asked || is_of_today(node, &blob->dossier);
	case NODE_PHOTOS_ASKED:
		return blob->asked;
	case NODE_PHOTOS_NONE:
	case NODE_PHOTOS_CHOICES:
		break;
	}
	return false;
}

static bool is_wanted(struct node *node, const struct device_id *from, const struct blob_known *blob)
{
	return !blobs_is_whole(blob) && is_chosen(node, blob) &&
	        node_photo_is_at(node, from, &blob->address) && !node_is_erased(node, &blob->dossier);
}

static bool comes_before(
        const struct node *node, const struct blob_known *blob, const struct blob_known *other)
{
	if (!other || blob->asked != other->asked)
		return !other || blob->asked;
	const bool is_today = is_of_today(node, &blob->dossier);
	return is_today != is_of_today(node, &other->dossier) ? is_today : blob->hlc > other->hlc;
}

bool node_photo_next(struct node *node, const struct device_id *device, node_photo_taken taken, void *context,
        struct blob_address *address, uint32_t *index)
{
	if (node_carries(node))
		return has_room(node, false) &&
		        node_photo_next_carried(node, device, taken, context, address, index);
	list_today(node);
	const struct blob_known *best = blobs_find(&node->blobs, address);
	if (best && !is_wanted(node, device, best))
		best = NULL;
	const bool goes_on = best != NULL;
	for (uint32_t i = 0; i < node->blobs.count; i++) {
		const struct blob_known *blob = &node->blobs.items[i];
		if (goes_on && (best->asked || !blob->asked))
			continue;
		if (is_wanted(node, device, blob) && comes_before(node, blob, best) &&
		        !taken(context, &blob->address))
			best = blob;
	}
	if (!best || !has_room(node, best->asked))
		return false;
	*address = best->address;
	*index = blobs_lacking(best, 0);
	return true;
}
