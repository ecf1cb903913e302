/*
 * Who closes months, when devices are parted: both sides designate, a holder is lost and comes back, a release is on its way, visits come late, are amended, their
 * dossiers erased, somebody closes who may not. Seeds decide. After each round all are together again, former leases are settled by two persons, and a month is closed
 * that knows everything. Then, on every device that may read billing:
 *
 * same      the same lots, and the same of them count
 * once      no visit stands in two lines
 * due       what all lots that count say together is what the visits are worth, counted here from what the test wrote
 * credited  each line that stood beside another one for the same visit is taken back exactly once
 *
 * The file is long because one round needs all of it: what nurses write, what they do about closing, the invariants, the rounds, in that order.
 * Usage: releve-sim-double FIRST LAST.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crdt/base/err.h"
#include "node/calendar.h"
#include "node/node_billing.h"
#include "node/node_record.h"
#include "tests/sim/sim_act.h"
#include "tests/sim/sim_bill.h"
#include "tests/sim/sim_world.h"

enum { VISITS_MAX = 200, MANAGERS_MAX = 4, ROUNDS = 3, DAMP_MS = 12000, CENTS = 5394 };
#define MONTHS_ON_MS (INT64_C(200) * 86400 * 1000)
static const char TERRITORY[] = "Bretagne";

struct made {
	struct record_id id, patient;
	int64_t start_s;
	int64_t minutes;
	bool is_cancelled, is_erased, is_touched; /* touched: amended in this round */
	uint32_t month;
};

/* Added up over seeds. */
struct numbers {
	uint64_t seeds, skipped, rounds, lots, invalid, declared, duplicates, credits, denied, words, late,
	        amended, erased, contested, releases, checks;
};

struct play {
	struct sim_world *world;
	struct rng rng;
	struct sim_member *managers[MANAGERS_MAX];
	uint32_t manager_count;
	struct made visits[VISITS_MAX];
	uint32_t visit_count;
	int64_t base_cents; /* of the visits that the world made */
	struct numbers *numbers;
};

static const struct team_view *view_of(const struct sim_member *member)
{
	return node_view(member->device.node);
}

static void require(struct play *play, bool holds, const char *what)
{
	play->numbers->checks++;
	if (!holds)
		sim_fail(play->world, "double: %s", what);
}

static void did(struct play *play, struct sim_member *member, int result, const char *what)
{
	if (result)
		sim_fail(play->world, "double: %u cannot %s: %s", member->device.number, what,
		        err_name(result));
	sim_device_turn(&member->device);
	sim_run(play->world, DAMP_MS / 4);
}

/* --- What nurses write --- */

static struct schema_value *put(struct schema_record *record, const char *field)
{
	return schema_put(record, schema_field_named(record->kind, span_text(field)));
}

static struct record_id draw_id(struct play *play)
{
	struct record_id id;
	rng_bytes(&play->rng, id.bytes, sizeof(id.bytes));
	return id;
}

static const struct sim_patient *known_patient(struct play *play, struct sim_member *member)
{
	struct sim_world *world = play->world;
	struct crdt_doc *doc;
	uint32_t at = world->patient_count ? (uint32_t)rng_below(&play->rng, world->patient_count) : 0;
	for (uint32_t i = 0; i < world->patient_count; i++) {
		const struct sim_patient *patient = &world->patients[(at + i) % world->patient_count];
		if (!node_is_erased(member->device.node, &patient->id) &&
		        node_doc(member->device.node, SCHEMA_DOC_DOSSIER, &patient->id, &doc) == 0)
			return patient;
	}
	return NULL;
}

