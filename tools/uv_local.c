#include "tools/uv_local.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "net/uv_address.h"
#include "node/uv_env.h"

/* ---- One team ---- */

/* After each turn: the shell may have opened its node again. */
static void refresh(struct uv_team *team)
{
	team->app.store = uv_shell_store(team->shell);
	team->app.vault = uv_shell_vault(team->shell);
	team->app.node = uv_shell_node(team->shell);
	team->app.peers = uv_shell_peers(team->shell);
	team->app.disk_full = uv_shell_full(team->shell);
	team->app.listening = uv_shell_address(team->shell);
	const struct uv_shell_quota quota = uv_shell_quota(team->shell);
	team->app.quota_bytes = quota.team_bytes;
	team->app.quota_device_entries = quota.device_entries;
	team->app.over_quota = uv_shell_over_quota(team->shell);
	uv_shell_strangers(team->shell, &team->app.half_open, &team->app.turned_away);
}

static void on_turned(void *context, const struct node_news *news)
{
	struct uv_team *team = context;
	if (!team->shell)
		return;
	refresh(team);
	api_node_turned(&team->app, news);
}

static void on_reopening(void *context)
{
	api_node_reopening(&((struct uv_team *)context)->app);
}

static uint32_t own_addresses(void *context, struct net_address *out, uint32_t max)
{
	(void)context;
	return net_uv_own_addresses(out, max);
}

static void hold(struct uv_team *team)
{
	team->app.absent = !team_folder_has_device(team->directory);
	if (!team->app.absent) /* one that opened it since is met when unlocking */
		team->held_fd = uv_database_hold(team->directory);
}

/* Alone, it ends the program, for whoever starts it again. Otherwise it is as one that is locked, and says why; the others go on. */
static void on_failed(void *context, int error)
{
	struct uv_team *team = context;
	struct uv_local *local = team->local;
	uint32_t others = 0;
	for (uint32_t i = 0; i < local->team_count; i++)
		others += local->teams[i] != team && local->teams[i]->shell;
	if (!others)
		abort();
	journal_write(&team->journal, JOURNAL_ERROR, "team.stopped", "error=%s", err_name(error));
	uv_shell_close(team->shell, NULL, NULL);
	team->shell = NULL;
	team->met = false;
	team->app.locked = true;
	team->app.failed = error;
	team->app.node = NULL;
	team->app.peers = NULL;
	team->app.store = NULL;
	team->app.vault = NULL;
	team->app.meetings = NULL;
	hold(team);
}

static void seek(void *context)
{
	uv_shell_seek(((struct uv_team *)context)->shell);
}

static int change_passphrase(void *context, struct span old_passphrase, struct span new_passphrase,
        struct uv_database_problem *problem)
{
	struct uv_team *team = context;
	return team->shell
	        ? uv_shell_change_passphrase(team->shell, old_passphrase, new_passphrase, problem)
	        : uv_database_change_passphrase(team->directory, old_passphrase, new_passphrase, problem);
}

static void let_go(struct uv_team *team)
{
	if (team->held_fd >= 0)
		close(team->held_fd);
	team->held_fd = -1;
}

static int open_team(struct uv_team *team, struct span passphrase, struct uv_database_problem *problem)
{
	struct uv_shell_config config = {.directory = team->directory,
	        .passphrase = passphrase,
	        .journal = &team->journal,
	        .turned = on_turned,
	        .reopening = on_reopening,
	        .failed = on_failed,
	        .context = team};
	let_go(team);
	int result = uv_shell_open(&team->local->loop, &config, &team->shell, problem);
	if (result) {
		hold(team);
		return result;
	}
	team->app.meetings = uv_shell_meetings(team->shell);
	refresh(team);
	team->app.absent = false;
	team->app.failed = 0;
	team->app.locked = false;
	team->app.asked_ms = env_monotonic_ms(team->app.env);
	api_settings_opened(&team->app);
	return 0;
}

/* ---- What requests ask for ---- */

static void stop(void *context)
{
	struct uv_local *local = ((struct uv_team *)context)->local;
	if (local->stop)
		local->stop(local->context);
}

static void lock(void *context)
{
	struct uv_local *local = ((struct uv_team *)context)->local;
	local->lock(local->context);
}

static void wipe(void *context)
{
	struct uv_team *team = context;
	team->local->wipe(team->local->context, team);
}

