/* Indicators: shown, exported, written for others, verified; and a facilitator's teams side by side (node/indicators/README.md). */
#include <stdio.h>
#include <string.h>

#include "node/indicators/rows.h"
#include "tools/cli.h"
#include "tools/team_folder.h"

enum { TARGET_BYTES = 1024, VALUE_BYTES = 64 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static void add_query(char target[TARGET_BYTES], const char *name, const char *value)
{
	char *escaped = value ? cli_escaped(value) : NULL;
	const size_t used = strlen(target);
	if (escaped)
		snprintf(target + used, TARGET_BYTES - used, "%s%s=%.100s", strchr(target, '?') ? "&" : "?",
		        name, escaped);
	mem_free(escaped);
}

static int print_out(struct cli *cli, const struct buf *bytes)
{
	const char *file = cli_option(cli, "out");
	if (file)
		return cli_write_file(file, buf_span(bytes));
	fwrite(bytes->data, 1, bytes->size, stdout);
	return CLI_OK;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static void say_gaps(const json_t *out)
{
	const json_t *missing = json_object_get(out, "missing");
	json_t *one;
	size_t index;
	if (json_array_size(missing))
		fprintf(stderr,
		        "releve: nothing was written for others of %zu of these periods (the first: %s): "
		        "\"releve indicators "
		        "write\" does it, and --exact shows what is computed now, for the team itself\n",
		        json_array_size(missing), json_string_value(json_array_get(missing, 0)));
	json_array_foreach(json_object_get(out, "broken"), index, one)
	        fprintf(stderr, "releve: %s is not shown: %s\n", text(one, "month"), cli_words(one));
}

static json_t *number_text(const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);
	if (json_is_integer(value))
		return json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_real(value) ? json_sprintf("%.2f", json_real_value(value)) : json_string("");
}

/* Of a table for people: whole teams unless --mix, and what others would not be shown is marked. */
static json_t *lines_of(struct cli *cli, const json_t *rows)
{
	json_t *lines = json_array(), *row;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)rows, index, row)
	{
		const struct indicator *indicator = indicator_named(text(row, "indicator"));
		const bool is_whole = strcmp(text(row, "stratum"), "all") == 0 ||
		        strncmp(text(row, "stratum"), "problem:", strlen("problem:")) == 0;
		if (!indicator || (!is_whole && !cli_option(cli, "mix")))
			continue;
		json_t *name = json_pack("{s:s, s:s}", "fr", indicator->name.fr, "en", indicator->name.en);
		json_array_append_new(lines,
		        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "month",
		                text(row, "month"), "indicator", indicator->id, "name", cli_words(name),
		                "stratum", text(row, "stratum"), "numerator", number_text(row, "numerator"),
		                "denominator", number_text(row, "denominator"), "value",
		                number_text(row, "value"), "unit", indicator->unit ? indicator->unit : "",
		                "hidden", json_is_true(json_object_get(row, "suppressed")) ? "*" : ""));
		json_decref(name);
	}
	return lines;
}

static int print_rows(struct cli *cli, const json_t *out, const char *format)
{
	static const struct cli_column columns[] = {{"MONTH", "month", 0}, {"INDICATOR", "indicator", 0},
	        {"", "name", 40}, {"OF", "stratum", 0}, {"NUMERATOR", "numerator", 0},
	        {"DENOMINATOR", "denominator", 0}, {"VALUE", "value", 0}, {"UNIT", "unit", 0},
	        {"", "hidden", 0}, {0}};
	const json_t *rows = json_object_get(out, "rows");
	const bool exact = json_is_true(json_object_get(out, "exact"));
	struct buf bytes = {0};
	int result = CLI_OK;
	if (strcmp(format, "table") == 0) {
		json_t *lines = lines_of(cli, rows);
		cli_print_table(lines, columns);
		if (exact)
			printf("\n* not shown to anybody who gives no care: too few, or it would tell of "
			       "another.\n");
		json_decref(lines);
		return CLI_OK;
	}
	if (strcmp(format, "csv") == 0)
		rows_csv(rows, exact, &bytes);
	else
		rows_ndjson(rows, exact, &bytes);
	if (exact)
		fprintf(stderr,
		        "releve: these rows are exact, small counts too: they are for the team itself\n");
	result = print_out(cli, &bytes);
	buf_wipe(&bytes);
	return result;
}

