/* The end of a dossier: erasing it, asked for with name and number of records; who has done so; the archive, and what is due. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/cli.h"

enum { ANSWER_BYTES = 1024 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static void target_of(char out[ANSWER_BYTES], const char *patient)
{
	char *word = cli_escaped(patient);
	snprintf(out, ANSWER_BYTES, "/api/patients/%s/erasure", word);
	mem_free(word);
}

/* Minutes, notes and messages that name the patient in words: erasing does not reach them, and whoever can edit them strikes the name out. */
static void warn_of(const json_t *list, const char *title)
{
	const json_t *one;
	size_t index;
	json_array_foreach((json_t *)(uintptr_t)list, index, one)
	{
		const char *as = text(one, "as");
		if (index == 0)
			fprintf(stderr, "%s\n", title);
		fprintf(stderr, "  %s%s%s  (%s %s)%s%s%s\n", cli_words(json_object_get(one, "label")),
		        *text(one, "title") ? " " : "", text(one, "title"), text(one, "kind"),
		        text(one, "id"), *as ? ": \"" : "", as, *as ? "\"" : "");
	}
}

static void warn_of_words(const json_t *would)
{
	const long long left = (long long)json_integer_value(json_object_get(would, "namedLeft"));
	warn_of(json_object_get(would, "namedIn"),
	        "The name also stands here, which erasing does not reach; strike it out where you can:");
	warn_of(json_object_get(would, "perhapsIn"), "Perhaps here too, misspelt; look before you go on:");
	if (left)
		fprintf(stderr, "And in %lld more, which are not listed.\n", left);
}

static void warn(const json_t *would, const char *expected)
{
	fprintf(stderr,
	        "This erases the dossier of %s: %lld records, on this device and on every device of the team "
	        "that meets\none which knows of it. Nobody can take it back. Visits of months that are not "
	        "closed yet will not be billed.\nCopies that no device can reach stay: backups, sticks, "
	        "paper, "
	        "devices that left the team.\nTo go on, type: %s\n> ",
	        text(would, "name"), (long long)json_integer_value(json_object_get(would, "records")),
	        expected);
}

/* What was typed, without the line's end. False: nothing. */
static bool ask(char answer[ANSWER_BYTES])
{
	if (!fgets(answer, ANSWER_BYTES, stdin))
		return false;
	answer[strcspn(answer, "\n")] = '\0';
	return true;
}

static int order(struct cli *cli, const char *target, const json_t *would, const char *reason)
{
	json_t *out,
	        *body = json_pack("{s:O, s:O, s:s}", "name", json_object_get(would, "name"), "records",
	                json_object_get(would, "records"), "reason", reason);
	int result = cli_request_json(cli, "POST", target, body, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out))
		printf("The dossier is being erased. \"releve erasures\" says which devices have done so.\n");
	json_decref(out);
	return CLI_OK;
}

int cli_patient_erase(struct cli *cli)
{
	const char *reason = cli_option(cli, "reason"), *confirmed = cli_option(cli, "confirm");
	char target[ANSWER_BYTES], expected[ANSWER_BYTES], answer[ANSWER_BYTES];
	json_t *would, *shown;
	if (!reason)
		return cli_say(CLI_USAGE, "--reason is needed: request, retention, mistake or other");
	target_of(target, cli->arguments[0]);
	cli->verbatim = true; /* the name goes back as it is */
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &would);
	if (result)
		return result;
	shown = json_deep_copy(would);
	cli_tame(shown);
	snprintf(expected, sizeof(expected), "%s %lld", text(shown, "name"),
	        (long long)json_integer_value(json_object_get(would, "records")));
	warn_of_words(shown);
	if (!confirmed) {
		cli_print_joined(stderr, shown);
		warn(shown, expected);
		confirmed = ask(answer) ? answer : "";
	}
	result = strcmp(confirmed, expected) == 0
	        ? order(cli, target, would, reason)
	        : cli_say(CLI_USAGE, "that is not the name and number that it asks for: nothing was erased");
	json_decref(shown);
	json_decref(would);
	return result;
}

/* ---- The archive ---- */

/* One file; a patient with several is out of the list when all are. */
static int set_archived_file(struct cli *cli, const char *file, const json_t *day, json_t **out)
{
	char target[ANSWER_BYTES];
	snprintf(target, sizeof(target), "/api/patients/%.64s?alone=1", file);
	return cli_request_json(cli, "PATCH", target, json_pack("{s:O}", "archivedOn", day), out);
}

/* A day, or null: back into the list. Taken. */
static int set_archived(struct cli *cli, json_t *day)
{
	json_t *patient, *file, *out = NULL;
	size_t index;
	char target[ANSWER_BYTES], *word = cli_escaped(cli->arguments[0]);
	snprintf(target, sizeof(target), "/api/patients/%s", word);
	mem_free(word);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &patient);
	const json_t *files = json_object_get(json_object_get(patient, "joined"), "files");
	if (!result && json_array_size(files) < 2)
		result = set_archived_file(cli, text(patient, "id"), day, &out);
	json_array_foreach((json_t *)(uintptr_t)files, index, file)
	{
		if (result || json_array_size(files) < 2)
			break;
		json_decref(out);
		result = set_archived_file(cli, text(file, "id"), day, &out);
	}
	if (!result && !cli_print_json(cli, out))
		printf("%s\n", text(out, "id"));
	json_decref(out);
	json_decref(patient);
	json_decref(day);
	return result;
}

