/* Files for a stick or a message: written, taken in, and a newcomer's request. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static bool is_set(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static void show(const json_t *piece)
{
	char line[120];
	const long long bytes = number(piece, "bytes"), expected = number(piece, "bytesExpected"),
	                entries = number(piece, "entries");
	if (is_set(piece, "erasing"))
		snprintf(line, sizeof(line), "a dossier is being erased first");
	else if (json_object_get(piece, "entriesExpected"))
		snprintf(line, sizeof(line), "%lld of %lld entries, %.1f MB", entries,
		        number(piece, "entriesExpected"), (double)bytes / 1e6);
	else
		snprintf(line, sizeof(line), "file %lld of %lld, %.1f of %.1f MB, %lld entries new",
		        number(piece, "file"), number(piece, "files"), (double)bytes / 1e6,
		        (double)(expected > bytes ? expected : bytes) / 1e6, number(piece, "taken"));
	cli_progress(line);
}

enum { ERASING_MS = 100 };

/* The first request, and then one for each piece. `each` sees every answer; *out is the last one. */
static int in_pieces(struct cli *cli, const char *target, json_t *body,
        void (*each)(void *context, const json_t *), void *context, json_t **out)
{
	int result = cli_request_json(cli, "POST", target, body, out);
	while (!result) {
		json_t *piece;
		if (each)
			each(context, *out);
		show(*out);
		if (is_set(*out, "done"))
			break;
		if (is_set(*out, "erasing"))
			cli_wait(cli, ERASING_MS);
		result = cli_request_json(cli, "POST", target,
		        json_pack("{s:I}", "bundle", (json_int_t)number(*out, "bundle")), &piece);
		json_decref(*out);
		*out = result ? NULL : piece;
	}
	cli_progress(NULL);
	return result;
}

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

static void print_written(const json_t *out)
{
	size_t index;
	json_t *file;
	json_array_foreach(json_object_get(out, "files"), index, file)
	        printf("%s\n", json_string_value(file));
	printf("%lld entries, %.1f MB, for %lld devices. Nobody else can read it: they take it in with "
	       "releve bundle import.\n",
	        number(out, "entries"), (double)number(out, "bytes") / 1e6, number(out, "devices"));
	if (number(out, "invitations"))
		printf("Whoever has an invitation that is open can ask to join by it, without a network: "
		       "releve join --bundle.\n");
}

int cli_bundle_export(struct cli *cli)
{
	json_t *out = NULL;
	unsigned long megabytes = 0;
	const char *size = cli_option(cli, "max-size");
	if (size && (!cli_number(size, &megabytes) || megabytes < 5 || megabytes > 1024UL * 1024))
		return cli_say(CLI_USAGE, "--max-size is a number of megabytes, 5 at least");
	char *path = cli_whole_path(cli->arguments[0]);
	json_t *body = json_pack("{s:s, s:s*, s:b, s:b}", "path", path, "for", cli_option(cli, "for"), "all",
	        cli_option(cli, "all") != NULL, "replace", cli_option(cli, "replace") != NULL);
	if (size)
		json_object_set_new(body, "volumeMb", json_integer((json_int_t)megabytes));
	int result = in_pieces(cli, "/api/bundle/export", body, NULL, NULL, &out);
	if (!result && !cli_print_json(cli, out))
		print_written(out);
	json_decref(out);
	mem_free(path);
	return result;
}

/* ---- Taking in ---------------------------------------------------------------------------------------------------- */

struct importing {
	const struct cli *cli;
	json_t *reports; /* of all files, each once: the last time that it was read counts, with what all times brought */
};

static void keep_report(struct importing *importing, const json_t *report)
{
	size_t index;
	json_t *earlier;
	json_array_foreach(importing->reports, index, earlier)
	{
		if (strcmp(text(earlier, "file"), text(report, "file")) != 0)
			continue;
		json_t *merged = json_copy((json_t *)(uintptr_t)report);
		json_object_set_new(
		        merged, "taken", json_integer(number(earlier, "taken") + number(report, "taken")));
		if (json_object_get(earlier, "joined"))
			json_object_set(merged, "joined", json_object_get(earlier, "joined"));
		if (json_object_get(earlier, "asks"))
			json_object_set(merged, "asks", json_object_get(earlier, "asks"));
		json_array_set_new(importing->reports, index, merged);
		return;
	}
	json_array_append(importing->reports, (json_t *)(uintptr_t)report);
}

static void on_piece(void *context, const json_t *piece)
{
	const json_t *report = json_object_get(piece, "ended");
	if (report)
		keep_report(context, report);
}

static void print_asked(const json_t *asks)
{
	if (!is_set(asks, "admitted"))
		printf("  A request to join: %s\n", text(json_object_get(asks, "error"), "message"));
	else if (is_set(asks, "again"))
		printf("  A request to join of a device that is in the team already: write a file for it "
		       "with releve bundle "
		       "export.\n");
	else
		printf("  The device %.16s is in the team now (releve members). Write a file for it with "
		       "releve bundle export.\n",
		        text(asks, "device"));
}

