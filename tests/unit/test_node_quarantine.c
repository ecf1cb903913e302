/*
 * Who was removed, and what she wrote: entries beyond a cut are kept, shown, and count once a colleague countersigns them; new keys after a removal,
 * and what a thief makes of them. Devices' logs are carried from one to another by hand, so that the order of arrival is the test's.
 * Long because every attack is told with the same three devices.
 */
#include "tests/lib/check.h"

#include <sodium.h>
#include <stdio.h>

#include "crdt/base/limits.h"
#include "node/bundle_frames.h"
#include "node/countersign.h"
#include "node/calendar.h"
#include "node/node_billing.h"
#include "node/node_check.h"
#include "node/node_history.h"
#include "node/node_state.h"
#include "node/record.h"
#include "tests/lib/bundles.h"
#include "tests/lib/carry.h"

enum { MONTH = 12 * 53 + 10 }; /* November 2023 */
#define VISIT_START_S INT64_C(1698836400)

/* ---- The team --------------------------------------------------------------------------------------------------- */

static struct record_id save_visit(struct device *device, uint8_t number)
{
	struct record_id id = {{number, 'v'}};
	struct schema_record record = {.kind = schema_kind(SCHEMA_VISIT), .id = id};
	struct node_change change;
	const char *const moments[] = {"start", "end"};
	check_ok(node_change_begin(device->node, TEAM_DOSSIER, &team_patient, &change));
	for (int i = 0; i < 2; i++) {
		struct schema_value *value = schema_put(
		        &record, schema_field_named(record.kind, span_text(moments[i])));
		value->number = VISIT_START_S + 3600 * number + 1800 * i;
		value->offset_minutes = 60;
	}
	struct device_id self = node_device(device->node);
	schema_put(&record, schema_field_named(record.kind, span_text("nurse")))->bytes = span_of(
	        self.bytes, SCHEMA_SHORT_BYTES);
	static const char *const ones[] = {"place", "activity", "billable"};
	for (int i = 0; i < 3; i++)
		schema_put(&record, schema_field_named(record.kind, span_text(ones[i])))->number = 1;
	check_ok(record_write_new(&change.builder, &record));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
	return id;
}

static uint32_t visits_at(struct device *device)
{
	const struct index_event *events;
	struct crdt_doc *doc;
	struct crdt_event event;
	uint32_t cursor = 0, count, in_doc = 0;
	check_ok(node_month(device->node, MONTH, &events, &count));
	check_ok(node_doc(device->node, TEAM_DOSSIER, &team_patient, &doc));
	while (crdt_doc_event(doc, SCHEMA_VISIT, &cursor, &event))
		in_doc++;
	assert_int_equal(count, in_doc);
	return count;
}

static void save_patient(struct device *device, struct buf *out)
{
	struct crdt_doc *doc;
	check_ok(node_doc(device->node, TEAM_DOSSIER, &team_patient, &doc));
	buf_clear(out);
	crdt_doc_save(doc, out);
}

static void check_same_patient(struct device *a, struct device *b)
{
	struct buf left = {0}, right = {0};
	save_patient(a, &left);
	save_patient(b, &right);
	check_span(buf_span(&left), buf_span(&right));
	buf_close(&left);
	buf_close(&right);
}

static void on_fault(void *context, const struct scrub_fault *fault)
{
	(void)context;
	fail_msg("%s in table %d", scrub_what_name(fault->what), fault->table);
}

/* After a checkpoint, `releve fsck` finds that documents and indexes are what the log says. */
static void check_whole(struct team *team, struct device *device)
{
	struct node_check *check;
	check_ok(node_checkpoint(device->node, true));
	devices_run(&team->loop, team_saved, team);
	check_ok(node_check_new(device->store, device->vault, &device->env, on_fault, NULL, &check));
	while (node_check_step(check) == 1)
		;
	assert_int_equal(node_check_counts(check).derived, NODE_CHECK_COMPARED);
	node_check_free(check);
}

