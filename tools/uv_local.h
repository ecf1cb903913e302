/*
 * tools/uv_local.h - the local interface in this process: shell, node and routes, with or without the sockets around them.
 *
 * `releve run` puts HTTP around it; every other command, when no program runs, calls it directly.
 */
#ifndef TOOLS_UV_LOCAL_H
#define TOOLS_UV_LOCAL_H

#include "node/api_node.h"
#include "node/uv_shell.h"

struct uv_local {
	uv_loop_t loop;
	struct journal journal;
	struct uv_shell *shell;
	struct api_node app;
	bool closed;
	void (*stop)(void *context); /* what POST /api/stop does; may be NULL */
	void *context;
};

/* Open the data directory. Errors of uv_shell_open(), with the sentence in *problem. */
int uv_local_open(struct uv_local *local, const char *directory, struct span passphrase, FILE *log,
        struct uv_database_problem *problem);

/* Everything becomes durable; the loop has ended afterwards. Whatever else was in it was closed before. */
void uv_local_close(struct uv_local *local);

#endif
