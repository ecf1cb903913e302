/* Who leaves: removing, second signatures, suspensions, roles, notice, new keys; members, and what is asked of one. */
#include <stdio.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* ---- Members ---------------------------------------------------------------------------------------------------- */

/* "active, leaves on 2026-12-26". */
static void add_standing(json_t *member)
{
	char standing[80];
	const char *leaves = text(member, "leavesOn"), *until = text(member, "rightsUntil"),
	           *from = text(member, "rightsFrom");
	int size = snprintf(standing, sizeof(standing), "%s", text(member, "state"));
	if (*leaves)
		snprintf(standing + size, sizeof(standing) - (size_t)size, ", leaves on %.10s", leaves);
	else if (*until)
		snprintf(standing + size, sizeof(standing) - (size_t)size, ", until %.10s", until);
	else if (*from)
		snprintf(standing + size, sizeof(standing) - (size_t)size, ", from %.10s", from);
	json_object_set_new(member, "standing", json_string(standing));
}

static void print_ask(const json_t *ask)
{
	static const char *const COMMANDS[][2] = {{"confirm", "confirm"}, {"endorse", "endorse"},
	        {"choose", "choose"}, {"reinstate", "reinstate"}, {"remove", "remove person"}};
	const char *what = text(ask, "what");
	printf("%s\n", cli_words(ask));
	for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(*COMMANDS); i++)
		if (strcmp(COMMANDS[i][0], what) == 0)
			printf("    releve %s %s\n", COMMANDS[i][1], text(ask, "id"));
}

int cli_members(struct cli *cli)
{
	static const struct cli_column columns[] = {{"DEVICE", "device", 16}, {"PERSON", "person", 8},
	        {"NAME", "name.lastName", 30}, {"ROLE", "role", 0}, {"STATE", "standing", 0},
	        {"MANAGES", "endorsed", 0}, {"SELF", "self", 0}, {"MAY", "may", 0}, {0}};
	json_t *out, *item;
	size_t index;
	int result = cli_request(cli, "GET", "/api/members", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "members"), index, item)
		{
			add_standing(item);
			json_object_set_new(
			        item, "may", json_string(cli_words(json_object_get(item, "rights"))));
		}
		cli_print_table(json_object_get(out, "members"), columns);
		json_array_foreach(json_object_get(out, "asks"), index, item)
		{
			printf(index ? "" : "\n");
			print_ask(item);
		}
	}
	json_decref(out);
	return result;
}

/* ---- Acting ----------------------------------------------------------------------------------------------------- */

static json_t *body_with(const struct cli *cli, const char *option)
{
	const char *value = cli_option(cli, option);
	json_t *body = json_object();
	if (value)
		json_object_set_new(body, option, json_string(value));
	return body;
}

/* Ask the user, then the interface: at /api/WHOSE/ARGUMENT/WHAT, or /api/WHAT. */
static int act(struct cli *cli, const char *whose, const char *what, const char *question, json_t *body,
        json_t **out)
{
	char target[256];
	*out = NULL;
	if (!cli_confirmed(cli, question)) {
		json_decref(body);
		return cli_say(CLI_USAGE, "nothing was changed; confirm with --yes");
	}
	if (whose) {
		char *word = cli_escaped(cli->arguments[0]);
		snprintf(target, sizeof(target), "/api/%s/%.64s/%s", whose, word, what);
		mem_free(word);
	} else {
		snprintf(target, sizeof(target), "/api/%s", what);
	}
	return cli_request_json(cli, "POST", target, body, out);
}

/* Say one of the sentences, unless the interface's JSON was asked for. */
static int say(struct cli *cli, int result, json_t *out, const char *sentence)
{
	size_t index;
	json_t *item, *withdrawn = json_object_get(out, "withdrawn");
	if (!result && !cli_print_json(cli, out)) {
		printf("%s\n", sentence);
		if (json_array_size(withdrawn))
			printf("These invitations were withdrawn, since who is out knows their secret; make "
			       "new "
			       "ones:\n");
		json_array_foreach(withdrawn, index, item)
		{
			printf("  by %s, for a %s, made on %.16s\n", text(item, "by"), text(item, "role"),
			        text(item, "made"));
		}
	}
	json_decref(out);
	return result;
}

int cli_remove_device(struct cli *cli)
{
	json_t *out;
	int result = act(cli, "members", "remove",
	        "This device will write and read nothing new from now on. What it wrote and nobody received "
	        "yet is kept "
	        "apart until a colleague vouches for it. Remove it?",
	        body_with(cli, "reason"), &out);
	return say(cli, result, out,
	        strcmp(text(out, "state"), "suspended") == 0
	                ? "It was this person's last device: it is suspended. Another nurse can take that "
	                  "back "
	                  "(releve reinstate), or two remove the person (releve remove person)."
	                : "The device is removed, and the team has new keys.");
}

static const char *outcome(const json_t *out)
{
	return json_is_true(json_object_get(out, "inForce"))
	        ? "Done; it holds from now on."
	        : "It is proposed: another nurse has to confirm it (releve members shows how).";
}

int cli_remove_person(struct cli *cli)
{
	json_t *out;
	int result = act(cli, "people", "remove", "Remove this person and all their devices?",
	        body_with(cli, "reason"), &out);
	return say(cli, result, out, outcome(out));
}

int cli_role(struct cli *cli)
{
	json_t *out, *body = body_with(cli, "until");
	json_object_set_new(body, "role", json_string(cli->arguments[1]));
	int result = act(cli, "people", "role", "Change this person's role?", body, &out);
	return say(cli, result, out, outcome(out));
}

int cli_confirm(struct cli *cli)
{
	json_t *out;
	int result = act(
	        cli, "proposals", "confirm", "Confirm what a colleague proposes?", json_object(), &out);
	return say(cli, result, out, "Confirmed: it holds from now on, and the team has new keys.");
}

int cli_reinstate(struct cli *cli)
{
	json_t *out;
	int result = act(
	        cli, "people", "reinstate", "Let this person's devices in again?", json_object(), &out);
	return say(cli, result, out,
	        "The suspension is taken back. What was written in between is still kept apart: see releve "
	        "quarantine.");
}

int cli_leave(struct cli *cli)
{
	json_t *out;
	char sentence[96];
	int result = act(cli, NULL, "leave",
	        "Announce that you leave? The date can be brought forward later, not put off.",
	        body_with(cli, "until"), &out);
	snprintf(sentence, sizeof(sentence), "Your colleagues will see that you leave on %.10s.",
	        text(out, "until"));
	return say(cli, result, out, sentence);
}

int cli_choose(struct cli *cli)
{
	json_t *out, *body = json_object();
	bool none = cli_option(cli, "none") != NULL;
	if (none)
		json_object_set_new(body, "none", json_true());
	int result = act(cli, "members", "choose",
	        none ? "Let none of the devices in that used this invitation?"
	             : "Let this device in, and not the other that used the same invitation?",
	        body, &out);
	return say(cli, result, out, "The choice is made: see releve members.");
}

int cli_keys_rotate(struct cli *cli)
{
	json_t *out;
	int result = cli_request_json(cli, "POST", "/api/keys/rotate", json_object(), &out);
	return say(cli, result, out, "The team has new keys for all that is written from now on.");
}
