/*
 * A device's whole disk was copied, and both copies went on: each keeps what it wrote, and everybody comes to hold both, in the same documents, whoever
 * meets whom first, and whether or not the copies come back.
 */
#include "tests/lib/check.h"

#include <stdio.h>

#include "crdt/doc_write.h"
#include "crdt/mpack.h"
#include "node/node_bundle.h"
#include "node/node_history.h"
#include "node/node_state.h"
#include "tests/lib/carry.h"
#include "tests/lib/patched.h"

/* BEA is the one that is copied. */
enum { BEA = LEA, COPY = 3, SECOND = 4 };

enum { FIELDS = 8 };

struct story {
	struct team team;
	int a, b; /* who meet */
};

static struct device *at(struct story *story, int who)
{
	return &story->team.devices[who];
}

static bool settled(struct device *device)
{
	return node_idle(device->node) && !device->node->forks_due && !device->node->weigh_again;
}

static bool all_settled(void *context)
{
	struct story *story = context;
	for (int i = 0; i < story->team.count; i++)
		if (!settled(at(story, i)))
			return false;
	return true;
}

static bool same_docs(struct device *a, struct device *b)
{
	struct buf left = {0}, right = {0};
	bool same = true;
	for (uint32_t i = 0; same && i < node_doc_count(a->node); i++) {
		uint32_t kind;
		struct record_id id;
		struct crdt_doc *here, *there;
		struct entry_ref unused;
		uint32_t cursor = 0;
		check_ok(node_doc_at(a->node, i, &kind, &id));
		check_ok(node_doc(a->node, kind, &id, &here));
		if (!crdt_doc_frontier(here, &cursor, &unused))
			continue;
		same = node_doc(b->node, kind, &id, &there) == 0;
		if (!same)
			break;
		buf_clear(&left);
		buf_clear(&right);
		crdt_doc_save(here, &left);
		crdt_doc_save(there, &right);
		same = span_eq(buf_span(&left), buf_span(&right));
	}
	buf_close(&left);
	buf_close(&right);
	return same;
}

/* All of what `a` holds is at `b`, and the same. */
static bool same_feeds(struct device *a, struct device *b)
{
	for (uint32_t i = 0; i < log_feed_count(node_log(a->node)); i++) {
		const struct log_feed *feed = log_feed(node_log(a->node), i);
		uint32_t number;
		if (feed->committed_seq == 0)
			continue;
		if (!log_feed_number(node_log(b->node), &feed->id, &number) ||
		        !entry_hash_eq(
		                &feed->committed_hash, &log_feed(node_log(b->node), number)->committed_hash))
			return false;
	}
	return true;
}

static bool equal(void *context)
{
	struct story *story = context;
	struct device *a = at(story, story->a), *b = at(story, story->b);
	return settled(a) && settled(b) && same_feeds(a, b) && same_feeds(b, a) && same_docs(a, b) &&
	        same_docs(b, a);
}

static void part(struct story *story, int who)
{
	device_restart(at(story, who), &story->team.loop);
	devices_run(&story->team.loop, all_settled, story);
}

/* They exchange all that either has, and part. */
static void meet(struct story *story, int a, int b)
{
	story->a = a;
	story->b = b;
	team_meet(&story->team, a, b);
	devices_run(&story->team.loop, equal, story);
	part(story, a);
	part(story, b);
}

/* The copy becomes another device before it writes again, as the shell does it. */
static void begin_anew(struct story *story, int who)
{
	struct device *device = at(story, who);
	assert_true(node_outdated(device->node));
	device->incarnation.bytes[1] = (uint8_t)(who + 1);
	device_restart(device, &story->team.loop);
	devices_run(&story->team.loop, all_settled, story);
}

/* Three nurses who know one patient and are apart; `count` more devices that are nobody yet. */
static void open_story(struct story *story, int count)
{
	carry_open_team(&story->team);
	for (int i = 0; i < count; i++)
		device_open(&story->team.devices[story->team.count++], &story->team.loop, (uint8_t)(40 + i));
	devices_run(&story->team.loop, all_settled, story);
}

static void close_story(struct story *story)
{
	team_close(&story->team);
}

static void copy_bea(struct story *story, int copy)
{
	struct store_mem_image *image = store_mem_image_take(at(story, BEA)->store);
	device_become(at(story, copy), &story->team.loop, at(story, BEA), image);
	store_mem_image_free(image);
	devices_run(&story->team.loop, all_settled, story);
}

static void save(struct story *story, int who, uint32_t field, const char *text)
{
	device_save(at(story, who), TEAM_DOSSIER, &team_patient, TEAM_SECTION, field, text);
	devices_run(&story->team.loop, all_settled, story);
}

