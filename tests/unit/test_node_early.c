/*
 * A cold join whose dossiers come before the log: shown as not verified, added to, verified by the log, whatever breaks in between and whoever lies.
 * Long because each test is another way through the same join.
 */
#include "tests/lib/check.h"

#include "crdt/base/limits.h"
#include "node/api_work.h"
#include "node/patient/links.h"
#include "node/digest/who.h"
#include "node/keyring/key_row.h"
#include "node/node_search.h"
#include "node/pairing.h"
#include "node/node_state.h"
#include "node/peers_state.h"
#include "node/record.h"
#include "node/schema/schema.h"
#include "tests/lib/liar.h"
#include "tests/lib/pair.h"

enum { DOSSIER = SCHEMA_DOC_DOSSIER, NAME = 1, PATIENTS = 60, VISITED = 10, OTHERS = 32 };

static struct record_id patient(uint32_t number)
{
	return (struct record_id){{(uint8_t)(number + 1), 'p'}};
}

/* One visit at that moment; the node's answer. */
static int add_visit(struct device *device, uint32_t number, uint8_t id, int64_t start_s)
{
	const struct record_id dossier = patient(number);
	struct record_edit edit = {
	        .record = {.kind = schema_kind(SCHEMA_VISIT), .id = {{id, (uint8_t)number, 'v'}}}};
	struct node_change change;
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("start")))->number = start_s;
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("end")))->number = start_s +
	        600;
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("nurse")))->bytes = span_text(
	        "nurse1");
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("note")))->bytes = span_text(
	        "Œdème stable");
	int result = node_change_begin(device->node, DOSSIER, &dossier, &change);
	if (result == 0)
		result = record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0});
	if (result == 0)
		return node_change_finish(device->node, &change, NULL, NULL, NULL);
	node_change_drop(&change);
	return result;
}

static int set_name(struct device *device, uint32_t number, const char *name)
{
	const struct record_id dossier = patient(number);
	struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT), .id = dossier}};
	struct node_change change;
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("lastName")))
	        ->bytes = span_text(name);
	check_ok(node_change_begin(device->node, DOSSIER, &dossier, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, span_text("she married")));
	return node_change_finish(device->node, &change, NULL, NULL, NULL);
}

static int64_t now_s(struct device *device)
{
	return (int64_t)(env_wall_ms(&device->env) / 1000);
}

/* The host alone, with patients of whom some were visited today; every name was changed once. */
static void write_history(struct pair *pair)
{
	struct device *host = &pair->devices[0];
	char name[40];
	for (uint32_t i = 0; i < PATIENTS; i++) {
		const struct record_id dossier = patient(i);
		device_save(host, DOSSIER, &dossier, SCHEMA_PATIENT, NAME, "Dugenou");
		snprintf(name, sizeof(name), "Martin%u", i);
		check_ok(set_name(host, i, name));
		if (i < VISITED)
			check_ok(add_visit(host, i, 1, now_s(host) - 60 * i));
	}
	devices_run(&pair->loop, pair_saved, pair);
}

static bool has_some(void *context)
{
	struct pair *pair = context;
	return node_copy(pair->devices[1].node).early_count > 0;
}

static void joined(void *context, int result)
{
	(void)context;
	check_ok(result);
}

/* Up to the moment at which early copies are there, and the records are not. The caller closes the pair. */
static void begin_with(struct pair *pair, void (*write_more)(struct device *host))
{
	struct team_invitation invitation;
	pair_found(pair);
	write_history(pair);
	if (write_more)
		write_more(&pair->devices[0]);
	check_ok(node_invite(pair->devices[0].node, TEAM_ROLE_NURSE, 0, 0, 0, &invitation, NULL, NULL));
	devices_run(&pair->loop, pair_saved, pair);
	check_ok(pairing_start(pair->devices[1].peers, &pair->devices[0].address, &invitation,
	        span_text("Bea"), joined, NULL));
	devices_run(&pair->loop, has_some, pair);
	team_invitation_wipe(&invitation);
}

static void begin(struct pair *pair)
{
	begin_with(pair, NULL);
}

