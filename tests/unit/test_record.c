#include "tests/lib/check.h"
#include "tests/lib/json.h"

#include <string.h>

#include "crdt/doc_write.h"
#include "node/billing/book.h"
#include "node/omaha_rules.h"
#include "node/references.h"

/* A document, and one author who writes into it entry after entry. */
struct desk {
	struct crdt_feeds *feeds;
	struct crdt_doc *doc;
	struct arena arena;
	struct buf bytes; /* of the last change */
	struct crdt_meta meta;
	struct entry_ref deps[2];
	uint64_t hlc;
};

static int setup(void **state)
{
	static const struct record_id PATIENT = {{9}};
	struct desk *desk = mem_zero(1, sizeof(*desk));
	desk->feeds = crdt_feeds_new();
	desk->doc = crdt_doc_new(desk->feeds, SCHEMA_DOC_DOSSIER, PATIENT);
	desk->hlc = UINT64_C(1719814500000) << 16;
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;
	crdt_doc_free(desk->doc);
	crdt_feeds_free(desk->feeds);
	arena_close(&desk->arena);
	buf_close(&desk->bytes);
	mem_free(desk);
	return 0;
}

static int read_json(struct desk *desk, enum schema_kind_number kind, const char *text,
        enum schema_check_mode mode, struct record_edit *edit, struct schema_report *report)
{
	json_t *json = json_of(text);
	*edit = (struct record_edit){.record = {.kind = schema_kind(kind), .id = {{(uint8_t)kind, 1}}}};
	*report = (struct schema_report){0};
	int result = record_from_json(json, mode, &desk->arena, edit, report);
	json_decref(json);
	return result;
}

/* Author `feed` (1, 2 ...) saves `text` as entry `seq`, having seen `doc`. Gives what record_write() gives, having applied it when that is 0. */
static int save(struct desk *desk, uint8_t feed, uint64_t seq, const struct crdt_doc *seen,
        enum schema_kind_number kind, const char *text, const struct op_id *corrects, const char *reason,
        struct crdt_change *change)
{
	struct record_edit edit;
	struct schema_report report;
	struct crdt_builder builder;
	struct entry_ref own = {{{feed}}, seq};
	struct crdt_change opened;
	check_ok(read_json(desk, kind, text, SCHEMA_CHECK_EDIT, &edit, &report));
	crdt_builder_begin(&builder, &own, SCHEMA_DOC_DOSSIER, crdt_doc_id(desk->doc), NULL, 0);
	int result = record_write(seen, &builder, &edit, corrects, span_text(reason));
	if (result == 0) {
		buf_clear(&desk->bytes);
		check_ok(crdt_builder_finish(&builder, &desk->bytes));
		assert_true(builder.dep_count <= 2);
		memcpy(desk->deps, builder.deps ? builder.deps : desk->deps,
		        builder.dep_count * sizeof(*desk->deps));
		desk->hlc += 1 << 16;
		desk->meta = (struct crdt_meta){.feed = own.feed,
		        .seq = seq,
		        .lamport = seq,
		        .hlc = desk->hlc,
		        .deps = desk->deps,
		        .dep_count = builder.dep_count};
		check_ok(crdt_change_open(&opened, &desk->meta, buf_span(&desk->bytes)));
		check_ok(crdt_doc_apply(desk->doc, &opened));
		if (change)
			*change = opened;
	}
	crdt_builder_close(&builder);
	return result;
}

static void expect_json(json_t *json, const char *want)
{
	assert_non_null(json);
	json_object_del(json, "seen"); /* a test of its own */
	char *got = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	if (strcmp(got, want) != 0)
		fail_msg("got  %s\nwant %s", got, want);
	free(got);
	json_decref(json);
}

static const struct record_id PROBLEM_ID = {{SCHEMA_PROBLEM, 1}};
#define PROBLEM_HEX "03010000000000000000000000000000"

