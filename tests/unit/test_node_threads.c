/* Threads of messages, given one by one to a locum or a facilitator who is addressed: by keys, at every receiver (node/practice/README.md, section 3). */
#include "tests/lib/check.h"

#include "crdt/base/err.h"
#include "node/node_state.h"
#include "node/practice/messages.h"
#include "tests/lib/team.h"

enum { NURSE, OTHER, THREAD = SCHEMA_DOC_THREAD, HEAD = SCHEMA_THREAD, SUBJECT = 1 };
static const struct record_id addressed = {{7, 1}}, private_thread = {{7, 2}}, minutes = {{12, 1}},
                              dossier = {{9, 9}};

static void open_with(struct team *team, uint8_t role)
{
	team_open(team, 2);
	team_found(team);
	struct device *nurse = &team->devices[NURSE];
	device_save(nurse, THREAD, &addressed, HEAD, SUBJECT, "before she came");
	device_save(nurse, THREAD, &private_thread, HEAD, SUBJECT, "among nurses");
	device_save(nurse, SCHEMA_DOC_MINUTES, &minutes, SCHEMA_MINUTES_OF, 1, "of Monday");
	device_save(nurse, SCHEMA_DOC_DOSSIER, &dossier, SCHEMA_PATIENT, 1, "Bernard");
	check_ok(node_rotate(nurse->node, COMPARTMENT_MESSAGE));
	check_ok(node_rotate(nurse->node, COMPARTMENT_CLINICAL));
	devices_run(&team->loop, team_saved, team);
	check_ok(team_join(team, NURSE, OTHER, role));
	devices_run(&team->loop, team_saved, team);
}

static struct person_id other_person(struct team *team)
{
	const struct device_id device = node_device(team->devices[OTHER].node);
	return team_view_device(node_view(team->devices[NURSE].node), &device)->person;
}

static uint32_t count_at(struct team *team, uint32_t kind, const struct record_id *id, uint32_t section)
{
	char text[64];
	return device_values(&team->devices[OTHER], kind, id, section, SUBJECT, text, sizeof(text));
}

static bool has_thread(void *context)
{
	return team_saved(context) && count_at(context, THREAD, &addressed, HEAD) == 1;
}

static bool has_minutes(void *context)
{
	return team_saved(context) && count_at(context, SCHEMA_DOC_MINUTES, &minutes, SCHEMA_MINUTES_OF) == 1;
}

static bool has_dossier(void *context)
{
	return team_saved(context) && count_at(context, SCHEMA_DOC_DOSSIER, &dossier, SCHEMA_PATIENT) > 0;
}

static bool nurse_has_forged(void *context)
{
	struct team *team = context;
	char text[64];
	return team_saved(context) &&
	        device_values(&team->devices[NURSE], THREAD, &dossier, HEAD, SUBJECT, text, sizeof(text)) ==
	        1;
}

/* Everything that was committed at the nurse's and that the other may hold, read or unread, is there. */
static bool is_level(void *context)
{
	struct team *team = context;
	struct log *log = node_log(team->devices[NURSE].node);
	bool level = team_saved(team);
	for (uint32_t i = 0; level && i < log_feed_count(log); i++) {
		const struct log_feed *feed = log_feed(log, i);
		uint32_t number;
		if (feed->compartment == COMPARTMENT_MESSAGE)
			level = log_feed_number(node_log(team->devices[OTHER].node), &feed->id, &number) &&
			        log_feed(node_log(team->devices[OTHER].node), number)->committed_seq ==
			                feed->committed_seq;
	}
	return level;
}

static void addressed_she_reads_all_of_it_and_of_no_other(void **state, uint8_t role)
{
	struct team team;
	(void)state;
	open_with(&team, role);
	struct device *nurse = &team.devices[NURSE];
	const struct person_id person = other_person(&team);
	devices_run(&team.loop, is_level, &team);
	assert_int_equal(count_at(&team, THREAD, &addressed, HEAD), 0);
	check_ok(node_share(nurse->node, &person, &addressed, true));
	devices_run(&team.loop, has_thread, &team); /* what was written before she came, too */
	assert_int_equal(count_at(&team, THREAD, &private_thread, HEAD), 0);
	device_restart(&team.devices[OTHER], &team.loop);
	assert_int_equal(count_at(&team, THREAD, &addressed, HEAD), 1);
	assert_int_equal(count_at(&team, THREAD, &private_thread, HEAD), 0);
	assert_false(key_table_secret(team.devices[OTHER].node->keys, &private_thread, 0));
	team_close(&team);
}

