/* What wants attention, and what two people wrote apart: listing it, putting it off, settling it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cli.h"

enum { TARGET_BYTES = 4096 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* "name=VALUE&" of an option that was given; of a switch "name=1&". */
static void add_query(const struct cli *cli, const char *name, char out[TARGET_BYTES])
{
	const char *given = cli_option(cli, name);
	char *escaped = cli_escaped(given && *given ? given : "1");
	const size_t at = strlen(out);
	if (given)
		snprintf(out + at, TARGET_BYTES - at, "%s=%.1000s&", name, escaped);
	mem_free(escaped);
}

/* ---- Work -------------------------------------------------------------------------------------------------------- */

static void put_row(json_t *item)
{
	const json_t *document = json_object_get(item, "document"), *person;
	const char *title = text(json_object_get(item, "patient"), "name");
	char whose[200] = "";
	size_t index;
	json_array_foreach(json_object_get(item, "people"), index, person)
	{
		const size_t at = strlen(whose);
		snprintf(whose + at, sizeof(whose) - at, "%s%s", index ? ", " : "",
		        *text(person, "name") ? text(person, "name") : text(person, "id"));
	}
	json_object_set_new(item, "whoseWords", json_string(*whose ? whose : "the team"));
	json_object_set_new(
	        item, "about", json_string(*title ? title : cli_words(json_object_get(document, "label"))));
	json_object_set_new(item, "what", json_string(cli_words(item)));
}

/* Types of which there is more than was shown: how much. */
static void print_groups(const json_t *out)
{
	const json_t *group, *item;
	size_t index, at;
	json_array_foreach(json_object_get(out, "groups"), index, group)
	{
		long long shown = 0;
		const long long all = number(group, "now") + number(group, "soon") + number(group, "note");
		json_array_foreach(json_object_get(out, "items"), at, item)
		        shown += strcmp(text(item, "type"), text(group, "type")) == 0;
		if (all > shown)
			printf("%lld more: %s (%lld now, %lld soon, %lld notes): releve work --all --type "
			       "%s\n",
			        all - shown, cli_words(json_object_get(group, "label")), number(group, "now"),
			        number(group, "soon"), number(group, "note"), text(group, "type"));
	}
}

static void print_rest(const json_t *out)
{
	print_groups(out);
	if (json_object_get(out, "next"))
		printf("%lld in all, the next ones: --from %lld\n", number(out, "total"),
		        number(out, "next"));
	if (number(out, "leftOut"))
		printf("%lld more in dossiers that have very many.\n", number(out, "leftOut"));
	if (number(out, "notNow"))
		printf("%lld put off until later: --later shows them.\n", number(out, "notNow"));
	if (number(out, "resting"))
		printf("%lld of patients whom nobody has seen for three months: --all shows them.\n",
		        number(out, "resting"));
}

int cli_work(struct cli *cli)
{
	static const struct cli_column columns[] = {{"ID", "id", 8}, {"", "urgency", 0}, {"DAY", "day", 0},
	        {"ABOUT", "about", 24}, {"WHAT", "what", 100}, {"WHOSE", "whoseWords", 24},
	        {"NOT BEFORE", "notBefore", 0}, {0}};
	char target[TARGET_BYTES] = "/api/work?";
	json_t *out, *item;
	size_t index;
	add_query(cli, "patient", target);
	add_query(cli, "mine", target);
	add_query(cli, "type", target);
	add_query(cli, "later", target);
	add_query(cli, "from", target);
	add_query(cli, "all", target);
	/* Of a long list the beginning of each type says more than one type alone. */
	const bool all = cli_option(cli, "all") || cli_option(cli, "type");
	const size_t at = strlen(target);
	snprintf(target + at, sizeof(target) - at, "%slimit=2000", all ? "" : "each=10&");
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_t *items = json_object_get(out, "items");
		json_array_foreach(items, index, item) put_row(item);
		if (json_array_size(items))
			cli_print_table(items, columns);
		else
			printf("Nothing wants attention.\n");
		print_rest(out);
	}
	json_decref(out);
	return result;
}