static void registers_there_and_back(void **state)
{
	struct desk *desk = *state;
	check_ok(save(desk, 1, 1, desk->doc, SCHEMA_PROBLEM,
	        "{\"code\":28,\"severity\":\"actual\",\"name\":\"e\\u0301\",\"state\":\"open\"}", NULL, "",
	        NULL));
	expect_json(record_json(desk->doc, schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID),
	        "{\"code\":28,\"id\":\"" PROBLEM_HEX
	        "\",\"kind\":\"problem\",\"name\":\"\xc3\xa9\",\"severity\":\"actual\",\"state\":\"open\"}");
	assert_int_equal(save(desk, 1, 2, desk->doc, SCHEMA_PROBLEM, "{\"code\":28}", NULL, "", NULL),
	        RECORD_UNCHANGED);
	check_ok(save(desk, 1, 2, desk->doc, SCHEMA_PROBLEM, "{\"name\":null,\"code\":29}", NULL, "", NULL));
	expect_json(record_json(desk->doc, schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID),
	        "{\"code\":29,\"id\":\"" PROBLEM_HEX
	        "\",\"kind\":\"problem\",\"severity\":\"actual\",\"state\":\"open\"}");
	struct span cursor = {NULL, 0};
	struct record_id id;
	assert_true(record_next(desk->doc, schema_kind(SCHEMA_PROBLEM), &cursor, &id));
	assert_memory_equal(&id, &PROBLEM_ID, 16);
	assert_false(record_next(desk->doc, schema_kind(SCHEMA_PROBLEM), &cursor, &id));
	struct record_id none = {{5}};
	assert_null(record_json(desk->doc, schema_kind(SCHEMA_PROBLEM), &none));
}

static void concurrent_values_stay(void **state)
{
	struct desk *desk = *state;
	struct crdt_doc *apart = crdt_doc_new(desk->feeds, SCHEMA_DOC_DOSSIER, crdt_doc_id(desk->doc));
	check_ok(save(desk, 1, 1, apart, SCHEMA_PATIENT, "{\"allergies\":\"latex\",\"phone\":\"01\"}", NULL,
	        "", NULL));
	check_ok(save(desk, 2, 1, apart, SCHEMA_PATIENT, "{\"allergies\":\"iode\",\"phone\":\"02\"}", NULL,
	        "", NULL));
	struct record_id id = crdt_doc_id(desk->doc);
	json_t *json = record_json(desk->doc, schema_kind(SCHEMA_PATIENT), &id);
	json_t *concurrent = json_object_get(json, "concurrent");
	json_t *allergies = json_object_get(concurrent, "allergies"),
	       *phone = json_object_get(concurrent, "phone");
	assert_string_equal(json_string_value(json_object_get(json, "phone")), "02"); /* the newest */
	assert_true(json_is_true(json_object_get(allergies, "conflict")));
	assert_true(json_is_false(json_object_get(phone, "conflict")));
	assert_string_equal(json_string_value(json_object_get(allergies, "class")), "safety");
	json_t *values = json_object_get(allergies, "values"), *older = json_array_get(values, 1);
	assert_int_equal(json_array_size(values), 2);
	assert_string_equal(json_string_value(json_object_get(older, "value")), "latex");
	assert_string_equal(json_string_value(json_object_get(older, "saved")), "2024-07-01T08:15:00+02:00");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(older, "author"), "seq")), 1);
	json_decref(json);
	/* Choosing among values that matter needs a reason, and then settles it. */
	check_code(save(desk, 1, 2, desk->doc, SCHEMA_PATIENT, "{\"allergies\":\"latex, iode\"}", NULL, "",
	                   NULL),
	        ERR_INVALID);
	check_code(save(desk, 1, 2, desk->doc, SCHEMA_PATIENT, "{\"allergies\":null}", NULL, "", NULL),
	        ERR_INVALID);
	check_ok(save(desk, 1, 2, desk->doc, SCHEMA_PATIENT, "{\"phone\":\"03\"}", NULL, "", NULL));
	check_ok(save(desk, 1, 3, desk->doc, SCHEMA_PATIENT, "{\"allergies\":\"latex, iode\"}", NULL, "asked",
	        NULL));
	json = record_json(desk->doc, schema_kind(SCHEMA_PATIENT), &id);
	assert_null(json_object_get(json, "concurrent"));
	assert_string_equal(json_string_value(json_object_get(json, "allergies")), "latex, iode");
	json_decref(json);
	crdt_doc_free(apart);
}

