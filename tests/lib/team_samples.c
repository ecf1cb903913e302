#include "tests/lib/team_samples.h"

/* `size` bytes that start at `first` and go up by one. */
static void fill(void *out, uint8_t first, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)out)[i] = (uint8_t)(first + i);
}

static void fill_keys(struct team_keys *keys, uint8_t first)
{
	fill(keys->handshake, first, TEAM_KEY_BYTES);
	fill(keys->sealing, (uint8_t)(first + 64), TEAM_KEY_BYTES);
}

static void sample_cut(struct arena *arena, struct team_cut *cut)
{
	struct team_cut_place *places = arena_zero(arena, 2, sizeof(*places));
	for (uint8_t i = 0; i < 2; i++) {
		fill(places[i].feed.bytes, (uint8_t)(0x30 + i), ID_LONG_BYTES);
		places[i].seq = 1000u + i;
		fill(places[i].hash.bytes, (uint8_t)(0x40 + i), ID_LONG_BYTES);
	}
	*cut = (struct team_cut){2, places};
}

static void sample_boxes(struct arena *arena, struct team_key_boxes *list)
{
	struct team_key_box *boxes = arena_zero(arena, 2, sizeof(*boxes));
	for (uint8_t i = 0; i < 2; i++) {
		fill(boxes[i].device.bytes, (uint8_t)(0x50 + i), ID_LONG_BYTES);
		fill(boxes[i].box, (uint8_t)(0x60 + i), TEAM_KEY_BOX_BYTES);
	}
	*list = (struct team_key_boxes){2, boxes};
}

static void sample_devices(struct arena *arena, struct team_device_list *list)
{
	struct device_id *devices = arena_zero(arena, 1, sizeof(*devices));
	fill(devices[0].bytes, 0x70, ID_LONG_BYTES);
	*list = (struct team_device_list){1, devices};
}

static void sample_invite(struct arena *arena, struct team_invite *invite)
{
	struct team_psk_box *boxes = arena_zero(arena, 2, sizeof(*boxes));
	for (uint8_t i = 0; i < 2; i++) {
		fill(boxes[i].device.bytes, (uint8_t)(0x20 + i), ID_LONG_BYTES);
		fill(boxes[i].box, (uint8_t)(0x80 + i), TEAM_PSK_BOX_BYTES);
	}
	fill(invite->invitation, 1, TEAM_KEY_BYTES);
	invite->role = 3;
	invite->expires_ms = 1700000000000u;
	invite->rights_from_ms = 1700000000001u;
	invite->rights_until_ms = 1700000000002u;
	invite->psk_count = 2;
	invite->psk_boxes = boxes;
}

static void sample_epoch(struct arena *arena, struct team_epoch *epoch)
{
	struct team_parent *parents = arena_zero(arena, 2, sizeof(*parents));
	fill(parents[0].epoch.bytes, 0x10, ID_LONG_BYTES);
	fill(parents[1].epoch.bytes, 0x11, ID_LONG_BYTES);
	parents[1].has_key = true;
	fill(parents[1].box, 0x90, TEAM_PARENT_BOX_BYTES);
	epoch->compartment = 3;
	fill(epoch->commitment, 0xa0, 32);
	epoch->parent_count = 2;
	epoch->parents = parents;
	sample_devices(arena, &epoch->omitted);
	sample_boxes(arena, &epoch->recipients);
}

static void sample_admit(struct team_admit *admit)
{
	fill(admit->invite.bytes, 2, ID_LONG_BYTES);
	fill(admit->device.bytes, 3, ID_LONG_BYTES);
	fill_keys(&admit->keys, 4);
	fill(admit->person.bytes, 5, ID_SHORT_BYTES);
	admit->role = 1;
	fill(admit->invitation_signature, 6, TEAM_SIGNATURE_BYTES);
	fill(admit->newcomer_signature, 7, TEAM_SIGNATURE_BYTES);
}

static void sample_hashes(struct arena *arena, struct team_hashes *list)
{
	struct entry_hash *hashes = arena_zero(arena, 2, sizeof(*hashes));
	fill(hashes[0].bytes, 0xb0, ID_LONG_BYTES);
	fill(hashes[1].bytes, 0xb1, ID_LONG_BYTES);
	*list = (struct team_hashes){2, hashes};
}

