/* Chosen dossiers. */
#include <stdio.h>

#include "crdt/base/mem.h"
#include "tools/cli.h"

static int ask(struct cli *cli, const char *verb, json_t **out)
{
	char target[128], *id = cli_escaped(cli->arguments[0]);
	snprintf(target, sizeof(target), "/api/%s/%.64s/%s%s",
	        cli_option(cli, "minutes") ? "minutes" : "patients", id, verb,
	        cli_option(cli, "alone") ? "?alone=1" : "");
	mem_free(id);
	return cli_request_json(cli, "POST", target, json_pack("{s:s}", "person", cli->arguments[1]), out);
}

/* Other files of the patient of which the other thing holds. */
static void print_others(const json_t *out, bool shared, const char *said)
{
	size_t index;
	json_t *one;
	json_array_foreach(json_object_get(out, "joined"), index,
	        one) if (json_is_true(json_object_get(one, "shared")) == shared)
	        printf("! The file is joined with another one, which %s: %.12s\n", said,
	                json_string_value(json_object_get(one, "id")));
}

int cli_share(struct cli *cli)
{
	json_t *out;
	int result = ask(cli, "share", &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("Shared: this dossier, with its past, is there after the next meeting.\n");
		print_others(out, false, "is not shared with her");
	}
	json_decref(out);
	return result;
}

int cli_unshare(struct cli *cli)
{
	json_t *out;
	int result = ask(cli, "unshare", &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%s\n",
		        json_is_true(json_object_get(out, "before"))
		                ? "Not shared any more: nothing that is written in this dossier from now on "
		                  "can be "
		                  "read there. What was held there stays readable there."
		                : "This dossier was not shared with this person.");
		print_others(out, true, "goes on being shared with her");
	}
	json_decref(out);
	return result;
}

int cli_shares(struct cli *cli)
{
	static const struct cli_column columns[] = {
	        {"PERSON", "person", 8}, {"NAME", "name", 30}, {"FILES", "files", 5}, {0}};
	char target[128], *patient = cli_escaped(cli->arguments[0]);
	json_t *out;
	snprintf(target, sizeof(target), "/api/patients/%.64s/shares", patient);
	mem_free(patient);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(json_object_get(out, "shares"), columns);
	json_decref(out);
	return result;
}
