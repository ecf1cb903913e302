/*
 * Random histories of a team, with people who remove each other, cite old states and redeem one invitation twice: whatever
 * the order in which the entries arrive, view and judgements are the same, and the view of any entry made step by step is
 * the one made from scratch. The seed is printed; RELEVE_SEED=n runs one history, RELEVE_ROUNDS=n so many. A failing history
 * is cut down to the shortest prefix that still fails.
 */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "node/team/resolve.h"
#include "tests/lib/team_world.h"

enum { DEVICES = 8, STEPS = 60, ORDERS = 4, ROUNDS = 60 };

/* A history under way: hashes worth citing in later actions. */
struct history {
	struct world *world;
	struct entry_hash written[WORLD_ENTRIES_MAX];
	uint32_t written_count;
	struct world_invitation invitations[64];
	uint32_t invitation_count;
};

static uint32_t pick(struct history *h, uint32_t bound)
{
	return (uint32_t)rng_below(&h->world->rng, bound);
}

static struct entry_hash some_entry(struct history *h)
{
	return h->written[pick(h, h->written_count)];
}

/* Some earlier entry of that kind; any entry when there is none. */
static struct entry_hash some_of(struct history *h, enum team_action_kind kind)
{
	struct entry_hash found = some_entry(h);
	uint32_t start = pick(h, h->written_count);
	for (uint32_t i = 0; i < h->written_count; i++) {
		const struct entry_hash *hash = &h->written[(start + i) % h->written_count];
		for (uint32_t d = 0; d < h->world->device_count; d++) {
			const struct team_action *action = team_membership_action(
			        h->world->devices[d].copy, hash, NULL);
			if (action && action->kind == kind)
				return *hash;
		}
	}
	return found;
}

static void write_action(struct history *h, uint32_t by, struct team_action action)
{
	struct entry_hash hash;
	if (team_membership_count(h->world->devices[by].copy) == 0)
		return;
	if (world_write(h->world, by, &action, &hash) >= 0)
		h->written[h->written_count++] = hash;
}

static void invite(struct history *h, uint32_t by)
{
	static const uint8_t roles[] = {TEAM_ROLE_NURSE, TEAM_ROLE_NURSE, TEAM_ROLE_NURSE, TEAM_ROLE_LOCUM,
	        TEAM_ROLE_READER, TEAM_ROLE_FACILITATOR};
	struct world_invitation *invitation = &h->invitations[h->invitation_count];
	if (h->invitation_count == 64 || team_membership_count(h->world->devices[by].copy) == 0)
		return;
	if (world_invite(h->world, by, roles[pick(h, sizeof(roles))], invitation) < 0)
		return;
	h->written[h->written_count++] = invitation->hash;
	h->invitation_count++;
}

/* Mostly a newcomer; sometimes another person's device, sometimes one that is there already. */
static void admit(struct history *h, uint32_t by)
{
	struct world *world = h->world;
	if (h->invitation_count == 0)
		return;
	const struct world_invitation *invitation = &h->invitations[pick(h, h->invitation_count)];
	uint32_t newcomer = pick(h, world->device_count);
	if (world->device_count < DEVICES && pick(h, 3))
		newcomer = world_device(
		        world, pick(h, 4) ? NULL : &world->devices[pick(h, world->device_count)].person);
	write_action(h, by, world_admit(world, invitation, newcomer));
}

/* An entry citing an old state from an incarnation of its own. */
static void forge(struct history *h, uint32_t by)
{
	struct world *world = h->world;
	struct incarnation_id fresh;
	struct entry_hash none = {{0}}, cited = some_entry(h), hash;
	struct team_action action = pick(h, 2) ? world_remove_device(world, pick(h, world->device_count))
	                                       : world_remove_person(world, pick(h, world->device_count));
	if (h->invitation_count && pick(h, 3) == 0)
		action = world_admit(
		        world, &h->invitations[pick(h, h->invitation_count)], pick(h, world->device_count));
	rng_bytes(&world->rng, &fresh, sizeof(fresh));
	if (team_membership_count(world->devices[by].copy) > 0 &&
	        world_forge(world, by, &fresh, 1, &none, &cited, &action, &hash) >= 0)
		h->written[h->written_count++] = hash;
}

