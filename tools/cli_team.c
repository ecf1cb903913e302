/* Team, invitations, members, status, checks. */
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/api_check.h"
#include "node/node_check.h"
#include "node/schema/moment.h"
#include "node/uv_env.h"
#include "node/uv_shell.h"
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

/* A day as the moment at which it begins here, or ends; anything else as it is, for the interface to judge. */
static json_t *day_bound(const char *text, bool at_end)
{
	int64_t days;
	char moment[MOMENT_TEXT_BYTES];
	if (!moment_day_parse(span_text(text), &days))
		return json_string(text);
	struct tm parts = {.tm_year = 70, .tm_mday = (int)(1 + days + at_end), .tm_isdst = -1};
	time_t seconds = mktime(&parts);
	moment_text(moment, (struct moment){(int64_t)seconds, (int32_t)(parts.tm_gmtoff / 60)});
	return json_string(moment);
}

int cli_invite(struct cli *cli)
{
	json_t *out, *body = json_object();
	const char *from = cli_option(cli, "from"), *until = cli_option(cli, "until");
	const char *role = cli_option(cli, "role"), *hours = cli_option(cli, "hours");
	unsigned long count;
	if (hours && !cli_number(hours, &count)) {
		json_decref(body);
		return cli_say(CLI_USAGE, "--hours takes a number, as 24");
	}
	if (role)
		json_object_set_new(body, "role", json_string(role));
	if (cli_option(cli, "person"))
		json_object_set_new(body, "person", json_string(cli_option(cli, "person")));
	if (hours)
		json_object_set_new(body, "hours", json_integer((json_int_t)count));
	if (from)
		json_object_set_new(body, "from", day_bound(from, false));
	if (until)
		json_object_set_new(body, "until", day_bound(until, true));
	int result = cli_request_json(cli, "POST", "/api/invitations", body, &out);
	if (!result && !cli_print_json(cli, out)) {
		if (!cli_option(cli, "no-qr") && isatty(STDOUT_FILENO))
			cli_print_qr(text(out, "qr"));
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

/* In the name of somebody who is in the team already, and not by her own invitation. */
static bool tell_pending(const json_t *status)
{
	if (strcmp(text(status, "state"), "pending") != 0)
		return false;
	cli_progress(NULL);
	printf("This device waits: a colleague, other than the one who let it in, has to say that it is "
	       "yours: releve "
	       "endorse %.12s. The records come at the next meeting after that.\n",
	        text(status, "device"));
	return true;
}

/* The colleague's records come; until all are here, or the colleague is gone. */
static int follow_join(struct cli *cli)
{
	enum { STEP_MS = 200, QUIET_STEPS_MAX = 150 };
	unsigned quiet = 0;
	json_t *status;
	for (long long last = -1;;) {
		bool level;
		char line[160];
		int result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &status);
		if (result)
			return result;
		long long left = missing(status, &level), patients = number(status, "patients");
		bool full = json_is_true(json_object_get(json_object_get(status, "database"), "diskFull"));
		bool waits = tell_pending(status);
		/* The entry that admits it may come after the colleague's first word that nothing is missing. */
		bool admitted = *text(status, "state") != '\0';
		cli_copy_line(line, sizeof(line), left, patients, json_object_get(status, "copy"));
		json_decref(status);
		if (waits)
			return CLI_OK;
		if (full)
			return cli_say(CLI_FULL,
			        "you are in the team; there is no room left on the disk, and the records "
			        "come once there is");
		if (admitted && level && left == 0) {
			cli_wait(cli, STEP_MS); /* the receipt still leaves */
			cli_progress(NULL);
			printf("All records are here: %lld patients.\n", patients);
			return CLI_OK;
		}
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

int cli_withdraw(struct cli *cli)
{
	char invitation[256];
	json_t *out;
	const bool all = cli_option(cli, "all") != NULL;
	if (!all && read_invitation(cli, invitation))
		return CLI_USAGE;
	json_t *body = all ? json_pack("{s:b}", "all", 1) : json_pack("{s:s}", "invitation", invitation);
	int result = cli_request_json(cli, "POST", "/api/invitations/withdraw", body, &out);
	mem_wipe(invitation, sizeof(invitation));
	if (!result && !cli_print_json(cli, out))
		puts(all ? "They are withdrawn." : "Nobody can use this invitation any more.");
	json_decref(out);
	return result;
}

int cli_join(struct cli *cli)
{
	char invitation[256], ip[CLI_IP_BYTES];
	int port;
	json_t *out;
	const bool by_file = cli_option(cli, "bundle") != NULL;
	if (by_file == (cli->argument_count == 2))
		return cli_say(CLI_USAGE,
		        "where does a colleague's device listen (IP:PORT)? or, without a network, where "
		        "is the team's file (--bundle)?");
	if (!by_file && (!cli_address(cli->arguments[1], ip, &port) || port == 0))
		return cli_say(CLI_USAGE, "\"%s\" is not an address and a port, as 192.168.1.20:7766",
		        cli->arguments[1]);
	int result = read_invitation(cli, invitation);
	if (result)
		return result;
	if (by_file) {
		result = cli_join_by_file(cli, invitation);
		mem_wipe(invitation, sizeof(invitation));
		return result;
	}
	result = cli_request_json(cli, "POST", "/api/join",
	        json_pack("{s:s, s:s, s:s, s:i, s:s*}", "invitation", invitation, "name", cli->arguments[0],
	                "ip", ip, "port", port, "person", cli_option(cli, "person")),
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
	char target[128], *device = cli_escaped(cli->arguments[0]);
	json_t *out;
	snprintf(target, sizeof(target), "/api/members/%.64s/endorse", device);
	mem_free(device);
	int result = cli_request_json(cli, "POST", target, json_object(), &out);
	if (!result && !cli_print_json(cli, out))
		printf("This device's signature is given: see releve members.\n");
	json_decref(out);
	return result;
}

/* ---- Status ---- */

static void add_met(json_t *peer, bool is_restored)
{
	const char *met = text(peer, "met");
	json_object_set_new(peer, "met",
	        *met                  ? json_sprintf("%.10s %.5s", met, met + 11)
	                : is_restored ? json_string("not since restored")
	                              : json_string("never"));
}

/* What came of databases that were put back from a copy. */
static void print_histories(const json_t *status)
{
	size_t index;
	json_t *feed;
	if (number(status, "restored"))
		printf("restored  %lld time(s) from an older copy; what was written since goes under a new "
		       "number, "
		       "and nothing was replaced\n",
		        number(status, "restored"));
	json_array_foreach(json_object_get(status, "feeds"), index, feed)
	{
		if (number(feed, "forkedAt"))
			printf("parted    device %.16s wrote twice from entry %lld of its %s feed on (a copy "
			       "of its "
			       "database was used);\n          everything stays, and comes to every "
			       "device; values that both wrote stand side by side\n",
			        text(feed, "device"), number(feed, "forkedAt"), text(feed, "compartment"));
		if (json_is_true(json_object_get(feed, "branch")))
			printf("          of one of these histories, from entry %lld on, %lld entries are "
			       "here\n",
			        number(feed, "from"), number(feed, "entries"));
	}
}

/* Of a feed that is here as one history, or not at all. */
static bool is_told(const json_t *status, const json_t *fork)
{
	size_t index;
	const json_t *feed;
	json_array_foreach(json_object_get(status, "feeds"), index, feed)
	{
		if (strcmp(text(feed, "device"), text(fork, "device")) == 0 &&
		        strcmp(text(feed, "compartment"), text(fork, "compartment")) == 0 &&
		        number(feed, "forkedAt") == number(fork, "from"))
			return true;
	}
	return false;
}

static void print_forks(const json_t *status)
{
	size_t index;
	const json_t *notice;
	json_array_foreach(json_object_get(status, "notices"), index, notice)
	{
		if (strcmp(text(notice, "what"), "fork") == 0 && !is_told(status, notice))
			printf("parted    %s\n", cli_words(notice));
	}
}

static void print_status(const json_t *status)
{
	const json_t *failed = json_object_get(status, "failed");
	if (failed) {
		printf("This team was stopped: its database could not be opened again while the program ran "
		       "(%s: %s). "
		       "What was saved is on the disk. Other teams of this program go on.\n"
		       "To try again: releve --team NAME unlock; what is damaged: releve stop, releve "
		       "fsck.\n",
		        json_string_value(json_object_get(failed, "code")),
		        json_string_value(json_object_get(failed, "message")));
		return;
	}
	if (json_is_true(json_object_get(status, "locked"))) {
		printf("%s\n",
		        json_is_true(json_object_get(status, "absent"))
		                ? "There is no device here yet: its page makes it, or releve init."
		                : "This device is locked: nothing is read, received or sent until releve "
		                  "unlock.");
		return;
	}
	static const struct cli_column columns[] = {{"DEVICE", "device", 16}, {"WHO", "who", 20},
	        {"ROLE", "role", 0}, {"CONNECTED", "connected", 0}, {"LAST MET", "met", 0},
	        {"HEARD OF", "heardOf", 44}, {"LACKS HERE", "missingHere", 0},
	        {"LACKS THERE", "missingThere", 0}, {"CLOCK MS", "clockSkewMs", 0}, {0}};
	size_t index;
	json_t *item, *peers = json_object_get(status, "peers");
	const json_t *room = json_object_get(status, "database");
	long long entries = 0;
	json_array_foreach(json_object_get(status, "feeds"), index, item) entries += number(item, "entries");
	json_array_foreach(peers, index, item)
	{
		add_met(item, number(status, "restored") > 0);
		cli_put_heard(item);
	}
	const char *may = cli_words(json_object_get(status, "rights"));
	printf("device    %.16s\nteam      %.16s\nrole      %s%s%s\npatients  %lld\nentries   %lld in %zu "
	       "feeds\n"
	       "database  %.1f MB (%s)\n",
	        text(status, "device"), *text(status, "team") ? text(status, "team") : "none",
	        text(status, "role"), *may ? ": " : "", may, number(status, "patients"), entries,
	        json_array_size(json_object_get(status, "feeds")), (double)number(room, "usedBytes") / 1e6,
	        text(room, "room"));
	cli_print_quota(status);
	if (json_is_true(json_object_get(room, "diskFull")))
		printf("          there is no room left on the disk: new records are refused until there "
		       "is\n");
	else if (strcmp(text(room, "room"), "ok") != 0)
		printf("          %lld %% of its room is used; at 70 %% it takes no new records\n",
		        number(room, "usedBytes") * 100 / number(room, "mapBytes"));
	if (json_object_get(status, "erasureWaitsFor")) {
		printf("erasing   records are gone, and what the file freed is not yet");
		cli_print_file_wait(json_object_get(status, "erasureWaitsFor"));
		putchar('\n');
	}
	if (json_is_true(json_object_get(status, "stopped")))
		printf("stopped   the database cannot be read any more, nothing is saved or taken: releve "
		       "stop, releve "
		       "fsck\n");
	print_histories(status);
	print_forks(status);
	if (number(status, "port"))
		printf("listens   port %lld\n", number(status, "port"));
	if (json_array_size(peers)) {
		printf("\n");
		cli_print_table(peers, columns);
	}
	if (json_is_object(json_object_get(status, "checkpoint")))
		printf("\n%s\n", cli_words(json_object_get(status, "checkpoint")));
	cli_print_age(status);
	cli_print_running(json_object_get(status, "visit"));
	cli_print_only_here(status);
	cli_print_held_back(peers);
	cli_print_full(peers);
	cli_print_photos(json_object_get(status, "photos"));
	cli_print_copy(json_object_get(status, "copy"));
	cli_print_standing(status);
	cli_print_refused(status);
	if (json_is_true(json_object_get(status, "notAccepted")))
		printf("\nDevices that were reached as colleagues' did not accept this one. Either it joined "
		       "at "
		       "a device that was lost or restored since,\nor was removed from the team. Ask a "
		       "colleague: "
		       "with an invitation \"releve join\" brings it back in, and \"releve bundle export\" "
		       "writes\nwhat "
		       "only this device has into a file for them. Everything that was written here stays "
		       "here.\n");
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

/* Where the pieces of a check come from: the running program, or the database in this process, whose node need not open for that. */
struct check_source {
	struct cli *cli;
	bool is_local;
	struct uv_database database;
	struct api_check *check;
	long long number;
};

static int open_check(struct check_source *source)
{
	struct buf passphrase = {0};
	struct uv_database_problem problem = {{0}};
	source->is_local = !cli_runs(source->cli);
	if (!source->is_local)
		return 0;
	int result = cli_passphrase(source->cli, false, &passphrase);
	if (result)
		return result;
	result = uv_database_open(source->cli->directory, buf_span(&passphrase), &source->database, &problem);
	buf_wipe(&passphrase);
	if (result)
		return cli_say(cli_exit_of(result), "%s", problem.sentence);
	result = api_check_new(source->database.store, source->database.vault, uv_env(), 1, &source->check);
	return result ? cli_say(cli_exit_of(result), "%s", err_sentence(result)) : 0;
}

static void close_check(struct check_source *source)
{
	api_check_free(source->check);
	if (source->database.store)
		uv_database_close(&source->database);
	*source = (struct check_source){.cli = source->cli};
}

static int next_piece(struct check_source *source, json_t **out)
{
	if (source->is_local) {
		int result = api_check_piece(source->check, out);
		return result ? cli_say(cli_exit_of(result), "%s", err_sentence(result)) : 0;
	}
	json_t *body = json_object();
	if (source->number)
		json_object_set_new(body, "check", json_integer(source->number));
	int result = cli_request_json(source->cli, "POST", "/api/fsck", body, out);
	source->number = number(*out, "check");
	return result;
}

/* "entries 3 to 7", "month 670": never what is in it. */
static void add_place(json_t *fault)
{
	char place[64] = "";
	long long first = number(fault, "first"), last = number(fault, "last");
	if (first && first == last)
		snprintf(place, sizeof(place), "entry %lld", first);
	else if (first)
		snprintf(place, sizeof(place), "entries %lld to %lld", first, last);
	else if (*text(fault, "row"))
		snprintf(place, sizeof(place), "row %s", text(fault, "row"));
	json_object_set_new(fault, "place", json_string(place));
}

static void print_check(json_t *all)
{
	static const struct cli_column columns[] = {{"TABLE", "table", 0}, {"FEED", "feed", 8},
	        {"WHERE", "place", 0}, {"WHAT", "message", 0}, {0}};
	static const char *const deriveds[][2] = {
	        {"none", "documents are about to be built again from the log, and were not compared"},
	        {"unreplayed", "the log cannot be replayed, so documents were not compared"}};
	size_t index;
	json_t *fault, *faults = json_object_get(all, "faults");
	printf("%lld rows opened, %lld entries and %lld signatures verified, %lld documents and %lld months "
	       "compared, %lld bad\n",
	        number(all, "rows"), number(all, "entries"), number(all, "signatures"),
	        number(all, "documents"), number(all, "months"), number(all, "bad"));
	for (size_t i = 0; i < sizeof(deriveds) / sizeof(*deriveds); i++)
		if (strcmp(text(all, "derived"), deriveds[i][0]) == 0)
			printf("%s\n", deriveds[i][1]);
	if (!json_array_size(faults))
		return;
	json_array_foreach(faults, index, fault) add_place(fault);
	cli_print_table(faults, columns);
	if (number(all, "bad") > (long long)json_array_size(faults))
		printf("... and %lld more\n", number(all, "bad") - (long long)json_array_size(faults));
}

static void show_progress(const json_t *piece)
{
	char line[96];
	long long done = number(piece, "entries"), expected = number(piece, "entriesExpected");
	snprintf(line, sizeof(line), "%lld rows, %lld of about %lld entries", number(piece, "rows"), done,
	        expected > done ? expected : done);
	cli_progress(line);
}

static const char BEYOND_MENDING[] = "the log itself is damaged: put the database back from a copy, or join "
                                     "the team again with a new device; "
                                     "colleagues' devices hold what was sent to them";

/* Documents and indexes again from the log, which is whole. */
static int rebuild(struct check_source *source)
{
	json_t *status;
	struct cli *cli = source->cli;
	if (!source->is_local)
		return cli_say(CLI_CONFLICT, "stop the running program first: releve stop");
	struct store *rows = node_check_without_derived(source->database.store);
	api_check_free(source->check);
	source->check = NULL;
	int result = uv_database_replace(cli->directory, &source->database, rows);
	store_close(rows);
	if (result == ERR_CORRUPT)
		return cli_say(CLI_DIFFERS, "%s", BEYOND_MENDING);
	if (result)
		return cli_say(cli_exit_of(result), "%s", err_sentence(result));
	close_check(source);
	result = cli_request(cli, "GET", "/api/status", (struct span){NULL, 0}, &status); /* opens it */
	json_decref(status);
	if (!result)
		fprintf(stderr, "Documents and indexes were built again from the log.\n");
	return result;
}

/* What --rebuild can mend: documents and indexes are damaged, and all that they are made from is not. */
static bool is_mendable(const json_t *faults)
{
	size_t index;
	json_t *fault;
	json_array_foreach((json_t *)(uintptr_t)faults, index, fault)
	{
		const char *table = text(fault, "table");
		if (strcmp(table, "doc") != 0 && strcmp(table, "index") != 0)
			return false;
	}
	return json_array_size(faults) > 0;
}

static int mend(struct check_source *source, const json_t *faults)
{
	if (!is_mendable(faults))
		return cli_say(CLI_DIFFERS, "%s", BEYOND_MENDING);
	if (cli_option(source->cli, "rebuild"))
		return rebuild(source);
	return cli_say(
	        CLI_DIFFERS, "nothing that was saved is lost: releve fsck --rebuild makes these again");
}

static int run_check(struct cli *cli)
{
	struct check_source source = {.cli = cli};
	json_t *piece = NULL, *faults = json_array();
	int result = open_check(&source);
	while (!result && !json_is_true(json_object_get(piece, "done"))) {
		json_decref(piece);
		result = next_piece(&source, &piece);
		json_array_extend(faults, json_object_get(piece, "faults"));
		if (!result)
			show_progress(piece);
	}
	cli_progress(NULL);
	if (!result) {
		json_object_del(piece, "check");
		json_object_set(piece, "faults", faults);
		if (!cli_print_json(cli, piece))
			print_check(piece);
		result = number(piece, "bad") ? CLI_DIFFERS : CLI_OK;
	}
	if (result == CLI_DIFFERS)
		result = mend(&source, faults);
	json_decref(piece);
	json_decref(faults);
	close_check(&source);
	return result;
}

/* A page of the database that is damaged may end a process that reads it: the check then is one of its own, and its end is told of. */
int cli_fsck(struct cli *cli)
{
	int status;
	if (cli_runs(cli))
		return run_check(cli);
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		return cli_say(CLI_ERROR, "no process can be started for the check");
	if (child == 0) {
		signal(SIGBUS, SIG_DFL);
		int result = run_check(cli);
		cli_close(cli);
		fflush(stdout);
		_exit(result);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return cli_say(CLI_DIFFERS,
	        "the check met a page of the database that cannot be read at all, and ended: put the "
	        "database "
	        "back from a copy, or join the team again with a new device");
}