/* That field has these values, whatever their order. */
static void check_values(struct device *device, uint32_t field, int count, const char *const *texts)
{
	struct crdt_doc *doc;
	struct crdt_values values = {0};
	struct crdt_path path = {0};
	check_ok(node_doc(device->node, TEAM_DOSSIER, &team_patient, &doc));
	crdt_path_field(&path, TEAM_SECTION);
	crdt_path_field(&path, field);
	crdt_doc_values(doc, crdt_path_span(&path), &values);
	assert_int_equal(values.count, count);
	for (int i = 0; i < count; i++) {
		bool found = false;
		for (uint32_t j = 0; j < values.count; j++) {
			struct mpack_in in = mpack_begin(values.items[j].value);
			found |= span_eq(mpack_str(&in), span_text(texts[i]));
		}
		assert_true(found);
	}
	crdt_values_close(&values);
}

/* Who wrote the values of a field: all of Béa's device, whichever history they stand in. */
static void check_authors(struct device *device, struct device *author)
{
	struct device_id id = node_device(author->node), by;
	struct person_id person;
	struct node_past past = {0};
	check_ok(node_past_read(device->node, TEAM_DOSSIER, &team_patient, &past, NULL));
	uint32_t count = 0;
	for (uint32_t i = 0; i < crdt_history_count(past.steps); i++) {
		uint32_t feed;
		assert_true(log_feed_number(
		        node_log(device->node), &crdt_history_step(past.steps, i)->op.feed, &feed));
		assert_true(node_feed_author(device->node, feed, &by, &person));
		count += device_id_eq(&by, &id);
	}
	assert_true(count >= 4);
	assert_int_equal(past.gaps.count, 0);
	node_past_close(&past);
}

static const char *const NAMES[] = {"Original", "Copie"};

static void check_both(struct story *story, int who)
{
	check_values(at(story, who), 1, 2, NAMES);
	check_values(at(story, who), 2, 1, (const char *[]){"of the first"});
	check_values(at(story, who), 3, 1, (const char *[]){"of the copy"});
	check_values(at(story, who), 4, 1, (const char *[]){"before"});
}

/* Both wrote the same field, and one of their own each. */
static void both_write(struct story *story)
{
	save(story, BEA, 4, "before");
	copy_bea(story, COPY);
	save(story, BEA, 1, NAMES[0]);
	save(story, BEA, 2, "of the first");
	save(story, COPY, 1, NAMES[1]);
	save(story, COPY, 3, "of the copy");
}

/* Each of the two meets another colleague, and never comes back. */
static void the_copies_never_return(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, BEA);
	meet(&story, ZOE, COPY);
	meet(&story, ANNA, ZOE);
	check_both(&story, ANNA);
	check_both(&story, ZOE);
	check_authors(at(&story, ANNA), at(&story, BEA));
	close_story(&story);
}

/* One colleague meets one after the other; a third device, which met neither, gets all from her. */
static void one_colleague_meets_both(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		struct story story = {0};
		open_story(&story, 1);
		both_write(&story);
		meet(&story, ANNA, first ? COPY : BEA);
		meet(&story, ANNA, first ? BEA : COPY);
		begin_anew(&story, first ? BEA : COPY);
		meet(&story, ANNA, ZOE);
		check_both(&story, ANNA);
		check_both(&story, ZOE);
		check_both(&story, first ? BEA : COPY);
		/* And the one that did not know yet comes to know. */
		meet(&story, ZOE, first ? COPY : BEA);
		begin_anew(&story, first ? COPY : BEA);
		check_both(&story, first ? COPY : BEA);
		save(&story, first ? COPY : BEA, 5, "afterwards");
		meet(&story, ZOE, first ? COPY : BEA);
		meet(&story, ZOE, ANNA);
		check_values(at(&story, ANNA), 5, 1, (const char *[]){"afterwards"});
		close_story(&story);
	}
}

/* The power fails when the proof is there, and again when the feed was parted. */
static void a_crash_in_between(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, BEA);
	meet(&story, ZOE, COPY);
	for (int i = 0; i < 30; i++) {
		team_meet(&story.team, ANNA, ZOE);
		for (int turn = 0; turn < i; turn++)
			uv_run(&story.team.loop, UV_RUN_NOWAIT);
		device_crash(at(&story, ANNA), &story.team.loop);
	}
	meet(&story, ANNA, ZOE);
	check_both(&story, ANNA);
	check_both(&story, ZOE);
	device_restart(at(&story, ANNA), &story.team.loop);
	check_both(&story, ANNA);
	close_story(&story);
}

