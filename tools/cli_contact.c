/* Finding colleagues' devices where they do not find each other by themselves: the code of this one, and looking for another. */
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "net/uv_address.h"
#include "node/contact.h"
#include "tools/cli.h"

enum { STEP_MS = 100, STEPS = 120 /* twice what a handshake may take, and some */, NAMES_MAX = 4 };

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* White on black whatever the terminal's colours are: cameras do not read it the other way round. */
void cli_print_qr(const char *picture)
{
	for (size_t size; *picture; picture += size + (picture[size] == '\n')) {
		size = strcspn(picture, "\n");
		printf("\033[97;40m%.*s\033[0m\n", (int)size, picture);
	}
	putchar('\n');
}

int cli_print_address(struct cli *cli)
{
	static const struct cli_column columns[] = {
	        {"ADDRESS", "address", 0}, {"CODE TO TYPE", "code", 0}, {0}};
	json_t *out;
	int result = cli_request(cli, "GET", "/api/address", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (!cli_option(cli, "no-qr") && isatty(STDOUT_FILENO))
			cli_print_qr(text(out, "qr"));
		cli_print_table(json_object_get(out, "addresses"), columns);
		if (isatty(STDERR_FILENO))
			fprintf(stderr,
			        "\nOn a colleague's device: releve peer add CODE. The code lets nobody in; "
			        "it says where this "
			        "device is, and fingerprint %s.\n",
			        text(out, "fingerprint"));
	}
	json_decref(out);
	return result;
}

/* ---- Looking for a device by its code ---- */

static const json_t *peer_named(const json_t *status, const char *device)
{
	size_t index;
	const json_t *peer;
	json_array_foreach(json_object_get(status, "peers"), index, peer)
	{
		if (strcmp(text(peer, "device"), device) == 0)
			return peer;
	}
	return NULL;
}

static bool all_tried(const json_t *peer)
{
	size_t index;
	const json_t *one;
	json_array_foreach(json_object_get(peer, "lookedFor"), index, one)
	{
		if (!json_object_get(one, "ended"))
			return false;
	}
	return true;
}

/* A connection was opened, and ended without a word: whoever is there does not hold that key, or does not talk to this device. */
static bool is_somebody_else(const json_t *one)
{
	return strcmp(text(one, "ended"), "TRUNCATED") == 0;
}

static int say_not_met(const json_t *peer)
{
	size_t index;
	const json_t *one;
	json_array_foreach(json_object_get(peer, "lookedFor"), index, one)
	{
		if (is_somebody_else(one))
			return cli_say(CLI_DENIED,
			        "Somebody answers at %s, and is not the device of this code, or does not "
			        "accept this one: no "
			        "connection was made. It is looked for there from now on.",
			        text(one, "address"));
	}
	return cli_say(CLI_OFFLINE,
	        "Nobody answers at the code's addresses now. The device is looked for there from now on: see "
	        "releve status.");
}

/* Until it is met, or every address was tried. */
static int follow_code(struct cli *cli, const char *device)
{
	json_t *status = NULL;
	int result = 0;
	bool met = false, tried = false;
	for (int step = 0; !result && !met && !tried && step < STEPS; step++) {
		json_decref(status);
		cli_wait(cli, step ? STEP_MS : 0);
		result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &status);
		const json_t *peer = result ? NULL : peer_named(status, device);
		met = json_is_true(json_object_get(peer, "connected"));
		tried = !peer || all_tried(peer);
	}
	if (!result && met)
		printf("The device is met: %.16s\n", device);
	else if (!result)
		result = say_not_met(peer_named(status, device));
	json_decref(status);
	return result;
}

/* Its groups may be one argument or several. */
static int add_by_code(struct cli *cli)
{
	char code[GROUPS_TEXT_BYTES + GROUPS_PREFIX_MAX];
	json_t *out;
	size_t size = 0;
	for (int i = 0; i < cli->argument_count && size < sizeof(code); i++)
		size += (size_t)snprintf(code + size, sizeof(code) - size, "%s ", cli->arguments[i]);
	if (size >= sizeof(code))
		return cli_say(CLI_USAGE, "this is longer than any code of releve address");
	int result = cli_request_json(cli, "POST", "/api/peers", json_pack("{s:s}", "code", code), &out);
	if (!result && !cli_print_json(cli, out))
		result = follow_code(cli, text(out, "device"));
	json_decref(out);
	return result;
}

/* ---- At an address ---- */

static int look_at(struct cli *cli, const char *ip, int port, json_t **out)
{
	return cli_request_json(
	        cli, "POST", "/api/peers", json_pack("{s:s, s:i}", "ip", ip, "port", port), out);
}

/* Every address of that name. The name is looked up by this machine, as any other name is. */
static int look_at_name(struct cli *cli, const char *name, int port, json_t **out)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int result = CLI_USAGE, count = 0;
	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return cli_say(CLI_USAGE, "\"%s\" is no address, and no name that this machine knows", name);
	for (struct addrinfo *at = found; at && count < NAMES_MAX; at = at->ai_next) {
		struct net_address address;
		char ip[NET_IP_TEXT_BYTES];
		if (!net_uv_address_from(at->ai_addr, &address))
			continue;
		net_address_ip_text(&address, ip);
		json_decref(*out);
		result = look_at(cli, ip, port, out);
		if (result)
			break;
		count++;
	}
	freeaddrinfo(found);
	return result;
}

/* What looks like an address, if a wrong one, is not looked up. */
static bool is_name(const char *text)
{
	return !strpbrk(text, ":%") && strpbrk(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

int cli_peer_add(struct cli *cli)
{
	const char *argument = cli->arguments[0];
	char ip[CLI_IP_BYTES];
	int port;
	json_t *out = NULL;
	if (contact_is_code(argument))
		return add_by_code(cli);
	if (cli->argument_count > 1)
		return cli_say(CLI_USAGE, "one address at a time");
	if (!cli_address(argument, ip, &port) || port == 0)
		return cli_say(CLI_USAGE,
		        "\"%s\" is not an address and a port, as 192.168.1.20:7766 or [2001:db8::20]:7766, "
		        "nor the code that "
		        "\"releve address\" shows",
		        argument);
	int result = is_name(ip) ? look_at_name(cli, ip, port, &out) : look_at(cli, ip, port, &out);
	if (!result && !cli_print_json(cli, out))
		printf("A colleague's device is looked for there from now on: see releve status.\n");
	json_decref(out);
	return result;
}
