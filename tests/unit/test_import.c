#include "tests/lib/check.h"

#include <string.h>

#include "crdt/change.h"
#include "node/import.h"
#include "node/json_line.h"
#include "node/narrative.h"
#include "node/record.h"
#include "node/schema/moment.h"
#include "tests/lib/golden.h"

#define AT ",\"at\":1617872415,\"by\":8"
#define EVAL \
	"{\"t\":\"eval\",\"id\":\"m2rx\"" AT \
	",\"patient\":\"xnbj\",\"problem\":\"e1mb\",\"k\":3,\"b\":1,\"s\":5}"
#define VISIT_HEAD \
	"{\"t\":\"visit\",\"id\":\"mxjp\"" AT ",\"patient\":\"qtza\",\"nurse\":\"n06\",\"start\":" \
	"1610952900,"
#define VISIT \
	VISIT_HEAD "\"end\":1610953980,\"place\":\"cabinet\",\"done\":[\"xk54\",\"84en\"],\"vitals\":{" \
	           "\"temp\":36.8,\"sys\":132},\"note\":\"EVA 3/10\"}"

static const struct team_id TEAM = {{7}};

struct reader {
	struct import *import;
	struct import_line line;
	char why[200];
	void *copy; /* of the last line, on the heap, so that the sanitizer sees a read past its end */
};

static int setup(void **state)
{
	struct reader *reader = mem_zero(1, sizeof(*reader));
	reader->import = import_new(&TEAM);
	*state = reader;
	return 0;
}

static int teardown(void **state)
{
	struct reader *reader = *state;
	import_free(reader->import);
	mem_free(reader->copy);
	mem_free(reader);
	return 0;
}

static int read_line(struct reader *reader, const char *line)
{
	mem_free(reader->copy);
	reader->copy = mem_copy(line, strlen(line));
	int result = import_read(reader->import, span_of(reader->copy, strlen(line)), &reader->line);
	import_reason(reader->import, SCHEMA_EN, reader->why, sizeof(reader->why));
	return result;
}