/* Two copies of different days: three histories, of which two part later, or earlier, than those that meet first. */
static void three_histories(void **state)
{
	(void)state;
	static const int orders[][3] = {{BEA, COPY, SECOND}, {SECOND, BEA, COPY}, {COPY, SECOND, BEA}};
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		struct story story = {0};
		open_story(&story, 2);
		save(&story, BEA, 4, "before");
		copy_bea(&story, COPY);
		save(&story, BEA, 2, "on the way");
		copy_bea(&story, SECOND);
		save(&story, BEA, 1, "one");
		save(&story, COPY, 1, "two");
		save(&story, SECOND, 1, "three");
		for (int j = 0; j < 3; j++)
			meet(&story, ANNA, orders[i][j]);
		meet(&story, ANNA, orders[i][0]);
		meet(&story, ANNA, orders[i][1]);
		meet(&story, ANNA, ZOE);
		for (int who = ANNA; who <= SECOND; who++) {
			check_values(at(&story, who), 1, 3, (const char *[]){"one", "two", "three"});
			check_values(at(&story, who), 2, 1, (const char *[]){"on the way"});
			check_values(at(&story, who), 4, 1, (const char *[]){"before"});
		}
		close_story(&story);
	}
}

/* A colleague who knew one history replaced what it says: of which one she spoke cannot be told, so all values stand side by side, on every device. */
static void what_was_said_of_one_of_them(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, BEA);
	save(&story, ANNA, 1, "Anna's");
	check_values(at(&story, ANNA), 1, 1, (const char *[]){"Anna's"});
	meet(&story, ZOE, COPY);
	save(&story, ZOE, 3, "Zoé's");
	meet(&story, ANNA, ZOE);
	for (int who = ANNA; who <= ZOE; who += ZOE) {
		check_values(at(&story, who), 1, 3, (const char *[]){"Original", "Copie", "Anna's"});
		check_values(at(&story, who), 3, 2, (const char *[]){"of the copy", "Zoé's"});
	}
	/* Whoever chooses now is understood. */
	save(&story, ZOE, 1, "Chosen");
	meet(&story, ANNA, ZOE);
	check_values(at(&story, ANNA), 1, 1, (const char *[]){"Chosen"});
	close_story(&story);
}

/* What the others hold of it is on as many devices as they say. */
static void receipts_tell_the_histories_apart(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, BEA);
	check_ok(node_acknowledge(at(&story, ANNA)->node));
	devices_run(&story.team.loop, all_settled, &story);
	/* Zoé comes to hold both; of Anna she knows what that one acknowledged before she heard of the fork. */
	meet(&story, ZOE, COPY);
	carry_keys(at(&story, ANNA), at(&story, ZOE));
	meet(&story, ZOE, BEA);
	struct node *node = at(&story, ZOE)->node;
	struct device_id anna = node_device(at(&story, ANNA)->node);
	uint32_t branches = 0;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		uint64_t seq = 0;
		if (!feed->is_branch)
			continue;
		branches++;
		node_acknowledged(node, &anna, &feed->id, &seq);
		assert_true(seq < feed->begin);
	}
	assert_int_equal(branches, 2);
	meet(&story, ZOE, ANNA);
	check_ok(node_acknowledge(at(&story, ANNA)->node));
	devices_run(&story.team.loop, all_settled, &story);
	carry_keys(at(&story, ANNA), at(&story, ZOE));
	node = at(&story, ZOE)->node;
	for (uint32_t i = 0; i < log_feed_count(node->log); i++) {
		const struct log_feed *feed = log_feed(node->log, i);
		uint64_t seq = 0;
		if (feed->is_branch)
			assert_true(node_acknowledged(node, &anna, &feed->id, &seq) && seq == feed->seq);
	}
	close_story(&story);
}

/* What Anna holds of the copy comes to Béa as Anna's word, by somebody who has no records: it is none for what Béa wrote. */
static void a_receipt_for_the_other_history_is_none(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, COPY);
	check_ok(node_acknowledge(at(&story, ANNA)->node));
	devices_run(&story.team.loop, all_settled, &story);
	carry_keys(at(&story, ANNA), at(&story, BEA));
	struct node *node = at(&story, BEA)->node;
	const struct device_id anna = node_device(at(&story, ANNA)->node);
	uint32_t own;
	uint64_t seq = 0;
	check_ok(node_own_feed(node, COMPARTMENT_CLINICAL, &own));
	assert_true(node_acknowledged(node, &anna, &log_feed(node->log, own)->id, &seq));
	assert_true(seq < log_feed(node->log, own)->seq);
	assert_true(node_only_here(node, own) >= 2);
	close_story(&story);
}