/* A form stays open while a colleague's change comes in: what its author never saw is not replaced. */
static void an_edit_of_an_older_state(void **state)
{
	struct desk *desk = *state;
	struct record_id id = crdt_doc_id(desk->doc);
	check_ok(save(desk, 1, 1, desk->doc, SCHEMA_PATIENT, "{\"phone\":\"01\",\"town\":\"Vitré\"}", NULL,
	        "", NULL));
	json_t *form = record_json(desk->doc, schema_kind(SCHEMA_PATIENT), &id),
	       *seen = json_object_get(form, "seen");
	assert_int_equal(json_array_size(seen), 1);
	check_ok(save(desk, 2, 1, desk->doc, SCHEMA_PATIENT, "{\"phone\":\"02\"}", NULL, "", NULL));
	json_t *edit = json_pack("{s:s, s:s, s:O}", "phone", "03", "town", "Redon", "seen", seen);
	char *text = json_dumps(edit, 0);
	check_ok(save(desk, 1, 2, desk->doc, SCHEMA_PATIENT, text, NULL, "", NULL));
	free(text);
	json_decref(edit);
	json_decref(form);
	json_t *json = record_json(desk->doc, schema_kind(SCHEMA_PATIENT), &id),
	       *concurrent = json_object_get(json, "concurrent");
	assert_int_equal(json_array_size(json_object_get(json_object_get(concurrent, "phone"), "values")),
	        2); /* 03 and 02 */
	assert_null(json_object_get(concurrent, "town"));
	assert_string_equal(json_string_value(json_object_get(json, "town")), "Redon");
	assert_int_equal(json_array_size(json_object_get(json, "seen")), 2);
	json_decref(json);
	/* Without "seen" the author means what stands now. */
	check_ok(save(desk, 1, 3, desk->doc, SCHEMA_PATIENT, "{\"phone\":\"04\"}", NULL, "", NULL));
	json = record_json(desk->doc, schema_kind(SCHEMA_PATIENT), &id);
	assert_null(json_object_get(json, "concurrent"));
	json_decref(json);
	struct record_edit bad;
	struct schema_report report;
	check_code(read_json(desk, SCHEMA_PATIENT, "{\"phone\":\"1\",\"seen\":[{\"feed\":\"00\",\"seq\":1}]}",
	                   SCHEMA_CHECK_EDIT, &bad, &report),
	        ERR_INVALID);
	check_code(read_json(desk, SCHEMA_PATIENT, "{\"phone\":\"1\",\"seen\":5}", SCHEMA_CHECK_EDIT, &bad,
	                   &report),
	        ERR_INVALID);
}

static void expect_signs(struct desk *desk, const char *want)
{
	json_t *json = record_json(desk->doc, schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID);
	char *got = json_dumps(json_object_get(json, "signCodes"), JSON_COMPACT);
	assert_null(json_object_get(json, "concurrent")); /* a set is whole */
	if (strcmp(got ? got : "", want) != 0)
		fail_msg("got %s, want %s", got ? got : "nothing", want);
	free(got);
	json_decref(json);
}

/* Elements of a set come and go by themselves: two who write at once lose nothing of one another, and a form that was open takes away only what
 * it showed. */
