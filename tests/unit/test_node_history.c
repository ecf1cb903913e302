/* The past read from the log: documents, gaps, news page by page, the last change of a device. */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "crdt/diff.h"
#include "node/node_history.h"
#include "node/node_state.h"
#include "node/record.h"
#include "node/schema/schema.h"
#include "tests/lib/pair.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = SCHEMA_PATIENT, NAME = 1, PHONE = 21 };

static const struct record_id patient = {{9, 9, 9}}, other_patient = {{8, 8, 8}};

static void save(struct pair *team, int device, const struct record_id *doc, uint32_t field, const char *text)
{
	device_save(&team->devices[device], DOSSIER, doc, SECTION, field, text);
	devices_run(&team->loop, pair_saved, team);
}

static uint32_t change_count(struct device *device, const struct record_id *doc)
{
	struct node_past past;
	uint64_t unknown;
	int result = node_past_read(device->node, DOSSIER, doc, &past, &unknown);
	uint32_t count = result ? 0 : crdt_history_change_count(past.steps);
	assert_true(result == 0 || result == ERR_NOTFOUND);
	assert_int_equal(unknown, 0);
	node_past_close(&past);
	return count;
}

/* The only gap of the dossier is of this kind. */
static void check_gap(struct device *device, const struct record_id *doc, enum node_gap_why why)
{
	struct node_past past;
	check_ok(node_past_read(device->node, DOSSIER, doc, &past, NULL));
	assert_int_equal(past.gaps.count, 1);
	assert_int_equal(past.gaps.items[0].why, why);
	node_past_close(&past);
}

/* ---- One document ---- */

static void a_past_holds_every_change_of_its_document_alone(void **state)
{
	(void)state;
	struct pair team;
	struct node_past past;
	struct crdt_frontier now = {0}, read = {0};
	struct crdt_doc *doc, *built;
	struct buf left = {0}, right = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 0, &patient, PHONE, "0240");
	save(&team, 0, &other_patient, PHONE, "0250");
	pair_meet(&team);
	save(&team, 1, &patient, PHONE, "0241");
	pair_meet(&team);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		assert_int_equal(change_count(&team.devices[i], &patient), 2);
		assert_int_equal(change_count(&team.devices[i], &other_patient), 1);
		device_restart(&team.devices[i], &team.loop);
		struct node *node = team.devices[i].node;
		check_ok(node_past_read(node, DOSSIER, &patient, &past, NULL));
		check_ok(node_doc(node, DOSSIER, &patient, &doc));
		crdt_frontier_of(doc, &now);
		crdt_history_frontier(past.steps, 2, &read);
		assert_true(crdt_frontier_within(&now, &read) && crdt_frontier_within(&read, &now));
		check_ok(crdt_history_doc(past.steps, docs_feeds(node->docs), &read, &built));
		buf_clear(&left);
		buf_clear(&right);
		crdt_doc_save(doc, &left);
		crdt_doc_save(built, &right);
		assert_true(span_eq(buf_span(&left), buf_span(&right)));
		crdt_doc_free(built);
		node_past_close(&past);
	}
	static const struct record_id nobody = {{1}};
	assert_int_equal(change_count(&team.devices[0], &nobody), 0);
	buf_close(&left);
	buf_close(&right);
	crdt_frontier_close(&now);
	crdt_frontier_close(&read);
	pair_close(&team);
}

/* Documents without a key of their own are found as well. */
static void the_directory_has_a_past(void **state)
{
	(void)state;
	struct pair team;
	struct node_past past;
	struct device_id device;
	struct person_id person;
	uint32_t feed;
	pair_open(&team, TEAM_ROLE_NURSE);
	struct record_id directory = record_document_id(
	        node_team(team.devices[1].node), SCHEMA_DOC_DIRECTORY, NULL);
	check_ok(node_past_read(team.devices[1].node, SCHEMA_DOC_DIRECTORY, &directory, &past, NULL));
	assert_int_equal(crdt_history_change_count(past.steps), 2); /* two names */
	const struct crdt_step *step = crdt_history_step(past.steps, 0);
	assert_true(log_feed_number(node_log(team.devices[1].node), &step->op.feed, &feed));
	assert_true(node_feed_author(team.devices[1].node, feed, &device, &person));
	assert_int_equal(node_past_grade(team.devices[1].node, &past, &step->op), CLOCK_UNKNOWN);
	node_past_close(&past);
	pair_close(&team);
}

/* ---- Gaps ---- */

static uint32_t own_feed(struct device *device)
{
	uint32_t feed;
	check_ok(node_own_feed(device->node, COMPARTMENT_CLINICAL, &feed));
	return feed;
}

