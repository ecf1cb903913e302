/*
 * Bad input to the membership: forged, replayed, reordered, backdated, oversized, of a later version; invitations used twice or
 * after they were revoked. Each is refused, or kept without power; says why; is counted under that reason; and nothing else changes.
 */
#include "tests/lib/team_checks.h"

#include "crdt/base/limits.h"

/* A team of three, and a copy that has all its entries but the last, which A wrote. */
struct scene {
	struct world *world;
	struct team_membership *copy;
	struct world_entry entry; /* the last one, good */
	struct buf before; /* what the copy says */
	struct team_tally tally;
};

static void scene_open(struct scene *scene)
{
	struct world_invitation invitation;
	*scene = (struct scene){.world = world_team(3, 401), .copy = team_membership_new()};
	world_head(scene->world, A);
	check_ok(world_invite(scene->world, A, TEAM_ROLE_LOCUM, &invitation));
	uint32_t count = scene->world->entry_count;
	scene->entry = scene->world->entries[count - 1];
	for (uint32_t i = 0; i + 1 < count; i++) {
		const struct world_entry *entry = &scene->world->entries[i];
		check_ok(team_membership_add(
		        scene->copy, &entry->header, &entry->hash, &entry->author, entry->body));
	}
	world_describe(scene->copy, &scene->before);
	team_membership_tally(scene->copy, &scene->tally);
}

/* Nothing changed but one count; the good entry is still welcome. */
static void scene_close(struct scene *scene, enum team_reason reason)
{
	struct buf after = {0};
	struct team_tally tally;
	world_describe(scene->copy, &after);
	check_span(buf_span(&after), buf_span(&scene->before));
	team_membership_tally(scene->copy, &tally);
	for (int i = 0; i < TEAM_REASON_COUNT; i++) {
		assert_int_equal(tally.refused[i],
		        scene->tally.refused[i] + (i == (int)reason && reason != TEAM_REASON_NONE));
		assert_int_equal(tally.powerless[i], scene->tally.powerless[i]);
	}
	check_ok(team_membership_add(scene->copy, &scene->entry.header, &scene->entry.hash,
	        &scene->entry.author, scene->entry.body));
	assert_int_equal(team_membership_refusal(scene->copy), TEAM_REASON_NONE);
	buf_close(&scene->before);
	buf_close(&after);
	team_membership_free(scene->copy);
	world_free(scene->world);
}

static void check_refused(struct scene *scene, const struct entry_header *header,
        const struct team_author *author, struct span body, int error, enum team_reason reason)
{
	struct entry_hash hash = entry_hash(header);
	hash.bytes[0] ^= 1; /* never the good entry's own */
	check_code(team_membership_add(scene->copy, header, &hash, author, body), error);
	assert_int_equal(team_membership_refusal(scene->copy), reason);
	assert_int_not_equal(strlen(team_reason_sentence(reason)), 0);
}

/* Every way to spoil a good entry by one field. */
static void each_spoiled_field_is_refused_with_its_reason(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		int error;
		enum team_reason reason;
	} cases[] = {
	        {"another device's feed", ERR_INVALID, TEAM_REASON_FORGED},
	        {"another incarnation's feed", ERR_INVALID, TEAM_REASON_FORGED},
	        {"another body", ERR_INVALID, TEAM_REASON_FORGED},
	        {"a later version", ERR_VERSION, TEAM_REASON_NEWER_VERSION},
	        {"another compartment", ERR_INVALID, TEAM_REASON_WRONG_PLACE},
	        {"a change of a document", ERR_INVALID, TEAM_REASON_WRONG_PLACE},
	        {"a sealed body", ERR_INVALID, TEAM_REASON_MALFORMED},
	        {"a clock that goes back", ERR_INVALID, TEAM_REASON_CONTRADICTION},
	        {"a gap in the feed", ERR_INVALID, TEAM_REASON_CONTRADICTION},
	        {"a dependency", ERR_INVALID, TEAM_REASON_CONTRADICTION},
	        {"a state that nobody knows", ERR_GAP, TEAM_REASON_UNKNOWN_STATE},
	        {"a predecessor that nobody knows", ERR_GAP, TEAM_REASON_UNKNOWN_STATE},
	        {"a body cut short", ERR_TRUNCATED, TEAM_REASON_MALFORMED},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene scene;
		scene_open(&scene);
		struct entry_header header = scene.entry.header;
		struct team_author author = scene.entry.author;
		struct span body = scene.entry.body;
		struct entry_ref dep = {.seq = 1};
		switch (i) {
		case 0:
			author.device = scene.world->devices[B].author.device;
			break;
		case 1:
			author.incarnation.bytes[0] ^= 1;
			break;
		case 2:
			body = span_text("something else");
			break;
		case 3:
			header.version = ENTRY_VERSION + 1;
			break;
		case 4:
			header.compartment = COMPARTMENT_TEAM;
			break;
		case 5:
			header.kind = ENTRY_CHANGE;
			break;
		case 6:
			header.epoch.bytes[0] = 1;
			break;
		case 7:
			header.lamport = 1;
			break;
		case 8:
			header.seq++;
			break;
		case 9:
			header.deps = &dep;
			header.dep_count = 1;
			break;
		case 10:
			header.membership.bytes[3] ^= 1;
			break;
		case 11:
			header.previous.bytes[3] ^= 1;
			break;
		default:
			body = span_of(body.data, body.size - 1);
			header.body = entry_body_hash(body);
			header.body_bytes = (uint32_t)body.size;
		}
		print_message("%s\n", cases[i].what);
		check_refused(&scene, &header, &author, body, cases[i].error, cases[i].reason);
		scene_close(&scene, cases[i].reason);
	}
}