static void write_visit(struct play *play, struct sim_member *member, uint32_t month)
{
	const struct sim_patient *patient = known_patient(play, member);
	if (!patient || play->visit_count == VISITS_MAX || !node_idle(member->device.node))
		return;
	struct made *made = &play->visits[play->visit_count];
	*made = (struct made){.id = draw_id(play),
	        .patient = patient->id,
	        .start_s = calendar_month_start((int32_t)month) + 7200 +
	                (int64_t)rng_below(&play->rng, 26 * 86400) / 60 * 60,
	        .minutes = (int64_t)rng_between(&play->rng, 1, 90),
	        .month = month};
	struct schema_record record = sim_record(SCHEMA_VISIT, &made->id);
	put(&record, "start")->number = made->start_s;
	put(&record, "end")->number = made->start_s + 60 * made->minutes;
	put(&record, "nurse")->bytes = span_of(member->id.bytes, SCHEMA_SHORT_BYTES);
	put(&record, "place")->number = 1;
	put(&record, "activity")->number = 1;
	put(&record, "billable")->number = 1;
	int result = node_write_record(
	        member->device.node, SCHEMA_DOC_DOSSIER, &patient->id, &record, NULL, NULL);
	if (result == 0)
		play->visit_count++;
	did(play, member, result, "write a visit");
}

static bool event_of(
        struct sim_member *member, const struct made *made, struct crdt_doc **doc, struct op_id *op)
{
	struct crdt_event event;
	uint32_t cursor = 0;
	if (node_doc(member->device.node, SCHEMA_DOC_DOSSIER, &made->patient, doc))
		return false;
	while (crdt_doc_event(*doc, SCHEMA_VISIT, &cursor, &event))
		if (record_id_eq(&event.id, &made->id)) {
			*op = event.op;
			return true;
		}
	return false;
}

/* Another length, or it did not take place: of a visit that this device knows, once in a round. */
static void amend_visit(struct play *play, struct sim_member *member)
{
	struct node_change change;
	struct crdt_doc *doc;
	struct op_id op;
	if (!play->visit_count)
		return;
	struct made *made = &play->visits[rng_below(&play->rng, play->visit_count)];
	const bool cancels = rng_chance(&play->rng, 250);
	const int64_t minutes = (int64_t)rng_between(&play->rng, 1, 90);
	if (made->is_touched || made->is_erased || made->is_cancelled || !event_of(member, made, &doc, &op))
		return;
	struct record_edit edit = {
	        .record = {.kind = schema_kind(SCHEMA_VISIT_AMENDMENT), .id = draw_id(play)}};
	put(&edit.record, "visit")->bytes = span_of(made->id.bytes, sizeof(made->id.bytes));
	if (cancels) {
		put(&edit.record, "cancelled")->number = 1;
	} else {
		put(&edit.record, "start")->number = made->start_s;
		put(&edit.record, "end")->number = made->start_s + 60 * minutes;
	}
	int result = node_change_begin(member->device.node, SCHEMA_DOC_DOSSIER, &made->patient, &change);
	if (result == 0) {
		result = record_write(change.doc, &change.builder, &edit, &op, span_text("erreur"));
		if (result)
			node_change_drop(&change);
		else
			result = node_change_finish(member->device.node, &change, NULL, NULL, NULL);
	}
	did(play, member, result, "amend a visit");
	made->is_touched = true;
	made->is_cancelled = cancels;
	if (!cancels)
		made->minutes = minutes;
	play->numbers->amended++;
}

static void write_some(struct play *play, struct sim_member *member, uint32_t month)
{
	for (uint64_t i = rng_below(&play->rng, 3); i > 0; i--)
		write_visit(play, member, month);
	if (rng_chance(&play->rng, 500))
		amend_visit(play, member);
	if (rng_chance(&play->rng, 300) && month > SIM_MONTH + 1) {
		write_visit(play, member, month - 1); /* late: that month is closed */
		play->numbers->late++;
	}
}

/* --- Acts about closing --- */

static struct sim_member *holder_of(struct play *play)
{
	const struct team_view *view = view_of(play->managers[0]);
	for (uint32_t i = 0; view->lease.held && i < play->manager_count; i++)
		if (device_id_eq(&play->managers[i]->id, &view->lease.holder))
			return play->managers[i];
	return NULL;
}

static struct sim_member *other_than(struct play *play, const struct sim_member *member)
{
	uint32_t at = (uint32_t)rng_below(&play->rng, play->manager_count);
	for (uint32_t i = 0; i < play->manager_count; i++) {
		struct sim_member *other = play->managers[(at + i) % play->manager_count];
		if (other != member)
			return other;
	}
	return NULL;
}