int cli_indicators(struct cli *cli)
{
	const char *month = cli_option(cli, "month"), *from = cli_option(cli, "from"),
	           *to = cli_option(cli, "to"), *format = cli_option(cli, "format");
	char target[TARGET_BYTES] = "/api/indicators";
	json_t *out;
	if (month && (from || to))
		return cli_say(CLI_USAGE, "give --month, or --from and --to");
	format = format ? format : "table";
	if (strcmp(format, "table") != 0 && strcmp(format, "csv") != 0 && strcmp(format, "ndjson") != 0)
		return cli_say(CLI_USAGE, "the format is table, csv or ndjson");
	if (cli_option(cli, "exact") && cli_option(cli, "written"))
		return cli_say(CLI_USAGE, "give --exact or --written");
	add_query(target, "from", month ? month : from);
	add_query(target, "to", month ? month : to);
	add_query(target, "period", cli_option(cli, "period"));
	if (cli_option(cli, "exact"))
		add_query(target, "exact", "1");
	else if (strcmp(format, "table") == 0 && !cli_option(cli, "written"))
		add_query(target, "exact", "auto");
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		say_gaps(out);
		result = print_rows(cli, out, format);
	}
	json_decref(out);
	return result;
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

static void print_words(const json_t *definition, const char *title, const char *name)
{
	const json_t *words = json_object_get(definition, name);
	if (json_is_object(words))
		printf("%-12s %s\n", title, cli_words(words));
}

static void print_definition(const json_t *definition)
{
	printf("%s, version %lld\n", text(definition, "id"),
	        (long long)json_integer_value(json_object_get(definition, "version")));
	print_words(definition, "", "name");
	print_words(definition, "defined", "definition");
	print_words(definition, "numerator", "numerator");
	print_words(definition, "denominator", "denominator");
	printf("%-12s %s\n%-12s %s\n%-12s %s\n", "unit", text(definition, "unit"), "reads",
	        text(definition, "reads"), "tells of", text(definition, "class"));
}

int cli_indicators_define(struct cli *cli)
{
	static const struct cli_column columns[] = {{"INDICATOR", "id", 0}, {"VERSION", "version", 0},
	        {"GROUP", "group", 0}, {"TELLS OF", "class", 0}, {"", "words", 60}, {0}};
	char target[TARGET_BYTES] = "/api/indicators/definitions";
	json_t *out, *one;
	size_t index;
	if (cli->argument_count) {
		char *name = cli_escaped(cli->arguments[0]);
		snprintf(target, sizeof(target), "/api/indicators/definitions/%.200s", name);
		mem_free(name);
	}
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_t *list = json_object_get(out, "definitions");
		json_array_foreach(list, index, one) json_object_set_new(
		        one, "words", json_string(cli_words(json_object_get(one, "name"))));
		if (list)
			cli_print_table(list, columns);
		else
			print_definition(out);
	}
	json_decref(out);
	return result;
}

/* ---- Writing, verifying ------------------------------------------------------------------------------------------ */

static int ask(struct cli *cli, const char *method, const char *before, const char *period, json_t **out)
{
	char target[TARGET_BYTES], *name = cli_escaped(period);
	snprintf(target, sizeof(target), "%s%.64s", before, name);
	mem_free(name);
	return strcmp(method, "POST") == 0 ? cli_request_json(cli, method, target, json_object(), out)
	                                   : cli_request(cli, method, target, (struct span){NULL, 0}, out);
}

static int write_one(struct cli *cli, const char *period)
{
	json_t *out;
	int result = ask(cli, "POST", "/api/indicators/", period, &out);
	if (!result && !cli_print_json(cli, out))
		printf("%s: %s\n", period,
		        json_is_true(json_object_get(out, "unchanged"))
		                ? "Nothing is written: too few for a count, or changed by too few."
		                : "Written for the facilitators.");
	json_decref(out);
	return result;
}

