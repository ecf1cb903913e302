/* What a person would say was changed, on texts of a care plan; tests/prop/prop_narrative.c has the law. */
#include "tests/lib/check.h"

#include <string.h>

#include "crdt/base/mem.h"
#include "node/text_diff.h"

/* Each hunk as "[gone|came]" in the old text. */
static void check_diff(const char *old, const char *now, const char *want)
{
	struct text_hunks hunks = {0};
	struct buf got = {0};
	uint32_t at = 0;
	text_diff(span_text(old), span_text(now), &hunks);
	for (uint32_t i = 0; i < hunks.count; i++) {
		const struct text_hunk *hunk = &hunks.items[i];
		buf_add_span(&got, span_sub(span_text(old), at, hunk->at - at));
		buf_add_span(&got, span_text("["));
		buf_add_span(&got, span_sub(span_text(old), hunk->at, hunk->gone));
		buf_add_span(&got, span_text("|"));
		buf_add_span(&got, span_sub(span_text(now), hunk->from, hunk->came));
		buf_add_span(&got, span_text("]"));
		at = hunk->at + hunk->gone;
	}
	buf_add_span(&got, span_sub(span_text(old), at, strlen(old)));
	buf_add(&got, "", 1);
	assert_string_equal((const char *)got.data, want);
	buf_close(&got);
	text_hunks_close(&hunks);
}

static void nothing_changed(void **state)
{
	(void)state;
	check_diff("", "", "");
	check_diff("Toilette.", "Toilette.", "Toilette.");
}

static void words_come_and_go(void **state)
{
	(void)state;
	check_diff("", "Toilette", "[|Toilette]");
	check_diff("Toilette", "", "[Toilette|]");
	check_diff("Pansement le matin", "Pansement gras le matin", "Pansement [|gras ]le matin");
	check_diff("Pansement gras le matin", "Pansement le matin", "Pansement [gras |]le matin");
	check_diff("Toilette.\n", "Toilette. Peser.\n", "Toilette.[| Peser.]\n");
	check_diff("Toilette.\n", "Toilette.\nPeser.\n", "Toilette.\n[|Peser.\n]");
}

static void what_comes_between_two_sentences_stands_behind_the_full_stop(void **state)
{
	(void)state;
	check_diff("HTA.\n", "Diabète. HTA. Fracture.\n", "[|Diabète. ]HTA.[| Fracture.]\n");
	check_diff("Laver. Peser.", "Laver. Lever. Peser.", "Laver. [|Lever. ]Peser.");
}

static void words_are_not_taken_apart(void **state)
{
	(void)state;
	check_diff("le matin", "le midi", "le[ matin| midi]");
	check_diff("à 12,5 mg", "à 12,8 mg", "à[ 12,5| 12,8] mg");
	check_diff("TA 120/80.", "TA 130/80.", "TA[ 120/80| 130/80].");
	check_diff("l'eau", "l'œil", "[l'eau|l'œil]");
}

/* So that what two people put there stands apart. */
static void what_is_replaced_takes_a_space_along(void **state)
{
	(void)state;
	check_diff("Douche le soir", "Bain le soir", "[Douche |Bain ]le soir");
	check_diff("Douche.\nPeser.\n", "Bain.\nPeser.\n", "[Douche.\n|Bain.\n]Peser.\n");
	check_diff("(soir)", "(matin)", "([soir|matin])"); /* there is none */
}

static void a_rewritten_sentence_is_one_piece_and_lines_stay_apart(void **state)
{
	(void)state;
	check_diff("Douche le matin.\n", "Bain le soir.\n", "[Douche le matin.\n|Bain le soir.\n]");
	check_diff("Pansement le matin, toilette le soir", "Pansement le midi, toilette le matin",
	        "Pansement le[ matin| midi], toilette le[ soir| matin]");
	check_diff(
	        "Douche\nle\nmatin\n", "Toilette\nle\nmidi\n", "[Douche\n|Toilette\n]le\n[matin\n|midi\n]");
}

/* More than can be told apart: what both have at the beginning and at the end stays. */
static void a_text_that_is_quite_another(void **state)
{
	(void)state;
	struct buf old = {0}, now = {0}, want = {0};
	for (int i = 0; i < 600; i++) {
		buf_add_span(&old, span_text(i ? " a" : "Début. a"));
		buf_add_span(&now, span_text(i ? "\nb" : "Début. b"));
	}
	buf_add_span(&old, span_text(" Fin."));
	buf_add_span(&now, span_text(" Fin."));
	buf_add_span(&want, span_text("Début.["));
	buf_add_span(&want, span_sub(buf_span(&old), 7, old.size - 7 - 5));
	buf_add_span(&want, span_text("|"));
	buf_add_span(&want, span_sub(buf_span(&now), 7, now.size - 7 - 5));
	buf_add_span(&want, span_text("] Fin."));
	buf_add(&old, "", 1);
	buf_add(&now, "", 1);
	buf_add(&want, "", 1);
	check_diff((const char *)old.data, (const char *)now.data, (const char *)want.data);
	buf_close(&old);
	buf_close(&now);
	buf_close(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_changed),
	        cmocka_unit_test(words_come_and_go),
	        cmocka_unit_test(what_comes_between_two_sentences_stands_behind_the_full_stop),
	        cmocka_unit_test(words_are_not_taken_apart),
	        cmocka_unit_test(what_is_replaced_takes_a_space_along),
	        cmocka_unit_test(a_rewritten_sentence_is_one_piece_and_lines_stay_apart),
	        cmocka_unit_test(a_text_that_is_quite_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
