/* Rate tables, and what each nurse works as. */
#include <stdio.h>

#include "tools/cli.h"

static int add(struct cli *cli, const char *target, const char *kind)
{
	json_t *record, *out;
	int result = cli_fields(cli, 0, kind, &record);
	if (!result)
		result = cli_request_json(cli, "POST", target, record, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out))
		printf("%s\n", json_string_value(json_object_get(out, "id")));
	json_decref(out);
	return CLI_OK;
}

int cli_rate_add(struct cli *cli)
{
	return add(cli, "/api/rates", "rateTable");
}

int cli_rate_nurse(struct cli *cli)
{
	return add(cli, "/api/records/nurseStatus", "nurseStatus");
}

/* What does not hold any more says so. */
static void mark(json_t *row)
{
	char amount[32];
	cli_amount(amount, sizeof(amount), json_integer_value(json_object_get(row, "centsPerHour")));
	json_object_set_new(row, "hour", json_string(amount));
	if (json_is_true(json_object_get(row, "corrected")))
		json_object_set_new(row, "state", json_string("corrected"));
	else if (json_is_true(json_object_get(row, "withdrawn")))
		json_object_set_new(row, "state", json_string("withdrawn"));
	if (!json_object_get(row, "tariff"))
		json_object_set_new(row, "tariff", json_string("all"));
}

static int list(struct cli *cli, const char *target, const struct cli_column *columns)
{
	json_t *out, *row;
	size_t index;
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		json_array_foreach(json_object_get(out, "records"), index, row) mark(row);
		cli_print_table(json_object_get(out, "records"), columns);
	}
	json_decref(out);
	return result;
}

int cli_rate_list(struct cli *cli)
{
	static const struct cli_column columns[] = {{"RATE", "id", 12}, {"TERRITORY", "territory", 30},
	        {"FOR", "tariff", 0}, {"FROM", "validFrom", 0}, {"PER HOUR", "hour", 0},
	        {"ROUNDED PER", "unit", 0}, {"TIES", "ties", 0}, {"DOUBLED", "doubled", 0},
	        {"STATE", "state", 0}, {0}};
	return list(cli, "/api/rates", columns);
}

int cli_rate_nurses(struct cli *cli)
{
	static const struct cli_column columns[] = {{"STATUS", "id", 12}, {"NURSE", "person", 12},
	        {"FROM", "from", 0}, {"WORKS AS", "tariff", 0}, {"STATE", "state", 0}, {0}};
	return list(cli, "/api/records/nurseStatus", columns);
}

int cli_rate_show(struct cli *cli)
{
	json_t *out, *row, *found = NULL;
	size_t index, size = strlen(cli->arguments[0]), count = 0;
	int result = cli_request(cli, "GET", "/api/rates", (struct span){NULL, 0}, &out);
	if (result)
		return result;
	json_array_foreach(json_object_get(out, "records"), index, row)
	{
		const char *id = json_string_value(json_object_get(row, "id"));
		if (!id || size == 0 || strncmp(id, cli->arguments[0], size) != 0)
			continue;
		found = row;
		count++;
	}
	if (count != 1)
		result = count ? cli_say(CLI_CONFLICT, "several rate tables begin so: give more digits")
		               : cli_say(CLI_NOT_FOUND, "there is no such rate table: see releve rate list");
	else if (!cli_print_json(cli, found))
		cli_print_object(found);
	json_decref(out);
	return result;
}
