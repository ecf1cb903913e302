#include "tests/lib/check.h"

#include <sodium.h>

#include "node/billing/statement.h"
#include "node/calendar.h"
#include "node/node_billing.h"
#include "node/node_import.h"
#include "node/node_record.h"
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

static struct schema_value *put(struct schema_record *record, const char *field)
{
	return schema_put(record, schema_field_named(record->kind, span_text(field)));
}

/* An event of the ledger as no honest program writes it; `lot` NULL: without its bytes. */
static struct lot_hash write_raw_at(struct team *team, int device, const struct billing_lot *lot)
{
	static uint8_t number = 0;
	struct node *node = team->devices[device].node;
	struct buf bytes = {0};
	struct schema_record record = {.kind = schema_kind(SCHEMA_LOT), .id = {{77, ++number}}};
	struct record_id ledger = record_document_id(node_team(node), SCHEMA_DOC_LEDGER, NULL);
	put(&record, "month")->number = 202101;
	if (lot) {
		check_ok(lot_encode(lot, &bytes));
		put(&record, "lot")->bytes = buf_span(&bytes);
	}
	check_ok(node_write_record(node, SCHEMA_DOC_LEDGER, &ledger, &record, NULL, NULL));
	struct lot_hash hash = lot_hash_of(buf_span(&bytes));
	buf_close(&bytes);
	devices_run(&team->loop, idle, team);
	return hash;
}

static struct lot_hash write_raw(struct team *team, const struct billing_lot *lot)
{
	return write_raw_at(team, 0, lot);
}

static void check_standing(struct team *team, const struct lot_hash *hash, enum billing_standing wanted)
{
	enum billing_standing standing = 0;
	check_ok(node_billing_standing(team->devices[0].node, hash, &standing));
	assert_int_equal(standing, wanted);
}

static bool has_word(void *context)
{
	struct team *team = context;
	return idle(team) && node_view(team->devices[1].node)->word_count;
}

static bool is_seconded(void *context)
{
	struct team *team = context;
	return idle(team) && node_view(team->devices[0].node)->words[0].is_seconded;
}

static void say_sent(struct team *team, const struct lot_hash *hash)
{
	struct team_billing_word word = {.what = TEAM_WORD_SENT};
	struct entry_hash said;
	memcpy(word.lot.bytes, hash->bytes, sizeof(word.lot.bytes));
	check_ok(node_billing_say(team->devices[0].node, &word, &said, NULL, NULL));
	devices_run(&team->loop, has_word, team);
	check_ok(node_billing_second(team->devices[1].node, &said, NULL, NULL));
	devices_run(&team->loop, is_seconded, team);
}