static void designate(struct play *play, struct sim_member *member)
{
	did(play, member, node_billing_designate(member->device.node, &member->id, NULL, NULL),
	        "be designated");
}

static int close_now(struct play *play, struct sim_member *member, uint32_t month, bool again)
{
	struct buf bytes = {0};
	struct lot_hash hash;
	struct node_billing_refusal why;
	const struct node_billing_how how = {.is_again = again};
	for (int i = 0; i < 40 && !node_idle(member->device.node); i++)
		sim_run(play->world, 500);
	int result = node_billing_close(
	        member->device.node, month, span_text(TERRITORY), &how, &bytes, &hash, &why, NULL, NULL);
	play->numbers->lots += result == 0;
	play->numbers->denied += result == ERR_DENIED;
	buf_close(&bytes);
	sim_device_turn(&member->device);
	sim_run(play->world, DAMP_MS / 4);
	return result;
}

static bool is_seconded(const struct sim_member *member, const struct entry_hash *word)
{
	const struct team_view *view = view_of(member);
	for (uint32_t i = 0; i < view->word_count; i++)
		if (entry_hash_eq(&view->words[i].hash, word))
			return view->words[i].is_seconded;
	return false;
}

static bool has_heard(const struct sim_member *member, const struct entry_hash *word)
{
	const struct team_view *view = view_of(member);
	for (uint32_t i = 0; i < view->word_count; i++)
		if (entry_hash_eq(&view->words[i].hash, word))
			return true;
	return false;
}

/* One says it, another one seconds it; both and the one who closes come to know. */
static void say_both(struct play *play, struct sim_member *first, struct sim_member *second,
        const struct team_billing_word *word)
{
	struct entry_hash hash;
	did(play, first, node_billing_say(first->device.node, word, &hash, NULL, NULL), "say a word");
	require(play, node_billing_second(first->device.node, &hash, NULL, NULL) == ERR_DENIED,
	        "one person seconded herself");
	for (int i = 0; i < 60 && !has_heard(second, &hash); i++)
		sim_run(play->world, 1000);
	did(play, second, node_billing_second(second->device.node, &hash, NULL, NULL), "second a word");
	for (int i = 0; i < 60 && !is_seconded(first, &hash); i++)
		sim_run(play->world, 1000);
	require(play, is_seconded(first, &hash), "a word came to nobody");
	play->numbers->words++;
}

static bool is_settled(struct play *play, const struct sim_member *member)
{
	struct node_billing billing;
	struct billing_lot lot;
	struct node_billing_refusal why;
	int result = node_billing_preview(
	        member->device.node, LOT_MONTHS - 1, span_text(TERRITORY), &billing, &lot, &why);
	node_billing_wipe(&billing);
	(void)play;
	return result == 0 && !why.standing;
}

/* --- Invariants --- */

static int hash_cmp(const void *a, const void *b)
{
	return lot_hash_cmp(
	        &((const struct node_billing_row *)a)->hash, &((const struct node_billing_row *)b)->hash);
}

static void check_same(struct play *play)
{
	struct node_billing first, other;
	struct node_billing_row *rows, *others;
	uint32_t count, other_count;
	require(play, node_billing_lots(play->managers[0]->device.node, &first, &rows, &count) == 0,
	        "cannot list lots");
	if (count)
		qsort(rows, count, sizeof(*rows), hash_cmp);
	for (uint32_t m = 1; m < play->world->member_count; m++) {
		struct sim_member *member = &play->world->members[m];
		if (sim_is_out(member) || !member->device.up || !node_in_team(member->device.node) ||
		        team_view_level(view_of(play->managers[0]), &member->id, COMPARTMENT_BILLING) <
		                TEAM_LEVEL_READ)
			continue;
		require(play, node_billing_lots(member->device.node, &other, &others, &other_count) == 0,
		        "cannot list lots");
		if (other_count)
			qsort(others, other_count, sizeof(*others), hash_cmp);
		require(play, count == other_count, "same: other lots elsewhere");
		for (uint32_t i = 0; i < count && i < other_count; i++)
			require(play,
			        lot_hash_eq(&rows[i].hash, &others[i].hash) &&
			                rows[i].standing == others[i].standing,
			        "same: a lot counts for one, and not for another");
		node_billing_wipe(&other);
	}
	node_billing_wipe(&first);
}

