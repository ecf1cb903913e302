/* Text as it is searched (node/fold.h). */
#include "tests/lib/check.h"

#include "node/fold.h"

static void check_folds(const char *text, const char *expected)
{
	struct buf out = {0};
	fold_text(span_text(text), &out);
	check_span(buf_span(&out), span_text(expected));
	buf_close(&out);
}

static void case_accents_and_ligatures_do_not_count(void **state)
{
	(void)state;
	check_folds("Étienne ÇELIK", "etienne celik");
	check_folds("œdème, Œil, cæcum", "oedeme oeil caecum");
	check_folds("Straße ﬁn", "strasse fin");
	check_folds("e\xcc\x81te\xcc\x81", "ete"); /* composed of two code points each */
	check_folds("Łódź", "łodz"); /* Unicode does not take it apart */
}

static void what_is_no_letter_parts_words(void **state)
{
	(void)state;
	check_folds("L’Haÿ-les-Roses", "l hay les roses");
	check_folds("  l'œdème… (PB26)\n", "l oedeme pb26");
	check_folds("02.40 99", "02 40 99");
	check_folds("", "");
	check_folds("—", "");
}

static void bytes_that_are_no_text_part_words(void **state)
{
	(void)state;
	check_folds("a\xff\xfe"
	            "b",
	        "a b");
	check_folds("a\xc3", "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(case_accents_and_ligatures_do_not_count),
	        cmocka_unit_test(what_is_no_letter_parts_words),
	        cmocka_unit_test(bytes_that_are_no_text_part_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
