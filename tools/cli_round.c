/* The round, the week of the team, and who is away. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static bool has_mark(const json_t *visit, const char *mark)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(visit, "marks"), index,
	        one) if (strcmp(json_string_value(one), mark) == 0) return true;
	return false;
}

/* ---- One visit --------------------------------------------------------------------------------------------------- */

static void print_names(const json_t *people, const char *between)
{
	size_t index;
	json_t *one;
	json_array_foreach(people, index, one) printf("%s%s", index ? between : "", text(one, "name"));
}

static void print_owner(const json_t *visit)
{
	const json_t *owners = json_object_get(visit, "owners"), *absent = json_object_get(visit, "absent");
	if (has_mark(visit, "twice")) {
		printf("! claimed twice: ");
		print_names(owners, " and ");
	} else if (has_mark(visit, "unclaimed")) {
		printf("! nobody's");
	} else {
		print_names(owners, " and ");
	}
	if (json_array_size(absent)) {
		printf(" (away: ");
		print_names(absent, ", ");
		printf(")");
	}
	if (has_mark(visit, "unaccepted"))
		printf("  handed over by %s, not accepted yet",
		        text(json_object_get(visit, "handedBy"), "name"));
	if (json_object_get(visit, "cabinet"))
		printf("  given to %s", text(json_object_get(visit, "cabinet"), "name"));
}

static void print_state(const json_t *visit)
{
	const json_t *took = json_object_get(visit, "took");
	const char *state = text(visit, "state");
	if (took)
		printf("  done %.5s by %s", text(took, "start") + 11,
		        text(json_object_get(took, "nurse"), "name"));
	else if (strcmp(state, "planned") != 0)
		printf("  %s%s%s", state, *text(visit, "movedTo") ? " to " : "", text(visit, "movedTo"));
	if (*text(visit, "why"))
		printf(": %s", text(visit, "why"));
	if (has_mark(visit, "differing"))
		printf("  ! said differently by two");
	if (has_mark(visit, "unplanned"))
		printf("  ! not in the plan any more");
	if (has_mark(visit, "missed"))
		printf("  ! not done");
}

/* "08:00  DUPONT Jeanne  Léa Morvan  done 08:10 by ..." */
static void print_visit(const json_t *visit)
{
	const char *at = text(visit, "at");
	printf("%.5s  %.8s  %-28s  ", strlen(at) > 11 ? at + 11 : "", text(visit, "patient"),
	        text(visit, "name"));
	print_owner(visit);
	print_state(visit);
	printf("\n");
}

static void print_line(const json_t *visit, const char *label, const char *const *names)
{
	bool any = false;
	for (; *names; names++) {
		if (!*text(visit, *names))
			continue;
		printf("%s%s", any ? ", " : label, text(visit, *names));
		any = true;
	}
	if (any)
		printf("\n");
}

static void print_details(const json_t *visit)
{
	static const char *const address[] = {"street", "complement", "postcode", "town", NULL},
	                         *const door[] = {"doorCode", "keys", NULL},
	                         *const phone[] = {"phone", "mobile", NULL},
	                         *const allergies[] = {"allergies", NULL};
	const json_t *one;
	size_t index;
	print_line(visit, "       ", address);
	print_line(visit, "       access: ", door);
	print_line(visit, "       phone: ", phone);
	print_line(visit, "       ! allergies: ", allergies);
	json_array_foreach(json_object_get(visit, "alerts"), index, one)
	        printf("       ! %s: %s\n", text(one, "type"), text(one, "what"));
	json_array_foreach(json_object_get(visit, "items"), index, one) printf("       - %s%s%s\n",
	        text(one, "target"), *text(one, "detail") ? ": " : "", text(one, "detail"));
	json_array_foreach(json_object_get(visit, "urgent"), index, one)
	        printf("       %s, %.16s: %s\n", text(one, "urgency"), text(one, "at"), text(one, "data"));
}

