/* A blind box at the cabinet: it holds everything and reads nothing. */
#include <stdio.h>

#include "tools/cli.h"
#include "tools/team_folder.h"

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* A random key needs no derivation that takes long: nobody guesses it. */
int cli_relay_init(struct cli *cli)
{
	int result = cli_make_directory(cli);
	if (!result)
		result = cli_make_machine_key(cli);
	if (result)
		return result;
	cli->passphrase_file = cli_machine_key(cli);
	return cli_init(cli);
}

int cli_relay_run(struct cli *cli)
{
	if (!cli_machine_key(cli))
		return cli_say(CLI_NOT_FOUND, "there is no machine key in %s: releve relay init", cli->root);
	return cli_run(cli);
}

/* One row of `relay status` from what the team's own status says. */
static json_t *row_of(const char *team, const json_t *status)
{
	size_t index;
	const json_t *item, *quota = json_object_get(status, "quota");
	long long entries = 0, connected = 0, refused = 0;
	json_array_foreach(json_object_get(status, "feeds"), index, item) entries += number(item, "entries");
	json_array_foreach(json_object_get(status, "peers"), index, item)
	        connected += json_is_true(json_object_get(item, "connected"));
	json_array_foreach(json_object_get(status, "refused"), index, item)
	        refused += json_is_true(json_object_get(item, "ordinary")) ? 0 : number(item, "count");
	bool is_here = strcmp(text(status, "state"), "active") == 0;
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:i}", "team", team,
	        "state",
	        !json_is_true(json_object_get(status, "inTeam"))               ? "waits"
	                : !is_here                                             ? text(status, "state")
	                : json_is_true(json_object_get(status, "notAccepted")) ? "refused"
	                                                                       : "relays",
	        "devices", (json_int_t)json_array_size(json_object_get(status, "peers")), "connected",
	        (json_int_t)connected, "feeds", (json_int_t)json_array_size(json_object_get(status, "feeds")),
	        "entries", (json_int_t)entries, "photos",
	        (json_int_t)number(json_object_get(status, "photos"), "complete"), "bytes",
	        (json_int_t)number(json_object_get(status, "database"), "usedBytes"), "quotaBytes",
	        (json_int_t)number(quota, "bytes"), "over", json_is_true(json_object_get(quota, "over")),
	        "refused", (json_int_t)refused, "port", (int)number(status, "port"));
}

static int add_row(struct cli *cli, const char *team, json_t *rows)
{
	json_t *status;
	cli->team = strcmp(team, TEAM_FOLDER_MAIN) == 0 ? NULL : team;
	int result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &status);
	if (!result && json_is_true(json_object_get(status, "locked")))
		json_array_append_new(rows,
		        json_pack("{s:s, s:s}", "team", team, "state",
		                json_object_get(status, "failed") ? "stopped" : "locked"));
	else if (!result)
		json_array_append_new(rows, row_of(team, status));
	json_decref(status);
	return result;
}

int cli_relay_status(struct cli *cli)
{
	static const struct cli_column columns[] = {{"TEAM", "team", 0}, {"STATE", "state", 0},
	        {"PORT", "port", 0}, {"DEVICES", "devices", 0}, {"HERE NOW", "connected", 0},
	        {"FEEDS", "feeds", 0}, {"ENTRIES", "entries", 0}, {"PHOTOS", "photos", 0},
	        {"BYTES", "bytes", 0}, {"QUOTA", "quotaBytes", 0}, {"REACHED", "over", 0},
	        {"REFUSED", "refused", 0}, {0}};
	json_t *teams, *rows;
	size_t index;
	const json_t *team;
	if (!cli_runs(cli))
		return cli_say(CLI_OFFLINE, "no program runs on %s: releve relay run", cli->root);
	cli->team = NULL;
	rows = json_array();
	int result = cli_request(cli, "GET", "/api/teams", (struct span){NULL, 0}, &teams);
	json_array_foreach(json_object_get(teams, "teams"), index, team)
	{
		if (!result)
			result = add_row(cli, text(team, "team"), rows);
	}
	json_t *out = json_pack("{s:o}", "teams", rows);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(rows, columns);
	json_decref(teams);
	json_decref(out);
	return result;
}

/* Relays that showed less than they had acknowledged. */
void cli_print_held_back(const json_t *peers)
{
	size_t index;
	const json_t *peer;
	json_array_foreach(peers, index, peer)
	{
		const json_t *held = json_object_get(peer, "holdsBack");
		if (!held)
			continue;
		if (number(held, "entries"))
			printf("\nThe relay at %s (%.8s) holds back %lld entries that it had acknowledged, "
			       "or lost "
			       "them: do not count on what it has alone.\n",
			        text(held, "address"), text(peer, "device"), number(held, "entries"));
		else
			printf("\nThe relay at %s (%.8s) held back, or had lost, %lld entries that it had "
			       "acknowledged (%.16s); it has shown all since.\n",
			        text(held, "address"), text(peer, "device"), number(held, "noticedEntries"),
			        text(held, "noticed"));
	}
}

/* "2.0 GB for the team": bytes as relay run --quota-mb counts them. */
static void full_reason(const json_t *full, char *out, size_t size)
{
	const char *why = text(full, "why");
	const long long limit = number(full, "limit");
	if (strcmp(why, "team") == 0 && limit)
		snprintf(out, size, "its quota for the team, %.0f MB, is reached", (double)limit / 1e6);
	else if (strcmp(why, "device") == 0 && limit)
		snprintf(out, size, "its quota for this device, %lld entries, is reached", limit);
	else if (strcmp(why, "disk") == 0)
		snprintf(out, size, "its disk is full");
	else
		snprintf(out, size, "it says so");
}

/* Devices that said that they store no more. */
void cli_print_full(const json_t *peers)
{
	size_t index;
	const json_t *peer;
	json_array_foreach(peers, index, peer)
	{
		const json_t *full = json_object_get(peer, "full");
		char why[96];
		if (!full)
			continue;
		full_reason(full, why, sizeof(why));
		printf("\nThe %s %.8s is full (%s): new entries are not stored there. It lacks %lld.\n",
		        strcmp(text(peer, "role"), "relay") == 0 ? "relay" : "device", text(peer, "device"),
		        why, number(peer, "missingThere"));
	}
}

void cli_print_quota(const json_t *status)
{
	const json_t *quota = json_object_get(status, "quota");
	if (!quota)
		return;
	printf("quota     ");
	if (number(quota, "bytes"))
		printf("%.1f MB for the team%s", (double)number(quota, "bytes") / 1e6,
		        number(quota, "deviceEntries") ? ", " : "");
	if (number(quota, "deviceEntries"))
		printf("%lld entries for each device", number(quota, "deviceEntries"));
	printf("%s\n",
	        json_is_true(json_object_get(quota, "over"))
	                ? ": reached, nothing more is taken but who is in the team; nothing is dropped"
	                : "");
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
		return cli_say(CLI_CONFLICT, "start the relay first: releve relay run");
	int result = cli_request_json(
	        cli, "POST", "/api/relay/offer", json_pack("{s:s}", "team", cli->arguments[0]), &out);
	if (!result && !cli_print_json(cli, out))
		printf("%s\n", text(out, "code"));
	json_decref(out);
	return result;
}

int cli_relay_admit(struct cli *cli)
{
	char ip[CLI_IP_BYTES];
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