static void elements_of_a_set(void **state)
{
	struct desk *desk = *state;
	struct crdt_doc *apart = crdt_doc_new(desk->feeds, SCHEMA_DOC_DOSSIER, crdt_doc_id(desk->doc));
	struct crdt_change first;
	check_ok(save(desk, 1, 1, desk->doc, SCHEMA_PROBLEM,
	        "{\"code\":28,\"severity\":\"actual\",\"signCodes\":[\"SS2801\",2802]}", NULL, "", &first));
	check_ok(crdt_doc_apply(apart, &first));
	expect_signs(desk, "[\"SS2801\",\"SS2802\"]");
	assert_int_equal(save(desk, 1, 2, desk->doc, SCHEMA_PROBLEM,
	                         "{\"signCodes\":[\"SS2802\",\"SS2801\"]}", NULL, "", NULL),
	        RECORD_UNCHANGED);
	/* one takes the second away and adds a third, the other, who has not seen it, adds a fourth */
	json_t *form = record_json(desk->doc, schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID);
	check_ok(save(desk, 1, 2, desk->doc, SCHEMA_PROBLEM, "{\"signCodes\":[\"SS2801\",\"SS2803\"]}", NULL,
	        "", NULL));
	check_ok(save(desk, 2, 1, apart, SCHEMA_PROBLEM, "{\"signCodes\":[\"SS2801\",\"SS2802\",\"SS2804\"]}",
	        NULL, "", NULL));
	expect_signs(desk, "[\"SS2801\",\"SS2803\",\"SS2804\"]");
	/* the form that was open since then */
	json_t *edit = json_pack(
	        "{s:[s], s:O}", "signCodes", "SS2801", "seen", json_object_get(form, "seen"));
	char *text = json_dumps(edit, 0);
	assert_int_equal(save(desk, 1, 3, desk->doc, SCHEMA_PROBLEM, text, NULL, "", NULL), RECORD_UNCHANGED);
	free(text);
	json_decref(edit);
	json_decref(form);
	/* all of it goes */
	check_ok(save(desk, 1, 3, desk->doc, SCHEMA_PROBLEM, "{\"signCodes\":null}", NULL, "", NULL));
	expect_signs(desk, "");
	crdt_doc_free(apart);
}

/* What the rules that look at the document say of an edit: the first problem; 0 for none. */
static int ruled(struct desk *desk, enum schema_kind_number kind, const char *text)
{
	struct record_edit edit;
	struct schema_report report;
	check_ok(read_json(desk, kind, text, SCHEMA_CHECK_EDIT, &edit, &report));
	references_check(desk->doc, &edit, &report);
	omaha_rules_check(desk->doc, &edit, &desk->arena, &report);
	return report.error_count ? (int)report.problems[0].code : 0;
}

#define RATE \
	"{\"problem\":\"030100000000\",\"knowledge\":1,\"behaviour\":1,\"status\":1,\"at\":\"2024-07-01T08:" \
	"00:00+02:00\"}"

/* While two different values live, what either allows is allowed; settled, the rule holds. */
static void rules_over_what_two_wrote(void **state)
{
	struct desk *desk = *state;
	struct crdt_doc *apart = crdt_doc_new(desk->feeds, SCHEMA_DOC_DOSSIER, crdt_doc_id(desk->doc));
	assert_int_equal(ruled(desk, SCHEMA_RATING, RATE), SCHEMA_PROBLEM_NOT_HERE);
	check_ok(save(desk, 1, 1, desk->doc, SCHEMA_PROBLEM,
	        "{\"code\":28,\"severity\":\"potential\",\"state\":\"closed\"}", NULL, "", NULL));
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"signs\":\"x\"}"), SCHEMA_PROBLEM_SIGNS);
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"name\":\"x\"}"), 0);
	assert_int_equal(ruled(desk, SCHEMA_RATING, RATE), SCHEMA_PROBLEM_CLOSED);
	check_ok(save(desk, 2, 1, apart, SCHEMA_PROBLEM, "{\"severity\":\"actual\",\"state\":\"open\"}", NULL,
	        "", NULL));
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"signs\":\"x\",\"signCodes\":[\"SS2801\"]}"), 0);
	assert_int_equal(ruled(desk, SCHEMA_RATING, RATE), 0);
	assert_int_equal(
	        ruled(desk, SCHEMA_PROBLEM, "{\"signCodes\":[\"SS2601\"]}"), SCHEMA_PROBLEM_SIGN_OF_OTHER);
	check_ok(save(desk, 1, 2, desk->doc, SCHEMA_PROBLEM,
	        "{\"severity\":\"actual\",\"signs\":\"x\",\"signCodes\":[\"SS2801\"]}", NULL, "asked", NULL));
	/* not as long as there are signs, nor another code while they are of this one */
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"severity\":\"potential\"}"), SCHEMA_PROBLEM_SIGNS);
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"severity\":\"potential\",\"signs\":null}"),
	        SCHEMA_PROBLEM_SIGNS);
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"code\":26}"), SCHEMA_PROBLEM_SIGN_OF_OTHER);
	assert_int_equal(
	        ruled(desk, SCHEMA_PROBLEM, "{\"severity\":\"potential\",\"signs\":null,\"signCodes\":null}"),
	        0);
	assert_int_equal(ruled(desk, SCHEMA_PROBLEM, "{\"code\":26,\"signCodes\":[\"SS2601\"]}"), 0);
	crdt_doc_free(apart);
}