static void print_not_planned(const json_t *list)
{
	size_t index;
	json_t *one;
	json_array_foreach(list, index, one)
	        printf("%.5s  %.8s  %-28s  %s  not planned\n", text(one, "start") + 11, text(one, "patient"),
	                text(one, "name"), text(json_object_get(one, "nurse"), "name"));
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* TARGET?day=DAY and one more of the query. The caller owns *out. */
static int get(struct cli *cli, const char *path, const char *day_name, const char *name, const char *value,
        json_t **out)
{
	char *day = cli_escaped(cli->argument_count ? cli->arguments[0] : ""),
	     *escaped = cli_escaped(value ? value : ""), target[4096];
	snprintf(target, sizeof(target), "%s?%s%s%.100s%s%s%s%.100s", path, *day ? day_name : "unused",
	        *day ? "=" : "", day, *escaped ? "&" : "", *escaped ? name : "", *escaped ? "=" : "",
	        escaped);
	mem_free(day);
	mem_free(escaped);
	return cli_request(cli, "GET", target, (struct span){NULL, 0}, out);
}

int cli_round(struct cli *cli)
{
	json_t *out, *visit;
	size_t index;
	int result = get(cli, "/api/round", "day", "nurse", cli_option(cli, "nurse"), &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%s  %s\n", text(out, "day"), text(json_object_get(out, "nurse"), "name"));
		json_array_foreach(json_object_get(out, "visits"), index, visit)
		{
			print_visit(visit);
			print_details(visit);
		}
		print_not_planned(json_object_get(out, "notPlanned"));
		if (json_array_size(json_object_get(out, "unclaimed")))
			printf("To be settled in the team:\n");
		json_array_foreach(json_object_get(out, "unclaimed"), index, visit) print_visit(visit);
		cli_print_age(out);
	}
	json_decref(out);
	return result;
}

static void print_day(const json_t *day)
{
	const json_t *absent = json_object_get(day, "absent");
	json_t *visit;
	size_t index;
	printf("%s  %lld unclaimed, %lld claimed twice, %lld done, %lld missed", text(day, "day"),
	        (long long)json_integer_value(json_object_get(day, "unclaimed")),
	        (long long)json_integer_value(json_object_get(day, "twice")),
	        (long long)json_integer_value(json_object_get(day, "done")),
	        (long long)json_integer_value(json_object_get(day, "missed")));
	if (json_array_size(absent)) {
		printf("; away: ");
		print_names(absent, ", ");
	}
	printf("\n");
	json_array_foreach(json_object_get(day, "visits"), index, visit) print_visit(visit);
	print_not_planned(json_object_get(day, "notPlanned"));
}

int cli_round_week(struct cli *cli)
{
	json_t *out, *day;
	size_t index;
	int result = get(cli, "/api/planning", "from", "days", cli_option(cli, "days"), &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "days"), index, day) print_day(day);
		cli_print_age(out);
	}
	json_decref(out);
	return result;
}

int cli_round_propose(struct cli *cli)
{
	json_t *out, *visit, *one;
	size_t index, other;
	int result = get(cli, "/api/round/proposals", "day", "", NULL, &out);
	if (!result && !cli_print_json(cli, out))
		json_array_foreach(json_object_get(out, "visits"), index, visit)
		{
			print_visit(visit);
			json_array_foreach(json_object_get(visit, "proposals"), other, one)
			        printf("       %s: %s\n", text(json_object_get(one, "nurse"), "name"),
			                cli_words(one));
		}
	json_decref(out);
	return result;
}

/* ---- Saying ------------------------------------------------------------------------------------------------------ */

static void put_option(struct cli *cli, const char *name, json_t *body)
{
	if (cli_option(cli, name))
		json_object_set_new(body, name, json_string(cli_option(cli, name)));
}

