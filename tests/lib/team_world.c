#include "tests/lib/team_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/team/statement.h"

struct world *world_new(uint64_t seed)
{
	struct world *world = mem_zero(1, sizeof(*world));
	world->rng = rng_new(seed);
	return world;
}

void world_free(struct world *world)
{
	for (uint32_t i = 0; i < world->device_count; i++)
		team_membership_free(world->devices[i].copy);
	arena_close(&world->arena);
	mem_free(world);
}

uint32_t world_device(struct world *world, const struct person_id *person)
{
	assert(world->device_count < WORLD_DEVICES_MAX);
	struct world_device *device = &world->devices[world->device_count];
	uint8_t seed[32];
	rng_bytes(&world->rng, seed, sizeof(seed));
	crypto_sign_seed_keypair(device->author.device.bytes, device->secret, seed);
	rng_bytes(&world->rng, &device->author.incarnation, sizeof(device->author.incarnation));
	rng_bytes(&world->rng, &device->keys, sizeof(device->keys));
	rng_bytes(&world->rng, &device->person, sizeof(device->person));
	if (person)
		device->person = *person;
	device->copy = team_membership_new();
	device->feed = entry_feed_id(
	        &device->author.device, COMPARTMENT_MEMBERSHIP, &device->author.incarnation);
	return world->device_count++;
}

static int write_entry(struct world *world, uint32_t by, const struct incarnation_id *incarnation,
        uint64_t seq, const struct entry_hash *previous, const struct entry_hash *cited,
        const struct team_action *action, uint32_t dep_count, const struct entry_ref *deps,
        struct entry_hash *hash)
{
	assert(world->entry_count < WORLD_ENTRIES_MAX);
	struct world_device *device = &world->devices[by];
	struct world_entry *entry = &world->entries[world->entry_count];
	struct buf body = {0};
	team_action_encode(action, &body);
	entry->author = (struct team_author){device->author.device, *incarnation};
	entry->body = arena_span(&world->arena, buf_span(&body));
	entry->header = (struct entry_header){.version = ENTRY_VERSION,
	        .kind = ENTRY_MEMBERSHIP,
	        .compartment = COMPARTMENT_MEMBERSHIP,
	        .body_bytes = (uint32_t)body.size,
	        .feed = entry_feed_id(&device->author.device, COMPARTMENT_MEMBERSHIP, incarnation),
	        .seq = seq,
	        .lamport = team_membership_lamport(device->copy) + 1,
	        .previous = *previous,
	        .membership = *cited,
	        .body = entry_body_hash(buf_span(&body)),
	        .dep_count = dep_count,
	        .deps = arena_copy(&world->arena, deps, dep_count * sizeof(*deps))};
	entry->hash = entry_hash(&entry->header);
	buf_close(&body);
	int result = team_membership_add(
	        device->copy, &entry->header, &entry->hash, &entry->author, entry->body);
	if (result < 0)
		return result;
	world->entry_count++;
	if (hash)
		*hash = entry->hash;
	return result;
}

static int write_next(struct world *world, uint32_t by, const struct entry_hash *cited,
        const struct team_action *action, uint32_t dep_count, const struct entry_ref *deps,
        struct entry_hash *hash)
{
	struct world_device *device = &world->devices[by];
	struct entry_hash own;
	int result = write_entry(world, by, &device->author.incarnation, device->seq + 1, &device->last,
	        cited, action, dep_count, deps, &own);
	if (result < 0)
		return result;
	device->seq++;
	device->last = own;
	if (hash)
		*hash = own;
	return result;
}

/* Join the heads, if there are several. */
static int join_heads(struct world *world, uint32_t by, struct entry_hash *cited)
{
	struct world_device *device = &world->devices[by];
	struct team_merge merge;
	memset(cited, 0, sizeof(*cited));
	if (team_membership_cite(device->copy, &device->feed, &world->arena, cited, &merge) !=
	        TEAM_MEMBERSHIP_MERGE)
		return 0;
	return write_next(world, by, cited, &merge.action, merge.dep_count, merge.deps, cited);
}