static void on_looked(void *context, int result, struct picture *picture)
{
	struct uv_team *team = context;
	team->picture = NULL;
	team->looked(team->looked_context, result, picture);
}

static int look_at(void *context, struct buf *bytes, uv_picture_done done, void *done_context)
{
	struct uv_team *team = context;
	team->looked = done;
	team->looked_context = done_context;
	return uv_picture_start(&team->local->loop, bytes, on_looked, team, &team->picture);
}

static void look_no_more(void *context)
{
	struct uv_team *team = context;
	if (team->picture)
		uv_picture_cancel(team->picture);
	team->picture = NULL;
}

static void tell_all(void *context)
{
	struct uv_local *local = ((struct uv_team *)context)->local;
	for (uint32_t i = 0; i < local->team_count; i++)
		if (!local->teams[i]->app.locked)
			api_node_tell(&local->teams[i]->app);
}

static json_t *teams_json(void *context)
{
	struct uv_local *local = ((struct uv_team *)context)->local;
	json_t *list = json_array();
	for (uint32_t i = 0; i < local->team_count; i++) {
		const struct uv_team *team = local->teams[i];
		if (team->app.absent)
			continue;
		json_t *row = json_pack("{s:s, s:b, s:i}", "team", team->name, "locked", team->app.locked,
		        "port", (int)team->app.listening.port);
		if (team->app.failed)
			json_object_set_new(row, "failed", json_string(err_name(team->app.failed)));
		if (!team->app.locked)
			json_object_set_new(row, "inTeam", json_boolean(node_in_team(team->app.node)));
		json_array_append_new(list, row);
	}
	return list;
}

/* Numbers of all teams; each is told apart by its place alone. */
static void metrics_page(void *context, struct buf *page)
{
	struct uv_local *local = ((struct uv_team *)context)->local;
	struct metrics_team *teams = mem_zero(local->team_count, sizeof(*teams));
	uint32_t count = 0;
	for (uint32_t i = 0; i < local->team_count; i++) {
		struct uv_team *team = local->teams[i];
		if (team->app.absent)
			continue;
		if (team->shell)
			refresh(team);
		api_metrics_of(&team->app, &teams[count++]);
	}
	const struct metrics_program program = api_metrics_program(
	        env_monotonic_ms(uv_env()) - local->began_ms);
	metrics_write(&program, teams, count, page);
	mem_free(teams);
}

/* `hint` about the passphrase; NULL: none. */
static void reply_locked(struct api_call *call, const struct uv_team *team, const char *hint)
{
	api_call_reply(call, 200,
	        json_pack("{s:b, s:o, s:s*}", "locked", team->app.locked && !team->app.absent, "teams",
	                teams_json((void *)(uintptr_t)team), "hint", hint));
}

/* `only` NULL: whatever is locked. */
static void wait_to_open(
        struct uv_local *local, struct uv_team *only, struct api_call *call, struct buf *passphrase)
{
	if (local->unlocking) {
		buf_wipe(passphrase);
		api_call_fail(call, ERR_BUSY, "Somebody else unlocks it at this moment.");
		api_call_release(call);
		return;
	}
	local->unlocking = call;
	local->unlocking_team = only;
	local->passphrase = *passphrase;
	uv_stop(&local->loop);
}

static bool is_locked(const struct uv_team *team)
{
	return team->app.locked && !team->app.absent;
}

static void unlock(void *context, struct api_call *call, struct buf *passphrase)
{
	struct uv_team *team = context;
	struct uv_local *local = team->local;
	struct uv_team *only = team == local->teams[0] ? NULL : team;
	bool any = only && is_locked(only);
	for (uint32_t i = 0; !only && i < local->team_count; i++)
		any |= is_locked(local->teams[i]);
	if (any) {
		wait_to_open(local, only, call, passphrase);
		return;
	}
	buf_wipe(passphrase);
	reply_locked(call, team, NULL);
	api_call_release(call);
}

static void make_device(void *context, struct api_call *call, struct buf *passphrase, bool cheap)
{
	struct uv_team *team = context;
	struct uv_local *local = team->local;
	if (!local->unlocking) {
		local->makes_device = true;
		local->makes_cheap_key = cheap;
	}
	wait_to_open(local, team, call, passphrase);
}

static struct uv_team *find(struct uv_local *local, const char *name)
{
	for (uint32_t i = 0; i < local->team_count; i++)
		if (strcmp(local->teams[i]->name, name) == 0)
			return local->teams[i];
	return NULL;
}

