/*
 * tools/cli_ref.h - what a field refers to, as people type it.
 */
#ifndef TOOLS_CLI_REF_H
#define TOOLS_CLI_REF_H

#include "node/schema/schema.h"
#include "tools/cli.h"

enum { CLI_REF_BYTES = 256 };

/* The id that `text` stands for in a field that refers to records: its first digits, four at least, of the records of the patient that the command
 * is about, or of the team's; for a person one of her names too. What fits nothing stays as it was typed, for the interface to judge.
 * CLI_CONFLICT, said: several fit. */
int cli_ref(struct cli *cli, const struct schema_field *field, const char *text, char out[CLI_REF_BYTES]);

#endif
