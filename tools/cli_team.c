/* Team, invitations, members, status, checks. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/limits.h"
#include "store/file.h"
#include "tools/cli.h"

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

int cli_team_create(struct cli *cli)
{
	json_t *out;
	int result = cli_request_json(
	        cli, "POST", "/api/team", json_pack("{s:s}", "name", cli->arguments[0]), &out);
	if (!result && !cli_print_json(cli, out))
		printf("The team is founded: %.16s\nNext: releve invite\n", text(out, "team"));
	json_decref(out);
	return result;
}

int cli_invite(struct cli *cli)
{
	json_t *out, *body = json_object();
	const char *role = cli_option(cli, "role"), *hours = cli_option(cli, "hours");
	char *end = NULL;
	if (role)
		json_object_set_new(body, "role", json_string(role));
	if (hours) {
		json_object_set_new(body, "hours", json_integer(strtol(hours, &end, 10)));
		if (*end)
			json_object_set_new(body, "hours", json_integer(0));
	}
	int result = cli_request_json(cli, "POST", "/api/invitations", body, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (!cli_option(cli, "no-qr") && isatty(STDOUT_FILENO))
			printf("%s\n", text(out, "qr"));
		printf("%s\n", text(out, "invitation"));
		if (isatty(STDERR_FILENO))
			fprintf(stderr,
			        "Good once, for the role %s. Whoever has it can join: hand it over in "
			        "person.\n",
			        text(out, "role"));
	}
	json_decref(out);
	return result;
}

/* What is still to come, as far as the connected devices have said; -1 while none is level. */
static long long missing(const json_t *status, bool *level)
{
	size_t index;
	json_t *peer;
	long long sum = -1;
	*level = false;
	json_array_foreach(json_object_get(status, "peers"), index, peer)
	{
		if (!json_is_true(json_object_get(peer, "connected")))
			continue;
		*level |= json_is_true(json_object_get(peer, "level"));
		sum = (sum < 0 ? 0 : sum) + number(peer, "missingHere");
	}
	return sum;
}

/* The colleague's records come; until all are here, or the colleague is gone. */
static int follow_join(struct cli *cli)
{
	enum { STEP_MS = 200, QUIET_STEPS_MAX = 150 };
	unsigned quiet = 0;
	json_t *status;
	for (long long last = -1;;) {
		bool level;
		char line[80];
		int result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &status);
		if (result)
			return result;
		long long left = missing(status, &level), patients = number(status, "patients");
		json_decref(status);
		if (level && left == 0) {
			cli_wait(cli, STEP_MS); /* the receipt still leaves */
			cli_progress(NULL);
			printf("All records are here: %lld patients.\n", patients);
			return CLI_OK;
		}
		snprintf(line, sizeof(line), "%lld records to come, %lld patients so far",
		        left < 0 ? 0 : left, patients);
		cli_progress(line);
		quiet = left == last ? quiet + 1 : 0;
		last = left;
		if (quiet > QUIET_STEPS_MAX)
			return cli_say(CLI_OFFLINE,
			        "you are in the team; the records stopped coming and go on at the next "
			        "meeting");
		cli_wait(cli, STEP_MS);
	}
}

