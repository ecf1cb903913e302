/* `releve lock`, `releve unlock`, `releve passphrase`; the image that the running program becomes. */
#include "tools/cli_lock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "node/passphrase.h"
#include "node/uv_database.h"
#include "store/file.h"
#include "tools/cli_http.h"

/* Of the pipe that the token comes through: not by an argument or a variable, which can be read from outside. */
static const char VARIABLE[] = "RELEVE_LOCKED_FD";

/* The socket that the image before left open. 0: that is none, and another one is bound. */
static int listener_of(unsigned long fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);
	if (fd == 0 || fd > INT32_MAX ||
	        getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens)
		return 0;
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return (int)fd;
}

bool cli_resumed(struct cli_resumed *out)
{
	const char *text = getenv(VARIABLE);
	unsigned long fd, listener = 0;
	char line[160] = {0};
	*out = (struct cli_resumed){0};
	if (!text || !cli_number(text, &fd) || fd > INT32_MAX)
		return false;
	unsetenv(VARIABLE);
	ssize_t got = read((int)fd, line, sizeof(line) - 1);
	close((int)fd);
	bool is_whole = got > 0 &&
	        sscanf(line, "%64s %lu %lu %lu", out->token, &out->web_port, &out->peer_port, &listener) ==
	                4 &&
	        strlen(out->token) == HTTP_TOKEN_TEXT_BYTES - 1;
	mem_wipe(line, sizeof(line));
	out->listener = is_whole ? listener_of(listener) : 0;
	return is_whole;
}

/* The read end, with what is to be known in it; -1. */
static int hand_over(const struct cli_resumed *resumed)
{
	char line[160];
	int ends[2];
	if (pipe2(ends, 0) != 0)
		return -1;
	int size = snprintf(line, sizeof(line), "%s %lu %lu %d", resumed->token, resumed->web_port,
	        resumed->peer_port, resumed->listener);
	if (resumed->listener)
		fcntl(resumed->listener, F_SETFD, 0);
	ssize_t written = write(ends[1], line, (size_t)size);
	close(ends[1]);
	mem_wipe(line, sizeof(line));
	return written == size ? ends[0] : -1;
}

/* The words that started this program, as far as it still needs them. */
static void words_of(struct cli *cli, char **out, int max)
{
	int count = 0;
	out[count++] = "releve";
	if (strcmp(cli->command->name, "relay run") == 0)
		out[count++] = "relay";
	out[count++] = "run";
	out[count++] = "--data";
	out[count++] = cli->root;
	for (int i = 0; i < CLI_OPTIONS_MAX && cli->command->options[i].name && count + 2 < max; i++) {
		const struct cli_option *option = &cli->command->options[i];
		struct buf word = {0};
		if (!cli->options[i])
			continue;
		buf_add_span(&word, span_text("--"));
		buf_add_span(&word, span_text(option->name));
		out[count++] = arena_text(&cli->arena, buf_span(&word));
		buf_close(&word);
		if (option->argument)
			out[count++] = (char *)(uintptr_t)cli->options[i];
	}
	out[count] = NULL;
}

void cli_become_locked(struct cli *cli, const struct cli_resumed *resumed)
{
	char *words[5 + 2 * CLI_OPTIONS_MAX + 1], number[16];
	int fd = hand_over(resumed);
	if (fd < 0)
		return;
	snprintf(number, sizeof(number), "%d", fd);
	setenv(VARIABLE, number, 1);
	words_of(cli, words, sizeof(words) / sizeof(*words));
	execv("/proc/self/exe", words);
}

bool cli_duration(const char *text, uint64_t *ms)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);
	uint64_t unit_ms = strcmp(end, "s") == 0 ? 1000 : 60000;
	if (*text < '0' || *text > '9' || (*end && strcmp(end, "s") != 0 && strcmp(end, "m") != 0) ||
	        count > 100000)
		return false;
	*ms = count * unit_ms;
	return true;
}

/* ---- Commands ---- */

/* Asked of the program alone: while it becomes another image it has no socket, and the database must not be opened here for that. */
static bool says_locked(const char *socket_path)
{
	int fd, status = 0;
	struct buf reply = {0};
	if (cli_http_connect(socket_path, &fd))
		return false;
	int result = cli_http_ask(fd, "GET", "/api/status", (struct span){NULL, 0}, &status, &reply);
	json_t *json = result ? NULL : json_loadb((const char *)reply.data, reply.size, 0, NULL);
	bool locked = json_is_true(json_object_get(json, "locked"));
	json_decref(json);
	buf_wipe(&reply);
	return locked;
}

