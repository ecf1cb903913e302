/* Bodies of many events, gathered in the order of the log. */
#include "tests/lib/check.h"

#include "node/event_bodies.h"

static void they_come_in_the_order_of_the_log_and_once(void **state)
{
	static const struct {
		uint32_t feed;
		uint64_t seq;
	} WANTED[] = {{2, 7}, {1, 9}, {2, 7}, {1, 3}, {2, 1}}, EXPECTED[] = {{1, 3}, {1, 9}, {2, 1}, {2, 7}};
	struct event_bodies bodies = {0};
	struct event_body *body;
	uint32_t count = 0;
	(void)state;
	for (size_t i = 0; i < sizeof(WANTED) / sizeof(*WANTED); i++)
		event_bodies_want(&bodies, WANTED[i].feed, WANTED[i].seq);
	event_bodies_sort(&bodies);
	while ((body = event_bodies_next(&bodies))) {
		struct entry_ref dep = {.seq = body->seq + 1};
		const struct crdt_meta meta = {.seq = body->seq, .deps = &dep, .dep_count = 1};
		assert_int_equal(body->feed, EXPECTED[count].feed);
		assert_int_equal(body->seq, EXPECTED[count++].seq);
		char text[8] = "body ?";
		text[5] = (char)('0' + body->seq);
		if (body->seq != 9) /* that one does not open */
			event_bodies_put(&bodies, body, &meta, span_text(text));
		dep.seq = 0;
	}
	assert_int_equal(count, 4);
	const struct event_body *found = event_bodies_find(&bodies, 2, 7);
	assert_non_null(found);
	check_span(found->raw, span_text("body 7"));
	assert_int_equal(found->meta.deps[0].seq, 8); /* copied */
	assert_null(event_bodies_find(&bodies, 1, 9));
	assert_null(event_bodies_find(&bodies, 1, 7));
	event_bodies_forget(&bodies);
	assert_null(event_bodies_find(&bodies, 2, 7));
	event_bodies_forget(&bodies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(they_come_in_the_order_of_the_log_and_once)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