static void unknown_fields_are_shown(void **state)
{
	struct desk *desk = *state;
	struct crdt_builder builder;
	struct entry_ref own = {{{1}}, 1};
	struct crdt_change change;
	struct crdt_path path;
	crdt_builder_begin(&builder, &own, SCHEMA_DOC_DOSSIER, crdt_doc_id(desk->doc), NULL, 0);
	record_path(schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID, 77, &path);
	crdt_builder_set(&builder, crdt_path_span(&path), span_text("\x05"), (struct crdt_cites){NULL, 0},
	        (struct span){NULL, 0});
	record_path(schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID, 4,
	        &path); /* an enum from a later version, and a code that is a text */
	crdt_builder_set(&builder, crdt_path_span(&path), span_text("\x2a"), (struct crdt_cites){NULL, 0},
	        (struct span){NULL, 0});
	record_path(schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID, 1, &path);
	crdt_builder_set(&builder, crdt_path_span(&path), span_text("\xa1x"), (struct crdt_cites){NULL, 0},
	        (struct span){NULL, 0});
	check_ok(crdt_builder_finish(&builder, &desk->bytes));
	desk->meta = (struct crdt_meta){.feed = own.feed, .seq = 1, .lamport = 1, .hlc = desk->hlc};
	check_ok(crdt_change_open(&change, &desk->meta, buf_span(&desk->bytes)));
	check_ok(crdt_doc_apply(desk->doc, &change));
	expect_json(record_json(desk->doc, schema_kind(SCHEMA_PROBLEM), &PROBLEM_ID),
	        "{\"code\":{\"unknown\":\"a178\"},\"id\":\"" PROBLEM_HEX
	        "\",\"kind\":\"problem\",\"severity\":42,\"unknown\":{\"77\":\"05\"}}");
	crdt_builder_close(&builder);
}

#define VISIT_JSON \
	"{\"start\":\"2024-07-01T08:15:00+02:00\",\"end\":\"2024-07-01T08:45:30+02:00\",\"nurse\":" \
	"\"6e757273650a\",\"done\":[\"000102030405\"]," \
	"\"vitals\":{\"temp\":\"36.8\",\"sys\":132,\"gluc\":1.4},\"note\":\"RAS\",\"billable\":true," \
	"\"place\":\"practice\"}"

