/* The Omaha System: searching it, one term, how the problems of a patient went. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* A label in the screens' language, else in the other one. */
static const char *label_of(const json_t *label)
{
	const char *word = cli_words(label);
	return *word ? word : *text(label, "fr") ? text(label, "fr") : text(label, "en");
}

static void print_term(const json_t *term)
{
	const json_t *label = json_object_get(term, "label");
	const char *first = label_of(label), *fr = text(label, "fr"), *en = text(label, "en");
	const char *other = strcmp(first, fr) == 0 ? en : fr;
	printf("%-6s  %s%s%s%s%s\n", text(term, "code"), first, *other ? "  [" : "", other, *other ? "]" : "",
	        json_is_true(json_object_get(term, "retired")) ? "  (retired: it is not chosen any more)"
	                                                       : "");
}

int cli_omaha_search(struct cli *cli)
{
	char *words = cli_joined(cli), *escaped = cli_escaped(words), target[4096];
	json_t *out, *term;
	size_t index;
	snprintf(target, sizeof(target), "/api/omaha/search?words=%.3000s", escaped);
	mem_free(escaped);
	mem_free(words);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "terms"), index, term) print_term(term);
		if (json_array_size(json_object_get(out, "terms")) == 0)
			printf("Nothing in the Omaha System is called so.\n");
	}
	json_decref(out);
	return result;
}

static void print_edition(const json_t *out)
{
	printf("%s. %s\n", text(out, "version"), cli_words(json_object_get(out, "notice")));
}

int cli_omaha_show(struct cli *cli)
{
	char *code = cli_escaped(cli->arguments[0]), target[4096];
	json_t *out, *sign;
	size_t index;
	snprintf(target, sizeof(target), "/api/omaha/%.3000s", code);
	mem_free(code);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		print_term(out);
		if (json_object_get(out, "definition"))
			printf("        %s\n", label_of(json_object_get(out, "definition")));
		json_array_foreach(json_object_get(out, "signs"), index, sign) print_term(sign);
		print_edition(out);
	}
	json_decref(out);
	return result;
}

int cli_omaha_version(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "GET", "/api/omaha", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		size_t signs = 0, index;
		json_t *problem;
		json_array_foreach(json_object_get(out, "problems"), index, problem)
		        signs += json_array_size(json_object_get(problem, "signs"));
		printf("%zu problems, %zu signs and symptoms, %zu targets, %zu categories.\n",
		        json_array_size(json_object_get(out, "problems")), signs,
		        json_array_size(json_object_get(out, "targets")),
		        json_array_size(json_object_get(out, "categories")));
		print_edition(out);
	}
	json_decref(out);
	return result;
}

static void print_problem(const json_t *problem)
{
	json_t *rule;
	size_t index;
	printf("%s%s\n", cli_words(problem),
	        strcmp(text(problem, "state"), "closed") == 0 ? "  (closed)" : "");
	if (json_is_true(json_object_get(problem, "retired")))
		printf("  ! This code was retired from the Omaha System.\n");
	else if (json_is_true(json_object_get(problem, "foreign")))
		printf("  ! The Omaha System calls this code something else, or does not have it.\n");
	json_array_foreach(json_object_get(problem, "rules"), index, rule)
	        printf("  ! %s\n", cli_words(rule));
}

int cli_omaha_history(struct cli *cli)
{
	char *patient = cli_escaped(cli->arguments[0]), target[4096];
	json_t *out, *problem;
	size_t index;
	snprintf(target, sizeof(target), "/api/patients/%.3000s/assessments", patient);
	mem_free(patient);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "problems"), index, problem) print_problem(problem);
		print_edition(out);
	}
	json_decref(out);
	return result;
}
