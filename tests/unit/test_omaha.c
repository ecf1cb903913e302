/* The Omaha System as the program has it, held against the file that it is written from (node/omaha). */
#include "tests/lib/check.h"

#include <jansson.h>

#include "node/omaha/omaha_json.h"
#include "node/schema/schema.h"

static json_t *source(void)
{
	json_error_t error;
	json_t *file = json_load_file(OMAHA_FILE, JSON_REJECT_DUPLICATES, &error);
	if (!file)
		fail_msg("omaha.json: %s", error.text);
	return file;
}

static void same_text(const char *have, const json_t *object, const char *name)
{
	const char *want = json_string_value(json_object_get(object, name));
	if (strcmp(have ? have : "", want ? want : "") != 0)
		fail_msg("\"%s\" should be \"%s\"", have ? have : "", want ? want : "");
}

static uint32_t number_of(const json_t *object, const char *name)
{
	return (uint32_t)strtoul(json_string_value(json_object_get(object, name)), NULL, 10);
}

static const struct omaha_term *same_term(enum omaha_kind kind, const json_t *item, const char *code)
{
	const struct omaha_term *term = omaha_find(kind, number_of(item, code));
	const json_t *definition = json_object_get(item, "definition");
	if (!term)
		fail_msg("%s is not in the table", json_string_value(json_object_get(item, code)));
	same_text(term->label.fr, item, "fr");
	same_text(term->label.en, item, "en");
	same_text(term->definition.fr, definition, "fr");
	same_text(term->definition.en, definition, "en");
	assert_false(term->is_retired);
	return term;
}

static void every_term_is_the_sources(void **state)
{
	json_t *file = source(), *domain, *problem, *sign, *target;
	uint32_t problems = 0, signs = 0, targets = 0, others = 0;
	size_t i, j, k;
	(void)state;
	json_array_foreach(json_object_get(file, "domains"), i, domain)
	{
		json_array_foreach(json_object_get(domain, "problems"), j, problem)
		{
			const struct omaha_term *term = same_term(OMAHA_PROBLEM, problem, "code");
			uint32_t count, current = 0;
			const struct omaha_term *all = omaha_signs_of(term->code, &count);
			assert_int_equal(term->domain, i + 1);
			for (uint32_t n = 0; n < count; n++)
				current += !all[n].is_retired;
			assert_int_equal(current, json_array_size(json_object_get(problem, "signsSymptoms")));
			json_array_foreach(json_object_get(problem, "signsSymptoms"), k, sign)
			{
				const struct omaha_term *one = same_term(OMAHA_SIGN, sign, "id");
				assert_int_equal(one->code / 100, term->code);
				assert_int_equal(one->is_other, json_is_true(json_object_get(sign, "other")));
				others += one->is_other;
				signs++;
			}
			problems++;
		}
	}
	json_array_foreach(json_object_get(file, "interventionTargets"), i, target)
	{
		same_term(OMAHA_TARGET, target, "code");
		targets++;
	}
	assert_int_equal(problems, 42);
	assert_int_equal(signs, 377);
	assert_int_equal(others, 377 - 335);
	assert_int_equal(targets, 76);
	json_decref(file);
}

static uint32_t count_of(enum omaha_kind kind, bool is_retired)
{
	uint32_t count, found = 0;
	const struct omaha_term *terms = omaha_terms(kind, &count);
	for (uint32_t i = 0; i < count; i++) {
		assert_true(i == 0 || terms[i].code > terms[i - 1].code); /* each code once */
		assert_ptr_equal(omaha_find(kind, terms[i].code), &terms[i]);
		found += terms[i].is_retired == is_retired;
	}
	return found;
}

static void no_term_is_anything_else(void **state)
{
	json_t *file = source(), *retired = json_object_get(file, "retired"), *text;
	static const char *const names[] = {"problems", "signsSymptoms", "targets"};
	static const uint32_t current[] = {42, 377, 76};
	const char *code;
	(void)state;
	for (int kind = OMAHA_PROBLEM; kind <= OMAHA_TARGET; kind++) {
		json_t *old = json_object_get(retired, names[kind]);
		assert_int_equal(count_of((enum omaha_kind)kind, false), current[kind]);
		assert_int_equal(count_of((enum omaha_kind)kind, true), json_object_size(old));
		json_object_foreach(old, code, text)
		{
			const struct omaha_term *term = omaha_find(
			        (enum omaha_kind)kind, (uint32_t)strtoul(code, NULL, 10));
			assert_true(term && term->is_retired && !term->label.fr);
			assert_string_equal(term->label.en, json_string_value(text));
		}
	}
	json_decref(file);
}