struct stood {
	struct record_id visit;
	int32_t lines; /* that bill it and are not taken back */
	uint32_t lots; /* lines that ever billed it, credited or not */
};

static int32_t standing(const struct node_billing_row *rows, uint32_t count, uint32_t lot, uint32_t line)
{
	int32_t stands = 1;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; billing_standing_counts(rows[i].standing) && j < rows[i].lot->line_count;
		        j++) {
			const struct billing_line *at = &rows[i].lot->lines[j];
			if (billing_line_cites(at) && at->cited_line == line &&
			        lot_hash_eq(&at->cited_lot, &rows[lot].hash))
				stands += at->kind == BILLING_CREDIT ? -1 : 1;
		}
	return stands;
}

static int stood_cmp(const void *a, const void *b)
{
	return record_id_cmp(&((const struct stood *)a)->visit, &((const struct stood *)b)->visit);
}

/* The visits that lines stand for, and in *doubled how many in more than one. */
static uint32_t check_lines(
        struct play *play, const struct node_billing_row *rows, uint32_t count, bool is_settled_now)
{
	struct stood *stood = NULL;
	uint32_t stood_count = 0, capacity = 0, doubled = 0;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; billing_standing_counts(rows[i].standing) && j < rows[i].lot->line_count;
		        j++) {
			const struct billing_line *line = &rows[i].lot->lines[j];
			if (billing_line_cites(line))
				continue;
			const int32_t stands = standing(rows, count, i, j);
			if (is_settled_now)
				require(play, stands == 0 || stands == 1,
				        "credited: a line was taken back more than once");
			for (uint32_t k = 0; stands > 0 && k < line->item_count; k++) {
				stood = mem_room(stood, stood_count, &capacity, sizeof(*stood));
				stood[stood_count++] = (struct stood){line->items[k].visit, stands, 1};
			}
		}
	if (stood_count)
		qsort(stood, stood_count, sizeof(*stood), stood_cmp);
	for (uint32_t i = 1; i < stood_count; i++)
		doubled += record_id_eq(&stood[i - 1].visit, &stood[i].visit);
	if (is_settled_now)
		require(play, doubled == 0, "once: a visit stands in two lines");
	mem_free(stood);
	return doubled;
}

static int64_t worth(const struct play *play, uint32_t month)
{
	int64_t cents = play->base_cents;
	for (uint32_t i = 0; i < play->visit_count; i++)
		if (!play->visits[i].is_cancelled && play->visits[i].month <= month)
			cents += money_cents(play->visits[i].minutes, CENTS, BILLING_HALF_UP);
	return cents;
}

/* How many visits stand in two lots that left the system; once all is settled, none. */
static uint32_t check_ledger(struct play *play, uint32_t month, bool is_settled_now)
{
	struct node_billing billing;
	struct node_billing_row *rows;
	uint32_t count, doubled = 0;
	int64_t cents = 0;
	if (node_billing_lots(play->managers[0]->device.node, &billing, &rows, &count) == 0) {
		doubled = check_lines(play, rows, count, is_settled_now);
		for (uint32_t i = 0; i < count; i++)
			cents += billing_standing_counts(rows[i].standing) ? rows[i].lot->totals.cents : 0;
		if (is_settled_now && cents != worth(play, month))
			sim_fail(play->world, "double: due: the lots say %lld cents, the visits %lld",
			        (long long)cents, (long long)worth(play, month));
		play->numbers->checks++;
	} else {
		require(play, false, "cannot list lots");
	}
	node_billing_wipe(&billing);
	return doubled;
}

