/* Statements of closed months as files, and files that somebody brings held against this device. */
#include <stdio.h>
#include <string.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "store/file.h"
#include "tools/cli_exchange.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* Asks for what the command's options say, under `target`, which ends in "?unencrypted=1"; the text of member `name` goes to --out, or is printed. */
int cli_write_made(struct cli *cli, struct buf *target, const char *name, json_t **out)
{
	const char *path = cli_option(cli, "out");
	buf_add(target, "", 1);
	cli->verbatim = true;
	int result = cli_request(cli, "GET", (const char *)target->data, (struct span){NULL, 0}, out);
	if (!result && path)
		result = cli_put_file(cli, path, span_text(text(*out, name)));
	else if (!result && !cli_print_json(cli, *out))
		fputs(text(*out, name), stdout);
	return result;
}

static void add_month(const struct cli *cli, struct buf *target)
{
	char *month = cli_escaped(cli->arguments[0]);
	const char *parts[] = {"/api/billing/", month, "/statement?unencrypted=1"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		buf_add_span(target, span_text(parts[i]));
	mem_free(month);
}

int cli_billing_lot(struct cli *cli)
{
	static const char *const options[] = {"format", "nurse", "patient", "lot", "names", "lang"};
	struct buf target = {0};
	json_t *out = NULL;
	char amount[32];
	if (!cli_may_write_in_clear(cli))
		return CLI_CONFLICT;
	add_month(cli, &target);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		cli_add_query(cli, options[i], options[i], &target);
	int result = cli_write_made(cli, &target, "file", &out);
	const json_t *totals = json_object_get(out, "totals");
	if (!result && cli_option(cli, "out") && !cli_print_json(cli, totals)) {
		cli_amount(amount, sizeof(amount), json_integer_value(json_object_get(totals, "cents")));
		printf("%lld lines, %lld visits, %lld minutes, %s EUR of lot %.16s are in %s, not encrypted, "
		       "readable for "
		       "whoever reads your files.\n",
		        json_integer_value(json_object_get(totals, "lines")),
		        json_integer_value(json_object_get(totals, "visits")),
		        json_integer_value(json_object_get(totals, "minutes")), amount, text(out, "lot"),
		        cli_option(cli, "out"));
	}
	json_decref(out);
	buf_close(&target);
	return result;
}

int cli_control(struct cli *cli)
{
	static const char *const options[] = {"from", "to", "format", "lang"};
	struct buf target = {0};
	json_t *out = NULL;
	if (!cli_may_write_in_clear(cli))
		return CLI_CONFLICT;
	buf_add_span(&target, span_text("/api/care?unencrypted=1&patients="));
	for (int i = 0; i < cli->argument_count; i++) {
		char *patient = cli_escaped(cli->arguments[i]);
		buf_add_span(&target, span_text(i ? "," : ""));
		buf_add_span(&target, span_text(patient));
		mem_free(patient);
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		cli_add_query(cli, options[i], options[i], &target);
	int result = cli_write_made(cli, &target, "file", &out);
	if (!result && cli_option(cli, "out") && !cli_print_json(cli, json_object_get(out, "care")))
		printf("The statement of care of %d patients is in %s, not encrypted; it was noted in the "
		       "access log.\n",
		        cli->argument_count, cli_option(cli, "out"));
	json_decref(out);
	buf_close(&target);
	return result;
}

/* ---- Verifying ---- */

static void print_differences(const json_t *out)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(out, "differences"), index, one)
	{
		const json_t *file = json_object_get(one, "file"), *here = json_object_get(one, "here");
		printf("%s: %s%s%s%s\n", text(one, "where"), file ? "the file says " : "missing in the file",
		        text(one, "file"), here ? ", here it is " : "", text(one, "here"));
	}
	const long long count = json_integer_value(json_object_get(out, "count"));
	if (count > (long long)index)
		printf("... %lld differences in all\n", count);
}

static void print_verdict(const json_t *out)
{
	if (!json_is_true(json_object_get(out, "lotKnown")))
		printf("The lot that the file names is not known here; compared with the one of %s, %.16s.\n",
		        text(out, "month"), text(out, "lot"));
	if (!json_is_true(json_object_get(out, "lotSame")))
		printf("The lot in the team's ledger is not what this device computes: %lld of its visits "
		       "are not here "
		       "(erased, or kept apart).\n",
		        json_integer_value(json_object_get(out, "notHere")));
	cli_print_lot_standing(out);
	if (json_is_true(json_object_get(out, "same")))
		printf("The same: %s statement of %s, lot %.16s.\n", text(out, "form"), text(out, "month"),
		        text(out, "lot"));
	else
		printf("DIFFERS: %s statement of %s, lot %.16s, %lld differences.\n", text(out, "form"),
		        text(out, "month"), text(out, "lot"),
		        json_integer_value(json_object_get(out, "count")));
}

int cli_verify_statement(struct cli *cli)
{
	struct buf file = {0};
	json_t *out = NULL;
	const char *path = cli->arguments[0];
	int result = file_read(path, LIMIT_API_BYTES, &file);
	if (result) {
		buf_close(&file);
		return cli_say(cli_exit_of(result), "%s cannot be read: %s%s", path, err_sentence(result),
		        result == ERR_TOOBIG ? " (4 MiB at most)" : "");
	}
	result = cli_request(cli, "POST", "/api/billing/verify", buf_span(&file), &out);
	buf_wipe(&file);
	if (result)
		return result;
	const bool same = json_is_true(json_object_get(out, "same"));
	if (!cli_print_json(cli, out)) {
		print_differences(out);
		print_verdict(out);
	}
	json_decref(out);
	return same ? CLI_OK : CLI_DIFFERS;
}
