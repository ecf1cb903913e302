#include "tools/uv_local.h"

#include <assert.h>

#include "crdt/base/err.h"
#include "node/uv_env.h"

/* After each turn: the shell may have opened its node again. */
static void refresh(struct uv_local *local)
{
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

int uv_local_open(struct uv_local *local, const char *directory, struct span passphrase, FILE *log,
        struct uv_database_problem *problem)
{
	*local = (struct uv_local){.journal = {.file = log, .env = uv_env()}};
	uv_loop_init(&local->loop);
	struct uv_shell_config config = {.directory = directory,
	        .passphrase = passphrase,
	        .journal = &local->journal,
	        .turned = on_turned,
	        .context = local};
	int result = uv_shell_open(&local->loop, &config, &local->shell, problem);
	if (result) {
		uv_run(&local->loop, UV_RUN_DEFAULT);
		uv_loop_close(&local->loop);
		return result;
	}
	local->app = (struct api_node){.store = uv_shell_store(local->shell),
	        .vault = uv_shell_vault(local->shell),
	        .meetings = uv_shell_meetings(local->shell),
	        .journal = &local->journal,
	        .env = uv_env(),
	        .directory = directory,
	        .seek = seek,
	        .stop = stop,
	        .context = local};
	refresh(local);
	local->app.api = api_new(&(struct api_config){
	        .routes = api_node_routes, .ready = api_node_ready, .owner = &local->app});
	return 0;
}

static void on_closed(void *context)
{
	((struct uv_local *)context)->closed = true;
}

void uv_local_close(struct uv_local *local)
{
	uv_shell_close(local->shell, on_closed, local);
	while (!local->closed) /* an earlier uv_stop() may end a run at once */
		uv_run(&local->loop, UV_RUN_DEFAULT);
	uv_run(&local->loop, UV_RUN_DEFAULT);
	api_node_wipe(&local->app);
	api_free(local->app.api);
	int left = uv_loop_close(&local->loop);
	assert(left == 0);
	(void)left;
}
