/* `releve init`, `releve run`, `releve stop`. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/limits.h"
#include "node/passphrase.h"
#include "node/uv_env.h"
#include "node/uv_http.h"
#include "node/uv_wipe.h"
#include "node/web_pages.h"
#include "store/file.h"
#include "tools/cli.h"
#include "tools/cli_lock.h"
#include "tools/uv_local.h"

/* Every missing directory on the way to it. */
static int make_path(const char *path)
{
	char *copy = mem_text(span_text(path));
	int result = 0;
	for (char *c = copy + 1; !result && *c; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		result = file_make_directory(copy);
		*c = '/';
	}
	mem_free(copy);
	return result;
}

int cli_make_directory(const struct cli *cli)
{
	int result = make_path(cli->directory);
	if (!result)
		result = file_make_directory(cli->directory);
	return result ? cli_say(cli_exit_of(result), "the directory %s cannot be made", cli->directory) : 0;
}

static bool is_there(const char *directory, const char *name)
{
	struct stat info;
	char *path = file_join(directory, name);
	bool found = stat(path, &info) == 0;
	mem_free(path);
	return found;
}

int cli_init(struct cli *cli)
{
	struct buf passphrase = {0};
	struct uv_database_problem problem = {{0}};
	const char *port_text = cli_option(cli, "port");
	unsigned long port = 0;
	if (port_text && (!cli->team || !cli_number(port_text, &port) || port == 0 || port > UINT16_MAX))
		return cli_say(CLI_USAGE,
		        "--port takes a port, as 7767, and --team NAME; for the first team: releve run "
		        "--listen");
	int result = make_path(cli->directory);
	if (result)
		return cli_say(cli_exit_of(result), "the directory %s cannot be made", cli->directory);
	if (is_there(cli->directory, "device.key"))
		return cli_say(CLI_CONFLICT, "There is a device in %s already. Nothing was changed.",
		        cli->directory);
	if (is_there(cli->directory, "db/data.mdb"))
		return cli_say(CLI_CONFLICT,
		        "There is a database in %s already: put the key file that belongs to it back from a "
		        "copy. Nothing was changed.",
		        cli->directory);
	result = cli_passphrase(cli, true, &passphrase);
	if (result)
		return result;
	bool is_relay = strcmp(cli->command->name, "relay init") == 0;
	result = uv_shell_init(cli->directory, buf_span(&passphrase),
	        is_relay || cli_option(cli, "cheap-key") ? KEYFILE_COST_TEST : KEYFILE_COST_DEFAULT,
	        &problem);
	const char *hint = is_relay ? NULL : passphrase_hint(passphrase_strength(buf_span(&passphrase)));
	if (!result && port)
		result = team_folder_set_port(cli->directory, (uint16_t)port);
	int told = result ? 0 : cli_tell_new_device(cli, buf_span(&passphrase));
	buf_wipe(&passphrase);
	if (result)
		return cli_say(cli_exit_of(result), "%s", problem.sentence);
	if (told)
		return told;
	json_t *out = json_pack("{s:s}", "data", cli->directory);
	if (!cli_print_json(cli, out))
		printf("This device is ready in %s.\nNext: %s\n", cli->directory,
		        is_relay ? "releve relay run, and releve relay offer TEAM"
		                 : "releve team create NAME, or releve join NAME IP:PORT");
	if (hint && !cli->json)
		fprintf(stderr, "%s\n", hint);
	json_decref(out);
	return CLI_OK;
}

/* ---- Running ---- */

enum { IDLE_STEP_MS = 1000 };

struct running {
	struct uv_local local;
	struct uv_http *web, *socket;
	uv_signal_t term, interrupt;
	char *socket_path, *url_path;
	uv_timer_t idle;
	struct cli_resumed resumed; /* the token; the ports, once they are bound */
	uint64_t lock_after_ms; /* 0: never */
	bool any_port; /* port 0 was asked for */
	bool no_beacon;
	uint64_t looked_ms; /* whether it is due, the last time */
	bool was_locked; /* this image began locked, after another one */
	bool starts_locked; /* as its user asked */
	char *wiped; /* a team's directory, whose key is gone already */
	bool ending, locking;
};

