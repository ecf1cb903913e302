/* The evaluation's questionnaires: surveys, paper, the device handed over, results (node/survey/README.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"
#include "tools/cli_exchange.h"

enum { LINE_MAX_BYTES = 4096, FILE_MAX_BYTES = 1 << 20 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* A request about the survey that the first argument names. */
static int ask(struct cli *cli, const char *method, const char *what, json_t *body, json_t **out)
{
	char *survey = cli_escaped(cli->arguments[0]), target[256];
	snprintf(target, sizeof(target), "/api/surveys/%.100s/%s", survey, what);
	mem_free(survey);
	if (body)
		return cli_request_json(cli, method, target, body, out);
	return cli_request(cli, method, target, (struct span){NULL, 0}, out);
}

static bool few(const struct cli *cli)
{
	return cli_option(cli, "few") != NULL;
}

/* ---- Surveys ----------------------------------------------------------------------------------------------------- */

static void print_shown(const json_t *result)
{
	const json_t *question, *cell;
	size_t index, other;
	printf("%s, %s to %s: %lld forms\n", text(result, "title"), text(result, "from"),
	        text(result, "until"), number(result, "forms"));
	json_array_foreach(json_object_get(result, "questions"), index, question)
	{
		printf("  %s:", text(question, "name"));
		json_array_foreach(json_object_get(question, "cells"), other, cell)
		{
			if (json_is_null(json_object_get(cell, "count")))
				printf("  %s -", text(cell, "name"));
			else
				printf("  %s %s%lld", text(cell, "name"),
				        json_is_true(json_object_get(cell, "atLeast")) ? ">=" : "",
				        number(cell, "count"));
		}
		printf("\n");
	}
	if (*text(result, "texts"))
		printf("  In words, as the team chose:\n%s\n", text(result, "texts"));
}

int cli_survey_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"SURVEY", "id", 8}, {"TITLE", "title", 40},
	        {"FOR", "questionnaire.audience", 0}, {"FROM", "from", 0}, {"UNTIL", "until", 0},
	        {"STATE", "state", 0}, {"FORMS", "forms", 0}, {"WAITING HERE", "waiting", 0}, {0}};
	json_t *out, *one;
	size_t index;
	int result = cli_request(cli, "GET", "/api/surveys", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (json_array_size(json_object_get(out, "surveys")))
			cli_print_table(json_object_get(out, "surveys"), columns);
		json_array_foreach(json_object_get(out, "shown"), index, one)
		{
			printf("%sShown to facilitators: ", index ? "" : "\n");
			print_shown(one);
		}
		if (!json_array_size(json_object_get(out, "surveys")) && !index)
			printf("There is none.\n");
	}
	json_decref(out);
	return result;
}