/* Removed by who knew one history: that one counts as far as she knew it, the other one not from the fork on, and nobody sees it otherwise. */
static void a_cut_means_one_of_them(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, BEA);
	meet(&story, ZOE, COPY);
	struct device_id bea = node_device(at(&story, BEA)->node);
	check_ok(node_remove_device(at(&story, ANNA)->node, &bea, 1, NULL, NULL));
	devices_run(&story.team.loop, all_settled, &story);
	meet(&story, ANNA, ZOE);
	for (int who = ANNA; who <= ZOE; who += ZOE) {
		struct node *node = at(&story, who)->node;
		check_values(at(&story, who), 1, 1, NAMES);
		check_values(at(&story, who), 2, 1, (const char *[]){"of the first"});
		check_values(at(&story, who), 3, 0, NULL);
		check_values(at(&story, who), 4, 1, (const char *[]){"before"});
		assert_int_equal(node_quarantine_count(node), 2);
	}
	/* A colleague vouches for what happened all the same. */
	struct node *node = at(&story, ZOE)->node;
	struct node_place places[4];
	uint32_t count = 0;
	for (struct node_quarantined kept = {0}; node_quarantine_next(node, &kept);)
		places[count++] = (struct node_place){kept.feed, kept.seq};
	check_ok(node_countersign(node, places, count, span_text("seen"), NULL, NULL));
	devices_run(&story.team.loop, all_settled, &story);
	meet(&story, ANNA, ZOE);
	check_both(&story, ANNA);
	check_both(&story, ZOE);
	close_story(&story);
}

/* Another copy of the one that was removed comes out, by whom who had not heard yet: what the removal let count goes on to count. */
static void a_cut_holds_where_its_history_parts_later(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 2);
	save(&story, BEA, 4, "before");
	copy_bea(&story, COPY);
	save(&story, BEA, 1, NAMES[0]);
	save(&story, COPY, 1, NAMES[1]);
	struct store_mem_image *image = store_mem_image_take(at(&story, COPY)->store);
	device_become(at(&story, SECOND), &story.team.loop, at(&story, COPY), image);
	store_mem_image_free(image);
	devices_run(&story.team.loop, all_settled, &story);
	save(&story, COPY, 3, "of the copy");
	save(&story, SECOND, 5, "of the second");
	meet(&story, ANNA, BEA);
	meet(&story, ANNA, COPY);
	meet(&story, ANNA, ZOE);
	struct device_id bea = node_device(at(&story, BEA)->node);
	check_ok(node_remove_device(at(&story, ANNA)->node, &bea, 1, NULL, NULL));
	devices_run(&story.team.loop, all_settled, &story);
	check_values(at(&story, ANNA), 3, 1, (const char *[]){"of the copy"});
	meet(&story, ZOE, SECOND);
	meet(&story, ANNA, ZOE);
	for (int who = ANNA; who <= ZOE; who += ZOE) {
		check_values(at(&story, who), 1, 2, NAMES);
		check_values(at(&story, who), 3, 1, (const char *[]){"of the copy"});
		check_values(at(&story, who), 4, 1, (const char *[]){"before"});
		check_values(at(&story, who), 5, 0, NULL);
	}
	close_story(&story);
}

static void take_in(struct story *story, int who, const struct buf *file, struct node_taken *taken)
{
	check_ok(node_take_in(at(story, who)->node, buf_span(file), taken));
	devices_run(&story->team.loop, all_settled, story);
}

/* The copy meets nobody: what it wrote comes by a file, which brings the fork the first time and the rest the second. */
static void by_a_file(void **state)
{
	(void)state;
	struct story story = {0};
	struct buf file = {0};
	struct node_taken taken;
	uint64_t count;
	open_story(&story, 1);
	both_write(&story);
	meet(&story, ANNA, BEA);
	check_ok(node_export(at(&story, COPY)->node, NULL, &file, &count));
	take_in(&story, ANNA, &file, &taken);
	assert_true(taken.again);
	take_in(&story, ANNA, &file, &taken);
	assert_false(taken.again);
	assert_int_equal(taken.entries, 2);
	check_both(&story, ANNA);
	meet(&story, ANNA, ZOE);
	check_both(&story, ZOE);
	/* And from who knows of it already, for a colleague who does not. */
	meet(&story, ANNA, BEA);
	begin_anew(&story, BEA);
	buf_clear(&file);
	check_ok(node_export(at(&story, BEA)->node, NULL, &file, &count));
	take_in(&story, ANNA, &file, &taken);
	assert_int_equal(taken.entries, 0);
	buf_close(&file);
	close_story(&story);
}

