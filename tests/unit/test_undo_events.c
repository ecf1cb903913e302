/* Events taken back by the correction that their kind has: a visit, its amendments, and what has none. */
#include "tests/lib/check.h"

#include "crdt/change.h"
#include "node/undo_events.h"

enum { START = 1, END = 2, NOTE = 10, BILLABLE = 11, VISIT = 14, CANCELLED = 15 };

static const struct record_id PATIENT = {{9}}, THE_VISIT = {{1}};
static const int64_t MORNING_S = 1719814500;

struct desk {
	struct crdt_history *history;
	uint64_t seq;
};

static int setup(void **state)
{
	struct desk *desk = mem_zero(1, sizeof(*desk));
	desk->history = crdt_history_new(SCHEMA_DOC_DOSSIER, PATIENT);
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;
	crdt_history_free(desk->history);
	mem_free(desk);
	return 0;
}

static void put(struct schema_record *record, uint32_t number, struct schema_value value)
{
	const struct schema_field *field = schema_field(record->kind, number);
	value.field = field;
	*schema_put(record, field) = value;
}

/* Append an event as the next entry; its number of step is the number of entries before it. */
static void add(struct desk *desk, const struct schema_record *record, const struct op_id *corrects)
{
	struct entry_ref own = {{{1}}, ++desk->seq};
	struct crdt_meta meta = {.feed = own.feed, .seq = own.seq, .lamport = own.seq, .hlc = own.seq << 16};
	struct crdt_builder builder;
	struct buf fields = {0}, bytes = {0};
	struct crdt_change change;
	schema_event_put(record, &fields);
	crdt_builder_begin(&builder, &own, SCHEMA_DOC_DOSSIER, PATIENT, NULL, 0);
	crdt_builder_event(&builder, record->kind->number, record->id, buf_span(&fields), corrects,
	        corrects ? span_text("faute") : (struct span){NULL, 0});
	check_ok(crdt_builder_finish(&builder, &bytes));
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	check_ok(crdt_history_add(desk->history, &change));
	crdt_builder_close(&builder);
	buf_close(&fields);
	buf_close(&bytes);
}

static void add_visit(struct desk *desk, const char *note)
{
	struct schema_record visit = {.kind = schema_kind(SCHEMA_VISIT), .id = THE_VISIT};
	put(&visit, START, (struct schema_value){.number = MORNING_S, .offset_minutes = 120});
	put(&visit, END, (struct schema_value){.number = MORNING_S + 1800, .offset_minutes = 120});
	if (note)
		put(&visit, NOTE, (struct schema_value){.bytes = span_text(note)});
	add(desk, &visit, NULL);
}

static struct schema_record amendment(uint8_t id)
{
	struct schema_record record = {.kind = schema_kind(SCHEMA_VISIT_AMENDMENT), .id = {{id}}};
	put(&record, VISIT,
	        (struct schema_value){.bytes = span_of(THE_VISIT.bytes, sizeof(THE_VISIT.bytes))});
	return record;
}

static const struct op_id FIRST = {{{1}}, 1, 0};

static void amend_note(struct desk *desk, uint8_t id, const char *note)
{
	struct schema_record record = amendment(id);
	put(&record, NOTE, (struct schema_value){.bytes = span_text(note)});
	add(desk, &record, &FIRST);
}

static void a_visit_did_not_take_place(void **state)
{
	struct desk *desk = *state;
	struct undo_event event;
	add_visit(desk, "bien");
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 0, &event);
	assert_int_equal(event.kind, UNDO_EVENT_CANCEL);
	assert_int_equal(event.record.kind->number, SCHEMA_VISIT_AMENDMENT);
	assert_int_equal(op_id_cmp(&event.corrects, &FIRST), 0);
	assert_true(schema_value(&event.record, CANCELLED)->number);
	assert_memory_equal(schema_value(&event.record, VISIT)->bytes.data, THE_VISIT.bytes, 16);
	assert_int_equal(event.record.count, 2);
}

static void an_amendment_gives_again_what_stood_before(void **state)
{
	struct desk *desk = *state;
	struct undo_event event;
	add_visit(desk, "bien");
	amend_note(desk, 2, "mieux");
	amend_note(desk, 3, "encore mieux");
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 1, &event); /* somebody amended since */
	assert_int_equal(event.kind, UNDO_EVENT_OVERTAKEN);
	undo_event_plan(desk->history, 2, &event);
	assert_int_equal(event.kind, UNDO_EVENT_RESTORE);
	assert_int_equal(op_id_cmp(&event.corrects, &FIRST), 0);
	assert_true(span_eq(schema_value(&event.record, NOTE)->bytes, span_text("mieux")));
	assert_false(event.incomplete);
}

static void what_was_added_cannot_be_taken_out(void **state)
{
	struct desk *desk = *state;
	struct undo_event event;
	add_visit(desk, NULL);
	amend_note(desk, 2, "mieux");
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 1, &event);
	assert_int_equal(event.kind, UNDO_EVENT_RESTORE);
	assert_null(schema_value(&event.record, NOTE));
	assert_true(event.incomplete);
}

