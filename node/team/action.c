#include "node/team/action.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "crdt/base/wire.h"
#include "store/entry.h"

/* --- Lists: a count, then items of one size that begin with their sorting key ------------------------------------ */

/* True when `key` comes after the key at `last`; the first item has none before it. */
static bool ascends(const uint8_t *last, const uint8_t *key)
{
	return !last || memcmp(last, key, ID_LONG_BYTES) < 0;
}

/* `ids` is an array of identifiers of 32 bytes, whatever their type. */
static void put_ids(struct buf *out, uint32_t count, const void *ids, uint32_t max)
{
	const uint8_t *id = ids;
	assert(count <= max);
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++, id += ID_LONG_BYTES) {
		assert(ascends(i ? id - ID_LONG_BYTES : NULL, id));
		buf_add(out, id, ID_LONG_BYTES);
	}
}

static const void *get_ids(struct wire_in *in, struct arena *arena, uint32_t *count, uint32_t max)
{
	*count = wire_count(in, max, ID_LONG_BYTES);
	uint8_t *ids = arena_alloc(arena, (size_t)*count * ID_LONG_BYTES), *id = ids;
	for (uint32_t i = 0; i < *count; i++, id += ID_LONG_BYTES) {
		wire_raw(in, id, ID_LONG_BYTES);
		if (!ascends(i ? id - ID_LONG_BYTES : NULL, id))
			wire_fail(in, ERR_MALFORMED);
	}
	return ids;
}

static void put_hashes(struct buf *out, const struct team_hashes *list)
{
	put_ids(out, list->count, list->hashes, LIMIT_MEMBERSHIP_HEADS);
}

static void get_hashes(struct wire_in *in, struct arena *arena, struct team_hashes *list)
{
	list->hashes = get_ids(in, arena, &list->count, LIMIT_MEMBERSHIP_HEADS);
	if (list->count == 0)
		wire_fail(in, ERR_MALFORMED);
}

static void put_devices(struct buf *out, const struct team_device_list *list)
{
	put_ids(out, list->count, list->devices, LIMIT_TEAM_DEVICES_ACTIVE);
}

static void get_devices(struct wire_in *in, struct arena *arena, struct team_device_list *list)
{
	list->devices = get_ids(in, arena, &list->count, LIMIT_TEAM_DEVICES_ACTIVE);
}

static void put_cut(struct buf *out, const struct team_cut *cut)
{
	assert(cut->count <= LIMIT_CUT_FEEDS);
	wire_put_varint(out, cut->count);
	for (uint32_t i = 0; i < cut->count; i++) {
		const struct team_cut_place *place = &cut->places[i];
		assert(ascends(i ? place[-1].feed.bytes : NULL, place->feed.bytes) && place->seq > 0);
		buf_add(out, place->feed.bytes, ID_LONG_BYTES);
		wire_put_u64(out, place->seq);
		buf_add(out, place->hash.bytes, ID_LONG_BYTES);
	}
}

static void get_cut(struct wire_in *in, struct arena *arena, struct team_cut *cut)
{
	cut->count = wire_count(in, LIMIT_CUT_FEEDS, ID_LONG_BYTES + 8 + ID_LONG_BYTES);
	struct team_cut_place *places = arena_zero(arena, cut->count, sizeof(*places));
	cut->places = places;
	for (uint32_t i = 0; i < cut->count; i++) {
		wire_raw(in, places[i].feed.bytes, ID_LONG_BYTES);
		places[i].seq = wire_u64(in);
		wire_raw(in, places[i].hash.bytes, ID_LONG_BYTES);
		if (places[i].seq == 0 || !ascends(i ? places[i - 1].feed.bytes : NULL, places[i].feed.bytes))
			wire_fail(in, ERR_MALFORMED);
	}
}

static void put_boxes(struct buf *out, const struct team_key_boxes *list)
{
	assert(list->count <= LIMIT_TEAM_DEVICES_ACTIVE);
	wire_put_varint(out, list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct team_key_box *box = &list->boxes[i];
		assert(ascends(i ? box[-1].device.bytes : NULL, box->device.bytes));
		buf_add(out, box->device.bytes, ID_LONG_BYTES);
		buf_add(out, box->box, sizeof(box->box));
	}
}