static void events_there_and_back(void **state)
{
	struct desk *desk = *state;
	struct crdt_change change;
	struct crdt_op op;
	int64_t when_s;
	check_ok(save(desk, 1, 1, desk->doc, SCHEMA_VISIT, VISIT_JSON, NULL, "", &change));
	struct crdt_ops ops = crdt_change_ops(&change);
	assert_true(crdt_ops_next(&ops, &op));
	assert_true(record_event_when(op.event_kind, op.value, &when_s) && when_s == 1719814500);
	json_t *json = record_event_json(&op, &change.meta[0]);
	json_object_del(json, "author");
	json_object_del(json, "saved");
	expect_json(json,
	        "{\"activity\":\"care\",\"billable\":true,\"done\":[\"000102030405\"],\"end\":\"2024-07-"
	        "01T08:45:30+02:00\","
	        "\"id\":\"06010000000000000000000000000000\",\"kind\":\"visit\",\"note\":\"RAS\",\"nurse\":"
	        "\"6e757273650a\",\"outcome\":\"done\",\"place\":\"practice\","
	        "\"start\":\"2024-07-01T08:15:00+02:00\",\"vitals\":{\"gluc\":\"1.40\",\"sys\":\"132\","
	        "\"temp\":\"36.8\"}}");
	struct record_id id = {{SCHEMA_VISIT, 1}}, other = {{1}};
	assert_true(crdt_doc_has_event(desk->doc, &id));
	assert_false(crdt_doc_has_event(desk->doc, &other));
}

static uint32_t all_ald(void *context, const struct record_id *patient)
{
	(void)context;
	(void)patient;
	return BILLING_ALD;
}

static void amendments_lie_over_the_visit(void **state)
{
	struct desk *desk = *state;
	struct crdt_change change;
	struct crdt_op op;
	struct schema_record visit, amendment;
	struct schema_measures measures, more;
	uint32_t unknown;
	check_ok(save(desk, 1, 1, desk->doc, SCHEMA_VISIT, VISIT_JSON, NULL, "", &change));
	struct crdt_ops ops = crdt_change_ops(&change);
	assert_true(crdt_ops_next(&ops, &op));
	struct buf kept = {0}; /* the record borrows from the bytes, which the next save replaces */
	buf_add_span(&kept, op.value);
	op.value = buf_span(&kept);
	assert_true(record_event_read(&op, &measures, &visit, &unknown));
	struct op_id cited = {{{1}}, 1, 0};
#define AMENDMENT \
	"{\"visit\":\"06010000000000000000000000000000\",\"start\":\"2024-07-01T08:15:00+02:00\",\"end\":" \
	"\"2024-07-01T09:00:00+02:00\",\"billable\":false}"
	check_code(
	        save(desk, 1, 2, desk->doc, SCHEMA_VISIT_AMENDMENT, AMENDMENT, NULL, "", NULL), ERR_INVALID);
	check_code(save(desk, 1, 2, desk->doc, SCHEMA_VISIT_AMENDMENT, AMENDMENT, &cited, "", NULL),
	        ERR_INVALID);
	check_ok(save(desk, 1, 2, desk->doc, SCHEMA_VISIT_AMENDMENT, AMENDMENT, &cited, "oubli", &change));
	ops = crdt_change_ops(&change);
	assert_true(crdt_ops_next(&ops, &op));
	assert_true(record_event_read(&op, &more, &amendment, &unknown));
	assert_int_equal(unknown, 0);
	struct entry_hash header = {{4}}, second = {{5}};
	struct record_id patient = crdt_doc_id(desk->doc), elsewhere = {{8}};
	struct book_event first = {.record = &visit, .patient = patient, .header = header, .hlc = 1};
	struct book_event again = {.record = &visit,
	        .patient = patient,
	        .header = second,
	        .hlc = 2}; /* imported on another device */
	struct book_event over = {.record = &amendment, .patient = patient, .header = second, .hlc = 3};
	struct book_event stray = {.record = &amendment, .patient = elsewhere, .header = second, .hlc = 4};
	struct billing_visit *bills;
	uint32_t bill_count;
	struct book *book = book_new();
	book_add(book, &again);
	book_add(book, &first);
	book_finish(book, NULL, NULL, &desk->arena, &bills, &bill_count);
	assert_int_equal(bill_count, 1);
	assert_int_equal(money_minutes(bills[0].item.start_s, bills[0].item.end_s), 30);
	assert_int_equal(bills[0].flags, BILLING_BILLABLE | BILLING_NO_PRESCRIPTION);
	assert_int_equal(bills[0].item.offset_minutes, 120);
	assert_memory_equal(&bills[0].item.header, &header, 32);
	assert_memory_equal(bills[0].item.nurse.bytes, "nurse\n", 6);
	book_add(book, &stray);
	book_add(book, &over);
	book_finish(book, all_ald, NULL, &desk->arena, &bills, &bill_count);
	assert_int_equal(bill_count, 1); /* an amendment without its visit makes none */
	assert_int_equal(money_minutes(bills[0].item.start_s, bills[0].item.end_s), 45);
	assert_int_equal(bills[0].flags, BILLING_ALD | BILLING_NO_PRESCRIPTION);
	assert_memory_equal(&bills[0].item.header, &second, 32);
	book_free(book);
	json_t *json = record_event_json(&op, change.meta);
	assert_string_equal(json_string_value(json_object_get(json, "reason")), "oubli");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "corrects"), "seq")), 1);
	json_decref(json);
	buf_close(&kept);
}

