/*
 * The redacted case of a dossier that is erased goes with it: its secret and its bodies, at its facilitator's and at a nurse's who wrote one while the
 * order was under way; and so does a case whose consent is over.
 */
#include "tests/lib/check.h"

#include "node/keyring/key_row.h"
#include "node/node_state.h"
#include "node/record.h"
#include "tests/lib/pair.h"

static const struct record_id patient = {{9, 9, 9}}, case_id = {{5, 5, 5}}, other_case = {{6, 6, 6}};

enum { FAR_DAY = 40000, FEMALE = 2 };

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void write_record(struct device *device, enum schema_doc_kind doc_kind, const struct record_id *doc,
        const struct schema_record *record)
{
	const struct record_edit edit = {.record = *record};
	struct node_change change;
	check_ok(node_change_begin(device->node, doc_kind, doc, &change));
	check_ok(record_write(change.doc, &change.builder, &edit, NULL, span_of(NULL, 0)));
	check_ok(node_change_finish(device->node, &change, NULL, NULL, NULL));
}

static struct schema_value *field(struct schema_record *record, const char *name)
{
	return schema_put(record, schema_field_named(record->kind, span_text(name)));
}

static void write_consent(struct device *device, const struct record_id *of_case)
{
	struct schema_record consent = {
	        .kind = schema_kind(SCHEMA_CONSENT), .id = {{of_case->bytes[0], 'c'}}};
	field(&consent, "scope")->number = 5;
	field(&consent, "how")->bytes = span_text("oral");
	field(&consent, "case")->bytes = span_of(of_case->bytes, sizeof(of_case->bytes));
	write_record(device, SCHEMA_DOC_DOSSIER, &patient, &consent);
}

static void write_case(struct device *device, const struct record_id *id, const struct person_id *to)
{
	struct schema_record record = {.kind = schema_kind(SCHEMA_CASE), .id = *id};
	field(&record, "facilitator")->bytes = span_of(to->bytes, sizeof(to->bytes));
	field(&record, "until")->number = FAR_DAY;
	field(&record, "sex")->number = FEMALE;
	write_record(device, SCHEMA_DOC_CASE, id, &record);
}

/* ---- Running ---------------------------------------------------------------------------------------------------- */

static bool is_quiet(void *context)
{
	struct pair *team = context;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (node_erasing(team->devices[i].node))
			return false;
	return pair_saved(team);
}

static void settle(struct pair *team)
{
	devices_run(&team->loop, is_quiet, team);
}

static bool both_know(void *context)
{
	struct pair *team = context;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (!node_is_erased(team->devices[i].node, &case_id) ||
		        !node_is_erased(team->devices[i].node, &patient))
			return false;
	return is_quiet(team) && pair_equal(team);
}

static bool both_ended_the_other(void *context)
{
	struct pair *team = context;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (!node_is_erased(team->devices[i].node, &other_case))
			return false;
	return is_quiet(team) && pair_equal(team);
}

static bool both_have_it(void *context)
{
	struct pair *team = context;
	struct node_case about;
	for (int i = 0; i < PAIR_DEVICES; i++)
		if (!node_case(team->devices[i].node, &case_id, &about))
			return false;
	return is_quiet(team) && pair_equal(team);
}

/* Erasing ends sessions, so that it may take two meetings. */
static void meet(struct pair *team, bool (*done)(void *context))
{
	struct device_id device = node_device(team->devices[1].node);
	for (int i = 0; i < 3; i++) {
		int result = peers_dial(team->devices[0].peers, &team->devices[1].address, &device);
		assert_true(result == 0 || result == ERR_EXISTS);
		for (int turns = 0; turns < 400 && !done(team); turns++)
			uv_run(&team->loop, UV_RUN_ONCE);
	}
	devices_run(&team->loop, done, team);
	pair_part(team);
}

static struct person_id person_of(struct pair *team, int who)
{
	struct device_id id = node_device(team->devices[who].node);
	return team_view_device(node_view(team->devices[0].node), &id)->person;
}

/* Entries of the case that have their bodies, of all there are. */
static uint32_t bodies_of(struct device *device, const struct record_id *id, uint32_t *all)
{
	struct node *node = device->node;
	struct log_reader reader = {0};
	struct store_txn *txn;
	uint32_t left = 0;
	*all = 0;
	check_ok(node_begin_read(node, &txn));
	for (uint32_t feed = 0; feed < log_feed_count(node->log); feed++)
		for (uint64_t seq = 1; seq <= log_feed(node->log, feed)->committed_seq; seq++) {
			const struct run_entry *entry;
			check_ok(log_read_entry(node->log, txn, &reader, feed, seq, &entry));
			const struct epoch_key *epoch = epochs_find(node->epochs, &entry->header.epoch);
			struct pseudonym name = {{0}};
			if (epoch)
				name = secret_pseudonym(epoch, id);
			if (!epoch || !pseudonym_eq(&name, &entry->header.dossier))
				continue;
			left += !entry->purged;
			++*all;
		}
	store_abort(txn);
	log_reader_close(&reader);
	return left;
}