static int read_invitation(struct cli *cli, char out[256])
{
	const char *given = cli_option(cli, "invitation");
	if (given) {
		snprintf(out, 256, "%s", given);
		return 0;
	}
	if (isatty(STDIN_FILENO))
		fprintf(stderr, "Invitation: ");
	if (!fgets(out, 256, stdin))
		return cli_say(CLI_USAGE, "no invitation was given");
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

int cli_join(struct cli *cli)
{
	char invitation[256], ip[40];
	int port;
	json_t *out;
	if (!cli_address(cli->arguments[1], ip, &port) || port == 0)
		return cli_say(CLI_USAGE, "\"%s\" is not an address and a port, as 192.168.1.20:7766",
		        cli->arguments[1]);
	int result = read_invitation(cli, invitation);
	if (result)
		return result;
	result = cli_request_json(cli, "POST", "/api/join",
	        json_pack("{s:s, s:s, s:s, s:i}", "invitation", invitation, "name", cli->arguments[0], "ip",
	                ip, "port", port),
	        &out);
	mem_wipe(invitation, sizeof(invitation));
	if (!result && !cli_print_json(cli, out)) {
		printf("You are in the team %.16s.\n", text(out, "team"));
		fflush(stdout);
		result = follow_join(cli);
	}
	json_decref(out);
	return result;
}

int cli_endorse(struct cli *cli)
{
	char target[128];
	json_t *out;
	snprintf(target, sizeof(target), "/api/members/%.64s/endorse", cli->arguments[0]);
	int result = cli_request_json(cli, "POST", target, json_object(), &out);
	json_decref(out);
	return result;
}

int cli_peer_add(struct cli *cli)
{
	char ip[40];
	int port;
	json_t *out;
	if (!cli_address(cli->arguments[0], ip, &port))
		return cli_say(CLI_USAGE, "\"%s\" is not an address and a port, as 192.168.1.20:7766",
		        cli->arguments[0]);
	int result = cli_request_json(
	        cli, "POST", "/api/peers", json_pack("{s:s, s:i}", "ip", ip, "port", port), &out);
	json_decref(out);
	return result;
}

int cli_members(struct cli *cli)
{
	static const struct cli_column columns[] = {{"DEVICE", "device", 16}, {"NAME", "name.lastName", 30},
	        {"ROLE", "role", 0}, {"STATE", "state", 0}, {"MANAGES", "endorsed", 0}, {"SELF", "self", 0},
	        {0}};
	json_t *out;
	int result = cli_request(cli, "GET", "/api/members", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		cli_print_table(json_object_get(out, "members"), columns);
	json_decref(out);
	return result;
}

/* ---- Status ---- */

static void add_met(json_t *peer)
{
	long long met_ms = number(peer, "lastMetMs");
	char when[32] = "never";
	if (met_ms) {
		time_t seconds = (time_t)(met_ms / 1000);
		struct tm parts;
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", localtime_r(&seconds, &parts));
	}
	json_object_set_new(peer, "met", json_string(when));
}

static void print_status(const json_t *status)
{
	static const struct cli_column columns[] = {{"DEVICE", "device", 16}, {"ROLE", "role", 0},
	        {"CONNECTED", "connected", 0}, {"LAST MET", "met", 0}, {"LACKS HERE", "missingHere", 0},
	        {"LACKS THERE", "missingThere", 0}, {"CLOCK MS", "clockSkewMs", 0}, {0}};
	size_t index;
	json_t *item, *peers = json_object_get(status, "peers");
	const json_t *room = json_object_get(status, "database");
	long long entries = 0;
	json_array_foreach(json_object_get(status, "feeds"), index, item) entries += number(item, "entries");
	json_array_foreach(peers, index, item) add_met(item);
	printf("device    %.16s\nteam      %.16s\nrole      %s\npatients  %lld\nentries   %lld in %zu feeds\n"
	       "database  %.1f MB (%s)\n",
	        text(status, "device"), *text(status, "team") ? text(status, "team") : "none",
	        text(status, "role"), number(status, "patients"), entries,
	        json_array_size(json_object_get(status, "feeds")), (double)number(room, "usedBytes") / 1e6,
	        text(room, "room"));
	if (number(status, "port"))
		printf("listens   port %lld\n", number(status, "port"));
	if (json_array_size(peers)) {
		printf("\n");
		cli_print_table(peers, columns);
	}
	if (json_is_true(json_object_get(status, "notAccepted")))
		printf("\nDevices that were reached as colleagues' did not accept this one. If it joined at "
		       "a "
		       "device that was lost or restored since,\nask a colleague for an invitation and run "
		       "\"releve join\" again: what was written here stays, and goes to the others then.\n");
}

int cli_status(struct cli *cli)
{
	json_t *out;
	int result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &out);
	if (!result && !cli_print_json(cli, out))
		print_status(out);
	json_decref(out);
	return result;
}

/* ---- Checks ---- */

int cli_fsck(struct cli *cli)
{
	static const struct cli_column columns[] = {
	        {"FEED", "feed", 16}, {"ENTRY", "entry", 0}, {"WHAT", "code", 0}, {0}};
	json_t *out;
	int result = cli_request(cli, "GET", "/api/fsck", (struct span){NULL, 0}, &out);
	if (result)
		return result;
	if (!cli_print_json(cli, out)) {
		printf("%lld entries, %lld opened, %lld not for this device, %lld bad\n",
		        number(out, "entries"), number(out, "opened"), number(out, "locked"),
		        number(out, "bad"));
		if (number(out, "bad"))
			cli_print_table(json_object_get(out, "faults"), columns);
	}
	result = number(out, "bad") ? CLI_DIFFERS : CLI_OK;
	json_decref(out);
	return result;
}

int cli_dump(struct cli *cli)
{
	bool more = true;
	for (long long after = 0; more;) {
		char target[64];
		size_t index;
		json_t *out, *document;
		snprintf(target, sizeof(target), "/api/dump?after=%lld", after);
		int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
		if (result)
			return result;
		json_array_foreach(json_object_get(out, "documents"), index, document)
		{
			json_dumpf(document, stdout, JSON_COMPACT | JSON_SORT_KEYS);
			putchar('\n');
		}
		after = number(out, "next");
		more = json_is_true(json_object_get(out, "more"));
		json_decref(out);
	}
	return CLI_OK;
}

/* ---- Import ---- */

struct import_sum {
	long long taken, known, bad, line;
};

static void add_piece(struct import_sum *sum, const json_t *out)
{
	size_t index;
	json_t *fault;
	sum->taken += number(out, "taken");
	sum->known += number(out, "known");
	sum->bad += number(out, "bad");
	sum->line = number(out, "nextLine");
	if (json_array_size(json_object_get(out, "faults")))
		cli_progress(NULL);
	json_array_foreach(json_object_get(out, "faults"), index, fault)
	        fprintf(stderr, "line %lld: %s\n", number(fault, "line"), text(fault, "reason"));
}

static int import_piece(struct cli *cli, struct span piece, struct import_sum *sum)
{
	char target[64], line[96];
	json_t *out;
	snprintf(target, sizeof(target), "/api/import?line=%lld", sum->line);
	int result = cli_request(cli, "POST", target, piece, &out);
	if (result)
		return result;
	add_piece(sum, out);
	json_decref(out);
	snprintf(line, sizeof(line), "%lld lines: %lld new, %lld known, %lld bad", sum->line - 1, sum->taken,
	        sum->known, sum->bad);
	cli_progress(line);
	return 0;
}

/* Whole lines of what was read so far; all of it at the end of the file. */
static size_t whole_lines(const struct buf *buffer, bool is_end)
{
	size_t size = buffer->size;
	while (!is_end && size && buffer->data[size - 1] != '\n')
		size--;
	return size;
}

static int import_file(struct cli *cli, FILE *file, struct import_sum *sum)
{
	enum { PIECE_BYTES = 1024 * 1024 };
	struct buf buffer = {0};
	int result = 0;
	for (bool is_end = false; !result && !is_end;) {
		buf_reserve(&buffer, PIECE_BYTES);
		size_t got = fread(buffer.data + buffer.size, 1, PIECE_BYTES, file);
		buffer.size += got;
		is_end = got < PIECE_BYTES;
		size_t size = whole_lines(&buffer, is_end);
		if (!size && buffer.size > LIMIT_API_BYTES - PIECE_BYTES)
			result = cli_say(
			        CLI_INVALID, "line %lld is longer than any line of an import", sum->line);
		else if (size)
			result = import_piece(cli, span_of(buffer.data, size), sum);
		buf_drop_front(&buffer, size);
	}
	if (!result && ferror(file))
		result = cli_say(CLI_ERROR, "the file could not be read to its end");
	buf_wipe(&buffer);
	return result;
}

int cli_import(struct cli *cli)
{
	struct import_sum sum = {.line = 1};
	FILE *file = strcmp(cli->arguments[0], "-") == 0 ? stdin : fopen(cli->arguments[0], "re");
	if (!file)
		return cli_say(CLI_NOT_FOUND, "%s cannot be read", cli->arguments[0]);
	int result = import_file(cli, file, &sum);
	if (file != stdin)
		fclose(file);
	if (result)
		return result;
	cli_progress(NULL);
	if (cli->json)
		printf("{\"taken\": %lld, \"known\": %lld, \"bad\": %lld}\n", sum.taken, sum.known, sum.bad);
	else
		printf("%lld records imported, %lld were here before, %lld bad lines\n", sum.taken, sum.known,
		        sum.bad);
	return sum.bad ? CLI_INVALID : CLI_OK;
}