static void refused(struct reader *reader, const char *line, const char *why)
{
	int result = read_line(reader, line);
	if (result >= 0)
		fail_msg("taken: %s", line);
	if (strcmp(reader->why, why) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", line, reader->why, why);
}

static const struct schema_value *value_of(const struct reader *reader, uint32_t record, const char *field)
{
	const struct schema_record *at = import_record(reader->import, record);
	assert_non_null(at);
	return schema_value(at, schema_field_named(at->kind, span_text(field))->number);
}

static void a_visit(void **state)
{
	struct reader *reader = *state;
	struct span line = span_text(VISIT);
	check_ok(import_read(reader->import, line, &reader->line));
	struct record_id patient = import_id(&TEAM, "patient", span_text("qtza"));
	struct record_id visit = import_id(&TEAM, "visit", span_text("mxjp"));
	struct record_id nurse = import_id(&TEAM, "nurse", span_text("n06")),
	                 author = import_id(&TEAM, "nurse", span_text("n08"));
	struct record_id done = import_id(&TEAM, "int", span_text("84en"));
	assert_int_equal(reader->line.type, IMPORT_VISIT);
	assert_int_equal(reader->line.doc_kind, SCHEMA_DOC_DOSSIER);
	assert_int_equal(reader->line.at_s, 1617872415);
	assert_memory_equal(&reader->line.doc_id, &patient, 16);
	assert_memory_equal(&reader->line.mark, &visit, 16);
	assert_memory_equal(&reader->line.author, &author, 16);
	assert_int_equal(reader->line.record_count, 1);
	check_span(value_of(reader, 0, "nurse")->bytes, span_of(nurse.bytes, SCHEMA_SHORT_BYTES));
	assert_int_equal(value_of(reader, 0, "end")->number, 1610953980);
	assert_int_equal(value_of(reader, 0, "end")->offset_minutes, 60);
	assert_int_equal(value_of(reader, 0, "place")->number, 2);
	assert_int_equal(value_of(reader, 0, "done")->bytes.size, 12);
	check_span(
	        span_sub(value_of(reader, 0, "done")->bytes, 6, 6), span_of(done.bytes, SCHEMA_SHORT_BYTES));
	const struct schema_value *vitals = value_of(reader, 0, "vitals");
	assert_int_equal(vitals->measure_count, 2);
	assert_int_equal(vitals->measures[0].vital, 1); /* ascending, though given the other way round */
	assert_int_equal(vitals->measures[1].value, 368);
	check_span(value_of(reader, 0, "note")->bytes, span_text("EVA 3/10"));
}

static void the_bytes_of_a_visit(void **state)
{
	struct reader *reader = *state;
	struct crdt_builder builder;
	struct entry_ref own = {{{1}}, 5};
	struct buf bytes = {0};
	check_ok(import_read(reader->import, span_text(VISIT), &reader->line));
	crdt_builder_begin(&builder, &own, reader->line.doc_kind, reader->line.doc_id, NULL, 0);
	check_ok(import_write(reader->import, NULL, &builder));
	check_ok(crdt_builder_finish(&builder, &bytes));
	golden_check("node/import-visit.hex", buf_span(&bytes));
	crdt_builder_close(&builder);
	buf_close(&bytes);
}

static void the_other_lines(void **state)
{
	struct reader *reader = *state;
	check_ok(read_line(reader,
	        "{\"t\":\"nurse\",\"id\":\"n00\"" AT ",\"lastName\":\"Robert\",\"firstName\":\"Monique\","
	        "\"rpps\":\"12924270895\",\"phone\":\"0600009214\"}\n"));
	assert_int_equal(reader->line.doc_kind, SCHEMA_DOC_DIRECTORY);
	assert_int_equal(reader->line.record_count, 2); /* the person and the mark */
	struct record_id person = import_id(&TEAM, "nurse", span_text("n00"));
	assert_memory_equal(&import_record(reader->import, 0)->id, &person, 16);
	assert_int_equal(import_record(reader->import, 1)->kind->number, SCHEMA_IMPORT_MARK);

	check_ok(read_line(reader,
	        "{\"t\":\"patient\",\"id\":\"bafx\"" AT
	        ",\"lastName\":\"Martin\",\"firstName\":\"Lucienne\",\"sex\":\"F\",\"birthDate\":\"1951-01-"
	        "26\",\"email\":\"\",\"gir\":2}"));
	assert_memory_equal(&reader->line.doc_id, &import_record(reader->import, 0)->id, 16);
	assert_int_equal(import_record(reader->import, 0)->count, 5); /* an empty text is no value */

	check_ok(read_line(reader,
	        "{\"t\":\"problem\",\"id\":\"c5q6\"" AT
	        ",\"patient\":\"bafx\",\"code\":33,\"actual\":\"potentiel\",\"k\":1,\"b\":4,\"s\":3,"
	        "\"interventions\":[{\"id\":\"mad6\",\"cat\":\"surveillance\",\"target\":\"x\",\"how\":\"3x/"
	        "sem\"},{\"id\":\"v14t\",\"cat\":\"gestion de cas\",\"target\":\"y\"}]}"));
	assert_int_equal(reader->line.record_count, 4); /* problem, two items, first rating */
	assert_int_equal(import_record(reader->import, 3)->kind->number, SCHEMA_RATING);
	assert_int_equal(value_of(reader, 3, "behaviour")->number, 4);
	check_span(value_of(reader, 2, "problem")->bytes,
	        span_of(import_record(reader->import, 0)->id.bytes, 6));
	assert_int_equal(value_of(reader, 1, "category")->number, 4);

	check_ok(read_line(reader, EVAL));
	assert_int_equal(value_of(reader, 0, "status")->number, 5);
	check_ok(read_line(reader,
	        "{\"t\":\"set\",\"id\":\"hwvs\"" AT
	        ",\"patient\":\"s8mb\",\"field\":\"mobile\",\"value\":\"0638375406\"}"));
	check_span(value_of(reader, 0, "mobile")->bytes, span_text("0638375406"));
	check_ok(read_line(reader,
	        "{\"t\":\"set\",\"id\":\"hwvt\"" AT ",\"patient\":\"s8mb\",\"field\":\"gir\",\"value\":3}"));
	assert_int_equal(value_of(reader, 0, "gir")->number, 3);
	check_ok(read_line(reader,
	        "{\"t\":\"addint\",\"id\":\"s2pa\"" AT
	        ",\"patient\":\"3dxa\",\"problem\":\"rse8\",\"int\":{\"id\":\"nxty\",\"cat\":"
	        "\"surveillance\",\"target\":\"z\",\"how\":\"si besoin\"}}"));
	struct record_id item = import_id(&TEAM, "int", span_text("nxty")),
	                 mark = import_id(&TEAM, "addint", span_text("s2pa"));
	assert_memory_equal(&import_record(reader->import, 0)->id, &item, 16);
	assert_memory_equal(&reader->line.mark, &mark, 16);
	assert_int_equal(read_line(reader, " \r\n"), IMPORT_EMPTY);
}

static void texts_are_unescaped_and_normalized(void **state)
{
	struct reader *reader = *state;
	struct span line = span_text(
	        VISIT_HEAD "\"end\":1610953980,\"note\":\"e\\u0301\\n\\\"\\u00e9\\ud83d\\ude00 e\xcc\x81 "
	                   "\xe2\x80\x99\\/\"}");
	check_ok(import_read(reader->import, line, &reader->line));
	check_span(value_of(reader, 0, "note")->bytes,
	        span_text("\xc3\xa9\n\"\xc3\xa9\xf0\x9f\x98\x80 \xc3\xa9 \xe2\x80\x99/"));
}

static void lines_that_are_not_json(void **state)
{
	struct reader *reader = *state;
	refused(reader, "x", "this is not JSON");
	refused(reader, "[]", "the value is not of the expected type");
	refused(reader, "{", "the line is cut off");
	refused(reader, "{}", "the line does not begin with \xe2\x80\x9ct\xe2\x80\x9d");
	refused(reader, EVAL "x", "s: there is text after the end");
	refused(reader, "{\"t\":\"eval\",}", "this is not JSON");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"note\":\"a\tb\"}",
	        "note: a text is not valid UTF-8");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"note\":\"\xff\"}",
	        "note: a text is not valid UTF-8");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"note\":\"\xc3\"}",
	        "note: a text is not valid UTF-8");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"note\":\"\\ud800\"}",
	        "note: a text is not valid UTF-8");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"note\":\"\\u0000\"}",
	        "note: a text is not valid UTF-8");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"note\":\"\\x\"}", "note: this is not JSON");
	refused(reader, VISIT_HEAD "\"end\":01610953980}", "end: this is not JSON");
	refused(reader, VISIT_HEAD "\"end\":1e9}", "end: the number is out of bounds");
	refused(reader, VISIT_HEAD "\"end\":12345678901234567890}", "end: the number is out of bounds");
	refused(reader, VISIT_HEAD "\"end\":1.5}", "end: the number is out of bounds");
	refused(reader, VISIT_HEAD "\"end\":\"1610953980\"}", "end: the value is not of the expected type");
	refused(reader, VISIT_HEAD "\"end\":null}", "end: the value is not of the expected type");
}