static void get_box(struct wire_in *in, struct team_key_box *box)
{
	wire_raw(in, box->device.bytes, ID_LONG_BYTES);
	wire_raw(in, box->box, sizeof(box->box));
}

static void get_boxes(struct wire_in *in, struct arena *arena, struct team_key_boxes *list)
{
	list->count = wire_count(in, LIMIT_TEAM_DEVICES_ACTIVE, sizeof(struct team_key_box));
	struct team_key_box *boxes = arena_zero(arena, list->count, sizeof(*boxes));
	list->boxes = boxes;
	for (uint32_t i = 0; i < list->count; i++) {
		get_box(in, &boxes[i]);
		if (!ascends(i ? boxes[i - 1].device.bytes : NULL, boxes[i].device.bytes))
			wire_fail(in, ERR_MALFORMED);
	}
}

/* --- Actions with lists of their own ------------------------------------------------------------------------------- */

static void put_invite(struct buf *out, const struct team_invite *invite)
{
	buf_add(out, invite->invitation, TEAM_KEY_BYTES);
	wire_put_u8(out, invite->role);
	wire_put_u64(out, invite->expires_ms);
	wire_put_u64(out, invite->rights_from_ms);
	wire_put_u64(out, invite->rights_until_ms);
	assert(invite->psk_count <= LIMIT_TEAM_DEVICES_ACTIVE);
	wire_put_varint(out, invite->psk_count);
	for (uint32_t i = 0; i < invite->psk_count; i++) {
		const struct team_psk_box *box = &invite->psk_boxes[i];
		assert(ascends(i ? box[-1].device.bytes : NULL, box->device.bytes));
		buf_add(out, box->device.bytes, ID_LONG_BYTES);
		buf_add(out, box->box, sizeof(box->box));
	}
}

static void get_invite(struct wire_in *in, struct arena *arena, struct team_invite *invite)
{
	wire_raw(in, invite->invitation, TEAM_KEY_BYTES);
	invite->role = wire_u8(in);
	invite->expires_ms = wire_u64(in);
	invite->rights_from_ms = wire_u64(in);
	invite->rights_until_ms = wire_u64(in);
	invite->psk_count = wire_count(in, LIMIT_TEAM_DEVICES_ACTIVE, sizeof(struct team_psk_box));
	struct team_psk_box *boxes = arena_zero(arena, invite->psk_count, sizeof(*boxes));
	invite->psk_boxes = boxes;
	for (uint32_t i = 0; i < invite->psk_count; i++) {
		wire_raw(in, boxes[i].device.bytes, ID_LONG_BYTES);
		wire_raw(in, boxes[i].box, sizeof(boxes[i].box));
		if (!ascends(i ? boxes[i - 1].device.bytes : NULL, boxes[i].device.bytes))
			wire_fail(in, ERR_MALFORMED);
	}
}

static void put_epoch(struct buf *out, const struct team_epoch *epoch)
{
	wire_put_u8(out, epoch->compartment);
	buf_add(out, epoch->commitment, sizeof(epoch->commitment));
	assert(epoch->parent_count <= LIMIT_EPOCH_PARENTS);
	wire_put_varint(out, epoch->parent_count);
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		const struct team_parent *parent = &epoch->parents[i];
		assert(ascends(i ? parent[-1].epoch.bytes : NULL, parent->epoch.bytes));
		buf_add(out, parent->epoch.bytes, ID_LONG_BYTES);
		wire_put_u8(out, parent->has_key);
		if (parent->has_key)
			buf_add(out, parent->box, sizeof(parent->box));
	}
	put_devices(out, &epoch->omitted);
	put_boxes(out, &epoch->recipients);
}

static bool get_flag(struct wire_in *in)
{
	uint8_t flag = wire_u8(in);
	if (flag > 1)
		wire_fail(in, ERR_MALFORMED);
	return flag == 1;
}

