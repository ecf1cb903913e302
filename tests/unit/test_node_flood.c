/* A member that brings more than the disk takes: it waits, others do not, and nothing that was saved fails for it. */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "tests/lib/questions.h"
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

/* ---- Sessions --------------------------------------------------------------------------------------------------- */

static void open_pair_of(struct team *team, int *rogue, int *victim)
{
	team_open(team, 2);
	team_found(team);
	check_ok(team_join(team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team->loop, team_equal, team);
	for (int i = 0; i < 2; i++)
		device_restart(&team->devices[i], &team->loop);
	const struct device_id first = node_device(team->devices[0].node),
	                       second = node_device(team->devices[1].node);
	*victim = memcmp(first.bytes, second.bytes, sizeof(first.bytes)) <
	        0; /* the other side is to say which stays */
	*rogue = !*victim;
}

static uint32_t session_count(const struct device *device)
{
	struct peer_status status;
	uint32_t count = 0;
	for (uint32_t i = 0; peers_status(device->peers, i, &status); i++)
		count += status.connected;
	return count;
}

struct sessions {
	struct device *device;
	uint64_t begun;
};

static bool has_begun(void *context)
{
	const struct sessions *wanted = context;
	return peers_totals(wanted->device->peers).sessions >= wanted->begun;
}

/* A member whose device opens one connection after the other, as several programs with its keys do, does not take the places of the others. */
static void one_device_has_two_sessions_at_most(void **state)
{
	enum { FIRST_COPY = 2, COPIES = 3 };
	struct team team;
	int rogue, victim;
	(void)state;
	open_pair_of(&team, &rogue, &victim);
	struct store_mem_image *disk = store_mem_image_take(team.devices[rogue].store);
	for (int i = FIRST_COPY; i < FIRST_COPY + COPIES; i++) {
		device_open(&team.devices[i], &team.loop, (uint8_t)(50 + i));
		device_become(&team.devices[i], &team.loop, &team.devices[rogue], disk);
	}
	team.count += COPIES;
	struct sessions wanted = {&team.devices[victim], 1};
	team_meet(&team, rogue, victim);
	devices_run(&team.loop, has_begun, &wanted);
	for (int i = FIRST_COPY; i < FIRST_COPY + COPIES; i++) {
		wanted.begun++;
		team_meet(&team, i, victim);
		devices_run(&team.loop, has_begun, &wanted);
		uv_run(&team.loop, UV_RUN_NOWAIT); /* what it ended is gone at the end of its turn */
		assert_true(session_count(&team.devices[victim]) <= 2);
	}
	store_mem_image_free(disk);
	team_close(&team);
}

/* Strangers' connections up to the limit of all; then a member comes. */
static void strangers_take_no_members_place(void **state)
{
	struct team team;
	int rogue, victim;
	uv_tcp_t strangers[LIMIT_HALF_OPEN];
	uv_connect_t requests[LIMIT_HALF_OPEN];
	struct sockaddr_in to;
	(void)state;
	open_pair_of(&team, &rogue, &victim);
	struct device *device = &team.devices[victim];
	uv_ip4_addr("127.0.0.1", device->address.port, &to);
	for (int i = 0; i < LIMIT_HALF_OPEN; i++) {
		uv_tcp_init(&team.loop, &strangers[i]);
		uv_tcp_connect(&requests[i], &strangers[i], (const struct sockaddr *)&to, NULL);
	}
	while (net_uv_link_counts(device->link).half_open < LIMIT_HALF_OPEN)
		uv_run(&team.loop, UV_RUN_ONCE);
	struct sessions wanted = {device, 1};
	team_meet(&team, rogue, victim);
	devices_run(&team.loop, has_begun, &wanted);
	assert_true(net_uv_link_counts(device->link).half_open <= LIMIT_HALF_OPEN);
	for (int i = 0; i < LIMIT_HALF_OPEN; i++)
		uv_close((uv_handle_t *)&strangers[i], NULL);
	team_close(&team);
}

/* ---- Questions --------------------------------------------------------------------------------------------------- */

static bool is_settled(void *context)
{
	struct team *team = context;
	struct peer *one = peer_with(&team->devices[0], &team->devices[1]);
	struct peer *other = peer_with(&team->devices[1], &team->devices[0]);
	return team_equal(context) && one && other && net_session_state_settled(one->session) &&
	        net_session_state_settled(other->session);
}

static bool victim_hung_up(void *context)
{
	return session_count(context) == 0;
}

/* Each question for rows of state costs all of them: one is answered, the next ends it. */
static void questions_are_answered_one_at_a_time(void **state)
{
	enum { QUESTIONS = 1000 };
	struct team team;
	int rogue, victim;
	struct buf none = {0};
	(void)state;
	open_pair_of(&team, &rogue, &victim);
	device_save(&team.devices[victim], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	team_meet(&team, rogue, victim);
	devices_run(&team.loop, is_settled, &team);
	struct device *device = &team.devices[victim];
	const uint64_t before = peers_totals(device->peers).kind_out[PEERS_KIND_STATE];
	struct peer *peer = peer_with(&team.devices[rogue], device);
	uint64_t all_bytes = 0;
	for (uint32_t i = 0; i < node_state_count(device->node, NODE_STATE_ALL); i++)
		all_bytes += node_state_row(device->node, NODE_STATE_ALL, i).size + 8;
	assert_true(all_bytes > 100);
	question_for_all_rows(&none);
	for (int i = 0; i < QUESTIONS; i++)
		check_ok(peer_send(peer, NET_FRAME_STATE_IDS, buf_span(&none)));
	devices_run(&team.loop, victim_hung_up, device);
	assert_true(peers_totals(device->peers).kind_out[PEERS_KIND_STATE] - before <= 2 * all_bytes);
	buf_close(&none);
	team_close(&team);
}

/* Whatever piles up for one that does not read is bounded in the end. */
static void what_piles_up_is_bounded(void **state)
{
	struct team team;
	int rogue, victim, result = 0;
	(void)state;
	open_pair_of(&team, &rogue, &victim);
	team_meet(&team, rogue, victim);
	devices_run(&team.loop, is_settled, &team);
	struct peer *peer = peer_with(&team.devices[victim], &team.devices[rogue]);
	uint8_t *row = mem_zero(1, LIMIT_STATE_ROW_BYTES);
	uint64_t bytes = 0;
	for (; result == 0; bytes += LIMIT_STATE_ROW_BYTES)
		result = peer->host.send(
		        peer, peer->session, NET_FRAME_STATE_ROWS, span_of(row, LIMIT_STATE_ROW_BYTES));
	check_code(result, ERR_FULL);
	assert_true(bytes <= LIMIT_SESSION_UNSENT_BYTES + 2 * LIMIT_STATE_ROW_BYTES);
	mem_free(row);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(who_brings_more_than_the_disk_takes_waits),
	        cmocka_unit_test(one_device_has_two_sessions_at_most),
	        cmocka_unit_test(strangers_take_no_members_place),
	        cmocka_unit_test(questions_are_answered_one_at_a_time),
	        cmocka_unit_test(what_piles_up_is_bounded),
	};
	return cmocka_run_group_tests_name("node-flood", tests, NULL, NULL);
}
