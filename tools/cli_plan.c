/* The care plan of a patient, problem by problem. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* How often, in words; of words what rule they mean mostly. */
static void print_rhythm(const json_t *item)
{
	const json_t *rhythm = json_object_get(item, "rhythm"),
	             *proposed = json_object_get(rhythm, "proposed");
	const char *is = text(rhythm, "is");
	if (strcmp(is, "rule") == 0)
		printf("      %s%s%s\n", cli_words(rhythm), *text(rhythm, "next") ? "; next " : "",
		        text(rhythm, "next"));
	else if (*text(item, "recurrence"))
		printf("      “%s”: no visit is planned by it%s%s\n", text(item, "recurrence"),
		        proposed ? "; \"releve plan schedule\" takes: " : "",
		        proposed ? cli_words(proposed) : "");
}

static void print_item(const json_t *item)
{
	const char *state = text(item, "state"), *action = text(item, "action"), *id = text(item, "id");
	printf("    %.12s  %s (%s)%s%s%s%s\n", id, text(item, "target"), text(item, "category"),
	        *action && strcmp(action, "nursing") != 0 ? "  " : "",
	        strcmp(action, "nursing") != 0 ? action : "",
	        *state && strcmp(state, "active") != 0 ? "  " : "",
	        strcmp(state, "active") != 0 ? state : "");
	if (*text(item, "detail"))
		printf("      %s\n", text(item, "detail"));
	print_rhythm(item);
}

static void print_goal(const json_t *goal)
{
	printf("    “%s”%s%s, %s\n", text(goal, "words"), *text(goal, "targetDate") ? ", by " : "",
	        text(goal, "targetDate"), *text(goal, "outcome") ? text(goal, "outcome") : "open");
}

static void print_problem(const json_t *problem)
{
	const json_t *due = json_object_get(problem, "due"), *one;
	size_t index;
	const bool is_closed = strcmp(text(problem, "state"), "closed") == 0;
	printf("%s%s\n", cli_words(problem), is_closed ? "  (closed)" : "");
	if (due)
		printf("  assess again on %s%s\n", text(due, "day"),
		        json_is_true(json_object_get(due, "late")) ? "  ! late" : "");
	json_array_foreach(json_object_get(problem, "items"), index, one) print_item(one);
	json_array_foreach(json_object_get(problem, "goals"), index, one) print_goal(one);
}

static void print_plan(const json_t *out)
{
	const json_t *one, *other = json_object_get(out, "otherItems"),
	                   *goals = json_object_get(out, "otherGoals");
	size_t index;
	json_array_foreach(json_object_get(out, "problems"), index, one) print_problem(one);
	if (json_array_size(other) || json_array_size(goals))
		printf("Of no problem that is here\n");
	json_array_foreach(other, index, one) print_item(one);
	json_array_foreach(goals, index, one) print_goal(one);
	json_array_foreach(json_object_get(out, "attention"), index, one) printf("! %s\n", cli_words(one));
	cli_print_age(out);
}

int cli_plan_show(struct cli *cli)
{
	char *patient = cli_escaped(cli->arguments[0]),
	     *day = cli_escaped(cli_option(cli, "day") ? cli_option(cli, "day") : ""), target[4096];
	json_t *out;
	snprintf(target, sizeof(target), "/api/patients/%.1000s/plan%s%.100s", patient, *day ? "?day=" : "",
	        day);
	mem_free(patient);
	mem_free(day);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		print_plan(out);
	json_decref(out);
	return result;
}

/* "FREQ=..." stands for recurrence=FREQ=...; other arguments are fields. */
int cli_plan_schedule(struct cli *cli)
{
	char target[4096], *patient = cli_escaped(cli->arguments[0]), *item = cli_escaped(cli->arguments[1]);
	const bool has_rule = cli->argument_count > 2 && strncmp(cli->arguments[2], "FREQ=", 5) == 0;
	json_t *fields = NULL, *out, *warning;
	size_t index;
	snprintf(target, sizeof(target), "/api/patients/%.1000s/plan/%.1000s/schedule", patient, item);
	mem_free(patient);
	mem_free(item);
	int result = cli_fields(cli, has_rule ? 3 : 2, "intervention", &fields);
	if (result)
		return result;
	if (has_rule)
		json_object_set_new(fields, "recurrence", json_string(cli->arguments[2]));
	result = cli_request_json(cli, "POST", target, fields, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "warnings"), index, warning)
		        fprintf(stderr, "releve: %s\n", cli_words(warning));
		printf("%s\n", text(out, "id"));
	}
	json_decref(out);
	return result;
}
