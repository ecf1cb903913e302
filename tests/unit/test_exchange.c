/* Dossiers as bundles and back (node/exchange). */
#include "tests/lib/check.h"

#include <stdlib.h>
#include <string.h>

#include "node/exchange/fhir.h"
#include "node/exchange/sheet.h"
#include "node/exchange/take.h"
#include "tests/lib/exchange.h"

static char *text_of(const json_t *bundle)
{
	char *text = json_dumps(bundle, FHIR_DUMP);
	assert_non_null(text);
	return text;
}

/* The order in which records came here has no part in it. */
static void same_bytes_in_any_order(void **state)
{
	json_t *file = exchange_every_kind(), *other = exchange_every_kind(),
	       *records = json_object_get(other, "records");
	(void)state;
	for (size_t i = 0; i < json_array_size(records); i++) { /* a fixed shuffle */
		const size_t at = (i * 7919) % json_array_size(records);
		json_t *one = json_incref(json_array_get(records, at));
		json_array_remove(records, at);
		json_array_append_new(records, one);
	}
	fhir_sort(other);
	json_t *one = fhir_bundle(file), *two = fhir_bundle(other);
	char *left = text_of(one), *right = text_of(two);
	assert_string_equal(left, right);
	free(left);
	free(right);
	json_decref(one);
	json_decref(two);
	json_decref(file);
	json_decref(other);
}

static void every_field_comes_back(void **state)
{
	json_t *file = exchange_every_kind(), *bundle = fhir_bundle(file), *back = fhir_file(bundle);
	(void)state;
	assert_true(json_equal(json_object_get(file, "records"), json_object_get(back, "records")));
	assert_true(json_equal(json_object_get(file, "people"), json_object_get(back, "people")));
	assert_true(json_equal(file, back));
	json_decref(file);
	json_decref(bundle);
	json_decref(back);
}

static const json_t *resource_of(const json_t *bundle, const char *type, const char *name, const char *value)
{
	size_t index;
	json_t *entry;
	json_array_foreach(json_object_get(bundle, "entry"), index, entry)
	{
		const json_t *resource = json_object_get(entry, "resource");
		const char *its = name ? json_string_value(json_object_get(resource, name)) : NULL;
		if (strcmp(json_string_value(json_object_get(resource, "resourceType")), type) == 0 &&
		        (!name || (its && strcmp(its, value) == 0)))
			return resource;
	}
	return NULL;
}

/* Only a qualified identity conveys an INS. */
static void only_a_qualified_ins_is_conveyed(void **state)
{
	static const char *const statuses[] = {"provisoire", "validee", "recuperee", "qualifiee"};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		json_t *file = exchange_every_kind(),
		       *patient = json_array_get(json_object_get(file, "records"), 0);
		json_object_set_new(patient, "nir", json_string("269054958815780"));
		json_object_set_new(patient, "insOid", json_string("INS-NIR"));
		json_object_set_new(patient, "insStatus", json_string(statuses[i]));
		json_t *bundle = fhir_bundle(file);
		const json_t *identifiers = json_object_get(
		        resource_of(bundle, "Patient", NULL, NULL), "identifier");
		const char *system = json_string_value(
		        json_object_get(json_array_get(identifiers, 0), "system"));
		assert_int_equal(strcmp(system, "urn:oid:1.2.250.1.213.1.4.8") == 0,
		        strcmp(statuses[i], "qualifiee") == 0);
		json_decref(bundle);
		json_decref(file);
	}
}

/* An exchange file of these records, written with single quotes. */
static json_t *file_of(const char *records)
{
	struct buf text = {0};
	for (; *records; records++)
		buf_add(&text, *records == '\'' ? "\"" : records, 1);
	json_t *list = json_loadb((const char *)text.data, text.size, 0, NULL);
	assert_non_null(list);
	buf_close(&text);
	return json_pack("{s:s, s:o, s:[], s:[]}", "patient", "00000000000000000000000000000001", "records",
	        list, "people", "entries");
}

