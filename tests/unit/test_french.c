/* The French of what a refusal says. */
#include "node/french/french.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "crdt/base/err.h"
#include "crdt/base/mem.h"
#include "node/survey/form.h"
#include "node/team/reason.h"

static void expect(const char *english, const char *french)
{
	char *got = french_of(english);
	if (!french)
		assert_null(got);
	else
		assert_string_equal(got ? got : "(none)", french);
	mem_free(got);
}

static void a_sentence(void **state)
{
	(void)state;
	expect("This visit is not yours. Nothing was changed.",
	        "Ce passage n'est pas à vous. Rien n'a été changé.");
	expect("This visit is not yours.", NULL);
	expect("Nobody ever says this.", NULL);
	expect("", NULL);
}

static void every_error(void **state)
{
	(void)state;
	for (int number = 0; number <= 100; number++) {
		char *french = french_of(err_sentence(-number));
		assert_non_null(french);
		assert_string_not_equal(french, err_sentence(-number));
		mem_free(french);
	}
}

/* Theirs stands in refusals.c already. */
static void every_reason(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < TEAM_REASON_COUNT; reason++) {
		char *french = french_of(team_reason_sentence((enum team_reason)reason));
		assert_non_null(french);
		mem_free(french);
	}
}

static void what_stands_in_places(void **state)
{
	(void)state;
	expect("Group 3 of the code was mistyped. Nothing was changed.",
	        "Il y a une faute de frappe dans le groupe 3 du code. Rien n'a été changé.");
	expect("Group three of the code was mistyped. Nothing was changed.", NULL);
	expect("Group  of the code was mistyped. Nothing was changed.", NULL);
	expect("The invitation is not complete: it has 12 groups of 5 characters.",
	        "L'invitation n'est pas complète : elle a 12 groupes de 5 caractères.");
	expect("Too many wrong passphrases: try again in 18446744073709551615 seconds. Nothing was changed.",
	        "Trop de phrases de passe fausses : réessayez dans 18446744073709551615 secondes. Rien n'a "
	        "été "
	        "changé.");
	expect("/media/a key/x.releve is not a plain file. Nothing was changed.",
	        "/media/a key/x.releve n'est pas un simple fichier. Rien n'a été changé.");
	expect("A passphrase of at least one character is needed.",
	        "Il faut une phrase de passe d'au moins un caractère.");
}

/* The place's text begins as what comes behind the place does. */
static void a_place_that_looks_like_its_sentence(void **state)
{
	(void)state;
	expect("There is no file a.b.", "Il n'y a pas de fichier a.b.");
	expect("The key file %s cannot be used cannot be used.",
	        "Le fichier de clé %s cannot be used est inutilisable.");
}

/* "This user may not use %s." and "There is no file %s." fit as well. */
static void the_sentence_with_more_words(void **state)
{
	(void)state;
	expect("This user may not use /d: it is another's, or others may write to it.",
	        "Vous ne pouvez pas utiliser /d : il est à quelqu'un d'autre, ou d'autres peuvent y écrire.");
	expect("This user may not use /d.", "Vous n'avez pas le droit d'utiliser /d.");
	expect("There is no file of \"releve bundle export\" in this folder.",
	        "Il n'y a pas de fichier de l'équipe dans ce dossier.");
}

static void a_sentence_in_a_place(void **state)
{
	(void)state;
	expect("Form 3: it was typed in before. Nothing was saved.",
	        "Formulaire 3 : il a déjà été saisi. Rien n'a été enregistré.");
	expect("Form 3: \"pain\" is answered by a text. Nothing was saved.",
	        "Formulaire 3 : « pain » attend un texte. Rien n'a été enregistré.");
	/* Half of it in French would be worse than none. */
	expect("Form 3: nobody ever says this.", NULL);
}

/* A form's answers are refused by a name and a part of a sentence. */
static void every_problem_of_a_form(void **state)
{
	static const char *const answers[] = {"[]", "{}", "{\"nothing\": 1}"};
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct survey_form form;
		struct buf problem = {0};
		json_t *json = json_loads(answers[i], 0, NULL);
		assert_true(survey_form_read(survey_questionnaire_at(0), json, &form, &problem) < 0);
		buf_add(&problem, "", 1);
		char *french = french_of((const char *)problem.data);
		assert_non_null(french);
		mem_free(french);
		buf_close(&problem);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_sentence),
	        cmocka_unit_test(every_error),
	        cmocka_unit_test(every_reason),
	        cmocka_unit_test(what_stands_in_places),
	        cmocka_unit_test(a_place_that_looks_like_its_sentence),
	        cmocka_unit_test(the_sentence_with_more_words),
	        cmocka_unit_test(a_sentence_in_a_place),
	        cmocka_unit_test(every_problem_of_a_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