/* What a holder's patched program writes stops nobody from closing, and counts for nothing. */
static void what_cannot_be_used_does_not_count(void **state)
{
	(void)state;
	struct team team;
	struct buf bytes = {0}, next = {0};
	struct lot_hash hash;
	struct billing_obstacle obstacle;
	struct arena arena = {0};
	struct billing_lot lot;
	memset(&team, 0, sizeof(team));
	open_team(&team);
	struct node *node = team.devices[0].node;
	struct import *import = import_new(node_team(node));
	struct device_id self = node_device(node);
	for (size_t i = 0; i < 2; i++)
		take(&team.devices[0], import, lines[i]);
	take_visit(&team.devices[0], import, 0, calendar_month_start(MONTH) + 9 * 3600, 15);
	check_ok(node_billing_designate(node, &self, NULL, NULL));
	take_rate(&team.devices[0]);
	devices_run(&team.loop, idle, &team);
	check_ok(node_billing_close_month(
	        node, MONTH, span_text("Bretagne"), &bytes, &hash, &obstacle, NULL, NULL));
	devices_run(&team.loop, idle, &team);
	check_ok(lot_decode(&lot, buf_span(&bytes), &arena));
	write_raw(&team, NULL);
	struct billing_lot bad = lot;
	bad.team.bytes[0] ^= 1;
	const struct lot_hash foreign = write_raw(&team, &bad);
	bad = lot;
	bad.month = LOT_MONTHS - 1;
	bad.line_count = bad.rate_count = 0;
	bad.totals = lot_totals(NULL, 0);
	const struct lot_hash early = write_raw(&team, &bad);
	struct billing_line credit = lot.lines[0];
	credit.kind = BILLING_CREDIT;
	credit.minutes = -credit.minutes;
	credit.billed_milli = -credit.billed_milli;
	credit.cents = -credit.cents;
	credit.amo_cents = -credit.amo_cents;
	credit.cited_lot = (struct lot_hash){{9}};
	bad = lot;
	bad.lines = &credit;
	bad.totals = lot_totals(&credit, 1);
	const struct lot_hash unknown = write_raw(&team, &bad);
	credit.cited_lot = foreign;
	bad.known = &foreign;
	bad.known_count = 1;
	const struct lot_hash idle_one = write_raw(&team, &bad);
	credit.cited_lot = hash;
	credit.cited_line = 1;
	bad.known = &hash;
	const struct lot_hash no_line = write_raw(&team, &bad);
	say_sent(&team, &foreign);
	const struct lot_hash *const all[] = {&foreign, &early, &unknown, &idle_one, &no_line};
	for (size_t i = 0; i < 5; i++)
		check_standing(&team, all[i], BILLING_STANDING_UNUSABLE);
	check_standing(&team, &hash, BILLING_STANDING_COUNTS);
	struct lot_hash second;
	check_ok(node_billing_close_month(
	        node, MONTH + 1, span_text("Bretagne"), &next, &second, &obstacle, NULL, NULL));
	devices_run(&team.loop, idle, &team);
	/* A lot of before the release that her last lot does not know: it came after it, whatever it cites. */
	bad = lot;
	bad.line_count = bad.rate_count = 0;
	bad.totals = lot_totals(NULL, 0);
	const struct lot_hash beside = write_raw(&team, &bad);
	check_standing(&team, &beside, BILLING_STANDING_COUNTS);
	struct team_action release = {.kind = TEAM_ACTION_RELEASE};
	struct entry_hash entry;
	release.as.release.lease = node_view(node)->lease.lease;
	memcpy(release.as.release.last_lot.bytes, second.bytes, sizeof(second.bytes));
	check_ok(node_act(node, &release, &entry, NULL, NULL));
	devices_run(&team.loop, idle, &team);
	check_standing(&team, &beside, BILLING_STANDING_RELEASED);
	check_standing(&team, &hash, BILLING_STANDING_COUNTS);
	check_standing(&team, &second, BILLING_STANDING_COUNTS);
	import_free(import);
	arena_close(&arena);
	buf_close(&bytes);
	buf_close(&next);
	for (int i = 0; i < 2; i++)
		device_close(&team.devices[i], &team.loop);
	check_ok(uv_loop_close(&team.loop));
}

static bool holds_at_1(void *context)
{
	struct team *team = context;
	const struct device_id other = node_device(team->devices[1].node);
	const struct team_view *view = node_view(team->devices[1].node);
	return idle(team) && view->lease.held && device_id_eq(&view->lease.holder, &other);
}

static struct lot_hash write_first_format(struct team *team, int device, uint64_t fence)
{
	struct node *node = team->devices[device].node;
	const struct billing_lot lot = {.format = LOT_FORMAT_FIRST,
	        .team = *node_team(node),
	        .rule_version = LOT_FORMAT_FIRST,
	        .month = MONTH,
	        .opening_month = MONTH,
	        .holder = node_device(node),
	        .fence = fence,
	        .territory = span_text("Bretagne")};
	return write_raw_at(team, device, &lot);
}

/* A lot that says it is of an earlier program needs no word of two persons under the first lease alone. */
static void the_first_format_is_no_way_round(void **state)
{
	(void)state;
	struct team team;
	enum billing_standing standing = 0;
	memset(&team, 0, sizeof(team));
	open_team(&team);
	const struct device_id first = node_device(team.devices[0].node),
	                       second = node_device(team.devices[1].node);
	check_ok(node_billing_designate(team.devices[0].node, &first, NULL, NULL));
	devices_run(&team.loop, idle, &team);
	const struct lot_hash honest = write_first_format(&team, 0, 1);
	check_standing(&team, &honest, BILLING_STANDING_COUNTS);
	check_ok(node_billing_designate(team.devices[0].node, &second, NULL, NULL));
	devices_run(&team.loop, holds_at_1, &team);
	const struct lot_hash other = write_first_format(&team, 1, 2);
	check_ok(node_billing_standing(team.devices[1].node, &other, &standing));
	assert_int_equal(standing, BILLING_STANDING_UNRELEASED);
	for (int i = 0; i < 2; i++)
		device_close(&team.devices[i], &team.loop);
	check_ok(uv_loop_close(&team.loop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_month_is_closed_and_verified),
	        cmocka_unit_test(what_cannot_be_used_does_not_count),
	        cmocka_unit_test(the_first_format_is_no_way_round)};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-billing", tests, NULL, NULL);
}