static void bad_json_is_named(void **state)
{
	struct desk *desk = *state;
	static const struct {
		const char *json;
		enum schema_problem_code code;
	} CASES[] = {{"{\"colour\":1}", SCHEMA_PROBLEM_UNKNOWN_FIELD},
	        {"{\"code\":\"x\"}", SCHEMA_PROBLEM_WRONG_TYPE},
	        {"{\"code\":\"TG28\"}", SCHEMA_PROBLEM_WRONG_TYPE},
	        {"{\"code\":33}", SCHEMA_PROBLEM_OMAHA_RETIRED}, {"{\"code\":60}", SCHEMA_PROBLEM_OMAHA_CODE},
	        {"{\"signCodes\":[\"SS9999\"]}", SCHEMA_PROBLEM_OMAHA_CODE},
	        {"{\"signCodes\":[\"PB28\"]}", SCHEMA_PROBLEM_WRONG_TYPE},
	        {"{\"signCodes\":\"SS2801\"}", SCHEMA_PROBLEM_WRONG_TYPE},
	        {"{\"signCodes\":[\"SS2801\",2801]}", SCHEMA_PROBLEM_DUPLICATE},
	        {"{\"signCodes\":[]}", SCHEMA_PROBLEM_EMPTY}, {"{\"code\":33.5}", SCHEMA_PROBLEM_WRONG_TYPE},
	        {"{\"code\":100}", SCHEMA_PROBLEM_RANGE}, {"{\"code\":null}", SCHEMA_PROBLEM_REQUIRED},
	        {"{\"severity\":\"bad\"}", SCHEMA_PROBLEM_CHOICE},
	        {"{\"severity\":1}", SCHEMA_PROBLEM_WRONG_TYPE}, {"{\"name\":\"\"}", SCHEMA_PROBLEM_EMPTY},
	        {"{}", SCHEMA_PROBLEM_NOTHING}, {"[]", SCHEMA_PROBLEM_NOTHING}};
	struct record_edit edit;
	struct schema_report report;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		check_code(read_json(desk, SCHEMA_PROBLEM, CASES[i].json, SCHEMA_CHECK_EDIT, &edit, &report),
		        ERR_INVALID);
		if (report.problems[0].code != CASES[i].code)
			fail_msg("%s: %d", CASES[i].json, (int)report.problems[0].code);
	}
	static const char *const BAD[] = {"{\"vitals\":{\"temp\":\"36.85\"}}", "{\"vitals\":{\"iq\":1}}",
	        "{\"vitals\":{\"temp\":\"x\"}}", "{\"vitals\":[]}", "{\"vitals\":{\"kg\":1e300}}",
	        "{\"done\":[\"00\"]}", "{\"done\":[1]}", "{\"start\":\"2024-07-01\"}", "{\"start\":5}",
	        "{\"billable\":1}", "{\"nurse\":\"zz0102030405\"}", "{\"rate\":\"000102030405\"}"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		check_code(
		        read_json(desk, SCHEMA_VISIT, BAD[i], SCHEMA_CHECK_NEW, &edit, &report), ERR_INVALID);
		if (report.problems[0].code != SCHEMA_PROBLEM_WRONG_TYPE)
			fail_msg("%s: %d", BAD[i], (int)report.problems[0].code);
	}
	static const char *const UNITS[] = {"{\"vitals\":{\"temp\":\"1e3\"}}",
	        "{\"vitals\":{\"gluc\":\"5.5 mol\"}}", "{\"vitals\":{\"kg\":\"3450 g\"}}"};
	for (size_t i = 0; i < sizeof(UNITS) / sizeof(*UNITS); i++) {
		check_code(read_json(desk, SCHEMA_VISIT, UNITS[i], SCHEMA_CHECK_NEW, &edit, &report),
		        ERR_INVALID);
		assert_int_equal(report.problems[0].code, SCHEMA_PROBLEM_UNIT);
	}
	check_code(read_json(desk, SCHEMA_LOT, "{\"month\":202403,\"lot\":\"00\"}", SCHEMA_CHECK_NEW, &edit,
	                   &report),
	        ERR_INVALID);
}

