#include "tests/lib/team_checks.h"

struct world *world_team(uint32_t nurses, uint64_t seed)
{
	struct world *world = world_new(seed);
	world_device(world, NULL);
	struct team_action action = world_found(world, A);
	check_ok(world_write(world, A, &action, NULL));
	for (uint32_t i = 1; i < nurses; i++)
		world_join(world, A, i == 1 ? UINT32_MAX : B, TEAM_ROLE_NURSE, NULL);
	return world;
}

const struct team_view *world_view(struct world *world, uint32_t at)
{
	return team_membership_view(world->devices[at].copy);
}

const struct team_device *world_row(struct world *world, uint32_t at, uint32_t device)
{
	return team_view_device(world_view(world, at), &world->devices[device].author.device);
}

int world_state(struct world *world, uint32_t at, uint32_t device)
{
	const struct team_device *row = world_row(world, at, device);
	return row ? (int)row->state : 0;
}

bool world_manages(struct world *world, uint32_t at, uint32_t device)
{
	return team_view_manages(world_view(world, at), &world->devices[device].author.device);
}

enum team_reason world_reason(struct world *world, uint32_t at, const struct entry_hash *hash)
{
	enum team_reason reason = TEAM_REASON_NONE;
	assert_non_null(team_membership_action(world->devices[at].copy, hash, &reason));
	return reason;
}

void world_check_void(
        struct world *world, uint32_t by, const struct team_action *action, enum team_reason reason)
{
	struct entry_hash hash;
	int result = world_write(world, by, action, &hash);
	if (result != TEAM_MEMBERSHIP_VOID)
		fail_msg("%s: %s", team_action_name(action->kind),
		        result < 0 ? err_name(result) : "has power");
	if (world_reason(world, by, &hash) != reason)
		fail_msg("%s: %s, not %s", team_action_name(action->kind),
		        team_reason_name(world_reason(world, by, &hash)), team_reason_name(reason));
}

void world_write_ok(struct world *world, uint32_t by, struct team_action action, struct entry_hash *hash)
{
	int result = world_write(world, by, &action, hash);
	if (result == 0)
		return;
	enum team_reason reason;
	team_membership_try(world->devices[by].copy, &world->devices[by].author.device, &action, &reason);
	fail_msg("%s: %s", team_action_name(action.kind),
	        result < 0 ? err_name(result) : team_reason_name(reason));
}

struct epoch_id world_rotate(struct world *world, uint32_t by, uint8_t compartment)
{
	struct entry_hash hash;
	struct epoch_id id;
	world_head(world, by);
	world_write_ok(world, by, world_epoch(world, by, compartment), &hash);
	memcpy(id.bytes, hash.bytes, sizeof(id.bytes));
	return id;
}

void world_check_judged(struct team_judgement got, enum team_verdict verdict, enum team_reason reason)
{
	if (got.verdict != verdict || got.reason != reason)
		fail_msg("verdict %d %s, not %d %s", got.verdict, team_reason_name(got.reason), verdict,
		        team_reason_name(reason));
	assert_true((got.error == 0) == (verdict == TEAM_VERDICT_ACCEPTED));
}

struct team_action world_epoch_without(
        struct world *world, uint32_t by, uint8_t compartment, uint32_t omitted)
{
	struct team_action action = world_epoch(world, by, compartment);
	const struct device_id *out = &world->devices[omitted].author.device;
	const struct team_key_boxes *all = &action.as.epoch.recipients;
	struct team_key_box *boxes = arena_zero(&world->arena, all->count, sizeof(*boxes));
	uint32_t kept = 0;
	for (uint32_t i = 0; i < all->count; i++)
		if (!device_id_eq(&all->boxes[i].device, out))
			boxes[kept++] = all->boxes[i];
	assert_int_equal(kept + 1, all->count);
	action.as.epoch.recipients = (struct team_key_boxes){kept, boxes};
	action.as.epoch.omitted = (struct team_device_list){1, out};
	return action;
}

void world_check_visit(struct world *world, uint32_t by, const struct epoch_id *epoch, uint64_t wrote_ms,
        enum team_verdict verdict, enum team_reason reason)
{
	const struct team_author *author = &world->devices[by].author;
	struct entry_header header = {.version = ENTRY_VERSION,
	        .kind = ENTRY_CHANGE,
	        .compartment = COMPARTMENT_CLINICAL,
	        .feed = entry_feed_id(&author->device, COMPARTMENT_CLINICAL, &author->incarnation),
	        .seq = 1,
	        .lamport = 1,
	        .hlc = wrote_ms << 16 | 7,
	        .membership = world_head(world, A),
	        .epoch = *epoch};
	struct entry_hash hash = entry_hash(&header);
	world_check_judged(team_judge(world->devices[A].copy, &header, &hash, author, NULL), verdict, reason);
}
