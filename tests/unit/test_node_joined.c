/* Joined files with two devices: a locum's patched program cannot join the dossier that she is given with a stranger's, nor two that she is given; two nurses who decide apart come to the same. */
#include "tests/lib/check.h"

#include "node/node_digest.h"
#include "node/node_links.h"
#include "node/patient/part.h"
#include "tests/lib/pair.h"

enum { ANNA, OTHER, DOSSIER = SCHEMA_DOC_DOSSIER, SECTION = 2, NAME = 1 };

static const struct record_id given = {{9, 1}}, stranger = {{3, 1}};

static struct schema_value *put(struct schema_record *record, const char *field)
{
	return schema_put(record, schema_field_named(record->kind, span_text(field)));
}

/* One half of a decision, whatever the program's own rules say. */
static int decide(struct device *device, uint8_t id, const struct record_id *file,
        const struct record_id *other, enum patient_decision decision)
{
	struct schema_record record = {.kind = schema_kind(SCHEMA_PATIENT_LINK), .id = {{id}}};
	struct node_change change;
	put(&record, "at")->number = 1800000000;
	put(&record, "decision")->number = decision;
	put(&record, "other")->bytes = span_of(other->bytes, sizeof(other->bytes));
	int result = node_change_begin(device->node, DOSSIER, file, &change);
	if (result)
		return result;
	check_ok(record_write_new(&change.builder, &record));
	return node_change_finish(device->node, &change, NULL, NULL, NULL);
}

static bool add(void *context, const struct node_digest *digest)
{
	patient_links_get(digest->part, &digest->dossier, context);
	return true;
}

static enum patient_pair_state state_at(struct device *device, bool *is_joined)
{
	struct patient_links links = {0};
	struct patient_groups groups;
	check_ok(node_digest_each(device->node, DIGEST_LINKS, add, &links));
	node_links_judge(device->node, &links);
	patient_groups_make(links.items, links.count, &groups);
	*is_joined = patient_groups_is_joined(&groups, &given);
	assert_int_equal(patient_groups_is_joined(&groups, &stranger), *is_joined);
	const enum patient_pair_state state = patient_pair_of(links.items, links.count, &given, &stranger);
	patient_groups_close(&groups);
	patient_links_close(&links);
	return state;
}

static void open_with(struct pair *pair, uint8_t role)
{
	pair_open(pair, role);
	device_save(&pair->devices[ANNA], DOSSIER, &given, SECTION, NAME, "Martin");
	device_save(&pair->devices[ANNA], DOSSIER, &stranger, SECTION, NAME, "Bernard");
	devices_run(&pair->loop, pair_saved, pair);
}

/* Colleagues would write the stranger's records where she reads them. What she seals for the stranger's dossier is under no key of it. */
static void a_locum_cannot_join_what_she_is_given_with_a_stranger(void **state)
{
	struct pair pair;
	bool is_joined;
	(void)state;
	open_with(&pair, TEAM_ROLE_LOCUM);
	struct device *anna = &pair.devices[ANNA], *locum = &pair.devices[OTHER];
	struct device_id device = node_device(locum->node);
	const struct person_id person = team_view_device(node_view(anna->node), &device)->person;
	check_ok(node_share(anna->node, &person, &given, true));
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	check_ok(decide(locum, 1, &given, &stranger, PATIENT_SAME));
	decide(locum, 1, &stranger, &given, PATIENT_SAME); /* whether her program lets her or not */
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	assert_int_equal(state_at(anna, &is_joined), PATIENT_PAIR_HALF);
	assert_false(is_joined);
	/* a nurse who reads both joins them; the locum's device goes on with hers alone */
	check_ok(decide(anna, 2, &given, &stranger, PATIENT_SAME));
	check_ok(decide(anna, 2, &stranger, &given, PATIENT_SAME));
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	assert_int_equal(state_at(anna, &is_joined), PATIENT_PAIR_JOINED);
	assert_true(is_joined);
	pair_close(&pair);
}

static struct person_id person_of(struct device *at, struct device *of)
{
	const struct device_id device = node_device(of->node);
	return team_view_device(node_view(at->node), &device)->person;
}

static bool has_name(struct device *device, const struct record_id *file, const char *name)
{
	const struct schema_kind *kind = schema_kind(SECTION);
	struct crdt_doc *doc;
	json_t *record = node_doc(device->node, DOSSIER, file, &doc) ? NULL : record_json(doc, kind, file);
	const char *text = json_string_value(json_object_get(record, "lastName"));
	const bool found = text && strcmp(text, name) == 0;
	json_decref(record);
	return found;
}

/* Her program writes both halves, and lifts what a nurse said. Nobody is one patient by that, whichever device is asked; nor does she read on by it what she is not given
 * any more. */
