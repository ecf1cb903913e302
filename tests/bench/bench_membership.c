/*
 * What the membership costs, in processor time of one core, beside the cryptography that cannot be avoided:
 * removing a device from a team of 40 (what the remover computes; nothing is written to a disk), verifying a membership of 1,000
 * entries that arrives whole; judging headers of other compartments, whose cost must not grow with the log; and a flood of forged
 * entries, whose cost may grow only in proportion.
 * Medians of rounds that alternate between floor and ours.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "crdt/base/limits.h"
#include "node/keyring/epochs.h"
#include "node/team/epoch.h"
#include "node/team/statement.h"
#include "tests/bench/cpu.h"
#include "tests/lib/seeded.h"
#include "tests/lib/team_world.h"

enum {
	TEAM_DEVICES = LIMIT_TEAM_DEVICES_ACTIVE,
	ROUNDS = 9,
	VERIFIED_ENTRIES = 1000,
	REMOVER = 0,
	LOG_DEVICES = 12,
};

static struct seeded seeded;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench-membership: %s\n", what);
	exit(1);
}

/* --- A team ------------------------------------------------------------------------------------------------------------ */

static struct entry_signature signatures[WORLD_ENTRIES_MAX];

static void sign(const struct world *world, uint32_t by, uint32_t entry)
{
	entry_sign(&signatures[entry], &world->entries[entry].hash, world->devices[by].secret);
}

static uint32_t device_of(const struct world *world, const struct team_author *author)
{
	for (uint32_t i = 0; i < world->device_count; i++)
		if (device_id_eq(&world->devices[i].author.device, &author->device))
			return i;
	abort();
}

/* A team of `nurses` nurses with one device each, every entry signed. */
static struct world *team_of(uint32_t nurses)
{
	struct world *world = world_new(7);
	world_device(world, NULL);
	struct team_action action = world_found(world, REMOVER);
	must(world_write(world, REMOVER, &action, NULL) == 0, "founding");
	for (uint32_t i = 1; i < nurses; i++)
		world_join(world, REMOVER, i == 1 ? UINT32_MAX : 1, TEAM_ROLE_NURSE, NULL);
	for (uint32_t i = 0; i < world->entry_count; i++)
		sign(world, device_of(world, &world->entries[i].author), i);
	return world;
}

/* --- Removing ---------------------------------------------------------------------------------------------------------- */

/* As node_act() does it, but for the disk: ask whether it may be done, write, sign. */
static struct entry_hash act(struct world *world, const struct team_action *action)
{
	struct world_device *self = &world->devices[REMOVER];
	enum team_reason reason;
	struct entry_hash hash;
	must(team_membership_try(self->copy, &self->author.device, action, &reason) == 0,
	        "an action without power");
	must(world_write(world, REMOVER, action, &hash) == 0, "writing");
	sign(world, REMOVER, world->entry_count - 1);
	return hash;
}

static struct team_key_boxes seal_to_all(
        struct world *world, uint8_t compartment, const uint8_t secret[SECRET_BYTES])
{
	const struct team_view *view = team_membership_view(world->devices[REMOVER].copy);
	struct device_id to[TEAM_DEVICES];
	uint32_t count = team_view_recipients(view, compartment, to, TEAM_DEVICES);
	struct team_key_box *boxes = arena_zero(&world->arena, count, sizeof(*boxes));
	for (uint32_t i = 0; i < count; i++) {
		struct seal_public recipient;
		struct box_key box;
		memcpy(recipient.bytes, team_view_device(view, &to[i])->keys.sealing,
		        sizeof(recipient.bytes));
		must(box_seal(&box, &seeded.env, &recipient, secret) == 0, "sealing");
		boxes[i].device = to[i];
		memcpy(boxes[i].box, box.bytes, sizeof(box.bytes));
	}
	return (struct team_key_boxes){count, boxes};
}

