/* The life of the team: the year in figures, charter and rules with who signed them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static const json_t *part(const json_t *object, const char *name)
{
	return json_object_get(object, name);
}

/* ---- The year ---------------------------------------------------------------------------------------------------- */

static void print_sharing(const json_t *sharing)
{
	if (!json_is_string(part(sharing, "lastOn"))) {
		printf("No sharing of practice was recorded yet: at least one every %lld days.\n",
		        number(sharing, "everyDays"));
		return;
	}
	printf("Sharing of practice: last on %s, %lld days ago; %s on %s. Longest gap in the year: %lld "
	       "days.\n",
	        text(sharing, "lastOn"), number(sharing, "daysSince"),
	        json_is_true(part(sharing, "late")) ? "LATE: it was due" : "due", text(sharing, "dueOn"),
	        number(sharing, "longestGapDays"));
}

static void print_summary(const json_t *summary)
{
	static const struct cli_column columns[] = {{"", "what", 0}, {"NUMBER", "count", 0},
	        {"MINUTES", "minutes", 0}, {"PERSON-MINUTES", "personMinutes", 0}, {"LAST", "lastOn", 0},
	        {0}};
	static const struct cli_column people[] = {{"PERSON", "name", 0}, {"SHARINGS", "sharings", 0},
	        {"TRAINING", "trainingMinutes", 0}, {"OMAHA", "omahaMinutes", 0},
	        {"SELF-ORG.", "selfOrganizationMinutes", 0}, {"PEER VISITS", "peerVisits", 0},
	        {"INTER-TEAM", "interTeam", 0}, {0}};
	json_t *types = json_object_get(summary, "types"), *one;
	size_t index;
	json_array_foreach(types, index, one)
	        json_object_set_new(one, "what", json_string(cli_words(part(one, "label"))));
	cli_print_table(types, columns);
	printf("\n");
	print_sharing(part(summary, "sharing"));
	printf("Facilitation: %lld minutes a week, of %lld expected.\n",
	        number(part(summary, "facilitation"), "minutesPerWeek"),
	        number(part(summary, "facilitation"), "expectedPerWeek"));
	printf("Peers' field visits: %lld of %lld a year. Meetings between teams: %lld of %lld.\n",
	        number(part(summary, "peerVisits"), "count"), number(part(summary, "peerVisits"), "expected"),
	        number(part(summary, "interTeam"), "count"), number(part(summary, "interTeam"), "expected"));
	printf("Doubled visits: %lld, %lld minutes", number(part(summary, "doubled"), "count"),
	        number(part(summary, "doubled"), "minutes"));
	json_array_foreach(json_object_get(part(summary, "doubled"), "people"), index, one)
	        printf("%s%s %lld", index ? ", " : " (", text(one, "name"), number(one, "count"));
	printf("%s.\n", index ? ")" : "");
	if (json_array_size(part(summary, "people"))) {
		printf("\n");
		cli_print_table(part(summary, "people"), people);
	}
	json_array_foreach(json_object_get(summary, "leaving"), index, one)
	        printf("%s leaves the team: last day %.10s.\n", text(one, "name"), text(one, "until"));
}

int cli_practice(struct cli *cli)
{
	const char *year = cli_option(cli, "year");
	char *escaped = cli_escaped(year ? year : ""), target[128];
	json_t *out;
	snprintf(target, sizeof(target), "/api/practice/summary%s%.40s", year ? "?year=" : "", escaped);
	mem_free(escaped);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		print_summary(out);
	json_decref(out);
	return result;
}

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

static void print_rule(const json_t *rule, bool with_text)
{
	const json_t *one;
	size_t index;
	printf("%.8s  %s%s\n", text(rule, "id"), text(rule, "title"),
	        json_is_true(part(rule, "holds")) ? "" : "  (it holds no more)");
	if (with_text)
		printf("\n%s\n\n", text(rule, "text"));
	json_array_foreach(json_object_get(rule, "signatures"), index, one)
	{
		printf("  ");
		cli_print_moment(text(one, "at"), text(part(one, "by"), "clock"));
		printf("  %s  %s\n", *text(part(one, "by"), "name") ? text(part(one, "by"), "name") : "?",
		        cli_words(one));
	}
	json_array_foreach(json_object_get(rule, "unsigned"), index, one)
	        printf("%s%s", index ? ", " : "  Not signed by: ", text(one, "name"));
	if (index)
		printf("\n");
}

static const json_t *find_rule(const json_t *all, const char *id)
{
	const json_t *rule, *found = NULL;
	size_t index;
	unsigned count = 0;
	json_array_foreach(json_object_get(all, "rules"), index, rule)
	{
		if (strlen(id) < 4 || strncmp(text(rule, "id"), id, strlen(id)) != 0)
			continue;
		found = rule;
		count++;
	}
	return count == 1 ? found : NULL;
}

int cli_rules_list(struct cli *cli)
{
	json_t *out, *rule;
	size_t index;
	int result = cli_request(cli, "GET", "/api/rules", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "rules"), index, rule) print_rule(rule, false);
		if (index == 0)
			printf("There is none: releve record add teamRule type=charter title=... text=...\n");
	}
	json_decref(out);
	return result;
}

/* The text, and its digest to sign it by: both from one reading. */
int cli_rules_show(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "GET", "/api/rules", (struct span){NULL, 0}, &out);
	const json_t *rule = result ? NULL : find_rule(out, cli->arguments[0]);
	if (!result && !rule)
		result = cli_say(
		        CLI_NOT_FOUND, "there is no such text, or several begin so: releve rules list");
	if (rule && !cli_print_json(cli, rule)) {
		print_rule(rule, true);
		printf("\nTo sign it as it stands here: releve rules sign %.8s %.16s\n", text(rule, "id"),
		        text(rule, "digest"));
	}
	json_decref(out);
	return result;
}

int cli_rules_sign(struct cli *cli)
{
	const char *saw = cli->arguments[1];
	json_t *out;
	int result = cli_request(cli, "GET", "/api/rules", (struct span){NULL, 0}, &out);
	const json_t *rule = result ? NULL : find_rule(out, cli->arguments[0]);
	if (!result && !rule)
		result = cli_say(
		        CLI_NOT_FOUND, "there is no such text, or several begin so: releve rules list");
	else if (rule && (strlen(saw) < 8 || strncmp(text(rule, "digest"), saw, strlen(saw)) != 0))
		result = cli_say(CLI_CONFLICT,
		        "the text is another than the one that you read: releve rules show %s",
		        cli->arguments[0]);
	if (!result) {
		char target[128];
		json_t *reply;
		snprintf(target, sizeof(target), "/api/rules/%.40s/sign", text(rule, "id"));
		result = cli_request_json(
		        cli, "POST", target, json_pack("{s:O}", "saw", part(rule, "digest")), &reply);
		if (!result && !cli_print_json(cli, reply))
			printf("Signed, as it stands now.\n");
		json_decref(reply);
	}
	json_decref(out);
	return result;
}
