/* Messages of a thread, and who has read them: each says it of herself (node/practice/messages.h). */
#include "tests/lib/check.h"

#include "node/practice/messages.h"
#include "tests/lib/desks.h"

static const struct record_id THREAD = {{7}}, FIRST = {{24, 1}}, SECOND = {{24, 2}}, THIRD = {{24, 3}};

static void send(struct desks *desks, int who, struct record_id id, const char *body)
{
	char json[200];
	snprintf(json, sizeof(json), "{\"body\":\"%s\",\"at\":\"2026-11-27T08:00:00+01:00\"}", body);
	desks_save(desks, who, SCHEMA_MESSAGE, id, json, NULL);
}

static void send_urgent(struct desks *desks, int who, struct record_id id)
{
	desks_save(desks, who, SCHEMA_MESSAGE, id,
	        "{\"body\":\"Vite\",\"at\":\"2026-11-27T08:30:00+01:00\",\"urgent\":true}", NULL);
}

static void read_it(struct desks *desks, int who, struct record_id message)
{
	static uint8_t number;
	char json[200], hex[2 * SCHEMA_SHORT_BYTES + 1];
	ids_hex(hex, message.bytes, SCHEMA_SHORT_BYTES);
	snprintf(json, sizeof(json), "{\"messages\":[\"%s\"],\"at\":\"2026-11-27T09:00:00+01:00\"}", hex);
	desks_save(desks, who, SCHEMA_MESSAGE_READING, (struct record_id){{62, ++number}}, json, NULL);
}

/* How many each of the three has not read, the same on everybody's device: "0 1 2". */
static void check_unread(struct desks *desks, const char *want)
{
	for (int who = 0; who < DESKS; who++) {
		const struct digest_source view = desks_view(desks, who);
		struct thread thread;
		char have[40];
		uint32_t unread[DESKS];
		thread_of(&view, &thread);
		for (int reader = 0; reader < DESKS; reader++)
			unread[reader] = thread_unread(&thread, desks_reader(reader).feeds, 1);
		snprintf(have, sizeof(have), "%u %u %u", unread[0], unread[1], unread[2]);
		thread_close(&thread);
		assert_string_equal(have, want);
	}
}

/* Whose work it is: "010" is Bea's. */
static void check_work(struct desks *desks, const char *want)
{
	const struct digest_source view = desks_view(desks, 0);
	struct work_facts facts = {0};
	struct work_items items = {0};
	char have[DESKS + 1] = "000";
	work_facts_of(&view, &facts);
	work_items_add(&items, &facts, SCHEMA_DOC_THREAD, &THREAD, 20000);
	for (uint32_t i = 0; i < items.count; i++)
		for (int reader = 0; reader < DESKS; reader++) {
			const struct work_reader one = desks_reader(reader);
			if (work_is_for(&items.items[i], &one) && !work_is_done_by(&items.items[i], &one))
				have[reader] = '1';
		}
	work_items_close(&items);
	work_facts_close(&facts);
	assert_string_equal(have, want);
}

static void unread_is_each_persons_own(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_THREAD, THREAD);
	desks_save(&desks, 0, SCHEMA_THREAD, THREAD, "{\"subject\":\"Samedi\",\"people\":[\"020000000000\"]}",
	        NULL);
	send(&desks, 0, FIRST, "Qui peut ?");
	desks_meet(&desks);
	check_unread(&desks, "0 1 1");
	check_work(&desks, "010"); /* the third is not addressed */
	read_it(&desks, 1, FIRST); /* and writes apart from the next message */
	send(&desks, 0, SECOND, "Personne ?");
	send(&desks, 2, THIRD, "Moi.");
	desks_meet(&desks);
	check_unread(&desks, "1 2 2");
	check_work(&desks, "010");
	read_it(&desks, 1, SECOND);
	read_it(&desks, 1, THIRD);
	desks_meet(&desks);
	check_unread(&desks, "1 0 2");
	check_work(&desks, "000");
	desks_close(&desks);
}

