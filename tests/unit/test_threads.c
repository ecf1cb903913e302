/* Transmissions: who has them to read, who read them, what was answered apart, which wait; and visits that lasted too long (node/visit). */
#include "tests/lib/check.h"

#include "node/visit/long_visit.h"
#include "node/visit/threads_choose.h"
#include "tests/lib/desks.h"

static const struct record_id PATIENT = {{9}}, FIRST = {{5, 1}}, URGENT = {{5, 2}}, CORRECTION = {{5, 3}};
#define AT "\"at\":\"2026-03-05T08:00:00+01:00\""
#define SAID(more) "{\"data\":\"x\"," AT more "}"

static struct threads threads_at(struct desks *desks, int who)
{
	struct threads threads;
	const struct digest_source view = desks_view(desks, who);
	threads_of(&view, &threads);
	return threads;
}

/* Desk n's person, by the feed. */
static struct person_id person_of(void *context, const uint8_t feed[THREADS_FEED_BYTES])
{
	(void)context;
	for (int who = 0; who < DESKS; who++) {
		const struct work_reader reader = desks_reader(who);
		if (memcmp(reader.feeds[0].bytes, feed, THREADS_FEED_BYTES) == 0)
			return reader.person;
	}
	return (struct person_id){{0}};
}

static bool to_read(const struct threads *threads, uint32_t item, int who, uint64_t joined_ms)
{
	const struct work_reader reader = desks_reader(who);
	return threads_to_read(threads, &threads->items[item], &reader.person, joined_ms, person_of, NULL);
}

static bool is_waiting(const struct threads *threads, uint32_t item, uint64_t after_ms)
{
	return threads_is_waiting(
	        threads, &threads->items[item], threads->items[item].saved_ms + after_ms, person_of, NULL);
}