static void an_oversized_entry_is_refused(void **state)
{
	(void)state;
	struct scene scene;
	scene_open(&scene);
	struct entry_header header = scene.entry.header;
	uint8_t *bytes = mem_zero(1, LIMIT_MEMBERSHIP_BODY_BYTES + 1);
	struct span body = span_of(bytes, LIMIT_MEMBERSHIP_BODY_BYTES + 1);
	header.body = entry_body_hash(body);
	header.body_bytes = (uint32_t)body.size;
	check_refused(&scene, &header, &scene.entry.author, body, ERR_TOOBIG, TEAM_REASON_TOO_BIG);
	mem_free(bytes);
	scene_close(&scene, TEAM_REASON_TOO_BIG);
}

/* A stranger's own entry, well made and in her own feed, that cites a state of the team. */
static void a_strangers_entry_is_not_kept(void **state)
{
	(void)state;
	struct scene scene;
	scene_open(&scene);
	uint32_t stranger = world_device(scene.world, NULL);
	const struct team_author *author = &scene.world->devices[stranger].author;
	struct entry_header header = scene.entry.header;
	header.feed = scene.world->devices[stranger].feed;
	header.seq = 1;
	memset(&header.previous, 0, sizeof(header.previous));
	check_refused(&scene, &header, author, scene.entry.body, ERR_DENIED, TEAM_REASON_UNKNOWN_DEVICE);
	scene_close(&scene, TEAM_REASON_UNKNOWN_DEVICE);
}

/* The next entry of a feed cites a state from before the one that its predecessor cited. */
static void a_backdated_entry_is_refused(void **state)
{
	(void)state;
	struct scene scene;
	scene_open(&scene);
	struct entry_header header = scene.entry.header;
	header.membership = scene.world->entries[0].hash;
	check_refused(
	        &scene, &header, &scene.entry.author, scene.entry.body, ERR_INVALID, TEAM_REASON_BACKDATED);
	scene_close(&scene, TEAM_REASON_BACKDATED);
}

static void a_replayed_entry_is_counted_and_changes_nothing(void **state)
{
	(void)state;
	struct scene scene;
	scene_open(&scene);
	const struct world_entry *old = &scene.world->entries[2];
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		        team_membership_add(scene.copy, &old->header, &old->hash, &old->author, old->body),
		        TEAM_MEMBERSHIP_DUPLICATE);
	struct team_tally tally;
	team_membership_tally(scene.copy, &tally);
	assert_int_equal(tally.duplicates, 3);
	scene_close(&scene, TEAM_REASON_NONE);
}

/* All entries in reverse, again and again: each is refused until what it builds on is there, then taken; the end is the same. */
static void reordered_entries_wait_for_what_they_build_on(void **state)
{
	(void)state;
	struct world *world = world_team(3, 402);
	struct team_membership *copy = team_membership_new();
	struct world_entry *last = &world->entries[world->entry_count - 1];
	check_code(team_membership_add(copy, &last->header, &last->hash, &last->author, last->body), ERR_GAP);
	assert_null(team_membership_view(copy)); /* before the founding entry there is nothing */
	uint32_t added = 0, early = 1;
	while (added < world->entry_count) {
		for (uint32_t i = world->entry_count; i-- > 0;) {
			const struct world_entry *entry = &world->entries[i];
			int result = team_membership_add(
			        copy, &entry->header, &entry->hash, &entry->author, entry->body);
			added += result == 0;
			early += result == ERR_GAP;
			assert_true(result == 0 || result == ERR_GAP || result == TEAM_MEMBERSHIP_DUPLICATE);
		}
	}
	struct team_tally tally;
	team_membership_tally(copy, &tally);
	assert_true(early > 0);
	assert_int_equal(tally.refused[TEAM_REASON_UNKNOWN_STATE], early);
	struct buf mine = {0}, theirs = {0};
	world_describe(copy, &mine);
	world_describe(world->devices[A].copy, &theirs);
	check_span(buf_span(&mine), buf_span(&theirs));
	buf_close(&mine);
	buf_close(&theirs);
	team_membership_free(copy);
	world_free(world);
}

