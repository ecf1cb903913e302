/* The binary `releve`. */
#include <locale.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include "node/uv_shell.h"
#include "tools/cli.h"

/* The kernel says so when a page of the database cannot be read, or the file became shorter while it was open. */
static void on_bad_page(int number)
{
	static const char sentence[] =
	        "releve: a page of the database cannot be read: \"releve fsck\" looks at all "
	        "of it\n";
	(void)number;
	ssize_t written = write(STDERR_FILENO, sentence, sizeof(sentence) - 1);
	(void)written;
	_exit(CLI_ERROR);
}

int main(int argc, char **argv)
{
	uv_shell_harden();
	signal(SIGBUS, on_bad_page);
	signal(SIGPIPE, SIG_IGN); /* a database that is open is closed in order, whoever left */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (sodium_init() < 0)
		return cli_say(CLI_ERROR, "the random generator of this machine does not work");
	return cli_main(argc, argv);
}