/* Desk 0 writes two, the second of them urgent; everybody has them. */
static void open_two(struct desks *desks)
{
	desks_open(desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(desks, 0, SCHEMA_PATIENT, PATIENT,
	        "{\"lastName\":\"Le Goff\",\"referent\":\"020000000000\",\"circle\":[\"030000000000\"]}",
	        NULL);
	desks_save(desks, 0, SCHEMA_TRANSMISSION, FIRST, SAID(), NULL);
	desks_save(desks, 0, SCHEMA_TRANSMISSION, URGENT, SAID(",\"urgency\":\"urgent\""), NULL);
	desks_meet(desks);
}

static void read_by_is_whoever_wrote_so(void **state)
{
	struct desks desks;
	(void)state;
	open_two(&desks);
	desks_save(&desks, 1, SCHEMA_READING, (struct record_id){{6, 1}},
	        "{\"transmissions\":[\"050100000000\"]," AT "}", NULL);
	desks_save(&desks, 2, SCHEMA_REPLY, (struct record_id){{7, 1}},
	        "{\"transmission\":\"050200000000\",\"body\":\"y\"," AT "}", NULL);
	struct threads before = threads_at(&desks, 0);
	assert_true(to_read(&before, 1, 1, 0)); /* Anna does not know of it yet */
	threads_close(&before);
	desks_meet(&desks);
	struct buf parts[DESKS] = {{0}};
	for (int who = 0; who < DESKS; who++) {
		const struct digest_source view = desks_view(&desks, who);
		threads_part_make(&view, &parts[who]);
		assert_true(
		        span_eq(buf_span(&parts[who]), buf_span(&parts[0]))); /* the same on every device */
	}
	struct threads threads;
	assert_true(threads_part_read(buf_span(&parts[0]), &threads));
	assert_int_equal(threads.count, 2);
	assert_true(
	        record_id_eq(&threads.items[0].id, &URGENT) && threads.items[0].urgency == THREADS_URGENT);
	assert_int_equal(threads.items[0].replies, 1);
	/* item 0 is the urgent one: desk 2 answered it; item 1: desk 1 read it; desk 0 wrote both */
	assert_false(to_read(&threads, 0, 0, 0) || to_read(&threads, 1, 0, 0));
	assert_true(to_read(&threads, 0, 1, 0) && !to_read(&threads, 1, 1, 0));
	assert_true(!to_read(&threads, 0, 2, 0) && to_read(&threads, 1, 2, 0));
	/* whoever came later has nothing to read of before */
	assert_false(to_read(&threads, 1, 2, threads.items[1].saved_ms + 1));
	for (int who = 0; who < DESKS; who++) {
		const struct work_reader reader = desks_reader(who);
		assert_int_equal(threads_is_near(&threads, &reader.person), who > 0); /* référent, circle */
	}
	threads_close(&threads);
	/* cut anywhere, or with a byte changed, it is read within bounds or refused */
	for (size_t size = 0; size < parts[0].size; size++)
		assert_false(threads_part_read(span_of(parts[0].data, size), &threads));
	for (size_t at = 0; at < parts[0].size; at++) {
		parts[0].data[at] ^= 0x55;
		if (threads_part_read(buf_span(&parts[0]), &threads))
			threads_close(&threads);
		parts[0].data[at] ^= 0x55;
	}
	for (int who = 0; who < DESKS; who++)
		buf_close(&parts[who]);
	desks_close(&desks);
}

static void urgent_and_unread_for_a_day_waits(void **state)
{
	struct desks desks;
	(void)state;
	open_two(&desks);
	/* its author reading it, or on another day, is nobody's reading */
	desks_save(&desks, 0, SCHEMA_READING, (struct record_id){{6, 1}},
	        "{\"transmissions\":[\"050200000000\"]," AT "}", NULL);
	struct threads threads = threads_at(&desks, 0);
	assert_false(is_waiting(&threads, 0, THREADS_WAIT_MS - 1));
	assert_true(is_waiting(&threads, 0, THREADS_WAIT_MS));
	assert_false(is_waiting(&threads, 1, THREADS_WAIT_MS)); /* it is a usual one */
	threads_close(&threads);
	desks_save(&desks, 1, SCHEMA_READING, (struct record_id){{6, 2}},
	        "{\"transmissions\":[\"050200000000\"]," AT "}", NULL);
	desks_meet(&desks);
	threads = threads_at(&desks, 2);
	assert_false(is_waiting(&threads, 0, THREADS_WAIT_MS));
	assert_true(to_read(&threads, 0, 2, 0)); /* one who read it is not all */
	threads_close(&threads);
	desks_close(&desks);
}

static void a_corrected_one_gives_way_to_its_correction(void **state)
{
	struct desks desks;
	(void)state;
	open_two(&desks);
	desks_save(&desks, 1, SCHEMA_READING, (struct record_id){{6, 1}},
	        "{\"transmissions\":[\"050100000000\"]," AT "}", NULL);
	desks_meet(&desks);
	desks_correct(&desks, 0, SCHEMA_TRANSMISSION, CORRECTION, FIRST, SAID(), "mistake");
	desks_meet(&desks);
	struct threads threads = threads_at(&desks, 1);
	assert_int_equal(threads.count, 2);
	assert_true(record_id_eq(&threads.items[0].id, &CORRECTION) && to_read(&threads, 0, 1, 0));
	threads_close(&threads);
	desks_close(&desks);
}

/* What comes with a history is no news, however urgent it was. */
static void one_of_long_ago_is_nobodys_to_read(void **state)
{
	struct desks desks;
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(&desks, 0, SCHEMA_TRANSMISSION, FIRST,
	        "{\"data\":\"Chute\",\"urgency\":\"urgent\",\"at\":\"2024-01-05T08:00:00+01:00\"}", NULL);
	desks_meet(&desks);
	struct threads threads = threads_at(&desks, 1);
	assert_int_equal(threads.items[0].saved_ms, UINT64_C(1704438000000));
	assert_false(to_read(&threads, 0, 1, UINT64_C(1704438000001)));
	threads_close(&threads);
	struct work_facts facts = {0};
	const struct digest_source view = desks_view(&desks, 1);
	threads_facts(&view, WORK_TRANSMISSION, &facts);
	assert_int_equal(facts.count, 1);
	assert_int_equal(facts.items[0].until, 19727 + THREADS_WORK_DAYS); /* from the fifth of January on */
	work_facts_close(&facts);
	desks_close(&desks);
}

/* Two who take the same file in apart write the same event, under one id. */
static void what_two_took_in_apart_stands_once(void **state)
{
	static const struct record_id taken = {{5, 9}}, own = {{5, 8}};
	struct desks desks;
	(void)state;
	open_two(&desks);
	for (int who = 0; who < 2; who++)
		desks_save(
		        &desks, who, SCHEMA_TRANSMISSION, taken, "{\"data\":\"of the file\"," AT "}", NULL);
	desks_save(&desks, 2, SCHEMA_TRANSMISSION, taken, "{\"data\":\"something else\"," AT "}", NULL);
	desks_save(&desks, 2, SCHEMA_TRANSMISSION, own, SAID(), NULL);
	desks_meet(&desks);
	for (int who = 0; who < DESKS; who++) {
		struct threads threads = threads_at(&desks, who);
		assert_int_equal(threads.count, 2 + 2 + 1);
		threads_close(&threads);
	}
	/* corrected once, it is corrected */
	desks_correct(&desks, 1, SCHEMA_TRANSMISSION, CORRECTION, taken, SAID(), "mistake");
	desks_meet(&desks);
	struct threads threads = threads_at(&desks, 0);
	assert_int_equal(threads.count, 2 + 1 + 1 + 1); /* something else, its own, the correction */
	threads_close(&threads);
	desks_close(&desks);
}

static void an_urgent_one_is_work_for_those_who_have_not_read_it(void **state)
{
	struct desks desks;
	(void)state;
	open_two(&desks);
	desks_save(&desks, 1, SCHEMA_READING, (struct record_id){{6, 1}},
	        "{\"transmissions\":[\"050200000000\"]," AT "}", NULL);
	desks_meet(&desks);
	struct work_facts facts = {0};
	struct work_items items = {0};
	const struct digest_source view = desks_view(&desks, 2);
	threads_facts(&view, WORK_TRANSMISSION, &facts);
	assert_int_equal(facts.count, 1);
	work_items_add(&items, &facts, SCHEMA_DOC_DOSSIER, &PATIENT, facts.items[0].day);
	assert_int_equal(items.count, 1);
	assert_int_equal(items.items[0].urgency, WORK_NOW);
	for (int who = 0; who < DESKS; who++) {
		const struct work_reader reader = desks_reader(who);
		assert_int_equal(work_is_done_by(&items.items[0], &reader), who < 2);
	}
	work_items_add(
	        &items, &facts, SCHEMA_DOC_DOSSIER, &PATIENT, facts.items[0].day + THREADS_WORK_DAYS + 1);
	assert_int_equal(items.count, 1); /* not for ever */
	work_items_close(&items);
	work_facts_close(&facts);
	desks_close(&desks);
}

/* ---- Where somebody writes very many ---- */

static struct transmission a_transmission(
        uint32_t number, uint16_t author, uint32_t urgency, struct span readers)
{
	return (struct transmission){.id = {{(uint8_t)(number >> 8), (uint8_t)number}},
	        .saved_ms = number,
	        .urgency = urgency,
	        .author = author,
	        .readers = readers};
}

static uint32_t kept_of(const struct threads *threads, uint16_t author, uint32_t urgency)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < threads->count; i++)
		count += threads->items[i].author == author && threads->items[i].urgency == urgency;
	return count;
}