/* A dossier that both began apart: the other's entry came, its secret did not. */
static void an_entry_without_its_key_is_a_gap(void **state)
{
	(void)state;
	struct pair team;
	struct log_reader reader = {0};
	struct store_txn *txn;
	struct buf run = {0};
	uint32_t feed;
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 0, &patient, PHONE, "0240");
	save(&team, 1, &patient, PHONE, "0241");
	struct device *author = &team.devices[0], *reads = &team.devices[1];
	check_ok(node_begin_read(author->node, &txn));
	check_ok(log_read_run(node_log(author->node), txn, &reader, own_feed(author), 1));
	buf_add_span(&run, reader.bytes);
	store_abort(txn);
	const struct log_feed *own = log_feed(node_log(author->node), own_feed(author));
	check_ok(node_feed_number(reads->node, &own->device, COMPARTMENT_CLINICAL, &own->incarnation, &feed));
	check_ok(node_receive_run(reads->node, feed, buf_span(&run)));
	devices_run(&team.loop, pair_saved, &team);
	assert_int_equal(change_count(reads, &patient), 1);
	check_gap(reads, &patient, NODE_GAP_LOCKED);
	pair_meet(&team);
	assert_int_equal(change_count(reads, &patient), 2);
	log_reader_close(&reader);
	buf_close(&run);
	pair_close(&team);
}

/* What erasing does to a stored run: the body goes, its hash stays. */
static void erase_body(struct device *device, uint64_t seq)
{
	struct arena arena = {0};
	struct log_reader reader = {0};
	struct store_txn *txn;
	struct run run;
	struct buf row = {0};
	uint32_t feed = own_feed(device);
	const struct log_feed *own = log_feed(node_log(device->node), feed);
	check_ok(node_begin_read(device->node, &txn));
	check_ok(log_read_run(node_log(device->node), txn, &reader, feed, seq));
	check_ok(run_decode(&run, &own->id, COMPARTMENT_CLINICAL, reader.bytes, &arena));
	store_abort(txn);
	run_hash(&run);
	uint64_t first = run_first_seq(&run);
	run.entries[seq - first].purged = true;
	run.entries[seq - first].body = (struct span){NULL, 0};
	buf_add(&row, reader.row.data, ID_LONG_BYTES);
	run_encode(&run, &row);
	uint8_t key[12];
	for (unsigned i = 0; i < 4; i++)
		key[i] = (uint8_t)(feed >> (24 - 8 * i));
	for (unsigned i = 0; i < 8; i++)
		key[4 + i] = (uint8_t)(first >> (56 - 8 * i));
	check_ok(store_begin(device->store, true, &txn));
	check_ok(vault_put(device->vault, txn, STORE_LOG, span_of(key, sizeof(key)), buf_span(&row)));
	check_ok(store_commit(txn));
	log_reader_close(&reader);
	arena_close(&arena);
	buf_close(&row);
}

static void an_erased_entry_is_a_gap(void **state)
{
	(void)state;
	struct pair team;
	struct node_past past;
	struct crdt_frontier all = {0};
	struct crdt_doc *built, *held;
	struct buf left = {0}, right = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 0, &patient, PHONE, "0240");
	save(&team, 0, &patient, PHONE, "0241");
	save(&team, 0, &patient, PHONE, "0242");
	erase_body(&team.devices[0], 2);
	device_restart(&team.devices[0], &team.loop);
	struct node *node = team.devices[0].node;
	assert_int_equal(change_count(&team.devices[0], &patient), 2);
	check_gap(&team.devices[0], &patient, NODE_GAP_ERASED);
	check_ok(node_past_read(node, DOSSIER, &patient, &past, NULL));
	assert_int_equal(crdt_history_step(past.steps, 1)->lost_count, 1); /* it replaced what is gone */
	/* The document from the log is that of the history: without what is gone, and with all that came after it. */
	crdt_history_frontier(past.steps, 2, &all);
	check_ok(crdt_history_doc(past.steps, docs_feeds(node->docs), &all, &built));
	check_ok(node_doc(node, DOSSIER, &patient, &held));
	crdt_doc_save(built, &left);
	crdt_doc_save(held, &right);
	check_span(buf_span(&left), buf_span(&right));
	assert_int_equal(crdt_doc_applied(held, &crdt_history_step(past.steps, 1)->op.feed), 3);
	crdt_doc_free(built);
	buf_close(&left);
	buf_close(&right);
	crdt_frontier_close(&all);
	node_past_close(&past);
	pair_close(&team);
}

