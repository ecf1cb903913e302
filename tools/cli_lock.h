/*
 * tools/cli_lock.h - how the running program forgets every key: it ends in order and becomes another image of itself (exec), which has the
 * same process id, ports and token and knows no passphrase. Whatever stood in its memory, freed or not, is the kernel's to clear.
 */
#ifndef TOOLS_CLI_LOCK_H
#define TOOLS_CLI_LOCK_H

#include "node/http_guard.h"
#include "tools/cli.h"

/* What the locked image goes on with. */
struct cli_resumed {
	char token[HTTP_TOKEN_TEXT_BYTES];
	unsigned long web_port, peer_port;
	int listener; /* at web_port, and listening all the time; 0: none */
};

/* What the image before this one left. False: there was none, this is a start. */
bool cli_resumed(struct cli_resumed *out);

/* Become the locked image. Everything is durable and closed. Returns only when that fails: the process must end then. */
void cli_become_locked(struct cli *cli, const struct cli_resumed *resumed);

/* Until the running program has become that image. 0 or an exit code, said. */
int cli_wait_locked(struct cli *cli);

/* DIR/metrics.token, made where there is none that this user alone could read. 0 or an exit code, said. */
int cli_metrics_token(const struct cli *cli, char out[HTTP_TOKEN_TEXT_BYTES]);

/* "10", "10m", "90s" as milliseconds. */
bool cli_duration(const char *text, uint64_t *ms);

#endif