/* Both copies acted in the membership too: both acts count, once, everywhere. */
static void both_invite(void **state)
{
	(void)state;
	struct story story = {0};
	open_story(&story, 1);
	copy_bea(&story, COPY);
	for (int i = 0; i < 2; i++) {
		struct team_invitation invitation;
		check_ok(node_invite(
		        at(&story, i ? COPY : BEA)->node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
		team_invitation_wipe(&invitation);
		devices_run(&story.team.loop, all_settled, &story);
	}
	meet(&story, ANNA, BEA);
	meet(&story, ZOE, COPY);
	meet(&story, ANNA, ZOE);
	assert_int_equal(team_membership_count(at(&story, ANNA)->node->members),
	        team_membership_count(at(&story, ZOE)->node->members));
	for (int who = ANNA; who <= ZOE; who += ZOE) {
		const struct team_view *view = node_view(at(&story, who)->node);
		uint32_t open = 0;
		for (uint32_t i = 0; i < view->invitation_count; i++)
			open += view->invitations[i].state == TEAM_INVITATION_OPEN;
		assert_int_equal(open, 2);
	}
	/* A merge of both heads, and a newcomer to whom all of it is new. */
	save(&story, ANNA, 5, "after");
	meet(&story, ANNA, ZOE);
	check_values(at(&story, ZOE), 5, 1, (const char *[]){"after"});
	device_restart(at(&story, ZOE), &story.team.loop);
	check_values(at(&story, ZOE), 5, 1, (const char *[]){"after"});
	close_story(&story);
}

/* A stored run from that entry on. */
static void run_after(struct device *device, uint64_t seq, struct buf *out)
{
	const struct log_feed *own = log_feed(
	        node_log(device->node), patched_own_feed(device, COMPARTMENT_CLINICAL));
	struct arena arena = {0};
	struct run run;
	struct buf stored = {0};
	patched_copy_run(device, COMPARTMENT_CLINICAL, seq, &stored);
	check_ok(run_decode(&run, &own->id, COMPARTMENT_CLINICAL, buf_span(&stored), &arena));
	run_hash(&run);
	run = run_from(&run, seq);
	buf_clear(out);
	run_encode(&run, out);
	buf_close(&stored);
	arena_close(&arena);
}

/* A signed piece that does not follow what is here says that there are two histories, and of which the second comes from one colleague alone. That
 * another one has ours is no answer: it is asked for until it is here. */
static void who_has_the_same_settles_no_doubt(void **state)
{
	(void)state;
	struct story story = {0};
	struct buf run = {0};
	open_story(&story, 1);
	struct device *anna = at(&story, ANNA);
	copy_bea(&story, COPY);
	save(&story, BEA, 1, NAMES[0]);
	save(&story, COPY, 1, NAMES[1]);
	save(&story, COPY, 3, "of the copy");
	carry(&story.team, at(&story, BEA), anna, at(&story, BEA), COMPARTMENT_CLINICAL);
	const uint32_t feed = patched_feed_at(anna, at(&story, BEA), COMPARTMENT_CLINICAL);
	const uint64_t last = node_received(anna->node, feed);
	run_after(at(&story, COPY), last + 1, &run);
	node_receive_run(anna->node, feed, buf_span(&run));
	assert_int_equal(node_ask_from(anna->node, feed, false), 0);
	run_after(at(&story, BEA), last, &run);
	node_receive_run(anna->node, feed, buf_span(&run));
	assert_int_equal(node_ask_from(anna->node, feed, false), 0);
	run_after(at(&story, COPY), last, &run);
	node_receive_run(anna->node, feed, buf_span(&run));
	assert_int_equal(anna->node->proof_count, 1);
	devices_run(&story.team.loop, all_settled, &story);
	buf_close(&run);
	close_story(&story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_copies_never_return),
	        cmocka_unit_test(one_colleague_meets_both),
	        cmocka_unit_test(a_crash_in_between),
	        cmocka_unit_test(three_histories),
	        cmocka_unit_test(what_was_said_of_one_of_them),
	        cmocka_unit_test(receipts_tell_the_histories_apart),
	        cmocka_unit_test(a_receipt_for_the_other_history_is_none),
	        cmocka_unit_test(a_cut_means_one_of_them),
	        cmocka_unit_test(a_cut_holds_where_its_history_parts_later),
	        cmocka_unit_test(by_a_file),
	        cmocka_unit_test(both_invite),
	        cmocka_unit_test(who_has_the_same_settles_no_doubt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