/* What a period leaves out is not named any more; what is named, corrects or amends stays with it. */
static void a_period_keeps_what_it_names(void **state)
{
	static const char RECORDS[] =
	        "[{'kind':'visit','id':'0a000000000000000000000000000001','start':'2026-03-01T08:00:00+01:00'"
	        "},"
	        "{'kind':'transmission','id':'0b000000000000000000000000000001','at':'2026-03-05T08:00:00+01:"
	        "00',"
	        "'visit':'0d0000000000'},"
	        "{'kind':'transmission','id':'0c000000000000000000000000000001','at':'2026-04-01T08:00:00+02:"
	        "00',"
	        "'corrects':'0b000000000000000000000000000001'},"
	        "{'kind':'visit','id':'0d000000000000000000000000000001','start':'2026-02-01T08:00:00+01:00'}"
	        ","
	        "{'kind':'visitAmendment','id':'0e000000000000000000000000000001','visit':'"
	        "0d000000000000000000000000000001'},"
	        "{'kind':'problem','id':'0f000000000000000000000000000001'},"
	        "{'kind':'rating','id':'0f000000000000000000000000000001','at':'2026-03-04T08:00:00+01:00'}]";
	json_t *file = file_of(RECORDS);
	(void)state;
	fhir_keep_period(file, "2026-03-05", "2026-03-05");
	char kept[16] = "";
	size_t index;
	json_t *record;
	json_array_foreach(json_object_get(file, "records"), index, record)
	        strncat(kept, json_string_value(json_object_get(record, "id")) + 1, 1);
	assert_string_equal(kept, "bcdef");
	json_decref(file);
}

/* What is altered on its way is no record of ours any more. */
static void what_was_altered_is_told(void **state)
{
	const char *fr, *en;
	json_t *file = exchange_every_kind(), *bundle = fhir_bundle(file),
	       *read = take_read(bundle, "00", &fr, &en);
	const size_t all = json_array_size(json_object_get(json_object_get(read, "file"), "records"));
	(void)state;
	assert_int_equal(json_array_size(json_object_get(read, "altered")), 0);
	json_decref(read);
	json_object_set_new((json_t *)(uintptr_t)resource_of(bundle, "Flag", NULL, NULL), "status",
	        json_string("inactive"));
	read = take_read(bundle, "00", &fr, &en);
	assert_int_equal(json_array_size(json_object_get(read, "altered")), 1);
	assert_int_equal(json_array_size(json_object_get(json_object_get(read, "file"), "records")), all - 1);
	json_decref(read);
	json_decref(bundle);
	json_decref(file);
}

/* In the language that is asked for; and whoever takes it in understands it. */
static void labels_are_in_the_language_asked(void **state)
{
	const char *fr, *en;
	json_t *file = exchange_every_kind();
	json_object_set_new(file, "language", json_string("en"));
	json_t *bundle = fhir_bundle(file), *read = take_read(bundle, "00", &fr, &en);
	char *text = json_dumps(bundle, 0);
	(void)state;
	assert_string_equal(json_string_value(json_object_get(bundle, "language")), "en");
	assert_non_null(strstr(text, "Focused transmission (DAR)"));
	assert_null(strstr(text, "Transmission cibl"));
	assert_non_null(strstr(text, "Skin"));
	assert_int_equal(json_array_size(json_object_get(read, "altered")), 0);
	free(text);
	json_decref(read);
	json_decref(bundle);
	json_decref(file);
}

/* ---- Sheets ---- */

static const char HOSTILE[] = "</td></table><script src=\"http://evil\">alert(1)</script><img src=x "
                              "onerror='a'>&amp;\xe2\x80\xae\x01]]>";

/* Every text becomes `text`, choices, days and ids aside. */
static void put_everywhere(json_t *record, const char *text)
{
	const char *name;
	void *next;
	json_t *value;
	const struct schema_kind *kind = schema_kind_named(
	        span_text(json_string_value(json_object_get(record, "kind"))));
	json_object_foreach_safe(record, next, name, value)
	{
		const struct schema_field *field = schema_field_named(kind, span_text(name));
		if (field && field->type == SCHEMA_TEXT)
			json_object_set_new(record, name, json_string(text));
	}
}