static void end(struct running *running)
{
	if (running->ending)
		return;
	running->ending = true;
	journal_write(&running->local.teams[0]->journal, JOURNAL_INFO, "program.ending", NULL);
	if ((running->locking || running->wiped) && running->web) {
		int listener = uv_http_take_listener(running->web);
		running->resumed.listener = listener > 0 ? listener : 0;
	}
	uv_http_close(running->web);
	uv_http_close(running->socket);
	uv_close((uv_handle_t *)&running->term, NULL);
	uv_close((uv_handle_t *)&running->interrupt, NULL);
	uv_close((uv_handle_t *)&running->idle, NULL);
	uv_stop(&running->local.loop);
}

static void on_signal(uv_signal_t *signal, int number)
{
	(void)number;
	end(signal->data);
}

/* From within a request: the loop's next turn ends, so that the answer leaves first. */
static void on_stop(void *context)
{
	(void)context;
	raise(SIGTERM);
}

/* Likewise; `serve` goes on to what follows. */
static void on_lock(void *context)
{
	struct running *running = context;
	running->locking = true;
	raise(SIGTERM);
}

static void on_wipe(void *context, const struct uv_team *team)
{
	struct running *running = context;
	if (!running->wiped)
		running->wiped = mem_text(span_text(team->directory));
	raise(SIGTERM);
}

/* Nobody asked for so long; or the machine slept for so long, and a page that woke with it asked already. */
static bool lock_is_due(const struct running *running, uint64_t after_ms, uint64_t asked_ms, uint64_t now_ms)
{
	return after_ms &&
	        (now_ms - asked_ms >= after_ms || now_ms - running->looked_ms >= after_ms + IDLE_STEP_MS);
}

static void on_idle(uv_timer_t *timer)
{
	struct running *running = timer->data;
	const struct uv_local *local = &running->local;
	const uint64_t now_ms = env_monotonic_ms(uv_env());
	uint64_t asked_ms = 0, after_ms = running->lock_after_ms;
	bool is_open = false;
	for (uint32_t i = 0; i < local->team_count; i++) {
		const struct api_node *app = &local->teams[i]->app;
		is_open |= !app->locked;
		if (!app->locked && app->asked_ms > asked_ms)
			asked_ms = app->asked_ms;
		if (!app->locked)
			after_ms = api_lock_after_ms(app, after_ms);
	}
	if (is_open && !running->locking && lock_is_due(running, after_ms, asked_ms, now_ms))
		on_lock(running);
	running->looked_ms = now_ms;
}

/* Where nobody said a port: the same at each start, so that colleagues who remember this device's address find it again, and the same on
 * every device, so that it tells nothing of whose it is. Another program, or another device on this machine, may have it: then any. */
static int listen_somewhere(
        struct running *running, struct uv_team *team, struct net_address *local, struct net_address *bound)
{
	bool beacons = !running->no_beacon, any_port = running->any_port || team != running->local.teams[0];
	int result;
	if (local->port)
		return uv_shell_listen(team->shell, local, beacons, bound);
	local->port = any_port ? 0 : UV_SHELL_PORT;
	result = uv_shell_listen(team->shell, local, beacons, bound);
	if (result != ERR_NETWORK || any_port)
		return result;
	local->port = 0;
	return uv_shell_listen(team->shell, local, beacons, bound);
}

/* The first team where --listen says; another one at the same address, and the port that its file names or that it was given the first time. */
static int listen_peers(struct cli *cli, struct running *running, struct uv_team *team)
{
	const char *text = cli_option(cli, "listen"), *last = text ? strrchr(text, ',') : NULL;
	char ip[CLI_IP_BYTES] = "0.0.0.0";
	int port = 0;
	struct net_address local, bound, everywhere = net_address_v4(0, 0, 0, 0, 0);
	const bool is_main = team == running->local.teams[0];
	if (text && !cli_address(last ? last + 1 : text, ip, &port)) /* given again: the last one counts */
		return cli_say(CLI_USAGE, "--listen takes an address and a port, as 0.0.0.0:7766");
	if (!net_address_parse_v4(ip, &local))
		return cli_say(CLI_USAGE, "--listen takes an IPv4 address and a port, as 0.0.0.0:7766");
	if (net_address_same_ip(&local, &everywhere))
		local = (struct net_address){.ip = {0}}; /* in both families */
	const uint16_t kept = is_main ? (uint16_t)running->resumed.peer_port
	                              : team_folder_port(team->directory);
	local.port = kept || !is_main ? kept : (uint16_t)port;
	running->any_port = text != NULL;
	running->no_beacon = cli_option(cli, "no-beacon");
	int result = listen_somewhere(running, team, &local, &bound);
	if (is_main)
		running->resumed.peer_port = result ? 0 : bound.port;
	else if (!result && !kept)
		result = team_folder_set_port(team->directory, bound.port);
	return result ? cli_say(cli_exit_of(result),
	                        "this machine cannot listen at %s:%d: the port is taken, or the address is "
	                        "not its own",
	                        ip, (int)local.port)
	              : 0;
}