static void nobodys_are_pushed_out_by_anothers(void **state)
{
	enum { QUIET = 3, LOUD = 5, MANY = 1000 };
	struct transmission items[MANY + 2];
	struct threads threads = {0};
	uint32_t left = 0, urgent = 0;
	(void)state;
	items[0] = a_transmission(0, QUIET, THREADS_URGENT, (struct span){NULL, 0});
	items[1] = a_transmission(1, QUIET, THREADS_USUAL, (struct span){NULL, 0});
	for (uint32_t i = 2; i < MANY + 2; i++)
		items[i] = a_transmission(
		        i, LOUD, i % 4 ? THREADS_URGENT : THREADS_USUAL, (struct span){NULL, 0});
	threads_choose(&threads, items, MANY + 2);
	assert_int_equal(threads.count, THREADS_MAX);
	assert_int_equal(kept_of(&threads, QUIET, THREADS_URGENT), 1); /* the oldest of all */
	for (uint32_t i = 1; i < threads.count; i++)
		assert_true(threads.items[i - 1].saved_ms > threads.items[i].saved_ms);
	for (uint32_t i = 0; i < threads.left_count; i++) {
		uint32_t more;
		left += threads_left_since(&threads.left[i], 0, &more);
		urgent += more;
	}
	assert_int_equal(left, MANY + 2 - THREADS_MAX); /* none is lost sight of */
	assert_int_equal(urgent + kept_of(&threads, LOUD, THREADS_URGENT), MANY * 3 / 4);
	threads_close(&threads);
}

static void what_was_read_makes_room(void **state)
{
	enum { AUTHOR = 1, MANY = 300 };
	static const uint8_t reader[] = {0, 7};
	struct transmission items[MANY];
	struct threads threads = {0};
	(void)state;
	for (uint32_t i = 0; i < MANY; i++) /* somebody read the newest 200 */
		items[i] = a_transmission(i, AUTHOR, THREADS_USUAL,
		        i < MANY - THREADS_MAX ? (struct span){NULL, 0} : span_of(reader, 2));
	threads_choose(&threads, items, MANY);
	for (uint32_t i = MANY - THREADS_MAX; i-- > 0;)
		assert_int_equal(threads.items[THREADS_MAX - 1 - i].saved_ms, i); /* all that she has not */
	assert_int_equal(threads.left_count, 1);
	assert_true(span_eq(threads.left[0].readers, span_of(reader, 2)));
	assert_int_equal(threads.left[0].count, MANY - THREADS_MAX);
	threads_close(&threads);
}