/* ---- The list ---- */

static void mount(struct uv_local *local, struct uv_team *team)
{
	api_mount(local->teams[0]->app.api, team->name, team->app.api);
}

static struct uv_team *add(struct uv_local *local, const char *name, const char *directory)
{
	struct uv_team *team = mem_zero(1, sizeof(*team));
	const bool is_main = local->team_count == 0;
	assert(local->team_count < LIMIT_TEAMS);
	local->teams[local->team_count++] = team;
	team->local = local;
	snprintf(team->name, sizeof(team->name), "%s", name);
	team->directory = mem_text(span_text(directory));
	team->held_fd = -1;
	team->journal = (struct journal){
	        .file = local->log, .env = uv_env(), .team = is_main ? NULL : team->name};
	team->app = (struct api_node){.journal = &team->journal,
	        .env = uv_env(),
	        .directory = team->directory,
	        .team_name = team->name,
	        .locked = true,
	        .tries = &local->tries,
	        .hand = &local->hand,
	        .own_addresses = own_addresses,
	        .seek = seek,
	        .stop = stop,
	        .change_passphrase = change_passphrase,
	        .teams = teams_json,
	        .tell_all = tell_all,
	        .metrics = metrics_page,
	        .look_at = look_at,
	        .look_no_more = look_no_more,
	        .context = team};
	team->app.api = api_new(&(struct api_config){.routes = api_node_routes,
	        .ready = api_node_ready,
	        .silent = api_is_handed_over,
	        .is_early = api_node_is_early,
	        .now_ms = api_node_now_ms,
	        .owner = &team->app});
	mount(local, team);
	return team;
}

static int open_new(void *context, struct api_call *call, const char *name, struct buf *passphrase);

static void may_end(struct uv_team *team)
{
	const struct uv_local *local = team->local;
	team->app.lock_option_ms = local->lock_after_ms;
	team->app.lock = local->lock ? lock : NULL;
	team->app.wipe = local->wipe ? wipe : NULL;
	team->app.unlock = local->root ? unlock : NULL;
	team->app.open_team = local->root ? open_new : NULL;
	team->app.make_device = local->root ? make_device : NULL;
}

static int open_new(void *context, struct api_call *call, const char *name, struct buf *passphrase)
{
	struct uv_local *local = ((struct uv_team *)context)->local;
	struct uv_team *team = find(local, name);
	if (team && !team->app.absent)
		return ERR_EXISTS;
	if (!team && !team_folder_name_is(name))
		return ERR_NOTFOUND;
	if (!team && local->team_count == LIMIT_TEAMS)
		return ERR_FULL;
	char *directory = team_folder_path(local->root, name);
	bool is_there = team_folder_has_device(directory);
	if (is_there && !team) {
		team = add(local, name, directory);
		may_end(team);
	}
	mem_free(directory);
	if (!is_there)
		return ERR_NOTFOUND;
	team->app.absent = false;
	wait_to_open(local, team, call, passphrase);
	return 0;
}

static void begin(struct uv_local *local, const char *root, FILE *log)
{
	*local = (struct uv_local){.log = log,
	        .root = root ? mem_text(span_text(root)) : NULL,
	        .began_ms = env_monotonic_ms(uv_env())};
	uv_loop_init(&local->loop);
}

static void add_all(struct uv_local *local)
{
	struct team_folder_name names[LIMIT_TEAMS - 1];
	uint32_t count = team_folder_list(local->root, names, LIMIT_TEAMS - 1);
	add(local, TEAM_FOLDER_MAIN, local->root);
	for (uint32_t i = 0; i < count; i++) {
		char *directory = team_folder_path(local->root, names[i].text);
		add(local, names[i].text, directory);
		mem_free(directory);
	}
	for (uint32_t i = 0; i < local->team_count; i++)
		hold(local->teams[i]);
}

/* Those that are locked, or one. The problem is that of the first which does not open; 0 when any does. */
static int open_locked(struct uv_local *local, struct uv_team *only, struct span passphrase,
        struct uv_database_problem *problem)
{
	struct uv_database_problem another;
	bool any = false;
	int result = 0;
	for (uint32_t i = 0; i < local->team_count; i++) {
		struct uv_team *team = local->teams[i];
		if ((only && team != only) || !is_locked(team))
			continue;
		int opened = open_team(team, passphrase, result ? &another : problem);
		any |= opened == 0;
		result = result ? result : opened;
		if (opened)
			journal_write(
			        &team->journal, JOURNAL_WARN, "team.locked", "error=%s", err_name(opened));
	}
	return any ? 0 : result;
}

