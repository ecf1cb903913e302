#include "tests/lib/pair.h"

#include "node/pairing.h"
#include "tests/lib/check.h"

bool pair_saved(void *context)
{
	struct pair *pair = context;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (!node_idle(pair->devices[i].node))
			return false;
	return true;
}

static bool lacks_nothing(struct device *device, struct device *of)
{
	struct log *left = node_log(of->node), *right = node_log(device->node);
	for (uint32_t i = 0; i < log_feed_count(left); i++) {
		const struct log_feed *feed = log_feed(left, i);
		uint32_t number;
		uint64_t there = log_feed_number(right, &feed->id, &number)
		        ? log_feed(right, number)->committed_seq
		        : 0;
		if (there < feed->committed_seq && node_may_read(device->node, feed->compartment))
			return false;
	}
	return true;
}

bool pair_equal(void *context)
{
	struct pair *pair = context;
	return pair_saved(pair) && lacks_nothing(&pair->devices[0], &pair->devices[1]) &&
	        lacks_nothing(&pair->devices[1], &pair->devices[0]);
}

static void joined(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

void pair_found(struct pair *pair)
{
	struct person_id person;
	memset(pair, 0, sizeof(*pair));
	uv_loop_init(&pair->loop);
	for (int i = 0; i < PAIR_DEVICES; i++)
		device_open(&pair->devices[i], &pair->loop, (uint8_t)(i + 1));
	check_ok(node_found_team(pair->devices[0].node, &person, NULL, NULL));
	check_ok(node_name_person(pair->devices[0].node, &person, span_text("Anna")));
}

void pair_open(struct pair *pair, uint8_t role)
{
	struct team_invitation invitation;
	int result = 1;
	pair_found(pair);
	check_ok(node_invite(pair->devices[0].node, role, 0, 0,
	        role == TEAM_ROLE_LOCUM ? UINT64_C(1) << 45 : 0, &invitation, NULL, NULL));
	devices_run(&pair->loop, pair_saved, pair);
	check_ok(pairing_start(pair->devices[1].peers, &pair->devices[0].address, &invitation,
	        span_text("Guest"), joined, &result));
	devices_run(&pair->loop, has_result, &result);
	check_ok(result);
	devices_run(&pair->loop, pair_equal, pair);
	pair_part(pair);
	team_invitation_wipe(&invitation);
}

void pair_close(struct pair *pair)
{
	for (int i = 0; i < PAIR_DEVICES; i++)
		device_close(&pair->devices[i], &pair->loop);
	check_ok(uv_loop_close(&pair->loop));
}

void pair_part(struct pair *pair)
{
	for (int i = 0; i < PAIR_DEVICES; i++)
		device_restart(&pair->devices[i], &pair->loop);
}

void pair_meet(struct pair *pair)
{
	struct device_id device = node_device(pair->devices[1].node);
	check_ok(peers_dial(pair->devices[0].peers, &pair->devices[1].address, &device));
	devices_run(&pair->loop, pair_equal, pair);
	pair_part(pair);
}