static struct team_action grant(struct history *h)
{
	struct team_action action = {.kind = TEAM_ACTION_GRANT};
	action.as.grant.source = some_of(h, TEAM_ACTION_EPOCH);
	action.as.grant.box.device = h->world->devices[pick(h, h->world->device_count)].author.device;
	return action;
}

static struct team_action lease(struct history *h, uint32_t by)
{
	struct team_action action = {.kind = TEAM_ACTION_LEASE};
	const struct team_view *view = team_membership_view(h->world->devices[by].copy);
	action.as.lease.holder = h->world->devices[pick(h, h->world->device_count)].author.device;
	action.as.lease.fence = view ? view->lease.fence_max + 1 : 1;
	return action;
}

/* What `by` sees waiting for it: a proposal, a suspension, a newcomer, a contested invitation; false when nothing does. */
static bool waiting(struct history *h, uint32_t by, enum team_action_kind kind, struct entry_hash *out)
{
	const struct team_view *view = team_membership_view(h->world->devices[by].copy);
	uint32_t seen = 0;
	if (!view || pick(h, 5) == 0)
		return false;
	for (uint32_t i = 0; kind == TEAM_ACTION_CONFIRM && i < view->proposal_count; i++)
		if (!view->proposals[i].confirmed && pick(h, ++seen) == 0)
			*out = view->proposals[i].hash;
	for (uint32_t i = 0; kind == TEAM_ACTION_UNDO && i < view->removal_count; i++)
		if (!view->removals[i].undone && pick(h, ++seen) == 0)
			*out = view->removals[i].hash;
	for (uint32_t i = 0; kind == TEAM_ACTION_ENDORSE && i < view->device_count; i++)
		if (!view->devices[i].endorsed && pick(h, ++seen) == 0)
			*out = view->devices[i].admission;
	for (uint32_t i = 0; kind == TEAM_ACTION_CHOOSE && i < view->device_count; i++)
		if (view->devices[i].state == TEAM_DEVICE_PENDING && pick(h, ++seen) == 0)
			*out = view->devices[i].admission;
	return seen > 0;
}

static struct team_action choose(struct history *h, uint32_t by)
{
	struct team_action action = {.kind = TEAM_ACTION_CHOOSE};
	struct entry_hash admission;
	if (!waiting(h, by, TEAM_ACTION_CHOOSE, &admission))
		admission = some_of(h, TEAM_ACTION_ADMIT);
	for (uint32_t d = 0; d < h->world->device_count; d++) {
		const struct team_action *cited = team_membership_action(
		        h->world->devices[d].copy, &admission, NULL);
		if (cited && cited->kind == TEAM_ACTION_ADMIT)
			action.as.choose.invite = cited->as.admit.invite;
	}
	if (pick(h, 4))
		action.as.choose.admit = admission;
	return action;
}

/* One invitation, two devices that redeem it, or one that redeems and one that revokes. */
static void redeem_twice(struct history *h, uint32_t by, uint32_t other)
{
	struct world *world = h->world;
	uint32_t before = h->invitation_count;
	invite(h, by);
	if (h->invitation_count == before || by == other || world->device_count + 2 > DEVICES)
		return;
	world_sync(world, by, other);
	const struct world_invitation *invitation = &h->invitations[before];
	write_action(h, by, world_admit(world, invitation, world_device(world, NULL)));
	if (pick(h, 2))
		write_action(h, other, world_admit(world, invitation, world_device(world, NULL)));
	else
		write_action(h, other,
		        (struct team_action){.kind = TEAM_ACTION_REVOKE, .as.invitation = invitation->hash});
}