/* Léa writes a visit that colleagues have and two that they do not have; Anna removes her device. */
static void lose_phone(struct team *team)
{
	save_visit(&team->devices[LEA], 1);
	devices_run(&team->loop, team_saved, team);
	carry_all(team, &team->devices[LEA], &team->devices[ANNA]);
	save_visit(&team->devices[LEA], 2);
	save_visit(&team->devices[LEA], 3);
	devices_run(&team->loop, team_saved, team);
	struct device_id lost = carry_device(team, LEA);
	check_ok(node_remove_device(team->devices[ANNA].node, &lost, 1, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
}

/* All of these that are in quarantine and do not count, vouched for by `who`. */
static int countersign(struct team *team, int who, const char *comment)
{
	struct node *node = team->devices[who].node;
	struct node_place places[16];
	uint32_t count = 0;
	struct node_entry entry;
	for (struct node_quarantined at = {0}; count < 16 && node_quarantine_next(node, &at);)
		if (!at.is_effective && node_read(node, at.feed, at.seq, &entry) == 0)
			places[count++] = (struct node_place){at.feed, at.seq};
	int result = node_countersign(node, places, count, span_text(comment), NULL, NULL);
	devices_run(&team->loop, team_saved, team);
	return result;
}

/* ---- Quarantine ------------------------------------------------------------------------------------------------- */

static void a_removal_cuts_where_the_remover_stands(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA];
	struct device_id lost = carry_device(&team, LEA);
	assert_int_equal(team_view_device(node_view(anna->node), &lost)->state, TEAM_DEVICE_SUSPENDED);
	assert_int_equal(visits_at(anna), 1); /* what was here before stays */
	assert_int_equal(node_quarantine_count(anna->node), 0);
	carry_all(&team, &team.devices[LEA], anna);
	assert_int_equal(visits_at(anna), 1);
	assert_int_equal(node_quarantine_count(anna->node), 2);
	struct node_quarantined at = {0};
	while (node_quarantine_next(anna->node, &at)) {
		struct node_entry entry;
		assert_int_equal(at.why, TEAM_REASON_BEYOND_CUT);
		assert_false(at.is_effective);
		check_ok(node_read(anna->node, at.feed, at.seq, &entry)); /* and can be read */
		assert_true(record_id_eq(&entry.change.doc_id, &team_patient));
	}
	check_whole(&team, anna);
	team_close(&team);
}

/* A run of hers does not open at the remover's device: removing her goes on all the same, and what comes after the damage is judged. */
static void a_damaged_row_stops_no_removal(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	struct device *lea = &team.devices[LEA], *anna = &team.devices[ANNA];
	for (uint8_t i = 1; i <= 3; i++) {
		save_visit(lea, i);
		devices_run(&team.loop, team_saved, &team);
	}
	carry_all(&team, lea, anna);
	uint32_t hers, feed;
	check_ok(node_own_feed(lea->node, COMPARTMENT_CLINICAL, &hers));
	assert_true(log_feed_number(node_log(anna->node), &log_feed(node_log(lea->node), hers)->id, &feed));
	check_ok(node_checkpoint(anna->node, true));
	devices_run(&team.loop, team_saved, &team);
	device_damage_run(anna, feed, 2);
	struct device_id lost = carry_device(&team, LEA);
	check_ok(node_remove_device(anna->node, &lost, 1, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_false(node_is_stopped(anna->node));
	assert_int_equal(visits_at(anna), 3);
	save_visit(anna, 4); /* and she goes on working */
	devices_run(&team.loop, team_saved, &team);
	team_close(&team);
}

static void a_countersigned_visit_counts_everywhere(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	carry_all(&team, &team.devices[LEA], anna);
	check_ok(countersign(&team, ANNA, "Je l'ai vue sortir"));
	assert_int_equal(visits_at(anna), 3);
	assert_int_equal(node_quarantine_count(anna->node), 0);
	carry_all(&team, anna, zoe);
	assert_int_equal(visits_at(zoe), 3);
	check_same_patient(anna, zoe);
	/* Who vouched, and what she said. */
	struct node_quarantined at = {0};
	struct entry_header header;
	struct buf comment = {0};
	uint32_t by;
	assert_true(node_quarantine_next(zoe->node, &at));
	assert_true(at.is_effective);
	check_ok(node_countersigned_by(zoe->node, at.feed, at.seq, &header, &by, &comment));
	check_span(buf_span(&comment), span_text("Je l'ai vue sortir"));
	assert_true(carry_is_of(log_feed(node_log(zoe->node), by), anna, COMPARTMENT_CLINICAL));
	buf_close(&comment);
	/* The past shows them as well, and no gap. */
	struct node_past past;
	check_ok(node_past_read(zoe->node, TEAM_DOSSIER, &team_patient, &past, NULL));
	assert_int_equal(past.gaps.count, 0);
	node_past_close(&past);
	check_whole(&team, anna);
	check_whole(&team, zoe);
	for (int i = 0; i < 2; i++) { /* with the checkpoint, and with what came after it */
		device_restart(zoe, &team.loop);
		assert_int_equal(visits_at(zoe), 3);
		check_same_patient(anna, zoe);
		device_save(zoe, TEAM_DOSSIER, &team_patient, TEAM_SECTION, TEAM_NAME, "Martin-Le Goff");
		devices_run(&team.loop, team_saved, &team);
		carry_all(&team, zoe, anna);
	}
	team_close(&team);
}

/* Countersignatures of this device that still say something, of all. */
static uint32_t comments_of(struct device *device, uint32_t *all)
{
	struct node *node = device->node;
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t feed, left = 0;
	*all = 0;
	check_ok(node_own_feed(node, COMPARTMENT_CLINICAL, &feed));
	check_ok(node_begin_read(node, &txn));
	for (uint64_t seq = 1; seq <= log_feed(node->log, feed)->committed_seq; seq++) {
		const struct run_entry *entry;
		check_ok(log_read_entry(node->log, txn, &reader, feed, seq, &entry));
		*all += entry->header.kind == ENTRY_COUNTERSIGN;
		left += entry->header.kind == ENTRY_COUNTERSIGN && !entry->purged;
	}
	store_abort(txn);
	log_reader_close(&reader);
	return left;
}

static bool has_erased(void *context)
{
	struct team *team = context;
	return team_saved(team) && !node_erasing(team->devices[ANNA].node);
}

/* One for each dossier, sealed like what it is about; it is erased with that one, and the other stays. */
static void what_she_says_of_a_patient_goes_with_her(void **state)
{
	(void)state;
	struct team team;
	const struct record_id other = {{8, 8, 8}};
	uint32_t all;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA];
	device_save(anna, TEAM_DOSSIER, &other, TEAM_SECTION, TEAM_NAME, "Morvan");
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, anna, &team.devices[LEA]);
	lose_phone(&team);
	device_save(&team.devices[LEA], TEAM_DOSSIER, &other, TEAM_SECTION, TEAM_NAME, "Morvan-Petit");
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, &team.devices[LEA], anna);
	assert_int_equal(node_quarantine_count(anna->node), 3);
	check_ok(countersign(&team, ANNA, "Je l'ai vue sortir"));
	assert_int_equal(node_quarantine_count(anna->node), 0);
	assert_int_equal(comments_of(anna, &all), 2);
	assert_int_equal(all, 2);
	check_ok(node_erase(anna->node, &team_patient, 0, NULL, NULL));
	devices_run(&team.loop, has_erased, &team);
	assert_int_equal(comments_of(anna, &all), 1);
	assert_int_equal(all, 2);
	/* The other patient's entry counts as before, by what was said of her. */
	struct node_quarantined at = {0};
	struct entry_header header;
	struct buf comment = {0};
	uint32_t by, effective = 0;
	while (node_quarantine_next(anna->node, &at)) {
		effective += at.is_effective;
		if (at.is_effective)
			check_ok(node_countersigned_by(anna->node, at.feed, at.seq, &header, &by, &comment));
	}
	assert_int_equal(effective, 1);
	check_span(buf_span(&comment), span_text("Je l'ai vue sortir"));
	check_whole(&team, anna);
	buf_close(&comment);
	team_close(&team);
}

/* Removal, entry and countersignature come in any order: the same bytes at the end. */
static void the_order_of_arrival_does_not_matter(void **state)
{
	(void)state;
	enum { REMOVAL, ENTRIES, VOUCH, STEPS };
	static const int orders[][STEPS] = {{REMOVAL, ENTRIES, VOUCH}, {REMOVAL, VOUCH, ENTRIES},
	        {ENTRIES, REMOVAL, VOUCH}, {ENTRIES, VOUCH, REMOVAL}, {VOUCH, ENTRIES, REMOVAL},
	        {VOUCH, REMOVAL, ENTRIES}};
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct team team;
		carry_open_team(&team);
		lose_phone(&team);
		struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
		carry_all(&team, &team.devices[LEA], anna);
		check_ok(countersign(&team, ANNA, ""));
		carry_keys(anna, zoe);
		for (int round = 0; round < 2; round++) /* what had to wait comes again */
			for (int j = 0; j < STEPS; j++) {
				if (orders[i][j] == REMOVAL)
					carry(&team, anna, zoe, anna, COMPARTMENT_MEMBERSHIP);
				else if (orders[i][j] == ENTRIES)
					carry(&team, anna, zoe, &team.devices[LEA], 0);
				else
					carry(&team, anna, zoe, anna, COMPARTMENT_CLINICAL);
				carry_keys(anna, zoe);
				if (j == 1) {
					check_ok(node_checkpoint(zoe->node, true));
					devices_run(&team.loop, team_saved, &team);
					device_restart(zoe, &team.loop);
				}
			}
		devices_run(&team.loop, team_saved, &team);
		assert_int_equal(visits_at(zoe), 3);
		check_same_patient(anna, zoe);
		check_whole(&team, zoe);
		team_close(&team);
	}
}

