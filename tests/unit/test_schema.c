#include "tests/lib/check.h"

#include <jansson.h>

#include "node/schema/check.h"
#include "node/schema/identifiers.h"
#include "node/schema/moment.h"
#include "node/schema/schema_json.h"
#include "tests/lib/golden.h"

static json_t *identifiers_file(void)
{
	json_error_t error;
	json_t *file = json_load_file(DATA_DIR "/identifiers.json", JSON_REJECT_DUPLICATES, &error);
	if (!file)
		fail_msg("identifiers.json: %s", error.text);
	return file;
}

static struct span text_of(const json_t *value)
{
	return span_text(json_string_value(value));
}

/* What stands beside the fields of a record in its JSON. */
static bool is_taken(const char *name)
{
	static const char *const TAKEN[] = {"id", "kind", "on", "author", "saved", "seen", "concurrent",
	        "corrects", "corrected", "reason", "unknown", "unknownFields", "fields"};
	for (size_t i = 0; i < sizeof(TAKEN) / sizeof(*TAKEN); i++)
		if (strcmp(TAKEN[i], name) == 0)
			return true;
	return false;
}

static void tables_are_consistent(void **state)
{
	(void)state;
	uint32_t kind_count;
	const struct schema_kind *kinds = schema_kinds(&kind_count);
	assert_true(kind_count >= 11);
	for (uint32_t k = 0; k < kind_count; k++) {
		const struct schema_kind *kind = &kinds[k];
		assert_true(kind->number >= 1 && (uint32_t)kind->number <= SCHEMA_KIND_MAX);
		assert_ptr_equal(schema_kind(kind->number), kind);
		assert_ptr_equal(schema_kind_named(span_text(kind->name)), kind);
		assert_non_null(schema_doc(kind->doc));
		assert_true(kind->field_count <= SCHEMA_FIELDS_MAX);
		assert_true(kind->label.fr && kind->label.en);
		for (uint32_t f = 0; f < kind->field_count; f++) {
			const struct schema_field *field = &kind->fields[f];
			assert_true(field->number >= 1 && field->number < 128); /* one byte in MessagePack */
			assert_true(f == 0 || field->number > field[-1].number);
			assert_ptr_equal(schema_field_named(kind, span_text(field->name)), field);
			assert_true(field->label.fr && field->label.en);
			assert_false(is_taken(field->name));
			assert_true((field->type == SCHEMA_ENUM) == (field->choices != NULL));
			assert_true((kind->shape == SCHEMA_EVENT) == (field->class == SCHEMA_FACT));
			if (field->type == SCHEMA_AFTER)
				assert_int_equal(schema_field(kind, field->base)->type, SCHEMA_INSTANT);
			if (field->type == SCHEMA_TEXT || field->type == SCHEMA_BYTES)
				assert_true(field->max > 0);
			if (field->ref_kind)
				assert_non_null(schema_kind(field->ref_kind));
			if (field->type == SCHEMA_DATE && field->base)
				assert_int_equal(schema_field(kind, field->base)->type, SCHEMA_DATE);
			if (field->preset && field->choices)
				assert_non_null(schema_choice(field, (uint32_t)field->preset));
		}
	}
	assert_null(schema_kind(200));
	assert_null(schema_field_named(schema_kind(SCHEMA_VISIT), span_text("no such field")));
}

/* Numbers stand in signed changes: a row may be added, none may change. Labels may. */
static void numbers_are_as_they_were(void **state)
{
	(void)state;
	json_t *json = schema_json(), *kind, *field, *choice;
	struct buf text = {0};
	size_t i, j, k;
	json_array_foreach(json_object_get(json, "kinds"), i, kind)
	{
		json_object_del(kind, "label");
		json_array_foreach(json_object_get(kind, "fields"), j, field)
		{
			json_object_del(field, "label");
			json_array_foreach(json_object_get(field, "choices"), k, choice)
			        json_object_del(choice, "label");
		}
	}
	json_array_foreach(json_object_get(json, "vitals"), i, kind) json_object_del(kind, "label");
	json_array_foreach(json_object_get(json, "documents"), i, kind) json_object_del(kind, "label");
	char *dump = json_dumps(json, JSON_COMPACT);
	assert_non_null(dump);
	buf_add(&text, dump, strlen(dump));
	golden_check("node/schema.hex", buf_span(&text));
	free(dump);
	buf_close(&text);
	json_decref(json);
}