static void make_token(char out[HTTP_TOKEN_TEXT_BYTES])
{
	uint8_t random[HTTP_TOKEN_BYTES];
	randombytes_buf(random, sizeof(random));
	ids_hex(out, random, sizeof(random));
}

static int open_interfaces(struct cli *cli, struct running *running)
{
	const char *port = cli_option(cli, "web");
	char metrics_token[HTTP_TOKEN_TEXT_BYTES];
	unsigned long number = 0;
	if (port && (!cli_number(port, &number) || number > 65535))
		return cli_say(CLI_USAGE, "--web takes a port, as 7765");
	if (running->was_locked)
		number = running->resumed.web_port;
	else
		make_token(running->resumed.token);
	struct uv_http_config config = {.api = uv_local_api(&running->local),
	        .port = (uint16_t)number,
	        .listener = running->resumed.listener,
	        .token = running->resumed.token,
	        .pages = web_pages,
	        .page_count = web_page_count};
	int result = cli_option(cli, "metrics") ? cli_metrics_token(cli, metrics_token) : 0;
	if (result)
		return result;
	if (cli_option(cli, "metrics"))
		config.text = (struct uv_http_text){"/metrics", "/api/metrics", "page",
		        "text/plain; version=0.0.4; charset=utf-8", metrics_token};
	result = uv_http_new(&running->local.loop, &config, &running->web);
	sodium_memzero(metrics_token, sizeof(metrics_token));
	running->resumed.listener = 0; /* taken */
	if (result)
		return cli_say(cli_exit_of(result), "port %lu of 127.0.0.1 is taken", number);
	running->resumed.web_port = uv_http_port(running->web);
	running->socket_path = file_join(cli->root, "socket");
	config = (struct uv_http_config){
	        .api = uv_local_api(&running->local), .unix_path = running->socket_path};
	result = uv_http_new(&running->local.loop, &config, &running->socket);
	if (result == ERR_TOOBIG)
		return cli_say(CLI_INVALID,
		        "the path of %s is longer than the 107 bytes that a socket may have",
		        running->socket_path);
	return result ? cli_say(cli_exit_of(result), "the socket %s cannot be made", running->socket_path)
	              : 0;
}

static int save_url(struct cli *cli, struct running *running, char url[160])
{
	snprintf(url, 160, "http://127.0.0.1:%u/#%s\n", (unsigned)uv_http_port(running->web),
	        running->resumed.token);
	running->url_path = file_join(cli->root, "web.url");
	int result = file_replace(running->url_path, span_text(url));
	return result ? cli_say(cli_exit_of(result), "%s cannot be written", running->url_path) : 0;
}

/* " teams=nord:40111,sud:0": those beside the first one; 0: locked. */
static void print_teams(const struct uv_local *local)
{
	for (uint32_t i = 1; i < local->team_count; i++)
		printf("%s%s:%u", i == 1 ? " teams=" : ",", local->teams[i]->name,
		        (unsigned)local->teams[i]->app.listening.port);
	putchar('\n');
}

/* One line for people and for scripts; the token stands behind "#", which browsers do not send. An image that began locked was told of
 * before. */
static int tell_ready(struct cli *cli, struct running *running)
{
	char url[160];
	int result = save_url(cli, running, url);
	if (!result && !running->was_locked) {
		/* To somebody who looks: in a file, or behind a pipe, it would stay where others may read it. */
		int shown = isatty(STDOUT_FILENO) ? (int)strlen(url) - 1 : (int)strcspn(url, "#");
		printf("ready port=%lu web=%.*s", running->resumed.peer_port, shown, url);
		print_teams(&running->local);
		fflush(stdout);
	}
	sodium_memzero(url, sizeof(url));
	return result;
}

static int add_peer(struct running *running, const char *text)
{
	char ip[CLI_IP_BYTES];
	int port;
	struct net_address address;
	if (!cli_address(text, ip, &port) || port == 0 || !net_address_parse(ip, &address) ||
	        !net_address_is_of_one(&address))
		return cli_say(CLI_USAGE,
		        "--peer takes an address and a port, as 192.168.1.20:7766 or [2001:db8::20]:7766");
	address.port = (uint16_t)port;
	meetings_typed(uv_shell_meetings(running->local.teams[0]->shell), &address);
	return 0;
}