static bool is_whole(void *context)
{
	struct pair *pair = context;
	const struct node_copy copy = node_copy(pair->devices[1].node);
	return pair_equal(pair) && !copy.is_partial && copy.early_count == 0;
}

/* The name as it is shown at the newcomer's; NULL: no such dossier. */
static const char *shown_name(struct device *device, uint32_t number)
{
	static struct schema_measures measures;
	static char text[64];
	struct schema_record record;
	struct crdt_doc *doc;
	const struct record_id id = patient(number);
	if (node_shown(device->node, DOSSIER, &id, &doc) ||
	        !record_read(doc, schema_kind(SCHEMA_PATIENT), &id, &measures, &record))
		return NULL;
	const struct schema_value *name = schema_value(&record, NAME);
	snprintf(text, sizeof(text), "%.*s", (int)name->bytes.size, (const char *)name->bytes.data);
	return text;
}

static struct node_early_tally tally_of(struct device *device, struct device *sender)
{
	struct node_early_tally tally;
	const struct device_id id = node_device(sender->node);
	for (uint32_t i = 0; node_early_tally(device->node, i, &tally); i++)
		if (device_id_eq(&tally.sender, &id))
			return tally;
	return (struct node_early_tally){0};
}

static void check_tally(
        struct device *device, struct device *sender, uint64_t verified, uint64_t wrong, uint64_t open)
{
	const struct node_early_tally tally = tally_of(device, sender);
	assert_int_equal(tally.verified, verified);
	assert_int_equal(tally.wrong, wrong);
	assert_int_equal(tally.open, open);
}

/* The newcomer says that its copy is partial: the host knows. */
static bool is_said(void *context)
{
	const struct peers *host = ((struct pair *)context)->devices[0].peers;
	const struct queue *link = host->list.next;
	return link != &host->list && queue_member_const(link, struct peer, link)->early.peer_partial;
}

static bool is_taken_back(void *context)
{
	return !is_said(context) && is_whole(context);
}

/* Visits whose note has these words, at somebody's whose name begins so. */
static uint32_t found(struct device *device, const char *words)
{
	struct search_query query;
	struct node_hits hits;
	search_query_read(span_text(words), &query);
	check_ok(node_search(device->node, &query, PATIENTS, 60000, &hits));
	for (uint32_t i = 0; i < hits.count; i++)
		assert_int_equal(hits.items[i].kind, SCHEMA_VISIT);
	const uint32_t count = hits.count;
	node_hits_close(&hits);
	return count;
}

/* What lists need of those that are shown from early copies says so, and whose name it is. */
static bool count_early(void *context, const struct node_digest *digest)
{
	uint32_t *count = context;
	struct digest_who who;
	*count += digest->early != NULL;
	assert_true(digest_who_read(digest->part, &who));
	if (digest->early)
		assert_memory_equal(who.folded.data, "martin", 6);
	return true;
}