static struct reply reply_of(uint8_t id, const char *after)
{
	return (struct reply){.id = {{id}}, .after = span_of(after, strlen(after) / 6 * 6)};
}

static void replies_that_do_not_know_each_other_were_written_apart(void **state)
{
	/* ids are one byte and zeros, so that six bytes name one */
	static const char one[6] = {1}, two[6] = {2}, both[12] = {1, 0, 0, 0, 0, 0, 2};
	struct reply replies[4] = {reply_of(1, ""), reply_of(2, ""), reply_of(3, ""), reply_of(4, "")};
	(void)state;
	replies[1].after = span_of(one, 6);
	replies[2].after = span_of(two, 6); /* after the first by way of the second */
	threads_mark_apart(replies, 3);
	assert_false(replies[0].is_apart || replies[1].is_apart || replies[2].is_apart);
	replies[1].after = (struct span){NULL, 0};
	replies[2].after = span_of(both, 12);
	threads_mark_apart(replies, 3);
	assert_true(replies[0].is_apart && replies[1].is_apart && !replies[2].is_apart);
	/* a rogue's that name each other, or themselves, end */
	replies[0].after = span_of(both, 12);
	replies[1].after = span_of(both, 12);
	threads_mark_apart(replies, 4);
	assert_true(replies[3].is_apart);
}

/* ---- Visits that lasted too long ---- */

#define VISITED(start, end) \
	"{\"nurse\":\"010000000000\",\"start\":\"2026-03-" start ":00+01:00\",\"end\":\"2026-03-" end \
	":00+01:00\"}"

static void a_long_visit_is_its_authors_to_look_at(void **state)
{
	static const struct record_id long_one = {{8, 1}};
	struct desks desks;
	struct work_facts facts = {0};
	(void)state;
	desks_open(&desks, SCHEMA_DOC_DOSSIER, PATIENT);
	desks_save(
	        &desks, 0, SCHEMA_VISIT, (struct record_id){{8, 2}}, VISITED("05T08:00", "05T11:00"), NULL);
	desks_save(&desks, 0, SCHEMA_VISIT, long_one, VISITED("05T12:00", "05T15:01"), NULL);
	desks_meet(&desks);
	struct digest_source view = desks_view(&desks, 1);
	long_visit_facts(&view, WORK_LONG_VISIT, &facts);
	assert_int_equal(facts.count, 1);
	assert_true(span_eq(facts.items[0].records, span_of(long_one.bytes, sizeof(long_one.bytes))));
	assert_int_equal(facts.items[0].whose, WORK_AUTHOR);
	assert_int_equal(facts.seen, facts.items[0].day);
	work_facts_close(&facts);
	desks_correct(&desks, 0, SCHEMA_VISIT_AMENDMENT, (struct record_id){{8, 3}}, long_one,
	        "{\"visit\":\"08010000000000000000000000000000\",\"start\":\"2026-03-05T12:00:00+01:00\","
	        "\"end\":\"2026-03-"
	        "05T12:30:00+01:00\"}",
	        "forgot to stop");
	desks_meet(&desks);
	view = desks_view(&desks, 1);
	long_visit_facts(&view, WORK_LONG_VISIT, &facts);
	assert_int_equal(facts.count, 0);
	work_facts_close(&facts);
	desks_close(&desks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(read_by_is_whoever_wrote_so),
	        cmocka_unit_test(urgent_and_unread_for_a_day_waits),
	        cmocka_unit_test(a_corrected_one_gives_way_to_its_correction),
	        cmocka_unit_test(one_of_long_ago_is_nobodys_to_read),
	        cmocka_unit_test(what_two_took_in_apart_stands_once),
	        cmocka_unit_test(an_urgent_one_is_work_for_those_who_have_not_read_it),
	        cmocka_unit_test(replies_that_do_not_know_each_other_were_written_apart),
	        cmocka_unit_test(nobodys_are_pushed_out_by_anothers),
	        cmocka_unit_test(what_was_read_makes_room),
	        cmocka_unit_test(a_long_visit_is_its_authors_to_look_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