static void check_gone(struct pair *team, int who, const struct record_id *id)
{
	uint32_t all;
	struct node_case about;
	struct node *node = team->devices[who].node;
	assert_true(node_is_erased(node, id));
	assert_null(key_table_secret(node->keys, id, 0));
	assert_int_equal(bodies_of(&team->devices[who], id, &all), 0);
	assert_true(all > 0);
	assert_false(node_case(node, id, &about));
}

static void open_with_case(struct pair *team, uint8_t role)
{
	pair_open(team, role);
	struct device_id other = node_device(team->devices[1].node);
	struct person_id to = person_of(team, 1);
	device_save(&team->devices[0], SCHEMA_DOC_DOSSIER, &patient, SCHEMA_PATIENT, 1, "Quenneville");
	write_consent(&team->devices[0], &case_id);
	write_case(&team->devices[0], &case_id, &to);
	settle(team);
	check_ok(node_share_keys(team->devices[0].node, &other));
	settle(team);
	meet(team, both_have_it);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void a_case_goes_with_its_dossier(void **state)
{
	(void)state;
	struct pair team;
	struct node_case about;
	uint32_t all;
	open_with_case(&team, TEAM_ROLE_FACILITATOR);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		assert_true(node_case(team.devices[i].node, &case_id, &about));
		assert_true(bodies_of(&team.devices[i], &case_id, &all) > 0);
		check_ok(node_checkpoint(team.devices[i].node, true));
	}
	settle(&team);
	check_ok(node_erase(team.devices[0].node, &patient, KEY_REASON_REQUEST, NULL, NULL));
	settle(&team);
	check_gone(&team, 0, &case_id);
	meet(&team, both_know);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		check_gone(&team, i, &case_id);
		assert_true(node_wants_new_file(team.devices[i].node));
		device_restart(&team.devices[i], &team.loop);
		settle(&team);
		check_gone(&team, i, &case_id);
	}
	pair_close(&team);
}

/* A colleague writes a case while she has not heard of the order: she ends it when she does, since only she knows whose it is. */
static void a_case_written_meanwhile_goes_too(void **state)
{
	(void)state;
	struct pair team;
	open_with_case(&team, TEAM_ROLE_NURSE);
	struct person_id to = person_of(&team, 0);
	check_ok(node_erase(team.devices[0].node, &patient, KEY_REASON_REQUEST, NULL, NULL));
	settle(&team);
	write_consent(&team.devices[1], &other_case);
	write_case(&team.devices[1], &other_case, &to);
	settle(&team);
	meet(&team, both_know);
	meet(&team, both_ended_the_other);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		check_gone(&team, i, &case_id);
		check_gone(&team, i, &other_case);
	}
	pair_close(&team);
}

/* Its consent is over: the bodies go at once on the device that ends it, not at its next start. */
static void a_case_that_ends_is_purged(void **state)
{
	(void)state;
	struct pair team;
	struct node_erasure erasure;
	open_with_case(&team, TEAM_ROLE_FACILITATOR);
	check_ok(node_end_case(team.devices[0].node, &case_id, KEY_REASON_CASE));
	settle(&team);
	check_gone(&team, 0, &case_id);
	assert_false(node_is_erased(team.devices[0].node, &patient));
	assert_true(node_erasure_at(team.devices[0].node, 0, &erasure));
	assert_int_equal(erasure.reason, KEY_REASON_CASE);
	pair_close(&team);
}

/* Consents and cases say what their authors like: none of them erases another patient's dossier. */
static void no_case_bears_a_dossiers_name(void **state)
{
	(void)state;
	struct pair team;
	const struct record_id other = {{8, 8, 8}};
	struct node_case about;
	uint32_t all;
	pair_open(&team, TEAM_ROLE_NURSE); /* the second does not manage before somebody endorses it */
	struct device *anna = &team.devices[0], *second = &team.devices[1];
	struct person_id to = person_of(&team, 1);
	device_save(anna, SCHEMA_DOC_DOSSIER, &patient, SCHEMA_PATIENT, 1, "Quenneville");
	device_save(anna, SCHEMA_DOC_DOSSIER, &other, SCHEMA_PATIENT, 1, "Martin");
	settle(&team);
	pair_meet(&team);
	write_consent(second, &other);
	write_consent(second, &patient);
	struct schema_record record = {.kind = schema_kind(SCHEMA_CASE), .id = other};
	field(&record, "facilitator")->bytes = span_of(to.bytes, sizeof(to.bytes));
	field(&record, "until")->number = 1; /* long over */
	write_record(second, SCHEMA_DOC_CASE, &other, &record);
	settle(&team);
	pair_meet(&team);
	assert_false(node_case(anna->node, &other, &about));
	check_ok(node_end_cases(anna->node));
	settle(&team);
	assert_false(node_is_erased(anna->node, &other));
	check_ok(node_erase(anna->node, &patient, KEY_REASON_REQUEST, NULL, NULL));
	settle(&team);
	assert_true(node_is_erased(anna->node, &patient));
	assert_false(node_is_erased(anna->node, &other));
	assert_true(bodies_of(anna, &other, &all) > 0);
	pair_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_case_goes_with_its_dossier),
	        cmocka_unit_test(a_case_written_meanwhile_goes_too),
	        cmocka_unit_test(a_case_that_ends_is_purged),
	        cmocka_unit_test(no_case_bears_a_dossiers_name),
	};
	return cmocka_run_group_tests_name("node erase case", tests, NULL, NULL);
}