static void an_addressed_locum(void **state)
{
	addressed_she_reads_all_of_it_and_of_no_other(state, TEAM_ROLE_LOCUM);
}

static void an_addressed_facilitator(void **state)
{
	addressed_she_reads_all_of_it_and_of_no_other(state, TEAM_ROLE_FACILITATOR);
}

static void no_longer_addressed_she_gets_nothing_new(void **state)
{
	struct team team;
	char text[64];
	(void)state;
	open_with(&team, TEAM_ROLE_LOCUM);
	struct device *nurse = &team.devices[NURSE];
	const struct person_id person = other_person(&team);
	check_ok(node_share(nurse->node, &person, &addressed, true));
	devices_run(&team.loop, has_thread, &team);
	check_ok(node_share(nurse->node, &person, &addressed, false));
	device_save(nurse, THREAD, &addressed, HEAD, SUBJECT, "without her");
	devices_run(&team.loop, is_level, &team);
	device_values(&team.devices[OTHER], THREAD, &addressed, HEAD, SUBJECT, text, sizeof(text));
	assert_string_equal(text, "before she came");
	team_close(&team);
}

/* Minutes name patients: a locum may be given them; for a facilitator there is no way, whatever a record says. Nor to a dossier. */
static void minutes_go_to_a_locum_and_to_no_facilitator(void **state)
{
	struct team team;
	(void)state;
	open_with(&team, TEAM_ROLE_LOCUM);
	struct person_id person = other_person(&team);
	check_ok(node_share(team.devices[NURSE].node, &person, &minutes, true));
	devices_run(&team.loop, has_minutes, &team);
	team_close(&team);
	open_with(&team, TEAM_ROLE_FACILITATOR);
	person = other_person(&team);
	check_ok(node_share(team.devices[NURSE].node, &person, &minutes, true));
	check_ok(node_share(team.devices[NURSE].node, &person, &dossier, true));
	check_ok(node_share(team.devices[NURSE].node, &person, &addressed, true));
	devices_run(&team.loop, has_thread, &team);
	assert_int_equal(count_at(&team, SCHEMA_DOC_MINUTES, &minutes, SCHEMA_MINUTES_OF), 0);
	assert_false(key_table_secret(team.devices[OTHER].node->keys, &minutes, 0));
	assert_false(key_table_secret(team.devices[OTHER].node->keys, &dossier, 0));
	team_close(&team);
}

/* She was given the dossier once, so she can write under its id: a thread that is none. Whoever addresses her there gives nothing of the patient. */
static void a_thread_with_a_patients_id_gives_no_dossier(void **state)
{
	struct team team;
	char text[64];
	(void)state;
	open_with(&team, TEAM_ROLE_LOCUM);
	struct device *nurse = &team.devices[NURSE], *other = &team.devices[OTHER];
	const struct person_id person = other_person(&team);
	check_ok(node_share(nurse->node, &person, &dossier, true));
	devices_run(&team.loop, has_dossier, &team);
	check_ok(node_share(nurse->node, &person, &dossier, false));
	device_save(nurse, SCHEMA_DOC_DOSSIER, &dossier, SCHEMA_PATIENT, 1, "Bernard, moved");
	device_save(other, THREAD, &dossier, HEAD, SUBJECT, "a question");
	devices_run(&team.loop, nurse_has_forged, &team);
	check_code(node_share(nurse->node, &person, &dossier, true), ERR_CONFLICT);
	check_ok(node_share(nurse->node, &person, &addressed, true));
	devices_run(&team.loop, has_thread, &team);
	device_values(other, SCHEMA_DOC_DOSSIER, &dossier, SCHEMA_PATIENT, 1, text, sizeof(text));
	assert_string_equal(text, "Bernard");
	check_ok(node_share(nurse->node, &person, &dossier, false)); /* ending is always possible */
	team_close(&team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_addressed_locum),
	        cmocka_unit_test(an_addressed_facilitator),
	        cmocka_unit_test(no_longer_addressed_she_gets_nothing_new),
	        cmocka_unit_test(a_thread_with_a_patients_id_gives_no_dossier),
	        cmocka_unit_test(minutes_go_to_a_locum_and_to_no_facilitator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