static void a_locum_cannot_join_two_that_she_is_given(void **state)
{
	struct pair pair;
	bool is_joined;
	(void)state;
	open_with(&pair, TEAM_ROLE_LOCUM);
	struct device *anna = &pair.devices[ANNA], *locum = &pair.devices[OTHER];
	const struct person_id person = person_of(anna, locum);
	check_ok(node_share(anna->node, &person, &given, true));
	check_ok(node_share(anna->node, &person, &stranger, true));
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	check_ok(decide(locum, 1, &given, &stranger, PATIENT_SAME));
	check_ok(decide(locum, 1, &stranger, &given, PATIENT_SAME));
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		assert_int_equal(state_at(&pair.devices[i], &is_joined), PATIENT_PAIR_PROPOSED);
		assert_false(is_joined);
	}
	check_ok(node_share(anna->node, &person, &stranger, false));
	device_save(anna, DOSSIER, &stranger, SECTION, NAME, "Lefort");
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	assert_true(has_name(anna, &stranger, "Lefort"));
	assert_false(has_name(locum, &stranger, "Lefort"));
	/* what a nurse decided about two that were given holds at the locum's too */
	check_ok(decide(anna, 2, &given, &stranger, PATIENT_SAME));
	check_ok(decide(anna, 2, &stranger, &given, PATIENT_SAME));
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(state_at(anna, &is_joined), PATIENT_PAIR_JOINED);
	assert_true(is_joined);
	pair_close(&pair);
}

static void what_two_nurses_decide_apart_is_disputed_at_both(void **state)
{
	struct pair pair;
	bool is_joined;
	(void)state;
	open_with(&pair, TEAM_ROLE_NURSE);
	pair_meet(&pair);
	check_ok(decide(&pair.devices[ANNA], 1, &given, &stranger, PATIENT_SAME));
	check_ok(decide(&pair.devices[ANNA], 1, &stranger, &given, PATIENT_SAME));
	check_ok(decide(&pair.devices[OTHER], 2, &given, &stranger, PATIENT_DIFFERENT));
	check_ok(decide(&pair.devices[OTHER], 2, &stranger, &given, PATIENT_DIFFERENT));
	devices_run(&pair.loop, pair_saved, &pair);
	assert_int_equal(state_at(&pair.devices[ANNA], &is_joined), PATIENT_PAIR_JOINED);
	assert_int_equal(state_at(&pair.devices[OTHER], &is_joined), PATIENT_PAIR_DIFFERENT);
	pair_meet(&pair);
	for (int i = 0; i < PAIR_DEVICES; i++) {
		assert_int_equal(state_at(&pair.devices[i], &is_joined), PATIENT_PAIR_DISPUTED);
		assert_false(is_joined);
	}
	pair_close(&pair);
}

static void decide_both(struct device *device, uint8_t id, enum patient_decision decision)
{
	check_ok(decide(device, id, &given, &stranger, decision));
	check_ok(decide(device, id, &stranger, &given, decision));
}

/* She steps back: a locum until far away. */
static void become_locum(struct pair *pair)
{
	struct device *other = &pair->devices[OTHER];
	const struct person_id person = person_of(other, other);
	check_ok(node_change_role(other->node, &person, TEAM_ROLE_LOCUM, 0, UINT64_C(1) << 45, NULL, NULL));
	devices_run(&pair->loop, pair_saved, pair);
	pair_meet(pair);
}

static void what_a_nurse_joined_stays_when_she_is_a_locum(void **state)
{
	struct pair pair;
	bool is_joined;
	(void)state;
	open_with(&pair, TEAM_ROLE_NURSE);
	pair_meet(&pair);
	decide_both(&pair.devices[OTHER], 1, PATIENT_SAME);
	devices_run(&pair.loop, pair_saved, &pair);
	pair_meet(&pair);
	become_locum(&pair);
	assert_int_equal(state_at(&pair.devices[ANNA], &is_joined), PATIENT_PAIR_JOINED);
	assert_true(is_joined);
	pair_close(&pair);
}

/* An old copy of her database knows nothing of the change: what it writes, as another incarnation or in her old feed, cites a state in which she was a nurse. */
static void a_nurse_who_became_a_locum_joins_nobody(void **state)
{
	(void)state;
	for (int is_new = 0; is_new < 2; is_new++) {
		struct pair pair;
		bool is_joined;
		open_with(&pair, TEAM_ROLE_NURSE);
		pair_meet(&pair);
		struct device *anna = &pair.devices[ANNA], *other = &pair.devices[OTHER];
		struct store_mem_image *image = store_mem_image_take(other->store);
		become_locum(&pair);
		if (is_new)
			device_put_back(other, &pair.loop, image);
		else
			device_become(other, &pair.loop, other, image);
		store_mem_image_free(image);
		decide_both(other, 1, PATIENT_SAME);
		devices_run(&pair.loop, pair_saved, &pair);
		assert_int_equal(state_at(other, &is_joined), PATIENT_PAIR_JOINED); /* as far as it knows */
		pair_meet(&pair);
		assert_int_equal(state_at(anna, &is_joined), PATIENT_PAIR_PROPOSED);
		assert_false(is_joined);
		assert_int_equal(state_at(other, &is_joined), PATIENT_PAIR_PROPOSED);
		assert_false(is_joined);
		decide_both(anna, 2, PATIENT_SAME);
		devices_run(&pair.loop, pair_saved, &pair);
		assert_int_equal(state_at(anna, &is_joined), PATIENT_PAIR_JOINED);
		pair_close(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_locum_cannot_join_what_she_is_given_with_a_stranger),
	        cmocka_unit_test(a_locum_cannot_join_two_that_she_is_given),
	        cmocka_unit_test(what_a_nurse_joined_stays_when_she_is_a_locum),
	        cmocka_unit_test(a_nurse_who_became_a_locum_joins_nobody),
	        cmocka_unit_test(what_two_nurses_decide_apart_is_disputed_at_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