/* Only what is vouched for counts; what builds on something that is not comes without it. */
static void each_entry_stands_for_itself(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	carry_all(&team, &team.devices[LEA], anna);
	struct node_quarantined at = {0};
	assert_true(node_quarantine_next(anna->node, &at));
	assert_true(node_quarantine_next(anna->node, &at)); /* the second alone */
	check_ok(node_countersign(
	        anna->node, &(struct node_place){at.feed, at.seq}, 1, span_text(""), NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(visits_at(anna), 2);
	assert_int_equal(node_quarantine_count(anna->node), 1);
	carry_all(&team, anna, zoe);
	check_same_patient(anna, zoe);
	check_code(node_countersign(
	                   anna->node, &(struct node_place){at.feed, at.seq}, 1, span_text(""), NULL, NULL),
	        ERR_EXISTS);
	check_ok(countersign(&team, ZOE, ""));
	carry_all(&team, zoe, anna);
	assert_int_equal(visits_at(anna), 3);
	check_same_patient(anna, zoe);
	check_whole(&team, anna);
	team_close(&team);
}

/* The removed device hears of it: it says what was not accepted, and keeps it. */
static void a_removed_device_says_what_was_not_accepted(void **state)
{
	(void)state;
	struct team team;
	struct node_change change;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA];
	assert_int_equal(visits_at(lea), 3);
	carry(&team, anna, lea, anna, COMPARTMENT_MEMBERSHIP);
	assert_int_equal(visits_at(lea), 1);
	assert_int_equal(node_quarantine_count(lea->node), 2);
	check_code(countersign(&team, LEA, ""), ERR_DENIED);
	check_code(node_change_begin(lea->node, TEAM_DOSSIER, &team_patient, &change), ERR_DENIED);
	device_restart(lea, &team.loop);
	assert_int_equal(node_quarantine_count(lea->node), 2);
	struct node_quarantined at = {0};
	struct node_entry entry;
	while (node_quarantine_next(lea->node, &at))
		check_ok(node_read(lea->node, at.feed, at.seq, &entry));
	carry_all(&team, lea, anna); /* it is brought to a colleague all the same */
	check_ok(countersign(&team, ANNA, ""));
	assert_int_equal(visits_at(anna), 3);
	team_close(&team);
}

/* Whose suspension is taken back writes again; what she wrote in between is still for a colleague to vouch for. */
static void an_undone_suspension_leaves_what_lay_between(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	struct person_id person = carry_person(&team, LEA);
	carry_all(&team, lea, anna);
	carry_all(&team, anna, zoe);
	check_ok(node_undo_suspension(zoe->node, &person, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	check_code(node_undo_suspension(zoe->node, &person, NULL, NULL), ERR_NOTFOUND);
	carry_all(&team, zoe, anna);
	carry_all(&team, zoe, lea);
	assert_int_equal(visits_at(zoe), 1);
	assert_int_equal(node_quarantine_count(zoe->node), 2);
	save_visit(lea, 4);
	carry_all(&team, lea, anna);
	carry_all(&team, anna, zoe);
	assert_int_equal(visits_at(zoe), 2);
	assert_int_equal(visits_at(lea), 2);
	check_ok(countersign(&team, ZOE, ""));
	carry_all(&team, zoe, anna);
	carry_all(&team, zoe, lea);
	assert_int_equal(visits_at(anna), 4);
	check_same_patient(anna, zoe);
	check_same_patient(anna, lea);
	check_whole(&team, lea);
	team_close(&team);
}

/* A countersignature goes the way of its author: beyond her own cut it has no force, and has it again when that is taken back. */
static void a_removed_nurse_vouches_for_nobody(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	struct device_id removed = carry_device(&team, ZOE);
	carry_all(&team, &team.devices[LEA], anna);
	carry_all(&team, anna, zoe);
	check_ok(countersign(&team, ZOE, ""));
	assert_int_equal(visits_at(zoe), 3);
	check_ok(node_remove_device(anna->node, &removed, 2, NULL, NULL)); /* who does not have it yet */
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, zoe, anna);
	assert_int_equal(visits_at(anna), 1);
	assert_int_equal(node_quarantine_count(anna->node), 3); /* the countersignature too */
	carry_all(&team, anna, zoe);
	assert_int_equal(visits_at(zoe), 1);
	check_same_patient(anna, zoe);
	check_whole(&team, anna);
	const struct log_feed *own = log_feed(node_log(zoe->node), zoe->node->own_feed[COMPARTMENT_CLINICAL]);
	struct node_place word = {.seq = own->seq};
	assert_true(log_feed_number(node_log(anna->node), &own->id, &word.feed));
	check_code(node_countersign(anna->node, &word, 1, span_text(""), NULL, NULL), ERR_DENIED);
	check_ok(countersign(&team, ANNA, "")); /* for the visits, not for Zoé's word */
	assert_int_equal(visits_at(anna), 3);
	assert_int_equal(node_quarantine_count(anna->node), 1);
	team_close(&team);
}

static void set_rate(struct device *device)
{
	struct schema_record rate = {.kind = schema_kind(SCHEMA_RATE_TABLE), .id = {{7, 7}}};
	struct record_id rates = record_document_id(node_team(device->node), SCHEMA_DOC_RATES, NULL);
	struct node_change change;
	static const struct {
		const char *field;
		int64_t number;
	} values[] = {
	        {"validFrom", 18000}, {"centsPerHour", 5394}, {"unit", 1}, {"ties", 1}, {"amoPerMille", 600}};
	schema_put(&rate, schema_field_named(rate.kind, span_text("territory")))->bytes = span_text(
	        "Bretagne");
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		schema_put(&rate, schema_field_named(rate.kind, span_text(values[i].field)))
		        ->number = values[i].number;
	check_ok(node_change_begin(device->node, SCHEMA_DOC_RATES, &rates, &change));
	check_ok(record_write_new(&change.builder, &rate));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
}

/* It has begun by then. */
static int64_t close_month(struct team *team, int32_t month, struct buf *bytes)
{
	const uint64_t begun_ms = (uint64_t)calendar_month_start(month) * 1000;
	struct node *node = team->devices[ANNA].node;
	struct billing_obstacle obstacle;
	struct lot_hash hash;
	struct node_billing billing;
	struct billing_lot theirs, mine;
	for (size_t i = 0; i < sizeof(team->devices) / sizeof(*team->devices); i++)
		if (team->devices[i].seeded.now_ms < begun_ms)
			team->devices[i].seeded.now_ms = begun_ms;
	buf_clear(bytes);
	check_ok(node_billing_close_month(
	        node, (uint32_t)month, span_text("Bretagne"), bytes, &hash, &obstacle, NULL, NULL));
	devices_run(&team->loop, team_saved, team);
	check_ok(node_billing_verify(node, buf_span(bytes), &billing, &theirs, &mine));
	int64_t visits = theirs.totals.visit_count;
	node_billing_wipe(&billing);
	return visits;
}

static int verify_at(struct device *device, const struct buf *bytes)
{
	struct node_billing billing;
	struct billing_lot theirs, mine;
	int result = node_billing_verify(device->node, buf_span(bytes), &billing, &theirs, &mine);
	node_billing_wipe(&billing);
	return result;
}

/* What is in quarantine is billed to nobody; vouched for later it stands in the next lot, and the first one stays what it was. */
static void quarantine_is_not_billed_and_comes_late(void **state)
{
	(void)state;
	struct team team;
	struct buf first = {0}, second = {0};
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	struct device_id self = node_device(anna->node);
	carry_all(&team, &team.devices[LEA], anna);
	check_ok(node_billing_designate(anna->node, &self, NULL, NULL));
	set_rate(anna);
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(close_month(&team, MONTH, &first), 1);
	check_ok(countersign(&team, ANNA, ""));
	check_ok(verify_at(anna, &first));
	assert_int_equal(close_month(&team, MONTH + 1, &second), 2);
	carry_all(&team, anna, zoe);
	check_ok(verify_at(zoe, &first));
	check_ok(verify_at(zoe, &second));
	/* Removed after it was billed, and vouched for: still the same lots, and nothing is billed twice. */
	struct person_id person = carry_person(&team, LEA);
	const struct team_action propose = {
	        .kind = TEAM_ACTION_REMOVE_PERSON, .as.remove_person.person = person};
	struct entry_hash proposal;
	check_ok(node_act(zoe->node, &propose, &proposal, NULL, NULL)); /* whose cut lists nothing */
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, zoe, anna);
	const struct team_action confirm = {.kind = TEAM_ACTION_CONFIRM, .as.confirm.proposal = proposal};
	check_ok(node_act(anna->node, &confirm, &proposal, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(visits_at(anna), 2); /* the first one lies beyond that cut */
	check_ok(countersign(&team, ANNA, ""));
	assert_int_equal(visits_at(anna), 3);
	check_ok(verify_at(anna, &first));
	check_ok(verify_at(anna, &second));
	assert_int_equal(close_month(&team, MONTH + 2, &second), 0);
	buf_close(&first);
	buf_close(&second);
	team_close(&team);
}

/* README.md, "Quarantine": byte by byte. */
static void the_bytes_of_a_countersignature(void **state)
{
	(void)state;
	const struct countersigned items[] = {{{{{1}}, 3}, {{9}}}, {{{{1}}, 300}, {{8}}}};
	const struct countersign given = {2, items, span_text("oui")};
	struct countersign read;
	struct arena arena = {0};
	struct buf bytes = {0}, want = {0};
	uint8_t id[ID_LONG_BYTES] = {1}, hash[ID_LONG_BYTES] = {9};
	buf_add(&want, "\1\2", 2);
	buf_add(&want, id, sizeof(id));
	buf_add(&want, "\3", 1);
	buf_add(&want, hash, sizeof(hash));
	buf_add(&want, id, sizeof(id));
	buf_add(&want, "\xac\2", 2);
	hash[0] = 8;
	buf_add(&want, hash, sizeof(hash));
	buf_add(&want, "\3oui", 4);
	countersign_encode(&given, &bytes);
	check_span(buf_span(&bytes), buf_span(&want));
	check_ok(countersign_decode(buf_span(&bytes), &arena, &read));
	assert_int_equal(read.count, 2);
	assert_int_equal(read.items[1].place.seq, 300);
	check_span(read.comment, span_text("oui"));
	for (size_t size = 0; size < bytes.size; size++)
		assert_true(countersign_decode(span_of(bytes.data, size), &arena, &read) < 0);
	bytes.data[0] = 2;
	check_code(countersign_decode(buf_span(&bytes), &arena, &read), ERR_VERSION);
	bytes.data[0] = 1;
	bytes.data[2 + 32] = 5; /* still ascending */
	check_ok(countersign_decode(buf_span(&bytes), &arena, &read));
	bytes.data[2] = 7; /* not any more */
	check_code(countersign_decode(buf_span(&bytes), &arena, &read), ERR_MALFORMED);
	bytes.data[2] = 1;
	bytes.data[bytes.size - 1] = 0xff; /* no UTF-8 */
	check_code(countersign_decode(buf_span(&bytes), &arena, &read), ERR_MALFORMED);
	arena_close(&arena);
	buf_close(&bytes);
	buf_close(&want);
}

static void the_row_of_the_set(void **state)
{
	(void)state;
	struct quarantine set = {0}, read = {0};
	struct vouch vouch = {.feed = 2, .seq = 9, .by_feed = 5, .by_seq = 7, .hash = {{3}}};
	struct buf row = {0}, again = {0};
	uint32_t count;
	quarantine_note(&set, 2, 9, 1);
	quarantine_note(&set, 2, 300, 2);
	quarantine_note(&set, 0, 1, 3);
	quarantine_find(&set, 2, 9)->is_effective = true;
	assert_true(quarantine_vouch(&set, &vouch, 1));
	assert_false(quarantine_vouch(&set, &vouch, 1));
	assert_int_equal(quarantine_before(&set, 2, 10), 1);
	assert_int_equal(quarantine_before(&set, 7, 10), 0);
	quarantine_encode(&set, &row, 1000);
	check_ok(quarantine_decode(&read, buf_span(&row)));
	quarantine_encode(&read, &again, 1000);
	check_span(buf_span(&again), buf_span(&row));
	assert_true(quarantine_find(&read, 2, 9)->is_effective);
	assert_int_equal(quarantine_find(&read, 2, 300)->why, 2);
	assert_int_equal(quarantine_vouches(&read, 2, 9, &count)->by_seq, 7);
	assert_int_equal(count, 1);
	assert_int_equal(quarantine_passed_over(&read), 2);
	for (size_t size = 2; size < row.size; size++)
		assert_true(quarantine_decode(&read, span_of(row.data, size)) < 0);
	assert_null(quarantine_find(&read, 2, 9)); /* empty then */
	/* Too large: only that it is. */
	buf_clear(&again);
	quarantine_encode(&set, &again, row.size - 1);
	assert_int_equal(again.size, 1);
	check_code(quarantine_decode(&read, buf_span(&again)), ERR_NOTFOUND);
	/* Feeds that no log has, sequences that do not ascend. */
	static const char *const bad[] = {"\1\1\x80\x20\1\1\1\0", "\1\1\1\2\1\1\0\1\0"};
	static const size_t sizes[] = {8, 9};
	for (int i = 0; i < 2; i++)
		check_code(
		        quarantine_decode(&read, span_of((const uint8_t *)bad[i], sizes[i])), ERR_MALFORMED);
	quarantine_close(&set);
	buf_close(&row);
	buf_close(&again);
}

/* Words come in any order, some again: the set is in order, and has each once. */
static void words_come_in_any_order(void **state)
{
	(void)state;
	struct quarantine set = {0};
	uint32_t count, sum = 0;
	for (uint32_t i = 0; i < 400; i++) {
		struct vouch vouches[5];
		for (uint32_t j = 0; j < 5; j++) {
			uint32_t what = (i * 7 + j * 13 + (i & j)) * 2654435761U % 601;
			vouches[j] = (struct vouch){
			        .feed = what % 3, .seq = what / 3 % 50 + 1, .by_feed = what % 7};
		}
		uint32_t before = set.vouch_count;
		bool any = quarantine_vouch(&set, vouches, 5);
		assert_int_equal(any, set.vouch_count > before);
		assert_false(quarantine_vouch(&set, vouches, 5));
	}
	for (uint32_t feed = 0; feed < 3; feed++)
		for (uint64_t seq = 1; seq <= 50; seq++) {
			struct vouch *list = quarantine_vouches(&set, feed, seq, &count);
			for (uint32_t i = 1; i < count; i++)
				assert_true(list[i - 1].by_feed < list[i].by_feed);
			sum += count;
		}
	assert_int_equal(sum, set.vouch_count);
	assert_int_equal(sum, 272); /* different ones of the 2,000 */
	assert_false(quarantine_vouch(&set, NULL, 0));
	quarantine_close(&set);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* Frames as a patched colleague seals them, for Anna. */
static int take_in(struct team *team, struct span frames)
{
	struct node *node = team->devices[ANNA].node;
	struct buf file = {0};
	struct node_taken taken;
	bundles_seal(&team->devices[LEA].env, node_seal_public(node), frames, &file);
	int result = node_take_in(node, buf_span(&file), &taken);
	assert_int_equal(taken.entries, 0);
	devices_run(&team->loop, team_saved, team);
	buf_close(&file);
	return result;
}

static void a_file_of_nonsense_changes_nothing(void **state)
{
	(void)state;
	struct team team;
	struct buf frames = {0}, run = {0};
	carry_open_team(&team);
	struct node *node = team.devices[ANNA].node;
	const uint32_t feeds = log_feed_count(node->log);
	const struct device_id stranger = {{77}}, lea = carry_device(&team, LEA);
	check_ok(take_in(&team, span_text("")));
	check_ok(take_in(&team, span_text("\x02\x01"))); /* not to its end */
	check_code(take_in(&team, span_text("\x02\x05x1234")), ERR_TRUNCATED); /* a run of no feed */
	check_code(take_in(&team, span_text("\x02\xff\xff\xff\x7f")), ERR_TOOBIG);
	check_ok(take_in(&team, span_text("\x63\x01x"))); /* of a later version */
	check_code(take_in(&team, span_text("\x05\x01x")), 0); /* no request, where it is not asked for */
	for (int known = 0; known < 2; known++) {
		buf_clear(&frames);
		buf_clear(&run);
		buf_add(&run, (known ? &lea : &stranger)->bytes, ID_LONG_BYTES);
		wire_put_u8(&run, COMPARTMENT_CLINICAL);
		buf_add(&run, stranger.bytes, ID_SHORT_BYTES);
		buf_add(&run, "nonsense", 8);
		wire_put_u8(&frames, BUNDLE_FRAME_RUN);
		wire_put_blob(&frames, buf_span(&run));
		check_ok(take_in(&team, buf_span(&frames)));
	}
	assert_int_equal(log_feed_count(node->log),
	        feeds); /* a feed is there once something comes that its device signed */
	buf_close(&frames);
	buf_close(&run);
	team_close(&team);
}

/* Anna is handed a packet of Lea's, in a file with an entry of Lea's about each of these dossiers. */
static void rescue(struct team *team, struct span packet, const struct record_id *dossiers, size_t count)
{
	struct node *node = team->devices[ANNA].node;
	struct node_need needs[4];
	struct epoch_id epoch;
	assert_true(count <= 4);
	check_ok(team_epoch_to_write(node->members, COMPARTMENT_CLINICAL, &epoch));
	for (size_t i = 0; i < count; i++)
		needs[i] = (struct node_need){epoch,
		        secret_pseudonym(epochs_find(node->epochs, &epoch), &dossiers[i]),
		        carry_device(team, LEA)};
	qsort(needs, count, sizeof(*needs), node_need_cmp);
	node_rescue_secrets(node, packet, needs, count);
}

static bool any_wanted(void *context, const struct record_id *dossier)
{
	(void)context;
	(void)dossier;
	return true;
}

/* A secret that is held already is not replaced by what somebody carries in; one of a dossier that nobody knows is taken. */
static void a_file_brings_only_secrets_that_are_lacking(void **state)
{
	(void)state;
	struct team team;
	struct key_packet packet;
	struct buf row = {0};
	carry_open_team(&team);
	struct node *node = team.devices[ANNA].node, *thief = team.devices[LEA].node;
	const struct key_signer signer = {thief->team, node_device(thief), thief->identity.secrets->sign};
	const struct device_id anna = node_device(node);
	const struct record_id unknown = {{200}}, beside = {{210}}, dossiers[] = {team_patient, unknown};
	const struct key_secret secrets[] = {
	        {team_patient, 9, {{5}}}, {unknown, 1, {{6}}}, {unknown, 2, {{7}}}, {beside, 1, {{8}}}};
	const struct dossier_secret before = *key_table_secret(node->keys, &team_patient, 0);
	check_ok(key_packet_make(
	        &packet, &team.devices[LEA].env, &signer, &anna, node_seal_public(node), 7, secrets, 4));
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	const uint32_t rows = node_state_count(node, NODE_STATE_ALL);
	rescue(&team, buf_span(&row), dossiers, 2);
	devices_run(&team.loop, team_saved, &team);
	assert_null(key_table_secret(node->keys, &beside, 0)); /* no entry of hers is about it */
	assert_true(dossier_secret_eq(key_table_secret(node->keys, &team_patient, 0), &before));
	assert_null(key_table_secret(node->keys, &team_patient, 1));
	assert_true(dossier_secret_eq(key_table_secret(node->keys, &unknown, 0), &secrets[2].secret));
	assert_non_null(key_table_secret(node->keys, &unknown, 1));
	assert_int_equal(
	        node_state_count(node, NODE_STATE_ALL), rows); /* the packet itself is not passed on */
	device_restart(&team.devices[ANNA], &team.loop);
	assert_non_null(key_table_secret(team.devices[ANNA].node->keys, &unknown, 1));
	row.data[row.size - 1] ^= 1; /* not signed by her */
	check_code(key_table_rescue(team.devices[ANNA].node->keys, buf_span(&row), any_wanted, NULL),
	        ERR_BADSIG);
	check_code(
	        key_table_rescue(team.devices[ZOE].node->keys, buf_span(&row), any_wanted, NULL), ERR_BADSIG);
	row.data[row.size - 1] ^= 1;
	check_code(
	        key_table_rescue(team.devices[ZOE].node->keys, buf_span(&row), any_wanted, NULL), ERR_DENIED);
	buf_close(&row);
	team_close(&team);
}

/* However many secrets of a dossier a file brings: room stays for those that come from a colleague, and for a newer one. */
static void a_file_leaves_room_for_a_colleagues_secret(void **state)
{
	(void)state;
	struct team team;
	struct key_packet packet;
	struct buf row = {0};
	const struct record_id unknown = {{200}}, last = {{201}}, dossiers[] = {unknown, last};
	struct key_secret secrets[LIMIT_DOSSIER_SECRETS + 1];
	carry_open_team(&team);
	struct node *node = team.devices[ANNA].node, *thief = team.devices[LEA].node;
	const struct key_signer signer = {thief->team, node_device(thief), thief->identity.secrets->sign};
	const struct device_id anna = node_device(node);
	for (uint32_t i = 0; i < LIMIT_DOSSIER_SECRETS; i++)
		secrets[i] = (struct key_secret){unknown, 1 + i, {{(uint8_t)i}}};
	secrets[LIMIT_DOSSIER_SECRETS] = (struct key_secret){last, KEY_VERSION_PAST - 1, {{5}}};
	check_ok(key_packet_make(&packet, &team.devices[LEA].env, &signer, &anna, node_seal_public(node), 7,
	        secrets, LIMIT_DOSSIER_SECRETS + 1));
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	rescue(&team, buf_span(&row), dossiers, 2);
	assert_non_null(key_table_secret(node->keys, &unknown, 0));
	check_ok(key_table_create(node->keys, &team.devices[ANNA].env, &unknown));
	check_ok(key_table_create(node->keys, &team.devices[ANNA].env, &last));
	buf_close(&row);
	team_close(&team);
}

/* A locum sees the patients that she was given, and not those that a colleague's file is about. */
static void a_file_gives_a_locum_no_dossier(void **state)
{
	(void)state;
	struct team team;
	struct buf file = {0};
	struct node_taken taken;
	uint64_t entries;
	carry_open_with(&team, TEAM_ROLE_LOCUM);
	struct device *anna = &team.devices[ANNA], *locum = &team.devices[ZOE];
	save_visit(&team.devices[LEA], 1);
	devices_run(&team.loop, team_saved, &team);
	check_ok(node_export(team.devices[LEA].node, NULL, &file, &entries));
	check_ok(node_take_in(locum->node, buf_span(&file), &taken));
	assert_null(key_table_secret(locum->node->keys, &team_patient, 0));
	check_ok(node_take_in(anna->node, buf_span(&file), &taken));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(visits_at(anna), 1);
	buf_close(&file);
	team_close(&team);
}

/* Also a device that knows that it was removed, and was left out of every key since, brings what it has. */
static void a_removed_device_that_knows_it_makes_a_file(void **state)
{
	(void)state;
	struct team team;
	struct buf file = {0};
	struct node_taken taken;
	uint64_t entries;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA];
	carry(&team, anna, lea, anna, COMPARTMENT_MEMBERSHIP);
	assert_int_equal(visits_at(lea), 1);
	check_ok(node_export(lea->node, NULL, &file, &entries));
	check_ok(node_take_in(anna->node, buf_span(&file), &taken));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(taken.refused, 0);
	check_ok(countersign(&team, ANNA, ""));
	assert_int_equal(visits_at(anna), 3);
	buf_close(&file);
	team_close(&team);
}

static void rescue_one(struct team *team, const struct key_signer *signer, const struct record_id *dossier)
{
	struct node *node = team->devices[ANNA].node;
	const struct device_id anna = node_device(node);
	const struct key_secret secret = {.dossier = *dossier, .version = 1, .secret = {{6}}};
	struct key_packet packet;
	struct buf row = {0};
	check_ok(key_packet_make(
	        &packet, &team->devices[LEA].env, signer, &anna, node_seal_public(node), 1, &secret, 1));
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	rescue(team, buf_span(&row), dossier, 1);
	buf_close(&row);
}

/* What was erased stays so, whoever brings it in a file; and nobody who never was in the team brings anything. */
static void a_file_brings_back_nothing_that_was_erased(void **state)
{
	(void)state;
	struct team team;
	struct key_tombstone tombstone;
	struct buf row = {0};
	const struct record_id erased = {{201}}, other = {{202}};
	uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
	struct device_id stranger;
	carry_open_team(&team);
	struct node *node = team.devices[ANNA].node, *lea = team.devices[LEA].node;
	const struct key_signer signer = {lea->team, node_device(lea), lea->identity.secrets->sign};
	crypto_sign_keypair(stranger.bytes, secret_key);
	const struct key_signer outsider = {lea->team, stranger, secret_key};
	key_tombstone_make(&tombstone, &signer,
	        &(struct key_order){.dossier = erased, .reason = KEY_REASON_REQUEST, .time_ms = 1});
	wire_put_u8(&row, 1);
	key_tombstone_encode(&tombstone, &row);
	assert_int_equal(node_state_put(node, buf_span(&row)), 1);
	rescue_one(&team, &signer, &erased);
	rescue_one(&team, &outsider, &other);
	assert_null(key_table_secret(node->keys, &erased, 0));
	assert_null(key_table_secret(node->keys, &other, 0));
	rescue_one(&team, &signer, &other);
	assert_non_null(key_table_secret(node->keys, &other, 0));
	buf_close(&row);
	team_close(&team);
}

/* Of a dossier that a colleague holds, the secret comes from her: what a file brings beside it is nobody's. */
static void a_file_brings_nothing_that_a_colleague_has(void **state)
{
	(void)state;
	struct team team;
	const struct record_id hers = {{203}};
	carry_open_team(&team);
	struct node *node = team.devices[ANNA].node, *lea = team.devices[LEA].node,
	            *zoe = team.devices[ZOE].node;
	const struct key_signer signer = {lea->team, node_device(lea), lea->identity.secrets->sign},
	                        giver = {zoe->team, node_device(zoe), zoe->identity.secrets->sign};
	const struct key_secret secret = {.dossier = hers, .version = 1, .secret = {{7}}};
	const struct device_id to = carry_device(&team, LEA);
	struct key_packet packet;
	struct buf row = {0};
	check_ok(key_packet_make(
	        &packet, &team.devices[ZOE].env, &giver, &to, node_seal_public(lea), 9, &secret, 1));
	wire_put_u8(&row, 1);
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	assert_int_equal(node_state_put(node, buf_span(&row)), 1); /* for Lea alone, by what Anna sees */
	rescue_one(&team, &signer, &hers);
	assert_null(key_table_secret(node->keys, &hers, 0));
	buf_close(&row);
	team_close(&team);
}

/* All runs of a device in `clinical`, as frames of a file. */
static void put_runs(struct device *of, struct buf *frames)
{
	struct log *log = node_log(of->node);
	const struct device_id self = node_device(of->node);
	struct log_range ranges[8];
	struct store_txn *txn;
	struct span bytes;
	struct buf payload = {0};
	uint32_t number, count = 0;
	for (uint32_t i = 0; i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		if (feed->compartment == COMPARTMENT_CLINICAL && device_id_eq(&feed->device, &self))
			ranges[count++] = (struct log_range){i, 1, feed->committed_seq};
	}
	struct log_stream *stream = log_stream_new(log, ranges, count);
	check_ok(node_begin_read(of->node, &txn));
	while (log_stream_next(stream, txn, &number, &bytes) == 1) {
		const struct log_feed *feed = log_feed(log, number);
		buf_clear(&payload);
		bundle_frames_put_run(&payload, &feed->device, feed->compartment, &feed->incarnation, bytes);
		wire_put_u8(frames, BUNDLE_FRAME_RUN);
		wire_put_blob(frames, buf_span(&payload));
	}
	store_abort(txn);
	log_stream_free(stream);
	buf_close(&payload);
}

/* A secret that a device gives to another one, as a file carries it. */
static void put_secret(
        struct device *from, struct node *to, const struct key_secret *secret, struct buf *frames)
{
	const struct key_signer signer = {
	        from->node->team, node_device(from->node), from->node->identity.secrets->sign};
	const struct device_id recipient = node_device(to);
	struct key_packet packet;
	struct buf row = {0}, inner = {0}, sealed = {0};
	check_ok(key_packet_make(
	        &packet, &from->env, &signer, &recipient, node_seal_public(to), 9, secret, 1));
	key_packet_encode(&packet, &row);
	key_packet_close(&packet);
	wire_put_u8(&inner, BUNDLE_FRAME_SECRETS);
	wire_put_blob(&inner, buf_span(&row));
	check_ok(box_seal_bytes(buf_extend(&sealed, inner.size + BOX_OVERHEAD_BYTES), &from->env,
	        node_seal_public(to), buf_span(&inner)));
	wire_put_u8(frames, BUNDLE_FRAME_SEALED);
	wire_put_blob(frames, buf_span(&sealed));
	buf_close(&row);
	buf_close(&inner);
	buf_close(&sealed);
}

/* What a locum gives comes in rows, of which one secret is taken, the first of a patient whom she met first. A file of hers, without those rows, plants no newer
 * one, under which colleagues would write what she may not read. */
static void a_file_plants_no_secret_of_a_locum(void **state)
{
	(void)state;
	struct team team;
	struct buf frames = {0}, file = {0};
	struct node_taken taken;
	const struct key_secret planted = {.dossier = {{200}}, .version = 7, .secret = {{6}}};
	carry_open_with(&team, TEAM_ROLE_LOCUM);
	struct node *anna = team.devices[ANNA].node;
	struct device *locum = &team.devices[ZOE];
	device_save(locum, TEAM_DOSSIER, &planted.dossier, TEAM_SECTION, TEAM_NAME, "Martin");
	devices_run(&team.loop, team_saved, &team);
	put_runs(locum, &frames);
	put_secret(locum, anna, &planted, &frames);
	bundles_seal(&locum->env, node_seal_public(anna), buf_span(&frames), &file);
	check_ok(node_take_in(anna, buf_span(&file), &taken));
	devices_run(&team.loop, team_saved, &team);
	assert_true(taken.entries > 0);
	assert_null(key_table_secret(anna->keys, &planted.dossier, 0));
	carry_keys(locum, &team.devices[ANNA]); /* that of the row is taken */
	assert_non_null(key_table_secret(anna->keys, &planted.dossier, 0));
	assert_null(key_table_secret(anna->keys, &planted.dossier, 1));
	buf_close(&frames);
	buf_close(&file);
	team_close(&team);
}

/* ---- Attacks on countersigning ---------------------------------------------------------------------------------- */

/* What a patched program writes: a countersignature with one item, from a device in its rights. It says of the item that it comes after it, or does
 * not; it may cite another state of the team than that of now. */
static void forge(struct team *team, int who, const struct countersigned *item, bool after,
        enum compartment compartment, const struct entry_hash *cited)
{
	struct node *node = team->devices[who].node;
	struct entry_header header = {.kind = ENTRY_COUNTERSIGN, .deps = &item->place, .dep_count = after};
	struct epoch_id space;
	const struct body_key *key;
	struct buf raw = {0};
	uint32_t feed;
	check_ok(node_own_feed(node, compartment, &feed));
	assert_non_null(node_write_epoch(node, compartment, &space));
	check_ok(node_cite_membership(node, &header.membership));
	if (cited)
		header.membership = *cited;
	check_ok(bodies_key(node->bodies, &space, NULL, compartment, &key, &header.dossier));
	header.epoch = space;
	countersign_encode(&(struct countersign){1, item, span_text("")}, &raw);
	check_ok(node_draft(node, feed, &header, key, buf_span(&raw)));
	node_applied_own(node, feed, &header);
	node_apply_countersign(node, feed, &header, buf_span(&raw));
	buf_close(&raw);
	devices_run(&team->loop, team_saved, team);
}

static void forged_countersignatures_have_no_force(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	carry_all(&team, &team.devices[LEA], anna);
	carry_all(&team, anna, zoe);
	struct node_quarantined at = {0};
	assert_true(node_quarantine_next(zoe->node, &at));
	struct countersigned item = {{log_feed(node_log(zoe->node), at.feed)->id, at.seq}, {{7}}};
	forge(&team, ZOE, &item, true, COMPARTMENT_CLINICAL, NULL); /* another hash */
	assert_int_equal(visits_at(zoe), 1);
	check_ok(node_read_hash(zoe->node, at.feed, at.seq, &item.hash));
	forge(&team, ZOE, &item, false, COMPARTMENT_TEAM, NULL); /* another compartment */
	carry_all(&team, zoe, anna);
	assert_int_equal(visits_at(anna), 1);
	/* Léa herself, who wrote it before she heard of anything: it lies beyond her cut. */
	forge(&team, LEA, &item, false, COMPARTMENT_CLINICAL, NULL);
	carry_all(&team, &team.devices[LEA], anna);
	assert_int_equal(visits_at(anna), 1);
	assert_int_equal(node_quarantine_count(anna->node), 3);
	/* The same item from a colleague, as it should be. */
	forge(&team, ZOE, &item, true, COMPARTMENT_CLINICAL, NULL);
	carry_all(&team, zoe, anna);
	assert_int_equal(visits_at(anna), 2);
	team_close(&team);
}

static uint32_t kept_apart_of(struct device *at, const struct device *author, enum compartment compartment)
{
	uint32_t count = 0;
	for (struct node_quarantined entry = {0}; node_quarantine_next(at->node, &entry);)
		count += carry_is_of(log_feed(node_log(at->node), entry.feed), author, compartment);
	return count;
}

static uint32_t packets_of(struct device *at, const struct device_id *issuer)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < node_state_count(at->node, NODE_STATE_ALL); i++) {
		struct span row = span_sub(node_state_row(at->node, NODE_STATE_ALL, i), 1, SIZE_MAX);
		uint8_t kind;
		struct device_id by;
		count += key_row_peek(row, &kind, &by) == 0 && kind == KEY_ROW_PACKET &&
		        device_id_eq(&by, issuer);
	}
	return count;
}

/* Nobody passes on keys under the name of who was removed: those who lack them would refuse them. */
static void packets_of_a_removed_device_go(void **state)
{
	(void)state;
	struct team team;
	const struct record_id other = {{8, 8, 8}};
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	struct device_id lost = carry_device(&team, LEA);
	device_save(lea, TEAM_DOSSIER, &other, TEAM_SECTION, TEAM_NAME, "Morvan");
	carry_all(&team, lea, anna);
	assert_true(packets_of(anna, &lost) > 0);
	check_ok(node_remove_device(anna->node, &lost, 1, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(packets_of(anna, &lost), 0);
	assert_non_null(key_table_secret(anna->node->keys, &other, 0)); /* what they brought stays */
	device_restart(anna, &team.loop);
	assert_int_equal(packets_of(anna, &lost), 0);
	carry_all(&team, lea, zoe);
	carry_all(&team, anna, zoe);
	assert_int_equal(packets_of(zoe, &lost), 0);
	team_close(&team);
}

/* Of two devices of one person the one does not vouch for the other: here Zoé's device becomes Léa's second in what Anna knows. */
static void a_second_device_vouches_for_nobody_of_its_own(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *zoe = &team.devices[ZOE];
	struct device_id second = carry_device(&team, ZOE);
	carry_all(&team, &team.devices[LEA], anna);
	carry_all(&team, anna, zoe);
	check_ok(countersign(&team, ZOE, ""));
	carry_all(&team, zoe, anna);
	assert_int_equal(visits_at(anna), 3);
	struct team_device *known = (struct team_device *)(uintptr_t)team_view_device(
	        node_view(anna->node), &second);
	known->person = carry_person(&team, LEA);
	anna->node->weigh_again = true;
	node_poll(anna->node);
	assert_int_equal(visits_at(anna), 1);
	assert_int_equal(node_quarantine_count(anna->node), 2);
	team_close(&team);
}

/* A word that came while its author's rights were over has force when she has them again. */
static void a_word_counts_again_with_its_author(void **state)
{
	(void)state;
	struct team team;
	carry_open_with(&team, TEAM_ROLE_LOCUM);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *locum = &team.devices[ZOE];
	const struct log_feed *own = log_feed(node_log(lea->node), lea->node->own_feed[COMPARTMENT_CLINICAL]);
	const struct countersigned item = {{own->id, own->seq}, own->hash};
	struct person_id person = carry_person(&team, ZOE);
	carry_all(&team, lea, anna);
	carry_all(&team, anna, locum);
	check_ok(node_change_role(anna->node, &person, TEAM_ROLE_LOCUM, 0, 1000, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	forge(&team, ZOE, &item, true, COMPARTMENT_CLINICAL, NULL);
	carry_all(&team, locum, anna);
	assert_int_equal(kept_apart_of(anna, locum, COMPARTMENT_CLINICAL), 1);
	assert_int_equal(visits_at(anna), 1);
	check_ok(node_change_role(anna->node, &person, TEAM_ROLE_LOCUM, 0, 0, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(kept_apart_of(anna, locum, COMPARTMENT_CLINICAL), 0);
	assert_int_equal(visits_at(anna), 2);
	check_whole(&team, anna);
	team_close(&team);
}

/* A device that stops between a checkpoint and the look at what a removal cut off takes that look when it starts. */
static void what_is_still_to_be_judged_is_after_a_restart(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	carry_all(&team, lea, zoe);
	assert_int_equal(visits_at(zoe), 3);
	struct log_reader reader = {0};
	struct store_txn *txn;
	const struct log_feed *feed = log_feed(
	        node_log(anna->node), anna->node->own_feed[COMPARTMENT_MEMBERSHIP]);
	uint32_t there;
	check_ok(node_feed_number(zoe->node, &feed->device, feed->compartment, &feed->incarnation, &there));
	check_ok(node_begin_read(anna->node, &txn));
	while (node_received(zoe->node, there) < feed->committed_seq) {
		check_ok(log_read_run(node_log(anna->node), txn, &reader,
		        anna->node->own_feed[COMPARTMENT_MEMBERSHIP], node_received(zoe->node, there) + 1));
		check_ok(node_receive_run(zoe->node, there, reader.bytes));
	}
	store_abort(txn);
	log_reader_close(&reader);
	assert_true(zoe->node->judge_again);
	check_ok(node_checkpoint(zoe->node, true));
	check_ok(node_flush(zoe->node));
	while (store_writer_step(zoe->writer) > 0)
		;
	device_restart(zoe, &team.loop);
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(visits_at(zoe), 1);
	check_whole(&team, zoe);
	team_close(&team);
}

/* Nobody chooses the rules that she is judged by: who knew of a later state does not write at an earlier one. */
static void a_word_at_an_older_state_has_no_force(void **state)
{
	(void)state;
	struct team team;
	struct entry_hash older;
	carry_open_team(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	check_ok(node_cite_membership(zoe->node, &older));
	lose_phone(&team);
	carry_all(&team, lea, anna);
	carry_all(&team, anna, zoe);
	const struct log_feed *own = log_feed(node_log(lea->node), lea->node->own_feed[COMPARTMENT_CLINICAL]);
	struct countersigned item = {{own->id, own->seq - 1}, {{0}}};
	uint32_t feed;
	assert_true(log_feed_number(node_log(zoe->node), &own->id, &feed));
	for (int i = 0; i < 2; i++, item.place.seq++) {
		check_ok(node_read_hash(zoe->node, feed, item.place.seq, &item.hash));
		forge(&team, ZOE, &item, true, COMPARTMENT_CLINICAL, i ? &older : NULL);
	}
	carry_all(&team, zoe, anna);
	assert_int_equal(visits_at(anna), 2);
	assert_int_equal(kept_apart_of(anna, zoe, COMPARTMENT_CLINICAL), 1);
	check_whole(&team, anna);
	team_close(&team);
}

/* A word that does not come after what it is about would have force where it came second, and none where it came first. */
static void a_word_given_beforehand_has_no_force(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	const struct log_feed *own = log_feed(node_log(lea->node), lea->node->own_feed[COMPARTMENT_CLINICAL]);
	struct countersigned item = {{own->id, own->seq}, own->hash};
	carry_keys(anna, zoe);
	carry(&team, anna, zoe, NULL, 0);
	forge(&team, ZOE, &item, false, COMPARTMENT_CLINICAL, NULL); /* before she has the entry */
	carry_all(&team, lea, zoe);
	carry_all(&team, lea, anna); /* who has the entry first */
	carry_all(&team, zoe, anna);
	carry_all(&team, anna, zoe);
	assert_int_equal(visits_at(anna), 1);
	assert_int_equal(visits_at(zoe), 1);
	check_same_patient(anna, zoe);
	check_whole(&team, zoe);
	check_whole(&team, anna);
	team_close(&team);
}

/* ---- Rights that a removed device gave --------------------------------------------------------------------------- */

/* Billing was given to Zoé by a device that had been removed: what she wrote by that right does not count once she hears of it. */
static void a_lease_by_a_removed_device_gives_nothing(void **state)
{
	(void)state;
	struct team team;
	carry_open_team(&team);
	lose_phone(&team);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *zoe = &team.devices[ZOE];
	struct device_id holder = carry_device(&team, ZOE);
	check_ok(node_billing_designate(lea->node, &holder, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, lea, zoe);
	set_rate(zoe);
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(kept_apart_of(zoe, zoe, COMPARTMENT_BILLING), 0);
	carry_all(&team, anna, zoe);
	assert_int_equal(kept_apart_of(zoe, zoe, COMPARTMENT_BILLING), 1);
	carry_all(&team, zoe, anna);
	assert_int_equal(kept_apart_of(anna, zoe, COMPARTMENT_BILLING), 1);
	check_whole(&team, anna);
	check_whole(&team, zoe);
	team_close(&team);
}

/* So does a role that it gave: a reader does not write for a thief. */
static void a_role_by_a_removed_device_gives_nothing(void **state)
{
	(void)state;
	struct team team;
	carry_open_with(&team, TEAM_ROLE_READER);
	struct device *anna = &team.devices[ANNA], *lea = &team.devices[LEA], *reader = &team.devices[ZOE];
	struct person_id person = carry_person(&team, ZOE);
	struct device_id lost = carry_device(&team, LEA);
	check_ok(node_remove_device(anna->node, &lost, 2, NULL, NULL));
	check_ok(node_change_role(lea->node, &person, TEAM_ROLE_LOCUM, 0, 0, NULL, NULL));
	devices_run(&team.loop, team_saved, &team);
	carry_all(&team, lea, reader);
	save_visit(reader, 1);
	devices_run(&team.loop, team_saved, &team);
	assert_int_equal(visits_at(reader), 1);
	carry_all(&team, anna, reader);
	assert_int_equal(kept_apart_of(reader, reader, COMPARTMENT_CLINICAL), 1);
	assert_int_equal(visits_at(reader), 0);
	carry_all(&team, reader, anna);
	assert_int_equal(kept_apart_of(anna, reader, COMPARTMENT_CLINICAL), 1);
	check_same_patient(anna, reader);
	check_whole(&team, anna);
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_removal_cuts_where_the_remover_stands),
	        cmocka_unit_test(a_damaged_row_stops_no_removal),
	        cmocka_unit_test(a_countersigned_visit_counts_everywhere),
	        cmocka_unit_test(what_she_says_of_a_patient_goes_with_her),
	        cmocka_unit_test(the_order_of_arrival_does_not_matter),
	        cmocka_unit_test(each_entry_stands_for_itself),
	        cmocka_unit_test(a_removed_device_says_what_was_not_accepted),
	        cmocka_unit_test(an_undone_suspension_leaves_what_lay_between),
	        cmocka_unit_test(a_removed_nurse_vouches_for_nobody),
	        cmocka_unit_test(quarantine_is_not_billed_and_comes_late),
	        cmocka_unit_test(the_bytes_of_a_countersignature),
	        cmocka_unit_test(the_row_of_the_set),
	        cmocka_unit_test(words_come_in_any_order),
	        cmocka_unit_test(a_file_of_nonsense_changes_nothing),
	        cmocka_unit_test(a_file_brings_only_secrets_that_are_lacking),
	        cmocka_unit_test(a_file_brings_back_nothing_that_was_erased),
	        cmocka_unit_test(a_file_brings_nothing_that_a_colleague_has),
	        cmocka_unit_test(a_file_leaves_room_for_a_colleagues_secret),
	        cmocka_unit_test(a_file_gives_a_locum_no_dossier),
	        cmocka_unit_test(a_file_plants_no_secret_of_a_locum),
	        cmocka_unit_test(a_removed_device_that_knows_it_makes_a_file),
	        cmocka_unit_test(forged_countersignatures_have_no_force),
	        cmocka_unit_test(packets_of_a_removed_device_go),
	        cmocka_unit_test(a_second_device_vouches_for_nobody_of_its_own),
	        cmocka_unit_test(a_word_counts_again_with_its_author),
	        cmocka_unit_test(what_is_still_to_be_judged_is_after_a_restart),
	        cmocka_unit_test(a_word_at_an_older_state_has_no_force),
	        cmocka_unit_test(a_word_given_beforehand_has_no_force),
	        cmocka_unit_test(a_lease_by_a_removed_device_gives_nothing),
	        cmocka_unit_test(a_role_by_a_removed_device_gives_nothing),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("node-quarantine", tests, NULL, NULL);
}
