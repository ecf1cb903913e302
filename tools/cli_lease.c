/* Who closes months: designated, released, lost; what takes two persons. */
#include <stdio.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static const char *name_of(const json_t *row)
{
	const json_t *person = json_object_get(row, "name");
	return *text(person, "firstName") ? text(person, "firstName") : text(person, "lastName");
}

/* ---- Showing ---- */

static void print_leases(const json_t *leases)
{
	const json_t *row;
	size_t index;
	json_array_foreach(leases, index, row)
	        printf("%lld  %.16s  %s  %s\n", (long long)json_integer_value(json_object_get(row, "fence")),
	                text(row, "device"), name_of(row),
	                json_is_true(json_object_get(row, "released"))          ? "released"
	                        : json_is_true(json_object_get(row, "inForce")) ? "closes months"
	                                                                        : "did not release");
}

static void print_words(const json_t *words)
{
	const json_t *row;
	size_t index;
	json_array_foreach(words, index, row)
	{
		const char *what = text(row, "what");
		printf("%.16s  %s  %s %.16s  %s\n", text(row, "word"), name_of(row), what,
		        strcmp(what, "close") == 0          ? text(row, "month")
		                : strcmp(what, "sent") == 0 ? text(row, "lot")
		                                            : text(row, "lease"),
		        json_is_true(json_object_get(row, "seconded")) ? "two persons said so"
		                                                       : "waits for a second person");
	}
}

static void print_lots(const json_t *lots)
{
	const json_t *row;
	size_t index;
	json_array_foreach(lots, index, row)
	{
		char amount[32];
		const bool counts = json_is_true(json_object_get(row, "counts"));
		cli_amount(amount, sizeof(amount), json_integer_value(json_object_get(row, "cents")));
		printf("%s  %.16s  %lld visits  %s EUR%s%s\n", text(row, "month"), text(row, "lot"),
		        (long long)json_integer_value(json_object_get(row, "visits")), amount,
		        counts ? "" : "  ", counts ? "" : cli_words(json_object_get(row, "why")));
	}
}

int cli_billing_state(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "GET", "/api/billing", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		const json_t *holder = json_object_get(out, "holder");
		if (json_is_object(holder))
			printf("Months are closed by device %.16s (%s).\n", text(holder, "device"),
			        name_of(holder));
		else
			printf("Nobody is designated to close months: releve billing designate.\n");
		if (json_is_true(json_object_get(out, "contested")))
			printf("Two devices were designated apart: designate one of them again.\n");
		print_leases(json_object_get(out, "leases"));
		print_words(json_object_get(out, "words"));
		print_lots(json_object_get(out, "lots"));
	}
	json_decref(out);
	return result;
}

/* ---- Saying ---- */

static int post(struct cli *cli, const char *question, const char *target, json_t *body, json_t **out)
{
	*out = NULL;
	if (cli_confirmed(cli, question))
		return cli_request_json(cli, "POST", target, body, out);
	json_decref(body);
	return cli_say(CLI_USAGE, "nothing was changed; confirm with --yes");
}

int cli_billing_release(struct cli *cli)
{
	json_t *out;
	int result = post(cli, "This device closes no more months then. Go on?", "/api/billing/release",
	        json_object(), &out);
	if (!result && !cli_print_json(cli, out))
		printf("Released. A colleague's device may be designated now: releve billing designate.\n");
	json_decref(out);
	return result;
}

static int say(struct cli *cli, const char *question, json_t *body)
{
	json_t *out;
	int result = post(cli, question, "/api/billing/words", body, &out);
	if (!result && !cli_print_json(cli, out))
		printf("%.16s\nIt counts once another person says so too: releve billing second %.16s\n",
		        text(out, "word"), text(out, "word"));
	json_decref(out);
	return result;
}

int cli_billing_allow(struct cli *cli)
{
	return say(cli,
	        "A lost device may have sent this month to the insurer already. Say that it may be closed?",
	        json_pack("{s:s, s:s}", "what", "close", "month", cli->arguments[0]));
}

int cli_billing_lost(struct cli *cli)
{
	json_t *body = json_pack("{s:s, s:s}", "what", "over", "device", cli->arguments[0]);
	if (cli_option(cli, "last"))
		json_object_set_new(body, "lot", json_string(cli_option(cli, "last")));
	return say(cli, "Say that this device will send no more months?", body);
}

int cli_billing_sent(struct cli *cli)
{
	return say(cli, "Say that this lot was sent? What it bills twice is credited with the next month.",
	        json_pack("{s:s, s:s}", "what", "sent", "lot", cli->arguments[0]));
}

int cli_billing_second(struct cli *cli)
{
	json_t *out;
	char target[256], *word = cli_escaped(cli->arguments[0]);
	snprintf(target, sizeof(target), "/api/billing/words/%.200s/second", word);
	mem_free(word);
	int result = post(cli, "You say so too?", target, json_object(), &out);
	if (!result && !cli_print_json(cli, out))
		printf("Two persons have said so now.\n");
	json_decref(out);
	return result;
}