static void verify_everywhere(struct play *play, uint32_t month)
{
	struct buf bytes = {0};
	require(play, node_billing_lot(play->managers[0]->device.node, month, &bytes) == 0,
	        "the month's lot is not there");
	for (uint32_t i = 0; !play->world->failed && i < play->manager_count; i++) {
		struct node_billing billing;
		struct billing_lot theirs, mine;
		require(play,
		        node_billing_verify(play->managers[i]->device.node, buf_span(&bytes), &billing,
		                &theirs, &mine) == 0,
		        "same: another device computes another lot");
		node_billing_wipe(&billing);
	}
	buf_close(&bytes);
}

/* --- Rounds --- */

static void part_from(struct play *play, const struct sim_member *one, bool parted)
{
	for (uint32_t i = 0; i < play->world->member_count; i++)
		if (&play->world->members[i] != one)
			sim_net_part(play->world->net, one->device.number,
			        play->world->members[i].device.number, parted);
	sim_run(play->world, DAMP_MS);
}

static bool reaches(const struct play *play, const struct sim_member *one, const struct sim_member *lost)
{
	(void)play;
	return one != lost;
}

/* Among all but `lost`: somebody is designated who has no release; she is refused, until two persons who are there have spoken. */
static void take_over(struct play *play, const struct sim_member *lost, uint32_t month)
{
	struct sim_member *first = other_than(play, lost), *second = NULL;
	for (uint32_t i = 0; i < play->manager_count; i++)
		if (play->managers[i] != first && reaches(play, play->managers[i], lost))
			second = play->managers[i];
	write_some(play, first, month);
	designate(play, first);
	require(play, close_now(play, first, month, false) == ERR_DENIED,
	        "a month was closed without the former holder's release");
	if (!second)
		return;
	const struct team_billing_word word = {
	        .what = TEAM_WORD_CLOSE, .lease = view_of(first)->lease.lease, .month = month};
	say_both(play, first, second, &word);
	int result = close_now(play, first, month, false);
	if (result && result != ERR_EXISTS)
		did(play, first, result, "close after two persons spoke");
}

static void plain(struct play *play, struct sim_member *holder, uint32_t month)
{
	int result = close_now(play, holder, month, false);
	if (result)
		did(play, holder, result, "close");
}

static void hand_over(struct play *play, struct sim_member *holder, uint32_t month)
{
	struct sim_member *next = other_than(play, holder);
	did(play, holder, node_billing_release(holder->device.node, NULL, NULL), "release");
	play->numbers->releases++;
	sim_settle(play->world);
	designate(play, next);
	sim_settle(play->world);
	plain(play, next, month);
}

/* The holder is alone, closes or not, and comes back. */
static void lost_holder(struct play *play, struct sim_member *holder, uint32_t month, bool releases)
{
	part_from(play, holder, true);
	write_some(play, holder, month);
	if (rng_chance(&play->rng, 800))
		plain(play, holder, month);
	take_over(play, holder, month);
	if (releases) { /* it is signed, and reaches the others after they had to do without */
		did(play, holder, node_billing_release(holder->device.node, NULL, NULL), "release");
		play->numbers->releases++;
	}
	part_from(play, holder, false);
}

/* Nobody holds the role; both sides designate somebody, with the same number, and both close. */
static void both_sides(struct play *play, struct sim_member *holder, uint32_t month)
{
	did(play, holder, node_billing_release(holder->device.node, NULL, NULL), "release");
	play->numbers->releases++;
	sim_settle(play->world);
	struct sim_member *left = play->managers[rng_below(&play->rng, play->manager_count)],
	                  *right = other_than(play, left);
	part_from(play, left, true);
	designate(play, left);
	designate(play, right);
	write_some(play, left, month);
	write_some(play, right, month);
	plain(play, left, month);
	plain(play, right, month);
	part_from(play, left, false);
	sim_settle(play->world);
	const struct sim_member *winner = holder_of(play);
	require(play, view_of(play->managers[0])->lease.contested,
	        "two designations of one number, and nobody says so");
	if (winner)
		require(play, close_now(play, holder_of(play), month + 1, false) == ERR_CONFLICT,
		        "closed under a contested lease");
	play->numbers->contested++;
}