static void put_parents(struct world *world, const struct epochs *held, const struct epoch_draft *draft,
        struct team_epoch *epoch)
{
	struct epoch_id ids[LIMIT_EPOCH_PARENTS];
	epoch->parent_count = team_epoch_parents(world->devices[REMOVER].copy, epoch->compartment, ids);
	struct team_parent *parents = arena_zero(&world->arena, epoch->parent_count, sizeof(*parents));
	for (uint32_t i = 0; i < epoch->parent_count; i++) {
		struct epoch_parent sealed;
		parents[i].epoch = ids[i];
		parents[i].has_key = epochs_draft_parent(&sealed, held, draft, &seeded.env, &ids[i]) == 0;
		must(parents[i].has_key, "a parent's key");
		memcpy(parents[i].box, sealed.sealed, sizeof(parents[i].box));
	}
	epoch->parents = parents;
}

static void rotate(struct world *world, struct epochs *held, enum compartment compartment)
{
	struct epoch_draft draft;
	struct team_action action = {.kind = TEAM_ACTION_EPOCH, .as.epoch.compartment = (uint8_t)compartment};
	epoch_draft_make(&draft, &seeded.env, compartment);
	memcpy(action.as.epoch.commitment, draft.commitment.bytes, sizeof(action.as.epoch.commitment));
	action.as.epoch.recipients = seal_to_all(world, (uint8_t)compartment, draft.key.bytes);
	put_parents(world, held, &draft, &action.as.epoch);
	struct entry_hash hash = act(world, &action);
	struct epoch_about about = {.commitment = draft.commitment, .compartment = compartment};
	memcpy(about.id.bytes, hash.bytes, sizeof(about.id.bytes));
	must(epochs_adopt(held, &about, &draft.key) >= 0, "adopting an epoch");
	epoch_key_wipe(&draft.key);
}

static void share_discovery(struct world *world)
{
	uint8_t secret[SECRET_BYTES];
	struct team_id team;
	struct team_action action = {.kind = TEAM_ACTION_DISCOVERY};
	env_random_bytes(&seeded.env, secret, sizeof(secret));
	team_membership_id(world->devices[REMOVER].copy, &team);
	team_statement_commitment(action.as.secret.commitment, &team, TEAM_STATEMENT_DISCOVERY, secret);
	action.as.secret.recipients = seal_to_all(world, COMPARTMENT_MEMBERSHIP, secret);
	act(world, &action);
	/* The own beacon secret follows from it, and is sealed to the managers: all of them here. */
	action.kind = TEAM_ACTION_BEACON;
	action.as.secret.recipients = seal_to_all(world, COMPARTMENT_MEMBERSHIP, secret);
	act(world, &action);
}

static void rotate_all(struct world *world, struct epochs *held)
{
	for (unsigned i = COMPARTMENT_TEAM; i <= COMPARTMENT_LAST; i++)
		rotate(world, held, (enum compartment)i);
}

static void floor_of_removal(const struct world *world, uint32_t boxes, uint32_t signed_entries)
{
	uint8_t box[BOX_KEY_BYTES], secret[SECRET_BYTES] = {1};
	struct entry_signature signature;
	for (uint32_t i = 0; i < boxes; i++)
		must(crypto_box_seal(box, secret, sizeof(secret),
		             world->devices[1 + i % (TEAM_DEVICES - 1)].keys.sealing) == 0,
		        "sealing");
	for (uint32_t i = 0; i < signed_entries; i++)
		entry_sign(&signature, &world->entries[i].hash, world->devices[REMOVER].secret);
}

static void bench_removal(void)
{
	double ours[ROUNDS], floors[ROUNDS];
	uint32_t boxes = 0, entries = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct world *world = team_of(TEAM_DEVICES);
		struct epochs *held = epochs_new();
		rotate_all(world, held);
		share_discovery(world);
		uint32_t before = world->entry_count;
		double start = cpu_ms();
		struct team_action removal = world_remove_device(world, TEAM_DEVICES - 1);
		act(world, &removal);
		rotate_all(world, held);
		share_discovery(world);
		ours[round] = cpu_ms() - start;
		entries = world->entry_count - before;
		boxes = 7 * (TEAM_DEVICES - 1);
		start = cpu_ms();
		floor_of_removal(world, boxes, entries);
		floors[round] = cpu_ms() - start;
		epochs_free(held);
		world_free(world);
	}
	double our = cpu_median(ours, ROUNDS), floor = cpu_median(floors, ROUNDS);
	printf("removing one of %d devices: %.1f ms on the remover (aim 50), floor %.1f ms of %u box seals "
	       "and %u signatures, "
	       "%.2f x\n",
	        TEAM_DEVICES, our, floor, boxes, entries, our / floor);
}