/* Dossiers visited today first, then those that were begun last; read before the log, verified by it. */
static void test_before_the_log(void **state)
{
	struct pair pair;
	struct device *guest = &pair.devices[1];
	(void)state;
	begin(&pair);
	const struct node_copy copy = node_copy(guest->node);
	assert_int_equal(copy.early_count, VISITED + OTHERS);
	assert_true(copy.is_partial);
	assert_in_range(copy.goal, 2 * PATIENTS + VISITED, 2 * PATIENTS + VISITED + 30);
	assert_true(3 * copy.records < copy.goal);
	assert_string_equal(shown_name(guest, 0), "Martin0");
	assert_string_equal(shown_name(guest, PATIENTS - 1), "Martin59");
	assert_null(shown_name(guest, VISITED)); /* neither visited nor new */
	assert_int_equal(node_shown_count(guest->node), node_doc_count(guest->node) + copy.early_count);
	for (uint32_t i = 0; i < VISITED; i++) {
		const struct record_id id = patient(i);
		const struct early_copy *one = node_early_of(guest->node, &id);
		assert_non_null(one);
		assert_int_equal(one->body_count, 1);
		assert_non_null(node_early_body(guest->node, &one->bodies[0].op));
	}
	uint32_t early_count = 0;
	check_ok(node_digest_each(guest->node, DIGEST_WHO, count_early, &early_count));
	assert_int_equal(early_count, VISITED + OTHERS);
	assert_int_equal(found(guest, "martin oedeme"), VISITED); /* bodies that came with the copies */
	assert_int_equal(found(guest, "martin3 oed"), 1);
	/* Who has a partial copy gives none. */
	const struct device_id host = node_device(pair.devices[0].node);
	struct node_early_giving *giving = node_early_giving_new(guest->node, &host, 31, NULL, 0);
	assert_int_equal(node_early_giving_count(giving), 0);
	node_early_giving_free(giving);
	devices_run(&pair.loop, is_said, &pair);
	devices_run(&pair.loop, is_taken_back, &pair);
	check_tally(guest, &pair.devices[0], VISITED + OTHERS, 0, 0);
	assert_string_equal(shown_name(guest, VISITED), "Martin10");
	assert_int_equal(found(guest, "martin oedeme"), VISITED); /* the same from the log, each once */
	assert_int_equal(found(guest, "martin3 oed"), 1);
	early_count = 0;
	check_ok(node_digest_each(guest->node, DIGEST_WHO, count_early, &early_count));
	assert_int_equal(early_count, 0);
	assert_int_equal(node_shown_count(guest->node), node_doc_count(guest->node));
	pair_close(&pair);
}

/* A visit is recorded at once; what would change what is not here is refused, and nothing of it is saved. */
static void test_writing(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	const struct record_id first = patient(0);
	struct crdt_doc *doc;
	char text[64];
	(void)state;
	begin(&pair);
	check_ok(add_visit(guest, 0, 2, now_s(guest)));
	check_code(set_name(guest, 0, "Durand"), ERR_UNVERIFIED);
	check_ok(node_shown(guest->node, DOSSIER, &first, &doc));
	assert_true(crdt_doc_has_event(doc, &(struct record_id){{2, 0, 'v'}}));
	assert_true(crdt_doc_has_event(doc, &(struct record_id){{1, 0, 'v'}}));
	assert_string_equal(shown_name(guest, 0), "Martin0");
	devices_run(&pair.loop, is_whole, &pair);
	check_tally(guest, host, VISITED + OTHERS, 0, 0); /* it is compared as of then */
	check_ok(node_doc(host->node, DOSSIER, &first, &doc));
	assert_true(crdt_doc_has_event(doc, &(struct record_id){{2, 0, 'v'}}));
	check_ok(set_name(guest, 0, "Durand"));
	devices_run(&pair.loop, pair_equal, &pair);
	assert_int_equal(device_values(host, DOSSIER, &first, SCHEMA_PATIENT, NAME, text, sizeof(text)), 1);
	assert_string_equal(text, "Durand");
	pair_close(&pair);
}

/* Out of reach in the middle of it, and started anew: what was there is shown on, what was added is too; the next meeting goes on. */
static void test_interrupted(void **state)
{
	(void)state;
	for (int crash = 0; crash < 2; crash++) {
		struct pair pair;
		struct device *guest = &pair.devices[1];
		const struct record_id first = patient(0);
		struct crdt_doc *doc;
		begin(&pair);
		check_ok(add_visit(guest, 0, 2, now_s(guest)));
		check_ok(node_flush(guest->node));
		while (store_writer_step(guest->writer) > 0)
			node_poll(guest->node);
		if (crash)
			device_crash(guest, &pair.loop);
		else
			device_restart(guest, &pair.loop);
		struct node_copy copy = node_copy(guest->node);
		assert_true(copy.is_partial);
		assert_int_equal(copy.early_count, VISITED + OTHERS);
		assert_string_equal(shown_name(guest, 3), "Martin3");
		check_ok(node_shown(guest->node, DOSSIER, &first, &doc));
		assert_true(crdt_doc_has_event(doc, &(struct record_id){{2, 0, 'v'}}));
		check_code(set_name(guest, 0, "Durand"), ERR_UNVERIFIED);
		device_restart(&pair.devices[0], &pair.loop);
		const struct device_id id = node_device(pair.devices[0].node);
		check_ok(peers_dial(guest->peers, &pair.devices[0].address, &id));
		devices_run(&pair.loop, is_whole, &pair);
		check_tally(guest, &pair.devices[0], VISITED + OTHERS, 0, 0);
		uint64_t copies, bytes;
		peers_early(guest->peers, &copies, &bytes);
		assert_int_equal(copies, 0); /* none came twice */
		pair_close(&pair);
	}
}