struct entry_hash world_head(struct world *world, uint32_t by)
{
	struct entry_hash cited;
	int result = join_heads(world, by, &cited);
	assert(result >= 0);
	return cited;
}

int world_write(struct world *world, uint32_t by, const struct team_action *action, struct entry_hash *hash)
{
	struct entry_hash cited;
	int result = join_heads(world, by, &cited);
	return result < 0 ? result : write_next(world, by, &cited, action, 0, NULL, hash);
}

int world_forge(struct world *world, uint32_t by, const struct incarnation_id *incarnation, uint64_t seq,
        const struct entry_hash *previous, const struct entry_hash *cited, const struct team_action *action,
        struct entry_hash *hash)
{
	return write_entry(world, by, incarnation, seq, previous, cited, action, 0, NULL, hash);
}

void world_sync(struct world *world, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < world->entry_count; i++) {
		const struct world_entry *entry = &world->entries[i];
		if (!team_membership_knows(world->devices[from].copy, &entry->hash))
			continue;
		int result = team_membership_add(
		        world->devices[to].copy, &entry->header, &entry->hash, &entry->author, entry->body);
		if (result < 0) {
			printf("sync: entry %u: %s\n", i, err_name(result));
			abort();
		}
	}
}

void world_meet(struct world *world, uint32_t a, uint32_t b)
{
	world_sync(world, a, b);
	world_sync(world, b, a);
}

void world_meet_all(struct world *world)
{
	for (uint32_t i = 1; i < world->device_count; i++)
		world_sync(world, i, 0);
	for (uint32_t i = 1; i < world->device_count; i++)
		world_sync(world, 0, i);
}

/* --- Actions --------------------------------------------------------------------------------------------------------- */

struct team_action world_found(struct world *world, uint32_t by)
{
	struct team_action action = {.kind = TEAM_ACTION_FOUND};
	rng_bytes(&world->rng, action.as.found.nonce, sizeof(action.as.found.nonce));
	action.as.found.person = world->devices[by].person;
	action.as.found.keys = world->devices[by].keys;
	return action;
}

int world_invite(struct world *world, uint32_t by, uint8_t role, struct world_invitation *out)
{
	struct team_action action = {.kind = TEAM_ACTION_INVITE};
	uint8_t seed[32];
	rng_bytes(&world->rng, seed, sizeof(seed));
	crypto_sign_seed_keypair(out->key, out->secret, seed);
	memcpy(action.as.invite.invitation, out->key, sizeof(out->key));
	action.as.invite.role = out->role = role;
	return world_write(world, by, &action, &out->hash);
}

struct team_action world_admit(
        struct world *world, const struct world_invitation *invitation, uint32_t newcomer)
{
	const struct world_device *device = &world->devices[newcomer];
	struct team_action action = {.kind = TEAM_ACTION_ADMIT};
	struct team_admit *admit = &action.as.admit;
	struct team_id team;
	bool founded = team_membership_id(world->devices[0].copy, &team);
	assert(founded);
	admit->invite = invitation->hash;
	admit->device = device->author.device;
	admit->keys = device->keys;
	admit->person = device->person;
	admit->role = invitation->role;
	team_statement_admit_sign(
	        admit->invitation_signature, &team, invitation->key, admit, invitation->secret);
	team_statement_admit_sign(admit->newcomer_signature, &team, invitation->key, admit, device->secret);
	return action;
}

struct team_action world_endorse(const struct entry_hash *admit)
{
	return (struct team_action){.kind = TEAM_ACTION_ENDORSE, .as.admission = *admit};
}

struct team_action world_remove_device(struct world *world, uint32_t target)
{
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_DEVICE};
	action.as.remove_device.device = world->devices[target].author.device;
	return action;
}

struct team_action world_remove_person(struct world *world, uint32_t target)
{
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_PERSON};
	action.as.remove_person.person = world->devices[target].person;
	return action;
}

struct team_action world_confirm(const struct entry_hash *proposal)
{
	struct team_action action = {.kind = TEAM_ACTION_CONFIRM};
	action.as.confirm.proposal = *proposal;
	return action;
}