static void lines_that_are_not_ours(void **state)
{
	struct reader *reader = *state;
	refused(reader, "{\"id\":\"x\",\"t\":\"eval\"}",
	        "the line does not begin with \xe2\x80\x9ct\xe2\x80\x9d");
	refused(reader, "{\"t\":\"dose\",\"id\":\"x\"}", "this type of line is not known");
	refused(reader, VISIT_HEAD "\"colour\":1}", "start: a field is not known");
	refused(reader, VISIT_HEAD "\"start\":1610952900}", "start: a field is given twice");
	refused(reader, VISIT_HEAD "\"note\":\"\"}", "end: this field is missing");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"vitals\":{\"sys\":1,\"sys\":2}}",
	        "vitals: a field is given twice");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"vitals\":{\"iq\":1}}",
	        "vitals: a field is not known");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"vitals\":{\"temp\":36.85}}",
	        "vitals: the number is out of bounds");
	refused(reader, VISIT_HEAD "\"end\":1610953980,\"done\":[\"a\",\"a\"]}",
	        "\xe2\x80\x9cInterventions done\xe2\x80\x9d contains the same element twice.");
	refused(reader, VISIT_HEAD "\"end\":1610952900}",
	        "\xe2\x80\x9c"
	        "End\xe2\x80\x9d is not after the start.");
	refused(reader, VISIT_HEAD "\"end\":1611952900}",
	        "\xe2\x80\x9c"
	        "End\xe2\x80\x9d is more than 24 hours after the start.");
	refused(reader,
	        "{\"t\":\"set\",\"id\":\"h\"" AT ",\"patient\":\"s\",\"field\":\"nothing\",\"value\":\"x\"}",
	        "field: this field cannot be edited in this way");
	refused(reader,
	        "{\"t\":\"set\",\"id\":\"h\"" AT ",\"patient\":\"s\",\"field\":\"lastName\",\"value\":\"\"}",
	        "value: this field cannot be edited in this way");
	refused(reader,
	        "{\"t\":\"eval\",\"id\":\"\"" AT
	        ",\"patient\":\"x\",\"problem\":\"e\",\"k\":3,\"b\":1,\"s\":1}",
	        "id: this is not an identifier");
	refused(reader, "{\"t\":\"eval\",\"id\":\"m\",\"at\":1,\"by\":100,\"patient\":\"x\"}",
	        "by: the number is out of bounds");
	check_ok(read_line(reader, EVAL)); /* a bad line leaves nothing behind */
	assert_int_equal(reader->line.record_count, 1);
}

