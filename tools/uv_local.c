#include "tools/uv_local.h"

#include <assert.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "node/uv_env.h"

/* After each turn: the shell may have opened its node again. */
static void refresh(struct uv_local *local)
{
	local->app.store = uv_shell_store(local->shell);
	local->app.vault = uv_shell_vault(local->shell);
	local->app.node = uv_shell_node(local->shell);
	local->app.peers = uv_shell_peers(local->shell);
	local->app.disk_full = uv_shell_full(local->shell);
	local->app.listening = uv_shell_address(local->shell);
}

static void on_turned(void *context, const struct node_news *news)
{
	struct uv_local *local = context;
	if (!local->shell)
		return;
	refresh(local);
	api_node_turned(&local->app, news);
}

static void on_reopening(void *context)
{
	api_node_wipe(&((struct uv_local *)context)->app);
}

static void seek(void *context)
{
	struct uv_local *local = context;
	uv_shell_seek(local->shell);
}

static void stop(void *context)
{
	struct uv_local *local = context;
	if (local->stop)
		local->stop(local->context);
}

static void lock(void *context)
{
	struct uv_local *local = context;
	local->lock(local->context);
}

static void wipe(void *context)
{
	struct uv_local *local = context;
	local->wipe(local->context);
}

static void unlock(void *context, struct api_call *call, struct buf *passphrase)
{
	struct uv_local *local = context;
	if (local->unlocking) {
		buf_wipe(passphrase);
		api_call_fail(call, ERR_BUSY, "Somebody else unlocks it at this moment.");
		api_call_release(call);
		return;
	}
	local->unlocking = call;
	local->passphrase = *passphrase;
	uv_stop(&local->loop);
}

static int change_passphrase(void *context, struct span old_passphrase, struct span new_passphrase,
        struct uv_database_problem *problem)
{
	struct uv_local *local = context;
	return local->shell
	        ? uv_shell_change_passphrase(local->shell, old_passphrase, new_passphrase, problem)
	        : uv_database_change_passphrase(
	                  local->app.directory, old_passphrase, new_passphrase, problem);
}

static void make_interface(struct uv_local *local, const char *directory, FILE *log)
{
	*local = (struct uv_local){.journal = {.file = log, .env = uv_env()}, .held_fd = -1};
	uv_loop_init(&local->loop);
	local->app = (struct api_node){.journal = &local->journal,
	        .env = uv_env(),
	        .directory = directory,
	        .locked = true,
	        .seek = seek,
	        .stop = stop,
	        .unlock = unlock,
	        .change_passphrase = change_passphrase,
	        .context = local};
	local->app.api = api_new(&(struct api_config){
	        .routes = api_node_routes, .ready = api_node_ready, .owner = &local->app});
}

static int open_shell(struct uv_local *local, struct span passphrase, struct uv_database_problem *problem)
{
	struct uv_shell_config config = {.directory = local->app.directory,
	        .passphrase = passphrase,
	        .journal = &local->journal,
	        .turned = on_turned,
	        .reopening = on_reopening,
	        .context = local};
	int result = uv_shell_open(&local->loop, &config, &local->shell, problem);
	if (result)
		return result;
	local->app.store = uv_shell_store(local->shell);
	local->app.vault = uv_shell_vault(local->shell);
	local->app.meetings = uv_shell_meetings(local->shell);
	refresh(local);
	local->app.locked = false;
	local->app.asked_ms = env_monotonic_ms(local->app.env);
	return 0;
}

int uv_local_open(struct uv_local *local, const char *directory, struct span passphrase, FILE *log,
        struct uv_database_problem *problem)
{
	make_interface(local, directory, log);
	int result = open_shell(local, passphrase, problem);
	if (result)
		uv_local_close(local);
	return result;
}

void uv_local_may_end(struct uv_local *local, void (*locking)(void *context), void (*wiping)(void *context))
{
	local->lock = locking;
	local->wipe = wiping;
	local->app.lock = lock;
	local->app.wipe = wipe;
}

void uv_local_open_locked(struct uv_local *local, const char *directory, FILE *log)
{
	make_interface(local, directory, log);
	local->held_fd = uv_database_hold(
	        directory); /* one that opened it since the lock is met when unlocking */
}

static void let_go(struct uv_local *local)
{
	if (local->held_fd >= 0)
		close(local->held_fd);
	local->held_fd = -1;
}

bool uv_local_turn(struct uv_local *local)
{
	struct uv_database_problem problem;
	struct api_call *call = local->unlocking;
	if (!call)
		return false;
	let_go(local);
	int result = open_shell(local, buf_span(&local->passphrase), &problem);
	buf_wipe(&local->passphrase);
	uv_env_wipe_traces();
	local->unlocking = NULL;
	passphrase_tried(&local->app.tries, env_monotonic_ms(local->app.env), result);
	if (result) {
		local->held_fd = uv_database_hold(local->app.directory);
		api_call_fail(call, result, problem.sentence);
	} else {
		api_call_reply(call, 200, json_pack("{s:b}", "locked", 0));
	}
	api_call_release(call);
	return result == 0;
}

static void on_closed(void *context)
{
	((struct uv_local *)context)->closed = true;
}

void uv_local_close(struct uv_local *local)
{
	api_backup_free(local->app.backup); /* its transaction ends before its store does */
	local->app.backup = NULL;
	if (local->shell)
		uv_shell_close(local->shell, on_closed, local);
	while (local->shell && !local->closed) /* an earlier uv_stop() may end a run at once */
		uv_run(&local->loop, UV_RUN_DEFAULT);
	uv_run(&local->loop, UV_RUN_DEFAULT);
	api_node_wipe(&local->app);
	api_free(local->app.api);
	buf_wipe(&local->passphrase);
	let_go(local);
	int left = uv_loop_close(&local->loop);
	assert(left == 0);
	(void)left;
}
