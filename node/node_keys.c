/*
 * The keys of a team on this device, and the rows of replicated state, between memory and the database.
 *
 * Rows of STORE_KEY begin with their kind: an epoch's key, a dossier's own secrets, a row of replicated state. Their keys are keyed
 * hashes. What changed is written with the next batch. Long because memory, rows and what peers are shown are kept in step here.
 */
#include "node/node_state.h"

#include <sodium.h>
#include <stdlib.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_links.h"

enum row_kind { ROW_EPOCH = 1, ROW_OWN = 2, ROW_STATE = 3 };

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static int put_row(struct node *node, enum row_kind kind, struct span name, struct span content)
{
	struct buf row = {0}, full_name = {0};
	uint8_t key[VAULT_NAME_BYTES];
	wire_put_u8(&full_name, (uint8_t)kind);
	buf_add_span(&full_name, name);
	vault_name(node->config.vault, key, STORE_KEY, buf_span(&full_name));
	wire_put_u8(&row, (uint8_t)kind);
	buf_add_span(&row, content);
	int result = vault_batch_put(
	        node->config.vault, &node->batch, STORE_KEY, span_of(key, sizeof(key)), buf_span(&row));
	buf_wipe(&row);
	buf_close(&full_name);
	return result;
}

static int save_epochs(struct node *node)
{
	struct epoch_id id;
	enum compartment compartment;
	const struct epoch_key *key;
	int result = 0;
	for (size_t i = 0; result == 0 && epochs_at(node->epochs, i, &id, &compartment, &key); i++) {
		struct buf row = {0};
		buf_add(&row, id.bytes, sizeof(id.bytes));
		wire_put_u8(&row, (uint8_t)compartment);
		buf_add(&row, key->bytes, sizeof(key->bytes));
		result = put_row(node, ROW_EPOCH, span_of(id.bytes, sizeof(id.bytes)), buf_span(&row));
		buf_wipe(&row);
	}
	return result;
}

static int save_own(struct node *node, const struct record_id *dossier)
{
	struct buf row = {0};
	int result = key_own_encode(key_table_own(node->keys), dossier, &row);
	if (result == 0)
		result = put_row(
		        node, ROW_OWN, span_of(dossier->bytes, sizeof(dossier->bytes)), buf_span(&row));
	buf_wipe(&row);
	return result == ERR_NOTFOUND ? 0 : result;
}

static int save_secrets(struct node *node)
{
	struct record_id dossier;
	const struct key_own *own = key_table_own(node->keys);
	int result = 0;
	if (!node->secrets_moved) {
		for (uint32_t i = 0; result == 0 && i < node->fresh_count; i++)
			result = save_own(node, &node->fresh[i]);
		return result;
	}
	for (bool more = key_own_next(own, NULL, &dossier); result == 0 && more;
	        more = key_own_next(own, &dossier, &dossier))
		result = save_own(node, &dossier);
	return result;
}

int node_remove_secret_row(struct node *node, const struct record_id *dossier)
{
	uint8_t name[1 + ID_SHORT_BYTES] = {ROW_OWN}, key[VAULT_NAME_BYTES];
	memcpy(name + 1, dossier->bytes, ID_SHORT_BYTES);
	vault_name(node->config.vault, key, STORE_KEY, span_of(name, sizeof(name)));
	return vault_batch_remove(node->config.vault, &node->batch, STORE_KEY, span_of(key, sizeof(key)));
}

static struct span state_name(const uint8_t id[16])
{
	return span_of(id, 16);
}

static int remove_state(struct node *node, const uint8_t id[16])
{
	uint8_t name[17] = {ROW_STATE}, key[VAULT_NAME_BYTES];
	memcpy(name + 1, id, 16);
	vault_name(node->config.vault, key, STORE_KEY, span_of(name, sizeof(name)));
	return vault_batch_remove(node->config.vault, &node->batch, STORE_KEY, span_of(key, sizeof(key)));
}