struct team_action world_undo(struct world *world, const struct entry_hash *removal)
{
	struct team_action action = {.kind = TEAM_ACTION_UNDO};
	action.as.hashes = (struct team_hashes){1, arena_copy(&world->arena, removal, sizeof(*removal))};
	return action;
}

struct team_action world_role(const struct person_id *person, uint8_t role)
{
	struct team_action action = {.kind = TEAM_ACTION_ROLE};
	action.as.role.person = *person;
	action.as.role.role = role;
	return action;
}

struct team_action world_epoch(struct world *world, uint32_t by, uint8_t compartment)
{
	struct team_action action = {.kind = TEAM_ACTION_EPOCH};
	struct device_id entitled[LIMIT_TEAM_DEVICES_ACTIVE];
	uint32_t count = team_view_recipients(team_membership_view(world->devices[by].copy), compartment,
	        entitled, LIMIT_TEAM_DEVICES_ACTIVE);
	struct team_key_box *boxes = arena_zero(&world->arena, count, sizeof(*boxes));
	for (uint32_t i = 0; i < count; i++)
		boxes[i].device = entitled[i];
	action.as.epoch.compartment = compartment;
	rng_bytes(&world->rng, action.as.epoch.commitment, sizeof(action.as.epoch.commitment));
	action.as.epoch.recipients = (struct team_key_boxes){count, boxes};
	return action;
}

static void must(int result, const char *what)
{
	if (result == 0)
		return;
	printf("%s: %s\n", what, result < 0 ? err_name(result) : "without power");
	abort();
}

uint32_t world_join(struct world *world, uint32_t by, uint32_t second, uint8_t role, struct entry_hash *admit)
{
	struct world_invitation invitation;
	struct entry_hash hash;
	world_meet_all(world);
	must(world_invite(world, by, role, &invitation), "invite");
	uint32_t newcomer = world_device(world, NULL);
	struct team_action action = world_admit(world, &invitation, newcomer);
	must(world_write(world, by, &action, &hash), "admit");
	if (second != UINT32_MAX) {
		world_sync(world, by, second);
		action = world_endorse(&hash);
		must(world_write(world, second, &action, NULL), "endorse");
	}
	world_meet_all(world);
	if (admit)
		*admit = hash;
	return newcomer;
}

struct team_judgement world_judge(struct world *world, uint32_t at, uint32_t by, uint8_t compartment,
        const struct epoch_id *epoch, uint64_t seq, const struct entry_hash *cited,
        const struct entry_hash *previous_cited)
{
	const struct team_author *author = &world->devices[by].author;
	struct entry_header header = {.version = ENTRY_VERSION,
	        .kind = ENTRY_CHANGE,
	        .compartment = compartment,
	        .feed = entry_feed_id(&author->device, (enum compartment)compartment, &author->incarnation),
	        .seq = seq,
	        .lamport = 1,
	        .membership = *cited,
	        .epoch = *epoch};
	memset(header.previous.bytes, seq > 1, sizeof(header.previous.bytes));
	struct entry_hash hash = entry_hash(&header);
	return team_judge(world->devices[at].copy, &header, &hash, author, previous_cited);
}

/* --- Describing -------------------------------------------------------------------------------------------------------- */

static void say(struct buf *out, const char *what, const void *id, size_t id_bytes)
{
	char hex[65];
	ids_hex(hex, id, id_bytes < 8 ? id_bytes : 8);
	buf_add_span(out, span_text(what));
	buf_add_span(out, span_text(hex));
}

static void say_number(struct buf *out, const char *what, uint64_t number)
{
	char text[64];
	snprintf(text, sizeof(text), "%s%llu", what, (unsigned long long)number);
	buf_add_span(out, span_text(text));
}

static void say_node(struct buf *out, const char *what, struct team_membership *copy, uint32_t node)
{
	if (node == TEAM_NODE_NONE)
		buf_add_span(out, span_text(" -"));
	else
		say(out, what, team_membership_dag(copy)->nodes[node]->hash.bytes, 32);
}