static void offsets_at_the_change_of_clocks(void **state)
{
	struct desk *desk = *state;
	static const struct {
		const char *start, *end;
		size_t bytes; /* of both values */
	} CASES[] = {
	        {"2024-10-27T02:50:00+02:00", "2024-10-27T02:10:00+01:00", 6}, /* a night round: 20 minutes */
	        {"2024-07-01T08:00:00+02:00", "2024-07-01T08:20:00+02:00", 6},
	        {"2024-07-01T08:00:00+02:00", "2024-07-01T08:20:07+02:00", 8}, /* with seconds */
	        {"2024-07-01T08:00:00+04:00", "2024-07-01T08:20:00+04:00", 9}, /* La Réunion */
	        {"2024-07-01T08:00:00+02:00", "2024-07-01T07:20:00+01:00", 8}};
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		char text[200];
		struct record_edit edit;
		struct schema_report report;
		struct schema_record back = {.kind = schema_kind(SCHEMA_VISIT)};
		struct schema_measures measures;
		struct buf bytes = {0};
		uint32_t unknown;
		snprintf(text, sizeof(text), "{\"start\":\"%s\",\"end\":\"%s\"}", CASES[i].start,
		        CASES[i].end);
		read_json(desk, SCHEMA_VISIT, text, SCHEMA_CHECK_EDIT, &edit, &report);
		schema_event_put(&edit.record, &bytes);
		assert_int_equal(bytes.size, 3 + CASES[i].bytes);
		schema_event_get(&back, buf_span(&bytes), &measures, &unknown);
		assert_int_equal(unknown, 0);
		for (uint32_t field = 0; field < 2; field++) {
			assert_int_equal(back.values[field].number, edit.record.values[field].number);
			assert_int_equal(
			        back.values[field].offset_minutes, edit.record.values[field].offset_minutes);
		}
		buf_close(&bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(registers_there_and_back, setup, teardown),
	        cmocka_unit_test_setup_teardown(concurrent_values_stay, setup, teardown),
	        cmocka_unit_test_setup_teardown(an_edit_of_an_older_state, setup, teardown),
	        cmocka_unit_test_setup_teardown(elements_of_a_set, setup, teardown),
	        cmocka_unit_test_setup_teardown(rules_over_what_two_wrote, setup, teardown),
	        cmocka_unit_test_setup_teardown(unknown_fields_are_shown, setup, teardown),
	        cmocka_unit_test_setup_teardown(events_there_and_back, setup, teardown),
	        cmocka_unit_test_setup_teardown(amendments_lie_over_the_visit, setup, teardown),
	        cmocka_unit_test_setup_teardown(bad_json_is_named, setup, teardown),
	        cmocka_unit_test_setup_teardown(offsets_at_the_change_of_clocks, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