/* How many entries at `at` have no power for this reason. */
static uint32_t powerless(struct world *world, uint32_t at, enum team_reason reason)
{
	struct team_tally tally;
	team_membership_tally(world->devices[at].copy, &tally);
	return tally.powerless[reason];
}

static void an_invitation_lets_in_once_and_not_after_its_revocation(void **state)
{
	(void)state;
	struct world *world = world_team(3, 403);
	struct world_invitation used, revoked, contested;
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &used));
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &revoked));
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &contested));
	world_meet_all(world);
	uint32_t newcomer[5];
	for (uint32_t i = 0; i < 5; i++)
		newcomer[i] = world_device(world, NULL);
	/* Used twice, one after the other. */
	world_write_ok(world, A, world_admit(world, &used, newcomer[0]), NULL);
	struct team_action action = world_admit(world, &used, newcomer[1]);
	world_check_void(world, A, &action, TEAM_REASON_INVITATION_CLOSED);
	assert_int_equal(powerless(world, A, TEAM_REASON_INVITATION_CLOSED), 1);
	/* Used after its revocation. */
	action = (struct team_action){.kind = TEAM_ACTION_REVOKE, .as.invitation = revoked.hash};
	world_write_ok(world, A, action, NULL);
	action = world_admit(world, &revoked, newcomer[2]);
	world_check_void(world, A, &action, TEAM_REASON_INVITATION_CLOSED);
	assert_int_equal(powerless(world, A, TEAM_REASON_INVITATION_CLOSED), 2);
	/* Used twice at two sides: both wait, and are counted. */
	world_write_ok(world, A, world_admit(world, &contested, newcomer[3]), NULL);
	world_write_ok(world, B, world_admit(world, &contested, newcomer[4]), NULL);
	world_meet_all(world);
	struct team_tally tally;
	team_membership_tally(world->devices[C].copy, &tally);
	assert_int_equal(tally.voided, 2);
	assert_int_equal(tally.powerless[TEAM_REASON_INVITATION_CLOSED], 2);
	static const int states[] = {TEAM_DEVICE_ACTIVE, 0, 0, TEAM_DEVICE_PENDING, TEAM_DEVICE_PENDING};
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(world_state(world, C, newcomer[i]), states[i]);
	world_free(world);
}

/* A forged signature inside, and an action of a later version: kept, since others may have built on them, and counted. */
static void what_is_kept_without_power_is_counted(void **state)
{
	(void)state;
	struct world *world = world_team(3, 404);
	struct world_invitation invitation;
	check_ok(world_invite(world, A, TEAM_ROLE_LOCUM, &invitation));
	uint32_t newcomer = world_device(world, NULL);
	struct team_action action = world_admit(world, &invitation, newcomer);
	action.as.admit.newcomer_signature[5] ^= 1;
	world_check_void(world, A, &action, TEAM_REASON_BAD_SIGNATURE);
	assert_int_equal(powerless(world, A, TEAM_REASON_BAD_SIGNATURE), 1);
	assert_int_equal(world_state(world, A, newcomer), 0);
	static const uint8_t future[] = {TEAM_ACTION_FORMAT + 1, TEAM_ACTION_REMOVE_PERSON, 1, 2, 3};
	struct world_entry *last = &world->entries[world->entry_count - 1];
	struct span body = span_of(future, sizeof(future));
	struct entry_header header = last->header;
	header.seq++;
	header.previous = header.membership = last->hash;
	header.lamport++;
	header.body = entry_body_hash(body);
	header.body_bytes = sizeof(future);
	struct entry_hash hash = entry_hash(&header);
	assert_int_equal(team_membership_add(world->devices[A].copy, &header, &hash, &last->author, body),
	        TEAM_MEMBERSHIP_VOID);
	assert_int_equal(powerless(world, A, TEAM_REASON_UNKNOWN_ACTION), 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_spoiled_field_is_refused_with_its_reason),
	        cmocka_unit_test(an_oversized_entry_is_refused),
	        cmocka_unit_test(a_strangers_entry_is_not_kept),
	        cmocka_unit_test(a_backdated_entry_is_refused),
	        cmocka_unit_test(a_replayed_entry_is_counted_and_changes_nothing),
	        cmocka_unit_test(reordered_entries_wait_for_what_they_build_on),
	        cmocka_unit_test(an_invitation_lets_in_once_and_not_after_its_revocation),
	        cmocka_unit_test(what_is_kept_without_power_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