int cli_patient_archive(struct cli *cli)
{
	char day[16];
	time_t now = time(NULL);
	struct tm today;
	localtime_r(&now, &today);
	strftime(day, sizeof(day), "%Y-%m-%d", &today);
	return set_archived(cli, json_string(day));
}

int cli_patient_unarchive(struct cli *cli)
{
	return set_archived(cli, json_null());
}

/* Adds the option's number to the terms. 0 or an exit code, said. */
static int term(struct cli *cli, const char *option, const char *member, json_t *terms)
{
	const char *value = cli_option(cli, option);
	unsigned long years;
	if (!value)
		return 0;
	if (!cli_number(value, &years) || years > 100)
		return cli_say(CLI_USAGE, "--%s takes a number of years, as 5", option);
	json_object_set_new(terms, member, json_integer((json_int_t)years));
	return 0;
}

int cli_retention(struct cli *cli)
{
	static const struct cli_column columns[] = {
	        {"PATIENT", "patient", 12}, {"NAME", "name", 40}, {"LAST VISIT", "lastVisit", 0}, {0}};
	json_t *out, *terms = json_object();
	int result = term(cli, "active-years", "activeYears", terms);
	if (!result)
		result = term(cli, "archived-years", "archivedYears", terms);
	if (!result && json_object_size(terms)) {
		result = cli_request_json(cli, "PATCH", "/api/retention", terms, &out);
		json_decref(result ? NULL : out);
	} else {
		json_decref(terms);
	}
	if (!result)
		result = cli_request(cli, "GET", "/api/retention", (struct span){NULL, 0}, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out)) {
		printf("Due for the archive, without a visit for %lld years:\n",
		        (long long)json_integer_value(json_object_get(out, "activeYears")));
		cli_print_table(json_object_get(out, "archive"), columns);
		printf("Archived, and due for being erased after %lld years more:\n",
		        (long long)json_integer_value(json_object_get(out, "archivedYears")));
		cli_print_table(json_object_get(out, "erase"), columns);
	}
	json_decref(out);
	return CLI_OK;
}

/* ---- Who has done so ---- */

static void print_moment(const json_t *object, const char *name)
{
	char out[64];
	time_t seconds = (time_t)(json_integer_value(json_object_get(object, name)) / 1000);
	struct tm moment;
	localtime_r(&seconds, &moment);
	strftime(out, sizeof(out), "%Y-%m-%d %H:%M", &moment);
	fputs(out, stdout);
}

static void print_name(const json_t *name)
{
	printf("%s%s%s", text(name, "lastName"), *text(name, "firstName") ? " " : "",
	        text(name, "firstName"));
}

void cli_print_file_wait(const json_t *wait)
{
	if (!wait)
		return;
	if (strcmp(text(wait, "what"), "room") == 0)
		printf("; no room for the new file: %lld MB needed. It goes on once there is room",
		        (long long)json_integer_value(json_object_get(wait, "neededMb")));
	else
		printf("; the new file cannot be written there. It is tried again");
}

static void print_device(const json_t *device)
{
	static const char *const words[][2] = {{"confirmed", "has erased it"},
	        {"waiting", "has not said so yet: it does when it meets a device that knows of it"},
	        {"departed", "left the team: what it holds cannot be reached"},
	        {"cannot-tell",
	                "relays what it cannot read, and nobody has named the entries yet: the unreadable "
	                "bodies stay with it"}};
	const char *state = text(device, "state");
	printf("  %.12s  ", text(device, "device"));
	print_name(json_object_get(device, "name"));
	const json_t *wait = json_object_get(device, "waitsFor");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(state, words[i][0]) == 0)
			printf(": %s",
			        wait ? "its records are gone, and what its file freed is not yet"
			             : words[i][1]);
	cli_print_file_wait(wait);
	if (json_object_get(device, "confirmedMs")) {
		fputs(", ", stdout);
		print_moment(device, "confirmedMs");
	}
	puts(json_is_true(json_object_get(device, "self")) ? " (this device)" : "");
}

static void print_erasure(const json_t *erasure)
{
	size_t index;
	json_t *device;
	printf("%s  ordered ", text(erasure, "patient"));
	print_moment(erasure, "orderedMs");
	fputs(" by ", stdout);
	print_name(json_object_get(erasure, "byName"));
	if (json_object_get(erasure, "upholdsName")) {
		fputs(", whose device had erased it by the order of ", stdout);
		print_name(json_object_get(erasure, "upholdsName"));
	}
	printf(", reason: %s\n", text(erasure, "reason"));
	if (!json_is_true(json_object_get(erasure, "counts")))
		puts("  This order has no power: who gave it does not manage the team any more. Erase it "
		     "again where it is to be erased.");
	json_array_foreach(json_object_get(erasure, "devices"), index, device) print_device(device);
}

int cli_erasures(struct cli *cli)
{
	json_t *out, *erasure;
	size_t index;
	int result = cli_request(cli, "GET", "/api/erasures", (struct span){NULL, 0}, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out)) {
		json_t *list = json_object_get(out, "erasures");
		json_array_foreach(list, index, erasure) print_erasure(erasure);
		if (json_array_size(list) == 0)
			puts("No dossier was erased.");
		else
			puts("The promise is for devices that said so. No device can reach backups, sticks, "
			     "paper, "
			     "other systems,\nand what devices hold that left the team.");
	}
	json_decref(out);
	return CLI_OK;
}
