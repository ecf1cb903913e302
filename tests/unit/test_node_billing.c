#include "tests/lib/check.h"

#include <sodium.h>

#include "node/billing/statement.h"
#include "node/calendar.h"
#include "node/node_billing.h"
#include "node/node_import.h"
#include "node/pairing.h"
#include "node/record.h"
#include "tests/lib/device.h"

enum { MONTH = 12 * 51 }; /* January 2021 */

static const char *const lines[] = {
        "{\"t\":\"nurse\",\"id\":\"n00\",\"at\":1609459200,\"by\":0,\"lastName\":\"Le "
        "Gall\",\"firstName\":\"Anna\",\"rpps\":\"10102727017\",\"phone\":\"0600000000\"}",
        "{\"t\":\"patient\",\"id\":\"3cphstkapd0h6\",\"at\":1609490000,\"by\":0,\"civility\":\"Mme\","
        "\"lastName\":\"Martin\",\"birthName\":\"Martin\",\"firstName\":\"Jeanne\",\"sex\":\"F\","
        "\"birthDate\":\"1940-05-06\",\"birthPlace\":\"Rennes\",\"nir\":\"2400535000000\",\"street\":\"1 rue "
        "de la "
        "Gare\",\"complement\":\"\",\"postcode\":\"35000\",\"town\":\"Rennes\",\"doorCode\":\"\",\"phone\":"
        "\"0200000000\",\"mobile\":\"0600000000\",\"email\":\"\",\"contactName\":\"Jean "
        "Martin\",\"contactLink\":\"fils\",\"contactPhone\":\"0600000001\",\"doctor\":\"Dr "
        "Petit\",\"doctorPhone\":\"0200000001\",\"pharmacy\":\"Pharmacie "
        "Pasteur\",\"insurer\":\"MGEN\",\"allergies\":\"\",\"gir\":3,\"lives\":\"seul(e)\",\"keys\":"
        "\"sonner\",\"history\":\"HTA\"}",
};

struct team {
	uv_loop_t loop;
	struct device devices[2];
};

static bool idle(void *context)
{
	struct team *team = context;
	return node_idle(team->devices[0].node) && node_idle(team->devices[1].node);
}

static void take(struct device *device, struct import *import, const char *line)
{
	bool is_bad;
	int result = node_import_line(device->node, import, span_text(line), &is_bad);
	if (result < 0) {
		char why[200];
		import_reason(import, SCHEMA_EN, why, sizeof(why));
		fail_msg("%s: %s", err_name(result), is_bad ? why : "");
	}
}

static void take_visit(struct device *device, struct import *import, int number, int64_t start_s, int minutes)
{
	char line[400];
	snprintf(line, sizeof(line),
	        "{\"t\":\"visit\",\"id\":\"v%012d\",\"at\":%lld,\"by\":0,\"patient\":\"3cphstkapd0h6\","
	        "\"nurse\":\"n00\",\"start\":%lld,\"end\":%lld,\"place\":\"domicile\",\"done\":[],\"vitals\":"
	        "{},\"note\":\"RAS\"}",
	        number, (long long)start_s, (long long)start_s, (long long)start_s + 60 * minutes);
	take(device, import, line);
}

static void take_rate(struct device *device)
{
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_RATE_TABLE), .id = {{4, 4}}}};
	struct schema_report report = {0};
	struct arena arena = {0};
	struct node_change change;
	struct record_id rates = record_document_id(node_team(device->node), SCHEMA_DOC_RATES, NULL);
	json_t *json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:i}", "territory", "Bretagne", "validFrom",
	        "2019-07-01", "centsPerHour", 5394, "unit", "visit", "ties", "half-up", "amoPerMille", 600);
	check_ok(record_from_json(json, SCHEMA_CHECK_NEW, &arena, &edit, &report));
	check_ok(node_change_begin(device->node, SCHEMA_DOC_RATES, &rates, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0}));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	json_decref(json);
	arena_close(&arena);
}

static void joined(void *context, int result)
{
	*(int *)context = result;
}

static bool has_result(void *context)
{
	return *(int *)context != 1;
}

static bool has_lot(void *context)
{
	struct buf bytes = {0};
	struct team *team = context;
	int result = node_billing_lot(team->devices[1].node, MONTH, &bytes);
	buf_close(&bytes);
	return result == 0;
}