static void identifiers_of_the_file(void **state)
{
	(void)state;
	json_t *file = identifiers_file(), *item;
	size_t i, seen = 0;
	bool luhn_ok;
	json_array_foreach(json_object_get(file, "nirValid"), i, item)
	{
		check_ok(identifiers_ins(text_of(item)));
		check_ok(identifiers_ins(span_sub(text_of(item), 0, 13)));
		seen++;
	}
	json_array_foreach(json_object_get(file, "nirInvalid"), i, item)
	{
		check_code(identifiers_ins(text_of(item)), ERR_CHECKDIGIT);
		seen++;
	}
	json_array_foreach(json_object_get(file, "finessValidLuhn"), i, item)
	{
		check_ok(identifiers_finess(text_of(json_array_get(item, 0))));
		seen++;
	}
	json_array_foreach(json_object_get(file, "rppsPublicSamplesFailLuhn"), i, item)
	{
		check_ok(identifiers_rpps(text_of(json_array_get(item, 0)), &luhn_ok));
		assert_false(luhn_ok);
		seen++;
	}
	static const char *const oids[] = {"INS-NIR", "INS-NIA", "INS-NIR-TEST", "INS-NIR-DEMO"};
	const struct schema_field *kind = schema_field_named(
	        schema_kind(SCHEMA_PATIENT), span_text("insOid"));
	for (size_t n = 0; n < sizeof(oids) / sizeof(*oids); n++) {
		const struct schema_choice *choice = schema_choice_named(kind, span_text(oids[n]));
		assert_non_null(choice);
		assert_string_equal(identifiers_ins_oid(choice->number),
		        json_string_value(json_object_get(json_object_get(file, "oids"), oids[n])));
	}
	assert_null(identifiers_ins_oid(0));
	assert_null(identifiers_ins_oid(5));
	assert_int_equal(seen, 17);
	json_decref(file);
}

static void identifiers_refuse(void **state)
{
	(void)state;
	bool luhn_ok;
	check_code(identifiers_ins(span_text("")), ERR_INVALID);
	check_code(identifiers_ins(span_text("26905495881578")), ERR_INVALID); /* 14 characters */
	check_code(identifiers_ins(span_text("269054958815A80")), ERR_INVALID);
	check_code(identifiers_ins(span_text("253072C00400377")), ERR_INVALID); /* no department 2C */
	check_code(identifiers_ins(span_text("969054958815780")), ERR_INVALID);
	check_code(identifiers_ins(span_text("2690549588157X0")), ERR_INVALID);
	check_code(identifiers_rpps(span_text("1010272701"), &luhn_ok), ERR_INVALID);
	check_code(identifiers_finess(span_text("350005178")), ERR_CHECKDIGIT);
	check_ok(identifiers_cip13(span_text("3400930000007")));
	check_code(identifiers_cip13(span_text("3400930000008")), ERR_CHECKDIGIT);
	check_code(identifiers_cip13(span_text("5000930000007")), ERR_INVALID);
	check_ok(identifiers_commune(span_text("2A004")));
	check_code(identifiers_commune(span_text("3A004")), ERR_INVALID);
	check_ok(identifiers_mssante(span_text("lea.martin@inf.mssante.fr")));
	check_code(identifiers_mssante(span_text("@inf.mssante.fr")), ERR_INVALID);
	check_code(identifiers_mssante(span_text("lea@.mssante.fr")), ERR_INVALID);
	check_code(identifiers_mssante(span_text("lea@exemple.fr")), ERR_INVALID);
	check_ok(identifiers_adeli(span_text("356012345")));
	check_code(identifiers_adeli(span_text("35601234")), ERR_INVALID);
	check_code(identifiers_finess(span_text("35000517")), ERR_INVALID);
	check_code(identifiers_mssante(span_text("lea martin@inf.mssante.fr")), ERR_INVALID);
}

static bool has(const struct schema_report *report, enum schema_problem_code code, const char *field);