/* ---- Lies -------------------------------------------------------------------------------------------------------- */

/* By the host's clinical feed. */
static void lie(struct pair *pair, uint32_t number, uint64_t seq, struct buf *out)
{
	struct node *host = pair->devices[0].node;
	const struct record_id dossier = patient(number);
	for (uint32_t i = 0; i < log_feed_count(node_log(host)); i++)
		if (log_feed(node_log(host), i)->compartment == COMPARTMENT_CLINICAL)
			assert_true(liar_copy(host, &dossier, &log_feed(node_log(host), i)->id, seq, out));
}

/* Shown as not verified, then unmasked by the log, and its sender is named. */
static void test_lies(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	struct buf bytes = {0};
	(void)state;
	begin(&pair);
	device_restart(guest, &pair.loop);
	const struct device_id sender = node_device(host->node), stranger = {{77}};
	/* Of entries that are there, of entries that nobody has, by the host and by somebody who is not met. */
	lie(&pair, VISITED, 2 * VISITED + VISITED + 1, &bytes);
	check_ok(node_early_take(guest->node, &sender, true, buf_span(&bytes)));
	assert_string_equal(shown_name(guest, VISITED), LIAR_NAME);
	buf_clear(&bytes);
	lie(&pair, VISITED + 1, 1000000, &bytes);
	check_ok(node_early_take(guest->node, &sender, true, buf_span(&bytes)));
	buf_clear(&bytes);
	lie(&pair, VISITED + 2, 1000000, &bytes);
	check_ok(node_early_take(guest->node, &stranger, true, buf_span(&bytes)));
	/* Nobody replaces what another one sent. */
	buf_clear(&bytes);
	lie(&pair, 0, 1, &bytes);
	check_code(node_early_take(guest->node, &stranger, true, buf_span(&bytes)), NODE_EARLY_IGNORED);
	bytes.data[bytes.size - 1] ^= 1;
	check_code(node_early_take(guest->node, &stranger, true, buf_span(&bytes)), NODE_EARLY_IGNORED);
	check_code(node_early_take(guest->node, &stranger, true, span_text("")), ERR_TRUNCATED);
	device_restart(host, &pair.loop);
	check_ok(peers_dial(guest->peers, &host->address, &sender));
	devices_run(&pair.loop, is_whole, &pair);
	check_tally(guest, host, VISITED + OTHERS, 2, 0);
	struct node_early_tally of_stranger;
	assert_true(node_early_tally(guest->node, 1, &of_stranger));
	assert_int_equal(of_stranger.open, 1);
	assert_string_equal(shown_name(guest, VISITED), "Martin10");
	device_restart(guest, &pair.loop);
	check_tally(guest, host, VISITED + OTHERS, 2, 0); /* it is not forgotten */
	buf_close(&bytes);
	pair_close(&pair);
}

/* The body of an event that is another one than was signed. */
static void test_false_body(void **state)
{
	struct pair pair;
	struct device *guest = &pair.devices[1];
	const struct record_id first = patient(0);
	(void)state;
	begin(&pair);
	struct early_copy *copy = (struct early_copy *)(uintptr_t)node_early_of(guest->node, &first);
	uint8_t *fields = (uint8_t *)(uintptr_t)copy->bodies[0].fields.data;
	fields[copy->bodies[0].fields.size - 1] ^= 1;
	devices_run(&pair.loop, is_whole, &pair);
	check_tally(guest, &pair.devices[0], VISITED + OTHERS - 1, 1, 0);
	pair_close(&pair);
}