static void step(struct history *h)
{
	static const uint8_t roles[] = {
	        TEAM_ROLE_NURSE, TEAM_ROLE_LOCUM, TEAM_ROLE_READER, TEAM_ROLE_FACILITATOR};
	struct world *world = h->world;
	uint32_t by = pick(h, world->device_count), other = pick(h, world->device_count);
	struct entry_hash hash;
	struct team_action action = {.kind = TEAM_ACTION_LEAVE, .as.leave_until_ms = 1 + pick(h, 100)};
	switch (pick(h, 30)) {
	case 0:
	case 1:
	case 2:
		invite(h, by);
		break;
	case 3:
	case 4:
	case 5:
		admit(h, by);
		break;
	case 6:
	case 7:
		if (!waiting(h, by, TEAM_ACTION_ENDORSE, &hash))
			hash = some_of(h, TEAM_ACTION_ADMIT);
		write_action(h, by, world_endorse(&hash));
		break;
	case 8:
	case 9:
		write_action(h, by, world_remove_device(world, other));
		break;
	case 10:
		write_action(h, by, world_remove_person(world, other));
		break;
	case 11:
	case 12:
		if (!waiting(h, by, TEAM_ACTION_CONFIRM, &hash))
			hash = some_of(h, pick(h, 2) ? TEAM_ACTION_REMOVE_PERSON : TEAM_ACTION_ROLE);
		write_action(h, by, world_confirm(&hash));
		break;
	case 13:
		if (!waiting(h, by, TEAM_ACTION_UNDO, &hash))
			hash = some_of(h, pick(h, 2) ? TEAM_ACTION_REMOVE_DEVICE : TEAM_ACTION_CONFIRM);
		write_action(h, by, world_undo(world, &hash));
		break;
	case 14:
		write_action(h, by, world_role(&world->devices[other].person, roles[pick(h, sizeof(roles))]));
		break;
	case 15:
		write_action(h, by, choose(h, by));
		break;
	case 16:
		hash = some_of(h, TEAM_ACTION_INVITE);
		write_action(h, by, (struct team_action){.kind = TEAM_ACTION_REVOKE, .as.invitation = hash});
		break;
	case 17:
		if (team_membership_count(world->devices[by].copy))
			write_action(h, by, world_epoch(world, by, (uint8_t)(2 + pick(h, 5))));
		break;
	case 18:
		write_action(h, by, pick(h, 2) ? grant(h) : lease(h, by));
		break;
	case 19:
		forge(h, by);
		break;
	case 20:
		if (pick(h, 3) == 0)
			write_action(h, by, action);
		break;
	case 21:
		redeem_twice(h, by, other);
		break;
	case 22:
		write_action(h, by, choose(h, by));
		break;
	default:
		if (other != by && team_membership_count(world->devices[by].copy))
			world_sync(world, by, other);
	}
}

static void play(struct history *h, uint64_t seed, uint32_t steps)
{
	h->world = world_new(seed);
	world_device(h->world, NULL);
	struct team_action found = world_found(h->world, 0);
	check_ok(world_write(h->world, 0, &found, &h->written[0]));
	h->written_count = 1;
	uint32_t nurses = (uint32_t)rng_between(&h->world->rng, 1, 5);
	for (uint32_t i = 1; i < nurses; i++)
		world_join(h->world, 0, i == 1 ? UINT32_MAX : 1, TEAM_ROLE_NURSE, NULL);
	for (uint32_t i = 0; i < h->world->entry_count; i++)
		h->written[i] = h->world->entries[i].hash;
	h->written_count = h->world->entry_count;
	for (uint32_t i = 0; i < steps; i++)
		step(h);
}

/* --- Checks ------------------------------------------------------------------------------------------------------------ */

/* All entries into a fresh copy, in a random order that respects causality: refused ones are tried again. */
static struct team_membership *shuffled(struct world *world, struct rng *rng)
{
	struct team_membership *copy = team_membership_new();
	uint32_t *left = mem_zero(world->entry_count, sizeof(*left)), count = world->entry_count;
	for (uint32_t i = 0; i < count; i++)
		left[i] = i;
	while (count) {
		rng_shuffle(rng, left, count, sizeof(*left));
		uint32_t kept = 0, before = count;
		for (uint32_t i = 0; i < count; i++) {
			const struct world_entry *entry = &world->entries[left[i]];
			int result = team_membership_add(
			        copy, &entry->header, &entry->hash, &entry->author, entry->body);
			if (result == ERR_GAP)
				left[kept++] = left[i];
			else
				assert_true(result >= 0);
		}
		count = kept;
		assert_true(count < before);
	}
	mem_free(left);
	return copy;
}