/* Once is enough, whatever number of times a program says it; the earliest first. */
static void who_says_it_again_has_read_it_once(void **state)
{
	struct desks desks;
	struct thread thread;
	uint32_t count;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_THREAD, THREAD);
	send(&desks, 0, FIRST, "Qui peut ?");
	send(&desks, 0, SECOND, "Personne ?");
	desks_meet(&desks);
	for (int i = 0; i < 5; i++) {
		read_it(&desks, 2, FIRST);
		desks_meet(&desks);
		read_it(&desks, 1, FIRST);
		desks_meet(&desks);
	}
	const struct digest_source view = desks_view(&desks, 0);
	thread_of(&view, &thread);
	assert_int_equal(thread.reading_count, 2);
	const struct thread_reading *readings = thread_readings(&thread, &thread.messages[0], &count);
	assert_int_equal(count, 2);
	assert_true(feed_id_eq(&readings[0].feed, desks_reader(2).feeds));
	assert_true(feed_id_eq(&readings[1].feed, desks_reader(1).feeds));
	assert_null(thread_readings(&thread, &thread.messages[1], &count));
	thread_close(&thread);
	desks_close(&desks);
}

static void with_nobody_named_it_is_for_all(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_THREAD, THREAD);
	desks_save(&desks, 1, SCHEMA_THREAD, THREAD, "{\"subject\":\"Clés\"}", NULL);
	desks_meet(&desks);
	check_work(&desks, "000"); /* there is no message yet */
	send(&desks, 1, FIRST, "Chez moi.");
	desks_meet(&desks);
	check_work(&desks, "101");
	desks_close(&desks);
}

/* Two address it apart: both are; who takes one away whom she saw takes her alone. */
static void who_is_addressed_apart_is_addressed(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_THREAD, THREAD);
	desks_save(&desks, 0, SCHEMA_THREAD, THREAD, "{\"subject\":\"Clés\"}", NULL);
	send(&desks, 0, FIRST, "Chez moi.");
	desks_meet(&desks);
	desks_save(&desks, 0, SCHEMA_THREAD, THREAD, "{\"people\":[\"020000000000\"]}", NULL);
	desks_save(&desks, 1, SCHEMA_THREAD, THREAD, "{\"people\":[\"030000000000\"]}", NULL);
	desks_meet(&desks);
	check_work(&desks, "011");
	desks_close(&desks);
}

/* Who has read what is urgent has nothing to do now, whatever else she has not read. */
static void check_urgent(struct desks *desks, const char *want)
{
	const struct digest_source view = desks_view(desks, 0);
	struct work_facts facts = {0};
	struct work_items items = {0};
	char have[DESKS + 1] = "000";
	work_facts_of(&view, &facts);
	work_items_add(&items, &facts, SCHEMA_DOC_THREAD, &THREAD, 20000);
	for (uint32_t i = 0; i < items.count; i++)
		for (int reader = 0; reader < DESKS; reader++) {
			const struct work_reader one = desks_reader(reader);
			if (items.items[i].urgency == WORK_NOW && work_is_for(&items.items[i], &one) &&
			        !work_is_done_by(&items.items[i], &one))
				have[reader] = '1';
		}
	work_items_close(&items);
	work_facts_close(&facts);
	assert_string_equal(have, want);
}

static void what_is_urgent_is_work_now(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_THREAD, THREAD);
	desks_save(&desks, 0, SCHEMA_THREAD, THREAD, "{\"subject\":\"Samedi\"}", NULL);
	send(&desks, 0, FIRST, "Qui peut ?");
	desks_meet(&desks);
	check_urgent(&desks, "000");
	send_urgent(&desks, 0, SECOND);
	desks_meet(&desks);
	check_urgent(&desks, "011");
	check_work(&desks, "011");
	read_it(&desks, 1, SECOND);
	desks_meet(&desks);
	check_urgent(&desks, "001");
	check_work(&desks, "011"); /* the first is still to be read */
	desks_close(&desks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(unread_is_each_persons_own),
	        cmocka_unit_test(who_says_it_again_has_read_it_once),
	        cmocka_unit_test(with_nobody_named_it_is_for_all),
	        cmocka_unit_test(who_is_addressed_apart_is_addressed),
	        cmocka_unit_test(what_is_urgent_is_work_now),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
