#include "tests/lib/carry.h"

#include "tests/lib/check.h"

/* One stored run after another, as peers or a stick would carry them. */
static void carry_feed(struct device *from, struct device *to, uint32_t number, uint64_t upto)
{
	const struct log_feed *feed = log_feed(node_log(from->node), number);
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t there;
	check_ok(node_begin_read(from->node, &txn));
	check_ok(node_feed_number(to->node, &feed->device, feed->compartment, &feed->incarnation, &there));
	while (node_received(to->node, there) < upto) {
		uint64_t before = node_received(to->node, there);
		check_ok(log_read_run(node_log(from->node), txn, &reader, number, before + 1));
		node_receive_run(to->node, there, reader.bytes);
		if (node_received(to->node, there) == before)
			break;
	}
	log_reader_close(&reader);
	store_abort(txn);
}

bool carry_is_of(const struct log_feed *feed, const struct device *author, enum compartment compartment)
{
	struct device_id id = node_device(author->node);
	return device_id_eq(&feed->device, &id) && (compartment == 0 || feed->compartment == compartment);
}

void carry(struct team *team, struct device *from, struct device *to, const struct device *author,
        enum compartment compartment)
{
	struct log *log = node_log(from->node);
	devices_run(&team->loop, team_saved, team);
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if ((author ? carry_is_of(feed, author, compartment)
		            : compartment == 0 || feed->compartment == compartment))
			carry_feed(from, to, i, feed->committed_seq);
	}
	devices_run(&team->loop, team_saved, team);
}

void carry_keys(struct device *from, struct device *to)
{
	for (uint32_t i = 0; i < node_state_count(from->node, NODE_STATE_ALL); i++)
		node_state_put(to->node, node_state_row(from->node, NODE_STATE_ALL, i));
}

/* Until nothing more is taken. */
void carry_all(struct team *team, struct device *from, struct device *to)
{
	for (int round = 0; round < 3; round++) {
		carry_keys(from, to);
		carry(team, from, to, NULL, COMPARTMENT_MEMBERSHIP);
		carry(team, from, to, NULL, 0);
	}
}

static void act(struct team *team, int who, const struct team_action *action)
{
	struct entry_hash hash;
	check_ok(node_act(team->devices[who].node, action, &hash, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
}

static void endorse(struct team *team, int who, int whom)
{
	struct device_id id = node_device(team->devices[whom].node);
	struct team_action action = {.kind = TEAM_ACTION_ENDORSE,
	        .as.admission = team_view_device(node_view(team->devices[who].node), &id)->admission};
	act(team, who, &action);
}

struct device_id carry_device(const struct team *team, int who)
{
	return node_device(team->devices[who].node);
}

struct person_id carry_person(const struct team *team, int who)
{
	struct device_id id = carry_device(team, who);
	return team_view_device(node_view(team->devices[ANNA].node), &id)->person;
}

static void open_three(struct team *team, uint8_t third_role)
{
	team_open(team, 3);
	team_found(team);
	device_save(&team->devices[ANNA], TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin");
	check_ok(team_join(team, ANNA, LEA, TEAM_ROLE_NURSE));
	check_ok(team_join(team, ANNA, ZOE, third_role));
	devices_run(&team->loop, team_equal, team);
	for (int i = 0; i < team->count; i++)
		device_restart(&team->devices[i], &team->loop);
}

void carry_open_with(struct team *team, uint8_t role)
{
	open_three(team, role);
	carry_all(team, &team->devices[ANNA], &team->devices[LEA]);
}

void carry_open_team(struct team *team)
{
	open_three(team, TEAM_ROLE_NURSE);
	endorse(team, LEA, ZOE);
	carry_all(team, &team->devices[LEA], &team->devices[ANNA]);
	carry_all(team, &team->devices[ANNA], &team->devices[ZOE]);
	carry_all(team, &team->devices[ANNA], &team->devices[LEA]);
	for (int i = 0; i < 3; i++) {
		struct device_id id = carry_device(team, i);
		assert_true(team_view_manages(node_view(team->devices[ZOE].node), &id));
	}
}