/* A lie about the dossier, from `from`; what was answered. */
static int show_lie(
        struct device *from, struct device *to, uint32_t number, const struct feed_id *feed, uint64_t seq)
{
	struct buf bytes = {0};
	const struct record_id dossier = patient(number);
	const struct device_id sender = node_device(from->node);
	assert_true(liar_copy(from->node, &dossier, feed, seq, &bytes));
	const int result = node_early_take(to->node, &sender, true, buf_span(&bytes));
	buf_close(&bytes);
	return result;
}

/* A colleague announces what there is not. What had come by the log until then is shown from the log, and can be changed. */
static void test_lies_to_who_has_all(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	const struct feed_id nobodys = {{9}};
	(void)state;
	pair_open(&pair, TEAM_ROLE_NURSE);
	write_history(&pair);
	pair_meet(&pair);
	pair_part(&pair);
	const struct device_id sender = node_device(host->node);
	assert_true(node_copy_told(guest->node, &sender, 1u << 30));
	check_code(show_lie(host, guest, 0, &nobodys, 5), NODE_EARLY_IGNORED);
	assert_string_equal(shown_name(guest, 0), "Martin0");
	check_ok(set_name(guest, 0, "Durand"));
	device_restart(guest, &pair.loop);
	assert_true(node_copy(guest->node).is_partial);
	check_code(show_lie(host, guest, 1, &nobodys, 5), NODE_EARLY_IGNORED);
	pair_close(&pair);
}

/* What a device shows that is put out of the team goes with it. */
static void test_removed_sender(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	const struct record_id first = patient(0);
	const struct feed_id nobodys = {{9}};
	(void)state;
	pair_open(&pair, TEAM_ROLE_NURSE);
	const struct device_id sender = node_device(guest->node);
	assert_true(node_copy_told(host->node, &sender, 1u << 30));
	device_save(host, DOSSIER, &first, SCHEMA_PATIENT, NAME, "Dugenou");
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	check_ok(show_lie(guest, host, 0, &nobodys, 1000000));
	assert_int_equal(node_copy(host->node).early_count, 1);
	check_ok(node_remove_device(host->node, &sender, 1, NULL, NULL));
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(node_copy(host->node).early_count, 0);
	check_tally(host, guest, 0, 0, 1);
	pair_close(&pair);
}

/* A copy that speaks of what this device has not written yet would hide what it writes: a visit is recorded, and seen. */
static void test_hidden_visit(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	const struct record_id other = patient(VISITED + 1);
	struct crdt_doc *doc;
	(void)state;
	begin(&pair);
	device_restart(guest, &pair.loop);
	check_ok(add_visit(guest, 0, 2, now_s(guest)));
	struct log *log = node_log(guest->node);
	const struct device_id own = node_device(guest->node);
	for (uint32_t i = 0; i < log_feed_count(log); i++)
		if (log_feed(log, i)->compartment == COMPARTMENT_CLINICAL &&
		        device_id_eq(&log_feed(log, i)->device, &own))
			check_ok(show_lie(host, guest, VISITED + 1, &log_feed(log, i)->id, 1000000));
	assert_string_equal(shown_name(guest, VISITED + 1), LIAR_NAME);
	check_ok(add_visit(guest, VISITED + 1, 3, now_s(guest)));
	check_ok(node_shown(guest->node, DOSSIER, &other, &doc));
	assert_true(crdt_doc_has_event(doc, &(struct record_id){{3, VISITED + 1, 'v'}}));
	pair_close(&pair);
}

static uint32_t asks_awaited;

static bool has_asked(void *context)
{
	const struct pair *pair = context;
	return peers_early_asks(pair->devices[1].peers) == asks_awaited;
}

/* Whoever comes again and again and has none to give holds the log up no longer. */
static void test_asks_end(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	(void)state;
	begin(&pair);
	device_restart(guest, &pair.loop);
	const struct device_id id = node_device(host->node);
	for (asks_awaited = 1; asks_awaited <= LIMIT_EARLY_ASKS; asks_awaited++) {
		device_restart(host, &pair.loop);
		check_ok(peers_dial(guest->peers, &host->address, &id));
		devices_run(&pair.loop, has_asked, &pair);
	}
	device_restart(host, &pair.loop);
	check_ok(peers_dial(guest->peers, &host->address, &id));
	devices_run(&pair.loop, is_whole, &pair);
	assert_int_equal(peers_early_asks(guest->peers), LIMIT_EARLY_ASKS);
	pair_close(&pair);
}