/* Rows that are stored and no longer stand in the state are removed; new ones are put. Both lists are ascending. */
static int save_state(struct node *node)
{
	uint32_t count = node_state_count(node, NODE_STATE_ALL), old = 0, i = 0;
	int result = 0;
	while (result == 0 && (i < count || old < node->stored_count)) {
		const uint8_t *id = i < count ? node_state_id(node, NODE_STATE_ALL, i) : NULL;
		int order = !id ? -1
		        : old == node->stored_count
		        ? 1
		        : memcmp(node->stored[old].id, id, sizeof(node->stored[old].id));
		if (order < 0)
			result = remove_state(node, node->stored[old].id);
		else if (order > 0)
			result = put_row(
			        node, ROW_STATE, state_name(id), node_state_row(node, NODE_STATE_ALL, i));
		old += order <= 0;
		i += order >= 0;
	}
	node->stored = mem_resize(node->stored, count, sizeof(*node->stored));
	for (i = 0; i < count; i++)
		memcpy(node->stored[i].id, node_state_id(node, NODE_STATE_ALL, i), 16);
	node->stored_count = count;
	return result;
}

int node_save_keys(struct node *node)
{
	int result = node->keys ? node_share_fresh(node) : 0;
	if (result == 0 && node->epochs_moved)
		result = save_epochs(node);
	if (result == 0 && node->keys)
		result = save_secrets(node);
	if (result == 0 && node->state_moved)
		result = save_state(node);
	if (result == 0)
		result = node_save_heard(node);
	if (result == 0)
		result = node_save_notices(node);
	node->fresh_count = 0;
	node->epochs_moved = node->secrets_moved = node->state_moved = node->keys_touched = false;
	return result;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static int load_epoch(struct node *node, struct span content)
{
	struct wire_in in = wire_begin(content);
	struct epoch_about about;
	struct epoch_key key;
	wire_raw(&in, about.id.bytes, sizeof(about.id.bytes));
	about.compartment = (enum compartment)wire_u8(&in);
	wire_raw(&in, key.bytes, sizeof(key.bytes));
	int result = wire_end(&in);
	if (result == 0) {
		epoch_commit(&about.commitment, &key, about.compartment);
		result = epochs_adopt(node->epochs, &about, &key);
	}
	epoch_key_wipe(&key);
	return result < 0 ? ERR_CORRUPT : 0;
}

/* Key rows were judged when they came: their issuer may have left since, and what she shared or erased stays so. */
static int load_state(struct node *node, struct span row)
{
	if (row.size > 1 && row.data[0] == STATE_KEY && node->keys)
		return key_table_load(node->keys, span_sub(row, 1, SIZE_MAX)) < 0 ? ERR_CORRUPT : 0;
	node_state_put(node, row); /* one that a newer rule refuses is dropped */
	return 0;
}

static int load_row(struct node *node, struct span row)
{
	struct span content = span_sub(row, 1, SIZE_MAX);
	if (row.size < 2)
		return ERR_CORRUPT;
	switch ((enum row_kind)row.data[0]) {
	case ROW_EPOCH:
		return load_epoch(node, content);
	case ROW_OWN:
		return key_table_load_own(node->keys, content) < 0 ? ERR_CORRUPT : 0;
	case ROW_STATE:
		return load_state(node, content);
	}
	return ERR_CORRUPT;
}

int node_load_keys(struct node *node, struct store_txn *txn)
{
	uint8_t from[VAULT_NAME_BYTES + 1] = {0};
	size_t from_size = 1;
	struct span key, value;
	int result;
	while ((result = store_seek(
	                txn, STORE_KEY, STORE_FIRST_FROM, span_of(from, from_size), &key, &value)) == 0) {
		if (key.size != VAULT_NAME_BYTES)
			return ERR_CORRUPT;
		memcpy(from, key.data, key.size);
		from[key.size] = 0;
		from_size = sizeof(from);
		result = vault_unseal(node->config.vault, STORE_KEY, key, value, &node->scratch);
		if (result == 0)
			result = load_row(node, buf_span(&node->scratch));
		if (result)
			return result;
	}
	buf_wipe(&node->scratch);
	node->epochs_moved = node->secrets_moved = node->state_moved = node->keys_touched = false;
	node->fresh_count = 0;
	/* What was loaded is what is stored. */
	uint32_t count = node_state_count(node, NODE_STATE_ALL);
	node->stored = mem_resize(node->stored, count, sizeof(*node->stored));
	for (uint32_t i = 0; i < count; i++)
		memcpy(node->stored[i].id, node_state_id(node, NODE_STATE_ALL, i), 16);
	node->stored_count = count;
	return result == ERR_NOTFOUND ? 0 : result;
}

/* ---- Something moved -------------------------------------------------------------------------------------------- */

void node_keys_moved(struct node *node)
{
	if (node->bodies)
		bodies_keys_changed(node->bodies);
	node->epochs_moved = node->keys_touched = true;
	node->late_wanted |= node->unread.count > 0;
	node_epochs_came(node);
}

void node_secret_made(struct node *node, const struct record_id *dossier)
{
	if (node->fresh_count == node->fresh_capacity) {
		node->fresh_capacity = node->fresh_capacity ? 2 * node->fresh_capacity : 64;
		node->fresh = mem_resize(node->fresh, node->fresh_capacity, sizeof(*node->fresh));
	}
	node->fresh[node->fresh_count++] = *dossier;
	node->keys_touched = true;
	node->keys_generation++;
}

void node_acks_moved(struct node *node)
{
	node->state_acks_valid = false;
	node->state_moved = node->keys_touched = true;
	node->news.state = true;
}

void node_state_moved(struct node *node)
{
	node->state_valid = false;
	node_acks_moved(node);
	node->news.rows = true;
}

/* ---- Sharing ---------------------------------------------------------------------------------------------------- */

bool node_wants_dossiers(const struct node *node, const struct team_device *device)
{
	struct device_id self = node_device(node);
	const struct team_view *view = node_view(node);
	return !device_id_eq(&device->id, &self) && device->state == TEAM_DEVICE_ACTIVE && !device->relay &&
	        team_view_role(view, &device->id) != TEAM_ROLE_LOCUM &&
	        team_view_level(view, &device->id, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_READ &&
	        !node_rights_lapsed(node, device);
}

/* What finds no room in the table is tried again at each meeting (node_share_keys): no save waits for it. */
static int issue(
        struct node *node, const struct team_device *device, const struct record_id *dossiers, size_t count)
{
	struct key_signer signer = {node->team, node_device(node), node->identity.secrets->sign};
	const struct seal_public *to = node_sealing_key(device);
	int result = 0;
	for (size_t at = 0, part; result == 0 && at < count; at += part) {
		part = count - at < LIMIT_KEY_PACKET_ITEMS / 2 ? count - at : LIMIT_KEY_PACKET_ITEMS / 2;
		/* Dossiers may have several secrets. */
		while ((result = key_table_issue(node->keys, node->config.env, &signer, &device->id, to,
		                dossiers + at, part)) == ERR_TOOBIG)
			part /= 2;
		if (result == 0) {
			node_state_moved(node);
			node->news.keys = true;
		}
	}
	return result == ERR_FULL ? 0 : result;
}

static int record_cmp(const void *a, const void *b)
{
	return record_id_cmp(a, b);
}

/* All dossiers whose secrets this device holds; the caller frees the list. */
static struct record_id *all_dossiers(struct node *node, size_t *count)
{
	const struct key_own *own = key_table_own(node->keys);
	struct record_id *list = NULL, dossier;
	size_t capacity = 0;
	*count = 0;
	for (bool more = key_own_next(own, NULL, &dossier); more;
	        more = key_own_next(own, &dossier, &dossier)) {
		if (*count == capacity) {
			capacity = capacity ? 2 * capacity : 256;
			list = mem_resize(list, capacity, sizeof(*list));
		}
		list[(*count)++] = dossier;
	}
	return list;
}

static size_t each_once(struct record_id *sorted, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !record_id_eq(&sorted[kept - 1], &sorted[i]))
			sorted[kept++] = sorted[i];
	return kept;
}

/* New dossiers go to everybody entitled; many small packets become one. */
int node_share_fresh(struct node *node)
{
	const struct team_view *view = node_view(node);
	struct device_id self = node_device(node);
	size_t all_count = 0;
	struct record_id *all = NULL;
	int result = 0;
	if (!view || node->fresh_count == 0)
		return 0;
	qsort(node->fresh, node->fresh_count, sizeof(*node->fresh), record_cmp);
	node->fresh_count = (uint32_t)each_once(node->fresh, node->fresh_count);
	for (uint32_t i = 0; result == 0 && i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		if (!node_wants_dossiers(node, device)) {
			result = node_share_chosen(node, &device->id);
			continue;
		}
		if (key_table_packets(node->keys, &self, &device->id) < KEY_PACKETS_MANY) {
			result = issue(node, device, node->fresh, node->fresh_count);
			continue;
		}
		if (!all)
			all = all_dossiers(node, &all_count);
		result = issue(node, device, all, all_count);
	}
	mem_free(all);
	return result;
}

static int grant_epoch(struct node *node, const struct device_id *id, const struct epoch_id *epoch)
{
	struct entry_hash hash;
	struct box_key box;
	struct team_action action = {.kind = TEAM_ACTION_GRANT};
	const struct device_id self = node_device(node);
	if (team_epoch_given(node->members, epoch, id, &self) || !epochs_find(node->epochs, epoch))
		return 0;
	const struct team_device *device = team_view_device(node_view(node), id);
	int result = epochs_box(&box, node->epochs, node->config.env, epoch, node_sealing_key(device));
	if (result)
		return result;
	memcpy(action.as.grant.source.bytes, epoch->bytes, sizeof(epoch->bytes));
	action.as.grant.box.device = *id;
	memcpy(action.as.grant.box.box, box.bytes, sizeof(box.bytes));
	return node_act(node, &action, &hash, NULL, NULL);
}

/* A locum reads nothing from before: neither what colleagues are called. */
static int begin_anew(struct node *node, enum compartment compartment)
{
	int result = node_rotate(node, compartment);
	return result || compartment != COMPARTMENT_TEAM ? result : node_tell_names(node);
}

/* The epoch to write, and those whose keys no later one carries: two devices may have rotated apart; and with a locum among its
 * recipients an epoch carries no key from before her time, so that whoever comes after her is given that one by itself. */
static int grant_epochs(struct node *node, const struct device_id *id, enum compartment compartment)
{
	struct epoch_id epoch, *uncarried = NULL;
	struct device_id self = node_device(node);
	const bool has_history = team_role_has_history(team_view_role(node_view(node), id));
	if (team_view_level(node_view(node), id, (uint8_t)compartment) < TEAM_LEVEL_READ ||
	        !node_write_epoch(node, compartment, &epoch))
		return 0;
	int result = grant_epoch(node, id, &epoch);
	/* A locum gets no epoch from before its admission: a new one begins, which it reads. */
	if (result == ERR_INVALID && !has_history)
		return team_view_manages(node_view(node), &self) ? begin_anew(node, compartment) : result;
	uint32_t count = has_history ? team_epoch_uncarried(node->members, (uint8_t)compartment, &uncarried)
	                             : 0;
	for (uint32_t i = 0; result == 0 && i < count; i++)
		result = grant_epoch(node, id, &uncarried[i]);
	mem_free(uncarried);
	return result;
}

int node_share_keys(struct node *node, const struct device_id *id)
{
	const struct team_device *device = team_view_device(node_view(node), id);
	int result = 0;
	if (!device)
		return ERR_NOTFOUND;
	result = node_grant_discovery(node, device);
	device = team_view_device(node_view(node), id); /* writing may have moved it */
	if (result || node_rights_lapsed(node, device))
		return result;
	for (unsigned i = COMPARTMENT_TEAM; result == 0 && i <= COMPARTMENT_LAST; i++)
		result = grant_epochs(node, id, (enum compartment)i);
	device = team_view_device(node_view(node), id);
	if (result == 0 && !node_wants_dossiers(node, device))
		result = node_share_chosen(node, id);
	if (result || !node_wants_dossiers(node, device))
		return result;
	struct record_id *dossiers;
	size_t count = key_table_lacking(node->keys, id, &dossiers);
	if (count)
		result = issue(node, device, dossiers, count);
	mem_free(dossiers);
	return result;
}

uint64_t node_keys_generation(const struct node *node)
{
	return node->keys_generation;
}

uint64_t node_rights_mark(const struct node *node)
{
	return node->rights_mark;
}

/* ---- Rows of replicated state that arrive ------------------------------------------------------------------------- */

/* Whoever writes in `clinical` hands out dossier keys. */
static bool may_still_issue(const void *view, const struct device_id *issuer)
{
	return team_view_level(view, issuer, COMPARTMENT_CLINICAL) >= TEAM_LEVEL_WRITE;
}

/* An order to erase is kept of whoever managed the team at the state that it cites, a question with one answer for ever; whether it counts is
 * asked of the key table (node_may_erase). One that cites no state is kept while it counts. */
static bool may_order(struct node *node, struct span tombstone, const struct device_id *issuer)
{
	struct key_order order;
	if (key_row_order(tombstone, &order))
		return false;
	if (entry_hash_is_zero(&order.membership))
		return node_may_erase(node, issuer);
	const struct team_view *view = team_membership_view_at(node->members, &order.membership);
	return view && team_view_manages(view, issuer);
}

/* Whoever writes and reads every dossier: not a locum, who sees chosen ones and would come to others by a secret of her making. */
bool node_reads_all(const struct team_view *view, const struct device_id *device)
{
	return may_still_issue(view, device) && team_view_role(view, device) != TEAM_ROLE_LOCUM;
}

bool node_hands_out_all(const void *node, const struct device_id *issuer)
{
	const struct team_view *view = node_view(node);
	return view && node_reads_all(view, issuer);
}

static void keys_came(struct node *node)
{
	node->secrets_moved = true;
	node->keys_generation++;
	node_keys_moved(node);
	node_state_moved(node);
	node->news.keys = true;
}

void node_dossier_erased(struct node *node, const struct record_id *dossier)
{
	keys_came(node);
	node_early_erased(node, dossier);
	node_tombstone_came(node, dossier);
}

void node_drop_packets(struct node *node)
{
	if (!node->keys || !node_view(node) || !key_table_keep(node->keys, may_still_issue, node_view(node)))
		return;
	node->secrets_moved = true; /* what they gave us is ours */
	node->keys_generation++;
	node_state_moved(node);
}

static int refused_row(struct node *node, enum refused what, int result)
{
	node_refused(node, what, refusals_reason_of(result));
	return result;
}

/* Counted by why: of somebody who is not in the team, or of a member who may not do that. */
static int refused_issuer(struct node *node, enum refused what, const struct device_id *issuer)
{
	node_refused(node, what,
	        team_view_device(node_view(node), issuer) ? TEAM_REASON_NOT_ALLOWED
	                                                  : TEAM_REASON_UNKNOWN_DEVICE);
	return 0;
}

static int put_tombstone(struct node *node, struct span content, const struct device_id *issuer)
{
	struct key_order order;
	int result = key_row_order(content, &order);
	if (result)
		return refused_row(node, REFUSED_TOMBSTONE, result);
	if (!may_order(node, content, issuer))
		return refused_issuer(node, REFUSED_TOMBSTONE, issuer);
	const bool was_erased = key_table_erased(node->keys, &order.dossier);
	if (!was_erased && node_may_erase(node, issuer))
		node_end_cases_of(node, &order.dossier);
	result = key_table_add(node->keys, content);
	if (result < 0)
		refused_row(node, REFUSED_TOMBSTONE, result);
	if (result == KEY_TABLE_KNOWN || result == ERR_FULL)
		return 0;
	if (result)
		return result;
	if (!was_erased && key_table_erased(node->keys, &order.dossier))
		node_dossier_erased(node, &order.dossier);
	else
		node_state_moved(node);
	return 1;
}

static int put_packet(struct node *node, struct span content, const struct device_id *issuer)
{
	const struct team_view *view = node_view(node);
	struct device_id recipient;
	if (!may_still_issue(view, issuer))
		return refused_issuer(node, REFUSED_KEYS, issuer);
	/* Nobody makes up recipients; one that is not known yet is, once the membership has moved, and the row is asked for again. */
	int result = key_row_recipient(content, &recipient);
	if (result)
		return refused_row(node, REFUSED_KEYS, result);
	if (!team_view_device(view, &recipient)) {
		node_refused(node, REFUSED_KEYS, TEAM_REASON_WRONG_RECIPIENTS);
		return 0;
	}
	if (!node_may_read(node, COMPARTMENT_CLINICAL) && !node_state_is_for(content, &node->identity.device))
		return 0;
	result = key_table_add(node->keys, content);
	if (result < 0)
		refused_row(node, REFUSED_KEYS, result);
	if (result == KEY_TABLE_KNOWN || result == ERR_FULL)
		return 0;
	if (result == 0)
		keys_came(node);
	return result ? result : 1;
}

static int put_key_row(struct node *node, struct span content)
{
	uint8_t kind;
	struct device_id issuer;
	int result = key_row_peek(content, &kind, &issuer);
	if (result)
		return refused_row(node, REFUSED_KEYS, result);
	if (!node_view(node) || !node->keys)
		return 0;
	return kind == KEY_ROW_TOMBSTONE ? put_tombstone(node, content, &issuer)
	                                 : put_packet(node, content, &issuer);
}

void node_own_ack(struct node *node, struct buf *row)
{
	struct device_id self = node_device(node);
	for (uint32_t i = 0; i < node->ack_count; i++) {
		if (!device_id_eq(&node->acks[i].device, &self) || !node->acks[i].bytes.size)
			continue;
		wire_put_u8(row, STATE_ACK);
		buf_add_span(row, buf_span(&node->acks[i].bytes));
	}
}

static int take_row(struct node *node, struct span row)
{
	struct span content = span_sub(row, 1, SIZE_MAX);
	if (row.size < 2)
		return refused_row(node, REFUSED_ROW, ERR_MALFORMED);
	switch ((enum state_kind)row.data[0]) {
	case STATE_KEY:
		return put_key_row(node, content);
	case STATE_ACK:
		return node_put_ack(node, content);
	case STATE_FORK:
		return node_put_proof(node, content);
	case STATE_ERASED:
		return node_put_word(node, content);
	case STATE_NAMES:
		return node_put_names(node, content);
	case STATE_ACCORD:
		return node_put_accord(node, content);
	}
	node_refused(node, REFUSED_ROW, TEAM_REASON_NEWER_VERSION);
	return 0;
}

/* What a later version writes is counted and not kept, and is no reason to hang up on it. */
int node_state_put(struct node *node, struct span row)
{
	int result = take_row(node, row);
	return result == ERR_VERSION ? 0 : result;
}