/* The month after "2026-10", in place. False: it is none. */
static bool next_month(char month[8])
{
	unsigned year, number;
	if (strlen(month) != 7 || sscanf(month, "%4u-%2u", &year, &number) != 2)
		return false;
	number = number % 12 + 1;
	year += number == 1;
	snprintf(month, 8, "%04u-%02u", year % 10000, number % 100);
	return true;
}

int cli_indicators_write(struct cli *cli)
{
	const char *first = cli->arguments[0], *last = cli->arguments[cli->argument_count - 1];
	char month[8];
	if (cli->argument_count > 1 && (strlen(first) != 7 || strlen(last) != 7 || strcmp(first, last) > 0))
		return cli_say(
		        CLI_USAGE, "the first month comes after the last one, or one of them is no month");
	int result = write_one(cli, first);
	snprintf(month, sizeof(month), "%.7s", first);
	while (result == 0 && cli->argument_count > 1 && strcmp(month, last) < 0 && next_month(month))
		result = write_one(cli, month);
	return result;
}

int cli_indicators_verify(struct cli *cli)
{
	static const struct cli_column columns[] = {
	        {"INDICATOR", "indicator", 0}, {"OF", "stratum", 0}, {"", "verdict", 0}, {0}};
	json_t *out;
	int result = ask(cli, "GET", "/api/indicators/verify/", cli->arguments[0], &out);
	if (result)
		return result;
	const bool is_same = json_is_true(json_object_get(out, "same"));
	if (!cli_print_json(cli, out)) {
		printf("%s\n%lld tables were computed again; %lld are what a device saw when it wrote "
		       "them.\n",
		        cli_words(out), (long long)json_integer_value(json_object_get(out, "checked")),
		        (long long)json_integer_value(json_object_get(out, "observed")));
		if (json_array_size(json_object_get(out, "rows")))
			cli_print_table(json_object_get(out, "rows"), columns);
		if (json_object_get(out, "broken"))
			printf("%s\n", cli_words(json_object_get(out, "broken")));
	}
	json_decref(out);
	return is_same ? CLI_OK : CLI_DIFFERS;
}

/* ---- A facilitator's teams --------------------------------------------------------------------------------------- */

static int look_at_team(struct cli *cli, const char *name, json_t *list)
{
	char target[TARGET_BYTES] = "/api/facilitator";
	json_t *out;
	add_query(target, "month", cli_option(cli, "month"));
	cli->team = strcmp(name, TEAM_FOLDER_MAIN) == 0 ? NULL : name;
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (result)
		return result;
	json_object_set_new(out, "name", json_string(name));
	json_array_append_new(list, out);
	return 0;
}

/* With a running program all of its teams that are open; without, the one that --team names. */
static int look_at_teams(struct cli *cli, json_t *list)
{
	const char *chosen = cli->team;
	json_t *teams = NULL, *team;
	size_t index;
	int result = 0;
	if (chosen || !cli_runs(cli))
		return look_at_team(cli, chosen ? chosen : TEAM_FOLDER_MAIN, list);
	result = cli_request(cli, "GET", "/api/teams", (struct span){NULL, 0}, &teams);
	json_array_foreach(json_object_get(teams, "teams"), index, team)
	{
		const bool is_open = json_is_true(json_object_get(team, "inTeam")) &&
		        !json_is_true(json_object_get(team, "locked"));
		if (result == 0 && is_open)
			result = look_at_team(cli, text(team, "team"), list);
		else if (result == 0)
			fprintf(stderr, "releve: %s is locked, or in no team\n", text(team, "team"));
	}
	cli->team = chosen;
	json_decref(teams);
	return result;
}

static void put_figure(
        json_t *line, const char *name, const json_t *figures, const char *figure, const char *member)
{
	json_object_set_new(line, name, number_text(json_object_get(figures, figure), member));
}

static void put_kept(json_t *line, const char *name, const json_t *figures, const char *kept)
{
	const json_t *value = json_object_get(figures, kept);
	if (!json_is_boolean(value))
		json_object_set_new(line, name, json_string("?"));
	else
		json_object_set_new(line, name, json_string(json_is_true(value) ? "kept" : "NOT KEPT"));
}