/* Judge one header per device, compartment and cited entry that `rng` picks; the verdicts as bytes. */
static void judge_some(struct world *world, struct team_membership *copy, struct rng rng, struct buf *out)
{
	struct team_membership *own = world->devices[0].copy;
	world->devices[0].copy = copy;
	for (uint32_t i = 0; i < 40; i++) {
		struct epoch_id epoch;
		const struct world_entry *cited = &world->entries[rng_below(&rng, world->entry_count)];
		const struct world_entry *before = &world->entries[rng_below(&rng, world->entry_count)];
		memcpy(epoch.bytes, world->entries[rng_below(&rng, world->entry_count)].hash.bytes, 32);
		const struct team_view *view = team_membership_view(copy);
		if (view->epoch_count)
			epoch = view->epochs[rng_below(&rng, view->epoch_count)].id;
		struct team_judgement judgement = world_judge(world, 0,
		        (uint32_t)rng_below(&rng, world->device_count), (uint8_t)rng_between(&rng, 2, 6),
		        &epoch, rng_between(&rng, 1, 3), &cited->hash,
		        rng_chance(&rng, 500) ? &before->hash : NULL);
		buf_add(out, &(uint8_t){(uint8_t)judgement.verdict}, 1);
		buf_add(out, &(uint8_t){(uint8_t)judgement.reason}, 1);
	}
	world->devices[0].copy = own;
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return span_eq(buf_span(a), buf_span(b));
}

static bool orders_agree(struct world *world, struct rng *rng)
{
	struct buf first = {0}, first_verdicts = {0};
	bool agree = true;
	for (uint32_t i = 0; i < ORDERS && agree; i++) {
		struct buf text = {0}, verdicts = {0};
		struct team_membership *copy = shuffled(world, rng);
		world_describe(copy, &text);
		judge_some(world, copy, rng_new(world->entry_count), &verdicts);
		agree = i == 0 || (same_text(&text, &first) && same_text(&verdicts, &first_verdicts));
		if (i == 0) {
			first = text;
			first_verdicts = verdicts;
		} else {
			buf_close(&text);
			buf_close(&verdicts);
		}
		team_membership_free(copy);
	}
	buf_close(&first);
	buf_close(&first_verdicts);
	return agree;
}

/* The view after an entry that was made by extending its predecessor's equals the one resolved from scratch. */
static bool extension_is_resolution(struct world *world, struct rng *rng)
{
	struct team_membership *copy = team_membership_new();
	struct team_dag *dag = team_membership_dag(copy);
	bool same = true;
	(void)rng;
	for (uint32_t i = 0; i < world->entry_count && same; i++) {
		const struct world_entry *entry = &world->entries[i];
		assert_true(team_membership_add(
		                    copy, &entry->header, &entry->hash, &entry->author, entry->body) >= 0);
		const struct team_view *view = team_membership_view_at(copy, &entry->hash);
		uint32_t node = team_dag_find(dag, &entry->hash);
		struct team_view *scratch = team_resolve(dag, &node, 1);
		same = view->device_count == scratch->device_count &&
		        memcmp(view->status, scratch->status, dag->count) == 0 &&
		        view->person_count == scratch->person_count &&
		        view->epoch_count == scratch->epoch_count &&
		        view->removal_count == scratch->removal_count;
		for (uint32_t d = 0; d < view->device_count && same; d++)
			same = device_id_eq(&view->devices[d].id, &scratch->devices[d].id) &&
			        view->devices[d].state == scratch->devices[d].state &&
			        view->devices[d].endorsed == scratch->devices[d].endorsed;
		for (uint32_t p = 0; p < view->person_count && same; p++)
			same = view->people[p].role == scratch->people[p].role;
		for (uint32_t v = 0; v < view->invitation_count && same; v++)
			same = view->invitations[v].state == scratch->invitations[v].state;
		team_view_free(scratch);
	}
	team_membership_free(copy);
	return same;
}

