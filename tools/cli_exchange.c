/* Dossiers as FHIR bundles: written for other software, and taken in. */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/exchange/fhir.h"
#include "store/file.h"
#include "tools/cli_exchange.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

bool cli_may_write_in_clear(const struct cli *cli)
{
	if (cli_confirmed(cli, "The file is not encrypted: whoever gets it reads it. Write it?"))
		return true;
	cli_say(CLI_CONFLICT, "nothing was written: the file would not be encrypted; --yes says that it may");
	return false;
}

void cli_add_query(const struct cli *cli, const char *option, const char *name, struct buf *target)
{
	const char *value = cli_option(cli, option);
	if (!value)
		return;
	char *escaped = cli_escaped(*value ? value : "1"); /* a switch */
	const char *parts[] = {"&", name, "=", escaped};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(target, span_text(parts[i]));
	mem_free(escaped);
}

/* What the interface makes of one patient's dossier. 0 or an exit code, said. */
int cli_get_made(struct cli *cli, const char *patient, const char *what, json_t **out)
{
	static const char *const options[][2] = {{"from", "from"}, {"to", "to"},
	        {"access-codes", "accessCodes"}, {"lang", "lang"}, {"language", "language"},
	        {"days", "days"}};
	struct buf target = {0};
	char *escaped = cli_escaped(patient);
	const char *parts[] = {"/api/patients/", escaped, what, "?unencrypted=1"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(&target, span_text(parts[i]));
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		cli_add_query(cli, options[i][0], options[i][1], &target);
	buf_add(&target, "", 1);
	cli->verbatim = true;
	int result = cli_request(cli, "GET", (const char *)target.data, (struct span){NULL, 0}, out);
	buf_close(&target);
	mem_free(escaped);
	return result;
}

static const char *type_of(struct span bytes)
{
	return bytes.size > 3 && memcmp(bytes.data, "\xff\xd8\xff", 3) == 0 ? "image/jpeg"
	        : bytes.size > 4 && memcmp(bytes.data, "\x89PNG", 4) == 0   ? "image/png"
	        : bytes.size > 4 && memcmp(bytes.data, "%PDF", 4) == 0      ? "application/pdf"
	                                                                    : "application/octet-stream";
}

/* The picture itself into its DocumentReference. */
static int put_photo(struct cli *cli, const char *patient, json_t *resource)
{
	json_t *attachment = json_object_get(
	        json_array_get(json_object_get(resource, "content"), 0), "attachment");
	struct buf bytes = {0};
	int result = cli_photo_bytes(cli, patient, text(resource, "id"), &bytes);
	if (!result) {
		const size_t size = sodium_base64_ENCODED_LEN(bytes.size, sodium_base64_VARIANT_ORIGINAL);
		char *encoded = mem_zero(size, 1);
		sodium_bin2base64(encoded, size, bytes.data, bytes.size, sodium_base64_VARIANT_ORIGINAL);
		json_object_set_new(attachment, "contentType", json_string(type_of(buf_span(&bytes))));
		json_object_set_new(attachment, "data", json_string(encoded));
		mem_free(encoded);
	}
	buf_wipe(&bytes);
	return result;
}

static int put_photos(struct cli *cli, const char *patient, json_t *bundle)
{
	size_t index;
	json_t *entry;
	int result = 0;
	json_array_foreach(json_object_get(bundle, "entry"), index, entry)
	{
		json_t *resource = json_object_get(entry, "resource");
		if (!result && strcmp(text(resource, "resourceType"), "DocumentReference") == 0)
			result = put_photo(cli, patient, resource);
	}
	return result;
}

/* The bundle of one patient, as one line. 0 or an exit code, said. */
int cli_get_bundle(struct cli *cli, const char *patient, struct buf *out)
{
	json_t *bundle;
	int result = cli_get_made(cli, patient, "/fhir", &bundle);
	if (!result && cli_option(cli, "photos"))
		result = put_photos(cli, patient, bundle);
	if (!result) {
		char *line = json_dumps(bundle, FHIR_DUMP | JSON_SORT_KEYS);
		buf_add_span(out, span_text(line));
		buf_add(out, "\n", 1);
		mem_wipe(line, strlen(line));
		free(line);
	}
	json_decref(bundle);
	return result;
}

/* As a whole or not at all, for this user alone. */
int cli_put_file(const struct cli *cli, const char *path, struct span bytes)
{
	int result = cli_option(cli, "replace") ? file_replace(path, bytes) : file_create(path, bytes);
	if (result == ERR_EXISTS)
		return cli_say(CLI_CONFLICT, "%s is there already: --replace; nothing was written", path);
	return result ? cli_say(cli_exit_of(result), "%s cannot be written: %s", path, err_sentence(result))
	              : 0;
}

static int export_one(struct cli *cli, const char *patient, const char *path)
{
	struct buf bundle = {0};
	int result = cli_get_bundle(cli, patient, &bundle);
	if (!result && path)
		result = cli_put_file(cli, path, buf_span(&bundle));
	else if (!result)
		fwrite(bundle.data, 1, bundle.size, stdout);
	buf_wipe(&bundle);
	return result;
}

static bool ends_in(const char *path, const char *end)
{
	size_t size = strlen(path), tail = strlen(end);
	return size > tail && strcmp(path + size - tail, end) == 0;
}

/* Lines on their way into a file that has its name once all are there. */
struct lines {
	int file; /* -1: each dossier is a file of its own */
	char *beside;
};

static int begin_lines(const char *path, struct lines *lines)
{
	lines->beside = file_beside(path);
	lines->file = open(lines->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return lines->file < 0 ? cli_say(CLI_ERROR, "%s cannot be written", path) : 0;
}

static int end_lines(const struct cli *cli, const char *path, struct lines *lines, int result)
{
	int error = result ? 0 : fsync(lines->file) ? ERR_IO : 0;
	if (close(lines->file) && !error)
		error = ERR_IO;
	if (!result && !error && cli_option(cli, "replace"))
		unlink(path);
	if (!result && !error)
		error = file_publish(lines->beside, path);
	if (result || error)
		unlink(lines->beside);
	mem_free(lines->beside);
	return error == ERR_EXISTS
	        ? cli_say(CLI_CONFLICT, "%s is there already: --replace; nothing was written", path)
	        : error ? cli_say(cli_exit_of(error), "%s cannot be written: %s", path, err_sentence(error))
	                : result;
}

/* Of one patient into the folder, or as one more line. */
static int export_next(struct cli *cli, const json_t *patient, const char *path, const struct lines *lines)
{
	char name[64];
	struct buf line = {0};
	if (lines->file >= 0) {
		int result = cli_get_bundle(cli, text(patient, "id"), &line), error;
		if (!result && (error = file_write_all(lines->file, buf_span(&line))))
			result = cli_say(
			        cli_exit_of(error), "%s cannot be written: %s", path, err_sentence(error));
		buf_wipe(&line);
		return result;
	}
	snprintf(name, sizeof(name), "%.32s.json", text(patient, "id"));
	char *file = file_join(path, name);
	int result = export_one(cli, text(patient, "id"), file);
	mem_free(file);
	return result;
}

static int export_list(struct cli *cli, const json_t *patients, const char *path, size_t *count)
{
	const bool is_lines = ends_in(path, ".ndjson");
	struct lines lines = {.file = -1};
	char said[80];
	size_t index;
	json_t *patient;
	int error = is_lines ? 0 : file_make_directory(path);
	if (error)
		return cli_say(cli_exit_of(error), "%s cannot be made: %s", path, err_sentence(error));
	int result = is_lines ? begin_lines(path, &lines) : 0;
	json_array_foreach(patients, index, patient)
	{
		snprintf(said, sizeof(said), "%zu of %zu dossiers", index, json_array_size(patients));
		cli_progress(said);
		if (!result)
			result = export_next(cli, patient, path, &lines);
		*count += result == 0;
	}
	cli_progress(NULL);
	return lines.file >= 0 ? end_lines(cli, path, &lines, result) : result;
}

static int export_all(struct cli *cli, const char *path)
{
	static const char *const lists[] = {
	        "/api/patients?limit=5000", "/api/patients?limit=5000&archived=1"};
	json_t *all = json_array(), *reply;
	size_t count = 0;
	int result = 0;
	for (size_t i = 0; !result && i < 2; i++) {
		result = cli_request(cli, "GET", lists[i], (struct span){NULL, 0}, &reply);
		json_array_extend(all, json_object_get(reply, "patients"));
		json_decref(reply);
	}
	if (!result)
		result = export_list(cli, all, path, &count);
	if (!result && cli->json)
		printf("{\"dossiers\": %zu}\n", count);
	else if (!result)
		printf("%zu dossiers are in %s, not encrypted, readable for whoever reads your files.\n",
		        count, path);
	json_decref(all);
	return result;
}

int cli_fhir_export(struct cli *cli)
{
	const char *path = cli_option(cli, "out");
	const bool all = cli_option(cli, "all") != NULL;
	if (all == (cli->argument_count == 1))
		return cli_say(CLI_USAGE, "name one patient, or --all");
	if (all && !path)
		return cli_say(CLI_USAGE, "--out FOLDER or FILE.ndjson says where to");
	if (!cli_may_write_in_clear(cli))
		return CLI_CONFLICT;
	if (all)
		return export_all(cli, path);
	int result = export_one(cli, cli->arguments[0], path);
	if (!result && path && cli->json)
		printf("{\"dossiers\": 1}\n");
	else if (!result && path)
		printf("The dossier is in %s, not encrypted, readable for whoever reads your files.\n", path);
	return result;
}

/* ---- Sheets ---- */

static int print_sheet(struct cli *cli, const char *what)
{
	const char *path = cli_option(cli, "out"), *html;
	json_t *out = NULL;
	if (!cli_may_write_in_clear(cli))
		return CLI_CONFLICT;
	int result = cli_get_made(cli, cli->arguments[0], what, &out);
	html = text(out, "html");
	if (!result && path)
		result = cli_put_file(cli, path, span_text(html));
	else if (!result)
		fputs(html, stdout);
	if (!result && path)
		printf("The sheet is in %s, not encrypted: open it in a browser and print it.\n", path);
	json_decref(out);
	return result;
}

int cli_print_liaison(struct cli *cli)
{
	return print_sheet(cli, "/liaison");
}

int cli_print_synthesis(struct cli *cli)
{
	return print_sheet(cli, "/synthesis");
}

/* ---- Import ---- */

static int post_bundle(struct cli *cli, struct span bytes, bool take, json_t **out)
{
	struct buf target = {0};
	buf_add_span(&target, span_text(take ? "/api/fhir?take=1" : "/api/fhir?take=0"));
	cli_add_query(cli, "into", "into", &target);
	cli_add_query(cli, "new", "new", &target);
	buf_add(&target, "", 1);
	int result = cli_request(cli, "POST", (const char *)target.data, bytes, out);
	buf_close(&target);
	return result;
}

static void print_list(const json_t *plan, const char *member, const char *title)
{
	const json_t *list = json_object_get(plan, member);
	size_t index;
	json_t *one;
	if (json_array_size(list) == 0)
		return;
	printf("%s\n", title);
	json_array_foreach(list, index, one)
	{
		const char *label = cli_words(json_object_get(one, "label")), *why = cli_words(one);
		printf("  %s %.12s  %s%s%s\n", *label ? label : text(one, "type"), text(one, "id"),
		        text(one, "what"), *text(one, "what") && *why ? ": " : "", why);
	}
}

static void print_plan(const json_t *plan)
{
	size_t index;
	json_t *match;
	printf("%s, %s: %s %.12s\n", text(plan, "name"), text(plan, "birthDate"),
	        json_is_true(json_object_get(plan, "isHere")) ? "is here, dossier" : "would be dossier",
	        text(plan, "dossier"));
	json_array_foreach(json_object_get(plan, "matches"), index, match)
	        printf("  ! May be the same person: %s, %s (%.12s)\n", text(match, "name"),
	                text(match, "birthDate"), text(match, "id"));
	printf("%zu records are new here, %lld known already.\n",
	        json_array_size(json_object_get(plan, "new")),
	        json_integer_value(json_object_get(plan, "known")));
	print_list(plan, "corrections", "Correct what is here, which is struck out then:");
	print_list(plan, "different", "Here with other content, left as they are:");
	print_list(plan, "rounded", "Rounded:");
	print_list(plan, "unsettled", "Contradictory where they come from; the value shown there is taken:");
	print_list(plan, "altered", "Altered on their way, not taken:");
	print_list(plan, "refused", "Not taken:");
	print_list(plan, "notUnderstood", "Not understood, not taken:");
}

int cli_fhir_import(struct cli *cli)
{
	struct buf file = {0};
	json_t *plan = NULL;
	int result = file_read(cli->arguments[0], LIMIT_API_BYTES, &file);
	if (result)
		return cli_say(cli_exit_of(result), "%s cannot be read: %s%s", cli->arguments[0],
		        err_sentence(result),
		        result == ERR_TOOBIG ? " (4 MiB at most: export it in periods)" : "");
	result = post_bundle(cli, buf_span(&file), false, &plan);
	if (!result && cli_option(cli, "dry-run")) {
		if (!cli_print_json(cli, plan))
			print_plan(plan);
	} else if (!result) {
		if (!cli->json)
			print_plan(plan);
		json_decref(plan);
		plan = NULL;
		if (!cli_confirmed(cli, "Take it in?"))
			result = cli_say(CLI_CONFLICT, "nothing was taken in: --yes says that it may");
		else
			result = post_bundle(cli, buf_span(&file), true, &plan);
		if (!result && !cli_print_json(cli, plan))
			printf("%zu records were taken in.\n", json_array_size(json_object_get(plan, "new")));
	}
	json_decref(plan);
	buf_wipe(&file);
	return result;
}