/* A patched program closes under a lease whose former holder did not release: it counts nowhere, unless two persons say that it was sent. */
static void rogue(struct play *play, struct sim_member *holder, uint32_t month)
{
	struct sim_member *first = other_than(play, holder);
	struct node *node = first->device.node;
	struct node_billing billing;
	struct billing_lot lot;
	struct buf bytes = {0};
	designate(play, first);
	sim_settle(play->world);
	for (int i = 0; i < 40 && !node_idle(node); i++)
		sim_run(play->world, 500);
	int result = node_billing_gather(node, month, span_text(TERRITORY), &billing);
	if (result == 0)
		result = billing_close(&billing.input, &billing.arena, &lot, NULL);
	if (result == 0)
		result = lot_encode(&lot, &bytes);
	struct lot_hash hash = lot_hash_of(buf_span(&bytes));
	struct schema_record record = {.kind = schema_kind(SCHEMA_LOT), .id = draw_id(play)};
	struct record_id ledger = record_document_id(node_team(node), SCHEMA_DOC_LEDGER, NULL);
	put(&record, "month")->number = 202312;
	put(&record, "lot")->bytes = buf_span(&bytes);
	if (result == 0)
		result = node_write_record(node, SCHEMA_DOC_LEDGER, &ledger, &record, NULL, NULL);
	did(play, first, result, "write what does not count");
	node_billing_wipe(&billing);
	buf_close(&bytes);
	sim_settle(play->world);
	struct node_billing_row *rows;
	uint32_t count;
	bool is_refused = false;
	require(play, node_billing_lots(holder->device.node, &billing, &rows, &count) == 0,
	        "cannot list lots");
	for (uint32_t i = 0; i < count; i++)
		is_refused = is_refused ||
		        (lot_hash_eq(&rows[i].hash, &hash) &&
		                rows[i].standing == BILLING_STANDING_UNRELEASED);
	node_billing_wipe(&billing);
	require(play, is_refused, "a lot counts that nobody might close");
	play->numbers->invalid++;
	if (rng_chance(&play->rng, 500)) {
		struct team_billing_word word = {.what = TEAM_WORD_SENT};
		memcpy(word.lot.bytes, hash.bytes, sizeof(word.lot.bytes));
		say_both(play, first, holder, &word);
		play->numbers->declared++;
	}
}

/* Former leases are over by two persons' word, one is designated, and closes a month that knows all. */
static void settle_all(struct play *play, uint32_t month)
{
	sim_settle(play->world);
	uint32_t doubled = check_ledger(play, month, false);
	play->numbers->duplicates += doubled;
	struct sim_member *holder = play->managers[rng_below(&play->rng, play->manager_count)];
	if (holder_of(play) != holder || view_of(holder)->lease.contested)
		designate(play, holder);
	sim_settle(play->world);
	const struct team_view *view = view_of(holder);
	for (uint32_t i = 0; i < view->lease_count; i++) {
		const struct team_billing_word word = {.what = TEAM_WORD_OVER, .lease = view->leases[i].hash};
		if (view->leases[i].released || device_id_eq(&view->leases[i].holder, &holder->id) ||
		        is_settled(play, holder))
			continue;
		say_both(play, holder, other_than(play, holder), &word);
		view = view_of(holder);
	}
	sim_settle(play->world);
	int result = close_now(play, holder, month, false);
	if (result)
		did(play, holder, result, "close what settles all");
	sim_settle(play->world);
	check_same(play);
	check_ledger(play, month, true);
	verify_everywhere(play, month);
	play->numbers->credits += doubled;
}

static void erase_one(struct play *play)
{
	struct sim_member *member = play->managers[0];
	const struct sim_patient *patient = known_patient(play, member);
	if (!patient || !rng_chance(&play->rng, 400) || play->world->patient_count < 2)
		return;
	if (node_erase(member->device.node, &patient->id, 1, NULL, NULL))
		return;
	for (uint32_t i = 0; i < play->visit_count; i++)
		if (record_id_eq(&play->visits[i].patient, &patient->id))
			play->visits[i].is_erased = true; /* what was billed of it stays */
	sim_device_turn(&member->device);
	sim_settle(play->world);
	play->numbers->erased++;
}