/* POST /api/round/WHAT about a patient's visit; `body` (taken) holds what is said of it. */
static int say(struct cli *cli, const char *what, json_t *body, const char *done)
{
	static const char *const options[] = {"day", "part", "id", "reason"};
	char target[64];
	json_t *out;
	snprintf(target, sizeof(target), "/api/round/%s", what);
	if (cli->argument_count)
		json_object_set_new(body, "patient", json_string(cli->arguments[0]));
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		put_option(cli, options[i], body);
	int result = cli_request_json(cli, "POST", target, body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("%s\n", done);
	json_decref(out);
	return result;
}

int cli_round_claim(struct cli *cli)
{
	json_t *body = json_object();
	if (cli_option(cli, "take"))
		json_object_set_new(body, "take", json_true());
	if (!cli_option(cli, "all") == !cli->argument_count) {
		json_decref(body);
		return cli_say(CLI_USAGE, "which visit? \"releve round claim PATIENT\", or --all of a day");
	}
	if (cli->argument_count)
		return say(cli, "claim", body, "It is yours.");
	json_object_set_new(body, "all", json_true());
	put_option(cli, "nurse", body);
	return say(cli, "claim", body, "They are yours: see \"releve round\".");
}

int cli_round_release(struct cli *cli)
{
	return say(cli, "release", json_object(), "It is nobody's now, and shown so to the team.");
}

int cli_round_give(struct cli *cli)
{
	return say(cli, "hand-over", json_pack("{s:s}", "to", cli->arguments[1]),
	        "Handed over: it is hers, and shown as not accepted until she does.");
}

int cli_round_accept(struct cli *cli)
{
	return say(cli, "accept", json_object(), "Accepted.");
}

/* The time as a field of the schema takes it. */
int cli_round_move(struct cli *cli)
{
	char field[64];
	const char *typed = cli->arguments[1];
	json_t *fields;
	snprintf(field, sizeof(field), "start=%.50s", typed);
	cli->arguments[1] = field;
	int result = cli_fields(cli, 1, "plannedVisit", &fields);
	cli->arguments[1] = typed;
	return result ? result : say(cli, "move", fields, "Moved.");
}

int cli_round_place(struct cli *cli)
{
	return say(cli, "order",
	        cli->argument_count > 1 ? json_pack("{s:s}", "after", cli->arguments[1]) : json_object(),
	        "Placed.");
}

int cli_round_cancel(struct cli *cli)
{
	return say(cli, "cancel", json_pack("{s:b}", "away", cli_option(cli, "away") != NULL), "Cancelled.");
}

int cli_round_restore(struct cli *cli)
{
	return say(cli, "restore", json_object(), "Planned again.");
}

int cli_round_cabinet(struct cli *cli)
{
	const bool is_none = strcmp(cli->arguments[1], "none") == 0;
	return say(cli, "cabinet", json_pack("{s:s?}", "cabinet", is_none ? NULL : cli->arguments[1]),
	        is_none ? "It is the team's again." : "Given; whoever of the team has it stays responsible.");
}

/* ---- Who is away ------------------------------------------------------------------------------------------------- */

/* What of hers is nobody's from a day on, as far ahead as the planning goes. */
static long long count_left(const json_t *out, const char *person)
{
	long long count = 0;
	size_t i, j, k;
	json_t *day, *visit, *one;
	json_array_foreach(json_object_get(out, "days"), i, day)
	        json_array_foreach(json_object_get(day, "visits"), j, visit)
	                json_array_foreach(json_object_get(visit, "absent"), k, one)
	                        count += has_mark(visit, "unclaimed") &&
	        strncmp(text(one, "id"), person, strlen(text(one, "id"))) == 0;
	return count;
}

static int print_left(struct cli *cli, const char *from, const char *absence)
{
	char target[4096], *day = cli_escaped(from);
	json_t *out, *absences = NULL, *one;
	size_t index;
	snprintf(target, sizeof(target), "/api/planning?from=%.100s&days=31", day);
	mem_free(day);
	int result = cli_request(cli, "GET", "/api/absences", (struct span){NULL, 0}, &absences);
	if (!result)
		result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result) {
		json_array_foreach(json_object_get(absences, "absences"), index,
		        one) if (strcmp(text(one, "id"), absence) == 0)
		        printf("%lld visits of %s are nobody's in the 31 days from then on: \"releve round "
		               "week\", "
		               "\"releve round claim --all\".\n",
		                count_left(out, text(one, "person")), text(one, "name"));
		json_decref(out);
	}
	json_decref(absences);
	return result;
}

int cli_absence_add(struct cli *cli)
{
	json_t *out, *body = json_pack("{s:s, s:s}", "person", cli->arguments[0], "from", cli->arguments[1]);
	if (cli->argument_count > 2)
		json_object_set_new(body, "until", json_string(cli->arguments[2]));
	int result = cli_request_json(cli, "POST", "/api/absences", body, &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%s\n", text(out, "id"));
		result = print_left(cli, cli->arguments[1], text(out, "id"));
	}
	json_decref(out);
	return result;
}

int cli_absence_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"ABSENCE", "id", 32}, {"WHO", "name", 30},
	        {"FROM", "from", 0}, {"UNTIL", "until", 0}, {"STATE", "state", 0}, {0}};
	json_t *out;
	int result = cli_request(cli, "GET", "/api/absences", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(json_object_get(out, "absences"), columns);
	json_decref(out);
	return result;
}

int cli_absence_end(struct cli *cli)
{
	char target[4096], *id = cli_escaped(cli->arguments[0]);
	json_t *out,
	        *body = cli->argument_count > 1 ? json_pack("{s:s}", "until", cli->arguments[1])
	                                        : json_pack("{s:s}", "state", "withdrawn");
	snprintf(target, sizeof(target), "/api/records/absence/%.1000s", id);
	mem_free(id);
	int result = cli_request_json(cli, "PATCH", target, body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("She is there again from then on.\n");
	json_decref(out);
	return result;
}
