/* The manual page, from the table of commands: nothing in it can be out of date. */
#include <stdio.h>
#include <string.h>

#include "node/version.h"
#include "tools/cli.h"

/* A text of the table, as roff takes it: hyphens that are typed, no line that looks like a request. */
static void put(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

static void put_options(const struct cli_option *options, int max)
{
	for (int i = 0; i < max && options[i].name; i++) {
		fputs(".TP\n\\fB\\-\\-", stdout);
		put(options[i].name);
		fputs("\\fR", stdout);
		if (options[i].argument) {
			fputs(" \\fI", stdout);
			put(options[i].argument);
			fputs("\\fR", stdout);
		}
		putchar('\n');
		put(options[i].help);
		putchar('\n');
	}
}

static void put_command(const struct cli_command *command)
{
	fputs(".TP\n\\fBreleve ", stdout);
	put(command->name);
	fputs("\\fR", stdout);
	if (*command->arguments) {
		fputs(" \\fI", stdout);
		put(command->arguments);
		fputs("\\fR", stdout);
	}
	putchar('\n');
	put(command->help);
	putchar('\n');
	if (command->options[0].name) {
		fputs(".RS\n", stdout);
		put_options(command->options, CLI_OPTIONS_MAX);
		fputs(".RE\n", stdout);
	}
}

static const char HEAD[] =
        ".SH NAME\nreleve \\- peer\\-to\\-peer records for self\\-organized home\\-nursing teams\n"
        ".SH SYNOPSIS\n.B releve\n.I COMMAND\n[\\fIARGUMENT\\fR...] [\\fIOPTION\\fR...]\n"
        ".SH DESCRIPTION\n"
        "Every nurse's device holds the team's patient records, care plans and visit logs; there is no "
        "central server. Devices that meet "
        "bring each other up to date by themselves, encrypted all the way.\n.PP\n"
        "To begin: \\fBreleve init\\fR; then \\fBreleve team create\\fR, or \\fBreleve join\\fR with a "
        "colleague's invitation; then "
        "\\fBreleve run\\fR. A command speaks to the running program, or opens the database itself when none "
        "runs.\n.PP\n"
        "\\fIPATIENT\\fR and \\fIDEVICE\\fR are the first digits (4 or more) of an id as lists print it. "
        "\\fB\\-\\fR as last argument "
        "stands for those in standard input, one a line: what stands on a command line other users of this "
        "machine can read while the "
        "command starts. The fields that a record takes are told by \\fBreleve help\\fR \\fICOMMAND\\fR.\n"
        ".SH COMMANDS\n";

static const char TAIL[] =
        ".SH EXIT STATUS\n0 done, 1 error, 2 not understood, 3 denied, 4 not found, 5 conflict, 6 offline, 7 "
        "invalid input, 8 disk full, "
        "9 a check found a difference.\n"
        ".SH ENVIRONMENT\n.TP\n.B RELEVE_DATA\nThe data directory, where \\fB\\-\\-data\\fR is not given.\n"
        ".TP\n.B RELEVE_PASSPHRASE_FILE\nA file whose first line is the passphrase, where "
        "\\fB\\-\\-passphrase\\-file\\fR is not given.\n"
        ".SH FILES\n.TP\n.I ~/.local/share/releve\nThe data directory. All that names anybody is encrypted "
        "in it; a forgotten passphrase "
        "opens nothing, and nobody can change that.\n"
        ".TP\n.I web.url\nIn the data directory while the program runs: the address of its page, for this "
        "user alone.\n"
        ".SH SEE ALSO\n\\fBsystemctl\\fR(1): \\fBsystemctl \\-\\-user enable \\-\\-now releve\\fR starts it, "
        "locked, with the session.\n";

int cli_manual(struct cli *cli)
{
	(void)cli;
	printf(".TH RELEVE 1 \"\" \"releve %s\" \"Relève\"\n%s", releve_version, HEAD);
	for (const struct cli_command *command = cli_commands; command->name; command++)
		put_command(command);
	fputs(".SH OPTIONS OF EVERY COMMAND\n", stdout);
	put_options(cli_globals, 16);
	fputs(TAIL, stdout);
	return CLI_OK;
}
