/* Records of one kind under a name of their own ("vitals limit"), and texts that several people write: notes of a meeting, minutes. */
#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/schema/schema.h"
#include "store/file.h"
#include "tools/cli.h"

enum { TARGET_BYTES = 4096, ID_DIGITS_MIN = 4, TEXT_BYTES = 1024 * 1024 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* ---- Records of the command's kind ------------------------------------------------------------------------------- */

/* As if the kind had been typed before the arguments. */
static int with_kind(struct cli *cli, int (*run)(struct cli *cli))
{
	if (cli->argument_count == CLI_ARGUMENTS_MAX)
		return cli_say(CLI_USAGE, "these are too many words");
	memmove(cli->arguments + 1, cli->arguments, (size_t)cli->argument_count * sizeof(*cli->arguments));
	cli->arguments[0] = cli->command->fields_of;
	cli->argument_count++;
	return run(cli);
}

int cli_kind_add(struct cli *cli)
{
	return with_kind(cli, cli_record_add);
}

int cli_kind_edit(struct cli *cli)
{
	return with_kind(cli, cli_record_edit);
}

int cli_kind_list(struct cli *cli)
{
	return with_kind(cli, cli_record_list);
}

int cli_kind_history(struct cli *cli)
{
	return with_kind(cli, cli_record_history);
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

/* The record whose id begins as the first argument says. Owner decrefs. 0, or an exit code, said. */
static int find_text(struct cli *cli, json_t **found)
{
	const char *kind = cli->command->fields_of, *begins = cli->arguments[0];
	char target[TARGET_BYTES];
	json_t *out, *record;
	size_t index;
	unsigned count = 0;
	*found = NULL;
	snprintf(target, sizeof(target), "/api/records/%s?limit=5000", kind);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	json_array_foreach(json_object_get(out, "records"), index, record)
	{
		if (strlen(begins) < ID_DIGITS_MIN ||
		        strncmp(text(record, "id"), begins, strlen(begins)) != 0)
			continue;
		json_decref(*found);
		*found = json_incref(record);
		count++;
	}
	json_decref(out);
	if (result || count == 1)
		return result;
	json_decref(*found);
	*found = NULL;
	return cli_say(count ? CLI_CONFLICT : CLI_NOT_FOUND,
	        count ? "several begin with \"%s\": give more digits"
	              : "there is none that begins with \"%s\"",
	        begins);
}

int cli_text_show(struct cli *cli)
{
	json_t *record;
	int result = find_text(cli, &record);
	if (!result && !cli_print_json(cli, record)) {
		if (!cli_option(cli, "text"))
			printf("%.8s  %s%s%s\n\n", text(record, "id"), text(record, "title"),
			        *text(record, "heldOn") ? ", " : "", text(record, "heldOn"));
		printf("%s\n", text(record, "notes"));
	}
	json_decref(record);
	return result;
}

/* What the file holds, without the line end that an editor puts behind. 0, or an exit code, said. */
static int read_text(const char *path, struct buf *out)
{
	const bool is_input = strcmp(path, "-") == 0;
	int result = file_read(is_input ? "/dev/stdin" : path, TEXT_BYTES, out);
	if (result)
		return cli_say(cli_exit_of(result), "%s cannot be read: %s", path, err_sentence(result));
	if (out->size && out->data[out->size - 1] == '\n')
		out->size--;
	return 0;
}

/* The text becomes what the file holds: where others wrote since `seen`, what they wrote stays. */
int cli_text_edit(struct cli *cli)
{
	char target[TARGET_BYTES];
	const char *seen = cli_option(cli, "seen");
	struct buf words = {0};
	json_t *record, *out = NULL;
	int result = find_text(cli, &record);
	if (!result)
		result = read_text(cli->arguments[1], &words);
	json_t *state = seen ? json_loads(seen, JSON_REJECT_DUPLICATES, NULL)
	                     : json_incref(json_object_get(record, "seen"));
	if (!result && seen && !state)
		result = cli_say(CLI_USAGE, "--seen takes what \"show --json\" has as \"seen\"");
	if (!result) {
		json_t *body = json_pack(
		        "{s:s%}", "notes", words.size ? (const char *)words.data : "", words.size);
		if (!body)
			result = cli_say(CLI_INVALID, "%s is not a text in UTF-8", cli->arguments[1]);
		if (body && state)
			json_object_set(body, "seen", state);
		snprintf(target, sizeof(target), "/api/records/%s/%s", cli->command->fields_of,
		        text(record, "id"));
		if (body)
			result = cli_request_json(cli, "PATCH", target, body, &out);
	}
	if (!result && !cli_print_json(cli, out))
		printf(json_is_true(json_object_get(out, "changed")) ? "Saved.\n" : "Nothing changed.\n");
	json_decref(state);
	json_decref(record);
	json_decref(out);
	buf_wipe(&words);
	return result;
}
