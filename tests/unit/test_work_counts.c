/* How much wants attention: kept while nothing moves, counted anew when something does, or when time alone makes something due; what rests. */
#include "tests/lib/check.h"

#include "node/api_work.h"
#include "node/calendar.h"
#include "tests/lib/imported.h"

enum { DAY_S = 86400 };
static const int64_t JANUARY_S = INT64_C(1767258000); /* 2026-01-01 10:00 in Paris */

struct desk {
	struct imported own;
	struct seeded wall; /* the clock of the interface */
	struct api_node app;
};

/* With a problem that is to be assessed again 90 days later. */
static void take_patient(struct desk *desk, unsigned number)
{
	imported_patient(&desk->own, number, JANUARY_S);
	imported_settle(&desk->own);
}

static void take_visit(struct desk *desk, unsigned number, unsigned patient, int64_t start_s)
{
	imported_visit(&desk->own, number, patient, start_s);
	imported_settle(&desk->own);
}

static void go_to(struct desk *desk, int64_t wall_s)
{
	desk->wall.now_ms = (uint64_t)wall_s * 1000;
}

static void desk_open(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	imported_open(&desk->own);
	seeded_init(&desk->wall, 7);
	desk->app = (struct api_node){.node = desk->own.device.node,
	        .store = desk->own.device.store,
	        .vault = desk->own.device.vault,
	        .env = &desk->wall.env};
}

static long long counted(struct desk *desk, const char *name)
{
	json_t *counts = api_work_counts(&desk->app);
	assert_true(json_is_object(counts));
	const long long number = (long long)json_integer_value(json_object_get(counts, name));
	json_decref(counts);
	return number;
}

static void what_is_due_later_is_counted_when_its_day_comes(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk);
	take_patient(&desk, 1);
	take_visit(&desk, 1, 1, JANUARY_S);
	const int64_t due_day = calendar_paris_day(JANUARY_S) + 90;
	go_to(&desk, (due_day - 1) * DAY_S + 12 * 3600);
	assert_int_equal(counted(&desk, "soon"), 0); /* a note since two weeks */
	const int64_t made_s = desk.app.work_kept.made_s;
	go_to(&desk, made_s + 300);
	assert_int_equal(counted(&desk, "soon"), 0);
	assert_int_equal(desk.app.work_kept.made_s, made_s); /* kept: nothing moved */
	go_to(&desk, due_day * DAY_S - 2 * 3600 - 1); /* in Paris it is summer: the day begins at 22:00 UTC */
	assert_int_equal(counted(&desk, "soon"), 0);
	assert_int_equal(desk.app.work_kept.due_s, due_day * DAY_S - 2 * 3600);
	go_to(&desk, due_day * DAY_S - 2 * 3600);
	assert_int_equal(counted(&desk, "soon"), 1);
	go_to(&desk, (due_day - 1) * DAY_S); /* the clock was put back */
	assert_int_equal(counted(&desk, "soon"), 0);
	api_work_forget(&desk.app);
	imported_close(&desk.own);
}

static void what_is_written_counts_at_once(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk);
	take_patient(&desk, 1);
	const int64_t later_s = JANUARY_S + 91 * DAY_S;
	go_to(&desk, later_s);
	assert_int_equal(counted(&desk, "soon"), 1);
	take_patient(&desk, 2);
	assert_int_equal(counted(&desk, "soon"), 2);
	api_work_forget(&desk.app);
	imported_close(&desk.own);
}

static void whom_nobody_sees_any_more_rests(void **state)
{
	(void)state;
	struct desk desk;
	desk_open(&desk);
	const int64_t now_s = JANUARY_S + 200 * DAY_S;
	take_patient(&desk, 1);
	take_visit(&desk, 1, 1, JANUARY_S);
	take_patient(&desk, 2);
	take_visit(&desk, 2, 2, now_s - DAY_S);
	take_patient(&desk, 3); /* nobody went there yet */
	go_to(&desk, now_s);
	assert_int_equal(counted(&desk, "soon"), 2);
	assert_int_equal(counted(&desk, "resting"), 2); /* with a number that does not agree with her name */
	take_visit(&desk, 3, 1, now_s - 3600); /* she comes back */
	assert_int_equal(counted(&desk, "soon"), 3);
	assert_int_equal(counted(&desk, "resting"), 0);
	api_work_forget(&desk.app);
	imported_close(&desk.own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_due_later_is_counted_when_its_day_comes),
	        cmocka_unit_test(what_is_written_counts_at_once),
	        cmocka_unit_test(whom_nobody_sees_any_more_rests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