/* A cancelled visit takes place again; and the correction can be written. */
static void a_cancellation_is_taken_back(void **state)
{
	struct desk *desk = *state;
	struct undo_event event;
	struct crdt_builder builder;
	struct entry_ref own = {{{1}}, 3};
	struct buf bytes = {0};
	struct schema_record cancelled = amendment(2);
	put(&cancelled, CANCELLED, (struct schema_value){.number = 1});
	put(&cancelled, BILLABLE, (struct schema_value){.number = 0});
	add_visit(desk, NULL);
	add(desk, &cancelled, &FIRST);
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 1, &event);
	assert_int_equal(event.kind, UNDO_EVENT_RESTORE);
	assert_false(schema_value(&event.record, CANCELLED)->number);
	assert_true(
	        schema_value(&event.record, BILLABLE)->number); /* what the visit says by saying nothing */
	crdt_builder_begin(&builder, &own, SCHEMA_DOC_DOSSIER, PATIENT, NULL, 0);
	undo_event_write(&event, (struct record_id){{5}}, &builder, span_text("si"));
	check_ok(crdt_builder_finish(&builder, &bytes));
	crdt_builder_close(&builder);
	buf_close(&bytes);
}

/* The start of an amendment, the end of the visit: laid over one another they make no visit, and nothing is said then. */
static void times_that_make_no_visit_are_left_out(void **state)
{
	struct desk *desk = *state;
	struct undo_event event;
	struct schema_record later = amendment(2), both = amendment(3);
	put(&later, START, (struct schema_value){.number = MORNING_S + 7200, .offset_minutes = 120});
	put(&both, START, (struct schema_value){.number = MORNING_S + 60, .offset_minutes = 120});
	put(&both, END, (struct schema_value){.number = MORNING_S + 120, .offset_minutes = 120});
	add_visit(desk, NULL);
	add(desk, &later, &FIRST);
	add(desk, &both, &FIRST);
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 2, &event);
	assert_int_equal(event.kind, UNDO_EVENT_RESTORE);
	assert_int_equal(schema_value(&event.record, START)->number, MORNING_S + 7200);
	assert_null(schema_value(&event.record, END));
	assert_true(event.incomplete);
}

/* A dose is corrected by a whole dose. */
static void add_dose(struct desk *desk, uint8_t id, int64_t at_s, bool is_mistaken, uint64_t corrects)
{
	enum { LINE = 1, OUTCOME = 2, AT = 3, MISTAKEN = 10 };
	const struct op_id cited = {{{1}}, corrects, 0};
	struct schema_record dose = {.kind = schema_kind(SCHEMA_DOSE), .id = {{id}}};
	put(&dose, LINE, (struct schema_value){.bytes = span_of("line..", SCHEMA_SHORT_BYTES)});
	put(&dose, OUTCOME, (struct schema_value){.number = 1});
	put(&dose, AT, (struct schema_value){.number = at_s, .offset_minutes = 120});
	if (is_mistaken)
		put(&dose, MISTAKEN, (struct schema_value){.number = 1});
	add(desk, &dose, corrects ? &cited : NULL);
}

static void a_dose_was_entered_by_mistake(void **state)
{
	enum { AT = 3, MISTAKEN = 10 };
	struct desk *desk = *state;
	struct undo_event event;
	add_dose(desk, 1, MORNING_S, false, 0);
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 0, &event);
	assert_int_equal(event.kind, UNDO_EVENT_CANCEL);
	assert_int_equal(event.record.kind->number, SCHEMA_DOSE);
	assert_int_equal(op_id_cmp(&event.corrects, &FIRST), 0);
	assert_int_equal(schema_value(&event.record, AT)->number, MORNING_S);
	assert_int_equal(schema_value(&event.record, MISTAKEN)->number, 1);
}

static void a_corrected_dose_is_as_it_was(void **state)
{
	enum { AT = 3, MISTAKEN = 10 };
	const struct op_id second = {{{1}}, 2, 0};
	struct desk *desk = *state;
	struct undo_event event;
	add_dose(desk, 1, MORNING_S, false, 0);
	add_dose(desk, 2, MORNING_S + 600, true, 1);
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 0, &event); /* somebody corrected it since */
	assert_int_equal(event.kind, UNDO_EVENT_OVERTAKEN);
	undo_event_plan(desk->history, 1, &event);
	assert_int_equal(event.kind, UNDO_EVENT_RESTORE);
	assert_int_equal(op_id_cmp(&event.corrects, &second), 0); /* which alone stands until then */
	assert_int_equal(schema_value(&event.record, AT)->number, MORNING_S);
	assert_null(schema_value(&event.record, MISTAKEN));
}

static void other_events_stay(void **state)
{
	struct desk *desk = *state;
	struct undo_event event;
	struct schema_record mark = {.kind = schema_kind(SCHEMA_IMPORT_MARK), .id = {{7}}};
	put(&mark, 1, (struct schema_value){.bytes = span_of("abcdef", SCHEMA_SHORT_BYTES)});
	put(&mark, 2, (struct schema_value){.number = MORNING_S, .offset_minutes = 120});
	add(desk, &mark, NULL);
	crdt_history_link(desk->history);
	undo_event_plan(desk->history, 0, &event);
	assert_int_equal(event.kind, UNDO_EVENT_STAYS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	        TEST(a_visit_did_not_take_place),
	        TEST(an_amendment_gives_again_what_stood_before),
	        TEST(what_was_added_cannot_be_taken_out),
	        TEST(a_cancellation_is_taken_back),
	        TEST(times_that_make_no_visit_are_left_out),
	        TEST(a_dose_was_entered_by_mistake),
	        TEST(a_corrected_dose_is_as_it_was),
	        TEST(other_events_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