int cli_survey_open(struct cli *cli)
{
	json_t *out,
	        *body = json_pack("{s:s, s:s, s:s*, s:s*}", "questionnaire", cli->arguments[0], "title",
	                cli->arguments[1], "from", cli_option(cli, "from"), "until",
	                cli_option(cli, "until"));
	int result = cli_request_json(cli, "POST", "/api/surveys", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("Open: %.8s. Paper: releve survey print %.8s; on the device: releve survey hand-over "
		       "%.8s\n",
		        text(out, "id"), text(out, "id"), text(out, "id"));
	json_decref(out);
	return result;
}

int cli_survey_print(struct cli *cli)
{
	const char *path = cli_option(cli, "out"), *count = cli_option(cli, "count"),
	           *language = cli_option(cli, "lang");
	char what[80];
	unsigned long n = 30;
	json_t *out;
	if (count && !cli_number(count, &n))
		return cli_say(CLI_USAGE, "--count takes a number");
	snprintf(what, sizeof(what), "print?count=%lu&lang=%.2s", n, language ? language : "fr");
	int result = ask(cli, "GET", what, NULL, &out);
	if (!result && path)
		result = cli_put_file(cli, path, span_text(text(out, "html")));
	else if (!result)
		fputs(text(out, "html"), stdout);
	if (!result && path)
		printf("%lu forms are in %s: open it in a browser and print it. Their numbers are noted "
		       "nowhere.\n",
		        n, path);
	json_decref(out);
	return result;
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */

/* One line of standard input without its end. False: there is no more. */
static bool read_line(char line[LINE_MAX_BYTES])
{
	if (!fgets(line, LINE_MAX_BYTES, stdin))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* What a line answers. NULL: it is not understood. */
static json_t *answer_of(const json_t *question, const char *line)
{
	static const char *const YES[] = {"o", "oui", "y", "yes", NULL},
	                         *const NO[] = {"n", "non", "no", NULL};
	const json_t *choices = json_object_get(question, "choices");
	const char *type = text(question, "type");
	unsigned long value;
	if (strcmp(type, "text") == 0)
		return json_string(line);
	if (strcmp(type, "yes-no") == 0)
		return is_one_of(line, YES)   ? json_string("yes")
		        : is_one_of(line, NO) ? json_string("no")
		                              : NULL;
	if (!cli_number(line, &value))
		return NULL;
	if (strcmp(type, "scale") == 0)
		return value <= 10 ? json_integer((json_int_t)value) : NULL;
	return value >= 1 && value <= json_array_size(choices)
	        ? json_string(text(json_array_get(choices, value - 1), "name"))
	        : NULL;
}

static void print_question(const json_t *question)
{
	const char *type = text(question, "type");
	const json_t *choice;
	size_t index;
	printf("\n%s\n", cli_words(json_object_get(question, "label")));
	if (strcmp(type, "choice") == 0)
		json_array_foreach(json_object_get(question, "choices"), index, choice)
		        printf("  %zu  %s\n", index + 1, cli_words(json_object_get(choice, "label")));
	printf("%s > ", strcmp(type, "yes-no") == 0 ? "oui / non" : strcmp(type, "scale") == 0 ? "0-10" : "");
	fflush(stdout);
}

/* The answers, owned by the caller. NULL: the input ended. An empty line leaves a question open. */
static json_t *ask_form(const json_t *questionnaire)
{
	char line[LINE_MAX_BYTES];
	json_t *answers = json_object(), *question;
	size_t index;
	json_array_foreach(json_object_get(questionnaire, "questions"), index, question)
	{
		json_t *answer = NULL;
		do {
			print_question(question);
			if (!read_line(line)) {
				json_decref(answers);
				return NULL;
			}
			answer = *line ? answer_of(question, line) : json_null();
			if (!answer)
				printf("?\n");
		} while (!answer);
		json_object_set_new(answers, text(question, "name"), answer);
	}
	mem_wipe(line, sizeof(line));
	return answers;
}

/* ---- Paper ------------------------------------------------------------------------------------------------------- */

/* {"number", "answers"} a line. 0 or an exit code, said. */
static int read_forms(const char *path, json_t *forms)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = mem_alloc(FILE_MAX_BYTES);
	unsigned long count = 0;
	int result = file ? 0 : cli_say(CLI_NOT_FOUND, "%s cannot be read", path);
	while (!result && fgets(line, FILE_MAX_BYTES, file)) {
		count++;
		if (line[strspn(line, " \t\r\n")] == '\0')
			continue;
		json_t *form = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		if (json_is_object(form))
			json_array_append(forms, form);
		else
			result = cli_say(CLI_INVALID,
			        "line %lu is no form: {\"number\": \"12345 67890\", \"answers\": {...}}. "
			        "Nothing "
			        "was saved",
			        count);
		json_decref(form);
	}
	if (file && file != stdin)
		fclose(file);
	mem_wipe(line, FILE_MAX_BYTES);
	mem_free(line);
	return result;
}

/* Numbers and answers by hand, until an empty number. */
static int type_forms(struct cli *cli, json_t *forms)
{
	char line[LINE_MAX_BYTES];
	json_t *results, *answers;
	int result = ask(cli, "GET", "results", NULL, &results);
	while (!result) {
		printf("\nNumber of the form, or nothing to end > ");
		fflush(stdout);
		if (!read_line(line) || !*line)
			break;
		answers = ask_form(json_object_get(results, "questionnaire"));
		if (!answers)
			break;
		json_array_append_new(forms, json_pack("{s:s, s:o}", "number", line, "answers", answers));
	}
	json_decref(results);
	return result;
}

int cli_survey_enter(struct cli *cli)
{
	json_t *forms = json_array(), *out = NULL;
	int result = cli->argument_count > 1 ? read_forms(cli->arguments[1], forms) : type_forms(cli, forms);
	if (!result)
		result = ask(cli, "POST", "paper", json_pack("{s:O}", "forms", forms), &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%lld forms taken", number(out, "taken"));
		if (number(out, "waiting"))
			printf("; %lld wait on this device until there are 5", number(out, "waiting"));
		printf(". Destroy the paper.\n");
	}
	json_decref(out);
	json_decref(forms);
	return result;
}

/* ---- The device handed over -------------------------------------------------------------------------------------- */

static int answer(struct cli *cli, const json_t *handed)
{
	const json_t *questionnaire = json_object_get(handed, "questionnaire");
	json_t *answers, *out = NULL;
	printf("\033[2J\033[H%s\n%s\n", text(handed, "title"),
	        cli_words(json_object_get(questionnaire, "note")));
	answers = ask_form(questionnaire);
	if (!answers)
		return cli_say(CLI_ERROR,
		        "no answers were given, and nothing was saved. The device stays as it is: releve "
		        "lock, "
		        "then releve unlock");
	int result = cli_request_json(cli, "POST", "/api/surveys/form",
	        json_pack("{s:s, s:o}", "token", text(handed, "token"), "answers", answers), &out);
	if (!result && !cli_print_json(cli, out))
		printf("\033[2J\033[HMerci. Vous pouvez rendre l'appareil. / Thank you. You may give the "
		       "device "
		       "back.\n");
	json_decref(out);
	return result;
}

int cli_survey_hand_over(struct cli *cli)
{
	const bool is_own = cli_option(cli, "own-device") != NULL,
	           is_colleague = cli_option(cli, "colleague") != NULL;
	json_t *out;
	if (is_own && is_colleague)
		return cli_say(CLI_USAGE, "--own-device or --colleague, not both");
	int result = ask(cli, "POST", "hand-over",
	        json_pack("{s:s*}", "device",
	                is_own                 ? "own"
	                        : is_colleague ? "colleague"
	                                       : NULL),
	        &out);
	if (!result && cli_option(cli, "no-questions"))
		cli_print_json(cli, out);
	else if (!result)
		result = answer(cli, out);
	json_decref(out);
	return result;
}

int cli_survey_write(struct cli *cli)
{
	json_t *out;
	int result = ask(cli, "POST", "write", json_pack("{s:b}", "few", few(cli)), &out);
	if (!result && !cli_print_json(cli, out))
		printf("%lld forms written as one sum.\n", number(out, "written"));
	json_decref(out);
	return result;
}

/* ---- Results ----------------------------------------------------------------------------------------------------- */

static void print_question_results(const json_t *question)
{
	const json_t *cell;
	size_t index;
	const json_t *label = json_object_get(question, "label");
	printf("\n%lld. %s\n   ", number(question, "number"), label ? cli_words(label) : "?");
	json_array_foreach(json_object_get(question, "cells"), index, cell)
	        printf("%s %lld   ", text(cell, "name"), number(cell, "count"));
	printf("no answer %lld", number(question, "open"));
	if (*text(question, "percent"))
		printf("   = %s %% yes", text(question, "percent"));
	if (*text(question, "mean"))
		printf("   = %s out of 10", text(question, "mean"));
	printf("\n");
}

static void print_results(const json_t *out)
{
	const json_t *one;
	size_t index;
	printf("%s, %s to %s, %s: %lld forms in %lld sums", text(out, "title"), text(out, "from"),
	        text(out, "until"), text(out, "state"), number(out, "forms"), number(out, "batches"));
	printf(number(out, "waiting") ? "; %lld more wait on this device.\n" : ".\n", number(out, "waiting"));
	if (number(out, "unread"))
		printf("%lld sums are of other questions, or not readable here: left aside.\n",
		        number(out, "unread"));
	json_array_foreach(json_object_get(out, "typedTwice"), index, one)
	{
		const json_t *batches = json_object_get(one, "batches");
		printf("TYPED IN TWICE: form %s, in %.8s and %.8s: releve survey cancel one of them, and "
		       "type its "
		       "other forms in again.\n",
		        text(one, "number"), json_string_value(json_array_get(batches, 0)),
		        json_string_value(json_array_get(batches, 1)));
	}
	json_array_foreach(json_object_get(out, "questions"), index, one) print_question_results(one);
	json_array_foreach(json_object_get(out, "texts"), index, one)
	        printf("%s- %s\n", index ? "" : "\nIn words, in no order:\n", text(one, "text"));
	if (json_is_object(json_object_get(out, "shown"))) {
		printf("\nShown to facilitators: ");
		print_shown(json_object_get(out, "shown"));
	}
}

int cli_survey_results(struct cli *cli)
{
	json_t *out;
	int result = ask(cli, "GET", "results", NULL, &out);
	if (!result && !cli_print_json(cli, out))
		print_results(out);
	json_decref(out);
	return result;
}

int cli_survey_close(struct cli *cli)
{
	json_t *out;
	int result = ask(cli, "POST", "close", json_pack("{s:b}", "few", few(cli)), &out);
	if (!result && !cli_print_json(cli, out)) {
		const char *shown = text(out, "shown");
		printf("Closed, with %lld forms. %s\n", number(out, "forms"),
		        strcmp(shown, "few") == 0 ? "Fewer than 11: nothing is shown to facilitators."
		                : strcmp(shown, "kept") == 0
		                ? "What facilitators were shown stays: too little moved since."
		                : "Facilitators are shown the sums without small counts.");
	}
	json_decref(out);
	return result;
}

int cli_survey_texts(struct cli *cli)
{
	json_t *texts = json_array(), *out;
	for (int i = 1; i < cli->argument_count; i++)
		json_array_append_new(texts, json_string(cli->arguments[i]));
	int result = ask(cli, "POST", "texts", json_pack("{s:o}", "texts", texts), &out);
	if (!result && !cli_print_json(cli, out))
		printf("Facilitators are shown %d answers in words.\n", cli->argument_count - 1);
	json_decref(out);
	return result;
}

/* The whole id of the sum that the second argument begins. NULL. */
static const char *batch_of(const struct cli *cli, const json_t *results)
{
	const char *found = NULL, *wanted = cli->arguments[1];
	const json_t *one;
	size_t index;
	json_array_foreach(json_object_get(results, "collected"), index, one)
	{
		if (strlen(wanted) < 4 || strncmp(text(one, "id"), wanted, strlen(wanted)) != 0)
			continue;
		if (found)
			return NULL;
		found = text(one, "id");
	}
	return found;
}

int cli_survey_cancel(struct cli *cli)
{
	json_t *results, *out = NULL;
	int result = ask(cli, "GET", "results", NULL, &results);
	const char *batch = result ? NULL : batch_of(cli, results);
	if (!result && !batch)
		result = cli_say(CLI_NOT_FOUND,
		        "there is no such sum, or several begin so: see releve survey results --json, "
		        "\"collected\"");
	if (!result)
		result = ask(cli, "POST", "cancel",
		        json_pack("{s:s, s:s*}", "batch", batch, "reason", cli_option(cli, "reason")), &out);
	if (!result && !cli_print_json(cli, out))
		printf("These answers do not count any more.\n");
	json_decref(out);
	json_decref(results);
	return result;
}