static void describe_devices(struct team_membership *copy, const struct team_view *view, struct buf *out)
{
	for (uint32_t i = 0; i < view->device_count; i++) {
		const struct team_device *device = &view->devices[i];
		say(out, "device ", device->id.bytes, 32);
		say(out, " person ", device->person.bytes, 16);
		say_number(out, " state ", device->state);
		say_number(out, " endorsed ", device->endorsed);
		say_number(out, " role ", team_view_role(view, &device->id));
		say_node(out, " admit ", copy, device->admit_node);
		say_node(out, " endorse ", copy, device->endorse_node);
		say_node(out, " beacon ", copy, device->beacon_node);
		buf_add_span(out, span_text("\n"));
	}
	for (uint32_t i = 0; i < view->person_count; i++) {
		const struct team_person *person = &view->people[i];
		say(out, "person ", person->id.bytes, 16);
		say_number(out, " role ", person->role);
		say_number(out, " from ", person->rights_from_ms);
		say_number(out, " until ", person->rights_until_ms);
		say_node(out, " by ", copy, person->role_node);
		buf_add_span(out, span_text("\n"));
	}
}

static void describe_rest(struct team_membership *copy, const struct team_view *view, struct buf *out)
{
	for (uint32_t i = 0; i < view->invitation_count; i++) {
		say(out, "invitation ", view->invitations[i].hash.bytes, 32);
		say_number(out, " state ", view->invitations[i].state);
		say_number(out, " admits ", view->invitations[i].admit_count);
	}
	for (uint32_t i = 0; i < view->epoch_count; i++) {
		say(out, "\nepoch ", view->epochs[i].id.bytes, 32);
		say_number(out, " in force ", view->epochs[i].in_force);
	}
	for (uint32_t i = 0; i < view->grant_count; i++)
		say_node(out, "\ngrant ", copy, view->grants[i].node);
	for (uint32_t i = 0; i < view->removal_count; i++) {
		say(out, "\nremoval ", view->removals[i].hash.bytes, 32);
		say_number(out, " suspends ", view->removals[i].suspends);
		say_number(out, " undone ", view->removals[i].undone);
	}
	for (uint32_t i = 0; i < view->proposal_count; i++) {
		say(out, "\nproposal ", view->proposals[i].hash.bytes, 32);
		say_number(out, " confirmed ", view->proposals[i].confirmed);
	}
	say_number(out, "\nlease held ", view->lease.held);
	say_number(out, " contested ", view->lease.contested);
	say_number(out, " handed over ", view->lease.handed_over);
	say_number(out, " fence ", view->lease.fence);
	say_number(out, " fence max ", view->lease.fence_max);
	say_node(out, " lease ", copy, view->lease.node);
	say_node(out, "\ndiscovery ", copy, view->discovery_node);
}

static int by_hash(const void *a, const void *b)
{
	return memcmp(a, b, 33);
}

/* Every entry with its status and the verdict at its own state, ascending by hash. */
static void describe_entries(struct team_membership *copy, const struct team_view *view, struct buf *out)
{
	const struct team_dag *dag = team_membership_dag(copy);
	uint8_t(*rows)[34] = mem_zero(dag->count, 34);
	for (uint32_t i = 0; i < dag->count; i++) {
		memcpy(rows[i], dag->nodes[i]->hash.bytes, 32);
		rows[i][32] = (uint8_t)team_view_status(view, i);
		rows[i][33] = (uint8_t)dag->nodes[i]->reason;
	}
	qsort(rows, dag->count, 34, by_hash);
	for (uint32_t i = 0; i < dag->count; i++) {
		say(out, "\nentry ", rows[i], 32);
		say_number(out, " status ", rows[i][32]);
		say_number(out, " reason ", rows[i][33]);
	}
	mem_free(rows);
}

void world_describe(struct team_membership *copy, struct buf *out)
{
	const struct team_view *view = team_membership_view(copy);
	if (!view)
		return;
	describe_devices(copy, view, out);
	describe_rest(copy, view, out);
	describe_entries(copy, view, out);
}