/* What the table says of each field is what is checked when somebody types. */
static void identifiers_are_checked_where_they_stand(void **state)
{
	static const struct {
		enum schema_kind_number kind;
		const char *field, *bad, *good;
		enum schema_problem_code code;
	} CASES[] = {{SCHEMA_PERSON, "adeli", "35601234", "356012345", SCHEMA_PROBLEM_ADELI_FORM},
	        {SCHEMA_PERSON, "mssante", "lea@exemple.fr", "lea@inf.mssante.fr",
	                SCHEMA_PROBLEM_MSSANTE_FORM},
	        {SCHEMA_DIRECTORY_ENTRY, "finess", "350005178", "350005179", SCHEMA_PROBLEM_FINESS_KEY},
	        {SCHEMA_DIRECTORY_ENTRY, "finess", "35000517", "580008803", SCHEMA_PROBLEM_FINESS_FORM},
	        {SCHEMA_DIRECTORY_ENTRY, "rpps", "1010272701", "10102727017", SCHEMA_PROBLEM_RPPS_FORM},
	        {SCHEMA_PRESCRIPTION_LINE, "cip13", "3400930000008", "3400930000007",
	                SCHEMA_PROBLEM_CIP13_KEY},
	        {SCHEMA_PRESCRIPTION_LINE, "cip13", "5000930000007", "3400930000007",
	                SCHEMA_PROBLEM_CIP13_FORM},
	        {SCHEMA_PATIENT, "nir", "269054958815781", "269054958815780", SCHEMA_PROBLEM_INS_KEY}};
	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct schema_report report = {0};
		const struct schema_kind *kind = schema_kind(CASES[i].kind);
		struct schema_value value = {.field = schema_field_named(kind, span_text(CASES[i].field)),
		        .bytes = span_text(CASES[i].bad)};
		schema_check_value(&value, SCHEMA_CHECK_EDIT, &report);
		assert_true(has(&report, CASES[i].code, CASES[i].field));
		report = (struct schema_report){0};
		value.bytes = span_text(CASES[i].good);
		schema_check_value(&value, SCHEMA_CHECK_EDIT, &report);
		assert_int_equal(report.error_count, 0);
	}
}

/* What only the online service can say of an identity is not typed; an import may carry it. */
static void a_typed_identity_is_provisional(void **state)
{
	const struct schema_field *field = schema_field_named(
	        schema_kind(SCHEMA_PATIENT), span_text("insStatus"));
	(void)state;
	assert_string_equal(schema_choice(field, (uint32_t)field->preset)->name, "provisoire");
	for (uint32_t number = 1; number <= 4; number++) {
		struct schema_report typed = {0}, taken = {0};
		struct schema_value value = {.field = field, .number = number};
		schema_check_value(&value, SCHEMA_CHECK_EDIT, &typed);
		schema_check_value(&value, SCHEMA_CHECK_TAKEN, &taken);
		assert_int_equal(has(&typed, SCHEMA_PROBLEM_TYPED_STATUS, "insStatus"), number > 2);
		assert_int_equal(taken.error_count, 0);
	}
}

/* The rows of a set are those of a set: of registers, of short references or codes, without a rule that asks for a reason. */
static void sets_are_what_can_be_written_so(void **state)
{
	uint32_t count, sets = 0;
	const struct schema_kind *kinds = schema_kinds(&count);
	(void)state;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < kinds[i].field_count; j++) {
			const struct schema_field *field = &kinds[i].fields[j];
			bool is_listed = field->type == SCHEMA_SHORTS || field->type == SCHEMA_CODES;
			assert_true(field->type != SCHEMA_CODES || field->is_set);
			assert_int_equal(field->is_set, is_listed && kinds[i].shape != SCHEMA_EVENT);
			assert_true(!field->is_set || field->class == SCHEMA_ORDINARY);
			assert_true(!is_listed || field->max > 0 || kinds[i].shape == SCHEMA_EVENT);
			sets += field->is_set;
		}
	assert_true(sets >= 4);
}

