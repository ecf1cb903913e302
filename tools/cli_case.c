/* What a facilitator is given: redacted cases. */
#include <stdio.h>

#include "crdt/base/mem.h"
#include "tools/cli.h"

static int request(struct cli *cli, const char *method, const char *before, const char *after, json_t *body,
        json_t **out)
{
	char target[160], *name = cli_escaped(cli->arguments[0]);
	snprintf(target, sizeof(target), "%s%.64s%s", before, name, after);
	mem_free(name);
	return body ? cli_request_json(cli, method, target, body, out)
	            : cli_request(cli, method, target, (struct span){NULL, 0}, out);
}

int cli_case_share(struct cli *cli)
{
	static const char *const names[][2] = {{"to", "person"}, {"until", "until"}, {"consent", "consent"}};
	json_t *out, *body = json_object();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (cli_option(cli, names[i][0]))
			json_object_set_new(body, names[i][1], json_string(cli_option(cli, names[i][0])));
	int result = request(cli, "POST", "/api/patients/", "/case", body, &out);
	if (!result && !cli_print_json(cli, out)) {
		printf("%s\n", json_string_value(json_object_get(out, "id")));
		cli_print_joined(stderr, out);
	}
	json_decref(out);
	return result;
}

int cli_case_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"CASE", "id", 8}, {"FACILITATOR", "facilitator", 8},
	        {"UNTIL", "until", 0}, {"AGE", "age", 0}, {"SEX", "sex", 0}, {"GIR", "gir", 0},
	        {"VISITS", "visits", 0}, {0}};
	json_t *out;
	int result = cli_request(cli, "GET", "/api/cases", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(json_object_get(out, "cases"), columns);
	json_decref(out);
	return result;
}

int cli_case_show(struct cli *cli)
{
	static const struct cli_column head[] = {{"UNTIL", "until", 0}, {"AGE", "age", 0}, {"SEX", "sex", 0},
	        {"ALD", "ald", 0}, {"GIR", "gir", 0}, {"MONTHS", "months", 0}, {"VISITS", "visits", 0}, {0}};
	static const struct cli_column problems[] = {{"PROBLEM", "code", 0}, {"SEVERITY", "severity", 0},
	        {"STATE", "state", 0}, {"RATED", "ratings", 0}, {"K FIRST", "firstKnowledge", 0},
	        {"B", "firstBehaviour", 0}, {"S", "firstStatus", 0}, {"K NOW", "lastKnowledge", 0},
	        {"B", "lastBehaviour", 0}, {"S", "lastStatus", 0}, {0}};
	static const struct cli_column cares[] = {{"CARE", "category", 0}, {"PROBLEM", "code", 0},
	        {"TARGET", "targetCode", 0}, {"STATE", "state", 0}, {0}};
	json_t *out;
	int result = request(cli, "GET", "/api/cases/", "", NULL, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_t *one = json_pack("[O]", json_object_get(out, "case"));
		cli_print_table(one, head);
		json_decref(one);
		putchar('\n');
		cli_print_table(json_object_get(out, "problems"), problems);
		putchar('\n');
		cli_print_table(json_object_get(out, "cares"), cares);
	}
	json_decref(out);
	return result;
}

int cli_case_end(struct cli *cli)
{
	json_t *out;
	int result = request(cli, "POST", "/api/cases/", "/end", json_object(), &out);
	if (!result && !cli_print_json(cli, out))
		printf("Ended: its key is destroyed here, and on every device that hears of it.\n");
	json_decref(out);
	return result;
}