static json_t *file_with(const char *text)
{
	static const char *const lists[] = {"records", "people", "entries"};
	json_t *file = exchange_every_kind(), *record;
	size_t index;
	for (size_t i = 0; i < 3; i++)
		json_array_foreach(json_object_get(file, lists[i]), index, record)
		        put_everywhere(record, text);
	return file;
}

static void make(const json_t *file, enum schema_language language, bool is_synthesis, struct buf *out)
{
	json_t *age = json_pack("{s:s, s:s}", "fr", "À jour à 10:42.", "en", "Up to 10:42.");
	const struct sheet sheet = {file, language, 1772793600, 14, age}; /* 2026-03-06 11:40 in Paris */
	if (is_synthesis)
		sheet_synthesis(&sheet, out);
	else
		sheet_liaison(&sheet, out);
	buf_add(out, "", 1);
	json_decref(age);
}

/* The tags of a page, without what stands between. */
static void tags_of(const char *page, struct buf *out)
{
	bool inside = false;
	for (; *page; page++) {
		inside |= *page == '<';
		if (inside)
			buf_add(out, page, 1);
		inside &= *page != '>';
	}
	buf_add(out, "", 1);
}

/* Whatever a text says, the page is built the same, and fetches nothing. */
static void no_text_becomes_markup(void **state)
{
	json_t *plain = file_with("texte"), *hostile = file_with(HOSTILE);
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct buf one = {0}, two = {0}, left = {0}, right = {0};
		make(plain, i & 1 ? SCHEMA_FR : SCHEMA_EN, i & 2, &one);
		make(hostile, i & 1 ? SCHEMA_FR : SCHEMA_EN, i & 2, &two);
		tags_of((const char *)one.data, &left);
		tags_of((const char *)two.data, &right);
		assert_string_equal((const char *)left.data, (const char *)right.data);
		assert_null(strstr((const char *)two.data, "\xe2\x80\xae"));
		for (size_t j = 0; j < 5; j++)
			assert_null(strstr((const char *)one.data,
			        (const char *const[]){"http:", "https:", "src=", "href=", "url("}[j]));
		buf_close(&one);
		buf_close(&two);
		buf_close(&left);
		buf_close(&right);
	}
	json_decref(plain);
	json_decref(hostile);
}

static json_t *record_named(const json_t *file, const char *kind)
{
	size_t index;
	json_t *record;
	json_array_foreach(json_object_get(file, "records"), index,
	        record) if (strcmp(json_string_value(json_object_get(record, "kind")), kind) ==
	        0) return record;
	return NULL;
}

static void keep_only(json_t *file, const char *kind)
{
	json_t *records = json_object_get(file, "records");
	bool has = false;
	for (size_t i = json_array_size(records); i-- > 0;) {
		const bool is_it = strcmp(json_string_value(
		                                  json_object_get(json_array_get(records, i), "kind")),
		                           kind) == 0;
		if (is_it && i > 0 &&
		        strcmp(json_string_value(json_object_get(json_array_get(records, i - 1), "kind")),
		                kind) == 0)
			json_array_remove(records, i);
		has |= is_it;
	}
	assert_true(has);
}

static bool says(const json_t *file, const char *text)
{
	struct buf out = {0};
	make(file, SCHEMA_FR, false, &out);
	const bool found = strstr((const char *)out.data, text) != NULL;
	buf_close(&out);
	return found;
}