static void days_and_moments(void **state)
{
	(void)state;
	int64_t days;
	char day[MOMENT_DAY_TEXT_BYTES], text[MOMENT_TEXT_BYTES];
	struct moment moment;
	assert_true(moment_day_parse(span_text("1970-01-01"), &days) && days == 0);
	assert_true(moment_day_parse(span_text("2024-02-29"), &days) && days == 19782);
	assert_false(moment_day_parse(span_text("2023-02-29"), &days));
	assert_false(moment_day_parse(span_text("1900-02-29"), &days));
	assert_false(moment_day_parse(span_text("2023-2-29"), &days));
	assert_false(moment_day_parse(span_text("2023-13-01"), &days));
	for (int64_t i = -25567; i <= 84005; i++) { /* every day from 1900 to 2199, there and back */
		moment_day_text(day, i);
		if (!moment_day_parse(span_text(day), &days) || days != i)
			fail_msg("day %lld: %s", (long long)i, day);
	}
	assert_false(moment_day_parse(span_text("1899-12-31"), &days));
	assert_true(moment_parse(span_text("2024-07-01T08:15:00+02:00"), &moment));
	assert_int_equal(moment.seconds, 1719814500);
	assert_int_equal(moment.offset_minutes, 120);
	moment_text(text, moment);
	assert_string_equal(text, "2024-07-01T08:15:00+02:00");
	assert_true(moment_parse(span_text("2024-07-01 06:15Z"), &moment) && moment.seconds == 1719814500);
	assert_true(moment_parse(span_text("2024-12-31T23:30:00-03:30"), &moment));
	moment_text(text, moment);
	assert_string_equal(text, "2024-12-31T23:30:00-03:30");
	assert_int_equal(moment_local_day(moment), 20088); /* 2025 in Greenwich */
	static const char *const BAD[] = {"", "2024-07-01", "2024-07-01T08:15", "2024-07-01T24:00:00Z",
	        "2024-07-01T08:60:00Z", "2024-07-01T08:15:00+2:00", "2024-07-01T08:15:00+15:00",
	        "2024-07-01T08:15:00.5Z", "1969-12-31T23:59:59Z", "2024-07-01T08:15:0Z",
	        "2024-07-01T08:15:00Z "};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		assert_false(moment_parse(span_text(BAD[i]), &moment));
}

/* --- Checks --- */

static void put_text(struct schema_record *record, const char *name, const char *text)
{
	schema_put(record, schema_field_named(record->kind, span_text(name)))->bytes = span_text(text);
}

static void put_number(struct schema_record *record, const char *name, int64_t number)
{
	schema_put(record, schema_field_named(record->kind, span_text(name)))->number = number;
}

static struct schema_record a_visit(int64_t start, int64_t end)
{
	struct schema_record visit = {.kind = schema_kind(SCHEMA_VISIT)};
	put_number(&visit, "end", end);
	put_number(&visit, "start", start);
	put_text(&visit, "nurse", "nurse1");
	return visit;
}

static bool has(const struct schema_report *report, enum schema_problem_code code, const char *field)
{
	for (uint32_t i = 0; i < report->count; i++)
		if (report->problems[i].code == code &&
		        (!field || strcmp(report->problems[i].field->name, field) == 0))
			return true;
	return false;
}

static void visits_are_checked(void **state)
{
	(void)state;
	struct schema_report report = {0};
	struct schema_record visit = a_visit(1000000, 1000900);
	check_ok(schema_check(&visit, SCHEMA_CHECK_NEW, &report));
	assert_int_equal(report.count, 0);
	assert_int_equal(visit.values[0].field->number, 1); /* in order, though put the other way round */

	visit = a_visit(1000000, 1000000);
	check_code(schema_check(&visit, SCHEMA_CHECK_NEW, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_ORDER, "end"));
	report = (struct schema_report){0};
	visit = a_visit(1000000, 1000000 + 86401);
	check_code(schema_check(&visit, SCHEMA_CHECK_NEW, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_TOO_LONG_TIME, "end"));
	report = (struct schema_report){0};
	visit = a_visit(1000000, 1000000 + 86400);
	check_ok(schema_check(&visit, SCHEMA_CHECK_NEW, &report)); /* a warning only */
	assert_true(has(&report, SCHEMA_PROBLEM_LONG_VISIT, "end"));
	report = (struct schema_report){0};
	visit = a_visit(1000000, 1000900);
	put_text(&visit, "coNurse", "nurse1");
	put_number(&visit, "place", 99);
	put_text(&visit, "note", "");
	put_text(&visit, "done", "abcdefabcdef");
	check_code(schema_check(&visit, SCHEMA_CHECK_NEW, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_SAME_NURSE, "coNurse"));
	assert_true(has(&report, SCHEMA_PROBLEM_CHOICE, "place"));
	assert_true(has(&report, SCHEMA_PROBLEM_EMPTY, "note"));
	assert_true(has(&report, SCHEMA_PROBLEM_DUPLICATE, "done"));
	report = (struct schema_report){0};
	visit.count = 0;
	put_number(&visit, "end", 5);
	check_code(schema_check(&visit, SCHEMA_CHECK_NEW, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_REQUIRED, "start"));
	assert_true(has(&report, SCHEMA_PROBLEM_REQUIRED, "nurse"));
}