/* "A,B,C" */
static int add_peers(struct cli *cli, struct running *running)
{
	const char *at = cli_option(cli, "peer");
	int result = 0;
	while (!result && at && *at) {
		char one[64];
		size_t size = strcspn(at, ",");
		snprintf(one, sizeof(one), "%.*s", (int)size, at);
		result = add_peer(running, one);
		at += size;
		at += *at == ',';
	}
	return result;
}

static int set_key_age(const struct cli *cli, struct uv_team *team)
{
	enum { DAYS_MAX = 3650 };
	const char *text = cli_option(cli, "rotate-days");
	unsigned long days = UV_SHELL_KEY_DAYS;
	if (text && (!cli_number(text, &days) || days > DAYS_MAX))
		return cli_say(CLI_USAGE, "--rotate-days takes a number of days, at most 3650");
	uv_shell_renew_keys_after(team->shell, (unsigned)days);
	return 0;
}

static void watch(struct running *running)
{
	uv_signal_init(&running->local.loop, &running->term);
	uv_signal_init(&running->local.loop, &running->interrupt);
	uv_timer_init(&running->local.loop, &running->idle);
	running->looked_ms = env_monotonic_ms(uv_env());
	running->term.data = running->interrupt.data = running->idle.data = running;
	uv_signal_start(&running->term, on_signal, SIGTERM);
	uv_signal_start(&running->interrupt, on_signal, SIGINT);
	uv_timer_start(&running->idle, on_idle, IDLE_STEP_MS, IDLE_STEP_MS);
	running->local.stop = on_stop;
	running->local.context = running;
	running->local.lock_after_ms = running->lock_after_ms;
	uv_local_may_end(&running->local, on_lock, on_wipe);
}

/* False: given, and no number up to `max`. */
static bool read_limit(const struct cli *cli, const char *name, unsigned long max, unsigned long *out)
{
	const char *text = cli_option(cli, name);
	return !text || (cli_number(text, out) && *out <= max);
}

/* Photos have half of a quota unless said otherwise: so they never take the room of records. */
static int set_quota(const struct cli *cli, struct uv_team *team)
{
	enum { DAYS_MAX = 36500, MB = 1000 * 1000 };
	unsigned long mb = 0, entries = 0, days = LIMIT_CARRIED_DAYS;
	if (!read_limit(cli, "quota-mb", UINT32_MAX, &mb) || (cli_option(cli, "quota-mb") && !mb) ||
	        !read_limit(cli, "device-entries", ULONG_MAX, &entries) ||
	        (cli_option(cli, "device-entries") && !entries))
		return cli_say(CLI_USAGE, "--quota-mb and --device-entries take numbers from 1 on");
	unsigned long photo_mb = mb ? mb / 2 : LIMIT_CARRIED_MB;
	if (!read_limit(cli, "photo-mb", UINT32_MAX, &photo_mb) ||
	        !read_limit(cli, "photo-days", DAYS_MAX, &days))
		return cli_say(CLI_USAGE, "--photo-mb and --photo-days take numbers, 0 among them");
	uv_shell_limit(team->shell,
	        (struct uv_shell_quota){.team_bytes = (uint64_t)mb * MB,
	                .device_entries = entries,
	                .photo_bytes = (uint64_t)photo_mb * MB,
	                .photo_days = (uint32_t)days});
	return 0;
}

static int meet_in(struct cli *cli, struct running *running, struct uv_team *team)
{
	int result = set_key_age(cli, team);
	if (!result)
		result = set_quota(cli, team);
	if (!result && team == running->local.teams[0])
		result = add_peers(cli, running);
	if (!result)
		result = listen_peers(cli, running, team);
	if (!result)
		team->app.listening = uv_shell_address(team->shell);
	return result;
}

/* Teams that were opened since. Another team than the first, whose port is taken, goes without being found. */
static int meet_peers(struct cli *cli, struct running *running)
{
	int result = 0;
	for (uint32_t i = 0; !result && i < running->local.team_count; i++) {
		struct uv_team *team = running->local.teams[i];
		if (!team->shell || team->met)
			continue;
		int met = meet_in(cli, running, team);
		team->met = met == 0 || i > 0;
		if (met && i > 0)
			journal_write(&team->journal, JOURNAL_WARN, "listen.failed", NULL);
		result = i > 0 ? 0 : met;
	}
	return result;
}

