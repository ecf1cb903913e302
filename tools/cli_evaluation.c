/* Visits without names for the evaluation: who agreed, and the export (node/evaluation/README.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/file.h"
#include "tools/cli.h"
#include "tools/cli_exchange.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static json_t *terms(const struct cli *cli)
{
	return json_pack("{s:s*, s:s*, s:s*}", "from", cli_option(cli, "from"), "until",
	        cli_option(cli, "until"), "recipient", cli_option(cli, "recipient"));
}

int cli_evaluation_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"BY", "byName", 0}, {"AT", "at", 16},
	        {"FROM", "from", 0}, {"UNTIL", "until", 0}, {"RECIPIENT", "recipient", 30},
	        {"BASIS", "basis", 40}, {0}};
	json_t *out;
	int result = cli_request(cli, "GET", "/api/evaluation/agreements", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (json_array_size(json_object_get(out, "agreements")))
			cli_print_table(json_object_get(out, "agreements"), columns);
		else
			printf("Nobody agreed to any export.\n");
	}
	json_decref(out);
	return result;
}

int cli_evaluation_agree(struct cli *cli)
{
	json_t *body = terms(cli), *out;
	if (cli_option(cli, "basis"))
		json_object_set_new(body, "basis", json_string(cli_option(cli, "basis")));
	int result = cli_request_json(cli, "POST", "/api/evaluation/agreements", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("You agreed. It holds 30 days; another nurse has to agree to the same as well.\n");
	json_decref(out);
	return result;
}

static int put(const struct cli *cli, const char *directory, const char *name, struct span bytes)
{
	char *path = file_join(directory, name);
	const int result = cli_put_file(cli, path, bytes);
	mem_free(path);
	return result;
}

int cli_evaluation_export(struct cli *cli)
{
	json_t *body = terms(cli), *out = NULL;
	if (!cli_may_write_in_clear(cli)) {
		json_decref(body);
		return CLI_CONFLICT;
	}
	json_object_set_new(body, "unencrypted", json_true());
	if (cli_option(cli, "territory"))
		json_object_set_new(body, "territory", json_string(cli_option(cli, "territory")));
	cli->verbatim = true;
	int result = cli_request_json(cli, "POST", "/api/evaluation/export", body, &out);
	const json_t *manifest = json_object_get(out, "manifest");
	char *totals = manifest ? json_dumps(manifest, JSON_INDENT(2)) : NULL;
	if (!result)
		result = put(cli, cli->arguments[0], "visits.csv", span_text(text(out, "csv")));
	if (!result && totals)
		result = put(cli, cli->arguments[0], "visits.json", span_text(totals));
	if (!result && cli->json)
		printf("%s\n", totals);
	else if (!result)
		printf("%lld visits of %lld patients are in %s, without names and days, not encrypted.\n",
		        (long long)json_integer_value(json_object_get(manifest, "rows")),
		        (long long)json_integer_value(json_object_get(manifest, "patients")),
		        cli->arguments[0]);
	free(totals);
	json_decref(out);
	return result;
}