static void get_epoch(struct wire_in *in, struct arena *arena, struct team_epoch *epoch)
{
	epoch->compartment = wire_u8(in);
	if (epoch->compartment <= COMPARTMENT_MEMBERSHIP || epoch->compartment > COMPARTMENT_LAST)
		wire_fail(in, ERR_MALFORMED);
	wire_raw(in, epoch->commitment, sizeof(epoch->commitment));
	epoch->parent_count = wire_count(in, LIMIT_EPOCH_PARENTS, ID_LONG_BYTES + 1);
	struct team_parent *parents = arena_zero(arena, epoch->parent_count, sizeof(*parents));
	epoch->parents = parents;
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		wire_raw(in, parents[i].epoch.bytes, ID_LONG_BYTES);
		parents[i].has_key = get_flag(in);
		if (parents[i].has_key)
			wire_raw(in, parents[i].box, sizeof(parents[i].box));
		if (!ascends(i ? parents[i - 1].epoch.bytes : NULL, parents[i].epoch.bytes))
			wire_fail(in, ERR_MALFORMED);
	}
	get_devices(in, arena, &epoch->omitted);
	get_boxes(in, arena, &epoch->recipients);
}

static void put_keys(struct buf *out, const struct team_keys *keys)
{
	buf_add(out, keys->handshake, TEAM_KEY_BYTES);
	buf_add(out, keys->sealing, TEAM_KEY_BYTES);
}

static void get_keys(struct wire_in *in, struct team_keys *keys)
{
	wire_raw(in, keys->handshake, TEAM_KEY_BYTES);
	wire_raw(in, keys->sealing, TEAM_KEY_BYTES);
}

static void put_admit(struct buf *out, const struct team_admit *admit)
{
	buf_add(out, admit->invite.bytes, ID_LONG_BYTES);
	buf_add(out, admit->device.bytes, ID_LONG_BYTES);
	put_keys(out, &admit->keys);
	buf_add(out, admit->person.bytes, ID_SHORT_BYTES);
	wire_put_u8(out, admit->role);
	buf_add(out, admit->invitation_signature, TEAM_SIGNATURE_BYTES);
	buf_add(out, admit->newcomer_signature, TEAM_SIGNATURE_BYTES);
}

static void get_admit(struct wire_in *in, struct team_admit *admit)
{
	wire_raw(in, admit->invite.bytes, ID_LONG_BYTES);
	wire_raw(in, admit->device.bytes, ID_LONG_BYTES);
	get_keys(in, &admit->keys);
	wire_raw(in, admit->person.bytes, ID_SHORT_BYTES);
	admit->role = wire_u8(in);
	wire_raw(in, admit->invitation_signature, TEAM_SIGNATURE_BYTES);
	wire_raw(in, admit->newcomer_signature, TEAM_SIGNATURE_BYTES);
}

/* --- The whole body ------------------------------------------------------------------------------------------------ */

