/* tools/cli_exchange.h - what the commands share that write something in clear (cli_exchange.c, cli_partners.c). */
#ifndef TOOLS_CLI_EXCHANGE_H
#define TOOLS_CLI_EXCHANGE_H

#include "tools/cli.h"

/* The user was told that the file is not encrypted, and wants it. False: said. */
bool cli_may_write_in_clear(const struct cli *cli);

/* "&NAME=VALUE" of an option that was given; 1 of a switch. */
void cli_add_query(const struct cli *cli, const char *option, const char *name, struct buf *target);

/* What GET /api/patients/PATIENT/WHAT makes in clear, by the command's options. 0 or an exit code, said. */
int cli_get_made(struct cli *cli, const char *patient, const char *what, json_t **out);
/* A bundle as one line: the same records, the same bytes. */
int cli_get_bundle(struct cli *cli, const char *patient, struct buf *out);

/* What GET of `target` (which has "?unencrypted=1") makes in clear goes to --out, or is printed; `name` is its member in the reply, which is the caller's. 0 or
 * an exit code, said. */
int cli_write_made(struct cli *cli, struct buf *target, const char *name, json_t **out);

/* As a whole or not at all, for this user alone; over a file that is there with --replace alone. 0 or an exit code, said. */
int cli_put_file(const struct cli *cli, const char *path, struct span bytes);

#endif