static void open_team(struct team *team)
{
	struct person_id person;
	struct team_invitation invitation;
	int result = 1;
	uv_loop_init(&team->loop);
	for (int i = 0; i < 2; i++)
		device_open(&team->devices[i], &team->loop, (uint8_t)(i + 1));
	check_ok(node_found_team(team->devices[0].node, &person, NULL, NULL));
	check_ok(node_invite(team->devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&team->loop, idle, team);
	check_ok(pairing_start(team->devices[1].peers, &team->devices[0].address, &invitation,
	        span_text("Léa"), joined, &result));
	devices_run(&team->loop, has_result, &result);
	check_ok(result);
	team_invitation_wipe(&invitation);
}

/* Twenty visits of 15 minutes at 53.94 EUR: 269.80 EUR rounded per visit. The other nurse's node computes the same bytes. */
static void a_month_is_closed_and_verified(void **state)
{
	(void)state;
	struct team team;
	struct buf bytes = {0}, there = {0};
	struct lot_hash hash;
	struct billing_obstacle obstacle;
	struct node_billing billing;
	struct billing_lot theirs, mine;
	int64_t start_s = calendar_month_start(MONTH) + 3 * 86400 + 8 * 3600;
	memset(&team, 0, sizeof(team));
	open_team(&team);
	struct device *closing = &team.devices[0], *other = &team.devices[1];
	struct import *import = import_new(node_team(closing->node));
	for (size_t i = 0; i < 2; i++)
		take(closing, import, lines[i]);
	for (int i = 0; i < 20; i++)
		take_visit(closing, import, i, start_s + i * 86400, 15);
	check_code(node_billing_close_month(
	                   closing->node, MONTH, span_text("Bretagne"), &bytes, &hash, &obstacle, NULL, NULL),
	        ERR_DENIED);
	struct device_id self = node_device(closing->node);
	check_ok(node_billing_designate(closing->node, &self, NULL, NULL));
	take_rate(closing);
	check_code(node_billing_close_month(
	                   closing->node, MONTH, span_text("Bretagne"), &bytes, &hash, &obstacle, NULL, NULL),
	        ERR_BUSY);
	devices_run(&team.loop, idle, &team);
	check_ok(node_billing_close_month(
	        closing->node, MONTH, span_text("Bretagne"), &bytes, &hash, &obstacle, NULL, NULL));
	devices_run(&team.loop, idle, &team);
	check_code(node_billing_close_month(
	                   closing->node, MONTH, span_text("Bretagne"), &there, &hash, &obstacle, NULL, NULL),
	        ERR_EXISTS);
	check_code(node_billing_close_month(
	                   other->node, MONTH, span_text("Bretagne"), &there, &hash, &obstacle, NULL, NULL),
	        ERR_DENIED);
	devices_run(&team.loop, has_lot, &team);
	buf_clear(&there);
	check_ok(node_billing_lot(other->node, MONTH, &there));
	check_span(buf_span(&there), buf_span(&bytes));
	check_ok(node_billing_verify(other->node, buf_span(&bytes), &billing, &theirs, &mine));
	assert_int_equal(theirs.totals.cents, 26980);
	assert_int_equal(theirs.totals.minutes, 300);
	assert_int_equal(theirs.totals.visit_count, 20);
	node_billing_wipe(&billing);
	/* A visit that comes later changes nothing about a closed month, and is in the next lot. */
	take_visit(closing, import, 20, start_s + 100, 30);
	devices_run(&team.loop, idle, &team);
	check_ok(node_billing_verify(closing->node, buf_span(&bytes), &billing, &theirs, &mine));
	node_billing_wipe(&billing);
	buf_clear(&there);
	check_ok(node_billing_close_month(
	        closing->node, MONTH + 1, span_text("Bretagne"), &there, &hash, &obstacle, NULL, NULL));
	devices_run(&team.loop, idle, &team);
	check_ok(node_billing_verify(closing->node, buf_span(&there), &billing, &theirs, &mine));
	assert_int_equal(theirs.totals.visit_count, 1);
	assert_int_equal(theirs.totals.cents, 2697);
	node_billing_wipe(&billing);
	/* One altered byte, and it is no lot any more, or another one. */
	for (size_t at = 0; at < bytes.size; at += 7) {
		bytes.data[at] ^= 1;
		assert_int_not_equal(
		        node_billing_verify(closing->node, buf_span(&bytes), &billing, &theirs, &mine), 0);
		node_billing_wipe(&billing);
		bytes.data[at] ^= 1;
	}
	import_free(import);
	buf_close(&bytes);
	buf_close(&there);
	for (int i = 0; i < 2; i++)
		device_close(&team.devices[i], &team.loop);
	check_ok(uv_loop_close(&team.loop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_month_is_closed_and_verified)};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-billing", tests, NULL, NULL);
}