static const struct net_early *early_of(struct device *device)
{
	const struct queue *link = device->peers->list.next;
	return link == &device->peers->list ? NULL : &queue_member_const(link, struct peer, link)->early;
}

static bool is_offered(void *context)
{
	const struct net_early *early = early_of(&((struct pair *)context)->devices[1]);
	return early && (early->state == NET_EARLY_COMING || early->state == NET_EARLY_OVER);
}

/* Whoever asks again and again does not have her colleague's device look through a month of records each time. */
static void test_questions_are_paid_for(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	(void)state;
	begin(&pair);
	const struct device_id id = node_device(host->node);
	for (uint32_t i = 1; i < LIMIT_EARLY_GIVES + 3; i++) {
		assert_int_equal(host->peers->early_gives, i < LIMIT_EARLY_GIVES ? i : LIMIT_EARLY_GIVES);
		device_restart(guest, &pair.loop);
		check_ok(peers_dial(guest->peers, &host->address, &id));
		devices_run(&pair.loop, is_offered, &pair);
	}
	assert_int_equal(early_of(guest)->offer.copies, 0);
	devices_run(&pair.loop, is_whole, &pair); /* the records come all the same */
	check_tally(guest, host, VISITED + OTHERS, 0, 0);
	pair_close(&pair);
}

/* ---- Behind the log ---------------------------------------------------------------------------------------------- */

static bool has_passed(void *context)
{
	return ((struct pair *)context)->devices[1].node->early.behind == 0;
}

/* Copies of a state that is older than what the log has: one pass through the log puts the rest into all of them, and until then the log is shown. */
static void test_behind_the_log(void **state)
{
	enum { FIRST = 40, COPIES = 12 };
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	struct crdt_doc *doc;
	const struct feed_id nobodys = {{9}};
	(void)state;
	pair_open(&pair, TEAM_ROLE_NURSE);
	const struct device_id sender = node_device(host->node);
	assert_true(node_copy_told(guest->node, &sender, 1u << 30));
	for (uint32_t i = FIRST; i < FIRST + COPIES; i++) {
		const struct record_id id = patient(i);
		device_save(host, DOSSIER, &id, SCHEMA_PATIENT, NAME, "Dugenou");
		check_ok(add_visit(host, i, 1, now_s(host)));
	}
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	guest->node->early.goal = 1u << 30; /* the meeting ended that */
	guest->node->early.known = 0;
	guest->node->early.pass_from_ms = UINT64_MAX;
	for (uint32_t i = FIRST; i < FIRST + COPIES; i++) {
		const struct record_id id = patient(i);
		check_ok(show_lie(host, guest, i, &nobodys, 5));
		assert_null(node_early_of(guest->node, &id));
		assert_string_equal(shown_name(guest, i), "Dugenou");
	}
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(guest->node->early.behind, COPIES);
	assert_int_equal(guest->node->early.passes, 0);
	guest->node->early.pass_from_ms = 0;
	devices_run(&pair.loop, has_passed, &pair);
	assert_int_equal(guest->node->early.passes, 1);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = FIRST; i < FIRST + COPIES; i++) {
			const struct record_id id = patient(i);
			assert_non_null(node_early_of(guest->node, &id));
			check_ok(node_shown(guest->node, DOSSIER, &id, &doc));
			assert_true(crdt_doc_has_event(doc, &(struct record_id){{1, (uint8_t)i, 'v'}}));
		}
		device_restart(guest, &pair.loop); /* one pass then, too */
		assert_int_equal(guest->node->early.passes, 1);
	}
	pair_close(&pair);
}

/* ---- Who is given what ------------------------------------------------------------------------------------------- */

