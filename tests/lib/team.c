#include "tests/lib/team.h"

#include "node/pairing.h"
#include "node/team/relay.h"
#include "tests/lib/check.h"

const struct record_id team_patient = {{9, 9, 9}};

void team_open(struct team *team, int count)
{
	memset(team, 0, sizeof(*team));
	uv_loop_init(&team->loop);
	team->count = count;
	for (int i = 0; i < count; i++)
		device_open(&team->devices[i], &team->loop, (uint8_t)(i + 1));
}

void team_close(struct team *team)
{
	for (int i = 0; i < team->count; i++)
		device_close(&team->devices[i], &team->loop);
	check_ok(uv_loop_close(&team->loop));
}

/* ---- Conditions ---- */

bool team_saved(void *context)
{
	struct team *team = context;
	for (int i = 0; i < team->count; i++)
		if (!node_idle(team->devices[i].node))
			return false;
	return true;
}

bool team_same_heads(struct device *a, struct device *b)
{
	struct log *left = node_log(a->node), *right = node_log(b->node);
	for (uint32_t i = 0; i < log_feed_count(left); i++) {
		const struct log_feed *feed = log_feed(left, i);
		uint32_t number;
		uint64_t there = log_feed_number(right, &feed->id, &number)
		        ? log_feed(right, number)->committed_seq
		        : 0;
		if (there != feed->committed_seq)
			return false;
	}
	return true;
}

/* Everything saved anywhere is everywhere. */
bool team_equal(void *context)
{
	struct team *team = context;
	for (int i = 0; i < team->count; i++) {
		if (!node_idle(team->devices[i].node))
			return false;
		if (!team_same_heads(&team->devices[i], &team->devices[0]) ||
		        !team_same_heads(&team->devices[0], &team->devices[i]))
			return false;
	}
	return true;
}

/* ---- Steps ---- */

void team_found(struct team *team)
{
	struct person_id person;
	check_ok(node_found_team(team->devices[0].node, &person, NULL, NULL));
	check_ok(node_name_person(team->devices[0].node, &person, span_text("Anna")));
	devices_run(&team->loop, team_saved, team);
}

void team_joined(void *context, int result)
{
	*(int *)context = result;
}

bool team_has_result(void *context)
{
	return *(int *)context != 1;
}

int team_join(struct team *team, int host, int guest, uint8_t role)
{
	struct team_invitation invitation;
	int result = 1;
	check_ok(node_invite(team->devices[host].node, role, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
	check_ok(pairing_start(team->devices[guest].peers, &team->devices[host].address, &invitation,
	        span_text("Guest"), team_joined, &result));
	devices_run(&team->loop, team_has_result, &result);
	team_invitation_wipe(&invitation);
	return result;
}

struct admitting {
	struct team *team;
	int relay;
};

static bool is_relay_in(void *context)
{
	struct admitting *admitting = context;
	struct device *relay = &admitting->team->devices[admitting->relay];
	const struct team_view *view = node_view(relay->node);
	struct device_id self = node_device(relay->node);
	return team_saved(admitting->team) && view && team_view_device(view, &self);
}

void team_admit_relay(struct team *team, int nurse, int relay)
{
	struct device *host = &team->devices[nurse], *other = &team->devices[relay];
	struct admitting admitting = {team, relay};
	struct team_action action = {.kind = TEAM_ACTION_RELAY};
	struct entry_hash hash;
	char code[TEAM_RELAY_TEXT_BYTES];
	team_relay_code(node_identity(other->node), node_team(host->node), code);
	check_ok(team_relay_parse(span_text(code), node_team(host->node), &action.as.relay));
	peers_await(other->peers, node_team(host->node));
	check_ok(node_act(host->node, &action, &hash, NULL, NULL));
	team_meet(team, nurse, relay);
	devices_run(&team->loop, is_relay_in, &admitting);
}

void team_meet(struct team *team, int from, int to)
{
	struct device_id device = node_device(team->devices[to].node);
	check_ok(peers_dial(team->devices[from].peers, &team->devices[to].address, &device));
}

void team_check_name(struct device *device, uint32_t count, const char *name)
{
	char text[64];
	assert_int_equal(device_values(device, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, text,
	                         sizeof(text)),
	        count);
	if (name)
		assert_string_equal(text, name);
}

bool team_first_two_equal(void *context)
{
	struct team *team = context;
	return team_saved(team) && team_same_heads(&team->devices[0], &team->devices[1]) &&
	        team_same_heads(&team->devices[1], &team->devices[0]);
}

/* Two nurses of a team who met, exchanged everything and parted; the other devices are in no team yet. */
void team_open_two_apart(struct team *team, int count)
{
	team_open(team, count);
	team_found(team);
	check_ok(team_join(team, 0, 1, TEAM_ROLE_NURSE));
	devices_run(&team->loop, team_first_two_equal, team);
	for (int i = 0; i < 2; i++)
		device_restart(&team->devices[i], &team->loop);
}
