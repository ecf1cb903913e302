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
	void (*lock)(void *context); /* uv_local_may_end() */
	void (*wipe)(void *context); /* the same */
	void *context;
	int held_fd; /* of the database, while locked */
	struct api_call *unlocking; /* waits for uv_local_turn() */
	struct buf passphrase; /* that it came with */
};

/* Open the data directory. Errors of uv_shell_open(), with the sentence in *problem. */
int uv_local_open(struct uv_local *local, const char *directory, struct span passphrase, FILE *log,
        struct uv_database_problem *problem);

/* Let requests lock or wipe the device: both are to end everything; what follows is another process image, or nothing. */
void uv_local_may_end(struct uv_local *local, void (*locking)(void *context), void (*wiping)(void *context));

/* The interface alone: it says that the device is locked, until POST /api/unlock and uv_local_turn() open it. */
void uv_local_open_locked(struct uv_local *local, const char *directory, FILE *log);

/* What a request to unlock asked for, outside of the loop, which was stopped for it. True: the device is open now. */
bool uv_local_turn(struct uv_local *local);

/* Everything becomes durable; the loop has ended afterwards. Whatever else was in it was closed before. */
void uv_local_close(struct uv_local *local);

#endif
