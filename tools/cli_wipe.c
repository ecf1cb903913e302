/* `releve wipe`, `releve lost`: what exists in one place only. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "node/uv_database.h"
#include "node/uv_wipe.h"
#include "store/file.h"
#include "tools/cli.h"
#include "tools/cli_lock.h"
#include "tools/team_folder.h"

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));
	return value ? value : "";
}

/* ---- Wiping ---- */

static bool has_key(const struct cli *cli)
{
	struct stat file;
	char *path = file_join(cli->directory, "device.key"), *made = file_join(cli->directory, "restored");
	bool found = lstat(path, &file) == 0 || lstat(made, &file) == 0;
	mem_free(path);
	mem_free(made);
	return found;
}

static void tell_count(const json_t *counts)
{
	long long own = number(counts, "unsent"), others = number(counts, "othersOnlyHere");
	const long long photos = number(counts, "photosOnlyHere"), forms = number(counts, "formsOnlyHere");
	if (own)
		printf("%lld entries that this device wrote are on no other device, as far as is known: they "
		       "would "
		       "be lost for ever.\n",
		        own);
	if (others)
		printf("%lld entries that others wrote are on no other device, as far as is known: they "
		       "would be "
		       "lost for ever.\n",
		        others);
	if (photos)
		printf("%lld photos are on no other device, as far as is known: they would be lost for "
		       "ever.\n",
		        photos);
	if (forms)
		printf("%lld forms of surveys wait on this device alone (releve survey write): they would be "
		       "lost for ever.\n",
		        forms);
	if (!own && !others && !photos && !forms)
		printf("Everything that this device has is on another one as well.\n");
}

/* What would be lost, said; without a key nothing can be. */
static int count(struct cli *cli)
{
	json_t *counts;
	if (!has_key(cli)) {
		printf("There is no key file in %s: what else is there cannot be opened, unless you have a "
		       "copy of "
		       "that file.\n",
		        cli->directory);
		return 0;
	}
	if (cli_option(cli, "uncounted")) {
		printf("How many entries are on this device only was not counted: they would be lost for "
		       "ever.\n");
		return 0;
	}
	int result = cli_request(cli, "GET", "/api/wipe", (struct span){NULL, 0}, &counts);
	if (result)
		return cli_say(result,
		        "nothing was wiped. Where the passphrase is forgotten: releve wipe --uncounted");
	tell_count(counts);
	json_decref(counts);
	return 0;
}

static bool is_confirmed(void)
{
	char line[32] = {0};
	printf("Type WIPE to destroy everything of this device: ");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return strcmp(line, "WIPE") == 0;
}

static int wipe_here(struct cli *cli)
{
	cli_close(cli); /* the database, where it was opened to count */
	int held = uv_database_hold(cli->directory);
	if (held == ERR_BUSY)
		return cli_say(
		        CLI_CONFLICT, "%s is open in another program. Nothing was changed.", cli->directory);
	int result = uv_wipe_begin(cli->directory);
	bool is_left = !result && uv_wipe_finish(cli->directory) != 0;
	if (!result && cli->team)
		rmdir(cli->directory); /* but for what is not this program's */
	if (held >= 0)
		close(held);
	if (result)
		return cli_say(cli_exit_of(result),
		        "the key file could not be destroyed: this device may still open with its "
		        "passphrase");
	return is_left ? cli_say(CLI_ERROR, "%s", CLI_WIPE_UNFINISHED) : 0;
}

/* Other teams of the program: it goes on with them, and removes this one's files by itself. */
static bool has_others(const struct cli *cli)
{
	struct team_folder_name names[2];
	uint32_t count = team_folder_list(cli->root, names, 2);
	return cli->team ? team_folder_has_device(cli->root) || count > 1 ||
	                (count == 1 && strcmp(names[0].text, cli->team) != 0)
	                 : count > 0;
}

/* A machine that opens them without anybody does so now. */
static int unlock_others(struct cli *cli)
{
	int result = cli_wait_locked(cli);
	cli->team = NULL;
	if (!result && cli_machine_key(cli))
		return cli_unlock(cli);
	if (!result)
		printf("The other teams of this program are locked now: releve unlock.\n");
	return result;
}

static int wipe_there(struct cli *cli)
{
	const bool goes_on = has_others(cli);
	json_t *out;
	int result = cli_request_json(cli, "POST", "/api/wipe", json_pack("{s:s}", "word", "WIPE"), &out);
	json_decref(out);
	if (result)
		return result;
	if (goes_on)
		return unlock_others(cli);
	uv_database_wait_closed(cli->directory);
	return uv_wipe_finish(cli->directory) ? cli_say(CLI_ERROR, "%s", CLI_WIPE_UNFINISHED) : 0;
}

int cli_wipe(struct cli *cli)
{
	if (!uv_wipe_knows(cli->directory))
		return cli_say(CLI_NOT_FOUND, "there is no device in %s: nothing was wiped", cli->directory);
	bool runs = cli_runs(cli);
	int result = count(cli);
	if (result)
		return result;
	if (!is_confirmed())
		return cli_say(CLI_ERROR, "nothing was wiped");
	result = runs ? wipe_there(cli) : wipe_here(cli);
	if (!result)
		printf("This device is wiped. The team still counts it as a member until it is removed; "
		       "backups that "
		       "were made of it still open.\n");
	return result;
}

/* ---- A device that was lost ---- */

int cli_lost(struct cli *cli)
{
	static const struct cli_column columns[] = {{"compartment", "compartment", 0},
	        {"entries here", "entries", 0}, {"last one", "last", 0}, {"also on devices", "onOthers", 0},
	        {"known to be missing", "knownBeyond", 0}, {0}};
	char target[128], *device = cli_escaped(cli->arguments[0]);
	json_t *out;
	snprintf(target, sizeof(target), "/api/members/%.64s/held", device);
	mem_free(device);
	int result = cli_request(cli, "GET", target, (struct span){NULL, 0}, &out);
	if (result || cli_print_json(cli, out)) {
		json_decref(out);
		return result;
	}
	printf("Device %.16s (%s): what it wrote and is here\n", text(out, "device"), text(out, "state"));
	cli_print_table(json_object_get(out, "feeds"), columns);
	if (json_is_true(json_object_get(out, "self")))
		printf("This is the device you are at.\n");
	else if (number(out, "knownBeyond"))
		printf("It said that it had %lld more entries of its own: no device that this one met has "
		       "shown them. "
		       "They are on another colleague's device, or were there only.\n",
		        number(out, "knownBeyond"));
	else
		printf("As far as is known here, nothing that it sent is missing.\n");
	if (!json_is_true(json_object_get(out, "self")) && number(out, "photosOnlyThere"))
		printf("%lld photos were on that device only, as far as is known: their records and small "
		       "pictures are here.\n",
		        number(out, "photosOnlyThere"));
	printf("What it wrote after these moments and sent to nobody existed there only; nobody can tell how "
	       "much "
	       "that is.\n");
	json_decref(out);
	return 0;
}
