/* A member that brings more than the disk takes: it waits, others do not, and nothing that was saved fails for it. */
#include "tests/lib/check.h"

#include <stdlib.h>

#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "tests/lib/team.h"

enum { ANNA, ROGUE, HONEST, COUNT };
enum { NOTES = 160, NOTE_BYTES = 200 * 1024 };

/* Of one document each, so that none is long. */
static struct record_id note_id(uint32_t number)
{
	struct record_id id = {{7}};
	memcpy(id.bytes + 1, &number, sizeof(number));
	return id;
}

/* Text that does not get smaller. */
static void write_notes(struct device *device)
{
	char *text = mem_alloc(NOTE_BYTES + 1);
	for (uint32_t i = 0; i < NOTES; i++) {
		const struct record_id id = note_id(i);
		for (uint32_t at = 0; at < NOTE_BYTES; at += 8) {
			uint8_t random[5];
			env_random_bytes(&device->env, random, sizeof(random));
			for (int j = 0; j < 8; j++)
				text[at + (uint32_t)j] = (char)('!' + random[j % 5] % 90);
		}
		text[NOTE_BYTES] = '\0';
		device_save(device, TEAM_DOSSIER, &id, TEAM_SECTION, TEAM_NAME, text);
		check_ok(node_flush(device->node));
	}
	mem_free(text);
}

static struct peer *peer_with(struct device *device, struct device *other)
{
	const struct device_id id = node_device(other->node);
	for (struct queue *link = device->peers->list.next; link != &device->peers->list; link = link->next) {
		struct peer *peer = queue_member(link, struct peer, link);
		if (peer->session && device_id_eq(&peer->device, &id))
			return peer;
	}
	return NULL;
}

static size_t waiting_bytes(struct device *device)
{
	struct store_writer_stats stats;
	node_writing(device->node, &stats);
	return stats.waiting_bytes;
}

static size_t most_waiting;

static bool is_held(void *context)
{
	struct team *team = context;
	const size_t now = waiting_bytes(&team->devices[ANNA]);
	most_waiting = now > most_waiting ? now : most_waiting;
	return team->devices[ANNA].peers->holding;
}

static bool anna_heard_honest(void *context)
{
	struct team *team = context;
	char text[16];
	is_held(context);
	return device_values(&team->devices[ANNA], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, text,
	               sizeof(text)) == 1;
}

static int saved; /* what came of Anna's own save; 1: nothing yet */

static void on_saved(void *context, int result)
{
	(void)context;
	saved = result;
}

static bool all_is_there(void *context)
{
	struct team *team = context;
	is_held(context);
	return saved == 0 && team_saved(team) && team_same_heads(&team->devices[ANNA], &team->devices[ROGUE]);
}

/* Thirty megabytes come while the disk stands still: the rogue is not read any more when eight of them wait; who brings little is; then all of it comes. */
static void who_brings_more_than_the_disk_takes_waits(void **state)
{
	struct team team;
	(void)state;
	team_open(&team, COUNT);
	team_found(&team);
	check_ok(team_join(&team, ANNA, ROGUE, TEAM_ROLE_NURSE));
	check_ok(team_join(&team, ANNA, HONEST, TEAM_ROLE_NURSE));
	devices_run(&team.loop, team_equal, &team);
	for (int i = 0; i < COUNT; i++)
		device_restart(&team.devices[i], &team.loop);
	write_notes(&team.devices[ROGUE]);
	devices_run(&team.loop, team_saved, &team);
	struct device *anna = &team.devices[ANNA];
	most_waiting = 0;
	anna->disk_waits = true;
	team_meet(&team, ROGUE, ANNA);
	devices_run(&team.loop, is_held, &team);
	team_meet(&team, HONEST, ANNA);
	device_save(&team.devices[HONEST], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	devices_run(&team.loop, anna_heard_honest, &team);
	assert_true(anna->peers->holding);
	assert_non_null(peer_with(anna, &team.devices[ROGUE]));
	assert_true(most_waiting < 2 * LIMIT_TAKEN_BYTES);
	/* her own save stands behind what waits, and is on the disk when that is */
	saved = 1;
	check_ok(node_put_local(anna->node, "a save", span_text("x"), on_saved, NULL));
	anna->disk_waits = false;
	devices_run(&team.loop, all_is_there, &team);
	assert_true(most_waiting < 2 * LIMIT_TAKEN_BYTES);
	assert_false(anna->peers->holding);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_brings_more_than_the_disk_takes_waits),
	};
	return cmocka_run_group_tests_name("node-flood", tests, NULL, NULL);
}
