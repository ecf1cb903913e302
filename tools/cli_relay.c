/* A blind box at the cabinet: it holds everything and reads nothing. */
#include <stdio.h>

#include "tools/cli.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

int cli_relay_team(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &out);
	if (!result && !*text(out, "team"))
		result = cli_say(CLI_NOT_FOUND, "this device belongs to no team yet");
	else if (!result)
		printf("%s\n", text(out, "team"));
	json_decref(out);
	return result;
}

int cli_relay_offer(struct cli *cli)
{
	json_t *out;
	if (!cli_runs(cli))
		return cli_say(CLI_CONFLICT, "start the relay first: releve run");
	int result = cli_request_json(
	        cli, "POST", "/api/relay/offer", json_pack("{s:s}", "team", cli->arguments[0]), &out);
	if (!result && !cli_print_json(cli, out))
		printf("%s\n", text(out, "code"));
	json_decref(out);
	return result;
}

int cli_relay_admit(struct cli *cli)
{
	char ip[40];
	int port;
	json_t *out;
	if (!cli_address(cli->arguments[1], ip, &port) || port == 0)
		return cli_say(CLI_USAGE, "\"%s\" is not an address and a port, as 192.168.1.20:7766",
		        cli->arguments[1]);
	int result = cli_request_json(cli, "POST", "/api/relays",
	        json_pack("{s:s, s:s, s:i}", "code", cli->arguments[0], "ip", ip, "port", port), &out);
	if (!result && !cli_print_json(cli, out))
		printf("The relay is in the team: it will hold everything, and can read nothing.\n");
	json_decref(out);
	return result;
}