static int turn(struct cli *cli, struct running *running)
{
	uv_run(&running->local.loop, UV_RUN_DEFAULT);
	if (running->ending || !uv_local_turn(&running->local))
		return 0;
	journal_write(&running->local.teams[0]->journal, JOURNAL_INFO, "program.unlocked", NULL);
	if (meet_peers(cli, running) != 0) /* somebody took the port meanwhile */
		return meet_peers(cli, running);
	return 0;
}

static int serve(struct cli *cli, struct running *running)
{
	watch(running);
	const bool is_locked = running->was_locked || running->starts_locked;
	int result = is_locked ? 0 : meet_peers(cli, running);
	if (!result)
		result = open_interfaces(cli, running);
	if (!result)
		result = tell_ready(cli, running);
	if (!result)
		journal_write(&running->local.teams[0]->journal, JOURNAL_INFO,
		        is_locked ? "program.locked" : "program.ready", "port=%lu",
		        running->resumed.peer_port);
	while (!result && !running->ending)
		result = turn(cli, running);
	end(running);
	return result;
}

static int open_local(struct cli *cli, struct running *running, FILE *log)
{
	struct buf passphrase = {0};
	struct uv_database_problem problem = {{0}};
	int result = running->starts_locked ? cli_make_directory(cli) : 0;
	if (result)
		return result;
	if (running->was_locked || running->starts_locked) {
		uv_local_open_locked(&running->local, cli->root, log);
		return 0;
	}
	result = cli_passphrase(cli, false, &passphrase);
	if (result)
		return result;
	result = uv_local_open_all(&running->local, cli->root, buf_span(&passphrase), log, &problem);
	buf_wipe(&passphrase); /* the program runs for days, and needs it no more */
	return result ? cli_say(cli_exit_of(result), "%s", problem.sentence) : 0;
}

/* The other teams go on in another image, which has forgotten this one: locked. */
static int finish_wipe(const struct cli *cli, struct running *running)
{
	struct team_folder_name other;
	int result = uv_wipe_finish(running->wiped);
	if (strcmp(running->wiped, cli->root) != 0)
		rmdir(running->wiped); /* but for what is not this program's */
	running->locking = team_folder_list(cli->root, &other, 1) > 0 || team_folder_has_device(cli->root);
	return running->locking ? 0 : result;
}

static int run(struct cli *cli, struct running *running, FILE *log)
{
	int result = open_local(cli, running, log);
	if (result)
		return result;
	result = serve(cli, running);
	uv_local_close(&running->local);
	if (running->wiped && finish_wipe(cli, running) != 0)
		return cli_say(CLI_ERROR, "%s", CLI_WIPE_UNFINISHED);
	if (running->locking) {
		cli_become_locked(cli, &running->resumed);
		result = cli_say(
		        CLI_ERROR, "locking failed: the program ended instead, and no key is in memory");
	}
	return result;
}

int cli_run(struct cli *cli)
{
	struct running *running = mem_zero(1, sizeof(*running));
	const char *log_path = cli_option(cli, "log"), *lock_after = cli_option(cli, "lock-after");
	FILE *log = log_path ? fopen(log_path, "ae") : stderr;
	int result = 0;
	running->was_locked = cli_resumed(&running->resumed);
	running->starts_locked = !running->was_locked && cli_option(cli, "locked") != NULL;
	if (cli->team)
		result = cli_say(CLI_USAGE, "one program serves all teams: releve run, without --team");
	else if (lock_after && !cli_duration(lock_after, &running->lock_after_ms))
		result = cli_say(CLI_USAGE, "--lock-after takes minutes, or a time as 90s");
	else if (!log)
		result = cli_say(CLI_ERROR, "the log %s cannot be written", log_path);
	else
		result = run(cli, running, log);
	if (running->url_path)
		file_remove(running->url_path);
	sodium_memzero(&running->resumed, sizeof(running->resumed));
	mem_free(running->wiped);
	mem_free(running->socket_path);
	mem_free(running->url_path);
	mem_free(running);
	if (log && log != stderr)
		fclose(log);
	return result;
}

int cli_stop(struct cli *cli)
{
	json_t *out;
	if (!cli_runs(cli))
		return cli_say(CLI_OFFLINE, "no program runs on %s", cli->root);
	int result = cli_request_json(cli, "POST", "/api/stop", json_object(), &out);
	if (!result) {
		cli_wait_closed(cli); /* so that the next command finds all of it done */
		cli_print_json(cli, out);
	}
	json_decref(out);
	return result;
}