static void put_fields(struct buf *out, const struct team_action *action)
{
	switch (action->kind) {
	case TEAM_ACTION_FOUND:
		buf_add(out, action->as.found.nonce, sizeof(action->as.found.nonce));
		buf_add(out, action->as.found.person.bytes, ID_SHORT_BYTES);
		put_keys(out, &action->as.found.keys);
		return;
	case TEAM_ACTION_INVITE:
		put_invite(out, &action->as.invite);
		return;
	case TEAM_ACTION_ADMIT:
		put_admit(out, &action->as.admit);
		return;
	case TEAM_ACTION_ENDORSE:
		buf_add(out, action->as.admission.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_REVOKE:
		buf_add(out, action->as.invitation.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_CHOOSE:
		buf_add(out, action->as.choose.invite.bytes, ID_LONG_BYTES);
		buf_add(out, action->as.choose.admit.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_MERGE:
	case TEAM_ACTION_UNDO:
		put_hashes(out, &action->as.hashes);
		return;
	case TEAM_ACTION_ROLE:
		buf_add(out, action->as.role.person.bytes, ID_SHORT_BYTES);
		wire_put_u8(out, action->as.role.role);
		wire_put_u64(out, action->as.role.rights_from_ms);
		wire_put_u64(out, action->as.role.rights_until_ms);
		put_cut(out, &action->as.role.cut);
		return;
	case TEAM_ACTION_REMOVE_DEVICE:
		buf_add(out, action->as.remove_device.device.bytes, ID_LONG_BYTES);
		wire_put_u8(out, action->as.remove_device.reason);
		put_cut(out, &action->as.remove_device.cut);
		return;
	case TEAM_ACTION_REMOVE_PERSON:
		buf_add(out, action->as.remove_person.person.bytes, ID_SHORT_BYTES);
		wire_put_u8(out, action->as.remove_person.reason);
		put_cut(out, &action->as.remove_person.cut);
		return;
	case TEAM_ACTION_CONFIRM:
		buf_add(out, action->as.confirm.proposal.bytes, ID_LONG_BYTES);
		put_cut(out, &action->as.confirm.cut);
		return;
	case TEAM_ACTION_LEAVE:
		wire_put_u64(out, action->as.leave_until_ms);
		return;
	case TEAM_ACTION_EPOCH:
		put_epoch(out, &action->as.epoch);
		return;
	case TEAM_ACTION_GRANT:
		buf_add(out, action->as.grant.source.bytes, ID_LONG_BYTES);
		buf_add(out, action->as.grant.box.device.bytes, ID_LONG_BYTES);
		buf_add(out, action->as.grant.box.box, TEAM_KEY_BOX_BYTES);
		return;
	case TEAM_ACTION_DISCOVERY:
	case TEAM_ACTION_BEACON:
		buf_add(out, action->as.secret.commitment, sizeof(action->as.secret.commitment));
		if (action->kind == TEAM_ACTION_DISCOVERY)
			put_devices(out, &action->as.secret.omitted);
		put_boxes(out, &action->as.secret.recipients);
		return;
	case TEAM_ACTION_LEASE:
		buf_add(out, action->as.lease.holder.bytes, ID_LONG_BYTES);
		wire_put_u64(out, action->as.lease.fence);
		buf_add(out, action->as.lease.previous_lot.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_RELEASE:
		buf_add(out, action->as.release.lease.bytes, ID_LONG_BYTES);
		buf_add(out, action->as.release.last_lot.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_RELAY:
		buf_add(out, action->as.relay.device.bytes, ID_LONG_BYTES);
		put_keys(out, &action->as.relay.keys);
		buf_add(out, action->as.relay.newcomer_signature, TEAM_SIGNATURE_BYTES);
		return;
	case TEAM_ACTION_BILLING_WORD:
		wire_put_u8(out, action->as.word.what);
		buf_add(out, action->as.word.lease.bytes, ID_LONG_BYTES);
		buf_add(out, action->as.word.lot.bytes, ID_LONG_BYTES);
		wire_put_u32(out, action->as.word.month);
		return;
	case TEAM_ACTION_SECOND:
		buf_add(out, action->as.word_hash.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_UNKNOWN:
		break;
	}
	assert(false && "an unknown action is never encoded");
}

static void get_fields(struct wire_in *in, struct arena *arena, struct team_action *action)
{
	switch (action->kind) {
	case TEAM_ACTION_FOUND:
		wire_raw(in, action->as.found.nonce, sizeof(action->as.found.nonce));
		wire_raw(in, action->as.found.person.bytes, ID_SHORT_BYTES);
		get_keys(in, &action->as.found.keys);
		return;
	case TEAM_ACTION_INVITE:
		get_invite(in, arena, &action->as.invite);
		return;
	case TEAM_ACTION_ADMIT:
		get_admit(in, &action->as.admit);
		return;
	case TEAM_ACTION_ENDORSE:
		wire_raw(in, action->as.admission.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_REVOKE:
		wire_raw(in, action->as.invitation.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_CHOOSE:
		wire_raw(in, action->as.choose.invite.bytes, ID_LONG_BYTES);
		wire_raw(in, action->as.choose.admit.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_MERGE:
	case TEAM_ACTION_UNDO:
		get_hashes(in, arena, &action->as.hashes);
		return;
	case TEAM_ACTION_ROLE:
		wire_raw(in, action->as.role.person.bytes, ID_SHORT_BYTES);
		action->as.role.role = wire_u8(in);
		action->as.role.rights_from_ms = wire_u64(in);
		action->as.role.rights_until_ms = wire_u64(in);
		get_cut(in, arena, &action->as.role.cut);
		return;
	case TEAM_ACTION_REMOVE_DEVICE:
		wire_raw(in, action->as.remove_device.device.bytes, ID_LONG_BYTES);
		action->as.remove_device.reason = wire_u8(in);
		get_cut(in, arena, &action->as.remove_device.cut);
		return;
	case TEAM_ACTION_REMOVE_PERSON:
		wire_raw(in, action->as.remove_person.person.bytes, ID_SHORT_BYTES);
		action->as.remove_person.reason = wire_u8(in);
		get_cut(in, arena, &action->as.remove_person.cut);
		return;
	case TEAM_ACTION_CONFIRM:
		wire_raw(in, action->as.confirm.proposal.bytes, ID_LONG_BYTES);
		get_cut(in, arena, &action->as.confirm.cut);
		return;
	case TEAM_ACTION_LEAVE:
		action->as.leave_until_ms = wire_u64(in);
		return;
	case TEAM_ACTION_EPOCH:
		get_epoch(in, arena, &action->as.epoch);
		return;
	case TEAM_ACTION_GRANT:
		wire_raw(in, action->as.grant.source.bytes, ID_LONG_BYTES);
		get_box(in, &action->as.grant.box);
		return;
	case TEAM_ACTION_DISCOVERY:
	case TEAM_ACTION_BEACON:
		wire_raw(in, action->as.secret.commitment, sizeof(action->as.secret.commitment));
		if (action->kind == TEAM_ACTION_DISCOVERY)
			get_devices(in, arena, &action->as.secret.omitted);
		get_boxes(in, arena, &action->as.secret.recipients);
		return;
	case TEAM_ACTION_LEASE:
		wire_raw(in, action->as.lease.holder.bytes, ID_LONG_BYTES);
		action->as.lease.fence = wire_u64(in);
		wire_raw(in, action->as.lease.previous_lot.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_RELEASE:
		wire_raw(in, action->as.release.lease.bytes, ID_LONG_BYTES);
		wire_raw(in, action->as.release.last_lot.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_RELAY:
		wire_raw(in, action->as.relay.device.bytes, ID_LONG_BYTES);
		get_keys(in, &action->as.relay.keys);
		wire_raw(in, action->as.relay.newcomer_signature, TEAM_SIGNATURE_BYTES);
		return;
	case TEAM_ACTION_BILLING_WORD:
		action->as.word.what = wire_u8(in);
		wire_raw(in, action->as.word.lease.bytes, ID_LONG_BYTES);
		wire_raw(in, action->as.word.lot.bytes, ID_LONG_BYTES);
		action->as.word.month = wire_u32(in);
		return;
	case TEAM_ACTION_SECOND:
		wire_raw(in, action->as.word_hash.bytes, ID_LONG_BYTES);
		return;
	case TEAM_ACTION_UNKNOWN:
		return;
	}
}

void team_action_encode(const struct team_action *action, struct buf *out)
{
	wire_put_u8(out, TEAM_ACTION_FORMAT);
	wire_put_u8(out, (uint8_t)action->kind);
	put_fields(out, action);
}

int team_action_decode(struct span body, struct arena *arena, struct team_action *out)
{
	memset(out, 0, sizeof(*out));
	if (body.size > LIMIT_MEMBERSHIP_BODY_BYTES)
		return ERR_TOOBIG;
	struct wire_in in = wire_begin(body);
	uint8_t format = wire_u8(&in), kind = wire_u8(&in);
	if (in.error)
		return in.error;
	if (format != TEAM_ACTION_FORMAT || kind == TEAM_ACTION_UNKNOWN || kind > TEAM_ACTION_LAST)
		return 0;
	out->kind = (enum team_action_kind)kind;
	get_fields(&in, arena, out);
	int error = wire_end(&in);
	if (error)
		memset(out, 0, sizeof(*out));
	return error;
}

const char *team_action_name(enum team_action_kind kind)
{
	static const char *const names[] = {"unknown", "found", "invite", "admit", "endorse", "revoke",
	        "choose", "merge", "role", "remove-device", "remove-person", "confirm", "undo", "leave",
	        "epoch", "grant", "discovery", "beacon", "lease", "release", "relay", "billing-word",
	        "second"};
	static_assert(sizeof(names) / sizeof(*names) == TEAM_ACTION_LAST + 1, "every action has a name");
	return (unsigned)kind <= TEAM_ACTION_LAST ? names[kind] : names[0];
}

const struct team_key_box *team_action_box(const struct team_key_boxes *boxes, const struct device_id *device)
{
	for (uint32_t i = 0; i < boxes->count; i++)
		if (device_id_eq(&boxes->boxes[i].device, device))
			return &boxes->boxes[i];
	return NULL;
}

bool team_action_lists(const struct team_device_list *list, const struct device_id *device)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (device_id_eq(&list->devices[i], device))
			return true;
	return false;
}
