/* `releve meeting`: wait until all who are here have the same and have signed that; then who is missing, what is new, what is open. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/cli.h"

enum { TIMEOUT_S = 60, STEP_MS = 250, NEWS_LINES = 100 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static bool is(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* ---- Waiting --------------------------------------------------------------------------------------------------------- */

static void show_progress(const json_t *meeting)
{
	char line[160];
	size_t index, level = 0;
	long long here = 0, there = 0;
	const json_t *one, *present = json_object_get(meeting, "present");
	json_array_foreach(present, index, one)
	{
		level += is(one, "level");
		here += number(one, "missingHere");
		there += number(one, "missingThere");
	}
	snprintf(line, sizeof(line), "%zu here, %zu of them level; %lld entries to come, %lld to go", index,
	        level, here, there);
	cli_progress(line);
}

/* Everybody who signs, and is here, has signed the same as this device. */
static bool is_done(const json_t *meeting)
{
	return is(meeting, "everybodySigned") || (!is(meeting, "signs") && is(meeting, "level"));
}

static int wait_level(struct cli *cli, unsigned long timeout_s)
{
	json_t *meeting;
	int result = CLI_OK;
	for (unsigned long step = 0; step < timeout_s * 1000 / STEP_MS; step++) {
		result = cli_request(cli, "GET", "/api/meeting?brief=1", (struct span){NULL, 0}, &meeting);
		const bool is_over = result || is_done(meeting);
		if (!result)
			show_progress(meeting);
		json_decref(meeting);
		if (is_over)
			break;
		cli_wait(cli, STEP_MS);
	}
	cli_progress(NULL);
	return result;
}

/* ---- Telling --------------------------------------------------------------------------------------------------------- */

static void put_row(json_t *one)
{
	const char *said = text(one, "signed");
	json_object_set_new(one, "who", json_string(cli_words(json_object_get(one, "name"))));
	json_object_set_new(one, "has",
	        json_string(!is(one, "signer")               ? "-"
	                        : strcmp(said, "same") == 0  ? "the same"
	                        : strcmp(said, "other") == 0 ? "another state"
	                                                     : "not yet"));
	if (is(one, "clockOff"))
		json_object_set_new(
		        one, "clock", json_sprintf("%lld s ahead", number(one, "clockAheadSeconds")));
	else
		json_object_set_new(
		        one, "clock", json_string(json_object_get(one, "clockAheadSeconds") ? "ok" : ""));
}

static void print_present(json_t *meeting)
{
	static const struct cli_column columns[] = {{"HERE", "who", 24}, {"ROLE", "role", 0},
	        {"LEVEL", "level", 0}, {"TO COME", "missingHere", 0}, {"TO GO", "missingThere", 0},
	        {"CLOCK", "clock", 0}, {"SIGNED", "has", 0}, {0}};
	json_t *one, *present = json_object_get(meeting, "present");
	size_t index;
	if (!json_array_size(present)) {
		printf("Nobody of the team is here.\n");
		return;
	}
	json_array_foreach(present, index, one) put_row(one);
	cli_print_table(present, columns);
	json_array_foreach(json_object_get(meeting, "prevents"), index, one) printf("%s\n", cli_words(one));
}

static void print_checkpoint(const json_t *meeting)
{
	const json_t *checkpoint = json_object_get(meeting, "checkpoint"), *other;
	size_t index;
	if (json_is_object(checkpoint))
		printf("\n%s\n", cli_words(checkpoint));
	else
		printf("\nNo two devices have signed the same yet.\n");
	json_array_foreach(json_object_get(meeting, "otherCheckpoints"), index, other)
	        printf("Apart from that: %s\n", cli_words(other));
}

static void print_news(const json_t *meeting)
{
	const json_t *change;
	size_t index;
	const char *since = text(meeting, "since");
	if (!*since) {
		printf("\nThis is the first meeting of this device.\n");
		return;
	}
	printf("\nNEW SINCE THE MEETING OF %.10s %.5s\n", since, since + 11);
	json_array_foreach(json_object_get(meeting, "changes"), index, change) cli_print_change(change, true);
	if (index == 0)
		printf("Nothing.\n");
	cli_print_gaps(json_object_get(meeting, "gaps"));
	if (is(meeting, "more"))
		printf("There is more: releve news.\n");
}

static void print_field(const json_t *field)
{
	const json_t *value, *document = json_object_get(field, "document");
	size_t index;
	const char *title = text(document, "title");
	printf("%s  [%s]  %s:", is(field, "conflict") ? "TO BE SETTLED" : "also        ",
	        *title ? title : cli_words(json_object_get(document, "label")),
	        cli_words(json_object_get(field, "label")));
	json_array_foreach(json_object_get(field, "values"), index, value)
	{
		char *shown = json_dumps(json_object_get(value, "value"), JSON_ENCODE_ANY);
		printf("%s %s", index ? " |" : "", shown ? shown : "?");
		free(shown);
	}
	putchar('\n');
}

static void print_open(const json_t *open)
{
	const json_t *one;
	size_t index;
	const json_t *fields = json_object_get(open, "fields");
	printf("\nOPEN\n");
	json_array_foreach(fields, index, one) print_field(one);
	if (number(json_object_get(open, "quarantine"), "entries"))
		printf("%lld entries are kept apart: releve quarantine.\n",
		        number(json_object_get(open, "quarantine"), "entries"));
	cli_print_notices(json_object_get(open, "notices"));
	if (!json_array_size(fields) && !number(json_object_get(open, "quarantine"), "entries") &&
	        !json_array_size(json_object_get(open, "notices")))
		printf("Nothing.\n");
	if (is(open, "more"))
		printf("There is more.\n");
}

static void print_all(json_t *meeting, const json_t *open)
{
	print_present(meeting);
	if (strcmp(text(meeting, "clock"), "doubtful") == 0)
		printf("The clock of this device differs from most others', or was set: look at it.\n");
	print_checkpoint(meeting);
	print_news(meeting);
	print_open(open);
}

int cli_meeting(struct cli *cli)
{
	const char *given = cli_option(cli, "timeout");
	unsigned long timeout_s = TIMEOUT_S;
	char target[64];
	json_t *meeting = NULL, *open = NULL;
	if (given && !cli_number(given, &timeout_s))
		return cli_say(CLI_USAGE, "--timeout takes seconds, as 60");
	if (!cli_runs(cli))
		return cli_say(CLI_OFFLINE, "nobody is met while no program runs here: releve run");
	snprintf(target, sizeof(target), "/api/meeting?limit=%d", NEWS_LINES);
	int result = wait_level(cli, timeout_s);
	if (!result)
		result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &meeting);
	if (!result)
		result = cli_request(cli, "GET", "/api/conflicts", (struct span){NULL, 0}, &open);
	if (!result) {
		json_object_set(meeting, "conflicts", open);
		if (!cli_print_json(cli, meeting))
			print_all(meeting, open);
		result = is_done(meeting) ? CLI_OK : is(meeting, "together") ? CLI_DIFFERS : CLI_OFFLINE;
	}
	json_decref(open);
	json_decref(meeting);
	return result;
}