/* Scales, categories and modifiers are what the schema calls so. */
static void lists_are_the_schemas(void **state)
{
	json_t *json = omaha_json(), *item;
	static const struct {
		const char *list, *kind, *field;
		size_t count;
	} LISTS[] = {{"domains", "problem", "domain", 4}, {"categories", "intervention", "category", 4},
	        {"scopes", "problem", "scope", 3}, {"severities", "problem", "severity", 3}};
	size_t i;
	(void)state;
	for (size_t n = 0; n < sizeof(LISTS) / sizeof(*LISTS); n++) {
		const struct schema_field *field = schema_field_named(
		        schema_kind_named(span_text(LISTS[n].kind)), span_text(LISTS[n].field));
		const json_t *list = json_object_get(json, LISTS[n].list);
		assert_int_equal(json_array_size(list), LISTS[n].count);
		json_array_foreach((json_t *)(uintptr_t)list, i, item)
		{
			const char *key = json_string_value(json_object_get(item, "key"));
			if (!schema_choice_named(field, span_text(key)))
				fail_msg("%s is no %s", key, LISTS[n].field);
		}
	}
	assert_int_equal(json_array_size(json_object_get(json, "scales")), 3);
	item = json_array_get(
	        json_object_get(json_array_get(json_object_get(json, "scales"), 2), "levels"), 0);
	same_text("Extreme signs/symptoms", item, "en"); /* 1 is the worst */
	assert_int_equal(json_array_size(json_object_get(json, "problems")), 42);
	assert_true(json_object_get(json, "notice"));
	json_decref(json);
}

/* ---- Codes ---- */

static void codes_say_of_what(void **state)
{
	const enum omaha_kind target = OMAHA_TARGET;
	enum omaha_kind kind;
	uint32_t code;
	char text[OMAHA_CODE_BYTES];
	(void)state;
	assert_true(omaha_read_code(span_text("pb14"), NULL, &kind, &code) && kind == OMAHA_PROBLEM &&
	        code == 14);
	assert_true(omaha_read_code(span_text("TG14"), NULL, &kind, &code) && kind == OMAHA_TARGET);
	assert_true(omaha_read_code(span_text("SS2601"), NULL, &kind, &code) && code == 2601);
	assert_true(omaha_read_code(span_text("14"), &target, &kind, &code) && kind == OMAHA_TARGET &&
	        code == 14);
	static const char *const BAD[] = {
	        "14", "PB", "PB26x", "PB-1", "", "XX12", "PB00026", "PB99999999999"};
	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++)
		if (omaha_read_code(span_text(BAD[i]), NULL, &kind, &code))
			fail_msg("%s is no code", BAD[i]);
	assert_false(omaha_read_code(span_text("PB14"), &target, &kind, &code)); /* the numbers collide */
	omaha_write_code(text, OMAHA_PROBLEM, 1);
	assert_string_equal(text, "PB01");
	omaha_write_code(text, OMAHA_SIGN, 101);
	assert_string_equal(text, "SS0101");
}

/* ---- Words ---- */

enum { FOUND_MAX = 40 };

static void finds(const char *words, const char *first)
{
	const struct omaha_term *found[FOUND_MAX];
	uint32_t count = omaha_search(span_text(words), found, FOUND_MAX);
	char code[OMAHA_CODE_BYTES] = "nothing";
	if (count)
		omaha_write_code(code, found[0]->kind, found[0]->code);
	if (strcmp(code, first) != 0)
		fail_msg("\"%s\" finds %s, not %s", words, code, first);
}

static void words_find_whatever_case_and_accents(void **state)
{
	const struct omaha_term *found[FOUND_MAX];
	(void)state;
	finds("peau", "PB26");
	finds("PEAU", "PB26");
	finds("skin", "PB26");
	finds("sante mentale", "PB12");
	finds("SANTÉ mentale", "PB12");
	finds("sante\xcc\x81 men", "PB12"); /* an accent of its own */
	finds("pb26", "PB26");
	finds("ss2601", "SS2601");
	finds("26", "PB26");
	finds("œdème", "SS2901");
	finds("oedeme", "SS2901");
	finds("no such words", "nothing");
	finds("", "nothing");
	finds("   ", "nothing");
	finds("\xff\xfe", "nothing");
	finds("eau", "SS0205"); /* beginnings of words: not "peau" */
	finds("dentition", "nothing"); /* retired */
	finds("pb22", "PB22"); /* but recognized by its code */
	assert_int_equal(omaha_search(span_text("a"), found, 3), 3);
}

/* Every label finds its own term, in both languages: the table folds as the search does. */
static void every_label_finds_its_term(void **state)
{
	static const struct omaha_term *found[600];
	(void)state;
	for (int kind = OMAHA_PROBLEM; kind <= OMAHA_TARGET; kind++) {
		uint32_t count;
		const struct omaha_term *terms = omaha_terms((enum omaha_kind)kind, &count);
		for (uint32_t i = 0; i < 2 * count; i++) {
			const struct omaha_term *term = &terms[i / 2];
			const char *label = i % 2 ? term->label.fr : term->label.en;
			uint32_t hits = term->is_retired ? 0 : omaha_search(span_text(label), found, 600);
			bool is_there = term->is_retired;
			for (uint32_t j = 0; j < hits; j++)
				is_there |= found[j] == term;
			if (!is_there)
				fail_msg("\"%s\" does not find itself", label);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_term_is_the_sources),
	        cmocka_unit_test(no_term_is_anything_else),
	        cmocka_unit_test(lists_are_the_schemas),
	        cmocka_unit_test(codes_say_of_what),
	        cmocka_unit_test(words_find_whatever_case_and_accents),
	        cmocka_unit_test(every_label_finds_its_term),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