/* What is in conflict, stopped, expired or provisional is said to be so. */
static void a_sheet_tells_what_is_not_sure(void **state)
{
	json_t *file = exchange_every_kind(), *records = json_object_get(file, "records");
	(void)state;
	assert_true(says(file, "Réel OU Potentiel (contradictoire"));
	assert_true(says(file, "indication(s) contradictoire(s)"));
	assert_true(says(file, "non qualifiée par le téléservice INS"));
	assert_true(says(file, "À jour à 10:42."));
	keep_only(file, "prescriptionLine");
	json_object_del(record_named(file, "prescriptionLine"), "until");
	json_object_del(record_named(file, "prescription"), "validUntil");
	assert_false(says(file, "&lt;drug&gt;")); /* its prescription was stopped on 5 March */
	json_object_set_new(record_named(file, "prescriptionStop"), "corrected", json_true());
	assert_true(says(file, "&lt;drug&gt;")); /* which was an error */
	assert_false(says(file, "ÉCHUE"));
	json_object_set_new(record_named(file, "prescription"), "validUntil", json_string("2026-03-05"));
	assert_true(says(file, "PRESCRIPTION ÉCHUE"));
	json_object_set_new(record_named(file, "prescription"), "validUntil", json_string("2026-03-06"));
	assert_false(says(file, "ÉCHUE"));
	json_array_clear(records);
	assert_true(says(file, "cela ne dit pas qu")); /* no allergy noted is not none */
	json_decref(file);
}

/* What was a mistake is not there; a doubtful value is marked; a rule is read out; a visit that did not take place is none. */
static void what_does_not_hold_is_not_told_as_if(void **state)
{
	static const char RECORDS[] =
	        "[{'kind':'patient','id':'00000000000000000000000000000001','lastName':'A','firstName':'B'},"
	        "{'kind':'intervention','id':'0a000000000000000000000000000001','category':'treatment','"
	        "target':'x',"
	        "'recurrence':'FREQ=DAILY;INTERVAL=2'},"
	        "{'kind':'visit','id':'0b000000000000000000000000000001','start':'2026-03-05T08:00:00+01:00',"
	        "'end':'2026-03-05T08:10:00+01:00','outcome':'absent'},"
	        "{'kind':'transmission','id':'0c000000000000000000000000000001','at':'2026-03-05T08:00:00+01:"
	        "00',"
	        "'data':'pour un autre','corrected':true},"
	        "{'kind':'transmission','id':'0d000000000000000000000000000001','at':'2026-03-05T08:00:00+01:"
	        "00',"
	        "'data':'encore pour un "
	        "autre','corrects':'0c000000000000000000000000000001','mistaken':true},"
	        "{'kind':'vital','id':'0e000000000000000000000000000001','at':'2026-03-05T08:00:00+01:00',"
	        "'measures':{'temp':'38.9','pulse':'70'}},"
	        "{'kind':'vitalDoubt','id':'0f000000000000000000000000000001','at':'2026-03-05T09:00:00+01:"
	        "00',"
	        "'vital':'0e0000000000','measures':{'temp':'38.9'},'state':'suspect','why':'thermomètre'}]";
	json_t *file = file_of(RECORDS), *bundle = fhir_bundle(file);
	(void)state;
	assert_true(says(file, "tous les 2 jours"));
	assert_false(says(file, "FREQ="));
	assert_false(says(file, "pour un autre"));
	assert_true(says(file, "38,9 °C douteuse"));
	assert_true(says(file, "70 /min ("));
	assert_string_equal(
	        json_string_value(json_object_get(resource_of(bundle, "Encounter", NULL, NULL), "status")),
	        "cancelled");
	assert_null(resource_of(bundle, "Communication", "status", "completed"));
	char *text = text_of(bundle);
	assert_non_null(strstr(text, "Valeur douteuse"));
	free(text);
	json_decref(bundle);
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(same_bytes_in_any_order),
	        cmocka_unit_test(every_field_comes_back),
	        cmocka_unit_test(only_a_qualified_ins_is_conveyed),
	        cmocka_unit_test(a_period_keeps_what_it_names),
	        cmocka_unit_test(what_was_altered_is_told),
	        cmocka_unit_test(labels_are_in_the_language_asked),
	        cmocka_unit_test(no_text_becomes_markup),
	        cmocka_unit_test(a_sheet_tells_what_is_not_sure),
	        cmocka_unit_test(what_does_not_hold_is_not_told_as_if),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