int cli_work_later(struct cli *cli)
{
	char *item = cli_escaped(cli->arguments[0]), target[TARGET_BYTES];
	const char *day = cli->arguments[1];
	json_t *out;
	snprintf(target, sizeof(target), "/api/work/%.1000s/later", item);
	mem_free(item);
	int result = cli_request_json(cli, "POST", target,
	        strcmp(day, "now") == 0 ? json_pack("{s:n}", "until") : json_pack("{s:s}", "until", day),
	        &out);
	if (!result && !cli_print_json(cli, out))
		printf(*text(out, "notBefore") ? "Not before %s, on this device.\n" : "To be seen again.\n",
		        text(out, "notBefore"));
	json_decref(out);
	return result;
}

/* ---- Conflicts --------------------------------------------------------------------------------------------------- */

static int get_conflicts(struct cli *cli, json_t **out)
{
	char target[TARGET_BYTES] = "/api/conflicts?limit=1000&";
	add_query(cli, "patient", target);
	return cli_request(cli, "GET", target, (struct span){NULL, 0}, out);
}

/* "Alert, latex: Severity". */
static void print_head(const json_t *field)
{
	const json_t *document = json_object_get(field, "document");
	const char *about = text(document, "title"), *title = text(field, "title");
	printf("%.8s  %s  [%s]  %s%s%s: %s\n", text(field, "item"),
	        json_is_true(json_object_get(field, "conflict")) ? "TO BE SETTLED" : "also         ",
	        *about ? about : cli_words(json_object_get(document, "label")),
	        cli_words(json_object_get(field, "kindLabel")), *title ? ", " : "", title,
	        cli_words(json_object_get(field, "label")));
}

/* "3f09:12": the first digits of the feed, and the place there; the index where an entry wrote several. */
static void value_name(const json_t *value, char out[32])
{
	const char *op = text(value, "op"), *index = strrchr(op, ':');
	snprintf(out, 32, "%.4s:%lld%s", op, number(value, "seq"),
	        index && strcmp(index, ":0") != 0 ? index : "");
}

static void print_values(const json_t *values)
{
	const json_t *value;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)values, index, value)
	{
		const json_t *by = json_object_get(value, "by");
		const char *name = text(by, "name"), *reason = text(value, "reason");
		char called[32];
		value_name(value, called);
		printf("  %-8s  %s  (%s, device %.8s, ", called, cli_words(json_object_get(value, "words")),
		        *name ? name : "?", text(by, "device"));
		cli_print_moment(text(value, "at"), text(by, "clock"));
		printf(")%s%s\n", *reason ? "  because: " : "", reason);
	}
}

int cli_conflicts_list(struct cli *cli)
{
	json_t *out, *field;
	size_t index;
	int result = get_conflicts(cli, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "fields"), index, field)
		{
			print_head(field);
			print_values(json_object_get(field, "values"));
		}
		if (index == 0)
			printf("Nothing is to be settled.\n");
		json_array_foreach(json_object_get(out, "left"), index, field)
		{
			const json_t *document = json_object_get(field, "document");
			const char *title = text(document, "title");
			printf("And %lld more of %s, of which %lld TO BE SETTLED: --patient shows them.\n",
			        number(field, "count"),
			        *title ? title : cli_words(json_object_get(document, "label")),
			        number(field, "safety"));
		}
		if (number(json_object_get(out, "quarantine"), "entries"))
			printf("%lld entries are kept apart: releve quarantine.\n",
			        number(json_object_get(out, "quarantine"), "entries"));
	}
	json_decref(out);
	return result;
}