static void round_of(struct play *play, uint32_t month)
{
	struct sim_member *holder = holder_of(play);
	for (uint32_t i = 0; i < play->visit_count; i++)
		play->visits[i].is_touched = false;
	for (uint32_t i = 0; i < play->manager_count; i++)
		write_some(play, play->managers[i], month);
	sim_settle(play->world);
	if (!holder || play->world->failed)
		return;
	switch (rng_below(&play->rng, 6)) {
	case 0:
		plain(play, holder, month);
		break;
	case 1:
		hand_over(play, holder, month);
		break;
	case 2:
		lost_holder(play, holder, month, false);
		break;
	case 3:
		lost_holder(play, holder, month, true);
		break;
	case 4:
		both_sides(play, holder, month);
		break;
	default:
		rogue(play, holder, month);
	}
	for (uint32_t i = 0; i < play->manager_count; i++)
		write_some(play, play->managers[i], month + 1);
	settle_all(play, month + 1);
	erase_one(play);
	play->numbers->rounds++;
}

/* A month is closed once it has begun: clocks go on to where all of these have, and are right. */
static void begin(struct play *play)
{
	for (uint32_t i = 0; i < play->world->member_count; i++)
		play->world->members[i].device.clock_offset_ms = MONTHS_ON_MS;
	struct node_billing billing;
	struct node_billing_row *rows;
	uint32_t count;
	for (uint32_t i = 0; i < play->world->member_count && play->manager_count < MANAGERS_MAX; i++)
		if (sim_manages(&play->world->members[i]) && !sim_is_out(&play->world->members[i]))
			play->managers[play->manager_count++] = &play->world->members[i];
	if (play->manager_count == 0)
		return;
	if (node_billing_lots(play->managers[0]->device.node, &billing, &rows, &count) == 0)
		for (uint32_t i = 0; i < count; i++)
			play->base_cents += rows[i].lot->totals.cents;
	node_billing_wipe(&billing);
}

static bool run_seed(uint64_t seed, struct numbers *numbers)
{
	struct play *play = mem_zero(1, sizeof(*play));
	play->world = sim_world_new(seed, 0, false);
	play->rng = rng_new(seed * 31 + 7);
	play->numbers = numbers;
	bool good = sim_world_run(play->world);
	if (good)
		begin(play);
	if (play->manager_count < 2)
		numbers->skipped++;
	for (uint32_t i = 0; good && play->manager_count >= 2 && i < ROUNDS && !play->world->failed; i++)
		round_of(play, SIM_MONTH + 1 + 2 * i);
	good = good && !play->world->failed;
	if (!good)
		printf("seed %llu: %s\n", (unsigned long long)seed, play->world->failure);
	numbers->seeds++;
	sim_world_free(play->world);
	mem_free(play);
	return good;
}

int main(int argc, char **argv)
{
	const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1,
	               last = argc > 2 ? strtoull(argv[2], NULL, 10) : first;
	struct numbers n = {0};
	uint64_t failed = 0;
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	for (uint64_t seed = first; seed <= last; seed++)
		failed += !run_seed(seed, &n);
#define N(field) (unsigned long long)n.field
	printf("seeds %llu to %llu: %llu failed, %llu with one manager alone; %llu rounds, %llu checks\n",
	        (unsigned long long)first, (unsigned long long)last, (unsigned long long)failed, N(skipped),
	        N(rounds), N(checks));
	printf("lots %llu, refused without a release %llu, words of two persons %llu, releases %llu, "
	       "contested %llu\n",
	        N(lots), N(denied), N(words), N(releases), N(contested));
	printf("lots that do not count %llu (%llu of them said to be sent), visits billed twice %llu, all "
	       "credited once\n",
	        N(invalid), N(declared), N(duplicates));
	printf("late visits %llu, amendments %llu, dossiers erased %llu\n", N(late), N(amended), N(erased));
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
