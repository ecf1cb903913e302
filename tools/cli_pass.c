/* The passphrase: never from the arguments, where every process of the machine could read it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "crdt/base/err.h"
#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/nfc.h"
#include "node/uv_env.h"
#include "store/file.h"
#include "tools/cli.h"

/* What stands before the line's end, in NFC: the same passphrase typed on another keyboard gives other bytes. */
static int normalize(struct buf *line, struct buf *out)
{
	size_t size = 0;
	while (size < line->size && line->data[size] != '\n' && line->data[size] != '\r')
		size++;
	int result = crdt_text_nfc(span_of(line->data, size), out);
	buf_wipe(line);
	if (result)
		return cli_say(CLI_INVALID, "the passphrase is not text in UTF-8");
	if (out->size == 0)
		return cli_say(CLI_INVALID, "the passphrase is empty");
	return 0;
}

/* The key that interrupts ends the line instead: a program that it ended would leave the terminal silent. */
static void be_silent(FILE *terminal, const struct termios *before)
{
	struct termios silent = *before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_cc[VEOL] = before->c_cc[VINTR];
	tcsetattr(fileno(terminal), TCSAFLUSH, &silent);
}

static int ask(FILE *terminal, const char *question, struct buf *out)
{
	struct termios before;
	struct buf line = {0};
	bool is_terminal = tcgetattr(fileno(terminal), &before) == 0, interrupted = false;
	fputs(question, terminal);
	fflush(terminal);
	if (is_terminal)
		be_silent(terminal, &before);
	for (int c; line.size < LIMIT_PASSPHRASE_BYTES && (c = fgetc(terminal)) != EOF;) {
		uint8_t byte = (uint8_t)c;
		buf_add(&line, &byte, 1);
		interrupted = is_terminal && byte == before.c_cc[VINTR];
		if (c == '\n' || interrupted)
			break;
	}
	if (is_terminal)
		tcsetattr(fileno(terminal), TCSAFLUSH, &before);
	fputc('\n', terminal);
	if (!interrupted)
		return normalize(&line, out);
	buf_wipe(&line);
	return cli_say(CLI_ERROR, "interrupted. Nothing was changed.");
}

static int from_terminal(bool is_new, struct buf *out)
{
	struct buf again = {0};
	FILE *terminal = fopen("/dev/tty", "r+e");
	if (!terminal)
		return cli_say(CLI_DENIED,
		        "there is no terminal to ask for the passphrase: give --passphrase-file or "
		        "$RELEVE_PASSPHRASE_FILE");
	setvbuf(terminal, NULL, _IONBF, 0); /* no copy of it stays in a buffer */
	int result = ask(terminal, is_new ? "New passphrase: " : "Passphrase: ", out);
	if (!result && is_new)
		result = ask(terminal, "Once more: ", &again);
	if (!result && is_new && !span_eq(buf_span(out), buf_span(&again)))
		result = cli_say(CLI_INVALID, "the two passphrases differ. Nothing was changed.");
	buf_wipe(&again);
	fclose(terminal);
	return result;
}

/* Not refused: on a machine with one user it does no harm. */
static void warn_of_readers(const char *path)
{
	struct stat file;
	if (stat(path, &file) == 0 && S_ISREG(file.st_mode) && (file.st_mode & (S_IRGRP | S_IROTH)))
		fprintf(stderr,
		        "releve: other users of this machine can read the passphrase file %s: chmod 600\n",
		        path);
}

/* ---- A machine that starts without anybody (node/README.md, "Relay") ---- */

/* A file that may be read there, or NULL. */
static const char *if_readable(struct cli *cli, const char *directory, const char *name)
{
	char *path = file_join(directory, name);
	const char *found = access(path, R_OK) == 0 ? arena_text(&cli->arena, span_text(path)) : NULL;
	mem_free(path);
	return found;
}

const char *cli_machine_key(struct cli *cli)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	const char *found = credentials ? if_readable(cli, credentials, "releve.machine-key") : NULL;
	return found ? found : if_readable(cli, cli->root, "machine.key");
}

int cli_make_machine_key(struct cli *cli)
{
	enum { RANDOM_BYTES = 32 };
	uint8_t random[RANDOM_BYTES];
	char digits[2 * RANDOM_BYTES + 2];
	if (cli_machine_key(cli))
		return 0;
	char *path = file_join(cli->root, "machine.key");
	env_random_bytes(uv_env(), random, sizeof(random));
	ids_hex(digits, random, sizeof(random));
	digits[sizeof(digits) - 2] = '\n';
	int result = file_replace(path, span_of(digits, sizeof(digits) - 1));
	mem_wipe(random, sizeof(random));
	mem_wipe(digits, sizeof(digits));
	if (result)
		cli_say(cli_exit_of(result), "%s cannot be written", path);
	mem_free(path);
	return result ? cli_exit_of(result) : 0;
}

int cli_passphrase(const struct cli *cli, bool is_new, struct buf *out)
{
	struct buf content = {0};
	if (!cli->passphrase_file)
		return from_terminal(is_new, out);
	int result = file_read(cli->passphrase_file, LIMIT_PASSPHRASE_BYTES + 2, &content);
	warn_of_readers(cli->passphrase_file);
	if (result)
		return cli_say(
		        cli_exit_of(result), "the passphrase file %s cannot be read", cli->passphrase_file);
	return normalize(&content, out);
}