/* A tombstone beats it, also where the log never spoke of the dossier. */
static void test_erased(void **state)
{
	struct pair pair;
	struct device *guest = &pair.devices[1];
	const struct record_id first = patient(0);
	(void)state;
	begin(&pair);
	device_restart(guest, &pair.loop);
	const uint32_t before = device_rows(guest, STORE_LOCAL);
	assert_in_range(before, VISITED + OTHERS + 1, VISITED + OTHERS + 10);
	check_ok(node_erase(guest->node, &first, KEY_REASON_REQUEST, NULL, NULL));
	assert_null(node_early_of(guest->node, &first));
	assert_null(shown_name(guest, 0));
	struct buf bytes = {0};
	lie(&pair, 0, 1, &bytes);
	const struct device_id sender = node_device(pair.devices[0].node);
	check_code(node_early_take(guest->node, &sender, true, buf_span(&bytes)), NODE_EARLY_IGNORED);
	device_restart(guest, &pair.loop);
	assert_null(node_early_of(guest->node, &first));
	assert_int_equal(node_copy(guest->node).early_count, VISITED + OTHERS - 1);
	assert_int_equal(device_rows(guest, STORE_LOCAL), before - 1);
	buf_close(&bytes);
	pair_close(&pair);
}

static uint32_t given(struct pair *pair)
{
	const struct device_id guest = node_device(pair->devices[1].node);
	struct node_early_giving *giving = node_early_giving_new(pair->devices[0].node, &guest, 31, NULL, 0);
	const uint32_t count = node_early_giving_count(giving);
	node_early_giving_free(giving);
	return count;
}

static void test_rights(void **state)
{
	struct pair pair;
	const struct record_id second = patient(1);
	(void)state;
	pair_open(&pair, TEAM_ROLE_FACILITATOR);
	write_history(&pair);
	assert_int_equal(given(&pair), 0);
	pair_close(&pair);
	pair_open(&pair, TEAM_ROLE_LOCUM);
	write_history(&pair);
	assert_int_equal(given(&pair), 0);
	const struct device_id guest = node_device(pair.devices[1].node);
	const struct person_id person = team_view_device(node_view(pair.devices[0].node), &guest)->person;
	check_ok(node_share(pair.devices[0].node, &person, &second, true));
	assert_int_equal(given(&pair), 1);
	check_ok(node_share(pair.devices[0].node, &person, &second, false));
	assert_int_equal(given(&pair), 0);
	pair_close(&pair);
}

/* ---- What wants attention ---------------------------------------------------------------------------------------- */

static void take_reply(void *context, int status, const json_t *body)
{
	assert_int_equal(status, 200);
	*(json_t **)context = json_deep_copy(body);
}

static json_t *work_of(struct api_node *app)
{
	static const struct api_sink sink = {.reply = take_reply};
	static const struct api_config config = {.routes = api_node_routes, .ready = api_node_ready};
	const struct api_request request = {
	        .method = API_GET, .target = span_text("/api/work?all=1&limit=2000")};
	struct api_config own = config;
	json_t *reply = NULL;
	own.owner = app;
	app->api = api_new(&own);
	struct api_call *call = api_call_new(app->api, &request, &sink, &reply);
	api_call_end(call);
	api_call_close(call);
	api_free(app->api);
	app->api = NULL;
	assert_non_null(reply);
	return reply;
}

struct asking {
	struct pair *pair;
	struct api_node kept;
	unsigned asked, early;
	size_t most; /* items */
};

/* To an early copy, of which nothing came by the log: its rhythm cannot be read. */
static void add_item(struct device *device, uint32_t number, uint8_t id)
{
	const struct record_id dossier = patient(number);
	struct record_edit edit = {
	        .record = {.kind = schema_kind(SCHEMA_INTERVENTION), .id = {{id, (uint8_t)number, 'i'}}}};
	struct node_change change;
	schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("recurrence")))
	        ->bytes = span_text("FREQ=SOMETIMES");
	check_ok(node_change_begin(device->node, DOSSIER, &dossier, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0}));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
}