static void every_cut_and_every_changed_byte(void **state)
{
	struct reader *reader = *state;
	char line[512];
	for (size_t size = 1; size < strlen(VISIT); size++) {
		memcpy(line, VISIT, size);
		line[size] = '\0';
		if (read_line(reader, line) >= 0)
			fail_msg("cut at %zu: taken", size);
	}
	memcpy(line, VISIT, sizeof(VISIT));
	for (size_t at = 0; at < strlen(VISIT); at++)
		for (unsigned byte = 1; byte < 256; byte++) {
			line[at] = (char)byte;
			if (read_line(reader, line) == 0)
				assert_int_equal(reader->line.record_count, 1);
			line[at] = VISIT[at];
		}
}

/* Take a line into a document, made by the first one. */
static void take_line(struct reader *reader, struct crdt_feeds *feeds, struct crdt_doc **doc, uint64_t seq,
        const char *text)
{
	struct crdt_builder builder;
	struct crdt_change change;
	struct entry_ref own = {{{1}}, seq};
	struct crdt_meta meta = {
	        .feed = own.feed, .seq = seq, .lamport = seq, .hlc = (UINT64_C(1617872415000) << 16) + seq};
	struct buf bytes = {0};
	check_ok(read_line(reader, text));
	if (!*doc)
		*doc = crdt_doc_new(feeds, reader->line.doc_kind, reader->line.doc_id);
	assert_false(crdt_doc_has_event(*doc, &reader->line.mark));
	crdt_builder_begin(&builder, &own, reader->line.doc_kind, reader->line.doc_id, NULL, 0);
	check_ok(import_write(reader->import, *doc, &builder));
	check_ok(crdt_builder_finish(&builder, &bytes));
	check_ok(crdt_change_open(&change, &meta, buf_span(&bytes)));
	check_ok(crdt_doc_apply(*doc, &change));
	crdt_builder_close(&builder);
	buf_close(&bytes);
}

