/* Entries that are kept apart, and vouching for them. */
#include <stdio.h>

#include "crdt/base/limits.h"
#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static void print_entry(const json_t *entry)
{
	const json_t *by = json_object_get(entry, "by"), *document = json_object_get(entry, "document"),
	             *signature = json_object_get(entry, "countersigned");
	json_t *what;
	size_t index;
	const char *title = text(document, "title"), *name = text(by, "name");
	printf("%s  ", text(entry, "entry"));
	cli_print_moment(text(by, "saved"), text(by, "clock"));
	printf("  %s", *name ? name : "?");
	if (document)
		printf("  [%s]", *title ? title : cli_words(json_object_get(document, "label")));
	json_array_foreach(json_object_get(entry, "what"), index, what)
	        printf("%s%s", index ? ", " : "  ", cli_words(what));
	printf("\n    %s\n", cli_words(json_object_get(entry, "why")));
	if (signature)
		printf("    countersigned by %s%s%s\n", text(json_object_get(signature, "by"), "name"),
		        *text(signature, "comment") ? ": " : "", text(signature, "comment"));
	else if (!json_is_true(json_object_get(entry, "readable")) && !json_object_get(entry, "what"))
		printf("    no key for it is on this device\n");
}

static int fetch(struct cli *cli, bool all, json_t **out)
{
	return cli_request(
	        cli, "GET", all ? "/api/quarantine?all=1" : "/api/quarantine", (struct span){NULL, 0}, out);
}

int cli_quarantine(struct cli *cli)
{
	json_t *out, *entry;
	size_t index;
	int result = fetch(cli, cli_option(cli, "all") != NULL, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "entries"), index, entry) print_entry(entry);
		if (index == 0)
			printf("Nothing is kept apart.\n");
		else if (json_integer_value(json_object_get(out, "waiting")))
			printf("\nWithout a countersignature nothing of this counts, and nothing of it is "
			       "lost: a colleague vouches for what happened with releve "
			       "countersign.\n");
		if (json_is_true(json_object_get(out, "more")))
			printf("There is more.\n");
	}
	json_decref(out);
	return result;
}

/* ---- Vouching ---------------------------------------------------------------------------------------------------- */

static bool begins_with(const char *id, const char *digits)
{
	return strncmp(id, digits, strlen(digits)) == 0;
}

/* Those of the list that the options name. */
static json_t *chosen(const struct cli *cli, const json_t *entries)
{
	const char *device = cli_option(cli, "device"), *patient = cli_option(cli, "patient");
	json_t *entry, *names = json_array();
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)entries, index, entry)
	{
		const json_t *by = json_object_get(entry, "by"),
		             *document = json_object_get(entry, "document");
		if (json_is_true(json_object_get(entry, "canCountersign")) &&
		        (!device || begins_with(text(by, "device"), device)) &&
		        (!patient || begins_with(text(document, "id"), patient)))
			json_array_append(names, json_object_get(entry, "entry"));
	}
	return names;
}

static int collect(struct cli *cli, json_t **names)
{
	json_t *out, *entry;
	size_t index;
	*names = json_array();
	for (int i = 0; i < cli->argument_count; i++)
		json_array_append_new(*names, json_string(cli->arguments[i]));
	if (cli->argument_count)
		return 0;
	if (!cli_option(cli, "device") && !cli_option(cli, "patient") && !cli_option(cli, "everything"))
		return cli_say(CLI_USAGE, "name entries, or --device, --patient or --everything");
	int result = fetch(cli, false, &out);
	if (result)
		return result;
	json_decref(*names);
	*names = chosen(cli, json_object_get(out, "entries"));
	if (!cli->json)
		json_array_foreach(json_object_get(out, "entries"), index, entry)
		{
			size_t other;
			json_t *name;
			json_array_foreach(
			        *names, other, name) if (json_equal(name, json_object_get(entry, "entry")))
			        print_entry(entry);
		}
	json_decref(out);
	return json_array_size(*names) ? 0 : cli_say(CLI_NOT_FOUND, "there is nothing to vouch for");
}

/* One entry vouches for so many. */
static int vouch(struct cli *cli, const json_t *names, long long *sum)
{
	const char *comment = cli_option(cli, "comment");
	for (size_t at = 0; at < json_array_size(names); at += LIMIT_COUNTERSIGNED) {
		json_t *out, *part = json_array();
		for (size_t i = at; i < json_array_size(names) && i < at + LIMIT_COUNTERSIGNED; i++)
			json_array_append(part, json_array_get(names, i));
		json_t *body = json_pack("{s:o}", "entries", part);
		if (comment)
			json_object_set_new(body, "comment", json_string(comment));
		int result = cli_request_json(cli, "POST", "/api/quarantine/countersign", body, &out);
		if (result)
			return result;
		*sum += (long long)json_integer_value(json_object_get(out, "countersigned"));
		json_decref(out);
	}
	return 0;
}

int cli_countersign(struct cli *cli)
{
	json_t *names;
	long long sum = 0;
	int result = collect(cli, &names);
	if (!result && !cli_confirmed(cli, "Do you vouch that this happened?"))
		result = cli_say(CLI_USAGE, "nothing was changed; confirm with --yes");
	if (!result)
		result = vouch(cli, names, &sum);
	if (!result && cli->json)
		printf("{\"countersigned\": %lld}\n", sum);
	else if (!result)
		printf("%lld entries count from now on, with your name beside them.\n", sum);
	json_decref(names);
	return result;
}

/* ---- What was refused ---- */

/* What became of this device, and what it or others wrote that does not count. */
void cli_print_standing(const json_t *status)
{
	const char *state = text(status, "state");
	const json_t *quarantine = json_object_get(status, "quarantine");
	const long long waiting = json_integer_value(json_object_get(quarantine, "entries"));
	const long long own = json_integer_value(json_object_get(quarantine, "own"));
	if (strcmp(state, "removed") == 0 || strcmp(state, "suspended") == 0)
		printf("\nThis device was %s by its team: it writes nothing new, and colleagues' devices do "
		       "not "
		       "talk to it.\nEverything that was written here stays here; %lld of its entries %s not "
		       "accepted%s\n",
		        state, own, own == 1 ? "was" : "were",
		        own ? ": see releve quarantine, and releve bundle export to bring them to a "
		              "colleague."
		            : ".");
	else if (waiting)
		printf("\n%lld entries are kept apart until somebody vouches for them: see releve "
		       "quarantine.\n",
		        waiting);
}

/* What a patched program, a thief or a newer version sent. What comes about between honest devices is not worth a line. */
void cli_print_refused(const json_t *status)
{
	size_t index;
	json_t *item;
	bool any = false;
	json_array_foreach(json_object_get(status, "refused"), index, item)
	{
		if (json_is_true(json_object_get(item, "ordinary")))
			continue;
		if (!any)
			printf("\nRefused since the program started; nothing here was changed by it:\n");
		any = true;
		/* cli_words() borrows from the item. */
		printf("  %lld  %s%s: %s\n", (long long)json_integer_value(json_object_get(item, "count")),
		        cli_words(json_object_get(item, "label")),
		        json_is_true(json_object_get(item, "kept")) ? " (kept, without effect)" : "",
		        cli_words(json_object_get(item, "why")));
	}
}