/* Each time that something came, somebody who keeps nothing finds the same. */
static bool is_whole_and_same(void *context)
{
	struct asking *asking = context;
	struct api_node fresh = asking->kept;
	fresh.work = NULL;
	json_t *kept = work_of(&asking->kept), *anew = work_of(&fresh);
	if (!json_equal(kept, anew)) {
		char *a = json_dumps(kept, JSON_INDENT(1) | JSON_SORT_KEYS),
		     *b = json_dumps(anew, JSON_INDENT(1) | JSON_SORT_KEYS);
		print_error("kept: %s\nanew: %s\n", a, b);
		fail();
	}
	const size_t count = json_array_size(json_object_get(kept, "items"));
	asking->most = count > asking->most ? count : asking->most;
	json_decref(kept);
	json_decref(anew);
	api_work_forget(&fresh);
	asking->asked++;
	if (node_copy(asking->kept.node).early_count > 0)
		add_item(&asking->pair->devices[1], 0, (uint8_t)++asking->early);
	return is_whole(asking->pair);
}

/* Some are perhaps one person. */
static void write_twins(struct device *host)
{
	for (uint32_t i = 0; i < PATIENTS; i += 3) {
		const struct record_id dossier = patient(i);
		struct record_edit edit = {.record = {.kind = schema_kind(SCHEMA_PATIENT), .id = dossier}};
		struct node_change change;
		schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("firstName")))
		        ->bytes = span_text("Jeanne");
		schema_put(&edit.record, schema_field_named(edit.record.kind, span_text("birthDate")))
		        ->number = -10000 - (int64_t)(i % 4);
		check_ok(node_change_begin(host->node, DOSSIER, &dossier, &change));
		check_ok(record_write(change.doc, &change.builder, &edit, NULL, (struct span){NULL, 0}));
		check_ok(node_change_finish(host->node, &change, NULL, NULL, NULL));
	}
}

static void join_half(struct device *device, uint32_t number, uint32_t other)
{
	const struct record_id file = patient(number), id = patient(other);
	const struct schema_kind *kind = schema_kind(SCHEMA_PATIENT_LINK);
	struct schema_record record = {.kind = kind, .id = {{200, (uint8_t)(number + other)}}};
	struct node_change change;
	schema_put(&record, schema_field_named(kind, span_text("at")))->number = now_s(device);
	schema_put(&record, schema_field_named(kind, span_text("decision")))->number = PATIENT_SAME;
	schema_put(&record, schema_field_named(kind, span_text("other")))->bytes = span_of(
	        id.bytes, sizeof(id.bytes));
	check_ok(node_change_begin(device->node, DOSSIER, &file, &change));
	check_ok(record_write_new(&change.builder, &record));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
}

/* Early copies come, files are joined elsewhere, the log brings all of it: who keeps what she found finds the same as who does not. */
static void test_what_is_kept_of_work(void **state)
{
	struct pair pair;
	struct device *host = &pair.devices[0], *guest = &pair.devices[1];
	(void)state;
	begin_with(&pair, write_twins);
	for (uint32_t i = 0; i + 24 < PATIENTS; i += 24) { /* while it comes */
		join_half(host, i, i + 12);
		join_half(host, i + 12, i);
	}
	struct asking asking = {.pair = &pair,
	        .kept = {.node = guest->node,
	                .store = guest->store,
	                .vault = guest->vault,
	                .env = &guest->env}};
	devices_run(&pair.loop, is_whole_and_same, &asking);
	assert_true(asking.early > 0 && asking.asked > asking.early && asking.most > 10);
	api_work_forget(&asking.kept);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(test_before_the_log),
	        cmocka_unit_test(test_what_is_kept_of_work),
	        cmocka_unit_test(test_writing),
	        cmocka_unit_test(test_interrupted),
	        cmocka_unit_test(test_lies),
	        cmocka_unit_test(test_false_body),
	        cmocka_unit_test(test_lies_to_who_has_all),
	        cmocka_unit_test(test_removed_sender),
	        cmocka_unit_test(test_hidden_visit),
	        cmocka_unit_test(test_asks_end),
	        cmocka_unit_test(test_questions_are_paid_for),
	        cmocka_unit_test(test_behind_the_log),
	        cmocka_unit_test(test_erased),
	        cmocka_unit_test(test_rights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