void team_sample(enum team_action_kind kind, struct arena *arena, struct team_action *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = kind;
	switch (kind) {
	case TEAM_ACTION_FOUND:
		fill(out->as.found.nonce, 0xc0, 32);
		fill(out->as.found.person.bytes, 0xc1, ID_SHORT_BYTES);
		fill_keys(&out->as.found.keys, 0xc2);
		break;
	case TEAM_ACTION_INVITE:
		sample_invite(arena, &out->as.invite);
		break;
	case TEAM_ACTION_ADMIT:
		sample_admit(&out->as.admit);
		break;
	case TEAM_ACTION_ENDORSE:
		fill(out->as.admission.bytes, 0xc3, ID_LONG_BYTES);
		break;
	case TEAM_ACTION_REVOKE:
		fill(out->as.invitation.bytes, 0xc4, ID_LONG_BYTES);
		break;
	case TEAM_ACTION_CHOOSE:
		fill(out->as.choose.invite.bytes, 0xc5, ID_LONG_BYTES);
		fill(out->as.choose.admit.bytes, 0xc6, ID_LONG_BYTES);
		break;
	case TEAM_ACTION_MERGE:
	case TEAM_ACTION_UNDO:
		sample_hashes(arena, &out->as.hashes);
		break;
	case TEAM_ACTION_ROLE:
		fill(out->as.role.person.bytes, 0xc7, ID_SHORT_BYTES);
		out->as.role.role = 4;
		out->as.role.rights_until_ms = 1700000000003u;
		sample_cut(arena, &out->as.role.cut);
		break;
	case TEAM_ACTION_REMOVE_DEVICE:
		fill(out->as.remove_device.device.bytes, 0xc8, ID_LONG_BYTES);
		out->as.remove_device.reason = 1;
		sample_cut(arena, &out->as.remove_device.cut);
		break;
	case TEAM_ACTION_REMOVE_PERSON:
		fill(out->as.remove_person.person.bytes, 0xc9, ID_SHORT_BYTES);
		out->as.remove_person.reason = 4;
		sample_cut(arena, &out->as.remove_person.cut);
		break;
	case TEAM_ACTION_CONFIRM:
		fill(out->as.confirm.proposal.bytes, 0xca, ID_LONG_BYTES);
		sample_cut(arena, &out->as.confirm.cut);
		break;
	case TEAM_ACTION_LEAVE:
		out->as.leave_until_ms = 1700000000004u;
		break;
	case TEAM_ACTION_EPOCH:
		sample_epoch(arena, &out->as.epoch);
		break;
	case TEAM_ACTION_GRANT:
		fill(out->as.grant.source.bytes, 0xcb, ID_LONG_BYTES);
		fill(out->as.grant.box.device.bytes, 0xcc, ID_LONG_BYTES);
		fill(out->as.grant.box.box, 0xcd, TEAM_KEY_BOX_BYTES);
		break;
	case TEAM_ACTION_DISCOVERY:
	case TEAM_ACTION_BEACON:
		fill(out->as.secret.commitment, 0xce, 32);
		if (kind == TEAM_ACTION_DISCOVERY)
			sample_devices(arena, &out->as.secret.omitted);
		sample_boxes(arena, &out->as.secret.recipients);
		break;
	case TEAM_ACTION_LEASE:
		fill(out->as.lease.holder.bytes, 0xcf, ID_LONG_BYTES);
		out->as.lease.fence = 7;
		fill(out->as.lease.previous_lot.bytes, 0xd0, ID_LONG_BYTES);
		break;
	case TEAM_ACTION_RELEASE:
		fill(out->as.release.lease.bytes, 0xd1, ID_LONG_BYTES);
		fill(out->as.release.last_lot.bytes, 0xd2, ID_LONG_BYTES);
		break;
	case TEAM_ACTION_RELAY:
		fill(out->as.relay.device.bytes, 0xd3, ID_LONG_BYTES);
		fill_keys(&out->as.relay.keys, 0xd4);
		fill(out->as.relay.newcomer_signature, 0xd5, TEAM_SIGNATURE_BYTES);
		break;
	case TEAM_ACTION_BILLING_WORD:
		out->as.word.what = TEAM_WORD_OVER;
		fill(out->as.word.lease.bytes, 0xd6, ID_LONG_BYTES);
		fill(out->as.word.lot.bytes, 0xd7, ID_LONG_BYTES);
		out->as.word.month = 647;
		break;
	case TEAM_ACTION_SECOND:
		fill(out->as.word_hash.bytes, 0xd8, ID_LONG_BYTES);
		break;
	case TEAM_ACTION_UNKNOWN:
		break;
	}
}