/* The one whose item's id begins so. NULL: none or several, said. */
static const json_t *find_conflict(const json_t *all, const char *item, int *exit_code)
{
	const json_t *field, *found = NULL;
	size_t index;
	unsigned count = 0;
	json_array_foreach(json_object_get(all, "fields"), index, field)
	{
		if (strlen(item) < 4 || strncmp(text(field, "item"), item, strlen(item)) != 0)
			continue;
		found = field;
		count++;
	}
	if (count == 1)
		return found;
	*exit_code = count
	        ? cli_say(CLI_CONFLICT, "several begin so: give more digits")
	        : cli_say(CLI_NOT_FOUND, "there is no such conflict any more: releve conflicts list");
	return NULL;
}

int cli_conflicts_show(struct cli *cli)
{
	json_t *out;
	int result = get_conflicts(cli, &out);
	const json_t *field = result ? NULL : find_conflict(out, cli->arguments[0], &result);
	if (field && !cli_print_json(cli, field)) {
		print_head(field);
		print_values(json_object_get(field, "values"));
	}
	json_decref(out);
	return result;
}

/* The operation of the value that is called so. NULL: it does not stand there any more. */
static json_t *op_called(const json_t *values, const char *name)
{
	const json_t *value;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)values, index, value)
	{
		char called[32];
		value_name(value, called);
		if (strcmp(called, name) == 0)
			return json_object_get(value, "op");
	}
	return NULL;
}

/* The first name is the choice, the others are what else was seen. */
static int ask_to_settle(struct cli *cli, const json_t *field)
{
	const json_t *values = json_object_get(field, "values");
	const char *reason = cli_option(cli, "reason");
	json_t *saw = json_array(), *out;
	for (int i = 1; i < cli->argument_count; i++) {
		json_t *op = op_called(values, cli->arguments[i]);
		if (!op) {
			json_decref(saw);
			return cli_say(CLI_CONFLICT,
			        "the value %s does not stand there: releve conflicts show %s",
			        cli->arguments[i], cli->arguments[0]);
		}
		json_array_append(saw, op);
	}
	json_t *body = json_pack("{s:O, s:o, s:O}", "place", json_object_get(field, "place"), "saw", saw,
	        "choose", json_array_get(saw, 0));
	if (reason)
		json_object_set_new(body, "reason", json_string(reason));
	int result = cli_request_json(cli, "POST", "/api/conflicts/resolve", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("Settled. releve undo takes it back.\n");
	json_decref(out);
	return result;
}

int cli_conflicts_resolve(struct cli *cli)
{
	json_t *out;
	int result = get_conflicts(cli, &out);
	const json_t *field = result ? NULL : find_conflict(out, cli->arguments[0], &result);
	if (field)
		result = ask_to_settle(cli, field);
	json_decref(out);
	return result;
}

/* ---- Sign-offs --------------------------------------------------------------------------------------------------- */

static void signoff_target(const struct cli *cli, const char *what, char out[TARGET_BYTES])
{
	char *patient = cli_escaped(cli->arguments[0]);
	snprintf(out, TARGET_BYTES, "/api/patients/%.1000s/%s", patient, what);
	mem_free(patient);
}

int cli_signoff(struct cli *cli)
{
	const char *note = cli_option(cli, "note");
	char target[TARGET_BYTES];
	json_t *out;
	signoff_target(cli, "signoff", target);
	int result = cli_request_json(
	        cli, "POST", target, note ? json_pack("{s:s}", "note", note) : json_object(), &out);
	if (!result && !cli_print_json(cli, out))
		printf("Signed off: %s\n", text(out, "id"));
	json_decref(out);
	return result;
}

int cli_signoff_list(struct cli *cli)
{
	char target[TARGET_BYTES];
	json_t *out, *one;
	size_t index;
	signoff_target(cli, "signoffs", target);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "signoffs"), index, one)
		{
			const json_t *by = json_object_get(one, "by");
			cli_print_moment(text(one, "at"), text(by, "clock"));
			printf("  %s  %s%s%s\n", *text(by, "name") ? text(by, "name") : "?", cli_words(one),
			        *text(one, "note") ? "  " : "", text(one, "note"));
		}
		if (index == 0)
			printf("Nobody has signed this file off.\n");
	}
	json_decref(out);
	return result;
}