static void vitals_out_of_range_are_suspect_and_kept(void **state)
{
	(void)state;
	struct schema_report report = {0};
	struct schema_record visit = a_visit(1000000, 1000900);
	struct schema_measure measures[] = {{1, 300}, {4, 368}, {90, 5}};
	struct schema_value *value = schema_put(&visit, schema_field_named(visit.kind, span_text("vitals")));
	value->measures = measures;
	value->measure_count = 3;
	check_ok(schema_check(&visit, SCHEMA_CHECK_NEW, &report));
	assert_true(has(&report, SCHEMA_PROBLEM_SUSPECT, "vitals"));
	/* the lower pressure above the upper one */
	report = (struct schema_report){0};
	measures[0].value = 80;
	measures[1] = (struct schema_measure){2, 120};
	value->measure_count = 2;
	check_ok(schema_check(&visit, SCHEMA_CHECK_NEW, &report));
	assert_true(has(&report, SCHEMA_PROBLEM_SUSPECT, "vitals"));
	/* what nobody has measured is refused, unless it comes from elsewhere */
	report = (struct schema_report){0};
	measures[0].value = 400;
	check_code(schema_check(&visit, SCHEMA_CHECK_NEW, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_IMPOSSIBLE, "vitals"));
	report = (struct schema_report){0};
	check_ok(schema_check(&visit, SCHEMA_CHECK_TAKEN, &report));
	assert_true(has(&report, SCHEMA_PROBLEM_SUSPECT, "vitals"));
}

static void patients_are_checked(void **state)
{
	(void)state;
	struct schema_report report = {0};
	struct schema_record patient = {.kind = schema_kind(SCHEMA_PATIENT)};
	put_text(&patient, "lastName", "Le Gall");
	check_code(schema_check(&patient, SCHEMA_CHECK_NEW, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_REQUIRED, "firstName"));
	report = (struct schema_report){0};
	check_ok(schema_check(&patient, SCHEMA_CHECK_EDIT, &report));
	put_text(&patient, "nir", "253072A00400378");
	put_number(&patient, "gir", 7);
	put_text(&patient, "birthCommune", "2C004");
	check_code(schema_check(&patient, SCHEMA_CHECK_EDIT, &report), ERR_INVALID);
	assert_true(has(&report, SCHEMA_PROBLEM_INS_KEY, "nir"));
	assert_true(has(&report, SCHEMA_PROBLEM_RANGE, "gir"));
	assert_true(has(&report, SCHEMA_PROBLEM_COMMUNE_FORM, "birthCommune"));
	char long_name[200];
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	put_text(&patient, "lastName", long_name);
	report = (struct schema_report){0};
	schema_check(&patient, SCHEMA_CHECK_EDIT, &report);
	assert_true(has(&report, SCHEMA_PROBLEM_TOO_LONG, "lastName"));
	struct schema_record person = {.kind = schema_kind(SCHEMA_PERSON)};
	put_text(&person, "rpps", "10102727017");
	report = (struct schema_report){0};
	check_ok(schema_check(&person, SCHEMA_CHECK_EDIT, &report));
	assert_true(has(&report, SCHEMA_PROBLEM_RPPS_LUHN, "rpps"));
}

static void sentences_name_the_field_only(void **state)
{
	(void)state;
	struct buf out = {0};
	struct schema_problem problem = {
	        SCHEMA_PROBLEM_ORDER, schema_field_named(schema_kind(SCHEMA_VISIT), span_text("end"))};
	schema_problem_sentence(&problem, SCHEMA_FR, &out);
	check_span(buf_span(&out), span_text("« Fin » n'est pas après le début."));
	buf_clear(&out);
	schema_problem_sentence(&problem, SCHEMA_EN, &out);
	check_span(buf_span(&out), span_text("“End” is not after the start."));
	buf_close(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tables_are_consistent),
	        cmocka_unit_test(numbers_are_as_they_were),
	        cmocka_unit_test(identifiers_of_the_file),
	        cmocka_unit_test(identifiers_refuse),
	        cmocka_unit_test(identifiers_are_checked_where_they_stand),
	        cmocka_unit_test(a_typed_identity_is_provisional),
	        cmocka_unit_test(sets_are_what_can_be_written_so),
	        cmocka_unit_test(days_and_moments),
	        cmocka_unit_test(visits_are_checked),
	        cmocka_unit_test(vitals_out_of_range_are_suspect_and_kept),
	        cmocka_unit_test(patients_are_checked),
	        cmocka_unit_test(sentences_name_the_field_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
