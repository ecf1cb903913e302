/* Before and after closing: completeness, anomalies, preview; lines explained, statements of each. */
#include <stdio.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* The month's address, and the territory that was given. */
static void territory_target(const struct cli *cli, char target[512], const char *rest)
{
	const char *territory = cli_option(cli, "territory");
	cli_month_target(cli, target, rest);
	if (!territory)
		return;
	char *word = cli_escaped(territory);
	size_t used = strlen(target);
	snprintf(target + used, 512 - used, "?territory=%.400s", word);
	mem_free(word);
}

static void print_heard(const json_t *heard)
{
	const json_t *row;
	size_t index;
	json_array_foreach(heard, index, row) printf("%.16s  %s  heard until %.16s%s\n", text(row, "device"),
	        cli_words(json_object_get(row, "who")),
	        json_object_get(row, "until") ? text(row, "until") : "never",
	        json_is_true(json_object_get(row, "afterTheMonth")) ? ""
	                                                            : "  (not since the end of the month)");
}

int cli_billing_check(struct cli *cli)
{
	static const struct cli_column columns[] = {{"WHAT", "words", 70}, {"VISIT", "visit", 32},
	        {"OTHER", "other", 32}, {"DEVICE", "device", 16}, {0}};
	char target[512];
	json_t *out, *row;
	size_t index;
	territory_target(cli, target, "/check");
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		print_heard(json_object_get(out, "heard"));
		json_array_foreach(json_object_get(out, "anomalies"), index, row)
		        json_object_set_new(row, "words", json_string(cli_words(row)));
		cli_print_table(json_object_get(out, "anomalies"), columns);
		if (number(out, "stops"))
			printf("%lld of these have to be settled before the month is closed.\n",
			        number(out, "stops"));
	}
	json_decref(out);
	return result;
}

static void print_kinds(const json_t *kinds)
{
	static const char *const NAMES[] = {"normal", "late", "correction", "credit", "reinstate"};
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
		const json_t *row = json_object_get(kinds, NAMES[i]);
		char amount[32];
		cli_amount(amount, sizeof(amount), number(row, "cents"));
		if (number(row, "lines"))
			printf("%-10s  %lld lines  %lld visits  %s EUR\n", NAMES[i], number(row, "lines"),
			        number(row, "visits"), amount);
	}
}

int cli_billing_preview(struct cli *cli)
{
	char target[512], before[32], after[32];
	json_t *out;
	territory_target(cli, target, "/preview");
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		const json_t *way = json_object_get(out, "inTheWay");
		cli_print_totals(out);
		print_kinds(json_object_get(out, "kinds"));
		cli_amount(before, sizeof(before), number(out, "standsBefore"));
		cli_amount(after, sizeof(after), number(out, "standsAfter"));
		printf("All lots together: %s EUR before, %s EUR after. Nothing was written.\n", before,
		        after);
		if (json_is_object(way))
			printf("In the way: %s\n", cli_words(way));
	}
	json_decref(out);
	return result;
}

static void print_line(const json_t *line)
{
	const json_t *step;
	size_t index;
	char amount[32];
	cli_amount(amount, sizeof(amount), number(line, "cents"));
	printf("Lot %.16s (%s), line %lld: %s, %s EUR%s\n", text(line, "lot"), text(line, "lotMonth"),
	        number(line, "line"), text(line, "kind"), amount,
	        json_is_true(json_object_get(line, "stands")) ? "" : "; taken back since");
	json_array_foreach(json_object_get(line, "steps"), index, step) printf("  %s\n", cli_words(step));
}

int cli_billing_explain(struct cli *cli)
{
	char target[512];
	char *first = cli_escaped(cli->arguments[0]);
	json_t *out, *line;
	size_t index;
	if (cli->argument_count == 1) {
		snprintf(target, sizeof(target), "/api/billing/explain?visit=%.200s", first);
	} else {
		char *second = cli_escaped(cli->arguments[1]);
		char *lot = cli_escaped(cli_option(cli, "lot") ? cli_option(cli, "lot") : "");
		snprintf(target, sizeof(target), "/api/billing/explain?month=%.100s&line=%.100s%s%.200s",
		        first, second, *lot ? "&lot=" : "", lot);
		mem_free(second);
		mem_free(lot);
	}
	mem_free(first);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "lines"), index, line) print_line(line);
		if (json_is_object(json_object_get(out, "notBilled")))
			printf("Not billed. %s\n", cli_words(json_object_get(out, "notBilled")));
	}
	json_decref(out);
	return result;
}

static int shares(struct cli *cli, const char *rest, const char *title, const char *member)
{
	const struct cli_column columns[] = {{title, member, 32}, {"VISITS", "visits", 0},
	        {"DOUBLED", "doubled", 0}, {"MINUTES", "minutes", 0}, {"EUR", "euros", 0}, {"AMO", "amo", 0},
	        {"AMC", "amc", 0}, {0}};
	static const char *const NAMES[][2] = {{"cents", "euros"}, {"amoCents", "amo"}, {"amcCents", "amc"}};
	char target[512];
	json_t *out, *row;
	size_t index;
	cli_month_target(cli, target, rest);
	if (cli_option(cli, "only")) {
		char *only = cli_escaped(cli_option(cli, "only"));
		size_t used = strlen(target);
		snprintf(target + used, sizeof(target) - used, "?only=%.200s", only);
		mem_free(only);
	}
	cli->verbatim = cli_option(cli, "csv") != NULL;
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (cli->verbatim) {
			fputs(text(out, "csv"), stdout);
		} else {
			json_array_append(json_object_get(out, "rows"), json_object_get(out, "totals"));
			json_array_foreach(json_object_get(out, "rows"), index, row)
			{
				char amount[32];
				for (size_t i = 0; i < sizeof(NAMES) / sizeof(*NAMES); i++) {
					cli_amount(amount, sizeof(amount), number(row, NAMES[i][0]));
					json_object_set_new(row, NAMES[i][1], json_string(amount));
				}
			}
			cli_print_table(json_object_get(out, "rows"), columns);
		}
	}
	json_decref(out);
	return result;
}

int cli_billing_nurses(struct cli *cli)
{
	return shares(cli, "/nurses", "NURSE", "nurse");
}

int cli_billing_patients(struct cli *cli)
{
	return shares(cli, "/patients", "PATIENT", "patient");
}
