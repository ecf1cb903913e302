/* The access log of this device: who opened whose record. */
#include <stdio.h>

#include "crdt/base/err.h"
#include "node/access/access_export.h"
#include "store/file.h"
#include "tools/cli.h"

enum { FILE_BYTES_MAX = 256 * 1024 * 1024 };

/* "NAME=VALUE" of an option behind "?" or "&". */
static void add_query(const struct cli *cli, const char *option, struct buf *target)
{
	const char *value = cli_option(cli, option);
	if (!value)
		return;
	char *escaped = cli_escaped(*value ? value : "1"); /* a switch */
	const char *parts[] = {"&", option, "=", escaped};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(target, span_text(parts[i]));
	mem_free(escaped);
}

int cli_access(struct cli *cli)
{
	static const struct cli_column columns[] = {{"MOMENT", "moment", 25}, {"WHO", "name", 40},
	        {"WHAT", "kind", 12}, {"NUMBER", "number", 12}, {0}};
	struct buf target = {0};
	json_t *out;
	char *patient = cli_escaped(cli->arguments[0]);
	buf_add_span(&target, span_text("/api/access?patient="));
	buf_add_span(&target, span_text(patient));
	buf_add(&target, "", 1);
	int result = cli_request(cli, "GET", (const char *)target.data, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		cli_print_table(json_object_get(out, "accesses"), columns);
		printf("Rows are kept %lld days. Lists that show many patients stand in \"access export\".\n",
		        (long long)json_integer_value(json_object_get(out, "days")));
	}
	json_decref(out);
	buf_close(&target);
	mem_free(patient);
	return result;
}

int cli_access_export(struct cli *cli)
{
	struct buf target = {0};
	json_t *out;
	buf_add_span(&target, span_text("/api/access/export?csv="));
	buf_add_span(&target, span_text(cli->json ? "0" : "1"));
	add_query(cli, "from", &target);
	add_query(cli, "to", &target);
	add_query(cli, "names", &target);
	buf_add(&target, "", 1);
	cli->verbatim = true;
	int result = cli_request(cli, "GET", (const char *)target.data, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		fputs(json_string_value(json_object_get(out, "csv")), stdout);
	json_decref(out);
	buf_close(&target);
	return result;
}

/* ---- Checking a file ---- */

/* 0 or an exit code, said. */
static int read_export(const char *path, struct access_export *out)
{
	struct buf file = {0};
	uint64_t line = 0;
	int result = file_read(path, FILE_BYTES_MAX, &file);
	if (result) {
		buf_close(&file);
		return cli_say(cli_exit_of(result), "%s cannot be read: %s", path, err_sentence(result));
	}
	result = access_export_read(buf_span(&file), out, &line);
	buf_wipe(&file);
	if (result == ERR_TRUNCATED)
		return cli_say(CLI_DIFFERS,
		        "%s is cut short: its last lines, with the signature, are missing", path);
	if (result == ERR_VERSION)
		return cli_say(
		        CLI_INVALID, "%s is not an export of an access log that this version knows", path);
	return result ? cli_say(CLI_DIFFERS, "%s was altered, or is no export of an access log: line %llu",
	                        path, (unsigned long long)line)
	              : 0;
}

/* Does this device's log still hold the last row as it was exported? */
static int compare_here(struct cli *cli, const struct access_export *export)
{
	const struct access_shown *last = &export->rows[export->count - 1];
	char target[64], chain[2 * sizeof(last->chain.bytes) + 1], device[2 * ID_LONG_BYTES + 1];
	json_t *out;
	snprintf(target, sizeof(target), "/api/access/chain?number=%llu",
	        (unsigned long long)last->row.number);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (result)
		return result;
	ids_hex(chain, last->chain.bytes, sizeof(last->chain.bytes));
	ids_hex(device, export->device.bytes, sizeof(export->device.bytes));
	if (strcmp(device, json_string_value(json_object_get(out, "device"))) != 0)
		result = cli_say(CLI_CONFLICT, "the file is of another device, %.16s", device);
	else if (strcmp(chain, json_string_value(json_object_get(out, "chain"))) != 0)
		result = cli_say(CLI_DIFFERS, "this device's access log is another one now: row %llu differs",
		        (unsigned long long)last->row.number);
	json_decref(out);
	return result;
}

static void print_export(struct cli *cli, const struct access_export *export)
{
	char device[2 * ID_LONG_BYTES + 1];
	ids_hex(device, export->device.bytes, sizeof(export->device.bytes));
	uint64_t first = export->count ? export->rows[0].row.number : 0;
	json_t *out = json_pack("{s:b, s:s, s:I, s:I, s:I}", "same", 1, "device", device, "rows",
	        (json_int_t) export->count, "first", (json_int_t)first, "gone", (json_int_t) export->gone);
	if (!cli_print_json(cli, out))
		printf("%lu rows from number %llu on, signed by device %.16s: unaltered. Compare the device "
		       "with "
		       "\"releve members\".\n",
		        (unsigned long)export->count, (unsigned long long)first, device);
	json_decref(out);
}

int cli_access_verify(struct cli *cli)
{
	struct access_export export = {0};
	const char *path = cli->arguments[0];
	uint64_t number = 0;
	int result = read_export(path, &export);
	if (!result) {
		int found = access_export_check(&export, &number);
		if (found == ERR_CORRUPT)
			result = cli_say(CLI_DIFFERS,
			        "row %llu of %s does not follow from the one before it: something was "
			        "altered, "
			        "removed or moved there",
			        (unsigned long long)number, path);
		else if (found)
			result = cli_say(CLI_DIFFERS,
			        "%s was altered: the signature of its device does not match", path);
	}
	if (!result && cli_option(cli, "here") && export.count)
		result = compare_here(cli, &export);
	if (!result)
		print_export(cli, &export);
	access_export_close(&export);
	return result;
}

int cli_access_days(struct cli *cli)
{
	unsigned long days = 0;
	json_t *out, *body = json_object();
	if (cli->argument_count && !cli_number(cli->arguments[0], &days)) {
		json_decref(body);
		return cli_say(CLI_USAGE, "a number of days is needed, as 365");
	}
	if (cli->argument_count)
		json_object_set_new(body, "days", json_integer((json_int_t)days));
	int result = cli_request_json(cli, "POST", "/api/access/days", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("Rows of the access log are kept %lld days on this device.\n",
		        (long long)json_integer_value(json_object_get(out, "days")));
	json_decref(out);
	return result;
}