int uv_local_open(struct uv_local *local, const char *directory, struct span passphrase,
        struct uv_database_problem *problem)
{
	begin(local, NULL, NULL);
	int result = open_team(add(local, TEAM_FOLDER_MAIN, directory), passphrase, problem);
	if (result)
		uv_local_close(local);
	return result;
}

int uv_local_open_all(struct uv_local *local, const char *root, struct span passphrase, FILE *log,
        struct uv_database_problem *problem)
{
	begin(local, root, log);
	add_all(local);
	bool is_alone = local->team_count == 1;
	/* Where there is no device at all, opening says so. */
	int result = is_alone ? open_team(local->teams[0], passphrase, problem)
	                      : open_locked(local, NULL, passphrase, problem);
	if (result)
		uv_local_close(local);
	return result;
}

void uv_local_open_locked(struct uv_local *local, const char *root, FILE *log)
{
	begin(local, root, log);
	add_all(local);
}

void uv_local_may_end(struct uv_local *local, void (*locking)(void *context),
        void (*wiping)(void *context, const struct uv_team *team))
{
	local->lock = locking;
	local->wipe = wiping;
	for (uint32_t i = 0; i < local->team_count; i++)
		may_end(local->teams[i]);
}

struct api *uv_local_api(struct uv_local *local)
{
	return local->teams[0]->app.api;
}

static int make(struct uv_local *local, struct uv_team *team, struct uv_database_problem *problem)
{
	int result = uv_shell_init(team->directory, buf_span(&local->passphrase),
	        local->makes_cheap_key ? KEYFILE_COST_TEST : KEYFILE_COST_DEFAULT, problem);
	if (!result)
		hold(team);
	return result;
}

bool uv_local_turn(struct uv_local *local)
{
	struct uv_database_problem problem = {{0}};
	struct api_call *call = local->unlocking;
	struct uv_team *only = local->unlocking_team;
	if (!call)
		return false;
	const char *hint = local->makes_device
	        ? passphrase_hint(passphrase_strength(buf_span(&local->passphrase)))
	        : NULL;
	int result = local->makes_device ? make(local, only, &problem) : 0;
	if (!result)
		result = open_locked(local, only, buf_span(&local->passphrase), &problem);
	local->makes_device = false;
	buf_wipe(&local->passphrase);
	uv_env_wipe_traces();
	local->unlocking = NULL;
	passphrase_tried(&local->tries, env_monotonic_ms(uv_env()), result);
	if (result)
		api_call_fail(call, result, problem.sentence);
	else
		reply_locked(call, only ? only : local->teams[0], hint);
	api_call_release(call);
	return result == 0;
}

/* ---- Closing ---- */

static void on_closed(void *context)
{
	((struct uv_team *)context)->closed = true;
}

static void begin_close(struct uv_team *team)
{
	api_backup_free(team->app.backup); /* its transaction ends before its store does */
	team->app.backup = NULL;
	api_photo_stop(&team->app);
	if (team->shell)
		uv_shell_close(team->shell, on_closed, team);
	else
		team->closed = true;
}

static bool all_closed(const struct uv_local *local)
{
	bool closed = true;
	for (uint32_t i = 0; i < local->team_count; i++)
		closed &= local->teams[i]->closed;
	return closed;
}

void uv_local_close(struct uv_local *local)
{
	for (uint32_t i = 0; i < local->team_count; i++)
		begin_close(local->teams[i]);
	while (!all_closed(local)) /* an earlier uv_stop() may end a run at once */
		uv_run(&local->loop, UV_RUN_DEFAULT);
	uv_run(&local->loop, UV_RUN_DEFAULT);
	while (local->team_count) {
		struct uv_team *team = local->teams[--local->team_count];
		api_node_wipe(&team->app);
		api_free(team->app.api);
		let_go(team);
		mem_free(team->directory);
		mem_free(team);
	}
	buf_wipe(&local->passphrase);
	mem_free(local->root);
	local->root = NULL;
	int left = uv_loop_close(&local->loop);
	assert(left == 0);
	(void)left;
}