/* --- Verifying --------------------------------------------------------------------------------------------------------- */

/* One entry by `by`: now and then an invitation and its withdrawal, an epoch, a beacon. */
static void write_something(struct world *world, uint32_t by)
{
	struct world_invitation invitation;
	struct team_action action = {.kind = TEAM_ACTION_REVOKE};
	uint32_t before = world->entry_count;
	switch (rng_below(&world->rng, 4)) {
	case 0:
		must(world_invite(world, by, TEAM_ROLE_LOCUM, &invitation) == 0, "inviting");
		action.as.invitation = invitation.hash;
		break;
	case 1:
		world_head(world, by);
		action = world_epoch(world, by, COMPARTMENT_CLINICAL);
		break;
	default:
		action.kind = TEAM_ACTION_BEACON;
		action.as.secret.recipients = (struct team_key_boxes){0, NULL};
		rng_bytes(&world->rng, action.as.secret.commitment, sizeof(action.as.secret.commitment));
	}
	must(world_write(world, by, &action, NULL) == 0, "writing");
	for (uint32_t i = before; i < world->entry_count; i++)
		sign(world, by, i);
}

/* Two at a time write apart, then meet: half of the entries are concurrent with another, and merges join them. */
static void grow(struct world *world, uint32_t entries)
{
	while (world->entry_count < entries) {
		uint32_t a = (uint32_t)rng_below(&world->rng, world->device_count);
		uint32_t b = (a + 1) % world->device_count;
		write_something(world, a);
		write_something(world, b);
		world_meet(world, a, b);
		world_sync(world, a, (b + 1) % world->device_count);
	}
	world_meet_all(world);
}

static double verify(const struct world *world)
{
	double start = cpu_ms();
	struct team_membership *copy = team_membership_new();
	for (uint32_t i = 0; i < VERIFIED_ENTRIES; i++) {
		const struct world_entry *entry = &world->entries[i];
		struct entry_hash hash = entry_hash(&entry->header);
		must(entry_signed_by(&signatures[i], &hash, &entry->author.device), "a signature");
		must(team_membership_add(copy, &entry->header, &hash, &entry->author, entry->body) >= 0,
		        "adding");
	}
	must(team_membership_view(copy) != NULL, "a view");
	team_membership_free(copy);
	return cpu_ms() - start;
}

static double floor_of_verifying(const struct world *world)
{
	double start = cpu_ms();
	for (uint32_t i = 0; i < VERIFIED_ENTRIES; i++)
		must(entry_signed_by(
		             &signatures[i], &world->entries[i].hash, &world->entries[i].author.device),
		        "a signature");
	return cpu_ms() - start;
}

static void bench_verifying(void)
{
	double ours[ROUNDS], floors[ROUNDS];
	struct world *world = team_of(LOG_DEVICES);
	grow(world, VERIFIED_ENTRIES);
	for (int round = 0; round < ROUNDS; round++) {
		floors[round] = floor_of_verifying(world);
		ours[round] = verify(world);
	}
	double our = cpu_median(ours, ROUNDS), floor = cpu_median(floors, ROUNDS);
	printf("verifying a membership of %d entries: %.1f ms (aim 100), floor %.1f ms of as many Ed25519 "
	       "checks, %.2f x\n",
	        VERIFIED_ENTRIES, our, floor, our / floor);
	world_free(world);
}

/* --- Judging ----------------------------------------------------------------------------------------------------------- */

