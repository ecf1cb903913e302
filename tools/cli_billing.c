/* Closing months. */
#include <stdio.h>
#include <string.h>

#include "tools/cli.h"

void cli_month_target(const struct cli *cli, char out[256], const char *rest)
{
	/* What is not a month is refused by the interface; here it only has to stay in its segment. */
	char month[16];
	snprintf(month, sizeof(month), "%.10s", cli->arguments[0]);
	for (char *c = month; *c; c++)
		if ((*c < '0' || *c > '9') && *c != '-')
			*c = '.';
	snprintf(out, 256, "/api/billing/%s%s", month, rest);
}

void cli_print_totals(const json_t *out)
{
	const json_t *totals = json_object_get(out, "totals");
	char amount[32];
	const char *hash = json_string_value(json_object_get(out, "lot"));
	cli_amount(amount, sizeof(amount), json_integer_value(json_object_get(totals, "cents")));
	printf("%lld visits, %lld minutes, %s EUR, lot %.16s\n",
	        (long long)json_integer_value(json_object_get(totals, "visits")),
	        (long long)json_integer_value(json_object_get(totals, "minutes")), amount, hash ? hash : "");
}

int cli_billing_designate(struct cli *cli)
{
	json_t *out, *body = json_object();
	if (cli->argument_count)
		json_object_set_new(body, "device", json_string(cli->arguments[0]));
	int result = cli_request_json(cli, "POST", "/api/billing/designate", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("Months are closed by device %.16s.\n",
		        json_string_value(json_object_get(out, "holder")));
	json_decref(out);
	return result;
}

int cli_billing_close(struct cli *cli)
{
	char target[256];
	const char *territory = cli_option(cli, "territory");
	json_t *out;
	cli_month_target(cli, target, "/close");
	int result = cli_request_json(cli, "POST", target,
	        json_pack("{s:s, s:b}", "territory", territory ? territory : "", "again",
	                cli_option(cli, "again") != NULL),
	        &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_totals(out);
	json_decref(out);
	return result;
}

/* What is no attempt at "2026-11". */
static bool is_file(const char *argument)
{
	return argument[strspn(argument, "0123456789-")] != 0;
}

void cli_print_lot_standing(const json_t *out)
{
	const char *why = json_string_value(json_object_get(json_object_get(out, "why"), "en"));
	if (!json_is_true(json_object_get(out, "counts")))
		printf("This lot does NOT count: %s\n", why ? why : "");
}

int cli_billing_verify(struct cli *cli)
{
	if (is_file(cli->arguments[0]))
		return cli_verify_statement(cli);
	char target[256];
	json_t *out;
	cli_month_target(cli, target, "/verify");
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (result)
		return result;
	bool same = json_is_true(json_object_get(out, "same"));
	if (!cli_print_json(cli, out)) {
		cli_print_lot_standing(out);
		printf("%s: ", same ? "The same bytes" : "DIFFERS");
		cli_print_totals(out);
	}
	json_decref(out);
	return same ? CLI_OK : CLI_DIFFERS;
}

int cli_billing_export(struct cli *cli)
{
	char target[256];
	json_t *out;
	cli_month_target(cli, target, "");
	cli->verbatim = true;
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		fputs(json_string_value(json_object_get(out, "csv")), stdout);
	json_decref(out);
	return result;
}