/* A tombstone: the dossier's secret is destroyed while the sealed bodies are still there. */
static void an_erased_dossier_is_said_to_be_erased(void **state)
{
	(void)state;
	struct pair team;
	struct key_tombstone tombstone;
	struct buf row = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 0, &patient, PHONE, "0240");
	struct device *device = &team.devices[0];
	struct key_signer signer = {
	        device->node->team, node_device(device->node), device->node->identity.secrets->sign};
	key_tombstone_make(&tombstone, &signer,
	        &(struct key_order){.dossier = patient, .reason = KEY_REASON_REQUEST, .time_ms = 1});
	wire_put_u8(&row, 1);
	key_tombstone_encode(&tombstone, &row);
	assert_int_equal(node_state_put(device->node, buf_span(&row)), 1);
	devices_run(&team.loop, pair_saved, &team);
	device_restart(device, &team.loop);
	assert_int_equal(change_count(device, &patient), 0);
	check_gap(device, &patient, NODE_GAP_ERASED);
	buf_close(&row);
	pair_close(&team);
}

/* The founder removes the second device; its cut lists nothing, so all that this one wrote is kept apart. */
static void what_is_beyond_a_cut_is_a_gap(void **state)
{
	(void)state;
	struct pair team;
	struct entry_hash hash;
	struct node_span news;
	struct crdt_frontier start = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 1, &patient, PHONE, "0240");
	pair_meet(&team);
	assert_int_equal(change_count(&team.devices[0], &patient), 1);
	struct device_id removed = node_device(team.devices[1].node);
	struct team_action action = {.kind = TEAM_ACTION_REMOVE_PERSON};
	action.as.remove_person.person = team_view_device(node_view(team.devices[0].node), &removed)->person;
	action.as.remove_person.reason = 4;
	check_ok(node_act(team.devices[0].node, &action, &hash, NULL, NULL));
	devices_run(&team.loop, pair_saved, &team);
	device_restart(&team.devices[0], &team.loop);
	assert_int_equal(change_count(&team.devices[0], &patient), 0);
	check_gap(&team.devices[0], &patient, NODE_GAP_APART);
	check_ok(node_span_read(team.devices[0].node, &start, 100, &news));
	bool found = false;
	for (uint32_t i = 0; i < news.gaps.count; i++)
		found |= news.gaps.items[i].why == NODE_GAP_APART;
	assert_true(found);
	node_span_close(&news);
	pair_close(&team);
}

/* ---- News ---- */

/* All items of a span, as a count per kind. */
static uint32_t items_of(const struct node_span *span, enum crdt_diff_kind kind)
{
	struct crdt_diff diff = {0};
	uint32_t count = 0;
	for (uint32_t i = 0; i < span->past_count; i++) {
		check_ok(crdt_diff(span->pasts[i].steps, &span->from, &span->to, &diff));
		for (uint32_t j = 0; j < diff.count; j++)
			count += diff.items[j].kind == kind;
	}
	crdt_diff_close(&diff);
	return count;
}

static void news_come_page_by_page(void **state)
{
	(void)state;
	struct pair team;
	struct node_span whole, page;
	struct crdt_frontier seen = {0}, now = {0};
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 0, &patient, PHONE, "0240");
	pair_meet(&team);
	node_present(team.devices[0].node, &seen);
	save(&team, 1, &patient, PHONE, "0241");
	save(&team, 1, &other_patient, NAME, "Martin");
	save(&team, 1, &other_patient, NAME, "Bernard");
	save(&team, 0, &patient, PHONE, "0242"); /* beside 0241: apart */
	pair_meet(&team);
	struct node *node = team.devices[0].node;
	check_ok(node_span_read(node, &seen, 100, &whole));
	assert_int_equal(whole.entry_count, 4);
	assert_false(whole.more);
	assert_int_equal(whole.past_count, 2);
	assert_int_equal(items_of(&whole, CRDT_DIFF_CONFLICT_AROSE), 1);
	assert_int_equal(items_of(&whole, CRDT_DIFF_ADDED), 1);
	node_present(node, &now);
	assert_true(crdt_frontier_within(&whole.to, &now) && crdt_frontier_within(&now, &whole.to));
	node_span_close(&whole);

	uint32_t entries = 0, changed = 0, added = 0, arose = 0;
	for (bool more = true; more;) {
		check_ok(node_span_read(node, &seen, 1, &page));
		more = page.more;
		entries += page.entry_count;
		changed += items_of(&page, CRDT_DIFF_CHANGED);
		added += items_of(&page, CRDT_DIFF_ADDED);
		arose += items_of(&page, CRDT_DIFF_CONFLICT_AROSE);
		for (uint32_t i = 0; i < page.to.count; i++)
			crdt_frontier_raise(&seen, &page.to.items[i].feed, page.to.items[i].seq);
		node_span_close(&page);
	}
	assert_int_equal(entries, 4);
	assert_int_equal(changed, 2); /* 0240 to one of the two, Martin to Bernard */
	assert_int_equal(added, 1);
	assert_int_equal(arose, 1);
	check_ok(node_span_read(node, &seen, 100, &page));
	assert_int_equal(page.entry_count, 0);
	node_span_close(&page);
	crdt_frontier_close(&seen);
	crdt_frontier_close(&now);
	pair_close(&team);
}