static bool holds(uint64_t seed, uint32_t steps)
{
	struct history *h = mem_zero(1, sizeof(*h));
	struct rng rng = rng_new(seed ^ 0x5eed);
	play(h, seed, steps);
	bool good = orders_agree(h->world, &rng) && extension_is_resolution(h->world, &rng);
	world_free(h->world);
	mem_free(h);
	return good;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void any_order_gives_the_same(void **state)
{
	(void)state;
	uint64_t first = setting("RELEVE_SEED", 1),
	         rounds = getenv("RELEVE_SEED") ? 1 : setting("RELEVE_ROUNDS", ROUNDS);
	for (uint64_t seed = first; seed < first + rounds; seed++) {
		if (holds(seed, STEPS))
			continue;
		uint32_t steps = 0;
		while (holds(seed, steps))
			steps++;
		fail_msg("seed %llu, the first %u steps", (unsigned long long)seed, steps);
	}
}

/* --- Every order of a small history ------------------------------------------------------------------------------------ */

struct every {
	struct world *world;
	uint32_t common; /* the first entries, that all have */
	struct buf first;
	uint32_t orders;
};

static void compare(struct every *every, const uint32_t *order, uint32_t count)
{
	struct team_membership *copy = team_membership_new();
	for (uint32_t i = 0; i < every->common + count; i++) {
		const struct world_entry
		        *entry = &every->world->entries[i < every->common ? i : order[i - every->common]];
		int result = team_membership_add(
		        copy, &entry->header, &entry->hash, &entry->author, entry->body);
		if (result < 0) {
			assert_int_equal(result, ERR_GAP); /* not a causal order */
			team_membership_free(copy);
			return;
		}
	}
	struct buf text = {0};
	world_describe(copy, &text);
	if (every->orders++ == 0)
		every->first = text;
	else {
		check_span(buf_span(&text), buf_span(&every->first));
		buf_close(&text);
	}
	team_membership_free(copy);
}

/* Heap's algorithm, without recursion. */
static void permute(struct every *every, uint32_t *order, uint32_t count)
{
	uint32_t turns[8] = {0};
	compare(every, order, count);
	for (uint32_t i = 1; i < count;) {
		if (turns[i] >= i) {
			turns[i++] = 0;
			continue;
		}
		uint32_t other = i % 2 ? turns[i] : 0, swap = order[other];
		order[other] = order[i];
		order[i] = swap;
		turns[i]++;
		i = 1;
		compare(every, order, count);
	}
}

/* Four nurses apart from each other: one change each for the first three, two for the fourth. */
static void every_order_of_a_small_history(void **state)
{
	(void)state;
	for (uint32_t shape = 0; shape < 6; shape++) {
		struct history *h = mem_zero(1, sizeof(*h));
		play(h, 1000 + shape, 0);
		while (h->world->device_count < 4)
			world_join(h->world, 0, h->world->device_count == 1 ? UINT32_MAX : 1, TEAM_ROLE_NURSE,
			        NULL);
		world_meet_all(h->world);
		struct every every = {h->world, h->world->entry_count, {0}, 0};
		write_action(h, 0, world_remove_device(h->world, 1 + shape % 3));
		write_action(h, 1, world_remove_device(h->world, shape % 2 ? 0 : 2));
		write_action(
		        h, 2, shape < 3 ? world_remove_person(h->world, 0) : world_epoch(h->world, 2, 3));
		write_action(h, 3, world_role(&h->world->devices[0].person, TEAM_ROLE_READER));
		world_sync(h->world, 3, 2);
		struct entry_hash last = h->written[h->written_count - 1];
		write_action(h, 2, world_confirm(&last));
		uint32_t count = h->world->entry_count - every.common, order[8];
		assert_true(count <= 7);
		for (uint32_t i = 0; i < count; i++)
			order[i] = every.common + i;
		permute(&every, order, count);
		assert_true(every.orders > 24);
		buf_close(&every.first);
		world_free(h->world);
		mem_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_order_gives_the_same),
	        cmocka_unit_test(every_order_of_a_small_history),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