/* Headers of LOG_DEVICES feeds, one after another, citing one of the latest states each: microseconds for one of them. */
static double judge_log(struct world *world, const struct epoch_id *epoch, uint32_t log_entries)
{
	struct entry_hash cited[LOG_DEVICES];
	uint32_t recent = world->entry_count < LOG_DEVICES ? world->entry_count : LOG_DEVICES;
	for (uint32_t i = 0; i < LOG_DEVICES; i++)
		cited[i] = world->entries[world->entry_count - recent + i % recent].hash;
	double start = cpu_ms();
	for (uint32_t i = 0; i < log_entries; i++) {
		uint32_t by = i % LOG_DEVICES;
		uint64_t seq = i / LOG_DEVICES + 1;
		struct team_judgement judgement = world_judge(world, REMOVER, by, COMPARTMENT_CLINICAL, epoch,
		        seq, &cited[by], seq > 1 ? &cited[by] : NULL);
		must(judgement.verdict == TEAM_VERDICT_ACCEPTED, "a judgement");
	}
	return (cpu_ms() - start) * 1e3 / log_entries;
}

static struct epoch_id clinical_epoch(struct world *world)
{
	struct entry_hash hash;
	struct epoch_id epoch;
	world_head(world, REMOVER);
	struct team_action action = world_epoch(world, REMOVER, COMPARTMENT_CLINICAL);
	must(world_write(world, REMOVER, &action, &hash) == 0, "an epoch");
	memcpy(epoch.bytes, hash.bytes, sizeof(epoch.bytes));
	return epoch;
}

/* `entries` more, by one device in a row. */
static void lengthen(struct world *world, uint32_t entries)
{
	struct team_action action = {.kind = TEAM_ACTION_BEACON};
	while (world->entry_count < entries) {
		rng_bytes(&world->rng, action.as.secret.commitment, sizeof(action.as.secret.commitment));
		must(world_write(world, REMOVER, &action, NULL) == 0, "writing");
	}
}

static void bench_judging(void)
{
	static const uint32_t log_lengths[] = {1000, 10000, 100000};
	static const uint32_t membership_lengths[] = {100, 1000, 10000};
	struct world *world = team_of(LOG_DEVICES);
	struct epoch_id epoch = clinical_epoch(world);
	lengthen(world, membership_lengths[0]);
	for (size_t i = 0; i < 3; i++)
		printf("judging each of %u log entries, membership of %u: %.2f us\n", log_lengths[i],
		        world->entry_count, judge_log(world, &epoch, log_lengths[i]));
	for (size_t i = 0; i < 3; i++) {
		lengthen(world, membership_lengths[i]);
		printf("judging each of %u log entries, membership of %u: %.2f us\n", log_lengths[1],
		        world->entry_count, judge_log(world, &epoch, log_lengths[1]));
	}
	world_free(world);
}

/* --- A flood ------------------------------------------------------------------------------------------------------------ */

/* A thief's entries, from fresh incarnations: each removes who removed the thief's device, and all wait for each other. */
static void bench_flood(uint32_t forged)
{
	enum { OWNER = 1, OTHER = 2 };
	struct world *world = team_of(3);
	struct entry_hash old = world_head(world, OWNER), none = {{0}}, hash;
	struct team_action removal = world_remove_device(world, OWNER);
	must(world_write(world, OTHER, &removal, NULL) == 0, "removing");
	removal = world_remove_device(world, OTHER);
	for (uint32_t i = 0; i < forged; i++) {
		struct incarnation_id fresh = {{1, (uint8_t)i, (uint8_t)(i >> 8)}};
		must(world_forge(world, OWNER, &fresh, 1, &none, &old, &removal, &hash) == 0, "forging");
	}
	world_sync(world, OWNER, OTHER);
	double start = cpu_ms();
	must(team_membership_view(world->devices[OTHER].copy) != NULL, "a view");
	double took = cpu_ms() - start;
	printf("a view with %u forged removals that wait for each other: %.2f ms, %.2f us each\n", forged,
	        took, took * 1e3 / forged);
	world_free(world);
}

int main(void)
{
	if (sodium_init() < 0)
		return 1;
	seeded_init(&seeded, 1);
	bench_removal();
	bench_verifying();
	bench_judging();
	bench_flood(1000);
	bench_flood(10000);
	return 0;
}