/* Somebody fills a dossier: its history is too much to be told together, and what is new there is told all the same. */
static void news_of_a_document_that_is_too_large_come_alone(void **state)
{
	(void)state;
	struct pair team;
	struct node_past past;
	struct node_span news;
	struct crdt_frontier seen = {0};
	enum { TEXT_BYTES = LIMIT_VALUE_BYTES - 16 };
	char *text = mem_zero(TEXT_BYTES + 1, 1);
	memset(text, 'x', TEXT_BYTES);
	pair_open(&team, TEAM_ROLE_NURSE);
	struct device *device = &team.devices[0];
	for (int i = 0; i <= LIMIT_HISTORY_BYTES / TEXT_BYTES; i++)
		save(&team, 0, &patient, PHONE, text);
	assert_int_equal(node_past_read(device->node, DOSSIER, &patient, &past, NULL), ERR_TOOBIG);
	node_past_close(&past);
	node_present(device->node, &seen);
	save(&team, 0, &patient, PHONE, "0241");
	check_ok(node_span_read(device->node, &seen, 100, &news));
	assert_int_equal(news.past_count, 1);
	assert_true(news.pasts[0].is_too_big && !news.pasts[0].is_whole);
	assert_int_equal(items_of(&news, CRDT_DIFF_ADDED), 1); /* what it replaced is not told */
	node_span_close(&news);
	crdt_frontier_close(&seen);
	/* From the beginning: pages of a few each, all of it in the end. */
	uint32_t entries = 0, pages = 0;
	for (bool more = true; more; pages++) {
		check_ok(node_span_read(device->node, &seen, 100, &news));
		more = news.more;
		entries += news.entry_count;
		for (uint32_t i = 0; i < news.to.count; i++)
			crdt_frontier_raise(&seen, &news.to.items[i].feed, news.to.items[i].seq);
		node_span_close(&news);
	}
	assert_true(pages > 5 && entries > LIMIT_HISTORY_BYTES / TEXT_BYTES);
	crdt_frontier_close(&seen);
	mem_free(text);
	pair_close(&team);
}

/* ---- The last change ---- */

static void the_last_change_is_the_devices_own(void **state)
{
	(void)state;
	struct pair team;
	struct entry_ref entry;
	struct record_id id;
	uint32_t kind;
	pair_open(&team, TEAM_ROLE_NURSE);
	save(&team, 0, &patient, PHONE, "0240");
	save(&team, 0, &other_patient, PHONE, "0250");
	pair_meet(&team);
	save(&team, 1, &patient, PHONE, "0241");
	pair_meet(&team);
	struct node *node = team.devices[0].node;
	check_ok(node_last_change(node, 0, &patient, &entry, &kind, &id));
	assert_int_equal(entry.seq, 2);
	assert_true(kind == DOSSIER && record_id_eq(&id, &other_patient));
	check_ok(node_last_change(node, DOSSIER, &patient, &entry, &kind, &id));
	assert_int_equal(entry.seq, 1);
	static const struct record_id nobody = {{1}};
	assert_int_equal(node_last_change(node, DOSSIER, &nobody, &entry, &kind, &id), ERR_NOTFOUND);
	device_save(&team.devices[0], DOSSIER, &patient, SECTION, PHONE, "0242"); /* not on the disk yet */
	assert_int_equal(node_last_change(node, 0, &patient, &entry, &kind, &id), ERR_BUSY);
	devices_run(&team.loop, pair_saved, &team);
	check_ok(node_last_change(node, 0, &patient, &entry, &kind, &id));
	assert_int_equal(entry.seq, 3);
	pair_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_past_holds_every_change_of_its_document_alone),
	        cmocka_unit_test(the_directory_has_a_past),
	        cmocka_unit_test(an_entry_without_its_key_is_a_gap),
	        cmocka_unit_test(an_erased_entry_is_a_gap),
	        cmocka_unit_test(an_erased_dossier_is_said_to_be_erased),
	        cmocka_unit_test(what_is_beyond_a_cut_is_a_gap),
	        cmocka_unit_test(news_come_page_by_page),
	        cmocka_unit_test(news_of_a_document_that_is_too_large_come_alone),
	        cmocka_unit_test(the_last_change_is_the_devices_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