static json_t *line_of(const json_t *team)
{
	const json_t *figures = json_object_get(team, "figures"),
	             *minutes = json_object_get(figures, "minutes");
	json_t *line = json_pack("{s:s, s:s}", "name", text(team, "name"), "month", text(team, "month"));
	put_figure(line, "patients", figures, "patients", "value");
	put_figure(line, "visits", figures, "visits", "value");
	if (json_is_object(minutes))
		json_object_set_new(line, "hours",
		        json_sprintf("%lld",
		                (long long)json_integer_value(json_object_get(minutes, "numerator")) / 60));
	json_object_set_new(line, "load", number_text(figures, "hoursPerNurseWeek"));
	put_figure(line, "since", figures, "daysSinceSharing", "value");
	put_kept(line, "sharing", figures, "sharingKept");
	put_figure(line, "minutes", figures, "facilitation", "value");
	put_kept(line, "facilitation", figures, "facilitationKept");
	put_figure(line, "conflicts", figures, "conflicts", "value");
	put_figure(line, "oldest", figures, "oldestData", "value");
	put_figure(line, "only", figures, "onlyHere", "value");
	return line;
}

int cli_facilitator(struct cli *cli)
{
	static const struct cli_column columns[] = {{"TEAM", "name", 0}, {"MONTH", "month", 0},
	        {"PATIENTS", "patients", 0}, {"VISITS", "visits", 0}, {"HOURS", "hours", 0},
	        {"H/NURSE/WEEK", "load", 0}, {"DAYS SINCE SHARING", "since", 0}, {"<= 14", "sharing", 0},
	        {"FACILITATION MIN/WEEK", "minutes", 0}, {">= 120", "facilitation", 0},
	        {"CONFLICTS", "conflicts", 0}, {"OLDEST DATA H", "oldest", 0}, {"ON ONE DEVICE", "only", 0},
	        {0}};
	json_t *list = json_array(), *lines = json_array(), *team, *out;
	size_t index;
	int result = look_at_teams(cli, list);
	out = json_pack("{s:O}", "teams", list);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(list, index, team)
		{
			json_array_append_new(lines, line_of(team));
			if (json_object_get(team, "broken"))
				fprintf(stderr, "releve: %s: %s\n", text(team, "name"),
				        cli_words(json_object_get(team, "broken")));
			else if (!json_is_true(json_object_get(team, "written")))
				fprintf(stderr, "releve: %s: nothing was written of that month\n",
				        text(team, "name"));
		}
		cli_print_table(lines, columns);
	}
	json_decref(out);
	json_decref(list);
	json_decref(lines);
	return result;
}

/* ---- What befell a patient --------------------------------------------------------------------------------------- */

int cli_outcome_add(struct cli *cli)
{
	char target[TARGET_BYTES], *patient = cli_escaped(cli->arguments[0]);
	json_t *record, *out;
	snprintf(target, sizeof(target), "/api/records/outcome?in=%.200s", patient);
	mem_free(patient);
	int result = cli_fields(cli, 1, "outcome", &record);
	if (result)
		return result;
	if (cli_option(cli, "corrects"))
		json_object_set_new(record, "corrects", json_string(cli_option(cli, "corrects")));
	if (cli_option(cli, "reason"))
		json_object_set_new(record, "reason", json_string(cli_option(cli, "reason")));
	result = cli_request_json(cli, "POST", target, record, &out);
	if (!result && !cli_print_json(cli, out))
		printf("%s\n", text(out, "id"));
	json_decref(out);
	return result;
}

int cli_outcome_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"ID", "id", 12}, {"AT", "at", 16}, {"EVENT", "type", 0},
	        {"PLACE", "place", 0}, {"BACK ON", "until", 0}, {"NOTE", "note", 40},
	        {"CORRECTED", "corrected", 0}, {0}};
	char target[TARGET_BYTES], *patient = cli_escaped(cli->arguments[0]);
	json_t *out;
	snprintf(target, sizeof(target), "/api/records/outcome?in=%.200s", patient);
	mem_free(patient);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(json_object_get(out, "records"), columns);
	json_decref(out);
	return result;
}