static void print_report(const json_t *report)
{
	const json_t *error = json_object_get(report, "error");
	printf("%s: ", text(report, "file"));
	if (error) {
		printf("%s\n", text(error, "message"));
		return;
	}
	if (json_object_get(report, "asks"))
		printf("a request\n");
	else if (number(report, "taken"))
		printf("%lld entries were new here%s\n", number(report, "taken"),
		        number(report, "volume") > 1 ? " (not the first file of several)." : ".");
	else if (number(report, "early"))
		printf("nothing new could be taken in yet.\n");
	else
		printf(is_set(report, "own") ? "this device wrote it.\n" : "all of it was here already.\n");
	if (json_object_get(report, "asks"))
		print_asked(json_object_get(report, "asks"));
	if (json_object_get(report, "joined"))
		printf("  You are in the team %.16s.\n", text(report, "joined"));
	if (json_object_get(report, "damagedAt"))
		printf("  It is damaged from byte %lld on. What is whole was taken in, and nothing was "
		       "changed by the rest: ask "
		       "for it again.\n",
		        number(report, "damagedAt"));
	else if (!is_set(report, "whole"))
		printf("  It was cut short. What is there was taken in: ask for it again.\n");
	if (is_set(report, "changed"))
		printf("  It is NOT as that device made it: somebody took parts out, or exchanged them, on "
		       "the "
		       "way. What is left "
		       "is true and was taken in; what was taken out is missing: ask for it again, by "
		       "another "
		       "hand.\n");
	if (number(report, "early"))
		printf("  Part of it follows what is neither here nor in it: take in the other files first, "
		       "and then this one "
		       "again.\n");
	if (number(report, "refused"))
		printf("  %lld parts of it were not believed, and not taken.\n", number(report, "refused"));
	if (is_set(report, "full"))
		printf("  This device has no room for more: releve status.\n");
}

/* A file that is not for this device, among others that are, is no failure; one that is not whole, or not as it was made, is. */
static int exit_of(const json_t *reports)
{
	size_t index;
	json_t *report;
	int denied = CLI_OK;
	bool any = false, all_whole = true;
	json_array_foreach(reports, index, report)
	{
		const json_t *error = json_object_get(report, "error");
		any |= error == NULL;
		all_whole &= error != NULL || (is_set(report, "whole") && !is_set(report, "changed"));
		if (error && denied == CLI_OK)
			denied = cli_exit_named(text(error, "code"));
	}
	return !any ? denied : all_whole ? CLI_OK : CLI_INVALID;
}

static void print_imported(const json_t *out, const json_t *reports)
{
	size_t index;
	json_t *report;
	json_array_foreach(reports, index, report) print_report(report);
	if (number(out, "waiting"))
		printf("%lld parts wait in memory for what is not here yet, until the program ends.\n",
		        number(out, "waiting"));
	if (number(out, "taken") && number(out, "quarantine"))
		printf("%lld entries are kept apart until somebody vouches for them: see releve "
		       "quarantine.\n",
		        number(out, "quarantine"));
}

int cli_bundle_import(struct cli *cli)
{
	struct importing importing = {cli, json_array()};
	json_t *out = NULL;
	long long taken = 0, refused = 0;
	int result = CLI_OK;
	for (int i = 0; !result && i < cli->argument_count; i++) {
		char *path = cli_whole_path(cli->arguments[i]);
		json_decref(out);
		out = NULL;
		result = in_pieces(cli, "/api/bundle/import", json_pack("{s:s}", "path", path), on_piece,
		        &importing, &out);
		taken += number(out, "taken");
		refused += number(out, "refused");
		mem_free(path);
	}
	if (!result) {
		json_t *all = json_pack("{s:I, s:I, s:I, s:I, s:O}", "taken", (json_int_t)taken, "refused",
		        (json_int_t)refused, "waiting", (json_int_t)number(out, "waiting"), "quarantine",
		        (json_int_t)number(out, "quarantine"), "files", importing.reports);
		if (!cli_print_json(cli, all))
			print_imported(all, importing.reports);
		json_decref(all);
		result = exit_of(importing.reports);
	}
	json_decref(out);
	json_decref(importing.reports);
	return result;
}

/* ---- Joining ------------------------------------------------------------------------------------------------------ */

int cli_join_by_file(struct cli *cli, const char *invitation)
{
	json_t *out = NULL;
	char *path = cli_whole_path(cli_option(cli, "bundle"));
	int result = 0;
	do { /* files are looked at some by some */
		const json_t *bundle = json_incref(json_object_get(out, "bundle"));
		json_decref(out);
		result = cli_request_json(cli, "POST", "/api/bundle/request",
		        json_pack("{s:s, s:s, s:s, s:s*, s:o*}", "path", path, "invitation", invitation,
		                "name", cli->arguments[0], "person", cli_option(cli, "person"), "bundle",
		                bundle),
		        &out);
	} while (!result && json_is_false(json_object_get(out, "done")));
	if (!result && !cli_print_json(cli, out))
		printf("%s\nThis asks to let you in, and only who can let you in reads it. Bring it to the "
		       "colleague who invited "
		       "you: releve bundle import, then releve bundle export there; then releve bundle "
		       "import here.\n",
		        text(out, "file"));
	json_decref(out);
	mem_free(path);
	return result;
}