static void importing_twice_is_noticed(void **state)
{
	struct reader *reader = *state;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = NULL;
	take_line(reader, feeds, &doc, 1, EVAL);
	check_ok(import_read(reader->import, span_text(EVAL), &reader->line));
	assert_true(crdt_doc_has_event(doc, &reader->line.mark));
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

static void check_narrative(const struct crdt_doc *doc, enum schema_kind_number kind,
        const struct record_id *id, const char *want)
{
	struct buf text = {0};
	struct crdt_path path;
	struct crdt_value value;
	uint32_t field = kind == SCHEMA_PATIENT ? 34 : 5;
	record_path(schema_kind(kind), id, field, &path);
	narrative_read(doc, crdt_path_span(&path), &text);
	check_span(buf_span(&text), span_text(want));
	assert_false(crdt_doc_get(doc, crdt_path_span(&path), &value));
	buf_close(&text);
}

static void running_texts_are_texts(void **state)
{
	struct reader *reader = *state;
	struct crdt_feeds *feeds = crdt_feeds_new();
	struct crdt_doc *doc = NULL;
	take_line(reader, feeds, &doc, 1,
	        "{\"t\":\"patient\",\"id\":\"bafx\"" AT
	        ",\"lastName\":\"Martin\",\"firstName\":\"Lucienne\",\"history\":\"HTA, diabe\\u0300te\"}");
	struct record_id patient = crdt_doc_id(doc);
	check_narrative(doc, SCHEMA_PATIENT, &patient, "HTA, diab\xc3\xa8te");
	take_line(reader, feeds, &doc, 2,
	        "{\"t\":\"problem\",\"id\":\"c5q6\"" AT
	        ",\"patient\":\"bafx\",\"code\":33,\"actual\":\"réel\","
	        "\"signs\":\"TA élevée\",\"k\":1,\"b\":4,\"s\":3}");
	check_narrative(doc, SCHEMA_PROBLEM, &import_record(reader->import, 0)->id, "TA élevée");
	take_line(reader, feeds, &doc, 3,
	        "{\"t\":\"set\",\"id\":\"s1\"" AT
	        ",\"patient\":\"bafx\",\"field\":\"history\",\"value\":\"HTA, fracture\"}");
	check_narrative(doc, SCHEMA_PATIENT, &patient, "HTA, fracture");
	take_line(reader, feeds, &doc, 4,
	        "{\"t\":\"set\",\"id\":\"s2\"" AT
	        ",\"patient\":\"bafx\",\"field\":\"history\",\"value\":\"\"}");
	check_narrative(doc, SCHEMA_PATIENT, &patient, "");
	crdt_doc_free(doc);
	crdt_feeds_free(feeds);
}

static void lines_of_a_buffer(void **state)
{
	(void)state;
	struct span rest = span_text("a\n\nbc\nd"), line;
	assert_true(import_next_line(&rest, &line));
	check_span(line, span_text("a\n"));
	assert_true(import_next_line(&rest, &line) && line.size == 1);
	assert_true(import_next_line(&rest, &line) && line.size == 3);
	assert_false(import_next_line(&rest, &line));
	check_span(rest, span_text("d"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_visit, setup, teardown),
	        cmocka_unit_test_setup_teardown(the_bytes_of_a_visit, setup, teardown),
	        cmocka_unit_test_setup_teardown(the_other_lines, setup, teardown),
	        cmocka_unit_test_setup_teardown(texts_are_unescaped_and_normalized, setup, teardown),
	        cmocka_unit_test_setup_teardown(lines_that_are_not_json, setup, teardown),
	        cmocka_unit_test_setup_teardown(lines_that_are_not_ours, setup, teardown),
	        cmocka_unit_test_setup_teardown(every_cut_and_every_changed_byte, setup, teardown),
	        cmocka_unit_test_setup_teardown(importing_twice_is_noticed, setup, teardown),
	        cmocka_unit_test_setup_teardown(running_texts_are_texts, setup, teardown),
	        cmocka_unit_test(lines_of_a_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