int cli_wait_locked(struct cli *cli)
{
	enum { TRIES = 300, PAUSE_MS = 100 };
	char *path = file_join(cli->root, "socket");
	bool locked = says_locked(path);
	for (int i = 1; i < TRIES && !locked; i++) {
		cli_wait(cli, PAUSE_MS);
		locked = says_locked(path);
	}
	mem_free(path);
	return locked ? 0 : cli_say(CLI_ERROR, "the program did not come back: see its log, or releve run");
}

int cli_lock(struct cli *cli)
{
	json_t *out;
	if (!cli_runs(cli))
		return cli_say(CLI_OFFLINE, "no program runs on %s: no key is in memory", cli->root);
	int result = cli_request_json(cli, "POST", "/api/lock", json_object(), &out);
	if (!result)
		result = cli_wait_locked(cli);
	if (!result && !cli_print_json(cli, out))
		printf("Locked: no key and no record is in memory. Nothing is received or sent until releve "
		       "unlock.\n");
	json_decref(out);
	return result;
}

static void tell_unlocked(const json_t *teams)
{
	size_t index;
	const json_t *team;
	printf("Unlocked.\n");
	json_array_foreach(teams, index, team)
	{
		const char *name = json_string_value(json_object_get(team, "team"));
		if (json_is_true(json_object_get(team, "locked")))
			printf("Still locked, as it has another passphrase or does not open: releve --team "
			       "%s "
			       "unlock\n",
			        name);
	}
}

int cli_unlock(struct cli *cli)
{
	struct buf passphrase = {0};
	json_t *out;
	if (!cli_runs(cli))
		return cli_say(CLI_OFFLINE, "no program runs on %s: releve run", cli->root);
	int result = cli_passphrase(cli, false, &passphrase);
	if (result)
		return result;
	result = cli_request_json(cli, "POST", "/api/unlock",
	        json_pack("{s:s%}", "passphrase", (const char *)passphrase.data, passphrase.size), &out);
	buf_wipe(&passphrase);
	if (!result && !cli_print_json(cli, out))
		tell_unlocked(json_object_get(out, "teams"));
	json_decref(out);
	return result;
}

/* The new one: from its own file, or asked twice. */
static int new_passphrase(const struct cli *cli, struct buf *out)
{
	struct cli other = *cli;
	other.passphrase_file = cli_option(cli, "new");
	return cli_passphrase(&other, true, out);
}

static int change_there(struct cli *cli, struct span old_one, struct span new_one)
{
	json_t *out;
	int result = cli_request_json(cli, "POST", "/api/passphrase",
	        json_pack("{s:s%, s:s%}", "old", (const char *)old_one.data, old_one.size, "new",
	                (const char *)new_one.data, new_one.size),
	        &out);
	json_decref(out);
	return result;
}

static int change_here(struct cli *cli, struct span old_one, struct span new_one)
{
	struct uv_database_problem problem;
	int held = uv_database_hold(cli->directory);
	if (held == ERR_BUSY)
		return cli_say(
		        CLI_CONFLICT, "%s is open in another program. Nothing was changed.", cli->directory);
	int result = uv_database_change_passphrase(cli->directory, old_one, new_one, &problem);
	if (held >= 0)
		close(held);
	return result ? cli_say(cli_exit_of(result), "%s", problem.sentence) : 0;
}

static void tell_changed(const struct cli *cli, struct span new_one)
{
	enum passphrase_strength strength = passphrase_strength(new_one);
	const char *hint = passphrase_hint(strength);
	json_t *out = json_pack("{s:s, s:s?}", "strength", passphrase_strength_name(strength), "hint", hint);
	if (!cli_print_json(cli, out)) {
		printf("This device opens with the new passphrase alone. Backups made before open with the "
		       "one they "
		       "were made under.\n");
		if (hint)
			fprintf(stderr, "%s\n", hint);
	}
	json_decref(out);
}

int cli_change_passphrase(struct cli *cli)
{
	struct buf old_one = {0}, new_one = {0};
	int result = cli_passphrase(cli, false, &old_one);
	if (!result)
		result = new_passphrase(cli, &new_one);
	if (!result)
		result = cli_runs(cli) ? change_there(cli, buf_span(&old_one), buf_span(&new_one))
		                       : change_here(cli, buf_span(&old_one), buf_span(&new_one));
	if (!result)
		tell_changed(cli, buf_span(&new_one));
	buf_wipe(&old_one);
	buf_wipe(&new_one);
	return result;
}
