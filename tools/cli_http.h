/*
 * tools/cli_http.h - one HTTP request over the program's unix socket, waiting for the whole reply.
 */
#ifndef TOOLS_CLI_HTTP_H
#define TOOLS_CLI_HTTP_H

#include "crdt/base/mem.h"

/* Connect. ERR_NOTFOUND: nothing serves there. ERR_DENIED, ERR_TOOBIG (a longer path than the system takes), ERR_IO. */
int cli_http_connect(const char *path, int *fd);

/* Send and read; closes `fd`. The body of the reply is appended. ERR_CLOSED: it ended in between. ERR_MALFORMED: not HTTP as
 * our program speaks it. */
int cli_http_ask(
        int fd, const char *method, const char *target, struct span body, int *status, struct buf *reply);

#endif
